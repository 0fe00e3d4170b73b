"""A table of more points than memory holds, from a points store that another program wrote.

    python benches/out_of_core.py target/release/layerpath FOLDER [--points 10000] [--stimuli 1000] [--memory 2GiB]

FOLDER gets the store (20 GB for the default size) and the table; both are removed at the end. The store is written
with NumPy alone, as docs/file-formats.md describes it. `layerpath distances` is killed once in the middle and goes
on; its peak memory and time are measured, and some pairs are compared with products in float64. Prints a record in
Markdown.
"""

import argparse
import functools
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

LAYERS = 20
SAMPLE = 400


@functools.lru_cache(maxsize=1)
def own_direction(network, dimension):
    return np.float32(0.6) * np.random.default_rng([1, network]).standard_normal(dimension, dtype=np.float32)


def point(k, first, second, dimension):
    """A point as one of 20 layers of a network would make it: turning, with a direction of its own and noise."""
    network, layer = divmod(k, LAYERS)
    turn = layer / LAYERS
    row = np.random.default_rng([2, k]).standard_normal(dimension, dtype=np.float32)
    row *= np.float32(0.5)
    row += own_direction(network, dimension)
    row += np.float32(np.cos(turn)) * first
    row += np.float32(np.sin(turn)) * second
    row /= np.linalg.norm(row)
    return row.astype("<f4", copy=False)


def write_store(store, points, stimuli):
    dimension = stimuli * (stimuli - 1) // 2
    random = np.random.default_rng(0)
    first, second = (random.standard_normal(dimension, dtype=np.float32) for _ in range(2))
    chunks = store / "points" / "c"
    chunks.mkdir(parents=True)
    rows = []
    for k in range(points):
        network, layer = divmod(k, LAYERS)
        (chunks / str(k)).mkdir()
        point(k, first, second, dimension).tofile(chunks / str(k) / "0")
        rows.append(
            {
                "role": "layer",
                "name": f"net{network}@0/layer{layer}",
                "layer": f"layer{layer}",
                "index": layer,
                "network": f"net{network}",
                "epoch": 0,
            }
        )
        if k % 500 == 499:
            print(f"wrote {k + 1} of {points} points", file=sys.stderr, flush=True)
    array = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [points, dimension],
        "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, dimension]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": "NaN",
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    }
    about = {
        "format": "layerpath.points/1",
        "metric": "angular-cka[estimator=unbiased,kernel=linear]",
        "unit": "rad",
        "stimuli": {"count": stimuli, "identity": "row-number"},
        "rows": rows,
    }
    group = {"zarr_format": 3, "node_type": "group", "attributes": {"layerpath": about}}
    (store / "points" / "zarr.json").write_text(json.dumps(array))
    (store / "zarr.json").write_text(json.dumps(group))


def blocks_done(table):
    journal = table.with_name(table.name + ".journal")
    return len(journal.read_text().splitlines()) - 1 if journal.is_file() else 0


def run(command, table, kill_after):
    """Seconds of the program; it is killed once `kill_after` blocks are there, if that is a number."""
    begun = time.perf_counter()
    child = subprocess.Popen(command)
    while child.poll() is None:
        time.sleep(0.2)
        if kill_after is not None and blocks_done(table) >= kill_after:
            child.kill()
            child.wait()
            return time.perf_counter() - begun
    if child.returncode != 0:
        raise SystemExit(f"the program ended with code {child.returncode}")
    return time.perf_counter() - begun


def largest_difference(store, table, points, dimension):
    random = np.random.default_rng(3)
    found = np.load(table, mmap_mode="r")
    assert found.shape == (points, points), found.shape
    worst = 0.0
    for _ in range(SAMPLE):
        i, j = random.integers(points, size=2)
        a, b = (np.fromfile(store / "points" / "c" / str(k) / "0", "<f4").astype(float) for k in (i, j))
        a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
        exact = 2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))
        assert found[i, j] == found[j, i]
        worst = max(worst, abs(found[i, j] - exact))
    return worst


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--stimuli", type=int, default=1000)
    parser.add_argument("--memory", default="2GiB")
    given = parser.parse_args()
    dimension = given.stimuli * (given.stimuli - 1) // 2
    given.folder.mkdir(parents=True, exist_ok=True)
    store, table = given.folder / "points.zarr", given.folder / "distances.npy"
    shutil.rmtree(store, ignore_errors=True)
    begun = time.perf_counter()
    write_store(store, given.points, given.stimuli)
    written = time.perf_counter() - begun

    command = [given.program, "distances", store, "--memory", given.memory, "--out", table]
    command = [str(part) for part in command]
    first = run(command, table, kill_after=2)
    kept = blocks_done(table)
    second = run(command, table, kill_after=None)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    worst = largest_difference(store, table, given.points, dimension)
    operations = given.points**2 * dimension
    shutil.rmtree(store)
    table.unlink()

    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    shown = " ".join(["layerpath", "distances", "points.zarr", "--memory", given.memory, "--out", "distances.npy"])
    seconds = first + second
    lines = [
        f"Machine: {processor()}, {os.cpu_count()} threads, {memory:.1f} GiB",
        f"Date: {time.strftime('%Y-%m-%d')}",
        f"Command: `{shown}`, begun, killed, and begun again",
        f"Store: {given.points * dimension * 4 / 1e9:.1f} GB in float32, written with NumPy in {written:.0f} s",
        f"Until the kill: {first:.0f} s, {kept} blocks kept; from there to the end: {second:.0f} s",
        f"{operations / 1e12:.1f} TFLOP on the symmetric half in {seconds:.0f} s, reading included: "
        f"{operations / seconds / 1e9:.0f} GFLOP/s",
        f"Peak memory of the program: {peak:.0f} MiB, allowed: {given.memory}",
        f"{SAMPLE} pairs against products in float64: largest difference {worst:.1e} rad",
    ]
    print(f"# {given.points} points of m = {given.stimuli} from disk\n")
    print("\n".join(f"* {line}" for line in lines))


if __name__ == "__main__":
    main()
