import numpy as np

from minidraw.layers import bernoulli_cost, bernoulli_cost_backward
from minidraw.learn.exercises.lesson_12 import stacked_backward
from minidraw.learn.exercises.step_of_draw import step, step_backward


def draw_forward_by_index(params, *, x, noise, read_size, write_size):
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    given = {"x": x, "params": params, "read_size": read_size, "write_size": write_size}
    state = [np.repeat(params[name][None], len(x), axis=0) for name in starts]
    kl, caches = np.zeros(len(x)), []
    for t in range(len(noise)):
        out, cache = step(*state, noise=noise[t], **given)
        state = out[:5]
        kl += out[5]
        caches.append(cache)
    nll, cost = bernoulli_cost(state[0], x=x)
    return (nll, kl), (caches, cost)


def draw_forward_by_list(params, *, x, noise, read_size, write_size):
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    given = {"x": x, "params": params, "read_size": read_size, "write_size": write_size}
    canvas, h_enc, c_enc, h_dec, c_dec = (np.array([params[s]] * len(x)) for s in starts)
    prices, caches = [], []
    for z in noise:
        new, cache = step(canvas, h_enc, c_enc, h_dec, c_dec, noise=z, **given)
        canvas, h_enc, c_enc, h_dec, c_dec, price = new
        prices.append(price)
        caches += [cache]
    nll, cost = bernoulli_cost(canvas, x=x)
    return (nll, sum(prices)), (caches, cost)


def draw_backward_by_zip(dout, cache):
    dnll, dkl = dout
    caches, cost = cache
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    names = "read_window", "encoder", "latent", "decoder", "patch", "write_window"
    zeros = np.zeros_like(caches[-1][0]["latent"])
    dstate, douts = (bernoulli_cost_backward(dnll, cost), *[zeros] * 4), []
    for one in caches[::-1]:
        *dstate, a, b, c, d, e, f = step_backward((*dstate, dkl), one)
        douts.append((a, b, c, d, e, f))
    grads = {name: part.sum(0) for name, part in zip(starts, dstate, strict=True)}
    for name, dlayer in zip(names, zip(*douts[::-1], strict=True), strict=True):
        x = np.stack([one[0][name] for one in caches])
        dW, db = stacked_backward(np.stack(dlayer), (x,))
        grads.update({name + ".W": dW, name + ".b": db})
    return grads


def draw_backward_step_by_step(dout, cache):
    dnll, dkl = dout
    caches, cost = cache
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    names = "read_window", "encoder", "latent", "decoder", "patch", "write_window"
    n, H = caches[0][0]["latent"].shape
    state, grads = [bernoulli_cost_backward(dnll, cost)] + [np.zeros((n, H))] * 4, {}
    for inputs, kept, params in reversed(caches):
        new = step_backward((*state, dkl), (inputs, kept, params))
        state = new[:5]
        for name, d in zip(names, new[5:], strict=True):
            grads[f"{name}.W"] = grads.get(f"{name}.W", 0) + inputs[name].T @ d
            grads[f"{name}.b"] = grads.get(f"{name}.b", 0) + d.sum(axis=0)
    for name, d in zip(starts, state, strict=True):
        grads[name] = np.sum(d, axis=0)
    return grads


STYLES = {
    "12.draw_forward": (draw_forward_by_index, draw_forward_by_list),
    "12.draw_backward": (draw_backward_by_zip, draw_backward_step_by_step),
}
