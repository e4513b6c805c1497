"""All T steps of DRAW in one compiled call: twins of `run_steps` in `models/draw/network.py`.

`_forward` and `_backward` hold no Python object and no lock between the first step and the last, so
that threads with a shard each never wait for one another.  What a step leaves for the backward pass
lies in a `Workspace`, one array per kind with a leading T axis, which a thread reuses.
"""

import threading
from typing import NamedTuple

import numpy as np

from minidraw.kernels.attention import make_window_constants
from minidraw.kernels.compilation import jit
from minidraw.kernels.latent import _latent, _latent_backward
from minidraw.kernels.lstm import _gates, _gates_backward
from minidraw.kernels.mathematics import ONE, ZERO
from minidraw.kernels.products.interface import Packed, add_product, fill_rows, pack
from minidraw.kernels.read_write import (
    _add_write,
    _read,
    _read_backward,
    _read_full,
    _write_backward,
)

LAYERS = "encoder", "latent", "decoder", "patch", "read_window", "write_window"
STARTS = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"


class Net(NamedTuple):
    """Matrices of the linear layers, as `add_product` takes them, and their biases."""

    encoder: np.ndarray
    latent: np.ndarray
    decoder: np.ndarray
    patch: np.ndarray
    read_window: np.ndarray
    write_window: np.ndarray
    encoder_b: np.ndarray
    latent_b: np.ndarray
    decoder_b: np.ndarray
    patch_b: np.ndarray
    read_window_b: np.ndarray
    write_window_b: np.ndarray


class Grid(NamedTuple):
    """Constants of the read or the write window (`attention.py`); empty without attention."""

    geometry: np.ndarray
    offset: np.ndarray
    pixels: np.ndarray


class Workspace(NamedTuple):
    """Activations of every step, and the gradients of every linear layer's output."""

    record: np.ndarray  # (T + 1, n, columns)  [h_enc | glimpse | h_dec | z]
    encoder: np.ndarray  # (T, n, 4 H)  gates after their activations
    encoder_c: np.ndarray  # (T + 1, n, H)
    encoder_tanh_c: np.ndarray  # (T, n, H)
    posterior: np.ndarray  # (T, n, 2 Z)
    decoder: np.ndarray  # (T, n, 4 H)
    decoder_c: np.ndarray  # (T + 1, n, H)
    decoder_tanh_c: np.ndarray  # (T, n, H)
    patch: np.ndarray  # (T, n, patch size)
    read_theta: np.ndarray  # (T, n, 5)
    read_F_y: np.ndarray  # (T, n, K, B)
    read_F_x: np.ndarray  # (T, n, K, A)
    write_theta: np.ndarray  # (T, n, 5)
    write_F_y: np.ndarray  # (T, n, K, B)
    write_F_x: np.ndarray  # (T, n, K, A)
    s: np.ndarray  # (T, n, C, B, A)  the canvas after its sigmoid
    canvas: np.ndarray  # (n, C, B, A)
    dout: tuple  # of arrays (T, n, outputs), one for each of `LAYERS`


_kept = threading.local()


def allocate(config, T, n, dtype):
    """Return this thread's workspace, a new one only where the sizes have changed."""
    key = config, T, n, dtype
    if getattr(_kept, "key", None) != key:
        _kept.key, _kept.workspace = key, _allocate(config, T, n, dtype)
    return _kept.workspace


def _allocate(config, T, n, dtype):
    H, Z, (C, B, A) = config.hidden, config.latent, config.image_shape
    read = config.read_size if config.read_attention else 0
    write = config.write_size if config.write_attention else 0
    columns = 2 * H + config.glimpse_size + Z
    window = 5 * config.read_attention, 5 * config.write_attention
    outputs = 4 * H, 2 * Z, 4 * H, config.patch_size, *window

    def empty(*shape):
        return np.empty(shape, dtype)

    return Workspace(
        record=empty(T + 1, n, columns),
        encoder=empty(T, n, 4 * H),
        encoder_c=empty(T + 1, n, H),
        encoder_tanh_c=empty(T, n, H),
        posterior=empty(T, n, 2 * Z),
        decoder=empty(T, n, 4 * H),
        decoder_c=empty(T + 1, n, H),
        decoder_tanh_c=empty(T, n, H),
        patch=empty(T, n, config.patch_size),
        read_theta=empty(T, n, 5),
        read_F_y=empty(T, n, read, B),
        read_F_x=empty(T, n, read, A),
        write_theta=empty(T, n, 5),
        write_F_y=empty(T, n, write, B),
        write_F_x=empty(T, n, write, A),
        s=empty(T, n, C, B, A),
        canvas=empty(n, C, B, A),
        dout=tuple(empty(T, n, size) for size in outputs),
    )


