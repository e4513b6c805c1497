"""Constants, exp, sigmoid and tanh that vectorise and keep float32."""

import math

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from minidraw.kernels.compilation import inline


@intrinsic
def _bits_to_float32(typingctx, bits):
    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(types.float32))

    return types.float32(types.int32), codegen


LOG2_E = np.float32(1 / math.log(2))
LN2_HIGH = np.float32(0.693359375)  # few bits, so that n * LN2_HIGH is exact
LN2_LOW = np.float32(math.log(2) - 0.693359375)
# Chebyshev fit of (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2, error 6.5e-8.
C2, C3, C4, C5, C6 = (
    np.float32(c)
    for c in (0.5, 0.166665770256, 0.0416665546621, 0.00836317307451, 0.00139261761199)
)
EXP_MIN, EXP_MAX = np.float32(-87), np.float32(87)
# float32, because a float64 constant would promote float32 kernels; exact, so float64 may use them.
ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)


def exp(x):
    """Return e to the x, from the C library in float64 and from a polynomial in float32.

    LLVM can vectorise the polynomial, which is accurate to 2 units in the last place.  It clips x
    to +-87.
    """
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


@inline
def sigmoid(x):
    return ONE / (ONE + exp(-x))


@inline
def tanh(x):
    return TWO * sigmoid(TWO * x) - ONE
