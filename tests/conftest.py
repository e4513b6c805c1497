import os
import signal
import warnings

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # tests side by side: threads of BLAS would fight for cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from minidraw import cli, kernels, layers  # loads BLAS, which reads the numbers above


def pytest_configure():
    """Take Ctrl-C as a terminal would: a shell's background jobs ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val, argname):
    """Name bytes by their argument: a gzip file holds the time of its making, and two workers that
    start a second apart would collect tests of different names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(params=[layers, kernels], ids=["layers", "kernels"])
def ops(request):
    """The layers in NumPy, then compiled."""
    return request.param


@pytest.fixture
def minidraw(capfd):
    """Run a command in this process: status, standard output, standard error."""

    def run(*arguments):
        capfd.readouterr()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                status = cli.main([str(a) for a in arguments])
            except SystemExit as stop:
                status = stop.code
        out, err = capfd.readouterr()
        return status, out, err + "".join(f"{w.category.__name__}\n" for w in warned)

    return run


@pytest.fixture
def refused(minidraw):
    """Expect one line on standard error that holds these words, and status 2."""

    def expect(*arguments, words=()):
        status, _, err = minidraw(*arguments)
        assert err.count("\n") == 1 and err.startswith("minidraw"), err
        assert status == 2 and len(err) < 600
        for word in [words] if isinstance(words, str) else words:
            assert str(word) in err, err
        return err

    return expect


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
