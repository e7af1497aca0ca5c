"""Each kernel beside its NumPy twin, on one core.

The dense products run on every instruction set that this machine can load; their rows
say GFLOP/s and the share of the multiply-add peak (see peak.py) in `extra_info`.
"""

import numpy as np
import pytest

from fastmlp import kernels, reference
from fastmlp.plan import block_count

pytestmark = pytest.mark.benchmark(max_time=0.1, min_rounds=5, warmup=True)

# rows, inputs, units: the seed network, a wide one, a large one, odd ones, 10 classes.
DENSE_SIZES = [
    (128, 784, 128),
    (128, 512, 512),
    (1024, 1024, 1024),
    (127, 783, 129),
    (100, 300, 75),
    (128, 128, 10),
]
IMPLEMENTATIONS = [*kernels.supported_variants(), "numpy"]


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
        monkeypatch.setattr(kernels, "_compiled", module)
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


# Each kernel's arguments for a batch of that shape; `out` is one more such array.
ELEMENTWISE = {
    "relu": 1,
    "relu_backward": 2,
    "sigmoid": 1,
    "sigmoid_backward": 2,
    "tanh": 1,
    "tanh_backward": 2,
    "softmax": 1,
    "softmax_backward": 2,
}
SHAPES = [(128, 10), (128, 128), (1024, 1024)]
both = pytest.mark.parametrize("module", [kernels, reference], ids=["fastmlp", "numpy"])
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s[0]}x{s[1]}")


@both
@shapes
@pytest.mark.parametrize("kernel", ELEMENTWISE)
def bench_activation(benchmark, module, kernel, shape):
    arrays = [numbers(*shape, seed=i) for i in range(ELEMENTWISE[kernel])]
    out = {"out": np.empty(shape, np.float32)} if module is kernels else {}
    benchmark.group = f"{kernel} {shape[0]}x{shape[1]}"
    benchmark(getattr(module, kernel), *arrays, **out)


@both
@shapes
@pytest.mark.parametrize(
    "kernel",
    [
        "softmax_crossentropy",
        "crossentropy",
        "mean_squared_error",
        "mean_absolute_error",
        "categorical_accuracy",
        "binary_accuracy",
    ],
)
def bench_loss(benchmark, module, kernel, shape):
    y = numbers(*shape)
    if kernel == "crossentropy":
        y = reference.softmax(y)
    benchmark.group = f"{kernel} {shape[0]}x{shape[1]}"
    benchmark(getattr(module, kernel), y, one_hot(*shape))


@both
@shapes
@pytest.mark.parametrize(
    "kernel",
    [
        "softmax_crossentropy_backward",
        "crossentropy_backward",
        "mean_squared_error_backward",
    ],
)
def bench_loss_backward(benchmark, module, kernel, shape):
    y = reference.softmax(numbers(*shape))
    benchmark.group = f"{kernel} {shape[0]}x{shape[1]}"
    benchmark(getattr(module, kernel), y, one_hot(*shape), 1 / shape[0])


# The parameters of 784-128-10, and of a network that no cache holds.
@both
@pytest.mark.parametrize("size", [101_770, 10_000_000])
def bench_rmsprop(benchmark, module, size):
    w, dw, v = numbers(size), numbers(size, seed=1), np.ones(size, np.float32)
    benchmark.group = f"rmsprop {size:,}"
    benchmark(module.rmsprop, w, dw, v, None, None, 1e-3, 0.9, 1e-7, 0.0)


@both
@pytest.mark.parametrize("size", [101_770, 10_000_000])
def bench_sgd(benchmark, module, size):
    w, dw, m = numbers(size), numbers(size, seed=1), np.zeros(size, np.float32)
    benchmark.group = f"sgd with momentum {size:,}"
    benchmark(module.sgd, w, dw, m, 1e-3, 0.9, False)


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
