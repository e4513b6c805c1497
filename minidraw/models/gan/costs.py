"""The GAN's measurement: two costs, neither of which says how good the paintings are."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class AdversarialCosts:
    """Mean costs in nats per image, and how they were measured.

    A critic that guesses costs 2 ln 2 = 1.39, and then the generator costs ln 2 = 0.69.
    """

    critic: float  # of telling an image from a painting
    generator: float  # of being found out
    images: int
    protocol: str

    NAME: ClassVar = "costs"
    COLUMNS: ClassVar = ("critic", "generator", "total")
    PANELS: ClassVar = (
        ("critic", "Critic's cost", "nats per image"),
        ("generator", "Generator's cost", "nats per image"),
    )

    @classmethod
    def of(cls, costs, protocol):
        """Average `costs`, arrays of shape (samples, images)."""
        critic, generator = (costs[name] for name in ("critic", "generator"))
        return cls(float(critic.mean()), float(generator.mean()), critic.shape[1], protocol)

    @property
    def total(self):
        return self.critic + self.generator

    @staticmethod
    def progress(row):
        """Format the costs of a training step for the progress bar."""
        return f"critic {row['critic']:.2f}, generator {row['generator']:.2f} nats"

    def __str__(self):
        return (
            f"critic {self.critic:.3f}, generator {self.generator:.3f} nats per image,"
            f" {self.images} images, {self.protocol}"
        )
