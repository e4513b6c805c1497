# %% [markdown]
# # 15 Six bugs everyone made
#
# **You'll do:** no exercise. Six cases: a clue each, and you say what is wrong before you read on.
#
# **You'll learn:** which mistakes no gradient check can see, what each costs in nats, and the one
# question that would have found it: a **known answer**.
#
# **You'll need:** lesson 13; lesson 10 for the price of a latent vector. 35 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | $\mathcal{L}^z$ | `kl` | price of the latent vectors, in nats (11) |
# | $T, Z$ | | steps, and entries of the latent vector of a step |
# | $i$ | | number of a filter, **from 1** in the paper |
# | $F_X, F_Y$ | `F_x`, `F_y` | filters along the width and along the height |
# | $c_0$ | `canvas_0` | the canvas before the first step |

# %%
import numpy as np
from threadpoolctl import threadpool_limits

import minidraw
from minidraw import gradcheck, layers
from minidraw.pictures import sheets
from minidraw.datasets import as_float, bundled_path
from minidraw.layers import sigmoid
from minidraw.lessons.six_bugs import (
    CONFIG,
    RESULTS,
    SETUP,
    STEPS_PER_POINT,
    VARIANTS,
    sample_independent_noise,
    sample_shared_noise,
    train_toy,
)
from minidraw.learn.notebook import (
    BLUE,
    GREEN,
    VERMILION,
    frame,
    panels,
    picture,
    plain,
    show,
)
from minidraw.models import draw
from minidraw.models.interface import Batch

threadpool_limits(1)  # on matrices this small, two threads get in each other's way
digits = as_float(minidraw.load("digits").valid.images)
network = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
print(SETUP.replace("; ", ";\n"))

# %% [markdown]
# ## The goal
#
# Five small networks, each trained three times, all alike but for one line. The first is right.
# Each of the others has a bug that was found in public programs for DRAW, in their code or in what
# people asked about them. "In practice" below names one such program. The lines printed above say
# how they were trained and measured.

# %%
order = {"right": "right", "A": "from one", "B": "diagonal", "C": "grey start", "D": "corner start"}

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
for row, variant in enumerate(order.values()):
    mark = ("x", VERMILION) if row else ("o", BLUE)
    axes.plot(RESULTS[variant]["printed"], [row] * 3, mark[0], color=mark[1])
axes.axvline(np.mean(RESULTS["right"]["printed"]), color="0.7", linestyle="--")
axes.set_yticks(range(5), order)
axes.invert_yaxis()
plain(axes, xlabel="bound after training, in nats per image (lower is better)")
show(figure, "15.1")

# %% [markdown]
# ## The idea, in words
#
# A gradient check asks whether the backward pass is the derivative of the forward pass. If the
# forward pass is the wrong one, and the backward pass fits it, the answer is yes. Here is the check
# of lesson 12 for the two of them whose layers differ:

# %%
_, _, params, batch, noise, config = gradcheck.model_cases(np.random.default_rng(15))[0]
for variant in ("right", "from one", "diagonal"):
    ops = VARIANTS[variant].make_ops()
    rows = gradcheck.check_model(draw, params, batch, noise, config, ops)
    print(f"{variant:9s} worst error of any weight: {max(row[2] for row in rows.values()):.1e}")

# %% [markdown]
# All pass. The others change only what goes in: they pass as well. To find them, ask a question
# whose answer you know without the program. Each case below ends with such a question.
#
# ## Case 1: the wrong bill
#
# The first case needs no training. Four programs compute the price of the latent vectors, for the
# same network and the same 50 digits (threshold at 0.5). They agree on all but a constant:
#
# $$\mathcal{L}^z = \frac12 \sum_t \sum_j (\mu^2 + \sigma^2 - \log \sigma^2) - \text{constant}$$
#
# **Predict.** The paper prints $T/2$. Which of the four is right? Do the others paint worse digits?

# %%
size, trained = network.config_, network.params_
T, Z = size.glimpses, size.latent
x = Batch((digits[:50] > 0.5).astype(np.float32))
noise = np.random.default_rng(1).standard_normal(draw.noise_shape(size, 50), np.float32)
costs = draw.costs(trained, x, noise, size, layers)
before = costs["kl"].mean() + T * Z / 2  # the double sum alone
constants = {"T Z / 2": T * Z / 2, "T / 2": T / 2, "1 / 2": 0.5, "T^2 / 2": T**2 / 2}
for words, constant in constants.items():
    kl = before - constant
    print(f"constant {words:7s}: latent {kl:7.1f}, bound {costs['nll'].mean() + kl:7.1f} nats")

