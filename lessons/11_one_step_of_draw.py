# %% [markdown]
# # 11 One step of DRAW
#
# **You'll do:** six exercises in two parts. Part 1: one step of DRAW, forward (nine lines), and the
# gradients of two values that are used several times (six lines). Part 2: the backward passes of
# reading and writing through a window (sixteen lines), and of the whole step (eleven lines).
#
# **You'll learn:** how the layers of ten lessons work together in one step; and how to list every
# use of a value before you write its gradient.
#
# **You'll need:** lessons 05 to 08 and 10. 145 minutes in two parts: 65 for part 1 (one step, and
# who uses what) and 80 for part 2 (the windows and the whole step, backward).
#
# | paper | here | |
# |---|---|---|
# | $c_t$ | `canvas` | what has been painted so far, in logits, `(n, C, B, A)` |
# | $\hat x_t$ | `x_err` | error image: what the canvas still lacks |
# | $r_t$ | `glimpse` | what is read from image and error image, `(n, 2 C K K)` |
# | $h^{enc}_t$, $h^{dec}_t$ | `h_enc`, `h_dec` | outputs of the two LSTMs, `(n, H)` |
# | | `c_enc`, `c_dec` | cells of the two LSTMs, `(n, H)`; they aren't canvases |
# | $w_t$ | `patch` | what is painted, `(n, C K K)` |
# | | `s` | `sigmoid(canvas)` |

# %%
import numpy as np

import minidraw
from minidraw.datasets import as_float, bundled_path
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.notebook.diagrams import box, paper, wire
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
from minidraw.learn.exercises import lesson_11 as package
from minidraw.models import draw
from minidraw.models.interface import Batch

layers = use_earlier("11")
filterbank, filterbank_backward = layers.filterbank, layers.filterbank_backward
window, window_backward = layers.window, layers.window_backward
read, read_backward = layers.read, layers.read_backward
write, write_backward = layers.write, layers.write_backward
linear, latent, latent_backward = layers.linear, layers.latent, layers.latent_backward
lstm_gates, lstm_gates_backward = layers.lstm_gates, layers.lstm_gates_backward
read_attention, write_attention = layers.read_attention, layers.write_attention

# %%
rng = np.random.default_rng(11)
eps = 1e-5
shipped = minidraw.Draw.load(bundled_path("mnist-t32.npz"))
full, trained = shipped.config_, {k: v.astype(np.float64) for k, v in shipped.params_.items()}
digits = as_float(minidraw.load("digits").train.images[:8], np.float64)
long_noise = rng.standard_normal(draw.noise_shape(full, len(digits)))

# %% [markdown]
# ## The goal
#
# Here is one step of the bundled network, in five pictures. It looks at the digit and at the error
# image through its read window (green). Then it paints a stroke through its write window
# (vermilion), and the canvas is a little closer to the digit. By the end of this lesson you will
# have sent a gradient backward through all of this.

# %%
film = draw.reconstruct(trained, Batch(digits), long_noise, full, layers)
t, chosen = 16, 3  # the step and the digit of the figure
image = digits[chosen, 0]
before, after = layers.sigmoid(film.canvas[t : t + 2, chosen, 0])
reading, writing = (
    [part[t, chosen] for part in film_window[:3]]
    for film_window in (film.read_window, film.write_window)
)
stroke = film.canvas[t + 1, chosen, 0] - film.canvas[t, chosen, 0]

# %% jupyter={"source_hidden": true}
figure, axes = panels(5, height=2.5)
titles = (
    "image, read window",
    "canvas before",
    "error image",
    "stroke, write window",
    "canvas after",
)
for place, array, title in zip(
    axes, (image, before, image - before, stroke, after), titles, strict=True
):
    picture(place, array, title)
frame(axes[0], reading, K=full.read_size)
frame(axes[2], reading, K=full.read_size)
frame(axes[3], writing, K=full.write_size, color=VERMILION)
show(figure, "11.1", step=t + 1, steps=full.glimpses)

