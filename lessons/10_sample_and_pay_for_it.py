# %% [markdown]
# # 10 Sample and pay for it
#
# **You'll do:** four exercises, eight lines in all: a random draw that lets a gradient through, its
# backward, its cost in nats, and the backward of the cost.
#
# **You'll learn:** why a network that invents images needs random numbers in its middle, how a
# gradient passes a random draw, and what the draw costs.
#
# **You'll need:** lessons 01 to 05, above all 03 (nats, the cost of an image) and 04 (the bell
# curve). 70 minutes.
#
# | paper | here | |
# |---|---|---|
# | $z$ | `z` | the latent vector, `(n, Z)`: `Z` numbers that stand for an image |
# | $\mu$ | `mu` | its mean, `(n, Z)` |
# | $\sigma$ | `sigma` | its standard deviation, `(n, Z)`; networks emit `log_sigma` |
# | $\epsilon$ | `noise` | random numbers of mean 0 and deviation 1, `(n, Z)` |
# | $\mathcal{L}^x$ | `nll` | the cost of the image, `(n,)`, in nats (lesson 03) |
# | $\mathcal{L}^z$ | `kl` | the cost of the latent vector, `(n,)`, in nats |

# %%
import numpy as np

import minidraw
from minidraw.datasets import as_float, bundled_path
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.learn.notebook import choose_steps
from minidraw.models import draw

layers = use_earlier("10")
images = as_float(minidraw.load("digits").train.images[:, 0], np.float64)
rng = np.random.default_rng(10)


def row(pictures):
    """Images side by side, as one."""
    return np.pad(pictures, ((0, 0), (1, 1), (1, 1)), constant_values=0.4).transpose(1, 0, 2)


# %% [markdown]
# ## The goal
#
# Nobody wrote the digits of the lower row. The network bundled with minidraw painted them from
# random numbers alone. By the end of this lesson a small network of yours will paint its first
# digits in the same way. They will be less sharp, because your network paints them in a single
# stroke and this one takes many.

# %%
shipped = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
config, params = shipped.config_, shipped.params_
latent = rng.standard_normal(draw.noise_shape(config, 12)).astype(np.float32)
film = draw.generate(params, latent, config, layers)
invented = layers.sigmoid(film.canvas[-1])[:, 0]

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=1.8)
picture(axes, np.vstack([row(part).reshape(30, -1) for part in (images[:12], invented)]))
show(figure, "10.1")

# %% [markdown]
# ## The idea, in words
#
# Let one network look at an image and emit a few numbers, $z$. Let a second one see only $z$ and
# paint. Train both so that the painting resembles the image. The first is called the **encoder**,
# the second the **decoder**, and $z$ the **latent vector** ("latent": hidden).
#
# Such a pair learns to copy, and nothing else. Which $z$ would you give the decoder for a *new*
# digit? You don't know where the encoder put its numbers, and between two of them the decoder may
# paint nonsense. And nothing stops the encoder from hiding a whole image in distant decimals of its
# numbers.
#
# So two rules are added:
#
# 1. The encoder doesn't emit a number, but a place $\mu$ and a width $\sigma$. The number is drawn
#    at random around that place. So decimals finer than $\sigma$ carry no information. And the
#    decoder must paint well from all values near a good $z$.
# 2. The encoder pays for the draw, in nats. If $\mu = 0$ and $\sigma = 1$ for every image, $z$ says
#    nothing about the image, and costs nothing. The further $\mu$ is from 0, and the further
#    $\sigma$ is from 1, the more it costs.
#
# With these rules you know where the numbers are: around 0, with a standard deviation of about 1.
# Draw numbers from there, and the decoder paints a new digit.
#
# ## A draw: equations 1, 2 and 6
#
# A **normal distribution** (or Gaussian) $\mathcal N(\mu, \sigma^2)$ has the bell curve of lesson
# 04 as its **density**: many draws lie close to the mean $\mu$, and few lie further away than two
# standard deviations $\sigma$. `rng.standard_normal` draws with mean 0 and deviation 1. For any
# other mean and deviation, stretch those numbers and move them:

