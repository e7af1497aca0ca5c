"""Models: graphs of layers, trained and used with Keras's words.

`Model` is the face, of any graph, and `Sequential` that of layers in a row. It has a
graph (`fastmlp._model.graph`: which layer gets the outputs of which), and a network
(`fastmlp._model.network`: what `compile` said, the plan, and the lock of who may change
them), and hands what it is asked for to functions that are given what they need:
`fastmlp._model.fitting` trains, `fastmlp._model.inference` evaluates and predicts,
`fastmlp._model.description` puts a model in words, and `fastmlp._model.files` keeps it
in files.
"""

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand
from fastmlp.models._model import Model
from fastmlp.models._sequential import Sequential

if TYPE_CHECKING:
    from fastmlp.models._functional import Functional as Functional
    from fastmlp.models._making import *

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


import_on_demand(
    __name__,
    {
        "_functional": ["Functional"],
        "_making": ["clone_model", "load_model", "model_from_json", "save_model"],
    },
)
