# %% [markdown]
# # 21 A canvas is a memory
#
# **You'll do:** five exercises, twenty lines in all: find a slot of a memory by its content, move a
# head, push a gradient through the move, sharpen the head, and go backward through erasing and
# adding. Then a network learns with your functions to repeat what it has seen.
#
# **You'll learn:** how a network can read and write a memory that has slopes everywhere, in which
# way DRAW's canvas is such a memory and in which it isn't, and why a network with a memory can
# repeat 20 rows although it was trained on 5 at most.
#
# **You'll need:** lesson 04 (filterbanks), lesson 05 (the gradient of a softmax) and lesson 09
# (backward through time). You can do this lesson without having solved their exercises.
# 100 minutes. Optional. A good place for a break is before "Erase and add".
#
# | Graves et al. 2014 | here | |
# |---|---|---|
# | $M_t$ | `memory` | the memory: `N` slots of `M` numbers for each sequence, `(n, N, M)` |
# | $w_t$ | `w` | a head: one weight per slot, none below 0, with the sum 1, `(n, N)` |
# | $k_t, \beta_t$ | `key`, `strength` | what to look for, `(n, M)`, and how strictly, `(n, 1)` |
# | $g_t$ | `gate` | between the old head (0) and a target (1), `(n, 1)` |
# | $s_t$ | `shifts` | how much of the head moves by -1, 0 and 1 slots, `(n, 3)` |
# | $\gamma_t$ | `strength` | how much the head is sharpened, 1 or more, `(n, 1)` |
# | $e_t, a_t$ | `erase`, `add` | what is taken from a slot and what is put there, `(n, M)` each |

# %%
import numpy as np

from minidraw import gradcheck
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.exercises import lesson_21 as package
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

layers = use_earlier("21")
linear = layers.linear
linear_backward = layers.linear_backward
lstm = layers.lstm
lstm_backward = layers.lstm_backward
sigmoid = layers.sigmoid
softmax = layers.softmax

# %% [markdown]
# ## The goal
#
# Here is a task that you can do without thinking: repeat what you were shown. A sequence consists
# of rows of four bits, one per step. Then comes a mark that says "now repeat". After it the network
# is shown nothing, and it has to give the rows back in their order.

# %%
BITS = 4


def sequences(rng, n, length):
    """Return what is shown, (2 length + 1, n, BITS + 1), and the rows to repeat."""
    rows = rng.integers(0, 2, (length, n, BITS)).astype(np.float32)
    x = np.zeros((2 * length + 1, n, BITS + 1), np.float32)
    x[:length, :, :BITS] = rows
    x[length, :, BITS] = 1  # the mark
    return x, rows


shown, five = sequences(np.random.default_rng(3), 1, 5)
wanted = np.zeros((BITS, len(shown)))
wanted[:, 6:] = five[:, 0].T

# %% jupyter={"source_hidden": true}
figure, axes = panels(2, height=1.9)
picture(axes[0], shown[:, 0].T, "shown, step by step")
picture(axes[1], wanted, "wanted")
for place in axes:
    place.set_xlabel("step")
show(figure, "21.1")

# %% [markdown]
# We will train on sequences of 1 to 5 rows, and then ask for 20.
#
# **Predict.** An LSTM keeps what it remembers in its cell, one vector of numbers. If it has learned
# to repeat up to 5 rows, will it repeat 6? And 20? What would you use in its place if you had to
# repeat 20 rows yourself?

# %% [markdown]
# <details><summary>Answer</summary>
#
# You would write them down, one below the other, and then read them from the top. You need no new
# skill for the 20th row. You need paper, a pencil and a finger that moves on by one line.
#
# </details>
#
# DRAW writes too. Its canvas keeps what was painted, so $h$ needn't remember it. A few months
# before DRAW, two of its authors had published a network with paper and pencil: the **Neural Turing
# Machine** (Graves, Wayne and Danihelka 2014). This lesson builds its parts beside DRAW's.
#
# ## A finger with a slope
#
# The memory has $N$ slots, each with $M$ numbers. A finger that points to slot 3 has no slope: a
# little more than 3 isn't a slot. DRAW has the same trouble with pixels, and lesson 04 solved it:
# point to all of them a little. A **head** is a weight for each slot, none below 0, with the sum 1.
# To read, take the weighted sum of all slots, $r = \sum_k w_k M_k$.
#
# A row of a filterbank is exactly that: weights of the pixels of an axis, with the sum 1.


# %%
def read(w, memory):
    return np.einsum("nk,nkm->nm", w, memory)


