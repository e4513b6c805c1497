"""Timing of one training step of every contender.

Each contender has its own process, so its thread pool, BLAS limit and compiler settings don't
affect the others.
"""

import multiprocessing
import os
import statistics
import time
from contextlib import ExitStack, suppress

from minidraw.bench.contenders import BATCH, CONTENDERS, CORES
from minidraw.errors import UserError
from minidraw.progress import make_bar

STEPS_PER_TURN = WARM_UP_STEPS = 3
PAUSE_SECONDS = 0.3  # between turns: threads of OpenMP may stay busy for 0.2 s


def measure(size, rounds, only=None):
    """Return a table of times; `only` names the contenders, keys of `contenders.CONTENDERS`."""
    contenders, refusals = {}, {}
    with ExitStack() as stack:
        for name in make_bar(only or CONTENDERS, f"{size}: preparing", leave=False):
            try:
                contenders[name] = Contender(name, size)
            except UserError as error:
                refusals[name] = error
                continue
            stack.callback(contenders[name].close)
        seconds = time_in_turn(contenders, rounds, size)
    return _format_table(size, seconds, contenders, refusals)


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
    for _ in make_bar(range(rounds), f"{title}: rounds", leave=False):
        for name, step in contenders.items():
            time.sleep(PAUSE_SECONDS)
            began = time.perf_counter()
            own = step()
            elapsed = time.perf_counter() - began
            seconds[name].append(own if isinstance(own, float) else elapsed)
    return seconds


class Contender:
    """A training step in its own process; calling it returns the seconds it took.

    Raises
    ------
    UserError
        If it can't run here.
    """

    def __init__(self, name, size):
        build, threads = CONTENDERS[name]
        context = multiprocessing.get_context("spawn")
        os.environ["OMP_NUM_THREADS"] = str(threads)  # read when the child starts
        self._pipe, child_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(child_end, build, size, threads))
        self._process.start()
        child_end.close()
        self.note, error = self._receive()  # arrive after the warm-up
        if error:
            self._process.join()
            raise UserError(error)

    def __call__(self):
        self._send(True)
        return self._receive()

    def _send(self, go_on):
        with suppress(OSError):  # its process has ended, as `_receive` tells
            self._pipe.send(go_on)

    def _receive(self):
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            raise UserError(f"its process ended with exit code {self._process.exitcode}") from None

    def close(self):
        self._send(False)
        self._process.join()


def _serve(pipe, build, size, threads):
    try:
        step, note = build(size, threads)
    except (ImportError, UserError) as error:
        pipe.send((None, str(error)))
        return
    for _ in range(WARM_UP_STEPS):
        step()
    pipe.send((note, None))
    while pipe.recv():
        step()  # not timed, because in training no step follows a pause
        began = time.perf_counter()
        for _ in range(STEPS_PER_TURN):
            step()
        pipe.send((time.perf_counter() - began) / STEPS_PER_TURN)


def _format_table(size, seconds, contenders, refusals):
    middles = {name: statistics.median(values) for name, values in seconds.items()}
    first = next(iter(middles.values()), None)
    lines = [
        f"a training step, {size}: batch {BATCH}, {CORES} cores",
        f"{'':16}{'ms':>8}{'lowest':>8}{'highest':>8}{'images/s':>10}{'multiple':>9}",
    ]
    for name, values in seconds.items():
        middle = middles[name]
        times = "".join(f"{1e3 * value:8.1f}" for value in (middle, min(values), max(values)))
        rest = f"{BATCH / middle:10.0f}{middle / first:9.2f}  {contenders[name].note}"
        lines.append(f"{name:16}{times}{rest}".rstrip())
    lines += [f"{name:16}not measured: {error}" for name, error in refusals.items()]
    return "\n".join(lines)
