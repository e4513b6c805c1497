"""Lesson 14, make it fast: a kernel as a loop, and a shard's share of a gradient."""

import numpy as np

from minidraw.learn.exercises.exercise import Exercise


def gates_backward_loop(dh, dc, gates, c_prev, tanh_c, da, dc_prev):
    """`lstm_gates_backward` number by number, into ``da, dc_prev``; Numba can compile it."""
    n, H = c_prev.shape
    one = np.float32(1)
    for j in range(n):
        for k in range(H):
            i, f, o, g = gates[j, k], gates[j, H + k], gates[j, 2 * H + k], gates[j, 3 * H + k]
            dcell = dc[j, k] + dh[j, k] * o * (one - tanh_c[j, k] ** 2)  # h = o * tanh(c)
            da[j, k] = dcell * g * i * (one - i)  # c = f * c_prev + i * g
            da[j, H + k] = dcell * c_prev[j, k] * f * (one - f)
            da[j, 2 * H + k] = dh[j, k] * tanh_c[j, k] * o * (one - o)
            da[j, 3 * H + k] = dcell * i * (one - g**2)
            dc_prev[j, k] = dcell * f


def shard_share(x, dout, *, start, stop):
    """What images start to stop add to the gradients ``dW, db`` of the whole batch's mean loss."""
    x_part, dout_part = x[start:stop], dout[start:stop]
    return x_part.T @ dout_part / len(x), dout_part.sum(axis=0) / len(x)


def _gates(rng, n, H):
    inputs = {name: rng.standard_normal((n, H)) for name in ("dh", "dc")}
    inputs["gates"] = rng.uniform(-0.9, 0.9, (n, 4 * H))
    inputs["c_prev"], inputs["tanh_c"] = rng.standard_normal((n, H)), rng.uniform(-0.9, 0.9, (n, H))
    # Not zeros: whoever adds to what lies there instead of overwriting it is to notice.
    return inputs | {"da": rng.standard_normal((n, 4 * H)), "dc_prev": rng.random((n, H))}, {}


def _inner(rng, n, I, O):  # noqa: E741  the shape's letters
    inputs = {"x": rng.standard_normal((n, I)), "dout": rng.standard_normal((n, O))}
    return inputs, {"start": 1, "stop": n - 1}


def _first(rng, n, I, O):  # noqa: E741
    return _inner(rng, n, I, O)[0], {"start": 0, "stop": n // 2}


def _whole(rng, n, I, O):  # noqa: E741
    return _inner(rng, n, I, O)[0], {"start": 0, "stop": n}


EXERCISES = (
    Exercise(
        "14.gates_backward_loop",
        gates_backward_loop,
        _gates,
        "n H",
        6,
        (
            "It is lesson 08's backward for one number at a time: the cell's gradient first, for "
            "four of the six need it.",
            "c = f c_prev + i g: each factor's gradient is the cell's times the other factor. "
            "h = o tanh_c does the same for o.",
            "Each gate's column lies a multiple of H further to the right. Overwrite with =, for "
            "da and dc_prev hold old numbers.",
        ),
        changed=("da", "dc_prev"),
        optional=True,
        mistakes=(
            (
                "dc[j, k] + dh[j, k] * o * (one - tanh_c[j, k] ** 2)",
                "dc[j, k]",
                "right except for the part that flows from h through the cell",
            ),
            (
                "dc[j, k] + dh[j, k] * o",
                "dh[j, k] * o",
                "right except for the part that arrives as dc, from the step that follows",
            ),
            (" * (one - tanh_c[j, k] ** 2)", "", "the slope of the tanh of the cell is missing"),
            (
                "dc_prev[j, k] = dcell * f",
                "dc_prev[j, k] = dc[j, k] * f",
                "right except for the part that flows from h through the cell",
            ),
            (
                "dc_prev[j, k] = dcell * f",
                "dc_prev[j, k] = dcell",
                "the forget gate f is missing on the way back",
            ),
            ("i * (one - g**2)", "i * g * (one - g)", "a sigmoid's slope where g has its tanh"),
            ("i * (one - g**2)", "i", "the slope of g's tanh is missing"),
            (
                "da[j, k] = dcell * g * i * (one - i)",
                "da[j, k] = dcell * g",
                "the slope of i's sigmoid is missing",
            ),
            (
                "dcell * c_prev[j, k] * f * (one - f)",
                "dcell * c_prev[j, k]",
                "the slope of f's sigmoid is missing",
            ),
            (
                "tanh_c[j, k] * o * (one - o)",
                "tanh_c[j, k]",
                "the slope of o's sigmoid is missing",
            ),
            (
                "            da[j, k] = dcell * g * i * (one - i)  # c = f * c_prev + i * g\n"
                "            da[j, H + k] = dcell * c_prev[j, k] * f * (one - f)\n",
                "            da[j, H + k] = dcell * g * i * (one - i)\n"
                "            da[j, k] = dcell * c_prev[j, k] * f * (one - f)\n",
                "the columns of i and f have changed places",
            ),
            (
                "dh[j, k] * tanh_c[j, k] * o",
                "dcell * tanh_c[j, k] * o",
                "o gets the cell's gradient: it is a factor of h, and needs dh",
            ),
            ("da[j, k] =", "_ =", "the columns of i still hold the old numbers"),
            ("da[j, H + k] =", "_ =", "the columns of f still hold the old numbers"),
            ("da[j, 2 * H + k] =", "_ =", "the columns of o still hold the old numbers"),
            ("da[j, 3 * H + k] =", "_ =", "the columns of g still hold the old numbers"),
            (
                "da[j, 3 * H + k] = dcell",
                "da[j, 3 * H + k] += dcell",
                "it is added to the old numbers: overwrite them with =",
            ),
            (
                "dc_prev[j, k] = dcell * f",
                "dc_prev[j, k] += dcell * f",
                "it is added to the old numbers: overwrite them with =",
            ),
        ),
    ),
    Exercise(
        "14.shard_share",
        shard_share,
        _inner,
        "n I O",
        3,
        (
            "The images of the shard are the rows from start up to, but not including, stop.",
            "The batch's gradient is a sum over all images divided by their number. The shard has "
            "some of the terms; the number is the same.",
        ),
        outputs=("dW", "db"),
        edges=(
            (_first, "a shard at the beginning of the batch"),
            (_whole, "one shard that is the whole batch"),
        ),
        optional=True,
        mistakes=(
            (
                "x_part.T @ dout_part / len(x), dout_part.sum(axis=0) / len(x)",
                "x_part.T @ dout_part / len(x_part), dout_part.sum(axis=0) / len(x_part)",
                "it is divided by the shard's images, not by the batch's",
            ),
            (
                "x_part.T @ dout_part / len(x), dout_part.sum(axis=0) / len(x)",
                "x_part.T @ dout_part, dout_part.sum(axis=0)",
                "it isn't divided by the number of images in the batch",
            ),
            (
                "x[start:stop], dout[start:stop]",
                "x, dout",
                "the whole batch is summed, not the shard",
            ),
            (
                "x[start:stop], dout[start:stop]",
                "x[start : stop + 1], dout[start : stop + 1]",
                "one image too many: stop is the first that doesn't belong to the shard",
            ),
            (
                "x[start:stop], dout[start:stop]",
                "x[:stop], dout[:stop]",
                "the images before start belong to another shard",
            ),
        ),
    ),
)
