"""The networks of a plan, trained by PyTorch on any device.

Question: can the long training happen where a GPU is, and the study here?

    layerpath reproduce all --data cifar10:DATA --preset cpu --out study      # writes study/plan.json; stop it
    python train_torch.py study/plan.json DATA study/runs --device cuda       # trains what is not there yet
    layerpath reproduce all --data cifar10:DATA --out study                   # captures and analyses them

Each network becomes a run folder (run.json, log.csv, checkpoints/epoch-NNN.safetensors) with the settings of the
plan, which `layerpath reproduce` then takes as trained. A finished run is left alone; an interrupted one goes on
after its last epoch (checkpoints/resume.pt). DATA must be the binary version of CIFAR-10, which both programs read
alike (`torch_resnet.py binary` makes it of Parquet). The same rules as the native trainer: loss, schedule, weight
decay, augmentation, initial weights, but other random numbers, so the networks are further replicas and not the same
ones. `--bfloat16` makes forward and backward passes in mixed precision, which is up to twice as fast on processors
and GPUs with bfloat16 units; `--compile` compiles each network first (`torch.compile`, a minute), which makes narrow
ones up to twice as fast; run.json says so.
"""

import argparse
import csv
import hashlib
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from torch_resnet import MEAN, STANDARD_DEVIATION, images, kaiming, named, parameters_and_statistics

COLUMNS = ["epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate", "seconds"]


def networks(plan):
    """Name and configuration of every network, as `layerpath reproduce` names them."""
    for group in plan["networks"]:
        shared = ["epochs", "batch_size", "momentum", "weight_decay", "schedule", "augment", "batch_norm_init"]
        for architecture in group["architectures"]:
            for seed in group["seeds"]:
                training = {"architecture": architecture, "seed": seed} | {key: group[key] for key in shared}
                yield f"{architecture}-seed{seed}", group, training


def rate(schedule, step, steps):
    """The learning rate of step `step` of `steps`."""
    if schedule["kind"] == "milestones":
        passed = sum(step >= at * steps for at in schedule["at"])
        return schedule["rate"] * schedule["factor"] ** passed
    peak, top = schedule["peak"], 0.3 * steps - 1

    def cosine(start, end, t):
        return end + (start - end) / 2 * (1 + math.cos(math.pi * t))

    if step <= top and top > 0:
        return cosine(peak / 25, peak, step / top)
    top = max(top, 0)
    return cosine(peak, peak / 25 / 1e4, (step - top) / (steps - 1 - top) if steps - 1 > top else 0)


