# %% [markdown]
# # 07 Write
#
# **You'll do:** two exercises, eight lines in all: DRAW's `write`, and its gradient.
#
# **You'll learn:** how a handful of numbers becomes a stroke on an image; in what sense writing is
# the reverse of reading; and how a trained DRAW paints with your own functions.
#
# **You'll need:** lesson 03 (cost in nats, logits) and lessons 04 to 06. 65 minutes.
#
# | paper | here | |
# |---|---|---|
# | $w_t$ | `patch` | what is to be written, `(n, C, K, K)`; not the weights, which are `W` |
# | $\hat F_Y$, $\hat F_X$ | `F_y`, `F_x` | filters of the *write* window |
# | $\hat\gamma$ | `gamma` | its intensity, `(n,)`: writing divides by it |
# | $\text{write}(h^{dec}_t)$ | `out` | the stroke, `(n, C, B, A)` |
# | $c_t$ | `canvas` | the painting, in logits; the strokes add up on it |

# %%
import numpy as np

import minidraw
from minidraw.datasets import as_float, bundled_path
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
)
from minidraw.learn.own_layers import compose_layers
from minidraw.models import draw
from minidraw.models.interface import Batch

layers = use_earlier("07")
sandwich_backward = layers.sandwich_backward
digits = as_float(minidraw.load("digits").train.images[:, 0], np.float64)
x = digits[5][None, None, :, 2:26]  # one image, one channel, 28 rows, 24 columns
(B, A), K, STROKES = x.shape[2:], 5, 10
BLANK = -4.0  # logits of an empty canvas: a probability of 0.018, nearly black

# %% [markdown]
# ## The goal
#
# Ten strokes copy a digit. Each is a patch of 5 x 5 numbers, laid onto the canvas through a window
# of its own. No network chose them. They started as empty patches in windows near the middle of the
# image, and then followed the gradient of one number: the cost of the canvas in nats. Here the
# package's functions do it. By the end of this lesson your own will.


# %%
def copied(stroke, stroke_backward, *, steps=600, rate=1e-4):
    """Move ten patches and windows against the gradient of the canvas's cost."""
    rng, patch = np.random.default_rng(7), np.zeros((STROKES, 1, K, K))
    theta = np.array([0, 0, 0.3, -1.0, 0]) + np.zeros((STROKES, 5))
    theta[:, :2] = rng.uniform(-0.2, 0.2, (STROKES, 2))  # near the middle
    costs = []
    for _ in range(steps):
        out, cache = stroke(patch, theta)  # (10, 1, B, A)
        canvas = BLANK + out.sum(axis=0, keepdims=True)
        cost, cost_cache = layers.bernoulli_cost(canvas, x=x)
        costs.append(cost[0])
        dcanvas = layers.bernoulli_cost_backward(np.ones(1), cost_cache)
        dpatch, dtheta = stroke_backward(np.repeat(dcanvas, STROKES, axis=0), cache)
        patch, theta = patch - dpatch, theta - rate * dtheta
    return patch, theta, np.array(costs)


# %%
def package_stroke(patch, theta):
    return layers.write_attention(patch.reshape(STROKES, -1), theta, height=B, width=A, K=K)


def package_stroke_backward(dout, cache):
    dpatch, dtheta = layers.write_attention_backward(dout, cache)
    return dpatch.reshape(STROKES, 1, K, K), dtheta


def film(patch, theta):
    """The canvas before and after each stroke, as probabilities, (11, B, A)."""
    out, _ = package_stroke(patch, theta)
    blank = np.full((1, B, A), BLANK)
    return layers.sigmoid(np.concatenate([blank, BLANK + np.cumsum(out[:, 0], axis=0)]))


