import numpy as np


def sample_by_root(mu, log_sigma, *, noise):
    sigma = np.sqrt(np.exp(2 * log_sigma))
    return noise * sigma + mu, (sigma, noise)


def sample_by_loop(mu, log_sigma, *, noise):
    z = mu.copy()
    for place in np.ndindex(z.shape):
        z[place] += noise[place] * np.e ** log_sigma[place]
    return z, (np.exp(log_sigma), noise)


def sample_backward_without_a_copy(dz, cache):
    sigma, noise = cache
    return dz, noise * dz * sigma


def sample_backward_by_einsum(dz, cache):
    return [np.einsum("nz->nz", dz), np.einsum("nz,nz,nz->nz", dz, *cache)]


def kl_by_variance(mu, log_sigma):
    var = np.exp(2 * log_sigma)
    nats = 0.5 * (np.square(mu) + var - np.log(var)).sum(1) - 0.5 * mu.shape[1]
    return nats, (mu, np.sqrt(var))


def kl_by_loop(mu, log_sigma):
    nats = np.zeros(len(mu))
    for n, z in np.ndindex(mu.shape):
        sigma = np.exp(log_sigma[n, z])
        nats[n] += (mu[n, z] ** 2 + sigma**2 - 1) / 2 - np.log(sigma)
    return nats, (mu, np.exp(log_sigma))


def kl_backward_by_einsum(dkl, cache):
    mu, sigma = cache
    return np.einsum("n,nz->nz", dkl, mu), np.einsum("n,nz->nz", dkl, sigma * sigma - 1)


def kl_backward_by_loop(dkl, cache):
    mu, sigma = cache
    dmu, dlog_sigma = np.zeros(mu.shape), np.zeros(mu.shape)
    for n in range(len(mu)):
        dmu[n] = mu[n] * dkl[n]
        dlog_sigma[n] = (sigma[n] + 1) * (sigma[n] - 1) * dkl[n]
    return dmu, dlog_sigma


STYLES = {
    "10.sample": (sample_by_root, sample_by_loop),
    "10.sample_backward": (sample_backward_without_a_copy, sample_backward_by_einsum),
    "10.kl": (kl_by_variance, kl_by_loop),
    "10.kl_backward": (kl_backward_by_einsum, kl_backward_by_loop),
}
