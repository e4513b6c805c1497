# %% [markdown]
# # 17 Read a cluttered scene
#
# **You'll do:** three exercises, twelve lines in all: the cost of a decision, its gradient, and the
# backward pass through several glimpses. Then a network learns where to look, with your functions.
#
# **You'll learn:** why it pays to read a large image in a few small pieces, how a network learns
# where to look although the loss depends only on its answer at the end, and which mistakes it
# makes.
#
# **You'll need:** lesson 09 (backward through time), lesson 11 (the gradient of a window) and
# lesson 13 (Adam). You can do this lesson without having solved their exercises. 110 minutes.
# Optional. A good place for a break is before "Four looks, one decision".
#
# | paper | here | |
# |---|---|---|
# | | `L` | number of classes; ten for digits |
# | | `logits` | one number of any size per class, `(n, L)` |
# | | `targets` | 1 at the correct class, 0 elsewhere, `(n, L)` |
# | | `nll` | $-\log$ of the probability of the correct class, in nats per image |
# | $N$ | `K` | filters per axis of the window, as in lesson 04 |
# | $T$ | `T` | number of glimpses, that is, of looks |
# | $h$ | `h`, `c` | output and cell of the LSTM, `(n, H)` |

# %%
import numpy as np

import minidraw
from minidraw.pictures import sheets
from minidraw.datasets import as_float
from minidraw.datasets.sets import cluttered
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook.diagrams import box, paper, wire
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.learn.notebook import choose_steps
from minidraw.learn.exercises import lesson_17 as package
from minidraw.models import classifier
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

layers = use_earlier("17")
linear = layers.linear
linear_backward = layers.linear_backward
lstm = layers.lstm
lstm_backward = layers.lstm_backward
read_image_attention = layers.read_image_attention
read_image_attention_backward = layers.read_image_attention_backward
data = minidraw.load("digits")
train, valid = (as_float(part.images[:, 0]) for part in (data.train, data.valid))
scenes = minidraw.load("cluttered-digits").valid  # large scenes, made when they are asked for

# %% [markdown]
# ## The goal
#
# Here are eight scenes of 100 x 100 pixels, as in section 4.1 of the paper. Each contains one whole
# digit somewhere, and eight pieces of other digits. Name the eight digits, and notice what your
# eyes do. The labels are folded below the figure.

# %%
chosen = np.array([134, 57, 262, 311, 98, 405, 20, 173])

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.6)
axes.imshow(sheets.render_sheet(as_float(scenes.images[chosen]), columns=4, gap=2, scale=2))
axes.set(xticks=[], yticks=[])
show(figure, "17.1")
assert [*scenes.labels[chosen]] == [4, 7, 2, 1, 8, 5, 0, 3]  # the text below says so

# %% [markdown]
# <details><summary>The labels</summary>
#
# Above 4, 7, 2 and 1; below 8, 5, 0 and 3.
#
# </details>
#
# Did you look at 10,000 pixels one by one? Most people see roughly where something larger is, and
# look there. By the end of this lesson a small network does the same on smaller scenes. It looks
# four times, through 8 x 8 filters, and then names a digit. Nobody tells it where to look.
#
# ## How a scene is made
#
# The network must not be able to memorise the scenes. So scenes aren't stored. Each one is made
# from random numbers when it is needed. Two numbers say where the digit is. Each piece takes five
# more: which other digit it is cut from, where it is cut (down and across), and where it is placed
# (down and across). All of these numbers lie between 0 and 1, and are scaled to the possible
# choices. A piece may come from the black margin of a digit. About one in seven does, and shows
# nothing.


# %%
def scene(digits, row, numbers, *, size):
    """Make a scene: digit `row`, and a piece for every five numbers after the first two."""
    n, B, A = digits.shape
    out = np.zeros((size, size), digits.dtype)
    y, x = (numbers[:2] * (size - B + 1, size - A + 1)).astype(int)
    out[y : y + B, x : x + A] = digits[row]
    choices = n - 1, B - 7, A - 7, size - 7, size - 7  # a side of 8 pixels fits B - 7 times
    for other, top, left, y, x in (numbers[2:].reshape(-1, 5) * choices).astype(int):
        cut = digits[(row + 1 + other) % n]  # any digit but the whole one
        out[y : y + 8, x : x + 8] += cut[top : top + 8, left : left + 8]
    return np.minimum(out, 1)  # intensities add, and 1 is white


# %%
rng = np.random.default_rng(17)
numbers = rng.random(2 + 5 * 8)
stages = [scene(train, 5, numbers[: 2 + 5 * pieces], size=100) for pieces in (0, 1, 4, 8)]
theirs = cluttered.clutter(data.train.images, np.array([5]), numbers[None])
np.testing.assert_allclose(255 * stages[-1], theirs[0, 0], atol=1e-3)  # the package's, in levels

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.6)
for place, stage, pieces in zip(axes, stages, ("no", "1", "4", "8"), strict=True):
    picture(place, stage, f"{pieces} piece{'' if pieces == '1' else 's'}")
