# %% [markdown]
# # 06 Read
#
# **You'll do:** three exercises, fourteen lines in all: the gradients of a product of three
# matrices, DRAW's `read`, and its gradient.
#
# **You'll learn:** what the network looks at (the image, and what its own painting still lacks),
# and how a whole batch is read in one line; then how a loss on what was read moves the window.
#
# **You'll need:** lesson 02 (products and their gradients, batched `@`), lesson 03 (logits),
# lessons 04 and 05. 45 minutes.
#
# | paper | here | |
# |---|---|---|
# | $x$ | `x` | images, `(n, C, B, A)`, values from 0 to 1; `C` is 1 for grey, 3 for colour |
# | $c_{t-1}$ | `canvas` | what is painted so far, in logits |
# | $\hat x_t$ | `x_err` | error image: what the painting still lacks |
# | $r_t$ | `glimpse` | what is read, `(n, 2 C, K, K)` |
# | $\gamma$ | `gamma` | intensity, `(n,)` |
# | $F_Y$, $F_X$ | `F_y`, `F_x` | filters, `(n, K, B)` and `(n, K, A)` |

# %%
import numpy as np

import minidraw
from minidraw.pictures import paper_figures
from minidraw.datasets import as_float
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import (
    BLUE,
    GREEN,
    VERMILION,
    frame,
    panels,
    picture,
    show,
    sliders,
)

layers = use_earlier("06")
digits = as_float(minidraw.load("digits").train.images[:, 0], np.float64)
rng = np.random.default_rng(6)


# %% [markdown]
# ## The goal
#
# A window glides over a digit, and below it is what gets through. In lesson 04 you made one such
# patch. By the end of this lesson you will have a layer that makes such patches for a whole batch
# and for two pictures at once, and that passes a gradient back to each of its inputs.


# %%
def banks(x, y, stride, var, *, shape, K):
    """Both filterbanks of one window: (1, K, B) and (1, K, A)."""
    x, y, stride, var = (np.array([float(part)]) for part in (x, y, stride, var))
    F_y, _ = layers.filterbank(y, stride, var, K=K, A=shape[0])
    F_x, _ = layers.filterbank(x, stride, var, K=K, A=shape[1])
    return F_y, F_x


scene = np.zeros((32, 44))
scene[2:30, 8:36] = digits[5]

# %% jupyter={"source_hidden": true}
figure, (above, below) = panels(5, rows=2, height=3.6)
for top, bottom, x in zip(above, below, np.linspace(10, 34, 5), strict=True):
    F_y, F_x = banks(x, 15.5, 2.2, 1.2, shape=scene.shape, K=9)
    picture(top, scene, f"x = {x:.0f}")
    frame(top, (x, 15.5, 8 * 2.2), K=2)  # the outermost filters alone
    picture(bottom, (F_y @ scene @ F_x.mT)[0], low=0, high=1)
show(figure, "6.1")

# %% [markdown]
# The same with sliders, if you run this notebook: Tab goes from one to the next, the arrow keys
# move it.


# %%
def see(x, y, stride, log_var):
    F_y, F_x = banks(x, y, stride, np.exp(log_var), shape=scene.shape, K=9)
    figure, (left, right) = panels(2, height=2.6)
    picture(left, scene)
    frame(left, (x, y, stride), K=9)
    picture(right, (F_y @ scene @ F_x.mT)[0], low=0, high=1)
    show(figure, "6.sliders")


sliders(
    see,
    x=(0, 43, 22, 0.5),
    y=(0, 31, 15.5, 0.5),
    stride=(0.5, 5, 2.2, 0.1),
    log_var=(-3, 4, 0, 0.25),
)

# %% [markdown]
# ## The idea, in words
#
# DRAW paints in steps. Before each it looks twice through the same window: at the image that it is
# to paint, and at the **error image**, which is what its painting lacks so far. The first says what
# is there, the second what is left to do.
#
# The painting is kept as logits, the canvas (lesson 03: a pixel's probability is the sigmoid of its
# logit). So the error image is
#
# $$\hat x_t = x - \sigma(c_{t-1}) \qquad (3)$$
#
# Here is a canvas on which the upper half is painted, and the lower half is still dark.

