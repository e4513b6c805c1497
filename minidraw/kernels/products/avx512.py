"""Float32 products in the registers of AVX-512: `is_usable`, `pack` and `multiply`.

The innermost loop adds to a tile of 9 rows x 48 columns of the result. The tile stays in registers
for a whole chunk of the inputs; row k of a panel is loaded once for all nine rows of x:

                           panel[k, 0:16]  panel[k, 16:32]  panel[k, 32:48]
                               zmm29            zmm28            zmm27       3 of weights
    x[0, k]  zmm30 (16x)       zmm0             zmm1             zmm2
    x[1, k]  zmm30 (16x)       zmm3             zmm4             zmm5        27 accumulators
     ..                         ..               ..               ..
    x[8, k]  zmm30 (16x)       zmm24            zmm25            zmm26

Register zmm30 holds one input in all 16 lanes (`vbroadcastss`); zmm31 is free. LLVM chooses the
registers. In memory, a panel is 48 columns of the matrix, stored in the order the loop reads them:

    panels[0]   row 0: columns 0..47 | row 1: columns 0..47 | .. | row I-1      192 bytes a row
    panels[1]   row 0: columns 48..95 | ..                                      0 beyond column O-1

The loop is written in LLVM IR, because no compiler derives it from a plain loop. On 50 x 520 x 1024
it runs at 150 GFLOP/s; OpenBLAS reaches 100, and the core's limit is 165.
"""

from functools import cache

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minidraw.kernels.compilation import inline, jit
from minidraw.kernels.mathematics import ZERO

LANES = 16  # float32 in a zmm register of 64 bytes
TILE_ROWS, TILE_VECTORS = 9, 3
PANEL_COLUMNS = TILE_VECTORS * LANES
CHUNK_DEPTH = 192  # rows of a panel at a time: 36 kB, which stay in the L1 cache


@cache
def is_usable():
    """Return whether the processor has AVX-512 and Numba's compiler is enabled."""
    return llvm.get_host_cpu_features().get("avx512f", False) and not numba.config.DISABLE_JIT