show(figure, "17.2")

# %% [markdown]
# **Predict.** Digits come in two sets, one for training and one for testing. Should the pieces in a
# test scene be cut from the training digits or from the test digits?

# %% [markdown]
# <details><summary>Answer</summary>
#
# From the test digits. If a piece came from a training digit, the network might have seen it before
# and learned to ignore it. So all parts of a scene come from the same set of digits.
#
# </details>
#
# ## What it costs to read everything
#
# How can a network take in such a scene? Here are three ways for an image of $A \times A$ pixels.
# We count the multiplications per image.
#
# * **The whole image.** A linear layer leads from all pixels to the four gates of an LSTM with $H$
#   units (lesson 08): $4 H A^2$ multiplications. It also has that many weights, separate ones for
#   each *place*. What it learns about a 7 at the top left doesn't help with a 7 at the bottom
#   right.
# * **A window, filter by filter.** Each of $K^2$ two-dimensional filters is a weighted sum over all
#   pixels: $K^2 A^2$.
# * **A window, axis by axis.** Compute $F_Y\, x\, F_X^T$ as in lesson 04: first $K A^2$ for the
#   rows, then $K^2 A$ for the columns. The result has only $K^2$ numbers. The gates take these in
#   with $4 H K^2$ more multiplications, however large the scene is.
#
# The last two ways give the same numbers. In lesson 04 you saw that a two-dimensional filter is the
# product of two filters, one per axis.

# %%
theta = 0.3 * rng.standard_normal((1, 5)).astype(np.float32)
(_, F_y, F_x, _), x = read_image_attention(theta, x=stages[-1][None, None], K=12)[1], stages[-1]
planes = np.einsum("jb,ia->jiba", F_y[0], F_x[0])  # 144 filters of 100 x 100
by_filters = np.einsum("jiba,ba->ji", planes, x)
by_axes = np.exp(theta[0, 4]) * (F_y[0] @ x @ F_x[0].T)  # with the intensity gamma
seen, _ = read_image_attention(theta, x=x[None, None], K=12)
np.testing.assert_allclose(by_axes, np.exp(theta[0, 4]) * by_filters, rtol=1e-4, atol=1e-5)
np.testing.assert_allclose(seen.reshape(12, 12), by_axes, rtol=1e-4, atol=1e-5)

H_paper, K_paper, side = 256, 12, np.array([28, 50, 100, 200, 400])
whole, filters = 4 * H_paper * side**2, K_paper**2 * side**2
axis_by_axis = K_paper * side**2 + K_paper**2 * side
taken_in = 4 * H_paper * K_paper**2
print("at 100 x 100:", whole[2], filters[2], axis_by_axis[2], "and 4 H K^2 =", taken_in)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
for values, line, color, words in (
    (whole, "-", VERMILION, "whole, into the gates"),
    (filters, "--", BLUE, "one glimpse, filter by filter"),
    (axis_by_axis, ":", GREEN, "one glimpse, axis by axis"),
):
    axes.loglog(side, values, line, marker="o", color=color, linewidth=2)
    axes.text(side[-1] * 1.06, values[-1], words, va="center")
axes.set_xticks(side, side)
axes.minorticks_off()
plain(axes, xlabel="pixels of a side", ylabel="multiplications", xlim=(25, 1000))
show(figure, "17.3")

# %% [markdown]
# **Predict.** At 100 x 100 pixels, compare eight glimpses, read axis by axis and taken in by the
# gates, with one look at the whole image. Which needs more multiplications?

