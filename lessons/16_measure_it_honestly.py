# %% [markdown]
# # 16 Measure it honestly
#
# **You'll do:** one exercise of two lines: a tighter bound, from many samples.
#
# **You'll learn:** why two figures in nats can rarely be compared, what a bound says and what it
# leaves open, and what must stand beside a figure.
#
# **You'll need:** lesson 10 (the price of a latent vector) and lesson 13. 30 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | $\mathcal{L}^x + \mathcal{L}^z$ | `nll + kl` | the bound (12), in nats per image |
# | $Q(z \mid x)$ | $q$ | what the encoder draws $z$ from; $p(z)$ is $N(0, 1)$ |
# | | $w$, `log_weights` | $p(x, z) / q(z \mid x)$ and its logarithm |
# | | `S` | samples of $z$ for each image |

# %%
import numpy as np
from threadpoolctl import threadpool_limits

import minidraw
from minidraw import layers
from minidraw.evaluation import Evaluation
from minidraw.datasets import Split, as_float, bundled_path
from minidraw.learn import exercise, hint
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.workers import Workers

threadpool_limits(1)  # on matrices this small, two threads get in each other's way
digits = minidraw.load("digits").valid.images[:200]  # grey levels, 0 to 255
network = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
size, params = network.config_, network.params_

# %% [markdown]
# ## The goal
#
# One network, 200 digits, four figures. Nothing was changed but what is taken for a pixel. If you
# found them in four papers, which network would you take for the best?

# %%
coins = np.random.default_rng(0).random(digits.shape) < digits / 255
sets = {
    "grey levels": (digits, False),
    "threshold at 0.5": ((digits > 127) * np.uint8(255), False),
    "static binarisation": (coins * np.uint8(255), False),
    "dynamic binarisation": (digits, True),
}


def measured(name, samples=1):
    """The package's bound on one of the sets."""
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
# The model knows coins: a pixel is 0 or 1 (9). The digits have 256 levels. Someone must say what to
# do about that, and four answers are in use. Whichever it is, it is called the **protocol**.
#
# * **grey levels**: put the level itself into (9), as if it were an outcome;
# * **threshold**: 1 if the level is above one half;
# * **static binarisation**: toss a coin for every pixel once, and keep the result. The paper's set
#   is of this kind, and everybody uses the same coins;
# * **dynamic binarisation**: toss anew whenever an image is looked at.

# %%
one = digits[3, 0] / 255
rng = np.random.default_rng(1)
views = {"grey levels": one, "threshold": one > 0.5, "fixed": coins[3, 0]}
views |= {f"fresh, visit {k}": rng.random(one.shape) < one for k in (1, 2)}

# %% jupyter={"source_hidden": true}
figure, axes = panels(5, height=2.2)
for place, (title, image) in zip(axes, views.items(), strict=True):
    picture(place, image, title, low=0, high=1)
show(figure, "16.2")

# %% [markdown]
# **Predict.** A network knows every grey level of the digit, but not how the coins will fall, and
# paints as well as can be. Under which protocols does the image cost it 0 nats? And under the
# others?

# %%
x = as_float(digits, np.float64)
inner = x.clip(1e-12, 1 - 1e-12)  # 0 log 0 is 0
floor = -(inner * np.log(inner) + (1 - inner) * np.log(1 - inner)).sum(axis=(1, 2, 3))
print(f"the best painting of grey levels costs {floor.mean():.1f} nats per image")
logits = np.log(inner / (1 - inner))
by_layer, _ = layers.bernoulli_cost(logits, x=x)
np.testing.assert_allclose(by_layer, floor, atol=1e-6)  # eq 9 at its lowest

