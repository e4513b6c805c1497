"""DRAW (Gregor et al. 2015): a variational autoencoder that paints an image in T steps."""

from minidraw.models.draw.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.draw.costs import Bound as Measured
from minidraw.models.draw.costs import costs, kl_per_step, log_weights
from minidraw.models.draw.film import generate, pictures, reconstruct
from minidraw.models.draw.network import loss_and_grads

GENERATIVE = True
