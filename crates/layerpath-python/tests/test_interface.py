"""Comparisons, embeddings, triangles, baselines, intervals, tables: what stands beside the statistics of a path."""

import json
import math
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from support import Array, anything, there

import layerpath as lp


def test_comparison(layers: list[Array]) -> None:
    pytest.importorskip("pandas")
    same = lp.compare(layers, layers)
    assert same.frechet == same.hausdorff == same.warping_total == 0
    assert same.arc_length_matched == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(same.alignment, [[i, i] for i in range(5)])
    other = lp.compare(lp.Path(layers[:3]), dict(zip("abc", layers[2:], strict=True)))
    table = lp.distances(layers)
    cross = table[:3, 2:]
    assert other.hausdorff == pytest.approx(max(cross.min(axis=0).max(), cross.min(axis=1).max()), rel=1e-14)
    assert other.warping_total == pytest.approx(sum(cross[i, j] for i, j in other.alignment))
    assert other.names == (["0", "1", "2"], ["a", "b", "c"])
    assert "frechet" in repr(other) and "<table>" in other._repr_html_()
    frame = other.to_frame(library="pandas")
    assert frame["layer_y"].tolist()[0] == "a" and len(frame) == len(other.alignment)
    with pytest.raises(ValueError, match="second: a path under angular-shape"):
        lp.compare(lp.Path(layers), lp.Path(layers, metric="angular-shape"))
    with pytest.raises(ValueError, match="second: the paths do not answer the same stimuli: 30 stimuli against 29"):
        lp.compare(layers, [x[1:] for x in layers])
    with pytest.raises(ValueError, match="metric: angular-shape.*first"):
        lp.compare(lp.Path(layers), layers, metric="angular-shape")


@pytest.mark.parametrize("method", ["mds", "smacof", "spherical-mds", "principal-geodesics"])
def test_embedding(method: str, layers: list[Array], labels: Array) -> None:
    pytest.importorskip("polars")
    path = lp.Path(layers, target=labels)
    embedding = lp.embed(path, method=method, dimensions=5)
    assert embedding.names == ["0", "1", "2", "3", "4", "target"]
    assert embedding.coordinates.shape[0] == 6 and embedding.stress < 0.2
    if method == "mds":
        apart = np.linalg.norm(embedding.coordinates[:, None] - embedding.coordinates, axis=2)
        i, j = np.triu_indices(6, 1)
        stress = math.sqrt(np.sum((apart - path.distances)[i, j] ** 2) / np.sum(path.distances[i, j] ** 2))
        assert embedding.stress == pytest.approx(stress, rel=1e-9)
    frame = embedding.to_frame(library="polars")
    assert frame.columns[:3] == ["point", "x1", "x2"] and frame.height == 6
    assert method.removeprefix("mds") in embedding._repr_html_()


def test_embedding_options(layers: list[Array]) -> None:
    one = lp.embed(layers, names=list("abcde"), method="smacof", seed=3, restarts=1)
    again = lp.embed(layers, method="smacof", seed=3, restarts=1)
    np.testing.assert_array_equal(one.coordinates, again.coordinates)
    assert one.names == list("abcde") and one.converged and there(one.iterations) > 0
    with pytest.raises(ValueError, match="method: .*t-sne"):
        lp.embed(layers, method="t-sne")
    with pytest.raises(ValueError, match="dimension"):
        lp.embed(layers, dimensions=0)


def test_triangle(layers: list[Array]) -> None:
    metric = lp.Metric("angular-shape")
    a, b, c = (metric.point(x) for x in layers[:3])
    found = lp.triangle(*layers[:3], metric="angular-shape", at=0.25)
    assert found.sides == {"ab": metric.distance(a, b), "bc": metric.distance(b, c), "ac": metric.distance(a, c)}
    assert found.angles["b"] == metric.angle(a, b, c)
    assert found.geodesic == {"t": 0.25, "distance_to_c": metric.distance(metric.geodesic(a, b, 0.25), c)}
    assert found.projection == dict(zip(["t", "distance"], metric.project(a, b, c), strict=True))
    assert found.undefined == {} and "angle at A" in found._repr_html_()
    flat = lp.triangle(a, a, c)
    assert flat.sides["ab"] < 1e-14 and flat.angles["a"] is None and flat.projection is None
    assert set(flat.undefined) == {"angles.a", "angles.b", "projection"}
    assert flat.metric == metric
    with pytest.raises(ValueError, match="b: 29 stimuli, but a has 30"):
        lp.triangle(a, layers[1][1:], c)
    with pytest.raises(ValueError, match="c: a point of angular-shape"):
        lp.triangle(layers[0], layers[1], c, metric="angular-cka")


