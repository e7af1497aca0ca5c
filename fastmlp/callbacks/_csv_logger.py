"""The curves of a training in a file that spreadsheets open."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator
from typing import IO, Any, Literal

from fastmlp._check.numbers import describe, true_or_false
from fastmlp._util.files import naming, path_of, replacing
from fastmlp.callbacks._callback import Callback, Logs

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes the values of every epoch to a CSV file, a line an epoch.

    The columns are `epoch`, counted from 0, and the values by name. They are those of
    the first epoch; if that has none of a validation, there is a `val_` column for
    each, for epochs that may have one. A value that comes up later gets a column of its
    own. What is missing is written as NA.

    Each line is in the file as soon as its epoch has ended.

    Args:
        filename: The file. What it held is lost, unless `append` is True.
        separator: The character between two values. Default ",".
        append: Whether to write at the end of a file that is there already, under the
            names that it has. Default False.

    Raises:
        ValueError: `separator` is not a single character; or, when the training
            begins: the file to append to is not one that a CSVLogger has written.
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

    def on_train_begin(self, logs: Logs = None) -> None:
        """Make the file, or find out which columns it has already."""
        self.keys = None
        with self._open("a" if self.append else "w") as file:
            is_empty = file.tell() == 0
        if not is_empty:
            names = self._lines()[0]
            self.keys = names[1:]
            if names[:1] != ["epoch"]:
                raise ValueError(
                    f"CSVLogger cannot append to {self.filename!r}, whose first line "
                    f'does not begin with "epoch{self.sep}": give another file, or the '
                    "separator that it was written with."
                )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the line of the epoch, below a name for each of its values."""
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            self._write_line(["epoch", *self.keys])
        elif new := sorted(logs.keys() - set(self.keys)):
            self._add_columns(new)
            self.keys += new
        self._write_line([epoch, *(_as_cell(logs.get(key, "NA")) for key in self.keys)])

    def _write_line(self, cells: list[Any]) -> None:
        import csv  # takes 2 ms, which not every program should pay

        # Open for the moment only: no error in the training can leave it open.
        with self._open("a") as file:
            csv.writer(file, delimiter=self.sep).writerow(cells)

    def _lines(self) -> list[list[str]]:
        import csv

        with self._open("r") as file:
            return [*csv.reader(file, delimiter=self.sep)]

    def _add_columns(self, names: list[str]) -> None:
        """Give the file more columns, with NA in the lines that are there."""
        import csv

        header, *lines = self._lines()
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.sep)
        writer.writerow([*header, *names])
        writer.writerows([*line, *["NA"] * len(names)] for line in lines)
        with replacing(self.filename) as file:
            file.write(text.getvalue().encode())

    @contextlib.contextmanager
    def _open(self, mode: Literal["a", "r", "w"]) -> Iterator[IO[Any]]:
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
