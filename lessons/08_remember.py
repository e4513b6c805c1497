# %% [markdown]
# # 08 Remember
#
# **You'll do:** four exercises, twenty lines in all: the gates of an LSTM and their gradient, then
# a whole step and its gradient.
#
# **You'll learn:** how a network remembers a number for as long as it needs it; what each of its
# three gates is for; and how a gradient goes back through one step.
#
# **You'll need:** lesson 01 (a value used twice adds its gradients) and lesson 02 (linear layer,
# sigmoid, gradient descent). 85 minutes.
#
# | paper | here | |
# |---|---|---|
# | $h_{t-1}$, $h_t$ | `h_prev`, `h` | the output; an input of the next step, `(n, H)` |
# | | `c_prev`, `c` | the cell: what is remembered, `(n, H)`; the paper's $c_t$ is the canvas |
# | | `i`, `f`, `o` | gates between 0 and 1: let in, keep, show |
# | | `g` | what is offered to the cell, between -1 and 1 |
# | | `a` | gates and offer before sigmoid and tanh, `(n, 4 H)`, in the order i, f, o, g |
# | | `I`, `H` | number of inputs, and of units; each unit has a cell and gates of its own |

# %%
import numpy as np

from minidraw.gradcheck import check_layer
import minidraw
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.learn.notebook.diagrams import box, paper, wire

layers = use_earlier("08")
linear, linear_backward, sigmoid = layers.linear, layers.linear_backward, layers.sigmoid

# %% [markdown]
# ## The goal
#
# Here is a toy task. At every step the input is a number with two marks, **store** and **ask**,
# each 0 or 1. Most numbers don't matter. If store is 1, remember this number and forget the one
# before. If ask is 1, output the number that you remember (its tanh, to be exact). At all other
# steps output 0. Below, a single unit does this for forty steps. (Its outputs are a little off,
# because a number passes a tanh on its way into the cell.)
#
# Its weights were set by hand. They are so large that every gate is either open or shut. By the end
# of this lesson you will have written such a unit, and trained it so that it finds its weights by
# itself.


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
# The simplest unit with a memory feeds its output back: $h_t = \tanh(w\, h_{t-1} + \dots)$, where
# the dots stand for the input. The function $\tanh$ is the sigmoid, stretched to lie between -1 and
# 1: $\tanh a = 2 \sigma(2a) - 1$. Its slope follows from the slope of the sigmoid, $\sigma(1 -
# \sigma)$. With $y = \tanh a$ and $\sigma(2a) = (1 + y)/2$:
#
# $$\frac{dy}{da} = 2 \cdot 2 \cdot \frac{1 + y}{2} \cdot \frac{1 - y}{2} = 1 - y^2$$

# %%
eps, at = 1e-5, 0.7
np.testing.assert_allclose(np.tanh(at), 2 * sigmoid(2 * at) - 1)
np.testing.assert_allclose(
    1 - np.tanh(at) ** 2, (np.tanh(at + eps) - np.tanh(at - eps)) / (2 * eps), rtol=1e-8
)

# %% [markdown]
# **Predict.** Start this unit at 0.5, give it no input, and wait 30 steps. What is left of the 0.5
# with $w = 0.8$, with $w = 1$, and with $w = 1.5$? And does it end elsewhere if it starts at 0.2?

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
# <details><summary>What you saw</summary>
#
# With $w = 0.8$ nothing is left after 30 steps. With $w = 1$ the 0.5 has shrunk to 0.20, and the
# 0.2 to 0.15. With $w = 1.5$ both end at 0.86. So either the number fades, or it goes to a value
# that no longer tells you how large the number was. (Only its sign is left: a start at -0.2 would
# end at -0.86.)
#
# </details>
#
# So a plain unit can't keep a number. To keep it, multiply it by 1 and apply no tanh. To forget it,
# multiply it by 0. The unit's input must decide which of the two happens.
#
# ## A gate
#
# A **gate** is a number between 0 and 1 by which something is multiplied. It is computed by a
# sigmoid, so it has a slope, and a network can learn when to open it. Here is a memory $m$ with one
# gate $k$. It keeps the fraction $k$ of what it holds, and takes the fraction $1 - k$ of what is
# offered, $g$:
#
# $$m = k\, m_{prev} + (1 - k)\, g, \qquad k = \sigma(a_k), \quad g = \tanh(a_g)$$
#
# This isn't an LSTM yet, but it has the same parts. On the way back, `dm` arrives. In a product,
# the gradient of each factor is the incoming gradient times the other factor. The gate appears
# twice, once with a minus sign:


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
any_am = {"a": rng.standard_normal((3, 10)), "m_prev": rng.standard_normal((3, 5))}
for name, (measured, formula, error) in check_layer(blend, blend_backward, any_am, {}, rng).items():
    print(f"d{name:6} worst entry: {formula:.8f}, by finite difference {measured:.8f}")
    assert error < 1e-6

