"""`choose_arrays` finds pictures, labels and splits among the arrays of a file by their names.

It knows the names that other libraries use: ``x_train`` and ``y_test`` of Keras, ``train_images``
and ``val_labels`` of MedMNIST, ``t10k-images-idx3-ubyte`` of MNIST, ``data`` and ``target``.
"""

import re
from typing import NamedTuple

from minidraw.datasets.own.arrays import infer_image_shape

SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "validation", "val", "dev"), "valid"),
    **dict.fromkeys(("test", "testing", "t10k"), "test"),
}
IMAGE_WORDS = ("images", "image", "imgs", "img", "pictures", "x", "data")
LABEL_WORDS = ("labels", "label", "y", "targets", "target", "class", "classes")


class ArrayNames(NamedTuple):
    """Names of the arrays to use, by split: ``train`` and perhaps ``valid`` and ``test``."""

    images: dict
    labels: dict  # empty if there are none
    unused: list  # other arrays that could hold pictures


def choose_arrays(headers):
    """Choose arrays by their names and, if no name says images, by their shapes.

    Parameters
    ----------
    headers : dict
        Name of every array to its shape and dtype.

    Returns
    -------
    ArrayNames
        ``images`` lacks ``train`` if no array can be used for training.
    """
    images, others, labels = {}, {}, {}
    for name, (shape, dtype) in headers.items():
        role, split = parse_array_name(name)
        if role == "labels":
            labels.setdefault(split, name)
        elif role == "images":
            images.setdefault(split, []).append(name)
        elif infer_image_shape(shape) and dtype.kind in "buif":
            others.setdefault(split, []).append(name)
    chosen = {}
    for split in ("train", "valid", "test"):
        places = (None, "train") if split == "train" else (split,)
        found = [name for place in places for name in images.get(place, [])]
        if split == "train" and None in images:  # of several names, the plainest
            found.sort(key=lambda name: name.lower() != "images")
        found = found or [name for place in places for name in others.get(place, [])]
        if found:
            chosen[split] = found[0]
    used = {split: _find_labels(split, name, labels) for split, name in chosen.items()}
    unused = [name for group in (images, others) for names in group.values() for name in names]
    unused = [name for name in unused if name not in chosen.values()]
    return ArrayNames(chosen, {split: name for split, name in used.items() if name}, unused)


def parse_array_name(name):
    """Return the role of an array, ``images``, ``labels`` or None, and its split or None."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()  # trainX
    words = re.split(r"[^a-z0-9]+", spaced)
    if len(words) == 1 and words[0][:1] in ("x", "y") and words[0][1:] in SPLIT_WORDS:  # xtrain
        words = [words[0][0], words[0][1:]]
    splits = [SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS]
    role = next((word for word in words if word in LABEL_WORDS + IMAGE_WORDS), None)
    if any(word in LABEL_WORDS for word in words):
        role = "labels"
    elif role is not None:
        role = "images"
    return role, splits[0] if splits else None


def _find_labels(split, images, labels):
    """Return the name of the labels of the pictures called `images`, or None."""
    if split != "train":
        return labels.get(split)
    own = parse_array_name(images)[1]  # None or train
    return labels.get(own) or labels.get("train" if own is None else None)
