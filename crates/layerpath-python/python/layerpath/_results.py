"""Paths against each other, coordinates for pictures, and triangles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from . import _html, _plot
from ._core import Metric, Path, Point, Points, UndefinedError, as_metric, compare_paths, embed_points
from ._table import Table, from_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Comparison", "Embedding", "Triangle", "compare", "embed", "triangle"]

_Activations: TypeAlias = npt.ArrayLike
_Layers: TypeAlias = "Iterable[_Activations | Point] | Mapping[Any, _Activations | Point] | Points | Path"


@dataclass(frozen=True)
class Comparison:
    """How far two paths are apart, in the metric's unit; read it against the value between replicas of one network."""

    #: Mean distance at equal shares of the length; None where `reason` says why.
    arc_length_matched: float | None
    #: Sum of the distances of the aligned pairs of dynamic time warping.
    warping_total: float
    #: Mean distance of an aligned pair.
    warping_mean: float
    #: Discrete Fréchet distance.
    frechet: float
    #: Hausdorff distance of the two sets of points.
    hausdorff: float
    #: Aligned pairs of places, n×2.
    alignment: npt.NDArray[np.int64] = field(repr=False)
    #: Name and unit of the metric.
    metric: Metric = field(repr=False)
    #: Names of the points of both paths.
    names: tuple[list[str], list[str]] = field(repr=False)
    #: Why `arc_length_matched` is None.
    reason: str | None = field(default=None, repr=False)

    def to_frame(self, *, library: Literal["pandas", "polars"] | None = None) -> Any:
        """The aligned pairs, one row a pair."""
        first, second = self.names
        rows = [
            {"layer_x": first[i], "index_x": i, "layer_y": second[j], "index_y": j} for i, j in self.alignment.tolist()
        ]
        return from_rows(rows, ["layer_x", "index_x", "layer_y", "index_y"]).to_frame(library=library)

    def _repr_html_(self) -> str:
        names = ["arc_length_matched", "warping_total", "warping_mean", "frechet", "hausdorff"]
        title = f"Comparison, {self.metric}, in {self.metric.unit}"
        notes = [] if self.reason is None else [f"arc_length_matched: {self.reason}"]
        return _html.facts(title, {name: getattr(self, name) for name in names}, notes)


def compare(first: Path | _Layers, second: Path | _Layers, *, metric: str | Metric | None = None) -> Comparison:
    """Two whole paths, of any lengths, that answer the same stimuli.

    >>> random = np.random.default_rng(0)
    >>> a = [random.normal(size=(20, 5)) for _ in range(3)]
    >>> same = compare(a, a)
    >>> same.frechet, same.alignment.tolist()
    (0.0, [[0, 0], [1, 1], [2, 2]])
    """
    paths = [_path("first", first, metric), _path("second", second, metric)]
    matched, reason, total, mean, alignment, frechet, hausdorff = compare_paths(*paths)
    return Comparison(
        arc_length_matched=matched,
        warping_total=total,
        warping_mean=mean,
        frechet=frechet,
        hausdorff=hausdorff,
        alignment=np.array(alignment, dtype=np.int64).reshape(-1, 2),
        metric=paths[0].metric,
        names=(paths[0].names, paths[1].names),
        reason=reason,
    )


def _path(argument: str, given: Path | _Layers, metric: str | Metric | None) -> Path:
    if isinstance(given, Path):
        if metric is not None and as_metric(metric) != given.metric:
            raise ValueError(
                f"metric: {as_metric(metric)}, but the path `{argument}` is under {given.metric}; leave it out"
            )
        return given
    try:
        return Path(given) if metric is None else Path(given, metric=metric)
    except (TypeError, ValueError) as error:
        # Both arguments are collections of arrays: say which one.
        raise type(error)(f"{argument}: {error}") from error


@dataclass(frozen=True)
class Embedding:
    """Coordinates for a picture. Embeddings illustrate; they are not evidence, so each carries its stress."""

    #: One row a point: in the unit of the distances, or unit vectors for `spherical-mds`.
    coordinates: npt.NDArray[np.float64] = field(repr=False)
    #: Names of the points.
    names: list[str] = field(repr=False)
    #: The method, as in the files.
    method: str
    #: Kruskal's stress-1, 0 = distances are kept exactly.
    stress: float
    #: The metric of the embedded distances.
    metric: Metric
    #: Share of the variance along each axis, for principal geodesics.
    variance_explained: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    #: Iterations of an iterative method, and whether it met its stopping rule.
    iterations: int | None = field(default=None, repr=False)
    converged: bool | None = field(default=None, repr=False)
    #: What a reader must know to interpret the picture.
    notes: list[str] = field(default_factory=list, repr=False)
    #: Those of the points that are targets, and on no path.
    targets: list[str] = field(default_factory=list, repr=False)

    def table(self) -> Table:
        """One row a point: its name and its coordinates x1, x2, …"""
        axes = [f"x{axis + 1}" for axis in range(self.coordinates.shape[1])]
        rows = [
            {"point": name, **dict(zip(axes, row, strict=True))}
            for name, row in zip(self.names, self.coordinates.tolist(), strict=True)
        ]
        return from_rows(rows, ["point", *axes])

    def to_frame(self, *, library: Literal["pandas", "polars"] | None = None) -> Any:
        """One row a point: its name and its coordinates x1, x2, …"""
        return self.table().to_frame(library=library)

    def plot(self, *, ax: Axes | None = None) -> tuple[Figure, Axes]:
        """The first two coordinates, the points joined in order, with the stress."""
        return _plot.embedding(self, ax)

    def _repr_html_(self) -> str:
        return _html.embedding(self)