# %% [markdown]
# ## The LSTM's gates
#
# An LSTM (long short-term memory) has three gates instead of one. The forget gate `f` decides what
# to keep, and the input gate `i` decides what to let in. The output gate `o` decides how much of
# the cell to show. The paper names the LSTM that it uses (Gers and others, 2000), but doesn't print
# its formulas. Here they are:
#
# $$i = \sigma(a_i), \quad f = \sigma(a_f), \quad o = \sigma(a_o), \quad g = \tanh(a_g)$$
# $$c = f\, c_{prev} + i\, g, \qquad\qquad h = o \tanh(c)$$
#
# All products are entry by entry: each of the `H` units has gates of its own. The four $a$ lie side
# by side in one array `a` of `4 H` columns, in the order i, f, o, g. Where `a` comes from is the
# subject of "A whole step" below. The figure shows the whole step:

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.4)
paper(axes, 13.2, 5.9)
for x, y, text, width in (
    (1.95, 1.1, "join", 0.8),
    (3.9, 1.1, "linear\nW, b", 1.1),
    (5.7, 2.5, "sigmoid\nf", 1.1),
    (7.2, 2.5, "sigmoid\ni", 1.1),
    (9.0, 2.5, "tanh\ng", 1.1),
    (11.0, 2.5, "sigmoid\no", 1.1),
    (5.7, 5.0, "times", 0.8),
    (8.1, 5.0, "plus", 0.8),
    (8.1, 3.8, "times", 0.8),
    (11.0, 4.3, "tanh", 0.8),
    (11.0, 3.4, "times", 0.8),
):
    box(axes, x, y, text, width=width, height=0.8 if "\n" in text else 0.45)
for points, text in (
    (((0.1, 5), (5.3, 5)), "c_prev  (n, H)"),
    (((6.1, 5), (7.7, 5)), ""),
    (((8.5, 5), (13.1, 5)), "c  (n, H)"),
    (((0.1, 1.3), (1.55, 1.3)), "h_prev  (n, H)"),
    (((0.1, 0.6), (1.55, 0.9)), "x  (n, I)"),
    (((2.35, 1.1), (3.35, 1.1)), "(n, H + I)"),
    (((4.45, 1.1), (5.7, 1.1), (5.7, 2.1)), "a  (n, 4 H)"),
    (((5.7, 1.1), (7.2, 1.1), (7.2, 2.1)), ""),
    (((7.2, 1.1), (9.0, 1.1), (9.0, 2.1)), "(n, H) each"),
    (((9.0, 1.1), (11.0, 1.1), (11.0, 2.1)), ""),
    (((5.7, 2.9), (5.7, 4.77)), ""),
    (((7.2, 2.9), (7.2, 3.8), (7.7, 3.8)), ""),
    (((9.0, 2.9), (9.0, 3.8), (8.5, 3.8)), ""),
    (((8.1, 4.03), (8.1, 4.77)), ""),
    (((11.0, 5), (11.0, 4.53)), ""),
    (((11.0, 4.07), (11.0, 3.63)), ""),
    (((11.0, 2.9), (11.0, 3.17)), ""),
    (((11.4, 3.4), (13.1, 3.4)), "h  (n, H)"),
):
    wire(axes, *points, text=text)
