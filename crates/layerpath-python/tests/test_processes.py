"""Objects that go to other processes, and processes that compute: pickle, copies, fork and spawn."""

import copy
import json
import multiprocessing
import pickle
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import Array, there

import layerpath as lp

METRICS = [
    "angular-cka", "angular-cka[kernel=rbf]", "angular-shape", "euclidean-shape", "stress", "grassmann[components=2]",
    "log-euclidean[ridge=0.1]", "affine-invariant[matrix=covariance,components=3]",
]  # fmt: skip


def again(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def resolution(point: lp.Point) -> str:
    """Below which distances a point has no directions, from the message that says so."""
    other = point.metric.point(np.random.default_rng(1).normal(size=(point.stimuli, 7)))
    with pytest.raises(lp.UndefinedError) as raised:
        point.metric.angle(point, point, other)
    return there(re.search(r"resolution (\S+)\)", str(raised.value)))[1]


@pytest.mark.parametrize("metric", METRICS)
def test_points_go_through_pickle(metric: str, layers: list[Array]) -> None:
    own = lp.Metric(metric)
    # The last has the lowest rank.
    p, q, r = (own.point(x) for x in (layers[0], layers[1], layers[4]))
    for point in (p, q, r):
        restored = again(point)
        assert restored.metric == own and restored.stimuli == 30
        assert restored.coordinates.shape == point.coordinates.shape
        assert own.distance(restored, p) == pytest.approx(own.distance(point, p), abs=1e-12)
    assert own.angle(again(p), again(q), again(r)) == pytest.approx(own.angle(p, q, r), abs=1e-9)
    # Of narrower activations less is known, and still is.
    narrow = own.point(layers[0].astype(np.float16))
    assert resolution(again(narrow)) == resolution(narrow) != resolution(p)


def test_paths_go_through_pickle(layers: list[Array], labels: Array) -> None:
    path = lp.Path(
        dict(zip("abcde", layers, strict=True)), target=labels, network="net", stimulus_ids=list(map(str, range(30)))
    )
    restored = again(path)
    assert repr(restored) == repr(path) and restored.name == "net" and restored.names == list("abcde")
    for statistic in ("steps", "interior_angles", "heading_angles", "distances", "detour"):
        np.testing.assert_array_equal(getattr(restored, statistic), getattr(path, statistic))
    assert restored.points.names == there(path.points).names
    assert restored.points.stimulus_ids == there(path.points).stimulus_ids
    assert restored.points.records == there(path.points).records
    np.testing.assert_allclose(restored.intervals()["low"], path.intervals()["low"], rtol=0, atol=1e-12)
    assert lp.compare(restored, path).frechet < 1e-14
    assert again(path.layers).rows() == path.layers.rows()
    again_embedded = again(lp.embed(path))
    np.testing.assert_array_equal(again_embedded.coordinates, lp.embed(path).coordinates)


def test_a_path_takes_only_its_own_points_along(layers: list[Array], tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    first, second = (lp.Points(layers, network="net", epoch=epoch, seed=0).__reduce__() for epoch in (0, 1))
    function, (metric, stimuli, records, coordinates, resolutions) = first
    records = json.dumps(json.loads(records) + json.loads(second[1][2]))
    both = function(metric, stimuli, records, coordinates + second[1][3], resolutions + second[1][4])
    path = both.paths()[1]
    restored = again(path)
    assert len(both.paths()) == 2 and len(both) == 10
    assert restored.name == "net@1" and restored.points.names == [f"net@1/{i}" for i in range(5)]
    assert len(pickle.dumps(path)) < 0.6 * len(pickle.dumps(both))
    assert restored.to_frame("pairs", library="pandas").equals(path.to_frame("pairs", library="pandas"))
    restored.to_analysis(tmp_path)
    np.testing.assert_allclose(lp.read_analysis(tmp_path).paths[0].steps, path.steps, rtol=0, atol=1e-14)


def test_analyses_go_through_pickle(layers: list[Array], labels: Array, tmp_path: Path) -> None:
    lp.Path(layers, target=labels).to_analysis(tmp_path)
    analysis = lp.read_analysis(tmp_path)
    for restored in (again(analysis), copy.deepcopy(analysis)):
        assert repr(restored) == repr(analysis) and restored.records == analysis.records
    (path,) = analysis.paths
    assert again(path).points is None
    np.testing.assert_array_equal(again(path).steps, path.steps)


def test_what_cannot_change_is_its_own_copy(layers: list[Array], labels: Array) -> None:
    path = lp.Path(layers, target=labels)
    points = there(path.points)
    for thing in (path, points, points[0], path.metric):
        assert copy.copy(thing) is thing and copy.deepcopy(thing) is thing


def test_damaged_pickles_are_refused(layers: list[Array]) -> None:
    function, state = lp.Metric().point(layers[0]).__reduce__()
    metric, stimuli, records, coordinates, resolutions = state
    wrong: tuple[Any, ...]
    for wrong in (
        ("cosine", stimuli, records, coordinates, resolutions),
        (metric, "{", records, coordinates, resolutions),
        (metric, stimuli, "[]", coordinates, resolutions),
        (metric, stimuli, records, [coordinates[0] * 2], resolutions),
        (metric, stimuli, records, [coordinates[0] * np.nan], resolutions),
        (metric, stimuli, records, coordinates, []),
    ):
        with pytest.raises(ValueError):
            function(*wrong)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_compute(method: str, layers: list[Array]) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    metric = lp.Metric("angular-shape")
    points = [metric.point(x) for x in layers]
    # Large enough that the threads of this process have worked: a forked one does not have them.
    random = np.random.default_rng(0)
    large = [random.normal(size=(400, 700)).astype(np.float32) for _ in range(3)]
    expected = lp.distances(large)
    with warnings.catch_warnings():
        # Python warns of forks of processes with threads; that they work is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context(method).Pool(2) as pool:
            calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
                (metric, (points[0], points[1])),
                (lp.distances, (large,)),
                (lp.Path, (layers,)),
            ]
            waiting = [pool.apply_async(function, arguments) for function, arguments in calls]
            distance, table, path = (one.get(timeout=120) for one in waiting)
    assert distance == pytest.approx(metric.distance(points[0], points[1]), abs=1e-13)
    np.testing.assert_array_equal(table, expected)
    np.testing.assert_array_equal(path.steps, lp.Path(layers).steps)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork here")
def test_joblib(layers: list[Array]) -> None:
    joblib = pytest.importorskip("joblib")
    groups = [layers[:3], layers[1:], layers[::2]]
    paths = joblib.Parallel(n_jobs=2)(joblib.delayed(lp.Path)(group) for group in groups)
    for path, group in zip(paths, groups, strict=True):
        np.testing.assert_array_equal(path.steps, lp.Path(group).steps)
