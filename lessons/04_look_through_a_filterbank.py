# %% [markdown]
# # 04 Look through a filterbank
#
# **You'll do:** three exercises, thirteen lines in all: place a grid of filters, compute the
# filters, and turn five free numbers into a window.
#
# **You'll learn:** how DRAW looks at a part of an image, near or from afar, with nothing but
# two matrix products; and why it can be taught where to look.
#
# **You'll need:** lesson 02 (whole arrays, broadcasting). 40 minutes.
#
# | paper | here | |
# |---|---|---|
# | $g_X, g_Y$ | `center_x`, `center_y` | middle of the window, in pixels counted from 0 |
# | $\delta$ | `stride` | distance between neighbouring filters, in pixels |
# | $\sigma^2$ | `var` | variance of every filter, in pixels squared |
# | $\gamma$ | `gamma` | intensity: what is read is multiplied by it |
# | $N$ | `K` | filters per axis; `n` is the number of images |
# | $A, B$ | `A`, `B` | width and height of the image |

# %%
import numpy as np

import minidraw
from minidraw.datasets import as_float
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook import (
    BLUE,
    GREEN,
    VERMILION,
    frame,
    panels,
    picture,
    plain,
    show,
    sliders,
)

layers = use_earlier("04")
digits = as_float(minidraw.load("digits").train.images[:, 0], np.float64)
# 28 rows and 24 columns: with unequal sides no axis passes for the other
image = digits[7][:, 2:26]
B, A = image.shape

# %% [markdown]
# ## The goal
#
# The left picture shows a digit with a window on it: 5 x 5 dots. The right one shows what the
# network gets to see of it: 25 numbers instead of 672. By the end of this lesson you will have
# written everything that leads from one to the other.

# %%
K = 5
theta = np.array([[0.0, 0.1, 0.6, -0.3, 0.0]])  # one window, as a network would emit it
window, _ = layers.window(theta, height=B, width=A, K=K)
center_x, center_y, stride, var, gamma = window
F_y, _ = layers.filterbank(center_y, stride, var, K=K, A=B)
F_x, _ = layers.filterbank(center_x, stride, var, K=K, A=A)
patch = F_y[0] @ image @ F_x[0].T

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=3)
picture(left, image, f"{A} x {B} pixels")
frame(left, window, K=K)
picture(right, patch, f"{K} x {K} numbers", low=0, high=1)
show(figure, "4.1")

# %% [markdown]
# ## The idea, in words
#
# How would you read 25 numbers from an image? You could cut out 5 x 5 pixels. Then "a little
# further to the right" means nothing: a cut moves by whole pixels, and what it reads jumps. There
# is no slope, and a network learns by slopes alone.
#
# So DRAW doesn't cut. Each of its numbers is a **weighted average** of the pixels around a point:
# much weight close by, less and less further away. The weights are a bell-shaped hill. Move the
# hill by a hundredth of a pixel, and the average changes by a little: that is a slope.
#
# Here is one hill over one row of 9 pixels. Its middle is at 3.3, between two pixels. The height
# of a Gaussian at pixel $a$ is $\exp(-(a - \mu)^2 / (2 \sigma^2))$; divided by the sum of all
# heights, the weights sum to 1.

# %%
pixels = np.arange(9)  # pixels are counted from 0
heights = np.exp(-((pixels - 3.3) ** 2) / (2 * 1.2))  # mu = 3.3, sigma^2 = 1.2
weights = heights / heights.sum()

edge = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1.0])  # a row of an image: dark, then light
print("weights:", weights.round(3), " sum:", weights.sum().round(12))
print("what this filter reads of the edge:", (weights * edge).sum().round(3))

# %% [markdown]
# **Predict.** You let the hill's middle glide from pixel 0 to pixel 8 along that edge. What will
# the curve of its readings look like, and what would a cut of one pixel read instead? Sketch both,
# then run the cell.

# %%
mu = np.linspace(0, 8, 161)
hills = np.exp(-((pixels - mu[:, None]) ** 2) / (2 * 1.2))
smooth = (hills / hills.sum(axis=1, keepdims=True)) @ edge
cut = edge[np.rint(mu).astype(int)]

# %% jupyter={"source_hidden": true}
figure, axes = panels(1)
axes.plot(mu, smooth, color=BLUE, label="through a hill")
axes.plot(mu, cut, "--", color=VERMILION, label="a single pixel")
plain(axes, xlabel="where the filter is, in pixels", ylabel="what it reads")
axes.legend(frameon=False)
show(figure, "4.2")

