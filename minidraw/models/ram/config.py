"""The attention model's sizes, the table of its weights, and their initial values."""

from dataclasses import dataclass

import numpy as np

from minidraw.models import classifier
from minidraw.models.interface import init_weights, linear_shapes, option


@dataclass(frozen=True)
class Config(classifier.Config):
    """Size of the network: the classifier's, and those of the glimpses."""

    scales: int = option(4, "windows per glimpse, with strides of 1, 2, 4, ... pixels")
    spread: float = option(0.1, "deviation of a sampled place; the image reaches from -1 to 1")
    reinforce_lstm: bool = option(True, "the reward trains the LSTM too: unbiased, but noisy")

    def __post_init__(self):
        super().__post_init__()
        if not 1 <= self.scales <= 12:
            raise ValueError(f"scales must be 1 to 12, got {self.scales}")
        if not 0 < self.spread <= 1:
            raise ValueError(f"spread must be above 0 and at most 1, got {self.spread}")

    @property
    def glimpse_size(self):
        return self.scales * self.channels * self.read_size**2


def param_shapes(config):
    """Return the name and shape of every weight; matrices are (inputs, outputs)."""
    H, R = config.hidden, config.glimpse_size
    linears = {
        "place": (H, 2),  # mean of the next place, across and down, before its tanh
        "lstm": (H + R + 2, 4 * H),  # of [h, glimpse, place]
        "label": (H, config.classes),
        "baseline": (H, 1),  # the cost to expect, from what was seen so far
    }
    return {"lstm.h_0": (H,), "lstm.c_0": (H,)} | linear_shapes(linears)


def init_params(config, rng, dtype=np.float32, mean_image=None):
    """Draw the initial weights; `mean_image` is ignored."""
    params = init_weights(param_shapes(config), rng, dtype)
    params["lstm.b"][config.hidden : 2 * config.hidden] = 1  # forget gate: keep the cell
    params["place.W"] *= params["place.W"].dtype.type(0.1)  # the first places lie in the middle
    params["baseline.W"][:], params["baseline.b"][:] = 0, np.log(config.classes)  # of a guess
    return params


def noise_shape(config, n):
    """Return the shape of the noise for `n` images: (T, n, 2)."""
    return config.glimpses, n, 2
