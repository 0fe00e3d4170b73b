"""`lp.dask.distances` on 1, 2 and 4 worker processes, a cost model from that, and what it says of a cluster.

    cargo build --release -p layerpath-cli
    cd crates/layerpath-python/benches
    python dask_scale.py FOLDER --record ../../../benches/record/DATE-MACHINE-dask.json
    python dask_scale.py --document ../../../benches/record/DATE-MACHINE-dask.json ../../../docs/performance.md

The first makes 2,000 points of m = 1,000 stimuli in FOLDER, in float32 (4 GB), if they are not there, and measures:

* the table on 1, 2 and 4 processes of one thread, in turns; every table is compared with that of the program, bit for
  bit, and so is one during which a worker was killed;
* time against the number of points; bytes that workers read, and that went over the loopback device of the machine;
* how long each task took, from which the coefficients of the cost model are fitted, and memory beside what is stated;
* a store of 100,000 points whose chunks are holes: how long it takes to open, and its plan;
* that plan on 50 workers: tasks that sleep for a fraction of what the model says, on Dask's own scheduler, once with a
  worker that is lost, against the model's own schedule; and how long the scheduler takes for tasks that do nothing.

Points are read from the page cache if memory is large enough. `--small` tries the script.
"""

import argparse
import datetime
import heapq
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import distributed
import numpy as np
from scipy.optimize import nnls

import layerpath as lp

ROOT = Path(__file__).parents[3]
GIB, MIB = 2**30, 2**20
PARTS = 8


def program():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = os.environ.get("LAYERPATH_PROGRAM") or shutil.which("layerpath", path=str(target / "release"))
    return found or sys.exit("the program is missing: cargo build --release -p layerpath-cli")


def make_points(folder, count, stimuli):
    """Networks of 25 layers, each a step of a random walk away from the one before; one store an eighth of them."""
    folder.mkdir(parents=True, exist_ok=True)
    stores = []
    for part in range(PARTS):
        store = folder / f"points-{count}-{stimuli}-{part}.zarr"
        stores.append(str(store))
        if store.exists():
            continue
        random = np.random.default_rng(part)
        arrays = []
        for layer in range(count // PARTS):
            step = random.standard_normal((stimuli, 48), dtype=np.float32)
            arrays.append(step if layer % 25 == 0 else arrays[-1] + 0.4 * step)
        names = [f"{place // 25}.{place % 25}" for place in range(len(arrays))]
        lp.write_points(store, lp.Points(arrays, names=names, network=f"part{part}"))
        print(f"made {store}", file=sys.stderr)
    return stores


class Cluster:
    """Processes of one thread each, which have imported everything."""

    def __init__(self, workers):
        self.cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
        )
        self.client = distributed.Client(self.cluster)
        self.client.run(lambda: __import__("layerpath").__version__)

    def __enter__(self):
        return self.client

    def __exit__(self, *_):
        self.client.close()
        self.cluster.close()


def process_io():
    lines = Path("/proc/self/io").read_text().splitlines()
    status = Path("/proc/self/status").read_text().splitlines()
    numbers = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024
    return {"read": numbers["rchar"], "written": numbers["wchar"], "peak": peak}


def loopback():
    lines = Path("/proc/net/dev").read_text().splitlines()
    return next(int(line.split(":")[1].split()[0]) for line in lines if line.strip().startswith("lo:"))


def timed_table(client, stores, memory, out, kill_after=None):
    """One table, and what it cost."""
    shutil.rmtree(out, ignore_errors=True)
    before, lo = client.run(process_io), loopback()
    killed = []

    def kill():
        partial = Path(f"{out}.partial")
        while len(list(partial.glob("c/*/[0-9]*"))) < kill_after:
            time.sleep(0.05)
        killed.append(len(list(partial.glob("c/*/[0-9]*"))))
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

    if kill_after:
        threading.Thread(target=kill).start()
    begin = time.perf_counter()
    with distributed.get_task_stream(client) as stream:
        table = lp.dask.distances(stores, memory=memory, out=out, client=client)
    seconds = time.perf_counter() - begin
    lo = loopback() - lo
    after = client.run(process_io)
    found = {"seconds": seconds, "loopback": lo}
    if kill_after:
        found["chunks_when_killed"] = killed[0]
    else:
        found |= {name: sum(after[one][name] - before[one][name] for one in after) for name in ("read", "written")}
        found["peak"] = max(one["peak"] for one in after.values())
        blocks = [one for one in stream.data if one["key"].startswith("block-")]
        found["tasks"] = {one["key"].rpartition("-")[2]: computed(one["startstops"]) for one in blocks}
    return found, table


