"""repsim's spherical MDS from a classical start. Arguments: folder with distances.npy, sweeps, eps.

Its own start (scikit-learn's SMACOF) is not measured; the classical start is made beforehand. eps is its stopping rule:
it stops when a sweep lowers the squared stress by less.
"""

import sys

from contender import absent, peer_path, serve

try:
    import numpy as np

    peer_path("LAYERPATH_BENCH_REPSIM", "src")
    import torch
    from repsim.stats.spherical_mds import _spherical_mds_single

    distances = np.load(f"{sys.argv[1]}/distances.npy")
    sweeps, eps = int(sys.argv[2]), float(sys.argv[3])
    size = len(distances)
    centring = np.eye(size) - 1 / size
    values, vectors = np.linalg.eigh(-0.5 * centring @ distances**2 @ centring)
    start = torch.tensor(vectors[:, -3:] * np.sqrt(np.maximum(values[-3:], 0)))
    given = torch.tensor(distances)
except Exception as error:
    absent(f"{type(error).__name__}: {error}")


def run(points=size, rounds=sweeps):
    torch.manual_seed(0)
    places, _, _ = _spherical_mds_single(
        given[:points, :points], init=start[:points], max_iter=rounds, eps=eps, random_state=0
    )
    return places.reshape(-1).tolist()


serve(run, warm_up=lambda: run(points=10, rounds=1))
