# %% [markdown]
# # 09 Through time
#
# **You'll do:** two exercises, thirteen lines in all: the gradient of a number that is multiplied
# by the same weight again and again, and that of an LSTM over a whole sequence.
#
# **You'll learn:** to go backward through steps that share their weights; why a gradient vanishes
# on the way, or explodes; and by which path it survives in an LSTM.
#
# **You'll need:** lesson 01 (a value used twice adds its gradients) and lesson 08 (one step of an
# LSTM). 70 minutes.
#
# | paper | here | |
# |---|---|---|
# | $T$ | `T` | number of steps |
# | $h_t$ | `hs[t - 1]`, `h` | output of step $t$, `(n, H)`; all of them are `hs`, `(T, n, H)` |
# | LSTM cell | `c` | what a step remembers, `(n, H)`; not the paper's $c_t$, which is the canvas |
# | | `dhs` | gradients of the $h_t$ that come directly from the loss, `(T, n, H)` |
# | | `dh`, `dc` | gradients of $h_t$ and $c_t$ that come back from step $t + 1$, `(n, H)` |

# %%
import numpy as np

from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook.diagrams import box, paper, wire
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, plain, show
from minidraw.learn.exercises import lesson_09 as package
from minidraw.models import draw

layers = use_earlier("09")
lstm_backward = layers.lstm_backward
rng = np.random.default_rng(9)
eps = 1e-5

# %% [markdown]
# ## The goal
#
# Below, an LSTM is **unrolled**: there is one box for each step, time goes from left to right, and
# all boxes have the same weights. The upper wire carries the cell $c$, the lower one the output
# $h$. The loss looks only at the output of the last step. The red bands are the gradient of that
# loss on its way back: the wider the band, the larger the gradient. By the end of this lesson you
# will have written the function that computes it.


# %% jupyter={"source_hidden": true}
def start(bias, H=16, inputs=2, rng=rng):
    """Random weights for an LSTM; `bias` is that of its forget gate."""
    W, b = 0.3 * rng.standard_normal((H + inputs, 4 * H)), np.zeros(4 * H)
    b[H : 2 * H] = bias
    return W, b


# %% jupyter={"source_hidden": true}
def arriving(W, b, x, forward, backward):
    """Norm of the gradients of h and c before each step; the loss is at the last step."""
    H, found = len(b) // 4, []
    h = c = np.zeros((1, H))
    for t in range(len(x)):  # a shorter sequence, which starts at step t
        hs, cache = forward(x[t:], h, c, W, b)
        dhs = np.zeros_like(hs)
        dhs[-1] = 1 / np.sqrt(H)
        _, dh, dc, _, _ = backward(dhs, cache)
        found.append((np.linalg.norm(dh), np.linalg.norm(dc)))
        (h, c), _ = layers.lstm(x[t], h, c, W, b)
    return np.array(found)


# %% jupyter={"source_hidden": true}
def unrolled(axes, sizes, y, title):
    """A row of steps; `sizes` has the norms of the gradients of h and c before each of them."""
    T = len(sizes)
    axes.text(0.1, y + 1.72, title, fontsize=11)
    for t in range(T):
        x = 1.15 + 1.35 * t
        for lane, size in zip((y + 0.3, y + 1.1), sizes[t], strict=True):
            lit = 14 * size if size > 0.02 else 0
            wire(axes, (x - 1.05, lane), (x - 0.3, lane), lit=lit, text=f"{size:.2f}", above=0.15)
        wire(axes, (x, y - 0.28), (x, y - 0.02), text="")
        box(axes, x, y + 0.7, f"step\n{t + 1}", width=0.6, height=1.4)
    wire(axes, (x + 0.3, y + 0.3), (x + 0.85, y + 0.3), lit=14, text="1.00", above=0.25)
    box(axes, x + 1.15, y + 0.3, "loss", lit=True, width=0.6, height=0.5)


# %%
x = rng.standard_normal((8, 1, 2))

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.4)
paper(axes, 12.1, 4.9)
for bias, y, name in ((-1, 2.8, "forgets"), (3, 0.35, "remembers")):
    sizes = arriving(*start(bias), x, package.lstm_sequence, package.lstm_sequence_backward)
    unrolled(axes, sizes, y, f"A network that {name}: the bias of its forget gate is {bias}")
show(figure, "9.1")