rng = np.random.default_rng(0)
memory = rng.standard_normal((1, 12, 3))
one = np.ones(1)
F, _ = layers.filterbank(4.0 * one, one, 0.5 * one, K=1, A=12)  # one filter, centre 4
np.testing.assert_allclose(F[0] @ memory[0], read(F[0], memory))
print("weights", F[0, 0].round(2), "sum", F.sum().round(6))

# %% [markdown]
# So DRAW's read window is $K \times K$ heads at once. Their weights are Gaussians, given by four of
# the window's five numbers: two for the centre, one for the stride and one for the variance. A head
# of a Turing machine can have any shape. How does a network say which?
#
# ## Find by content
#
# The first way is to say *what* is wanted. The network emits a **key**, a vector of $M$ numbers,
# and each slot gets more weight the more it is like the key. The likeness of two vectors is their
# **cosine**: the dot product divided by both lengths. It is 1 if they point in the same direction,
# and -1 if in opposite ones. A softmax makes weights of the cosines, and a strength $\beta$ says
# how strictly:
#
# $$w_k = \frac{e^{\beta \cos(\text{key}, M_k)}}{\sum_j e^{\beta \cos(\text{key}, M_j)}}$$
#
# ### Exercise 1: find it (4 lines)
#
# `key` is `(n, M)`, `strength` is `(n, 1)`, `memory` is `(n, N, M)`. Return the weights, `(n, N)`.
# You may call `softmax`, which works along the rows.


# %%
@exercise("21.address_by_content")
def address_by_content(key, strength, memory):
    raise NotImplementedError


# %% [markdown]
# Stuck? Run `hint("21.address_by_content")`, and again for the next step.
#
# Now store eight rows of 16 numbers, and ask for one of them with a key of which half was lost and
# replaced with zeros.
#
# **Predict.** The cosines lie between -1 and 1. With a strength of 1, can one of eight slots get
# most of the weight?

# %%
memory = rng.standard_normal((1, 8, 16))
key = memory[:, 5] * (np.arange(16) < 8)
strengths = (1, 5, 20)
found = [address_by_content(key, np.full((1, 1), float(s)), memory)[0] for s in strengths]
for s, w in zip(strengths, found, strict=True):
    print(f"strength {s:2d}: slot 5 gets {w[5]:.2f}, the next one {np.sort(w)[-2]:.2f}")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
for s, w, color, line in zip(
    strengths, found, (GREEN, BLUE, VERMILION), (":", "-", "--"), strict=True
):
    axes.plot(w, line, marker="o", color=color, label=f"strength {s}")
plain(axes, xlabel="slot", ylabel="weight", ylim=(0, 1))
axes.legend(frameon=False)
show(figure, "21.2")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With a strength of 1 the largest weight is at most $e^2$ times the smallest. So even if all other
# slots pointed away from the key, slot 5 would get hardly more than half. Here it gets 0.22: the
# head looks everywhere. With 20 it finds the row from half of it.
#
# </details>
#
# DRAW has nothing like this. Its window is found by *place* only. It can't say "where the stroke
# ends".
#
# ## Move
#
# The second way is to say *where*, as seen from where the head is. Two operations do it. First the
# **gate** $g$ interpolates between a target and the old head:
#
# $$\text{mixed} = g\, \text{target} + (1 - g)\, w$$
#
# In the paper the target is what was found by content. In our network it will be slot 0, the start.
# Then the head is shifted. A shift by a whole number of slots has no slope, so again a bit of each:
# $s_{-1}$ of the head moves back by one slot, $s_0$ stays, and $s_1$ moves on. The slots form a
# ring, so the last is followed by the first. This is called a **circular convolution**:
#
# $$\text{moved}_k = s_{-1}\, \text{mixed}_{k+1} + s_0\, \text{mixed}_k + s_1\, \text{mixed}_{k-1}$$
#
# ### Exercise 2: move the head (3 lines)
#
# `target` and `w` are `(n, N)`, `gate` is `(n, 1)`, and `shifts`, `(n, 3)`, has the shares that
# move by -1, 0 and 1. Return the moved head; the cache is given. `np.roll` shifts along a ring.


# %%
@exercise("21.move")
def move(target, w, gate, shifts):
    raise NotImplementedError
    return moved, (target, w, gate, shifts)


# %%
start = np.eye(1, 8)
print(move(start, np.eye(1, 8, 7), np.zeros((1, 1)), np.array([[0.0, 0.1, 0.9]]))[0])
print(move(start, np.eye(1, 8, 5), np.full((1, 1), 0.5), np.array([[0.0, 1.0, 0.0]]))[0])

