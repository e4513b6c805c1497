"""Activation functions: sigmoid and softmax, and the layers tanh and relu."""

from typing import NamedTuple

import numpy as np


def sigmoid(a):
    """Return the logistic function 1 / (1 + exp(-a)), computed with tanh to avoid overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def softmax(logits):
    """Return the probabilities (n, L) of logits (n, L), without overflow."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


class TanhCache(NamedTuple):
    out: np.ndarray  # (n, H)


def tanh(a):
    """Return the hyperbolic tangent of an array of any shape, and the cache."""
    out = np.tanh(a)
    return out, TanhCache(out)


def tanh_backward(dout, cache):
    """Return the gradient ``da``."""
    return dout * (1 - cache.out**2)  # out = tanh(a)


class ReluCache(NamedTuple):
    slope: np.ndarray  # of the output, where a lies


def relu(a, *, leak=0.0):
    """Return a rectified array of any shape, and the cache.

    Parameters
    ----------
    a : array
    leak : float
        Slope where `a` is negative.
    """
    slope = np.where(a > 0, a.dtype.type(1), a.dtype.type(leak))
    return a * slope, ReluCache(slope)


def relu_backward(dout, cache):
    """Return the gradient ``da``."""
    return dout * cache.slope  # out = a * slope
