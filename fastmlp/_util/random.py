"""The library's own random generator: NumPy's global state is never touched.

Initial weights and the shuffling of `fit` draw from one private generator.
It starts from fresh entropy; `fastmlp.utils.set_random_seed` makes it repeat.
"""

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

_generator: "Generator | None" = None
_seed: int | None = None  # that of the user, if there is one
_salt = 0
_draws_weights: ContextVar[bool] = ContextVar("draws weights", default=True)


def generator() -> "Generator":
    """Return the generator that initial weights and shuffling draw from.

    It is made when it is first needed, because loading `numpy.random` takes 14 ms.
    """
    global _generator
    if _generator is None:
        _generator = np.random.default_rng()
    return _generator


def seed_generator(seed: int) -> None:
    """Start the library's generator anew from `seed`."""
    global _generator, _seed
    _generator, _seed = np.random.default_rng(seed), seed


def salt() -> int:
    """Return what makes chance that was chosen before a fork another in each child.

    It is 0 in a process that was not forked, and where the user has set a seed: then a
    child draws what its parent would have drawn.
    """
    return _salt


def _begin_anew_after_fork() -> None:
    """Let a forked child draw something else than its parent and its siblings."""
    global _generator, _salt
    if _seed is None:
        _generator, _salt = None, int.from_bytes(os.urandom(8), "little") >> 1
        return
    assert _generator is not None
    lock = _generator.bit_generator.lock
    if lock.acquire(blocking=False):
        lock.release()
    else:  # Another thread drew, which has no end here.
        seed_generator(_seed)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_after_fork)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let what is drawn in a block begin from a seed, and what comes later not."""
    global _generator, _seed
    kept = _generator, _seed
    seed_generator(seed)
    try:
        yield
    finally:
        _generator, _seed = kept


@contextlib.contextmanager
def preserve_rng_state() -> Iterator[None]:
    """Let what is drawn in a block make no difference to what is drawn later."""
    bits = generator().bit_generator
    state = bits.state
    try:
        yield
    finally:
        bits.state = state


@contextlib.contextmanager
def drawing_from(source: "Generator") -> Iterator[None]:
    """Let what is drawn in a block come from a generator, and what comes later not."""
    global _generator
    kept, _generator = _generator, source
    try:
        yield
    finally:
        _generator = kept


@contextlib.contextmanager
def drawing_no_weights() -> Iterator[None]:
    """Let layers be built without their weights in a block, for a file that has them.

    So nothing takes memory before it is compared with the file; `Layer.fill` then makes
    zeros, since some initializers take seconds for a layer. The random state is kept.
    """
    before = _draws_weights.set(False)
    try:
        with preserve_rng_state():
            yield
    finally:
        _draws_weights.reset(before)


def draws_weights() -> bool:
    """Tell whether layers are to be built with initial weights, in this thread."""
    return _draws_weights.get()
