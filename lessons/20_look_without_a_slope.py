# %% [markdown]
# # 20 Look without a slope
#
# **You'll do:** four exercises, eleven lines in all: the score of a sampled place, REINFORCE's
# estimate with a baseline, the pathwise gradient beside it, and a count of the samples that each of
# them needs.
#
# **You'll learn:** how a network learns where to look although its look has no slope, what that
# costs, and when it is worth the cost. At the end two networks learn to read the same scenes, one
# through a soft window and one by trial and error.
#
# **You'll need:** lesson 10 (a draw with a slope) and lesson 17 (reading a scene in a few looks).
# You can do this lesson without having solved their exercises. 90 minutes. Optional.
#
# | Williams 1992 | here | |
# |---|---|---|
# | | `places` | sampled places, `(S, D)`: S samples, D axes |
# | $\mu, \sigma$ | `mean`, `log_spread` | of the hill from which a place is drawn, `(D,)` |
# | $\ln p$ | | logarithm of the hill's height at a place |
# | $\partial \ln p$ | `slopes` | the *score*: slopes of $\ln p$ |
# | $-r$ | `costs` | what each sample cost, `(S,)`; a cost is a negative reward |
# | $b$ | `baseline` | the cost to expect, `(S,)` |

# %%
import numpy as np

import minidraw
from minidraw import layers
from minidraw.datasets import as_float
from minidraw.learn import exercise, hint
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, choose_steps, panels, plain, show
from minidraw.models import classifier, ram
from minidraw.models.interface import Batch
from minidraw.pictures import sheets
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

# %% [markdown]
# ## The goal
#
# DRAW looks through a window of Gaussian filters. Why so soft? Cutting a patch out of the image
# would be simpler, and much cheaper. Here is a strip of 40 pixels, dark but for a light bar. You
# look at one pixel, the one nearest to your place. In the dark a look costs 1, in the light 0.


# %%
PIXELS = np.arange(40)
STRIP = ((PIXELS >= 24) & (PIXELS < 30)) * 1.0


def hard_cost(place):
    """Cost of a look at the pixel nearest to each place."""
    return 1 - STRIP[np.clip(np.rint(place), 0, 39).astype(int)]


# %% [markdown]
# **Predict.** You look at place 20.3, some pixels away from the bar. What is the slope of the cost
# there? And where is it not zero?

# %%
for place in (10.0, 20.3, 23.5, 27.0):
    moved = hard_cost(np.array([place + 1e-5, place - 1e-5]))
    print(f"place {place}: slope {(moved[0] - moved[1]) / 2e-5:,.0f}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The cost is a staircase. Its slope is zero nearly everywhere, and at the step it is not a number
# that helps: the smaller the wiggle, the larger it gets. Gradient descent would never move.
#
# </details>
#
# DRAW's answer is to blur the image, so that the bar is felt from afar. There is a second answer,
# which is older: **blur the place**. Don't look at $\mu$, look near it, at random, and ask what a
# look costs *on average*.


# %%
def expected(cost, mean, spread):
    """Mean cost of places from N(mean, spread^2), summed on a fine grid."""
    u = np.linspace(-6, 6, 12001)
    height = np.exp(-(u**2) / 2)
    return (height * cost(mean + spread * u)).sum() / height.sum()


means = np.linspace(0, 39, 391)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.8)
axes.fill_between(PIXELS, 0 * PIXELS, STRIP, step="mid", color="0.9")
axes.plot(means, hard_cost(means), color="black", linewidth=1, label="cost of a hard look")
for spread, color, line in ((1, GREEN, ":"), (3, BLUE, "-"), (8, VERMILION, "--")):
    values = [expected(hard_cost, mean, spread) for mean in means]
    axes.plot(means, values, line, color=color, label=f"expected, spread {spread}")
axes.legend(frameon=False, loc="lower left")
plain(axes, xlabel="place, or mean of the places", ylabel="cost")
show(figure, "20.1")

