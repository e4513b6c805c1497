"""Sample and its cost in one pass each way: twins of the functions in `layers/latent.py`."""

import numpy as np

from minidraw.kernels.jit import HALF, ONE, TWO, ZERO, exp, jit
from minidraw.layers.latent import LatentCache


def latent(raw, *, noise):
    z, sigma = np.empty_like(noise), np.empty_like(noise)
    kl = np.empty(len(raw), raw.dtype)
    _latent(raw, noise, z, sigma, kl)
    return (z, kl), LatentCache(raw, sigma, noise)


@jit
def _latent(raw, noise, z, sigma, kl):
    n, Z = z.shape
    for j in range(n):
        mu, log_sigma = raw[j, :Z], raw[j, Z:]
        for k in range(Z):
            sigma[j, k] = exp(log_sigma[k])
        for k in range(Z):
            z[j, k] = mu[k] + sigma[j, k] * noise[j, k]
        nats = ZERO
        for k in range(Z):
            nats += mu[k] * mu[k] + sigma[j, k] * sigma[j, k] - TWO * log_sigma[k] - ONE
        kl[j] = HALF * nats


def latent_backward(dout, cache):
    dz, dkl = dout
    raw, sigma, noise = cache
    draw = np.empty_like(raw)
    _latent_backward(np.ascontiguousarray(dz), dkl, raw, sigma, noise, draw)
    return draw


@jit
def _latent_backward(dz, dkl, raw, sigma, noise, draw):
    n, Z = dz.shape
    for j in range(n):
        for k in range(Z):
            draw[j, k] = dz[j, k] + dkl[j] * raw[j, k]
        for k in range(Z):
            through_z = dz[j, k] * sigma[j, k] * noise[j, k]
            draw[j, Z + k] = through_z + dkl[j] * (sigma[j, k] * sigma[j, k] - ONE)
