"""Linear algebra: products of vectors and matrices, and how long they are."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastmlp.ops._elementwise import (
    absolute,
    divide,
    maximum,
    multiply,
    power,
    sqrt,
    square,
)
from fastmlp.ops._making import ndim
from fastmlp.ops._reductions import max, sum
from fastmlp.ops._shapes import ravel
from fastmlp.ops._tape import Rule, computed, differentiable, record
from fastmlp.ops._traced import Array, Axis, Backward, TensorLike

__all__ = ["dot", "einsum", "matmul", "norm", "normalize", "outer", "tensordot"]


@differentiable
def matmul(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute y = x1 x2; dx1 = dy x2^T, dx2 = x1^T dy.

    Args:
        x1: Matrices, (..., rows, k), or a vector (k,), which counts as a row.
        x2: Matrices, (..., k, columns), or a vector (k,), which counts as a column.

    Example:
        >>> matmul(np.float32([[1, 2]]), np.float32([[3], [4]]))
        array([[11.]], dtype=float32)
    """
    a = x1[None, :] if x1.ndim == 1 else x1
    b = x2[:, None] if x2.ndim == 1 else x2

    def matrix(dy: Array) -> Array:
        if x2.ndim == 1:
            dy = np.expand_dims(dy, -1)
        return np.expand_dims(dy, -2) if x1.ndim == 1 else dy

    def dx2(dy: Array) -> Array:
        product = np.swapaxes(a, -1, -2) @ matrix(dy)
        return product[..., 0] if x2.ndim == 1 else product

    return (
        np.matmul(x1, x2),
        lambda dy: matrix(dy) @ np.swapaxes(b, -1, -2),
        dx2,
    )


def dot(x1: TensorLike, x2: TensorLike) -> Any:
    """Compute the product of vectors, of matrices, or with a number.

    Args:
        x1: A number, or numbers (..., k).
        x2: A number, or numbers (..., k, columns) or (k,).

    Example:
        >>> float(dot([1.0, 2.0], [3.0, 4.0]))
        11.0
    """
    if ndim(x1) == 0 or ndim(x2) == 0:
        return multiply(x1, x2)
    return matmul(x1, x2) if ndim(x2) <= 2 else tensordot(x1, x2, ([-1], [-2]))


def outer(x1: TensorLike, x2: TensorLike) -> Any:
    """Compute the product of each number of x1 with each of x2.

    Args:
        x1: Numbers, which become the rows.
        x2: Numbers, which become the columns.

    Example:
        >>> outer([1.0, 2.0], [3.0, 4.0])
        array([[3., 4.],
               [6., 8.]], dtype=float32)
    """
    return tensordot(ravel(x1), ravel(x2), 0)


def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[Any] = 2) -> Any:
    """Compute the sum over axes of products.

    Args:
        x1: Numbers.
        x2: Numbers.
        axes: How many of the last axes of x1 meet the first of x2, or two lists of
            axes that meet. Default 2.

    Example:
        >>> float(tensordot([[1.0, 2.0]], [[3.0, 4.0]]))
        11.0
    """
    subscripts = computed(
        "tensordot", [x1, x2], _words_that_meet, ndim(x1), ndim(x2), axes
    )
    return einsum(subscripts, x1, x2)


def _words_that_meet(ndim1: int, ndim2: int, axes: int | Sequence[Any]) -> str:
    """Return what `tensordot` is to `einsum`: axes that meet have the same letter."""
    if isinstance(axes, int):
        axes = (range(-axes, 0), range(axes))
    word1 = [*string.ascii_lowercase[:ndim1]]
    word2 = [*string.ascii_uppercase[:ndim2]]
    first, second = (np.atleast_1d(part) for part in axes)
    for i, k in zip(first, second, strict=True):
        word2[k] = word1[i]
    left = {*word1} ^ {*word2}
    result = [letter for letter in word1 + word2 if letter in left]
    return f"{''.join(word1)},{''.join(word2)}->{''.join(result)}"


def einsum(subscripts: str, *operands: TensorLike) -> Any:
    """Compute sums of products, as letters say: "ij,jk->ik" is a product of matrices.

    Axes with the same letter go together; over letters that are not behind the arrow
    is summed.

    Args:
        subscripts: A letter for each axis, a word for each operand, and, after "->",
            one for the result. Without it, the result has the letters that occur
            once, in the order of the alphabet.
        operands: One array or several.

    Raises:
        ValueError: The letters do not fit the operands, one word has a letter twice,
            or there is an ellipsis.

    Example:
        >>> einsum("ij,ij->i", [[1.0, 2.0]], [[3.0, 4.0]])
        array([11.], dtype=float32)
    """
    names = [f"operand {i}" for i in range(len(operands))]
    return record(_einsum, names, operands, subscripts)


