"""The classifier in PyTorch is the same network: same costs, gradients and steps of Adam."""

import numpy as np
import pytest
from test_peers import CLIP, RATE, TOLERANCES, close

from minidraw import layers
from minidraw.models import classifier
from minidraw.models.interface import Batch
from minidraw.training.flat_weights import allocate_flat, fill
from minidraw.training.optimizer import Adam

CONFIGS = {
    "small": classifier.Config(height=13, width=13, classes=4, glimpses=3, hidden=11, read_size=4),
    "paper": classifier.Config(),
}


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch isn't installed")


def random_case(config, torch, dtype, n=3):
    """Return weights without zeros, images and labels, and the peer with the same."""
    import peer_torch_classifier as peer

    rng = np.random.default_rng(0)
    params = classifier.init_params(config, rng, np.float64)
    params = {name: w + 0.1 * rng.standard_normal(w.shape) for name, w in params.items()}
    batch = Batch(rng.random((n, *config.image_shape)), rng.integers(0, config.classes, n))
    kind = getattr(torch, dtype)
    data = torch.tensor(batch.images, dtype=kind), torch.from_numpy(batch.labels)
    return params, batch, peer, peer.load(params, config, kind), data


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("config", CONFIGS.values(), ids=list(CONFIGS))
def test_costs_and_gradients(config, dtype, torch):
    params, batch, peer, module, data = random_case(config, torch, dtype)
    nll = peer.cost(module, *data)
    nll.sum().backward()
    costs, expected = classifier.loss_and_grads(params, batch, None, config, layers)
    cost_tolerance, grad_tolerance = TOLERANCES[dtype]
    close(nll.detach().numpy(), costs["nll"], cost_tolerance)
    grads = peer.export_grads(module)
    assert set(grads) == set(expected)
    for name, gradient in expected.items():
        close(grads[name], gradient, grad_tolerance)


def test_training_steps(torch):
    config = CONFIGS["small"]
    params, batch, peer, module, data = random_case(config, torch, "float64")
    adam = peer.make_optimizer(module, RATE)
    ours = Adam(params, beta1=0.9, beta2=0.999, average=0.999)
    grad = allocate_flat(classifier.param_shapes(config), np.float64)
    for _ in range(3):
        peer.train_step(module, adam, *data, clip=CLIP)
        _, grads = classifier.loss_and_grads(ours.weights.views, batch, None, config, layers)
        fill(grad, grads)
        grad.vector[:] /= len(batch.images)
        assert ours.update(grad, rate=RATE, clip=CLIP, ops=layers) > CLIP
    for name, weight in ours.weights.views.items():
        close(peer.export_weights(module)[name], weight, 1e-6)  # torch adds 1e-6 to the norm


@pytest.mark.slow
def test_compiled_step(torch):
    config = CONFIGS["small"]
    params, batch, peer, module, data = random_case(config, torch, "float64")
    assert peer.compile_step(module, *data) > 0
    module.zero_grad()
    nll = peer.cost(module, *data)
    nll.sum().backward()
    costs, expected = classifier.loss_and_grads(params, batch, None, config, layers)
    close(nll.detach().numpy(), costs["nll"], 1e-9)
    for name, gradient in expected.items():
        close(peer.export_grads(module)[name], gradient, 1e-9)