class FilmTape(NamedTuple):
    """What the backward pass and the film need; overwritten by this thread's next forward pass."""

    inputs: np.ndarray  # (T + 1, n, columns)
    posterior: np.ndarray  # (T, n, 2 Z)
    read_theta: np.ndarray | None  # (T, n, 5)
    write_theta: np.ndarray | None  # (T, n, 5)
    work: Workspace
    x: np.ndarray
    noise: np.ndarray


def run_draw_steps(params, x, noise, config, ops, film=None):
    T, n, _ = noise.shape
    work = allocate(config, T, n, x.dtype)
    x = np.ascontiguousarray(x)
    kl = np.zeros(n, x.dtype)
    starts = tuple(params[name] for name in STARTS)
    film = np.empty((0, *work.canvas.shape), x.dtype) if film is None else film
    net = _net(params, transposed=False)
    _forward(x, noise, starts, net, *_grids(config, x.dtype), work, film, kl)
    read_theta = work.read_theta if config.read_attention else None
    write_theta = work.write_theta if config.write_attention else None
    tape = FilmTape(work.record, work.posterior, read_theta, write_theta, work, x, noise)
    return work.canvas, kl, tape


def run_draw_steps_backward(params, dcanvas, tape, config, ops):
    dtype, n = dcanvas.dtype, len(dcanvas)
    states = tuple(np.zeros((n, config.hidden), dtype) for _ in range(4))
    net, grids = _net(params, transposed=True), _grids(config, dtype)
    _backward(dcanvas, tape.x, tape.noise, net, *grids, tape.work, states)
    dout = zip(LAYERS, tape.work.dout, strict=True)
    used = {name: gradient for name, gradient in dout if f"{name}.W" in params}
    return used, dict(zip(STARTS, (dcanvas, *states), strict=True))


def _net(params, transposed):
    """Weights for the forward pass, or transposed for the backward pass."""
    absent = np.zeros((1, 1), params["canvas_0"].dtype)  # no attention: never multiplied
    matrices = []
    for name in LAYERS:
        W = params[f"{name}.W"] if f"{name}.W" in params else pack(absent)
        if isinstance(W, Packed):
            matrices.append(W.transposed if transposed else W.panels)
        else:
            matrices.append(np.ascontiguousarray(W.T if transposed else W))
    biases = [params.get(f"{name}.b", absent[0]) for name in LAYERS]
    return Net(*matrices, *biases)


def _grids(config, dtype):
    """Return the constants of the read and of the write window."""
    _, B, A = config.image_shape

    def make(K, attention):
        constants = make_window_constants(B, A, K, dtype)
        return Grid(*(array[: len(array) * attention] for array in constants))

    read = make(config.read_size, config.read_attention)
    return read, make(config.write_size, config.write_attention)


@jit
def _forward(x, noise, starts, net, read, write, work, film, kl):
    canvas_0, h_enc, c_enc, h_dec, c_dec = starts
    zero = np.int64(0)  # no literal: one version of the product serves all columns
    T, n, Z = noise.shape
    H, columns, canvas = len(h_enc), work.record.shape[2], work.canvas
    at_h_dec, at_z = columns - H - Z, columns - Z  # the glimpse begins at H
    nats = np.empty(n, x.dtype)
    first_pixels, pixels = canvas_0.reshape(-1), canvas.reshape(n, -1)
    for j in range(n):
        for k in range(len(first_pixels)):
            pixels[j, k] = first_pixels[k]
        for k in range(H):
            work.record[0, j, k] = h_enc[k]
            work.record[0, j, at_h_dec + k] = h_dec[k]
            work.encoder_c[0, j, k] = c_enc[k]
            work.decoder_c[0, j, k] = c_dec[k]
    for t in range(T):
        now, after = work.record[t], work.record[t + 1]
        if len(film):
            _copy(canvas, film[t])
        if len(read.offset):
            theta = work.read_theta[t]
            fill_rows(theta, net.read_window_b)
            add_product(now, at_h_dec, net.read_window, theta)  # eq 21
            F_y, F_x = work.read_F_y[t], work.read_F_x[t]
            _read(
                canvas,
                theta,
                x,
                read.geometry,
                read.offset,
                read.pixels,
                F_y,
                F_x,
                work.s[t],
                now,
                H,
            )  # eqs 3, 4
        else:
            _read_full(canvas, x, work.s[t], now, H)  # eqs 3, 4
        gates = work.encoder[t]
        fill_rows(gates, net.encoder_b)
        add_product(now, zero, net.encoder, gates)
        _gates(
            gates, work.encoder_c[t], after, 0, work.encoder_c[t + 1], gates, work.encoder_tanh_c[t]
        )  # eq 5
        posterior = work.posterior[t]
        fill_rows(posterior, net.latent_b)
        add_product(after, zero, net.latent, posterior)
        _latent(posterior, noise[t], now, at_z, nats)  # eqs 1, 2, 6
        for j in range(n):
            kl[j] += nats[j]  # eq 11
        gates = work.decoder[t]
        fill_rows(gates, net.decoder_b)
        add_product(now, at_h_dec, net.decoder, gates)
        _gates(
            gates,
            work.decoder_c[t],
            after,
            at_h_dec,
            work.decoder_c[t + 1],
            gates,
            work.decoder_tanh_c[t],
        )  # eq 7
        patch = work.patch[t]
        fill_rows(patch, net.patch_b)
        add_product(after, at_h_dec, net.patch, patch)  # eq 18 or 28
        if len(write.offset):
            theta = work.write_theta[t]
            fill_rows(theta, net.write_window_b)
            add_product(after, at_h_dec, net.write_window, theta)
            F_y, F_x = work.write_F_y[t], work.write_F_x[t]
            _add_write(
                patch, theta, write.geometry, write.offset, write.pixels, F_y, F_x, canvas
            )  # eqs 8, 29
        else:
            for j in range(n):
                for k in range(pixels.shape[1]):
                    pixels[j, k] += patch[j, k]  # eq 8
    if len(film):
        _copy(canvas, film[T])


