"""Program that trains DRAW and paints, for `export`, which puts the learner's functions into it.

It needs nothing but NumPy.  `export` copies the functions below as they are.
"""

import base64
import struct
import sys
import time
import zlib

import numpy as np

from minidraw.layers import adam_update, sigmoid
from minidraw.learn.exercises.lesson_12_draw import draw_backward, draw_forward
from minidraw.learn.exercises.lesson_13 import clipped, generate

T, H, Z, K = 6, 64, 8, 5  # steps, LSTM units, latent units, filters per axis of both windows
SIZES = {"read_size": K, "write_size": K}
BATCH, RATE, LIMIT = 50, 0.01, 300.0
DIGITS = ""  # black and white images, packed; `export` fills it


def main():
    """Train for some minutes, 2 by default, from a seed, and save what the network paints."""
    minutes, seed = (*map(float, sys.argv[1:3]), *(2, 0)[len(sys.argv) - 1 :])
    rng, images = np.random.default_rng(int(seed)), unpack(DIGITS)
    train_images, valid_images = images[:-500], images[-500:]
    params = train(init_params(rng, train_images.mean(axis=0)), train_images, 60 * minutes, rng)
    noise = rng.standard_normal((T, len(valid_images), Z), np.float32)
    (nll, kl), _ = draw_forward(params, x=valid_images, noise=noise, **SIZES)
    print(f"500 other digits: {nll.mean():.1f} + {kl.mean():.1f} = {(nll + kl).mean():.1f} nats")
    canvases = generate(params, rng.standard_normal((T, 10, Z), np.float32), write_size=K)
    save_png("my_draw.png", sigmoid(canvases))
    print("my_draw.png: ten paintings, one step a row")


def train(params, images, seconds, rng):
    """Minimise the cost of random batches by Adam until the time is up; return the new weights."""
    shapes = {name: value.shape for name, value in params.items()}
    weights = np.concatenate([np.ravel(value) for value in params.values()])
    mean, square, average = np.zeros_like(weights), np.zeros_like(weights), weights.copy()
    start, step, costs, share = time.perf_counter(), 0, [], np.full(BATCH, 1 / BATCH, np.float32)
    while (done := (time.perf_counter() - start) / seconds) < 1:
        step += 1
        x = images[rng.integers(0, len(images), BATCH)]
        noise = rng.standard_normal((T, BATCH, Z), np.float32)
        (nll, kl), cache = draw_forward(split(weights, shapes), x=x, noise=noise, **SIZES)
        grads = draw_backward((share, share), cache)
        grad = np.concatenate([np.ravel(grads[name]) for name in shapes]).astype(np.float32)
        arrays = weights, mean, square, average, clipped(grad, limit=LIMIT)
        rate = RATE * min(step / 20, 1, max(0.1, 2 - 2 * done))  # falls in the second half
        settings = {"rate": rate, "step": step, "decay": min(0.99, (1 + step) / (10 + step))}
        adam_update(*arrays, **settings, beta1=0.9, beta2=0.999, eps=1e-8)
        costs = [*costs[-99:], (nll + kl).mean()]
        if step % 100 == 0 or step in (1, 10):
            print(f"step {step}, {done:.0%} of the time: {np.mean(costs):.1f} nats", flush=True)
    return split(average, shapes)


def split(vector, shapes):
    """Return views of one long vector, with the names and shapes of the weights."""
    cuts = np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1]
    parts = np.split(vector, cuts)
    return {name: part.reshape(shapes[name]) for name, part in zip(shapes, parts, strict=True)}


def init_params(rng, mean_image):
    """Draw the first weights; the first canvas is the mean image, in logits."""
    shapes = {"read_window": (H, 5), "encoder": (2 * H + 2 * K**2, 4 * H), "latent": (H, 2 * Z)}
    shapes |= {"decoder": (H + Z, 4 * H), "patch": (H, K**2), "write_window": (H, 5)}
    mean = mean_image.clip(0.005, 0.995)
    params = {"canvas_0": np.log(mean / (1 - mean))}
    params |= {f"{a}.{b}": np.zeros(H) for a in ("encoder", "decoder") for b in ("h_0", "c_0")}
    for name, (inputs, outputs) in shapes.items():
        params[f"{name}.W"] = rng.standard_normal((inputs, outputs)) / np.sqrt(inputs)
        params[f"{name}.b"] = np.zeros(outputs)
    for name in ("encoder", "decoder"):
        params[f"{name}.b"][H : 2 * H] = 1  # the forget gates start open
    for name, width in (("read_window", 0.45), ("write_window", 0.8)):
        params[f"{name}.W"] *= 0.1
        stride = width * (len(mean[0]) - 1) / (K - 1)
        params[f"{name}.b"][2:4] = 2 * np.log(stride / 2), np.log(width)
    return {name: value.astype(np.float32) for name, value in params.items()}


def unpack(text):
    """Return the images, (n, 1, 28, 28), from their packed bits."""
    bits = np.unpackbits(np.frombuffer(zlib.decompress(base64.b85decode(text)), np.uint8))
    return bits.reshape(-1, 1, 28, 28).astype(np.float32)


def save_png(path, pictures):
    """Save pictures (rows, columns, 1, B, A) in [0, 1] as one grey PNG."""
    rows, columns, _, B, A = pictures.shape
    sheet = pictures[:, :, 0].swapaxes(1, 2).reshape(rows * B, columns * A)
    lines = np.pad((255 * sheet).round().astype(np.uint8), ((0, 0), (1, 0))).tobytes()

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", columns * A, rows * B, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
