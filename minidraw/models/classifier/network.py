"""All T steps of the classifier, forward and backward: `forward` and `loss_and_grads`.

Each step has one record per image, ``[h | glimpse]``, the input of the LSTM.
"""

import numpy as np

from minidraw.models.interface import apply_linear, linear_gradients


def forward(params, x, config, ops):
    """Run all T steps: return the logits (n, classes) and the tape for the backward pass."""
    T, n, H = config.glimpses, len(x), config.hidden
    seen = np.empty((T + 1, n, H + config.glimpse_size), x.dtype, like=x)
    theta = np.empty((T, n, 5), x.dtype, like=x)
    seen[0, :, :H] = params["lstm.h_0"]
    c = np.repeat(params["lstm.c_0"][None], n, axis=0)
    params = ops.prepare(params)
    caches = []
    for t in range(T):
        theta[t] = apply_linear(params, "window", seen[t, :, :H], ops)  # eq 21
        seen[t, :, H:], read = ops.read_image_attention(theta[t], x=x, K=config.read_size)  # eq 27
        a = apply_linear(params, "lstm", seen[t], ops)
        (seen[t + 1, :, :H], c), gates = ops.lstm_gates(a, c)
        caches.append((read, gates))
    return apply_linear(params, "label", seen[T, :, :H], ops), (seen, theta, caches)


def label_costs(logits, labels, ops):
    """Return the costs of the logits, and the cross-entropy's cache."""
    targets = np.zeros_like(logits)
    targets[np.arange(len(labels), like=logits), labels] = 1
    nll, cache = ops.softmax_cross_entropy(logits, targets=targets)
    error = (logits.argmax(axis=1) != labels).astype(logits.dtype)
    return {"nll": nll, "error": error, "total": nll}, cache


def loss_and_grads(params, batch, noise, config, ops):
    """Return the costs, as `costs` does, and the gradients of the sum of their totals.

    The gradients have the names and shapes of `param_shapes`.  They are sums over the images.
    """
    logits, tape = forward(params, batch.images, config, ops)
    found, cache = label_costs(logits, batch.labels, ops)
    dlogits = ops.softmax_cross_entropy_backward(np.ones_like(found["nll"]), cache)
    return found, _backward(params, dlogits, tape, config, ops)


def _backward(params, dlogits, tape, config, ops):
    """Backpropagate through all steps, then compute the weight gradients of all steps at once."""
    seen, theta, caches = tape
    T, n, H = config.glimpses, len(dlogits), config.hidden
    dtheta, da = np.empty_like(theta), np.empty((T, n, 4 * H), theta.dtype, like=theta)
    params = ops.prepare(params)
    dh = ops.linear_backward_input(dlogits, params["label.W"])
    dc = np.zeros_like(dh)
    for t in reversed(range(T)):
        read, gates = caches[t]
        # h, c = lstm([h, glimpse], c)
        _, dc = ops.lstm_gates_backward((dh, dc), gates, out=da[t])
        dseen = ops.linear_backward_input(da[t], params["lstm.W"])
        # glimpse = read(window(h))
        dtheta[t] = ops.read_image_attention_backward(dseen[:, H:], read)
        dh = dseen[:, :H] + ops.linear_backward_input(dtheta[t], params["window.W"])
    grads = {"lstm.h_0": dh.sum(axis=0), "lstm.c_0": dc.sum(axis=0)}
    before = seen[:-1].reshape(T * n, -1)
    layers = {
        "window": (dtheta.reshape(T * n, 5), before[:, :H]),
        "lstm": (da.reshape(T * n, 4 * H), before),
        "label": (dlogits, seen[T, :, :H]),
    }
    return grads | linear_gradients(layers, ops)
