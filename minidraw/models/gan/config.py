"""The GAN's sizes, the table of its weights, and their initial values."""

from dataclasses import dataclass

import numpy as np

from minidraw.models import vae
from minidraw.models.interface import init_weights, linear_shapes, option

# The prefix of a weight's name says which of the two costs trains it.
GENERATOR = "generator.1", "generator.2", "generator.painting"  # linear layers; relu between them
CRITIC = "critic.1", "critic.2", "critic.logit"  # leaky relu between them
LEAK = 0.2  # without it, the generator's gradient would often end in the critic


@dataclass(frozen=True)
class Config(vae.Config):
    """Size of the network, as the VAE's; `height`, `width` and `channels` come from the images."""

    hidden: int = option(392, "units of each hidden layer (H)")
    latent: int = option(100, "latent units (Z)")


def param_shapes(config):
    """Return the name and shape of every weight; matrices are (inputs, outputs)."""
    H, Z, pixels = config.hidden, config.latent, config.glimpse_size
    generator, critic = ((Z, H), (H, H), (H, pixels)), ((pixels, H), (H, H), (H, 1))
    return linear_shapes(dict(zip(GENERATOR + CRITIC, generator + critic, strict=True)))


def init_params(config, rng, dtype=np.float32, mean_image=None):
    """Draw the initial weights; the first paintings scatter around `mean_image` (C, B, A)."""
    params = init_weights(param_shapes(config), rng, dtype)
    if mean_image is not None:
        mean = np.clip(mean_image, 0.005, 0.995)  # keeps the logits of constant pixels small
        params["generator.painting.b"][:] = np.log(mean / (1 - mean)).ravel()
    return params


def noise_shape(config, n):
    """Return the shape of the noise for `n` paintings: (1, n, Z)."""
    return 1, n, config.latent
