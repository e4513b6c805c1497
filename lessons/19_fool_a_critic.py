# %% [markdown]
# # 19 Fool a critic
#
# **You'll do:** four exercises, nine lines in all: a critic's cost and its gradient, the gradient
# of a painting through the critic, and a count of what is painted. Then you train a generator
# against a critic, with your functions.
#
# **You'll learn:** how a network learns to paint although nobody prices its pixels, why it may end
# up painting one thing only, and what such a network can't tell you that DRAW can.
#
# **You'll need:** lesson 03 (logits, nats), lesson 10 (painting from random numbers) and lesson 13
# (Adam). You can do this lesson without having solved their exercises. 80 minutes. Optional.
#
# | paper | here | |
# |---|---|---|
# | $z$ | `z` | random numbers from which a painting is made, `(n, Z)` |
# | $G(z)$ | `paintings` | what the generator paints, `(n, pixels)` |
# | | `on_images`, `on_paintings` | the critic's logits, `(n,)`: large for "this is an image" |
# | $D$ | `p` | the sigmoid of such a logit: the critic's probability of "an image" |
#
# The paper here is Goodfellow et al. 2014, *Generative adversarial nets*. A "GAN" is such a net.
# The authors call the critic a discriminator.

# %%
import numpy as np

import minidraw
from minidraw.datasets import as_float
from minidraw.learn import exercise, hint, use_earlier
from minidraw.learn.exercises import lesson_19 as package
from minidraw.learn.notebook import BLUE, GREEN, VERMILION, panels, picture, plain, show
from minidraw.learn.notebook import choose_steps
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

layers = use_earlier("19")
linear = layers.linear
linear_backward = layers.linear_backward
bernoulli_cost = layers.bernoulli_cost
sigmoid = layers.sigmoid
digits = minidraw.load("digits").train
images = as_float(digits.images[:, 0])

# %% [markdown]
# ## What a price per pixel likes
#
# A network has been told that the next image is a certain digit, but not where it is: at the left
# or four pixels further to the right, each half of the time. What should it paint? Here are two
# answers: one of the two images, sharp, and the average of both.
#
# **Predict.** Which of the two answers costs less, in nats, averaged over both cases?

# %%
left = images[5].clip(0.01, 0.99)
right = np.roll(left, 4, axis=1)
blur = (left + right) / 2


def price(painting):
    """Cost of a painting, averaged over the two images that it may have to stand for."""
    logits = np.log(painting / (1 - painting))
    return np.mean(
        [bernoulli_cost(logits[None, None], x=x[None, None])[0][0] for x in (left, right)]
    )


for name, painting in (("one of the two", left), ("the average", blur)):
    print(f"{name}: {price(painting):.0f} nats")

# %% jupyter={"source_hidden": true}
figure, axes = panels(4, height=2.4)
answers = (left, "case 1"), (right, "case 2"), (left, "a sharp answer"), (blur, "a blurred answer")
for place, (image, title) in zip(axes, answers, strict=True):
    picture(place, image, title, low=0, high=1)
show(figure, "19.1")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The blur is far cheaper, and rightly so: it says what the network knows. But nobody would take it
# for an image.
#
# </details>
#
# If you want paintings that could be images, don't ask for a price per pixel. Ask somebody who has
# seen images: a **critic**. And since nobody can write such a critic down, let it learn.
#
# ## Two players
#
# The **generator** turns random numbers $z$ into a painting. The critic gets a picture, which may
# be an image of the data set or a painting, and emits a logit $d$. Its sigmoid $p$ is the
# probability that the picture is an image. What the critic pays is the price of lesson 03 for a
# single pixel, which is 1 for "image": $-\log p$ for an image, and $-\log (1 - p)$ for a painting.
# We give it as many paintings as images, and add the two costs in pairs:
#
# $$\text{critic's cost} = -\log \sigma(d_\text{image}) - \log\left(1 - \sigma(d_\text{painting})
# \right)$$
#
# **Predict.** What does a pair cost a critic that can only guess, $d = 0$?
#
# ### Exercise 1: the critic's cost (1 line)
#
# Both inputs have the shape `(n,)`. Return nats per pair, `(n,)`, correct even for logits of 1000
# and of -1000.


# %%
@exercise("19.critic_cost")
def critic_cost(on_images, on_paintings):
    raise NotImplementedError
    return cost, (on_images, on_paintings)


