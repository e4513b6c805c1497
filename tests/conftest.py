import pytest

from minidraw import kernels, layers


@pytest.fixture(params=[layers, kernels], ids=["layers", "kernels"])
def ops(request):
    """The layers in NumPy, then compiled."""
    return request.param
