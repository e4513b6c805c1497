"""Float32 products in the processor's vector registers: `pack`, `add_product` and `is_usable`.

The innermost loop adds to a tile of the result that stays in registers for a whole chunk of the
inputs.  Row k of a panel is loaded once for all rows of the tile.  Registers of a tile (R rows, V
vectors of L float32 each), here for AVX2 with R 6, V 2, L 8:

                              panel[k, 0:8]   panel[k, 8:16]
                                  ymm13           ymm14            V registers of weights
    x[0, k] in all lanes ymm12    ymm0            ymm1
    x[1, k]                       ymm2            ymm3             R x V accumulators
      ..                           ..              ..
    x[5, k]                       ymm10           ymm11

LLVM assigns the numbers.  In memory a panel holds V L columns of the matrix, in the order in which
the loop reads them, with zeros beyond the last column:

    panels[0]   row 0: columns 0..15 | row 1: columns 0..15 | .. | row I-1
    panels[1]   row 0: columns 16..31 | ..

The loop is written in LLVM IR, because no compiler finds it from a plain loop.
"""

from functools import cache
from typing import NamedTuple

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from minidraw.kernels.compilation import inline, jit
from minidraw.kernels.mathematics import ZERO

CHUNK_BYTES = 24_576  # of a panel at a time, three quarters of an L1 cache of 32 kB


class Unit(NamedTuple):
    """A vector unit and the tile that fills its registers."""

    name: str
    lanes: int  # float32 per register
    rows: int  # of a tile
    vectors: int  # registers per row of a tile


UNITS = {
    "avx512": Unit("AVX-512", 16, 9, 3),  # 27 of 32 registers
    "avx2": Unit("AVX2", 8, 6, 2),  # 12 of 16
    "neon": Unit("NEON", 4, 8, 3),  # 24 of 32
}


@cache
def choose_unit():
    """Return the widest unit that Numba compiles for, or None.

    `NUMBA_CPU_NAME` is obeyed: LLVM is asked how it would compile for that processor.
    """
    if numba.config.DISABLE_JIT:
        return None
    triple = llvm.get_process_triple()
    host = numba.config.CPU_NAME in (None, "", "host")
    name = llvm.get_host_cpu_name() if host else numba.config.CPU_NAME
    features = llvm.get_host_cpu_features().flatten() if host else numba.config.CPU_FEATURES or ""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(triple).create_target_machine(name, features)
    code = machine.emit_assembly(llvm.parse_assembly(_PROBE.format(triple=triple)))
    if "vfmadd" in code:
        return UNITS["avx512" if "zmm" in code else "avx2"]
    return UNITS["neon"] if "fmla" in code else None


_PROBE = """
target triple = "{triple}"
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
define void @probe(<16 x float>* %p, <16 x float> %x) {{
  %a = load <16 x float>, <16 x float>* %p
  %r = call <16 x float> @llvm.fma.v16f32(<16 x float> %a, <16 x float> %x, <16 x float> %a)
  store <16 x float> %r, <16 x float>* %p
  ret void
}}
"""

UNIT = choose_unit() or UNITS["avx2"]  # the constants below need one; `is_usable` says whether
LANES, ROWS, VECTORS = UNIT.lanes, UNIT.rows, UNIT.vectors
PANEL_COLUMNS = LANES * VECTORS
CHUNK_DEPTH = CHUNK_BYTES // (4 * PANEL_COLUMNS)
ONE_ROW = 99  # rows missing from a tile of one row


