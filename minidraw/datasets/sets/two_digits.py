"""Two digits on one image (section 4.3 of the paper)."""

import numpy as np

from minidraw.datasets.base import Dataset, Split
from minidraw.datasets.sets.mnist import load_mnist

SIDE = 60  # of an image, in pixels
COUNTS = {"train": 50_000, "valid": 5_000, "test": 5_000}  # 216 MB in all


def load_two_digits(data_dir=None):
    """Two of MNIST's digits on 60x60: 50,000 images to train on, 5,000 and 5,000 held out.

    Made anew at every load, in about two seconds, always the same; the images of each split are
    made of the digits of that split of ``load_mnist``, so none is seen in training and in a test.

    Parameters
    ----------
    data_dir : path, optional
        Where MNIST's files are; see ``load_mnist``, whose errors these are.

    Returns
    -------
    Dataset
        Images uint8 (n, 1, 60, 60), no labels.
    """
    mnist = load_mnist(data_dir)
    splits = [
        Split(two_digits(mnist.splits[name].images, count, seed=k))
        for k, (name, count) in enumerate(COUNTS.items())
    ]
    return Dataset("two-digits", *splits)


def two_digits(digits, count, *, seed, side=SIDE):
    """Images of two random digits, each whole and at a random place on black.

    Where they overlap, levels are added and clipped at 255, as the paper does it.

    Parameters
    ----------
    digits : array, uint8, shape (n, 1, B, A)
    count : int
    seed : int
        NumPy promises PCG64's raw numbers for every version, so the images never change.
    side : int
        Height and width of the images, in pixels; not below the digits'.

    Returns
    -------
    array, uint8, shape (count, 1, side, side)
    """
    height, width = digits.shape[2:]
    ranges = len(digits), side - height + 1, side - width + 1
    drawn = np.random.PCG64(seed).random_raw((count, 2, 3)) % np.array(ranges, np.uint64)
    images = np.zeros((count, 1, side, side), np.uint8)
    for image, places in zip(images[:, 0], drawn.tolist(), strict=True):
        for which, top, left in places:
            part = image[top : top + height, left : left + width]
            part += np.minimum(digits[which, 0], 255 - part)
    return images
