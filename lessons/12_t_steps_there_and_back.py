# %% [markdown]
# # 12 T steps, there and back
#
# **You'll do:** four exercises, twenty-seven lines in all: the gradient of weights that are used at
# every step, the backward pass of a small painter, and then all of DRAW, forward and backward.
#
# **You'll learn:** what the backward pass carries from step to step, why weights get their
# gradient in one product, and how to check a network of a million weights.
#
# **You'll need:** lesson 09 (through time) and lesson 11 (one step of DRAW). 75 minutes.
#
# | paper | here | |
# |---|---|---|
# | $T$ | `T` | steps of a film |
# | $c_t$ | `canvas` | what is painted so far, in logits |
# | $\hat x_t$ | `err` | error image: the image minus the canvas after its sigmoid |
# | $h_t$ | `h` | what the network remembers, `(n, H)` |
# | | `dcanvas`, `dh` | gradients of the loss by the canvas and by `h`, at the step at hand |
# | | `P` | pixels of an image, in one row |

# %%
import inspect
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from threadpoolctl import threadpool_limits

import minidraw
from minidraw import gradcheck
from minidraw.datasets import as_float, bundled_path
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import BLUE, VERMILION, panels, picture, plain, show
from minidraw.learn.exercises import lesson_12
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.models.draw import network

layers = use_earlier("12")
sigmoid, step, step_backward = layers.sigmoid, layers.step, layers.step_backward
bernoulli_cost, bernoulli_cost_backward = layers.bernoulli_cost, layers.bernoulli_cost_backward
threadpool_limits(1)  # on matrices this small, two threads get in each other's way
digits = as_float(minidraw.load("digits").train.images, np.float64)
rng = np.random.default_rng(12)

# %% [markdown]
# ## The goal
#
# Here is all of DRAW, made small: images of 5 x 4 pixels, 3 steps, two images. Each dot is one
# weight. To the right: the size of its gradient by finite differences, which know nothing of how
# the network is made. Upward: by a single pass backward through the film. In the right picture one
# line of that pass is left out. By the end of this lesson you know all its lines, and can tell by
# such a picture that one is missing.

# %%
_, model, params, batch, noise, config = gradcheck.model_cases(np.random.default_rng(12))[0]


def loss(config=config):
    """The sum of both images' costs in nats; it reads `params` anew each time."""
    return draw.costs(params, batch, noise[: config.glimpses], config, layers)["total"].sum()


def joined(gradients):
    return np.concatenate([np.ravel(gradients[name]) for name in params])


def free(dout, cache):
    """`latent_backward` without the price: its gradient is taken for zero."""
    return layers.latent_backward((dout[0], 0 * dout[1]), cache)


# %%
measured = joined({w: gradcheck.numeric_gradient(loss, params[w]) for w in params})
broken = SimpleNamespace(**{**vars(layers), "latent_backward": free})
_, by_hand = draw.loss_and_grads(params, batch, noise, config, layers)
_, left_out = draw.loss_and_grads(params, batch, noise, config, broken)

# %% jupyter={"source_hidden": true}
figure, places = panels(2, height=3.6)
for axes, grads, title in zip(
    places, (by_hand, left_out), ("whole", "a line left out"), strict=True
):
    axes.loglog([1e-6, 20], [1e-6, 20], color="0.8")
    axes.loglog(abs(measured), abs(joined(grads)), "o", color=BLUE, markersize=4, alpha=0.5)
    plain(axes, title=title, xlabel="finite difference", ylabel="backward pass", aspect="equal")
show(figure, "12.1", weights=len(measured))
np.testing.assert_allclose(joined(by_hand), measured, atol=1e-7)  # the signs agree too

