//! W2: the table of 1000 ready points of 1000 stimuli.

use std::convert::Infallible;
use std::ops::Range;
use std::rc::Rc;

use layerpath::geometry::UnitVector;
use layerpath::table::{BlockPlan, PointRows, WORKSPACE, arc_block, arcs};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::pairs;
use crate::files::NpyWriter;
use crate::harness::{Contender, Failure, Precision, Settings, Workload, largest_difference};
use crate::memory::{self, MIB};
use crate::peers::Peer;

const NETWORKS: usize = 50;
const LAYERS: usize = 20;
const POINTS: usize = NETWORKS * LAYERS;
const STIMULI: usize = 1000;
/// Coordinates of a point of the unbiased estimator.
const DIMENSION: usize = STIMULI * (STIMULI - 1) / 2;

/// Room for the whole table in one block, and for several blocks.
const ROOMY: usize = 1 << 30;
const TIGHT: usize = 24 << 20;

/// Every so many-th pair is checked with exact sums, besides those that are near each other.
const CHECK_EVERY: usize = 1999;

fn uniform(seed: u64, dimension: usize) -> Vec<f64> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    (0..dimension).map(|_| generator.random_range(-1.0..1.0)).collect()
}

/// Points of unit norm as 50 networks of 20 layers would make them: every network turns from the same first direction
/// towards the same second one, has a direction of its own, and noise. The last two layers are 0.02 rad apart.
pub(crate) struct Points {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Points {
    pub(crate) fn new(dimension: usize) -> Self {
        Self { first: uniform(1, dimension), second: uniform(2, dimension) }
    }

    pub(crate) fn dimension(&self) -> usize {
        self.first.len()
    }

    pub(crate) fn point(&self, k: usize) -> Vec<f64> {
        let (network, layer) = (k / LAYERS, k % LAYERS);
        let is_last = layer == LAYERS - 1;
        let turn = (layer - usize::from(is_last)) as f64 / LAYERS as f64;
        let dimension = self.dimension();
        let own = uniform(100 + network as u64, dimension);
        let noise = uniform(1000 + (k - usize::from(is_last)) as u64, dimension);
        let mut point: Vec<f64> = (0..dimension)
            .map(|i| turn.cos() * self.first[i] + turn.sin() * self.second[i] + 0.6 * own[i] + 0.5 * noise[i])
            .collect();
        if is_last {
            for (value, more) in point.iter_mut().zip(uniform(1000 + k as u64, dimension)) {
                *value += 0.025 * more;
            }
        }
        let norm = layerpath::linalg::norm(&point);
        for value in &mut point {
            *value /= norm;
        }
        point
    }

    /// The first `count` points, rounded to f32.
    pub(crate) fn rounded(&self, count: usize) -> Rows {
        let dimension = self.dimension();
        let mut values = vec![0.0; count * dimension];
        values.par_chunks_mut(dimension).enumerate().for_each(|(k, row)| {
            for (value, exact) in row.iter_mut().zip(self.point(k)) {
                *value = exact as f32;
            }
        });
        Rows { values, dimension }
    }
}

/// Points in memory, one after another.
pub(crate) struct Rows {
    values: Vec<f32>,
    dimension: usize,
}

impl Rows {
    fn row(&self, k: usize) -> &[f32] {
        &self.values[k * self.dimension..(k + 1) * self.dimension]
    }

    /// The same points in f64.
    pub(crate) fn widened(&self) -> Result<Vec<UnitVector>, layerpath::Error> {
        let widen = |row: &[f32]| UnitVector::normalize(row.iter().map(|&value| f64::from(value)).collect());
        self.values.par_chunks(self.dimension).map(widen).collect()
    }
}

impl PointRows<f32> for Rows {
    type Error = Infallible;

