# %% [markdown]
# # 18 Paint in colour, and two things at once
#
# **You'll do:** three exercises, seventeen lines in all: the gradient of a stroke that has a single
# colour; the least that a grey level can cost; two digits on one image.
#
# **You'll learn:** what changes in DRAW when an image has three channels, and what doesn't; what a
# figure in nats says about a colour picture, and what it can't say; and how a network that paints
# in steps shares these out between two things.
#
# **You'll need:** lessons 03, 06, 07 and 13. 45 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | $x$ | `x` | images, `(n, C, B, A)`; `C` is 3: red, green and blue, each from 0 to 1 |
# | $w_t$ | `patch` | what is written: `(n, C, K, K)`, or `(n, K, K)` with a pen |
# | | `colour` | a pen's colour: a number per channel, `(n, C)` |
# | $c_T$ | `logits` | the finished canvas, `(n, C, B, A)` |
# | $\mathcal{L}^x$ | `nll` | cost of the image: a `floor` that nobody can avoid, and an `excess` |
# | | `places` | row and column of a digit's upper left pixel |

# %%
import numpy as np
from threadpoolctl import threadpool_limits

import minidraw
from minidraw.pictures import films, sheets
from minidraw.datasets import as_float
from minidraw.datasets.sets.two_digits import compose_two_digits
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import (
    BLUE,
    GREEN,
    VERMILION,
    movie,
    panels,
    picture,
    plain,
    show,
)
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

layers = use_earlier("18")
threadpool_limits(1)  # on matrices this small, two threads get in each other's way
data = minidraw.load("digits")
digits = as_float(data.train.images[:, 0], np.float64)
rng = np.random.default_rng(18)

# %% [markdown]
# ## The goal
#
# A **hue** is a place on the circle of colours. Below, it is a number from 0 to 1: 0 is red, 1/3
# green, 2/3 blue, and 1 red again. Each channel is strongest at its own place on the circle. The
# left picture has a digit of hue 0.08, orange, and one of hue 0.6, blue. Beside it is the same
# picture as the network gets it.


# %%
def hue(h):
    """Levels of red, green and blue, (.., 3), of hues (..)."""
    return 0.5 + 0.5 * np.cos(2 * np.pi * (np.asarray(h)[..., None] - np.array([0, 1, 2]) / 3))


def coloured(axes, image, title=""):
    """A picture of three channels, (3, rows, columns)."""
    picture(axes, image.transpose(1, 2, 0), title)


orange, blue = (hue(h)[:, None, None] for h in (0.08, 0.6))
pair = np.concatenate([orange * digits[2], blue * digits[5]], axis=2)  # (3, 28, 56)

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=1.7)
coloured(axes[0], pair, "two digits")
for place, channel, name in zip(axes[1:], pair, ("red", "green", "blue"), strict=True):
    picture(place, channel, name, low=0, high=1)
show(figure, "18.1")

# %% [markdown]
# By the end of this lesson you have painted this picture in twelve strokes, you know what its
# figure in nats is worth, and a small network has learned to paint scenes of this kind, in a
# quarter of a minute.
#
# ## One window, three channels
#
# All that you wrote in lessons 06 and 07 had an axis `C`, of length 1. With three channels
#
# * there is still *one* window to read and one to write, and *one* pair of filterbanks for each:
#   $F_Y x F_X^T$ is taken of every channel with the same filters (27);
# * the patch has `C K K` numbers, a triple of red, green and blue at each of `K K` places (28);
# * the glimpse has twice as many, for the image and the error image.
#
# **Predict.** Of the weights of a network, which become three times as many, which don't change at
# all?

# %%
size = {"height": 24, "width": 24, "glimpses": 6, "hidden": 64, "latent": 8}
size |= {"read_size": 4, "write_size": 4}
grey, config = draw.Config(**size), draw.Config(**size, channels=3)
for name, shape in draw.param_shapes(config).items():
    before = draw.param_shapes(grey)[name]
    print(f"{name:15s} {before!s:14s} {'' if before == shape else shape}")
counts = [sum(map(np.prod, draw.param_shapes(c).values())) for c in (grey, config)]
print(f"in all {counts[0]} and {counts[1]}")

