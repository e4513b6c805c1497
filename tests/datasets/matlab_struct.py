"""Write a digitStruct.mat as MATLAB's ``save -v7.3`` does: HDF5 behind 512 bytes of its own."""

import numpy as np

FIELDS = ("left", "top", "width", "height", "label")


def write_boxes(path, pictures, names=None):
    """Left, top, width, height and label of every digit of the pictures, by their names.

    ``names`` lists the pictures where one is to come twice.
    """
    import h5py

    names = names or list(pictures)
    with h5py.File(path, "w", userblock_size=512) as file:
        hidden = file.create_group("#refs#")  # where MATLAB keeps what is referred to
        places = {"name": [], "bbox": []}
        for i, name in enumerate(names):
            letters = np.array([[ord(letter)] for letter in name], np.uint16)
            places["name"].append(hidden.create_dataset(f"n{i}", data=letters).ref)
            group = hidden.create_group(f"g{i}")
            places["bbox"].append(group.ref)
            for field, values in zip(FIELDS, zip(*pictures[name], strict=True), strict=True):
                _write(hidden, group, field, [[[float(value)]] for value in values], f"{i}{field}")
        for name, found in places.items():
            data = np.empty((len(found), 1), h5py.ref_dtype)
            data[:, 0] = found
            file.create_dataset(f"digitStruct/{name}", data=data, dtype=h5py.ref_dtype)


def _write(hidden, group, field, values, name):
    """One number as it is; several as references, each to a number."""
    import h5py

    if len(values) == 1:
        group.create_dataset(field, data=values[0])
        return
    data = np.empty((len(values), 1), h5py.ref_dtype)
    data[:, 0] = [hidden.create_dataset(f"{name}{k}", data=v).ref for k, v in enumerate(values)]
    group.create_dataset(field, data=data, dtype=h5py.ref_dtype)
