"""A run folder loses nothing: not to Ctrl-C, kill -9, a full disk or a hostile file."""

import csv
import errno
import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import termios
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from minidraw import atomic_write
from minidraw.datasets import from_array
from minidraw.errors import UserError
from minidraw.models import draw
from minidraw.presets import Preset
from minidraw.training import checkpoint, loop, setup
from minidraw.training.recipe import Recipe
from minidraw.training.run import Run
from minidraw.training.run_lock import lock_new_run, lock_run
from minidraw.training.workers import Workers

TINY = {"glimpses": 2, "hidden": 8, "latent": 3, "read_size": 2, "write_size": 3}
STEPS = 10  # two epochs of five steps
PRESET = Preset(
    "tiny", data="", config=TINY, recipe=Recipe(epochs=2, batch=20, validate=4, rate=0.01)
)
LIST = ("config.json", "log.csv", "checkpoint.npz", "curves.png", "samples.png", "film.gif")


@pytest.fixture(scope="module")
def source(tmp_path_factory, images):
    path = tmp_path_factory.mktemp("data") / "pictures.npz"
    np.savez(path, images=images)
    return {"name_or_path": str(path)}


@pytest.fixture
def workers():
    with Workers(2) as pool:
        yield pool


def begin(folder, workers, source, **changes):
    return setup.start_run(PRESET, folder, workers, name="tiny", source=source, **changes)


def rows(folder):
    """The log without its timings."""
    with open(folder / "log.csv", newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory,
    source,
):
    """A run that nothing stopped: its folder."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with Workers(2) as pool:
        loop.fit(*begin(folder, pool, source))
    return folder


def arrays(folder):
    with np.load(folder / "checkpoint.npz", allow_pickle=False) as archive:
        found = {name: archive[name] for name in archive.files}
    return found.pop("meta").tobytes(), found


def assert_same_run(folder, other):
    assert rows(folder) == rows(other)
    (meta, found), (other_meta, expected) = arrays(folder), arrays(other)
    assert json.loads(meta) == json.loads(other_meta)
    assert found.keys() == expected.keys()
    assert all((found[name] == expected[name]).all() for name in expected)
    for name in ("samples.png", "film.gif"):
        assert (folder / name).read_bytes() == (other / name).read_bytes()


def test_a_run_is_a_folder(whole):
    assert sorted(os.listdir(whole)) == sorted((*LIST, ".lock"))
    meta = json.loads((whole / "config.json").read_text())
    assert meta["model"] == "draw" and meta["steps"] == STEPS and meta["config"]["hidden"] == 8
    log = rows(whole)
    assert [row["step"] for row in log] == [str(k) for k in range(1, STEPS + 1)]
    assert [bool(row["valid_total"]) for row in log] == [k in (4, 8, 10) for k in range(1, 11)]
    for row in log:
        assert float(row["total"]) == pytest.approx(float(row["nll"]) + float(row["kl"]), rel=1e-6)
        assert float(row["grad_norm"]) > 0 and float(row["rate"]) > 0
    shapes = {n.partition("/")[2]: a.shape for n, a in arrays(whole)[1].items()}
    found = checkpoint.load(
        whole / "checkpoint.npz", shapes, ("weights", "average", "mean", "square")
    )
    assert all(len(group) == len(shapes) for group in found.values())


class Pressed:
    """Press Ctrl-C, or send another signal, in the middle of a given step."""

    def __init__(self, trainer, step, number=signal.SIGINT):
        self.trainer, self.at, self.real = trainer, step, trainer.step
        self.number = number

    def __call__(self):
        if self.trainer.step_count + 1 == self.at:
            signal.raise_signal(self.number)
        return self.real()


@pytest.mark.parametrize("first, second", [(1, 4), (3, 7), (5, 9)])
def test_resumed_bit_for_bit(tmp_path, workers, source, whole, first, second):
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers, source)
    trainer.step = Pressed(trainer, first)
    with pytest.raises(loop.Interrupted):
        loop.fit(trainer, run)
    assert trainer.step_count == first == len(rows(folder))
    trainer, run = setup.resume_run(folder, workers)
    assert trainer.step_count == first
    trainer.step = Pressed(trainer, second, signal.SIGTERM)  # as batch systems stop a job
    with pytest.raises(loop.Interrupted):
        loop.fit(trainer, run)
    result = loop.fit(*setup.resume_run(folder, workers))
    assert_same_run(folder, whole)
    assert repr(result.total) == rows(folder)[-1]["valid_total"]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_forgotten_random_state_would_show(tmp_path, workers, source, whole):
    """The check is checked: Adam's memory lost on resuming makes another run."""
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers, source)
    trainer.step = Pressed(trainer, 3)
    with pytest.raises(loop.Interrupted):
        loop.fit(trainer, run)
    trainer, run = setup.resume_run(folder, workers)
    trainer.adam.mean.vector[:] = 0
    loop.fit(trainer, run)
    with pytest.raises(AssertionError):
        assert_same_run(folder, whole)


