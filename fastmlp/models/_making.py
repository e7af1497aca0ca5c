"""Models from descriptions, copies and files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastmlp._check.names import as_text
from fastmlp._check.numbers import describe, true_or_false
from fastmlp._model.description import describe_whole
from fastmlp._model.files import restore
from fastmlp._model.reading import Read, read_whole
from fastmlp._model.stack import Stack
from fastmlp._saving._files import Path, open_model
from fastmlp._saving._groups import Reader, check_sizes, expected_of, inputs_in
from fastmlp._util.keywords import suggesting
from fastmlp._util.random import drawing_no_weights
from fastmlp._util.registered import CustomObjectScope
from fastmlp.layers._shapes import row_size
from fastmlp.models._model import Model

Kind = TypeVar("Kind", bound=Model)

__all__ = ["clone_model", "load_model", "model_from_json", "save_model"]


@suggesting
def clone_model(
    model: Kind,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Kind:
    """Return a new model with the same layers and compile settings, but fresh weights.

    Functions of your own are not copied: both models use the same. `copy.deepcopy`
    copies a model with its weights, and how its training stands.

    Args:
        model: The model.
        input_tensors: The symbolic tensors that the copy begins with, in the structure
            of `model.inputs`. Default None: new ones of the same names.
        clone_function: From a layer, or a model that is one, to what takes its place in
            the copy. Default None: a layer with the same arguments.
        call_function: Called as call_function(layer, inputs) instead of layer(inputs),
            it returns what stands in the place of its outputs; not of layers in a row,
            which are not called. Default None.
        recursive: Whether models that are layers are cloned layer by layer, too.

    Raises:
        TypeError: An argument is of the wrong kind, or `clone_function` returns no
            layer.
        ValueError: A `Sequential` is given a `call_function`; or the model has a `call`
            of its own and is not to be cloned as it is.

    Example:
        >>> from fastmlp.layers import Dense
        >>> from fastmlp.models import Sequential
        >>> clone_model(Sequential([Dense(3, input_shape=(4,))])).count_params()
        15
    """
    _require_model("clone_model", model)
    recursive = true_or_false("recursive", recursive)
    functions = {"clone_function": clone_function, "call_function": call_function}
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} must be a function, not {describe(function)}.")
    if call_function is not None and isinstance(model.graph, Stack):
        raise ValueError(
            "call_function goes with Model(inputs, outputs), whose layers are called, "
            "not with a Sequential. Use clone_function."
        )
    if input_tensors is None and not any(functions.values()):
        clone: Any = _compiled(read_whole(describe_whole(model)))
        return clone  # type: ignore[no-any-return]
    # Only here: it builds on the models.
    from fastmlp.models._cloning import anew, cloned

    clone = cloned(
        model, input_tensors, clone_function or anew, call_function, recursive
    )
    settings = model.get_compile_config()
    if settings is not None:
        clone.compile_from_config(settings)
    return clone  # type: ignore[no-any-return]


@suggesting
def model_from_json(
    json_string: str, custom_objects: Mapping[str, Any] | None = None
) -> Model:
    """Return a new model with fresh weights, made as `to_json` says.

    Args:
        json_string: What `to_json` returned, here or in Keras.
        custom_objects: Classes and functions of your own that it names, by name, beside
            those that are registered.

    Raises:
        ValueError: It does not describe a model, or one that has what fastmlp has not.
        MemoryError: There is no room for its weights.

    Example:
        >>> from fastmlp.layers import Dense
        >>> from fastmlp.models import Sequential
        >>> model = Sequential([Dense(3, input_shape=(4,))])
        >>> model_from_json(model.to_json()).count_params()
        15
    """
    try:
        description = json.loads(as_text("json_string", json_string))
    except (ValueError, RecursionError):
        raise ValueError(
            "json_string is no JSON: it must be the text that `to_json` returned, "
            "whole. What is in a file, `load_model` reads."
        ) from None
    with CustomObjectScope(custom_objects):
        model: Model = _compiled(read_whole(description))
    return model


@suggesting
def save_model(
    model: Model,
    filepath: Path,
    overwrite: bool = True,
    zipped: bool | None = None,
) -> None:
    """Write a model to a file: arguments and errors are those of `Model.save`.

    Example:
        >>> import os, tempfile
        >>> from fastmlp.layers import Dense
        >>> from fastmlp.models import Sequential
        >>> model = Sequential([Dense(3, input_shape=(4,))])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_model(model, os.path.join(folder, "m.npz"))
        ...     print(os.listdir(folder))
        ['m.npz']
    """
    _require_model("save_model", model)
    model.save(filepath, overwrite, zipped)


@suggesting
def load_model(
    filepath: Path,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Return the model that is in a file, ready to be trained on.

    A file may come from anywhere: no code in it is run. If the model was compiled
    without a loss, it comes back without compile settings, and a warning says so.

    Args:
        filepath: A file that `save` wrote, here or in Keras.
        custom_objects: Classes and functions of your own that it names, by name, beside
            those that are registered.
        compile: Whether to compile the model as it was. Default True.
        safe_mode: Accepted for the sake of Keras; fastmlp is always safe.

    Raises:
        ValueError: The file is none of these, damaged, or has what fastmlp has not.
        FileNotFoundError: There is no such file.
        ImportError: h5py is missing.

    Example:
        >>> import os, tempfile
        >>> from fastmlp.layers import Dense
        >>> from fastmlp.models import Sequential
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "m.npz")
        ...     Sequential([Dense(3, input_shape=(4,))]).save(path)
        ...     model = load_model(path)
        >>> model.count_params()
        15
    """
    compile = true_or_false("compile", compile)
    with (
        CustomObjectScope(custom_objects),
        # The weights are in the file; what layers draw beside them is thrown away.
        drawing_no_weights(),
        open_model(filepath) as (description, file),
    ):
        read = read_whole(description)
        model: Model = read.model
        reader = file.weights(model.graph.layers)
        _fill(model, reader, file.size)
        for one, settings in read.compiled if compile else []:
            _compile_as_saved(one, settings)
        if model.built:
            expected = expected_of(model.graph.layers)
            restore(model._network, reader, expected, skip_mismatch=False)
    return model


def _fill(model: Model, reader: Reader, held: int) -> None:
    """Make the weights of a model, if a file has such; nothing takes memory before.

    Args:
        model: The model, whose layers may have shapes, but not weights yet.
        reader: The file.
        held: How many bytes it has.
    """
    graph = model.graph
    if isinstance(graph, Stack) and not graph.built:
        sample = inputs_in(reader, graph.layers)
        if sample is None:
            return
        graph.build((None, *sample))
    outputs = sum(row_size(call.layer.output_shape) for call in graph.calls)
    check_sizes(reader, expected_of(graph.layers), outputs, held)
    for layer in graph.leaves:
        layer.fill()


def _compiled(read: Read) -> Any:
    """Return the model that was described, compiled as it was, and those inside it."""
    for one, settings in read.compiled:
        one.compile_from_config(settings)
    return read.model


def _require_model(function: str, model: Any) -> None:
    """Refuse what is no model.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(model, Model):
        raise TypeError(f"{function} takes a model first, not {describe(model)}.")


def _compile_as_saved(model: Model, settings: Any) -> None:
    """Compile a model as its file says, or say how to load it without that."""
    try:
        model.compile_from_config(settings)
    except ValueError as error:
        raise ValueError(
            f"{error} load_model(path, compile=False) leaves the compile settings out."
        ) from None
