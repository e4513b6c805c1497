"""The layers and the models on arrays other than NumPy's, and ``--device cuda`` from end to end.

A stand-in for the graphics card runs on every machine; PyTorch's tensors are added where it is
installed, on a card if it finds one.  Only there is a CUDA graph recorded.
"""

import json
import re
import shutil
import sys
import types
from dataclasses import replace

import fake_card
import numpy as np
import pytest

from minidraw import layers, models
from minidraw.cli import train
from minidraw.errors import UserError
from minidraw.gradcheck import layer_cases
from minidraw.models.cuda import CudaModel, _map_arrays
from minidraw.models.interface import Batch
from minidraw.presets import PRESETS
from minidraw.training import setup
from minidraw.training.workers import Workers

CARD = "minidraw.models.card_array"
LIBRARIES = {"stand-in": fake_card}
try:
    import torch

    from minidraw.models import card_array

    LIBRARIES["PyTorch"] = card_array
    if not torch.cuda.is_available():
        card_array.DEVICE, card_array.Recording = "cpu", fake_card.Recording
        card_array.check_card = fake_card.check_card
except ImportError:
    pass

SMALL = {"glimpses": 3, "hidden": 6, "read_size": 2}
CONFIGS = {
    "attention": models.draw.Config(height=7, width=5, latent=4, write_size=3, **SMALL),
    "colour": models.draw.Config(height=5, width=8, channels=3, latent=4, write_size=3, **SMALL),
    "read": models.draw.Config(height=7, width=5, latent=4, write_attention=False, **SMALL),
    "write": models.draw.Config(height=7, width=5, latent=4, read_attention=False, **SMALL),
    "classifier": models.classifier.Config(height=7, width=5, channels=3, classes=4, **SMALL),
    "vae": models.vae.Config(height=7, width=5, latent=4, hidden=6),
    "gan": models.gan.Config(height=7, width=5, latent=4, hidden=6),
    "convnet": models.convnet.Config(height=14, width=12, classes=4, hidden=6),
    "ram": models.ram.Config(height=9, width=8, classes=4, **SMALL),
}
CONFIGS["neither"] = replace(CONFIGS["colour"], read_attention=False, write_attention=False)
CASES = {
    name: case
    for name, *case in layer_cases(np.random.default_rng(0))
    if hasattr(layers, f"{name}_backward")
}


@pytest.fixture(params=LIBRARIES)
def library(request, monkeypatch):
    monkeypatch.setitem(sys.modules, CARD, LIBRARIES[request.param])
    return LIBRARIES[request.param]


