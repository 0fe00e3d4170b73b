# %% [markdown]
# Can a hidden layer be pulled towards a target? A distance of layerpath as a loss: the hidden layer of a small network
# learns the geometry of the labels, first without any classifier.
#
#     pip install torch; python distance_as_loss.py

# %%
import sys

import numpy as np

try:
    import torch
    from torch import nn
except ImportError:
    print("SKIPPED: distance_as_loss.py needs PyTorch")
    sys.exit(0)

import layerpath as lp

# %% Three classes in twenty dimensions that no line separates, and the point of their labels.
torch.manual_seed(0)
x = torch.randn(300, 20)
radius = x[:, :3].norm(dim=1)
labels = torch.bucketize(radius, radius.quantile(torch.tensor([1 / 3, 2 / 3])))
one_hot = nn.functional.one_hot(labels).double()
hidden = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 16))

# %% The loss is the angle between the hidden layer and the labels, batch after batch.
optimizer = torch.optim.Adam(hidden.parameters(), lr=3e-3)
metric = lp.Metric("angular-cka")
angles = []
for _ in range(60):
    for batch in torch.randperm(300).split(100):
        loss = lp.torch.distance(hidden(x[batch]), metric.point(one_hot[batch]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    angles.append(loss.item())
print(f"from {np.degrees(angles[0]):.1f}° to {np.degrees(angles[-1]):.1f}° from the labels")

# %% The nearest class mean in the hidden layer classifies now.
with torch.no_grad():
    h = hidden(x)
means = torch.stack([h[labels == c].mean(dim=0) for c in range(3)])
accuracy = (torch.cdist(h, means).argmin(dim=1) == labels).float().mean().item()
print(f"nearest class mean: {accuracy:.0%}")
assert angles[-1] < 0.8 * angles[0]
