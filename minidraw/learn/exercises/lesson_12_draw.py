"""Lesson 12, all of DRAW: T steps forward, and back with the gradients of all weights."""

import numpy as np

from minidraw.layers import bernoulli_cost, bernoulli_cost_backward
from minidraw.learn.exercises.exercise import Exercise
from minidraw.learn.exercises.lesson_09 import WRONG_ORDER
from minidraw.learn.exercises.lesson_12 import stacked_backward
from minidraw.learn.exercises.step_of_draw import make_params, step, step_backward


def draw_forward(params, *, x, noise, read_size, write_size):
    """Run all T steps of DRAW (eqs 3-12); return ``(nll, kl)``, each (n,), and the cache."""
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    sizes = {"read_size": read_size, "write_size": write_size}
    state = [np.repeat(params[name][None], len(x), axis=0) for name in starts]
    kl, caches = 0, []
    for noise_t in noise:
        (*state, kl_t), cache = step(*state, x=x, noise=noise_t, params=params, **sizes)
        kl = kl + kl_t  # eq 11
        caches.append(cache)
    nll, cost = bernoulli_cost(state[0], x=x)  # eq 9
    return (nll, kl), (caches, cost)


def draw_backward(dout, cache):
    """Return the gradient of every weight, by name."""
    dnll, dkl = dout
    caches, cost = cache
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    layers = "read_window", "encoder", "latent", "decoder", "patch", "write_window"
    zeros = np.zeros_like(caches[0][0]["latent"])  # (n, H): nothing follows the last step
    dstate, dlayers = [bernoulli_cost_backward(dnll, cost), zeros, zeros, zeros, zeros], []
    for step_cache in reversed(caches):
        gradients = step_backward((*dstate, dkl), step_cache)
        dstate = gradients[:5]
        dlayers.insert(0, gradients[5:])
    grads = {name: gradient.sum(axis=0) for name, gradient in zip(starts, dstate, strict=True)}
    for k, name in enumerate(layers):
        x = np.array([inputs[name] for inputs, _, _ in caches])
        dlayer = np.array([gradients[k] for gradients in dlayers])
        grads[f"{name}.W"], grads[f"{name}.b"] = stacked_backward(dlayer, (x,))
    return grads


def make_draw_inputs(rng, n, T, H, Z, K):
    B, A = K + 2, K + 3
    settings = {"x": rng.random((n, 1, B, A)), "noise": rng.standard_normal((T, n, Z))}
    return {"params": make_params(rng, H, Z, K, B, A)}, settings | {
        "read_size": K,
        "write_size": K - 1,
    }


WEIGHTS = tuple(make_params(np.random.default_rng(0), 1, 1, 2, 2, 2))

EXERCISES = (
    Exercise(
        "12.draw_forward",
        draw_forward,
        make_draw_inputs,
        "n T H Z K",
        6,
        (
            "noise has the shape (T, n, Z), so a loop over it gives one step's noise at a time.",
            "(*state, kl_t), cache = step(*state, ...) takes five values of the six that step "
            "returns as the new state.",
            "Add up the kl of all steps (eq 11). The cost of the image is taken once, of the last "
            "canvas (eq 9).",
        ),
        outputs=("nll", "kl"),
        uses=("step", "bernoulli_cost"),
        mistakes=(
            ("kl = kl + kl_t", "kl = kl_t", "only the last step's kl is counted; add up all steps"),
            ("in noise:", "in noise[:-1]:", "the last step is missing"),
            ("in noise:", "in noise[1:]:", "the first step is missing"),
            ("in noise:", "in noise[::-1]:", "the steps' noise is used in reverse order"),
            ("noise=noise_t,", "noise=noise[0],", "every step uses the noise of the first step"),
        ),
    ),
    Exercise(
        "12.draw_backward",
        draw_backward,
        make_draw_inputs,
        "n T H Z K",
        9,
        (
            "Nothing follows the last step: of its five gradients only the canvas's isn't zero. It "
            "comes from bernoulli_cost_backward.",
            "step_backward returns eleven gradients. The first five go to the step before; keep "
            "the other six for the weights.",
            "After the loop, the five gradients belong to the learned first state. All images "
            "start from it, so sum over the images.",
            "Collect each layer's inputs and output gradients into arrays (T, n, ..), in the same "
            "order of steps, and give them to stacked_backward.",
        ),
        forward=draw_forward,
        outputs=WEIGHTS,
        returns_dict=True,
        uses=("step_backward", "bernoulli_cost_backward", "stacked_backward"),
        mistakes=(
            ("reversed(caches)", "caches", WRONG_ORDER),
            (
                "dlayers.insert(0, gradients[5:])",
                "dlayers.append(gradients[5:])",
                "inputs and gradients are in opposite orders; the loop goes backward",
            ),
            (
                "(*dstate, dkl)",
                "(*dstate, 0 * dkl)",
                "the gradient of kl is missing; every step's kl is part of the cost",
            ),
            (
                "(*dstate, dkl)",
                "(*dstate, dkl if step_cache is caches[-1] else 0 * dkl)",
                "only the last step's kl gets its gradient; every step's kl is part of the cost",
            ),
            (
                "gradient.sum(axis=0) for",
                "gradient.mean(axis=0) for",
                "the gradients of the first state are means over the images; they should be sums",
            ),
        ),
    ),
)
