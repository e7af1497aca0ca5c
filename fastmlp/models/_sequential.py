"""Layers in a row, the model that beginners make first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastmlp import _model
from fastmlp._check.names import name_of
from fastmlp._model.stack import Stack, refuse_no_list
from fastmlp._util.registered import CustomObjectScope
from fastmlp.models._model import Model

if TYPE_CHECKING:
    from fastmlp.plan import Float32
    from fastmlp.typing import Callbacks, LayerLike, Verbosity


class Sequential(Model):
    """A network of layers in a row: the outputs of one are the inputs of the next.

    Args:
        layers: The layers, if they are known already; a model may be one. Default None.
        trainable: Whether the layers learn. Default True.
        name: The model's name. Default "sequential", "sequential_1" and so on.

    Attributes:
        layers: The layers, without `Input`.
        history: The `History` of the last `fit`.
        stop_training: Set to True by a callback to end `fit` after the batch.
        stop_evaluating, stop_predicting: The same for `evaluate` and `predict`.
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

    graph: Stack

    def __init__(
        self,
        layers: Sequence[LayerLike] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        refuse_no_list(layers)
        self._begin(Stack(name_of(self, name)), trainable)
        self._network.extend(list(layers or []))

    # -- Putting it together ------------------------------------------------------

    def add(self, layer: LayerLike) -> None:
        """Put a layer behind the others.

        Args:
            layer: The layer, or a model as a layer. The first may be `layers.Input`, or
                have an `input_shape`; without either, the model is built from the first
                data.

        Raises:
            ValueError: It is no layer, is in this model already, or has the name of
                another layer.
        """
        self._network.extend([layer])

    def pop(self) -> Any:
        """Take the last layer off and return it; it keeps its weights.

        Raises:
            IndexError: There is no layer.
        """
        return self._network.pop()

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Give all layers their sizes and initial weights.

        Args:
            input_shape: (rows, inputs); the number of rows may be None. Not needed
                where the model knows its inputs.

        Raises:
            ValueError: There are no layers, or the model has other inputs already.
        """
        if self._is_to_build(input_shape):
            self.graph.build(input_shape)  # type: ignore[arg-type]

    if TYPE_CHECKING:
        # A row has one output, an array.
        def predict(
            self, x: Any, batch_size: int | None = ..., verbose: Verbosity = ...,
            steps: int | None = ..., callbacks: Callbacks = ...,
        ) -> Float32: ...  # fmt: skip
        def predict_on_batch(self, x: Any) -> Float32: ...

    # -- Describing it ------------------------------------------------------------

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Sequential:
        """Return a new model with fresh weights, made as `get_config` says.

        Args:
            config: What `get_config` returned, here or in Keras.
            custom_objects: Classes and functions of your own that it names, by name,
                beside those that are registered.

        Raises:
            ValueError: It does not describe a Sequential model, or one that has what
                fastmlp has not.

        Example:
            >>> dense = {"class_name": "Dense", "config": {"units": 3}}
            >>> config = {"layers": [dense], "build_input_shape": [None, 4]}
            >>> Sequential.from_config(config).count_params()
            15
        """
        with CustomObjectScope(custom_objects):
            return _model.reading.read_config("Sequential", config)  # type: ignore[no-any-return]
