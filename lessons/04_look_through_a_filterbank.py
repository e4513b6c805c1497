# %% [markdown]
# # 04 Look through a filterbank
#
# **You'll do:** three exercises, thirteen lines in all: place a grid of filters, compute the
# filters, and turn five free numbers into a window.
#
# **You'll learn:** how DRAW zooms in and out of an image with nothing but two matrix products; and
# why it can be taught where to look.
#
# **You'll need:** lesson 01 (broadcasting) and lesson 02 (whole arrays). 75 minutes.
#
# | paper | here | |
# |---|---|---|
# | (21) | `theta` | the five numbers that the network emits for a window, `(n, 5)` |
# | $g_X, g_Y$ | `center_x`, `center_y` | centre of the window, in pixels counted from 0 |
# | $\delta$ | `stride` | distance between neighbouring filters, in pixels |
# | $\sigma^2$ | `var` | variance of every filter, in pixels squared |
# | $\gamma$ | `gamma` | intensity: what is read is multiplied by it |
# | $\mu^i$ | `mu` | position of a filter, in pixels |
# | $N$ | `K` | filters per axis |
# | | `n` | number of images |
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
# 28 rows, 24 columns: with unequal sides, swapped axes raise an error
image = digits[7][:, 2:26]
B, A = image.shape

# %% [markdown]
# ## The goal
#
# The left picture shows a digit with a window on it: 5 x 5 dots. The right picture shows what a
# network sees through this window: 25 numbers instead of 672. By the end of this lesson you will
# have written everything that leads from the left picture to the right one.

# %%
K = 5
theta = np.array([[0.0, 0.1, 0.6, -0.3, 0.0]])  # one window, as a network would emit it
looking, _ = layers.window(theta, height=B, width=A, K=K)
center_x, center_y, stride, var, gamma = looking
F_y, _ = layers.filterbank(center_y, stride, var, K=K, A=B)
F_x, _ = layers.filterbank(center_x, stride, var, K=K, A=A)
patch = F_y[0] @ image @ F_x[0].T

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=3)
picture(left, image, f"{A} x {B} pixels")
frame(left, looking, K=K)
picture(right, patch, f"{K} x {K} numbers", low=0, high=1)
show(figure, "4.1")

# %% [markdown]
# ## First: shapes that stretch
#
# This lesson computes with arrays of different shapes, for many filters and many images at once.
# NumPy does that by **broadcasting**, which you met in lesson 01. Here are its rules, with
# pictures.
#
# **Shapes are compared from the right.** Two sizes fit if they are equal or if one of them is 1. A
# missing axis counts as 1. An axis of size 1 is stretched: its one entry is used again and again.
# Suppose you want the distance of each of 5 pixels from each of 3 positions:
#
# ```
# pixels           (5,)     counts as (1, 5)
# mu               (3,)     doesn't fit: from the right, 3 meets 5
# mu[:, None]      (3, 1)   fits: `None` inserts an axis of size 1
# pixels - mu[:, None]      (3, 5): a row for each position, a column for each pixel
# ```
#
# **`keepdims=True` keeps an axis that is summed over.** To make every row of `heights`, shape `(3,
# 5)`, sum to 1, divide it by the sums of the rows. `heights.sum(axis=1)` has the shape `(3,)`,
# which doesn't fit `(3, 5)`. `heights.sum(axis=1, keepdims=True)` has the shape `(3, 1)`, which
# does.
#
# **Three axes are a stack.** With `n` images, each has `K` positions of its own: `mu` is `(n, K)`.
# Then `mu[:, :, None]` is `(n, K, 1)`, and `pixels - mu[:, :, None]` is `(n, K, A)`: a sheet for
# each image, a row for each position, a column for each pixel. A number per image, shape `(n,)`,
# must be written as `var[:, None, None]`, shape `(n, 1, 1)`, to be used by a whole sheet.

# %%
columns, places = np.arange(5), np.array([1, 2, 4])
heights = np.array([[2, 1, 1, 0, 0], [0, 1, 3, 1, 0], [0, 0, 1, 1, 8]])
print("distances:", (columns - places[:, None]).shape)
print("sums:     ", heights.sum(axis=1).shape, "and", heights.sum(axis=1, keepdims=True).shape)


