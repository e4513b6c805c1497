"""Activation functions: sigmoid and softmax."""

import numpy as np


def sigmoid(a):
    """Return the logistic function 1 / (1 + exp(-a)), computed with tanh to avoid overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def softmax(logits):
    """Return the probabilities (n, L) of logits (n, L), without overflow."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
