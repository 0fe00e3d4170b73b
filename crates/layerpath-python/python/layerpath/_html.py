"""What notebooks show."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ._core import Path

# Layers in a notebook's cell; `to_frame` has all.
_SHOWN = 30


def facts(title: str, values: Mapping[str, float | None]) -> str:
    """Names and numbers."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{_number(value)}</td></tr>" for name, value in values.items())
    return f"<p>{escape(title)}</p><table><tbody>{rows}</tbody></table>"


def path(self: Path) -> str:
    """One row a layer, angles in degrees, beneath the numbers of the whole path."""
    title = (
        f"<b>{escape(self.name)}</b>: length {self.length:.4f} {self.metric.unit}, displacement {self.displacement:.4f}, "
        f"straightness {_number(self.straightness)}; {self.stimuli} stimuli, {escape(str(self.metric))}"
    )
    table = self.layers
    degrees = ("interior_angle", "heading_angle")
    columns = ["layer", "step", *degrees, "distance_to_start"]
    if self.distance_to_target is not None:
        columns += ["distance_to_target", "progress", "fraction_along", "detour"]
    head = "".join(f"<th>{name.replace('_', ' ')}{' (°)' if name in degrees else ''}</th>" for name in columns)
    rows = table.rows()
    shown = rows if len(rows) <= _SHOWN else [*rows[: _SHOWN - 5], *rows[-5:]]
    body = []
    for place, row in enumerate(shown):
        if len(rows) > _SHOWN and place == _SHOWN - 5:
            body.append(f'<tr><td colspan="{len(columns)}">… {len(rows) - _SHOWN} more layers</td></tr>')
        cells = []
        for name in columns:
            value = row[name]
            if name in degrees:
                cells.append(_number(None if value is None else float(np.degrees(value)), 1))
            else:
                cells.append(escape(value) if isinstance(value, str) else _number(value))
        body.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<p>{title}</p><table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _number(value: float | None, digits: int = 4) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
