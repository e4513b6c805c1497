"""`Classifier`: the classifier with scikit-learn's methods `fit`, `predict` and `score`.

`LabelPredictor` holds the methods, for other models that classify.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minidraw.errors import UserError
from minidraw.estimators.base import IMAGES_PER_CHUNK, Estimator
from minidraw.estimators.labels import check_labels, check_same_classes, read_classes
from minidraw.models.interface import check_finite


@dataclass(kw_only=True, eq=False)
class LabelPredictor(Estimator):
    """A network that names the class of an image; the base of `Classifier` and its rivals."""

    KIND: ClassVar = "classifier"

    def fit(self, images, labels=None, *, minutes=None, epochs=None, verbose=True):
        """Train on labelled images.  The other arguments are those of `Draw.fit`.

        Parameters
        ----------
        images : array or Dataset
            An array as in `Draw.fit`, or a labelled `Dataset` with validation images of its own,
            such as ``minidraw.load("cluttered")``, which makes new scenes at every step.
        labels : array, shape (n,)
            Classes of an array's images, as numbers or words.

        Returns
        -------
        self
        """
        from minidraw.datasets import Dataset, from_array

        recipe = self._recipe(minutes, epochs)
        if isinstance(images, Dataset):
            if labels is not None:
                raise UserError(f"{images.name} has its own labels: leave out the argument labels")
            data, classes = images, np.array(images.class_names or range(images.classes))
        elif labels is None:
            raise UserError("the labels are missing: give a class for every image")
        else:
            classes, numbers = np.unique(check_labels(labels), return_inverse=True)
            data = from_array(images, numbers, seed=self.seed)
        self.error_ = self._train(data, recipe, verbose)
        self.classes_ = classes
        self.meta_["classes"] = classes.tolist()
        return self

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.classifier_tags, tags.target_tags.required = ClassifierTags(), True
        return tags

    def predict_proba(self, images):
        """Return the probabilities of the classes, shape (n, L), in the order of `classes_`."""
        from minidraw import kernels
        from minidraw.datasets import as_float
        from minidraw.training.workers import Workers

        images = self._check_images(images)
        self._count_at_once(min(len(images), IMAGES_PER_CHUNK))

        def probabilities(start):
            chunk = as_float(images[start : start + IMAGES_PER_CHUNK])
            return self.model.probabilities(self.params_, chunk, self.config_, kernels)

        with Workers(self.threads) as workers:
            starts = range(0, len(images), IMAGES_PER_CHUNK)
            found = np.concatenate(workers.map(probabilities, starts))
        check_finite(found, "class probabilities")
        return found

    def predict(self, images):
        """Return the likeliest class of every image, shape (n,)."""
        likeliest = self.predict_proba(images).argmax(axis=1)
        return self.classes_[likeliest]

    def score(self, images, labels):
        """Return the fraction of images classified correctly; ``labels`` as in `fit`."""
        predicted = self.predict(images)
        labels = check_labels(labels)
        if labels.shape != predicted.shape:
            raise UserError(f"labels have shape {labels.shape}; expected ({len(predicted):,},)")
        return float((predicted == labels).mean())

    def _restore_attributes(self, path):
        self.classes_ = read_classes(path, self.meta_, self.config_.classes)

    def check_fits(self, data, split):
        """Raise a UserError if the network can't be measured on this split of a Dataset."""
        super().check_fits(data, split)
        check_same_classes(self.classes_, data, split)


@dataclass(kw_only=True, eq=False)
class Classifier(LabelPredictor):
    """A network that takes a few glimpses of an image and then names its class.

    Parameters
    ----------
    glimpses, hidden, read_size
        Size of the network, as in `minidraw.models.classifier.Config`.
    batch : int
        Images per step.
    rate : float
        Adam's learning rate after the warm-up.
    binarize : str
        ``fresh``: dynamic binarisation, a Bernoulli sample of every grey level at every visit;
        ``auto`` and ``never``: levels as they are.
    seed : int
        Seed of the weights, the image order, the binarisation and the scenes.
    minutes, epochs : float, optional
        Training time, unless `fit` is given one; 2 minutes without either.
    threads : int, optional
        Worker threads; one per core if not given.

    Attributes
    ----------
    classes_ : array, shape (L,)
        The labels in rising order.
    config_ : Config
    params_ : dict of arrays
        The averaged weights if they were better on the validation images, else the raw ones.
    error_ : ErrorRate
        Error rate on the validation images; only after `fit`.
    """

    MODEL: ClassVar = "classifier"
    CONFIG_FIELDS: ClassVar = ("glimpses", "hidden", "read_size")
    PRESET: ClassVar = "cluttered"

    glimpses: int = 8
    hidden: int = 256
    read_size: int = 12

    @np.errstate(over="ignore", invalid="ignore")  # `check_finite` reports it, in one line
    def scanpath(self, images):
        """Return the windows, the glimpses and the class probabilities of images.

        Parameters
        ----------
        images : array, shape (n, C, B, A)
            Levels of 0 to 255 or values in [0, 1].

        Returns
        -------
        scanpath : Scanpath
            `minidraw.pictures.sheets.render_scanpath` renders it.
        """
        from minidraw import kernels
        from minidraw.datasets import as_float

        images = as_float(self._check_images(images))
        self._count_at_once(len(images))
        scanpath = self.model.scanpath(self.params_, images, self.config_, kernels)
        check_finite(scanpath.probabilities, "class probabilities")
        return scanpath

    look = scanpath  # former name, until version 0.2
