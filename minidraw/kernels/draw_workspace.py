"""The arrays that a compiled film of DRAW works on: its weights, its windows and a workspace.

A workspace holds what the steps leave for the backward pass, one array per kind with a leading T
axis.  Each thread has its own, which it reuses.
"""

import threading
from typing import NamedTuple

import numpy as np

from minidraw.kernels.attention import make_window_constants
from minidraw.kernels.products.interface import Packed, pack

LAYERS = "encoder", "latent", "decoder", "patch", "read_window", "write_window"
STARTS = "canvas_0", "encoder.h_0", "encoder.c_0", "decoder.h_0", "decoder.c_0"


class Net(NamedTuple):
    """Matrices of the linear layers, as `add_product` takes them, and their biases."""

    encoder: np.ndarray
    latent: np.ndarray
    decoder: np.ndarray
    patch: np.ndarray
    read_window: np.ndarray
    write_window: np.ndarray
    encoder_b: np.ndarray
    latent_b: np.ndarray
    decoder_b: np.ndarray
    patch_b: np.ndarray
    read_window_b: np.ndarray
    write_window_b: np.ndarray


class Workspace(NamedTuple):
    """Activations of every step, and the gradients of every linear layer's output."""

    record: np.ndarray  # (T + 1, n, columns)  [h_enc | glimpse | h_dec | z]
    encoder: np.ndarray  # (T, n, 4 H)  gates after their activations
    encoder_c: np.ndarray  # (T + 1, n, H)
    encoder_tanh_c: np.ndarray  # (T, n, H)
    posterior: np.ndarray  # (T, n, 2 Z)
    decoder: np.ndarray  # (T, n, 4 H)
    decoder_c: np.ndarray  # (T + 1, n, H)
    decoder_tanh_c: np.ndarray  # (T, n, H)
    patch: np.ndarray  # (T, n, patch size)
    read_theta: np.ndarray  # (T, n, 5)
    read_F_y: np.ndarray  # (T, n, K, B)
    read_F_x: np.ndarray  # (T, n, K, A)
    write_theta: np.ndarray  # (T, n, 5)
    write_F_y: np.ndarray  # (T, n, K, B)
    write_F_x: np.ndarray  # (T, n, K, A)
    s: np.ndarray  # (T, n, C, B, A)  the canvas after its sigmoid
    canvas: np.ndarray  # (n, C, B, A)
    dout: tuple  # of arrays (T, n, outputs), one for each of `LAYERS`


class FilmTape(NamedTuple):
    """Values for the backward pass and the film; this thread's next pass overwrites them."""

    inputs: np.ndarray  # (T + 1, n, columns)
    posterior: np.ndarray  # (T, n, 2 Z)
    read_theta: np.ndarray | None  # (T, n, 5)
    write_theta: np.ndarray | None  # (T, n, 5)
    work: Workspace
    x: np.ndarray
    noise: np.ndarray


_kept = threading.local()


def get_workspace(config, T, n, dtype):
    """Return this thread's workspace, a new one only where the sizes have changed."""
    key = config, T, n, dtype
    if getattr(_kept, "key", None) != key:
        _kept.key, _kept.workspace = key, _allocate(config, T, n, dtype)
    return _kept.workspace


def _allocate(config, T, n, dtype):
    H, Z, (C, B, A) = config.hidden, config.latent, config.image_shape
    read = config.read_size if config.read_attention else 0
    write = config.write_size if config.write_attention else 0
    columns = 2 * H + config.glimpse_size + Z
    window = 5 * config.read_attention, 5 * config.write_attention
    outputs = 4 * H, 2 * Z, 4 * H, config.patch_size, *window

    def empty(*shape):
        return np.empty(shape, dtype)

    return Workspace(
        record=empty(T + 1, n, columns),
        encoder=empty(T, n, 4 * H),
        encoder_c=empty(T + 1, n, H),
        encoder_tanh_c=empty(T, n, H),
        posterior=empty(T, n, 2 * Z),
        decoder=empty(T, n, 4 * H),
        decoder_c=empty(T + 1, n, H),
        decoder_tanh_c=empty(T, n, H),
        patch=empty(T, n, config.patch_size),
        read_theta=empty(T, n, 5),
        read_F_y=empty(T, n, read, B),
        read_F_x=empty(T, n, read, A),
        write_theta=empty(T, n, 5),
        write_F_y=empty(T, n, write, B),
        write_F_x=empty(T, n, write, A),
        s=empty(T, n, C, B, A),
        canvas=empty(n, C, B, A),
        dout=tuple(empty(T, n, size) for size in outputs),
    )


def collect_net(params, transposed):
    """Weights for the forward pass, or transposed for the backward pass."""
    absent = np.zeros((1, 1), params["canvas_0"].dtype)  # no attention: never multiplied
    matrices = []
    for name in LAYERS:
        W = params[f"{name}.W"] if f"{name}.W" in params else pack(absent)
        if isinstance(W, Packed):
            matrices.append(W.transposed if transposed else W.panels)
        else:
            matrices.append(np.ascontiguousarray(W.T if transposed else W))
    biases = [params.get(f"{name}.b", absent[0]) for name in LAYERS]
    return Net(*matrices, *biases)


def collect_grids(config, dtype):
    """Return `make_window_constants` of the read and write window; empty without attention."""
    _, B, A = config.image_shape

    def make(K, attention):
        constants = make_window_constants(B, A, K, dtype)
        return tuple(array[: len(array) * attention] for array in constants)

    read = make(config.read_size, config.read_attention)
    return read, make(config.write_size, config.write_attention)
