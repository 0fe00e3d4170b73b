"""`Path`: its statistics against one another and against the table of distances."""

from typing import Any

import numpy as np
import pytest
from support import Array, anything, there

import layerpath as lp

WITH_TARGET = [
    "heading_angles",
    "distance_to_target",
    "progress",
    "efficiency",
    "fraction_along",
    "detour",
]


def test_statistics_follow_from_distances(layers: list[Array], labels: Array) -> None:
    path = lp.Path(layers, target=labels)
    one_hot = np.eye(3)[labels]
    distances = lp.distances([*layers, one_hot])
    np.testing.assert_array_equal(path.distances, distances)
    np.testing.assert_array_equal(path.steps, np.diag(distances, 1)[:4])
    assert len(path) == 5
    assert path.length == pytest.approx(path.steps.sum(), rel=1e-15)
    assert path.displacement == distances[0, 4]
    assert path.straightness == pytest.approx(path.displacement / path.length, rel=1e-15)
    np.testing.assert_array_equal(path.distance_to_start, distances[0, :5])
    np.testing.assert_array_equal(path.distance_to_target, distances[:5, 5])
    np.testing.assert_allclose(there(path.progress), -np.diff(distances[:5, 5]), rtol=0, atol=1e-14)
    np.testing.assert_allclose(there(path.efficiency), there(path.progress) / path.steps, rtol=1e-14)
    assert path.undefined == []


def test_angles_and_projections_are_the_metric_s(layers: list[Array], labels: Array) -> None:
    metric = lp.Metric("angular-cka[estimator=biased]")
    points = [metric.point(x) for x in layers]
    target = metric.point(np.eye(3)[labels])
    path = lp.Path(points, target=target, metric=metric)
    interior = [metric.angle(*points[i - 1 : i + 2]) for i in range(1, 4)]
    heading = [metric.angle(points[i + 1], points[i], target) for i in range(4)]
    projections = [metric.project(points[0], target, p) for p in points]
    np.testing.assert_allclose(path.interior_angles, interior, rtol=0, atol=1e-14)
    np.testing.assert_allclose(there(path.heading_angles), heading, rtol=0, atol=1e-14)
    # The first point is at 0 by definition, up to rounding by projection.
    np.testing.assert_allclose(there(path.fraction_along), [t for t, _ in projections], rtol=0, atol=1e-14)
    np.testing.assert_allclose(there(path.detour), [distance for _, distance in projections], rtol=0, atol=1e-14)


def test_targets(layers: list[Array], labels: Array) -> None:
    one_hot = np.eye(3)[labels]
    expected = lp.Path(layers, target=one_hot).distance_to_target
    names = np.array([10, -3, 7])[labels]
    same = [
        labels,
        labels.tolist(),
        labels.astype(np.uint8),
        labels.astype(np.float32),
        one_hot.astype(int),
        one_hot.astype(bool),
        lp.Metric().point(one_hot),
        np.array(["cat", "dog", "owl"])[labels],
        [["cat", "dog", "owl"][label] for label in labels],
        np.array(["cat", "dog", "owl"], dtype=object)[labels],
    ]
    for target in same:
        np.testing.assert_array_equal(lp.Path(layers, target=target).distance_to_target, expected)
    # The order of the columns is no property of the labels.
    np.testing.assert_allclose(
        there(lp.Path(layers, target=names).distance_to_target), there(expected), rtol=0, atol=1e-14
    )
    # Fractions in one axis are measurements.
    angle = labels / 3
    by_column = lp.Path(layers, target=angle[:, None]).distance_to_target
    np.testing.assert_array_equal(lp.Path(layers, target=angle).distance_to_target, by_column)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (np.zeros(30, int), ValueError, "target: every stimulus has the same label"),
        (np.arange(30), ValueError, "target: every stimulus has a label of its own"),
        (np.arange(29) % 3, ValueError, r"target: 29 stimuli, but arrays\[0\] has 30"),
        (np.full(30, np.nan), ValueError, "target: the activation of stimulus 0, unit 0 is NaN"),
        ("last", TypeError, "target: expected an array"),
        (["cat"] * 30, ValueError, "target: every stimulus has the same label"),
        (np.array(["cat", None, "owl"] * 10, dtype=object), TypeError, "target: activations are"),
        (np.array([["cat"], ["dog"]] * 15), TypeError, "target: activations are"),
    ],
)
def test_wrong_targets(target: Any, error: type[Exception], message: str, layers: list[Array]) -> None:
    with pytest.raises(error, match=message):
        lp.Path(layers, target=target)


def test_without_target(layers: list[Array]) -> None:
    path = lp.Path(layers)
    for statistic in WITH_TARGET:
        assert getattr(path, statistic) is None, statistic
    assert path.distances.shape == (5, 5)


