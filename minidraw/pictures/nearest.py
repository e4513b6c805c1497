"""Figures 6, 9 and 12 of the paper: samples beside the nearest training images."""

import numpy as np

from minidraw.datasets import as_float
from minidraw.errors import UserError
from minidraw.pictures import drawing, labels, sheets

COMPARISON_CHUNK = 500  # training images compared at a time


def find_nearest(images, training):
    """Find each image's nearest training image by the Euclidean distance of their pixels.

    Parameters
    ----------
    images : array, shape (m, C, B, A)
    training : array, shape (n, C, B, A)
        Both uint8, or values in [0, 1].  Memory doesn't grow with ``n``.

    Returns
    -------
    array of float32, shape (m, C, B, A)
    """
    if images.shape[1:] != training.shape[1:] or not len(training):
        raise UserError(
            f"images have shape {images.shape} and training images {training.shape};"
            " expected equal image shapes"
        )
    points = as_float(images, np.float64).reshape(len(images), -1)
    least, found = np.full(len(points), np.inf), np.zeros(len(points), int)
    for start in range(0, len(training), COMPARISON_CHUNK):
        others = as_float(training[start : start + COMPARISON_CHUNK], np.float64)
        others = others.reshape(-1, points.shape[1])
        # |a - b|^2 without |a|^2, which is the same for every b
        distances = (others**2).sum(axis=1) - 2 * points @ others.T
        k, closest = distances.argmin(axis=1), distances.min(axis=1)
        found = np.where(closest < least, start + k, found)
        least = np.minimum(closest, least)
    return as_float(training[found])


def render_samples(network, training, *, source="", rows=8, columns=9, seed=0):
    """Render figure 6, 9 or 12: samples, and the images nearest to the last column.

    Parameters
    ----------
    network : minidraw.Draw
    training : array, shape (n, C, B, A)
        The images to search: uint8, or values in [0, 1].
    source : str
        Says in the picture what they are; by default the training images.
    rows, columns : int
        Counts of samples.
    seed : int

    Returns
    -------
    array of uint8, shape (height, width, 3)
    """
    samples = network.sample(rows * columns, seed=seed)
    beside = find_nearest(samples[columns - 1 :: columns], training)
    B, A = samples.shape[2:]
    side = max(rows * (B + 1), (columns + 1) * (A + 1))
    scale = drawing.choose_scale(side, min(B, A))
    left = sheets.render_sheet(samples, columns=columns, scale=scale)
    right = sheets.render_sheet(beside, columns=1, scale=scale)
    panels = [(left, "samples"), (right, "nearest image")]
    searched = f"{len(training):,} {source or 'training images'}"
    title = f"Painted images. Right: the nearest of {searched} to each image of the last column"
    return labels.make_page(labels.join_captioned(panels), title)
