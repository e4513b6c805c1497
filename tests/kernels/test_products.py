"""Products with prepared weights against NumPy's own."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minidraw import kernels, layers
from minidraw.kernels.products import interface, tiles

needs_unit = pytest.mark.skipif(tiles.choose_unit() is None, reason="no fused multiply-add here")


def random_array(*shape, dtype=np.float32):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def assert_close(ours, exact):
    assert ours.dtype == np.float32 and ours.shape == exact.shape
    assert np.abs(ours - exact).max() < 1e-5 * np.abs(exact).max()


@needs_unit
@pytest.mark.parametrize(
    "sizes", [(49, 50), (193, 96), (384, 97), (64, 1024), (520, 200), (3, 5), (800, 1), (1, 33)]
)
def test_every_height_and_remainder(sizes):
    """Batches up to four tiles high; depths and widths that don't fill the last tile."""
    W, b = random_array(*sizes), random_array(sizes[1])
    packed = interface.pack(W)
    assert isinstance(packed, interface.Packed)
    for n in [*range(1, 35), 50, 100]:
        x, dout = random_array(n, sizes[0]), random_array(n, sizes[1])
        out, cache = kernels.linear(x, packed, b)
        assert_close(out, x.astype(np.float64) @ W + b)
        assert_close(kernels.linear_backward_input(dout, packed), dout.astype(float) @ W.T)
        np.testing.assert_array_equal(cache.W, W)  # so that `linear_backward` can use it


@needs_unit
def test_inputs_may_be_columns_of_a_wider_array():
    W, b, wide = random_array(60, 70), random_array(70), random_array(11, 100)
    packed = interface.pack(W)
    contiguous, _ = kernels.linear(wide[:, 5:65].copy(), packed, b)
    for x in wide[:, 5:65], np.asfortranarray(wide[:, 5:65]):
        np.testing.assert_array_equal(kernels.linear(x, packed, b)[0], contiguous)
    out = np.zeros((11, 70), np.float32)
    tiles.add_product(wide, 5, packed.panels, out)
    np.testing.assert_allclose(out + b, contiguous, rtol=1e-4, atol=1e-4)


@needs_unit
def test_values_that_are_not_finite_stay_so():
    """Otherwise a run that diverged would go on with zeros."""
    W, b = random_array(60, 70), random_array(70)
    for bad in np.nan, np.inf, -np.inf:
        x = random_array(3, 60)
        x[1, 7] = bad
        out, _ = kernels.linear(x, interface.pack(W), b)
        assert not np.isfinite(out[1]).any() and np.isfinite(out[[0, 2]]).all()


def test_float64_uses_blas():
    W, b, x = (random_array(*size, dtype=np.float64) for size in ((60, 70), (70,), (3, 60)))
    assert interface.pack(W) is W
    np.testing.assert_array_equal(kernels.linear(x, W, b)[0], layers.linear(x, W, b)[0])


def test_weights_are_prepared_once():
    params = {"a.W": random_array(60, 70), "a.b": random_array(70)}
    prepared = kernels.prepare(params)
    assert kernels.prepare(prepared) is prepared and prepared["a.b"] is params["a.b"]
    assert layers.prepare(params) is params


@pytest.mark.parametrize(
    "cpu, unit", [("haswell", "AVX2"), ("skylake-avx512", "AVX-512"), ("nehalem", "None")]
)
def test_the_processor_that_numba_is_told_decides(cpu, unit):
    """`NUMBA_CPU_NAME` chooses the tile, whatever processor this is."""
    code = "from minidraw.kernels.products.tiles import choose_unit as c; print(c() and c().name)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_CPU_NAME": cpu},
        capture_output=True,
        text=True,
    )
    if "x86" not in __import__("platform").machine().replace("AMD64", "x86"):
        pytest.skip("these are names of x86 processors")
    assert run.stdout.strip() == unit, run.stderr
