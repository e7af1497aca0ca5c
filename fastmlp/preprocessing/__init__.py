"""Where Keras has `pad_sequences` as well, and older scripts their `Tokenizer`.

Images are for other libraries; what makes numbers of columns and words is among the
layers.
"""

import sys

from fastmlp._util.elsewhere import answer_in
from fastmlp.preprocessing import sequence, text

__all__ = ["sequence", "text"]


def __dir__() -> list[str]:
    return __all__


answer_in(sys.modules[__name__])
