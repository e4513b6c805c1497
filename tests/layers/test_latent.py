import numpy as np
from scipy import stats

from minidraw import layers


def test_sample_has_the_asked_mean_and_deviation():
    noise = np.random.default_rng(0).standard_normal((100_000, 2))
    mu, log_sigma = np.full_like(noise, [3.0, -1]), np.full_like(noise, [np.log(2), -1])
    z, _ = layers.sample(mu, log_sigma, noise=noise)
    np.testing.assert_allclose(z.mean(axis=0), [3, -1], atol=0.03)
    np.testing.assert_allclose(z.std(axis=0), [2, np.exp(-1)], rtol=0.01)


def test_noise_of_zero_gives_the_mean():
    mu = np.array([[1.0, -2]])
    z, _ = layers.sample(mu, np.ones_like(mu), noise=np.zeros_like(mu))
    np.testing.assert_array_equal(z, mu)


def test_kl_by_numerical_integration():
    mu, sigma = 0.7, 0.4
    z = np.linspace(-12, 12, 200_001)
    q, p = stats.norm(mu, sigma), stats.norm()
    integral = np.trapezoid(q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), z)
    nats, _ = layers.kl(np.array([[mu]]), np.log([[sigma]]))
    np.testing.assert_allclose(nats, [integral], rtol=1e-8)


def test_latent_is_sample_and_kl(ops):
    rng = np.random.default_rng(0)
    posterior, noise = rng.standard_normal((5, 6)), rng.standard_normal((5, 3))
    (z, nats), cache = ops.latent(posterior, noise=noise)
    separate, sample_cache = layers.sample(posterior[:, :3], posterior[:, 3:], noise=noise)
    np.testing.assert_allclose(z, separate, rtol=1e-12)
    np.testing.assert_allclose(nats, layers.kl(posterior[:, :3], posterior[:, 3:])[0], rtol=1e-12)
    dz, zeros = rng.standard_normal((5, 3)), np.zeros(5)
    dposterior = ops.latent_backward((dz, zeros), cache)
    both = np.concatenate(layers.sample_backward(dz, sample_cache), axis=1)
    np.testing.assert_allclose(dposterior, both, rtol=1e-12)
