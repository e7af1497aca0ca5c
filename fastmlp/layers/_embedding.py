"""Embedding: a vector for each word, category or user, which is learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import ArrayLike

from fastmlp import constraints, initializers, kernels, regularizers
from fastmlp._check.arguments import refuse
from fastmlp._check.ids import MOST_IDS, refuse_unknown_ids
from fastmlp._check.numbers import positive_whole, real_numbers, true_or_false
from fastmlp._util.warn import warn
from fastmlp.constraints import Constraint
from fastmlp.initializers import InitializerFunction
from fastmlp.layers._dense import limits_of, penalty_of
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, row_size, sizes_of
from fastmlp.plan import Float32, LayerSettings
from fastmlp.regularizers import Regularizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.layers._weight import Weight
    from fastmlp.typing import (
        ConstraintLike,
        EmbeddingOptions,
        InitializerLike,
        RegularizerLike,
    )

__all__ = ["Embedding"]


class Embedding(Layer):
    """Looks up a vector for each id: (None, steps) becomes (None, steps, output_dim).

    Ids are whole numbers from 0 to below `input_dim`: words, categories, users. The
    vectors are learnt. Behind it go a `Flatten`, where each place has its meaning, or a
    `GlobalAveragePooling1D`, where the order of words does not matter.

    Args:
        input_dim: How many ids there are.
        output_dim: How long a vector is.
        embeddings_initializer: How the vectors, (input_dim, output_dim), start.
            Default "uniform".
        embeddings_regularizer: What the loss adds for large vectors. Default None.
        embeddings_constraint: Where the vectors may be. Default None.
        mask_zero: Whether steps of id 0 are to be left out. There are no masks here:
            accepted where nothing would look at them, as behind a `Flatten`. Default
            False.
        weights: The vectors to begin with, (input_dim, output_dim), such as ones that
            others have learnt; with `trainable=False`, they stay. Default None.
        lora_rank: Accepted as None only.
        lora_alpha: Accepted as None only.
        quantization_config: Accepted as None only.
        **common: What all layers take: see `Layer`. `input_length`, how many ids a
            sample has, is an older word for input_shape=(input_length,).

    Raises:
        TypeError: A size is no whole number.
        ValueError: A size is not positive, there are more ids than float32 counts
            (16,777,216), or `weights` have another shape.

    Example:
        >>> words = Embedding(3, 2, weights=[[0, 0], [1, 2], [3, 4]])
        >>> words([[1, 2, 1]])
        array([[[1., 2.],
                [3., 4.],
                [1., 2.]]], dtype=float32)
    """

    kind: ClassVar[str | None] = "embedding"
    learnable = 1
    embeddings_initializer: InitializerFunction | None
    embeddings_regularizer: Regularizer | None
    embeddings_constraint: Constraint | None

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: InitializerLike = "uniform",
        embeddings_regularizer: RegularizerLike = None,
        embeddings_constraint: ConstraintLike = None,
        mask_zero: bool = False,
        weights: ArrayLike | None = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **common: Unpack[EmbeddingOptions],
    ) -> None:
        self.input_dim: int = positive_whole("input_dim", input_dim)
        if self.input_dim > MOST_IDS:
            raise ValueError(
                f"input_dim must be at most {MOST_IDS:,}, not {self.input_dim:,}: "
                "float32 counts no further one by one."
            )
        self.output_dim: int = positive_whole("output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero: bool = true_or_false("mask_zero", mask_zero)
        refuse(
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        self._given = None if weights is None else self._checked(weights)
        length = common.pop("input_length", None)
        if length is not None:
            warn(
                "`input_length` of Embedding is an older word: write "
                "input_shape=(input_length,), or Input((input_length,)) before it."
            )
            common.setdefault("input_shape", (length,))
        super().__init__(**common)

    def _checked(self, weights: ArrayLike) -> Any:
        """Return the vectors to begin with, which older scripts have in a list."""
        array = real_numbers("weights", weights)
        shape = (self.input_dim, self.output_dim)
        if array.shape not in (shape, (1, *shape)):
            raise ValueError(
                f"weights must have shape {shape}, a vector for each id, not "
                f"{array.shape}."
            )
        return array.reshape(shape)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return (None, steps, output_dim); of a table of ids, an axis more as well."""
        return (*shape, self.output_dim)

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shape of the vectors."""
        return {"embeddings": (self.input_dim, self.output_dim)}

    def initial_weights(self, input_shape: Shape) -> list[Float32]:
        """Return the vectors as they start."""
        arrays = super().initial_weights(input_shape)
        if self._given is not None:
            arrays[0][...] = self._given
        return arrays

    @property
    def embeddings(self) -> Weight | None:
        """The vectors, (input_dim, output_dim); None before `build`."""
        return self._weight("embeddings")

    def steps_within(self) -> int:
        """Return how many ids a sample has."""
        return row_size(self.input_shape)

    def settings(self) -> LayerSettings:
        """Return what regularizer and constraint are set to."""
        return LayerSettings(
            kernel=penalty_of(self.embeddings_regularizer),
            kernel_constraint=limits_of(self.embeddings_constraint),
        )

    def call(self, x: Float32, training: bool) -> Float32:
        """Return the vectors of ids."""
        ids = x.reshape(-1, *sizes_of(self.input_shape))
        refuse_unknown_ids(ids, self.name, self.input_dim)
        y: Float32 = kernels.embedding(x.reshape(-1), self._weights[0])
        return y
