//! W4: affine-invariant distances of all pairs of 20 covariance matrices of 200 components.

use layerpath::geometry::{AffineInvariant, PositiveDefinite};
use layerpath::linalg::transposed_product;
use layerpath::table::AllPairs;
use rayon::prelude::*;

use super::{judge_chosen, normals, pairs, some_pairs};
use crate::harness::{Contender, Failure, Workload};
use crate::peers::Peer;

const MATRICES: usize = 20;
const SIZE: usize = 200;
const STIMULI: usize = 1000;
/// repsim does every fifth pair; its time is multiplied accordingly.
const STRIDE: usize = 5;

/// The covariance of random activations with a falling spectrum, condition number about 100.
fn covariance(k: usize) -> Vec<f64> {
    let mut x = normals(200 + k as u64, STIMULI * SIZE);
    for (place, value) in x.iter_mut().enumerate() {
        *value /= (1.0 + (place % SIZE) as f64 / 16.0).sqrt() * (STIMULI as f64 - 1.0).sqrt();
    }
    transposed_product(&x, &x, SIZE, STIMULI, SIZE)
}

fn points(matrices: &[Vec<f64>]) -> Result<Vec<PositiveDefinite>, layerpath::Error> {
    matrices.par_iter().map(|matrix| PositiveDefinite::new(matrix.clone(), SIZE)).collect()
}

fn distances(points: &[PositiveDefinite]) -> Result<Vec<f64>, Failure> {
    let table = AffineInvariant::new(SIZE).all_pairs(&points.iter().collect::<Vec<_>>())?;
    Ok(pairs(points.len()).map(|(i, j)| table.get(i, j)).collect())
}

pub(super) fn prepare() -> Result<Workload, Failure> {
    let matrices: Vec<Vec<f64>> = (0..MATRICES).map(covariance).collect();
    let folder = tempfile::tempdir()?;
    for (k, matrix) in matrices.iter().enumerate() {
        crate::files::write_npy(&folder.path().join(format!("matrix-{k}.npy")), &[SIZE, SIZE], matrix)?;
    }
    let ready_points = points(&matrices)?;
    let (chosen, text) = some_pairs(MATRICES, STRIDE);
    let part = (MATRICES * (MATRICES - 1) / 2) as f64 / chosen.len() as f64;
    let complete = "ours, from matrices";
    Ok(Workload::new(
        "W4",
        format!("affine-invariant, all pairs of K = {MATRICES} full covariance matrices, p = {SIZE}"),
        vec![
            Contender::ours(complete, move || distances(&points(&matrices)?)),
            Contender::ours("ours, ready points", move || distances(&ready_points)),
            Contender::theirs("repsim, inner routine", Peer::start("spd.py", folder.path(), &[&text]), complete, part),
        ],
        judge_chosen(chosen),
    ))
}
