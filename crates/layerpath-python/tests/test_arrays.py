"""What counts as activations, and what is copied."""

import threading
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from support import Array, Floats, Generator

import layerpath as lp


def coordinates(array: Any) -> Floats:
    return lp.Metric().point(array).coordinates


def test_strides_and_byte_order_do_not_matter(layers: list[Array]) -> None:
    x = layers[2]
    expected = coordinates(x)
    wide = np.zeros((60, 80))
    wide[::2, ::2] = x
    backwards = x[::-1].copy()[::-1]
    for same in (np.asfortranarray(x), wide[::2, ::2], backwards, x.astype(">f8"), x.tolist()):
        np.testing.assert_array_equal(coordinates(same), expected)
    unaligned = np.frombuffer(b"?" + x.tobytes(), dtype=np.uint8)[1:].view("f8").reshape(x.shape)
    assert not unaligned.flags.aligned
    np.testing.assert_array_equal(coordinates(unaligned), expected)


def test_further_axes_are_flattened(random: Generator) -> None:
    x = random.normal(size=(12, 3, 4, 5))
    np.testing.assert_array_equal(coordinates(x), coordinates(x.reshape(12, 60)))
    channels_last = np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1)
    assert not channels_last.flags.c_contiguous
    np.testing.assert_array_equal(coordinates(channels_last), coordinates(x))
    np.testing.assert_array_equal(coordinates(x[:, 0, 0, 0]), coordinates(x[:, :1, 0, 0]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_smaller_floats_are_multiplied_in_single_precision(dtype: Any, layers: list[Array]) -> None:
    for x in layers:
        small = x.astype(dtype)
        np.testing.assert_allclose(coordinates(small), coordinates(small.astype(np.float64)), rtol=0, atol=1e-7)
        shape, kernel = lp.Metric("angular-shape"), lp.Metric("angular-cka[kernel=rbf]")
        for metric in (shape, kernel):  # widened exactly
            same = metric.point(small.astype(np.float64)).coordinates
            np.testing.assert_array_equal(metric.point(small).coordinates, same)


def test_single_precision_is_near_double(layers: list[Array]) -> None:
    double = lp.distances(layers)
    single = lp.distances([x.astype(np.float32) for x in layers])
    np.testing.assert_allclose(single, double, rtol=0, atol=1e-6)


def test_contiguous_arrays_are_not_copied(random: Generator) -> None:
    x = random.normal(size=(20, 50_000))
    metric = lp.Metric()

    def peak(array: Array) -> int:
        tracemalloc.start()
        metric.point(array)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert peak(x) < x.nbytes / 10
    assert peak(x.astype(np.float32)) < x.nbytes / 10
    assert x.nbytes <= peak(np.asfortranarray(x)) < 1.1 * x.nbytes


def test_read_only_arrays(layers: list[Array]) -> None:
    x = layers[0].copy()
    x.flags.writeable = False
    np.testing.assert_array_equal(coordinates(x), coordinates(layers[0]))


def test_array_protocol(layers: list[Array]) -> None:
    class Tensor:
        """Like a torch tensor that takes part in differentiation."""

        def __init__(self, values: Array, requires_grad: bool) -> None:
            self.values, self.requires_grad = values, requires_grad

        def detach(self) -> "Tensor":
            return Tensor(self.values, False)

        def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
            if self.requires_grad:
                raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
            return self.values

    x = layers[0]
    for requires_grad in (False, True):
        np.testing.assert_array_equal(coordinates(Tensor(x, requires_grad)), coordinates(x))


def test_torch(layers: list[Array]) -> None:
    torch = pytest.importorskip("torch")
    x = layers[0].astype(np.float32)
    for tensor in (torch.from_numpy(x), torch.nn.Parameter(torch.from_numpy(x))):
        np.testing.assert_array_equal(coordinates(tensor), coordinates(x))


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (
            np.arange(20).reshape(10, 2),
            TypeError,
            "array: activations are float16, bfloat16, float32 or float64, not int64; if",
        ),
        (np.ones((10, 2), bool), TypeError, "not bool"),
        (
            np.ones((10, 2), complex),
            TypeError,
            "array: activations are float16, bfloat16, float32 or float64, not complex128",
        ),
        (np.array([["a", "b"]] * 10), TypeError, "not <U1"),
        (np.float64(3), TypeError, "array: expected an array with the stimuli along its first axis, not float64"),
        (None, TypeError, "first axis, not NoneType"),
        ([[1.0, 2.0], [3.0]], ValueError, "array: NumPy cannot read list as an array"),
        (np.empty((0, 4)), ValueError, "array: a representation needs at least one stimulus and one unit, not 0 × 4"),
        (np.empty((4, 0)), ValueError, "not 4 × 0"),
        (np.ones((3, 2)), ValueError, "array: angular-cka.* needs at least 4 stimuli, not 3"),
        (np.ones((10, 2)), ValueError, "array: the representation does not tell any two stimuli apart"),
        (np.ma.masked_less(np.arange(20.0).reshape(10, 2), 3), ValueError, "array: the array has masked elements"),
    ],
)
def test_what_is_refused(array: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lp.Metric().point(array)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_place_of_a_bad_value_is_named(value: float, layers: list[Array]) -> None:
    x = layers[2].copy()
    x[7, 11] = value
    with pytest.raises(ValueError, match=r"arrays\[1\]: the activation of stimulus 7, unit 11 is (NaN|inf|-inf)"):
        lp.distances([layers[0], x])


def test_too_many_stimuli_are_an_exception() -> None:
    with pytest.raises(MemoryError, match="array: the similarities of 2000000000 stimuli"):
        lp.Metric().point(np.broadcast_to(np.float16(1), (2_000_000_000, 0)))


def test_other_threads_run_meanwhile(random: Generator) -> None:
    x = random.normal(size=(1200, 2500))
    worker = threading.Thread(target=lambda: lp.Metric().point(x))
    ticks = 0
    worker.start()
    while worker.is_alive():
        time.sleep(0.001)
        ticks += 1
    assert ticks >= 5
