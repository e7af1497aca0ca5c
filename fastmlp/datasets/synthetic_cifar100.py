"""Synthetic colour pictures: CIFAR-100's shapes, drawn by the package itself.

For a lesson where CIFAR-100 is out of reach, and for tests: nothing is downloaded.
These are not CIFAR-100, and results on them are not results on it: they are clouds of
colour, as in `synthetic_cifar10`. The five kinds of a group are alike.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._cifar import Labels, Pictures
from fastmlp.datasets._drawn_clouds import draw_clouds
from fastmlp.datasets._splitting import one_of

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    label_mode: Literal["fine", "coarse"] = "fine",
    seed: int = 0,
    n_train: int = 50000,
    n_test: int = 10000,
) -> Pictures:
    """Return drawn colour pictures of a hundred classes in the format of CIFAR-100.

    The same seed gives the same pictures; the first do not depend on how many are asked
    for.

    Args:
        label_mode: "fine", the default, for the kinds, 0 to 99; "coarse" for the
            groups, 0 to 19.
        seed: Any whole number of 0 or more.
        n_train: Number of training pictures; 50,000 by default.
        n_test: Number of test pictures; 10,000 by default.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 pictures of shape (n, 32, 32, 3),
        and int64 labels of shape (n, 1).

    Raises:
        TypeError: A count or the seed is not a whole number.
        ValueError: An argument is out of its range.

    Example:
        >>> (x_train, y_train), _ = load_data("coarse", n_train=100, n_test=10)
        >>> y_train.shape, int(y_train.max()) < 20
        ((100, 1), True)
    """
    mode = one_of("label_mode", label_mode, ("fine", "coarse"))
    group_size = 5 if mode == "coarse" else 1
    seed = as_count("seed", seed, 0)
    counts = as_count("n_train", n_train, 0), as_count("n_test", n_test, 0)
    (x_train, y_train), (x_test, y_test) = draw_clouds(seed, counts, groups=20, kinds=5)

    def labels(kinds: Labels) -> Labels:
        return kinds[:, None].astype(np.int64) // group_size

    return (x_train, labels(y_train)), (x_test, labels(y_test))