# %%
def strip(patch, theta, number):
    """Ten canvases, each with the window of the stroke that was laid on last."""
    x, y, stride, *_ = layers.window(theta, height=B, width=A, K=K)[0]
    figure, axes = panels(5, rows=2, height=4.5)
    for k, place in enumerate(axes.ravel()):
        picture(place, film(patch, theta)[k + 1], f"stroke {k + 1}", low=0, high=1)
        frame(place, (x[k], y[k], (K - 1) * stride[k]), K=2, color=VERMILION)
    show(figure, number)


strip(*copied(package_stroke, package_stroke_backward)[:2], "7.1")

# %% [markdown]
# ## The idea, in words
#
# Reading takes an average around the position of each filter: it makes one number from many pixels.
# Writing goes the other way, from one number to many pixels. Each number of the patch is spread
# around the position of its filter, by the same hill. Where hills overlap, they add up. You saw
# this in figure 6.3.
#
# Look at one axis first: five filters over a row of 24 pixels. Reading multiplies by `F`: each
# number is the product of a row of `F` with the pixels. Writing multiplies by the transpose of `F`:
# it multiplies each of the five rows of `F` by its number, and adds them up.

# %%
F, _ = layers.filterbank(np.array([11.5]), np.array([4.0]), np.array([3.0]), K=5, A=24)
numbers = np.array([0.5, 1.0, -0.6, 0.3, 1.0])
row = F[0].T @ numbers  # written: 24 pixels from 5 numbers
np.testing.assert_allclose(row, sum(k * hill for k, hill in zip(numbers, F[0], strict=True)))

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.4)
for number, hill in zip(numbers, F[0], strict=True):
    axes.plot(number * hill, "--", color=GREEN, label="number times hill" if number == 0.5 else "")
axes.plot(row, color=BLUE, label="written")
axes.axhline(0, color="black", linewidth=0.6)
plain(axes, xlabel="pixel", ylabel="logit")
axes.legend(frameon=False)
show(figure, "7.2")

# %% [markdown]
# **Predict.** All five numbers are 1. What does the row look like, and how high is it in the
# middle? Remember what each hill sums to, and how far apart the hills are.

# %%
print((F[0].T @ np.ones(5)).round(2))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# A plateau at about 0.25 that falls off at both ends. Each hill spreads its 1 over the pixels
# around it, and there is one hill for every four pixels: a quarter per pixel on average. On the
# plane, with a stride of 4 along both axes, it is a sixteenth. So a wide window paints faintly.
#
# </details>
#
# ## Write: equations 28 and 29
#
# A linear layer makes the patch from $h^{dec}_t$, an array that the network keeps (28). The stroke
# is
#
# $$\text{write}(h^{dec}_t) = \frac{1}{\hat\gamma}\, \hat F_Y^T\, w_t\, \hat F_X \qquad (29)$$
#
# The hats mark the write window, which comes from a linear layer of its own and differs from the
# read window. Reading multiplies by $\gamma$, and writing divides by $\hat\gamma$. With a small
# $\hat\gamma$, even a wide window can paint strongly. The strokes add up on the canvas, in logits:
#
# $$c_t = c_{t-1} + \text{write}(h^{dec}_t) \qquad (8)$$
#
# ### Exercise 1: write (2 lines)
#
# `patch` is `(n, C, K, K)`, `out` is `(n, C, B, A)`. As in `read`, the filters need an axis where
# the channels are.


# %%
@exercise("07.write")
def write(patch, F_y, F_x, gamma):
    raise NotImplementedError
    return out, (patch, F_y, F_x, gamma)


# %% [markdown]
# Stuck? Run `hint("07.write")`. Run it again for the next step.
#
# Here is one patch, written through three windows with intensity 1. Each picture has its own scale.
# The number above it is the logit of its brightest pixel.


# %%
def banks(theta):
    """Filterbanks, intensity, and the caches of all three."""
    (x, y, stride, var, gamma), window_cache = layers.window(theta, height=B, width=A, K=K)
    F_y, cache_y = layers.filterbank(y, stride, var, K=K, A=B)
    F_x, cache_x = layers.filterbank(x, stride, var, K=K, A=A)
    return F_y, F_x, gamma, (window_cache, cache_y, cache_x)


