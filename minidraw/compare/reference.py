"""`Reference`: the digits that paintings are measured against, and sets that calibrate measures."""

import numpy as np

from minidraw import kernels
from minidraw.compare import measures
from minidraw.datasets import as_float, bundled_path
from minidraw.errors import UserError
from minidraw.estimators import load_estimator
from minidraw.models import convnet

READER = "digit-reader.npz"  # trained on binarised MNIST digits
LARGEST_SET = 10_000  # images measured, and test images
ONE_CLASS = 3
READER_CHUNK = 500  # images read at a time
FLIPPED = 0.05, 0.1, 0.2  # shares of the pixels


class Reference:
    """Test images, and training images to search for copies, of a data set of digits.

    Parameters
    ----------
    data : Dataset
        Its validation images stand in for test images if it has none.
    limit : int
        Use at most so many images of each set.

    Attributes
    ----------
    count : int
        Images in each set that is measured.
    name : str
        Says which images paintings are measured against.
    split : Split
        Holds those images.
    searched : array, shape (n, 1, 28, 28)
        Training images, without those that `calibration_sets` sets aside: levels, as in `Split`.
    """

    def __init__(self, data, limit=LARGEST_SET):
        self._reader = load_estimator(bundled_path(READER))
        if data.image_shape != self._reader.config_.image_shape:
            raise UserError(
                f"{data.name} has images of shape {data.image_shape}; the classifier whose features"
                f" are compared needs digits of {self._reader.config_.image_shape}: give another"
                " --data, such as digits or mnist"
            )
        self.split = data.test or data.valid
        self.name = f"{'test' if data.test else 'validation'} images of {data.name}"
        rng, training = np.random.default_rng(0), data.central_crops[:]
        self.count = min(limit, len(self.split), len(training) // 2)
        if self.count < 4 * measures.NEIGHBOUR:
            raise UserError(f"{data.name} has too few images to compare: give a larger --data")
        shuffled = training[rng.permutation(len(training))]
        self._aside, self.searched = as_float(shuffled[: self.count]), shuffled[self.count :]
        test = as_float(self.split.images[rng.permutation(len(self.split))[: self.count]])
        self._pixels = _flatten(binarize(as_float(self.searched), seed=0))
        self._features, _ = self._read(binarize(test, seed=1))

    def measure(self, paintings):
        """Return the `Scores` of probability images (n, 1, 28, 28)."""
        black_and_white = binarize(paintings, seed=2)
        features, classes = self._read(black_and_white)
        precision, recall = measures.precision_and_recall(self._features, features)
        shares = np.bincount(classes, minlength=10) / len(classes)
        few = slice(measures.LARGEST_COUNT)
        return measures.Scores(
            frechet=measures.frechet_distance(self._features, features),
            precision=precision,
            recall=recall,
            entropy=measures.class_entropy(shares),
            duplicates=measures.count_duplicates(_flatten(paintings[few])),
            copied=measures.share_copied(_flatten(black_and_white[few]), self._pixels),
            shares=tuple(shares.tolist()),
        )

    def calibration_sets(self):
        """Yield names and sets of images whose right scores are known."""
        rng, aside = np.random.default_rng(1), self._aside
        yield "training images", aside
        yield "copies of training images", as_float(rng.choice(self.searched, self.count))
        black_and_white = binarize(aside, seed=3)
        _, classes = self._read(black_and_white)
        yield f"only the digit {ONE_CLASS}", aside[classes == ONE_CLASS]
        for share in FLIPPED:
            yield (
                f"{share:.0%} of the pixels flipped",
                abs(black_and_white - (rng.random(aside.shape) < share)),
            )
        yield "pixels shuffled", rng.permuted(_flatten(aside), axis=1).reshape(aside.shape)

    def _read(self, images):
        """Return features (n, F) and classes (n,) of black and white images.

        Features have a mean square of 1: unscaled, those of shuffled pixels, which excite little,
        all lie near a few odd digits, and precision takes them for digits.
        """
        parts = np.array_split(images, -(-len(images) // READER_CHUNK))
        params, config = self._reader.params_, self._reader.config_
        read = [convnet.read(params, part, config, kernels) for part in parts]
        features, logits = map(np.concatenate, zip(*read, strict=True))
        scale = np.sqrt((features.astype(float) ** 2).mean(axis=1, keepdims=True))
        return features / np.maximum(scale, 1e-6), logits.argmax(axis=1)


def binarize(images, seed):
    """Return a Bernoulli sample of every pixel, as float32."""
    return (np.random.default_rng(seed).random(images.shape, np.float32) < images) * np.float32(1)


def _flatten(images):
    return images.reshape(len(images), -1)
