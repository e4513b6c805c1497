"""Lesson 14, make it fast: a kernel as a loop, and the gradient of one shard."""

import numpy as np

from minidraw.learn.exercises.exercise import Exercise


def gates_backward_loop(dh, dc, gates, c_prev, tanh_c, da, dc_prev):
    """Compute `lstm_gates_backward` in loops that Numba can compile; fill ``da, dc_prev``."""
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
    """Return the part of ``dW, db`` of the mean loss that comes from images start to stop."""
    x_part, dout_part = x[start:stop], dout[start:stop]
    return x_part.T @ dout_part / len(x), dout_part.sum(axis=0) / len(x)


def make_gate_inputs(rng, n, H):
    inputs = {name: rng.standard_normal((n, H)) for name in ("dh", "dc")}
    inputs["gates"] = rng.uniform(-0.9, 0.9, (n, 4 * H))
    inputs["c_prev"], inputs["tanh_c"] = rng.standard_normal((n, H)), rng.uniform(-0.9, 0.9, (n, H))
    # Not zeros, to expose an answer that adds to them instead of overwriting them.
    return inputs | {"da": rng.standard_normal((n, 4 * H)), "dc_prev": rng.random((n, H))}, {}


def make_inner_shard(rng, n, I, O):  # noqa: E741  the shape's letters
    inputs = {"x": rng.standard_normal((n, I)), "dout": rng.standard_normal((n, O))}
    return inputs, {"start": min(1, n - 1), "stop": max(1, n - 1)}


def make_first_shard(rng, n, I, O):  # noqa: E741
    return make_inner_shard(rng, n, I, O)[0], {"start": 0, "stop": n // 2}


def make_whole_batch(rng, n, I, O):  # noqa: E741
    return make_inner_shard(rng, n, I, O)[0], {"start": 0, "stop": n}


def make_empty_shard(rng, n, I, O):  # noqa: E741
    return make_inner_shard(rng, n, I, O)[0], {"start": n // 2, "stop": n // 2}


EXERCISES = (
    Exercise(
        "14.gates_backward_loop",
        gates_backward_loop,
        make_gate_inputs,
        "n H",
        6,
        (
            "This is the backward pass of lesson 08, one number at a time. Compute the cell's "
            "gradient first, because four of the five results need it.",
            "c = f c_prev + i g: the gradient of a factor is the cell's gradient times the other "
            "factor. For o, use h = o tanh_c in the same way.",
            "The columns of f, o and g start at H, 2 H and 3 H. Overwrite da and dc_prev with =, "
            "because they hold old numbers.",
        ),
        in_place=("da", "dc_prev"),
        optional=True,
        mistakes=(
            (
                "dc[j, k] + dh[j, k] * o * (one - tanh_c[j, k] ** 2)",
                "dc[j, k]",
                "the gradient that flows from h through the cell is missing",
            ),
            (
                "dc[j, k] + dh[j, k] * o",
                "dh[j, k] * o",
                "dc, the gradient that comes from the next step, is missing",
            ),
            (" * (one - tanh_c[j, k] ** 2)", "", "the slope of the tanh of the cell is missing"),
            (
                "dc_prev[j, k] = dcell * f",
                "dc_prev[j, k] = dc[j, k] * f",
                "the gradient that flows from h through the cell is missing",
            ),
            (
                "dc_prev[j, k] = dcell * f",
                "dc_prev[j, k] = dcell",
                "the factor f, the forget gate, is missing",
            ),
            (
                "i * (one - g**2)",
                "i * g * (one - g)",
                "the slope of a sigmoid is used for g instead of the slope of tanh",
            ),
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
            ("tanh_c[j, k] * o * (one - o)", "tanh_c[j, k]", "the slope of o's sigmoid is missing"),
            (
                "            da[j, k] = dcell * g * i * (one - i)  # c = f * c_prev + i * g\n"
                "            da[j, H + k] = dcell * c_prev[j, k] * f * (one - f)\n",
                "            da[j, H + k] = dcell * g * i * (one - i)\n"
                "            da[j, k] = dcell * c_prev[j, k] * f * (one - f)\n",
                "the columns of i and f are swapped",
            ),
            (
                "dh[j, k] * tanh_c[j, k] * o",
                "dcell * tanh_c[j, k] * o",
                "the cell's gradient is used for o; o is a factor of h and needs dh",
            ),
            ("da[j, k] =", "_ =", "the columns of i still hold the old numbers"),
            ("da[j, H + k] =", "_ =", "the columns of f still hold the old numbers"),
            ("da[j, 2 * H + k] =", "_ =", "the columns of o still hold the old numbers"),
            ("da[j, 3 * H + k] =", "_ =", "the columns of g still hold the old numbers"),
            (
                "da[j, 3 * H + k] = dcell",
                "da[j, 3 * H + k] += dcell",
                "the result is added to the old numbers; overwrite them with =",
            ),
            (
                "dc_prev[j, k] = dcell * f",
                "dc_prev[j, k] += dcell * f",
                "the result is added to the old numbers; overwrite them with =",
            ),
        ),
    ),
    Exercise(
        "14.shard_share",
        shard_share,
        make_inner_shard,
        "n I O",
        3,
        (
            "The images of the shard are the rows from start up to, but not including, stop.",
            "The batch's gradient is a sum over all images divided by their number. A shard has "
            "only some of the terms but divides by the same number.",
        ),
        outputs=("dW", "db"),
        edges=(
            (make_first_shard, "a shard at the beginning of the batch"),
            (make_whole_batch, "one shard that is the whole batch"),
            (make_empty_shard, "an empty shard"),
        ),
        optional=True,
        mistakes=(
            (
                "x_part.T @ dout_part / len(x), dout_part.sum(axis=0) / len(x)",
                "x_part.T @ dout_part / len(x_part), dout_part.sum(axis=0) / len(x_part)",
                "it is divided by the number of images in the shard, not in the batch",
            ),
            (
                "x_part.T @ dout_part / len(x), dout_part.sum(axis=0) / len(x)",
                "x_part.T @ dout_part, dout_part.sum(axis=0)",
                "the division by the number of images in the batch is missing",
            ),
            (
                "x[start:stop], dout[start:stop]",
                "x, dout",
                "the whole batch is summed, not the shard",
            ),
            (
                "x[start:stop], dout[start:stop]",
                "x[start : stop + 1], dout[start : stop + 1]",
                "one image too many is used; stop is the first image after the shard",
            ),
            (
                "x[start:stop], dout[start:stop]",
                "x[:stop], dout[:stop]",
                "the images before start are used too; they belong to another shard",
            ),
        ),
    ),
)
