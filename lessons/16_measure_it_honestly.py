# %% [markdown]
# # 16 Measure it honestly
#
# **You'll do:** one exercise of two lines: a tighter bound, from many samples.
#
# **You'll learn:** why two results in nats can rarely be compared, what a bound tells you and what
# it doesn't, and what you must report with a result.
#
# **You'll need:** lesson 10 (the cost of a latent vector) and lesson 13. 40 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | $\mathcal{L}^x + \mathcal{L}^z$ | `nll + kl` | the bound (12), in nats per image |
# | $Q(z \mid x)$ | $q$ | the distribution from which the encoder draws $z$; $p(z)$ is $N(0, 1)$ |
# | | $w$, `log_weights` | $p(x \mid z)\, p(z) / q(z \mid x)$ and its logarithm |
# | | `S` | number of samples of $z$ for each image |

# %%
import numpy as np

import minidraw
from minidraw import layers
from minidraw.evaluation import Evaluation
from minidraw.datasets import Split, as_float, bundled_path
from minidraw.learn import exercise, hint
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.workers import Workers

digits = minidraw.load("digits").valid.images[:200]  # grey levels, 0 to 255
network = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
size, params = network.config_, network.params_

# %% [markdown]
# ## The goal
#
# Here are four results of one network on the same 200 digits. The only difference between them is
# how a grey level becomes a pixel. If you read these four results in four papers, which network
# would you think is the best?

# %%
static = np.random.default_rng(0).random(digits.shape) < digits / 255
sets = {
    "grey levels": (digits, False),
    "threshold at 0.5": ((digits > 127) * np.uint8(255), False),
    "static binarisation": (static * np.uint8(255), False),
    "dynamic binarisation": (digits, True),
}


def measured(name, samples=1):
    """Return the package's bound on one of the sets."""
    images, fresh = sets[name]
    with Workers(1) as workers:
        given = {"ops": layers, "workers": workers, "binarize": fresh, "protocol": name}
        return Evaluation(draw, params, size, Split(images), **given).costs(samples)


found = {name: measured(name) for name in sets}
for result in found.values():
    print(result)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
nll, kl, error = np.array([(r.nll, r.kl, r.standard_error) for r in found.values()]).T
axes.barh(range(4), nll, color=BLUE, height=0.6, label="image")
axes.barh(range(4), kl, left=nll, color="0.75", height=0.6, label="latent")
axes.errorbar(nll + kl, range(4), xerr=2 * error, fmt="none", color="black", capsize=4)
for row, total in enumerate(nll + kl):
    axes.text(total + 2 * error[row] + 1, row, f"{total:.1f}", va="center")
axes.set_yticks(range(4), found)
axes.invert_yaxis()
plain(axes, xlabel="nats per image", xlim=(0, 125))
axes.legend(frameon=False, loc="center right")
show(figure, "16.1")

# %% [markdown]
# ## What is a pixel?
#
# The model's pixels are Bernoulli variables: a pixel is 0 or 1 (9). But the digits have 256 grey
# levels. Somebody has to decide how to turn a level into a pixel. This decision is called the
# **protocol**. Four are in use:
#
# * **grey levels**: put the level itself into (9), as if it were the outcome 0 or 1;
# * **threshold**: the pixel is 1 if the level is above one half;
# * **static binarisation**: draw each pixel once, with the level as its probability, and keep the
#   result. The paper's data set was made like this, and everybody uses the same drawn pixels;
# * **dynamic binarisation**: draw the pixels again every time an image is used.

# %%
one = digits[3, 0] / 255
rng = np.random.default_rng(1)
views = {"grey levels": one, "threshold": one > 0.5, "static": static[3, 0]}
views |= {f"dynamic, visit {k}": rng.random(one.shape) < one for k in (1, 2)}

# %% jupyter={"source_hidden": true}
figure, axes = panels(5, height=2.2)
for place, (title, image) in zip(axes, views.items(), strict=True):
    picture(place, image, title, low=0, high=1)
show(figure, "16.2")

# %% [markdown]
# **Predict.** A network knows every grey level of the digit and paints as well as anybody can. It
# doesn't know which pixels will be drawn. Under which protocols does the image cost 0 nats? What
# does it cost under the others?