ring = np.array(
    [[0, 1, 1, 1, 0], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [0, 1, 1, 1, 0]]
)

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.8)
picture(axes[0], ring, "patch")
for k, (log_var, log_stride) in enumerate([(0, -1.1), (-1.5, -0.5), (2.4, -0.5)]):
    F_y, F_x, gamma, _ = banks(np.array([[0, 0, log_var, log_stride, 0.0]]))
    laid, _ = write(ring[None, None].astype(float), F_y, F_x, gamma)
    picture(axes[1 + k], laid[0, 0], f"brightest: {laid.max():.2f}")
show(figure, "7.3")

# %% [markdown]
# ## Write is the adjoint of read
#
# Take one channel and $\gamma = 1$. You can read an image $x$, multiply the patch by some numbers
# $w$ entry by entry, and sum. Or you can write $w$, multiply the result by the image entry by
# entry, and sum. By index:
#
# $$\sum_{ji} w_{ji} \Big(\sum_{ba} F_Y[j, b]\, x_{ba}\, F_X[i, a]\Big)
# = \sum_{ba} x_{ba} \Big(\sum_{ji} F_Y[j, b]\, w_{ji}\, F_X[i, a]\Big)$$
#
# Both sides are the same sum in another order. The bracket on the left is a read, the bracket on
# the right is a write. Two linear maps are called **adjoint** if this holds for all $w$ and $x$: $w
# \cdot \text{read}(x) = \text{write}(w) \cdot x$. For a matrix, the adjoint is the transpose.
#
# You have met this already. If the gradient of the patch is $w$, the gradient of the image is the
# bracket on the right. So *to go back through a read, write.* And it works the other way round too:
# to go back from a stroke to its patch, read.

# %%
rng = np.random.default_rng(7)
F_y, F_x, _, _ = banks(0.3 * rng.standard_normal((3, 5)))
one, w = np.ones(3), rng.standard_normal((3, 2, K, K))
images, zero = rng.random((3, 2, B, A)), np.zeros((3, 2, B, A))
glimpse, cache = layers.read(zero, F_y, F_x, one, x=images)
print("read, times w: ", (glimpse[:, :2] * w).sum())
print("write, times x:", (images * write(w, F_y, F_x, one)[0]).sum())
np.testing.assert_allclose((glimpse[:, :2] * w).sum(), (images * write(w, F_y, F_x, one)[0]).sum())
dx_err, *_ = layers.read_backward(np.concatenate([0 * w, w], axis=1), cache)
np.testing.assert_allclose(dx_err, write(w, F_y, F_x, one)[0])  # the gradient of a read

# %% [markdown]
# **Predict.** You write the ring of figure 7.3, and read it back through the same window, once with
# sigma 0.14 and once with sigma 3. What do you get in each case?
#
# In both cases the filters lie on pixels, not between them. For this, the next cell solves (22) to
# (24) for three of the five numbers. They give a window around pixel 12 of row 14, with a stride of
# 3.

# %%
g_x, g_y, factor = 13 / ((A + 1) / 2) - 1, 15 / ((B + 1) / 2) - 1, 3 / ((max(A, B) - 1) / (K - 1))

# %% jupyter={"source_hidden": true}
figure, axes = panels(6, height=2.1)
for k, log_var in enumerate((-4.0, 2.2)):
    F_y, F_x, gamma, _ = banks(np.array([[g_x, g_y, log_var, np.log(factor), 0]]))
    written, _ = write(ring[None, None].astype(float), F_y, F_x, gamma)
    back = layers.read(written, F_y, F_x, gamma, x=0 * written)[0][:, 1:]
    sigma = np.exp(log_var / 2)
    picture(axes[3 * k], ring, f"sigma {sigma:.2f}\npatch")
    picture(axes[3 * k + 1], written[0, 0], "written")
    picture(axes[3 * k + 2], back[0, 0], f"read back\nhighest {back.max():.3f}")