# %% [markdown]
# ## The idea, in words
#
# In lesson 11 you went one step forward and back. A film is $T$ such steps, and only two things
# are new. You know both from lesson 09.
#
# * **What a step hands to the next comes back to it as a gradient.** The backward pass starts after
#   the last step. At each point it holds the gradients of what was passed on there.
# * **All steps use the same weights.** A value used several times adds its gradients.
#
# The whole film is easy to follow once you have done a small one. So we start with one pixel and
# one weight, go on to a painter with a memory, and end with DRAW.
#
# ## One pixel, one weight
#
# A painter has a canvas of one pixel. At each step it sees what is still missing, the error of
# (3), and adds $w$ times that to the canvas, as in (8):
#
# $$\hat x_t = x - \mathrm{sigmoid}(c_{t-1}) \qquad (3) \qquad\qquad
# c_t = c_{t-1} + w\,\hat x_t$$
#
# The cost of the last canvas is that of lesson 03, and its slope there is
# $\mathrm{sigmoid}(c_T) - x$. Walk back from it. The canvas $c_{t-1}$ is used twice: it is
# **carried on**, with slope 1, and it is **looked at**, with slope $-w\,s(1 - s)$ where
# $s = \mathrm{sigmoid}(c_{t-1})$.


# %%
def one_pixel(w, canvas, x=0.9, T=3):
    """The cost of the last canvas, and that canvas and what each step saw."""
    seen = []
    for _ in range(T):
        s = sigmoid(canvas)
        canvas = canvas + w * (x - s)
        seen.append(s)
    return np.logaddexp(0, canvas) - x * canvas, canvas, seen


def one_pixel_backward(w, canvas, seen, x=0.9):
    dcanvas, dw = sigmoid(canvas) - x, 0.0
    for s in reversed(seen):
        dw = dw + dcanvas * (x - s)  # canvas = canvas + w * (x - s), at every step
        dcanvas = dcanvas - dcanvas * w * s * (1 - s)  # carried on, and looked at
    return dw, dcanvas


# %%
w, start, eps = 0.7, -1.5, 1e-5
_, last, seen = one_pixel(w, start)
dw, dstart = one_pixel_backward(w, last, seen)
slope_w = (one_pixel(w + eps, start)[0] - one_pixel(w - eps, start)[0]) / (2 * eps)
slope_start = (one_pixel(w, start + eps)[0] - one_pixel(w, start - eps)[0]) / (2 * eps)
print(f"by w:         {dw:.8f}, finite difference {slope_w:.8f}")
print(f"by the start: {dstart:.8f}, finite difference {slope_start:.8f}")
np.testing.assert_allclose([dw, dstart], [slope_w, slope_start], rtol=1e-6)

# %% [markdown]
# **Predict.** In lesson 09, $h_t = w\,h_{t-1}$ multiplied the gradient by $w$ at every step back.
# With $w = 0.7$, only $0.7^{32}$ of it would be left after 32 steps: about a hundred-thousandth.
# How much is left of `dcanvas` after 32 steps here, with the same $w$? Look at the line that
# changes it before you run the cell.

# %%
_, last, seen = one_pixel(w, start, T=32)
dcanvas = sigmoid(last) - 0.9
factors = [1 - w * s * (1 - s) for s in seen]
print(f"0.7^32 is {0.7**32:.6f}; here {np.prod(factors):.6f} is left")
print("factors of the first and the last step:", factors[0].round(3), factors[-1].round(3))

# %% [markdown]
# Each factor is 1, from what is carried on, less a part from what is looked at. With this $w$
# that part is large on purpose: the painter looks at every step and corrects all it sees, so that
# the start hardly matters. A painter that looks at little of its canvas hands the gradient on
# almost whole. You will see at the end which kind DRAW is.
#
# ## The same weights T times
#
# `dw` was added up step by step. For a layer with weights $W$, inputs $x_t$ and outputs
# $x_t W + b$, step $t$ gives $x_t^T\,dout_t$ (lesson 02), and the gradient is their sum over the
# steps. That works, and costs $T$ small products, each of which reads and writes a whole matrix.
#
# But what is $x_t^T\,dout_t$? Itself a sum over the images of the batch. A sum doesn't care which
# row belongs to which step. Here are two steps of a layer with one input and one output:

