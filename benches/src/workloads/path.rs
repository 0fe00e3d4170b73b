//! W1: the path of one network, from f32 arrays in memory to distances, interior and heading angles.

use std::rc::Rc;

use layerpath::linalg::product_transposed;
use layerpath::metric::{Metric, Point};
use layerpath::path::Path;
use layerpath::representation::Representation;
use rayon::prelude::*;

use super::{normals, pairs};
use crate::harness::{Contender, Failure, Precision, Workload, largest_gap};
use crate::peers::Peer;

const STIMULI: usize = 1000;
const CLASSES: usize = 10;
/// Directions in which stimuli differ.
const LATENT: usize = 64;

/// Widths of the 23 points; the one-hot labels are the target and a 24th array.
fn widths() -> Vec<usize> {
    let stages = [(1, 3072), (7, 16_384), (7, 8192), (7, 4096), (1, CLASSES)];
    stages.iter().flat_map(|&(count, width)| std::iter::repeat_n(width, count)).collect()
}

/// Layers of a smooth path from what the stimuli look like to what they are called: rectified random features, with noise,
/// of latent variables that turn from the one to the other. The input has no rectifier, nor have the logits.
fn layers() -> Vec<Vec<f32>> {
    let looks = normals(10, STIMULI * LATENT);
    let classes = normals(11, CLASSES * LATENT);
    let widths = widths();
    let last = widths.len() - 1;
    let layer = |(k, &width): (usize, &usize)| {
        let t = k as f64 / last as f64;
        let latent: Vec<f64> = (0..STIMULI * LATENT)
            .map(|place| {
                let class = place / LATENT % CLASSES;
                (1.0 - t) * looks[place] + t * classes[class * LATENT + place % LATENT]
            })
            .collect();
        let weights = normals(1000 + k as u64, width * LATENT);
        let noise = normals(2000 + k as u64, STIMULI * width);
        let drive = product_transposed(&latent, &weights, STIMULI, LATENT, width);
        let is_rectified = k > 0 && k < last;
        let respond = |(drive, noise): (&f64, &f64)| {
            let value = drive / (LATENT as f64).sqrt() + 0.3 * noise;
            if is_rectified { value.max(0.0) as f32 } else { value as f32 }
        };
        drive.iter().zip(&noise).map(respond).collect()
    };
    widths.par_iter().enumerate().map(layer).collect()
}

fn one_hot() -> Vec<f32> {
    (0..STIMULI * CLASSES).map(|place| f32::from(place % CLASSES == place / CLASSES % CLASSES)).collect()
}

fn width(layer: &[f32]) -> usize {
    layer.len() / STIMULI
}

/// Distances of all pairs, target included, in the order of the lower triangle; then interior and heading angles.
fn answer(metric: &Metric, points: &[Point]) -> Result<Vec<f64>, Failure> {
    let (target, own) = points.split_last().ok_or("no points")?;
    let path = Path::new(metric, own, Some(target))?;
    let distances = pairs(points.len()).map(|(i, j)| path.distances().get(i, j));
    let headings = path.heading_angles().unwrap_or_default();
    let angles = path.interior_angles().iter().chain(headings).cloned().collect::<Result<Vec<f64>, _>>()?;
    Ok(distances.chain(angles).collect())
}

fn complete(metric: &Metric, arrays: &[Vec<f32>]) -> Result<Vec<f64>, Failure> {
    let layers: Vec<Representation<'_>> =
        arrays.iter().map(|x| Representation::new(&x[..], STIMULI, width(x))).collect::<Result<_, _>>()?;
    answer(metric, &metric.embed_all(&layers).map_err(|(_, error)| error)?)
}

/// The same from f64 copies, so that all products are made in f64.
fn in_double(metric: &Metric, arrays: &[Vec<f32>]) -> Result<Vec<f64>, Failure> {
    let embed = |x: &Vec<f32>| {
        let wide: Vec<f64> = x.iter().map(|&value| f64::from(value)).collect();
        metric.embed(&Representation::new(&wide[..], STIMULI, width(x))?)
    };
    let points: Vec<Point> = arrays.iter().map(embed).collect::<Result<_, _>>()?;
    answer(metric, &points)
}

pub(super) fn prepare() -> Result<Workload, Failure> {
    let mut arrays = layers();
    let operations = arrays.iter().map(|x| (STIMULI * STIMULI * width(x)) as f64).sum();
    arrays.push(one_hot());
    let folder = tempfile::tempdir()?;
    for (k, x) in arrays.iter().enumerate() {
        crate::files::write_npy(&folder.path().join(format!("layer-{k}.npy")), &[STIMULI, width(x)], x)?;
    }
    let count = arrays.len().to_string();
    let n_distances = arrays.len() * (arrays.len() - 1) / 2;
    let (default, masked): (Metric, Metric) = (Metric::default(), "angular-cka[estimator=masked]".parse()?);
    let arrays = Rc::new(arrays);
    let ours = |metric: Metric| {
        let arrays = Rc::clone(&arrays);
        move || complete(&metric, &arrays)
    };
    let (unbiased_name, masked_name) = ("ours, unbiased", "ours, masked");
    let peer = |who: &str| Peer::start("path.py", folder.path(), &[who, &count]);
    let contenders = vec![
        Contender::ours(unbiased_name, ours(default)).against(unbiased_name),
        Contender::ours(masked_name, ours(masked)).against(masked_name),
        Contender::theirs("torch by hand, unbiased", peer("torch"), unbiased_name, 1.0),
        Contender::theirs("repsim, masked: point, length, angle", peer("repsim"), masked_name, 1.0),
        Contender::theirs("repsim, masked: point, _length_impl, angle", peer("repsim-inner"), masked_name, 1.0),
    ]
    .into_iter()
    .map(|contender| contender.counted_in(Precision::Single))
    .collect();
    let judge = Box::new(move |ours: &[f64], theirs: &[f64]| {
        let parts = |answer: &'_ [f64]| {
            let (distances, angles) = answer.split_at(n_distances.min(answer.len()));
            (distances.to_vec(), angles.to_vec())
        };
        let ((distances, angles), (other_distances, other_angles)) = (parts(ours), parts(theirs));
        format!(
            "{} distances and {} angles, largest difference {:.1e} and {:.1e}",
            other_distances.len(),
            other_angles.len(),
            largest_gap(&distances, &other_distances),
            largest_gap(&angles, &other_angles)
        )
    });
    let check = Rc::clone(&arrays);
    let afterwards = Box::new(move |answers: &[Option<Vec<f64>>]| {
        let mut notes = Vec::new();
        for (place, (metric, name)) in [(default, unbiased_name), (masked, masked_name)].into_iter().enumerate() {
            let exact = in_double(&metric, &check)?;
            let given = answers.get(place).and_then(Option::as_ref).ok_or("ours did not run")?;
            let smallest = exact[..n_distances].iter().copied().fold(f64::INFINITY, f64::min);
            notes.push(format!(
                "{name} against all-f64 products: largest difference {:.1e} rad of the distances (the smallest is \
                 {smallest:.2} rad), {:.1e} rad of the angles",
                largest_gap(&given[..n_distances], &exact[..n_distances]),
                largest_gap(&given[n_distances..], &exact[n_distances..]),
            ));
        }
        Ok(notes)
    });
    let what = format!(
        "one network's path: 23 points of m = {STIMULI}, n = 3072, 7×16384, 7×8192, 7×4096, 10, f32, and one-hot labels as \
         target; from arrays to distances, interior and heading angles"
    );
    Ok(Workload { operations, afterwards, ..Workload::new("W1", what, contenders, judge) })
}
