"""Products with packed weights against NumPy's own, on every unit of this processor."""

import numpy as np
import pytest

from minidraw import kernels, layers
from minidraw.kernels.products import amx, avx512, interface

TOLERANCES = {avx512: 1e-5, amx: 5e-5}  # largest error / largest result: float32, 16 bits


@pytest.fixture(params=TOLERANCES, ids=["avx512", "amx"])
def unit(request, monkeypatch):
    if not request.param.is_usable():
        pytest.skip("this processor has no such unit")
    monkeypatch.setattr(interface, "choose_unit", lambda: request.param)
    return request.param


def random_array(*shape, dtype=np.float32):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def assert_close(ours, exact, unit):
    assert ours.dtype == np.float32 and ours.shape == exact.shape
    assert np.abs(ours - exact).max() < TOLERANCES[unit] * np.abs(exact).max()


@pytest.mark.parametrize("sizes", [(49, 50), (193, 96), (384, 97), (64, 1024), (520, 200)])
def test_every_height_and_remainder(unit, sizes):
    """Batches up to three tiles high; depths and widths that don't fill the last tile."""
    W, b = random_array(*sizes), random_array(sizes[1])
    packed, transposed = kernels.pack(W), kernels.pack_transposed(W)
    assert isinstance(packed, interface.Packed) and isinstance(transposed, interface.Packed)
    for n in [*range(1, 35), 50, 100]:
        x, dout = random_array(n, sizes[0]), random_array(n, sizes[1])
        out, cache = kernels.linear(x, packed, b)
        assert_close(out, x.astype(np.float64) @ W + b, unit)
        dx = kernels.linear_backward_input(dout, transposed)
        assert_close(dx, dout.astype(float) @ W.T, unit)
        np.testing.assert_array_equal(cache.W, W)  # so that `linear_backward` can use it


def test_inputs_may_be_columns_of_a_wider_array(unit):
    W, b, wide = random_array(60, 70), random_array(70), random_array(11, 100)
    packed = kernels.pack(W)
    contiguous, _ = kernels.linear(wide[:, 5:65].copy(), packed, b)
    for x in wide[:, 5:65], np.asfortranarray(wide[:, 5:65]):
        np.testing.assert_array_equal(kernels.linear(x, packed, b)[0], contiguous)


@pytest.mark.parametrize("N, inputs, outputs", [(33, 49, 50), (600, 64, 97), (1537, 70, 128)])
def test_weight_gradients_over_one_chunk_and_several(unit, N, inputs, outputs):
    wide, dout = random_array(N, inputs + 9), random_array(N, outputs)
    for x in wide[:, 4:-5], np.asfortranarray(wide[:, 4:-5]):
        dW, db = kernels.linear_backward_weights(dout, x)
        assert_close(dW, x.T.astype(float) @ dout, unit)
        np.testing.assert_array_equal(db, dout.sum(axis=0))


def test_values_that_are_not_finite_stay_so(unit):
    """Otherwise a run that diverged would go on with zeros."""
    W, b = random_array(60, 70), random_array(70)
    for bad in np.nan, np.inf, -np.inf:
        x = random_array(3, 60)
        x[1, 7] = bad
        out, _ = kernels.linear(x, kernels.pack(W), b)
        assert not np.isfinite(out[1]).any() and np.isfinite(out[[0, 2]]).all()


@pytest.mark.skipif(not amx.is_usable(), reason="this processor has no such unit")
def test_amx_keeps_sixteen_bits():
    """The largest error is 2e-6 of the sum of the terms' sizes; the mean error is zero."""
    x, W, b = random_array(100, 520), random_array(520, 1024), np.zeros(1024, np.float32)
    out = amx.multiply(x, amx.pack(W), b)
    error = (out - x.astype(float) @ W) / (np.abs(x).astype(float) @ np.abs(W))
    assert np.abs(error).max() < 2e-6
    assert abs(error.mean()) < 5e-9


@pytest.mark.parametrize("dtype, shape", [(np.float64, (60, 70)), (np.float32, (60, 5))])
def test_float64_and_narrow_matrices_use_blas(dtype, shape):
    W, b, x = (random_array(*size, dtype=dtype) for size in (shape, shape[1:], (3, 60)))
    assert kernels.pack(W) is W
    np.testing.assert_array_equal(kernels.linear(x, W, b)[0], layers.linear(x, W, b)[0])
    transposed = kernels.pack_transposed(W)
    np.testing.assert_array_equal(transposed, W)
    dout = random_array(3, shape[1], dtype=dtype)
    dx = layers.linear_backward_input(dout, W)
    np.testing.assert_allclose(kernels.linear_backward_input(dout, transposed), dx, rtol=1e-5)
