"""Small valid inputs for every fuzz target, into fuzz/seeds/TARGET/.

    python fuzz/seeds.py target/release/layerpath

Needs NumPy, safetensors, pyarrow and Pillow. The seeds are committed; run this again when a format changes.
What the fuzzer found worth keeping from them lies in fuzz/corpus/TARGET/.
"""

import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from safetensors.numpy import save

HERE = Path(__file__).parent
SEEDS = HERE / "seeds"


def seed(target, name, data):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def part(data):
    """As `split` of src/lib.rs reads it: two bytes of length in front, and what follows."""
    return struct.pack("<H", len(data)) + data


def arrays():
    random = np.random.default_rng(0)
    for kind in ["f2", "f4", "f8", ">f8", "i4", "u1", "?"]:
        seed("npy", kind.replace(">", "big-"), npy(random.integers(0, 5, (6, 3)).astype(kind)))
    seed("npy", "fortran", npy(np.asfortranarray(random.normal(size=(5, 2, 2)))))
    seed("npy", "column", npy(random.normal(size=5)))
    seed("npy", "text", npy(np.array(["a", "b"])))
    seed("npy", "objects", npy(np.array([{}, None], dtype=object)))
    for name, compression in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as archive:
            for layer in ["a", "b"]:
                archive.writestr(f"{layer}.npy", npy(random.normal(size=(5, 4)).astype("f4")))
            archive.writestr("stimulus_ids.npy", npy(np.arange(5)))
        seed("npz", name, file.getvalue())
    identifiers = npy(np.array(list("vwxyz")))
    seed("npz", "entries", part(b"a.npy") + part(npy(random.normal(size=(5, 2)))) + identifiers)
    layers = {"a": random.normal(size=(5, 4)).astype("f4"), "b": random.normal(size=(5, 2)).astype("f2")}
    metadata = {"layerpath.order": '["a", "b"]', "stimulus_ids": json.dumps(list("vwxyz"))}
    seed("safetensors", "plain", save(layers))
    seed("safetensors", "metadata", save(layers, metadata))


def images():
    random = np.random.default_rng(1)
    records = [bytes([label]) + random.integers(0, 256, 3072, dtype="u1").tobytes() for label in (3, 9)]
    seed("cifar10_binary", "one-each", part(records[0]) + records[1])
    seed("cifar10_binary", "empty", part(b""))
    rows = []
    for label in (0, 7):
        for kind in ("png", "jpeg"):
            file = io.BytesIO()
            Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype="u1")).save(file, kind)
            rows.append({"img": {"bytes": file.getvalue(), "path": None}, "label": label})
            seed("pictures", f"{label}-{kind}", file.getvalue())
    for compression in ["none", "snappy", "zstd", "gzip"]:
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), file, compression=compression)
        seed("cifar10_parquet", compression, file.getvalue())


def tables():
    journal = b"three points 3\n0-2 0-2\n2-3 0-2\n"
    grid = {"name": "regular", "configuration": {"chunk_shape": [2, 2]}}
    for size in [2, 3]:
        description = {"zarr_format": 3, "node_type": "array", "shape": [size, size], "chunk_grid": grid}
        seed("tables", f"{size}-points", part(journal) + json.dumps(description).encode())


def cut(value):
    """The first two of every list, so that lists of one length keep one length."""
    if isinstance(value, list):
        return [cut(one) for one in value[:2]]
    if isinstance(value, dict):
        return {key: cut(one) for key, one in value.items()}
    return value


def studies():
    results = HERE.parent / "docs" / "results" / "cifar10"
    for question, name in enumerate(["straightness", "training", "width-depth"]):
        study = json.loads((results / "study" / name / "study.json").read_text())
        seed("study", name, bytes([question]) + json.dumps(cut(study)).encode())
    for name, folder in [("study", results), ("trainers", results / "trainers")]:
        plan = json.loads((folder / "plan.json").read_text())
        seed("plan", name, json.dumps(plan).encode())


def from_program(program):
    def run(*words):
        return subprocess.run([program, "--quiet", *map(str, words)], check=True, capture_output=True).stdout

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        training = ["--model", "resnet8x1", "--data", "builtin", "--epochs", 1, "--training-images", 16]
        run("train", *training, "--out", folder / "run")
        for name in ["epoch-001", "resume"]:
            seed("checkpoint", name, (folder / "run" / "checkpoints" / f"{name}.safetensors").read_bytes())
        configuration = json.loads((folder / "run" / "run.json").read_text())
        log = (folder / "run" / "log.csv").read_bytes()
        seed("run_folder", "whole", part(json.dumps(configuration).encode()) + log)
        seed("run_folder", "training", part(json.dumps(configuration["training"]).encode()) + log)
        capture = [
            "capture",
            folder / "run",
            "--data",
            "builtin",
            "--stimuli",
            6,
            "--layers",
            "pool",
            "--epochs",
            "last",
        ]
        for precision in ["float32", "float64"]:
            store = folder / f"{precision}.zarr"
            run(*capture, "--dtype", precision, "--out", store)
            files = [store / "zarr.json", store / "points" / "zarr.json"]
            chunk = (store / "points" / "c" / "0" / "0").read_bytes()
            # A chunk is a mebibyte of fill value; one row a chunk is as good and small.
            array = json.loads(files[1].read_text())
            dimension = array["shape"][1]
            array["shape"][0] = 1
            array["chunk_grid"]["configuration"]["chunk_shape"][0] = 1
            width = dimension * (4 if precision == "float32" else 8)
            seed(
                "points_store",
                precision,
                part(files[0].read_bytes()) + part(json.dumps(array).encode()) + chunk[:width],
            )
        points = folder / "float64.zarr"
        run("embed", points, "--method", "mds", "--out", folder / "embedding.json")
        seed("embedding", "classical", (folder / "embedding.json").read_bytes())
        layers = folder / "layers.npz"
        random = np.random.default_rng(2)
        np.savez(layers, **{name: random.normal(size=(120, 3)) for name in ["first", "second", "third", "target"]})
        for name, more in [
            ("plain", []),
            ("target", ["--target", "last"]),
            ("evidence", ["--target", "last", "--intervals", "--baselines", "--convergence", "--stimuli-shares=2"]),
        ]:
            run("analyze", layers, *more, "--out", folder / name)
            seed("analysis", name, (folder / name / "analysis.json").read_bytes())


def names():
    texts = [
        "angular-cka",
        "angular-cka[estimator=masked,kernel=rbf,length-scale=0.5]",
        "angular-cka[kernel=laplace]",
        "angular-shape[components=all,whitening=0.5]",
        "euclidean-shape[components=10]",
        "affine-invariant[components=5,shrinkage=0.1]",
        "log-euclidean",
        "grassmann[components=3]",
        "stress",
        "angular-rsa",
        "cka",
        "svcca",
        "mutual-knn[neighbours=5]",
        "resnet20x16",
        "vgg11x4",
        "blocks",
        "stage1.*,logits",
        "cifar10:data",
        "last",
        "4GiB",
        "1.5e3MiB",
    ]
    for place, text in enumerate(texts):
        seed("names", f"{place:02}", text.encode())


def main():
    arrays()
    images()
    names()
    studies()
    tables()
    from_program(sys.argv[1])
    for folder in sorted(SEEDS.iterdir()):
        sizes = [file.stat().st_size for file in folder.iterdir()]
        print(f"{folder.name}: {len(sizes)} seeds, {sum(sizes)} bytes")


if __name__ == "__main__":
    main()