# %%
eight = 8 * (axis_by_axis + taken_in)
for k in (2, 4):
    times = whole[k] / eight[k]
    print(f"{side[k]} x {side[k]}: whole {whole[k]:,} / 8 glimpses {eight[k]:,} = {times:.1f}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The whole image needs 4.5 times as many, and at 400 x 400 nearly 10 times. (We counted only the
# work on the image. In every step, an LSTM also multiplies its own $h$ by $4 H^2$ weights. With
# these, eight steps against one, the factors are 2.4 and 8.6.)
#
# </details>
#
# Reading through a window isn't free, though. Every line in the figure grows with the number of
# pixels, because reading still uses each pixel once for every row of filters. But the number of
# *weights* doesn't grow. A glimpse looks the same wherever it is taken, so what the network learns
# about a 7 in one place holds in all places.
#
# ## The cost of a decision
#
# At the end the network must decide which of `L` digits it is. A linear layer computes one number
# of any size per class, the **logits** $a_1, \dots, a_L$. The softmax of lesson 05 turns them into
# probabilities. There it worked along a row of pixels; here it works along a row of classes:
#
# $$p_k = \frac{e^{a_k}}{\sum_j e^{a_j}}$$
#
# The cost is that of lesson 03: if $k$ is the correct class, the image costs $-\log p_k$ nats. This
# is called the **cross-entropy**. In lesson 03 each pixel had two possible outcomes. Here an image
# has ten.


# %%
def softmax(logits):
    heights = np.exp(logits - logits.max(axis=1, keepdims=True))  # as in lesson 04
    return heights / heights.sum(axis=1, keepdims=True)


p = softmax(np.array([[2.0, 0.0, 1.0]]))
print("probabilities:", p.round(3), " costs:", -np.log(p).round(3))
np.testing.assert_allclose(p, layers.softmax(np.array([[2.0, 0.0, 1.0]])))

# %% [markdown]
# **Predict.** With ten classes, what does an image cost a network that knows nothing? And what does
# it cost a network that gives $p = 0.99$ to a wrong class, if the other nine classes share the rest
# equally?

# %% jupyter={"source_hidden": true}
print(f"knows nothing: {-np.log(1 / 10):.3f} nats; sure and wrong: {-np.log(0.01 / 9):.2f} nats")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# $\ln 10 = 2.30$ nats, and 6.8 nats. Being certain of a wrong answer is expensive.
#
# </details>
#
# Our formula breaks down if the network is even more certain:

# %%
with np.errstate(divide="ignore"):
    print(-np.log(softmax(np.array([[900.0, 0.0, 0.0]]))))

# %% [markdown]
# The softmax gave the second class a probability of $e^{-900}$, which is 0 in floating-point
# numbers. The correct cost is 900 nats, an ordinary number. It was lost between `exp` and `log`.
#
# ### Exercise 1: the cross-entropy (3 lines)
#
# `logits` and `targets` have the shape `(n, L)`. Return nats per image, `(n,)`, correct even for
# logits of 1000 and of -1000. On paper, take the logarithm of the fraction $p_k$ before you compute
# anything. Each row of `targets` has a single 1, so a product with it selects one entry. The cache
# is given.


# %%
@exercise("17.softmax_cross_entropy")
def softmax_cross_entropy(logits, *, targets):
    raise NotImplementedError
    return nll, (logits, targets)


# %% [markdown]
# Stuck? Run `hint("17.softmax_cross_entropy")`, and again for the next step.

# %%
sure = np.array([[900.0, 0.0, 0.0], [2.0, 0.0, 1.0]])
nll, _ = softmax_cross_entropy(sure, targets=np.array([[0.0, 1, 0], [0, 0, 1]]))
print("nats:", nll.round(3))

# %% [markdown]
# ## Its gradient
#
# The cost of an image has two parts: the logarithm of a sum, minus one of the logits. Every logit
# is in the sum. The logit of the correct class is also in the second part. So each of the ten
# logits gets a gradient.
#
# **Predict.** Add the same number to all logits of an image. What happens to its cost? What must
# the ten slopes therefore sum to?
#
# ### Exercise 2: its backward (2 lines)
#
# `dnll`, shape `(n,)`, is the gradient of each image's cost. `cache` is what the forward kept:
# `logits` and `targets`, both `(n, L)`. Return `dlogits`, `(n, L)`. You may call the `softmax`
# above.


# %%
@exercise("17.softmax_cross_entropy_backward")
def softmax_cross_entropy_backward(dnll, cache):
    logits, targets = cache
    raise NotImplementedError


# %%
logits, right = np.array([[2.0, 0.0, 1.0]]), np.array([[0.0, 0.0, 1.0]])
cache = logits, right
slopes = softmax_cross_entropy_backward(np.ones(1), cache)
moves = 1e-5 * np.eye(3)[:, None]
costs = [
    layers.softmax_cross_entropy(logits + s * moves[j], targets=right)[0][0]
    for j in range(3)
    for s in (1, -1)
]
measured = (np.array(costs[::2]) - costs[1::2]) / 2e-5
print("by hand: ", slopes[0].round(6), " sum:", abs(slopes.sum().round(12)))
print("measured:", measured.round(6))
np.testing.assert_allclose(slopes[0], measured, rtol=1e-6)

# %% [markdown]
# <details><summary>What you saw</summary>
#
# They sum to 0. Adding the same number to all logits doesn't change the softmax, so the cost stays
# the same.
#
# </details>
#
# In a step downhill, the correct logit goes up by as much as all the others together go down.
#
# ## Four looks, one decision
#
# The network has one LSTM and two linear layers, and nothing else. Each step does the following:
#
# 1. A linear layer turns $h_{t-1}$ into the five numbers of a window (21 to 24).
# 2. The network reads a glimpse through this window (27). It reads only the image, because there is
#    no canvas and no error image here. `read_image_attention` does window, filterbanks and product
#    in one call, like `read_attention` in lesson 11.
# 3. The LSTM takes in the glimpse and returns $h_t$ and $c_t$.
#
# After the last step, the other linear layer turns $h_T$ into ten logits. The loss depends on these
# alone.


# %% jupyter={"source_hidden": true}
def drawn_step(axes, t, x0):
    """Draw step t of the network, with its LSTM at x0."""
    box(axes, x0 - 1.1, 1.6, f"window,\nread {t}", width=1.4, height=0.9)
    box(axes, x0, 3.5, f"lstm {t}", width=1.0, height=1.5)
    for y, text in ((3.9, f"$c_{t - 1}$"), (3.1, f"$h_{t - 1}$")):
        wire(axes, (x0 - 2.8, y), (x0 - 0.5, y), lit=4, text=text)
    wire(axes, (x0 - 2.4, 3.1), (x0 - 2.4, 1.6), (x0 - 1.8, 1.6), lit=4)
    wire(axes, (x0 - 0.4, 1.6), (x0, 1.6), (x0, 2.75), lit=4)
    wire(axes, (x0 - 1.1, 0.3), (x0 - 1.1, 1.15))
    axes.text(x0 - 0.95, 0.5, "image", fontsize=9)


# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.6)
paper(axes, 13.4, 4.6)
for t in (1, 2, 3):
    drawn_step(axes, t, 3.3 * t)
box(axes, 11.8, 3.1, "label", width=1.0)
wire(axes, (10.4, 3.1), (11.3, 3.1), lit=4, text="$h_3$")
wire(axes, (12.3, 3.1), (13.3, 3.1), lit=4, text="nll")
show(figure, "17.4")

# %% [markdown]
# **Predict.** Two questions about this picture. Can the first window differ from image to image?
# And which $h$ has no window made from it?

# %% [markdown]
# <details><summary>Answer</summary>
#
# No. The first window is made from $h_0$. This is learned, and it is the same for all images,
# because nothing has been seen of the image yet. So the network's first look is always at the same
# place, and only the later ones can differ. $h_T$ makes no window, because no look follows it.
#
# </details>
#
# Here is the forward pass. Each step keeps three caches.


# %%
def looks(h_0, c_0, W_window, b_window, W, b, *, x, K, T):
    """T times: a window from h, a glimpse through it, a step of the LSTM.  Return the last h."""
    h, c, steps = h_0, c_0, []
    for _ in range(T):
        theta, window = linear(h, W_window, b_window)  # eq 21
        glimpse, read = read_image_attention(theta, x=x, K=K)  # eq 27
        (h, c), remembered = lstm(glimpse, h, c, W, b)
        steps.append(package.StepCache(window, read, remembered))
    return h, package.LooksCache(tuple(steps))


# %% [markdown]
# ## The backward pass
#
# How can the cost at the end teach the first window? Follow the red wires from the right. The cost
# gives a gradient to $h_T$ and to no other $h$. In lesson 09 every step could contribute to the
# loss. Here only the last one does. Every other $h$ gets its gradient from the step that follows
# it.
#
# A step uses $h_{t-1}$ twice. The LSTM uses it, as in lesson 09. And the window is made from it.
# The second path has three links. The gradient of the glimpse says which changes of the glimpse
# would lower the cost. The backward pass of reading turns it into the gradient of `theta`: which
# move of the window would lower the cost. The backward pass of the linear layer turns that into the
# gradient of $h_{t-1}$. In this way step 1 learns what would have helped step 2 to look at the
# right place.
#
# ### Exercise 3: backward through all looks (7 lines)
#
# `dh`, shape `(n, H)`, is the gradient of the last $h$. `cache.steps` has one entry per step, in
# the order of the forward pass. Each holds the caches of the step's three calls: `step.window` from
# `linear`, `step.read` from `read_image_attention`, and `step.lstm` from `lstm`. You may call
#
# * `lstm_backward((dh, dc), step.lstm)`: the gradients of glimpse, $h_{t-1}$, $c_{t-1}$, `W` and
#   `b`;
# * `read_image_attention_backward(dglimpse, step.read)`: the gradient of `theta`;
# * `linear_backward(dtheta, step.window)`: the gradients of $h_{t-1}$, `W_window` and `b_window`.
#
# Return the gradients of the six inputs of `looks`, in their order.


# %%
@exercise("17.looks_backward")
def looks_backward(dh, cache):
    dc, dW_window, db_window, dW, db = np.zeros_like(dh), 0, 0, 0, 0
    raise NotImplementedError
    return dh, dc, dW_window, db_window, dW, db


# %% [markdown]
# ## The whole network
#
# For the rest of the lesson, scenes have 50 x 50 pixels and four pieces, and the network takes four
# glimpses through 8 x 8 filters, with 64 units. The package names the weights and initialises them.
# At the start, a window sees a little of everything, so that there is a slope to follow (lesson
# 05).

# %%
SIZE, PIECES, K, T = 50, 4, 8, 4
config = classifier.Config(height=SIZE, width=SIZE, glimpses=T, hidden=64, read_size=K)
start = classifier.init_params(config, np.random.default_rng(0))
for name, value in start.items():
    print(f"{name:9s} {value.shape}")
print("weights in all:", sum(value.size for value in start.values()))

# %% [markdown]
# Next come the costs and gradients of a batch, computed with your three functions. All images start
# from the same $h_0$ and $c_0$, so the gradient of the start is a sum over images (lesson 01).


# %%
def gradients(params, x, labels):
    """Return costs (n,), whether each is wrong, and gradients by name, summed over images."""
    h_0, c_0, *weights, W_label, b_label = params.values()
    h_0, c_0 = (np.repeat(row[None], len(x), axis=0) for row in (h_0, c_0))
    h, seen = looks(h_0, c_0, *weights, x=x, K=K, T=T)
    logits, label = linear(h, W_label, b_label)
    nll, cache = softmax_cross_entropy(logits, targets=np.eye(10, dtype=x.dtype)[labels])
    dlogits = softmax_cross_entropy_backward(np.ones_like(nll), cache)
    dh, *dlabel = linear_backward(dlogits, label)
    dh_0, dc_0, *dweights = looks_backward(dh, seen)
    grads = dh_0.sum(axis=0), dc_0.sum(axis=0), *dweights, *dlabel
    return nll, logits.argmax(axis=1) != labels, dict(zip(params, grads, strict=True))


# %%
def batch(digits, labels, rows, rng, pieces=PIECES):
    """Make new scenes of these digits, (n, 1, 50, 50), with their labels."""
    numbers = rng.random((len(rows), 2 + 5 * pieces))
    made = [scene(digits, *each, size=SIZE) for each in zip(rows, numbers, strict=True)]
    return np.stack(made)[:, None], labels[rows]


# %% [markdown]
# Are they correct? The package's classifier tells us what they should be:

# %%
x_100, labels_100 = batch(train, data.train.labels, np.arange(100), np.random.default_rng(1))
nll, wrong, grads = gradients(start, x_100, labels_100)
costs, wanted = classifier.loss_and_grads(start, Batch(x_100, labels_100), None, config, layers)
np.testing.assert_allclose(nll, costs["nll"], rtol=1e-4)
for name, gradient in wanted.items():
    np.testing.assert_allclose(grads[name], gradient, atol=1e-4 * abs(gradient).max() + 1e-9)
print(f"the same costs and gradients; untrained {nll.mean():.3f} nats, {wrong.mean():.0%} wrong")

# %% [markdown]
# How much gradient reaches each window before the network has learned anything? Look at the
# gradient of `b_window`, the fourth output of your function. `b_window` is used by all four
# windows, so its gradient is a sum of four terms. Run the function on the caches of the last $k$
# steps, and you get the sum of the last $k$ terms. Subtract two such sums, and one term is left.
# (`b_label` is 0 before training, so `dh` can be computed without it.)

# %%
h_0, c_0, *weights, W_label, _ = start.values()
h_0, c_0 = (np.repeat(row[None], 100, axis=0) for row in (h_0, c_0))
h, seen = looks(h_0, c_0, *weights, x=x_100, K=K, T=T)
dh = (layers.softmax(h @ W_label) - np.eye(10, dtype=h.dtype)[labels_100]) @ W_label.T
sums = [looks_backward(dh, package.LooksCache(seen.steps[t:]))[3] for t in range(T)] + [0]
for t in range(T):
    print(f"window {t + 1}: a gradient of norm {np.linalg.norm(sums[t] - sums[t + 1]):.2f}")

# %% [markdown]
# A gradient reaches all four windows. The first one gets about half as much as the last, although
# the cost comes three steps later.
#
# ## Let it learn
#
# We train on 1,600 batches of 50 new scenes, with Adam and clipping (lesson 13). For comparison, we
# train a fully connected network on the same scenes: 2,500 pixels, 128 hidden units with tanh, ten
# logits. It has nine times as many weights. We also gave it an advantage: its learning rate is the
# best of five that we tried, and that of the network with four looks is the first that we tried.
#
# **Predict.** Guessing is wrong in 90 % of the scenes. After those 1,600 batches, how often is the
# network with four looks wrong, and how often the one that sees everything?


# %%
def whole_gradients(params, x, labels):
    """Return the same for a network that takes in all pixels at once."""
    W_1, b_1, W_2, b_2 = params.values()
    a, first = linear(x.reshape(len(x), -1), W_1, b_1)
    h = np.tanh(a)
    logits, second = linear(h, W_2, b_2)
    nll, cache = softmax_cross_entropy(logits, targets=np.eye(10, dtype=x.dtype)[labels])
    dlogits = softmax_cross_entropy_backward(np.ones_like(nll), cache)
    dh, *d_2 = linear_backward(dlogits, second)
    _, *d_1 = linear_backward(dh * (1 - h**2), first)
    return nll, logits.argmax(axis=1) != labels, dict(zip(params, d_1 + d_2, strict=True))


# %%
STEPS, N = choose_steps(1600, in_browser=600), 50
rng = np.random.default_rng(2)
shapes = {"W_1": (SIZE**2, 128), "b_1": (128,), "W_2": (128, 10), "b_2": (10,)}
start_whole = {
    name: (rng.standard_normal(shape) / np.sqrt(shape[0]) * (len(shape) > 1)).astype(np.float32)
    for name, shape in shapes.items()
}
networks = {"four looks": (gradients, start, 0.01), "whole": (whole_gradients, start_whole, 0.004)}
rooms = {
    name: allocate_flat({key: value.shape for key, value in first.items()})
    for name, (_, first, _) in networks.items()
}
print(
    "weights:",
    {name: sum(map(np.size, first.values())) for name, (_, first, _) in networks.items()},
)


# %%
def train_step(name, x, labels, step):
    """Update once; return the batch's mean cost and error."""
    function, _, rate = networks[name]
    adam, room = adams[name], rooms[name]
    nll, wrong, grads = function(adam.weights.views, x, labels)
    fill(room, {key: gradient / N for key, gradient in grads.items()})
    rate *= min((step + 1) / 20, 1, max(0.05, 2 - 2 * step / STEPS))  # lesson 13, to 0.05
    adam.update(room, rate=rate, clip=5.0, ops=layers)
    return nll.mean(), wrong.mean()


# %%
adams = {
    name: Adam(first, beta1=0.9, beta2=0.999, average=0.99)
    for name, (_, first, _) in networks.items()
}
log = {name: [] for name in networks}
for step in range(STEPS):
    x, labels = batch(train, data.train.labels, rng.integers(0, len(train), N), rng)
    for name in networks:
        log[name].append(train_step(name, x, labels, step))
    if step % 200 == 199:
        print(step + 1, *(f"{n}: {np.mean(log[n][-50:], axis=0)[1]:.0%} wrong;" for n in log))

# %% [markdown]
# ## What it has learned
#
# Now we test both on 1,000 scenes with digits that neither has seen. (There are 500 such digits,
# and each is used twice. So the true standard error, by which a result typically lies off by
# chance, is a little larger than the one printed.)

# %%
rows = np.tile(np.arange(len(valid)), 2)
x_new, labels_new = batch(valid, data.valid.labels, rows, np.random.default_rng(3))
for name, (function, *_) in networks.items():
    nll, wrong, _ = function(adams[name].weights.views, x_new, labels_new)
    error = np.sqrt(wrong.mean() * (1 - wrong.mean()) / len(wrong))
    print(f"{name}: {wrong.mean():.1%} wrong (standard error {error:.1%}), {nll.mean():.2f} nats")

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=3)
for name, color, line in (("four looks", BLUE, "-"), ("whole", VERMILION, "--")):
    nll, wrong = np.array(log[name]).reshape(-1, 40, 2).mean(axis=1).T
    at = 40 * np.arange(len(nll)) + 20
    left.plot(at, nll, line, color=color, label=name)
    right.plot(at, 100 * wrong, line, color=color, label=name)