# %% [markdown]
# ## The idea, in words
#
# You have all the parts. A step joins them:
#
# $$\hat x_t = x - \sigma(c_{t-1}) \quad (3) \qquad r_t = read(x, \hat x_t, h^{dec}_{t-1}) \quad (4)
# \qquad h^{enc}_t = LSTM^{enc}(h^{enc}_{t-1}, [r_t, h^{dec}_{t-1}]) \quad (5)$$
# $$z_t \sim \mathcal N(\mu_t, \sigma_t^2) \quad (6) \qquad
# h^{dec}_t = LSTM^{dec}(h^{dec}_{t-1}, z_t) \quad (7) \qquad
# c_t = c_{t-1} + write(h^{dec}_t) \quad (8)$$
#
# The brackets $[a, b]$ put two arrays side by side. The letter $\sigma$ has two meanings: in (3) it
# is the sigmoid, and in (6) it is a standard deviation. Here is the same step as a graph:


# %% jupyter={"source_hidden": true}
def labelled(axes, points, name, shape):
    """Draw a wire, with its name above and its shape below the first segment."""
    wire(axes, *points)
    (x_0, y), (x_1, _) = points[:2]
    axes.text((x_0 + x_1) / 2, y + 0.1, name, ha="center", fontsize=9)
    style = {"fontsize": 8, "color": "0.35"}
    axes.text((x_0 + x_1) / 2, y - 0.12, shape, ha="center", va="top", **style)


def from_below(axes, x, name, shape):
    """Draw a wire into a box of the middle row."""
    wire(axes, (x, 1.5), (x, 2.5))
    axes.text(x, 1.35, f"{name}\n{shape}", ha="center", va="top", fontsize=9)


# %% jupyter={"source_hidden": true}
def parts_of_a_step(axes):
    """Draw the boxes of one step, with its inputs from below."""
    row = {"read\nwindow": 2.2, "read": 4.7, "encoder": 7.9, "latent": 10.7, "decoder": 13.3}
    for text, x in row.items():
        box(axes, x, 2.8, text, width=1.5)
    for text, x, y in (("patch", 16.1, 3.4), ("write\nwindow", 16.1, 2.2), ("write", 19.6, 2.8)):
        box(axes, x, y, text, width=1.5)
    from_below(axes, 4.7, "x", "(n, C, B, A)")
    from_below(axes, 7.9, "h_enc, c_enc, h_dec", "(n, H) each")
    from_below(axes, 10.7, "noise", "(n, Z)")
    from_below(axes, 13.3, "h_dec, c_dec", "(n, H) each")
    axes.text(10.85, 3.7, "kl, (n,)", fontsize=9)
    axes.text(19.45, 4.1, "stroke\n(n, C, B, A)", ha="right", fontsize=8.5)


# %% jupyter={"source_hidden": true}
def wires_of_a_step(axes):
    """Draw the wires between these boxes."""
    labelled(axes, [(0.1, 2.8), (1.45, 2.8)], "h_dec", "(n, H)")
    labelled(axes, [(2.95, 2.8), (3.95, 2.8)], "theta", "(n, 5)")
    labelled(axes, [(5.45, 2.8), (7.15, 2.8)], "glimpse", "(n, 2 C K K)")
    labelled(axes, [(8.65, 2.8), (9.95, 2.8)], "h_enc", "(n, H)")
    labelled(axes, [(11.45, 2.8), (12.55, 2.8)], "z", "(n, Z)")
    labelled(axes, [(14.05, 2.8), (15.0, 2.8), (15.0, 3.4), (15.35, 3.4)], "h_dec", "(n, H)")
    wire(axes, (15.0, 2.8), (15.0, 2.2), (15.35, 2.2))
    for y, name, shape in ((3.4, "patch", "(n, C K K)"), (2.2, "theta", "(n, 5)")):
        end = 2.8 + 0.25 * (y - 2.8)
        labelled(axes, [(16.85, y), (18.4, y), (18.4, end), (18.85, end)], name, shape)
    labelled(axes, [(0.1, 4.9), (21.0, 4.9)], "canvas", "(n, C, B, A)")
    for x, start, end in ((4.7, 4.9, 3.1), (10.7, 3.1, 4.0), (19.6, 3.1, 4.9)):
        wire(axes, (x, start), (x, end))


# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.3)
paper(axes, 21.2, 5.4)
parts_of_a_step(axes)
wires_of_a_step(axes)
show(figure, "11.2")

# %% [markdown]
# Six linear layers turn one array into the next:
#
# | layer | input | output | equation |
# |---|---|---|---|
# | `read_window` | `h_dec` of the step before | `theta`, `(n, 5)` | 21 |
# | `encoder` | `[h_enc, glimpse, h_dec]`, all but `glimpse` from the step before | `(n, 4 H)` | 5 |
# | `latent` | the new `h_enc` | `posterior`: means and log standard deviations, `(n, 2 Z)` | 1, 2 |
# | `decoder` | `[h_dec, z]`, with `h_dec` from the step before | `(n, 4 H)` | 7 |
# | `patch` | the new `h_dec` | `(n, C K K)` | 28 |
# | `write_window` | the new `h_dec` | `theta`, `(n, 5)` | 21 |
#
# `params` holds their weights by name, such as `params["encoder.W"]` and `params["encoder.b"]`. The
# function `layer` applies one of them:


# %%
def layer(params, name, x):
    """Apply one of the six linear layers, by its name."""
    out, _ = linear(x, params[f"{name}.W"], params[f"{name}.b"])
    return out


# %% [markdown]
# ### Exercise 1: one step, forward (9 lines)
#
# `step` takes the state that the step before left. It returns the new state and the cost of z.
# Between the linear layers, four calls do the work:
#
# | call | result |
# |---|---|
# | `read_attention(canvas, theta, x=x, K=read_size)` | `glimpse, cache` (3, 4) |
# | `lstm_gates(a, c)` | `(h, c), cache` (5 and 7, after their linear layers) |
# | `latent(posterior, noise=noise)` | `(z, kl), cache` (1, 2, 6, 11) |
# | `write_attention(patch, theta, height=.., width=.., K=write_size)` | `stroke, cache` (29) |
#
# The last lines are given. They keep what the backward pass needs, so use these names:
# `encoder_input` and `decoder_input` for the inputs of the two LSTMs, and `read_cache`,
# `encoder_cache`, `latent_cache`, `decoder_cache` and `write_cache` for the five caches. `x` has
# the shape `(n, C, height, width)`.


# %%
@exercise("11.step")
def step(canvas, h_enc, c_enc, h_dec, c_dec, *, x, noise, params, read_size, write_size):
    inputs = {"read_window": h_dec}  # the old h_dec; below, the name stands for the new one
    raise NotImplementedError
    inputs |= {"encoder": encoder_input, "latent": h_enc, "decoder": decoder_input}
    inputs |= {"patch": h_dec, "write_window": h_dec}
    caches = read_cache, encoder_cache, latent_cache, decoder_cache, write_cache
    return (canvas, h_enc, c_enc, h_dec, c_dec, kl), (inputs, caches, params)


# %% [markdown]
# Stuck? Run `hint("11.step")`, and again for the next step.
#
# ## Who uses what
#
# In the backward pass, each value adds up the gradients that come from its users. If you forget a
# user, the gradient is wrong, and no error message tells you. So **count** before you write.
#
# **Predict.** Use equations 3 to 8 alone, without the table of the layers. Write down every user of
# the new `h_dec`: first in the step that makes it, then in the step that follows. Do the same for
# `canvas`. Read on only when you have both lists.


# %% jupyter={"source_hidden": true}
BOXES = {  # place, and width
    "read\nwindow": (1.0, 4.4, 1.2),
    "read": (2.2, 3.3, 0.9),
    "encoder": (2.2, 2.2, 1.2),
    "latent": (3.9, 2.2, 1.0),
    "decoder": (3.9, 1.1, 1.2),
    "write\nwindow": (5.3, 4.6, 1.1),
    "patch": (5.2, 3.6, 0.9),
}


def boxes(axes):
    """Draw two steps; the boxes that use h_dec of the first one are lit."""
    same, following = ("patch", "write\nwindow"), ("read\nwindow", "encoder", "decoder")
    for left, title, lit in ((0, "step t", same), (7.2, "step t + 1", following)):
        axes.text(left + 0.3, 5.6, title, fontsize=11)
        for name, (x, y, width) in BOXES.items():
            box(axes, left + x, y, name, width=width, lit=name in lit)


