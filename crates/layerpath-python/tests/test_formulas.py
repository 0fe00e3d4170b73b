"""The three estimators against their formulas, written out in NumPy."""

from typing import Any

import numpy as np
import pytest
from support import Array, Generator

import layerpath as lp


def biased(x: Array, y: Array) -> Any:
    m = len(x)
    h = np.eye(m) - 1 / m
    kx, ky = h @ x @ x.T @ h, h @ y @ y.T @ h
    return np.sum(kx * ky) / np.sqrt(np.sum(kx * kx) * np.sum(ky * ky))


def masked(x: Array, y: Array) -> Any:
    m = len(x)
    h = np.eye(m) - 1 / m
    outside = 1 - np.eye(m)
    kx, ky = h @ x @ x.T @ h * outside, h @ y @ y.T @ h * outside
    return np.sum(kx * ky) / np.sqrt(np.sum(kx * kx) * np.sum(ky * ky))


def unbiased(x: Array, y: Array) -> Any:
    """Song et al. 2012, equation 5, for HSIC; no centring anywhere."""
    m = len(x)
    one = np.ones(m)

    def hsic(kx: Array, ky: Array) -> Any:
        trace = np.trace(kx @ ky)
        means = (one @ kx @ one) * (one @ ky @ one) / ((m - 1) * (m - 2))
        mixed = 2 / (m - 2) * (one @ kx @ ky @ one)
        return (trace + means - mixed) / (m * (m - 3))

    kx, ky = x @ x.T * (1 - np.eye(m)), y @ y.T * (1 - np.eye(m))
    return hsic(kx, ky) / np.sqrt(hsic(kx, kx) * hsic(ky, ky))


@pytest.mark.parametrize("estimator", [biased, masked, unbiased])
def test_distances_are_arcs_of_cka(estimator: Any, layers: list[Array]) -> None:
    distances = lp.distances(layers, metric=f"angular-cka[estimator={estimator.__name__}]")
    for i, x in enumerate(layers):
        for j, y in enumerate(layers):
            if i == j:
                assert distances[i, j] == 0
            else:
                assert np.cos(distances[i, j]) == pytest.approx(estimator(x, y), abs=1e-12)


def test_the_default_is_unbiased(layers: list[Array]) -> None:
    np.testing.assert_array_equal(
        lp.distances(layers), lp.distances(layers, metric="angular-cka[estimator=unbiased,kernel=linear]")
    )


def test_invariances(layers: list[Array], random: Generator) -> None:
    x, y = layers[:2]
    rotation, _ = np.linalg.qr(random.normal(size=(6, 6)))
    moved = 3.0 * x @ rotation + random.normal(size=6)
    table = lp.distances([x, y, moved])
    assert table[0, 2] < 1e-7
    assert table[0, 1] == pytest.approx(table[2, 1], abs=1e-12)
    stretched = x * np.linspace(1, 5, 6)
    assert lp.distances([x, stretched])[0, 1] > 1e-3
