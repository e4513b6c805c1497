# %% [markdown]
# # 13 Train it
#
# **You'll do:** three exercises, fifteen lines in all: painting from noise, Adam's update, and
# shortening a gradient that is too long. Then you train your own network, from a seed that you
# choose, and watch it paint.
#
# **You'll learn:** why plain descent is slow and what Adam does about it, what a training loop
# consists of, and what to look at while it runs.
#
# **You'll need:** lesson 12. The functions that you wrote in lessons 02 to 12 are used; what you
# left out comes from the package. 60 minutes.
#
# | paper | here | |
# |---|---|---|
# | | `rate` | learning rate: how far a step goes |
# | | `mean`, `square` | Adam's running means of a gradient and of its square, $m$ and $v$ |
# | | `beta1`, `beta2` | how much of the old mean and square is kept at each step |
# | | `average` | running mean of the weights themselves |
# | | `step` | updates made, including this one: counted from 1 |
# | $T, Z$ | `glimpses`, `latent` | in `Config`, which holds the sizes of a network |
#
# The paper says "Adam" and no more: not the rate, nor the size of a batch, nor how the weights
# start. Those rows are empty because there is nothing to put there.

# %%
import numpy as np
from threadpoolctl import threadpool_limits

import minidraw
from minidraw.pictures import films, sheets
from minidraw.pictures.saving import save_picture
from minidraw.datasets import as_float, bundled_path
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, plain, show
from minidraw.models import draw
from minidraw.models.interface import Batch, Film

layers = use_earlier("13")
layer, lstm_gates, write_attention = layers.layer, layers.lstm_gates, layers.write_attention
draw_forward, draw_backward, sigmoid = layers.draw_forward, layers.draw_backward, layers.sigmoid
threadpool_limits(1)  # on matrices this small, two threads get in each other's way
data = minidraw.load("digits")
images = as_float(data.train.images)  # float32, (4500, 1, 28, 28)
config = draw.Config(glimpses=6, hidden=64, latent=8, read_size=5, write_size=5)

# %% [markdown]
# ## The goal
#
# Here is what a network paints before it has learned anything, next to what the bundled network
# paints. The bundled one has fourteen times as many weights as the one that you will train, ten
# times as many digits to learn from, and 45 minutes of training. Yours gets half a minute. Guess
# how near it comes; at the end of the lesson the three stand side by side.
#
# To see that, you need a network that paints without an image to copy: the left half of the network
# is left out. There is nothing to read and nothing to encode, and z is noise:
#
# $$\tilde z_t \sim \mathcal N(0, 1) \quad (13) \qquad
# \tilde h^{dec}_t = LSTM^{dec}(\tilde h^{dec}_{t-1}, \tilde z_t) \quad (14)$$
# $$\tilde c_t = \tilde c_{t-1} + write(\tilde h^{dec}_t) \quad (15) \qquad
# \tilde x \sim D(X \mid \tilde c_T) \quad (16)$$
#
# In (16) every pixel is white with the probability $\mathrm{sigmoid}(\tilde c_T)$. We show those
# probabilities.
#
# ### Exercise 1: paint from noise (6 lines)
#
# `noise` has the shape `(T, n, Z)`. The stub sets the first state. For every step, run the second
# half of your `step` from lesson 11, from the decoder on, and append the new canvas to `canvases`.


# %%
@exercise("13.generate")
def generate(params, noise, *, write_size):
    starts = "canvas_0", "decoder.h_0", "decoder.c_0"
    canvas, h_dec, c_dec = (np.repeat(params[s][None], noise.shape[1], axis=0) for s in starts)
    canvases, size = [canvas], {"height": canvas.shape[2], "width": canvas.shape[3]}
    raise NotImplementedError
    return np.array(canvases)


# %%
def painted(params, config, count=10):
    """Films of canvases, (T + 1, count, 1, 28, 28), always from the same noise."""
    noise = np.random.default_rng(13).standard_normal(draw.noise_shape(config, count), np.float32)
    return generate(params, noise, write_size=config.write_size)


def sheet(axes, pictures, columns):
    """Pictures (n, 1, 28, 28) in rows."""
    axes.imshow(sheets.render_sheet(pictures, columns=columns, scale=3), interpolation="nearest")
    axes.set(xticks=[], yticks=[])


