"""Matrix products with weights that are used many times: `prepare`, `linear` and its gradients.

A recurrent network multiplies a small batch by the same large matrix at each of its T steps. BLAS
rearranges that matrix at every call.  `prepare` rearranges it once, into the panels that the
processor's vector registers read (`tiles.py`).  Float64, and processors without a fused
multiply-add, use BLAS.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import overload

from minidraw import layers
from minidraw.kernels.compilation import OPTIONS, jit
from minidraw.kernels.products import tiles
from minidraw.layers.linear import LinearCache


class Packed(NamedTuple):
    """A matrix (I, O), and the panels of itself and of its transpose."""

    matrix: np.ndarray  # (I, O)
    panels: np.ndarray
    transposed: np.ndarray


class PreparedWeights(dict):
    """Weights by name, the matrices among them `Packed`."""


def prepare(params):
    """Return the weights in the form in which the kernels multiply fastest."""
    if isinstance(params, PreparedWeights):
        return params
    return PreparedWeights(
        {name: pack(W) if name.endswith(".W") else W for name, W in params.items()}
    )


def pack(W):
    """Rearrange a float32 matrix; return any other as it is."""
    if W.dtype != np.float32 or tiles.choose_unit() is None:
        return W
    return Packed(W, tiles.pack(W), tiles.pack(W.T))


def linear(x, W, b):
    if not isinstance(W, Packed):
        return layers.linear(x, W, b)
    out = np.empty((len(x), len(b)), x.dtype)
    fill_rows(out, b)
    tiles.add_product(np.ascontiguousarray(x), 0, W.panels, out)
    return out, LinearCache(x, W.matrix)


def linear_backward_input(dout, W):
    if not isinstance(W, Packed):
        return layers.linear_backward_input(dout, W)
    dx = np.zeros((len(dout), len(W.matrix)), dout.dtype)
    tiles.add_product(np.ascontiguousarray(dout), 0, W.transposed, dx)
    return dx


@jit
def fill_rows(out, row):
    """Set every row of `out`."""
    for j in range(len(out)):
        for k in range(len(row)):
            out[j, k] = row[k]


def add_product(x, first, panels, out):
    """``out += x[:, first : first + I] @ matrix``, on contiguous arrays.

    `panels` has three axes; with two it is the matrix (I, O) itself, and BLAS multiplies.
    """
    out += np.dot(np.ascontiguousarray(x[:, first : first + len(panels)]), panels)


@overload(add_product, jit_options=OPTIONS)
def _compile_add_product(x, first, panels, out):
    return tiles.add_panels if panels.ndim == 3 else add_product
