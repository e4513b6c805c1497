"""The page's forward passes in JavaScript give the package's numbers at every step."""

import numpy as np
import pytest
from page_networks import make_classifier, make_painter

from minidraw import Draw, layers
from minidraw.datasets import bundled_path
from minidraw.models import classifier, draw
from minidraw.models.interface import Batch
from minidraw.page import build

TOLERANCE = 1e-4
WINDOW = {"centerX": "center_x", "centerY": "center_y", "stride": "stride", "variance": "var"}
WINDOW |= {"gamma": "gamma"}
SIZES = {
    "grey": {},
    "square": {"height": 8, "width": 8},
    "colour": {"channels": 3},
    "no attention": {"read_attention": False, "write_attention": False},
    "reads whole": {"read_attention": False},
    "writes whole": {"write_attention": False, "channels": 3},
    "conditional": {"classes": 3},
    "wide": {"height": 5, "width": 12, "hidden": 7, "read_size": 2, "write_size": 5},
}
FILM = """
const network = unpackNetwork(given.network);
const noise = (t) => Float64Array.from(given.noise[t]);
const x = given.x && Float64Array.from(given.x);
const film = new Film(network, noise, { x, labels: given.labels }).runTo(given.noise.length);
const { canvas, writeWindow, readWindow, nll, kl, error } = film;
const answer = { canvas, writeWindow, readWindow, nll, kl, error };
"""


def check(found, expected):
    expected = np.asarray(expected, np.float64)
    found = np.asarray(found, np.float64).reshape(expected.shape)
    assert np.abs(found - expected).max() <= TOLERANCE * max(1, np.abs(expected).max())


def check_window(found, window):
    """Compare the windows of all steps; the page puts null before the first."""
    if window is None:
        assert not any(found)
        return
    for name, part in WINDOW.items():
        check([step[name] for step in found[1:]], getattr(window, part))


def double(network):
    return {name: value.astype(np.float64) for name, value in network.params_.items()}


def draw_inputs(config, n=2, seed=1):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(draw.noise_shape(config, n))
    return noise, rng.random((n, *config.image_shape))


def draw_labels(config, n=2):
    return np.random.default_rng(2).permutation(config.classes)[:n] if config.classes else None


def run_film(javascript, network, noise, x=None):
    inputs = {"network": build.pack_network(network)}
    inputs["x"] = None if x is None else x.ravel().tolist()
    inputs["noise"] = noise.reshape(len(noise), -1).tolist()
    labels = draw_labels(network.config_)
    return javascript(FILM, **inputs, labels=None if labels is None else labels.tolist())


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_new_pictures(javascript, sizes):
    network = make_painter(**sizes)
    noise, _ = draw_inputs(network.config_)
    found = run_film(javascript, network, noise)
    config = network.config_
    film = draw.generate(double(network), noise, config, layers, draw_labels(config))
    check(found["canvas"], film.canvas)
    check_window(found["writeWindow"], film.write_window)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_redrawings(javascript, sizes):
    network = make_painter(**sizes)
    config, params = network.config_, double(network)
    noise, x = draw_inputs(config)
    found = run_film(javascript, network, noise, x)
    batch = Batch(x, draw_labels(config))
    film = draw.reconstruct(params, batch, noise, config, layers)
    check(found["canvas"], film.canvas)
    check_window(found["writeWindow"], film.write_window)
    check_window(found["readWindow"], film.read_window)
    check(found["error"], x - layers.sigmoid(film.canvas))
    kl = draw.kl_per_step(params, batch, noise, config, layers)
    check(found["kl"], np.concatenate([np.zeros((1, 2)), np.cumsum(kl, axis=0)]))
    nll = [layers.bernoulli_cost(canvas, x=x)[0] for canvas in film.canvas]
    check(found["nll"], nll)


def test_the_bundled_network(javascript):
    """Over all 64 steps of the paper's network."""
    network = Draw.load(bundled_path("mnist.npz"))
    noise, x = draw_inputs(network.config_)
    x = (x > 0.8).astype(np.float64)
    film = draw.reconstruct(double(network), Batch(x), noise, network.config_, layers)
    check(run_film(javascript, network, noise, x)["canvas"], film.canvas)
    film = draw.generate(double(network), noise, network.config_, layers)
    found = run_film(javascript, network, noise)
    check(found["canvas"], film.canvas)
    check_window(found["writeWindow"], film.write_window)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_classifier(javascript, channels):
    network = make_classifier(channels=channels)
    config, params = network.config_, double(network)
    x = np.random.default_rng(2).random((1, *config.image_shape))
    found = javascript(
        "const answer = scanpath(unpackNetwork(given.network), Float64Array.from(given.x));",
        network=build.pack_network(network),
        x=x.ravel().tolist(),
    )
    path = classifier.scanpath(params, x, config, layers)
    check(found["glimpses"], path.glimpses[:, 0])
    check_window([None, *found["windows"]], path.window)
    _, (seen, _, _) = classifier.network.forward(params, x, config, layers)
    logits = seen[1:, 0, : config.hidden] @ params["label.W"] + params["label.b"]
    check(found["probabilities"], layers.softmax(logits))
    check(found["probabilities"][-1], path.probabilities[0])


def test_windows_far_outside_and_extreme(javascript):
    theta = np.array([[50, -50, -20, 3, 20], [0, 0, 40, -40, -40], [-9, 9, -12, 0, 0.0]])
    settings = {"height": 6, "width": 9, "K": 3}
    found = javascript(
        "const found = window(Float64Array.from(given.theta), given.settings);"
        "const answer = { found, banks: filterbanks(found, given.settings) };",
        theta=theta.ravel().tolist(),
        settings=settings,
    )
    (*window, gamma), _ = layers.window(theta, **settings)
    for name, part in zip(WINDOW, (*window, gamma), strict=True):
        check(found["found"][name], part)
    (F_y, F_x, _), _ = layers.filterbanks(theta, **settings)
    check(found["banks"]["Fy"], F_y)
    check(found["banks"]["Fx"], F_x)


def test_every_float16_is_unpacked_exactly(javascript):
    halves = np.arange(2**16, dtype="<u2").view("<f2")
    halves = halves[np.isfinite(halves)]
    packed = build.base64.b64encode(halves).decode()
    found = javascript("const answer = unpackFloat16(given.packed);", packed=packed)
    assert np.array_equal(np.float32(found), halves.astype(np.float32))
