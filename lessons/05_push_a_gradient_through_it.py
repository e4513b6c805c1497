# %% [markdown]
# # 05 Push a gradient through it
#
# **You'll do:** four exercises, eighteen lines in all: the gradients of a softmax, of an exponent,
# of the filterbank and of the window.
#
# **You'll learn:** to take a formula apart into links, differentiate each, and join them; and to
# trust the result because a finite difference (the measurement of lesson 01) says the same.
#
# **You'll need:** lesson 01 (a value used twice adds its gradients; what is broadcast forward is
# summed backward), lesson 02 (products) and lesson 04. 90 minutes, best in two sittings: part 1
# takes about 50 of them, part 2 about 40.
#
# | paper | here | |
# |---|---|---|
# | $F_X$, $F_Y$ | `F` | filters, `(n, K, A)`; each row sums to 1 |
# | $\mu^i$ | `mu` | the filters' positions, `(n, K)` |
# | $a - \mu^i$ | `dist` | pixel minus filter, `(n, K, A)` |
# | $i - N/2 - 0.5$ | `offset` | a filter's position in strides, 0 at the centre, `(K,)` |
# | exponent in (25) | `u` | $-(a - \mu)^2 / (2 \sigma^2)$, `(n, K, A)` |
# | | `dF`, `dmu`, .. | gradients of the loss: `dF` is $\partial L/\partial F$, shaped like `F` |

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
)
from minidraw.learn.exercises.lesson_06 import sandwich, sandwich_backward

layers = use_earlier("05")
digit = as_float(minidraw.load("digits").train.images[3, 0], np.float64)
B, A, K = 34, 46, 5
scene = np.zeros((B, A))
scene[4:32, 16:44] = digit  # off the middle
rng = np.random.default_rng(5)

# %% [markdown]
# # Part 1: the filters
#
# ## The goal
#
# Somewhere in a dark scene there is a digit. A window should find the place where it reads a given
# patch. The **loss** says how far off it is: half the sum of squared differences between what the
# window reads and the wanted patch. Each arrow below shows which way the loss pulls a window that
# sits at the arrow's foot. This is the direction against the gradient. By the end of this lesson
# you will have written the functions that make these arrows.

# %%
STRIDE, VAR = np.array([4.0]), np.array([20.0])


def banks(x, y):
    """Both filterbanks of a window at (x, y), and their caches."""
    F_y, cache_y = layers.filterbank(np.array([y]), STRIDE, VAR, K=K, A=B)
    F_x, cache_x = layers.filterbank(np.array([x]), STRIDE, VAR, K=K, A=A)
    return F_y, F_x, cache_y, cache_x


F_y, F_x, *_ = banks(29.5, 17.5)
wanted = F_y @ scene @ F_x.mT  # what is read from the middle of the digit


def loss(x, y):
    F_y, F_x, *_ = banks(x, y)
    return 0.5 * ((F_y @ scene @ F_x.mT - wanted) ** 2).sum()


# %% [markdown]
# We give you two steps of the way back. The loss is half a sum of squares, so the gradient of the
# patch is simply the difference between the two patches. And the patch is a product, `F_y @ scene @
# F_x.T`, so its gradient goes back by products, as in lesson 02. The code calls this product a
# `sandwich`: an image between two filterbanks. Its backward, `sandwich_backward`, returns the
# gradients of `F_y`, of the image and of `F_x`. You'll write it yourself in the next lesson.


# %%
def filter_gradients(x, y):
    """Return the gradients of both filterbanks, and the caches to go on with."""
    F_y, F_x, cache_y, cache_x = banks(x, y)
    patch, cache = sandwich(F_y, scene, F_x)
    dF_y, _, dF_x = sandwich_backward(patch - wanted, cache)  # of half the sum of squares
    return dF_y, dF_x, cache_y, cache_x


def pulls(places, backward):
    """Return minus the gradient with respect to the centre, for every (x, y)."""
    found = []
    for x, y in places:
        dF_y, dF_x, cache_y, cache_x = filter_gradients(x, y)
        found.append((-backward(dF_x, cache_x)[0][0], -backward(dF_y, cache_y)[0][0]))
    return np.array(found)


# %%
def arrows(axes, backward):
    """The scene, with arrows that point to where the loss gets smaller."""
    places = [(x, y) for y in range(3, B, 5) for x in range(3, A, 5)]
    pull = pulls(places, backward)
    length = np.linalg.norm(pull, axis=1, keepdims=True)
    pull = pull * 3.5 / np.maximum(length, length.max() / 8)
    picture(axes, 0.6 * scene, low=0, high=1)
    axes.quiver(
        *np.array(places).T, *pull.T, color=VERMILION, angles="xy", scale_units="xy", scale=1
    )


# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4)
arrows(axes, layers.filterbank_backward)
axes.plot(29.5, 17.5, "o", color=GREEN, markeredgecolor="white")
show(figure, "5.1")

# %% [markdown]
# ## The idea, in words
#
# From the five numbers to the loss there is a chain:
#
# `theta` → `center`, `stride`, `var` → `mu` → exponent `u` → `F` → patch → loss
#
# A change at the left end runs through every link. Each link multiplies it by its slope; this is
# the chain rule. Going backward, you start at the right, at the loss. For each link you ask only
# one question: *given the gradient of its output, what is the gradient of its input?*
#
# So each link gets a function of its own, `thing_backward(dout, cache)`. Here `dout` has the shape
# of the output, the result has the shape of the input, and the cache is what the forward has kept.
# The last link before `F` is the softmax, which makes `F` from the exponents `u`. So on the way
# back it comes first.
#
# ## Link 1: the softmax
#
# Along a row of pixels, equation 25 is $F_a = e^{u_a} / \sum_b e^{u_b}$. A function of this form is
# called a **softmax**. Increasing one exponent $u_a$ does two things. It makes its own height
# $e^{u_a}$ larger. And it makes the sum of all heights, the **normaliser**, larger. A larger
# normaliser makes every weight of the row smaller: the weights must still sum to 1.
#
# Call the normaliser $s = \sum_b e^{u_b}$, so $F_b = e^{u_b}/s$. Now move $u_a$ and apply the
# quotient rule. For another pixel, $b \ne a$, only $s$ moves, and $\partial F_b / \partial u_a =
# -e^{u_b} e^{u_a} / s^2 = -F_b F_a$. For the same pixel, $b = a$, the height moves as well, and
# $\partial F_a / \partial u_a = e^{u_a}/s - e^{u_a} e^{u_a}/s^2 = F_a - F_a F_a$. Both cases in one
# line:
#
# $$\frac{\partial F_b}{\partial u_a} = F_b\,([a = b] - F_a)$$
#
# where $[a = b]$ is 1 if $a$ and $b$ are the same pixel, and 0 otherwise. The cell prints this
# table for a row of three pixels, and below it the same table by finite differences:


# %%
def softmax(u):
    heights = np.exp(u - u.max())
    return heights / heights.sum()


u = np.array([0.2, -0.5, 1.0])
row, eps = softmax(u), 1e-5
by_formula = np.diag(row) - np.outer(row, row)  # entry [b, a]
measured = [(softmax(u + eps * e) - softmax(u - eps * e)) / (2 * eps) for e in np.eye(3)]
print(by_formula.round(6))
print(np.transpose(measured).round(6))
np.testing.assert_allclose(by_formula, np.transpose(measured), rtol=1e-6)

# %% [markdown]
# **Predict.** Each column of that table has the same sum. What is it, and why?

# %%
print(by_formula.sum(axis=0).round(15))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Each column sums to 0. The weights of the row sum to 1 whatever $u_a$ does, so the changes of the
# weights must cancel.
#
# </details>
#
# Now the gradient of a loss. $u_a$ changes the loss through every $F_b$ of the row. So its gradient
# is a sum over all of them:
#
# $$\frac{\partial L}{\partial u_a} = \sum_b \frac{\partial L}{\partial F_b}
# \frac{\partial F_b}{\partial u_a}$$
#
# ### Exercise 1: the softmax (2 lines)
#
# Put the derivative into that sum, and split the sum in two. The part with $[a = b]$ has only one
# term. The other part contains a sum that is the same for every $a$. So you never need a table like
# the one above. `dF` and `F` have the shape `(n, K, A)`, and each row of `A` pixels is a softmax of
# its own.


# %%
@exercise("05.softmax_backward")
def softmax_backward(dF, F):
    raise NotImplementedError


# %% [markdown]
# ## Link 2: the exponent
#
# The exponent is $u = -(a - \mu)^2 / (2 \sigma^2)$. How does it change with $\mu$? The derivative
# of the square is $2(a - \mu)$, and the derivative of the inner $a - \mu$ is $-1$. Together with
# the minus sign in front:
#
# $$\frac{\partial u}{\partial \mu} = -\frac{2 (a - \mu)}{2 \sigma^2} \cdot (-1)
# = \frac{a - \mu}{\sigma^2}$$


# %%
def exponent(mu):
    return -((4 - mu) ** 2) / (2 * 2.0)  # pixel 4, a filter at mu, variance 2


