# %% [markdown]
# # 12 T steps, there and back
#
# **You'll do:** four exercises, twenty-seven lines in all: the gradient of weights that are used at
# every step, the backward pass of a small painter, and then all of DRAW, forward and backward.
#
# **You'll learn:** what the backward pass carries from step to step, why weights get their gradient
# in one product, and how to check a network with a million weights.
#
# **You'll need:** lesson 09 (through time) and lesson 11 (one step of DRAW). 125 minutes in two
# parts: 60 for part 1 (a small painter) and 65 for part 2 (DRAW itself).
#
# | paper | here | |
# |---|---|---|
# | $T$ | `T` | number of steps |
# | $c_t$ | `canvas` | what has been painted so far, in logits |
# | $\hat x_t$ | `err` | error image: the image minus the sigmoid of the canvas |
# | $h_t$ | `h` | what the network remembers, `(n, H)` |
# | | `dcanvas`, `dh` | gradients of the loss for the current `canvas` and `h` |
# | | `P` | number of pixels of an image; its pixels stand in one row |

# %%
import inspect
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

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
digits = as_float(minidraw.load("digits").train.images, np.float64)
rng = np.random.default_rng(12)

# %% [markdown]
# ## The goal
#
# Here is all of DRAW, only small: images of 5 x 4 pixels, three steps, two images. Each dot is one
# weight. Horizontal: the size of the weight's gradient, measured by finite differences. Vertical:
# the same, computed by one backward pass through all steps. In the right picture, one line of the
# backward pass is missing. By the end of this lesson you will know all of these lines, and will be
# able to see in such a picture that one is missing.

# %%
_, model, params, batch, noise, config = gradcheck.model_cases(np.random.default_rng(12))[0]


def loss(config=config):
    """Return the sum of both images' costs in nats, with the current `params`."""
    return draw.costs(params, batch, noise[: config.glimpses], config, layers)["total"].sum()


def joined(gradients):
    return np.concatenate([np.ravel(gradients[name]) for name in params])


def free(dout, cache):
    """`latent_backward` without the gradient of the latent cost."""
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
# In lesson 11 you went one step forward and backward. Now there are $T$ such steps. Only two things
# are added, and you know both from lesson 09.
#
# * **Whatever a step passes on to the next step comes back as a gradient.** The backward pass
#   starts after the last step. At each point between two steps it holds one gradient for each value
#   that was passed on there.
# * **All steps use the same weights.** A value that is used several times gets the sum of the
#   gradients.
#
# The whole network is easy to follow once you have done a small one. So we start with one pixel and
# one weight, go on to a painter with a memory, and end with DRAW.
#
# ## One pixel, one weight
#
# A painter has a canvas of one pixel. At each step it looks at what is still missing, the error of
# (3), and adds $w$ times this error to the canvas, as in (8):
#
# $$\hat x_t = x - \mathrm{sigmoid}(c_{t-1}) \qquad (3) \qquad\qquad
# c_t = c_{t-1} + w\,\hat x_t$$
#
# The cost of the last canvas is that of lesson 03, so its slope is $\mathrm{sigmoid}(c_T) - x$.
# From there we go backward. The canvas $c_{t-1}$ is used twice. It is **carried on**, with slope 1.
# And it is **looked at**, with slope $-w\,s(1 - s)$, where $s = \mathrm{sigmoid}(c_{t-1})$.


# %%
def one_pixel(w, canvas, x=0.9, T=3):
    """Return the cost of the last canvas, that canvas, and what each step saw."""
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
print(f"dw:     {dw:.8f}, finite difference {slope_w:.8f}")
print(f"dstart: {dstart:.8f}, finite difference {slope_start:.8f}")
np.testing.assert_allclose([dw, dstart], [slope_w, slope_start], rtol=1e-6)

# %% [markdown]
# **Predict.** In lesson 09, $h_t = w\,h_{t-1}$ multiplied the gradient by $w$ at every step back.
# With $w = 0.7$, only $0.7^{32}$ of it would be left after 32 steps: about a hundred-thousandth.
# How much of `dcanvas` is left after 32 steps here, with the same $w$? Look at the line that
# changes `dcanvas` before you run the cell.

