"""The gradients agree with finite differences, and the checker detects those that don't."""

import importlib
import inspect
import types

import numpy as np
import pytest

from minidraw import gradcheck, layers
from minidraw.gradcheck import LAYER_LIMIT, MODEL_LIMIT, check_layer, check_model
from minidraw.models import draw
from minidraw.models.interface import Batch

LAYERS = {name: case for name, *case in gradcheck.layer_cases(np.random.default_rng(0))}
MODELS = {name: case for name, *case in gradcheck.model_cases(np.random.default_rng(0))}


def errors(module, name, case=None):
    inputs, settings = case or LAYERS[name]
    pair = getattr(module, name), getattr(module, f"{name}_backward")
    return [
        row[2] for row in check_layer(*pair, inputs, settings, np.random.default_rng(1)).values()
    ]


def break_source(module, line, wrong):
    """Return a copy of a module of the package with one piece of its source replaced."""
    source = inspect.getsource(importlib.import_module(f"minidraw.{module}"))
    assert source.count(line) == 1, f"{module}: expected {line!r} once; adapt this table"
    copy = types.ModuleType("broken")
    exec(source.replace(line, wrong), vars(copy))
    return copy


def test_every_row_passes(ops):
    rows = gradcheck.check_all(ops)
    assert gradcheck.all_passed(rows), "\n" + gradcheck.format_table(
        [r for r in rows if not r.passed]
    )
    assert {row.layer for row in rows} > set(MODELS)
    assert all(np.isfinite(row.error) for row in rows)


def test_without_a_module_both_twins_are_checked(monkeypatch):
    monkeypatch.setattr(gradcheck, "model_cases", lambda rng: [])
    assert {row.ops for row in gradcheck.check_all()} == {"layers", "kernels"}


def test_every_layer_with_a_backward_has_a_case():
    backwards = {name[:-9] for name in dir(layers) if name.endswith("_backward")}
    assert backwards == set(LAYERS)


def test_table_shows_both_values_and_the_result():
    rows = [
        gradcheck.Row("layers", "kl", "mu", 1.5, 1.5, 2e-11, True),
        gradcheck.Row("layers", "kl", "log_sigma", 1.5, 2.5, 0.5, False),
    ]
    head, first, second = gradcheck.format_table(rows).splitlines()
    assert head.split() == ["ops", "layer", "input", "numeric", "analytic", "error"]
    assert first.split() == ["layers", "kl", "mu", "1.5", "1.5", "2.0e-11", "ok"]
    assert second.split() == ["layers", "kl", "log_sigma", "1.5", "2.5", "5.0e-01", "FAIL"]
    assert not gradcheck.all_passed(rows) and gradcheck.all_passed(rows[:1])
    assert not gradcheck.all_passed([])


@pytest.mark.parametrize("name", LAYERS)
def test_a_factor_of_1_001_fails(name):
    def scaled(dout, cache):
        gradients = getattr(layers, f"{name}_backward")(dout, cache)
        return (
            tuple(1.001 * g for g in gradients) if type(gradients) is tuple else 1.001 * gradients
        )

    mutant = types.SimpleNamespace(**{name: getattr(layers, name), f"{name}_backward": scaled})
    assert min(errors(mutant, name)) > 100 * LAYER_LIMIT  # every input's, each on its own


DROPPED = [  # layer, module, right, wrong
    ("linear", "layers.linear", "dout.sum(axis=0)", "dout[0]"),
    ("lstm_gates", "layers.lstm", " + dh * o * (1 - tanh_c**2)", ""),
    ("lstm_gates", "layers.lstm", "return da, dc * f", "return da, dc"),
    ("lstm", "layers.lstm", "return dx, dh_prev, dc_prev", "return dx, 0 * dh_prev, dc_prev"),
    ("sample", "layers.latent", "dz * sigma * noise", "dz * noise"),
    ("kl", "layers.latent", "(sigma**2 - 1)", "sigma**2"),
    ("latent", "layers.latent", "return through_z + through_kl", "return through_z"),
    ("latent", "layers.latent", "return through_z + through_kl", "return through_kl"),
    ("window", "layers.attention", "= stride * dstride", "= dstride"),
    ("filterbank", "layers.attention", " - (dF * F).sum(axis=2, keepdims=True)", ""),
    ("read_image", "layers.attention", "(dpatch.mT @ rows).sum", "(dpatch.mT @ rows)[:, 1:].sum"),
    ("read", "layers.attention", "* dglimpse[:, C:]", "* dglimpse[:, :C]"),
    ("write", "layers.attention", "(dpatch * patch).sum(axis=(1, 2, 3)) / gamma", "0 * gamma"),
    (
        "read_attention",
        "layers.read_write",
        "dcanvas = -dx_err * s * (1 - s)",
        "dcanvas = -dx_err * s",
    ),
    ("filterbanks", "layers.read_write", "dvar_y + dvar_x", "dvar_x"),
    ("read_attention", "layers.read_write", "dstride_y + dstride_x", "dstride_x"),
    (
        "read_image_attention",
        "layers.read_write",
        "(dfilters, caches)",
        "((*dfilters[:2], 0 * dfilters[2]), caches)",
    ),
    ("write_attention", "layers.read_write", "dvar_y + dvar_x", "dvar_y"),
    ("read_full", "layers.read_write", "return -dx_err * s * (1 - s)", "return -dx_err"),
    ("bernoulli_cost", "layers.likelihood", "(sigmoid(logits) - x)", "sigmoid(logits)"),
    ("softmax_cross_entropy", "layers.likelihood", "softmax(logits) - targets", "softmax(logits)"),
    ("convolution", "layers.convolution", "pixels += dpatches", "pixels[:] = dpatches"),
    ("tanh", "layers.activations", "(1 - cache.out**2)", "(1 - cache.out)"),
    ("relu", "layers.activations", "dout * cache.slope", "dout * (cache.slope == 1)"),
]


