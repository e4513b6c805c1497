"""Float32 products on AMX, the matrix unit of Intel's server processors.

`is_usable` asks for the unit; then `pack`, `multiply` and `multiply_transposed` use it.

The unit multiplies bfloat16 numbers, which have 8 significant bits, and sums in float32, 16 times
as fast as AVX-512. So every float32 is split into the sum of two bfloat16, accurate to 16 bits:

    x       s eeeeeeee mmmmmmmmmmmmmmmmmmmmmmm     sign, 8 bits of exponent, 23 of mantissa
    high    s eeeeeeee mmmmmmm                     x rounded to its upper 16 bits
    low     s eeeeeeee mmmmmmm                     x - high, rounded likewise

    x W = high high + high low + low high          low low is lost in rounding

The error is 2e-6 of the sum of the terms' sizes; float32 itself has 1e-7, and TF32, the default on
many GPUs, 5e-4. A training step at the paper's size takes 3/4 of its time on AVX-512.

Inputs and weights are packed as tiles. Eight registers hold the tiles in use
(`amx_instructions.py` shows which):

    packed[block, d]    high upper | high lower | low upper | low lower    blocks of 2 `rows` rows
    panels[p, d]        low left | low right | high left | high right      panels of 32 columns

where d counts steps of 32 inputs. An input tile has `rows` <= 16 rows of 32 bfloat16, a weight
tile 16 rows of 16 pairs: W[2r, j] beside W[2r + 1, j]. Every row of a tile has 64 bytes.
"""

import ctypes
import math
import sys
from functools import cache

import llvmlite.binding as llvm
import numba
import numpy as np

from minidraw.kernels.compilation import inline, jit, row
from minidraw.kernels.mathematics import ZERO
from minidraw.kernels.products.amx_instructions import (
    TILE_ROW_BYTES,
    join_upper_halves,
    load_configuration,
    multiply_block,
    release_tiles,
    round_to_bfloat16,
    take_upper_half,
    to_float32,
)

SYS_ARCH_PRCTL = 158  # number of the system call on x86-64
ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA = 0x1023, 18
CACHE_LINE_BYTES = 64  # a tile row that crosses one is loaded twice
TILE_SIDE, TILE_DEPTH = 16, 32  # a result is 16 x 16, a sum over 32 inputs
PANEL_COLUMNS = 2 * TILE_SIDE
BFLOAT16, BFLOAT16_PAIR = np.dtype(np.uint16), np.dtype(np.int32)
CHUNK_ROWS = 512  # rows of a long product at a time, which fit the L2 cache
PADDING_COLUMNS = 16  # keep rows from lying 4096 bytes apart, where they would evict each other


