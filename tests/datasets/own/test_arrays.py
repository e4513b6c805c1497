import numpy as np
import pytest

from minidraw.datasets.own.arrays import as_images, infer_image_shape


@pytest.mark.parametrize(
    "given, meant",
    [
        ((7, 5, 4), (7, 1, 5, 4)),
        ((7, 5, 4, 3), (7, 3, 5, 4)),
        ((7, 5, 4, 1), (7, 1, 5, 4)),
        ((7, 3, 5, 4), (7, 3, 5, 4)),
        ((7, 1, 5, 4), (7, 1, 5, 4)),
        ((7, 3, 5, 3), (7, 3, 5, 3)),  # both orders fit: channels first
        ((7, 1, 5, 3), (7, 1, 5, 3)),
        ((7, 784), (7, 1, 28, 28)),
        ((7, 98), None),
        ((7,), None),
        ((), None),
        ((7, 4, 5, 2), None),
        ((7, 2, 5, 4), None),
        ((0, 28, 28), None),
        ((7, 3, 5, 4, 1), None),
    ],
)
def test_shapes(given, meant, one_line_error):
    assert infer_image_shape(given) == meant
    array = np.zeros(given, np.uint8)
    if meant:
        assert as_images(array, "it").shape == meant
    else:
        with one_line_error("it", given, "(n, B, A)"):
            as_images(array, "it")


def test_channels_last_moves_the_channels():
    array = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3)).astype(np.uint8)
    out = as_images(array, "it")
    assert out[1, 2, 3, 0] == array[1, 3, 0, 2]
    assert out.flags.c_contiguous


def test_flat_pictures_are_unrolled_by_rows():
    out = as_images(np.arange(18, dtype=np.uint8).reshape(2, 9), "it")
    assert out[1, 0].tolist() == [[9, 10, 11], [12, 13, 14], [15, 16, 17]]


@pytest.mark.parametrize(
    "values, dtype, expected",
    [
        ([0, 7, 255], np.uint8, np.array([0, 7, 255], np.uint8)),
        ([0, 7, 255], np.int64, np.array([0, 7, 255], np.uint8)),
        ([0, 1, 1], np.int32, np.array([0, 255, 255], np.uint8)),
        ([0, 1, 1], np.uint8, np.array([0, 255, 255], np.uint8)),
        ([0, 1, 1], np.float64, np.array([0, 255, 255], np.uint8)),
        ([False, True, True], bool, np.array([0, 255, 255], np.uint8)),
        ([0, 0.25, 1], np.float64, np.array([0, 0.25, 1], np.float32)),
        ([-1e-9, 0.5, 1 + 1e-7], np.float64, np.array([0, 0.5, 1], np.float32)),
        ([0, 51, 255], np.float64, np.array([0, 0.2, 1], np.float32)),
        ([0, 127.5, 255], np.float16, np.array([0, 0.5, 1], np.float32)),
    ],
)
def test_ranges(values, dtype, expected):
    out = as_images(np.array(values, dtype).reshape(1, 1, 3), "it")
    assert out.dtype == expected.dtype
    np.testing.assert_array_equal(out.ravel(), expected)


@pytest.mark.parametrize(
    "values, found",
    [
        ([-1, 0, 1], "-1 to 1"),
        ([-1.0, 0, 1], "-1 to 1"),
        ([0, 256, 3], "0 to 256"),
        ([0.0, 300.5, 3], "0 to 300.5"),
        ([0, np.nan, 1], "nan to nan"),
        ([0, np.inf, 1], "0 to inf"),
        ([0, 0.5, 1.5], "0 to 1.5"),
    ],
)
def test_ranges_refused(values, found, one_line_error):
    with one_line_error("it", found):
        as_images(np.array(values).reshape(1, 1, 3), "it")


@pytest.mark.parametrize("array", [np.zeros((1, 2, 2), complex), np.full((1, 2, 2), "a")])
def test_types_refused(array, one_line_error):
    with one_line_error("it", array.dtype.name):
        as_images(array, "it")
