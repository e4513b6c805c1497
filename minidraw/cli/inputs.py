"""Load the network and data set named on the command line, or the bundled ones."""

import os

from minidraw.errors import UserError

BUNDLED_NETWORK = "mnist.npz"  # the paper's network with attention
BUNDLED_NETWORK_WITHOUT_ATTENTION = "mnist-no-attention.npz"
BUNDLED_CLASSIFIER = "cluttered-8.npz"
BUNDLED_DIGITS = {"name_or_path": "digits"}  # no command downloads a set that wasn't named


def load_painter(path=None):
    """Load a DRAW network, by default the bundled one."""
    from minidraw.datasets import bundled_path
    from minidraw.estimators import Draw

    return Draw.load(path or bundled_path(BUNDLED_NETWORK))


def load_classifier(path=None):
    """Load a classifier, by default the bundled one."""
    from minidraw.datasets import bundled_path
    from minidraw.estimators import Classifier

    return Classifier.load(path or bundled_path(BUNDLED_CLASSIFIER))


def find_data_source(arguments, default):
    """Return the arguments of `datasets.load`, taken from `default` if not given.

    Paths become absolute, so that a run can be resumed from any folder.
    """
    from minidraw.datasets import DATASET_NAMES

    source = dict(default)
    if arguments.data:
        own = arguments.data not in DATASET_NAMES and os.path.exists(arguments.data)
        source = {"name_or_path": os.path.abspath(arguments.data) if own else arguments.data}
    if arguments.data_dir:
        source["data_dir"] = os.path.abspath(os.path.expanduser(arguments.data_dir))
    for name in ("size", "stretch", "invert", "crop"):
        if getattr(arguments, name) is not None:
            source[name] = getattr(arguments, name)
    return source


def load_data(arguments, trained_on):
    """Load the given data set, by default the one that the network was trained on."""
    from minidraw import datasets

    if not (trained_on or arguments.data):
        raise UserError("the network's file names no data set: give --data")
    try:
        return datasets.load(**find_data_source(arguments, trained_on))
    except UserError:
        raise
    except (TypeError, ValueError) as error:
        raise UserError(f"the network's file names no data set ({error}): give --data") from error
