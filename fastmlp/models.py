"""Models: layers in a row, trained and used with Keras's words.

`Sequential` is made of four parts, each a class of its own: `fastmlp._model.stack` puts
layers together, `fastmlp._model.samples` makes samples of data,
`fastmlp._model.training` trains them, and here a model is described, copied and kept
in files.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from fastmlp._model.description import (
    Parts,
    describe_model,
    describe_training,
    read_model,
    read_sequential,
)
from fastmlp._model.training import Trainer
from fastmlp._saving import _files as files
from fastmlp._saving._files import Path
from fastmlp._saving._groups import (
    Expected,
    Group,
    Reader,
    check_sizes,
    expected_of,
    group_of_optimizer,
    groups_of_layers,
    inputs_in,
    largest_size,
    optimizer_memory,
    read_optimizer,
    read_weights,
)
from fastmlp._util.described import as_json
from fastmlp._util.locks import Lock
from fastmlp._util.random import same_chance_after
from fastmlp._util.warn import warn
from fastmlp.layers import InputLayer, Layer
from fastmlp.layers._layer import refuse_functional_api


class Sequential(Trainer):
    """A network of layers in a row: the outputs of one are the inputs of the next.

    Args:
        layers: The layers, if they are known already. Default None.
        trainable: Whether the layers learn. Default True.
        name: The model's name. Default "sequential", "sequential_1" and so on.

    Attributes:
        layers: The layers, without `Input`.
        history: The `History` of the last `fit`.
        stop_training: Set to True by a callback to end `fit` after the batch.
        zero_skipping: Whether the last `fit` skipped the zeros of its inputs (see
            `fastmlp.config.set_zero_skipping`); None before the first.

    Example:
        >>> from fastmlp import layers
        >>> model = Sequential([layers.Input((4,)), layers.Dense(3, name="out")])
        >>> model.count_params()
        15
        >>> model.predict([[1, 2, 3, 4]], verbose=0).shape
        (1, 3)
    """

    def __init__(
        self,
        layers: Sequence[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(layers, trainable, name)

    # -- Describing it ------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return what makes this model again, without its weights.

        It is what JSON can hold, but for initializers of your own, which it holds as
        they are.

        Example:
            >>> from fastmlp.layers import Dense
            >>> config = Sequential([Dense(3, input_shape=(4,))]).get_config()
            >>> Sequential.from_config(config).count_params()
            15
        """
        return describe_model(
            self.name, self._trainable, self._layers, self._sample, self._input_name
        )

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> "Sequential":
        """Return a new model with fresh weights, made as `get_config` says.

        Args:
            config: What `get_config` returned, here or in Keras.
            custom_objects: Accepted as None or empty only.

        Raises:
            ValueError: It does not describe a Sequential model, or one that has what
                fastmlp has not.

        Example:
            >>> dense = {"class_name": "Dense", "config": {"units": 3}}
            >>> config = {"layers": [dense], "build_input_shape": [None, 4]}
            >>> Sequential.from_config(config).count_params()
            15
        """
        _refuse_custom(custom_objects)
        return _assemble(read_model(config))

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what `compile` was told, or None if it was not called.

        Example:
            >>> model = Sequential()
            >>> model.compile("sgd", "mse")
            >>> model.get_compile_config()["loss"]["class_name"]
            'MeanSquaredError'
        """
        return None if self._training is None else describe_training(self._training)

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile the model as `get_compile_config` says.

        Args:
            config: What `get_compile_config` returned, here or in Keras. If it has no
                loss, the model stays as it is, and a warning says so.

        Raises:
            ValueError: It is no such dictionary, or names something that fastmlp does
                not have.
            RuntimeError: The model is being trained.

        Example:
            >>> model = Sequential()
            >>> model.compile_from_config({"optimizer": "adam", "loss": "mse"})
            >>> model.optimizer.name
            'adam'
        """
        if not isinstance(config, Mapping):
            raise ValueError(
                "Compile settings are a dictionary, such as {'optimizer': 'adam', "
                f"'loss': 'mse'}}, not an object of type {type(config).__name__}."
            )
        if config.get("loss") is None:
            warn(
                "The compile settings have no loss, so that the model was not "
                "compiled. Call `compile` to train it.",
                UserWarning,
            )
            return
        names = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
        self.compile(**{name: config[name] for name in names if config.get(name)})

    def to_json(self, **options: Any) -> str:
        """Return all that is known of the model, but no weights, as JSON.

        Args:
            **options: What `json.dumps` takes, such as indent=2.

        Raises:
            ValueError: A layer has an initializer of your own, which no JSON can hold.

        Example:
            >>> from fastmlp.layers import Dense
            >>> text = Sequential([Dense(3, input_shape=(4,))]).to_json()
            >>> model_from_json(text).count_params()
            15
        """
        return as_json(self._description(), **options)

    def _description(self) -> dict[str, Any]:
        """Return configuration and compile settings, as Keras's files have them."""
        description = {
            "module": "keras",
            "class_name": "Sequential",
            "config": self.get_config(),
            "registered_name": None,
        }
        if self._sample is not None:
            description["build_config"] = {"input_shape": [None, *self._sample]}
        if self._training is not None:
            description["compile_config"] = self.get_compile_config()
        return description

    # -- In files -----------------------------------------------------------------

    def save(
        self, filepath: Path, overwrite: bool = True, zipped: bool | None = None
    ) -> None:
        """Write the model to a file: layers, weights, and how training stands.

        Args:
            filepath: A name that ends in `.keras`, for a file that Keras reads as well;
                this takes h5py. Or one that ends in `.npz`, which only fastmlp reads.
            overwrite: Whether a file of this name may be replaced. It is replaced at
                once and as a whole, or not at all. Default True.
            zipped: Accepted as None or True only: a model is one file.

        Raises:
            ValueError: The name ends in something else, `zipped` is False, or a layer
                has an initializer of your own, which no file can hold.
            FileExistsError: The file is there, and `overwrite` is False.
            ImportError: h5py is missing.
            RuntimeError: The model is being trained in another thread.

        Example:
            >>> import os, tempfile
            >>> from fastmlp.layers import Dense
            >>> model = Sequential([Dense(3, input_shape=(4,))])
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     model.save(os.path.join(folder, "m.npz"))
            ...     print(os.listdir(folder))
            ['m.npz']
        """
        if zipped is not None and not zipped:
            raise ValueError(
                "fastmlp saves a model as one file, not as a folder: leave `zipped` "
                "out."
            )
        with self._between_batches():
            description = self.to_json()
            files.write_model(
                filepath, overwrite, self._groups(), self.name, description
            )

    def save_weights(self, filepath: Path, overwrite: bool = True) -> None:
        """Write weights and the state of the optimizer to a file.

        Args:
            filepath: A name that ends in `.weights.h5`, which Keras reads as well, or
                in `.npz`.
            overwrite: As in `save`.

        Raises:
            ValueError: The name ends in something else, or the model is not built.
            FileExistsError: The file is there, and `overwrite` is False.
            ImportError: h5py is missing.
            RuntimeError: The model is being trained in another thread.

        Example:
            >>> import os, tempfile
            >>> from fastmlp.layers import Dense
            >>> model = Sequential([Dense(3, input_shape=(4,))])
            >>> other = Sequential([Dense(3, input_shape=(4,))])
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     model.save_weights(os.path.join(folder, "m.npz"))
            ...     other.load_weights(os.path.join(folder, "m.npz"))
            >>> bool((other.layers[0].kernel == model.layers[0].kernel).all())
            True
        """
        self._require_weights("save_weights")
        with self._between_batches():
            files.write_weights(filepath, overwrite, self._groups(), self.name)

    def load_weights(self, filepath: Path, skip_mismatch: bool = False) -> None:
        """Take weights, and the state of the optimizer, from a file.

        Args:
            filepath: A file that `save_weights` wrote, here or in Keras.
            skip_mismatch: Whether layers that do not fit keep their weights, with a
                warning. Default False: that is an error.

        Raises:
            ValueError: The file is none of these, or does not fit; then the model is
                as it was.
            FileNotFoundError: There is no such file.
            ImportError: h5py is missing.
            RuntimeError: The model is being trained in another thread.
        """
        self._require_weights("load_weights")
        assert self._sample is not None
        expected = expected_of(self._layers, self._sample)
        with self._between_batches(), files.open_weights(filepath) as reader:
            self._restore(reader, expected, bool(skip_mismatch))

    def _require_weights(self, method: str) -> None:
        if not self.built:
            raise ValueError(
                f"Model {self.name!r} has no weights yet, which `{method}` needs: call "
                "`model.build((None, inputs))` first."
            )

    def _groups(self) -> list[Group]:
        """Return all arrays that a file keeps."""
        groups = groups_of_layers(self._layers)
        if self._training is not None and self.built:
            groups.append(group_of_optimizer(self.optimizer, self._ready().plan))
        return groups

    def _restore(
        self, reader: Reader, expected: list[Expected], skip_mismatch: bool = False
    ) -> None:
        """Take everything from a file; or, after an error, nothing."""
        weights = read_weights(reader, expected, skip_mismatch)
        state = None
        if self._training is not None:
            places = optimizer_memory(self.optimizer, self._ready().plan)
            state = read_optimizer(reader, self.optimizer, places)
        for layer, arrays in weights:
            layer.set_weights(arrays)
        if state is not None:
            self.optimizer.iterations = state.iterations
            if state.learning_rate is not None:
                self.optimizer.learning_rate = state.learning_rate
            for place, array in zip(places, state.memory, strict=True):
                place[...] = array

    # -- Copying ------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and deepcopy are to keep: no lock, no scratch space.

        Raises:
            RuntimeError: The model is being trained in another thread.
        """
        with self._between_batches():
            state = self.__dict__.copy()
        del state["_busy"], state["_bench"]
        state["memory"] = None if self._bench is None else self._bench.plan.memory
        return state

    def __copy__(self) -> "Sequential":
        """Return a model of its own, since two cannot share their layers."""
        return copy.deepcopy(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the model again, with a lock of its own."""
        memory = state.pop("memory")
        self.__dict__.update(state)
        self._busy = Lock()
        self._bench = None
        self._take_back_layers()
        if memory is not None:
            self._ready().plan.memory[...] = memory


