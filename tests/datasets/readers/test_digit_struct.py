"""SVHN's boxes, from files written as MATLAB writes its structures to HDF5."""

import sys

import numpy as np
import pytest
from matlab_struct import write_boxes

from minidraw.datasets.readers.array_files import one_line_errors
from minidraw.datasets.readers.digit_struct import read_boxes

h5py = pytest.importorskip("h5py")

PICTURES = {
    "1.png": [(246, 77, 81, 219, 1), (323, 81, 96, 219, 9)],  # the official first one
    "12.png": [(5, 6, 7, 8, 10)],
    "2.png": [(10, 3, 4, 20, 1), (2, 5, 6, 7, 2), (12, -1, 3, 10, 3)],
}


@pytest.fixture
def path(tmp_path):
    write_boxes(tmp_path / "digitStruct.mat", PICTURES)
    return tmp_path / "digitStruct.mat"


def boxes(path):
    with one_line_errors(path):
        return read_boxes(path.read_bytes())


def test_boxes_are_the_smallest_around_all_digits_and_count_from_0(path):
    found = boxes(path)
    assert list(found) == ["1.png", "12.png", "2.png"]
    assert found["1.png"] == (245, 76, 418, 299)
    assert found["12.png"] == (4, 5, 11, 13)
    assert found["2.png"] == (1, -2, 14, 22)


@pytest.mark.parametrize("keep", [0, 100, 511, 512, 600, 0.3, 0.6, 0.9])
def test_cut_short(path, one_line_error, keep):
    content = path.read_bytes()
    path.write_bytes(content[: keep if keep > 1 else int(keep * len(content))])
    with one_line_error(path):
        boxes(path)


def changed(path, change):
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def replaced(where, **settings):
    """A change that puts another data set in the place of one."""

    def change(file):
        del file[where]
        file.create_dataset(where, **settings)

    return change


FIRST = "#refs#/g1/left"  # of 12.png, which has one digit


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda f: f.pop("digitStruct"), "digitStruct"),
        (lambda f: f["digitStruct"].pop("name"), "lacks name"),
        (lambda f: f["digitStruct"].pop("bbox"), "lacks bbox"),
        (lambda f: f["#refs#/g1"].pop("height"), "lacks height"),
        (replaced("digitStruct/name", data=np.zeros((3, 1))), "references"),
        (replaced("digitStruct/bbox", shape=(3, 1), dtype=h5py.ref_dtype), ""),  # null ones
        (replaced("digitStruct/bbox", shape=(2, 1), dtype=h5py.ref_dtype), "3 names, 2 boxes"),
        (replaced("digitStruct", data=np.zeros(3)), "group"),
        (lambda f: (f.pop(FIRST), f.create_group(FIRST)), "doesn't hold 1 to"),
        (replaced(FIRST, data=np.zeros((65, 1))), "doesn't hold 1 to"),
        (replaced(FIRST, data=np.zeros((0, 1))), "doesn't hold 1 to"),
        (replaced(FIRST, data=[[np.nan]]), "incomplete"),
        (replaced(FIRST, data=[[np.inf]]), "incomplete"),
        (replaced(FIRST, data=[[1 + 2j]]), "type complex128; expected numbers"),
        (replaced(FIRST, data=np.array([[b"12"]])), "numbers"),
        (replaced(FIRST, shape=(1, 1), dtype="S9999"), "type |S9999; expected numbers"),
        (
            replaced(FIRST, shape=(1, 1), dtype=h5py.string_dtype()),
            "expected references",
        ),
        (replaced("#refs#/g1/width", data=[[0.0]]), "no area"),
        (replaced("#refs#/g1/width", data=[[-3.0]]), "no area"),
        (replaced("#refs#/g1/height", data=[[0.0]]), "no area"),
        (replaced("#refs#/n1", data=np.full((65, 1), 49, np.uint16)), "doesn't hold 1 to"),
        (replaced("#refs#/n1", data=[[1.5e300]]), ""),
        (lambda f: f.create_group("#refs#/g1/x").parent.move("x", "y"), None),
    ],
)
def test_other_structures_are_refused(path, one_line_error, change, reason):
    if reason is None:  # what isn't asked for does no harm
        assert boxes(changed(path, change))["12.png"] == (4, 5, 11, 13)
        return
    with one_line_error(path, reason):
        boxes(changed(path, change))