# %%
epsilon = rng.standard_normal(20_000)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
for mu, sigma, color, style in ((0, 1, BLUE, "-"), (3, 0.5, VERMILION, "--")):
    drawn = mu + sigma * epsilon
    axes.hist(drawn, 80, density=True, color=color, alpha=0.3)
    at = np.linspace(-4, 5, 300)
    density = np.exp(-((at - mu) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    axes.plot(at, density, style, color=color, label=f"mean {mu}, deviation {sigma}")
    print(f"wanted {mu}, {sigma}; drawn {drawn.mean():.3f}, {drawn.std():.3f}")
axes.legend(frameon=False)
plain(axes, xlabel="number", ylabel="how often")
show(figure, "10.2")

# %% [markdown]
# In the paper, $\mu$ and $\sigma$ each come from the output of the encoder, $h^{enc}$, through a
# linear layer $L$ of their own (lesson 02):
#
# $$\mu = L(h^{enc}) \qquad (1) \qquad\qquad \sigma = \exp\left(L(h^{enc})\right) \qquad (2)$$
# $$z \sim \mathcal N(\mu, \sigma^2) \qquad (6)$$
#
# ($\sim$ means "is drawn from".) A linear layer may emit any number, and exp makes it positive, as
# it did for the variance of a window in lesson 04. But note the difference: there the layer emits
# $\log \sigma^2$, here it emits $\log \sigma$.
#
# ### Exercise 1: the draw (2 lines)
#
# All three arrays have the shape `(n, Z)`. `noise` is given; draw no random numbers yourself. With
# the same `noise`, `z` must be the same. Return `z` and the cache: `sigma` (after the exp) and
# `noise`.


# %%
@exercise("10.sample")
def sample(mu, log_sigma, *, noise):
    raise NotImplementedError
    return z, (sigma, noise)


# %% [markdown]
# ## How does a gradient pass a random draw?
#
# Why is the noise an input? Try what you did in lesson 01: wiggle $\mu$ a little, and measure how
# $z$ moves. In the left picture, the same eight random numbers are used for every $\mu$: they are
# **frozen**. In the middle picture, eight new numbers are drawn for every $\mu$. The right picture
# shows a loss, the mean of $(z - 2)^2$ over the eight.
#
# **Predict.** What will the dots do in the left picture, and what in the middle one? And what will
# the two losses look like?

# %%
mus = np.linspace(0, 4, 33)
frozen = np.repeat(np.random.default_rng(12).standard_normal((1, 8)), 33, axis=0)
redrawn = rng.standard_normal((33, 8))
clouds = [
    sample(np.repeat(mus[:, None], 8, axis=1), np.full((33, 8), np.log(0.8)), noise=part)[0]
    for part in (frozen, redrawn)
]

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=3)
kinds = ("frozen", BLUE, "-"), ("redrawn", VERMILION, "--")
for place, z, (name, color, line) in zip(axes, clouds, kinds, strict=False):
    place.plot(mus, z, ".", color=color, markersize=4)
    plain(place, title=name, xlabel="mu", ylabel="z", ylim=(-3, 7))
    axes[2].plot(mus, ((z - 2) ** 2).mean(axis=1), line, color=color, label=name)
axes[2].legend(frameon=False)
plain(axes[2], title="loss", xlabel="mu")
show(figure, "10.3")

# %% [markdown]
# Now measure the slope of both losses with a finite difference, which divides by a tiny step,
# 0.00002:

# %%
eps = 1e-5
for name, pair in (("frozen", frozen[[0, 0]]), ("redrawn", redrawn[[0, 1]])):
    above, below = 1 + eps + 0.8 * pair[0], 1 - eps + 0.8 * pair[1]
    slope = (((above - 2) ** 2).mean() - ((below - 2) ** 2).mean()) / (2 * eps)
    print(f"{name:8} slope of the loss at mu = 1: {slope:.4f}")

# %% [markdown]
# With redrawn noise the measured slope means nothing. With frozen noise, $z = \mu +
# \sigma\,\epsilon$ is a formula like any other, in which $\epsilon$ is a constant. So the noise is
# drawn first, and then treated as a constant. This trick is called **reparameterisation**. Each
# time an image is used it gets new noise, but its forward and its backward use the same.
#
# The slope of $z$ with respect to $\mu$ is 1. With respect to $\sigma$ it is $\epsilon$: when
# $\sigma$ grows, a dot above the mean rises and a dot below it sinks. The layer emitted $\log
# \sigma$, so there is one more link, an exp, as in link 4 of lesson 05.
#
# ### Exercise 2: the draw, backward (2 lines)
#
# `dz` has the shape `(n, Z)`. Return `dmu` and `dlog_sigma`, of the same shape. Both should be new
# arrays: a backward never returns the very array that it was given (lesson 01).


# %%
@exercise("10.sample_backward")
def sample_backward(dz, cache):
    sigma, noise = cache
    raise NotImplementedError
    return dmu, dlog_sigma


# %% [markdown]
# ## The cost of a draw: equations 10 and 11
#
# In lesson 03 an event of probability $p$ cost $-\log p$ nats. What does a draw cost? Someone who
# hasn't seen the image knows only that $z$ comes from $\mathcal N(0, 1)$, with the density $p(z)$.
# A density isn't a probability: $z$, rounded to steps of width $d$, has the probability $p(z)\,d$,
# if $d$ is small. So it costs $-\log(p(z)\,d)$ nats. The encoder knows more: $z$ comes from a
# distribution around $\mu$, with the density $q(z)$. For the encoder the same number costs
# $-\log(q(z)\,d)$. In the difference, $d$ cancels. What is left, $\log q(z) - \log p(z)$, is what
# $z$ says about the image, in nats. The other nats, $-\log(q(z)\,d)$, pay for the noise in $z$,
# which says nothing about the image, so we don't charge them. We charge the average of the
# difference over all draws. Put in the formulas of the two densities, and note that $(z -
# \mu)/\sigma$ is the noise $\epsilon$:
#
# $$\log q(z) = -\tfrac12 \epsilon^2 - \log \sigma - \tfrac12 \log 2\pi, \qquad
# \log p(z) = -\tfrac12 z^2 - \tfrac12 \log 2\pi$$
# $$\log q(z) - \log p(z) = \tfrac12 (z^2 - \epsilon^2) - \log \sigma$$
#
# Now average over many draws. The mean of $\epsilon$ is 0, and the mean of $\epsilon^2$ is 1. So
# $z^2 = \mu^2 + 2 \mu \sigma \epsilon + \sigma^2 \epsilon^2$ has the mean $\mu^2 + \sigma^2$, and
# the average difference is $\tfrac12 (\mu^2 + \sigma^2 - 1) - \log \sigma$. Write $\log \sigma$ as
# $\tfrac12 \log \sigma^2$ and sum over the `Z` entries. The result is one step of equation 11 in
# the paper:
#
# $$\mathcal{L}^z = \tfrac12 \sum_j \left(\mu_j^2 + \sigma_j^2 - \log \sigma_j^2 - 1\right)
# \qquad (11)$$
#
# This is the **Kullback-Leibler divergence** of $\mathcal N(\mu, \sigma^2)$ from $\mathcal N(0, 1)$
# (10), hence the name `kl`. Is the derivation right? Average the difference over many draws, and
# compare:

# %%
mu, sigma, noise = 1.5, 0.4, rng.standard_normal(1_000_000)
z = mu + sigma * noise
print("mean of log q - log p:", ((z**2 - noise**2) / 2 - np.log(sigma)).mean().round(3))
print("formula:              ", 0.5 * (mu**2 + sigma**2 - np.log(sigma**2) - 1))

# %% [markdown]
# ### Exercise 3: the cost (2 lines)
#
# Return the cost of the draw in nats per image, shape `(n,)`. The cache holds `mu` as it came in,
# and `sigma`: not its square, and not its logarithm. The constant in (11) is easy to misread in the
# paper. As printed here, every entry has its own $-1$. Check your function with $\mu = 0$ and
# $\sigma = 1$: the cost must be 0.


# %%
@exercise("10.kl")
def kl(mu, log_sigma):
    raise NotImplementedError
    return nats, (mu, sigma)


# %% [markdown]
# **Predict.** Let $\mu = 0$. Which costs more: a deviation of 2, or of 1/2? And what would a
# deviation of 0 cost, that is, an exact number?

# %%
sigmas, zeros = np.array([2, 0.5, 1e-3, 1e-6, 1])[:, None], np.zeros((5, 1))
print(dict(zip(sigmas[:, 0].tolist(), kl(zeros, np.log(sigmas))[0].round(3).tolist(), strict=True)))

along = np.linspace(-3, 3, 121)[:, None]

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=2.6)
left.plot(along, kl(along, 0 * along)[0], color=BLUE)
plain(left, xlabel="mu, with sigma = 1", ylabel="cost in nats")
right.plot(along, kl(0 * along, along)[0], color=VERMILION)
plain(right, xlabel="log sigma, with mu = 0", ylim=(0, 6))
show(figure, "10.4")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# A deviation of 2 costs 0.81 nats, and one of 1/2 costs 0.32. An exact number would cost infinitely
# much. Once $\sigma$ is small, each further halving of it adds nearly $\log 2 = 0.69$ nats, which
# is one bit. The first halving, from 1 to 1/2, costs less, because the term $\sigma^2$ in (11)
# becomes smaller at the same time.
#
# </details>
#
# ### Exercise 4: the cost, backward (2 lines)
#
# `dkl` has the shape `(n,)`, the two gradients `(n, Z)`. Differentiate (11) with respect to $\mu_j$
# and $\log \sigma_j$. For the second, first write $\sigma^2$ as $\exp(2 \log \sigma)$.