# %% [markdown]
# ## The idea, in words
#
# A recurrent network uses the same weights at every step. For the gradient this is nothing new.
# Unroll the steps, and you have a chain of links like that of lesson 05, only longer. You go
# through it from the last link to the first. A weight that was used $T$ times is a value used
# several times, so its $T$ gradients add up.
#
# Here is the smallest case, a number to which the same $b$ is added at every step: $h_t = h_{t-1} +
# b$. The slope of a step with respect to $h_{t-1}$ is 1, and with respect to $b$ it is 1 too. In
# the code, `dh` is the gradient of the $h$ that the step has made:


# %%
def add(b, h_0, T):
    h = h_0
    for _ in range(T):
        h = h + b
    return h


def add_backward(dh, T):
    db = 0.0
    for _ in range(T):  # the last step first
        db = db + dh  # h = h_prev + b: b gets dh ..
        dh = 1 * dh  # .. and so does h_prev
    return db, dh


print("by hand: ", add_backward(1.0, T=7))
slope = (add(0.3 + eps, 2.0, 7) - add(0.3 - eps, 2.0, 7)) / (2 * eps)
print("measured:", slope, (add(0.3, 2.0 + eps, 7) - add(0.3, 2.0 - eps, 7)) / (2 * eps))

# %% [markdown]
# `db` is 7, because `b` was used seven times. And `dh` reaches the start unchanged: **a sum passes
# a gradient on unchanged.** This will be important for the LSTM.
#
# ## A product, again and again
#
# Now multiply: $h_t = w\,h_{t-1}$. Take $w = \tfrac12$, $h_0 = 2$ and three steps. Forward, $h$ is
# $2, 1, \tfrac12, \tfrac14$. Backward, with 1 arriving at $h_3$:
#
# | step | $h_{t-1}$ | gradient that arrives | gradient of $w$ | gradient handed back |
# |---|---|---|---|---|
# | 3 | 1/2 | 1 | 1/2 | 1/2 |
# | 2 | 1 | 1/2 | 1/2 | 1/4 |
# | 1 | 2 | 1/4 | 1/2 | 1/8 |
#
# The gradient of $w$ is the sum of the three, $\tfrac32$. The closed form $h_3 = w^3 h_0$ gives the
# same: $3 w^2 h_0 = 3 \cdot \tfrac14 \cdot 2 = \tfrac32$. The gradient of $h_0$ is $w^3 =
# \tfrac18$.
#
# ### Exercise 1: through a product (5 lines)
#
# The cache holds `h`, shape `(T + 1, n)`, from $h_0$ to $h_T$, and `w`, shape `(n,)`. `dh`, shape
# `(n,)`, is the gradient of $h_T$. Return the gradients of `w` and of $h_0$. Go through the steps
# as in the table; you need no powers.


# %%
@exercise("09.repeat_backward")
def repeat_backward(dh, cache):
    h, w = cache
    raise NotImplementedError
    return dw, dh


# %%
out, cache = package.repeat(np.array([0.5]), np.array([2.0]), T=3)
dw, dh_0 = repeat_backward(np.array([1.0]), cache)
print("dw, dh_0:", dw, dh_0)
np.testing.assert_allclose([dw[0], dh_0[0]], [1.5, 0.125])  # the table, and its closed form

# %% [markdown]
# **Predict.** What is left of a gradient of 1 after 50 steps with $w = 0.9$? And with $w = 1.1$?
# Guess the order of magnitude, then run the cell.

# %%
weights, steps = np.array([0.8, 0.9, 1.0, 1.1]), np.arange(1, 51)
left = np.empty((len(steps), len(weights)))
for k, T in enumerate(steps):
    _, cache = package.repeat(weights, np.ones(4), T=T)
    left[k] = repeat_backward(np.ones(4), cache)[1]
np.testing.assert_allclose(left, weights ** steps[:, None])  # the closed form, w^T
print("after 50 steps:", dict(zip(weights.tolist(), left[-1].round(6).tolist(), strict=True)))

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
for k, (w, line) in enumerate(zip(weights, (":", "--", "-", "-."), strict=True)):
    axes.semilogy(steps, left[:, k], line, color=(VERMILION, VERMILION, GREEN, BLUE)[k])
    axes.text(51, left[-1, k], f"w = {w}", va="center")
