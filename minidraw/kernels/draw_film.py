"""All T steps of DRAW in one compiled call: twins of `run_steps` in `models/draw/network.py`.

`_forward` and `_backward` hold no Python object and no lock between the first step and the last.
Threads with a shard each therefore never wait for one another.
"""

import numpy as np

from minidraw.kernels.compilation import jit, paste
from minidraw.kernels.draw_workspace import (
    LAYERS,
    STARTS,
    FilmTape,
    collect_grids,
    collect_net,
    get_workspace,
)
from minidraw.kernels.latent import _latent, _latent_backward
from minidraw.kernels.lstm import _gates, _gates_backward
from minidraw.kernels.mathematics import ONE, ZERO
from minidraw.kernels.products.interface import add_product, fill_rows
from minidraw.kernels.read_write import (
    _add_write,
    _read,
    _read_backward,
    _read_full,
    _write_backward,
)


def run_draw_steps(params, x, noise, config, ops, film=None):
    T, n, _ = noise.shape
    work = get_workspace(config, T, n, x.dtype)
    x = np.ascontiguousarray(x)
    kl = np.zeros(n, x.dtype)
    starts = tuple(params[name] for name in STARTS)
    film = np.empty((0, *work.canvas.shape), x.dtype) if film is None else film
    net = collect_net(params, transposed=False)
    _forward(x, noise, starts, net, *collect_grids(config, x.dtype), work, film, kl)
    read_theta = work.read_theta if config.read_attention else None
    write_theta = work.write_theta if config.write_attention else None
    tape = FilmTape(work.record, work.posterior, read_theta, write_theta, work, x, noise)
    return work.canvas, kl, tape


def run_draw_steps_backward(params, dcanvas, dkl, tape, config, ops):
    dtype, n = dcanvas.dtype, len(dcanvas)
    states = tuple(np.zeros((n, config.hidden), dtype) for _ in range(4))
    net, grids = collect_net(params, transposed=True), collect_grids(config, dtype)
    _backward(dcanvas, dkl, tape.x, tape.noise, net, *grids, tape.work, states)
    dout = zip(LAYERS, tape.work.dout, strict=True)
    used = {name: gradient for name, gradient in dout if f"{name}.W" in params}
    return used, dict(zip(STARTS, (dcanvas, *states), strict=True))


@jit
def _forward(x, noise, starts, net, read, write, work, film, kl):
    _set_starts(starts, work, noise.shape[2])
    for t in range(len(noise)):
        if len(film):
            _copy(work.canvas, film[t])
        _encode(t, x, noise[t], net, read, work, kl)
        _paint(t, net, write, work, noise.shape[2])
    if len(film):
        _copy(work.canvas, film[len(noise)])


@paste
def _set_starts(starts, work, Z):
    """Set the canvas and the states before the first step."""
    canvas_0, h_enc, c_enc, h_dec, c_dec = starts
    H = h_enc.shape[1]
    at_h_dec = work.record.shape[2] - H - Z
    for j in range(len(work.canvas)):
        _copy(canvas_0, work.canvas[j])
        for k in range(H):
            work.record[0, j, k] = h_enc[j, k]
            work.record[0, j, at_h_dec + k] = h_dec[j, k]
            work.encoder_c[0, j, k] = c_enc[j, k]
            work.decoder_c[0, j, k] = c_dec[j, k]


@paste
def _encode(t, x, noise, net, read, work, kl):
    """Read, and sample z: the first half of step t."""
    now, after, s = work.record[t], work.record[t + 1], work.s[t]
    (n, Z), H = noise.shape, work.encoder_c.shape[2]
    at_z = now.shape[1] - Z
    at_h_dec = at_z - H  # the glimpse begins at H
    first = np.int64(0)  # no literal: one version of the product serves all columns
    if len(read[0]):
        theta, F_y, F_x = work.read_theta[t], work.read_F_y[t], work.read_F_x[t]
        fill_rows(theta, net.read_window_b)
        add_product(now, at_h_dec, net.read_window, theta)  # eq 21
        _read(work.canvas, theta, x, *read, F_y, F_x, s, now, H)  # eqs 3, 4
    else:
        _read_full(work.canvas, x, s, now, H)  # eqs 3, 4
    gates, c, tanh_c = work.encoder[t], work.encoder_c[t + 1], work.encoder_tanh_c[t]
    fill_rows(gates, net.encoder_b)
    add_product(now, first, net.encoder, gates)
    _gates(gates, work.encoder_c[t], after, first, c, gates, tanh_c)  # eq 5
    posterior, nats = work.posterior[t], np.empty(n, x.dtype)
    fill_rows(posterior, net.latent_b)
    add_product(after, first, net.latent, posterior)
    _latent(posterior, noise, now, at_z, nats)  # eqs 1, 2, 6
    for j in range(n):
        kl[j] += nats[j]  # eq 11


