//! What does a path cost? Arrays come in by standard input, and every line that follows asks for one run: from the arrays to
//! distances, interior and heading angles. `crates/layerpath-python/benches/path.py` asks, and compares with Python.
//!
//! ```text
//! path_of_arrays STIMULI WIDTH…    # then the arrays, little-endian f32, row-major, the last one being the target
//! ```
//!
//! A run answers with a line: its seconds, then the distances (lower triangle, row after row), then the angles.
#![allow(clippy::print_stdout, reason = "a program that answers on standard output")]

use std::error::Error;
use std::io::{BufRead, Read, Write, stdin, stdout};
use std::time::Instant;

use layerpath::metric::{Metric, Point};
use layerpath::path::Path;
use layerpath::representation::Representation;

fn main() -> Result<(), Box<dyn Error>> {
    let numbers = std::env::args().skip(1).map(|argument| argument.parse()).collect::<Result<Vec<usize>, _>>()?;
    let (&stimuli, widths) = numbers.split_first().ok_or("usage: path_of_arrays STIMULI WIDTH…")?;
    let mut input = stdin().lock();
    let mut arrays = Vec::with_capacity(widths.len());
    for &width in widths {
        let mut array = Vec::with_capacity(stimuli * width);
        let mut row = vec![0; 4 * width];
        for _ in 0..stimuli {
            input.read_exact(&mut row)?;
            array.extend(row.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)));
        }
        arrays.push((array, width));
    }
    let metric = Metric::default();
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let begin = Instant::now();
        let answer = run(&metric, stimuli, &arrays)?;
        let seconds = begin.elapsed().as_secs_f64();
        let words: Vec<String> = std::iter::once(seconds).chain(answer).map(|value| format!("{value:?}")).collect();
        println!("{}", words.join(" "));
        stdout().flush()?;
        line.clear();
    }
    Ok(())
}

fn run(metric: &Metric, stimuli: usize, arrays: &[(Vec<f32>, usize)]) -> Result<Vec<f64>, Box<dyn Error>> {
    let embed = |(array, width): &(Vec<f32>, usize)| metric.embed(&Representation::new(&array[..], stimuli, *width)?);
    let points = arrays.iter().map(embed).collect::<Result<Vec<Point>, _>>()?;
    let (target, layers) = points.split_last().ok_or("no arrays")?;
    let path = Path::new(metric, layers, Some(target))?;
    let pairs = (0..points.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let distances = pairs.map(|(i, j)| path.distances().get(i, j));
    let headings = path.heading_angles().ok_or("no target")?;
    let angles = path.interior_angles().iter().chain(headings).cloned().collect::<Result<Vec<f64>, _>>()?;
    Ok(distances.chain(angles).collect())
}
