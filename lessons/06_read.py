# %% [markdown]
# # 06 Read
#
# **You'll do:** three exercises, fourteen lines in all: the gradients of a product of three
# matrices, DRAW's `read`, and its gradient.
#
# **You'll learn:** what the network looks at (the image, and what its own painting still lacks);
# how to read a whole batch in one line; and how a loss on what was read moves the window.
#
# **You'll need:** lesson 02 (products and their gradients, batched `@`), lesson 03 (logits),
# lessons 04 and 05. 70 minutes.
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
# A window glides over a digit. Below each picture is the patch that the window reads. In lesson 04
# you made one such patch. By the end of this lesson you will have a layer that makes patches for a
# whole batch, and for two pictures at once, and that passes a gradient back to each of its inputs.


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
for top, bottom, at in zip(above, below, np.linspace(10, 34, 5), strict=True):
    F_y, F_x = banks(at, 15.5, 2.2, 1.2, shape=scene.shape, K=9)
    picture(top, scene, f"x = {at:.0f}")
    frame(top, (at, 15.5, 8 * 2.2), K=2)  # the outermost filters alone
    picture(bottom, (F_y @ scene @ F_x.mT)[0], low=0, high=1)
show(figure, "6.1")

# %% [markdown]
# If you run this notebook, you can move the window with sliders. Press Tab to go to the next
# slider, and the arrow keys to move it.


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
# DRAW paints in steps. Before each stroke it looks at two pictures through the same window: at the
# image that it should paint, and at the **error image**, which shows what its painting still lacks.
# The first says what is there, and the second says what is left to do.
#
# The painting is kept as a canvas of logits, and the probability of a pixel is the sigmoid of its
# logit (lesson 03). So the error image is
#
# $$\hat x_t = x - \sigma(c_{t-1}) \qquad (3)$$
#
# Here is a canvas on which the upper half is painted and the lower half is still dark.

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
# **Predict.** All logits of a canvas are 0. What is the error image where the image is white, and
# where it is black?

# %%
print("white:", 1 - layers.sigmoid(np.zeros(1)), " black:", 0 - layers.sigmoid(np.zeros(1)))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# One half, and minus one half. A logit of 0 means a probability of one half, which is too dark for
# white and too light for black. So an error image can be negative, which an image never is.
#
# </details>
#
# ## The product, backward
#
# Reading is at its heart the product of three matrices from lesson 04, $F_Y\, x\, F_X^T$. In lesson
# 05 we gave you the gradients of $F_Y$ and $F_X$. Now you derive them, and the gradient of $x$ as
# well. The code calls this product a `sandwich`: an image between two filterbanks.
#
# Take the first product alone, $R = F_Y\, x$, with the shapes `(K, B) @ (B, A)`. By index, $R_{ka}
# = \sum_b F_{kb}\, x_{ba}$. Which entries of $R$ use the pixel $x_{ba}$? Those in the same column
# $a$, in every row $k$, each with the weight $F_{kb}$. So the gradient of the pixel is a sum over
# $k$, and in the same way the gradient of a filter's weight is a sum over $a$:
#
# $$\frac{\partial L}{\partial x_{ba}} = \sum_k F_{kb} \frac{\partial L}{\partial R_{ka}}
# \qquad\qquad
# \frac{\partial L}{\partial F_{kb}} = \sum_a \frac{\partial L}{\partial R_{ka}}\, x_{ba}$$
#
# The first sum runs over the *first* index of $F$, so it is a product with $F^T$ from the left. The
# second sum runs over the *second* index of $x$, so it is a product with $x^T$ from the right.
# These are the gradients of the linear layer in lesson 02. The cell compares one entry with a
# finite difference:

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
# You needn't memorise which factor is transposed and on which side it stands, because the shapes
# leave no choice. `dsmall` must be `(5, 4)`, and there is only one way to get that from `(3, 5)`
# and `(3, 4)`.
#
# Now take all three factors. Put brackets around two of them, and you have a product of two again:
# $F_Y\,(x\, F_X^T)$ or $(F_Y\, x)\, F_X^T$. A transpose only moves numbers to other places. So the
# gradient of $F_X$ is the transpose of the gradient of $F_X^T$.
#
# ### Exercise 1: the product of three, backward (3 lines)
#
# `patch = F_y @ x @ F_x.mT`, with a leading axis of images: `F_y` is `(n, K, B)`, `x` is `(n, B,
# A)`, `F_x` is `(n, K, A)`, and `dpatch` is `(n, K, K)`. Because of the axis of images in front,
# transpose with `.mT`, which exchanges only the last two axes.