# %%
x_steps = np.array([[1.0, 2, 3], [4, 5, 6]])  # (T, n): two steps of three images
dout_steps = np.array([[1.0, 0, 2], [0, 1, 1]])
print("step by step:", x_steps[0] @ dout_steps[0] + x_steps[1] @ dout_steps[1])
print("in one:      ", x_steps.ravel() @ dout_steps.ravel())

# %% [markdown]
# ### Exercise 1: a layer used at every step (3 lines)
#
# `dout` has the shape `(T, n, O)`; the cached `x` has `(T, n, I)`. Return `dW`, shape `(I, O)`, and
# `db`, shape `(O,)`, without a loop.


# %%
@exercise("12.stacked_backward")
def stacked_backward(dout, cache):
    (x,) = cache
    raise NotImplementedError
    return dW, db


# %% [markdown]
# Stuck? Run `hint("12.stacked_backward")`, and again for the next step.
#
# How much is it worth? A layer of DRAW's size, 32 steps of 50 images:

# %%
x_all = rng.standard_normal((32, 50, 256)).astype(np.float32)
dout_all = rng.standard_normal((32, 50, 1024)).astype(np.float32)


def step_by_step():
    return sum(x_t.T @ dout_t for x_t, dout_t in zip(x_all, dout_all, strict=True))


def fastest(function, tries=5):
    times = []
    for _ in range(tries):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return 1000 * min(times)


print(f"step by step {fastest(step_by_step):.1f} ms")
print(f"in one       {fastest(lambda: stacked_backward(dout_all, (x_all,))):.1f} ms")
np.testing.assert_allclose(stacked_backward(dout_all, (x_all,))[0], step_by_step(), atol=1e-2)

# %% [markdown]
# ## A painter with a memory
#
# Now a film in miniature. Whole images, in rows of `P` pixels; and a memory $h$, which goes from
# step to step beside the canvas:
#
# $$\hat x_t = x - \mathrm{sigmoid}(c_{t-1}), \qquad
# h_t = \tanh(h_{t-1} U + \hat x_t V), \qquad
# c_t = c_{t-1} + h_t W$$
#
# It is DRAW without windows and without a latent vector, and with one plain memory in place of two
# LSTMs. Everything that makes the backward pass of DRAW long is in it.


# %%
def film(h_0, canvas_0, U, V, W, *, x, T):
    """T steps; the cache holds every h, and what each step saw."""
    h, canvas, hs, ss, errs = h_0, canvas_0, [h_0], [], []
    for _ in range(T):
        s = sigmoid(canvas)
        err = x - s
        h = np.tanh(h @ U + err @ V)
        canvas = canvas + h @ W
        hs.append(h)
        ss.append(s)
        errs.append(err)
    return canvas, (np.array(hs), np.array(ss), np.array(errs), U, V, W)


# %% [markdown]
# Before you write its backward, name who uses what. Cover the right column and fill it in:
#
# | made by step $t$ | used by |
# |---|---|
# | `err` | `h`, through `V` |
# | `h` | the canvas, through `W`; and the next step's `h`, through `U` |
# | `canvas` | the next canvas, as it is; and the next step's `err`, through the sigmoid |
#
# Two values with two uses each: two sums in the backward loop. Two things are carried from step to
# step, so two gradients are carried back: `dh` and `dcanvas`. After the last step nothing uses `h`
# any more, so `dh` begins as zeros. `dcanvas` begins as the gradient that the loss gives.
#
# ### Exercise 2: the film, backward (9 lines)
#
# `dcanvas` is the gradient of the last canvas, `(n, P)`. Of the cache, `h` has the shape
# `(T + 1, n, H)`: `h[t]` is what step `t` was given, counted from 0, and `h[t + 1]` what it made.
# `s` and `err` have `(T, n, P)`. The derivative of tanh is one minus its square. Add up the
# weights' gradients step by step; here the products are small.


# %%
@exercise("12.film_backward")
def film_backward(dcanvas, cache):
    h, s, err, U, V, W = cache
    raise NotImplementedError
    return dh, dcanvas, dU, dV, dW


