"""What holds for the whole process: seeds, and names that count."""

from __future__ import annotations

import numpy as np

from fastmlp._check.names import forget_names
from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp._util.random import seed_generator

__all__ = ["clear_session", "set_random_seed"]

# The largest that numpy.random takes.
_LARGEST_SEED = 2**32 - 1


@suggesting
def set_random_seed(seed: int) -> None:
    """Make what follows repeat: initial weights, the shuffling of `fit`, dropout.

    As in Keras, Python's `random` and `numpy.random` are seeded as well, for your own
    use of them: the library draws from a generator of its own.

    Args:
        seed: A whole number from 0 to 2**32 - 1, which is the largest seed that
            `numpy.random` takes.

    Raises:
        TypeError: `seed` is not a whole number.
        ValueError: `seed` is negative or too large.

    Example:
        >>> from fastmlp import initializers
        >>> set_random_seed(42)
        >>> first = initializers.GlorotUniform()((3, 2))
        >>> set_random_seed(42)
        >>> bool((initializers.GlorotUniform()((3, 2)) == first).all())
        True
    """
    import random  # Only here: it takes 3 ms, and few programs need it.

    seed = as_count("seed", seed, 0)
    if seed > _LARGEST_SEED:
        raise ValueError(f"seed must be at most {_LARGEST_SEED}, not {seed}.")
    seed_generator(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002


def clear_session() -> None:
    """Count automatic names anew: the next `Dense` is called "dense" again.

    Example:
        >>> from fastmlp import layers
        >>> clear_session()
        >>> layers.Dense(3).name, layers.Dense(3).name
        ('dense', 'dense_1')
    """
    forget_names()