# %% [markdown]
# Three times as many: the layer that emits the patch, and the canvas to begin with. The encoder
# gets more inputs, by 64. The windows, the latent vector and the decoder don't change: five numbers
# say where to look, in colour or not.
#
# ## One window's gradient
#
# A value that is used several times adds its gradients. The filters are used by all channels:
#
# $$\frac{\partial L}{\partial F_X} = \sum_c \left(\frac{\partial L}{\partial F_X}\right)_{
# \text{of channel } c}$$
#
# and the same for $F_Y$ and $\gamma$. Each channel's patch is used by that channel alone. Here is
# the package's `write`, once with three channels and once with each of them by itself.

# %%
K, (C, B, A) = 5, pair.shape


def filters(theta):
    """Filterbanks of windows (n, 5), and the caches; their gamma isn't used here."""
    (x, y, stride, var, _), window_cache = layers.window(theta, height=B, width=A, K=K)
    F_y, cache_y = layers.filterbank(y, stride, var, K=K, A=B)
    F_x, cache_x = layers.filterbank(x, stride, var, K=K, A=A)
    return F_y, F_x, (window_cache, cache_y, cache_x)


theta, one = np.array([[0.1, -0.1, 0.5, -0.9, 0.0]]), np.ones(1)
F_y, F_x, (_, _, cache_x) = filters(theta)
patch, dout = rng.standard_normal((1, C, K, K)), rng.standard_normal((1, C, B, A))


# %%
def channel_by_channel(patch, dout):
    """The gradients of `write` that each channel alone would ask for."""
    found = []
    for c in range(C):
        _, cache = layers.write(patch[:, [c]], F_y, F_x, one)
        found.append(layers.write_backward(dout[:, [c]], cache))
    return zip(*found, strict=True)


dpatch, *together = layers.write_backward(dout, layers.write(patch, F_y, F_x, one)[1])
patches, *alone = channel_by_channel(patch, dout)
np.testing.assert_allclose(dpatch, np.concatenate(patches, axis=1))
for gradient, parts in zip(together, alone, strict=True):
    np.testing.assert_allclose(gradient, sum(parts))
print("the gradients of filters and gamma are sums over the channels, that of the patch isn't")

# %% [markdown]
# **Predict.** You write a white spot. A loss wants its red one pixel further right, its blue one
# pixel further left, its green as it is. Where does its gradient move the window? What else can it
# move?

# %%
spot = np.zeros((1, C, K, K))
spot[:, :, 2, 2] = 1  # in the middle of the patch, in all three channels
stroke, _ = layers.write(spot, F_y, F_x, one)
wanted = stroke.copy()
wanted[:, 0], wanted[:, 2] = np.roll(stroke[:, 0], 1, axis=2), np.roll(stroke[:, 2], -1, axis=2)
patches, _, by_filters, _ = channel_by_channel(spot, stroke - wanted)  # loss: half of its squares
dcenter = np.array([layers.filterbank_backward(dF_x, cache_x)[0][0] for dF_x in by_filters])
print("gradient of center_x: red {:.4f}, green {:.4f}, blue {:.4f}".format(*dcenter))
print(f"their sum {abs(dcenter.sum()):.4f}")
for name, dpatch in zip(("red", "blue"), patches[::2], strict=True):
    print(f"gradient of the patch's middle row, {name}: {dpatch[0, 0, 2].round(3)}")

# %% [markdown]
# The window's middle stays: red pulls as hard to the right as blue to the left (downhill is against
# the gradient). Its size, sigma and intensity can move, but for all channels alike, which is no
# help here. The patch can do it. Against its gradient, red grows right of the middle and shrinks
# in it, blue grows left of it. A window places a stroke; the patch gives it shape and colour.
#
# ## A pen
#
# A patch of triples may have another colour at each of its places. A pen has only one. Let us build
# a pen: one patch for the shape, one number per channel for the colour.
#
# $$\text{stroke}_c = \text{colour}_c \cdot F_Y^T\, w\, F_X$$
#
# That is no formula of the paper. A pen needs `K K + C` numbers instead of `C K K`: 28, where the
# patch of triples has 75. The colour's numbers are logits; they may be negative.


# %%
def pen(patch, colour, F_y, F_x):
    shape = F_y.mT @ patch @ F_x  # (n, B, A)
    return colour[:, :, None, None] * shape[:, None], (patch, colour, F_y, F_x)


