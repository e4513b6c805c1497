# %% [markdown]
# # 13 Train it
#
# **You'll do:** three exercises, fifteen lines in all: painting from noise, Adam's update, and
# clipping a gradient. Then you train your own network, from a seed that you choose, and watch it
# paint.
#
# **You'll learn:** why plain gradient descent is slow and what Adam does about it, what a training
# loop consists of, and what to look at while it runs.
#
# **You'll need:** lesson 12. The functions that you wrote in lessons 02 to 12 are used. For those
# that you left out, the package's are used. 85 minutes.
#
# | paper | here | |
# |---|---|---|
# | | `rate` | learning rate: how far a step goes |
# | | `mean`, `square` | Adam's running means of a gradient and of its square, $m$ and $v$ |
# | | `beta1`, `beta2` | how much of the old mean and square is kept at each step |
# | | `average` | running mean of the weights themselves: weight averaging |
# | | `step` | number of updates, including this one: counted from 1 |
# | $T, Z$ | `glimpses`, `latent` | in `Config`, which holds the sizes of a network |
#
# The paper says that it used Adam, and nothing more: neither the learning rate, nor the batch size,
# nor how the weights were initialised. That is why the first column is nearly empty.

# %%
from pathlib import Path

import numpy as np

import minidraw
from minidraw.pictures import films, sheets
from minidraw.pictures.saving import save_picture
from minidraw.datasets import as_float, bundled_path
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, choose_steps, panels, plain, show
from minidraw.models import draw
from minidraw.models.interface import Batch, Film
from minidraw.page import build_page

layers = use_earlier("13")
layer, lstm_gates, write_attention = layers.layer, layers.lstm_gates, layers.write_attention
draw_forward, draw_backward, sigmoid = layers.draw_forward, layers.draw_backward, layers.sigmoid
data = minidraw.load("digits")
images = as_float(data.train.images)  # float32, (4500, 1, 28, 28)
config = draw.Config(glimpses=6, hidden=64, latent=8, read_size=5, write_size=5)

# %% [markdown]
# ## The goal
#
# Here is what a network paints before it has learned anything, and what the bundled network paints.
# The bundled network has fourteen times as many weights as the one that you will train. It learned
# from ten times as many digits, for 45 minutes. Yours gets half a minute. Guess how close it will
# come. At the end of the lesson you will see all three next to each other.
#
# For this you need to paint without an image to copy. So the encoder's half of the network is left
# out: there is nothing to read and nothing to encode, and z is noise.
#
# $$\tilde z_t \sim \mathcal N(0, 1) \quad (13) \qquad
# \tilde h^{dec}_t = LSTM^{dec}(\tilde h^{dec}_{t-1}, \tilde z_t) \quad (14)$$
# $$\tilde c_t = \tilde c_{t-1} + write(\tilde h^{dec}_t) \quad (15) \qquad
# \tilde x \sim D(X \mid \tilde c_T) \quad (16)$$
#
# The tildes mark what is made without an image. In (16), each pixel is white with probability
# $\mathrm{sigmoid}(\tilde c_T)$. Our pictures show these probabilities.
#
# ### Exercise 1: paint from noise (6 lines)
#
# `noise` has the shape `(T, n, Z)`. The stub sets the initial state. In every step, run the second
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
    """Paint canvases, (T + 1, count, 1, 28, 28), always from the same noise."""
    noise = np.random.default_rng(13).standard_normal(draw.noise_shape(config, count), np.float32)
    return generate(params, noise, write_size=config.write_size)


def sheet(axes, pictures, columns):
    """Show pictures (n, 1, 28, 28) in rows."""
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
# You have gone downhill before: `w = w - rate * gradient`. The gradient tells you what an
# **infinitely small** change does to the loss. It doesn't tell you how far to go.
#
# Here is a loss of two weights that is a hundred times steeper along one weight than along the
# other: $L = \frac12 (a^2 + 100\,b^2)$, with the gradient $(a, 100\,b)$. One step turns
# $b$ into $b - \text{rate} \cdot 100\,b$.
#
# **Predict.** Above which rate does $b$ grow from step to step instead of shrinking? And at that
# rate, how much of $a$ is left after 60 steps?


# %%
def slope(w):
    return np.array([1.0, 100.0]) * w


