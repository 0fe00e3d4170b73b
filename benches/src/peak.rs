//! The machine's own peak: the fastest square matrix product that was seen, that of the library behind ours or NumPy's; and
//! what NumPy's products reach on average over about as long as a workload runs, between its turns.

use std::path::Path;
use std::time::Instant;

use layerpath::linalg::{square_product_f32, square_product_f64};

use crate::harness::{Failure, Precision, median};
use crate::peers::Peer;

/// Rows of the matrices.
const SIZE: usize = 2048;
/// Seconds of products a time and precision. The fastest of them is a peak, what the machine can do for a twentieth of a second;
/// all of them together are what it does beside the contenders.
const SECONDS: f64 = 0.5;

/// 10⁹ floating-point operations a second (a multiplication and an addition are two) by source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Peak {
    pub(crate) ours_f32: f64,
    pub(crate) ours_f64: f64,
    /// NumPy's f32 and f64, or why not.
    pub(crate) numpy: Result<(f64, f64), String>,
    /// The faster source's rate in f32 and f64 over all its products, one for each measurement.
    pub(crate) steady: Vec<(f64, f64)>,
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

    /// The middle one of the rates over all products.
    pub(crate) fn steady(&self, precision: Precision) -> f64 {
        let rate = |&(single, double): &(f64, f64)| match precision {
            Precision::Single => single,
            Precision::Double => double,
        };
        median(&self.steady.iter().map(rate).collect::<Vec<_>>())
    }

    /// The faster of each.
    #[must_use]
    fn or(self, other: Self) -> Self {
        let steady = [self.steady, other.steady].concat();
        let numpy = match (self.numpy, other.numpy) {
            (Ok(a), Ok(b)) => Ok((a.0.max(b.0), a.1.max(b.1))),
            (Ok(known), Err(_)) | (Err(_), Ok(known)) => Ok(known),
            (Err(reason), Err(_)) => Err(reason),
        };
        Self { ours_f32: self.ours_f32.max(other.ours_f32), ours_f64: self.ours_f64.max(other.ours_f64), numpy, steady }
    }

    pub(crate) fn line(&self) -> String {
        let numpy = match &self.numpy {
            Ok((f32, f64)) => format!("NumPy {f32:.0} and {f64:.0}"),
            Err(reason) => format!("NumPy absent ({reason})"),
        };
        format!(
            "peak of gemm, {SIZE}×{SIZE}, GFLOP/s in f32 and f64: library behind ours {:.0} and {:.0}, {numpy}; the faster one over \
             {SECONDS} s between the turns {:.0} and {:.0}",
            self.ours_f32,
            self.ours_f64,
            self.steady(Precision::Single),
            self.steady(Precision::Double)
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
        let numpy = Peer::start("gemm.py", Path::new("."), &[&SIZE.to_string(), &SECONDS.to_string()]);
        Self { doubles, singles, numpy }
    }

    /// The fastest of a few products on all threads, and of what was seen before.
    pub(crate) fn measure(&mut self, before: Option<Peak>) -> Result<Peak, Failure> {
        let mut check = 0.0;
        let (doubles, singles) = (&self.doubles, &self.singles);
        let (ours_f64, steady_f64) = rates(|| check += square_product_f64(doubles, doubles, SIZE)[0]);
        let (ours_f32, steady_f32) = rates(|| check += f64::from(square_product_f32(singles, singles, SIZE)[0]));
        let mut steady = (steady_f32, steady_f64);
        if !check.is_finite() {
            return Err("a product of finite matrices is not finite".into());
        }
        let numpy = self.numpy.as_mut().map_err(|reason| reason.clone()).and_then(|peer| {
            let (_, answer) = peer.run()?;
            match answer[..] {
                [f32, f64, steady_f32, steady_f64] => {
                    steady = (steady.0.max(steady_f32), steady.1.max(steady_f64));
                    Ok((f32, f64))
                }
                _ => Err("no four numbers".to_owned()),
            }
        });
        let now = Peak { ours_f32, ours_f64, numpy, steady: vec![steady] };
        Ok(match before {
            Some(before) => before.or(now),
            None => now,
        })
    }
}

/// 10⁹ operations a second of the fastest product, and of all.
fn rates(mut product: impl FnMut()) -> (f64, f64) {
    let operations = 2.0 * (SIZE as f64).powi(3) / 1e9;
    product();
    let (mut count, mut sum, mut least) = (0.0, 0.0, f64::INFINITY);
    while sum < SECONDS {
        let begin = Instant::now();
        product();
        let time = begin.elapsed().as_secs_f64();
        (count, sum, least) = (count + 1.0, sum + time, time.min(least));
    }
    (operations / least, operations * count / sum)
}