def test_names_and_digits_that_do_not_fit(tmp_path, one_line_error):
    path = tmp_path / "digitStruct.mat"
    write_boxes(path, {"1.png": [(1, 2, 3, 4, 5)]}, names=["1.png", "1.png"])
    with one_line_error(path, "'1.png' is listed twice"):
        boxes(path)
    write_boxes(path, PICTURES)

    def shorter(file):
        kept = file["#refs#/g0/left"][:1]
        del file["#refs#/g0/left"]
        file.create_dataset("#refs#/g0/left", data=kept, dtype=h5py.ref_dtype)

    with one_line_error(path, "'1.png' is incomplete"):
        boxes(changed(path, shorter))


def test_nothing_is_read_from_other_files(path, tmp_path, one_line_error):
    """Not by links, not as external storage, not as a virtual data set."""
    with h5py.File(tmp_path / "other.mat", "w") as other:
        other["secret"] = [[7.0]]
    (tmp_path / "raw").write_bytes(np.array([7.0]).tobytes())
    content = path.read_bytes()
    virtual = h5py.VirtualLayout((1, 1), "f8")
    virtual[:] = h5py.VirtualSource(str(tmp_path / "other.mat"), "secret", (1, 1))

    def put(make):
        def change(file):
            del file[FIRST]
            make(file)

        return change

    external = {"shape": (1, 1), "dtype": "f8", "external": [(str(tmp_path / "raw"), 0, 8)]}
    changes = {
        "link": put(
            lambda f: f.__setitem__(FIRST, h5py.ExternalLink(tmp_path / "other.mat", "secret"))
        ),
        "lacks left": put(lambda f: f.__setitem__(FIRST, h5py.SoftLink("/#refs#/n0"))),
        "in other files": put(lambda f: f.create_dataset(FIRST, **external)),
        "numbers lie in other files": put(lambda f: f.create_virtual_dataset(FIRST, virtual)),
    }
    for reason, change in changes.items():
        path.write_bytes(content)
        with one_line_error(path, reason):
            boxes(changed(path, change))


def test_claims_cost_no_memory(path, one_line_error):
    content = path.read_bytes()
    huge = {
        "1 to 1,000,000 references": {
            "shape": (2**40, 1),
            "dtype": h5py.ref_dtype,
            "chunks": (1, 1),
        },
        "more memory": {
            "shape": (3, 1),
            "dtype": h5py.ref_dtype,
            "chunks": (2**28, 1),
            "maxshape": (None, 1),
        },
    }
    for reason, settings in huge.items():
        path.write_bytes(content)
        with one_line_error(path, reason):
            boxes(changed(path, replaced("digitStruct/bbox", **settings)))


def test_what_is_deflated_twice_is_not_inflated(path, one_line_error):
    """Each deflate makes a thousandfold of its bytes."""

    def packed_twice(file):
        old = file["digitStruct/bbox"][()]
        del file["digitStruct/bbox"]
        settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        settings.set_chunk(old.shape)
        settings.set_deflate(9)
        settings.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
        place = file["digitStruct"].id, b"bbox", h5py.h5t.STD_REF_OBJ
        made = h5py.h5d.create(*place, h5py.h5s.create_simple(old.shape), settings)
        h5py.Dataset(made)[...] = old

    with one_line_error(path, "one deflate"):
        boxes(changed(path, packed_twice))


def test_without_h5py_it_says_what_to_install(path, monkeypatch, one_line_error):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with one_line_error("minidraw[svhn]", "h5py"):
        boxes(path)