SEED = 1  # yours: any whole number gives another network
untrained = draw.init_params(config, np.random.default_rng(SEED), np.float32, data.mean_image)
bundled = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
by_bundled = painted(bundled.params_, bundled.config_)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.2)
sheet(axes, sigmoid(np.concatenate([painted(untrained, config)[-1], by_bundled[-1]])), 10)
show(figure, "13.1")

# %% [markdown]
# ## Downhill, and why that is slow
#
# You have gone downhill before: `w = w - rate * gradient`. The gradient says what an
# **infinitely small** change is worth. How far to go it doesn't say.
#
# Here is a loss of two weights that is a hundred times steeper along one than along the other:
# $L = \frac12 (a^2 + 100\,b^2)$, with the gradient $(a, 100\,b)$. One step turns $b$ into
# $b - \text{rate} \cdot 100\,b$.
#
# **Predict.** Beyond which rate does $b$ grow from step to step instead of shrinking? And at that
# rate, what is left of $a$ after 60 steps?


# %%
def slope(w):
    return np.array([1.0, 100.0]) * w


def plain_descent(rate, steps=60):
    path = [np.array([-2.0, 0.5])]
    for _ in range(steps):
        path.append(path[-1] - rate * slope(path[-1]))
    return np.array(path)


for rate in (0.005, 0.0195, 0.0205):
    end = plain_descent(rate)[-1]
    print(f"rate {rate}: a {end[0]:7.3f}, b {end[1]:9.4f}")

# %% [markdown]
# The steep weight forbids rates above 0.02, and at 0.02 the flat one crawls. In a network some
# weights act through a sigmoid that hardly moves, and others on every pixel at once. Their slopes
# differ by far more than a factor of a hundred. Each weight would need a rate of its own.
#
# ## A running mean, and its start
#
# Adam (Kingma and Ba 2015) measures, for each weight, how large its gradients usually are. For
# that it keeps **running means**: each step moves the mean a small share $1 - \beta$ of the way
# to the new value. The mean starts at zero, and so it is too small at first. Here it is for a value
# that is always 5:

# %%
mean, beta = 0.0, 0.9
for step in range(1, 5):
    mean = beta * mean + (1 - beta) * 5
    print(f"step {step}: mean {mean:.4f}, divided by 1 - beta^step {mean / (1 - beta**step):.4f}")

# %% [markdown]
# The correction is exact. After $k$ steps the start's share is $\beta^k$; the values have the
# other $1 - \beta^k$, and dividing by that gives them all.
#
# Adam keeps two such means: $m$ of the gradient $g$, and $v$ of its square. With
# $\hat m = m / (1 - \beta_1^k)$ and $\hat v = v / (1 - \beta_2^k)$, the update is
#
# $$w \leftarrow w - \text{rate} \cdot \frac{\hat m}{\sqrt{\hat v} + \epsilon}$$
#
# for each weight by itself. $\sqrt{\hat v}$ is the usual size of that weight's gradient, so the
# quotient is about 1 where the gradients agree from step to step, and near 0 where they only
# fluctuate. The $\epsilon$ prevents a division by zero. (It has nothing to do with the noise.)
#
# We add one thing that isn't part of Adam: a running mean of the weights. It fluctuates less than
# the weights and is often better. It starts at the first weights, not at zero, and needs no
# correction: each step keeps the share `decay` of it.
#
# ### Exercise 2: Adam's update (7 lines)
#
# All five arrays have the shape `(P,)`. Change `weights`, `mean`, `square` and `average` **in
# place**, by `+=`, `*=` or `weights[...] = ..`; nothing is returned. The average follows the new
# weights.