# %% [markdown]
# The first head stood on slot 7, the last, and 0.9 of it moved on to slot 0. The second was half
# sent back to the start.
#
# ### Exercise 3: its backward (6 lines)
#
# `dmoved` is the gradient of the moved head, `(n, N)`. Return the gradients of `target`, `w`,
# `gate` and `shifts`. Think of one slot: the gradient of what it passed to the slot on its right
# comes back from there.


# %%
@exercise("21.move_backward")
def move_backward(dmoved, cache):
    target, w, gate, shifts = cache
    raise NotImplementedError


# %%
inputs = package.make_move_inputs(rng, 3, 7)[0]
errors = gradcheck.check_layer(move, move_backward, inputs, {}, rng)
print({name: f"{error:.0e}" for name, (_, _, error) in errors.items()})
assert max(error for *_, error in errors.values()) < 1e-6

# %% [markdown]
# ## Sharpen
#
# **Predict.** A head stands on slot 0. In each of 20 steps, 0.9 of it moves on by one slot, and
# 0.05 each stays and moves back. Where is the head after 20 steps, and how much of it is on that
# slot?

# %% [markdown]
# <details><summary>Answer</summary>
#
# On average each step moves it by $0.9 - 0.05 = 0.85$ slots, so its mean is at slot 17. But it is
# spread out over many slots. You will see below how little is left on any one of them.
#
# </details>
#
# Every step blurs a head that was blurred before. So the head is **sharpened**: each weight is
# raised to a power $\gamma \ge 1$, and then all are divided by their sum. A large weight gains, a
# small one loses:
#
# $$\text{out}_k = \frac{w_k^\gamma}{\sum_j w_j^\gamma}$$
#
# ### Exercise 4: sharpen it (2 lines)
#
# `w` is `(n, N)`, all above 0, and `strength` is `(n, 1)`. The cache is given.


# %%
@exercise("21.sharpen")
def sharpen(w, strength):
    raise NotImplementedError
    return out, (w, strength)


# %% [markdown]
# We give you its backward, because you know it. $w^\gamma = e^{\gamma \log w}$, so sharpening is a
# softmax of $\gamma \log w$, and lesson 05 has its gradient.


# %%
def softmax_backward(dp, p):
    return p * (dp - (dp * p).sum(axis=1, keepdims=True))


def sharpen_backward(dout, cache):
    w, strength = cache
    d = softmax_backward(dout, softmax(strength * np.log(w)))
    return strength * d / w, (d * np.log(w)).sum(axis=1, keepdims=True)


inputs = package.make_blurred_weights(rng, 3, 7)[0]
errors = gradcheck.check_layer(sharpen, sharpen_backward, inputs, {}, rng)
assert max(error for *_, error in errors.values()) < 1e-6

# %%
TINY = 1e-8  # so that no weight is 0, which has no logarithm


def walk(strength, steps=20, slots=24):
    """Return the head at every step, (steps + 1, slots)."""
    w = np.eye(1, slots)
    heads = [w[0]]
    for _ in range(steps):
        moved, _ = move(w, w, np.zeros((1, 1)), np.array([[0.05, 0.05, 0.9]]))
        w, _ = sharpen(moved + TINY, np.full((1, 1), strength))
        heads.append(w[0])
    return np.array(heads)


blurred, sharp = walk(1.0), walk(2.0)
for words, heads in ("no sharpening", blurred), ("strength 2", sharp):
    print(f"{words}: most is on slot {heads[-1].argmax()}, {heads[-1].max():.2f} of it")

# %%
drawn = [np.exp(-0.5 * ((np.arange(24) - t) / 0.3) ** 2) for t in range(21)]  # centre t, sigma 0.3

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=2.9)
titles = "shifted only", "shifted and sharpened", "DRAW: centre and variance"
for place, heads, title in zip(axes, (blurred, sharp, np.array(drawn)), titles, strict=True):
    picture(place, heads.T, title)
    place.set_xlabel("step")
axes[0].set_ylabel("slot")
show(figure, "21.3")

