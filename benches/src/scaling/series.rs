//! What grows, and how.

use std::hint::black_box;

use layerpath::linalg::{Panels, add_lower_product};
use layerpath::metric::{AngularCka, Metric};
use layerpath::representation::Representation;
use layerpath::table::FeatureTable;
use serde_json::{Value, json};

use super::fastest;
use crate::harness::Failure;
use crate::workloads::normals;
use crate::workloads::table::{Points, at_once, blockwise};

/// Layers side by side in feature space.
const LAYERS: usize = 4;
/// Rows pushed at a time.
const BATCH: usize = 2048;
/// Room for a table in one block.
const ROOMY: usize = 1 << 30;

/// Seconds of the work of a size.
type Measure = Box<dyn Fn(usize) -> Result<f64, Failure>>;

/// Time against one size, the others fixed.
pub(super) struct Series {
    pub(super) name: &'static str,
    /// K, m or n.
    pub(super) variable: &'static str,
    pub(super) fixed: String,
    pub(super) precision: &'static str,
    /// The exponent that counting multiply–adds gives.
    pub(super) theory: u32,
    /// Floating-point operations of a size, symmetric halves only.
    pub(super) operations: Box<dyn Fn(f64) -> f64>,
    sizes: &'static [usize],
    run: Measure,
}

impl Series {
    /// Sizes and seconds.
    pub(super) fn measure(&self) -> Result<Vec<(f64, f64)>, Failure> {
        let measure = |&size: &usize| {
            let seconds = (self.run)(size)?;
            eprintln!("{} = {size}: {seconds:.4} s", self.variable);
            Ok((size as f64, seconds))
        };
        self.sizes.iter().map(measure).collect()
    }
}

fn singles(seed: u64, count: usize) -> Vec<f32> {
    // Repeated after a while: what the numbers are does not change how long a product takes.
    let some = normals(seed, count.min(1_000_003));
    (0..count).map(|i| some[i % some.len()] as f32).collect()
}

fn coordinates(m: usize) -> usize {
    m * (m - 1) / 2
}

fn embed(m: usize, n: usize) -> Result<f64, Failure> {
    let (x, metric) = (singles(1, m * n), Metric::default());
    fastest(|| {
        black_box(metric.embed(&Representation::new(&x[..], m, n)?)?);
        Ok(())
    })
}

fn in_feature_space(m: usize, n: usize) -> Result<f64, Failure> {
    let layers: Vec<Vec<f32>> = (0..LAYERS as u64).map(|k| singles(10 + k, m * n)).collect();
    fastest(|| {
        let mut table = FeatureTable::new(AngularCka::default(), &[n; LAYERS])?;
        for start in (0..m).step_by(BATCH) {
            let rows = BATCH.min(m - start);
            let views = layers.iter().map(|x| Representation::new(&x[start * n..(start + rows) * n], rows, n));
            table.push(&views.collect::<Result<Vec<_>, _>>()?)?;
        }
        black_box(table.points()?);
        Ok(())
    })
}

fn table_in_single(m: usize, points: usize) -> Result<f64, Failure> {
    let rows = Points::new(coordinates(m)).rounded(points);
    fastest(|| blockwise(&rows, ROOMY).map(|table| drop(black_box(table))))
}

fn table_in_double(m: usize, points: usize) -> Result<f64, Failure> {
    let points = Points::new(coordinates(m)).rounded(points).widened()?;
    fastest(|| at_once(&points).map(|table| drop(black_box(table))))
}