# %% [markdown]
# Only under the threshold's is it 0: there nothing is left to chance, and it says 0 or 1. Under the
# others the probability $x$ is the best it can say, and that costs
# $-x \log x - (1 - x) \log (1 - x)$: on average over the coins, or with the level put in directly.
# Of black and white pixels that is 0, of grey ones it isn't.
#
# The threshold's figure is lower because the doubtful pixels at the edges have been decided for the
# network, always in the same way. It isn't a better network. It is an
# easier question.
#
# The other three are closer than they look. (9) is a straight line in $x$: on *the same canvas*,
# the cost of a grey level is the mean of the costs over its coins. Here are a thousand tosses:

# %%
canvas = np.random.default_rng(2).standard_normal((1, 1, 28, 28))
tossed = (rng.random((1000, 1, 28, 28)) < one).astype(float)
each, _ = layers.bernoulli_cost(np.repeat(canvas, 1000, axis=0), x=tossed)
grey, _ = layers.bernoulli_cost(canvas, x=one[None, None])
error = each.std(ddof=1) / np.sqrt(1000)
print(f"grey level {grey[0]:.2f}; mean over coins {each.mean():.2f}, standard error {error:.2f}")
assert abs(each.mean() - grey[0]) < 4 * error

# %% [markdown]
# What differs is what the encoder sees: this network was trained on black and white digits, and a
# grey one is strange to it. It does worse there, by some nats. Between fixed and fresh coins it
# can't tell the difference, as long as it has never seen those coins. In *training* they differ: a
# fixed set can be learned by heart, coins and all; with fresh ones no two visits are alike. So a
# network trained on fresh coins can't be compared with one trained on fixed ones either, not even
# where both are measured on the same images.
#
# ## How sure is the figure?
#
# Two things are random in it: which images, and which $z$.
#
# **Predict.** From 200 images to 10,000: by which factor does the error over images shrink? And
# which of the two errors is larger?

# %%
print(measured("static binarisation", samples=4))

# %% [markdown]
# The mean of $n$ values has an error that shrinks with $\sqrt n$: fifty times the images, a seventh
# of the error. Two networks on the *same* images, coins and noise are compared by the mean of their
# differences: the images' own spread, by far the largest part, cancels.
#
# ## The bound is a bound
#
# What you would like to know is $-\log p(x)$: how little the network expects this image. It is
#
# $$p(x) = \int p(x \mid z)\, p(z)\, dz$$
#
# and that integral is out of reach: next to no $z$ paints this very digit. The encoder helps: draw
# $z$ from $q(z \mid x)$, where the right ones are, and correct for having done so. With the weight
# $w = p(x \mid z)\, p(z) / q(z \mid x)$, the mean of $w$ over $q$ is exactly $p(x)$: the $q$ below
# the line cancels the $q$ that is drawn from.
#
# The bound of (12) is the mean of $-\log w$. But the logarithm of a mean isn't the mean of the
# logarithms:

# %%
w = np.array([0.1, 0.9])
print(f"-log of the mean {-np.log(w.mean()):.3f}, mean of -log {-np.log(w).mean():.3f}")

# %% [markdown]
# The mean of $-\log$ is never smaller: it takes a small $w$ very seriously. That is why (12) is an
# upper bound on the cost, and the more the weights differ, the looser it is. The remedy (Burda et
# al. 2016): draw $S$ samples of $z$ for the image, and take the logarithm of their mean,
#
# $$-\log \frac1S \sum_{s=1}^{S} w_s$$
#
# With $S = 1$ that is the plain bound. With more it comes down towards $-\log p(x)$, and on average
# never below.
#
# ### Exercise 1: the weighted bound (2 lines)
#
# `log_weights` has the shape `(S, n)`. Return nats per image, `(n,)`. Mind that a log weight of
# a digit is about -90, and one of a larger image -1000: the exponential of that is 0 in a computer.
# Lesson 04 had the same trouble with its rows, and a remedy.