# %% jupyter={"source_hidden": true}
def squares(axes, left, top, own, numbers=None):
    """A square for each entry: blue if the array has it, grey if it is only a copy."""
    rows, wide = own.shape
    axes.fill_between([left - 0.1, left + wide], top - rows, top + 0.1, color="white")
    for row, column in np.ndindex(own.shape):
        x, y, blue = left + column, top - row, own[row, column]
        axes.fill_between([x, x + 0.9], y - 0.9, y, color=BLUE if blue else "0.88")
        if numbers is not None:
            ink = {"color": "white" if blue else "0.35", "ha": "center", "va": "center"}
            axes.text(x + 0.45, y - 0.47, f"{numbers[row, column]:.2g}", fontsize=9, **ink)


# %% jupyter={"source_hidden": true}
def write_words(axes):
    words = "pixels\n(5,)", "- mu[:, None]\n(3, 1)", "= distances\n(3, 5)", "heights\n(3, 5)"
    words += "/ sums with keepdims\n(3, 1)", "= heights / sums\n(3, 5)"
    words += "pixels\n(A,)", "- mu[:, :, None]\n(n, K, 1)", "= distances\n(n, K, A)"
    for k, text in enumerate(words):
        x, y = 7.5 * (k % 3) + 2.5, 13.2 - 5 * (k // 3) + 0.3 * (k > 5)
        axes.text(x, y, text, ha="center", va="bottom", fontsize=10)
    axes.set(xlim=(-0.5, 22), ylim=(-2, 15))
    axes.axis("off")


# %% jupyter={"source_hidden": true}
figure, axes = panels(height=5.6)
every, sums = np.ones((3, 3, 5), bool), heights.sum(axis=1, keepdims=True)
column_0, row_0 = every & (np.arange(5) == 0), every & (np.arange(3)[:, None] == 0)
flat = (row_0, columns), (column_0, places[:, None]), (every, columns - places[:, None])
flat += (every, heights), (column_0, sums), (every, heights / sums)
for k, (own, numbers) in enumerate(flat):
    at = 7.5 * (k % 3), 13 - 5 * (k // 3)
    squares(axes, *at, own[0], np.broadcast_to(numbers, (3, 5)))
for k, own in enumerate((row_0 & (np.arange(3)[:, None, None] == 0), column_0, every)):
    for sheet in (2, 1, 0):
        squares(axes, 7.5 * k + 0.5 * sheet, 1.3 + 0.5 * sheet, own[sheet])
write_words(axes)
show(figure, "4.2")

# %% [markdown]
# **Predict.** Without `keepdims`, NumPy stops at `(3, 5)` divided by `(3,)`. What happens if
# `heights` has the shape `(3, 3)`?

# %% jupyter={"source_hidden": true}
for numbers in (heights, heights[:, 2:]):
    try:
        rows = (numbers / numbers.sum(axis=1)).sum(axis=1)
        print(numbers.shape, "runs, and its rows sum to", rows.round(2))
    except ValueError as error:
        print(numbers.shape, "stops:", error)

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With `(3, 5)` NumPy stops: from the right, 5 meets 3. With `(3, 3)` it runs, but the result is
# wrong: the three sums count as a row, `(1, 3)`, so each *column* is divided by the sum of a row.
# No error message tells you. This is why all tests of these lessons use sizes that differ.
#
# </details>
#
# ## The idea, in words
#
# How would you read 25 numbers from an image? You could crop 5 x 5 pixels. But a crop can only move
# by whole pixels. When it moves, the numbers jump. You can't move it "a little further to the
# right". So there is no slope, and a network learns from slopes alone.
#
# So DRAW doesn't crop. Each of its 25 numbers is a **weighted average** of the pixels around a
# point. Pixels close to the point have a large weight, pixels further away have less and less. The
# weights form a bell-shaped hill. Move the hill by a hundredth of a pixel, and the average changes
# by a little. That gives a slope.
#
# Here is one hill over one row of 9 pixels. Its centre $\mu$ is at 3.3, between two pixels. The
# height of the hill at pixel $a$ is $\exp(-(a - \mu)^2 / (2 \sigma^2))$; such a hill is called a
# **Gaussian**. Divide all heights by their sum, and you have weights that sum to 1: a **filter**.

# %%
pixels = np.arange(9)  # pixels are counted from 0
hill = np.exp(-((pixels - 3.3) ** 2) / (2 * 1.2))  # mu = 3.3, sigma^2 = 1.2
weights = hill / hill.sum()

edge = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1.0])  # a row of an image: dark, then light
print("weights:", weights.round(3), " sum:", weights.sum().round(12))
print("what this filter reads of the edge:", (weights * edge).sum().round(3))

