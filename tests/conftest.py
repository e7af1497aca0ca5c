"""What every test gets: no cache but an empty one, and no network."""

import os
from pathlib import Path

import pytest


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