small, colour = rng.standard_normal((1, K, K)), rng.standard_normal((1, C))
stroke, _ = pen(small, colour, F_y, F_x)
triples = colour[:, :, None, None] * small[:, None]  # the same, as a patch of triples
np.testing.assert_allclose(stroke, layers.write(triples, F_y, F_x, one)[0])

# %% [markdown]
# Backward, ask of each value who used it:
#
# * the **shape** was used by all channels, each time multiplied by a colour;
# * a **colour** was used at every pixel of its channel, each time multiplied by the shape;
# * **patch and filters** were used by the shape, and by nothing else. It is the product of three
#   matrices again.
#
# ### Exercise 1: the pen, backward (6 lines)
#
# `dstroke` is `(n, C, B, A)`. The cache holds what `pen` was given: `patch` is `(n, K, K)`,
# `colour` is `(n, C)`, `F_y` is `(n, K, B)` and `F_x` is `(n, K, A)`. The shape isn't in it.
# Use NumPy alone: an answer that calls `layers.write` isn't judged.


# %%
@exercise("18.pen_backward")
def pen_backward(dstroke, cache):
    patch, colour, F_y, F_x = cache
    raise NotImplementedError
    return dpatch, dcolour, dF_y, dF_x


# %% [markdown]
# Stuck? Run `hint("18.pen_backward")`, and again for the next step.
#
# ## Twelve strokes
#
# As in lesson 07: no network, a picture to copy, and gradient descent on strokes. The canvas starts
# dark, at logits of -4. There are twelve windows, from left to right. They write once with patches
# of triples and once with pens; all pens start white.

# %%
STROKES, BLANK = 12, -4.0


def copied(parts, rates, stroke, stroke_backward, *, steps=600):
    """Move strokes against the gradient of the canvas's cost; returns canvas, parts, windows."""
    theta = np.array([0, 0, 0.3, -1.6, 0]) + np.zeros((STROKES, 5))
    theta[:, 0] = np.linspace(-0.7, 0.7, STROKES)
    for _ in range(steps):
        F_y, F_x, caches = filters(theta)
        out, cache = stroke(*parts, F_y, F_x)
        canvas = BLANK + out.sum(axis=0, keepdims=True)
        _, cost_cache = layers.bernoulli_cost(canvas, x=pair[None])
        dcanvas = layers.bernoulli_cost_backward(one, cost_cache)
        dparts, dtheta = backward(
            stroke_backward(np.repeat(dcanvas, STROKES, axis=0), cache), caches
        )
        parts = [p - rate * d for p, rate, d in zip(parts, rates, dparts, strict=True)]
        theta = theta - 1e-4 * dtheta
    return canvas, parts, theta


# %%
def backward(gradients, caches):
    """From the gradients of a stroke: those of its own numbers, and of its window."""
    *dparts, dF_y, dF_x = gradients
    window_cache, cache_y, cache_x = caches
    dcenter_y, dstride_y, dvar_y = layers.filterbank_backward(dF_y, cache_y)
    dcenter_x, dstride_x, dvar_x = layers.filterbank_backward(dF_x, cache_x)
    dgamma = np.zeros(STROKES)
    dwindow = dcenter_x, dcenter_y, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
    return dparts, layers.window_backward(dwindow, window_cache)


def write(patch, F_y, F_x):
    return layers.write(patch, F_y, F_x, np.ones(STROKES))


def write_backward(dout, cache):
    return layers.write_backward(dout, cache)[:3]


# %% [markdown]
# **Predict.** Twelve patches of triples have 900 numbers, twelve pens 336. How much worse a copy do
# the pens make of the orange and the blue digit?

# %%
empty = np.zeros((STROKES, K, K))
by_triples, *_ = copied([np.zeros((STROKES, C, K, K))], [0.5], write, write_backward)
by_pens, (shapes, colours), pens = copied(
    [empty, np.ones((STROKES, C))], [0.5, 0.05], pen, pen_backward
)
sure = pair.clip(1e-9, 1 - 1e-9)[None]
canvases = {"the picture": np.log(sure / (1 - sure))}
canvases |= {"patches of triples": by_triples, "pens": by_pens}

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=2.1)
for place, (name, canvas) in zip(axes, canvases.items(), strict=True):
    (cost,), _ = layers.bernoulli_cost(canvas, x=pair[None])
    coloured(place, layers.sigmoid(canvas[0]), f"{name}: {cost:.0f} nats")
