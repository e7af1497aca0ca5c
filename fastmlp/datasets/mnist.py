"""MNIST: 70,000 handwritten digits, the data set of every first network."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._npy import read_array, read_header
from fastmlp._saving._sizes import UnfitFile
from fastmlp._saving._zip import Zip
from fastmlp._util import files, folders
from fastmlp._util.keywords import suggesting
from fastmlp._util.warn import warn

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


# All uint8. Checkers are told of no dtype, since they would hold a variable to it, and
# every first lesson says x_train = x_train / 255 and y_train = to_categorical(y_train).
Pixels: TypeAlias = NDArray[Any]
Labels: TypeAlias = NDArray[Any]
Digits: TypeAlias = tuple[tuple[Pixels, Labels], tuple[Pixels, Labels]]

# Address and hash are those that Keras publishes.
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
# That file has about 11.5 million bytes: what is much longer is something else.
MAX_DOWNLOAD = 16 << 20

SHAPES: dict[str, tuple[int, ...]] = {
    "x_train": (60000, 28, 28),
    "y_train": (60000,),
    "x_test": (10000, 28, 28),
    "y_test": (10000,),
}
# The four arrays' bytes in this order, whatever file they came in.
CONTENT_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"

# A download that no folder would take: not fetched again in this process.
_kept: bytes | None = None


@suggesting
def load_data(path: str | os.PathLike[str] = "mnist.npz") -> Digits:
    """Return MNIST, from a file if it is here and from the network if not.

    A relative path is looked for in `datasets/` of fastmlp's cache folder
    (`FASTMLP_HOME`, or `~/.fastmlp`), then in `datasets/` of Keras's (`KERAS_HOME`,
    or `~/.keras`). If it is in neither, it is downloaded from Keras's address,
    checked, and put into fastmlp's folder. An absolute path loads that file.

    Args:
        path: File name in the cache, or absolute path of an `.npz` file that holds
            MNIST's four arrays `x_train`, `y_train`, `x_test` and `y_test`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, all uint8: images of shape
        (60000, 28, 28) and (10000, 28, 28), 0 for bare paper to 255 for full ink,
        and labels 0 to 9 of shape (60000,) and (10000,).

    Raises:
        ConnectionError: The file is not here and cannot be downloaded. Where there
            is no network, this comes within 5 seconds.
        ValueError: The file is damaged, or holds something else than MNIST's arrays.
        FileNotFoundError: There is no file at the absolute path.
        IsADirectoryError: There is a folder where the file should be.

    Example:
        >>> from fastmlp.datasets import mnist
        >>> (x_train, y_train), (x_test, y_test) = mnist.load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train[0]  # doctest: +SKIP
        ((60000, 28, 28), 5)
    """
    return load_with_source(path)[0]


def load_with_source(path: str | os.PathLike[str]) -> tuple[Digits, str]:
    """Return what `load_data` returns, and the file or address that it is from."""
    path = Path(files.path_of("path", path)).expanduser()
    if path.name in ("", ".."):
        raise ValueError(f"'{path}' names no file; the usual name is 'mnist.npz'.")
    if path.is_absolute():
        return _read_file(path, "Give the path of an intact mnist.npz."), str(path)
    cached = folders.cache_folder() / "datasets" / path
    for candidate in (cached, _keras_folder() / "datasets" / path):
        if os.path.exists(candidate):
            mend = "Delete it, and the next call downloads a fresh one."
            return _read_file(candidate, mend), str(candidate)
    content = _download(cached.parent) if _kept is None else _kept
    source = str(cached) if _put_in_place(content, cached) else URL
    return _read(io.BytesIO(content), source, "Try again."), source


def is_mnist(digits: Digits) -> bool:
    """Return whether these are MNIST's own images and labels, byte for byte.

    Fashion-MNIST and others come in the same shapes.
    """
    content = hashlib.sha256()
    for images, labels in digits:
        content.update(np.ascontiguousarray(images).data)
        content.update(np.ascontiguousarray(labels).data)
    return content.hexdigest() == CONTENT_SHA256


def _keras_folder() -> Path:
    return folders.folder_named_by("KERAS_HOME") or folders.home_folder() / ".keras"


def _download(folder: Path) -> bytes:
    # Half the cost of importing fastmlp.datasets, for what happens once on a machine.
    from fastmlp.datasets import _download as network

    print(f"Downloading data from {URL}", flush=True)
    try:
        content = network.fetch(URL, MAX_DOWNLOAD)
        found = hashlib.sha256(content).hexdigest()
        if found != SHA256:
            raise OSError(
                f"{len(content):,} bytes came with SHA-256 {found[:8]}..., not "
                f"{SHA256[:8]}...: the transfer was cut short, or a proxy or a "
                "log-in page answered instead"
            )
    except OSError as cause:
        raise ConnectionError(
            f"MNIST could not be downloaded from {URL}: {cause}. Put an mnist.npz "
            f"into the folder {folder}, or work without it: "
            "fastmlp.datasets.synthetic_digits.load_data() makes digits of the same "
            "shapes on this machine."
        ) from cause
    return content


def _put_in_place(content: bytes, cached: Path) -> bool:
    """Write the cache file; where that fails, keep the content and warn once."""
    global _kept
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(cached) as file:
            file.write(content)
    except OSError as cause:
        if _kept is None:
            _kept = content
            warn(
                f"MNIST could not be stored as {cached} ({cause.strerror or cause}), "
                "so it stays in memory and the next program downloads it again. Set "
                "FASTMLP_HOME to a folder that you may write to."
            )
        return False
    return True


def _read_file(path: Path, mend: str) -> Digits:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not an .npz file. {mend}")
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}. {mend}")
    if not path.is_file():
        raise ValueError(f"{path} is a device or a pipe, not an .npz file. {mend}")
    with open(path, "rb") as file:
        return _read(file, str(path), mend)


def _read(file: BinaryIO, source: str, mend: str) -> Digits:
    """Return the arrays of an npz file, every header checked before any data.

    A small file can claim, or unpack to, gigabytes.
    """
    try:
        with contextlib.closing(Zip(file, source)) as archive:
            for name, shape in SHAPES.items():
                _check_member(archive, source, name, shape)
            x_train, y_train, x_test, y_test = (
                read_array(archive, name, f"In {source}, {name!r}") for name in SHAPES
            )
    except UnfitFile as cause:
        raise ValueError(f"{cause} {mend}") from None
    return (x_train, y_train), (x_test, y_test)


def _check_member(archive: Zip, source: str, name: str, shape: tuple[int, ...]) -> None:
    """Check an array by what the file says of it, at the cost of a few kilobytes."""
    if f"{name}.npy" not in archive.names:
        raise UnfitFile(
            f"{source} is not an MNIST file: it has no array {name!r}; MNIST has "
            f"{', '.join(SHAPES)}."
        )
    found = read_header(archive, name, f"In {source}, {name!r}")
    if found.shape != shape or found.dtype != np.uint8:
        raise UnfitFile(
            f"{source} is not an MNIST file: {name!r} has shape {found.shape} and "
            f"dtype {found.dtype}, expected {shape} and uint8."
        )
