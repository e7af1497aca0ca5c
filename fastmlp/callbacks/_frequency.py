"""How often something is saved: after each epoch, or after so many batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastmlp._check.numbers import describe


class SaveFrequency:
    """Tells when it is time to save.

    Args:
        save_freq: "epoch", or a number of batches.

    Raises:
        ValueError: It is neither.

    Example:
        >>> often = SaveFrequency(3)
        >>> [often.is_due(batch) for batch in range(7)]
        [False, False, True, False, False, True, False]
    """

    def __init__(self, save_freq: Any) -> None:
        is_count = isinstance(save_freq, (int, np.integer)) and save_freq >= 1
        if isinstance(save_freq, bool) or not (is_count or save_freq == "epoch"):
            raise ValueError(
                'save_freq must be "epoch" or a number of batches, at least 1. '
                f"Received: save_freq={describe(save_freq)}."
            )
        self.counts_batches: bool = save_freq != "epoch"
        self._save_freq = save_freq
        self._batches_since = 0
        self._last_batch = -1

    def begin_epoch(self) -> None:
        """Take note that batches are numbered from 0 again."""
        self._last_batch = -1

    def is_due(self, batch: int) -> bool:
        """Tell whether enough batches have passed since this was last so.

        With `steps_per_execution`, several have passed since the last call.
        """
        if not self.counts_batches:
            return False
        self._batches_since += batch - self._last_batch
        self._last_batch = batch
        if self._batches_since < self._save_freq:
            return False
        self._batches_since = 0
        return True
