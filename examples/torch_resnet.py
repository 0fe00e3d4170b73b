"""The CIFAR residual networks of layerpath in PyTorch, with the tensor names of the authors' fork.

Question: does a network trained in PyTorch take the same path here? Three steps answer it:

    pip install torch numpy safetensors
    python torch_resnet.py train resnet14x16 DATA model.safetensors --epochs 2
    layerpath capture --checkpoint model.safetensors --model resnet14x16 --data cifar10:DATA \\
        --layers all --out points.zarr
    layerpath capture --checkpoint model.safetensors --model resnet14x16 --data cifar10:DATA \\
        --layers input --out input.safetensors
    layerpath analyze points.zarr --format json > analysis.json
    python torch_resnet.py check resnet14x16 model.safetensors input.safetensors analysis.json

`check` computes every state in float64 with PyTorch and every statistic with NumPy, from the formulas, and prints the
largest differences. `speed` measures training images a second. DATA holds the binary version of CIFAR-10 or Parquet
files (then `pip install pyarrow pillow` too). Where the images in Parquet files are JPEG, two decoders give slightly
different pixels; `binary DATA FOLDER` decodes them once, into the binary version, which both programs then read alike.
"""

import argparse
import io
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

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

    def forward(self, x, observe=lambda name, value: None):
        out = x
        layers = {"conv1": self.conv1, "bn1": self.bn1, "relu1": functional.relu, "conv2": self.conv2, "bn2": self.bn2}
        for name, layer in layers.items():
            out = layer(out)
            observe(name, out)
        for name, layer in zip(["shortcut.conv", "shortcut.bn"], self.shortcut):
            x = layer(x)
            observe(name, x)
        out = out + x
        observe("sum", out)
        out = functional.relu(out)
        observe("relu2", out)
        return out


class ResNet(nn.Module):
    def __init__(self, blocks_per_stage, width):
        super().__init__()
        self.blocks_per_stage = blocks_per_stage
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

    def forward(self, x, observe=lambda name, value: None):
        observe("input", x)
        for name, layer in [("conv", self.conv), ("bn", self.bn), ("relu", functional.relu)]:
            x = layer(x)
            observe(f"stem.{name}", x)
        for index, block in enumerate(self.blocks):
            stage, place = divmod(index, self.blocks_per_stage)
            x = block(x, lambda name, value: observe(f"stage{stage + 1}.block{place + 1}.{name}", value))
        x = x.mean(dim=(2, 3))
        observe("pool", x)
        x = self.fc(x)
        observe("logits", x)
        return x

    @classmethod
    def named(cls, name):
        layers, width = (int(part) for part in name.removeprefix("resnet").split("x"))
        return cls((layers - 2) // 6, width)


class Convolution(nn.Module):
    def __init__(self, channels_in, channels_out):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, 1, 1)
        self.bn = nn.BatchNorm2d(channels_out)


class Plain(nn.Module):
    """VGG with batch norm, `vgg<N>` or `vgg<N>x<W>`."""

    STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}

    def __init__(self, layers, width=64):
        super().__init__()
        self.stages = self.STAGES[layers]
        modules, channels = [], 3
        for stage, (count, factor) in enumerate(zip(self.stages, (1, 2, 4, 8, 8))):
            if stage > 0:
                modules.append(nn.MaxPool2d(2, 2))
            for _ in range(count):
                modules.append(Convolution(channels, factor * width))
                channels = factor * width
        self.layers = nn.Sequential(*modules)
        self.fc = nn.Linear(channels, 10)

    def forward(self, x, observe=lambda name, value: None):
        observe("input", x)
        modules = iter(self.layers)
        for stage, count in enumerate(self.stages):
            if stage > 0:
                x = next(modules)(x)
                observe(f"stage{stage}.pool", x)
            for layer in range(count):
                module = next(modules)
                for name, function in [("conv", module.conv), ("bn", module.bn), ("relu", functional.relu)]:
                    x = function(x)
                    observe(f"stage{stage + 1}.layer{layer + 1}.{name}", x)
        x = x.mean(dim=(2, 3))
        observe("pool", x)
        x = self.fc(x)
        observe("logits", x)
        return x

    @classmethod
    def named(cls, name):
        return cls(*(int(part) for part in name.removeprefix("vgg").split("x")))


