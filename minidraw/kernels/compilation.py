"""Compilation of the kernels: `jit` for a kernel, `inline` and `paste` for functions in kernels.

Raises
------
UserError
    When imported where Numba is missing or doesn't load.
"""

from minidraw.errors import UserError

try:
    import numba
except (ImportError, OSError) as error:  # OSError: LLVM's library doesn't load
    raise UserError(
        f"Numba, which this needs, can't be imported ({error}): type pip install --upgrade numba"
    ) from error

from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from minidraw.kernels.disk_cache import SafeCache, report_once

# fastmath without nnan and ninf, because infinities must stay infinities.  Division as in NumPy,
# because Python's check for a zero divisor prevents vectorisation.
OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}


def jit(function):
    """Compile with Numba, without the GIL, and cache the result on disk if possible.

    Compiled callers contain it.  Otherwise there would be two versions, inlined and separate, which
    round differently; which one runs would depend on whether the caller came from the cache.
    """
    options = {"forceinline": True, **OPTIONS}
    try:
        kernel = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        report_once("no folder for it is writable")
        return numba.njit(**options)(function)
    if not numba.config.DISABLE_JIT:
        kernel._cache = SafeCache(kernel._cache)
    return kernel


def inline(function):
    """Compile a function into its callers, as `jit` does, without a cache of its own."""
    return numba.njit(forceinline=True, **OPTIONS)(function)


def paste(function):
    """Paste a function's source into its callers before they are compiled.

    For functions that mostly call others: compiled on their own, they'd take as long again.
    """
    return numba.njit(inline="always", **OPTIONS)(function)


@intrinsic
def row(typingctx, array, number):
    """Return row `number` of a matrix as a contiguous array, without a copy.

    The matrix may be a slice of columns of a wider one.  Numba then doesn't know that its rows are
    contiguous, and wouldn't vectorise.
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