# %%
cost, _ = critic_cost(np.array([0.0, 3, 3]), np.array([0.0, -3, 3]))
for words, nats in zip(("guesses", "is right", "is wrong about the painting"), cost, strict=True):
    print(f"a critic that {words}: {nats:.3f} nats")

# %% [markdown]
# Guessing costs $2 \ln 2 = 1.386$ nats. Remember this number. If the critic pays about that, it
# can't tell paintings from images: the generator has won, or the critic has learned nothing.
#
# ### Exercise 2: its backward (1 line)
#
# `dcost` has the shape `(n,)`. Return the gradients of `on_images` and of `on_paintings`.


# %%
@exercise("19.critic_cost_backward")
def critic_cost_backward(dcost, cache):
    on_images, on_paintings = cache
    raise NotImplementedError


# %% [markdown]
# ## What the generator wants
#
# The generator wants the critic to be wrong about its paintings. So far the only cost with the
# paintings in it is $-\log(1 - p)$, which the critic lowers. The generator could raise it, that is,
# lower $\log(1 - p)$. Or it could lower another cost, $-\log p$: what the critic would pay if the
# painting were an image. Both push $d$ upwards. They differ in how hard they push.
#
# **Predict.** At first the paintings are bad, and the critic is certain: $d = -5$. How large is the
# slope of $\log(1 - p)$ with respect to $d$ there, and how large is that of $-\log p$?

# %%
d = np.linspace(-8, 8, 161)
slopes = {"log(1 - p)": -sigmoid(d), "-log p": -sigmoid(-d)}
for name, slope in slopes.items():
    print(f"{name:10} at d = -5: {slope[np.abs(d + 5).argmin()]:.4f}")

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
for (name, slope), color, line in zip(slopes.items(), (VERMILION, BLUE), ("--", "-"), strict=True):
    axes.plot(d, slope, line, color=color, label=f"slope of {name}")
axes.legend(frameon=False)
plain(axes, xlabel="critic's logit d of a painting", ylabel="slope")
show(figure, "19.2")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# When the critic is certain, the first cost has almost no slope: it **saturates**, just when the
# generator has most to learn. The second pushes with nearly full strength there, and stops pushing
# once the painting is taken for an image.
#
# </details>
#
# So one uses $-\log p$, the **non-saturating** cost. Then the costs of the two players are no
# longer one number with opposite signs. They needn't be.
#
# ## Through the critic
#
# The generator needs the gradient of its paintings. Nobody knows what a good painting is, except
# the critic: its slope says how each pixel should change to look more like an image. So the
# gradient goes from the cost back *through* the critic, to its input. The critic's weights stay as
# they are. Here is a critic with one hidden layer. Its `W_2` has the shape `(H,)`.


# %%
def fooled(paintings, *, W_1, b_1, W_2, b_2):
    """Return the generator's cost, -log p of "an image", (n,)."""
    a = paintings @ W_1 + b_1
    logits = np.maximum(a, 0.2 * a) @ W_2 + b_2
    return np.logaddexp(0, -logits), package.FooledCache(a, logits, W_1, W_2)


# %% [markdown]
# `np.maximum(a, 0.2 * a)` is a **leaky ReLU**: its slope is 1 where `a` is positive, and 0.2
# elsewhere. With the ReLU of lesson 02, whose slope there is 0, many gradients would end in the
# critic, and the generator would learn nothing from them.
#
# ### Exercise 3: the gradient of a painting (4 lines)
#
# `dcost` has the shape `(n,)`. Return `dpaintings`, `(n, pixels)`.


# %%
@exercise("19.fooled_backward")
def fooled_backward(dcost, cache):
    a, logits, W_1, W_2 = cache
    raise NotImplementedError


# %%
rng = np.random.default_rng(19)
weights = {"W_1": rng.standard_normal((6, 9)), "b_1": rng.standard_normal(9)}
weights |= {"W_2": rng.standard_normal(9), "b_2": 0.5}
paintings = rng.standard_normal((1, 6))
by_hand = fooled_backward(np.ones(1), fooled(paintings, **weights)[1])
steps = 1e-5 * np.eye(6)[:, None]
above, below = (
    np.array([fooled(paintings + s * step, **weights)[0][0] for step in steps]) for s in (1, -1)
)
print("by hand: ", by_hand[0].round(6))
print("measured:", ((above - below) / 2e-5).round(6))
np.testing.assert_allclose(by_hand[0], (above - below) / 2e-5, rtol=1e-5, atol=1e-9)

# %% [markdown]
# ## The game
#
# Both players are networks with one hidden layer. A painting is the tanh of the generator's output,
# so its pixels lie between -1 and 1, and we scale the images to that range.


