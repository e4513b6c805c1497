# %% [markdown]
# # 15 Six bugs from public programs
#
# **You'll do:** no exercise. There are six cases. Each gives you a clue. You say what is wrong, and
# then unfold the answer.
#
# **You'll learn:** which mistakes no gradient check can find, how many nats each of them costs, and
# how to find them with a **known answer**: a question whose answer you know without the program.
#
# **You'll need:** lesson 13, and lesson 10 for the cost of a latent vector. 45 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | $\mathcal{L}^z$ | `kl` | cost of the latent vectors, in nats (11) |
# | $T, Z$ | | number of steps, and entries of the latent vector of a step |
# | $i$ | | number of a filter, **counted from 1** in the paper |
# | $F_X, F_Y$ | `F_x`, `F_y` | filters along the width and along the height |
# | $c_0$ | `canvas_0` | the canvas before the first step |

# %%
import numpy as np

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

digits = as_float(minidraw.load("digits").valid.images)
network = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
print(SETUP.replace("; ", ";\n"))

# %% [markdown]
# ## The goal
#
# The figure shows five small networks, each trained with three seeds. They are alike except for one
# line. The first network is right. Each of the others, A to D, has a bug that was found in a public
# program for DRAW. Cases 3 to 5 below are about these four. The cells that contain a bug are
# folded: don't open them before you have an answer. "Where they were found", after the cases, names
# the programs. The lines printed above say how the networks were trained and measured.

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
for row, variant in enumerate(("right", "A", "B", "C", "D")):
    mark = ("x", VERMILION) if row else ("o", BLUE)
    axes.plot(RESULTS[variant]["printed"], [row] * 3, mark[0], color=mark[1])
axes.axvline(np.mean(RESULTS["right"]["printed"]), color="0.7", linestyle="--")
axes.set_yticks(range(5), ["right", "A (case 3)", "B (case 4)", "C (case 5)", "D (case 5)"])
axes.invert_yaxis()
plain(axes, xlabel="bound after training, in nats per image (lower is better)")
show(figure, "15.1")

# %% [markdown]
# ## The idea, in words
#
# A gradient check asks whether the backward pass is the derivative of the forward pass. If the
# forward pass computes the wrong thing, and the backward pass is the derivative of that, the check
# passes. Here is the check of lesson 12 for the two bugs that are in a layer:

# %%
_, _, params, batch, noise, config = gradcheck.model_cases(np.random.default_rng(15))[0]
for variant in ("right", "A", "B"):
    ops = VARIANTS[variant].make_ops()
    rows = gradcheck.check_model(draw, params, batch, noise, config, ops)
    print(f"{variant:5s} worst error of any weight: {max(row[2] for row in rows.values()):.1e}")

# %% [markdown]
# All three pass. The other bugs pass too. Some change only what goes into the network: its noise or
# its first weights. The two others are in a constant and in the choice of a picture. To find all
# these bugs, ask a question whose answer you know without the program. Each case below ends with
# such a question.
#
# ## Case 1: four constants
#
# This case needs no training. Four programs compute the cost of the latent vectors for the same
# network and the same 50 digits (a pixel is 1 if its level is above 0.5). Their results differ only
# by a constant:
#
# $$\mathcal{L}^z = \frac12 \sum_t \sum_j (\mu^2 + \sigma^2 - \log \sigma^2) - \text{constant}$$
#
# **Predict.** The constants are $1/2$, $T/2$, $T^2/2$ and $T Z/2$; the paper prints $T/2$. Which of
# the four programs prints a bound that nobody would doubt? How many nats are the others off, if
# $T = 32$ and $Z = 100$?

