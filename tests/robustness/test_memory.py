"""Peak memory, measured in a process of its own: under 1 GB for any file of 10 MB or less."""

import os
import subprocess
import sys

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("needs a measure of memory", allow_module_level=True)

from tests.robustness import hostile_files as hostile

MAX_ACCEPTED_MB, MAX_REFUSED_MB = 1000, 300  # the second above an idle process
PROGRAM = """
import re, resource, sys
from minidraw.cli import main
status = main(sys.argv[1:])
if sys.platform == "linux":  # getrusage would count the peak of the process that started this one
    print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 2**10)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
sys.exit(status)
"""


def measure(folder, *arguments):
    """Run a command; return its status, its peak in MB and what it said."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300)
    assert done.returncode in (0, 2) and "Traceback" not in done.stderr, done.stderr
    return done.returncode, float(done.stdout.split()[-1]), done.stderr


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("idle")
    np.save(folder / "a.npy", np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8))
    return measure(folder, "data", "a.npy")[1]


def folder_of(path, write, *arguments, **settings):
    path.mkdir()
    for name in ("a.png", "b.png"):
        write(path / name, *arguments, **settings)
    return path


REFUSED = {
    "npz of 2 GB": lambda p: hostile.write_npz(
        p / "a.npz", {"images": ((2**31 // 784, 28, 28), "u1")}
    ),
    "labels of 2 GB": lambda p: hostile.write_npz(
        p / "a.npz", {"images": ((10, 28, 28), "u1"), "labels": ((2**31,), "u1")}
    ),
    "idx of 1 GB": lambda p: hostile.write_idx_gz(p / "a.gz", (1_400_000, 28, 28)),
    "idx that claims 1 GB": lambda p: hostile.write_idx_gz(
        p / "a.gz", (1000, 28, 28), claim=(1_400_000, 28, 28)
    ),
    "pictures of 7000 x 7000": lambda p: hostile.write_npz(
        p / "a.npz", {"images": ((2, 7000, 7000), "u1")}
    ),
    "PNG of 1 x 89,000,000": lambda p: folder_of(
        p / "d", hostile.write_png, 1, 89_000_000, rows=10
    ),
    "PNG of 49 million": lambda p: folder_of(p / "d", hostile.write_png, 7000, 7000, rows=10),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_file_takes_little_memory(tmp_path, idle, kind):
    status, peak, said = measure(tmp_path, "data", REFUSED[kind](tmp_path))
    assert status == 2 and said.count("\n") == 1
    assert peak < idle + MAX_REFUSED_MB


NETWORKS = {
    "canvases": {"height": 3000, "width": 3000, "glimpses": 2},
    "steps": {"height": 28, "width": 28, "glimpses": 300_000},
    "latents": {"height": 28, "width": 28, "glimpses": 10, "latent": 1_000_000},
}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("command", ["sample", "film", "evaluate"])
def test_a_network_too_large_for_memory_is_refused(tmp_path, idle, kind, command):
    sizes = {"hidden": 4, "latent": 3} | NETWORKS[kind]
    status, peak, _ = measure(tmp_path, command, hostile.write_weights(tmp_path / "a.npz", **sizes))
    assert status == 2 and peak < idle + MAX_REFUSED_MB


ACCEPTED = {
    "uint8": lambda p: hostile.write_npz(p / "a.npz", {"images": ((160_000, 28, 28), "u1")}),
    "bool": lambda p: hostile.write_npz(p / "a.npz", {"images": ((160_000, 28, 28), "?")}),
    "tiny": lambda p: hostile.write_npz(p / "a.npz", {"images": ((16_000_000, 2, 4), "u1")}),
    "idx": lambda p: hostile.write_idx_gz(p / "a.gz", (160_000, 28, 28)),
    "1000 x 1000": lambda p: hostile.write_npz(p / "a.npz", {"images": ((100, 1000, 1000), "u1")}),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ACCEPTED)
def test_the_largest_accepted_file_takes_less_than_a_gigabyte(tmp_path, kind):
    path = ACCEPTED[kind](tmp_path)
    assert os.path.getsize(path) < 10**7
    assert measure(tmp_path, "data", path)[1] < MAX_ACCEPTED_MB


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16", "RGB;16"])
def test_the_largest_picture_takes_less_than_a_gigabyte(tmp_path, mode):
    for name, size in (("square", (7071, 7071)), ("line", (760, 65_536))):
        path = hostile.write_png(tmp_path / f"{name}.png", *size, mode)
        assert measure(tmp_path, "classify", path)[1] < MAX_ACCEPTED_MB


def test_the_largest_weights_take_less_than_a_gigabyte(tmp_path):
    sizes = {"height": 5, "width": 5, "hidden": 2100, "glimpses": 2, "latent": 100}
    path = hostile.write_weights(tmp_path / "a.npz", dtype="<f2", **sizes)
    assert measure(tmp_path, "sample", path)[1] < MAX_ACCEPTED_MB