show(figure, "7.4")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The narrow filters give the ring back, and the broad ones blur it. So adjoint doesn't mean
# inverse. In matrices, you read back $F_Y F_Y^T\, w\, F_X F_X^T$. The two products $F F^T$ are the
# identity only if the rows of $F$ don't overlap and have norm 1.
#
# </details>
#
# ## Write, backward
#
# Now `dout` arrives, with the shape of an image. Again, ask for each input where it was used.
#
# - **gamma** divides: `out = product / gamma`. So the gradient of the product is `dout / gamma`.
#   The derivative of $1/\gamma$ is $-1/\gamma^2$, and all pixels of an image use the same gamma.
# - **The patch**: to go back through a write, read, as the last section showed. Write this product
#   with NumPy; a call of minidraw's `read` isn't accepted.
# - **The filters** are two factors of a product of three, $F_Y^T\, w\, F_X$. Put brackets around
#   two of them, as in lesson 06, and let the shapes tell you which to transpose and on which side.
#   Or call `sandwich_backward` of lesson 06: which three factors do you give it? All `C` channels
#   of an image use the same filters.
#
# There are two ways to compute the sum for gamma. One runs over the pixels: `dout` times the
# product. Because write is the adjoint of read, you get the same sum over the patch: the patch
# times what a read makes of `dout`. The second sum is much shorter, with 25 terms instead of 672.
# Here are both for one image, and a finite difference:


# %%
def loss_at(gamma, dout, product):
    return (dout * product / gamma).sum()


((Fy,), (Fx,), *_), p = banks(np.array([[g_x, g_y, 2.2, np.log(factor), 0]])), w[0, 0]
dout, gamma, eps = rng.standard_normal((B, A)), 1.7, 1e-5
product = Fy.T @ p @ Fx
over_pixels = -(dout * product).sum() / gamma**2
over_patch = -((Fy @ dout @ Fx.T) * p).sum() / gamma**2
measured = loss_at(gamma + eps, dout, product) - loss_at(gamma - eps, dout, product)
print(f"{over_pixels:.8f} {over_patch:.8f} {measured / (2 * eps):.8f}")
np.testing.assert_allclose([over_pixels, over_patch], measured / (2 * eps), rtol=1e-6)

# %% [markdown]
# ### Exercise 2: write, backward (6 lines)
#
# Return four gradients, with the shapes of `patch`, `F_y`, `F_x` and `gamma`.


# %%
@exercise("07.write_backward")
def write_backward(dout, cache):
    patch, F_y, F_x, gamma = cache
    raise NotImplementedError
    return dpatch, dF_y, dF_x, dgamma


# %% [markdown]
# ## Ten strokes, with your functions
#
# The canvas is a sum of strokes, so the gradient of each stroke is the gradient of the canvas. The
# ten strokes can be computed as a batch, like ten images. So `copied` above needs only these two
# functions:


# %%
def stroke(patch, theta):
    F_y, F_x, gamma, caches = banks(theta)
    out, cache = write(patch, F_y, F_x, gamma)
    return out, (cache, caches)


def stroke_backward(dout, cache):
    cache, (window_cache, cache_y, cache_x) = cache
    dpatch, dF_y, dF_x, dgamma = write_backward(dout, cache)
    dcenter_y, dstride_y, dvar_y = layers.filterbank_backward(dF_y, cache_y)
    dcenter_x, dstride_x, dvar_x = layers.filterbank_backward(dF_x, cache_x)
    dwindow = dcenter_x, dcenter_y, dstride_y + dstride_x, dvar_y + dvar_x, dgamma
    return dpatch, layers.window_backward(dwindow, window_cache)


# %% [markdown]
# The cost is that of lesson 03, in nats per image. Even an exact copy has a cost, because a grey
# pixel counts as a random 0 or 1. Knowing its probability exactly doesn't tell you the outcome.
#
# **Predict.** What if the windows stay where they start, and only the patches learn? Will the copy
# be worse, and if so, by a little or by a lot? The patches have 250 numbers, and the windows add
# only 50.

