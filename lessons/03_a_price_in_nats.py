# %% [markdown]
# # 03 A price in nats
#
# **You'll do:** three exercises, eight lines in all: the cost of an image from a probability for
# each pixel; the same cost from logits, so that it never overflows; and its gradient.
#
# **You'll learn:** to say in one number how well a network predicts an image, and to train a first
# network with this number.
#
# **You'll need:** lesson 02 (the sigmoid, gradient descent), and that the logarithm of a product is
# a sum of logarithms. 65 minutes.
#
# | paper | here | |
# |---|---|---|
# | $x$ | `x` | images, with pixels from 0 (dark) to 1 (light) |
# | $\sigma(c_T)$ | `p` | for each pixel, the probability that it is light |
# | $c_T$ | `logits` | what the sigmoid turns into `p`: any numbers; also called the canvas |
# | $\mathcal{L}^x$ | `nll` | cost of an image, in nats: the **n**egative **l**og **l**ikelihood |
# | $A, B$ | `A`, `B` | width and height of the image; arrays are `(n, C, B, A)` |
# | | `C` | channels: 1 for grey images, 3 for colour |

# %%
import numpy as np

import minidraw
from minidraw import gradcheck
from minidraw.datasets import as_float
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.models import draw

layers = use_earlier("03")  # minidraw's layers, and yours where you have written them
sigmoid = layers.sigmoid
data = minidraw.load("digits")
images = as_float(data.train.images, np.float64)  # (4500, 1, 28, 28)
held_out = as_float(data.valid.images, np.float64)  # 500 digits, for measuring only
rng = np.random.default_rng(3)

# %% [markdown]
# ## The goal
#
# A network with 784 weights, one for each pixel, starts all grey. It learns from 4,500 digits by
# gradient descent. Above each picture stands the average cost of a digit, which says how badly the
# network predicts it. By the end of this lesson you will have written this cost, and trained this
# network.

# %%
preview, stages = np.zeros((1, 28, 28)), {}
for step in range(31):
    logits = np.broadcast_to(preview, images.shape)
    nll, cache = layers.bernoulli_cost(logits, x=images)
    if step in (1, 3, 10, 30):
        stages[step] = layers.sigmoid(preview[0]), nll.mean()
        # what is broadcast forward is summed backward; divided by n for the average
    preview = preview - 4 * layers.bernoulli_cost_backward(np.ones(len(nll)), cache).mean(axis=0)

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.45)
for place, (step, (mean, cost)) in zip(axes, stages.items(), strict=True):
    picture(place, mean, f"step {step}\n{cost:.1f} nats", low=0, high=1)
show(figure, "3.1")

# %% [markdown]
# ## The idea, in words
#
# A forecaster says: 90 percent chance of rain. If it rains, that was a good forecast. If it stays
# dry, it was a bad one. How bad? Once you know what happened, you can give the forecast a price.
# The price should be 0 if the forecast gave probability 1 to what happened. The lower the
# probability that it gave to what happened, the higher the price should be.
#
# One more wish settles the formula. If two independent things have the probabilities $p$ and $q$,
# both of them happen with probability $p \cdot q$. The price of both together should be the **sum**
# of the two prices. The logarithm turns products into sums, and the minus sign makes the price
# positive:
#
# $$\text{price} = -\log p$$
#
# With the natural logarithm the price is counted in **nats**, with the logarithm of base 2 in bits.
# One bit is $\log 2 = 0.693$ nats. That is the price of a fair coin toss, forecast with probability
# 1/2.
#
# Think of it as a price. For an image, the field calls it a **cost**, and from here on so do we:
# price and cost are the same.

# %%
chances = np.linspace(0.002, 1, 500)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.8)
axes.plot(chances, -np.log(chances), color=BLUE)
for at in (0.9, 0.5, 0.1, 0.01):
    axes.plot(at, -np.log(at), "o", color=VERMILION)
    axes.text(at + 0.015, -np.log(at) + 0.15, f"p = {at}: {-np.log(at):.3f} nats")
