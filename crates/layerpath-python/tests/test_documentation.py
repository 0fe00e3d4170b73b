"""Every Python line of docs/python.md runs."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch  # noqa: E402
from networks import images, resnet  # noqa: E402
from torch import nn  # noqa: E402

PAGE = Path(__file__).parents[3] / "docs" / "python.md"


class Encoder(nn.Module):
    """The names of a transformer in both forms of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.encoder, self.blocks = nn.Module(), nn.Module()
        layers = [nn.TransformerEncoderLayer(8, 2, 16, batch_first=True) for _ in range(2)]
        self.blocks.layers = nn.ModuleList(layers)
        self.encoder.layer = nn.ModuleList(nn.ModuleDict({"output": nn.Linear(8, 8)}) for _ in range(2))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None) -> torch.Tensor:
        x = self.embedding(input_ids)
        if attention_mask is not None:
            x = x * attention_mask[..., None]
        for place in ("0", "1"):
            x = self.get_submodule(f"blocks.layers.{place}")(x)
            x = self.get_submodule(f"encoder.layer.{place}.output")(x)
        return x


def test_every_line_runs() -> None:
    for library in ("sklearn", "scipy", "matplotlib", "pandas"):
        pytest.importorskip(library)
    import matplotlib
    import scipy.spatial
    import sklearn.cluster
    import sklearn.manifold
    import sklearn.metrics

    matplotlib.use("Agg")
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) == 6
    labels = torch.arange(30) % 3
    one_hot = nn.functional.one_hot(labels).double()
    x = torch.randn(30, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    hidden, logits = x.clone().requires_grad_(), x[:, :3].clone().requires_grad_()
    known: dict[str, Any] = {
        "np": np, "scipy": scipy, "sklearn": sklearn, "cross_entropy": nn.functional.cross_entropy,
        "model": resnet(), "images": images(30), "labels": labels, "one_hot": one_hot,
        "pixels": x**2, "hidden": hidden, "logits": logits, "layers": [x.numpy(), np.tanh(x.numpy()), one_hot.numpy()],
    }  # fmt: skip
    tokens = torch.randint(0, 20, (30, 5), generator=torch.Generator().manual_seed(2))
    for block in blocks:
        if "input_ids" in block:
            known |= {"model": Encoder(), "ids": tokens, "mask": torch.ones(30, 5), "tokens": tokens}
        exec(block, known)
    assert known["captured"].names == ["embedding", "blocks.layers.0", "blocks.layers.1"]
    assert known["captured"].stimuli == 150
    assert hidden.grad is not None and logits.grad is not None
    assert known["rows"].shape == (3, 435)
