"""Some two hundred random wrong calls: each raises the documented exception and names the argument; nothing panics."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
from support import Array, anything, there

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
            (["a"] * m, ValueError),
            ([None] * m, TypeError),
            (np.full((m, 2), np.nan), ValueError),
            ({"a": 1}, TypeError),
        ][int(self.random.integers(6))]
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

    def non_contiguous(self) -> Wrong:
        layers = self.layers()
        place = int(self.random.integers(len(layers)))
        m, n = layers[place].shape
        wide = self.random.normal(size=(2 * m, 3 * n))
        view = [wide[::2, ::3], wide[:m, :n][::-1], np.asfortranarray(wide[:m, :n]), wide[:m, :n].astype(">f8")][
            int(self.random.integers(4))
        ]
        row, column = int(self.random.integers(m)), int(self.random.integers(n))
        view[row, column] = np.nan
        layers[place] = view
        expected = f"arrays[{place}]: the activation of stimulus {row}, unit {column}"
        return lambda: lp.distances(layers), ValueError, expected

    def read_only(self) -> Wrong:
        layers = self.layers()
        place = int(self.random.integers(len(layers)))
        layers[place][int(self.random.integers(5)), 0] = np.inf
        layers[place].flags.writeable = False
        return lambda: lp.Points(layers), ValueError, f"arrays[{place}]: the activation of stimulus"

    def huge_widths(self) -> Wrong:
        x = self.array(self.stimuli(), 1)
        wide = np.broadcast_to(x, (len(x), int(self.random.integers(2**40, 2**48))))
        return lambda: lp.Metric().point(wide), MemoryError, "array: "

    def huge_targets(self) -> Wrong:
        rows = int(self.random.integers(10**9, 2**40))
        dtype = str(self.random.choice(["int64", "float32", "bool"]))
        target = np.broadcast_to(np.ones((), dtype), (rows,))
        return lambda: lp.Path(self.layers(), target=target), MemoryError, "target: the similarities of"

    def huge_counts(self) -> Wrong:
        path = lp.Path(self.layers(4))
        count = int(self.random.integers(2**31, 2**62)) * int(self.random.choice([1, -1]))
        return [
            (lambda: path.intervals(groups=count), ValueError, "groups: "),
            (lambda: path.baselines(shuffles=count), ValueError, "shuffles: "),
            (lambda: path.baselines(permutations=count), ValueError, "permutations: "),
            (lambda: lp.embed(path, dimensions=count), ValueError, "dimensions: "),
            (lambda: lp.embed(path, restarts=count), ValueError, "restarts: "),
            (lambda: lp.embed(path, iterations=count), ValueError, "iterations: "),
            (lambda: lp.Metric().coordinates(count << 8), ValueError, "stimuli: "),
            (lambda: lp.GramAccumulator(count << 8), ValueError, "stimuli: "),
            (lambda: path.intervals(seed=count << 40), ValueError, "seed: "),
            (lambda: lp.Points(path, epoch=count << 2), ValueError, "epoch: "),
            (lambda: there(path.points)[count], IndexError, "key: "),
        ][int(self.random.integers(11))]

    def settings(self) -> Wrong:
        path = lp.Path(self.layers(5))
        return [
            (lambda: path.intervals(groups=int(self.random.integers(-3, 2))), ValueError, "groups: "),
            (lambda: path.intervals(groups=path.stimuli + 1), ValueError, "groups: "),
            (lambda: path.intervals(level=float(self.random.choice([0, 1, -0.5, 1.5, np.nan]))), ValueError, "level: "),
            (lambda: path.intervals(seed=-1), ValueError, "seed: "),
            (lambda: path.baselines(shuffles=0), ValueError, "shuffles: "),
            (lambda: path.to_frame(anything("rows")), ValueError, "table: "),
            (lambda: path.plot(anything("pie")), ValueError, "kind: "),
            (lambda: path.plot("steps", ax=anything(3)), TypeError, "ax: "),
            (lambda: lp.embed(path, method="tsne"), ValueError, "method: "),
            (lambda: lp.embed(path, dimensions=0), ValueError, "dimensions: "),
            (lambda: lp.triangle(*self.layers(3), at=np.nan), ValueError, "at: "),
            (lambda: lp.Metric().restore(np.ones(7)), ValueError, "coordinates: "),
            (lambda: lp.Metric().restore(np.ones(7), stimuli=-1), ValueError, "stimuli: "),
            (lambda: lp.Metric("angular-shape").restore(np.ones(7), stimuli=2**31), MemoryError, "stimuli: "),
        ][int(self.random.integers(14))]

    def types(self) -> Wrong:
        layers = self.layers(4)
        path = lp.Path(layers)
        wrong = anything([object(), 2.5, {"a": 1}, b"bytes"][int(self.random.integers(4))])
        return [
            (lambda: lp.Metric(wrong), TypeError, "name: "),
            (lambda: lp.Path(layers, names=[wrong] * 4), TypeError, "names[0]: "),
            (lambda: lp.Path(layers, network=wrong), TypeError, "network: "),
            (lambda: lp.Points(layers, epoch=anything("first")), TypeError, "epoch: "),
            (lambda: lp.Points(layers, shapes=[wrong] * 4), TypeError, "shapes"),
            (lambda: path.intervals(groups=wrong), TypeError, "groups: "),
            (lambda: path.baselines(seed=wrong), TypeError, "seed: "),
            (lambda: path.to_frame(wrong), TypeError, "table: "),
            (lambda: lp.distances(layers, condensed=wrong), TypeError, "condensed: "),
            (lambda: lp.triangle(*layers[:3], at=anything("half")), TypeError, "at: "),
            (lambda: lp.read_points(anything(3)), TypeError, "path: "),
            (lambda: lp.write_points("store", wrong), TypeError, "points: "),
        ][int(self.random.integers(12))]

    def files(self) -> Wrong:
        name = f"nothing-here-{int(self.random.integers(10**9))}"
        read: Callable[[str], object] = lp.read_analysis if self.random.integers(2) else lp.read_points
        return [
            (lambda: read(name), FileNotFoundError, "path: "),
            (lambda: read(name + "\0"), ValueError, "path: "),
        ][int(self.random.integers(2))]

    def triangles(self) -> Wrong:
        a, b, c = self.layers(3)
        return [
            (lambda: lp.triangle(a, b[1:], c), ValueError, f"b: {len(a) - 1} stimuli, but a has {len(a)}"),
            (lambda: lp.triangle(a, b, anything("c")), TypeError, "c: expected an array"),
            (lambda: lp.triangle(np.zeros((9, 2)), b, c), ValueError, "a: "),
        ][int(self.random.integers(3))]

    def positional(self) -> Wrong:
        layers = self.layers()
        return lambda: anything(lp.Path)(layers, ["a", "b"]), TypeError, "positional"

    def masked(self) -> Wrong:
        x = np.ma.masked_less(self.array(9), 0)
        return lambda: lp.Metric().point(x), ValueError, "array: the array has masked elements"


HELPERS = ("stimuli", "array", "layers")


def test_many_wrong_calls() -> None:
    calls = Calls()
    families = [name for name in vars(Calls) if not name.startswith("_") and name not in HELPERS]
    # Every family several times: each draws other sizes, places and values.
    drawn = families * 8
    counted = 0
    for name in drawn:
        call, error, message = getattr(calls, name)()
        # A panic would be no Exception and end the test here.
        with pytest.raises(Exception) as raised:
            call()
        assert isinstance(raised.value, error), f"{name}: {raised.value!r}"
        assert "a fault in layerpath" not in str(raised.value)
        shown = str(raised.value.args[0])
        # Python itself refuses positional arguments; everything else begins with the argument's name.
        assert message in shown if name == "positional" else shown.startswith(message), f"{name}: {raised.value!r}"
        counted += 1
    assert counted == len(drawn) >= 200