def within(checkpoints, per_epoch):
    """The checkpoints between whole epochs, by the number of steps of training before them."""
    found = {}
    for epoch in checkpoints:
        step = math.floor(epoch * per_epoch + 0.5)
        if epoch != int(epoch):
            if step in found or step % per_epoch == 0:
                other = found.get(step, step // per_epoch)
                raise SystemExit(f"checkpoint {epoch} is the step of {other}: an epoch has {per_epoch}; leave it out")
            found[step] = epoch
    return found


def in_digits(epoch):
    """An epoch without an exponent, and without a point where it is whole."""
    return np.format_float_positional(epoch, trim="-")


def checkpoint_name(epoch):
    """`epoch-007.safetensors`, and `epoch-000.25.safetensors` within an epoch."""
    whole, point, fraction = in_digits(epoch).partition(".")
    return f"epoch-{whole:0>3}{point}{fraction}.safetensors"


def augmented(pixels, generator):
    """Random crops with four pixels of zero padding, and horizontal flips, on the device."""
    n, device = len(pixels), pixels.device
    shifts = torch.randint(0, 9, (2, n), generator=generator).to(device)
    flips = (torch.rand(n, generator=generator) < 0.5).to(device)
    rows, columns = (shift[:, None] + torch.arange(32, device=device) for shift in shifts)
    padded = functional.pad(pixels, (4, 4, 4, 4))
    image, channel = (torch.arange(k, device=device) for k in (n, 3))
    crops = padded[
        image[:, None, None, None], channel[None, :, None, None], rows[:, None, :, None], columns[:, None, None, :]
    ]
    return torch.where(flips[:, None, None, None], crops.flip(3), crops)


class Run:
    """One network in its folder."""

    def __init__(self, folder, training, checkpoints, data, sets, device, bfloat16, compiled):
        self.folder, self.training, self.data = folder, training, data
        # Whole ones without a point, as the native trainer writes them.
        self.checkpoints = [int(epoch) if epoch == int(epoch) else epoch for epoch in checkpoints]
        self.bfloat16, self.compiled = bfloat16, compiled
        self.device = torch.device(device)
        self.train, self.test = ([torch.as_tensor(part).to(self.device) for part in own] for own in sets)
        self.generator = torch.Generator().manual_seed(training["seed"])
        torch.manual_seed(training["seed"])
        self.network = kaiming(named(training["architecture"]))
        if training["batch_norm_init"] == "uniform":
            for layer in self.network.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    nn.init.uniform_(layer.weight)
        self.network = self.network.to(self.device, memory_format=torch.channels_last)
        # Fused: one pass over all parameters, a third of a step less for narrow networks on a processor.
        self.optimizer = torch.optim.SGD(
            self.network.parameters(),
            lr=0.1,
            momentum=training["momentum"],
            weight_decay=training["weight_decay"],
            fused=self.device.type in ("cpu", "cuda"),
        )
        self.log = []

    def inputs(self, pixels):
        pixels = pixels.float() / 255
        mean, deviation = (one.to(self.device)[:, None, None] for one in (MEAN, STANDARD_DEVIATION))
        return ((pixels - mean) / deviation).contiguous(memory_format=torch.channels_last)

    def start(self):
        """Writes run.json, or goes on after the last epoch; returns the number of finished epochs."""
        configuration = {
            "schema": "layerpath.run/1",
            "program": f"train_torch.py, PyTorch {torch.__version__}"
            + (", bfloat16 autocast" if self.bfloat16 else "")
            + (", compiled" if self.compiled else ""),
            "training": self.training,
            "data": self.data,
            "checkpoints": self.checkpoints,
        }
        (self.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        place = self.folder / "run.json"
        if place.exists():
            there = json.loads(place.read_text())
            if any(there[key] != configuration[key] for key in ("training", "data", "checkpoints")):
                raise SystemExit(f"{place} has other settings than the plan; remove the folder or change the plan")
        else:
            replace(place, lambda path: path.write_text(json.dumps(configuration, indent=2) + "\n"))
        resume = self.folder / "checkpoints" / "resume.pt"
        if not resume.exists():
            self.finish_epoch(0, {})
            return 0
        state = torch.load(resume, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"].cpu())
        self.log = state["log"]
        return state["epoch"]

    def evaluate(self):
        self.network.eval()
        loss, hits = 0.0, 0
        with torch.no_grad():
            for pixels, labels in zip(*(part.split(1000) for part in self.test)):
                logits = self.network(self.inputs(pixels))
                loss += functional.cross_entropy(logits, labels, reduction="sum").item()
                hits += (logits.argmax(1) == labels).sum().item()
        return {"test_loss": loss / len(self.test[1]), "test_accuracy": hits / len(self.test[1])}

    def keep(self, epoch, row):
        """A row of the log, and the checkpoint if there is to be one."""
        self.log.append({"epoch": in_digits(epoch)} | row | self.evaluate())
        if epoch in self.checkpoints:
            tensors = {
                name: value.cpu().contiguous() for name, value in parameters_and_statistics(self.network).items()
            }
            metadata = {"architecture": self.training["architecture"], "epoch": in_digits(epoch), "format": "pt"}
            place = self.folder / "checkpoints" / checkpoint_name(epoch)
            replace(place, lambda path: save_file(tensors, path, metadata=metadata))
        replace(self.folder / "log.csv", self.write_log)

    def finish_epoch(self, epoch, row):
        self.keep(epoch, row)
        state = {"epoch": epoch, "log": self.log, "generator": self.generator.get_state()}
        state |= {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        replace(self.folder / "checkpoints" / "resume.pt", lambda path: torch.save(state, path))

    def write_log(self, path):
        with open(path, "w", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            table.writerows(self.log)

    def go(self):
        epochs, size = self.training["epochs"], self.training["batch_size"]
        pixels, labels = self.train
        per_epoch = -(-len(labels) // size)
        due = within(self.checkpoints, per_epoch)
        # Another size of batch would be compiled anew: the last, smaller one of an epoch goes uncompiled.
        whole_batch = torch.compile(self.network) if self.compiled else self.network
        for epoch in range(self.start(), epochs):
            self.network.train()
            paused = 0.0
            started, loss_sum, hits = time.perf_counter(), torch.zeros((), device=self.device), 0
            for step, chosen in enumerate(torch.randperm(len(labels), generator=self.generator).split(size)):
                now = rate(self.training["schedule"], epoch * per_epoch + step, epochs * per_epoch)
                self.optimizer.param_groups[0]["lr"] = now
                chosen = chosen.to(self.device)
                x = augmented(pixels[chosen], self.generator) if self.training["augment"] else pixels[chosen]
                forward = whole_batch if len(chosen) == size else self.network
                with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bfloat16):
                    logits = forward(self.inputs(x)).float()
                loss = functional.cross_entropy(logits, labels[chosen])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                loss_sum += loss.detach() * len(chosen)
                hits += (logits.argmax(1) == labels[chosen]).sum()
                if (now_at := due.get(epoch * per_epoch + step + 1)) is not None:
                    pause = time.perf_counter()
                    self.keep(now_at, {})
                    self.network.train()
                    paused += time.perf_counter() - pause
            if not math.isfinite(loss_sum.item()):
                raise SystemExit(f"{self.folder}: the loss is not finite in epoch {epoch + 1}; lower the learning rate")
            seconds = time.perf_counter() - started - paused
            row = {"train_loss": loss_sum.item() / len(labels), "train_accuracy": int(hits) / len(labels)}
            self.finish_epoch(epoch + 1, row | {"learning_rate": now, "seconds": seconds})
            accuracy = self.log[-1]["test_accuracy"]
            speed = f"{len(labels) / seconds:.0f} images/s"
            print(f"  epoch {epoch + 1}/{epochs}: test accuracy {accuracy:.4f}, {speed}", flush=True)


def replace(path, write):
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    write(temporary)
    temporary.rename(path)


def finished(folder, epochs):
    log = folder / "log.csv"
    last = folder / "checkpoints" / checkpoint_name(epochs)
    return last.exists() and any(line.startswith(f"{epochs},") for line in log.read_text().splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", type=Path)
    parser.add_argument("data", help="folder with CIFAR-10, binary or Parquet")
    parser.add_argument("runs", type=Path, help="folder of the runs, `runs` in the study's folder")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bfloat16", action="store_true", help="mixed precision")
    parser.add_argument("--compile", action="store_true", help="compile each network before it is trained")
    parser.add_argument("--only", help="names of networks that contain this text")
    arguments = parser.parse_args()
    plan = json.loads(arguments.plan.read_text())
    sets = [images(arguments.data, part) for part in ("train", "test")]
    digest = hashlib.sha256()
    for pixels, labels in sets:
        digest.update(len(labels).to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(pixels).tobytes())
        digest.update(labels.astype(np.uint8).tobytes())
    for name, group, training in networks(plan):
        folder = arguments.runs / name
        if (arguments.only or "") not in name or finished(folder, training["epochs"]):
            continue
        counts = [group.get(key) or len(own[1]) for key, own in zip(("training_images", "test_images"), sets)]
        data = {"source": "cifar10", "hash": digest.hexdigest()}
        data |= dict(zip(("training_images", "test_images"), counts))
        own = [(pixels[:count].copy(), labels[:count].copy()) for (pixels, labels), count in zip(sets, counts)]
        print(name, flush=True)
        Run(
            folder, training, group["checkpoints"], data, own, arguments.device, arguments.bfloat16, arguments.compile
        ).go()


if __name__ == "__main__":
    main()
