# %% [markdown]
# # 11 One step of DRAW
#
# **You'll do:** six exercises, forty-two lines in all: one step of DRAW; the gradients that arrive
# at the decoder's output from its five users and at the canvas from its two; the backward passes of
# reading and of writing through a window; and the backward pass of the whole step.
#
# **You'll learn:** how the layers of ten lessons join into one step; and to count, before you write
# a backward, who uses what.
#
# **You'll need:** lessons 05 to 08 and 10. 90 minutes: a good place for a break is after
# exercise 3.
#
# | paper | here | |
# |---|---|---|
# | $c_t$ | `canvas` | logits, `(n, C, B, A)`; `c_enc`, `c_dec` are the LSTMs' cells |
# | $\hat x_t$ | `x_err` | error image: what the canvas still lacks |
# | $r_t$ | `glimpse` | what is read, `(n, R)`: patches of image and error image in one row |
# | $h^{enc}_t$, $h^{dec}_t$ | `h_enc`, `h_dec` | outputs of the two LSTMs, `(n, H)` |
# | $w_t$ | `patch` | what is painted, `(n, C K K)` |
# | | `s` | `sigmoid(canvas)` |

# %%
import numpy as np

import minidraw
from minidraw.datasets import as_float, bundled_path
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook.diagrams import box, paper, wire
from minidraw.learn.notebook import (
    BLUE,
    GREEN,
    VERMILION,
    frame,
    panels,
    picture,
    plain,
    show,
)
from minidraw.learn.exercises import lesson_11 as package
from minidraw.models import draw
from minidraw.models.interface import Batch

layers = use_earlier("11")
filterbank, filterbank_backward = layers.filterbank, layers.filterbank_backward
window, window_backward = layers.window, layers.window_backward
read, read_backward = layers.read, layers.read_backward
write, write_backward = layers.write, layers.write_backward
linear, latent, latent_backward = layers.linear, layers.latent, layers.latent_backward
lstm_gates, lstm_gates_backward = layers.lstm_gates, layers.lstm_gates_backward
read_attention, write_attention = layers.read_attention, layers.write_attention

# %%
rng = np.random.default_rng(11)
eps = 1e-5
shipped = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
full, trained = shipped.config_, {k: v.astype(np.float64) for k, v in shipped.params_.items()}
digits = as_float(minidraw.load("digits").train.images[:8], np.float64)
long_noise = rng.standard_normal(draw.noise_shape(full, len(digits)))

# %% [markdown]
# ## The goal
#
# One step of the network that comes with minidraw, in four pictures. It looks at the digit through
# its read window (green), and at what is missing; it decides; it paints through its write window
# (vermilion); the canvas is a little nearer to the digit. By the end of this lesson you have
# pushed a gradient back through all of this.

# %%
film = draw.reconstruct(trained, Batch(digits), long_noise, full, layers)
t, k = 16, 3  # the step and the digit that are shown
before, after = layers.sigmoid(film.canvas[t : t + 2, k, 0])
reading, writing = (
    [part[t, k] for part in film_window[:3]]
    for film_window in (film.read_window, film.write_window)
)
stroke = film.canvas[t + 1, k, 0] - film.canvas[t, k, 0]

# %% jupyter={"source_hidden": true}
figure, axes = panels(5, height=2.5)
titles = (
    "image, read window",
    "canvas before",
    "error image",
    "stroke, write window",
    "canvas after",
)
for place, array, title in zip(
    axes, (digits[k, 0], before, digits[k, 0] - before, stroke, after), titles, strict=True
):
    picture(place, array, title)
frame(axes[0], reading, K=full.read_size)
frame(axes[2], reading, K=full.read_size)
frame(axes[3], writing, K=full.write_size, color=VERMILION)
show(figure, "11.1", step=t + 1, steps=full.glimpses)

