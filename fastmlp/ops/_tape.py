"""The tape: how frameworks find gradients. A chapter to be read from top to bottom.

Whoever computes a loss computes it step by step: a difference, a square, a mean. Of
each step alone the derivative is known. The chain rule puts them together: if

    y = f(x)   and   loss = g(y),   then   dx = f'(x) dy,

where dx is short for d loss / d x. So the gradient comes back as the numbers went
there, step by step, from the loss to the inputs; and a step has to know nothing but its
own derivative, as a function from dy to dx. It is called the vector-Jacobian product.

Here, a step is one of the operations of `fastmlp.ops`. Each is a rule, which computes y
and says how dx follows from dy, both in the same few lines:

    @differentiable
    def square(x):
        return np.square(x), lambda dy: 2 * x * dy

What is left to do is to remember which steps were taken (`Traced`), and to walk them
back (`pull_back`). Conditions and loops need no rules: Python runs them while the steps
are written down, so that a tape holds what was done this time, in a row.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeAlias

import numpy as np

from fastmlp._check.numbers import describe
from fastmlp.ops._arrays import as_arrays, explained, names_of_arrays
from fastmlp.ops._traced import Array, TensorLike, Traced, untraced

# What a rule returns: y, and for each array that it takes, how dx follows from dy.
Rule: TypeAlias = tuple[Any, ...]

Parameters = ParamSpec("Parameters")

# -- Writing down ---------------------------------------------------------------


def differentiable(
    rule: Callable[Parameters, Rule], floats: bool = False
) -> Callable[Parameters, Any]:
    """Make an operation of a rule: of plain arrays, it is nothing but y.

    Args:
        rule: It takes arrays of one dtype, which are its arguments annotated as
            `TensorLike`, and settings, and returns y, and for each array a function
            from dy to dx.
        floats: Whether whole numbers become float32 before.
    """
    rule.__annotations__["return"] = "Any"  # That of the operation, for help().
    names = names_of_arrays(rule)

    @functools.wraps(rule)
    def operation(*arguments: Any, **settings: Any) -> Any:
        arrays, others = _arrays_first(names, arguments, settings)
        return record(rule, names, arrays, *others, floats=floats, **settings)

    return operation


def differentiable_of_floats(
    rule: Callable[Parameters, Rule],
) -> Callable[Parameters, Any]:
    """The same, of a rule that makes fractions of whole numbers, as a root does."""
    return differentiable(rule, floats=True)


def not_differentiable(
    function: Callable[Parameters, Any],
) -> Callable[Parameters, Any]:
    """Make an operation of a function of plain arrays: no gradient passes it."""
    names = names_of_arrays(function)

    @functools.wraps(function)
    def operation(*arguments: Any, **settings: Any) -> Any:
        arrays, others = _arrays_first(names, arguments, settings)
        values = as_arrays(names, [untraced(one) for one in arrays])
        return computed(
            function.__name__, values, function, *values, *others, **settings
        )

    return operation


def record(
    rule: Callable[..., Rule],
    names: Sequence[str],
    arrays: Sequence[Any],
    *others: Any,
    floats: bool = False,
    **settings: Any,
) -> Any:
    """Compute y by a rule, and remember the step if one of the arrays is traced."""
    values = as_arrays(names, [untraced(one) for one in arrays], floats)
    y, *backwards = computed(rule.__name__, values, rule, *values, *others, **settings)
    parents = [
        (one, backward)
        for one, backward in zip(arrays, backwards, strict=True)
        if isinstance(one, Traced)
    ]
    return Traced(y, parents) if parents else y


def _arrays_first(
    names: Sequence[str], arguments: tuple[Any, ...], settings: dict[str, Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the arrays among the arguments, also those given by name, and the rest."""
    for name in names[len(arguments) :]:
        if name not in settings:
            break
        arguments = (*arguments, settings.pop(name))
    return arguments[: len(names)], arguments[len(names) :]


def computed(
    name: str,
    values: Sequence[Any],
    function: Callable[..., Any],
    *arguments: Any,
    **settings: Any,
) -> Any:
    """Call a function of plain arrays. What NumPy complains of becomes a sentence."""
    try:
        with np.errstate(all="ignore"):
            return function(*arguments, **settings)
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise explained(name.strip("_"), values, error) from None


