"""All T steps of the attention model, forward and backward: `forward` and `loss_and_grads`.

Each step has one record per image, ``[h | glimpse | place]``, the input of the LSTM.  A place is
sampled from N(mean, spread^2).  The expected cost has the gradient (Williams 1992)

    d E[nll] = E[ d nll, places held fixed  +  sum_t (nll - b_t) d log p(place_t) ].

The baseline b_t, learned from h_t, doesn't change the expectation but its scatter.  Without
`config.reinforce_lstm`, the second part trains only `place`, as in Mnih et al. (2014).
"""

import numpy as np

from minidraw.models.classifier.network import label_costs
from minidraw.models.interface import apply_linear, linear_gradients


def forward(params, x, noise, config, ops, places=None):
    """Run all T steps, at `places` (T, n, 2) if given: return the logits (n, classes), the tape."""
    T, n, H = config.glimpses, len(x), config.hidden
    seen = np.empty((T + 1, n, H + config.glimpse_size + 2), x.dtype, like=x)
    mean = np.empty((T, n, 2), x.dtype, like=x)
    seen[0, :, :H] = params["lstm.h_0"]
    c = np.repeat(params["lstm.c_0"][None], n, axis=0)
    params = ops.prepare(params)
    caches = []
    for t in range(T):
        mean[t], _ = ops.tanh(apply_linear(params, "place", seen[t, :, :H], ops))
        place = mean[t] + x.dtype.type(config.spread) * noise[t] if places is None else places[t]
        seen[t, :, -2:] = place
        seen[t, :, H:-2] = read_scales(place, x, config, ops)
        a = apply_linear(params, "lstm", seen[t], ops)
        (seen[t + 1, :, :H], c), gates = ops.lstm_gates(a, c)
        caches.append(gates)
    return apply_linear(params, "label", seen[T, :, :H], ops), (seen, mean, caches)


def read_scales(place, x, config, ops):
    """Read the image around a place (n, 2), once with every stride: (n, scales C K K)."""
    thetas = (make_theta(place, scale, config) for scale in range(config.scales))
    parts = [ops.read_image_attention(theta, x=x, K=config.read_size)[0] for theta in thetas]
    return np.concatenate(parts, axis=1)


def make_theta(place, scale, config):
    """Return the window (..., 5) of eq 21 at places (..., 2), with a stride of 2^scale pixels."""
    stride = 2.0**scale
    full = (max(config.height, config.width) - 1) / (config.read_size - 1)  # eq 24
    theta = np.zeros((*place.shape[:-1], 5), place.dtype, like=place)
    theta[..., :2] = place
    theta[..., 2] = 2 * np.log(stride / 2)  # filters overlap, as the classifier's do at first
    theta[..., 3] = np.log(stride / full)
    return theta


def costs(params, batch, noise, config, ops):
    """Return the cross-entropy and the error of each image; `noise` samples the places."""
    logits, _ = forward(params, batch.images, noise, config, ops)
    return label_costs(logits, batch.labels, ops)[0]


def loss_and_grads(params, batch, noise, config, ops):
    """Return the costs, as `costs` does, and an estimate of the expected cost's gradient.

    The gradients have the names and shapes of `param_shapes`.  They are sums over the images; the
    baseline's are those of its squared error, half (b - nll)^2, at every step.
    """
    logits, tape = forward(params, batch.images, noise, config, ops)
    found, cache = label_costs(logits, batch.labels, ops)
    dlogits = ops.softmax_cross_entropy_backward(np.ones_like(found["nll"]), cache)
    dbaseline = compute_baseline(params, tape[0][:-1, :, : config.hidden], ops) - found["nll"]
    # log p(place) = -(place - mean)^2 / (2 spread^2), and place - mean = spread noise
    dmean = -dbaseline[:, :, None] * noise / logits.dtype.type(config.spread)
    return found, _backward(params, dlogits, dmean, dbaseline, tape, config, ops)


def compute_baseline(params, h, ops):
    """Return the cost to expect at every step, (T, n), from h (T, n, H)."""
    return apply_linear(params, "baseline", h.reshape(-1, h.shape[2]), ops).reshape(h.shape[:2])


def _backward(params, dlogits, dmean, dbaseline, tape, config, ops):
    """Backpropagate through all steps, then compute the weight gradients of all steps at once."""
    seen, mean, caches = tape
    T, n, H = config.glimpses, len(dlogits), config.hidden
    dplace = dmean * (1 - mean**2)  # mean = tanh(place(h))
    da = np.empty((T, n, 4 * H), mean.dtype, like=mean)
    params = ops.prepare(params)
    dh = ops.linear_backward_input(dlogits, params["label.W"])
    dc = np.zeros_like(dh)
    for t in reversed(range(T)):
        # h, c = lstm([h, glimpse, place], c): neither glimpse nor place passes a gradient on
        _, dc = ops.lstm_gates_backward((dh, dc), caches[t], out=da[t])
        dh = ops.linear_backward_input(da[t], params["lstm.W"])[:, :H]
        if config.reinforce_lstm:
            dh = dh + ops.linear_backward_input(dplace[t], params["place.W"])
    before = seen[:-1].reshape(T * n, -1)
    layers = {
        "place": (dplace.reshape(T * n, 2), before[:, :H]),
        "lstm": (da.reshape(T * n, 4 * H), before),
        "label": (dlogits, seen[T, :, :H]),
        "baseline": (dbaseline.reshape(T * n, 1), before[:, :H]),  # h doesn't learn from it
    }
    return {"lstm.h_0": dh.sum(axis=0), "lstm.c_0": dc.sum(axis=0)} | linear_gradients(layers, ops)