def plain_descent(rate, steps=60):
    path = [np.array([-2.0, 0.5])]
    for _ in range(steps):
        path.append(path[-1] - rate * slope(path[-1]))
    return np.array(path)


# %% jupyter={"source_hidden": true}
for rate in (0.005, 0.0195, 0.0205):
    end = plain_descent(rate)[-1]
    print(f"rate {rate}: a {end[0]:7.3f}, b {end[1]:9.4f}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The steep weight doesn't allow rates above 0.02. At that rate, $a$ is multiplied by 0.98 at every
# step, so $0.98^{60} = 0.30$ of it is left after 60 steps.
#
# </details>
#
# In a network some weights act through a sigmoid that hardly changes, and others act on every pixel
# at once. Their slopes differ by much more than a factor of a hundred. Each weight needs a learning
# rate of its own.
#
# ## A running mean, and its start
#
# Adam (Kingma and Ba 2015) measures for each weight how large its gradients usually are. For this
# it keeps **running means**: each step moves the mean by a small fraction, $1 - \beta$, of the way
# to the new value. The mean starts at zero, so it is too small at first. Here it is for a value
# that is always 5:

# %%
mean, beta = 0.0, 0.9
for step in range(1, 5):
    mean = beta * mean + (1 - beta) * 5
    print(f"step {step}: mean {mean:.4f}, divided by 1 - beta^step {mean / (1 - beta**step):.4f}")

# %% [markdown]
# The correction is exact. After $k$ steps the initial zero still has the weight $\beta^k$ in the
# mean, and the values together have the weight $1 - \beta^k$. So we divide by $1 - \beta^k$.
#
# Adam keeps two such means: $m$ of the gradient $g$, and $v$ of its square. With $\hat m = m / (1 -
# \beta_1^k)$ and $\hat v = v / (1 - \beta_2^k)$, the update is
#
# $$w \leftarrow w - \text{rate} \cdot \frac{\hat m}{\sqrt{\hat v} + \epsilon}$$
#
# for each weight by itself. $\sqrt{\hat v}$ is the usual size of this weight's gradient. So the
# quotient is close to 1 or -1 where the gradients agree from step to step, and close to 0 where
# they only fluctuate. The $\epsilon$ prevents a division by zero. (It has nothing to do with the
# noise.)
#
# We add one thing that isn't part of Adam: **weight averaging**, an exponential moving average of
# the weights. At each step,
#
# $$\text{average} \leftarrow \text{decay} \cdot \text{average} +
# (1 - \text{decay}) \cdot \text{weights}$$
#
# The average fluctuates less than the weights, and often gives a lower cost. It starts at the
# initial weights, not at zero, so it needs no correction.
#
# ### Exercise 2: Adam's update (7 lines)
#
# All five arrays have the shape `(P,)`, with an entry for each of `P` weights. Change `weights`,
# `mean`, `square` and `average` **in place**, with `+=`, `*=` or `weights[...] = ..`. Nothing is
# returned. Update `weights` before `average`, so that the average uses the new weights.


# %%
@exercise("13.adam_update")
def adam_update(weights, mean, square, average, grad, *, rate, step, beta1, beta2, eps, decay):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("13.adam_update")`, and again for the next step.
#
# The arrays must be kept from one step to the next:


# %%
class Adam:
    """Adam's constants, and the arrays that it keeps."""

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
# <details><summary>What you saw</summary>
#
# All three move by 0.1, because in the first step $\hat m = g$ and $\hat v = g^2$. So the rate is
# now a distance, and the same for every weight.
#
# </details>
#
# Here is Adam on the loss of two weights above, which is a narrow valley:

# %%
path_plain, valley, path_adam = plain_descent(0.0195), Adam(np.array([-2.0, 0.5])), []
for _ in range(60):
    path_adam.append(valley.weights.copy())
    valley.update(slope(valley.weights), rate=0.1)

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
# ## A gradient with too large a norm
#
# The norm of a gradient is the square root of the sum of squares over *all* weights. Now and then,
# the norm of a batch's gradient is several times its usual value. This gradient would go into
# Adam's means, and $v$ forgets slowly: each step keeps 0.999 of it. So the gradient is **clipped**
# by its norm first: if the norm is above a limit, all entries are multiplied by limit / norm.
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
# Clipping each entry changes the direction: the large entries lose their lead. Clipping by the norm
# keeps the direction.
#
# ### Exercise 3: clip it (2 lines)
#
# `grad` has the shape `(P,)`. If its norm is at most `limit`, return it unchanged. Otherwise return
# a gradient of norm `limit` in the same direction.


# %%
@exercise("13.clipped")
def clipped(grad, *, limit):
    raise NotImplementedError


# %%
for limit in (100.0, 5.0):
    short = clipped(g, limit=limit)
    print(f"limit {limit}: {short}, norm {np.linalg.norm(short):.3f}")

# %% [markdown]
# ## Your functions
#
# The first cell told you how many of the functions used here are yours. They are all that training
# and painting need: the layers of lessons 02 to 10, `step` and its backward from lesson 11,
# `draw_forward` and `draw_backward` from lesson 12, and the three of this lesson. Your forward is
# used only if your backward is right too, because the two share a cache.
#
# Whoever wrote them, they must give the same costs and gradients as the package:

# %%
rng = np.random.default_rng(3)
trial = Batch(images[:20].round()), rng.standard_normal(draw.noise_shape(config, 20), np.float32)
sizes = {"read_size": config.read_size, "write_size": config.write_size}
(image, latent), cache = draw_forward(untrained, x=trial[0].images, noise=trial[1], **sizes)
grads = draw_backward((np.ones_like(image), np.ones_like(latent)), cache)
costs, wanted = draw.loss_and_grads(untrained, *trial, config, minidraw.layers)
np.testing.assert_allclose(image + latent, costs["total"], rtol=1e-4)
for name, gradient in wanted.items():
    np.testing.assert_allclose(grads[name], gradient, atol=1e-4 * abs(gradient).max())
print(
    f"the same costs and gradients ({(image + latent).mean():.3f} nats per image, rounded digits)"
)

# %% [markdown]
# ## The loop
#
# One training step does the following. Take some images. Draw each pixel as 0 or 1, with its grey
# level as the probability, again at each visit (lesson 03). Draw noise for every step, every image
# and every latent entry. Compute costs and gradients, and average them over the batch. Clip the
# gradient. Update the weights.
#
# All weights lie in one long vector, so that one update changes them all. The model gets named
# **views** of it: arrays that use the same memory, so they change when the vector changes.

# %%
STEPS = choose_steps(600, in_browser=200)
BATCH, RATE, LIMIT = 50, 0.01, 300.0
SHAPES = draw.param_shapes(config)


def joined(arrays):
    return np.concatenate([np.ravel(arrays[name]) for name in SHAPES])


def named(vector):
    cuts = np.cumsum([np.prod(shape) for shape in SHAPES.values()])[:-1]
    parts = zip(SHAPES.items(), np.split(vector, cuts), strict=True)
    return {name: part.reshape(shape) for (name, shape), part in parts}


def rate_at(step):
    """Rise from 0 in 20 steps, and fall to a tenth in the second half."""
    return RATE * min(step / 20, 1, max(0.1, 2 - 2 * step / STEPS))


# %%
def train_step(adam, rng):
    """Update once; return the batch's costs and the gradient's norm before clipping."""
    levels = images[rng.integers(0, len(images), BATCH)]
    x = (rng.random(levels.shape, np.float32) < levels).astype(np.float32)  # drawn again each time
    noise = rng.standard_normal(draw.noise_shape(config, BATCH), np.float32)
    (nll, kl), cache = draw_forward(named(adam.weights), x=x, noise=noise, **sizes)
    share = np.full(BATCH, 1 / BATCH, np.float32)  # the loss is the mean over the batch
    grad = joined(draw_backward((share, share), cache)).astype(np.float32)
    norm = np.sqrt((grad**2).sum())
    adam.update(clipped(grad, limit=LIMIT), rate_at(adam.step + 1))
    return nll.mean(), kl.mean(), norm


# %% [markdown]
# **Predict.** The loss is the sum of two costs: that of the image and that of the latent vector
# (lesson 10). At first the latent cost is nearly zero. To say which of the ten digits it is costs
# at most $\ln 10 = 2.3$ nats. Will the latent cost end below that, near it, or far above it?

# %%
adam, rng = Adam(joined(untrained)), np.random.default_rng(SEED)
log, stages = [], {0: painted(untrained, config)}
while adam.step < STEPS:
    log.append(train_step(adam, rng))
    if adam.step in (25, 50, 100, 200, 300, 450, STEPS):
        stages[adam.step] = painted(named(adam.average), config)
        a, b, _ = np.mean(log[-25:], axis=0)
        print(f"step {adam.step:3d}: {a:6.1f} for the image + {b:4.1f} latent = {a + b:6.1f}")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=6.4)
pictures = np.concatenate([sigmoid(canvases[-1]) for canvases in stages.values()])
sheet(axes, pictures, 10)
axes.set_yticks(42 + 87 * np.arange(len(stages)), stages)
axes.set_ylabel("step")
show(figure, "13.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The latent cost ends at 23 nats, ten times as much. The network starts from the mean image, which
# is the best single picture for all digits. To do better, it must know what *this* image looks
# like, and the decoder learns that only through $z$. The digit's name isn't enough: how it is
# slanted, how wide it is and where its strokes run costs more. So the network pays for the latent
# vector, and saves more on the image than it pays. If the latent cost stays at 0, the network will
# always paint the mean.
#
# </details>

# %%
nll, kl, norm = np.array(log).T


def smooth(values, width=20):
    return np.convolve(values, np.ones(width) / width, "valid")


# %% jupyter={"source_hidden": true}
figure, (left, middle, right) = panels(3, height=2.8)
left.plot(nll, color=BLUE, alpha=0.25)
left.plot(np.arange(len(smooth(nll))) + 10, smooth(nll), color=BLUE)
plain(left, title="image cost", xlabel="step", ylabel="nats per image")
middle.plot(np.arange(len(smooth(kl))) + 10, smooth(kl), color=GREEN)
plain(middle, title="latent cost", xlabel="step")
right.semilogy(norm, ".", color=VERMILION, markersize=3)
right.axhline(LIMIT, color="black", linestyle="--")
plain(right, title="norm of the gradient", xlabel="step")
show(figure, "13.4")
print(f"clipped: {(norm > LIMIT).sum()} of {STEPS} steps")

# %% [markdown]
# ## Does it work on other images?
#
# All costs so far belong to images that the network is trained on. What matters is the cost of
# other images. 500 digits of the set are kept apart for **validation**. Here are their costs with
# the weights, and with the average of the weights. The digits' pixels are drawn once, with a seed
# of their own. Each number is the sum of both costs in nats per image, averaged over the 500.
#
# The average of this sum is called the **variational bound** (its negative is the ELBO): it is at
# least as large as $-\log p(x)$, the true cost of the image (lesson 16). Whoever reports a bound
# must also say what the data set is (these digits), what a pixel is (0 or 1, drawn from its grey
# level: at each visit in training, here once), and how many samples of $z$ were drawn for each
# image (one).

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
# The network is a little better on the digits that it was trained on than on others. If that gap
# grows while the training cost falls, the network has begun to overfit. And the average isn't
# always better than the weights. Our learning rate falls towards the end, so the weights fluctuate
# little, and there isn't much left to smooth. The package uses the average only if it is better on
# such validation images.
#
# ## Watch it paint
#
# Here are three digits, six strokes each, painted by your `generate`. The film is also written to
# `my_film.gif` in this folder. It is yours to keep.

# %%
film = Film(stages[STEPS], None, None, config.read_size, config.write_size)
save_picture("my_film", film)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.8)
axes.imshow(films.render_strip(film, index=[0, 3, 4], steps=6, scale=5), interpolation="nearest")
axes.set(xticks=70 + 145 * np.arange(6), xticklabels=range(1, 7), yticks=[], xlabel="step")
show(figure, "13.5")

# %% [markdown]
# **Compare with your guess.** Before training, after half a minute, and the bundled network:

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
rows = stages[0][-1], stages[STEPS][-1], by_bundled[-1]
sheet(axes, sigmoid(np.concatenate(rows)), 10)
axes.set_yticks(42 + 87 * np.arange(3), ["untrained", "yours", "bundled"])
show(figure, "13.6")

# %% [markdown]
# Your network paints strokes that form digits about half of the time. To paint better it needs more
# of everything: more steps, more units, more digits and more hours. But it needs no other function
# than those that you have met here. All of DRAW is in your hands.
#
# ## Take it with you
#
# Save your network, and put it on a page. The page is one file. Open `my_page.html` in a browser:
# your network paints there, and it redraws what you draw with the mouse. Send the file to a friend
# if you like. It needs no installation and no connection.

# %%
about = {"model": "draw", "data": {"name_or_path": "digits"}}
network = minidraw.Draw.from_network("mine", (draw, config, named(adam.average), about))
network.save("my_network.npz")
Path("my_page.html").write_text(build_page(network, "my network"), "utf-8")
print("written: my_network.npz and my_page.html")

# %% [markdown]
# The commands of minidraw take the saved network, for instance `minidraw sample my_network.npz`.
#
# In a terminal in this folder, run `minidraw lessons export my_draw.py`. It writes one file that
# needs nothing but NumPy: your functions, joined into a program that trains and paints. You may
# publish it as your own work.
#
# ## Where it lives
#
# `adam_update` is in `minidraw/layers/adam.py`. The clipping is in
# `minidraw/training/optimizer.py`, in the method `update` of the class `Adam`. The loop is in
# `minidraw/training/trainer.py`. Its settings are in `minidraw/training/recipe.py`, with the
# measurements behind them where there are any.
#
# In a terminal in this folder, `minidraw train --ops mine` trains with your functions for as long
# as you like, and `minidraw lessons` lists which functions are yours. Without `--ops mine` the
# compiled functions are used. They give the same results to rounding, and are faster than
# `minidraw.layers`. Lesson 14 measures by how much.

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
# * Other programs clip DRAW's gradients at norms of 5 to 10. Here the usual norm is about 100, so
#   such a limit would clip every gradient. Measure before you choose. After 600 steps on MNIST, a
#   limit of 500 reached 114.4 nats, 100 reached 117.1, and 10 reached 124.7 (T 10, dynamic
#   binarisation, validation).
# * If the loss becomes nan, stop. Try a smaller learning rate or a longer **warm-up**: the steps in
#   which the rate rises from 0 (20 steps in `rate_at`). Don't skip the bad batches and go on. You
#   would get weights that nobody can explain.
# * Compare two settings with more than one seed each. Otherwise you may have compared two seeds.
# * The order of the images, the drawn pixels, the noise and the initial weights each come from a
#   seed. In the package, a run of a fixed number of epochs ends with the same bits, whether it was
#   interrupted or not.
# * One more exercise, without hints: `adamax_update` in [OPEN.md](OPEN.md).
#
# ## Recap
#
# * To paint from noise, run only the decoder's half of the network: equations 13 to 16.
# * Adam divides a running mean of the gradient by the square root of a running mean of its square.
#   So a weight moves by at most about `rate` per step, however large its gradient is.
# * Running means that start at zero are too small at first; dividing by $1 - \beta^k$ corrects that
#   exactly.
# * Clip the whole gradient by its norm. That keeps its direction.
# * Watch both costs separately, the norm of the gradient, and the cost of validation images.
#
# ## Three questions
#
# 1. All gradients are multiplied by 1000. What changes in Adam's steps?
#
#    <details><summary>Answer</summary>
#
#    Nothing, except for the tiny eps: mean and root of the square grow by the same factor. Clipping
#    does notice it.
#
#    </details>
#
# 2. In a run the latent cost stays at 0.0 while the image cost falls a little and then stops. What
#    does the network paint?
#
#    <details><summary>Answer</summary>
#
#    The mean image, for every input. It doesn't use the latent vector.
#
#    </details>
#
# 3. The training cost is 90 nats and still falling, the validation cost is 105 and rising. What is
#    happening, and what do you do?
#
#    <details><summary>Answer</summary>
#
#    The network overfits. Stop, or go back to the weights with the lowest validation cost; more
#    training images would help.
#
#    </details>
#
# ## What is next
#
# This was the last of the core lessons: you have written a network that paints. Lesson 14 makes it
# fast, lesson 15 shows six bugs that no gradient check finds, and lesson 16 measures the network
# honestly. Lesson 19 trains a painter against a critic, with no loss that falls.
