"""`read_members` reads selected files of a .tar.gz that may be hostile, in memory only."""

import gzip
import os
import tarfile
from pathlib import PurePosixPath

from minidraw.regular_files import MAX_ARRAY_BYTES, limit_unpacked, open_regular


def read_members(path, max_bytes, *, total_bytes=MAX_ARRAY_BYTES):
    """Yield the wanted files of a .tar.gz, in the archive's order.

    Wanted files are found by their exact names and must be plain files.  Links are never followed
    and nothing is written to disk.  Names that lead out of the archive's folder are still an
    error: no official archive has them.

    Parameters
    ----------
    path : path
    max_bytes : dict
        Name of each wanted file to its largest allowed size.
    total_bytes : int
        Largest allowed size of the whole unpacked archive.

    Yields
    ------
    name, content : str, bytes

    Raises
    ------
    ValueError, OSError, EOFError, tarfile.TarError
        If the archive is truncated, damaged, too large, or lacks one of the files; wrap the call
        in ``array_files.one_line_errors``.
    """
    missing = set(max_bytes)
    with (
        open_regular(path) as file,
        gzip.open(file) as unzipped,
        _open_tar(
            unzipped, min(total_bytes, limit_unpacked(os.fstat(file.fileno()).st_size))
        ) as archive,
    ):
        while missing and (member := archive.next()):
            archive.members = []  # else tarfile keeps hundreds of thousands
            _refuse_path_traversal(member.name)
            if member.name not in max_bytes:
                continue
            if member.name not in missing:
                raise ValueError(f"the archive holds {member.name} twice")
            if not member.isreg() or member.issparse():
                raise ValueError(f"{member.name} is a link or special file; expected a plain file")
            if member.size > max_bytes[member.name]:
                limit = max_bytes[member.name]
                raise ValueError(f"{member.name} has {member.size:,} bytes; the limit is {limit:,}")
            missing.remove(member.name)
            yield member.name, archive.extractfile(member).read()
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise ValueError(f"the archive lacks {min(missing)}{more}")


def _refuse_path_traversal(name):
    if name.startswith("/") or ".." in PurePosixPath(name.replace("\\", "/")).parts:
        raise ValueError(f"the archive holds a path that leads out of it: {name!r}")


def _open_tar(unzipped, total_bytes):
    return tarfile.open(fileobj=_ForwardReader(unzipped, total_bytes), mode="r:")


class _ForwardReader:
    """File for `tarfile` that unpacks a limited number of bytes and never seeks backwards.

    Valid archives never need it; a member of negative size would make `tarfile` loop for ever.
    """

    def __init__(self, file, total_bytes):
        self.file, self.total_bytes = file, total_bytes

    def read(self, size):
        self._check(self.file.tell() + size)
        return self.file.read(size)

    def seek(self, place):
        self._check(place)
        return self.file.seek(place)

    def tell(self):
        return self.file.tell()

    def _check(self, place):
        if place < self.file.tell():
            raise ValueError("the archive is damaged: a size in it is negative")
        if place > self.total_bytes:
            raise ValueError(f"the archive unpacks to more than {self.total_bytes:,} bytes")
