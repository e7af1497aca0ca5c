"""Is a derivative by hand right?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from fastmlp._util.keywords import suggesting

if TYPE_CHECKING:
    from fastmlp.ops._check_gradient import GradientReport

__all__ = ["check_gradient"]


@suggesting
def check_gradient(thing: Any, *inputs: ArrayLike, seed: int = 0) -> GradientReport:
    """Compare a gradient with finite differences: is what you derived right?

    Each number of the inputs is moved a little up and down, in float64, and the result
    watched. Of arrays with more than 1000 numbers, 1000 are tried one by one, and all
    together along four directions. At a kink, any slope between those of both sides is
    right.

    Args:
        thing: What has a gradient:

            - a function of arrays in terms of `fastmlp.ops`, of which the tape is
              checked;
            - an object with `forward(x)` and `backward(x, y, dy)`, which returns dx,
              and leaves the gradients of weights, if there are any, in `gradients`, by
              the names of the attributes that hold them;
            - a loss with `forward(y_true, y_pred)`, one loss a row, and
              `backward(y_true, y_pred)`, the gradient of their sum in y_pred;
            - an activation or a loss of fastmlp.

        inputs: Where it is checked: x, or y_true and y_pred, or what the function
            takes. Arrays of a few rows, away from where the result is infinite.
        seed: Of dy, which is drawn, and of what is tried of large arrays. Default 0.

    Returns:
        A report that counts as true if the gradient is right. Printed, it says which
        entry is wrong, by how much, and what its sign or factor suggests; `ok`,
        `message` and `parts` hold the same.

    Raises:
        TypeError: The thing has no gradient, or returns nothing.
        ValueError: The result is not finite, or a loss is not one number a row.

    Example:
        >>> import numpy as np
        >>> class Cube:
        ...     def forward(self, x):
        ...         return x**3
        ...     def backward(self, x, y, dy):
        ...         return x**2 * dy
        >>> report = check_gradient(Cube(), np.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> report.ok
        False
        >>> "It is 0.3333 times what it should be" in report.message
        True
    """
    # Only here: few programs ask for it.
    from fastmlp.ops._check_gradient import check_gradient as check

    return check(thing, *inputs, seed=seed)
