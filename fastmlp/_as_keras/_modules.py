"""Which module of fastmlp stands for which of Keras's, today's and older ones."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from fastmlp._as_keras import _tensorflow
from fastmlp._version import __version__

# What `import` is told of; all other names are as they were.
NAMES = ("keras", "tensorflow", "tf_keras")

# Whose names and numbers these are: scripts ask for a version at least.
_KERAS_VERSION = f"3.15.1+fastmlp.{__version__}"

# Where there is Keras.
_KERAS = (
    "tensorflow.keras",
    "tensorflow.python.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "tensorflow.contrib.keras",
    "tf_keras",
    "keras.api",
    "keras.src",
    "keras",
)

# Where Keras 1 and 2 had what is in one module today.
_OLDER = {
    "layers": (
        "engine", "engine.base_layer", "engine.input_layer", "engine.topology",
        "layers.advanced_activations", "layers.convolutional", "layers.core",
        "layers.embeddings", "layers.experimental", "layers.experimental.preprocessing",
        "layers.local", "layers.merge", "layers.noise", "layers.normalization",
        "layers.pooling", "layers.preprocessing", "layers.recurrent", "layers.wrappers",
        "legacy.layers",
    ),
    "models": ("engine.functional", "engine.sequential", "engine.training"),
    "optimizers": (
        "optimizers.experimental", "optimizers.legacy", "optimizers.optimizer_v2",
    ),
    "utils": (
        "utils.all_utils", "utils.data_utils", "utils.generic_utils", "utils.io_utils",
        "utils.layer_utils", "utils.np_utils", "utils.vis_utils",
    ),
    "wrappers": ("wrappers.scikit_learn",),
    "initializers": ("initializers.initializers_v2",),
}  # fmt: skip
_TODAY = {older: today for today, them in _OLDER.items() for older in them}

# Where this module is found, the package tensorboard, which writes what the callback of
# that name has seen, does without TensorFlow; else it took what stands in for that.
_NO_TENSORFLOW = "tensorboard.compat.notf"

# What gives the names of a module.
Names = Callable[[str], Any]


class Namespace(ModuleType):
    """A module whose names are looked up elsewhere.

    Args:
        name: Its name.
        names: What gives each of them, or raises AttributeError.
        version: What its `__version__` is to be.
    """

    def __init__(self, name: str, names: Names, version: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__version__ = version
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        inner = f"{self.__name__}.{name}"
        if names_of(inner) is not None:
            return importlib.import_module(inner)
        return self._names(name)


def names_of(module: str) -> Names | None:
    """Return what gives the names of a module that a script imports, or None.

    Example:
        >>> names_of("tensorflow.keras.layers.experimental")("Dense")
        <class 'fastmlp.layers._dense.Dense'>
        >>> names_of("keras.applications.vgg16") is None
        True
    """
    for keras in _KERAS:
        if module == keras:
            return partial(getattr, importlib.import_module("fastmlp"))
        if module.startswith(f"{keras}."):
            inner = module.removeprefix(f"{keras}.")
            found = f"fastmlp.{_TODAY.get(inner, inner)}"
            if "._" in found or not _is_module(found):
                return None
            return partial(getattr, importlib.import_module(found))
    path = module.removeprefix("tensorflow").removeprefix(".")
    leads_to_keras = any(one.startswith(f"{module}.") for one in _KERAS)
    if path in _tensorflow.NAMESPACES or leads_to_keras:
        return partial(_tensorflow.find, path)
    return None


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # Its parent is no package.
        return False


class Finder(MetaPathFinder, Loader):
    """Finds the modules of Keras and TensorFlow in fastmlp."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Say where a module is, if it is one of theirs."""
        if fullname == _NO_TENSORFLOW:
            return ModuleSpec(fullname, self)
        if fullname.partition(".")[0] not in NAMES:
            return None
        if names_of(fullname) is None:
            raise ModuleNotFoundError(
                f"fastmlp stands in for Keras here, and has nothing for {fullname!r}. "
                "Leave it out where it is not needed, or take the script to Keras.",
                name=fullname,
            )
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make a module that has the names of fastmlp's."""
        if spec.name == _NO_TENSORFLOW:
            return ModuleType(spec.name)
        names = names_of(spec.name)
        assert names is not None
        is_keras = any(
            spec.name == one or spec.name.startswith(f"{one}.") for one in _KERAS
        )
        version = _KERAS_VERSION if is_keras else _tensorflow.VERSION
        return Namespace(spec.name, names, version)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: it has them already."""
