# %% [markdown]
# # 01 Wiggle and measure
#
# **You'll do:** four exercises, seven lines in all: measure a slope, and write three gradients by
# hand that the measurement then confirms.
#
# **You'll learn:** to check any gradient by wiggling its input; the chain rule; and the two rules
# by which gradients add up. All later lessons use these.
#
# **You'll need:** Python, a little NumPy, and first-year calculus: the derivatives of powers, sin
# and exp. 65 minutes.
#
# | here | |
# |---|---|
# | `eps` | the size of a wiggle: the step of a **finite difference** |
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
# Everything in this series depends on slopes, and slopes can be measured: move the input a little,
# see how much the result moves, and divide. How little is best? The plot shows the error of such a
# measurement against the size of the wiggle. You might expect the error to fall and fall as the
# wiggle shrinks. Instead the curve is a V. By the end of this lesson you will know where both sides
# of the V come from, and you will use its bottom to check gradients that you wrote.

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
# A network is a long formula. Many of its numbers can be changed, like knobs that can be turned:
# these are its **weights**. To improve the network you must know, for each weight, which way to
# turn it and how much that helps. That is a slope, and there is one per weight.
#
# There are two ways to find a slope. You can **measure** it: wiggle the weight, run the formula
# again, compare. That needs no thought and can hardly go wrong. But it takes two runs for each
# weight, and a network may have a million weights. Or you can **derive** it: with pen, paper and
# the chain rule you get a second formula, which gives all the slopes at once. That is fast, but
# easy to get wrong.
#
# So you do both. You derive the slope, and then a measurement on a small example tells you whether
# you were right. minidraw's own gradients are tested in this way. Your exercises are compared with
# minidraw's, and if your gradient is wrong, the message shows the measured number beside yours.
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
# It works, but the error shrinks slowly: a wiggle ten times smaller makes it only ten times
# smaller. The picture shows why. In the left plot the line goes through the curve's points at $x$
# and $x + \varepsilon$. It has the wrong slope, because it uses the curve on one side of $x$ only.
# In the right plot the line goes through two points on *both* sides of $x$, and it is nearly
# parallel to the tangent.

# %%
along, wide = np.linspace(-0.1, 2.1, 111), 0.8
places = {"one side": (1.0, 1.0 + wide), "both sides": (1.0 - wide, 1.0 + wide)}

# %% jupyter={"source_hidden": true}
figure, both = panels(2, height=2.9)
for axes, (name, ends) in zip(both, places.items(), strict=True):
    axes.plot(along, np.sin(along), color=BLUE)
    axes.plot(along, np.sin(1) + truth * (along - 1), ":", color="black", label="true slope")
    ends = np.array(ends)
    axes.plot(ends, np.sin(ends), "o--", color=VERMILION, label=name)
    plain(axes, xlabel="x", ylabel="sin x", ylim=(-0.15, 1.6))
    axes.legend(frameon=False, loc="upper left")
show(figure, "1.2")

# %% [markdown]
# ### Exercise 1: a slope from both sides (1 line)
#
# `f` works entry by entry, like `np.sin`; `x` is a number or an array. Return the slope at each
# entry, in the shape of `x`. Evaluate `f` at `x - eps` and at `x + eps`. Replace the `raise` line
# and run the cell. The cell then tries your function on random inputs and tells you the result. If
# your function is right, it is saved to a file of yours, `mine.py`. Until you write it, the lesson
# uses minidraw's own function.