def test_undefined_is_an_error_of_its_own(layers: list[Array]) -> None:
    metric = lp.Metric()
    p, q = metric.point(layers[0]), metric.point(layers[1])
    with pytest.raises(lp.UndefinedError, match="coincide"):
        metric.angle(p, p, q)
    assert issubclass(lp.UndefinedError, ValueError)


def test_intervals_and_baselines(layers: list[Array], labels: Array) -> None:
    path = lp.Path(layers, target=labels)
    intervals = path.intervals(groups=10, seed=1)
    place = list(zip(intervals["statistic"], intervals["index"].tolist(), strict=True)).index(("straightness", None))
    assert intervals["estimate"][place] == path.straightness
    assert intervals["low"][place] <= path.straightness <= intervals["high"][place]
    again, other = path.intervals(groups=10, seed=1), path.intervals(groups=10, seed=2)
    np.testing.assert_array_equal(intervals["high"], again["high"])
    assert (intervals["high"] != other["high"]).any()
    baselines = path.baselines(shuffles=20, permutations=3)
    assert set(baselines["baseline"]) == {"shuffled-order", "noise-floor"}
    lengths = [row for row in baselines.rows() if row["statistic"] == "length"]
    assert all(row["observed"] == path.length and row["low"] <= row["median"] <= row["high"] for row in lengths)
    with pytest.raises(ValueError, match="groups: the jackknife needs 2 to 30 groups"):
        path.intervals(groups=31)
    with pytest.raises(ValueError, match="intervals: .*grassmann"):
        lp.Path(layers, metric="grassmann[components=2]").intervals()
    shapes = lp.Path(layers, metric="angular-shape")
    assert set(shapes.baselines(shuffles=5, permutations=2)["baseline"]) == {"shuffled-order", "noise-floor"}
    assert len(shapes.intervals(groups=5)["low"]) > 0


def test_tables(layers: list[Array], labels: Array) -> None:
    path = lp.Path(layers, target=labels, network="net")
    table = path.layers
    assert table.height == 5 and table["layer"].tolist() == path.names
    np.testing.assert_array_equal(table["step"][:4], path.steps)
    assert np.ma.getmaskarray(table["step"]).tolist() == [False] * 4 + [True]
    np.testing.assert_array_equal(table["interior_angle"][1:4], path.interior_angles)
    np.testing.assert_array_equal(table["distance_to_target"], path.distance_to_target)
    pairs = path.pairs
    assert list(pairs) == [
        "model_x", "layer_x", "index_x", "model_y", "layer_y", "index_y", "metric", "stimuli", "value", "low", "high",
    ]  # fmt: skip
    np.testing.assert_array_equal(pairs["value"], path.distances[np.triu_indices(6, 1)])
    assert set(pairs["model_x"]) == {"net"}
    assert "interior_angle" in repr(table) and "<table>" in table._repr_html_()
    with pytest.raises(KeyError, match="no column is called 'steps'"):
        table["steps"]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(library: Literal["pandas", "polars"], layers: list[Array]) -> None:
    pytest.importorskip(library)
    path = lp.Path(layers)
    frame = path.to_frame(library=library)
    assert list(frame.columns) == list(path.layers)
    assert frame["step"].to_list()[:4] == path.steps.tolist()
    last, target = frame["step"].to_list()[4], frame["distance_to_target"].to_list()
    assert (
        (last is None and target == [None] * 5) if library == "polars" else (np.isnan(last) and np.isnan(target).all())
    )
    assert frame["index"].to_list() == [0, 1, 2, 3, 4]
    assert path.to_frame("pairs", library=library).shape == (10, 11)
    with pytest.raises(ValueError, match="table: expected 'layers' or 'pairs', not 'steps'"):
        path.to_frame(anything("steps"))


