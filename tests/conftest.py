"""What every test gets: no cache but an empty one, and no network."""

import os
from pathlib import Path

import pytest

from fastmlp import kernels


@pytest.fixture(autouse=True)
def no_cache_and_no_network(monkeypatch, tmp_path_factory):
    """Neither this process nor one that a test starts sees the user's files."""
    for name in ("FASTMLP_HOME", "KERAS_HOME"):
        monkeypatch.setenv(name, str(tmp_path_factory.getbasetemp() / "no-cache"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="session")
def real_mnist_path():
    """Return the path of the real mnist.npz that FASTMLP_TEST_MNIST names."""
    named = os.environ.get("FASTMLP_TEST_MNIST")
    if not named:
        pytest.skip("FASTMLP_TEST_MNIST names no mnist.npz")
    path = Path(named).absolute()
    assert path.is_file(), f"FASTMLP_TEST_MNIST names {path}, which is no file"
    return path


def loadable_variants():
    """Return the compiled variants that were built and that this processor runs."""
    loadable = []
    for name in kernels.supported_variants():
        try:
            kernels.load_variant(name)
        except ImportError:
            continue
        loadable.append(name)
    return loadable


@pytest.fixture(params=loadable_variants())
def compiled_variant(request, monkeypatch):
    """Let a test run once on the kernels of each instruction set."""
    monkeypatch.setattr(kernels, "_compiled", kernels.load_variant(request.param))
    monkeypatch.setattr(kernels, "backend", "compiled")
    return request.param


@pytest.fixture(params=[*loadable_variants(), "numpy"])
def variant(request, monkeypatch):
    """The same, and once more on the NumPy twins."""
    is_numpy = request.param == "numpy"
    module = None if is_numpy else kernels.load_variant(request.param)
    monkeypatch.setattr(kernels, "_compiled", module)
    monkeypatch.setattr(kernels, "backend", "numpy" if is_numpy else "compiled")
    return request.param