# %% [markdown]
# ## The idea, in words
#
# You have all the parts. A step joins them:
#
# $$\hat x_t = x - \sigma(c_{t-1}) \quad (3) \qquad r_t = read(x, \hat x_t, h^{dec}_{t-1}) \quad (4)
# \qquad h^{enc}_t = LSTM^{enc}(h^{enc}_{t-1}, [r_t, h^{dec}_{t-1}]) \quad (5)$$
# $$z_t \sim \mathcal N(\mu_t, \sigma_t^2) \quad (6) \qquad
# h^{dec}_t = LSTM^{dec}(h^{dec}_{t-1}, z_t) \quad (7) \qquad
# c_t = c_{t-1} + write(h^{dec}_t) \quad (8)$$
#
# The brackets $[a, b]$ put two arrays side by side. The $\sigma$ in (3) is the sigmoid; the one in
# (6) is a standard deviation. Both windows come from a linear layer of $h^{dec}$ (21), and so does
# the patch (28). In all, six linear layers turn one array into the next:
#
# | layer | input | output | |
# |---|---|---|---|
# | `read_window` | `h_dec` of the step before | `theta`, `(n, 5)` | 21 |
# | `encoder` | `[h_enc, glimpse, h_dec]`, all but `glimpse` of the step before | `(n, 4 H)` | 5 |
# | `latent` | the new `h_enc` | mean and log standard deviation, `(n, 2 Z)` | 1, 2 |
# | `decoder` | `[h_dec, z]`, with `h_dec` of the step before | `(n, 4 H)` | 7 |
# | `patch` | the new `h_dec` | `(n, C K K)` | 28 |
# | `write_window` | the new `h_dec` | `theta`, `(n, 5)` | 21 |
#
# `params` holds their weights by name, such as `params["encoder.W"]` and `params["encoder.b"]`.
# `layer` applies one of them:


# %%
def layer(params, name, x):
    """One of the six linear layers, by its name."""
    out, _ = linear(x, params[f"{name}.W"], params[f"{name}.b"])
    return out


# %% [markdown]
# ### Exercise 1: one step, forward (9 lines)
#
# `step` takes the state that the step before left, and returns the new state with the price of z.
# Four calls do the work between the linear layers:
#
# | call | result |
# |---|---|
# | `read_attention(canvas, theta, x=x, K=read_size)` | `glimpse, cache` (3, 4) |
# | `lstm_gates(a, c)` | `(h, c), cache` (5 and 7, after their linear layers) |
# | `latent(posterior, noise=noise)` | `(z, kl), cache` (1, 2, 6, 11) |
# | `write_attention(patch, theta, height=.., width=.., K=write_size)` | `stroke, cache` (29) |
#
# The last lines are given: they keep what the backward pass needs. Call the encoder's input `seen`,
# the decoder's input `thought`, and the five caches `read`, `encoder`, `sampled`, `decoder` and
# `write`. The image has the shape `(n, C, height, width)`.


# %%
@exercise("11.step")
def step(canvas, h_enc, c_enc, h_dec, c_dec, *, x, noise, params, read_size, write_size):
    inputs = {"read_window": h_dec}
    raise NotImplementedError
    inputs |= {"encoder": seen, "latent": h_enc, "decoder": thought}
    inputs |= {"patch": h_dec, "write_window": h_dec}
    cache = inputs, (read, encoder, sampled, decoder, write), params
    return (canvas, h_enc, c_enc, h_dec, c_dec, kl), cache


# %% [markdown]
# Stuck? Run `hint("11.step")`, and again for the next step.
#
# ## Who uses what
#
# Going backward, every value collects what its users hand back. A user that is forgotten leaves a
# gradient that is wrong and still trains after a fashion. So before you write a line, **count**.
#
# **Predict.** Go through your step and write down everything that uses `h_dec` after the step has
# made it: within the step, and in the next one. Then the same for `canvas`. Only then go on.


# %%
BOXES = {  # place, and width
    "read\nwindow": (1.0, 4.4, 1.2),
    "read": (2.2, 3.3, 0.9),
    "encoder": (2.2, 2.2, 1.2),
    "latent": (3.9, 2.2, 1.0),
    "decoder": (3.9, 1.1, 1.2),
    "write\nwindow": (5.0, 4.6, 1.1),
    "patch": (5.0, 3.6, 0.9),
}


def boxes(axes):
    """Two steps; lit is what uses h_dec of the first one."""
    same, following = ("patch", "write\nwindow"), ("read\nwindow", "encoder", "decoder")
    for left, title, lit in ((0, "step t", same), (7.2, "step t + 1", following)):
        axes.text(left + 0.3, 5.6, title, fontsize=11)
        for name, (x, y, width) in BOXES.items():
            box(axes, left + x, y, name, width=width, lit=name in lit)


