# %% [markdown]
# # 02 Whole arrays
#
# **You'll do:** four exercises, six lines in all: the sigmoid and the linear layer, forward and
# backward.
#
# **You'll learn:** to turn sums over indices into products of whole arrays, and their gradients
# too; how a network learns by small steps; and how to find out whether a gradient is right.
#
# **You'll need:** lesson 01 (a value used several times adds its gradients; what is broadcast
# forward is summed backward), and what a matrix product is. 75 minutes.
#
# | paper | here | |
# |---|---|---|
# | $L(\cdot)$ | `linear` | a linear layer, always with a bias |
# | $\sigma(\cdot)$ | `sigmoid` | the logistic function |
# | | `x`, `W`, `b` | input `(n, I)`, weights `(I, O)`, bias `(O,)` |
# | | `out`, `dout` | output `(n, O)`, and the gradient of the loss with respect to it |
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
# The five rows of the first picture are five digits, each shrunk to 16 numbers. Each row becomes
# seven new numbers: the 16 numbers are multiplied by weights and summed, once for each of the
# seven, and the sums are squashed to lie between 0 and 1. Two lines of code do this for all five
# rows at once. This is one layer of a network, and DRAW is made of such layers. By the end of this
# lesson you will have written both lines, and the way back.

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
# In lesson 01 each output entry depended on one input entry, or on a simple sum. In a layer, every
# output depends on every input, through thousands of weights. A layer takes many images at once, a
# **batch**, and each image uses all the weights. You could write this with loops. Loops over
# indices are easy to get right, but in Python they are slow.
#
# So you'll work in two steps each time. First write down what happens to **one entry**, with its
# indices. Then see which index is summed over, and find the product of whole arrays that does that
# sum. The shapes guide you: usually the arrays fit together in only one way.
#
# We start with functions that need no sum, because each entry is treated by itself.
#
# ## Entry by entry: ReLU and sigmoid
#
# Two linear layers with nothing between them are no better than one: a product of two matrices is a
# matrix again. So each layer is followed by a **nonlinear** function, applied to each entry: the
# **activation function**. The simplest is the **ReLU** (rectified linear unit): it leaves positive
# numbers as they are and turns negative ones into 0. For a positive entry the slope is 1. For a
# negative entry the output stays 0 when you wiggle the input, so the slope is 0.


# %%
def relu(a):
    return np.maximum(a, 0), a  # the result, and the cache


def relu_backward(dh, a):
    return dh * (a > 0)  # h = max(a, 0): True counts as 1, False as 0


print("gradient of a:", relu_backward(np.ones(4), np.array([-2.0, -0.1, 0.1, 2.0])))

# %% [markdown]
# The array `a > 0` is called a **mask**: it lets some entries of a gradient pass and blocks the
# others. Remember it, because the end of the lesson tells a story about a mask.
#
# A probability must lie between 0 and 1, and so must the brightness of a pixel. A network turns any
# number into one between 0 and 1 with the **sigmoid**:
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
# too. NumPy may warn of an overflow there; you can ignore the warning.


