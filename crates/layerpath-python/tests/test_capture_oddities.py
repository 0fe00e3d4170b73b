"""`capture` of models and inputs that are ordinary, but not the ordinary ones."""

import threading
from typing import Any

import numpy as np
import pytest
from support import anything

import layerpath as lp

pytest.importorskip("torch")
import torch  # noqa: E402
from networks import images, resnet  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_paths_of_a_capture_know_network_and_stimuli() -> None:
    model, x = resnet(), images()
    labels = np.arange(24) % 3
    ids = [f"image {i}" for i in range(24)]
    captured = lp.capture(model, x, layers=["stem", "layer1.?", "fc"], network="net", stimulus_ids=ids)
    other = lp.capture(model, x, layers=["stem", "layer1.?", "fc"], network="net", stimulus_ids=ids[::-1])
    for path in (captured.path(), captured.path(target=labels), captured.path(layers=["stem", "fc"])):
        assert path.name == "net"
        assert anything(path.points).stimulus_ids == ids
    later = lp.capture(model, x, layers=["stem", "fc"], network="net", epoch=3, seed=1, target=labels)
    assert later.path().name == later.path(target=labels).name == "net@3"
    assert anything(later.path(target=labels).points).records[0]["seed"] == 1
    with pytest.raises(ValueError, match="image 0"):
        lp.compare(captured.path(target=labels), other.path(target=labels))


def test_a_path_of_points_keeps_their_target_and_stimuli() -> None:
    x = [numbers(12, 4, seed=i).numpy() for i in range(3)]
    ids = [str(i) for i in range(12)]
    points = lp.Points(x, target=np.arange(12) % 3, network="net", epoch=2, stimulus_ids=ids)
    path = lp.Path(points)
    assert len(path) == 3 and path.distance_to_target is not None
    np.testing.assert_array_equal(path.distances, points.paths()[0].distances)
    again = anything(path.points)
    assert again.stimulus_ids == ids and again.records[0]["network"] == "net" and again.records[0]["epoch"] == 2
    assert "0" in points and "7" not in points and 3 not in points


def test_one_layer_is_no_path() -> None:
    captured = lp.capture(resnet(), images(), layers="fc", target=np.arange(24) % 3)
    with pytest.raises(ValueError, match="layers: a path needs two layers or more, not 1"):
        captured.path()


def test_inference_mode() -> None:
    model, x = resnet(), images()
    expected = lp.capture(model, x)
    with torch.inference_mode():
        found = lp.capture(model, x)
    assert found.names == expected.names
    for name in found.names:
        assert found.metric.distance(found.points[name], expected.points[name]) == 0


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 6, batch_first=True)
        self.places = nn.Embedding(8, 6)
        self.head = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden, _ = self.lstm(x)
        return torch.as_tensor(self.head((hidden + self.places(torch.arange(8)))[:, -1]))


@pytest.mark.parametrize(("stimuli", "batch_size"), [(16, 8), (17, 8), (9, 8), (8, 8), (8, 64)])
def test_outputs_along_another_axis_are_no_states(stimuli: int, batch_size: int) -> None:
    # With batches of eight, the eight places and the one layer of the LSTM look like stimuli.
    captured = lp.capture(Recurrent(), numbers(stimuli, 8, 3), batch_size=batch_size)
    assert captured.names == ["input", "lstm.0", "head"]
    assert {name for name, _ in captured.skipped} == {"lstm.1.0", "lstm.1.1", "places"}


def test_loaders() -> None:
    model, x = resnet(), images()
    data = TensorDataset(x, torch.arange(24) % 3)
    with pytest.raises(TypeError, match="inputs: a batch has 2 parts, which are not the arguments of the model"):
        lp.capture(model, DataLoader(data, batch_size=6))
    alone: Any = [image for image in x]
    assert lp.capture(model, DataLoader(alone, batch_size=6)).stimuli == 24
    with pytest.raises(ValueError, match="inputs: they came in another order in a later pass"):
        lp.capture(model, DataLoader(alone, batch_size=6, shuffle=True))


def test_arrays_of_any_layout_are_inputs() -> None:
    model = nn.Sequential(nn.Linear(4, 3))
    x = numbers(10, 4).numpy()
    expected = lp.capture(model, x, layers="0").points["0"].coordinates
    for given in (x[::-1][::-1], x.astype(">f4"), np.asfortranarray(x)):
        np.testing.assert_array_equal(lp.capture(model, given, layers="0").points["0"].coordinates, expected)
    with pytest.raises(TypeError, match="inputs: expected numbers, not object"):
        lp.capture(model, x.astype(object), layers="0")


class Sparse(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.to_sparse()


class Dead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sparse, self.dead, self.alive = Sparse(), nn.ReLU(), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sparse(x)
        return torch.as_tensor(self.alive(x + self.dead(-x.abs() - 1)))


def test_what_has_no_point_is_skipped_among_all_and_refused_by_name() -> None:
    captured = lp.capture(Dead(), numbers(9, 4))
    assert captured.names == ["input", "alive"]
    reasons = dict(captured.skipped)
    assert reasons["sparse"] == "it is sparse or nested" and "does not tell" in reasons["dead"]
    with pytest.raises(ValueError, match="layer 'dead': the representation does not tell"):
        lp.capture(Dead(), numbers(9, 4), layers=["dead", "alive"])


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = self.a

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(self.b(self.a(x)))


def test_modules_by_their_other_name_and_by_themselves() -> None:
    model = Shared()
    assert lp.capture(model, numbers(9, 4), layers="b").names == ["b", "b#2"]
    assert lp.capture(model, numbers(9, 4), layers=[model.a]).names == ["a", "a#2"]
    assert lp.capture(model, numbers(9, 4)).names == ["input", "a", "a#2"]


def test_mistakes_are_said_before_the_long_work() -> None:
    model = nn.Sequential(nn.Linear(4, 3))
    passes: list[int] = []
    model.register_forward_hook(lambda *_: passes.append(1))
    for options in ({"target": np.zeros(10, int)}, {"stimulus_ids": ["a"]}):
        passes.clear()
        with pytest.raises(ValueError, match=f"{next(iter(options))}: "):
            lp.capture(model, numbers(10, 4), layers="0", **anything(options))
        assert len(passes) <= 2


def test_targets_for_positions() -> None:
    model = nn.Sequential(nn.Linear(4, 3))
    target = numbers(6, 2).requires_grad_()
    captured = lp.capture(model, numbers(6, 5, 4), target=target.bfloat16(), reduce="positions-as-stimuli")
    assert captured.path().stimuli == 30


def test_captures_in_threads_leave_the_model_as_it_was() -> None:
    model, x = resnet().train(), images()
    threads = [threading.Thread(target=lambda: lp.capture(model, x)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(module.training for module in model.modules())


def test_losses_name_their_arguments() -> None:
    x = numbers(9, 4)
    with pytest.raises(TypeError, match="x: expected floating-point numbers, not int64"):
        lp.torch.distance(torch.arange(36).reshape(9, 4), x)
    with pytest.raises(ValueError, match="y: the activation of stimulus"):
        lp.torch.distance(x.requires_grad_(), x.detach() * torch.nan)
    with pytest.raises(ValueError, match="metric: cannot read the metric"):
        lp.torch.distance(x, x, metric="cosine")
    with pytest.raises(ValueError, match="at: expected a finite number"):
        lp.triangle(*(numbers(9, 4, seed=i).numpy() for i in range(3)), at=10**400)
