"""Models: layers in a row, trained and used with Keras's words.

`Sequential` is the face. It has a network (`fastmlp._model.network`: the layers, what
`compile` said, the plan, and the lock of who may change them), and hands what it is
asked for to functions that are given what they need: `fastmlp._model.fitting` trains,
`fastmlp._model.inference` evaluates and predicts, `fastmlp._model.description` puts a
model in words, and `fastmlp._model.files` keeps it in files.
"""

from fastmlp.models._making import *
from fastmlp.models._sequential import Sequential

__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]


def __dir__() -> list[str]:
    return __all__
