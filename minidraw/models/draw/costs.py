"""DRAW's costs: the variational bound (eq 12), its KL per step, and importance weights."""

from dataclasses import dataclass
from math import nan, sqrt
from typing import ClassVar

import numpy as np

from minidraw.models.draw.network import forward
from minidraw.models.interface import describe_excess, standard_error


def costs(params, batch, noise, config, ops):
    """Return the variational bound on -log p(x) for each image (eq 12).

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    batch : Batch
        Images, shape (n, C, B, A), in [0, 1]; labels too if the network has classes.
    noise : array, shape (T, n, Z)
        Independent draws from N(0, 1).
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.

    Returns
    -------
    costs : dict of arrays, shape (n,), in nats
        ``nll`` (eq 9), ``kl`` (eq 11) and their sum ``total``.
    """
    nll, kl, _ = forward(params, batch, noise, config, ops)
    return {"nll": nll, "kl": kl, "total": nll + kl}  # eq 12


@dataclass(frozen=True)
class Bound:
    """Mean costs in nats per image, and how they were measured."""

    nll: float  # L^x (eq 9)
    kl: float  # L^z (eq 11)
    images: int
    protocol: str
    standard_error: float  # of `total`, over images
    samples: int = 1  # of z per image
    z_standard_error: float = nan  # of `total`, over z; needs two samples
    floor: float = 0.0  # lowest nll that these grey levels allow; 0 for black and white
    excess_standard_error: float = nan  # of `total - floor`, over images

    NAME: ClassVar = "bound"
    COLUMNS: ClassVar = ("nll", "kl", "total")
    PANELS: ClassVar = (
        ("nll", "Image cost", "nats per image"),
        ("kl", "Latent cost", "nats per image"),
    )

    @classmethod
    def of(cls, costs, protocol):
        """Average the arrays ``nll``, ``kl`` and ``floor``, of shape (samples, images)."""
        nll, kl, floor = costs["nll"], costs["kl"], costs["floor"]
        total, samples = nll + kl, len(nll)
        noise = sqrt(total.var(axis=0, ddof=1).mean() / total.size) if samples > 1 else nan
        error = standard_error(total.mean(axis=0))
        excess_error = standard_error((total - floor).mean(axis=0))
        means = float(nll.mean()), float(kl.mean())
        lowest = float(floor.mean())
        images = total.shape[1]
        return cls(*means, images, protocol, error, samples, noise, lowest, excess_error)

    @staticmethod
    def progress(row):
        """Format the costs of a training step for the progress bar."""
        return f"{row['nll']:.1f} image + {row['kl']:.1f} latent nats"

    @property
    def total(self):
        return self.nll + self.kl

    def __str__(self):
        noise = "" if np.isnan(self.z_standard_error) else f", {self.z_standard_error:.3f} over z"
        samples = "" if self.samples == 1 else f", {self.samples} samples of z per image"
        return (
            f"{self.total:.2f} nats ({self.nll:.2f} image + {self.kl:.2f} latent,"
            f" standard error {self.standard_error:.2f}{noise and ' over images'}{noise})"
            f"{describe_excess(self.total, self.floor, self.excess_standard_error)},"
            f" {self.images} images{samples}, {self.protocol}"
        )


def kl_per_step(params, batch, noise, config, ops):
    """Return the KL divergence of every step, (T, n) in float64: the terms of eq 11."""
    _, _, (_, tape, _) = forward(params, batch, noise, config, ops)
    mu, log_sigma = np.split(tape.posterior.astype(np.float64), 2, axis=2)
    return 0.5 * (mu**2 + np.exp(2 * log_sigma) - 2 * log_sigma - 1).sum(axis=2)


def log_weights(params, batch, noise, config, ops):
    """Return the costs and the log importance weights, log p(x, z) - log q(z | x).

    Parameters
    ----------
    params, batch, noise, config, ops
        As in `costs`.

    Returns
    -------
    costs : dict of arrays, shape (n,), in nats
        As `costs` returns them.
    weights : array, shape (n,), float64
        In nats (Burda et al. 2016).  The mean of exp(weights) over the noise is p(x).

    Notes
    -----
    z = mu + sigma noise, so that log p(z) - log q(z | x) is the sum of
    (noise^2 - z^2) / 2 + log sigma over all steps and entries.
    """
    nll, kl, (_, tape, _) = forward(params, batch, noise, config, ops)
    mu, log_sigma = np.split(tape.posterior.astype(np.float64), 2, axis=2)
    eps = noise.astype(np.float64)
    z = mu + np.exp(log_sigma) * eps
    weights = (0.5 * (eps**2 - z**2) + log_sigma).sum(axis=(0, 2)) - nll
    return {"nll": nll, "kl": kl, "total": nll + kl}, weights
