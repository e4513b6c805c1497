"""Matrix products with weights that are used many times: `linear` and its gradients.

A recurrent network multiplies a small batch by the same large matrix at each of its T steps. BLAS
rearranges that matrix at every call. `pack` rearranges it once per pass, into the panels that the
processor's fastest unit reads: the matrix unit (`amx.py`) if there is one, else the AVX-512
registers (`avx512.py`). Float64, narrow matrices and other processors use BLAS.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from minidraw import layers
from minidraw.kernels.products import amx, avx512
from minidraw.layers.linear import LinearCache


class Packed(NamedTuple):
    """A matrix (I, O) and its panels."""

    matrix: np.ndarray  # (I, O)
    panels: np.ndarray  # laid out by the unit's `pack`


@cache
def choose_unit():
    """Return the module of the fastest usable unit, or None."""
    return next((unit for unit in (amx, avx512) if unit.is_usable()), None)


def pack(W):
    """Rearrange `W` for `linear`."""
    return Packed(W, choose_unit().pack(W)) if _is_worth_packing(W) else W


def pack_transposed(W):
    """Rearrange `W` for `linear_backward_input`, which multiplies by ``W.T``."""
    if not _is_worth_packing(W):
        return layers.pack_transposed(W)
    return Packed(W.T, choose_unit().pack(W.T))


def linear(x, W, b):
    if not isinstance(W, Packed):
        return layers.linear(x, W, b)
    out = choose_unit().multiply(_make_rows_contiguous(x), W.panels, b)
    return out, LinearCache(x, W.matrix)


def linear_backward_input(dout, W):
    if not isinstance(W, Packed):
        return layers.linear_backward_input(dout, W)
    zeros = np.zeros(W.matrix.shape[1], dout.dtype)
    return choose_unit().multiply(_make_rows_contiguous(dout), W.panels, zeros)


def linear_backward_weights(dout, x):
    if choose_unit() is not amx or not _is_worth_packing(dout) or not _is_worth_packing(x):
        return layers.linear_backward_weights(dout, x)
    return amx.multiply_transposed(_make_rows_contiguous(x), dout), dout.sum(axis=0)


def _is_worth_packing(matrix):
    """Return whether a fast unit exists and the matrix, in float32, fills more than a panel."""
    unit = choose_unit()
    return (
        unit is not None and matrix.dtype == np.float32 and min(matrix.shape) > unit.PANEL_COLUMNS
    )


def _make_rows_contiguous(x):
    return x if x.strides[1] == x.itemsize else np.ascontiguousarray(x)
