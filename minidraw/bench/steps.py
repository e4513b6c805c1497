"""Timing of one training step of every contender.

Each contender has its own process, so its thread pool, BLAS limit and compiler settings don't
affect the others.
"""

import importlib.util
import multiprocessing
import os
import statistics
import time
from contextlib import ExitStack

from tqdm import tqdm

from minidraw.bench.contenders import BATCH, CONTENDERS, CORES, PEERS_FOLDER, SIZES_NOT_IN_JAX

STEPS_PER_TURN = WARM_UP_STEPS = 3
PAUSE_SECONDS = 0.3  # between turns: threads of OpenMP may stay busy for 0.2 s


def measure(size, rounds, only=None):
    """Return a table of times; `only` names the contenders, keys of `contenders.CONTENDERS`."""
    missing, contenders = [], {}
    with ExitStack() as stack:
        for name in tqdm(only or CONTENDERS, f"{size}: preparing", leave=False):
            build, threads, needs = CONTENDERS[name]
            if needs == "jax" and size in SIZES_NOT_IN_JAX:
                continue
            if needs and not (PEERS_FOLDER.is_dir() and importlib.util.find_spec(needs)):
                missing.append(name)
                continue
            contenders[name] = Contender(build, size, threads)
            stack.callback(contenders[name].close)
        seconds = time_in_turn(contenders, rounds, size)
    return _format_table(size, seconds, contenders, missing)


def time_in_turn(contenders, rounds, title=""):
    """Time callables in turn, so that a slow moment of the machine affects them all.

    Parameters
    ----------
    contenders : dict
        Name to callable, warmed up.  One that returns a float has timed itself, in seconds.
    rounds : int
    title : str
        For the progress bar.

    Returns
    -------
    seconds : dict
        Name to list, one entry per round.
    """
    seconds = {name: [] for name in contenders}
    for _ in tqdm(range(rounds), f"{title}: rounds", leave=False):
        for name, step in contenders.items():
            time.sleep(PAUSE_SECONDS)
            began = time.perf_counter()
            own = step()
            elapsed = time.perf_counter() - began
            seconds[name].append(own if isinstance(own, float) else elapsed)
    return seconds


class Contender:
    """A training step in its own process; calling it returns the seconds it took."""

    def __init__(self, build, size, threads):
        context = multiprocessing.get_context("spawn")
        os.environ["OMP_NUM_THREADS"] = str(threads)  # read when the child starts
        self._pipe, child_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(child_end, build, size, threads))
        self._process.start()
        child_end.close()
        self.note = self._pipe.recv()  # arrives after the warm-up

    def __call__(self):
        self._pipe.send(True)
        return self._pipe.recv()

    def close(self):
        self._pipe.send(False)
        self._process.join()


def _serve(pipe, build, size, threads):
    step, note = build(size, threads)
    for _ in range(WARM_UP_STEPS):
        step()
    pipe.send(note)
    while pipe.recv():
        step()  # not timed, because in training no step follows a pause
        began = time.perf_counter()
        for _ in range(STEPS_PER_TURN):
            step()
        pipe.send((time.perf_counter() - began) / STEPS_PER_TURN)


def _format_table(size, seconds, contenders, missing):
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
        lines.append(f"not installed, or not run from the sources: {', '.join(missing)}")
    return "\n".join(lines)