# %%
patch, theta, costs = copied(stroke, stroke_backward)
still_patch, still_theta, still_costs = copied(stroke, stroke_backward, rate=0)
sure = np.clip(x, 1e-9, 1 - 1e-9)
(exact,), _ = layers.bernoulli_cost(np.log(sure / (1 - sure)), x=x)
print(f"patches alone {still_costs[-1]:.1f}, with windows {costs[-1]:.1f}, exact {exact:.1f} nats")

# %% jupyter={"source_hidden": true}
figure, (curves, *places) = panels(4, height=2.9, widths=[2, 1, 1, 1])
curves.plot(still_costs, "--", color=VERMILION, label="patches alone")
curves.plot(costs, color=BLUE, label="patches and windows")
curves.axhline(exact, color="black", linestyle=":", label="exact copy")
plain(curves, xlabel="step", ylabel="nats", ylim=(40, 200))
curves.legend(frameon=False)
picture(places[0], film(still_patch, still_theta)[-1], "patches alone", low=0, high=1)
picture(places[1], film(patch, theta)[-1], "and windows", low=0, high=1)
picture(places[2], x[0, 0], "the digit", low=0, high=1)
show(figure, "7.5", start=costs[0])

# %% [markdown]
# <details><summary>What you saw</summary>
#
# By a lot: 117 nats against 65. The windows start near the middle, and the ends of the digit lie
# outside. Where no filter reaches, the patches can't paint, whatever their numbers are.
#
# </details>
#
# Here is each of the ten strokes by itself.

# %%
out, _ = stroke(patch, theta)
center_x, center_y, stride, *_ = layers.window(theta, height=B, width=A, K=K)[0]

# %% jupyter={"source_hidden": true}
figure, axes = panels(5, rows=2, height=4.5)
for k, place in enumerate(axes.ravel()):
    picture(place, out[k, 0], f"{out[k].min():.1f} to {out[k].max():.1f}", low=-4, high=4)
    frame(place, (center_x[k], center_y[k], (K - 1) * stride[k]), K=2, color=VERMILION)
show(figure, "7.6")

# %% [markdown]
# Every stroke has dark parts as well as light ones. Both are needed: strokes add up, and none of
# them can erase. Where one is too bright, another must subtract. (For a stroke that covers what is
# below it, see `write_over` in [OPEN.md](OPEN.md), an open exercise.)
#
# ## DRAW with your read and write
#
# Now put your functions into a real DRAW. The bundled network of lesson 00 was trained with
# minidraw's functions. Here it redraws digits, but every time it reads or writes, it calls *your*
# `read` and `write`, with your window and filterbank. (Where one isn't written yet, it calls
# minidraw's.) `compose_layers` makes a set of layers in which your functions replace the package's.

# %%
network = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
given = (digits[[2, 5, 7, 12, 13, 17], None] > 0.5).astype(np.float32)
shape = draw.noise_shape(network.config_, len(given))
fresh = np.random.default_rng(7).standard_normal(shape).astype(np.float32)


def redraw(read, write):
    """The film of the given digits redrawn, with these two functions in the network."""
    own = {name: vars(layers)[name] for name in ("sigmoid", "window", "filterbank")}
    own_layers = compose_layers(own | {"read": read, "write": write})
    return draw.reconstruct(network.params_, Batch(given), fresh, network.config_, own_layers)


yours = redraw(layers.read, write)
package = draw.reconstruct(network.params_, Batch(given), fresh, network.config_, minidraw.layers)
print(f"largest difference from minidraw's: {np.abs(yours.canvas - package.canvas).max():.0e}")

