//! W6: spherical MDS, of distances that fit on S² exactly, nearly, and not at all.

use layerpath::embed::{SearchOptions, silent, spherical_mds};
use layerpath::geometry::UnitVector;
use layerpath::linalg::angle_between_unit_vectors;
use layerpath::table::{SymmetricTable, arcs};

use super::normals;
use crate::harness::{Contender, Failure, Settings, Workload};
use crate::peers::Peer;

/// One setting.
struct Setting {
    name: &'static str,
    what: &'static str,
    points: usize,
    /// The sphere that the distances come from, S^sphere.
    sphere: usize,
    ours: SearchOptions,
    /// Sweeps of repsim, and how many of its sweeps the whole work is (for extrapolation).
    sweeps: usize,
    whole: usize,
    /// repsim's stopping rule.
    eps: f64,
}

pub(super) fn prepare(name: &str) -> Result<Workload, Failure> {
    let once = SearchOptions { restarts: 0, ..SearchOptions::default() };
    let settings = [
        Setting {
            name: "W6-50",
            what: "50 points of S⁵ onto S², 10 sweeps, one start each",
            points: 50,
            sphere: 5,
            ours: SearchOptions { iterations: 10, tolerance: 0.0, ..once },
            sweeps: 10,
            whole: 10,
            eps: f64::NEG_INFINITY,
        },
        Setting {
            name: "W6-exact",
            what: "200 points on S², exact distances, to convergence",
            points: 200,
            sphere: 2,
            ours: SearchOptions::default(),
            sweeps: 10,
            whole: 10,
            eps: 1e-3,
        },
        Setting {
            name: "W6-500",
            what: "500 points of S⁵ onto S², ours to convergence, one start; repsim's one sweep times 10",
            points: 500,
            sphere: 5,
            ours: once,
            sweeps: 1,
            whole: 10,
            eps: f64::NEG_INFINITY,
        },
        Setting {
            name: "W6-500-starts",
            what: "500 points of S⁵ onto S², ours to convergence, classical and 4 random starts",
            points: 500,
            sphere: 5,
            ours: SearchOptions::default(),
            sweeps: 0,
            whole: 0,
            eps: 0.0,
        },
    ];
    let chosen = settings.into_iter().find(|setting| setting.name == name);
    workload(chosen.ok_or_else(|| format!("no workload {name}"))?)
}

fn workload(setting: Setting) -> Result<Workload, Failure> {
    let Setting { name, what, points, sphere, ours, sweeps, whole, eps } = setting;
    let coordinates = normals(300 + points as u64, points * (sphere + 1));
    let vectors: Result<Vec<UnitVector>, _> =
        coordinates.chunks(sphere + 1).map(|row| UnitVector::normalize(row.to_vec())).collect();
    let table = arcs(&vectors?.iter().collect::<Vec<_>>())?;
    let folder = tempfile::tempdir()?;
    crate::files::write_npy(&folder.path().join("distances.npy"), &[points, points], &table.to_rows().concat())?;
    let given = table.clone();
    let mut contenders = vec![Contender::ours("ours", move || {
        let scaling = spherical_mds(&given, 2, &ours, &mut silent)?;
        Ok(scaling.coordinates.concat())
    })];
    if sweeps > 0 {
        let peer = Peer::start("spherical_mds.py", folder.path(), &[&sweeps.to_string(), &eps.to_string()]);
        contenders.push(Contender::theirs("repsim", peer, "ours", whole as f64 / sweeps as f64));
    }
    let judge = Box::new(move |_: &[f64], answer: &[f64]| format!("stress-1 {:.3e}", stress(&table, answer)));
    // repsim takes minutes for hundreds of points.
    let limit = Settings { runs: usize::MAX, peer_runs: if points > 100 { 1 } else { usize::MAX } };
    Ok(Workload { limit, ..Workload::new(name, what, contenders, judge) })
}

/// √(Σ(θ − d)²/Σd²) of unit vectors in R³, computed the same way for everyone.
fn stress(table: &SymmetricTable, answer: &[f64]) -> f64 {
    let rows: Vec<&[f64]> = answer.chunks(3).collect();
    let (mut misfit, mut total) = (0.0, 0.0);
    for (i, j) in super::pairs(table.size().min(rows.len())) {
        let given = table.get(i, j);
        misfit += (angle_between_unit_vectors(rows[i], rows[j]) - given).powi(2);
        total += given * given;
    }
    (misfit / total).sqrt()
}