# %% [markdown]
# Without sharpening, no slot has more than about a fifth of the head at the end. (The largest share
# is on slot 18, ahead of the mean, because a long tail lags behind.) With sharpening the head walks
# along the diagonal and stays sharp. It even walks faster: what stayed behind is less than what
# moved on, and the power makes it smaller still.
#
# DRAW doesn't have this problem, and therefore no sharpening. Its window isn't moved from where it
# was. The decoder says anew in every step where the centre is, and a number doesn't blur. The
# variance takes the place of sharpening, and it too is set anew. The price: DRAW has to know the
# place. A head that knows only "one further" can go on as long as there are slots.
#
# ## Erase and add
#
# Writing needs two vectors. **Erase** says for each of the $M$ numbers of a slot how much of it
# should go, from 0 to 1, and **add** says what should come. Each slot takes part as much as the
# head points to it:
#
# $$M_k \leftarrow M_k\, (1 - w_k\, e) + w_k\, a$$


# %%
def erase_and_add(memory, w, erase, add):
    kept = 1 - w[:, :, None] * erase[:, None]
    return memory * kept + w[:, :, None] * add[:, None], (memory, w, erase, add)


# %% [markdown]
# **Predict.** Write the row (1, 2, 3) twice to the same slot, the head fully on it: once with
# `erase` 0, once with `erase` 1. What is in the slot?

# %%
slot, row = np.ones((1, 1)), np.array([[1.0, 2.0, 3.0]])
for erase in (0, 1):
    memory = np.zeros((1, 1, 3))
    for _ in range(2):
        memory, _ = erase_and_add(memory, slot, np.full((1, 3), float(erase)), row)
    print(f"erase {erase}:", memory[0, 0])

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With `erase` 0 the rows add up. With `erase` 1 the second row replaces the first.
#
# </details>
#
# Adding up is DRAW's `write` (lesson 07): strokes are added to the logits of the canvas, and
# nothing is ever taken away. To make a pixel dark again, DRAW must know how light it is and add the
# opposite. Lesson 07's open exercise in [OPEN.md](OPEN.md), `write_over`, is a stroke that covers
# what is below. It is nearly this formula: its `cover`, written through the filterbanks, is $w_k\,
# e$. One thing differs. Here a single head writes, with one `erase`. There $K \times K$ heads write
# at once, each with a cover of its own.
#
# ### Exercise 5: its backward (5 lines)
#
# `dout` is the gradient of the memory after writing, `(n, N, M)`. Return the gradients of `memory`,
# `w`, `erase` and `add`.


# %%
@exercise("21.erase_and_add_backward")
def erase_and_add_backward(dout, cache):
    memory, w, erase, add = cache
    raise NotImplementedError


# %%
inputs = package.make_memory_inputs(rng, 3, 5, 4)[0]
errors = gradcheck.check_layer(erase_and_add, erase_and_add_backward, inputs, {}, rng)
print({name: f"{error:.0e}" for name, (_, _, error) in errors.items()})
assert max(error for *_, error in errors.values()) < 1e-6

# %% [markdown]
# ## Side by side
#
# | | Neural Turing Machine | DRAW |
# |---|---|---|
# | the memory | slots that mean nothing by themselves | the canvas: the picture itself, in logits |
# | who sees it | only the network | it is the answer, and it is judged |
# | a head | weights of all slots, any shape | $K \times K$ Gaussians on a grid |
# | finding | by content, or from where it was | by place only, set anew in each step |
# | moving | circular shift | the centre; the stride is the zoom |
# | keeping it sharp | the power $\gamma$ | the variance |
# | writing | erase and add | add only |
# | neighbours | only the shift knows them | Gaussians cover neighbours together |
# | chance | none | a latent vector in each step, and its price |
#
# The last row is the largest difference. DRAW is a model of pictures; it pays for what it passes to
# the decoder (lesson 10). A Turing machine is a function from sequences to sequences. What they
# share is the idea that what was made so far lies outside the network, and is read and written
# through weights that have slopes.
#
# ## The network
#
# Our machine is smaller than the paper's, so that it learns here within seconds. It has one head
# for reading and writing, and it doesn't look by content: the gate can only send the head back to
# slot 0. The controller, which says what to do, has one layer and **no memory of its own**. All
# that passes from step to step is the memory, the head, and the row read last. In each step:
#
# 1. The controller takes in $x_t$ and the row read before, and emits `gate`, `shifts`, `strength`,
#    `erase` and `add`.
# 2. The head moves and is sharpened.
# 3. The row under it is read. A linear layer turns it into four logits, the answer.
# 4. Then `erase` and `add` write to the same slots.
#
# First, the functions that bring the controller's numbers into their ranges: sigmoids for gate and
# erase, a softmax for the shifts, and 1 plus a softplus (lesson 03) for the strength.

# %%
WIDTH, HIDDEN = 6, 32  # numbers per slot, units of the controller