@paste
def _paint(t, net, write, work, Z):
    """Decode z and write to the canvas: the second half of step t."""
    now, after, patch = work.record[t], work.record[t + 1], work.patch[t]
    at_h_dec = now.shape[1] - Z - work.decoder_c.shape[2]
    gates, c, tanh_c = work.decoder[t], work.decoder_c[t + 1], work.decoder_tanh_c[t]
    fill_rows(gates, net.decoder_b)
    add_product(now, at_h_dec, net.decoder, gates)
    _gates(gates, work.decoder_c[t], after, at_h_dec, c, gates, tanh_c)  # eq 7
    fill_rows(patch, net.patch_b)
    add_product(after, at_h_dec, net.patch, patch)  # eq 18 or 28
    if len(write[0]):
        theta, F_y, F_x = work.write_theta[t], work.write_F_y[t], work.write_F_x[t]
        fill_rows(theta, net.write_window_b)
        add_product(after, at_h_dec, net.write_window, theta)  # eq 21
        _add_write(patch, theta, *write, F_y, F_x, work.canvas)  # eqs 8, 29
    else:
        _add(patch, work.canvas)  # eq 8


@jit
def _backward(dcanvas, dkl, x, noise, net, read, write, work, states):
    (T, n, Z), H = noise.shape, work.encoder_c.shape[2]
    dseen_enc = np.empty((n, work.record.shape[2] - Z), x.dtype)
    dseen_dec = np.empty((n, H + Z), x.dtype)
    dlooked = np.empty_like(dcanvas)
    for t in range(T - 1, -1, -1):
        # canvas += stroke: dcanvas goes on to the canvas before as it is.
        _paint_backward(t, dcanvas, net, write, work, states, dseen_dec)
        _encode_backward(t, dkl, noise[t], net, work, states, dseen_dec, dseen_enc)
        _read_step_backward(t, x, net, read, work, states, dseen_enc, dlooked)
        _add(dlooked, dcanvas)  # the canvas is both carried on and looked at


@paste
def _paint_backward(t, dcanvas, net, write, work, states, dseen):
    _, _, ddecoder, dpatch, _, dtheta = work.dout
    _, _, dh_dec, dc_dec = states
    first = np.int64(0)
    # stroke = write(h_dec)
    if len(write[0]):
        theta, F_y, F_x = work.write_theta[t], work.write_F_y[t], work.write_F_x[t]
        _write_backward(dcanvas, theta, F_y, F_x, work.patch[t], *write, dpatch[t], dtheta[t])
        add_product(dtheta[t], first, net.write_window, dh_dec)
    else:
        _copy(dcanvas, dpatch[t])
    add_product(dpatch[t], first, net.patch, dh_dec)
    # h_dec, c_dec = lstm([h_dec, z], c_dec)
    gates, c_prev, tanh_c = work.decoder[t], work.decoder_c[t], work.decoder_tanh_c[t]
    _gates_backward(dh_dec, dc_dec, gates, c_prev, tanh_c, ddecoder[t], dc_dec)
    _clear(dseen)
    add_product(ddecoder[t], first, net.decoder, dseen)
    for j in range(len(dh_dec)):
        for k in range(dh_dec.shape[1]):
            dh_dec[j, k] = dseen[j, k]


@paste
def _encode_backward(t, dkl, noise, net, work, states, dseen_dec, dseen):
    dencoder, dlatent, _, _, _, _ = work.dout
    dh_enc, dc_enc, dh_dec, _ = states
    (n, H), first = dh_enc.shape, np.int64(0)
    at_h_dec = dseen.shape[1] - H
    # z, kl = latent(h_enc)
    _latent_backward(dseen_dec, H, dkl, work.posterior[t], noise, dlatent[t])
    add_product(dlatent[t], first, net.latent, dh_enc)
    # h_enc, c_enc = lstm([h_enc, glimpse, h_dec], c_enc)
    gates, c_prev, tanh_c = work.encoder[t], work.encoder_c[t], work.encoder_tanh_c[t]
    _gates_backward(dh_enc, dc_enc, gates, c_prev, tanh_c, dencoder[t], dc_enc)
    _clear(dseen)
    add_product(dencoder[t], first, net.encoder, dseen)
    for j in range(n):
        for k in range(H):
            dh_enc[j, k] = dseen[j, k]
        for k in range(H):
            dh_dec[j, k] += dseen[j, at_h_dec + k]


@paste
def _read_step_backward(t, x, net, read, work, states, dseen, dlooked):
    H, dtheta, s = states[0].shape[1], work.dout[4], work.s[t]
    # glimpse = read(canvas, h_dec)
    if len(read[0]):
        theta, F_y, F_x = work.read_theta[t], work.read_F_y[t], work.read_F_x[t]
        _read_backward(dseen, H, theta, F_y, F_x, s, x, *read, dlooked, dtheta[t])
        add_product(dtheta[t], np.int64(0), net.read_window, states[2])
    else:
        n, pixels = len(x), x[0].size
        s, dlooked = s.reshape(n, pixels), dlooked.reshape(n, pixels)
        for j in range(n):
            for k in range(pixels):  # x_err = x - sigmoid(canvas)
                dlooked[j, k] = dseen[j, H + pixels + k] * s[j, k] * (s[j, k] - ONE)


@jit
def _copy(source, target):
    source, target = source.reshape(-1), target.reshape(-1)
    for k in range(len(source)):
        target[k] = source[k]


@jit
def _add(source, target):
    source, target = source.reshape(-1), target.reshape(-1)
    for k in range(len(source)):
        target[k] += source[k]


@jit
def _clear(array):
    array = array.reshape(-1)
    for k in range(len(array)):
        array[k] = ZERO