# %% [markdown]
# The expected cost is smooth. Its slope leads to the bar, and the wider the spread, the farther
# away it can be felt. But how do we get that slope? On a strip we can sum over all places. In a
# network with eight looks at a picture, nobody can. We want it from a few samples.
#
# ## The score
#
# The expected cost is a sum over places, each weighted by the height $p(a)$ of the hill:
#
# $$E[L] = \int p(a)\, L(a)\, da$$
#
# **Step 1.** Move the mean a little. The hill moves, the staircase $L$ doesn't. So only $p$ has a
# slope with respect to $\mu$:
#
# $$\frac{d E[L]}{d\mu} = \int \frac{dp(a)}{d\mu}\, L(a)\, da$$
#
# **Step 2.** This is no average: the weight $p(a)$ is gone, so we can't sample it. Bring it back.
# The slope of a logarithm is $\frac{d \ln p}{d\mu} = \frac1p \frac{dp}{d\mu}$, hence
# $\frac{dp}{d\mu} = p\, \frac{d \ln p}{d\mu}$, and
#
# $$\frac{d E[L]}{d\mu} = \int p(a)\, \frac{d \ln p(a)}{d\mu}\, L(a)\, da
# = E\left[L(a)\, \frac{d \ln p(a)}{d\mu}\right]$$
#
# **Step 3.** That is an average. So draw places, pay their costs, multiply each cost by the slope
# of $\ln p$ at its place, and average. This slope is called the **score**, and the method
# **REINFORCE** (Williams 1992). Look at what isn't in the formula: the slope of $L$. The cost may
# be a staircase, a program, or a person who says "wrong".
#
# In words: a place that was cheap should become more probable, and a place that was expensive less
# so.
#
# ### Exercise 1: the score (3 lines)
#
# The hill is that of lesson 10, once for each axis:
# $\ln p(a) = -\frac{(a - \mu)^2}{2 \sigma^2} - \ln \sigma - \frac12 \ln 2\pi$. As in lesson 10, the
# parameters are `mean`, $\mu$, and `log_spread`, $\ln \sigma$, both `(D,)`; `places` is `(S, D)`.
# Return the slopes of $\ln p$ with respect to both, each `(S, D)`.


# %%
@exercise("20.score")
def score(mean, log_spread, *, places):
    raise NotImplementedError
    return dmean, dlog_spread


# %% [markdown]
# Stuck? Run `hint("20.score")`, and again for the next step. Is the derivation right? Average over
# many samples, and compare with the slope of the summed cost.

# %%
rng = np.random.default_rng(20)
mean, log_spread = np.array([20.0]), np.log([3.0])
places = mean + np.exp(log_spread) * rng.standard_normal((1_000_000, 1))
costs = hard_cost(places[:, 0])
by_mean, by_log_spread = score(mean, log_spread, places=places)
wider = (expected(hard_cost, 20, 3 * np.exp(s)) for s in (0.1, -0.1))
moved = (expected(hard_cost, 20 + s, 3) for s in (0.1, -0.1))
for name, slopes, (above, below) in (("mean", by_mean, moved), ("spread", by_log_spread, wider)):
    estimate = (costs * slopes[:, 0]).mean()
    print(f"{name:6} REINFORCE {estimate:.4f}, summed over places {(above - below) / 0.2:.4f}")
    np.testing.assert_allclose(estimate, (above - below) / 0.2, atol=0.002)

# %% [markdown]
# Both slopes are negative: the mean should move to the right, towards the bar, and the spread
# should grow, because from here a wider hill finds the bar more often.
#
# ## A baseline
#
# Those were a million samples. A network has one per image and look. How good is one?
#
# **Predict.** Add 10 to every cost. The best place stays the same. What happens to the average of
# cost times score, and what to the scatter of a single sample?

