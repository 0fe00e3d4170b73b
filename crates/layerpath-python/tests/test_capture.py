"""`capture` against activations saved by hand."""

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import Floats, anything, there

import layerpath as lp

pytest.importorskip("torch")
import torch  # noqa: E402
from networks import TransformerBlock, images, resnet  # noqa: E402
from torch import nn  # noqa: E402


def test_states_of_a_resnet_in_order() -> None:
    model, x = resnet().eval(), images()
    captured = lp.capture(model, x, batch_size=7)
    block = ["conv1", "bn1", "relu", "conv2", "bn2", "relu#2"]
    expected = ["input", "stem", *(f"layer1.{i}.{name}" for i in (0, 1) for name in block), "pool", "dropout", "fc"]
    assert captured.names == expected
    with torch.no_grad():
        stem = model.stem(x)
        first = anything(model.layer1[0])
        bn1 = first.bn1(first.conv1(stem))
        states = {"input": x, "stem": stem, "layer1.0.bn1": bn1, "layer1.0.relu": bn1.relu(), "fc": model(x)}
        states["layer1.0.relu#2"] = first(stem)
        states["layer1.1.relu#2"] = model.layer1(stem)
    for name, value in states.items():
        # In-place ReLUs have not spoiled what came before them. Batches differ from the whole in rounding only.
        expected_point = captured.metric.point(value)
        assert captured.metric.distance(captured.points[name], expected_point) < 1e-6, name
        assert captured.shapes[name] == tuple(value.shape)
    assert captured.skipped == [] and captured.stimuli == 24 and captured.passes == 2


def test_the_path_is_that_of_the_saved_activations() -> None:
    model, x = resnet().double().eval(), images().double()
    labels = torch.arange(24) % 3
    saved: dict[str, torch.Tensor] = {}
    hooks = []
    for name in ("stem", "layer1.0", "layer1.1", "fc"):

        def keep(_module: Any, _inputs: Any, output: torch.Tensor, name: str = name) -> None:
            saved[name] = output.clone()

        hooks.append(model.get_submodule(name).register_forward_hook(keep))
    with torch.no_grad():
        model(x)
    for hook in hooks:
        hook.remove()
    captured = lp.capture(model, x, layers=["stem", "layer1.?", "fc"], target=labels, batch_size=5, network="net")
    direct = lp.Path(saved, target=labels)
    for path in (captured.path(), captured.path(target=labels)):
        assert path.names == direct.names
        np.testing.assert_allclose(path.distances, direct.distances, rtol=0, atol=1e-12)
        np.testing.assert_allclose(there(path.heading_angles), there(direct.heading_angles), rtol=0, atol=1e-10)
    assert captured.path(layers=["stem", "fc"]).names == ["stem", "fc"]
    with pytest.raises(ValueError, match="layers: no layer is called 'conv9'"):
        captured.path(layers=["conv9"])


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ("fc", ["fc"]),
        ("layer1.*.relu", ["layer1.0.relu", "layer1.0.relu#2", "layer1.1.relu", "layer1.1.relu#2"]),
        (nn.BatchNorm2d, [f"layer1.{i}.bn{j}" for i in (0, 1) for j in (1, 2)]),
        (["layer1", "input", nn.Linear], ["input", "layer1", "fc"]),
        (lambda name, module: name.endswith("conv2"), ["layer1.0.conv2", "layer1.1.conv2"]),
        (["output", "fc"], ["fc", "output"]),
    ],
)
def test_selections(layers: Any, names: list[str]) -> None:
    assert lp.capture(resnet(), images(), layers=layers).names == names


def test_outputs_of_every_kind() -> None:
    tokens = torch.randint(0, 20, (30, 5), generator=torch.Generator().manual_seed(3))
    captured = lp.capture(TransformerBlock(), {"tokens": tokens}, batch_size=8, reduce="mean")
    # The embedding, both outputs of attention, the parts of the dict; whole numbers are no states.
    assert captured.names[:3] == ["embedding", "attention.0", "attention.1"]
    assert captured.names[-2:] == ["output.hidden", "output.logits"]
    reasons = dict(captured.skipped)
    assert "int" in reasons["output.length"] and "elements are int64" in reasons["input.tokens"]
    assert captured.shapes["output.hidden"] == (30, 5, 8)
    # The mean over tokens is what the model's own logits are.
    metric = captured.metric
    assert metric.distance(captured.points["output.hidden"], captured.points["output.logits"]) < 1e-6
    assert captured.points.records[0]["reduction"] == "mean"
    assert lp.capture(TransformerBlock(), tokens, layers="output").names == ["output.hidden", "output.logits"]
    assert lp.capture(TransformerBlock(), (tokens, None), layers="mlp").names == ["mlp"]


