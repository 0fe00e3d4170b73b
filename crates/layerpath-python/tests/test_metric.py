"""`Metric` and `Point`."""

import copy
import math
import pickle

import numpy as np
import pytest
from support import Array, anything

import layerpath as lp


def test_names_round_trip() -> None:
    metric = lp.Metric()
    assert str(metric) == "angular-cka[estimator=unbiased,kernel=linear]"
    assert repr(metric) == f"Metric('{metric}')"
    assert lp.Metric(str(metric)) == metric == lp.Metric("angular-cka")
    assert metric != lp.Metric("angular-cka[estimator=biased]")
    assert metric != str(metric)
    assert len({metric, lp.Metric("angular-cka"), lp.Metric("angular-cka[estimator=masked]")}) == 2
    assert copy.deepcopy(metric) == metric
    assert pickle.loads(pickle.dumps(metric)) == metric


def test_points(layers: list[Array]) -> None:
    metric = lp.Metric()
    point = metric.point(layers[0])
    assert point.metric == metric
    assert point.stimuli == 30
    assert repr(point) == f"Point({metric}, 30 stimuli)"
    assert np.linalg.norm(point.coordinates) == pytest.approx(1, abs=1e-14)
    other = metric.point(layers[1])
    cosine = point.coordinates @ other.coordinates
    assert math.cos(metric.distance(point, other)) == pytest.approx(cosine, abs=1e-14)


def test_geometry_is_spherical(layers: list[Array]) -> None:
    metric = lp.Metric()
    p, q, c = (metric.point(x) for x in layers[:3])
    total = metric.distance(p, q)
    for t in (0.0, 0.3, 1.0):
        assert metric.distance(p, metric.geodesic(p, q, t)) == pytest.approx(t * total, abs=1e-12)
    t, distance = metric.project(p, q, c)
    foot = metric.geodesic(p, q, t)
    assert metric.distance(foot, c) == pytest.approx(distance, abs=1e-12)
    assert metric.angle(q, foot, c) == pytest.approx(math.pi / 2, abs=1e-9)
    # Law of cosines.
    a, b = metric.distance(p, q), metric.distance(p, c)
    side = math.cos(a) * math.cos(b) + math.sin(a) * math.sin(b) * math.cos(metric.angle(q, p, c))
    assert math.cos(metric.distance(q, c)) == pytest.approx(side, abs=1e-12)


@pytest.mark.parametrize("name", ["angular-cka", "angular-shape", "euclidean-shape", "stress"])
def test_points_come_back_from_coordinates(name: str, layers: list[Array]) -> None:
    metric = lp.Metric(name)
    full, low = metric.point(layers[2]), metric.point(layers[0])
    for point in (full, low):
        row = np.append(point.coordinates, np.zeros(metric.coordinates(30) - point.coordinates.size))
        for restored in (metric.restore(row), metric.restore(point.coordinates, stimuli=30)):
            assert restored.stimuli == 30
            assert metric.distance(restored, point) < 1e-12
            assert metric.distance(restored, full) == pytest.approx(metric.distance(point, full), abs=1e-12)
    with pytest.raises(ValueError, match="coordinates: .* are more than the"):
        metric.restore(full.coordinates, stimuli=5)


def test_points_do_not_mix(layers: list[Array]) -> None:
    unbiased, masked = lp.Metric(), lp.Metric("angular-cka[estimator=masked]")
    p, q = unbiased.point(layers[0]), masked.point(layers[1])
    with pytest.raises(ValueError, match=r"y: a point of angular-cka\[estimator=masked"):
        unbiased.distance(p, q)
    with pytest.raises(ValueError, match="q: 29 stimuli, but p has 30"):
        unbiased.geodesic(p, unbiased.point(layers[1][:29]), 0.5)
    with pytest.raises(TypeError, match=r"c: expected a Point, not ndarray; `metric.point\(array\)` makes one"):
        unbiased.angle(p, p, anything(layers[0]))


def test_undefined_geometry_is_an_error(layers: list[Array]) -> None:
    metric = lp.Metric()
    p, q = metric.point(layers[0]), metric.point(layers[1])
    with pytest.raises(ValueError, match="coincide"):
        metric.angle(p, p, q)
    with pytest.raises(ValueError, match="coincide"):
        metric.project(p, p, q)
    with pytest.raises(ValueError, match="t: expected a finite number"):
        metric.geodesic(p, q, math.nan)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("euclid", "name: cannot read the metric `euclid`: `euclid` is no metric; known are angular-cka"),
        (
            "angular-cka[estimator=best]",
            "name: cannot read the metric `angular-cka[estimator=best]`: unknown estimator `best`",
        ),
        ("angular-cka[estimator=biased", "name: cannot read the metric `angular-cka[estimator=biased`: a missing `]`"),
    ],
)
def test_wrong_names(name: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        lp.Metric(name)
    assert str(error.value).startswith(message)
