"""Products with packed weights against NumPy's own."""

import numpy as np
import pytest

from minidraw import kernels, layers
from minidraw.kernels import product

usable = pytest.mark.skipif(not product.USABLE, reason="this processor's products are BLAS's")


def some(*shape, dtype=np.float32):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


@usable
@pytest.mark.parametrize("sizes", [(49, 50), (193, 96), (384, 97), (64, 1024), (520, 200)])
def test_every_height_and_rest(sizes):
    """Batches of every height up to three tiles; depths and widths that leave a rest."""
    W, b = some(*sizes), some(sizes[1])
    packed, turned = kernels.packed(W), kernels.packed_transposed(W)
    assert isinstance(packed, product.Packed) and isinstance(turned, product.Packed)
    for n in [*range(1, 29), 50, 100]:
        x, dout = some(n, sizes[0]), some(n, sizes[1])
        out, cache = kernels.linear(x, packed, b)
        exact = x.astype(np.float64) @ W + b
        assert out.dtype == np.float32 and np.abs(out - exact).max() < 1e-5 * np.abs(exact).max()
        dx = kernels.linear_backward_input(dout, turned)
        exact = dout.astype(np.float64) @ W.T
        assert dx.shape == x.shape and np.abs(dx - exact).max() < 1e-5 * np.abs(exact).max()
        np.testing.assert_array_equal(cache.W, W)  # so that `linear_backward` can use it


@usable
def test_inputs_that_are_columns_of_a_wider_record():
    W, b, record = some(60, 70), some(70), some(11, 100)
    packed = kernels.packed(W)
    joined, _ = kernels.linear(record[:, 5:65].copy(), packed, b)
    for x in record[:, 5:65], np.asfortranarray(record[:, 5:65]):
        np.testing.assert_array_equal(kernels.linear(x, packed, b)[0], joined)


@pytest.mark.parametrize("dtype, shape", [(np.float64, (60, 70)), (np.float32, (60, 5))])
def test_what_stays_with_blas(dtype, shape):
    """Double precision, and matrices so narrow that most of a panel would be empty."""
    W, b, x = some(*shape, dtype=dtype), some(shape[1], dtype=dtype), some(3, 60, dtype=dtype)
    assert kernels.packed(W) is W
    np.testing.assert_array_equal(kernels.linear(x, W, b)[0], layers.linear(x, W, b)[0])
    turned = kernels.packed_transposed(W)
    np.testing.assert_array_equal(turned, W)
    dout = some(3, shape[1], dtype=dtype)
    dx = layers.linear_backward_input(dout, W)
    np.testing.assert_allclose(kernels.linear_backward_input(dout, turned), dx, rtol=1e-5)
