"""How often the classifier is wrong."""

from dataclasses import dataclass
from typing import ClassVar

from minidraw.models.interface import standard_error


@dataclass(frozen=True)
class ErrorRate:
    """Means over images, and what they were measured on."""

    nll: float  # cross-entropy, nats per image
    error: float  # part of the images that are taken for another class
    images: int
    protocol: str
    standard_error: float  # of `error`

    NAME: ClassVar = "error"
    COLUMNS: ClassVar = ("nll", "error", "total")
    PANELS: ClassVar = (
        ("nll", "Cross-entropy", "nats per image"),
        ("error", "Error", "part of the images"),
    )

    @classmethod
    def of(cls, costs, words):
        """From what `costs` says, each cost (samples, images), and the protocol in words."""
        nll, error = costs["nll"].mean(axis=0), costs["error"].mean(axis=0)
        means = float(nll.mean()), float(error.mean())
        return cls(*means, len(nll), words, standard_error(error))

    @property
    def total(self):
        """What was learned from."""
        return self.nll

    @staticmethod
    def progress(row):
        """A step's costs in a few words."""
        return f"{100 * row['error']:.0f} % wrong, {row['nll']:.3f} nats"

    def __str__(self):
        return (
            f"{100 * self.error:.2f} % (standard error {100 * self.standard_error:.2f}),"
            f" cross-entropy {self.nll:.4f} nats, {self.images} images, {self.protocol}"
        )
