"""DRAW in PyTorch, as someone who knows PyTorch would write it for speed on a CPU.

Square images only: the benchmark needs no others. Images and canvas have shape (n, B, C A), patches
(n, K, C, K), so that reading and writing are two matrix products each, in grey and in colour.

The fastest of several choices (float32, CPU time of one thread, forward and backward):

* LSTM: ``torch.lstm_cell``, which ``nn.LSTMCell`` calls. One product of the joined inputs with the
  gates in Python takes 1.2 times as long, ``nn.LSTM`` over one step 1.8 times.
* Filterbanks of both axes in one tensor, by ``softmax``; one axis at a time takes 1.3 times as
  long.
* Reading and writing by ``bmm`` and ``baddbmm``; ``einsum`` takes 1.5 to 2.8 times as long. Image
  and canvas are read apart, since the image needs no gradient (together: up to 2.4 times).
* Patch, write window and next read window as one product of h_dec.
* KL once, over all steps stacked.
* One Python thread: two halves of the batch in two threads took 1.3 to 1.5 times the CPU time, on a
  busy machine.
* Fused Adam: half the time of foreach or the plain loop.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

LOG_LIMIT = 12.0


class Draw(nn.Module):
    """The network; `params` are minidraw's, `dtype` is torch's."""

    def __init__(self, params, config, dtype=torch.float32):
        super().__init__()
        if config.height != config.width:
            raise ValueError("only square images")
        self.config = config
        self.weights = nn.ParameterDict(
            {
                name: nn.Parameter(torch.tensor(value, dtype=dtype))
                for name, value in _pack(params, config).items()
            }
        )
        self.pixel = nn.Buffer(torch.arange(config.width, dtype=dtype))
        self.read_offset = nn.Buffer(_offset(config.read_size, config.width, dtype))
        self.write_offset = nn.Buffer(_offset(config.write_size, config.width, dtype))
        self.one_step = self.step

    def forward(self, x, noise):
        """Return image cost and latent cost, each (n,), of images (n, B, C A)."""
        w, n = self.weights, len(x)
        h_enc, c_enc, h_dec, c_dec = (
            w[name].repeat(n, 1) for name in ("h_enc_0", "c_enc_0", "h_dec_0", "c_dec_0")
        )
        canvas = w["canvas_0"].repeat(n, 1, 1)
        outputs = F.linear(h_dec, w["output_w"], w["output_b"])
        posteriors = []
        for noise_t in noise.unbind():
            canvas, h_enc, c_enc, h_dec, c_dec, outputs, posterior = self.one_step(
                x, noise_t, canvas, h_enc, c_enc, h_dec, c_dec, outputs
            )
            posteriors.append(posterior)
        nll = F.binary_cross_entropy_with_logits(canvas, x, reduction="none").sum((1, 2))
        mu, log_sigma = torch.stack(posteriors).chunk(2, 2)
        kl = 0.5 * (mu.square() + torch.exp(2 * log_sigma) - 2 * log_sigma - 1).sum((0, 2))
        return nll, kl

    def step(self, x, noise, canvas, h_enc, c_enc, h_dec, c_dec, outputs):
        """Take one step; `outputs` are patch, write window and next read window, joined."""
        w, config, n = self.weights, self.config, len(x)
        s = torch.sigmoid(canvas)
        if config.read_attention:
            F_y, F_x, gamma = self._banks(outputs[:, -5:], self.read_offset)
            F_xt = F_x.mT
            seen = gamma * self._read(x, F_y, F_xt)
            seen_err = seen - gamma * self._read(s, F_y, F_xt)
        else:
            seen, seen_err = x, x - s
        seen = torch.cat([seen.view(n, -1), seen_err.view(n, -1), h_dec], 1)
        h_enc, c_enc = torch.lstm_cell(
            seen, (h_enc, c_enc), w["encoder_ih"], w["encoder_hh"], w["encoder_b"]
        )
        posterior = F.linear(h_enc, w["latent_w"], w["latent_b"])
        mu, log_sigma = posterior.chunk(2, 1)
        z = torch.addcmul(mu, torch.exp(log_sigma), noise)
        h_dec, c_dec = torch.lstm_cell(
            z, (h_dec, c_dec), w["decoder_ih"], w["decoder_hh"], w["decoder_b"]
        )
        outputs = F.linear(h_dec, w["output_w"], w["output_b"])
        if config.write_attention:
            K = config.write_size
            F_y, F_x, gamma = self._banks(
                outputs[:, config.patch_size : config.patch_size + 5], self.write_offset
            )
            patch = outputs[:, : config.patch_size].reshape(n, -1, K) / gamma
            canvas = torch.baddbmm(canvas, F_y.mT, patch.bmm(F_x).view(n, K, -1))
        else:
            canvas = canvas + outputs[:, : config.pixels].view_as(canvas)
        return canvas, h_enc, c_enc, h_dec, c_dec, outputs, posterior

    def _read(self, x, F_y, F_xt):
        """Return F_y x F_x', shape (n, K C, K)."""
        if self.config.channels == 1:
            return F_y.bmm(x.bmm(F_xt))
        return F_y.bmm(x).view(len(x), -1, F_xt.shape[1]).bmm(F_xt)

    def _banks(self, theta, offset):
        """Return filters (n, K, B) and (n, K, A) and intensity (n, 1, 1) of theta (n, 5)."""
        half = (self.config.width + 1) / 2
        e = torch.exp(theta[:, 2:].clamp(-LOG_LIMIT, LOG_LIMIT))[:, :, None, None]
        center = half * theta[:, :2, None] + (half - 1)
        mu = torch.addcmul(center, offset, e[:, 1])  # (n, 2, K)
        distance = (self.pixel - mu[..., None]).square()
        filters = torch.softmax(distance / (-2 * e[:, :1]), 3)
        return filters[:, 1], filters[:, 0], e[:, 2]


