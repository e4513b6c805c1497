# %% [markdown]
# # 08 Remember
#
# **You'll do:** four exercises, twenty lines in all: the gates of an LSTM and their gradient, then
# a whole step and its gradient.
#
# **You'll learn:** how a network keeps a number for as long as it is useful; what each of its three
# gates is for; and how a gradient runs back through one step.
#
# **You'll need:** lesson 02 (linear layer, sigmoid; a value used twice adds its gradients) and
# lesson 03 (learning by small steps against a gradient). 50 minutes.
#
# | paper | here | |
# |---|---|---|
# | $h_{t-1}$, $h_t$ | `h_prev`, `h` | the output, which the next step gets to see, `(n, H)` |
# | | `c_prev`, `c` | the cell: what is remembered, `(n, H)`; the paper's $c_t$ is the canvas |
# | | `i`, `f`, `o` | gates between 0 and 1: let in, keep, show |
# | | `g` | what is offered to the cell, between -1 and 1 |
# | | `a` | gates and offer before they are squashed, `(n, 4 H)`, in the order i, f, o, g |
# | | `I`, `H` | numbers that come in, and units |

# %%
import numpy as np

from minidraw.gradcheck import check_layer
import minidraw
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show

layers = use_earlier("08")
linear, linear_backward, sigmoid = layers.linear, layers.linear_backward, layers.sigmoid

# %% [markdown]
# ## The goal
#
# Here is a toy task. At every step you hear a number, and most numbers mean nothing. When the mark
# **store** is up, keep this number and forget the one before. When the mark **ask** is up, say the
# number that you keep (its tanh, to be exact). At all other steps say 0. Below, a single unit does
# it for forty steps.
#
# Its weights were set by hand, so large that every gate is open or shut. By the end of this lesson
# you have written the unit, and one of your own has learned its weights.


# %%
def toy(steps=40):
    """Numbers and marks, (steps, 3): value, store, ask."""
    x = np.zeros((steps, 3))
    x[:, 0] = np.random.default_rng(88).uniform(-0.9, 0.9, steps)
    x[[3, 21], 1] = 1
    x[[7, 14, 20, 25, 39], 2] = 1
    return x


def run(step, W, b, x):
    """Gates, cell and output of one unit, step by step."""
    h, c, found = np.zeros((1, 1)), np.zeros((1, 1)), []
    for now in x:
        a = h[0] * W[0] + now @ W[1:] + b
        (h, c), _ = step(now[None], h, c, W, b)
        found.append([*layers.sigmoid(a[:3]), np.tanh(a[3]), c[0, 0], h[0, 0]])
    return np.array(found).T


# %%
def right_answers(x):
    """The tanh of the number stored last at every ask, 0 elsewhere."""
    kept, answers = 0.0, []
    for value, store, ask in x:
        kept = value if store else kept
        answers.append(np.tanh(kept) if ask else 0.0)
    return np.array(answers)


# %%
def draw_heard(axes, x):
    axes.plot(x[:, 0], "o", color="grey", label="number")
    axes.vlines(np.flatnonzero(x[:, 1]), -1, 1, color=VERMILION, label="store")
    axes.vlines(np.flatnonzero(x[:, 2]), -1, 1, color=BLUE, linestyle=":", label="ask")


def draw_gates(axes, i, f, o):
    t = np.arange(len(i))
    axes.step(t, i, where="mid", color=VERMILION, label="i, let in")
    axes.step(t, f, "--", where="mid", color=GREEN, label="f, keep")
    axes.step(t, o, ":", where="mid", color=BLUE, label="o, show")


def draw_kept(axes, x, c, h):
    axes.step(np.arange(len(c)), c, "--", where="mid", color=GREEN, label="c, cell")
    axes.plot(right_answers(x), "s", color="black", fillstyle="none", label="right answer")
    axes.plot(h, "o", color=BLUE, markersize=4, label="h, output")


# %%
def gates_over_time(x, found, number):
    """Three plots below one another: what is heard, the gates, cell and output."""
    figure, all_axes = panels(1, rows=3, height=6)
    i, f, o, _, c, h = found
    draw_heard(all_axes[0], x)
    draw_gates(all_axes[1], i, f, o)
    draw_kept(all_axes[2], x, c, h)
    for axes in all_axes:
        plain(axes)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    all_axes[2].set(xlabel="step", ylim=(-0.1, 0.9))
    show(figure, number)


