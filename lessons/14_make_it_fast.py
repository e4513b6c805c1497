# %% [markdown]
# # 14 Make it fast
#
# **You'll do:** two exercises, nine lines in all. The first turns one function of the network into
# a loop that can be compiled. The second computes one shard's part of a batch's gradient, so that
# several cores can share the work.
#
# **You'll learn:** to measure before you change anything, to judge what a compiled loop can and
# cannot gain, and to check that the fast version computes the same numbers.
#
# **You'll need:** lesson 08 (the gates of an LSTM), lesson 13, and Numba, which doesn't run in a
# browser. 80 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | | **kernel** | a function written for speed and compiled |
# | | **twin** | the slow, readable version of a kernel |
# | | `share` | part of the whole time that one function takes, from 0 to 1 |
# | | `gain` | how many times as fast a function has become |
# | | **shard** | a part of a batch: a few of its images |
#
# The paper doesn't discuss speed. Every time below is measured while the notebook runs, so your
# times differ from the published ones, and they vary from run to run. The first run on a computer
# takes half a minute longer, because minidraw's own kernels are compiled then. The result is kept
# for later runs.

# %%
import time
from functools import partial
from types import SimpleNamespace

import numpy as np

from minidraw import kernels, layers
from minidraw.bench.profile import GROUPS, TimedOps
from minidraw.kernels.lstm import GatesCache
from minidraw.learn import exercise, hint
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, plain, show
from minidraw.models import draw
from minidraw.models.interface import Batch
from minidraw.training.workers import Workers, count_cores

workers = Workers(min(4, count_cores()))  # also holds NumPy's products at one thread each
config = draw.Config(glimpses=8, hidden=256, latent=100, read_size=2, write_size=5)
rng = np.random.default_rng(14)
x = rng.integers(0, 2, (100, 1, 28, 28)).astype(np.float32)  # any pixels take the same time
noise = rng.standard_normal(draw.noise_shape(config, 100), np.float32)
params = draw.init_params(config, rng, np.float32)

# %% [markdown]
# ## The goal
#
# The network has the paper's sizes, but 8 steps instead of 64. We time one **pass** over 100
# images: their costs and gradients, forward and backward. The upper bar uses `minidraw.layers`, the
# functions that you know. The lower one uses `minidraw.kernels` and shares the images among the
# cores of this computer (at most four).


# %%
def whole(ops, x=x, noise=noise):
    """Return the gradients of the batch's mean cost, computed all at once."""
    _, grads = draw.loss_and_grads(params, Batch(x), noise, config, ops)
    return {name: grad / len(x) for name, grad in grads.items()}


def in_shards(ops, x=x, noise=noise):
    """Return the same gradients, computed with one shard per thread."""
    cuts = workers.shards(len(x))

    def part(cut):
        images, draws = Batch(x[slice(*cut)]), noise[:, slice(*cut)]
        return draw.loss_and_grads(params, images, draws, config, ops)[1]

    parts = workers.map(part, cuts)
    return {name: sum(part[name] for part in parts) / len(x) for name in params}


# %%
def seconds(contenders, rounds=7):
    """Return median times; contenders take turns, so a slow moment affects all of them."""
    taken = {name: [] for name in contenders}
    for round in range(rounds + 1):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            if round:  # the first turn only warms up
                taken[name].append(time.perf_counter() - began)
    return {name: float(np.median(values)) for name, values in taken.items()}


# %% jupyter={"source_hidden": true}
def bars(axes, times, colors):
    """Draw times as bars in milliseconds, the first on top."""
    drawn = axes.barh(list(times), [1e3 * t for t in times.values()], color=colors, height=0.6)
    axes.bar_label(drawn, fmt=" %.3g", fontsize=10)
    axes.invert_yaxis()
    plain(axes, xlabel="ms")
    axes.margins(x=0.12)


# %%
goal = seconds({"before": lambda: whole(layers), "after": lambda: in_shards(kernels)})

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=1.6)
bars(axes, goal, ["0.75", BLUE])
show(figure, "14.1", threads=workers.threads)

