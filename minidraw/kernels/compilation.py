"""What every kernel shares: how it is compiled, and an exp that vectorises."""

import numba
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

# No nnan and no ninf: infinities may pass through, and must come out as infinities.
# Division as NumPy does it: the check for a zero divisor would keep loops from vectorising.
OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}


def jit(function):
    """Compile with Numba, without the GIL, and keep the result on disk where that is possible."""
    try:
        return numba.njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # no folder to keep it in: compile at every start
        return numba.njit(**OPTIONS)(function)


def inline(function):
    """Compile into the kernels that call it, never as a function of its own.

    Otherwise there are two versions, one optimised within its caller and one alone, which round
    differently; and which one runs depends on whether the caller was compiled or came from disk.
    """
    return numba.njit(forceinline=True, **OPTIONS)(function)


@intrinsic
def row(typingctx, array, number):
    """A row of a matrix whose rows lie in one piece each.

    Numba doesn't know that of a matrix that is part of a wider one, and wouldn't vectorise.
    """
    kind = types.Array(array.dtype, 1, "C")

    def codegen(context, builder, signature, args):
        matrix = context.make_array(signature.args[0])(context, builder, args[0])
        index = args[1].type
        start = builder.add(
            builder.ptrtoint(matrix.data, index),
            builder.mul(args[1], builder.extract_value(matrix.strides, 0)),
        )
        part, size = context.make_array(kind)(context, builder), matrix.itemsize
        populate_array(
            part,
            data=builder.inttoptr(start, matrix.data.type),
            shape=[builder.extract_value(matrix.shape, 1)],
            strides=[size],
            itemsize=size,
            meminfo=None,
        )
        return part._getvalue()

    return kind(array, types.int64), codegen
