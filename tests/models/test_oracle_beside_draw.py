"""The models beside DRAW written out for autograd, and the lines whose loss a check must notice."""

import importlib
import inspect
import types

import autograd.numpy as np
import numpy
import pytest
from autograd import value_and_grad

from minidraw import gradcheck, layers
from minidraw.models import vae
from minidraw.models.interface import Batch

CASES = {name: case for name, *case in gradcheck.model_cases(numpy.random.default_rng(0))}


def affine(p, name, v):
    return np.dot(v, p[name + ".W"]) + p[name + ".b"]


def random_params(model, config, rng):
    shapes = model.param_shapes(config).items()
    return {name: 0.3 * rng.standard_normal(shape) for name, shape in shapes}


def assert_same(grads, expected_grads):
    assert grads.keys() == expected_grads.keys()
    for name, gradient in grads.items():
        largest = numpy.abs(expected_grads[name]).max()
        assert largest > 0
        assert numpy.abs(gradient - expected_grads[name]).max() < 1e-9 * largest, name


def vae_cost(p, x, noise):
    """Return the bound of Kingma and Welling 2014, appendix B and C."""
    v = np.reshape(x, (len(x), -1))
    h = np.tanh(affine(p, "encoder_2", np.tanh(affine(p, "encoder_1", v))))
    mu, log_sigma = np.array_split(affine(p, "latent", h), 2, axis=1)
    z = mu + np.exp(log_sigma) * noise[0]
    latent_cost = -0.5 * np.sum(1 + 2 * log_sigma - mu**2 - np.exp(2 * log_sigma))
    h = np.tanh(affine(p, "decoder_2", np.tanh(affine(p, "decoder_1", z))))
    mean = 1 / (1 + np.exp(-affine(p, "painting", h)))
    return latent_cost - np.sum(v * np.log(mean) + (1 - v) * np.log(1 - mean))


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_the_vaes_cost_and_every_gradient(ops, channels):
    config = vae.Config(height=11, width=8, channels=channels, hidden=7, latent=3)
    rng = numpy.random.default_rng(0)
    params = random_params(vae, config, rng)
    x, noise = rng.random((5, *config.image_shape)), rng.standard_normal((1, 5, 3))
    expected, expected_grads = value_and_grad(vae_cost)(params, x, noise)
    costs, grads = vae.loss_and_grads(params, Batch(x), noise, config, ops)
    assert costs["total"].sum() == pytest.approx(expected, rel=1e-9)
    assert_same(grads, expected_grads)


MUTANTS = [  # model, module, right, wrong
    ("vae", "network", "latent_backward((dz, ones)", "latent_backward((dz, 0 * ones)"),
    ("vae", "network", "latent_backward((dz, ones)", "latent_backward((0 * dz, ones)"),
    ("vae", "network", 'params[f"{DECODER[0]}.W"])', 'params[f"{DECODER[0]}.W"]) * 1.001'),
    ("vae", "network", 'dcanvas, decoder, ops, "tanh")', '0.999 * dcanvas, decoder, ops, "tanh")'),
    ("vae", "costs", '"total": nll + kl}  # eq 12', '"total": nll}'),
]


def break_model(name, module, right, wrong):
    """Return a copy of a model with one piece of one module's source replaced."""
    model = importlib.import_module(f"minidraw.models.{name}")
    parts, copy = ("network", "costs"), types.SimpleNamespace(**vars(model))
    for part in parts:
        source = inspect.getsource(importlib.import_module(f"minidraw.models.{name}.{part}"))
        if part == module:
            assert source.count(right) == 1, f"{part}: expected {right!r} once; adapt this table"
            source = source.replace(right, wrong)
        made = {}
        exec(source, made)
        made |= {key: getattr(copy, f"_{key}") for key in made if hasattr(copy, f"_{key}")}
        own = {k: f for k, f in made.items() if getattr(f, "__globals__", None) is made}
        vars(copy).update(own)
        vars(copy).update({f"_{key}": function for key, function in own.items()})
    return copy


@pytest.mark.parametrize("name, module, right, wrong", MUTANTS)
def test_a_mutant_fails_the_gradient_check(name, module, right, wrong):
    _, *case = CASES[name]
    result = gradcheck.check_model(break_model(name, module, right, wrong), *case, layers)
    assert max(error for _, _, error in result.values()) > 10 * gradcheck.MODEL_LIMIT