@jit
def _copy(source, target):
    source, target = source.reshape(-1), target.reshape(-1)
    for k in range(len(source)):
        target[k] = source[k]


@jit
def _clear(array):
    array = array.reshape(-1)
    for k in range(len(array)):
        array[k] = ZERO


@jit
def _backward(dcanvas, x, noise, net, read, write, work, states):
    dencoder, dlatent, ddecoder, dpatch, dread_window, dwrite_window = work.dout
    dh_enc, dc_enc, dh_dec, dc_dec = states
    zero = np.int64(0)
    T, n, Z = noise.shape
    H, columns = dh_enc.shape[1], work.record.shape[2]
    at_h_dec, at_z = columns - H - Z, columns - Z
    ones, dlooked = np.ones(n, x.dtype), np.empty_like(dcanvas)
    dseen_enc, dseen_dec = np.empty((n, at_z), x.dtype), np.empty((n, H + Z), x.dtype)
    pixels = dcanvas.size // n
    dflat, dlooked_flat = dcanvas.reshape(n, pixels), dlooked.reshape(n, pixels)
    for t in range(T - 1, -1, -1):
        # canvas += write(h_dec): dcanvas goes on to the canvas before as it is.
        if len(write.offset):
            _write_backward(
                dcanvas,
                work.write_theta[t],
                work.write_F_y[t],
                work.write_F_x[t],
                work.patch[t],
                write.geometry,
                write.offset,
                write.pixels,
                dpatch[t],
                dwrite_window[t],
            )
            add_product(dwrite_window[t], zero, net.write_window, dh_dec)
        else:
            for j in range(n):
                for k in range(pixels):
                    dpatch[t, j, k] = dflat[j, k]
        add_product(dpatch[t], zero, net.patch, dh_dec)
        # h_dec, c_dec = lstm([h_dec, z], c_dec)
        _gates_backward(
            dh_dec,
            dc_dec,
            work.decoder[t],
            work.decoder_c[t],
            work.decoder_tanh_c[t],
            ddecoder[t],
            dc_dec,
        )
        _clear(dseen_dec)
        add_product(ddecoder[t], zero, net.decoder, dseen_dec)
        for j in range(n):
            for k in range(H):
                dh_dec[j, k] = dseen_dec[j, k]
        # z, kl = latent(h_enc)
        _latent_backward(dseen_dec, H, ones, work.posterior[t], noise[t], dlatent[t])
        add_product(dlatent[t], zero, net.latent, dh_enc)
        # h_enc, c_enc = lstm([h_enc, glimpse, h_dec], c_enc)
        _gates_backward(
            dh_enc,
            dc_enc,
            work.encoder[t],
            work.encoder_c[t],
            work.encoder_tanh_c[t],
            dencoder[t],
            dc_enc,
        )
        _clear(dseen_enc)
        add_product(dencoder[t], zero, net.encoder, dseen_enc)
        for j in range(n):
            for k in range(H):
                dh_enc[j, k] = dseen_enc[j, k]
            for k in range(H):
                dh_dec[j, k] += dseen_enc[j, at_h_dec + k]
        # glimpse = read(canvas, h_dec)
        if len(read.offset):
            _read_backward(
                dseen_enc,
                H,
                work.read_theta[t],
                work.read_F_y[t],
                work.read_F_x[t],
                work.s[t],
                x,
                read.geometry,
                read.offset,
                read.pixels,
                dlooked,
                dread_window[t],
            )
            add_product(dread_window[t], zero, net.read_window, dh_dec)
        else:
            s = work.s[t].reshape(n, pixels)
            for j in range(n):
                for k in range(pixels):  # x_err = x - sigmoid(canvas)
                    dlooked_flat[j, k] = dseen_enc[j, H + pixels + k] * s[j, k] * (s[j, k] - ONE)
        for j in range(n):
            for k in range(pixels):
                dflat[j, k] += dlooked_flat[j, k]  # the canvas is both carried on and looked at
