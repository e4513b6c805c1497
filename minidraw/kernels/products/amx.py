"""Float32 products on the matrix unit (AMX) of Intel's server processors.

The unit multiplies bfloat16, of 8 significant bits, and sums in float32, at 16 times the pace of
AVX-512. So every number is cut into two bfloat16, ``x = high + low`` to 16 bits, and a product
becomes three: high high + high low + low high. What comes out is good to 2e-6 of the sum of the
terms' sizes, where single precision itself has 1e-7, and TF32, the default of many a GPU, 5e-4.
With this a training step at the paper's size takes three quarters of its time on AVX-512.

The unit holds eight tiles of 16 rows of 64 bytes. Four are results, 2 x 2; two are inputs, one
above the other, 32 deep; two are weights, side by side, with pairs of rows interleaved.
"""

import ctypes
import math
import sys
from functools import lru_cache

import llvmlite.binding as llvm
import numba
import numpy as np

from minidraw.kernels.compilation import inline, jit, row
from minidraw.kernels.mathematics import ZERO
from minidraw.kernels.products.amx_instructions import (
    LINE,
    bfloat16,
    both,
    configure,
    multiply_block,
    number,
    release,
    upper,
)

SIDE, DEEP = 16, 32  # of a tile: results SIDE x SIDE, from products over DEEP
COLUMNS = 2 * SIDE  # of a panel
UINT16, INT32 = np.dtype(np.uint16), np.dtype(np.int32)  # of tiles, and of panels: pairs
CHUNK = 512  # rows of a long product at a time, so that they stay in the second cache
PITCH = 16  # keeps rows from lying 4096 bytes apart, where they would evict each other


def _permitted():
    """Linux gives the unit's registers, 8 kB of them, only to a process that asks."""
    features = llvm.get_host_cpu_features()
    if not (sys.platform == "linux" and features.get("amx-tile") and features.get("amx-bf16")):
        return False
    arch_prctl, request, tile_data = 158, 0x1023, 18
    return ctypes.CDLL(None).syscall(arch_prctl, request, tile_data) == 0


USABLE = not numba.config.DISABLE_JIT and _permitted()


