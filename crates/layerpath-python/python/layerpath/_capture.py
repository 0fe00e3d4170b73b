"""Hidden layers of a PyTorch model as points, within a memory budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from . import _hooks, _html
from ._core import GramAccumulator, Metric, Path, Point, Points, as_metric, target_point, write_points
from ._hooks import Reduction

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Capture", "capture"]

_Layer: TypeAlias = "str | type[nn.Module] | nn.Module | Callable[[str, nn.Module], bool]"
_Layers: TypeAlias = "_Layer | Sequence[_Layer]"

# Units of a piece of a layer that is cut: so many columns make an efficient product.
_COLUMNS = 1024
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


@dataclass(frozen=True)
class Capture:
    """The points of a model's layers in order of execution, made by `capture`."""

    #: The points; layers by name, the target last if there is one.
    points: Points
    #: Names of the layers in order of execution.
    names: list[str]
    #: Shape of each layer's output as the model gave it, stimuli first.
    shapes: dict[str, tuple[int, ...]]
    #: What was found but has no point, and why: outputs that are no floating-point tensors, for example.
    skipped: list[tuple[str, str]]
    #: Layers left out as duplicates, with the layer that they repeat.
    duplicates: dict[str, str]
    #: How often the model went over all stimuli.
    passes: int
    #: Rows of each stimulus: its positions, with reduce="positions-as-stimuli".
    positions: int

    @property
    def metric(self) -> Metric:
        """The metric."""
        return self.points.metric

    @property
    def stimuli(self) -> int:
        """Number of rows of each layer."""
        return self.points.stimuli

    def path(
        self,
        *,
        target: npt.ArrayLike | Point | None = None,
        layers: Sequence[str] | None = None,
        network: str | None = None,
    ) -> Path:
        """The path through all layers, or those named, in order of execution, to the target: labels, an array, a point;
        by default the target that `capture` was given."""
        names = self.names if layers is None else list(layers)
        for name in names:
            if name not in self.names:
                raise ValueError(f"layers: no layer is called {name!r}; there are {', '.join(self.names)}")
        if len(names) < 2:
            raise ValueError(f"layers: a path needs two layers or more, not {len(names)}")
        own: Any = target
        if target is None:
            own = self.points[-1] if len(self.points) > len(self.names) else None
        elif not isinstance(target, Point):
            own = _repeated(target, self.positions)
        record = self.points.records[0]
        return Points(
            {name: self.points[name] for name in names},
            target=own,
            metric=self.metric,
            network=record.get("network") if network is None else network,
            epoch=record.get("epoch"),
            seed=record.get("seed"),
            stimulus_ids=self.points.stimulus_ids,
        ).paths()[0]

    def write_points(
        self, path: Any, *, precision: Literal["float32", "float64"] = "float32", overwrite: bool = False
    ) -> None:
        """Writes the points store that the command line reads."""
        write_points(path, self.points, precision=precision, overwrite=overwrite)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        skipped = f", {len(self.skipped)} outputs skipped" if self.skipped else ""
        return (
            f"Capture({len(self.names)} layers, {self.stimuli} stimuli, {self.metric}, {self.passes} passes{skipped})"
        )

    def _repr_html_(self) -> str:
        return _html.capture(self)