def named(name):
    """The network of that name, with PyTorch's own initial weights."""
    return (Plain if name.startswith("vgg") else ResNet).named(name)


def kaiming(network):
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(layer.weight)
    return network


def parameters_and_statistics(network):
    return {
        name: value.detach().clone().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def images(folder, part):
    """N×3×32×32 bytes and N labels of the training (`train`) or test set."""
    folder = Path(folder)
    binary = sorted(folder.glob("data_batch_*.bin" if part == "train" else "test_batch.bin"))
    if binary:
        records = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, 3073) for file in binary])
        return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)
    import pyarrow.parquet
    from PIL import Image

    files = sorted([*folder.glob(f"{part}-*.parquet"), *folder.glob(f"plain_text/{part}-*.parquet")])
    table = pyarrow.parquet.read_table(files[0])
    pixels = [np.array(Image.open(io.BytesIO(row["bytes"].as_py()))) for row in table["img"]]
    return np.stack(pixels).transpose(0, 3, 1, 2), np.array(table["label"].to_pylist())


def binary(arguments):
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for part, name in [("train", "data_batch_1.bin"), ("test", "test_batch.bin")]:
        pixels, labels = images(arguments.data, part)
        np.concatenate([labels[:, None].astype(np.uint8), pixels.reshape(-1, 3072)], axis=1).tofile(folder / name)
        print(f"{folder / name}: {len(labels)} images")


def normalised(pixels):
    pixels = torch.as_tensor(np.ascontiguousarray(pixels)).float() / 255
    return (pixels - MEAN[:, None, None]) / STANDARD_DEVIATION[:, None, None]


def augmented(pixels, generator):
    """Random crops with four pixels of zero padding, and horizontal flips."""
    padded = np.pad(pixels, ((0, 0), (0, 0), (4, 4), (4, 4)))
    shifts = generator.integers(0, 9, (len(pixels), 2))
    crops = np.stack([image[:, y : y + 32, x : x + 32] for image, (y, x) in zip(padded, shifts)])
    flips = generator.random(len(pixels)) < 0.5
    crops[flips] = crops[flips, :, :, ::-1]
    return crops