def embed(
    arrays: _Layers,
    *,
    names: Sequence[str] | None = None,
    target: _Activations | Point | None = None,
    metric: str | Metric | None = None,
    method: str = "mds",
    dimensions: int = 2,
    seed: int = 0,
    restarts: int = 4,
    iterations: int = 1000,
) -> Embedding:
    """Coordinates of layers, of a path (its target included) or of points.

    `method` is "mds", "smacof", "spherical-mds" or "principal-geodesics"; `seed`, `restarts` and `iterations` belong to
    the searches of "smacof" and "spherical-mds".

    >>> random = np.random.default_rng(0)
    >>> embedding = embed([random.normal(size=(20, 5)) for _ in range(4)], dimensions=3)
    >>> embedding.coordinates.shape, embedding.names
    ((4, 3), ['0', '1', '2', '3'])
    >>> embedding.stress < 1e-6  # four points fit into three dimensions
    True
    """
    document = embed_points(
        arrays,
        names=names,
        target=target,
        metric=metric,
        method=method,
        dimensions=dimensions,
        seed=seed,
        restarts=restarts,
        iterations=iterations,
    )
    record = document["embedding"]
    shares = record.get("variance_explained")
    return Embedding(
        coordinates=np.array(record["coordinates"], dtype=np.float64),
        names=record["points"],
        method=record["method"],
        stress=record["stress"],
        metric=Metric(document["metric"]),
        variance_explained=None if shares is None else np.array(shares),
        iterations=record.get("iterations"),
        converged=record.get("converged"),
        notes=document["notes"],
        targets=[point["name"] for point in document["points"] if point.get("index") is None],
    )


@dataclass(frozen=True)
class Triangle:
    """Three points A, B, C of one metric. What geometry leaves open is None, and `undefined` says why."""

    #: Distances "ab", "bc", "ac".
    sides: dict[str, float]
    #: Angles at "a", "b", "c", in rad.
    angles: dict[str, float | None]
    #: A place on the geodesic A → B, "t", and the distance of that point to C, "distance_to_c".
    geodesic: dict[str, float | None]
    #: Where C projects on the geodesic through A and B, "t", and how far that is, "distance".
    projection: dict[str, float] | None
    #: Reasons by field.
    undefined: dict[str, str]
    #: The metric.
    metric: Metric

    def _repr_html_(self) -> str:
        facts: dict[str, float | None] = {f"side {name.upper()}": side for name, side in self.sides.items()}
        facts.update({f"angle at {name.upper()} (rad)": angle for name, angle in self.angles.items()})
        reasons = [f"{where}: {reason}" for where, reason in self.undefined.items()]
        return _html.facts(f"Triangle, {self.metric}, in {self.metric.unit}", facts, reasons)


def triangle(
    a: _Activations | Point,
    b: _Activations | Point,
    c: _Activations | Point,
    *,
    at: float = 0.5,
    metric: str | Metric | None = None,
) -> Triangle:
    """Sides, angles, the point at `at` on the geodesic A → B, and the projection of C on it.

    Arrays (first axis stimuli) or points.

    >>> random = np.random.default_rng(0)
    >>> a, b, c = (random.normal(size=(20, 5)) for _ in range(3))
    >>> found = triangle(a, b, c, metric="angular-shape")
    >>> found.sides["ab"] < found.sides["bc"] + found.sides["ac"]
    True
    """
    corners = {"a": a, "b": b, "c": c}
    if metric is None:
        known = [corner.metric for corner in corners.values() if isinstance(corner, Point)]
        own = known[0] if known else Metric()
    else:
        own = as_metric(metric)
    if not isinstance(at, (int, float, np.number)) or isinstance(at, bool):
        raise TypeError(f"at: expected a number, not {type(at).__name__}")
    if not -1e300 < at < 1e300:
        raise ValueError(f"at: expected a finite number, not {at}")
    points = {name: _point(own, name, corner) for name, corner in corners.items()}
    p, q, r = points.values()
    for name, point in points.items():
        if point.stimuli != p.stimuli:
            raise ValueError(
                f"{name}: {point.stimuli} stimuli, but a has {p.stimuli}; all must answer the same stimuli in one order"
            )
    undefined: dict[str, str] = {}

    def defined(where: str, value: Callable[[], Any]) -> Any:
        try:
            return value()
        except UndefinedError as error:
            undefined[where] = str(error)
            return None

    projection = defined("projection", lambda: own.project(p, q, r))
    return Triangle(
        sides={"ab": own.distance(p, q), "bc": own.distance(q, r), "ac": own.distance(p, r)},
        angles={
            "a": defined("angles.a", lambda: own.angle(q, p, r)),
            "b": defined("angles.b", lambda: own.angle(p, q, r)),
            "c": defined("angles.c", lambda: own.angle(p, r, q)),
        },
        geodesic={
            "t": float(at),
            "distance_to_c": defined("geodesic.distance_to_c", lambda: own.distance(own.geodesic(p, q, at), r)),
        },
        projection=None if projection is None else {"t": projection[0], "distance": projection[1]},
        undefined=undefined,
        metric=own,
    )


def _point(metric: Metric, argument: str, corner: _Activations | Point) -> Point:
    if isinstance(corner, Point):
        if corner.metric != metric:
            raise ValueError(f"{argument}: a point of {corner.metric}, but the metric here is {metric}")
        return corner
    try:
        return metric.point(corner)
    except (TypeError, ValueError, MemoryError) as error:
        raise type(error)(f"{argument}: {str(error).removeprefix('array: ')}") from error
