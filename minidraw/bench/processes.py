"""Time and peak memory of whole programs."""

import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tqdm import tqdm

from minidraw.bench.steps import time_in_turn

IMPORT_PROGRAM = "import minidraw"
TRAINING_PROGRAM = """
import time
from minidraw import kernels
from minidraw.bench.contenders import make_trainer
from minidraw.training.workers import Workers
with Workers() as workers:
    trainer = make_trainer("paper", workers, kernels)
    began = time.perf_counter()
    for _ in range({steps}):
        trainer.step()
    print(time.perf_counter() - began)
    {after}
"""
PRINT_MEMORY = "from minidraw.bench.processes import measure_memory; print(measure_memory())"
SAMPLING_PROGRAM = """
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
    """Run whole programs with a network of the paper's size; return their times and memory."""
    with tempfile.TemporaryDirectory() as folder:
        weights, picture = Path(folder, "paper.npz"), Path(folder, "samples.png")
        _save_paper_size(weights)
        sample = ["-m", "minidraw", "sample", str(weights), "--out", str(picture)]
        programs = {
            "python, doing nothing": ["-c", "pass"],
            "import minidraw": ["-c", IMPORT_PROGRAM],
            "minidraw sample, 100 digits": sample,
        }
        _run(sample)  # compiles the kernels
        runs = {name: partial(_run, arguments) for name, arguments in programs.items()}
        seconds = time_in_turn(runs, rounds, "programs")
        rows = [(name, _format_seconds(values)) for name, values in seconds.items()]
        others = {
            "first training step, compiling": partial(_time_first_step, folder),
            "painting 1,000 digits": partial(_measure_sampling, weights),
        }
        if sys.platform == "linux":
            others["training, all processes"] = _measure_training_memory
        for name in tqdm(others, "other programs", leave=False):
            rows.append((name, others[name]()))
    return "\n".join(["whole programs, the paper's size", *(f"{a:32}{b}" for a, b in rows)])


def _time_first_step(folder):
    empty_cache = {"NUMBA_CACHE_DIR": os.path.join(folder, "cache")}
    program = TRAINING_PROGRAM.format(steps=1, after="")
    return f"{float(_run(['-c', program], empty_cache).split()[0]):.1f} s"


def _measure_sampling(weights):
    mac = sys.platform == "darwin"  # counts in bytes, Linux in kB
    program = SAMPLING_PROGRAM.format(path=os.fspath(weights), mac=mac)
    seconds, peak = _run(["-c", program]).split()
    return f"{float(seconds):.1f} s, {int(peak) / 2**20:.0f} MB in all"


def _measure_training_memory():
    *_, used = _run(["-c", TRAINING_PROGRAM.format(steps=4, after=PRINT_MEMORY)]).split()
    return f"{int(used) / 2**20:.0f} MB"


def measure_memory():
    """Return the bytes held by this process and its children, counting shared ones once (Linux)."""
    parent = os.getpid()
    with open(f"/proc/{parent}/task/{parent}/children") as children:
        family = [parent, *map(int, children.read().split())]
    total = 0
    for process in family:
        with open(f"/proc/{process}/smaps_rollup") as rollup:
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return 1024 * total


def _save_paper_size(path):
    from dataclasses import asdict

    from minidraw.bench.contenders import make_case
    from minidraw.training import checkpoint

    _, config, params, *_ = make_case("paper")
    meta = {"model": "draw", "config": asdict(config), "averaged": False, "fresh": True}
    checkpoint.save(path, meta, {"weights": params})


def _run(arguments, environment=()):
    environment = os.environ | dict(environment)
    finished = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return finished.stdout


def _format_seconds(values):
    middle = statistics.median(values)
    return f"{middle:.2f} s  ({min(values):.2f} to {max(values):.2f})"
