import gzip
import io
import zipfile

import numpy as np
import pytest

from minidraw.datasets.readers.array_files import read_idx, read_npy, read_npz, read_npz_headers

IMAGES = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)


def header_only(shape, dtype="<f8"):
    """A .npy file that claims this shape and holds nothing."""
    file = io.BytesIO()
    fields = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_read_idx(tmp_path, idx_bytes, dtype, zipped):
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(IMAGES.astype(dtype), zipped))
    out = read_idx(path)
    assert out.dtype.newbyteorder("=") == dtype
    np.testing.assert_array_equal(out, IMAGES)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "damage, reason",
    [
        (lambda b: b[:-1], "truncated"),
        (lambda b: b[:9], "truncated"),
        (lambda b: b + b"x", "longer"),
        (lambda b: b[:2] + b"\x07" + b[3:], "not an idx file"),
        (lambda b: b[:3], "not an idx file"),
        (lambda b: b[:4] + b"\xff" * 12 + b[16:], "GiB"),
        (lambda b: b[:4] + b"\0\1\0\0" + b[8:], "truncated"),
    ],
)
def test_damaged_idx(tmp_path, idx_bytes, one_line_error, damage, reason, zipped):
    path = tmp_path / "images"
    content = damage(idx_bytes(IMAGES))
    path.write_bytes(gzip.compress(content) if zipped else content)
    with one_line_error(path, reason):
        read_idx(path)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_truncated_gzip(tmp_path, idx_bytes, one_line_error, keep):
    path = tmp_path / "images.gz"
    content = idx_bytes(IMAGES, zipped=True)
    path.write_bytes(content[: int(len(content) * keep)])
    with one_line_error(path):
        read_idx(path)


def test_wrong_checksum_in_gzip(tmp_path, idx_bytes, one_line_error):
    path = tmp_path / "images.gz"
    content = bytearray(idx_bytes(IMAGES, zipped=True))
    content[-8] ^= 1
    path.write_bytes(content)
    with one_line_error(path):
        read_idx(path)


def test_read_npy_and_npz(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES)
    np.savez_compressed(tmp_path / "a.npz", x=IMAGES, y=np.asfortranarray(IMAGES.astype("f4")))
    np.testing.assert_array_equal(read_npy(tmp_path / "a.npy"), IMAGES)
    headers = read_npz_headers(tmp_path / "a.npz")
    assert headers == {"x": ((2, 4, 3), np.uint8), "y": ((2, 4, 3), np.float32)}
    for name in "xy":
        np.testing.assert_array_equal(read_npz(tmp_path / "a.npz", name), IMAGES)


def test_nothing_is_unpickled(tmp_path, one_line_error):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "unpickled"), "w"))

    bomb = np.array([Bomb()], dtype=object)
    np.save(tmp_path / "a.npy", bomb)
    np.savez(tmp_path / "a.npz", images=bomb)
    with one_line_error("a.npy", "never unpickled"):
        read_npy(tmp_path / "a.npy")
    with one_line_error("a.npz", "never unpickled"):
        read_npz(tmp_path / "a.npz", "images")
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("shape", [(2**40,), (2**20, 1, 28, 28)])
def test_claimed_sizes_are_bounded(tmp_path, one_line_error, shape):
    (tmp_path / "a.npy").write_bytes(header_only(shape))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", header_only(shape))
    with one_line_error("a.npy", "4 GiB"):
        read_npy(tmp_path / "a.npy")
    with one_line_error("a.npz", "4 GiB"):
        read_npz(tmp_path / "a.npz", "images")


@pytest.mark.parametrize("shape", [(400_000_000,), (-1, 4)])
def test_a_claim_the_file_cannot_hold_costs_no_memory(tmp_path, one_line_error, shape):
    (tmp_path / "a.npy").write_bytes(header_only(shape))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", header_only(shape))
    with one_line_error("a.npy", "header is wrong"):
        read_npy(tmp_path / "a.npy")
    with one_line_error("a.npz", "header is wrong"):
        read_npz(tmp_path / "a.npz", "images")


def test_zip_bomb_is_not_inflated(tmp_path, one_line_error, at_most):
    """300 MB of zeros behind an honest small header: none of them are unpacked."""
    small = io.BytesIO()
    np.save(small, IMAGES)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("images.npy", "w") as file:
            file.write(small.getvalue())
            for _ in range(300):
                file.write(bytes(2**20))
    with at_most(megabytes=100):
        with one_line_error("a.npz", "longer"):
            read_npz(tmp_path / "a.npz", "images")


def test_header_of_another_version(tmp_path, one_line_error):
    with open(tmp_path / "a.npy", "wb") as file:
        np.lib.format.write_array(file, IMAGES, version=(2, 0))
    with one_line_error("a.npy", "expected 1.0"):
        read_npy(tmp_path / "a.npy")


@pytest.mark.parametrize("content", [b"PK", b"PK\3\4 no archive", b""])
def test_no_archive(tmp_path, one_line_error, content):
    (tmp_path / "a.npz").write_bytes(content)
    with one_line_error("a.npz"):
        read_npz_headers(tmp_path / "a.npz")


def test_damaged_member(tmp_path, one_line_error):
    np.savez(tmp_path / "a.npz", images=IMAGES)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.index(IMAGES.tobytes())] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with one_line_error("a.npz", "CRC"):
        read_npz(tmp_path / "a.npz", "images")


def test_long_reasons_are_cut(tmp_path, one_line_error):
    np.savez(tmp_path / "a.npz", images=np.zeros((9, 99, 99)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[27] = 9  # a name of 2,314 bytes, all of which zipfile quotes
    (tmp_path / "a.npz").write_bytes(content)
    with one_line_error("a.npz", "File name in directory"):
        read_npz_headers(tmp_path / "a.npz")


def test_a_folder_or_nothing_at_the_path(tmp_path, one_line_error):
    for path in (tmp_path, tmp_path / "nothing"):
        with one_line_error(path):
            read_npy(path)
