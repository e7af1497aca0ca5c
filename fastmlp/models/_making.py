"""Models from descriptions, copies and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from fastmlp._check.names import as_text
from fastmlp._check.numbers import describe, true_or_false
from fastmlp._model.description import read_model, read_sequential, refuse_custom
from fastmlp._model.files import restore
from fastmlp._saving._files import Path, open_model
from fastmlp._saving._groups import check_sizes, expected_of, inputs_in
from fastmlp._util.keywords import suggesting
from fastmlp._util.random import drawing_no_weights
from fastmlp.layers import InputLayer
from fastmlp.layers._layer import refuse_functional_api
from fastmlp.models._sequential import Sequential, assemble

__all__ = ["Model", "clone_model", "load_model", "model_from_json", "save_model"]


def Model(*_: Any, **__: Any) -> NoReturn:
    """Say that the functional API is not part of fastmlp.

    Raises:
        TypeError: Always.
    """
    refuse_functional_api()


@suggesting
def clone_model(model: Sequential) -> Sequential:
    """Return a new model with the same layers and compile settings, but fresh weights.

    Initializers of your own are not copied: both models use the same. `copy.deepcopy`
    copies a model with its weights, and how its training stands.

    Example:
        >>> from fastmlp.layers import Dense
        >>> clone_model(Sequential([Dense(3, input_shape=(4,))])).count_params()
        15
    """
    _require_model("clone_model", model)
    clone = Sequential.from_config(model.get_config())
    settings = model.get_compile_config()
    if settings is not None:
        clone.compile_from_config(settings)
    return clone


@suggesting
def model_from_json(
    json_string: str, custom_objects: Mapping[str, Any] | None = None
) -> Sequential:
    """Return a new model with fresh weights, made as `to_json` says.

    Args:
        json_string: What `to_json` returned, here or in Keras.
        custom_objects: Accepted as None or empty only.

    Raises:
        ValueError: It does not describe a model, or one that has what fastmlp has not.
        MemoryError: There is no room for its weights.

    Example:
        >>> from fastmlp.layers import Dense
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
    config = read_sequential(description)
    model = Sequential.from_config(config, custom_objects)
    if description.get("compile_config"):
        model.compile_from_config(description["compile_config"])
    return model


@suggesting
def save_model(
    model: Sequential,
    filepath: Path,
    overwrite: bool = True,
    zipped: bool | None = None,
) -> None:
    """Write a model to a file: arguments and errors are those of `Sequential.save`.

    Example:
        >>> import os, tempfile
        >>> from fastmlp.layers import Dense
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
) -> Sequential:
    """Return the model that is in a file, ready to be trained on.

    A file may come from anywhere: no code in it is run. If the model was compiled
    without a loss, it comes back without compile settings, and a warning says so.

    Args:
        filepath: A file that `save` wrote, here or in Keras.
        custom_objects: Accepted as None or empty only.
        compile: Whether to compile the model as it was. Default True.
        safe_mode: Accepted for the sake of Keras; fastmlp is always safe.

    Raises:
        ValueError: The file is none of these, damaged, or has what fastmlp has not.
        FileNotFoundError: There is no such file.
        ImportError: h5py is missing.

    Example:
        >>> import os, tempfile
        >>> from fastmlp.layers import Dense
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "m.npz")
        ...     Sequential([Dense(3, input_shape=(4,))]).save(path)
        ...     model = load_model(path)
        >>> model.count_params()
        15
    """
    refuse_custom(custom_objects)
    compile = true_or_false("compile", compile)
    # The weights are in the file, and what layers draw beside them is thrown away.
    with drawing_no_weights(), open_model(filepath) as (description, file):
        parts = read_model(read_sequential(description))
        layers = [one for one in parts.layers if not isinstance(one, InputLayer)]
        expected = expected_of(layers, parts.sample) if parts.sample else []
        reader = file.weights()
        if parts.sample is None:
            parts = parts._replace(sample=inputs_in(reader, layers))
            expected = expected_of(layers, parts.sample) if parts.sample else []
        check_sizes(reader, expected, file.size)
        model = assemble(parts)
        settings = description.get("compile_config")
        if compile and settings:
            _compile_as_saved(model, settings)
        if model.built:
            restore(model._network, reader, expected, skip_mismatch=False)
    return model


def _require_model(function: str, model: Any) -> None:
    """Refuse what is no model.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(model, Sequential):
        raise TypeError(
            f"{function} takes a Sequential model first, not {describe(model)}."
        )


def _compile_as_saved(model: Sequential, settings: Any) -> None:
    """Compile a model as its file says, or say how to load it without that."""
    try:
        model.compile_from_config(settings)
    except ValueError as error:
        raise ValueError(
            f"{error} load_model(path, compile=False) leaves the compile settings out."
        ) from None
