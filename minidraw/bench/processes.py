"""Time and peak memory of whole programs."""

import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from minidraw.bench.steps import time_in_turn
from minidraw.errors import UserError
from minidraw.progress import make_bar

IMPORT_PROGRAM = "import minidraw"
TRAINING_PROGRAM = """
import resource, time
from minidraw import kernels
from minidraw.bench.contenders import make_trainer
from minidraw.training.workers import Workers
with Workers() as workers:
    trainer = make_trainer("paper", workers, kernels)
    began = time.perf_counter()
    for _ in range({steps}):
        trainer.step()
    print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
SAMPLING_PROGRAM = """
import resource, time
import minidraw
network = minidraw.Draw.load({path!r})
network.sample(1)
began = time.perf_counter()
network.sample(1000)
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
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
            "training": _measure_training_memory,
        }
        for name in make_bar(others, "other programs", leave=False):
            rows.append((name, others[name]()))
    return "\n".join(["whole programs, the paper's size", *(f"{a:32}{b}" for a, b in rows)])


def _time_first_step(folder):
    empty_cache = {"NUMBA_CACHE_DIR": os.path.join(folder, "cache")}
    program = TRAINING_PROGRAM.format(steps=1)
    return f"{float(_run(['-c', program], empty_cache).split()[0]):.1f} s"


def _measure_sampling(weights):
    seconds, peak = _run(["-c", SAMPLING_PROGRAM.format(path=os.fspath(weights))]).split()
    return f"{float(seconds):.1f} s, {_format_memory(peak)} in all"


def _measure_training_memory():
    _, peak = _run(["-c", TRAINING_PROGRAM.format(steps=4)]).split()
    return _format_memory(peak)


def _format_memory(peak):
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts in bytes, Linux in kB
    return f"{int(peak) * unit / 2**20:.0f} MB"


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
        [sys.executable, *arguments], env=environment, capture_output=True, text=True
    )
    if finished.returncode:
        last = finished.stderr.strip().splitlines()[-1:] or [f"status {finished.returncode}"]
        raise UserError(f"a program to be timed failed: {last[0]}")
    return finished.stdout


def _format_seconds(values):
    middle = statistics.median(values)
    return f"{middle:.2f} s  ({min(values):.2f} to {max(values):.2f})"
