"""The GAN's sizes, the table of its weights, and their initial values."""

from dataclasses import dataclass

import numpy as np

from minidraw.models import vae
from minidraw.models.interface import init_weights, linear_shapes, option

# The prefix of a weight's name says which of the two costs trains it.
GENERATOR = "generator.1", "generator.2", "generator.painting"  # linear layers
CRITIC = "critic.1", "critic.2", "critic.logit"  # leaky relu between two layers of a stack
LEAK = 0.2  # without it, the generator's gradient would often end in the critic
# Standard deviation of the noise on the pictures that the critic sees, whose pixels lie in -1..1.
# Without it, the critic soon tells every painting, and all paintings become alike.
INSTANCE_NOISE = 0.5


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
    """Draw the initial weights; a GAN doesn't start from `mean_image`."""
    return init_weights(param_shapes(config), rng, dtype)


def noise_shape(config, n):
    """Return the shape of the noise for `n` paintings: of their latents, and of each pixel."""
    return 1, n, config.latent + config.glimpse_size
