"""Lesson 19, fool a critic: its cost, the generator's gradient through it, and lost classes."""

from typing import NamedTuple

import numpy as np

from minidraw.layers import sigmoid
from minidraw.learn.exercises.exercise import Exercise

LEAK = 0.2


class CriticCache(NamedTuple):
    on_images: np.ndarray  # (n,) logits
    on_paintings: np.ndarray  # (n,) logits


class FooledCache(NamedTuple):
    a: np.ndarray  # (n, H)
    logits: np.ndarray  # (n,)
    W_1: np.ndarray  # (pixels, H)
    W_2: np.ndarray  # (H,)


def critic_cost(on_images, on_paintings):
    """Return -log p of "an image" for the images and of "a painting" for the paintings, (n,)."""
    cost = np.logaddexp(0, -on_images) + np.logaddexp(0, on_paintings)
    return cost, CriticCache(on_images, on_paintings)


def critic_cost_backward(dcost, cache):
    """Return the gradients ``don_images, don_paintings``, (n,) each."""
    on_images, on_paintings = cache
    return -dcost * sigmoid(-on_images), dcost * sigmoid(on_paintings)


def fooled(paintings, *, W_1, b_1, W_2, b_2):
    """Let a critic with one hidden layer judge: return -log p of "an image", (n,)."""
    a = paintings @ W_1 + b_1
    logits = np.maximum(a, LEAK * a) @ W_2 + b_2
    return np.logaddexp(0, -logits), FooledCache(a, logits, W_1, W_2)


def fooled_backward(dcost, cache):
    """Return the gradient ``dpaintings``, (n, pixels); the critic's weights get none."""
    a, logits, W_1, W_2 = cache
    dlogits = -dcost * sigmoid(-logits)
    dh = dlogits[:, None] * W_2
    da = dh * np.where(a > 0, 1, LEAK)
    return da @ W_1.T


