"""`Log`: a run's `log.csv`, one row per step."""

import csv
import os
from array import array
from io import TextIOWrapper
from itertools import islice

from minidraw.atomic_write import check_replaceable, write_atomically
from minidraw.errors import UserError
from minidraw.regular_files import open_regular


class Log:
    """The log of a run: rows 1 to the last step, in order, under a header.

    Parameters
    ----------
    path : path
    """

    def __init__(self, path):
        self.path = path
        self._rows = []  # not yet in the file

    def add(self, row):
        """Keep a row, a dict, until the next `flush`."""
        self._rows.append(row)

    def flush(self):
        """Append the rows kept to the file."""
        if not self._rows:
            return
        try:
            check_replaceable(self.path)
            with open(self.path, "a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, self._rows[0])
                if file.tell() == 0:
                    writer.writeheader()
                writer.writerows(self._rows)
                file.flush()
                os.fsync(file.fileno())  # the log must not fall behind the checkpoint
        except OSError as error:
            raise UserError(f"can't write {self.path}: {error.strerror}") from error
        self._rows.clear()

    def trim(self, step, columns):
        """Drop the rows after `step`, and a header without rows.

        Raises
        ------
        UserError
            If the file hasn't these columns, or not one row for every step up to `step`.
        """
        if step:
            self._check(step, columns)
        lines = self.path.read_bytes().splitlines(keepends=True) if step else []
        with write_atomically(self.path) as file:
            file.writelines(lines[: step + 1])

    def _check(self, step, columns):
        found, rows = self._columns(step)
        if found != columns:
            expected = ",".join(columns)
            raise self._error(f"the header is {','.join(found)[:200]}; expected {expected}")
        if list(rows["step"]) != [*range(1, step + 1)]:
            raise self._error(f"expected a row for each of the steps 1 to {step}, in order")

    def read(self):
        """Return the log as columns of floats, with nan for missing entries."""
        return self._columns()[1]

    def _columns(self, limit=None):
        """Return the names of the columns, and a dict of the first `limit` values of each."""
        try:
            with TextIOWrapper(open_regular(self.path), "utf-8", newline="") as file:
                rows = csv.reader(file)
                names = next(rows, [])
                columns = {name: array("d") for name in names}
                for row in islice(rows, limit):
                    for name, text in zip(names, row, strict=True):
                        columns[name].append(float(text or "nan"))
        except (OSError, ValueError, csv.Error) as error:
            raise self._error(getattr(error, "strerror", None) or str(error)) from error
        return names, columns

    def _error(self, reason):
        return UserError(
            f"{self.path}: invalid run log: {reason}. Restore it, or start a new run"
            f" from these weights with --init {self.path.parent}"
        )
