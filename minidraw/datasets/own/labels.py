"""`number_labels` turns columns of numbers or words into classes, counted from 0."""

import numpy as np


def number_labels(columns):
    """Number the labels of all splits together.

    Parameters
    ----------
    columns : dict
        Split to its labels, an array of shape (n,) or (n, 1).

    Returns
    -------
    labels : dict
        Split to its classes, int64 (n,).
    class_names : tuple
        What class 0, 1, ... is called; empty if the labels are counted from 0 already.

    Raises
    ------
    ValueError
        If the labels are not whole numbers or words.
    """
    flat = {split: _as_column(column) for split, column in columns.items()}
    whole = np.concatenate(list(flat.values()))
    if whole.dtype.kind == "i" and whole.min(initial=0) >= 0:
        return flat, ()
    classes, numbers = np.unique(whole, return_inverse=True)
    ends = np.cumsum([len(column) for column in flat.values()])[:-1]
    parts = np.split(numbers.astype(np.int64), ends)
    return dict(zip(flat, parts, strict=True)), tuple(classes.tolist())


def check_label_header(shape, dtype, count):
    """Return why an array can't hold one label for each of `count` pictures, or None."""
    if dtype.hasobject:
        return "they are Python objects, which are never unpickled"
    if dtype.kind not in "buifUS":
        return f"their type is {dtype.name}"
    if not shape or shape[1:] not in ((), (1,)):
        return f"their shape is {shape}; expected one class per picture"
    if shape[0] != count:
        raise ValueError(f"labels have shape {shape}; expected ({count},), one per picture")
    return None


def _as_column(column):
    """Return labels as int64 or words, shape (n,)."""
    column = column.ravel()
    if column.dtype.kind == "S":
        return np.array([word.decode("utf-8", "replace") for word in column.tolist()])
    if column.dtype.kind == "f" and not (np.isfinite(column) & (column == np.rint(column))).all():
        raise ValueError("some labels aren't whole numbers")
    return column if column.dtype.kind == "U" else column.astype(np.int64)
