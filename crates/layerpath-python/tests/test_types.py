"""What the package says of itself: types, documentation, what it needs. `cargo xtask python` checks the stubs."""

import importlib.metadata
import importlib.util
from pathlib import Path

import pytest

import layerpath as lp


def test_the_package_is_typed() -> None:
    package = importlib.util.find_spec("layerpath")
    assert package is not None and package.submodule_search_locations is not None
    for place in package.submodule_search_locations:
        assert (Path(place) / "py.typed").exists() and (Path(place) / "_core.pyi").exists()


def test_everything_public_has_a_docstring() -> None:
    for name in lp.__all__:
        thing = getattr(lp, name)
        assert thing.__doc__, name
        if isinstance(thing, type):
            for member, value in vars(thing).items():
                if not member.startswith("_") and (callable(value) or hasattr(value, "__get__")):
                    assert getattr(thing, member).__doc__, f"{name}.{member}"


def test_the_wheel_needs_numpy_alone() -> None:
    try:
        metadata = importlib.metadata.metadata("layerpath")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed as a distribution")
    required = [line for line in metadata.get_all("Requires-Dist") or [] if "extra" not in line]
    assert len(required) == 1 and required[0].startswith("numpy>=")
    assert metadata["Requires-Python"] == ">=3.10"
    versions = [line.rpartition(" ")[2] for line in metadata.get_all("Classifier") or [] if ":: 3." in line]
    assert versions == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    # One wheel for all of them.
    (core,) = [
        file for file in importlib.metadata.files("layerpath") or [] if "_core" in file.name and file.suffix == ".so"
    ]
    assert core.name == "_core.abi3.so"
