//! Writes measured numbers into `docs/performance.md`: what stands between `<!-- measured: NAME -->` and `<!-- end -->` is
//! replaced, the prose around it stays.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::harness::Failure;

/// Replaces the measured parts of `document` by what the records say, and its plot by that of the scaling record.
pub(crate) fn write(record: &Path, scaling: &Path, document: &Path) -> Result<(), Failure> {
    let read = |path: &Path| -> Result<Value, Failure> { Ok(serde_json::from_str(&crate::files::read_text(path)?)?) };
    let (record, scaling) = (read(record)?, read(scaling)?);
    let mut text = crate::files::read_text(document)?;
    for (name, part) in [
        ("workloads", workloads(&record)),
        ("exponents", exponents(&scaling)),
        ("sizes", sizes(&scaling)),
        ("parts", parts(&scaling)),
    ] {
        text = replaced(&text, name, &part)?;
    }
    crate::files::write_text(document, &text)?;
    let images = document.parent().unwrap_or(Path::new(".")).join("images");
    crate::scaling::draw(&scaling, &images.join("scaling.svg"))
}

fn replaced(text: &str, name: &str, part: &str) -> Result<String, Failure> {
    let begin = format!("<!-- measured: {name} -->\n");
    let missing = || format!("the document has no part `{}` that ends in `<!-- end -->`", begin.trim());
    let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once("<!-- end -->").ok_or_else(missing)?;
    Ok(format!("{before}{begin}{}\n<!-- end -->{after}", part.trim_end()))
}

fn origin(record: &Value) -> String {
    let field = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    format!(
        "{}, {} threads, {}, commit {}: `{}`. Peak of gemm: {:.0} GFLOP/s in f32, {:.0} in f64.\n\n",
        field(&record["machine"]["processor"]),
        record["machine"]["threads"],
        field(&record["date"]),
        field(&record["commit"]),
        field(&record["command"]),
        number(&record["peak_gflops"]["f32"]),
        number(&record["peak_gflops"]["f64"]),
    )
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn workloads(record: &Value) -> String {
    let mut text = origin(record);
    for workload in list(&record["workloads"]) {
        let table = workload["markdown"].as_str().unwrap_or_default();
        let _ = writeln!(text, "#{table}");
    }
    text
}

fn exponents(scaling: &Value) -> String {
    let mut text = origin(scaling);
    text.push_str(
        "| what | against | fixed | sizes | exponent | between the last two | in theory | GFLOP/s, least and most |\n\
         | --- | --- | --- | --- | --: | --: | --: | --: |\n",
    );
    for series in list(&scaling["series"]) {
        let points = list(&series["points"]);
        let size = |point: Option<&Value>| point.map_or(f64::NAN, |point| number(&point["size"]));
        let rates = || points.iter().map(|point| number(&point["gflops"]));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} … {} | {:.2} ± {:.2} | {:.2} | {} | {:.0} … {:.0} |",
            series["name"].as_str().unwrap_or_default(),
            series["variable"].as_str().unwrap_or_default(),
            series["fixed"].as_str().unwrap_or_default(),
            size(points.first()),
            size(points.last()),
            number(&series["exponent"]),
            number(&series["exponent_error"]),
            number(&series["last_exponent"]),
            series["theory"],
            rates().fold(f64::INFINITY, f64::min),
            rates().fold(0.0, f64::max),
        );
    }
    text
}

fn sizes(scaling: &Value) -> String {
    let peak = |precision: &Value| number(&scaling["peak_gflops"][precision.as_str().unwrap_or("f32")]);
    let mut text = String::from("| what | size | seconds | GFLOP/s | of peak |\n| --- | --: | --: | --: | --: |\n");
    for series in list(&scaling["series"]) {
        for point in list(&series["points"]) {
            let rate = number(&point["gflops"]);
            let _ = writeln!(
                text,
                "| {} | {} = {} | {:.4} | {rate:.1} | {:.0} % |",
                series["name"].as_str().unwrap_or_default(),
                series["variable"].as_str().unwrap_or_default(),
                number(&point["size"]),
                number(&point["seconds"]),
                100.0 * rate / peak(&series["precision"]),
            );
        }
    }
    text
}

fn parts(scaling: &Value) -> String {
    let parts = &scaling["parts"];
    let whole = number(&parts["embedding"]);
    let mut text = format!(
        "One embedding of m = {}, n = {} takes {:.1} ms; memory is copied at {:.1} GB/s.\n\n| part | ms | share |\n\
         | --- | --: | --: |\n",
        parts["m"],
        parts["n"],
        1e3 * whole,
        number(&parts["copy_gigabytes_per_second"])
    );
    let known = ["product", "checking_numbers", "ten_units"].map(|part| number(&parts[part]));
    let rest = whole - known.iter().sum::<f64>();
    let names = [
        "multiply–adds of ready panels",
        "checking that all numbers are finite, and the largest of them",
        "all that a layer of ten units takes too: adding up, U-centring, norm, packing",
        "the rest: means, centring, rounding, moving into panels",
    ];
    for (name, seconds) in names.iter().zip(known.into_iter().chain([rest])) {
        let _ = writeln!(text, "| {name} | {:.1} | {:.0} % |", 1e3 * seconds, 100.0 * seconds / whole);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_the_marked_part_changes() {
        let text = "a\n<!-- measured: x -->\nold\n<!-- end -->\nb\n<!-- measured: y -->\n<!-- end -->\n";
        let expected = "a\n<!-- measured: x -->\nnew\n<!-- end -->\nb\n<!-- measured: y -->\n<!-- end -->\n";
        assert_eq!(replaced(text, "x", "new\n").unwrap(), expected);
        assert!(replaced(text, "z", "new").is_err());
    }
}
