//! The same input gives the same bits for any number of threads, and every time.

use std::convert::Infallible;
use std::ops::Range;

use layerpath::Error;
use layerpath::metric::{AngularCka, Estimator, Kernel, LengthScale, Metric, Point};
use layerpath::path::Path;
use layerpath::path::baselines::{noise_floor, shuffled_order};
use layerpath::path::convergence::convergence;
use layerpath::path::uncertainty::{JackknifeSettings, SubsampleSettings, jackknife, subsample};
use layerpath::representation::Representation;
use layerpath::table::{
    Activations, BlockPlan, Bytes, CostModel, Engine, LayerSize, PointRows, arc_block, pair_block, points,
};

use crate::data::{chain, embed, spherical};

/// Computes with one thread twice, and with two, three and four.
fn same_for_any_number_of_threads<T: PartialEq + Send>(what: &str, compute: impl Fn() -> T + Sync) {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&compute)
    };
    let one = on(1);
    for threads in [1, 2, 3, 4] {
        assert!(on(threads) == one, "{what}: {threads} thread(s) differ from the first time on one");
    }
}

#[test]
#[should_panic(expected = "threads as such: 2 thread(s) differ")]
fn a_difference_is_seen() {
    same_for_any_number_of_threads("threads as such", rayon::current_num_threads);
}

/// Every metric of the registry, and every estimator of angular CKA with every kernel.
fn every_metric() -> Vec<Metric> {
    let mut all = Metric::all();
    for estimator in Estimator::ALL {
        for length in [LengthScale::Median(0.5), LengthScale::Fixed(3.0)] {
            let kernels = [Kernel::Rbf(length), Kernel::Laplace(length)];
            all.extend(kernels.map(|kernel| Metric::from(AngularCka { estimator, kernel })));
        }
    }
    all
}

fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(f64::to_bits).collect()
}

/// Points, distances, and all statistics of a path, of every metric: alone, many layers at once, and from f32.
#[test]
fn every_metric_any_number_of_threads() {
    // More stimuli than any tile of rows, layers narrower and wider than that, and wider than one panel.
    let m = 90;
    let layers = chain(13, m, &[30, 300, 80, 10]);
    let single: Vec<Vec<f32>> = layers.iter().map(|x| x.iter().map(|&value| value as f32).collect()).collect();
    for metric in every_metric() {
        same_for_any_number_of_threads(&metric.to_string(), || {
            let points: Vec<Point> = layers.iter().map(|x| embed(&metric, x, m)).collect();
            let views: Vec<_> = single.iter().map(|x| Representation::new(&x[..], m, x.len() / m).unwrap()).collect();
            let together = metric.embed_all(&views).unwrap();
            let borrowed: Vec<&Point> = points.iter().chain(&together).collect();
            let table = metric.distances(&borrowed).unwrap();
            let path = Path::new(&metric, &points[..3], Some(&points[3])).unwrap();
            let coordinates = borrowed.iter().flat_map(|point| point.coordinates().iter().copied());
            (bits(coordinates), bits(table.to_rows().concat()), path)
        });
    }
}

/// Layers in memory, for the engines.
struct Layers(Vec<Vec<f32>>, usize);

impl Activations for Layers {
    type Error = Error;

    fn stimuli(&self) -> usize {
        self.1
    }

    fn layers(&self) -> Vec<LayerSize> {
        self.0.iter().map(|x| LayerSize { units: x.len() / self.1, element: 4 }).collect()
    }