def capture(
    model: nn.Module,
    inputs: Any,
    *,
    layers: _Layers = "all",
    reduce: Reduction = "flatten",
    metric: str | Metric = "angular-cka",
    target: npt.ArrayLike | Point | None = None,
    memory: str | int = "4GiB",
    device: Any = None,
    batch_size: int = 64,
    drop_duplicates: bool = False,
    network: str | None = None,
    epoch: float | None = None,
    seed: int | None = None,
    stimulus_ids: Sequence[str] | None = None,
) -> Capture:
    """The layers of a `torch.nn.Module` as points, in order of execution.

    `inputs` are all stimuli: a tensor or array, a tuple of them for a model of several arguments, a dict for one of
    keyword arguments; cut into batches of `batch_size`. Or a list of batches, or anything else that can be gone through
    several times (a `DataLoader` without shuffling), whose items are batches of these forms.

    `layers` chooses modules: "all", a name or a glob ("layer1.*"; "input" is the model's input, "output" its output), a
    class (`nn.ReLU`), a module itself, a function of name and module, or a list of these. "all" is every module and the
    input, except that a module which only hands on the tensor of a module inside it is not listed a second time. A
    module's second call is `name#2`; parts of a tuple are `name.0`, of a dict `name.key`.

    `reduce` makes a row of a tensor: "flatten"; "mean" over positions; "last-token" or "cls" (the first token) of
    tensors with the axes stimuli, tokens, units; "positions-as-stimuli", where every position is a row of its own.
    Tensors with three axes are stimuli, positions, units; with four or more, stimuli, units, positions. A reduction
    that has no meaning for a tensor leaves it flattened, which the point's record says.

    `memory` bounds what this function holds: the points, the activations of a group of layers, and the work on one of
    them; not the model and what it needs for one batch. The layers are cut into groups that fit, and the model goes
    over all stimuli once for every group; a group's activations are embedded one after the other and dropped. A layer
    that does not fit alone is cut into blocks of units, and its Gram matrix, a sum over units, is accumulated block by
    block: exact, for angular-cka with the linear kernel; other metrics need all units at once and say so.

    `drop_duplicates` leaves out a layer whose activations equal those of an earlier one, bit by bit. `network`,
    `epoch` and `seed` (of its training) say where the points come from, in their records and in files.

    The model is in evaluation mode and without gradients meanwhile. Afterwards, also after an exception, every module
    is in the mode it was in and on its device, and no hook is left.
    """
    torch = _hooks.import_torch()
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model: expected a torch.nn.Module, not {type(model).__name__}")
    if reduce not in _hooks.REDUCTIONS:
        raise ValueError(f"reduce: expected one of {', '.join(_hooks.REDUCTIONS)}, not {reduce!r}")
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size: expected a whole number above 0, not {batch_size!r}")
    if not isinstance(drop_duplicates, bool):
        raise TypeError(f"drop_duplicates: expected True or False, not {drop_duplicates!r}")
    if network is not None and not isinstance(network, str):
        raise TypeError(f"network: expected a text, not {type(network).__name__}")
    own = as_metric(metric)
    budget = _bytes(memory)
    batches = _hooks.Batches(inputs, batch_size)
    wanted = _hooks.Selection(model, layers)
    with _hooks.evaluating(model, device) as placed:
        runner = _hooks.Runner(model, batches, wanted, reduce, placed)
        # The first pass only looks: names, order, shapes, and fingerprints if duplicates are to go.
        found = runner.survey(fingerprints=drop_duplicates)
        if not found.states:
            raise ValueError(
                f"layers: nothing with a floating-point output matches {layers!r}; see `model.named_modules()`"
            )
        positions = found.positions()
        rows = found.stimuli * positions
        # What is wrong with these is said before the long work.
        goal = None if target is None else target_point(own, _repeated(target, positions), rows)
        if stimulus_ids is not None and len(stimulus_ids) != rows:
            raise ValueError(f"stimulus_ids: {len(stimulus_ids)} identifiers for {rows} stimuli")
        states = [state for state in found.states if state.name not in found.duplicates]
        plan = _plan(own, rows, states, budget, target is not None)
        unusable = len(found.skipped)
        points = _embed(runner, own, rows, positions, plan, found.skipped if wanted.everything else None)
        states = [state for state in states if state.name in points]
        if not states:
            name, reason = found.skipped[unusable]
            raise ValueError(f"layer {name!r}: {reason}")
    shapes = {state.name: (found.stimuli, *state.shape) for state in states}
    all_points = Points(
        {state.name: points[state.name] for state in states},
        target=goal,
        metric=own,
        network=network,
        epoch=epoch,
        seed=seed,
        stimulus_ids=stimulus_ids,
        shapes=[list(shapes[state.name]) for state in states],
        reductions=[state.reduction for state in states],
    )
    return Capture(
        points=all_points,
        names=[state.name for state in states],
        shapes=shapes,
        skipped=found.skipped,
        duplicates=found.duplicates,
        passes=1 + len(plan),
        positions=positions,
    )


@dataclass(frozen=True)
class _Piece:
    """Some units of one state."""

    state: _hooks.State
    start: int
    stop: int

    @property
    def whole(self) -> bool:
        return self.start == 0 and self.stop == self.state.units