    fn points(&self) -> usize {
        self.values.len() / self.dimension
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn read(&self, row: usize, coordinates: Range<usize>, out: &mut [f32]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.row(row)[coordinates]);
        Ok(())
    }
}

/// The whole table, block by block within `memory` bytes, as its lower triangle.
pub(crate) fn blockwise(rows: &Rows, memory: usize) -> Result<Vec<f64>, Failure> {
    let size = rows.points();
    let plan = BlockPlan::within(memory, size, rows.dimension, size_of::<f32>()).ok_or("no room for a block")?;
    let mut lower = vec![0.0; size * (size - 1) / 2];
    for (own, others) in plan.blocks() {
        let block = arc_block(rows, &plan, own.clone(), others.clone())?;
        for (i, arcs) in own.zip(block.chunks_exact(others.len())) {
            for (j, arc) in others.clone().zip(arcs).filter(|&(j, _)| j < i) {
                lower[i * (i - 1) / 2 + j] = *arc;
            }
        }
    }
    Ok(lower)
}

/// The whole table in f64 at once.
pub(crate) fn at_once(points: &[UnitVector]) -> Result<Vec<f64>, Failure> {
    let table = arcs(&points.iter().collect::<Vec<_>>())?;
    Ok(pairs(points.len()).map(|(i, j)| table.get(i, j)).collect())
}

/// Computes the blocks one after another and lets each go: what this takes beside the points is what the plan states.
pub(super) fn child(arguments: &[String]) -> Result<(), Failure> {
    let memory: usize = arguments.first().ok_or("which memory?")?.parse()?;
    let plan = BlockPlan::within(memory, POINTS, DIMENSION, size_of::<f32>()).ok_or("no room for a block")?;
    // Any numbers will do; nothing else is allocated on the way, which could be used again unseen.
    let mut rows = Rows { values: vec![0.0; POINTS * DIMENSION], dimension: DIMENSION };
    rows.values.par_chunks_mut(DIMENSION).enumerate().for_each(|(k, row)| {
        let mut generator = ChaCha8Rng::seed_from_u64(k as u64);
        row.fill_with(|| generator.random_range(-1.0..1.0));
    });
    memory::report(|| {
        for (own, others) in plan.blocks() {
            arc_block(&rows, &plan, own, others)?;
        }
        Ok(())
    })
}

fn memory_note(memory: usize) -> Result<String, Failure> {
    let plan = BlockPlan::within(memory, POINTS, DIMENSION, size_of::<f32>()).ok_or("no room for a block")?;
    let measured = memory::in_child("W2", &[&memory.to_string()])?;
    let (stated, used) = ((plan.memory() + WORKSPACE) as f64, measured.peak - measured.before);
    Ok(format!(
        "memory in a fresh process, {} block(s): {:.1} MiB beside {:.0} MiB of points and program; stated {:.1} MiB, so \
         measured / stated = {:.2}",
        plan.blocks().len(),
        used / MIB,
        measured.before / MIB,
        stated / MIB,
        used / stated
    ))
}

/// A sum of f64 that carries its roundings along (Neumaier).
fn exact_sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for term in terms {
        let next = sum + term;
        lost += if sum.abs() >= term.abs() { (sum - next) + term } else { (term - next) + sum };
        sum = next;
    }
    sum + lost
}

/// The arc between two directions, all sums exact: 1 ∓ cos from ‖a ∓ b‖² − (‖a‖ − ‖b‖)² = 2‖a‖‖b‖(1 ∓ cos).
fn exact_arc(a: impl Iterator<Item = f64> + Clone, b: impl Iterator<Item = f64> + Clone) -> f64 {
    let norm = |x: f64| x.sqrt();
    let (own, other) = (norm(exact_sum(a.clone().map(|x| x * x))), norm(exact_sum(b.clone().map(|x| x * x))));
    let apart = exact_sum(a.zip(b).map(|(x, y)| (x - y).powi(2)));
    let small = ((apart - (own - other).powi(2)) / (own * other)).clamp(0.0, 4.0);
    2.0 * small.sqrt().atan2((4.0 - small).sqrt())
}

/// Largest and root mean square difference.
fn errors(differences: &[f64]) -> String {
    let largest = differences.iter().fold(0.0_f64, |sofar, x| sofar.max(x.abs()));
    let square = differences.iter().map(|x| x * x).sum::<f64>() / differences.len().max(1) as f64;
    format!("{largest:.1e} rad at most, {:.1e} root mean square", square.sqrt())
}

