"""How much a statistic of whole paths changes between two checkpoints, over seeds: mean, 95 % interval (Student's t).

    python docs/results/cifar10/between.py docs/results/cifar10/study/training/epochs.csv 0.125 12
"""

import csv
import sys

import numpy as np
from scipy import stats

STATISTICS = ["straightness", "length", "mean_heading_angle"]


def main():
    table, first, second = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    values = {}
    with open(table, newline="") as file:
        for row in csv.DictReader(file):
            if row["value"]:
                key = row["architecture"], row["statistic"], int(row["seed"])
                values.setdefault(key, {})[float(row["epoch"])] = float(row["value"])
    for architecture in dict.fromkeys(architecture for architecture, _, _ in values):
        for statistic in STATISTICS:
            own = [found for key, found in values.items() if key[:2] == (architecture, statistic)]
            changes = np.array([found[second] - found[first] for found in own])
            n, mean = len(changes), changes.mean()
            half = stats.t.ppf(0.975, n - 1) * changes.std(ddof=1) / np.sqrt(n)
            print(f"{architecture} {statistic} {mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})")


if __name__ == "__main__":
    main()