def test_ctrl_c_during_a_save_loses_nothing(tmp_path, workers, source, whole, monkeypatch):
    """Whenever it comes: also after the last look at whether it came."""
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers, source)
    add = run.log.add

    def pressed_late(row):
        add(row)
        if row["step"] == 6:
            os.kill(os.getpid(), signal.SIGINT)

    run.log.add = pressed_late
    with pytest.raises(loop.Interrupted):
        loop.fit(trainer, run)
    assert json.loads(arrays(folder)[0])["step"] == 6 == len(rows(folder))
    loop.fit(*setup.resume_run(folder, workers))
    assert_same_run(folder, whole)


def test_the_second_ctrl_c_stops_at_once_and_leaves_the_last_checkpoint(
    tmp_path, workers, source, whole
):
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers, source)
    real = trainer.step

    def impatient():
        if trainer.step_count == 6:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        return real()

    trainer.step = impatient
    with pytest.raises(KeyboardInterrupt) as caught:
        loop.fit(trainer, run)
    assert caught.type is KeyboardInterrupt
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    trainer, run = setup.resume_run(folder, workers)
    assert trainer.step_count == 4
    loop.fit(trainer, run)
    assert_same_run(folder, whole)


def test_started_from_other_weights_and_stopped_at_once(tmp_path, workers, source, whole):
    """The first weights are part of the run, though its settings don't hold them."""
    init = whole / "checkpoint.npz"
    loop.fit(*begin(tmp_path / "straight", workers, source, init=init))
    begin(tmp_path / "run", workers, source, init=init)
    loop.fit(*setup.resume_run(tmp_path / "run", workers))
    assert_same_run(tmp_path / "run", tmp_path / "straight")
    assert rows(tmp_path / "run") != rows(whole)


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import numpy as np
    from minidraw import atomic_write
    from minidraw.pictures import saving
    from minidraw.training import checkpoint, loop, setup
    from minidraw.training.log import Log
    from minidraw.training.run import Run
    from minidraw.training.workers import Workers

    folder = Path(sys.argv[1])

    def die(*arguments, **settings):
        os.kill(os.getpid(), signal.SIGKILL)

    def half(file, **arrays):
        file.write(b"PK" + bytes(5000))
        file.flush()
        die()

    def half_a_row(log):
        with open(log.path, "ab") as file:
            file.write(b"7,1.25,0.")
        die()

    def after(*arguments):
        replace(*arguments)
        die()

    replace = os.replace
    moments = [
        (checkpoint, "save", die),  # between log and checkpoint
        (Log, "flush", half_a_row),
        (np, "savez", half),
        (os, "fsync", die),
        (os, "replace", die),
        (Run, "draw_pictures", die),  # after the checkpoint: the next one begins further on
        (saving, "save_gif", die),
        (os, "replace", after),
    ]
    for module, name, action in moments:
        child = os.fork()
        if child == 0:
            with Workers(2) as workers:
                trainer, run = setup.resume_run(folder, workers)
                setattr(module, name, action)
                loop.fit(trainer, run, quiet=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (name, status)
        step = checkpoint.load_meta(folder / "checkpoint.npz")["step"]
        print(name, step, flush=True)
"""


def test_killed_at_any_moment_a_run_resumes_bit_for_bit(tmp_path, workers, source, whole):
    folder = tmp_path / "run"
    begin(folder, workers, source)
    script = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [int(line.split()[1]) for line in done.stdout.splitlines()] == [0] * 5 + [4, 8, 10]
    trainer, run = setup.resume_run(folder, workers)
    loop.fit(trainer, run)
    assert rows(folder) == rows(whole)
    run.draw_pictures(trainer)
    assert_same_run(folder, whole)


def test_log_rows_beyond_the_checkpoint_are_cut_off(tmp_path, workers, source, whole):
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers, source)
    trainer.step = Pressed(trainer, 3)
    with pytest.raises(loop.Interrupted):
        loop.fit(trainer, run)
    kept = (folder / "log.csv").read_bytes()
    (folder / "log.csv").write_bytes(kept + kept.splitlines(keepends=True)[-1] * 2 + b"4,1.0")
    setup.resume_run(folder, workers)
    assert (folder / "log.csv").read_bytes() == kept


def listing(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def stopped(tmp_path, workers, source):
    """A run that was interrupted at its third step."""
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers, source)
    trainer.step = Pressed(trainer, 3)
    with pytest.raises(loop.Interrupted):
        loop.fit(trainer, run)
    return folder


def one_line(function, *arguments):
    with pytest.raises(UserError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_that_holds_a_run_is_not_overwritten(stopped, workers, source):
    before = listing(stopped)
    assert f"--resume {stopped}" in one_line(begin, stopped, workers, source)
    (stopped / "config.json").rename(stopped / "old.json")
    one_line(begin, stopped, workers, source)
    (stopped / "old.json").rename(stopped / "config.json")
    assert listing(stopped) == before


def test_a_run_that_was_killed_before_it_began_leaves_no_temporary_file(tmp_path, workers, source):
    folder = tmp_path / "run"
    folder.mkdir()
    leftover = folder / ".checkpoint.npz.0123456789abcdef.part"
    leftover.write_bytes(b"half a checkpoint")
    (folder / ".mine.part").touch()
    loop.fit(*begin(folder, workers, source))
    assert not leftover.exists() and (folder / ".mine.part").exists()


def test_folders_that_can_not_be_written(tmp_path, workers, source):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file/below", tmp_path / "file/far/below"):
        assert "can't" in one_line(begin, folder, workers, source)
    assert (tmp_path / "file").read_text() == ""


def test_a_full_disk_leaves_the_last_checkpoint_whole(stopped, workers, source, whole, monkeypatch):
    before = (stopped / "checkpoint.npz").read_bytes()
    trainer, run = setup.resume_run(stopped, workers)
    with monkeypatch.context() as patched:

        def full(*arguments):
            raise OSError(errno.ENOSPC, "No space left on device")

        patched.setattr(atomic_write.os, "fsync", full)
        assert "No space left on device" in one_line(loop.fit, trainer, run)
    assert (stopped / "checkpoint.npz").read_bytes() == before
    assert not list(stopped.glob(".*.part"))
    loop.fit(*setup.resume_run(stopped, workers))
    assert_same_run(stopped, whole)


def test_a_disk_that_fills_up_while_writing(stopped, workers, whole, monkeypatch):
    """A real failing write: no file may grow beyond a limit."""
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    before = (stopped / "checkpoint.npz").read_bytes()
    trainer, run = setup.resume_run(stopped, workers)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (0, 700, 10_000, len(before) - 10):  # in the log, then in the checkpoint
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
        try:
            message = one_line(loop.fit, trainer, run)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        assert "can't write" in message and "File too large" in message
        assert (stopped / "checkpoint.npz").read_bytes() == before
        assert not list(stopped.glob(".*.part"))
        trainer, run = setup.resume_run(stopped, workers)
    loop.fit(trainer, run)
    assert_same_run(stopped, whole)
    assert not unraisable


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"model": None},
        {"config": {"hidden": 10**9}},
        {"config": {"hidden": "8"}},
        {"config": {"hidden": 9}},
        {"config": {"height": 8}},
        {"config": []},
        {"recipe": {"batch": 20.5}},
        {"recipe": {"batch": 10**6}},
        {"recipe": {"rate": "fast"}},
        {"recipe": {"rate": 10**400}},
        {"recipe": None},
        {"recipe": {"unknown": 1}},
        {"steps": "10"},
        {"steps": None},
        {"steps": 2},
        {"steps": -1},
        {"data": "pictures"},
        {"data": None},
        {"data": {}},
        {"data": {"name_or_path": 5}},
        {"data": {"name_or_path": "nowhere", "unknown": 1}},
        {"data": {"name_or_path": "nowhere"}},
    ],
    ids=str,
)
def test_altered_settings_are_refused(stopped, workers, change):
    path = stopped / "config.json"
    meta = json.loads(path.read_text())
    key, value = next(iter(change.items()))
    both = isinstance(value, dict) and isinstance(meta[key], dict) and value and key != "data"
    path.write_text(json.dumps(meta | {key: meta[key] | value if both else value}))
    before = listing(stopped)
    one_line(setup.resume_run, stopped, workers)
    assert listing(stopped) == before


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[1, 2]", b"null", b"7", b"\xff\xfe\x00", b"[" * 100_000], ids=range(7)
)
def test_settings_that_are_no_table_are_refused(stopped, workers, text):
    (stopped / "config.json").write_bytes(text)
    assert "config.json" in one_line(setup.resume_run, stopped, workers)


@pytest.mark.parametrize("step", [-1, 11, 10**30, "3", 3.0, True, None, [3]])
def test_an_altered_position_is_refused(stopped, workers, step):
    meta, groups = arrays(stopped)
    meta = json.loads(meta) | {"step": step}
    groups = {
        g: {n[len(g) + 1 :]: a for n, a in groups.items() if n.startswith(g)}
        for g in ("weights", "average", "mean", "square")
    }
    checkpoint.save(stopped / "checkpoint.npz", meta, groups)
    log = (stopped / "log.csv").read_bytes()
    assert "checkpoint.npz" in one_line(setup.resume_run, stopped, workers)
    assert (stopped / "log.csv").read_bytes() == log


def test_a_missing_checkpoint_or_folder_is_named(stopped, workers, tmp_path):
    (stopped / "checkpoint.npz").unlink()
    assert "checkpoint.npz: no such file" in one_line(setup.resume_run, stopped, workers)
    assert "isn't a run" in one_line(setup.resume_run, tmp_path / "missing", workers)
    assert "isn't a run" in one_line(setup.resume_run, stopped / "config.json", workers)


def test_a_log_that_is_none_is_refused(stopped, workers):
    for text in (b"step,nll\r\na,b\r\n", b"step\r\n1,2\r\n", b"\xff\r\n\xff\r\n"):
        (stopped / "log.csv").write_bytes(text)
        assert "log.csv" in one_line(setup.resume_run, stopped, workers)


def test_checkpoints_do_not_wait_for_the_next_validation(tmp_path, workers, source, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    trainer, run = begin(tmp_path / "run", workers, source)
    saved, save = [], run.save
    run.save = lambda trainer: (saved.append(trainer.step_count), save(trainer))
    loop.fit(trainer, run)
    assert saved == list(range(1, STEPS + 1))


def test_a_diverging_run_keeps_its_last_good_checkpoint(tmp_path, workers, source):
    trainer, run = begin(tmp_path / "run", workers, source)
    real = trainer.step

    def poisoned():
        if trainer.step_count == 6:
            trainer.adam.weights.views["encoder.b"][:] = np.nan
        return real()

    trainer.step = poisoned
    assert "step 7: no longer finite: " in one_line(loop.fit, trainer, run)
    trainer, run = setup.resume_run(tmp_path / "run", workers)
    assert trainer.step_count == 4
    loop.fit(trainer, run)


def test_the_time_of_a_step_is_the_mean_over_films_that_grow(config, images, monkeypatch):
    monkeypatch.setattr(loop, "_median_seconds", lambda model, config, *_: float(config.glimpses))
    recipe, data = Recipe(epochs=1, grow="16:0.4,32:0.6", batch=27), from_array(images)
    preset = Preset("", "", TINY, Recipe(epochs=1, grow="1:0.5", batch=27))
    seconds = loop.measure_step_seconds(draw, replace(config, glimpses=64), recipe, data, {})
    assert seconds == pytest.approx(16 * 0.4 + 32 * 0.2 + 64 * 0.4)
    seconds = setup.measure_epoch_seconds(preset, data, None)
    assert seconds == pytest.approx(4 * 1.5)  # T is 1, then 2


def test_minutes_and_epochs():
    quick = Recipe(minutes=2)
    assert setup.change_recipe(quick, {"epochs": 3}) == Recipe(epochs=3)
    assert setup.change_recipe(quick, {"minutes": 5}) == Recipe(minutes=5)
    assert setup.change_recipe(Recipe(epochs=9), {"minutes": 5.0}).minutes == 5
    for changes in ({"minutes": 1, "epochs": 1}, {"minutes": 0}, {"rate": "1"}, {"rate": -1}):
        one_line(setup.change_recipe, quick, changes)


def test_init_at_another_length_and_of_another_size(tmp_path, workers, source, whole):
    longer, _ = begin(tmp_path / "a", workers, source, init=whole, config={"glimpses": 5})
    expected = checkpoint.load_network(whole)[2]
    assert longer.config.glimpses == 5
    assert all((longer.params[name] == expected[name]).all() for name in expected)
    for change in ({"hidden": 9}, {"read_attention": False}, {"write_size": 2}):
        message = one_line(
            lambda c=change: begin(tmp_path / "b", workers, source, init=whole, config=c)
        )
        assert "expected" in message
    assert not (tmp_path / "b").exists()


def test_a_changed_set_of_images_is_told(stopped, workers, images, tmp_path, monkeypatch):
    np.savez(tmp_path / "other.npz", images=images[:, :6])
    path = stopped / "config.json"
    meta = json.loads(path.read_text()) | {"data": {"name_or_path": str(tmp_path / "other.npz")}}
    path.write_text(json.dumps(meta))
    assert "(1, 6, 6)" in one_line(setup.resume_run, stopped, workers)


def read_until(descriptor, done, seconds=60):
    """What a terminal shows, until `done` says that it is enough or the line is dead."""
    shown, end = "", time.monotonic() + seconds
    while not done(shown) and time.monotonic() < end:
        if select.select([descriptor], [], [], 0.1)[0]:
            try:
                shown += os.read(descriptor, 65536).decode()
            except OSError:
                break
    return shown


def test_ctrl_c_on_a_terminal(tmp_path, source, workers, config):
    """The real thing: a progress bar with both costs, Ctrl-C, and how to go on."""
    folder = tmp_path / "a run"
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    command = [sys.executable, "-m", "minidraw", "train", "--data", source["name_or_path"]]
    command += ["--run", str(folder), "--epochs", "4000", "--batch", "20", "--validate", "100000"]
    command += ["--threads", "2"]
    command += [part for n, v in TINY.items() for part in (f"--{n.replace('_', '-')}", str(v))]
    child = subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    shown = read_until(ours, lambda text: text.count("latent nats") > 3)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    os.close(ours)
    assert re.search(r"/20000 \[.*, [\d.]+ image \+ [\d.]+ latent nats", shown), shown
    assert child.returncode == 130
    step = checkpoint.load_meta(folder / "checkpoint.npz")["step"]
    last = out.splitlines()[-1]
    again = f"minidraw train --resume '{folder}'"
    assert last == f"stopped at step {step} and saved; continue with: {again}"
    assert 0 < step < 20000 and len(rows(folder)) == step
    resumed, run = setup.resume_run(folder, workers)
    assert resumed.step_count == step and run.meta["steps"] == 20000


def test_replacing_keeps_what_was_there_until_the_new_file_is_whole(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_write.write_atomically(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
        raise RuntimeError
    assert listing(tmp_path) == {"file": b"old"}
    with atomic_write.write_atomically(path) as file:
        file.write(b"new")
    assert listing(tmp_path) == {"file": b"new"}
    for target in (tmp_path, path / "below", tmp_path / "no/folder"):
        with (
            pytest.raises(UserError, match="can't write"),
            atomic_write.write_atomically(target) as file,
        ):
            file.write(b"new")
    assert listing(tmp_path) == {"file": b"new"}


def test_run_log_columns(whole):
    log = Run.open(whole).log.read()
    assert list(log["step"]) == list(range(1, STEPS + 1))
    assert np.isnan(log["valid_total"]).sum() == STEPS - 3


def test_which_weights_are_the_better_ones_is_remembered(stopped, workers):
    trainer, run = setup.resume_run(stopped, workers)
    for averaged in (True, False):
        trainer.averaged = averaged
        run.save(trainer)
        assert setup.resume_run(stopped, workers)[0].averaged is averaged


def test_a_file_is_on_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    """Else a power cut could leave a renamed file with nothing in it."""
    calls = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor):
        calls.append(("fsync", os.fstat(descriptor).st_size))
        fsync(descriptor)

    def replaced(*paths):
        calls.append("replace")
        replace(*paths)

    monkeypatch.setattr(atomic_write.os, "fsync", synced)
    monkeypatch.setattr(atomic_write.os, "replace", replaced)
    with atomic_write.write_atomically(tmp_path / "file") as file:
        file.write(b"new")
    assert calls == [("fsync", 3), "replace"]


def test_other_images_of_the_same_shape_are_refused(tmp_path, workers, whole, source):
    images = np.load(source["name_or_path"])["images"].copy()
    images[0, 0, 0] ^= 1
    np.savez(tmp_path / "pictures.npz", images=images)
    other = {"name_or_path": str(tmp_path / "pictures.npz")}
    begin(tmp_path / "run", workers, other)
    np.savez(tmp_path / "pictures.npz", images=np.load(source["name_or_path"])["images"])
    with pytest.raises(UserError, match="has changed since"):
        setup.resume_run(tmp_path / "run", workers)


def test_a_second_process_is_kept_out(tmp_path, workers, source):
    """Another thread stands for it: only the thread that holds the lock may take it again."""
    folder = tmp_path / "run"
    trainer, run = begin(folder, workers, source)
    attempts = (
        lambda: setup.resume_run(folder, workers),
        lambda: loop.fit(trainer, run),
        lambda: begin(folder, workers, source),
    )
    with lock_run(folder), ThreadPoolExecutor(1) as other:
        for attempt in attempts:
            with pytest.raises(UserError, match="another process"):
                other.submit(attempt).result()
        setup.resume_run(folder, workers)
    assert trainer.step_count == 0
    loop.fit(*setup.resume_run(folder, workers))


def test_new_runs_get_folders_of_their_own_and_failed_ones_leave_none(tmp_path):
    with lock_new_run(tmp_path / "runs/a") as first, lock_new_run(tmp_path / "runs/a") as second:
        assert (first, second) == (tmp_path / "runs/a", tmp_path / "runs/a-2")
        (second / "log.csv").touch()
    assert not first.exists() and second.exists()
    (tmp_path / "own").mkdir()
    for folder in ("own", "new"):
        with pytest.raises(KeyError), lock_run(tmp_path / folder, create=True):
            raise KeyError
    assert (tmp_path / "own").exists() and not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "alter",
    [
        lambda lines: [],
        lambda lines: lines[1:],
        lambda lines: lines[:-1],
        lambda lines: [lines[0], lines[2], lines[1], lines[3]],
        lambda lines: [lines[0].replace(b"nll", b"cost"), *lines[1:]],
        lambda lines: [lines[0].replace(b"kl,total", b"total,kl"), *lines[1:]],
        lambda lines: [*lines[:2], b"\r\n", *lines[2:]],
        lambda lines: [*lines[:3], lines[3].replace(b",", b";")],
        lambda lines: [*lines[:3], lines[3].replace(b"3,", b"3,x")],
    ],
    ids="empty no-header too-short unordered renamed swapped blank semicolons words".split(),
)
def test_a_log_that_does_not_fit_the_checkpoint_is_refused(stopped, workers, alter):
    log = stopped / "log.csv"
    whole = log.read_bytes()
    log.write_bytes(b"".join(alter(whole.splitlines(keepends=True))))
    before = listing(stopped)
    message = one_line(setup.resume_run, stopped, workers)
    assert "log.csv: invalid run log" in message and "--init" in message
    assert listing(stopped) == before
    log.unlink()
    assert "No such file" in one_line(setup.resume_run, stopped, workers)
