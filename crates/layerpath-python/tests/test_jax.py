"""JAX arrays: read where they lie, bfloat16 included."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from support import Floats

import layerpath as lp

pytest.importorskip("jax", reason="JAX is not installed")
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402


def normal(seed: int, *shape: int, dtype: Any = jnp.float32) -> Any:
    return jax.random.normal(jax.random.key(seed), shape).astype(dtype).block_until_ready()


def coordinates(array: Any) -> Floats:
    return lp.Metric().point(array).coordinates


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_without_a_copy(dtype: str) -> None:
    x = normal(1, 20, 50_000, dtype=dtype)
    expected = coordinates(np.asarray(x).astype(np.float32))
    tracemalloc.start()
    found = coordinates(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(found, expected)
    assert peak < x.nbytes / 10


def test_axes_views_and_double_precision() -> None:
    x = normal(2, 20, 3, 4)
    np.testing.assert_array_equal(coordinates(x), coordinates(np.asarray(x).reshape(20, 12)))
    np.testing.assert_array_equal(coordinates(x[:, ::2, 1]), coordinates(np.asarray(x)[:, ::2, 1]))
    half = normal(2, 20, 6, dtype="bfloat16")
    np.testing.assert_array_equal(coordinates(half[:, ::2]), coordinates(np.asarray(half[:, ::2]).astype(np.float32)))
    with jax.enable_x64(True):
        double = normal(3, 20, 6).astype(jnp.float64)
        assert double.dtype == np.float64
        np.testing.assert_array_equal(coordinates(double), coordinates(np.asarray(double)))


def test_paths_and_targets() -> None:
    layers = {"input": normal(4, 24, 5), "hidden": jnp.tanh(normal(5, 24, 9)), "output": normal(6, 24, 3)}
    labels = jnp.arange(24) % 3
    path = lp.Path(layers, target=labels)
    same = lp.Path({name: np.asarray(x) for name, x in layers.items()}, target=np.asarray(labels))
    assert path.names == ["input", "hidden", "output"]
    np.testing.assert_array_equal(path.distances, same.distances)


def test_what_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"arrays\[1\]: activations are float16, bfloat16, float32 or float64, not int32"
    ):
        lp.distances([normal(1, 8, 3), jnp.arange(24).reshape(8, 3)])
    with pytest.raises(ValueError, match=r"arrays\[0\]: the activation of stimulus 2, unit 1 is NaN"):
        lp.distances([normal(1, 8, 3).at[2, 1].set(jnp.nan)])
    with pytest.raises(TypeError, match="arrays: expected a list or dict of arrays, one a layer"):
        lp.distances(normal(1, 8, 3))
    with pytest.raises(TypeError, match="array: "):
        # Inside jax.jit there are no values to read.
        jax.jit(lambda x: lp.Metric().point(x))(normal(1, 8, 3))
