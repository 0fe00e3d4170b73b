"""Forward hooks, batches and reductions: everything of `capture` that touches PyTorch."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

Reduction: TypeAlias = Literal["flatten", "mean", "last-token", "cls", "positions-as-stimuli"]
REDUCTIONS = ("flatten", "mean", "last-token", "cls", "positions-as-stimuli")


def import_torch() -> Any:
    """PyTorch, or an error that says how to get it."""
    try:
        import torch
    except ImportError:
        raise ImportError("lp.capture needs PyTorch, which is not installed; `pip install torch`") from None
    return torch


@dataclass
class State:
    """An output of a module: one point of the path."""

    name: str
    #: Shape behind the stimuli, as the model gave it.
    shape: tuple[int, ...]
    #: Units of a row after the reduction.
    units: int
    #: Rows of one stimulus.
    positions: int
    #: What was done to it.
    reduction: str
    #: Type of its elements in PyTorch, and their size.
    dtype: Any
    itemsize: int


@dataclass
class Survey:
    """What one pass over the stimuli has found."""

    states: list[State] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    duplicates: dict[str, str] = field(default_factory=dict)
    stimuli: int = 0

    def positions(self) -> int:
        """Rows of one stimulus, the same for all states."""
        first = self.states[0]
        for state in self.states:
            if state.positions != first.positions:
                raise ValueError(
                    f"reduce: {first.name!r} has {first.positions} positions and {state.name!r} has {state.positions}; "
                    "with 'positions-as-stimuli' all layers need equally many, so choose them with `layers`"
                )
        return first.positions


class Batches:
    """The stimuli, which can be gone through several times."""

    def __init__(self, inputs: Any, batch_size: int) -> None:
        self._inputs = inputs
        self._size = batch_size
        if isinstance(inputs, (str, bytes)) or inputs is None:
            raise TypeError(f"inputs: expected tensors or batches of them, not {type(inputs).__name__}")
        self._whole = _is_tensor(inputs) or isinstance(inputs, (tuple, Mapping))
        if self._whole:
            lengths = {len(part) for part in _parts(inputs) if _is_tensor(part)}
            if len(lengths) != 1:
                raise ValueError(f"inputs: expected tensors of one number of stimuli, not {sorted(lengths)}")
            if lengths == {0}:
                raise ValueError("inputs: there are no stimuli")
        elif not hasattr(inputs, "__iter__"):
            raise TypeError(f"inputs: expected tensors or batches of them, not {type(inputs).__name__}")
        elif iter(inputs) is inputs:
            raise TypeError("inputs: an iterator can be gone through only once; give a list of batches")

    def order(self) -> Any:
        """What tells whether a later pass gives the same stimuli; nothing where they are cut here."""
        return None if self._whole else hashlib.blake2b()

    def __iter__(self) -> Iterator[Any]:
        if not self._whole:
            yield from self._inputs
            return
        count = next(len(part) for part in _parts(self._inputs) if _is_tensor(part))
        for start in range(0, count, self._size):
            stop = min(start + self._size, count)
            yield _mapped(self._inputs, lambda part: part[start:stop] if _is_tensor(part) else part)  # noqa: B023


class Selection:
    """Which modules are wanted."""

    def __init__(self, model: nn.Module, layers: Any) -> None:
        torch = import_torch()
        self.everything = isinstance(layers, str) and layers == "all"
        # A module that is used under several names can be chosen by each.
        named = list(model.named_modules(remove_duplicate=False))
        taken = {name for name, _ in named}
        self.input = _free("input", taken)
        self.output = _free("output", taken)
        self.modules: dict[nn.Module, str] = {}
        patterns: Sequence[Any] = [layers] if isinstance(layers, (str, type)) or callable(layers) else layers
        if not isinstance(patterns, Sequence):
            raise TypeError(
                f"layers: expected 'all', a name, a class, a list of them or a function, not {type(layers).__name__}"
            )
        self.with_input = self.everything
        used = [False] * len(patterns)
        for name, module in named:
            shown = name or self.output
            for place, pattern in enumerate(patterns):
                if self._matches(pattern, shown, module, torch):
                    used[place] = True
                    self.modules.setdefault(module, shown)
        for place, pattern in enumerate(patterns):
            if isinstance(pattern, str) and fnmatchcase(self.input, pattern) and not self.everything:
                self.with_input, used[place] = True, True
            if not used[place]:
                raise ValueError(
                    f"layers: no module matches {pattern!r}; there are {', '.join(name for name, _ in named if name)}"
                )

    def _matches(self, pattern: Any, name: str, module: nn.Module, torch: Any) -> bool:
        if self.everything:
            return True
        if isinstance(pattern, str):
            return fnmatchcase(name, pattern)
        if isinstance(pattern, type) and issubclass(pattern, torch.nn.Module):
            return isinstance(module, pattern)
        if isinstance(pattern, torch.nn.Module):
            return module is pattern
        if callable(pattern) and not isinstance(pattern, type):
            return bool(pattern(name, module))
        raise TypeError(f"layers: expected names, module classes or a function, not {pattern!r}")


#: One capture at a time for each model, since it changes the model's mode for a while.
_LOCKS: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


@contextlib.contextmanager
def evaluating(model: nn.Module, device: Any) -> Iterator[Any]:
    """The model in evaluation mode, without gradients, on `device`; afterwards as it was."""
    torch = import_torch()
    with _LOCK:
        own = _LOCKS.setdefault(model, threading.RLock())
    with own:
        yield from _evaluating(torch, model, device)


def _evaluating(torch: Any, model: nn.Module, device: Any) -> Iterator[Any]:
    modes = [(module, module.training) for module in model.modules()]
    tensors = [*model.parameters(), *model.buffers()]
    devices = {tensor.device for tensor in tensors}
    home = next(iter(devices), torch.device("cpu"))
    try:
        place = home if device is None else torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device: {error}") from error
    if place.type == "meta":
        raise ValueError("device: 'meta' holds no numbers")
    moved = device is not None and devices - {place}
    if moved and len(devices) > 1:
        raise ValueError("device: the model is spread over several devices; leave `device` out")
    try:
        if moved:
            try:
                model.to(place)
            except (AssertionError, RuntimeError) as error:
                raise ValueError(f"device: {error}") from error
        model.eval()
        with torch.no_grad():
            yield place
    finally:
        for module, training in modes:
            module.training = training
        if moved:
            model.to(home)


class Runner:
    """Passes of the model over the stimuli."""

    def __init__(self, model: nn.Module, batches: Batches, selection: Selection, reduce: str, device: Any) -> None:
        self.model, self.batches, self.selection, self.reduce, self.device = model, batches, selection, reduce, device
        #: Of the inputs as they came in the first pass.
        self.digest = b""
        self.signature: inspect.Signature | None
        try:
            self.signature = inspect.signature(model.forward)
        except (TypeError, ValueError):
            self.signature = None

    def survey(self, *, fingerprints: bool) -> Survey:
        """Names, order and shapes of the states; the first pass."""
        found = Survey()
        states: dict[str, State] = {}
        first_batch: dict[str, None] = {}
        skipped: dict[str, str] = {}
        digests: dict[str, Any] = {}
        batch_number = 0

        def visit(name: str, value: Tensor, count: int) -> None:
            reason = _unusable(value, count)
            seen.add(name)
            if reason is not None or name in skipped:
                # What is no state in one batch is none at all.
                skipped.setdefault(name, reason or "")
                return
            rows, reduction = reduced(value, self.reduce)
            state = State(
                name,
                tuple(value.shape[1:]),
                _units(rows),
                rows.shape[0] // count,
                reduction,
                value.dtype,
                value.element_size(),
            )
            known = states.setdefault(name, state)
            if (known.units, known.positions, known.dtype) != (state.units, state.positions, state.dtype):
                raise ValueError(
                    f"inputs: in batch {batch_number}, {name!r} has the shape {tuple(value.shape)}, "
                    f"which gives other rows than the first batch's {(count, *known.shape)}; "
                    "pad all inputs to one size, or use reduce='mean'"
                )
            if fingerprints:
                digest = digests.setdefault(name, hashlib.blake2b(str(value.dtype).encode()))
                digest.update(_bits(rows.contiguous()).tobytes())

        def probe(name: str, value: Tensor, count: int) -> None:
            reason = _unusable(value, count)
            if reason is not None:
                skipped.setdefault(name, reason)

        counts: set[int] = set()
        order = self.batches.order()
        for batch_number, batch in enumerate(self.batches):
            seen: set[str] = set()
            count = self._forward(batch, visit, order)
            counts.add(count)
            found.stimuli += count
            if batch_number == 0:
                first_batch = dict.fromkeys(seen)
            for name in seen.symmetric_difference(first_batch):
                if name not in skipped:
                    where = (0, batch_number) if name in first_batch else (batch_number, 0)
                    raise ValueError(f"inputs: {name!r} runs in batch {where[0]} but not in batch {where[1]}")
        self.digest = order.digest() if order is not None else b""
        if len(counts) == 1 and max(counts) > 1:
            # As many stimuli in every batch: an axis of that length may be another one. A smaller batch tells.
            fewer = max(counts) - 1
            first = next(iter(self.batches))
            smaller = _mapped(first, lambda part: part[:fewer] if _is_tensor(part) and len(part) > fewer else part)
            # Models that take batches of one size only cannot be asked.
            with contextlib.suppress(Exception):
                self._forward(smaller, probe)
        if found.stimuli == 0:
            raise ValueError("inputs: there are no stimuli")
        found.states = [state for name, state in states.items() if name not in skipped]
        found.skipped = list(skipped.items())
        originals: dict[bytes, str] = {}
        for name, digest in digests.items():
            if name in skipped:
                continue
            original = originals.setdefault(digest.digest(), name)
            if original != name:
                found.duplicates[name] = original
        return found

    def collect(self, pieces: Sequence[tuple[State, int, int]], rows: int, positions: int) -> dict[str, Any]:
        """The units start … stop of each state for all stimuli, one pass."""
        torch = import_torch()
        buffers: dict[str, tuple[Any, int, int]] = {}
        for state, start, stop in pieces:
            # NumPy's memory, where Python's own tools see it; numbers that NumPy lacks are kept as their bits.
            plain = state.dtype is torch.bfloat16
            array = np.empty((rows, stop - start), dtype=np.int16 if plain else _numpy_type(state.dtype, torch))
            tensor = torch.from_numpy(array)
            buffers[state.name] = (tensor.view(torch.bfloat16) if plain else tensor, start, stop)
        row = 0

        def visit(name: str, value: Tensor, count: int) -> None:
            if name not in buffers or _unusable(value, count) is not None:
                return
            buffer, start, stop = buffers[name]
            own, _ = reduced(value, self.reduce)
            block = own.reshape(own.shape[0], -1)[:, start:stop]
            first, last = row * positions, (row + count) * positions
            if last > rows:
                raise ValueError("inputs: they gave more stimuli in a later pass; give batches that stay the same")
            buffer[first:last].copy_(block)

        order = self.batches.order()
        for batch in self.batches:
            row += self._forward(batch, visit, order)
        if order is not None and order.digest() != self.digest:
            raise ValueError("inputs: they came in another order in a later pass; use a loader without shuffling")
        if row * positions != rows:
            raise ValueError(
                f"inputs: {rows // positions} stimuli at first, {row} in a later pass; give batches that stay the same"
            )
        return {name: buffer for name, (buffer, _, _) in buffers.items()}

    def _forward(self, batch: Any, visit: Callable[[str, Tensor, int], None], order: Any = None) -> int:
        """One batch through the model; `visit` sees every state as soon as it is there, `order` the inputs."""
        batch = _mapped(batch, lambda part: _tensor(part).to(self.device) if _is_tensor(part) else part)
        parts = [part for part in _parts(batch) if _is_tensor(part)]
        if not parts or parts[0].ndim == 0:
            raise TypeError("inputs: expected batches of tensors with the stimuli along the first axis")
        count = len(parts[0])
        if order is not None:
            order.update(_bits(parts[0].detach().contiguous()).tobytes())
        if isinstance(batch, (tuple, list)):
            self._check_arguments(batch)
        calls: dict[str, int] = {}
        #: Tensors that modules gave, as long as they live, and their versions: what is only handed on is known again.
        given: dict[int, tuple[Any, int]] = {}

        def take(name: str, value: Any, container: bool) -> None:
            calls[name] = calls.get(name, 0) + 1
            call = name if calls[name] == 1 else f"{name}#{calls[name]}"
            for suffix, part in _outputs(value):
                handed_on = False
                if _is_torch(part):
                    known = given.get(id(part))
                    # Tensors of inference mode do not count what happens to them.
                    version = -1 if part.is_inference() else part._version
                    handed_on = known is not None and known[0]() is part and known[1] == version
                    given[id(part)] = (weakref.ref(part), version)
                if container and handed_on and self.selection.everything:
                    continue
                visit(call + suffix, part, count)

        handles = []
        try:
            for module, name in self.selection.modules.items():
                container = next(module.children(), None) is not None

                def hook(
                    _module: Any, _inputs: Any, output: Any, name: str = name, container: bool = container
                ) -> None:
                    take(name, output, container)

                handles.append(module.register_forward_hook(hook))
            if self.selection.with_input:
                take(self.selection.input, batch if not isinstance(batch, tuple) or len(batch) > 1 else batch[0], False)
            if isinstance(batch, Mapping):
                self.model(**batch)
            elif isinstance(batch, tuple):
                self.model(*batch)
            elif isinstance(batch, list):
                self.model(*batch)
            else:
                self.model(batch)
        finally:
            for handle in handles:
                handle.remove()
        return count


    def _check_arguments(self, batch: Sequence[Any]) -> None:
        """Says what is wrong with a batch of more parts than the model takes, labels for example."""
        if self.signature is None:
            return
        try:
            self.signature.bind(*batch)
        except TypeError as error:
            raise TypeError(
                f"inputs: a batch has {len(batch)} parts, which are not the arguments of the model ({error}); "
                "give batches of the model's inputs alone, for example `[x for x, _ in loader]`"
            ) from None


def reduced(value: Tensor, reduce: str) -> tuple[Tensor, str]:
    """Rows of a tensor, and the reduction that was possible."""
    axes = value.ndim
    if reduce == "mean" and axes == 3:
        return value.mean(dim=1), reduce
    if reduce == "mean" and axes > 3:
        return value.flatten(2).mean(dim=2), reduce
    if reduce == "last-token" and axes == 3:
        return value[:, -1], reduce
    if reduce == "cls" and axes == 3:
        return value[:, 0], reduce
    if reduce == "positions-as-stimuli" and axes == 3:
        return value.reshape(-1, value.shape[2]), reduce
    if reduce == "positions-as-stimuli" and axes > 3:
        return value.flatten(2).transpose(1, 2).reshape(-1, value.shape[1]), reduce
    return value.reshape(value.shape[0], -1), "flatten"


def _unusable(value: Any, count: int) -> str | None:
    """Why an output is no state, if so."""
    torch = import_torch()
    if not _is_torch(value):
        return f"the output is no tensor ({type(value).__name__})"
    if value.layout is not torch.strided or value.is_nested:
        return "it is sparse or nested"
    if value.dtype not in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        return f"its elements are {str(value.dtype).removeprefix('torch.')}"
    if value.ndim == 0 or value.shape[0] != count:
        return f"its first axis is not the {count} stimuli of the batch (shape {tuple(value.shape)})"
    if value.numel() == 0:
        return "it has no units"
    return None


def _outputs(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Tensors in tuples and dictionaries, with what is added to the name; nothing for None."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _outputs(part, f"{prefix}.{key}")
    elif isinstance(value, (tuple, list)):
        for place, part in enumerate(value):
            yield from _outputs(part, f"{prefix}.{place}")
    elif value is not None:
        yield prefix, value


def _units(rows: Tensor) -> int:
    # Annotated: without PyTorch a tensor is of any type.
    units: int = rows.numel() // rows.shape[0]
    return units


def _bits(tensor: Tensor) -> Any:
    """The bits of a tensor as a NumPy array."""
    torch = import_torch()
    tensor = tensor.cpu()
    return (tensor.view(torch.int16) if tensor.dtype is torch.bfloat16 else tensor).numpy()


def _numpy_type(dtype: Any, torch: Any) -> Any:
    return {torch.float16: np.float16, torch.float32: np.float32, torch.float64: np.float64}[dtype]


def _is_torch(part: Any) -> bool:
    return isinstance(part, import_torch().Tensor)


def _is_tensor(part: Any) -> bool:
    return _is_torch(part) or isinstance(part, np.ndarray)


def _tensor(part: Any) -> Any:
    if _is_torch(part):
        return part
    if part.dtype.kind not in "fiub":
        raise TypeError(f"inputs: expected numbers, not {part.dtype}")
    # PyTorch takes neither other byte orders nor negative strides.
    return import_torch().from_numpy(np.ascontiguousarray(part, dtype=part.dtype.newbyteorder("=")))


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, (tuple, list)) else [value]


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: change(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(change(part) for part in value)
    return change(value)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "*"
    return name