def pack(matrix):
    """Return the panels of a float32 matrix (I, O): shape (ceil(O / 48), I, 48), zero-padded."""
    inputs, outputs = matrix.shape
    panels = np.empty((-(-outputs // PANEL_COLUMNS), inputs, PANEL_COLUMNS), matrix.dtype)
    _fill_panels(matrix, panels)
    return panels


def multiply(x, panels, b):
    """Return ``x @ matrix + b``, shape (n, O), for ``panels = pack(matrix)``.

    `x` (n, I) and `b` (O,) are float32.  Each row of `x` must be contiguous, but `x` needn't be.
    """
    out = np.empty((len(x), len(b)), x.dtype)
    _multiply(x, panels, b, out)
    return out


@jit
def _fill_panels(matrix, panels):
    inputs, outputs = matrix.shape
    for p in range(len(panels)):
        start = p * PANEL_COLUMNS
        width = min(PANEL_COLUMNS, outputs - start)
        for i in range(inputs):
            for k in range(width):
                panels[p, i, k] = matrix[i, start + k]
            for k in range(width, PANEL_COLUMNS):
                panels[p, i, k] = ZERO


@jit
def _multiply(x, panels, b, out):
    n, inputs = x.shape
    outputs = out.shape[1]
    blocks = (n + TILE_ROWS - 1) // TILE_ROWS
    last = np.zeros((n, PANEL_COLUMNS), out.dtype)  # stands in for `out` where a panel is wider
    for p in range(len(panels)):
        start = p * PANEL_COLUMNS
        width = min(PANEL_COLUMNS, outputs - start)
        target = out[:, start:] if width == PANEL_COLUMNS else last
        for i in range(n):
            for k in range(width):
                target[i, k] = b[start + k]
        for first in range(0, inputs, CHUNK_DEPTH):
            stop = min(first + CHUNK_DEPTH, inputs)
            for block in range(blocks):  # heights differ by one row at most
                top = block * n // blocks
                height = (block + 1) * n // blocks - top
                _add_block(x, top, height, first, stop, panels, p, target)
        if width < PANEL_COLUMNS:
            for i in range(n):
                for k in range(width):
                    out[i, start + k] = last[i, k]


@inline
def _add_block(x, top, height, first, stop, panels, p, target):
    """Call `_add_tile` with a literal height, which must be known at compile time."""
    if height == 9:
        _add_tile(9, x, top, first, stop, panels, p, target)
    elif height == 8:
        _add_tile(8, x, top, first, stop, panels, p, target)
    elif height == 7:
        _add_tile(7, x, top, first, stop, panels, p, target)
    elif height == 6:
        _add_tile(6, x, top, first, stop, panels, p, target)
    elif height == 5:
        _add_tile(5, x, top, first, stop, panels, p, target)
    else:
        for r in range(height):
            _add_tile(1, x, top + r, first, stop, panels, p, target)


@intrinsic(prefer_literal=True)
def _add_tile(typingctx, height, x, top, first, stop, panels, p, target):
    """``target[rows, :48] += x[rows, first:stop] @ panels[p, first:stop]``, rows from `top` on."""
    index = types.int64
    signature = types.void(height, x, index, index, index, panels, index, target)
    return signature, _emit_tile


FLOAT, INT, INDEX = ir.FloatType(), ir.IntType(32), ir.IntType(64)
VECTOR, BYTES = ir.VectorType(FLOAT, LANES), ir.IntType(8).as_pointer()
ALLOW_FMA = ("contract",)  # LLVM's fast-math flag: a product and a sum may be one vfmadd
READ, LOCALITY_L2, DATA_CACHE = 0, 2, 1  # arguments of llvm.prefetch: prefetcht1


def _emit_tile(context, builder, signature, args):
    height = signature.args[0].literal_value
    _, _, top, first, stop, _, p, _ = args
    x, panels, target = (
        context.make_array(signature.args[k])(context, builder, args[k]) for k in (1, 5, 7)
    )

    def point_to_row(array, number):
        offset = builder.mul(number, builder.extract_value(array.strides, 0))
        address = builder.add(builder.ptrtoint(array.data, INDEX), offset)
        return builder.inttoptr(address, FLOAT.as_pointer())

    def point_to_vector(row, entry):
        return builder.bitcast(builder.gep(row, [entry]), VECTOR.as_pointer())

    def broadcast(value):
        one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), value, INT(0))
        lanes = ir.Constant(ir.VectorType(INT, LANES), [0] * LANES)
        return builder.shuffle_vector(one, one, lanes)

    rows = [builder.add(top, INDEX(r)) for r in range(height)]
    sources = [point_to_row(x, r) for r in rows]
    results = [point_to_row(target, r) for r in rows]
    panel = point_to_row(panels, p)
    tile = [(r, v) for r in range(height) for v in range(TILE_VECTORS)]
    start = {
        (r, v): builder.load(point_to_vector(results[r], INDEX(v * LANES)), align=4)
        for r, v in tile
    }
    kind = ir.FunctionType(ir.VoidType(), [BYTES, INT, INT, INT])
    prefetch = builder.module.declare_intrinsic("llvm.prefetch.p0", (), kind)
    before, loop = builder.block, builder.append_basic_block("depth")
    after = builder.append_basic_block("after")
    builder.branch(loop)

    builder.position_at_end(loop)  # for k from first to stop
    k = builder.phi(INDEX)
    sums = {place: builder.phi(VECTOR) for place in tile}
    entry = builder.mul(k, INDEX(PANEL_COLUMNS))
    weights = [
        builder.load(point_to_vector(panel, builder.add(entry, INDEX(v * LANES))), align=4)
        for v in range(TILE_VECTORS)
    ]
    for v in range(TILE_VECTORS):  # fetch the same row of the next chunk meanwhile
        ahead = builder.add(entry, INDEX(CHUNK_DEPTH * PANEL_COLUMNS + v * LANES))
        address = builder.bitcast(builder.gep(panel, [ahead]), BYTES)
        builder.call(prefetch, [address, INT(READ), INT(LOCALITY_L2), INT(DATA_CACHE)])
    inputs = [broadcast(builder.load(builder.gep(source, [k]))) for source in sources]
    new = {
        (r, v): builder.fadd(
            sums[r, v], builder.fmul(inputs[r], weights[v], flags=ALLOW_FMA), flags=ALLOW_FMA
        )
        for r, v in tile
    }
    following = builder.add(k, INDEX(1))
    k.add_incoming(first, before)
    k.add_incoming(following, loop)
    for place in tile:
        sums[place].add_incoming(start[place], before)
        sums[place].add_incoming(new[place], loop)
    builder.cbranch(builder.icmp_signed("<", following, stop), loop, after)

    builder.position_at_end(after)
    for r, v in tile:
        builder.store(new[r, v], point_to_vector(results[r], INDEX(v * LANES)), align=4)
    return context.get_dummy_value()