# %%
_, last, seen = one_pixel(w, start, T=32)
dcanvas = sigmoid(last) - 0.9
factors = [1 - w * s * (1 - s) for s in seen]
print(f"0.7^32 is {0.7**32:.6f}; here {np.prod(factors):.6f} is left")
print("factors of the first and the last step:", factors[0].round(3), factors[-1].round(3))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Each factor is 1, from carrying the canvas on, minus something smaller, from looking at it. Here
# the second part is about a tenth: the painter corrects a part of its error at every step. After 32
# steps nearly all of the error is gone, so the start hardly matters in the end. And DRAW? You will
# measure it at the end of this lesson.
#
# </details>
#
# ## The same weights T times
#
# In `one_pixel_backward`, `dw` was summed step by step. For a layer with weights $W$, inputs $x_t$
# and outputs $x_t W + b$, step $t$ contributes $x_t^T\,dout_t$ (lesson 02), and the gradient is the
# sum over all steps. This works, but it takes $T$ small products, and each of them reads and writes
# a whole matrix.
#
# Now $x_t^T\,dout_t$ is itself a sum, over the images of the batch. In a sum it doesn't matter
# which row came from which step. Here are two steps of a layer with one input and one output:

# %%
x_steps = np.array([[1.0, 2, 3], [4, 5, 6]])  # (T, n): two steps of three images
dout_steps = np.array([[1.0, 0, 2], [0, 1, 1]])
print("step by step:", x_steps[0] @ dout_steps[0] + x_steps[1] @ dout_steps[1])
print("in one:      ", x_steps.ravel() @ dout_steps.ravel())

# %% [markdown]
# ### Exercise 1: a layer used at every step (3 lines)
#
# `dout` has the shape `(T, n, O)`, and `x` from the cache has the shape `(T, n, I)`. Return `dW`,
# shape `(I, O)`, and `db`, shape `(O,)`, without a loop.


# %%
@exercise("12.stacked_backward")
def stacked_backward(dout, cache):
    (x,) = cache
    raise NotImplementedError
    return dW, db


# %% [markdown]
# Stuck? Run `hint("12.stacked_backward")`, and again for the next step.
#
# One call instead of `T` is shorter, and simpler to test. It can also save time. Here is a layer of
# DRAW's size, with 32 steps of 50 images:

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
# One product doesn't have to read and write the whole `dW` at every step. In two runs on the same
# computer, one product was 1.1 and 1.7 times as fast. The difference comes from whatever else the
# computer was doing.
#
# ## A painter with a memory
#
# Now a small painter of whole images. Each image is a row of `P` pixels. Besides the canvas, a
# memory $h$ is passed from step to step:
#
# $$\hat x_t = x - \mathrm{sigmoid}(c_{t-1}), \qquad
# h_t = \tanh(h_{t-1} U + \hat x_t V), \qquad
# c_t = c_{t-1} + h_t W$$
#
# This is DRAW without windows and without a latent vector, and with one plain memory instead of two
# LSTMs. It contains everything that makes DRAW's backward pass long. The function is called `film`
# because it paints a sequence of canvases.


# %%
def film(h_0, canvas_0, U, V, W, *, x, T):
    """Paint T steps; the cache holds every h and what each step saw."""
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
# Before you write its backward pass, list who uses what. Cover the right column and fill it in
# yourself:
#
# | made by step $t$ | used by |
# |---|---|
# | `err` | `h`, through `V` |
# | `h` | the canvas, through `W`; and the next step's `h`, through `U` |
# | `canvas` | the next canvas, unchanged; and the next step's `err`, through the sigmoid |
#
# Two values have two uses each, so the backward loop contains two sums. Two values are carried from
# step to step, so two gradients are carried back: `dh` and `dcanvas`. After the last step nothing
# uses `h` any more, so `dh` starts as zeros. `dcanvas` starts as the gradient that comes from the
# loss.
#
# ### Exercise 2: the film, backward (9 lines)
#
# `dcanvas` is the gradient of the last canvas, `(n, P)`. In the cache, `h` has the shape `(T + 1,
# n, H)`. Counting from 0, step `t` was given `h[t]` and made `h[t + 1]`. `s` and `err` have the
# shape `(T, n, P)`. The derivative of tanh is one minus its square. Return the gradients of `h_0`
# and `canvas_0`, each per image, and of `U`, `V` and `W`. Sum the gradients of the weights step by
# step; the products are small here.


