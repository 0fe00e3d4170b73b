//! The same input gives the same bits for any number of threads.

use layerpath::metric::{Metric, Point};
use layerpath::path::Path;
use layerpath::path::baselines::{noise_floor, shuffled_order};
use layerpath::path::convergence::convergence;
use layerpath::path::uncertainty::{JackknifeSettings, SubsampleSettings, jackknife, subsample};

use crate::data::{chain, embed};

#[test]
fn any_number_of_threads() {
    let m = 150;
    let layers = chain(11, m, &[40, 300, 1500, 10]);
    let compute = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let metric = Metric::default();
            let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
            let path = Path::new(&metric, &points[..3], Some(&points[3])).unwrap();
            let bits: Vec<u64> = points.iter().flat_map(Point::coordinates).copied().map(f64::to_bits).collect();
            (bits, path)
        })
    };
    let one = compute(1);
    for threads in [2, 3, 4] {
        assert!(compute(threads) == one, "{threads} threads differ from one");
    }
}

#[test]
fn any_number_of_threads_in_resampling() {
    let m = 60;
    let layers = chain(12, m, &[40, 30, 20, 10, 5]);
    let compute = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let metric = Metric::default();
            let points: Vec<Point> = layers.iter().map(|layer| embed(&metric, layer, m)).collect();
            let (path, target) = (&points[..4], Some(&points[4]));
            (
                jackknife(&metric, path, target, JackknifeSettings::new(1)).unwrap(),
                subsample(&metric, path, target, SubsampleSettings { samples: 20, ..SubsampleSettings::new(2) })
                    .unwrap(),
                convergence(&metric, path, target, 4, 3).unwrap(),
                shuffled_order(&metric, path, target, 50, 4).unwrap(),
                noise_floor(&metric, path, target, 5, 5).unwrap(),
            )
        })
    };
    let one = compute(1);
    for threads in [2, 4] {
        assert!(compute(threads) == one, "{threads} threads differ from one");
    }
}
