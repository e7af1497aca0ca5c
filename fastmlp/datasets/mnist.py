"""MNIST: 70,000 handwritten digits, the data set of every first network."""

from __future__ import annotations

import hashlib
import io
import math
import os
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fastmlp._util import files
from fastmlp._util.listing import listing
from fastmlp._util.warn import warn

__all__ = [
    "load_data",
]
__dir__ = listing(__all__)

Pixels: TypeAlias = NDArray[np.uint8]
Labels: TypeAlias = NDArray[np.uint8]
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

# NumPy writes 128 bytes; longer ones may keep its parser busy.
_MAX_HEADER = 1000
# What zipfile and NumPy's header parser say to a file that makes no sense.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
)

# A download that no folder would take: not fetched again in this process.
_kept: bytes | None = None


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
    cached = files.cache_folder() / "datasets" / path
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
    return files.folder_named_by("KERAS_HOME") or files.home_folder() / ".keras"


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
    """Return the arrays of an npz file, every header checked before any data."""
    try:
        with zipfile.ZipFile(file) as archive:
            for name, shape in SHAPES.items():
                _check_member(archive, name, shape)
            x_train, y_train, x_test, y_test = (
                _read_member(archive, name) for name in SHAPES
            )
    except _NotMnist as cause:
        raise ValueError(f"{source} is not an MNIST file: {cause}. {mend}") from None
    except _DAMAGE as cause:
        raise ValueError(
            f"{source} is no .npz file, or a truncated or damaged one ({cause}). {mend}"
        ) from cause
    return (x_train, y_train), (x_test, y_test)


class _NotMnist(Exception):
    """The file may be sound, but it holds something else."""


def _check_member(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> None:
    """Check an array by what the file says of it, at the cost of a few kilobytes.

    A small file can claim, or unpack to, gigabytes.
    """
    if f"{name}.npy" not in archive.namelist():
        raise _NotMnist(f"it has no array {name!r}; MNIST has {', '.join(SHAPES)}")
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _NotMnist(f"{name!r} is packed in a way that NumPy does not use")
    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        if version != (1, 0):
            raise _NotMnist(f"{name!r} is not in NumPy's plain format")
        found, _, dtype = npy.read_array_header_1_0(stream, _MAX_HEADER)
        header = stream.tell()
    if found != shape or dtype != np.uint8:
        raise _NotMnist(
            f"{name!r} has shape {found} and dtype {dtype}, expected {shape} and uint8"
        )
    if member.file_size != header + math.prod(shape):
        raise _NotMnist(f"the length of {name!r} does not fit its shape {shape}")


def _read_member(archive: zipfile.ZipFile, name: str) -> NDArray[np.uint8]:
    with archive.open(f"{name}.npy") as stream:
        array: NDArray[np.uint8] = npy.read_array(stream, allow_pickle=False)
    return array