# %% [markdown]
# Ask for what you know: if $\mu = 0$ and $\sigma = 1$ for every entry, the encoder says nothing,
# and nothing must be paid. Then each entry of each step has $0 + 1 - 0$ in the bracket, together
# $T Z$, so the constant is $T Z / 2$. The paper's $T/2$ is meant for one entry.
#
# A constant has no gradient: all four learn the same weights and paint the same digits. The bill
# alone is wrong, by hundreds of nats, and with it every table that it goes into.

# %%
silent = np.zeros((3, 2 * Z))  # mu and log sigma
(_, nats), _ = layers.latent(silent, noise=np.ones((3, Z)))
print("the prior against itself:", nats)
np.testing.assert_array_equal(nats, 0)

# %% [markdown]
# ## Case 2: too good to be true
#
# Sixteen images of 5 x 4 pixels, all equally likely, and two small networks that learn them: here
# and now, it takes seconds. Below, the noise that each is trained with, for one image.

# %%
rng = np.random.default_rng(2)
shape = draw.noise_shape(CONFIG, 1)
kinds = {"first": sample_independent_noise(rng, shape), "second": sample_shared_noise(rng, shape)}

# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=2.2)
for place, (title, z) in zip(axes, kinds.items(), strict=True):
    picture(place, z[:, 0], title, low=-2.5, high=2.5)
    place.set(xlabel="entry of the latent vector", ylabel="step")
show(figure, "15.2")

# %% [markdown]
# **Predict.** Whoever knows the sixteen images can tell which one it is with $\ln 16 = 2.77$ nats,
# and no honest program can do with less on average. What will each of the two print?

# %%
first, second = train_toy(sample_independent_noise), train_toy(sample_shared_noise)
print(f"first:  prints {first(sample_independent_noise):5.2f} nats")
print(f"second: prints {second(sample_shared_noise):5.2f} nats")
print(f"second, measured with honest noise: {second(sample_independent_noise):.2f} nats")

# %% [markdown]
# Each step is charged as if its noise were new: the price is that of a message through *this*
# noise. With the same noise six times, a decoder can take differences between steps. In them the
# noise cancels, and the message arrives almost free of noise for the price of a noisy one. The
# bound isn't a bound any more. On honest noise the trick fails.
#
# It needn't look good, either. Trained like the networks of figure 15.1, three of this kind print
# 171, 123 and 159 nats: in 600 steps of digits none came to look better than the right one.
# Measured with honest noise the same three cost 389, 419 and 237.
#
# The known answer is the one that you have just seen: $\ln 16$. A smaller question is quicker:
# change `noise[t, i]`. What may change? The canvases of image `i` alone, from step `t` on.

# %%
_, _, params, batch, noise, config = gradcheck.model_cases(np.random.default_rng(15))[0]
changed = noise.copy()
changed[2, 1] += 1  # step 2 and image 1, both counted from 0
films = [draw.reconstruct(params, batch, z, config, layers).canvas for z in (noise, changed)]
print("canvas differs, by step and image:")
print((films[0] != films[1]).any(axis=(2, 3, 4)).astype(int))

# %% [markdown]
# Rows are canvases, the starting one first; step 2 makes the last. Only that, and only of image 1.
#
# ## Case 3: half of it outside
#
# The clue: what A's windows cover when the network emits five zeros, beside the right ones.
#
# **Predict.** Which line of lesson 04 is it? With which number of filters does it do most harm?

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.6)
zero, margin = np.zeros((1, 5)), 30
for k, K in enumerate((2, 5)):
    window, _ = layers.window(zero, height=28, width=28, K=K)
    for place, shift, title in ((axes[2 * k], 0, "right"), (axes[2 * k + 1], 1, "A")):
        picture(place, np.pad(digits[3, 0], margin, constant_values=0.3), f"{K} x {K}, {title}")
        x, y = (part + margin - shift * window[2] for part in window[:2])
        frame(place, (x, y, window[2]), K=K)
        place.set(xlim=(0, 68), ylim=(68, 0))
show(figure, "15.3")

# %% [markdown]
# | | |
# |---|---|
# | wrong | `offset = np.arange(K) - K / 2 - 0.5` |
# | right | `offset = np.arange(K) - (K - 1) / 2` |
#
# The first is the paper's $i - N/2 - 0.5$, letter by letter. But there $i$ runs from 1 to $N$ and
# here from 0. The grid lies one stride too low, on both axes, for reading and writing. The fewer
# filters, the longer a stride. The network can learn to aim beyond the mark, and does, so that
# nobody notices. What that costs, and the known answer:


# %%
def cost(variant):
    right, wrong = (np.array(RESULTS[v]["honest"]) for v in ("right", variant))
    error = np.sqrt((right.var(ddof=1) + wrong.var(ddof=1)) / 3)
    return f"{wrong.mean() - right.mean():.1f} nats (standard error {error:.1f}, three seeds each)"


