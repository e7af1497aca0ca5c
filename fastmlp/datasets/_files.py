"""Keras's files: one table of them, and one road to each."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from fastmlp._util import files, folders
from fastmlp._util.screen import say
from fastmlp._util.warn import warn


class Remote(NamedTuple):
    """A file that Keras publishes; address and hash are Keras's."""

    title: str  # what it holds
    url: str
    digest: str  # SHA-256, or MD5 where nothing else is published
    most: int  # bytes: what is much longer is something else
    stand_in: str  # the data set of the same shapes that needs no download
    elsewhere: tuple[str, ...] = ()  # other names that Keras's cache has it under


_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"


def _fashion(name: str, digest: str, most: int) -> tuple[str, Remote]:
    # Keras gives no hash of these. This is what the makers of Fashion-MNIST publish.
    remote = Remote(
        "Fashion-MNIST", _KERAS + name, digest, most, "synthetic_fashion_mnist"
    )
    return f"fashion-mnist/{name}", remote


# By the names that they have in the folder `datasets` of the caches.
FILES = {
    "mnist.npz": Remote(
        "MNIST",
        _KERAS + "mnist.npz",
        "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        16 << 20,
        "synthetic_digits",
    ),
    **dict(
        [
            _fashion(
                "train-images-idx3-ubyte.gz",
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                32 << 20,
            ),
            _fashion(
                "train-labels-idx1-ubyte.gz",
                "25c81989df183df01b3e8a0aad5dffbe",
                1 << 20,
            ),
            _fashion(
                "t10k-images-idx3-ubyte.gz",
                "bef4ecab320f06d8554ea6380940ec79",
                8 << 20,
            ),
            _fashion(
                "t10k-labels-idx1-ubyte.gz",
                "bb300cfdad3c16e7a12a480ee83cd310",
                1 << 20,
            ),
        ]
    ),
    "imdb.npz": Remote(
        "IMDB",
        _KERAS + "imdb.npz",
        "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
        32 << 20,
        "synthetic_imdb",
    ),
    "imdb_word_index.json": Remote(
        "The words of IMDB",
        _KERAS + "imdb_word_index.json",
        "bfafd718b763782e994055a2d397834f",
        4 << 20,
        "synthetic_imdb",
    ),
    "reuters.npz": Remote(
        "Reuters",
        _KERAS + "reuters.npz",
        "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
        8 << 20,
        "synthetic_reuters",
    ),
    "reuters_word_index.json": Remote(
        "The words of Reuters",
        _KERAS + "reuters_word_index.json",
        "4d44cc38712099c9e383dc6e5f11a921",
        4 << 20,
        "synthetic_reuters",
    ),
    "boston_housing.npz": Remote(
        "Boston Housing",
        _KERAS + "boston_housing.npz",
        "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
        1 << 20,
        "synthetic_boston_housing",
    ),
    "california_housing.npz": Remote(
        "California Housing",
        _KERAS + "california_housing.npz",
        "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
        4 << 20,
        "synthetic_california_housing",
    ),
    "cifar-10-python.tar.gz": Remote(
        "CIFAR-10",
        _TORONTO + "cifar-10-python.tar.gz",
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        192 << 20,
        "synthetic_cifar10",
        ("cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz"),
    ),
    "cifar-100-python.tar.gz": Remote(
        "CIFAR-100",
        _TORONTO + "cifar-100-python.tar.gz",
        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        192 << 20,
        "synthetic_cifar100",
        ("cifar-100-python-target_archive",),
    ),
}

# Downloads that no folder would take: not fetched again in this process.
_kept: dict[str, bytes] = {}


class Opened(NamedTuple):
    """A file at its beginning, which whoever reads it closes."""

    file: BinaryIO
    source: str  # the file or the address that it is from
    mend: str  # what to do where it is damaged