# %%
def wires(axes):
    """Between the boxes; the canvas above is looked at by read, and added to by write."""
    wire(axes, (0.2, 6.4), (14.2, 6.4), text="canvas", above=0.15)
    for x in (0, 7.2):
        wire(axes, (x + 1.0, 4.1), (x + 1.0, 3.3), (x + 1.75, 3.3))
        wire(axes, (x + 2.2, 3.0), (x + 2.2, 2.5))
        wire(axes, (x + 2.8, 2.2), (x + 3.4, 2.2))
        wire(axes, (x + 3.9, 1.9), (x + 3.9, 1.4))
        wire(axes, (x + 2.2, 6.4), (x + 2.2, 3.6))
        wire(axes, (x + 5.8, 4.6), (x + 5.8, 6.4))
        wire(axes, (x + 5.55, 4.6), (x + 5.8, 4.6))
        wire(axes, (x + 5.45, 3.6), (x + 5.8, 3.6), (x + 5.8, 4.6))


# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.6)
paper(axes, 14.4, 7)
boxes(axes)
wires(axes)
wire(axes, (2.2, 1.9), (2.2, 0.35), (9.4, 0.35), (9.4, 1.9), text="")
axes.text(6.0, 0.5, "$h^{enc}_t$", fontsize=9)
wire(axes, (4.5, 1.1), (6.2, 1.1), lit=5, text="$h^{dec}_t$", above=0.2)
wire(axes, (4.6, 1.1), (4.6, 2.9), (4.3, 2.9), (4.3, 4.6), (4.45, 4.6), lit=3)
wire(axes, (4.3, 3.6), (4.55, 3.6), lit=3)
wire(axes, (6.2, 1.1), (10.5, 1.1), lit=3)
wire(axes, (7.0, 1.1), (7.0, 4.4), (7.6, 4.4), lit=3)
wire(axes, (8.0, 1.1), (8.0, 2.2), (8.8, 2.2), lit=3)
show(figure, "11.2")

# %% [markdown]
# Five users of $h^{dec}_t$:
#
# | user | when | equation |
# |---|---|---|
# | patch | same step | 28 |
# | write window | same step | 21 |
# | read window | next step | 21, for (4) |
# | encoder | next step | 5 |
# | decoder | next step | 7 |
#
# Two users of $c_{t-1}$: it is carried on into $c_t$ (8), and it is looked at (3). Miss the second
# one and the network is never told that it should paint *so that the next look is useful*.
#
# A smaller case, worked: $h^{enc}_t$ has two users, the latent layer and the encoder of the next
# step. Each is a linear layer, and for one of those you know `dx = dout @ W.T` from lesson 02:


# %%
def h_enc_gradient(dlatent, dencoder, W_latent, W_encoder):
    """What arrives at h_enc, from the gradients of both layers' outputs."""
    return dlatent @ W_latent.T + dencoder @ W_encoder.T


h, W_latent, W_encoder = (rng.standard_normal(s) for s in ((2, 4), (4, 6), (4, 16)))
d_1, d_2 = rng.standard_normal((2, 6)), rng.standard_normal((2, 16))
there = np.zeros_like(h)
there[1, 2] = eps
losses = [
    (d_1 * (g @ W_latent)).sum() + (d_2 * (g @ W_encoder)).sum() for g in (h + there, h - there)
]
print("by hand: ", h_enc_gradient(d_1, d_2, W_latent, W_encoder)[1, 2])
print("measured:", (losses[0] - losses[1]) / (2 * eps))

# %% [markdown]
# ### Exercise 2: the five users (2 lines)
#
# `dout` holds the gradients of what the five layers put out, `weights` their matrices (of encoder
# and decoder only the rows that $h^{dec}$ meets); both in the order of the table. Return `dh_dec`,
# shape `(n, H)`.


# %%
@exercise("11.consumers_backward")
def consumers_backward(dout, weights):
    raise NotImplementedError


# %% [markdown]
# ### Exercise 3: the two users of the canvas (4 lines)
#
# Here are both uses in one function; the stroke comes from outside.


