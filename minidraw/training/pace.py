"""`Pace`: when a run validates and saves, and how many steps its minutes allow.

A run of epochs has a fixed number of steps.  A run of minutes plans its number of steps anew at
short intervals, from its clock, so that it ends in time however busy the machine is.  The learning
rate and the number of glimpses depend only on a step's number and the plan.  Every checkpoint holds
the plan and the time trained: after a kill, the same steps are made again, to the bit, up to the
next plan.  The log holds the plan of every step.
"""

import time
from contextlib import contextmanager

CHECKPOINT_SECONDS = 60  # between checkpoints
PLANS = 40  # over a run of minutes, at least
VALIDATIONS = 20  # over a run
MAX_PAUSE = 0.1  # share of the time for validations and pictures
OVERHEAD = 1.1  # factor on the steps' time for them


class Pace:
    """The clock of a run.

    Parameters
    ----------
    trainer : Trainer
        Its `steps` and `elapsed` are updated.
    """

    def __init__(self, trainer):
        self.trainer = trainer
        self.budget = 60 * trainer.recipe.minutes  # seconds
        self._began = None  # when the time trained was 0
        self._paused = 0.0  # seconds since the last plan
        self._validation_seconds = 0.0

    def plan(self):
        """Note the time after a step, and plan the number of steps if it is time to.

        Returns
        -------
        bool
            Whether there is a new plan, which must be saved.
        """
        trainer = self.trainer
        if not trainer.timed:
            return False
        now = self._now()
        if self._began is None:  # the first step may have compiled the kernels: not counted
            self._began, self._validated = now - trainer.elapsed, trainer.elapsed
            self._planned = now, trainer.step_count
            return False
        trainer.elapsed = now - self._began
        then, step = self._planned
        seconds = now - then - self._paused
        if seconds < min(CHECKPOINT_SECONDS, self.budget / PLANS):
            return False
        left = (self.budget - trainer.elapsed - self._final_seconds()) / OVERHEAD
        trainer.steps = trainer.extend(left / seconds * (trainer.step_count - step))
        self._planned, self._paused = (now, trainer.step_count), 0.0
        return True

    def must_validate(self):
        """Return whether to validate after this step."""
        trainer, every = self.trainer, self.trainer.recipe.validate
        if trainer.step_count >= trainer.steps:
            return True
        if every or not trainer.timed:
            return trainer.step_count % (every or max(1, trainer.steps // VALIDATIONS)) == 0
        if self._began is None:
            return False
        pause = max(self.budget / VALIDATIONS, self._validation_seconds / MAX_PAUSE)
        return trainer.elapsed - self._validated >= pause

    @contextmanager
    def pause(self, *, validation):
        """Time a validation or a checkpoint, which is no training step."""
        began = self._now()
        yield
        seconds = self._now() - began
        self._paused += seconds
        if validation:
            self._validation_seconds, self._validated = seconds, self.trainer.elapsed + seconds

    def _final_seconds(self):
        """Estimate the time of the last validation, on all images, from an earlier one."""
        images = len(self.trainer.data.valid)
        return self._validation_seconds * max(1, images / self.trainer.recipe.valid_images)

    def _now(self):
        """Return the first rank's time, so that all ranks decide alike."""
        return self.trainer.workers.ranks.broadcast(time.monotonic())
