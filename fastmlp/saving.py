"""Files, and the names that they know what is your own by: Keras 3's address of these.

They are those of `fastmlp.models` and `fastmlp.utils`.
"""

from fastmlp._util.registered import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from fastmlp.models import load_model, save_model

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "register_keras_serializable",
    "save_model",
]


def __dir__() -> list[str]:
    return __all__