# %%
x = as_float(digits, np.float64)
inner = x.clip(1e-12, 1 - 1e-12)  # 0 log 0 is 0
floor = -(inner * np.log(inner) + (1 - inner) * np.log(1 - inner)).sum(axis=(1, 2, 3))
print(f"the best painting of grey levels costs {floor.mean():.1f} nats per image")
logits = np.log(inner / (1 - inner))
by_layer, _ = layers.bernoulli_cost(logits, x=x)
np.testing.assert_allclose(by_layer, floor, atol=1e-6)  # eq 9 at its lowest

# %% [markdown]
# <details><summary>What you saw</summary>
#
# It costs 0 only with the threshold. There nothing is random, so the network can be certain. Under
# the other protocols the best probability for a pixel is its level $x$, and this costs $-x \log x -
# (1 - x) \log (1 - x)$, on average over the draws, or directly if the level itself is put in. Black
# and white pixels cost 0. Grey ones don't.
#
# </details>
#
# The threshold gives the lowest result because it decides the doubtful pixels at the edges in
# advance, always in the same way. The lower number doesn't mean that the network is better. Its
# task is easier.
#
# The other three protocols are closer than they look. Equation 9 is linear in $x$. So, on *the same
# canvas*, the cost of a grey level equals the mean cost of the pixels drawn from it. The next cell
# draws a thousand times:

# %%
canvas = np.random.default_rng(2).standard_normal((1, 1, 28, 28))
drawn_pixels = (rng.random((1000, 1, 28, 28)) < one).astype(float)
each, _ = layers.bernoulli_cost(np.repeat(canvas, 1000, axis=0), x=drawn_pixels)
grey, _ = layers.bernoulli_cost(canvas, x=one[None, None])
error = each.std(ddof=1) / np.sqrt(1000)
print(f"grey level {grey[0]:.2f}; mean over draws {each.mean():.2f}, standard error {error:.2f}")
assert abs(each.mean() - grey[0]) < 4 * error

# %% [markdown]
# What differs is what the encoder sees. This network was trained on black and white digits, and it
# has never seen a grey one. So it does several nats worse on grey levels. Static and dynamic
# binarisation give nearly the same result, because these particular draws are new to the network.
# (It was trained on another static binarisation.)
#
# For *training* the two are different. A network can memorise a static set, each drawn pixel
# included. With dynamic binarisation an image never looks the same twice, so that can't happen. So
# if a network trained with dynamic binarisation has the lower cost on the same images, its model
# needn't be better. It had more varied training data.
#
# ## How certain is the result?
#
# Two things are random: which images we measured, and which $z$ were drawn. The **standard error**
# of a result says how far it typically lies off because of such a choice.
#
# **Predict.** You measure 10,000 images instead of 200. By what factor does the error from the
# choice of images shrink? And which is larger: the error from the images or the error from $z$?

# %%
print(measured("static binarisation", samples=4))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The error of a mean of $n$ values shrinks with $\sqrt n$. Fifty times as many images give a
# seventh of the error. The error from the choice of images is the larger one.
#
# </details>
#
# To compare two networks, measure both on the *same* images, the same drawn pixels and the same
# noise, and take the mean of the differences. Images differ a lot in how much they cost, but this
# part is the same for both networks and cancels.
#
# ## What the bound says
#
# You would like to know $-\log p(x)$: how improbable the network finds this image. It is defined by
#
# $$p(x) = \int p(x \mid z)\, p(z)\, dz$$
#
# We can't compute that integral by trying random $z$, because almost none of them paints this
# digit. The encoder helps. It proposes $z$ from $q(z \mid x)$, where the good ones are, and we
# correct for the fact that they were chosen. With the weight $w = p(x \mid z)\, p(z) / q(z \mid
# x)$, the mean of $w$ over draws from $q$ is exactly $p(x)$, because $q$ cancels:
#
# $$\mathrm{E}_q[w] = \int q(z \mid x)\,\frac{p(x \mid z)\,p(z)}{q(z \mid x)}\,dz
# = \int p(x \mid z)\,p(z)\,dz = p(x)$$
#
# And what is the mean of $-\log w$?
#
# $$-\log w = -\log p(x \mid z) + \log q(z \mid x) - \log p(z)$$
#
# The first term is the image cost. The mean of the other two is the KL divergence of lesson 10. So
# the mean of $-\log w$ is the bound (12). But the logarithm of a mean is not the mean of the
# logarithms:

