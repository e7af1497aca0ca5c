"""Types for annotations: the names that are known, and all that can stand for them.

`import fastmlp` does not load it, and nothing is checked by it when a program runs; it
is for editors and type checkers, which refuse "rleu" as it is typed. What a name stands
for is in the table of its family; `tests/test_typing.py` holds names and tables equal.

A checker takes a list of names for one of any strings, unless it is told what they are:

Example:
    >>> from fastmlp.layers import Dense
    >>> from fastmlp.typing import ActivationName
    >>> names: list[ActivationName] = ["relu", "tanh"]
    >>> [Dense(3, activation=name).activation.__name__ for name in names]
    ['relu', 'tanh']
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from numpy.typing import ArrayLike, NDArray

from fastmlp.callbacks import Callback
from fastmlp.constraints import Constraint
from fastmlp.initializers import Initializer
from fastmlp.layers._tensor import KerasTensor, Operation
from fastmlp.losses import Loss
from fastmlp.metrics import Metric
from fastmlp.optimizers import Optimizer
from fastmlp.optimizers.schedules import LearningRateSchedule
from fastmlp.plan import Float32
from fastmlp.regularizers import Regularizer

# -- Names, in each spelling of Keras's -----------------------------------------

ActivationName: TypeAlias = Literal[
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "leaky_relu", "leakyrelu", "linear", "log_sigmoid",
    "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
    "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "swish", "tanh", "tanh_shrink",
]  # fmt: skip
LossName: TypeAlias = Literal[
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy", "CategoricalHinge", "Crossentropy",
    "CosineSimilarity", "Hinge", "Huber", "KLDivergence", "LogCosh",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "bce", "binary_crossentropy", "binary_focal_crossentropy",
    "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge",
    "ce", "crossentropy",
    "cosine_proximity", "cosine_similarity", "hinge", "huber", "huber_loss",
    "kl_divergence", "kld", "kullback_leibler_divergence", "log_cosh", "mae", "mape",
    "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "mse", "msle", "poisson",
    "sparse_categorical_crossentropy", "squared_hinge",
]  # fmt: skip
# Each loss is a metric as well.
MetricName: TypeAlias = Literal[
    LossName,
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryIoU", "CategoricalAccuracy",
    "ConcordanceCorrelation", "F1Score", "FBetaScore", "FalseNegatives",
    "FalsePositives", "IoU", "LogCoshError", "Mean", "MeanIoU", "MeanMetricWrapper",
    "MeanTensor", "OneHotIoU", "OneHotMeanIoU", "PearsonCorrelation", "Precision",
    "PrecisionAtRecall", "R2Score", "Recall", "RecallAtPrecision",
    "RootMeanSquaredError", "SensitivityAtSpecificity", "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity", "Sum",
    "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives",
    "acc", "accuracy", "auc", "binary_accuracy", "binary_io_u", "categorical_accuracy",
    "concordance_correlation", "f1_score", "f_beta_score", "false_negatives",
    "false_positives", "io_u", "log_cosh_error", "mean", "mean_io_u",
    "mean_metric_wrapper", "mean_tensor", "one_hot_io_u", "one_hot_mean_io_u",
    "pearson_correlation", "precision", "precision_at_recall", "r2_score", "recall",
    "recall_at_precision", "root_mean_squared_error", "sensitivity_at_specificity",
    "sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy",
    "specificity_at_sensitivity", "sum", "top_k_categorical_accuracy", "true_negatives",
    "true_positives",
]  # fmt: skip
OptimizerName: TypeAlias = Literal[
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam",
    "RMSprop", "SGD",
    "adadelta", "adagrad", "adam", "adamax", "adamw", "ftrl", "lion", "nadam",
    "rmsprop", "sgd",
]  # fmt: skip
InitializerName: TypeAlias = Literal[
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity",
    "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "RandomNormal",
    "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
    "constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform",
    "identity", "lecun_normal", "lecun_uniform", "normal", "one", "ones", "orthogonal",
    "random_normal", "random_uniform", "truncated_normal", "uniform",
    "variance_scaling", "zero", "zeros",
]  # fmt: skip
RegularizerName: TypeAlias = Literal[
    "L1", "L1L2", "L2", "OrthogonalRegularizer", "l1", "l1_l2", "l2",
    "orthogonal_regularizer",
]  # fmt: skip
ConstraintName: TypeAlias = Literal[
    "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm",
    "max_norm", "maxnorm", "min_max_norm", "non_neg", "nonneg", "unit_norm",
    "unitnorm",
]  # fmt: skip

# -- What can stand for one of them ---------------------------------------------

# {"class_name": ..., "config": {...}}, as `get_config` and Keras's files have it.
Description: TypeAlias = Mapping[str, Any]

ActivationLike: TypeAlias = (
    ActivationName | Callable[[ArrayLike], Float32] | Description | None
)
# What `Sequential` takes: a layer, a model as one, or what `Input` returns.
LayerLike: TypeAlias = Operation | KerasTensor
LossLike: TypeAlias = (
    LossName | Loss | type[Loss] | Callable[..., Float32] | Description
)
# Of several outputs, one for each, in a list or by name.
LossesLike: TypeAlias = (
    LossLike | Sequence[LossLike | None] | Mapping[str, LossLike | None]
)
LossWeights: TypeAlias = float | Sequence[float] | Mapping[str, float]
MetricLike: TypeAlias = (
    MetricName
    | Metric
    | type[Metric]
    | Loss
    | type[Loss]
    | Callable[..., Any]
    | Description
)
MetricsLike: TypeAlias = (
    Sequence[MetricLike | Sequence[MetricLike] | None]
    | Mapping[str, MetricLike | Sequence[MetricLike] | None]
)
OptimizerLike: TypeAlias = OptimizerName | Optimizer | type[Optimizer] | Description
InitializerLike: TypeAlias = (
    InitializerName
    | Initializer
    | type[Initializer]
    | Callable[..., NDArray[Any]]
    | Description
    | None
)
RegularizerLike: TypeAlias = (
    RegularizerName | Regularizer | type[Regularizer] | Description | None
)
ConstraintLike: TypeAlias = (
    ConstraintName | Constraint | type[Constraint] | Description | None
)
LearningRate: TypeAlias = (
    float | LearningRateSchedule | Callable[[], float] | Description
)

# -- Other arguments ------------------------------------------------------------

Callbacks: TypeAlias = Callback | Sequence[Callback] | None
ClassWeight: TypeAlias = Mapping[int, float]
DType: TypeAlias = Literal["float32"] | None
# What an Input may be told of its samples, which become float32 all the same.
InputDType: TypeAlias = (
    Literal["float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"]
    | None
)
MonitorMode: TypeAlias = Literal["auto", "min", "max"]
Reduction: TypeAlias = Literal[
    "auto", "mean", "mean_with_sample_weight", "none", "sum", "sum_over_batch_size"
]
Verbosity: TypeAlias = int | Literal["auto"]


class BareLayerOptions(TypedDict, total=False):
    """What layers take that name `activity_regularizer` among their own arguments."""

    name: str | None
    trainable: bool
    dtype: DType
    input_shape: Sequence[int] | None
    input_dim: int | None
    batch_input_shape: Sequence[int | None] | None


class EmbeddingOptions(TypedDict, total=False):
    """What `Embedding` takes of these, and the older word for its input_shape."""

    name: str | None
    trainable: bool
    dtype: DType
    input_shape: Sequence[int] | None
    batch_input_shape: Sequence[int | None] | None
    input_length: int | None
    activity_regularizer: RegularizerLike


class LayerOptions(BareLayerOptions, total=False):
    """What all layers take: see `fastmlp.layers.Layer`."""

    activity_regularizer: RegularizerLike


class ClippingOptions(TypedDict, total=False):
    """What all optimizers take, `AdamW` too: see `fastmlp.optimizers.Optimizer`."""

    name: str | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    gradient_accumulation_steps: int | None


class OptimizerOptions(ClippingOptions, total=False):
    """What all optimizers take that do not name `weight_decay` among their own."""

    weight_decay: float | None