# %% [markdown]
# ## Let it paint
#
# Fifty digits, five steps, and your gradients: each weight goes a small step downhill, 300 times.
# The painter is told nothing but what the last canvas costs.

# %%
x = digits[:50].reshape(50, -1)
n, P, H, T = *x.shape, 32, 5
weights = {"h_0": np.zeros(H), "canvas_0": np.full(P, -2.0)}
for name, shape in {"U": (H, H), "V": (P, H), "W": (H, P)}.items():
    weights[name] = rng.standard_normal(shape) / np.sqrt(shape[0])
weights["W"] *= 0.1  # the first strokes are faint


def spread(weights, n):
    """The film's inputs: every image starts from the same h and the same canvas."""
    h_0, canvas_0, *others = weights.values()
    return np.tile(h_0, (n, 1)), np.tile(canvas_0, (n, 1)), *others


# %%
nats = []
for _ in range(300):
    canvas, cache = film(*spread(weights, n), x=x, T=T)
    nats.append((np.logaddexp(0, canvas) - x * canvas).sum() / n)  # eq 9, averaged over images
    dh_0, dcanvas_0, *others = film_backward((sigmoid(canvas) - x) / n, cache)
    gradients = dh_0.sum(axis=0), dcanvas_0.sum(axis=0), *others  # tiled forward, summed backward
    for name, gradient in zip(weights, gradients, strict=True):
        weights[name] = weights[name] - 0.03 * gradient
print(f"{nats[0]:.1f} -> {nats[-1]:.1f} nats per image")

# %% [markdown]
# **Predict.** It was trained for five steps. You let it paint for nine, two digits that it knows
# and one that it has never seen. What happens after the fifth step, and what does it make of the
# new digit?

# %%
shown = digits[[3, 5, 207]].reshape(3, -1)
stages = [film(*spread(weights, 3), x=shown, T=steps)[0] for steps in range(10)]
columns = [sigmoid(canvas).reshape(3 * 28, 28) for canvas in stages] + [shown.reshape(3 * 28, 28)]

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
picture(axes, np.hstack([np.pad(part, 1, constant_values=0.5) for part in columns]), low=0, high=1)
axes.set_xticks(15 + 30 * np.arange(11), ["start", *range(1, 10), "image"])
show(figure, "12.2")

# %% [markdown]
# It finishes the digits that it knows and then leaves them alone, because it sees that nothing is
# missing. It makes the new digit out of pieces of others. It goes on painting, because it sees that
# much is missing and knows nothing better. It was asked to copy fifty digits, and never asked what
# digits are like. That is what the latent vector and its price are for (lesson 10).
#
# ## DRAW, line by line
#
# Now DRAW. A step has five lines; below each stands what the backward pass does when it comes to
# it, from the last line to the first. `+=` means that something is there already: the second use.
#
# | step forward | the same line backward |
# |---|---|
# | 1. `glimpse = read(x, canvas, h_dec)` (3, 4) | `dcanvas +=`, `dh_dec +=` |
# | 2. `h_enc, c_enc = LSTM(glimpse, h_dec, h_enc, c_enc)` (5) | `dglimpse`, `dh_enc`, `dc_enc`, |
# | | `dh_dec +=` |
# | 3. `z, kl = latent(h_enc)` (1, 2, 6, 11) | `dh_enc +=` |
# | 4. `h_dec, c_dec = LSTM(z, h_dec, c_dec)` (7) | `dz`, `dh_dec`, `dc_dec` |
# | 5. `canvas = canvas + write(h_dec)` (8) | `dh_dec +=`; `dcanvas` stays as it is |
#
# Five things go from step to step, so five gradients are carried back. Find the five consumers of
# `h_dec` that you named in lesson 11: writing's two in line 5 of its own step; then, one step
# later, in lines 1, 2 and 4.
#
# **Predict.** Nothing follows the last step, so four of the five gradients are zero there. Which
# one isn't? And one gradient comes in at *every* step, not only at the last: which?
#
# ### Exercise 3: all of DRAW, forward (6 lines)
#
# Your `step` of lesson 11 goes one step; `draw_forward` goes all of them. `state` holds the learned
# first state, once for every image. `noise` has the shape `(T, n, Z)`. Return the cost of the last
# canvas, `nll`, from `bernoulli_cost(canvas, x=x)` (9), and the sum of all steps' prices, `kl`
# (11). Keep the caches of all steps in the list `caches`, and the cache of the cost in `cost`.
#
# `(*state, kl_t), cache = step(*state, x=x, noise=.., params=params, **sizes)` hands the five parts
# of the state to `step` and takes the new ones back.


