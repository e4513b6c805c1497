"""All T steps of DRAW, forward and backward: `run_steps` and `run_steps_backward`.

Each step has one record per image, ``[h_enc | glimpse | h_dec | z]``.  The encoder's input is its
first three parts, the decoder's its last two, so that inputs needn't be concatenated.
"""

from typing import NamedTuple

import numpy as np

from minidraw.errors import UserError
from minidraw.models.draw.config import INITIAL_STATES, columns, param_shapes
from minidraw.models.interface import apply_linear, linear_gradients


class Step(NamedTuple):
    """The caches of one step."""

    read: tuple
    encoder: tuple
    latent: tuple
    decoder: tuple
    write: tuple | None


class Tape(NamedTuple):
    """Caches of a forward pass, for the backward pass and the film."""

    inputs: np.ndarray  # (T + 1, n, columns)
    posterior: np.ndarray  # (T, n, 2 Z)
    read_theta: np.ndarray | None  # (T, n, 5)
    write_theta: np.ndarray | None  # (T, n, 5)
    steps: list[Step]


def forward(params, batch, noise, config, ops, film=None):
    """Run all T steps and the image cost; write the canvases into `film` if given.

    Returns ``nll, kl``, each (n,), and what `backward` needs.
    """
    run = getattr(ops, "run_draw_steps", run_steps)  # the compiled twin, if `ops` has one
    states = choose_states(params, batch.labels, config, len(batch.images))
    params = ops.prepare(params) | states
    canvas, kl, tape = run(params, batch.images, noise, config, ops, film)
    nll, cost = ops.bernoulli_cost(canvas, x=batch.images)  # eq 9
    return nll, kl, (params, tape, cost)


def choose_states(params, labels, config, n):
    """Return the initial states of n images, (n, H) each: the same for all, or their classes'."""
    names = [name for name in INITIAL_STATES if name in params]  # no encoder, if only to generate
    if not config.classes:
        return {name: np.repeat(params[name][None], n, axis=0) for name in names}
    if labels is None:
        raise UserError(f"this network paints {config.classes} classes: give a label per image")
    return {name: params[name][labels] for name in names}


def run_steps(params, x, noise, config, ops, film=None):
    """Run all T steps; return the last canvas, the KL (n,) and the tape.

    The initial states in `params` are those of every image, as `choose_states` returns them.
    """
    T, n, Z = noise.shape
    at = columns(config)
    inputs = np.empty((T + 1, n, at.total), x.dtype, like=x)
    inputs[0, :, at.h_enc] = params["encoder.h_0"]
    inputs[0, :, at.h_dec] = params["decoder.h_0"]
    c_enc, c_dec = params["encoder.c_0"], params["decoder.c_0"]
    canvas = np.repeat(params["canvas_0"][None], n, axis=0)
    posterior = np.empty((T, n, 2 * Z), x.dtype, like=x)
    read_theta, write_theta = allocate_thetas(config, T, n, x)
    kl, steps = np.zeros(n, x.dtype, like=x), []
    for t in range(T):
        if film is not None:
            film[t] = canvas
        now, after = inputs[t], inputs[t + 1]
        if config.read_attention:
            read_theta[t] = apply_linear(params, "read_window", now[:, at.h_dec], ops)  # eq 21
            now[:, at.glimpse], read = ops.read_attention(
                canvas, read_theta[t], x=x, K=config.read_size
            )  # eqs 3, 4
        else:
            now[:, at.glimpse], read = ops.read_full(canvas, x=x)  # eqs 3, 4
        a = apply_linear(params, "encoder", now[:, at.encoder], ops)
        (after[:, at.h_enc], c_enc), encoder = ops.lstm_gates(a, c_enc)  # eq 5
        posterior[t] = apply_linear(params, "latent", after[:, at.h_enc], ops)
        (now[:, at.z], kl_t), latent = ops.latent(posterior[t], noise=noise[t])  # eqs 1, 2, 6
        kl += kl_t  # eq 11
        a = apply_linear(params, "decoder", now[:, at.decoder], ops)
        (after[:, at.h_dec], c_dec), decoder = ops.lstm_gates(a, c_dec)  # eq 7
        stroke, write = paint(params, after[:, at.h_dec], config, ops, write_theta, t)
        canvas += stroke  # eq 8
        steps.append(Step(read, encoder, latent, decoder, write))
    if film is not None:
        film[T] = canvas
    return canvas, kl, Tape(inputs, posterior, read_theta, write_theta, steps)


def allocate_thetas(config, T, n, like):
    """Return empty arrays, of the kind of `like`, for all windows; None without attention."""
    return tuple(
        np.empty((T, n, 5), like.dtype, like=like) if attention else None
        for attention in (config.read_attention, config.write_attention)
    )


def paint(params, h_dec, config, ops, write_theta, t):
    """Return the stroke that step t adds to the canvas, and the cache."""
    patch = apply_linear(params, "patch", h_dec, ops)  # eq 18 or 28
    if not config.write_attention:
        return patch.reshape(-1, *config.image_shape), None
    write_theta[t] = apply_linear(params, "write_window", h_dec, ops)  # eq 21
    size = {"height": config.height, "width": config.width, "K": config.write_size}
    return ops.write_attention(patch, write_theta[t], **size)  # eq 29


