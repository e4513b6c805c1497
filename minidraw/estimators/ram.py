"""The recurrent attention model with scikit-learn's methods: `RAM`."""

from dataclasses import dataclass
from typing import ClassVar

from minidraw.estimators.classifier import Classifier


@dataclass(kw_only=True, eq=False)
class RAM(Classifier):
    """A classifier that looks at sampled places, and learns from the cost that follows.

    It predicts from the likeliest places; `minidraw evaluate` samples them, as training does.

    Parameters
    ----------
    glimpses, hidden, read_size, scales, spread, reinforce_lstm
        Size of the network, as in `minidraw.models.ram.Config`.
    batch, rate, binarize, seed, minutes, epochs, threads
        As for `Classifier`, as are the attributes and methods.
    """

    MODEL: ClassVar = "ram"
    CONFIG_FIELDS: ClassVar = (*Classifier.CONFIG_FIELDS, "scales", "spread", "reinforce_lstm")
    PRESET: ClassVar = "ram"

    scales: int = 4
    spread: float = 0.1
    reinforce_lstm: bool = False
