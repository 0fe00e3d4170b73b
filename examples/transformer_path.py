# %% [markdown]
# How does the choice of rows change the path of a transformer? The residual stream of a small encoder, read at its last
# token, as the mean over tokens, and with every token as a stimulus of its own.
#
#     pip install torch; python transformer_path.py

# %%
import sys

try:
    import torch
    from torch import nn
except ImportError:
    print("SKIPPED: transformer_path.py needs PyTorch")
    sys.exit(0)

import layerpath as lp


class Encoder(nn.Module):
    def __init__(self, vocabulary=50, width=32, depth=5):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        layer = nn.TransformerEncoderLayer(width, 4, 64, dropout=0.1, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.head = nn.Linear(width, 2)

    def forward(self, tokens):
        return self.head(self.blocks(self.embedding(tokens))[:, -1])


# %% Does the first token occur again? Two classes.
torch.manual_seed(0)
tokens = torch.randint(0, 50, (150, 12))
labels = (tokens[:, 1:] == tokens[:, :1]).any(dim=1).int()
model = Encoder()

# %% The residual stream: the embedding, and the output of every block.
stream = ["embedding", "blocks.layers.?"]
for reduce in ("last-token", "mean", "positions-as-stimuli"):
    captured = lp.capture(model, tokens, layers=stream, reduce=reduce, target=labels)
    path = captured.path()
    steps = path.steps.round(3).tolist()
    print(f"{reduce}: {captured.stimuli} rows, straightness {path.straightness:.3f}, steps {steps}")

# %% Two networks that differ in their random start, block by block: whole paths against each other.
torch.manual_seed(1)
other = lp.capture(Encoder(), tokens, layers=stream, reduce="mean").path()
comparison = lp.compare(lp.capture(model, tokens, layers=stream, reduce="mean").path(), other)
print(comparison)
assert comparison.hausdorff <= comparison.frechet