# %%
@exercise("12.film_backward")
def film_backward(dcanvas, cache):
    h, s, err, U, V, W = cache
    raise NotImplementedError
    return dh, dcanvas, dU, dV, dW


# %% [markdown]
# ## Let it paint
#
# We train on fifty digits, with five steps per image and your gradients. Each weight takes 300
# small steps downhill. The only thing that the painter is told is the cost of its last canvas.

# %%
x = digits[:50].reshape(50, -1)
n, P, H, T = *x.shape, 32, 5
at_start = {"h_0": np.zeros(H), "canvas_0": np.full(P, -2.0)}
for name, shape in {"U": (H, H), "V": (P, H), "W": (H, P)}.items():
    at_start[name] = rng.standard_normal(shape) / np.sqrt(shape[0])
at_start["W"] *= 0.1  # the first strokes are faint


def spread(weights, n):
    """Return the inputs of `film`: all images start from the same h and canvas."""
    h_0, canvas_0, *others = weights.values()
    return np.tile(h_0, (n, 1)), np.tile(canvas_0, (n, 1)), *others


# %%
nats, weights = [], dict(at_start)
for _ in range(300):
    canvas, cache = film(*spread(weights, n), x=x, T=T)
    nats.append((np.logaddexp(0, canvas) - x * canvas).sum() / n)  # eq 9, averaged over images
    dh_0, dcanvas_0, *others = film_backward((sigmoid(canvas) - x) / n, cache)
    gradients = dh_0.sum(axis=0), dcanvas_0.sum(axis=0), *others  # tiled forward, summed backward
    for name, gradient in zip(weights, gradients, strict=True):
        weights[name] = weights[name] - 0.03 * gradient
print(f"{nats[0]:.1f} -> {nats[-1]:.1f} nats per image (grey levels)")

# %% [markdown]
# **Predict.** It was trained for five steps. Now let it paint for nine: two digits that it knows,
# and one that it has never seen. What happens after the fifth step, and what does it do with the
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
# <details><summary>What you saw</summary>
#
# It finishes the digits that it knows and then leaves them alone, because it sees that nothing is
# missing. It puts the new digit together from pieces of others. After the fifth step it still sees
# that a lot is missing, so it continues to paint, but with nothing useful to add. It was trained to
# copy fifty digits, not to know what digits look like in general. That is what the latent vector
# and its cost are for (lesson 10).
#
# </details>
#
# ## Part 2: DRAW, line by line
#
# This is a good place for a break. When you come back, run the notebook from the top. Your answers
# to exercises 1 and 2 are saved in `mine.py`, and their cells still contain them. From part 1 you
# need `stacked_backward` and one idea: for each value that is carried from step to step, a gradient
# is carried back. From lesson 11 you need the five parts of the state and the five users of
# `h_dec`.
#
# A step of DRAW has five lines. The table shows each line, and next to it what the backward pass
# does there. The backward pass reads the table from the bottom to the top. `+=` means that a
# gradient is already there, because the value has a second use.
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
# Five values are passed from step to step, so five gradients are carried back. Find the five users
# of `h_dec` in the table: patch and write window are in line 5 of the step that makes it, and the
# other three are in lines 1, 2 and 4 of the next step.
#
# **Predict.** The gradient of the image cost enters at the last step only, as `dcanvas`. Which
# gradient enters at *every* step?
#
# <details><summary>Answer</summary>
#
# `dkl`: every step draws its own $z_t$ and pays for it.
#
# </details>
#
# ### Exercise 3: all of DRAW, forward (6 lines)
#
# Your `step` of lesson 11 goes one step, and `draw_forward` goes all of them. `state` holds the
# learned initial state, repeated for every image. `noise` has the shape `(T, n, Z)`. Return two
# costs per image: `nll`, the cost of the last canvas from `bernoulli_cost(canvas, x=x)` (9), and
# `kl`, the sum of the latent costs of all steps (11). Keep the steps' caches in the list `caches`,
# and the cache of the cost in `cost`.
#
# The call `(*state, kl_t), cache = step(*state, x=x, noise=.., params=params, **sizes)` passes the
# five parts of the state to `step` and receives the new ones.


