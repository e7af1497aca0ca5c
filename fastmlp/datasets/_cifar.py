"""CIFAR's archives: pickles in a tar, read without unpacking either to the disk."""

from __future__ import annotations

import tarfile
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets._files import opened
from fastmlp.datasets._pickled import read_pickle

# Checkers are told of no dtype: see mnist.py.
Pixels: TypeAlias = NDArray[Any]
Labels: TypeAlias = NDArray[Any]
Pictures: TypeAlias = tuple[tuple[Pixels, Labels], tuple[Pixels, Labels]]


def read_batches(name: str, batches: dict[str, int], label_key: str) -> list[Any]:
    """Return the pictures, uint8 (n, 32, 32, 3), and the list of labels of each batch.

    Args:
        name: The archive, by its name in the table of files.
        batches: How many pictures there are in each of its members that are wanted.
        label_key: Which labels.
    """
    found = opened(name)
    read = {}
    with found.file, tarfile.open(fileobj=found.file, mode="r|gz") as archive:
        for entry in archive:
            batch = entry.name.rpartition("/")[2]
            if batch in batches and (member := archive.extractfile(entry)) is not None:
                held = read_pickle(member)
                pixels = held[b"data"].bytes_of(batches[batch], 3 * 32 * 32)
                # Plane by plane: red, green, blue.
                planes = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
                labels = held[label_key.encode()]
                read[batch] = np.ascontiguousarray(planes), labels
        return [read[batch] for batch in batches]
