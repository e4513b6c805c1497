"""A run's folder: settings, log, checkpoint and pictures, safe against interruption."""

import csv
import json
import math
import os
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

from minidraw.atomic_write import check_replaceable, remove_leftovers, write_atomically
from minidraw.errors import UserError
from minidraw.pictures import curves, saving
from minidraw.regular_files import read_regular
from minidraw.training import checkpoint
from minidraw.training.flat_weights import fill
from minidraw.training.optimizer import Adam


class Run:
    """The folder of a training run.

    Parameters
    ----------
    folder : path
    meta : dict
        Contents of `config.json`: model, config, recipe, data, steps and protocol.
    """

    def __init__(self, folder, meta):
        self.folder, self.meta = Path(folder), meta
        self._rows = []  # not yet in log.csv
        self.pictures = []  # paths of those that `draw_pictures` made

    @classmethod
    def create(cls, folder, meta, trainer):
        """Create a run in a folder without one, and save its initial weights."""
        run = cls(folder, meta)
        if any((run.folder / name).exists() for name in ("config.json", "log.csv")):
            raise UserError(f"{folder} already holds a run: resume it with --resume {folder}")
        try:
            run.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"can't create the run folder {folder}: {error.strerror}") from error
        run.save(trainer)
        with write_atomically(run.folder / "config.json") as file:  # last: now the folder is a run
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

    @contextmanager
    def lock(self):
        """Lock the folder against other processes; the lock ends if this process is killed."""
        if fcntl is None:
            yield
            return
        try:
            file = open(self.folder / "config.json", "rb")
        except OSError as error:
            raise UserError(f"can't read {self.folder}: {error.strerror}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UserError(f"{self.folder}: another process is training it") from None
            yield

    @property
    def checkpoint(self):
        return self.folder / "checkpoint.npz"

    def add_row(self, row):
        """Keep a row of the log until the next `save`."""
        self._rows.append(row)

    def save(self, trainer):
        """Write the log, then the checkpoint; `restore` drops rows later than the checkpoint."""
        self._append_rows()
        adam = trainer.adam
        meta = self.meta | {"step": adam.step, "averaged": trainer.averaged}
        groups = {slot: getattr(adam, slot).views for slot in Adam.SLOTS}
        checkpoint.save(self.checkpoint, meta, groups)

    def _append_rows(self):
        path = self.folder / "log.csv"
        if not self._rows:
            return
        try:
            check_replaceable(path)
            with open(path, "a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, self._rows[0])
                if file.tell() == 0:
                    writer.writeheader()
                writer.writerows(self._rows)
                file.flush()
                os.fsync(file.fileno())  # the log must not fall behind the checkpoint
        except OSError as error:
            raise UserError(f"can't write {path}: {error.strerror}") from error
        self._rows.clear()

    def restore(self, trainer):
        """Load the checkpoint into a new trainer, and drop later rows of the log."""
        with self.lock():
            remove_leftovers(self.folder)
            shapes = {name: view.shape for name, view in trainer.adam.weights.views.items()}
            groups = checkpoint.load(self.checkpoint, shapes, Adam.SLOTS)
            meta = checkpoint.load_meta(self.checkpoint)
            step = meta.get("step")
            if type(step) is not int or not 0 <= step <= trainer.steps:
                raise UserError(
                    f"{self.checkpoint}: step is {step!r}; expected 0 to {trainer.steps}"
                )
            for slot in Adam.SLOTS:
                fill(getattr(trainer.adam, slot), groups[slot])
            trainer.adam.step, trainer.averaged = step, bool(meta.get("averaged"))
            self._trim_log(step)
            self.read_log()  # refuses an invalid log

    def _trim_log(self, step):
        path = self.folder / "log.csv"
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        with write_atomically(path) as file:
            file.writelines(lines[: step + 1])  # the header, and a row per step

    def read_log(self):
        """Return the log as columns of floats, with nan for missing entries."""
        path = self.folder / "log.csv"
        try:
            with open(path, newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            columns = rows[0] if rows else []
            return {key: [float(row[key] or math.nan) for row in rows] for key in columns}
        except (OSError, TypeError, ValueError, csv.Error) as error:
            raise UserError(f"{path}: invalid run log ({error})") from error

    def draw_pictures(self, trainer):
        """Save the curves and the model's pictures."""
        curves.save_curves(
            self.folder / "curves.png", self.read_log(), trainer.model.Measured.PANELS
        )
        self.pictures = [
            saving.save_picture(self.folder / name, picture)
            for name, picture in trainer.pictures().items()
        ]
