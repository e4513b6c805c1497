"""AMX instructions and bfloat16 conversions as Numba functions, used by `amx.py`.

`multiply_block` adds products to a block of 2 x 2 result tiles. Its use of the eight registers:

                          tmm6             tmm7            weights: left and right half of a panel
    x, upper rows  tmm4   tmm0 += 4 x 6    tmm1 += 4 x 7
    x, lower rows  tmm5   tmm2 += 5 x 6    tmm3 += 5 x 7   results: float32

A register is a tile of up to 16 `rows` of `colsb` = 64 bytes. `tdpbf16ps` multiplies tiles so:

    result  rows x 16 float32      out[i, j]
    inputs  rows x 32 bfloat16     x[i, 0] x[i, 1] .. x[i, 31]
    weights   16 x 16 pairs        W[2r, j] W[2r + 1, j] side by side in row r, column j
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

TILE_ROW_BYTES = 64  # `colsb` of every tile
BYTE, SHORT, INT, INDEX = (ir.IntType(bits) for bits in (8, 16, 32, 64))
POINTER, FLOAT, VOID = BYTE.as_pointer(), ir.FloatType(), ir.VoidType()


@intrinsic
def round_to_bfloat16(typingctx, x):
    """Return a float32's bits, rounded to the upper 16; the lower 16 are 0."""

    def emit(context, builder, signature, args):
        rounded = builder.add(builder.bitcast(args[0], INT), INT(0x8000))
        return builder.and_(rounded, INT(0xFFFF0000))

    return types.int32(types.float32), emit


@intrinsic
def to_float32(typingctx, bits):
    def emit(context, builder, signature, args):
        return builder.bitcast(args[0], FLOAT)

    return types.float32(types.int32), emit


@intrinsic
def take_upper_half(typingctx, bits):
    def emit(context, builder, signature, args):
        return builder.trunc(builder.lshr(args[0], INT(16)), SHORT)

    return types.uint16(types.int32), emit


@intrinsic
def join_upper_halves(typingctx, even, odd):
    """Join the upper halves of `even` and `odd`, with that of `even` at the lower address."""

    def emit(context, builder, signature, args):
        return builder.or_(builder.lshr(args[0], INT(16)), args[1])

    return types.int32(types.int32, types.int32), emit


def _emit_instruction(builder, name, *arguments):
    kind = ir.FunctionType(VOID, [argument.type for argument in arguments])
    builder.call(builder.module.declare_intrinsic(f"llvm.x86.{name}", (), kind), arguments)


@intrinsic
def load_configuration(typingctx, configuration):
    """Set the shapes of the eight tiles, and clear them."""

    def emit(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        _emit_instruction(builder, "ldtilecfg", builder.bitcast(array.data, POINTER))
        return context.get_dummy_value()

    return types.void(configuration), emit


@intrinsic
def release_tiles(typingctx):
    """Return the tiles to their initial state, which Linux need not save."""

    def emit(context, builder, signature, args):
        _emit_instruction(builder, "tilerelease")
        return context.get_dummy_value()

    return types.void(), emit


@intrinsic
def multiply_block(typingctx, packed, block, panels, p, start, start_stride, target):
    """Compute ``target = start + packed[block] @ panels[p]``.

    `start_stride` is the distance between rows of `start`, in bytes; 0 repeats its first row.
    """
    index = types.int64
    return types.void(packed, index, panels, index, start, index, target), _emit_block


def _emit_block(context, builder, signature, args):
    _, block, _, p, _, start_stride, _ = args
    packed, panels, start, target = (
        context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 2, 4, 6)
    )

    def point_to(array, number=INDEX(0)):  # noqa: B008
        offset = builder.mul(number, builder.extract_value(array.strides, 0))
        return builder.gep(builder.bitcast(array.data, POINTER), [offset])

    def advance(pointer, offset):
        return builder.gep(pointer, [offset])

    def move_results(instruction, upper, stride):
        """Load or store tmm0 to tmm3."""
        lower = advance(upper, builder.mul(stride, builder.extract_value(packed.shape, 3)))
        for k, left in enumerate((upper, lower)):
            _emit_instruction(builder, instruction, BYTE(2 * k), left, stride)
            right = advance(left, INDEX(TILE_ROW_BYTES))
            _emit_instruction(builder, instruction, BYTE(2 * k + 1), right, stride)

    move_results("tileloadd64", point_to(start), start_stride)
    source, panel = point_to(packed, block), point_to(panels, p)
    before, loop = builder.block, builder.append_basic_block("deep")
    after = builder.append_basic_block("after")
    builder.branch(loop)

    builder.position_at_end(loop)  # for d in range(panels.shape[1])
    d = builder.phi(INDEX)
    inputs = advance(source, builder.mul(d, builder.extract_value(packed.strides, 1)))
    weights = advance(panel, builder.mul(d, builder.extract_value(panels.strides, 1)))

    def load(tile, pointer, stride, number):
        place = advance(pointer, builder.mul(stride, INDEX(number)))
        _emit_instruction(builder, "tileloadd64", BYTE(tile), place, INDEX(TILE_ROW_BYTES))

    def load_inputs(first):
        for k in range(2):
            load(4 + k, inputs, builder.extract_value(packed.strides, 2), first + k)

    def load_weights(first):
        for k in range(2):
            load(6 + k, weights, builder.extract_value(panels.strides, 2), first + k)

    def multiply():
        for k in range(4):
            tiles = BYTE(k), BYTE(4 + k // 2), BYTE(6 + k % 2)
            _emit_instruction(builder, "tdpbf16ps", *tiles)

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
    move_results("tilestored64", point_to(target), builder.extract_value(target.strides, 0))
    return context.get_dummy_value()