pub(super) fn all() -> Vec<Series> {
    const FEW: usize = 400;
    const POINTS: usize = 256;
    const UNITS: usize = 4096;
    const STIMULI: usize = 1000;
    const MANY: usize = 8192;
    const NARROW: usize = 512;
    let square = |x: f64| x * x;
    let side_by_side = LAYERS as f64;
    vec![
        Series {
            name: "table of ready points, f32 blocks",
            variable: "K",
            fixed: format!("m = {FEW}, d = {}", coordinates(FEW)),
            precision: "f32",
            theory: 2,
            operations: Box::new(move |points| square(points) * coordinates(FEW) as f64),
            sizes: &[128, 256, 512, 1024, 2048],
            run: Box::new(|points| table_in_single(FEW, points)),
        },
        Series {
            name: "table of ready points, f64 at once",
            variable: "K",
            fixed: format!("m = {FEW}, d = {}", coordinates(FEW)),
            precision: "f64",
            theory: 2,
            operations: Box::new(move |points| square(points) * coordinates(FEW) as f64),
            sizes: &[128, 256, 512, 1024, 2048],
            run: Box::new(|points| table_in_double(FEW, points)),
        },
        Series {
            name: "table of ready points, f32 blocks",
            variable: "m",
            fixed: format!("K = {POINTS}, d = m(m−1)/2"),
            precision: "f32",
            theory: 2,
            operations: Box::new(move |m| square(POINTS as f64) * m * (m - 1.0) / 2.0),
            sizes: &[125, 250, 500, 1000, 2000],
            run: Box::new(|m| table_in_single(m, POINTS)),
        },
        Series {
            name: "embedding, sample space",
            variable: "m",
            fixed: format!("n = {UNITS}"),
            precision: "f32",
            theory: 2,
            operations: Box::new(move |m| square(m) * UNITS as f64),
            sizes: &[250, 500, 1000, 2000, 4000],
            run: Box::new(|m| embed(m, UNITS)),
        },
        Series {
            name: "feature space",
            variable: "m",
            fixed: format!("{LAYERS} layers of n = {NARROW}"),
            precision: "f32",
            theory: 1,
            operations: Box::new(move |m| square(side_by_side * NARROW as f64) * m),
            sizes: &[2048, 4096, 8192, 16_384, 32_768],
            run: Box::new(|m| in_feature_space(m, NARROW)),
        },
        Series {
            name: "embedding, sample space",
            variable: "n",
            fixed: format!("m = {STIMULI}"),
            precision: "f32",
            theory: 1,
            operations: Box::new(move |n| square(STIMULI as f64) * n),
            sizes: &[512, 1024, 2048, 4096, 8192, 16_384, 32_768],
            run: Box::new(|n| embed(STIMULI, n)),
        },
        Series {
            name: "feature space",
            variable: "n",
            fixed: format!("{LAYERS} layers, m = {MANY}"),
            precision: "f32",
            theory: 2,
            operations: Box::new(move |n| square(side_by_side * n) * MANY as f64),
            sizes: &[256, 384, 512, 768, 1024, 1536],
            run: Box::new(|n| in_feature_space(MANY, n)),
        },
    ]
}

/// What one embedding of m = 1000, n = 16,384 is made of, in seconds, and how fast the machine copies memory.
pub(super) fn parts() -> Result<Value, Failure> {
    const M: usize = 1000;
    const N: usize = 16_384;
    const SLAB: usize = 4096;
    let x = singles(3, M * N);
    let checking = fastest(|| {
        black_box(Representation::new(&x[..], M, N)?);
        Ok(())
    })?;
    let metric = Metric::default();
    let whole = fastest(|| {
        black_box(metric.embed(&Representation::new(&x[..], M, N)?)?);
        Ok(())
    })?;
    // The same number of columns that are ready to be multiplied.
    let mut panels = Panels::with_capacity(M, SLAB);
    panels.fill_rows(SLAB, |row, out| out.copy_from_slice(&x[row * SLAB..][..SLAB]));
    let mut gram = vec![0.0; M * M];
    let product = fastest(|| {
        (0..N / SLAB).for_each(|_| add_lower_product(&mut gram, &panels));
        black_box(&mut gram);
        Ok(())
    })?;
    // A layer of ten units: all that does not grow with n.
    let narrow = embed(M, 10)?;
    let mut target = vec![0.0_f32; x.len()];
    let copying = fastest(|| {
        target.copy_from_slice(black_box(&x));
        black_box(&mut target);
        Ok(())
    })?;
    Ok(json!({
        "m": M, "n": N, "embedding": whole, "product": product, "checking_numbers": checking, "ten_units": narrow,
        "copying": copying, "copy_gigabytes_per_second": 2.0 * (x.len() * size_of::<f32>()) as f64 / copying / 1e9,
    }))
}
