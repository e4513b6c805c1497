"""Mistakes that arithmetic alone can find: a sign, a factor, a transpose, an extra sum."""

from itertools import combinations, permutations

import numpy as np

TOLERANCE = 1e-9  # relative to the largest entry; other orders of summation reach 1e-12
SMALL_ERROR = 1e-6  # an added small number changes an answer this little, a real mistake more


def is_close(found, wanted, tolerance=TOLERANCE):
    """Return True if two arrays have the same shape and, up to rounding, the same numbers.

    Nothing is close to an infinite number, which would allow any error.
    """
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape or found.dtype.kind not in "fiub":
        return False
    if not np.isfinite(wanted).all():
        return False
    with np.errstate(all="ignore"):
        scale = np.abs(wanted).max(initial=0) or 1.0
        return bool((np.abs(found - wanted) <= tolerance * scale).all())


def all_close(found, wanted, tolerance=TOLERANCE):
    return all(is_close(a, b, tolerance) for a, b in zip(found, wanted, strict=True))


def join_words(words):
    """Return words as in "a, b and c"."""
    *most, last = map(str, words)
    return f"{', '.join(most)} and {last}" if most else last


def find_obvious_cause(found, wanted, cases):
    """Name a mistake that explains the wrong numbers beyond doubt, or return None.

    In this module, `found` and `wanted` are lists with one array per case.
    """
    if not all(np.isfinite(y).all() for y in found):
        return "contains nan or inf"
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return _find_shape_error(found, wanted)
    if all(y.dtype.kind in "iu" for y in found) and any((t != np.rint(t)).any() for t in wanted):
        return "it holds whole numbers only; make the array that collects it with dtype float"
    if all((y == 0).all() for y in found):
        return "every entry is zero"
    return _find_factor(found, wanted, cases, any_factor=False)


def find_simple_cause(found, wanted, cases):
    """Name a factor, an offset or a transpose that explains the wrong numbers, or return None.

    Look for the exercise's own typical mistakes first, because they tell the learner more.
    """
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return None
    return (
        _find_factor(found, wanted, cases)
        or _find_offset(found, wanted)
        or _find_transpose(found, wanted)
    )


def find_small_error(found, wanted):
    """Return a message if the numbers are nearly right, else None; try this last."""
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return None
    small = "nearly right: a small number is added, something is cut off, or digits are lost"
    return small if all_close(found, wanted, SMALL_ERROR) else None


def _find_shape_error(found, wanted):
    """Look for the right numbers in another shape, or with a missing or extra sum."""
    pairs = list(zip(found, wanted, strict=True))
    if all(y.size == t.size and is_close(y.reshape(t.shape), t) for y, t in pairs):
        return "the numbers are right, but the shape is wrong"
    if transposed := _find_transpose(found, wanted):
        return transposed
    if len({y.ndim for y in found} | {t.ndim for t in wanted}) > 2:
        return None
    for axes in _list_subsets(found[0].ndim):
        for kept in (False, True):
            if all_close([y.sum(axis=axes, keepdims=kept) for y in found], wanted):
                return f"a sum over {_name_axes(axes)} is missing; the rest is right"
    for axes in _list_subsets(wanted[0].ndim):
        for kept in (False, True):
            if all_close(found, [t.sum(axis=axes, keepdims=kept) for t in wanted]):
                return f"one sum too many: {_name_axes(axes)} of the result {_be(axes)} gone"
            if all_close(found, [t.mean(axis=axes, keepdims=kept) for t in wanted]):
                return f"one mean too many: {_name_axes(axes)} of the result {_be(axes)} gone"
    if all(y.ndim == 2 and t.ndim == 1 and y.shape == t.shape * 2 for y, t in pairs) and (
        all_close([np.diagonal(y) for y in found], wanted)
    ):
        return "you combine shapes (n,) and (n, 1), and broadcasting makes the result (n, n)"
    return None


def _list_subsets(ndim):
    return [axes for k in range(1, ndim + 1) for axes in combinations(range(ndim), k)]


def _name_axes(axes):
    return f"{'axis' if len(axes) == 1 else 'axes'} {join_words(axes)}"


def _be(axes):
    return "is" if len(axes) == 1 else "are"


def _find_factor(found, wanted, cases, *, any_factor=True):
    factors = []
    for y, t in zip(found, wanted, strict=True):
        factor = float((y * t).sum() / ((t * t).sum() or 1.0))
        if not is_close(y, factor * t) or abs(factor) < 1e-6:
            return None
        factors.append(factor)
    signs = {np.sign(factor) for factor in factors}
    if len(signs) > 1:
        return None
    sign = "" if signs == {1.0} else ", and the sign is wrong"
    size = np.abs(factors)
    if np.allclose(size, 1, rtol=SMALL_ERROR, atol=0):
        return "the sign is wrong" if sign else None
    for known, text in (
        (2, "twice what it should be"),
        (0.5, "half of what it should be"),
    ):
        if np.allclose(size, known, rtol=TOLERANCE):
            return text + sign
    if not any_factor:
        return None
    if np.allclose(size, size[0], rtol=TOLERANCE):
        return f"every entry is off by the same factor, {size[0]:.6g}" + sign
    for letters in _list_products(cases[0].sizes):
        product = np.array([np.prod([case.sizes[x] for x in letters]) for case in cases])
        name = " ".join(letters)
        if np.allclose(size * product, 1, rtol=TOLERANCE):
            return f"too small by a factor of {name}, as if averaged" + sign
        if np.allclose(size, product, rtol=TOLERANCE):
            return f"too large by a factor of {name}" + sign
    return None


def _list_products(sizes):
    return [letters for k in (1, 2, 3) for letters in combinations(sizes, k)]


def _find_offset(found, wanted):
    offsets = [y.flat[0] - t.flat[0] for y, t in zip(found, wanted, strict=True)]
    same = np.allclose(offsets, offsets[0], rtol=TOLERANCE)
    if same and all_close(found, [t + offsets[0] for t in wanted]):
        more = "large" if offsets[0] > 0 else "small"
        return f"every entry is too {more} by {abs(offsets[0]):.6g}"
    return None


def _find_transpose(found, wanted):
    if len({y.ndim for y in found} | {t.ndim for t in wanted}) > 1:
        return None
    for order in permutations(range(found[0].ndim)):
        if all_close([y.transpose(order) for y in found], wanted):
            return "transposed"
        if all_close([-y.transpose(order) for y in found], wanted):
            return "transposed, and the sign is wrong"
    return None
