"""What every function of fastmlp.kernels does with arguments, by its signature."""

import doctest
import inspect
import itertools
import runpy
import threading
from pathlib import Path

import numpy as np
import pytest

from fastmlp import kernels, reference, tables
from fastmlp.kernels._signatures import TEXTS, signature

SIZES = {"rows": 3, "columns": 4, "inputs": 4, "units": 5, "size": 12, "width": 2}
# A size that is a number: right_arguments gives each of them as 2.
SIZES |= {"2": 2, "3": 3, "5": 5, "cuts": 1, "buckets": 2, "classes": 2}
SIZES |= {"table": 2, "vocabulary": 2}
KERNELS = sorted(TEXTS)
WITH_RESULTS = [name for name in KERNELS if signature(name).results]


def shape_of(array, **sizes):
    if array.sizes is None:
        return (3, 4)
    return tuple({**SIZES, **sizes}[size] for size in array.sizes)


def zeros_for(result):
    return np.zeros(shape_of(result), np.float64 if result.double else np.float32)


def right_arguments(kernel, **sizes):
    """Return arguments, by their names, with which a kernel can work."""
    rng = np.random.default_rng(0)
    its = signature(kernel)
    arguments = {
        array.name: rng.uniform(0.1, 0.9, shape_of(array, **sizes)).astype(np.float32)
        for array in its.arrays
    }
    for name, kind in its.numbers.items():
        arguments[name] = 2 if kind is int else kind(0.5)
    return arguments


def copies(arguments):
    return {name: np.copy(value) for name, value in arguments.items()}


def as_tuple(results):
    if results is None:
        return ()
    return results if isinstance(results, tuple) else (results,)


def reference_results(kernel, arguments):
    """Return what the reference gives, or what it leaves in arrays that it changes."""
    arguments = {
        name: np.array(value) if isinstance(value, np.ndarray) else value
        for name, value in arguments.items()
    }
    found = as_tuple(getattr(reference, kernel)(**arguments))
    return found or changed_of(kernel, arguments)


def changed_of(kernel, arguments):
    changed = [array.name for array in signature(kernel).arrays if array.changed]
    return tuple(arguments[name] for name in changed)


def outs_of(kernel, arrays):
    return {"out": arrays[0] if len(arrays) == 1 else tuple(arrays)}


