"""Models: layers in a row, trained and used with Keras's words.

`Sequential` checks what it is given, lays its layers out as a flat plan
(`fastmlp._compile`), and sends batches through it (`fastmlp._batches`). `fit`,
`evaluate`, `predict`, `train_on_batch`, `test_on_batch` and `model(x)` all go that one
way.
"""

import copy
import math
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import losses, optimizers
from fastmlp._arguments import (
    as_batch_size,
    as_share,
    as_verbosity,
    refuse,
    split,
    validation_epochs,
    validation_pair,
)
from fastmlp._batches import Bench, Run
from fastmlp._compile import Training, lay_out, make_training, warn_of_odd_loss
from fastmlp._data import as_count, as_inputs, as_raw_inputs, as_targets
from fastmlp._random import generator
from fastmlp._stack import Stack
from fastmlp._warn import warn
from fastmlp._zeros import prepare
from fastmlp.callbacks import CallbackList, History
from fastmlp.layers import Dense, Input, Layer, refuse_functional_api
from fastmlp.plan import EVALUATE, PREDICT, TRAIN, Float32, Samples

_laying_out = threading.Lock()


class Sequential(Stack):
    """A network of layers in a row: the outputs of one are the inputs of the next.

    Args:
        layers: The layers, if they are known already. Default None.
        trainable: Accepted for the sake of Keras; only True is possible.
        name: The model's name. Default "sequential", "sequential_1" and so on.

    Attributes:
        layers: The layers, without `Input`.
        history: The `History` of the last `fit`.
        stop_training: Set to True by a callback to end `fit` after the batch.
        zero_skipping: Whether the last `fit` skipped the zeros of its inputs (see
            `fastmlp.config.set_zero_skipping`); None before the first.

    Example:
        >>> from fastmlp import layers
        >>> model = Sequential([layers.Input((4,)), layers.Dense(3, name="out")])
        >>> model.count_params()
        15
        >>> model.predict([[1, 2, 3, 4]], verbose=0).shape
        (1, 3)
    """

    def __init__(
        self,
        layers: Sequence[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        self.stop_training = False
        self.history: History | None = None
        self.zero_skipping: bool | None = None
        self._training: Training | None = None
        super().__init__(layers, trainable, name)

    # -- Compiling ----------------------------------------------------------------

    def compile(
        self,
        optimizer: str | optimizers.Optimizer = "rmsprop",
        loss: Any = None,
        loss_weights: None = None,
        metrics: Sequence[str] | None = None,
        weighted_metrics: None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is to be trained; the optimizer starts without memory.

        Args:
            optimizer: A name, or an object of `fastmlp.optimizers`.
            loss: A name, or an object of `fastmlp.losses`.
            loss_weights: Accepted as None only: there is one output.
            metrics: Names of what to report beside the loss, such as ["accuracy"].
            weighted_metrics: Accepted as None only.
            run_eagerly: Accepted for the sake of Keras; it changes nothing.
            steps_per_execution: The same.
            jit_compile: The same.
            auto_scale_loss: The same.

        Raises:
            ValueError: A name is unknown, or an argument is not supported.
            RuntimeError: The model is being trained.
        """
        refuse(loss_weights=loss_weights, weighted_metrics=weighted_metrics)
        training = make_training(optimizer, loss, metrics)
        if self._layers:
            warn_of_odd_loss(training.loss, self._layers[-1])
        with self._alone():
            training.optimizer.iterations = 0
            self._training = training
            self._bench = None

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self._training is not None

    @property
    def optimizer(self) -> optimizers.Optimizer:
        """The optimizer that `compile` was given; there is none before."""
        if self._training is None:
            raise AttributeError(
                "The model has no optimizer yet: `compile` gives it one."
            )
        return self._training.optimizer

    @property
    def loss(self) -> losses.Loss:
        """The loss that `compile` was given."""
        return self._require_training().loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        training = self._training
        return [] if training is None else ["loss", *training.metric_names]

    def _require_training(self) -> Training:
        if self._training is None:
            raise ValueError(
                "You must call `compile()` before using the model: "
                "model.compile(optimizer='rmsprop', loss='categorical_crossentropy')."
            )
        return self._training

    def _ready(self) -> Bench:
        """Return the flat plan, ready to be worked on."""
        if self._bench is None:
            # Two threads that come first must not make two plans, with two memories.
            with _laying_out:
                if self._bench is None:
                    self._bench = Bench(
                        lay_out(self._layers, self._parameters, self._training)
                    )
        return self._bench

    # -- Training -----------------------------------------------------------------

    def fit(
        self,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: None = None,
        sample_weight: None = None,
        initial_epoch: int = 0,
        steps_per_epoch: None = None,
        validation_steps: None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Train the model; called again, it goes on from where it is.

        Args:
            x: Inputs, (rows, inputs): any array of real numbers, a list, a DataFrame.
            y: Targets, (rows, outputs), or integer labels, (rows,), for sparse losses.
            batch_size: Rows for one step of the optimizer. Default 32.
            epochs: How often to go through all rows, counted from 0.
            verbose: 0 prints nothing, 1 a progress bar, 2 one line an epoch, 3 what it
                runs on and the number of each epoch. "auto" is 1 on a terminal and in a
                notebook, else 2.
            callbacks: Objects of `fastmlp.callbacks.Callback`, in a list.
            validation_split: Share of the rows, the last ones, to keep for validation.
            validation_data: (x, y) to evaluate the model on after each epoch.
            shuffle: Whether to take the rows in another order in each epoch.
            class_weight: Accepted as None only.
            sample_weight: Accepted as None only.
            initial_epoch: The number of the first epoch, when training goes on.
            steps_per_epoch: Accepted as None only.
            validation_steps: Accepted as None only.
            validation_batch_size: Rows to evaluate at a time. Default: `batch_size`.
            validation_freq: Evaluate after every so many epochs, or after those in a
                list, counted from 1.

        Returns:
            The `History`: `history.history["loss"]` is the list of losses, one an
            epoch. Loss and metrics are means over the rows of the epoch, taken while
            the model learnt.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: Shapes or values do not fit; the model is as it was.
            RuntimeError: The model is being trained already.
        """
        with self._alone():
            training = self._require_training()
            refuse(
                class_weight=class_weight,
                sample_weight=sample_weight,
                steps_per_epoch=steps_per_epoch,
                validation_steps=validation_steps,
            )
            batch_size = as_batch_size(batch_size)
            epochs = as_count("epochs", epochs, 0)
            initial_epoch = as_count("initial_epoch", initial_epoch, 0)
            verbose = as_verbosity(verbose)
            validates_after = validation_epochs(validation_freq)
            validation_batch_size = as_batch_size(
                validation_batch_size, batch_size, name="validation_batch_size"
            )
            share = as_share(validation_split)
            # What is split is converted first: a message may name a row of it.
            samples = self._samples(x, y, raw=share == 0)
            samples, validation = self._set_aside(samples, validation_data, share)
            given = samples
            units = self._first_units()
            samples = prepare(given, units, batch_size, once=False)
            called = CallbackList(callbacks, add_history=True, add_progbar=verbose != 0)
            history = called.history
            assert history is not None
            self._build_for(given)
            bench = self._ready()
            run = Run(bench, samples, batch_size, TRAIN)
            # If it was converted or compressed, what was given needs no memory more.
            del given
            checks: Run | None = None
            if validation is not None:
                validation = prepare(
                    validation, units, validation_batch_size, once=False
                )
                checks = Run(bench, validation, validation_batch_size, EVALUATE)
            called.set_model(self)
            called.set_params(
                {"verbose": verbose, "epochs": epochs, "steps": run.batches}
            )
            self.stop_training = False
            self.zero_skipping = samples.x is None
            logs: dict[str, float] = {}
            called.on_train_begin()
            for epoch in range(initial_epoch, epochs):
                called.on_epoch_begin(epoch)
                run.start_over(
                    generator().permutation(samples.count) if shuffle else None
                )
                self._train(run, training, called)
                logs = self._logs(run)
                if checks is not None and validates_after(epoch):
                    checks.start_over()
                    results = self._test(checks, called)
                    logs |= {f"val_{name}": value for name, value in results.items()}
                called.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
            called.on_train_end(logs)
            return history

    def _train(self, run: Run, training: Training, called: CallbackList) -> None:
        """Train on all batches once."""

        def before(batch: int) -> None:
            called.on_train_batch_begin(batch)
            # A callback may have changed the learning rate.
            run.plan.settings[:] = training.optimizer.settings()

        def after(batch: int) -> bool:
            training.optimizer.iterations = started + batch + 1
            called.on_train_batch_end(batch, self._logs(run))
            return self.stop_training

        started = training.optimizer.iterations
        run.work(every_batch=called.every_batch("train"), before=before, after=after)
        _warn_of_lost_loss(run)

    def _test(self, run: Run, called: CallbackList) -> dict[str, float]:
        """Evaluate all batches once."""

        def after(batch: int) -> None:
            called.on_test_batch_end(batch, self._logs(run))

        called.on_test_begin()
        run.work(
            every_batch=called.every_batch("test"),
            before=called.on_test_batch_begin,
            after=after,
        )
        logs = self._logs(run)
        called.on_test_end(logs)
        return logs

    def _logs(self, run: Run) -> dict[str, float]:
        """Return loss and metrics of the rows so far, by name."""
        return dict(zip(self.metrics_names, run.means(), strict=True))

    # -- Using --------------------------------------------------------------------

    def evaluate(
        self,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: None = None,
        steps: None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics on some data; the model stays as it is.

        Args:
            x: Inputs, (rows, inputs).
            y: Targets, as in `fit`.
            batch_size: Rows to work on at a time; it does not change the result.
                Default 32.
            verbose: As in `fit`.
            sample_weight: Accepted as None only.
            steps: Accepted as None only.
            callbacks: Objects of `fastmlp.callbacks.Callback`, in a list.
            return_dict: Whether to return a dictionary instead of a list.

        Returns:
            [loss, metric, ...] in the order of `metrics_names`; the loss alone, if
            `compile` was given no metrics; or a dictionary by name.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: Shapes or values do not fit.
        """
        self._require_training()
        refuse(sample_weight=sample_weight, steps=steps)
        batch_size = as_batch_size(batch_size)
        verbose = as_verbosity(verbose)
        given = self._samples(x, y, raw=True)
        samples = prepare(given, self._first_units(), batch_size, once=True)
        self._build_for(given)
        run = Run(self._ready(), samples, batch_size, EVALUATE)
        called = CallbackList(
            callbacks, add_progbar=verbose != 0, model=self,
            verbose=verbose, epochs=1, steps=run.batches,
        )  # fmt: skip
        return self._results(self._test(run, called), return_dict)

    def predict(
        self,
        x: ArrayLike,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: None = None,
        callbacks: Any = None,
    ) -> Float32:
        """Return the outputs of the model for some inputs.

        Args:
            x: Inputs, (rows, inputs). A row with NaN gives NaN; the others do not
                suffer.
            batch_size: Rows to work on at a time; it does not change the result.
                Default 32.
            verbose: As in `fit`.
            steps: Accepted as None only.
            callbacks: Objects of `fastmlp.callbacks.Callback`, in a list.

        Returns:
            The outputs, (rows, outputs), float32.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: The shape of x does not fit.
        """
        refuse(steps=steps)
        batch_size = as_batch_size(batch_size)
        verbose = as_verbosity(verbose)
        samples = self._to_predict(x)
        if samples.count <= batch_size and not verbose and not callbacks:
            return self._predict_at_once(samples)
        units = self._first_units()
        samples = prepare(samples, units, batch_size, once=True, finite=False)
        run = Run(self._ready(), samples, batch_size, PREDICT)
        outputs = np.empty((samples.count, run.bench.outputs), np.float32)
        called = CallbackList(
            callbacks, add_progbar=verbose != 0, model=self,
            verbose=verbose, epochs=1, steps=run.batches,
        )  # fmt: skip
        done = 0

        def after(batch: int) -> None:
            nonlocal done
            called.on_predict_batch_end(
                batch, {"outputs": outputs[done : run.rows_done]}
            )
            done = run.rows_done

        called.on_predict_begin()
        run.work(
            outputs,
            every_batch=called.every_batch("predict"),
            before=called.on_predict_batch_begin,
            after=after,
        )
        called.on_predict_end()
        return outputs

    def __call__(self, x: ArrayLike, training: bool = False) -> Float32:
        """Return the outputs for some inputs, (rows, outputs), as one batch.

        Args:
            x: Inputs, (rows, inputs).
            training: Accepted for the sake of Keras; it changes nothing.
        """
        if isinstance(x, Input):
            refuse_functional_api()
        return self.predict_on_batch(x)

    def predict_on_batch(self, x: ArrayLike) -> Float32:
        """Return the outputs for some inputs, (rows, outputs), as one batch."""
        return self._predict_at_once(self._to_predict(x))

    def train_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        sample_weight: None = None,
        class_weight: None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step of the optimizer; return the loss and metrics before it.

        Args:
            x: Inputs, (rows, inputs), all in one batch.
            y: Targets, as in `fit`.
            sample_weight: Accepted as None only.
            class_weight: Accepted as None only.
            return_dict: Whether to return a dictionary instead of a list.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: Shapes or values do not fit; the model is as it was.
            RuntimeError: The model is being trained already.
        """
        with self._alone():
            training = self._require_training()
            refuse(sample_weight=sample_weight, class_weight=class_weight)
            samples = self._samples(x, y)
            run = self._one_batch(samples, TRAIN)
            run.plan.settings[:] = training.optimizer.settings()
            run.work()
            training.optimizer.iterations += 1
        return self._results(self._logs(run), return_dict)

    def test_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        sample_weight: None = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and metrics of one batch; the model stays as it is.

        Args:
            x: Inputs, (rows, inputs), all in one batch.
            y: Targets, as in `fit`.
            sample_weight: Accepted as None only.
            return_dict: Whether to return a dictionary instead of a list.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: Shapes or values do not fit.
        """
        self._require_training()
        refuse(sample_weight=sample_weight)
        run = self._one_batch(self._samples(x, y), EVALUATE)
        run.work()
        return self._results(self._logs(run), return_dict)

    def _one_batch(self, samples: Samples, mode: int) -> Run:
        """Return the work on samples as a single batch."""
        self._build_for(samples)
        return Run(self._ready(), samples, samples.count, mode)

    def _to_predict(self, x: Any) -> Samples:
        """Return inputs as samples, and build the model if it is not built yet."""
        self._require_layers()
        inputs = as_raw_inputs(x, self._inputs, finite=False)
        samples = Samples(len(inputs), inputs)
        self._build_for(samples)
        return samples

    def _predict_at_once(self, samples: Samples) -> Float32:
        """Return the outputs for samples as one batch."""
        units = self._first_units()
        rows = samples.count
        samples = prepare(samples, units, rows, once=True, finite=False)
        return self._ready().predict(samples)

    def _first_units(self) -> int:
        """Return the units of the first layer, or 0 if it has no weights."""
        first = self._layers[0]
        return first.units if isinstance(first, Dense) else 0

    def _samples(self, x: Any, y: Any, raw: bool = False) -> Samples:
        """Return x and y, checked and converted; with `raw`, x in its own dtype."""
        self._require_layers()
        convert = as_raw_inputs if raw else as_inputs
        inputs = convert(x, self._inputs)
        if not len(inputs):
            raise ValueError("x has 0 samples, but at least one is needed.")
        width = inputs.shape[1]
        for layer in self._layers:
            width = layer.output_width(width)
        t, labels = as_targets(y, self.loss, len(inputs), width)
        return Samples(count=len(inputs), x=inputs, t=t, labels=labels)

    def _set_aside(
        self, samples: Samples, data: Any, share: float
    ) -> tuple[Samples, Samples | None]:
        """Return what to learn from and, if it was asked for, what to validate on."""
        if data is None:
            return split(samples, share)
        pair = validation_pair(data)
        try:
            validation = self._samples(*pair)
        except (TypeError, ValueError) as error:
            raise type(error)(f"In validation_data: {error}") from None
        assert samples.x is not None
        assert validation.x is not None
        found, expected = validation.x.shape[1], samples.x.shape[1]
        if found != expected:
            raise ValueError(
                f"In validation_data, x has {found} features, but the x to learn from "
                f"has {expected}."
            )
        return samples, validation

    def _build_for(self, samples: Samples) -> None:
        """Build the model for these samples, if it is not built yet."""
        if not self.built:
            assert samples.x is not None
            self.build(samples.x.shape)

    def _results(self, logs: dict[str, float], return_dict: bool) -> Any:
        """Return loss and metrics the way that Keras does."""
        if return_dict:
            return dict(sorted(logs.items()))
        values = list(logs.values())
        return values if len(values) > 1 else values[0]

    # -- Copying ------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and deepcopy are to keep: no lock, no scratch space."""
        state = self.__dict__.copy()
        del state["_busy"], state["_bench"]
        state["memory"] = None if self._bench is None else self._bench.plan.memory
        return state

    def __copy__(self) -> "Sequential":
        """Return a model of its own, since two cannot share their layers."""
        return copy.deepcopy(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the model again: the layers' weights become views of one array."""
        memory = state.pop("memory")
        self.__dict__.update(state)
        self._busy = threading.Lock()
        self._bench = None
        self._take_back_layers()
        if memory is not None:
            self._ready().plan.memory[...] = memory


def Model(*_: Any, **__: Any) -> NoReturn:
    """Say that the functional API is not part of fastmlp.

    Raises:
        TypeError: Always.
    """
    refuse_functional_api()


def _warn_of_lost_loss(run: Run) -> None:
    """Warn when the loss has become NaN or infinite."""
    if not math.isfinite(run.totals[0]):
        warn(
            "The loss has become NaN or infinite. A smaller learning rate often helps; "
            "the callback TerminateOnNaN ends the training when it happens.",
            RuntimeWarning,
        )
