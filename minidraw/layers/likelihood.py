"""What the finished canvas costs: nats per image, from logits (eq 9)."""

from typing import NamedTuple

import numpy as np


def sigmoid(a):
    """The logistic function 1 / (1 + exp(-a)), through tanh so that it never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


class BernoulliCache(NamedTuple):
    logits: np.ndarray  # (n, C, B, A)
    x: np.ndarray  # (n, C, B, A)


def bernoulli_cost(logits, *, x):
    """Negative log probability of an image under one coin per pixel (eq 9).

    Parameters
    ----------
    logits : array, shape (n, C, B, A)
        The canvas; ``sigmoid(logits)`` are the coins' probabilities.
    x : array, shape (n, C, B, A)
        The images, in [0, 1].

    Returns
    -------
    nll : array, shape (n,)
        Nats per image.
    cache
        For `bernoulli_cost_backward`.

    Notes
    -----
    -x log p - (1 - x) log(1 - p) with p = sigmoid(c) is softplus(c) - x c, which stays
    exact where p rounds to 0 or 1.
    """
    softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return (softplus - x * logits).sum(axis=(1, 2, 3)), BernoulliCache(logits, x)  # eq 9


def bernoulli_cost_backward(dnll, cache):
    """Gradient ``dlogits``, shape (n, C, B, A)."""
    logits, x = cache
    return dnll[:, None, None, None] * (sigmoid(logits) - x)  # softplus' = sigmoid
