"""The classifier in PyTorch, with the fastest choices found in `peer_torch.py`.

Grey, square images only: the benchmark needs no others.
"""

import time

import numpy as np
import torch
from peer_torch import LOG_LIMIT, _offset, _swap
from torch import nn
from torch.nn import functional as F


class Classifier(nn.Module):
    """The network; `params` are minidraw's, `dtype` is torch's."""

    def __init__(self, params, config, dtype=torch.float32):
        super().__init__()
        if config.channels != 1 or config.height != config.width:
            raise ValueError("only grey, square images")
        self.config = config
        self.weights = nn.ParameterDict(
            {
                name: nn.Parameter(torch.tensor(value, dtype=dtype))
                for name, value in _pack(params, config).items()
            }
        )
        self.pixel = nn.Buffer(torch.arange(config.width, dtype=dtype))
        self.offset = nn.Buffer(_offset(config.read_size, config.width, dtype))
        self.one_step = self.step

    def forward(self, x):
        """Return logits (n, classes) of images (n, B, A)."""
        w, n = self.weights, len(x)
        h, c = w["h_0"].repeat(n, 1), w["c_0"].repeat(n, 1)
        for _ in range(self.config.glimpses):
            h, c = self.one_step(x, h, c)
        return F.linear(h, w["label_w"], w["label_b"])

    def step(self, x, h, c):
        """Take one glimpse."""
        w = self.weights
        theta = F.linear(h, w["window_w"], w["window_b"])
        half = (self.config.width + 1) / 2
        e = torch.exp(theta[:, 2:].clamp(-LOG_LIMIT, LOG_LIMIT))[:, :, None, None]
        center = half * theta[:, :2, None] + (half - 1)
        mu = torch.addcmul(center, self.offset, e[:, 1])  # (n, 2, K)
        distance = (self.pixel - mu[..., None]).square()
        filters = torch.softmax(distance / (-2 * e[:, :1]), 3)
        seen = e[:, 2] * filters[:, 1].bmm(x).bmm(filters[:, 0].mT)
        return torch.lstm_cell(seen.flatten(1), (h, c), w["ih"], w["hh"], w["b"])


def load(params, config, dtype=torch.float32):
    """Return the module with minidraw's weights."""
    return Classifier(params, config, dtype)


def cost(module, images, labels):
    """Return the cross-entropy (n,) of images (n, 1, B, A)."""
    return F.cross_entropy(module(images.squeeze(1)), labels, reduction="none")


def export_weights(module):
    """Return the weights in minidraw's names and layout."""
    values = {name: w.detach().numpy().copy() for name, w in module.weights.items()}
    return _unpack(values)


def export_grads(module):
    """Return the gradients in minidraw's names and layout."""
    return _unpack({name: w.grad.numpy() for name, w in module.weights.items()})


def make_optimizer(module, rate=1e-3):
    """Return Adam in its fused form."""
    return torch.optim.Adam(module.parameters(), lr=rate, fused=True)


def train_step(module, adam, images, labels, clip=500.0):
    """Take one training step and return the mean cost."""
    loss = cost(module, images, labels).mean()
    adam.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(module.parameters(), clip)
    adam.step()
    return loss.item()


def compile_step(module, images, labels):
    """Compile one step of the loop, forward and backward, and return the seconds it took."""
    module.one_step = torch.compile(module.step, fullgraph=True, dynamic=False)
    began = time.perf_counter()
    cost(module, images, labels).mean().backward()
    return time.perf_counter() - began


def _pack(params, config):
    """Return minidraw's weights under the module's names and in its layout."""
    W, H = _swap(params["lstm.W"]), config.hidden
    packed = {"h_0": params["lstm.h_0"], "c_0": params["lstm.c_0"]}
    packed |= {"hh": W[:H].T, "ih": W[H:].T, "b": _swap(params["lstm.b"])}
    for name in ("window", "label"):
        packed |= {f"{name}_w": params[f"{name}.W"].T, f"{name}_b": params[f"{name}.b"]}
    return {name: np.ascontiguousarray(value) for name, value in packed.items()}


def _unpack(packed):
    """Undo `_pack`."""
    params = {"lstm.h_0": packed["h_0"], "lstm.c_0": packed["c_0"], "lstm.b": _swap(packed["b"])}
    params["lstm.W"] = _swap(np.concatenate([packed["hh"].T, packed["ih"].T]))
    for name in ("window", "label"):
        params |= {f"{name}.W": packed[f"{name}_w"].T, f"{name}.b": packed[f"{name}_b"]}
    return params
