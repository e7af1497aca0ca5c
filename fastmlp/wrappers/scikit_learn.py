"""The wrappers under their address of Keras 2, `keras.wrappers.scikit_learn`."""

from fastmlp.wrappers._older import KerasClassifier, KerasRegressor

__all__ = ["KerasClassifier", "KerasRegressor"]


def __dir__() -> list[str]:
    return __all__
