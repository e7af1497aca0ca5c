"""Callbacks: code of yours that `fit`, `evaluate` and `predict` call as they run.

Subclass `Callback` and override the hooks you need. `History` and `ProgbarLogger`,
which every `fit` has, are built in the same way.
"""

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand

if TYPE_CHECKING:
    from fastmlp.callbacks._backup import *
    from fastmlp.callbacks._callback import *
    from fastmlp.callbacks._csv_logger import *
    from fastmlp.callbacks._early_stopping import *
    from fastmlp.callbacks._history import *
    from fastmlp.callbacks._lambda import *
    from fastmlp.callbacks._learning_rate import *
    from fastmlp.callbacks._list import *
    from fastmlp.callbacks._model_checkpoint import *
    from fastmlp.callbacks._progbar_logger import *
    from fastmlp.callbacks._remote_monitor import *
    from fastmlp.callbacks._swap_ema_weights import *
    from fastmlp.callbacks._tensorboard import *
    from fastmlp.callbacks._terminate import *

__all__ = [
    "BackupAndRestore",
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
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]


def __dir__() -> list[str]:
    return __all__


import_on_demand(
    __name__,
    {
        "_backup": ["BackupAndRestore"],
        "_callback": ["Callback"],
        "_csv_logger": ["CSVLogger"],
        "_early_stopping": ["EarlyStopping"],
        "_history": ["History"],
        "_lambda": ["LambdaCallback"],
        "_learning_rate": ["LearningRateScheduler", "ReduceLROnPlateau"],
        "_list": ["CallbackList"],
        "_model_checkpoint": ["ModelCheckpoint"],
        "_progbar_logger": ["ProgbarLogger"],
        "_remote_monitor": ["RemoteMonitor"],
        "_swap_ema_weights": ["SwapEMAWeights"],
        "_tensorboard": ["TensorBoard"],
        "_terminate": ["TerminateOnNaN"],
    },
)
