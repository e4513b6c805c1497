"""SVHN's 32x32 .mat files, written here by SciPy as MATLAB would."""

import hashlib
import struct
import warnings
import zlib

import numpy as np
import pytest
from scipy.io import savemat

from minidraw.datasets import load
from minidraw.datasets.sets import svhn_digits
from minidraw.datasets.sets.svhn_digits import read_digits
from minidraw.errors import UserError

N = 7
X = np.random.default_rng(0).integers(0, 256, (32, 32, 3, N)).astype(np.uint8)
Y = np.array([[1], [10], [3], [9], [10], [2], [5]], np.uint8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train_32x32.mat"


@pytest.fixture(params=[False, True], ids=["plain", "compressed"])
def save(request, path):
    def save(**arrays):
        savemat(path, {"X": X, "y": Y} | arrays, do_compression=request.param)
        return path

    return save


@pytest.mark.parametrize("y", [Y, Y.astype(float)])
@pytest.mark.parametrize("extra", [{}, {"A": np.arange(9.0), "names": ["a", "b"], "z": {"x": 1}}])
def test_digits_and_classes(save, y, extra):
    split = read_digits(save(**extra, y=y))
    assert split.images.shape == (N, 3, 32, 32) and split.images.flags.c_contiguous
    assert split.labels.tolist() == [1, 0, 3, 9, 0, 2, 5] and split.labels.dtype == np.int64
    for i in range(N):
        np.testing.assert_array_equal(split.images[i].transpose(1, 2, 0), X[:, :, :, i])


def test_colours_rows_and_columns(save):
    one = np.zeros_like(X)
    one[5, 2, 0, 3], one[6, 3, 1, 3], one[7, 4, 2, 3] = 10, 20, 30
    image = read_digits(save(X=one)).images[3]
    assert (image[0, 5, 2], image[1, 6, 3], image[2, 7, 4]) == (10, 20, 30) and image.sum() == 60


def test_the_classes_may_come_first(path):
    savemat(path, {"y": Y, "X": X})
    assert read_digits(path).labels.tolist() == [1, 0, 3, 9, 0, 2, 5]


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"X": X[:, :, 0]}, "shape"),
        ({"X": X[:, :31]}, "shape"),
        ({"X": X.transpose(3, 0, 1, 2)}, "shape"),
        ({"X": X.astype(float)}, "float64"),
        ({"X": X.astype(np.int8)}, "int8"),
        ({"X": X * 1j}, "not an array of real numbers"),
        ({"X": "text"}, "not an array of real numbers"),
        ({"X": {"a": X}}, "not an array of real numbers"),
        ({"y": Y[:-1]}, "shape"),
        ({"y": Y.T}, "shape"),
        ({"y": Y - 1}, "classes"),
        ({"y": Y + 1}, "classes"),
        ({"y": Y + 0.5}, "classes"),
        ({"y": Y * np.nan}, "classes"),
    ],
)
def test_other_arrays_are_refused(save, path, one_line_error, change, reason):
    with one_line_error(save(**change), reason):
        read_digits(path)


@pytest.mark.parametrize("name", ["X", "y"])
def test_an_array_that_is_missing(path, one_line_error, name):
    savemat(path, {key: value for key, value in {"X": X, "y": Y}.items() if key != name})
    with one_line_error(path, f"lacks {name}"):
        read_digits(path)


@pytest.mark.parametrize("keep", [0, 100, 127, 128, 132, 140, 0.3, 0.7, 0.99])
def test_cut_short(save, path, one_line_error, keep):
    content = save().read_bytes()
    path.write_bytes(content[: keep if keep > 1 else int(keep * len(content))])
    with one_line_error(path):
        read_digits(path)


def elements(path):
    """The file's header and its elements: tag and content."""
    content, place, found = path.read_bytes(), 128, []
    while place < len(content):
        end = place + 8 + struct.unpack_from("<I", content, place + 4)[0]
        found.append(content[place:end])
        place = end
    return content[:128], found


def test_an_array_twice(save, path, one_line_error):
    head, (x, y) = elements(save())
    path.write_bytes(head + x + y + x)
    with one_line_error(path, "X twice"):
        read_digits(path)


def test_another_version(path, one_line_error):
    savemat(path, {"X": X[:, :, 0, 0]}, format="4")
    with one_line_error(path, "version 5"):
        read_digits(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(1000))
    with one_line_error(path, "version 5"):
        read_digits(path)