# %% [markdown]
# ## A clock that you can trust
#
# A single measurement can mislead you. Other programs run at the same time, the processor changes
# its speed, and the first call is slow. So let the contenders take turns, ignore the first turn,
# and take the **median**: half of the times lie below it and half above. One very slow turn raises
# the mean, but it hardly moves the median.

# %%
turns = []
for _ in range(12):
    began = time.perf_counter()
    whole(layers)
    turns.append(1e3 * (time.perf_counter() - began))
print(f"lowest {min(turns):.0f}, median {np.median(turns):.0f}, highest {max(turns):.0f} ms")

# %% [markdown]
# ## Where does the time go?
#
# A **profile** shows how much of the whole time each function takes. The model gets every function
# from `ops`, so we only have to put a clock around each of them. `TimedOps` does that.
#
# **Predict.** Do all matrix products together take more or less than half of the time? And what
# else takes long?

# %%
clocks, passes = TimedOps(layers), 5
whole(clocks)
clocks.seconds.clear()
began = time.perf_counter()
for _ in range(passes):
    whole(clocks)
total = (time.perf_counter() - began) / passes
parts = {group: sum(clocks.seconds[f] for f in names) / passes for group, names in GROUPS.items()}
del parts["Adam"]  # nothing is updated here
parts["the rest"] = total - sum(parts.values())

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.8)
bars(axes, parts, [VERMILION if group == "LSTM gates" else "0.75" for group in parts])
show(figure, "14.2", ms=1000.0 * total)

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Less, but not much: the three kinds of matrix product together take nearly half of the time. You
# won't make those faster with a loop: they are computed by BLAS, a library that experts have tuned
# for decades. The rest is work on single entries, such as the gates of the LSTMs.
#
# </details>
#
# You will speed up the backward pass of the gates. How much can that gain?
#
# **Predict.** A function takes a tenth of the time. You make it so fast that it takes no time at
# all. How many times as fast is the whole: ten times, twice, or less?

# %% [markdown]
# <details><summary>Answer</summary>
#
# Less: $1 / (1 - 0.1) = 1.11$ times. The other nine tenths of the time stay.
#
# </details>
#
# In general, suppose a function takes `share` of the whole time, such as 0.1, and becomes `gain`
# times as fast. The rest of the program stays as slow as it was. Then the whole becomes
#
# $$\frac{1}{(1 - \text{share}) + \text{share} / \text{gain}}$$
#
# times as fast. This is **Amdahl's law**.


# %%
def amdahl(share, gain):
    return 1 / ((1 - share) + share / gain)


share = clocks.seconds["lstm_gates_backward"] / passes / total
print(f"a tenth, made free: {amdahl(0.1, np.inf):.3f} times as fast")
print(f"the gates' backward takes {share:.1%}: at most {amdahl(share, np.inf):.3f} times")

# %% [markdown]
# So measure the share first. It limits what you can gain.
#
# ## One loop instead of several
#
# The slope of a sigmoid is $s (1 - s)$. NumPy first computes `1 - s` for the whole array and writes
# the result into a new array. Then it reads that array again and multiplies. Each operation goes
# through memory once more. A loop could read each number once, do all the work on it, and write it
# once.
#
# But a loop in Python is slow. For every single number, Python has to find out what `*` means.
# **Numba** translates the loop into instructions of the processor. It does so once, at the first
# call.


# %%
import numba


def slope_a(s, out):
    for k in range(s.size):
        out[k] = s[k] * (1 - s[k])


def slope_b(s, out):
    one = np.float32(1)
    for k in range(s.size):
        out[k] = s[k] * (one - s[k])


first, second = numba.njit(slope_a), numba.njit(slope_b)
s = rng.random(20_000).astype(np.float32)
out = np.empty_like(s)

# %% [markdown]
# **Predict.** We time four versions: `slope_a` in Python, NumPy, and both loops compiled. How many
# times slower than NumPy is the loop in Python: ten, a hundred or a thousand times? And do the
# compiled loops, which differ in one constant, take the same time?

# %%
times = seconds(
    {
        "NumPy": lambda: s * (1 - s),
        "compiled": lambda: first(s, out),
        "compiled, one": lambda: second(s, out),
    },
    rounds=60,
)
began = time.perf_counter()
slope_a(s, out)
times["Python"] = time.perf_counter() - began
for name, taken in times.items():
    print(f"{name:14s} {1e3 * taken:8.4f} ms")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The loop in Python is slower than NumPy by a factor of several hundred. The compiled loops are
