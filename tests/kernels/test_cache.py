"""Comparison of kernels from the cache with newly compiled ones."""

import os
import subprocess
import sys

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
