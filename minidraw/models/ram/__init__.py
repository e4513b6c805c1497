"""The recurrent attention model: it samples where to look, and learns from the cost that follows.

Mnih et al. 2014.  It is the classifier of section 4.1 but for one thing: the window's place is
sampled, which no gradient passes, so that REINFORCE (Williams 1992) trains it.
"""

from minidraw.models.classifier.costs import ErrorRate as Measured
from minidraw.models.ram.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.ram.network import costs, loss_and_grads
from minidraw.models.ram.scanpath import pictures, probabilities, scanpath

GENERATIVE = False