# %%
@exercise("12.draw_forward")
def draw_forward(params, *, x, noise, read_size, write_size):
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    sizes = {"read_size": read_size, "write_size": write_size}
    state = [np.repeat(params[name][None], len(x), axis=0) for name in starts]
    raise NotImplementedError
    return (nll, kl), (caches, cost)


# %% [markdown]
# ### Exercise 4: and back (9 lines)
#
# `dout` is the pair `dnll, dkl`, each of shape `(n,)`. Go through the caches from the last to the
# first. `step_backward((*dstate, dkl), cache)` returns eleven arrays: the first five are the next
# `dstate`; collect the other six.
#
# When the loop is done, the five gradients of the first state are summed over the images, because
# all images start from the same one. For each linear layer, put the inputs of all steps into one
# array `(T, n, I)`, its output gradients into one array `(T, n, O)`, and let your
# `stacked_backward` do the rest. A step's cache begins with the dict of the inputs, by name. Return
# a dict of gradients with the names of the weights, such as `"canvas_0"` and `"encoder.W"`.


# %%
@exercise("12.draw_backward")
def draw_backward(dout, cache):
    dnll, dkl = dout
    caches, cost = cache
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    names = "read_window", "encoder", "latent", "decoder", "patch", "write_window"
    raise NotImplementedError
    return grads


# %% [markdown]
# Costs and gradients of the network of figure 12.1, this time by your functions:

# %%
sizes = {"read_size": config.read_size, "write_size": config.write_size}
x = batch.images
(nll, kl), cache = draw_forward(params, x=x, noise=noise[: config.glimpses], **sizes)
grads = draw_backward((np.ones(len(x)), np.ones(len(x))), cache)
print(f"{(nll + kl).sum():.6f} nats; the package says {loss():.6f}")
np.testing.assert_allclose(joined(grads), measured, atol=1e-7)
print(f"all {len(measured)} gradients agree with the finite differences")

# %% [markdown]
# ## Leave one out
#
# Figure 12.1 showed every gradient right. Here are three loops with a path left out, checked in the
# same way, each with films of one step and of three. The **error** of a weight's gradient is its
# largest difference over its largest measured entry.
#
# **Predict.** The first loop forgets that the canvas is looked at. For which weights does that
# spoil the gradient if $T = 1$? And if $T = 3$?


# %%
def blind(dout, cache):
    dcanvas, dtheta = layers.read_attention_backward(dout, cache)
    return 0 * dcanvas, dtheta


def forgetful(dout, cache, *, out=None):
    da, dc_prev = layers.lstm_gates_backward(dout, cache, out=out)
    return da, 0 * dc_prev


def errors(T, **changed):
    """Error of every weight's gradient, with some function of `layers` changed."""
    short, ops = replace(config, glimpses=T), SimpleNamespace(**{**vars(layers), **changed})
    _, grads = draw.loss_and_grads(params, batch, noise[:T], short, ops)
    rows = {w: gradcheck.numeric_gradient(lambda: loss(short), params[w]) for w in params}
    return [gradcheck.compare(rows[w], grads[w])[2] for w in params]


