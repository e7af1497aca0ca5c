"""Where Keras has `pad_sequences` as well: `preprocessing.sequence`.

Images and texts are for other libraries; what makes numbers of columns and words is
among the layers.
"""

import sys

from fastmlp._util.elsewhere import answer_in
from fastmlp.preprocessing import sequence

__all__ = ["sequence"]


def __dir__() -> list[str]:
    return __all__


answer_in(sys.modules[__name__])
