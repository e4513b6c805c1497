"""Records of DRAW's canvases and windows at every step: `reconstruct` and `generate`."""

import numpy as np

from minidraw.models.draw.network import allocate_thetas, choose_states, forward, paint
from minidraw.models.interface import Film, Window, apply_linear, compute_windows

FILM_IMAGES = 9  # paintings in the film of a run folder


def reconstruct(params, batch, noise, config, ops):
    """Reconstruct images.

    Parameters
    ----------
    params, batch, noise, config, ops
        As in `costs`.

    Returns
    -------
    film : Film
        The reconstructions are ``sigmoid(film.canvas[-1])``.
    """
    (T, n, _), x = noise.shape, batch.images
    canvases = np.empty((T + 1, n, *config.image_shape), x.dtype, like=x)
    _, _, (_, tape, _) = forward(params, batch, noise, config, ops, film=canvases)
    return _make_film(canvases, tape.read_theta, tape.write_theta, config, ops)


def generate(params, noise, config, ops, labels=None):
    """Generate images from latent vectors, without the encoder (eqs 13-16).

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    noise : array, shape (T, n, Z)
        The latent vectors, drawn from N(0, 1).
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.
    labels : array of integers, shape (n,), optional
        Class of each image; only for a network with classes, which needs it.

    Returns
    -------
    film : Film
        The probability images are ``sigmoid(film.canvas[-1])``; `film.read_window` is None.
    """
    T, n, _ = noise.shape
    H = config.hidden
    seen = np.empty((n, H + config.latent), noise.dtype, like=noise)
    states = choose_states(params, labels, config, n)
    seen[:, :H], c_dec = states["decoder.h_0"], states["decoder.c_0"]
    canvases = np.empty((T + 1, n, *config.image_shape), noise.dtype, like=noise)
    canvases[0] = params["canvas_0"]
    _, write_theta = allocate_thetas(config, T, n, noise)
    params = ops.prepare(params)
    for t in range(T):
        seen[:, H:] = noise[t]  # eq 13
        a = apply_linear(params, "decoder", seen, ops)
        (seen[:, :H], c_dec), _ = ops.lstm_gates(a, c_dec)  # eq 14
        stroke, _ = paint(params, seen[:, :H], config, ops, write_theta, t)
        canvases[t + 1] = canvases[t] + stroke  # eq 15
    return _make_film(canvases, None, write_theta, config, ops)


def _make_film(canvases, read_theta, write_theta, config, ops):
    sizes = config.read_size, config.write_size
    read_window, write_window = (
        compute_windows(theta, config, K, ops) if theta is not None else None
        for theta, K in zip((read_theta, write_theta), sizes, strict=True)
    )
    return Film(canvases, read_window, write_window, *sizes)


def pictures(params, batch, noise, config, ops):
    """Return the run folder's pictures: probability images generated from `noise`, and a film.

    With classes, each has an equal share of the images, one after the other.
    """
    n = noise.shape[1]
    film = generate(params, noise, config, ops, np.arange(n, like=noise) * config.classes // n)
    shown = slice(FILM_IMAGES)
    if config.classes:
        shown = slice(0, n, -(-n // FILM_IMAGES))
    window = film.write_window
    if window is not None:
        window = Window(*(part[:, shown] for part in window))
    short = film._replace(canvas=film.canvas[:, shown], write_window=window)
    return {"samples": ops.sigmoid(film.canvas[-1]), "film": short}
