"""Causes that show in the numbers alone: a sign, a factor, a transpose, a sum too many."""

from itertools import combinations, permutations

import numpy as np

TOLERANCE = 1e-9  # of the largest entry: right answers in another order of sums reach 1e-12
NEAR = 1e-6  # by such a part a small number puts an answer off, and no real mistake does


def agrees(found, wanted, tolerance=TOLERANCE):
    """Whether two arrays are the same to rounding."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape or found.dtype.kind not in "fiub":
        return False
    with np.errstate(all="ignore"):
        scale = np.abs(wanted).max(initial=0) or 1.0
        return bool((np.abs(found - wanted) <= tolerance * scale).all())


def all_agree(found, wanted, tolerance=TOLERANCE):
    return all(agrees(a, b, tolerance) for a, b in zip(found, wanted, strict=True))


def of_numbers(found, wanted, cases):
    """A cause that shows in one output alone; `found` and `wanted` have an array per draw."""
    if not all(np.isfinite(y).all() for y in found):
        return "it holds nan or inf"
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return _of_shapes(found, wanted)
    if all((y == 0).all() for y in found):
        return "it is zero everywhere"
    return _constant_factor(found, wanted, cases, any_factor=False)


def arrangement(found, wanted, cases):
    """Plain causes, but less telling than the table's own."""
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return None
    return (
        _constant_factor(found, wanted, cases) or _offset(found, wanted) or _turned(found, wanted)
    )


def nearly(found, wanted):
    """The last guess, where nothing else explains the numbers."""
    if any(y.shape != t.shape for y, t in zip(found, wanted, strict=True)):
        return None
    small = "nearly right: a small number is added somewhere, or digits are lost"
    return small if all_agree(found, wanted, NEAR) else None


def _of_shapes(found, wanted):
    """The numbers are right but for their arrangement, or for sums too few or too many."""
    pairs = list(zip(found, wanted, strict=True))
    if all(y.size == t.size and agrees(y.reshape(t.shape), t) for y, t in pairs):
        return "the numbers are right, the shape isn't"
    if turned := _turned(found, wanted):
        return turned
    if len({y.ndim for y in found} | {t.ndim for t in wanted}) > 2:
        return None
    for axes in _subsets(found[0].ndim):
        for kept in (False, True):
            if all_agree([y.sum(axis=axes, keepdims=kept) for y in found], wanted):
                return f"a sum over {_listed(axes)} is missing; the numbers are right"
    for axes in _subsets(wanted[0].ndim):
        for kept in (False, True):
            if all_agree(found, [t.sum(axis=axes, keepdims=kept) for t in wanted]):
                return f"one sum too many, over {_listed(axes)}"
    if all(y.ndim == 2 and t.ndim == 1 and y.shape == t.shape * 2 for y, t in pairs) and (
        all_agree([np.diagonal(y) for y in found], wanted)
    ):
        return "shapes (n,) and (n, 1) met, and broadcasting made (n, n) of them"
    return None


def _subsets(ndim):
    return [axes for k in range(1, ndim + 1) for axes in combinations(range(ndim), k)]


def _listed(axes):
    return f"{'axis' if len(axes) == 1 else 'axes'} {' and '.join(map(str, axes))}"


def _constant_factor(found, wanted, cases, *, any_factor=True):
    factors = []
    for y, t in zip(found, wanted, strict=True):
        factor = float((y * t).sum() / ((t * t).sum() or 1.0))
        if not agrees(y, factor * t) or abs(factor) < 1e-6:
            return None
        factors.append(factor)
    signs = {np.sign(factor) for factor in factors}
    if len(signs) > 1:
        return None
    sign = "" if signs == {1.0} else ", and the sign is wrong"
    size = np.abs(factors)
    if np.allclose(size, 1, rtol=NEAR, atol=0):
        return "the sign is wrong" if sign else None
    for known, text in (
        (2, "it is twice what it should be"),
        (0.5, "it is half of what it should be"),
    ):
        if np.allclose(size, known, rtol=TOLERANCE):
            return text + sign
    if not any_factor:
        return None
    if np.allclose(size, size[0], rtol=TOLERANCE):
        return f"every entry is off by the same factor, {size[0]:.6g}" + sign
    for letters in _letters(cases[0].sizes):
        product = np.array([np.prod([case.sizes[x] for x in letters]) for case in cases])
        name = " ".join(letters)
        if np.allclose(size * product, 1, rtol=TOLERANCE):
            return (
                f"it is an average where it should be a sum, too small by a factor of {name}" + sign
            )
        if np.allclose(size, product, rtol=TOLERANCE):
            return f"it is too large by a factor of {name}" + sign
    return None


def _letters(sizes):
    return [letters for k in (1, 2, 3) for letters in combinations(sizes, k)]


def _offset(found, wanted):
    offsets = [y.flat[0] - t.flat[0] for y, t in zip(found, wanted, strict=True)]
    same = np.allclose(offsets, offsets[0], rtol=TOLERANCE)
    if same and all_agree(found, [t + offsets[0] for t in wanted]):
        more = "large" if offsets[0] > 0 else "small"
        return f"every entry is too {more} by {abs(offsets[0]):.6g}"
    return None


def _turned(found, wanted):
    if len({y.ndim for y in found} | {t.ndim for t in wanted}) > 1:
        return None
    for order in permutations(range(found[0].ndim)):
        if all_agree([y.transpose(order) for y in found], wanted):
            return "it is transposed"
        if all_agree([-y.transpose(order) for y in found], wanted):
            return "it is transposed, and the sign is wrong"
    return None
