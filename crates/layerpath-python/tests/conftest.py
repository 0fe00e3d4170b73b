import json
from pathlib import Path

import numpy as np
import pytest
from support import Array, Generator, Golden

GOLDEN = Path(__file__).parents[3] / "golden" / "repsim" / "seed11-m24"


@pytest.fixture
def random() -> Generator:
    return np.random.default_rng(2206_10999)


@pytest.fixture
def layers(random: Generator) -> list[Array]:
    """Five layers of different widths, answers to the same 30 stimuli."""
    x = random.normal(size=(30, 6))
    layers = [x]
    for width in (9, 40, 12, 3):
        previous = layers[-1]
        weights = random.normal(size=(previous.shape[1], width)) / np.sqrt(previous.shape[1])
        layers.append(np.tanh(previous @ weights + 0.2))
    return layers


@pytest.fixture
def labels(random: Generator) -> Array:
    return random.integers(0, 3, size=30)


@pytest.fixture(scope="session")
def golden() -> Golden:
    """Layers by name, the labels last, and what repsim says of them."""
    with np.load(GOLDEN / "representations.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    return arrays, json.loads((GOLDEN / "expected.json").read_text())["metrics"]
