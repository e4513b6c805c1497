"""A convolutional network as in table 1 (Mnih et al. 2014): it sees the whole scene at once."""

from minidraw.models.classifier.costs import ErrorRate as Measured
from minidraw.models.convnet.config import Config, init_params, noise_shape, param_shapes
from minidraw.models.convnet.network import costs, loss_and_grads, pictures, probabilities, read

GENERATIVE = False
