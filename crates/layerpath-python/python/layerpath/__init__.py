"""Neural networks as paths through the space of representations.

The answers of a layer to the same stimuli are a point in a metric space, and the layers in order are a path.

>>> import numpy as np
>>> import layerpath as lp
>>> random = np.random.default_rng(0)
>>> x = random.normal(size=(60, 20))
>>> h = np.tanh(x @ random.normal(size=(20, 50)))
>>> y = h @ random.normal(size=(50, 3))
>>> path = lp.Path({"input": x, "hidden": h, "output": y}, target=y.argmax(axis=1))
>>> path.names
['input', 'hidden', 'output']
>>> path.steps.shape, path.interior_angles.shape, path.distances.shape
((2,), (1,), (4, 4))
>>> bool(0 < path.straightness <= 1)
True
>>> lp.distances([x, h, y], metric="angular-cka[estimator=biased]").shape
(3, 3)

Arrays have the stimuli along their first axis and are floating-point (float16, bfloat16, float32, float64): NumPy
arrays, PyTorch tensors, JAX arrays, and everything else that NumPy reads or that speaks DLPack. `capture` takes the
layers of a `torch.nn.Module`, `dask` those of many on many machines. The mathematics runs in Rust, without the GIL: do
not write to an array while another thread measures it.
"""

from . import dask, torch
from ._capture import Capture, capture
from ._core import (
    Analysis,
    GramAccumulator,
    Metric,
    Path,
    Point,
    Points,
    UndefinedError,
    __version__,
    distances,
    read_analysis,
    read_points,
    write_points,
)
from ._results import Comparison, Embedding, Triangle, compare, embed, triangle
from ._table import Table

__all__ = [
    "Analysis",
    "Capture",
    "Comparison",
    "Embedding",
    "GramAccumulator",
    "Metric",
    "Path",
    "Point",
    "Points",
    "Table",
    "Triangle",
    "UndefinedError",
    "__version__",
    "capture",
    "compare",
    "dask",
    "distances",
    "embed",
    "read_analysis",
    "read_points",
    "torch",
    "triangle",
    "write_points",
]