def settings(a):
    gate, shifts, strength, erase, add = np.split(a, (1, 4, 5, 5 + WIDTH), axis=1)
    return sigmoid(gate), softmax(shifts), 1 + np.logaddexp(0, strength), sigmoid(erase), add


def settings_backward(dgate, dshifts, dstrength, derase, dadd, made):
    gate, shifts, strength, erase, _ = made
    da = [dgate * gate * (1 - gate), softmax_backward(dshifts, shifts)]
    da += [dstrength * (1 - np.exp(1 - strength))]  # the softplus's slope is a sigmoid
    return np.concatenate([*da, derase * erase * (1 - erase), dadd], axis=1)


# %%
def step(x, r, w, memory, W, b, W_head, b_head):
    """Return the row read, the head, the memory after writing, and the caches."""
    a, seen = linear(np.concatenate([x, r], axis=1), W, b)
    h = np.tanh(a)
    a, asked = linear(h, W_head, b_head)
    made = gate, shifts, strength, erase, add = settings(a)
    start = np.zeros_like(w)
    start[:, 0] = 1
    moved, move_cache = move(start, w, gate, shifts)
    w, sharpened = sharpen(moved + TINY, strength)
    after, written = erase_and_add(memory, w, erase, add)
    return (
        read(w, memory),
        w,
        after,
        (seen, h, asked, made, move_cache, sharpened, memory, w, written),
    )


# %% [markdown]
# Its backward takes the gradients of the row read, the head and the memory, and goes through the
# lines from the bottom up. Memory and head are both used twice in a step, for reading and for
# writing, and the head is also passed on to the next step. The gradients of all uses add up.


# %%
def step_backward(dr, dw, dafter, cache):
    """Return the gradients of r, w and memory before the step, and of the four weights."""
    seen, h, asked, made, move_cache, sharpened, memory, w, written = cache
    dmemory, dw_written, derase, dadd = erase_and_add_backward(dafter, written)
    dmemory = dmemory + w[:, :, None] * dr[:, None]  # r = sum of w memory
    dw = dw + dw_written + np.einsum("nkm,nm->nk", memory, dr)
    dmoved, dstrength = sharpen_backward(dw, sharpened)
    _, dw, dgate, dshifts = move_backward(dmoved, move_cache)
    da = settings_backward(dgate, dshifts, dstrength, derase, dadd, made)
    dh, *of_head = linear_backward(da, asked)
    djoined, *of_controller = linear_backward(dh * (1 - h**2), seen)
    return djoined[:, -WIDTH:], dw, dmemory, [*of_controller, *of_head]


# %% [markdown]
# And through all steps, as in lesson 09. The machine starts with an empty memory and the head on
# slot 0. The number of slots belongs to no weight, so we can choose it anew at any time.


# %%
def machine(W, b, W_head, b_head, W_out, b_out, *, x, slots):
    """Return the logits of every step, (T, n, BITS)."""
    n = x.shape[1]
    r, w, memory = (np.zeros((n, *size), W.dtype) for size in ((WIDTH,), (slots,), (slots, WIDTH)))
    w[:, 0] = 1
    logits, caches = [], []
    for x_t in x:
        r, w, memory, cache = step(x_t, r, w, memory, W, b, W_head, b_head)
        y, out = linear(r, W_out, b_out)
        logits.append(y)
        caches.append((cache, out, w, memory))
    return np.stack(logits), caches


# %%
def machine_backward(dlogits, caches):
    *_, w, memory = caches[-1]
    dr, dw, dmemory, total = 0, np.zeros_like(w), np.zeros_like(memory), [0] * 6
    for dy, (cache, out, _, _) in zip(dlogits[::-1], caches[::-1], strict=True):
        dr_out, *of_out = linear_backward(dy, out)
        dr, dw, dmemory, of_step = step_backward(dr + dr_out, dw, dmemory, cache)
        total = [old + new for old, new in zip(total, [*of_step, *of_out], strict=True)]
    return tuple(total)


# %% [markdown]
# The rival is the LSTM of lesson 08, with 64 units and a linear layer from $h_t$ to the answer.


