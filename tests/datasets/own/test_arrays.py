from pathlib import Path

import numpy as np
import pytest

from minidraw.datasets.own.arrays import as_images, as_images_alike, infer_image_shape


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
    out = as_images(np.arange(238, 256, dtype=np.uint8).reshape(2, 9), "it")
    assert out[1, 0].tolist() == [[247, 248, 249], [250, 251, 252], [253, 254, 255]]


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
    out = as_images(np.array([[values] * 3], dtype), "it")
    assert out.dtype == expected.dtype
    np.testing.assert_array_equal(out[0, 0, 1], expected)


@pytest.mark.parametrize(
    "values, found",
    [
        ([-1, 0, 1], "-1 to 1"),
        ([-1.0, 0, 1], "-1 to 1"),
        ([0, 256, 3], "0 to 256"),
        ([0.0, 300.5, 3], "0 to 300.5"),
        ([0, np.nan, 1], "NaN or infinite"),
        ([0, np.inf, 1], "NaN or infinite"),
        ([0, 0.5, 1.5], "0 to 1.5"),
    ],
)
def test_ranges_refused(values, found, one_line_error):
    with one_line_error("it", found):
        as_images(np.array([[values] * 3]), "it")


@pytest.mark.parametrize("array", [np.zeros((1, 2, 2), complex), np.full((1, 2, 2), "a")])
def test_types_refused(array, one_line_error):
    with one_line_error("it", array.dtype.name):
        as_images(array, "it")


@pytest.mark.parametrize("values", [[0, 16, 3], [0, 100.0, 3.5], [0, 9, 127], [0, 2, 1]])
def test_other_scales_are_refused_whatever_their_type(values, one_line_error):
    for dtype in (np.uint8, np.int64, np.float32):
        array = np.array([[values] * 3], dtype)
        with one_line_error("it", "0..1 or 0..255", f"Divide by {array.max():g} first"):
            as_images(array, "it")
    assert as_images(np.array([[[0, 128, 3]] * 3]), "it").max() == 128


def test_a_networks_pictures_may_be_dark():
    dark = np.full((2, 4, 5), 9, np.uint8)
    assert (as_images(dark, "it", image_shape=(1, 4, 5)) == 9).all()


@pytest.mark.parametrize(
    "shape, words",
    [
        ((28, 28, 1000), "a.transpose(2, 0, 1)[:, None]"),  # MATLAB: the pictures come last
        ((20, 28, 1965), "a.transpose(2, 0, 1)[:, None]"),
        ((28, 28, 5), "several ways"),
        ((60, 40, 3), "a[None] if it is one picture"),
        ((784, 10_000), "a.T if a column is a picture"),
        ((32, 32, 3, 50), "a.transpose(3, 2, 0, 1)"),
        ((3, 32, 32, 50), "a.transpose(3, 0, 1, 2)"),
        ((1, 28, 28, 50), "a.transpose(3, 0, 1, 2)"),
        ((28, 28, 1, 50), "a.transpose(3, 2, 0, 1)"),
        ((50, 785), "first column holds labels"),
        ((50, 1), "(n, B, A)"),  # columns
        ((50, 4), "(n, B, A)"),  # measurements of flowers
        ((50, 1, 1), "(n, B, A)"),
        ((50, 784, 1), "(n, B, A)"),  # a sequence of pixels
        ((50, 1, 784), "(n, B, A)"),
    ],
)
def test_shapes_that_can_be_read_in_several_ways_are_refused(shape, words, one_line_error):
    with one_line_error("it", shape, words):
        as_images(np.zeros(shape, np.uint8), "it")


@pytest.mark.parametrize(
    "shape, meant",
    [
        ((400, 4096), (400, 1, 64, 64)),  # faces of Olivetti
        ((100, 28, 28), (100, 1, 28, 28)),
        ((28, 28, 28), (28, 1, 28, 28)),
        ((3, 28, 28), (3, 1, 28, 28)),
        ((28, 1, 28, 1000), (28, 1, 28, 1000)),  # four axes say which is which
        ((10, 40, 60, 3), (10, 3, 40, 60)),
    ],
)
def test_usual_shapes_are_not_questioned(shape, meant):
    assert as_images(np.zeros(shape, np.uint8), "it").shape == meant


def test_a_network_knows_the_order_of_its_images():
    for shape in ((28, 28, 30), (28, 1, 28, 30), (20, 28, 30)):
        image_shape = (1, 28, 30)
        assert as_images(np.zeros(shape), "it", image_shape).shape == (shape[0], *image_shape)


@pytest.mark.parametrize(
    "pictures, words",
    [
        ([[[0, 1], [2]]], "one size"),
        ([np.zeros((2, 2)), np.zeros((3, 3))], "one size"),
        ("pictures.npy", "minidraw.load"),
        (Path("pictures.npy"), "minidraw.load"),
        (None, "NoneType"),
        ({"images": 1}, "dict"),
        ([[["a", "b"]]], "str"),
        (np.array([[[1, None], [2, 3]]], object), "int"),
    ],
)
def test_what_is_no_array_of_numbers(pictures, words, one_line_error):
    with one_line_error("it", words):
        as_images(pictures, "it")


def test_arrays_of_one_source_share_their_scale(one_line_error):
    light = np.full((2, 4, 4), 255, np.uint8)
    dark = np.full((2, 4, 4), 9, np.uint8)
    assert (as_images_alike([light, dark], "it")[1] == 9).all()
    with one_line_error("it", "255 and 1"):
        as_images_alike([light, light / 255], "it")
