//! W5: eight layers of 100,000 stimuli from files, through feature space.

use std::path::Path;
use std::rc::Rc;

use layerpath::geometry::UnitVector;
use layerpath::linalg::product_transposed;
use layerpath::metric::AngularCka;
use layerpath::representation::Representation;
use layerpath::table::{FeatureTable, arcs};
use rayon::prelude::*;
use tempfile::TempDir;

use super::{normals, pairs};
use crate::files::{NpyRows, NpyWriter};
use crate::harness::{Contender, Failure, Precision, Settings, Workload, largest_difference};
use crate::memory::{self, MIB};
use crate::peers::Peer;

const LAYERS: usize = 8;
const UNITS: usize = 768;
const STIMULI: usize = 100_000;
/// For the memory that must not grow with m, and for the peer, whose time is multiplied accordingly.
const FEWER: usize = 25_000;
/// For the comparison with products in f64.
const CHECKED: usize = 8192;
/// Rows read and pushed at a time.
const BATCH: usize = 2048;
/// Directions in which stimuli differ.
const LATENT: usize = 48;

fn file(folder: &Path, k: usize) -> std::path::PathBuf {
    folder.join(format!("layer-{k}.npy"))
}

/// Rectified random features, with noise, of latent variables that turn from layer to layer.
fn write_layers(folder: &Path) -> Result<(), Failure> {
    let write = |k: usize| -> Result<(), Failure> {
        let turn = k as f64 / LAYERS as f64;
        let weights = normals(500 + k as u64, UNITS * LATENT);
        let mut file = NpyWriter::create::<f32>(&file(folder, k), &[STIMULI, UNITS])?;
        for (batch, start) in (0..STIMULI).step_by(BATCH).enumerate() {
            let rows = BATCH.min(STIMULI - start);
            let both = normals(10_000 + batch as u64, 2 * rows * LATENT);
            let (from, to) = both.split_at(rows * LATENT);
            let latent: Vec<f64> = from.iter().zip(to).map(|(x, y)| turn.cos() * x + turn.sin() * y).collect();
            let drive = product_transposed(&latent, &weights, rows, LATENT, UNITS);
            let noise = normals(20_000 + (batch * LAYERS + k) as u64, rows * UNITS);
            let respond = |(drive, noise): (&f64, &f64)| (drive / 7.0 + 0.3 * noise).max(0.0) as f32;
            file.append(&drive.iter().zip(&noise).map(respond).collect::<Vec<_>>())?;
        }
        Ok(file.finish()?)
    };
    (0..LAYERS).into_par_iter().map(write).collect()
}

