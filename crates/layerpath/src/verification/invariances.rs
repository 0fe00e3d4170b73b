//! Declared invariances, and what is not declared, on given activations.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{Check, Settings, Subject, Verdict};
use crate::Error;
use crate::linalg::{dot, norm};
use crate::metric::Metric;
use crate::representation::{Representation, principal_axes};

/// Movements of this share of the largest distance are rounding.
const TOLERANCE: f64 = 1e-8;
/// No rounding excuses a movement of more than this share: then the number says nothing.
const MOST: f64 = 1e-3;

/// What the numbers of one layer depend on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerFacts {
    /// Its name.
    pub layer: String,
    /// Number of rows, m.
    pub stimuli: usize,
    /// Number of units, n.
    pub units: usize,
    /// Rank of the centred activations.
    pub rank: usize,
    /// Largest singular value of the centred activations, in their unit.
    pub largest_singular_value: f64,
    /// Smallest one above rounding.
    pub smallest_singular_value: f64,
    /// Unit roundoff of the activations' type.
    pub roundoff: f64,
    /// ℓ of the metric's kernel, in the unit of the activations, where it has one.
    pub length_scale: Option<f64>,
}

/// The changes of activations X (m×n).
#[derive(Debug, Clone, Copy)]
enum Change {
    /// One random vector, as large as a typical row, added to every row.
    Translation,
    /// Three random reflections after one another: orthogonal, in n multiply–adds a row each.
    Rotation,
    /// A random factor between 1/8 and 8.
    Scaling,
    /// (I + u vᵀ/2)·diag(s) with random unit u, v and s between 1/2 and 2, and a translation.
    Affine,
}

const CHANGES: [(Change, &str); 4] = [
    (Change::Translation, "translation"),
    (Change::Rotation, "rotation and reflection"),
    (Change::Scaling, "isotropic scaling"),
    (Change::Affine, "affine map"),
];

/// How far a change moved a layer's point at most, in units of what rounding explains.
#[derive(Debug, Clone, Default)]
struct Movement {
    /// Distance, tolerance relative to the scale, layer.
    worst: Option<(f64, f64, String)>,
    cases: usize,
    failed: Option<String>,
}

/// Moves layers about and remembers how far their points go.
#[derive(Debug, Clone)]
pub struct InvarianceTests {
    metric: Metric,
    seed: u64,
    layers: Vec<LayerFacts>,
    movements: [Movement; 4],
}

impl InvarianceTests {
    /// Nothing tried yet.
    pub fn new(metric: &Metric, settings: Settings) -> Self {
        Self { metric: *metric, seed: settings.seed, layers: Vec::new(), movements: Default::default() }
    }

