# %% [markdown]
# # 00 Look
#
# **You'll do:** nothing but run cells, look, and guess. There are no exercises here.
#
# **You'll learn:** what DRAW, the Deep Recurrent Attentive Writer, does: how it paints a picture
# stroke by stroke, where it looks, and which of its steps matter most. The lessons after this one
# build all of it.
#
# **You'll need:** a notebook that runs. 35 minutes.
#
# "The paper" is always this one: Karol Gregor, Ivo Danihelka, Alex Graves, Danilo Jimenez Rezende
# and Daan Wierstra, [DRAW: A Recurrent Neural Network For Image
# Generation](https://arxiv.org/abs/1502.04623), 2015. You needn't have read it. The table at the
# head of each lesson lists the paper's symbols beside the names in the code.
# [GLOSSARY.md](GLOSSARY.md) explains the terms of all lessons in one sentence each.
#
# | paper | here | |
# |---|---|---|
# | $c_t$ | canvas | the picture as it is after step $t$ |
# | $T$ | steps | number of strokes, 32 for the network of these lessons |
# | $z_t$ | `z` | random numbers from which a stroke is made; pure noise when no image is given |
# | $N$ | `K` | the window has `K` x `K` dots |
# | $x$ | `x` | a given image, where there is one |

# %%
import numpy as np

import minidraw
from minidraw import layers
from minidraw.pictures import films
from minidraw.datasets import as_float, bundled_path
from minidraw.learn.notebook import (
    BLUE,
    VERMILION,
    frame,
    movie,
    panels,
    picture,
    plain,
    show,
    sliders,
)
from minidraw.models import draw

model = minidraw.Draw.load(bundled_path("mnist-t32.npz"))  # a trained network, part of minidraw

# %% [markdown]
# ## The goal
#
# None of these digits was ever written by a hand. A network paints them, each in 32 strokes. By the
# end of lesson 13 you will have written the mathematics of such a network yourself, forward and
# backward.

# %%
film = model.film(9, seed=2)  # nine paintings, with every step kept
frames = films.render_frames(film, index=range(9), scale=3)
movie(frames[::2] + frames[-1:], "0.1")  # every other step

# %% [markdown]
# Another seed gives other digits, and now and then one that nobody can read. Here are four of the
# nine once more, as strips that stand still:


# %%
def canvas(axes, film, t, i, title=""):
    """Painting i after step t, with the window of that step."""
    picture(axes, layers.sigmoid(film.canvas[t, i, 0]), title, low=0, high=1)
    if t:
        outline(axes, film, t, i)


def outline(axes, film, t, i):
    window = film.write_window
    x, y = window.center_x[t - 1, i], window.center_y[t - 1, i]
    reach = (film.write_size - 1) / 2 * window.stride[t - 1, i]  # to the outermost dots
    left, right, top, bottom = x - reach, x + reach, y - reach, y + reach
    axes.plot([left, right, right, left, left], [top, top, bottom, bottom, top], color=VERMILION)
    axes.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5))


# %% jupyter={"source_hidden": true}
figure, _ = panels(height=5.1)
figure.clear()
for row, i in zip(figure.subplots(4, 8), (0, 1, 7, 8), strict=True):
    for axes, t in zip(row, (0, 2, 5, 9, 14, 20, 26, 32), strict=True):
        canvas(axes, film, t, i, f"step {t}" if i == 0 else "")
show(figure, "0.2")

# %% [markdown]
# ## The idea, in words
#
# Ask somebody to draw a seven. They won't put all of it on paper at once: they draw a stroke, look
# at it, and draw the next. DRAW works in the same way. It has a **canvas**, and it takes a fixed
# number of steps. In each step
#
# 1. it is given random numbers $z_t$, here pure **noise**;
# 2. it decides what to paint, from the noise and from what it remembers of the steps before;
# 3. it chooses a **window** on the canvas, a square grid of 5 x 5 dots: where, how large, and how
#    soft;
# 4. it adds a **patch** of 5 x 5 numbers to the canvas through that window.
#
# The canvas begins as a grey blur, close to the average of all digits. The network has learned this
# first canvas too.
#
# Nobody ever told it what a stroke is, or where to put the window. It was shown digits, and it
# learned to paint pictures like them. It learned from slopes alone. A slope says how much better or
# worse the paintings get when one number of the network changes a little. These lessons explain
# how.
#
# ## What the red window does
#
# Look at single strokes. The upper row shows the canvas before the stroke, and the window. The
# lower row shows what the stroke adds: light where it brightens, dark where it darkens, mid-grey
# where it changes nothing.
#
# **Predict.** Where will the lower pictures differ from mid-grey: everywhere, only inside the
# frame, or inside it and a little around it?

