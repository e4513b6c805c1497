"""Time one training step of every contender, in turn, in one run.

Each lives in a process of its own, which waits while it isn't its turn: thread pools, limits on
BLAS and compilers' settings can't reach another.
"""

import importlib.util
import multiprocessing
import os
import statistics
import time
from contextlib import ExitStack

from tqdm import tqdm

from minidraw.bench.contenders import BATCH, CONTENDERS, CORES, NOT_IN_JAX, PEERS

STEPS = 3  # in a row, whenever it is a contender's turn
PAUSE = 0.3  # seconds between turns: an OpenMP pool may spin on for 0.2 s


def measure(size, rounds, only=None):
    """A table of the time of a step.

    Parameters
    ----------
    size : str
        Of `contenders.SIZES`.
    rounds : int
        Turns of every contender.
    only : list of str, optional
        Names in `contenders.CONTENDERS`; all that are installed if not given.

    Returns
    -------
    str
    """
    missing, contenders = [], {}
    with ExitStack() as stack:
        for name in tqdm(only or CONTENDERS, f"{size}: get ready", leave=False):
            build, threads, needs = CONTENDERS[name]
            if needs == "jax" and size in NOT_IN_JAX:
                continue
            if needs and not (PEERS.is_dir() and importlib.util.find_spec(needs)):
                missing.append(name)
                continue
            contenders[name] = Contender(build, size, threads)
            stack.callback(contenders[name].close)
        seconds = interleaved(contenders, rounds, size)
    return _table(size, seconds, contenders, missing)


def interleaved(contenders, rounds, title=""):
    """Time several things in turn, so that what slows the machine slows them all.

    Parameters
    ----------
    contenders : dict
        Name to callable, warmed up; one that returns a number measured its own seconds.
    rounds : int
    title : str
        Of the progress bar.

    Returns
    -------
    seconds : dict
        Name to list, one entry per round.
    """
    seconds = {name: [] for name in contenders}
    for _ in tqdm(range(rounds), f"{title}: rounds", leave=False):
        for name, step in contenders.items():
            time.sleep(PAUSE)
            began = time.perf_counter()
            own = step()
            elapsed = time.perf_counter() - began
            seconds[name].append(own if isinstance(own, float) else elapsed)
    return seconds


class Contender:
    """A step in a process of its own; calling it makes a few and returns the seconds of one."""

    def __init__(self, build, size, threads):
        context = multiprocessing.get_context("spawn")
        os.environ["OMP_NUM_THREADS"] = str(threads)  # read when the child starts
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_serve, args=(end, build, size, threads))
        self._process.start()
        end.close()
        self.note = self._pipe.recv()  # ready

    def __call__(self):
        self._pipe.send(True)
        return self._pipe.recv()

    def close(self):
        self._pipe.send(False)
        self._process.join()


def _serve(pipe, build, size, threads):
    """Build a step in the child, then make some whenever asked."""
    step, note = build(size, threads)
    for _ in range(3):
        step()
    pipe.send(note)
    while pipe.recv():
        step()  # not counted: training makes one step after another, not one after a pause
        began = time.perf_counter()
        for _ in range(STEPS):
            step()
        pipe.send((time.perf_counter() - began) / STEPS)


def _table(size, seconds, contenders, missing):
    first = statistics.median(next(iter(seconds.values())))
    lines = [
        f"a training step, {size}: batch {BATCH}, {CORES} cores",
        f"{'':16}{'ms':>8}{'lowest':>8}{'highest':>8}{'images/s':>10}{'multiple':>9}",
    ]
    for name, values in seconds.items():
        middle = statistics.median(values)
        times = "".join(f"{1e3 * value:8.1f}" for value in (middle, min(values), max(values)))
        rest = f"{BATCH / middle:10.0f}{middle / first:9.2f}  {contenders[name].note}"
        lines.append(f"{name:16}{times}{rest}".rstrip())
    if missing:
        lines.append(f"not installed, or no copy of the sources: {', '.join(missing)}")
    return "\n".join(lines)
