"""The instructions of the matrix unit, and bfloat16, as functions for Numba: see `amx.py`."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LINE = 64  # bytes of a tile's row; one that crosses a line of the cache is loaded twice
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
def number(typingctx, bits):
    def emit(context, builder, signature, args):
        return builder.bitcast(args[0], FLOAT)

    return types.float32(types.int32), emit


@intrinsic
def upper(typingctx, bits):
    def emit(context, builder, signature, args):
        return builder.trunc(builder.lshr(args[0], INT(16)), SHORT)

    return types.uint16(types.int32), emit


@intrinsic
def both(typingctx, even, odd):
    """The upper halves of two, side by side; the first one's at the lower address."""

    def emit(context, builder, signature, args):
        return builder.or_(builder.lshr(args[0], INT(16)), args[1])

    return types.int32(types.int32, types.int32), emit


def _instruction(builder, name, *arguments):
    kind = ir.FunctionType(NOTHING, [argument.type for argument in arguments])
    builder.call(builder.module.declare_intrinsic(f"llvm.x86.{name}", (), kind), arguments)


@intrinsic
def configure(typingctx, layout):
    def emit(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        _instruction(builder, "ldtilecfg", builder.bitcast(array.data, POINTER))
        return context.get_dummy_value()

    return types.void(layout), emit


@intrinsic
def release(typingctx):
    def emit(context, builder, signature, args):
        _instruction(builder, "tilerelease")
        return context.get_dummy_value()

    return types.void(), emit


@intrinsic
def multiply_block(typingctx, tiles, block, panels, p, begin, pitch, target):
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