# %%
by_hand = np.zeros((4, 4))  # rows: own h, value, store, ask; columns: i, f, o, g
by_hand[1, 3] = 1.1  # the value is offered; 1.1, because a tanh will make it smaller
by_hand[2, 0], by_hand[2, 1] = 20, -20  # store lets in, and stops keeping
by_hand[3, 2] = 20  # ask shows
x = toy()
found = run(layers.lstm, by_hand, np.array([-10.0, 10, -10, 0]), x)
gates_over_time(x, found, "8.1")

# %% [markdown]
# ## Why a plain unit forgets
#
# The simplest unit with a past feeds its output back: $h_t = \tanh(w\, h_{t-1} + \dots)$, where the
# dots are what comes in. The function $\tanh$ is the sigmoid stretched to lie between -1 and 1:
# $\tanh a = 2 \sigma(2a) - 1$. Its slope follows from the sigmoid's, $\sigma(1 - \sigma)$. With
# $t = \tanh a$ and $\sigma(2a) = (1 + t)/2$:
#
# $$\frac{dt}{da} = 2 \cdot 2 \cdot \frac{1 + t}{2} \cdot \frac{1 - t}{2} = 1 - t^2$$

# %%
eps, at = 1e-5, 0.7
np.testing.assert_allclose(np.tanh(at), 2 * sigmoid(2 * at) - 1)
np.testing.assert_allclose(
    1 - np.tanh(at) ** 2, (np.tanh(at + eps) - np.tanh(at - eps)) / (2 * eps), rtol=1e-8
)

# %% [markdown]
# **Predict.** You start it at 0.5, nothing comes in, and you wait 30 steps. What is left of the 0.5
# with $w = 0.8$, with $w = 1$, and with $w = 1.5$? Would 0.2 have ended elsewhere?

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=2.6)
for place, w in zip(axes, (0.8, 1.0, 1.5), strict=True):
    for start, style in ((0.5, "-"), (0.2, "--")):
        h = [start]
        for _ in range(30):
            h.append(np.tanh(w * h[-1]))
        place.plot(h, style, color=BLUE if start == 0.5 else VERMILION, label=f"from {start}")
    plain(place, title=f"w = {w}", xlabel="step", ylim=(0, 1))
axes[0].legend(frameon=False)
show(figure, "8.2")

# %% [markdown]
# With $w = 0.8$ nothing is left after 30 steps. With $w = 1$ the 0.5 has shrunk to 0.20, and the
# 0.2 to 0.15. With $w = 1.5$ both end at 0.86. So either the number fades, or it is drawn to a
# value that says nothing about how large it was. (Only the sign is left: from -0.2 it would have
# gone to -0.86.) To keep a number you must leave it alone: multiply it by 1 and squash nothing. To
# forget it, multiply by 0. Which of the two to do must depend on the input.
#
# ## A gate
#
# A **gate** is a number between 0 and 1 by which something is multiplied. It comes out of a
# sigmoid, so it has a slope, and can be learned. Here is a memory with one gate. It keeps the share
# `keep` of what it has and takes the rest from what is offered:
#
# $$m = k\, m_{prev} + (1 - k)\, g, \qquad k = \sigma(a_k), \quad g = \tanh(a_g)$$
#
# This isn't yet an LSTM, but its parts are the same. Backward, `dm` arrives. A product hands each
# factor its gradient times the other factor; the gate appears twice, once with a minus sign:


