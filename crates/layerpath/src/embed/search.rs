//! What the iterative methods have in common: where they start, when they stop, what they report.

use std::ops::ControlFlow;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::EmbeddingError;
use super::given::Given;

/// Points from which on the rows of a pass are shared among threads; below, starting them costs more than the work.
const PARALLEL_FROM: usize = 128;
/// A raw stress below this share of Σδ² is exact to rounding: further starts cannot do better.
const EXACT: f64 = 1e-22;

/// Starts and stopping rule of an iterative embedding.
///
/// ```
/// use layerpath::embed::SearchOptions;
/// let thorough = SearchOptions { restarts: 20, seed: 7, ..SearchOptions::default() };
/// assert!(thorough.classical_start);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// Whether the first start is the closed-form solution (classical scaling, or its spherical version).
    pub classical_start: bool,
    /// Number of further, random starts; the best result wins, the earlier one of equals.
    pub restarts: usize,
    /// Seed of the random starts; each has a stream of its own.
    pub seed: u64,
    /// The most iterations from one start.
    pub iterations: usize,
    /// Stop when an iteration lowers the raw stress by less than this share of Σδ².
    pub tolerance: f64,
}

impl Default for SearchOptions {
    /// Classical start and 4 random ones, seed 0, 1000 iterations, tolerance 10⁻¹⁰.
    fn default() -> Self {
        Self { classical_start: true, restarts: 4, seed: 0, iterations: 1000, tolerance: 1e-10 }
    }
}

/// Where a search began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The closed-form solution.
    Classical,
    /// The random start of this number, from 1.
    Random(usize),
}

/// How the search went: the convergence report of the best start.
#[derive(Debug, Clone, PartialEq)]
pub struct Convergence {
    /// Whether the stopping rule was met within the allowed iterations.
    pub converged: bool,
    /// Iterations from the best start.
    pub iterations: usize,
    /// Raw stress at the best start and after each of its iterations; it never rises.
    pub history: Vec<f64>,
    /// The start that gave the best result.
    pub best: Start,
    /// Every start made with the raw stress that it ended in. Once a result is exact, further starts are not made.
    pub starts: Vec<(Start, f64)>,
}

/// Points that an iterative method placed.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// K rows of coordinates.
    pub coordinates: Vec<Vec<f64>>,
    /// Kruskal's stress-1, √(Σᵢ<ⱼ(dᵢⱼ − δᵢⱼ)² / Σᵢ<ⱼ δᵢⱼ²) with δ the given and d the embedded distances; 0 if all given
    /// distances are 0.
    pub stress: f64,
    /// Σᵢ<ⱼ(dᵢⱼ − δᵢⱼ)², in the squared unit of the distances.
    pub raw_stress: f64,
    /// How the search went.
    pub convergence: Convergence,
}

/// News from a running search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of the start under way, from 0.
    pub start: usize,
    /// Starts in all.
    pub starts: usize,
    /// Iterations done from this start.
    pub iteration: usize,
    /// Kruskal's stress-1 now.
    pub stress: f64,
}

/// Hears of every iteration and may end the search with [`ControlFlow::Break`]: then the answer is
/// [`EmbeddingError::Interrupted`].
pub type Observer<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + 'a;

/// An [`Observer`] that lets the search run.
pub fn silent(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What one start led to.
pub(super) struct Run {
    pub(super) coordinates: Vec<f64>,
    pub(super) history: Vec<f64>,
    pub(super) converged: bool,
}

/// Hears of an iteration's raw stress; an error ends the run.
pub(super) type Report<'a> = dyn FnMut(usize, f64) -> Result<(), EmbeddingError> + 'a;

/// Runs from every start and keeps the run of least raw stress.
///
/// `run` gets the start, a stream of random numbers for it, and whom to report to.
pub(super) fn best_of(
    given: &Given,
    options: &SearchOptions,
    observer: &mut Observer<'_>,
    mut run: impl FnMut(Start, &mut Normals, &mut Report<'_>) -> Result<Run, crate::Error>,
) -> Result<(Vec<f64>, Convergence), crate::Error> {
    let classical = options.classical_start.then_some(Start::Classical);
    let starts: Vec<Start> = classical.into_iter().chain((1..=options.restarts).map(Start::Random)).collect();
    let mut best: Option<(Start, Run, f64)> = None;
    let mut results = Vec::with_capacity(starts.len());
    for (number, &start) in starts.iter().enumerate() {
        let stream = match start {
            Start::Classical => 0,
            Start::Random(number) => number as u64,
        };
        let mut report = |iteration: usize, raw: f64| {
            let news = Progress { start: number, starts: starts.len(), iteration, stress: given.normalised(raw) };
            if observer(&news).is_break() { Err(EmbeddingError::Interrupted) } else { Ok(()) }
        };
        let outcome = run(start, &mut Normals::new(options.seed, stream), &mut report)?;
        let reached = outcome.history.last().copied().unwrap_or(0.0);
        results.push((start, reached));
        if best.as_ref().is_none_or(|(_, _, least)| reached < *least) {
            best = Some((start, outcome, reached));
        }
        if reached <= EXACT * given.total() {
            break;
        }
    }
    let (start, run, _) = best.ok_or(EmbeddingError::NoStart)?;
    let iterations = run.history.len().saturating_sub(1);
    let convergence =
        Convergence { converged: run.converged, iterations, history: run.history, best: start, starts: results };
    Ok((run.coordinates, convergence))
}

/// A seeded stream of standard normal numbers (Box and Muller 1958).
pub(super) struct Normals {
    generator: ChaCha8Rng,
    spare: Option<f64>,
}

impl Normals {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self { generator, spare: None }
    }

    pub(super) fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let (u, v): (f64, f64) = (self.generator.random(), self.generator.random());
        // 1 − u lies in (0, 1], so that the logarithm is finite.
        let radius = (-2.0 * (1.0 - u).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * v).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }

    pub(super) fn fill(&mut self, length: usize, scale: f64) -> Vec<f64> {
        (0..length).map(|_| scale * self.next()).collect()
    }
}

/// Fills each row of `out` by `row(i, out_row)` and adds up what the calls return, in the order of the rows whatever
/// the number of threads.
pub(super) fn by_rows(out: &mut [f64], width: usize, row: impl Fn(usize, &mut [f64]) -> f64 + Sync) -> f64 {
    if out.len() < PARALLEL_FROM * width {
        return out.chunks_exact_mut(width).enumerate().map(|(i, values)| row(i, values)).sum();
    }
    let rows = out.par_chunks_exact_mut(width).enumerate();
    let parts: Vec<f64> = rows.map(|(i, values)| row(i, values)).collect();
    parts.iter().sum()
}