plain(axes, xlabel="p, the probability that was given to what happened", ylabel="price in nats")
show(figure, "3.2")
np.testing.assert_allclose(-np.log(0.9 * 0.5), -np.log(0.9) - np.log(0.5))  # products, sums

# %% [markdown]
# ## A Bernoulli variable for each pixel
#
# Take images whose pixels are either light, 1, or dark, 0. A forecast of such an image is a
# probability `p` for each pixel: the probability that the pixel is light. A variable that is 1 with
# probability `p` and 0 otherwise, like the toss of a biased coin, is called a **Bernoulli
# variable**. The pixels are treated as independent. So the cost of an image is the sum of the costs
# of its pixels. Here is the cost of one pixel:


# %%
def pixel_cost(p, x):
    if x == 1:
        return -np.log(p)
    return -np.log(1 - p)


print("light with p = 0.9:", pixel_cost(0.9, 1), "if it is light,", pixel_cost(0.9, 0), "if dark")

# %% [markdown]
# **Predict.** You know nothing, and give each of the 784 pixels of a digit the probability 1/2.
# What does a digit cost? Does a 1 cost less than an 8?

# %% jupyter={"source_hidden": true}
nats = 784 * np.log(2)
print("p = 1/2 at all 784 pixels:", nats, "nats, that is", nats / np.log(2), "bits")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Each pixel costs $\log 2$ whether it is light or dark. So every image costs the same: 784 bits,
# which is 543.4 nats. This is the cost to beat. The network of figure 3.1 has it before its first
# step.
#
# </details>
#
# ### Exercise 1: the cost of an image (2 lines)
#
# `p` and `x` have the shape `(n, P)`, with `P` pixels to an image. Return the cost of each image,
# shape `(n,)`. Do it without `if`: multiply each of the two costs by something that is 1 where this
# cost applies, and 0 where it doesn't. Your formula must also accept grey pixels between 0 and 1,
# for which both costs count in part (see below).
#
# Don't clip `p`. And add up costs instead of multiplying probabilities: for a large image, the
# product is too small a number for the computer. In the stub, `x` stands after a `*`: arguments
# after the star are data or settings, which get no gradient.


