"""NumPy's matrix product: GFLOP/s of the fastest in f32 and f64, and of all together.

Arguments: folder (unused), rows, seconds.
"""

import sys
import time

from contender import absent, serve

try:
    import numpy as np
except ImportError as error:
    absent(error)

size, seconds = int(sys.argv[2]), float(sys.argv[3])
generator = np.random.default_rng(0)


def rates(matrix):
    matrix @ matrix
    times = []
    while sum(times) < seconds:
        begin = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - begin)
    gigaflop = 2 * size**3 / 1e9
    return gigaflop / min(times), gigaflop * len(times) / sum(times)


def all_rates():
    (f32, steady_f32), (f64, steady_f64) = map(rates, matrices)
    return [f32, f64, steady_f32, steady_f64]


matrices = [generator.standard_normal((size, size)).astype(kind) for kind in ("float32", "float64")]
serve(all_rates, warm_up=lambda: None)
