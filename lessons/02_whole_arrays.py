# %% [markdown]
# # 02 Whole arrays
#
# **You'll do:** four exercises, six lines in all: the sigmoid and the linear layer, forward and
# backward.
#
# **You'll learn:** to turn sums over indices into products of whole arrays, and their gradients
# too; and why a network that learns is no proof that its gradient is right.
#
# **You'll need:** lesson 01 (a value used several times adds its gradients; what is broadcast
# forward is summed backward), and what a matrix product is. 45 minutes.
#
# | paper | here | |
# |---|---|---|
# | $L(\cdot)$ | `linear` | a linear layer, always with a bias |
# | $\sigma(\cdot)$ | `sigmoid` | the logistic function |
# | | `x`, `W`, `b` | input `(n, I)`, weights `(I, O)`, bias `(O,)` |
# | | `out`, `dout` | output `(n, O)`, and the gradient of the loss by it |
# | | `n`, `I`, `O` | numbers of images, of inputs, of outputs |

# %%
import numpy as np

import minidraw
from minidraw import gradcheck, layers
from minidraw.datasets import as_float
from minidraw.learn import exercise, hint
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show

data = minidraw.load("digits")
digits = as_float(data.train.images[:, 0], np.float64)
rng = np.random.default_rng(2)

# %% [markdown]
# ## The goal
#
# Five digits, each shrunk to 16 numbers, are the five rows of the first picture. Every number of a
# row is weighed, the weighted numbers are summed, and so each row becomes seven new ones, between 0
# and 1. All five rows at once, in two lines. This is one layer of a network, and DRAW is made of
# such layers. By the end of this lesson both lines are yours, and so is the way back.

# %%
x = digits[:5].reshape(5, 4, 7, 4, 7).mean(axis=(2, 4)).reshape(5, 16)  # blocks of 7 x 7 pixels
W, b = 2 * rng.standard_normal((16, 7)), 0.3 * rng.standard_normal(7)
out, _ = layers.linear(x, W, b)
s = layers.sigmoid(out)

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=3, widths=[16, 7, 7, 7])
titles = "x\n(5, 16)", "W\n(16, 7)", "out = x @ W + b\n(5, 7)", "s = sigmoid(out)\n(5, 7)"
for place, array, title in zip(axes, (x, W, out, s), titles, strict=True):
    picture(place, array, title)
show(figure, "2.1")

# %% [markdown]
# ## The idea, in words
#
# In lesson 01 each number had a line of its own. A layer has thousands of weights. It is given many
# images at once, a **batch**, and each of them uses all the weights. You could write loops.
# Loops over indices are easy to get right, and in Python they are slow.
#
# So you'll go by two steps each time. First write what happens to **one entry**, with its indices.
# Then look which index is summed over, and find the product of whole arrays that does that sum.
# Shapes are a guide: there is mostly just one way in which the arrays fit.
#
# We start with functions that need no sum, because each entry is treated by itself.
#
# ## Entry by entry: ReLU and sigmoid
#
# Products and sums alone give straight lines, and a chain of straight lines is a straight line
# again. So layers are followed by a function with a bend, applied to each entry. A plain one is the
# **ReLU**: it lets positive numbers pass, and makes negative ones 0. Where an entry passes, the
# slope is 1; where it was made 0, the output stays 0 when the input is wiggled, so the slope is 0.


# %%
def relu(a):
    return np.maximum(a, 0), a  # the result, and the cache


def relu_backward(dh, a):
    return dh * (a > 0)  # h = max(a, 0): True counts as 1, False as 0


print("gradient by a:", relu_backward(np.ones(4), np.array([-2.0, -0.1, 0.1, 2.0])))

# %% [markdown]
# The array `a > 0` is called a **mask**: it lets some of what arrives pass, and blocks the rest.
# Remember it: the end of the lesson tells a story about it.
#
# Where a network must put out a probability, or how bright a pixel is, numbers should lie between 0
# and 1. That is the work of the **sigmoid**:
#
# $$\sigma(a) = \frac{1}{1 + e^{-a}}$$
#
# **Predict.** What are $\sigma(0)$ and $\sigma(1000)$, and what is $\sigma(3) + \sigma(-3)$?

