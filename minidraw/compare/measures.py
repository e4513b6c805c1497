"""Measures of images against other images, without probabilities.  `Scores` holds all of them.

An image is here a row of features, from a small classifier, or a row of pixels.
"""

from dataclasses import dataclass

import numpy as np

CHUNK_ROWS = 200  # compared at a time: memory doesn't grow with the square of the images
NEIGHBOUR = 3  # k of precision and recall, as in Kynkäänniemi et al.
# Squared distance, for paintings of length 1, up to which two count as one.  Up to four of the
# 499,500 pairs of 1,000 MNIST digits are as close, and half the pairs of a collapsed GAN.
SAME_PAINTING = 0.05
LARGEST_COUNT = 1000  # images whose pixels are compared


@dataclass(frozen=True)
class Scores:
    """Scores of a set of paintings; tests on known sets show what each can tell."""

    frechet: float  # 0 for the same distribution of features
    precision: float  # share of the paintings that lie among the test images
    recall: float  # share of the test images that lie among the paintings
    entropy: float  # of the classes' shares, in nats; ln 10 = 2.30 for ten equal shares
    duplicates: int  # pairs of nearly equal paintings among the first 1,000
    copied: float  # share of the paintings that are closer to a training image than its like
    shares: tuple = ()  # of the classes


def frechet_distance(a, b):
    """Return the squared Fréchet distance of two Gaussians fitted to rows (Heusel et al. 2017).

    ``a`` and ``b`` have shapes (m, F) and (n, F).  Like the published distances, it is squared:
    |mean a - mean b|^2 + tr(A + B - 2 (A B)^1/2), where A and B are the covariances.
    """
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # A B has the eigenvalues of a symmetric matrix without negative ones; rounding can differ
    root = np.sqrt(np.maximum(np.linalg.eigvals(A @ B).real, 0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(A) + np.trace(B) - 2 * root)


def precision_and_recall(real, painted, k=NEIGHBOUR):
    """Return the precision and the recall of painted rows (Kynkäänniemi et al. 2019).

    A row lies among others if it is at most as far from one of them as that one's k-th neighbour
    among them.
    """
    return _share_among(painted, real, k), _share_among(real, painted, k)


def _share_among(rows, others, k):
    """Return the share of the rows that lie among the others."""
    radii = _neighbour_distances(others, others, k)
    inside = [(part <= radii).any(axis=1) for part in squared_distances(rows, others)]
    return float(np.concatenate(inside).mean())


def class_entropy(shares):
    """Return the entropy of shares that add to 1, in nats."""
    known = shares[shares > 0]
    return float(-(known * np.log(known)).sum())


def count_duplicates(paintings):
    """Return the number of pairs of nearly equal rows.

    In the birthday test of Arora and Zhang (2017), a source of M equally likely images gives
    s (s - 1) / 2 M pairs among s paintings on average.  Memory grows with the square of s.
    """
    lengths = np.linalg.norm(paintings, axis=1)
    distances = np.concatenate(list(squared_distances(paintings, paintings)))
    same = distances <= SAME_PAINTING * np.outer(lengths, lengths)
    return int(same.sum() - len(paintings)) // 2


def share_copied(paintings, training):
    """Return the share of rows closer to a training image than another training image is.

    Rows of black and white images.  About 0.3 for new digits, more for copies.
    """
    nearest = [(part.argmin(1), part.min(1)) for part in squared_distances(paintings, training)]
    found, distances = map(np.concatenate, zip(*nearest, strict=True))
    return float((distances < _neighbour_distances(training[found], training, 1)).mean())


def _neighbour_distances(rows, others, k):
    """Return the squared distance of each row, itself one of the others, to its k-th neighbour."""
    parts = squared_distances(rows, others)  # a view of a part would keep all of it in memory
    return np.concatenate([np.partition(part, k, axis=1)[:, k].copy() for part in parts])


def squared_distances(rows, others):
    """Yield the squared distances (rows, others) of some rows at a time; exact for 0s and 1s.

    A matrix product is about four times as fast as `scipy.spatial.distance.cdist`.
    """
    squares = np.einsum("ij,ij->i", others, others)  # without a copy of the squares
    for start in range(0, len(rows), CHUNK_ROWS):
        part = rows[start : start + CHUNK_ROWS]
        yield (part**2).sum(1)[:, None] + squares - 2 * part @ others.T