show(figure, "18.2")

# %% [markdown]
# They make it no worse. (That they come out a few nats lower means nothing: whatever pens can
# paint, patches of triples can. Neither descent has come to its end, and with other rates or more
# steps the order may turn round.) In this picture each place has one hue, so a pen that stays with
# one digit lacks nothing. Nobody told the pens which digit is theirs. Here is what each has found:

# %%
F_y, F_x, _ = filters(pens)
strokes, _ = pen(shapes, colours, F_y, F_x)

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, rows=3, height=4.3)
for place, stroke, numbers in zip(axes.ravel(), strokes, colours, strict=True):
    title = "red {:.1f}, green {:.1f}, blue {:.1f}".format(*numbers)
    coloured(place, (2 * stroke / strokes.max()).clip(0, 1), title)
show(figure, "18.3")

# %% [markdown]
# Seven pens have red as their largest number and paint on the 2, five have blue as theirs and paint
# on the 5. The seventh began between the two. Its colour is the least clear, and it paints a
# single spot.
#
# ## What a level costs at least
#
# The exact copy of figure 18.2 cost 394 nats. Where do they come from? The cost of a pixel's
# channel is that of a coin (9):
#
# $$-x \log p - (1 - x) \log (1 - p)$$
#
# A coin shows 0 or 1. A level of 0.5 is neither. What is done, in the paper too, is to take the
# level for the *mean* of a coin: the formula stays, and $x$ may lie between. As lesson 03 found,
# its slope by the logit is $p - x$. So it is lowest at $p = x$, for a network that knows the level
# exactly, and there it is
#
# $$-x \log x - (1 - x) \log (1 - x)$$
#
# This is the **binary entropy** of $x$. It is 0 for black and for white only. It is the *floor* of
# the cost. What a network pays above it is the *excess*.

# %%
level = np.linspace(0.001, 0.999, 400)
floor_curve = -level * np.log(level) - (1 - level) * np.log(1 - level)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
axes.plot(level, floor_curve, color="black", linewidth=2.5, label="floor: p is the level")
guesses = (0.5, BLUE, "--"), (0.8, GREEN, "-."), (0.95, VERMILION, ":")
for p, color, line in guesses:
    cost = -level * np.log(p) - (1 - level) * np.log(1 - p)
    axes.plot(level, cost, line, color=color, label=f"p = {p}")
    axes.plot(p, cost[np.abs(level - p).argmin()], "o", color=color)
plain(axes, xlabel="level of the pixel", ylabel="nats", ylim=(0, 2))
axes.legend(frameon=False)
show(figure, "18.4")

# %% [markdown]
# **Predict.** A digit without any grey, each of its pixels full or empty. It is painted white, then
# orange. A network knows all levels exactly. What does it pay in either case? Nothing?

# %%
ink = (digits[2] > 0.5) * 1.0
for name, tint in (("white", np.ones((3, 1, 1))), ("orange", orange), ("blue", blue)):
    sure = (tint * ink).clip(1e-12, 1 - 1e-12)[None]
    (cost,), _ = layers.bernoulli_cost(np.log(sure / (1 - sure)), x=sure)
    print(f"{name:6s} {cost:5.1f} nats, {cost / ink.sum():.2f} for each of {ink.sum():.0f} pixels")

# %% [markdown]
# White ink is free: all its channels are 1. Orange ink has levels in between, in every pixel, and
# costs about a nat each. That says nothing about the network. It is the price of the colour.
# (Lesson 16 met this floor at the grey edges of digits.)
#
# ### Exercise 2: the floor, and the excess (5 lines)
#
# `logits` and `x` are `(n, C, B, A)`. Return the least cost that any canvas could have for each
# image, and what this canvas costs above it; both `(n,)`, in nats per image. Levels may be exactly
# 0 or 1: there, $0 \log 0$ counts as 0. You may call `layers.bernoulli_cost(logits, x=x)`, which
# returns the cost and a cache.


# %%
@exercise("18.floor_and_excess")
def floor_and_excess(logits, *, x):
    raise NotImplementedError
    return floor, excess


