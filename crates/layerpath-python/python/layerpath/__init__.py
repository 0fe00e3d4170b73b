"""Neural networks as paths through the space of representations.

>>> import layerpath as lp
>>> path = lp.Path({"input": x, "hidden": h, "output": y}, target=labels)
>>> path.length, path.straightness, path.interior_angles
>>> lp.distances([x, h, y], metric="angular-cka[estimator=biased]")

Arrays have the stimuli along their first axis and are floating-point (float16, float32, float64): NumPy arrays, PyTorch
tensors on the CPU, and everything else that NumPy reads. The mathematics runs in Rust, without the GIL: do not write to
an array while another thread measures it.
"""

from ._core import Metric, Path, Point, __version__, distances

__all__ = ["Metric", "Path", "Point", "__version__", "distances"]