def computed(phases):
    """Seconds of a task without the time in which it was handed over."""
    return sum(phase["stop"] - phase["start"] for phase in phases if phase["action"] == "compute")


def block_cost(block, dimension, itemsize=4):
    """Multiply–adds, and bytes read, of a block."""
    height, width = block[1] - block[0], block[3] - block[2]
    if block[:2] == block[2:]:
        return height * height * dimension / 2, height * dimension * itemsize
    return height * width * dimension, (height + width) * dimension * itemsize


def block_seconds(stores, sides):
    """What single blocks take in a process of one thread; each size three times, in turns."""
    code = f"""
import time, layerpath as lp
stored = lp._core.StoredTable({stores!r})
for turn in range(3):
    for side in {sides!r}:
        begin = time.perf_counter()
        stored.block({GIB}, (0, side, side, 2 * side))
        print(side, time.perf_counter() - begin, flush=True)
"""
    environment = os.environ | {"RAYON_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.splitlines()
    return [(int(side), float(seconds)) for side, seconds in map(str.split, lines)]


def fit(samples):
    """Seconds a multiply–add and a byte read, neither below zero, with the least relative errors; and those errors."""
    rows = np.array([cost for cost, _ in samples])
    seconds = np.array([taken for _, taken in samples])
    scale = rows.max(axis=0)
    found, _ = nnls(rows / scale / seconds[:, None], np.ones(len(seconds)))
    coefficients = found / scale
    return coefficients, rows @ coefficients / seconds - 1


def schedule(durations, workers):
    """When the last task ends if each goes to the first worker that is free."""
    free = [0.0] * workers
    for duration in durations:
        heapq.heappush(free, heapq.heappop(free) + duration)
    return max(free)


def holes(folder, store, count):
    """A store of `count` points, described in full, whose numbers are holes of the file system."""
    large = folder / "holes.zarr"
    shutil.rmtree(large, ignore_errors=True)
    (large / "points" / "c").mkdir(parents=True)
    group = json.loads(Path(store, "zarr.json").read_text())
    array = json.loads(Path(store, "points", "zarr.json").read_text())
    row = next(one for one in group["attributes"]["layerpath"]["rows"])
    rows = [
        row | {"name": f"net{i // 25}@10/layer{i % 25}", "network": f"net{i // 25}", "epoch": 10, "index": i % 25}
        for i in range(count)
    ]
    group["attributes"]["layerpath"]["rows"] = rows
    array["shape"][0] = count
    chunk_rows, dimension = array["chunk_grid"]["configuration"]["chunk_shape"]
    (large / "zarr.json").write_text(json.dumps(group))
    (large / "points" / "zarr.json").write_text(json.dumps(array))
    for chunk in range(-(-count // chunk_rows)):
        (large / "points" / "c" / str(chunk)).mkdir()
        with open(large / "points" / "c" / str(chunk) / "0", "wb") as file:
            file.truncate(4 * chunk_rows * dimension)
    return large


def simulate(durations, workers, speed, lose=None):
    """The tasks on Dask's scheduler, each asleep for its duration / speed; seconds as if they were not sped up."""
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=None, memory_limit=0
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.wait_for_workers(workers)
        begin = time.perf_counter()
        futures = [
            client.submit(time.sleep, duration / speed, key=f"block-{place}", pure=False, retries=2)
            for place, duration in enumerate(durations)
        ]
        if lose is not None:
            time.sleep(lose / speed)
            cluster.sync(next(iter(cluster.workers.values())).close, executor_wait=False)
        distributed.wait(futures)
        taken = (time.perf_counter() - begin) * speed
        begin = time.perf_counter()
        nothing = client.map(int, range(5000), pure=False)
        distributed.wait(nothing)
        return taken, (time.perf_counter() - begin) / 5000


def measure(options):
    count, stimuli = (400, 100) if options.small else (2000, 1000)
    budgets = ["66MiB", "1GiB"] if options.small else ["72MiB", "1GiB"]
    stores = make_points(options.folder, count, stimuli)
    out = options.folder / "table.zarr"
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    processors = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    record = {
        "date": datetime.date.today().isoformat(),
        "commit": commit.stdout.strip(),
        "machine": {
            "processor": processors[0].partition(":")[2].strip() if processors else "unknown",
            "threads": os.cpu_count(),
            "python": platform.python_version(),
            "dask": distributed.__version__,
        },
        "points": count,
        "stimuli": stimuli,
        "memory": budgets,
    }

    # The program, one thread: what is to be the same, bit for bit.
    expected = {}
    record["program"] = {}
    for memory in budgets:
        file = options.folder / "program.npy"
        command = [program(), "-q", "distances", *stores, "--memory", memory, "--out", file]
        for threads in (1, 2):
            begin = time.perf_counter()
            subprocess.run(command, check=True, env=os.environ | {"RAYON_NUM_THREADS": str(threads)})
            record["program"][f"{memory}, {threads} threads"] = time.perf_counter() - begin
            table = np.load(file)
            assert memory not in expected or np.array_equal(table, expected[memory])
            expected[memory] = table
        file.unlink()
    memory = budgets[0]
    plan = lp.dask.plan(stores, memory=memory)
    record["plan"] = vars(plan)
    print(plan, file=sys.stderr)

    runs = []
    for turn in range(options.runs):
        for workers in (1, 2, 4) if turn % 2 == 0 else (4, 2, 1):
            with Cluster(workers) as client:
                lp.dask.distances(stores[:1], memory=memory, out=out, overwrite=True, client=client)
                for budget in budgets if workers == 1 and turn == 0 else [memory]:
                    run, table = timed_table(client, stores, budget, out)
                    assert np.array_equal(table.compute(scheduler="synchronous"), expected[budget]), "another table"
                    tasks = run.pop("tasks")
                    run |= {"workers": workers, "memory": budget, "turn": turn, "load": os.getloadavg()[0]}
                    run["longest"], run["busy"] = max(tasks.values()), sum(tasks.values())
                    runs.append(run)
                    print(run, file=sys.stderr)
    record["runs"] = runs

    with Cluster(2) as client:
        record["killed"], table = timed_table(client, stores, memory, out, kill_after=max(4, plan.tasks // 3))
        assert np.array_equal(table.compute(scheduler="synchronous"), expected[memory]), "another table after a kill"
    growth = []
    with Cluster(2) as client:
        for parts in (1, 2, 4, 8):
            run, _ = timed_table(client, stores[:parts], memory, out)
            own = lp.dask.plan(stores[:parts], memory=memory)
            growth.append({"points": own.points, "tasks": own.tasks, "seconds": run["seconds"], "read": run["read"]})
    record["growth"] = growth
    shutil.rmtree(out, ignore_errors=True)

    return record


def project(options, record):
    """The cost model, and what it says of a large table on many workers."""
    stores = make_points(options.folder, record["points"], record["stimuli"])
    dimension = record["plan"]["dimension"]
    measured = block_seconds(stores, [25, 50, 100] if options.small else [50, 100, 200, 400, 800])
    coefficients, errors = fit([(block_cost((0, side, side, 2 * side), dimension), taken) for side, taken in measured])
    tables = [run for run in record["runs"] if run["workers"] == 1]
    predicted = {}
    for run in tables:
        blocks = lp._core.StoredTable(stores).plan(lp.dask._bytes(run["memory"]))[2]
        predicted[run["memory"]] = sum(float(np.dot(block_cost(block, dimension), coefficients)) for block in blocks)
    record["model"] = {
        "blocks": measured,
        "seconds": dict(zip(["multiply_add", "byte_read"], map(float, coefficients), strict=True)),
        "relative_error": {"rms": float(np.sqrt(np.mean(errors**2))), "worst": float(np.abs(errors).max())},
        "predicted": predicted,
        "load": os.getloadavg()[0],
    }
    print(record["model"], file=sys.stderr)

    large = holes(options.folder, stores[0], 2_000 if options.small else 100_000)
    opening = []
    for _ in range(2):
        begin = time.perf_counter()
        code = "import sys, layerpath as lp; t = lp._core.StoredTable([sys.argv[1]])"
        command = [sys.executable, "-c", f"{code}; print(open('/proc/self/status').read())", large]
        status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        opening.append(time.perf_counter() - begin)
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) * 1024
    stored = lp._core.StoredTable([large])
    own = lp.dask.plan(large, memory="1GiB")
    blocks = stored.plan(GIB)[2]
    description = (large / "zarr.json").stat().st_size
    shutil.rmtree(large)
    blocks.sort(key=lambda block: block[:2] == block[2:])
    durations = [float(np.dot(block_cost(block, own.dimension), coefficients)) for block in blocks]
    workers = 50
    model = schedule(durations, workers)
    speed = model / options.seconds
    simulated, task = simulate(durations, workers, speed)
    lost, _ = simulate(durations, workers, speed, lose=model / 2)
    storage = {}
    for gigabytes in (1, 5, 20):
        waiting = [block_cost(block, own.dimension)[1] * workers / (gigabytes * 1e9) for block in blocks]
        storage[str(gigabytes)] = schedule([a + b for a, b in zip(durations, waiting, strict=True)], workers)
    record["projection"] = {
        "workers": workers,
        "plan": vars(own),
        "open_seconds": opening,
        "open_peak": peak,
        "description": description,
        "task_seconds": [min(durations), max(durations)],
        "busy": sum(durations),
        "model": model,
        "sped_up": speed,
        "simulated": simulated,
        "simulated_with_a_loss": lost,
        "scheduler_seconds_a_task": task,
        "storage": storage,
    }
    print(record["projection"], file=sys.stderr)


def write(options, record):
    options.record.parent.mkdir(parents=True, exist_ok=True)
    options.record.write_text(json.dumps(record, indent=1) + "\n")
    if record["projection"] is None:
        return
    options.record.with_suffix(".md").write_text(f"# `lp.dask.distances` at scale\n\n{text(record, options.record)}\n")


def text(record, path):
    """The record as a part of docs/performance.md."""
    machine, plan, model, far = record["machine"], record["plan"], record["model"], record["projection"]
    small, large = record["memory"]
    turns = {}
    for run in record["runs"]:
        turns.setdefault((run["memory"], run["workers"]), []).append(run)
    best = {key: min(runs, key=lambda run: run["seconds"]) for key, runs in turns.items()}
    single = best[small, 1]["seconds"]
    lines = [
        f"{machine['processor']}, {machine['threads']} threads, {record['date']}, commit {record['commit']}, "
        f"Dask {machine['dask']}, record `{path.name}`. {plan['points']} points of m = {record['stimuli']}, "
        f"d = {plan['dimension']}, float32, {small} a task: {plan['tasks']} tasks of up to {plan['rows']} points on a "
        "side. Processes of one thread; the fastest of the turns, in which 1, 2 and 4 processes took part. Load "
        "is the machine's load average at the end of a run: beyond the number of processes, others worked beside it.",
        "",
        "| processes | seconds | all turns | speed-up | busy | read | over the loopback | peak of a worker | load |",
        "| --: | --: | --- | --: | --: | --: | --: | --: | --: |",
    ]
    for (memory, workers), run in sorted(best.items()):
        if memory == small:
            every = ", ".join(f"{one['seconds']:.1f}" for one in turns[memory, workers])
            busy = run["busy"] / run["seconds"] / workers
            lines.append(
                f"| {workers} | {run['seconds']:.1f} | {every} | {single / run['seconds']:.2f} | {busy:.0%} | "
                f"{run['read'] / 1e9:.1f} GB | {run['loopback'] / 1e6:.2f} MB | {run['peak'] / MIB:.0f} MiB | "
                f"{run['load']:.0f} |"
            )
    times = ", ".join(f"{taken:.1f} s with {what}" for what, taken in record["program"].items())
    killed, wide, seconds = record["killed"], best[large, 1], model["seconds"]
    error = model["relative_error"]
    sides = ", ".join(str(side) for side in dict(map(tuple, model["blocks"])))
    predicted = ", ".join(
        f"{taken:.1f} s with {memory} (measured {best[memory, 1]['seconds']:.1f} s)"
        for memory, taken in model["predicted"].items()
    )
    lines += [
        "",
        f"The program on the same stores: {times}. Every table equals the program's, bit for bit; so does one of two "
        f"processes of which one was killed when {killed['chunks_when_killed']} chunks were there, in "
        f"{killed['seconds']:.1f} s. With {large} a task, one process took {wide['seconds']:.1f} s and read "
        f"{wide['read'] / 1e9:.1f} GB.",
        "",
        f"| points, two processes, {small} a task | tasks | seconds | read |",
        "| --: | --: | --: | --: |",
        *(
            f"| {g['points']} | {g['tasks']} | {g['seconds']:.2f} | {g['read'] / 1e9:.2f} GB |"
            for g in record["growth"]
        ),
        "",
        f"Cost of a task, fitted to {len(model['blocks'])} blocks of {sides} points on a side, in a process of one "
        f"thread (relative error {error['rms']:.0%} root mean square, {error['worst']:.0%} at most; load "
        f"{model['load']:.0f}): "
        f"{rate(seconds['multiply_add'], 'multiply–adds', 'GMAC/s')}, {rate(seconds['byte_read'], 'reading', 'GB/s')}. "
        f"For the tables of one process this gives {predicted}.",
        "",
        f"**{far['plan']['points']:,} points of m = {record['stimuli']} on {far['workers']} workers of one thread**, "
        f"projected from that model, on processors like this one: 1 GiB a task gives {far['plan']['tasks']} tasks of "
        f"up to {far['plan']['rows']} points on a side.",
        "",
        "| what | amount |",
        "| --- | --: |",
    ]
    wire = best[small, 2]["loopback"] / plan["tasks"] * far["plan"]["tasks"]
    low, high = far["task_seconds"]
    beyond, lost = (far[name] / far["model"] - 1 for name in ("simulated", "simulated_with_a_loss"))
    rows = {
        "memory of a task, stated": f"{far['plan']['memory'] / MIB:.0f} MiB",
        "a Python process that has opened such a store, measured": f"{far['open_peak'] / MIB:.0f} MiB",
        f"opening it ({far['description'] / 1e6:.0f} MB of description), once a process, measured": (
            f"{min(far['open_seconds']):.1f} s"
        ),
        "read from storage by all workers": f"{far['plan']['read'] / 1e12:.2f} TB",
        "written to storage": f"{far['plan']['written'] / 1e9:.0f} GB",
        "over the network for Dask, at the loopback's rate a task above": f"{wire / 1e6:.1f} MB",
        "a task": f"{low:.0f} … {high:.0f} s",
        "all tasks": f"{far['busy'] / 3600:.1f} hours of a core",
        "the table, as the model schedules it": f"{far['model'] / 60:.1f} min",
        f"simulated on Dask's scheduler, {far['sped_up']:.0f} times as fast": (
            f"{far['simulated'] / 60:.1f} min ({beyond:+.1%})"
        ),
        "simulated, one worker lost in the middle": f"{far['simulated_with_a_loss'] / 60:.1f} min ({lost:+.1%})",
        "the scheduler, for a task that does nothing": f"{1000 * far['scheduler_seconds_a_task']:.2f} ms",
    }
    lines += [f"| {what} | {amount} |" for what, amount in rows.items()]
    storage = ", ".join(f"{taken / 60:.0f} min for R = {gigabytes}" for gigabytes, taken in far["storage"].items())
    lines += [
        "",
        "Here the points came from the page cache. A file system that gives all workers together R GB/s, waited for "
        f"before each product, makes it {storage} (computed, not measured).",
    ]
    return "\n".join(lines)


def rate(seconds, what, unit):
    return f"{what} at {1e-9 / seconds:.1f} {unit}" if seconds > 0 else f"{what} at no cost of its own"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--record", type=Path, default=ROOT / "benches/record/dask.json")
    parser.add_argument("--runs", type=int, default=2, help="turns of 1, 2 and 4 processes")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long a simulation takes")
    parser.add_argument(
        "--project", action="store_true", help="only the model and what follows, into the record there is"
    )
    parser.add_argument("--small", action="store_true", help="few small points, to try the script itself")
    parser.add_argument("--document", type=Path, nargs=2, metavar=("RECORD", "DOCUMENT"))
    options = parser.parse_args()
    if options.document:
        path, document = options.document
        before, _, rest = document.read_text().partition("<!-- measured: dask -->\n")
        after = rest.partition("<!-- end -->")[2]
        part = text(json.loads(path.read_text()), path)
        document.write_text(f"{before}<!-- measured: dask -->\n{part}\n<!-- end -->{after}")
    elif options.folder is None:
        parser.error("name a folder for points, or use --document")
    else:
        record = json.loads(options.record.read_text()) if options.project else measure(options)
        write(options, record | {"model": None, "projection": None})
        project(options, record)
        write(options, record)


if __name__ == "__main__":
    main()
