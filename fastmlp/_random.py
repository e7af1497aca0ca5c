"""The library's own random generator: NumPy's global state is never touched.

Initial weights and the shuffling of `fit` draw from one private generator.
It starts from fresh entropy; `fastmlp.utils.set_random_seed` makes it repeat.
"""

import numpy as np

_generator = np.random.default_rng()


def generator() -> np.random.Generator:
    """Return the generator that initial weights and shuffling draw from."""
    return _generator


def seed_generator(seed: int) -> None:
    """Start the library's generator anew from `seed`."""
    global _generator
    _generator = np.random.default_rng(seed)