print(cost("from one"))
(centers, *_), _ = layers.window(zero, height=28, width=28, K=5)
_, bank = layers.filterbank(centers, np.array([6.75]), np.array([1.0]), K=5, A=28)
places = np.arange(28) - bank.dist[0]  # pixel minus distance: where each filter lies
print("known answer, theta = 0, K = 5:", places[:, 0])
np.testing.assert_allclose(places[:, 0], [0, 6.75, 13.5, 20.25, 27])

# %% [markdown]
# ## Case 4: the diagonal
#
# Five hundred random windows. Where is the middle of each? This time we don't ask `center_x` and
# `center_y` but the filters: the middle is the mean of the pixels, weighted by the middle filter.
#
# **Predict.** One name in one line is wrong in B. Which?


# %%
def middles(variant):
    theta = 0.3 * np.random.default_rng(4).standard_normal((500, 5))
    theta[:, 2:4] -= 1.5  # small windows
    (F_y, F_x, _), _ = VARIANTS[variant].make_ops().filterbanks(theta, height=28, width=28, K=5)
    return F_x[:, 2] @ np.arange(28), F_y[:, 2] @ np.arange(28)


# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=3)
for place, variant, title in zip(axes, ("right", "diagonal"), ("right", "B"), strict=True):
    place.plot(*middles(variant), ".", color=BLUE, markersize=3)
    plain(place, title=title, xlabel="pixel across", ylabel="pixel down", aspect="equal")
    place.set(xlim=(0, 27), ylim=(27, 0))
show(figure, "15.4")
print(cost("diagonal"))

# %% [markdown]
# | | |
# |---|---|
# | wrong | `F_y, _ = filterbank(center_x, stride, var, K=K, A=height)` |
# | right | `F_y, _ = filterbank(center_y, stride, var, K=K, A=height)` |
#
# The line was copied from the one for $F_X$ and changed in two places out of three. The window
# moves on the diagonal only, and digits lie across it. With square images and windows that start in
# the middle every shape fits and every first picture looks right.
#
# The known answer: an image that isn't square, a window off the diagonal, narrow filters. What is
# read must be those very pixels.

# %%
sharp = np.array([[0.15, 0.45, np.log(1e-4), np.log(1 / 8), 0.0]])  # stride 1, nearly no width
tall = np.random.default_rng(5).random((1, 1, 9, 6))
window, _ = layers.window(sharp, height=9, width=6, K=2)
column, row = (int(np.floor(part[0])) for part in window[:2])
for variant in ("right", "diagonal"):
    glimpse, _ = VARIANTS[variant].make_ops().read_attention(0 * tall, sharp, x=tall, K=2)
    same = np.allclose(glimpse[0, :4], tall[0, 0, row : row + 2, column : column + 2].ravel())
    print(f"{variant:9s} reads rows {row} and {row + 1}, columns {column} and {column + 1}: {same}")

# %% [markdown]
# ## Case 5: a slow start
#
# C and D have no wrong formula. Here is what they cost while they train.
#
# **Predict.** A picture of 784 fair coins costs $784 \ln 2 = 543$ nats. Which of the two began with
# that, and what did it learn first?

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
styles = {"right": (BLUE, "-"), "grey start": (VERMILION, "--"), "corner start": (GREEN, ":")}
for (variant, (color, line)), name in zip(styles.items(), ("right", "C", "D"), strict=True):
    curve = np.array(RESULTS[variant]["curve"].split(), float)
    axes.plot(STEPS_PER_POINT * (np.arange(len(curve)) + 0.5), curve, line, color=color, label=name)
axes.set_yscale("log")
axes.set_yticks([120, 150, 200, 300, 400], [120, 150, 200, 300, 400])
axes.minorticks_off()
plain(axes, xlabel="step", ylabel="nats per image")
axes.legend(frameon=False)
show(figure, "15.5")
print("C:", cost("grey start"))
print("D:", cost("corner start"))

# %% [markdown]
# C's first canvas is zeros: every pixel a fair coin, grey. Before it can paint a digit it must
# paint the background black, everywhere, with strokes or by learning `canvas_0`. Soon it is where
# the right one began, at the cost of the mean image. But it stays there for the rest of the 600
# steps: a bad start costs more than the time until the network reaches the good one. The right
# start is known: the logit of the mean image.
#
# D's windows start from `theta = 0`: from edge to edge, and each filter with a variance of 1. That
# leaves most of the image between the filters, and the outermost lie on margins that are always
# black. The right start has windows inside the image, with filters as wide as half a stride. With
# 2 x 2 filters for reading, as in the paper, such zeros are four points in black corners. With 5 x
# 5 it is less bad, and look at the standard error: these three seeds prove nothing against D. It
# is in figure 15.1 to remind you that a few nats are soon imagined.

