"""DRAW with scikit-learn's methods: `Draw`, to fit, sample, film, reconstruct and score.

`Painter` holds the methods, for other models that paint.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minidraw.errors import UserError, check_integer
from minidraw.estimators.base import IMAGES_PER_CHUNK, Estimator

MAX_RESULT_VALUES = 2**25  # of the images that one call paints


@dataclass(kw_only=True, eq=False)
class Painter(Estimator):
    """A network that learns to paint; the base of `Draw` and of other models that paint."""

    KIND: ClassVar = "density_estimator"

    def fit(self, images, y=None, *, minutes=None, epochs=None, verbose=True):
        """Train on images.

        Parameters
        ----------
        images : array
            Shape (n, B, A), (n, C, B, A), (n, B, A, C) or (n, B * B), with levels of 0 to 255
            or values in [0, 1]; C is 1 or 3.  A tenth is held out for validation.
        y : ignored
        minutes, epochs : float, optional
            Training time; give at most one.  The default is the constructor's.
        verbose : bool
            Show progress.

        Returns
        -------
        self
            Ctrl-C ends training early and keeps the weights reached.
        """
        from minidraw.datasets import from_array

        recipe = self._recipe(minutes, epochs)
        self.bound_ = self._train(from_array(images, seed=self.seed), recipe, verbose)
        return self

    def sample(self, n=1, *, seed=0, bernoulli=False):
        """Paint new images.

        Parameters
        ----------
        n : int
        seed : int
            The first images don't depend on `n`.
        bernoulli : bool
            Return Bernoulli samples, images of 0 and 1, rather than probability images.

        Returns
        -------
        images : array, shape (n, C, B, A)
        """
        from minidraw.layers import sigmoid

        rng = self._generator(seed, n)
        films = (self._film(noise) for noise in self._noise_chunks(rng, n))
        images = np.concatenate([sigmoid(film.canvas[-1]) for film in films])
        if bernoulli:
            [rng] = rng.spawn(1)  # the noise has used more numbers the larger n is
            return (rng.random(images.shape) < images).astype(images.dtype)
        return images

    def film(self, n=1, *, images=None, seed=0):
        """Paint `n` new images, or redraw given ones, and return every step.

        Parameters
        ----------
        n : int
        images : array, shape (n, C, B, A), optional
            In [0, 1].
        seed : int

        Returns
        -------
        film : Film
            Canvases (in logits) and windows of every step.
        """
        rng = self._generator(seed, n)
        if images is not None:
            images = self._check_images(images)
            n = len(images)
        self._count_at_once(n)
        return self._film(np.concatenate(list(self._noise_chunks(rng, n)), axis=1), images)

    def reconstruct(self, images, *, seed=0):
        """Redraw images.

        Parameters
        ----------
        images : array, shape (n, C, B, A), in [0, 1]
        seed : int

        Returns
        -------
        images : array, shape (n, C, B, A)
            Probability images.
        """
        from minidraw.layers import sigmoid

        rng, images = self._generator(seed), self._check_images(images)
        redrawn, rest = [], images
        for noise in self._noise_chunks(rng, len(images)):
            chunk, rest = np.split(rest, [noise.shape[1]])
            redrawn.append(sigmoid(self._film(noise, chunk).canvas[-1]))
        return np.concatenate(redrawn)

    def score(self, images, y=None, *, seed=0):
        """Return the mean lower bound on log p(image), in nats: higher is better.

        Parameters
        ----------
        images : array, shape (n, C, B, A), in [0, 1]
            Binarised as the training images were.
        seed : int

        Returns
        -------
        float
        """
        from minidraw import kernels
        from minidraw.datasets import Split
        from minidraw.evaluation import Evaluation
        from minidraw.training.workers import Workers

        self._check_fitted()
        seed = check_integer("the seed", seed, 0)
        with Workers(self.threads) as workers:
            evaluation = Evaluation(
                self.model,
                self.params_,
                self.config_,
                Split(self._check_images(images)),
                ops=kernels,
                workers=workers,
                binarize=self._binarizes,
                seed=seed,
            )
            return -evaluation.costs().total

    def _generator(self, seed, n=1):
        self._check_fitted()
        check_integer("the number of images", n, 1)
        if n * math.prod(self.config_.image_shape) > MAX_RESULT_VALUES:
            raise UserError(f"{n} images of this size need too much memory: give a smaller count")
        return np.random.default_rng(None if seed is None else check_integer("the seed", seed, 0))

    def _check_images(self, images):
        from minidraw.datasets import as_float

        return as_float(super()._check_images(images))

    def _noise_chunks(self, rng, n):
        """Yield the noise of at most `IMAGES_PER_CHUNK` images at a time, fewer if they are large.

        A short chunk is the beginning of a whole one, so that an image's noise doesn't depend on n.
        """
        shape, most = self.model.noise_shape(self.config_, IMAGES_PER_CHUNK), self._count_at_once()
        for start in range(0, n, IMAGES_PER_CHUNK):
            noise = rng.standard_normal(shape, np.float32)[:, : n - start]
            yield from np.split(noise, range(most, noise.shape[1], most), axis=1)

    @np.errstate(over="ignore", invalid="ignore")  # `check_finite` reports it, in one line
    def _film(self, noise, images=None):
        """Paint new images, or redraw the given ones, in one batch."""
        from minidraw import kernels
        from minidraw.models.interface import Batch, check_finite

        if images is None:
            film = self.model.generate(self.params_, noise, self.config_, kernels)
        else:
            batch = Batch(images)
            film = self.model.reconstruct(self.params_, batch, noise, self.config_, kernels)
        check_finite(film.canvas, "canvas")
        return film


@dataclass(kw_only=True, eq=False)
class Draw(Painter):
    """A network that learns to paint images like its training images.

    Parameters
    ----------
    glimpses, hidden, latent, read_attention, write_attention, read_size, write_size
        Size of the network, as in `minidraw.models.draw.Config`.
    batch : int
        Images per step.
    rate : float
        Adam's learning rate after the warm-up.
    binarize : str
        ``fresh``: dynamic binarisation, a Bernoulli sample of every grey level at every visit;
        ``never``: levels as they are; ``auto``: fresh for grey images, never for colour.
    seed : int
        Seed of the weights, the image order, the binarisation and the noise.
    minutes, epochs : float, optional
        Training time, unless `fit` is given one; 2 minutes without either.
    threads : int, optional
        Worker threads; one per core if not given.

    Attributes
    ----------
    config_ : Config
    params_ : dict of arrays
        The averaged weights if they were better on the validation images, else the raw ones.
    bound_ : Bound
        Variational bound on the validation images, in nats; only after `fit`.
    """

    MODEL: ClassVar = "draw"
    CONFIG_FIELDS: ClassVar = ("glimpses", "hidden", "latent", "read_attention", "write_attention")
    CONFIG_FIELDS += ("read_size", "write_size")

    glimpses: int = 10
    hidden: int = 256
    latent: int = 16
    read_attention: bool = True
    write_attention: bool = True
    read_size: int = 5
    write_size: int = 5
    batch: int = 50
