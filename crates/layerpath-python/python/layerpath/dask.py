"""Many checkpoints, large tables and many paths on a Dask cluster: processes of this machine, Slurm, Kubernetes.

    client = distributed.Client(...)
    lp.dask.capture_many(runs, "points.zarr", load=load, inputs=images, target=labels)
    table = lp.dask.distances("points.zarr", out="distances.zarr")
    lp.dask.analyze("points.zarr", "analyses")

Dask decides where a task runs; all numbers are made in Rust, by the functions that the command line has too. Tasks
hand on names of files and numbers of rows: the files are on a file system that client and workers share. A call that
was ended, by whatever, goes on where it was when it is made again. docs/dask.md says what happens when something
fails.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import hashlib
import itertools
import json
import logging
import os
import re
import shutil
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from . import _files, _hooks
from ._capture import _bytes, _text, capture
from ._core import (
    Metric,
    Point,
    PointsAppender,
    SharedTable,
    Stage,
    StoredTable,
    __version__,
    as_metric,
    write_points,
)

if TYPE_CHECKING:
    from dask.array import Array
    from distributed import Client
    from torch import nn

__all__ = ["Plan", "Run", "analyze", "capture_many", "distances", "plan"]

_File: TypeAlias = "str | os.PathLike[str]"
_Block: TypeAlias = tuple[int, int, int, int]

_log = logging.getLogger(__name__)

# How long a file that a worker has written may take to be seen by the client.
_PATIENCE = 60.0
# Captures under way or waiting to be put into the store, where there are few workers or none yet.
_AHEAD = 8
# Attribute of a store that says what its points were captured with, and its version.
_CAPTURED, _CAPTURED_FORMAT = "layerpath.capture", "layerpath.capture/1"
# Longer options are told by their hash.
_READABLE = 200


@dataclass(frozen=True)
class Run:
    """A checkpoint of a network: what `load` gets to make a model of, and what the points are called."""

    #: Name of the network. Points are called network@epoch/layer.
    network: str
    #: Whatever `load` needs: a file name, for example.
    checkpoint: Any = None
    #: Epochs of training, 0 = untrained, 0.5 = after half of the first.
    epoch: float | None = None
    #: Seed of the training.
    seed: int | None = None

    @property
    def name(self) -> str:
        """Network and epoch, which are different for all runs of a store."""
        if self.epoch is None:
            return self.network
        return f"{self.network}@{np.format_float_positional(self.epoch, trim='-')}"


@dataclass(frozen=True)
class Plan:
    """How a table of distances is cut into tasks."""

    #: Points, K, and numbers of each.
    points: int
    dimension: int
    #: Points on a side of a block, and number of blocks: one task each.
    rows: int
    tasks: int
    #: Bytes that a task takes while it runs, beside Python and what it has imported.
    memory: int
    #: Bytes that all tasks together read from the store, and those of the whole table.
    read: int
    written: int

    def __str__(self) -> str:
        return (
            f"{self.points} points of {self.dimension} coordinates: {self.tasks} tasks of up to {self.rows} points on "
            f"a side, {_text(self.memory)} of memory each; {_text(self.read)} to read, {_text(self.written)} to write"
        )


def capture_many(
    runs: Mapping[str, Any] | Iterable[Run],
    out: _File,
    *,
    load: Callable[[Run], nn.Module],
    inputs: Any,
    target: npt.ArrayLike | Point | None = None,
    layers: Any = "all",
    reduce: _hooks.Reduction = "flatten",
    metric: str | Metric = "angular-cka",
    memory: str | int = "4GiB",
    device: Any = None,
    batch_size: int = 64,
    drop_duplicates: bool = False,
    stimulus_ids: Sequence[str] | None = None,
    precision: Literal["float32", "float64"] = "float32",
    client: Client | None = None,
    retries: int = 2,
    ahead: int | None = None,
) -> None:
    """Captures every run on a worker, and puts the points into one store `out`, run after run, the target last.

    `runs` are `Run`s, or a dict of checkpoints by the name of the network. `load(run)` gives the model; it runs on a
    worker, and so does `inputs()` if `inputs` is a function, which is better than an array of more than some
    megabytes. `target`, `layers`, `reduce`, `metric`, `memory`, `device`, `batch_size`, `drop_duplicates` and
    `stimulus_ids` are those of `lp.capture`, `precision` that of `lp.write_points`.

    A task takes `memory`, the model and what it needs for a batch. Its points wait in a folder beside `out` until
    those of all earlier runs are in the store, which is why the store does not depend on who was faster. At most
    `ahead` runs are under way or waiting (twice the threads of all workers, and at least 8). The same call goes on
    after any end of it: what is in the store or waits beside it is not captured again. Without a target, a store can
    be given more runs later. The store keeps what its points were captured with: a call with other `inputs`, `layers`,
    `reduce`, `metric` or `precision` raises `ValueError`, also where nothing is left to do.

    A task that raises is repeated `retries` times; then the exception is raised here, with the name of the run.
    """
    client = _client(client)
    every = _runs(runs)
    if ahead is not None and ahead < 1:
        raise ValueError(f"ahead: expected a whole number above 0, not {ahead!r}")
    out = os.path.abspath(os.fspath(out))
    options = {
        "target": _numbers(target),
        "layers": layers,
        "reduce": reduce,
        "metric": str(as_metric(metric)),
        "drop_duplicates": drop_duplicates,
        "stimulus_ids": None if stimulus_ids is None else list(stimulus_ids),
    }
    call = uuid.uuid4().hex[:8]
    own = {"format": _CAPTURED_FORMAT, "precision": str(precision)}
    own |= {name: _label(value) for name, value in options.items() if name != "target"}
    there = _captured_with(out)
    # What needs no worker is said first.
    _refuse_others(out, there, own)
    # A task of its own, so that it goes to each worker once and is there again when a worker is lost.
    stimuli = client.submit(inputs, key=f"inputs-{call}", retries=retries) if callable(inputs) else None
    if stimuli is None:
        own["inputs"] = _label(inputs)
    else:
        # Not kept: a worker that is lost would cost it again.
        own["inputs"] = _result(client.submit(_label, stimuli, key=f"told-{call}", retries=retries), "inputs")
    _refuse_others(out, there, own)
    own["target"] = _label(target if target is None or isinstance(target, Point) else np.asarray(options["target"]))
    parts = f"{out}.parts-{_digest(own)[:12]}"
    _refuse_other_parts(out, parts)
    # Where parts wait, the call came to no end, maybe between the last points and what is said of them.
    n_done = _n_captured(out, every, there, own, ended=not os.path.isdir(parts))
    if n_done == len(every):
        if there != own:
            with _files.alone(out):
                _tell(out, own)
        shutil.rmtree(parts, ignore_errors=True)
        return
    try:
        os.makedirs(parts, exist_ok=True)
    except OSError as error:
        raise _files.unwritable(out, error) from None
    _log.info("%d of %d runs are to be captured, %s of memory each", len(every) - n_done, len(every), memory)
    options |= {"memory": memory, "device": device, "batch_size": batch_size}
    if stimuli is None:
        stimuli = client.submit(_same, inputs, key=f"inputs-{call}")
    appender, is_first = PointsAppender(out), True
    coming = itertools.islice(enumerate(every), n_done, None)
    waiting: deque[tuple[Run, str, Any]] = deque()
    try:
        while True:
            room = (ahead or max(_AHEAD, 2 * sum(client.nthreads().values()))) - len(waiting)
            for place, run in itertools.islice(coming, max(room, 0)):
                part = os.path.join(parts, _file_name(f"{run.name} {run.seed}", run.name) + ".zarr")
                future = None
                if not os.path.exists(part):
                    future = client.submit(
                        _capture, run, part, load, stimuli, options, precision,
                        key=f"capture-{call}-{run.name}", retries=retries, priority=-place, pure=False,
                    )  # fmt: skip
                waiting.append((run, part, future))
            if not waiting:
                break
            run, part, future = waiting[0]
            if future is not None:
                _result(future, f"run {run.name!r}")
                _wait_for(part)
            if is_first:
                _refuse_changed(out, every, own, n_done)
                is_first = False
            appender.append(part, with_targets=run is every[-1])
            # Now that the appender keeps others out.
            if there != own:
                _tell(out, own)
                there = own
            _remove(part)
            waiting.popleft()
    finally:
        # A traceback that is kept would keep the store from the next call.
        del appender
        futures = [future for _, _, future in waiting if future is not None]
        if all(future.done() for future in futures):
            # Otherwise tasks that run leave their work there.
            _remove_if_empty(parts)
        client.cancel([stimuli, *futures])
    shutil.rmtree(parts, ignore_errors=True)
    for other in _parts(out):
        _remove_if_empty(other)


def plan(store: _File | Sequence[_File], *, memory: str | int = "1GiB") -> Plan:
    """What `distances` with that memory comes to, before anything is computed."""
    table = StoredTable(_paths(store))
    return _plan(table, _bytes(memory))


def distances(
    store: _File | Sequence[_File],
    *,
    memory: str | int = "1GiB",
    out: _File | None = None,
    overwrite: bool = False,
    client: Client | None = None,
    retries: int = 2,
) -> Array:
    """Distances of all pairs of points of a store, or of several, as a Dask array of K×K float64.

    Each task computes one block and takes at most `memory`. The numbers are those of `layerpath distances --memory`
    with the same memory, bit for bit on processors of one kind.

    Without `out` nothing is computed yet: `.compute()`, slices, `.to_zarr()` and all else that Dask arrays have
    compute the blocks that they need, on any scheduler; `.compute(retries=2)` repeats tasks that raise.

    With `out`, the workers of the client write the table, a Zarr v3 array whose chunks are the blocks, and the answer
    reads from there. Each block is written once, under its final name only when it is whole; the same call goes on with
    the blocks that are missing, and does nothing if the table is there and whole: a chunk that was lost or cut is
    computed again. The array takes the name `out` when it is complete. While one call writes, others are refused. A
    task that raises is repeated `retries` times.
    """
    _distributed()
    paths, budget = _paths(store), _bytes(memory)
    table = StoredTable(paths)
    own = _plan(table, budget)
    rows, _, blocks = table.plan(budget)
    identity = table.identity()
    _log.info("%s", own)
    if out is None:
        return _lazy(paths, identity, budget, len(table), rows, blocks)
    client = _client(client)
    _refuse_within(paths, out, [out])
    out = os.path.abspath(os.fspath(out))
    if not _is_made(out, table, budget, rows):
        try:
            with _files.alone(out):
                _put_damaged_back(out, table, budget, rows)
                try:
                    shared = SharedTable.begin(out, table, budget, overwrite=overwrite)
                except FileExistsError as error:
                    raise FileExistsError(_other_table(out, table, rows)) from error
                if shared is not None:
                    _fill(client, shared, out, paths, identity, budget, blocks, retries)
        except Exception:
            # Where it is there now, another call with the same arguments has made it meanwhile.
            if not _is_made(out, table, budget, rows):
                raise
    return _written(out, len(table), rows)


def _fill(
    client: Any,
    shared: SharedTable,
    out: str,
    paths: tuple[str, ...],
    identity: str,
    memory: int,
    blocks: list[_Block],
    retries: int,
) -> None:
    """Has the workers write the blocks that are missing, and gives the table its name."""
    missing = [block for block in blocks if not shared.is_done(block)]
    if len(missing) < len(blocks):
        done = len(blocks) - len(missing)
        _log.info("going on with a table of which %d of %d blocks are done", done, len(blocks))
    # Blocks on the diagonal are half the work: those that take longer first.
    missing.sort(key=lambda block: block[:2] == block[2:])
    tasks = (
        (_block_name(block), (_write_block, paths, identity, memory, block, out, shared.source)) for block in missing
    )
    _run_all(client, tasks, "block", retries)
    shared.finish()


def analyze(
    store: _File | Sequence[_File],
    out: _File,
    *,
    baselines: bool = False,
    intervals: bool = False,
    seed: int = 0,
    client: Client | None = None,
    retries: int = 2,
) -> list[str]:
    """Analyses every path of a store, one task and one folder in `out` for each network and epoch.

    A folder has the files of `layerpath analyze --out` on the points of that path, and `stamp.json`, which says what
    they were made from; `baselines`, `intervals` and `seed` are those of `Path.to_analysis`. The same call does again
    only what is missing or was made from other points. A task takes the memory of its own points, in float64. Gives the
    folders in the order of the paths.
    """
    client = _client(client)
    paths = _paths(store)
    table = StoredTable(paths)
    identity = table.identity()
    options = {"baselines": bool(baselines), "intervals": bool(intervals), "seed": seed}
    found = table.paths()
    if not found:
        raise ValueError("store: there is no path, which needs at least two layers besides the target")
    folders = [os.path.join(os.path.abspath(os.fspath(out)), _file_name(name, name)) for name, _ in found]
    _refuse_within(paths, out, folders)
    longest = max(len(places) for _, places in found)
    _log.info("%d paths, up to %s of points each", len(found), _text(8 * table.dimension * longest))
    tasks = zip(found, folders, strict=True)
    _run_all(
        client,
        ((name, (_analyze, paths, identity, places, folder, options)) for (name, places), folder in tasks),
        "path",
        retries,
    )
    return folders


# What workers do.


def _capture(run: Run, part: str, load: Any, inputs: Any, options: dict[str, Any], precision: Any) -> None:
    if os.path.exists(part):
        return
    _match_threads()
    captured = capture(load(run), inputs, network=run.network, epoch=run.epoch, seed=run.seed, **options)
    try:
        write_points(part, captured.points, precision=precision)
    except OSError:
        # A task that was given to a second worker may have been done by both.
        if not os.path.exists(part):
            raise


def _block(paths: tuple[str, ...], identity: str, memory: int, block: _Block) -> npt.NDArray[np.float64]:
    _match_threads()
    return _opened(paths, identity).block(memory, block)


def _write_block(paths: tuple[str, ...], identity: str, memory: int, block: _Block, out: str, source: str) -> None:
    _match_threads()
    shared = SharedTable.join(out, source)
    if not shared.is_done(block):
        _opened(paths, identity).write_block(memory, block, shared)


def _analyze(paths: tuple[str, ...], identity: str, places: list[int], folder: str, options: dict[str, Any]) -> None:
    _match_threads()
    table = _opened(paths, identity)
    source = f"{table.identity_of(places)} {__version__} {sorted(options.items())}"
    stage = Stage(folder)
    if stage.is_finished(source):
        return
    stage.begin()
    (path,) = table.points(places).paths()
    path.to_analysis(folder, **options)
    stage.finish(source, sorted(name for name in os.listdir(folder) if not name.startswith(".")))


def _chunk(out: str, row: int, column: int, rows: int, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    file = _chunk_file(out, row, column)
    mend = "the table is damaged: the call of `distances` that wrote it mends it"
    try:
        values = np.fromfile(file, dtype="<f8")
    except FileNotFoundError:
        raise FileNotFoundError(f"out: chunk {row}/{column} of `{out}` is missing; {mend}") from None
    if os.path.getsize(file) != 8 * rows * rows:
        found, wanted = os.path.getsize(file), 8 * rows * rows
        raise ValueError(f"out: chunk {row}/{column} of `{out}` has {found} bytes instead of {wanted}; {mend}")
    return values.reshape(rows, rows)[: shape[0], : shape[1]]


def _chunk_file(out: str, row: int, column: int) -> str:
    return os.path.join(out, "c", str(row), str(column))


def _same(value: Any) -> Any:
    return value


@functools.lru_cache(maxsize=2)
def _opened(paths: tuple[str, ...], identity: str) -> StoredTable:
    """The stores, opened once in a process: their descriptions are long, and every chunk is looked at."""
    table = StoredTable(paths)
    if table.identity() != identity:
        raise ValueError(f"store: {', '.join(paths)} has changed since the call began; make the call again")
    return table


def _match_threads() -> None:
    """Gives Rust as many threads as the worker has: one pool serves all tasks of a process, made when first used."""
    distributed = _distributed()
    try:
        worker = distributed.get_worker()
    except ValueError:
        return
    os.environ.setdefault("RAYON_NUM_THREADS", str(worker.state.nthreads))


# What the client does.


def _distributed() -> Any:
    try:
        import dask.array  # noqa: F401
        import distributed
    except ImportError:
        raise ImportError("layerpath.dask needs Dask, which is not installed; `pip install layerpath[dask]`") from None
    return distributed


def _client(client: Any) -> Any:
    distributed = _distributed()
    if client is None:
        try:
            client = distributed.get_client()
        except ValueError:
            raise ValueError("client: there is no Dask client; make one: `client = distributed.Client()`") from None
    if not isinstance(client, distributed.Client):
        raise TypeError(f"client: expected a distributed.Client, not {type(client).__name__}")
    if client.asynchronous:
        raise ValueError("client: expected one that waits, not an asynchronous one")
    return client


def _paths(store: _File | Sequence[_File]) -> tuple[str, ...]:
    stores = [store] if isinstance(store, (str, os.PathLike)) else list(store)
    return tuple(os.path.abspath(os.fspath(path)) for path in stores)


def _refuse_within(paths: tuple[str, ...], out: _File, written: Iterable[_File]) -> None:
    """Refuses results in the place of a store that is read, or among its files."""
    for path in paths:
        store = os.path.realpath(path)
        for file in map(os.path.realpath, written):
            if file == store or file.startswith(os.path.join(store, "")):
                raise ValueError(
                    f"out: `{os.fspath(out)}` would change the store `{path}`, which is read; choose a place outside "
                    "of it"
                )


def _runs(runs: Mapping[str, Any] | Iterable[Run]) -> list[Run]:
    if isinstance(runs, Mapping):
        runs = [Run(network=name, checkpoint=checkpoint) for name, checkpoint in runs.items()]
    every = list(runs)
    if not every:
        raise ValueError("runs: there are none")
    names = set()
    for place, run in enumerate(every):
        if not isinstance(run, Run):
            raise TypeError(f"runs[{place}]: expected a layerpath.dask.Run, not {type(run).__name__}")
        if run.name in names:
            raise ValueError(f"runs: two are called {run.name!r}; name the networks or epochs apart")
        names.add(run.name)
    return every


def _parts(out: str) -> list[str]:
    """Folders beside a store in which captured runs wait."""
    return glob.glob(f"{glob.escape(out)}.parts-*")


def _remove_if_empty(folder: str) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _refuse_other_parts(out: str, parts: str) -> None:
    for other in _parts(out):
        # Where no run waits, nothing would be lost.
        if other != parts and os.listdir(other):
            raise ValueError(
                f"out: `{other}` belongs to a capture into this store with other options or inputs that did not end; "
                "make that call again, or remove the folder"
            )


def _captured_with(out: str) -> dict[str, str] | None:
    """What a store says that its points were captured with."""
    # What is wrong with a description is said when the store is opened.
    attributes = _about(out).get("attributes")
    found = attributes.get(_CAPTURED) if isinstance(attributes, dict) else None
    return found if isinstance(found, dict) else None


def _tell(out: str, own: dict[str, str]) -> None:
    """Says in the store what its points were captured with; the Rust side keeps what it does not know."""
    path = os.path.join(out, "zarr.json")
    with open(path, encoding="utf-8") as file:
        group = json.load(file)
    group["attributes"][_CAPTURED] = own
    try:
        _files.replace(path, json.dumps(group, indent=2, ensure_ascii=False))
    except OSError as error:
        raise _files.unwritable(out, error) from None


def _refuse_others(out: str, there: dict[str, str] | None, own: dict[str, str]) -> None:
    """Refuses points of other stimuli, layers and so on beside those that are there."""
    if there is None:
        return
    if there.get("format") != own["format"]:
        raise ValueError(
            f"out: `{out}` was captured by another program, `layerpath capture` for example; choose another name or "
            "remove it"
        )
    differing = [name for name in own if there.get(name) != own[name]]
    if differing:
        told = "; ".join(f"{name} {there.get(name)}, not {own[name]}" for name in differing)
        raise ValueError(
            f"out: `{out}` was captured with {told}; choose another name, or make the call with what is there"
        )


def _refuse_changed(out: str, every: list[Run], own: dict[str, str], n_done: int) -> None:
    """Refuses a store that another call has begun, or ended, since this one looked."""
    there = _captured_with(out)
    _refuse_others(out, there, {name: text for name, text in own.items() if name != "target"})
    if _n_captured(out, every, there, own, ended=False) != n_done:
        raise ValueError(f"out: `{out}` has changed since the call began; make the call again")


def _n_captured(out: str, every: list[Run], there: dict[str, str] | None, own: dict[str, str], *, ended: bool) -> int:
    """How many of the runs are in the store, which are the first ones."""
    if not os.path.lexists(out):
        return 0
    records = StoredTable((out,)).records
    if there is None and ended:
        raise ValueError(
            f"out: `{out}` does not say what its points were captured with, so `capture_many` did not write it; "
            "choose another name or remove it"
        )
    layers = [record for record in records if record.get("index") is not None]
    found = list(dict.fromkeys((one.get("network"), one.get("epoch"), one.get("seed")) for one in layers))
    wanted = [(run.network, run.epoch, run.seed) for run in every]
    for place, run in enumerate(found):
        if place >= len(wanted) or run != wanted[place]:
            network, epoch, seed = run
            raise ValueError(
                f"out: `{out}` holds points of network {network!r}, epoch {epoch}, seed {seed} in the place of run "
                f"{place}; choose another name, or give its runs in the same order"
            )
    complete = len(layers) < len(records)
    if complete and len(found) < len(wanted):
        raise ValueError(
            f"out: `{out}` is complete, with its target, and has no points of run {every[len(found)].name!r}; "
            "choose another name"
        )
    if complete and ended:
        # Before, a store may go on with another target than in the call that began it.
        _refuse_others(out, there, own)
    if own["target"] != _label(None) and not complete and len(found) == len(wanted):
        raise ValueError(f"out: `{out}` holds all runs without a target; choose another name, or leave `target` out")
    return len(found)


def _plan(table: StoredTable, memory: int) -> Plan:
    rows, needed, blocks = table.plan(memory)
    row_bytes = table.dimension * table.itemsize
    sides = (block[1] - block[0] + (block[3] - block[2]) * (block[:2] != block[2:]) for block in blocks)
    size = len(table)
    return Plan(
        points=size,
        dimension=table.dimension,
        rows=rows,
        tasks=len(blocks),
        memory=needed,
        read=row_bytes * sum(sides),
        written=8 * size * size,
    )


def _run_all(client: Any, tasks: Iterable[tuple[str, tuple[Any, ...]]], what: str, retries: int) -> None:
    """Runs tasks that leave files, each with its name; the first failure ends those that have not begun."""
    call = uuid.uuid4().hex[:8]
    names: dict[Any, str] = {}
    try:
        for name, (function, *arguments) in tasks:
            future = client.submit(function, *arguments, key=f"{what}-{call}-{name}", retries=retries, pure=False)
            names[future] = name
        for future in _distributed().as_completed(list(names)):
            _result(future, f"{what} {names[future]!r}")
    finally:
        client.cancel(list(names))


def _is_made(out: str, table: StoredTable, memory: int, rows: int) -> bool:
    """Whether this table is there, and whole."""
    return _bears_its_source(out, table, memory) and not _damages(out, len(table), rows)


def _bears_its_source(out: str, table: StoredTable, memory: int) -> bool:
    if not os.path.lexists(out):
        return False
    try:
        return SharedTable.begin(out, table, memory) is None
    except FileExistsError:
        return False


def _damages(out: str, size: int, rows: int) -> list[str]:
    """Files of a finished table that are missing or of another size, or that cannot be read."""
    count = len(_sides(size, rows))
    found = []
    about = _about(out)
    if about.get("shape") != [size, size] or _rows_of(about) != rows:
        found.append("zarr.json")
    for i, j in itertools.product(range(count), repeat=2):
        file = _chunk_file(out, i, j)
        if not os.path.isfile(file) or os.path.getsize(file) != 8 * rows * rows:
            found.append(f"c/{i}/{j}")
    return found


def _put_damaged_back(out: str, table: StoredTable, memory: int, rows: int) -> None:
    """Makes a finished table that lost files one that is under way, which goes on with what is missing."""
    if not _bears_its_source(out, table, memory):
        return
    damages = _damages(out, len(table), rows)
    if not damages:
        return
    _log.warning("`%s` is damaged and is mended: %s", out, ", ".join(damages))
    partial = f"{out}.partial"
    if os.path.lexists(partial):
        # Of another source, which would be begun anew too.
        _remove(partial)
    try:
        os.rename(out, partial)
        if "zarr.json" in damages:
            # Without it, a table is begun anew.
            os.unlink(os.path.join(partial, "zarr.json"))
    except OSError as error:
        raise _files.unwritable(out, error) from None


def _about(out: str) -> dict[str, Any]:
    """The description of a store or a table, empty where there is none."""
    try:
        with open(os.path.join(out, "zarr.json"), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _rows_of(about: dict[str, Any]) -> Any:
    try:
        return about["chunk_grid"]["configuration"]["chunk_shape"][0]
    except (KeyError, TypeError, IndexError):
        return None


def _other_table(out: str, table: StoredTable, rows: int) -> str:
    """What stands in the way of a table, and how to go on."""
    about = _about(out)
    own = about.get("attributes", {}).get("layerpath", {})
    if own.get("format") != "layerpath.table/1":
        return f"out: `{out}` is no table of distances; choose another name or remove it"
    names = [point.get("name") for point in own.get("points", [])]
    wanted = [record["name"] for record in table.records]
    if own.get("metric") != str(table.metric):
        what = f"of {own.get('metric')}, and the points are of {table.metric}"
    elif names != wanted:
        shared = len(set(names) & set(wanted))
        what = f"of {len(names)} points, of which {shared} are among the {len(wanted)} that the store has now"
    elif _rows_of(about) != rows:
        what = f"of the same points in blocks of {_rows_of(about)}, and this `memory` makes blocks of {rows}"
    else:
        what = "of points of the same names; the store was written anew since, or `memory` is another"
    return (
        f"out: `{out}` is a table {what}; to keep it, choose another name or make the call that wrote it; "
        "overwrite=True computes it anew"
    )


def _block_name(block: _Block) -> str:
    return "{}:{} {}:{}".format(*block)


def _lazy(paths: tuple[str, ...], identity: str, memory: int, size: int, rows: int, blocks: list[_Block]) -> Array:
    from dask.base import tokenize

    name = f"distances-{tokenize(paths, identity, memory)}"
    graph: dict[Any, Any] = {}
    for block in blocks:
        i, j = block[0] // rows, block[2] // rows
        graph[name, i, j] = (functools.partial(_block, paths, identity, memory, block),)
        if i != j:
            graph[name, j, i] = (np.transpose, (name, i, j))
    return _array(graph, name, size, rows)


def _written(out: str, size: int, rows: int) -> Array:
    """The table of files as an array."""
    from dask.base import tokenize

    name = f"distances-{tokenize(out, os.stat(os.path.join(out, 'zarr.json')).st_mtime_ns)}"
    sides = _sides(size, rows)
    places = itertools.product(range(len(sides)), repeat=2)
    graph = {(name, i, j): (functools.partial(_chunk, out, i, j, rows, (sides[i], sides[j])),) for i, j in places}
    return _array(graph, name, size, rows)


def _array(graph: dict[Any, Any], name: str, size: int, rows: int) -> Array:
    import dask.array
    from dask.highlevelgraph import HighLevelGraph

    layers = HighLevelGraph.from_collections(name, graph, dependencies=[])
    sides = _sides(size, rows)
    array: Any = dask.array.Array
    found: Array = array(layers, name, chunks=(sides, sides), dtype=np.float64)
    return found


def _sides(size: int, rows: int) -> tuple[int, ...]:
    return tuple(min(rows, size - start) for start in range(0, size, rows))


def _result(future: Any, what: str) -> Any:
    try:
        return future.result()
    except Exception as error:
        raise _told(error, what) from error.__cause__


def _told(error: Exception, what: str) -> Exception:
    """The same exception, which says what it is about."""
    if isinstance(error, OSError) and error.strerror:
        error.strerror = f"{what}: {error.strerror}"
    elif error.args and isinstance(error.args[0], str):
        error.args = (f"{what}: {error.args[0]}", *error.args[1:])
    else:
        error.args = (what, *error.args)
    return error


def _wait_for(part: str) -> None:
    """Network file systems may be slow to show a new name."""
    end = time.monotonic() + _PATIENCE
    while not os.path.exists(part):
        if time.monotonic() > end:
            raise FileNotFoundError(
                f"out: a worker has written `{part}`, which is not to be seen here; choose a place on a file system "
                "that the client and all workers share"
            )
        # Looking into the folder renews what the system remembers of it.
        os.listdir(os.path.dirname(part))
        time.sleep(0.1)


def _remove(part: str) -> None:
    """First the name, so that a kill leaves no half of it."""
    folder, name = os.path.split(part)
    gone = os.path.join(folder, f".{name}.{uuid.uuid4().hex[:6]}.tmp")
    os.rename(part, gone)
    shutil.rmtree(gone)


def _file_name(name: str, shown: str) -> str:
    """A name for a file that shows what it is for; different for different names."""
    kept = re.sub(r"[^\w.@+=-]", "_", shown)[:50]
    if kept and kept == name and not kept.startswith("."):
        return kept
    return f"{kept.lstrip('.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _numbers(value: Any) -> Any:
    """Tensors as arrays, so that their numbers count and not how they are kept."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _label(value: Any) -> str:
    """An option or inputs in words, others for other values."""
    if _is_plain(value):
        text = repr(list(value) if isinstance(value, tuple) else value)
        if len(text) <= _READABLE:
            return text
    if isinstance(value, Point):
        value = value.coordinates
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        what = f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    elif isinstance(value, (Mapping, str, list, tuple)):
        what = f"{type(value).__name__} of {len(value)}"
    else:
        return getattr(value, "__qualname__", type(value).__qualname__)
    return f"{what} with SHA-256 {_digest(value)[:16]}"


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(part) for part in value)
    return value is None or isinstance(value, (str, int, float))


def _digest(value: Any) -> str:
    """Tells options and inputs apart; of functions and other objects only what they are called."""
    found = hashlib.sha256()
    for part in _described(value):
        found.update(len(part).to_bytes(8, "little") + part)
    return found.hexdigest()


def _described(value: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield repr(key).encode()
            yield from _described(part)
    elif isinstance(value, (list, tuple)):
        yield f"{len(value)} parts".encode()
        for part in value:
            yield from _described(part)
    elif isinstance(value, Point):
        yield from _described(value.coordinates)
    elif hasattr(value, "detach"):
        # The same numbers as an array are the same.
        yield f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}".encode()
        yield _hooks._bits(value.detach().contiguous()).tobytes()
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes() if value.dtype != object else repr(value.tolist()).encode()
    elif value is None or isinstance(value, (str, int, float, np.generic)):
        yield repr(value).encode()
    elif hasattr(value, "__array__"):
        yield from _described(np.asarray(value))
    else:
        yield getattr(value, "__qualname__", type(value).__qualname__).encode()
