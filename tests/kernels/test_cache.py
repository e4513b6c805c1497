"""Comparison of kernels from the cache with newly compiled ones."""

import os
import subprocess
import sys

import pytest

GRADIENTS = """
import hashlib
import numpy as np
from minidraw import kernels
from minidraw.models import draw
from minidraw.models.interface import Batch

rng = np.random.default_rng(0)
config = draw.Config(height=26, width=28, glimpses=4, hidden=60, latent=3, write_size=3)
params = draw.init_params(config, rng)
images = rng.random((10, 1, 26, 28), dtype=np.float32)
noise = rng.standard_normal(draw.noise_shape(config, 10), dtype=np.float32)
costs, grads = draw.loss_and_grads(params, Batch(images), noise, config, kernels)
print(hashlib.sha256(b"".join(v.tobytes() for v in (*costs.values(), *grads.values()))).hexdigest())
"""


@pytest.mark.slow
def test_cached_kernels_give_the_same_bits(tmp_path):
    """Otherwise a run resumed in another process would end with other weights."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", GRADIENTS]
    runs = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert list(tmp_path.rglob("*.nbc")), "no kernel was cached, so the test compared nothing"
    assert runs[0].stdout == runs[1].stdout


ONE_KERNEL = """
import numpy as np
from minidraw.kernels.adam import adam_update

arrays = [np.ones(4, np.float32) for _ in range(5)]
settings = dict(rate=0.1, step=1, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.9)
adam_update(*arrays, **settings)
print(arrays[0].tobytes().hex())
"""


def replace_with_folder(path):
    path.unlink()
    path.mkdir()


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage, repaired",
    [
        (lambda path: os.truncate(path, 0), True),
        (lambda path: os.truncate(path, path.stat().st_size // 2), True),
        (lambda path: path.write_bytes(b"\x80\x05" + bytes(1000)), True),
        (flip, True),
        (replace_with_folder, False),
    ],
    ids=["empty", "half", "zeros", "flipped", "folder"],
)
def test_a_damaged_cache_is_reported_once_and_replaced(tmp_path, suffix, damage, repaired):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", ONE_KERNEL]

    def run():
        settings = {"env": environment, "capture_output": True, "text": True}
        done = subprocess.run(command, check=True, **settings)
        return done.stdout, done.stderr

    whole = run()
    assert whole[1] == ""
    for path in sorted(tmp_path.rglob(f"*adam*.{suffix}")):
        damage(path)
    out, err = run()
    assert out == whole[0]
    if (suffix, damage) != ("nbi", flip):  # an index with another key is only out of date
        assert err.count("\n") == 1 and err.startswith("minidraw: Numba's cache can't be used")
        assert str(tmp_path) in err
    assert run()[1].count("\n") == (0 if repaired else 1)


@pytest.mark.parametrize("disk", ["full", "read-only"])
def test_kernels_compile_where_nothing_can_be_written(tmp_path, disk):
    """No file may grow on the full disk; on the other, each folder's name is a file's."""
    (tmp_path / "file").touch()
    folder = tmp_path / ("file/below" if disk == "read-only" else "cache")
    locators = "UserProvidedCacheLocator"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    environment["NUMBA_CACHE_LOCATOR_CLASSES"] = locators
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
    script = (limit if disk == "full" else "") + ONE_KERNEL
    command = [sys.executable, "-B", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1 and "Numba's cache can't be used" in done.stderr
