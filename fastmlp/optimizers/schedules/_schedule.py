"""What all schedules have in common."""

from __future__ import annotations

from fastmlp._util.described import Described

__all__ = ["LearningRateSchedule"]


class LearningRateSchedule(Described):
    """Base class: a subclass says what the learning rate is after so many batches.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 * 0.5**step
        >>> Halving()(1)
        0.05
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        raise NotImplementedError(
            f"{type(self).__name__} must define __call__(self, step) and return a "
            "learning rate."
        )