# %% jupyter={"source_hidden": true}
size, trained = network.config_, network.params_
T, Z = size.glimpses, size.latent
x = Batch((digits[:50] > 0.5).astype(np.float32))
noise = np.random.default_rng(1).standard_normal(draw.noise_shape(size, 50), np.float32)
costs = draw.costs(trained, x, noise, size, layers)
before = costs["kl"].mean() + T * Z / 2  # the double sum only
constants = {"1 / 2": 0.5, "T / 2": T / 2, "T^2 / 2": T**2 / 2, "T Z / 2": T * Z / 2}
for words, constant in constants.items():
    kl = before - constant
    print(f"constant {words:7s}: latent {kl:7.1f}, bound {costs['nll'].mean() + kl:7.1f} nats")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Only $T Z / 2$ gives a result that one could believe. The others are 1,088 to 1,600 nats too high.
#
# Here is the known answer. Without any image, $z$ is drawn from $\mathcal N(0, 1)$, which is called
# the **prior**. If $\mu = 0$ and $\sigma = 1$ for every entry, the encoder says nothing more than
# the prior, so the cost must be 0. Then each entry of each step contributes $0 + 1 - 0$ to the sum.
# All of them together make $T Z$, so the constant is $T Z / 2$. The paper's $T/2$ is meant for a
# single entry.
#
# A constant has no gradient. So all four programs learn the same weights and paint the same digits.
# Only the printed cost is wrong. Every table that contains it is wrong too.
#
# </details>

# %%
silent = np.zeros((3, 2 * Z))  # mu and log sigma
(_, nats), _ = layers.latent(silent, noise=np.ones((3, Z)))
print("the prior against itself:", nats)
np.testing.assert_array_equal(nats, 0)

# %% [markdown]
# ## Case 2: two kinds of noise
#
# Take sixteen images of 5 x 4 pixels, all equally likely. We train two small networks on them,
# right here; it takes seconds. The figure shows one sample of the noise that each is trained with,
# for one image.

# %% jupyter={"source_hidden": true}
samplers = {"first": VARIANTS["right"].sample_noise, "second": VARIANTS["E"].sample_noise}

# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=2.2)
rng, shape = np.random.default_rng(2), draw.noise_shape(CONFIG, 1)
for place, (title, sample_noise) in zip(axes, samplers.items(), strict=True):
    picture(place, sample_noise(rng, shape)[:, 0], title, low=-2.5, high=2.5)
    place.set(xlabel="entry of the latent vector", ylabel="step")
show(figure, "15.2")

# %% [markdown]
# **Predict.** Someone who knows the sixteen images needs at least $\ln 16 = 2.77$ nats on average
# to say which one it is. No correct program can print less. What will each of the two print?

# %%
measures = {name: train_toy(sample_noise) for name, sample_noise in samplers.items()}
for name, sample_noise in samplers.items():
    print(f"{name:6s} prints {measures[name](sample_noise):5.2f} nats")
swapped = measures["second"](samplers["first"])
print(f"second, measured with the noise of the first: {swapped:.2f} nats")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The second network prints less than is possible. The formula for the cost assumes that each step
# has new noise. In the second network all six steps have the *same* noise. So the decoder can
# compute differences between steps, in which the noise cancels. It can read $\mu$ almost exactly,
# although the cost assumes that it can't. The result isn't a bound any more. With independent noise
# the trick fails.
#
# The bug doesn't always make a result look better. Three networks with this bug, trained like those
# of figure 15.1, print 171, 123 and 159 nats. After 600 steps on digits none of them looks better
# than the right network. Measured with independent noise, the same three cost 389, 419 and 237
# nats.
#
# </details>
#
# One known answer is $\ln 16$, which you have just seen. A quicker one is this: change `noise[t,
# i]`. Only the canvases of image `i` may change, and only from step `t` on.

# %%
_, _, params, batch, noise, config = gradcheck.model_cases(np.random.default_rng(15))[0]
changed = noise.copy()
changed[2, 1] += 1  # step 2 and image 1, both counted from 0
films = [draw.reconstruct(params, batch, z, config, layers).canvas for z in (noise, changed)]
print("canvas differs, by step and image:")
print((films[0] != films[1]).any(axis=(2, 3, 4)).astype(int))

