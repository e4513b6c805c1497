"""The film of DRAW in one compiled call against the readable passes."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from minidraw import kernels, layers
from minidraw.models import draw
from minidraw.models.interface import Batch

TOLERANCES = {np.float64: 1e-12, np.float32: 1e-4}
VARIANTS = [(r, w, c) for r in (True, False) for w in (True, False) for c in (1, 3)]


def make_case(dtype, read=True, write=True, channels=1, n=7, seed=0, glimpses=4):
    """A network with random weights, biases among them, on images that are not square."""
    config = draw.Config(
        height=11,
        width=7,
        channels=channels,
        glimpses=glimpses,
        hidden=19,
        latent=5,
        read_attention=read,
        write_attention=write,
        read_size=3,
        write_size=4,
    )
    rng = np.random.default_rng(seed)
    shapes = draw.param_shapes(config)
    params = {
        name: (0.4 * rng.standard_normal(shape)).astype(dtype) for name, shape in shapes.items()
    }
    batch = Batch(rng.random((n, *config.image_shape)).astype(dtype))
    noise = rng.standard_normal(draw.noise_shape(config, n)).astype(dtype)
    return params, batch, noise, config


def assert_same(ours, theirs, dtype):
    assert set(ours) == set(theirs)
    for name, array in ours.items():
        assert array.dtype == dtype and array.shape == theirs[name].shape
        scale = max(1, np.abs(theirs[name]).max())
        assert np.abs(array - theirs[name]).max() <= TOLERANCES[dtype] * scale, name


@pytest.mark.parametrize("dtype", TOLERANCES, ids=["float64", "float32"])
@pytest.mark.parametrize("read, write, channels", VARIANTS)
def test_costs_gradients_and_canvases(dtype, read, write, channels):
    case = make_case(dtype, read, write, channels)
    assert not kernels.run_draw_steps.__module__.startswith("minidraw.models")
    ours, our_grads = draw.loss_and_grads(*case, kernels)
    theirs, their_grads = draw.loss_and_grads(*case, layers)
    assert_same(ours, theirs, dtype)
    assert_same(our_grads, their_grads, dtype)
    films = [draw.reconstruct(*case, ops) for ops in (kernels, layers)]
    assert_same({"canvas": films[0].canvas}, {"canvas": films[1].canvas}, dtype)
    for ours, theirs in zip(films[0], films[1], strict=True):
        assert (ours is None) == (theirs is None)
    kl = [draw.kl_per_step(*case, ops) for ops in (kernels, layers)]
    np.testing.assert_allclose(*kl, rtol=1e-2 if dtype == np.float32 else 1e-9)


def test_a_workspace_is_reused_but_results_are_not(monkeypatch):
    one, other = make_case(np.float32), make_case(np.float32, seed=1)
    costs, grads = draw.loss_and_grads(*one, kernels)
    kept = {name: array.copy() for name, array in (costs | grads).items()}
    draw.loss_and_grads(*other, kernels)
    for name, array in (costs | grads).items():
        np.testing.assert_array_equal(array, kept[name])
    again, _ = draw.loss_and_grads(*one, kernels)
    np.testing.assert_array_equal(again["total"], kept["total"])  # nothing is left over


def test_threads_do_not_share_a_workspace():
    cases = [make_case(np.float32, seed=seed, glimpses=9) for seed in range(4)]
    alone = [draw.loss_and_grads(*case, kernels) for case in cases]
    found = [None] * 4

    def work(k):
        for _ in range(20):
            found[k] = draw.loss_and_grads(*cases[k], kernels)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for (costs, grads), (wanted_costs, wanted) in zip(found, alone, strict=True):
        np.testing.assert_array_equal(costs["total"], wanted_costs["total"])
        for name in wanted:
            np.testing.assert_array_equal(grads[name], wanted[name])


@pytest.mark.parametrize("seed", range(3))
def test_windows_far_outside_and_very_sharp(seed):
    params, batch, noise, config = make_case(np.float64, seed=seed)
    params["read_window.b"][:] = [30, -30, -12, 3, 1]
    params["write_window.b"][:] = [-30, 30, 12, -3, -1]
    case = params, batch, noise, config
    ours, our_grads = draw.loss_and_grads(*case, kernels)
    theirs, their_grads = draw.loss_and_grads(*case, layers)
    assert_same(ours, theirs, np.float64)
    assert_same(our_grads, their_grads, np.float64)


def test_without_compiling():
    """Python raises an error for an index out of range, where compiled code reads other memory."""
    chosen = "test_costs_gradients_and_canvases and float64"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and "skipped" not in run.stdout, run.stdout
