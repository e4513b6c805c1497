# %% [markdown]
# # 01 Wiggle and measure
#
# **You'll do:** four exercises, seven lines in all: measure a slope, and write three gradients by
# hand that the measurement then confirms.
#
# **You'll learn:** to check any gradient by wiggling its input; the chain rule; and the two rules
# by which gradients add up. All later lessons rest on these.
#
# **You'll need:** Python, a little NumPy, and first-year calculus: the derivatives of powers, sin
# and exp. 40 minutes.
#
# | here | |
# |---|---|
# | `eps` | the size of a wiggle |
# | slope | how much a result changes per change of its input, for a wiggle that shrinks to 0 |
# | loss, $L$ | one number that says how bad a result is |
# | `dy`, `dx` | gradients: `dy` is $\partial L/\partial y$, `dx` is $\partial L/\partial x$ |
# | cache | what a function keeps for the way back |
# | `n`, `I` | numbers of rows and columns |

# %%
import numpy as np

from minidraw import gradcheck
from minidraw.learn import exercise, hint
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show

rng = np.random.default_rng(1)

# %% [markdown]
# ## The goal
#
# Everything in this series hangs on slopes, and slopes can be measured: move the input by a little,
# see by how much the result moves, divide. How little is best? Below is the error of such a
# measurement against the size of the wiggle. You might expect a line that falls and falls as the
# wiggle shrinks. It is a V. By the end of this lesson you know where both of its sides come from,
# and use its bottom to check gradients that you wrote.

# %%
steps = 10.0 ** np.arange(-13, 0.1, 0.25)
x0, truth = 1.0, np.cos(1.0)  # the slope of the sine is the cosine
one_sided = (np.sin(x0 + steps) - np.sin(x0)) / steps

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.4)
axes.loglog(steps, np.abs(one_sided - truth), "o-", color=BLUE, markersize=4)
plain(axes, xlabel="eps, the size of the wiggle", ylabel="error of the measured slope")
show(figure, "1.1")

# %% [markdown]
# ## The idea, in words
#
# A network is a long formula with many numbers in it that can be turned: its weights. To improve it
# you must know, of each weight, which way to turn it, and how much that helps. That is a slope, and
# there is one per weight.
#
# There are two ways to find a slope. You can **measure** it: wiggle the number, run the formula
# again, compare. That needs no thought and can hardly go wrong, but it takes two runs for each
# weight, and a network may have a million of them. Or you can **derive** it: with pen, paper and
# the chain rule you get a second formula, which gives all the slopes at once. That is fast, and
# easy to get wrong.
#
# So you do both. You derive the slope, and a measurement on a small example says whether you were
# right. The measurement is also what judges your exercises.
#
# ## Measure a slope
#
# The slope of $f$ at $x$ is what $\frac{f(x + \varepsilon) - f(x)}{\varepsilon}$ tends to as
# $\varepsilon$ goes to 0. A computer can't let it go to 0, but it can take a small one:


# %%
def one_sided_slope(f, x, *, eps):
    return (f(x + eps) - f(x)) / eps


for eps in (0.1, 0.01, 0.001):
    measured = one_sided_slope(np.sin, 1.0, eps=eps)
    print(f"eps {eps:5}: {measured:.7f}, off by {abs(measured - truth):.1e}")

# %% [markdown]
# It works, but slowly: a wiggle ten times smaller makes the error ten times smaller. The picture
# shows why. The line through the curve's points at $x$ and $x + \varepsilon$ has the wrong slope,
# because it uses the curve on one side of $x$ only. A line through two points on *both* sides of
# $x$ is nearly parallel to the tangent.

# %%
x, wide = np.linspace(-0.1, 2.1, 111), 0.8
places = {"one side": (1.0, 1.0 + wide), "both sides": (1.0 - wide, 1.0 + wide)}

# %% jupyter={"source_hidden": true}
figure, both = panels(2, height=2.9)
for axes, (name, ends) in zip(both, places.items(), strict=True):
    axes.plot(x, np.sin(x), color=BLUE)
    axes.plot(x, np.sin(1) + truth * (x - 1), ":", color="black", label="true slope")
    ends = np.array(ends)
    axes.plot(ends, np.sin(ends), "o--", color=VERMILION, label=name)
    plain(axes, xlabel="x", ylabel="sin x", ylim=(-0.15, 1.6))
    axes.legend(frameon=False, loc="upper left")