print("formula:          ", (4 - 2.5) / 2.0)
print("finite difference:", (exponent(2.5 + eps) - exponent(2.5 - eps)) / (2 * eps))
np.testing.assert_allclose((4 - 2.5) / 2, (exponent(2.5 + eps) - exponent(2.5 - eps)) / (2 * eps))

# %% [markdown]
# The sign makes sense. A filter that moves to the right comes nearer to the pixels on its right,
# for which $a - \mu$ is positive, and their exponents grow.
#
# Now count the uses. All `A` pixels of a row use the $\mu$ of that filter. And since $\mu^i = g +
# \text{offset}_i\,\delta$, all `K` filters use the same centre $g$, each with slope 1.
#
# ### Exercise 2: from the exponent to the centre (3 lines)
#
# `du` and `dist` have the shape `(n, K, A)`, `var` has `(n,)`. Return `dcenter`, shape `(n,)`.


# %%
@exercise("05.exponent_backward")
def exponent_backward(du, cache):
    dist, var = cache
    raise NotImplementedError


# %% [markdown]
# This is a good place for a break. You have pushed a gradient from the filters to the centre of the
# window. Still to come are stride, variance and intensity, and the way from the window to `theta`.
#
# # Part 2: the whole window
#
# **If you come back after a break,** select this cell and choose *Run > Run All Above Selected
# Cell*. Solved exercises are saved in `mine.py`, so they come back by themselves. You need to
# remember:
#
# * the chain `theta` → `center`, `stride`, `var` → `mu` → `u` → `F` → patch → loss;
# * `dist`, pixel minus filter, `(n, K, A)`, and `offset`, a filter's position in strides, `(K,)`;
# * what you have: `softmax_backward`, which gives `du` from `dF`, and `exponent_backward`, which
#   gives `dcenter` from `du`.
#
# ## Link 3: stride and variance
#
# Every filter uses the stride, as it uses the centre. But the slope differs from filter to filter:
# $\partial \mu^i / \partial \delta = \text{offset}_i$. A larger stride moves the outer filters
# most. (With an odd `K`, the middle filter stays where it is.)
#
# The variance is used by every filter and every pixel of an image. Call it $v = \sigma^2$. The
# derivative of $1/v$ is $-1/v^2$, so
#
# $$\frac{\partial u}{\partial v} = \frac{(a - \mu)^2}{2 v^2}$$


# %%
def of_variance(v):
    return -((4 - 2.5) ** 2) / (2 * v)


print("formula:          ", (4 - 2.5) ** 2 / (2 * 2.0**2))
print("finite difference:", (of_variance(2 + eps) - of_variance(2 - eps)) / (2 * eps))
np.testing.assert_allclose(1.5**2 / 8, (of_variance(2 + eps) - of_variance(2 - eps)) / (2 * eps))

# %% [markdown]
# **Predict.** All entries of `dF` are 1: the loss would change equally with every weight. What are
# the gradients of centre, stride and variance?

# %%
_, cache = layers.filterbank(np.array([3.0]), np.array([2.0]), np.array([1.5]), K=3, A=7)
print([part.round(15) for part in layers.filterbank_backward(np.ones((1, 3, 7)), cache)])

# %% [markdown]
# <details><summary>What you saw</summary>
#
# All three are 0. Each row sums to 1 whatever the window does, so a loss that depends only on these
# sums can't change.
#
# </details>
#
# ### Exercise 3: the filterbank, backward (6 lines)
#
# Join the links: from `dF` to `dcenter`, `dstride` and `dvar`, each of shape `(n,)`. You may call
# your `softmax_backward`. Compute `dmu`, shape `(n, K)`, and keep it: both the centre and the
# stride need it.


# %%
@exercise("05.filterbank_backward")
def filterbank_backward(dF, cache):
    F, dist, offset, var = cache
    raise NotImplementedError
    return dcenter, dstride, dvar


# %% [markdown]
# For more practice with absolute values instead of squares, `laplace_filterbank_backward` in
# [OPEN.md](OPEN.md) is an open exercise.
#
# ## The loss and its tangent
#
# Now use your functions. The next figure shows the loss for windows further and further to the
# right. The dashed line is the tangent at one of these windows, with the slope that your gradient
# gives. A wrong factor would tilt it.

