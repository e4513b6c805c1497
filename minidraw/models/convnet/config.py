"""The convolutional network's sizes, the table of its weights, and their initial values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minidraw.models.interface import check_at_least, init_weights, linear_shapes, option

STACK = "hidden", "label"  # linear layers after the convolution


@dataclass(frozen=True)
class Config:
    """Size of the network; `height`, `width`, `channels` and `classes` come from the data."""

    height: int = option(100, "image height in pixels (B)")
    width: int = option(100, "image width in pixels (A)")
    channels: int = option(1, "1 for grey images, 3 for colour")
    classes: int = option(10, "number of classes")
    filters: int = option(8, "filters of the convolution")
    filter_size: int = option(10, "pixels per axis of a filter")
    filter_stride: int = option(5, "pixels from one place of a filter to the next")
    hidden: int = option(256, "units of the layer after the convolution (H)")
    glimpses: ClassVar = 1  # the whole image, once

    def __post_init__(self):
        sizes = "height", "width", "channels", "filters", "filter_size", "filter_stride", "hidden"
        check_at_least(1, self, *sizes)
        if self.classes < 2:
            raise ValueError(f"found {self.classes} class; a classifier needs at least 2")
        if min(self.height, self.width) < self.filter_size:
            raise ValueError(
                f"images are {self.height} x {self.width} pixels; a filter needs at least"
                f" {self.filter_size} x {self.filter_size}"
            )

    @property
    def image_shape(self):
        return self.channels, self.height, self.width

    @property
    def glimpse_size(self):
        return self.channels * self.height * self.width

    @property
    def places(self):
        """Places of a filter in an image: rows times columns."""
        rows, columns = (
            (side - self.filter_size) // self.filter_stride + 1
            for side in (self.height, self.width)
        )
        return rows * columns


def param_shapes(config):
    """Return the name and shape of every weight; matrices are (inputs, outputs)."""
    linears = {
        "filters": (config.channels * config.filter_size**2, config.filters),
        "hidden": (config.filters * config.places, config.hidden),
        "label": (config.hidden, config.classes),
    }
    return linear_shapes(linears)


def init_params(config, rng, dtype=np.float32, mean_image=None):
    """Draw the initial weights; `mean_image` is ignored."""
    return init_weights(param_shapes(config), rng, dtype)


def noise_shape(config, n):
    """Return None: the network uses no noise."""
    return None
