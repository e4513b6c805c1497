"""DRAW in scikit-learn's manners: fit, sample, score."""

from dataclasses import asdict

import numpy as np

from minidraw.errors import UserError

CHUNK = 100  # images painted at a time


class NotFitted(UserError, AttributeError):
    """A method that needs a trained network was called before `fit`."""


class Draw:
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

    SIZES = ("glimpses", "hidden", "latent", "read_attention", "write_attention")
    SIZES += ("read_size", "write_size")
    CHOICES = ("batch", "rate", "binarize", "seed")

    def get_params(self, deep=True):
        """The constructor's arguments, by name."""
        names = (*self.SIZES, *self.CHOICES, "threads")
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params):
        """Change the constructor's arguments by name; returns self."""
        for name, value in params.items():
            if name not in self.get_params():
                raise UserError(f"Draw has no {name!r}; there is {', '.join(self.get_params())}")
            setattr(self, name, value)
        return self

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
        from minidraw import kernels
        from minidraw.datasets import from_array
        from minidraw.models import draw
        from minidraw.training import loop, start
        from minidraw.training.recipe import Recipe
        from minidraw.training.trainer import Trainer
        from minidraw.training.workers import Workers

        if minutes is None and epochs is None:
            minutes = 2
        given = {name: getattr(self, name) for name in self.CHOICES}
        given |= {"minutes": minutes or 0, "epochs": epochs or 0}
        recipe = start.amended(Recipe(), given)
        data = from_array(images, seed=self.seed)
        config = start.configure(draw, data, {name: getattr(self, name) for name in self.SIZES})
        with Workers(self.threads) as workers:
            options = {"ops": kernels, "workers": workers}
            steps = loop.steps_for(draw, config, recipe, data, options)
            trainer = Trainer(draw, config, recipe, data, steps, **options)
            try:
                self.bound_ = loop.fit(trainer, quiet=not verbose)
            except loop.Interrupted:
                self.bound_ = trainer.validate()
        self.config_ = config
        self.params_ = {name: value.copy() for name, value in trainer.params.items()}
        self.meta_ = {
            "which": "averaged" if trainer.averaged else "raw",
            "protocol": trainer.protocol,
            "recipe": asdict(recipe),
            "step": trainer.step_count,
        }
        self._fresh = trainer.fresh
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
        from minidraw.bounds import bound
        from minidraw.datasets import Split
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

    def save(self, path, *, dtype=np.float32):
        """Write the trained network to one file, which holds no pickles.

        Parameters
        ----------
        path : path
        dtype : dtype
            float16 halves the file.
        """
        from minidraw.training import checkpoint

        self._check_fitted()
        meta = self.meta_ | {"model": "draw", "config": asdict(self.config_), "averaged": False}
        if "data" in meta:  # without a folder of this machine
            meta["data"] = {k: v for k, v in meta["data"].items() if k != "data_dir"}
        weights = {name: value.astype(dtype) for name, value in self.params_.items()}
        checkpoint.save(path, meta | {"fresh": self._fresh}, {"weights": weights})

    @classmethod
    def load(cls, path):
        """A trained network from a file that `save` wrote, or from a run folder."""
        from minidraw.training.checkpoint import load_network

        model, config, params, meta = load_network(path)
        if model.__name__ != "minidraw.models.draw":
            raise UserError(f"{path} holds a network of another kind: {meta['model']}")
        self = cls(**{name: getattr(config, name) for name in cls.SIZES})
        recipe = meta.get("recipe")
        if isinstance(recipe, dict):
            self.set_params(**{name: recipe[name] for name in cls.CHOICES if name in recipe})
        which = "averaged" if meta.get("averaged") else "raw"
        self.config_, self.params_, self.meta_ = config, params, {"which": which} | meta
        self._fresh = bool(meta.get("fresh"))
        return self

    def check_fits(self, data, split):
        """Raise UserError if this network can't be measured on that split of a Dataset."""
        if split not in data.splits:
            raise UserError(f"{data.name} has no {split} set; there is {', '.join(data.splits)}")
        if data.image_shape != self.config_.image_shape:
            raise UserError(
                f"{data.name} has images of shape {data.image_shape},"
                f" this network knows {self.config_.image_shape}"
            )

    def _check_fitted(self):
        if not hasattr(self, "params_"):
            raise NotFitted("this Draw is not trained yet: call fit, or Draw.load")

    def _generator(self, seed, n=1):
        self._check_fitted()
        if n < 1 or (seed is not None and seed < 0):
            what = f"at least 1 image, got {n}" if n < 1 else f"a seed of at least 0, got {seed}"
            raise UserError(f"there must be {what}")
        return np.random.default_rng(seed)

    def _images(self, images):
        from minidraw.datasets import as_float, as_images

        found = as_float(as_images(np.asarray(images), "images"))
        if found.shape[1:] != self.config_.image_shape:
            raise UserError(
                f"images of shape {found.shape[1:]}, this network knows {self.config_.image_shape}"
            )
        return found

    def _film(self, rng, n, images=None):
        """Paint `n` images at once, new ones or these."""
        from minidraw import kernels
        from minidraw.models import draw
        from minidraw.models.base import Batch

        noise = rng.standard_normal(draw.noise_shape(self.config_, n), np.float32)
        if images is None:
            return draw.generate(self.params_, noise, self.config_, kernels)
        return draw.reconstruct(self.params_, Batch(images), noise, self.config_, kernels)