def classes_painted(counts):
    """Return exp of the entropy of the shares of each row's counts (n, L): L if all are equal."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    surprise = -np.log(np.where(shares > 0, shares, 1))  # 0 log 0 counts as 0
    return np.exp((shares * surprise).sum(axis=1))


def make_logits(rng, n):
    return {"on_images": 2 * rng.standard_normal(n), "on_paintings": 2 * rng.standard_normal(n)}, {}


def make_certain_logits(rng, n):
    inputs, settings = make_logits(rng, n)
    return {name: 1000 * np.sign(part) for name, part in inputs.items()}, settings


def make_critic(rng, n, I, H):  # noqa: E741
    normal = rng.standard_normal
    weights = {"W_1": normal((I, H)) / np.sqrt(I), "b_1": normal(H)}
    weights |= {"W_2": normal(H), "b_2": normal()}
    return {"paintings": normal((n, I))}, weights


def make_certain_critic(rng, n, I, H):  # noqa: E741
    inputs, weights = make_critic(rng, n, I, H)
    return inputs, weights | {"W_2": 400 * weights["W_2"]}


def make_counts(rng, n, L):
    return {"counts": rng.integers(1, 60, (n, L)).astype(float)}, {}


def make_counts_with_zeros(rng, n, L):
    inputs, settings = make_counts(rng, n, L)
    inputs["counts"][:, 1:3] = 0
    inputs["counts"][0, 1:] = 0  # one class alone
    return inputs, settings


EXERCISES = (
    Exercise(
        "19.critic_cost",
        critic_cost,
        make_logits,
        "n",
        1,
        (
            "An image costs -log p, where p = sigmoid(d). A painting costs -log(1 - p), and 1 - p "
            "is sigmoid(-d).",
            "-log sigmoid(d) = log(1 + e^-d). This is the softplus of lesson 03, at -d.",
            "np.logaddexp(0, c) is log(e^0 + e^c), without overflow.",
        ),
        outputs=("cost",),
        uses=("sigmoid",),
        edges=((make_certain_logits, "logits of +-1000"),),
        optional=True,
        mistakes=(
            (
                "np.logaddexp(0, -on_images) + np.logaddexp(0, on_paintings)",
                "np.logaddexp(0, on_images) + np.logaddexp(0, -on_paintings)",
                "the two answers are swapped: images are priced as paintings, and paintings as "
                "images",
            ),
            (
                "np.logaddexp(0, on_paintings)",
                "np.logaddexp(0, -on_paintings)",
                'a painting is priced as if the right answer were "an image"; that is the '
                "generator's wish",
            ),
            (
                "np.logaddexp(0, -on_images)",
                "np.logaddexp(0, on_images)",
                'an image is priced as if the right answer were "a painting"',
            ),
        ),
    ),
    Exercise(
        "19.critic_cost_backward",
        critic_cost_backward,
        make_logits,
        "n",
        1,
        (
            "The slope of softplus is the sigmoid (lesson 03).",
            "The softplus of -d has one more link, the minus sign.",
        ),
        forward=critic_cost,
        uses=("sigmoid",),
        edges=((make_certain_logits, "logits of +-1000"),),
        optional=True,
        mistakes=(
            (
                "-dcost * sigmoid(-on_images)",
                "-dcost * sigmoid(on_images)",
                "p is used for the images; the slope of -log p is -(1 - p)",
            ),
            (
                "dcost * sigmoid(on_paintings)",
                "dcost * sigmoid(-on_paintings)",
                "1 - p is used for the paintings; the slope of -log(1 - p) is p",
            ),
            (
                "dcost * sigmoid(on_paintings)",
                "-dcost * sigmoid(-on_paintings)",
                "this is the slope of the generator's cost; the critic wants the paintings found "
                "out",
            ),
        ),
    ),
    Exercise(
        "19.fooled_backward",
        fooled_backward,
        make_critic,
        "n I H",
        4,
        (
            "Undo the lines of fooled from the bottom up. The cost is softplus(-d), so its slope "
            "with respect to the logit d is -sigmoid(-d), which is -(1 - p).",
            "d is a sum over the hidden units, each times its W_2. So each unit's gradient is "
            "that of d, times its own W_2.",
            "The leaky ReLU has the slope 1 where a is positive, and 0.2 elsewhere. Then only a "
            "linear layer is left, and only the gradient of its input is wanted.",
        ),
        forward=fooled,
        uses=("sigmoid", "linear_backward"),
        edges=((make_certain_critic, "a critic that is nearly certain"),),
        optional=True,
        mistakes=(
            (
                "-dcost * sigmoid(-logits)",
                "-dcost * sigmoid(logits)",
                "this is the slope of log(1 - p), the cost that saturates; the slope of -log p is "
                "-(1 - p)",
            ),
            (
                "-dcost * sigmoid(-logits)",
                "dcost * sigmoid(logits)",
                "this is the slope of the critic's cost; the generator wants to be taken for an "
                "image",
            ),
            ("dlogits[:, None] * W_2", "dlogits[:, None]", "the critic's weights W_2 are missing"),
            (
                "np.where(a > 0, 1, LEAK)",
                "np.where(a > 0, 1, 0)",
                "the slope where a is negative is 0.2, not 0",
            ),
        ),
    ),
    Exercise(
        "19.classes_painted",
        classes_painted,
        make_counts,
        "n L",
        3,
        (
            "Divide each row by its sum: these are shares p. The surprise of a class is -log p.",
            "The entropy is the average surprise, each class weighted with its share. Take exp of "
            "it: L equal shares have the entropy log L.",
            "A class that was never painted counts as 0. Put another number into its logarithm; "
            "its share, 0, removes it again.",
        ),
        outputs=("classes",),
        edges=((make_counts_with_zeros, "classes that were never painted"),),
        optional=True,
        mistakes=(
            (
                "np.exp((shares * surprise).sum(axis=1))",
                "(shares * surprise).sum(axis=1)",
                "this is the entropy; take exp of it",
            ),
            (
                "np.exp((shares * surprise).sum(axis=1))",
                "2 ** (shares * surprise).sum(axis=1)",
                "2 is raised to the entropy, which is in nats; use np.exp",
            ),
            (
                "np.exp((shares * surprise).sum(axis=1))",
                "(shares > 0).sum(axis=1) + 0.0",
                "this counts every class that was painted at all, however rarely",
            ),
        ),
    ),
)