def pack(matrix):
    """Panels of a matrix (I, O), zeros beyond its last row and column.

    Shape (ceil(O / 32), ceil(I / 32), 4, 16, 16): low left, low right, high left, high right,
    each with 16 pairs of rows of 16 columns.
    """
    inputs, outputs = matrix.shape
    panels = _aligned((-(-outputs // COLUMNS), -(-inputs // DEEP), 4, SIDE, SIDE), INT32)
    _fill(matrix, panels)
    return panels


def multiply(x, panels, b):
    """``x @ matrix + b``; every row of `x` in one piece."""
    n, outputs = len(x), len(b)
    blocks, rows = _heights(n)
    tiles = _aligned((blocks, panels.shape[1], 4, rows, DEEP), UINT16)
    out = np.empty(blocks * 2 * rows * outputs + COLUMNS, x.dtype)  # with room to overshoot
    out = out[:-COLUMNS].reshape(-1, outputs)
    bias = np.zeros((1, len(panels) * COLUMNS), x.dtype)
    bias[0, :outputs] = b
    _multiply(x, tiles, panels, bias, out, _layout(rows))
    return out[:n]


def multiply_transposed(x, y):
    """``x.T @ y``, for `x` (N, I) and `y` (N, O) with many rows."""
    (N, inputs), outputs = x.shape, y.shape[1]
    blocks, rows = _heights(inputs)
    chunks = -(-N // CHUNK)
    deep = -(-N // (chunks * DEEP))
    tiles = _aligned((blocks, deep, 4, rows, DEEP), UINT16)
    panels = _aligned((-(-outputs // COLUMNS), deep, 4, SIDE, SIDE), INT32)
    out = np.zeros((blocks * 2 * rows, len(panels) * COLUMNS + PITCH), x.dtype)
    for start in range(0, N, deep * DEEP):
        part = slice(start, start + deep * DEEP)
        _multiply_transposed(x[part], y[part], tiles, panels, out, _layout(rows))
    return out[:inputs, :outputs]


def _heights(n):
    """How many blocks of two tiles cover `n` rows, and the rows of each of these tiles."""
    blocks = -(-n // (2 * SIDE))
    return blocks, -(-n // (2 * blocks))


@lru_cache
def _layout(rows):
    """The unit's settings: results and inputs have `rows` rows, weights all sixteen."""
    layout = np.zeros(64, np.uint8)
    layout[0] = 1
    layout[16:32].view(np.uint16)[:] = LINE
    layout[48:54], layout[54:56] = rows, SIDE
    return layout


def _aligned(shape, dtype):
    size = math.prod(shape) * dtype.itemsize
    room = np.empty(size + LINE, np.uint8)
    start = -room.__array_interface__["data"][0] % LINE  # `ctypes.data` takes 20 times as long
    return np.ndarray(shape, dtype, room, start)


@jit
def _fill(matrix, panels):
    inputs, outputs = matrix.shape
    pair = np.zeros((2, SIDE), np.float32)
    for p in range(len(panels)):
        for d in range(panels.shape[1]):
            for side in range(2):
                first = p * COLUMNS + side * SIDE
                width = min(SIDE, max(outputs - first, 0))
                for r in range(SIDE):
                    for e in range(2):
                        i = d * DEEP + 2 * r + e
                        if i < inputs and width == SIDE:
                            for k in range(SIDE):
                                pair[e, k] = matrix[i, first + k]
                        else:
                            for k in range(SIDE):
                                inside = i < inputs and k < width
                                pair[e, k] = matrix[i, first + k] if inside else ZERO
                    low, high = panels[p, d, side, r], panels[p, d, 2 + side, r]
                    for k in range(SIDE):
                        even, odd = bfloat16(pair[0, k]), bfloat16(pair[1, k])
                        high[k] = both(even, odd)
                        rest = bfloat16(pair[0, k] - number(even))
                        low[k] = both(rest, bfloat16(pair[1, k] - number(odd)))


@jit
def _multiply(x, tiles, panels, bias, out, layout):
    n, inputs = x.shape
    blocks, deep, _, rows, _ = tiles.shape
    for block in range(blocks):
        for half in range(2):
            for i in range(rows):
                j = (2 * block + half) * rows + i
                for d in range(deep):
                    width = min(DEEP, inputs - d * DEEP) if j < n else 0
                    source = row(x, min(j, n - 1))[d * DEEP :]
                    _cut(source, width, tiles[block, d, half, i], tiles[block, d, 2 + half, i])
    configure(layout)
    # The last panel goes first: what it writes beyond the last column falls on the first columns
    # of the next row, which the first panel then overwrites.
    for p in range(len(panels) - 1, 2 * len(panels) - 1):
        p %= len(panels)
        start = p * COLUMNS
        for block in range(blocks):
            target = out[block * 2 * rows :, start:]
            multiply_block(tiles, block, panels, p, bias[:, start:], 0, target)
    release()


@jit
def _multiply_transposed(x, y, tiles, panels, out, layout):
    """out += x.T @ y, for a chunk of rows."""
    n, inputs = x.shape
    blocks, deep, _, rows, _ = tiles.shape
    turned = np.empty((SIDE, DEEP), x.dtype)
    for block in range(blocks):
        for half in range(2):
            first = (2 * block + half) * rows
            for d in range(deep):
                turned[:] = ZERO
                for k in range(min(DEEP, n - d * DEEP)):
                    source = row(x, d * DEEP + k)
                    for i in range(min(rows, inputs - first)):
                        turned[i, k] = source[first + i]
                for i in range(rows):
                    _cut(turned[i], DEEP, tiles[block, d, half, i], tiles[block, d, 2 + half, i])
    _fill(y, panels)
    configure(layout)
    for p in range(len(panels)):
        start = p * COLUMNS
        for block in range(blocks):
            target = out[block * 2 * rows :, start:]
            multiply_block(tiles, block, panels, p, target, target.strides[0], target)
    release()


@inline
def _cut(values, width, high, low):
    """The first `width` values, each as the sum of two bfloat16; zeros behind them."""
    if width == DEEP:  # a loop of known length, for the compiler
        for k in range(DEEP):
            bits = bfloat16(values[k])
            high[k] = upper(bits)
            low[k] = upper(bfloat16(values[k] - number(bits)))
    else:
        for k in range(DEEP):
            value = values[k] if k < width else ZERO
            bits = bfloat16(value)
            high[k] = upper(bits)
            low[k] = upper(bfloat16(value - number(bits)))