# %%
@exercise("03.coin_cost")
def coin_cost(p, *, x):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("03.coin_cost")`. Run it again for the next step.

# %%
binary = (rng.random((3, 784)) < images[:3].reshape(3, 784)) / 1.0
print(coin_cost(np.full((3, 784), 0.5), x=binary))

# %% [markdown]
# ## Grey pixels
#
# Our digits aren't black and white; their pixels have grey levels. A common solution is to draw
# each pixel as light or dark, with the grey level as its probability of light, and to draw it anew
# each time the image is used. This is called **dynamic binarisation**. A pixel of level $x$ is then
# light with probability $x$. Its cost is $-\log p$ with probability $x$, and $-\log(1 - p)$ with
# probability $1 - x$. On average that is
#
# $$-x \log p - (1 - x) \log(1 - p)$$
#
# This is your formula, with the grey level itself put in for $x$. The formula is called the
# **binary cross-entropy**. So there is no need to draw any pixels here: the costs in this lesson
# are averages over all draws. (In later lessons the image goes through a network first. There the
# pixels really are drawn.)

# %%
p = rng.uniform(0.1, 0.9, (1, 784))
grey = images[:1].reshape(1, 784)
drawn = (rng.random((4000, 784)) < grey) / 1.0
print("4,000 draws, on average:", coin_cost(np.repeat(p, 4000, axis=0), x=drawn).mean().round(2))
print("grey levels put in:     ", coin_cost(p, x=grey).round(2))

# %% [markdown]
# ## The best probability
#
# A pixel is light in a fraction $m$ of all images, say in 20 percent of them. You must choose one
# `p` for this pixel, the same for all images.
#
# **Predict.** Which `p` makes the average cost lowest: $m$ itself, or something bolder, such as 0
# if $m$ is below one half?

# %%
forecasts = np.linspace(0.01, 0.99, 197)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.9)
for m, style, color in ((0.05, "-", BLUE), (0.2, "--", VERMILION), (0.5, "-.", GREEN)):
    average = -m * np.log(forecasts) - (1 - m) * np.log(1 - forecasts)
    axes.plot(forecasts, average, style, color=color, label=f"light in {m:.0%} of the images")
    axes.plot(forecasts[average.argmin()], average.min(), "o", color=color)
    print(f"m = {m}: lowest at p = {forecasts[average.argmin()]:.2f}, {average.min():.3f} nats")
plain(axes, xlabel="p", ylabel="average cost in nats", ylim=(0, 2.5))
axes.legend(frameon=False, loc="upper center")
show(figure, "3.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The honest forecast, $p = m$, is cheapest. You can also see this without a picture. Set the
# derivative of the average cost to 0: $-\frac{m}{p} + \frac{1 - m}{1 - p} = 0$ gives $m (1 - p) =
# (1 - m)\, p$, and so $p = m$. If a network may choose one probability per pixel, the same for all
# images, its best choice is therefore the **mean image** of the digits. So you know already where
# the training in this lesson must end.
#
# </details>
#
# ## Logits: equation 9
#
# Gradient descent on `p` itself would be awkward. A step may lead out of the range from 0 to 1, and
# near its ends the cost is so steep that the steps become far too large. So a network puts out
# **logits** $c$, which may be any numbers, and $p = \sigma(c)$. DRAW's canvas holds logits. That is
# why strokes can be added to it without end.
#
# You could compute `p` with the sigmoid and call `coin_cost`. Try it with a pixel that the network
# is sure of:

# %%
with np.errstate(divide="ignore", invalid="ignore"):
    for c in (30.0, 40.0):
        p = layers.sigmoid(c)
        print(f"c = {c}: p = {p}, cost of a dark pixel {-np.log(1 - p)}; it should be {c}")

# %% [markdown]
# At a logit of 40, `p` is rounded to 1, and the cost becomes infinite. At 30 the cost is already
# off by 0.0002. So put the two formulas together on paper, *before* anything is rounded. In lesson
# 02 you saw that $\sigma(3) + \sigma(-3) = 1$. This holds for every logit:
#
# $$1 - \sigma(c) = \frac{e^{-c}}{1 + e^{-c}} = \frac{1}{e^c + 1} = \sigma(-c)$$
#
# So a dark pixel costs
#
# $$-\log(1 - p) = -\log \sigma(-c) = \log(1 + e^c)$$
#
# This function is called **softplus**. A light pixel costs
#
# $$-\log p = \log(1 + e^{-c}) = \log \frac{e^c + 1}{e^c} = \text{softplus}(c) - c$$
#
# A pixel of level $x$ costs $x$ times the cost of light plus $1 - x$ times the cost of dark:
#
# $$x\,(\text{softplus}(c) - c) + (1 - x)\,\text{softplus}(c) = \text{softplus}(c) - x\,c$$
#
# Summed over all pixels, this is equation 9 of the paper, $\mathcal{L}^x = -\log D(x \mid c_T)$.
# There $D(x \mid c_T)$ is the probability that the forecast made from the last canvas $c_T$ gives
# to the image $x$. Our forecast is one Bernoulli variable for each pixel.
#
# One trap is left: $e^{1000}$ overflows. To avoid this in the logarithm of a sum, take the larger
# term out of the sum. Here it is done for a similar function, $\log(e^a + e^b)$. If $a \ge b$, this
# is $\log(e^a (1 + e^{b - a})) = a + \log(1 + e^{b - a})$, and the exponent that remains is never
# positive:


# %%
def log_of_sum(a, b):
    larger, smaller = max(a, b), min(a, b)
    return larger + np.log1p(np.exp(smaller - larger))  # log1p(u) is log(1 + u), exact for tiny u


print(log_of_sum(1000.0, 999.0), "and", log_of_sum(-3.0, 2.0), "=", np.log(np.exp(-3) + np.exp(2)))

# %% [markdown]
# Softplus has the same form, because $1 = e^0$: $\log(1 + e^c) = \log(e^0 + e^c)$. But `log_of_sum`
# takes two numbers, not arrays: Python's `max` can't say which of two arrays is larger. For arrays
# there is `np.maximum`, which compares entry by entry.
#
# ### Exercise 2: the cost from logits (3 lines)
#
# `logits` and `x` have the shape `(n, C, B, A)`. Return the cost of each image, shape `(n,)`; it
# must be finite for logits of 1000 and of -1000. The stub already returns the cache.


# %%
@exercise("03.bernoulli_cost")
def bernoulli_cost(logits, *, x):
    raise NotImplementedError
    return nll, (logits, x)


# %% [markdown]
# **Predict.** Above, every image cost 543.4 nats: each pixel had the probability 1/2, so its logit
# was 0. Now give each pixel the logit 1000: you are sure that it is light. What is the cost of an
# image if all its pixels are light? And if all are dark?

# %% jupyter={"source_hidden": true}
sure = np.full((1, 1, 28, 28), 1000.0)
print("all is light:", bernoulli_cost(sure, x=np.ones_like(sure))[0])
print("all is dark: ", bernoulli_cost(sure, x=np.zeros_like(sure))[0])

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The light image costs nothing. In the dark one you are sure and wrong at every pixel. Each pixel
# costs as many nats as its logit, 1000, so the image costs 784 times 1000.
#
# </details>
#
# ## The gradient
#
# The cost of a pixel is $\text{softplus}(c) - x\,c$. By the chain rule
#
# $$\frac{d}{dc} \log(1 + e^c) = \frac{1}{1 + e^c} \cdot e^c$$
#
# Divide numerator and denominator by $e^c$, and you get a function that you know from lesson 02.
# The other term, $x\,c$, is linear in $c$: its slope is $x$.

# %%
along = np.linspace(-6, 6, 121)

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=2.9)
for x, style, color in ((0.0, "-", BLUE), (0.3, "-.", GREEN), (1.0, "--", VERMILION)):
    cost = np.logaddexp(0, along) - x * along  # logaddexp(a, b) is log_of_sum for whole arrays
    left.plot(along, cost, style, color=color, label=f"x = {x}")
    right.plot(along, np.gradient(cost, along), style, color=color, label=f"x = {x}")
plain(left, xlabel="logit c", ylabel="cost of a pixel")
plain(right, xlabel="logit c", ylabel="slope of the cost")
left.legend(frameon=False, loc="upper center")
show(figure, "3.4")

# %% [markdown]
# The three slopes on the right are the same curve at three heights. The curve for $x = 0.3$ crosses
# 0 where the forecast equals the pixel, at $\sigma(c) = 0.3$. The other two never reach 0: the one
# for $x = 0$ comes close far to the left, the one for $x = 1$ far to the right. No finite logit
# makes a pixel completely certain.
#
# ### Exercise 3: the gradient (3 lines)
#
# `dnll`, shape `(n,)`, is the gradient of the cost of each image. Return `dlogits`, shape `(n, C,
# B, A)`. It must be right for logits of 1000 and of -1000. You may call `sigmoid` of lesson 02.


# %%
@exercise("03.bernoulli_cost_backward")
def bernoulli_cost_backward(dnll, cache):
    logits, x = cache
    raise NotImplementedError


# %% [markdown]
# ## Train it
#
# Here is the network of figure 3.1 again, with your own functions. It has no input, and one weight
# for each pixel: a canvas of logits, shape `(1, 28, 28)`. All images share the canvas, so it is
# broadcast, and its gradient is summed over the images. The loss is the average cost, so the cost
# of each image gets the gradient `1 / n`. Each step subtracts 4 times the gradient of the canvas:
# the rate is 4.


# %%
def cost_and_gradient(canvas, x):
    """Return the average cost of the images, and its gradient with respect to the canvas."""
    nll, cache = bernoulli_cost(np.broadcast_to(canvas, x.shape), x=x)
    dlogits = bernoulli_cost_backward(np.full(len(x), 1 / len(x)), cache)
    return nll.mean(), dlogits.sum(axis=0)


canvas, costs = np.zeros((1, 28, 28)), []
for _ in range(60):
    cost, dcanvas = cost_and_gradient(canvas, images)
    costs.append(cost)
    canvas = canvas - 4 * dcanvas

# %%
mean = np.clip(images.mean(axis=0), 1e-9, 1)  # 128 pixels are dark in all images: avoid log 0
floor = -(mean * np.log(mean) + (1 - mean) * np.log(1 - mean)).sum()

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=2.9, widths=[2.2, 1])
left.plot(costs, color=BLUE, label="the network")
left.axhline(floor, color=VERMILION, linestyle="--", label="the mean image")
left.axhline(784 * np.log(2), color="0.5", linestyle=":", label="p = 1/2 everywhere")
plain(left, xlabel="step", ylabel="nats per digit", ylim=(0, 580))
left.legend(frameon=False, loc="center right")
picture(right, layers.sigmoid(canvas[0]), "what it has learned", low=0, high=1)
show(figure, "3.5")
print(f"after 60 steps {cost_and_gradient(canvas, images)[0]:.1f} nats, mean image {floor:.1f}")
print(f"500 digits held out: {cost_and_gradient(canvas, held_out)[0]:.1f} nats")