    fn layer(
        &mut self,
        layer: usize,
        take: &mut dyn FnMut(&Representation<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        take(&Representation::new(&self.0[layer][..], self.1, self.0[layer].len() / self.1)?)
    }

    fn batches(
        &mut self,
        batch: usize,
        take: &mut dyn FnMut(&[Representation<'_>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for start in (0..self.1).step_by(batch) {
            let rows = start..self.1.min(start + batch);
            let views = self.0.iter().map(|x| {
                let units = x.len() / self.1;
                Representation::new(&x[rows.start * units..rows.end * units], rows.len(), units)
            });
            take(&views.collect::<Result<Vec<_>, _>>()?)?;
        }
        Ok(())
    }
}

/// Sample space and feature space, wherever a metric has them.
#[test]
fn every_engine_any_number_of_threads() {
    let m = 300;
    let layers = chain(14, m, &[40, 120, 70, 10]);
    let single: Vec<Vec<f32>> = layers.iter().map(|x| x.iter().map(|&value| value as f32).collect()).collect();
    let mut in_feature_space = 0;
    for metric in spherical() {
        for engine in [Engine::Sample, Engine::Feature] {
            let sizes = Layers(single.clone(), m).layers();
            let Ok(cost) = CostModel::new(&metric, m, &sizes, Bytes(1 << 30)).choose(Some(engine)) else { continue };
            in_feature_space += u32::from(engine == Engine::Feature);
            same_for_any_number_of_threads(&format!("{metric}, {engine:?}"), || {
                let all = points(&metric, &mut Layers(single.clone(), m), &cost).unwrap();
                bits(all.iter().flat_map(|point| point.coordinates().iter().copied()))
            });
        }
    }
    assert_eq!(in_feature_space, 3, "angular CKA with the linear kernel, by each estimator");
}

/// Rows in memory, for blocks.
struct Rows<T>(Vec<Vec<T>>);

impl<T: Copy + Sync> PointRows<T> for Rows<T> {
    type Error = Infallible;

    fn points(&self) -> usize {
        self.0.len()
    }

    fn dimension(&self) -> usize {
        self.0[0].len()
    }

    fn read(&self, row: usize, coordinates: Range<usize>, out: &mut [T]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0[row][coordinates]);
        Ok(())
    }
}

/// Tables that are made block by block, of points that are read piece by piece and of whole ones.
#[test]
fn every_block_any_number_of_threads() {
    let m = 80;
    let base = chain(15, m, &[40; 12]);
    let metric = Metric::default();
    let points: Vec<Point> = base.iter().map(|x| embed(&metric, x, m)).collect();
    let rows: Vec<Vec<f64>> = points.iter().map(|point| point.coordinates().to_vec()).collect();
    let single = Rows(rows.iter().map(|row| row.iter().map(|&value| value as f32).collect::<Vec<f32>>()).collect());
    let double = Rows(rows);
    let plan = BlockPlan::within(1 << 26, points.len(), double.dimension(), 8).unwrap();
    let blocks = [(0..12, 0..12), (7..12, 0..7)];
    same_for_any_number_of_threads("blocks of arcs", || {
        blocks
            .iter()
            .flat_map(|(i, j)| {
                let exact = arc_block(&double, &plan, i.clone(), j.clone());
                let fast = arc_block(&single, &plan, i.clone(), j.clone());
                bits(exact.unwrap().into_iter().chain(fast.unwrap()))
            })
            .collect::<Vec<u64>>()
    });
    for metric in every_metric() {
        let points: Vec<Point> = base[..6].iter().map(|x| embed(&metric, x, m)).collect();
        same_for_any_number_of_threads(&format!("blocks of {metric}"), || {
            let own = pair_block(&metric, &points[..3], None).unwrap();
            bits(own.into_iter().chain(pair_block(&metric, &points[3..], Some(&points[..3])).unwrap()))
        });
    }
}

/// Layers of many panels, whose parts are summed by several threads.
#[test]
fn wide_layers_any_number_of_threads() {
    let m = 150;
    let layers = chain(11, m, &[40, 300, 1500, 10]);
    same_for_any_number_of_threads("wide layers", || {
        let metric = Metric::default();
        let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
        let path = Path::new(&metric, &points[..3], Some(&points[3])).unwrap();
        (bits(points.iter().flat_map(|point| point.coordinates().iter().copied())), path)
    });
}

#[test]
fn resampling_any_number_of_threads() {
    let m = 60;
    let layers = chain(12, m, &[40, 30, 20, 10, 5]);
    same_for_any_number_of_threads("resampling", || {
        let metric = Metric::default();
        let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
        let (path, target) = (&points[..4], Some(&points[4]));
        (
            jackknife(&metric, path, target, JackknifeSettings::new(1)).unwrap(),
            subsample(&metric, path, target, SubsampleSettings { samples: 20, ..SubsampleSettings::new(2) }).unwrap(),
            convergence(&metric, path, target, 4, 3).unwrap(),
            shuffled_order(&metric, path, target, 50, 4).unwrap(),
            noise_floor(&metric, path, target, 5, 5).unwrap(),
        )
    });
}