def _plan(
    metric: Metric, rows: int, states: Sequence[_hooks.State], budget: int, with_target: bool
) -> list[list[_Piece]]:
    """Passes over the stimuli, each with the pieces of layers that it brings home."""
    kept = (len(states) + with_target) * 8 * metric.coordinates(rows)
    linear = _accumulates(metric, rows)
    # A Gram matrix and a panel of centred columns while one layer is embedded; for other metrics distances, or
    # activations of up to twice as many units as stimuli with their singular vectors and the work on them.
    work = (8 if linear else 64) * rows * rows + 8 * rows * _COLUMNS
    # A layer that is cut has its sum beside the work on others.
    cut_work = work + 8 * rows * rows
    room = budget - kept - work
    passes: list[list[_Piece]] = []
    left = 0
    for state in states:
        row_bytes = rows * state.itemsize
        size = row_bytes * state.units
        if size <= room:
            if size > left:
                passes.append([])
                left = room
            passes[-1].append(_Piece(state, 0, state.units))
            left -= size
            continue
        if not linear:
            raise MemoryError(
                f"memory: the activations of {state.name!r} need {_text(size)} beside {_text(kept + work)} for points "
                f"and work, and {metric} needs all units of a layer at once; raise `memory`, use fewer stimuli, or "
                "angular-cka with the linear kernel, which takes a few units at a time"
            )
        cut_room = budget - kept - cut_work
        columns = cut_room // row_bytes // _COLUMNS * _COLUMNS
        if columns <= 0:
            raise MemoryError(
                f"memory: {_text(budget)} is too little for {rows} stimuli and {len(states)} layers; "
                f"at least {_text(kept + cut_work + _COLUMNS * row_bytes)} are needed"
            )
        for start in range(0, state.units, columns):
            passes.append([_Piece(state, start, min(start + columns, state.units))])
        left = 0
    return passes


def _embed(
    runner: _hooks.Runner,
    metric: Metric,
    rows: int,
    positions: int,
    plan: list[list[_Piece]],
    skipped: list[tuple[str, str]] | None,
) -> dict[str, Point]:
    """Points of layers; what has none goes to `skipped`, if there is such a list."""
    points: dict[str, Point] = {}
    sums: dict[str, GramAccumulator] = {}
    for pieces in plan:
        buffers = runner.collect([(piece.state, piece.start, piece.stop) for piece in pieces], rows, positions)
        for piece in pieces:
            name = piece.state.name
            # Popped, so that each layer's activations go as soon as its point is there.
            activations = buffers.pop(name)
            try:
                if piece.whole:
                    points[name] = metric.point(activations)
                else:
                    if name not in sums:
                        sums[name] = GramAccumulator(rows, metric=metric)
                    sums[name].add(activations)
                    if piece.stop == piece.state.units:
                        points[name] = sums.pop(name).point()
            except ValueError as error:
                reason = str(error).removeprefix("array: ")
                if skipped is None or "does not tell" not in reason:
                    raise ValueError(f"layer {name!r}: {reason}") from error
                # A dead layer among all the others.
                skipped.append((name, reason))
            del activations
    return points


def _accumulates(metric: Metric, rows: int) -> bool:
    """Whether a point of this metric can be made from a few units at a time."""
    name = str(metric)
    return name.startswith("angular-cka[") and "kernel=linear" in name


def _repeated(target: Any, positions: int) -> Any:
    """A target for every position of every stimulus."""
    if positions == 1 or isinstance(target, Point):
        return target
    if hasattr(target, "repeat_interleave"):
        return target.detach().repeat_interleave(positions, dim=0)
    return np.repeat(np.asarray(target), positions, axis=0)


def _bytes(memory: str | int) -> int:
    if isinstance(memory, int) and not isinstance(memory, bool):
        amount: float = memory
    else:
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]i?)?b?\s*", str(memory), re.IGNORECASE)
        if found is None or not isinstance(memory, str):
            raise ValueError(f"memory: expected a number of bytes or a text such as '4GiB', not {memory!r}")
        amount = float(found[1]) * _UNITS[(found[2] or "").upper()]
    if amount <= 0:
        raise ValueError(f"memory: expected more than nothing, not {memory!r}")
    return int(amount)


def _text(size: int) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size = size / 1024  # type: ignore[assignment]
    return f"{size:.1f} GiB"
