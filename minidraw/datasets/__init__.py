"""Public data sets, scenes composed from them, and the user's own pictures."""

from minidraw.datasets.base import Dataset, Split, as_float, bundled_path, take_edge
from minidraw.datasets.own.arrays import as_images
from minidraw.datasets.own.collection import from_array
from minidraw.datasets.own.pictures import read_picture
from minidraw.datasets.readers.download import offline
from minidraw.datasets.registry import DATASET_NAMES, load
from minidraw.datasets.scenes import Scenes

__all__ = [
    "DATASET_NAMES",
    "Dataset",
    "Scenes",
    "Split",
    "as_float",
    "as_images",
    "bundled_path",
    "from_array",
    "load",
    "offline",
    "read_picture",
    "take_edge",
]
