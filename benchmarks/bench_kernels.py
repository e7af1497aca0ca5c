"""Each kernel beside its reference in NumPy, on one core.

The dense products run on every instruction set that this machine can load; their rows
say GFLOP/s and the share of the multiply-add peak (see peak.py) in `extra_info`.
"""

import numpy as np
import pytest

from fastmlp import kernels, reference
from fastmlp.kernels import _loading
from fastmlp.plan import block_count
from fastmlp.tables import ACTIVATIONS, LOSSES, METRICS, NEED_INPUT

pytestmark = pytest.mark.benchmark(max_time=0.1, min_rounds=5, warmup=True)

# rows, inputs, units: the notebook's, a wide one, a large one, odd ones, 10 classes.
DENSE_SIZES = [
    (128, 784, 128),
    (128, 512, 512),
    (1024, 1024, 1024),
    (127, 783, 129),
    (100, 300, 75),
    (128, 128, 10),
]
IMPLEMENTATIONS = [*_loading.loadable_variants(), "numpy"]


def numbers(*shape, seed=0):
    """Random numbers around zero, float32."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape, np.float32)


def one_hot(rows, classes):
    return np.eye(classes, dtype=np.float32)[np.arange(rows) % classes]


@pytest.fixture(params=IMPLEMENTATIONS)
def implementation(request, monkeypatch):
    """Run a benchmark on the kernels of each instruction set, and on NumPy."""
    if request.param != "numpy":
        module = kernels.load_variant(request.param)
        monkeypatch.setattr(_loading, "compiled", module)
    return request.param


@pytest.mark.parametrize("size", DENSE_SIZES, ids=lambda size: "x".join(map(str, size)))
def bench_dense_forward(benchmark, implementation, size, report_rate):
    rows, inputs, units = size
    x, w, b = numbers(rows, inputs), numbers(inputs, units), numbers(units)
    benchmark.group = f"dense_forward {rows}x{inputs}x{units}"
    if implementation == "numpy":
        benchmark(reference.dense_forward, x, w, b)
    else:
        benchmark(kernels.dense_forward, x, w, b, out=numbers(rows, units))
    report_rate(implementation, 2 * rows * inputs * units)


@pytest.mark.parametrize("size", DENSE_SIZES, ids=lambda size: "x".join(map(str, size)))
def bench_dense_backward(benchmark, implementation, size, report_rate):
    rows, inputs, units = size
    x, w, dy = numbers(rows, inputs), numbers(inputs, units), numbers(rows, units)
    benchmark.group = f"dense_backward {rows}x{inputs}x{units}"
    if implementation == "numpy":
        benchmark(reference.dense_backward, x, w, dy)
    else:
        out = (np.empty_like(x), np.empty_like(w), numbers(units))
        benchmark(kernels.dense_backward, x, w, dy, out=out)
    report_rate(implementation, 4 * rows * inputs * units)


SHAPES = [(128, 10), (128, 128), (1024, 1024)]
both = pytest.mark.parametrize("module", [kernels, reference], ids=["fastmlp", "numpy"])
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s[0]}x{s[1]}")


def run_beside(benchmark, module, kernel, shape, *arguments):
    """Run a kernel that makes an array of the shape that it gets, or its reference."""
    out = {"out": np.empty(shape, np.float32)} if module is kernels else {}
    benchmark.group = f"{kernel} {shape[0]}x{shape[1]}"
    benchmark(getattr(module, kernel), *arguments, **out)


@both
@shapes
@pytest.mark.parametrize(
    "activation", [name for name in ACTIVATIONS if name != "linear"]
)
def bench_activation(benchmark, module, activation, shape):
    run_beside(benchmark, module, activation, shape, numbers(*shape))


@both
@shapes
@pytest.mark.parametrize(
    "activation", [name for name in ACTIVATIONS if name != "linear"]
)
def bench_activation_backward(benchmark, module, activation, shape):
    known = numbers(*shape)
    if activation not in NEED_INPUT:
        known = getattr(reference, activation)(known)
    kernel, dy = f"{activation}_backward", numbers(*shape, seed=1)
    run_beside(benchmark, module, kernel, shape, known, dy)


@both
@shapes
@pytest.mark.parametrize("kernel", {**LOSSES, **METRICS})
def bench_loss_or_metric(benchmark, module, kernel, shape):
    y = reference.softmax(numbers(*shape))
    benchmark.group = f"{kernel} {shape[0]}x{shape[1]}"
    benchmark(getattr(module, kernel), y, one_hot(*shape))


@both
@shapes
@pytest.mark.parametrize("loss", LOSSES)
def bench_loss_backward(benchmark, module, loss, shape):
    y, t = reference.softmax(numbers(*shape)), one_hot(*shape)
    benchmark.group = f"{loss}_backward {shape[0]}x{shape[1]}"
    benchmark(getattr(module, f"{loss}_backward"), y, t, scale=1 / shape[0])


@both
@shapes
def bench_dropout(benchmark, module, shape):
    run_beside(benchmark, module, "dropout", shape, numbers(*shape), 0.5, 7, 3)


@both
@shapes
def bench_affine(benchmark, module, shape):
    columns = numbers(3, shape[1])
    run_beside(benchmark, module, "affine", shape, numbers(*shape), *columns)


@both
@shapes
def bench_affine_backward(benchmark, module, shape):
    scale = numbers(shape[1])
    run_beside(benchmark, module, "affine_backward", shape, numbers(*shape), scale)


@both
@shapes
def bench_moments(benchmark, module, shape):
    benchmark.group = f"moments {shape[0]}x{shape[1]}"
    benchmark(module.moments, numbers(*shape))


@both
@shapes
def bench_normalize(benchmark, module, shape):
    x, (gamma, beta) = numbers(*shape), numbers(2, shape[1])
    moments = reference.moments(x)
    run_beside(benchmark, module, "normalize", shape, x, *moments, gamma, beta, 1e-3)


@both
@shapes
def bench_normalize_backward(benchmark, module, shape):
    x, dy, gamma = numbers(*shape), numbers(*shape, seed=1), numbers(shape[1])
    moments = reference.moments(x)
    benchmark.group = f"normalize_backward {shape[0]}x{shape[1]}"
    benchmark(module.normalize_backward, x, dy, *moments, gamma, 1e-3)


# The parameters of 784-128-10, and of a network that no cache holds.
sizes = pytest.mark.parametrize("size", [101_770, 10_000_000])

# The kernel, how many arrays of memory it gets, and its settings. Where the variance of
# one and the same gradient would end up at zero, rho keeps it as it is.
OPTIMIZERS = {
    "rmsprop": ("rmsprop", 1, (None, None, 1e-3, 0.9, 1e-7, 0.0)),
    "rmsprop with all": ("rmsprop", 3, (1e-3, 1.0, 1e-7, 0.5)),
    "sgd": ("sgd", 0, (None, 1e-3, 0.0, False)),
    "sgd with momentum": ("sgd", 1, (1e-3, 0.9, False)),
    "adam": ("adam", 2, (None, 1e-3, 0.9, 0.999, 1e-7)),
    "amsgrad": ("adam", 3, (1e-3, 0.9, 0.999, 1e-7)),
}


@both
@sizes
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def bench_optimizer(benchmark, module, optimizer, size):
    kernel, count, settings = OPTIMIZERS[optimizer]
    w, dw = numbers(size), numbers(size, seed=1)
    memory = np.full((count, size), 0.5, np.float32)
    benchmark.group = f"{optimizer} {size:,}"
    benchmark(getattr(module, kernel), w, dw, *memory, *settings)


# What is done to parameters or their gradient besides.
BESIDES = {
    "decay_weights": (1e-6,),
    "clip_value": (1.0,),
    "clip_norm": (2.0, 1.999),
    "penalty": (0.01, 0.01),
    "penalty_backward": (0.01, 0.01),
}


@both
@sizes
@pytest.mark.parametrize("kernel", BESIDES)
def bench_besides(benchmark, module, kernel, size):
    benchmark.group = f"{kernel} {size:,}"
    benchmark(getattr(module, kernel), numbers(size), *BESIDES[kernel])


@both
@pytest.mark.parametrize(
    ("kernel", "settings"),
    [("limit_norms", (0.5, 1.0, 1.0)), ("keep_non_negative", ())],
    ids=["limit_norms", "keep_non_negative"],
)
def bench_constraint(benchmark, module, kernel, settings):
    benchmark.group = f"{kernel} 784x128"
    benchmark(getattr(module, kernel), numbers(784, 128), *settings)


@pytest.fixture(scope="module")
def pixels():
    """4,096 images in which one pixel in five is not zero, in one dtype each."""
    rng = np.random.default_rng(0)
    ink = rng.integers(1, 256, (4096, 784)) * (rng.random((4096, 784)) < 0.2)
    return {dtype: (ink / 255).astype(dtype) for dtype in ("float32", "float64")} | {
        "uint8": ink.astype(np.uint8)
    }


dtypes = pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])


@both
@dtypes
def bench_convert(benchmark, module, pixels, dtype):
    x = pixels[dtype].reshape(-1)
    benchmark.group = f"convert 4096x784 {dtype}"
    if module is kernels:
        benchmark(kernels.convert, x)
    else:
        benchmark(reference.convert, x, np.empty(x.shape, np.float32))


@both
@dtypes
def bench_compress(benchmark, module, pixels, dtype):
    x = pixels[dtype]
    benchmark.group = f"compress 4096x784 {dtype}"
    if module is kernels:
        benchmark(kernels.compress, x)
        return
    values, pairs = np.empty(2 * x.size, np.float32), np.empty(x.size, np.uint16)
    starts = np.empty((len(x), block_count(x.shape[1]) + 1), np.intp)
    benchmark(reference.compress, x, values, pairs, starts, 0)


@both
def bench_draw_digits(benchmark, module):
    rng = np.random.default_rng(0)
    points = rng.integers(5 * 256, 23 * 256, (256, 60, 2)).astype(np.int16)
    pens = np.tile(np.array([400_000, 60], np.int32), (256, 1))
    benchmark.group = "draw 256 digits"
    benchmark(module.draw_digits, points, pens)