# %%
def canvas_step(canvas, stroke, *, x):
    s = layers.sigmoid(canvas)
    return (canvas + stroke, x - s), package.CanvasCache(s)  # eqs 8 and 3


# %% [markdown]
# `dout` is the pair of `dafter`, the gradient of the new canvas, and `dx_err`, that of the error
# image. Return `dcanvas` and `dstroke`. A sigmoid's slope is $s (1 - s)$.


# %%
@exercise("11.canvas_step_backward")
def canvas_step_backward(dout, cache):
    dafter, dx_err = dout
    (s,) = cache
    raise NotImplementedError
    return dcanvas, dstroke


# %% [markdown]
# ## Looking as a whole, painting as a whole
#
# A window makes two filterbanks, and both use its stride and its variance: shared again. This is
# the forward of it, and `layers.read_attention` is nothing but this and `read`:


# %%
def filterbanks(theta, *, height, width, K):
    """Window and both filterbanks, with the caches of all three."""
    (center_x, center_y, stride, var, gamma), window_cache = window(
        theta, height=height, width=width, K=K
    )
    F_y, cache_y = filterbank(center_y, stride, var, K=K, A=height)
    F_x, cache_x = filterbank(center_x, stride, var, K=K, A=width)
    return (F_y, F_x, gamma), (window_cache, cache_y, cache_x)


canvas, theta = rng.standard_normal((3, 1, 11, 7)), 0.3 * rng.standard_normal((3, 5))
x = rng.random((3, 1, 11, 7))
(F_y, F_x, gamma), _ = filterbanks(theta, height=11, width=7, K=5)
glimpse, _ = read(x - layers.sigmoid(canvas), F_y, F_x, gamma, x=x)
theirs, _ = layers.read_attention(canvas, theta, x=x, K=5)
np.testing.assert_allclose(glimpse.reshape(3, -1), theirs)

# %% [markdown]
# **Predict.** The five numbers of a read window get their gradient through $F_Y$ and through
# $F_X$. For which of the five numbers is it a sum of two parts? The cell wiggles each of them and
# looks at what moves.

# %%
still, _ = filterbanks(theta, height=11, width=7, K=5)
for k, name in enumerate(("g_x", "g_y", "log variance", "log stride", "log gamma")):
    wiggled = theta.copy()
    wiggled[:, k] += eps
    pairs = zip(still, filterbanks(wiggled, height=11, width=7, K=5)[0], strict=True)
    moved = [not np.array_equal(before, after) for before, after in pairs]
    print(f"{name:12} moves {', '.join(np.array(['F_y', 'F_x', 'gamma'])[moved])}")

# %% [markdown]
# For two: the logarithms of variance and stride. Each middle belongs to one axis alone, and
# $\gamma$ comes straight from `read`.
#
# ### Exercise 4: reading, backward (9 lines)
#
# From the gradient of the glimpse, `(n, 2 C K K)`, to those of the canvas and of `theta`. You may
# call `read_backward`, `filterbank_backward` and `window_backward`. The caches that they want
# weren't kept: over a whole film they would fill the memory, and they are cheap to make again. So
# call `filterbanks` and `read(x_err, F_y, F_x, gamma, x=x)` once more. `read_backward` takes a
# gradient of shape `(n, 2 C, K, K)` and returns those of `x_err, F_y, F_x, gamma`. The last link
# is that of exercise 3, without the sum.


# %%
@exercise("11.read_attention_backward")
def read_attention_backward(dglimpse, cache):
    theta, F_y, F_x, s, x = cache
    n, K, B = F_y.shape
    raise NotImplementedError
    return dcanvas, dtheta


# %% [markdown]
# ### Exercise 5: writing, backward (7 lines)
#
# The same for the write window. The patch in the cache is flat, `(n, C K K)`;
# `write(patch, F_y, F_x, gamma)` wants it as `(n, C, K, K)`. `write_backward` takes the gradient of
# the stroke, `(n, C, B, A)`, and returns those of `patch, F_y, F_x, gamma`. Return `dpatch`, flat
# again, and `dtheta`.


# %%
@exercise("11.write_attention_backward")
def write_attention_backward(dout, cache):
    theta, F_y, F_x, patch = cache
    n, K, B = F_y.shape
    raise NotImplementedError
    return dpatch, dtheta