show(figure, "8.3")

# %% [markdown]
# **Predict.** All of `a` is 0, and the cell holds 1. What does it hold after one step, after two,
# after three?

# %%
held = np.ones((1, 1))
for _ in range(3):
    (shown, held), _ = layers.lstm_gates(np.zeros((1, 4)), held)
    print("cell", held[0, 0], " output", shown[0, 0].round(4))

# %% [markdown]
# ### Exercise 1: the gates (5 lines)
#
# `a` is `(n, 4 H)`, `c_prev` is `(n, H)`. `np.split(array, 4, axis=1)` cuts an array into four
# equal blocks of columns. The cache holds three arrays, and the backward relies on them: `gates`,
# `(n, 4 H)`, which is i, f, o and g side by side, *after* sigmoid and tanh; `c_prev`, as it came
# in; and `tanh_c`, `(n, H)`, the tanh of the new cell.


# %%
@exercise("08.lstm_gates")
def lstm_gates(a, c_prev):
    H = c_prev.shape[1]
    raise NotImplementedError
    return (h, c), (gates, c_prev, tanh_c)


# %% [markdown]
# Stuck? Run `hint("08.lstm_gates")`. Run it again for the next step.
#
# ## The gates, backward
#
# Now *two* gradients arrive: `dh`, because the output of this step was used, and `dc`, because the
# cell of the next step was made from this cell. Where is the cell used?
#
# `c` → `h` (through its tanh, times `o`), and `c` → the next step (as it is).
#
# It is used twice, so its gradient has two parts. The part through `h` is `dh` times two factors:
# the gate, and the slope of the tanh. The other part is `dc` as it is. You need their sum before
# you can go back further, to what the cell was made from. A common mistake is to forget one of the
# two parts. Then every shape is right, and the numbers look reasonable.
#
# Here the sum is measured for one unit. The loss is 0.3 times the output plus 0.7 times the cell,
# so `dh` is 0.3 and `dc` is 0.7.

# %%
gate, at_c = 0.9, 0.4


def loss(c):
    return 0.3 * (gate * np.tanh(c)) + 0.7 * c


measured = (loss(at_c + eps) - loss(at_c - eps)) / (2 * eps)
through_h = 0.3 * gate * (np.tanh(at_c + eps) - np.tanh(at_c - eps)) / (2 * eps)
print(f"the cell's gradient {measured:.6f} = {through_h:.6f} through h + 0.7 as it is")

# %% [markdown]
# ### Exercise 2: the gates, backward (8 lines)
#
# Return `da`, `(n, 4 H)`, in the order i, f, o, g, and `dc_prev`, `(n, H)`. The `gates` in the
# cache are those after sigmoid and tanh.


# %%
@exercise("08.lstm_gates_backward")
def lstm_gates_backward(dout, cache):
    dh, dc = dout
    gates, c_prev, tanh_c = cache
    i, f, o, g = np.split(gates, 4, axis=1)
    raise NotImplementedError
    return da, dc_prev


# %% [markdown]
# Look at the gradient that goes back to the cell of the step before: it is the gradient of the cell
# times `f`. Where this gate is open, `f` is 1, and the gradient passes without getting smaller.
# That is the point of an LSTM. Lesson 09 follows the gradient through many steps.
#
# ## A whole step
#
# What opens the gates? A linear layer of two inputs: the output of the step before, and what comes
# in now. The paper writes $\text{LSTM}(h_{t-1}, x)$ in (5) and (7). You could use two weight
# matrices, $h_{prev}\, U + x\, V + b$. One matrix does the same if the two inputs lie side by side:
#
# $$a = [h_{prev},\, x]\, W + b$$
#
# $W$ has `H + I` rows: the first `H` are $U$, the others are $V$. It has `4 H` columns: for each
# unit, one for each of the three gates and one for the offer $g$.

