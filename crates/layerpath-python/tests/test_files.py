"""Analysis files and points stores, the same as the command line's."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from support import Array, anything, there

import layerpath as lp

STATISTICS = [
    "steps",
    "interior_angles",
    "heading_angles",
    "distance_to_target",
    "progress",
    "fraction_along",
    "detour",
]


def test_analysis_files_round_trip(layers: list[Array], labels: Array, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    path = lp.Path(dict(zip("abcde", layers, strict=True)), target=labels, network="net")
    path.to_analysis(tmp_path / "out", intervals=True, seed=2)
    tables = [f"{name}.{kind}" for name in ("evidence", "layers", "pairs") for kind in ("csv", "parquet")]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["analysis.json", *tables]
    for place in (tmp_path / "out", tmp_path / "out" / "analysis.json", str(tmp_path / "out")):
        analysis = lp.read_analysis(place)
        assert analysis.metric == path.metric and analysis.stimuli == 30 and analysis.unit == "rad"
    (read,) = analysis.paths
    assert read.name == "net" and read.names == list("abcde") and read.points is None
    for statistic in STATISTICS:
        np.testing.assert_array_equal(getattr(read, statistic), getattr(path, statistic))
    np.testing.assert_array_equal(read.intervals()["low"], path.intervals(seed=2)["low"])
    assert analysis.to_frame(library="pandas").equals(path.to_frame(library="pandas"))
    analysis.to_analysis(tmp_path / "again")
    for file in ("analysis.json", *tables):
        assert (tmp_path / "out" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()
    with pytest.raises(ValueError, match="path: this one comes from an analysis file, which has no baselines"):
        read.baselines()
    with pytest.raises(ValueError, match="which has no points"):
        lp.compare(read, read)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("metric", ["angular-cka", "angular-shape", "stress"])
def test_points_round_trip(
    precision: Literal["float32", "float64"],
    tolerance: float,
    metric: str,
    layers: list[Array],
    labels: Array,
    tmp_path: Path,
) -> None:
    path = lp.Path(layers, target=labels, metric=metric, network="net", stimulus_ids=[str(i) for i in range(30)])
    store = tmp_path / "points.zarr"
    lp.write_points(store, path, precision=precision)
    points = lp.read_points(store)
    assert points.metric == path.metric and points.names == there(path.points).names
    assert points.stimulus_ids == there(path.points).stimulus_ids
    (read,) = points.paths()
    np.testing.assert_allclose(read.distances, path.distances, atol=tolerance * path.distances.max())
    with pytest.raises(FileExistsError, match="path: something is at"):
        lp.write_points(store, path)
    lp.write_points(store, points, overwrite=True)
    assert len(lp.read_points(store)) == 6


def test_missing_and_damaged_files(layers: list[Array], tmp_path: Path) -> None:
    for read in (lp.read_analysis, lp.read_points):
        with pytest.raises(FileNotFoundError, match="nothing-here"):
            read(tmp_path / "nothing-here")
    (tmp_path / "analysis.json").write_text("{}")
    with pytest.raises(ValueError, match="no analysis file"):
        lp.read_analysis(tmp_path)
    with pytest.raises(ValueError, match="no Zarr v3 store"):
        lp.read_points(tmp_path)
    path = lp.Path(layers)
    with pytest.raises(ValueError, match="precision: expected 'float32' or 'float64', not 'float16'"):
        lp.write_points(tmp_path / "p", path, precision=anything("float16"))
    with pytest.raises(TypeError, match="points: expected Points or a Path, not list"):
        lp.write_points(tmp_path / "p", anything(layers))
    with pytest.raises(OSError):
        path.to_analysis(tmp_path / "analysis.json" / "below")
