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
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minidraw.kernels.jit import ZERO, helper, jit, row

SIDE, DEEP = 16, 32  # of a tile: results SIDE x SIDE, from products over DEEP
COLUMNS = 2 * SIDE  # of a panel
UINT16, INT32 = np.dtype(np.uint16), np.dtype(np.int32)  # of tiles, and of panels: pairs
CHUNK = 512  # rows of a long product at a time, so that they stay in the second cache
LINE = 64  # bytes; a row of a tile that crosses it is loaded twice
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
                        high[k] = _both(even, odd)
                        rest = bfloat16(pair[0, k] - _value(even))
                        low[k] = _both(rest, bfloat16(pair[1, k] - _value(odd)))


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
    _configure(layout)
    # The last panel goes first: what it writes beyond the last column falls on the first columns
    # of the next row, which the first panel then overwrites.
    for p in range(len(panels) - 1, 2 * len(panels) - 1):
        p %= len(panels)
        start = p * COLUMNS
        for block in range(blocks):
            target = out[block * 2 * rows :, start:]
            _block(tiles, block, panels, p, bias[:, start:], 0, target)
    _release()


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
    _configure(layout)
    for p in range(len(panels)):
        start = p * COLUMNS
        for block in range(blocks):
            target = out[block * 2 * rows :, start:]
            _block(tiles, block, panels, p, target, target.strides[0], target)
    _release()


@helper
def _cut(values, width, high, low):
    """The first `width` values, each as the sum of two bfloat16; zeros behind them."""
    if width == DEEP:  # a loop of known length, for the compiler
        for k in range(DEEP):
            bits = bfloat16(values[k])
            high[k] = _upper(bits)
            low[k] = _upper(bfloat16(values[k] - _value(bits)))
    else:
        for k in range(DEEP):
            value = values[k] if k < width else ZERO
            bits = bfloat16(value)
            high[k] = _upper(bits)
            low[k] = _upper(bfloat16(value - _value(bits)))


BYTE, SHORT, INT, INDEX = (ir.IntType(bits) for bits in (8, 16, 32, 64))
POINTER, FLOAT, NOTHING = BYTE.as_pointer(), ir.FloatType(), ir.VoidType()


@intrinsic
def bfloat16(typingctx, x):
    """The bits of a float32 rounded to its upper half, the rest of them 0."""

    def emit(context, builder, signature, args):
        rounded = builder.add(builder.bitcast(args[0], INT), INT(0x8000))
        return builder.and_(rounded, INT(0xFFFF0000))

    return types.int32(types.float32), emit


@intrinsic
def _value(typingctx, bits):
    def emit(context, builder, signature, args):
        return builder.bitcast(args[0], FLOAT)

    return types.float32(types.int32), emit


@intrinsic
def _upper(typingctx, bits):
    def emit(context, builder, signature, args):
        return builder.trunc(builder.lshr(args[0], INT(16)), SHORT)

    return types.uint16(types.int32), emit


@intrinsic
def _both(typingctx, even, odd):
    """The upper halves of two, side by side; the first one's at the lower address."""

    def emit(context, builder, signature, args):
        return builder.or_(builder.lshr(args[0], INT(16)), args[1])

    return types.int32(types.int32, types.int32), emit


def _instruction(builder, name, *arguments):
    kind = ir.FunctionType(NOTHING, [argument.type for argument in arguments])
    builder.call(builder.module.declare_intrinsic(f"llvm.x86.{name}", (), kind), arguments)


@intrinsic
def _configure(typingctx, layout):
    def emit(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        _instruction(builder, "ldtilecfg", builder.bitcast(array.data, POINTER))
        return context.get_dummy_value()

    return types.void(layout), emit


@intrinsic
def _release(typingctx):
    def emit(context, builder, signature, args):
        _instruction(builder, "tilerelease")
        return context.get_dummy_value()

    return types.void(), emit


@intrinsic
def _block(typingctx, tiles, block, panels, p, begin, pitch, target):
    """A block of results: ``target = begin + tiles[block] @ panels[p]``.

    `pitch` is the distance of `begin`'s rows in bytes: 0 takes its first row for all.
    """
    index = types.int64
    return types.void(tiles, index, panels, index, begin, index, target), _emit_block


def _emit_block(context, builder, signature, args):
    _, block, _, p, _, pitch, _ = args
    tiles, panels, begin, target = (
        context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 2, 4, 6)
    )

    def start(array, number=INDEX(0)):  # noqa: B008
        place = builder.mul(number, builder.extract_value(array.strides, 0))
        return builder.gep(builder.bitcast(array.data, POINTER), [place])

    def away(pointer, distance):
        return builder.gep(pointer, [distance])

    def results(instruction, pointer, pitch):
        """Load or store all four."""
        below = away(pointer, builder.mul(pitch, builder.extract_value(tiles.shape, 3)))
        for k, corner in enumerate((pointer, below)):
            _instruction(builder, instruction, BYTE(2 * k), corner, pitch)
            _instruction(builder, instruction, BYTE(2 * k + 1), away(corner, INDEX(LINE)), pitch)

    results("tileloadd64", start(begin), pitch)
    source, panel = start(tiles, block), start(panels, p)
    before, loop = builder.block, builder.append_basic_block("deep")
    after = builder.append_basic_block("after")
    builder.branch(loop)

    builder.position_at_end(loop)
    d = builder.phi(INDEX)
    inputs = away(source, builder.mul(d, builder.extract_value(tiles.strides, 1)))
    weights = away(panel, builder.mul(d, builder.extract_value(panels.strides, 1)))

    def load(tile, pointer, stride, number):
        place = away(pointer, builder.mul(stride, INDEX(number)))
        _instruction(builder, "tileloadd64", BYTE(tile), place, INDEX(LINE))

    def load_inputs(first):
        for k in range(2):
            load(4 + k, inputs, builder.extract_value(tiles.strides, 2), first + k)

    def load_weights(first):
        for k in range(2):
            load(6 + k, weights, builder.extract_value(panels.strides, 2), first + k)

    def multiply():
        for k in range(4):
            _instruction(builder, "tdpbf16ps", BYTE(k), BYTE(4 + k // 2), BYTE(6 + k % 2))

    load_inputs(0)
    load_weights(0)
    multiply()  # high low
    load_weights(2)
    multiply()  # high high
    load_inputs(2)
    multiply()  # low high
    following = builder.add(d, INDEX(1))
    d.add_incoming(INDEX(0), before)
    d.add_incoming(following, loop)
    more = builder.icmp_signed("<", following, builder.extract_value(panels.shape, 1))
    builder.cbranch(more, loop, after)

    builder.position_at_end(after)
    results("tilestored64", start(target), builder.extract_value(target.strides, 0))
    return context.get_dummy_value()