# %%
h_prev, x_now = rng.standard_normal((3, 2)), rng.standard_normal((3, 5))
U, V = rng.standard_normal((2, 8)), rng.standard_normal((5, 8))
joined, stacked = np.hstack([h_prev, x_now]), np.vstack([U, V])
print(joined.shape, "@", stacked.shape)
np.testing.assert_allclose(h_prev @ U + x_now @ V, joined @ stacked)

# %% [markdown]
# ### Exercise 3: one step (3 lines)
#
# `x` is `(n, I)`, `W` is `(H + I, 4 H)`, `b` is `(4 H,)`. Call `linear` and your `lstm_gates`, and
# keep the caches that they return.


# %%
@exercise("08.lstm")
def lstm(x, h_prev, c_prev, W, b):
    raise NotImplementedError
    return (h, c), (linear_cache, gates_cache, h_prev.shape[1])


# %% [markdown]
# ### Exercise 4: one step, backward (4 lines)
#
# Call the two backwards in reverse order. `linear_backward` returns the gradients of its input, of
# `W` and of `b`. Its input was two arrays side by side, so split its gradient.


# %%
@exercise("08.lstm_backward")
def lstm_backward(dout, cache):
    linear_cache, gates_cache, H = cache
    raise NotImplementedError
    return dx, dh_prev, dc_prev, dW, db


# %% [markdown]
# For more practice, `gru` in [OPEN.md](OPEN.md) is an open exercise: another unit with gates,
# forward and backward.
#
# ## Let it learn the toy task
#
# The rule of the toy task can be stated for a single step. If `store` is 1, the new cell should be
# the number, otherwise the old cell. If `ask` is 1, the output should be the tanh of the new cell,
# otherwise 0. So a single step has a loss: half the squared differences of cell and output from
# what they should be. For training, the old cells and outputs, the numbers and the marks are drawn
# at random.


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
# **Predict.** By hand, four of the 16 weights were set, and twelve were 0. Will the unit find the
# same four? Will it also use some of the other twelve? And will its gates be as fully open and shut
# as those set by hand?

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
show(figure, "8.4", biases=", ".join(f"{v:.1f}" for v in b))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# It found the same four: store opens i and shuts f, ask opens o, and the value goes to g. The other
# twelve stay small, at most 0.4. The first row is nearly 0, because the unit's own last output
# tells it nothing in this task.
#
# The three large weights of the marks have sizes near 6 instead of 20. So the gates are never fully
# open or shut.
#
# </details>

# %% [markdown]
# Now let the trained unit run through the forty steps of figure 8.1.
#
# **Predict.** Its forget gate stays near 0.95 instead of 1. How much of a number is left after 17
# steps: nearly all, half, or less than half?

