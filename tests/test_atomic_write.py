"""A file is written whole or not at all, and never through anything that isn't a regular file."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from minidraw.atomic_write import remove_leftovers, write_atomically
from minidraw.errors import UserError
from minidraw.regular_files import KINDS as KINDS_OF_FILE
from minidraw.regular_files import NotRegular, check_regular


def write(path, content=b"new"):
    with write_atomically(path) as file:
        file.write(content)


def make_folder(path):
    path.mkdir()


def make_link(path):
    path.with_name("target").write_bytes(b"theirs")
    path.symlink_to("target")


def make_dangling_link(path):
    path.symlink_to("nothing")


def make_protected(path):
    path.write_bytes(b"theirs")
    path.chmod(0o444)


KINDS = [make_folder, make_link, make_dangling_link, make_protected, os.mkfifo]


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
def test_only_a_regular_file_is_replaced(make, tmp_path):
    path = tmp_path / "x.png"
    make(path)
    before = os.lstat(path)
    listed = sorted(os.listdir(tmp_path))
    with pytest.raises(UserError, match="can't write .*x.png: it is "):
        write(path)
    after = os.lstat(path)
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert sorted(os.listdir(tmp_path)) == listed
    assert not (tmp_path / "target").exists() or (tmp_path / "target").read_bytes() == b"theirs"


def test_a_device_stays_a_device(tmp_path):
    """On a node of its own: writing wrongly to a real one would damage the machine."""
    path = tmp_path / "device"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except OSError:
        pytest.skip("only an administrator makes devices")
    with pytest.raises(UserError, match="can't write .*device: it is a device"):
        write(path)
    assert stat.S_ISCHR(os.lstat(path).st_mode)


@pytest.mark.parametrize("kind", KINDS_OF_FILE)
def test_every_other_kind_is_refused(kind):
    with pytest.raises(NotRegular, match=KINDS_OF_FILE[kind]):
        check_regular("x", kind | 0o666)


def test_the_users_own_part_files_are_kept(tmp_path):
    for name in ("x.png.part", ".x.png.part"):
        (tmp_path / name).write_bytes(b"theirs")
    (tmp_path / "victim").write_bytes(b"theirs")
    (tmp_path / "y.png.part").symlink_to("victim")
    write(tmp_path / "x.png")
    write(tmp_path / "y.png")
    for name in ("x.png.part", ".x.png.part", "victim"):
        assert (tmp_path / name).read_bytes() == b"theirs"
    assert (tmp_path / "y.png").read_bytes() == b"new" and len(os.listdir(tmp_path)) == 6


def test_a_replaced_file_keeps_its_permissions(tmp_path):
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(0o640)
    write(tmp_path / "old")
    write(tmp_path / "new")
    assert stat.S_IMODE(os.stat(tmp_path / "old").st_mode) == 0o640
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o666 & ~mask


def test_a_link_put_there_meanwhile_is_refused(tmp_path):
    path = tmp_path / "x.png"
    with pytest.raises(UserError, match="symbolic link"), write_atomically(path):
        path.symlink_to("elsewhere")
    assert os.listdir(tmp_path) == ["x.png"]


def test_a_long_name_can_be_written(tmp_path):
    write(tmp_path / ("x" * 251 + ".png"))
    assert len(os.listdir(tmp_path)) == 1


def test_ctrl_c_leaves_nothing(tmp_path):
    program = (
        "import sys, time; from minidraw.atomic_write import remove_leftovers, write_atomically\n"
    )
    program += "with write_atomically(sys.argv[1]) as f: print(1, flush=True); time.sleep(60)"
    command = [sys.executable, "-c", program, tmp_path / "x.png"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        assert len(os.listdir(tmp_path)) == 1
        process.send_signal(signal.SIGINT)
        process.wait(20)
    assert os.listdir(tmp_path) == []


def test_what_a_killed_process_left_is_found_again(tmp_path):
    (tmp_path / ".mine.part").touch()
    program = "import os, sys; from minidraw.atomic_write import write_atomically\n"
    program += "with write_atomically(sys.argv[1]): os._exit(1)"
    subprocess.run([sys.executable, "-c", program, tmp_path / "x.png"])
    assert len(os.listdir(tmp_path)) == 2
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == [".mine.part"]
