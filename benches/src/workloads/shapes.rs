//! W3: angular shape distances of all pairs of 20 layers, 1000 stimuli, 512 units.

use std::rc::Rc;

use layerpath::metric::{Metric, Point};
use layerpath::representation::Representation;
use rayon::prelude::*;

use super::{judge_chosen, normals, pairs, some_pairs};
use crate::harness::{Contender, Failure, Workload};
use crate::peers::Peer;

const LAYERS: usize = 20;
const STIMULI: usize = 1000;
const UNITS: usize = 512;
/// Peers do every tenth pair; their time is multiplied accordingly.
const STRIDE: usize = 10;

/// Layer k of a path from one random representation to another, with noise and a falling spectrum.
fn layer(k: usize, from: &[f64], to: &[f64]) -> Vec<f64> {
    let t = k as f64 / (LAYERS - 1) as f64;
    let noise = normals(100 + k as u64, STIMULI * UNITS);
    let value = |place: usize| {
        let spectrum = 1.0 / (1.0 + (place % UNITS) as f64 / 32.0).sqrt();
        spectrum * ((1.0 - t) * from[place] + t * to[place] + 0.5 * noise[place])
    };
    (0..STIMULI * UNITS).map(value).collect()
}

fn embedded(metric: &Metric, layers: &[Vec<f64>]) -> Result<Vec<Point>, layerpath::Error> {
    layers.par_iter().map(|layer| metric.embed(&Representation::new(&layer[..], STIMULI, UNITS)?)).collect()
}

fn distances(metric: &Metric, points: &[Point]) -> Result<Vec<f64>, Failure> {
    let table = metric.distances(&points.iter().collect::<Vec<_>>())?;
    Ok(pairs(points.len()).map(|(i, j)| table.get(i, j)).collect())
}

pub(super) fn prepare() -> Result<Workload, Failure> {
    let (from, to) = (normals(1, STIMULI * UNITS), normals(2, STIMULI * UNITS));
    let layers: Vec<Vec<f64>> = (0..LAYERS).into_par_iter().map(|k| layer(k, &from, &to)).collect();
    let folder = tempfile::tempdir()?;
    for (k, layer) in layers.iter().enumerate() {
        crate::files::write_npy(&folder.path().join(format!("layer-{k}.npy")), &[STIMULI, UNITS], layer)?;
    }
    let metric: Metric = "angular-shape".parse()?;
    let points = embedded(&metric, &layers)?;
    let layers = Rc::new(layers);
    let (chosen, text) = some_pairs(LAYERS, STRIDE);
    let part = (LAYERS * (LAYERS - 1) / 2) as f64 / chosen.len() as f64;
    let (ready, complete) = ("ours, ready points", "ours, from activations");
    Ok(Workload::new(
        "W3",
        format!("angular-shape, all pairs of K = {LAYERS}, m = {STIMULI}, n = {UNITS}"),
        vec![
            Contender::ours(ready, move || distances(&metric, &points)),
            Contender::ours(complete, move || distances(&metric, &embedded(&metric, &layers)?)),
            Contender::theirs(
                "repsim, length of ready points",
                Peer::start("shapes.py", folder.path(), &["repsim", &text]),
                ready,
                part,
            ),
            Contender::theirs(
                "netrep, fit and score",
                Peer::start("shapes.py", folder.path(), &["netrep", &text]),
                complete,
                part,
            ),
        ],
        judge_chosen(chosen),
    ))
}
