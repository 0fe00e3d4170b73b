# %% [markdown]
# Which steps does an image network take? The layers of a small residual network (the blocks of torchvision's ResNet) as
# a path from the pixels to the labels, beside the same path with the layers in random order.
#
#     pip install torch; python resnet_path.py

# %%
import sys

import numpy as np

try:
    import torch
    from torch import nn
except ImportError:
    print("SKIPPED: resnet_path.py needs PyTorch")
    sys.exit(0)

import layerpath as lp


class BasicBlock(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + self.downsample(x))


# %% Ten classes of noisy patterns, and a network that learns them in a few seconds.
torch.manual_seed(0)
labels = torch.arange(400) % 10
images = torch.randn(10, 3, 16, 16)[labels] + 2 * torch.randn(400, 3, 16, 16)
blocks = [BasicBlock(3, 8, 1), BasicBlock(8, 8, 1), BasicBlock(8, 16, 2), BasicBlock(16, 16, 1)]
model = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(12):
    for batch in torch.randperm(400).split(50):
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

# %% The path through the input, every block and the logits, towards the labels.
layers = ["input", BasicBlock, nn.Linear]
captured = lp.capture(model, images[:200], layers=layers, target=labels[:200], memory="256MiB")
path = captured.path()
print(captured)
print(path)
print(path.layers)

# %% An angle of 90° means no memory of direction; what does the order of the layers contribute?
for row in path.baselines(shuffles=100, permutations=5).rows():
    if row["statistic"] == "straightness":
        spread = f"{row['low']:.3f} to {row['high']:.3f}"
        print(f"{row['baseline']}: {row['observed']:.3f} against {row['median']:.3f} ({spread})")

# %% Every state, duplicates left out, and a picture of them.
states = lp.capture(model, images[:200], drop_duplicates=True)
embedding = lp.embed(states.points)
print(f"{len(states)} states, stress {embedding.stress:.3f}, {len(states.duplicates)} duplicates")
assert np.isfinite(embedding.coordinates).all() and path.straightness > 0