# %%
@exercise("02.sigmoid")
def sigmoid(a):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("02.sigmoid")`. Run it again for the next step.
#
# Now its slope. Write $\sigma(a)$ as $(1 + e^{-a})^{-1}$. The outer slope is $-(1 + e^{-a})^{-2}$,
# the inner one is $-e^{-a}$, and the two signs cancel:
#
# $$\sigma'(a) = \frac{e^{-a}}{(1 + e^{-a})^2}
# = \frac{1}{1 + e^{-a}} \cdot \frac{e^{-a}}{1 + e^{-a}}$$
#
# The first factor is $s = \sigma(a)$ itself. You can compute the second from $s$ as well: what do
# the two factors add up to? So the way back needs only $s$, which the forward has computed anyway.
# The cache is $s$.

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
# Now the sums. Take a small case in which no array is square: one image, $I = 2$ inputs, $O = 3$
# outputs. Then `W` is 2 x 3, and there are three sums:
#
# $$out_0 = x_0 W_{00} + x_1 W_{10} + b_0$$
# $$out_1 = x_0 W_{01} + x_1 W_{11} + b_1$$
# $$out_2 = x_0 W_{02} + x_1 W_{12} + b_2$$
#
# With `n` images, each image gets its own three sums, with the same weights. Here $i$ counts
# images, $k$ inputs and $o$ outputs:
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
# Write the same without a loop, for `x` of shape `(n, I)`. The index that is summed over is the
# last of `x` and the first of `W`. The bias is broadcast. The stub, as we call the function that
# you complete, already returns the cache.


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
# Look at the three sums again. Where does $x_0$ appear? In all three, each time with another
# weight. So its gradient is a sum of three terms. Each term is the gradient of one output,
# multiplied by the weight that stands beside $x_0$ in that output's sum:
#
# $$dx_0 = dout_0\, W_{00} + dout_1\, W_{01} + dout_2\, W_{02}$$
#
# For any sizes this is $dx[i, k] = \sum_o dout[i, o]\, W[k, o]$. The forward summed over the inputs
# `k`; the backward sums over the outputs `o`.


# %%
def dx_by_index(dout, W):
    dx = np.zeros((dout.shape[0], W.shape[0]))
    for i in range(dout.shape[0]):
        for k in range(W.shape[0]):
            for o in range(W.shape[1]):
                dx[i, k] += dout[i, o] * W[k, o]
    return dx


small_dout = np.array([[1.0, 10.0, 100.0]])


def loss():
    return (small_dout * linear_by_index(small_x, small_W, np.zeros(3))).sum()


print("derived: ", dx_by_index(small_dout, small_W))
print("measured:", gradcheck.numeric_gradient(loss, small_x).round(6))

# %% [markdown]
# Now the weights. Where does $W_{01}$ appear? For one image it appears in a single sum, that of
# $out_1$, next to $x_0$. But a batch of `n` images uses it `n` times. And the bias?
#
# **Predict.** `dx` is summed over the outputs. Over which index are `dW` and `db` summed, and which
# shapes must they have?
#
# ### Exercise 4: the linear layer, backward (3 lines)
#
# Return three gradients, without a loop. For each product, write down the two shapes that go in and
# the shape that must come out. Then find which of the two arrays to transpose with `.T`, and which
# comes first.


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
# Nothing in exercise 4 depended on `W` being weights. The same sums hold for any product $P = Q R$
# of two matrices:
#
# $$dQ = dP \, R^T \qquad\qquad dR = Q^T \, dP$$
#
# The gradient of a factor is the product of $dP$ and the transpose of the other factor. The other
# factor stays on its own side: $R$ stood on the right, so $R^T$ stands on the right too.
#
# Often each image needs a product of its own. Then the arrays are stacks of matrices. NumPy's `@`
# multiplies along the last two axes, and the axes before them count the matrices: `(n, K, B) @ (n,
# B, A)` is `n` products and gives `(n, K, A)`. For a stack, don't use `.T`, which reverses *all*
# the axes. `.mT` transposes each matrix and leaves the order of the stack as it is.

# %%
Q, R = rng.standard_normal((3, 5, 7)), rng.standard_normal((3, 7, 2))
dP = rng.standard_normal((3, 5, 2))
dQ, dR = dP @ R.mT, Q.mT @ dP
print("Q", Q.shape, "  Q.T", Q.T.shape, "  Q.mT", Q.mT.shape)
for derived, factor in ((dQ, Q), (dR, R)):
    measured = gradcheck.numeric_gradient(lambda: (dP * (Q @ R)).sum(), factor)
    np.testing.assert_allclose(derived, measured, rtol=1e-6, atol=1e-8)

# %% [markdown]
# **Predict.** All images of a stack `Q`, shape `(3, 5, 7)`, share one matrix `M` of shape `(7, 2)`:
# `Q @ M` broadcasts it over the stack. What is the shape of `Q.mT @ dP`? What shape must `dM` have?
# And how do you get from the first to the second? (The next cell is folded, because its code gives
# the answer.)

# %% jupyter={"source_hidden": true}
M = rng.standard_normal((7, 2))
dM = (Q.mT @ dP).sum(axis=0)  # forward, M was repeated for 3 images: backward, a sum over them
measured = gradcheck.numeric_gradient(lambda: (dP * (Q @ M)).sum(), M)
np.testing.assert_allclose(dM, measured, rtol=1e-6, atol=1e-8)
print("Q.mT @ dP", (Q.mT @ dP).shape, "  dM", dM.shape)

# %% [markdown]
# For more practice, `layer_norm` in [OPEN.md](OPEN.md) is an open exercise on whole arrays: in it
# each row is normalised, so every entry of a row is used several times.
#
# ## A true story
#
# NumPy's own tutorial "Deep learning on MNIST" trains a network to tell digits apart. (MNIST is the
# best-known set of handwritten digits.) The network has two layers: a linear layer, a ReLU, and a
# second linear layer. On the way back, its ReLU uses a mask, as above. But that mask compares with
# `>= 0` instead of `> 0`, and it looks at what came *out* of the ReLU, not at what went in.
#
# Nothing that comes out of a ReLU is negative. So that mask is True everywhere. The backward pass
# lets all gradients through, as if there were no ReLU:

# %%
before = np.array([-2.0, -0.1, 0.1, 2.0])
after, _ = relu(before)
print("right mask:         ", before > 0)
print("the tutorial's mask:", after >= 0)

# %% [markdown]
# Does that matter? Let's train such a network twice, once with each mask. You need four new things,
# and they come one at a time.
#
# **A network of two layers.** The first linear layer turns the 784 pixels of an image into 100
# numbers `a`, the ReLU turns those into `h`, and the second linear layer turns `h` into 10 outputs,
# one for each digit. To keep the code short, both layers go without a bias. The digit with the
# largest output is the network's guess.


# %%
def forward(x, W1, W2):
    a = x @ W1  # (n, 784) @ (784, 100)
    h = np.maximum(a, 0)
    return a, h, h @ W2  # (n, 100) @ (100, 10)


# %% [markdown]
# **One-hot rows.** The labels say which digit an image shows, such as 3. The network has ten
# outputs, so say what you want of each: 1 for the right digit and 0 for the nine others. A row with
# a single 1 is called **one-hot**. Rows of the 10 x 10 identity matrix are one-hot, so `np.eye(10)`
# makes them from the labels:

# %%
images, labels = digits[:1000].reshape(1000, 784), data.train.labels[:1000]
held_out = as_float(data.valid.images, np.float64).reshape(500, 784)
wanted = np.eye(10)[labels]  # (1000, 10)
print("label", labels[0], "as a one-hot row:", wanted[0])

# %% [markdown]
# The loss is half the sum of squared differences between the outputs and these rows. So the
# gradient of an output is simply its difference from what is wanted. From there the gradient goes
# back through both layers, by the rule for products:


# %%
def gradients(x, wanted, W1, W2, masked):
    """Return those of both weights, with the right mask or with the one that lets all pass."""
    a, h, out = forward(x, W1, W2)
    dout = out - wanted  # loss = half the sum of (out - wanted)^2
    dh = dout @ W2.T  # out = h @ W2
    da = dh * (a > 0) if masked else dh * (h >= 0)
    return x.T @ da, h.T @ dout


# %% [markdown]
# **A step and its rate.** The gradient of a weight says which way the loss grows. So multiply it by
# a small factor and subtract the product from the weight, and the loss gets a little smaller. This
# factor is called the **learning rate**, or just the rate; here it is 0.005. Learning by such steps
# is called **gradient descent**.
#
# **Epochs.** Each step uses a batch of ten images. The next step uses the next ten. After a hundred
# steps all thousand images have been used once: that is one **epoch**. Then it begins again with
# the first ten. This training takes 20 epochs.
#
# **Predict.** You train this network with the tutorial's mask. Will it not learn at all, learn
# worse, or learn just as well?


# %%
def train(masked, seed, epochs=20, rate=0.005):
    rng = np.random.default_rng(seed)
    W1, W2 = rng.uniform(-0.1, 0.1, (784, 100)), rng.uniform(-0.1, 0.1, (100, 10))
    right = []
    for _ in range(epochs):
        for k in range(0, 1000, 10):
            batch = slice(k, k + 10)  # the next ten images
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
plain(axes, xlabel="epochs", ylabel="new digits classified correctly, %", xticks=range(0, 21, 5))
axes.legend(frameon=False, loc="lower right")
show(figure, "2.4")
for masked in (True, False):
    print("right mask:" if masked else "all pass:  ", curves[masked][:, -1].round(3))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# It learns, but worse: it classifies about 83 percent of the new digits correctly, against 88 with
# the right mask. If you saw only the dashed curves, you would suspect nothing. There is no error
# and no warning, and all three networks learn. They are merely worse than they could be.
#
# </details>
#
# Without the solid curves to compare with, you would look for the fault elsewhere: in the rate, in
# the size of the network, in the length of the training.
#
# The check of lesson 01 needs no second network. Wiggle sixty weights and compare:

# %%
few, aim, tiny = images[:8], wanted[:8], np.random.default_rng(0)
W1, W2 = tiny.uniform(-0.1, 0.1, (784, 100)), tiny.uniform(-0.1, 0.1, (100, 10))
places = [(k, j) for k in (350, 405, 462) for j in range(20)]  # pixels in the middle
by_wiggling = []
for place in places:
    wiggle = np.zeros_like(W1)
    wiggle[place] = 1e-5
    outs = (forward(few, W1 + sign * wiggle, W2)[2] for sign in (1, -1))
    above, below = (0.5 * ((out - aim) ** 2).sum() for out in outs)
    by_wiggling.append((above - below) / 2e-5)

# %% jupyter={"source_hidden": true}
figure, both = panels(2, height=3.2)
for axes, masked, words in zip(both, (True, False), ("right mask", "all pass"), strict=True):
    dW1, _ = gradients(few, aim, W1, W2, masked)
    derived = [dW1[place] for place in places]
    line = np.array([min(by_wiggling), max(by_wiggling)])
    axes.plot(line, line, color="0.6")
    axes.plot(by_wiggling, derived, "o" if masked else "s", color=BLUE if masked else VERMILION)
    plain(axes, xlabel="measured", ylabel="derived", title=words)
    print(f"{words}: worst difference {np.abs(np.subtract(derived, by_wiggling)).max():.1e}")
show(figure, "2.5")

# %% [markdown]
# One look at this figure is enough, and the measurement takes a second. This is why every gradient
# in this series is measured before it is used.
#
# ## Where it lives
#
# `linear` is in `minidraw/layers/linear.py`, with its backward right below it, in two halves;
# lesson 12 says why. `sigmoid` is in `minidraw/layers/activations.py`. The cell compares both with
# what this lesson says.

# %%
any_a = rng.standard_normal((3, 5))
np.testing.assert_allclose(sigmoid(any_a), layers.sigmoid(any_a))
np.testing.assert_allclose(1 / (1 + np.exp(-any_a)), layers.sigmoid(any_a))
inputs = {"x": rng.standard_normal((3, 5)), "W": rng.standard_normal((5, 2)), "b": np.ones(2)}
np.testing.assert_allclose(linear(*inputs.values())[0], layers.linear(*inputs.values())[0])
cache, any_dout = (inputs["x"], inputs["W"]), rng.standard_normal((3, 2))
for ours, theirs in zip(
    linear_backward(any_dout, cache), layers.linear_backward(any_dout, cache), strict=True
):
    np.testing.assert_allclose(ours, theirs)


# %%
def squash(a):
    s = sigmoid(a)
    return s, s


found = gradcheck.check_layer(squash, sigmoid_backward, {"a": any_a}, {}, rng)
found |= gradcheck.check_layer(linear, linear_backward, inputs, {}, rng)
found |= gradcheck.check_layer(relu, relu_backward, {"h": any_a}, {}, rng)
assert max(error for *_, error in found.values()) < gradcheck.LAYER_LIMIT
print("sigmoid, linear and ReLU: as the package has them, and as measured")

# %% [markdown]
# ## In practice
#
# * The network of the story is in the repository `numpy/numpy-tutorials`, in
#   `content/applications/tutorial-deep-learning-on-mnist.md` (this lesson is based on commit
#   732952b). It was adapted from the programs of a book; in their repository a reader [asked about
#   the mask](https://github.com/iamtrask/Grokking-Deep-Learning/issues/9) in 2018. The tutorial
#   differs from this lesson in two ways. During training it sets half of the hidden units (the
#   entries of `h`) to 0 at random, which is called **dropout**, and it uses one image per step.
#   Neither closes the gap between the masks: with dropout the wrong mask reaches about 82 percent,
#   with single images 83, and the right mask 88 with either (three seeds each).
# * A mask made from the output would work if it were `h > 0`, because the output is positive
#   exactly where the input is. The mistake is the `=` in `>=`.
# * $1 / (1 + e^{-a})$ is right even at $a = -1000$: there $e^{1000}$ overflows to infinity, and the
#   result is 0, as it should be. But NumPy warns. minidraw uses $\frac12 + \frac12 \tanh
#   \frac{a}{2}$, which is the same function and never overflows.
# * If `n`, `I` and `O` all differ, a wrong transpose usually stops with an error. With square
#   matrices it goes unnoticed. So test with sizes that differ.
#
# ## Recap
#
# * To turn a formula into arrays, write down one entry with its indices, see which index is summed
#   over, and find the product that does this sum.
# * Linear layer: `out = x @ W + b`. Backward: `dx = dout @ W.T`, `dW = x.T @ dout`, and `db` is
#   `dout` summed over the images.
# * For any product $P = Q R$: $dQ = dP\, R^T$ and $dR = Q^T dP$. For a stack of matrices, transpose
#   with `.mT`.
# * The sigmoid squashes any number to between 0 and 1. Its slope is $s (1 - s)$.
# * Gradient descent subtracts rate times gradient from each weight, batch by batch. One pass
#   through all images is an epoch.
#
# ## Three questions
#
# 1. You change the batch from 5 images to 8. Which of the shapes of `x`, `W`, `b`, `out`, `dW` and
#    `db` change?
#
#    <details><summary>Answer</summary>
#
#    Only those of `x` and `out`, whose first axis counts the images. `W` and `b` are the same for
#    all images, and `dW` and `db` have their shapes.
#
#    </details>
#
# 2. At $a = 10$ the sigmoid is 0.99995. What does that mean for a gradient that comes back through
#    it?
#
#    <details><summary>Answer</summary>
#
#    Next to nothing gets through: the slope is $s (1 - s)$, about 0.00005.
#
#    </details>
#
# 3. A network's loss falls in every epoch. What does that say about its gradient?
#
#    <details><summary>Answer</summary>
#
#    Only that the gradient points roughly in the right direction. The network of the story learned
#    with a wrong gradient. To know whether a gradient is right, measure it.
#
#    </details>
#
# ## What is next
#
# You have a layer, and with the sigmoid a number between 0 and 1 for every pixel. Lesson 03 says
# how good such numbers are once you see the true pixels, and uses this to train a first network of
# your own.
