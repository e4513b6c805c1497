"""The convolutional network of table 1 with scikit-learn's methods: `ConvNet`."""

from dataclasses import dataclass
from typing import ClassVar

from minidraw.estimators.classifier import LabelPredictor


@dataclass(kw_only=True, eq=False)
class ConvNet(LabelPredictor):
    """A convolutional network, which sees a whole image at once and names its class.

    Parameters
    ----------
    filters, filter_size, filter_stride, hidden
        Size of the network, as in `minidraw.models.convnet.Config`.
    batch, rate, binarize, seed, minutes, epochs, threads
        As for `Classifier`, as are the attributes and the methods, but for `scanpath`.
    """

    MODEL: ClassVar = "convnet"
    CONFIG_FIELDS: ClassVar = ("filters", "filter_size", "filter_stride", "hidden")
    PRESET: ClassVar = "convnet"

    filters: int = 8
    filter_size: int = 10
    filter_stride: int = 5
    hidden: int = 256
