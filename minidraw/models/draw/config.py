"""DRAW's sizes, the table of its weights, and their initial values."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minidraw.models.interface import (
    check_at_least,
    check_filters,
    check_image_size,
    init_weights,
    linear_shapes,
    option,
)

# Of eq 24's full stride.  The first filters lie inside the image; with a standard deviation of
# half a stride they overlap.
INITIAL_READ_STRIDE, INITIAL_WRITE_STRIDE = 0.45, 0.8
INITIAL_STATES = "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
FULL_SCALE_LATENTS = 640  # if T x Z is larger, the latent weights start smaller


@dataclass(frozen=True)
class Config:
    """Size of the network; `height`, `width` and `channels` come from the images."""

    height: int = option(28, "image height in pixels (B)")
    width: int = option(28, "image width in pixels (A)")
    channels: int = option(1, "1 for grey images, 3 for colour")
    glimpses: int = option(64, "steps of reading and writing (T)")
    hidden: int = option(256, "units of each LSTM (H)")
    latent: int = option(100, "latent units per step (Z)")
    read_attention: bool = option(True, "read through a window instead of the whole image")
    write_attention: bool = option(True, "write through a window instead of the whole canvas")
    read_size: int = option(2, "filters per axis of the read window")
    write_size: int = option(5, "filters per axis of the write window")
    classes: int = option(0, "classes to paint on request; 0 for a network without labels")

    def __post_init__(self):
        check_at_least(1, self, "height", "width", "channels", "glimpses", "hidden", "latent")
        check_filters(self, "read_size", "write_size")
        check_at_least(0, self, "classes")
        if self.read_attention or self.write_attention:
            check_image_size(self)

    @property
    def image_shape(self):
        return self.channels, self.height, self.width

    @property
    def pixels(self):
        return self.channels * self.height * self.width

    @property
    def glimpse_size(self):
        return 2 * (self.channels * self.read_size**2 if self.read_attention else self.pixels)

    @property
    def patch_size(self):
        return self.channels * self.write_size**2 if self.write_attention else self.pixels


class Columns(NamedTuple):
    """Column ranges of one step's record."""

    h_enc: slice
    glimpse: slice
    h_dec: slice
    z: slice
    encoder: slice  # h_enc, glimpse, h_dec: input of the encoder
    decoder: slice  # h_dec, z: input of the decoder
    total: int


def columns(config):
    H, R, Z = config.hidden, config.glimpse_size, config.latent
    h_enc, glimpse, h_dec = slice(H), slice(H, H + R), slice(H + R, 2 * H + R)
    z = slice(h_dec.stop, h_dec.stop + Z)
    return Columns(h_enc, glimpse, h_dec, z, slice(h_dec.stop), slice(h_dec.start, z.stop), z.stop)


def param_shapes(config):
    """Return the name and shape of every weight; matrices are (inputs, outputs)."""
    H, R, Z = config.hidden, config.glimpse_size, config.latent
    state = (config.classes, H) if config.classes else (H,)
    linears = {
        "encoder": (H + R + H, 4 * H),  # of [h_enc, glimpse, h_dec], eq 5
        "latent": (H, 2 * Z),  # mu and log sigma, eqs 1 and 2
        "decoder": (H + Z, 4 * H),  # of [h_dec, z], eq 7
        "patch": (H, config.patch_size),  # eq 18 or 28
    }
    if config.read_attention:
        linears["read_window"] = (H, 5)  # eq 21
    if config.write_attention:
        linears["write_window"] = (H, 5)  # eq 21, with weights of its own
    starts = {"canvas_0": config.image_shape} | dict.fromkeys(INITIAL_STATES, state)
    return starts | linear_shapes(linears)


def init_params(config, rng, dtype=np.float32, mean_image=None):
    """Draw the initial weights.

    Parameters
    ----------
    config : Config
    rng : numpy.random.Generator
    dtype : dtype
    mean_image : array, shape (C, B, A), optional
        Mean of the training images.  `canvas_0` starts at its logit, so that the network
        needn't learn to paint the background first.

    Returns
    -------
    params : dict of arrays, as in `param_shapes`
    """
    params = init_weights(param_shapes(config), rng, dtype)
    for lstm in ("encoder", "decoder"):
        params[f"{lstm}.b"][config.hidden : 2 * config.hidden] = 1  # forget gate: keep the cell
    # At first z is noise, and the noise of many latent units prevents learning: at T 64 and Z 100
    # the validation bound was 174 nats after 3,000 steps (rate 2.5e-3), and 96 with latent weights
    # a tenth as large (rate 2e-3).  At T 10 and Z 16 smaller weights only cost time.
    latents = config.glimpses * config.latent
    initial_scale = np.asarray(min(1, FULL_SCALE_LATENTS / latents), dtype)
    params["latent.W"] *= initial_scale
    params["decoder.W"][config.hidden :] *= initial_scale
    if config.read_attention:
        _init_window(params, "read_window", config, config.read_size, INITIAL_READ_STRIDE)
    if config.write_attention:
        _init_window(params, "write_window", config, config.write_size, INITIAL_WRITE_STRIDE)
    if mean_image is not None:
        mean = np.clip(mean_image, 0.005, 0.995)  # keeps the logits of constant pixels small
        params["canvas_0"][:] = np.log(mean / (1 - mean))
    return params


def _init_window(params, name, config, K, factor):
    """Centre the first windows on the image, with overlapping filters."""
    stride = factor * (max(config.height, config.width) - 1) / (K - 1)
    params[f"{name}.W"] *= params[f"{name}.W"].dtype.type(0.1)
    params[f"{name}.b"][2:4] = 2 * np.log(stride / 2), np.log(factor)


def noise_shape(config, n):
    """Return the shape of the noise for `n` images: (T, n, Z)."""
    return config.glimpses, n, config.latent