# %%
def alone(W, b, W_out, b_out, *, x):
    h = c = np.zeros((x.shape[1], len(b) // 4), W.dtype)
    logits, caches = [], []
    for x_t in x:
        (h, c), remembered = lstm(x_t, h, c, W, b)
        y, out = linear(h, W_out, b_out)
        logits.append(y)
        caches.append((remembered, out))
    return np.stack(logits), caches


# %%
def alone_backward(dlogits, caches):
    dh, dc, total = 0, 0, [0] * 4
    for dy, (remembered, out) in zip(dlogits[::-1], caches[::-1], strict=True):
        dh_out, *of_out = linear_backward(dy, out)
        _, dh, dc, *of_lstm = lstm_backward((dh + dh_out, dc), remembered)
        total = [old + new for old, new in zip(total, [*of_lstm, *of_out], strict=True)]
    return tuple(total)


# %%
def initial(shapes, rng):
    """Return random matrices and biases of 0, by name."""
    return {
        name: (rng.standard_normal(shape) / np.sqrt(shape[0]) * (len(shape) > 1)).astype(np.float32)
        for name, shape in shapes.items()
    }


UNITS = 64
shapes = {"W": (BITS + 1 + WIDTH, HIDDEN), "b": (HIDDEN,), "W_head": (HIDDEN, 5 + 2 * WIDTH)}
shapes |= {"b_head": (5 + 2 * WIDTH,), "W_out": (WIDTH, BITS), "b_out": (BITS,)}
first = {"machine": initial(shapes, np.random.default_rng(0))}
first["machine"]["b_head"][[0, 3]] = -1, 1  # prefer not to go back, and to move on
shapes = {"W": (UNITS + BITS + 1, 4 * UNITS), "b": (4 * UNITS,)}
shapes |= {"W_out": (UNITS, BITS), "b_out": (BITS,)}
first["LSTM"] = initial(shapes, np.random.default_rng(0))
for name, params in first.items():
    print(f"{name}: {sum(value.size for value in params.values()):,} weights")

# %% [markdown]
# We help the machine with two numbers. The bias of its gate starts at -1, and the bias of the shift
# by one slot forward at 1. So at first it tends to move on. Nothing prevents it from learning
# otherwise. With this help all six seeds that we tried learned to repeat 20 rows in 700 batches.
# Without the second number one of the six got stuck, and another made a few mistakes.
#
# Now check the gradient of the whole machine. Here every weight of a small one is compared with
# finite differences:

# %%
params = {name: value.astype(float) for name, value in first["machine"].items()}
small = {name: value[:, :8] if name == "W" else value[:8] for name, value in params.items()}
small |= {"b_head": params["b_head"], "W_out": params["W_out"], "b_out": params["b_out"]}
x, _ = sequences(rng, 2, 2)
errors = gradcheck.check_layer(machine, machine_backward, small, {"x": x, "slots": 5}, rng)
print({name: f"{error:.0e}" for name, (_, _, error) in errors.items()})
assert max(error for *_, error in errors.values()) < 1e-5

# %% [markdown]
# ## Let both learn
#
# Each step uses 32 new sequences of one length, between 1 and 5. The cost is that of lesson 03, per
# bit, counted only after the mark. Adam and clipping are those of lesson 13. The LSTM gets more
# than twice as many steps, and it has far more weights.


# %%
def judged(logits, rows):
    """Return nats per bit, the share of wrong bits, and the gradient of all logits."""
    y = logits[len(rows) + 1 :]
    dlogits = np.zeros_like(logits)
    dlogits[len(rows) + 1 :] = (sigmoid(y) - rows) / rows.size
    return (np.logaddexp(0, y) - rows * y).mean(), ((y > 0) != (rows == 1)).mean(), dlogits


# %%
def learn(forward, backward, start, steps, rate=0.01, longest=5, seed=1, **more):
    """Return the trained weights by name, and cost and error of every step."""
    rng, log = np.random.default_rng(seed), []
    adam = Adam(start, beta1=0.9, beta2=0.99, average=0.99)
    room = allocate_flat({name: value.shape for name, value in start.items()})
    for k in range(steps):
        x, rows = sequences(rng, 32, rng.integers(1, longest + 1))
        logits, caches = forward(*adam.weights.views.values(), x=x, **more)
        cost, wrong, dlogits = judged(logits, rows)
        fill(room, dict(zip(start, backward(dlogits, caches), strict=True)))
        adam.update(room, rate=rate * min(1, max(0.1, 2 - 2 * k / steps)), clip=1.0, ops=layers)
        log.append((cost, wrong))
    return adam.weights.views, np.array(log)


# %%
trained, logs = {}, {}
trained["machine"], logs["machine"] = learn(
    machine, machine_backward, first["machine"], 700, slots=8
)
trained["LSTM"], logs["LSTM"] = learn(alone, alone_backward, first["LSTM"], 1500)
for name, log in logs.items():
    cost, wrong = log[-100:].mean(axis=0)
    print(f"{name}: last 100 of {len(log)} batches: {cost:.4f} nats per bit, {wrong:.2%} wrong")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
for (name, log), color, line in zip(logs.items(), (BLUE, VERMILION), ("-", "--"), strict=True):
    means = log[:, 0].reshape(-1, 20).mean(axis=1)
    axes.semilogy(20 * np.arange(len(means)) + 10, means, line, color=color, label=name)
axes.axhline(np.log(2), color="black", linestyle=":")
plain(axes, xlabel="batches", ylabel="nats per bit")
axes.legend(frameon=False)
show(figure, "21.4")

# %% [markdown]
# Both have learned what they were trained on.
#
# ## Twenty rows
#
# **Predict.** Now sequences of up to 40 rows, which neither has seen. The machine gets 32 slots in
# place of the 8 with which it was trained. Where does each begin to make mistakes?

# %%
lengths = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 32, 33, 34, 36, 40]


def errors_at(forward, params, **more):
    """Return the share of wrong bits of 100 new sequences of each length."""
    rng, found = np.random.default_rng(2), []
    for length in lengths:
        x, rows = sequences(rng, 100, length)
        logits, _ = forward(*params.values(), x=x, **more)
        found.append(judged(logits, rows)[1])
    return np.array(found)


shares = {"LSTM": errors_at(alone, trained["LSTM"])}
shares |= {f"machine, {k} slots": errors_at(machine, trained["machine"], slots=k) for k in (32, 64)}
for name, values in shares.items():
    told = {k: f"{100 * values[lengths.index(k)]:.1f} %" for k in (5, 6, 8, 20, 32, 34, 40)}
    print(name, *(f"| {k} rows: {value}" for k, value in told.items()))

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3)
colors, lines = (VERMILION, BLUE, GREEN), ("--", "-", ":")
for (name, values), color, line in zip(shares.items(), colors, lines, strict=True):
    axes.plot(lengths, 100 * values, line, marker="o", markersize=4, color=color, label=name)
