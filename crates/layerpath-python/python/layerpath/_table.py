"""Tidy tables: one row a layer, a pair or a statistic, for pandas, polars and R."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Table"]

# Columns of the tables that are no floating-point numbers.
_WHOLE = {"seed", "index", "index_x", "index_y", "stimuli"}
_TEXT = {
    "path", "network", "layer", "model_x", "layer_x", "model_y", "layer_y", "metric", "statistic", "reason", "baseline",
    "point",
}  # fmt: skip
_SHOWN = 12


class Table(Mapping[str, npt.NDArray[Any]]):
    """Columns of equal length: NumPy arrays, masked where a value does not exist, object arrays for texts.

    >>> table = Table({"layer": np.array(["a", "b"], dtype=object), "step": np.array([0.5, 0.25])})
    >>> table["step"]
    array([0.5 , 0.25])
    >>> list(table), len(table["layer"])
    (['layer', 'step'], 2)
    >>> table
    layer  step
    a       0.5
    b      0.25
    """

    def __init__(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self._columns = dict(columns)
        lengths = {len(column) for column in self._columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns: of different lengths {sorted(lengths)}")
        self.height = lengths.pop() if lengths else 0

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        try:
            return self._columns[name]
        except KeyError:
            raise KeyError(f"no column is called {name!r}; there are {', '.join(self._columns)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Number of columns, as of every mapping; `height` is the number of rows."""
        return len(self._columns)

    def to_frame(self, *, library: Literal["pandas", "polars"] | None = None) -> Any:
        """The table as a data frame of pandas, else of polars, whichever is installed, or of the `library` named."""
        wanted = _library(library)
        if wanted == "polars":
            import polars

            return polars.DataFrame({name: _plain(column) for name, column in self._columns.items()}, strict=False)
        import pandas

        return pandas.DataFrame({name: _for_pandas(column) for name, column in self._columns.items()})

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Arrow stream, made by polars or, with pyarrow, by pandas."""
        try:
            frame = self.to_frame(library="polars")
        except ImportError:
            frame = self.to_frame(library="pandas")
        return frame.__arrow_c_stream__(requested_schema)

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a row, None where a value does not exist."""
        columns = {name: _plain(column) for name, column in self._columns.items()}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    def __repr__(self) -> str:
        texts = {name: [name, *(_text(value) for value in self._head(name))] for name in self._columns}
        widths = {name: max(map(len, column)) for name, column in texts.items()}
        lines = []
        for row in range(1 + min(self.height, _SHOWN)):
            cells = [
                column[row].ljust(widths[name]) if name in _TEXT else column[row].rjust(widths[name])
                for name, column in texts.items()
            ]
            lines.append("  ".join(cells).rstrip())
        if self.height > _SHOWN:
            lines.append(f"… {self.height - _SHOWN} more rows")
        return "\n".join(lines)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._columns)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self._columns)
        columns = [self._head(name) for name in self._columns]
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row) + "</tr>"
            for row in zip(*columns, strict=True)
        )
        more = f"<p>… {self.height - _SHOWN} more rows</p>" if self.height > _SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def _head(self, name: str) -> list[Any]:
        return _plain(self._columns[name][:_SHOWN])


def from_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """A table of dictionaries; what a row lacks does not exist."""
    return Table({name: _column(name, [row.get(name) for row in rows]) for name in columns})


def from_csv(text: str) -> Table:
    """A table that layerpath wrote as text, where empty means that there is no value."""
    reader = csv.DictReader(io.StringIO(text))
    rows = [{name: value if name in _TEXT or value else None for name, value in row.items()} for row in reader]
    return from_rows(rows, reader.fieldnames or [])


def intervals(record: Mapping[str, Any]) -> Table:
    """The field `intervals` of an analysis file."""
    return from_rows(record["values"], _columns(record["values"], "estimate", "standard_error", "low", "high"))


def baselines(record: Mapping[str, Any]) -> Table:
    """The field `baselines` of an analysis file."""
    rows = [
        {"baseline": name.replace("_", "-"), **row}
        for name in ("shuffled_order", "noise_floor")
        for row in record[name]
    ]
    return from_rows(rows, ["baseline", *_columns(rows, "observed", "median", "low", "high")])


def _columns(rows: Sequence[Mapping[str, Any]], *numbers: str) -> list[str]:
    known = ["statistic", "index", *numbers, "reason"]
    further = {name: None for row in rows for name in row if name not in known and name != "baseline"}
    return [*known[:-1], *further, "reason"]


def _column(name: str, values: list[Any]) -> npt.NDArray[Any]:
    if name in _TEXT:
        return np.array([None if value is None else str(value) for value in values] or [], dtype=object)
    dtype: type = np.int64 if name in _WHOLE else np.float64
    missing = np.array([value is None for value in values], dtype=bool)
    # Below the mask of numbers stands NaN: code that drops the mask must not find a number there.
    blank = 0 if dtype is np.int64 else np.nan
    data: npt.NDArray[Any] = np.array([blank if value is None else dtype(value) for value in values], dtype=dtype)
    if not missing.any():
        return data
    return np.ma.MaskedArray(data, mask=missing, fill_value=None if dtype is np.int64 else np.nan)


def _plain(column: npt.NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    return values


def _for_pandas(column: npt.NDArray[Any]) -> Any:
    import pandas

    if isinstance(column, np.ma.MaskedArray):
        if column.dtype.kind == "i":
            return pandas.array(_plain(column), dtype="Int64")
        return column.filled(np.nan)
    return column


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _library(wanted: str | None) -> str:
    from importlib.util import find_spec

    if wanted not in (None, "pandas", "polars"):
        raise ValueError(f"library: expected 'pandas' or 'polars', not {wanted!r}")
    for library in ("pandas", "polars") if wanted is None else (wanted,):
        if find_spec(library) is not None:
            return library
    missing = "neither pandas nor polars is" if wanted is None else f"{wanted} is not"
    raise ImportError(
        f"a data frame needs pandas or polars, and {missing} installed; `pip install pandas` or `pip install polars`"
    )
