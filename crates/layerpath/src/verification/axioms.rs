//! The axioms of a metric, and the laws of its geometry, on given points.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Check, Settings, Subject, Verdict};
use crate::Error;
use crate::laws::{Court, Measurement, along_a_geodesic, projection, tangent_maps, tangent_products};
use crate::metric::{Metric, Point, in_space};
use crate::table::SymmetricTable;

/// Deviations of this share of the largest distance are rounding.
const TOLERANCE: f64 = 1e-9;
/// Directions between points closer than this share of the largest distance are not judged.
const CLOSE: f64 = 1e-3;

/// What [`axioms`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Axioms {
    /// One check a law.
    pub checks: Vec<Check>,
    /// The largest distance between two of the points, in the metric's unit.
    pub scale: f64,
    /// Whether the triangle inequality was tried on all triples.
    pub all_triples: bool,
}

/// Tries the axioms on the distances of all points, and the laws of geodesics, projections, log and exp maps and transport
/// on [`Settings::pairs`] random pairs and triples.
///
/// Deviations count up to 10⁻⁹ of the largest distance, for matrices up to 1000·ε·κ of it if that is more, κ the largest
/// condition number.
///
/// # Errors
///
/// [`Error::TooFewPoints`] for fewer than two points, points of different spaces.
pub fn axioms(metric: &Metric, points: &[(&str, &Point)], settings: Settings) -> Result<Axioms, Error> {
    if points.len() < 2 {
        return Err(Error::TooFewPoints(points.len()));
    }
    let all: Vec<&Point> = points.iter().map(|(_, point)| *point).collect();
    let table = metric.distances(&all)?;
    let scale = largest(&table);
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut court = Court::new(f64::INFINITY);
    distances(&mut court, metric, points, &table)?;
    let all_triples = triangles(&mut court, points, &table, settings.triples, &mut random);
    let n_axioms = court.measurements.len();
    if metric.properties().has_geodesics {
        geometry(&mut court, points, &table, scale, settings.pairs, &mut random)?;
    }
    let tolerance = TOLERANCE.max(1e3 * f64::EPSILON * condition(points));
    let checks = court.measurements.into_iter().enumerate();
    // That an operation exists is a check only where it failed.
    let checks = checks.filter(|(_, measured)| !measured.law.ends_with("exists") || measured.worst.is_nan());
    let checks = checks.map(|(place, measured)| {
        let subject = if place < n_axioms { Subject::Axiom } else { Subject::Geometry };
        check(measured, subject, metric, tolerance, scale)
    });
    Ok(Axioms { checks: checks.collect(), scale, all_triples })
}

fn largest(table: &SymmetricTable) -> f64 {
    (0..table.size()).flat_map(|i| (0..i).map(move |j| table.get(i, j))).fold(0.0, f64::max)
}

fn condition(points: &[(&str, &Point)]) -> f64 {
    let own = |point: &Point| match point {
        Point::PositiveDefinite(_, matrix) => matrix.condition(),
        _ => 1.0,
    };
    points.iter().map(|(_, point)| own(point)).fold(1.0, f64::max)
}

/// Identity, symmetry, non-negativity; and that single distances are those of the table.
fn distances(
    court: &mut Court,
    metric: &Metric,
    points: &[(&str, &Point)],
    table: &SymmetricTable,
) -> Result<(), Error> {
    for (i, (name, p)) in points.iter().enumerate() {
        court.judge("identity d(p, p) = 0", metric.distance(p, p)?.abs(), || (*name).to_owned());
        // Neighbours in the list: two distances a point, not two a pair.
        let Some((next, q)) = points.get(i + 1) else { continue };
        let place = || format!("{name}, {next}");
        let (forth, back) = (metric.distance(p, q)?, metric.distance(q, p)?);
        court.judge("symmetry d(p, q) = d(q, p)", (forth - back).abs(), place);
        court.judge("table of all pairs = single distances", (table.get(i, i + 1) - forth).abs(), place);
    }
    for i in 0..points.len() {
        for j in 0..i {
            let place = || format!("{}, {}", points[i].0, points[j].0);
            court.judge("non-negativity d(p, q) ≥ 0", -table.get(i, j), place);
        }
    }
    Ok(())
}