# %%
x = digits[5]
canvas = np.where(np.arange(28)[:, None] < 14, 6 * x - 3, -3.0)  # logits from -3 to 3
x_err = x - layers.sigmoid(canvas)  # eq 3

# %% jupyter={"source_hidden": true}
figure, axes = panels(3)
picture(axes[0], x, "image x", low=0, high=1)
picture(axes[1], layers.sigmoid(canvas), "painted so far", low=0, high=1)
picture(axes[2], x_err, "error image", low=-1, high=1)
show(figure, "6.2")

# %% [markdown]
# **Predict.** The canvas is 0 everywhere, in logits. What is the error image where the image is
# white, and where it is black?

# %%
print("white:", 1 - layers.sigmoid(np.zeros(1)), " black:", 0 - layers.sigmoid(np.zeros(1)))

# %% [markdown]
# A logit of 0 is a probability of one half: too dark for white, too light for black. The error
# image has both signs, the image has only one.
#
# ## The product, backward
#
# At the heart of reading stands the product of three matrices from lesson 04, $F_Y\, x\, F_X^T$. In
# lesson 05 two of its gradients were given to you. Here they are derived, and the third with them.
#
# Take the first half alone, $R = F_Y\, x$, with the shapes `(K, B) @ (B, A)`. By index,
# $R_{ka} = \sum_b F_{kb}\, x_{ba}$. Who uses the pixel $x_{ba}$? Every row $k$ of $R$, in the same
# column $a$, each with the weight $F_{kb}$. A value used several times adds its gradients:
#
# $$\frac{\partial L}{\partial x_{ba}} = \sum_k F_{kb} \frac{\partial L}{\partial R_{ka}}
# \qquad\text{and likewise}\qquad
# \frac{\partial L}{\partial F_{kb}} = \sum_a \frac{\partial L}{\partial R_{ka}}\, x_{ba}$$
#
# The first sum runs over the *first* index of $F$: that is a product with $F^T$ from the left. The
# second runs over the *second* index of $x$: a product with $x^T$ from the right. It is the linear
# layer of lesson 02 once more. Beside a finite difference:

# %%
F, small, dR = rng.standard_normal((3, 5)), rng.standard_normal((5, 4)), rng.random((3, 4))
dsmall = F.T @ dR  # R = F @ small
dF = dR @ small.T

eps, moved = 1e-5, np.zeros((5, 4))
moved[2, 1] = eps  # one pixel
measured = (dR * (F @ (small + moved)) - dR * (F @ (small - moved))).sum() / (2 * eps)
print(f"by the product {dsmall[2, 1]:.8f}, by finite difference {measured:.8f}")
np.testing.assert_allclose(dsmall[2, 1], measured)

# %% [markdown]
# There is no need to learn which side and which transpose: the shapes leave no choice. `dsmall`
# must be `(5, 4)`, and from `(3, 5)` and `(3, 4)` there is just one way to get it.
#
# Now three factors. Put brackets around two of them, and you have a product of two, once with
# $F_Y$ on its left and once with $F_X^T$ on its right. Transposing moves numbers about and changes
# none: the gradient of $F_X$ is the transpose of the gradient of $F_X^T$.
#
# ### Exercise 1: the product of three, backward (3 lines)
#
# `patch = F_y @ x @ F_x.mT`, with a leading axis of images: `F_y` is `(n, K, B)`, `x` is
# `(n, B, A)`, `F_x` is `(n, K, A)`, and `dpatch` is `(n, K, K)`. With an axis of images in front,
# transpose by `.mT`: it exchanges the last two axes and leaves the first alone.


# %%
@exercise("06.sandwich_backward")
def sandwich_backward(dpatch, cache):
    F_y, x, F_x = cache
    raise NotImplementedError
    return dF_y, dx, dF_x


