"""Known answers of each measure."""

import tracemalloc

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist

from minidraw.compare import measures


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_the_frechet_distance_of_gaussians_on_one_axis(rng):
    """(difference of means)^2 + (difference of standard deviations)^2 on every axis."""
    a = rng.standard_normal((500, 3))
    a = (a - a.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(a, rowvar=False))).T
    b = a * [1, 2, 3] + [5, 0, 1]
    assert measures.frechet_distance(a, b) == pytest.approx(25 + 0 + 1 + (0 + 1 + 4))
    assert measures.frechet_distance(b, a) == pytest.approx(31)
    assert measures.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_the_frechet_distance_takes_the_root_of_a_product_of_matrices(rng):
    a, b = (rng.standard_normal((60, 4)) @ rng.standard_normal((4, 4)) for _ in range(2))
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(A + B - 2 * sqrtm(A @ B).real)
    assert measures.frechet_distance(a, b) == pytest.approx(expected)
    dead = np.array([1, 1, 1, 0])  # a unit that is never active: a singular covariance
    assert np.isfinite(measures.frechet_distance(a * dead, b * dead))


def test_precision_and_recall_of_known_sets(rng):
    a = rng.standard_normal((40, 5))
    assert measures.precision_and_recall(a, a) == (1, 1)
    assert measures.precision_and_recall(a, a + 100) == (0, 0)
    collapsed = np.repeat(a[:1], 40, axis=0)
    assert measures.precision_and_recall(a, collapsed) == (1, 1 / 40)
    half = np.concatenate([a[:10], a[:10] + 100])
    assert measures.precision_and_recall(a, half)[0] == 0.5


def test_a_radius_reaches_to_the_third_neighbour_but_oneself():
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    for place, inside in (-6.9, True), (-7.1, False), (13.9, True), (14.1, False):
        precision, _ = measures.precision_and_recall(line, np.array([[place]] * 4), k=3)
        assert precision == inside


def test_chunks_change_nothing(rng, monkeypatch):
    a, b = rng.standard_normal((2, 23, 5))
    whole = measures.precision_and_recall(a, b)
    monkeypatch.setattr(measures, "CHUNK_ROWS", 7)
    assert measures.precision_and_recall(a, b) == whole
    found = np.concatenate(list(measures.squared_distances(a, b)))
    np.testing.assert_allclose(found, cdist(a, b, "sqeuclidean"), atol=1e-12)


def test_class_entropy():
    assert measures.class_entropy(np.full(10, 0.1)) == pytest.approx(np.log(10))
    assert measures.class_entropy(np.eye(10)[3]) == 0


def test_duplicates_are_pairs(rng):
    images = rng.integers(0, 2, (20, 784)).astype(np.float32)
    assert measures.count_duplicates(images) == 0
    assert measures.count_duplicates(np.concatenate([images, images[:5]])) == 5
    assert measures.count_duplicates(np.repeat(images[:1], 6, axis=0)) == 15


def test_the_birthday_test_finds_the_number_of_images(rng):
    source = rng.integers(0, 2, (500, 784)).astype(np.float32)
    pairs = [measures.count_duplicates(source[rng.integers(0, 500, 200)]) for _ in range(20)]
    expected = 200 * 199 / 2 / 500
    assert abs(np.mean(pairs) - expected) < 4 * np.sqrt(expected / 20)


def test_copies_lie_closer_than_other_training_images(rng):
    training = rng.integers(0, 2, (300, 784)).astype(np.float32)
    nearly = training[:50].copy()
    nearly[:, :40] = 1 - nearly[:, :40]
    assert measures.share_copied(training[:50], training) == 1
    assert measures.share_copied(nearly, training) == 1
    noise = rng.integers(0, 2, (50, 784)).astype(np.float32)
    assert measures.share_copied(noise, training) < 0.8
    assert measures.share_copied(np.full((5, 784), 0.5, np.float32) * 9, training) == 0


def test_memory_grows_with_the_images_and_not_with_their_square(rng):
    rows = rng.standard_normal((4000, 2))
    tracemalloc.start()
    measures.precision_and_recall(rows, rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60e6  # all distances take 128 MB
