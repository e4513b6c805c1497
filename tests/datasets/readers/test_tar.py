"""A .tar.gz gives the files that are asked for, and nothing else happens."""

import gzip
import io
import tarfile

import pytest

from minidraw.datasets.readers.array_files import one_line_errors
from minidraw.datasets.readers.tar import read_members

A, B = b"a" * 1000, b"b" * 512


def header(name, size=0, **fields):
    info = tarfile.TarInfo(name)
    info.size = size
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.fixture
def archive(tmp_path):
    """Write an archive of (name or header, content)."""

    def write(*parts):
        with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
            for info, content in parts:
                info = header(info) if isinstance(info, str) else info
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return tmp_path / "x.tar.gz"

    return write


def found(path, most, **settings):
    with one_line_errors(path):
        return dict(read_members(path, most, **settings))


def test_only_what_is_wanted_in_any_order(archive):
    path = archive(("d/b", B), ("d/other", b"x" * 5000), ("d/a", A), ("e/a", b"no"))
    assert found(path, {"d/a": 1000, "d/b": 512}) == {"d/a": A, "d/b": B}
    assert [name for name, _ in read_members(path, {"d/a": 1000, "d/b": 512})] == ["d/b", "d/a"]
    assert found(path, {"d/b": 512}) == {"d/b": B}


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_format(tmp_path, format):
    name = "d/" + "long" * 40
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz", format=format) as tar:
        short = "d/a" if format == tarfile.USTAR_FORMAT else name
        tar.addfile(header(short, len(A)), io.BytesIO(A))
    assert found(tmp_path / "x.tar.gz", {short: 1000}) == {short: A}


def test_what_is_missing_is_named(archive, one_line_error):
    path = archive(("d/a", A), ("./d/b", B), ("D/b", B))
    with one_line_error(path, "lacks d/b"):
        found(path, {"d/a": 1000, "d/b": 512})
    with one_line_error(path, "lacks d/b and 2 more"):
        found(path, {"d/a": 1000, "d/b": 512, "d/c": 1, "d/d": 1})


@pytest.mark.parametrize(
    "name", ["../a", "/etc/passwd", "d/../../a", "..", "..\\a", "d/\x1b[31m/../\n../a"]
)
def test_a_climbing_path_is_refused(archive, one_line_error, tmp_path, name):
    path = archive((name, A), ("d/a", A))
    with one_line_error(path, "leads out of it"):
        found(path, {"d/a": 1000})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["x.tar.gz"]


@pytest.mark.parametrize(
    "type", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
def test_links_are_never_followed(archive, one_line_error, tmp_path, type):
    (tmp_path / "secret").write_bytes(A)
    for target in ("d/other", str(tmp_path / "secret")):
        link = header("d/a", type=type, linkname=target)
        path = archive(("d/other", A), (link, b""))
        with one_line_error(path, "d/a", "link"):
            found(path, {"d/a": 1000})


def test_too_large_and_twice(archive, one_line_error):
    path = archive(("d/a", A), ("d/a", A), ("d/b", B))
    with one_line_error(path, "d/a", "1,000 bytes"):
        found(path, {"d/a": 999})
    with one_line_error(path, "d/a twice"):
        found(path, {"d/a": 1000, "d/b": 512})


@pytest.mark.parametrize("keep", [0, 1, 5, 20, 0.3, 0.6, 0.9])
def test_cut_short(archive, one_line_error, keep):
    path = archive(("d/a", bytes(range(256)) * 40), ("d/b", B))
    content = path.read_bytes()
    path.write_bytes(content[: keep if keep >= 1 else int(keep * len(content))])
    with one_line_error(path):
        found(path, {"d/b": 512})


def test_a_tar_cut_short_before_it_was_zipped(tmp_path, one_line_error):
    plain = header("d/a", len(A)).tobuf() + A[:600]
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(plain))
    with one_line_error("x.tar.gz", "unexpected end"):
        found(tmp_path / "x.tar.gz", {"d/a": 1000})


@pytest.mark.parametrize("type", [b"0", b"L", b"x", b"S"])
def test_negative_sizes_end_in_an_error(tmp_path, one_line_error, type):
    """Older tarfile modules read such a member for ever."""
    info = header("d/other", type=type)
    info.size = -512
    buffer = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    assert buffer[124] == 0xFF  # base 256, negative
    rest = header("d/a", len(A)).tobuf() + A.ljust(1024, b"\0") + bytes(1024)
    plain = header("d/first").tobuf() + bytes(buffer) + rest
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(plain))
    with one_line_error("x.tar.gz", "negative"):
        found(tmp_path / "x.tar.gz", {"d/a": 1000})


@pytest.mark.parametrize("type", [b"0", b"L", b"x"])
def test_bombs_are_not_unpacked(tmp_path, one_line_error, type, at_most):
    size = 300 * 2**20
    with gzip.open(tmp_path / "x.tar.gz", "w", 1) as file:
        file.write(header("d/other", size, type=type).tobuf())
        for _ in range(300):
            file.write(bytes(2**20))
        file.write(header("d/a", len(A)).tobuf() + A)
    with at_most(megabytes=50):
        with one_line_error("x.tar.gz", "unpacks to more than"):
            found(tmp_path / "x.tar.gz", {"d/a": 1000}, total_bytes=2**20)


def test_no_archive(tmp_path, one_line_error):
    for content in (b"", b"hello", gzip.compress(b""), gzip.compress(b"hello" * 500)):
        (tmp_path / "x.tar.gz").write_bytes(content)
        with one_line_error("x.tar.gz"):
            found(tmp_path / "x.tar.gz", {"d/a": 1000})
    with one_line_error("missing.tar.gz"):
        found(tmp_path / "missing.tar.gz", {"d/a": 1000})