def trace(
    function: Callable[..., Any], arrays: Sequence[Array]
) -> tuple[Any, list[Traced]]:
    """Call a function of the user's; return its result, and the inputs as it got them.

    Where only the result is wanted, plain arrays would do, were it not for `y /= 2`: of
    a traced array it makes a new one, but into an array that others need it writes.
    """
    inputs = [Traced(one) for one in arrays]
    return function(*inputs), inputs


# -- Walking back ---------------------------------------------------------------


def pull_back(
    outputs: Sequence[Any], upstream: Sequence[Array], inputs: Sequence[Traced]
) -> list[Array]:
    """Return the gradient of a loss in each input, from its gradient in each output.

    From the last step to the first, each hands the gradient of what it made back to
    what it was made of. What was used several times gets the sum, added up in that
    order, so that the bits are always the same.

    Args:
        outputs: What was computed. Those that are not traced depend on no input.
        upstream: d loss / d output, in the shape of each output.
        inputs: Traced arrays. Where no output depends on one, its gradient is 0.
    """
    gradients: dict[int, Array] = {}

    def add(x: Traced, dx: Array) -> None:
        dx = _in_shape(dx, x.value)
        known = gradients.get(x.number)
        gradients[x.number] = dx if known is None else known + dx

    traced = []
    for y, dy in zip(outputs, upstream, strict=True):
        if isinstance(y, Traced):
            traced.append(y)
            add(y, dy)
    with np.errstate(all="ignore"):
        for step in _from_the_last_to_the_first(traced):
            for x, backward in step.parents:
                add(x, backward(gradients[step.number]))
    zero = np.zeros(())
    return [np.array(_in_shape(gradients.get(x.number, zero), x.value)) for x in inputs]


def depends_on(y: Any, x: Traced) -> bool:
    """Tell whether a gradient leads from y back to x."""
    if not isinstance(y, Traced):
        return False
    return any(step is x for step in _from_the_last_to_the_first([y]))


def _from_the_last_to_the_first(outputs: Sequence[Traced]) -> list[Traced]:
    """Return outputs and all that they were made of: what was made last comes first."""
    found: dict[int, Traced] = {}
    waiting = [*outputs]
    while waiting:
        step = waiting.pop()
        if step.number not in found:
            found[step.number] = step
            waiting += [x for x, _ in step.parents]
    return [found[number] for number in sorted(found, reverse=True)]


def _in_shape(dx: Array, x: Array) -> Array:
    """Return dx in the shape and the dtype of x: what undoes all broadcasting.

    Where one number was stretched over many, its gradient is the sum of theirs. Where
    many were summed up to one, each of them has the gradient of that one.
    """
    shape = np.shape(x)
    if dx.shape == shape:
        return dx.astype(x.dtype, copy=False)
    new = tuple(range(dx.ndim - len(shape)))
    if new:
        dx = dx.sum(axis=new)
    stretched = tuple(i for i, n in enumerate(dx.shape) if n != 1 == shape[i - dx.ndim])
    if stretched:
        dx = dx.sum(axis=stretched, keepdims=True)
    return np.broadcast_to(dx, shape).astype(x.dtype, copy=False)


def gradient(function: Callable[..., Any], *arrays: TensorLike) -> Any:
    """Return the gradient of a function: how y, or the sum of all y, grows with x.

    Args:
        function: From arrays to an array, in terms of this module's functions, of
            operators, and of NumPy's functions.
        arrays: Its arguments.

    Returns:
        For one array, d sum(y) / d x in the shape of x. For several, a list.

    Raises:
        TypeError: It is no function, or uses something that has no derivative here.

    Example:
        >>> gradient(lambda x: x**2, np.float32([1.0, 3.0]))
        array([2., 6.], dtype=float32)
        >>> w, x = np.float32([[1.0], [2.0]]), np.float32([[3.0, 4.0]])
        >>> dx, dw = gradient(lambda x, w: x @ w, x, w)
        >>> dw
        array([[3.],
               [4.]], dtype=float32)
    """
    if not callable(function):
        raise TypeError(
            f"function must be a function of arrays, such as lambda x: x**2, not "
            f"{describe(function)}."
        )
    given = [as_arrays(["x"], [one], floats=True)[0] for one in arrays]
    y, inputs = trace(function, given)
    numbers = as_arrays(["the result of the function"], [untraced(y)])[0]
    found = pull_back([y], [np.ones_like(numbers)], inputs)
    return found[0] if len(found) == 1 else found