left.axhline(np.log(10), color="black", linestyle=":")
right.axhline(90, color="black", linestyle=":")
plain(left, xlabel="step", ylabel="nats per image", title="cross-entropy", ylim=(0, None))
plain(right, xlabel="step", ylabel="% wrong", title="error on new scenes", ylim=(0, 100))
right.legend(frameon=False)
show(figure, "17.5")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Seeing everything isn't enough. The network that takes in the whole image must learn a 7
# separately in each place, and it has seen too few of them in any one place. The other network
# learns to put the same 64 filters onto the 7. (A fairer rival would be a **convolutional
# network**, which uses the same weights at every place. In the paper, one with two layers got 14.35
# % of the large scenes wrong. Eight looks got 3.36 % wrong.)
#
# </details>
#
# ## Where the windows go
#
# This is the paper's figure 5 for our network: one row of pictures per scene, one column per
# glimpse. The green frame is the window, and what was read through it is shown below. The thicker
# the border, the larger $\sigma$ (rounded to whole pixels of the screen).
#
# **Predict.** By how much does the window shrink from the first glimpse to the fourth: to a half, a
# quarter, or a tenth? And what happens to $\sigma$?

# %%
learned = adams["four looks"].weights.views
watched = classifier.scanpath(learned, x_new, config, layers)
answer = watched.probabilities.argmax(axis=1)
right_ones, wrong_ones = (np.flatnonzero((answer == labels_new) == good) for good in (True, False))


