"""Adam (Kingma and Ba 2015): one update of a flat vector of weights."""

import math

import numpy as np

CHUNK_SIZE = 1 << 14  # entries: few enough to stay in the cache until the last operation


def adam_update(weights, mean, square, average, grad, *, rate, step, beta1, beta2, eps, decay):
    """Move `weights` against `grad`, and `average` towards `weights`, in place.

    Parameters
    ----------
    weights, mean, square, average, grad : array, shape (P,)
        Weights, Adam's running means of the gradient and of its square, the weights'
        running average, and the gradient after clipping.
    rate : float
        Learning rate.
    step : int
        Number of this update, from 1; corrects the bias of running means that start at 0.
    beta1, beta2, eps : float
        Adam's constants.
    decay : float
        Decay of the averaged weights.
    """
    correction = math.sqrt(1 - beta2**step)
    scale, eps = rate * correction / (1 - beta1**step), eps * correction
    for start in range(0, len(weights), CHUNK_SIZE):
        part = slice(start, start + CHUNK_SIZE)
        w, m, v, a, g = weights[part], mean[part], square[part], average[part], grad[part]
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * g * g
        w -= scale * m / (np.sqrt(v) + eps)
        a += (1 - decay) * (w - a)
