"""The size of DRAW, the table of its weights, and where they start."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minidraw.models.interface import init_weights

INITIAL_READ_STRIDE = 0.45  # of eq 24's full stride: filters inside the image, and with a
INITIAL_WRITE_STRIDE = 0.8  # deviation of half a stride they overlap
QUIET = 640  # so many numbers in the z of a film may start at their usual strength


@dataclass(frozen=True)
class Config:
    """Size of the network; `height`, `width` and `channels` come from the images."""

    height: int = 28  # image height in pixels (B)
    width: int = 28  # image width in pixels (A)
    channels: int = 1  # 1 for grey images, 3 for colour
    glimpses: int = 64  # steps of looking and painting (T)
    hidden: int = 256  # units of each LSTM (H)
    latent: int = 100  # entries of the latent vector of a step (Z)
    read_attention: bool = True  # read through a window, or the whole image at every step
    write_attention: bool = True  # write through a window, or the whole canvas at every step
    read_size: int = 2  # filters per axis of the read window
    write_size: int = 5  # filters per axis of the write window

    def __post_init__(self):
        for name in ("height", "width", "channels", "glimpses", "hidden", "latent"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("read_size", "write_size"):
            if getattr(self, name) < 2:
                raise ValueError(
                    f"{name} must be at least 2, got {getattr(self, name)}:"
                    " eq 24 divides the image into size - 1 strides"
                )

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
    """Where a step's record holds what."""

    h_enc: slice
    glimpse: slice
    h_dec: slice
    z: slice
    encoder: slice  # h_enc, glimpse, h_dec: what the encoder sees
    decoder: slice  # h_dec, z: what the decoder sees
    total: int


def columns(config):
    H, R, Z = config.hidden, config.glimpse_size, config.latent
    h_enc, glimpse, h_dec = slice(H), slice(H, H + R), slice(H + R, 2 * H + R)
    z = slice(h_dec.stop, h_dec.stop + Z)
    return Columns(h_enc, glimpse, h_dec, z, slice(h_dec.stop), slice(h_dec.start, z.stop), z.stop)


def param_shapes(config):
    """Every weight's name and shape.

    Parameters
    ----------
    config : Config

    Returns
    -------
    shapes : dict
        Name to shape; matrices are (inputs, outputs), gate order i, f, o, g.
    """
    H, R, Z = config.hidden, config.glimpse_size, config.latent
    shapes = {
        "canvas_0": config.image_shape,
        "encoder.h_0": (H,),
        "encoder.c_0": (H,),
        "decoder.h_0": (H,),
        "decoder.c_0": (H,),
    }
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
    for name, shape in linears.items():
        shapes |= {f"{name}.W": shape, f"{name}.b": shape[1:]}
    return shapes


def init_params(config, rng, dtype=np.float32, mean_image=None):
    """Weights to start from.

    Parameters
    ----------
    config : Config
    rng : numpy.random.Generator
    dtype : dtype
    mean_image : array, shape (C, B, A), optional
        Mean of the training images: `canvas_0` starts at its logit, so that the network
        needn't first learn to paint the background.

    Returns
    -------
    params : dict of arrays, as in `param_shapes`
    """
    params = init_weights(param_shapes(config), rng, dtype)
    for lstm in ("encoder", "decoder"):
        params[f"{lstm}.b"][config.hidden : 2 * config.hidden] = 1  # remember, to begin with
    # z is mere noise at first, and a long film drowns in it: at T 64 and Z 100 the validation bound
    # was 174 nats after 3,000 steps (rate 2.5e-3), and 96 with these weights a tenth as large
    # (rate 2e-3). At T 10 and Z 16 that only costs time.
    quiet = np.asarray(min(1, QUIET / (config.glimpses * config.latent)), dtype)
    params["latent.W"] *= quiet
    params["decoder.W"][config.hidden :] *= quiet
    if config.read_attention:
        _init_window(params, "read_window", config, config.read_size, INITIAL_READ_STRIDE)
    if config.write_attention:
        _init_window(params, "write_window", config, config.write_size, INITIAL_WRITE_STRIDE)
    if mean_image is not None:
        mean = np.clip(mean_image, 0.005, 0.995)  # pixels that never vary stay within reach
        params["canvas_0"][:] = np.log(mean / (1 - mean))
    return params


def _init_window(params, name, config, K, factor):
    """The first windows cover the middle of the image, with filters that overlap."""
    stride = factor * (max(config.height, config.width) - 1) / (K - 1)
    params[f"{name}.W"] *= params[f"{name}.W"].dtype.type(0.1)
    params[f"{name}.b"][2:4] = 2 * np.log(stride / 2), np.log(factor)


def noise_shape(config, n):
    """Shape of the noise that `n` images need: (T, n, Z)."""
    return config.glimpses, n, config.latent
