"""The latent vector: a reparameterised Gaussian sample and its KL divergence."""

from typing import NamedTuple

import numpy as np


class SampleCache(NamedTuple):
    sigma: np.ndarray  # (n, Z)
    noise: np.ndarray  # (n, Z)


def sample(mu, log_sigma, *, noise):
    """Sample z from N(mu, sigma^2) as mu + sigma noise (eqs 1, 2, 6).

    Parameters
    ----------
    mu, log_sigma : array, shape (n, Z)
        Mean and log standard deviation.
    noise : array, shape (n, Z)
        Independent samples from N(0, 1).

    Returns
    -------
    z : array, shape (n, Z)
    cache
        For `sample_backward`.
    """
    sigma = np.exp(log_sigma)  # eq 2
    return mu + sigma * noise, SampleCache(sigma, noise)  # eq 6


def sample_backward(dz, cache):
    """Return the gradients ``dmu, dlog_sigma``, each (n, Z)."""
    sigma, noise = cache
    return dz.copy(), dz * sigma * noise  # z = mu + exp(log_sigma) * noise


class KLCache(NamedTuple):
    mu: np.ndarray  # (n, Z)
    sigma: np.ndarray  # (n, Z)


def kl(mu, log_sigma):
    """Return KL(N(mu, sigma^2) || N(0, 1)), the term of one step in eq 11.

    Parameters
    ----------
    mu, log_sigma : array, shape (n, Z)

    Returns
    -------
    kl : array, shape (n,)
        Nats per image; 0 if mu = 0 and sigma = 1.
    cache
        For `kl_backward`.

    Notes
    -----
    The constant T/2 of eq 11 is per latent unit; for T steps of Z units it is T Z / 2, which
    comes from the 1 inside the sum.
    """
    sigma = np.exp(log_sigma)
    nats = 0.5 * (mu**2 + sigma**2 - 2 * log_sigma - 1).sum(axis=1)  # eq 11
    return nats, KLCache(mu, sigma)


def kl_backward(dkl, cache):
    """Return the gradients ``dmu, dlog_sigma``, each (n, Z)."""
    mu, sigma = cache
    return dkl[:, None] * mu, dkl[:, None] * (sigma**2 - 1)


class LatentCache(NamedTuple):
    posterior: np.ndarray  # (n, 2 Z)
    noise: np.ndarray  # (n, Z)


def latent(posterior, *, noise):
    """Sample z and compute its KL divergence from the output of one linear layer.

    Parameters
    ----------
    posterior : array, shape (n, 2 Z)
        mu and log sigma, side by side.
    noise : array, shape (n, Z)

    Returns
    -------
    (z, kl) : arrays, shapes (n, Z) and (n,)
    cache
        For `latent_backward`.
    """
    mu, log_sigma = np.split(posterior, 2, axis=1)
    z, _ = sample(mu, log_sigma, noise=noise)
    nats, _ = kl(mu, log_sigma)
    return (z, nats), LatentCache(posterior, noise)


def latent_backward(dout, cache):
    """Return the gradient ``dposterior``, shape (n, 2 Z); `dout` is ``(dz, dkl)``."""
    dz, dkl = dout
    mu, log_sigma = np.split(cache.posterior, 2, axis=1)
    _, sample_cache = sample(mu, log_sigma, noise=cache.noise)
    _, kl_cache = kl(mu, log_sigma)
    through_z = np.concatenate(sample_backward(dz, sample_cache), axis=1)
    through_kl = np.concatenate(kl_backward(dkl, kl_cache), axis=1)
    return through_z + through_kl  # mu and log sigma are used twice
