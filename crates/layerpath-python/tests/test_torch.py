"""Tensors, derivatives."""

from typing import Any

import numpy as np
import pytest
from support import Array, anything

import layerpath as lp

pytest.importorskip("torch")
import torch  # noqa: E402

torch.set_num_threads(1)

METRICS = [
    *(
        f"angular-cka[estimator={estimator},{kernel}]"
        for estimator in ("unbiased", "biased", "masked")
        for kernel in ("kernel=linear", "kernel=rbf,length-scale=2", "kernel=rbf")
    ),
    "angular-shape",
    "euclidean-shape",
]


def normal(seed: int, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("metric", METRICS)
def test_gradients(metric: str) -> None:
    own = lp.Metric(metric)
    target = own.point(normal(1, 9, 4))
    x = normal(2, 9, 3, 2).requires_grad_()
    value = lp.torch.distance(x, target)
    assert value.item() == pytest.approx(own.distance(own.point(x), target), abs=1e-13)
    assert torch.autograd.gradcheck(lambda x: lp.torch.distance(x, target), (x,), atol=1e-6)
    # Both sides at once.
    y = normal(3, 9, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, y: lp.torch.distance(x, y, metric=metric), (x, y), atol=1e-6)


def test_a_loss_goes_down() -> None:
    target = lp.Metric().point(normal(1, 20, 3))
    x = normal(2, 20, 6, dtype=torch.float32).requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.1)
    losses = []
    for _ in range(60):
        loss = lp.torch.distance(x, target)
        optimizer.zero_grad()
        (2 * loss).backward()
        optimizer.step()
        losses.append(loss.item())
    assert loss.dtype == torch.float32 and losses[-1] < 0.3 * losses[0]


def test_chain_rule_and_no_gradient() -> None:
    target = lp.Metric().point(normal(1, 20, 3))
    x = normal(2, 20, 6).requires_grad_()
    (plain,) = torch.autograd.grad(lp.torch.distance(x, target), x)
    (tripled,) = torch.autograd.grad(3 * lp.torch.distance(x, target), x)
    torch.testing.assert_close(tripled, 3 * plain)
    assert not lp.torch.distance(x.detach(), target).requires_grad
    with pytest.raises(RuntimeError, match="does not require grad"):
        (first,) = torch.autograd.grad(lp.torch.distance(x, target), x, create_graph=True)
        first.sum().backward()


def test_where_there_is_no_derivative() -> None:
    x = normal(1, 12, 4).requires_grad_()
    for metric in METRICS:
        with pytest.raises(lp.UndefinedError, match="x: the two points coincide"):
            lp.torch.distance(x, lp.Metric(metric).point(x))
    with pytest.raises(ValueError, match="x: the derivative of a distance is not available under stress"):
        lp.torch.distance(x, lp.Metric("stress").point(normal(2, 12, 3)))
    with pytest.raises(TypeError, match="x: expected a torch tensor, not ndarray"):
        lp.torch.distance(anything(np.ones((4, 3))), lp.Metric().point(x))
    with pytest.raises(TypeError, match="y: expected a Point or a torch tensor, not float"):
        lp.torch.distance(x, anything(3.0))
    with pytest.raises(ValueError, match="y: 9 stimuli, but x has 12"):
        lp.torch.distance(x, lp.Metric().point(normal(2, 9, 3)))


def test_bfloat16_without_a_copy() -> None:
    import tracemalloc

    x = normal(1, 20, 50_000, dtype=torch.bfloat16)
    metric = lp.Metric()
    expected = metric.point(x.float()).coordinates
    tracemalloc.start()
    point = metric.point(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(point.coordinates, expected)
    assert peak < 2 * x.numel() / 10
    types = pytest.importorskip("ml_dtypes")
    numbers = x.float().numpy().astype(types.bfloat16)
    np.testing.assert_array_equal(metric.point(numbers).coordinates, expected)
    np.testing.assert_array_equal(metric.point(numbers[:, ::2]).coordinates, metric.point(x[:, ::2]).coordinates)


def test_other_tensors() -> None:
    x = normal(1, 20, 6)
    expected = lp.Metric().point(x.numpy()).coordinates
    for same in (x.T.contiguous().T, x.requires_grad_(), torch.nn.Parameter(x.detach())):
        np.testing.assert_array_equal(lp.Metric().point(same).coordinates, expected)
    with pytest.raises(TypeError, match="array: activations are .* not complex128"):
        lp.Metric().point(torch.complex(x, x))
    with pytest.raises(TypeError, match="array: NumPy cannot read Tensor"):
        lp.Metric().point(x.detach().to_sparse())
    labels = torch.arange(20) % 3
    path = lp.Path([x, x**2], target=labels)
    np.testing.assert_array_equal(path.distances, lp.Path([x, x**2], target=labels.numpy()).distances)


def test_dlpack() -> None:
    class Opaque:
        """Speaks DLPack and nothing else."""

        def __init__(self, array: Array) -> None:
            self._array = array

        def __dlpack__(self, **options: Any) -> Any:
            return self._array.__dlpack__(**options)

        def __dlpack_device__(self) -> Any:
            return self._array.__dlpack_device__()

    x = np.random.default_rng(0).normal(size=(20, 6))
    np.testing.assert_array_equal(lp.Metric().point(Opaque(x)).coordinates, lp.Metric().point(x).coordinates)
