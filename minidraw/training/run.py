"""A run's folder: settings, log, checkpoint and pictures, safe against interruption."""

import json
import math
from pathlib import Path

from minidraw.atomic_write import remove_leftovers, write_atomically
from minidraw.errors import UserError, quote
from minidraw.pictures import curves, saving
from minidraw.regular_files import read_regular
from minidraw.training import checkpoint
from minidraw.training.flat_weights import fill
from minidraw.training.log import Log
from minidraw.training.optimizer import Adam
from minidraw.training.recipe import LARGEST_VALUE
from minidraw.training.run_lock import lock_run


class Run:
    """The folder of a training run.

    Parameters
    ----------
    folder : path
    meta : dict
        Contents of `config.json`: model, config, recipe, data, steps and protocol.

    Notes
    -----
    Hold `lock_run` from before a run is created or opened until it isn't used any more.
    """

    def __init__(self, folder, meta):
        self.folder, self.meta = Path(folder), meta
        self.log = Log(self.folder / "log.csv")
        self.pictures = []  # paths of those that `draw_pictures` made

    @staticmethod
    def check_free(folder):
        """Raise a UserError if the folder holds a run already."""
        if any((Path(folder) / name).exists() for name in ("config.json", "log.csv")):
            raise UserError(f"{folder} already holds a run: resume it with --resume {folder}")

    @classmethod
    def create(cls, folder, meta, trainer):
        """Create a run in a folder without one, and save its initial weights."""
        run = cls(folder, meta)
        with lock_run(folder, create=True):
            cls.check_free(folder)
            remove_leftovers(folder)  # of a process that was killed before this was a run
            run.save(trainer)
            with write_atomically(run.folder / "config.json") as file:  # last: now it is a run
                file.write(json.dumps(meta, indent=2).encode() + b"\n")
        return run

    @classmethod
    def open(cls, folder):
        """Open an existing run."""
        path = Path(folder) / "config.json"
        try:
            text = read_regular(path, checkpoint.MAX_META_BYTES)
        except OSError as error:
            reason = f"{path.name}: {error.strerror}"
            raise UserError(f"{folder} isn't a run folder: {reason}") from error
        try:
            return cls(folder, dict(json.loads(text)))
        except (TypeError, ValueError, RecursionError) as error:
            raise UserError(f"{path}: invalid run settings ({error})") from error

    @property
    def checkpoint(self):
        return self.folder / "checkpoint.npz"

    def save(self, trainer):
        """Write the log, then the checkpoint; `restore` drops rows later than the checkpoint."""
        self.log.flush()
        adam = trainer.adam
        meta = self.meta | {"step": adam.step, "averaged": trainer.averaged}
        if trainer.timed:
            meta |= {"steps": trainer.steps, "elapsed": trainer.elapsed}
        groups = {slot: getattr(adam, slot).views for slot in Adam.SLOTS}
        checkpoint.save(self.checkpoint, meta, groups)

    def restore(self, trainer):
        """Load the checkpoint into a new trainer, and drop later rows of the log."""
        with lock_run(self.folder):
            remove_leftovers(self.folder)
            shapes = {name: view.shape for name, view in trainer.adam.weights.views.items()}
            groups = checkpoint.load(self.checkpoint, shapes, Adam.SLOTS)
            meta = checkpoint.load_meta(self.checkpoint)
            step = meta.get("step")
            if trainer.timed:
                trainer.steps, trainer.elapsed = self._read_plan(meta)
            if type(step) is not int or not 0 <= step <= trainer.steps:
                raise UserError(
                    f"{self.checkpoint}: step is {quote(step)}; expected 0 to {trainer.steps}"
                )
            self.log.trim(step, trainer.log_columns)
            for slot in Adam.SLOTS:
                fill(getattr(trainer.adam, slot), groups[slot])
            trainer.adam.step, trainer.averaged = step, bool(meta.get("averaged"))

    def _read_plan(self, meta):
        """Return the number of steps planned, and the seconds trained, of a run of minutes."""
        steps, elapsed = meta.get("steps"), meta.get("elapsed")
        if type(steps) is not int or not 0 <= steps <= LARGEST_VALUE:
            raise UserError(f"{self.checkpoint}: steps is {quote(steps)}; expected a number")
        if type(elapsed) is not float or not 0 <= elapsed < math.inf:
            raise UserError(f"{self.checkpoint}: elapsed is {quote(elapsed)}; expected seconds")
        return steps, elapsed

    def draw_pictures(self, trainer):
        """Save the curves and the model's pictures."""
        curves.save_curves(
            self.folder / "curves.png", self.log.read(), trainer.model.Measured.PANELS
        )
        self.pictures = [
            saving.save_picture(self.folder / name, picture)
            for name, picture in trainer.pictures().items()
        ]
