"""Callbacks: code of yours that `fit`, `evaluate` and `predict` call as they run.

Subclass `Callback` and override the hooks you need. `History` and `ProgbarLogger`,
which every `fit` has, are built in the same way.
"""

from fastmlp.callbacks._callback import Callback
from fastmlp.callbacks._csv_logger import CSVLogger
from fastmlp.callbacks._early_stopping import EarlyStopping
from fastmlp.callbacks._history import History
from fastmlp.callbacks._lambda import LambdaCallback
from fastmlp.callbacks._learning_rate import LearningRateScheduler, ReduceLROnPlateau
from fastmlp.callbacks._list import CallbackList
from fastmlp.callbacks._model_checkpoint import ModelCheckpoint
from fastmlp.callbacks._progbar_logger import ProgbarLogger
from fastmlp.callbacks._terminate import TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
