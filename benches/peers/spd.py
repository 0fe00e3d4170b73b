"""repsim's affine-invariant distance of ready matrices. Arguments: folder with matrix-<k>.npy, pairs as `1-0,2-0,…`."""

import sys

from contender import absent, peer_path, serve

try:
    import numpy as np

    peer_path("LAYERPATH_BENCH_REPSIM", "src")
    import torch
    from repsim.metrics import AffineInvariantRiemannian

    folder, pairs = sys.argv[1], [tuple(map(int, pair.split("-"))) for pair in sys.argv[2].split(",")]
    matrices = {k: torch.tensor(np.load(f"{folder}/matrix-{k}.npy")) for pair in pairs for k in pair}
    size = next(iter(matrices.values())).shape[0]
    metric = AffineInvariantRiemannian(1000, p=size, mode="cov")
except Exception as error:
    absent(f"{type(error).__name__}: {error}")

# The inner routine, without the checks around it.
serve(
    lambda: [metric._length_impl(matrices[i], matrices[j]) for i, j in pairs],
    warm_up=lambda: metric._length_impl(matrices[pairs[0][0]], matrices[pairs[0][1]]),
)