# %% [markdown]
# Each row is a canvas, and the first row is the canvas before step 0. Step 2 makes the last canvas.
# Only that one changes, and only for image 1, as it should.
#
# ## Case 3: outside the image
#
# The figure shows which pixels a window covers when the network outputs five zeros: the right
# windows, and A's.

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
# **Predict.** Which line of lesson 04 is wrong in A? With how many filters does it do the most
# harm?

# %% [markdown]
# <details><summary>Answer</summary>
#
# | | |
# |---|---|
# | wrong | `offset = np.arange(K) - K / 2 - 0.5` |
# | right | `offset = np.arange(K) - (K - 1) / 2` |
#
# The wrong line is the paper's $i - N/2 - 0.5$, copied exactly. But in the paper $i$ runs from 1 to
# $N$, and here it runs from 0. So the whole grid is shifted by one stride, up and to the left, both
# for reading and for writing. With fewer filters the stride is longer, so 2 x 2 filters suffer
# most. The network can learn to compensate for the shift, and it does. That is why nobody notices.
#
# </details>
#
# Here is what it costs, and the known answer. The **standard error** says how far a result
# typically lies off by chance: other seeds would give another mean. A difference of less than about
# two standard errors proves little.


# %%
def cost(variant):
    right, wrong = (np.array(RESULTS[v]["honest"]) for v in ("right", variant))
    error = np.sqrt((right.var(ddof=1) + wrong.var(ddof=1)) / 3)
    return f"{wrong.mean() - right.mean():.1f} nats (standard error {error:.1f}, three seeds each)"


print(cost("A"))
(centers, *_), _ = layers.window(zero, height=28, width=28, K=5)
_, bank = layers.filterbank(centers, np.array([6.75]), np.array([1.0]), K=5, A=28)
places = np.arange(28) - bank.dist[0]  # pixel minus distance: where each filter lies
print("known answer, theta = 0, K = 5:", places[:, 0])
np.testing.assert_allclose(places[:, 0], [0, 6.75, 13.5, 20.25, 27])

# %% [markdown]
# ## Case 4: five hundred windows
#
# Here are five hundred random windows. Where is the centre of each? This time we don't use
# `center_x` and `center_y`. We use the filters: the centre is the mean of the pixels' positions,
# weighted by the middle filter.


# %%
def centres(variant):
    theta = 0.3 * np.random.default_rng(4).standard_normal((500, 5))
    theta[:, 2:4] -= 1.5  # small windows
    (F_y, F_x, _), _ = VARIANTS[variant].make_ops().filterbanks(theta, height=28, width=28, K=5)
    return F_x[:, 2] @ np.arange(28), F_y[:, 2] @ np.arange(28)


# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=3)
for place, variant in zip(axes, ("right", "B"), strict=True):
    place.plot(*centres(variant), ".", color=BLUE, markersize=3)
    plain(place, title=variant, xlabel="pixel across", ylabel="pixel down", aspect="equal")
    place.set(xlim=(0, 27), ylim=(27, 0))
show(figure, "15.4")
print(cost("B"))

# %% [markdown]
# **Predict.** In B, one name in one line is wrong. Which line is it, and which name?

# %% [markdown]
# <details><summary>Answer</summary>
#
# | | |
# |---|---|
# | wrong | `F_y, _ = filterbank(center_x, stride, var, K=K, A=height)` |
# | right | `F_y, _ = filterbank(center_y, stride, var, K=K, A=height)` |
#
# The line was copied from the line for $F_X$, and two of the three changes were made. The window
# can only move along the diagonal, but most of a digit lies elsewhere. On square images every shape
# fits. And the first windows are in the centre, so the first pictures look right.
#
# </details>
#
# For a known answer, take an image that isn't square, a window away from the diagonal, and narrow
# filters. What is read must be exactly the pixels there.

