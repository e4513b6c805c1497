"""The bound on -log p(x) over a set of images, in nats (eq 12)."""

from dataclasses import dataclass

import numpy as np

from minidraw.datasets import as_float
from minidraw.models.base import Batch
from minidraw.training import draws

CHUNK = 100  # images at a time in each thread; a whole number of blocks


@dataclass(frozen=True)
class Bound:
    """Means over images, in nats per image, and what they were measured on."""

    nll: float  # image nats (eq 9)
    kl: float  # latent nats (eq 11)
    images: int
    protocol: str
    error: float  # standard error of `total` over images

    @property
    def total(self):
        return self.nll + self.kl

    def __str__(self):
        return (
            f"{self.total:.2f} nats ({self.nll:.2f} image + {self.kl:.2f} latent,"
            f" standard error {self.error:.2f}), {self.images} images, {self.protocol}"
        )


def bound(model, params, split, config, *, ops, workers, fresh, words, seed=0, images=None):
    """Mean bound over a set of images, with one sample of z per image.

    Parameters
    ----------
    model : module
        Of `minidraw.models`.
    params : dict of arrays
    split : Split
        Of `minidraw.datasets`.
    config
        The model's `Config`.
    ops : module
        `minidraw.layers` or `minidraw.kernels`.
    workers : Workers
    fresh : bool
        Whether grey levels are binarised; always with the same coins for a seed.
    words : str
        The protocol, as it is printed.
    seed : int
    images : int, optional
        Only the first so many.

    Returns
    -------
    Bound
    """
    count = len(split.images) if images is None else min(images, len(split.images))
    dtype = next(iter(params.values())).dtype

    def chunk(start):
        stop = min(start + CHUNK, count)
        x = as_float(split.images[start:stop], dtype)
        if fresh:
            x = draws.binarize(x, start, stop, seed, 0, draws.VALID_COINS)
        labels = None if split.labels is None else split.labels[start:stop]
        shape = model.noise_shape(config, stop - start)
        noise = shape and draws.noise(shape, start, stop, dtype, seed, 0, draws.VALID_NOISE)
        return model.costs(params, Batch(x, labels), noise, config, ops)

    parts = workers.map(chunk, range(0, count, CHUNK))
    nll, kl = (np.concatenate([part[key] for part in parts]) for key in ("nll", "kl"))
    nll, kl = nll.astype(float), kl.astype(float)
    error = float((nll + kl).std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
    return Bound(float(nll.mean()), float(kl.mean()), count, words, error)