# %%
@exercise("10.kl_backward")
def kl_backward(dkl, cache):
    mu, sigma = cache
    raise NotImplementedError
    return dmu, dlog_sigma


# %% [markdown]
# ## A network that paints in one stroke
#
# Now put everything together: encoder, draw and decoder. Encoder and decoder are each a linear
# layer, a tanh and another linear layer. The encoder's last layer emits $\mu$ and $\log \sigma$
# side by side; the code calls this array `posterior`. The loss is equation 12 for a single step:
# the cost of the image given $z$, plus the cost of $z$,
#
# $$\mathcal{L} = \mathcal{L}^x + \mathcal{L}^z \qquad (12)$$
#
# Imagine that you send an image to someone: first $z$, for $\mathcal{L}^z$ nats, then what the
# decoder can't guess of the pixels, for $\mathcal{L}^x$ nats. A network of this kind is called a
# *variational autoencoder*. On average over the draws, the sum is never less than $-\log p(x)$: it
# is an upper **bound**. Here $p(x)$ is the probability that the decoder paints $x$, averaged over
# all $z$ drawn from $\mathcal N(0, 1)$. Lesson 16 shows why.

# %%
HIDDEN, Z, pixels = 100, 10, images[0].size
mean = np.clip(images.mean(axis=0).ravel(), 0.005, 0.995)
sizes = {"enc1": (pixels, HIDDEN), "enc2": (HIDDEN, 2 * Z), "dec1": (Z, HIDDEN)}
sizes["dec2"] = HIDDEN, pixels
W = {name: rng.standard_normal(size) / np.sqrt(size[0]) for name, size in sizes.items()}
b = {name: np.zeros(size[1]) for name, size in sizes.items()}
W["enc2"], W["dec2"] = 0.1 * W["enc2"], 0.1 * W["dec2"]
b["dec2"] = np.log(mean / (1 - mean))  # it starts with the mean image of lesson 03