# %%
loops = {
    "the canvas isn't looked at": {"read_attention_backward": blind},
    "the cells hand nothing back": {"lstm_gates_backward": forgetful},
    "the latent vector is free": {"latent_backward": free},
}
found = {words: (errors(1, **changed), errors(3, **changed)) for words, changed in loops.items()}

# %% jupyter={"source_hidden": true}
figure, places = panels(3, height=4.6)
for axes, (words, (one, three)) in zip(places, found.items(), strict=True):
    rows = range(len(params))
    axes.semilogx(np.maximum(one, 1e-12), rows, "o", mfc="none", ms=9, color=BLUE, label="T = 1")
    axes.semilogx(np.maximum(three, 1e-12), rows, "x", color=VERMILION, label="T = 3")
    axes.axvline(gradcheck.MODEL_LIMIT, color="0.6", linestyle=":")
    axes.set_yticks(rows, params if axes is places[0] else [], fontsize=9)
    axes.set_title(words, fontsize=11)
    plain(axes, xlabel="error", xlim=(1e-13, 20))
places[2].legend(loc="lower left", edgecolor="black")
show(figure, "12.3")

# %% [markdown]
# Left: forgetting to look at the canvas spoils one gradient at $T = 1$: that of the first canvas,
# whose values are learned as well. The others come to the loss without passing a later look. At
# $T = 3$ everything is wrong, but by little: by some hundredths at most, and for encoder and latent
# layer by some ten-thousandths. Such a network trains.
#
# Middle: at $T = 1$ only the two first cells `c_0` are wrong. They get nothing, so the error is 1.
# At $T = 3$ everything is wrong: LSTMs and read window by a third, but latent layer, patch and
# write window by three thousandths.
#
# Right: the price is charged at every step, so what lies before a latent vector is wrong at $T = 1$
# already, and nearly all of it by its own size. What lies behind it joins at $T = 3$.
#
# That is why a check needs more than one step, and a limit far below a thousandth.
#
# ## A million weights
#
# At its real size the network has too many weights to wiggle one by one. But you may wiggle all
# of them at once: along a random direction $v$. The loss then changes at the rate $g \cdot v$, the
# sum over all weights of gradient times direction. Here are the weights that come with the package,
# trained on black and white digits: 32 steps, 256 units.

# %%
bundled = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
size, trained = bundled.config_, {k: v.astype(np.float64) for k, v in bundled.params_.items()}
one = Batch(np.round(digits[3:4]))
draws = rng.standard_normal(draw.noise_shape(size, 1))
direction = {name: rng.standard_normal(value.shape) for name, value in trained.items()}


def cost_at(distance):
    moved = {name: value + distance * direction[name] for name, value in trained.items()}
    return draw.costs(moved, one, draws, size, layers)["total"].sum()


# %%
wishes = []  # the gradient of every canvas, last one first


def listening(dout, cache):
    wishes.append(-dout[0, 0])
    return layers.write_attention_backward(dout, cache)


ears = SimpleNamespace(**{**vars(layers), "write_attention_backward": listening})
_, grads = draw.loss_and_grads(trained, one, draws, size, ears)
rate = sum((grads[name] * direction[name]).sum() for name in trained)
print(f"{sum(value.size for value in trained.values()):,} weights")
print(f"gradient times direction {rate:.6f}")
print(f"finite difference        {(cost_at(1e-6) - cost_at(-1e-6)) / 2e-6:.6f}")
np.testing.assert_allclose(rate, (cost_at(1e-6) - cost_at(-1e-6)) / 2e-6, rtol=1e-4)

# %% [markdown]
# One number checks a million gradients: if a single path is missing, the number is wrong, though it
# doesn't say which path. So check every entry at toy size, and one direction at real size.
#
# ## What the loss wishes of every canvas
#
# On the way back, minus `dcanvas` is what the loss wishes of the canvas at that step: lighter here,
# darker there. The cell above has listened at the place where writing takes it.
#
# **Predict.** The first canvas is 32 steps away from the loss. Has its wish faded, as in
# $0.7^{32}$?