# %% jupyter={"source_hidden": true}
def wires(axes):
    """Draw the wires within each step, and the canvas along the top."""
    wire(axes, (0.2, 6.4), (14.2, 6.4), text="canvas", above=0.15)
    for x in (0, 7.2):
        wire(axes, (x + 1.0, 4.1), (x + 1.0, 3.3), (x + 1.75, 3.3))
        wire(axes, (x + 2.2, 3.0), (x + 2.2, 2.5))
        wire(axes, (x + 2.8, 2.2), (x + 3.4, 2.2))
        wire(axes, (x + 3.9, 1.9), (x + 3.9, 1.4))
        wire(axes, (x + 2.2, 6.4), (x + 2.2, 3.6))
        wire(axes, (x + 3.3, 3.3), (x + 2.65, 3.3))
        axes.text(x + 3.35, 3.3, "$x$", va="center", fontsize=9)
        wire(axes, (x + 6.1, 4.6), (x + 6.1, 6.4))
        wire(axes, (x + 5.85, 4.6), (x + 6.1, 4.6))
        wire(axes, (x + 5.65, 3.6), (x + 6.1, 3.6), (x + 6.1, 4.6))


# %% jupyter={"source_hidden": true}
figure, axes = panels(height=4.6)
paper(axes, 14.4, 7)
boxes(axes)
wires(axes)
wire(axes, (2.2, 1.9), (2.2, 0.35), (9.4, 0.35), (9.4, 1.9), text="")
axes.text(6.0, 0.5, "$h^{enc}_t$", fontsize=9)
wire(axes, (4.5, 1.1), (10.5, 1.1), lit=3)
axes.text(5.5, 1.25, "$h^{dec}_t$", fontsize=9)
wire(axes, (4.6, 1.1), (4.6, 4.6), (4.75, 4.6), lit=3)
wire(axes, (4.6, 3.6), (4.75, 3.6), lit=3)
wire(axes, (7.0, 1.1), (7.0, 4.4), (7.6, 4.4), lit=3)
wire(axes, (8.0, 1.1), (8.0, 2.2), (8.8, 2.2), lit=3)
show(figure, "11.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Equations 3 to 8 use $h^{dec}_t$ four times: once in (8), and as $h^{dec}_{t-1}$ of the next step
# in (4), (5) and (7). But the write of (8) uses it in two layers, for the patch and for the write
# window. So $h^{dec}_t$ has five users:
#
# | user | when | equation |
# |---|---|---|
# | patch | same step | 28 |
# | write window | same step | 21 |
# | read window | next step | 21, for (4) |
# | encoder | next step | 5 |
# | decoder | next step | 7 |
#
# $c_{t-1}$ has two users. It is carried on into $c_t$ (8), and the network looks at it (3). If you
# forget the second one, no gradient tells the network to paint *in such a way that the next look is
# useful*.
#
# </details>
#
# Here is a smaller case, worked out. $h^{enc}_t$ has two users: the latent layer, and the encoder
# of the next step. Both are linear layers, and for a linear layer you know `dx = dout @ W.T` from
# lesson 02:


# %%
def h_enc_gradient(dlatent, dencoder, W_latent, W_encoder):
    """Return the gradient of h_enc, from the gradients of both layers' outputs."""
    return dlatent @ W_latent.T + dencoder @ W_encoder.T


h, W_latent, W_encoder = (rng.standard_normal(s) for s in ((2, 4), (4, 6), (4, 16)))
d_1, d_2 = rng.standard_normal((2, 6)), rng.standard_normal((2, 16))
there = np.zeros_like(h)
there[1, 2] = eps
losses = [
    (d_1 * (g @ W_latent)).sum() + (d_2 * (g @ W_encoder)).sum() for g in (h + there, h - there)
]
print("by hand: ", h_enc_gradient(d_1, d_2, W_latent, W_encoder)[1, 2])
print("measured:", (losses[0] - losses[1]) / (2 * eps))

# %% [markdown]
# ### Exercise 2: the five users (2 lines)
#
# `dout` is a tuple with the gradients of the five users' outputs. `weights` holds their five weight
# matrices. For encoder and decoder, these are only the rows that multiply $h^{dec}$. `dout` and
# `weights` have the same order: patch, write window, read window, encoder, decoder. Return
# `dh_dec`, shape `(n, H)`.


# %%
@exercise("11.consumers_backward")
def consumers_backward(dout, weights):
    raise NotImplementedError


# %% [markdown]
# ### Exercise 3: the two users of the canvas (4 lines)
#
# This function contains both uses of the canvas. The stroke comes from outside.


# %%
def canvas_step(canvas, stroke, *, x):
    s = layers.sigmoid(canvas)
    return (canvas + stroke, x - s), package.CanvasCache(s)  # eqs 8 and 3


# %% [markdown]
# `dout` is a pair: `dafter`, the gradient of the new canvas, and `dx_err`, the gradient of the
# error image. Return `dcanvas` and `dstroke`. The slope of a sigmoid is $s (1 - s)$.


# %%
@exercise("11.canvas_step_backward")
def canvas_step_backward(dout, cache):
    dafter, dx_err = dout
    (s,) = cache
    raise NotImplementedError
    return dcanvas, dstroke


# %% [markdown]
# ## Part 2: the windows and the whole step, backward
#
# This is a good place for a break. When you come back, run the notebook from the top. Your answers
# to exercises 1 to 3 are saved in `mine.py`, and their cells still contain them. From part 1 you
# need figure 11.2, the list of the five users of `h_dec`, and exercise 3. From lesson 07 you need
# the rule that reading multiplies by $\gamma$ and writing divides by it.
#
# A window makes two filterbanks. Here is the forward pass. `layers.read_attention` computes the
# error image, calls this function and then `read`, and flattens the result:


# %%
def filterbanks(theta, *, height, width, K):
    """Return both filterbanks and gamma, with the caches of window and filterbanks."""
    (center_x, center_y, stride, var, gamma), window_cache = window(
        theta, height=height, width=width, K=K
    )
    F_y, cache_y = filterbank(center_y, stride, var, K=K, A=height)
    F_x, cache_x = filterbank(center_x, stride, var, K=K, A=width)
    return (F_y, F_x, gamma), (window_cache, cache_y, cache_x)


canvas, theta = rng.standard_normal((3, 1, 11, 7)), 0.3 * rng.standard_normal((3, 5))
x = rng.random((3, 1, 11, 7))
(F_y, F_x, gamma), _ = filterbanks(theta, height=11, width=7, K=5)
glimpse, _ = read(x - layers.sigmoid(canvas), F_y, F_x, gamma, x=x)
theirs, _ = layers.read_attention(canvas, theta, x=x, K=5)
np.testing.assert_allclose(glimpse.reshape(3, -1), theirs)

# %% [markdown]
# **Predict.** Each of the five numbers of a read window can act through $F_Y$, through $F_X$,
# through both, or through neither. Which of them do which, and whose gradient is therefore a sum?
# The next cell changes each of them a little and reports what moves.

# %%
still, _ = filterbanks(theta, height=11, width=7, K=5)
for k, name in enumerate(("g_x", "g_y", "log variance", "log stride", "log gamma")):
    wiggled = theta.copy()
    wiggled[:, k] += eps
    pairs = zip(still, filterbanks(wiggled, height=11, width=7, K=5)[0], strict=True)
    moved = [not np.array_equal(before, after) for before, after in pairs]
    print(f"{name:12} moves {', '.join(np.array(['F_y', 'F_x', 'gamma'])[moved])}")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The log variance and the log stride act through both filterbanks, so each of their gradients is a
# sum of two. Each centre belongs to one axis alone. $\gamma$ acts through neither: it gets its
# gradient directly from `read`.
#
# </details>
#
# ### Exercise 4: reading, backward (9 lines)
#
# You are given the gradient of the glimpse, `(n, 2 C K K)`. Return the gradients of the canvas and
# of `theta`. The cache keeps `theta` and the filters, but not the caches of `window`, `filterbank`
# and `read`: over all steps they would fill the memory, and they are cheap to compute again. So
# first call
#
# | call | result |
# |---|---|
# | `filterbanks(theta, height=.., width=.., K=..)` | `(F_y, F_x, gamma)`, and a triple of caches |
# | `read(x_err, F_y, F_x, gamma, x=x)` | the glimpse, and its cache |
#
# Then go backward with these three:
#
# | call | gradients of |
# |---|---|
# | `read_backward(dout, cache)`, `dout` of shape `(n, 2 C, K, K)` | `x_err, F_y, F_x, gamma` |
# | `filterbank_backward(dF, cache)` | centre, stride, variance |
# | `window_backward(dout, cache)`, `dout` in the order of `window`'s results | `theta` |
#
# From `x_err` to the canvas it is as in exercise 3, but without the sum: here the canvas is only
# looked at.


# %%
@exercise("11.read_attention_backward")
def read_attention_backward(dglimpse, cache):
    theta, F_y, F_x, s, x = cache
    n, K, B = F_y.shape
    raise NotImplementedError
    return dcanvas, dtheta


# %% [markdown]
# ### Exercise 5: writing, backward (7 lines)
#
# Now do the same for the write window. The patch in the cache is flat, `(n, C K K)`, but
# `write(patch, F_y, F_x, gamma)` takes it as `(n, C, K, K)`. `write_backward` takes the gradient of
# the stroke, `(n, C, B, A)`, and returns the gradients of `patch, F_y, F_x, gamma`. Return
# `dpatch`, flat again, and `dtheta`.


# %%
@exercise("11.write_attention_backward")
def write_attention_backward(dout, cache):
    theta, F_y, F_x, patch = cache
    n, K, B = F_y.shape
    raise NotImplementedError
    return dpatch, dtheta


# %% [markdown]
# ## The step, backward
#
# Now put everything together. Read your `step` from its last line to its first, and undo each line.
#
# ### Exercise 6: the step, backward (11 lines)
#
# `dout` holds the gradients of everything that the step returns. The incoming gradient of `h_dec`
# comes from the *next* step, so it already contains three of the five users. This step's patch and
# write window are the other two. At the end, add up the three users of the `h_dec` that the step
# was given: the decoder, the encoder and the read window.
#
# For a linear layer with output gradient `d`, the input's gradient is `d @ W.T` (lesson 02). Return
# eleven arrays: the gradients of the five parts of the old state, then the output gradients of the
# six linear layers in the order of the table. Lesson 12 computes the gradients of the weights from
# those six. The encoder's input is `[h_enc, glimpse, h_dec]` and the decoder's is `[h_dec, z]`, so
# cut the gradients of these inputs at `H` and `-H`. You may call
#
# | call | result |
# |---|---|
# | `write_attention_backward(dcanvas, write_cache)` | `dpatch, dwrite` |
# | `lstm_gates_backward((dh, dc), cache)` | `da, dc_prev`, where `da` belongs to the linear layer |
# | `latent_backward((dz, dkl), latent_cache)` | `dlatent`, `(n, 2 Z)` |
# | `read_attention_backward(dglimpse, read_cache)` | gradient of the old canvas, and `dread` |


# %%
@exercise("11.step_backward")
def step_backward(dout, cache):
    dcanvas, dh_enc, dc_enc, dh_dec, dc_dec, dkl = dout
    inputs, caches, params = cache
    read_cache, encoder_cache, latent_cache, decoder_cache, write_cache = caches
    H = dh_enc.shape[1]
    raise NotImplementedError
    dstate = dcanvas, dh_enc, dc_enc, dh_dec, dc_dec
    return *dstate, dread, dencoder, dlatent, ddecoder, dpatch, dwrite


# %% [markdown]
# ## Checked
#
# The check has compared your gradients with the package's. Here is a test that doesn't need the
# package's backward pass. We take a small network with random weights, a loss that depends on
# everything that the step returns, and a finite difference for every entry of the state.

# %%
small = draw.Config(height=11, width=7, hidden=4, latent=3, glimpses=1, read_size=3, write_size=2)
params = draw.init_params(small, rng, np.float64)
params = {k: v + 0.3 * rng.standard_normal(v.shape) for k, v in params.items()}
n, H = 3, small.hidden
x, noise = rng.random((n, 1, 11, 7)), rng.standard_normal((n, small.latent))
state = [rng.standard_normal(s) for s in ((n, 1, 11, 7), *[(n, H)] * 4)]
dout = [rng.standard_normal(s) for s in ((n, 1, 11, 7), *[(n, H)] * 4, (n,))]
given = {"x": x, "noise": noise, "params": params, "read_size": 3, "write_size": 2}


def loss(state):
    return sum((d * value).sum() for d, value in zip(dout, step(*state, **given)[0], strict=True))


# %%
gradients = step_backward(dout, step(*state, **given)[1])
for k, name in enumerate(("canvas", "h_enc", "c_enc", "h_dec", "c_dec")):
    measured = np.empty_like(state[k])
    for place in np.ndindex(measured.shape):
        there = np.zeros_like(measured)
        there[place] = eps
        up, down = (loss([*state[:k], state[k] + s * there, *state[k + 1 :]]) for s in (1, -1))
        measured[place] = (up - down) / (2 * eps)
    error = np.abs(gradients[k] - measured).max() / np.abs(measured).max()
    print(f"{name:7} {measured.size:4} entries, largest error {error:.1e} of the largest entry")
    assert error < 1e-6

# %% [markdown]
# ## How much each user contributes
#
# Back to the trained network of figure 11.1. Your `step` runs through all 32 steps. The loss is the
# cost of the last canvas plus the costs of $z$ at all steps, and your `step_backward` goes back
# step by step. How large is the gradient that each of the five users gives to $h^{dec}$?
#
# **Predict.** Which of the five will be largest, and which smallest? Will that be the same in the
# first steps and in the last?

# %%
starts = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"
sizes = {"read_size": full.read_size, "write_size": full.write_size}
last, tape = [np.repeat(trained[name][None], 8, axis=0) for name in starts], []
for draws in long_noise:
    (*last, _), kept = step(*last, x=digits, noise=draws, params=trained, **sizes)
    tape.append(kept)
np.testing.assert_allclose(last[0], film.canvas[-1], rtol=1e-6, atol=1e-6)  # the package's film

_, last_cost = layers.bernoulli_cost(last[0], x=digits)
dlast = layers.bernoulli_cost_backward(np.ones(8), last_cost)


# %%
def users(params, H):
    """Return the matrices of the five users of h_dec, in the order of the table."""
    encoder, decoder = params["encoder.W"][-H:], params["decoder.W"][:H]
    names = "patch.W", "write_window.W", "read_window.W"
    return *(params[name] for name in names), encoder, decoder


# %%
matrices, norms = users(trained, full.hidden), []
dstate = [dlast, *[np.zeros((8, full.hidden))] * 4]
later = [
    np.zeros((8, size)) for size in (5, 4 * full.hidden, 4 * full.hidden)
]  # no step follows the last
for kept in tape[::-1]:
    *dstate, dread, dencoder, _, ddecoder, dpatch, dwrite = step_backward(
        (*dstate, np.ones(8)), kept
    )
    douts = dpatch, dwrite, *later
    parts = [d @ W.T for d, W in zip(douts, matrices, strict=True)]
    np.testing.assert_allclose(consumers_backward(douts, matrices), sum(parts))
    norms.append([np.linalg.norm(part, axis=1).mean() for part in parts])
    later = dread, dencoder, ddecoder
norms = np.array(norms[::-1])

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=3.2)
names = "patch", "write window", "read window", "encoder", "decoder"
styles = ("-", BLUE), ("--", BLUE), (":", VERMILION), ("-", VERMILION), ("--", VERMILION)
for part, name, (line, color) in zip(norms[:-1].T, names, styles, strict=True):
    axes.semilogy(np.arange(1, len(norms)), part, line, color=color)
    axes.text(len(norms) - 0.8, part[-1], name, va="center")