/// d(p, r) ≤ d(p, q) + d(q, r) for all triples, or for a sample; true if for all.
fn triangles(
    court: &mut Court,
    points: &[(&str, &Point)],
    table: &SymmetricTable,
    limit: usize,
    random: &mut ChaCha8Rng,
) -> bool {
    let n = points.len();
    let mut triple = |[i, j, k]: [usize; 3]| {
        let sides = [table.get(i, j), table.get(j, k), table.get(i, k)];
        let (longest, at) = [(sides[0], k), (sides[1], i), (sides[2], j)]
            .into_iter()
            .fold((f64::NEG_INFINITY, i), |best, own| if own.0 > best.0 { own } else { best });
        let excess = 2.0 * longest - sides.iter().sum::<f64>();
        court.judge("triangle inequality d(p, r) ≤ d(p, q) + d(q, r)", excess, || {
            let ends: Vec<&str> = [i, j, k].into_iter().filter(|&own| own != at).map(|own| points[own].0).collect();
            format!("{} by way of {}", ends.join(", "), points[at].0)
        });
    };
    // With K³ within f64, no overflow of K(K−1)(K−2)/6.
    let all = n as f64 * (n as f64 - 1.0) * (n as f64 - 2.0) / 6.0 <= limit as f64;
    if all {
        for i in 0..n {
            for j in 0..i {
                for k in 0..j {
                    triple([i, j, k]);
                }
            }
        }
    } else {
        for _ in 0..limit {
            triple(distinct(n, random));
        }
    }
    all
}

/// Three different places below n ≥ 3.
fn distinct(n: usize, random: &mut ChaCha8Rng) -> [usize; 3] {
    loop {
        let [i, j, k] = [0; 3].map(|_| random.random_range(0..n));
        if i != j && j != k && i != k {
            return [i, j, k];
        }
    }
}

fn geometry(
    court: &mut Court,
    points: &[(&str, &Point)],
    table: &SymmetricTable,
    scale: f64,
    pairs: usize,
    random: &mut ChaCha8Rng,
) -> Result<(), Error> {
    let n = points.len();
    let far = |i: usize, j: usize| table.get(i, j) > CLOSE * scale;
    let mut ordered: Vec<(usize, usize)> =
        (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|&(i, j)| i != j && far(i, j)).collect();
    ordered.shuffle(random);
    ordered.truncate(pairs);
    let all: Vec<&Point> = points.iter().map(|(_, point)| *point).collect();
    in_space!(&all, |space, own, wrap| {
        for &(i, j) in &ordered {
            let place = format!("{} → {}", points[i].0, points[j].0);
            if !along_a_geodesic(court, &space, [own[i], own[j]], &place) {
                continue;
            }
            let maps = tangent_maps(court, &space, [own[i], own[j]], &place);
            // A third point that is neither of them.
            let third: Vec<usize> = (0..n).filter(|&k| k != i && k != j && far(i, k) && far(j, k)).collect();
            let Some(&k) = third.get(random.random_range(0..third.len().max(1))) else { continue };
            let place = format!("{place}, {}", points[k].0);
            projection(court, &space, [own[i], own[j], own[k]], &place);
            if let Some(maps) = &maps {
                tangent_products(court, &space, [own[i], own[j], own[k]], maps, &place);
            }
        }
    });
    Ok(())
}

/// The unit of a law's deviation, as a power of the distance's.
fn power(law: &str) -> i32 {
    match law {
        "transport of the direction" | "straight on" | "angle of log maps" => 0,
        "transport keeps inner products" => 2,
        _ => 1,
    }
}

fn check(measured: Measurement, subject: Subject, metric: &Metric, tolerance: f64, scale: f64) -> Check {
    let power = power(measured.law);
    let allowed = tolerance * scale.powi(power);
    let verdict = match measured.worst {
        _ if measured.cases == 0 => Verdict::Undefined,
        worst if worst <= allowed => Verdict::Pass,
        _ => Verdict::Fail,
    };
    Check {
        subject,
        law: law(measured.law),
        verdict,
        worst: (measured.cases > 0 && !measured.worst.is_nan()).then_some(measured.worst.max(0.0)),
        tolerance: allowed,
        unit: match power {
            0 => "1".to_owned(),
            1 => metric.unit().to_owned(),
            _ => format!("{}²", metric.unit()),
        },
        place: if measured.worst > 0.0 || measured.worst.is_nan() { measured.place } else { String::new() },
        cases: measured.cases,
        undefined: measured.undefined,
    }
}

/// The law with its formula.
fn law(name: &'static str) -> &'static str {
    match name {
        "distance along a geodesic" => "geodesic d(p, g(t)) = t·d(p, q)",
        "distance of a projection" => "projection has the distance it says",
        "a projection is nearest" => "projection is nearest on its geodesic",
        "norm of log" => "log map ‖log q‖ = d(p, q)",
        "exp of log" => "exp(log q) = q",
        "transport of the direction" => "transport carries the direction along",
        "transport keeps inner products" => "transport keeps ⟨v, w⟩",
        "straight on" => "angle at a midpoint = π",
        "angle of log maps" => "angle = that of the log maps",
        other => other,
    }
}