# %%
for more in (0, 10):
    single = (costs + more) * by_mean[:, 0]
    print(f"costs + {more:2}: mean {single.mean():.3f}, standard deviation {single.std():.2f}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The average stays the same, up to what a million samples leave open. The scatter grows more than
# tenfold, and it was large before. A sample at cost 11 says "less of this!", whether 11 is good or
# bad. Only the average over many samples sorts it out.
#
# </details>
#
# Why does the average stay the same? Take $L = 1$ for all places. Then the expected cost is 1
# wherever the mean is, so its slope is 0: **the score has the mean 0**. So we may subtract any
# number $b$ from all costs, as long as it doesn't depend on the place:
#
# $$E\left[(L - b)\, \frac{d \ln p}{d\mu}\right] = \frac{d E[L]}{d\mu} - b \cdot 0$$
#
# A good $b$ is the cost to expect. Then a sample that costs more than usual pushes the mean away
# from its place, and one that costs less draws the mean towards it. A network can *learn* this
# **baseline**, from what it has seen so far.
#
# ### Exercise 2: REINFORCE with a baseline (2 lines)
#
# `costs` and `baseline` are `(S,)`, `slopes` are scores `(S, D)`. Return the estimate of the
# gradient, the mean over the samples, `(D,)`.


# %%
@exercise("20.reinforce")
def reinforce(costs, slopes, *, baseline):
    raise NotImplementedError
    return gradient


# %%
few = [slice(k, k + 100) for k in range(0, 100_000, 100)]
for name, value in (("none", 0.0), ("mean cost", costs.mean()), ("10", 10.0)):
    b = np.full(len(costs), value)
    found = np.array([reinforce(costs[s], by_mean[s], baseline=b[s]) for s in few])
    print(f"baseline {name:9}: 100 samples give {found.mean():.3f} +- {found.std():.3f}")

# %% [markdown]
# The right baseline makes the scatter smaller, by more than a third here. A wrong one makes it much
# larger. Neither moves the mean: no such baseline makes the estimate biased, that is, wrong on
# average.
#
# ## The pathwise gradient
#
# Now DRAW's answer. Blur the image: weight the pixels by a Gaussian filter around the place, as in
# lesson 04. Then the cost itself has a slope, and a sampled place can pass it on. Lesson 10 did
# this with a sampled latent vector: draw the noise first, $a = \mu + \sigma \epsilon$, then the
# slope of the cost at $a$ goes along the **path** from $a$ to $\mu$ and $\sigma$.


# %%
def soft_cost(place, var=4.0):
    """Cost of a look through a filter at each place (S,), and its slope by the place."""
    off = PIXELS - place[:, None]
    F = np.exp(-(off**2) / (2 * var))
    F /= F.sum(axis=1, keepdims=True)
    dF = F * (off - (F * off).sum(axis=1, keepdims=True)) / var  # lesson 05
    return 1 - F @ STRIP, -dF @ STRIP


# %% [markdown]
# ### Exercise 3: the pathwise gradient (3 lines)
#
# `dplaces`, `(S, D)`, is the slope of each sample's cost with respect to its place. `noise`,
# `(S, D)`, is the $\epsilon$ of each sample. Return the gradients of `mean` and of `log_spread`,
# averaged over the samples, both `(D,)`.


# %%
@exercise("20.pathwise")
def pathwise(dplaces, log_spread, *, noise):
    raise NotImplementedError
    return dmean, dlog_spread


# %% [markdown]
# Now the three side by side, on the same soft cost and with the same samples. REINFORCE needs no
# slope, but it may of course be used where there is one.

# %%
noise = rng.standard_normal((200_000, 1))
places = mean + np.exp(log_spread) * noise
soft_costs, dplaces = soft_cost(places[:, 0])
slopes, _ = score(mean, log_spread, places=places)
usual = np.full(len(soft_costs), soft_costs.mean())
print("REINFORCE:    ", reinforce(soft_costs, slopes, baseline=0 * usual).round(4))
print("with baseline:", reinforce(soft_costs, slopes, baseline=usual).round(4))
print("pathwise:     ", pathwise(dplaces[:, None], log_spread, noise=noise)[0].round(4))
by_method = {
    "REINFORCE": soft_costs[:, None] * slopes,
    "with baseline": (soft_costs - usual)[:, None] * slopes,
    "pathwise": dplaces[:, None],
}

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=2.4)
for place, (name, values), color in zip(
    axes, by_method.items(), (VERMILION, BLUE, GREEN), strict=True
):
    place.hist(values[:, 0], bins=np.linspace(-1, 1, 81), color=color)
    place.axvline(dplaces.mean(), color="black", linewidth=1)
    plain(place, xlabel="estimate from one sample", title=name)
    place.set(yticks=[])
show(figure, "20.2")

# %% [markdown]
# All three have the same mean, the thin line. In the first picture you could not guess where it is,
# not even on which side of 0.
#
# ## How many samples?
#
# Averaging helps, but slowly. The mean of $m$ independent samples has $1/m$ of the variance of a
# single one. Let $g$ be the true gradient and $V$ the mean of $|\hat g - g|^2$ over single-sample
# estimates $\hat g$. We want an error of $e$ times the norm of $g$, say $e = 0.1$. So $V / m = e^2
# |g|^2$.
#
# ### Exercise 4: the samples needed (3 lines)
#
# `grads`, `(S, n, D)`, are S single-sample estimates for each of n scenes, `gradient`, `(n, D)`,
# the true gradients. Return $m$ for each scene, `(n,)`.


# %%
@exercise("20.samples_needed")
def samples_needed(grads, gradient, *, error):
    raise NotImplementedError
    return samples


# %% [markdown]
# **Predict.** Where does the baseline save more samples: where the cost is near 1 at nearly all
# places, or where it changes? And which of the three works far from the bar, at 12?


# %%
def count_on_strip(start):
    """Return the samples needed at a mean, by name of the method."""
    places = start + 3 * noise
    paid, slope = soft_cost(places[:, 0])
    slopes, _ = score(np.array([start]), log_spread, places=places)
    found = paid[:, None] * slopes, (paid - paid.mean())[:, None] * slopes, slope[:, None]
    gradient = slope.mean(keepdims=True)[None]
    return [samples_needed(grads[:, None], gradient, error=0.1)[0] for grads in found]


