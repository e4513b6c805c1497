"""Files that are either whole or not there."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

from minidraw.errors import UserError


@contextmanager
def write_atomically(path):
    """A temporary file beside `path` that takes its place only once it is whole and on disk.

    Raises
    ------
    UserError
        If it can't be written; what was at `path` before is still there.
    """
    temporary = Path(f"{path}.part")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"can't write {path}: {reason}; what was there before is kept") from error
    finally:
        with suppress(OSError):  # it is gone already, or there is no such folder
            temporary.unlink()
