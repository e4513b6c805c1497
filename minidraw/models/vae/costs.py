"""The VAE's costs: the variational bound, and importance weights."""

import numpy as np

from minidraw.models.vae.network import forward


def costs(params, batch, noise, config, ops):
    """Return the variational bound on -log p(x) for each image (eq 12).

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    batch : Batch
        Images, shape (n, C, B, A), in [0, 1].
    noise : array, shape (1, n, Z)
        Independent draws from N(0, 1).
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.

    Returns
    -------
    costs : dict of arrays, shape (n,), in nats
        ``nll`` (eq 9), ``kl`` (eq 11) and their sum ``total``.
    """
    _, nll, kl, _ = forward(params, batch.images, noise, config, ops)
    return {"nll": nll, "kl": kl, "total": nll + kl}  # eq 12


def kl_per_step(params, batch, noise, config, ops):
    """Return the KL divergence of the only step, (1, n) in float64."""
    return costs(params, batch, noise, config, ops)["kl"][None].astype(np.float64)


def log_weights(params, batch, noise, config, ops):
    """Return the costs and the log importance weights, log p(x, z) - log q(z | x).

    The weights are float64 (n,), in nats (Burda et al. 2016); DRAW's `log_weights` explains them.
    """
    _, nll, kl, (_, _, latent, _, _) = forward(params, batch.images, noise, config, ops)
    mu, log_sigma = np.split(latent.posterior.astype(np.float64), 2, axis=1)
    eps = noise[0].astype(np.float64)
    z = mu + np.exp(log_sigma) * eps
    weights = (0.5 * (eps**2 - z**2) + log_sigma).sum(axis=1) - nll
    return {"nll": nll, "kl": kl, "total": nll + kl}, weights