/// Reads the first `stimuli` rows of every file once and hands them on, batch by batch.
fn for_each_batch(
    folder: &Path,
    stimuli: usize,
    mut take: impl FnMut(&[Representation<'_>]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut files = (0..LAYERS).map(|k| NpyRows::open(&file(folder, k))).collect::<Result<Vec<_>, _>>()?;
    let mut buffers = vec![vec![0.0_f32; BATCH * UNITS]; LAYERS];
    for start in (0..stimuli).step_by(BATCH) {
        let rows = BATCH.min(stimuli - start);
        let read = |(file, buffer): (&mut NpyRows, &mut Vec<f32>)| file.read(&mut buffer[..rows * UNITS]);
        files.par_iter_mut().zip(&mut buffers).map(read).collect::<Result<(), _>>()?;
        let layers = buffers.iter().map(|buffer| Representation::new(&buffer[..rows * UNITS], rows, UNITS));
        take(&layers.collect::<Result<Vec<_>, _>>()?)?;
    }
    Ok(())
}

fn distances(mut table: FeatureTable, folder: &Path, stimuli: usize) -> Result<Vec<f64>, Failure> {
    for_each_batch(folder, stimuli, |layers| Ok(table.push(layers)?))?;
    let points = table.points()?;
    let table = arcs(&points.iter().collect::<Vec<&UnitVector>>())?;
    Ok(pairs(LAYERS).map(|(i, j)| table.get(i, j)).collect())
}

fn in_single(folder: &Path, stimuli: usize) -> Result<Vec<f64>, Failure> {
    distances(FeatureTable::new(AngularCka::default(), &[UNITS; LAYERS])?, folder, stimuli)
}

pub(super) fn child(arguments: &[String]) -> Result<(), Failure> {
    let [folder, stimuli] = arguments else { return Err("folder and number of stimuli?".into()) };
    let stimuli = stimuli.parse()?;
    memory::report(|| in_single(Path::new(folder), stimuli).map(|_| ()))
}

fn notes(folder: &TempDir, seconds_of_reading: f64) -> Result<Vec<String>, Failure> {
    let path = folder.path().to_str().ok_or("a folder whose name is no text")?;
    let many = memory::in_child("W5", &[path, &STIMULI.to_string()])?;
    let few = memory::in_child("W5", &[path, &FEWER.to_string()])?;
    let stated = FeatureTable::memory(&[UNITS; LAYERS], BATCH) + BATCH * LAYERS * UNITS * 2 * size_of::<f32>();
    let single = in_single(folder.path(), CHECKED)?;
    let table = FeatureTable::in_double(AngularCka::default(), &[UNITS; LAYERS])?;
    let double = distances(table, folder.path(), CHECKED)?;
    let bytes = (LAYERS * UNITS * STIMULI * size_of::<f32>()) as f64;
    Ok(vec![
        format!(
            "peak memory of a fresh process, program included: {:.0} MiB for m = {STIMULI}, {:.0} MiB for m = {FEWER}; stated \
             for the sums and the batches: {:.0} MiB",
            many.peak / MIB,
            few.peak / MIB,
            stated as f64 / MIB
        ),
        format!(
            "f32 against f64 products, m = {CHECKED}: largest difference {:.1e} rad",
            crate::harness::largest_gap(&single, &double)
        ),
        format!(
            "reading alone, from the page cache: {seconds_of_reading:.2} s, {:.1} GB/s",
            bytes / seconds_of_reading / 1e9
        ),
    ])
}

pub(super) fn prepare() -> Result<Workload, Failure> {
    let folder = Rc::new(tempfile::tempdir()?);
    write_layers(folder.path())?;
    let given = Rc::clone(&folder);
    let fewer = Rc::clone(&folder);
    let (all, part, parts) = ("ours", "ours, a quarter of the stimuli", (STIMULI / FEWER) as f64);
    let arguments = [LAYERS, BATCH, FEWER].map(|number| number.to_string());
    let torch = Peer::start("stimuli.py", folder.path(), &arguments.each_ref().map(String::as_str));
    let contenders = vec![
        Contender::ours(all, move || in_single(given.path(), STIMULI)).against(all).counted_in(Precision::Single),
        Contender::ours(part, move || in_single(fewer.path(), FEWER))
            .against(part)
            .one_of(parts)
            .counted_in(Precision::Single),
        Contender::theirs("torch by hand, f32, two passes, a quarter", torch, part, parts)
            .counted_in(Precision::Single),
    ];
    let afterwards = Box::new(move |_: &[Option<Vec<f64>>]| {
        let begin = std::time::Instant::now();
        for_each_batch(folder.path(), STIMULI, |_| Ok(()))?;
        notes(&folder, begin.elapsed().as_secs_f64())
    });
    let width = (LAYERS * UNITS) as f64;
    let what = format!("K = {LAYERS} layers of n = {UNITS}, m = {STIMULI}, f32 files, batches of {BATCH} rows");
    Ok(Workload {
        operations: width * width * STIMULI as f64,
        // A run takes half a minute, and the files are in the page cache already.
        limit: Settings { runs: 2, peer_runs: 1 },
        warm_up: false,
        afterwards,
        ..Workload::new("W5", what, contenders, Box::new(largest_difference))
    })
}
