# %% [markdown]
# # 14 Make it fast
#
# **You'll do:** two exercises, nine lines in all: one function of the network as a loop that is
# compiled, and one part of a batch's gradient, so that several cores can share the work.
#
# **You'll learn:** to measure before you change anything, what a compiled loop is good for and what
# not, and how to make sure that the fast version computes the same.
#
# **You'll need:** lesson 08 (the gates of an LSTM), lesson 13 and Numba, which runs in no
# browser. 40 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | | **kernel** | a function compiled for speed, with a slow and readable **twin** |
# | | `share` | part of the whole time that one function takes, from 0 to 1 |
# | | `gain` | how many times as fast a function has become |
# | | **shard** | a part of a batch, a few images of it |
#
# The paper says nothing about speed. All figures below are measured while the notebook runs: yours
# differ from those printed here, and differ a little each time. The very first run takes half a
# minute longer, since minidraw's own kernels are compiled then, and kept.

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
# The network has the paper's size, but 8 steps in place of 64. What is timed is one **pass**: costs
# and gradients of 100 images, forward and backward. Above, on `minidraw.layers`, the functions that
# you know. Below, on `minidraw.kernels`, and shared among the cores of this machine (at most four).


# %%
def whole(ops):
    """Gradients of the mean cost of the batch, all at once."""
    _, grads = draw.loss_and_grads(params, Batch(x), noise, config, ops)
    return {name: grad / len(x) for name, grad in grads.items()}


def in_shards(ops):
    """The same, one part of the batch per thread."""
    cuts = workers.shards(len(x))

    def part(cut):
        images, draws = Batch(x[slice(*cut)]), noise[:, slice(*cut)]
        return draw.loss_and_grads(params, images, draws, config, ops)[1]

    parts = workers.map(part, cuts)
    return {name: sum(part[name] for part in parts) / len(x) for name in params}


# %%
def seconds(contenders, rounds=7):
    """Median time of each; they take turns, so that what slows the machine slows them all."""
    taken = {name: [] for name in contenders}
    for round in range(rounds + 1):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            if round:  # the first only warms up
                taken[name].append(time.perf_counter() - began)
    return {name: float(np.median(values)) for name, values in taken.items()}


# %%
def bars(axes, times, colors):
    """Milliseconds as bars, the first on top."""
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
# One measurement says little: other programs run, the processor changes its speed, the first call
# is slow. So let the contenders take turns, leave out the first turn, and take the **median**: half
# of the times lie below it, and one slow turn doesn't move it. A mean it would.

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
# A **profile** says how much of the whole time each function takes. The model asks `ops` for every
# function, so it is enough to put clocks between the two; `TimedOps` does that.
#
# **Predict.** Matrix products, gates, reading, writing: which takes most?

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
# The products take most, and a loop of yours won't better them: they go to BLAS, a library that has
# been made faster for decades. Between the products lies the element-wise work. You will take the
# gates' backward half.
#
# What can be won by that? If a function takes the `share` of the whole, and becomes `gain` times as
# fast, the rest stays as it is, and the whole becomes
#
# $$\frac{1}{(1 - \text{share}) + \text{share} / \text{gain}}$$
#
# times as fast. This is Amdahl's law.
#
# **Predict.** A function takes a tenth of the time. How much faster is the whole if that function
# takes no time at all any more?


# %%
def amdahl(share, gain):
    return 1 / ((1 - share) + share / gain)


share = clocks.seconds["lstm_gates_backward"] / passes / total
print(f"a tenth, for nothing: {amdahl(0.1, np.inf):.3f} times as fast")
print(f"the gates' backward takes {share:.1%}: at most {amdahl(share, np.inf):.3f} times")

# %% [markdown]
# That is the first thing to know about making programs fast: most functions aren't worth it.
#
# ## What NumPy does one after another
#
# The slope of a sigmoid is $s (1 - s)$. NumPy computes `1 - s`, writes it to a new array, reads it
# again and multiplies. Each operation goes through the whole array by itself. A loop would read
# each number once, do everything that is to be done to it, and write it once. But a loop in Python
# is slow, since Python looks up anew, for each number, what `*` means. **Numba** translates the
# loop into the processor's own instructions, once, at the first call.


# %%
import numba


def slope_loop(s, out):
    for k in range(s.size):
        out[k] = s[k] * (1 - s[k])


def slope_in_float32(s, out):
    one = np.float32(1)
    for k in range(s.size):
        out[k] = s[k] * (one - s[k])


first, second = numba.njit(slope_loop), numba.njit(slope_in_float32)
s = rng.random(20_000).astype(np.float32)
out = np.empty_like(s)