axes.axvspan(1, 5, color="0.9")
axes.axhline(50, color="black", linewidth=0.6)
plain(axes, xlabel="rows", ylabel="% of bits wrong", ylim=(-2, 55))
axes.legend(frameon=False, loc="center right")
show(figure, "21.5")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The LSTM makes mistakes at the first length that is new to it, and at 20 rows it guesses. The
# machine repeats 20 rows, and 32. Then it runs out of paper: with 32 slots, row 33 is written over
# row 1. With 64 slots and the same weights, 40 rows are no problem.
#
# </details>
#
# Be fair to the LSTM. It could learn 20 rows if it were trained on 20. What it can't do is to go
# beyond what it was trained on, because for each row it has to find a new place in its cell. The
# machine has learned *a procedure*: write, move on, go back, read, move on.
#
# ## Watch the head

# %%
twelve, _ = sequences(np.random.default_rng(4), 1, 12)
_, caches = machine(*trained["machine"].values(), x=twelve, slots=16)
path = np.array([w[0] for _, _, w, _ in caches])
gates = np.array([cache[3][0][0, 0] for cache, *_ in caches])
written = caches[11][3][0]  # the memory once all 12 rows are written

# %% jupyter={"source_hidden": true}
figure, axes = panels(3, height=3, widths=(0.7, 2, 0.8))
picture(axes[0], twelve[:12, 0, :BITS], "rows shown")
picture(axes[1], path.T, "the head")
picture(axes[2], written, "the memory")
axes[1].axvline(12, color=VERMILION)
axes[1].set(xlabel="step", ylabel="slot")
show(figure, "21.6")

# %%
places = path.argmax(axis=1)
print("slot under the head:", *places)
print(f"gate at the mark {gates[12]:.2f}, elsewhere at most {np.delete(gates, 12).max():.2f}")

# %% [markdown]
# Nobody told the network to write its rows one below the other. It found the procedure because that
# lowers the cost, and because we gave it a head that can move by one. The gate opens at the mark
# and sends the head back, though it never opens fully; sharpening does the rest. Two diagonals:
# down while it writes, down again while it reads. The paper's figure 6 shows the same picture for
# its machine.
#
# **Predict.** With 32 slots and 33 rows, only row 1 is written over. So one row in 33 should be
# wrong. But nearly half of all bits are, as if it guessed. What could have happened?

