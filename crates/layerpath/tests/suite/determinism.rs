//! The same input gives the same bits for any number of threads.

use layerpath::metric::{Metric, Point};
use layerpath::path::Path;

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
