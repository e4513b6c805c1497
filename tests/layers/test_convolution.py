"""Known answers of the convolution."""

import numpy as np
import pytest
from scipy.signal import correlate

from minidraw import layers


@pytest.mark.parametrize("size, stride", [(3, 1), (3, 2), (2, 3), (4, 4), (1, 1)])
def test_equals_scipys_correlation(ops, size, stride):
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal((2, 3, 9, 7)), rng.standard_normal((3 * size**2, 5))
    b = rng.standard_normal(5)
    out, _ = ops.convolution(x, W, b, size=size, stride=stride)
    for image, found in zip(x, out, strict=True):
        for k in range(5):
            full = correlate(image, W[:, k].reshape(3, size, size), "valid")[0]
            np.testing.assert_allclose(found[k], full[::stride, ::stride] + b[k], rtol=1e-9)


def test_a_filter_of_one_pixel_finds_that_pixel():
    x = np.arange(2 * 5 * 4.0).reshape(1, 2, 5, 4)
    W = np.zeros((2, 3, 3))
    W[1, 2, 0] = 1  # the second channel, two down
    out, _ = layers.convolution(x, W.reshape(18, 1), np.zeros(1), size=3, stride=1)
    np.testing.assert_array_equal(out[0, 0], x[0, 1, 2:, :2])


def test_pixels_beyond_the_last_place_have_no_gradient():
    x = np.ones((1, 1, 8, 6))
    out, cache = layers.convolution(x, np.ones((9, 2)), np.zeros(2), size=3, stride=2)
    assert out.shape == (1, 2, 3, 2)
    dx, _, _ = layers.convolution_backward(np.ones_like(out), cache)
    assert (dx[:, :, 7:] == 0).all() and (dx[..., 5:] == 0).all() and (dx[:, :, :7, :5] > 0).all()


def test_prepared_weights_give_the_same(ops):
    rng = np.random.default_rng(0)
    x = rng.random((2, 1, 8, 6)).astype(np.float32)
    params = {"f.W": rng.random((9, 16)).astype(np.float32), "f.b": np.zeros(16, np.float32)}
    ready = ops.prepare(params)
    out, cache = ops.convolution(x, ready["f.W"], ready["f.b"], size=3, stride=1)
    expected, _ = layers.convolution(x, params["f.W"], params["f.b"], size=3, stride=1)
    np.testing.assert_array_equal(out, expected)
    assert cache.W.shape == (9, 16)
