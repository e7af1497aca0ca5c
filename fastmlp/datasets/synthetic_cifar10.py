"""Synthetic colour pictures: CIFAR-10's shapes, drawn by the package itself.

For a lesson where CIFAR-10 is out of reach, and for tests: nothing is downloaded. These
are not CIFAR-10, and results on them are not results on it: they show no things, but
clouds of colour. Each class has clouds of its own, which are moved, turned and lit, and
lie among clouds of chance.
"""

from __future__ import annotations

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._cifar import Pictures
from fastmlp.datasets._drawn_clouds import draw_clouds

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(seed: int = 0, n_train: int = 50000, n_test: int = 10000) -> Pictures:
    """Return drawn colour pictures of ten classes in the format of CIFAR-10.

    The same seed gives the same pictures; the first do not depend on how many are asked
    for. A network with two hidden layers knows about half of the test pictures, as of
    those of CIFAR-10, and learns the training pictures by heart.

    Args:
        seed: Any whole number of 0 or more.
        n_train: Number of training pictures; 50,000 by default.
        n_test: Number of test pictures; 10,000 by default.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 pictures of shape (n, 32, 32, 3),
        and uint8 labels of shape (n, 1), 0 to 9.

    Raises:
        TypeError: An argument is not a whole number.
        ValueError: An argument is negative.

    Example:
        >>> (x_train, y_train), _ = load_data(n_train=100, n_test=10)
        >>> x_train.shape, y_train.shape
        ((100, 32, 32, 3), (100, 1))
    """
    seed = as_count("seed", seed, 0)
    counts = as_count("n_train", n_train, 0), as_count("n_test", n_test, 0)
    (x_train, y_train), (x_test, y_test) = draw_clouds(seed, counts, groups=10, kinds=1)
    return (x_train, y_train[:, None]), (x_test, y_test[:, None])