def pack(matrix):
    """Return a float32 matrix (I, O) as zero-padded panels (ceil(O / columns), I, columns)."""
    inputs, outputs = matrix.shape
    panels = np.empty((-(-outputs // PANEL_COLUMNS), inputs, PANEL_COLUMNS), matrix.dtype)
    _fill_panels(matrix, panels)
    return panels


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


def add_panels(x, first, panels, out):
    """``out += x[:, first : first + I] @ matrix`` for the panels of a matrix (I, O)."""
    n, inputs, outputs = len(x), panels.shape[1], out.shape[1]
    blocks = (n + ROWS - 1) // ROWS
    rest = np.zeros((n, PANEL_COLUMNS), out.dtype)  # stands in for `out` where a panel is wider
    for p in range(len(panels)):
        column = p * PANEL_COLUMNS
        whole = column + PANEL_COLUMNS <= outputs
        target, left = (out, column) if whole else (rest, 0)
        for start in range(0, inputs, CHUNK_DEPTH):
            stop = min(start + CHUNK_DEPTH, inputs)
            for block in range(blocks):  # heights differ by one row at most
                top = block * n // blocks
                height = (block + 1) * n // blocks - top
                _add_block(height, x, top, first, start, stop, panels, p, target, left)
        if not whole:
            for i in range(n):
                for k in range(outputs - column):
                    out[i, column + k] += rest[i, k]


add_product = jit(add_panels)


@inline
def _add_block(height, x, top, first, start, stop, panels, p, target, left):
    """Call `_add_tile` with a literal: a tile's height must be known when it is compiled."""
    if height == ROWS:
        _add_tile(0, x, top, first, start, stop, panels, p, target, left)
    elif height == ROWS - 1:
        _add_tile(1, x, top, first, start, stop, panels, p, target, left)
    elif height == ROWS - 2:
        _add_tile(2, x, top, first, start, stop, panels, p, target, left)
    else:
        for r in range(height):
            _add_tile(ONE_ROW, x, top + r, first, start, stop, panels, p, target, left)


@intrinsic(prefer_literal=True)
def _add_tile(typingctx, missing, x, top, first, start, stop, panels, p, target, left):
    """Add rows `start` to `stop` of a panel, times a block of `x`, to a tile of `target`.

    The tile begins at row `top` and column `left`; it has `missing` rows fewer than `ROWS`, but at
    least one.  The columns of `x` begin at `first`.
    """
    index = types.int64
    places = index, index, index, index
    return types.void(missing, x, *places, panels, index, target, index), _emit_tile


FLOAT, INT, INDEX = ir.FloatType(), ir.IntType(32), ir.IntType(64)
VECTOR, BYTES = ir.VectorType(FLOAT, LANES), ir.IntType(8).as_pointer()
ALLOW_FMA = ("contract",)  # LLVM's fast-math flag: a product and a sum may be one instruction
READ, LOCALITY_L2, DATA_CACHE = 0, 2, 1  # arguments of llvm.prefetch


def _emit_tile(context, builder, signature, args):
    height = max(1, ROWS - signature.args[0].literal_value)
    _, _, top, first, begin, stop, _, p, _, left = args
    x, panels, target = (
        context.make_array(signature.args[k])(context, builder, args[k]) for k in (1, 6, 8)
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
    sources = [builder.gep(point_to_row(x, r), [first]) for r in rows]
    results = [builder.gep(point_to_row(target, r), [left]) for r in rows]
    panel = point_to_row(panels, p)
    tile = [(r, v) for r in range(height) for v in range(VECTORS)]
    start = {
        (r, v): builder.load(point_to_vector(results[r], INDEX(v * LANES)), align=4)
        for r, v in tile
    }
    kind = ir.FunctionType(ir.VoidType(), [BYTES, INT, INT, INT])
    prefetch = builder.module.declare_intrinsic("llvm.prefetch.p0", (), kind)
    before, loop = builder.block, builder.append_basic_block("depth")
    after = builder.append_basic_block("after")
    builder.branch(loop)

    builder.position_at_end(loop)  # for k from begin to stop
    k = builder.phi(INDEX)
    sums = {place: builder.phi(VECTOR) for place in tile}
    entry = builder.mul(k, INDEX(PANEL_COLUMNS))
    weights = [
        builder.load(point_to_vector(panel, builder.add(entry, INDEX(v * LANES))), align=4)
        for v in range(VECTORS)
    ]
    ahead = builder.add(entry, INDEX(CHUNK_DEPTH * PANEL_COLUMNS))  # the next chunk's row
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
    k.add_incoming(begin, before)
    k.add_incoming(following, loop)
    for place in tile:
        sums[place].add_incoming(start[place], before)
        sums[place].add_incoming(new[place], loop)
    builder.cbranch(builder.icmp_signed("<", following, stop), loop, after)

    builder.position_at_end(after)
    for r, v in tile:
        builder.store(new[r, v], point_to_vector(results[r], INDEX(v * LANES)), align=4)
    return context.get_dummy_value()
