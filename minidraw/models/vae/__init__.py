"""A variational autoencoder that paints all at once (Kingma and Welling 2014; Rezende et al. 2014).

One latent vector, one painting: DRAW with T = 1, and without LSTMs, windows and error image.
"""

from minidraw.models.draw.costs import Bound as Measured
from minidraw.models.vae.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.vae.costs import costs, kl_per_step, log_weights
from minidraw.models.vae.network import generate, loss_and_grads, pictures, reconstruct

GENERATIVE = True