# faster than NumPy.
#
# The constant matters too. To Numba, `1` is an integer, and an integer combined with a float32
# gives a float64. So every number is converted to float64, computed in double precision, and
# converted back. The results agree to rounding, so no comparison of results would show you the
# detour. `np.float32(1)` avoids it. It does no harm with float64 arrays, because 1 is exact in both
# precisions.
#
# </details>
#
# ## The gates, forward
#
# Here are the gates of lesson 08, forward, as a loop. The order of the gates is i, f, o, g. The
# loop fills the arrays `gates`, `c`, `tanh_c` and `h`.


# %%
@numba.njit
def gates_loop(a, c_prev, gates, c, tanh_c, h):
    n, H = c_prev.shape
    one = np.float32(1)
    for j in range(n):
        for k in range(3 * H):
            gates[j, k] = one / (one + np.exp(-a[j, k]))
        for k in range(3 * H, 4 * H):
            gates[j, k] = np.tanh(a[j, k])
        for k in range(H):
            c[j, k] = gates[j, H + k] * c_prev[j, k] + gates[j, k] * gates[j, 3 * H + k]
            tanh_c[j, k] = np.tanh(c[j, k])
            h[j, k] = gates[j, 2 * H + k] * tanh_c[j, k]


# %%
def forward(a, c_prev):
    """`lstm_gates` with this loop."""
    gates, (c, tanh_c, h) = np.empty_like(a), (np.empty_like(c_prev) for _ in range(3))
    gates_loop(a, c_prev, gates, c, tanh_c, h)
    return (h, c), GatesCache(gates, c_prev, tanh_c)


# %% [markdown]
# First question: does it compute the same as its twin? Don't test only the size that you time. We
# also test a batch of one image, an odd number of units, and both precisions. The error is the
# largest difference, relative to the largest entry.


# %%
def twins(mine, theirs, limits):
    """Compare two functions of (n, H, dtype); print the worst difference, or raise."""
    for dtype, limit in limits.items():
        for n, H in ((1, 1), (3, 7), (100, 256)):
            pairs = zip(mine(n, H, dtype), theirs(n, H, dtype), strict=True)
            worst = max(abs(a - b).max() / max(1, abs(b).max()) for a, b in pairs)
            assert worst <= limit, f"{n} images, {H} units, {dtype.__name__}: {worst:.1e}"
        print(f"{dtype.__name__}: twins, to {worst:.0e} at the largest size")


def inputs(n, H, dtype):
    rng = np.random.default_rng(n)
    return [rng.standard_normal(shape).astype(dtype) for shape in ((n, 4 * H), (n, H))]


def flat(result):
    (h, c), cache = result
    return h, c, *cache


# %%
LIMITS = {np.float32: 1e-4, np.float64: 1e-12}
mine, theirs = (lambda *size, f=f: flat(f(*inputs(*size))) for f in (forward, layers.lstm_gates))
twins(mine, theirs, LIMITS)

# %% [markdown]
# **Predict.** The loop is compiled, and it reads and writes each number once. Is it faster or
# slower than NumPy in float32?

# %%
given = inputs(100, 256, np.float32)
times = seconds(
    {
        "NumPy": lambda: layers.lstm_gates(*given),
        "loop": lambda: forward(*given),
        "minidraw's kernel": lambda: kernels.lstm_gates(*given),
    },
    rounds=40,
)
for name, taken in times.items():
    print(f"{name:18s} {1e3 * taken:.3f} ms")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# On most computers this loop loses clearly. Modern processors have instructions that work on four,
# eight or sixteen numbers at once, called SIMD instructions. NumPy's exponential uses them. The
# exponential that our loop calls takes one number at a time. The package's kernel wins because it
# has an exponential of its own: a polynomial, which needs only sums and products. Numba can turn
# those into SIMD instructions.
#
# </details>
#
# The backward pass of the gates has no exponential at all, only sums and products.
#
# ### Exercise 1: the gates backward, as a loop (6 lines)
#
# In lesson 08 you wrote this backward pass for whole arrays. Now write it number by number. `dh`,
# `dc`, `c_prev` and `tanh_c` have the shape `(n, H)`, and `gates` has the shape `(n, 4 H)`. Fill
# `da`, `(n, 4 H)`, and `dc_prev`, `(n, H)`. Both hold old numbers, so overwrite them. Return
# nothing. Write `one` where you need a 1.
#
# Don't compile it yet. The check runs the loop in plain Python, where an index beyond the end of an
# array raises an error. The compiled loop wouldn't check: it would write into memory that belongs
# to something else.