# %%
@exercise("12.draw_forward")
def draw_forward(params, *, x, noise, read_size, write_size):
    starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
    sizes = {"read_size": read_size, "write_size": write_size}
    state = [np.repeat(params[name][None], len(x), axis=0) for name in starts]
    raise NotImplementedError
    return (nll, kl), (caches, cost)


# %% [markdown]
# ### Exercise 4: all of DRAW, backward (9 lines)
#
# `dout` is the pair `dnll, dkl`, each of shape `(n,)`. Start with `dstate`: the gradient of the
# last canvas from `bernoulli_cost_backward(dnll, cost)`, and zeros, `(n, H)`, for the other four
# parts. (Each cache holds `h_enc`, the input of the latent layer, which has this shape.) Go through
# the caches from the last to the first. For each of them, `step_backward((*dstate, dkl),
# step_cache)` returns eleven arrays. The first five are the next `dstate`. Collect the other six.
#
# After the loop, sum the five gradients of the initial state over the images, because all images
# start from the same state. For each linear layer, stack the inputs of all steps into one array
# `(T, n, I)` and the output gradients into one array `(T, n, O)`. Your `stacked_backward` does the
# rest. The first entry of a step's cache is the dict of the inputs, by name. Return a dict of
# gradients, with the same keys as `params`, such as `"canvas_0"` and `"encoder.W"`.


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
# Here are the costs and gradients of the network of figure 12.1, this time with your functions:

# %%
sizes = {"read_size": config.read_size, "write_size": config.write_size}
both = np.ones(len(batch.images))
(nll, kl), caches = draw_forward(params, x=batch.images, noise=noise[: config.glimpses], **sizes)
grads = draw_backward((both, both), caches)
print(f"{(nll + kl).sum():.6f} nats; the package says {loss():.6f}")
np.testing.assert_allclose(joined(grads), measured, atol=1e-7)
print(f"all {len(measured)} gradients agree with the finite differences")

# %% [markdown]
# ## Leave one path out
#
# On the left of figure 12.1 all gradients are right. Now we leave out one path at a time. We try
# three paths, each with one step and with three. The **error** of a weight's gradient is its
# largest difference from the measured gradient, divided by the largest measured entry.
#
# **Predict.** The first backward pass forgets that the canvas is looked at. Which gradients does
# this spoil if $T = 1$? And if $T = 3$?


# %%
def blind(dout, cache):
    dcanvas, dtheta = layers.read_attention_backward(dout, cache)
    return 0 * dcanvas, dtheta


def forgetful(dout, cache, *, out=None):
    da, dc_prev = layers.lstm_gates_backward(dout, cache, out=out)
    return da, 0 * dc_prev


def errors(T, **changed):
    """Return the error of every weight's gradient, with changed functions in `layers`."""
    short, ops = replace(config, glimpses=T), SimpleNamespace(**{**vars(layers), **changed})
    _, grads = draw.loss_and_grads(params, batch, noise[:T], short, ops)
    rows = {w: gradcheck.numeric_gradient(lambda: loss(short), params[w]) for w in params}
    return [gradcheck.compare(rows[w], grads[w])[2] for w in params]


