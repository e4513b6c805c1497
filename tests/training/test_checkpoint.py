"""Weights files: whole or refused, whatever was done to them."""

import io
import json
import zipfile

import numpy as np
import pytest

from minidraw.errors import UserError
from minidraw.models import draw
from minidraw.training import checkpoint

GROUPS = ("weights", "average")
META = {"model": "draw", "averaged": False}


@pytest.fixture
def shapes(config):
    return draw.param_shapes(config)


@pytest.fixture
def groups(shapes):
    rng = np.random.default_rng(0)
    return {
        group: {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}
        for group in GROUPS
    }


@pytest.fixture
def meta(config):
    return META | {"config": vars(config) | {}}


@pytest.fixture
def file(tmp_path, meta, groups):
    path = tmp_path / "network.npz"
    checkpoint.save(path, meta, groups)
    return path


def same(found, groups):
    return list(found) == list(groups) and all(
        list(found[g]) == list(groups[g])
        and all((found[g][n] == groups[g][n]).all() for n in groups[g])
        for g in groups
    )


def refusal(function, *arguments):
    """The message with which something is refused: one line."""
    with pytest.raises(UserError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400
    return message


def rewritten(path, change):
    """The same archive with its members changed: `change` maps a dict of bytes to another."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in change(members).items():
            archive.writestr(name, content)


def as_npy(array, **settings):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), **settings)
    return buffer.getvalue()


def described(meta):
    return as_npy(np.frombuffer(json.dumps(meta).encode(), np.uint8))


def test_what_was_saved_comes_back(file, shapes, groups, meta, config):
    assert same(checkpoint.load(file, shapes, GROUPS), groups)
    assert checkpoint.load_meta(file) == meta
    model, found, params, _ = checkpoint.load_network(file)
    assert (model, found) == (draw, config)
    assert same({"weights": params}, {"weights": groups["weights"]})


def test_the_averaged_weights_are_used_where_they_were_better(file, meta, groups):
    checkpoint.save(file, meta | {"averaged": True}, groups)
    _, _, params, _ = checkpoint.load_network(file)
    assert same({"average": params}, {"average": groups["average"]})


def test_a_run_folder_stands_for_its_checkpoint(file, groups):
    file.rename(file.with_name("checkpoint.npz"))
    assert same(
        {"weights": checkpoint.load_network(file.parent)[2]}, {"weights": groups["weights"]}
    )


def test_half_precision_is_read_as_single(tmp_path, meta, shapes, groups):
    halves = {n: a.astype(np.float16) for n, a in groups["weights"].items()}
    checkpoint.save(tmp_path / "half.npz", meta, {"weights": halves})
    loaded = checkpoint.load(tmp_path / "half.npz", shapes, ["weights"])["weights"]
    assert all(a.dtype == np.float32 and (a == halves[n]).all() for n, a in loaded.items())


def test_flipped_bytes_are_refused_or_carry_nothing(file, meta, groups, shapes):
    content = file.read_bytes()
    rng = np.random.default_rng(1)
    places = np.concatenate(
        [
            np.arange(0, 700, 3),  # the first members: their headers, and the description
            rng.integers(0, len(content), 400),
            np.arange(len(content) - 22, len(content)),  # the end, which finds the directory
            rng.integers(content.index(b"PK\x01\x02"), len(content), 300),  # the directory
        ]
    )
    refused = 0
    for place in places:
        altered = bytearray(content)
        altered[place] ^= rng.integers(1, 256)
        file.write_bytes(altered)
        try:
            found = checkpoint.load(file, shapes, GROUPS), checkpoint.load_meta(file)
        except UserError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert same(found[0], groups) and found[1] == meta, f"other weights: byte {place}"
    assert refused > 0.7 * len(places)


def test_a_dtype_of_half_the_size_is_not_taken_for_a_whole_array(file, shapes):
    content = file.read_bytes()
    assert content.count(b"'<f4'") == 2 * len(shapes)
    file.write_bytes(content.replace(b"'<f4'", b"'<f2'", 1))  # its checksum is now wrong
    refusal(checkpoint.load, file, shapes, GROUPS)


def test_a_file_cut_short_anywhere_is_refused(file, shapes):
    content = file.read_bytes()
    for length in range(0, len(content), len(content) // 60):
        file.write_bytes(content[:length])
        refusal(checkpoint.load, file, shapes, GROUPS)
        refusal(checkpoint.load_meta, file)


@pytest.mark.parametrize("content", [b"", b"PK", b"hello\n" * 1000, b"\x93NUMPY\x01\0"])
def test_other_files_are_refused(tmp_path, content, shapes):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert str(path) in refusal(checkpoint.load_network, path)


def test_missing_files_folders_and_paths_below_files_are_named(file, tmp_path):
    assert "no such file" in refusal(checkpoint.load_network, tmp_path / "missing.npz")
    assert "checkpoint.npz: no such file" in refusal(checkpoint.load_network, tmp_path)
    assert "not a directory" in refusal(checkpoint.load_network, file / "below")


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros((3, 3), np.float32), "shape (3, 3); this network needs (8,)"),
        (np.zeros(8, np.float64), "dtype float64"),
        (np.zeros(8, ">f4"), "dtype >f4"),
        (np.zeros(8, np.int32), "dtype int32"),
        (np.full(8, np.nan, np.float32), "nan or infinite"),
        (np.array([0] * 7 + [np.inf], np.float32), "nan or infinite"),
        (np.array([None] * 8), "dtype object"),
    ],
)
def test_arrays_that_do_not_fit_are_named(file, shapes, array, words):
    key = "weights/encoder.h_0"
    rewritten(file, lambda members: members | {f"{key}.npy": as_npy(array)})
    message = refusal(checkpoint.load, file, shapes, GROUPS)
    assert key in message and words in message


def test_missing_and_foreign_names_are_refused(file, shapes):
    content = file.read_bytes()

    def without(members):
        return {n: c for n, c in members.items() if n != "average/patch.W.npy"}

    rewritten(file, without)
    assert "average/patch.W is missing" in refusal(checkpoint.load, file, shapes, GROUPS)
    assert list(checkpoint.load(file, shapes, ["weights"])) == ["weights"]
    for name in ("weights/extra.npy", "weights.npy", "weights/patch.W/x.npy"):
        file.write_bytes(content)
        rewritten(file, lambda members, name=name: members | {name: as_npy(np.zeros(1))})
        assert "is not a weight of this network" in refusal(checkpoint.load, file, shapes, GROUPS)
    file.write_bytes(content)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("weights/patch.W.npy", as_npy(np.zeros(shapes["patch.W"], np.float32)))
    assert "twice" in refusal(checkpoint.load, file, shapes, GROUPS)
    rewritten(file, lambda members: {"meta.npy": members["meta.npy"]})
    assert "is missing" in refusal(checkpoint.load, file, shapes, GROUPS)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


def test_pickles_are_never_run(file, shapes):
    bomb = as_npy(np.array([Bomb()] * 8), allow_pickle=True)
    rewritten(file, lambda m: m | {"weights/encoder.h_0.npy": bomb, "meta.npy": bomb})
    assert "dtype object" in refusal(checkpoint.load, file, shapes, GROUPS)
    assert "dtype object" in refusal(checkpoint.load_meta, file)


def header(shape, dtype="<f4"):
    """The start of an .npy file that claims such an array."""
    buffer = io.BytesIO()
    claim = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, claim)
    return buffer.getvalue()


@pytest.mark.parametrize("shape", [(10**15,), (2**62, 4), (-8,), (10**30,), (8, 0)])
def test_claimed_shapes_cost_no_memory(file, shapes, shape):
    key = "weights/encoder.h_0.npy"
    rewritten(
        file, lambda members: members | {key: header(shape), "meta.npy": header(shape, "|u1")}
    )
    refusal(checkpoint.load, file, shapes, GROUPS)
    refusal(checkpoint.load_meta, file)


@pytest.mark.parametrize(
    "start", [header((8,)), header((8,)) + bytes(28), header((8,)) + bytes(40)]
)
def test_more_or_less_than_the_header_says_is_refused(file, shapes, start):
    rewritten(file, lambda members: members | {"weights/encoder.h_0.npy": start})
    assert "a different size from its header" in refusal(checkpoint.load, file, shapes, GROUPS)


@pytest.mark.parametrize(
    "text",
    [b"\x93NUMPY\x01\x00\x04\x00('a'", b"\x93NUMPY\x01\x00\x02\x00[[", b"\x93NUMPY\x09\x00", b""],
)
def test_nonsense_for_a_header_is_refused(file, shapes, text):
    rewritten(file, lambda m: m | {"weights/encoder.h_0.npy": text, "meta.npy": text})
    refusal(checkpoint.load, file, shapes, GROUPS)
    refusal(checkpoint.load_meta, file)


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"3", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'"draw"'],
    ids=range(9),
)
def test_descriptions_that_are_no_table_are_refused(file, text):
    rewritten(file, lambda m: m | {"meta.npy": as_npy(np.frombuffer(text, np.uint8))})
    refusal(checkpoint.load_network, file)


def test_a_description_longer_than_a_mebibyte_is_refused(file):
    long = as_npy(np.full(2**20 + 1, ord(" "), np.uint8))
    rewritten(file, lambda members: members | {"meta.npy": long})
    refusal(checkpoint.load_network, file)


@pytest.mark.parametrize(
    "change",
    [
        {"hidden": 10**9},
        {"hidden": 10**400},
        {"height": 10**12},
        {"glimpses": 10**15},
        {"hidden": "8"},
        {"hidden": 8.0},
        {"hidden": True},
        {"hidden": None},
        {"hidden": [8]},
        {"hidden": {"hidden": 8}},
        {"hidden": -8},
        {"hidden": float("nan")},
        {"hidden": 9},
        {"latent": 0},
        {"glimpses": 0},
        {"read_size": 1},
        {"read_attention": 1},
        {"read_attention": "yes"},
        {"unknown": 1},
        {"": 1},
    ],
    ids=str,
)
def test_hostile_sizes_are_refused(file, meta, change):
    hostile = meta | {"config": meta["config"] | change}
    rewritten(file, lambda members: members | {"meta.npy": described(hostile)})
    refusal(checkpoint.load_network, file)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"model": ["draw"]},
        {"model": None},
        {"model": "../draw"},
        {"config": []},
        {"config": None},
        {"config": [["hidden", 8]]},
        {"config": "hidden"},
        {"config": {"hidden": [[[[[]]]]]}},
    ],
    ids=str,
)
def test_hostile_descriptions_are_refused(file, meta, change):
    rewritten(file, lambda members: members | {"meta.npy": described(meta | change)})
    refusal(checkpoint.load_network, file)
    rewritten(file, lambda members: members | {"meta.npy": described({})})
    refusal(checkpoint.load_network, file)


def test_damage_in_a_part_that_is_not_wanted_is_refused_too(file, shapes):
    """Sampling reads the weights only, but what an altered file says isn't to be believed."""
    with zipfile.ZipFile(file) as archive:
        others = [i for i in archive.infolist() if not i.filename.startswith(("weights", "meta"))]
    assert others
    content = file.read_bytes()
    for info in others:
        damaged = bytearray(content)
        at = info.header_offset
        extra = int.from_bytes(content[at + 28 : at + 30], "little")
        start = at + 30 + len(info.filename) + extra  # of the member, which isn't compressed
        damaged[start + info.file_size - 1] ^= 1
        file.write_bytes(damaged)
        assert "damaged" in refusal(checkpoint.load, file, shapes, ["weights"])


def test_an_archive_that_unpacks_without_end_is_refused(file, shapes, monkeypatch):
    monkeypatch.setattr(checkpoint, "limit_unpacked", lambda size: 100)
    assert "more than 100 bytes" in refusal(checkpoint.load, file, shapes, ["weights"])