# %%
mean_image = minidraw.load("digits").mean_image
started = draw.init_params(CONFIG, np.random.default_rng(0), np.float64, mean_image)
difference = abs(sigmoid(started["canvas_0"]) - mean_image.clip(0.005, 0.995)).max()
print(f"known answer: the first canvas is the mean image, to {difference:.0e}")
parts, _ = layers.window(started["read_window.b"][None], height=28, width=28, K=5)
reach = 2 * parts[2][0]
print(f"the first read window covers pixels {parts[0][0] - reach:.1f} to {parts[0][0] + reach:.1f}")

# %% [markdown]
# ## Case 6: samples
#
# Here are two sheets, both from the bundled network. Public programs have called both kinds
# "samples".
#
# **Predict.** Look at figure 15.6 before you read the code. Which sheet holds samples? How would
# you find out, if there were no code to see?

# %%
given = Batch((digits[100:116] > 0.5).astype(np.float32))
noise = np.random.default_rng(6).standard_normal(draw.noise_shape(size, 16), np.float32)
painted = [
    sigmoid(draw.reconstruct(trained, given, noise, size, layers).canvas[-1]),
    sigmoid(draw.generate(trained, noise, size, layers).canvas[-1]),
]

# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=1.6)
for place, images, title in zip(axes, painted, ("sheet 1", "sheet 2"), strict=True):
    place.imshow(sheets.render_sheet(images, columns=8, scale=4), interpolation="nearest")
    place.set_title(title, fontsize=11)
    place.set(xticks=[], yticks=[])
show(figure, "15.6")

# %% [markdown]
# Sheet 1 is `reconstruct`: the encoder saw digits, and the decoder redrew them. Sheet 2 is
# `generate`. To find out, lay each picture beside the digits that the program was given:

# %%
distance = [
    ((images[:, None] - given.images) ** 2).sum(axis=(2, 3, 4)).min(1) for images in painted
]
for k, nearest in enumerate(distance, 1):
    print(f"sheet {k}: squared distance to the nearest given digit, mean {nearest.mean():5.1f}")

# %% [markdown]
# | | |
# |---|---|
# | wrong | `samples = sigmoid(reconstruct(params, batch, noise, ..).canvas[-1])` |
# | right | `samples = sigmoid(generate(params, noise, ..).canvas[-1])` |
#
# The known answer is in the signature: what makes samples takes no image.
#
# ## Where it lives
#
# `tests/test_pitfalls.py` has a named test with a known answer for each of these and for eleven
# more. `lessons/six_bugs.py` makes the bugs of figure 15.1 on purpose, and holds their figures;
# `python -m minidraw.lessons.six_bugs` measures them again.

# %%
for variant, figures in RESULTS.items():
    for kind in ("printed", "honest")[: 1 + (figures["printed"] != figures["honest"])]:
        text = ", ".join(f"{value:.1f}" for value in figures[kind])
        print(f"{variant:13s} {text}" + (", with honest noise" if kind == "honest" else ""))
z = np.random.default_rng(7).standard_normal((3, 4))
mu, log_sigma = z[:, :2], z[:, 2:]
by_formula = 0.5 * (mu**2 + np.exp(2 * log_sigma) - 2 * log_sigma).sum(axis=1) - 2 / 2  # T 1, Z 2
np.testing.assert_allclose(layers.kl(mu, log_sigma)[0], by_formula)
print("the constant T Z / 2 is the package's")

# %% [markdown]
# ## In practice
#
# * One of the first public programs, short and much copied, is `draw.py` in the repository
#   `ericjang/draw` (commit 00c55a4 was read for this lesson). It subtracts `T*.5` at every step
#   (case 1), draws one noise array for all steps (case 2), counts filters from 0 in a formula that
#   counts from 1 (case 3) and starts from a canvas of zeros (case 5). The images that it saves
#   after training as "examples" are reconstructions (case 6).
# * A result that is better than it can be is the clearest clue of all. Celebrate after the test.
# * Know a figure that nobody can beat, such as $\ln 16$, and one that everybody must, such as the
#   mean image's; look on which side of them yours lies.
# * Other bugs of the same kind: `gamma` multiplied where writing divides; one window shared by
#   reading and writing; $\log(x + 10^{-8})$ in place of a cost from logits; `h`, `c` or the canvas
#   carried over into the next batch; one bias in three gates of an LSTM. Of these only the last
#   fails a gradient check, and only if the biases are random.
# * These costs are of a small network after a short training. A long one makes up for a slow start,
#   and may learn around a shifted grid. It doesn't learn around a wrong bill.
#
# ## What is next
#
# You know now how a bound can be wrong. Lesson 16 is about bounds that are right, and still can't
# be compared.