# %%
w = np.array([0.1, 0.9])
print(f"-log of the mean {-np.log(w.mean()):.3f}, mean of -log {-np.log(w).mean():.3f}")

# %% [markdown]
# The mean of $-\log w$ is never smaller than $-\log$ of the mean. This is **Jensen's inequality**:
# the curve of $-\log$ bends upwards, so a single small $w$ makes its $-\log$ very large. That is
# why (12) is an upper bound on $-\log p(x)$. (Its negative is a lower bound on $\log p(x)$, called
# the ELBO.) The more the weights differ, the further the bound lies above it.
#
# Burda et al. (2016) make it tighter. Draw $S$ samples of $z$ for each image, average the weights
# first, and take the logarithm afterwards:
#
# $$-\log \frac1S \sum_{s=1}^{S} w_s$$
#
# With $S = 1$ this is the plain bound. With more samples the bound falls towards $-\log p(x)$. On
# average it never falls below that value.
#
# ### Exercise 1: the importance-weighted bound (2 lines)
#
# `log_weights` has the shape `(S, n)`. Return nats per image, `(n,)`. Be careful: a log weight can
# lie anywhere between -3000 and 3000. In floating-point numbers, the exponential of -1000 is 0, and
# that of 1000 is infinite. Lesson 04 had the same problem with the rows of a filterbank, and solved
# it.


