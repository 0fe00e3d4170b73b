//! Points of angular CKA from activations that arrive a few units at a time.

use super::{AngularCka, Kernel, Kind, Metric, Point};
use crate::Error;
use crate::representation::{GramMatrix, Representation, add_shifted_gram, double_center};

/// The Gram matrix of a layer whose m×n activations are never held at once.
///
/// A linear Gram matrix is a sum over units, X Xᵀ = Σ X_c X_cᵀ for blocks of columns X_c, and centring takes each column by
/// itself. So blocks of *units* (all stimuli, some columns) can be added and forgotten, and the point is the one that
/// [`Metric::embed`] makes of all units at once, up to rounding: that of f64 sums, and for f32 and narrower activations, whose
/// products are partly summed in f32, less than their resolution. Memory: m² doubles and what [`Metric::embed`] takes.
///
/// ```
/// use layerpath::metric::{GramAccumulator, Metric};
/// use layerpath::representation::Representation;
/// let metric = Metric::default();
/// let (left, right) = ([0.0, 1.0, 4.0, 2.0, 7.0_f64], [3.0, 1.0, 0.0, 5.0, 2.0_f64]);
/// let both = [0.0, 3.0, 1.0, 1.0, 4.0, 0.0, 2.0, 5.0, 7.0, 2.0_f64];
/// let mut gram = GramAccumulator::new(&metric, 5)?;
/// gram.add(&Representation::new(&left[..], 5, 1)?)?;
/// gram.add(&Representation::new(&right[..], 5, 1)?)?;
/// let whole = metric.embed(&Representation::new(&both[..], 5, 2)?)?;
/// assert!(metric.distance(&gram.into_point()?, &whole)? < 1e-15);
/// # Ok::<(), layerpath::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct GramAccumulator {
    metric: AngularCka,
    stimuli: usize,
    /// The lower triangle of X Xᵀ for the nearly centred columns so far, times 4^exponent.
    entries: Vec<f64>,
    exponent: Option<i32>,
    units: usize,
    /// The coarsest of the blocks added.
    resolution: f64,
}

impl GramAccumulator {
    /// An empty sum for the answers to `stimuli` stimuli.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for every metric but angular CKA with the linear kernel, since the others need all units at
    /// once; [`Error::TooFewStimuli`].
    pub fn new(metric: &Metric, stimuli: usize) -> Result<Self, Error> {
        let Kind::AngularCka(cka @ AngularCka { kernel: Kernel::Linear, .. }) = metric.0 else {
            return Err(Error::Unavailable {
                operation: "a point from a few units at a time",
                metric: metric.to_string(),
                reason: "only the Gram matrix of angular CKA with the linear kernel is a sum over units; give all units \
                         of a layer at once",
            });
        };
        let needed = cka.estimator.minimum_stimuli();
        if stimuli < needed {
            return Err(Error::TooFewStimuli { metric: cka.to_string(), needed, given: stimuli });
        }
        let entries = vec![0.0; stimuli * stimuli];
        Ok(Self { metric: cka, stimuli, entries, exponent: None, units: 0, resolution: 0.0 })
    }

    /// Adds units: their answers to all stimuli.
    ///
    /// # Errors
    ///
    /// [`Error::DifferentStimuli`] for another number of rows.
    pub fn add(&mut self, units: &Representation<'_>) -> Result<(), Error> {
        let (m, n) = (units.stimuli(), units.units());
        if m != self.stimuli {
            return Err(Error::DifferentStimuli { left: self.stimuli, right: m });
        }
        self.units += n;
        self.resolution = self.resolution.max(units.resolution());
        let Some(own) = units.unit_exponent() else { return Ok(()) };
        // All blocks carry the factor of the largest; factors are powers of two, so nothing is rounded.
        let shared = self.exponent.map_or(own, |sofar| sofar.min(own));
        if let Some(sofar) = self.exponent.filter(|&sofar| sofar != shared) {
            let factor = power_of_two(shared - sofar);
            for entry in &mut self.entries {
                *entry = *entry * factor * factor;
            }
        }
        self.exponent = Some(shared);
        add_shifted_gram(&mut self.entries, units, power_of_two(shared));
        Ok(())
    }

