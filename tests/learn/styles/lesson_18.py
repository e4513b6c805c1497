import numpy as np


def pen_backward_by_einsum(dstroke, cache):
    patch, colour, F_y, F_x = cache
    d = np.einsum("ncba,nc->nba", dstroke, colour)
    return (
        np.einsum("nba,njb,nia->nji", d, F_y, F_x),
        np.einsum("ncba,nji,njb,nia->nc", dstroke, patch, F_y, F_x),
        np.einsum("nba,nji,nia->njb", d, patch, F_x),
        np.einsum("nba,nji,njb->nia", d, patch, F_y),
    )


def pen_backward_by_loops(dstroke, cache):
    patch, colour, F_y, F_x = cache
    dpatch, dcolour = np.zeros_like(patch), np.zeros_like(colour)
    dF_y, dF_x = np.zeros_like(F_y), np.zeros_like(F_x)
    for n, c in np.ndindex(colour.shape):
        d, P = dstroke[n, c], patch[n]
        dcolour[n, c] = (d * (F_y[n].T @ P @ F_x[n])).sum()
        dpatch[n] += colour[n, c] * F_y[n] @ d @ F_x[n].T
        dF_y[n] += colour[n, c] * P @ F_x[n] @ d.T
        dF_x[n] += colour[n, c] * P.T @ F_y[n] @ d
    return dpatch, dcolour, dF_y, dF_x


def floor_and_excess_by_clipping(logits, *, x):
    inner = np.clip(x, 1e-12, 1 - 1e-12)
    floor = -(inner * np.log(inner) + (1 - inner) * np.log(1 - inner)).sum(axis=(1, 2, 3))
    softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return floor, (softplus - x * logits).sum(axis=(1, 2, 3)) - floor


def floor_and_excess_by_loops(logits, *, x):
    floor, excess = np.zeros(len(x)), np.zeros(len(x))
    for place in np.ndindex(x.shape):
        level, logit = x[place], logits[place]
        for share, nats in (
            (level, np.logaddexp(0, -logit)),
            (1 - level, np.logaddexp(0, logit)),
        ):
            if share > 0:
                floor[place[0]] -= share * np.log(share)
                excess[place[0]] += share * (np.log(share) + nats)
    return floor, excess


def composed_by_padding(digits, *, places, side):
    images = []
    for pair, spots in zip(digits, places, strict=True):
        whole = 0
        for digit, (top, left) in zip(pair, spots, strict=True):
            _, B, A = digit.shape
            below, right = side - top - B, side - left - A
            whole = whole + np.pad(digit, ((0, 0), (top, below), (left, right)))
        images.append(whole.clip(0, 1))
    return np.stack(images)


def composed_by_filling_up(digits, *, places, side):
    n, _, C, B, A = digits.shape
    images = np.zeros((n, C, side, side))
    for k in range(2):
        for i in range(n):
            rows, columns = (np.arange(m) + at for m, at in zip((B, A), places[i, k], strict=True))
            at = np.ix_([i], np.arange(C), rows, columns)
            images[at] += np.minimum(digits[i, k], 1 - images[at])
    return images


STYLES = {
    "18.pen_backward": (pen_backward_by_einsum, pen_backward_by_loops),
    "18.floor_and_excess": (floor_and_excess_by_clipping, floor_and_excess_by_loops),
    "18.composed": (composed_by_padding, composed_by_filling_up),
}
