"""Mutated files: each must be read, or refused with one line, in little time and memory.

``python -m tests.robustness.fuzz KIND NUMBER`` repeats a case and keeps its file in this folder.
"""

import contextlib
import gzip
import io
import re
import resource
import shutil
import signal
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

from minidraw import Classifier, Draw, cli, datasets
from minidraw.datasets.readers.array_files import one_line_errors
from minidraw.datasets.readers.tar import read_members
from minidraw.datasets.sets.svhn_digits import read_digits
from minidraw.errors import UserError

MAX_SECONDS = 20
MAX_GROWTH_MB = 300
TINY = "--hidden 4 --glimpses 2 --latent 2 --batch 10 --epochs 1 --threads 1".split()
VALUES = "-1 0 1e400 NaN Infinity -Infinity 1.5 true null [] {} 5 1000000000000 3e38".split()
VALUES += ["1" + 400 * "0", "1" + 5000 * "0", '"\\u001b[2J"', '"' + 10_000 * "x" + '"', 500 * "["]


class Failure(AssertionError):
    """Error for a wrong answer to a mutated file."""


def mutate_bytes(rng, content):
    """Change a few bytes, or cut, repeat or insert a piece."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at, length = int(rng.integers(len(content) + 1)), int(rng.integers(1, 9))
        if rng.random() < 0.5:  # headers hold the interesting numbers
            at = min(at, int(rng.integers(1, 200)))
        way = rng.integers(6)
        if way == 0:
            content[at : at + 1] = rng.bytes(1)
        elif way == 1:
            content[at : at + length] = rng.choice([b"\0", b"\xff", b"\x7f"]) * length
        elif way == 2:
            content = content[:at]
        elif way == 3:
            content[at:at] = rng.bytes(length)
        elif way == 4:
            del content[at : at + length]
        else:
            content[at:at] = content[at : at + int(rng.integers(1, 2000))]
        content = content or bytearray(1)
    return bytes(content)


def mutate_text(rng, content):
    """Replace, drop or repeat a value of JSON or of a table, or change its bytes."""
    text = content.decode()
    spans = [match.span() for match in re.finditer(r'"[^"]*"|[-\w.]+', text)]
    if rng.random() < 0.3 or not spans:
        return mutate_bytes(rng, content)
    start, stop = spans[rng.integers(len(spans))]
    value = rng.choice([*VALUES, "", text[start:stop] * 2])
    return (text[:start] + value + text[stop:]).encode()


def mutate_archive(rng, content):
    """Change a member of a zip archive and give it a valid checksum, or change the archive."""
    if rng.random() < 0.4:
        return mutate_bytes(rng, content)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        chosen = "meta.npy" if "meta.npy" in names and rng.random() < 0.5 else rng.choice(names)
        for name in names:
            member = old.read(name)
            if name == chosen and name == "meta.npy":
                meta = mutate_text(rng, np.load(io.BytesIO(member)).tobytes())
                file = io.BytesIO()
                np.save(file, np.frombuffer(meta, np.uint8))
                member = file.getvalue()
            elif name == chosen:
                member = mutate_bytes(rng, member)
            new.writestr(name, member)
    return out.getvalue()


def mutate_gzip(rng, content):
    """Change the contents of a gzipped file, or the file."""
    if rng.random() < 0.4:
        return mutate_bytes(rng, content)
    return gzip.compress(mutate_bytes(rng, gzip.decompress(content)))


def require_finite(*arrays):
    for array in arrays:
        if not np.isfinite(array).all():
            raise Failure("accepted, with values that aren't finite")


def load_data(path):
    data = datasets.load(path)
    require_finite(data.train.images, data.valid.images)


def load_folder(path):
    datasets.load(path.parent, size=8)


def read_one(path):
    require_finite(datasets.read_picture(path, (1, 8, 8)))


def run_network(path):
    try:
        network = Draw.load(path)
    except UserError:
        network = Classifier.load(path)
        return require_finite(network.predict_proba(np.zeros((1, 8, 8), np.uint8)))
    require_finite(network.sample(1))


def resume(path):
    status = cli.main(["train", "--resume", str(path.parent)])
    if status not in (0, 2):
        raise Failure(f"exit status {status}")


def read_tar(path):
    with one_line_errors(path):
        list(read_members(path, {"a/one.bin": 2000, "a/two.bin": 2000}))


KINDS = {  # name of the file, mutation, action
    "npy": ("a.npy", mutate_bytes, load_data),
    "npz": ("a.npz", mutate_archive, load_data),
    "labelled": ("b.npz", mutate_archive, load_data),
    "idx": ("a.idx", mutate_bytes, load_data),
    "idx.gz": ("a.gz", mutate_gzip, load_data),
    "png": ("a.png", mutate_bytes, read_one),
    "jpeg": ("a.jpg", mutate_bytes, read_one),
    "folder": ("pictures/a.png", mutate_bytes, load_folder),
    "mat": ("a.mat", mutate_bytes, read_digits),
    "tar": ("a.tar.gz", mutate_gzip, read_tar),
    "weights": ("run/checkpoint.npz", mutate_archive, run_network),
    "classifier": ("classifier.npz", mutate_archive, run_network),
    "config": ("run/config.json", mutate_text, resume),
    "log": ("run/log.csv", mutate_text, resume),
    "checkpoint": ("run/checkpoint.npz", mutate_archive, resume),
}


def make_originals(folder):
    """Write one valid file of every kind, and a finished run."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (20, 8, 8), np.uint8)
    np.save(folder / "a.npy", images)
    np.savez_compressed(folder / "a.npz", images=images / 255)
    np.savez(folder / "b.npz", images=images, labels=np.arange(20) % 3)
    idx = b"\0\0\x08\x03" + np.array(images.shape, ">u4").tobytes() + images.tobytes()
    (folder / "a.idx").write_bytes(idx)
    (folder / "a.gz").write_bytes(gzip.compress(idx))
    (folder / "pictures").mkdir()
    for name in ("a.png", "a.jpg", "pictures/a.png", "pictures/b.png"):
        Image.fromarray(images[:3, :, :].transpose(1, 2, 0)).save(folder / name)
    squares = rng.integers(0, 256, (32, 32, 3, 2), np.uint8)
    matrices = {"X": squares, "y": np.array([[1], [10]], "u1")}
    scipy.io.savemat(folder / "a.mat", matrices, do_compression=True)
    with tarfile.open(folder / "a.tar.gz", "w:gz") as archive:
        for name in ("a/one.bin", "a/two.bin"):
            member = tarfile.TarInfo(name)
            member.size = 1000
            archive.addfile(member, io.BytesIO(rng.bytes(1000)))
    command = ["train", "--data", str(folder / "a.npy"), "--run", str(folder / "run"), *TINY]
    if cli.main(command):
        raise RuntimeError("the original run failed")
    reader = Classifier(glimpses=2, hidden=4, read_size=3, batch=5, threads=1)
    reader.fit(images, np.arange(20) % 2, epochs=1, verbose=False)
    reader.save(folder / "classifier.npz")