# %%
@exercise("14.gates_backward_loop")
def gates_backward_loop(dh, dc, gates, c_prev, tanh_c, da, dc_prev):
    n, H = c_prev.shape
    one = np.float32(1)
    for j in range(n):
        for k in range(H):
            i, f, o, g = gates[j, k], gates[j, H + k], gates[j, 2 * H + k], gates[j, 3 * H + k]
            raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("14.gates_backward_loop")`, and again for the next step. If your loop is right
# but Numba rejects it in the next cell, it uses something that Numba doesn't support. Use numbers
# and indices only.
#
# We compile it with `nogil=True`, which lets other threads run while the loop runs. You will need
# that at the end of this lesson.

# %%
compiled = numba.njit(nogil=True)(gates_backward_loop)


def backward(dout, cache, *, out=None):
    """`lstm_gates_backward` with your loop."""
    dh, dc = (np.ascontiguousarray(part) for part in dout)  # contiguous in memory
    da, dc_prev = np.empty_like(cache.gates) if out is None else out, np.empty_like(dc)
    compiled(dh, dc, *cache, da, dc_prev)
    return da, dc_prev


# %%
def both(function):
    """Return a function of a size that calls `function` on a dout and a cache."""

    def called(*size):
        dout, cache = layers.lstm_gates(*inputs(*size))  # any numbers serve as dout
        return function(dout, cache)

    return called


twins(both(backward), both(layers.lstm_gates_backward), LIMITS)
twins(both(backward), both(kernels.lstm_gates_backward), LIMITS)

# %% jupyter={"source_hidden": true}
figure, places = panels(2, height=2)
functions = {
    "NumPy": layers.lstm_gates_backward,
    "your loop": backward,
    "minidraw's kernel": kernels.lstm_gates_backward,
}
gains = {}
for axes, dtype in zip(places, LIMITS, strict=True):
    given = layers.lstm_gates(*inputs(100, 256, dtype))
    times = seconds({name: partial(f, *given) for name, f in functions.items()}, rounds=60)
    gains[dtype] = times["NumPy"] / times["your loop"]
    bars(axes, times, ["0.75", BLUE, GREEN])
    axes.set_title(dtype.__name__, fontsize=11)
show(figure, "14.3")
print(f"your loop: {gains[np.float32]:.1f} times as fast as NumPy in float32")

# %% [markdown]
# Is your loop slower than NumPy in float32? Then look for an integer in it, such as the `1` in `1 -
# i`.
#
# ## Into the network
#
# The model uses whatever functions `ops` contains. So put your function in the place of NumPy's.
# First check that the gradients of all weights are the same, and only then look at the clock.

# %%
mixed = SimpleNamespace(**{**vars(layers), "lstm_gates_backward": backward})


def difference(mine, theirs):
    return max(abs(mine[name] - theirs[name]).max() / abs(theirs[name]).max() for name in params)


print(f"largest difference of any gradient: {difference(whole(mixed), whole(layers)):.0e}")
assert difference(whole(mixed), whole(layers)) < 1e-4
assert difference(whole(kernels), whole(layers)) < 1e-4

# %% [markdown]
# **Predict.** Your loop is more than twice as fast as NumPy's version. How much faster is the whole
# pass? You have the formula.