# %% [markdown]
# Stuck? `hint("18.floor_and_excess")`. And the three canvases of figure 18.2:

# %%
for name, canvas in canvases.items():
    (floor,), (excess,) = floor_and_excess(canvas, x=pair[None])
    print(f"{name:18s} floor {floor:.1f}, excess {excess:6.2f} nats")

# %% [markdown]
# The floor is in the picture alone, the excess in the painting. Any difference between two networks
# on the same images is a difference of their excess. So the cost is a fine thing to *descend*, and
# to compare networks by, on the same images.
#
# ## What it can't measure
#
# In lesson 03 a cost was what it takes to tell someone an image. For levels it isn't. There are two
# reasons, and they pull in opposite directions.
#
# **It asks too much.** Take a set with one image, and a network that has it by heart. There is
# nothing left to tell, so the price should be 0 nats. The cost is the floor.
#
# **It asks too little.** Prices are $-\log$ of probabilities, and these sum to 1. So the sum of
# $e^{-\text{price}}$ over everything that could happen must be 1. A pixel of a picture file has 256
# levels, 0/255 to 255/255.
#
# **Predict.** The guess is $p = 0.5$: every level costs $\log 2 = 0.69$ nats. What is the sum? What
# would an honest price of each of 256 equally likely levels be?

# %%
levels = np.arange(256) / 255
for p in (0.5, 0.8, 0.99):
    cost = -levels * np.log(p) - (1 - levels) * np.log(1 - p)
    total = np.exp(-cost).sum()
    print(
        f"p = {p}: the sum is {total:.1f}; each price should be higher by {np.log(total):.2f} nats"
    )
print(f"at p = 0.5: {np.log(2):.3f} + {np.log(128):.3f} = {np.log(256):.3f} nats, 8 bits")

# %% [markdown]
# The sum is 128 instead of 1. An honest price is 8 bits for each of the levels, and the cost says
# one bit. So a figure in nats of colour pictures is **no true compression cost**. What is it, then?
# Toss a coin for every level, and you get a picture whose channels are full or empty everywhere.
# The figure is the mean price of such pictures: the cost is a straight line in $x$, and so it is
# the mean over the coin. By that reading all is in order. But nobody wants these pictures.
#
# For handwritten digits it matters little. Nearly all of their pixels are black or white, and
# lessons 03 and 13 did toss the coins. For colour pictures there is no way around it but another
# distribution than the coin.
#
# ## Two things at once
#
# Section 4.3 of the paper: two digits at random places on a black canvas. Where they meet, levels
# are added, and clipped at 1. The paper's canvas has 60 x 60 pixels, its digits 28 x 28. To train
# in seconds, yours are smaller: digits of 12 x 12 on 24 x 24, each with a hue of its own.
#
# ### Exercise 3: two on one (6 lines)
#
# `digits` is `(n, 2, C, B, A)`: two for each image, in colour already. `places` is `(n, 2, 2)`,
# whole numbers: row and column of the upper left pixel of each, counted from 0. Return images
# `(n, C, side, side)`, levels added and clipped at 1.


# %%
@exercise("18.composed")
def composed(digits, *, places, side):
    raise NotImplementedError
    return images


# %% [markdown]
# Stuck? `hint("18.composed")`. The small digits: the middle 24 x 24 pixels, and the mean of every
# 2 x 2.

# %%
SMALL, SIDE = 12, 24


def shrunk(digits):
    return digits[:, 2:26, 2:26].reshape(len(digits), SMALL, 2, SMALL, 2).mean(axis=(2, 4))


def scenes(small, count, rng):
    """Images (count, 3, 24, 24) of two coloured digits, and their places."""
    which = small[rng.integers(0, len(small), (count, 2))]
    tints = hue(rng.random((count, 2)))
    places = rng.integers(0, SIDE - SMALL + 1, (count, 2, 2))
    pairs = tints[..., None, None] * which[:, :, None]  # (count, 2, 3, 12, 12)
    return composed(pairs, places=places, side=SIDE), places


# %% [markdown]
# **Predict.** A red digit lies across a green one. Of which colour are the pixels where they meet?
# And a red one across a cyan one, of the opposite hue?

