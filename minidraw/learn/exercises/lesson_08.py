"""Lesson 08, remember: one step of an LSTM, forward and backward."""

from minidraw.layers import lstm, lstm_backward, lstm_gates, lstm_gates_backward
from minidraw.learn.exercises.exercise import Exercise

ACTIVATION_LINES = (  # the answer's lines
    "gates = np.concatenate([sigmoid(a[:, : 3 * H]), np.tanh(a[:, 3 * H :])], axis=1)\n"
    "    i, f, o, g = np.split(gates, 4, axis=1)"
)
ACTIVATED_TWICE = "an activation is applied twice; the cache holds outputs of sigmoid and tanh"


def make_gate_inputs(rng, n, H):
    return {"a": rng.standard_normal((n, 4 * H)), "c_prev": rng.standard_normal((n, H))}, {}


def make_large_gate_inputs(rng, n, H):
    uniform = rng.uniform
    return {"a": uniform(-30, 30, (n, 4 * H)), "c_prev": uniform(-30, 30, (n, H))}, {}


def make_lstm_inputs(rng, n, I, H):  # noqa: E741  the shape's letter
    normal = rng.standard_normal
    inputs = {"x": normal((n, I)), "h_prev": normal((n, H)), "c_prev": normal((n, H))}
    return inputs | {"W": normal((H + I, 4 * H)), "b": normal(4 * H)}, {}


