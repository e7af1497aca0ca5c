"""The families: one row a kernel, and what each can be set to.

The place of a row is the number by which compiled code knows the kernel. setup.py reads
this file too (src/generate.py writes the enums of src/ from it), so it imports nothing.

A kernel `name` is a function of that name in src/ and one in `fastmlp.reference`; an
activation and a loss have `name_backward` beside it. Settings have the names of the
kernel's parameters.
"""

# The settings of each kernel.
Family = dict[str, tuple[str, ...]]

ACTIVATIONS: Family = {
    "linear": (),
    "relu": (),
    "sigmoid": (),
    "tanh": (),
    "softmax": (),
    "leaky_relu": ("slope",),
    "elu": ("alpha",),
    "selu": (),
    "softplus": (),
    "silu": (),
    "gelu": (),
    "approximate_gelu": (),
    "clipped_relu": ("slope", "max_value", "threshold"),
    "mish": (),
    "clipped_linear": ("slope", "offset", "min_value", "max_value"),
    "softsign": (),
    "exp": (),
    "log_sigmoid": (),
    "celu": ("alpha",),
    "soft_shrink": ("threshold",),
    "hard_shrink": ("threshold",),
    "sparse_plus": (),
    "squareplus": ("b",),
    "log_softmax": (),
    "sparsemax": (),
    "hard_silu": (),
    "tanh_shrink": (),
    "threshold": ("threshold", "default_value"),
}
# Those that work on whole rows; all others on each number by itself.
ROW_WISE = ("softmax", "log_softmax", "sparsemax")
# Those whose derivative is written in terms of the input x; all others', of the output.
NEED_INPUT = (
    "silu",
    "gelu",
    "approximate_gelu",
    "clipped_relu",
    "mish",
    "hard_silu",
    "tanh_shrink",
    "threshold",
)
LOSSES: Family = {
    "softmax_crossentropy": ("smoothing",),
    "crossentropy": ("smoothing",),
    "sigmoid_crossentropy": ("smoothing",),
    "binary_crossentropy": ("smoothing",),
    "softmax_focal_crossentropy": ("alpha", "gamma", "smoothing"),
    "focal_crossentropy": ("alpha", "gamma", "smoothing"),
    "sigmoid_focal_crossentropy": ("balanced", "alpha", "gamma", "smoothing"),
    "binary_focal_crossentropy": ("balanced", "alpha", "gamma", "smoothing"),
    "mean_squared_error": (),
    "mean_absolute_error": (),
    "huber": ("delta",),
    "log_cosh": (),
    "mean_absolute_percentage_error": (),
    "mean_squared_logarithmic_error": (),
    "cosine_similarity": (),
    "hinge": (),
    "squared_hinge": (),
    "categorical_hinge": (),
    "kl_divergence": (),
    "poisson": (),
}
# Those that compute an activation as well, from its inputs.
FUSED = (
    "softmax_crossentropy",
    "sigmoid_crossentropy",
    "softmax_focal_crossentropy",
    "sigmoid_focal_crossentropy",
)
METRICS: Family = {
    "accuracy": (),
    "categorical_accuracy": (),
    "binary_accuracy": ("threshold",),
    "top_k_accuracy": ("k",),
    "confusion": ("buckets", "top_k", "class_id", "from_logits"),
    "f_score": ("threshold",),
    "class_pairs": ("classes", "ignored", "entries"),
    "r2_score": (),
    "correlation": ("by_columns", "concordance"),
    # Each loss is a metric as well: its mean over the rows.
    **LOSSES,
}
# The metrics that are no mean over rows: the shape of what they keep, in numbers,
# settings and the columns of the output.
TOTALS: Family = {
    "confusion": ("2", "columns", "buckets"),
    "f_score": ("3", "columns"),
    "class_pairs": ("classes", "classes"),
    "r2_score": ("5", "columns"),
    "correlation": ("2",),
}
OPTIMIZERS: Family = {
    "sgd": ("momentum", "nesterov"),
    "rmsprop": ("rho", "epsilon", "momentum"),
    "adam": ("beta_1", "beta_2", "epsilon"),
    "adagrad": ("epsilon",),
    "adadelta": ("rho", "epsilon"),
    "adamax": ("beta_1", "beta_2", "epsilon"),
    "nadam": ("beta_1", "beta_2", "epsilon"),
    "lion": ("beta_1", "beta_2"),
    "ftrl": ("power", "l1", "l2", "shrinkage", "beta"),
}

# What changes from batch to batch: the learning rate, and what some optimizers make of
# it and of the number of steps so far, once for all weights.
RATES = ("learning_rate", "step", "gradient_step", "correction")

# What each remembers of a weight: arrays of its size. It can do without those marked ?.
MEMORY: Family = {
    "sgd": ("m?",),
    "rmsprop": ("v", "m?", "a?"),
    "adam": ("m", "v", "v_max?"),
    "adagrad": ("v",),
    "adadelta": ("v", "u"),
    "adamax": ("m", "u"),
    "nadam": ("m", "v"),
    "lion": ("m",),
    "ftrl": ("v", "z"),
}
# As many arrays as any optimizer remembers beside the weights.
MOST_MEMORY = 3

# What any optimizer may remember besides: the running average of the weights, and the
# gradients of batches since the last step. They stand before its own in Keras's files.
SHARED_MEMORY = ("average", "gradient_sum")

KINDS = (
    "dense",
    "activation",
    "affine",
    "dropout",
    "gaussian_noise",
    "gaussian_dropout",
    "alpha_dropout",
    "batch_normalization",
    "unit_normalization",
    "embedding",
    "global_average_pooling",
    "global_max_pooling",
    "transpose",
    "layer_normalization",
    "rms_normalization",
    "prelu",
    "function",
    "concatenate",
    "add",
    "subtract",
    "multiply",
    "average",
    "maximum",
    "minimum",
    "dot",
)
# The kinds that do nothing where a network does not learn, and their settings.
NOISE: Family = {
    "dropout": ("rate",),
    "gaussian_noise": ("stddev",),
    "gaussian_dropout": ("rate",),
    "alpha_dropout": ("rate",),
}
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight")
CONSTRAINTS = ("none", "limited_norm", "non_negative")
MODES = ("predict", "evaluate", "train")
# What compiled code asks Python for, where there are equations of the user's own.
QUESTIONS = ("forward", "backward", "score", "penalize", "constrain", "reduce")


def fields(family: Family) -> list[str]:
    """Return all settings that a row of a family names: the fields of its struct.

    Example:
        >>> fields({"one": ("slope",), "other": ("alpha", "slope")})
        ['slope', 'alpha']
    """
    return list(dict.fromkeys(name for row in family.values() for name in row))
