"""The curves of a training in a file that spreadsheets open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import IO, Any, Literal

from fastmlp._check.numbers import describe, true_or_false
from fastmlp._util.files import naming, path_of
from fastmlp.callbacks._callback import Callback, Logs

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes the values of every epoch to a CSV file, a line an epoch.

    The columns are `epoch`, counted from 0, and the values by name. They are those of
    the first epoch; if that has none of a validation, there is a `val_` column for
    each, for epochs that may have one. A value that is missing is written as NA.

    Each line is in the file as soon as its epoch has ended.

    Args:
        filename: The file. What it held is lost, unless `append` is True.
        separator: The character between two values. Default ",".
        append: Whether to write at the end of a file that is there already, without
            a second line of names. Default False.

    Raises:
        ValueError: `separator` is not a single character.
        OSError: When the training begins: the file cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "curves.csv")
        ...     logger = CSVLogger(file)
        ...     logger.on_train_begin()
        ...     logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
        ...     print(file.read_text().strip())
        epoch,loss,val_loss
        0,0.5,0.75
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        separator: str = ",",
        append: bool = False,
    ) -> None:
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(
                'CSVLogger needs a single character for separator, such as "," or '
                f'";", not {describe(separator)}.'
            )
        self.filename: str = path_of("filename", filename)
        self.sep = separator
        self.append: bool = true_or_false("append", append)
        self.keys: list[str] | None = None
        self._needs_header = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Make the file, or find out what it has already."""
        self.keys = None
        with self._open("a" if self.append else "w") as file:
            self._needs_header = file.tell() == 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the line of the epoch, and before the first one the names."""
        import csv  # takes 2 ms, which not every program should pay

        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        # Open for the moment only: no error in the training can leave it open.
        with self._open("a") as file:
            writer = csv.writer(file, delimiter=self.sep)
            if self._needs_header:
                writer.writerow(["epoch", *self.keys])
                self._needs_header = False
            cells = [_as_cell(logs.get(key, "NA")) for key in self.keys]
            writer.writerow([epoch, *cells])

    @contextlib.contextmanager
    def _open(self, mode: Literal["a", "w"]) -> Iterator[IO[Any]]:
        # The csv module ends the lines itself.
        with (
            naming(self.filename),
            open(self.filename, mode, newline="", encoding="utf-8") as file,
        ):
            yield file


def _as_cell(value: Any) -> Any:
    """Return a list or an array as one text in quotes, all else as it is."""
    if (
        isinstance(value, str)
        or not isinstance(value, Iterable)
        or getattr(value, "ndim", 1) == 0
    ):
        return value
    return f'"[{", ".join(map(str, value))}]"'
