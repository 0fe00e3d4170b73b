"""`distances`: shapes, orders and errors."""

from collections.abc import Iterator

import numpy as np
import pytest
from support import Array, anything

import layerpath as lp


def test_square_and_condensed(layers: list[Array]) -> None:
    square = lp.distances(layers)
    assert square.shape == (5, 5) and square.dtype == np.float64
    np.testing.assert_array_equal(square, square.T)
    np.testing.assert_array_equal(np.diag(square), 0)
    condensed = lp.distances(layers, condensed=True)
    # scipy's order.
    np.testing.assert_array_equal(condensed, square[np.triu_indices(5, 1)])


def test_points_dicts_and_iterators_give_the_same(layers: list[Array]) -> None:
    expected = lp.distances(layers)
    metric = lp.Metric()
    np.testing.assert_array_equal(lp.distances([metric.point(x) for x in layers]), expected)
    np.testing.assert_array_equal(lp.distances({f"layer{i}": x for i, x in enumerate(layers)}), expected)
    np.testing.assert_array_equal(lp.distances((x for x in layers), metric=metric), expected)
    mixed = [metric.point(layers[0]), *layers[1:]]
    np.testing.assert_array_equal(lp.distances(mixed, metric="angular-cka"), expected)


def test_a_single_array(layers: list[Array]) -> None:
    np.testing.assert_array_equal(lp.distances(layers[:1]), [[0.0]])
    assert lp.distances(layers[:1], condensed=True).shape == (0,)


def test_wrong_collections(layers: list[Array]) -> None:
    x = layers[0]
    with pytest.raises(ValueError, match="arrays: there are none"):
        lp.distances([])
    for wrong in (x, lp.Metric().point(x), "conv1", 3, None):
        with pytest.raises(TypeError, match="arrays: expected a list or dict of arrays, one a layer, not"):
            lp.distances(anything(wrong))
    with pytest.raises(ValueError, match=r"arrays\[2\]: 29 stimuli, but arrays\[0\] has 30; all must answer"):
        lp.distances([x, layers[1], layers[2][1:]])
    with pytest.raises(ValueError, match=r"arrays\['b'\]: 29 stimuli, but arrays\['a'\] has 30"):
        lp.distances({"a": x, "b": x[1:]})
    with pytest.raises(TypeError, match=r"arrays\['b'\]: activations are"):
        lp.distances({"a": x, "b": np.arange(30)})
    with pytest.raises(ValueError, match=r"arrays\[0\]: a point of angular-cka.*but the metric here is .*biased"):
        lp.distances([lp.Metric().point(x)], metric="angular-cka[estimator=biased]")


def test_errors_of_an_iterator_pass(layers: list[Array]) -> None:
    def load() -> Iterator[Array]:
        yield layers[0]
        raise OSError("disk on fire")

    with pytest.raises(OSError, match="disk on fire"):
        lp.distances(load())


def test_wrong_metrics(layers: list[Array]) -> None:
    with pytest.raises(ValueError, match="metric: cannot read the metric `cosine`: `cosine` is no metric"):
        lp.distances(layers, metric="cosine")
    with pytest.raises(TypeError, match="metric: expected a Metric or a name such as 'angular-cka', not int"):
        lp.distances(layers, metric=anything(3))
