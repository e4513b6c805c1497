"""Matrix products with weights that are used at every step: laid out once, multiplied T times.

A recurrent network multiplies a small batch, often, by the same large matrix. BLAS rearranges
that matrix at every call. Here it is cut into panels of columns once per pass, in the order in
which the processor's widest unit wants them: the matrix unit of `amx.py` where there is one,
else the registers of `avx512.py`. All else, and everything in double precision, goes to BLAS.
"""

from typing import NamedTuple

import numpy as np

from minidraw import layers
from minidraw.kernels.products import amx, avx512
from minidraw.layers.linear import LinearCache

UNIT = next((unit for unit in (amx, avx512) if unit.USABLE), None)


class Packed(NamedTuple):
    """A matrix (I, O) beside its panels; only `linear` and its backward look inside."""

    matrix: np.ndarray  # (I, O)
    panels: np.ndarray  # as the unit's `pack` lays them out


def pack(W):
    """The form in which `linear` multiplies by `W` fastest."""
    return Packed(W, UNIT.pack(W)) if _pays(W) else W


def pack_transposed(W):
    """The form in which `linear_backward_input` multiplies by ``W.T`` fastest."""
    return Packed(W.T, UNIT.pack(W.T)) if _pays(W) else layers.pack_transposed(W)


def _pays(W):
    return UNIT is not None and W.dtype == np.float32 and min(W.shape) > UNIT.COLUMNS


def linear(x, W, b):
    if not isinstance(W, Packed):
        return layers.linear(x, W, b)
    return UNIT.multiply(_rows(x), W.panels, b), LinearCache(x, W.matrix)


def linear_backward_input(dout, W):
    if not isinstance(W, Packed):
        return layers.linear_backward_input(dout, W)
    return UNIT.multiply(_rows(dout), W.panels, np.zeros(W.matrix.shape[1], dout.dtype))


def linear_backward_weights(dout, x):
    if UNIT is not amx or not _pays(dout) or not _pays(x):
        return layers.linear_backward_weights(dout, x)
    return amx.multiply_transposed(_rows(x), dout), dout.sum(axis=0)


def _rows(x):
    """Each row in one piece; the rows themselves may lie apart."""
    return x if x.strides[1] == x.itemsize else np.ascontiguousarray(x)