@cache
def is_usable():
    """Return whether this process may use AMX; the first call asks Linux for permission.

    Linux saves the tile registers (8 kB per thread) only for processes that ask for them.
    """
    features = llvm.get_host_cpu_features()
    if numba.config.DISABLE_JIT or sys.platform != "linux":
        return False
    if not (features.get("amx-tile") and features.get("amx-bf16")):
        return False
    syscall = ctypes.CDLL(None).syscall
    return syscall(SYS_ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0


def pack(matrix):
    """Return the panels of a float32 matrix (I, O), zero-padded.

    Shape (ceil(O / 32), ceil(I / 32), 4, 16, 16), int32: the layout shown above.
    """
    inputs, outputs = matrix.shape
    shape = -(-outputs // PANEL_COLUMNS), -(-inputs // TILE_DEPTH), 4, TILE_SIDE, TILE_SIDE
    panels = _allocate_aligned(shape, BFLOAT16_PAIR)
    _fill_panels(matrix, panels)
    return panels


def multiply(x, panels, b):
    """Return ``x @ matrix + b``, shape (n, O), for ``panels = pack(matrix)``.

    `x` (n, I) and `b` (O,) are float32.  Each row of `x` must be contiguous, but `x` needn't be.
    """
    n, outputs = len(x), len(b)
    blocks, rows = _divide_rows(n)
    packed = _allocate_aligned((blocks, panels.shape[1], 4, rows, TILE_DEPTH), BFLOAT16)
    # The last panel writes whole tiles, beyond the last column and, in the last row, the end.
    out = np.empty(blocks * 2 * rows * outputs + PANEL_COLUMNS, x.dtype)
    out = out[:-PANEL_COLUMNS].reshape(-1, outputs)
    bias = np.zeros((1, len(panels) * PANEL_COLUMNS), x.dtype)
    bias[0, :outputs] = b
    _multiply(x, packed, panels, bias, out, _build_configuration(rows))
    return out[:n]


def multiply_transposed(x, y):
    """Return ``x.T @ y``, shape (I, O), for float32 `x` (N, I) and `y` (N, O) with large N.

    Each row of `x` must be contiguous, but `x` needn't be.
    """
    (N, inputs), outputs = x.shape, y.shape[1]
    blocks, rows = _divide_rows(inputs)
    chunks = -(-N // CHUNK_ROWS)
    steps = -(-N // (chunks * TILE_DEPTH))  # in a chunk
    packed = _allocate_aligned((blocks, steps, 4, rows, TILE_DEPTH), BFLOAT16)
    shape = -(-outputs // PANEL_COLUMNS), steps, 4, TILE_SIDE, TILE_SIDE
    panels = _allocate_aligned(shape, BFLOAT16_PAIR)
    out = np.zeros((blocks * 2 * rows, len(panels) * PANEL_COLUMNS + PADDING_COLUMNS), x.dtype)
    for start in range(0, N, steps * TILE_DEPTH):
        chunk = slice(start, start + steps * TILE_DEPTH)
        _add_transposed(x[chunk], y[chunk], packed, panels, out, _build_configuration(rows))
    return out[:inputs, :outputs]


def _divide_rows(n):
    """Return the number of blocks (two tiles each) that cover `n` rows, and the rows per tile."""
    blocks = -(-n // (2 * TILE_SIDE))
    return blocks, -(-n // (2 * blocks))


@cache
def _build_configuration(rows):
    """Return the operand of `ldtilecfg` for tiles of `rows` rows (16 for weights)."""
    configuration = np.zeros(64, np.uint8)
    configuration[0] = 1  # palette_id: eight tiles of 1 kB
    configuration[16:32].view(np.uint16)[:] = TILE_ROW_BYTES  # colsb of tmm0 to tmm7
    configuration[48:54] = rows  # rows of tmm0 to tmm5
    configuration[54:56] = TILE_SIDE  # rows of tmm6 and tmm7
    return configuration


def _allocate_aligned(shape, dtype):
    size = math.prod(shape) * dtype.itemsize
    room = np.empty(size + CACHE_LINE_BYTES, np.uint8)
    # `ctypes.data` takes 20 times as long.
    start = -room.__array_interface__["data"][0] % CACHE_LINE_BYTES
    return np.ndarray(shape, dtype, room, start)


@jit
def _fill_panels(matrix, panels):
    inputs, outputs = matrix.shape
    pair = np.zeros((2, TILE_SIDE), np.float32)
    for p in range(len(panels)):
        for d in range(panels.shape[1]):
            for side in range(2):
                first = p * PANEL_COLUMNS + side * TILE_SIDE
                width = min(TILE_SIDE, max(outputs - first, 0))
                for r in range(TILE_SIDE):
                    for e in range(2):
                        i = d * TILE_DEPTH + 2 * r + e
                        if i < inputs and width == TILE_SIDE:
                            for k in range(TILE_SIDE):
                                pair[e, k] = matrix[i, first + k]
                        else:
                            for k in range(TILE_SIDE):
                                inside = i < inputs and k < width
                                pair[e, k] = matrix[i, first + k] if inside else ZERO
                    low, high = panels[p, d, side, r], panels[p, d, 2 + side, r]
                    for k in range(TILE_SIDE):
                        even, odd = round_to_bfloat16(pair[0, k]), round_to_bfloat16(pair[1, k])
                        high[k] = join_upper_halves(even, odd)
                        even_rest = round_to_bfloat16(pair[0, k] - to_float32(even))
                        odd_rest = round_to_bfloat16(pair[1, k] - to_float32(odd))
                        low[k] = join_upper_halves(even_rest, odd_rest)


@jit
def _multiply(x, packed, panels, bias, out, configuration):
    n, inputs = x.shape
    blocks, steps, _, rows, _ = packed.shape
    for block in range(blocks):
        for half in range(2):
            for i in range(rows):
                j = (2 * block + half) * rows + i
                for d in range(steps):
                    width = min(TILE_DEPTH, inputs - d * TILE_DEPTH) if j < n else 0
                    source = row(x, min(j, n - 1))[d * TILE_DEPTH :]
                    high, low = packed[block, d, half, i], packed[block, d, 2 + half, i]
                    _split_row(source, width, high, low)
    load_configuration(configuration)
    # The last panel goes first: it writes beyond its last column into the first columns of the
    # next row, which the first panel then overwrites.
    for p in range(len(panels) - 1, 2 * len(panels) - 1):
        p %= len(panels)
        start = p * PANEL_COLUMNS
        for block in range(blocks):
            target = out[block * 2 * rows :, start:]
            multiply_block(packed, block, panels, p, bias[:, start:], 0, target)
    release_tiles()


@jit
def _add_transposed(x, y, packed, panels, out, configuration):
    """Add ``x.T @ y`` to `out`."""
    n, inputs = x.shape
    blocks, steps, _, rows, _ = packed.shape
    tile = np.empty((TILE_SIDE, TILE_DEPTH), x.dtype)
    for block in range(blocks):
        for half in range(2):
            first = (2 * block + half) * rows
            for d in range(steps):
                tile[:] = ZERO
                for k in range(min(TILE_DEPTH, n - d * TILE_DEPTH)):
                    source = row(x, d * TILE_DEPTH + k)
                    for i in range(min(rows, inputs - first)):
                        tile[i, k] = source[first + i]
                for i in range(rows):
                    _split_row(
                        tile[i],
                        TILE_DEPTH,
                        packed[block, d, half, i],
                        packed[block, d, 2 + half, i],
                    )
    _fill_panels(y, panels)
    load_configuration(configuration)
    for p in range(len(panels)):
        start = p * PANEL_COLUMNS
        for block in range(blocks):
            target = out[block * 2 * rows :, start:]
            multiply_block(packed, block, panels, p, target, target.strides[0], target)
    release_tiles()


@inline
def _split_row(values, width, high, low):
    """Split the first `width` values into `high` and `low`, and set the rest to zero."""
    if width == TILE_DEPTH:  # a loop of known length, for the compiler
        for k in range(TILE_DEPTH):
            bits = round_to_bfloat16(values[k])
            high[k] = take_upper_half(bits)
            low[k] = take_upper_half(round_to_bfloat16(values[k] - to_float32(bits)))
    else:
        for k in range(TILE_DEPTH):
            value = values[k] if k < width else ZERO
            bits = round_to_bfloat16(value)
            high[k] = take_upper_half(bits)
            low[k] = take_upper_half(round_to_bfloat16(value - to_float32(bits)))
