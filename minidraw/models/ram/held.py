"""The cost whose slope is REINFORCE's estimate: places, costs and the baseline's inputs held fixed.

Only gradient checks need it.  It has the names of a model; the noise is a `Held`.
"""

from typing import NamedTuple

import numpy as np

from minidraw.models.ram import network


class Held(NamedTuple):
    noise: np.ndarray  # (T, n, 2)
    places: np.ndarray  # (T, n, 2)
    h: np.ndarray  # (T, n, H)
    nll: np.ndarray  # (n,)
    advantage: np.ndarray  # (T, n)  nll minus baseline


def hold(params, batch, noise, config, ops):
    """Look at images, and return what is held fixed."""
    _, (seen, _, _) = network.forward(params, batch.images, noise, config, ops)
    nll = network.costs(params, batch, noise, config, ops)["nll"]
    h = seen[:-1, :, : config.hidden].copy()
    advantage = nll - network.compute_baseline(params, h, ops)
    return Held(noise, seen[:-1, :, -2:].copy(), h, nll, advantage)


def costs(params, batch, held, config, ops):
    """Return the total of each image, (n,): nll, the places' log p, and the baseline's error."""
    logits, tape = network.forward(params, batch.images, None, config, ops, places=held.places)
    nll = network.label_costs(logits, batch.labels, ops)[0]["nll"]
    log_p = -((held.places - tape.mean) ** 2).sum(axis=2) / (2 * config.spread**2)
    error = 0.5 * (network.compute_baseline(params, held.h, ops) - held.nll) ** 2
    return {"total": nll + (held.advantage * log_p + error).sum(axis=0)}


def loss_and_grads(params, batch, held, config, ops):
    """Return what the model does with the noise that chose these places."""
    return network.loss_and_grads(params, batch, held.noise, config, ops)
