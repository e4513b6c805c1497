"""Measure a network on a set of images: `Evaluation` gives costs and bounds in nats (eq 12)."""

from dataclasses import dataclass
from math import isnan, nan, sqrt
from types import ModuleType

import numpy as np

from minidraw.datasets import Scenes, Split, as_float
from minidraw.layers.likelihood import bernoulli_floor
from minidraw.models.interface import Batch, check_finite, describe_excess, standard_error
from minidraw.progress import make_bar
from minidraw.randomness import BatchRandom, Purpose

CHUNK_IMAGES = 100  # images at a time in each thread; a whole number of randomness's blocks


@dataclass(frozen=True)
class ImportanceBound:
    """The importance-weighted bound of Burda et al. (2016), in nats per image."""

    total: float
    standard_error: float  # of `total`, over images
    gain: float  # difference to the plain bound of the same images and z
    gain_standard_error: float  # of `gain`, over images
    samples: int  # of z per image
    images: int
    protocol: str
    z_standard_error: float = nan  # of `total`, over z; needs two samples
    floor: float = 0.0  # lowest cost that these grey levels allow; 0 for black and white
    excess_standard_error: float = nan  # of `total - floor`, over images

    def __str__(self):
        noise = "" if isnan(self.z_standard_error) else f", {self.z_standard_error:.3f} over z"
        return (
            f"{self.total:.2f} nats (standard error {self.standard_error:.2f} over images{noise}),"
            f" importance-weighted over {self.samples} samples of z per image;"
            f" {self.gain:.2f} below the plain bound (paired, standard error"
            f" {self.gain_standard_error:.3f})"
            f"{describe_excess(self.total, self.floor, self.excess_standard_error)},"
            f" {self.images} images, {self.protocol}"
        )


