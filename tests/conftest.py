"""What every test gets: no cache but an empty one, and no network."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from fastmlp import kernels, layers, optimizers, plan
from fastmlp._engine import runs
from fastmlp._engine.build import Wiring, build_plan
from fastmlp.kernels import _loading, _threads

# Scripts that are run by themselves: CONTRIBUTING says how.
collect_ignore_glob = ["faults/*", "fuzz/*", "mutate.py"]


# Pictures open no windows.
os.environ["MPLBACKEND"] = "Agg"

# Whose examples take a package that not everyone has.
NEEDS = {"fastmlp/plot/": "matplotlib"}


def pytest_collection_modifyitems(items):
    """Skip the examples of what an extra is for, where that is not installed."""
    for item in items:
        path = item.path.as_posix()
        for part, package in NEEDS.items():
            if part in path and importlib.util.find_spec(package) is None:
                item.add_marker(pytest.mark.skip(f"{package} is not installed"))


def pytest_runtest_teardown():
    """Close what pictures a test, or an example, has drawn."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:  # It is, too, where a test hides it.
        pyplot.close("all")


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


@pytest.fixture(scope="module", autouse=True)
def what_was_executed(request):
    """Print what a module of random tests has counted, which `pytest -s` shows."""
    yield
    for what, count in getattr(request.module, "executed", {}).items():
        print(f"\n{count:9,} {what}", end="")


@pytest.fixture(scope="module")
def chromium():
    """Return a browser without a window, driven by Playwright, where both are here.

    For one module: while it runs, an asyncio loop does, which others may want to start.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium")
    # Root, as whom containers run tests, has no sandbox.
    is_root = getattr(os, "geteuid", lambda: 1)() == 0
    arguments = ["--no-sandbox"] if is_root else []
    with (
        playwright.sync_playwright() as driver,
        driver.chromium.launch(executable_path=path, args=arguments) as browser,
    ):
        yield browser


@pytest.fixture
def complaints():
    """What the browser complains of; a test that wants some clears it."""
    complaints = []
    yield complaints
    assert complaints == []


@pytest.fixture
def visit(chromium, address, complaints):
    """Open what the module's `address` serves in a window of its own."""
    contexts = []

    def visit(path="", width=1280, height=800, **options):
        viewport = {"width": width, "height": height}
        context = chromium.new_context(viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: refuse_other_hosts(asked.url))
        page.goto(address + path)
        return page

    def refuse_other_hosts(url):
        if not url.startswith(address):
            complaints.append(url)

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(params=_loading.loadable_variants())
def compiled_variant(request, monkeypatch):
    """Let a test run once on the kernels of each instruction set."""
    monkeypatch.setattr(_loading, "compiled", kernels.load_variant(request.param))
    monkeypatch.setattr(kernels, "backend", "compiled")
    return request.param


def _use(variant, monkeypatch):
    is_numpy = variant == "numpy"
    module = None if is_numpy else kernels.load_variant(variant)
    monkeypatch.setattr(_loading, "compiled", module)
    monkeypatch.setattr(kernels, "backend", "numpy" if is_numpy else "compiled")
    return variant


@pytest.fixture(params=[*_loading.loadable_variants(), "numpy"])
def variant(request, monkeypatch):
    """The same, and once more on the reference."""
    return _use(request.param, monkeypatch)


@pytest.fixture(params=[*_loading.loadable_variants()[:1], "numpy"])
def backend(request, monkeypatch):
    """Once on kernels and once on the reference: what is checked before they work."""
    return _use(request.param, monkeypatch)


@pytest.fixture
def threads_for_all(monkeypatch):
    """Let the least work be worth all threads."""
    monkeypatch.setattr(_threads, "_WORK_OF_A_THREAD", 1)
    monkeypatch.setattr(runs, "_SHORT_WORK", 0)


@pytest.fixture
def make_plan():
    """Return a function that makes a plan by hand, with random parameters."""
    return _make_plan


def _make_plan(
    inputs,
    network,
    loss="softmax_crossentropy",
    optimizer="rmsprop",
    metrics=("mean_squared_error", "mean_absolute_error"),
    dtype=np.float32,
    **head,
):
    """Make a plan of layers: "relu" alone, (units, "relu") or (units, "relu", False).

    The first has no parameters, the last no bias. Or they are layers themselves.
    `head` are other fields of its head, as they are.
    """
    rng = np.random.default_rng(inputs)
    widths = [inputs]
    built = [_make_layer(one) for one in network]
    for layer in built:
        layer.build((None, inputs))
        inputs = layer.output_shape[1]
        for name, array in zip(layer.weight_names, layer.weights, strict=True):
            array[...] = _draw(rng, name, array.shape)
        layer.refresh()
    optimizer = optimizers.get(optimizer)
    calls = [(layer, (place - 1,), None) for place, layer in enumerate(built)]
    wiring = Wiring(calls, widths, [len(built) - 1], [1])
    learning = {layer: layer.trainable for layer in built}
    built_plan = build_plan(wiring, None, learning)
    rows = [one if isinstance(one, tuple) else (one, {}, 0) for one in metrics]
    return built_plan._replace(
        arrays=tuple(array.astype(dtype) for array in built_plan.arrays),
        heads=(
            plan.Head(
                plan.LOSSES[loss],
                metrics=tuple((plan.METRICS[name], *rest) for name, *rest in rows),
                **head,
            ),
        ),
        optimizer=plan.OPTIMIZERS[optimizer.kernel],
        optimizer_settings=optimizer.settings(),
        clipping=optimizer.clipping(),
        averaging=optimizer.averaging(),
        memory_letters=tuple(optimizer.all_memory_names()),
        initial_memory=optimizer.initial_memory(),
    )


def _make_layer(description):
    if isinstance(description, layers.Layer):
        return description.from_config(description.get_config())
    if isinstance(description, str):
        return layers.Activation(description)
    units, activation, has_bias = (*description, True)[:3]
    return layers.Dense(units, activation, use_bias=has_bias)


def _draw(rng, name, shape):
    """Draw weights that are neither too large nor, where that matters, negative."""
    if name in ("gamma", "variance", "moving_variance"):
        return rng.uniform(0.5, 2, shape)
    return rng.normal(0, max(shape, default=1) ** -0.5, shape)


try:
    import hypothesis
except ImportError:  # Then tests/test_random_*.py are skipped.
    pass
else:
    # The same examples in each run; `--hypothesis-profile=long` draws others.
    hypothesis.settings.register_profile(
        "short",
        derandomize=True,
        deadline=None,
        max_examples=25,
        stateful_step_count=20,
    )
    hypothesis.settings.register_profile("long", deadline=None, max_examples=2000)
    hypothesis.settings.load_profile("short")
