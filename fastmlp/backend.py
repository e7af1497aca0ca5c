"""What older Keras scripts call on `keras.backend`, under that address.

Example:
    >>> from fastmlp import backend
    >>> backend.clear_session()
    >>> backend.floatx()
    'float32'
"""

from fastmlp.config import floatx, set_floatx
from fastmlp.utils import clear_session

__all__ = ["clear_session", "floatx", "set_floatx"]


def __dir__() -> list[str]:
    return __all__
