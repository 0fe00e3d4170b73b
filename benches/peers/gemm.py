"""NumPy's matrix product: GFLOP/s in f32 and f64, the fastest of some runs. Arguments: folder (unused), rows, runs."""

import sys
import time

from contender import absent, serve

try:
    import numpy as np
except ImportError as error:
    absent(error)

size, runs = int(sys.argv[2]), int(sys.argv[3])
generator = np.random.default_rng(0)


def fastest(matrix):
    times = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - begin)
    return 2 * size**3 / min(times) / 1e9


matrices = [generator.standard_normal((size, size)).astype(kind) for kind in ("float32", "float64")]
serve(lambda: [fastest(matrix) for matrix in matrices], warm_up=lambda: None)
