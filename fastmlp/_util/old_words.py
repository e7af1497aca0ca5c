"""What Keras 1 and 2 called arguments: one table, and the one place that reads it.

A word is taken where its meaning is sure, with one warning that says today's word;
where it is not, a sentence says what to write. `fastmlp._util.keywords` calls this for
every class and method that the table names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastmlp._util.warn import warn


class Idle(NamedTuple):
    """A word that changes nothing today, where it has one of these values, or any."""

    values: tuple[Any, ...] | None = None
    otherwise: str = ""  # What to do where it has another.

    def has(self, value: Any) -> bool:
        """Tell whether a value is among them."""
        if self.values is None:
            return True
        return any(value is one or value == one for one in self.values)


class Kept(NamedTuple):
    """A word that is still taken, but for values that change nothing today."""

    idle: tuple[Any, ...]
    advice: str = ""  # What it is today; "" for a word that is one of today's, too.


class Gone(NamedTuple):
    """A word that no argument stands for today."""

    advice: str


# An old word as today's, or as one of the above.
Words = Mapping[str, "str | Idle | Kept | Gone"]

# How batches are fetched beside the training, which needs no help here.
_FETCHING: Words = dict.fromkeys(
    ("workers", "use_multiprocessing", "max_queue_size", "nb_worker", "max_q_size"),
    Idle(),
)

_OPTIMIZER: Words = {
    "lr": "learning_rate",
    "decay": Kept(
        (0, None),
        "is a schedule today: learning_rate=optimizers.schedules.InverseTimeDecay("
        "learning_rate, 1, decay).",
    ),
    "jit_compile": Idle(),
    "is_legacy_optimizer": Idle(),
}
_FORMAT: Words = {
    "save_format": Idle(
        ("h5", "keras", None),
        "The ending of the name says it: `.keras`, or `.h5` for the older one.",
    ),
}
_SAVING: Words = {**_FORMAT, "include_optimizer": Idle()}
_ADAPTIVE: Words = {**_OPTIMIZER, "epsilon": Kept((None,))}

# By what Python calls the function: a class stands for its `__init__`.
OLD_WORDS: Mapping[str, Words] = {
    "Layer": {
        "weights": Gone("Give them to `layer.set_weights` once the layer is built."),
        "autocast": Idle((True, False), "All numbers are float32."),
        "dynamic": Idle((False,), "A layer of your own is as its `call` says."),
    },
    "Dense": {
        "output_dim": "units",
        "init": "kernel_initializer",
        "W_regularizer": "kernel_regularizer",
        "b_regularizer": "bias_regularizer",
        "W_constraint": "kernel_constraint",
        "b_constraint": "bias_constraint",
        "bias": "use_bias",
    },
    "Dropout": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "leaky_relu": {"alpha": "negative_slope"},
    "relu": {"alpha": "negative_slope"},
    "PReLU": {"init": "alpha_initializer"},
    "BatchNormalization": {
        "beta_init": "beta_initializer",
        "gamma_init": "gamma_initializer",
        "fused": Idle((True, False, None), "Leave it out."),
        "mode": Idle((0,), "Each input is normalized by itself: leave `mode` out."),
        "virtual_batch_size": Idle((None,), "Moments are those of a whole batch."),
        "adjustment": Idle((None,), "Moments are those of the batch as they are."),
    },
    "InputLayer": {"input_shape": "shape", "batch_input_shape": "batch_shape"},
    "L1": {"l": "l1"},
    "L2": {"l": "l2"},
    "MaxNorm": {"m": "max_value"},
    "Model": {"input": "inputs", "output": "outputs"},
    "Model.compile": {
        "class_mode": Gone("The loss says it: give it as `loss`."),
        "sample_weight_mode": Idle((None,), "Rows are weighed: leave it out."),
        "target_tensors": Idle((None,), "Targets are given to `fit`: leave it out."),
        "experimental_run_tf_function": Idle(),
    },
    "Model.fit": {
        "nb_epoch": "epochs",
        "show_accuracy": Gone('Give `compile` metrics=["accuracy"].'),
        **_FETCHING,
    },
    "Model.evaluate": {
        "show_accuracy": Gone('Give `compile` metrics=["accuracy"].'),
        **_FETCHING,
    },
    "Model.save": _SAVING,
    "save_model": _SAVING,
    "Model.save_weights": _FORMAT,
    # Of both wrappers, which find the arguments of `fit` among theirs.
    "wrappers": {"nb_epoch": "epochs"},
    "ModelCheckpoint": {
        "period": Idle(
            (1,), "Save after `save_freq` batches, or in a LambdaCallback of your own."
        ),
    },
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    "to_categorical": {
        "y": "x",
        "nb_classes": "num_classes",
        "dtype": Idle(
            (float, "float", "float32", "float64"),
            "Turn the result into it: to_categorical(...).astype(dtype).",
        ),
    },
    **dict.fromkeys(("SGD", "Lion", "Ftrl"), _OPTIMIZER),
    **dict.fromkeys(("RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax"), _ADAPTIVE),
    # What it does not take itself, it passes on to Adam.
    "AdamW": {word: _ADAPTIVE[word] for word in ("lr", "epsilon")},
    "Nadam": {
        **_ADAPTIVE,
        "schedule_decay": Idle(
            (0.004,), "Its momentum rises in a way of its own today: leave it out."
        ),
    },
    "TensorBoard": {
        "batch_size": Idle(),
        "write_grads": Idle((False, 0), "No gradients are written: leave it out."),
    },
}


def in_words_of_today(owner: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments under the names that they have today, and warn of the old ones.

    Args:
        owner: A key of `OLD_WORDS`.
        named: The arguments, by name.

    Raises:
        ValueError: Nothing today means what a word meant, or both words are there.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     in_words_of_today("Dropout", {"p": 0.5, "name": "half"})
        {'name': 'half', 'rate': 0.5}
    """
    words, taken, said = OLD_WORDS[owner], dict(named), []
    for old in words.keys() & named.keys():
        word, value = words[old], taken.pop(old)
        if isinstance(word, Gone):
            raise ValueError(f"`{old}` of {owner} is no argument today. {word.advice}")
        if isinstance(word, Idle):
            if not word.has(value):
                raise ValueError(
                    f"`{old}={value!r}` of {owner} is none of today's arguments. "
                    f"{word.otherwise}"
                )
            said.append(f"`{old}` of {owner} changes nothing today: leave it out.")
            continue
        if isinstance(word, Kept):
            if any(value is one or value == one for one in word.idle):
                said.append(
                    f"`{old}={value!r}` of {owner} changes nothing today: leave it out."
                )
                continue
            taken[old] = value
            if word.advice:
                said.append(f"`{old}` of {owner} {word.advice}")
            continue
        if word in named:
            raise ValueError(
                f"`{old}` of {owner} is called `{word}` now, and both are given: leave "
                f"`{old}` out."
            )
        taken[word] = value
        said.append(f"`{old}` of {owner} is called `{word}` now.")
    if said:
        warn(" ".join(sorted(said)))
    return taken