# %% [markdown]
# **Predict.** Order them: the loop in Python, NumPy, the loop compiled, and the loop with `one`
# compiled, which differs in one literal.

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
slope_loop(s, out)
times["Python"] = time.perf_counter() - began
for name, taken in times.items():
    print(f"{name:14s} {1e3 * taken:8.4f} ms")

# %% [markdown]
# Python is slower by a factor of hundreds. And the literal counts, more in a longer loop than in
# this one: to Numba `1` is an integer, and an integer with a float32 makes a float64. Then every
# number is widened, computed at double width and narrowed again. The result is the same to
# rounding, so that no comparison shows it. `np.float32(1)` stays narrow; and with float64 arrays it
# does no harm, since 1 is exact in both.
#
# ## Not every loop wins
#
# Here are the gates forward (lesson 08) as a loop. Gate order i, f, o, g; `gates`, `c`, `tanh_c`
# and `h` are arrays that the loop fills.


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
    """`lstm_gates` with that loop inside."""
    gates, (c, tanh_c, h) = np.empty_like(a), (np.empty_like(c_prev) for _ in range(3))
    gates_loop(a, c_prev, gates, c, tanh_c, h)
    return (h, c), GatesCache(gates, c_prev, tanh_c)


# %% [markdown]
# First of all: does it compute the same as its twin? Not only at the size that is timed. A batch of
# one, an odd number of units, both precisions; and the largest difference measured against the
# largest entry.


# %%
def twins(mine, theirs, limits):
    """Raise unless two functions of (n, H, dtype) return the same; print the worst difference."""
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
# **Predict.** Each number is read once and written once, and the loop is compiled. How does it
# compare with NumPy, in float32?

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
# On most machines the loop loses, and by a lot. A processor has instructions that treat four, eight
# or sixteen numbers at once. NumPy's exponential is written with them; the one that the loop calls
# takes one number at a time. The package's kernel wins only since it has an exponential of its own:
# a polynomial, that is, sums and products, and those Numba can turn into such instructions.
#
# Backward there is no exponential at all: only products and sums.
#
# ### Exercise 1: the gates backward, as a loop (6 lines)
#
# In lesson 08 you wrote it with whole arrays; now number by number. `dh`, `dc`, `c_prev` and
# `tanh_c` have the shape `(n, H)`, `gates` has `(n, 4 H)`. Fill `da`, `(n, 4 H)`, and `dc_prev`,
# `(n, H)`: they hold old numbers, so overwrite them. Return nothing. Write `one` for 1.
#
# Don't compile it yet. The check runs the loop as it is, in Python, where an index beyond the end
# stops it. Compiled, it would write to memory that belongs to something else.


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
# Stuck? Run `hint("14.gates_backward_loop")`, and again for the next step. If it is right and Numba
# refuses it below, it uses something that Numba doesn't know: keep to numbers and indices.
#
# `nogil=True` is for later: while the loop runs, other threads may run Python.

# %%
compiled = numba.njit(nogil=True)(gates_backward_loop)


def backward(dout, cache, *, out=None):
    """`lstm_gates_backward` with your loop inside."""
    dh, dc = (np.ascontiguousarray(part) for part in dout)  # each in one piece of memory
    da, dc_prev = np.empty_like(cache.gates) if out is None else out, np.empty_like(dc)
    compiled(dh, dc, *cache, da, dc_prev)
    return da, dc_prev


# %%
def both(function):
    """Gradients of some size: a dout, and the cache of a forward."""

    def called(*size):
        dout, cache = layers.lstm_gates(*inputs(*size))  # any numbers do for a dout
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
# If yours stayed behind in float32, look for an integer, such as `1 -`, in it.
#
# ## Into the network
#
# The model takes whatever `ops` has. Put your function in the place of NumPy's, look whether the
# gradients of all weights are the same, and only then at the clock.

# %%
mixed = SimpleNamespace(**{**vars(layers), "lstm_gates_backward": backward})


def difference(mine, theirs):
    return max(abs(mine[name] - theirs[name]).max() / abs(theirs[name]).max() for name in params)


print(f"largest difference of any gradient: {difference(whole(mixed), whole(layers)):.0e}")
assert difference(whole(mixed), whole(layers)) < 1e-4
assert difference(whole(kernels), whole(layers)) < 1e-4

# %% [markdown]
# **Predict.** Your loop is several times as fast as NumPy. And the pass? You have the formula.

