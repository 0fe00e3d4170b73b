"""Harm to `layerpath.dask`.

`workers.py FOLDER SEED` prints one line a fault, `workers.py client FOLDER` is a client to be killed.

A line has five fields with tabs between: good or BAD, fault, command, what is seen, outcome.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import torch

import layerpath as lp

STIMULI, WORKERS = 40, 2
# Blocks of some dozens of points.
MEMORY = (64 << 20) + 600_000
RUNS = [lp.dask.Run(f"net{seed}", seed, epoch=epoch, seed=seed) for seed in range(5) for epoch in (0, 5)]
# What tables and analyses were made from: the time at which the points were written is in it.
SOURCES = {"source", "stamp.json"}


def load(run: lp.dask.Run) -> torch.nn.Module:
    torch.manual_seed(run.checkpoint)
    torch.set_num_threads(1)
    layers: list[torch.nn.Module] = []
    for _ in range(12):
        layers += [torch.nn.Linear(24, 24), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(24, 10))
    with torch.no_grad():
        model[-1].weight.mul_(1 + (run.epoch or 0))  # type: ignore[operator]
    # As long as a checkpoint may take to be read.
    time.sleep(0.15)
    return model


def images() -> torch.Tensor:
    return torch.randn(STIMULI, 24, generator=torch.Generator().manual_seed(3))


def capture(out: Path) -> None:
    lp.dask.capture_many(RUNS, out / "p.zarr", load=load, inputs=images, target=np.arange(STIMULI) % 4)


def table(out: Path) -> None:
    lp.dask.distances(out / "p.zarr", memory=MEMORY, out=out / "d.zarr")


def analyses(out: Path) -> None:
    lp.dask.analyze(out / "p.zarr", out / "analyses")


def everything(out: Path) -> None:
    for call in (capture, table, analyses):
        call(out)


def cluster() -> Any:
    return distributed.LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=":0", memory_limit=0
    )


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in SOURCES and not any(part.startswith(".") for part in path.parts[-3:])
    }


def say(good: bool, *fields: str) -> None:
    print("good" if good else "BAD", *(field.replace("\n", " ") for field in fields), sep="\t", flush=True)


def shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace(str(FOLDER) + "/", "")


def compared(out: Path, whole: dict[str, bytes]) -> tuple[bool, str]:
    found = files(out)
    differing = sorted(name for name in found.keys() | whole.keys() if found.get(name) != whole.get(name))
    return not differing, f"{len(whole)} files, {'none differs' if not differing else f'differ: {differing[:5]}'}"


def workers_are_killed(chance: random.Random, whole: dict[str, bytes], took: dict[str, float]) -> None:
    made = {"capture_many": (capture, "p.zarr"), "distances": (table, "d.zarr"), "analyze": (analyses, "analyses")}
    for name, (call, result) in made.items():
        killed, wrong, outcome = 0, "", ""
        for _ in range(3):
            out = FOLDER / "killed"
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(FOLDER / "whole", out)
            # What this call makes is made anew; the others stay.
            shutil.rmtree(out / result)
            # New workers each time: on a busy machine Dask may give up on one that takes long to start again.
            with cluster() as workers, distributed.Client(workers) as client:
                pid = chance.choice(sorted(client.run(os.getpid).values()))
                delay = chance.random() * took[name]

                def kill(pid: int = pid, delay: float = delay) -> None:
                    time.sleep(delay)
                    os.kill(pid, signal.SIGKILL)

                killer = threading.Thread(target=kill)
                killer.start()
                try:
                    call(out)
                except Exception as error:
                    wrong = wrong or shown(error)
                killer.join()
            killed += 1
            good, outcome = compared(out, whole)
            if not good:
                wrong = wrong or outcome
        say(not wrong, f"{killed} workers killed", f"`{name}`", "Dask's warning", wrong or f"every time {outcome}")


def clients_are_killed(chance: random.Random, whole: dict[str, bytes], took: float) -> None:
    out = FOLDER / "clients"
    out.mkdir()
    for _ in range(4):
        client = begun(out)
        # It takes time to begin.
        assert client.stdout is not None
        client.stdout.readline()
        time.sleep(chance.random() * 0.5 * took)
        os.killpg(client.pid, signal.SIGKILL)
        client.wait()
    last = begun(out)
    said = last.communicate()[1]
    good, outcome = compared(out, whole)
    left = sorted(path.name for path in out.iterdir() if path.name not in {"p.zarr", "d.zarr", "analyses"})
    outcome += f"; left beside: {', '.join(left) or 'nothing'}"
    say(good and last.returncode == 0, "4 clients killed, with workers", "all three", "nothing: killed", outcome)
    if last.returncode != 0:
        print(said, file=sys.stderr)


def begun(out: Path) -> Any:
    return subprocess.Popen(
        [sys.executable, __file__, "client", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def two_clients(whole: dict[str, bytes]) -> None:
    out = FOLDER / "two"
    out.mkdir()
    both = [begun(out), begun(out)]
    said = [client.communicate()[1] for client in both]
    codes = [client.returncode for client in both]
    again = begun(out)
    again.communicate()
    good, outcome = compared(out, whole)
    errors = [text.strip().splitlines()[-1] for text, code in zip(said, codes, strict=True) if code]
    seen = "; ".join(errors).replace(str(FOLDER) + "/", "") or "nothing: both end"
    ends = f"{codes.count(0)} of 2 end; after another call {outcome}"
    say(good and again.returncode == 0, "two clients at once", "all three", seen, ends)


def disk_is_full(whole: dict[str, bytes]) -> None:
    out = FOLDER / "small"
    out.mkdir()
    need = sum(4 * (-(-len(content) // 4096)) + 4 for content in whole.values())
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "faults", out], capture_output=True, text=True)
    if mounted.returncode:
        say(True, "disk full", "all three", mounted.stderr.strip(), "left out: a tmpfs cannot be mounted here")
        return
    try:
        seen = []
        # Captures that wait take as much again as the store, several times.
        for percent in (20, 100, 300, 600):
            subprocess.run(["mount", "-o", f"remount,size={need * percent // 100}k", out], check=True)
            try:
                everything(out)
            except OSError as error:
                if shown(error) not in seen:
                    seen.append(shown(error))
        subprocess.run(["mount", "-o", f"remount,size={40 * need}k", out], check=True)
        everything(out)
        good, outcome = compared(out, whole)
        fault = "disk full at 20, 100, 300, 600 % of the results"
        say(good and bool(seen), fault, "all three", "<br>".join(seen), f"then {outcome}")
    finally:
        subprocess.run(["umount", out], check=False)


def main() -> None:
    chance = random.Random(int(sys.argv[2]))
    took: dict[str, float] = {}
    (FOLDER / "whole").mkdir()
    for name, call in (("capture_many", capture), ("distances", table), ("analyze", analyses)):
        with cluster() as workers, distributed.Client(workers):
            begin = time.monotonic()
            call(FOLDER / "whole")
            took[name] = time.monotonic() - begin
    whole = files(FOLDER / "whole")
    with cluster() as workers, distributed.Client(workers):
        everything(FOLDER / "again")
        good, outcome = compared(FOLDER / "again", whole)
        say(good, "none, a second time", "all three", "", outcome)
        disk_is_full(whole)
    workers_are_killed(chance, whole, took)
    clients_are_killed(chance, whole, sum(took.values()))
    two_clients(whole)


def client() -> None:
    with cluster() as workers, distributed.Client(workers):
        print("begun", flush=True)
        everything(FOLDER)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[2] if sys.argv[1] == "client" else sys.argv[1])
    client() if sys.argv[1] == "client" else main()