# %%
x = toy()
found = run(lstm, W, b, x)
gates_over_time(x, found, "8.5")
i, f, o, g, c, h = found
print(f"f while it should keep: {np.median(f):.3f}")
answers = f"{h[7]:.3f}, {h[14]:.3f}, {h[20]:.3f}"
print(f"outputs at 7, 14 and 20: {answers}; right is {right_answers(x)[7]:.3f}")
print(f"left after 17 steps: {np.median(f) ** 17:.2f}; in the cell {c[20] / c[3]:.2f}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Less than half: 0.42 of it. At each step the cell is multiplied by the gate, and a product of many
# numbers a little below 1 is small. (Storing isn't exact either: the number at step 3 is 0.34, and
# the cell goes to 0.40.)
#
# </details>
#
# In the loss of a single step, an f of 0.95 makes hardly any difference. In a loss at the end of
# forty steps it would make a large one. For such a loss the gradient must go back through all the
# steps, which is the subject of lesson 09.
#
# ## Where it lives
#
# `lstm_gates` and `lstm` are in `minidraw/layers/lstm.py`, with their backwards. The cell below
# checks that they compute what this lesson says.

# %%
n, H = 3, 4
any_x, any_W = rng.standard_normal((n, 5)), rng.standard_normal((H + 5, 4 * H))
any_b, (h_before, c_before) = rng.random(4 * H), rng.standard_normal((2, n, H))
a_i, a_f, a_o, a_g = np.split(h_before @ any_W[:H] + any_x @ any_W[H:] + any_b, 4, axis=1)
c_right = sigmoid(a_f) * c_before + sigmoid(a_i) * np.tanh(a_g)
right = sigmoid(a_o) * np.tanh(c_right), c_right
inputs = any_x, h_before, c_before, any_W, any_b
found_now, cache = lstm(*inputs)
np.testing.assert_allclose(found_now, right)  # the formulas, unit by unit
np.testing.assert_allclose(minidraw.layers.lstm(*inputs)[0], right)
_, package_cache = minidraw.layers.lstm(*inputs)
dout = tuple(rng.standard_normal((2, n, H)))
ours, theirs = lstm_backward(dout, cache), minidraw.layers.lstm_backward(dout, package_cache)
for mine, package in zip(ours, theirs, strict=True):
    np.testing.assert_allclose(mine, package)

# %%
by_name = dict(zip(("x", "h_prev", "c_prev", "W", "b"), inputs, strict=True))
for name, (*_, error) in check_layer(lstm, lstm_backward, by_name, {}, rng).items():
    assert error < 1e-6, f"d{name} is off: does every cache hold what its exercise says?"
a, m_prev = rng.standard_normal((n, 2 * H)), c_before
k, offer = sigmoid(a[:, :H]), np.tanh(a[:, H:])
gated, _ = minidraw.layers.lstm_gates(
    np.concatenate([-a[:, :H], a[:, :H], a[:, :H], a[:, H:]], 1), m_prev
)
np.testing.assert_allclose(blend(a, m_prev)[0], gated[1])  # an LSTM whose i is 1 - f
print("one step agrees with the package and with finite differences")

# %% [markdown]
# ## In practice
#
# * Check the gradient of an LSTM with random biases, because zeros hide mistakes such as a single
#   bias for three gates. A network trains in spite of this mistake, and also in spite of another
#   common one: the sigmoid itself where its slope belongs.
# * The order of the gates is a convention: here i, f, o, g, elsewhere i, f, g, o. If you copy
#   weights from one program to another, reorder them. Otherwise nothing works, and no error message
#   says why.
# * Many programs start the bias of f at 1, so that a new network tends to keep what it has. The
#   paper doesn't say what it did.
# * Some LSTMs let the gates see the cell too, through "peepholes". The paper mentions none.
#
# ## Recap
#
# * A plain unit loses a number: it fades, or goes to a fixed value.
# * A gate is a sigmoid that multiplies. It can keep, forget, let in or show, and it has a slope, so
#   it can be learned.
# * LSTM: $c = f\, c_{prev} + i\, g$ and $h = o \tanh(c)$. All four of i, f, o and g come from one
#   linear layer of $[h_{prev}, x]$.
# * On the way back the cell's gradient has two parts, one through `h` and one from the next step.
#   Add them first.
# * The gradient of the old cell is the gradient of the new cell times `f`.
#
# ## Three questions
#
# 1. An LSTM has $H = 256$ units and an input of 264 numbers. What are the shapes of `W` and `b`?
#
#    <details><summary>Answer</summary>
#
#    `W` is $(256 + 264, 4 \cdot 256) = (520, 1024)$, and `b` is $(1024,)$.
#
#    </details>
#
# 2. All gates of a unit are 0. What are its cell, its output, and the gradient of its old cell?
#
#    <details><summary>Answer</summary>
#
#    All are 0: it keeps nothing, lets nothing in and shows nothing, and no gradient gets through.
#
#    </details>
#
# 3. Why is `g` computed by a tanh and not by a sigmoid, like the gates?
#
#    <details><summary>Answer</summary>
#
#    A gate says how much, between 0 and 1. The offer is a value that may be negative too.
#
#    </details>
#
# ## What is next
#
# You have one step of an LSTM, forward and backward. The paper's DRAW takes 64 such steps (the
# bundled one takes 32), all with the same weights. Lesson 09 unrolls them, and sends the gradient
# all the way back.
