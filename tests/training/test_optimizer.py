"""Adam, against the formulas written out one number at a time."""

import math

import numpy as np
import pytest

from minidraw.training.flat_weights import allocate_flat
from minidraw.training.optimizer import EPSILON, Adam

SHAPES = {"a.W": (3, 2), "a.b": (2,), "start": (1, 2, 2)}
RATES = [0.1, 0.02, 0.3, 0.05, 0.1]


def named(rng, dtype=np.float64):
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}


def by_hand(weights, gradients, *, beta1, beta2, average, clip, decayed):
    """Kingma and Ba's algorithm 1 in plain floats, after clipping; the average beside it."""
    w, avg = list(weights), list(weights)
    m, v = [0.0] * len(w), [0.0] * len(w)
    for t, gradient in enumerate(gradients, 1):
        norm = math.sqrt(sum(g * g for g in gradient))
        decay = min(average, (1 + t) / (10 + t))
        for k, g in enumerate(gradient):
            g = g * min(1.0, clip / norm)
            m[k] = beta1 * m[k] + (1 - beta1) * g
            v[k] = beta2 * v[k] + (1 - beta2) * g * g
            m_hat, v_hat = m[k] / (1 - beta1**t), v[k] / (1 - beta2**t)
            w[k] *= 1 - RATES[t - 1] * decayed[k]
            w[k] -= RATES[t - 1] * m_hat / (math.sqrt(v_hat) + EPSILON)
            avg[k] = decay * avg[k] + (1 - decay) * w[k]
    return {"weights": w, "average": avg, "mean": m, "square": v}


def stepped(params, gradients, ops, clip, dtype=np.float64, weight_decay=0.0, **settings):
    adam, norms = Adam(params, **settings), []
    grad = allocate_flat(SHAPES, dtype)
    for rate, gradient in zip(RATES, gradients, strict=True):
        grad.vector[:] = gradient
        choices = {"clip": clip, "weight_decay": weight_decay}
        norms.append(adam.update(grad, rate=rate, ops=ops, **choices))
    return adam, norms


@pytest.mark.parametrize("average", [0.999, 0.25])  # below and above (1 + k) / (10 + k)
@pytest.mark.parametrize("clip", [1e9, 1.5])
@pytest.mark.parametrize("weight_decay", [0.0, 0.4])
def test_five_steps_agree_with_the_formulas(ops, clip, average, weight_decay):
    rng = np.random.default_rng(3)
    params = named(rng)
    gradients = rng.standard_normal((5, 12))
    gradients[2] *= 1e-9  # here eps counts
    settings = {"beta1": 0.8, "beta2": 0.95, "average": average}
    adam, norms = stepped(params, gradients, ops, clip, weight_decay=weight_decay, **settings)
    decayed = [weight_decay] * 6 + [0.0] * 2 + [weight_decay] * 4  # all but the bias
    start = np.concatenate([value.ravel() for value in params.values()])
    expected = by_hand(start, gradients.tolist(), clip=clip, decayed=decayed, **settings)
    for slot, values in expected.items():
        np.testing.assert_allclose(getattr(adam, slot).vector, values, rtol=1e-12, atol=1e-15)
    assert norms == pytest.approx(np.linalg.norm(gradients, axis=1))  # before clipping
    assert adam.step == 5


def test_the_slots_stand_apart_and_the_starting_weights_are_copied(ops):
    params = named(np.random.default_rng(0), np.float32)
    before = {name: value.copy() for name, value in params.items()}
    settings = {"beta1": 0.9, "beta2": 0.999, "average": 0.999}
    adam, _ = stepped(params, np.ones((5, 12)), ops, 500.0, np.float32, **settings)
    assert all((params[name] == before[name]).all() for name in params)
    for slot in Adam.SLOTS:
        kept = getattr(adam, slot)
        assert kept.vector.dtype == np.float32
        assert {name: view.shape for name, view in kept.views.items()} == SHAPES
        assert all(np.shares_memory(view, kept.vector) for view in kept.views.values())
    assert (adam.weights.vector != adam.average.vector).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])  # 1e30: its square overflows
def test_a_gradient_without_a_finite_norm_changes_nothing(ops, bad):
    adam = Adam(named(np.random.default_rng(0), np.float32), beta1=0.9, beta2=0.999, average=0.999)
    before = {slot: getattr(adam, slot).vector.copy() for slot in Adam.SLOTS}
    grad = allocate_flat(SHAPES)
    grad.vector[5] = bad
    assert not math.isfinite(adam.update(grad, rate=0.1, clip=1.0, ops=ops))
    assert adam.step == 0
    assert all((getattr(adam, slot).vector == before[slot]).all() for slot in Adam.SLOTS)
