"""Tasks on a cluster: the numbers and bytes of one process, whatever happens to workers and to the client."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import Array

import layerpath as lp
from layerpath import _core

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install layerpath[dask]")
dask = pytest.importorskip("dask", reason="Dask is not installed: pip install layerpath[dask]")
pytest.importorskip("dask.array", reason="Dask is not installed: pip install layerpath[dask]")

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "dask.md"
# The program prints tables of up to 256 points, and then has less memory for blocks.
STIMULI, NETWORKS, LAYERS = 24, 10, 30
SIZE = NETWORKS * LAYERS + 1
# A task of this memory has blocks of 38 points, 8 on a side of the table.
MEMORY = (64 << 20) + 97_000


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two processes of one thread each; those that die are started again."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=0
    ) as cluster:
        # Not as a context, which would hide clients that are made later.
        client = distributed.Client(cluster)
        yield client
        client.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """300 points of ten networks and a target, in float32."""
    folder = tmp_path_factory.mktemp("points")
    random = np.random.default_rng(7)
    appender = _core.PointsAppender(folder / "points.zarr")
    for network in range(NETWORKS):
        # Some steps are small.
        x = random.normal(size=(STIMULI, 8))
        arrays = [x := x + 0.3 * random.normal(size=x.shape) for _ in range(LAYERS)]
        points = lp.Points(arrays, network=f"net{network}", epoch=3, seed=network, target=np.arange(STIMULI) % 3)
        lp.write_points(folder / "part.zarr", points, overwrite=True)
        appender.append(folder / "part.zarr", with_targets=network == NETWORKS - 1)
    return str(folder / "points.zarr")


def program() -> str:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = os.environ.get("LAYERPATH_PROGRAM") or shutil.which("layerpath", path=str(target / "release"))
    return found or pytest.skip("the program is not built; set LAYERPATH_PROGRAM")


@pytest.fixture(scope="module")
def table(store: str, tmp_path_factory: pytest.TempPathFactory) -> Array:
    """What the program computes."""
    out = tmp_path_factory.mktemp("table") / "distances.npy"
    subprocess.run([program(), "-q", "distances", store, "--memory", f"{MEMORY}B", "--out", out], check=True)
    found: Array = np.load(out)
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def chunks(folder: Path) -> set[str]:
    """Blocks that are whole."""
    return {str(path.relative_to(folder)) for path in folder.glob("c/*/*") if not path.name.startswith(".")}


# Distances


def test_the_array_is_the_table_of_the_program(client: Any, store: str, table: Array) -> None:
    found = lp.dask.distances(store, memory=MEMORY)
    assert found.shape == (SIZE, SIZE) and found.chunks[0][:2] == (38, 38) and found.dtype == np.float64
    np.testing.assert_array_equal(found.compute(), table)
    # A slice needs its blocks alone, and any scheduler will do.
    corner = found[:25, 290:]
    np.testing.assert_array_equal(corner.compute(scheduler="synchronous"), table[:25, 290:])
    (culled,) = dask.optimize(corner)
    assert len(dict(culled.__dask_graph__())) < 10


def test_a_table_of_files_survives_a_worker(client: Any, store: str, table: Array, tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", minversion="3")
    out, partial = tmp_path / "d.zarr", tmp_path / "d.zarr.partial"
    everything = 8**2
    seen: list[int] = []

    def kill() -> None:
        worker = next(iter(client.run(os.getpid).values()))
        while len(chunks(partial)) < 8:
            time.sleep(0.002)
        seen.append(len(chunks(partial)))
        os.kill(worker, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    found = lp.dask.distances(store, memory=MEMORY, out=out)
    killer.join()
    assert 8 <= seen[0] < everything - 8, "the worker died in the middle"
    np.testing.assert_array_equal(found.compute(), table)
    written = zarr.open_array(out, mode="r")
    np.testing.assert_array_equal(written[:], table)
    about = written.attrs["layerpath"]
    assert about["format"] == "layerpath.table/1" and about["metric"] == str(lp.Metric()) and about["unit"] == "rad"
    assert [point["name"] for point in about["points"]] == lp.read_points(store).names
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.zarr"] and len(chunks(out)) == everything


def test_a_table_goes_on(client: Any, store: str, table: Array, tmp_path: Path) -> None:
    out, partial = tmp_path / "d.zarr", tmp_path / "d.zarr.partial"
    stored = _core.StoredTable([store])
    begun = _core.SharedTable.begin(out, stored, MEMORY)
    assert begun is not None
    blocks = stored.plan(MEMORY)[2]
    for block in blocks[:20]:
        stored.write_block(MEMORY, block, begun)
    # Half a block that a kill left, and a mirror image without its block.
    (partial / "c" / "0" / ".0.abc.tmp").write_bytes(b"half")
    (partial / "c" / "4" / "2").unlink()
    inodes = {name: (partial / name).stat().st_ino for name in chunks(partial)}
    assert len(inodes) == 20 + 15 - 1, "five of the blocks are on the diagonal"
    found = lp.dask.distances(store, memory=MEMORY, out=out)
    np.testing.assert_array_equal(found.compute(), table)
    del inodes["c/2/4"]
    assert all((out / name).stat().st_ino == inode for name, inode in inodes.items()), "written once"
    assert not [path for path in out.rglob(".*")]
    # Made already: nothing is done, and the file system tells.
    before = (out / "c" / "0" / "0").stat()
    np.testing.assert_array_equal(lp.dask.distances(store, memory=MEMORY, out=out).compute(), table)
    assert (out / "c" / "0" / "0").stat() == before


def test_another_table_is_not_mixed_in(client: Any, store: str, table: Array, tmp_path: Path) -> None:
    out = tmp_path / "d.zarr"
    stored = _core.StoredTable([store])
    # One that was begun with larger blocks.
    begun = _core.SharedTable.begin(out, stored, MEMORY + 100_000)
    assert begun is not None
    stored.write_block(MEMORY + 100_000, stored.plan(MEMORY + 100_000)[2][0], begun)
    np.testing.assert_array_equal(lp.dask.distances(store, memory=MEMORY, out=out).compute(), table)
    blocks = r"is a table of the same points in blocks of 38, and this `memory` makes blocks of \d+; .*overwrite=True"
    with pytest.raises(FileExistsError, match=f"^out: .* {blocks}"):
        lp.dask.distances(store, memory=MEMORY + 100_000, out=out)
    again = lp.dask.distances(store, memory=MEMORY + 100_000, out=out, overwrite=True)
    assert again.chunks[0][0] > 38
    np.testing.assert_allclose(again.compute(), table, rtol=0, atol=1e-7)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.zarr"]


def test_what_stands_in_the_way_of_a_table_is_told(client: Any, layers: list[Array], tmp_path: Path) -> None:
    path, out = tmp_path / "p.zarr", tmp_path / "d.zarr"
    lp.write_points(path, lp.Points(layers[:3]))
    lp.dask.distances(path, out=out)
    told = {
        r"a table of 3 points, of which 3 are among the 5 that the store has now; .* overwrite=True": lp.Points(layers),
        r"a table of angular-cka.*, and the points are of euclidean-shape": lp.Points(
            layers[:3], metric="euclidean-shape"
        ),
        r"a table of points of the same names; the store was written anew": lp.Points(layers[2::-1]),
    }
    for match, points in told.items():
        lp.write_points(path, points, overwrite=True)
        with pytest.raises(FileExistsError, match=f"^out: `.*` is {match}"):
            lp.dask.distances(path, out=out)
    (tmp_path / "file").write_text("no table")
    with pytest.raises(FileExistsError, match=r"^out: `.*` is no table of distances; choose another name"):
        lp.dask.distances(path, out=tmp_path / "file")


def test_a_table_has_one_writer(client: Any, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "d.zarr"
    fill, seen = lp.dask._fill, []

    def twice(*arguments: Any) -> None:
        # Another call, with the same memory or another, while this one is under way.
        partial = files(Path(f"{out}.partial"))
        for memory in (MEMORY, MEMORY + 100_000):
            with pytest.raises(OSError, match=r"^out: cannot write `.*d\.zarr`: another program is at work"):
                lp.dask.distances(store, memory=memory, out=out)
        assert files(Path(f"{out}.partial")) == partial
        seen.append(arguments)
        fill(*arguments)

    with monkeypatch.context() as context:
        context.setattr(lp.dask, "_fill", twice)
        first = lp.dask.distances(store, memory=MEMORY, out=out)
    assert len(seen) == 1
    # File systems without locks: the first call ends while the second works, and that takes what is there.
    shutil.rmtree(out)

    def late(*arguments: Any) -> None:
        fill(*arguments)
        fill(*arguments)

    monkeypatch.setattr(lp.dask, "_fill", late)
    second = lp.dask.distances(store, memory=MEMORY, out=out)
    np.testing.assert_array_equal(second.compute(scheduler="synchronous"), first.compute(scheduler="synchronous"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.zarr"]


def test_a_damaged_table_is_mended(client: Any, layers: list[Array], tmp_path: Path) -> None:
    path, out = tmp_path / "p.zarr", tmp_path / "deep" / "d.zarr"
    lp.write_points(path, lp.Points(layers))
    expected = lp.dask.distances(path, out=out).compute()
    whole = files(out)
    chunk, about = out / "c" / "0" / "0", out / "zarr.json"

    def cut(file: Path) -> None:
        file.write_bytes(file.read_bytes()[:-3])

    harms: list[tuple[Callable[[Path], None], Path, type[Exception] | None, str]] = [
        (cut, chunk, ValueError, r"^out: chunk 0/0 of `.*d\.zarr` has 197 bytes instead of 200; the table is damaged"),
        (Path.unlink, chunk, FileNotFoundError, r"^out: chunk 0/0 of `.*d\.zarr` is missing; the table is damaged"),
        (cut, about, None, ""),
    ]
    for harm, file, error, match in harms:
        array = lp.dask.distances(path, out=out)
        harm(file)
        if error is not None:
            with pytest.raises(error, match=match):
                array.compute(scheduler="synchronous")
        again = lp.dask.distances(path, out=out)
        assert files(out) == whole
        np.testing.assert_array_equal(again.compute(scheduler="synchronous"), expected)
    assert sorted(path.name for path in out.parent.iterdir()) == ["d.zarr"]


@pytest.mark.parametrize("metric", ["angular-cka", "euclidean-shape"])
def test_few_points_and_other_spaces(metric: str, client: Any, layers: list[Array], tmp_path: Path) -> None:
    lp.write_points(tmp_path / "p.zarr", lp.Points(layers, metric=metric), precision="float64")
    expected = lp.distances(lp.read_points(tmp_path / "p.zarr"))
    np.testing.assert_array_equal(lp.dask.distances(tmp_path / "p.zarr").compute(), expected)
    # Several stores are one table; the target that both have is one point.
    for name in "ab":
        points = lp.Points(layers, metric=metric, network=name, target=layers[-1])
        lp.write_points(tmp_path / f"{name}.zarr", points, precision="float64")
    both = lp.dask.distances([tmp_path / "a.zarr", tmp_path / "b.zarr"]).compute()
    assert both.shape == (11, 11)
    np.testing.assert_allclose(both[:5, :5], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(both[6:, 6:], expected, rtol=0, atol=1e-12)


def test_a_plan_says_what_a_task_takes(store: str) -> None:
    plan = lp.dask.plan(store, memory=MEMORY)
    row = 276 * 4
    assert (plan.points, plan.dimension, plan.rows, plan.tasks) == (SIZE, 276, 38, 8 * 9 // 2)
    assert plan.memory <= MEMORY
    # Every point is read for each of the 8 blocks that it is in.
    assert plan.read == row * SIZE * 8 and plan.written == 8 * SIZE**2
    assert str(plan).startswith("301 points of 276 coordinates: 36 tasks of up to 38 points on a side, 64.1 MiB")
    with pytest.raises(MemoryError, match=r"^memory: a block does not fit into 1000 B; allow at least 64"):
        lp.dask.plan(store, memory=1000)


def test_a_store_that_changes_is_noticed(client: Any, layers: list[Array], tmp_path: Path) -> None:
    path = tmp_path / "p.zarr"
    lp.write_points(path, lp.Points(layers))
    found = lp.dask.distances(path)
    lp.write_points(path, lp.Points(layers[:3]), overwrite=True)
    with pytest.raises(ValueError, match="has changed since the call began"):
        found.compute()


# Captures

RUNS = [lp.dask.Run(f"net{seed}", seed, epoch=epoch, seed=seed) for seed in range(2) for epoch in (0, 5)]
NAMES = ["stem", "layer1.?", "fc"]


def stimuli() -> Any:
    from networks import images

    return images(STIMULI)


class Load:
    """Makes models on workers, leaves a line in a file for each, and does harm where it is told to."""

    def __init__(self, log: Path, **harm: str) -> None:
        self.log, self.harm = log, harm

    def __call__(self, run: lp.dask.Run) -> Any:
        from networks import resnet

        with self.log.open("a") as log:
            print(run.name, file=log)
        harm = self.harm.get(f"{run.network}_{run.epoch}")
        if harm == "die once" and self.log.read_text().split().count(run.name) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if harm == "fail once" and self.log.read_text().split().count(run.name) == 1:
            raise OSError(5, "the disk has a bad day", "weights.pt")
        if harm == "fail":
            raise KeyError("no such weights")
        model = resnet(seed=run.checkpoint)
        with __import__("torch").no_grad():
            model.fc.weight.mul_(1 + (run.epoch or 0))
        return model

    def calls(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The store that one process makes without Dask."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    folder = tmp_path_factory.mktemp("captured")
    appender, load = _core.PointsAppender(folder / "p.zarr"), Load(folder / "log")
    for run in RUNS:
        points = lp.capture(
            load(run), stimuli(), layers=NAMES, target=labels(), network=run.network, epoch=run.epoch, seed=run.seed
        )
        points.write_points(folder / "part.zarr", overwrite=True)
        appender.append(folder / "part.zarr", with_targets=run is RUNS[-1])
    return files(folder / "p.zarr")


def points(out: Path) -> dict[str, bytes]:
    """Files of a store without what it was captured with."""
    found = files(out)
    group = json.loads(found["zarr.json"])
    assert group["attributes"].pop("layerpath.capture")["format"] == "layerpath.capture/1"
    return found | {"zarr.json": json.dumps(group, indent=2, ensure_ascii=False).encode()}


def labels() -> Array:
    return np.arange(STIMULI) % 3


def capture(out: Path, load: Load, **options: Any) -> None:
    own: dict[str, Any] = {"inputs": stimuli, "target": labels(), "layers": NAMES} | options
    lp.dask.capture_many(own.pop("runs", RUNS), out, load=load, **own)


def test_runs_become_one_store(client: Any, captured: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "p.zarr"
    # One worker is lost, one task fails: both are done again.
    load = Load(tmp_path / "log", net0_5="die once", net1_0="fail once")
    capture(out, load)
    assert points(out) == captured
    assert sorted(load.calls()) == ["net0@0", *2 * ["net0@5"], *2 * ["net1@0"], "net1@5"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "p.zarr"]
    records = lp.read_points(out).records
    assert [record["name"] for record in records][-4:] == ["net1@5/layer1.0", "net1@5/layer1.1", "net1@5/fc", "target"]
    assert records[0]["epoch"] == 0 and records[0]["seed"] == 0 and len({one["name"] for one in records}) == 17
    # Again: nothing is left to do, and inputs as numbers are the same inputs.
    capture(out, load)
    assert len(load.calls()) == 6
    # Other options are refused, also where nothing is left to do.
    before = files(out)
    other: list[tuple[str, dict[str, Any]]] = [
        ("metric 'angular-cka.*linear.*', not 'euclidean-shape.*'", {"metric": "euclidean-shape"}),
        (r"layers \['stem', 'layer1.\?', 'fc'\], not 'all'", {"layers": "all"}),
        ("reduce 'flatten', not 'mean'", {"reduce": "mean"}),
        ("precision float32, not float64", {"precision": "float64"}),
        (r"inputs float32 \(24, 3, .* with SHA-256 \w+, not float32 \(24, 3, .*", {"inputs": stimuli().numpy() + 1}),
        (r"inputs float32 \(24, 3, .*, not float32 \(24, 3, .*", {"inputs": lambda: stimuli() + 1}),
        (r"target int64 \(24,\) .*, not int64 \(24,\) .*", {"target": labels()[::-1]}),
        (r"target int64 \(24,\) .*, not None", {"target": None}),
        (r"layers .*, not 'all'; metric .*, not .*", {"metric": "euclidean-shape", "layers": "all"}),
    ]
    for match, options in other:
        with pytest.raises(ValueError, match=f"^out: .* was captured with {match}; choose another name"):
            capture(out, load, **options)
    for inputs in (stimuli(), stimuli().numpy()):
        capture(out, load, inputs=inputs, target=list(labels()), layers=tuple(NAMES))
    assert files(out) == before and sorted(path.name for path in tmp_path.iterdir()) == ["log", "p.zarr"]
    # The same network with other weights is not taken for it.
    others = [lp.dask.Run(run.network, run.checkpoint, epoch=run.epoch, seed=9) for run in RUNS]
    with pytest.raises(ValueError, match=r"^out: .* in the place of run 0"):
        capture(out, load, runs=others)
    with pytest.raises(ValueError, match=r"^out: .* is complete, with its target, and has no points of run 'more'"):
        capture(out, load, runs=[*RUNS, lp.dask.Run("more", 1)])


def test_captures_go_on(
    client: Any, captured: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, load = tmp_path / "p.zarr", Load(tmp_path / "log", net1_0="fail")
    with pytest.raises(KeyError, match="run 'net1@0': no such weights") as raised:
        capture(out, load, retries=0)
    assert type(raised.value) is KeyError
    assert {record.get("epoch") for record in lp.read_points(out).records} == {0, 5}, "what came before is kept"
    # The last run was done beside the one that failed, or not; from now on it is there once.
    with pytest.raises(ValueError, match=r"^out: .* belongs to a capture into this store with other options"):
        capture(out, Load(tmp_path / "log"), target=labels()[::-1])

    # Ctrl-C before a part is put into the store, and after.
    for after in (False, True):

        class Interrupted:
            def __init__(self, path: str, after: bool = after) -> None:
                self.own, self.after = _core.PointsAppender(path), after

            def append(self, part: str, *, with_targets: bool) -> None:
                if self.after:
                    self.own.append(part, with_targets=with_targets)
                raise KeyboardInterrupt

        with monkeypatch.context() as context:
            context.setattr(lp.dask, "PointsAppender", Interrupted)
            with pytest.raises(KeyboardInterrupt):
                capture(out, Load(tmp_path / "log"), ahead=1)
    capture(out, Load(tmp_path / "log"))
    assert points(out) == captured
    calls = load.calls()
    assert {name: calls.count(name) for name in set(calls)} == {"net0@0": 1, "net0@5": 1, "net1@0": 2, "net1@5": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "p.zarr"]


def test_a_store_without_a_target_takes_more_runs(client: Any, captured: dict[str, bytes], tmp_path: Path) -> None:
    out, load = tmp_path / "p.zarr", Load(tmp_path / "log")
    numbers = stimuli().numpy()
    capture(out, load, runs={"net0": 0}, target=None, inputs=numbers)
    more = {"net0": 0, "net1": 1}
    # Points of other stimuli or layers do not get beside those that are there.
    for name, value in {"inputs": numbers[::-1].copy(), "layers": "fc", "reduce": "mean"}.items():
        with pytest.raises(ValueError, match=f"^out: .* was captured with {name} "):
            capture(out, load, runs=more, target=None, **{"inputs": numbers} | {name: value})
    assert len(lp.read_points(out)) == 4
    capture(out, load, runs=more, target=None, inputs=numbers)
    assert load.calls() == ["net0", "net1"] and len(lp.read_points(out)) == 8
    with pytest.raises(ValueError, match=r"^out: .* holds all runs without a target"):
        capture(out, load, runs={"net0": 0, "net1": 1}, inputs=numbers)


def test_a_store_says_what_it_was_captured_with(client: Any, captured: dict[str, bytes], tmp_path: Path) -> None:
    out, load = tmp_path / "p.zarr", Load(tmp_path / "log")
    # The target may come with the last runs.
    capture(out, load, runs=RUNS[:2], target=None)
    capture(out, load)
    assert points(out) == captured
    before = files(out)
    # A kill between the last points and what is said of them: parts wait.
    group = json.loads(before["zarr.json"])
    own = group["attributes"].pop("layerpath.capture")
    (out / "zarr.json").write_text(json.dumps(group))
    with pytest.raises(ValueError, match=r"^out: .* does not say what its points were captured with"):
        capture(out, load)
    Path(f"{out}.parts-{lp.dask._digest(own)[:12]}").mkdir()
    capture(out, load)
    assert files(out) == before and len(load.calls()) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "p.zarr"]


def test_an_empty_folder_of_parts_is_in_nobodys_way(client: Any, captured: dict[str, bytes], tmp_path: Path) -> None:
    out, load = tmp_path / "p.zarr", Load(tmp_path / "log")
    with pytest.raises(ValueError, match="'nope'"):
        capture(out, load, runs=RUNS[:1], layers=["nope"], retries=0)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    # That of a client that was killed before a run was captured.
    Path(f"{out}.parts-0123456789ab").mkdir()
    capture(out, load)
    assert points(out) == captured
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "p.zarr"]
    waiting = Path(f"{out}.parts-0123456789ab") / "net0.zarr"
    waiting.mkdir(parents=True)
    with pytest.raises(ValueError, match=r"^out: .*parts-0123456789ab` belongs to a capture"):
        capture(out, load)


def test_stores_of_the_command_line_are_told_apart(client: Any, captured: dict[str, bytes], tmp_path: Path) -> None:
    out, load = tmp_path / "p.zarr", Load(tmp_path / "log")
    capture(out, load)
    before = files(out)
    group = json.loads(before["zarr.json"])
    group["attributes"]["layerpath.capture"] = {"format": "layerpath.capture-runs/1", "layers": "all"}
    (out / "zarr.json").write_text(json.dumps(group))
    with pytest.raises(ValueError, match=r"^out: .* was captured by another program, `layerpath capture`"):
        capture(out, load)
    assert len(load.calls()) == len(RUNS)


@pytest.mark.parametrize("begun", ["layers", "runs"])
def test_a_store_that_another_call_ended_is_left_alone(
    begun: str, client: Any, captured: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, other, load = tmp_path / "p.zarr", tmp_path / "other.zarr", Load(tmp_path / "log")
    if begun == "layers":
        capture(other, load, layers=NAMES[:2])
        message = "was captured with layers"
    else:
        capture(other, load, runs=RUNS[:2], target=None)
        message = "has changed since the call began"
    before, wait_for = files(other), lp.dask._wait_for

    def meanwhile(part: str) -> None:
        # The other call begins and ends while the first run of this one is captured.
        wait_for(part)
        if not out.exists():
            shutil.copytree(other, out)

    monkeypatch.setattr(lp.dask, "_wait_for", meanwhile)
    with pytest.raises(ValueError, match=rf"^out: .* {message}"):
        capture(out, load)
    assert files(out) == before


# Analyses


def test_results_do_not_go_into_the_store(client: Any, store: str, layers: list[Array], tmp_path: Path) -> None:
    before = files(Path(store))
    (tmp_path / "link").symlink_to(store)
    for out in (f"{store}/points", f"{store}/analyses", f"{tmp_path}/link/x", f"{store}/../{Path(store).name}"):
        with pytest.raises(ValueError, match=r"^out: .* would change the store `.*`, which is read; choose"):
            lp.dask.analyze(store, out)
    for out in (store, f"{store}/table.zarr"):
        with pytest.raises(ValueError, match=r"^out: .* would change the store"):
            lp.dask.distances(store, out=out, overwrite=True)
    assert files(Path(store)) == before
    # A folder that would take the place of the store.
    own = tmp_path / "net4@3"
    shutil.copytree(store, own)
    with pytest.raises(ValueError, match=r"^out: .* would change the store"):
        lp.dask.analyze(own, tmp_path)


def test_analyses_are_those_of_the_program(client: Any, store: str, tmp_path: Path) -> None:
    folders = lp.dask.analyze(store, tmp_path / "all")
    assert [Path(folder).name for folder in folders] == [f"net{network}@3" for network in range(NETWORKS)]
    names = [f"net4@3/{layer}" for layer in range(LAYERS)]
    points = lp.read_points(store, names=[*names, "target"])
    assert points.names == [*names, "target"]
    lp.write_points(tmp_path / "p.zarr", points)
    command: list[Any] = [
        program(),
        "-q",
        "analyze",
        tmp_path / "p.zarr",
        "--out",
        tmp_path / "own",
        "--format",
        "json",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    found = files(Path(folders[4]))
    assert found.pop("stamp.json")
    own = files(tmp_path / "own")
    # The program names its commit.
    by = re.compile(rb'"program": "layerpath [^"]*"')
    assert len(by.findall(own["analysis.json"])) == len(by.findall(found["analysis.json"])) == 1
    own["analysis.json"] = by.sub(by.findall(found["analysis.json"])[0], own["analysis.json"])
    assert found == own
    # What is there stays; what is missing, or was made with other settings, is made again.
    stamps = [Path(folder, "stamp.json").stat().st_mtime_ns for folder in folders]
    Path(folders[2], "pairs.csv").unlink()
    lp.dask.analyze(store, tmp_path / "all")
    again = [Path(folder, "stamp.json").stat().st_mtime_ns for folder in folders]
    assert [old == new for old, new in zip(stamps, again, strict=True)] == [place != 2 for place in range(NETWORKS)]
    assert files(Path(folders[4])) == found | {"stamp.json": Path(folders[4], "stamp.json").read_bytes()}
    lp.dask.analyze(store, tmp_path / "all", baselines=True, seed=3)
    assert lp.read_analysis(folders[0]).paths[0].baselines()


def test_an_error_names_its_path(client: Any, store: str, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "net3@3").write_text("a file where a folder should be")
    with pytest.raises(OSError, match=r"^path 'net3@3': "):
        lp.dask.analyze(store, tmp_path / "all", retries=0)


# Calls


def test_the_page_runs(captured: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from networks import resnet

    laptop, slurm = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    compile(slurm, str(PAGE), "exec")
    monkeypatch.chdir(tmp_path)
    Path("runs").mkdir()
    for epoch in (0, 5):
        torch.save(resnet(seed=epoch).state_dict(), f"runs/epoch-{epoch}.pt")
    known: dict[str, Any] = {"build": resnet, "images": stimuli(), "labels": labels()}
    try:
        exec(laptop, known)
        assert known["table"].shape == (9, 9) and Path("distances.zarr", "zarr.json").exists()
        assert [Path(folder).name for folder in known["folders"]] == ["resnet@0", "resnet@5"]
        expected = lp.distances(lp.read_points("points.zarr"))
        np.testing.assert_array_equal(known["table"].compute(scheduler="synchronous"), expected)
    finally:
        if "client" in known:
            known["client"].close()


def test_wrong_calls(client: Any, store: str, tmp_path: Path) -> None:
    load = Load(tmp_path / "log")
    wrong: list[tuple[type[Exception], str, Any, dict[str, Any]]] = [
        (ValueError, r"^runs: there are none", [], {}),
        (ValueError, r"^runs: two are called 'a'", [lp.dask.Run("a"), lp.dask.Run("a")], {}),
        (TypeError, r"^runs\[0\]: expected a layerpath.dask.Run, not str", ["a"], {}),
        (ValueError, r"^ahead: ", RUNS, {"ahead": 0}),
        (ValueError, r"cannot read the metric", RUNS, {"metric": "cosine"}),
        (TypeError, r"^client: expected a distributed.Client, not str", RUNS, {"client": "tcp://here"}),
    ]
    for error, match, runs, options in wrong:
        with pytest.raises(error, match=match):
            lp.dask.capture_many(runs, tmp_path / "p.zarr", load=load, inputs=stimuli, **options)
    with pytest.raises(OSError, match=r"^out: cannot write `/proc/x.zarr`: .*; check the path"):
        lp.dask.capture_many(RUNS, "/proc/x.zarr", load=load, inputs=np.zeros((STIMULI, 3, 8, 8)))
    with pytest.raises(FileNotFoundError):
        lp.dask.distances(tmp_path / "nothing.zarr")
    with pytest.raises(ValueError, match=r"^names: no point of .* is called 'nobody'"):
        lp.read_points(store, names=["nobody"])
    assert lp.read_points(store, names=["net3@3/1", "net0@3/0"]).names == ["net0@3/0", "net3@3/1"]
    assert [path.name for path in tmp_path.iterdir()] == []


def test_names_of_files() -> None:
    name = lp.dask._file_name
    assert name("net@3", "net@3") == "net@3" and name("сеть-層@3", "сеть-層@3") == "сеть-層@3"
    hostile = ["../x", "a/b", "a\\b", ".", "..", ".hidden", "a\nb", "x" * 300, "a:b", ""]
    found = [name(one, one) for one in hostile]
    assert len(set(found)) == len(hostile)
    for one in found:
        assert re.fullmatch(r"[\w@+=-][\w.@+=-]*", one) and len(one.encode()) < 240, one


def test_threads_of_a_worker(client: Any) -> None:
    def threads() -> str | None:
        lp.dask._match_threads()
        return os.environ.get("RAYON_NUM_THREADS")

    assert client.submit(threads, pure=False).result() == os.environ.get("RAYON_NUM_THREADS", "1")
