"""Bounds on -log p(x) over a set of images, in nats (eq 12)."""

from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from minidraw import randomness
from minidraw.datasets import as_float
from minidraw.models.interface import Batch, standard_error

CHUNK = 100  # images at a time in each thread; a whole number of blocks


@dataclass(frozen=True)
class ImportanceBound:
    """The importance-weighted bound of Burda et al. (2016), in nats per image."""

    total: float
    standard_error: float  # over images
    gain: float  # by how much the plain bound of the same images and z is higher
    gain_standard_error: float  # of `gain`, over images
    samples: int  # of z per image
    images: int
    protocol: str

    def __str__(self):
        return (
            f"{self.total:.2f} nats (standard error {self.standard_error:.2f} over images),"
            f" importance-weighted over {self.samples} samples of z per image; {self.gain:.2f} below the"
            f" plain bound (paired, standard error {self.gain_standard_error:.3f}),"
            f" {self.images} images, {self.protocol}"
        )


def bound(
    model,
    params,
    split,
    config,
    *,
    ops,
    workers,
    fresh,
    words,
    seed=0,
    images=None,
    samples=1,
    progress=False,
):
    """Mean costs over a set of images: of DRAW a bound, of a classifier its errors.

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
    samples : int
        Of z per image; the coins stay the same.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Bound or ErrorRate
        What the model calls `Measured`.
    """
    count = _count(split, images)

    def chunk(visit):
        costs = [model.costs(params, visit.batch, z, config, ops) for z in visit.noise(samples)]
        return {key: np.array([cost[key] for cost in costs], float) for key in costs[0]}

    visit = _visits(model, params, split, config, fresh, seed, count)
    parts = _mapped(workers, lambda start: chunk(visit(start)), count, progress)
    costs = {key: np.concatenate([part[key] for part in parts], axis=1) for key in parts[0]}
    return model.Measured.of(costs, words)


def importance_bound(
    model,
    params,
    split,
    config,
    *,
    ops,
    workers,
    fresh,
    words,
    samples,
    seed=0,
    images=None,
    progress=False,
):
    """Mean importance-weighted bound, -log mean exp of `samples` weights of every image.

    The parameters are those of `bound`.  Memory doesn't grow with the number of samples.

    Returns
    -------
    ImportanceBound
    """
    count = _count(split, images)

    def chunk(visit):
        plain, highest, scaled = 0.0, -np.inf, 0.0
        for z in visit.noise(samples):
            costs, weights = model.log_weights(params, visit.batch, z, config, ops)
            plain = plain + costs["total"].astype(float)
            higher = np.maximum(highest, weights)
            scaled = scaled * np.exp(highest - higher) + np.exp(weights - higher)
            highest = higher
        return plain / samples, -(highest + np.log(scaled / samples))

    visit = _visits(model, params, split, config, fresh, seed, count)
    parts = _mapped(workers, lambda start: chunk(visit(start)), count, progress)
    plain, weighted = map(np.concatenate, zip(*parts, strict=True))
    return ImportanceBound(
        float(weighted.mean()),
        standard_error(weighted),
        float((plain - weighted).mean()),
        standard_error(plain - weighted),
        samples,
        count,
        words,
    )


def nats_per_step(
    model,
    params,
    split,
    config,
    *,
    ops,
    workers,
    fresh,
    seed=0,
    images=None,
    progress=False,
):
    """Mean latent nats of every step, shape (T,); the parameters are those of `bound`."""
    count = _count(split, images)

    def chunk(visit):
        (z,) = visit.noise(1)
        return model.kl_per_step(params, visit.batch, z, config, ops).sum(axis=1)

    visit = _visits(model, params, split, config, fresh, seed, count)
    return sum(_mapped(workers, lambda start: chunk(visit(start)), count, progress)) / count


@dataclass
class _Visit:
    """Some images of the set, and their noise."""

    batch: Batch
    shape: tuple | None  # of the noise
    start: int
    seed: int

    def noise(self, samples):
        for k in range(samples):
            stop = self.start + len(self.batch.images)
            dtype, purpose = self.batch.images.dtype, randomness.VALID_NOISE
            arguments = self.start, stop, dtype, self.seed, k, purpose
            yield self.shape and randomness.noise(self.shape, *arguments)


def _count(split, images):
    return len(split.images) if images is None else min(images, len(split.images))


def _visits(model, params, split, config, fresh, seed, count):
    """A function that fetches the images from `start` on."""
    dtype = next(iter(params.values())).dtype

    def visit(start):
        stop = min(start + CHUNK, count)
        x = as_float(split.images[start:stop], dtype)
        if fresh:
            x = randomness.binarize(x, start, stop, seed, 0, randomness.VALID_COINS)
        labels = None if split.labels is None else split.labels[start:stop]
        return _Visit(Batch(x, labels), model.noise_shape(config, stop - start), start, seed)

    return visit


def _mapped(workers, function, count, progress=False):
    """The function's results for every chunk, in order."""
    starts = range(0, count, CHUNK)
    with tqdm(total=len(starts), disable=None if progress else True, unit="chunk") as bar:

        def counted(start):
            result = function(start)
            bar.update()
            return result

        return workers.map(counted, starts)
