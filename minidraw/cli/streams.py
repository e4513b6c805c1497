"""`steady_streams`: a command does its work even if nobody reads what it prints."""

import errno
import os
import sys
from contextlib import contextmanager, suppress

from minidraw.errors import UserError

READER_GONE = errno.EPIPE, errno.EIO  # of a pipe; of a terminal that was closed


@contextmanager
def steady_streams():
    """Let standard output and error be closed, before or during the block.

    What is printed is then dropped.  Call `sys.stdout.check()` before the end.
    """
    _open_missing()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (
        _Steady(stream or open(os.devnull, "w", encoding="utf-8")) for stream in before
    )
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def _open_missing():
    """Open descriptors 0 to 2 if they are closed.

    Otherwise the next file opened, such as a checkpoint, would get what is written to one of them.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


class _Steady:
    """A text stream that drops what it can't write."""

    def __init__(self, stream):
        self._stream = stream
        self.error = None  # the reason that isn't a missing reader

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        try:
            return self._stream.write(text)
        except OSError as error:
            self._drop(error)
            return len(text)

    def flush(self):
        try:
            self._stream.flush()
        except OSError as error:
            self._drop(error)

    def check(self):
        """Raise a UserError if text was lost though somebody reads, as on a full disk."""
        self.flush()
        if self.error:
            raise UserError(f"can't write the output: {self.error.strerror}")

    def _drop(self, error):
        if error.errno not in READER_GONE:
            self.error = error
        with suppress(OSError, ValueError):  # no file, as in a test
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
