import numpy as np

from minidraw.layers import linear_backward, lstm_backward, read_image_attention_backward


def softmax_cross_entropy_by_logaddexp(logits, *, targets):
    nll = np.logaddexp.reduce(logits, axis=1) - np.einsum("nl,nl->n", targets, logits)
    return nll, (logits, targets)


def softmax_cross_entropy_by_index(logits, *, targets):
    """Use each logit's difference from the correct class's logit."""
    k = targets.argmax(axis=1)
    above = logits - logits[np.arange(len(k)), k][:, None]
    largest = above.max(axis=1)
    return largest + np.log(np.exp(above - largest[:, None]).sum(axis=1)), (logits, targets)


def softmax_cross_entropy_backward_in_place(dnll, cache):
    logits, targets = cache
    p = np.exp(logits - logits.max(axis=1)[:, None])
    p /= p.sum(axis=1)[:, None]
    p[np.arange(len(p)), targets.argmax(axis=1)] -= 1
    return dnll.reshape(-1, 1) * p


def softmax_cross_entropy_backward_by_loop(dnll, cache):
    logits, targets = cache
    dlogits = np.zeros(logits.shape)
    for n in range(len(logits)):
        for j in range(logits.shape[1]):
            p = np.exp(-np.logaddexp.reduce(logits[n] - logits[n, j]))
            dlogits[n, j] = dnll[n] * (p - targets[n, j])
    return dlogits


def looks_backward_by_lists(dh, cache):
    dc, grads = np.zeros_like(dh), [0, 0, 0, 0]
    for step in reversed(cache.steps):
        dglimpse, dh_lstm, dc, *of_lstm = lstm_backward((dh, dc), step.lstm)
        dtheta = read_image_attention_backward(dglimpse, step.read)
        dh_window, *of_window = linear_backward(dtheta, step.window)
        dh = dh_lstm + dh_window
        grads = [g + new for g, new in zip(grads, of_window + of_lstm, strict=True)]
    return dh, dc, *grads


def looks_backward_by_recursion(dh, cache):
    """Undo the last step, then call itself on the steps before it."""

    def back(dh, dc, steps):
        if not steps:
            return dh, dc, 0, 0, 0, 0
        dglimpse, dh_lstm, dc, dW, db = lstm_backward((dh, dc), steps[-1].lstm)
        dtheta = read_image_attention_backward(dglimpse, steps[-1].read)
        dh, dW_window, db_window = linear_backward(dtheta, steps[-1].window)
        dh, dc, *earlier = back(dh + dh_lstm, dc, steps[:-1])
        own = dW_window, db_window, dW, db
        return dh, dc, *(a + b for a, b in zip(own, earlier, strict=True))

    return back(dh, 0 * dh, cache.steps)


STYLES = {
    "17.softmax_cross_entropy": (
        softmax_cross_entropy_by_logaddexp,
        softmax_cross_entropy_by_index,
    ),
    "17.softmax_cross_entropy_backward": (
        softmax_cross_entropy_backward_in_place,
        softmax_cross_entropy_backward_by_loop,
    ),
    "17.looks_backward": (looks_backward_by_lists, looks_backward_by_recursion),
}