# %%
@exercise("13.adam_update")
def adam_update(weights, mean, square, average, grad, *, rate, step, beta1, beta2, eps, decay):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("13.adam_update")`, and again for the next step.
#
# The arrays need a place to live between two steps:


# %%
class Adam:
    """Adam's constants, and what it remembers."""

    def __init__(self, weights):
        self.mean, self.square = np.zeros_like(weights), np.zeros_like(weights)
        self.weights, self.average, self.step = weights.copy(), weights.copy(), 0

    def update(self, grad, rate):
        self.step += 1
        decay = min(0.99, (1 + self.step) / (10 + self.step))  # shorter memory at first
        constants = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "decay": decay}
        arrays = self.weights, self.mean, self.square, self.average, grad
        adam_update(*arrays, rate=rate, step=self.step, **constants)


# %% [markdown]
# **Predict.** Three weights have gradients of 0.001, 1 and 1000. How far does the very first step
# move each, with a rate of 0.1?

# %%
three = Adam(np.zeros(3))
three.update(np.array([0.001, 1.0, 1000.0]), rate=0.1)
print(three.weights.round(4))

# %% [markdown]
# All by 0.1: in the first step $\hat m = g$ and $\hat v = g^2$. The rate is now a length, and the
# same for every weight. In the valley:

# %%
path_plain, adam, path_adam = plain_descent(0.0195), Adam(np.array([-2.0, 0.5])), []
for _ in range(60):
    path_adam.append(adam.weights.copy())
    adam.update(slope(adam.weights), rate=0.1)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
a, b = np.meshgrid(np.linspace(-2.2, 0.8, 150), np.linspace(-0.6, 0.6, 100))
axes.contour(a, b, 0.5 * (a**2 + 100 * b**2), levels=12, colors="0.85")
axes.plot(*path_plain.T, "--", color=VERMILION, linewidth=0.9, label="plain descent, rate 0.0195")
axes.plot(*np.array(path_adam).T, ".-", color=BLUE, label="Adam, rate 0.1")
axes.plot(0, 0, "+", color="black", markersize=12)
plain(axes, xlabel="a", ylabel="b")
axes.legend(frameon=False, loc="lower right")
show(figure, "13.2")

# %% [markdown]
# ## A gradient that is too long
#
# Once in a while a batch has a gradient several times as long as usual. Adam would take it into
# its means, and $v$ forgets slowly: 0.999 of it is kept at each step. So the gradient is
# **clipped** first: where it is longer than a limit it is shortened to that length. Its length is
# the root of the sum of squares over *all* weights, and all are scaled by the same number.
#
# Why not clip each entry by itself?

# %%
g = np.array([30.0, 4.0])
each = np.clip(g, -5, 5)
angles = [np.degrees(np.arctan2(v[1], v[0])) for v in (g, each)]
print(
    f"each entry by itself: {each}; direction {angles[0]:.0f} degrees before, {angles[1]:.0f} after"
)

# %% [markdown]
# That turns it: the loss falls fastest somewhere else.
#
# ### Exercise 3: clip it (2 lines)
#
# `grad` has the shape `(P,)`. Return it as it is if it is no longer than `limit`, otherwise
# shortened to the length `limit` in the same direction.


# %%
@exercise("13.clipped")
def clipped(grad, *, limit):
    raise NotImplementedError


# %%
for limit in (100.0, 5.0):
    short = clipped(g, limit=limit)
    print(f"limit {limit}: {short}, length {np.linalg.norm(short):.3f}")

# %% [markdown]
# ## Your functions
#
# The first cell has printed how many of the functions below are yours. They are all that a training
# step and a painting need: the layers of lessons 02 to 10, `step` and its backward from lesson 11,
# `draw_forward` and `draw_backward` from lesson 12, and the three of this lesson. A forward and its
# backward count as a pair, because they share a cache.
#
# Whoever wrote them, they must give the same costs and the same gradients as the package:

# %%
rng = np.random.default_rng(3)
trial = Batch(images[:20].round()), rng.standard_normal(draw.noise_shape(config, 20), np.float32)
sizes = {"read_size": config.read_size, "write_size": config.write_size}
(nll, kl), cache = draw_forward(untrained, x=trial[0].images, noise=trial[1], **sizes)
grads = draw_backward((np.ones_like(nll), np.ones_like(kl)), cache)
costs, wanted = draw.loss_and_grads(untrained, *trial, config, minidraw.layers)
np.testing.assert_allclose(nll + kl, costs["total"], rtol=1e-4)
for name, gradient in wanted.items():
    np.testing.assert_allclose(grads[name], gradient, atol=1e-4 * abs(gradient).max())
print(f"the same costs and gradients ({(nll + kl).mean():.3f} nats per image, rounded digits)")

# %% [markdown]
# ## The loop
#
# One training step: take some images; toss a coin for every pixel, anew at each visit (lesson 03);
# draw noise, anew for every step of the film, image and latent entry; costs and gradients; their
# mean over the batch; clip; update.
#
# All weights lie in one long vector, so that one update touches them all. The model gets named
# **views** of it: arrays that are parts of the same memory, so that they change with it.

# %%
BATCH, STEPS, RATE, LIMIT = 50, 600, 0.01, 300.0
SHAPES = draw.param_shapes(config)


def joined(arrays):
    return np.concatenate([np.ravel(arrays[name]) for name in SHAPES])


def named(vector):
    cuts = np.cumsum([np.prod(shape) for shape in SHAPES.values()])[:-1]
    parts = zip(SHAPES.items(), np.split(vector, cuts), strict=True)
    return {name: part.reshape(shape) for (name, shape), part in parts}


def rate_at(step):
    """Up from 0 in 20 steps; in the second half down to a tenth."""
    return RATE * min(step / 20, 1, max(0.1, 2 - 2 * step / STEPS))


# %%
def train_step(adam, rng):
    """One update; the batch's costs, and the gradient's length before clipping."""
    levels = images[rng.integers(0, len(images), BATCH)]
    x = (rng.random(levels.shape, np.float32) < levels).astype(np.float32)  # fresh coins
    noise = rng.standard_normal(draw.noise_shape(config, BATCH), np.float32)
    (nll, kl), cache = draw_forward(named(adam.weights), x=x, noise=noise, **sizes)
    share = np.full(BATCH, 1 / BATCH, np.float32)  # the loss is the mean over the batch
    grad = joined(draw_backward((share, share), cache)).astype(np.float32)
    length = np.sqrt((grad**2).sum())
    adam.update(clipped(grad, limit=LIMIT), rate_at(adam.step + 1))
    return nll.mean(), kl.mean(), length


# %% [markdown]
# **Predict.** Two costs make the loss: the image's, and the latent vector's (lesson 10). The latent
# cost is next to nothing at first. Will it fall further, or rise? And why would that be a good
# sign?

# %%
adam, rng = Adam(joined(untrained)), np.random.default_rng(SEED)
log, stages = [], {0: painted(untrained, config)}
while adam.step < STEPS:
    log.append(train_step(adam, rng))
    if adam.step in (25, 50, 100, 200, 300, 450, STEPS):
        stages[adam.step] = painted(named(adam.average), config)
        nll, kl, _ = np.mean(log[-25:], axis=0)
        print(f"step {adam.step:3d}: {nll:6.1f} for the image + {kl:4.1f} latent = {nll + kl:6.1f}")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=6.4)
pictures = np.concatenate([sigmoid(canvases[-1]) for canvases in stages.values()])
sheet(axes, pictures, 10)
axes.set_yticks(42 + 87 * np.arange(len(stages)), stages)
axes.set_ylabel("step")
show(figure, "13.3")

# %% [markdown]
# The network starts from the mean image, the best single picture for all digits. To get better, it
# must learn what *this* image looks like, and the decoder knows that only through $z$. Which of the
# ten digits it is would cost at most $\ln 10 = 2.3$ nats; slant, width and the course of the
# strokes cost more. So the network begins to pay for the latent vector, and saves more on the image
# than it pays. A latent cost that stays at 0 is the sign of a network that paints the mean for
# ever.

# %%
nll, kl, length = np.array(log).T


def smooth(values, width=20):
    return np.convolve(values, np.ones(width) / width, "valid")


# %% jupyter={"source_hidden": true}
figure, (left, middle, right) = panels(3, height=2.8)
left.plot(nll, color=BLUE, alpha=0.25)
left.plot(np.arange(len(smooth(nll))) + 10, smooth(nll), color=BLUE)
plain(left, title="image cost", xlabel="step", ylabel="nats per image")
middle.plot(np.arange(len(smooth(kl))) + 10, smooth(kl), color=GREEN)
plain(middle, title="latent cost", xlabel="step")
right.semilogy(length, ".", color=VERMILION, markersize=3)
right.axhline(LIMIT, color="black", linestyle="--")
plain(right, title="length of the gradient", xlabel="step")
show(figure, "13.4")
print(f"clipped: {(length > LIMIT).sum()} of {STEPS} steps")

# %% [markdown]
# ## Did it learn, or learn by heart?
#
# The figures above are of images it trains on. What counts is the cost of other images. The set
# keeps 500 digits apart for **validation**. Here are their costs, with coins of their own, for both
# sets of weights. Each number is the sum of both costs in nats per image, the mean of 500. Such a
# sum is called a **bound**: on average $-\log p(x)$, the cost without a detour through $z$, is at
# most that (lesson 16). Beside it must stand the set (digits), what a pixel is (coins, tossed anew
# at each visit: "dynamic binarisation") and how many samples of $z$ were drawn for each image
# (one).

# %%
levels = as_float(data.valid.images)
rng = np.random.default_rng(2)
held_out = Batch((rng.random(levels.shape, np.float32) < levels).astype(np.float32))
noise = rng.standard_normal(draw.noise_shape(config, len(levels)), np.float32)
for words, vector in ("weights", adam.weights), ("their average", adam.average):
    (image, latent), _ = draw_forward(named(vector), x=held_out.images, noise=noise, **sizes)
    parts = f"{image.mean():.1f} + {latent.mean():.1f}"
    print(f"{words:14s} {parts} = {(image + latent).mean():.1f} nats")
print(f"the last 50 batches of training: {(nll + kl)[-50:].mean():.1f} nats")

# %% [markdown]
# On digits that it was trained on it is a few nats better than on others. Where that gap grows
# while the training cost falls, a network has begun to overfit. And the average isn't always better
# than the weights: where the rate falls towards the end, little is left to smooth. The package uses
# it only once it has beaten them on such images.
#
# ## Watch it paint
#
# Six strokes each, painted by your `generate`. The film is also written to `my_film.gif` in this
# folder, for you to keep.

# %%
film = Film(stages[STEPS], None, None, config.read_size, config.write_size)
save_picture("my_film", film)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.8)
axes.imshow(films.render_strip(film, index=[0, 3, 4], steps=6, scale=5), interpolation="nearest")
axes.set(xticks=70 + 145 * np.arange(6), xticklabels=range(1, 7), yticks=[], xlabel="step")
show(figure, "13.5")

# %% [markdown]
# **Look back at your guess.** Before training, after half a minute, and the bundled network:

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
rows = stages[0][-1], stages[STEPS][-1], by_bundled[-1]
sheet(axes, sigmoid(np.concatenate(rows)), 10)
axes.set_yticks(42 + 87 * np.arange(3), ["untrained", "yours", "bundled"])
show(figure, "13.6")

# %% [markdown]
# Yours paints strokes that join into digits about half of the time. To paint better it needs more
# of the same: more steps, more units, more digits and more hours. Nothing in that is new to you.
#
# ## Take it with you
#
# In a terminal in this folder, `minidraw lessons export my_draw.py` writes one file that needs
# nothing but NumPy: your functions, joined into a program that trains and paints. It is yours to
# publish.
#
# ## Where it lives
#
# `adam_update` in `minidraw/layers/adam.py`; the clipping in `minidraw/training/optimizer.py`, in
# the `update` of a class `Adam`; the loop in `minidraw/training/trainer.py`. Its choices, each with
# what was measured where that was done, in `minidraw/training/recipe.py`.
#
# In a terminal, in this folder, `minidraw train --ops mine` trains on your functions for as long as
# you like, and `minidraw lessons` says which are yours. Without `--ops mine` it takes the compiled
# ones: the same results to rounding, and twice as fast as `minidraw.layers`.

# %%
rng = np.random.default_rng(4)
ours, theirs = [[*rng.random((4, 5)), 3 * rng.standard_normal(5)] for _ in range(2)]
theirs[:] = [part.copy() for part in ours]
constants = {"rate": 0.1, "step": 3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "decay": 0.9}
adam_update(*ours, **constants)
minidraw.layers.adam_update(*theirs, **constants)
for part, other in zip(ours, theirs, strict=True):
    np.testing.assert_allclose(part, other)
print("Adam agrees with the package")

# %% [markdown]
# ## In practice
#
# * Others clip DRAW at lengths of 5 to 10. Here the gradient's usual length is about 100, so that
#   such a limit would shorten every single one. Measure before you choose: after 600 steps on MNIST
#   a limit of 500 had reached 114.4 nats, 100 had reached 117.1, and 10 had reached 124.7 (T 10,
#   dynamic binarisation, validation).
# * If the loss becomes nan, try a smaller rate, or a longer **warm-up**, the steps over which the
#   rate rises from 0 (20 in `rate_at`). Stop there; a network that skips such batches and goes on
#   has weights that nobody can explain.
# * Compare two recipes on more than one seed each, or you have compared two seeds.
# * The order of images, the coins, the noise and the weights each come from a seed. The package
#   draws them so that a run of a fixed number of epochs ends with the same bits, stopped or not.
#
# ## What is next
#
# This was the last of the core lessons: you have written a network that paints. Lesson 14 makes it
# fast, lesson 15 shows six bugs that hardly any gradient check finds, and lesson 16 measures the
# network honestly.
