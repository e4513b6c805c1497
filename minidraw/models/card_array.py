"""`CardArray`, PyTorch's tensors with NumPy's interface, and `Recording`, which repeats work fast.

The layers make new arrays with ``like=`` and call NumPy's functions; NumPy's protocols (NEP 13, NEP
18) pass these calls on to the class below, which computes on a graphics card.
"""

import operator

import numpy as np
import torch

DEVICE = "cuda"
NUMPY_DTYPES = {  # NumPy's type for each of PyTorch's
    getattr(torch, name): np.dtype(name)
    for name in ("float16", "float32", "float64", "uint8", "int32", "int64", "bool")
}
TORCH_DTYPES = {numpy_type: torch_type for torch_type, numpy_type in NUMPY_DTYPES.items()}
OPERATORS = {  # unlike PyTorch's functions of these names, they take a number on either side
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "equal": operator.eq,
}


class CardArray(np.lib.mixins.NDArrayOperatorsMixin):
    """A tensor that NumPy's functions accept, but not together with NumPy's own arrays.

    ``np.asarray(a)`` copies from the card, and ``np.asarray(x, like=a)`` copies to it.
    """

    def __init__(self, tensor):
        self.tensor = tensor

    shape = property(lambda self: tuple(self.tensor.shape))
    dtype = property(lambda self: NUMPY_DTYPES[self.tensor.dtype])
    ndim = property(lambda self: self.tensor.ndim)
    size = property(lambda self: self.tensor.numel())
    T = property(lambda self: CardArray(self.tensor.T))
    mT = property(lambda self: CardArray(self.tensor.mT))

    def __array__(self, dtype=None, copy=None):
        return self.tensor.cpu().numpy().astype(dtype or self.dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None):
        if method != "__call__":
            return NotImplemented
        name, tensors = ufunc.__name__, _unwrap(inputs)
        if out is not None:
            getattr(torch, name)(*tensors, out=_unwrap(out[0]))
            return out[0]
        if name == "maximum" and not isinstance(tensors[1], torch.Tensor):
            return CardArray(tensors[0].clamp(min=tensors[1]))
        return CardArray((OPERATORS.get(name) or getattr(torch, name))(*tensors))

    def __array_function__(self, function, classes, arguments, settings):
        if function is np.asarray:
            return asarray(*arguments, **settings)
        if function.__name__ not in FUNCTIONS:
            return NotImplemented
        tensors, options = _unwrap(arguments), _unwrap(settings)
        return _wrap(FUNCTIONS[function.__name__](self.tensor, *tensors, **options))

    def __getitem__(self, key):
        return CardArray(self.tensor[_index(key)])

    def __setitem__(self, key, value):
        value = _unwrap(value)
        if not isinstance(value, torch.Tensor):  # a recording can't copy a number to the card
            value = torch.full((), value, dtype=self.tensor.dtype, device=self.tensor.device)
        self.tensor[_index(key)] = value

    def __len__(self):
        return len(self.tensor)

    def __iter__(self):
        return map(CardArray, self.tensor)

    def __bool__(self):
        return bool(self.tensor)

    def __float__(self):
        return float(self.tensor)

    def reshape(self, *shape):
        return CardArray(self.tensor.reshape(*shape))

    def astype(self, dtype):
        return CardArray(self.tensor.to(TORCH_DTYPES[np.dtype(dtype)], copy=True))

    def copy(self):
        return CardArray(self.tensor.clone())

    def transpose(self, *axes):
        return CardArray(self.tensor.permute(*axes))

    def sum(self, axis=None, keepdims=False):
        return CardArray(self.tensor.sum(dim=axis, keepdim=keepdims))

    def max(self, axis, keepdims=False):
        return CardArray(self.tensor.amax(dim=axis, keepdim=keepdims))

    def argmax(self, axis):
        return CardArray(self.tensor.argmax(dim=axis))

    def all(self):
        return CardArray(self.tensor.all())


def _unwrap(value):
    """Return `value` with tensors for the arrays of the card; refuse NumPy's arrays."""
    if isinstance(value, CardArray):
        return value.tensor
    if isinstance(value, np.ndarray):
        raise TypeError("a NumPy array among those of the graphics card")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return type(value)(map(_unwrap, value))
    return {k: _unwrap(v) for k, v in value.items()} if isinstance(value, dict) else value


def _wrap(value):
    if isinstance(value, torch.Tensor):
        return CardArray(value)
    return [_wrap(part) for part in value] if isinstance(value, tuple | list) else value


def _index(key):
    """Return `key` with integer arrays as int64: PyTorch would take uint8 for a mask."""
    if isinstance(key, tuple):
        return tuple(map(_index, key))
    key = _unwrap(key)
    return key.long() if isinstance(key, torch.Tensor) and key.dtype != torch.bool else key


def _creator(create):  # NumPy's `ones` passes all its settings on
    def function(like, shape, dtype=np.float64, order="C", device=None):
        return create(shape, dtype=TORCH_DTYPES[np.dtype(dtype)], device=like.device)

    return function


def _arange(like, stop, dtype=np.int64):
    return torch.arange(stop, dtype=TORCH_DTYPES[np.dtype(dtype)], device=like.device)


def _repeat(like, tensor, repeats, axis):
    return tensor.repeat_interleave(repeats, dim=axis)


def _concatenate(like, tensors, axis=0, out=None):
    return torch.cat(tensors, dim=axis, out=out)


def _split(like, tensor, parts, axis=0):
    return tensor.tensor_split(parts, dim=axis)


FUNCTIONS = {  # of NumPy, by name; each is also given a tensor on the device to use
    "empty": _creator(torch.empty),
    "zeros": _creator(torch.zeros),
    "ones": _creator(torch.ones),
    "arange": _arange,
    "repeat": _repeat,
    "concatenate": _concatenate,
    "split": _split,
    "empty_like": lambda like, tensor: torch.empty_like(tensor),
    "zeros_like": lambda like, tensor: torch.zeros_like(tensor),
    "ones_like": lambda like, tensor: torch.ones_like(tensor),
    "where": lambda like, *tensors: torch.where(*tensors),
    "clip": lambda like, tensor, low, high: tensor.clamp(low, high),
}


def check_card():
    """Raise a RuntimeError if PyTorch finds no graphics card that it can compute on."""
    if torch.version.cuda is None:
        raise RuntimeError(f"PyTorch {torch.__version__} is built without CUDA; see pytorch.org")
    if not torch.cuda.is_available():
        raise RuntimeError(f"PyTorch {torch.__version__} finds none")
    torch.ones((2, 2), device=DEVICE) @ torch.ones((2, 2), device=DEVICE)  # loads cuBLAS


def asarray(array):
    """Return an array on the card: a copy, unless it is there already."""
    if isinstance(array, CardArray):
        return array
    return CardArray(torch.tensor(np.asarray(array), device=DEVICE))


class Recording:
    """The CUDA graph of one call of a function, to be repeated with other values.

    Starting each of the thousands of operations from Python takes longer than computing it.

    Parameters
    ----------
    function : callable
        Its results are arrays on the card, in dicts or tuples.
    inputs : list of CardArray
        Its arguments.
    """

    def __init__(self, function, inputs):
        self._inputs, self._graph = inputs, torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._results = function(*inputs)

    def repeat(self, inputs):
        """Return the results for other inputs of the same sizes; they hold until the next call."""
        for fixed, new in zip(self._inputs, inputs, strict=True):
            fixed[...] = new
        self._graph.replay()
        return self._results
