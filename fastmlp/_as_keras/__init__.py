"""Keras scripts as they are found: `import keras`, or tensorflow, means fastmlp.

`fastmlp run script.py` runs one (_scripts.py); `fastmlp.install_as_keras()` is for the
first cell of a notebook. `_modules.py` says which module stands for which,
`_tensorflow.py` what there is of TensorFlow beside Keras.
"""

from __future__ import annotations

import importlib.util
import sys

from fastmlp._as_keras._modules import NAMES, Finder
from fastmlp._check.numbers import true_or_false

__all__ = ["install_as_keras"]


def install_as_keras(shadow: bool = False) -> None:
    """Let `import keras` and `import tensorflow` mean fastmlp in this process.

    `keras`, `tensorflow.keras`, their submodules and where older versions had them are
    fastmlp's; `tensorflow` has what scripts for dense networks touch beside Keras.
    Whatever is missing answers with a sentence that names it. Called again, it does
    nothing.

    Args:
        shadow: Whether to do so where Keras or TensorFlow is installed, too, which are
            then out of reach of this process. Default False: that is an error.

    Raises:
        RuntimeError: Keras or TensorFlow is installed and `shadow` is False, or one of
            them was imported already.

    Example:
        >>> import fastmlp
        >>> fastmlp.install_as_keras(shadow=True)
        >>> from tensorflow.keras.layers import Dense
        >>> Dense is fastmlp.layers.Dense
        True
        >>> fastmlp._as_keras.uninstall()
    """
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    imported = [name for name in NAMES if name in sys.modules]
    if imported:
        raise RuntimeError(
            f"{imported[0]} was imported already: call install_as_keras before, at the "
            "top of the program or in the first cell, after a restart."
        )
    if not true_or_false("shadow", shadow):
        installed = [name for name in NAMES if importlib.util.find_spec(name)]
        if installed:
            raise RuntimeError(
                f"{installed[0]} is installed here, and would be hidden by fastmlp. "
                "If that is what you want, say so: fastmlp.install_as_keras("
                "shadow=True), or fastmlp run --shadow."
            )
    sys.meta_path.insert(0, Finder())


def uninstall() -> None:
    """Let the names of Keras mean what they did before; the tests need it."""
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, Finder)]
    for name in list(sys.modules):
        if name.partition(".")[0] in NAMES:
            del sys.modules[name]
