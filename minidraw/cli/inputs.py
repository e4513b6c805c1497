"""Load the network and data set named on the command line, or the bundled ones."""

import os

from minidraw.errors import UserError, UserTypeError

BUNDLED_NETWORK = "mnist.npz"  # the paper's network with attention
BUNDLED_NETWORK_WITHOUT_ATTENTION = "mnist-no-attention.npz"
BUNDLED_CLASSIFIER = "cluttered-8.npz"
DARK_SETS = ("digits", "mnist", "binarized-mnist", "cluttered", "cluttered-digits", "two-digits")
DARK, LIGHT = 0.25, 0.75  # levels of a background, from 0 to 1
BUNDLED_DIGITS = {"name_or_path": "digits"}  # no command downloads a set that wasn't named


def load_painter(path=None):
    """Load a network that paints, by default the bundled one."""
    from minidraw.datasets import bundled_path
    from minidraw.estimators import Painter, load_estimator

    return load_estimator(path or bundled_path(BUNDLED_NETWORK), Painter)


def load_draw(path=None):
    """Load a DRAW network, by default the bundled one."""
    from minidraw.datasets import bundled_path
    from minidraw.estimators import Draw, load_estimator

    return load_estimator(path or bundled_path(BUNDLED_NETWORK), Draw)


def load_classifier(path=None, kind=None):
    """Load a network that classifies, by default the bundled classifier.

    `kind` is the class that its estimator must have, if not every network that classifies will do.
    """
    from minidraw.datasets import bundled_path
    from minidraw.estimators import LabelPredictor, load_estimator

    return load_estimator(path or bundled_path(BUNDLED_CLASSIFIER), kind or LabelPredictor)


def read_pictures(network, paths, invert=None, enlarge=True):
    """Read picture files for a network, (n, C, B, A), with its light and dark.

    `invert` is as in `read_picture`; None means as in the network's training.

    Raises
    ------
    UserError
        If `invert` is None and a picture is light where the training images were dark, or dark
        where they were light.
    """
    import numpy as np

    from minidraw.datasets import read_picture, take_edge

    trained_on = network.meta_.get("data")
    inverts = bool(isinstance(trained_on, dict) and trained_on.get("invert"))
    inverts = inverts if invert is None else invert
    background, images = _find_background(network.meta_), []
    for path in paths:
        image = read_picture(path, network.config_.image_shape, inverts, enlarge)
        edge = np.median(take_edge(image))
        light, dark = background <= DARK and edge > 0.5, background >= LIGHT and edge < 0.5
        if invert is None and (light or dark):
            found, needed = ("light", "dark") if light else ("dark", "light")
            swap, keep = ("--no-invert", "--invert") if inverts else ("--invert", "--no-invert")
            found += ", inverted as in training," if inverts else ""
            raise UserError(
                f"{path}: the background is {found} but was {needed} in the network's training."
                f" Add {swap} to swap light and dark, or {keep} to leave them."
            )
        images.append(image)
    return np.concatenate(images)


def _find_background(meta):
    """Return the level of the training images' edges; nan if unknown."""
    trained_on, background = meta.get("data"), meta.get("background")
    if isinstance(background, int | float):
        return background
    known = isinstance(trained_on, dict) and trained_on.get("name_or_path") in DARK_SETS
    return 0.0 if known else float("nan")


def find_data_source(arguments, default):
    """Return the arguments of `datasets.load`, taken from `default` if not given.

    Paths become absolute, so that a run can be resumed from any folder.
    """
    from minidraw.datasets import DATASET_NAMES

    source = dict(default)
    if arguments.data:
        own = arguments.data not in DATASET_NAMES and os.path.exists(arguments.data)
        if not own or source.get("name_or_path") in DATASET_NAMES:
            source = {}  # the default's size and the like are those of other pictures
        source["name_or_path"] = os.path.abspath(arguments.data) if own else arguments.data
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
    except UserTypeError as error:  # the file's, since the command line gives text
        raise UserError(f"the network's file names no data set ({error}): give --data") from error
    except UserError:
        raise
    except (TypeError, ValueError) as error:
        raise UserError(f"the network's file names no data set ({error}): give --data") from error
