"""All arcs between ready points: one product of the stacked points in f32. Argument: folder with points.npy.

The lower triangle comes back, row after row.
"""

import os
import sys

from contender import absent, serve

try:
    import numpy as np
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    # Mapped and shared, not copied: the points are gigabytes.
    points = torch.from_numpy(np.load(f"{sys.argv[1]}/points.npy", mmap_mode="c"))
    rows, columns = np.tril_indices(len(points), -1)
except Exception as error:
    absent(f"{type(error).__name__}: {error}")


def run():
    cosines = (points @ points.T).double()
    norms = cosines.diagonal().sqrt()
    cosines /= torch.outer(norms, norms)
    return torch.arccos(cosines.clamp_(-1, 1))[rows, columns].numpy()


serve(run)
