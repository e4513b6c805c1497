import numpy as np


def coin_cost_by_loop(p, *, x):
    nats = np.zeros(len(p))
    for n in range(len(p)):
        for chance, pixel in zip(p[n], x[n], strict=True):
            nats[n] -= pixel * np.log(chance) + (1 - pixel) * np.log(1 - chance)
    return nats


def coin_cost_by_odds(p, *, x):
    logits = np.log(p) - np.log1p(-p)
    return -np.log1p(-p).sum(1) - np.einsum("np,np->n", x, logits)


def bernoulli_cost_by_logaddexp(logits, *, x):
    cost = np.logaddexp(0, logits) - x * logits
    return cost.reshape(len(x), -1).sum(axis=1), (logits, x)


def bernoulli_cost_by_two_sides(logits, *, x):
    def softplus(a):
        return np.where(a > 0, a, 0) + np.log(1 + np.exp(-abs(a)))

    light, dark = softplus(-logits), softplus(logits)
    return np.einsum("ncba->n", x * light + (1 - x) * dark), (logits, x)


def bernoulli_cost_backward_by_exp(dnll, cache):
    logits, x = cache
    return dnll.reshape(-1, 1, 1, 1) * (1 / (1 + np.exp(-logits)) - x)


def bernoulli_cost_backward_by_loop(dnll, cache):
    logits, x = cache
    dlogits = np.zeros(x.shape)
    for n in range(len(x)):
        dlogits[n] = dnll[n] * (0.5 * np.tanh(logits[n] / 2) + 0.5)
        dlogits[n] -= dnll[n] * x[n]
    return dlogits


STYLES = {
    "03.coin_cost": (coin_cost_by_loop, coin_cost_by_odds),
    "03.bernoulli_cost": (bernoulli_cost_by_logaddexp, bernoulli_cost_by_two_sides),
    "03.bernoulli_cost_backward": (
        bernoulli_cost_backward_by_exp,
        bernoulli_cost_backward_by_loop,
    ),
}