# %% [markdown]
# New digits cost a little more than those that the network was trained on. Only the cost of
# held-out images tells you what a network knows about digits in general. Both costs are averages
# over dynamic binarisation.
#
# **Predict.** Which digit is cheapest under this network, and which is most expensive?

# %%
each, _ = bernoulli_cost(np.broadcast_to(canvas, held_out.shape), x=held_out)
labels = data.valid.labels
by_digit = [each[labels == digit].mean() for digit in range(10)]
order = each.argsort()

# %% jupyter={"source_hidden": true}
figure, axes = panels(7, height=2.5, widths=[4.5, 1, 1, 1, 1, 1, 1])
axes[0].bar(range(10), by_digit, color=BLUE)
plain(axes[0], xlabel="digit", ylabel="nats", xticks=range(10))
for place, k in zip(axes[1:], [*order[:3], *order[-3:]], strict=True):
    picture(place, held_out[k, 0], f"{each[k]:.0f}")
show(figure, "3.6")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# A 1 is cheapest: it has few light pixels, all in the middle. Digits with many light pixels are
# expensive. On average a 0 is the most expensive, because its ring leaves the middle dark, where
# most digits are light.
#
# </details>
#
# And what does this network think a digit looks like? Draw each pixel with the probability that it
# gives (a **Bernoulli sample**):