# %%
for length in (32, 33):
    x, _ = sequences(np.random.default_rng(4), 1, length)
    _, caches = machine(*trained["machine"].values(), x=x, slots=32)
    before = np.abs(read(caches[length - 1][0][7], caches[length - 1][0][6])).max()
    gate = caches[length][0][3][0][0, 0]
    after = caches[length + 1][2][0].argmax()
    print(f"{length} rows: row read before the mark up to {before:.1f}; gate {gate:.2f};", end=" ")
    print(f"slot under the head after the mark: {after}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The head didn't go back. The controller looks at the mark, but also at the row read before. While
# rows were shown in training, the next slot was always empty. Here it is full, and the controller
# hasn't learned what to do with a mark *and* a full slot: the gate opens less, and the head moves
# on. A procedure is learned only for the situations that occurred.
#
# </details>
#
# The rows in memory aren't the rows that were shown. Four bits became six numbers in a code that
# the linear layer at the output understands. Nobody judges the memory. On DRAW's canvas a code
# would be impossible, because the canvas is the answer.
#
# ## Where it lives
#
# The functions of this lesson are in `minidraw/learn/exercises/lesson_21.py`, with the checks of
# the exercises. The package itself has no Turing machine. DRAW's heads are in
# `minidraw/layers/attention.py`, its canvas in `minidraw/models/draw/`. The LSTM is in
# `minidraw/layers/lstm.py`.

# %%
params, _ = package.make_memory_inputs(np.random.default_rng(7), 3, 5, 4)
ours, theirs = erase_and_add(*params.values()), package.erase_and_add(*params.values())
np.testing.assert_allclose(ours[0], theirs[0])
for part, other in zip(
    erase_and_add_backward(ours[0], ours[1]),
    package.erase_and_add_backward(ours[0], theirs[1]),
    strict=True,
):
    np.testing.assert_allclose(part, other)
print("erase and add agree with the package")

# %% [markdown]
# ## In practice
#
# * The paper's machine has a controller of 100 units, 128 slots of 20 numbers, and content
#   addressing. It is trained on 1 to 20 rows of eight bits, and copies up to 50 rows nearly without
#   errors, and 120 with some.
# * Its controller must find the first row again by content. Ours goes back to slot 0, which is
#   easier. So our figures don't say how good the paper's machine is.
# * Much depends on how the memory and the biases start. In an early version our controller was an
#   LSTM. It made few mistakes with up to 5 rows, and at 20 it guessed, as the LSTM alone does: a
#   controller that remembers by itself needn't learn to write. Use several seeds before you believe
#   that a change helps.
# * What became of the idea: content addressing, without the moving, is what a transformer does.
#   There it is called attention: keys, a softmax, and a weighted sum of everything that was seen.
# * One more exercise, without hints: `write_over` in [OPEN.md](OPEN.md), under lesson 07.
#
# ## Recap
#
# * A head is a weight for each slot, with the sum 1. Reading is a weighted sum, so it has a slope.
#   Each row of DRAW's filterbanks is such a head.
# * A head is found by content (softmax of strength times cosine), or moved (gate, circular shift)
#   and sharpened (a power).
# * The gradient of a circular shift is the shift in the opposite direction.
# * Erase and add replaces what is in a slot. DRAW only adds.
# * A network that writes what it has seen into a memory outside itself can learn a procedure. A
#   procedure works for any length that fits into the memory.
#
# ## Three questions
#
# 1. A head of 128 slots is moved by shifts of (0, 0, 1) and isn't sharpened. Does it blur?
#
#    <details><summary>Answer</summary>
#
#    No. All of it moves by exactly one slot. But a softmax never emits exactly 0 and 1, so a head
#    that a network moves blurs a little in every step.
#
#    </details>
#
# 2. With which erase vector is erase and add the same as DRAW's write?
#
#    <details><summary>Answer</summary>
#
#    With zeros. Then nothing is taken away, and w times add is added.
#
#    </details>
#
# 3. The machine was trained with 8 slots and tested with 32. Why is that possible? And what would
#    it take to give an LSTM a larger memory?
#
#    <details><summary>Answer</summary>
#
#    No weight of the machine belongs to a slot; the shift is the same on any ring. An LSTM's memory
#    is its cell, and each of its entries has weights, so a larger one must be trained anew.
#
#    </details>
#
# ## What is next
#
# You have seen how reading and writing a memory can have slopes. For more practice, set `erase` to
# 0 in `settings`, so that the machine can only add, as DRAW does. Does it still learn to repeat?
# And what would it do with a second sequence, on a memory that is full of the first?