# %% jupyter={"source_hidden": true}
figure, rows = panels(7, rows=3, height=4.2)
for i, row_of_axes in enumerate(rows):
    picture(row_of_axes[0], given[i, 0], "given" if i == 0 else "", low=0, high=1)
    for place, t in zip(row_of_axes[1:], (1, 4, 8, 12, 20, 32), strict=True):
        title = f"step {t}" if i == 0 else ""
        picture(place, layers.sigmoid(yours.canvas[t, i, 0]), title, low=0, high=1)
        parts = [part[t - 1, i] for part in yours.write_window[:3]]
        frame(place, (*parts[:2], (K - 1) * parts[2]), K=2, color=VERMILION)
        parts = [part[t - 1, i] for part in yours.read_window[:3]]
        frame(place, parts, K=2)
show(figure, "7.7")

# %% [markdown]
# These digits are redrawn by a trained network that looks through your `read` and paints with your
# `write`. So you can also change what it sees. Here is a `read` that sees nothing: it returns
# zeros.
#
# **Predict.** What will the network paint if its `read` returns only zeros: nothing, the same
# digits but blurred, or other digits?


# %%
def see_nothing(x_err, F_y, F_x, gamma, *, x):
    glimpse, cache = layers.read(x_err, F_y, F_x, gamma, x=x)
    return 0 * glimpse, cache


blind = redraw(see_nothing, write)
for name, one in (("your read", yours), ("sees nothing", blind)):
    print(
        f"{name:13} {layers.bernoulli_cost(one.canvas[-1], x=given)[0].mean():6.1f} nats per image"
        " (image cost alone; pixels cut at one half)"
    )

# %% jupyter={"source_hidden": true}
figure, rows = panels(6, rows=3, height=4.4)
named = ("given", given), ("your read", yours.canvas[-1]), ("sees nothing", blind.canvas[-1])
for axes, (name, images) in zip(rows, named, strict=True):
    for i, place in enumerate(axes):
        seen = images[i, 0] if name == "given" else layers.sigmoid(images[i, 0])
        picture(place, seen, name if i == 0 else "", low=0, high=1)
show(figure, "7.8")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Almost the same thin stroke six times, whatever the digit is. With your `read` the image cost of
# the digits, cut at one half, is 45 nats on average; with the blind one it is 1,493. A glimpse of
# zeros doesn't mean "unknown" to the network: it is what the network sees where the image is black
# and the canvas is already right.
#
# </details>
#
# ## Where it lives
#
# `write` and `write_backward` are in `minidraw/layers/attention.py`, below `read`. All the writing
# of one step is `write_attention` in `minidraw/layers/read_write.py`. The first cell compares them
# with this lesson.
#
# The second cell looks at the trained network. By (8) and (29), the difference between two
# neighbouring canvases of its film must be a patch that was written. The cell looks for this patch,
# and stops if there is none. It undoes the two products with `np.linalg.pinv`, the
# **pseudoinverse**, which gives the least-squares solution where there is no inverse.

# %%
patches, thetas = rng.standard_normal((4, 2, K, K)), 0.3 * rng.standard_normal((4, 5))
F_y, F_x, gamma, _ = banks(thetas)
strokes, cache = write(patches, F_y, F_x, gamma)
by_sums = np.einsum("njb,ncji,nia->ncba", F_y, patches, F_x) / gamma[:, None, None, None]
np.testing.assert_allclose(strokes, by_sums)  # eq 29, word for word
theirs, their_cache = minidraw.layers.write_attention(
    patches.reshape(4, -1), thetas, height=B, width=A, K=K
)
np.testing.assert_allclose(strokes, theirs)
dout = rng.standard_normal(strokes.shape)
_, package_cache = minidraw.layers.write(patches, F_y, F_x, gamma)
ours, right = write_backward(dout, cache), minidraw.layers.write_backward(dout, package_cache)
for mine, package in zip(ours, right, strict=True):
    np.testing.assert_allclose(mine, package)
# The gradient of a write is a read of what arrives: divided by gamma, where read multiplies.
through, _ = minidraw.layers.read(dout, F_y, F_x, 1 / gamma, x=0 * dout)
np.testing.assert_allclose(ours[0], through[:, 2:])
print("write agrees with the package, there and back")

