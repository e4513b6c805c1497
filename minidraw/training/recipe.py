"""The recipe of a training run: every choice that isn't the network's size."""

import bisect
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from minidraw.models.interface import option

LARGEST_VALUE = 10**9  # of minutes, epochs and steps: far from overflowing
MAX_STAGES = 100  # of `grow`
KL_WEIGHT = 0.1  # at the start of `kl_warmup`
BINARIZE_CHOICES = ("auto", "fresh", "never")
TRAIN_ON_CHOICES = ("train", "all")
MAX_SHIFT = 100  # pixels


@dataclass(frozen=True)
class Recipe:
    """Choices of a training run; its gradient is that of the mean loss, in nats per image.

    `clip` was chosen by experiment.  The gradient's median norm is about 140.  After 600 steps on
    MNIST (T 10, dynamic binarisation, validation), a clip of 500 reached 114.4 nats, 100 reached
    117.1, and 10, a common choice, reached 124.7.

    `kl_warmup` is the warm-up of Sønderby et al. (2016): the network learns to use z before the
    latent cost, a KL divergence, has its full weight.  It helps short runs (`data/recipes.md`).
    """

    minutes: float = option(0, "minutes of training; the number of steps follows the clock")
    epochs: float = option(0, "passes over the training images, if no minutes are given")
    batch: int = option(100, "images per step")
    rate: float = option(2e-3, "Adam's learning rate after the warm-up")
    final_rate: float = option(5e-5, "learning rate at the end of the cosine decay")
    warmup: int = option(300, "steps in which the learning rate rises, at most a tenth of the run")
    clip: float = option(500.0, "largest gradient norm; a longer gradient is scaled down to it")
    beta1: float = option(0.9, "Adam's decay rate for the mean gradient")
    beta2: float = option(0.999, "Adam's decay rate for the mean squared gradient")
    weight_decay: float = option(
        0.0, "each step shrinks the matrices by this share times the learning rate (AdamW)"
    )
    average: float = option(0.999, "decay of the averaged weights")
    kl_warmup: float = option(
        0.0,
        "share of the run in which the latent cost's weight in the gradient rises from 0.1 to 1",
    )
    grow: str = option(
        "",
        "fewer glimpses first: 16:0.4,32:0.7 trains with T 16 until 0.4 of the run is done, then"
        " with T 32 until 0.7, then with all",
    )
    binarize: str = option(
        "auto",
        "fresh: dynamic binarisation, a new sample each time an image is shown; never: grey levels"
        " as they are; auto: fresh where the network paints grey images",
    )
    shift: int = option(
        0, "move each training image at random, by up to this many pixels across and down"
    )
    train_on: str = option(
        "train",
        "train: only the training images; all: the validation images too, once every choice is"
        " made; their cost then says nothing about new images",
    )
    validate: int = option(0, "steps between validations; 0: twenty over the run")
    valid_images: int = option(2000, "validation images used during the run")
    seed: int = option(0, "seed of the weights, the image order, the binarisation and the noise")

    def __post_init__(self):
        for name in ("batch", "valid_images"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("rate", "clip"):
            if not (0 < getattr(self, name) < math.inf):
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("minutes", "epochs", "final_rate", "warmup", "validate", "seed"):
            if not (0 <= getattr(self, name) <= LARGEST_VALUE):
                limits = f"between 0 and {LARGEST_VALUE}"
                raise ValueError(f"{name} must be {limits}, got {getattr(self, name)}")
        for name, most in (("weight_decay", 1 / self.rate), ("shift", MAX_SHIFT)):
            if not (0 <= getattr(self, name) <= most):
                raise ValueError(f"{name} must be 0 to {most:g}, got {getattr(self, name)}")
        for name in ("beta1", "beta2", "average", "kl_warmup"):
            if not (0 <= getattr(self, name) < 1):
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        choices = {"binarize": BINARIZE_CHOICES, "train_on": TRAIN_ON_CHOICES}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                found = f"unknown {name} {getattr(self, name)!r}"
                raise ValueError(f"{found}; choose from {', '.join(known)}")
        parse_stages(self.grow)  # refuses another form

    @cached_property
    def stages(self):
        """The stages of `grow`, parsed once."""
        return parse_stages(self.grow)

    def glimpses_at(self, step, steps, glimpses):
        """Return T at a step, counted from 0, of a run of `steps` that ends with `glimpses`."""
        for stage in self.stages:
            if step < stage.end * steps:
                return min(stage.glimpses, glimpses)
        return glimpses

    def extend(self, step, steps, work, glimpses):
        """Return the length of a run that makes `work` more steps' effort after `step`.

        Parameters
        ----------
        step, steps : int
            Steps made, and the length planned so far.
        work : float
            Number of steps with the present number of glimpses, each of which costs the same.
        glimpses : int
            Number at the end of the run.
        """
        limit = work * self.glimpses_at(step, steps, glimpses)

        def cost(length):
            total, end = 0.0, 0.0
            for T, share in self.shares(glimpses):
                begin, end = end, end + share
                total += T * max(0.0, end * length - max(begin * length, step))
            return total

        lengths = range(step, step + min(LARGEST_VALUE, max(0, int(limit))) + 1)
        return max(step, lengths[bisect.bisect_right(lengths, limit, key=cost) - 1])

    def shares(self, glimpses):
        """Return pairs of T and its share of the steps, for a run that ends with `glimpses`."""
        shares, begin = [], 0.0
        for stage in (*self.stages, Stage(glimpses, 1.0)):
            shares.append((min(stage.glimpses, glimpses), stage.end - begin))
            begin = stage.end
        return shares

    def kl_weight_at(self, step, steps):
        """Return the latent cost's weight in the gradient of a step, counted from 0."""
        warmup = self.kl_warmup * steps
        return min(1.0, KL_WEIGHT + (1 - KL_WEIGHT) * step / warmup) if warmup else 1.0

    def learning_rate_at(self, step, steps):
        """Return the learning rate of a step, counted from 0: linear warm-up, cosine decay."""
        warmup = min(self.warmup, steps // 10)
        warm = min(1.0, (step + 1) / (warmup + 1))
        progress = min(1.0, max(0.0, step - warmup) / max(1, steps - warmup))
        cosine = 0.5 + 0.5 * math.cos(math.pi * progress)
        return warm * (self.final_rate + cosine * (self.rate - self.final_rate))


class Stage(NamedTuple):
    """A part of a run that trains with fewer glimpses."""

    glimpses: int
    end: float  # share of the steps at which it ends


def parse_stages(text):
    """Parse `grow`, such as ``16:0.4,32:0.7``, into stages.

    Raises
    ------
    ValueError
        If the text is malformed, or the shares don't rise between 0 and 1.
    """
    stages = []
    parts = text.split(",") if text else []
    for part in parts if len(parts) <= MAX_STAGES else [""]:
        match = re.fullmatch(r"([1-9][0-9]{0,5}):([0-9]{0,9}\.?[0-9]{1,9})", part)
        if match is None:
            raise ValueError(f"grow is {text[:40]!r}; expected the form 16:0.4,32:0.7")
        stages.append(Stage(int(match[1]), float(match[2])))
    ends = [stage.end for stage in stages]
    if ends != sorted(ends) or not all(0 < end < 1 for end in ends):
        raise ValueError(f"grow is {text[:40]!r}; its shares must rise and lie between 0 and 1")
    return stages
