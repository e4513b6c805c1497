"""Adam (Kingma and Ba 2015): one update of a flat vector of weights."""

import math

import numpy as np

CHUNK = 1 << 14  # entries at a time, so that every pass but the first stays in the cache


def adam_update(weights, mean, square, average, grad, *, rate, step, beta1, beta2, eps, decay):
    """Move `weights` against `grad`, and `average` towards `weights`, all in place.

    Parameters
    ----------
    weights, mean, square, average, grad : array, shape (P,)
        Weights, Adam's running means of the gradient and of its square, the weights'
        running average, and the gradient, already clipped.
    rate : float
        Learning rate.
    step : int
        Updates made including this one, from 1: corrects the means' start at zero.
    beta1, beta2, eps : float
        Adam's constants.
    decay : float
        Share of the old average that is kept.
    """
    correction = math.sqrt(1 - beta2**step)
    scale, eps = rate * correction / (1 - beta1**step), eps * correction
    for start in range(0, len(weights), CHUNK):
        part = slice(start, start + CHUNK)
        w, m, v, a, g = weights[part], mean[part], square[part], average[part], grad[part]
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * g * g
        w -= scale * m / (np.sqrt(v) + eps)
        a += (1 - decay) * (w - a)
