import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from minidraw.datasets import Dataset, Split, as_float, bundled_path
from minidraw.datasets.base import central_crop, hold_out, seeded_permutation


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_as_float_maps_levels_to_0_1(dtype):
    out = as_float(np.array([0, 51, 255], np.uint8), dtype)
    assert out.dtype == dtype
    np.testing.assert_allclose(out, [0, 0.2, 1], rtol=1e-7)
    assert out[2] == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_as_float_leaves_floats_and_copies(dtype):
    images = np.array([0, 0.25, 1], np.float32)
    out = as_float(images, dtype)
    assert out.dtype == dtype and not np.shares_memory(out, images)
    np.testing.assert_array_equal(out, images)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_mean_image(dtype):
    images = np.random.default_rng(0).integers(0, 256, (50, 3, 5, 4)).astype(np.uint8)
    if dtype == np.float32:
        images = as_float(images)
    data = Dataset("x", Split(images), Split(images[:1] * 0))
    assert data.image_shape == (3, 5, 4)
    assert data.mean_image.dtype == np.float64
    np.testing.assert_allclose(data.mean_image, as_float(images, np.float64).mean(axis=0))


def test_mean_image_makes_no_float_copy():
    images = np.zeros((20_000, 1, 28, 28), np.uint8)
    data = Dataset("x", Split(images), Split(images[:1]))
    tracemalloc.start()
    data.mean_image  # noqa: B018
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes / 10


def test_mean_image_of_parts_is_the_mean_of_all_that_can_be_seen():
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 7, 5)).astype(np.uint8)
    data = Dataset("x", Split(images), Split(images[:2, :, :5, :4]))
    assert data.image_shape == (3, 5, 4)
    seen = [images[:, :, y : y + 5, x : x + 4] / 255 for y in range(3) for x in range(2)]
    np.testing.assert_allclose(data.mean_image, np.mean(seen, axis=(0, 1)))


def test_middle():
    images = np.arange(2 * 3 * 64 * 64).reshape(2, 3, 64, 64)
    np.testing.assert_array_equal(central_crop(images, (54, 54)), images[:, :, 5:59, 5:59])
    np.testing.assert_array_equal(central_crop(images, (63, 60)), images[:, :, 0:63, 2:62])
    np.testing.assert_array_equal(central_crop(images, (64, 64)), images)
    data = Dataset("x", Split(images), Split(central_crop(images[:1], (54, 54))))
    np.testing.assert_array_equal(data.central_crops, images[:, :, 5:59, 5:59])


def test_fixed_order_never_changes():
    assert seeded_permutation(10, 0).tolist() == [3, 2, 1, 8, 6, 0, 7, 4, 5, 9]
    assert sorted(seeded_permutation(1000, 3)) == list(range(1000))
    assert (seeded_permutation(100, 1) != seeded_permutation(100, 2)).any()


def test_hold_out_parts_without_overlap_and_keeps_labels():
    images = np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1)
    rest, held = hold_out(Split(images, np.arange(20)), 5, seed=1)
    assert (len(rest), len(held)) == (15, 5)
    for part in (rest, held):
        assert part.images.ravel().tolist() == part.labels.tolist() == sorted(part.labels)
    assert set(rest.labels) | set(held.labels) == set(range(20))


def test_bundled_path(one_line_error):
    assert bundled_path("mnist_5k.npz").is_file()
    with one_line_error("nothing.npz", "Install"):
        bundled_path("nothing.npz")


def test_importing_datasets_imports_numpy_only():
    code = (
        "import sys, minidraw.datasets, minidraw.datasets.description;"
        "print({'pooch', 'PIL', 'scipy', 'requests', 'tqdm'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
