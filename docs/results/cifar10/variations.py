"""What the estimator, the number of stimuli and the metric change: one table from the program's own analyses.

    python variations.py LAYERPATH DATA RUNS OUT.csv [WORK]

LAYERPATH is the program, DATA what `--data` takes, RUNS the folder of trained networks (`runs` of the study),
WORK a folder for points (deleted one by one). Needs nothing but Python. Each row is one path: block outputs of a
network at one epoch.
"""

import csv
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

NETWORKS = ["resnet14x12-seed0", "vgg11x16-seed0"]
EPOCHS = "0,12"
METRICS = [
    *(
        (f"angular-cka[estimator={estimator},kernel=linear]", m)
        for estimator in ("unbiased", "masked", "biased")
        for m in (50, 100, 200, 500, 1000, 2000)
    ),
    *(("angular-shape[components=100]", m) for m in (200, 500, 1000)),
    *(("angular-shape[components=all]", m) for m in (100, 200, 500)),
]


def mean(values):
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def main():
    program, data, runs, out, *rest = sys.argv[1:]
    work = Path(rest[0] if rest else "variations-points")
    columns = [
        "network",
        "epoch",
        "metric",
        "stimuli",
        "length",
        "displacement",
        "straightness",
        "mean_interior_angle",
        "mean_heading_angle",
        "start_to_target",
        "end_to_target",
        "longest_step_to",
        "most_progress_to",
    ]
    with open(out, "w", newline="") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        for network in NETWORKS:
            for metric, stimuli in METRICS:
                store = work / "points.zarr"
                shutil.rmtree(store, ignore_errors=True)
                work.mkdir(parents=True, exist_ok=True)
                subprocess.run(
                    [
                        program,
                        "capture",
                        f"{runs}/{network}",
                        "--data",
                        data,
                        "--stimuli",
                        str(stimuli),
                        "--layers",
                        "blocks",
                        "--epochs",
                        EPOCHS,
                        "--metric",
                        metric,
                        "--quiet",
                        "--out",
                        store,
                    ],
                    check=True,
                )
                result = subprocess.run(
                    [program, "analyze", store, "--format", "json", "--quiet"], check=True, capture_output=True
                )
                analysis = json.loads(result.stdout)
                points = {point["name"]: point for point in analysis["points"]}
                for path in analysis["paths"]:
                    layers = [points[name]["layer"] for name in path["points"]]
                    steps, progress = path["steps"], path["progress"]
                    table.writerow(
                        {
                            "network": network,
                            "epoch": points[path["points"][0]]["epoch"],
                            "metric": analysis["metric"],
                            "stimuli": stimuli,
                            "length": path["length"],
                            "displacement": path["displacement"],
                            "straightness": path["straightness"],
                            "mean_interior_angle": mean(path["interior_angles"]),
                            "mean_heading_angle": mean(path["heading_angles"]),
                            "start_to_target": path["distance_to_target"][0],
                            "end_to_target": path["distance_to_target"][-1],
                            "longest_step_to": layers[steps.index(max(steps)) + 1],
                            "most_progress_to": layers[progress.index(max(progress)) + 1],
                        }
                    )
                file.flush()
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