def decode(z):
    """Return the logits of all pixels, and the caches of both layers."""
    hidden, dec1 = layers.linear(z, W["dec1"], b["dec1"])
    logits, dec2 = layers.linear(np.tanh(hidden), W["dec2"], b["dec2"])
    return logits, (dec1, dec2)


# %%
def forward(x, noise):
    """Return both costs of each image, and all caches in the order of the calls."""
    hidden, enc1 = layers.linear(x, W["enc1"], b["enc1"])
    posterior, enc2 = layers.linear(np.tanh(hidden), W["enc2"], b["enc2"])
    mu, log_sigma = posterior[:, :Z], posterior[:, Z:]  # eqs 1 and 2
    z, z_cache = sample(mu, log_sigma, noise=noise)  # eq 6
    kl_cost, kl_cache = kl(mu, log_sigma)  # eq 11
    logits, (dec1, dec2) = decode(z)
    square = (len(x), 1, 28, 28)
    nll, nll_cache = layers.bernoulli_cost(logits.reshape(square), x=x.reshape(square))  # eq 9
    return nll, kl_cost, (enc1, enc2, z_cache, kl_cache, dec1, dec2, nll_cache)


# %% [markdown]
# The backward goes from the cost to the first layer. $\mu$ and $\log \sigma$ are used twice, by the
# draw and by the cost, so their gradients add up.


