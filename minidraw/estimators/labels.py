"""Labels of images: numbers or words in people's arrays, numbers from 0 in a network."""

from contextlib import suppress

import numpy as np

from minidraw.errors import UserError, quote

LABEL_KINDS = "biufU"  # NumPy's kinds of numbers and words, which files hold without pickles


def check_labels(labels):
    """Return labels as an array of numbers or words."""
    try:
        found = np.asarray(labels)
    except ValueError as error:  # lists of unequal lengths
        raise UserError("labels must be one number or word per image") from error
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise UserError("labels must be numbers or words, got nan or inf")
    if found.dtype.kind == "O" and all(isinstance(label, str) for label in found.flat):
        found = found.astype(str)
    if found.dtype.kind not in LABEL_KINDS:
        raise UserError(f"labels must be numbers or words, got {found.dtype}")
    if found.dtype.kind == "f" and not (found == np.trunc(found)).all():  # nan differs from itself
        raise UserError("labels are continuous numbers; expected a class for every image")
    return found


def read_classes(path, meta, count):
    """Return the classes (count,) that a file's description names; without them, 0, 1, ..."""
    try:
        classes = np.asarray(meta.get("classes", range(count)))
        fits = classes.shape == (count,)
    except ValueError:  # lists within lists
        fits = False
    if not fits or classes.dtype.kind not in LABEL_KINDS:
        raise UserError(f"{path}: expected {count} labels as classes")
    return classes


def number_classes(labels, count):
    """Return the classes, and each label's place among them; None twice if `count` is 0."""
    if not count:
        return None, None
    if labels is None:
        raise UserError("the labels are missing: give a class for every image")
    classes, numbers = np.unique(check_labels(labels), return_inverse=True)
    if len(classes) != count:
        raise UserError(f"the labels have {len(classes)} classes; classes is {count}")
    return classes, numbers


def spread_labels(labels, classes, n):
    """Return the places among `classes` of `n` labels, or of one label for all: integers (n,)."""
    labels = check_labels(labels)
    if labels.dtype.kind == "U" and classes.dtype.kind != "U":  # "7" is typed for 7
        with suppress(ValueError):
            labels = labels.astype(classes.dtype)
    same = labels[..., None] == classes
    if not same.any(axis=-1).all():
        unknown = labels[~same.any(axis=-1)].flat[0]
        known = ", ".join(map(str, classes))
        raise UserError(f"no class is called {quote(str(unknown))}; choose from {known}")
    numbers = same.argmax(axis=-1)
    if numbers.shape not in ((), (n,)):
        raise UserError(f"labels have shape {numbers.shape}; expected ({n},)")
    return np.broadcast_to(numbers, n)


def check_same_classes(classes, data, split):
    """Raise a UserError if a split of a Dataset isn't labelled with the network's classes."""
    known = classes.tolist()
    if data.class_names and known != list(data.class_names):
        found = f"{data.name} has other classes, {list(data.class_names)}"
        raise UserError(f"{found}; this network has {known}: use its score method instead")
    if not data.class_names and known != list(range(len(known))):
        raise UserError(
            "this network's classes aren't numbered from 0: use its score method instead"
        )
    if not 0 < data.classes <= len(known):
        raise UserError(
            f"{data.name} has labels of {data.classes} classes; this network has {len(known)}"
        )
    if data.splits[split].labels is None:
        raise UserError(f"{data.name} has no labels in its {split} set; this network needs them")
