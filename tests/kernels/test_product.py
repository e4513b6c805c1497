"""Products with packed weights against NumPy's own, on every unit that this processor has."""

import numpy as np
import pytest

from minidraw import kernels, layers
from minidraw.kernels.products import amx, avx512, interface

# Largest error beside the largest result: single precision, and numbers cut to 16 bits.
UNITS = {avx512: 1e-5, amx: 5e-5}


@pytest.fixture(params=UNITS, ids=["avx512", "amx"])
def unit(request, monkeypatch):
    if not request.param.USABLE:
        pytest.skip("this processor has no such unit")
    monkeypatch.setattr(interface, "UNIT", request.param)
    return request.param


def some(*shape, dtype=np.float32):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def assert_close(ours, exact, unit):
    assert ours.dtype == np.float32 and ours.shape == exact.shape
    assert np.abs(ours - exact).max() < UNITS[unit] * np.abs(exact).max()


@pytest.mark.parametrize("sizes", [(49, 50), (193, 96), (384, 97), (64, 1024), (520, 200)])
def test_every_height_and_rest(unit, sizes):
    """Batches of every height up to three tiles; depths and widths that leave a rest."""
    W, b = some(*sizes), some(sizes[1])
    packed, turned = kernels.pack(W), kernels.pack_transposed(W)
    assert isinstance(packed, interface.Packed) and isinstance(turned, interface.Packed)
    for n in [*range(1, 35), 50, 100]:
        x, dout = some(n, sizes[0]), some(n, sizes[1])
        out, cache = kernels.linear(x, packed, b)
        assert_close(out, x.astype(np.float64) @ W + b, unit)
        assert_close(kernels.linear_backward_input(dout, turned), dout.astype(float) @ W.T, unit)
        np.testing.assert_array_equal(cache.W, W)  # so that `linear_backward` can use it


def test_inputs_that_are_columns_of_a_wider_record(unit):
    W, b, record = some(60, 70), some(70), some(11, 100)
    packed = kernels.pack(W)
    joined, _ = kernels.linear(record[:, 5:65].copy(), packed, b)
    for x in record[:, 5:65], np.asfortranarray(record[:, 5:65]):
        np.testing.assert_array_equal(kernels.linear(x, packed, b)[0], joined)


@pytest.mark.parametrize("N, inputs, outputs", [(33, 49, 50), (600, 64, 97), (1537, 70, 128)])
def test_weight_gradients_over_one_chunk_and_several(unit, N, inputs, outputs):
    record, dout = some(N, inputs + 9), some(N, outputs)
    for x in record[:, 4:-5], np.asfortranarray(record[:, 4:-5]):
        dW, db = kernels.linear_backward_weights(dout, x)
        assert_close(dW, x.T.astype(float) @ dout, unit)
        np.testing.assert_array_equal(db, dout.sum(axis=0))


def test_what_is_not_finite_stays_so(unit):
    """Otherwise a training that diverged would go on with zeros."""
    W, b = some(60, 70), some(70)
    for bad in np.nan, np.inf, -np.inf:
        x = some(3, 60)
        x[1, 7] = bad
        out, _ = kernels.linear(x, kernels.pack(W), b)
        assert not np.isfinite(out[1]).any() and np.isfinite(out[[0, 2]]).all()


@pytest.mark.skipif(not amx.USABLE, reason="this processor has no such unit")
def test_the_matrix_unit_keeps_sixteen_bits():
    """Worst over many products: 2e-6 of the sum of the terms' sizes, and no bias."""
    x, W, b = some(100, 520), some(520, 1024), np.zeros(1024, np.float32)
    out = amx.multiply(x, amx.pack(W), b)
    error = (out - x.astype(float) @ W) / (np.abs(x).astype(float) @ np.abs(W))
    assert np.abs(error).max() < 2e-6
    assert abs(error.mean()) < 5e-9


@pytest.mark.parametrize("dtype, shape", [(np.float64, (60, 70)), (np.float32, (60, 5))])
def test_what_stays_with_blas(dtype, shape):
    """Double precision, and matrices so narrow that most of a panel would be empty."""
    W, b, x = some(*shape, dtype=dtype), some(shape[1], dtype=dtype), some(3, 60, dtype=dtype)
    assert kernels.pack(W) is W
    np.testing.assert_array_equal(kernels.linear(x, W, b)[0], layers.linear(x, W, b)[0])
    turned = kernels.pack_transposed(W)
    np.testing.assert_array_equal(turned, W)
    dout = some(3, shape[1], dtype=dtype)
    dx = layers.linear_backward_input(dout, W)
    np.testing.assert_allclose(kernels.linear_backward_input(dout, turned), dx, rtol=1e-5)