plain(axes, xlabel="steps that the gradient has gone back", ylabel="what is left of it")
show(figure, "9.2")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With $w = 0.9$ only 0.005 is left. With $w = 1.1$ the gradient has grown to 117.
#
# </details>
#
# A very small gradient isn't wrong. But then an event fifty steps ago hardly moves the weights, and
# the network can't learn that it mattered.
#
# ## Many numbers, and a loss at every step
#
# A plain recurrent network has `H` numbers instead of one, and an input at each step:
# $h_t = \tanh(h_{t-1} U + x_t V)$. Two things are new on the way back.
#
# First, $h_t$ is used twice: the loss may look at it, and step $t + 1$ uses it. So two gradients
# arrive at $h_t$, and they add up: its entry of `dhs`, which comes from the loss, and `dh`, which
# the next step hands back.
#
# Second, there are two factors instead of the one factor $w$: the matrix $U$, and the slope of
# tanh, $1 - h_t^2$, which is never above 1. Here is the code for this network. In exercise 2 you
# write the code for an LSTM.


# %%
def plain_net(x, h_0, U, V):
    h = [h_0]
    for x_t in x:
        h.append(np.tanh(h[-1] @ U + x_t @ V))
    return np.array(h[1:]), (x, h, U)


def plain_net_backward(dhs, cache):
    """Gradients of h_0, U and V."""
    x, h, U = cache
    dh, dU, dV = 0.0, 0.0, 0.0
    for t in reversed(range(len(dhs))):
        da = (dh + dhs[t]) * (1 - h[t + 1] ** 2)  # h = tanh(a), and h is used twice
        dU = dU + h[t].T @ da  # a = h_prev @ U + x @ V, with the same U and V at each step
        dV = dV + x[t].T @ da
        dh = da @ U.T
    return dh, dU, dV


# %% [markdown]
# Is it right? Let the loss be the sum of $(h_t)^2 / 2$ over all steps. Then `dhs` is `hs` itself.
# Measure the slope for one entry of `U`:

# %%
x_long, h_0 = rng.standard_normal((40, 1, 2)), np.zeros((1, 16))
U, V = 0.25 * rng.standard_normal((16, 16)), rng.standard_normal((2, 16))
hs, cache = plain_net(x_long, h_0, U, V)
_, dU, _ = plain_net_backward(hs, cache)

there = np.zeros_like(U)
there[3, 5] = eps
above, below = (0.5 * (plain_net(x_long, h_0, U + s * there, V)[0] ** 2).sum() for s in (1, -1))
print("by hand: ", dU[3, 5])
print("measured:", (above - below) / (2 * eps))
np.testing.assert_allclose(dU[3, 5], (above - below) / (2 * eps), rtol=1e-6)

# %% [markdown]
# ## The LSTM: equations 5 and 7
#
# DRAW has two LSTMs: the encoder looks, and the decoder paints. The paper writes a step of the
# decoder as
#
# $$h^{dec}_t = \text{LSTM}^{dec}(h^{dec}_{t-1}, z_t) \qquad (7)$$
#
# and a step of the encoder in the same way (5). Each step takes the output of the step before, and
# an input. Lesson 10 explains the input $z_t$; here the input is any $x_t$. The formula doesn't
# show the cell, which also goes from step to step. You know its formula from lesson 08:
#
# $$c_t = f \odot c_{t-1} + i \odot g$$
#
# ($\odot$ multiplies entry by entry.) This is a sum, and a sum passes a gradient on unchanged. On
# the direct path from $c_t$ to $c_{t-1}$, only $f$ makes the gradient smaller. Every unit computes
# its own $f$, between 0 and 1, at every step. So $f$ plays the role of $w$ in figure 9.2, but the
# network can set it to nearly 1 where something is worth keeping. Here are the numbers for the
# direct path alone:

# %%
a, c_prev = rng.standard_normal((1, 12)), rng.standard_normal((1, 3))
_, gates_cache = layers.lstm_gates(a, c_prev)
_, dc_prev = layers.lstm_gates_backward((np.zeros((1, 3)), np.ones((1, 3))), gates_cache)
f = layers.sigmoid(a[:, 3:6])  # gate order i, f, o, g
print("f:            ", f.round(4))
print("handed to c_prev:", dc_prev.round(4))
np.testing.assert_allclose(dc_prev, f)

# %% [markdown]
# **Predict.** If all inputs and weights of a forget gate are 0, only its bias counts: $f =
# \sigma(b_f)$. How much of a gradient is left after 20 steps with a bias of 0, of 1 and of 3? Guess
# each to within a factor of ten.

