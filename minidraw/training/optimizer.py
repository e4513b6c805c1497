"""Adam with clipping by the global norm and averaged weights."""

import math

import numpy as np

from minidraw.training.flat_weights import fill, flat

EPS = 1e-8


class Adam:
    """Weights, and everything that is remembered of the steps that made them.

    Parameters
    ----------
    params : dict of arrays
        Weights to start from; copied.
    beta1, beta2 : float
        Adam's constants.
    average : float
        Decay of the averaged weights; over the first steps it is smaller, (1 + k) / (10 + k).

    Attributes
    ----------
    weights, average, mean, square : Flat
        The weights, their running average, and Adam's two running means.
    step : int
        Updates made.
    """

    SLOTS = ("weights", "average", "mean", "square")

    def __init__(self, params, *, beta1, beta2, average):
        shapes = {name: value.shape for name, value in params.items()}
        dtype = next(iter(params.values())).dtype
        self.weights, self.average, self.mean, self.square = (flat(shapes, dtype) for _ in range(4))
        fill(self.weights, params)
        fill(self.average, params)
        self.beta1, self.beta2, self.decay = beta1, beta2, average
        self.step = 0

    def update(self, grad, *, rate, clip, ops):
        """Make one step against a gradient, which is scaled in place where it is too long.

        Parameters
        ----------
        grad : Flat
        rate, clip : float
            Learning rate, and the bound on the gradient's norm.
        ops : module
            `minidraw.layers` or `minidraw.kernels`.

        Returns
        -------
        norm : float
            Of the gradient before clipping; where it isn't finite nothing was changed.
        """
        vector = grad.vector
        with np.errstate(over="ignore", invalid="ignore"):  # the caller is told instead
            norm = math.sqrt(float(vector @ vector))
        if not math.isfinite(norm):
            return norm
        if norm > clip:
            vector *= clip / norm
        self.step += 1
        ops.adam_update(
            *(getattr(self, slot).vector for slot in ("weights", "mean", "square", "average")),
            vector,
            rate=rate,
            step=self.step,
            beta1=self.beta1,
            beta2=self.beta2,
            eps=EPS,
            decay=min(self.decay, (1 + self.step) / (10 + self.step)),
        )
        return norm