# %%
def blend(a, m_prev):
    keep, offer = sigmoid(a[:, : a.shape[1] // 2]), np.tanh(a[:, a.shape[1] // 2 :])
    return keep * m_prev + (1 - keep) * offer, (keep, offer, m_prev)


def blend_backward(dm, cache):
    keep, offer, m_prev = cache
    dkeep = dm * m_prev - dm * offer  # m = keep * m_prev + (1 - keep) * offer
    doffer = dm * (1 - keep)
    da_keep = dkeep * keep * (1 - keep)  # keep = sigmoid(a_keep)
    da_offer = doffer * (1 - offer**2)  # offer = tanh(a_offer)
    return np.concatenate([da_keep, da_offer], axis=1), dm * keep


rng = np.random.default_rng(8)
inputs = {"a": rng.standard_normal((3, 10)), "m_prev": rng.standard_normal((3, 5))}
for name, (measured, formula, error) in check_layer(blend, blend_backward, inputs, {}, rng).items():
    print(f"d{name:6} worst entry: {formula:.8f}, by finite difference {measured:.8f}")
    assert error < 1e-6

# %% [markdown]
# ## The LSTM's gates
#
# An LSTM (long short-term memory) has three gates instead of one. What to keep and what to let in
# are separate decisions, `f` and `i`. And the cell isn't shown as it is: `o` says how much of it.
# The paper says which LSTM it takes (Gers and others, 2000) and doesn't print it:
#
# $$i = \sigma(a_i), \quad f = \sigma(a_f), \quad o = \sigma(a_o), \quad g = \tanh(a_g)$$
# $$c = f\, c_{prev} + i\, g, \qquad\qquad h = o \tanh(c)$$
#
# All products are entry by entry: each of the `H` units has gates of its own. The four $a$ lie side
# by side in one array `a` of `4 H` columns, in the order i, f, o, g.
#
# **Predict.** All of `a` is 0, and the cell holds 1. What does it hold after one step, after two,
# after three?

# %%
c = np.ones((1, 1))
for _ in range(3):
    (h, c), _ = layers.lstm_gates(np.zeros((1, 4)), c)
    print("cell", c[0, 0], " output", h[0, 0].round(4))

# %% [markdown]
# ### Exercise 1: the gates (5 lines)
#
# `a` is `(n, 4 H)`, `c_prev` is `(n, H)`. `np.split(array, 4, axis=1)` cuts an array into four
# equal blocks of columns. The cache has three arrays: `gates`, `(n, 4 H)`, which is i, f, o and g
# side by side again, *after* they were squashed; `c_prev` as it came; and `tanh_c`, `(n, H)`, the
# tanh of the new cell. The backward is written for these.


# %%
@exercise("08.lstm_gates")
def lstm_gates(a, c_prev):
    H = c_prev.shape[1]
    raise NotImplementedError
    return (h, c), (gates, c_prev, tanh_c)


# %% [markdown]
# Stuck? Run `hint("08.lstm_gates")`, and again for the next step.
#
# ## The gates, backward
#
# Now *two* gradients arrive: `dh`, because this step's output was used, and `dc`, because the next
# step's cell was made from this one. Draw who uses whom:
#
# `c` → `h` (through its tanh, times `o`), and `c` → the next step (as it is).
#
# The cell is used twice, so its gradient has two parts, and you need their sum before you can go on
# to what the cell was made from. Forgetting one of the two is the mistake to watch for: every shape
# is right, and the numbers look reasonable.
#
# Here is that sum for one unit, measured: the loss is 0.3 times the output plus 0.7 times the cell.

# %%
o, c = 0.9, 0.4


def loss(c):
    return 0.3 * (o * np.tanh(c)) + 0.7 * c


measured = (loss(c + eps) - loss(c - eps)) / (2 * eps)
through_h = 0.3 * o * (np.tanh(c + eps) - np.tanh(c - eps)) / (2 * eps)
print(f"the cell's gradient {measured:.6f} = {through_h:.6f} through h + 0.7 as it is")

# %% [markdown]
# ### Exercise 2: the gates, backward (8 lines)
#
# Return `da`, `(n, 4 H)`, in the order i, f, o, g, and `dc_prev`, `(n, H)`. The `gates` in the
# cache are squashed already.


# %%
@exercise("08.lstm_gates_backward")
def lstm_gates_backward(dout, cache):
    dh, dc = dout
    gates, c_prev, tanh_c = cache
    i, f, o, g = np.split(gates, 4, axis=1)
    raise NotImplementedError
    return da, dc_prev


# %% [markdown]
# Look at what your last line gives back to the step before: the cell's gradient times `f`. Where
# the gate is open, `f` is 1, and the gradient passes undiminished. That is the whole point of an
# LSTM; lesson 09 follows it through many steps.
#
# ## A whole step
#
# What opens the gates? A linear layer, of what comes in and of the unit's own last output. In the
# paper's (5) and (7) it is written $\text{LSTM}(h_{t-1}, x)$. Two weight matrices would do,
# $h_{prev}\, U + x\, V + b$. One does the same if the inputs lie side by side:
#
# $$a = [h_{prev},\, x]\, W + b$$
#
# $W$ has `H + I` rows: the first `H` are $U$, the others $V$. It has `4 H` columns, one for each
# gate and offer of each unit.

# %%
h_prev, x_now = rng.standard_normal((3, 2)), rng.standard_normal((3, 5))
U, V = rng.standard_normal((2, 8)), rng.standard_normal((5, 8))
joined, W = np.hstack([h_prev, x_now]), np.vstack([U, V])
print(joined.shape, "@", W.shape)
np.testing.assert_allclose(h_prev @ U + x_now @ V, joined @ W)

# %% [markdown]
# ### Exercise 3: one step (3 lines)
#
# `x` is `(n, I)`, `W` is `(H + I, 4 H)`, `b` is `(4 H,)`. Call `linear` and your `lstm_gates`, and
# keep both caches as they are returned.


# %%
@exercise("08.lstm")
def lstm(x, h_prev, c_prev, W, b):
    raise NotImplementedError
    return (h, c), (linear_cache, gates_cache, h_prev.shape[1])


# %% [markdown]
# ### Exercise 4: one step, backward (4 lines)
#
# Call the backward of each in the other order. `linear_backward` returns the gradient of its input,
# of `W` and of `b`. Its input was two things side by side.


# %%
@exercise("08.lstm_backward")
def lstm_backward(dout, cache):
    linear_cache, gates_cache, H = cache
    raise NotImplementedError
    return dx, dh_prev, dc_prev, dW, db


# %% [markdown]
# ## Let it learn the toy
#
# The toy's rule can be stated for a single step. If store is up, the new cell is the number; if
# not, it is the old cell. If ask is up, the output is the tanh of the new cell; if not, 0. So a
# single step has a loss: half the squared distance of cell and output from what they should be. Old
# cells, outputs, numbers and marks are drawn at random.


# %%
def wanted(x, c_prev):
    value, store, ask = x.T[:, :, None]
    c = np.where(store == 1, value, c_prev)
    return np.where(ask == 1, np.tanh(c), 0), c


# %%
def learn(steps=3000, n=300, rate=2.0):
    rng = np.random.default_rng(8)
    W, b, losses = 0.1 * rng.standard_normal((4, 4)), np.zeros(4), []
    for _ in range(steps):
        x = np.column_stack([rng.uniform(-0.9, 0.9, n), rng.integers(0, 2, (n, 2))])
        c_prev, h_prev = rng.uniform(-0.9, 0.9, (2, n, 1))
        (h, c), cache = lstm(x, h_prev, c_prev, W, b)
        h_right, c_right = wanted(x, c_prev)
        dout = (h - h_right) / n, (c - c_right) / n  # of the mean over n cases
        losses.append(0.5 * (((h - h_right) ** 2).mean() + ((c - c_right) ** 2).mean()))
        _, _, _, dW, db = lstm_backward(dout, cache)
        W, b = W - rate * dW, b - rate * db
    return W, b, np.array(losses)


# %% [markdown]
# **Predict.** Which of the 16 weights will be large, and of which sign? The rows are the unit's own
# last output, value, store, ask; the columns i, f, o, g. In figure 8.1 four weren't zero.

# %%
W, b, losses = learn()

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=3, widths=[1.5, 1])
left.semilogy(losses, color=BLUE)
plain(left, xlabel="step of learning", ylabel="loss")
picture(right, W, "W", low=-12, high=12)
for row, column in np.ndindex(W.shape):
    number, ink = f"{W[row, column]:.1f}", "white" if W[row, column] < -4 else "black"
    right.text(column, row, number.replace("-0.0", "0.0"), ha="center", va="center", color=ink)
right.set_xticks(range(4), ["i", "f", "o", "g"])
right.set_yticks(range(4), ["own h", "value", "store", "ask"])
show(figure, "8.3", biases=", ".join(f"{v:.1f}" for v in b))

# %% [markdown]
# It found what was set by hand: store opens i and shuts f, ask opens o, the value goes to g. The
# first row is nearly 0, for its own last output tells it nothing here. Now let it run.

# %%
x = toy()
found = run(lstm, W, b, x)
gates_over_time(x, found, "8.4")
i, f, o, g, c, h = found
print(f"f while it should keep: {np.median(f):.3f}")
said = f"{h[7]:.3f}, {h[14]:.3f}, {h[20]:.3f}"
print(f"asked at 7, 14 and 20 it says {said}; right is {right_answers(x)[7]:.3f}")

# %% [markdown]
# **Predict.** Its keeping gate is nearly open. How much of a number is left after 17 steps?

# %%
print(f"{np.median(f) ** 17:.2f} of it; the cell has {c[20] / c[3]:.2f}")

# %% [markdown]
# What is kept is a product of gates, and a product of many numbers a little below 1 is small.
# (Storing isn't exact either: where 0.34 is to be stored, the cell goes to 0.40.) The loss of one
# step hardly minds an f of 0.95; a loss at the end of forty steps would mind a lot. For that the
# gradient must run back through all the steps. That is lesson 09.
#
# ## Where it lives
#
# `lstm_gates` and `lstm` with their backwards in `minidraw/layers/lstm.py`. The cell stops if they
# aren't what this lesson says.

# %%
n, H = 3, 4
x, W, b = rng.standard_normal((n, 5)), rng.standard_normal((H + 5, 4 * H)), rng.random(4 * H)
h_prev, c_prev = rng.standard_normal((2, n, H))
a_i, a_f, a_o, a_g = np.split(h_prev @ W[:H] + x @ W[H:] + b, 4, axis=1)
c_right = sigmoid(a_f) * c_prev + sigmoid(a_i) * np.tanh(a_g)
right = sigmoid(a_o) * np.tanh(c_right), c_right
(h, c), cache = lstm(x, h_prev, c_prev, W, b)
np.testing.assert_allclose((h, c), right)  # the formulas, unit by unit
np.testing.assert_allclose(minidraw.layers.lstm(x, h_prev, c_prev, W, b)[0], right)
_, package_cache = minidraw.layers.lstm(x, h_prev, c_prev, W, b)
dout = tuple(rng.standard_normal((2, n, H)))
ours, theirs = lstm_backward(dout, cache), minidraw.layers.lstm_backward(dout, package_cache)
for mine, package in zip(ours, theirs, strict=True):
    np.testing.assert_allclose(mine, package)

# %%
inputs = {"x": x, "h_prev": h_prev, "c_prev": c_prev, "W": W, "b": b}
for name, (*_, error) in check_layer(lstm, lstm_backward, inputs, {}, rng).items():
    assert error < 1e-6, f"d{name} is off: does every cache hold what its exercise says?"
a, m_prev = rng.standard_normal((n, 2 * H)), c_prev
k, offer = sigmoid(a[:, :H]), np.tanh(a[:, H:])
gated, _ = minidraw.layers.lstm_gates(
    np.concatenate([-a[:, :H], a[:, :H], a[:, :H], a[:, H:]], 1), m_prev
)
np.testing.assert_allclose(blend(a, m_prev)[0], gated[1])  # an LSTM whose i is 1 - f
print("one step agrees with the package and with finite differences")

# %% [markdown]
# ## In practice
#
# * Check an LSTM's gradient with random biases: zeros hide mistakes. Two well-known NumPy programs
#   are wrong here and train all the same. One has a single bias for three gates, the other takes a
#   sigmoid where its slope belongs.
# * The order of the gates is a convention: here i, f, o, g, elsewhere i, f, g, o. Weights that
#   move from one program to another must be reordered, or nothing works and nothing complains.
# * Many programs start the bias of f at 1, so that a new network keeps rather than forgets. The
#   paper doesn't say what it did.
# * Some LSTMs let the gates see the cell too, through "peepholes". The paper mentions none.
#
# ## What is next
#
# One step, there and back. DRAW takes 64 of them, each with the weights of the one before. Lesson
# 09 unrolls them, and sends the gradient all the way back.