# %% [markdown]
# Stuck? Run `hint("06.sandwich_backward")`, and again for the next step.
#
# **Predict.** A loss cares for just one of the 9 x 9 numbers: `dpatch` is 1 there and 0 elsewhere.
# What does `dx`, which is as large as the image, look like?

# %%
F_y, F_x = banks(21.5, 15.5, 3, 2.2, shape=scene.shape, K=9)
one, nine = np.zeros((2, 1, 9, 9))
one[0, 2, 6] = 1
nine[0, ::4, ::4] = [[1, 0, 1], [0, 1, 0], [1, 1, 0]]

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.3, widths=[1, 44 / 32, 1, 44 / 32])
for k, dpatch in enumerate((one, nine)):
    _, dx, _ = sandwich_backward(dpatch, (F_y, scene[None], F_x))
    picture(axes[2 * k], dpatch[0], "dpatch")
    picture(axes[2 * k + 1], dx[0], "dx")
show(figure, "6.3")

# %% [markdown]
# The gradient is laid onto the image by the same hills through which it was read. Remember this
# picture: lesson 07 paints with it.
#
# ## Read: equation 27
#
# $$\text{read}(x, \hat x_t, h^{dec}_{t-1}) =
# \gamma\,[F_Y\, x\, F_X^T,\; F_Y\, \hat x_t\, F_X^T] \qquad (27)$$
#
# The square brackets lay two patches side by side. $h^{dec}_{t-1}$ is a state of the network, from
# which a linear layer makes the five numbers of the window; here the filters are given. One window
# serves both pictures. The intensity $\gamma$ lets the network amplify what it reads, or weaken it.
#
# All of it for `n` images at once. Batched `@` multiplies the last two axes and lets the others
# run along:

# %%
many = rng.random((3, 32, 44))  # three grey images, without an axis for channels
three_y, three_x = (np.concatenate([F] * 3) for F in (F_y, F_x))
print("patches:", (three_y @ many @ three_x.mT).shape)

colour = rng.random((4, 3, 32, 44))  # four images of three channels
four_y = np.concatenate([F_y] * 4)
try:
    four_y @ colour
except ValueError:
    print("NumPy stops where", four_y.shape, "meets", colour.shape)

# %% [markdown]
# An image has a channel axis between `n` and its rows, the filters have none. Axes are matched from
# the right: the filters' `n` met the images' `C`, 4 met 3, and NumPy refused. Had there been as
# many images as channels, it would not have: it would have read the red channel of every image
# through the filters of image 0. So give the filters an axis of length 1 where the channels are,
# and each filter serves all channels of its own image.
#
# ### Exercise 2: read (4 lines)
#
# `x_err` and `x` have the shape `(n, C, B, A)`, `gamma` has `(n,)`. Join the two pictures along the
# channel axis, the image first: `pictures` is `(n, 2 C, B, A)`, `glimpse` is `(n, 2 C, K, K)`. `x`
# is data and comes after the star: nobody will ask for its gradient.


# %%
@exercise("06.read")
def read(x_err, F_y, F_x, gamma, *, x):
    raise NotImplementedError
    return glimpse, (pictures, F_y, F_x, gamma)


# %% [markdown]
# Through one window, with three intensities: the half-painted digit of figure 6.2.

# %%
F_y, F_x = banks(13.5, 15, 2.4, 1.4, shape=x.shape, K=9)

# %% jupyter={"source_hidden": true}
figure, axes = panels(6, height=2.1)
for k, gamma in enumerate((0.5, 1.0, 2.0)):
    glimpse, _ = read(x_err[None, None], F_y, F_x, np.array([gamma]), x=x[None, None])
    picture(axes[2 * k], glimpse[0, 0], f"gamma {gamma}\nof the image", low=-2, high=2)
    picture(axes[2 * k + 1], glimpse[0, 1], "\nof the error", low=-2, high=2)
show(figure, "6.4")

