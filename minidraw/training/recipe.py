"""How a network is trained: every choice that isn't its size."""

import math
import re
from dataclasses import dataclass, field

MOST = 10**9  # minutes, epochs, steps: far beyond a lifetime, and far from overflowing
BINARIZE = ("auto", "fresh", "never")


def _option(default, help):
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Recipe:
    """Choices of a training run; the gradient is that of the mean loss, in nats per image.

    The bound on the gradient's norm was chosen by measurement: its median is about 140, and after
    600 steps on MNIST (T 10, fresh binarisation, validation) a bound of 500 had reached 114.4
    nats, 100 had reached 117.1, and 10, which others use, 124.7.
    """

    minutes: float = _option(0, "time limit, converted to a number of steps at the start")
    epochs: float = _option(0, "passes over the training images, if no minutes are given")
    batch: int = _option(100, "images per step")
    rate: float = _option(2e-3, "Adam's learning rate after the warm-up")
    final_rate: float = _option(5e-5, "learning rate at the end of the cosine decay")
    warmup: int = _option(300, "steps of linear warm-up, at most a tenth of the run")
    clip: float = _option(500.0, "largest gradient norm; a longer gradient is scaled down to it")
    beta1: float = _option(0.9, "Adam's decay rate for the mean gradient")
    beta2: float = _option(0.999, "Adam's decay rate for the mean squared gradient")
    average: float = _option(0.999, "decay of the averaged weights")
    grow: str = _option(
        "",
        "fewer glimpses first: 16:0.4,32:0.7 trains with T 16 until 0.4 of the run is done, then"
        " with T 32 until 0.7, then with all",
    )
    binarize: str = _option(
        "auto",
        "fresh: dynamic binarisation, a new Bernoulli sample at every visit; never: grey levels"
        " as they are; auto: fresh where the network paints grey images",
    )
    validate: int = _option(0, "steps between validations; 0: twenty over the run")
    valid_images: int = _option(2000, "validation images used during the run")
    seed: int = _option(0, "seed of the weights, the image order, the binarisation and the noise")

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
