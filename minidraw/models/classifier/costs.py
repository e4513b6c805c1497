"""The classifier's costs: cross-entropy and error rate."""

from dataclasses import dataclass
from typing import ClassVar

from minidraw.models.classifier.network import forward, label_costs
from minidraw.models.interface import standard_error


def costs(params, batch, noise, config, ops):
    """Return the cross-entropy and the error of each image.

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    batch : Batch
        Images, shape (n, C, B, A), in [0, 1], and labels.
    noise : ignored
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.

    Returns
    -------
    costs : dict of arrays, shape (n,)
        ``nll``, the cross-entropy in nats, is also the ``total`` that training minimises;
        ``error`` is 1 if the most probable class is wrong, else 0.
    """
    logits, _ = forward(params, batch.images, config, ops)
    return label_costs(logits, batch.labels, ops)[0]


@dataclass(frozen=True)
class ErrorRate:
    """Mean costs, and how they were measured."""

    nll: float  # cross-entropy, nats per image
    error: float  # fraction of the images that are classified wrongly
    images: int
    protocol: str
    standard_error: float  # of `error`

    NAME: ClassVar = "error"
    COLUMNS: ClassVar = ("nll", "error", "total")
    PANELS: ClassVar = (
        ("nll", "Cross-entropy", "nats per image"),
        ("error", "Error", "fraction of images"),
    )

    @classmethod
    def of(cls, costs, protocol):
        """Average `costs`, arrays of shape (samples, images)."""
        nll, error = costs["nll"].mean(axis=0), costs["error"].mean(axis=0)
        means = float(nll.mean()), float(error.mean())
        return cls(*means, len(nll), protocol, standard_error(error))

    @property
    def total(self):
        return self.nll

    @staticmethod
    def progress(row):
        """Format the costs of a training step for the progress bar."""
        return f"{100 * row['error']:.0f} % wrong, {row['nll']:.3f} nats"

    def __str__(self):
        return (
            f"{100 * self.error:.2f} % (standard error {100 * self.standard_error:.2f}),"
            f" cross-entropy {self.nll:.4f} nats, {self.images} images, {self.protocol}"
        )
