"""How much of the change since before training comes from batch norm: the untrained networks with its statistics.

    PYTHONPATH=examples python docs/results/cifar10/untrained.py LAYERPATH DATA RUNS OUT.csv

LAYERPATH is the program, DATA a folder that `--data cifar10:` takes, RUNS the folder of the study's networks. Before
training, batch norm has means of 0 and variances of 1 and does not normalise. Here it takes those of training images,
and nothing else changes. Needs PyTorch, NumPy and safetensors. Each row is one path: block outputs of a network,
`untrained`, `normalised` (untrained, with batch norm's statistics) or `trained`.
"""

import csv
import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch_resnet import images, named, normalised, parameters_and_statistics

METRIC = "angular-cka[estimator=unbiased,kernel=linear]"
IMAGES, BATCH = 2560, 128
T_95 = {1: 12.706, 2: 4.303}
STATISTICS = ["length", "straightness"]


def with_statistics(checkpoint, architecture, batches):
    """The state of a network whose batch norm has the means and variances of these images, averaged over batches."""
    network = named(architecture)
    network.load_state_dict(load_file(checkpoint), strict=False)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None
            layer.reset_running_stats()
    network.train()
    with torch.no_grad():
        for batch in batches:
            network(batch)
    return parameters_and_statistics(network)


def path(program, checkpoint, architecture, data, folder):
    store = folder / "points.zarr"
    subprocess.run(
        [program, "capture", "--checkpoint", checkpoint, "--model", architecture, "--data", f"cifar10:{data}"]
        + ["--stimuli", "1000", "--layers", "blocks", "--metric", METRIC, "--out", store, "--quiet"],
        check=True,
    )
    text = subprocess.run([program, "analyze", store, "--format", "json", "--quiet"], check=True, capture_output=True)
    return json.loads(text.stdout)["paths"][0]


def epoch(checkpoint):
    return float(checkpoint.stem.removeprefix("epoch-"))


def main():
    program, data, runs, out = sys.argv[1:]
    training = normalised(images(data, "train")[0][:IMAGES]).split(BATCH)
    rows = []
    for run in sorted(Path(runs).glob("resnet14x12-seed*")) + sorted(Path(runs).glob("vgg11x16-seed*")):
        architecture, seed = run.name.rsplit("-seed", 1)
        checkpoints = sorted((run / "checkpoints").glob("epoch-*.safetensors"), key=epoch)
        for state, checkpoint in [("untrained", checkpoints[0]), ("normalised", None), ("trained", checkpoints[-1])]:
            with tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                if checkpoint is None:
                    checkpoint = folder / "normalised.safetensors"
                    save_file(with_statistics(checkpoints[0], architecture, training), checkpoint)
                own = path(program, checkpoint, architecture, data, folder)
            rows.append({"architecture": architecture, "seed": seed, "state": state, **{n: own[n] for n in STATISTICS}})
    with open(out, "w", newline="") as file:
        table = csv.DictWriter(file, rows[0], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    for architecture in dict.fromkeys(row["architecture"] for row in rows):
        for name in STATISTICS:
            of = {
                state: [row[name] for row in rows if row["architecture"] == architecture and row["state"] == state]
                for state in ("untrained", "normalised", "trained")
            }
            change = [after - before for after, before in zip(of["trained"], of["normalised"], strict=True)]
            half = T_95[len(change) - 1] * statistics.stdev(change) / math.sqrt(len(change))
            mean = statistics.fmean(change)
            means = ", ".join(f"{state} {statistics.fmean(values):.3f}" for state, values in of.items())
            interval = f"{mean - half:+.3f} to {mean + half:+.3f}"
            print(f"{architecture}, {name}: {means}; trained - normalised {mean:+.3f} ({interval})")


if __name__ == "__main__":
    main()