# %%
rng = np.random.default_rng(18)
images, _ = scenes(shrunk(digits), 4500, rng)
held_out, places = scenes(shrunk(as_float(data.valid.images[:, 0], np.float64)), 500, rng)
red, green, cyan = hue([0, 1 / 3, 1 / 2])
for name, other in (("green", green), ("cyan", cyan)):
    print(f"red {red.round(2)} and {name} {other.round(2)}: {np.minimum(red + other, 1).round(2)}")

# %% jupyter={"source_hidden": true}
figure, axes = panels(6, height=1.8)
for place, image in zip(axes, images[:6], strict=True):
    coloured(place, image)
show(figure, "18.5")

# %% [markdown]
# Red and green give a light yellow: both channels full, some blue. Opposite hues give white, 1 in
# all channels.
#
# ## A quarter of a minute of training
#
# The loop of lesson 13, with one difference: no coins are tossed, the levels are put in as they
# are. The network is small: six steps, windows of 4 x 4.
#
# **Predict.** There are three things to learn about a scene: where the digits lie, of which colours
# they are, and which digits. Which will it have learned after a thousand steps?

# %%
BATCH, STEPS, RATE = 50, 1000, 0.01


def trained(seed):
    """Weights after `STEPS` steps, and both costs at each."""
    rng, log, grad = np.random.default_rng(seed), [], allocate_flat(draw.param_shapes(config))
    start = draw.init_params(config, rng, np.float32, images.mean(axis=0))
    adam = Adam(start, beta1=0.9, beta2=0.999, average=0.99)
    for step in range(STEPS):
        x = Batch(images[rng.integers(0, len(images), BATCH)].astype(np.float32))
        noise = rng.standard_normal(draw.noise_shape(config, BATCH), np.float32)
        costs, grads = draw.loss_and_grads(adam.weights.views, x, noise, config, layers)
        fill(grad, {name: gradient / BATCH for name, gradient in grads.items()})
        rate = RATE * min((step + 1) / 20, 1, max(0.1, 2 - 2 * step / STEPS))
        adam.update(grad, rate=rate, clip=300, ops=layers)
        log.append([costs["nll"].mean(), costs["kl"].mean()])
    return adam.weights.views, np.array(log)


# %%
params, log = trained(seed=0)
noise = np.random.default_rng(5).standard_normal(draw.noise_shape(config, 500), np.float32)
given = Batch(held_out.astype(np.float32))
film = draw.reconstruct(params, given, noise, config, layers)
start = draw.init_params(config, np.random.default_rng(0), np.float32, images.mean(axis=0))
mean = np.repeat(start["canvas_0"][None], 500, axis=0)
for name, canvas in (("mean image", mean), ("network", film.canvas[-1])):
    floor, excess = (part.mean() for part in floor_and_excess(canvas, x=held_out))
    print(f"{name:10s} {floor + excess:.1f} nats: floor {floor:.1f}, excess {excess:.1f}")
costs = draw.costs(params, given, noise, config, layers)
np.testing.assert_allclose(costs["nll"].mean(), floor + excess, rtol=1e-4)
print(f"and {costs['kl'].mean():.1f} nats for the latent vector")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.8)
axes.plot(log[:, 0], color=BLUE, alpha=0.25)
axes.plot(np.arange(10, 991), np.convolve(log[:, 0], np.ones(20) / 20, "valid"), color=BLUE)
axes.axhline(floor, color="black", linestyle="--", label="mean floor")
plain(axes, xlabel="step", ylabel="image cost, nats", ylim=(0, 320))
axes.legend(frameon=False)
show(figure, "18.6")

# %%
painted = layers.sigmoid(draw.generate(params, noise[:, :12], config, layers).canvas[-1])
rows = held_out[:12], layers.sigmoid(film.canvas[-1, :12]), painted

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
axes.imshow(sheets.render_sheet(np.concatenate(rows), columns=12, scale=4), interpolation="nearest")
axes.set(xticks=[], yticks=[48, 148, 248], yticklabels=["scenes", "redrawn", "invented"])
show(figure, "18.7")

# %% [markdown]
# Places and colours it has learned, roughly. Which digits they are, it hasn't: it paints clouds.
# That is the order in which they pay off. A cloud of about the right colour at the right place
# saves more than half of the mean image's excess, for the nats of the latent vector that stand
# above. All the rest, the shapes among it, is worth what is left, and it is harder to come by.
#
# ## One after the other?
#
# Here is the film. The solid, vermilion frame is the write window, and the dashed, green one the
# read window.

