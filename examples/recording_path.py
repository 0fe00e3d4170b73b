# %% [markdown]
# How sure is a path through brain areas? Arrays are all that is needed: trial averages of neurons in five areas that
# answer the same stimuli, with intervals over stimuli, and the order of the areas against other orders.
#
#     pip install pandas matplotlib scikit-learn; python recording_path.py

# %%
import numpy as np
from sklearn.cluster import AgglomerativeClustering

import layerpath as lp

# %% Sixty images of six kinds; each area is a random, rectified mixture of how images look and what they show.
random = np.random.default_rng(0)
kinds = np.arange(60) % 6
looks, shows = random.normal(size=(60, 12)), random.normal(size=(6, 12))[kinds]
areas = {}
for name, neurons, t in [("V1", 200, 0.0), ("V2", 180, 0.2), ("V4", 150, 0.5), ("PIT", 120, 0.7), ("AIT", 90, 1.0)]:
    drive = ((1 - t) * looks + t * shows) @ random.normal(size=(12, neurons))
    areas[name] = np.maximum(drive + random.normal(size=drive.shape), 0)

# %% The path towards the kinds, as a table: in a notebook, `path` alone shows it.
path = lp.Path(areas, target=kinds)
print(path)
print(path.to_frame()[["layer", "step", "interior_angle", "heading_angle", "distance_to_target"]].round(2))

# %% The intervals are over stimuli: another sixty images would give other numbers.
for row in path.intervals(groups=20).rows():
    if row["statistic"] in ("length", "straightness"):
        print(f"{row['statistic']}: {row['estimate']:.3f}, 95 % interval {row['low']:.3f} to {row['high']:.3f}")

# %% Is this order of the areas straighter than others? And what do unrelated areas give?
for row in path.baselines(shuffles=100, permutations=10).rows():
    if row["statistic"] == "straightness":
        print(f"{row['baseline']}: {row['observed']:.3f} against {row['median']:.3f}")

# %% Distances go straight into scikit-learn; figures are matplotlib's.
clusters = AgglomerativeClustering(2, metric="precomputed", linkage="average").fit_predict(lp.distances(areas))
print("clusters:", dict(zip(areas, clusters.tolist(), strict=True)))
figure, axes = path.plot("embedding")
print(axes.get_title())
assert np.all(np.diff(path.distance_to_target) < 0), "each area is nearer to the kinds than the one before"
