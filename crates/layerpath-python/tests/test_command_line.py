"""The five lines of docs/python.md against the program on the saved activations."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import layerpath as lp

torch = pytest.importorskip("torch")
from networks import images, resnet  # noqa: E402

ROOT = Path(__file__).parents[3]
NAMES = ["input", "stem", "layer1.0", "layer1.1", "fc"]


def program():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = os.environ.get("LAYERPATH_PROGRAM") or shutil.which("layerpath", path=str(target / "release"))
    return found or pytest.skip("the program is not built; set LAYERPATH_PROGRAM")


@pytest.mark.parametrize("metric", ["angular-cka", "angular-cka[kernel=rbf]", "angular-shape"])
def test_capture_equals_analyze(metric, tmp_path):
    model, x = resnet(blocks=2).eval(), images(60)
    labels = np.arange(60) % 3
    saved = {"input": x.numpy()}
    for name in NAMES[1:]:
        model.get_submodule(name).register_forward_hook(lambda _m, _i, y, name=name: saved.update({name: y.numpy().copy()}))
    with torch.no_grad():
        model(x)
    np.savez(tmp_path / "saved.npz", **saved)
    np.save(tmp_path / "labels.npy", labels)
    command = [program(), "analyze", tmp_path / "saved.npz", "--metric", metric, "--target", tmp_path / "labels.npy"]
    result = subprocess.run([*command, "--format", "json", "--quiet"], capture_output=True, text=True, check=True)
    expected = json.loads(result.stdout)["paths"][0]

    captured = lp.capture(model, x, layers=["input", "stem", "layer1.?", "fc"], metric=metric)
    path = captured.path(target=labels)

    assert path.names == NAMES == expected["points"]
    for statistic in ["steps", "interior_angles", "heading_angles", "distance_to_target", "progress", "efficiency", "distances"]:
        np.testing.assert_allclose(getattr(path, statistic), expected[statistic], rtol=0, atol=1e-12)
    for statistic in ["length", "displacement", "straightness"]:
        assert getattr(path, statistic) == pytest.approx(expected[statistic], abs=1e-12)
    np.testing.assert_allclose(path.detour, [one["distance"] for one in expected["projection"]], rtol=0, atol=1e-12)
