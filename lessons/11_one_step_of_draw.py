# %% [markdown]
# # 11 One step of DRAW
#
# **You'll do:** four exercises, twenty-two lines in all: what arrives at the decoder's output from
# its five users, what arrives at the canvas from its two, and the backwards of looking and of
# painting as a whole.
#
# **You'll learn:** how the layers of ten lessons join into one step; and to count, before you write
# a backward, who uses what.
#
# **You'll need:** lessons 05 to 08 and 10. 50 minutes.
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
filterbank = layers.filterbank
filterbank_backward = layers.filterbank_backward
read = layers.read
read_backward = layers.read_backward
window = layers.window
window_backward = layers.window_backward
write = layers.write
write_backward = layers.write_backward
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
show(
    figure,
    f"Figure 11.1. Step {t + 1} of {full.glimpses}: look at the image and at the error, paint a "
    "stroke.",
    "Five grey pictures in a row: a digit 3 with a green window, a canvas that lacks a part of "
    "it, their difference with the same window, a stroke with its window, the canvas after it.",
)

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
# ($[a, b]$: side by side. The $\sigma$ in (3) is the sigmoid, that in (6) a deviation.) Both
# windows come from a linear layer of $h^{dec}$ (21), and so does the patch (28). As code:


# %%
def linear(params, name, *parts):
    """A linear layer of its inputs, side by side."""
    return np.concatenate(parts, axis=1) @ params[f"{name}.W"] + params[f"{name}.b"]


def paint(h_dec, params, config):
    """What is added to the canvas, and its cache."""
    patch = linear(params, "patch", h_dec)  # eq 28
    theta = linear(params, "write_window", h_dec)  # eq 21
    size = {"height": config.height, "width": config.width, "K": config.write_size}
    return layers.write_attention(patch, theta, **size)  # eq 29


# %%
def step(state, x, noise, params, config):
    """One step further: the state, the price of z (eq 11), and the caches."""
    canvas, h_enc, c_enc, h_dec, c_dec = state
    theta = linear(params, "read_window", h_dec)  # eq 21
    glimpse, read = layers.read_attention(canvas, theta, x=x, K=config.read_size)  # eqs 3, 4
    a = linear(params, "encoder", h_enc, glimpse, h_dec)
    (h_enc, c_enc), encoder = layers.lstm_gates(a, c_enc)  # eq 5
    posterior = linear(params, "latent", h_enc)
    (z, price), latent = layers.latent(posterior, noise=noise)  # eqs 1, 2, 6
    a = linear(params, "decoder", h_dec, z)
    (h_dec, c_dec), decoder = layers.lstm_gates(a, c_dec)  # eq 7
    stroke, write = paint(h_dec, params, config)
    after = canvas + stroke, h_enc, c_enc, h_dec, c_dec  # eq 8
    return after, price, (read, encoder, latent, decoder, write)


# %% [markdown]
# (`read_attention` and `write_attention` are window, filterbanks and read or write in one call; you
# meet them below. The LSTMs are taken apart into the linear layer and `lstm_gates` of lesson 08.)
#
# ## Who uses what
#
# Going backward, every value collects what its users hand back. A user that is forgotten leaves a
# gradient that is wrong and still trains after a fashion. So before you write a line, **count**.
#
# **Predict.** Go through the code and write down everything that uses `h_dec` after the step has
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


# %%
figure, axes = panels(height=4.6)
paper(axes, 14.4, 7)
boxes(axes)
wires(axes)
wire(axes, (4.5, 1.1), (6.2, 1.1), lit=5, text="$h^{dec}_t$", above=0.2)
wire(axes, (4.6, 1.1), (4.6, 2.9), (4.3, 2.9), (4.3, 4.6), (4.45, 4.6), lit=3)
wire(axes, (4.3, 3.6), (4.55, 3.6), lit=3)
wire(axes, (6.2, 1.1), (10.5, 1.1), lit=3)
wire(axes, (7.0, 1.1), (7.0, 4.4), (7.6, 4.4), lit=3)
wire(axes, (8.0, 1.1), (8.0, 2.2), (8.8, 2.2), lit=3)
show(
    figure,
    "Figure 11.2. Two steps. Lit: the output of the decoder at step t, and the five boxes that use "
    "it. Their like in other steps is left out. Above runs the canvas.",
    "Two groups of seven boxes: read window, read, encoder, latent, decoder, patch, write window. "
    "A lit wire leads from the first decoder to patch and write window of its own step and to read "
    "window, encoder and decoder of the next. A line for the canvas runs above both.",
)

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
# ### Exercise 1: the five users (2 lines)
#
# `dout` holds the gradients of what the five layers put out, `weights` their matrices (of encoder
# and decoder only the rows that $h^{dec}$ meets); both in the order of the table. Return `dh_dec`,
# shape `(n, H)`.


# %%
@exercise("11.consumers_backward")
def consumers_backward(dout, weights):
    raise NotImplementedError