# %%
xs, at = np.linspace(2, 44, 127), 24.0
_, dF_x, _, cache_x = filter_gradients(at, 17.5)
slope = filterbank_backward(dF_x, cache_x)[0][0]
by_wiggle = (loss(at + eps, 17.5) - loss(at - eps, 17.5)) / (2 * eps)
near = np.array([at - 5, at + 5])

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
axes.plot(xs, [loss(x, 17.5) for x in xs], color=BLUE, label="loss")
axes.plot(near, loss(at, 17.5) + slope * (near - at), "--", color=VERMILION, label="tangent")
axes.plot(at, loss(at, 17.5), "o", color=VERMILION)
plain(axes, xlabel="center_x, in pixels", ylabel="loss")
axes.legend(frameon=False)
show(figure, "5.2", slope=slope, measured=by_wiggle)
np.testing.assert_allclose(slope, by_wiggle, rtol=1e-6)

# %% [markdown]
# On the left the curve is flat. There the window sees only darkness, and a little further to the
# right it is just as dark. Where the slope is 0, the gradient gives no direction. This is why a
# network should start with wide windows, which see something.
#
# ## Link 4: the window's exp
#
# The network emits `theta`, and the window is made from it. By (22) the centre is a linear function
# of $\tilde g_X$: $g_X = \frac{A+1}{2} (\tilde g_X + 1) - 1$. So its slope is $\frac{A+1}{2}$.
# Variance, stride and intensity are exponentials, and the derivative of $e^r$ is $e^r$: the output
# itself. For the variance, $\partial \sigma^2 / \partial (\log \sigma^2) = \sigma^2$. Where a
# logarithm was clipped to ±12, the output doesn't change with it, and the gradient is 0.


# %%
def window_at(log_var):
    (_, _, _, var, _), _ = layers.window(np.array([[0, 0, log_var, 0, 0]]), height=B, width=A, K=K)
    return var[0]


for log_var in (0.7, 12.5):
    measured = (window_at(log_var + eps) - window_at(log_var - eps)) / (2 * eps)
    print(f"log var {log_var}: var {window_at(log_var):.6g}, finite difference {measured:.6g}")

# %% [markdown]
# ### Exercise 4: the window, backward (7 lines)
#
# `dout` holds the gradients of the five outputs, each `(n,)`. Return `dtheta`, the gradient of
# `theta`, shape `(n, 5)`, in the order of (21): the variance before the stride. The x axis is done.
# The cached `stride` is $\delta$ of (24), with its factor included. Only the three logarithms were
# clipped; where one is beyond ±12, its gradient is zero. The two centres are never clipped.


# %%
@exercise("05.window_backward")
def window_backward(dout, cache):
    dcenter_x, dcenter_y, dstride, dvar, dgamma = dout
    theta, stride, var, gamma, height, width = cache
    dtheta = np.zeros_like(theta)
    dtheta[:, 0] = (width + 1) / 2 * dcenter_x  # center_x = (width + 1) / 2 * (theta + 1) - 1
    raise NotImplementedError
    return dtheta


# %% [markdown]
# ## Let it go
#
# With all links joined, you have the gradient of the loss with respect to `theta`. Now a window
# starts in a corner and takes small steps against this gradient. Nobody tells it where the digit
# is.
#
# **Predict.** The window starts too wide: its stride is 6.2 and its variance 67, while 4 and 20
# would be right. Will it become narrower from the first step on? And will it move to the digit in a
# straight line?


# %%
def theta_gradient(theta):
    """Return the loss, the window, and the gradient of the five numbers."""
    window, window_cache = layers.window(theta, height=B, width=A, K=K)
    x, y, stride, var, gamma = window
    F_y, cache_y = layers.filterbank(y, stride, var, K=K, A=B)
    F_x, cache_x = layers.filterbank(x, stride, var, K=K, A=A)
    patch, cache = sandwich(F_y, scene, F_x)
    dpatch = patch - wanted
    dF_y, _, dF_x = sandwich_backward(dpatch, cache)
    dcenter_y, dstride_y, dvar_y = filterbank_backward(dF_y, cache_y)
    dcenter_x, dstride_x, dvar_x = filterbank_backward(dF_x, cache_x)
    # Both axes use the same stride and variance: their gradients add.
    dout = dcenter_x, dcenter_y, dstride_y + dstride_x, dvar_y + dvar_x, 0 * gamma
    return 0.5 * (dpatch**2).sum(), window, window_backward(dout, window_cache)


# %%
# centre at the lower left; log variance 4.2 (67), log stride -0.6 (6.2 pixels)
theta, path = np.array([[-0.5, 0.5, 4.2, -0.6, 0.0]]), []
for _ in range(400):
    value, window, dtheta = theta_gradient(theta)
    path.append((value, *(float(part[0]) for part in window)))
    theta = theta - 0.04 * dtheta
path = np.array(path)
for step in (0, 10, 40, 150, 399):
    value, x, y, stride, var, _ = path[step]
    words = f"loss {value:.4f}, centre {x:4.1f} {y:4.1f}, stride {stride:.2f}"
    print(f"step {step:3}: {words}, variance {var:.1f}")