# %% [markdown]
# ## A grid of filters: equations 19 and 20
#
# One filter reads one number. Along each axis DRAW lays $N$ of them (here `K`), all equally wide,
# `stride` pixels apart, around a common middle. The paper says where filter $i$ lies,
# with $i = 1, \dots, N$:
#
# $$\mu_X^i = g_X + (i - N/2 - 0.5)\,\delta \qquad (19)$$
# $$\mu_Y^j = g_Y + (j - N/2 - 0.5)\,\delta \qquad (20)$$
#
# Both axes have the same stride, each has its own middle. Try (19) with $N = 3$: the brackets are
# $-1, 0, 1$, and the middle filter lies on $g_X$. With $N = 2$ they are $-\tfrac12$ and $\tfrac12$:
# no filter lies on the middle, one lies on either side.
#
# Arrays count from 0. A filter's number there is $i - 1$; put that in before you write the formula
# down, or the whole grid is off by one stride. Several published programs are.
#
# ### Exercise 1: place the filters (2 lines)
#
# `center` and `stride` have the shape `(n,)`, a number per image. Return the filters' places,
# shape `(n, K)`. Replace the `raise` line; when you run the cell, your function is tried on
# random windows, and you are told what came of it. Until then the lesson goes on with minidraw's.


# %%
@exercise("04.centers")
def centers(center, stride, *, K):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("04.centers")`, and again for the next step.

# %%
print(centers(np.array([10.0, 10.0]), np.array([3.0, 0.5]), K=5))  # around 10, twice

# %% [markdown]
# ## The filters: equations 25 and 26
#
# $$F_X[i, a] = \frac{1}{Z_X} \exp\left(-\frac{(a - \mu_X^i)^2}{2 \sigma^2}\right) \qquad (25)$$
#
# and the same for $F_Y[j, b]$ with $\mu_Y^j$ (26). Row $i$ of the matrix $F_X$ holds the weights of
# filter $i$, one for each of the $A$ pixels of a row. $Z_X$ is whatever makes that row sum to 1.
# You met this above with one hill; now there are `n` images with `K` filters each, so that `F` has
# the shape `(n, K, A)`.
#
# A window may lie outside the image: nothing forbids it. Then all heights of a row are tiny, far
# enough away they round to 0, and 0 / 0 is not a number. The remedy costs nothing: a row that is
# divided by its sum doesn't change if all its exponents are shifted by the same amount. Subtract
# the largest exponent of the row, and the largest height is 1 wherever the window lies:

# %%
exponents = -((np.arange(9) - 1000.0) ** 2) / 2  # a filter 1000 pixels to the right
with np.errstate(invalid="ignore"):
    print("as it stands:", (np.exp(exponents) / np.exp(exponents).sum())[-3:])
shifted = np.exp(exponents - exponents.max())
print("shifted:     ", (shifted / shifted.sum())[-3:])

# %% [markdown]
# ### Exercise 2: the filterbank (6 lines)
#
# `center`, `stride` and `var` have the shape `(n,)`. The first step is given. Then comes `dist`,
# pixel minus place, $a - \mu_X^i$, of shape `(n, K, A)`. Besides `F` the function returns what its
# gradient will need in lesson 05, the cache: a tuple of `F`, `dist`, `offset` and `var`.


# %%
@exercise("04.filterbank")
def filterbank(center, stride, var, *, K, A):
    offset = np.arange(K) - (K - 1) / 2  # the bracket of eq 19, counted from 0
    raise NotImplementedError  # dist, then F
    return F, (F, dist, offset, var)


# %% [markdown]
# Five filters over 24 pixels, as a picture and as curves. Each row sums to 1.

# %%
F, _ = filterbank(np.array([11.0]), np.array([4.0]), np.array([2.0]), K=5, A=24)

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, widths=[1, 1.2])
picture(left, F[0], "F: a row per filter")
for i, row in enumerate(F[0]):
    right.plot(row, color=BLUE if i % 2 else GREEN, linestyle="--" if i % 2 else "-")
plain(right, xlabel="pixel", ylabel="weight")
show(figure, "4.3")
print("rows sum to", F.sum(axis=2))

# %% [markdown]
# ## Two axes: a product that you can see
#
# $F_Y$ averages over rows of pixels, $F_X$ over columns. To average over both, multiply from both
# sides; this is the heart of equation 27:
#
# $$\text{patch} = F_Y \, x \, F_X^T, \qquad
# \text{patch}[j, i] = \sum_{b} \sum_{a} F_Y[j, b]\; x[b, a]\; F_X[i, a]$$
#
# The shapes tell the story: `(K, B) @ (B, A) @ (A, K)` leaves `(K, K)`. A filter on the plane is
# the product of two filters on its axes, and so two small matrices do the work of
# $K \cdot K$ large ones.

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.7, widths=[28, 24, 7, 7])
patch = F_y[0] @ image @ F_x[0].T
pictures = F_y[0], image, F_x[0].T, patch
for place, array, title in zip(axes, pictures, ("F_Y", "x", "F_X^T", "= patch"), strict=True):
    picture(place, array, f"{title}\n{array.shape[0]} x {array.shape[1]}")
show(figure, "4.4")

by_sums = np.einsum("jb,ba,ia->ji", F_y[0], image, F_x[0])  # the double sum, word for word
np.testing.assert_allclose(patch, by_sums)

# %% [markdown]
# **Predict.** Which number of the patch changes if you make the pixel in the top left corner of the
# image white? All of them, one, or practically none?

# %%
spotted = image.copy()
spotted[0, 0] = 1
print((F_y[0] @ spotted @ F_x[0].T - patch).round(9))

# %% [markdown]
# Practically none. All 25 filters give that pixel some weight, but the nearest one lies some pixels
# off, and there its hill is nearly 0: the number in the top left rises by 0.00006.
#
# ## The window: equations 21 to 24
#
# Who says where the window lies? A linear layer of the network, which emits five numbers of any
# size (21): $\tilde g_X, \tilde g_Y, \log \sigma^2, \log \tilde\delta, \log \gamma$. Three of them
# are logarithms, because a variance, a stride and an intensity must be positive and exp makes them
# so. The others are scaled to the image:
#
# $$g_X = \frac{A + 1}{2} (\tilde g_X + 1) \qquad (22) \qquad\qquad
# g_Y = \frac{B + 1}{2} (\tilde g_Y + 1) \qquad (23)$$
# $$\delta = \frac{\max(A, B) - 1}{N - 1}\, \tilde\delta \qquad (24)$$
#
# The paper counts pixels from 1. Put $\tilde g_X = 0$ into (22): it gives $(A + 1)/2$, the middle
# of $1, \dots, A$. Counted from 0 that pixel has a number smaller by one, so $g_X$ becomes
# $(A + 1)/2 \cdot (\tilde g_X + 1) - 1$. With $\tilde\delta = 1$ the grid spans $N - 1$ strides
# from the first pixel of the longer side to its last.

# %%
for g_x in (-1, 0, 1):
    from_1 = (A + 1) / 2 * (g_x + 1)
    print(f"theta {g_x:2d}: {from_1:4} counted from 1, {from_1 - 1:4} counted from 0")
x_only, _ = layers.window(np.array([[0.3, 0, 0, 0, 0]]), height=B, width=A, K=K)
np.testing.assert_allclose(x_only[0], (A + 1) / 2 * (0.3 + 1) - 1)  # eq 22 is the package's

# %% [markdown]
# ### Exercise 3: the window (5 lines)
#
# `theta` has the shape `(n, 5)`, in the order of (21). The x axis is worked; you write the rest.
# Clip the three logarithms to between -12 and 12 before you take their exp: e^12 strides are
# beyond any image, and larger numbers would overflow in float32. The order of what is returned is
# that of the last line; the `stride` in it is the finished one of (24), in both places.


# %%
@exercise("04.window")
def window(theta, *, height, width, K):
    center_x = (width + 1) / 2 * (theta[:, 0] + 1) - 1  # eq 22, from 0
    raise NotImplementedError
    return (center_x, center_y, stride, var, gamma), (theta, stride, var, gamma, height, width)


# %% [markdown]
# **Predict.** All five numbers are zero. Where does the window lie, how large is it, and what
# does the patch look like?

# %%
zero, _ = window(np.zeros((1, 5)), height=B, width=A, K=K)
print("center_x, center_y, stride, var, gamma:", *(float(part[0]) for part in zero))

F_y, _ = filterbank(zero[1], zero[2], zero[3], K=K, A=B)
F_x, _ = filterbank(zero[0], zero[2], zero[3], K=K, A=A)

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=2.6)
picture(left, image)
frame(left, zero, K=K)
left.set_xlim(-3, 26)  # two columns of dots lie beside the image
picture(right, F_y[0] @ image @ F_x[0].T, "patch", low=0, high=1)
show(figure, "4.5")

# %% [markdown]
# The window lies on the middle of the image. It reaches from the first pixel to the last along the
# longer side, and over the edges along the shorter one. So `theta = 0` give the whole image: a good
# place to start from. But the dots are 6.75 pixels apart, and each sees only about one pixel to
# either side ($\sigma = 1$). What lies between them is missing in the patch.
#
# ## Near and from afar
#
# The stride is the distance of the dots, sigma the size of what each sees. Small stride: near, with
# detail. Large stride and small sigma: all of the image, but full of holes. Large stride and large
# sigma: all of it, blurred.


# %%
def look(log_var, log_stride, g_x=0.0, g_y=0.0):
    """A window on the image, and what is read through it."""
    parts, _ = window(np.array([[g_x, g_y, log_var, log_stride, 0.0]]), height=B, width=A, K=12)
    F_y, _ = filterbank(parts[1], parts[2], parts[3], K=12, A=B)
    F_x, _ = filterbank(parts[0], parts[2], parts[3], K=12, A=A)
    return parts, F_y[0] @ image @ F_x[0].T


# %% jupyter={"source_hidden": true}
figure, axes = panels(6, height=2.1)
for k, (log_var, log_stride) in enumerate([(-1.0, -1.2), (-2.0, 0.0), (2.0, 0.0)]):
    parts, patch = look(log_var, log_stride)
    picture(axes[2 * k], image, f"stride {parts[2][0]:.1f}\nsigma {np.sqrt(parts[3][0]):.1f}")
    frame(axes[2 * k], parts, K=12)
    picture(axes[2 * k + 1], patch, "patch\n12 x 12", low=0, high=1)
show(figure, "4.6")

# %% [markdown]
# The same with sliders, if you run this notebook: Tab goes from one to the next, the arrow keys
# move it. Try to make the patch all black without leaving the image.


# %%
def see(g_x, g_y, log_var, log_stride):
    parts, patch = look(log_var, log_stride, g_x, g_y)
    figure, (left, right) = panels(2, height=2.6)
    picture(left, image)
    frame(left, parts, K=12)
    picture(right, patch, low=0, high=1)
    show(figure, "4.sliders")


sliders(see, g_x=(-1, 1, 0), g_y=(-1, 1, 0), log_var=(-3, 4, 0, 0.25), log_stride=(-3, 1, -0.5))

# %% [markdown]
# ## Where it lives
#
# `window` and `filterbank` in `minidraw/layers/attention.py`; the product in `read`, right below
# them. The cell checks that they compute what this lesson states, and stops if they don't.

# %%
rng = np.random.default_rng(4)
raws = 0.5 * rng.standard_normal((3, 5))
ours, _ = window(raws, height=B, width=A, K=K)
theirs, _ = minidraw.layers.window(raws, height=B, width=A, K=K)
np.testing.assert_allclose(ours, theirs)  # eqs 21 to 24
F_y, _ = filterbank(ours[1], ours[2], ours[3], K=K, A=B)
F_x, _ = filterbank(ours[0], ours[2], ours[3], K=K, A=A)
mu = centers(ours[0], ours[2], K=K)  # eq 19
hills = np.exp(-((np.arange(A) - mu[:, :, None]) ** 2) / (2 * ours[3][:, None, None]))
np.testing.assert_allclose(F_x, hills / hills.sum(axis=2, keepdims=True))  # eq 25
x = np.stack([image] * 3)[:, None]
glimpse, _ = minidraw.layers.read(np.zeros_like(x), F_y, F_x, ours[4], x=x)
np.testing.assert_allclose(glimpse[:, 0], ours[4][:, None, None] * (F_y @ x[:, 0] @ F_x.mT))  # 27
print("window, filterbank and product agree with the package")

# %% [markdown]
# ## In practice
#
# * For reading the paper's MNIST network uses 2 x 2 filters, for writing 5 x 5. With `K = 1`, (24)
#   divides by zero; `layers.window` refuses it and says why.
# * Mixing up $\sigma$ and $\sigma^2$ here goes unnoticed: the network learns around it. Only the
#   numbers it prints for its windows are then wrong.
# * Some programs add a small constant to $Z_X$ instead of shifting the exponents. Then a window
#   outside the image fades to nothing, and so does its gradient; by (25) its rows still sum to 1.
# * Test with images that aren't square. $F_Y$ made from $\mu_X$ works on every square example.
#
# ## What is next
#
# The window is a smooth function of five numbers. Lesson 05 pushes a gradient through it, from the
# patch back to the five: then a loss can say where to look.