# %% [markdown]
# ### Exercise 2: the two users of the canvas (4 lines)
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
# ### Exercise 3: looking, backward (9 lines)
#
# From the gradient of the glimpse, `(n, 2 C K K)`, to those of the canvas and of `theta`. You may
# call `read_backward`, `filterbank_backward` and `window_backward`. The caches that they want
# weren't kept: over a whole film they would fill the memory, and they are cheap to make again. So
# call `filterbanks` and `read(x_err, F_y, F_x, gamma, x=x)` once more. `read_backward` takes a
# gradient of shape `(n, 2 C, K, K)` and returns those of `x_err, F_y, F_x, gamma`. The last link
# is that of exercise 2, without the sum.


# %%
@exercise("11.read_attention_backward")
def read_attention_backward(dglimpse, cache):
    theta, F_y, F_x, s, x = cache
    n, K, B = F_y.shape
    raise NotImplementedError
    return dcanvas, dtheta


# %% [markdown]
# ### Exercise 4: painting, backward (7 lines)
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
# Now read `step` from its last line to its first. `later` are the gradients that the *next* step
# has left at its read window, its encoder and its decoder: three of the five. The step adds its own
# two, and hands three on to the step before.


# %%
def step_backward(dstate, later, caches, params):
    """Gradients of the state before, and of what the layers put out, in the table's order."""
    (dcanvas, dh_enc, dc_enc, dc_dec), (read, encoder, latent, decoder, write) = dstate, caches
    H = dc_dec.shape[1]
    own = write_attention_backward(dcanvas, write)  # canvas = canvas + stroke
    dh_dec = consumers_backward((*own, *later), users(params, H))
    da_dec, dc_dec = layers.lstm_gates_backward((dh_dec, dc_dec), decoder)
    dz = da_dec @ params["decoder.W"][H:].T  # [h_dec, z]
    dposterior = layers.latent_backward((dz, np.ones(len(dz))), latent)  # a nat of kl costs a nat
    dh_enc = dh_enc + dposterior @ params["latent.W"].T
    da_enc, dc_enc = layers.lstm_gates_backward((dh_enc, dc_enc), encoder)
    joined = da_enc @ params["encoder.W"].T  # [h_enc, glimpse, h_dec]
    dlook, dread = read_attention_backward(joined[:, H:-H], read)
    dcanvas = dcanvas + dlook  # carried on, and looked at
    return (dcanvas, joined[:, :H], dc_enc, dc_dec), (dread, da_enc, da_dec), own


# %%
def users(params, H):
    """The matrices of the five users of h_dec."""
    encoder, decoder = params["encoder.W"][-H:], params["decoder.W"][:H]
    names = "patch.W", "write_window.W", "read_window.W"
    return *(params[name] for name in names), encoder, decoder


# %% [markdown]
# ## Checked
#
# A small network with random weights, and a loss that feels every output of the step, the three
# later users included. Each entry below is measured by a finite difference.

# %%
small = draw.Config(height=11, width=7, hidden=4, latent=3, glimpses=1, read_size=3, write_size=2)
params = draw.init_params(small, rng, np.float64)
params = {k: v + 0.3 * rng.standard_normal(v.shape) for k, v in params.items()}
n, H = 3, small.hidden
x, noise = rng.random((n, 1, 11, 7)), rng.standard_normal((n, small.latent))
state = [rng.standard_normal(s) for s in ((n, 1, 11, 7), *[(n, H)] * 4)]
dstate = [rng.standard_normal(s) for s in ((n, 1, 11, 7), *[(n, H)] * 3)]
later = [rng.standard_normal((n, outputs)) for outputs in (5, 4 * H, 4 * H)]


def loss(state):
    (canvas, h_enc, c_enc, h_dec, c_dec), price, _ = step(state, x, noise, params, small)
    felt = zip(dstate, (canvas, h_enc, c_enc, c_dec), strict=True)
    met = zip(later, users(params, H)[2:], strict=True)
    return (
        sum((d * v).sum() for d, v in felt)
        + sum((d * (h_dec @ W)).sum() for d, W in met)
        + price.sum()
    )


# %%
_, _, caches = step(state, x, noise, params, small)
before, handed, _ = step_backward(dstate, later, caches, params)
nothing = np.zeros((n, 4)), np.zeros((n, 5))  # h_dec of the step before: these two aren't ours
dh_dec = consumers_backward((*nothing, *handed), users(params, H))
for k, (name, gradient) in enumerate(
    zip(
        ("canvas", "h_enc", "c_enc", "h_dec", "c_dec"),
        (*before[:3], dh_dec, before[3]),
        strict=True,
    )
):
    measured = np.empty_like(gradient)
    for place in np.ndindex(gradient.shape):
        there = np.zeros_like(gradient)
        there[place] = eps
        up, down = (loss([*state[:k], state[k] + s * there, *state[k + 1 :]]) for s in (1, -1))
        measured[place] = (up - down) / (2 * eps)
    error = np.abs(gradient - measured).max() / np.abs(measured).max()
    print(f"{name:7} {gradient.size:4} entries, largest error {error:.1e} of the largest entry")
    assert error < 1e-6

