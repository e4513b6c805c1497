"""Costs of the last step in nats per image: Bernoulli pixels (eq 9) and softmax classes."""

from typing import NamedTuple

import numpy as np

from minidraw.layers.activations import sigmoid, softmax


class BernoulliCache(NamedTuple):
    logits: np.ndarray  # (n, C, B, A)
    x: np.ndarray  # (n, C, B, A)


def bernoulli_cost(logits, *, x):
    """Return the negative log-likelihood of images under Bernoulli pixels (eq 9).

    Parameters
    ----------
    logits : array, shape (n, C, B, A)
        The canvas; ``sigmoid(logits)`` is the probability image.
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
    With p = sigmoid(c), -x log p - (1 - x) log(1 - p) is softplus(c) - x c, which is exact even
    if p rounds to 0 or 1.
    """
    softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return (softplus - x * logits).sum(axis=(1, 2, 3)), BernoulliCache(logits, x)  # eq 9


def bernoulli_cost_backward(dnll, cache):
    """Return the gradient ``dlogits``, shape (n, C, B, A)."""
    logits, x = cache
    return dnll[:, None, None, None] * (sigmoid(logits) - x)  # softplus' = sigmoid


class CrossEntropyCache(NamedTuple):
    logits: np.ndarray  # (n, L)
    targets: np.ndarray  # (n, L)


def bernoulli_floor(x):
    """Return the lowest image cost (eq 9), reached where each probability equals its grey level.

    Parameters
    ----------
    x : array, shape (n, C, B, A)
        The images, in [0, 1].

    Returns
    -------
    floor : array, shape (n,), float64
        Nats per image, the summed entropies of Bernoulli(x); 0 for black and white.
    """
    x, y = x.astype(np.float64), 1 - x.astype(np.float64)
    entropy = -x * np.log(x + (x == 0)) - y * np.log(y + (y == 0))  # 0 log 0 is 0
    return entropy.sum(axis=(1, 2, 3))


def softmax_cross_entropy(logits, *, targets):
    """Return the negative log probability of the right class under a softmax.

    Parameters
    ----------
    logits : array, shape (n, L)
        One logit per class; ``softmax(logits)`` are the probabilities.
    targets : array, shape (n, L)
        1 at the right class, 0 elsewhere (one-hot), or any probabilities that sum to 1.

    Returns
    -------
    nll : array, shape (n,)
        Nats per image; ln L if all logits are equal.
    cache
        For `softmax_cross_entropy_backward`.

    Notes
    -----
    -log softmax(a)_k is log sum_j exp(a_j) - a_k.  Subtracting the largest a_j from all of them
    keeps the sum between 1 and L.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    nll = np.log(np.exp(shifted).sum(axis=1)) - (targets * shifted).sum(axis=1)
    return nll, CrossEntropyCache(logits, targets)


def softmax_cross_entropy_backward(dnll, cache):
    """Return the gradient ``dlogits``, shape (n, L)."""
    logits, targets = cache
    return dnll[:, None] * (softmax(logits) - targets)  # (log sum exp)' = softmax