def opened(
    name: str, path: str | os.PathLike[str] | None = None, *, verified: bool = True
) -> Opened:
    """Open one of `FILES`, from a cache if it is there and from the network if not.

    A relative path is looked for in fastmlp's cache folder, then in Keras's; if it is
    in neither, the file is downloaded, checked, and put into fastmlp's folder.

    Args:
        name: Its name in the table.
        path: The name that a user gave it; None for the one in the table.
        verified: Whether a file that is here already has to have the hash, too; a
            download always has.

    Raises:
        ConnectionError: It is not here and cannot be downloaded.
        ValueError: It has another hash, or is no file.
        FileNotFoundError: There is no file at the absolute path.
        IsADirectoryError: There is a folder where the file should be.
    """
    remote = FILES[name]
    path = Path(name if path is None else files.path_of("path", path)).expanduser()
    if path.name in ("", ".."):
        raise ValueError(f"'{path}' names no file; the usual name is {name!r}.")
    digest = remote.digest if verified else None
    if path.is_absolute():
        mend = f"Give the path of an intact {name}."
        return _open_file(path, digest, mend)
    found = cached(name, path)
    if found is not None:
        mend = "Delete it, and the next call downloads a fresh one."
        return _open_file(found, digest, mend)
    place = folders.cache_folder() / "datasets" / path
    content = _kept.get(name) or _download(name, place.parent)
    source = str(place) if _put_in_place(name, content, place) else remote.url
    return Opened(io.BytesIO(content), source, "Try again.")


def cached(name: str, path: Path | None = None) -> Path | None:
    """Return where one of `FILES` is in a cache, or None if it is in none.

    Args:
        name: Its name in the table.
        path: The name that a user gave it; None for the one in the table.
    """
    path = Path(name) if path is None else path
    keras = _keras_folder() / "datasets"
    candidates = [folders.cache_folder() / "datasets" / path, keras / path]
    candidates += [keras / one for one in FILES[name].elsewhere]
    return next(filter(os.path.exists, candidates), None)


def _keras_folder() -> Path:
    return folders.folder_named_by("KERAS_HOME") or folders.home_folder() / ".keras"


def _download(name: str, folder: Path) -> bytes:
    # Half the cost of importing fastmlp.datasets, for what happens once on a machine.
    from fastmlp.datasets import _download as network

    title, url, digest, most, stand_in, _ = FILES[name]
    say(f"Downloading data from {url}")
    try:
        content = network.fetch(url, most)
        kind, found = hash_of(io.BytesIO(content), digest)
        if found != digest:
            raise OSError(
                f"{len(content):,} bytes came with {kind} {found[:8]}..., not "
                f"{digest[:8]}...: the transfer was cut short, or a proxy or a "
                "log-in page answered instead"
            )
    except OSError as cause:
        raise ConnectionError(
            f"{title} could not be downloaded from {url}: {cause}. Put "
            f"{os.path.basename(name)} into the folder {folder}, or work without it: "
            f"fastmlp.datasets.{stand_in} draws data of the same shapes on this "
            f"machine ({stand_in}.load_data())."
        ) from cause
    return content


def _put_in_place(name: str, content: bytes, cached: Path) -> bool:
    """Write the cache file; where that fails, keep the content and warn once."""
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(cached) as file:
            file.write(content)
    except OSError as cause:
        if name not in _kept:
            _kept[name] = content
            warn(
                f"{FILES[name].title} could not be stored as {cached} "
                f"({cause.strerror or cause}), so it stays in memory and the next "
                "program downloads it again. Set FASTMLP_HOME to a folder that you may "
                "write to."
            )
        return False
    return True


def _open_file(path: Path, digest: str | None, mend: str) -> Opened:
    """Open a file that is here; where a digest is given, one that has it."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, not a file. {mend}")
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}. {mend}")
    if not path.is_file():
        raise ValueError(f"{path} is a device or a pipe, not a file. {mend}")
    file = open(path, "rb")
    if digest is not None:
        kind, found = hash_of(file, digest)
        if found != digest:
            file.close()
            raise ValueError(
                f"{path} is damaged, or another file than Keras's: its {kind} is "
                f"{found[:8]}..., not {digest[:8]}.... {mend}"
            )
    return Opened(file, str(path), mend)


def hash_of(file: BinaryIO, digest: str) -> tuple[str, str]:
    """Return the kind of a digest, and the file's of that kind; go back to its start.

    MD5 does for what was published so long ago: it finds damage, and no file that is
    checked by it is more than numbers or words.
    """
    kind, digester = ("SHA-256", hashlib.sha256())
    if len(digest) == 32:
        kind, digester = ("MD5", hashlib.md5(usedforsecurity=False))
    while chunk := file.read(1 << 20):
        digester.update(chunk)
    file.seek(0)
    return kind, digester.hexdigest()