# %%
times = seconds({"layers": lambda: whole(layers), "with your loop": lambda: whole(mixed)}, 11)
found = times["layers"] / times["with your loop"]
print(f"Amdahl's law {amdahl(share, gains[np.float32]):.3f}, measured {found:.3f} times as fast")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Hardly faster, as Amdahl's law said. On a busy computer, the gain is smaller than the random
# variation of the times.
#
# </details>
#
# The package's kernels gain more, because together they replace all the work on single entries: the
# gates, the windows with their filters, reading and writing.
#
# ## Share the work
#
# The matrix products remain. Several cores can share them: each core takes a shard of the batch and
# runs the whole pass on it. The loss is a mean over $n$ images,
#
# $$L = \frac1n \sum_{i=1}^{n} L_i$$
#
# so its gradient is also a sum over images, and we may add it up in parts. Be careful with one
# thing: shards may have different sizes. Ten images make three shards of 3, 4 and 3.
#
# **Predict.** Two shards, of 1 and of 3 images, return the *mean* gradients 8 and 4. What is the
# mean over all four images? (It isn't 6.)
#
# <details><summary>Answer</summary>
#
# It is 5. One image has the gradient 8, and the other three have 4 on average: $(8 + 3 \cdot 4) / 4
# = 5$. So averaging the means of shards would be wrong.
#
# </details>
#
# ### Exercise 2: a shard's share (3 lines)
#
# Take one linear layer. `x` is `(n, I)`, and `dout` is `(n, O)`: row i is the gradient of image i's
# own loss. The shard consists of the images from `start` up to, but not including, `stop`. Return
# `dW`, `(I, O)`, and `db`, `(O,)`: the part that this shard contributes to the gradient of the
# whole batch's mean loss. The parts of all shards must add up to that gradient. If `start` equals
# `stop`, the shard is empty and its part is 0.


# %%
@exercise("14.shard_share")
def shard_share(x, dout, *, start, stop):
    raise NotImplementedError


# %%
rows, drows = rng.standard_normal((10, 5)), rng.standard_normal((10, 2))
for cuts in ([0, 10], [0, 5, 10], [0, 3, 7, 10], [0, 1, 10]):
    ends = zip(cuts, cuts[1:], strict=False)
    shares = [shard_share(rows, drows, start=a, stop=b) for a, b in ends]
    for mine, theirs in zip(
        map(sum, zip(*shares, strict=True)),
        layers.linear_backward_weights(drows / 10, rows),
        strict=True,
    ):
        np.testing.assert_allclose(mine, theirs, atol=1e-14)
print("the shares add up to the batch's gradient")

# %% [markdown]
# Each shard divides by the number of images in the whole batch; then the parts simply add up.
# `in_shards`, at the top of this lesson, does this for the whole network. It divides once, after
# the sum, which gives the same result.
#
# Each shard runs in a **thread**: a second line of work inside the same program. Python's **global
# interpreter lock** (GIL) lets only one thread run Python code at a time. But NumPy's matrix
# products release this lock while they compute, and so do loops compiled with `nogil=True`. They
# make up most of the time.
#
# **Predict.** Is the gradient computed in shards the same as before, bit for bit?

# %%
apart, together = in_shards(kernels), whole(kernels)
print(f"shards against the whole: {difference(apart, together):.0e}")
again = in_shards(kernels)
print("twice in shards, the same bits:", all((apart[k] == again[k]).all() for k in params))
assert difference(apart, together) < 1e-4

# %% [markdown]
# <details><summary>What you saw</summary>
#
# No. Sums in a different order are rounded differently. (If this computer gives the program only
# one core, there is only one shard, and the difference is 0.) But with the same number of shards,
# added in the same order, you get the same bits every time, whichever thread finishes first. That
# is valuable: you can repeat a run exactly.
#
# </details>
#
# ## Before and after

# %%
contenders = {
    "layers": lambda: whole(layers),
    "with your loop": lambda: whole(mixed),
    "all kernels": lambda: whole(kernels),
    "kernels, in shards": lambda: in_shards(kernels),
}
final = seconds(contenders, 9)

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.4)
bars(axes, final, ["0.75", BLUE, GREEN, VERMILION])
show(figure, "14.4", threads=workers.threads)
faster = final["all kernels"] / final["kernels, in shards"]
print(f"100 images: {workers.threads} shards are {faster:.2f} times as fast as one")
print(f"in all: {final['layers'] / final['kernels, in shards']:.1f} times as fast as at first")

