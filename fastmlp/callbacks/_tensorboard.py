"""The curves of a training, and its weights, for TensorBoard."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from fastmlp._check.numbers import as_count, describe, true_or_false
from fastmlp._util.files import path_of
from fastmlp._util.warn import warn
from fastmlp.callbacks._callback import Callback, Logs, is_that_of

__all__ = ["TensorBoard"]

_INSTALL = (
    "TensorBoard needs the package tensorboard, which is not there. Install it with: "
    "pip install 'fastmlp[tensorboard]'"
)


class TensorBoard(Callback):
    """Writes the curves of a training, and how its weights are spread, for TensorBoard.

    `tensorboard --logdir logs` shows them in a browser. Curves are `epoch_loss` and the
    like in the folders `train` and `validation`, so that both are in one picture, and
    `evaluation_loss_vs_iterations`. Needs the extra `tensorboard`, not TensorFlow.

    Args:
        log_dir: The folder, made if it is missing. Default "logs".
        histogram_freq: After how many epochs the weights are written. Default 0: never.
        write_graph: Whether the layers are written, for the tab "Graphs". Default True.
        write_images: No pictures are written; True gets a warning.
        write_steps_per_second: Whether the number of steps a second is. Default False.
        update_freq: "epoch" (default), "batch", or after how many batches to write
            `batch_loss` and the like, too.
        profile_batch: Nothing is profiled; all but 0 gets a warning.
        embeddings_freq: The same.
        embeddings_metadata: The same.

    Raises:
        ImportError: tensorboard is missing.
        TypeError: An argument is of the wrong kind.
        ValueError: A number is out of its range.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | Literal["batch", "epoch"] = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        self.log_dir: str = path_of("log_dir", log_dir)
        self.histogram_freq: int = as_count("histogram_freq", histogram_freq or 0, 0)
        self.write_graph: bool = true_or_false("write_graph", write_graph)
        self.write_steps_per_second: bool = true_or_false(
            "write_steps_per_second", write_steps_per_second
        )
        if isinstance(update_freq, str) and update_freq not in ("batch", "epoch"):
            raise ValueError(
                'update_freq must be "epoch", "batch" or a number of batches. '
                f"Received: update_freq={describe(update_freq)}."
            )
        self.update_freq: int | str = update_freq
        if update_freq != "epoch":
            count = 1 if update_freq == "batch" else update_freq
            self.update_freq = as_count("update_freq", count, 1)
        try:
            import tensorboard.compat.proto  # noqa: F401
        except ImportError as error:
            raise ImportError(_INSTALL) from error
        _warn_of_unwritten(
            write_images=write_images,
            profile_batch=profile_batch,
            embeddings_freq=embeddings_freq,
            embeddings_metadata=embeddings_metadata,
        )
        self._writers: dict[str, Any] = {}
        self._iterations = 0  # how many steps were taken as the epoch began
        self._latest = 0  # and up to the last batch
        self._began = 0.0

    def needs_every_batch(self, hook: str) -> bool:
        """Batches are looked at only if something is written of them."""
        if self.update_freq == "epoch":
            return not is_that_of(self, hook, TensorBoard)
        return super().needs_every_batch(hook)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Write the layers."""
        if self.write_graph:
            self._write_graph()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Write the values so far, if it is their turn."""
        if self.update_freq == "epoch":
            return
        assert isinstance(self.update_freq, int)
        step = int(self.model.optimizer.iterations)
        # With `steps_per_execution`, several have passed since the last call.
        if step // self.update_freq > self._latest // self.update_freq:
            self._write_scalars("train", "batch_{}", logs or {}, step)
        self._latest = step

    def on_test_end(self, logs: Logs = None) -> None:
        """Write the values of a validation by how many steps were taken before it."""
        step = int(self.model.optimizer.iterations)
        self._write_scalars(
            "validation", "evaluation_{}_vs_iterations", logs or {}, step
        )
        self._flush()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begin to count the steps."""
        self._iterations = self._latest = int(self.model.optimizer.iterations)
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the values of the epoch, and the weights if it is their turn."""
        optimizer = self.model.optimizer
        values = dict(logs or {})
        validation = {
            name.removeprefix("val_"): values.pop(name)
            for name in list(values)
            if name.startswith("val_")
        }
        values["learning_rate"] = float(optimizer.learning_rate)
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._began
            values["steps_per_second"] = (
                int(optimizer.iterations) - self._iterations
            ) / seconds
        self._write_scalars("train", "epoch_{}", values, epoch)
        self._write_scalars("validation", "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        self._flush()

    def on_train_end(self, logs: Logs = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()

    def _write_scalars(
        self, part: str, name: str, values: Mapping[str, Any], step: int
    ) -> None:
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        for key, value in values.items():
            self._write(part, scalar_pb(name.format(key), float(value)), step)

    def _write_weights(self, epoch: int) -> None:
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        for layer in self.model.layers:
            for weight in layer.weights:
                summary = histogram_pb(f"{weight.path}/histogram", np.asarray(weight))
                self._write("train", summary, epoch)

    def _write_graph(self) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboard.util.tensor_util import make_tensor_proto

        try:
            text = self.model.to_json()
        except ValueError as error:  # Something of the user's own, without a name.
            warn(f"TensorBoard gets no drawing of the layers: {error}")
            return
        metadata = SummaryMetadata(
            plugin_data=SummaryMetadata.PluginData(
                plugin_name="graph_keras_model", content=b"1"
            )
        )
        value = Summary.Value(
            tag="keras", metadata=metadata, tensor=make_tensor_proto(text)
        )
        self._write("train", Summary(value=[value]), 0)

    def _write(self, part: str, summary: Any, step: int) -> None:
        """Write one thing to the file of the training or of the validation."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        if part not in self._writers:
            folder = os.path.join(self.log_dir, part)
            self._writers[part] = EventFileWriter(folder)
        event = Event(summary=summary, step=step, wall_time=time.time())
        self._writers[part].add_event(event)


def _warn_of_unwritten(**arguments: Any) -> None:
    """Warn of what is asked for, and will not be written."""
    asked = [name for name, value in arguments.items() if value]
    if asked:
        warn(
            f"fastmlp writes nothing of {', '.join(asked)} for TensorBoard: scalars, "
            "histograms (histogram_freq) and the layers (write_graph) are there."
        )
