//! The machine's own peak: the fastest square matrix product that was seen, ours or NumPy's.

use std::path::Path;
use std::time::Instant;

use layerpath::linalg::{square_product_f32, square_product_f64};

use crate::harness::{Failure, Precision};
use crate::peers::Peer;

/// Rows of the matrices.
const SIZE: usize = 2048;
/// Products a time, of which the fastest counts: a peak is what the machine can do.
const RUNS: usize = 2;

/// 10⁹ floating-point operations a second (a multiplication and an addition are two) by source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Peak {
    pub(crate) ours_f32: f64,
    pub(crate) ours_f64: f64,
    /// NumPy's f32 and f64, or why not.
    pub(crate) numpy: Result<(f64, f64), String>,
}

impl Peak {
    /// The best of all sources in a precision.
    pub(crate) fn best(&self, precision: Precision) -> f64 {
        let (f32, f64) = self.numpy.clone().unwrap_or((0.0, 0.0));
        match precision {
            Precision::Single => self.ours_f32.max(f32),
            Precision::Double => self.ours_f64.max(f64),
        }
    }

    /// The faster of each.
    #[must_use]
    fn or(self, other: Self) -> Self {
        let numpy = match (self.numpy, other.numpy) {
            (Ok(a), Ok(b)) => Ok((a.0.max(b.0), a.1.max(b.1))),
            (Ok(known), Err(_)) | (Err(_), Ok(known)) => Ok(known),
            (Err(reason), Err(_)) => Err(reason),
        };
        Self { ours_f32: self.ours_f32.max(other.ours_f32), ours_f64: self.ours_f64.max(other.ours_f64), numpy }
    }

    pub(crate) fn line(&self) -> String {
        let numpy = match &self.numpy {
            Ok((f32, f64)) => format!("NumPy {f32:.0} and {f64:.0}"),
            Err(reason) => format!("NumPy absent ({reason})"),
        };
        format!(
            "peak of gemm, {SIZE}×{SIZE}, GFLOP/s in f32 and f64: ours {:.0} and {:.0}, {numpy}",
            self.ours_f32, self.ours_f64
        )
    }
}

/// Measures the peak again and again, so that a workload has that of its own minutes.
pub(crate) struct Meter {
    doubles: Vec<f64>,
    singles: Vec<f32>,
    numpy: Result<Peer, String>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        let wave = |i: usize| ((i * 7919) % 1009) as f64 / 1009.0 - 0.5;
        let doubles: Vec<f64> = (0..SIZE * SIZE).map(wave).collect();
        let singles = doubles.iter().map(|&x| x as f32).collect();
        let numpy = Peer::start("gemm.py", Path::new("."), &[&SIZE.to_string(), &RUNS.to_string()]);
        Self { doubles, singles, numpy }
    }

    /// The fastest of a few products on all threads, and of what was seen before.
    pub(crate) fn measure(&mut self, before: Option<Peak>) -> Result<Peak, Failure> {
        let mut check = 0.0;
        let (doubles, singles) = (&self.doubles, &self.singles);
        let ours_f64 = fastest(|| check += square_product_f64(doubles, doubles, SIZE)[0]);
        let ours_f32 = fastest(|| check += f64::from(square_product_f32(singles, singles, SIZE)[0]));
        if !check.is_finite() {
            return Err("a product of finite matrices is not finite".into());
        }
        let numpy = self.numpy.as_mut().map_err(|reason| reason.clone()).and_then(|peer| {
            let (_, answer) = peer.run()?;
            match answer[..] {
                [f32, f64] => Ok((f32, f64)),
                _ => Err("no two numbers".to_owned()),
            }
        });
        let now = Peak { ours_f32, ours_f64, numpy };
        Ok(match before {
            Some(before) => before.or(now),
            None => now,
        })
    }
}

fn fastest(mut product: impl FnMut()) -> f64 {
    let operations = 2.0 * (SIZE as f64).powi(3);
    let times = (0..=RUNS).map(|_| {
        let begin = Instant::now();
        product();
        begin.elapsed().as_secs_f64()
    });
    operations / times.fold(f64::INFINITY, f64::min) / 1e9
}