def assert_same(library, found, expected):
    """Compare nested arrays: the stand-in's to the bit, PyTorch's within 1e-4."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        found, expected = tuple(found.values()), tuple(expected.values())
    if isinstance(expected, tuple):
        for a, b in zip(found, expected, strict=True):
            assert_same(library, a, b)
    elif isinstance(expected, np.ndarray):
        assert type(found) is np.ndarray and found.dtype == expected.dtype
        relative = 0 if library is LIBRARIES["stand-in"] else 1e-4
        tolerance = relative * np.abs(expected).max(initial=1)
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    else:
        assert found == expected


def random_like(value, rng):
    return _map_arrays(lambda array: rng.standard_normal(array.shape).astype(array.dtype), value)


def make_case(name, dtype=np.float32, n=4):
    """Return a model and the arguments of its network passes, with random biases."""
    config, rng = CONFIGS[name], np.random.default_rng(1)
    model = models.get_model(name if name in models.MODEL_NAMES else "draw")
    params = random_like(model.init_params(config, rng, dtype), rng)
    labels = rng.integers(0, 4, n).astype(np.uint8) if not hasattr(model, "generate") else None
    batch = Batch(rng.random((n, *config.image_shape)).astype(dtype), labels)
    shape = model.noise_shape(config, n)
    noise = None if shape is None else rng.standard_normal(shape).astype(dtype)
    return model, (params, batch, noise, config, layers)


@pytest.mark.parametrize("name", CASES)
def test_every_layer_runs_on_arrays_of_the_card(library, name):
    inputs, settings = CASES[name]
    function, backward = getattr(layers, name), getattr(layers, f"{name}_backward")
    out, cache = function(*inputs.values(), **settings)
    dout = random_like(out, np.random.default_rng(2))
    on_card = _map_arrays(library.asarray, (inputs, settings, dout))
    card_out, card_cache = function(*on_card[0].values(), **on_card[1])
    assert_same(library, _map_arrays(np.asarray, card_out), out)
    gradients = _map_arrays(np.asarray, backward(on_card[2], card_cache))
    assert_same(library, gradients, backward(dout, cache))


def test_adam_runs_on_arrays_of_the_card(library):
    slots = tuple(np.random.default_rng(0).random((5, 40_000), dtype=np.float32))
    on_card = _map_arrays(library.asarray, slots)
    settings = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "decay": 0.99}
    for arrays in (slots, on_card):
        layers.adam_update(*arrays, rate=1e-3, step=3, **settings)
    assert_same(library, _map_arrays(np.asarray, on_card), slots)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_network_pass_gives_the_numbers_of_the_processor(library, monkeypatch, name, dtype):
    model, arguments = make_case(name, dtype)
    params, batch, noise, config, ops = arguments
    passes = {step: arguments for step in ("costs", "pictures")}
    if hasattr(model, "probabilities"):
        passes |= {"probabilities": (params, batch.images, config, ops)}
    else:
        passes |= {"generate": (params, noise, config, ops)}
    if hasattr(model, "log_weights"):
        passes |= {step: arguments for step in ("log_weights", "kl_per_step", "reconstruct")}
    on_card, copied, asarray = CudaModel(model), [], library.asarray
    monkeypatch.setattr(library, "asarray", lambda array: copied.append(array) or asarray(array))
    for step, given in passes.items():
        copied.clear()
        assert_same(library, getattr(on_card, step)(*given), getattr(model, step)(*given))
        assert len(copied) > len(params)


@pytest.mark.parametrize("name", CONFIGS)
def test_recorded_gradients_follow_weights_batch_noise_and_kl_weight(library, name):
    model, (params, batch, noise, config, ops) = make_case(name)
    on_card, rng = CudaModel(model), np.random.default_rng(3)
    weights = on_card.to_card(params)
    for call in range(5):
        found = _map_arrays(np.asarray, on_card.loss_and_grads(weights, batch, noise, config, ops))
        assert_same(library, found, model.loss_and_grads(params, batch, noise, config, ops))
        noise = random_like(noise, rng)
        images = rng.random(batch.images.shape, dtype=np.float32)
        labels = None if batch.labels is None else rng.permutation(batch.labels)
        batch = Batch(images, labels, kl_weight=call / 4)
        for weight_name, array in params.items():
            array *= np.float32(0.9)
            weights[weight_name][...] = np.asarray(array, like=weights[weight_name])
    model, (_, batch, noise, *_) = make_case(name, n=3)
    given = batch, noise, config, ops
    found = _map_arrays(np.asarray, on_card.loss_and_grads(weights, *given))
    assert_same(library, found, model.loss_and_grads(params, *given))


def test_the_stand_in_refuses_numpy_arrays(monkeypatch):
    card, host = fake_card.asarray(np.ones(3)), np.ones(3)
    out = fake_card.asarray(np.ones(3))
    for mix in (
        lambda: card + host,
        lambda: host * card,
        lambda: np.concatenate([card, host]),
        lambda: np.add(host, host, out=host + card),
        lambda: out.__setitem__(slice(3), host),
        lambda: card[np.arange(2)],
        lambda: card.dot(host),
    ):
        with pytest.raises(TypeError):
            mix()
    monkeypatch.setitem(globals(), "__name__", "minidraw.layers.attention")
    with pytest.raises(TypeError, match="copies"):
        host[:] = card


SIZE = {"glimpses": 2, "hidden": 8, "latent": 3}
RECIPE = {"epochs": 2, "batch": 50, "validate": 2}
TRAIN = ["train", "quick", "--data", "own.npy"]
TRAIN += [word for name, value in (SIZE | RECIPE).items() for word in (f"--{name}", value)]


@pytest.fixture
def pictures(here):
    """A file of 220 small pictures, in the working folder: 3 steps an epoch."""
    np.save("own.npy", np.random.default_rng(0).integers(0, 256, (220, 6, 5), np.uint8))


def read_weights(folder):
    with np.load(f"{folder}/checkpoint.npz") as file:
        return {name: file[name] for name in file.files if name != "meta"}


def numbers(text):
    return [float(word) for word in re.findall(r"\d+\.\d+", text)]


def test_training_and_evaluation_give_the_numbers_of_the_processor(library, minidraw, pictures):
    for options in (["--device", "cuda"], ["--device", "cpu", "--ops", "layers", "--threads", 1]):
        status, _, err = minidraw(*TRAIN, "--run", options[1], *options)
        assert status == 0, err
    assert_same(library, read_weights("cuda"), read_weights("cpu"))
    meta = json.loads(open("cuda/config.json").read())
    assert (meta["device"], meta["ops"], meta["threads"]) == ("cuda", "layers", 1)
    for bound in ((), ("--bound", "iw", "--samples", 3), ("--out", "kl.png")):
        command = "evaluate", "cuda", "--split", "valid", *bound
        (status, out, err), (_, expected, _) = (
            minidraw(*command, "--device", "cuda"),
            minidraw(*command),
        )
        assert status == 0, err
        assert numbers(out) and numbers(out) == pytest.approx(numbers(expected), abs=0.011)


@pytest.mark.slow
def test_a_stopped_run_resumes_on_the_card_with_the_same_bits(library, minidraw, refused, pictures):
    assert minidraw(*TRAIN, "--run", "whole", "--device", "cuda")[0] == 0
    with Workers(1) as workers:
        options = {"config": SIZE, "recipe": RECIPE, "ops": layers, "ops_name": "layers"}
        options |= {"name": "quick", "source": {"name_or_path": "own.npy"}, "device": "cuda"}
        trainer, run = setup.start_run(PRESETS["quick"], "parts", workers, **options)
        run.log.add(dict.fromkeys(trainer.log_columns, "") | trainer.step())
        run.save(trainer)
    shutil.copytree("parts", "moved")
    assert minidraw("train", "--resume", "parts")[0] == 0
    whole, parts = read_weights("whole"), read_weights("parts")
    assert all((whole[name] == parts[name]).all() for name in whole)
    sys.modules[CARD] = None  # a machine without PyTorch; the fixture restores the entry
    refused("train", "--resume", "moved", words='pip install "minidraw[cuda]"')
    assert minidraw("train", "--resume", "moved", "--device", "cpu")[0] == 0
    moved = read_weights("moved")
    assert all(np.allclose(whole[name], moved[name], atol=1e-3) for name in whole)


@pytest.mark.parametrize("ops", ["kernels", "mine", "own.py"])
def test_only_the_layers_run_on_the_card(library, refused, pictures, here, ops):
    refused(*TRAIN, "--device", "cuda", "--ops", ops, words=("--ops layers", ops))
    assert not (here / "runs").exists()


def test_a_gradient_that_is_not_finite_stops_the_run(library, minidraw, pictures):
    found = []
    for options in (["--device", "cuda"], ["--device", "cpu", "--ops", "layers", "--threads", 1]):
        status, _, err = minidraw(*TRAIN, "--run", options[1], *options, "--rate", 1e38)
        assert status == 2
        found.append(re.search(r"step \d+: no longer finite: .* more", err)[0])
    assert found[0] == found[1]


def test_several_processes_cannot_share_a_card():
    arguments = types.SimpleNamespace(ops=None, threads=None, resume=None, device="cuda")
    with pytest.raises(UserError, match="leave out mpiexec"):
        train._choose_ops_and_device(arguments, types.SimpleNamespace(size=2))


@pytest.mark.parametrize("missing", ["PyTorch", "card"])
def test_without_pytorch_or_a_card_one_line_says_so(missing, refused, monkeypatch, pictures, here):
    def no_driver():
        raise RuntimeError("cudaErrorInsufficientDriver:\n" + 100 * "CUDA driver version ")

    if missing == "PyTorch":
        monkeypatch.delitem(sys.modules, CARD, raising=False)
        monkeypatch.setitem(sys.modules, "torch", None)
        words = "torch", 'pip install "minidraw[cuda]"'
    else:
        monkeypatch.setitem(sys.modules, CARD, types.SimpleNamespace(check_card=no_driver))
        words = "graphics card (cuda", "choose device cpu"
    for command in (TRAIN, ["evaluate", "--data", "digits", "--images", 10]):
        refused(*command, "--device", "cuda", words=words)
    refused("train", "--device", "gpu", words="choose from cpu, cuda")
    assert not (here / "runs").exists()
