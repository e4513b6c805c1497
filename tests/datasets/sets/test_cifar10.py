"""CIFAR-10's official binary batches, from the archive and from a folder."""

import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from minidraw.datasets import load
from minidraw.datasets.sets import cifar10
from minidraw.datasets.sets.cifar10 import FOLDER, RECORD_BYTES

N = 12  # images in a batch of these tests


@pytest.fixture
def batches(monkeypatch):
    """Six small batches by name, each with the MD5 that the loader expects."""
    rng = np.random.default_rng(0)
    made = {}
    for name in cifar10.MD5:
        records = rng.integers(0, 256, (N, RECORD_BYTES)).astype(np.uint8)
        records[:, 0] %= 10
        made[name] = records.tobytes()
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in made.items()}
    monkeypatch.setattr(cifar10, "MD5", md5 | {"test_batch.bin": None})
    monkeypatch.setattr(cifar10, "BATCH_IMAGES", N)
    monkeypatch.setattr(cifar10, "VALIDATION_IMAGES", 7)
    return made


@pytest.fixture
def folder(batches, tmp_path):
    (tmp_path / FOLDER).mkdir()
    for name, content in batches.items():
        (tmp_path / FOLDER / name).write_bytes(content)
    return tmp_path / FOLDER


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Write an archive, whose SHA-256 the loader then expects."""

    def write(files):
        path = tmp_path / "cifar-10-binary.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(cifar10, "ARCHIVE", {path.name: digest})
        return path

    return write


def official(batches):
    """The batches under their names in the archive, in another order, beside other files."""
    first = {f"{FOLDER}/readme.html": b"<html>", f"{FOLDER}/batches.meta.txt": b"airplane"}
    return first | {f"{FOLDER}/{name}": batches[name] for name in reversed(batches)}


def records(batches, *names):
    return np.concatenate([np.frombuffer(batches[name], np.uint8) for name in names]).reshape(
        -1, RECORD_BYTES
    )


def test_archive_and_folders_give_the_same(batches, folder, archive, tmp_path):
    expected = records(batches, *[f"data_batch_{k}.bin" for k in range(1, 6)])
    (tmp_path / "elsewhere" / "cifar10").mkdir(parents=True)
    packed = archive(official(batches))
    packed.rename(tmp_path / "elsewhere" / "cifar10" / packed.name)
    for place in (tmp_path, folder, tmp_path / "elsewhere"):
        data = load("cifar10", data_dir=place)
        assert data.name == "cifar10" and data.image_shape == (3, 32, 32) and not data.binary
        assert [len(split) for split in data.splits.values()] == [5 * N - 7, 7, N]
        rows = {record[1:].tobytes(): i for i, record in enumerate(expected)}
        parts = [
            [rows[image.tobytes()] for image in split.images] for split in (data.train, data.valid)
        ]
        assert sorted(sum(parts, [])) == list(range(5 * N))  # none twice, none left out
        assert all(part == sorted(part) for part in parts)
        for part, split in zip(parts, (data.train, data.valid), strict=True):
            np.testing.assert_array_equal(split.labels, expected[part, 0])
            assert split.labels.dtype == np.int64
        test = records(batches, "test_batch.bin")
        np.testing.assert_array_equal(data.test.images.reshape(N, -1), test[:, 1:])
        np.testing.assert_array_equal(data.test.labels, test[:, 0])
        assert "not a compression cost" in data.protocol()


def test_colours_rows_and_columns(batches):
    """The format: 1,024 bytes of red, then of green, then of blue, each row by row."""
    record = np.zeros((N, RECORD_BYTES), np.uint8)
    record[3, 0] = 9
    record[3, 1 + 5 * 32 + 2] = 10  # red of row 5, column 2
    record[3, 1 + 1024 + 6 * 32 + 3] = 20
    record[3, 1 + 2048 + 7 * 32 + 4] = 30
    images, labels = cifar10.read_batch(record.tobytes(), "it")
    assert labels.tolist() == [0, 0, 0, 9] + [0] * (N - 4)
    assert images[3, 0, 5, 2] == 10 and images[3, 1, 6, 3] == 20 and images[3, 2, 7, 4] == 30
    assert images.sum() == 60


def test_a_folder_may_lack_the_test_batch_but_no_other(folder, one_line_error):
    (folder / "test_batch.bin").unlink()
    assert load("cifar10", data_dir=folder).test is None
    (folder / "data_batch_4.bin").unlink()
    with one_line_error("data_batch_4.bin", "No such file"):
        load("cifar10", data_dir=folder)


@pytest.mark.parametrize("name", ["data_batch_2.bin", "test_batch.bin"])
@pytest.mark.parametrize(
    "change, length",
    [
        (lambda b: b[:-1], N * RECORD_BYTES - 1),
        (lambda b: b + b[:1], N * RECORD_BYTES + 1),
        (lambda b: b"", 0),
        (lambda b: b[:-RECORD_BYTES], (N - 1) * RECORD_BYTES),
    ],
)
def test_a_batch_of_the_wrong_length(
    batches, folder, archive, tmp_path, one_line_error, name, change, length
):
    changed = change(batches[name])
    (folder / name).write_bytes(changed)
    with one_line_error(folder / name, f"{length:,} bytes"):
        load("cifar10", data_dir=folder)
    path = archive(official(batches) | {f"{FOLDER}/{name}": changed})
    with one_line_error(path, name, f"{length:,} bytes"):
        cifar10.read_archive(path)


def test_a_batch_far_too_long_is_not_read(folder, one_line_error, at_most):
    os.truncate(folder / "data_batch_2.bin", 300 * 2**20)
    with at_most(megabytes=50):
        with one_line_error("data_batch_2.bin", "314,572,800 bytes"):
            load("cifar10", data_dir=folder)


def test_a_changed_batch(batches, folder, archive, one_line_error):
    changed = bytearray(batches["data_batch_5.bin"])
    changed[-1] ^= 1
    (folder / "data_batch_5.bin").write_bytes(changed)
    with one_line_error(folder / "data_batch_5.bin", "MD5"):
        load("cifar10", data_dir=folder)
    path = archive(official(batches) | {f"{FOLDER}/data_batch_5.bin": bytes(changed)})
    with one_line_error(path, "data_batch_5.bin", "MD5"):
        cifar10.read_archive(path)


def test_a_class_that_is_none(batches, one_line_error):
    record = bytearray(batches["test_batch.bin"])
    record[RECORD_BYTES] = 10
    with one_line_error("it", "class 10"):
        cifar10.read_batch(bytes(record), "it")


def test_a_changed_archive_is_refused_before_it_is_opened(
    batches, archive, tmp_path, monkeypatch, one_line_error
):
    path = archive(official(batches))
    monkeypatch.setattr(cifar10, "ARCHIVE", {path.name: "0" * 64})
    monkeypatch.setattr(cifar10, "read_members", None)
    with one_line_error(path, "SHA-256", "Move it away"):
        load("cifar10", data_dir=tmp_path)


def test_an_archive_that_climbs_out(batches, archive, tmp_path, one_line_error):
    for name in (f"../{FOLDER}/data_batch_1.bin", f"{FOLDER}/../../x", "/data_batch_1.bin"):
        path = archive({name: b"x"} | official(batches))
        with one_line_error(path, "leads out of it"):
            load("cifar10", data_dir=tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_an_archive_without_a_batch(batches, archive, tmp_path, one_line_error):
    files = official(batches)
    del files[f"{FOLDER}/data_batch_3.bin"]
    path = archive(files)
    with one_line_error(path, f"lacks {FOLDER}/data_batch_3.bin"):
        load("cifar10", data_dir=tmp_path)


def test_it_is_fetched_once(batches, archive, tmp_path, server, mirrors):
    path = archive(official(batches))
    server.files[f"/{path.name}"] = path.read_bytes()
    mirrors("cifar10", server.url + "/")
    for _ in range(2):
        assert len(load("cifar10", data_dir=tmp_path / "new").test) == N
    assert server.asked == [f"/{path.name}"]


@pytest.fixture(scope="session")
def unpacker():
    """The script that restores the official batches, where that data is at hand."""
    path = Path(os.environ.get("MINIDRAW_DATA", ".")) / "cifar10" / "unpack.py"
    if not path.is_file():
        pytest.skip("needs CIFAR-10's packed batches: set MINIDRAW_DATA to their folder")
    return path


def test_real_images(unpacker):
    """The first training image is a frog; its first pixel is brownish grey."""
    spec = importlib.util.spec_from_file_location("unpack", unpacker)
    unpack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(unpack)
    pixels = unpack.unpack((unpacker.parent / "cifar10_data_batch_1.med.xz").read_bytes(), 10_000)
    labels = np.load(unpacker.parent / "cifar10_labels_uint8_50000train_1000test.npy")
    content = np.hstack([labels[:10_000, None], pixels.reshape(10_000, -1)]).tobytes()
    images, labels = cifar10.read_batch(content, "it", cifar10.MD5["data_batch_1.bin"])
    assert labels[:5].tolist() == [6, 9, 9, 4, 1]
    assert images[0, :, 0, 0].tolist() == [59, 62, 63]
    assert images[0, :, 0, 1].tolist() == [43, 46, 45]
    assert np.bincount(labels).sum() == 10_000


@pytest.mark.slow
def test_all_real_images(unpacker, tmp_path):
    subprocess.run([sys.executable, unpacker, tmp_path], check=True, capture_output=True)
    data = load("cifar10", data_dir=tmp_path)
    assert (len(data.train), len(data.valid), data.test) == (45_000, 5_000, None)
    counts = np.bincount(data.train.labels) + np.bincount(data.valid.labels)
    assert counts.tolist() == [5000] * 10
    images = [image.tobytes() for split in (data.train, data.valid) for image in split.images]
    assert len(set(images)) == 50_000
