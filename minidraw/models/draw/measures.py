"""What a bound is made of: latent nats of every step, and importance weights."""

import numpy as np

from minidraw.models.draw.passes import forward


def latent_nats(params, batch, noise, config, ops):
    """What each step writes into its latent vector (eq 11, step by step).

    Parameters
    ----------
    params, batch, noise, config, ops
        As in `costs`.

    Returns
    -------
    nats : array, shape (T, n), float64
        Summed over the steps they are the `kl` of `costs`.
    """
    _, _, tape = forward(params, batch.images, noise, config, ops)
    return np.stack([_latent_nats(step.latent) for step in tape.steps])


def _latent_nats(cache):
    mu, log_sigma = np.split(cache.raw.astype(np.float64), 2, axis=1)
    return 0.5 * (mu**2 + np.exp(2 * log_sigma) - 2 * log_sigma - 1).sum(axis=1)


def log_weights(params, batch, noise, config, ops):
    """How much more the network expects an image with this z than it expected to draw this z.

    Parameters
    ----------
    params, batch, noise, config, ops
        As in `costs`.

    Returns
    -------
    costs : dict of arrays, shape (n,), in nats
        As `costs` returns them.
    weights : array, shape (n,), float64
        log p(x, z) - log q(z | x) of Burda et al. (2016), in nats.  The mean of exp(weights)
        over the noise is p(x).

    Notes
    -----
    z = mu + sigma noise, so that log p(z) - log q(z | x) is the sum of
    (noise^2 - z^2) / 2 + log sigma over all steps and entries.
    """
    nll, kl, tape = forward(params, batch.images, noise, config, ops)
    weights = -nll.astype(np.float64)
    for step, eps in zip(tape.steps, noise, strict=True):
        mu, log_sigma = np.split(step.latent.raw.astype(np.float64), 2, axis=1)
        z = mu + np.exp(log_sigma) * eps
        weights += (0.5 * (eps.astype(np.float64) ** 2 - z**2) + log_sigma).sum(axis=1)
    return {"nll": nll, "kl": kl, "total": nll + kl}, weights
