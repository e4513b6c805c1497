import numpy as np


def score_by_square(mean, log_spread, *, places):
    var = np.exp(2 * log_spread)
    off = places - mean
    return off / var, off * off / var - 1


def score_by_loop(mean, log_spread, *, places):
    dmean, dlog_spread = np.empty(places.shape), np.empty(places.shape)
    for s, place in enumerate(places):
        for d in range(len(mean)):
            noise = (place[d] - mean[d]) * np.exp(-log_spread[d])
            dmean[s, d] = noise * np.exp(-log_spread[d])
            dlog_spread[s, d] = (noise - 1) * (noise + 1)
    return dmean, dlog_spread


def reinforce_by_product(costs, slopes, *, baseline):
    return (costs - baseline) @ slopes / len(costs)


def reinforce_by_loop(costs, slopes, *, baseline):
    total = np.zeros(slopes.shape[1])
    for cost, slope, expected in zip(costs, slopes, baseline, strict=True):
        total += (cost - expected) * slope
    return total / len(costs)


def pathwise_by_einsum(dplaces, log_spread, *, noise):
    S = len(noise)
    return dplaces.sum(axis=0) / S, np.exp(log_spread) / S * np.einsum("sd,sd->d", dplaces, noise)


def pathwise_by_loop(dplaces, log_spread, *, noise):
    dmean, dlog_spread = 0 * log_spread, 0 * log_spread
    for d, (slope, eps) in enumerate(zip(dplaces.T, noise.T, strict=True)):
        dmean[d] = np.average(slope)
        dlog_spread[d] = np.average(slope * eps) * np.exp(log_spread[d])
    return dmean, dlog_spread


def samples_needed_by_norm(grads, gradient, *, error):
    missed = np.linalg.norm(grads - gradient, axis=2)
    return np.mean(missed**2, axis=0) / (error * np.linalg.norm(gradient, axis=1)) ** 2


def samples_needed_by_moments(grads, gradient, *, error):
    """Use the mean square of the estimates, and the two other terms of the square."""
    cross = np.einsum("snd,nd->n", grads, gradient) / len(grads)
    length = np.einsum("nd,nd->n", gradient, gradient)
    square = np.einsum("snd,snd->n", grads, grads) / len(grads)
    return (square - 2 * cross + length) / length / error**2


STYLES = {
    "20.score": (score_by_square, score_by_loop),
    "20.reinforce": (reinforce_by_product, reinforce_by_loop),
    "20.pathwise": (pathwise_by_einsum, pathwise_by_loop),
    "20.samples_needed": (samples_needed_by_norm, samples_needed_by_moments),
}