plain(axes, xlabel="step", ylabel="norm of its gradient, mean of 8")
show(figure, "11.4")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# In the last steps the patch contributes most, because what it paints goes straight into the cost.
# The read window and the encoder contribute least, about a hundred times less: hardly any step is
# left that could use what they see. In the first steps all five have about the same size. If you
# forget one of them there, you get a quite different gradient, and no error message. That is why we
# count.
#
# </details>
#
# ## Where it lives
#
# `run_steps` and `run_steps_backward` are in `minidraw/models/draw/network.py`. Your `step` and
# `step_backward` do the same as the bodies of their loops. The functions of exercises 4 and 5 are
# in `minidraw/layers/read_write.py`. If there is only one step, your functions give the package's
# whole gradient:

# %%
x, noise = rng.random((n, 1, 11, 7)), rng.standard_normal((1, n, small.latent))
costs, grads = draw.loss_and_grads(params, Batch(x), noise, small, minidraw.layers)
first = [np.repeat(params[name][None], n, axis=0) for name in starts]
(*after_one, kl), cache = step(*first, **(given | {"x": x, "noise": noise[0]}))
nll, cost = minidraw.layers.bernoulli_cost(after_one[0], x=x)
np.testing.assert_allclose(nll + kl, costs["total"])  # eq 12

