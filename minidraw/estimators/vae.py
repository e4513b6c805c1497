"""The one-shot VAE with scikit-learn's methods: `VAE`."""

from dataclasses import dataclass
from typing import ClassVar

from minidraw.estimators.painter import Painter


@dataclass(kw_only=True, eq=False)
class VAE(Painter):
    """A variational autoencoder that paints all at once.

    Parameters
    ----------
    hidden, latent
        Size of the network, as in `minidraw.models.vae.Config`.
    batch, rate, binarize, seed, minutes, epochs, threads
        As for `Draw`, as are the attributes and methods; a film has two frames.
    """

    MODEL: ClassVar = "vae"
    CONFIG_FIELDS: ClassVar = ("hidden", "latent")
    PRESET: ClassVar = "vae"

    hidden: int = 384
    latent: int = 50