# %% jupyter={"source_hidden": true}
figure, axes = panels(6, height=1.9)
for place in axes:
    sample = rng.random((28, 28)) < layers.sigmoid(canvas[0])
    picture(place, sample, low=0, high=1)
show(figure, "3.7")

# %% [markdown]
# This shows what is still missing. The pixels of a digit aren't independent: a stroke makes many of
# them light together. DRAW keeps the Bernoulli variables and the cost, but it paints a new canvas
# for each image, with strokes that it chooses.
#
# For more practice, `gaussian_cost` in [OPEN.md](OPEN.md) asks for the cost of an image whose
# pixels are Gaussian instead of Bernoulli variables.
#
# ## Where it lives
#
# `bernoulli_cost` and its backward are in `minidraw/layers/likelihood.py`. The loss of DRAW is this
# cost plus a second one, the cost of its random choices (lesson 10). And DRAW's first canvas starts
# at the logits of the mean image, so DRAW begins with what you have just trained.

# %%
logits, x = 3 * rng.standard_normal((3, 1, 5, 4)), rng.random((3, 1, 5, 4))
ours, cache = bernoulli_cost(logits, x=x)
theirs, their_cache = minidraw.layers.bernoulli_cost(logits, x=x)
np.testing.assert_allclose(ours, theirs)  # eq 9
np.testing.assert_allclose(ours, (np.log(1 + np.exp(logits)) - x * logits).sum(axis=(1, 2, 3)))
flat = minidraw.layers.sigmoid(logits).reshape(3, -1)
np.testing.assert_allclose(coin_cost(flat, x=x.reshape(3, -1)), theirs)
dnll = rng.standard_normal(3)
theirs = minidraw.layers.bernoulli_cost_backward(dnll, their_cache)
np.testing.assert_allclose(bernoulli_cost_backward(dnll, cache), theirs)
measured = gradcheck.numeric_gradient(lambda: dnll @ bernoulli_cost(logits, x=x)[0], logits)
np.testing.assert_allclose(theirs, measured, rtol=1e-6, atol=1e-8)