@dataclass(frozen=True)
class Evaluation:
    """A network, the images to measure it on, and the random numbers to use.

    Parameters
    ----------
    model : module
        Of `minidraw.models`.
    params : dict of arrays
    config : Config
        The model's.
    split : Split
        Of `minidraw.datasets`.
    ops : module
        `minidraw.layers` or `minidraw.kernels`.
    workers : Workers
    binarize : bool
        Whether to binarise grey levels; a seed always gives the same Bernoulli samples.
    protocol : str
        Printed with every result.
    seed : int
        Of noise and binarisation; a seed other than 0 also draws the scenes anew.
    images : int, optional
        Use only the first `images` images.
    progress : bool
        Whether to show a progress bar.
    """

    model: ModuleType
    params: dict
    config: object
    split: Split
    ops: object
    workers: object
    binarize: bool
    protocol: str = ""
    seed: int = 0
    images: int | None = None
    progress: bool = False

    def costs(self, samples=1):
        """Return the mean costs, with `samples` samples of z per image.

        Returns
        -------
        Bound or ErrorRate
            What the model calls `Measured`.

        Raises
        ------
        NotFinite
            If the total is nan or infinite; so do the methods below.
        """
        return self._average(self._measure_images(samples), self.protocol)

    def costs_per_class(self, samples=1, names=()):
        """Return the mean costs of all images, and those of the images of each class.

        Parameters
        ----------
        samples : int
        names : sequence of str
            What class 0, 1, ... is called; its number if not given.

        Returns
        -------
        mean : Bound or ErrorRate
        classes : dict
            The costs of each class that occurs, by its name or number.
        """
        costs = self._measure_images(samples)
        labels, classes = self.split.labels[: self.count], {}
        for label in np.unique(labels):
            name = names[label] if len(names) else int(label)
            part = {key: values[:, labels == label] for key, values in costs.items()}
            classes[name] = self._average(part, f"class {name}")
        return self._average(costs, self.protocol), classes

    def _measure_images(self, samples):
        """Return the costs of every image, arrays of shape (samples, images)."""
        params = self.ops.prepare(self.params)

        def measure(chunk):
            costs = [
                self.model.costs(params, chunk.batch, z, self.config, self.ops)
                for z in chunk.noise(samples)
            ]
            found = {key: np.array([cost[key] for cost in costs], float) for key in costs[0]}
            if self.model.GENERATIVE:
                found["floor"] = np.tile(bernoulli_floor(chunk.batch.images), (samples, 1))
            return found

        parts = self._map(measure)
        return {key: np.concatenate([part[key] for part in parts], axis=1) for key in parts[0]}

    def _average(self, costs, protocol):
        result = self.model.Measured.of(costs, protocol)
        check_finite(result.total, result.NAME)
        return result

    def importance_bound(self, samples):
        """Return the mean importance-weighted bound, -log mean exp of `samples` weights.

        The standard error over z comes from the jackknife: how far the bound moves if one weight
        is left out.  Memory grows by 800 bytes per sample and thread.
        """
        params = self.ops.prepare(self.params)

        def measure(chunk):
            plain, weights = 0.0, []
            for z in chunk.noise(samples):
                costs, new = self.model.log_weights(params, chunk.batch, z, self.config, self.ops)
                plain = plain + costs["total"].astype(float)
                weights.append(new)
            return plain / samples, bernoulli_floor(chunk.batch.images), *_weigh(np.array(weights))

        columns = zip(*self._map(measure), strict=True)
        plain, floor, weighted, variance = map(np.concatenate, columns)
        check_finite(weighted, "importance-weighted bound")
        gain = plain - weighted
        return ImportanceBound(
            total=float(weighted.mean()),
            standard_error=standard_error(weighted),
            gain=float(gain.mean()),
            gain_standard_error=standard_error(gain),
            samples=samples,
            images=self.count,
            protocol=self.protocol,
            z_standard_error=sqrt(variance.mean() / self.count),
            floor=float(floor.mean()),
            excess_standard_error=standard_error(weighted - floor),
        )

    def kl_per_step(self):
        """Return the mean latent cost of every step in nats, shape (T,)."""

        def measure(chunk):
            (z,) = chunk.noise(1)
            nats = self.model.kl_per_step(self.params, chunk.batch, z, self.config, self.ops)
            return nats.sum(axis=1)

        means = sum(self._map(measure)) / self.count
        check_finite(means, "latent cost per step")
        return means

    @property
    def count(self):
        """Number of images measured."""
        total = len(self.split.images)
        return total if self.images is None else min(self.images, total)

    def _map(self, measure):
        """Return the result of `measure` for each chunk, in order."""
        starts = range(0, self.count, CHUNK_IMAGES)
        with make_bar(total=len(starts), hidden=not self.progress, unit="chunk") as bar:

            def measure_one(start):
                result = measure(self._chunk(start))
                bar.update()
                return result

            return self.workers.map_on_ranks(measure_one, starts)

    def _chunk(self, start):
        stop = min(start + CHUNK_IMAGES, self.count)
        dtype = next(iter(self.params.values())).dtype
        random = BatchRandom(self.seed, 0, start, stop)
        images = self.split.images
        if isinstance(images, Scenes) and self.seed:
            numbers = random.uniform(images.numbers, Purpose.VALIDATION_SCENES)
            x = as_float(images.sample_new(np.arange(start, stop), numbers), dtype)
        else:
            x = as_float(images[start:stop], dtype)
        if self.binarize:
            x = random.binarize(x, Purpose.VALIDATION_BINARIZATION)
        labels = None if self.split.labels is None else self.split.labels[start:stop]
        shape = self.model.noise_shape(self.config, stop - start)
        return _Chunk(Batch(x, labels), shape, start, self.seed)


def _weigh(weights):
    """Return -log mean exp of log weights (samples, n), and its jackknife variance: two (n,)."""
    samples, nothing = len(weights), np.full_like(weights[:1], -np.inf)
    bound = np.log(samples) - np.logaddexp.reduce(weights)
    if samples == 1:
        return bound, np.full_like(bound, nan)
    before = np.logaddexp.accumulate(np.concatenate([nothing, weights[:-1]]))
    after = np.logaddexp.accumulate(np.concatenate([nothing, weights[:0:-1]]))[::-1]
    without_one = np.logaddexp(before, after)
    return bound, (samples - 1) * without_one.var(axis=0)


@dataclass
class _Chunk:
    """Some images of the set, and their noise."""

    batch: Batch
    shape: tuple | None  # of the noise
    start: int
    seed: int

    def noise(self, samples):
        images = self.batch.images
        for k in range(samples):
            random = BatchRandom(self.seed, k, self.start, self.start + len(images))
            yield random.noise(self.shape, images.dtype, Purpose.VALIDATION_NOISE)