# %% [markdown]
# ## What each user has to say
#
# Here is the trained network of figure 11.1 again. The film runs to its end, the cost of its last
# canvas is taken, and `step_backward` goes back step by step. How much does each of the five users
# hand to $h^{dec}$?
#
# **Predict.** Which of the five will be largest, and which smallest? Will it be the same at the
# beginning of the film and at its end?

# %%
state = [np.repeat(trained["canvas_0"][None], 8, axis=0)]
state += [
    np.repeat(trained[f"{a}.{b}"][None], 8, axis=0)
    for a in ("encoder", "decoder")
    for b in ("h_0", "c_0")
]
tape = []
for noise in long_noise:
    state, _, caches = step(state, digits, noise, trained, full)
    tape.append(caches)
np.testing.assert_allclose(state[0], film.canvas[-1], rtol=1e-6, atol=1e-6)  # the package's film

_, cost = layers.bernoulli_cost(state[0], x=digits)
zeros = np.zeros((8, full.hidden))
dstate = layers.bernoulli_cost_backward(np.ones(8), cost), zeros, zeros, zeros
later = np.zeros((8, 5)), *np.zeros((2, 8, 4 * full.hidden))  # behind the last step is no other

# %%
matrices, sizes = users(trained, full.hidden), []
for caches in tape[::-1]:
    dstate, handed, own = step_backward(dstate, later, caches, trained)
    parts = [d @ W.T for d, W in zip((*own, *later), matrices, strict=True)]
    np.testing.assert_allclose(consumers_backward((*own, *later), matrices), sum(parts))
    sizes.append([np.linalg.norm(part, axis=1).mean() for part in parts])
    later = handed
sizes = np.array(sizes[::-1])

figure, axes = panels(height=3.2)
names = "patch", "write window", "read window", "encoder", "decoder"
styles = ("-", BLUE), ("--", BLUE), (":", VERMILION), ("-", VERMILION), ("--", VERMILION)
for part, name, (line, color) in zip(sizes[:-1].T, names, styles, strict=True):
    axes.semilogy(np.arange(1, len(sizes)), part, line, color=color)
    axes.text(len(sizes) - 0.8, part[-1], name, va="center")
plain(axes, xlabel="step", ylabel="size of its part, mean of 8")
show(
    figure,
    "Figure 11.3. What the five users hand back to h_dec, in a trained network. Blue: users of the "
    "same step. Vermilion: of the next.",
    "Five curves over the steps on a logarithmic axis. All start between 10 and 30. In the second "
    "half they fall: patch to 3, write window to 1, decoder to 0.5, encoder and read window to "
    "0.02.",
)

# %% [markdown]
# Near the end the patch is largest, for what it paints goes straight into the cost. Smallest are
# read window and encoder, a hundred times smaller: hardly a step is left that could use what is
# seen. At the beginning all five are of about the same size, and whoever forgets one works with
# another gradient altogether. The network would train on it all the same, only worse. This is why
# we count.
#
# ## Where it lives
#
# `forward` and `_backward` in `minidraw/models/draw/network.py`: `step` and `step_backward` are the
# bodies of their loops. The layers of exercises 3 and 4 are in `minidraw/layers/read_write.py`. For
# a film of one step, what you have is the package's gradient:

# %%
x, noise = rng.random((n, 1, 11, 7)), rng.standard_normal((1, n, small.latent))
costs, grads = draw.loss_and_grads(params, Batch(x), noise, small, layers)
names = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
start = [np.repeat(params[name][None], n, axis=0) for name in names]
end, price, caches = step(start, x, noise[0], params, small)
nll, cost = minidraw.layers.bernoulli_cost(end[0], x=x)
np.testing.assert_allclose(nll + price, costs["total"])  # eq 12

# %%
zeros = np.zeros((n, H))
dstate = minidraw.layers.bernoulli_cost_backward(np.ones(n), cost), zeros, zeros, zeros
first, handed, own = step_backward(
    dstate, (np.zeros((n, 5)), *np.zeros((2, n, 4 * H))), caches, params
)
dh_dec = consumers_backward((*nothing, *handed), users(params, H))
for name, ours in zip(names, (*first[:3], dh_dec, first[3]), strict=True):
    np.testing.assert_allclose(ours.sum(axis=0), grads[name], rtol=1e-9, atol=1e-12)
layers_of = "patch", "write_window", "read_window", "encoder", "decoder"
for name, d in zip(layers_of, (*own, *handed), strict=True):
    np.testing.assert_allclose(d.sum(axis=0), grads[f"{name}.b"], rtol=1e-9, atol=1e-12)
s = minidraw.layers.sigmoid(start[0])
dcanvas, _ = canvas_step_backward((dstate[0], 0 * s), package.CanvasCache(s))
np.testing.assert_allclose(dcanvas, dstate[0])  # not looked at: handed on as it is
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