# %%
def run(net, x):
    """Return the outputs of a network with one hidden layer, and its caches."""
    a, first = linear(x, net["W_1"], net["b_1"])
    h, bent = layers.relu(a, leak=0.2)
    out, second = linear(h, net["W_2"], net["b_2"])
    return out, (first, bent, second)


def back(dout, caches):
    """Return the gradients of the network's weights."""
    first, bent, second = caches
    dh, dW_2, db_2 = linear_backward(dout, second)
    _, dW_1, db_1 = linear_backward(layers.relu_backward(dh, bent), first)
    return {"W_1": dW_1, "b_1": db_1, "W_2": dW_2, "b_2": db_2}


# %% [markdown]
# Now one move of both players, on a batch. Each has a cost of its own, and moves only its own
# weights. From the critic's judgement of the paintings, two gradients go back: one to the critic's
# weights, and one through them to the paintings. (`fooled` computes the judgement a second time,
# with a cache of its own.)


# %%
def gradients(generator, critic, x, z):
    """Return the mean costs of critic and generator, and the gradients of both."""
    out, seen = run(generator, z)
    paintings = np.tanh(out)
    (on_x, of_x), (on_p, of_p) = run(critic, x), run(critic, paintings)
    cost, cache = critic_cost(on_x[:, 0], on_p[:, 0])
    share = np.full(len(x), 1 / len(x), x.dtype)
    dcritic = [
        back(d[:, None], tape)
        for d, tape in zip(critic_cost_backward(share, cache), (of_x, of_p), strict=True)
    ]
    wish, cache = fooled(paintings, **critic | {"W_2": critic["W_2"][:, 0]})
    dout = fooled_backward(share, cache) * (1 - paintings**2)  # paintings = tanh(out)
    dcritic = {name: part + dcritic[1][name] for name, part in dcritic[0].items()}
    return (cost.mean(), wish.mean()), back(dout, seen), dcritic


# %%
def player(rng, sizes, beta1):
    """Return the weights of a network with one hidden layer, and their Adam."""
    I, H, O = sizes  # noqa: E741
    W_1, W_2 = rng.standard_normal((I, H)) / np.sqrt(I), rng.standard_normal((H, O)) / np.sqrt(H)
    params = {"W_1": W_1, "b_1": np.zeros(H), "W_2": W_2, "b_2": np.zeros(O)}
    params = {name: part.astype(np.float32) for name, part in params.items()}
    return Adam(params, beta1=beta1, beta2=0.999, average=0.995)


def move(adam, grads, rate):
    """Update a player's weights once."""
    room = allocate_flat({name: part.shape for name, part in grads.items()})
    fill(room, grads)
    adam.update(room, rate=rate, clip=100.0, ops=layers)


# %%
def play(generator, critic, data, *, Z, batch, steps, rates, rng, watch=None):
    """Train both players; return their costs at every step.  `watch` is called at every step."""
    costs = []
    for step in range(steps):
        if watch:
            watch(step)
        x, z = data(batch, rng), rng.standard_normal((batch, Z)).astype(np.float32)
        views = generator.weights.views, critic.weights.views
        found, dgenerator, dcritic = gradients(*views, x, z)
        fade = min(1, 2 - 2 * step / steps)  # constant for half of the time, then down to 0
        move(generator, dgenerator, fade * rates[0])
        move(critic, dcritic, fade * rates[1])
        costs.append(found)
    return np.array(costs)


# %% [markdown]
# ## Eight places
#
# Before digits, something that can be seen whole: an "image" of two pixels, that is, a point in a
# plane. The data are eight small heaps of points on a ring. We play twice. In one game the
# generator learns three times as fast as the critic, in the other three times as slowly. All else
# is equal.
#
# **Predict.** The generator gets its gradient from the critic of this very moment. Where will a
# fast generator put its points?

# %%
angles = np.arange(8) * np.pi / 4
places = 0.7 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
SPREAD, STEPS, SHOWN = 0.035, 3000, (0, 250, 750, 1500, 2990)
z_shown = np.random.default_rng(1).standard_normal((400, 2)).astype(np.float32)


def heaps(n, rng):
    """Draw n points of the data."""
    points = places[rng.integers(0, 8, n)] + SPREAD * rng.standard_normal((n, 2))
    return points.astype(np.float32)