def strips(index, number):
    """Show scenes with their windows, and the network's answers."""
    figure, axes = panels(height=3.83 * len(index) + 0.6)
    axes.imshow(sheets.render_scanpath(watched, index=index, scale=3))
    middle = (np.arange(len(index)) * 2 + 1) * 3 * (SIZE + 1)
    sure = watched.probabilities.max(axis=1)
    words = [f"is {labels_new[i]}\nsays {answer[i]} ({sure[i]:.0%})" for i in index]
    axes.set_yticks(middle, words)
    axes.set(xticks=(np.arange(T) + 0.5) * 3 * (SIZE + 1), xticklabels=range(1, T + 1))
    axes.set_xlabel("glimpse")
    show(figure, number)


# %%
strips(right_ones[[3, 6]], "17.6")

# %%
window = watched.window
for t in range(T):  # a window reaches over 7 strides, from its first filter to its eighth
    spread = np.sqrt(window.center_x[t].var() + window.center_y[t].var())
    size, sigma = 7 * window.stride[t].mean(), np.sqrt(window.var[t]).mean()
    print(
        f"glimpse {t + 1}: {size:4.1f} pixels wide, sigma {sigma:.1f}; centres {spread:.1f} apart"
    )

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The windows get smaller from look to look: the fourth is a little more than half as wide as the
# first. And $\sigma$ falls to less than a third. (The borders show only the first drop of $\sigma$.
# The later ones are smaller than a pixel of the screen.) The first window is large and the same for
# every scene. The later ones usually close in on the digit. Nobody asked for that. A sharper
# picture of the digit lowers the cost at the end, and the gradient needs no more than that.
#
# </details>
#
# ## What goes wrong
#
# **Predict.** Look at some scenes that the network got wrong. Which will be more common: windows in
# the wrong place, or windows on the digit and a wrong name?

