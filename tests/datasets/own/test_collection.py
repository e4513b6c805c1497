import gzip

import numpy as np
import pytest
from PIL import Image

from minidraw.datasets import load

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 6, 5)).astype(np.uint8)


def every_image(data):
    """All images of a data set, in the order of their bytes."""
    return sorted(image.tobytes() for split in data.splits.values() for image in split.images)


@pytest.fixture
def saved(tmp_path, idx_bytes):
    """The same pictures in every form that is accepted."""
    np.savez(tmp_path / "a.npz", images=IMAGES)
    np.save(tmp_path / "a.npy", IMAGES)
    (tmp_path / "a.idx").write_bytes(idx_bytes(IMAGES))
    (tmp_path / "a.idx.gz").write_bytes(idx_bytes(IMAGES, zipped=True))
    (tmp_path / "folder").mkdir()
    for i, image in enumerate(IMAGES):
        Image.fromarray(image).save(tmp_path / "folder" / f"{i:03}.png")
    return tmp_path


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.idx", "a.idx.gz", "folder"])
def test_every_form_gives_the_same(saved, name):
    data = load(saved / name)
    assert (len(data.train), len(data.valid), data.test) == (27, 3, None)
    assert data.image_shape == (1, 6, 5)
    assert data.name == name and not data.binary
    assert every_image(data) == sorted(image.tobytes() for image in IMAGES)
    for split in data.splits.values():
        assert split.images.dtype == np.uint8 and split.images.flags.c_contiguous


def test_a_string_is_a_path_too(saved):
    assert len(load(str(saved / "a.npy")).train) == 27


def test_the_seed_chooses_the_validation_images(saved):
    def held(seed):
        return load(saved / "a.npy", seed=seed).valid.images.tobytes()

    assert held(1) == held(1) != held(2)


@pytest.mark.parametrize(
    "valid, count", [(None, 3), (0.2, 6), (0.001, 1), (1, 1), (7, 7), (29, 29), (np.int64(4), 4)]
)
def test_how_many_are_held_out(saved, valid, count):
    data = load(saved / "a.npy", valid=valid)
    assert (len(data.train), len(data.valid)) == (30 - count, count)
    assert every_image(data) == sorted(image.tobytes() for image in IMAGES)


@pytest.mark.parametrize("valid", [0, -1, 30, 1.5, 0.99, float("nan"), float("inf")])
def test_valid_refused(saved, one_line_error, valid):
    with one_line_error("valid", "29"):
        load(saved / "a.npy", valid=valid)


def test_two_pictures_are_enough_and_one_is_not(tmp_path, one_line_error):
    np.save(tmp_path / "two.npy", IMAGES[:2])
    np.save(tmp_path / "one.npy", IMAGES[:1])
    data = load(tmp_path / "two.npy")
    assert len(data.train) == len(data.valid) == 1
    with one_line_error("one.npy", "at least 2"):
        load(tmp_path / "one.npy")


@pytest.mark.parametrize("names", [("images", "labels"), ("x_train", "y"), ("x_train", "y_train")])
def test_npz_names_and_labels(tmp_path, names):
    digits = np.arange(30, dtype=np.uint8)
    arrays = {"other": IMAGES * 0, names[0]: IMAGES, names[1]: digits}
    np.savez(tmp_path / "a.npz", **arrays)
    data = load(tmp_path / "a.npz")
    for split in data.splits.values():
        np.testing.assert_array_equal(split.images[:, 0], IMAGES[split.labels])
        assert split.labels.dtype == np.int64


def test_npz_takes_the_first_array_that_can_be_pictures(tmp_path):
    np.savez(tmp_path / "a.npz", names=np.full((30, 2, 2), "a"), v=np.arange(3), x=IMAGES, w=IMAGES)
    assert every_image(load(tmp_path / "a.npz")) == sorted(image.tobytes() for image in IMAGES)