# %%
print(layers.sigmoid(np.array([0.0, 1000.0])), layers.sigmoid(3.0) + layers.sigmoid(-3.0))

# %% [markdown]
# ### Exercise 1: the sigmoid (1 line)
#
# `a` is an array of any shape; the result has the same shape. It must be right at 1000 and at -1000
# too. That NumPy may warn of an overflow there does no harm.


# %%
@exercise("02.sigmoid")
def sigmoid(a):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("02.sigmoid")`, and again for the next step.
#
# Now its slope. Write $\sigma(a)$ as $(1 + e^{-a})^{-1}$. The outer slope is $-(1 + e^{-a})^{-2}$,
# the inner one is $-e^{-a}$, and the two signs cancel:
#
# $$\sigma'(a) = \frac{e^{-a}}{(1 + e^{-a})^2}
# = \frac{1}{1 + e^{-a}} \cdot \frac{e^{-a}}{1 + e^{-a}}$$
#
# The first factor is $s = \sigma(a)$ itself. The second can be computed from $s$ as well: what do
# the two add up to? So the way back needs $s$ alone, which the forward has anyway. It is the cache.

# %%
a = np.linspace(-8, 8, 161)
slopes = (layers.sigmoid(a + 1e-5) - layers.sigmoid(a - 1e-5)) / 2e-5  # lesson 01
np.testing.assert_allclose(slopes, np.exp(-a) / (1 + np.exp(-a)) ** 2, rtol=1e-4)

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=2.8)
left.plot(a, layers.sigmoid(a), color=BLUE, label="sigmoid")
left.plot(a, np.maximum(a, 0) / 8, "--", color=VERMILION, label="ReLU / 8")
right.plot(a, slopes, color=BLUE, label="slope of the sigmoid")
right.plot(a, (a > 0) / 1.0, "--", color=VERMILION, label="slope of the ReLU")
for axes in (left, right):
    plain(axes, xlabel="a", ylim=(-0.05, 1.4))
    axes.legend(frameon=False, loc="upper left")
show(figure, "2.2")

# %% [markdown]
# ### Exercise 2: the sigmoid, backward (1 line)
#
# `ds` and `s` have the same shape. Return `da`.


# %%
@exercise("02.sigmoid_backward")
def sigmoid_backward(ds, s):
    raise NotImplementedError


# %% [markdown]
# ## The linear layer, by index
#
# Now sums. Take the smallest case in which nothing is square: one image, $I = 2$ inputs, $O = 3$
# outputs. `W` is 2 x 3, and written out there are three sums:
#
# $$out_0 = x_0 W_{00} + x_1 W_{10} + b_0$$
# $$out_1 = x_0 W_{01} + x_1 W_{11} + b_1$$
# $$out_2 = x_0 W_{02} + x_1 W_{12} + b_2$$
#
# With `n` images, each gets such sums for itself, with the same weights:
#
# $$out[i, o] = \sum_k x[i, k]\, W[k, o] + b[o]$$


# %%
def linear_by_index(x, W, b):
    out = np.zeros((x.shape[0], W.shape[1]))
    for i in range(x.shape[0]):
        for o in range(W.shape[1]):
            for k in range(W.shape[0]):
                out[i, o] += x[i, k] * W[k, o]
            out[i, o] += b[o]
    return out


small_x = np.array([[1.0, 2.0]])
small_W = np.array([[1.0, 0.0, -1.0], [3.0, 1.0, 2.0]])
print(linear_by_index(small_x, small_W, np.array([10.0, 20.0, 30.0])))

# %% [markdown]
# Check the first number by hand: $1 \cdot 1 + 2 \cdot 3 + 10 = 17$.
#
# ### Exercise 3: the linear layer (1 line)
#
# The same without a loop, for `x` of shape `(n, I)`. The index that is summed is the last of `x`
# and the first of `W`. The bias is broadcast. The cache is given.


# %%
@exercise("02.linear")
def linear(x, W, b):
    raise NotImplementedError
    return out, (x, W)


# %%
np.testing.assert_allclose(linear(x, W, b)[0], linear_by_index(x, W, b))
print("five images, by product and by index: the same")

# %% [markdown]
# ## Backward, by index
#
# Look at the three sums again, and ask where $x_0$ stands. In all three, each time with another
# weight. A value used three times adds three gradients, and the slope of $out_1$ by $x_0$, say, is
# what $x_0$ is multiplied by there:
#
# $$dx_0 = dout_0\, W_{00} + dout_1\, W_{01} + dout_2\, W_{02}$$
#
# For any sizes: $dx[i, k] = \sum_o dout[i, o]\, W[k, o]$. The forward summed over the inputs `k`;
# this sums over the outputs `o`.


# %%
def dx_by_index(dout, W):
    dx = np.zeros((dout.shape[0], W.shape[0]))
    for i in range(dout.shape[0]):
        for k in range(W.shape[0]):
            for o in range(W.shape[1]):
                dx[i, k] += dout[i, o] * W[k, o]
    return dx


dout = np.array([[1.0, 10.0, 100.0]])


def loss():
    return (dout * linear_by_index(small_x, small_W, np.zeros(3))).sum()


print("derived: ", dx_by_index(dout, small_W))
print("measured:", gradcheck.numeric_gradient(loss, small_x).round(6))

# %% [markdown]
# Now the weights. Where does $W_{01}$ stand? For one image in a single sum, that of $out_1$, next
# to $x_0$. But a batch of `n` images uses it `n` times. And the bias?
#
# **Predict.** Before you write: which shapes must `dx`, `dW` and `db` have, and over which index is
# each of them summed?
#
# ### Exercise 4: the linear layer, backward (3 lines)
#
# Three gradients, no loop. For the products, write down the two shapes that go in and the one that
# must come out; then see which of the two to transpose with `.T`, and which comes first.


# %%
@exercise("02.linear_backward")
def linear_backward(dout, cache):
    x, W = cache
    raise NotImplementedError
    return dx, dW, db


# %%
dout = rng.standard_normal((5, 7))
dx, dW, db = linear_backward(dout, (x, W))
print("dx", dx.shape, "  dW", dW.shape, "  db", db.shape)
np.testing.assert_allclose(dx, dx_by_index(dout, W))

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=3, widths=[7, 16, 7, 7])
titles = "dout\n(5, 7)", "dx\n(5, 16)", "dW\n(16, 7)", "db\n(7,)"
for place, array, title in zip(axes, (dout, dx, dW, db[None]), titles, strict=True):
    picture(place, array, title)
show(figure, "2.3")

# %% [markdown]
# ## Any product, and stacks of them
#
# Nothing in exercise 4 knew that `W` holds weights. For any product $P = L R$ the same sums give
#
# $$dL = dP \, R^T \qquad\qquad dR = L^T \, dP$$
#
# Each factor's gradient is $dP$ times the transpose of the other factor, which stays on its own
# side: $R$ stood on the right, so $R^T$ does too.
#
# Often there is a product per image. NumPy's `@` takes the last two axes for the matrices, and all
# axes before them count matrices: `(n, K, B) @ (n, B, A)` is `n` products and gives `(n, K, A)`. In
# a stack, `.T` would turn *all* the axes round; `.mT` transposes each matrix, and leaves the stack
# as it is.

# %%
L, R = rng.standard_normal((3, 5, 7)), rng.standard_normal((3, 7, 2))
dP = rng.standard_normal((3, 5, 2))
dL, dR = dP @ R.mT, L.mT @ dP
print("L", L.shape, "  L.T", L.T.shape, "  L.mT", L.mT.shape)
for derived, factor in ((dL, L), (dR, R)):
    measured = gradcheck.numeric_gradient(lambda: (dP * (L @ R)).sum(), factor)
    np.testing.assert_allclose(derived, measured, rtol=1e-6, atol=1e-8)

# %% [markdown]
# **Predict.** All images share one matrix `M` of shape `(7, 2)`: `L @ M` broadcasts it over the
# stack. What is the shape of `L.mT @ dP`, what shape must `dM` have, and how do you get from the
# first to the second?

# %%
M = rng.standard_normal((7, 2))
dM = (L.mT @ dP).sum(axis=0)  # forward, M was repeated for 3 images: backward, a sum over them
measured = gradcheck.numeric_gradient(lambda: (dP * (L @ M)).sum(), M)
np.testing.assert_allclose(dM, measured, rtol=1e-6, atol=1e-8)
print("L.mT @ dP", (L.mT @ dP).shape, "  dM", dM.shape)

# %% [markdown]
# ## A true story
#
# NumPy's own tutorial "Deep learning on MNIST" trains a network of two linear layers with a ReLU
# between them, to tell digits apart. Its ReLU goes backward with a mask, as above. But the mask
# compares with `>= 0` instead of `> 0`, and it looks at what came *out* of the ReLU, not at what
# went in.
#
# Nothing that comes out of a ReLU is negative. So that mask is True everywhere, and the backward
# pass lets all gradients through, as if there were no ReLU:

# %%
a = np.array([-2.0, -0.1, 0.1, 2.0])
h, _ = relu(a)
print("right mask:         ", a > 0)
print("the tutorial's mask:", h >= 0)

# %% [markdown]
# **Predict.** You train it with that mask. Does it not learn at all, learn worse, or learn just as
# well?
#
# Here is such a network, in code of this lesson: 784 pixels in, 100 numbers in the middle, 10 out,
# one for each digit. The loss is half the sum of squared differences from what is wanted: 1 for the
# right digit, 0 for the others. So the gradient by an output is the difference itself.


# %%
def forward(x, W1, W2):
    a = x @ W1
    h = np.maximum(a, 0)
    return a, h, h @ W2


def gradients(x, wanted, W1, W2, masked):
    """By both weights; with the right mask, or with the one that lets all pass."""
    a, h, out = forward(x, W1, W2)
    dout = out - wanted  # loss = half the sum of (out - wanted)^2
    dh = dout @ W2.T  # out = h @ W2
    da = dh * (a > 0) if masked else dh * (h >= 0)
    return x.T @ da, h.T @ dout


# %% [markdown]
# Learning is this: subtract from each weight a small part of its gradient, and the loss gets a
# little smaller. How small a part is called the **rate**; here it is 0.005. Do that for a batch of
# ten images, then for the next ten, and so on through a thousand; that is one **epoch**. All of it
# is called gradient descent.

# %%
images, labels = digits[:1000].reshape(1000, 784), data.train.labels[:1000]
held_out = as_float(data.valid.images, np.float64).reshape(500, 784)
wanted = np.eye(10)[labels]  # a row of ten for each image


def train(masked, seed, epochs=20, rate=0.005):
    rng = np.random.default_rng(seed)
    W1, W2 = rng.uniform(-0.1, 0.1, (784, 100)), rng.uniform(-0.1, 0.1, (100, 10))
    right = []
    for _ in range(epochs):
        for k in range(0, 1000, 10):
            batch = slice(k, k + 10)
            dW1, dW2 = gradients(images[batch], wanted[batch], W1, W2, masked)
            W1, W2 = W1 - rate * dW1, W2 - rate * dW2
        guessed = forward(held_out, W1, W2)[2].argmax(axis=1)
        right.append((guessed == data.valid.labels).mean())
    return right


# %%
curves = {masked: np.array([train(masked, seed) for seed in range(3)]) for masked in (True, False)}

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.4)
for masked, style, words in ((True, "-", "right mask"), (False, "--", "a mask that lets all pass")):
    color = BLUE if masked else VERMILION
    lines = axes.plot(np.arange(1, 21), 100 * curves[masked].T, style, color=color)
    lines[0].set_label(words)
plain(axes, xlabel="epochs", ylabel="percent of new digits told right", xticks=range(0, 21, 5))
axes.legend(frameon=False, loc="lower right")
show(figure, "2.4")
for masked in (True, False):
    print("right mask:" if masked else "all pass:  ", curves[masked][:, -1].round(3))

# %% [markdown]
# It learns, and nobody who sees only the dashed curves would suspect anything. No error, no
# warning, a loss that falls. The network is merely worse than it could be. Without the solid curves
# beside it you would change the rate, or the size, or train for longer.
#
# Lesson 01 needs no second network. Wiggle sixty weights and compare:

# %%
few, aim, tiny = images[:8], wanted[:8], np.random.default_rng(0)
W1, W2 = tiny.uniform(-0.1, 0.1, (784, 100)), tiny.uniform(-0.1, 0.1, (100, 10))
places = [(k, j) for k in (350, 405, 462) for j in range(20)]  # pixels in the middle
measured = []
for place in places:
    wiggle = np.zeros_like(W1)
    wiggle[place] = 1e-5
    outs = (forward(few, W1 + sign * wiggle, W2)[2] for sign in (1, -1))
    above, below = (0.5 * ((out - aim) ** 2).sum() for out in outs)
    measured.append((above - below) / 2e-5)

# %% jupyter={"source_hidden": true}
figure, both = panels(2, height=3.2)
for axes, masked, words in zip(both, (True, False), ("right mask", "all pass"), strict=True):
    dW1, _ = gradients(few, aim, W1, W2, masked)
    derived = [dW1[place] for place in places]
    line = np.array([min(measured), max(measured)])
    axes.plot(line, line, color="0.6")
    axes.plot(measured, derived, "o" if masked else "s", color=BLUE if masked else VERMILION)
    plain(axes, xlabel="measured", ylabel="derived", title=words)
    print(f"{words}: worst difference {np.abs(np.subtract(derived, measured)).max():.1e}")
show(figure, "2.5")

# %% [markdown]
# One look, in a second. This is why every gradient in this series is measured before it is used.
#
# ## Where it lives
#
# `linear` in `minidraw/layers/linear.py`, with its backward right below it, in two halves; lesson
# 12 says why. `sigmoid` in `minidraw/layers/likelihood.py`. The cell compares them with what this
# lesson states.

# %%
a = rng.standard_normal((3, 5))
np.testing.assert_allclose(sigmoid(a), layers.sigmoid(a))
np.testing.assert_allclose(1 / (1 + np.exp(-a)), layers.sigmoid(a))
inputs = {"x": rng.standard_normal((3, 5)), "W": rng.standard_normal((5, 2)), "b": np.ones(2)}
np.testing.assert_allclose(linear(*inputs.values())[0], layers.linear(*inputs.values())[0])
cache, dout = (inputs["x"], inputs["W"]), rng.standard_normal((3, 2))
for ours, theirs in zip(
    linear_backward(dout, cache), layers.linear_backward(dout, cache), strict=True
):
    np.testing.assert_allclose(ours, theirs)


# %%
def squash(a):
    s = sigmoid(a)
    return s, s


found = gradcheck.check_layer(squash, sigmoid_backward, {"a": a}, {}, rng)
found |= gradcheck.check_layer(linear, linear_backward, inputs, {}, rng)
found |= gradcheck.check_layer(relu, relu_backward, {"h": a}, {}, rng)
assert max(error for *_, error in found.values()) < gradcheck.LAYER_LIMIT
print("sigmoid, linear and ReLU: as the package has them, and as measured")

# %% [markdown]
# ## In practice
#
# * The story's network in full is in the repository `numpy/numpy-tutorials`, in
#   `content/applications/tutorial-deep-learning-on-mnist.md` (commit 732952b was read for this
#   lesson). It was adapted from the programs of a book, where a reader [asked about the
#   mask](https://github.com/iamtrask/Grokking-Deep-Learning/issues/9) in 2018. It also switches
#   half of the middle numbers off at random while it trains, and takes one image at a time; neither
#   change closes the gap.
# * A mask from the output would do, as `h > 0`: what comes out is positive exactly where what went
#   in is. It is the `=` that undoes it.
# * $1 / (1 + e^{-a})$ is right even at $a = -1000$, where $e^{1000}$ overflows to infinity and the
#   result is 0; but NumPy warns. minidraw takes $\frac12 + \frac12 \tanh \frac{a}{2}$, which is the
#   same function and never overflows.
# * With `n`, `I` and `O` all different, a wrong transpose mostly stops with an error. With square
#   matrices it goes through. Test with sizes that differ.
#
# ## What is next
#
# You have a layer, and a number in (0, 1) for every pixel. Lesson 03 says what such a number is
# worth when the true pixel is seen, and with that price trains your first network.
