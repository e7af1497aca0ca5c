"""Files from the network, kept and checked."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, Literal

from fastmlp._check.numbers import describe, true_or_false
from fastmlp._util import files
from fastmlp._util.keywords import suggesting
from fastmlp._util.screen import say

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["get_file"]

# A file is held in memory once, to be checked before any of it is kept.
_MOST = 4 << 30


@suggesting
def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: Literal["auto", "md5", "sha256"] = "auto",
    extract: bool = False,
    archive_format: Literal["auto", "tar", "zip"] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Return the path of a file, which is downloaded unless it is in the cache.

    Args:
        fname: The name that it gets. Default None: the last part of `origin`.
        origin: Its address.
        untar: The older word for `extract` of a tar.
        md5_hash: The older word for an MD5 `file_hash`.
        file_hash: SHA-256 or MD5 that it must have; else it is not kept, and one in the
            cache is downloaded anew. Default None: nothing is checked.
        cache_subdir: Folder in the cache, "datasets" by default.
        hash_algorithm: "sha256" or "md5"; "auto", the default, goes by the length.
        extract: Whether to unpack a tar or a zip beside it, and return that folder.
            Members that would land elsewhere are refused. Default False.
        archive_format: "tar", "zip", or "auto", the default, for what it is.
        cache_dir: The cache. Default: `FASTMLP_HOME`, or `~/.fastmlp`.
        force_download: Whether to download in any case. Default False.

    Raises:
        TypeError: A name is none.
        ValueError: There is no address, or a name has folders in it.
        ConnectionError: It cannot be downloaded, or has another hash.
        OSError: It cannot be stored, or is no archive.

    Example:
        >>> get_file(origin="https://example.org/iris.csv")  # doctest: +SKIP
        '/home/me/.fastmlp/datasets/iris.csv'
    """
    # Only here: few programs download.
    from pathlib import Path

    from fastmlp._util import folders
    from fastmlp.datasets import _download, _files

    if not isinstance(origin, str) or not origin:
        raise ValueError(
            "get_file needs the address of the file as `origin`, such as "
            f"'https://example.org/iris.csv', not {describe(origin)}."
        )
    if archive_format not in ("auto", "tar", "zip", None):
        raise ValueError(
            "archive_format must be 'auto', 'tar' or 'zip', not "
            f"{describe(archive_format)}."
        )
    named = fname is not None
    name = files.path_of("fname", fname or origin.split("?")[0].rpartition("/")[2])
    if os.path.basename(name) != name or name in (".", ".."):
        raise ValueError(
            f"fname is the name of a file without folders, not {name!r}. Folders go "
            "into cache_dir and cache_subdir."
        )
    root = folders.cache_folder() if cache_dir is None else Path(cache_dir)
    folder = root.expanduser() / cache_subdir
    unpacks = true_or_false("extract", extract) or true_or_false("untar", untar)
    has_ending = named and "." in name
    path = folder / (name if has_ending or not unpacks else f"{name}_archive")
    digest = _checked_digest(file_hash or md5_hash, hash_algorithm)
    if true_or_false("force_download", force_download) or not _is_here(path, digest):
        say(f"Downloading data from {origin}")
        try:
            content = _download.fetch(origin, _MOST)
            found = digest and _files.hash_of(io.BytesIO(content), digest)[1]
            if found != digest:
                raise OSError(
                    f"{len(content):,} bytes came with the hash {found}, not {digest}"
                )
        except OSError as cause:
            raise ConnectionError(
                f"{origin} could not be downloaded: {cause}. Put the file there "
                f"yourself: {path}."
            ) from cause
        folder.mkdir(parents=True, exist_ok=True)
        with files.replacing(path) as file:
            file.write(content)
    if not unpacks:
        return str(path)
    stem = name.partition(".")[0] + "_extracted" if has_ending else name
    _unpack(path, folder / stem, "tar" if untar else archive_format)
    return str(folder / stem)


def _checked_digest(digest: Any, algorithm: str) -> str | None:
    """Return a hash in small letters, or say that it is none."""
    if algorithm not in ("auto", "md5", "sha256"):
        raise ValueError(
            f"hash_algorithm must be 'auto', 'md5' or 'sha256', not "
            f"{describe(algorithm)}."
        )
    if digest is None:
        return None
    lengths = {"md5": (32,), "sha256": (64,)}.get(algorithm, (32, 64))
    if not isinstance(digest, str) or len(digest) not in lengths:
        raise ValueError(
            "file_hash must be the 64 digits of SHA-256, or the 32 of MD5, not "
            f"{describe(digest)}."
        )
    return digest.lower()


def _is_here(path: Path, digest: str | None) -> bool:
    """Tell whether a file is in the cache, and is the one that is asked for."""
    from fastmlp.datasets import _files

    if not path.exists():
        return False
    if digest is None:
        return True
    with open(path, "rb") as file:
        return _files.hash_of(file, digest)[1] == digest


def _unpack(path: Path, folder: Path, kind: str | None) -> None:
    """Unpack a tar or a zip into a folder, and nothing beside it."""
    import tarfile
    import zipfile

    if kind in ("auto", "zip") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            # It takes ".." and the first "/" off names.
            archive.extractall(folder)
    elif kind in ("auto", "tar") and tarfile.is_tarfile(path):
        if not hasattr(tarfile, "data_filter"):
            raise OSError(
                "This Python unpacks no tar safely: take a later release of its "
                "version, which can, or unpack the file yourself."
            )
        with tarfile.open(path) as tar:
            tar.extractall(folder, filter="data")
    else:
        raise OSError(f"{path} is no archive that can be unpacked: no tar, and no zip.")