# %%
film_of = draw.reconstruct(trained, one, draws, size, layers)
shown = [0, 4, 8, 12, 16, 20, 24, 28, 31]
upper = [sigmoid(film_of.canvas[t + 1][0, 0]) for t in shown]
lower = [0.5 + 0.5 * wishes[::-1][t] for t in shown]

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
rows = [np.hstack([np.pad(tile, 1, constant_values=0.5) for tile in row]) for row in (upper, lower)]
picture(axes, np.vstack(rows), low=0, high=1)
axes.set_xticks(14.5 + 30 * np.arange(len(shown)), [t + 1 for t in shown])
axes.set_yticks([14.5, 44.5], ["canvas", "wish"])
show(figure, "12.4")
sizes = [float(np.linalg.norm(wish)) for wish in (wishes[-1], wishes[0])]
print(f"length of the first wish {sizes[0]:.3f}, of the last {sizes[1]:.3f}")

# %% [markdown]
# It hasn't faded: DRAW is of the second kind. The additions of (8) pass the wish back unchanged to
# every step, and what looking adds to it changes it little. So the first stroke is told as clearly
# as the last what it did to the picture. The same additions carry a gradient through the cell of an
# LSTM (lesson 09).
#
# ## Where it lives
#
# `run_steps` and `run_steps_backward` in `minidraw/models/draw/network.py`: the heart of the
# package. Your `stacked_backward` is `linear_backward_weights` there, called once for each layer by
# `_weight_gradients`. Here is the package's backward loop. Some of it differs from yours:
#
# * `ops` is where the layers come from, `minidraw.layers` or the compiled ones;
# * `back` is the input's gradient of a linear layer, and `at` says which columns of that input are
#   `h_enc`, which `glimpse`, which `h_dec`;
# * `out=` is a place that the result is written into. What the function returns as well isn't
#   needed a second time, and goes to `_`;
# * `dread += dcanvas` changes `dread` in place. It may: the array was made just before, and nothing
#   else uses it.

# %%
source = inspect.getsource(network.run_steps_backward)
print(source[source.index("    for t in reversed") : source.index("    dstarts =")])

# %%
inputs = [rng.standard_normal(shape) for shape in ((3, 7), (3, 11), (7, 7), (11, 7), (7, 11))]
picture_rows = rng.random((3, 11))
last, cache = film(*inputs, x=picture_rows, T=5)
theirs, their_cache = lesson_12.film(*inputs, x=picture_rows, T=5)
np.testing.assert_allclose(last, theirs)  # the film above is the one that the check uses
dlast = rng.standard_normal(last.shape)
for ours, other in zip(
    film_backward(dlast, cache), lesson_12.film_backward(dlast, their_cache), strict=True
):
    np.testing.assert_allclose(ours, other)
rows, drows = rng.standard_normal((5, 3, 7)), rng.standard_normal((5, 3, 11))
for ours, other in zip(
    stacked_backward(drows, (rows,)),
    minidraw.layers.linear_backward_weights(drows.reshape(15, 11), rows.reshape(15, 7)),
    strict=True,
):
    np.testing.assert_allclose(ours, other)
print("film and stacked product agree with the package")

# %% [markdown]
# ## In practice
#
# * `minidraw gradcheck` makes figure 12.1's comparison for every layer and for four small DRAWs,
#   with and without windows, grey and in colour.
# * The check's weights are random, biases too. A bias of zero hides mistakes: what is multiplied by
#   it can be anything.
# * All that the backward pass needs of the forward pass is kept, for every step: memory grows with
#   $T$. What is cheap may be made again instead. The package keeps each step's filterbanks, and
#   makes the window that they came from anew.
# * Never carry `h`, `c` or the canvas over into the next batch. Every film starts from the learned
#   first canvas and memories, and their gradients are what `dcanvas`, `dh` and `dc` hold when the
#   loop is done, summed over the images.
#
# ## What is next
#
# You have the costs and gradients of the whole network. What is left is to go downhill. Lesson 13
# does it with Adam, on the functions that you have written.