    /// Tries every change on a layer. Memory: m×n f64. Cost: five embeddings and a singular value decomposition.
    ///
    /// # Errors
    ///
    /// What [`Metric::embed`] says of the layer itself. What it says of a changed layer is part of the check.
    pub fn layer(&mut self, name: &str, x: &Representation<'_>) -> Result<(), Error> {
        let (m, n) = (x.stimuli(), x.units());
        let axes = principal_axes(x)?;
        let smallest = axes.lengths.last().copied().unwrap_or(0.0);
        let largest = axes.lengths.first().copied().unwrap_or(0.0);
        let origin = self.metric.embed(x)?;
        // Changing activations that are large against their spread rounds the spread away.
        let offset = (size(x) / largest).max(1.0);
        let amplification = self.metric.amplification(&axes.lengths) * offset;
        let allowed = (1e3 * f64::EPSILON * amplification).clamp(TOLERANCE, MOST);
        let mut random = ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(self.layers.len() as u64));
        let mut changed = vec![0.0; m * n];
        for ((change, _), movement) in CHANGES.into_iter().zip(&mut self.movements) {
            for (row, out) in changed.chunks_exact_mut(n).enumerate() {
                x.copy_row(row, 0..n, out);
            }
            apply(change, &mut changed, n, &mut random);
            let moved = Representation::new(&changed[..], m, n)
                .and_then(|y| self.metric.embed(&y))
                .and_then(|point| self.metric.distance(&origin, &point));
            movement.cases += 1;
            match moved {
                Ok(distance) => {
                    if movement.worst.as_ref().is_none_or(|(worst, past, _)| distance * past > worst * allowed) {
                        movement.worst = Some((distance, allowed, name.to_owned()));
                    }
                }
                Err(error) => movement.failed = Some(format!("{name}: {error}")),
            }
        }
        self.layers.push(LayerFacts {
            layer: name.to_owned(),
            stimuli: m,
            units: n,
            rank: axes.lengths.len(),
            largest_singular_value: largest,
            smallest_singular_value: smallest,
            roundoff: x.roundoff(),
            length_scale: self.metric.length_scale(x),
        });
        Ok(())
    }

    /// What the layers are like.
    pub fn layers(&self) -> &[LayerFacts] {
        &self.layers
    }

    /// One check a change. `scale` is the largest distance between layers ([`Axioms::scale`](super::Axioms::scale)): a
    /// declared invariance holds if no point moves by more than 10⁻⁸ of it, or 1000·ε times the amplification of rounding
    /// errors by small singular values and large offsets if that is more, up to 10⁻³. What is not declared is measured and never fails. No checks
    /// without layers.
    pub fn checks(&self, scale: f64) -> Vec<Check> {
        let declared = self.metric.properties().invariances;
        let declared = [declared.translation, declared.rotation, declared.scaling, declared.affine];
        let all = CHANGES.iter().zip(&self.movements).zip(declared).filter(|((_, movement), _)| movement.cases > 0);
        all.map(|(((_, law), movement), declared)| {
            let (worst, allowed, place) = movement
                .worst
                .clone()
                .map_or((None, TOLERANCE, String::new()), |(w, allowed, at)| (Some(w), allowed, at));
            let tolerance = allowed * scale;
            let holds = movement.failed.is_none() && worst.is_some_and(|worst| worst <= tolerance);
            Check {
                subject: Subject::Invariance,
                law,
                verdict: match (declared, holds) {
                    (true, true) => Verdict::Pass,
                    (true, false) => Verdict::Fail,
                    (false, _) => Verdict::NotClaimed,
                },
                worst,
                tolerance,
                unit: self.metric.unit().to_owned(),
                place: movement.failed.clone().unwrap_or(place),
                cases: movement.cases,
                undefined: 0,
            }
        })
        .collect()
    }
}

/// Frobenius norm of the activations as they are, not centred.
fn size(x: &Representation<'_>) -> f64 {
    let mut row = vec![0.0; x.units()];
    let norms = (0..x.stimuli()).map(|i| {
        x.copy_row(i, 0..x.units(), &mut row);
        norm(&row)
    });
    norm(&norms.collect::<Vec<f64>>())
}

fn uniform(n: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..n).map(|_| random.random_range(-1.0..1.0)).collect()
}

fn direction(n: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    loop {
        let values = uniform(n, random);
        let length = norm(&values);
        if length > 0.0 {
            return values.into_iter().map(|value| value / length).collect();
        }
    }
}

/// row ← row + factor·⟨row, along⟩·towards.
fn shear(values: &mut [f64], n: usize, along: &[f64], towards: &[f64], factor: f64) {
    for row in values.chunks_exact_mut(n) {
        let share = factor * dot(row, along);
        row.iter_mut().zip(towards).for_each(|(value, axis)| *value += share * axis);
    }
}

fn apply(change: Change, values: &mut [f64], n: usize, random: &mut ChaCha8Rng) {
    let translate = |values: &mut [f64], random: &mut ChaCha8Rng| {
        let size = norm(values) / (values.len() as f64).sqrt();
        let shift: Vec<f64> = uniform(n, random).into_iter().map(|value| value * size).collect();
        for row in values.chunks_exact_mut(n) {
            row.iter_mut().zip(&shift).for_each(|(value, shift)| *value += shift);
        }
    };
    match change {
        Change::Translation => translate(values, random),
        Change::Rotation => {
            for _ in 0..3 {
                let axis = direction(n, random);
                shear(values, n, &axis, &axis, -2.0);
            }
        }
        Change::Scaling => {
            let factor = 2.0_f64.powf(random.random_range(-3.0..3.0));
            for value in values {
                *value *= factor;
            }
        }
        Change::Affine => {
            let (along, towards) = (direction(n, random), direction(n, random));
            shear(values, n, &along, &towards, 0.5);
            let stretch: Vec<f64> = (0..n).map(|_| 2.0_f64.powf(random.random_range(-1.0..1.0))).collect();
            for row in values.chunks_exact_mut(n) {
                row.iter_mut().zip(&stretch).for_each(|(value, factor)| *value *= factor);
            }
            translate(values, random);
        }
    }
}