# %%
for bias in (0, 1, 3):
    f = layers.sigmoid(np.array(bias))
    print(f"bias {bias}: f = {f:.3f}, after 20 steps {f**20:.6f}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With a bias of 0, a millionth is left. With a bias of 1 it is 0.002, and with a bias of 3 it is
# 0.38.
#
# </details>
#
# So an LSTM should start with an open forget gate. How far open is a choice. At a bias of 3 the
# sigmoid is flat: its slope $f (1 - f)$ is 0.05, against 0.20 at 1. So a gate that should close
# learns to do so more slowly. The package starts the biases of DRAW's forget gates at 1, as many
# programs do. This is only the start; training changes them.

# %%
config = draw.Config(hidden=4)
params = draw.init_params(config, rng)
print(params["decoder.b"].reshape(4, 4))  # a row per gate: i, f, o, g
np.testing.assert_array_equal(params["decoder.b"].reshape(4, 4)[1], 1)

# %% [markdown]
# ## A step and its wires
#
# The figure shows one step, with all gradients that arrive at it and leave it on the way back.
# `lstm_backward` of lesson 08 takes the two gradients that enter the box from the right: the sum,
# and `dc`. It returns the five that leave the box: `dx`, `dh`, `dc`, `dW` and `db`.

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.4)
paper(axes, 9, 4)
box(axes, 4.5, 2, "lstm\nstep t", width=1.6, height=2.0)
wire(axes, (1.2, 2.6), (3.7, 2.6), lit=4, text="dc for $c_{t-1}$")
wire(axes, (1.2, 1.4), (3.7, 1.4), lit=4, text="dh for $h_{t-1}$")
wire(axes, (5.3, 2.6), (8.6, 2.6), lit=4, text="dc from step t + 1")
wire(axes, (5.3, 1.4), (6.6, 1.4), lit=7, text="sum")
wire(axes, (6.6, 1.4), (8.6, 1.4), lit=4, text="dh from step t + 1")
wire(axes, (6.6, 1.4), (6.6, 0.35), lit=4)
axes.text(6.75, 0.75, "dhs[t - 1] from the loss", fontsize=9)
wire(axes, (4.5, 0.2), (4.5, 1.0), lit=4)
axes.text(4.35, 0.5, "dx[t - 1]", fontsize=9, ha="right")
wire(axes, (4.5, 3.8), (4.5, 3.0), lit=4)
axes.text(4.65, 3.4, "dW, db: added up over all steps", fontsize=9)
show(figure, "9.3")

# %% [markdown]
# The forward is a simple loop that keeps the cache of every step. `SequenceCache` is a pair,
# `steps` and `W`. The backward needs `W` only for its shape, so that the sum of gradients can start
# as zeros of that shape.


# %%
def lstm_sequence(x, h_0, c_0, W, b):
    """An LSTM over T inputs (T, n, I): every h, (T, n, H)."""
    h, c, hs, caches = h_0, c_0, [], []
    for x_t in x:
        (h, c), cache = layers.lstm(x_t, h, c, W, b)
        hs.append(h)
        caches.append(cache)
    return np.array(hs), package.SequenceCache(tuple(caches), W)


# %% [markdown]
# ### Exercise 2: the sequence, backward (8 lines)
#
# `dhs` has the shape `(T, n, H)`. `cache.steps` holds the caches of the steps, beginning with the
# first, and `cache.W` holds the weights. For one step you may call `lstm_backward((dh, dc), step)`,
# where `step` is one entry of `cache.steps`. It returns the gradients of `x, h_prev, c_prev, W, b`,
# in this order. No step follows the last one, so its `dh` and `dc` start at zero, as in the stub.
# Return `dx` of shape `(T, n, I)`, in the order of time.


# %%
@exercise("09.lstm_sequence_backward")
def lstm_sequence_backward(dhs, cache):
    dh, dc = np.zeros_like(dhs[0]), np.zeros_like(dhs[0])
    raise NotImplementedError
    return dx, dh, dc, dW, db


# %% [markdown]
# ## Vanishing and surviving
#
# Take forty steps, a loss after the last one, and three networks: an LSTM whose forget gate is open
# (bias 3), one whose forget gate is half open (bias 0), and a plain network. All their weights are
# drawn with the same standard deviation, ten times for each network. How much of the gradient
# arrives at each step?
#
# **Predict.** In which order will the three curves lie after forty steps back? Will the highest one
# be near 1 there? And will the same curve be the highest at the first steps back?


