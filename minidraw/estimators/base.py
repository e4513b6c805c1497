"""What the estimators share: parameters, training, files."""

from dataclasses import asdict, replace

import numpy as np

from minidraw import models
from minidraw.errors import UserError

CHUNK = 100  # images at a time
KINDS = {"draw": "Draw", "classifier": "Classifier"}  # the class for each model


class NotFitted(UserError, AttributeError):
    """A method that needs a trained network was called before `fit`."""


class Network:
    """A network in scikit-learn's manners; `Draw` and `Classifier` say which.

    Attributes
    ----------
    MODEL : str
        Of `minidraw.models.MODEL_NAMES`.
    SIZES, CHOICES : tuple of str
        Constructor's arguments that are fields of the model's `Config`, and of `Recipe`.
    RECIPE : str or None
        Name of the preset whose recipe holds where nothing was chosen.
    """

    MODEL, SIZES, CHOICES, RECIPE = "", (), (), None

    def get_params(self, deep=True):
        """The constructor's arguments, by name."""
        names = (*self.SIZES, *self.CHOICES, "threads")
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params):
        """Change the constructor's arguments by name; returns self."""
        for name, value in params.items():
            if name not in self.get_params():
                known = ", ".join(self.get_params())
                raise UserError(f"{type(self).__name__} has no {name!r}; there is {known}")
            setattr(self, name, value)
        return self

    @property
    def model(self):
        """The module of `minidraw.models`."""
        return models.get_model(self.MODEL)

    def _recipe(self, minutes, epochs):
        """The choices made, for 2 minutes if nothing is said."""
        from minidraw.presets import PRESETS
        from minidraw.training import setup
        from minidraw.training.recipe import Recipe

        if minutes is None and epochs is None:
            minutes = 2
        given = {name: getattr(self, name) for name in self.CHOICES}
        given |= {"minutes": minutes or 0, "epochs": epochs or 0}
        usual = PRESETS[self.RECIPE].recipe if self.RECIPE else Recipe()
        return setup.amended(replace(usual, minutes=0, epochs=0, validate=0), given)

    def _train(self, data, recipe, verbose):
        """Train on a Dataset; returns what was measured on its validation images."""
        from minidraw import kernels
        from minidraw.training import loop, setup
        from minidraw.training.trainer import Trainer
        from minidraw.training.workers import Workers

        sizes = {name: getattr(self, name) for name in self.SIZES}
        config = setup.configure(self.model, data, sizes)
        with Workers(self.threads) as workers:
            options = {"ops": kernels, "workers": workers}
            steps = loop.steps_for(self.model, config, recipe, data, options)
            trainer = Trainer(self.model, config, recipe, data, steps, **options)
            try:
                result = loop.fit(trainer, quiet=not verbose)
            except loop.Interrupted:
                result = trainer.validate()
        self.config_ = config
        self.params_ = {name: value.copy() for name, value in trainer.params.items()}
        self.meta_ = {
            "which": "averaged" if trainer.averaged else "raw",
            "protocol": trainer.protocol,
            "recipe": asdict(recipe),
            "step": trainer.step_count,
        }
        self._fresh = trainer.fresh
        return result

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
        meta = self.meta_ | {"model": self.MODEL, "config": asdict(self.config_)}
        meta |= {"averaged": False, "fresh": self._fresh}
        if "data" in meta:  # without a folder of this machine
            meta["data"] = {k: v for k, v in meta["data"].items() if k != "data_dir"}
        weights = {name: value.astype(dtype) for name, value in self.params_.items()}
        checkpoint.save(path, meta, {"weights": weights})

    @classmethod
    def load(cls, path):
        """A trained network from a file that `save` wrote, or from a run folder.

        `Network.load` itself takes any, and returns a `Draw` or a `Classifier`.
        """
        import minidraw
        from minidraw.training.checkpoint import load_network

        _, config, params, meta = load_network(path)
        if cls is Network:
            cls = getattr(minidraw, KINDS[meta["model"]])
        if meta["model"] != cls.MODEL:
            raise UserError(f"{path} holds a network of another kind: {meta['model']}")
        self = cls(**{name: getattr(config, name) for name in cls.SIZES})
        recipe = meta.get("recipe")
        if isinstance(recipe, dict):
            self.set_params(**{name: recipe[name] for name in cls.CHOICES if name in recipe})
        which = "averaged" if meta.get("averaged") else "raw"
        self.config_, self.params_, self.meta_ = config, params, {"which": which} | meta
        self._fresh = bool(meta.get("fresh"))
        self._loaded(path)
        return self

    def _loaded(self, path):
        """What else a network of this kind takes from its file."""

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
            name = type(self).__name__
            raise NotFitted(f"this {name} is not trained yet: call fit, or {name}.load")

    def _images(self, images):
        """Images in the form of `Split.images`, of the network's own shape."""
        from minidraw.datasets import as_images

        self._check_fitted()
        found = as_images(np.asarray(images), "images")
        if found.shape[1:] != self.config_.image_shape:
            raise UserError(
                f"images of shape {found.shape[1:]}, this network knows {self.config_.image_shape}"
            )
        return found