def loss_and_grads(params, batch, noise, config, ops):
    """Return the costs, as `costs` does, and the gradients of the sum of their totals.

    The gradients have the names and shapes of `param_shapes`.  They are sums over the images.
    """
    nll, kl, caches = forward(params, batch, noise, config, ops)
    return {"nll": nll, "kl": kl, "total": nll + kl}, _backward(caches, batch, config, ops)


def _backward(caches, batch, config, ops):
    """Backpropagate through all steps, then compute the weight gradients of all steps at once."""
    params, tape, cost = caches
    run = getattr(ops, "run_draw_steps_backward", run_steps_backward)
    ones = np.ones(tape.inputs.shape[1], tape.inputs.dtype, like=tape.inputs)
    dcanvas, dkl = ops.bernoulli_cost_backward(ones, cost), batch.kl_weight * ones
    dout, dstarts = run(params, dcanvas, dkl, tape, config, ops)
    grads = {name: gradient.sum(axis=0) for name, gradient in dstarts.items()}
    if config.classes:  # each class adds up the gradients of its own images
        members = batch.labels == np.arange(config.classes, like=ones)[:, None]
        grads |= {name: members.astype(ones.dtype) @ dstarts[name] for name in INITIAL_STATES}
    return grads | _weight_gradients(dout, tape.inputs, columns(config), ops)


def run_steps_backward(params, dcanvas, dkl, tape, config, ops):
    """Go back through all steps, from the gradients of the last canvas and of the KL (n,).

    Returns the gradients of every linear layer's output, by name (T, n, outputs), and those of the
    initial canvas and states, image by image.
    """
    inputs, at = tape.inputs, columns(config)
    T, n, H = len(tape.steps), inputs.shape[1], config.hidden
    dout = _allocate_gradients(config, T, n, inputs)
    zeros = np.zeros((n, H), inputs.dtype, like=inputs)
    dh_enc, dc_enc, dh_dec, dc_dec = zeros, zeros, zeros, zeros

    def back(name, t):
        return ops.linear_backward_input(dout[name][t], params[f"{name}.W"])

    for t in reversed(range(T)):
        step = tape.steps[t]
        # canvas += write(h_dec): dcanvas goes on to the canvas before as it is.
        if config.write_attention:
            dout["patch"][t], dout["write_window"][t] = ops.write_attention_backward(
                dcanvas, step.write
            )
            dh_dec = dh_dec + back("write_window", t)
        else:
            dout["patch"][t] = dcanvas.reshape(n, -1)
        dh_dec = dh_dec + back("patch", t)
        # h_dec, c_dec = lstm([h_dec, z], c_dec)
        _, dc_dec = ops.lstm_gates_backward((dh_dec, dc_dec), step.decoder, out=dout["decoder"][t])
        dseen = back("decoder", t)
        dh_dec, dz = dseen[:, :H], dseen[:, H:]
        # z, kl = latent(h_enc)
        dout["latent"][t] = ops.latent_backward((dz, dkl), step.latent)
        dh_enc = dh_enc + back("latent", t)
        # h_enc, c_enc = lstm([h_enc, glimpse, h_dec], c_enc)
        _, dc_enc = ops.lstm_gates_backward((dh_enc, dc_enc), step.encoder, out=dout["encoder"][t])
        dseen = back("encoder", t)
        dh_enc = dseen[:, at.h_enc]
        dh_dec = dh_dec + dseen[:, at.h_dec]
        # glimpse = read(canvas, h_dec)
        if config.read_attention:
            dread, dout["read_window"][t] = ops.read_attention_backward(
                dseen[:, at.glimpse], step.read
            )
            dh_dec = dh_dec + back("read_window", t)
        else:
            dread = ops.read_full_backward(dseen[:, at.glimpse], step.read)
        dread += dcanvas  # the canvas is both carried on and looked at
        dcanvas = dread

    dstarts = {"canvas_0": dcanvas, "encoder.h_0": dh_enc, "encoder.c_0": dc_enc}
    dstarts |= {"decoder.h_0": dh_dec, "decoder.c_0": dc_dec}
    return dout, dstarts


def _allocate_gradients(config, T, n, like):
    """Return an empty array (T, n, outputs) for the output gradient of every linear layer."""
    shapes = param_shapes(config)
    return {
        name[:-2]: np.empty((T, n, shape[1]), like.dtype, like=like)
        for name, shape in shapes.items()
        if name.endswith(".W")
    }


def _weight_gradients(dout, inputs, at, ops):
    """Compute each layer's weight gradient as one product over all steps and images."""
    before, after = inputs[:-1].reshape(-1, at.total), inputs[1:].reshape(-1, at.total)
    seen = {
        "encoder": before[:, at.encoder],
        "latent": after[:, at.h_enc],
        "decoder": before[:, at.decoder],
        "patch": after[:, at.h_dec],
        "read_window": before[:, at.h_dec],
        "write_window": after[:, at.h_dec],
    }
    layers = {name: (d.reshape(-1, d.shape[2]), seen[name]) for name, d in dout.items()}
    return linear_gradients(layers, ops)
