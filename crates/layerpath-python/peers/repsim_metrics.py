"""layerpath in the form in which the tests of wrongu/repsim want a metric. Stands in for their `tests/metrics.py`."""

import numpy as np
import pytest
import torch
from repsim.geometry.manifold import GeodesicLengthSpace
from repsim.metrics.representation_metric_space import RepresentationMetricSpace
from tests.constants import size_m, size_n

import layerpath as lp


class Adapter(RepresentationMetricSpace, GeodesicLengthSpace):
    """Points are rows of coordinates, filled up with zeros. The Python interface has no tangent vectors."""

    def __init__(self, name):
        self.metric = lp.Metric(name)
        length = self.metric.coordinates(size_m)
        super().__init__(dim=length, shape=(length,))

    @property
    def m(self):
        return size_m

    def neural_data_to_point(self, x):
        return self._padded(self.metric.point(x))

    def string_id(self):
        return str(self.metric)

    @property
    def is_spherical(self):
        return self.metric.unit == "rad"

    def _padded(self, point):
        coordinates = torch.zeros(self.shape, dtype=torch.float64)
        coordinates[: len(point.coordinates)] = torch.from_numpy(point.coordinates)
        return coordinates

    def _contains_impl(self, pt, atol=1e-6):
        try:
            self.metric.restore(pt)
        except ValueError:
            return False
        return True

    def _project_impl(self, pt):
        raise NotImplementedError("points of layerpath stay on their manifold")

    def _length_impl(self, pt_a, pt_b):
        return torch.tensor(self.metric(pt_a, pt_b), dtype=torch.float64)

    def _geodesic_impl(self, pt_a, pt_b, frac=0.5):
        return self._padded(self.metric.geodesic(self.metric.restore(pt_a), self.metric.restore(pt_b), float(frac)))


def _described(name, curvature, scale, affine=False):
    return {
        "metric": Adapter(name),
        "name": str(lp.Metric(name)),
        "expected-curvature": curvature,
        "high-rank-data": False,
        "rotation-invariant": True,
        "translation-invariant": True,
        "scale-invariant": scale,
        "affine-invariant": affine,
    }


# The list of repsim's file with our names; their SqExp length scale is ours times the square root of two.
_half = np.sqrt(0.5)
_list_of_metrics = [
    _described("angular-cka[estimator=unbiased]", "positive", True),
    _described("angular-cka[estimator=masked]", "positive", True),
    _described("angular-cka[estimator=biased]", "positive", True),
    _described(f"angular-cka[estimator=masked,kernel=rbf,length-scale=median*{_half}]", "positive", True),
    _described(f"angular-cka[estimator=masked,kernel=rbf,length-scale={10 * _half}]", "positive", False),
    _described(f"angular-cka[estimator=biased,kernel=rbf,length-scale=median*{_half}]", "positive", True),
    _described("angular-rsa", "positive", True),
    _described("stress", "zero", False),
    _described("stress[rescale=median]", "zero", True),
    _described("euclidean-shape", "nonnegative", False),
    _described(f"euclidean-shape[components={size_n // 2}]", "nonnegative", False),
    _described("angular-shape", "positive", True),
    _described(f"angular-shape[components={size_n // 2}]", "positive", True),
    _described(f"angular-shape[components={size_n},whitening=0.5]", "none", False),
    _described("angular-shape[whitening=0]", "none", True, affine=True),
    _described("euclidean-shape[whitening=0]", "none", True, affine=True),
    _described(f"grassmann[components={size_n}]", "nonnegative", True, affine=True),
    _described("affine-invariant[matrix=gram,ridge=0.1]", "nonpositive", False),
    _described("log-euclidean[matrix=gram,ridge=0.1]", "zero", False),
]


@pytest.fixture(params=_list_of_metrics, ids=lambda p: p["metric"].string_id())
def metric(request):
    own = request.param["metric"]
    for key, value in request.param.items():
        if key != "metric":
            own.__dict__["test_" + key.replace("-", "_")] = value
    return own
