"""What every kernel shares: how it is compiled, and an exp that vectorises."""

import math

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic, overload
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


def helper(function):
    """Compile into the kernels that call it, never as a function of its own.

    Otherwise there are two versions, one optimised within its caller and one alone, which round
    differently; and which one runs depends on whether the caller was compiled or came from disk.
    """
    return numba.njit(forceinline=True, **OPTIONS)(function)


@intrinsic
def _bits_to_float32(typingctx, bits):
    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(types.float32))

    return types.float32(types.int32), codegen


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


LOG2_E = np.float32(1 / math.log(2))
LN2_HIGH = np.float32(0.693359375)  # few bits, so that n * LN2_HIGH is exact
LN2_LOW = np.float32(math.log(2) - 0.693359375)
# Chebyshev fit of (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2, error 6.5e-8.
C2, C3, C4, C5, C6 = (
    np.float32(c)
    for c in (0.5, 0.166665770256, 0.0416665546621, 0.00836317307451, 0.00139261761199)
)
EXP_MIN, EXP_MAX = np.float32(-87), np.float32(87)
# Exact in float32, so that they raise no float32 to float64, and serve float64 as well.
ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)


def exp(x):
    """e to the x.  In float32 a polynomial that LLVM can vectorise, good to 2 units in the last
    place and clamped to +-87; in float64 the C library's."""
    return np.exp(x)


@overload(exp, jit_options={"fastmath": {"contract", "nsz"}})
def _exp(x):
    if x != types.float32:
        return lambda x: math.exp(x)

    def exp_float32(x):
        x = EXP_MIN if x < EXP_MIN else (EXP_MAX if x > EXP_MAX else x)
        n = np.floor(x * LOG2_E + HALF)
        r = (x - n * LN2_HIGH) - n * LN2_LOW
        tail = C2 + r * (C3 + r * (C4 + r * (C5 + r * C6)))
        two_to_n = _bits_to_float32((np.int32(n) + np.int32(127)) << np.int32(23))
        return (ONE + r + r * r * tail) * two_to_n

    return exp_float32


@helper
def sigmoid(x):
    return ONE / (ONE + exp(-x))


@helper
def tanh(x):
    return TWO * sigmoid(TWO * x) - ONE
