import numpy as np

from minidraw.layers.likelihood import softmax


def address_by_content_of_unit_vectors(key, strength, memory):
    """Make all vectors one long first; then the dot product is the cosine."""
    key = key / np.sqrt((key**2).sum(axis=1))[:, None]
    memory = memory / np.sqrt((memory**2).sum(axis=2))[:, :, None]
    return softmax(strength * (memory @ key[:, :, None])[:, :, 0])


def address_by_content_by_loop(key, strength, memory):
    weights = np.zeros(memory.shape[:2])
    for n, k in np.ndindex(weights.shape):
        slot = memory[n, k]
        weights[n, k] = (
            strength[n, 0] * (slot @ key[n]) / np.sqrt((slot @ slot) * (key[n] @ key[n]))
        )
    heights = np.exp(weights - weights.max(axis=1, keepdims=True))
    return heights / heights.sum(axis=1, keepdims=True)


def move_by_index(target, w, gate, shifts):
    N = w.shape[1]
    k, mixed = np.arange(N), w + gate * (target - w)
    back, stay, on = shifts.T[:, :, None]
    moved = back * mixed[:, (k + 1) % N] + stay * mixed + on * mixed[:, k - 1]
    return moved, (target, w, gate, shifts)


def move_by_matrix(target, w, gate, shifts):
    """Multiply by a matrix with three diagonals for each image."""
    N = w.shape[1]
    rolls = np.array([np.roll(np.eye(N), j - 1, axis=1) for j in range(3)])
    matrix = np.einsum("nj,jab->nab", shifts, rolls)
    mixed = gate * target + (1 - gate) * w
    return (mixed[:, None] @ matrix)[:, 0], (target, w, gate, shifts)


def move_backward_by_matrix(dmoved, cache):
    target, w, gate, shifts = cache
    rolls = np.array([np.roll(np.eye(w.shape[1]), j - 1, axis=1) for j in range(3)])
    mixed = gate * target + (1 - gate) * w
    dshifts = np.einsum("na,jab,nb->nj", mixed, rolls, dmoved)
    dmixed = np.einsum("nj,jab,nb->na", shifts, rolls, dmoved)
    dgate = np.einsum("na,na->n", dmixed, target - w)[:, None]
    return dmixed * gate, dmixed - dmixed * gate, dgate, dshifts


def move_backward_by_loop(dmoved, cache):
    target, w, gate, shifts = cache
    mixed, dmixed, dshifts = w + gate * (target - w), np.zeros(w.shape), np.zeros(shifts.shape)
    n, N = w.shape
    for i, k, j in np.ndindex(n, N, 3):
        to = (k + j - 1) % N
        dmixed[i, k] += shifts[i, j] * dmoved[i, to]
        dshifts[i, j] += mixed[i, k] * dmoved[i, to]
    dgate = (dmixed * target).sum(axis=1) - (dmixed * w).sum(axis=1)
    return gate * dmixed, (1 - gate) * dmixed, dgate[:, None], dshifts


def sharpen_by_softmax(w, strength):
    return softmax(strength * np.log(w)), (w, strength)


def sharpen_by_ratio(w, strength):
    """Divide by the largest weight first."""
    powers = (w / w.max(axis=1)[:, None]) ** strength
    return powers / powers.sum(axis=1)[:, None], (w, strength)


def erase_and_add_backward_by_einsum(dout, cache):
    memory, w, erase, add = cache
    dmemory = dout - np.einsum("nkm,nk,nm->nkm", dout, w, erase)
    dw = np.einsum("nkm,nm->nk", dout, add) - np.einsum("nkm,nkm,nm->nk", dout, memory, erase)
    derase = -np.einsum("nkm,nkm,nk->nm", dout, memory, w)
    return dmemory, dw, derase, np.einsum("nkm,nk->nm", dout, w)


def erase_and_add_backward_in_two_links(dout, cache):
    """Undo the sum of two outer products: of w with erase, and of w with add."""
    memory, w, erase, add = cache
    derased = -dout * memory
    w_column = w[:, :, None]
    dw = derased @ erase[:, :, None] + dout @ add[:, :, None]
    dmemory = dout * (1 - w_column * erase[:, None])
    derase, dadd = ((w_column.mT @ part)[:, 0] for part in (derased, dout))
    return dmemory, dw[:, :, 0], derase, dadd


STYLES = {
    "21.address_by_content": (address_by_content_of_unit_vectors, address_by_content_by_loop),
    "21.move": (move_by_index, move_by_matrix),
    "21.move_backward": (move_backward_by_matrix, move_backward_by_loop),
    "21.sharpen": (sharpen_by_softmax, sharpen_by_ratio),
    "21.erase_and_add_backward": (
        erase_and_add_backward_by_einsum,
        erase_and_add_backward_in_two_links,
    ),
}