# %%
@exercise("01.slope")
def slope(f, x, *, eps):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("01.slope")` in a cell of its own. Run it again for the next step.

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
# First measure on one side: take $f(x + \varepsilon)$, subtract $f(x)$ and divide by $\varepsilon$.
# That leaves $f'(x) + \tfrac{\varepsilon}{2} f''(x) + \dots$, so the error shrinks as $\varepsilon$
# does. Now measure on both sides: subtract $f(x - \varepsilon)$ from $f(x + \varepsilon)$. The
# terms with an even power are the same in both, and cancel. Divide by $2 \varepsilon$, and what is
# left is $f'(x) + \tfrac{\varepsilon^2}{6} f'''(x) + \dots$, so the error shrinks as
# $\varepsilon^2$ does. This is called a **central difference**. Like the one-sided measurement, it
# is a **finite difference**: a slope measured with a wiggle that isn't infinitely small.
#
# **Predict.** Figure 1.1 was measured on one side. Its V has its bottom near `eps = 1e-8`. The
# central difference has a V too. Is its bottom further left, further right, or at the same place?
# And is the error there larger or smaller than in figure 1.1?

# %%
for eps in (1e-3, 1e-5, 1e-8, 1e-12):
    print(f"eps {eps:.0e}: off by {abs(slope(np.sin, 1.0, eps=eps) - truth):.0e}")

# %% [markdown]
# ## Why it is a V
#
# A float64 number carries about 16 digits. So `f(x + eps)` has a rounding error of up to about $u =
# 1.1 \cdot 10^{-16}$ times its size, and so has `f(x - eps)`. The two numbers are nearly equal.
# When you subtract one from the other, the digits that they share vanish, but the rounding errors
# in their last digits stay. Then you divide by a tiny number, which makes that error large: up to
# about $u / \varepsilon$ times $f$.
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
# The bottom of the central difference's V lies near `eps = 1e-5`, further right than in figure 1.1,
# and the error there is near 1e-11, a thousand times smaller. With a wiggle of 1e-12 the error has
# grown to 1e-5. So you can trust a slope measured with the best wiggle to about ten digits. If a
# derived slope agrees with it to six digits, the derivation is right. If only two digits agree, it
# isn't.
#
# ## Link by link: the chain rule
#
# Take $y = e^{\sin x}$ and give the inner value a name: $u = \sin x$, then $y = e^u$. A wiggle of
# $x$ becomes a wiggle of $u$, multiplied by the slope of the sine at $x$. This in turn becomes a
# wiggle of $y$, multiplied by the slope of the exponential **at $u$**. So the slopes multiply:
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
# $y$ is seldom the final result. Something is computed from $y$, and something else from that. The
# last result is one number that says how bad everything is: the **loss** $L$. You want the slope of
# the loss with respect to each number. These slopes together are the **gradient** of the loss. For
# short, we call the slope of the loss with respect to `y` "the gradient of `y`", and write it `dy`.
#
# The chain rule works as before: $\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}
# \cdot \frac{dy}{dx}$. So a link of the chain needn't know what comes after it. It receives `dy`,
# multiplies it by its own slope, and passes on `dx`. In minidraw each link is a pair of functions.
# The first, the **forward**, returns its result, and a **cache** with whatever the way back will
# need. The second, the **backward**, takes `dy` and the cache, and returns `dx`.


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
# Here every entry of the array has its own chain: the first `y` depends on the first `x` alone. So
# one line computes the gradients of all entries.
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
# The two effects add up:
#
# $$\frac{dy}{dx} = b + a = 2x$$
#
# **Predict.** The side of a square grows from 1 to 1.1. Its area grows by two strips, one for each
# side that moved, and by a small remainder. How large is the remainder? And what does it contribute
# to the slope, that is: what is the remainder divided by the wiggle, when the wiggle goes to 0?

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
axes.text(1.15, 1.05, "the remainder: eps times eps", va="center")
axes.set(aspect="equal", xlim=(-0.6, 2.2), ylim=(-0.02, 1.13))
axes.axis("off")
show(figure, "1.5")
for eps in (0.1, 0.01, 0.001):
    print(
        f"eps {eps:5}: area grows by {(1 + eps) ** 2 - 1:.6f}; strips {2 * eps}; rest {eps**2:.6f}"
    )

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The remainder is `eps` times `eps`, here 0.01. Divided by `eps`, the strips give 2, and the
# remainder gives `eps`, which goes to 0. So the slope is 2: one for each use of $x$.
#
# </details>
#
# This is the first of the two rules, and it holds however a value is used: **the gradient of a
# value that is used several times is the sum over all its uses.** If you leave one use out, the
# gradient is wrong, though it often has the right sign.
#
# ### Exercise 3: two uses (3 lines)
#
# The forward is $y = x \cdot e^x$, entry by entry, and its cache is `x`. It uses $x$ twice: as a
# factor, and inside the exponential. Write one gradient for each use, then return `dx`, shape
# `(n,)`.


# %%
@exercise("01.twice_backward")
def twice_backward(dy, x):
    raise NotImplementedError


# %% [markdown]
# ## Broadcast: sum
#
# NumPy repeats a smaller array where shapes call for it. If `x` has the shape `(n, I)` and `g` the
# shape `(n,)`, then `x * g[:, None]` multiplies all of row `i` by the one number `g[i]`. This is
# **broadcasting** (lesson 04 draws it). You already know what it means for gradients: `g[i]` is
# used `I` times, once per column, so its gradient is a sum of `I` terms. This is the second rule:
# **what is broadcast on the way forward is summed on the way back**, over the axis along which it
# was repeated.


# %%
def gain(x, g):
    return x * g[:, None], (x, g)  # each row with a factor of its own


def gain_backward(dy, cache):
    x, g = cache
    dx = dy * g[:, None]  # y = x * g: each x is used once
    dg = (dy * x).sum(axis=1)  # each g is used in all columns of its row
    return dx, dg


any_x, any_g = rng.standard_normal((3, 4)), rng.standard_normal(3)
any_dy = rng.standard_normal((3, 4))
dx, dg = gain_backward(any_dy, gain(any_x, any_g)[1])
print("shapes:", dx.shape, "like x;", dg.shape, "like g")

# %% [markdown]
# To measure `dg` you need a loss, which is a single number. Here `dy` stands for whatever gradient
# arrives from the later links. So you need a loss whose gradient with respect to `y` is exactly
# this `dy`. The simplest one is $L = \sum dy \cdot y$. Wiggle one entry of `g` at a time:

# %%
measured = []
for i in range(3):
    wiggle = 1e-5 * (np.arange(3) == i)
    above, below = ((any_dy * gain(any_x, any_g + w)[0]).sum() for w in (wiggle, -wiggle))
    measured.append((above - below) / 2e-5)
print("derived: ", dg)
print("measured:", np.array(measured))
np.testing.assert_allclose(dg, measured, rtol=1e-6)

# %% [markdown]
# Let the shapes guide you: **the gradient of an array always has the shape of that array.** If your
# `dg` came out as `(3, 4)`, you would know that a sum is missing, and over which axis.
#
# Now broadcast along the other axis. `x + b`, with `b` of shape `(I,)`, adds the same row to every
# row:

# %%
dark, b = np.zeros((3, 4)), np.array([0.1, 0.9, 0.5, 0.3])

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=2.1)
picture(axes[0], b[None], "b, shape (4,)", low=0, high=1)
picture(axes[1], dark + b, "x + b, shape (3, 4)", low=0, high=1)
picture(axes[2], np.array([[0.2, 0.4, 0.8, 0.5]]).repeat(3, axis=0) * [[1], [0.6], [0.3]], "dy")
show(figure, "1.6")

# %% [markdown]
# **Predict.** You wiggle `b[0]`. Which of the twelve entries of `y = x + b` move? And which do when
# you wiggle `x[0, 0]`?

# %%
first = np.arange(4) == 0
print("b[0] moves:", (dark + (b + 1e-5 * first) != dark + b).astype(int), sep="\n")
corner = np.outer(np.arange(3) == 0, first)
print("x[0, 0] moves:", (dark + 1e-5 * corner + b != dark + b).astype(int), sep="\n")

# %% [markdown]
# ### Exercise 4: a row added to all rows (2 lines)
#
# The forward is `y = x + b` with shapes `(n, I)` and `(I,)`. The way back needs nothing from it, so
# the cache is `None`. Return `dx` and `db`. A backward should return new arrays, such as
# `dy.copy()`, and not the very array that it was given: the next link might change it in place.


# %%
@exercise("01.shift_backward")
def shift_backward(dy, cache):
    raise NotImplementedError
    return dx, db


# %% [markdown]
# ## The checker
#
# Above you wiggled each entry of an input and compared by hand. minidraw has a function for that,
# `gradcheck.check_layer`. It draws a random `dy`. For each input it returns the measured and the
# derived number where the two differ most. It also returns the error, which is the largest
# difference divided by the largest gradient. All gradients of minidraw, with which your exercises
# are compared, are tested in this way.


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
# The average has the right shape and the right sign, but it is too small by a factor of 3, the
# number of rows. A network would still learn with it, only its steps for `b` would be too small. No
# error message appears. Only the measurement shows that something is wrong.
#
# For more practice, [OPEN.md](OPEN.md) has one open exercise for each core lesson. The one for this
# lesson is `normalised`, which divides a vector by its norm (its length): every entry is used many
# times.
#
# ## Where it lives
#
# In `minidraw/gradcheck.py`. There `numeric_gradient` wiggles, with your formula from exercise 1,
# and `check_layer` compares. On the command line, `minidraw gradcheck` does this for all layers.
# The cell below compares the package with what this lesson says.

# %%
at, arriving = rng.standard_normal(5), rng.standard_normal(5)
sines = gradcheck.numeric_gradient(lambda: np.sin(at).sum(), at)  # wiggles `at` in place
np.testing.assert_allclose(sines, slope(np.sin, at, eps=gradcheck.STEP), rtol=1e-8)


def derived_is_measured(forward, backward, cache):
    measured = gradcheck.numeric_gradient(lambda: (arriving * forward(at)).sum(), at)
    np.testing.assert_allclose(backward(arriving, cache), measured, rtol=1e-6, atol=1e-8)


derived_is_measured(lambda x: np.sin(x**2), chain_backward, at)
derived_is_measured(lambda x: x * np.exp(x), twice_backward, at)
derived_is_measured(lambda x: np.exp(np.sin(x)), expsin_backward, (at, np.exp(np.sin(at))))
inputs = {"x": rng.standard_normal((3, 4)), "g": rng.standard_normal(3)}
found = gradcheck.check_layer(gain, gain_backward, inputs, {}, rng)
assert max(error for *_, error in found.values()) < gradcheck.LAYER_LIMIT
print("slopes, chains, sums: all as measured by the package")

# %% [markdown]
# ## In practice
#
# * Check in float64. A float32 number carries about 7 digits, so the error at the bottom of its V
#   is much larger: too coarse to show a small mistake.
# * Compare with the *largest* entry of a gradient, not entry by entry. An entry that happens to be
#   near 0 is measured badly, and would raise an alarm for nothing.
# * Check with arrays whose sides differ, such as 3 x 4. With a square array, a sum over the wrong
#   axis has the right shape.
# * If the formula uses random numbers, draw them once and keep them fixed. Otherwise you measure
#   the randomness instead of the slope.
# * At a kink there is no slope. For $|x|$ at 0 the central difference gives 0, the average of the
#   left slope -1 and the right slope 1.
#
# ## Recap
#
# * A slope can be measured by a finite difference: wiggle the input to both sides, and divide the
#   difference by `2 eps`.
# * The measured slope has two errors. One shrinks with the wiggle, one grows. In float64 the best
#   wiggle is near 1e-5, and gives about ten right digits.
# * Chain rule: a link receives the gradient of its output, multiplies it by its own slope, and
#   passes on the gradient of its input.
# * A value that is used several times adds up the gradients of all its uses. So what is broadcast
#   forward is summed backward.
# * A gradient has the shape of its array.
#
# ## Three questions
#
# 1. A gradient that you derived agrees with the measured one to two digits. Is it right?
#
#    <details><summary>Answer</summary>
#
#    No. Two digits can agree by accident. A right gradient agrees to six digits or more.
#
#    </details>
#
# 2. Forward, `y = x * c`, where `x` has the shape `(5, 3)` and `c` is a single number. What is the
#    gradient of `c`?
#
#    <details><summary>Answer</summary>
#
#    `(dy * x).sum()`: all 15 entries use `c`, so its gradient is a sum over all of them. It is a
#    single number, like `c`.
#
#    </details>
#
# 3. Why not simply measure all slopes of a network, and derive none?
#
#    <details><summary>Answer</summary>
#
#    It would take two runs of the network for each weight. With a million weights that is two
#    million runs for one step of learning.
#
#    </details>
#
# ## What is next
#
# Here each output depended on one entry of the input, or on a simple sum. A layer of a network
# mixes all its inputs into all its outputs. Lesson 02 writes it as a product of whole arrays,
# forward and backward.
