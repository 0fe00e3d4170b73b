"""Golden values of layerpath-nn, made by PyTorch: one residual block with gradients, one small
network trained for a few steps, learning rates, and one plain (VGG) network with gradients.

    pip install torch numpy safetensors
    python make_golden.py            # writes block, network and plain.safetensors beside it
    python make_golden.py plain      # only that one

The networks are those of examples/torch_resnet.py. Everything
is seeded; the version of PyTorch is in the files' metadata.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[3] / "examples"))

from torch_resnet import MEAN, STANDARD_DEVIATION, Block, Plain, ResNet, parameters_and_statistics  # noqa: E402


def randomise(module):
    """Scales and shifts of batch norm that are not 1 and 0."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0.0, 0.3)


def tensors(module, prefix=""):
    return {prefix + name: value for name, value in parameters_and_statistics(module).items()}


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
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps, cycle_momentum=False)
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


def plain():
    torch.manual_seed(3)
    model = Plain(11, 1)
    randomise(model)
    images = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    x = (images.float() / 255 - MEAN[:, None, None]) / STANDARD_DEVIATION[:, None, None]
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(x)  # running statistics that are not 0 and 1
    out = {"images": images, "labels": torch.arange(4).to(torch.uint8)} | tensors(model, "network.")
    model.eval()
    with torch.no_grad():
        out["logits"] = model(x)
    model.train()
    y = model(x)
    upstream = torch.randn_like(y)
    y.backward(upstream)
    out |= {"logits.training": y.detach(), "upstream": upstream}
    out |= {f"gradient.{name}": value.grad for name, value in model.named_parameters()}
    return out


def main():
    provenance = {"program": "make_golden.py", "torch": torch.__version__, "threads": "1"}
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name, make in [("block", block), ("network", network), ("plain", plain)]:
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        save_file(make(), HERE / f"{name}.safetensors", metadata=provenance)


if __name__ == "__main__":
    main()