def test_names(layers: list[Array]) -> None:
    named = {f"layer{i}": x for i, x in enumerate(layers)}
    assert lp.Path(named).names == list(named)
    assert lp.Path(layers).names == ["0", "1", "2", "3", "4"]
    assert lp.Path(layers, names=list("abcde")).names == list("abcde")
    with pytest.raises(ValueError, match="names: 2 names for 5 arrays"):
        lp.Path(layers, names=["a", "b"])
    with pytest.raises(ValueError, match="names: two arrays are called 'a'"):
        lp.Path(layers, names=list("abcda"))
    with pytest.raises(ValueError, match="names: the keys of `arrays` are the names already"):
        lp.Path(named, names=list("abcde"))


def test_repeated_layers_are_masked_with_a_reason(layers: list[Array], labels: Array) -> None:
    x, y, z = layers[:3]
    path = lp.Path([x, y, y, z], target=labels)
    assert path.steps[1] == 0
    np.testing.assert_array_equal(path.interior_angles.mask, [True, True])
    np.testing.assert_array_equal(there(path.heading_angles).mask, [False, True, False])
    np.testing.assert_array_equal(there(path.efficiency).mask, [False, True, False])
    assert not there(path.detour).mask.any()
    where = [(statistic, index) for statistic, index, _ in path.undefined]
    assert where == [("interior_angles", 0), ("interior_angles", 1), ("heading_angles", 1), ("efficiency", 1)]
    assert all("coincide" in reason for _, _, reason in path.undefined)
    # What is masked takes no part, and nothing unmasked is a NaN.
    assert np.isfinite(there(path.efficiency).mean())
    assert np.isfinite(there(path.heading_angles).compressed()).all()


def test_a_path_that_stays(layers: list[Array]) -> None:
    path = lp.Path([layers[0]] * 3, target=layers[0])
    assert path.length == 0 and path.displacement == 0
    assert path.straightness is None
    assert there(path.efficiency).mask.all() and there(path.fraction_along).mask.all() and there(path.detour).mask.all()
    assert path.undefined[0] == ("straightness", None, "the path has length 0")
    assert "straightness undefined" in repr(path)


def test_the_mask_hides_no_number(layers: list[Array]) -> None:
    path = lp.Path([layers[0], layers[0], layers[1]])
    assert path.interior_angles.mask.tolist() == [True]
    assert np.isnan(path.interior_angles.filled()).all() and np.isnan(np.asarray(path.interior_angles)).all()


def test_repr(layers: list[Array], labels: Array) -> None:
    path = lp.Path(layers, target=labels)
    metric = "angular-cka[estimator=unbiased,kernel=linear]"
    assert repr(path) == (
        f"Path(5 points, with target, 30 stimuli, {metric}: "
        f"length {path.length:.4f} rad, straightness {path.straightness:.3f})"
    )
    assert path.metric == lp.Metric() and path.stimuli == 30


def test_results_belong_to_the_caller(layers: list[Array]) -> None:
    path = lp.Path(layers)
    first = path.steps.copy()
    path.steps[:] = 0
    np.testing.assert_array_equal(path.steps, first)


def test_wrong_paths(layers: list[Array]) -> None:
    with pytest.raises(ValueError, match="a path needs at least two points, not 1"):
        lp.Path(layers[:1])
    with pytest.raises(ValueError, match="a path needs at least two points, not 0"):
        lp.Path([])
    with pytest.raises(ValueError, match=r"arrays\[1\]: 29 stimuli"):
        lp.Path([layers[0], layers[1][1:]])
    with pytest.raises(AttributeError):
        anything(lp.Path(layers)).length = 3
    with pytest.raises(TypeError):
        anything(lp.Path)(layers, ["a"])


def test_version() -> None:
    assert lp.__version__.count(".") == 2


@pytest.mark.parametrize(
    "name",
    [
        "angular-cka[kernel=rbf]",
        "angular-shape",
        "euclidean-shape",
        "affine-invariant[matrix=gram,ridge=0.1]",
        "log-euclidean[matrix=gram,ridge=0.1]",
        "stress",
        "angular-rsa",
        "grassmann[components=3]",
    ],
)
def test_every_family_of_metrics(name: str) -> None:
    generator = np.random.default_rng(3)
    *arrays, target = [generator.normal(size=(20, width)) for width in (5, 30, 8, 3)]
    path = lp.Path(arrays, target=target, metric=name)
    assert 0 < there(path.straightness) <= 1
    assert path.interior_angles.count() == 1
    np.testing.assert_allclose(path.distances, lp.distances([*arrays, target], metric=name), atol=1e-12)
