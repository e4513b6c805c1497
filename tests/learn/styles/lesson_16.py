import numpy as np


def importance_bound_by_logaddexp(log_weights):
    return np.log(len(log_weights)) - np.logaddexp.reduce(log_weights, axis=0)


def importance_bound_by_loop(log_weights):
    S, n = log_weights.shape
    nats = np.zeros(n)
    for k in range(n):
        top = max(log_weights[:, k])
        nats[k] = np.log(S) - top - np.log(sum(np.exp(w - top) for w in log_weights[:, k]))
    return nats


STYLES = {"16.importance_bound": (importance_bound_by_logaddexp, importance_bound_by_loop)}
