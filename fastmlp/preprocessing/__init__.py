"""Where Keras has `pad_sequences` as well, and older scripts their `Tokenizer`.

Images are for other libraries; what makes numbers of columns and words is among the
layers.
"""

from fastmlp._util.on_demand import import_on_demand
from fastmlp.preprocessing import sequence, text

__all__ = ["sequence", "text"]


def __dir__() -> list[str]:
    return __all__


import_on_demand(__name__)
