"""`Painter`: the methods of models that paint, to fit, sample, film, reconstruct and score."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minidraw.errors import UserError, check_integer
from minidraw.estimators.base import IMAGES_PER_CHUNK, Estimator
from minidraw.estimators.labels import (
    check_same_classes,
    number_classes,
    read_classes,
    spread_labels,
)

MAX_RESULT_VALUES = 2**25  # of the images that one call paints


@dataclass(kw_only=True, eq=False)
class Painter(Estimator):
    """A network that learns to paint; the base of `Draw` and of other models that paint."""

    KIND: ClassVar = "density_estimator"

    classes = 0  # a field of models that can be conditional

    def fit(self, images, y=None, *, minutes=None, epochs=None, verbose=True):
        """Train on images.

        Parameters
        ----------
        images : array
            Shape (n, B, A), (n, C, B, A), (n, B, A, C) or (n, B * B), with levels of 0 to 255
            or values in [0, 1]; C is 1 or 3.  A tenth is held out for validation.
        y : array, shape (n,), optional
            Labels, as numbers or words; ignored by a network without classes.
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
        classes, numbers = number_classes(y, self.classes)
        self.bound_ = self._train(from_array(images, numbers, seed=self.seed), recipe, verbose)
        if self.classes:
            self.classes_, self.meta_["classes"] = classes, classes.tolist()
        return self

    def sample(self, n=1, *, labels=None, seed=0, bernoulli=False):
        """Paint new images.

        Parameters
        ----------
        n : int
        labels : array, shape (n,), or one label for all, optional
            Class of each image, for a conditional network.  By default all classes have an equal
            share, one after the other.
        seed : int
            The noise of the first images doesn't depend on `n`.
        bernoulli : bool
            Return Bernoulli samples, images of 0 and 1, rather than probability images.

        Returns
        -------
        images : array, shape (n, C, B, A)
        """
        rng = self._generator(seed, n)
        images = self._paint(rng, n, self._choose_classes(labels, n))
        if bernoulli:
            [rng] = rng.spawn(1)  # the noise has used more numbers the larger n is
            return (rng.random(images.shape) < images).astype(images.dtype)
        return images

    def film(self, n=1, *, images=None, labels=None, seed=0):
        """Paint `n` new images, or redraw given ones, and return every step.

        Parameters
        ----------
        n : int
        images : array, shape (n, C, B, A), optional
            In [0, 1].
        labels : array or one label, optional
            As in `sample`; needed to redraw images with a conditional network.
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
        noise = np.concatenate(list(self._noise_chunks(rng, n)), axis=1)
        return self._film(noise, self._choose_classes(labels, n, images), images)

    def reconstruct(self, images, labels=None, *, seed=0):
        """Redraw images.

        Parameters
        ----------
        images : array, shape (n, C, B, A), in [0, 1]
        labels : array, shape (n,), or one label for all, optional
            Class of each image; a conditional network needs it.
        seed : int

        Returns
        -------
        images : array, shape (n, C, B, A)
            Probability images.
        """
        rng, images = self._generator(seed), self._check_images(images)
        n = len(images)
        return self._paint(rng, n, self._choose_classes(labels, n, images), images)

    def score(self, images, y=None, *, seed=0):
        """Return the mean lower bound on log p(image), in nats: higher is better.

        Parameters
        ----------
        images : array, shape (n, C, B, A), in [0, 1]
            Binarised as the training images were.
        y : array, shape (n,), or one label for all, optional
            Class of each image; a conditional network needs it, others ignore it.
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
        images = self._check_images(images)
        labels = self._choose_classes(y if self._class_count else None, len(images), images)
        with Workers(self.threads) as workers:
            evaluation = Evaluation(
                self.model,
                self.params_,
                self.config_,
                Split(images, labels),
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

    @property
    def _class_count(self):
        """Number of classes of the trained network; 0 without."""
        return getattr(self.config_, "classes", 0)

    def _choose_classes(self, labels, n, images=None):
        """Return the number of the class of each of `n` images; None without classes."""
        if not self._class_count:
            if labels is not None:
                raise UserError("this network was trained without labels: leave them out")
            return None
        if labels is not None:
            return spread_labels(labels, self.classes_, n)
        if images is not None:
            raise UserError("this network is conditional: give the label of every image")
        return np.arange(n) * self._class_count // n

    def _restore_attributes(self, path):
        if self._class_count:
            self.classes_ = read_classes(path, self.meta_, self._class_count)

    def check_fits(self, data, split):
        """Raise a UserError if the network can't be measured on this split of a Dataset."""
        super().check_fits(data, split)
        if self._class_count:
            check_same_classes(self.classes_, data, split)

    def _paint(self, rng, n, numbers, images=None):
        """Return the probability images of `n` paintings, made a chunk at a time."""
        from minidraw.layers import sigmoid

        painted, start = [], 0
        for noise in self._noise_chunks(rng, n):
            part = slice(start, start + noise.shape[1])
            chunks = (None if whole is None else whole[part] for whole in (numbers, images))
            painted.append(sigmoid(self._film(noise, *chunks).canvas[-1]))
            start = part.stop
        return np.concatenate(painted)

    @np.errstate(over="ignore", invalid="ignore")  # `check_finite` reports it, in one line
    def _film(self, noise, numbers, images=None):
        """Paint new images of the numbered classes, or redraw the given ones, in one batch."""
        from minidraw import kernels
        from minidraw.models.interface import Batch, check_finite

        if images is None:
            classes = () if numbers is None else (numbers,)
            film = self.model.generate(self.params_, noise, self.config_, kernels, *classes)
        else:
            batch = Batch(images, numbers)
            film = self.model.reconstruct(self.params_, batch, noise, self.config_, kernels)
        check_finite(film.canvas, "canvas")
        return film