print("mean  REINFORCE  with baseline  pathwise")
for start in (12.0, 16.0, 20.0, 24.0, 26.0):
    plain_one, based, along = count_on_strip(start)
    print(f"{start:4.0f} {plain_one:10,.0f} {based:14,.0f} {along:9,.0f}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The baseline saves most at 12 and 16, where nearly every sample costs 1 and says nothing. At 16
# and 20, on the way to the bar, the pathwise gradient needs at most half as many as REINFORCE with
# the baseline. At 24, at the edge of the bar, it is no better. At 12 all three are bad: only a rare
# sample gets near enough to the bar to feel it, and no method can learn from what no sample has
# seen. At 26 the mean is almost on the middle of the bar. The gradient is so small there that a
# tenth of it is hard to hit.
#
# </details>
#
# ## Two readers of scenes
#
# The **recurrent attention model** (RAM; Mnih, Heess, Graves and Kavukcuoglu 2014) is older than
# DRAW; Graves is an author of both. In each step it cuts a small patch out of the picture, and
# around it larger patches at a lower resolution. A recurrent network takes these in. It emits the
# mean of the next place; the place is drawn around it with a fixed spread. After the last look it
# names the digit. The reward is 1 for a right answer and 0 for a wrong one, and REINFORCE, with a
# learned baseline, trains where to look. All the rest has a slope and is trained as usual, on the
# cross-entropy.
#
# `minidraw.models.ram` is this network with the layers of lesson 17: the same LSTM, the same
# filters, at two fixed sizes. Three things differ most from RAM. Our network reads its patches with
# filters instead of cutting them. The filters give the place no slope, because we pass no gradient
# back through them. Our network lowers the expected cross-entropy in nats, which says more than
# right or wrong. And REINFORCE's gradient goes back into the LSTM, while in RAM it stops at the
# layer that chooses the place. Beside it stands `classifier`, the network of lesson 17. It chooses
# place, size and softness of its window, and its gradient comes through the window.
#
# Scenes are those of lesson 17, smaller: a digit somewhere on 44 x 44 pixels, and three pieces of
# other digits.

# %%
SIZE, PIECES, T, K, N = 44, 3, 3, 8, 50
data = minidraw.load("digits")
train, valid = (as_float(part.images[:, 0]) for part in (data.train, data.valid))


def make_scenes(digits, rows, rng):
    """Return scenes (n, 1, 44, 44): a digit each, and pieces of others."""
    out = np.zeros((len(rows), 1, SIZE, SIZE), np.float32)
    high = 21, 21, SIZE - 7, SIZE - 7  # choices: cut from, and placed, down and across
    for k, row in enumerate(rows):
        for other in rng.integers(len(digits), size=PIECES):
            top, left, y, x = rng.integers(0, high)
            out[k, 0, y : y + 8, x : x + 8] += digits[other, top : top + 8, left : left + 8]
        y, x = rng.integers(0, SIZE - 27, 2)
        out[k, 0, y : y + 28, x : x + 28] += digits[row]
    return np.minimum(out, 1)


# %%
size = {"height": SIZE, "width": SIZE, "glimpses": T, "hidden": 64, "read_size": K}
networks = {  # model, sizes, learning rate
    "by reward": (ram, ram.Config(**size, scales=2, spread=0.15), 0.003),
    "through the window": (classifier, classifier.Config(**size), 0.01),
}
STEPS = choose_steps(1000, in_browser=400)
starts = {
    name: model.init_params(config, np.random.default_rng(0))
    for name, (model, config, _) in networks.items()
}
for name, first in starts.items():
    print(f"{name}: {sum(value.size for value in first.values()):,} weights")


# %%
def train_step(name, batch, step, rng):
    """Update once; return the batch's mean cost and error."""
    (model, config, rate), adam = networks[name], adams[name]
    shape = model.noise_shape(config, N)
    noise = None if shape is None else rng.standard_normal(shape, np.float32)
    costs, grads = model.loss_and_grads(adam.weights.views, batch, noise, config, layers)
    room = allocate_flat(model.param_shapes(config))
    fill(room, {key: gradient / N for key, gradient in grads.items()})
    rate *= min((step + 1) / 20, 1, max(0.05, 2 - 2 * step / STEPS))  # lesson 13, to 0.05
    adam.update(room, rate=rate, clip=5.0, ops=layers)
    return costs["nll"].mean(), costs["error"].mean()


# %% [markdown]
# **Predict.** Both see the same 1,000 batches of 50 new scenes. Guessing is wrong in 90 %. How
# often is each of them wrong at the end?

# %%
rng, noise_rng = np.random.default_rng(2), np.random.default_rng(3)
adams = {name: Adam(first, beta1=0.9, beta2=0.999, average=0.99) for name, first in starts.items()}
log = {name: [] for name in networks}
for step in range(STEPS):
    rows = rng.integers(0, len(train), N)
    batch = Batch(make_scenes(train, rows, rng), data.train.labels[rows])
    for name in networks:
        log[name].append(train_step(name, batch, step, noise_rng))
    if step % 200 == 199:
        print(step + 1, *(f"{n}: {np.mean(log[n][-50:], axis=0)[1]:.0%} wrong;" for n in log))

# %%
rows = np.tile(np.arange(len(valid)), 2)
x_new, labels_new = make_scenes(valid, rows, np.random.default_rng(4)), data.valid.labels[rows]
paths = {}
for name, (model, config, _) in networks.items():
    paths[name] = model.scanpath(adams[name].weights.views, x_new, config, layers)
    wrong = paths[name].probabilities.argmax(axis=1) != labels_new
    print(f"{name}: {wrong.mean():.1%} of {len(wrong)} new scenes wrong")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.8)