# %% [markdown]
# **Predict.** Let the centre of the hill glide from pixel 0 to pixel 8 along that edge. Sketch the
# curve of its readings. Where does it cross one half? And over how many pixels does it rise? Then
# sketch what a crop of a single pixel reads.

# %% jupyter={"source_hidden": true}
mu = np.linspace(0, 8, 161)
hills = np.exp(-((pixels - mu[:, None]) ** 2) / (2 * 1.2))
through_hill = (hills / hills.sum(axis=1, keepdims=True)) @ edge
single_pixel = edge[np.rint(mu).astype(int)]

# %% jupyter={"source_hidden": true}
figure, axes = panels(1)
axes.plot(mu, through_hill, color=BLUE, label="through a hill")
axes.plot(mu, single_pixel, "--", color=VERMILION, label="a single pixel")
plain(axes, xlabel="where the filter is, in pixels", ylabel="what it reads")
axes.legend(frameon=False)
show(figure, "4.3")

# %% [markdown]
# ## A grid of filters: equations 19 and 20
#
# One filter reads one number. DRAW places $N$ filters along each axis (`K` in the code). They are
# equally wide, `stride` pixels apart, and spread evenly around the centre of the window. The paper
# gives the position of filter $i$, for $i = 1, \dots, N$:
#
# $$\mu_X^i = g_X + (i - N/2 - 0.5)\,\delta \qquad (19)$$
# $$\mu_Y^j = g_Y + (j - N/2 - 0.5)\,\delta \qquad (20)$$
#
# Both axes have the same stride, but each has its own centre. Try (19) with $N = 3$: the brackets
# are $-1, 0, 1$, and the second filter lies on the centre $g_X$. With $N = 2$ they are $-\tfrac12$
# and $\tfrac12$: one filter lies on each side of the centre, and none on it.
#
# Arrays count from 0. If a filter has the number $i$ in the paper, it has the number $i - 1$ in the
# array. Change the formula accordingly before you write it down. Otherwise the whole grid is off by
# one stride, as it is in several published programs.
#
# ### Exercise 1: place the filters (2 lines)
#
# `center` and `stride` have the shape `(n,)`, one number per image. Return the positions of the
# filters, shape `(n, K)`. Replace the `raise` line and run the cell. It tries your function on
# random windows and tells you the result.


