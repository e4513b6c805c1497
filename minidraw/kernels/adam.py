"""Adam in one pass over the weights: `layers/adam.py`, compiled."""

import math

import numpy as np

from minidraw.kernels.compilation import jit

CHUNK_SIZE = 1024  # entries: few enough to stay in the L1 cache over all four loops


def adam_update(weights, mean, square, average, grad, *, rate, step, beta1, beta2, eps, decay):
    correction = math.sqrt(1 - beta2**step)
    scale, eps = rate * correction / (1 - beta1**step), eps * correction
    constants = np.array([beta1, 1 - beta1, beta2, 1 - beta2, scale, eps, 1 - decay], weights.dtype)
    _update(weights, mean, square, average, grad, constants)


@jit
def _update(weights, mean, square, average, grad, constants):
    keep_mean, new_mean, keep_square, new_square, scale, eps, new_average = constants
    for start in range(0, len(weights), CHUNK_SIZE):
        part = slice(start, start + CHUNK_SIZE)
        w, m, v, a, g = weights[part], mean[part], square[part], average[part], grad[part]
        for k in range(len(w)):
            m[k] = keep_mean * m[k] + new_mean * g[k]
        for k in range(len(w)):
            v[k] = keep_square * v[k] + new_square * g[k] * g[k]
        for k in range(len(w)):
            w[k] -= scale * m[k] / (np.sqrt(v[k]) + eps)
        for k in range(len(w)):
            a[k] += new_average * (w[k] - a[k])
