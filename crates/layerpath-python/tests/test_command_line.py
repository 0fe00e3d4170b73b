"""The five lines of docs/python.md against the program on the saved activations."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import anything, there

import layerpath as lp

pytest.importorskip("torch")
import torch  # noqa: E402
from networks import images, resnet  # noqa: E402

ROOT = Path(__file__).parents[3]
NAMES = ["input", "stem", "layer1.0", "layer1.1", "fc"]


def program() -> str:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = os.environ.get("LAYERPATH_PROGRAM") or shutil.which("layerpath", path=str(target / "release"))
    return found or pytest.skip("the program is not built; set LAYERPATH_PROGRAM")


@pytest.mark.parametrize("metric", ["angular-cka", "angular-cka[kernel=rbf]", "angular-shape"])
def test_capture_equals_analyze(metric: str, tmp_path: Path) -> None:
    model, x = resnet(blocks=2).eval(), images(60)
    labels = np.arange(60) % 3
    saved = {"input": x.numpy()}
    for name in NAMES[1:]:
        model.get_submodule(name).register_forward_hook(
            lambda _m, _i, y, name=name: saved.update({name: y.numpy().copy()})
        )
    with torch.no_grad():
        model(x)
    np.savez(tmp_path / "saved.npz", **anything(saved))
    np.save(tmp_path / "labels.npy", labels)
    command: list[Any] = [
        program(),
        "analyze",
        tmp_path / "saved.npz",
        "--metric",
        metric,
        "--target",
        tmp_path / "labels.npy",
    ]
    result = subprocess.run([*command, "--format", "json", "--quiet"], capture_output=True, text=True, check=True)
    expected = json.loads(result.stdout)["paths"][0]

    captured = lp.capture(model, x, layers=["input", "stem", "layer1.?", "fc"], metric=metric)
    path = captured.path(target=labels)

    assert path.names == NAMES == expected["points"]
    for statistic in [
        "steps",
        "interior_angles",
        "heading_angles",
        "distance_to_target",
        "progress",
        "efficiency",
        "distances",
    ]:
        np.testing.assert_allclose(getattr(path, statistic), expected[statistic], rtol=0, atol=1e-12)
    for statistic in ["length", "displacement", "straightness"]:
        assert getattr(path, statistic) == pytest.approx(expected[statistic], abs=1e-12)
    np.testing.assert_allclose(
        there(path.detour), [one["distance"] for one in expected["projection"]], rtol=0, atol=1e-12
    )