def run_case(originals, kind, number, keep=None):
    """Mutate a file and read it; raise a `Failure` unless the answer is right."""
    name, mutate, action = KINDS[kind]
    rng = np.random.default_rng([list(KINDS).index(kind), number])
    with tempfile.TemporaryDirectory() as place:
        top = name.partition("/")[0]
        path = Path(place, name)
        if top == name:
            shutil.copy(originals / name, path)
        else:
            shutil.copytree(originals / top, Path(place, top))
        path.write_bytes(mutate(rng, path.read_bytes()))
        if keep:
            shutil.copy(path, keep)
        before = get_peak_mb()
        shown = io.StringIO()
        signal.signal(signal.SIGALRM, _stop)
        signal.alarm(MAX_SECONDS)
        try:
            with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
                action(path)
        except UserError as error:
            shown.write(f"minidraw: {error}")
        except Failure as error:
            raise Failure(f"{describe(kind, number)}: {error}") from error
        except BaseException as error:
            raise Failure(f"{describe(kind, number)}: {type(error).__name__}: {error}") from error
        finally:
            signal.alarm(0)
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown.getvalue().replace("\r", "")):
            raise Failure(f"{describe(kind, number)}: shows control characters")
        lines = shown.getvalue().splitlines()
        results = [line for line in lines if not line.startswith("minidraw: ")]  # no error
        if re.search(r"\bnan\b|\binf\b", "\n".join(results)):
            raise Failure(f"{describe(kind, number)}: a result isn't finite")
        if get_peak_mb() - before > MAX_GROWTH_MB:
            raise Failure(f"{describe(kind, number)}: {get_peak_mb() - before:.0f} MB")


def describe(kind, number):
    return f"python -m tests.robustness.fuzz {kind} {number}"


def get_peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _stop(signum, frame):
    raise TimeoutError(f"still running after {MAX_SECONDS} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make_originals(Path(folder))
        target = Path(Path(KINDS[sys.argv[1]][0]).name)
        run_case(Path(folder), sys.argv[1], int(sys.argv[2]), keep=target)
        print(f"right; the file is {target}")
