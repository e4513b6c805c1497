"""`write_atomically` writes a file completely or not at all."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

from minidraw.errors import UserError


@contextmanager
def write_atomically(path):
    """Yield a temporary file that replaces `path` once it is complete and on disk.

    Raises
    ------
    UserError
        If `path` can't be written; an earlier file there is kept.
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
        raise UserError(f"can't write {path}: {reason}; an earlier file there is kept") from error
    finally:
        with suppress(OSError):  # it has been moved, or there is no such folder
            temporary.unlink()
