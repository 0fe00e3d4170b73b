"""Golden values of layerpath-nn, made by PyTorch: one residual block with gradients, one small
network trained for a few steps, and learning rates.

    pip install torch numpy safetensors
    python make_golden.py            # writes block.safetensors and network.safetensors beside it

The network is written as in the authors' fork (names and layouts of the state_dict). Everything
is seeded; the version of PyTorch is in the files' metadata.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
MEAN = torch.tensor([0.485, 0.456, 0.406])
STANDARD_DEVIATION = torch.tensor([0.229, 0.224, 0.225])


class Block(nn.Module):
    def __init__(self, channels_in, channels_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False),
                nn.BatchNorm2d(channels_out),
            )

    def forward(self, x):
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return functional.relu(out + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, blocks_per_stage, width):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        blocks, channels = [], width
        for stage in range(3):
            for block in range(blocks_per_stage):
                stride = 2 if stage > 0 and block == 0 else 1
                blocks.append(Block(channels, width * 2**stage, stride))
                channels = width * 2**stage
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        out = functional.relu(self.bn(self.conv(x)))
        out = self.blocks(out)
        out = out.mean(dim=(2, 3))
        return self.fc(out)


def randomise(module):
    """Scales and shifts of batch norm that are not 1 and 0."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0.0, 0.3)


def tensors(module, prefix=""):
    return {
        prefix + name: value.detach().clone().contiguous()
        for name, value in module.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def block():
    torch.manual_seed(1)
    module = Block(4, 8, 2)
    randomise(module)
    module.train()
    out = tensors(module)
    x = torch.randn(6, 4, 8, 8, requires_grad=True)
    y = module(x)
    upstream = torch.randn_like(y)
    y.backward(upstream)
    out |= {"input": x.detach(), "output": y.detach(), "upstream": upstream}
    out |= {"gradient.input": x.grad}
    out |= {f"gradient.{name}": value.grad for name, value in module.named_parameters()}
    return out


def network():
    torch.manual_seed(2)
    model = ResNet(1, 2)
    randomise(model)
    images = torch.randint(0, 256, (16, 3, 32, 32), dtype=torch.uint8)
    # Classes that differ, so that training has something to do.
    labels = torch.arange(16) % 10
    images = (images // 2 + (labels * 12).to(torch.uint8)[:, None, None, None]).contiguous()
    x = (images.float() / 255 - MEAN[:, None, None]) / STANDARD_DEVIATION[:, None, None]
    steps = 6
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.1, total_steps=steps, cycle_momentum=False
    )
    out = {"images": images, "labels": labels.to(torch.uint8)} | tensors(model, "initial.")
    losses, rates = [], []
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), labels)
        loss.backward()
        losses.append(loss.item())
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step() if len(rates) < steps else None
    out |= tensors(model, "trained.")
    model.eval()
    with torch.no_grad():
        out["logits"] = model(x)
    out["losses"] = torch.tensor(losses, dtype=torch.float64)
    out["rates"] = torch.tensor(rates, dtype=torch.float64)
    return out


def main():
    provenance = {"program": "make_golden.py", "torch": torch.__version__, "threads": "1"}
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name, values in [("block", block()), ("network", network())]:
        save_file(values, HERE / f"{name}.safetensors", metadata=provenance)


if __name__ == "__main__":
    main()