# %% [markdown]
# ## Read, backward
#
# `dglimpse` arrives, `(n, 2 C, K, K)`. Go through what `read` took in, and ask of each who used it.
#
# - **gamma** multiplied a patch: `glimpse = gamma * patch`. So `dpatch = gamma * dglimpse`. And
#   one `gamma` is used by every number of its image's glimpse, each with the slope `patch`: its
#   gradient is a sum over all of them.
# - **the filters** of an image are used by all its `2 C` pictures. You have the gradients of one
#   picture from exercise 1; now they add.
# - **x_err** is the second half of the pictures. The first half, `x`, is data.
#
# The first of these for one number, beside a finite difference:

# %%
patch, dglimpse = rng.random((2, 9, 9)), rng.standard_normal((2, 9, 9))
measured = ((1.3 + eps) * patch * dglimpse - (1.3 - eps) * patch * dglimpse).sum() / (2 * eps)
print(f"by the sum {(dglimpse * patch).sum():.8f}, by finite difference {measured:.8f}")
np.testing.assert_allclose((dglimpse * patch).sum(), measured)

# %% [markdown]
# ### Exercise 3: read, backward (7 lines)
#
# The cache holds the pictures but no patch: compute it again where you need it. Return gradients in
# the shapes of what they belong to: `(n, C, B, A)`, `(n, K, B)`, `(n, K, A)` and `(n,)`.


# %%
@exercise("06.read_backward")
def read_backward(dglimpse, cache):
    pictures, F_y, F_x, gamma = cache
    C = pictures.shape[1] // 2
    raise NotImplementedError
    return dx_err, dF_y, dF_x, dgamma


# %% [markdown]
# ## What the error image is good for
#
# A scene with two digits. The left one is painted already. A window starts on it and is to find
# where there is much to see: the loss is minus half the sum of squares of what it reads. You try
# it twice, once with the image's half of the glimpse in the loss and once with the error image's.
# Only the place is free.
#
# **Predict.** Where does the window go in either case?

# %%
pair = np.zeros((36, 64))
pair[4:32, 2:30], pair[4:32, 34:62] = digits[2], digits[5]
painted = np.where(np.arange(64) < 32, pair, 0)
wide = {"height": 36, "width": 64, "K": 5}
x, x_err = pair[None, None], (pair - painted)[None, None]


# %%
def gradient(theta, half):
    """The window, and the gradient of the loss by the five theta numbers (lesson 05)."""
    window, window_cache = layers.window(theta, **wide)
    center_x, center_y, stride, var, gamma = window
    F_y, cache_y = layers.filterbank(center_y, stride, var, K=5, A=36)
    F_x, cache_x = layers.filterbank(center_x, stride, var, K=5, A=64)
    glimpse, cache = read(x_err, F_y, F_x, gamma, x=x)
    dglimpse = np.zeros_like(glimpse)
    dglimpse[:, half] = -glimpse[:, half]  # loss = -1/2 sum of glimpse^2, over one half
    _, dF_y, dF_x, dgamma = read_backward(dglimpse, cache)
    dcenter_y, dstride_y, dvar_y = layers.filterbank_backward(dF_y, cache_y)
    dcenter_x, dstride_x, dvar_x = layers.filterbank_backward(dF_x, cache_x)
    dout = dcenter_x, dcenter_y, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
    return window, layers.window_backward(dout, window_cache)


# %%
def path(half, steps=300):
    """The window's places as it follows the gradient."""
    theta, places = np.array([[-0.35, 0.0, 4.0, -1.1, 0.0]]), []
    for _ in range(steps):
        window, dtheta = gradient(theta, half)
        places.append([float(part[0]) for part in window])
        theta[:, :2] -= 0.05 * dtheta[:, :2]  # the place alone
    return np.array(places)


# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=2.8)
for half, title in enumerate(("the loss reads the image", "the loss reads the error image")):
    places = path(half)
    picture(axes[half], 0.35 * painted + 0.65 * pair, title, low=0, high=1)
    axes[half].plot(*places[:, :2].T, color=VERMILION)
    axes[half].plot(*places[-1, :2], "o", color=VERMILION, markersize=9, markeredgecolor="white")
    frame(axes[half], places[0], K=5, color=BLUE)
    frame(axes[half], places[-1], K=5)
show(figure, "6.5")