@pytest.mark.parametrize("name, module, right, wrong", DROPPED)
def test_a_dropped_path_fails(name, module, right, wrong):
    assert max(errors(break_source(module, right, wrong), name)) > 100 * LAYER_LIMIT


def test_there_is_a_dropped_path_for_every_layer():
    assert {name for name, *_ in DROPPED} == set(LAYERS)


def square_cases():
    """Return layers with sizes at which a transposed gradient has the right shape."""
    rng = np.random.default_rng(2)
    n, C, K, A = 3, 2, 4, 6

    def normal(*shape):
        return rng.standard_normal(shape)

    filters = {"F_y": normal(n, K, A), "F_x": normal(n, K, A), "gamma": np.exp(normal(n))}
    images, x = normal(n, C, A, A), rng.random((n, C, A, A))
    theta, states = 0.3 * normal(A, 5), {"x": normal(n, A), "h_prev": normal(n, 2)}
    return {
        ("linear", "W"): ({"x": normal(n, A), "W": normal(A, A), "b": normal(A)}, {}),
        ("lstm", "W"): (states | {"c_prev": normal(n, 2), "W": normal(8, 8), "b": normal(8)}, {}),
        ("lstm_gates", "c_prev"): ({"a": normal(A, 4 * A), "c_prev": normal(A, A)}, {}),
        ("sample", "mu"): (
            {"mu": normal(A, A), "log_sigma": normal(A, A)},
            {"noise": normal(A, A)},
        ),
        ("kl", "log_sigma"): ({"mu": normal(A, A), "log_sigma": normal(A, A)}, {}),
        ("latent", "posterior"): ({"posterior": normal(A, A)}, {"noise": normal(A, A // 2)}),
        ("window", "theta"): ({"theta": theta[:5]}, {"height": A, "width": A, "K": K}),
        ("read", "x_err"): ({"x_err": images} | filters, {"x": x}),
        ("write", "patch"): ({"patch": normal(n, C, K, K)} | filters, {}),
        ("read_attention", "canvas"): ({"canvas": images, "theta": theta[:n]}, {"x": x, "K": K}),
        ("read_full", "canvas"): ({"canvas": images}, {"x": x}),
        ("bernoulli_cost", "logits"): ({"logits": images}, {"x": x}),
        ("softmax_cross_entropy", "logits"): ({"logits": normal(A, A)}, {"targets": np.eye(A)}),
    }


@pytest.mark.parametrize("name, transposed", square_cases())
def test_a_transpose_fails(name, transposed):
    inputs, settings = square_cases()[name, transposed]

    def backward(dout, cache):
        gradients = gradcheck._as_tuple(getattr(layers, f"{name}_backward")(dout, cache))
        return tuple(
            g.mT.copy() if key == transposed else g
            for key, g in zip(inputs, gradients, strict=True)
        )

    assert max(errors(layers, name, (inputs, settings))) < LAYER_LIMIT
    result = check_layer(
        getattr(layers, name), backward, inputs, settings, np.random.default_rng(1)
    )
    wrong = {key for key, (_, _, error) in result.items() if error > 100 * LAYER_LIMIT}
    assert wrong == {transposed}


def test_wrong_shapes_counts_and_nan_fail():
    inputs, settings = LAYERS["kl"]

    def check(backward):
        return check_layer(layers.kl, backward, inputs, settings, np.random.default_rng(1))

    with pytest.raises(ValueError, match="shape"):
        check(lambda dout, cache: tuple(g.T for g in layers.kl_backward(dout, cache)))
    with pytest.raises(ValueError):
        check(lambda dout, cache: layers.kl_backward(dout, cache)[0])
    nan = check(lambda dout, cache: tuple(np.nan * g for g in layers.kl_backward(dout, cache)))
    assert not any(error < LAYER_LIMIT for _, _, error in nan.values())


def test_inputs_are_restored():
    inputs, settings = LAYERS["read_attention"]
    before = {name: value.copy() for name, value in inputs.items()}
    errors(layers, "read_attention")
    assert all((inputs[name] == before[name]).all() for name in inputs)


ALL, READ, WRITE, NONE, CLASSIFIER, *_, CONDITIONAL = MODELS  # others: test_oracle_beside_draw.py
MODEL_MUTANTS = [  # model, right, wrong
    (ALL, "dcanvas = dread", "pass"),
    (ALL, "dread += dcanvas", "pass"),
    (NONE, "dcanvas = dread", "pass"),
    (ALL, 'dh_dec = dh_dec + back("read_window", t)', "pass"),
    (READ, 'dh_dec = dh_dec + back("read_window", t)', "pass"),
    (WRITE, 'dh_dec = dh_dec + back("write_window", t)', "pass"),
    (NONE, 'dh_dec = dh_dec + back("patch", t)', 'dh_dec = back("patch", t)'),
    (NONE, "dh_dec = dh_dec + dseen[:, at.h_dec]", "pass"),
    (NONE, 'dh_enc = dh_enc + back("latent", t)', 'dh_enc = back("latent", t)'),
    (NONE, "ops.latent_backward((dz, dkl)", "ops.latent_backward((dz, 0 * dkl)"),
    (NONE, "dc_dec = ops.lstm", "_ = ops.lstm"),
    (NONE, "dc_enc = ops.lstm", "_ = ops.lstm"),
    (ALL, '"read_window": before[:, at.h_dec]', '"read_window": after[:, at.h_dec]'),
    (NONE, "kl += kl_t", "kl += kl_t if t else 0"),
    (CONDITIONAL, "members.astype(ones.dtype) @", "np.ones_like(members, ones.dtype) @"),
    (CONDITIONAL, "params[name][labels] for", "params[name][labels * 0] for"),
    (CLASSIFIER, "dh = dseen[:, :H] + ", "dh = "),
    (
        CLASSIFIER,
        'dseen[:, :H] + ops.linear_backward_input(dtheta[t], params["window.W"])',
        "dseen[:, :H]",
    ),
    (CLASSIFIER, "_, dc = ops.lstm", "_, _ = ops.lstm"),
    (
        CLASSIFIER,
        '"window": (dtheta.reshape(T * n, 5), before[:, :H])',
        '"window": (0 * dtheta[0], seen[0, :, :H])',
    ),
    (CLASSIFIER, "(dlogits, seen[T, :, :H])", "(dlogits, seen[0, :, :H])"),
    (CLASSIFIER, '"total": nll}', '"total": 2 * nll}'),
]


@pytest.mark.parametrize("name, right, wrong", MODEL_MUTANTS)
def test_a_path_dropped_from_the_model_fails(name, right, wrong):
    _, *case = MODELS[name]
    package = "models.classifier" if name == CLASSIFIER else "models.draw"
    model = break_source(f"{package}.network", right, wrong)
    costs = break_source(f"{package}.costs", "def costs(", "def costs(")
    costs.forward = model.forward
    if name == CLASSIFIER:
        costs.label_costs = model.label_costs
    model.costs = costs.costs
    result = check_model(model, *case, layers)
    assert max(error for _, _, error in result.values()) > 10 * MODEL_LIMIT


def test_a_random_direction_at_real_size(ops):
    """The paper's MNIST network at four steps: slope along a random direction of all weights."""
    rng = np.random.default_rng(3)
    config = draw.Config(glimpses=4)
    params = draw.init_params(config, rng, np.float64)
    for name, weight in params.items():
        if not name.endswith(".W"):
            weight += 0.1 * rng.standard_normal(weight.shape)
    direction = {name: 0.01 * rng.standard_normal(w.shape) for name, w in params.items()}
    batch = Batch((rng.random((4, *config.image_shape)) < 0.3).astype(float))
    noise = rng.standard_normal(draw.noise_shape(config, 4))

    def cost(step):
        moved = {name: weight + step * direction[name] for name, weight in params.items()}
        return draw.costs(moved, batch, noise, config, ops)["total"].sum()

    _, gradients = draw.loss_and_grads(params, batch, noise, config, ops)
    slope = sum((gradients[name] * direction[name]).sum() for name in params)
    numeric = (cost(gradcheck.STEP) - cost(-gradcheck.STEP)) / (2 * gradcheck.STEP)
    assert abs(slope - numeric) < MODEL_LIMIT * abs(numeric)
