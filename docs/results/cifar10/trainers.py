"""Do networks of the native trainer and of PyTorch differ by more than replicas of one trainer do?

    python trainers.py STUDY

STUDY is the folder of a width-depth study of one architecture, some of whose networks PyTorch trained: `program` in
their `run.json` tells. Prints, for each measure of whole paths, the mean distance between networks of one trainer and
of different ones, and how many of all ways to divide the networks into two groups of these sizes set them at least as
far apart.
Needs nothing but Python.
"""

import csv
import itertools
import json
import statistics
import sys
from pathlib import Path

MEASURES = ["arc_length_matched", "warping_mean", "frechet", "hausdorff"]


def apart(distances, group, others):
    """Mean distance between the groups over that within them."""
    between = statistics.fmean(distances[frozenset(pair)] for pair in itertools.product(group, others))
    within = [distances[frozenset(pair)] for one in (group, others) for pair in itertools.combinations(one, 2)]
    return between, statistics.fmean(within)


def main():
    study = Path(sys.argv[1])
    with open(study / "study" / "width-depth" / "pairs.csv", newline="") as file:
        pairs = list(csv.DictReader(file))
    names = sorted({row[side] for row in pairs for side in ("network_x", "network_y")})
    program = {name: json.loads((study / "runs" / name / "run.json").read_text())["program"] for name in names}
    native = [name for name in names if program[name].startswith("layerpath ")]
    others = [name for name in names if name not in native]
    print(f"native: {', '.join(native)}; {program[others[0]]}: {', '.join(others)}\n")
    print("| measure | same trainer (rad) | different trainers (rad) | ratio | divisions at least as far apart |")
    print("| --- | --: | --: | --: | --- |")
    for measure in MEASURES:
        distances = {frozenset((row["network_x"], row["network_y"])): float(row[measure]) for row in pairs}
        between, within = apart(distances, native, others)
        divisions = [
            (group, [name for name in names if name not in group])
            for group in itertools.combinations(names, len(native))
            if len(native) != len(others) or names[0] in group
        ]
        ratios = [one / other for one, other in (apart(distances, *division) for division in divisions)]
        farther = sum(ratio >= between / within - 1e-12 for ratio in ratios)
        print(f"| {measure} | {within:.4f} | {between:.4f} | {between / within:.3f} | {farther} of {len(divisions)} |")


if __name__ == "__main__":
    main()
