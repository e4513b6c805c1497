"""Open the user's files, which must be regular, and limit the memory that one may take.

Reading a device or a pipe may never end.  A small compressed file may unpack to gigabytes.
"""

import errno
import os
import stat

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}

MAX_ARRAY_BYTES = 4 * 2**30  # readers refuse larger arrays
UNPACKED_BYTES = 2**27  # that any compressed file may unpack to
UNPACKED_RATIO = 16  # that a larger file may unpack to, as a multiple of its size


class NotRegular(OSError):
    """Error for a folder, link, device or pipe in place of a file."""


def limit_unpacked(file_bytes):
    """Return how many bytes the contents of a compressed file may have.

    Preparing images for training takes several times their size.  The limit keeps the peak under
    a gigabyte for any file of 10 MB; ordinary pictures shrink to a tenth at most.
    """
    return min(MAX_ARRAY_BYTES, max(UNPACKED_BYTES, UNPACKED_RATIO * file_bytes))


def open_regular(path):
    """Open a file to read bytes; follow a link.

    Raises
    ------
    OSError
        If there is none, or it can't be read; `NotRegular` if it is no regular file.
    """
    check_regular(path, os.stat(path).st_mode)  # opening a device alone may have an effect
    file = open(path, "rb", opener=_open_at_once)
    try:
        check_regular(path, os.fstat(file.fileno()).st_mode)  # it may have been exchanged
    except NotRegular:
        file.close()
        raise
    return file


def read_regular(path, max_bytes):
    """Return a file's bytes; errors as in `open_regular`, and for more than `max_bytes`."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            found = f"it has {size:,} bytes; expected at most {max_bytes:,}"
            raise OSError(errno.EFBIG, found, str(path))
        return file.read(size)  # no more: a file in /proc claims none and may never end


def check_regular(path, mode):
    """Raise `NotRegular` unless a `stat` mode is a regular file's."""
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "something else")
        raise NotRegular(errno.EINVAL, f"it is {kind}; expected a regular file", str(path))


def _open_at_once(path, flags):
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
