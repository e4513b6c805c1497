"""Two digits on one image (section 4.3 of the paper)."""

import numpy as np

from minidraw.datasets.base import Dataset, Split
from minidraw.datasets.sets.mnist import load_mnist

IMAGE_SIDE = 60  # pixels
SPLIT_SIZES = {"train": 50_000, "valid": 5_000, "test": 5_000}  # 216 MB in all


def load_two_digits(data_dir=None):
    """Load pairs of MNIST's digits on 60x60: 50,000 training, 5,000 validation, 5,000 test images.

    Loading composes them in about two seconds and always gives the same images.  Each split uses
    only digits of the same split of ``load_mnist``, so training and test share none.

    Parameters
    ----------
    data_dir : path, optional
        Folder of MNIST's files; see ``load_mnist``, also for errors.

    Returns
    -------
    Dataset
        Images uint8 (n, 1, 60, 60), no labels.
    """
    mnist = load_mnist(data_dir)
    splits = [
        Split(compose_two_digits(mnist.splits[name].images, count, seed=k))
        for k, (name, count) in enumerate(SPLIT_SIZES.items())
    ]
    return Dataset("two-digits", *splits)


def compose_two_digits(digits, count, *, seed, side=IMAGE_SIDE):
    """Compose images of two random digits, each whole and at a random place on black.

    Where they overlap, levels are added and clipped at 255, as in the paper.

    Parameters
    ----------
    digits : array, uint8, shape (n, 1, B, A)
    count : int
    seed : int
        NumPy guarantees that PCG64's raw numbers never change, so the images don't either.
    side : int
        Height and width of the images, in pixels; at least the digits' own.

    Returns
    -------
    array, uint8, shape (count, 1, side, side)
    """
    height, width = digits.shape[2:]
    ranges = len(digits), side - height + 1, side - width + 1
    numbers = np.random.PCG64(seed).random_raw((count, 2, 3)) % np.array(ranges, np.uint64)
    images = np.zeros((count, 1, side, side), np.uint8)
    for image, pair in zip(images[:, 0], numbers.tolist(), strict=True):
        for row, top, left in pair:
            part = image[top : top + height, left : left + width]
            part += np.minimum(digits[row, 0], 255 - part)
    return images