# %% jupyter={"source_hidden": true}
figure, _ = panels(height=3.4)
figure.clear()
for (upper, lower), t in zip(figure.subplots(2, 6).T, (1, 3, 6, 10, 16, 24), strict=True):
    stroke = film.canvas[t, 7, 0] - film.canvas[t - 1, 7, 0]
    picture(upper, layers.sigmoid(film.canvas[t - 1, 7, 0]), f"stroke {t}", low=0, high=1)
    picture(lower, stroke, low=-np.abs(stroke).max(), high=np.abs(stroke).max())
    outline(upper, film, t, 7)
    frame(lower, [part[t - 1, 7] for part in film.write_window[:3]], K=5, color=VERMILION)
    outline(lower, film, t, 7)
show(figure, "0.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# Inside, and a little around. Each dot of the window is the middle of a soft brush, so the outer
# brushes reach beyond the frame. A small window makes fine strokes and a large one coarse strokes,
# but always with 25 numbers. And a stroke can darken: this is how the network corrects itself.
#
# </details>
#
# ## From coarse to fine
#
# In figure 0.2 the windows get small towards the end. What do they do before that? Take the average
# over a hundred paintings.
#
# **Predict.** The image is 28 pixels wide. How wide is the average window at step 1, at step 10 and
# at step 32? And do the strokes that change the canvas most come at the beginning, in the middle or
# at the end?

# %%
many = model.film(100, seed=1)
side = (many.write_size - 1) * many.write_window.stride  # from the first dot to the last, pixels
change = np.abs(np.diff(many.canvas, axis=0)).mean(axis=(2, 3, 4))
steps = np.arange(1, len(side) + 1)
print("average side at steps 1, 10 and 32:", side.mean(axis=1)[[0, 9, 31]].round(1), "pixels")

# %% jupyter={"source_hidden": true}
figure, both = panels(2, height=2.8)
for axes, values, words in zip(
    both, (side, change), ("side of the window, pixels", "change of the canvas"), strict=True
):
    low, high = np.percentile(values, [10, 90], axis=1)
    axes.fill_between(steps, low, high, color="0.85", label="8 of 10 paintings")
    axes.plot(steps, values.mean(axis=1), color=BLUE, label="average")
    plain(axes, xlabel="step", ylabel=words, ylim=(0, None))
both[1].legend(frameon=False)
show(figure, "0.4")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The window starts at 8 pixels on average, grows for ten steps to 14.5, and then shrinks until the
# end, to 4. The strokes that change the canvas most come early, near step 6. So the network
# sketches first and then corrects details. That order isn't in the program either; it was learned.
#
# </details>
#
# ## Where does a painting come from?
#
# What decides which digit appears? The noise does, because nothing else differs from one painting
# to the next. Each step gets 100 random numbers of its own. Now try this: take one painting, keep
# the noise of its first steps, and draw new noise for all later steps.
#
# **Predict.** Two paintings share the noise of the first 8 of 32 steps. How much of the usual
# difference between two paintings is left: almost all of it, about a third, or almost nothing? And
# what if they share 16 steps, or 24?

# %%
rng = np.random.default_rng(4)
T, _, Z = draw.noise_shape(model.config_, 1)
noise = np.repeat(rng.standard_normal((T, 1, Z), np.float32), 7, axis=1)  # seven times the same
shared = [0, 4, 8, 12, 16, 24, 32]
for i, steps_shared in enumerate(shared):
    noise[steps_shared:, i] = rng.standard_normal((T - steps_shared, Z), np.float32)
paintings = draw.generate(model.params_, noise, model.config_, layers)

# %% jupyter={"source_hidden": true}
figure, axes = panels(7, height=1.9)
for place, i, steps_shared in zip(axes, range(7), shared, strict=True):
    title = "all shared" if steps_shared == T else f"{steps_shared} shared"
    picture(place, layers.sigmoid(paintings.canvas[-1, i, 0]), title, low=0, high=1)
show(figure, "0.5")

# %% [markdown]
# That was a single original, and one example proves little. So here are forty originals. For each
# of them, paint a second picture that shares only the noise of the first steps. How far apart are
# the original and the second picture, on average over all pixels?

# %%
noise = rng.standard_normal((T, 40, Z), np.float32)
originals = layers.sigmoid(draw.generate(model.params_, noise, model.config_, layers).canvas[-1])
apart = []
for steps_shared in range(0, 33, 4):
    other = rng.standard_normal(noise.shape, np.float32)
    other[:steps_shared] = noise[:steps_shared]
    ends = layers.sigmoid(draw.generate(model.params_, other, model.config_, layers).canvas[-1])
    apart.append(((ends - originals) ** 2).mean())

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
axes.plot(range(0, 33, 4), np.array(apart) / apart[0], "o-", color=BLUE)
plain(axes, xlabel="steps whose noise is shared", ylabel="how far apart", ylim=(0, 1.05))
show(figure, "0.6")
print("share of the difference left:", (np.array(apart) / apart[0]).round(2))

# %% [markdown]
# <details><summary>What you saw</summary>
#
# With 8 shared steps, 0.29 of the difference is left; with 16 it is 0.11, and with 24 only 0.02. So
# the first eight strokes decide about seven tenths of the picture, and the last ten hardly matter.
#
# Don't take this as a law of DRAW. Part of the reason is how this network was trained. It first
# learned to paint in 16 steps, and then, for fewer epochs (passes through the training images), in
# 32 steps. So its later steps had less training, and they write very little (figure 0.4).
#
# </details>
#
# ## Sliders
#
# If you run this notebook, you can choose a painting and a step. Press Tab to go to the next
# slider, and the arrow keys to move it. Follow the window through one painting. Before each step,
# guess where it will go.


# %%
def see(painting, step):
    figure, axes = panels(height=3)
    canvas(axes, film, step, painting, f"step {step}")
    show(figure, "0.sliders")


sliders(see, painting=(0, 8, 0, 1), step=(0, 32, 10, 1))

# %% [markdown]
# ## It can also look
#
# How did the network learn what a digit looks like? By redrawing given ones. For that it has a
# second window, of 2 x 2 dots, to **read** with. In each step it looks through this window at the
# image, and at what is still wrong with its canvas. Then it writes. While the network redraws, its
# random numbers $z_t$ are no longer pure noise: they carry information about the image.

# %%
x = as_float(minidraw.load("digits").valid.images[[4, 8, 12]])
again = model.film(images=x, seed=3)
frames = films.render_frames(again, index=range(3), scale=4)
movie(frames[::2] + frames[-1:], "0.7")

# %% jupyter={"source_hidden": true}
figure, axes = panels(6, height=2.0)
redrawn = layers.sigmoid(again.canvas[-1])
for i in range(3):
    picture(axes[2 * i], x[i, 0], "given", low=0, high=1)
    picture(axes[2 * i + 1], redrawn[i, 0], "redrawn", low=0, high=1)
show(figure, "0.8")

# %% [markdown]
# ## Where it lives
#
# To use a trained network, call `minidraw.Draw` (in `minidraw/estimators/draw.py`). Its methods are
# `sample`, `film` and `reconstruct`. The painting itself happens in `generate` in
# `minidraw/models/draw/film.py`, which is equations 13 to 16 of the paper. A canvas holds numbers
# $c$ of any size. What you see is $\frac{1}{1 + e^{-c}}$ for each of them, which lies between 0
# (black) and 1 (white). Lesson 02 is about this function.

# %%
last = film.canvas[-1].astype(np.float64)
with np.errstate(over="ignore"):
    seen = 1 / (1 + np.exp(-last))
np.testing.assert_allclose(seen, model.sample(9, seed=2), atol=1e-6)  # a sample: a film's end
np.testing.assert_allclose(seen, layers.sigmoid(last), atol=1e-12)
print("a network of", sum(weight.size for weight in model.params_.values()), "numbers")
print("trained on:", model.meta_["data"]["name_or_path"], "  steps:", model.config_.glimpses)

# %% [markdown]
# ## In practice
#
# * Most numbers of the network started at random. Training changed them in thousands of small
#   steps, each in the direction that made the paintings a little better. In lesson 13 you run this
#   yourself.
# * On the command line, `minidraw sample` paints a sheet of digits and `minidraw film --count 9`
#   a film. `minidraw film --image my.png --invert` redraws a picture of your own; `--invert` is
#   for dark ink on light paper.
# * What you see are **probability images**: the grey level of each pixel is the probability that
#   the pixel is white. For a real sample, each pixel is drawn as black or white with that
#   probability (a **Bernoulli sample**). `model.sample(9, bernoulli=True)` does this. Some papers
#   show reconstructions, as in figure 0.8, and call them samples, so ask which of the two you are
#   looking at.
# * Are the samples copies of training images? To judge, put the nearest training image beside each
#   sample, as the paper does. `minidraw.pictures.paper_figures.find_nearest` finds it.
#
# ## Recap
#
# * DRAW paints an image in a fixed number of steps. Each step adds one stroke to a canvas.
# * A stroke is a patch of numbers, laid on the canvas through a window of soft brushes. The network
#   chooses where the window is, how large, and how soft.
# * To paint without a given image, each step gets new random numbers. The first steps decide most.
# * To redraw a given image, each step also reads: from the image, and from what is still wrong with
#   the canvas.
# * Nobody programmed the order from coarse to fine. It was learned, from slopes.
#
# ## Three questions
#
# 1. Two paintings differ. What was different when they were made?
#
#    <details><summary>Answer</summary>
#
#    Only the noise. Weights, number of steps and first canvas were the same.
#
#    </details>
#
# 2. A stroke of this network has 25 numbers, whether its window is 4 pixels wide or 15. What does a
#    large window lose?
#
#    <details><summary>Answer</summary>
#
#    Detail. The same 25 numbers are spread over more pixels, so the stroke is coarser.
#
#    </details>
#
# 3. Why does the network need a read window only when it redraws?
#
#    <details><summary>Answer</summary>
#
#    When it paints from noise, there is no image to look at. What it remembers of its own steps is
#    enough to go on.
#
#    </details>
#
# ## What is next
#
# All of this was learned from slopes. Lesson 01 measures one.