# %%
strips(wrong_ones[[0, 1, 2]], "17.7")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# In the run published here, the last window is on the digit in the first and the third scene. A 9
# with pieces at its top was called 4, and a 7 with a piece at its stem was called 2. In the second
# scene the window went to a piece and left out the 1 beside it.
#
# </details>
#
# Three scenes prove nothing, so let us count. The network doesn't put the digit in the centre of
# its window. It doesn't have to, because any fixed offset works as well. The next cell first prints
# the median offset over all scenes. Then it sorts the scenes by how far their last window is from
# this usual offset.

# %%
places = np.random.default_rng(3).random((len(rows), 2 + 5 * PIECES))[:, :2]  # as `batch` drew them
down, across = (places * (SIZE - 27)).astype(int).T + 13.5  # the digit's centre
off = np.array([window.center_y[-1] - down, window.center_x[-1] - across])
usual = np.median(off, axis=1, keepdims=True)
ways = "below" if usual[0, 0] > 0 else "above", "right" if usual[1, 0] > 0 else "left"
up, aside = abs(usual[:, 0])
print(f"usually the window lies {up:.1f} pixels {ways[0]} and {aside:.1f} {ways[1]} of the digit")
away = np.hypot(*(off - usual))
wrong = answer != labels_new
for low, high in ((0, 3), (3, 6), (6, 50)):
    part = (away >= low) & (away < high)
    shares = f"{wrong[part].mean():4.0%} wrong, {wrong[part].sum()} of {wrong.sum()} mistakes"
    print(f"{low} to {high:2d} pixels off: {part.sum():3d} scenes, {shares}")

