"""Fifty random wrong calls: each raises the documented exception and names the argument; nothing panics."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
from support import Array, anything

import layerpath as lp

SEED = 50


# The call, the exception, and what its message says.
Wrong: TypeAlias = tuple[Callable[[], object], Any, str]


class Calls:
    """Wrong calls, each drawn from a family with random sizes, places and values."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(SEED)

    def stimuli(self) -> int:
        return int(self.random.integers(5, 40))

    def array(self, stimuli: int, units: int | None = None) -> Array:
        return self.random.normal(size=(stimuli, units or int(self.random.integers(1, 30))))

    def layers(self, count: int | None = None) -> list[Array]:
        m = self.stimuli()
        return [self.array(m) for _ in range(count or int(self.random.integers(2, 6)))]

    def shapes(self) -> Wrong:
        layers = self.layers()
        place = int(self.random.integers(1, len(layers)))
        layers[place] = layers[place][: -int(self.random.integers(1, 3))]
        return lambda: lp.distances(layers), ValueError, f"arrays[{place}]"

    def not_finite(self) -> Wrong:
        layers = self.layers()
        place = int(self.random.integers(len(layers)))
        row, column = (int(self.random.integers(n)) for n in layers[place].shape)
        layers[place][row, column] = self.random.choice([np.nan, np.inf, -np.inf])
        return lambda: lp.Path(layers), ValueError, f"arrays[{place}]: the activation of stimulus {row}, unit {column}"

    def dtypes(self) -> Wrong:
        layers = self.layers()
        place = int(self.random.integers(len(layers)))
        dtype = ["int64", "uint8", "complex128", "bool", "U3", "datetime64[s]", "object"][int(self.random.integers(7))]
        layers[place] = np.zeros(layers[place].shape, dtype=dtype)
        return lambda: lp.Path(layers), TypeError, f"arrays[{place}]"

    def ragged(self) -> Wrong:
        rows = [[1.0] * int(n) for n in self.random.permutation(5) + 1]
        return lambda: lp.Metric().point(rows), ValueError, "array: NumPy cannot read list"

    def empty(self) -> Wrong:
        shape = [(0, 3), (7, 0), (0,), (5, 0, 2)][int(self.random.integers(4))]
        return lambda: lp.Metric().point(np.empty(shape)), ValueError, "array: a representation needs at least one"

    def huge(self) -> Wrong:
        rows = int(self.random.integers(10**9, 2**40))
        array = np.broadcast_to(np.float32(1), (rows, 1))
        return lambda: lp.Metric().point(array), MemoryError, "array: the similarities of"

    def constant(self) -> Wrong:
        array = np.tile(self.array(1, 4), (self.stimuli(), 1))
        array.flags.writeable = False
        return lambda: lp.Metric().point(array[:, ::-1]), ValueError, "array: the representation does not tell"

    def few(self) -> Wrong:
        array = self.array(int(self.random.integers(1, 4)))
        return lambda: lp.Metric().point(array), ValueError, "array: angular-cka"

    def metric_names(self) -> Wrong:
        name = self.random.choice(
            ["cosine", "angular-cka[", "angular-cka[kernel=cubic]", "", "grassmann", "stress[x=1]"]
        )
        layers = self.layers()
        return lambda: lp.distances(layers, metric=str(name)), ValueError, "metric: "

    def metric_types(self) -> Wrong:
        metric = [3, 2.5, [], object()][int(self.random.integers(4))]
        layers = self.layers()
        return lambda: lp.Path(layers, metric=anything(metric)), TypeError, "metric: expected a Metric or a name"

    def collections(self) -> Wrong:
        wrong = [self.array(9), "layers", 7, None, lp.Metric().point(self.array(9))][int(self.random.integers(5))]
        return lambda: lp.distances(anything(wrong)), TypeError, "arrays: expected a list or dict of arrays"

    def names(self) -> Wrong:
        layers = self.layers()
        names = [str(i) for i in range(len(layers) + int(self.random.integers(1, 4)))]
        return lambda: lp.Path(layers, names=names), ValueError, "names: "

    def targets(self) -> Wrong:
        layers = self.layers()
        m = len(layers[0])
        target, error = [
            (np.zeros(m, int), ValueError),
            (np.arange(m + 1) % 2, ValueError),
            (["a"] * m, TypeError),
            (np.full((m, 2), np.nan), ValueError),
            ({"a": 1}, TypeError),
        ][int(self.random.integers(5))]
        return lambda: lp.Path(layers, target=target), error, "target: "

    def points_of_other_metrics(self) -> Wrong:
        x, y = self.layers(2)
        p, q = lp.Metric().point(x), lp.Metric("angular-shape").point(y)
        return lambda: lp.Metric().distance(p, q), ValueError, "y: a point of angular-shape"

    def points_of_other_stimuli(self) -> Wrong:
        m = self.stimuli()
        p, q = lp.Metric().point(self.array(m)), lp.Metric().point(self.array(m + 1))
        return lambda: lp.Metric().angle(p, p, q), ValueError, f"c: {m + 1} stimuli, but a has {m}"

    def no_points(self) -> Wrong:
        x = self.array(9)
        return lambda: anything(lp.Metric()).project(x, x, x), TypeError, "p: expected a Point, not ndarray"

    def places(self) -> Wrong:
        p, q = (lp.Metric().point(x) for x in self.layers(2))
        t = float(self.random.choice([np.nan, np.inf, -np.inf]))
        return lambda: lp.Metric().geodesic(p, q, t), ValueError, "t: expected a finite number"

    def settings(self) -> Wrong:
        path = lp.Path(self.layers(5))
        call, error, message = [
            (lambda: path.intervals(groups=1), ValueError, "intervals: "),
            (lambda: path.intervals(level=1.5), ValueError, "intervals: "),
            (lambda: path.intervals(seed=-1), (OverflowError, ValueError), ""),
            (lambda: path.baselines(shuffles=0), ValueError, "baselines: "),
            (lambda: path.to_frame(anything("rows")), ValueError, "table: "),
            (lambda: path.plot(anything("pie")), ValueError, "kind: "),
            (lambda: lp.embed(path, method="tsne"), ValueError, "method: "),
            (lambda: lp.triangle(*self.layers(3), at=np.nan), ValueError, "at: "),
        ][int(self.random.integers(8))]
        return call, error, message

    def positional(self) -> Wrong:
        layers = self.layers()
        return lambda: anything(lp.Path)(layers, ["a", "b"]), TypeError, "positional"

    def masked(self) -> Wrong:
        x = np.ma.masked_less(self.array(9), 0)
        return lambda: lp.Metric().point(x), ValueError, "array: the array has masked elements"


def test_fifty_wrong_calls() -> None:
    calls = Calls()
    families = [name for name in vars(Calls) if not name.startswith("_") and name not in ("stimuli", "array", "layers")]
    # Every family at least twice, the rest at random.
    drawn = families * 2 + list(calls.random.choice(families, 50))
    drawn = drawn[: max(50, 2 * len(families))]
    counted = 0
    for name in drawn:
        call, error, message = getattr(calls, name)()
        with pytest.raises(Exception) as raised:
            call()
        assert isinstance(raised.value, error), f"{name}: {raised.value!r}"
        assert message in str(raised.value), f"{name}: {raised.value!r}"
        counted += 1
    assert counted >= 50
