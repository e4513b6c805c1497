"""Train to the end, or until Ctrl-C, and lose nothing."""

import signal
import statistics
import threading
import time
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace

from tqdm import tqdm

from minidraw.training.trainer import Trainer

SAVE_EVERY = 60  # seconds between checkpoints
OVERHEAD = 1.1  # validation, pictures and checkpoints, as a factor on the steps' time


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, after the step under way was finished and saved."""


def steps_for(model, config, recipe, data, options):
    """Length of a run in steps, from its budget in minutes or epochs.

    Minutes become steps by timing this machine once; the number is kept with the run, so
    that its schedule doesn't depend on the machine's moods.
    """
    if not recipe.minutes:
        return max(1, round(recipe.epochs * (len(data.train) // recipe.batch)))
    seconds = seconds_per_step(model, config, recipe, data, options)
    return max(1, int(recipe.minutes * 60 / (seconds * OVERHEAD)))


def seconds_per_step(model, config, recipe, data, options):
    """Time of a step on this machine, the mean over a run whose films may grow."""
    plain, seconds = replace(recipe, grow=""), 0.0
    for T, share in recipe.shares(config.glimpses):
        sized = replace(config, glimpses=T)
        seconds += share * _median_seconds(model, sized, plain, data, options)
    return seconds


def _median_seconds(model, config, recipe, data, options):
    """Median time of a step, once compiling and the first, slower ones are over."""
    with closing(Trainer(model, config, recipe, data, 1, **options)) as trial:
        trial.step()
        seconds, until = [], time.monotonic() + 5
        while len(seconds) < 4 or (len(seconds) < 40 and time.monotonic() < until):
            seconds.append(trial.step()["seconds"])
    return statistics.median(seconds[len(seconds) // 2 :])


def fit(trainer, run=None, *, quiet=False):
    """Train from where `trainer` stands to its last step.

    Parameters
    ----------
    trainer : Trainer
    run : Run, optional
        Folder that keeps log, checkpoint and pictures.
    quiet : bool
        No progress bar; where stderr is no terminal there is none either.

    Returns
    -------
    Bound or ErrorRate
        What the model measures, on the whole validation set.

    Raises
    ------
    Interrupted
        On Ctrl-C, with everything saved.
    Diverged
        If a loss or gradient isn't finite; the last good checkpoint stays.
    """
    steps, measured = trainer.steps, trainer.model.Measured
    every = trainer.recipe.validate or max(1, steps // 20)
    result, saved = None, time.monotonic()
    with (
        nullcontext() if run is None else run.locked(),
        closing(trainer),
        _ctrl_c() as pressed,
        tqdm(total=steps, initial=trainer.step_count, disable=quiet or None, unit="step") as bar,
    ):
        while trainer.step_count < steps and not pressed:
            row = trainer.step()
            bar.set_postfix_str(measured.progress(row), refresh=False)
            bar.update()
            done = trainer.step_count
            checked = done % every == 0 or done == steps
            if checked:
                result = trainer.validate(None if done == steps else trainer.recipe.valid_images)
            if run is not None:
                run.add(row | _valid_columns(measured.COLUMNS, result if checked else None))
                if checked or time.monotonic() - saved > SAVE_EVERY:
                    run.save(trainer)
                    saved = time.monotonic()
                if checked:
                    run.draw(trainer)
        if trainer.step_count < steps:
            if run is not None:
                run.save(trainer)
            raise Interrupted
    if result is None:  # there was no step left, but perhaps the last pictures
        result = trainer.validate()
        if run is not None:
            run.draw(trainer)
    return result


def _valid_columns(names, result):
    return {f"valid_{n}": "" if result is None else getattr(result, n) for n in names}


@contextmanager
def _ctrl_c():
    """A list that fills on Ctrl-C, so that the step under way can end; the second press raises."""
    pressed = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def handler(signum, frame):
        if pressed:
            raise KeyboardInterrupt
        pressed.append(signum)

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