def test_reductions() -> None:
    model, x = resnet().eval(), images()
    with torch.no_grad():
        stem = model.stem(x)
    metric = lp.Metric()
    tokens = torch.randn(24, 7, 5)

    def point(reduce: Any, value: torch.Tensor) -> Floats:
        identity = nn.Identity()
        return lp.capture(identity, value, layers="output", reduce=reduce).points[0].coordinates

    def same(value: torch.Tensor) -> Floats:
        return metric.point(value).coordinates

    for reduce, value, rows in [
        ("flatten", stem, stem.flatten(1)),
        ("mean", stem, stem.mean(dim=(2, 3))),
        ("positions-as-stimuli", stem, stem.permute(0, 2, 3, 1).reshape(-1, 4)),
        ("mean", tokens, tokens.mean(dim=1)),
        ("cls", tokens, tokens[:, 0]),
        ("last-token", tokens, tokens[:, -1]),
        ("positions-as-stimuli", tokens, tokens.reshape(-1, 5)),
        ("cls", stem, stem.flatten(1)),
    ]:
        np.testing.assert_allclose(point(reduce, value), same(rows), atol=1e-6, err_msg=reduce)
    labels = torch.arange(24) % 3
    captured = lp.capture(model, x, layers=["stem", "layer1.?"], reduce="positions-as-stimuli", target=labels)
    assert captured.stimuli == 24 * 36 and captured.positions == 36
    assert captured.path().distance_to_target is not None
    with pytest.raises(ValueError, match="reduce: 'stem' has 36 positions and 'fc' has 1"):
        lp.capture(model, x, layers=["stem", "fc"], reduce="positions-as-stimuli")


def test_any_budget_gives_the_same_points() -> None:
    model, x = resnet(channels=40), images(40, size=12)
    whole = lp.capture(model, x)
    biggest = 40 * 4 * 40 * 144
    fixed = (len(whole) + 3) * 8 * 40 * 41 + 8 * 40 * 1024
    for memory, exact in [(fixed + 4 * biggest, True), (fixed + 2 * 40 * 4 * 1024, False)]:
        small = lp.capture(model, x, memory=memory)
        assert small.passes > whole.passes == 2
        np.testing.assert_allclose(lp.distances(small.points), lp.distances(whole.points), rtol=0, atol=1e-8)
        for name in whole.names:
            apart = np.abs(small.points[name].coordinates - whole.points[name].coordinates).max()
            # What is summed in f32 before it is summed in f64 depends on the cut.
            assert apart == 0 if exact else apart < 1e-8
    with pytest.raises(MemoryError, match=r"memory: 400.0 KiB is too little for 40 stimuli and 17 layers; at least"):
        lp.capture(model, x, memory="400KiB")
    with pytest.raises(
        MemoryError, match=r"memory: the activations of 'stem' need .* angular-shape.* all units of a layer at once"
    ):
        lp.capture(model, x, memory=fixed + 14 * 8 * 40 * 40, metric="angular-shape")


def test_the_budget_is_kept() -> None:
    # Sixteen layers of 32 × 32,768 float32, 4 MiB each, within 12 MiB and within 3 MiB: NumPy tells what it holds.
    model = nn.Sequential(*(nn.Conv2d(8, 8, 1) for _ in range(16)))
    x = torch.randn(32, 8, 64, 64)
    for memory, passes in [(12 << 20, 9), (3 << 20, 33)]:
        tracemalloc.start()
        captured = lp.capture(model, x, layers=nn.Conv2d, memory=memory, batch_size=4)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < memory, (peak, memory)
        assert captured.passes <= passes


