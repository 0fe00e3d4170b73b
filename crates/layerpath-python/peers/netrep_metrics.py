"""layerpath in the form in which the tests of ahwillia/netrep want a metric. Stands in for `netrep.metrics`."""

import layerpath as lp


class LinearMetric:
    """The angular Procrustes distance. layerpath aligns and measures in one, on the same stimuli, and centres."""

    def __init__(self, alpha=1.0, center_columns=True, score_method="angular"):
        base = "angular-shape" if score_method == "angular" else "euclidean-shape"
        self.metric = lp.Metric(f"{base}[whitening={alpha}]")

    def fit(self, x, y):
        return self

    def score(self, x, y):
        return self.metric(x, y)


class PermutationMetric:
    """Not offered: units have no identity in layerpath."""

    def __init__(self, **options):
        import pytest

        pytest.skip("layerpath has no permutation metric")
