import hashlib
import socket
import time
from pathlib import Path

import pytest

from minidraw.datasets import load
from minidraw.datasets.readers import download, transfer
from minidraw.datasets.readers.download import obtain_contents, obtain_paths
from minidraw.datasets.sets import cifar10, mnist, mnist_files, svhn, svhn_digits
from minidraw.errors import UserError

CONTENT = b"what the file should hold" * 1000
HASHES = {"a.gz": hashlib.sha256(CONTENT).hexdigest()}


def contents(folder):
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def nowhere():
    """An address on this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_fetched_once_with_a_progress_bar(tmp_path, server, mirrors, capfd):
    server.files["/a.gz"] = CONTENT
    mirrors("mnist", server.url + "/")
    for _ in range(2):
        [(path, content)] = obtain_contents(HASHES, "mnist", tmp_path)
        assert content == CONTENT and path == tmp_path / "mnist" / "a.gz"
    assert server.asked == ["/a.gz"]
    assert "100%" in capfd.readouterr().err


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_large_files_are_fetched_and_checked_too(
    tmp_path, server, mirrors, one_line_error, algorithm
):
    digest = hashlib.new(algorithm, CONTENT).hexdigest()
    hashes = {"a.gz": digest if algorithm == "sha256" else f"md5:{digest}"}
    server.files["/a.gz"] = CONTENT
    mirrors("svhn", server.url + "/")
    for _ in range(2):
        [path] = obtain_paths(hashes, "svhn", tmp_path)
        [(same, content)] = obtain_contents(hashes, "svhn", tmp_path)
        assert path == same == tmp_path / "svhn" / "a.gz" and content == CONTENT
    assert server.asked == ["/a.gz"]
    path.write_bytes(CONTENT[:-1])
    for read in (obtain_contents, obtain_paths):
        with one_line_error(path, {"md5": "MD5", "sha256": "SHA-256"}[algorithm], "Move it away"):
            list(read(hashes, "svhn", tmp_path))


@pytest.mark.parametrize("bad", ["/cut/", "/wrong/", "/missing/"])
def test_the_next_mirror_is_tried(tmp_path, server, mirrors, bad):
    server.files.update({"/cut/a.gz": CONTENT, "/wrong/a.gz": b"other", "/good/a.gz": CONTENT})
    mirrors("mnist", server.url + bad, server.url + "/good/")
    [(_, content)] = obtain_contents(HASHES, "mnist", tmp_path)
    assert content == CONTENT
    assert server.asked == [bad + "a.gz", "/good/a.gz"]


def test_first_mirror_down(tmp_path, server, mirrors, nowhere):
    server.files["/a.gz"] = CONTENT
    mirrors("mnist", nowhere, server.url + "/")
    [(_, content)] = obtain_contents(HASHES, "mnist", tmp_path)
    assert content == CONTENT


@pytest.mark.parametrize(
    "bad, reason", [("/cut/", "Error"), ("/wrong/", "wrong checksum"), ("/missing/", "HTTPError")]
)
def test_nothing_partial_is_left(tmp_path, server, mirrors, one_line_error, bad, reason):
    server.files.update({"/cut/a.gz": CONTENT, "/wrong/a.gz": b"other"})
    mirrors("mnist", server.url + bad)
    with one_line_error("can't download a.gz", "127.0.0.1", reason, tmp_path / "mnist"):
        list(obtain_contents(HASHES, "mnist", tmp_path))
    assert contents(tmp_path) == []


@pytest.mark.parametrize("bad", ["/endless/", "/slow/", "/silent/"])
def test_a_mirror_that_never_ends_is_left(tmp_path, server, mirrors, monkeypatch, bad):
    monkeypatch.setattr(transfer, "GRACE_SECONDS", 0.5)
    server.files.update({f"{bad}a.gz": CONTENT, "/good/a.gz": CONTENT})
    mirrors("mnist", server.url + bad, server.url + "/good/")
    began = time.monotonic()
    [(path, content)] = obtain_contents(HASHES, "mnist", tmp_path)
    assert content == CONTENT and time.monotonic() - began < 5
    assert contents(tmp_path) == [CONTENT]
    path.unlink()
    mirrors("mnist", server.url + bad)
    with pytest.raises(UserError, match="more than 100,000 bytes|only .* bytes in 1 s"):
        list(obtain_contents(HASHES, "mnist", tmp_path))
    assert contents(tmp_path) == []


def test_the_size_of_every_file_is_known():
    named = [f"{name}.gz" for name in mnist_files.OFFICIAL]
    named += [*mnist.AMAT_SHA256, *cifar10.ARCHIVE, *svhn_digits.MD5]
    named += [f"{part}.tar.gz" for part in svhn.MD5]
    assert set(named) == set(transfer.FILE_BYTES)


@pytest.mark.parametrize(
    "name, group, files",
    [
        ("mnist", "mnist", ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]),
        (
            "binarized-mnist",
            "binarized_mnist",
            ["binarized_mnist_train.amat", "binarized_mnist_test.amat"],
        ),
        ("two-digits", "mnist", ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]),
        ("cifar10", "cifar10", ["cifar-10-binary.tar.gz"]),
        ("svhn", "svhn", ["train.tar.gz"]),
        ("svhn-digits", "svhn", ["train_32x32.mat", "test_32x32.mat"]),
    ],
)
def test_offline_says_which_files_to_put_where(
    tmp_path, mirrors, nowhere, monkeypatch, one_line_error, name, group, files
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    mirrors(group, nowhere, nowhere)
    with one_line_error(*files, tmp_path / group, "by hand"):
        load(name, data_dir=tmp_path)
    assert contents(tmp_path) == []


def test_a_folder_that_cannot_be_written(tmp_path, server, mirrors, one_line_error):
    server.files["/a.gz"] = CONTENT
    mirrors("mnist", server.url + "/")
    (tmp_path / "file").write_text("no folder")
    with one_line_error(tmp_path / "file"):
        list(obtain_contents(HASHES, "mnist", tmp_path / "file"))


@pytest.mark.parametrize("place", ["", "mnist"])
def test_damaged_files_are_refused_at_every_load(tmp_path, mirrors, one_line_error, place):
    mirrors("mnist")
    path = tmp_path / place / "a.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(CONTENT)
    assert list(obtain_contents(HASHES, "mnist", tmp_path)) == [(path, CONTENT)]
    path.write_bytes(CONTENT[:-1])
    with one_line_error(path, "is damaged", "Move it away"):
        list(obtain_contents(HASHES, "mnist", tmp_path))
    assert path.read_bytes() == CONTENT[:-1]  # somebody's file is not ours to replace


def test_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIDRAW_DATA", str(tmp_path / "environment"))
    assert download.find_data_folder(tmp_path) == tmp_path
    assert download.find_data_folder() == tmp_path / "environment"
    assert download.find_data_folder("~/x") == Path.home() / "x"
    monkeypatch.delenv("MINIDRAW_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "minidraw" in download.find_data_folder().parts


def test_real_addresses_end_in_a_slash():
    for urls in download.MIRRORS.values():
        assert all(url.startswith("http") and url.endswith("/") for url in urls)
    assert len(download.MIRRORS["mnist"]) == 2