# %% [markdown]
# Stride, variance and intensity were held fixed. If gamma were free, this loss would increase it
# without end, because it rewards large numbers and gamma makes them.
#
# ## The paper's figures 3 and 4
#
# The package draws both, for any image. Read them from left to right: you have written all but the
# last picture in the upper row of figure 4.


# %%
def whole(array, number):
    """A picture of the package, as it is."""
    figure, axes = panels(height=9 * array.shape[0] / array.shape[1])
    axes.imshow(array)
    axes.axis("off")
    show(figure, number)


whole(paper_figures.render_filters(digits[5][None]), "6.6")

# %%
whole(paper_figures.render_zoom(paper_figures.compose_scene(digits[5:10, None])), "6.7")

# %% [markdown]
# ## Where it lives
#
# `read` and `read_backward` in `minidraw/layers/attention.py`; all of a step's reading, from the
# canvas and the window's `theta` on, in `read_attention` in `minidraw/layers/read_write.py`. The
# cell stops if they aren't what this lesson says.

# %%
n, C, B, A, K = 3, 2, 11, 7, 5
canvas, theta = rng.standard_normal((n, C, B, A)), 0.3 * rng.standard_normal((n, 5))
x = rng.random((n, C, B, A))
center_x, center_y, stride, var, gamma = minidraw.layers.window(theta, height=B, width=A, K=K)[0]
F_y, _ = minidraw.layers.filterbank(center_y, stride, var, K=K, A=B)
F_x, _ = minidraw.layers.filterbank(center_x, stride, var, K=K, A=A)
x_err = x - minidraw.layers.sigmoid(canvas)  # eq 3
glimpse, cache = read(x_err, F_y, F_x, gamma, x=x)
theirs, their_cache = minidraw.layers.read_attention(canvas, theta, x=x, K=K)
np.testing.assert_allclose(glimpse.reshape(n, -1), theirs)  # eqs 3 and 27

# %%
by_sums = np.einsum("n,njb,ncba,nia->ncji", gamma, F_y, np.concatenate([x, x_err], axis=1), F_x)
np.testing.assert_allclose(glimpse, by_sums)  # eq 27, word for word
dglimpse = rng.standard_normal(glimpse.shape)
ours = read_backward(dglimpse, cache)
_, package_cache = minidraw.layers.read(x_err, F_y, F_x, gamma, x=x)
for mine, right in zip(ours, minidraw.layers.read_backward(dglimpse, package_cache), strict=True):
    np.testing.assert_allclose(mine, right)
s = minidraw.layers.sigmoid(canvas)
dcanvas = -ours[0] * s * (1 - s)  # x_err = x - sigmoid(canvas)
right, _ = minidraw.layers.read_attention_backward(dglimpse.reshape(n, -1), their_cache)
np.testing.assert_allclose(dcanvas, right)
dF_y, dx, dF_x = sandwich_backward(dglimpse[:, 0], (F_y, x[:, 0], F_x))
np.testing.assert_allclose(dx, F_y.mT @ dglimpse[:, 0] @ F_x)
print("read agrees with the package, there and back")

# %% [markdown]
# ## In practice
#
# * The paper's MNIST network reads 2 x 2 numbers of each picture: 8 per step, where the images have
#   784 pixels. Over its 64 steps it reads 512 numbers.
# * Some programs multiply gamma into both filterbanks. Then it counts twice: the glimpse grows with
#   gamma squared. The check above tells it from other mistakes; a falling loss does not.
# * Brackets cost time. `(F_y @ x) @ F_x.mT` takes K B A + K A K multiplications, and with K far
#   smaller than B and A the first term is nearly all. Which pair goes first matters little here;
#   making the K x K filters of the plane and multiplying each with the image would cost K K B A.
# * The gradient of `x_err` goes on to the canvas, through the sigmoid of (3). So early strokes
#   receive a gradient from what the network read later. Lesson 12 follows that path.
#
# ## What is next
#
# Figure 6.3 laid a patch onto an image, though it was meant as a gradient. Lesson 07 does so on
# purpose and calls it `write`.