show(figure, "1.2")

# %% [markdown]
# ### Exercise 1: a slope from both sides (1 line)
#
# `f` is a function, and `x` is a number or an array of numbers. Return an array with the shape of
# `x`. Measure `f` at `x - eps` and at `x + eps`. Replace the `raise` line and run the cell. Your
# function is then tried on random inputs, and you are told the result. A right one is saved to a
# file of yours, `mine.py`. Until it is right, the lesson goes on with minidraw's own.


# %%
@exercise("01.slope")
def slope(f, x, *, eps):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("01.slope")` in a cell of its own, and again for the next step.

# %%
for eps in (0.1, 0.01, 0.001):
    measured = slope(np.sin, 1.0, eps=eps)
    print(f"eps {eps:5}: {measured:.10f}, off by {abs(measured - truth):.1e}")

# %% [markdown]
# Now a wiggle ten times smaller makes the error a hundred times smaller. Taylor's formula says why.
# Near $x$,
#
# $$f(x \pm \varepsilon) = f(x) \pm \varepsilon f'(x) + \tfrac{\varepsilon^2}{2} f''(x)
# \pm \tfrac{\varepsilon^3}{6} f'''(x) + \dots$$
#
# On one side, subtract $f(x)$ and divide by $\varepsilon$. That leaves
# $f'(x) + \tfrac{\varepsilon}{2} f''(x) + \dots$, with an error that shrinks as $\varepsilon$ does.
# On both sides, the terms with an even power are the same and cancel. What is left,
# divided by $2 \varepsilon$, is $f'(x) + \tfrac{\varepsilon^2}{6} f'''(x) + \dots$, with an error
# that shrinks as $\varepsilon^2$ does. This is called a **central difference**.
#
# **Predict.** The central difference's error falls with $\varepsilon^2$. So at `eps = 1e-5` it
# should be near 1e-11. What will it be at `eps = 1e-12`: 1e-25, 1e-16, or something much larger?

# %%
for eps in (1e-5, 1e-8, 1e-12):
    print(f"eps {eps:.0e}: off by {abs(slope(np.sin, 1.0, eps=eps) - truth):.0e}")

# %% [markdown]
# ## Why it is a V
#
# A float64 number carries about 16 digits. So `f(x + eps)` is off by up to about
# $u = 1.1 \cdot 10^{-16}$ times its size, and so is `f(x - eps)`. The two are nearly equal. When
# they are subtracted, the digits that they share vanish, and what was wrong in the last digit
# stays. Then you divide by a tiny number, which makes that error large: up to about
# $u / \varepsilon$ times $f$.
#
# So there are two errors. One shrinks with the wiggle and one grows:
#
# $$\text{error} \approx \tfrac{\varepsilon^2}{6} |f'''(x)| + \tfrac{u}{\varepsilon} |f(x)|$$

# %%
by_slope = np.abs([slope(np.sin, 1.0, eps=eps) - truth for eps in steps])
formula, rounding = steps**2 / 6 * np.cos(1.0), 1.1e-16 / steps * np.sin(1.0)  # |f'''| = cos

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.8)
axes.loglog(steps, np.abs(one_sided - truth), "s", color=GREEN, markersize=3, label="one side")
axes.loglog(steps, np.maximum(by_slope, 1e-17), "o", color=BLUE, markersize=5, label="both sides")
axes.loglog(steps, formula, "-", color="black", label="eps squared / 6 times f'''")
axes.loglog(steps, rounding, "--", color="black", label="round-off, u / eps times f")
axes.axvline(gradcheck.STEP, color=VERMILION, linestyle=":", label="minidraw's step")
plain(axes, xlabel="eps", ylabel="error", ylim=(1e-14, 10))
axes.legend(frameon=False, ncols=2, fontsize=9)
show(figure, "1.3")
print("the best of these steps:", f"{steps[by_slope.argmin()]:.0e}", " minidraw's:", gradcheck.STEP)

# %% [markdown]
# The bottom lies near 1e-5, with an error near 1e-11. So a measured slope can be trusted to about
# ten digits. A derived one that agrees to six is right, and one that agrees to two isn't.
#
# ## Link by link: the chain rule
#
# Take $y = e^{\sin x}$ and give the inner value a name: $u = \sin x$, then $y = e^u$. A wiggle of
# $x$ becomes a wiggle of $u$, stretched by the sine's slope at $x$. That becomes a wiggle of $y$,
# stretched by the exponential's slope **at $u$**. The slopes multiply:
#
# $$\frac{dy}{dx} = \frac{dy}{du} \cdot \frac{du}{dx} = e^u \cdot \cos x$$

# %%
wiggles = 0.7 + np.linspace(-0.15, 0.15, 7)
stages = [wiggles, np.sin(wiggles), np.exp(np.sin(wiggles))]

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.9)
middle = [stage - stage[3] for stage in stages]  # each stage around its own middle
axes.plot(middle, [2, 1, 0], color="0.6", linewidth=1)
for level, stage in zip((2, 1, 0), middle, strict=True):
    axes.axhline(level, color="0.85", zorder=0)
    axes.plot(stage, np.full(7, level), "o", color=BLUE)
axes.text(0.2, 1.5, f"times cos x = {np.cos(0.7):.2f}", va="center", fontsize=11)
axes.text(0.2, 0.5, f"times e^u = {np.exp(np.sin(0.7)):.2f}", va="center", fontsize=11)
axes.set_yticks([2, 1, 0], ["x", "u = sin x", "y = e^u"])
plain(axes, xlabel="distance from the middle dot", xlim=(-0.35, 0.4))
show(figure, "1.4")
np.testing.assert_allclose(
    np.exp(np.sin(0.7)) * np.cos(0.7), slope(lambda x: np.exp(np.sin(x)), 0.7, eps=1e-5)
)

# %% [markdown]
# ### Going backward
#
# $y$ is seldom the final result. Something is computed from $y$, something else from that, and the
# last result is one number that says how bad everything is: the **loss** $L$. You want the slope of
# the loss with respect to each number: its **gradient**. The gradient of the loss with respect to
# `y` is called `dy` for short.
#
# The chain rule goes on as before: $\frac{\partial L}{\partial x} =
# \frac{\partial L}{\partial y} \cdot \frac{dy}{dx}$. So a link needn't know what comes after it.
# It is handed `dy`, multiplies by its own slope, and hands on `dx`. Each link of minidraw is a pair
# of functions: one goes forward and returns its result with a **cache** of what the way back will
# need, the other goes backward.


# %%
def expsin(x):
    y = np.exp(np.sin(x))
    return y, (x, y)  # the result, and the cache


def expsin_backward(dy, cache):
    x, y = cache
    return dy * y * np.cos(x)  # y = exp(sin(x)): what arrives, the slope of exp, of sin


x, dy = rng.standard_normal(3), rng.standard_normal(3)
y, cache = expsin(x)
print("derived: ", expsin_backward(dy, cache))
print("measured:", dy * slope(lambda x: expsin(x)[0], x, eps=1e-5))

# %% [markdown]
# Every entry of the array is a chain of its own here: the first `y` comes from the first `x`
# alone. So one line does them all.
#
# ### Exercise 2: the chain rule (1 line)
#
# The forward is $y = \sin(x^2)$, entry by entry, and its cache is `x`. Given `dy`, return `dx`. All
# have the shape `(n,)`.


# %%
@exercise("01.chain_backward")
def chain_backward(dy, x):
    raise NotImplementedError


# %% [markdown]
# ## Used twice: add
#
# $y = x \cdot x$ uses $x$ twice. Pretend for a moment that the two were different: $y = a \cdot b$,
# a rectangle with sides $a$ and $b$. Wiggle $a$ alone: $\partial y / \partial a = b$. Wiggle $b$
# alone: $\partial y / \partial b = a$. But both are $x$, and a wiggle of $x$ moves both at once.
# The result feels the sum:
#
# $$\frac{dy}{dx} = b + a = 2x$$
#
# **Predict.** A square of side 1 grows to a side of 1.1. Its area grows by two strips, one per side
# that moved, and by a little more. How much is the little more, and what becomes of it, divided by
# the wiggle, when the wiggle goes to 0?

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
for corner, size, color, words in (
    ((0, 0), (1, 1), "0.85", "x times x"),
    ((1, 0), (0.1, 1), BLUE, "through a"),
    ((0, 1), (1, 0.1), VERMILION, "through b"),
):
    (left, low), (wide, high) = corner, size
    axes.fill_between([left, left + wide], low, low + high, color=color)
    place = (1.15, 0.5) if left else (0.5, low + high / 2)
    axes.text(*place, words, ha="left" if left else "center", va="center", color="black")
axes.fill_between([1, 1.1], 1, 1.1, facecolor="white", edgecolor="black", hatch="///")
axes.text(1.15, 1.05, "the little more: eps times eps", va="center")
axes.set(aspect="equal", xlim=(-0.6, 2.2), ylim=(-0.02, 1.13))
axes.axis("off")
show(figure, "1.5")
for eps in (0.1, 0.01, 0.001):
    print(
        f"eps {eps:5}: area grows by {(1 + eps) ** 2 - 1:.6f}; strips {2 * eps}; rest {eps**2:.6f}"
    )

# %% [markdown]
# Divided by `eps`, the strips give 2, and the rest gives `eps`, which goes to 0. That is the rule,
# and it holds however a value is used: **a value that is used several times adds up the gradients
# of all its uses.** Leave one use out and the gradient is wrong, though it often has the right
# sign.
#
# ### Exercise 3: two uses (3 lines)
#
# The forward is $y = x \cdot e^x$, and its cache is `x`. It uses $x$ as a factor and inside the
# exponential. Write one gradient for each use, then return `dx`, shape `(n,)`.


# %%
@exercise("01.twice_backward")
def twice_backward(dy, x):
    raise NotImplementedError


# %% [markdown]
# ## Broadcast: sum
#
# NumPy repeats a smaller array where shapes call for it. If `x` has the shape `(n, I)` and `g` the
# shape `(n,)`, then `x * g[:, None]` multiplies all of row `i` by the one number `g[i]`. This is
# **broadcasting**. What it means for gradients you know already: `g[i]` is used `I` times, once
# per column, and a value that is used `I` times adds `I` gradients. So **what is broadcast on the
# way forward is summed on the way back**, over the axis along which it was repeated.


# %%
def gain(x, g):
    return x * g[:, None], (x, g)  # each row with a factor of its own


def gain_backward(dy, cache):
    x, g = cache
    dx = dy * g[:, None]  # y = x * g: each x is used once
    dg = (dy * x).sum(axis=1)  # each g is used in all columns of its row
    return dx, dg


x, g, dy = rng.standard_normal((3, 4)), rng.standard_normal(3), rng.standard_normal((3, 4))
dx, dg = gain_backward(dy, gain(x, g)[1])
print("shapes:", dx.shape, "like x;", dg.shape, "like g")

# %% [markdown]
# To measure `dg` you need a loss, one number. Take $L = \sum dy \cdot y$: its gradient by `y` is
# `dy`, which is what was wanted. Then wiggle one entry of `g` at a time:

# %%
measured = []
for i in range(3):
    wiggle = 1e-5 * (np.arange(3) == i)
    above, below = (dy * gain(x, g + wiggle)[0]).sum(), (dy * gain(x, g - wiggle)[0]).sum()
    measured.append((above - below) / 2e-5)
print("derived: ", dg)
print("measured:", np.array(measured))
np.testing.assert_allclose(dg, measured, rtol=1e-6)

# %% [markdown]
# The shape is a guide that never fails: **a gradient has the shape of what it is the gradient of.**
# If `dg` came out as `(3, 4)`, a sum is missing, and you see along which axis.
#
# Now the other direction. `x + b`, with `b` of the shape `(I,)`, adds the same row to every row:

# %%
x, b = np.zeros((3, 4)), np.array([0.1, 0.9, 0.5, 0.3])

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=2.1)
picture(axes[0], b[None], "b, shape (4,)", low=0, high=1)
picture(axes[1], x + b, "x + b, shape (3, 4)", low=0, high=1)
picture(axes[2], np.array([[0.2, 0.4, 0.8, 0.5]]).repeat(3, axis=0) * [[1], [0.6], [0.3]], "dy")
show(figure, "1.6")

# %% [markdown]
# **Predict.** You wiggle `b[0]`. Which of the twelve entries of `y = x + b` move? And which do when
# you wiggle `x[0, 0]`?

# %%
first = np.arange(4) == 0
print("b[0] moves:", (x + (b + 1e-5 * first) != x + b).astype(int), sep="\n")
corner = np.outer(np.arange(3) == 0, first)
print("x[0, 0] moves:", (x + 1e-5 * corner + b != x + b).astype(int), sep="\n")

# %% [markdown]
# ### Exercise 4: a row added to all rows (2 lines)
#
# The forward is `y = x + b` with shapes `(n, I)` and `(I,)`. Nothing need be kept: the cache is
# `None`. Return `dx` and `db`. It is good manners to hand on a copy, `dy.copy()`, and not the very
# array that you were given: the next link might change it in place.


# %%
@exercise("01.shift_backward")
def shift_backward(dy, cache):
    raise NotImplementedError
    return dx, db


# %% [markdown]
# ## The checker
#
# What you did by hand above, wiggle each entry of each input and compare, is a function of
# minidraw: `gradcheck.check_layer`. It draws a random `dy`, and returns for each input the measured
# and the derived number where they differ most, and the error: the largest difference, divided by
# the largest gradient. It checks every exercise of this series.


# %%
def shift(x, b):
    return x + b, None


def averaged(dy, cache):
    """Wrong: an average over the rows instead of a sum."""
    return dy.copy(), dy.mean(axis=0)


inputs = {"x": rng.standard_normal((3, 4)), "b": rng.standard_normal(4)}
for backward in (shift_backward, averaged):
    for name, found in gradcheck.check_layer(shift, backward, inputs, {}, rng).items():
        words = f"measured {found[0]:9.6f}, derived {found[1]:9.6f}, error {found[2]:.0e}"
        print(f"{backward.__name__:15} d{name}: {words}")

# %% [markdown]
# The average has the right shape and the right sign. A network would still learn with it, in steps
# for `b` that are too small by the number of rows. No error message appears. Only the measurement
# tells you that it is wrong.
#
# ## Where it lives
#
# `minidraw/gradcheck.py`: `numeric_gradient` wiggles, with your formula from exercise 1,
# `check_layer` compares. `minidraw gradcheck` on the command line does it for all layers. The cell
# below compares it with what this lesson states.

# %%
x, dy = rng.standard_normal(5), rng.standard_normal(5)
sines = gradcheck.numeric_gradient(lambda: np.sin(x).sum(), x)  # wiggles x in place
np.testing.assert_allclose(sines, slope(np.sin, x, eps=gradcheck.STEP), rtol=1e-8)


def derived_is_measured(forward, backward, cache):
    measured = gradcheck.numeric_gradient(lambda: (dy * forward(x)).sum(), x)
    np.testing.assert_allclose(backward(dy, cache), measured, rtol=1e-6, atol=1e-8)


derived_is_measured(lambda x: np.sin(x**2), chain_backward, x)
derived_is_measured(lambda x: x * np.exp(x), twice_backward, x)
derived_is_measured(lambda x: np.exp(np.sin(x)), expsin_backward, (x, np.exp(np.sin(x))))
inputs = {"x": rng.standard_normal((3, 4)), "g": rng.standard_normal(3)}
found = gradcheck.check_layer(gain, gain_backward, inputs, {}, rng)
assert max(error for *_, error in found.values()) < gradcheck.LAYER_LIMIT
print("slopes, chains, sums: all as measured by the package")

# %% [markdown]
# ## In practice
#
# * Check in float64. A float32 number carries about 7 digits, and the bottom of its V lies at
#   errors near 1e-5: too coarse to see a small mistake.
# * Compare with the *largest* entry of a gradient, not entry by entry. An entry that happens to be
#   near 0 is measured badly, and would raise an alarm for nothing.
# * Check on arrays with unequal sides, such as 3 x 4. On a square one a sum over the wrong axis has
#   the right shape.
# * If the formula has randomness in it, draw the random numbers once and keep them fixed. Otherwise
#   you measure the dice.
# * At a kink, such as that of $|x|$ at 0, there is no slope to measure: the central difference
#   gives the average of both sides.
#
# ## What is next
#
# Here each number had a line of its own, or a simple sum. A layer of a network mixes all its inputs
# into all its outputs. Lesson 02 writes it as a product of whole arrays, forward and backward.
