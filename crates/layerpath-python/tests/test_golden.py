"""Values of wrongu/repsim, the authors' package (golden/repsim)."""

import numpy as np
import pytest
from support import Golden

import layerpath as lp

METRICS = ["angular-cka[estimator=biased]", "angular-cka[estimator=masked]"]


@pytest.mark.parametrize("name", METRICS)
def test_distances(name: str, golden: Golden) -> None:
    arrays, expected = golden
    distances = lp.distances(arrays, metric=name)
    np.testing.assert_allclose(distances, expected[name]["distances"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_interior_angles(name: str, golden: Golden) -> None:
    arrays, expected = golden
    path = lp.Path(arrays, metric=name)
    assert path.names == list(arrays)
    np.testing.assert_allclose(path.interior_angles, expected[name]["interior_angles"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_triangles(name: str, golden: Golden) -> None:
    arrays, expected = golden
    metric = lp.Metric(name)
    points = [metric.point(array) for array in arrays.values()]
    for triple in expected[name]["triples"]:
        a, b, c = (points[triple[key]] for key in "abc")
        assert metric.angle(a, b, c) == pytest.approx(triple["angle_at_b"], abs=1e-9)
        for t in (0.25, 0.5):
            there = metric.geodesic(a, b, t)
            assert metric.distance(there, c) == pytest.approx(triple[f"d_geodesic_ab_at_{t}_to_c"], abs=1e-9)
        t, distance = metric.project(a, b, c)
        # repsim finds the projection by iteration.
        assert t == pytest.approx(triple["projection_of_c_on_ab_t"], abs=1e-6)
        assert distance == pytest.approx(triple["projection_of_c_on_ab_distance"], abs=1e-9)