# %%
few = [k for k in range(500) if np.abs(places[k, 0] - places[k, 1]).max() >= SMALL - 2][:6]
movie(films.render_frames(film, index=few, scale=4), "18.8", fps=2)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=5.2)
strip = films.render_strip(film, index=few[:4], steps=6, scale=5)
goals = sheets.render_sheet(held_out[few[:4]], columns=1, scale=5)
axes.imshow(np.hstack([strip, 0 * strip[:, :20] + 255, goals]), interpolation="nearest")
names = [*(f"step {t}" for t in range(1, 7)), "scene"]
axes.set(xticks=60 + 125 * np.arange(7) + 15 * (np.arange(7) == 6), xticklabels=names, yticks=[])
show(figure, "18.9")

# %% [markdown]
# It looks as if the frame moved in the same way in all scenes. Don't trust the eye, measure. Take
# the mean place of the write window over all 500 scenes, in each step: that is a path. In each
# scene, call the digit that lies further back along this path the *first*, the other the *second*,
# and keep scenes whose digits lie at least 8 pixels apart in that direction. Then: how much excess
# is left in each digit's own square of 12 x 12 pixels, after every step?
#
# **Predict.** How do the two curves run if a network paints one digit after the other? And how, if
# it paints both at once, the better with every step?

# %%
center = np.stack([film.write_window.center_y, film.write_window.center_x], axis=-1)  # (T, n, 2)
path = center.mean(axis=1)
way = path[3:].mean(axis=0) - path[:3].mean(axis=0)
way /= np.hypot(*way)
middle = places + (SMALL - 1) / 2
along = middle @ way  # (500, 2)
kept = np.flatnonzero(np.abs(along[:, 0] - along[:, 1]) >= 8)
order = along[kept].argsort(axis=1)
first, second = (places[kept, order[:, k]] for k in (0, 1))


def left_over(spots):
    """Mean excess in the squares at these places, after 0, 1, .., T steps."""
    cut = [np.s_[:, t : t + SMALL, s : s + SMALL] for t, s in spots]
    x = np.stack([held_out[k][c] for k, c in zip(kept, cut, strict=True)])
    squares = [np.stack([a[k][c] for k, c in zip(kept, cut, strict=True)]) for a in film.canvas]
    return [floor_and_excess(square, x=x)[1].mean() for square in squares]


# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=3.2, widths=[1, 1.6])
picture(left, np.full((SIDE, SIDE), 0.85), "the mean window's path", low=0, high=1)
left.plot(path[:, 1], path[:, 0], "o-", color=VERMILION)
for t in (0, len(path) - 1):
    left.annotate(f"step {t + 1}", path[t, ::-1], xytext=(6, -4), textcoords="offset points")
right.plot(left_over(first), "o-", color=BLUE, label="first digit")
right.plot(left_over(second), "s--", color=VERMILION, label="second digit")
plain(right, xlabel="steps done", ylabel="excess in its square, nats", ylim=(0, None))
right.legend(frameon=False)
show(figure, "18.10", kept=len(kept))

# %%
length = np.hypot(*np.diff(path, axis=0).T).sum()
astray = np.hypot(*np.moveaxis(center - path[:, None], -1, 0)).mean(axis=1)
print(f"the mean path is {length:.1f} pixels long")
print("a scene's window lies beside it by", astray.round(1), "pixels, step by step")
last, number = center[-1, kept], np.arange(len(kept))
for name, spots in {"own": second, "the next": second[(number + 1) % len(number)]}.items():
    distance = np.hypot(*(last - spots - (SMALL - 1) / 2).T).mean()
    print(f"last window to the second digit of {name} scene: {distance:.1f} pixels")

