"""The convolutional network, forward and backward: `forward` and `loss_and_grads`."""

import numpy as np

from minidraw.models.classifier.network import label_costs
from minidraw.models.convnet.config import STACK
from minidraw.models.perceptron import run_stack, run_stack_backward


def forward(params, x, config, ops):
    """Return the logits (n, classes), and what `_backward` needs."""
    params = ops.prepare(params)
    size = {"size": config.filter_size, "stride": config.filter_stride}
    a, convolution = ops.convolution(x, params["filters.W"], params["filters.b"], **size)
    features, rectified = ops.relu(a)
    logits, stack = run_stack(params, STACK, features.reshape(len(x), -1), ops, "relu")
    return logits, (params, convolution, rectified, stack)


def costs(params, batch, noise, config, ops):
    """Return the cross-entropy and the error of each image, as the classifier's `costs` does.

    `noise` is ignored.
    """
    logits, _ = forward(params, batch.images, config, ops)
    return label_costs(logits, batch.labels, ops)[0]


def loss_and_grads(params, batch, noise, config, ops):
    """Return the costs, as `costs` does, and the gradients of the sum of their totals.

    The gradients have the names and shapes of `param_shapes`.  They are sums over the images.
    """
    logits, caches = forward(params, batch.images, config, ops)
    found, cache = label_costs(logits, batch.labels, ops)
    dlogits = ops.softmax_cross_entropy_backward(np.ones_like(found["nll"]), cache)
    return found, _backward(dlogits, caches, ops)


def _backward(dlogits, caches, ops):
    """Backpropagate to the filters."""
    params, convolution, rectified, stack = caches
    # logits = stack(relu(convolution(x)))
    dhidden, grads = run_stack_backward(params, STACK, dlogits, stack, ops, "relu")
    dfeatures = ops.linear_backward_input(dhidden, params["hidden.W"])
    da = ops.relu_backward(dfeatures.reshape(rectified.slope.shape), rectified)
    grads["filters.W"], grads["filters.b"] = ops.convolution_backward_weights(da, convolution)
    return grads


def probabilities(params, images, config, ops):
    """Return the class probabilities (n, classes) of images."""
    return ops.softmax(forward(params, images, config, ops)[0])


def read(params, images, config, ops):
    """Return the last hidden layer (n, H), features of the images, and the logits (n, classes)."""
    logits, (*_, stack) = forward(params, images, config, ops)
    features, _ = stack[-1]
    return features, logits


def pictures(params, batch, noise, config, ops):
    """Return no pictures: this network neither paints nor moves a window."""
    return {}