def _einsum(*arguments: Any) -> Rule:
    *operands, subscripts = arguments
    words, result = _words(subscripts, len(operands))

    def backward(i: int) -> Backward:
        """dx_i: dy takes the place of x_i, and the word of x_i that of the result."""
        arrays, others = [*operands], [*words]
        del arrays[i], others[i]
        known = "".join(others) + result
        found = "".join(letter for letter in words[i] if letter in known)
        text = f"{','.join([result, *others])}->{found}"
        # Over the others was summed: along those axes, all have the same gradient.
        summed = [k for k, letter in enumerate(words[i]) if letter not in known]
        return lambda dy: np.expand_dims(_sum_of_products(text, dy, *arrays), summed)

    y = _sum_of_products(f"{','.join(words)}->{result}", *operands)
    return y, *map(backward, range(len(operands)))


def _sum_of_products(subscripts: str, *arrays: Array) -> Array:
    """Let BLAS compute what is a product of matrices, many times faster."""
    return np.asarray(np.einsum(subscripts, *arrays, optimize=True))


def _words(subscripts: str, count: int) -> tuple[list[str], str]:
    """Return the letters of each operand, and those of the result."""
    before, arrow, result = subscripts.replace(" ", "").partition("->")
    words = before.split(",")
    if "." in subscripts or any(len({*word}) < len(word) for word in [*words, result]):
        raise ValueError(
            f"{subscripts!r} has an ellipsis, or a letter twice in one word, which "
            "has no derivative here: write one letter for each axis"
        )
    if len(words) != count:
        raise ValueError(f"{subscripts!r} is about {len(words)} arrays, not {count}")
    if not arrow:
        once = {letter for letter in before if before.count(letter) == 1}
        result = "".join(sorted(once - {","}))
    return words, result


# -- How long -------------------------------------------------------------------


def norm(
    x: TensorLike,
    ord: float | str | None = None,
    axis: Axis = None,
    keepdims: bool = False,
) -> Any:
    """Compute the length of vectors: sqrt(sum x^2), or (sum |x|^p)^(1/p).

    At x = 0, the root has no slope: the gradient is NaN.

    Args:
        x: Numbers of any shape.
        ord: p; infinity for the largest |x|. Default None: 2, of all axes that are
            meant, so that it is Frobenius's norm of a matrix, as "fro" is.
        axis: The axis of the vectors. Default None: all.
        keepdims: Whether that axis stays, with length 1. Default False.

    Raises:
        ValueError: Another norm of matrices is asked for.

    Example:
        >>> float(norm([3.0, 4.0]))
        5.0
    """
    axes = ndim(x) if axis is None else np.size(axis)
    if ord is None or (ord == "fro" and axes == 2) or (ord == 2 and axes == 1):
        return sqrt(sum(square(x), axis, keepdims))
    if axes != 1 or not isinstance(ord, (int, float)) or ord <= 0:
        raise ValueError(
            f"ord={ord!r} over {axes} axes is a norm that fastmlp does not have. Of "
            "vectors, along one axis, ord may be any positive number or infinity; of "
            "matrices, None or 'fro'."
        )
    if ord == 1:
        return sum(absolute(x), axis, keepdims)
    if ord == np.inf:
        return max(absolute(x), axis, keepdims)
    return power(sum(power(absolute(x), ord), axis, keepdims), 1 / ord)


def normalize(
    x: TensorLike, axis: Axis = -1, order: float = 2, epsilon: float | None = None
) -> Any:
    """Compute x / max(norm(x), epsilon): vectors of length 1.

    Args:
        x: Numbers of any shape.
        axis: The axis of the vectors. Default -1, the last.
        order: Which norm; see `norm`. Default 2.
        epsilon: What the norm counts at least. Default None: 1e-7.

    Example:
        >>> normalize([3.0, 4.0])
        array([0.6, 0.8], dtype=float32)
    """
    least = 1e-7 if epsilon is None else epsilon
    if order == 2:
        # The limit comes before the root, which has no slope at 0.
        length = sqrt(maximum(sum(square(x), axis, keepdims=True), least * least))
    else:
        length = maximum(norm(x, order, axis, keepdims=True), least)
    return divide(x, length)
