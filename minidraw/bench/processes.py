"""Whole programs: how long from the command to the result, and how much memory at most."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from minidraw.bench.steps import interleaved

IMPORT = "import minidraw"
STEP = """
import time
from minidraw import kernels
from minidraw.bench.contenders import trainer
from minidraw.training.workers import Workers
with Workers() as workers:
    made = trainer("paper", workers, kernels)
    began = time.perf_counter()
    for _ in range({steps}):
        made.step()
    print(time.perf_counter() - began)
    {after}
"""
MEMORY = "from minidraw.bench.processes import memory; print(memory())"
SAMPLE = """
import resource, time
import minidraw
network = minidraw.Draw.load({path!r})
network.sample(1)
began = time.perf_counter()
network.sample(1000)
print(time.perf_counter() - began)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if {mac} else 1024))
"""


def measure(rounds):
    """A table of the times and the memory of whole programs, all at the paper's size.

    Parameters
    ----------
    rounds : int
        Turns of each; what has to be compiled is compiled once.

    Returns
    -------
    str
    """
    with tempfile.TemporaryDirectory() as folder:
        weights, picture = Path(folder, "paper.npz"), Path(folder, "samples.png")
        _save_paper_size(weights)
        sample = ["-m", "minidraw", "sample", str(weights), "--out", str(picture)]
        programs = {
            "python, doing nothing": ["-c", "pass"],
            "import minidraw": ["-c", IMPORT],
            "minidraw sample, 100 digits": sample,
        }
        _run(sample)  # now its kernels are on disk
        runs = {name: lambda words=words: _run(words) and None for name, words in programs.items()}
        seconds = interleaved(runs, rounds, "programs")
        rows = [(name, _seconds(values)) for name, values in seconds.items()]
        for _ in tqdm(range(1), "compile, sample, remember", leave=False):
            cold = {"NUMBA_CACHE_DIR": os.path.join(folder, "cache")}
            first = float(_run(["-c", STEP.format(steps=1, after="")], cold).split()[0])
            rows.append(("first training step, compiling", f"{first:.1f} s"))
            code = SAMPLE.format(path=os.fspath(weights), mac=sys.platform == "darwin")
            took, peak = _run(["-c", code]).split()
            text = f"{float(took):.1f} s, {int(peak) / 2**20:.0f} MB in all"
            rows.append(("painting 1,000 digits", text))
            if sys.platform == "linux":
                *_, used = _run(["-c", STEP.format(steps=4, after=MEMORY)]).split()
                rows.append(("training, all processes", f"{int(used) / 2**20:.0f} MB"))
    return "\n".join(["whole programs, the paper's size", *(f"{a:32}{b}" for a, b in rows)])


def memory():
    """Bytes that this process and its children hold, shared ones counted once; Linux only."""
    me = os.getpid()
    with open(f"/proc/{me}/task/{me}/children") as children:
        family = [me, *map(int, children.read().split())]
    total = 0
    for process in family:
        with open(f"/proc/{process}/smaps_rollup") as rollup:
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return 1024 * total


def _save_paper_size(path):
    from dataclasses import asdict

    from minidraw.bench.contenders import case
    from minidraw.training import checkpoint

    _, config, params, *_ = case("paper")
    meta = {"model": "draw", "config": asdict(config), "averaged": False, "fresh": True}
    checkpoint.save(path, meta, {"weights": params})


def _run(words, environment=()):
    environment = os.environ | dict(environment)
    done = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _seconds(values):
    middle = statistics.median(values)
    return f"{middle:.2f} s  ({min(values):.2f} to {max(values):.2f})"
