"""Unbiased angular CKA of layers with very many stimuli, in feature space. Arguments: folder with layer-<k>.npy, count,
batch, number of stimuli from the first on.

One pass for the means, one for the products of all layers side by side: f32, added up batch after batch.
"""

import os
import sys

from contender import absent, serve

try:
    import numpy as np
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    folder, (count, batch, m) = sys.argv[1], map(int, sys.argv[2:5])
    layers = [torch.from_numpy(np.load(f"{folder}/layer-{k}.npy", mmap_mode="c")) for k in range(count)]
    n = layers[0].shape[1]
    rows, columns = np.tril_indices(count, -1)
except Exception as error:
    absent(f"{type(error).__name__}: {error}")


def run(m=m):
    means = [layer[:m].mean(dim=0) for layer in layers]
    side_by_side = torch.empty(batch, count * n)
    products = torch.zeros(count * n, count * n)
    norms = torch.empty(count, m)
    for start in range(0, m, batch):
        stop = min(start + batch, m)
        centred = side_by_side[: stop - start]
        for k, layer in enumerate(layers):
            part = centred[:, k * n : (k + 1) * n]
            torch.sub(layer[start:stop], means[k], out=part)
            norms[k, start:stop] = (part * part).sum(dim=1)
        products.addmm_(centred.T, centred)
    blocks = products.view(count, n, count, n)
    squares = (blocks.double() ** 2).sum(dim=(1, 3))
    norms = norms.double()
    traces = norms.sum(dim=1)
    inner = squares - m / (m - 2) * (norms @ norms.T) + torch.outer(traces, traces) / ((m - 1) * (m - 2))
    cosines = inner / torch.outer(inner.diagonal().sqrt(), inner.diagonal().sqrt())
    return torch.arccos(cosines.clamp(-1, 1))[rows, columns].tolist()


serve(run, warm_up=lambda: run(m=2 * batch))
