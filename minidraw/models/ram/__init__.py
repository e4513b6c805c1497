"""The recurrent attention model (Mnih et al. 2014): the classifier, but it samples where to look.

No gradient passes through a sampled place, so REINFORCE (Williams 1992) trains it.
"""

from minidraw.models.classifier.costs import ErrorRate as Measured
from minidraw.models.ram.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.ram.network import costs, loss_and_grads
from minidraw.models.ram.scanpath import pictures, probabilities, scanpath

GENERATIVE = False
