//! `cargo xtask ci` runs what CI runs; `cargo xtask python` builds and tests the Python package alone;
//! `cargo xtask faults` kills commands, fills disks and cuts files, and writes docs/faults.md.
//!
//! PyTorch and JAX take gigabytes, and the tests and examples that need them skip where they are missing. They are installed
//! under CI where the disk has room, and by `cargo xtask python torch`; `LAYERPATH_TORCH=1` asks for them anywhere, and
//! `LAYERPATH_TORCH=0` does without.
#![allow(clippy::print_stderr)]

mod faults;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, io};

/// How long a step may take that may fail.
const PATIENCE: Duration = Duration::from_mins(20);

/// One step: what it checks, and the command.
struct Step {
    what: &'static str,
    program: String,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// What to say where the step may fail and does.
    otherwise: Option<&'static str>,
}

impl Step {
    fn new(what: &'static str, program: impl Into<String>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { what, program: program.into(), arguments, environment: Vec::new(), otherwise: None }
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Goes on after a failure, or when [`PATIENCE`] is over, and says what is left out.
    fn otherwise(mut self, message: &'static str) -> Self {
        self.otherwise = Some(message);
        self
    }

    /// Runs the command to its end; what went wrong, in words.
    fn run(&self) -> Result<(), String> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .current_dir(root())
            .spawn()
            .map_err(|error| format!("cannot start `{}`: {error}", self.program))?;
        let failed = |error: io::Error| format!("{}: {error}", self.what);
        let started = Instant::now();
        while self.otherwise.is_some() && child.try_wait().map_err(failed)?.is_none() {
            if started.elapsed() > PATIENCE {
                child.kill().and_then(|()| child.wait()).map_err(failed)?;
                return Err(format!("{} took more than {} minutes", self.what, PATIENCE.as_secs() / 60));
            }
            sleep(Duration::from_millis(200));
        }
        let status = child.wait().map_err(failed)?;
        if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", self.what)) }
    }
}

fn main() -> ExitCode {
    let task = env::args().nth(1).unwrap_or_default();
    let steps = match task.as_str() {
        "ci" => rust_steps().into_iter().chain(python_steps()).collect(),
        "python" => python_steps(),
        "faults" => return do_harm(),
        _ => {
            eprintln!("usage: cargo xtask ci | python [torch] | faults [--seed N] [SECTION…]");
            return ExitCode::from(1);
        }
    };
    for step in steps {
        eprintln!("== {}: {} {}", step.what, step.program, step.arguments.join(" "));
        match (step.run(), step.otherwise) {
            (Ok(()), _) => {}
            (Err(problem), Some(message)) => eprintln!("xtask: SKIPPED {message}: {problem}"),
            (Err(problem), None) => {
                eprintln!("xtask: {problem}");
                return ExitCode::from(1);
            }
        }
    }
    eprintln!("xtask: all steps passed");
    ExitCode::SUCCESS
}

/// The campaign of [`faults`] with the released program.
fn do_harm() -> ExitCode {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let arguments: Vec<String> = env::args().skip(2).collect();
    match faults::run(&root(), &target, &arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(1)
        }
    }
}

fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| manifest.clone(), PathBuf::from)
}

fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn rust_steps() -> Vec<Step> {
    vec![
        Step::new("format", cargo(), &["fmt", "--all", "--check"]),
        Step::new("lints", cargo(), &["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        Step::new("fuzz targets", cargo(), &["clippy", "--manifest-path", "fuzz/Cargo.toml", "--", "-D", "warnings"]),
        Step::new("program", cargo(), &["build", "--release"]),
        Step::new("tests", cargo(), &["test", "--release"]),
        Step::new("documentation", cargo(), &["doc", "--release", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    ]
}

/// Builds, installs and tests the package in a virtual environment of the project's own, so that nothing on the machine is
/// touched. No steps, and a line that says so, where there is no Python; under CI its absence is a failure.
fn python_steps() -> Vec<Step> {
    let interpreter = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let usable = Command::new(&interpreter)
        .args(["-c", "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !usable && env::var_os("CI").is_none() {
        eprintln!("xtask: SKIPPED the Python package: `{interpreter}` is no Python >= 3.10 with venv; set PYTHON");
        return Vec::new();
    }
    let environment = root().join("target/python-environment");
    let programs = environment.join("bin");
    let python = programs.join("python").to_string_lossy().into_owned();
    // pip calls maturin by its name.
    let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap_or_default());
    let pip = |what, arguments: &[&str]| {
        Step::new(what, &*python, &[&["-m", "pip", "install", "--quiet"], arguments].concat()).env("PATH", &*path)
    };
    let tools = [
        "maturin>=1.16,<2",
        "ruff>=0.17,<0.18",
        "numpy",
        "pytest",
        "mypy",
        "ml_dtypes",
        "pandas",
        "polars",
        "matplotlib",
        "scikit-learn",
        "scipy",
        "dask[array]",
        "distributed",
        "zarr",
        "playwright",
    ];
    let types = ["-m", "mypy", "crates/layerpath-python/python/layerpath", "crates/layerpath-python/tests"];
    let stubs = ["-m", "mypy.stubtest", "layerpath._core", "--mypy-config-file", "pyproject.toml"];
    let with_torch = torch_is_wanted(&interpreter);
    let mut steps = vec![
        Step::new("Python environment", interpreter, &["-m", "venv", &environment.to_string_lossy()]),
        pip("Python tools", &tools),
    ];
    if with_torch {
        steps.push(
            pip("PyTorch and JAX", &["torch", "jax"])
                .otherwise("the tests and examples that need PyTorch or JAX, which pip could not install"),
        );
    }
    steps.extend([
        pip("Python package", &["--no-build-isolation", "."]),
        Step::new("Python lints", &*python, &["-m", "ruff", "check", "."]),
        Step::new("Python types", &*python, &types),
        Step::new("Python stubs", &*python, &stubs),
        // The tests compare with the program.
        Step::new("program", cargo(), &["build", "--release", "--package", "layerpath-cli"]),
        // With the reason of every skipped test.
        Step::new("Python tests", &*python, &["-m", "pytest", "-q", "-rs"]),
        // Skips where there is no Chromium.
        Step::new(
            "Report in a browser",
            &*python,
            &["-m", "pytest", "-q", "-rs", "crates/layerpath-report/tests/browser"],
        ),
    ]);
    for example in ["recording_path", "resnet_path", "transformer_path", "distance_as_loss"] {
        let step = Step::new("Python example", &*python, &[&format!("examples/{example}.py")]);
        steps.push(step.env("MPLBACKEND", "Agg"));
    }
    steps
}

/// Whether PyTorch and JAX are to be installed: where they are asked for, and under CI unless there is no room.
fn torch_is_wanted(interpreter: &str) -> bool {
    /// What PyTorch with its CUDA libraries takes while it is installed, in GB.
    const ROOM: &str = "10";
    match env::var("LAYERPATH_TORCH").as_deref() {
        Ok("0") => return false,
        Ok(_) => return true,
        Err(_) if env::args().any(|argument| argument == "torch") => return true,
        Err(_) if env::var_os("CI").is_none() => return false,
        Err(_) => {}
    }
    let free = "import shutil, sys; sys.exit(shutil.disk_usage('.').free < 1e9 * int(sys.argv[1]))";
    let room = Command::new(interpreter).args(["-c", free, ROOM]).current_dir(root()).status();
    let room = room.is_ok_and(|status| status.success());
    if !room {
        eprintln!(
            "xtask: SKIPPED PyTorch and JAX, and the tests and examples that need them: under {ROOM} GB are free"
        );
    }
    room
}
