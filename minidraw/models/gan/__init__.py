"""Generative adversarial network: a generator paints, a critic judges (Goodfellow et al. 2014)."""

from minidraw.models.gan.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.gan.costs import AdversarialCosts as Measured
from minidraw.models.gan.network import costs, generate, loss_and_grads, pictures, reconstruct

GENERATIVE = False  # it paints, but bounds no probability; it learns from grey levels as they are
