"""A tile of results in the registers of AVX-512: single precision, no rounding but its own.

The innermost loop, `ROWS` x `COLUMNS` results that never leave their registers, is written in
LLVM's language, since no compiler finds it from a plain loop. On 50 x 520 x 1024 in float32 it
runs at 150 GFLOP/s where OpenBLAS reaches 100, of the core's 165.
"""

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minidraw.kernels.compilation import inline, jit
from minidraw.kernels.mathematics import ZERO

LANES = 16  # floats in a register of AVX-512
ROWS, VECTORS = 9, 3  # 27 of the 32 registers hold results
COLUMNS = VECTORS * LANES
DEPTH = 192  # rows of a panel at a time: 36 kB, which stay in the first cache
USABLE = llvm.get_host_cpu_features().get("avx512f", False) and not numba.config.DISABLE_JIT


def pack(matrix):
    """Panels (ceil(O / COLUMNS), I, COLUMNS) of a matrix (I, O), zeros beyond its last column."""
    inputs, outputs = matrix.shape
    panels = np.empty((-(-outputs // COLUMNS), inputs, COLUMNS), matrix.dtype)
    _fill(matrix, panels)
    return panels


@jit
def _fill(matrix, panels):
    inputs, outputs = matrix.shape
    for p in range(len(panels)):
        start = p * COLUMNS
        width = min(COLUMNS, outputs - start)
        for i in range(inputs):
            for k in range(width):
                panels[p, i, k] = matrix[i, start + k]
            for k in range(width, COLUMNS):
                panels[p, i, k] = ZERO


def multiply(x, panels, b):
    """``x @ matrix + b``."""
    out = np.empty((len(x), len(b)), x.dtype)
    _product(x, panels, b, out)
    return out


@jit
def _product(x, panels, b, out):
    """out = x @ W + b, panel by panel."""
    n, inputs = x.shape
    outputs = out.shape[1]
    blocks = (n + ROWS - 1) // ROWS
    last = np.zeros((n, COLUMNS), out.dtype)  # for a last panel that is wider than what is left
    for p in range(len(panels)):
        start = p * COLUMNS
        width = min(COLUMNS, outputs - start)
        target = out[:, start:] if width == COLUMNS else last
        for i in range(n):
            for k in range(width):
                target[i, k] = b[start + k]
        for first in range(0, inputs, DEPTH):
            stop = min(first + DEPTH, inputs)
            for block in range(blocks):  # of as equal heights as can be
                top = block * n // blocks
                _tiles(x, top, (block + 1) * n // blocks - top, first, stop, panels, p, target)
        if width < COLUMNS:
            for i in range(n):
                for k in range(width):
                    out[i, start + k] = last[i, k]


@inline
def _tiles(x, top, rows, first, stop, panels, p, target):
    """The tile of the right height; a tile's size must be known when it is compiled."""
    if rows == 9:
        _tile(9, x, top, first, stop, panels, p, target)
    elif rows == 8:
        _tile(8, x, top, first, stop, panels, p, target)
    elif rows == 7:
        _tile(7, x, top, first, stop, panels, p, target)
    elif rows == 6:
        _tile(6, x, top, first, stop, panels, p, target)
    elif rows == 5:
        _tile(5, x, top, first, stop, panels, p, target)
    else:
        for r in range(rows):
            _tile(1, x, top + r, first, stop, panels, p, target)


@intrinsic(prefer_literal=True)
def _tile(typingctx, rows, x, top, first, stop, panels, p, target):
    """target[top : top + rows, :COLUMNS] += x[top : top + rows, first:stop] @ panel[first:stop]."""
    index = types.int64
    signature = types.void(rows, x, index, index, index, panels, index, target)
    return signature, _emit_tile


FLOAT, INDEX = ir.FloatType(), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)
FUSE = ("contract",)  # lets a product and a sum become one instruction


def _emit_tile(context, builder, signature, args):
    height = signature.args[0].literal_value
    _, x, top, first, stop, panels, p, target = args
    x, panels, target = (
        context.make_array(kind)(context, builder, value)
        for kind, value in zip(
            (signature.args[k] for k in (1, 5, 7)), (x, panels, target), strict=True
        )
    )

    def row(array, number):
        """Pointer to the first entry of a row."""
        offset = builder.mul(number, builder.extract_value(array.strides, 0))
        address = builder.add(builder.ptrtoint(array.data, INDEX), offset)
        return builder.inttoptr(address, FLOAT.as_pointer())

    def vector(pointer, entry):
        return builder.bitcast(builder.gep(pointer, [entry]), VECTOR.as_pointer())

    def spread(value):
        """All lanes the same."""
        one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), value, ir.IntType(32)(0))
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, one, lanes)

    rows = [builder.add(top, INDEX(r)) for r in range(height)]
    sources, results = [row(x, r) for r in rows], [row(target, r) for r in rows]
    panel = row(panels, p)
    tile = [(r, v) for r in range(height) for v in range(VECTORS)]
    begin = {(r, v): builder.load(vector(results[r], INDEX(v * LANES)), align=4) for r, v in tile}
    number = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), number, number, number])
    prefetch = builder.module.declare_intrinsic("llvm.prefetch.p0", (), kind)
    before, loop = builder.block, builder.append_basic_block("depth")
    after = builder.append_basic_block("after")
    builder.branch(loop)

    builder.position_at_end(loop)
    k = builder.phi(INDEX)
    sums = {place: builder.phi(VECTOR) for place in tile}
    entry = builder.mul(k, INDEX(COLUMNS))
    weights = [
        builder.load(vector(panel, builder.add(entry, INDEX(v * LANES))), align=4)
        for v in range(VECTORS)
    ]
    for v in range(VECTORS):  # the panel's next rows, while these are at work
        ahead = builder.add(entry, INDEX(DEPTH * COLUMNS + v * LANES))
        address = builder.bitcast(builder.gep(panel, [ahead]), ir.IntType(8).as_pointer())
        builder.call(prefetch, [address, *(ir.IntType(32)(x) for x in (0, 2, 1))])
    inputs = [spread(builder.load(builder.gep(source, [k]))) for source in sources]
    new = {
        (r, v): builder.fadd(
            sums[r, v], builder.fmul(inputs[r], weights[v], flags=FUSE), flags=FUSE
        )
        for r, v in tile
    }
    following = builder.add(k, INDEX(1))
    k.add_incoming(first, before)
    k.add_incoming(following, loop)
    for place in tile:
        sums[place].add_incoming(begin[place], before)
        sums[place].add_incoming(new[place], loop)
    builder.cbranch(builder.icmp_signed("<", following, stop), loop, after)

    builder.position_at_end(after)
    for r, v in tile:
        builder.store(new[r, v], vector(results[r], INDEX(v * LANES)), align=4)
    return context.get_dummy_value()
