"""Distances as training losses in PyTorch.

>>> import layerpath as lp
>>> import torch
>>> x = torch.randn(20, 5, dtype=torch.float64, requires_grad=True)
>>> target = lp.Metric().point(torch.randn(20, 3, dtype=torch.float64))
>>> loss = lp.torch.distance(x, target)
>>> loss.backward()
>>> x.grad.shape
torch.Size([20, 5])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._core import Metric, Point, as_metric

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["distance"]

_function: Any = None


def distance(x: Tensor, y: Point | Tensor, *, metric: str | Metric | None = None) -> Tensor:
    """The distance of activations `x` (first axis stimuli, the rest flattened) to `y`, which can be differentiated.

    `y` is a point, for example of a target or of another network's layer, or a second tensor, and then both get
    gradients. The metric is that of the point, else `metric`, else "angular-cka": angular-cka with every estimator and
    kernel (a `median` length scale is differentiated too), angular-shape, euclidean-shape. The value is computed in
    float64 on the CPU, and given in the type and on the device of `x`. Second derivatives are not available.

    Raises `UndefinedError` where the distance has no derivative: at distance zero, at antipodes, where the alignment of
    two shapes is not unique.
    """
    torch = _torch()
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"x: expected a torch tensor, not {type(x).__name__}")
    if isinstance(y, Point):
        own = y.metric if metric is None else as_metric(metric)
    elif isinstance(y, torch.Tensor):
        own = as_metric(metric)
        _floating("y", y)
    else:
        raise TypeError(
            f"y: expected a Point or a torch tensor, not {type(y).__name__}; `metric.point(array)` makes a Point"
        )
    _floating("x", x)
    result: Tensor = _autograd(torch).apply(x, y, own)
    return result


def _floating(argument: str, tensor: Tensor) -> None:
    if not tensor.is_floating_point():
        raise TypeError(f"{argument}: expected floating-point numbers, not {str(tensor.dtype).removeprefix('torch.')}")


def _point(metric: Metric, argument: str, tensor: Tensor) -> Point:
    """A tensor as a point, with messages that name the argument."""
    try:
        return metric.point(tensor)
    except (TypeError, ValueError, MemoryError) as error:
        raise type(error)(str(error).replace("array:", f"{argument}:", 1)) from None


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise ImportError("lp.torch needs PyTorch, which is not installed; `pip install torch`") from None
    return torch


def _autograd(torch: Any) -> Any:
    """The autograd function, made once torch is there."""
    global _function
    if _function is not None:
        return _function

    class Distance(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Point | Tensor, metric: Metric) -> Tensor:
            wanted = ctx.needs_input_grad
            tensors = not isinstance(y, Point)
            point = y if isinstance(y, Point) else _point(metric, "y", y)
            if not any(wanted[:2]):
                return x.new_tensor(metric.distance(_point(metric, "x", x), point))
            found, gradient = metric.distance_and_gradient(x, point)
            ctx.gradients = [torch.as_tensor(gradient).to(x) if wanted[0] else None, None]
            if tensors and wanted[1]:
                _, other = metric.distance_and_gradient(y, _point(metric, "x", x))
                ctx.gradients[1] = torch.as_tensor(other).to(y)
            return x.new_tensor(found)

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, outer: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
            own, other = ctx.gradients
            return (None if own is None else outer * own, None if other is None else outer.to(other) * other, None)

    _function = Distance
    return _function
