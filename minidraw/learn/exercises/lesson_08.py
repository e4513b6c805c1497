"""Lesson 08, remember: one step of an LSTM, there and back."""

from minidraw.layers import lstm, lstm_backward, lstm_gates, lstm_gates_backward
from minidraw.learn.exercises.exercise import Exercise

GATES = "i", "f", "o", "g"
SQUASHED = (  # the answer's two lines that squash a and cut it
    "gates = np.concatenate([sigmoid(a[:, : 3 * H]), np.tanh(a[:, 3 * H :])], axis=1)\n"
    "    i, f, o, g = np.split(gates, 4, axis=1)"
)
AGAIN = "the gates are squashed again: those in the cache came out of sigmoid and tanh"


def _gates(rng, n, H):
    return {"a": rng.standard_normal((n, 4 * H)), "c_prev": rng.standard_normal((n, H))}, {}


def _lstm(rng, n, I, H):  # noqa: E741  the shape's letter
    normal = rng.standard_normal
    inputs = {"x": normal((n, I)), "h_prev": normal((n, H)), "c_prev": normal((n, H))}
    return inputs | {"W": normal((H + I, 4 * H)), "b": normal(4 * H)}, {}


EXERCISES = (
    Exercise(
        "08.lstm_gates",
        lstm_gates,
        _gates,
        "n H",
        5,
        (
            "Cut `a` into four parts of H columns: i, f, o, g. Three are gates between 0 and 1, g "
            "is between -1 and 1.",
            "The new cell is what f keeps of the old one and what i lets in of g.",
        ),
        outputs=("h", "c"),
        uses=("sigmoid",),
        mistakes=(
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "f, i, o, g = np.split(gates, 4, axis=1)",
                "the gates i and f have changed places",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, o, f, g = np.split(gates, 4, axis=1)",
                "the gates f and o have changed places",
            ),
            (
                "f * c_prev + i * g",
                "i * g",
                "right except for the part that f keeps of the old cell",
            ),
            ("f * c_prev + i * g", "f * c_prev", "right except for the part that i lets in"),
            ("f * c_prev + i * g", "c_prev + i * g", "the forget gate f is missing"),
            (
                "f * c_prev + i * g",
                "f * c_prev + (1 - f) * g",
                "1 - f stands where the gate i belongs",
            ),
            ("o * tanh_c, c", "o * c, c", "the tanh of the cell is missing"),
            (
                "o * tanh_c, c",
                "np.tanh(o * c), c",
                "the tanh belongs to the cell alone: o multiplies what comes out of it",
            ),
            ("o * tanh_c, c", "tanh_c, c", "the output gate o is missing"),
            ("np.tanh(a[:, 3 * H :])", "sigmoid(a[:, 3 * H :])", "a sigmoid where g has its tanh"),
            ("np.tanh(a[:, 3 * H :])", "a[:, 3 * H :]", "the tanh of g is missing"),
            (
                SQUASHED,
                "g, o = np.tanh(a[:, 2 * H : 3 * H]), sigmoid(a[:, 3 * H :])\n"
                "    i, f = np.split(sigmoid(a[:, : 2 * H]), 2, axis=1)\n"
                "    gates = np.concatenate([i, f, o, g], axis=1)",
                "g is taken from the third part of a, o from the fourth: the order is i, f, o, g",
            ),
            (
                SQUASHED,
                "cut = a.reshape(len(a), H, 4)\n"
                "    i, f, o = (sigmoid(cut[:, :, k]) for k in range(3))\n"
                "    g = np.tanh(cut[:, :, 3])\n"
                "    gates = np.concatenate([i, f, o, g], axis=1)",
                "i, f, o and g are taken from a by turns, column by column; each has H columns "
                "side by side",
            ),
        ),
    ),
    Exercise(
        "08.lstm_gates_backward",
        lstm_gates_backward,
        _gates,
        "n H",
        8,
        (
            "Two gradients arrive, dh and dc. The cell is used twice: by the step that follows, "
            "and by h = o tanh(c). Add what comes through tanh to dc before you go on.",
            "c = f c_prev + i g: four products, each factor's gradient is dc times the other.",
            "Through the sigmoids with s (1 - s), through the tanh with 1 - g^2.",
        ),
        forward=lstm_gates,
        uses=("sigmoid",),
        mistakes=(
            (
                "dc = dc + dh * o * (1 - tanh_c**2)",
                "dc = dc",
                "right except for the part that flows from h through the cell",
            ),
            (
                "dc = dc + dh * o * (1 - tanh_c**2)",
                "dc = dh * o * (1 - tanh_c**2)",
                "right except for the part that arrives as dc, from the step that follows",
            ),
            (" * (1 - tanh_c**2)", "", "the slope of the tanh of the cell is missing"),
            (
                "1 - tanh_c**2",
                "1 - np.tanh(tanh_c) ** 2",
                "the tanh of the cell is taken twice: tanh_c is that tanh already",
            ),
            (
                "return da, dc * f",
                "return da, dout[1] * f",
                "right except for the part that flows from h through the cell",
            ),
            ("return da, dc * f", "return da, dc", "the forget gate f is missing on the way back"),
            ("dg * (1 - g**2)", "dg * g * (1 - g)", "a sigmoid's slope where g has its tanh"),
            ("dg * (1 - g**2)", "dg", "the slope of g's tanh is missing"),
            (
                "dg * (1 - g**2)",
                "dg * (1 - np.tanh(g) ** 2)",
                "the tanh of g is taken twice: g came out of it already",
            ),
            (
                "di * i * (1 - i), df * f * (1 - f)",
                "df * f * (1 - f), di * i * (1 - i)",
                "the columns of i and f have changed places",
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
                "the columns of o and g have changed places",
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, o, g = np.split(gates, 4, axis=1)\n"
                "    i, f, o, g = *(1 / (1 + np.exp(-part)) for part in (i, f, o)), np.tanh(g)",
                AGAIN,
            ),
            (
                "i, f, o, g = np.split(gates, 4, axis=1)",
                "i, f, o, g = np.split(gates, 4, axis=1)\n"
                "    i, f, o = (1 / (1 + np.exp(-part)) for part in (i, f, o))",
                AGAIN,
            ),
            (
                "di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg",
                "*(d / (2 + np.exp(-s) + np.exp(s)) for d, s in ((di, i), (df, f), (do, o))), dg",
                AGAIN,
            ),
        ),
    ),
    Exercise(
        "08.lstm",
        lstm,
        _lstm,
        "n I H",
        3,
        (
            "Lay h_prev and x side by side, in this order, and pass them through one linear layer.",
            "Its output is the `a` of the gates.",
        ),
        outputs=("h", "c"),
        uses=("linear", "lstm_gates"),
        mistakes=(
            (
                "np.concatenate([h_prev, x], axis=1)",
                "np.concatenate([x, h_prev], axis=1)",
                "x and h_prev have changed places: the order is [h_prev, x]",
            ),
        ),
    ),
    Exercise(
        "08.lstm_backward",
        lstm_backward,
        _lstm,
        "n I H",
        4,
        (
            "The last link first: the gates' backward, then the linear layer's.",
            "The linear layer's dx belongs to h_prev and x side by side: cut it after H columns.",
        ),
        forward=lstm,
        uses=("linear_backward", "lstm_gates_backward"),
        mistakes=(
            (
                "djoined[:, :H], djoined[:, H:]",
                "0 * djoined[:, :H], djoined[:, H:]",
                "nothing flows to the step before",
            ),
            (
                "djoined[:, :H], djoined[:, H:]",
                "djoined[:, -H:], djoined[:, :-H]",
                "cut at the wrong end: the columns of h_prev come first",
            ),
            (
                "dh_prev, dx = djoined[:, :H], djoined[:, H:]",
                "dh_prev, dx = np.split(djoined, 2, axis=1)",
                "cut in the middle: the first H columns are h_prev's, the others x's",
            ),
            (
                "djoined, dW, db = linear_backward",
                "dW, djoined, db = linear_backward",
                "linear_backward returns the gradient of its input first, and that of W after it",
            ),
        ),
    ),
)