def test_frames_without_a_library(layers: list[Array], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    path = lp.Path(layers)
    with pytest.raises(ImportError, match="pandas or polars"):
        path.to_frame()
    with pytest.raises(ImportError, match="polars is not installed"):
        path.to_frame(library="polars")
    with pytest.raises(ValueError, match="library: expected 'pandas' or 'polars', not 'dask'"):
        path.to_frame(library=anything("dask"))


def test_arrow(layers: list[Array]) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(lp.Path(layers).layers)
    assert frame.height == 5 and frame["layer"].to_list() == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("kind", ["steps", "angles", "target", "distances", "embedding"])
def test_plots(kind: Any, layers: list[Array], labels: Array) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    path = lp.Path(layers, target=labels)
    figure, ax = path.plot(kind)
    assert ax.figure is figure
    if kind == "embedding":
        # The target stands beside the path, a star of its own; no name covers another.
        assert np.size(ax.lines[0].get_xdata()) == 5 and len(ax.collections) == 2
        boxes = [text.get_window_extent() for text in ax.texts]
        assert "target" in [text.get_text() for text in ax.texts]
        assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    figure.canvas.draw()
    _, (left, right) = plt.subplots(1, 2)
    assert path.plot(kind, ax=right)[1] is right
    assert right.has_data() and not left.has_data()
    plt.close("all")
    with pytest.raises(ValueError, match="kind: expected one of steps"):
        path.plot(anything("pie"))
    with pytest.raises(ValueError, match="kind: 'target' needs a path with a target"):
        lp.Path(layers).plot("target")


def test_plots_without_matplotlib(layers: list[Array], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="matplotlib, which is not installed"):
        lp.Path(layers).plot()


def test_tasks_without_dask(layers: list[Array], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    lp.write_points(tmp_path / "p.zarr", lp.Points(layers))
    with pytest.raises(ImportError, match=r"needs Dask, which is not installed; `pip install layerpath\[dask\]`"):
        lp.dask.distances(tmp_path / "p.zarr")
    with pytest.raises(ImportError, match="needs Dask"):
        lp.dask.analyze(tmp_path / "p.zarr", tmp_path / "out")
    assert lp.dask.plan(tmp_path / "p.zarr").tasks == 1


def test_epochs(layers: list[Array], labels: Array, tmp_path: Path) -> None:
    """Times in training are numbers, whole or not; whole ones are called and kept as such."""
    for epoch, text in [(0, "0"), (3.0, "3"), (0.25, "0.25"), (np.float64(1e-5), "0.00001"), (0.1, "0.1")]:
        points = lp.Points(layers[:3], target=labels, network="net", epoch=epoch)
        assert points.names[0].startswith(f"net@{text}/") and points.paths()[0].name == f"net@{text}"
        assert points.records[0]["epoch"] == epoch and isinstance(points.records[0]["epoch"], float) == ("." in text)
        assert lp.dask.Run("net", epoch=epoch).name == f"net@{text}"
        store = tmp_path / f"{text}.zarr"
        lp.write_points(store, points)
        assert lp.read_points(store).records[0]["epoch"] == epoch
        column = points.paths()[0].to_frame()["epoch"]
        assert column.dtype == np.float64 and (column == epoch).all()
    for wrong in (-1, np.nan, np.inf, 1e-12, 1e10):
        with pytest.raises(ValueError, match="^epoch: "):
            lp.Points(layers, epoch=wrong)
    with pytest.raises(TypeError, match="^epoch: expected a number, not bool"):
        lp.Points(layers, epoch=True)


def test_points(layers: list[Array], labels: Array) -> None:
    points = lp.Points(dict(zip("abcde", layers, strict=True)), target=labels, network="net", epoch=3, seed=5)
    assert len(points) == 6 and points.names[0] == "net@3/a" and points.names[-1] == "target"
    np.testing.assert_array_equal(points["a"].coordinates, points[0].coordinates)
    np.testing.assert_array_equal(points["net@3/b"].coordinates, points[1].coordinates)
    np.testing.assert_array_equal(points[-1].coordinates, points["target"].coordinates)
    record = points.records[1]
    assert (record["layer"], record["index"], record["epoch"], record["seed"]) == ("b", 1, 3, 5)
    assert record["shape"] == list(layers[1].shape) and record["reduction"] == "flatten"
    (path,) = points.paths()
    direct = lp.Path(layers, target=labels)
    assert path.name == "net@3" and path.names == list("abcde")
    np.testing.assert_array_equal(path.distances, direct.distances)
    np.testing.assert_array_equal(lp.distances(points), direct.distances)
    assert there(path.points).names == points.names
    with pytest.raises(KeyError, match="no point is called 'z'; there are net@3/a"):
        points["z"]
    with pytest.raises(IndexError, match="point 6 of 6"):
        points[6]
    with pytest.raises(ValueError, match="along: expected 'layers' or 'epochs', not 'seeds'"):
        points.paths(along=anything("seeds"))


def test_stimulus_ids(layers: list[Array]) -> None:
    ids = [f"image{i}" for i in range(30)]
    path = lp.Path(layers, stimulus_ids=ids)
    assert there(path.points).stimulus_ids == ids
    with pytest.raises(
        ValueError, match="second: the paths do not answer the same stimuli: row 0 is stimulus `image0`"
    ):
        lp.compare(path, lp.Path(layers, stimulus_ids=ids[::-1]))
    with pytest.raises(ValueError, match="stimulus_ids: 29 identifiers for 30 stimuli"):
        lp.Path(layers, stimulus_ids=ids[1:])


def test_metric_as_a_function(layers: list[Array]) -> None:
    metric = lp.Metric()
    expected = lp.distances(layers)
    points = [metric.point(x) for x in layers]
    assert metric(layers[0], layers[1]) == metric(points[0], layers[1]) == metric.distance(points[0], points[1])
    assert metric(layers[0], layers[1]) == pytest.approx(expected[0, 1], abs=1e-14)
    rows = [point.coordinates for point in points]
    assert metric(rows[0], rows[1]) == pytest.approx(expected[0, 1], abs=1e-14)
    with pytest.raises(ValueError, match="x: .*an array of one axis is taken for the coordinates"):
        metric(layers[0][:, 0], layers[1])


def test_scikit_learn_and_scipy(layers: list[Array]) -> None:
    pytest.importorskip("sklearn")
    from scipy.spatial.distance import pdist, squareform
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.manifold import MDS
    from sklearn.metrics import pairwise_distances

    metric = lp.Metric()
    expected = lp.distances(layers)
    np.testing.assert_array_equal(squareform(lp.distances(layers, condensed=True)), expected)
    rows = np.stack([metric.point(x).coordinates for x in layers])
    np.testing.assert_allclose(squareform(pdist(rows, metric=metric)), expected, atol=1e-13)
    np.testing.assert_allclose(pairwise_distances(rows, metric=metric), expected, atol=1e-13)
    coordinates = MDS(dissimilarity="precomputed", n_components=2, n_init=1, random_state=0).fit_transform(expected)
    assert coordinates.shape == (5, 2)
    clusters = AgglomerativeClustering(2, metric="precomputed", linkage="average").fit_predict(expected)
    assert set(clusters) == {0, 1}


def test_documents_are_plain_json(layers: list[Array], tmp_path: Path) -> None:
    lp.Path(layers, network="net").to_analysis(tmp_path / "out", intervals=True, baselines=True, seed=4)
    document = json.loads((tmp_path / "out" / "analysis.json").read_text())
    assert document["schema"] == "layerpath.analysis/1"
    assert document["paths"][0]["intervals"]["seed"] == document["paths"][0]["baselines"]["seed"] == 4