# %%
def backward(caches):
    """Gradients of the mean of nll + kl, by layer: a pair for W and b."""
    enc1, enc2, z_cache, kl_cache, dec1, dec2, nll_cache = caches
    share = np.full(len(enc1.x), 1 / len(enc1.x))  # the mean over the images
    dlogits = layers.bernoulli_cost_backward(share, nll_cache).reshape(len(share), -1)
    found = {}
    dtanh, *found["dec2"] = layers.linear_backward(dlogits, dec2)
    dhidden = dtanh * (1 - dec2.x**2)  # dec2.x = tanh(hidden)
    dz, *found["dec1"] = layers.linear_backward(dhidden, dec1)
    through_z, through_kl = sample_backward(dz, z_cache), kl_backward(share, kl_cache)
    dposterior = np.concatenate([p + q for p, q in zip(through_z, through_kl, strict=True)], axis=1)
    dtanh, *found["enc2"] = layers.linear_backward(dposterior, enc2)
    _, *found["enc1"] = layers.linear_backward(dtanh * (1 - enc2.x**2), enc1)
    return found


# %% [markdown]
# Check it as always, with frozen noise, at one weight of each layer:

# %%
x, noise = (images[:7].reshape(7, -1) > 0.5) * 1.0, rng.standard_normal((7, Z))
gradients = backward(forward(x, noise)[2])
for name in W:
    place, losses = (406 % len(W[name]), 5), []  # 406: a pixel in the middle
    for by in (eps, -2 * eps):
        W[name][place] += by
        nll, kl_cost, _ = forward(x, noise)
        losses.append((nll + kl_cost).mean())
    W[name][place] += eps
    measured = (losses[0] - losses[1]) / (2 * eps)
    print(f"{name:7} by hand {gradients[name][0][place]: .8f}, measured {measured: .8f}")
    np.testing.assert_allclose(gradients[name][0][place], measured, rtol=1e-4, atol=1e-8)

# %% [markdown]
# Then come 1,600 steps of learning, with 50 images each. Each time an image is used, it is
# binarised afresh (dynamic binarisation, lesson 03). Each update of a weight is minus rate times
# gradient, plus nine tenths of its previous update. This is called **momentum**: a weight gathers
# speed as long as its slope stays the same, like a ball rolling downhill. Lesson 13 has a better
# rule.
#
# **Predict.** $\mathcal{L}^x$ starts near 206 nats, the cost of the mean image, and $\mathcal{L}^z$
# starts near 0. By about how many nats will $\mathcal{L}^z$ rise, and how many will $\mathcal{L}^x$
# save in exchange?