# %%
@exercise("06.sandwich_backward")
def sandwich_backward(dpatch, cache):
    F_y, x, F_x = cache
    raise NotImplementedError
    return dF_y, dx, dF_x


# %% [markdown]
# Stuck? Run `hint("06.sandwich_backward")`. Run it again for the next step.
#
# **Predict.** A loss depends on only one of the 9 x 9 numbers: `dpatch` is 1 there and 0 elsewhere.
# `dx` is as large as the image. What does it look like?

# %%
scene_y, scene_x = banks(21.5, 15.5, 3, 2.2, shape=scene.shape, K=9)
one, five = np.zeros((2, 1, 9, 9))
one[0, 2, 6] = 1
five[0, ::4, ::4] = [[1, 0, 1], [0, 1, 0], [1, 1, 0]]

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.3, widths=[1, 44 / 32, 1, 44 / 32])
for k, dpatch in enumerate((one, five)):
    _, dx, _ = sandwich_backward(dpatch, (scene_y, scene[None], scene_x))
    picture(axes[2 * k], dpatch[0], "dpatch")
    picture(axes[2 * k + 1], dx[0], "dx")
show(figure, "6.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# A soft spot where that number was read. The gradient is spread over the image by the same hills
# that read the patch from it. Remember this picture: lesson 07 paints with it.
#
# </details>
#
# ## Read: equation 27
#
# $$\text{read}(x, \hat x_t, h^{dec}_{t-1}) =
# \gamma\,[F_Y\, x\, F_X^T,\; F_Y\, \hat x_t\, F_X^T] \qquad (27)$$
#
# The square brackets put two patches side by side. $h^{dec}_{t-1}$ is an array that the network
# keeps from the step before (lesson 09). A linear layer makes the five numbers of the window from
# it. In this lesson the filters are given. Both pictures are read through the same window. With the
# intensity $\gamma$ the network can amplify what it reads, or weaken it.
#
# All this should happen for `n` images at once. `@` multiplies along the last two axes, and does so
# for every index of the axes in front:

# %%
many = rng.random((3, 32, 44))  # three grey images, without an axis for channels
three_y, three_x = (np.concatenate([bank] * 3) for bank in (scene_y, scene_x))
print("patches:", (three_y @ many @ three_x.mT).shape)

colour = rng.random((4, 3, 32, 44))  # four images of three channels
four_y = np.concatenate([scene_y] * 4)
try:
    four_y @ colour
except ValueError:
    print("NumPy stops where", four_y.shape, "meets", colour.shape)

# %% [markdown]
# Images have a channel axis after `n`, and filters have none. Shapes are compared from the right
# (lesson 04). So NumPy compared the `n` of the filters (4) with the `C` of the images (3), and
# stopped. If there were as many images as channels, it would not stop. It would read the red
# channel of every image through the filters of image 0. So give the filters an axis of size 1 where
# the images have their channels. Then each filter is used for all channels of its own image.
#
# ### Exercise 2: read (4 lines)
#
# `x_err` and `x` have the shape `(n, C, B, A)`, `gamma` has `(n,)`. Join the two pictures along the
# channel axis, the image first: `pictures` is `(n, 2 C, B, A)`, `glimpse` is `(n, 2 C, K, K)`. `x`
# is data and needs no gradient, so it comes after the star (lesson 03).


# %%
@exercise("06.read")
def read(x_err, F_y, F_x, gamma, *, x):
    raise NotImplementedError
    return glimpse, (pictures, F_y, F_x, gamma)


# %% [markdown]
# Here is the half-painted digit of figure 6.2, read through one window with three intensities.

# %%
half_y, half_x = banks(13.5, 15, 2.4, 1.4, shape=x.shape, K=9)

# %% jupyter={"source_hidden": true}
figure, axes = panels(6, height=2.1)
for k, intensity in enumerate((0.5, 1.0, 2.0)):
    seen, _ = read(x_err[None, None], half_y, half_x, np.array([intensity]), x=x[None, None])
    picture(axes[2 * k], seen[0, 0], f"gamma {intensity}\nof the image", low=-2, high=2)
    picture(axes[2 * k + 1], seen[0, 1], "\nof the error", low=-2, high=2)
show(figure, "6.4")

# %% [markdown]
# ## Read, backward
#
# Now `dglimpse` arrives, shape `(n, 2 C, K, K)`. Go through the inputs of `read`, and ask for each
# where it was used.
#
# - **gamma** multiplies the patches: `glimpse = gamma * patch`. So `dpatch = gamma * dglimpse`. And
#   all numbers of an image's glimpse use the same `gamma`, each with the slope `patch`. So its
#   gradient is a sum over all of them.
# - **The filters** of an image are used for all its `2 C` pictures. Exercise 1 gave their gradients
#   for one picture. Now these add up.
# - **x_err** is the second half of the pictures. The first half, `x`, needs no gradient.
#
# Here is the gradient of gamma for one image, beside a finite difference:

# %%
patch, dglimpse = rng.random((2, 9, 9)), rng.standard_normal((2, 9, 9))
measured = ((1.3 + eps) * patch * dglimpse - (1.3 - eps) * patch * dglimpse).sum() / (2 * eps)
print(f"by the sum {(dglimpse * patch).sum():.8f}, by finite difference {measured:.8f}")
np.testing.assert_allclose((dglimpse * patch).sum(), measured)

# %% [markdown]
# ### Exercise 3: read, backward (7 lines)
#
# The cache holds the pictures but not the patches. Compute those again where you need them. The
# gradients have the shapes `(n, C, B, A)`, `(n, K, B)`, `(n, K, A)` and `(n,)`.


# %%
@exercise("06.read_backward")
def read_backward(dglimpse, cache):
    pictures, F_y, F_x, gamma = cache
    C = pictures.shape[1] // 2
    raise NotImplementedError
    return dx_err, dF_y, dF_x, dgamma


# %% [markdown]
# For more practice, `read_channels` in [OPEN.md](OPEN.md) is an open exercise: a read in which each
# channel has an intensity of its own.
#
# ## What the error image is good for
#
# Here is a scene with two digits. The left digit is already painted. A window starts on it. It
# should move to where the patch has large values, so the loss is minus half the sum of squares of
# what the window reads. You try it twice: once with the half of the glimpse that comes from the
# image, and once with the half that comes from the error image. Only the centre of the window can
# change.
#
# **Predict.** Where does the window go in each of the two cases?

# %%
pair = np.zeros((36, 64))
pair[4:32, 2:30], pair[4:32, 34:62] = digits[2], digits[5]
painted = np.where(np.arange(64) < 32, pair, 0)
wide = {"height": 36, "width": 64, "K": 5}
both, lacking = pair[None, None], (pair - painted)[None, None]


# %%
def gradient(theta, half):
    """Return the window, and the gradient of the loss with respect to theta (lesson 05)."""
    window, window_cache = layers.window(theta, **wide)
    center_x, center_y, stride, var, gamma = window
    F_y, cache_y = layers.filterbank(center_y, stride, var, K=5, A=36)
    F_x, cache_x = layers.filterbank(center_x, stride, var, K=5, A=64)
    glimpse, cache = read(lacking, F_y, F_x, gamma, x=both)
    dglimpse = np.zeros_like(glimpse)
    dglimpse[:, half] = -glimpse[:, half]  # loss = -1/2 sum of glimpse^2, over one half
    _, dF_y, dF_x, dgamma = read_backward(dglimpse, cache)
    dcenter_y, dstride_y, dvar_y = layers.filterbank_backward(dF_y, cache_y)
    dcenter_x, dstride_x, dvar_x = layers.filterbank_backward(dF_x, cache_x)
    dout = dcenter_x, dcenter_y, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
    return window, layers.window_backward(dout, window_cache)


# %%
def path(half, steps=300):
    """Return the window at each step, as its centre follows the gradient."""
    theta, places = np.array([[-0.35, 0.0, 4.0, -1.1, 0.0]]), []
    for _ in range(steps):
        window, dtheta = gradient(theta, half)
        places.append([float(part[0]) for part in window])
        theta[:, :2] -= 0.05 * dtheta[:, :2]  # the centre alone
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
# <details><summary>What you saw</summary>
#
# With the image in the loss, the window stays on the left digit. With the error image it moves to
# the right digit: only the error image shows that the left one is done.
#
# </details>
#
# Stride, variance and intensity were kept fixed. If gamma could change, it would grow without end:
# this loss rewards large numbers, and a larger gamma makes them larger.
#
# ## The paper's figures 3 and 4
#
# The package draws these two figures of the paper for any image. The upper row of figure 4 has
# three pictures. You have now written the functions behind the first two. Lesson 07 adds the third.


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
# `read` and `read_backward` are in `minidraw/layers/attention.py`. All the reading of one step,
# from canvas and `theta` to the glimpse, is `read_attention` in `minidraw/layers/read_write.py`.
# The cell below checks that they compute what this lesson says.

# %%
n, C, B, A, K = 3, 2, 11, 7, 5
canvases, theta = rng.standard_normal((n, C, B, A)), 0.3 * rng.standard_normal((n, 5))
images = rng.random((n, C, B, A))
center_x, center_y, stride, var, gamma = minidraw.layers.window(theta, height=B, width=A, K=K)[0]
bank_y, _ = minidraw.layers.filterbank(center_y, stride, var, K=K, A=B)
bank_x, _ = minidraw.layers.filterbank(center_x, stride, var, K=K, A=A)
errors = images - minidraw.layers.sigmoid(canvases)  # eq 3
glimpse, cache = read(errors, bank_y, bank_x, gamma, x=images)
theirs, their_cache = minidraw.layers.read_attention(canvases, theta, x=images, K=K)
np.testing.assert_allclose(glimpse.reshape(n, -1), theirs)  # eqs 3 and 27

# %%
stacked = np.concatenate([images, errors], axis=1)
by_sums = np.einsum("n,njb,ncba,nia->ncji", gamma, bank_y, stacked, bank_x)
np.testing.assert_allclose(glimpse, by_sums)  # eq 27, word for word
dglimpse = rng.standard_normal(glimpse.shape)
ours = read_backward(dglimpse, cache)
_, package_cache = minidraw.layers.read(errors, bank_y, bank_x, gamma, x=images)
for mine, right in zip(ours, minidraw.layers.read_backward(dglimpse, package_cache), strict=True):
    np.testing.assert_allclose(mine, right)
s = minidraw.layers.sigmoid(canvases)
dcanvas = -ours[0] * s * (1 - s)  # errors = images - sigmoid(canvases)
right, _ = minidraw.layers.read_attention_backward(dglimpse.reshape(n, -1), their_cache)
np.testing.assert_allclose(dcanvas, right)
dF_y, dx, dF_x = sandwich_backward(dglimpse[:, 0], (bank_y, images[:, 0], bank_x))
np.testing.assert_allclose(dx, bank_y.mT @ dglimpse[:, 0] @ bank_x)
print("read agrees with the package, there and back")

# %% [markdown]
# ## In practice
#
# * The paper's MNIST network reads 2 x 2 numbers from each of the two pictures, so 8 numbers per
#   step, although an image has 784 pixels. In its 64 steps it reads 512 numbers.
# * Some programs multiply both filterbanks by gamma. Then it counts twice, and the glimpse grows
#   with gamma squared. The check of exercise 2 recognises this mistake. A falling loss wouldn't
#   show it.
# * The product is cheap. `(F_y @ x) @ F_x.mT` takes K B A + K A K multiplications. Making the K x K
#   filters on the plane, and multiplying each with the image, would take K K B A.
# * The gradient of `x_err` goes on to the canvas, through the sigmoid of (3). So an early stroke
#   gets a gradient from everything that the network reads later. Lesson 12 follows that path.
#
# ## Recap
#
# * The error image is $x - \sigma(c)$: what the painting still lacks. It can be negative.
# * `read` gives two patches through one window, one of the image and one of the error image, times
#   gamma.
# * For a product of three matrices, put brackets around two. Then use the rule for a product of
#   two.
# * The gradient of a glimpse is spread over the image by the same hills that read it.
# * Give filters an axis of size 1 for the channels: `F_y[:, None]`.
#
# ## Three questions
#
# 1. How many numbers does a step of DRAW read from a colour image with a window of 5 x 5?
#
#    <details><summary>Answer</summary>
#
#    $2 \cdot 3 \cdot 25 = 150$: two pictures, three channels each, 25 numbers per channel.
#
#    </details>
#
# 2. A network painted every pixel of an image exactly right. What does its glimpse contain?
#
#    <details><summary>Answer</summary>
#
#    The half that comes from the image is the patch, as always. The half that comes from the error
#    image is all 0.
#
#    </details>
#
# 3. `F_y` is `(n, K, B)`, and `2 C` pictures use it. What do you do with the `2 C` gradients?
#
#    <details><summary>Answer</summary>
#
#    Sum them: what is used several times adds its gradients. The sum runs over the axis of the
#    pictures.
#
#    </details>
#
# ## What is next
#
# In figure 6.3 a gradient was spread over an image. Lesson 07 does the same with a patch, to paint,
# and calls it `write`.
