"""Training and using a stack of layers: the half of `Sequential` that needs data.

`fit`, `evaluate`, `predict`, `train_on_batch`, `test_on_batch` and `model(x)` all go
one way: what the user gave is checked and becomes samples (`fastmlp._model.samples`),
which are sent through the plan (`fastmlp._engine.build`) batch by batch
(`fastmlp._engine.runs`).
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from numpy.typing import ArrayLike

from fastmlp import losses, optimizers
from fastmlp._check.arguments import (
    as_optional_count,
    as_share,
    as_shuffle,
    as_verbosity,
    batch_size_for,
    refuse,
    split,
    validation_epochs,
)
from fastmlp._check.numbers import as_count
from fastmlp._engine.build import Training, build_plan, make_training, warn_of_odd_loss
from fastmlp._engine.runs import Bench, Run, Work
from fastmlp._engine.streams import Stream, StreamRun, is_stream
from fastmlp._engine.zeros import prepare
from fastmlp._model.samples import Sampler, refuse_with_stream, weigh_classes
from fastmlp._model.stack import give_free, owner_of, take
from fastmlp._util.locks import Lock
from fastmlp._util.warn import warn
from fastmlp.callbacks import CallbackList, History
from fastmlp.layers import Layer
from fastmlp.layers._layer import refuse_functional_api, sizes_of
from fastmlp.metrics import Metric
from fastmlp.plan import EVALUATE, PREDICT, TRAIN, Float32, Samples

_laying_out = Lock()


class Trainer(Sampler):
    """A stack that can be compiled and trained; see `fastmlp.models.Sequential`."""

    def __init__(
        self, layers: Sequence[Layer] | None, trainable: bool, name: str | None
    ) -> None:
        self.stop_training = False
        self.history: History | None = None
        self.zero_skipping: bool | None = None
        # Which layers learn, since `compile` or, if they came later, from the start.
        self._learning: list[bool] = []
        super().__init__(layers, trainable, name)

    # -- Compiling ----------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: None = None,
        metrics: Sequence[Any] | None = None,
        weighted_metrics: Sequence[Any] | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is to be trained.

        The optimizer starts without memory, unless it is the one that the model has:
        `model.compile(model.optimizer, ...)` keeps what it remembers.

        Args:
            optimizer: A name, or an object of `fastmlp.optimizers`, which serves one
                model.
            loss: A name, or an object of `fastmlp.losses`.
            loss_weights: Accepted as None only: there is one output.
            metrics: What to report beside the loss, such as ["accuracy"]: names, or
                objects of `fastmlp.metrics`.
            weighted_metrics: The same, but rows count by their `sample_weight`.
            run_eagerly: Accepted for the sake of Keras; it changes nothing.
            steps_per_execution: The same.
            jit_compile: The same.
            auto_scale_loss: The same.

        Raises:
            ValueError: A name is unknown, an argument is not supported, or the
                optimizer belongs to another model.
            RuntimeError: The model is being trained.
        """
        refuse(loss_weights=loss_weights)
        training = make_training(optimizer, loss, metrics, weighted_metrics)
        if self._layers:
            warn_of_odd_loss(training.loss, self._layers)
        optimizer = training.optimizer
        owner = owner_of(optimizer)
        if owner is not None and owner is not self:
            raise ValueError(
                f"The optimizer {optimizer.name!r} belongs to the model "
                f"{owner.name!r} already, whose steps it counts. Make a new "
                f"{type(optimizer).__name__}(...)."
            )
        with self._alone():
            bench = None
            if owner is self and self._bench is not None:
                bench = self._make_bench(training)
                bench.plan.memory[...] = self._bench.plan.memory
            if bench is None:
                optimizer.iterations = 0
            if self._training is not None:
                give_free(self._training.optimizer)
            take(optimizer, self)
            self._training = training
            self._bench = bench
            self._learning = self._who_learns()

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
        """The loss that `compile` was given; there is none before."""
        if self._training is None:
            raise AttributeError("The model has no loss yet: `compile` gives it one.")
        return self._training.loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        if self._training is None:
            return []
        return ["loss", *(one.name for one in self._training.metrics)]

    def metric_named(self, name: str) -> Metric | None:
        """Return the metric that is logged under a name.

        It is None for other names, and for "accuracy", whose kind the data decide.

        Example:
            >>> from fastmlp import metrics, models
            >>> model = models.Sequential()
            >>> hits = metrics.CategoricalAccuracy(name="hits")
            >>> model.compile("sgd", "mse", metrics=[hits, "accuracy"])
            >>> model.metric_named("hits") is hits, model.metric_named("accuracy")
            (True, None)
        """
        for one in self._training.metrics if self._training is not None else []:
            if one.name == name and isinstance(one.metric, Metric):
                return one.metric
        return None

    def reset_metrics(self) -> None:
        """Do nothing, as every call and every epoch counts anew; Keras has it."""

    def _ready(self) -> Bench:
        """Return the flat plan, ready to be worked on."""
        if self._bench is None:
            # Two threads that come first must not make two plans, with two memories.
            with _laying_out:
                if self._bench is None:
                    self._bench = self._make_bench(self._training)
        return self._bench

    def _make_bench(self, training: Training | None) -> Bench:
        return Bench(build_plan(self._layers, training, self._trainable))

    def _layers_changed(self) -> None:
        """Begin without memory: the optimizer's was that of the layers before."""
        super()._layers_changed()
        if self._training is not None:
            self._training.optimizer.iterations = 0
        known = self._learning[: len(self._layers)]
        self._learning = known + self._who_learns()[len(known) :]

    def _take_back_layers(self) -> None:
        """After copying, make layers and optimizer those of this model again."""
        super()._take_back_layers()
        if self._training is not None:
            take(self._training.optimizer, self)

    def _who_learns(self) -> list[bool]:
        return [self._trainable and layer.trainable for layer in self._layers]

    def _ready_to_learn(self, samples: Samples) -> Bench:
        """Return the plan, if the layers that learn are still those of `compile`.

        The model is built for the samples, if it is not built yet.

        Raises:
            ValueError: `trainable` of a layer was changed since.
        """
        if self._learning != self._who_learns():
            raise ValueError(
                "`trainable` of a layer was changed since `compile`. Call `compile` "
                "again, so that the change counts."
            )
        self._build_for(samples)
        return self._ready()

    # -- Training -----------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: ArrayLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Train the model; called again, it goes on from where it is.

        Args:
            x: Inputs, (rows, inputs): any array of real numbers, a list, a DataFrame.
                Or what gives batches (x, y) or (x, y, sample_weight) one by one: a
                generator, or an iterable that begins anew in each epoch.
            y: Targets, (rows, outputs), or integer labels, (rows,), for sparse losses.
            batch_size: Rows for one step of the optimizer. Default 32, or, with
                `steps_per_epoch`, as many as make that many steps of all rows.
            epochs: How often to go through all rows, counted from 0.
            verbose: 0 prints nothing, 1 a progress bar, 2 one line an epoch, 3 what it
                runs on and the number of each epoch. "auto" is 1 on a terminal and in a
                notebook, else 2.
            callbacks: Objects of `fastmlp.callbacks.Callback`, in a list.
            validation_split: Share of the rows, the last ones, to keep for validation.
            validation_data: (x, y) or (x, y, sample_weight) to evaluate the model on
                after each epoch; or what gives batches.
            shuffle: Whether to take the rows in another order in each epoch. With
                "batch", rows stay in their batches and change places there.
            class_weight: {class: weight}: how much the rows of a class count in the
                loss. Default: all the same.
            sample_weight: How much each row counts in the loss, (rows,).
            initial_epoch: The number of the first epoch, when training goes on.
            steps_per_epoch: How many batches an epoch has. Default: all there are. The
                next epoch goes on where the last one ended.
            validation_steps: How many batches to evaluate. Default: all.
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
            batch_size = as_optional_count("batch_size", batch_size)
            epochs = as_count("epochs", epochs, 0)
            initial_epoch = as_count("initial_epoch", initial_epoch, 0)
            steps = as_optional_count("steps_per_epoch", steps_per_epoch)
            validation_steps = as_optional_count("validation_steps", validation_steps)
            verbose = as_verbosity(verbose)
            shuffle = as_shuffle(shuffle)
            validates_after = validation_epochs(validation_freq)
            validation_batch_size = (
                as_optional_count("validation_batch_size", validation_batch_size)
                or batch_size
            )
            share = as_share(validation_split)
            called = CallbackList(callbacks, add_history=True, add_progbar=verbose != 0)
            history = called.history
            assert history is not None
            run: Run | StreamRun
            checks: Run | StreamRun | None = None
            if is_stream(x):
                refuse_with_stream(y, sample_weight, share)
                weighing = partial(self._to_samples, class_weight=class_weight)
                stream = Stream(x, weighing)
                validation = self._to_validate(validation_data, stream.peek())
                bench = self._ready_to_learn(stream.peek())
                run = StreamRun(bench, stream, TRAIN, training, steps)
            else:
                # What is split is converted first: a message may name a row of it.
                samples = self._to_samples(x, y, sample_weight, raw=share == 0)
                validation = self._to_validate(validation_data, samples)
                if validation is None:
                    samples, validation = split(samples, share)
                samples = weigh_classes(samples, class_weight)
                units = self._first_units()
                batch_size = batch_size_for(batch_size, samples.count, steps)
                prepared = prepare(samples, units, batch_size, once=False)
                bench = self._ready_to_learn(samples)
                run = Run(bench, prepared, batch_size, TRAIN, training, steps)
                # If it was compressed, what was given needs no memory more.
                del samples, prepared
            if validation is not None:
                checks = self._to_check(
                    validation, validation_batch_size, validation_steps, once=False
                )
            called.set_model(self)
            called.set_params(
                {"verbose": verbose, "epochs": epochs, "steps": run.batches}
            )
            self.stop_training = False
            self.zero_skipping = isinstance(run, Run) and run.samples.x is None
            learnt: dict[str, float] = {}
            logs: dict[str, float] = {}
            called.on_train_begin()
            for epoch in range(initial_epoch, epochs):
                called.on_epoch_begin(epoch)
                run.forget()
                self._train(run, called, shuffle)
                if run.rows_done:  # If not, those of the epoch before still hold.
                    learnt = self._logs(run)
                logs = dict(learnt)
                if checks is not None and validates_after(epoch):
                    checks.rewind()
                    results = self._test(checks, called)
                    logs |= {f"val_{name}": value for name, value in results.items()}
                called.on_epoch_end(epoch, logs)
                if self.stop_training:
                    break
            called.on_train_end(logs)
            return history

    def _train(
        self, run: Run | StreamRun, called: CallbackList, shuffle: bool | str
    ) -> None:
        """Train on the batches of an epoch."""

        def after(batch: int) -> bool:
            called.on_train_batch_end(batch, self._logs(run))
            return self.stop_training

        run.work(
            # Asked to stop before the first batch, it takes that one, as Keras does.
            every_batch=called.every_batch("train") or self.stop_training,
            before=called.on_train_batch_begin,
            after=after,
            shuffle=shuffle,
        )
        _warn_of_lost_loss(run)

    def _test(self, run: Run | StreamRun, called: CallbackList) -> dict[str, float]:
        """Evaluate the batches once."""

        def after(batch: int) -> None:
            called.on_test_batch_end(batch, self._logs(run))

        run.forget()
        called.on_test_begin()
        run.work(
            every_batch=called.every_batch("test"),
            before=called.on_test_batch_begin,
            after=after,
        )
        logs = self._logs(run)
        called.on_test_end(logs)
        return logs

    def _logs(self, run: Work) -> dict[str, float]:
        """Return loss and metrics of the rows so far, by name."""
        return dict(zip(self.metrics_names, run.means(), strict=True))

    # -- Using --------------------------------------------------------------------

    def evaluate(
        self,
        x: Any = None,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: ArrayLike | None = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics on some data; the model stays as it is.

        Args:
            x: Inputs, (rows, inputs), or what gives batches, as in `fit`.
            y: Targets, as in `fit`.
            batch_size: Rows to work on at a time. Default 32, or, with `steps`, what
                makes that many of all rows. It changes the result by roundings at most,
                unless the loss is reduced in another way than "sum_over_batch_size":
                then it is the mean of the losses of the batches.
            verbose: As in `fit`.
            sample_weight: How much each row counts, (rows,).
            steps: How many batches to work on. Default: all.
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
        batch_size = as_optional_count("batch_size", batch_size)
        steps = as_optional_count("steps", steps)
        verbose = as_verbosity(verbose)
        given: Samples | Stream
        if is_stream(x):
            refuse_with_stream(y, sample_weight, 0.0)
            given = Stream(x, self._to_samples)
            self._build_for(given.peek())
        else:
            given = self._to_samples(x, y, sample_weight, raw=True)
        run = self._to_check(given, batch_size, steps, once=True)
        called = self._callbacks_of(run, callbacks, verbose)
        return self._results(self._test(run, called), return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Float32:
        """Return the outputs of the model for some inputs.

        Args:
            x: Inputs, (rows, inputs), or what gives batches, as in `fit`. A row with
                NaN gives NaN; the others do not suffer.
            batch_size: Rows to work on at a time. Default 32, or, with `steps`, what
                makes that many of all rows. The outputs of a row are the same whichever
                rows are beside it; on the NumPy backend, but for roundings.
            verbose: As in `fit`.
            steps: How many batches to work on. Default: all.
            callbacks: Objects of `fastmlp.callbacks.Callback`, in a list.

        Returns:
            The outputs, (rows, outputs), float32.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: The shape of x does not fit.
        """
        batch_size = as_optional_count("batch_size", batch_size)
        steps = as_optional_count("steps", steps)
        verbose = as_verbosity(verbose)
        run: Run | StreamRun
        if is_stream(x):
            stream = Stream(x, self._to_predict)
            self._build_for(stream.peek())
            run = StreamRun(self._ready(), stream, PREDICT, steps=steps)
        else:
            samples = self._to_predict(x, raw=True)
            batch_size = batch_size_for(batch_size, samples.count, steps)
            if samples.count <= batch_size and not verbose and not callbacks:
                return self._predict_at_once(samples)
            units = self._first_units()
            samples = prepare(samples, units, batch_size, once=True, finite=False)
            run = Run(self._ready(), samples, batch_size, PREDICT, steps=steps)
        called = self._callbacks_of(run, callbacks, verbose)

        def after(batch: int) -> None:
            called.on_predict_batch_end(batch, {"outputs": run.latest_outputs()})

        called.on_predict_begin()
        run.work(
            every_batch=called.every_batch("predict"),
            before=called.on_predict_batch_begin,
            after=after,
        )
        called.on_predict_end()
        return self._in_shape(run.all_outputs())

    def __call__(self, x: ArrayLike, training: bool = False) -> Float32:
        """Return the outputs for some inputs, (rows, outputs), as one batch.

        Args:
            x: Inputs, (rows, inputs).
            training: Whether the layers are to behave as in `fit`: `Dropout` leaves
                outputs out, `BatchNormalization` takes the moments of the batch, and
                its averages follow. The layers are then called one by one, since the
                plan has such outputs on its way to gradients only.

        Raises:
            TypeError: x is of the wrong kind.
            ValueError: The shape of x does not fit.
            RuntimeError: The model is being trained by another thread, and `training`
                is True.
        """
        if isinstance(x, Layer):
            refuse_functional_api()
        if not training:
            return self.predict_on_batch(x)
        samples = self._to_predict(x)
        assert samples.x is not None
        outputs = samples.x
        with self._between_batches():
            for layer in self._layers:
                # A frozen model keeps its moments, whatever its layers say.
                keeps = layer.kind == "batch_normalization" and not self._trainable
                outputs = layer(outputs, training=not keeps)
        return outputs

    def predict_on_batch(self, x: ArrayLike) -> Float32:
        """Return the outputs for some inputs, (rows, outputs), as one batch."""
        return self._predict_at_once(self._to_predict(x, raw=True))

    def train_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Take one step of the optimizer; return the loss and metrics before it.

        Args:
            x: Inputs, (rows, inputs), all in one batch.
            y: Targets, as in `fit`.
            sample_weight: How much each row counts, (rows,).
            class_weight: {class: weight}, as in `fit`.
            return_dict: Whether to return a dictionary instead of a list.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: Shapes or values do not fit; the model is as it was.
            RuntimeError: The model is being trained already.
        """
        with self._alone():
            training = self._require_training()
            samples = self._to_samples(x, y, sample_weight, class_weight)
            bench = self._ready_to_learn(samples)
            run = Run(bench, samples.in_rows(), samples.count, TRAIN, training)
            run.work()
        return self._results(self._logs(run), return_dict)

    def test_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and metrics of one batch; the model stays as it is.

        Args:
            x: Inputs, (rows, inputs), all in one batch.
            y: Targets, as in `fit`.
            sample_weight: How much each row counts, (rows,).
            return_dict: Whether to return a dictionary instead of a list.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: Shapes or values do not fit.
        """
        training = self._require_training()
        samples = self._to_samples(x, y, sample_weight)
        self._build_for(samples)
        rows = samples.in_rows()
        run = Run(self._ready(), rows, rows.count, EVALUATE, training)
        run.work()
        return self._results(self._logs(run), return_dict)

    # -- What they share ----------------------------------------------------------

    def _to_check(
        self,
        given: Samples | Stream,
        batch_size: int | None,
        steps: int | None,
        *,
        once: bool,
    ) -> Run | StreamRun:
        """Return the work of evaluating the model, which it builds if need be."""
        training = self._require_training()
        if isinstance(given, Stream):
            return StreamRun(self._ready(), given, EVALUATE, training, steps)
        batch_size = batch_size_for(batch_size, given.count, steps)
        samples = prepare(given, self._first_units(), batch_size, once=once)
        self._build_for(given)
        return Run(self._ready(), samples, batch_size, EVALUATE, training, steps)

    def _callbacks_of(
        self, run: Run | StreamRun, callbacks: Any, verbose: str | int
    ) -> CallbackList:
        """Return the callbacks of `evaluate` or `predict`, ready to be called."""
        return CallbackList(
            callbacks, add_progbar=verbose != 0, model=self,
            verbose=verbose, epochs=1, steps=run.batches,
        )  # fmt: skip

    def _predict_at_once(self, samples: Samples) -> Float32:
        """Return the outputs for samples as one batch."""
        units = self._first_units()
        rows = samples.count
        samples = prepare(samples, units, rows, once=True, finite=False)
        return self._in_shape(self._ready().predict(samples))

    def _in_shape(self, outputs: Float32) -> Float32:
        """Return outputs in the shape that those of the last layer have."""
        shape = self._layers[-1].output_shape
        return (
            outputs
            if len(shape) == 2
            else outputs.reshape(len(outputs), *sizes_of(shape))
        )

    def _results(self, logs: dict[str, float], return_dict: bool) -> Any:
        """Return loss and metrics the way that Keras does."""
        if return_dict:
            return dict(sorted(logs.items()))
        values = list(logs.values())
        return values if len(values) > 1 else values[0]


def _warn_of_lost_loss(run: Work) -> None:
    """Warn when the loss has become NaN or infinite."""
    if not math.isfinite(run.totals[0]):
        warn(
            "The loss has become NaN or infinite. A smaller learning rate often helps; "
            "the callback TerminateOnNaN ends the training when it happens.",
            RuntimeWarning,
        )
