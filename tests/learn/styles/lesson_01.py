import numpy as np


def slope_by_gradient(f, x, *, eps):
    return np.gradient(f(np.array([x - eps, x, x + eps])), eps, axis=0)[1]


def slope_in_steps(f, x, *, eps):
    above, below = f(x + eps), f(x - eps)
    return 0.5 * (above - below) / eps


def chain_backward_by_loop(dy, x):
    return np.array([2 * x[i] * np.cos(x[i] * x[i]) * dy[i] for i in range(len(x))])


def chain_backward_by_links(dy, x):
    u = np.square(x)
    du = dy * np.cos(u)
    return du * (x + x)


def twice_backward_factored(dy, x):
    return dy * (1 + x) * np.exp(x)


def twice_backward_by_loop(dy, x):
    dx = np.zeros(len(x))
    for i, value in enumerate(x):
        dx[i] += dy[i] * np.e**value
        dx[i] += dy[i] * value * np.e**value
    return dx


def shift_backward_by_loop(dy, cache):
    db = np.zeros(dy.shape[1])
    for row in dy:
        db += row
    return dy, db


def shift_backward_by_product(dy, cache):
    return [1.0 * dy, np.ones(len(dy)) @ dy]


STYLES = {
    "01.slope": (slope_by_gradient, slope_in_steps),
    "01.chain_backward": (chain_backward_by_loop, chain_backward_by_links),
    "01.twice_backward": (twice_backward_factored, twice_backward_by_loop),
    "01.shift_backward": (shift_backward_by_loop, shift_backward_by_product),
}
