"""Sample and KL divergence in one pass, forward and backward: `layers/latent.py`, compiled."""

import numpy as np

from minidraw.kernels.compilation import jit
from minidraw.kernels.mathematics import HALF, ONE, TWO, ZERO, exp
from minidraw.layers.latent import LatentCache


def latent(posterior, *, noise):
    z, kl = np.empty_like(noise), np.empty(len(posterior), posterior.dtype)
    _latent(posterior, noise, z, kl)
    return (z, kl), LatentCache(posterior, noise)


@jit
def _latent(posterior, noise, z, kl):
    n, Z = z.shape
    sigma = np.empty(Z, z.dtype)
    for j in range(n):
        mu, log_sigma = posterior[j, :Z], posterior[j, Z:]
        for k in range(Z):
            sigma[k] = exp(log_sigma[k])
        for k in range(Z):
            z[j, k] = mu[k] + sigma[k] * noise[j, k]
        nats = ZERO
        for k in range(Z):
            nats += mu[k] * mu[k] + sigma[k] * sigma[k] - TWO * log_sigma[k] - ONE
        kl[j] = HALF * nats


def latent_backward(dout, cache):
    dz, dkl = dout
    posterior, noise = cache
    dposterior = np.empty_like(posterior)
    _latent_backward(np.ascontiguousarray(dz), dkl, posterior, noise, dposterior)
    return dposterior


@jit
def _latent_backward(dz, dkl, posterior, noise, dposterior):
    n, Z = dz.shape
    sigma = np.empty(Z, dz.dtype)
    for j in range(n):
        for k in range(Z):
            dposterior[j, k] = dz[j, k] + dkl[j] * posterior[j, k]
        for k in range(Z):
            sigma[k] = exp(posterior[j, Z + k])
        for k in range(Z):
            through_z = dz[j, k] * sigma[k] * noise[j, k]
            dposterior[j, Z + k] = through_z + dkl[j] * (sigma[k] * sigma[k] - ONE)