# %%
loops = {
    "the canvas isn't looked at": {"read_attention_backward": blind},
    "no gradient through the cells": {"lstm_gates_backward": forgetful},
    "no gradient of the latent cost": {"latent_backward": free},
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
# <details><summary>What you saw</summary>
#
# | path left out | wrong at $T = 1$ | wrong at $T = 3$ |
# |---|---|---|
# | the look at the canvas | only the first canvas, which is learned too | all |
# | through the cells | only the two initial cells `c_0`: no gradient, so the error is 1 | all |
# | from the latent cost | all that comes before $z$, mostly with an error of 1 | all |
#
# At $T = 1$ no look follows a stroke, so all weights but the first canvas are right. Where the
# error is 1, nearly the whole gradient comes through the forgotten path. At $T = 3$ the errors
# differ a lot in size:
#
# | path left out | largest errors at $T = 3$ | smallest errors at $T = 3$ |
# |---|---|---|
# | the look at the canvas | a few hundredths | ten-thousandths: encoder, latent layer |
# | through the cells | 1: `c_0`; a third: LSTMs, read window | thousandths: latent, patch, write |
#
# </details>
#
# So a check needs more than one step, and a limit far below a ten-thousandth.
#
# ## A million weights
#
# At its real size the network has too many weights to change them one by one. But you can change
# all of them at once, along a random direction $v$. The loss then changes at the rate $g \cdot v$:
# the sum over all weights of gradient times direction. Here are the bundled weights, trained on
# black and white digits with 32 steps and 256 units.

# %%
bundled = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
size, trained = bundled.config_, {k: v.astype(np.float64) for k, v in bundled.params_.items()}
single = Batch(np.round(digits[3:4]))
draws = rng.standard_normal(draw.noise_shape(size, 1))
direction = {name: rng.standard_normal(value.shape) for name, value in trained.items()}


def cost_at(distance):
    moved = {name: value + distance * direction[name] for name, value in trained.items()}
    return draw.costs(moved, single, draws, size, layers)["total"].sum()


# %%
negatives = []  # the negative gradient of every canvas, the last one first


def write_backward_recorded(dout, cache):
    negatives.append(-dout[0, 0])
    return layers.write_attention_backward(dout, cache)


recording = SimpleNamespace(**{**vars(layers), "write_attention_backward": write_backward_recorded})
_, grads = draw.loss_and_grads(trained, single, draws, size, recording)
rate = sum((grads[name] * direction[name]).sum() for name in trained)
print(f"{sum(value.size for value in trained.values()):,} weights")
print(f"gradient times direction {rate:.6f}")
print(f"finite difference        {(cost_at(1e-6) - cost_at(-1e-6)) / 2e-6:.6f}")
np.testing.assert_allclose(rate, (cost_at(1e-6) - cost_at(-1e-6)) / 2e-6, rtol=1e-4)

# %% [markdown]
# One number checks a million gradients. A missing path nearly always changes it. By how much is a
# matter of chance, and the number doesn't tell you which path it is. So check every entry at a
# small size, and one random direction at the real size.
#
# ## The gradient of every canvas
#
# On the way back, `-dcanvas` is the negative gradient of the canvas at that step: where it is
# positive, a lighter pixel would lower the loss. The cell above has recorded it at each step, at
# the place where `write_attention_backward` receives it.
#
# **Predict.** Between the first stroke and the last one lie 31 steps. By how many percent do the
# norms of the canvas's gradient at these two strokes differ?

# %%
film_of = draw.reconstruct(trained, single, draws, size, layers)
at_steps = [0, 4, 8, 12, 16, 20, 24, 28, 31]
upper = [sigmoid(film_of.canvas[t + 1][0, 0]) for t in at_steps]
lower = [0.5 + 0.5 * negatives[::-1][t] for t in at_steps]

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
rows = [np.hstack([np.pad(tile, 1, constant_values=0.5) for tile in row]) for row in (upper, lower)]
picture(axes, np.vstack(rows), low=0, high=1)
axes.set_xticks(14.5 + 30 * np.arange(len(at_steps)), [t + 1 for t in at_steps])
axes.set_yticks([14.5, 44.5], ["canvas", "-gradient"])
show(figure, "12.4")
norms = [float(np.linalg.norm(part)) for part in (negatives[-1], negatives[0])]
print(f"norm of the gradient after the first stroke {norms[0]:.3f}, after the last {norms[1]:.3f}")
print(f"they differ by {abs(norms[0] / norms[1] - 1):.1%}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The gradient hasn't faded. The sums of (8) pass it back to every step unchanged, and looking
# changes it only a little. So the first stroke gets as clear a gradient as the last one. In the
# same way, a sum carries a gradient through the cell of an LSTM (lesson 09).
#
# </details>
#
# ## Where it lives
#
# `run_steps` and `run_steps_backward` in `minidraw/models/draw/network.py` are the heart of the
# package. Your `stacked_backward` is called `linear_backward_weights` there, and
# `_weight_gradients` calls it once for each layer. Below is the package's backward loop. A few
# things look different from yours:
#
# * `ops` is the module that the layers come from: `minidraw.layers`, or the compiled
#   `minidraw.kernels`.
# * `tape.steps[t]` holds the caches of step `t`. `dkl` is the gradient of each image's `kl`.
# * `back` computes the gradient of a linear layer's input. `at` says which columns of that input
#   are `h_enc`, which are `glimpse` and which are `h_dec`.
# * `out=` names the place where a function writes its result. The result is also returned, but it
#   isn't needed a second time, so it goes to `_`.
# * `dread` is the gradient that reaches the canvas through the look. (In lesson 11 this name stood
#   for the gradient of the read window's output.) `dread += dcanvas` changes it in place. That is
#   safe, because the array was made just before and nothing else uses it.

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
# * `minidraw gradcheck` makes the comparison of figure 12.1 for every layer and for several small
#   DRAWs, with and without windows, grey and in colour.
# * Give the weights of a check random values, and the biases too. A bias of zero hides mistakes,
#   because whatever is multiplied by it can be wrong.
# * The backward pass needs values from every step of the forward pass, so memory grows with $T$.
#   Whatever is cheap can be computed again instead. The package keeps `theta` and the two filter
#   matrices of each step, and computes everything else about the window again.
# * Never carry `h`, `c` or the canvas over into the next batch. Every batch starts from the learned
#   initial state. The gradients of that state are what `dcanvas`, `dh` and `dc` hold after the
#   loop, summed over the images.
# * One more exercise, without hints: `painter` in [OPEN.md](OPEN.md).
#
# ## Recap
#
# * Each value that goes from step to step brings a gradient back. DRAW has five of them: the
#   canvas, and `h` and `c` of both LSTMs.
# * Weights that are used at all steps get the sum of all steps' gradients. Stack the steps and it
#   is one product: $X^T\,dOut$, with $T n$ rows.
# * The canvas is carried on by a sum, so its gradient reaches the first step almost unchanged.
# * Check every entry of a small network, with more than one step. Check one random direction of a
#   large one: $g \cdot v$ against a finite difference.
#
# ## Three questions
#
# 1. Why does `dh` start as zeros in the backward pass, while `dcanvas` doesn't?
#
#    <details><summary>Answer</summary>
#
#    The loss uses the last canvas, but nothing uses the last h.
#
#    </details>
#
# 2. A gradient check with T = 1 passes for all weights, but with T = 3 it fails. Where do you look?
#
#    <details><summary>Answer</summary>
#
#    At everything that one step passes to the next: `dcanvas`, `dh` and `dc`. With one step these
#    gradients are zero or reach only the initial state.
#
#    </details>
#
# 3. A directional check gives 3.7 from the gradient and 3.9 from the finite difference. Can
#    rounding explain that?
#
#    <details><summary>Answer</summary>
#
#    No. Rounding changes the sixth digit or a later one. A path is missing or wrong.
#
#    </details>
#
# ## What is next
#
# You have the costs and the gradients of the whole network. What remains is to go downhill. Lesson
# 13 does this with Adam, with the functions that you have written.