# %%
config = draw.Config(glimpses=1, hidden=2, latent=1)
start = draw.init_params(config, rng, np.float64, mean_image=data.mean_image)["canvas_0"]
np.testing.assert_allclose(minidraw.layers.sigmoid(start), data.mean_image.clip(0.005, 0.995))
print("costs and gradients agree with the package; DRAW starts at the mean image")

# %% [markdown]
# ## In practice
#
# * Many programs write `log(p + 1e-8)` to avoid the infinity. Then no pixel's cost exceeds 18.4
#   nats. And where `p` has been rounded to 0 or 1, the slope is 0, so the worst pixels teach the
#   network nothing.
# * A canvas that starts at 0 must first learn the mean image, most of which is black background.
#   Figure 3.5 shows how many nats that alone saves: 337.
# * A cost without its **protocol** says little. Pixels can be grey levels, or cut at one half, or
#   drawn once and for all (**static binarisation**), or drawn anew each time (dynamic
#   binarisation). The same network has a different cost under each protocol.
# * A cost in nats is also the size of a file. A good compressor that used this network would need
#   about 214 nats, which is 308 bits or 39 bytes, for a new digit with its pixels drawn as 0 or 1.
# * For colour images, the level of each channel is treated as a Bernoulli probability too. This
#   works as a loss, but the cost is no longer the size of any file.
#
# ## Recap
#
# * If a forecast gave probability $p$ to what happened, it costs $-\log p$ nats. The costs of
#   independent things add up.
# * The cost of an image is the sum over its pixels. With logits $c$ it is softplus$(c) - x\,c$ per
#   pixel, which never overflows if the larger term is taken out.
# * Its gradient is $\sigma(c) - x$: the forecast minus the truth.
# * The best forecast with one probability per pixel is the mean image. It costs about 206 nats a
#   training digit, against 543 for $p = 1/2$ everywhere.
# * A cost means something only together with its protocol, and on held-out images.
#
# ## Three questions
#
# 1. A pixel was forecast to be light with probability 1/4. What does it cost if it is light? In
#    bits?
#
#    <details><summary>Answer</summary>
#
#    $\log 4 = 1.386$ nats, which is 2 bits.
#
#    </details>
#
# 2. Why does the canvas hold logits and not probabilities?
#
#    <details><summary>Answer</summary>
#
#    Any number is a valid logit, so strokes and steps of learning can be added without leaving the
#    valid range. And the cost can be computed exactly even where the probability rounds to 0 or 1.
#
#    </details>
#
# 3. A canvas shows logit 0 at a pixel of level 1. What is the gradient of this logit, and which way
#    does a step of learning move it?
#
#    <details><summary>Answer</summary>
#
#    $\sigma(0) - 1 = -0.5$. A step subtracts rate times gradient, so the logit rises and the pixel
#    becomes lighter.
#
#    </details>
#
# ## What is next
#
# You have a cost, and its gradient with respect to the canvas. Next comes what lies between the
# network and the canvas: lesson 04 looks at an image through a grid of filters that can be moved.