PEAK = """
import re, sys
from pathlib import Path
import torch
from torch import nn
import layerpath as lp

def resident(key):
    return int(re.search(key + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

torch.set_num_threads(1)
torch.manual_seed(0)
# Twelve layers of 200 stimuli and 32,768 units, 25 MiB each.
model = nn.Sequential(*(nn.Conv2d(8, 8, 1) for _ in range(12)))
x = torch.randn(200, 8, 64, 64)
lp.capture(model, x[:20], batch_size=4)  # loads what is loaded once
Path("/proc/self/clear_refs").write_text("5")
before = resident("VmRSS")
captured = lp.capture(model, x, layers=nn.Conv2d, memory=sys.argv[1], batch_size=4)
print(captured.passes, resident("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
@pytest.mark.parametrize(("memory", "mebibytes", "passes"), [("40MiB", 40, 13), ("64MiB", 64, 7), ("1GiB", 1024, 2)])
def test_the_process_keeps_the_budget(memory: str, mebibytes: int, passes: int) -> None:
    result = subprocess.run([sys.executable, "-c", PEAK, memory], capture_output=True, text=True, check=True)
    found, peak = map(float, result.stdout.split())
    # A batch in the model, and what allocators keep, come on top.
    assert found == passes and peak < mebibytes + 16, (found, peak)


def test_duplicates_go_on_request() -> None:
    model = nn.Sequential(nn.Linear(6, 5), nn.Identity(), nn.ReLU(), nn.ReLU(), nn.Dropout(), nn.Linear(5, 3)).train()
    x = torch.randn(20, 6)
    assert lp.capture(model, x).names == ["input", "0", "1", "2", "3", "4", "5"]
    captured = lp.capture(model, x, drop_duplicates=True)
    assert captured.names == ["input", "0", "2", "5"]
    assert captured.duplicates == {"1": "0", "3": "2", "4": "2"}


class Failing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        x = self.inner(x)
        if self.calls == 3:
            raise RuntimeError("out of luck")
        return x


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_was(fails: bool) -> None:
    model = Failing()
    model.train()
    model.inner[1].eval()
    model.inner[0].weight.requires_grad_(False)
    x = torch.randn(40, 4)
    model.calls = 0 if fails else 100
    state = {name: value.clone() for name, value in model.state_dict().items()}
    if fails:
        with pytest.raises(RuntimeError, match="out of luck"):
            lp.capture(model, x, batch_size=10)
    else:
        lp.capture(model, x, batch_size=10)
    assert [module.training for module in model.modules()] == [True, True, True, False]
    assert [parameter.requires_grad for parameter in model.parameters()] == [False, True, True, True]
    assert all(not module._forward_hooks for module in model.modules())
    assert torch.is_grad_enabled() and all(parameter.grad is None for parameter in model.parameters())
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_batches_of_the_caller() -> None:
    model, x = resnet(), images()
    whole = lp.capture(model, x)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=10)
    for inputs in (list(x.split(9)), loader, x.numpy(), [(part,) for part in x.split(9)], (x,)):
        other = lp.capture(model, inputs)
        assert other.names == whole.names
        np.testing.assert_allclose(lp.distances(other.points), lp.distances(whole.points), atol=1e-5)


def test_half_precision() -> None:
    model, x = nn.Sequential(nn.Linear(6, 50), nn.Tanh(), nn.Linear(50, 4)), torch.randn(20, 6)
    exact = lp.capture(model, x)
    half = lp.capture(model.bfloat16(), x.bfloat16())
    assert np.abs(lp.distances(half.points) - lp.distances(exact.points)).max() < 0.02


def test_points_of_a_capture_are_written(tmp_path: Path) -> None:
    captured = lp.capture(resnet(), images(), target=torch.arange(24) % 3, network="net")
    captured.write_points(tmp_path / "points.zarr")
    (path,) = lp.read_points(tmp_path / "points.zarr").paths()
    assert path.names == captured.names and path.name == "net"
    assert repr(captured).startswith("Capture(17 layers, 24 stimuli, angular-cka[")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layers": "conv9"}, ValueError, "layers: no module matches 'conv9'; there are stem, layer1"),
        ({"layers": 3}, TypeError, "layers: expected 'all', a name, a class"),
        ({"layers": [int]}, TypeError, "layers: expected names, module classes"),
        ({"reduce": "max"}, ValueError, "reduce: expected one of flatten, mean"),
        ({"metric": "cosine"}, ValueError, "metric: cannot read the metric `cosine`"),
        ({"drop_duplicates": "no"}, TypeError, "drop_duplicates: "),
        ({"network": 3}, TypeError, "network: "),
        ({"device": "meta"}, ValueError, "device: "),
        ({"memory": "much"}, ValueError, "memory: expected a number of bytes or a text"),
        ({"memory": 0}, ValueError, "memory: expected more than nothing"),
        ({"batch_size": 0}, ValueError, "batch_size: expected a whole number above 0"),
        ({"device": "abacus"}, ValueError, "device: "),
        ({"target": torch.arange(23) % 3}, ValueError, r"target: 23 stimuli"),
        ({"inputs": None}, TypeError, "inputs: expected tensors or batches"),
        ({"inputs": iter([images()])}, TypeError, "inputs: an iterator can be gone through only once"),
        ({"inputs": images()[:0]}, ValueError, "inputs: there are no stimuli"),
        ({"inputs": []}, ValueError, "inputs: there are no stimuli"),
        ({"inputs": (images(), images()[:3])}, ValueError, "inputs: expected tensors of one number of stimuli"),
        (
            {"inputs": [images(), images(size=8)], "layers": "stem"},
            ValueError,
            "inputs: in batch 1, 'stem' has the shape",
        ),
        ({"inputs": torch.zeros(24, 3, 6, 6)}, ValueError, "layer 'input': the representation does not tell any two"),
    ],
)
def test_wrong_calls(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lp.capture(resnet(), **{"inputs": images(), **options})


def test_not_a_model() -> None:
    with pytest.raises(TypeError, match=r"model: expected a torch.nn.Module, not function"):
        lp.capture(anything(lambda x: x), images())


def test_torch_is_optional() -> None:
    code = (
        "import sys, layerpath as lp\nassert 'torch' not in sys.modules\n"
        "sys.modules['torch'] = None\nlp.capture(None, None)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: lp.capture needs PyTorch" in result.stderr
