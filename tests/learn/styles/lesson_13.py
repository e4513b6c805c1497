import numpy as np

from minidraw.layers import lstm_gates, write_attention


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


def generate_by_hstack(params, noise, *, write_size):
    starts = "canvas_0", "decoder.h_0", "decoder.c_0"
    canvas, h_dec, c_dec = (np.repeat(params[s][None], noise.shape[1], axis=0) for s in starts)
    canvases, size = [canvas], {"height": canvas.shape[2], "width": canvas.shape[3]}
    for t in range(len(noise)):
        seen = np.hstack([h_dec, noise[t]])
        a = seen @ params["decoder.W"] + params["decoder.b"]
        (h_dec, c_dec), _ = lstm_gates(a, c_dec)
        patch = h_dec @ params["patch.W"] + params["patch.b"]
        theta = h_dec @ params["write_window.W"] + params["write_window.b"]
        canvases.append(canvases[-1] + write_attention(patch, theta, K=write_size, **size)[0])
    return np.stack(canvases)


def generate_by_filling(params, noise, *, write_size):
    T, n, _ = noise.shape
    C, B, A = params["canvas_0"].shape
    canvases = np.empty((T + 1, n, C, B, A))
    canvases[0], H = params["canvas_0"], len(params["decoder.h_0"])
    h_dec, c_dec = np.tile(params["decoder.h_0"], (n, 1)), np.tile(params["decoder.c_0"], (n, 1))
    W = params["decoder.W"]
    for t, z in enumerate(noise):
        (h_dec, c_dec), _ = lstm_gates(h_dec @ W[:H] + z @ W[H:] + params["decoder.b"], c_dec)
        parts = [h_dec @ params[f"{k}.W"] + params[f"{k}.b"] for k in ("patch", "write_window")]
        stroke, _ = write_attention(*parts, height=B, width=A, K=write_size)
        canvases[t + 1] = canvases[t] + stroke
    return canvases


STYLES = {
    "13.generate": (generate_by_hstack, generate_by_filling),
    "13.clipped": (clipped_by_norm, clipped_by_maximum),
    "13.adam_update": (adam_update_as_in_the_paper, adam_update_by_loop),
}