def test_npz_errors(tmp_path, one_line_error):
    np.savez(tmp_path / "none.npz", v=np.arange(3), w=np.zeros((5, 98)))
    with one_line_error("none.npz", "no array holds pictures", "v (3,), w (5, 98)"):
        load(tmp_path / "none.npz")
    np.savez(tmp_path / "names.npz", **{"a\nb": np.arange(3), "c" * 1000: np.arange(3)})
    with one_line_error("names.npz", "a b (3,)"):
        load(tmp_path / "names.npz")
    np.savez(tmp_path / "empty.npz")
    with one_line_error("empty.npz", "zip archive without arrays"):
        load(tmp_path / "empty.npz")
    np.savez(tmp_path / "few.npz", images=IMAGES, labels=np.arange(3))
    with one_line_error("few.npz", "shape (3,); expected (30,)"):
        load(tmp_path / "few.npz")


def test_npz_labels_may_stand_in_a_column(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=np.arange(30)[:, None])
    data = load(tmp_path / "a.npz")
    for split in (data.train, data.valid):
        assert all(
            (IMAGES[k] == image).all() for image, k in zip(split.images, split.labels, strict=True)
        )


def test_a_folder_called_like_a_set_is_not_that_set(tmp_path):
    np.save(tmp_path / "svhn", IMAGES)
    (tmp_path / "svhn.npy").rename(tmp_path / "svhn")
    assert load(tmp_path / "svhn").name == "./svhn"


def test_binary_is_noticed(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES > 127)
    data = load(tmp_path / "a.npy")
    assert data.binary and set(np.unique(data.train.images)) == {0, 255}


def test_size_and_invert_reach_arrays_and_folders(saved):
    for name in ("a.npy", "folder"):
        data = load(saved / name, size=12, invert=True)
        assert data.image_shape == (1, 12, 12)
        left = data.train.images[:, :, :, 0]  # padded there, so all of one level
        assert (left == left[:, :, :1]).all()
        inverted = sorted((255 - image).tobytes() for image in IMAGES)
        assert every_image(load(saved / name, invert=True)) == inverted
    assert load(saved / "a.npy", size=(4, 9)).image_shape == (1, 4, 9)


@pytest.mark.parametrize("size", [0, -3, 2.5, "28", (1, 2, 3), (0, 4), ()])
def test_size_refused(saved, one_line_error, size):
    with one_line_error("size", repr(size)):
        load(saved / "a.npy", size=size)


def test_files_that_are_no_data_set(saved, one_line_error):
    with one_line_error("000.png", "single picture", "folder"):
        load(saved / "folder" / "000.png")
    (saved / "a.txt").write_text("hello")
    with one_line_error("a.txt", ".npz, .npy or idx"):
        load(saved / "a.txt")
    (saved / "empty").write_bytes(b"")
    with one_line_error("empty"):
        load(saved / "empty")


def test_values_out_of_range_name_the_file(tmp_path, one_line_error):
    np.save(tmp_path / "a.npy", IMAGES.astype(float) - 128)
    with one_line_error("a.npy", "-128 to 127"):
        load(tmp_path / "a.npy")


def test_stretched_pictures_fill_the_size(saved):
    expected = [
        Image.fromarray(image).resize((12, 9), Image.Resampling.LANCZOS) for image in IMAGES
    ]
    for name in ("a.npy", "folder"):
        data = load(saved / name, size=(9, 12), stretch=True)
        assert every_image(data) == sorted(image.tobytes() for image in expected)


@pytest.mark.parametrize("crop, shape", [(4, (4, 4)), ((6, 2), (6, 2)), ((5, 4), (5, 4))])
def test_crop_keeps_whole_pictures_for_training_and_middles_for_validation(saved, crop, shape):
    whole, cropped = load(saved / "a.npy"), load(saved / "a.npy", crop=crop)
    np.testing.assert_array_equal(cropped.train.images, whole.train.images)
    assert cropped.image_shape == (1, *shape)
    top, left = (6 - shape[0]) // 2, (5 - shape[1]) // 2
    expected = whole.valid.images[:, :, top : top + shape[0], left : left + shape[1]]
    np.testing.assert_array_equal(cropped.valid.images, expected)