# %%
larger = np.tile(x, (4, 1, 1, 1)), np.tile(noise, (1, 4, 1))
of_400 = seconds(
    {"one": lambda: whole(kernels, *larger), "shards": lambda: in_shards(kernels, *larger)}, 5
)
faster = of_400["one"] / of_400["shards"]
print(f"400 images: {workers.threads} shards are {faster:.2f} times as fast as one")

# %% [markdown]
# All four versions give the same gradients, to rounding; you have seen each comparison. The kernels
# save a good part of the time here. Whether shards save more depends on two things. The first is
# what else is running. Two threads can halve the time only if two cores are free, and starting and
# joining threads costs time too. In the run published here, both cores were free. On a busy
# computer, two shards of these 100 images gained nothing. The second is the size of the batch:
# compare the printed lines for 100 and 400 images.
#
# ## Where it lives
#
# The gates' kernels are in `minidraw/kernels/lstm.py`, the exponential is in
# `minidraw/kernels/mathematics.py`, and the twin test of all kernels is in
# `tests/kernels/test_twins.py`. The package goes two steps further than you did. If two arrays
# might overlap in memory, the compiler can't use SIMD instructions. The package's inner loops are
# so short that the compiler can prove that their arrays don't overlap. And the weights are
# rearranged for the processor once per training step, not at each of the $T$ steps
# (`minidraw/kernels/products/tiles.py`).
#
# One more thing slows threads down. Between the products, a pass makes many short calls, and each
# of them needs the GIL. In one measurement, two threads that had to pass the GIL back and forth
# took 1.27 times as long as two threads that didn't need it. So the package runs all $T$ steps,
# forward and backward, as one compiled call (`minidraw/kernels/draw_film.py`). From the first step
# to the last, no thread has to wait for the GIL.

# %%
ends = [(0, 4), (4, 10)]
shares = [shard_share(rows, drows, start=a, stop=b) for a, b in ends]
np.testing.assert_allclose(sum(dW for dW, _ in shares), rows.T @ drows / 10)
print("minidraw's shards of a hundred images:", workers.shards(100))

# %% [markdown]
# ## In practice
#
# * Keep the slow twin. People read it, and the fast version is tested against it. In minidraw the
#   model is written once, in terms of `ops`, and never asks which version it has.
# * Run the twin tests once without compilation too (`NUMBA_DISABLE_JIT=1`). Then indices are
#   checked.
# * `cache=True` keeps the compiled loop on disk, so the next start doesn't have to compile it.
# * Time the whole training step. That is what people wait for.
# * More threads aren't always faster. On matrices this small, BLAS with two threads can be slower
#   than with one, as soon as another program uses a core.
# * `minidraw bench profile` draws figure 14.2 for the compiled functions. `minidraw bench steps`
#   times a training step and compares it with other programs, if they are installed.
#
# ## Recap
#
# * Measure first: contenders take turns, the first turn doesn't count, and the median decides.
# * Amdahl's law: making a function `gain` times as fast makes the whole $1 / (1 - \text{share} +
#   \text{share} / \text{gain})$ times as fast.
# * A compiled loop wins where NumPy would make several passes through memory. It loses where NumPy
#   has SIMD instructions and the loop hasn't.
# * A fast version is worth nothing until it agrees with its slow twin, at several sizes and in both
#   precisions.
# * A shard divides by the number of images in the *batch*; then the shards' gradients add up.
#
# ## Three questions
#
# 1. A function takes 30 % of the time, and you make it three times as fast. How many times as fast
#    is the whole?
#
#    <details><summary>Answer</summary>
#
#    1 / (0.7 + 0.1) = 1.25 times.
#
#    </details>
#
# 2. Two programs give the same numbers to six digits, but one is twice as slow in float32. What do
#    you look for first?
#
#    <details><summary>Answer</summary>
#
#    A constant or an array that turns float32 into float64: a 1 in a compiled loop, or an array
#    made without a dtype.
#
#    </details>
#
# 3. Why may two threads give a gradient that differs from the gradient of one thread in the last
#    digit, and why is that no mistake?
#
#    <details><summary>Answer</summary>
#
#    They add the same terms in a different order, and each sum is rounded. The exact sums are
#    equal.
#
#    </details>
#
# ## What is next
#
# A fast program can still be wrong. Lesson 15 shows six bugs that don't slow a program down, and
# that no gradient check finds.
