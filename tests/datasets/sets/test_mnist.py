import gzip
import time

import numpy as np
import pytest

from minidraw.datasets import bundled_path, load
from minidraw.datasets.readers.array_files import parse_idx, read_idx
from minidraw.datasets.sets import mnist


def as_bytes(split):
    return [image.tobytes() for image in split.images]


def test_digits():
    data = load("digits")
    assert (len(data.train), len(data.valid), data.test) == (4500, 500, None)
    assert data.train.images.dtype == np.uint8 and data.image_shape == (1, 28, 28)
    assert not data.binary
    assert np.bincount(data.train.labels).tolist() == [450] * 10
    assert np.bincount(data.valid.labels).tolist() == [50] * 10
    assert data.mean_image.mean() == pytest.approx(0.130887, abs=1e-6)


def test_digits_are_never_in_both_splits():
    data = load("digits")
    train, valid = set(as_bytes(data.train)), set(as_bytes(data.valid))
    assert (len(train), len(valid)) == (4500, 500) and not train & valid


def test_digits_do_not_depend_on_the_seed():
    first, second = load("digits", seed=1), load("digits", seed=2)
    assert as_bytes(first.valid) == as_bytes(second.valid)


def test_damaged_digits_are_refused(tmp_path, monkeypatch, one_line_error):
    content = bytearray(bundled_path("mnist_5k.npz").read_bytes())
    content[1000] ^= 1
    (tmp_path / "mnist_5k.npz").write_bytes(content)
    monkeypatch.setattr(mnist, "bundled_path", lambda name: tmp_path / name)
    with one_line_error("mnist_5k.npz", "is damaged", "Install"):
        load("digits")


def test_mnist(real_data):
    data = load("mnist", data_dir=real_data)
    assert [len(split) for split in data.splits.values()] == [50_000, 10_000, 10_000]
    assert data.image_shape == (1, 28, 28) and not data.binary
    assert data.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert data.test.images.mean() == pytest.approx(33.7912, abs=1e-4)
    assert data.train.labels[:5].tolist() == [5, 0, 9, 2, 1]
    assert data.valid.labels[:5].tolist() == [4, 1, 5, 6, 4]


def test_mnist_is_parted_without_overlap(real_data):
    data = load("mnist", data_dir=real_data, seed=3)
    whole = read_idx(real_data / "mnist" / "train-images-idx3-ubyte.gz")
    labels = read_idx(real_data / "mnist" / "train-labels-idx1-ubyte.gz")
    assert labels[:3].tolist() == [5, 0, 4]
    assert whole.mean() == pytest.approx(33.318421, abs=1e-6)
    rows = {image.tobytes(): i for i, image in enumerate(whole)}  # all 60,000 differ
    train, valid = (
        [rows[image] for image in as_bytes(split)] for split in (data.train, data.valid)
    )
    assert sorted(train + valid) == list(range(60_000))
    assert (labels[train] == data.train.labels).all() and (labels[valid] == data.valid.labels).all()
    assert not set(rows) & set(as_bytes(data.test))


def test_mnist_and_its_fixed_binarisation_part_the_digits_differently(real_data):
    """So who trains on one has seen most validation digits of the other, but no test digits."""
    grey = load("mnist", data_dir=real_data)
    fixed = load("binarized-mnist", data_dir=real_data)

    def likeliest(split):
        """Of each of the split's first 200 images, the split of MNIST with its likeliest digit."""
        coins = split.images[:200].reshape(200, -1).astype(np.float32) / 255
        best = []
        for own in grey.splits.values():
            p = np.clip(own.images.reshape(len(own), -1) / np.float32(255), 1e-3, 1 - 1e-3)
            best.append((coins @ np.log(p / (1 - p)).T + np.log(1 - p).sum(axis=1)).max(axis=1))
        return np.bincount(np.argmax(best, axis=0), minlength=3).tolist()

    assert likeliest(fixed.valid) == [173, 26, 1]  # the 1: coins fell so that another fits better
    assert likeliest(fixed.test) == [0, 0, 200]


def test_digits_are_mnist_training_images(real_data):
    whole = read_idx(real_data / "mnist" / "train-images-idx3-ubyte.gz")
    labels = read_idx(real_data / "mnist" / "train-labels-idx1-ubyte.gz")
    label_of = {image.tobytes(): label for image, label in zip(whole, labels, strict=True)}
    for split in load("digits").splits.values():
        assert [label_of[image] for image in as_bytes(split)] == split.labels.tolist()


def test_binarized_mnist(real_data):
    start = time.perf_counter()
    data = load("binarized-mnist", data_dir=real_data)
    assert time.perf_counter() - start < 2
    assert [len(split) for split in data.splits.values()] == [50_000, 10_000, 10_000]
    assert data.binary and data.image_shape == (1, 28, 28)
    for split, mean in zip(
        data.splits.values(),
        [0.130562, 0.131127, 0.132512],
        strict=True,
    ):
        assert split.labels is None
        assert np.bincount(split.images.ravel()).nonzero()[0].tolist() == [0, 255]
        assert split.images.mean() / 255 == pytest.approx(mean, abs=1e-6)


