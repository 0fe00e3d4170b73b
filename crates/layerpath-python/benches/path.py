"""What `lp.Path` costs beside the same in Rust, in time and in memory, on the path of one network (workload W1).

    cargo build --release -p layerpath --example path_of_arrays
    python crates/layerpath-python/benches/path.py [--runs N] [--small]

23 points of 1000 stimuli, widths 3072, 7×16384, 7×8192, 7×4096, 10, float32, with one-hot labels as the target: from
arrays in memory to distances, interior and heading angles. Python and a Rust process run in turns on the same arrays,
every answer is compared, and the peak of resident memory beyond the arrays is measured in both. Needs Linux for the
memory.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import layerpath as lp

ROOT = Path(__file__).parents[3]
STIMULI, CLASSES = 1000, 10
WIDTHS = [3072, *[16384] * 7, *[8192] * 7, *[4096] * 7, CLASSES]
MIB = 2**20


def arrays(widths):
    """A path from what stimuli look like to what they are called: rectified random features of a mixture of both."""
    random = np.random.default_rng(1)
    latent, features = random.normal(size=(STIMULI, 64)), np.float32
    labels = np.arange(STIMULI) % CLASSES
    classes = random.normal(size=(CLASSES, 64))[labels]
    made = []
    for place, width in enumerate(widths):
        t = place / (len(widths) - 1)
        source = ((1 - t) * latent + t * classes).astype(features)
        x = random.standard_normal((STIMULI, width), dtype=features)
        x *= 0.3
        x += source @ random.standard_normal((64, width), dtype=features) / 8
        if 0 < place < len(widths) - 1:
            np.maximum(x, 0, out=x)
        made.append(x)
    return made, np.eye(CLASSES, dtype=features)[labels]


def resident(process, key):
    """A line of /proc/…/status in bytes."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {key} in /proc/{process}/status")


def measured(process, run):
    """What `run` gives, and the most resident memory of the process meanwhile beyond what it had before."""
    Path(f"/proc/{process}/clear_refs").write_text("5")  # forgets the peak so far
    before = resident(process, "VmRSS:")
    answer = run()
    return answer, resident(process, "VmHWM:") - before


class Rust:
    """The example program, with the same arrays."""

    def __init__(self, layers):
        program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "examples" / "path_of_arrays"
        if not program.exists():
            sys.exit(f"{program} is missing: cargo build --release -p layerpath --example path_of_arrays")
        shape = [str(STIMULI), *(str(x.shape[1]) for x in layers)]
        self.process = subprocess.Popen([program, *shape], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for x in layers:
            self.process.stdin.write(x)

    def run(self):
        self.process.stdin.write(b"run\n")
        self.process.stdin.flush()
        seconds, *answer = map(float, self.process.stdout.readline().split())
        return seconds, np.array(answer)


def python(layers, target):
    begin = time.perf_counter()
    path = lp.Path(layers, target=target)
    distances, interior, heading = path.distances, path.interior_angles, path.heading_angles
    seconds = time.perf_counter() - begin
    return seconds, np.concatenate([distances[np.tril_indices(len(distances), -1)], interior, heading])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="narrow layers, to try the script itself")
    options = parser.parse_args()
    layers, target = arrays([min(width, 512) for width in WIDTHS] if options.small else WIDTHS)
    rust, own = Rust([*layers, target]), os.getpid()
    size = sum(x.nbytes for x in layers)
    what = f"{len(layers)} layers of {STIMULI} stimuli, {size / MIB:.0f} MiB of float32, and labels"
    print(f"layerpath {lp.__version__}, {what}")
    (_, expected), rust_memory = measured(rust.process.pid, rust.run)
    (_, answer), python_memory = measured(own, lambda: python(layers, target))
    seconds = {"rust": [], "python": []}
    for turn in range(options.runs):
        contenders = [("rust", rust.run), ("python", lambda: python(layers, target))]
        for name, run in contenders if turn % 2 == 0 else contenders[::-1]:
            time_taken, found = run()
            seconds[name].append(time_taken)
            # `lp.Path` measures all points of a file at once, which rounds the last bit otherwise.
            assert np.abs(found - expected).max() < 1e-14, f"{name} gives another answer in turn {turn}"
    assert np.abs(answer - expected).max() < 1e-14
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, memory in (("rust", rust_memory), ("python", python_memory)):
        times = " ".join(f"{one:.3f}" for one in seconds[name])
        print(f"{name:6s} {medians[name]:.3f} s (median of {times}), {memory / MIB:.0f} MiB beyond the arrays")
    print(
        f"python / rust: {medians['python'] / medians['rust']:.3f} in time, "
        f"{(python_memory - rust_memory) / MIB:+.0f} MiB in memory; {len(expected)} equal distances and angles"
    )


if __name__ == "__main__":
    main()