    /// Number of units so far.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The point of all units added.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without units, [`Error::ConstantRows`], [`Error::NoStructure`].
    pub fn into_point(self) -> Result<Point, Error> {
        if self.units == 0 {
            return Err(Error::Empty { rows: self.stimuli, columns: 0 });
        }
        let mut gram = GramMatrix { entries: self.entries, stimuli: self.stimuli };
        double_center(&mut gram);
        self.metric.point_of(gram, self.resolution).map(|(vector, _)| Point::Sphere(vector))
    }
}

fn power_of_two(exponent: i32) -> f64 {
    2.0_f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Estimator;

    fn values(seed: u32, count: usize) -> Vec<f64> {
        (0..count).map(|i| f64::from((i as u32 * 7919 + seed * 104_729) % 1009) / 1009.0 - 0.4).collect()
    }

    #[test]
    fn blocks_of_units_of_any_scale_give_the_point_of_all() {
        let (m, blocks) = (12, [(3, 1e-3), (1500, 1.0), (7, 1e150), (2, 0.0)]);
        for estimator in Estimator::ALL {
            let metric = Metric::from(AngularCka { estimator, kernel: Kernel::Linear });
            let mut gram = GramAccumulator::new(&metric, m).unwrap();
            let mut rows: Vec<Vec<f64>> = vec![Vec::new(); m];
            for (seed, (width, size)) in blocks.into_iter().enumerate() {
                let block: Vec<f64> = values(seed as u32, m * width).iter().map(|x| x * size).collect();
                gram.add(&Representation::new(&block[..], m, width).unwrap()).unwrap();
                for (row, part) in rows.iter_mut().zip(block.chunks_exact(width)) {
                    row.extend_from_slice(part);
                }
            }
            assert_eq!(gram.units(), 1512);
            let all = rows.concat();
            let whole = metric.embed(&Representation::new(&all[..], m, 1512).unwrap()).unwrap();
            let parts = gram.into_point().unwrap();
            assert!(metric.distance(&whole, &parts).unwrap() < 1e-14, "{metric}");
        }
    }

    #[test]
    fn single_precision_is_multiplied_as_embed_multiplies_it() {
        let (m, n, cut) = (12, 1500, 1024);
        let all: Vec<f32> = values(5, m * n).iter().map(|&x| x as f32).collect();
        let part = |columns: std::ops::Range<usize>| -> Vec<f32> {
            all.chunks_exact(n).flat_map(|row| row[columns.clone()].to_vec()).collect()
        };
        let metric = Metric::default();
        let mut gram = GramAccumulator::new(&metric, m).unwrap();
        gram.add(&Representation::new(&part(0..cut)[..], m, cut).unwrap()).unwrap();
        gram.add(&Representation::new(&part(cut..n)[..], m, n - cut).unwrap()).unwrap();
        let whole = metric.embed(&Representation::new(&all[..], m, n).unwrap()).unwrap();
        let parts = gram.into_point().unwrap();
        let (Point::Sphere(whole), Point::Sphere(parts)) = (whole, parts) else { panic!("not on a sphere") };
        assert_eq!(whole.resolution(), parts.resolution());
        for (p, q) in whole.coordinates().iter().zip(parts.coordinates()) {
            // What is summed in f32 before it is summed in f64 depends on the cut.
            assert!((p - q).abs() < 1e-8, "{p} {q}");
        }
    }

    #[test]
    fn what_cannot_be_accumulated_is_refused() {
        let metric = Metric::default();
        assert!(matches!(GramAccumulator::new(&metric, 3), Err(Error::TooFewStimuli { needed: 4, .. })));
        for name in ["angular-cka[kernel=rbf]", "angular-shape", "stress"] {
            let refused = GramAccumulator::new(&name.parse().unwrap(), 9);
            assert!(matches!(refused, Err(Error::Unavailable { .. })), "{name}");
        }
        let mut gram = GramAccumulator::new(&metric, 5).unwrap();
        let four = values(1, 4);
        assert!(matches!(
            gram.add(&Representation::new(&four[..], 4, 1).unwrap()),
            Err(Error::DifferentStimuli { left: 5, right: 4 })
        ));
        assert!(matches!(gram.clone().into_point(), Err(Error::Empty { .. })));
        gram.add(&Representation::new(&[0.3_f32; 10][..], 5, 2).unwrap()).unwrap();
        assert!(matches!(gram.into_point(), Err(Error::ConstantRows { .. })));
    }
}