fn accuracy_notes(points: &Points, rows: &Rows, single: &[f64], double: &[f64]) -> Vec<String> {
    let chosen = pairs(POINTS)
        .enumerate()
        .filter(|&(place, (i, j))| place % CHECK_EVERY == 0 || (i % LAYERS == LAYERS - 1 && j + 1 == i));
    let chosen: Vec<(usize, (usize, usize))> = chosen.collect();
    let compared: Vec<[f64; 3]> = chosen
        .par_iter()
        .map(|&(place, (i, j))| {
            let widen = |k: usize| rows.row(k).iter().map(|&value| f64::from(value));
            let of_rounded = exact_arc(widen(i), widen(j));
            let (a, b) = (points.point(i), points.point(j));
            let of_points = exact_arc(a.iter().copied(), b.iter().copied());
            [single[place] - of_rounded, double[place] - of_rounded, of_rounded - of_points]
        })
        .collect();
    let column = |which: usize| errors(&compared.iter().map(|row| row[which]).collect::<Vec<_>>());
    vec![
        format!(
            "accuracy over {} pairs, of points rounded to f32, against exact sums: ours in f32 {}; ours in f64 {}",
            compared.len(),
            column(0),
            column(1)
        ),
        format!("what rounding the points to f32 moves their distances by: {}", column(2)),
    ]
}

pub(super) fn prepare() -> Result<Workload, Failure> {
    let points = Points::new(DIMENSION);
    let rows = Rc::new(points.rounded(POINTS));
    let folder = tempfile::tempdir()?;
    let mut file = NpyWriter::create::<f32>(&folder.path().join("points.npy"), &[POINTS, DIMENSION])?;
    file.append(&rows.values)?;
    file.finish()?;
    let wide = rows.widened()?;
    let (single, double) = ("ours, f32 blocks", "ours, f64 at once");
    let given = Rc::clone(&rows);
    let torch = Peer::start("table.py", folder.path(), &[]);
    let contenders = vec![
        Contender::ours(single, move || blockwise(&given, ROOMY)).against(single).counted_in(Precision::Single),
        Contender::ours(double, move || at_once(&wide)).against(single).counted_in(Precision::Double),
        Contender::theirs("torch by hand, f32", torch, single, 1.0).counted_in(Precision::Single),
    ];
    let afterwards = Box::new(move |answers: &[Option<Vec<f64>>]| {
        let answer = |place: usize| answers.get(place).and_then(Option::as_ref).ok_or("ours did not run");
        let mut notes = accuracy_notes(&points, &rows, answer(0)?, answer(1)?);
        // The children need the memory.
        drop(rows);
        notes.extend([memory_note(ROOMY)?, memory_note(TIGHT)?]);
        Ok(notes)
    });
    let what = format!(
        "table of K = {POINTS} ready points, m = {STIMULI}: d = {DIMENSION}, {NETWORKS} networks of {LAYERS} layers"
    );
    let operations = (POINTS * POINTS) as f64 * DIMENSION as f64;
    let limit = Settings { runs: 3, peer_runs: 2 };
    Ok(Workload {
        operations,
        limit,
        afterwards,
        ..Workload::new("W2", what, contenders, Box::new(largest_difference))
    })
}

#[cfg(test)]
mod tests {
    use super::{exact_arc, exact_sum};

    #[test]
    fn exact_sums_and_arcs() {
        assert_eq!(exact_sum([1.0, 1e100, 1.0, -1e100].into_iter()), 2.0);
        let arc = |a: [f64; 2], b: [f64; 2]| exact_arc(a.into_iter(), b.into_iter());
        assert!((arc([3.0, 0.0], [0.0, 0.1]) - std::f64::consts::FRAC_PI_2).abs() < 1e-14);
        assert!((arc([1.0, 0.0], [1.0, 1e-9]) - 1e-9).abs() < 1e-17);
    }
}