def refused_or_right(kernel, arguments):
    """Call a kernel: what it refuses changes nothing, and what it takes is right."""
    before = copies(arguments)
    try:
        results = getattr(kernels, kernel)(**arguments)
    except (TypeError, ValueError, OverflowError):
        for name, value in before.items():
            np.testing.assert_array_equal(arguments[name], value, err_msg=name)
        return
    wanted = dict(arguments)
    for array in signature(kernel).arrays:
        wanted[array.name] = before[array.name].astype(np.float32)
    expected = reference_results(kernel, wanted)
    found = as_tuple(results) or changed_of(kernel, arguments)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_right_arguments_give_what_the_reference_gives(variant, kernel):
    arguments = right_arguments(kernel)
    expected = reference_results(kernel, arguments)
    found = as_tuple(getattr(kernels, kernel)(**arguments))
    for one, other in zip(
        found or changed_of(kernel, arguments), expected, strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("number", [2, np.float32(2), np.int64(2)])
def test_any_real_number_will_do_where_a_float_is_taken(variant, number):
    x = np.array([[-1, 3]], np.float32)
    expected = kernels.elu(x, 2.0)
    np.testing.assert_array_equal(kernels.elu(x, number), expected)


def unaligned(array):
    room = np.zeros(array.nbytes + 1, np.uint8)
    moved = room[1:].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


def of_another_float(array):
    return array.astype(np.float32 if array.dtype == np.float64 else np.float64)


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


# What is made of one right array.
WRONG_ARRAYS = {
    "one more row": lambda a: np.concatenate([a, a[:1]]),
    "one more axis": lambda a: a[None],
    "no axes": lambda a: np.float32(0.5),
    "nothing": lambda a: a[:0],
    "no columns": lambda a: a[..., :0],
    "flat": lambda a: a.ravel(),
    "transposed": lambda a: a.T,
    "of steps": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[::-1],
    "of doubles": lambda a: a.astype(np.float64),
    "of other bytes": lambda a: a.astype(">f4"),
    "of halves": lambda a: a.astype(np.float16),
    "unaligned": unaligned,
    "read-only": read_only,
    "complex": lambda a: a * 1j,
    "text": lambda a: a.astype(str),
    "objects": lambda a: a.astype(object),
    "None": lambda a: None,
    "NaN": lambda a: a * np.nan,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("wrong", WRONG_ARRAYS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_wrong_array_is_refused_or_taken_for_what_it_is(backend, kernel, wrong):
    for array in signature(kernel).arrays:
        arguments = right_arguments(kernel)
        arguments[array.name] = WRONG_ARRAYS[wrong](arguments[array.name])
        if wrong != "None" or not array.optional:
            refused_or_right(kernel, arguments)


@pytest.mark.parametrize("wrong", [
    lambda a: None, lambda a: a.tolist(), of_another_float, read_only,
    unaligned, lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    lambda a: np.concatenate([a, a]), lambda a: a[:-1],
], ids=["None", "list", "another float", "read-only", "unaligned", "of steps", "longer",
        "shorter"])  # fmt: skip
@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_written_to_has_to_fit(backend, kernel, wrong):
    its = signature(kernel)
    arguments = right_arguments(kernel)
    results = [zeros_for(one) for one in its.results]
    for i, _ in enumerate(results):
        broken = [*results[:i], wrong(results[i]), *results[i + 1 :]]
        if broken[i] is None:
            continue  # One that is left out is made.
        with pytest.raises(ValueError, match="is written to"):
            getattr(kernels, kernel)(**arguments, **outs_of(kernel, broken))
        assert not any(result.any() for result in results)
    for array in its.arrays:
        if array.changed and len(its.arrays) > 1:
            arguments = right_arguments(kernel)
            arguments[array.name] = wrong(arguments[array.name])
            if array.optional and arguments[array.name] is None:
                continue
            before = copies(arguments)
            with pytest.raises(ValueError, match=r"is written to|must have shape"):
                getattr(kernels, kernel)(**arguments)
            for name, value in before.items():
                np.testing.assert_array_equal(arguments[name], value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "wrong", [np.nan, np.inf, -1, 2**63, 10**400, "1", None, 1j, [0.5, 0.5]], ids=str
)
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_wrong_number_is_refused_or_harmless(backend, kernel, wrong):
    for name, kind in signature(kernel).numbers.items():
        arguments = right_arguments(kernel)
        arguments[name] = wrong
        try:
            getattr(kernels, kernel)(**arguments)
        except (TypeError, ValueError, OverflowError):
            continue
        assert kind is bool or np.isscalar(wrong)
        assert kind is bool or not isinstance(wrong, (str, complex))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("empty", ["rows", "columns", "inputs", "units", "size"])
@pytest.mark.parametrize("kernel", KERNELS)
def test_without_rows_or_columns_a_kernel_is_right_or_says_so(variant, kernel, empty):
    refused_or_right(kernel, right_arguments(kernel, **{empty: 0}))


# ---------------------------------------------------------------------------
# Results that overlap
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", WITH_RESULTS)
def test_a_result_over_an_argument_is_right_or_refused(variant, kernel):
    its = signature(kernel)
    allowed = 0
    for array, (i, result) in itertools.product(its.arrays, enumerate(its.results)):
        arguments = right_arguments(kernel)
        if shape_of(array) != shape_of(result) or result.double:
            continue  # One of float64 can be over none of float32.
        expected = as_tuple(getattr(kernels, kernel)(**arguments))
        results = [zeros_for(one) for one in its.results]
        results[i] = arguments[array.name]
        before = copies(arguments)
        try:
            found = getattr(kernels, kernel)(**arguments, **outs_of(kernel, results))
        except ValueError as error:
            assert f"would be written over {array.name}" in str(error)
            np.testing.assert_array_equal(arguments[array.name], before[array.name])
            continue
        allowed += 1
        for one, other in zip(as_tuple(found), expected, strict=True):
            np.testing.assert_array_equal(one, other)
    assert (allowed > 0) == any(array.overwritable for array in its.arrays)


@pytest.mark.parametrize("kernel", WITH_RESULTS)
def test_a_result_over_a_part_of_an_argument_is_refused(variant, kernel):
    its = signature(kernel)
    for array, (i, result) in itertools.product(its.arrays, enumerate(its.results)):
        arguments = right_arguments(kernel)
        given = arguments[array.name]
        # In float32 numbers; one of float64 begins at an even place.
        width = 2 if result.double else 1
        size = width * int(np.prod(shape_of(result)))
        room = np.zeros(given.size + size, np.float32)
        arguments[array.name] = room[: given.size].reshape(given.shape)
        arguments[array.name][...] = given
        results = [zeros_for(one) for one in its.results]
        begin = (given.size - 1) // width * width
        part = room[begin : begin + size].view(results[i].dtype)
        results[i] = part.reshape(shape_of(result))
        with pytest.raises(ValueError, match="would be written over"):
            getattr(kernels, kernel)(**arguments, **outs_of(kernel, results))
        np.testing.assert_array_equal(arguments[array.name], given)


@pytest.mark.parametrize("kernel", KERNELS)
def test_two_arrays_that_are_written_lie_apart(variant, kernel):
    its = signature(kernel)
    shapes = [shape_of(one) for one in its.results]
    for i, j in itertools.combinations(range(len(shapes)), 2):
        if shapes[i] == shapes[j]:
            results = [np.zeros(shape, np.float32) for shape in shapes]
            results[j] = results[i]
            with pytest.raises(ValueError, match="would be written over"):
                getattr(kernels, kernel)(
                    **right_arguments(kernel), **outs_of(kernel, results)
                )
    for one, other in itertools.permutations(its.arrays, 2):
        if one.changed:
            arguments = right_arguments(kernel)
            arguments[other.name] = arguments[one.name]
            # What is as wide as the whole does not fit in from column 2 on.
            refused = "would be written over|must lie within"
            with pytest.raises(ValueError, match=refused):
                getattr(kernels, kernel)(**arguments)


def test_a_strided_input_is_a_copy_so_that_it_may_lie_under_the_result(variant):
    x = np.arange(-4, 4, dtype=np.float32)
    expected = kernels.relu(x[::-1])
    np.testing.assert_array_equal(kernels.relu(x[::-1], out=x), expected)


# ---------------------------------------------------------------------------
# Names
# ---------------------------------------------------------------------------

IN_SRC = runpy.run_path(str(Path(__file__).parent.parent / "src" / "generate.py"))[
    "signatures"
]()
SIZE_NAMES = ("size", "rows", "columns", "scratch")


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_and_reference_have_the_same_parameters_in_the_same_order(kernel):
    its = signature(kernel)
    written = (f"bound_{kernel}", f"each_{kernel}", kernel)
    parameters = next(IN_SRC[name] for name in written if name in IN_SRC)
    of_kernel = [name for _, name in parameters if name not in SIZE_NAMES]
    arrays = [array.name for array in its.arrays]
    of_reference = list(inspect.signature(getattr(reference, kernel)).parameters)
    assert of_reference == [*arrays, *its.numbers]
    given = [name for name in of_kernel if name in of_reference]
    assert given == of_reference
    results = [name for name in of_kernel if name not in of_reference]
    assert len(results) == len(its.results)


@pytest.mark.parametrize("family", ["ACTIVATIONS", "LOSSES", "METRICS", "OPTIMIZERS"])
def test_what_a_table_names_can_be_set(family):
    for kernel, settings in getattr(tables, family).items():
        assert set(settings) <= set(signature(kernel).numbers), kernel


@pytest.mark.parametrize("kernel", KERNELS)
def test_help_shows_the_signature_and_the_equation(kernel):
    function = getattr(kernels, kernel)
    assert function.__name__ == kernel
    assert function.__doc__ == getattr(reference, kernel).__doc__
    parameters = inspect.signature(function).parameters
    its = signature(kernel)
    names = [*(array.name for array in its.arrays), *its.numbers]
    assert list(parameters) == names + ["out"] * bool(its.results)
    for name in its.numbers:
        original = inspect.signature(getattr(reference, kernel)).parameters[name]
        assert parameters[name] == original


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_example_of_a_kernel_runs(variant, kernel):
    names = {"np": np, kernel: getattr(kernels, kernel)}
    finder = doctest.DocTestFinder()
    for example in finder.find(getattr(kernels, kernel), kernel, globs=names):
        assert doctest.DocTestRunner().run(example).failed == 0


def test_arguments_are_named_as_in_python():
    for arguments, named in [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1}),
                             ((1,), {"slope": 2})]:  # fmt: skip
        with pytest.raises(TypeError, match=r"^relu\(\) "):
            kernels.relu(*arguments, **named)
    with pytest.raises(AttributeError, match="no attribute 'relo'"):
        kernels.relo  # noqa: B018
    assert "relu" in dir(kernels)


@pytest.mark.skipif(kernels.backend == "numpy", reason="NumPy looks after its own")
def test_an_array_that_a_kernel_reads_stays_in_its_place():
    values = np.linspace(-3, 3, 1_000_000, dtype=np.float32)
    expected = kernels.tanh(values)
    refused = False
    # Several times: the scheduler may let the resize come before the kernel begins.
    for _ in range(200):
        x, results = values.copy(), []
        worker = threading.Thread(
            target=lambda x=x, results=results: results.append(kernels.tanh(x))
        )
        worker.start()
        while worker.is_alive() and x.size > 1 and not refused:
            try:
                x.resize(1, refcheck=False)
            except ValueError:
                refused = True
        worker.join()
        np.testing.assert_array_equal(results[0], expected[: len(results[0])])
        if refused:
            break
    assert refused
