"""Comparison of every compiled function with its twin in `minidraw.layers`."""

import importlib
import os
import subprocess
import sys

import numba
import numpy as np
import pytest
from numba import types

from minidraw import kernels, layers
from minidraw.kernels import compilation, mathematics

TOLERANCE = {np.float32: 1e-4, np.float64: 1e-12}
SIZES = {"small": (3, 2, 11, 7, 5), "odd": (1, 1, 5, 4, 2), "mnist": (7, 1, 28, 28, 5)}


@pytest.fixture(params=TOLERANCE, ids=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(params=SIZES)
def cases(request, dtype):
    """Inputs and settings of every compared function, at one size."""
    n, C, B, A, K = SIZES[request.param]
    H, Z, rng = 4 * n + 3, 2 * n + 1, np.random.default_rng(0)

    def normal(*shape):
        return rng.standard_normal(shape).astype(dtype)

    x, canvas, theta = rng.random((n, C, B, A)).astype(dtype), normal(n, C, B, A), normal(n, 5) / 3
    size = {"height": B, "width": A, "K": K}
    return {
        "lstm_gates": ((2 * normal(n, 4 * H), normal(n, H)), {}),
        "latent": ((normal(n, 2 * Z) / 2,), {"noise": normal(n, Z)}),
        "read_full": ((canvas,), {"x": x}),
        "read_attention": ((canvas, theta), {"x": x, "K": K}),
        "read_image_attention": ((theta,), {"x": x, "K": K}),
        "write_attention": ((normal(n, C * K * K), theta), size),
    }


COMPARED = ["lstm_gates", "latent", "read_full", "read_attention", "read_image_attention"]
COMPARED += ["write_attention"]


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


def assert_close(ours, plain, dtype):
    ours, plain = as_tuple(ours), as_tuple(plain)
    for a, b in zip(ours, plain, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype == dtype
        assert np.abs(a - b).max() <= TOLERANCE[dtype] * max(1, np.abs(b).max())


def test_every_compiled_function_is_compared():
    own = {name for name, thing in vars(kernels).items() if callable(thing)}
    own = {name for name in own if vars(kernels)[name].__module__.startswith("minidraw.kernels")}
    assert {name.removesuffix("_backward") for name in own} == {
        *COMPARED,
        "adam_update",
        *("linear", "linear_backward_input", "prepare"),  # test_products.py
        "run_draw_steps",  # test_draw_film.py
        "convolution",  # below
    }


def test_convolution_takes_packed_filters(dtype):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 2, 11, 7)).astype(dtype)
    W, b = rng.standard_normal((18, 5)).astype(dtype), rng.standard_normal(5).astype(dtype)
    packed = kernels.prepare({"filters.W": W})["filters.W"]
    for given in W, packed:
        out, cache = kernels.convolution(x, given, b, size=3, stride=2)
        plain, _ = layers.convolution(x, W, b, size=3, stride=2)
        assert_close(out, plain, dtype)
        assert_close(kernels.convolution_backward(out, cache)[1], plain_gradient(x, W, b), dtype)


def plain_gradient(x, W, b):
    out, cache = layers.convolution(x, W, b, size=3, stride=2)
    return layers.convolution_backward(out, cache)[1]


def test_what_is_not_compiled_is_the_layer_itself():
    for name, thing in vars(kernels).items():
        if callable(thing) and thing.__module__.startswith("minidraw.layers"):
            assert thing is getattr(layers, name)


@pytest.mark.parametrize("name", COMPARED)
def test_outputs_caches_and_gradients(name, cases, dtype):
    inputs, settings = cases[name]
    out, cache = getattr(kernels, name)(*inputs, **settings)
    plain_out, plain_cache = getattr(layers, name)(*inputs, **settings)
    assert_close(out, plain_out, dtype)
    assert type(cache) is type(plain_cache)
    assert_close(tuple(cache), tuple(plain_cache), dtype)
    rng = np.random.default_rng(1)
    dout = tuple(rng.standard_normal(part.shape).astype(dtype) for part in as_tuple(out))
    dout = dout if isinstance(out, tuple) else dout[0]
    expected = getattr(layers, f"{name}_backward")(dout, plain_cache)
    for module in kernels, layers:  # each with both caches
        for used in cache, plain_cache:
            assert_close(getattr(module, f"{name}_backward")(dout, used), expected, dtype)