# %%
@exercise("16.importance_bound")
def importance_bound(log_weights):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("16.importance_bound")`, and again for the next step.
#
# ## Where the truth is known
#
# A model of one number: $z \sim N(0, 1)$, $x \sim N(z, 1)$. Then $x$ is a sum of two Gaussians,
# $N(0, 2)$, and $-\log p(x)$ is known. As an encoder take a poor one: $q = N(0.2\,x, 1)$.


# %%
def log_normal(value, mean, var):
    return -0.5 * ((value - mean) ** 2 / var + np.log(2 * np.pi * var))


rng, x = np.random.default_rng(3), 2.0
z = 0.2 * x + rng.standard_normal((1024, 4000))  # 4000 trials with 1024 samples each
log_w = log_normal(x, z, 1) + log_normal(z, 0, 1) - log_normal(z, 0.2 * x, 1)
truth = -log_normal(x, 0, 2)
counts = 2 ** np.arange(11)
toy = [importance_bound(log_w[:S]).mean() for S in counts]
print(f"truth {truth:.4f}; 1 sample {toy[0]:.4f}, 8 samples {toy[3]:.4f}, 1024 {toy[-1]:.4f}")

# %% [markdown]
# **Predict.** And for a digit, 32 steps of 100 entries: how many samples until the bound stops
# falling?

# %%
batch = Batch((coins[:40]).astype(np.float32))
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
print(f"an image's log weights deviate by {log_w.std(axis=0).mean():.1f} nats")
print(f"its five largest of 128 weights make {share:.0%} of the sum")

# %% [markdown]
# With a digit it still falls. The weights of one image lie nats apart, so that a few of the largest
# make most of the mean. More samples find larger ones, ever more rarely. The figure is a bound at
# any $S$, and a figure without its $S$ can't be compared.
#
# ## Where it lives
#
# `Evaluation.costs` and `Evaluation.importance_bound` in `minidraw/evaluation.py`, which keeps a
# running sum so that memory doesn't grow with $S$; `log_weights` in
# `minidraw/models/draw/costs.py`. In a terminal, `minidraw evaluate` prints all of this, with its
# protocol.

# %%
with Workers(1) as workers:
    split = Split((coins[:40]) * np.uint8(255))
    given = {"ops": layers, "workers": workers, "binarize": False}
    given |= {"protocol": "static binarisation"}
    theirs = Evaluation(draw, params, size, split, **given).importance_bound(8)
print(theirs)
ours = np.array([importance_bound(log_w[k : k + 8]) for k in range(0, 128, 8)]).mean(axis=1)
print(f"ours with 8 samples, 16 times: {ours.mean():.2f}, deviation {ours.std(ddof=1):.2f}")
assert abs(theirs.total - ours.mean()) < 5 * ours.std(ddof=1)  # other noise, so to that only
mu, log_sigma, eps = 0.3, -0.4, 1.1  # the noise's part of a log weight, as `measures.py` has it
drawn = mu + np.exp(log_sigma) * eps
difference = log_normal(drawn, 0, 1) - log_normal(drawn, mu, np.exp(2 * log_sigma))
np.testing.assert_allclose(difference, (eps**2 - drawn**2) / 2 + log_sigma)

# %% [markdown]
# ## In practice
#
# * Beside a figure in nats stand: the set and its part (training, validation, test), the protocol,
#   how many images, how many samples of $z$ and in which way, the standard error.
# * Choose everything (rate, size, when to stop) on validation images; look at the test set once.
# * The figures of this lesson fail that: the network was trained on most of MNIST's 60,000 training
#   digits, and the package's 5,000 are among these. They serve to compare protocols. What it costs
#   on test images stands in `data/mnist-t32.md`.
# * For colour pictures the levels are put into (9) as they are. Such a figure is no compression
#   cost at all, and says so wherever minidraw prints it.
#
# ## What is next
#
# You have the whole network in your hands: change it. Laplace filters instead of Gaussians, another
# memory than the LSTM, a stride for each axis. The finite difference will tell you when you have it
# right, and you know how to say how good it is. Lessons 17 and 18 change it twice: a network that
# reads a scene and decides, and one that paints in colour.