# %%
def plain_fading(seed):
    """What is left of a gradient of size 1 at each of 40 steps of the plain network."""
    rng = np.random.default_rng(seed)
    x, sizes = rng.standard_normal((40, 1, 2)), []
    U, V = 0.3 * rng.standard_normal((16, 16)), 0.3 * rng.standard_normal((2, 16))
    h = np.concatenate([[h_0], plain_net(x, h_0, U, V)[0]])
    for t in range(40):  # from step t on
        hs, cache = plain_net(x[t:], h[t], U, V)
        dhs = np.zeros_like(hs)
        dhs[-1] = 0.25  # 16 entries: a gradient of size 1
        sizes.append(np.linalg.norm(plain_net_backward(dhs, cache)[0]))
    return sizes


# %%
def lstm_fading(bias, seed):
    """The same for an LSTM whose forget gate has this bias."""
    rng = np.random.default_rng(seed)
    x, weights = rng.standard_normal((40, 1, 2)), start(bias, rng=rng)
    return np.linalg.norm(arriving(*weights, x, lstm_sequence, lstm_sequence_backward), axis=1)


# %%
seeds, fading = range(10), {}
for bias in (3, 0):
    fading[f"LSTM, bias {bias}"] = [lstm_fading(bias, seed) for seed in seeds]
fading["plain"] = [plain_fading(seed) for seed in seeds]
for name, found in fading.items():
    print(f"{name:12}  after 40 steps: median {np.median(found, axis=0)[0]:.0e}")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
back = np.arange(40, 0, -1)
styles = (("-", GREEN), ("--", BLUE), (":", VERMILION))
for (name, found), (line, color) in zip(fading.items(), styles, strict=True):
    axes.semilogy(back, np.median(found, axis=0), line, color=color, label=name)
    low, high = np.min(found, axis=0), np.max(found, axis=0)
    axes.fill_between(back, low, high, color=color, alpha=0.15)
axes.legend(frameon=False)
plain(axes, xlabel="steps that the gradient has gone back", ylabel="what is left of it")
show(figure, "9.4")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The lines are medians, and the bands show the range over the ten draws. After forty steps, only
# the LSTM with the open gate hands on a gradient of about the original size. On the direct path,
# the half-open gate halves the gradient of the cell at each step. The path through $h$ brings some
# of it back: in all, about a quarter is lost per step. That is more than a plain network loses. An
# LSTM alone doesn't keep the gradient alive. The open forget gate does.
#
# At the first steps back, the LSTM with the open gate isn't the highest: its curve starts at about
# 0.3, while the plain network's starts near 1. The loss looks at $h = o \odot \tanh(c)$, so on its
# way into the cell the gradient is multiplied by $o\,(1 - \tanh^2 c)$, and $o$ is about a half
# here. After that, the direct path loses about five percent a step, because $f$ is about 0.95.
# There is also a second path: the gradient that is handed back through $h$ enters the cell of the
# step before, and is added there. That is why a curve can rise, and even exceed 1.
#
# </details>
#
# ## What it is good for
#
# Here is a task that needs memory. At the first step the network sees +1 or -1. Then follow
# fourteen steps of noise. After the last one the network should say which number it saw. Your
# `lstm_sequence_backward` gives the gradient, and each weight takes a small step against it. The
# three networks differ only in the initial bias of their forget gate.


# %%
def practise(bias, T=15, H=8, n=32):
    """The loss while an LSTM learns to remember."""
    rng = np.random.default_rng(2)  # the same for all three
    (W, b), losses, zero = start(bias, H, rng=rng), [], np.zeros((n, H))
    for _ in range(300):
        x = rng.standard_normal((T, n, 2)) * [0, 1]
        x[0, :, 0] = sign = rng.choice([-1, 1], n)
        hs, cache = lstm_sequence(x, zero, zero, W, b)
        error = hs[-1, :, 0] - 0.7 * sign  # unit 0 answers; it can't exceed 1
        losses.append((error**2).mean() / 2)
        dhs = np.zeros_like(hs)
        dhs[-1, :, 0] = error / n
        *_, dW, db = lstm_sequence_backward(dhs, cache)
        W, b = W - 0.1 * dW, b - 0.1 * db
    return losses


# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
for bias, line, color in ((0, "--", VERMILION), (1, ":", BLUE), (2, "-", GREEN)):
    axes.plot(practise(bias), line, color=color, label=f"bias {bias}")
axes.legend(frameon=False)
plain(axes, xlabel="steps of learning", ylabel="loss")
show(figure, "9.5")

# %% [markdown]
# With bias 2 the network learns the task within some fifty steps, with bias 1 later, and with bias
# 0 not within 300 steps (one seed each). Nothing prevents the network with bias 0 from remembering:
# its weights could grow until its gates are open. But as long as its gates are half open, hardly
# any gradient reaches the first step, as figure 9.4 shows.
#
# For more practice, `rnn` in [OPEN.md](OPEN.md) is an open exercise: a plain network over a whole
# sequence.
#
# ## Where it lives
#
# Your loop is in `run_steps_backward` in `minidraw/models/draw/network.py`, for both LSTMs at once.
# It runs from the last step to the first and hands on `dh_enc`, `dc_enc`, `dh_dec` and `dc_dec`.
# DRAW also learns the first output and the first cell of both LSTMs. Their gradients are the `dh`
# and `dc` at the end of the loop.

# %%
n, T, H, wide = 3, 5, 4, 2
inputs, h_start, c_start = (rng.standard_normal(s) for s in ((T, n, wide), (n, H), (n, H)))
any_W, any_b, dhs = (rng.standard_normal(s) for s in ((H + wide, 4 * H), 4 * H, (T, n, H)))
hs, cache = lstm_sequence(inputs, h_start, c_start, any_W, any_b)
theirs = package.lstm_sequence_backward(
    dhs, package.lstm_sequence(inputs, h_start, c_start, any_W, any_b)[1]
)
for ours, wanted in zip(lstm_sequence_backward(dhs, cache), theirs, strict=True):
    np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-12)

there = np.zeros_like(c_start)
there[1, 2] = eps
above, below = (
    (dhs * lstm_sequence(inputs, h_start, c_start + s * there, any_W, any_b)[0]).sum()
    for s in (1, -1)
)
np.testing.assert_allclose(theirs[2][1, 2], (above - below) / (2 * eps), rtol=1e-6)
print("your loop, the package's and the finite difference agree")

# %% [markdown]
# ## In practice
#
# * Two mistakes lose a part of the gradient: adding `dhs` only at the last step, and starting every
#   step with a `dc` of zero. With a sequence of one step neither makes a difference, so check with
#   at least two.
# * The forward keeps the cache of every step, so memory grows with $T$. For long texts, people use
#   **truncated** backpropagation: they cut the sequence into pieces, and no gradient crosses a cut.
#   DRAW's 64 steps need no cut.
# * An exploding gradient, as for $w = 1.1$, has a simple remedy: if its norm is too large, scale it
#   down (*gradient clipping*). Lesson 13 does so.
# * The products `x.T @ da` of all steps can be done as one large product after the loop. The
#   package does this; lesson 12 shows how.
#
# ## Recap
#
# * Unroll the steps, and go backward from the last to the first. The gradients of the shared
#   weights add up over the steps.
# * At each $h_t$ two gradients meet: one from the loss at this step, and one from the next step.
# * A gradient that is multiplied by $w$ at every step vanishes if $w < 1$, and explodes if $w > 1$.
# * In an LSTM the direct path through the cell multiplies only by $f$. An open forget gate keeps
#   the gradient alive.
# * So forget gates should start open: with a bias of 1 or more.
#
# ## Three questions
#
# 1. A weight was used at 64 steps. How do you get its gradient?
#
#    <details><summary>Answer</summary>
#
#    Compute its gradient at each step, and add all 64.
#
#    </details>
#
# 2. The loss looks only at the last output. What are the entries of `dhs`?
#
#    <details><summary>Answer</summary>
#
#    Zeros, except for the last step. The gradient reaches the other steps through `dh` and `dc`.
#
#    </details>
#
# 3. What is left of a gradient after 20 steps on the direct path, if all forget gates are 0.9?
#
#    <details><summary>Answer</summary>
#
#    $0.9^{20} = 0.12$ of it.
#
#    </details>
#
# ## What is next
#
# The input of the decoder, $z_t$, is random. Lesson 10 draws it in a way that lets gradients
# through, and says what it costs.