# %% [markdown]
# ## The step, backward
#
# Now put it together. Read your `step` from its last line to its first, and undo each line.
#
# ### Exercise 6: the step, backward (11 lines)
#
# `dout` holds the gradients of what the step returns. The gradient of `h_dec` that arrives comes
# from the *next* step: it is the sum of three of the five users. This step's patch and write window
# are the other two. Before you leave, add up the three users of the `h_dec` that came in: the
# decoder, the encoder and the read window.
#
# For a linear layer with output gradient `d`, the input's gradient is `d @ W.T` (lesson 02). Return
# eleven arrays: the gradients of the five parts of the state before, then the output gradients of
# the six linear layers in the table's order. Lesson 12 makes the gradients of the weights from
# those. The backward functions are `write_attention_backward`, `lstm_gates_backward`,
# `latent_backward` and `read_attention_backward`; `latent_backward` takes `(dz, dkl)`.


# %%
@exercise("11.step_backward")
def step_backward(dout, cache):
    dcanvas, dh_enc, dc_enc, dh_dec, dc_dec, dkl = dout
    inputs, (read, encoder, sampled, decoder, write), params = cache
    H = dh_enc.shape[1]
    raise NotImplementedError
    dstate = dcanvas, dh_enc, dc_enc, dh_dec, dc_dec
    return *dstate, dread, dencoder, dlatent, ddecoder, dpatch, dwrite


# %% [markdown]
# ## Checked
#
# The check has compared your gradients with the package's. Here is the proof that needs no package:
# a small network with random weights, a loss that feels everything the step returns, and a finite
# difference for every entry of the state.

# %%
small = draw.Config(height=11, width=7, hidden=4, latent=3, glimpses=1, read_size=3, write_size=2)
params = draw.init_params(small, rng, np.float64)
params = {k: v + 0.3 * rng.standard_normal(v.shape) for k, v in params.items()}
n, H = 3, small.hidden
x, noise = rng.random((n, 1, 11, 7)), rng.standard_normal((n, small.latent))
state = [rng.standard_normal(s) for s in ((n, 1, 11, 7), *[(n, H)] * 4)]
dout = [rng.standard_normal(s) for s in ((n, 1, 11, 7), *[(n, H)] * 4, (n,))]
given = {"x": x, "noise": noise, "params": params, "read_size": 3, "write_size": 2}


def loss(state):
    return sum((d * value).sum() for d, value in zip(dout, step(*state, **given)[0], strict=True))


# %%
gradients = step_backward(dout, step(*state, **given)[1])
for k, name in enumerate(("canvas", "h_enc", "c_enc", "h_dec", "c_dec")):
    measured = np.empty_like(state[k])
    for place in np.ndindex(measured.shape):
        there = np.zeros_like(measured)
        there[place] = eps
        up, down = (loss([*state[:k], state[k] + s * there, *state[k + 1 :]]) for s in (1, -1))
        measured[place] = (up - down) / (2 * eps)
    error = np.abs(gradients[k] - measured).max() / np.abs(measured).max()
    print(f"{name:7} {measured.size:4} entries, largest error {error:.1e} of the largest entry")
    assert error < 1e-6

# %% [markdown]
# ## What each user has to say
#
# Here is the trained network of figure 11.1 again. Your `step` runs the film to its end, we take
# the cost of the last canvas, and your `step_backward` goes back step by step. How much does each
# of the five users hand to $h^{dec}$?
#
# **Predict.** Which of the five will be largest, and which smallest? Will it be the same at the
# beginning of the film and at its end?

# %%
starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
sizes = {"read_size": full.read_size, "write_size": full.write_size}
state, tape = [np.repeat(trained[name][None], 8, axis=0) for name in starts], []
for noise in long_noise:
    (*state, _), cache = step(*state, x=digits, noise=noise, params=trained, **sizes)
    tape.append(cache)
np.testing.assert_allclose(state[0], film.canvas[-1], rtol=1e-6, atol=1e-6)  # the package's film

_, cost = layers.bernoulli_cost(state[0], x=digits)
zeros = np.zeros((8, full.hidden))
dstate = [layers.bernoulli_cost_backward(np.ones(8), cost), zeros, zeros, zeros, zeros]
later = [np.zeros((8, size)) for size in (5, 4 * full.hidden, 4 * full.hidden)]  # none follows


