"""The activations that layers, costs and pictures share: sigmoid and softmax."""

import numpy as np


def sigmoid(a):
    """Return the logistic function 1 / (1 + exp(-a)), through tanh so that it never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def softmax(logits):
    """Return the probabilities (n, L) of logits (n, L): each row sums to 1, and none overflows."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
