"""The standard figures, with matplotlib where it is installed. Nothing here shows or saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ._core import Path
    from ._results import Embedding

KINDS = ("steps", "angles", "target", "distances", "embedding")


def path(self: Path, kind: str, ax: Axes | None) -> tuple[Figure, Axes]:
    """One figure of a path."""
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, not {kind!r}")
    if kind == "target" and self.distance_to_target is None:
        raise ValueError("kind: 'target' needs a path with a target")
    if kind == "embedding":
        from ._results import embed

        return embedding(embed(self), ax)
    figure, ax = _axes(ax)
    unit = self.metric.unit
    places = np.arange(len(self))
    if kind == "steps":
        ax.bar(places[:-1] + 0.5, self.steps, width=0.8)
        ax.set_ylabel(f"step ({unit})")
        straightness = "undefined" if self.straightness is None else f"{self.straightness:.3f}"
        ax.set_title(f"length {self.length:.3f} {unit}, straightness {straightness}")
    elif kind == "angles":
        ax.plot(places[1:-1], np.degrees(self.interior_angles), "o-", label="interior (180° straight on)")
        if self.heading_angles is not None:
            ax.plot(places[:-1], np.degrees(self.heading_angles), "s--", label="heading (0° at the target)")
        # Independent directions in high dimension meet at a right angle.
        ax.axhline(90, color="0.7", linewidth=1, zorder=0)
        ax.set_ylim(0, 180)
        ax.set_ylabel("angle (°)")
        ax.legend()
    elif kind == "target":
        ax.plot(places, np.asarray(self.distance_to_target), "o-", label="to the target")
        ax.plot(places, self.distance_to_start, "s--", label="to the start")
        ax.set_ylim(bottom=0)
        ax.set_ylabel(f"distance ({unit})")
        ax.legend()
    else:
        names = [*self.names, "target"][: len(self.distances)]
        image = ax.imshow(self.distances)
        figure.colorbar(image, ax=ax, label=f"distance ({unit})")
        ax.set_xticks(range(len(names)), names, rotation=90)
        ax.set_yticks(range(len(names)), names)
        return figure, ax
    ax.set_xticks(places, self.names, rotation=90)
    return figure, ax


def embedding(self: Embedding, ax: Axes | None) -> tuple[Figure, Axes]:
    """The first two coordinates, the points joined in order, with the stress."""
    if self.coordinates.shape[1] < 2:
        raise ValueError("dimensions: a picture needs at least two")
    figure, ax = _axes(ax)
    x, y = self.coordinates[:, 0], self.coordinates[:, 1]
    is_target = np.isin(self.names, self.targets)
    ax.plot(x[~is_target], y[~is_target], "-", color="0.8", zorder=0)
    ax.scatter(x[~is_target], y[~is_target], c=np.arange(np.count_nonzero(~is_target)), zorder=1)
    ax.scatter(x[is_target], y[is_target], marker="*", s=120, color="black", zorder=1)
    ax.set_aspect("equal", adjustable="datalim")
    _name_points(ax, self.names, np.column_stack([x, y]), np.flatnonzero(is_target).tolist())
    ax.set_title(f"{self.method}, stress-1 {self.stress:.3f}")
    return figure, ax


def _name_points(ax: Axes, names: list[str], places: npt.NDArray[np.float64], first: list[int]) -> None:
    """Names beside points, but none where another name stands: those of `first` and of both ends before all others."""
    shown: list[npt.NDArray[np.float64]] = []
    for point in dict.fromkeys([*first, 0, len(names) - 1, *range(len(names))]):
        pixel = np.asarray(ax.transData.transform(places[point]))
        width = 7 * len(names[point])
        if any(abs(pixel[0] - x) < max(width, w) and abs(pixel[1] - y) < 14 for x, y, w in shown):
            continue
        shown.append(np.array([*pixel, width]))
        ax.annotate(names[point], places[point].tolist(), fontsize="small", xytext=(3, 3), textcoords="offset points")


def _axes(ax: Axes | None) -> tuple[Figure, Axes]:
    if ax is not None:
        if not hasattr(ax, "figure"):
            raise TypeError(f"ax: expected matplotlib axes, not {type(ax).__name__}")
        return cast("Figure", ax.figure), ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("a plot needs matplotlib, which is not installed; `pip install matplotlib`") from None
    figure, axes = plt.subplots(layout="constrained")
    return figure, axes
