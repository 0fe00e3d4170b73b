//! Where and when a record was made.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Machine, date and version of a record.
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) threads: usize,
    pub(crate) date: String,
    pub(crate) commit: String,
    pub(crate) command: String,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let changed =
            output("git", &["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
        let commit = output("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        Self {
            processor: processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            date: date(seconds / 86_400),
            commit: if changed { format!("{commit} with changes") } else { commit },
            command: format!("cargo run --release -p layerpath-benches -- {}", arguments.join(" ")),
        }
    }
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first `Model name` that lscpu prints (Linux), or sysctl's brand (macOS).
fn processor() -> Option<String> {
    let linux = output("lscpu", &[]).and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("Model name"))?.to_owned();
        line.split_once(':').map(|(_, name)| name.trim().to_owned())
    });
    linux.or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"]))
}

/// Day number since 1970-01-01 to a date (Hinnant's algorithm for the proleptic Gregorian calendar).
fn date(days: u64) -> String {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(date(19_783), "2024-03-01");
        assert_eq!(date(20_819), "2027-01-01");
    }
}
