"""Angular shape distances of some pairs. Arguments: folder with layer-<k>.npy, `netrep` or `repsim`, and
pairs as `1-0,2-0,…`.

netrep fits and scores every pair from activations. repsim's points are made beforehand; only its length is measured.
"""

import sys

from contender import absent, peer_path, serve

try:
    import numpy as np

    folder, who, pairs = sys.argv[1], sys.argv[2], [tuple(map(int, pair.split("-"))) for pair in sys.argv[3].split(",")]
    layers = {k: np.load(f"{folder}/layer-{k}.npy") for pair in pairs for k in pair}
    if who == "netrep":
        peer_path("LAYERPATH_BENCH_NETREP")
        from netrep.metrics import LinearMetric

        def distance(i, j):
            return LinearMetric(alpha=1.0, score_method="angular").fit(layers[i], layers[j]).score(layers[i], layers[j])

    else:
        peer_path("LAYERPATH_BENCH_REPSIM", "src")
        import torch
        from repsim.metrics import AngularShapeMetric

        m, n = next(iter(layers.values())).shape
        metric = AngularShapeMetric(m, p=n, alpha=1.0)
        points = {k: metric.neural_data_to_point(torch.tensor(layer)) for k, layer in layers.items()}

        def distance(i, j):
            return metric.length(points[i], points[j])

except Exception as error:
    absent(f"{type(error).__name__}: {error}")

serve(lambda: [distance(i, j) for i, j in pairs], warm_up=lambda: distance(*pairs[0]))
