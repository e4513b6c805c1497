"""DRAW in scikit-learn's manners: fit, sample, score."""

import numpy as np

from minidraw.errors import UserError
from minidraw.estimators.base import CHUNK, Network


class Draw(Network):
    """A network that learns to paint images like those it is shown.

    Parameters
    ----------
    glimpses, hidden, latent, read_attention, write_attention, read_size, write_size
        Size of the network, as in `minidraw.models.draw.Config`.
    batch : int
        Images per step.
    rate : float
        Adam's learning rate after the warm-up.
    binarize : str
        ``fresh``: a coin per grey level at every visit; ``never``: levels as they are;
        ``auto``: fresh for grey images, never for colour.
    seed : int
        Of the weights, the order of images, the coins and the noise.
    threads : int, optional
        One per core if not given.

    Attributes
    ----------
    config_ : Config
    params_ : dict of arrays
        The averaged weights if they were better on the validation images, else the raw ones.
    bound_ : Bound
        On the validation images, in nats; only after `fit`.
    """

    def __init__(
        self,
        *,
        glimpses=10,
        hidden=256,
        latent=16,
        read_attention=True,
        write_attention=True,
        read_size=5,
        write_size=5,
        batch=50,
        rate=2e-3,
        binarize="auto",
        seed=0,
        threads=None,
    ):
        self.glimpses, self.hidden, self.latent = glimpses, hidden, latent
        self.read_attention, self.write_attention = read_attention, write_attention
        self.read_size, self.write_size = read_size, write_size
        self.batch, self.rate, self.binarize = batch, rate, binarize
        self.seed, self.threads = seed, threads

    MODEL = "draw"
    SIZES = ("glimpses", "hidden", "latent", "read_attention", "write_attention")
    SIZES += ("read_size", "write_size")
    CHOICES = ("batch", "rate", "binarize", "seed")

    def fit(self, images, y=None, *, minutes=None, epochs=None, verbose=True):
        """Learn to paint.

        Parameters
        ----------
        images : array
            Shape (n, B, A), (n, C, B, A), (n, B, A, C) or (n, B * B), with levels of 0 to 255
            or values in [0, 1]; C is 1 or 3.  A tenth is held out for validation.
        y : ignored
        minutes, epochs : float, optional
            How long: give one of them.  2 minutes if neither is given.
        verbose : bool
            Whether to show progress.

        Returns
        -------
        self
            Also after Ctrl-C, with the weights reached.
        """
        from minidraw.datasets import from_array

        recipe = self._recipe(minutes, epochs)
        self.bound_ = self._train(from_array(images, seed=self.seed), recipe, verbose)
        return self

    def sample(self, n=1, *, seed=0, coins=False):
        """Paint new images.

        Parameters
        ----------
        n : int
        seed : int
        coins : bool
            Toss a coin per pixel, which gives images of 0 and 1, rather than the coins' means.

        Returns
        -------
        images : array, shape (n, C, B, A)
        """
        from minidraw.layers import sigmoid

        rng = self._generator(seed, n)
        counts = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
        images = np.concatenate([sigmoid(self._film(rng, k).canvas[-1]) for k in counts])
        return (rng.random(images.shape) < images).astype(images.dtype) if coins else images

    def film(self, n=1, *, images=None, seed=0):
        """Paint `n` new images, or redraw given ones, and keep every step.

        Parameters
        ----------
        n : int
        images : array, shape (n, C, B, A), optional
            In [0, 1].
        seed : int

        Returns
        -------
        film : Film
            Canvases in logits, and windows, of every step.
        """
        rng = self._generator(seed, n)
        if images is None:
            return self._film(rng, n)
        images = self._images(images)
        return self._film(rng, len(images), images)

    def reconstruct(self, images, *, seed=0):
        """Redraw images.

        Parameters
        ----------
        images : array, shape (n, C, B, A), in [0, 1]
        seed : int

        Returns
        -------
        means : array, shape (n, C, B, A)
        """
        from minidraw.layers import sigmoid

        rng, images = self._generator(seed), self._images(images)
        chunks = [images[start : start + CHUNK] for start in range(0, len(images), CHUNK)]
        films = (self._film(rng, len(chunk), chunk) for chunk in chunks)
        return np.concatenate([sigmoid(film.canvas[-1]) for film in films])

    def score(self, images, y=None, *, seed=0):
        """Mean lower bound on log p(image), in nats: higher is better.

        Parameters
        ----------
        images : array, shape (n, C, B, A), in [0, 1]
            Binarised, or not, as the training images were.
        seed : int

        Returns
        -------
        float
        """
        from minidraw import kernels
        from minidraw.datasets import Split
        from minidraw.evaluation import bound
        from minidraw.models import draw
        from minidraw.training.workers import Workers

        self._check_fitted()
        with Workers(self.threads) as workers:
            return -bound(
                draw,
                self.params_,
                Split(self._images(images)),
                self.config_,
                ops=kernels,
                workers=workers,
                fresh=self._fresh,
                words="",
                seed=seed,
            ).total

    def _generator(self, seed, n=1):
        self._check_fitted()
        if n < 1 or (seed is not None and seed < 0):
            what = f"at least 1 image, got {n}" if n < 1 else f"a seed of at least 0, got {seed}"
            raise UserError(f"there must be {what}")
        return np.random.default_rng(seed)

    def _images(self, images):
        from minidraw.datasets import as_float

        return as_float(super()._images(images))

    def _film(self, rng, n, images=None):
        """Paint `n` images at once, new ones or these."""
        from minidraw import kernels
        from minidraw.models import draw
        from minidraw.models.interface import Batch

        noise = rng.standard_normal(draw.noise_shape(self.config_, n), np.float32)
        if images is None:
            return draw.generate(self.params_, noise, self.config_, kernels)
        return draw.reconstruct(self.params_, Batch(images), noise, self.config_, kernels)
