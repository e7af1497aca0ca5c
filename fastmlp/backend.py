"""What older Keras scripts call on `keras.backend`, under that address.

Example:
    >>> from fastmlp import backend
    >>> backend.clear_session()
    >>> backend.floatx()
    'float32'
"""

from fastmlp._util.listing import listing
from fastmlp.config import floatx, set_floatx
from fastmlp.utils import clear_session

__all__ = ["clear_session", "floatx", "set_floatx"]
__dir__ = listing(__all__)