# %%
def users(params, H):
    """The matrices of the five users of h_dec, in the table's order."""
    encoder, decoder = params["encoder.W"][-H:], params["decoder.W"][:H]
    names = "patch.W", "write_window.W", "read_window.W"
    return *(params[name] for name in names), encoder, decoder


# %%
matrices, sizes = users(trained, full.hidden), []
for cache in tape[::-1]:
    *dstate, dread, dencoder, _, ddecoder, dpatch, dwrite = step_backward(
        (*dstate, np.ones(8)), cache
    )
    douts = dpatch, dwrite, *later
    parts = [d @ W.T for d, W in zip(douts, matrices, strict=True)]
    np.testing.assert_allclose(consumers_backward(douts, matrices), sum(parts))
    sizes.append([np.linalg.norm(part, axis=1).mean() for part in parts])
    later = dread, dencoder, ddecoder
sizes = np.array(sizes[::-1])

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
names = "patch", "write window", "read window", "encoder", "decoder"
styles = ("-", BLUE), ("--", BLUE), (":", VERMILION), ("-", VERMILION), ("--", VERMILION)
for part, name, (line, color) in zip(sizes[:-1].T, names, styles, strict=True):
    axes.semilogy(np.arange(1, len(sizes)), part, line, color=color)
    axes.text(len(sizes) - 0.8, part[-1], name, va="center")
plain(axes, xlabel="step", ylabel="size of its part, mean of 8")
show(figure, "11.3")

# %% [markdown]
# Near the end the patch is largest, for what it paints goes straight into the cost. Smallest are
# read window and encoder, a hundred times smaller: hardly a step is left that could use what is
# seen. At the beginning all five are of about the same size, and whoever forgets one works with
# another gradient altogether. The network would train on it all the same, only worse. This is why
# we count.
#
# ## Where it lives
#
# `run_steps` and `run_steps_backward` in `minidraw/models/draw/network.py`: `step` and
# `step_backward` are the bodies of their loops. The functions of exercises 4 and 5 are in
# `minidraw/layers/read_write.py`. For a film of one step, what you have is the package's gradient:

# %%
x, noise = rng.random((n, 1, 11, 7)), rng.standard_normal((1, n, small.latent))
costs, grads = draw.loss_and_grads(params, Batch(x), noise, small, minidraw.layers)
state = [np.repeat(params[name][None], n, axis=0) for name in starts]
(*state, kl), cache = step(*state, **(given | {"x": x, "noise": noise[0]}))
nll, cost = minidraw.layers.bernoulli_cost(state[0], x=x)
np.testing.assert_allclose(nll + kl, costs["total"])  # eq 12

# %%
zeros, dkl = np.zeros((n, H)), np.ones(n)
dcanvas = minidraw.layers.bernoulli_cost_backward(np.ones(n), cost)
gradients = step_backward((dcanvas, zeros, zeros, zeros, zeros, dkl), cache)
for name, ours in zip(starts, gradients[:5], strict=True):
    np.testing.assert_allclose(ours.sum(axis=0), grads[name], rtol=1e-9, atol=1e-12)
layers_of = "read_window", "encoder", "latent", "decoder", "patch", "write_window"
for name, d in zip(layers_of, gradients[5:], strict=True):
    np.testing.assert_allclose(d.sum(axis=0), grads[f"{name}.b"], rtol=1e-9, atol=1e-12)
s = minidraw.layers.sigmoid(x)
unseen, _ = canvas_step_backward((dcanvas, 0 * s), package.CanvasCache(s))
np.testing.assert_allclose(unseen, dcanvas)  # not looked at: handed on as it is
print("one step, there and back: as in the package")

# %% [markdown]
# ## In practice
#
# * Read and write have windows with weights of their own. Programs that share one layer for both
#   run, and can never look elsewhere than they paint.
# * A film of one step can't show a mistake in what the next step hands back. Check with two at
#   least; lesson 12 does.
# * `dcanvas` passes each step unchanged but for the looks: (8) is a sum. It is the one road in DRAW
#   on which nothing vanishes, from the last canvas to the first stroke.
#
# ## What is next
#
# Lesson 12 puts the loop around the step: all $T$ of them, there and back, and the weights'
# gradients of all steps at once.
