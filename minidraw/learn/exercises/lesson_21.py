"""Lesson 21, a canvas is a memory: find a slot, move a head, sharpen it, erase and add."""

from typing import NamedTuple

import numpy as np

from minidraw.layers.likelihood import softmax
from minidraw.learn.exercises.exercise import Exercise


class MoveCache(NamedTuple):
    target: np.ndarray  # (n, N)
    w: np.ndarray  # (n, N)
    gate: np.ndarray  # (n, 1)
    shifts: np.ndarray  # (n, 3)


class SharpenCache(NamedTuple):
    w: np.ndarray  # (n, N)
    strength: np.ndarray  # (n, 1)


class MemoryCache(NamedTuple):
    memory: np.ndarray  # (n, N, M)
    w: np.ndarray  # (n, N)
    erase: np.ndarray  # (n, M)
    add: np.ndarray  # (n, M)


def address_by_content(key, strength, memory):
    """Return weights (n, N) of the slots: softmax of strength times cosine similarity."""
    lengths = np.linalg.norm(memory, axis=2) * np.linalg.norm(key, axis=1, keepdims=True)
    cosine = np.einsum("nkm,nm->nk", memory, key) / lengths
    return softmax(strength * cosine)


def move(target, w, gate, shifts):
    """Mix the target with the weights w, then shift them by -1, 0 and 1 on a ring."""
    mixed = gate * target + (1 - gate) * w
    moved = sum(shifts[:, [j]] * np.roll(mixed, j - 1, axis=1) for j in range(3))
    return moved, MoveCache(target, w, gate, shifts)


def move_backward(dmoved, cache):
    """Return the gradients ``dtarget, dw, dgate, dshifts``."""
    target, w, gate, shifts = cache
    mixed = gate * target + (1 - gate) * w
    dmixed = sum(shifts[:, [j]] * np.roll(dmoved, 1 - j, axis=1) for j in range(3))
    rolled = np.stack([np.roll(mixed, j - 1, axis=1) for j in range(3)], axis=1)
    dshifts = (dmoved[:, None] * rolled).sum(axis=2)
    dgate = (dmixed * (target - w)).sum(axis=1, keepdims=True)
    return gate * dmixed, (1 - gate) * dmixed, dgate, dshifts


def sharpen(w, strength):
    """Raise positive weights (n, N) to a power, and divide them by their sum."""
    powers = w**strength
    out = powers / powers.sum(axis=1, keepdims=True)
    return out, SharpenCache(w, strength)


def sharpen_backward(dout, cache):
    """Return the gradients ``dw, dstrength``: a softmax of strength times log w."""
    w, strength = cache
    p = softmax(strength * np.log(w))
    d = p * (dout - (dout * p).sum(axis=1, keepdims=True))
    return strength * d / w, (d * np.log(w)).sum(axis=1, keepdims=True)


def erase_and_add(memory, w, erase, add):
    """Write to the slots: erase a share of what is there, then add."""
    kept = 1 - w[:, :, None] * erase[:, None]
    return memory * kept + w[:, :, None] * add[:, None], MemoryCache(memory, w, erase, add)


def erase_and_add_backward(dout, cache):
    """Return the gradients ``dmemory, dw, derase, dadd``."""
    memory, w, erase, add = cache
    dmemory = dout * (1 - w[:, :, None] * erase[:, None])
    dw = (dout * (add[:, None] - memory * erase[:, None])).sum(axis=2)
    derase = -(dout * memory * w[:, :, None]).sum(axis=1)
    dadd = (dout * w[:, :, None]).sum(axis=1)
    return dmemory, dw, derase, dadd


def make_weights(rng, n, N):
    """Draw positive weights that sum to 1."""
    return softmax(rng.standard_normal((n, N)))


def make_question(rng, n, N, M):
    inputs = {"key": rng.standard_normal((n, M)), "strength": rng.uniform(0.5, 4, (n, 1))}
    return inputs | {"memory": rng.standard_normal((n, N, M))}, {}


