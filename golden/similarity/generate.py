"""Similarities that are no metrics, from their formulas in NumPy and SciPy, independently of layerpath.

    python generate.py        # writes expected.json next to itself

Every quantity takes another road than layerpath does: canonical correlations come from a generalised eigenvalue problem
of covariances (not from an SVD of orthonormal bases), the projectors of Yanai's coefficient are formed, RDMs come from
scipy.spatial.distance, rank correlations from scipy.stats, regressions from normal equations, neighbours from a full
sort, the Bures similarity from an explicit alignment.
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.linalg
import scipy.spatial.distance as distance
import scipy.stats as stats


def centre(x):
    return x - x.mean(axis=0)


def covariance_correlations(x, y):
    """Canonical correlations and directions of X by the generalised eigenvalue problem, full column rank only."""
    x, y = centre(x), centre(y)
    a = x.T @ y @ np.linalg.solve(y.T @ y, y.T @ x)
    values, vectors = scipy.linalg.eigh(a, x.T @ x)
    order = np.argsort(values)[::-1][: min(x.shape[1], y.shape[1])]
    directions = x @ vectors[:, order]
    directions /= np.linalg.norm(directions, axis=0)
    return np.sqrt(np.clip(values[order], 0, None)), directions


def cca(x, y):
    rho, _ = covariance_correlations(x, y)
    projector = lambda z: centre(z) @ np.linalg.pinv(centre(z))
    p, q = projector(x), projector(y)
    return {
        "mean": rho.mean(),
        "mean-squared": (rho**2).mean(),
        "yanai": np.trace(p @ q) / np.sqrt(np.trace(p) * np.trace(q)),
        "pillai": np.trace(p @ q),
    }


def svcca(x, y, variance):
    def reduce(z):
        z = centre(z)
        values, vectors = np.linalg.eigh(z.T @ z)
        values, vectors = values[::-1], vectors[:, ::-1]
        share = np.cumsum(values) / values.sum()
        return z @ vectors[:, : int(np.argmax(share >= variance)) + 1]

    return covariance_correlations(reduce(x), reduce(y))[0].mean()


def pwcca(x, y):
    rho, directions = covariance_correlations(x, y)
    weights = np.abs(directions.T @ centre(x)).sum(axis=1)
    return (weights * rho).sum() / weights.sum()


RDMS = {
    "euclidean": "euclidean",
    "squared-euclidean": "sqeuclidean",
    "correlation": "correlation",
    "cosine": "cosine",
}


def rsa(x, y, compare, rdm):
    a, b = (distance.pdist(z, RDMS[rdm]) for z in (x, y))
    if compare == "pearson":
        return stats.pearsonr(a, b).statistic
    if compare == "spearman":
        return stats.spearmanr(a, b).statistic
    return a @ b / np.sqrt((a @ a) * (b @ b))


def predictivity(x, y, ridge, test=None):
    """R² with variance summed over units, against the mean of the stimuli fitted to."""
    mx, my = x.mean(axis=0), y.mean(axis=0)
    xc, yc = x - mx, y - my
    weights = np.linalg.solve(xc.T @ xc + ridge * np.eye(x.shape[1]), xc.T @ yc)
    tx, ty = (x, y) if test is None else test
    residual = (ty - my) - (tx - mx) @ weights
    return 1 - (residual**2).sum() / ((ty - my) ** 2).sum()


def mutual_knn(x, y, k, kind):
    def neighbours(z):
        if kind == "euclidean":
            far = distance.squareform(distance.pdist(z))
        elif kind == "cosine":
            far = distance.squareform(distance.pdist(z, "cosine"))
        else:
            far = -(z @ z.T)
        np.fill_diagonal(far, np.inf)
        return np.argsort(far, axis=1, kind="stable")[:, :k]

    pairs = zip(neighbours(x), neighbours(y))
    return np.mean([len(set(a) & set(b)) / k for a, b in pairs])


def bures(x, y):
    """The cosine after aligning one explicitly; matrix square roots would lose half the digits."""
    n = max(x.shape[1], y.shape[1])
    x, y = (np.pad(centre(z), ((0, 0), (0, n - z.shape[1]))) for z in (x, y))
    rotation, _ = scipy.linalg.orthogonal_procrustes(y, x)
    return (x * (y @ rotation)).sum() / (np.linalg.norm(x) * np.linalg.norm(y))


def held_out_procrustes(x, y, train, test):
    """netrep's LinearMetric(alpha=1): zero-pad, centre by the training means, rotate both by the SVD of XᵀY."""
    n = max(x.shape[1], y.shape[1])
    x, y = (np.pad(z, ((0, 0), (0, n - z.shape[1]))) for z in (x, y))
    mx, my = x[train].mean(axis=0), y[train].mean(axis=0)
    rotation, _ = scipy.linalg.orthogonal_procrustes(y[train] - my, x[train] - mx)
    a, b = x[test] - mx, (y[test] - my) @ rotation
    cosine = (a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b))
    return {"angular": np.arccos(cosine), "euclidean": np.linalg.norm(a - b)}


def case(x, y, k):
    train, test = np.arange(0, len(x), 2), np.arange(1, len(x), 2)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "cca": cca(x, y),
        "svcca": {str(v): svcca(x, y, v) for v in (0.5, 0.9, 0.99)},
        "pwcca": {"xy": pwcca(x, y), "yx": pwcca(y, x)},
        "rsa": {c: {r: rsa(x, y, c, r) for r in RDMS} for c in ("pearson", "spearman", "cosine")},
        "linear-predictivity": {str(r): {"xy": predictivity(x, y, r), "yx": predictivity(y, x, r)} for r in (0, 1, 20)},
        "mutual-knn": {kind: mutual_knn(x, y, k, kind) for kind in ("euclidean", "cosine", "inner-product")},
        "k": k,
        "normalized-bures": bures(x, y),
        "held-out": {
            "procrustes": held_out_procrustes(x, y, train, test),
            "linear-predictivity": {str(r): predictivity(x[train], y[train], r, (x[test], y[test])) for r in (0, 1)},
        },
    }


def main():
    generator = np.random.default_rng(20261123)
    draw = lambda *shape: generator.standard_normal(shape)
    shared = draw(24, 3)
    x = np.round(shared @ draw(3, 5) + 0.7 * draw(24, 5) + 2.0, 6)
    y = np.round(np.tanh(shared) @ draw(3, 4) + 0.5 * draw(24, 4), 6)
    # Small integers: many pairs are equally dissimilar. No two rows tie as neighbours under pdist's rounding but by
    # exact equality, since squared distances are integers.
    u = generator.integers(0, 4, (14, 4)).astype(float)
    v = np.minimum(3, np.maximum(0, u[:, :3] + generator.integers(-1, 2, (14, 3)))).astype(float)
    ties = {
        "x": u.tolist(),
        "y": v.tolist(),
        "rsa": {c: {r: rsa(u, v, c, r) for r in ("euclidean", "squared-euclidean")} for c in ("pearson", "spearman")},
        "k": 3,
        "mutual-knn": {kind: mutual_knn(u, v, 3, kind) for kind in ("euclidean", "inner-product")},
    }
    result = {
        "provenance": {"script": "golden/similarity/generate.py", "numpy": np.__version__, "scipy": scipy.__version__},
        "cases": {"related-24x5-24x4": case(x, y, 4), "ties-14x4-14x3": ties},
    }
    path = pathlib.Path(__file__).with_name("expected.json")
    path.write_text(json.dumps(result, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main()
