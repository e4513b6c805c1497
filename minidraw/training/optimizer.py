"""Adam with clipping by the global norm and averaged weights."""

import math

import numpy as np

from minidraw.training.flat_weights import allocate_flat, fill

EPSILON = 1e-8  # keeps the step finite where the squared gradient is 0


class Adam:
    """The optimiser's state: weights, their running average and Adam's two running means.

    Parameters
    ----------
    params : dict of arrays
        Initial weights; copied.
    beta1, beta2 : float
        Adam's constants.
    average : float
        Decay of the averaged weights; at early steps k the smaller (1 + k) / (10 + k).

    Attributes
    ----------
    weights, average, mean, square : FlatWeights
        The weights, their running average, and Adam's two running means.
    step : int
        Number of updates made.
    """

    SLOTS = ("weights", "average", "mean", "square")

    def __init__(self, params, *, beta1, beta2, average):
        shapes = {name: value.shape for name, value in params.items()}
        first = next(iter(params.values()))
        self.weights, self.average, self.mean, self.square = (
            allocate_flat(shapes, first.dtype, like=first) for _ in range(4)
        )
        fill(self.weights, params)
        fill(self.average, params)
        self.beta1, self.beta2 = beta1, beta2
        self.decay = average
        self.step = 0

    def update(self, grad, *, rate, clip, ops, weight_decay=0.0):
        """Make one step against the gradient, which is clipped in place.

        Parameters
        ----------
        grad : FlatWeights
        rate, clip, weight_decay : float
            Learning rate, the largest norm of the gradient, and the share of every matrix, times
            the rate, that is taken away beside the gradient's step (Loshchilov and Hutter 2019).
        ops : module
            `minidraw.layers` or `minidraw.kernels`.

        Returns
        -------
        norm : float
            Norm of the gradient before clipping.  Nothing is changed if it isn't finite.
        """
        vector = grad.vector
        with np.errstate(over="ignore", invalid="ignore"):  # the caller checks the norm
            norm = math.sqrt(float(vector @ vector))
        if not math.isfinite(norm):
            return norm
        if norm > clip:
            vector *= clip / norm
        self.step += 1
        if weight_decay:
            for view in self.weights.views.values():
                if view.ndim > 1:  # not the biases, which hold levels rather than slopes
                    view *= 1 - rate * weight_decay
        slots = "weights", "mean", "square", "average"
        arrays = [*(getattr(self, slot).vector for slot in slots), vector]
        if not isinstance(vector, np.ndarray):  # a card's: one row, so that one chunk takes all
            arrays = [array.reshape(1, -1) for array in arrays]
        ops.adam_update(
            *arrays,
            rate=rate,
            step=self.step,
            beta1=self.beta1,
            beta2=self.beta2,
            eps=EPSILON,
            decay=min(self.decay, (1 + self.step) / (10 + self.step)),
        )
        return norm
