"""Watch DRAW paint: the canvases and windows of every step."""

import numpy as np

from minidraw.models.draw.network import empty_thetas, forward, paint
from minidraw.models.interface import Film, Window, apply_linear, packed_weights

FEW = 9  # paintings in a run's film


def reconstruct(params, batch, noise, config, ops):
    """How the network redraws given images.

    Parameters
    ----------
    params, batch, noise, config, ops
        As in `costs`.

    Returns
    -------
    film : Film
        ``sigmoid(film.canvas[-1])`` are the reconstructions.
    """
    T, n, _ = noise.shape
    canvases = np.empty((T + 1, n, *config.image_shape), batch.images.dtype)
    _, _, tape = forward(params, batch.images, noise, config, ops, film=canvases)
    return _film(canvases, tape.read_theta, tape.write_theta, config, ops)


def generate(params, noise, config, ops):
    """Paint new images; the encoder takes no part (eqs 13-16).

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    noise : array, shape (T, n, Z)
        The latent vectors themselves, drawn from N(0, 1).
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.

    Returns
    -------
    film : Film
        ``sigmoid(film.canvas[-1])`` are the mean images; `film.read_window` is None.
    """
    T, n, _ = noise.shape
    H = config.hidden
    seen = np.empty((n, H + config.latent), noise.dtype)
    seen[:, :H] = params["decoder.h_0"]
    c_dec = np.repeat(params["decoder.c_0"][None], n, axis=0)
    canvases = np.empty((T + 1, n, *config.image_shape), noise.dtype)
    canvases[0] = params["canvas_0"]
    _, write_theta = empty_thetas(config, T, n, noise.dtype)
    params = packed_weights(params, ops)
    for t in range(T):
        seen[:, H:] = noise[t]  # eq 13
        a = apply_linear(params, "decoder", seen, ops)
        (seen[:, :H], c_dec), _ = ops.lstm_gates(a, c_dec)  # eq 14
        stroke, _ = paint(params, seen[:, :H], config, ops, write_theta, t)
        canvases[t + 1] = canvases[t] + stroke  # eq 15
    return _film(canvases, None, write_theta, config, ops)


def _film(canvases, read_theta, write_theta, config, ops):
    def windows(theta, K):
        if theta is None:
            return None
        size = {"height": config.height, "width": config.width, "K": K}
        parts, _ = ops.window(theta.reshape(-1, 5), **size)
        return Window(*(part.reshape(theta.shape[:2]) for part in parts))

    read_window = windows(read_theta, config.read_size)
    write_window = windows(write_theta, config.write_size)
    return Film(canvases, read_window, write_window, config.read_size, config.write_size)


def pictures(params, batch, noise, config, ops):
    """What a run folder shows: mean images painted from `noise`, and a film of some of them."""
    film = generate(params, noise, config, ops)
    few = film._replace(
        canvas=film.canvas[:, :FEW],
        write_window=film.write_window and Window(*(part[:, :FEW] for part in film.write_window)),
    )
    return {"samples": ops.sigmoid(film.canvas[-1]), "film": few}