def train(arguments):
    from safetensors.torch import save_file

    torch.manual_seed(arguments.seed)
    generator = np.random.default_rng(arguments.seed)
    network = kaiming(named(arguments.model)).to(memory_format=torch.channels_last)
    (pixels, labels), (test_pixels, test_labels) = images(arguments.data, "train"), images(arguments.data, "test")
    steps = -(-len(pixels) // 128) * arguments.epochs
    optimizer = torch.optim.SGD(network.parameters(), lr=arguments.rate, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, arguments.rate, total_steps=steps, cycle_momentum=False)
    for epoch in range(arguments.epochs):
        network.train()
        started, seen = time.perf_counter(), 0
        for chosen in np.array_split(generator.permutation(len(pixels)), -(-len(pixels) // 128)):
            x = normalised(augmented(pixels[chosen], generator)).contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(network(x), torch.as_tensor(labels[chosen]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            seen += len(chosen)
        rate = seen / (time.perf_counter() - started)
        network.eval()
        with torch.no_grad():
            hits = sum(
                int((network(normalised(test_pixels[i : i + 500])).argmax(1).numpy() == test_labels[i : i + 500]).sum())
                for i in range(0, len(test_pixels), 500)
            )
        print(f"epoch {epoch + 1}: test accuracy {hits / len(test_pixels):.4f}, {rate:.0f} images/s", flush=True)
    save_file(parameters_and_statistics(network), arguments.checkpoint)


def speed(arguments):
    torch.manual_seed(0)
    network = kaiming(named(arguments.model)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    x = torch.randn(128, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (128,))
    seconds = []
    for _ in range(3 + arguments.steps):
        started = time.perf_counter()
        loss = functional.cross_entropy(network(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - started)
    step = float(np.median(seconds[3:]))
    program = f"{torch.get_num_threads()} threads, torch {torch.__version__}"
    print(f"{arguments.model}: {1000 * step:.0f} ms a step of 128, {128 / step:.0f} images/s, {program}")


def unbiased_point(x):
    """U-centred Gram matrix of unit norm (Székely & Rizzo 2014), by its formula."""
    x = x.reshape(len(x), -1)
    gram, m = x @ x.T, len(x)
    np.fill_diagonal(gram, 0)
    rows = gram.sum(1)
    gram -= (rows[:, None] + rows[None, :]) / (m - 2) - rows.sum() / ((m - 1) * (m - 2))
    np.fill_diagonal(gram, 0)
    return gram / np.linalg.norm(gram)


def arc(p, q):
    return 2 * np.arctan2(np.linalg.norm(p - q), np.linalg.norm(p + q))


def direction(p, q):
    v = q - np.sum(p * q) * p
    return v / np.linalg.norm(v)


def statistics(points, target):
    """Every statistic of a path, by its definition."""
    last = len(points) - 1
    steps = [arc(points[i], points[i + 1]) for i in range(last)]
    to_target = [arc(p, target) for p in points]
    progress = [to_target[i] - to_target[i + 1] for i in range(last)]
    u, whole = direction(points[0], target), arc(points[0], target)
    along = [np.arctan2(np.sum(p * u), np.sum(p * points[0])) / whole for p in points]
    rests = [p - np.sum(p * u) * u - np.sum(p * points[0]) * points[0] for p in points]
    detour = [
        np.arctan2(np.linalg.norm(r), np.hypot(np.sum(p * u), np.sum(p * points[0]))) for p, r in zip(points, rests)
    ]
    all_points = [*points, target]
    return {
        "distances": [
            [arc(p, q) if i != j else 0.0 for j, q in enumerate(all_points)] for i, p in enumerate(all_points)
        ],
        "steps": steps,
        "length": sum(steps),
        "displacement": arc(points[0], points[-1]),
        "straightness": arc(points[0], points[-1]) / sum(steps),
        "interior_angles": [
            arc(direction(points[i], points[i - 1]), direction(points[i], points[i + 1])) for i in range(1, last)
        ],
        "heading_angles": [arc(direction(points[i], points[i + 1]), direction(points[i], target)) for i in range(last)],
        "distance_to_start": [arc(points[0], p) for p in points],
        "distance_to_target": to_target,
        "progress": progress,
        "efficiency": [p / s for p, s in zip(progress, steps)],
        "projection": list(zip(along, detour)),
    }


def check(arguments):
    from safetensors.numpy import load_file
    from safetensors.torch import load_file as load_tensors

    network = named(arguments.model)
    missing, surplus = network.load_state_dict(load_tensors(arguments.checkpoint), strict=False)
    assert not surplus and all(name.endswith("num_batches_tracked") for name in missing), (missing, surplus)
    arrays = load_file(arguments.input)
    network.double().eval()
    names, points = [], []

    def observe(name, value):
        names.append(name)
        points.append(unbiased_point(value.numpy().astype(np.float64)))

    with torch.no_grad():
        network(torch.as_tensor(arrays["input"]).double(), observe)
    expected = statistics(points, unbiased_point(arrays["labels"].astype(np.float64)))
    path = json.loads(Path(arguments.analysis).read_text())["paths"][0]
    assert [name.split("/")[-1] for name in path["points"]] == names, path["points"]
    worst = 0.0
    for statistic, ours in expected.items():
        theirs = path[statistic]
        if statistic == "projection":
            theirs = [(p["t"], p["distance"]) for p in theirs]
        difference = float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs, dtype=np.float64))))
        worst = max(worst, difference)
        print(f"{statistic:20} {difference:.1e}")
    print(f"{len(names)} states, {len(arrays['labels'])} stimuli, largest difference {worst:.1e}")
    if not worst < 1e-3:
        raise SystemExit("the largest difference is above 1e-3")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("train")
    command.add_argument("model"), command.add_argument("data"), command.add_argument("checkpoint")
    command.add_argument("--epochs", type=int, default=5), command.add_argument("--rate", type=float, default=0.2)
    command.add_argument("--seed", type=int, default=0), command.set_defaults(run=train)
    command = commands.add_parser("binary")
    command.add_argument("data"), command.add_argument("folder"), command.set_defaults(run=binary)
    command = commands.add_parser("speed")
    command.add_argument("model"), command.add_argument("--steps", type=int, default=15)
    command.set_defaults(run=speed)
    command = commands.add_parser("check")
    for name in ["model", "checkpoint", "input", "analysis"]:
        command.add_argument(name)
    command.set_defaults(run=check)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
