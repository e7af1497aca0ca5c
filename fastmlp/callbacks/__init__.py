"""Callbacks: code of yours that `fit`, `evaluate` and `predict` call as they run.

Subclass `Callback` and override the hooks you need. `History` and `ProgbarLogger`,
which every `fit` has, are built in the same way.
"""

from fastmlp._util.listing import listing
from fastmlp.callbacks import (
    _callback,
    _csv_logger,
    _early_stopping,
    _history,
    _lambda,
    _learning_rate,
    _list,
    _model_checkpoint,
    _progbar_logger,
    _terminate,
)
from fastmlp.callbacks._callback import *
from fastmlp.callbacks._csv_logger import *
from fastmlp.callbacks._early_stopping import *
from fastmlp.callbacks._history import *
from fastmlp.callbacks._lambda import *
from fastmlp.callbacks._learning_rate import *
from fastmlp.callbacks._list import *
from fastmlp.callbacks._model_checkpoint import *
from fastmlp.callbacks._progbar_logger import *
from fastmlp.callbacks._terminate import *

__all__: list[str] = []
__all__ += _callback.__all__
__all__ += _csv_logger.__all__
__all__ += _early_stopping.__all__
__all__ += _history.__all__
__all__ += _lambda.__all__
__all__ += _learning_rate.__all__
__all__ += _list.__all__
__all__ += _model_checkpoint.__all__
__all__ += _progbar_logger.__all__
__all__ += _terminate.__all__
__dir__ = listing(__all__)