# %%
def learn(steps, rate=0.005, batch=50):
    """Descend with momentum; return both costs at every step."""
    speed, found = {name: [0 * W[name], 0 * b[name]] for name in W}, []
    for _ in range(steps):
        grey = images[rng.integers(0, len(images), batch)].reshape(batch, -1)
        x = (rng.random(grey.shape) < grey) * 1.0
        nll, kl_cost, caches = forward(x, rng.standard_normal((batch, Z)))
        found.append((nll.mean(), kl_cost.mean()))
        for name, gradients in backward(caches).items():
            for k, part in enumerate((W, b)):
                speed[name][k] = 0.9 * speed[name][k] - rate * gradients[k]
                part[name] = part[name] + speed[name][k]
    return np.array(found)


course = learn(choose_steps(1600, in_browser=600))

# %%
smooth = course.reshape(-1, 20, 2).mean(axis=1)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.8)
at = np.arange(len(smooth)) * 20
axes.plot(at, smooth.sum(axis=1), color=VERMILION, label="sum")
axes.plot(at, smooth[:, 0], "--", color=BLUE, label="image, L^x")
axes.plot(at, smooth[:, 1], ":", color=GREEN, label="latent, L^z")
axes.legend(frameon=False)
plain(axes, xlabel="steps of learning", ylabel="nats per image", ylim=(0, 215))
show(figure, "10.5", image=smooth[-1, 0], latent=smooth[-1, 1])

# %% [markdown]
# <details><summary>What you saw</summary>
#
# $\mathcal{L}^z$ rises to about 18 nats: the network pays for a $z$ that says more and more about
# the image. $\mathcal{L}^x$ falls by about 84 nats, nearly five times as much, so the sum falls
# too.
#
# </details>
#
# ## The first samples
#
# Draw `z` from $\mathcal N(0, 1)$, decode it, and take the sigmoid. The encoder isn't used.

# %%
samples = layers.sigmoid(decode(rng.standard_normal((36, Z)))[0]).reshape(3, 12, 28, 28)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
picture(axes, np.vstack([row(line).reshape(30, -1) for line in samples]), low=0, high=1)
show(figure, "10.6")

# %% [markdown]
# The samples are blurred, and some lie between two digits. They are new images, not
# reconstructions: the encoder took no part. And because the neighbours of a good $z$ are good too,
# one digit can change smoothly into another. In the next figure, $z$ moves from left to right in
# equal steps, from the $\mu$ of one image to the $\mu$ of another.

# %%
x = (images[[3, 7, 1, 2]] > 0.5).reshape(4, -1) * 1.0
hidden = np.tanh(layers.linear(x, W["enc1"], b["enc1"])[0])
mu = layers.linear(hidden, W["enc2"], b["enc2"])[0][:, :Z]
part = np.linspace(0, 1, 12)[:, None]
glides = [decode((1 - part) * mu[k] + part * mu[k + 1])[0] for k in (0, 2)]

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=1.8)
lines = [row(layers.sigmoid(line).reshape(12, 28, 28)).reshape(30, -1) for line in glides]
picture(axes, np.vstack(lines), low=0, high=1)
show(figure, "10.7")

# %% [markdown]
# ## Where it lives
#
# `sample` and `kl` are in `minidraw/layers/latent.py`, each with its backward below it. The
# function `latent` joins the two, because both use the output of the same layer.
#
# For more practice, `kl_between` in [OPEN.md](OPEN.md) is an open exercise: the divergence of any
# two Gaussians.

