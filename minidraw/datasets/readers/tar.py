"""Read single files out of a .tar.gz that may be damaged or hostile; nothing is extracted."""

import gzip
import tarfile
from pathlib import PurePosixPath

from minidraw.datasets.base import MAX_BYTES


def members(path, most, *, limit=MAX_BYTES):
    """The wanted files in a .tar.gz, in the order in which they lie there.

    Each is known by its exact name, must be a plain file, and comes as bytes.  Links are never
    followed and no path is ever written to; that a name climbs out of the archive is an error
    all the same, for such an archive isn't what it should be.

    Parameters
    ----------
    path : path
    most : dict
        By the name of each wanted file, the bytes that it may have at most.
    limit : int
        Bytes that the whole archive may unpack to.

    Yields
    ------
    name, content : str, bytes

    Raises
    ------
    ValueError, OSError, EOFError, tarfile.TarError
        If the archive is cut short, damaged, too large, or lacks one of the files;
        ``files.one_line_errors`` makes one line of it.
    """
    missing = set(most)
    with gzip.open(path) as unzipped, _plain(unzipped, limit) as archive:
        while missing and (member := archive.next()):
            archive.members = []  # it would keep hundreds of thousands
            _refuse_climbing(member.name)
            if member.name not in most:
                continue
            if member.name not in missing:
                raise ValueError(f"it holds {member.name} twice")
            if not member.isreg() or member.issparse():
                raise ValueError(f"{member.name} in it is a link, or no plain file")
            if member.size > most[member.name]:
                raise ValueError(f"{member.name} in it has {member.size:,} bytes, too many")
            missing.remove(member.name)
            yield member.name, archive.extractfile(member).read()
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise ValueError(f"it holds no {min(missing)}{more}")


def _refuse_climbing(name):
    if name.startswith("/") or ".." in PurePosixPath(name.replace("\\", "/")).parts:
        raise ValueError(f"a path in it climbs out: {name!r}")


def _plain(unzipped, limit):
    return tarfile.open(fileobj=_Forward(unzipped, limit), mode="r:")


class _Forward:
    """A file for `tarfile` that unpacks no more than so many bytes and never goes back.

    An honest archive is read from front to back; a member of negative size would be read for ever.
    """

    def __init__(self, file, limit):
        self.file, self.limit = file, limit

    def read(self, size):
        self._check(self.file.tell() + size)
        return self.file.read(size)

    def seek(self, place):
        self._check(place)
        return self.file.seek(place)

    def _check(self, place):
        if place < self.file.tell():
            raise ValueError("it is damaged: a size in it is negative")
        if place > self.limit:
            raise ValueError(f"it unpacks to more than {self.limit:,} bytes")

    def tell(self):
        return self.file.tell()