@pytest.mark.parametrize("crop", [7, (6, 6), (7, 5)])
def test_crop_must_fit(saved, one_line_error, crop):
    with one_line_error("crop", "larger", "a.npy", "5x6"):
        load(saved / "a.npy", crop=crop)


@pytest.mark.parametrize("crop", [0, -3, 2.5, "28", (1, 2, 3)])
def test_crop_refused(saved, one_line_error, crop):
    with one_line_error("crop", repr(crop)):
        load(saved / "a.npy", crop=crop)


LABELS = np.arange(30) % 3


def labelled(data):
    """A picture's class by its bytes, as the data set has it and as it should be."""
    names = data.class_names or range(100)
    return {
        image.tobytes(): names[label]
        for split in data.splits.values()
        for image, label in zip(split.images, split.labels, strict=True)
    }


@pytest.mark.parametrize(
    "images, labels, test",
    [
        ("train_images", "train_labels", "test_images"),  # MedMNIST
        ("x_train", "y_train", "x_test"),  # Keras
        ("X_train", "y_train", "X_test"),
        ("trainX", "trainY", "testX"),
        ("Xtrain", "ytrain", "Xtest"),
        ("images", "labels", "test_images"),
        ("data", "target", "x_test"),
        ("training_data", "training_targets", "testing_data"),
        ("digits_train", "labels_train", "digits_test"),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_names_of_other_libraries_in_any_order(tmp_path, images, labels, test, reverse):
    arrays = {images: IMAGES, labels: LABELS[:, None].astype(np.uint8), test: IMAGES[:7] // 2 + 1}
    arrays = dict(reversed(arrays.items())) if reverse else arrays
    np.savez(tmp_path / "a.npz", **arrays)
    data = load(tmp_path / "a.npz")
    assert [len(split) for split in data.splits.values()] == [27, 3, 7]
    np.testing.assert_array_equal(data.test.images[:, 0], IMAGES[:7] // 2 + 1)
    assert data.test.labels is None and data.classes == 3 and data.notes == ()
    for split in (data.train, data.valid):
        for image, label in zip(split.images[:, 0], split.labels, strict=True):
            assert (IMAGES[LABELS == label] == image).all(axis=(1, 2)).any()


def test_a_files_own_validation_images_are_used(tmp_path, one_line_error):
    arrays = {f"{name}_images": IMAGES[k:] for k, name in enumerate(("train", "val", "test"))}
    arrays |= {
        f"{name}_labels": LABELS[k:, None] for k, name in enumerate(("train", "val", "test"))
    }
    np.savez(tmp_path / "a.npz", **arrays)
    data = load(tmp_path / "a.npz", crop=4)
    assert [len(split) for split in data.splits.values()] == [30, 29, 28]
    assert data.valid.labels.tolist() == LABELS[1:].tolist()
    assert data.test.images.shape == (28, 1, 4, 4) and data.train.images.shape == (30, 1, 6, 5)
    with one_line_error("validation images of its own"):
        load(tmp_path / "a.npz", valid=0.2)


@pytest.mark.parametrize("name", ["x_test", "test_images", "val_images", "X_valid", "t10k-images"])
def test_other_sets_are_never_trained_on(tmp_path, one_line_error, name):
    np.savez(tmp_path / "a.npz", **{name: IMAGES, "y": LABELS})
    with one_line_error("no training pictures", name, "name images"):
        load(tmp_path / "a.npz")


def test_sets_of_different_shapes_or_scales_are_refused(tmp_path, one_line_error):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, x_test=IMAGES[:, :4])
    with one_line_error("(30, 1, 6, 5), (30, 1, 4, 5)"):
        load(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x_train=IMAGES, x_test=IMAGES / 255)
    with one_line_error("255 and 1"):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "labels, names",
    [
        (LABELS.astype(float), ()),
        (LABELS == 1, ()),
        (LABELS - 1, (-1, 0, 1)),
        (np.array(["ape", "bee", "cat"])[LABELS], ("ape", "bee", "cat")),
        (np.array([b"ape", b"bee", b"cat"])[LABELS][:, None], ("ape", "bee", "cat")),
    ],
)
def test_labels_are_numbers_or_words(tmp_path, labels, names):
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=labels)
    data = load(tmp_path / "a.npz")
    assert data.class_names == names and data.notes == ()
    places = {image.tobytes(): k for k, image in enumerate(IMAGES)}
    for image, name in labelled(data).items():
        expected = np.ravel(labels)[places[image]]
        assert name == (expected.decode() if isinstance(expected, bytes) else expected)


@pytest.mark.parametrize(
    "labels, reason",
    [
        (np.full(30, np.nan), "aren't whole numbers"),
        (LABELS + 0.5, "aren't whole numbers"),
        (np.eye(3)[LABELS], "one class per picture"),
        (np.array([None] * 30), "never unpickled"),
        (np.array(3), "one class per picture"),
        (LABELS + 1j, "complex"),
    ],
)
def test_labels_that_are_no_classes_are_mentioned(tmp_path, labels, reason):
    np.savez(tmp_path / "a.npz", images=IMAGES, labels=labels)
    data = load(tmp_path / "a.npz")
    assert data.train.labels is None and len(data.notes) == 1
    assert data.notes[0].startswith("doesn't use labels: ") and reason in data.notes[0]


def test_arrays_that_are_not_used_are_mentioned(tmp_path):
    np.savez(tmp_path / "a.npz", v=IMAGES, w=IMAGES)
    assert load(tmp_path / "a.npz").notes == ("trains on v; doesn't use w",)
    np.savez(tmp_path / "a.npz", IMAGES, LABELS)
    [note] = load(tmp_path / "a.npz").notes
    assert note == "doesn't use arr_1; if it holds classes, name it labels"


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"),
        ("a/train-images.idx3-ubyte/train-images", "train-labels.idx", "test-images.idx3"),
        ("EMNIST-Letters-Train-Images", "EMNIST-Letters-Train-Labels", "EMNIST-Test-Images.GZ"),
    ],
)
def test_a_folder_of_idx_files(tmp_path, idx_bytes, names, zipped):
    arrays = IMAGES, LABELS.astype(np.uint8), IMAGES[:7]
    for name, array in zip(names, arrays, strict=True):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(idx_bytes(array, zipped))
    (tmp_path / "readme.txt").write_text("hello")
    data = load(tmp_path)
    assert [len(split) for split in data.splits.values()] == [27, 3, 7] and data.classes == 3
    assert data.notes == ("skipped 1 files of other kinds (readme.txt)",)


