"""`write_atomically` writes a file completely or not at all."""

import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path

from minidraw.errors import UserError
from minidraw.regular_files import check_regular


@contextmanager
def write_atomically(path):
    """Yield a temporary file that replaces `path` once it is complete and on disk.

    Raises
    ------
    UserError
        If `path` can't be written, or is a folder, link, device or pipe; what is there is kept.
    """
    path = Path(path)
    mode = check_replaceable(path)
    # A new name in the same folder, which is nobody's file or link: it must move within one disk.
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                file.close()  # before it moves, for Windows
                if mode is not None:
                    os.chmod(temporary, mode)
                check_replaceable(path)
                os.replace(temporary, path)
            finally:
                with suppress(OSError):  # the disk is full
                    file.close()
                with suppress(OSError):  # it has moved
                    os.unlink(temporary)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"can't write {path}: {reason}; an earlier file there is kept") from error


def remove_leftovers(folder):
    """Delete the temporary files of killed processes; nobody else may be writing there."""
    for path in Path(folder).glob(".*.part"):
        if re.fullmatch(r"\..*\.[0-9a-f]{16}\.part", path.name):
            with suppress(OSError):
                path.unlink()


def check_replaceable(path):
    """Return the permissions of the file at `path`, None if there is none.

    Raises
    ------
    UserError
        If a folder, link, device, pipe or protected file has this name.
    """
    try:
        mode = os.lstat(path).st_mode
        check_regular(path, mode)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"can't write {path}: {error.strerror}") from error
    if not mode & stat.S_IWUSR:
        raise UserError(f"can't write {path}: it is write-protected; give another name")
    return stat.S_IMODE(mode)