# %%
times = seconds({"layers": lambda: whole(layers), "with your loop": lambda: whole(mixed)}, 11)
found = times["layers"] / times["with your loop"]
print(f"Amdahl's law {amdahl(share, gains[np.float32]):.3f}, measured {found:.3f} times as fast")

# %% [markdown]
# Little more than nothing, as the law said; on a busy machine the clock's scatter is as large. The
# package's kernels together win more, since they take all the element-wise work: the gates, the
# windows with their filters, reading and writing.
#
# ## Share the work
#
# What is left are the products. Several cores can share them: each takes a shard of the batch,
# and runs the whole pass on it. The loss is a mean over $n$ images,
#
# $$L = \frac1n \sum_{i=1}^{n} L_i$$
#
# so its gradient is a sum over images too, and can be added up in parts. One thing wants care:
# shards may be unequal. Three shards of ten images have 3, 4 and 3.
#
# **Predict.** Two shards, of 1 and of 3 images, return the *mean* gradients 8 and 4. What is the
# mean over the four images? (Not 6.)
#
# ### Exercise 2: a shard's share (3 lines)
#
# For one linear layer: `x` is `(n, I)` and `dout` is `(n, O)`, the gradient of each image's own
# loss. Return `dW`, `(I, O)`, and `db`, `(O,)`: what the images from `start` up to, but not
# including, `stop` add to the gradient of the whole batch's mean. The shares of all shards must add
# up to it.


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
# A mean of means would have been wrong: of 8 for one image and 4 for three it is 5, not 6. Divide
# by the images of the whole batch, and the shares just add up. `in_shards`, at the top, does so for
# the whole network; it divides once, behind the sum, which comes to the same.
#
# Each shard runs in a **thread**: a second line of work in the same program. Python itself lets
# only one thread run at a time, for it has a lock. But NumPy's products and the compiled loops let
# go of the lock while they compute, and they are most of the time.
#
# **Predict.** Is the gradient in shards the same, bit for bit?

# %%
apart, together = in_shards(kernels), whole(kernels)
print(f"shards against the whole: {difference(apart, together):.0e}")
again = in_shards(kernels)
print("twice in shards, the same bits:", all((apart[k] == again[k]).all() for k in params))
assert difference(apart, together) < 1e-4

# %% [markdown]
# Not bit for bit: sums in another order round otherwise. But the same number of shards, added in
# the same order, gives the same bits each time, however the threads took turns. That is worth
# having: a run can be repeated.
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
print(f"{final['layers'] / final['kernels, in shards']:.1f} times as fast in all")

# %% [markdown]
# The gradients are the same in all four, to rounding, and you have seen each compared. Where other
# programs use the cores, the last row gains little or even loses: there is no free core to share.
#
# ## Where it lives
#
# The gates' kernels are in `minidraw/kernels/lstm.py`, the exponential is in
# `minidraw/kernels/mathematics.py`, and the twin test of all kernels is in
# `tests/kernels/test_twins.py`. The package goes further than you did: each loop inside is so
# short that Numba is sure that its arrays don't overlap, and the weights of the products are
# rearranged for the processor once per step of training, not at each of the $T$ steps
# (`minidraw/kernels/products/tiles.py`).
#
# The many light calls between the products hold Python's lock, and two threads that passed it back
# and forth took 1.27 times as long as two that didn't need it. So all $T$ steps, forward and back,
# are one compiled call (`minidraw/kernels/draw_film.py`): between the first step and the last, a
# thread never waits for another.

# %%
ends = [(0, 4), (4, 10)]
shares = [shard_share(rows, drows, start=a, stop=b) for a, b in ends]
np.testing.assert_allclose(sum(dW for dW, _ in shares), rows.T @ drows / 10)
print("minidraw's shards of a hundred images:", workers.shards(100))

# %% [markdown]
# ## In practice
#
# * Keep the slow twin. It is what you read, and what the fast one is tested against. In minidraw
#   the model is written once, over `ops`, and never asks which of the two it has.
# * Run the twin tests once uncompiled as well (`NUMBA_DISABLE_JIT=1`): indices are checked then.
# * `cache=True` keeps the compiled loop on disk, so that the next start needn't compile.
# * Time what people wait for. That is the training step, not the function that you are proud of.
# * More threads aren't always faster. On matrices as small as these BLAS with two threads can be
#   slower than with one, as soon as anything else uses a core.
# * `minidraw bench profile` draws figure 14.2 for the compiled functions, and
#   `minidraw bench steps` times a training step, beside other programs where they are installed.
#
# ## What is next
#
# A fast program can be wrong as well. Lesson 15 tells of six bugs that cost nobody any speed, and
# none of which shows in a gradient check.