def count(points, reach):
    """Return for how many points, not further away than `reach`, each place is the nearest."""
    away = np.linalg.norm(points[:, None] - places, axis=2)
    return np.bincount(away.argmin(axis=1)[away.min(axis=1) < reach], minlength=8)


# %%
def ring_game(factor):
    """Play with a generator that learns `factor` times as fast; return its points over time."""
    rng, seen = np.random.default_rng(2), []
    generator, critic = player(rng, (2, 64, 2), 0.5), player(rng, (2, 64, 1), 0.5)

    def watch(step):
        if step % 10 == 0:
            seen.append(np.tanh(run(generator.weights.views, z_shown)[0]))

    settings = {"Z": 2, "batch": 100, "steps": STEPS, "rates": (factor * 0.004, 0.004)}
    play(generator, critic, heaps, **settings, rng=rng, watch=watch)
    return seen


games = {"fast generator": ring_game(3), "slow generator": ring_game(1 / 3)}
for name, seen in games.items():
    print(f"{name}: at the eight places {count(seen[-1], 4 * SPREAD)} of 400 points")

# %% jupyter={"source_hidden": true}
figure, axes = panels(5, rows=2, height=4.2)
for line, (name, seen) in zip(axes, games.items(), strict=True):
    for place, step in zip(line, SHOWN, strict=True):
        place.plot(*places.T, "o", color=GREEN, markersize=9, fillstyle="none")
        place.plot(*seen[step // 10].T, ".", color=BLUE, markersize=2)
        place.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xticks=[], yticks=[], aspect="equal")
        place.set_title(f"step {step}", fontsize=9)
    line[0].set_ylabel(name)
show(figure, "19.3")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The fast generator paints a clump or a curve, in the end at one or two places. When the critic has
# learned that points there are paintings, the generator moves on to others. The critic chases it
# round the ring. This is **mode collapse** (a mode is a heap of the data).
#
# </details>
#
# The reason is in the gradient. For a critic that stays as it is, the best that a generator can do
# is to paint one single picture: the one that this critic likes best. Nothing in its cost says that
# paintings should differ. Only the critic can teach that, by lowering its opinion of a picture that
# comes too often, and for this it must keep up. With the slow generator it does.
#
# ## How many classes?
#
# To count on digits, we need a number that says how many classes are painted, and that isn't fooled
# by a class painted once in a thousand. Take the shares $p_k$ of the classes. The *entropy*,
# $-\sum_k p_k \log p_k$, is the average price of learning the class of a painting. $L$ equally
# frequent classes have the entropy $\log L$. So its exp is a number of classes:
#
# $$\exp\Big(-\sum_k p_k \log p_k\Big)$$
#
# ### Exercise 4: the number of classes (3 lines)
#
# `counts` has the shape `(n, L)`: how often each of `L` classes was painted, in `n` experiments.
# Return `(n,)`. A class that was never painted adds nothing ($0 \log 0$ counts as 0, but NumPy
# doesn't know that).


# %%
@exercise("19.classes_painted")
def classes_painted(counts):
    raise NotImplementedError


# %%
examples = np.array([[100, 100, 100, 100], [370, 10, 10, 10], [400, 0, 0, 0]])
for row, classes in zip(examples, classes_painted(examples * 1.0), strict=True):
    print(f"{row}: {classes:.2f} classes")
at = np.arange(0, STEPS, 10)
found = {name: [count(points, np.inf) for points in seen] for name, seen in games.items()}
found = {name: classes_painted(np.array(counts) * 1.0) for name, counts in found.items()}

# %% jupyter={"source_hidden": true}
figure, axes = panels(height=2.6)
for (name, classes), color, line in zip(found.items(), (VERMILION, BLUE), ("--", "-"), strict=True):
    axes.plot(at, classes, line, color=color, label=name)
axes.legend(frameon=False)
plain(axes, xlabel="step", ylabel="places painted", ylim=(0, 8.3))
show(figure, "19.4")

# %% [markdown]
# ## Digits
#
# The same game with images of 784 pixels. The generator turns 32 random numbers into a painting.
# Again we play twice, and now both players learn equally fast. In the first game, Adam has its
# usual memory of past gradients, `beta1` 0.9, and a large rate. In the second, both are smaller.
#
# **Predict.** Why might a long memory harm here, although it helped in lesson 13?

# %%
flat = (2 * images - 1).reshape(len(images), -1)
z_new = np.random.default_rng(3).standard_normal((1000, 32)).astype(np.float32)
MOVES = choose_steps(1400, in_browser=800)


def digits_game(rate, beta1):
    """Return 1,000 paintings, made with the averaged weights of lesson 13, and the costs."""
    rng = np.random.default_rng(4)
    generator, critic = player(rng, (32, 256, 784), beta1), player(rng, (784, 256, 1), beta1)
    settings = {"Z": 32, "batch": 50, "steps": MOVES, "rates": (rate, rate), "rng": rng}
    draw_images = lambda n, rng: flat[rng.integers(0, len(flat), n)]  # noqa: E731
    costs = play(generator, critic, draw_images, **settings)
    return np.tanh(run(generator.average.views, z_new)[0]), costs


recipes = {"rate 0.005, beta1 0.9": (0.005, 0.9), "rate 0.001, beta1 0.5": (0.001, 0.5)}
results = {name: digits_game(*recipe) for name, recipe in recipes.items()}
painted = {name: paintings for name, (paintings, _) in results.items()}

# %% jupyter={"source_hidden": true}
figure, axes = panels(1, rows=3, height=4.6)
shown = {"images of the data set": flat} | painted
for place, (name, pictures) in zip(axes, shown.items(), strict=True):
    rows = pictures[:28].reshape(2, 14, 28, 28)
    picture(place, rows.transpose(0, 2, 1, 3).reshape(56, -1), name, low=-1, high=1)
show(figure, "19.5")

# %% [markdown]
# <details><summary>Answer</summary>
#
# In lesson 13 the loss was the same function throughout the training. Here each player's loss
# changes whenever the other player learns. So old gradients belong to an opponent that is no longer
# there.
#
# </details>
#
# What is on a painting? We look for the most similar training image, by the sum of squared
# differences, and take its label. (That is a crude judge. A painting that looks like nothing gets a
# label too.)

# %%
squares = (flat**2).sum(axis=1)
counts, pixels = {}, {"images of the data set": flat.std(axis=0).mean()}
for name, pictures in painted.items():
    distance = squares - 2 * pictures @ flat.T + (pictures**2).sum(axis=1)[:, None]
    counts[name] = np.bincount(digits.labels[distance.argmin(axis=1)], minlength=10)
    pixels[name] = pictures.std(axis=0).mean()
    print(f"{name}: of 1,000 paintings, 0 to 9: {counts[name]}")
for name, classes in zip(counts, classes_painted(np.array([*counts.values()]) * 1.0), strict=True):
    critic_pays, _ = results[name][1][-100:].mean(axis=0)
    print(f"{name}: {classes:.1f} classes; critic's cost at the end {critic_pays:.2f} nats")
print("a pixel's deviation over pictures:", {n: f"{v:.2f}" for n, v in pixels.items()})

# %% [markdown]
# The first game collapsed to a few kinds of noise, and the second paints all ten digits, some more
# often than others. In lesson 13 the loss was a fixed hill, and a ball that rolls on finds the
# valley sooner. Here every move of one player changes the hill of the other. A ball that rolls on
# keeps going in a direction that was good several moves ago. Two players with long memories circle
# around the solution, or run away from it. (We changed the rate too. Try how much of the harm is
# due to which.)
#
# Look at the other numbers. If all paintings were alike, a pixel would have no deviation. But it is
# large in both games, since noise varies too: it doesn't show the collapse. The critic's cost of 0
# in the first game is a warning: the critic recognises every painting. But a larger cost doesn't
# say that a game goes well. A good generator raises it, and so does a poor critic. A GAN has no
# curve that falls. You have to look at paintings, and to count.
#
# ## Where nats are, and where samples are
#
# A GAN paints sharply. What does an image cost it, in nats? There is no answer. The generator emits
# pictures, and no probability. Almost every image is a picture that it can't paint exactly, and
# then the price is infinite. To get a number one has to add noise to the paintings, and to choose
# how much. With such noise, Wu et al. (2017) found GANs to be far behind variational autoencoders
# (VAEs, lesson 10) in nats, though not in looks.
#
# Does that mean that a GAN is worse? Nats and looks measure different things, and one says little
# about the other (Theis et al. 2016). Here is their argument. Take a good model. Now make another
# one: in 99 of 100 cases it emits noise, and only in 1 of 100 it asks the good model.
#
# **Predict.** How many nats more does an image cost with the second model?

# %%
print(f"at most {-np.log(0.01):.2f} nats more")

# %% [markdown]
# <details><summary>What you saw</summary>
#
# The second model gives every image at least one hundredth of the probability. So the image costs
# at most $\ln 100$ nats more.
#
# </details>
#
# But look at its samples: 99 of 100 are noise. And now the reverse: a program that copies training
# images at random. Its samples are perfect, and every new image costs it infinitely much.
#
# | | DRAW, VAE | GAN |
# |---|---|---|
# | a price for each image, in nats | a bound | none |
# | paints every kind of image | yes: a missing kind would cost much | not for certain |
# | sharpness | blurred where it can't know | sharp, since the critic sees blur |
# | reads an image, redraws it | yes, by its encoder | no |
# | training | one cost that falls | two costs that don't show progress |
#
# Later GANs do much better than this one. The Wasserstein GAN (Arjovsky et al. 2017) replaces the
# critic's cost by a distance that has a slope even where paintings and images lie far apart, and
# StyleGAN (Karras et al. 2019) painted faces that people took for photographs. Diffusion models (Ho
# et al. 2020) paint as sharply, hardly ever collapse, and have a bound in nats. They begin with
# noise and improve the picture in many small steps. Painting in steps is DRAW's idea too.
#
# ## Where it lives
#
# The package's GAN is in `minidraw/models/gan/network.py`. It has one more layer on each side, and
# its critic sees all pictures through a little noise, which hides single wrong pixels. Both costs
# are `bernoulli_cost` with one pixel. In a terminal, `minidraw train gan --data digits` trains it.

# %%
rng = np.random.default_rng(5)
on_images, on_paintings = rng.standard_normal((2, 7))
cost, cache = critic_cost(on_images, on_paintings)
theirs = [
    minidraw.layers.bernoulli_cost(logits.reshape(7, 1, 1, 1), x=np.full((7, 1, 1, 1), answer))
    for logits, answer in ((on_images, 1.0), (on_paintings, 0.0))
]
np.testing.assert_allclose(cost, theirs[0][0] + theirs[1][0])
for ours, (_, kept) in zip(critic_cost_backward(np.ones(7), cache), theirs, strict=True):
    wanted = minidraw.layers.bernoulli_cost_backward(np.ones(7), kept)
    np.testing.assert_allclose(ours, wanted.reshape(7), atol=1e-12)
print("the critic's cost and its gradient agree with the package")

# %% [markdown]
# ## In practice
#
# * Look at samples while you train, always from the same random numbers. The costs don't show how
#   good they are.
# * Count: classes, duplicates, nearest training images. A few beautiful samples hide a collapse.
# * If paintings become alike, slow the generator down, or speed the critic up. Lower `beta1` and
#   the rate. Add noise to what the critic sees, or dropout (lesson 02) in the critic.
# * If the critic's cost falls to 0, the generator can't keep up. Weaken the critic: noise, or fewer
#   weights.
# * Paint with averaged weights. The last weights of a game are only the last move.
# * Scale images to the range that the generator paints in. A critic finds any difference, even one
#   that has nothing to do with the picture: images may have 256 levels, while paintings have any.
# * Our two games are two runs with one seed. They show what can happen, not how often.
#
# ## Recap
#
# * A critic learns to tell images from paintings. It pays $-\log p$ for an image and $-\log(1 - p)$
#   for a painting. Guessing costs $2 \ln 2$.
# * The generator pays $-\log p$ for a painting, which doesn't saturate. Its gradient comes through
#   the critic, whose weights stay as they are.
# * For a fixed critic the best answer is a single picture. If the critic can't keep up, the
#   generator collapses to a few modes.
# * The exp of the entropy of the shares says how many classes are painted.
# * A GAN has samples but no nats; good nats don't make good samples, nor the reverse.
#
# ## Three questions
#
# 1. The critic's cost is 0.02 nats. Is that good news?
#
#    <details><summary>Answer</summary>
#
#    For the critic only. It tells every painting from an image. The generator is far behind, and
#    may have collapsed.
#
#    </details>
#
# 2. Why does the generator's gradient not change the critic's weights, although it passes through
#    them?
#
#    <details><summary>Answer</summary>
#
#    They belong to the other player. Lowering the generator's cost by changing the critic would
#    make a critic that takes everything for an image.
#
#    </details>
#
# 3. Half of the paintings are ones, and the other half are sevens. How many classes does exp of the
#    entropy give?
#
#    <details><summary>Answer</summary>
#
#    Two. The entropy is $\log 2$.
#
#    </details>
#
# ## What is next
#
# The generator could learn because the critic has a slope. What if a decision has none, such as
# where to cut a piece out of an image? Lesson 20 shows how to learn from rewards alone, and what
# that costs.