def load(params, config, dtype=torch.float32):
    """Return the module with minidraw's weights."""
    return Draw(params, config, dtype)


def cost(module, images, noise):
    """Return image cost and latent cost, each (n,), of images (n, C, B, A)."""
    n, C, B, A = images.shape
    return module(images.transpose(1, 2).reshape(n, B, C * A), noise)


def export_weights(module):
    """Return the weights in minidraw's names and layout."""
    values = {name: w.detach().numpy().copy() for name, w in module.weights.items()}
    return _unpack(values, module.config)


def export_grads(module):
    """Return the gradients in minidraw's names and layout."""
    return _unpack({name: w.grad.numpy() for name, w in module.weights.items()}, module.config)


def make_optimizer(module, rate=1e-3):
    """Return Adam in its fused form."""
    return torch.optim.Adam(module.parameters(), lr=rate, fused=True)


def train_step(module, adam, images, noise, clip=500.0):
    """Take one training step and return the mean cost."""
    nll, kl = cost(module, images, noise)
    loss = (nll + kl).mean()
    adam.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(module.parameters(), clip)
    adam.step()
    return loss.item()


def compile_step(module, images, noise):
    """Compile one step of the loop, forward and backward, and return the seconds it took."""
    module.one_step = torch.compile(module.step, fullgraph=True, dynamic=False)
    began = time.perf_counter()
    sum(cost(module, images, noise)).mean().backward()
    return time.perf_counter() - began


def _offset(K, pixels, dtype):
    """Return the filter positions of eqs 19 and 20, in pixels, for delta~ = 1 (eq 24)."""
    return (torch.arange(K, dtype=dtype) - (K - 1) / 2) * (pixels - 1) / (K - 1)


def _pack(params, config):
    """Return minidraw's weights under the module's names and in its layout."""
    H, (glimpse, patch, pixels) = config.hidden, _orders(config)
    packed = {"canvas_0": params["canvas_0"].ravel()[pixels].reshape(config.height, -1)}
    for lstm, h, c in (("encoder", "h_enc_0", "c_enc_0"), ("decoder", "h_dec_0", "c_dec_0")):
        W = _swap(params[f"{lstm}.W"])
        packed |= {h: params[f"{lstm}.h_0"], c: params[f"{lstm}.c_0"]}
        packed |= {f"{lstm}_hh": W[:H].T, f"{lstm}_ih": W[H:].T}
        packed[f"{lstm}_b"] = _swap(params[f"{lstm}.b"])
    packed["encoder_ih"] = packed["encoder_ih"][:, glimpse]
    packed |= {"latent_w": params["latent.W"].T, "latent_b": params["latent.b"]}
    for key in "Wb":
        parts = [params[f"{name}.{key}"] for name in _output_sizes(config)]
        parts[0] = parts[0][..., patch]
        packed[f"output_{key.lower()}"] = np.concatenate(parts, -1).T
    return {name: np.ascontiguousarray(value) for name, value in packed.items()}


def _unpack(packed, config):
    """Undo `_pack`."""
    glimpse, patch, pixels = map(np.argsort, _orders(config))
    params = {"canvas_0": packed["canvas_0"].ravel()[pixels].reshape(config.image_shape)}
    packed = packed | {"encoder_ih": packed["encoder_ih"][:, glimpse]}
    for lstm, h, c in (("encoder", "h_enc_0", "c_enc_0"), ("decoder", "h_dec_0", "c_dec_0")):
        params |= {f"{lstm}.h_0": packed[h], f"{lstm}.c_0": packed[c]}
        W = np.concatenate([packed[f"{lstm}_hh"].T, packed[f"{lstm}_ih"].T])
        params |= {f"{lstm}.W": _swap(W), f"{lstm}.b": _swap(packed[f"{lstm}_b"])}
    params |= {"latent.W": packed["latent_w"].T, "latent.b": packed["latent_b"]}
    start = 0
    for name, size in _output_sizes(config).items():
        part = slice(start, start + size)
        params |= {f"{name}.W": packed["output_w"][part].T, f"{name}.b": packed["output_b"][part]}
        start += size
    for name in ("patch.W", "patch.b"):
        params[name] = params[name][..., patch]
    return params


def _orders(config):
    """Return minidraw's index of each of the module's LSTM inputs, patch entries and pixels."""

    def colours_inside(rows, columns):
        every = np.arange(config.channels * rows * columns)
        return every.reshape(-1, rows, columns).transpose(1, 0, 2).ravel()

    pixels = colours_inside(config.height, config.width)
    seen = colours_inside(config.read_size, config.read_size) if config.read_attention else pixels
    K = config.write_size
    patch = colours_inside(K, K) if config.write_attention else pixels
    n = len(seen)
    return np.concatenate([seen, n + seen, 2 * n + np.arange(config.hidden)]), patch, pixels


def _output_sizes(config):
    """Return the sizes of the layers joined in `outputs`, in order."""
    sizes = {"patch": config.patch_size}
    if config.write_attention:
        sizes["write_window"] = 5
    if config.read_attention:
        sizes["read_window"] = 5
    return sizes


def _swap(W):
    """Reorder the gates i, f, o, g as PyTorch's i, f, g, o, or back."""
    i, f, third, fourth = np.split(W, 4, axis=-1)
    return np.concatenate([i, f, fourth, third], axis=-1)
