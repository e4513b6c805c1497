"""Sample and KL divergence in one pass, forward and backward: `layers/latent.py`, compiled."""

import numpy as np

from minidraw.kernels.compilation import jit
from minidraw.kernels.mathematics import HALF, ONE, TWO, ZERO, exp
from minidraw.layers.latent import LatentCache


def latent(posterior, *, noise):
    z, kl = np.empty_like(noise), np.empty(len(posterior), posterior.dtype)
    _latent(posterior, noise, z, 0, kl)
    return (z, kl), LatentCache(posterior, noise)


@jit
def _latent(posterior, noise, record, first, kl):
    """Write z into the columns of `record` from `first` on."""
    n, Z = noise.shape
    sigma = np.empty(Z, noise.dtype)
    for j in range(n):
        mu, log_sigma = posterior[j, :Z], posterior[j, Z:]
        for k in range(Z):
            sigma[k] = exp(log_sigma[k])
        for k in range(Z):
            record[j, first + k] = mu[k] + sigma[k] * noise[j, k]
        nats = ZERO
        for k in range(Z):
            nats += mu[k] * mu[k] + sigma[k] * sigma[k] - TWO * log_sigma[k] - ONE
        kl[j] = HALF * nats


def latent_backward(dout, cache):
    dz, dkl = dout
    posterior, noise = cache
    dposterior = np.empty_like(posterior)
    _latent_backward(np.ascontiguousarray(dz), 0, dkl, posterior, noise, dposterior)
    return dposterior


@jit
def _latent_backward(drecord, first, dkl, posterior, noise, dposterior):
    n, Z = noise.shape
    sigma = np.empty(Z, noise.dtype)
    for j in range(n):
        for k in range(Z):
            dposterior[j, k] = drecord[j, first + k] + dkl[j] * posterior[j, k]
        for k in range(Z):
            sigma[k] = exp(posterior[j, Z + k])
        for k in range(Z):
            through_z = drecord[j, first + k] * sigma[k] * noise[j, k]
            dposterior[j, Z + k] = through_z + dkl[j] * (sigma[k] * sigma[k] - ONE)
