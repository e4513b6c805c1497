"""DRAW (Gregor et al. 2015): it looks, codes, and paints a picture in T steps."""

from minidraw.models.draw.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.draw.costs import Bound as Measured
from minidraw.models.draw.costs import latent_nats, log_weights
from minidraw.models.draw.film import generate, pictures, reconstruct
from minidraw.models.draw.network import costs, loss_and_grads

PAINTS = True  # what it learns from is a likelihood of pixels
