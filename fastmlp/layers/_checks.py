"""Layers may be anyone's code: what they say and get is checked here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import regularizers
from fastmlp._check.numbers import as_float32, describe, real_numbers
from fastmlp._util.warn import warn
from fastmlp.layers._shapes import Shape, batch_shape
from fastmlp.plan import Float32, aligned_zeros

if TYPE_CHECKING:
    from fastmlp.layers._layer import Layer
    from fastmlp.regularizers import Regularizer
    from fastmlp.typing import RegularizerLike


def refuse_own_call(layer: Layer) -> None:
    """Refuse a layer that computes something else than what is compiled.

    Raises:
        ValueError: It is of a compiled class, but `call` or `__call__` are its own; or
            it makes numbers of data, and is no layer of a network.
    """
    from fastmlp.layers import KNOWN

    if layer.kind == "function":
        from fastmlp.layers._layer import Layer

        if type(layer).__call__ is not Layer.__call__ or "__call__" in vars(layer):
            raise ValueError(
                f"Layer {layer.name!r} has a `__call__` of its own, which no model "
                "would call: what it computes belongs into its `call`."
            )
        return
    if layer.kind == "preprocessing":
        raise ValueError(
            f"{type(layer).__name__} makes numbers of data before `fit`, and is no "
            f"layer of a network: call it on them, x = {layer.name}(x), and give `fit` "
            "and `predict` what it returns."
        )
    known = [kind for kind in type(layer).__mro__ if KNOWN.get(kind.__name__) is kind]
    if not known:
        raise ValueError(
            "Only layers of `fastmlp.layers` can be part of a model, and those with a "
            f"`call` of their own. Received an object of type {type(layer).__name__}."
        )
    for method in ("call", "__call__"):
        own = getattr(type(layer), method) is not getattr(known[0], method)
        if own or method in vars(layer):
            raise ValueError(
                f"Layer {layer.name!r} has a `{method}` of its own, but "
                f"{known[0].__name__} is compiled. Make a subclass of layers.Layer "
                "with your `call`, or use it as it is."
            )


def penalty_on_outputs(regularizer: RegularizerLike) -> Regularizer | None:
    """Return a regularizer of what a layer computes, which compiled code adds up.

    Raises:
        ValueError: There is no such regularizer, or it is the user's own.
    """
    found = regularizers.get(regularizer)
    if found is not None and regularizers.is_own(found):
        raise ValueError(
            "activity_regularizer takes L1, L2 and L1L2 of fastmlp.regularizers, and "
            f"none of your own, such as {describe(regularizer)}. What is to be added "
            "to the loss may be part of a loss of your own."
        )
    return found


def output_shape_of(layer: Layer, shape: Shape) -> Shape:
    """Return the shape of a layer's outputs, checked: a subclass may be anyone's code.

    Raises:
        ValueError: `compute_output_shape` refuses the shape, or returns none.
    """
    found = layer.compute_output_shape(shape)
    try:
        return batch_shape(found)
    except ValueError:
        raise ValueError(
            f"`compute_output_shape` of layer {layer.name!r} must return the shape of "
            f"a batch, such as (None, 10), not {describe(found)}."
        ) from None


def weight_shapes_of(layer: Layer, shape: Shape) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a layer's weights by name, checked in the same way.

    Raises:
        ValueError: `weight_shapes` returns something else.
    """
    found = layer.weight_shapes(shape)
    if isinstance(found, dict) and all(
        isinstance(name, str)
        and isinstance(sizes, tuple)
        and all(isinstance(size, int) and size > 0 for size in sizes)
        for name, sizes in found.items()
    ):
        return found
    raise ValueError(
        f"`weight_shapes` of layer {layer.name!r} must return shapes by name, such as "
        "{'kernel': (4, 3)}."
    )


def aligned_copy(array: Float32) -> Float32:
    """Return a copy of weights, in memory that the kernels read fastest."""
    copied = aligned_zeros(*array.shape)
    copied[...] = array
    return copied


def checked_weights(
    owner: str, arrays: Sequence[Float32], values: Sequence[ArrayLike]
) -> list[Float32]:
    """Return copies of what is to be put into arrays, in float32.

    Raises:
        TypeError: It is no list of arrays of numbers.
        ValueError: Number or shape of the arrays do not fit.
    """
    if not isinstance(values, (list, tuple)):
        raise TypeError(
            f"`set_weights` of {owner!r} takes a list of arrays, as `get_weights` "
            f"returns them, not {describe(values)}."
        )
    if len(values) != len(arrays):
        hint = "" if arrays else " If it is not built yet, give it an input shape."
        raise ValueError(
            f"You called `set_weights(weights)` on {owner!r} with a weight list of "
            f"length {len(values)}, but it was expecting {len(arrays)} weights.{hint}"
        )
    new = []
    for number, (array, value) in enumerate(zip(arrays, values, strict=True)):
        what = f"Weight {number} of {owner!r}"
        given = real_numbers(what, value)
        if given.shape != array.shape:
            raise ValueError(
                f"{what} has shape {array.shape}, which is not compatible with the "
                f"shape {given.shape} that was given."
            )
        # Copied: these may be the very arrays that are about to change.
        new.append(np.array(as_float32(what, given, finite=False)))
    lost = [number for number, one in enumerate(new) if not np.isfinite(one).all()]
    if lost:
        warn(
            f"Weight {lost[0]} of {owner!r} holds NaN or infinity: so will all that is "
            "predicted with it. Take weights from before the loss was lost.",
            RuntimeWarning,
        )
    return new