def test_a_folder_of_npy_files(tmp_path):
    np.save(tmp_path / "X_test.npy", IMAGES[:7])
    np.save(tmp_path / "X_train.npy", IMAGES)
    np.save(tmp_path / "y_train.npy", LABELS)
    data = load(tmp_path)
    assert [len(split) for split in data.splits.values()] == [27, 3, 7] and data.classes == 3


@pytest.mark.parametrize(
    "content, kind",
    [
        (b"\x89PNG\r\n\x1a\n", "a single picture (PNG)"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a single picture (WEBP)"),
        (b"label,pixel0,pixel1,2,3,4,5,6,7,8,9\n5,0,0\n", "numpy.loadtxt"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"\x80\x04\x95", "a pickle, which is never loaded"),
        (b"PAR1", "a Parquet table"),
        (b"<!DOCTYPE html>", "an HTML page"),
        (gzip.compress(b"\0" * 257 + b"ustar"), "a tar archive"),
        (gzip.compress(b"hello"), "a gzip file"),
        (b"\x1f\x8b\x08nonsense", "a damaged gzip file"),
        (b"", "an empty file"),
        (bytes(range(200, 250)), "unknown file format"),
    ],
)
def test_a_file_is_named_for_what_it_really_is(tmp_path, one_line_error, content, kind):
    (tmp_path / "a.npz").write_bytes(content)
    with one_line_error("a.npz", kind, "expected a .npz"):
        load(tmp_path / "a.npz")
