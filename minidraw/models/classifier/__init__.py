"""The classifier of section 4.1: it looks at T parts of an image, then names its class."""

from minidraw.models.classifier.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.classifier.costs import ErrorRate as Measured
from minidraw.models.classifier.costs import costs
from minidraw.models.classifier.network import loss_and_grads
from minidraw.models.classifier.scanpath import pictures, probabilities, scanpath

GENERATIVE = False