# %%
noise = rng.standard_normal(draw.noise_shape(network.config_, 1)).astype(np.float32)
painting = draw.generate(network.params_, noise, network.config_, layers)
window, worst = painting.write_window, 0.0
for t in range(len(window.stride)):
    stroke_t = (painting.canvas[t + 1] - painting.canvas[t])[0, 0].astype(np.float64)  # eq 8
    Fy, _ = minidraw.layers.filterbank(
        window.center_y[t], window.stride[t], window.var[t], K=K, A=28
    )
    Fx, _ = minidraw.layers.filterbank(
        window.center_x[t], window.stride[t], window.var[t], K=K, A=28
    )
    found = np.linalg.pinv(Fy[0].T) @ stroke_t @ np.linalg.pinv(Fx[0])  # a patch, times 1 / gamma
    worst = max(worst, np.abs(Fy[0].T @ found @ Fx[0] - stroke_t).max() / np.abs(stroke_t).max())
print(f"{t + 1} strokes of the network; largest error {worst:.1e} of a stroke, in float32")
assert worst < 1e-3

# %% [markdown]
# ## In practice
#
# * The adjoint makes a good test that needs no finite difference. With a transpose on the wrong
#   side, or with exchanged axes, the two sums above differ. minidraw's own tests use it.
# * Read and write each need a linear layer of their own for their windows. In programs that share
#   one layer, each step can only look where the step before wrote.
# * The trained network uses its intensity. The cell below shows this for one painting: at every
#   step the network divides by a gamma below 1, which makes its strokes strong. Its gamma is
#   largest at the last step, where its window is smallest.
# * A patch holds logits, which can be any numbers. With a large positive number beside a large
#   negative one it draws edges that are sharper than its filters.

# %%
for t in (0, 8, 16, 24, 31):
    step_stride, step_gamma = float(window.stride[t, 0]), float(window.gamma[t, 0])
    print(f"step {t + 1:2d}: stride {step_stride:.2f}, gamma {step_gamma:.3f}")
print(f"over all steps: gamma from {window.gamma.min():.3f} to {window.gamma.max():.3f}")

# %% [markdown]
# ## Recap
#
# * Write spreads each number of a patch around the position of its filter: $\frac{1}{\gamma}
#   F_Y^T\, w\, F_X$. Strokes add up on the canvas, in logits.
# * Write is the adjoint of read: to go back through one, apply the other. The factor stays the
#   same: $\gamma$ on the way back through a read, $1/\gamma$ on the way back through a write.
# * Adjoint isn't inverse. Reading back what you wrote gives the same patch only if the rows of $F$
#   don't overlap and have norm 1. Otherwise the patch is blurred or scaled.
# * A wide window paints faintly. A small gamma makes up for it.
# * With your `window`, `filterbank`, `read` and `write`, a trained DRAW looks and paints exactly as
#   before.
#
# ## Three questions
#
# 1. You double gamma. How does the stroke change, and how does the gradient of the patch?
#
#    <details><summary>Answer</summary>
#
#    Both are halved: the stroke is divided by gamma, and so is the gradient on its way back to the
#    patch.
#
#    </details>
#
# 2. A patch holds only positive numbers. Can its stroke make a pixel darker?
#
#    <details><summary>Answer</summary>
#
#    No. The filters are positive, so every pixel's logit rises or stays. Only negative numbers
#    darken.
#
#    </details>
#
# 3. Why does the network have two windows, one to read and one to write?
#
#    <details><summary>Answer</summary>
#
#    It may want to look at one place and paint at another. With one layer for both windows, each
#    step could only look where the step before wrote.
#
#    </details>
#
# ## What is next
#
# The ten strokes of figure 7.1 were found by gradient descent for one digit. For the next digit you
# would have to start again. A network that paints must look, decide, and remember what it did.
# Remembering comes first, in lesson 08.
