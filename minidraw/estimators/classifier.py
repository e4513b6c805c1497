"""The classifier in scikit-learn's manners: fit, predict, score."""

import numpy as np

from minidraw.errors import UserError
from minidraw.estimators.base import CHUNK, Network

KINDS = "biufU"  # of labels: numbers and words, which a file can hold without pickles


class Classifier(Network):
    """A network that looks at an image in a few glimpses and then names its class.

    Parameters
    ----------
    glimpses, hidden, read_size
        Size of the network, as in `minidraw.models.classifier.Config`.
    batch : int
        Images per step.
    rate : float
        Adam's learning rate after the warm-up.
    binarize : str
        ``fresh``: a coin per grey level at every visit; ``auto`` and ``never``: levels as they
        are.
    seed : int
        Of the weights, the order of images, and whatever is made of them at every step.
    threads : int, optional
        One per core if not given.

    Attributes
    ----------
    classes_ : array, shape (L,)
        The labels that there are, in rising order.
    config_ : Config
    params_ : dict of arrays
        The averaged weights if they were better on the validation images, else the raw ones.
    error_ : ErrorRate
        On the validation images; only after `fit`.
    """

    MODEL = "classifier"
    SIZES = ("glimpses", "hidden", "read_size")
    CHOICES = ("batch", "rate", "binarize", "seed")
    RECIPE = "cluttered"

    def __init__(
        self,
        *,
        glimpses=8,
        hidden=256,
        read_size=12,
        batch=100,
        rate=2e-3,
        binarize="auto",
        seed=0,
        threads=None,
    ):
        self.glimpses, self.hidden, self.read_size = glimpses, hidden, read_size
        self.batch, self.rate, self.binarize = batch, rate, binarize
        self.seed, self.threads = seed, threads

    def fit(self, images, labels=None, *, minutes=None, epochs=None, verbose=True):
        """Learn to tell classes apart.

        Parameters
        ----------
        images : array or Dataset
            Shape (n, B, A), (n, C, B, A), (n, B, A, C) or (n, B * B), with levels of 0 to 255
            or values in [0, 1]; C is 1 or 3.  A tenth is held out for validation.  A labelled
            `Dataset`, such as ``minidraw.load("cluttered")``, comes with its own validation
            images, and may make those for training anew at every step.
        labels : array, shape (n,)
            The classes of an array's images, as numbers or words.
        minutes, epochs : float, optional
            How long: give one of them.  2 minutes if neither is given.
        verbose : bool
            Whether to show progress.

        Returns
        -------
        self
            Also after Ctrl-C, with the weights reached.
        """
        from minidraw.datasets import Dataset, from_array

        recipe = self._recipe(minutes, epochs)
        if isinstance(images, Dataset):
            if labels is not None:
                raise UserError(f"{images.name} has labels of its own: leave out the others")
            data, classes = images, np.arange(images.classes)
        elif labels is None:
            raise UserError("give labels too: a class for every image")
        else:
            classes, numbers = np.unique(_names(labels), return_inverse=True)
            data = from_array(images, numbers, seed=self.seed)
        self.error_ = self._train(data, recipe, verbose)
        self.classes_ = classes
        self.meta_["classes"] = classes.tolist()
        return self

    def scanpath(self, images):
        """Return where the network looks, what it sees there, and what it takes the images for.

        Parameters
        ----------
        images : array, shape (n, C, B, A)
            Levels of 0 to 255 or values in [0, 1].

        Returns
        -------
        scanpath : Scanpath
            Windows and glimpses of every step, and probabilities;
            `minidraw.pictures.sheets.render_scanpath` draws them.
        """
        from minidraw import kernels
        from minidraw.datasets import as_float

        images = as_float(self._images(images))
        return self.model.scanpath(self.params_, images, self.config_, kernels)

    look = scanpath  # its name before 0.2

    def predict_proba(self, images):
        """Probabilities of the classes, shape (n, L), in the order of `classes_`."""
        from minidraw import kernels
        from minidraw.datasets import as_float
        from minidraw.training.workers import Workers

        images = self._images(images)

        def probabilities(start):
            chunk = as_float(images[start : start + CHUNK])
            return self.model.scanpath(self.params_, chunk, self.config_, kernels).probabilities

        with Workers(self.threads) as workers:
            return np.concatenate(workers.map(probabilities, range(0, len(images), CHUNK)))

    def predict(self, images):
        """The likeliest class of every image, shape (n,)."""
        likeliest = self.predict_proba(images).argmax(axis=1)
        return self.classes_[likeliest]

    def score(self, images, labels):
        """Part of the images whose likeliest class is the right one; ``labels`` as in `fit`."""
        found, labels = self.predict(images), _names(labels)
        if labels.shape != found.shape:
            raise UserError(f"labels of shape {labels.shape} for {len(found):,} pictures")
        return float((found == labels).mean())

    def _loaded(self, path):
        try:
            self.classes_ = np.asarray(self.meta_.get("classes", range(self.config_.classes)))
            fits = self.classes_.shape == (self.config_.classes,)
        except ValueError:  # lists within lists
            fits = False
        if not fits or self.classes_.dtype.kind not in KINDS:
            raise UserError(f"{path}: its classes aren't {self.config_.classes} labels")

    def check_fits(self, data, split):
        """Raise UserError if this network can't be measured on that split of a Dataset."""
        super().check_fits(data, split)
        if self.classes_.tolist() != list(range(self.config_.classes)):
            raise UserError("this network's classes have names of their own: use its score method")
        if not 0 < data.classes <= self.config_.classes:
            raise UserError(
                f"{data.name} has labels of {data.classes} classes, this network knows"
                f" {self.config_.classes}"
            )


def _names(labels):
    """Labels as an array of numbers or words."""
    found = np.asarray(labels)
    if found.dtype.kind == "O" and all(isinstance(label, str) for label in found.flat):
        found = found.astype(str)
    if found.dtype.kind not in KINDS:
        raise UserError(f"labels must be numbers or words, not {found.dtype}")
    return found
