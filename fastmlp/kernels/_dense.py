"""The door to src/dense.pxi."""

from numpy.typing import ArrayLike

from fastmlp.kernels._door import apart, as_array, as_result, call, panel
from fastmlp.plan import Float32


def dense_forward(
    x: ArrayLike, w: ArrayLike, b: ArrayLike | None, out: Float32 | None = None
) -> Float32:
    """Compute y = x w + b.

    Args:
        x: Inputs, (rows, inputs).
        w: Weights, (inputs, units).
        b: Bias, (units,), or None.
        out: Where to put y; a new array if None.

    Returns:
        y, (rows, units).

    Example:
        >>> dense_forward([[1.0, 2.0]], [[3.0], [4.0]], [5.0])
        array([[16.]], dtype=float32)
    """
    w = as_array("w", w, None, None)
    x = as_array("x", x, None, w.shape[0])
    b = None if b is None else as_array("b", b, w.shape[1])
    out = as_result("out", out, x.shape[0], w.shape[1])
    apart(out, {"x": x, "w": w} if b is None else {"x": x, "w": w, "b": b})
    call("dense_forward", (x, w, b), [out], panel())
    return out


def dense_backward(
    x: ArrayLike,
    w: ArrayLike,
    dy: ArrayLike,
    out: tuple[Float32, Float32, Float32] | None = None,
) -> tuple[Float32, Float32, Float32]:
    """Compute dx = dy w^T, dw = x^T dy and db = the sum over the rows of dy.

    Args:
        x: Inputs, (rows, inputs).
        w: Weights, (inputs, units).
        dy: Gradient of the outputs, (rows, units).
        out: Where to put (dx, dw, db); new arrays if None.

    Returns:
        dx (rows, inputs), dw (inputs, units) and db (units,).

    Example:
        >>> dx, dw, db = dense_backward([[1.0, 2.0]], [[3.0], [4.0]], [[10.0]])
        >>> dx.tolist(), dw.tolist(), db.tolist()
        ([[30.0, 40.0]], [[10.0], [20.0]], [10.0])
    """
    w = as_array("w", w, None, None)
    x = as_array("x", x, None, w.shape[0])
    dy = as_array("dy", dy, x.shape[0], w.shape[1])
    dx, dw, db = (None, None, None) if out is None else out
    dx = as_result("dx", dx, *x.shape)
    dw = as_result("dw", dw, *w.shape)
    db = as_result("db", db, w.shape[1])
    for result in (dx, dw, db):
        apart(result, {"x": x, "w": w, "dy": dy})
    call("dense_backward", (x, w, dy), [dx, dw, db], panel())
    return dx, dw, db
