"""Convolution with weights in the products' layout."""

from minidraw import layers
from minidraw.kernels.products.interface import Packed


def convolution(x, W, b, *, size, stride):
    """Convolve as in `minidraw.layers`: few filters gain nothing from the panels of `W`."""
    return layers.convolution(
        x, W.matrix if isinstance(W, Packed) else W, b, size=size, stride=stride
    )
