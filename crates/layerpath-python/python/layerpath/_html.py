"""What notebooks show. Every text that comes from a user, names above all, is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ._capture import Capture
    from ._core import Analysis, Metric, Path, Point, Points
    from ._results import Embedding

# Rows in a notebook's cell, the last of them from the end; `to_frame` has all.
_SHOWN = 30
_LAST = 5


def facts(title: str, values: Mapping[str, float | None], notes: Iterable[str] = ()) -> str:
    """Names and numbers."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{_number(value)}</td></tr>" for name, value in values.items())
    return _heading(title) + f"<table><tbody>{rows}</tbody></table>" + _notes(notes)


def metric(self: Metric) -> str:
    """Name and unit."""
    return _heading("Metric", str(self), f"distances in {self.unit}")


def point(self: Point) -> str:
    """What can be said of one point."""
    return _heading("Point", f"{self.stimuli} stimuli", str(self.metric))


def points(self: Points) -> str:
    """One row a point: what is known of it, in those columns that say something."""
    records = self.records
    possible = ("network", "epoch", "seed", "shape", "reduction")
    columns = [name for name in possible if any(name in record for record in records)]
    rows = [
        [record["name"], str(record.get("index", "target")), *(_known(record.get(name)) for name in columns)]
        for record in records
    ]
    sizes = _size(len(records), "point", self.stimuli, self.metric)
    return _heading("Points", *sizes) + _listing(["point", "index", *columns], rows, "points")


def capture(self: Capture) -> str:
    """One row a layer, then what has no point and why."""
    records = self.points.records
    rows = [
        [name, _known(self.shapes[name]), _known(record.get("reduction"))]
        for name, record in zip(self.names, records, strict=False)
    ]
    passes = f"{self.passes} pass{'es' if self.passes != 1 else ''} over the stimuli"
    target = ["with a target"] if len(records) > len(self.names) else []
    duplicates = [(name, f"repeats {other}") for name, other in self.duplicates.items()]
    return (
        _heading("Capture", *_size(len(self), "layer", self.stimuli, self.metric), passes, *target)
        + _listing(["layer", "shape", "reduction"], rows, "layers")
        + _folded("left out as duplicates", duplicates)
        + _folded("skipped", self.skipped)
    )


def analysis(self: Analysis) -> str:
    """One row a path."""
    paths = self.paths
    rows = [
        [path.name, str(len(path)), _number(path.length), _number(path.displacement), _number(path.straightness)]
        for path in paths
    ]
    columns = ["path", "points", f"length ({self.unit})", f"displacement ({self.unit})", "straightness"]
    sizes = _size(len(self.records), "point", self.stimuli, self.metric)
    return _heading("Analysis", *sizes, self.program) + _listing(columns, rows, "paths") + _notes(self.notes)


def embedding(self: Embedding) -> str:
    """The stress first, then one row a point."""
    iterations = [] if self.iterations is None else [f"{self.iterations} iterations"]
    if self.converged is False:
        iterations.append("not converged")
    title = _heading("Embedding", self.method, f"stress-1 {self.stress:.4f}", *iterations, str(self.metric))
    return title + self.table()._repr_html_() + _notes(self.notes)


def path(self: Path) -> str:
    """One row a layer, angles in degrees, beneath the numbers of the whole path."""
    title = (
        f"length {self.length:.4f} {self.metric.unit}, displacement {self.displacement:.4f}, "
        f"straightness {_number(self.straightness)}"
    )
    degrees = ("interior_angle", "heading_angle")
    columns = ["layer", "step", *degrees, "distance_to_start"]
    if self.distance_to_target is not None:
        columns += ["distance_to_target", "progress", "fraction_along", "detour"]
    rows = []
    for row in self.layers.rows():
        cells = []
        for name in columns:
            value = row[name]
            if name in degrees:
                cells.append(_number(None if value is None else float(np.degrees(value)), 1))
            else:
                cells.append(value if isinstance(value, str) else _number(value))
        rows.append(cells)
    names = [f"{name.replace('_', ' ')}{' (°)' if name in degrees else ''}" for name in columns]
    return _heading(self.name, title, f"{self.stimuli} stimuli, {self.metric}") + _listing(names, rows, "layers")


def _heading(title: str, *values: str) -> str:
    """A line above a table, its title in bold."""
    return f"<p><b>{escape(title)}</b>{': ' if values else ''}{escape('; '.join(values))}</p>"


def _listing(columns: Sequence[str], rows: Sequence[Sequence[str]], what: str) -> str:
    """A table of texts; of many rows the first and the last."""
    left_out = len(rows) - _SHOWN
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    if left_out > 0:
        between = f'<tr><td colspan="{len(columns)}">… {left_out} more {what}</td></tr>'
        lines = [*lines[: _SHOWN - _LAST], between, *lines[-_LAST:]]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _folded(title: str, entries: Sequence[tuple[str, str]]) -> str:
    """Names with reasons, shown on a click."""
    items = "".join(f"<li>{escape(name)}: {escape(reason)}</li>" for name, reason in entries)
    return f"<details><summary>{len(entries)} {escape(title)}</summary><ul>{items}</ul></details>" if entries else ""


def _notes(notes: Iterable[str]) -> str:
    return "".join(f"<p>{escape(note)}</p>" for note in notes)


def _size(count: int, what: str, stimuli: int, metric: Metric) -> tuple[str, str]:
    return f"{count} {what}{'s' if count != 1 else ''}, {stimuli} stimuli", str(metric)


def _known(value: object) -> str:
    """A shape, a text or a number, or a dash for what is not known."""
    if isinstance(value, (list, tuple)):
        return "×".join(map(str, value)) if value else "–"
    return "–" if value is None else str(value)


def _number(value: float | None, digits: int = 4) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
