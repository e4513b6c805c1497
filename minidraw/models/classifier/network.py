"""All T steps of the classifier, forward and backward.

Every step is one row of a record, ``[h | glimpse]``, which is all that the LSTM sees.
"""

import numpy as np

from minidraw.models.interface import apply_linear, packed_weights


def forward(params, x, config, ops):
    """All T steps: logits (n, classes), and what the backward pass and the pictures need."""
    T, n, H = config.glimpses, len(x), config.hidden
    seen = np.empty((T + 1, n, H + config.glimpse_size), x.dtype)
    theta = np.empty((T, n, 5), x.dtype)
    seen[0, :, :H] = params["lstm.h_0"]
    c = np.repeat(params["lstm.c_0"][None], n, axis=0)
    params, caches = packed_weights(params, ops), []
    for t in range(T):
        theta[t] = apply_linear(params, "window", seen[t, :, :H], ops)  # eq 21
        seen[t, :, H:], read = ops.read_image_attention(theta[t], x=x, K=config.read_size)  # eq 27
        a = apply_linear(params, "lstm", seen[t], ops)
        (seen[t + 1, :, :H], c), gates = ops.lstm_gates(a, c)
        caches.append((read, gates))
    return apply_linear(params, "label", seen[T, :, :H], ops), (seen, theta, caches)


def _costs(logits, labels, ops):
    """What `costs` returns, and the cross-entropy's cache."""
    targets = np.zeros_like(logits)
    targets[np.arange(len(labels)), labels] = 1
    nll, cache = ops.softmax_cross_entropy(logits, targets=targets)
    error = (logits.argmax(axis=1) != labels).astype(logits.dtype)
    return {"nll": nll, "error": error, "total": nll}, cache


def costs(params, batch, noise, config, ops):
    """What each image costs.

    Parameters
    ----------
    params : dict of arrays, as in `param_shapes`
    batch : Batch
        Images, shape (n, C, B, A), in [0, 1], and labels.
    noise : ignored
    config : Config
    ops : module
        `minidraw.layers` or `minidraw.kernels`.

    Returns
    -------
    costs : dict of arrays, shape (n,)
        ``nll``, the cross-entropy in nats, which is also the ``total`` that is learned from;
        ``error``, 1 where the likeliest class is a wrong one, else 0.
    """
    logits, _ = forward(params, batch.images, config, ops)
    return _costs(logits, batch.labels, ops)[0]


def loss_and_grads(params, batch, noise, config, ops):
    """`costs`, and the gradient of the sum of their totals.

    Parameters
    ----------
    params, batch, noise, config, ops
        As in `costs`.

    Returns
    -------
    costs : dict of arrays, shape (n,)
    grads : dict of arrays, as in `param_shapes`
        Summed over the images, not averaged.
    """
    logits, tape = forward(params, batch.images, config, ops)
    found, cache = _costs(logits, batch.labels, ops)
    dlogits = ops.softmax_cross_entropy_backward(np.ones_like(found["nll"]), cache)
    return found, _backward(params, dlogits, tape, config, ops)


def _backward(params, dlogits, tape, config, ops):
    """Back through all steps; the weights' gradients once, over all steps stacked."""
    seen, theta, caches = tape
    T, n, H = config.glimpses, len(dlogits), config.hidden
    dtheta, da = np.empty_like(theta), np.empty((T, n, 4 * H), theta.dtype)
    turned = {name: ops.pack_transposed(params[f"{name}.W"]) for name in ("window", "lstm")}
    dh = ops.linear_backward_input(dlogits, ops.pack_transposed(params["label.W"]))
    dc = np.zeros_like(dh)
    for t in reversed(range(T)):
        read, gates = caches[t]
        # h, c = lstm([h, glimpse], c)
        _, dc = ops.lstm_gates_backward((dh, dc), gates, out=da[t])
        dseen = ops.linear_backward_input(da[t], turned["lstm"])
        # glimpse = read(window(h))
        dtheta[t] = ops.read_image_attention_backward(dseen[:, H:], read)
        dh = dseen[:, :H] + ops.linear_backward_input(dtheta[t], turned["window"])
    grads = {"lstm.h_0": dh.sum(axis=0), "lstm.c_0": dc.sum(axis=0)}
    before = seen[:-1].reshape(T * n, -1)
    layers = {
        "window": (dtheta.reshape(T * n, 5), before[:, :H]),
        "lstm": (da.reshape(T * n, 4 * H), before),
        "label": (dlogits, seen[T, :, :H]),
    }
    for name, (dout, x) in layers.items():
        grads[f"{name}.W"], grads[f"{name}.b"] = ops.linear_backward_weights(dout, x)
    return grads
