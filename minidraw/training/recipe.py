"""How a network is trained: every choice that isn't its size."""

import math
import re
from dataclasses import dataclass

MOST = 10**9  # minutes, epochs, steps: far beyond a lifetime, and far from overflowing
BINARIZE = ("auto", "fresh", "never")


@dataclass(frozen=True)
class Recipe:
    """Choices of a training run; the gradient is that of the mean loss, in nats per image.

    The bound on the gradient's norm was chosen by measurement: its median is about 140, and after
    600 steps on MNIST (T 10, fresh binarisation, validation) a bound of 500 had reached 114.4
    nats, 100 had reached 117.1, and 10, which others use, 124.7.
    """

    minutes: float = 0  # time budget, turned into a number of steps once at the start
    epochs: float = 0  # passes over the training images, where no minutes are given
    batch: int = 100  # images per step
    rate: float = 2e-3  # Adam's learning rate after the warm-up
    final_rate: float = 5e-5  # learning rate at the end, reached along a cosine
    warmup: int = 300  # steps over which the learning rate rises from 0, a tenth of the run at most
    clip: float = 500.0  # bound on the gradient's norm
    beta1: float = 0.9  # Adam's memory of the gradient
    beta2: float = 0.999  # Adam's memory of its square
    average: float = 0.999  # decay of the averaged weights
    grow: str = ""  # shorter films first: 16:0.4,32:0.7 means T 16 for 0.4 of the run, 32 to 0.7
    binarize: str = "auto"  # fresh: a coin per grey level at every visit; never: as they are; auto
    validate: int = 0  # steps between validations; 0 for twenty over the run
    valid_images: int = 2000  # images of each validation during the run
    seed: int = 0  # of the weights, the order of images, the coins and the noise

    def __post_init__(self):
        for name in ("batch", "valid_images"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("rate", "clip"):
            if not (0 < getattr(self, name) < math.inf):
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("minutes", "epochs", "final_rate", "warmup", "validate", "seed"):
            if not (0 <= getattr(self, name) <= MOST):
                which = f"can't be above {MOST}" if getattr(self, name) > 0 else "can't be negative"
                raise ValueError(f"{name} {which}, got {getattr(self, name)}")
        for name in ("beta1", "beta2", "average"):
            if not (0 <= getattr(self, name) < 1):
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        ends = [end for _, end in self.stages]
        if ends != sorted(ends) or not all(0 < end < 1 for end in ends):
            raise ValueError(f"the parts of grow end in rising order between 0 and 1: {self.grow}")
        if self.binarize not in BINARIZE:
            raise ValueError(f"binarize is one of {', '.join(BINARIZE)}, got {self.binarize!r}")

    @property
    def stages(self):
        """What `grow` says: pairs of T and the part of the run at which it ends."""
        found = re.findall(r"([1-9]\d{0,5}):(\d*\.?\d+)(?:,|$)", self.grow)
        if ",".join(map(":".join, found)) != self.grow:
            raise ValueError(f"grow must look like 16:0.4,32:0.7, got {self.grow!r}")
        return [(int(T), float(end)) for T, end in found]

    def glimpses_at(self, step, steps, glimpses):
        """T of a step, counted from 0, in a run of `steps` that ends with T = `glimpses`."""
        now = (T for T, end in self.stages if step < end * steps)
        return min(next(now, glimpses), glimpses)

    def shares(self, glimpses):
        """Pairs of T and its part of a run that ends with T = `glimpses`."""
        stages = [*self.stages, (glimpses, 1.0)]
        begins = [0.0, *(end for _, end in stages)]
        return [(min(T, glimpses), end - begins[k]) for k, (T, end) in enumerate(stages)]

    def rate_at(self, step, steps):
        """Learning rate of a step, counted from 0, in a run of `steps`."""
        warmup = min(self.warmup, steps // 10)
        warm = min(1.0, (step + 1) / (warmup + 1))
        share = max(0.0, step - warmup) / max(1, steps - warmup)
        fall = 0.5 + 0.5 * math.cos(math.pi * min(1.0, share))
        return warm * (self.final_rate + fall * (self.rate - self.final_rate))