def make_strong_question(rng, n, N, M):
    """Ask for the key itself, where one slot has it, or where all have its opposite."""
    inputs, settings = make_question(rng, n, N, M)
    inputs["memory"][0, 1], inputs["memory"][1] = inputs["key"][0], -inputs["key"][1]
    return inputs | {"strength": np.full((n, 1), 1000.0)}, settings


def make_move_inputs(rng, n, N):
    inputs = {"target": make_weights(rng, n, N), "w": make_weights(rng, n, N)}
    return inputs | {"gate": rng.random((n, 1)), "shifts": make_weights(rng, n, 3)}, {}


def make_sure_move(rng, n, N):
    inputs, settings = make_move_inputs(rng, n, N)
    inputs["gate"][:], inputs["shifts"][:] = 0, (0, 0, 1)
    return inputs | {"w": np.eye(N)[-np.ones(n, int)]}, settings


def make_blurred_weights(rng, n, N):
    return {"w": make_weights(rng, n, N), "strength": rng.uniform(1, 5, (n, 1))}, {}


def make_memory_inputs(rng, n, N, M):
    inputs = {"memory": rng.standard_normal((n, N, M)), "w": make_weights(rng, n, N)}
    return inputs | {"erase": rng.random((n, M)), "add": rng.standard_normal((n, M))}, {}


EXERCISES = (
    Exercise(
        "21.address_by_content",
        address_by_content,
        make_question,
        "n N M",
        4,
        (
            "The dot product of the key with each slot is a sum over M, for every sequence and "
            "slot: (n, N).",
            "The cosine is this product divided by both lengths. A length is the root of the sum "
            "of squares over M; np.linalg.norm computes it along an axis.",
            "Multiply by the strength, (n, 1), and take the softmax along the slots.",
        ),
        outputs=("weights",),
        uses=("softmax",),
        edges=((make_strong_question, "a strength of 1000"),),
        optional=True,
    ),
    Exercise(
        "21.move",
        move,
        make_move_inputs,
        "n N",
        3,
        (
            "Interpolate first: where the gate is 1, the result is the target; where it is 0, w.",
            "np.roll(mixed, 1, axis=1) moves every weight one slot to the right, and the last one "
            "to slot 0.",
            "The first column of shifts belongs to a move by -1, the second to staying, the third "
            "to a move by +1. Multiply each of the three rolled arrays by its column and add.",
        ),
        outputs=("moved",),
        edges=((make_sure_move, "a head on the last slot that moves by +1"),),
        optional=True,
    ),
    Exercise(
        "21.move_backward",
        move_backward,
        make_move_inputs,
        "n N",
        6,
        (
            "What was moved by +1 in the forward must move back by -1 in the backward: a gradient "
            "belongs to the slot from which the weight came.",
            "A shift's gradient asks: how well does the mixture, moved by this much, agree with "
            "dmoved? It is a sum over slots. The mixture isn't in the cache; compute it again.",
            "mixed = gate * target + (1 - gate) * w. The gate has one number per sequence, so "
            "its gradient is a sum over slots, of the incoming gradient times target - w.",
        ),
        forward=move,
        edges=((make_sure_move, "a head on the last slot that moves by +1"),),
        optional=True,
    ),
    Exercise(
        "21.sharpen",
        sharpen,
        make_blurred_weights,
        "n N",
        2,
        (
            "Raise every weight to the power of its sequence's strength. In NumPy a power is **.",
            "The powers no longer sum to 1. Divide each row by its sum.",
        ),
        outputs=("out",),
        uses=("softmax",),
        optional=True,
    ),
    Exercise(
        "21.erase_and_add_backward",
        erase_and_add_backward,
        make_memory_inputs,
        "n N M",
        5,
        (
            "One entry of the result is memory (1 - w erase) + w add: slot k has one w, column m "
            "has one erase and one add. Differentiate it with respect to each of the four.",
            "w belongs to a whole slot, so its gradient is a sum over the M columns. It occurs "
            "twice: its slope is add - memory erase.",
            "erase and add are used in every slot, so their gradients are sums over the N slots.",
        ),
        forward=erase_and_add,
        optional=True,
    ),
)
