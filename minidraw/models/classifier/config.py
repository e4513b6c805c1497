"""The size of the classifier, the table of its weights, and where they start."""

from dataclasses import dataclass

import numpy as np

from minidraw.models.interface import init_weights

FIRST_STRIDE = 1.0  # of eq 24's full stride: the first windows cover the whole image
FIRST_GAMMA = 5.0  # what is seen through filters so wide is faint, in scenes that are mostly black


@dataclass(frozen=True)
class Config:
    """Size of the network; `height`, `width`, `channels` and `classes` come from the data."""

    height: int = 100  # image height in pixels (B)
    width: int = 100  # image width in pixels (A)
    channels: int = 1  # 1 for grey images, 3 for colour
    classes: int = 10  # what an image can be of
    glimpses: int = 8  # steps of looking (T)
    hidden: int = 256  # units of the LSTM (H)
    read_size: int = 12  # filters per axis of the window

    def __post_init__(self):
        for name in ("height", "width", "channels", "glimpses", "hidden"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.classes < 2:
            raise ValueError(f"there must be at least 2 classes to tell apart, got {self.classes}")
        if self.read_size < 2:
            raise ValueError(
                f"read_size must be at least 2, got {self.read_size}:"
                " eq 24 divides the image into size - 1 strides"
            )

    @property
    def image_shape(self):
        return self.channels, self.height, self.width

    @property
    def glimpse_size(self):
        return self.channels * self.read_size**2


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
    H, R = config.hidden, config.glimpse_size
    shapes = {"lstm.h_0": (H,), "lstm.c_0": (H,)}
    linears = {
        "window": (H, 5),  # eq 21
        "lstm": (H + R, 4 * H),  # of [h, glimpse]
        "label": (H, config.classes),
    }
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
    mean_image : ignored

    Returns
    -------
    params : dict of arrays, as in `param_shapes`
    """
    params = init_weights(param_shapes(config), rng, dtype)
    params["lstm.b"][config.hidden : 2 * config.hidden] = 1  # remember, to begin with
    stride = FIRST_STRIDE * (max(config.height, config.width) - 1) / (config.read_size - 1)
    params["window.W"] *= params["window.W"].dtype.type(0.1)
    params["window.b"][2:] = np.log([(stride / 2) ** 2, FIRST_STRIDE, FIRST_GAMMA])
    return params


def noise_shape(config, n):
    """None: nothing is left to chance."""
    return None
