"""What every test gets: no cache but an empty one, and no network."""

import os
from pathlib import Path

import numpy as np
import pytest

from fastmlp import kernels, plan


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


@pytest.fixture
def make_plan():
    """Return a function that makes a plan by hand, with random parameters."""
    return _make_plan


def _make_plan(
    inputs,
    layers,
    loss="softmax_crossentropy",
    optimizer="rmsprop",
    settings=(0.001, 0.9, 1e-7, 0.0, 0),
    metrics=("squared_error", "absolute_error"),
    dtype=np.float32,
):
    """Make a plan of layers: "relu" alone, (units, "relu") or (units, "relu", False).

    The first has no parameters, the last no bias.
    """
    rng = np.random.default_rng(inputs)
    steps, parameters, offset, size = [], [], 0, 0
    for layer in layers:
        if isinstance(layer, str):
            units, kernel, bias = inputs, -1, -1
            activation = layer
        else:
            units, activation, has_bias = (*layer, True)[:3]
            kernel, size = size, size + inputs * units
            bias, size = (size, size + units) if has_bias else (-1, size)
            spread = inputs**-0.5
            parameters.append(rng.normal(0, spread, size - kernel))
        code = plan.ACTIVATIONS[activation]
        steps.append(plan.Step(inputs, units, kernel, bias, code, offset))
        inputs, offset = units, offset + units
    # As fastmlp.optimizers has them: no array more than there is use for.
    if optimizer == "sgd":
        _, momentum, _ = settings
        memory = int(momentum > 0)
    else:
        _, _, _, momentum, centered = settings
        memory = 1 + (momentum > 0) + centered
    flat = np.concatenate(parameters).astype(np.float32).astype(dtype)
    return plan.Plan(
        steps=np.array(steps, np.intp),
        parameters=flat,
        gradients=np.zeros_like(flat),
        memory=np.zeros((memory, size), dtype),
        loss=plan.LOSSES[loss],
        metrics=np.array([plan.METRICS[name] for name in metrics], np.intc),
        optimizer=plan.OPTIMIZERS[optimizer],
        settings=np.array(settings, np.float64),
    )
