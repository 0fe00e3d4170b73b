"""Ctrl-C ends long calls."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from support import Array

import layerpath as lp


def test_ctrl_c_ends_a_long_computation() -> None:
    random = np.random.default_rng(0)
    path = lp.Path([random.normal(size=(300, 20)) for _ in range(12)])
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        path.baselines(shuffles=1, permutations=3000)
    assert time.monotonic() - started < 5


def test_ctrl_c_ends_a_long_list_of_layers() -> None:
    def layers() -> Iterator[Array]:
        for seed in range(10_000):
            yield np.random.default_rng(seed).normal(size=(200, 50))

    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        lp.distances(layers())


def test_ctrl_c_ends_a_long_geodesic() -> None:
    random = np.random.default_rng(0)
    metric = lp.Metric("affine-invariant[ridge=0.1]")
    p, q = (metric.point(random.normal(size=(500, 60))) for _ in range(2))
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(1000):
            metric.geodesic(p, q, 0.5)