# %% jupyter={"source_hidden": true}
figure, (left, right) = panels(2, height=3.2)
picture(left, 0.6 * scene, low=0, high=1)
left.plot(path[:, 1], path[:, 2], color=VERMILION)
frame(left, path[0, 1:4], K=K, color=BLUE)
frame(left, path[-1, 1:4], K=K)
right.plot(path[:, 0], color=BLUE, label="loss")
right.plot(path[:, 3] / 10, "--", color=GREEN, label="stride / 10")
right.plot(path[:, 4] / 100, ":", color=VERMILION, label="variance / 100")
plain(right, xlabel="step")
right.legend(frameon=False)
show(figure, "5.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# It becomes wider first, for some ten steps. At the start only its right edge touches the digit,
# and wider filters see more of it. Near the digit it becomes narrower, which takes much longer than
# getting there. And the path isn't straight: it first leads to the right, and later upward. The
# gradient says which way is steepest from here. It says nothing about where the path will end.
#
# </details>
#
# ## Where it lives
#
# `filterbank_backward` and `window_backward` are in `minidraw/layers/attention.py`, each right
# below its forward. Softmax and exponent are not functions there, but single lines of
# `filterbank_backward`. A comment beside each repeats the forward line that it undoes. `minidraw
# gradcheck` compares every gradient of the package with finite differences.

# %%
F, cache = minidraw.layers.filterbank(np.array([20.0]), STRIDE, VAR, K=K, A=A)
dF = rng.standard_normal(F.shape)
for ours, theirs in zip(
    filterbank_backward(dF, cache), minidraw.layers.filterbank_backward(dF, cache), strict=True
):
    np.testing.assert_allclose(ours, theirs)
du = softmax_backward(dF, cache.F)  # the links one by one give what the package gives at once
np.testing.assert_allclose(
    exponent_backward(du, (cache.dist, cache.var)),
    minidraw.layers.filterbank_backward(dF, cache)[0],
)
_, cache = minidraw.layers.window(0.3 * rng.standard_normal((3, 5)), height=B, width=A, K=K)
dout = tuple(rng.standard_normal((5, 3)))
np.testing.assert_allclose(
    window_backward(dout, cache), minidraw.layers.window_backward(dout, cache)
)
print("all four links agree with the package")

# %% [markdown]
# ## In practice
#
# * The check tries your function on several random sets of inputs. Their sizes are different
#   primes, such as 3 images, 5 filters and 7 pixels. With a single image, an average over images
#   would look right. With `K == A`, so would a transposed array.
# * The most common mistake here is to forget that the normaliser changes too. The network may still
#   learn with such a gradient. Bugs that only slow a network down can stay for years. A finite
#   difference finds them.
# * A gradient check can't tell whether you differentiated the *right* function. For that, test
#   known answers, such as "zeros give the whole image" in lesson 04.
#
# ## Recap
#
# * Take a formula apart into links. Each link needs only the gradient of its output and its cache.
# * Softmax: $du = F\,(dF - \sum_b dF_b F_b)$. The sum comes from the normaliser.
# * Exponent: the gradient of a filter's position is $d\mu^i = \sum_a du_a (a - \mu^i)/\sigma^2$.
#   The gradient of the centre is the sum of all $d\mu^i$. The gradient of the stride is the sum of
#   $d\mu^i$ times offset.
# * The derivative of exp is exp, so the gradients of the logarithms are `var * dvar`, `stride *
#   dstride` and `gamma * dgamma`, and 0 where they were clipped.
# * Where a window sees nothing, the gradient is 0 and gives no direction.
#
# ## Three questions
#
# 1. You add 5 to all entries of `dF` in a row. How does `du` change?
#
#    <details><summary>Answer</summary>
#
#    Not at all. The weights of the row sum to 1, so the sum in the softmax's gradient grows by 5
#    too, and the two cancel.
#
#    </details>
#
# 2. Why does the stride's gradient not depend on the middle filter of five?
#
#    <details><summary>Answer</summary>
#
#    Its offset is 0, so its position doesn't change with the stride.
#
#    </details>
#
# 3. A network emits 14 for $\log \sigma^2$. What is its gradient?
#
#    <details><summary>Answer</summary>
#
#    0. The logarithm is clipped at 12, and beyond that the variance no longer changes with it.
#
#    </details>
#
# ## What is next
#
# In this lesson the gradient of the product with the image was given. Lesson 06 makes a layer of
# this product: `read`, with an intensity, an error image beside the image, and its own backward.
