"""Small networks for tests of the page, and waiting for it."""

import time

import numpy as np

from minidraw import Classifier, Draw
from minidraw.models import classifier, draw


def make_network(estimator, model, seed, **sizes):
    """A network with random weights that float16 holds exactly, larger than initial ones."""
    config, rng = model.Config(**sizes), np.random.default_rng(seed)
    params = {
        name: (rng.standard_normal(shape) * 0.3).astype(np.float16).astype(np.float32)
        for name, shape in model.param_shapes(config).items()
    }
    network = estimator()
    network.config_, network.params_ = config, params
    network.meta_, network._binarizes = {}, False
    if config.classes:
        network.classes_ = np.arange(config.classes)
    return network


def make_painter(seed=0, **sizes):
    small = {"height": 9, "width": 7, "glimpses": 4, "hidden": 6, "latent": 3}
    small |= {"read_size": 3, "write_size": 4}
    return make_network(Draw, draw, seed, **(small | sizes))


def make_classifier(seed=0, **sizes):
    small = {"height": 11, "width": 8, "glimpses": 3, "hidden": 6, "classes": 3, "read_size": 4}
    return make_network(Classifier, classifier, seed, **(small | sizes))


def wait_until(page, condition, seconds=30):
    """Wait for a condition in JavaScript; the page's policy forbids Playwright's own waiting."""
    last = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < last, condition
        page.wait_for_timeout(50)
