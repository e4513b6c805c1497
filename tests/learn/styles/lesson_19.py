import numpy as np

from minidraw.layers import linear_backward, sigmoid


def critic_cost_by_cases(on_images, on_paintings):
    def softplus(c):
        return np.maximum(c, 0) + np.log1p(np.exp(-np.abs(c)))

    return softplus(-on_images) + softplus(on_paintings), (on_images, on_paintings)


def critic_cost_by_loop(on_images, on_paintings):
    cost = np.zeros(len(on_images))
    for k, (real, painted) in enumerate(zip(on_images, on_paintings, strict=True)):
        cost[k] = np.logaddexp.reduce([0, -real]) + np.logaddexp.reduce([0, painted])
    return cost, (on_images, on_paintings)


def critic_cost_backward_by_p(dcost, cache):
    p_images, p_paintings = (sigmoid(part) for part in cache)
    return dcost * (p_images - 1), dcost * p_paintings


def critic_cost_backward_stacked(dcost, cache):
    logits, is_image = np.stack(cache), np.array([[1], [0]])
    dlogits = dcost * (0.5 * (1 + np.tanh(logits / 2)) - is_image)
    return dlogits[0], dlogits[1]


def fooled_backward_by_linear(dcost, cache):
    a, logits, W_1, W_2 = cache
    dlogits = dcost * (sigmoid(logits) - 1)
    da = np.outer(dlogits, W_2)
    da[a <= 0] *= 0.2
    return linear_backward(da, (np.zeros((len(a), len(W_1))), W_1))[0]


def fooled_backward_by_loops(dcost, cache):
    a, logits, W_1, W_2 = cache
    dpaintings = np.zeros((len(a), len(W_1)))
    for n, j in np.ndindex(a.shape):
        slope = 1 if a[n, j] > 0 else 0.2
        dpaintings[n] -= dcost[n] * sigmoid(-logits[n]) * W_2[j] * slope * W_1[:, j]
    return dpaintings


def classes_painted_by_loop(counts):
    found = []
    for row in counts:
        shares = [count / sum(row) for count in row if count > 0]
        found.append(np.exp(sum(-p * np.log(p) for p in shares)))
    return np.array(found)


def classes_painted_by_product(counts):
    p = counts / counts.sum(axis=1)[:, None]
    return 1 / np.prod(p**p, axis=1)


STYLES = {
    "19.critic_cost": (critic_cost_by_cases, critic_cost_by_loop),
    "19.critic_cost_backward": (critic_cost_backward_by_p, critic_cost_backward_stacked),
    "19.fooled_backward": (fooled_backward_by_linear, fooled_backward_by_loops),
    "19.classes_painted": (classes_painted_by_loop, classes_painted_by_product),
}
