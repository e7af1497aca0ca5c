"""What Keras has and fastmlp has not: one table, and the sentences that answer.

A script may import a name that it never uses, so that a name of the table can be had;
a sentence says what to do as soon as it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

_TO_KERAS = "Take the same code, and the saved model, to Keras for them."
_CONVOLUTIONS = f"fastmlp has dense networks, no convolutions. {_TO_KERAS}"
_RECURRENCES = f"fastmlp has dense networks, no recurrences. {_TO_KERAS}"
_ATTENTION = f"fastmlp has dense networks, no attention. {_TO_KERAS}"
_IMAGES = "fastmlp changes no images: do it with another library, before `fit`."
_TEXTS = "fastmlp reads no folders of files: read them, and give `fit` arrays."
_WINDOWS = "numpy.lib.stride_tricks.sliding_window_view makes windows of a series."
_FRAMEWORKS = "fastmlp runs on NumPy and its own kernels, and wraps no other framework."
_PRECISION = "All numbers here are float32: leave it out."
_DEVICES = (
    "fastmlp runs on the cores of one machine: leave it out. Several machines share a "
    "training by fit(comm=...)."
)
_STEPS = "Write the loop over `model.train_on_batch`."
_GRAPHS = "Nothing here is a graph of TensorFlow: leave it out."
_CLASSES = (
    "Older Keras had it. Write model.predict(x).argmax(axis=-1), or, for one sigmoid "
    "unit, (model.predict(x) > 0.5).astype(int)."
)

# By module, or by class: patterns of names, and what to do without them.
ELSEWHERE: dict[str, dict[str, str]] = {
    "layers": {
        r"InputSpec": "A layer checks what it gets in `build(input_shape)`.",
        r".*Conv(olution)?(LSTM)?[123]D.*|ConvLSTM.*": _CONVOLUTIONS,
        r"(Adaptive|Global)?(Average|Avg|Max)Pool(ing)?[123]D": _CONVOLUTIONS,
        r"(UpSampling|ZeroPadding|Cropping|SpatialDropout)[123]D": _CONVOLUTIONS,
        r"LocallyConnected[12]D": _CONVOLUTIONS,
        r".*(LSTM|GRU|RNN)(Cells?)?|Bidirectional|TimeDistributed": _RECURRENCES,
        r".*Attention": _ATTENTION,
        r"Random.*|Rand.*|Resizing|CenterCrop|Aug.*|Auto.*|Mix.*|Cut.*": _IMAGES,
        r"Solarization|Equalization|Contrast.*|MaxNumBoundingBoxes": _IMAGES,
        r"MelSpectrogram|STFT.*": _IMAGES.replace("images", "sounds"),
        r"TFSMLayer|TorchModuleWrapper|(Jax|Flax)Layer": _FRAMEWORKS,
        r"Masking": "No layer here knows masks: cut the rows to what counts.",
        r"EinsumDense|SpectralNormalization|GroupNormalization|ReversibleEmbedding":
            f"It is seldom in a dense network. {_TO_KERAS}",
        r"DenseFeatures": "Give a model an Input for each column, and join them with "
            "layers.Concatenate.",
        r"MaxoutDense|Highway": "Keras dropped it with its version 2.",
        r"Wrapper|Pipeline": "Put the layers into a Sequential, which is a layer too.",
    },
    "losses": {
        r"CTC|ctc": _RECURRENCES,
        r"(C|c)ircle": "It is one of embeddings.",
        r"Dice|dice|Tversky|tversky": "They compare masks of images. For rare classes "
            "there are BinaryFocalCrossentropy and class_weight.",
        r"CategoricalGeneralizedCrossEntropy|categorical_generalized_cross_entropy":
            "Write it in `fastmlp.ops`: a loss of your own is a function.",
    },
    "optimizers": {
        r"LossScaleOptimizer": _PRECISION,
        r"MultiOptimizer|OptimizerMap": "One optimizer serves a model.",
        r"Adafactor|Lamb|Muon|ScheduleFreeAdamW":
            "fastmlp has no such optimizer. AdamW is near to it.",
        r"TFOptimizer": _GRAPHS,
    },
    "callbacks": {
        r"OrbaxCheckpoint": "ModelCheckpoint and BackupAndRestore save trainings.",
        r"BaseLogger": "`History` has the means already: leave it out.",
    },
    "initializers": {r"STFT.*|stft": _IMAGES.replace("images", "sounds")},
    "preprocessing": {
        r"image(_dataset_from_directory)?": _IMAGES,
        r"text_dataset_from_directory": _TEXTS,
        r"timeseries.*": _WINDOWS,
    },
    "utils": {
        r"(image|audio|text)_dataset_from_directory": _TEXTS,
        r"timeseries_dataset_from_array": _WINDOWS,
        r"(array_to|save|load)_img|img_to_array": _IMAGES,
        r"bounding_boxes": _IMAGES,
        r"multi_gpu_model": _DEVICES,
        r"FeatureSpace": "Give a model an Input for each column, its preprocessing "
            "layer, and layers.Concatenate.",
        r"Config|legacy|get_source_inputs": "Nothing here needs it.",
        r"(en|dis)able_interactive_logging|is_interactive_logging_enabled":
            "Give `fit` verbose=2 for lines, 1 for a bar.",
    },
    "models": {
        r"model_from_yaml": "YAML may hold code, and Keras dropped it: model_from_json "
            "reads a description.",
    },
    "saving": {r"KerasFileEditor": "h5py opens the file `model.weights.h5` within."},
    "fastmlp": {
        r"applications": f"Nets for images need convolutions. {_TO_KERAS}",
        r"mixed_precision|DTypePolicy|FloatDTypePolicy|dtype_policies": _PRECISION,
        r"quantizers|Quantizer|distillation": _PRECISION,
        r"distribution|distribute|device": _DEVICES,
        r"export|src|api": "It is the inside of Keras.",
        r"remat|RematScope|StatelessScope|SymbolicScope|name_scope": _GRAPHS,
        r"visualization": _IMAGES,
        r"estimator": "Keras dropped it: a model has `fit` and `predict` itself.",
        r"legacy": "Keras's older names are where today's are.",
        r"Variable": "A layer makes its weights with self.add_weight; elsewhere, "
            "NumPy's arrays do.",
        r"Function|Operation": "Model(inputs, outputs) is what computes a graph.",
        r"InputSpec": "A layer checks what it gets in `build(input_shape)`.",
    },
    "Model": {
        r"predict_classes": _CLASSES,
        r"predict_proba": "Older Keras had it: model.predict(x) is the same.",
        r"(fit|evaluate|predict)_generator":
            "Older Keras had it: `fit`, `evaluate` and `predict` take generators.",
        r"export": "`model.save` writes a file that Keras opens, and Keras exports it.",
        r"quantize|quantization_mode|dtype_policy": _PRECISION,
        r"to_yaml": "YAML may hold code, and Keras dropped it: `to_json` writes one "
            "without.",
        r"add_metric": "Give metrics to `compile`.",
        r"train_step|test_step|predict_step|compute_loss|compute_metrics": _STEPS,
        r"(stateless|symbolic|rematerialized|quantized)_.*|jax_state_sync": _GRAPHS,
        r"make_(train|test|predict)_function|(train|test)_function": _STEPS,
        r"get_state_tree|set_state_tree": "`get_weights` and `set_weights` have them.",
        r"add_loss": "Give a layer a regularizer, or write a loss of your own.",
        r"add_weight|add_variable": "Weights are those of its layers.",
        r"compute_mask|supports_masking": "No layer here knows masks.",
        r"metrics_variables|get_metrics_result":
            "`evaluate` returns what the metrics say.",
        r"(get_build|build_from)_config|(load|save)_own_variables":
            "`save` and `load_weights` do what there is to do.",
        r"compute_output_spec|compute_loss_and_updates|call":
            "Call the model: model(x), also on an Input.",
        r"input_spec|input_dtype|path": "model.input_shape says what it takes.",
        r"run_eagerly|jit_compile|get_quantization_layer_structure": _GRAPHS,
        r"total_loss|sample_weights|targets|session": _GRAPHS,
    },
}  # fmt: skip


class NotHere(NotImplementedError, AttributeError):
    """Something of Keras that fastmlp has not; `hasattr` takes it for missing."""

    __module__ = "fastmlp"  # What a traceback shows.


class Elsewhere:
    """What stands for something of Keras: it can be imported, and not be used.

    Example:
        >>> Conv2D = Elsewhere("layers", "Conv2D", "fastmlp has no convolutions.")
        >>> Conv2D(32, 3)
        Traceback (most recent call last):
        fastmlp.NotHere: layers.Conv2D: fastmlp has no convolutions.
    """

    def __init__(self, owner: str, name: str, advice: str) -> None:
        self._sentence = f"{owner}.{name}: {advice}"

    def __call__(self, *arguments: Any, **named: Any) -> NoReturn:
        raise NotHere(self._sentence)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotHere(self._sentence)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> NoReturn:
        raise NotHere(self._sentence)

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<not in fastmlp: {self._sentence}>"


def advice(owner: str, name: str) -> str | None:
    """Return what to do without a name of Keras's, or None for any other name."""
    for pattern, sentence in ELSEWHERE.get(owner, {}).items():
        if re.fullmatch(pattern, name):
            return sentence
    return None


def answer(module: str, name: str, own: Callable[[str], Any] | None = None) -> Any:
    """Return what stands for a name that a module has not.

    Args:
        module: The module's `__name__`.
        name: The name.
        own: What knows older names of the module's, its own `__getattr__`.

    Raises:
        AttributeError: Keras has no such name either.
    """
    missing = AttributeError(f"module {module!r} has no attribute {name!r}")
    if own is not None:
        try:
            return own(name)
        except AttributeError as error:
            missing = error
    owner = module.removeprefix("fastmlp.")
    found = advice(owner, name)
    if found is None:
        raise missing
    return Elsewhere(owner, name, found)