# %%
table = np.zeros((10, 10), int)
np.add.at(table, (labels_new, answer), 1)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.2)
picture(axes, np.sqrt(table))
for i in range(10):
    for j in range(10):
        dark = table[i, j] < 30
        axes.text(j, i, table[i, j], ha="center", va="center", color="white" if dark else "black")
axes.set(xticks=range(10), yticks=range(10), xlabel="answer", ylabel="digit")
show(figure, "17.8")
pairs = table + table.T
a, b = np.unravel_index(np.triu(pairs, 1).argmax(), table.shape)
print(f"most often mixed up: {a} and {b}, {pairs[a, b]} times")

# %% [markdown]
# Figure 17.8 shows which digits it mixes up; the lines printed before it show where its windows
# were. Most mistakes happen with the window in the right place, simply because most windows are in
# the right place. Their cause must lie elsewhere: perhaps the glimpse is too coarse, or a piece
# covers part of the digit. But among the few windows that went to a wrong place, most end in a
# wrong answer.
#
# **Predict.** The network was trained with four pieces in each scene. Will it do better or worse
# with no pieces, and with eight? By how much?

# %%
for pieces in (0, 2, 4, 6, 8):
    x_more, labels_more = batch(valid, data.valid.labels, rows, np.random.default_rng(4), pieces)
    _, wrong, _ = gradients(learned, x_more, labels_more)
    print(f"{pieces} pieces: {wrong.mean():.1%} wrong")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With no pieces it is wrong less than half as often, although it has never seen a clean scene. With
# eight it still works, but it is wrong more than one and a half times as often as with four. (With
# four, the error differs from that of the test above, because these are other scenes.) With more
# pieces, more places look like a digit from a distance, and more of the digit is covered. The first
# look only sees blurs, and the network has to choose a direction from those.
#
# </details>
#
# ## Where it lives
#
# The loop of `looks` and its backward pass are in `minidraw/models/classifier/network.py`. There
# the gradients of the weights are computed as one product over all steps (lesson 12).
# `softmax_cross_entropy` is in `minidraw/layers/likelihood.py`, `read_image_attention` in
# `minidraw/layers/read_write.py`, and the scenes are made in `minidraw/datasets/sets/cluttered.py`.
# In a terminal, `minidraw train cluttered` trains the network at the paper's size, and `minidraw
# classify` names the digit in a picture.