# %%
zeros, dkl = np.zeros((n, H)), np.ones(n)
dcanvas = minidraw.layers.bernoulli_cost_backward(np.ones(n), cost)
gradients = step_backward((dcanvas, zeros, zeros, zeros, zeros, dkl), cache)
for name, ours in zip(starts, gradients[:5], strict=True):
    np.testing.assert_allclose(ours.sum(axis=0), grads[name], rtol=1e-9, atol=1e-12)
layers_of = "read_window", "encoder", "latent", "decoder", "patch", "write_window"
for name, d in zip(layers_of, gradients[5:], strict=True):
    np.testing.assert_allclose(d.sum(axis=0), grads[f"{name}.b"], rtol=1e-9, atol=1e-12)
s = minidraw.layers.sigmoid(first[0])
unseen, _ = canvas_step_backward((dcanvas, 0 * s), package.CanvasCache(s))
np.testing.assert_allclose(unseen, dcanvas)  # without the look it is passed on unchanged
print("one step, forward and backward: as in the package")

# %% [markdown]
# ## In practice
#
# * Reading and writing have windows with weights of their own. Some programs share one layer
#   between the two. They run, but each step can only look where the step before it painted.
# * With a single step, a forgotten user in the next step shows only in the gradients of the first
#   state. Check at least two steps, as lesson 12 does.
# * (8) is a sum, so `dcanvas` passes backward through a step unchanged, apart from what the look
#   adds.
# * One more exercise, without hints: `fading_canvas` in [OPEN.md](OPEN.md).
#
# ## Recap
#
# * A step reads, encodes, draws z, decodes and writes: equations 3 to 8. Six linear layers connect
#   the parts.
# * The gradient of a value is the sum of the gradients from all its users. `h_dec` has five users:
#   two in its own step, three in the next. `canvas` has two.
# * The gradient of the canvas: `dcanvas = dafter - dx_err * s * (1 - s)`.
# * Stride and variance of a window are used by both filterbanks, so their gradients are sums over
#   the two axes.
# * The backward pass of a step undoes its lines from the last to the first.
#
# ## Three questions
#
# 1. In the last step of a run, which of the five users of `h_dec` contribute a gradient?
#
#    <details><summary>Answer</summary>
#
#    Only patch and write window. The other three belong to the next step, and there is none.
#
#    </details>
#
# 2. You forget the user "encoder, next step" in your `step_backward`. You check a run of a single
#    step. Which gradients are wrong?
#
#    <details><summary>Answer</summary>
#
#    Only that of the first `h_dec`, which the encoder of step 1 uses. No later step follows, so the
#    gradients of all weights are right. A check that skips the first state doesn't notice anything.
#
#    </details>
#
# 3. Why does gamma get its gradient from one place only, while the stride gets it from two?
#
#    <details><summary>Answer</summary>
#
#    Gamma multiplies the finished glimpse, once. The stride sets the places of the filters on both
#    axes, so it is used in F_y and in F_x.
#
#    </details>
#
# ## What is next
#
# Lesson 12 puts the loop around the step: all $T$ steps forward and backward, and the gradients of
# the weights for all steps at once.