def Model(*_: Any, **__: Any) -> NoReturn:
    """Say that the functional API is not part of fastmlp.

    Raises:
        TypeError: Always.
    """
    refuse_functional_api()


def clone_model(model: Sequential) -> Sequential:
    """Return a new model with the same layers and compile settings, but fresh weights.

    Initializers of your own are not copied: both models use the same. `copy.deepcopy`
    copies a model with its weights, and how its training stands.

    Example:
        >>> from fastmlp.layers import Dense
        >>> clone_model(Sequential([Dense(3, input_shape=(4,))])).count_params()
        15
    """
    clone = Sequential.from_config(model.get_config())
    settings = model.get_compile_config()
    if settings is not None:
        clone.compile_from_config(settings)
    return clone


def model_from_json(
    json_string: str, custom_objects: Mapping[str, Any] | None = None
) -> Sequential:
    """Return a new model with fresh weights, made as `to_json` says.

    Args:
        json_string: What `to_json` returned, here or in Keras.
        custom_objects: Accepted as None or empty only.

    Raises:
        ValueError: It does not describe a model, or one that has what fastmlp has not.

    Example:
        >>> from fastmlp.layers import Dense
        >>> model = Sequential([Dense(3, input_shape=(4,))])
        >>> model_from_json(model.to_json()).count_params()
        15
    """
    description = json.loads(json_string)
    config = read_sequential(description)
    model = Sequential.from_config(config, custom_objects)
    if description.get("compile_config"):
        model.compile_from_config(description["compile_config"])
    return model


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
    model.save(filepath, overwrite, zipped)


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
    _refuse_custom(custom_objects)
    # What is drawn here, initial weights among it, is thrown away.
    with same_chance_after(), files.open_model(filepath) as (description, file):
        parts = read_model(read_sequential(description))
        layers = [one for one in parts.layers if not isinstance(one, InputLayer)]
        expected = expected_of(layers, parts.sample) if parts.sample else []
        reader = file.weights(largest_size(expected))
        if parts.sample is None:
            parts = parts._replace(sample=inputs_in(reader, layers))
            expected = expected_of(layers, parts.sample) if parts.sample else []
        check_sizes(reader, expected)
        model = _assemble(parts)
        settings = description.get("compile_config")
        if compile and settings:
            _compile_as_saved(model, settings)
        if model.built:
            model._restore(reader, expected)
    return model


def _compile_as_saved(model: Sequential, settings: Any) -> None:
    """Compile a model as its file says, or say how to load it without that."""
    try:
        model.compile_from_config(settings)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{error} load_model(path, compile=False) leaves the compile settings out."
        ) from None


def _assemble(parts: Parts) -> Sequential:
    """Return a model of these parts, with fresh weights."""
    model = Sequential(parts.layers, parts.trainable, parts.name)
    if parts.sample is not None and model.layers:
        model.build((None, *parts.sample))
    return model


def _refuse_custom(custom_objects: Mapping[str, Any] | None) -> None:
    if custom_objects:
        raise ValueError(
            "fastmlp compiles what models are made of, so that `custom_objects` cannot "
            "be used: leave it out."
        )