@pytest.fixture(scope="session")
def amat_texts(real_data):
    """The three official texts, rebuilt: ``0 1 ... 0`` per line."""
    texts = {}
    for name, split in load("binarized-mnist", data_dir=real_data).splits.items():
        text = np.full((len(split), 2 * 784), ord(" "), np.uint8)
        text[:, ::2] = split.images.reshape(-1, 784) // 255 + ord("0")
        text[:, -1] = ord("\n")
        texts[f"/binarized_mnist_{name}.amat"] = text.tobytes()
    return texts


def test_official_texts_are_fetched_and_give_the_same(
    real_data, amat_texts, tmp_path, server, mirrors
):
    server.files.update(amat_texts)
    mirrors("binarized_mnist", server.url + "/")
    packed = load("binarized-mnist", data_dir=real_data)
    fetched = load("binarized-mnist", data_dir=tmp_path)
    start = time.perf_counter()
    again = load("binarized-mnist", data_dir=tmp_path / "binarized_mnist")  # a flat folder
    assert time.perf_counter() - start < 2
    assert len(server.asked) == 3
    for name, split in packed.splits.items():
        np.testing.assert_array_equal(fetched.splits[name].images, split.images)
        np.testing.assert_array_equal(again.splits[name].images, split.images)


def test_another_binarisation_is_refused(tmp_path, one_line_error):
    parts = {name: np.zeros((10, 98), np.uint8) for name in ("train", "valid", "test")}
    np.savez(tmp_path / "binarized_mnist_packed.npz", **parts)
    with one_line_error("binarized_mnist_packed.npz", "is damaged"):
        load("binarized-mnist", data_dir=tmp_path)


def test_mnist_is_fetched_once(real_data, tmp_path, server, mirrors, monkeypatch):
    for path in (real_data / "mnist").glob("*.gz"):
        server.files["/" + path.name] = path.read_bytes()
    mirrors("mnist", server.url + "/")
    monkeypatch.setenv("MINIDRAW_DATA", str(tmp_path))
    for _ in range(2):
        assert len(load("mnist").train) == 50_000
    assert len(server.asked) == 4
    assert len(list((tmp_path / "mnist").iterdir())) == 4


def test_a_labels_file_is_one_array(idx_bytes):
    labels = np.array([5, 0, 4], np.uint8)
    assert parse_idx(idx_bytes(labels, zipped=True), "labels").tolist() == [5, 0, 4]


@pytest.fixture(scope="session")
def official(real_data):
    """The unpacked contents of MNIST's four files."""
    return {
        path.stem: gzip.decompress(path.read_bytes()) for path in (real_data / "mnist").glob("*.gz")
    }


@pytest.mark.parametrize(
    "layout",
    [
        "{name}",  # unpacked
        "mnist/{name}",
        "mnist/{name}.gz",  # packed anew
        "MNIST/raw/{name}",  # torchvision
        "MNIST/raw/{name}.gz",
        "archive/{name}/{name}",  # Kaggle
        "archive/{dotted}",
        "{upper}.GZ",
        "downloads/{number}.bin",
    ],
)
def test_mnist_is_found_by_its_contents(official, tmp_path, monkeypatch, mirrors, layout):
    mirrors("mnist")  # no download
    for number, (name, content) in enumerate(official.items()):
        names = {"dotted": name.replace("-idx", ".idx"), "upper": name.upper(), "number": number}
        path = tmp_path / layout.format(name=name, **names)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, 1) if path.suffix.lower() == ".gz" else content)
        (path.parent / f".{number}").write_bytes(b"hidden")
        (path.parent / f"{number}.txt").write_bytes(b"hello")
    data = load("mnist", data_dir=tmp_path)
    assert [len(split) for split in data.splits.values()] == [50_000, 10_000, 10_000]
    assert data.checksum == 3825353916  # as of the files that are downloaded


def test_fashion_is_not_mnist_and_is_never_replaced(
    official, tmp_path, server, mirrors, one_line_error
):
    mirrors("mnist", server.url + "/")
    other = bytearray(official["t10k-labels-idx1-ubyte"])
    other[100] ^= 1
    content = gzip.compress(bytes(other))
    for name, original in official.items():
        (tmp_path / name).write_bytes(original if name != "t10k-labels-idx1-ubyte" else other)
    fashion = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    fashion.parent.mkdir()
    fashion.write_bytes(content)
    with one_line_error(fashion, "is not MNIST's file", "Move it away"):
        load("mnist", data_dir=tmp_path)
    assert fashion.read_bytes() == content and not server.asked
