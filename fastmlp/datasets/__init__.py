"""Data sets, ready for training: `mnist`, and `synthetic_digits` without a download."""

from fastmlp.datasets import mnist, synthetic_digits

__all__ = ["mnist", "synthetic_digits"]