# %%
sharp = np.array([[0.15, 0.45, np.log(1e-4), np.log(1 / 8), 0.0]])  # stride 1, nearly no width
tall = np.random.default_rng(5).random((1, 1, 9, 6))
window, _ = layers.window(sharp, height=9, width=6, K=2)
column, row = (int(np.floor(part[0])) for part in window[:2])
for variant in ("right", "B"):
    glimpse, _ = VARIANTS[variant].make_ops().read_attention(0 * tall, sharp, x=tall, K=2)
    same = np.allclose(glimpse[0, :4], tall[0, 0, row : row + 2, column : column + 2].ravel())
    print(f"{variant:5s} reads rows {row} and {row + 1}, columns {column} and {column + 1}: {same}")

# %% [markdown]
# ## Case 5: two starts
#
# In C and D no formula is wrong. Here is what they cost while they train.
#
# **Predict.** If a network gives each of 784 pixels the probability 1/2, the image costs $784 \ln 2
# = 543$ nats. Which of the two networks started there, and what did it learn first?

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
styles = {"right": (BLUE, "-"), "C": (VERMILION, "--"), "D": (GREEN, ":")}
for variant, (color, line) in styles.items():
    curve = np.array(RESULTS[variant]["curve"].split(), float)
    at = STEPS_PER_POINT * (np.arange(len(curve)) + 0.5)
    axes.plot(at, curve, line, color=color, label=variant)
axes.set_yscale("log")
axes.set_yticks([120, 150, 200, 300, 400], [120, 150, 200, 300, 400])
axes.minorticks_off()
plain(axes, xlabel="step", ylabel="nats per image")
axes.legend(frameon=False)
show(figure, "15.5")
print("C:", cost("C"))
print("D:", cost("D"))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# C's first canvas is all zeros. Its sigmoid is 0.5, so every pixel is grey. Before C can paint a
# digit, it must make the background black everywhere, with strokes or by learning `canvas_0`. Soon
# it reaches the cost of the mean image, where the right network started. But it stays near there
# for the rest of the 600 steps. So C loses more than the few steps that it needed to reach the mean
# image: from there it also learns more slowly than a network that started there. The right start is
# the logit of the mean image.
#
# D's windows start from `theta = 0`. Such a window reaches from edge to edge, and each filter has a
# variance of 1. So most of the image lies between the filters, and the outermost filters lie on
# margins that are always black. A better start has its windows inside the image, with filters about
# half a stride wide. If the network reads with 2 x 2 filters, as in the paper, the window of zeros
# consists of four points in black corners. With 5 x 5 filters it is less bad. Look at the standard
# error, too: three seeds don't prove anything against D. We show D in figure 15.1 to remind you how
# easily a difference of a few nats appears by chance.
#
# </details>

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
# Here are two sheets from the bundled network. Public programs have called both kinds "samples".
#
# **Predict.** Which sheet shows samples? How could you find out without the code? (The cell that
# makes the sheets is folded.)

# %% jupyter={"source_hidden": true}
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
# <details><summary>Answer</summary>
#
# Sheet 2. Sheet 1 was made with `reconstruct`: the encoder saw digits, and the decoder redrew them.
# Sheet 2 was made with `generate`. To find out without the code, compare each picture with the
# digits that the program was given, as the next cell does.
#
# </details>

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
# The known answer is in the signature: a function that makes samples takes no image.
#
# ## Where they were found
#
# We read these files at these commits. Later versions may differ.
#
# * `ericjang/draw`: `draw.py` at 00c55a4
# * `jbornschein/draw`: `draw/attention.py` at 1305105
# * `kvfrans/draw-color`: `main.py` at a9c2d4e
#
# | case | program | what to look at |
# |---|---|---|
# | 1 | `ericjang/draw` | subtracts `T*.5` at every step; see its issues 2 and 8 |
# | 1 | `kvfrans/draw-color` | subtracts `sequence_length*0.5` at every step |
# | 2 | `ericjang/draw` | one noise array `e` for all steps; see issue 2 (a cost near 70) |
# | 2 | `kvfrans/draw-color` | the same, with `self.e` |
# | 3 | all three | a formula that counts from 1 is used with `range(N)`, which counts from 0 |
# | 4 | `kvfrans/draw-color` | `Fy` is computed from `mu_x`; see its issue 2 |
# | 5 | `ericjang/draw` | the first canvas is zero, and so are the biases of the windows |
# | 6 | `ericjang/draw` | the saved "examples" are made from a training batch |
#
# ## Where it lives
#
# `tests/test_pitfalls.py` has a test with a known answer for each of these bugs, and for eleven
# more. `lessons/six_bugs.py` makes the bugs of cases 2 to 5 on purpose and holds their results.
# `python -m minidraw.lessons.six_bugs` measures them again.

