"""A network's path: all distances, interior angles, heading angles. Arguments: folder with layer-<k>.npy, who, count.

The last array is the target. `torch` is written by hand for the unbiased estimator: f32 Gram matrices of centred
activations in buffers that are kept, U-centring in place, one stacked product for all pairs, angles by the formulas of
the sphere. `repsim` makes points with neural_data_to_point and asks length for every pair; `repsim-inner` asks
_length_impl, without the checks that a point is one. Arrays are mapped, so that several processes share one copy in
memory.
"""

import math
import os
import sys

from contender import absent, peer_path, serve

try:
    import numpy as np

    folder, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if who != "torch":
        peer_path("LAYERPATH_BENCH_REPSIM", "src")
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    layers = [torch.from_numpy(np.load(f"{folder}/layer-{k}.npy", mmap_mode="c")) for k in range(count)]
    m = len(layers[0])
    if who != "torch":
        from repsim.geometry.trig import angle
        from repsim.metrics import AngularCKA

        metric = AngularCKA(m)
    else:
        widest = max(layer.shape[1] for layer in layers)
        buffer = torch.empty(m * widest)
        grams = torch.empty(count, m, m)
except Exception as error:
    absent(f"{type(error).__name__}: {error}")


def by_hand():
    for layer, gram in zip(layers, grams):
        n = layer.shape[1]
        centred = buffer[: m * n].view(m, n)
        torch.sub(layer, layer.mean(dim=0), out=centred)
        torch.mm(centred, centred.T, out=gram)
        gram.fill_diagonal_(0)
        sums = gram.sum(dim=1)
        gram += sums.sum() / ((m - 1) * (m - 2))
        gram -= (sums / (m - 2))[:, None]
        gram -= (sums / (m - 2))[None, :]
        gram.fill_diagonal_(0)
        gram /= torch.linalg.vector_norm(gram)
    stacked = grams.view(count, m * m)
    cosines = (stacked @ stacked.T).double()
    cosines /= torch.outer(cosines.diagonal().sqrt(), cosines.diagonal().sqrt())
    cosines.clamp_(-1, 1)
    sines = (1 - cosines**2).sqrt()

    def corner(a, b, c):
        cosine = (cosines[a, c] - cosines[a, b] * cosines[c, b]) / (sines[a, b] * sines[c, b])
        return math.acos(min(1.0, max(-1.0, cosine)))

    rows, columns = np.tril_indices(count, -1)
    distances = torch.arccos(cosines)[rows, columns].tolist()
    last = count - 2
    interior = [corner(i - 1, i, i + 1) for i in range(1, last)]
    return distances + interior + [corner(i + 1, i, count - 1) for i in range(last)]


def with_repsim():
    length = metric.length if who == "repsim" else metric._length_impl
    points = [metric.neural_data_to_point(layer) for layer in layers]
    distances = [length(points[i], points[j]) for i in range(count) for j in range(i)]
    last = count - 2
    interior = [angle(metric, points[i - 1], points[i], points[i + 1]) for i in range(1, last)]
    return distances + interior + [angle(metric, points[i + 1], points[i], points[-1]) for i in range(last)]


serve(by_hand if who == "torch" else with_repsim)
