"""Operations and arrays: each row of a plan, checked against what it names."""

from collections.abc import Sequence

import numpy as np

from fastmlp import tables
from fastmlp.plan._arrays import Float32, require, require_plain
from fastmlp.plan._own import Function, is_named
from fastmlp.plan._rows import NO_SETTINGS, LayerSettings, Op

__all__ = ["ACTIVATIONS", "CONSTRAINTS", "KINDS", "learnable"]

# The numbers by which compiled code knows each function.
KINDS = {name: code for code, name in enumerate(tables.KINDS)}
ACTIVATIONS = {name: code for code, name in enumerate(tables.ACTIVATIONS)}
CONSTRAINTS = {name: code for code, name in enumerate(tables.CONSTRAINTS)}

_LEARNING = tuple(
    KINDS[kind]
    for kind in (
        "dense",
        "batch_normalization",
        "layer_normalization",
        "rms_normalization",
        "prelu",
        "embedding",
        "function",
    )
)


def learnable(op: Op) -> list[int]:
    """Return the places of the arrays that an operation can learn."""
    if op.kind == KINDS["function"]:
        return [*range(op.kernel, op.kernel + op.learns)]
    return [place for place in (op.kernel, op.bias) if place >= 0]


def check_arrays(arrays: Sequence[Float32]) -> None:
    """Check that compiled code may read and write every array."""
    for place, array in enumerate(arrays):
        require_plain(f"Array {place}", array, "float32", "float64")
        require(array.flags.writeable, f"Array {place} cannot be written to.")
    require(
        len({array.dtype for array in arrays}) <= 1, "All arrays must have one dtype."
    )


def check_ops(
    ops: Sequence[Op],
    settings: Sequence[LayerSettings],
    arrays: Sequence[Float32],
    functions: Sequence[Function],
) -> None:
    """Check every operation against the arrays that it names."""
    require(ops, "A plan needs an operation.")
    require(len(settings) == len(ops), "Each operation needs a row of settings.")
    offset = 0
    owners: dict[int, int] = {}
    for number, op in enumerate(ops):
        what = f"Operation {number}"
        require(
            op.kind in KINDS.values() and op.activation in ACTIVATIONS.values(),
            f"{what} has a kind or an activation that nobody knows.",
        )
        require(op.offset == offset, f"{what} must have the offset {offset}.")
        require(
            op.steps > 0 and op.inputs % op.steps == 0 and op.outputs % op.steps == 0,
            f"{what} must have inputs and outputs for each of its steps.",
        )
        require(
            op.kind != KINDS["dense"] or not _needs_input(op),
            f"The activation of {what.lower()} needs its input: make it one by itself.",
        )
        _check_settings(what.lower(), op, settings[number])
        _check_function(what, op, settings[number], functions)
        places = _check_places(what, op, arrays)
        for first in {owners.setdefault(place, number) for place in places}:
            require(
                op._replace(offset=0) == ops[first]._replace(offset=0)
                and settings[number] == settings[first],
                f"{what} needs an array of its own, or to be as operation {first} is.",
            )
        offset += op.outputs


def _check_settings(what: str, op: Op, settings: LayerSettings) -> None:
    require(
        len(settings.row()) == len(LayerSettings().row())
        and np.isfinite(settings._replace(activation=NO_SETTINGS).row()).all()
        and 0 <= settings.rate < 1
        and settings.kernel_constraint.kind in CONSTRAINTS.values()
        and settings.bias_constraint.kind in CONSTRAINTS.values()
        and settings.activation.keys() == _activation_row(op),
        f"The settings of {what} are not what they should be.",
    )


def _check_function(
    what: str, op: Op, settings: LayerSettings, functions: Sequence[Function]
) -> None:
    """Check what an operation says of a function, if it is one."""
    if op.kind != KINDS["function"]:
        require(op.learns == 0, f"{what} is no function, which says what it learns.")
        return
    function = functions[op.state] if 0 <= op.state < len(functions) else None
    require(
        is_named(function, "forward"),
        f"{what} needs a function with a name and a method `forward`, by its place.",
    )
    require(
        op.learns >= 0 and op.bias == -1 and (op.kernel == -1) == (op.learns == 0),
        f"{what} must name the first of its arrays as its kernel, and how many it "
        "learns; without any, -1 and 0.",
    )
    require(
        op.activation == 0 and settings == LayerSettings(activity=settings.activity),
        f"{what} is set to what a function does not know.",
    )


def _check_places(what: str, op: Op, arrays: Sequence[Float32]) -> set[int]:
    """Return which arrays an operation names, each of them once."""
    require(
        op.kind in _LEARNING or (op.kernel < 0 and op.bias < 0),
        f"{what} is of a kind that has nothing to learn.",
    )
    named = set[int]()
    for place, shape in _shapes_of(op):
        array = arrays[place] if 0 <= place < len(arrays) else None
        require(
            array is not None and _fits(array, shape) and place not in named,
            f"{what} needs an array of its own at {place}, of shape {shape or 'any'}.",
        )
        named.add(place)
    return named


def _fits(array: Float32, shape: tuple[int, ...] | None) -> bool:
    """Tell whether an array has the shape that it must have."""
    if shape is None or array.shape == shape:
        return True
    return shape[0] == -1 and array.ndim == 2 and array.shape[1:] == shape[1:]


def _activation_row(op: Op) -> set[str]:
    return set(list(tables.ACTIVATIONS.values())[op.activation])


def _needs_input(op: Op) -> bool:
    return list(ACTIVATIONS)[op.activation] in tables.NEED_INPUT


def _shapes_of(op: Op) -> list[tuple[int, tuple[int, ...] | None]]:
    """Return which arrays an operation names, and the shape that each must have.

    Those of a function may have any: None; an embedding may have a row for any number
    of ids: -1.
    """
    if op.kind == KINDS["function"]:
        return [(place, None) for place in learnable(op)]
    row = (op.outputs // op.steps,)
    shapes: list[tuple[int, tuple[int, ...] | None]] = []
    if op.kind == KINDS["embedding"]:
        shapes.append((op.kernel, (-1, *row)))
        return shapes
    if op.kind == KINDS["dense"]:
        shapes.append((op.kernel, (op.inputs // op.steps, *row)))
    elif op.kernel >= 0 or op.kind == KINDS["prelu"]:
        shapes.append((op.kernel, row))
    if op.bias >= 0:
        shapes.append((op.bias, row))
    if op.kind == KINDS["affine"]:
        shapes.append((op.state, (3, *row)))
    elif op.kind == KINDS["batch_normalization"]:
        shapes += [(op.state, row), (op.state + 1, row)]
    return shapes