# %%
@exercise("16.importance_bound")
def importance_bound(log_weights):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("16.importance_bound")`, and again for the next step.
#
# ## A case where we know the answer
#
# Take a model of one number: $z \sim N(0, 1)$ and $x \sim N(z, 1)$. Then $x$ is the sum of two
# independent Gaussians, so it is $N(0, 2)$, and we know $-\log p(x)$. As the encoder we take a poor
# one: $q = N(0.2\,x, 1)$.


# %%
def log_normal(value, mean, var):
    return -0.5 * ((value - mean) ** 2 / var + np.log(2 * np.pi * var))


rng, x = np.random.default_rng(3), 2.0
z = 0.2 * x + rng.standard_normal((1024, 4000))  # 4000 trials with 1024 samples each
toy_log_w = log_normal(x, z, 1) + log_normal(z, 0, 1) - log_normal(z, 0.2 * x, 1)
truth = -log_normal(x, 0, 2)
counts = 2 ** np.arange(11)
toy = [importance_bound(toy_log_w[:S]).mean() for S in counts]
print(f"truth {truth:.4f}; 1 sample {toy[0]:.4f}, 8 samples {toy[3]:.4f}, 1024 {toy[-1]:.4f}")

# %% [markdown]
# **Predict.** Now a digit, with 32 steps and 100 latent entries in each. How many samples does it
# take until the bound stops falling?

# %%
batch = Batch((static[:40]).astype(np.float32))
rng, rows = np.random.default_rng(4), []
for _ in range(128):
    noise = rng.standard_normal(draw.noise_shape(size, 40), np.float32)
    costs, weights = draw.log_weights(params, batch, noise, size, layers)
    rows.append(weights)
log_w = np.array(rows)
parts = [np.split(log_w, 128 // S) for S in counts[:8]]  # all 128 are used at every S
real = [np.mean([importance_bound(part) for part in split]) for split in parts]
print(f"plain {real[0]:.2f}, with 128 samples {real[-1]:.2f} nats (40 digits)")

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=2.9)
left.semilogx(counts, toy, "o-", color=BLUE)
left.axhline(truth, color=GREEN, linestyle="--", label="-log p(x)")
plain(left, title="one number", xlabel="samples S", ylabel="nats")
left.legend(frameon=False)
right.semilogx(counts[:8], real, "o-", color=VERMILION)
plain(right, title="a digit, mean of 40", xlabel="samples S", ylabel="nats")
show(figure, "16.3")

# %%
parts = np.sort(np.exp(log_w - log_w.max(axis=0)), axis=0)[::-1]
share = (parts[:5].sum(axis=0) / parts.sum(axis=0)).mean()
print(f"log weights of an image: standard deviation {log_w.std(axis=0).mean():.1f} nats")
print(f"its five largest of 128 weights make up {share:.0%} of their sum")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# It hasn't stopped at 128. The log weights of one image differ by several nats, so the few largest
# weights make up most of the mean. More samples find larger weights, but more and more rarely. The
# result is a bound for every $S$. So report $S$ with every result, or nobody can compare it.
#
# </details>
#
# ## Where it lives
#
# `Evaluation.costs` and `Evaluation.importance_bound` are in `minidraw/evaluation.py`. The latter
# keeps a running sum, so its memory doesn't grow with $S$. `log_weights` is in
# `minidraw/models/draw/costs.py`. In a terminal, `minidraw evaluate` prints all of these results,
# with their protocol.

# %%
with Workers(1) as workers:
    split = Split((static[:40]) * np.uint8(255))
    given = {"ops": layers, "workers": workers, "binarize": False}
    given |= {"protocol": "static binarisation"}
    theirs = Evaluation(draw, params, size, split, **given).importance_bound(8)
print(theirs)
ours = np.array([importance_bound(log_w[k : k + 8]) for k in range(0, 128, 8)]).mean(axis=1)
print(
    f"ours with 8 samples, 16 times: {ours.mean():.2f}, standard deviation {ours.std(ddof=1):.2f}"
)
assert abs(theirs.total - ours.mean()) < 5 * ours.std(ddof=1)  # only roughly, as the noise differs
mu, log_sigma, eps = 0.3, -0.4, 1.1  # the noise's part of a log weight
drawn = mu + np.exp(log_sigma) * eps
difference = log_normal(drawn, 0, 1) - log_normal(drawn, mu, np.exp(2 * log_sigma))
np.testing.assert_allclose(difference, (eps**2 - drawn**2) / 2 + log_sigma)

# %% [markdown]
# ## In practice
#
# * With a result in nats, report the data set and which part of it (training, validation, test),
#   the protocol, the number of images, how many samples of $z$ were drawn and how they were
#   combined, and the standard error.
# * Make all choices (learning rate, size, when to stop) on validation images. Use the test set
#   once.
# * The results of this lesson don't meet that standard. The network was trained on most of MNIST's
#   60,000 training digits, and the package's 5,000 digits are among them. Here they only serve to
#   compare protocols. The network's cost on test images is in `data/mnist-t32.md`.
# * For colour pictures, minidraw puts the levels into (9) as they are. Such a result isn't a
#   compression cost (lesson 18), and minidraw says so wherever it prints one.
#
# ## Recap
#
# * A result in nats depends on the protocol that turns grey levels into pixels. The same network
#   got results from 72 to 94 nats.
# * On the same canvas, the cost of a grey level is the mean cost of the pixels drawn from it,
#   because equation 9 is linear in $x$.
# * $p(x)$ is the mean of the weights $w = p(x \mid z)\, p(z) / q(z \mid x)$ over draws from $q$.
# * The plain bound is the mean of $-\log w$. The importance-weighted bound, $-\log$ of the mean of
#   $S$ weights, is at most as large on average, and never below $-\log p(x)$ on average.
# * The standard error over images shrinks with $\sqrt n$. Compare networks by paired differences.
#
# ## Three questions
#
# 1. One paper reports 80 nats with a threshold at 0.5, another 85 nats with dynamic binarisation.
#    Which network is better?
#
#    <details><summary>Answer</summary>
#
#    You can't tell. With the threshold the pixels are less random, so every network gets a lower
#    result.
#
#    </details>
#
# 2. A program prints an importance-weighted bound. Each time you double S, it falls by another 0.69
#    nats, without end. What is wrong?
#
#    <details><summary>Answer</summary>
#
#    It sums the weights instead of averaging them. The logarithm of the sum is too large by log S,
#    and log 2 = 0.69.
#
#    </details>
#
# 3. If q(z given x) were exactly p(z given x), how much would the weights of an image differ?
#
#    <details><summary>Answer</summary>
#
#    Not at all. Then w = p(x, z) / p(z given x) = p(x) for every z, and one sample is enough.
#
#    </details>
#
# ## What is next
#
# The whole network is in your hands now, so change it. Try Laplace filters instead of Gaussian
# ones, another memory instead of the LSTM, or a separate stride for each axis. A finite difference
# tells you when your gradient is right, and you know how to say how good the result is. Lessons 17
# and 18 change the network twice: one version reads a scene and makes a decision, the other paints
# in colour.