# %%
for variant, figures in RESULTS.items():
    for kind in ("printed", "honest")[: 1 + (figures["printed"] != figures["honest"])]:
        text = ", ".join(f"{value:.1f}" for value in figures[kind])
        words = VARIANTS[variant].bug + ", measured with independent noise" * (kind == "honest")
        print(f"{variant:5s} {text}  {words}")
z = np.random.default_rng(7).standard_normal((3, 4))
mu, log_sigma = z[:, :2], z[:, 2:]
by_formula = 0.5 * (mu**2 + np.exp(2 * log_sigma) - 2 * log_sigma).sum(axis=1) - 2 / 2  # T 1, Z 2
np.testing.assert_allclose(layers.kl(mu, log_sigma)[0], by_formula)
print("the constant T Z / 2 is the package's")

# %% [markdown]
# ## In practice
#
# * If a result is better than it can be, suspect a bug. It is the clearest clue of all.
# * Know one cost that no program can beat, such as $\ln 16$ here, and one that every program must
#   beat, such as that of the mean image. Then see on which side of them your result lies.
# * Other bugs of this kind: writing multiplies by `gamma` instead of dividing; reading and writing
#   share one window; the cost is computed from $\log(p + 10^{-8})$ instead of from logits; `h`, `c`
#   or the canvas is carried over into the next batch; three gates of an LSTM share one bias. A
#   gradient check finds none of them, as long as the backward pass is the derivative of the wrong
#   forward pass.
# * The costs here are those of a small network after a short training. With more training, a
#   network makes up for a slow start and may learn to compensate for a shifted grid. A wrong cost
#   stays wrong.
#
# ## Recap
#
# * A gradient check compares the backward pass with the forward pass. It can't see that the forward
#   pass is wrong.
# * A known answer can: the prior against itself costs 0; sixteen equally likely images cost at
#   least $\ln 16$; a window of zeros covers the image from edge to edge.
# * Test with images that aren't square, windows off the diagonal, and noise that differs between
#   steps and between images.
# * A wrong constant in the loss doesn't change the weights, but it makes every reported cost wrong.
# * Compare with several seeds. A few nats can be chance.
#
# ## Three questions
#
# 1. A program swaps height and width everywhere, in the forward and in the backward pass. Which
#    test finds it?
#
#    <details><summary>Answer</summary>
#
#    Any known answer with an image that isn't square. A gradient check passes, and with square
#    images every shape fits.
#
#    </details>
#
# 2. A friend's network reaches 1.9 nats on sixteen equally likely images. What do you say?
#
#    <details><summary>Answer</summary>
#
#    That it can't be: no correct bound lies below ln 16 = 2.77 on average. First look at the noise,
#    then at the constant in the latent cost.
#
#    </details>
#
# 3. Why does case 1 do no harm to the pictures, while case 3 does?
#
#    <details><summary>Answer</summary>
#
#    A constant has no gradient, so training is the same. The shifted grid changes what the network
#    reads and where it paints.
#
#    </details>
#
# ## What is next
#
# You know now how a bound can be wrong. Lesson 16 is about bounds that are correct and still can't
# be compared.
