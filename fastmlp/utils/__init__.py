"""Small helpers around training, under the names that Keras gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._util.batches import PyDataset
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.progress import Progbar
from fastmlp._util.registered import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from fastmlp.saving import deserialize_keras_object, serialize_keras_object

if TYPE_CHECKING:
    from fastmlp.utils._data import *
    from fastmlp.utils._download import *
    from fastmlp.utils._gradients import *
    from fastmlp.utils._labels import *
    from fastmlp.utils._plots import *
    from fastmlp.utils._session import *

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "check_gradient",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "is_keras_tensor",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


def __dir__() -> list[str]:
    return __all__


# Its name in Keras 2.
Sequence = PyDataset

import_on_demand(
    __name__,
    {
        "_data": [
            "is_keras_tensor",
            "normalize",
            "pack_x_y_sample_weight",
            "pad_sequences",
            "split_dataset",
            "standardize_dtype",
            "unpack_x_y_sample_weight",
        ],
        "_download": ["get_file"],
        "_gradients": ["check_gradient"],
        "_labels": ["to_categorical"],
        "_plots": ["model_to_dot", "plot_model"],
        "_session": ["clear_session", "set_random_seed"],
    },
)
