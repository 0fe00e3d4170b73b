//! Python contenders: a process that stays alive, runs on request and measures itself.
//!
//! Protocol, one JSON object a line on standard output: `{"ready": true}` after imports, reading of the input and a warm-up,
//! or `{"absent": "why"}`; then for every line on standard input `{"seconds": …, "answer": [numbers]}`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running peer.
pub(crate) struct Peer {
    process: Child,
    ask: ChildStdin,
    tell: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts `peers/<script>` on the input in `folder`, with further arguments; or says why it is absent.
    pub(crate) fn start(script: &str, folder: &Path, arguments: &[&str]) -> Result<Self, String> {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers").join(script);
        let interpreter = std::env::var("LAYERPATH_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut process = Command::new(&interpreter)
            .arg(script)
            .arg(folder)
            .args(arguments)
            // Threads that wait for work must not take the processor from the others.
            .envs([("OMP_WAIT_POLICY", "PASSIVE"), ("KMP_BLOCKTIME", "0"), ("PYTHONDONTWRITEBYTECODE", "1")])
            // A setting of the machine's owner could make NumPy slower than it is.
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("`{interpreter}` does not start: {error}"))?;
        let (Some(ask), Some(tell)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("no pipes to the interpreter".to_owned());
        };
        let mut peer = Self { process, ask, tell: BufReader::new(tell) };
        let first = peer.line()?;
        match first["absent"].as_str() {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(peer),
        }
    }

    /// Seconds and answer of one run.
    pub(crate) fn run(&mut self) -> Result<(f64, Vec<f64>), String> {
        writeln!(self.ask, "run").and_then(|()| self.ask.flush()).map_err(|error| error.to_string())?;
        let reply = self.line()?;
        let numbers = reply["answer"].as_array().map(|values| values.iter().filter_map(Value::as_f64).collect());
        match (reply["seconds"].as_f64(), numbers) {
            (Some(seconds), Some(answer)) => Ok((seconds, answer)),
            _ => Err(reply["absent"].as_str().unwrap_or("an answer without time or numbers").to_owned()),
        }
    }

    fn line(&mut self) -> Result<Value, String> {
        let mut text = String::new();
        self.tell.read_line(&mut text).map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|_| "the script ended without an answer".to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Whatever it is doing, nobody waits for it any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