for name, color, line in (("by reward", VERMILION, "--"), ("through the window", BLUE, "-")):
    _, wrong = np.array(log[name]).reshape(-1, 40, 2).mean(axis=1).T
    axes.plot(40 * np.arange(len(wrong)) + 20, 100 * wrong, line, color=color, label=name)
axes.axhline(90, color="black", linestyle=":")
axes.legend(frameon=False)
plain(axes, xlabel="step", ylabel="% wrong", ylim=(0, 100))
show(figure, "20.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Both learn. The one with the slope learns faster and gets further. That isn't only because its
# gradient scatters less: it also chooses the size of its window, and the other can't. (On the 1,000
# new scenes, the network that learns by reward looks at the likeliest places. In training it draws
# its places, and there it is wrong more often.)
#
# </details>
#
# ## Where each looks


# %%
def strips(name, index, number):
    """Show scenes with a network's windows, and its answers."""
    figure, axes = panels(height=3.83 * len(index) + 0.6)
    path = paths[name]
    axes.imshow(sheets.render_scanpath(path, index=index, scale=3))
    answer, sure = path.probabilities.argmax(axis=1), path.probabilities.max(axis=1)
    words = [f"is {labels_new[i]}\nsays {answer[i]} ({sure[i]:.0%})" for i in index]
    axes.set_yticks((np.arange(len(index)) * 2 + 1) * 3 * (SIZE + 1), words)
    axes.set(xticks=(np.arange(T) + 0.5) * 3 * (SIZE + 1), xticklabels=range(1, T + 1))
    axes.set_xlabel("glimpse")
    show(figure, number)


both = np.flatnonzero(paths["by reward"].probabilities.argmax(axis=1) == labels_new)[[3, 6]]
strips("by reward", both, "20.4")

# %%
strips("through the window", both, "20.5")

# %% [markdown]
# Of the network that learns by reward you see the finer of its two windows, at the likeliest place.
# It always has the same size; the other one, twice as wide, lies around it. The second network
# closes in with a window that changes its size. The first look of each is the same for all scenes,
# because nothing has been seen yet.
#
# ## The scatter in scenes
#
# Now the count for both networks. Take a scene. All looks but the last go where the network sends
# them; the last place is drawn around its mean, 1,000 times. The cost of each sample, times its
# score, is REINFORCE's estimate. The pathwise estimate of the *same* gradient comes through the
# filters. So all are taken at the same weights and the same places.


# %%
def before_the_last_look(name, scene):
    """Return weights, h, c and theta of each window before the last look at a scene (C, B, A)."""
    model, config, _ = networks[name]
    params = {key: value.astype(float) for key, value in adams[name].weights.views.items()}
    x = scene.astype(float)[None]
    if model is classifier:
        _, (seen, theta, caches) = model.network.forward(params, x, config, layers)
        return params, seen[-2, :, :64], caches[-1][1].c_prev, [theta[-1]]
    still = np.zeros((T, 1, 2))  # no noise: the likeliest places
    _, (seen, mean, caches) = model.network.forward(params, x, still, config, layers)
    windows = [model.network.make_theta(mean[-1], scale, config) for scale in range(2)]
    return params, seen[-2, :, :64], caches[-1].c_prev, windows


# %% [markdown]
# Next is the last look at S places, forward and, as in lesson 17, backward to the places.


# %%
def last_look(params, h, c, windows, *, scene, label, moves):
    """Return the costs (S,) of a last look, moved by `moves` (S, 2), and the backward's caches."""
    S, x = len(moves), scene.astype(float)[None].repeat(len(moves), axis=0)
    thetas = [theta.repeat(S, axis=0) for theta in windows]
    for theta in thetas:
        theta[:, :2] += moves
    reads, caches = zip(*(layers.read_image_attention(t, x=x, K=K) for t in thetas), strict=True)
    if len(windows) == 2:  # the network that learns by reward also takes in the place
        reads = *reads, thetas[0][:, :2]
    inputs = np.concatenate([h.repeat(S, axis=0), *reads], axis=1)
    a, _ = layers.linear(inputs, params["lstm.W"], params["lstm.b"])
    (h, _), gates = layers.lstm_gates(a, c.repeat(S, axis=0))
    logits, _ = layers.linear(h, params["label.W"], params["label.b"])
    nll, cost = layers.softmax_cross_entropy(logits, targets=np.eye(10)[np.full(S, label)])
    return nll, (cost, gates, caches)


# %%
def last_look_backward(params, cache):
    """Return the slope of each sample's cost by its place, (S, 2)."""
    cost, gates, reads = cache
    dlogits = layers.softmax_cross_entropy_backward(np.ones(len(gates.c_prev)), cost)
    dh = dlogits @ params["label.W"].T
    da, _ = layers.lstm_gates_backward((dh, 0 * dh), gates)
    dreads = (da @ params["lstm.W"].T)[:, 64:]  # after 64 numbers h
    dplaces = dreads[:, -2:].copy() if len(reads) == 2 else 0
    for k, read in enumerate(reads):
        dread = dreads[:, k * K**2 : (k + 1) * K**2]
        dplaces = dplaces + layers.read_image_attention_backward(dread, read)[:, :2]
    return dplaces


# %%
wiggles = np.random.default_rng(5).standard_normal((1000, 2))
METHODS = "REINFORCE", "mean as baseline", "learned baseline", "pathwise"


def estimate_each(name, i, spread):
    """Return the single-sample estimates (S, 2) of scene i, by the four methods."""
    params, h, c, windows = before_the_last_look(name, x_new[i])
    one = {"scene": x_new[i], "label": labels_new[i], "moves": spread * wiggles}
    nll, cache = last_look(params, h, c, windows, **one)
    learned = h @ params["baseline.W"] + params["baseline.b"] if name == "by reward" else np.nan
    based = [(nll - np.ravel(b))[:, None] * wiggles / spread for b in (0, nll.mean(), learned)]
    return *based, last_look_backward(params, cache)


# %%
def count_in_scenes(name, spread, scenes=(0, 3, 6, 11, 17, 24, 40, 57)):
    """Return the samples needed, (4, scenes)."""
    each = np.stack([estimate_each(name, i, spread) for i in scenes], axis=2)
    off = each[1] - each[3]  # both estimate the same gradient, up to 4.5 standard errors:
    assert np.abs(off.mean(axis=0) / off.std(axis=0)).max() * np.sqrt(len(off)) < 4.5
    gradient = each[3].mean(axis=0)
    return np.array([samples_needed(grads, gradient, error=0.1) for grads in each])


# %% [markdown]
# **Predict.** On the way to the bar, the pathwise gradient needed at most half as many samples as
# REINFORCE with a baseline. Will it be so here too? (The spread, 0.15, has the unit of (22), about
# half the width of the image.)

# %%
for name in networks:
    print(f"{name}, spread 0.15, samples for 10 % in eight scenes:")
    for words, numbers in zip(METHODS, count_in_scenes(name, 0.15), strict=True):
        if np.isfinite(numbers).all():  # only one of the two has learned a baseline
            print(f"  {words:16}", *(f"{number:8,.0f}" for number in numbers))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# No: here the mean as baseline mostly needs fewer samples than the path.
#
# </details>
#
# Now with other spreads, at the same weights:

# %%
SPREADS = 0.01, 0.03, 0.1, 0.3
pixels = np.array(SPREADS) * (SIZE + 1) / 2
middle = {
    name: np.median([count_in_scenes(name, spread) for spread in SPREADS], axis=2)
    for name in networks
}
for name, counts in middle.items():
    print(f"{name}, median of eight scenes:")
    for k in (0, 1, 3):
        numbers = zip(counts[:, k], pixels, strict=True)
        print(f"  {METHODS[k]:16}", *(f"{m:9,.0f} at {by:.1f} pixels" for m, by in numbers))

# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=2.8)
for place, (name, counts) in zip(axes, middle.items(), strict=True):
    for k, color, line in ((0, VERMILION, ":"), (1, BLUE, "--"), (3, GREEN, "-")):
        place.loglog(pixels, counts[:, k], line, marker="o", color=color, label=METHODS[k])
    place.set_xticks(pixels, pixels.round(1))
    place.minorticks_off()
    plain(place, xlabel="spread in pixels", ylabel="samples for 10 %", ylim=(5, 5e5), title=name)
axes[1].legend(frameon=False)
show(figure, "20.6")

# %% [markdown]
# This is worth a second look, because it isn't what one usually reads.
#
# * **Plain REINFORCE needs thousands of samples, and the mean cost as a baseline saves most of
#   them** in the network that learns by reward. In the other there is less to save, because its
#   costs are small. But no baseline helps without limit. Where the cost is nearly a ramp, cost
#   minus baseline is slope times $\sigma\epsilon$, the score is $\epsilon/\sigma$, and their
#   product is slope times $\epsilon^2$, which scatters although the baseline is right. On a strip
#   it takes $2 / 0.1^2 = 200$ samples, on an image $3 / 0.1^2 = 300$, however small the spread.
# * **A learned baseline can be worse than none.** It is the cost to expect over *all* scenes that
#   look the same so far. In a scene that is harder or easier than those, it is simply wrong.
# * **The path has no such limit, if the spread is small.** At a fifth of a pixel it needs a few
#   dozen samples or less. With no spread at all it needs one: then there is nothing to average.
#   That is DRAW.
# * **With a wide spread, the path loses to a baseline.** Its slope says what a step of one pixel
#   would change. Strokes are thin, so that slope may point left here and right three pixels away.
#   REINFORCE doesn't ask for the slope at a place; it compares the costs of places that lie apart.
#
# So "through the window" is a bargain where the cost is smooth over the distance in question. DRAW
# makes it so: it doesn't sample its places, and its first windows are wide and soft.
#
# ## What a look costs
#
# Here the hard look wins. A patch of 12 x 12 pixels that is *cut out* needs 144 values, wherever it
# lies, and no multiplication. A Gaussian window touches every pixel, in every look.
#
# **Predict.** For an image of 1000 x 1000 pixels, how many times as many bytes does the window
# read?


# %%
def count_look(side, K=12, stride=1.0, sigma=0.5):
    """Return (multiplications, bytes read) of a cut, of a window, and of one that ends."""
    near = min(side, int((K - 1) * stride + 8 * sigma) + 1)  # beyond 4 sigma a filter is 0
    products = [K * a**2 + K**2 * a + 2 * K * a for a in (side, near)]  # 2 K a: the filterbanks
    values = K**2, side**2, near**2
    return list(zip((0, *products), (4 * v for v in values), strict=True))


sides = np.array([28, 100, 300, 1000, 10_000])
counted = np.array([count_look(side) for side in sides.tolist()])
print("side: multiplications and bytes of a cut, a window, a window that ends at 4 sigma")
for side, row in zip(sides, counted.tolist(), strict=True):
    print(f"{side:6}:", "; ".join(f"{products:,} and {size:,}" for products, size in row))

# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=2.8)
for k, (place, words) in enumerate(zip(axes, ("multiplications", "bytes read"), strict=True)):
    for way, (name, color, line) in enumerate(
        (("cut", VERMILION, "--"), ("window", BLUE, "-"), ("window that ends", GREEN, ":"))
    ):
        if counted[:, way, k].any():
            place.loglog(sides, counted[:, way, k], line, marker="o", color=color, label=name)
    plain(place, xlabel="pixels of a side", ylabel=words)
axes[1].legend(frameon=False)
show(figure, "20.7")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# 6,944 times as many. And a film, a map or a web page has far more pixels than this image.
#
# </details>
#
# There is a middle way: end the filters where they are zero anyway. While a window is narrow, that
# costs little more than a cut, and it has a slope. But a wide window must still read everything,
# and the wide windows are those that find the digit.
#
# There is a second case for the hard look: choices with nothing in between, such as which page to
# fetch, which word to say, or which of two programs to run. No window blurs those. The score needs
# only the probability of what was chosen, so REINFORCE works there as it does here.
#
# ## What "without reinforcement learning" is worth
#
# The DRAW paper counts it among its merits that everything is trained by one gradient. In our
# scenes that was worth a lot: at the same number of batches, the network with a slope was wrong
# less than half as often. In the paper's scenes, 8 looks of RAM got 8.11 % of them wrong, and 8
# looks through a window 3.36 %. Not all of this is the gradient's doing, because the window also
# chooses its size, and takes in all of the image.
#
# This has two prices. The image has to be blurred, so all of it is read in every look. And the
# network can choose only between things that have something in between. Where looks are cheap and
# the cost is smooth, take the slope. Where looks are expensive or choices have nothing in between,
# sample, and work on the baseline.
#
# ## Where it lives
#
# The network is in `minidraw/models/ram/`; `loss_and_grads` in `network.py` has both parts of the
# gradient, that of the cost with the places held fixed, and REINFORCE's. In a terminal, `minidraw
# train ram` trains it at the paper's size, with `--glimpses`, `--scales` and `--spread` of your
# choice, and `minidraw evaluate` measures it.

# %%
_, config, _ = networks["by reward"]
params = {key: value.astype(float) for key, value in adams["by reward"].weights.views.items()}
one, ram_noise = x_new[:1].astype(float), np.random.default_rng(6).standard_normal((T, 400, 2))
batch = Batch(one.repeat(400, axis=0), labels_new[:1].repeat(400))
ram_costs, grads = ram.loss_and_grads(params, batch, ram_noise, config, layers)
_, (seen, middles, _) = ram.network.forward(params, batch.images, ram_noise, config, layers)
expect = ram.network.compute_baseline(params, seen[:-1, :, :64], layers)
ours, ram_spread = np.zeros(2), np.log([config.spread, config.spread])
for t in range(T):  # `place.b` moves the mean of every look, through tanh
    slopes, _ = score(middles[t], ram_spread, places=seen[t, :, -2:])
    slopes = slopes * (1 - middles[t] ** 2)
    ours += 400 * reinforce(ram_costs["nll"], slopes, baseline=expect[t])  # the package's is a sum
np.testing.assert_allclose(ours, grads["place.b"])
print("the score and REINFORCE agree with the package")

# %% [markdown]
# ## In practice
#
# * Subtract a baseline, always. The cheapest is the mean cost of the *other* samples of the same
#   image. Don't include the sample itself, or the baseline depends on its place.
# * A baseline may depend on everything that was known before the draw, and on nothing after it. A
#   baseline that has seen the place gives a biased gradient, and no error message.
# * Check REINFORCE with places and costs held fixed: then its estimate is the exact slope of
#   $(L - b) \ln p$, and finite differences find any mistake. Check its *mean* once, on a small
#   network, against the slope of the mean cost.
# * Let as few weights as possible learn from the score. Passed on to the LSTM, as in our network
#   above, its gradient has no bias, but its scatter slows the start. RAM trains only the layer
#   that chooses the place by it (`reinforce_lstm=False`), and so does `minidraw train ram`: after
#   4,000 steps on scenes of 100 x 100 pixels it read 33 % of new scenes wrongly, instead of 78 %.
#   After 20,000 steps, both read 19 % of them wrongly.
# * The spread is a setting with two sides. A wide one finds what is far away, and blurs. Ours is
#   fixed; if it is learned, it tends to shrink before anything is found.
# * In the language of rewards, all signs turn: reward is minus cost, and the step goes uphill.
# * Our scenes are small, and each network was trained once, with the first rates that we tried.
#   They show how the two learn. How well they do in the end takes longer runs: `minidraw train`.
#
# ## Recap
#
# * Blur the place instead of the image: the *expected* cost of a sampled place has a slope, even if
#   the cost is a staircase.
# * That slope is the mean of cost times score, $E[(L - b)\, d \ln p / d\mu]$, with any baseline $b$
#   that doesn't depend on the place.
# * Where the cost has a slope, the pathwise gradient needs far fewer samples, as long as the spread
#   is small compared with the detail of the cost.
# * A hard look reads a few hundred bytes from an image of any size. A Gaussian window reads all of
#   it.
#
# ## Three questions
#
# 1. All costs of a batch are 5. What is REINFORCE's mean estimate, and what is a single one without
#    a baseline?
#
#    <details><summary>Answer</summary>
#
#    The mean is 0, since the score has the mean 0. A single one is 5 times the score: anything but
#    0. With the baseline 5, every single one is 0 too.
#
#    </details>
#
# 2. Someone takes as baseline the cost that a second network predicts from the glimpse at the
#    sampled place. What goes wrong?
#
#    <details><summary>Answer</summary>
#
#    The baseline depends on the place. If it predicts well, it subtracts just the difference
#    between good and bad places, and the estimate tends to 0, on average too: it is biased.
#
#    </details>
#
# 3. A program chooses one of three doors, and behind one of them is a prize. Which of this lesson's
#    gradients can train it?
#
#    <details><summary>Answer</summary>
#
#    REINFORCE: the probability of a door has a slope, the prize has none. There is no path from a
#    door to the next.
#
#    </details>
#
# ## What is next
#
# DRAW's window is a soft choice of a place in an image. The neural Turing machine makes soft
# choices of places in a memory, and DRAW's canvas is such a memory: lesson 21 puts them side by
# side.