@pytest.mark.parametrize("name", COMPARED)
def test_output_gradients_may_be_views_of_larger_arrays(name, cases, dtype):
    """An output gradient is often some columns of a wider array."""

    def widen(array):
        wide = np.full((*array.shape[:-1], array.shape[-1] + 2), np.nan, dtype)
        wide[..., 1:-1] = array
        return wide[..., 1:-1]

    inputs, settings = cases[name]
    out, cache = getattr(kernels, name)(*inputs, **settings)
    dout = tuple(widen(np.ones_like(part)) if part.ndim == 2 else part for part in as_tuple(out))
    dout = dout if isinstance(out, tuple) else dout[0]
    expected = getattr(layers, f"{name}_backward")(dout, cache)
    assert_close(getattr(kernels, f"{name}_backward")(dout, cache), expected, dtype)


@pytest.mark.parametrize("size", [1, 1023, 1024, 1025, 20_000])
def test_adam(size, dtype):
    rng = np.random.default_rng(0)
    start = [rng.standard_normal(size).astype(dtype) for _ in range(5)]
    start[2] **= 2  # the running mean of squares
    settings = {"rate": 0.01, "step": 3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "decay": 0.9}
    ours, plain = [a.copy() for a in start], [a.copy() for a in start]
    kernels.adam_update(*ours, **settings)
    layers.adam_update(*plain, **settings)
    assert_close(tuple(ours), tuple(plain), dtype)
    np.testing.assert_array_equal(ours[4], start[4])


def test_exp_is_accurate_in_float32():
    x = np.linspace(-87, 87, 200_001, dtype=np.float32)

    @numba.njit
    def every(x):
        out = np.empty_like(x)
        for k in range(len(x)):
            out[k] = mathematics.exp(x[k])
        return out

    exact = np.exp(x.astype(np.float64))
    assert np.abs(every(x) / exact - 1).max() < 4e-7
    ends = every(np.array([-1e30, -np.inf, 1e30, np.inf], np.float32))
    np.testing.assert_array_equal(ends, np.repeat(every(np.float32([-87, 87])), 2))


INDEX = types.int64
SIGNATURES = {  # module, function: dimensions of its float32 arrays, or another type
    ("adam", "_update"): (1,) * 6,
    ("latent", "_latent"): (2, 2, 2, INDEX, 1),
    ("latent", "_latent_backward"): (2, INDEX, 1, 2, 2, 2),
    ("lstm", "_gates"): (2, 2, 2, INDEX, 2, 2, 2),
    ("lstm", "_gates_backward"): (2,) * 7,
    ("products.tiles", "add_product"): (2, INDEX, 3, 2),
    ("products.tiles", "_fill_panels"): (2, 3),
    ("read_image", "_add_product"): (2, 2, 2),
    ("read_image", "_add_dots"): (2, 2, 2, 2),
    ("read_image", "_read"): (2, 4, 1, 1, 1, 3, 3, 4),
    ("read_image", "_read_backward"): (4, 2, 3, 3, 4, 1, 1, 1, 2),
    ("read_write", "_rows"): (2, 2, 2, 2, 1, 3),
    ("read_write", "_rows_backward"): (3, 2, 2, 2, 1, 3, 2, 2),
    ("read_write", "_read"): (4, 2, 4, 1, 1, 1, 3, 3, 4, 2, INDEX),
    ("read_write", "_read_backward"): (2, INDEX, 2, 3, 3, 4, 4, 1, 1, 1, 4, 2),
    ("read_write", "_add_write"): (2, 2, 1, 1, 1, 3, 3, 4),
    ("read_write", "_write_backward"): (4, 2, 3, 3, 2, 1, 1, 1, 2, 2),
    ("read_write", "_read_full"): (4, 4, 4, 2, INDEX),
}


@pytest.mark.parametrize("module, name", SIGNATURES)
def test_float32_kernels_never_compute_in_float64(module, name):
    """Each kernel is compiled here, because one loaded from the cache has no code to inspect."""
    source = importlib.import_module(f"minidraw.kernels.{module}")
    if module == "products.tiles" and source.choose_unit() is None:
        pytest.skip("no fused multiply-add here")
    function = getattr(source, name).py_func
    signature = tuple(
        types.Array(types.float32, kind, "C") if isinstance(kind, int) else kind
        for kind in SIGNATURES[module, name]
    )
    compiled = numba.njit(**compilation.OPTIONS)(function)
    compiled.compile(signature)
    code = compiled.inspect_llvm(signature)
    assert "float" in code and "double" not in code


def test_without_compiling():
    """Python raises an error for an index out of range, where compiled code reads other memory."""
    chosen = "odd and (outputs or larger_arrays) or test_adam and (1-float64 or 1-float32)"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and "skipped" not in run.stdout, run.stdout