# %%
mu, log_sigma, noise = rng.standard_normal((3, 4, 6))
dz, dkl = rng.standard_normal((4, 6)), rng.standard_normal(4)
z, drawn = minidraw.layers.sample(mu, log_sigma, noise=noise)
np.testing.assert_allclose(z, mu + np.exp(log_sigma) * noise)  # eqs 2 and 6
np.testing.assert_allclose(sample(mu, log_sigma, noise=noise)[0], z)
nats, paid = minidraw.layers.kl(mu, log_sigma)
var = np.exp(log_sigma) ** 2
np.testing.assert_allclose(nats, 0.5 * (mu**2 + var - np.log(var) - 1).sum(axis=1))  # eq 11
np.testing.assert_allclose(kl(mu, log_sigma)[0], nats)
ours = np.add(
    sample_backward(dz, sample(mu, log_sigma, noise=noise)[1]),
    kl_backward(dkl, kl(mu, log_sigma)[1]),
)
posterior = np.concatenate([mu, log_sigma], axis=1)
_, cache = minidraw.layers.latent(posterior, noise=noise)
np.testing.assert_allclose(
    np.concatenate(ours, axis=1), minidraw.layers.latent_backward((dz, dkl), cache)
)
print("draw and cost agree with the package")

# %% [markdown]
# ## In practice
#
# * Noise must be new for every image, every entry and, in DRAW, every step. It is easy to share one
#   noise array by accident, through broadcasting. Noise shared between images makes the gradient
#   noisier. Noise shared between steps is worse: the network learns to count on it, and the printed
#   cost is no bound any more (lesson 15).
# * In the paper's (11) the constant is $T/2$, which is meant for each of the `Z` entries. If you
#   subtract it only once, every printed cost is wrong but every gradient is right, so a gradient
#   check can't find the mistake. A known answer can: the cost of $\mathcal N(0, 1)$ is exactly 0.
# * If $\mathcal{L}^z$ stays at 0, the decoder has learned to ignore $z$. So always look at the two
#   costs separately.
# * Pictures of *reconstructions*, made from the $z$ of a given image, look better than samples.
#   They are often mistaken for samples.
# * A network can also learn to paint from $z$ without an encoder and without a price. Lesson 19
#   gives it a critic instead.
#
# ## Recap
#
# * The encoder emits a mean and a deviation, and $z$ is drawn with them: $z = \mu +
#   \sigma\,\epsilon$.
# * Reparameterisation: draw the noise $\epsilon$ first, and treat it as a constant. Then the slopes
#   are 1 for $\mu$, and $\sigma\,\epsilon$ for $\log \sigma$.
# * The cost of a draw is the Kullback-Leibler divergence, $\tfrac12 (\mu^2 + \sigma^2 - \log
#   \sigma^2 - 1)$ per entry. It is 0 only for $\mu = 0$, $\sigma = 1$.
# * The loss is the cost of the image given $z$, plus the cost of $z$.
# * To invent an image, draw $z$ from $\mathcal N(0, 1)$ and decode. The encoder isn't needed.
#
# ## Three questions
#
# 1. Why is the slope of $z$ with respect to $\log \sigma$ equal to $\sigma\,\epsilon$?
#
#    <details><summary>Answer</summary>
#
#    $z = \mu + e^{\log \sigma} \epsilon$, and the derivative of exp is exp itself, which is
#    $\sigma$.
#
#    </details>
#
# 2. An entry has $\mu = 2$ and $\sigma = 1$. What is its cost?
#
#    <details><summary>Answer</summary>
#
#    $\tfrac12 (4 + 1 - 0 - 1) = 2$ nats.
#
#    </details>
#
# 3. A network prints $\mathcal{L}^x = 90$ and $\mathcal{L}^z = 0$. What do you suspect?
#
#    <details><summary>Answer</summary>
#
#    `kl` is wrong. If $z$ really said nothing about the image, the decoder couldn't do better than
#    the mean image, which costs 206 nats.
#
#    </details>
#
# ## What is next
#
# A single stroke can't do much. DRAW paints in many strokes, with a latent vector for each. Before
# each stroke it looks at what is still missing. Lesson 11 joins all your layers into one such step.
# You now have all the layers that it needs: [CHEATSHEET.md](CHEATSHEET.md) lists their formulas,
# shapes and gradients on two pages.
