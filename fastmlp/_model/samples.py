"""From what the user has to samples: the part of a model that checks data.

Everything that `fit` and its kin are given is converted and checked here, against the
layers and the loss, before anything is changed.
"""

from collections.abc import Sequence
from typing import Any

from fastmlp._check.arguments import parts_of_validation
from fastmlp._check.inputs import (
    as_inputs,
    as_raw_inputs,
    as_targets,
    as_weights,
    weights_of_classes,
)
from fastmlp._engine.build import Training
from fastmlp._engine.streams import Stream, is_stream
from fastmlp._model.stack import Stack
from fastmlp.layers import Dense, Layer
from fastmlp.layers._layer import row_size
from fastmlp.plan import Samples

# Layers that can bring inputs of any size to numbers around 1.
_SCALING_KINDS = ("affine", "batch_normalization")


class Sampler(Stack):
    """A stack that makes samples of data; see `fastmlp.models.Sequential`."""

    def __init__(
        self, layers: Sequence[Layer] | None, trainable: bool, name: str | None
    ) -> None:
        # What `compile` was told; the loss decides what targets are.
        self._training: Training | None = None
        super().__init__(layers, trainable, name)

    def _require_training(self) -> Training:
        if self._training is None:
            raise ValueError(
                "You must call `compile()` before using the model: "
                "model.compile(optimizer='rmsprop', loss='categorical_crossentropy')."
            )
        return self._training

    def _to_samples(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        raw: bool = False,
    ) -> Samples:
        """Return x and y, checked and converted; with `raw`, x in its own dtype.

        Each sample has the shape that it was given in.
        """
        self._require_layers()
        convert = as_raw_inputs if raw else as_inputs
        inputs = convert(x, self._sample, of_any_size=self._scales_inputs())
        rows = len(inputs)
        if not rows:
            raise ValueError("x has 0 samples, but at least one is needed.")
        if self.built:
            output_shape = self._layers[-1].output_shape
        else:
            output_shape = self._output_shape_for(self._layers, inputs.shape[1:])
        if len(output_shape) != 2:
            raise ValueError(
                f"The outputs of model {self.name!r} have shape {output_shape}, but "
                "training needs rows of numbers. Put layers.Flatten() somewhere before "
                "its end."
            )
        loss = self._require_training().loss
        t, labels = as_targets(y, loss, rows, row_size(output_shape))
        weights = as_weights(sample_weight, rows)
        samples = Samples(count=rows, x=inputs, t=t, labels=labels, weights=weights)
        return weigh_classes(samples, class_weight)

    def _to_validate(self, data: Any, samples: Samples) -> Samples | Stream | None:
        """Return what to validate on, if it was given.

        Args:
            data: What the user gave as `validation_data`.
            samples: What the model is to learn from, whose shape it must have.
        """
        if data is None:
            return None
        validation: Samples | Stream
        if is_stream(data):
            validation = Stream(data, self._to_samples, "validation_data")
            first = validation.peek()
        else:
            parts = parts_of_validation(data)
            try:
                validation = first = self._to_samples(*parts)
            except (TypeError, ValueError) as error:
                raise type(error)(f"In validation_data: {error}") from None
        assert samples.x is not None
        assert first.x is not None
        if first.x.shape[1:] != samples.x.shape[1:]:
            raise ValueError(
                f"In validation_data, x has shape {first.x.shape}, but the x to "
                f"learn from has {samples.x.shape}: their samples differ."
            )
        return validation

    def _to_predict(self, x: Any, *_: Any, raw: bool = False) -> Samples:
        """Return inputs as samples, and build the model if it is not built yet.

        The targets that a batch may bring along are not looked at.
        """
        self._require_layers()
        convert = as_raw_inputs if raw else as_inputs
        inputs = convert(
            x, self._sample, finite=False, of_any_size=self._scales_inputs()
        )
        if self._sample is None:
            self.build(inputs.shape)
        return Samples(len(inputs), inputs)

    def _build_for(self, samples: Samples) -> None:
        """Build the model for these samples, if it is not built yet."""
        if not self.built:
            assert samples.x is not None
            self.build(samples.x.shape)

    def _first_layer(self) -> Layer | None:
        """Return the layer that gets the samples, if one computes anything."""
        for layer in self._layers:
            if layer.kind is not None:
                return layer
        return None

    def _first_units(self) -> int:
        """Return the units of the layer that gets the samples, or 0 if it has none."""
        first = self._first_layer()
        return first.units if isinstance(first, Dense) else 0

    def _scales_inputs(self) -> bool:
        """Tell whether the first layer scales the inputs, as it is meant to."""
        first = self._first_layer()
        return first is not None and first.kind in _SCALING_KINDS


def weigh_classes(samples: Samples, class_weight: Any) -> Samples:
    """Return samples of which each counts by its class, if `class_weight` is given."""
    if class_weight is None:
        return samples
    if samples.weights is not None:
        raise ValueError(
            "You cannot use `class_weight` and `sample_weight` at the same time: "
            "multiply the weights of the rows by those of their classes."
        )
    weights = weights_of_classes(class_weight, samples.t, samples.labels)
    return samples._replace(weights=weights)


def refuse_with_stream(y: Any, sample_weight: Any, share: float) -> None:
    """Refuse what batches that come one by one have to bring along."""
    if y is not None or sample_weight is not None:
        raise ValueError(
            "x gives batches, so they must hold the targets and weights too: leave y "
            "and sample_weight out, and let x give tuples (x, y, sample_weight)."
        )
    if share:
        raise ValueError(
            "validation_split needs all samples at once, but x gives batches: pass "
            "validation_data instead."
        )
