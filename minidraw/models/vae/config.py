"""The VAE's sizes, the table of its weights, and their initial values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minidraw.models.interface import check_at_least, init_weights, linear_shapes, option

ENCODER = "encoder_1", "encoder_2", "latent"  # linear layers; tanh between them
DECODER = "decoder_1", "decoder_2", "painting"


@dataclass(frozen=True)
class Config:
    """Size of the network; `height`, `width` and `channels` come from the images."""

    height: int = option(28, "image height in pixels (B)")
    width: int = option(28, "image width in pixels (A)")
    channels: int = option(1, "1 for grey images, 3 for colour")
    hidden: int = option(384, "units of each hidden layer (H)")
    latent: int = option(50, "latent units (Z)")
    glimpses: ClassVar = 1  # the whole image, once

    def __post_init__(self):
        check_at_least(1, self, "height", "width", "channels", "hidden", "latent")

    @property
    def image_shape(self):
        return self.channels, self.height, self.width

    @property
    def glimpse_size(self):
        return self.channels * self.height * self.width


def param_shapes(config):
    """Return the name and shape of every weight; matrices are (inputs, outputs)."""
    H, Z, pixels = config.hidden, config.latent, config.glimpse_size
    encoder = (pixels, H), (H, H), (H, 2 * Z)  # mu and log sigma, eqs 1 and 2
    decoder = (Z, H), (H, H), (H, pixels)
    return linear_shapes(dict(zip(ENCODER + DECODER, encoder + decoder, strict=True)))


def init_params(config, rng, dtype=np.float32, mean_image=None):
    """Draw the initial weights.

    The painting starts at the logit of `mean_image`, the mean of the training images (C, B, A), so
    that the network needn't learn the background first.
    """
    params = init_weights(param_shapes(config), rng, dtype)
    if mean_image is not None:
        mean = np.clip(mean_image, 0.005, 0.995)  # keeps the logits of constant pixels small
        params["painting.b"][:] = np.log(mean / (1 - mean)).ravel()
    return params


def noise_shape(config, n):
    """Return the shape of the noise for `n` images: (1, n, Z), as for DRAW with T = 1."""
    return 1, n, config.latent
