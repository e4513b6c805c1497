"""The convention of every layer (DESIGN, section 2), apart from correct gradients."""

import numpy as np
import pytest

from minidraw import kernels, layers
from minidraw.gradcheck import layer_cases

CASES = {name: case for name, *case in layer_cases(np.random.default_rng(0))}


PAIRS = [
    pytest.param((ops, name), id=f"{ops.__name__[9:]}-{name}")
    for ops in (layers, kernels)
    for name in CASES
    if hasattr(ops, name) and hasattr(ops, f"{name}_backward")
]


@pytest.fixture(params=PAIRS)
def layer(request):
    """One layer's pair of functions, its inputs and settings."""
    ops, name = request.param
    inputs, settings = ({key: copy_array(value) for key, value in d.items()} for d in CASES[name])
    return getattr(ops, name), getattr(ops, f"{name}_backward"), inputs, settings


def copy_array(value, dtype=None):
    return value.astype(dtype or value.dtype) if isinstance(value, np.ndarray) else value


def arrays(value):
    """List all arrays in a cache or in a tuple of outputs."""
    if isinstance(value, np.ndarray):
        return [value]
    return [array for part in value for array in arrays(part)] if isinstance(value, tuple) else []


def random_like(out, dtype=None):
    rng = np.random.default_rng(1)
    parts = [rng.standard_normal(part.shape).astype(dtype or part.dtype) for part in arrays(out)]
    return tuple(parts) if isinstance(out, tuple) else parts[0]


def test_inputs_and_caches_are_not_changed(layer):
    thing, thing_backward, inputs, settings = layer
    kept = [*inputs.values(), *arrays(tuple(settings.values()))]
    before = [array.copy() for array in kept]
    out, cache = thing(*inputs.values(), **settings)
    dout = random_like(out)
    kept += [*arrays(cache), *arrays(dout)]
    before += [array.copy() for array in arrays(cache) + arrays(dout)]
    thing_backward(dout, cache)
    for array, copy in zip(kept, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_backward_twice_gives_the_same_gradients(layer):
    thing, thing_backward, inputs, settings = layer
    out, cache = thing(*inputs.values(), **settings)
    dout = random_like(out)
    once, again = thing_backward(dout, cache), thing_backward(dout, cache)
    for a, b in zip(arrays(once), arrays(again), strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_fresh_gradient_per_input(layer):
    thing, thing_backward, inputs, settings = layer
    out, cache = thing(*inputs.values(), **settings)
    dout = random_like(out)
    gradients = arrays(thing_backward(dout, cache))
    assert [g.shape for g in gradients] == [x.shape for x in inputs.values()]
    old = [*inputs.values(), *arrays(tuple(settings.values())), *arrays(cache), *arrays(dout)]
    for gradient in gradients:
        assert not any(np.may_share_memory(gradient, array) for array in old)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(layer, dtype):
    thing, thing_backward, inputs, settings = layer
    inputs, settings = (
        {key: copy_array(value, dtype) for key, value in d.items()} for d in (inputs, settings)
    )
    out, cache = thing(*inputs.values(), **settings)
    gradients = thing_backward(random_like(out, dtype), cache)
    for array in arrays((out, cache, gradients)):
        assert array.dtype == dtype


def test_images_are_independent():
    """Omitting an image changes neither outputs nor gradients of the others."""
    inputs, settings = CASES["read_attention"]
    out, cache = layers.read_attention(*inputs.values(), **settings)
    dout = random_like(out)
    few = {key: value[1:] for key, value in inputs.items()}
    out_few, cache_few = layers.read_attention(*few.values(), x=settings["x"][1:], K=settings["K"])
    np.testing.assert_allclose(out_few, out[1:], rtol=1e-12)
    for part, whole in zip(
        layers.read_attention_backward(dout[1:], cache_few),
        layers.read_attention_backward(dout, cache),
        strict=True,
    ):
        np.testing.assert_allclose(part, whole[1:], rtol=1e-10, atol=1e-14)
