"""Runs the tests of other people's packages against layerpath.

    git clone https://github.com/wrongu/repsim; git clone https://github.com/ahwillia/netrep
    python run.py repsim REPSIM        # their tests with repsim_metrics.py in the place of tests/metrics.py
    python run.py netrep NETREP        # their tests with netrep_metrics.py in the place of netrep.metrics

Their code is not part of this repository; README.md has the record and explains what fails.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

# Tests of what the Python interface does not have: tangent vectors, and distances that can be differentiated with
# respect to coordinates.
WITHOUT = [
    "test_log_exp_maps",
    "test_inner_product",
    "test_parallel_transport",
    "test_projection_by_tangent_iteration",
    "test_geodesic_gradient_descent",
    "test_slerp",
]


def stand_in(name, file):
    """Makes `file` the module `name`."""
    specification = importlib.util.spec_from_file_location(name, HERE / file)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)


def main():
    peer, checkout = sys.argv[1], Path(sys.argv[2]).resolve()
    if peer == "repsim":
        sys.path[:0] = [str(checkout), str(checkout / "src")]
        import torch

        # Gone from PyTorch since their tests were written.
        torch.qr = torch.linalg.qr
        stand_in("tests.metrics", "repsim_metrics.py")
        files = ["test_invariances.py", "test_geometry.py"]
        options = ["-k", " and ".join(f"not {name}" for name in WITHOUT)]
        compare = f"{checkout / 'tests' / 'test_compare.py'}::test_compare_points"
        arguments = [*(str(checkout / "tests" / file) for file in files), compare, *options]
    elif peer == "netrep":
        import types

        stand_in("netrep.metrics", "netrep_metrics.py")
        # Their package imports all of its metrics; only its helpers are wanted.
        package = types.ModuleType("netrep")
        package.__path__ = [str(checkout / "netrep")]
        sys.modules["netrep"] = package
        arguments = [str(checkout / "tests" / "test_metrics.py")]
    else:
        raise SystemExit("repsim or netrep")
    sys.exit(
        pytest.main([*arguments, "-q", "-rf", "--rootdir", str(checkout), "-p", "no:cacheprovider", *sys.argv[3:]])
    )


if __name__ == "__main__":
    main()
