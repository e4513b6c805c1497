import numpy as np


def clipped_by_norm(grad, *, limit):
    norm = np.linalg.norm(grad)
    return grad * (limit / norm) if norm > limit else grad


def clipped_by_maximum(grad, *, limit):
    return grad / max(1, np.sqrt(grad @ grad) / limit)


def adam_update_as_in_the_paper(
    weights, mean, square, average, grad, *, rate, step, beta1, beta2, eps, decay
):
    mean[...] = beta1 * mean + (1 - beta1) * grad
    square[...] = beta2 * square + (1 - beta2) * grad**2
    mean_hat, square_hat = mean / (1 - beta1**step), square / (1 - beta2**step)
    weights[...] = weights - rate * mean_hat / (np.sqrt(square_hat) + eps)
    average[...] = decay * average + (1 - decay) * weights


def adam_update_by_loop(
    weights, mean, square, average, grad, *, rate, step, beta1, beta2, eps, decay
):
    for k in range(len(weights)):
        mean[k] += (1 - beta1) * (grad[k] - mean[k])
        square[k] += (1 - beta2) * (grad[k] * grad[k] - square[k])
        root = (square[k] / (1 - beta2**step)) ** 0.5
        weights[k] -= rate / (1 - beta1**step) * mean[k] / (root + eps)
        average[k] += (1 - decay) * (weights[k] - average[k])


STYLES = {
    "13.clipped": (clipped_by_norm, clipped_by_maximum),
    "13.adam_update": (adam_update_as_in_the_paper, adam_update_by_loop),
}