# %%
rng = np.random.default_rng(5)
logits, targets = rng.standard_normal((5, 7)), np.eye(7)[rng.integers(0, 7, 5)]
ours, cache = softmax_cross_entropy(logits, targets=targets)
theirs, their_cache = minidraw.layers.softmax_cross_entropy(logits, targets=targets)
np.testing.assert_allclose(ours, theirs)
np.testing.assert_allclose(ours, -np.log(softmax(logits)[targets == 1]))  # -log p, as it was stated
slopes = softmax_cross_entropy_backward(ours, cache)
np.testing.assert_allclose(
    slopes, minidraw.layers.softmax_cross_entropy_backward(ours, their_cache)
)

# %%
n, H, A = 3, 5, 9
shapes = (n, H), (n, H), (H, 5), (5,), (H + 4, 4 * H), (4 * H,)
inputs = [0.5 * rng.standard_normal(shape) for shape in shapes]
settings = {"x": rng.random((n, 1, A, A)), "K": 2, "T": 3}
h, cache = looks(*inputs, **settings)
dW_window, there = looks_backward(h, cache)[2], np.zeros((H, 5))  # of half the sum of squares
there[2, 0] = 1e-5
above, below = (
    0.5 * (looks(*inputs[:2], inputs[2] + s * there, *inputs[3:], **settings)[0] ** 2).sum()
    for s in (1, -1)
)
np.testing.assert_allclose(dW_window[2, 0], (above - below) / 2e-5, rtol=1e-6)
print(f"by hand {dW_window[2, 0]:.9f}, measured {(above - below) / 2e-5:.9f}")

# %% [markdown]
# ## In practice
#
# * The paper reports 4.18 % of its test scenes wrong with four glimpses and 3.36 % with eight. Its
#   scenes are 100 x 100 with eight pieces, read through 12 x 12 filters, and made from all of
#   MNIST's digits. The Recurrent Attention Model (RAM, Mnih et al. 2014) *cuts* eight pieces out of
#   the image instead, which is called **hard attention**, and gets 8.11 % wrong. A crop has no
#   slope (lesson 04). So RAM was trained by **reinforcement learning** (REINFORCE): it tries
#   positions and is rewarded for right answers. Lesson 20 does that.
# * Train on the cost in nats, and report the error. An answer is right or wrong; between the two
#   nothing changes gradually, so the error has no gradient to follow.
# * Before training, the cost should be near $\ln 10$. If it is much larger, the initial weights are
#   too large: the network is certain of something before it has seen anything.
# * Start with a window that sees everything, however blurred. With a small first window most scenes
#   show the network nothing but black, and then there is no gradient.
# * Compute softmax and logarithm in one function. In two functions, a probability can be rounded to
#   0 between them. Then the network that is most certain of a wrong answer gets no usable gradient.
# * Our results come from 1,000 scenes with 500 digits, one seed, and for the fully connected
#   network a learning rate chosen on such scenes. They show that the network learns. They don't
#   show how good it is. Lesson 16 says what such a claim needs.
#
# ## Recap
#
# * A window reads a large image with few weights: $K^2$ numbers per glimpse, computed in $K A^2 +
#   K^2 A$ multiplications.
# * Cross-entropy: $-\log p_k = \log \sum_j e^{a_j} - a_k$ for the correct class $k$. Its gradient
#   is $p - \text{target}$, and it sums to 0.
# * The loss uses only the last $h$. Every earlier $h$ gets its gradient from the next step, through
#   the LSTM and through the window.
# * Nobody tells the network where to look. It learns this because a better look lowers the cost at
#   the end.
# * Error rates per group of scenes (window on the digit or not, more or fewer pieces) say more than
#   one overall rate.
#
# ## Three questions
#
# 1. A network gives the correct class of an image a probability of 0.25. What does the image cost,
#    and what is the gradient at that class's logit?
#
#    <details><summary>Answer</summary>
#
#    It costs -log 0.25 = 1.39 nats. The gradient is 0.25 - 1 = -0.75: this logit should go up.
#
#    </details>
#
# 2. Why does the third window get a gradient, although the cost contains only the last h?
#
#    <details><summary>Answer</summary>
#
#    The third glimpse went into the LSTM, whose h and c are used by the next step. So the last h
#    depends on the third window.
#
#    </details>
#
# 3. A digit is moved by ten pixels in a large scene. Which of the two networks has to learn it
#    anew, and why?
#
#    <details><summary>Answer</summary>
#
#    The one that takes in the whole image. It has separate weights for each pixel. The other moves
#    its window and sees nearly the same glimpse.
#
#    </details>
#
# ## What is next
#
# This network reads but doesn't paint. DRAW does both, but so far only in grey. Lesson 18 shows
# what changes with colour, and with two digits in one picture. Until then you can train this
# network at the paper's size, and watch where it looks.