# %%
@exercise("04.centers")
def centers(center, stride, *, K):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("04.centers")`. Run it again for the next step.

# %%
print(centers(np.array([10.0, 10.0]), np.array([3.0, 0.5]), K=5))  # around 10, twice

# %% [markdown]
# ## The filters: equations 25 and 26
#
# $$F_X[i, a] = \frac{1}{Z_X} \exp\left(-\frac{(a - \mu_X^i)^2}{2 \sigma^2}\right) \qquad (25)$$
#
# and the same for $F_Y[j, b]$ with $\mu_Y^j$ (26). Row $i$ of the matrix $F_X$ holds the weights of
# filter $i$, one for each of the $A$ pixels in a row of the image. $Z_X$ is the number that makes
# this row of weights sum to 1. This is the hill from above, but now there are `n` images with `K`
# filters each. So `F` has the shape `(n, K, A)`, a stack as in figure 4.2.
#
# A window may lie outside the image: nothing forbids it. Then all heights of a row are tiny. Far
# enough away they are rounded to 0, and 0 / 0 is not a number. But if you add the same number to
# all exponents of a row, the row doesn't change once it is divided by its sum. So subtract the
# largest exponent of the row from all of them. Then the largest height is 1, wherever the window
# lies:

# %%
exponents = -((np.arange(9) - 1000.0) ** 2) / 2  # a filter 1000 pixels to the right
with np.errstate(invalid="ignore"):
    print("as it stands:", (np.exp(exponents) / np.exp(exponents).sum())[-3:])
shifted = np.exp(exponents - exponents.max())
print("shifted:     ", (shifted / shifted.sum())[-3:])

# %% [markdown]
# ### Exercise 2: the filterbank (6 lines)
#
# `center`, `stride` and `var` have the shape `(n,)`. `A` is the number of pixels along the axis:
# for $F_Y$, the call says `A=B`. The first step is given. Then comes `dist`, pixel minus position,
# $a - \mu_X^i$, of shape `(n, K, A)`. Every row of `F` must sum to 1, also for a window 1000 pixels
# outside the image: subtract the largest exponent of each row first. Besides `F` the function
# returns the cache, which is what its gradient will need in lesson 05: a tuple of `F`, `dist`,
# `offset` and `var`.


# %%
@exercise("04.filterbank")
def filterbank(center, stride, var, *, K, A):
    offset = np.arange(K) - (K - 1) / 2  # the bracket of eq 19, counted from 0
    raise NotImplementedError  # dist, then F
    return F, (F, dist, offset, var)


# %% [markdown]
# Here are five filters over 24 pixels, as a picture and as curves. Each row sums to 1. For other
# filters than Gaussian ones, see `laplace_filterbank` in [OPEN.md](OPEN.md), an open exercise.

# %%
F, _ = filterbank(np.array([11.0]), np.array([4.0]), np.array([2.0]), K=5, A=24)

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, widths=[1, 1.2])
picture(left, F[0], "F: a row per filter")
for i, row in enumerate(F[0]):
    right.plot(row, color=BLUE if i % 2 else GREEN, linestyle="--" if i % 2 else "-")
plain(right, xlabel="pixel", ylabel="weight")
show(figure, "4.4")
print("rows sum to", F.sum(axis=2))

# %% [markdown]
# ## Two axes: a product that you can see
#
# $F_Y$ averages over rows of pixels, $F_X$ over columns. To average over both, multiply from both
# sides. (The full equation 27 also multiplies by the intensity $\gamma$; lesson 06 adds that.)
#
# $$\text{patch} = F_Y \, x \, F_X^T, \qquad
# \text{patch}[j, i] = \sum_{b} \sum_{a} F_Y[j, b]\; x[b, a]\; F_X[i, a]$$
#
# The shapes show how it works: `(K, B) @ (B, A) @ (A, K)` leaves `(K, K)`. Each of the $K \cdot K$
# numbers is read by a filter on the plane, and this filter is the product of a filter along y and
# one along x. So two small matrices replace $K \cdot K$ filters as large as the image.

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.7, widths=[28, 24, 7, 7])
pictures = F_y[0], image, F_x[0].T, F_y[0] @ image @ F_x[0].T
for place, array, title in zip(axes, pictures, ("F_Y", "x", "F_X^T", "= patch"), strict=True):
    picture(place, array, f"{title}\n{array.shape[0]} x {array.shape[1]}")
show(figure, "4.5")

by_sums = np.einsum("jb,ba,ia->ji", F_y[0], image, F_x[0])  # the double sum, word for word
np.testing.assert_allclose(patch, by_sums)

# %% [markdown]
# **Predict.** You make the pixel in the top left corner of the image white. Which of the 25 numbers
# of the patch change noticeably: all of them, one, or none?

# %%
spotted = image.copy()
spotted[0, 0] = 1
print((F_y[0] @ spotted @ F_x[0].T - patch).round(9))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# None. All 25 filters give that pixel some weight. But even the nearest filter lies some pixels
# away, where its hill is nearly 0. So the number in the top left corner of the patch rises by only
# 0.00006.
#
# </details>
#
# ## The window: equations 21 to 24
#
# What decides where the window lies? A linear layer of the network. It emits five numbers of any
# size (21): $\tilde g_X, \tilde g_Y, \log \sigma^2, \log \tilde\delta, \log \gamma$. Three of them
# are logarithms, because a variance, a stride and an intensity must be positive, and exp makes them
# so. The centre and the stride are also scaled to the size of the image:
#
# $$g_X = \frac{A + 1}{2} (\tilde g_X + 1) \qquad (22) \qquad\qquad
# g_Y = \frac{B + 1}{2} (\tilde g_Y + 1) \qquad (23)$$
# $$\delta = \frac{\max(A, B) - 1}{N - 1}\, \tilde\delta \qquad (24)$$
#
# The paper counts pixels from 1. Put $\tilde g_X = 0$ into (22): it gives $(A + 1)/2$, the centre
# of $1, \dots, A$. When pixels are counted from 0, every position is smaller by one. So $g_X$
# becomes $(A + 1)/2 \cdot (\tilde g_X + 1) - 1$. If $\tilde\delta = 1$, the $N - 1$ strides of the
# grid reach from the first pixel of the longer side to the last.

# %%
for g_x in (-1, 0, 1):
    from_1 = (A + 1) / 2 * (g_x + 1)
    print(f"theta {g_x:2d}: {from_1:4} counted from 1, {from_1 - 1:4} counted from 0")
x_only, _ = layers.window(np.array([[0.3, 0, 0, 0, 0]]), height=B, width=A, K=K)
np.testing.assert_allclose(x_only[0], (A + 1) / 2 * (0.3 + 1) - 1)  # eq 22 is the package's

# %% [markdown]
# ### Exercise 3: the window (5 lines)
#
# `theta` has the shape `(n, 5)`, in the order of (21). The x axis is done; you write the rest. Clip
# the three logarithms to between -12 and 12 before you take their exp. (A stride of e^12 is larger
# than any image, and much larger numbers would overflow in float32.) The last line returns the five
# numbers and the cache. In both, `stride` is $\delta$ of (24), with its factor included. It comes
# before the variance there, but after it in `theta`.


# %%
@exercise("04.window")
def window(theta, *, height, width, K):
    center_x = (width + 1) / 2 * (theta[:, 0] + 1) - 1  # eq 22, from 0
    raise NotImplementedError
    return (center_x, center_y, stride, var, gamma), (theta, stride, var, gamma, height, width)


# %% [markdown]
# **Predict.** All five numbers of `theta` are zero, so the window covers the whole image. Will you
# recognise the digit in the patch?

# %%
zero, _ = window(np.zeros((1, 5)), height=B, width=A, K=K)
print("center_x, center_y, stride, var, gamma:", *(float(part[0]) for part in zero))

zero_y, _ = filterbank(zero[1], zero[2], zero[3], K=K, A=B)
zero_x, _ = filterbank(zero[0], zero[2], zero[3], K=K, A=A)

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=2.6)
picture(left, image)
frame(left, zero, K=K)
left.set_xlim(-3, 26)  # two columns of dots lie beside the image
picture(right, zero_y[0] @ image @ zero_x[0].T, "patch", low=0, high=1)
show(figure, "4.6")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# You won't. The window lies on the centre of the image. Along the longer side it reaches from the
# first pixel to the last, and along the shorter side it reaches over the edges. So `theta = 0`
# covers the whole image. But the dots are 6.75 pixels apart, and each sees only about one pixel to
# either side ($\sigma = 1$). What lies between the dots is missing in the patch. So this isn't a
# good window to start from.
#
# </details>
#
# ## Zooming in and out
#
# The stride is the distance between the dots, and sigma is the size of the spot that each dot sees.
# With a small stride you see a part of the image in detail. With a large stride and a small sigma
# you see all of the image, but full of holes. With a large stride and a large sigma you see all of
# it, blurred.


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
    parts, read = look(log_var, log_stride)
    picture(axes[2 * k], image, f"stride {parts[2][0]:.1f}\nsigma {np.sqrt(parts[3][0]):.1f}")
    frame(axes[2 * k], parts, K=12)
    picture(axes[2 * k + 1], read, "patch\n12 x 12", low=0, high=1)
show(figure, "4.7")

# %% [markdown]
# If you run this notebook, you can move the window with sliders. Press Tab to go to the next
# slider, and the arrow keys to move it. Try to make the patch all black without leaving the image.


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
# `window` and `filterbank` are in `minidraw/layers/attention.py`, and the product is in `read`,
# right below them. The cell checks that they compute what this lesson says, and stops if they
# don't.

# %%
rng = np.random.default_rng(4)
raws = 0.5 * rng.standard_normal((3, 5))
ours, _ = window(raws, height=B, width=A, K=K)
theirs, _ = minidraw.layers.window(raws, height=B, width=A, K=K)
np.testing.assert_allclose(ours, theirs)  # eqs 21 to 24
three_y, _ = filterbank(ours[1], ours[2], ours[3], K=K, A=B)
three_x, _ = filterbank(ours[0], ours[2], ours[3], K=K, A=A)
far = np.arange(A) - centers(ours[0], ours[2], K=K)[:, :, None]  # eq 19
formula = np.exp(-(far**2) / (2 * ours[3][:, None, None]))
np.testing.assert_allclose(three_x, formula / formula.sum(axis=2, keepdims=True))  # eq 25
x = np.stack([image] * 3)[:, None]
glimpse, _ = minidraw.layers.read(np.zeros_like(x), three_y, three_x, ours[4], x=x)
by_product = ours[4][:, None, None] * (three_y @ x[:, 0] @ three_x.mT)
np.testing.assert_allclose(glimpse[:, 0], by_product)  # eq 27
print("window, filterbank and product agree with the package")

# %% [markdown]
# ## In practice
#
# * The paper's MNIST network uses 2 x 2 filters for reading and 5 x 5 for writing. With `K = 1`,
#   (24) would divide by zero, so `layers.window` raises an error that says why.
# * Mixing up $\sigma$ and $\sigma^2$ causes no visible error. The network simply learns to emit
#   other values. Only the widths that you print for its windows are wrong.
# * Some programs add a small constant to $Z_X$ instead of shifting the exponents. Then the filters
#   of a window outside the image fade to nothing, and so does their gradient. According to (25)
#   their rows should still sum to 1.
# * Test with images that aren't square. With square images, a program that makes $F_Y$ with the
#   width instead of the height runs without complaint.
#
# ## Recap
#
# * Shapes are compared from the right, and an axis of size 1 is stretched. `[:, None]` inserts such
#   an axis; `keepdims=True` keeps one.
# * A filter is a bell-shaped hill of weights that sum to 1. What it reads is a weighted average,
#   which changes smoothly when the filter moves. A crop would jump.
# * A window has `K` filters along each axis, `stride` pixels apart around its centre. Two products,
#   $F_Y\, x\, F_X^T$, read `K` x `K` numbers.
# * Five free numbers make a window. The centre is a linear function of the first two. Variance,
#   stride and intensity are the exponentials of the other three.
# * Subtract the largest exponent of a row before exp, so that a window outside the image does no
#   harm.
#
# ## Three questions
#
# 1. `center` has the shape `(n,)` and `offset` the shape `(K,)`. How do you add them so that you
#    get the position of every filter in every image?
#
#    <details><summary>Answer</summary>
#
#    `center[:, None] + offset`: the shapes `(n, 1)` and `(K,)` give `(n, K)`.
#
#    </details>
#
# 2. What does a window see if its stride is 0.5 and $\sigma$ is 10?
#
#    <details><summary>Answer</summary>
#
#    One blurred spot: all filters average over nearly the same pixels, so the numbers of the patch
#    are nearly equal.
#
#    </details>
#
# 3. Why does the network emit $\log \sigma^2$ and not $\sigma^2$?
#
#    <details><summary>Answer</summary>
#
#    A linear layer can emit any number, also a negative one. The exp of it is always positive, as a
#    variance must be.
#
#    </details>
#
# ## What is next
#
# The patch is a smooth function of the five numbers. Lesson 05 pushes a gradient back through it,
# from the patch to the five numbers. With that gradient, a loss can say where to look.
