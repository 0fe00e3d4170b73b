//! The workloads: an input from a seed, contenders, and a judge.

mod capture;
mod path;
mod shapes;
mod spd;
mod spherical_mds;
mod stimuli;
pub(crate) mod table;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::harness::{Failure, Judge, Workload};

/// All workloads; the start of a name stands for all that begin with it.
pub(crate) const NAMES: &[&str] = &["W1", "W2", "W3", "W4", "W5", "W6-50", "W6-exact", "W6-500", "W6-500-starts", "W7"];

/// The workload of that name, with its input made and its peers started.
pub(crate) fn prepare(name: &str) -> Result<Workload, Failure> {
    match name {
        "W1" => path::prepare(),
        "W2" => table::prepare(),
        "W3" => shapes::prepare(),
        "W4" => spd::prepare(),
        "W5" => stimuli::prepare(),
        "W7" => capture::prepare(),
        other => spherical_mds::prepare(other),
    }
}

/// What a child process of this program does to have its memory measured.
pub(crate) fn child(arguments: &[String]) -> Result<(), Failure> {
    match arguments.split_first() {
        Some((name, rest)) if name == "W2" => table::child(rest),
        Some((name, rest)) if name == "W5" => stimuli::child(rest),
        _ => Err("no work for a child of that name".into()),
    }
}

/// Independent standard normal numbers.
pub(crate) fn normals(seed: u64, count: usize) -> Vec<f64> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| StandardNormal.sample(&mut generator)).collect()
}

/// The pairs (i, j), j < i, of a table, in the order of its lower triangle.
fn pairs(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..size).flat_map(|i| (0..i).map(move |j| (i, j)))
}

/// `1-0,2-0,2-1` for the first `count` of every `stride` pairs.
fn some_pairs(size: usize, stride: usize) -> (Vec<usize>, String) {
    let chosen: Vec<usize> = (0..size * (size - 1) / 2).step_by(stride).collect();
    let all: Vec<(usize, usize)> = pairs(size).collect();
    let text: Vec<String> = chosen.iter().map(|&place| format!("{}-{}", all[place].0, all[place].1)).collect();
    (chosen, text.join(","))
}

/// Judges a table of which the peer computed the chosen entries only, and our contenders all.
fn judge_chosen(chosen: Vec<usize>) -> Judge {
    Box::new(move |ours, theirs| {
        if ours.len() == theirs.len() {
            return crate::harness::largest_difference(ours, theirs);
        }
        let picked: Vec<f64> = chosen.iter().map(|&place| ours[place]).collect();
        crate::harness::largest_difference(&picked, theirs)
    })
}
