"""The classifier's sizes, the table of its weights, and their initial values."""

from dataclasses import dataclass

import numpy as np

from minidraw.models.interface import (
    check_at_least,
    check_filters,
    check_image_size,
    init_weights,
    linear_shapes,
    option,
)

INITIAL_STRIDE = 1.0  # of eq 24's full stride: the first windows cover the whole image
INITIAL_GAMMA = 5.0  # filters so wide see faint averages, because scenes are mostly black


@dataclass(frozen=True)
class Config:
    """Size of the network; `height`, `width`, `channels` and `classes` come from the data."""

    height: int = option(100, "image height in pixels (B)")
    width: int = option(100, "image width in pixels (A)")
    channels: int = option(1, "1 for grey images, 3 for colour")
    classes: int = option(10, "number of classes")
    glimpses: int = option(8, "glimpses per image (T)")
    hidden: int = option(256, "units of the LSTM (H)")
    read_size: int = option(12, "filters per axis of the window")

    def __post_init__(self):
        check_at_least(1, self, "height", "width", "channels", "glimpses", "hidden")
        if self.classes < 2:
            raise ValueError(f"found {self.classes} class; a classifier needs at least 2")
        check_filters(self, "read_size")
        check_image_size(self)

    @property
    def image_shape(self):
        return self.channels, self.height, self.width

    @property
    def glimpse_size(self):
        return self.channels * self.read_size**2


def param_shapes(config):
    """Return the name and shape of every weight; matrices are (inputs, outputs)."""
    H, R = config.hidden, config.glimpse_size
    linears = {
        "window": (H, 5),  # eq 21
        "lstm": (H + R, 4 * H),  # of [h, glimpse]
        "label": (H, config.classes),
    }
    return {"lstm.h_0": (H,), "lstm.c_0": (H,)} | linear_shapes(linears)


def init_params(config, rng, dtype=np.float32, mean_image=None):
    """Draw the initial weights; `mean_image` is ignored."""
    params = init_weights(param_shapes(config), rng, dtype)
    params["lstm.b"][config.hidden : 2 * config.hidden] = 1  # forget gate: keep the cell
    stride = INITIAL_STRIDE * (max(config.height, config.width) - 1) / (config.read_size - 1)
    params["window.W"] *= params["window.W"].dtype.type(0.1)
    params["window.b"][2:] = np.log([(stride / 2) ** 2, INITIAL_STRIDE, INITIAL_GAMMA])
    return params


def noise_shape(config, n):
    """Return None: the classifier uses no noise."""
    return None
