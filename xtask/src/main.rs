//! `cargo xtask ci` runs what CI runs; `cargo xtask python` builds and tests the Python package alone, and
//! `cargo xtask python torch` installs PyTorch and JAX for it too, without which the tests and examples that need them skip;
//! `cargo xtask kills` kills a study at random moments.
#![allow(clippy::print_stderr)]

mod kills;

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// One step: what it checks, and the command.
struct Step {
    what: &'static str,
    program: String,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl Step {
    fn new(what: &'static str, program: impl Into<String>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { what, program: program.into(), arguments, environment: Vec::new() }
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }
}

fn main() -> ExitCode {
    let task = env::args().nth(1).unwrap_or_default();
    let steps = match task.as_str() {
        "ci" => rust_steps().into_iter().chain(python_steps()).collect(),
        "python" => python_steps(),
        "kills" => return kill_and_resume(env::args().nth(2)),
        _ => {
            eprintln!("usage: cargo xtask ci | python [torch] | kills [N]");
            return ExitCode::from(1);
        }
    };
    for step in steps {
        eprintln!("== {}: {} {}", step.what, step.program, step.arguments.join(" "));
        let status = Command::new(&step.program)
            .args(&step.arguments)
            .envs(step.environment.iter().map(|(name, value)| (*name, value)))
            .current_dir(root())
            .status();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => {
                eprintln!("xtask: {} failed ({status})", step.what);
                return ExitCode::from(1);
            }
            Err(error) => {
                eprintln!("xtask: cannot start `{}`: {error}", step.program);
                return ExitCode::from(1);
            }
        }
    }
    eprintln!("xtask: all steps passed");
    ExitCode::SUCCESS
}

/// The campaign of [`kills`] with the released program, in a folder under target/.
fn kill_and_resume(count: Option<String>) -> ExitCode {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let count = count.map_or(Ok(20), |text| text.parse());
    let Ok(count) = count else {
        eprintln!("usage: cargo xtask kills [N], N the number of kills");
        return ExitCode::from(1);
    };
    match kills::campaign(&target.join("release/layerpath"), &target.join("kills"), count) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("xtask: {error}; build the program first: cargo build --release");
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
    // PyTorch takes gigabytes from some registries, so CI does without unless it is asked for.
    let mut tools = vec![
        "maturin>=1.16,<2",
        "numpy",
        "pytest",
        "mypy",
        "ml_dtypes",
        "pandas",
        "polars",
        "matplotlib",
        "scikit-learn",
        "scipy",
        "playwright",
    ];
    if env::args().any(|argument| argument == "torch") {
        tools.extend(["torch", "jax"]);
    }
    let types = ["-m", "mypy", "crates/layerpath-python/python/layerpath", "crates/layerpath-python/tests"];
    let stubs = ["-m", "mypy.stubtest", "layerpath._core", "--mypy-config-file", "pyproject.toml"];
    let mut steps = vec![
        Step::new("Python environment", interpreter, &["-m", "venv", &environment.to_string_lossy()]),
        pip("Python tools", &tools),
        pip("Python package", &["--no-build-isolation", "."]),
        Step::new("Python types", &*python, &types),
        Step::new("Python stubs", &*python, &stubs),
        // The tests compare with the program.
        Step::new("program", cargo(), &["build", "--release", "--package", "layerpath-cli"]),
        Step::new("Python tests", &*python, &["-m", "pytest", "-q"]),
    ];
    // Skips where there is no Chromium.
    steps.push(Step::new(
        "Report in a browser",
        &*python,
        &["-m", "pytest", "-q", "crates/layerpath-report/tests/browser"],
    ));
    for example in ["recording_path", "resnet_path", "transformer_path", "distance_as_loss"] {
        let step = Step::new("Python example", &*python, &[&format!("examples/{example}.py")]);
        steps.push(step.env("MPLBACKEND", "Agg"));
    }
    steps
}