EXERCISES = (
    Exercise(
        "08.lstm_gates",
        lstm_gates,
        make_gate_inputs,
        "n H",
        5,
        (
            "Split `a` into four parts of H columns each: i, f, o, g. i, f and o lie between 0 "
            "and 1, and g lies between -1 and 1.",
            "f sets how much of the old cell is kept, and i sets how much of g is added.",
        ),
        outputs=("h", "c"),
        uses=("sigmoid",),
        edges=((make_large_gate_inputs, "a and c_prev as large as +-30"),),
        mistakes=(
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, o, g = np.split(gates, 4, axis=1)\n"
                "    i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)",
                "the sigmoid is applied twice",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, o, g = np.split(gates, 4, axis=1)\n    g = np.tanh(g)",
                "the tanh of g is applied twice",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, o, g = np.split(gates, 4, axis=1)\n"
                "    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)",
                "every gate is squashed twice",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "f, i, o, g = np.split(gates, 4, axis=1)",
                "the gates i and f are swapped",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, o, f, g = np.split(gates, 4, axis=1)",
                "the gates f and o are swapped",
            ),
            ("f * c_prev + i * g", "i * g", "the term with f and the old cell is missing"),
            ("f * c_prev + i * g", "f * c_prev", "the term with i and g is missing"),
            ("f * c_prev + i * g", "c_prev + i * g", "the forget gate f is missing"),
            (
                "f * c_prev + i * g",
                "f * c_prev + (1 - f) * g",
                "1 - f is used instead of the gate i",
            ),
            ("o * tanh_c, c", "o * c, c", "the tanh of the cell is missing"),
            (
                "o * tanh_c, c",
                "np.tanh(o * c), c",
                "o is inside the tanh; it should multiply the tanh of the cell",
            ),
            ("o * tanh_c, c", "tanh_c, c", "the output gate o is missing"),
            (
                "np.tanh(a[:, 3 * H :])",
                "sigmoid(a[:, 3 * H :])",
                "a sigmoid is used for g instead of tanh",
            ),
            ("np.tanh(a[:, 3 * H :])", "a[:, 3 * H :]", "the tanh of g is missing"),
            (
                ACTIVATION_LINES,
                "g, o = np.tanh(a[:, 2 * H : 3 * H]), sigmoid(a[:, 3 * H :])\n"
                "    i, f = np.split(sigmoid(a[:, : 2 * H]), 2, axis=1)\n"
                "    gates = np.concatenate([i, f, o, g], axis=1)",
                "a is split in the order i, f, g, o; it should be i, f, o, g",
            ),
            (
                ACTIVATION_LINES,
                "cut = a.reshape(len(a), H, 4)\n"
                "    i, f, o = (sigmoid(cut[:, :, k]) for k in range(3))\n"
                "    g = np.tanh(cut[:, :, 3])\n"
                "    gates = np.concatenate([i, f, o, g], axis=1)",
                "the columns of i, f, o, g are taken in turn; each gate has H columns side by side",
            ),
        ),
    ),
    Exercise(
        "08.lstm_gates_backward",
        lstm_gates_backward,
        make_gate_inputs,
        "n H",
        8,
        (
            "Two gradients come in, dh and dc. The cell is used twice: by the next step and by h "
            "= o tanh(c). First add the gradient that comes through tanh to dc.",
            "c = f c_prev + i g has two products: the gradient of a factor is dc times the other.",
            "The slope of a sigmoid is s (1 - s), and the slope of g's tanh is 1 - g^2.",
        ),
        forward=lstm_gates,
        uses=("sigmoid",),
        mistakes=(
            (
                "di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg",
                "di * f * (1 - f), df * f * (1 - f), do * f * (1 - f), dg",
                "every gate's slope is taken from f; each gate has its own",
            ),
            (
                "di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg",
                "di * i * (1 - i), df * i * (1 - i), do * i * (1 - i), dg",
                "every gate's slope is taken from i; each gate has its own",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, g, o = np.split(gates, 4, axis=1)",
                "the cache is read in the order i, f, g, o; it should be i, f, o, g",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "f, i, o, g = np.split(gates, 4, axis=1)",
                "the cache is read in the order f, i, o, g; it should be i, f, o, g",
            ),
            (
                "dc = dc + dh * o * (1 - tanh_c**2)",
                "dc = dc",
                "the gradient that flows from h through the cell is missing",
            ),
            (
                "dc = dc + dh * o * (1 - tanh_c**2)",
                "dc = dh * o * (1 - tanh_c**2)",
                "dc, the gradient that comes from the next step, is missing",
            ),
            (" * (1 - tanh_c**2)", "", "the slope of the tanh of the cell is missing"),
            (
                "1 - tanh_c**2",
                "1 - np.tanh(tanh_c) ** 2",
                "the tanh of the cell is taken twice; tanh_c is already that tanh",
            ),
            (
                "return da, dc * f",
                "return da, dout[1] * f",
                "the gradient that flows from h through the cell is missing",
            ),
            ("return da, dc * f", "return da, dc", "the factor f, the forget gate, is missing"),
            (
                "dg * (1 - g**2)",
                "dg * g * (1 - g)",
                "the slope of a sigmoid is used for g instead of the slope of tanh",
            ),
            ("dg * (1 - g**2)", "dg", "the slope of g's tanh is missing"),
            (
                "dg * (1 - g**2)",
                "dg * (1 - np.tanh(g) ** 2)",
                "the tanh of g is taken twice; g is already its output",
            ),
            (
                "di * i * (1 - i), df * f * (1 - f)",
                "df * f * (1 - f), di * i * (1 - i)",
                "the columns of i and f are swapped",
            ),
            ("di * i * (1 - i)", "di", "the slope of i's sigmoid is missing"),
            ("df * f * (1 - f)", "df", "the slope of f's sigmoid is missing"),
            ("do * o * (1 - o)", "do", "the slope of o's sigmoid is missing"),
            (
                "di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)",
                "di, df, do, dg",
                "the slopes of the sigmoids and of the tanh are missing",
            ),
            (
                "do * o * (1 - o), dg * (1 - g**2)",
                "dg * (1 - g**2), do * o * (1 - o)",
                "the columns of o and g are swapped",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, o, g = np.split(gates, 4, axis=1)\n"
                "    i, f, o, g = *(1 / (1 + np.exp(-part)) for part in (i, f, o)), np.tanh(g)",
                ACTIVATED_TWICE,
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, o, g = np.split(gates, 4, axis=1)\n"
                "    i, f, o = (1 / (1 + np.exp(-part)) for part in (i, f, o))",
                ACTIVATED_TWICE,
            ),
            (
                "di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg",
                "*(d / (2 + np.exp(-s) + np.exp(s)) for d, s in ((di, i), (df, f), (do, o))), dg",
                ACTIVATED_TWICE,
            ),
        ),
    ),
    Exercise(
        "08.lstm",
        lstm,
        make_lstm_inputs,
        "n I H",
        3,
        (
            "Put h_prev and x side by side, in this order, and pass them through one linear layer.",
            "Its output is the `a` of the gates.",
        ),
        outputs=("h", "c"),
        uses=("linear", "lstm_gates"),
        mistakes=(
            (
                "linear(np.concatenate([h_prev, x], axis=1), W, b)",
                "linear(np.concatenate([h_prev, x], axis=1), W, "
                "np.r_[np.tile(b[: len(b) // 4], 3), b[3 * len(b) // 4 :]])",
                "one bias is used for i, f and o; each gate has its own",
            ),
            (
                "linear(np.concatenate([h_prev, x], axis=1), W, b)",
                "linear(np.concatenate([h_prev, x], axis=1), W, np.tile(b[:h_prev.shape[1]], 4))",
                "one bias is used for all gates; each gate has its own",
            ),
            (
                "np.concatenate([h_prev, x], axis=1)",
                "np.concatenate([x, h_prev], axis=1)",
                "x and h_prev are swapped; the order is [h_prev, x]",
            ),
        ),
    ),
    Exercise(
        "08.lstm_backward",
        lstm_backward,
        make_lstm_inputs,
        "n I H",
        4,
        (
            "Undo the last step first: call the gates' backward, then the linear layer's.",
            "The linear layer returns one dx for h_prev and x. Split it after H columns.",
        ),
        forward=lstm,
        uses=("linear_backward", "lstm_gates_backward"),
        mistakes=(
            (
                "djoined[:, :H], djoined[:, H:]",
                "0 * djoined[:, :H], djoined[:, H:]",
                "no gradient flows to the previous step",
            ),
            (
                "djoined[:, :H], djoined[:, H:]",
                "djoined[:, -H:], djoined[:, :-H]",
                "it is split at the wrong end; the columns of h_prev come first",
            ),
            (
                "dh_prev, dx = djoined[:, :H], djoined[:, H:]",
                "dh_prev, dx = np.split(djoined, 2, axis=1)",
                "it is split in the middle; the first H columns belong to h_prev, the others to x",
            ),
            (
                "djoined, dW, db = linear_backward",
                "dW, djoined, db = linear_backward",
                "the first two results of linear_backward are swapped; dx comes first, then dW",
            ),
        ),
    ),
)
