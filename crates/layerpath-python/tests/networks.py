"""Small networks in the forms that PyTorch users have them."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

# Many small operations: more threads only wait for each other.
torch.set_num_threads(1)


class Block(nn.Module):
    """A residual block as in torchvision: one ReLU module that runs twice, in place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + x)


class ResNet(nn.Module):
    def __init__(self, channels: int = 4, blocks: int = 2) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.layer1 = nn.Sequential(*(Block(channels) for _ in range(blocks)))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.layer1(self.stem(x)))
        return self.fc(self.dropout(torch.flatten(x, 1)))


class TransformerBlock(nn.Module):
    """Attention gives a tuple, tokens are whole numbers, the output is a dict."""

    def __init__(self, width: int = 8, vocabulary: int = 20) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 16), nn.GELU(), nn.Linear(16, width))

    def forward(self, tokens: torch.Tensor, scale: None = None) -> dict[str, Any]:
        x = self.embedding(tokens)
        attended, _ = self.attention(x, x, x)
        x = self.norm(x + attended)
        x = functional.relu(x + self.mlp(x))
        return {"hidden": x, "logits": x.mean(dim=1), "length": tokens.shape[1]}


def resnet(seed: int = 0, **options: int) -> ResNet:
    torch.manual_seed(seed)
    network = ResNet(**options)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            # Statistics that evaluation mode uses and training mode would change.
            assert module.running_mean is not None and module.running_var is not None
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network


def images(count: int = 24, seed: int = 1, size: int = 6) -> torch.Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(seed))
