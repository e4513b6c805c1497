"""Base class of the estimators: parameters, training, files."""

import math
import sys
from dataclasses import asdict, dataclass, fields, replace
from typing import ClassVar

import numpy as np

from minidraw import models
from minidraw.errors import UserError

IMAGES_PER_CHUNK = 100  # painted or classified at a time
MAX_WORK_VALUES = 2**27  # half a gigabyte of float32


class NotFitted(UserError, AttributeError):
    """Error for calling a method that needs a trained network before `fit`."""

    def __reduce__(self):  # without scikit-learn's class, which may be missing elsewhere
        return NotFitted, (str(self),)


@dataclass(kw_only=True, eq=False)
class Estimator:
    """A network with scikit-learn's methods; the base of `Draw` and `Classifier`.

    Its fields are the constructor's arguments, kept as they are given; `fit` checks them.
    scikit-learn's tools accept it without being imported here.

    Attributes
    ----------
    MODEL : str
        A name of `minidraw.models.MODEL_NAMES`.
    CONFIG_FIELDS, RECIPE_FIELDS : tuple of str
        Constructor's arguments that are fields of the model's `Config`, and of `Recipe`.
    PRESET : str or None
        Name of the preset whose recipe supplies all other choices; `Recipe`'s defaults if None.
    KIND : str
        scikit-learn's name for estimators of this kind.
    """

    MODEL: ClassVar = ""
    CONFIG_FIELDS: ClassVar = ()
    RECIPE_FIELDS: ClassVar = ("batch", "rate", "binarize", "seed")
    PRESET: ClassVar = None
    KIND: ClassVar = ""

    batch: int = 100
    rate: float = 2e-3
    binarize: str = "auto"
    seed: int = 0
    minutes: float | None = None
    epochs: float | None = None
    threads: int | None = None

    def get_params(self, deep=True):
        """Return the constructor's arguments by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def set_params(self, **params):
        """Change some of the constructor's arguments; return self."""
        for name, value in params.items():
            if name not in self.get_params():
                known = ", ".join(self.get_params())
                raise UserError(f"{type(self).__name__} has no {name!r}; choose from {known}")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self):
        """Return scikit-learn's description of what this estimator takes."""
        from sklearn.utils import InputTags, Tags, TargetTags

        pictures = InputTags(three_d_array=True, positive_only=True)
        return Tags(self.KIND, TargetTags(required=False), input_tags=pictures)

    @property
    def n_features_in_(self):
        """Values per image."""
        self._check_fitted()
        return math.prod(self.config_.image_shape)

    @property
    def model(self):
        """Module of `minidraw.models`."""
        return models.get_model(self.MODEL)

    def _recipe(self, minutes, epochs):
        """Return the recipe of a fit, of 2 minutes if no time is given."""
        from minidraw.presets import PRESETS
        from minidraw.training import setup
        from minidraw.training.recipe import Recipe

        if minutes is None and epochs is None:
            minutes, epochs = self.minutes, self.epochs
        if minutes is None and epochs is None:
            minutes = 2
        given = {name: getattr(self, name) for name in self.RECIPE_FIELDS}
        given |= {"minutes": minutes or 0, "epochs": epochs or 0}
        usual = PRESETS[self.PRESET].recipe if self.PRESET else Recipe()
        return setup.change_recipe(replace(usual, minutes=0, epochs=0, validate=0), given)

    def _train(self, data, recipe, verbose):
        """Train on a Dataset; return the costs on its validation images."""
        from minidraw import kernels
        from minidraw.training import loop, setup
        from minidraw.training.trainer import Trainer
        from minidraw.training.workers import Workers

        sizes = {name: getattr(self, name) for name in self.CONFIG_FIELDS}
        config = setup.make_config(self.model, data, sizes)
        with Workers(self.threads) as workers:
            options = {"ops": kernels, "workers": workers}
            steps = loop.count_steps(recipe, data)
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
            "background": data.background,
        }
        self._binarizes = trainer.binarize
        return result

    def save(self, path, *, dtype=np.float32):
        """Save the trained network as one file, without pickles.

        Parameters
        ----------
        path : path
        dtype : dtype
            float16 halves the file.
        """
        from minidraw.training import checkpoint

        self._check_fitted()
        meta = self.meta_ | {"model": self.MODEL, "config": asdict(self.config_)}
        meta |= {"averaged": False, "fresh": self._binarizes}
        if "data" in meta:  # drop the folder, which belongs to this machine
            meta["data"] = {k: v for k, v in meta["data"].items() if k != "data_dir"}
        weights = {name: value.astype(dtype) for name, value in self.params_.items()}
        checkpoint.save(path, meta, {"weights": weights})

    @classmethod
    def load(cls, path):
        """Load a trained network from a file that `save` wrote, or from a run folder."""
        from minidraw.training.checkpoint import load_network

        return cls.from_network(path, load_network(path))

    @classmethod
    def from_network(cls, path, network):
        """Make an estimator from `network`, which `checkpoint.load_network` returned."""
        _, config, params, meta = network
        if meta["model"] != cls.MODEL:
            raise UserError(f"{path} holds a {meta['model']} network; expected {cls.MODEL}")
        self = cls(**{name: getattr(config, name) for name in cls.CONFIG_FIELDS})
        recipe = meta.get("recipe")
        if isinstance(recipe, dict):
            self.set_params(**{name: recipe[name] for name in cls.RECIPE_FIELDS if name in recipe})
        which = "averaged" if meta.get("averaged") else "raw"
        self.config_, self.params_ = config, params
        self.meta_ = {"which": which} | meta
        self._binarizes = bool(meta.get("fresh"))
        self._restore_attributes(path)
        return self

    def _restore_attributes(self, path):
        """Set further attributes from `meta_`; `path` is for messages."""

    def check_fits(self, data, split):
        """Raise a UserError if the network can't be measured on this split of a Dataset."""
        if split not in data.splits:
            raise UserError(f"{data.name} has no {split} set; choose from {', '.join(data.splits)}")
        self._count_at_once()
        if data.image_shape != self.config_.image_shape:
            raise UserError(
                f"{data.name} has images of shape {data.image_shape};"
                f" this network needs {self.config_.image_shape}"
            )

    def _check_fitted(self):
        if not hasattr(self, "params_"):
            name = type(self).__name__
            raise _not_fitted(f"this {name} is not trained yet: call fit, or {name}.load")

    def _count_at_once(self, needed=1):
        """Return how many images fit into memory at once; raise a UserError if fewer than needed.

        A small file of weights may describe a network whose canvases would fill any memory.
        """
        config = self.config_
        noise = self.model.noise_shape(config, IMAGES_PER_CHUNK) or ()
        step = math.prod(config.image_shape) + config.glimpse_size + 8 * config.hidden
        most = MAX_WORK_VALUES // (config.glimpses * step)
        if most < needed or math.prod(noise) > MAX_WORK_VALUES:
            raise UserError(
                f"this network needs too much memory for {needed} images at once: its"
                f" {config.glimpses:,} steps take {config.glimpses * step:,} values for each"
            )
        return most

    def _check_images(self, images):
        """Return images in the form of `Split.images`; refuse images of another shape."""
        from minidraw.datasets import as_images

        self._check_fitted()
        found = as_images(images, "images", self.config_.image_shape)
        if found.shape[1:] != self.config_.image_shape:
            raise UserError(
                f"images have shape {found.shape[1:]}; expected {self.config_.image_shape}"
            )
        return found


def _not_fitted(message):
    """Return a `NotFitted`, which is scikit-learn's NotFittedError too where that may be caught."""
    exceptions = sys.modules.get("sklearn.exceptions")
    if exceptions is None:
        return NotFitted(message)
    return type("NotFitted", (NotFitted, exceptions.NotFittedError), {})(message)