def claiming(path, n):
    """X's element with another number of images in its header."""
    head, (x, y) = elements(path)
    compressed = x[0] == 15
    inner = bytearray(zlib.decompress(x[8:]) if compressed else x)
    dims = inner.index(struct.pack("<4i", 32, 32, 3, N))
    inner[dims + 12 : dims + 16] = struct.pack("<i", n)
    data = dims + 16 + 8  # after the name "X", which lies in its tag
    length = min(n * 3072, 2**32 - 1) if n > 0 else 0
    inner[data + 4 : data + 8] = struct.pack("<I", length)
    if compressed:
        packed = zlib.compress(bytes(inner))
        x = struct.pack("<II", 15, len(packed)) + packed
    else:
        x = bytes(inner)
    path.write_bytes(head + x + y)


@pytest.mark.parametrize(
    "n, reason",
    [
        (N + 1, "truncated"),
        (5000, "truncated"),
        (10**6, "which the file can't hold"),
        (2**31 - 1, "which the file can't hold"),
        (0, "which the file can't hold"),
        (-1, "which the file can't hold"),
    ],
)
def test_claimed_sizes_cost_no_memory(save, path, one_line_error, n, reason, at_most):
    claiming(save(), n)
    with at_most(megabytes=20):
        with one_line_error(path, reason):
            read_digits(path)


def test_a_type_that_is_none(path, one_line_error):
    savemat(path, {"X": X, "y": Y})
    head, (x, y) = elements(path)
    data = x.index(struct.pack("<II", 2, X.nbytes))
    path.write_bytes(head + x[:data] + struct.pack("<I", 77) + x[data + 4 :] + y)
    with one_line_error(path, "byte count"):
        read_digits(path)


def test_an_array_that_is_not_wanted_must_be_whole_too(save, path, one_line_error):
    content = save(z=X).read_bytes()
    assert len(read_digits(path)) == N
    path.write_bytes(content[:-1000])
    with one_line_error(path, "truncated"):
        read_digits(path)


def test_bombs_are_not_unpacked(path, one_line_error, at_most):
    """An array that isn't wanted, 300 MB of zeros, and one behind an honest header."""
    savemat(path, {"X": X, "y": Y}, do_compression=True)
    head, (x, y) = elements(path)
    bomb = zlib.compressobj(1)
    inner = zlib.decompress(x[8:])
    parts = [bomb.compress(inner.replace(b"X", b"W", 1))]
    parts += [bomb.compress(bytes(2**20)) for _ in range(300)] + [bomb.flush()]
    packed = b"".join(parts)
    path.write_bytes(head + struct.pack("<II", 15, len(packed)) + packed + x + y)
    with at_most(megabytes=20):
        assert len(read_digits(path)) == N
        bomb = zlib.compressobj(1)
        parts = [bomb.compress(inner)] + [bomb.compress(bytes(2**20)) for _ in range(300)]
        packed = b"".join([*parts, bomb.flush()])
        path.write_bytes(head + struct.pack("<II", 15, len(packed)) + packed + y)
        assert len(read_digits(path)) == N


def test_damaged_bytes_give_an_error_or_a_set_but_never_more(save, path):
    """SciPy's reader ends the process on some of these."""
    content, rng = save().read_bytes(), np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(300):
            damaged = bytearray(content)
            for place in rng.integers(120, 240, rng.integers(1, 4)):
                damaged[place] = rng.choice([0, 1, 127, 128, 255, damaged[place] ^ 4])
            path.write_bytes(damaged)
            try:
                assert read_digits(path).images.shape[1:] == (3, 32, 32)
            except UserError as error:
                assert str(path) in str(error) and "\n" not in str(error)


def test_load(tmp_path, monkeypatch, one_line_error):
    hashes = {}
    rng = np.random.default_rng(1)
    for name, n in (("train_32x32.mat", 30), ("test_32x32.mat", 9)):
        arrays = {
            "X": rng.integers(0, 256, (32, 32, 3, n)).astype(np.uint8),
            "y": rng.integers(1, 11, (n, 1)).astype(float),
        }
        savemat(tmp_path / name, arrays, do_compression=True)
        hashes[name] = "md5:" + hashlib.md5((tmp_path / name).read_bytes()).hexdigest()
    monkeypatch.setattr(svhn_digits, "MD5", hashes)
    monkeypatch.setattr(svhn_digits, "VALIDATION_IMAGES", 8)
    data = load("svhn-digits", data_dir=tmp_path)
    assert [len(split) for split in data.splits.values()] == [22, 8, 9]
    assert data.image_shape == (3, 32, 32) and "not a compression cost" in data.protocol()
    both = [image.tobytes() for split in (data.train, data.valid) for image in split.images]
    assert len(set(both)) == 30
    content = bytearray((tmp_path / "test_32x32.mat").read_bytes())
    content[500] ^= 1
    (tmp_path / "test_32x32.mat").write_bytes(content)
    with one_line_error("test_32x32.mat", "MD5"):
        load("svhn-digits", data_dir=tmp_path)
