"""The training loop: `fit` trains to the last step or until Ctrl-C, and saves everything."""

import signal
import statistics
import threading
import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace

from minidraw.kernels.disk_cache import is_compiling
from minidraw.models.interface import set_glimpses
from minidraw.progress import make_bar, print_line, show_work
from minidraw.training.pace import CHECKPOINT_SECONDS, Pace
from minidraw.training.recipe import LARGEST_VALUE
from minidraw.training.run_lock import lock_run
from minidraw.training.trainer import Trainer

STOP_SIGNALS = signal.SIGINT, signal.SIGTERM
COMPILING = "compiling the kernels, up to a minute, once; later runs load them from a cache"


class Interrupted(KeyboardInterrupt):
    """Raised on Ctrl-C, once the current step is finished and saved."""


def fit(trainer, run=None, *, quiet=False):
    """Train from the trainer's current step to its last.

    Parameters
    ----------
    trainer : Trainer
    run : Run, optional
        Folder that keeps log, checkpoint and pictures.
    quiet : bool
        Whether to hide progress: a bar on a terminal, a line per validation in a file or a pipe,
        both in a notebook.

    Returns
    -------
    Bound or ErrorRate
        The model's measurement on the whole validation set.

    Raises
    ------
    Interrupted
        On Ctrl-C or SIGTERM, once everything is saved.
    Diverged
        If a loss or gradient isn't finite; the last good checkpoint is kept.
    """
    ranks, measured, pace = trainer.workers.ranks, trainer.model.Measured, Pace(trainer)
    row = result = None
    saved = began = time.monotonic()
    with (
        nullcontext() if run is None else lock_run(run.folder),
        _catch_ctrl_c() as pressed,
        make_bar(initial=trainer.step_count, hidden=quiet, unit="step") as bar,
    ):
        while trainer.step_count < trainer.steps and not any(ranks.gather(bool(pressed))):
            row = trainer.step() if row else _first_step(trainer, hidden=quiet)
            planned = pace.plan()
            done, last = trainer.step_count, trainer.step_count >= trainer.steps
            bar.total = None if trainer.steps == LARGEST_VALUE else trainer.steps
            bar.set_postfix_str(measured.progress(row), refresh=False)
            bar.update()
            checked = pace.must_validate()
            late = planned or time.monotonic() - saved > CHECKPOINT_SECONDS
            with pace.pause(validation=checked):
                if checked:
                    result = trainer.validate(None if last else trainer.recipe.valid_images)
                    if not quiet:
                        time_taken = bar.format_interval(time.monotonic() - began)
                        of = "" if bar.total is None else f" of {bar.total:,}"
                        print_line(f"{time_taken} step {done:,}{of}: {measured.NAME} {result}")
                if run is not None:
                    validated = result if checked else None
                    run.log.add(row | _validation_columns(measured.COLUMNS, validated))
                    if checked or late:
                        run.save(trainer)
                        saved = time.monotonic()
                    if checked:
                        run.draw_pictures(trainer)
        if trainer.step_count < trainer.steps:
            if run is not None:
                run.save(trainer)
            raise Interrupted
    if result is None:  # no step was left, but the last pictures may be missing
        result = trainer.validate()
        if run is not None:
            run.draw_pictures(trainer)
    return result


def _first_step(trainer, *, hidden=False):
    """Make a step; if it compiles the kernels, say so and show that it goes on."""
    with show_work(COMPILING, when=is_compiling, hidden=hidden):
        return trainer.step()


def _validation_columns(names, result):
    return {f"valid_{n}": "" if result is None else getattr(result, n) for n in names}


@contextmanager
def _catch_ctrl_c():
    """Yield a list that grows on Ctrl-C, so that the step can end; a second Ctrl-C raises.

    SIGTERM, with which batch systems and some MPI launchers stop a process, does the same.
    """
    pressed = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def handler(signum, frame):
        if pressed:
            raise KeyboardInterrupt
        pressed.append(signum)

    before = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield pressed
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def count_steps(recipe, data):
    """Return the length of a run of epochs in steps; None for one of minutes, as `Trainer` does."""
    if recipe.minutes:
        return None
    return max(1, round(recipe.epochs * (len(data.train) // recipe.batch)))


def measure_step_seconds(model, config, recipe, data, options):
    """Return a step's mean time on this machine, over a run in which T may grow."""
    constant = replace(recipe, grow="")
    seconds = 0.0
    for T, share in recipe.shares(config.glimpses):
        sized = set_glimpses(config, T)
        seconds += share * _median_seconds(model, sized, constant, data, options)
    return seconds


def _median_seconds(model, config, recipe, data, options):
    """Return a step's median time, without the first steps, which also compile.

    The first rank's clock decides for all.
    """
    ranks = options["workers"].ranks
    trial = Trainer(model, config, recipe, data, 1, **options)
    _first_step(trial)
    seconds = []
    until = time.monotonic() + 5
    while len(seconds) < 4 or (len(seconds) < 40 and ranks.broadcast(time.monotonic() < until)):
        seconds.append(trial.step()["seconds"])
    return ranks.broadcast(statistics.median(seconds[len(seconds) // 2 :]))