# %% [markdown]
# Painted at once, both curves would fall together. One after the other, one falls while the other
# waits, and then it is the other way round. In the run shown here, the first digit has most of its
# fall behind it before that of the second begins; at first the second's even rises a little. This
# is what the paper says of its figure 8: typically one digit, then the other. But be careful what
# you take from it.
#
# * This network doesn't look for a digit and then for the next. Its window takes nearly the same
#   way in all scenes, and each scene moves it aside by the few pixels that stand above. What it has
#   learned is to sweep. A sweep has an order of its own, and the digits are done in that order.
# * The scene does count: the last window is nearer to the digit that is there than to that of
#   another scene.
# * Which way it sweeps is chance. Write `seed=1` where `trained` is called, and run from there to
#   here; then 2. Of three seeds, tried on one computer, the first swept down and to the left, the
#   next down and to the right, the last up and to the right, and the two curves looked alike in all
#   three. Another computer adds in another order; that can be enough to turn the sweep round.
# * These are a quarter of a minute, three runs, clouds instead of digits. The paper's network was
#   far larger and learned far longer. Whether yours would sweep less if it did, they cannot say.
#
# ## Where it lives
#
# The axis `C` is in every function of `minidraw/layers/attention.py` and
# `minidraw/layers/likelihood.py`; there is no second path for colour. The digits on one canvas are
# made in `minidraw/datasets/sets/two_digits.py`. They are grey there, and whole numbers: a sum is
# clipped at 255 before it overflows. With the same digits and places:

# %%
originals = data.train.images[:50]  # (50, 1, 28, 28), 0 to 255
theirs = compose_two_digits(originals, 20, seed=3, side=40)
ranges = np.array((50, 13, 13), np.uint64)  # which digit, row, column
drawn = (np.random.PCG64(3).random_raw((20, 2, 3)) % ranges).astype(int)
ours = composed(originals[drawn[..., 0]] / 255, places=drawn[..., 1:], side=40)
np.testing.assert_array_equal((255 * ours).round(), theirs)

x, logits = pair[None], rng.standard_normal((1, C, B, A))
floor, excess = floor_and_excess(logits, x=x)
np.testing.assert_allclose(floor + excess, minidraw.layers.bernoulli_cost(logits, x=x)[0])
p = minidraw.layers.sigmoid(logits)
black = {"where": x > 0, "out": np.zeros_like(x)}
by_ratio = x * np.log(x / p, **black) + (1 - x) * np.log((1 - x) / (1 - p))
np.testing.assert_allclose(excess, by_ratio.sum(axis=(1, 2, 3)))  # of eq 9, with p = x taken off

# %%
patch, colour = rng.standard_normal((3, K, K)), rng.standard_normal((3, C))
F_y, F_x, _ = filters(0.3 * rng.standard_normal((3, 5)))
stroke, cache = pen(patch, colour, F_y, F_x)
dstroke = rng.standard_normal(stroke.shape)
ours = pen_backward(dstroke, cache)
_, package_cache = minidraw.layers.write(
    colour[:, :, None, None] * patch[:, None], F_y, F_x, np.ones(3)
)
dtriples, dF_y, dF_x, _ = minidraw.layers.write_backward(dstroke, package_cache)
dpatch = np.einsum("nc,ncji->nji", colour, dtriples)  # triples = colour * patch
dcolour = np.einsum("nji,ncji->nc", patch, dtriples)
for mine, package in zip(ours, (dpatch, dcolour, dF_y, dF_x), strict=True):
    np.testing.assert_allclose(mine, package, atol=1e-12)
print("pen, floor and scenes agree with the package")

# %% [markdown]
# ## In practice
#
# * `minidraw train two-digits-small` trains on the paper's 60 x 60 canvas for half an hour, and
#   `two-digits` for longer. Both fetch MNIST first. `cifar10-small` is for small colour
#   photographs, and the README says where these come from.
# * Wherever minidraw prints nats of colour pictures it says "levels taken as means, no true
#   compression cost".
# * Figures of two *sets* of colour pictures can't be compared at all: their floors differ. Paler
#   pictures cost more.
# * The channels are independent coins. A network that knows "orange" must say so in three numbers
#   at every pixel; nothing in the cost ties them together. Only $z$ does.
# * Distributions made for levels exist: one probability for each of the 256, or a smooth curve cut
#   into 256 pieces. Their nats are true compression costs, and can be compared with those of a
#   picture file.
#
# ## What is next
#
# Nothing more: this is the last lesson. You have a network whose every line you can change, and a
# check that tells you when you have changed it wrongly. A pen for DRAW would be a beginning: its
# forward and backward are here, and yours.
