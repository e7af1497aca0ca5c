"""The face of a model: how it is trained, used, described and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from numpy.typing import ArrayLike

from fastmlp import _model
from fastmlp._check.arguments import FitSettings, check_use
from fastmlp._check.names import as_text, name_of
from fastmlp._check.numbers import true_or_false
from fastmlp._engine.training import Outputs, make_training
from fastmlp._model.overridden import refuse_overridden
from fastmlp._model.topology import Topology
from fastmlp._util.described import as_json
from fastmlp._util.registered import CustomObjectScope
from fastmlp._util.result import as_result
from fastmlp.layers._tensor import Operation, as_in_training, symbolic_in
from fastmlp.metrics import Metric
from fastmlp.models._layered import Layered
from fastmlp.optimizers import Optimizer

if TYPE_CHECKING:
    from fastmlp._saving._files import Path
    from fastmlp.callbacks import History
    from fastmlp.typing import (
        Callbacks,
        ClassWeight,
        LossesLike,
        LossWeights,
        MetricsLike,
        OptimizerLike,
        Verbosity,
    )


Kind = TypeVar("Kind", bound="Model")


class Model(Layered):
    """A network of layers: `Model(inputs, outputs)`, or one of its subclasses.

    Args:
        inputs: The symbolic tensors that the network begins with, of `layers.Input`:
            one, a list of them, or a dictionary by name.
        outputs: What the network computes from them, in the same way.
        name: The model's name. Default "functional", "functional_1" and so on.
        trainable: Whether the layers learn. Default True.

    Attributes:
        layers: The layers; a model that is a layer of this one counts as one.
        history: The `History` of the last `fit`.
        stop_training: Set to True by a callback to end `fit` after the batch.
        stop_evaluating, stop_predicting: The same for `evaluate` and `predict`.
        zero_skipping: Whether the last `fit` skipped the zeros of an input (see
            `fastmlp.config.set_zero_skipping`); None before the first.

    Raises:
        TypeError: Inputs or outputs are no symbolic tensors.
        ValueError: An output needs an input that is not among them, an input leads
            nowhere, or two layers have one name.

    Example:
        >>> from fastmlp import layers
        >>> inputs = layers.Input((4,))
        >>> hidden = layers.Dense(8, "relu")(inputs)
        >>> both = layers.Concatenate()([inputs, hidden])
        >>> model = Model(inputs, layers.Dense(3)(both))
        >>> model.count_params()
        79
        >>> model.predict([[1, 2, 3, 4]], verbose=0).shape
        (1, 3)
    """

    stop_training: bool = False
    stop_evaluating: bool = False
    stop_predicting: bool = False
    history: History | None = None
    zero_skipping: bool | None = None

    def __new__(cls: type[Kind], *arguments: Any, **options: Any) -> Kind:
        """Make a `Functional`, which is what `Model(inputs, outputs)` is."""
        kind: Any = cls
        if cls is Model:
            from fastmlp.models._functional import Functional

            kind = Functional
        found: Kind = super().__new__(kind)
        return found

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        own_call = hasattr(type(self), "call")
        if inputs is None and outputs is None and own_call:
            self._begin(_model.traced.Traced(self, name_of(self, name)), trainable)
            return
        if inputs is None or outputs is None:
            raise TypeError(
                "A model is made of symbolic tensors, Model(inputs, outputs): call "
                "layers on Input((784,)) to get them. Layers in a row are a "
                "Sequential; and a subclass of Model has a `call` of its own."
            )
        graph = _model.graph.Graph(inputs, outputs, name_of(self, name))
        self._begin(graph, trainable)

    def _begin(self, graph: Topology, trainable: bool) -> None:
        super()._begin(graph, trainable)
        refuse_overridden(self)

    def build(self, input_shape: Any = None) -> None:
        """Build the layers, if a `call` of your own leaves open what they get.

        Args:
            input_shape: (rows, inputs), where the number of rows may be None; of
                several inputs, a list of such shapes, or a dictionary by name. Not
                needed where the model knows its inputs.

        Raises:
            ValueError: A layer cannot take what it would get, or the model has other
                inputs already.

        Example:
            >>> from fastmlp import layers
            >>> class Twins(Model):
            ...     def __init__(self):
            ...         super().__init__()
            ...         self.twin = layers.Dense(3)
            ...
            ...     def call(self, inputs):
            ...         left, right = inputs
            ...         return self.twin(left) + self.twin(right)
            >>> model = Twins()
            >>> model.build([(None, 4), (None, 4)])
            >>> model.count_params()
            15
        """
        if self._is_to_build(input_shape):
            self.graph.output_shape_for(input_shape)

    def _is_to_build(self, input_shape: Any) -> bool:
        """Tell whether `build` is told the shape of the inputs, or has to be."""
        if input_shape is None and not self.built:
            raise ValueError(
                f"Model {self.name!r} does not know its inputs yet: call "
                "`model.build((None, inputs))`, such as (None, 784)."
            )
        return input_shape is not None

    if not TYPE_CHECKING:  # Which knows every name without.

        def __getattr__(self, name: str) -> Any:
            """Say how to do without what Keras's models have and these have not."""
            if hasattr(type(self), name):  # A property that raised what it has to say.
                return object.__getattribute__(self, name)
            # Only here: few programs ask for what there is not.
            from fastmlp._util.elsewhere import NotHere, advice

            found = None if name.startswith("_") else advice("Model", name)
            if found is not None:
                raise NotHere(f"Model.{name}: {found}")
            kind = type(self).__name__
            raise AttributeError(
                f"{kind!r} object has no attribute {name!r}", name=name, obj=self
            )

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, unless it is a layer that comes too late."""
        # A subclass may have a `graph` of its own, until `__init__` makes the model.
        graph: Any = vars(self).get("graph")
        is_late = getattr(graph, "is_traced", False) and graph.built
        if isinstance(value, Operation) and is_late:
            raise AttributeError(
                f"`call` of model {self.name!r} was looked at already, which happens "
                f"once, so that a new {name!r} would never be called. Make a new "
                f"{type(self).__name__}(...), with all layers in `__init__`."
            )
        super().__setattr__(name, value)

    # -- Training -----------------------------------------------------------------

    def compile(
        self,
        optimizer: OptimizerLike = "rmsprop",
        loss: LossesLike | None = None,
        loss_weights: LossWeights | None = None,
        metrics: MetricsLike | None = None,
        weighted_metrics: MetricsLike | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | Literal["auto"] = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is to be trained.

        The optimizer starts without memory, unless it is the one that the model has:
        `model.compile(model.optimizer, ...)` keeps what it remembers.

        Args:
            optimizer: A name, or an object of `fastmlp.optimizers`, which serves one
                model.
            loss: A name, or an object of `fastmlp.losses`. Of several outputs, one for
                all; or a list, or a dictionary by name, with one for each, in which
                None says that nothing is learnt of an output.
            loss_weights: What the loss of each output is multiplied by, before they
                are added up: a list, or a dictionary by name. Default: 1.
            metrics: What to report beside the loss, such as ["accuracy"]: names, or
                objects of `fastmlp.metrics`. Of several outputs, a list with a list
                for each, or a dictionary by name.
            weighted_metrics: The same, but rows count by their `sample_weight`.
            run_eagerly: Accepted for the sake of Keras; it changes nothing.
            steps_per_execution: How many batches are one for callbacks that look at
                every batch, at least 1: they are called after as many. Default 1.
            jit_compile: As `run_eagerly`.
            auto_scale_loss: The same.

        Raises:
            ValueError: A name is unknown, an argument is not supported, or the
                optimizer belongs to another model.
            RuntimeError: The model is being trained.
        """
        refuse_overridden(self)
        known = self.built or not self.graph.is_traced
        outputs = Outputs(self.graph.output_structure, self.output_names, known)
        training = make_training(
            optimizer,
            loss,
            loss_weights,
            metrics,
            weighted_metrics,
            outputs,
            steps_per_execution,
        )
        self._network.compile(training)

    @property
    def compiled(self) -> bool:
        """Whether `compile` was called."""
        return self._network.training is not None

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that `compile` was given; there is none before."""
        return self._network.told("optimizer").optimizer

    @property
    def loss(self) -> Any:
        """The loss as `compile` was given it: a name, an object, or several of them."""
        return self._network.told("loss").loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        training = self._network.training
        return [] if training is None else training.names()

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that are reported: of the loss a `Mean`, then those of `compile`.

        Which accuracy "accuracy" is, is known once the outputs are: until then, it is
        left out.
        """
        training = self._network.training
        if training is None:
            return []
        from fastmlp.metrics import Mean

        means = map(Mean, ["loss", *training.losses_of_heads()])
        shapes = [port.shape for port in self.graph.outputs] if self.built else None
        return [*means, *training.metrics(shapes)]

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
        name = as_text("name", name)
        training = self._network.training
        for head in [] if training is None else training.heads:
            for one in head.metrics:
                if head.key(one.name) == name and isinstance(one.metric, Metric):
                    return one.metric
        return None

    def reset_metrics(self) -> None:
        """Do nothing, as every call and every epoch counts anew; Keras has it."""

    def fit(
        self,
        x: Any = None,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Verbosity = "auto",
        callbacks: Callbacks = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | Literal["batch"] = True,
        class_weight: ClassWeight | None = None,
        sample_weight: ArrayLike | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        comm: Any = None,
    ) -> History:
        """Train the model; called again, it goes on from where it is.

        Args:
            x: Inputs, (rows, inputs): any array of real numbers, a list, a DataFrame, a
                matrix of scipy.sparse. Or what gives batches (x, y) or
                (x, y, sample_weight) one by one: a generator, which goes on and ends;
                an iterable, which begins anew in each epoch; or a
                `fastmlp.utils.PyDataset`.
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
            comm: A communicator of mpi4py, such as `MPI.COMM_WORLD`, if several
                processes train the model together, on one machine or on many. Each
                calls `fit` with the same arguments, but for its own share of the rows:
                `x[comm.rank::comm.size]`, and so of y, sample_weight and the validation
                data. A batch has `batch_size` rows of all of them, and so they learn
                what one process would. Rank 0 alone has callbacks and prints; what they
                change is changed on all. A process that fails ends all. Default: this
                process trains alone.

        Returns:
            The `History`: `history.history["loss"]` is the list of losses, one an
            epoch. Loss and metrics are means over the rows of the epoch, taken while
            the model learnt.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: Shapes or values do not fit; the model is as it was.
            RuntimeError: The model is being trained already.
        """
        settings = FitSettings(
            batch_size, steps_per_epoch, validation_split, validation_data,
            validation_batch_size, validation_steps, validation_freq,
            epochs, initial_epoch, verbose, shuffle, comm,
        )  # fmt: skip
        data = (x, y, sample_weight, class_weight)
        return _model.fitting.fit(self, self._network, data, callbacks, settings)

    # Whether the others are a number or a list, `compile` decides, so they are Any: of
    # a union, checkers would refuse `loss, accuracy = model.evaluate(x, y)`.
    @overload
    def train_on_batch(
        self, x: ArrayLike, y: ArrayLike | None = ...,
        sample_weight: ArrayLike | None = ..., class_weight: ClassWeight | None = ...,
        *, return_dict: Literal[True],
    ) -> dict[str, float]: ...  # fmt: skip
    @overload
    def train_on_batch(
        self, x: ArrayLike, y: ArrayLike | None = ...,
        sample_weight: ArrayLike | None = ..., class_weight: ClassWeight | None = ...,
        return_dict: bool = ...,
    ) -> Any: ...  # fmt: skip

    def train_on_batch(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        class_weight: ClassWeight | None = None,
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
        return_dict = true_or_false("return_dict", return_dict)
        data = (x, y, sample_weight, class_weight)
        return _results(
            self, _model.fitting.train_on_batch(self._network, data), return_dict
        )

    # -- Using --------------------------------------------------------------------

    @overload
    def evaluate(
        self, x: Any = ..., y: ArrayLike | None = ..., batch_size: int | None = ...,
        verbose: Verbosity = ..., sample_weight: ArrayLike | None = ...,
        steps: int | None = ..., callbacks: Callbacks = ...,
        *, return_dict: Literal[True],
    ) -> dict[str, float]: ...  # fmt: skip
    @overload
    def evaluate(
        self, x: Any = ..., y: ArrayLike | None = ..., batch_size: int | None = ...,
        verbose: Verbosity = ..., sample_weight: ArrayLike | None = ...,
        steps: int | None = ..., callbacks: Callbacks = ..., return_dict: bool = ...,
    ) -> Any: ...  # fmt: skip

    def evaluate(
        self,
        x: Any = None,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: Verbosity = "auto",
        sample_weight: ArrayLike | None = None,
        steps: int | None = None,
        callbacks: Callbacks = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics on some data; the model stays as it is.

        Args:
            x: Inputs, (rows, inputs), or what gives batches, as in `fit`.
            y: Targets, as in `fit`.
            batch_size: Rows of a batch, as callbacks see them. Default 32, or, with
                `steps`, what makes that many of all rows. Where no callback looks at
                each, rows are worked on as suits the caches, whatever it is. It changes
                the result by roundings at most, unless the loss is reduced in another
                way than "sum_over_batch_size": then it is the mean of the losses of the
                batches.
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
        settings = check_use(batch_size, steps, verbose)
        return_dict = true_or_false("return_dict", return_dict)
        data = (x, y, sample_weight)
        logs = _model.inference.evaluate(self, self._network, data, callbacks, settings)
        return _results(self, logs, return_dict)

    @overload
    def test_on_batch(
        self, x: ArrayLike, y: ArrayLike | None = ...,
        sample_weight: ArrayLike | None = ..., *, return_dict: Literal[True],
    ) -> dict[str, float]: ...  # fmt: skip
    @overload
    def test_on_batch(
        self, x: ArrayLike, y: ArrayLike | None = ...,
        sample_weight: ArrayLike | None = ..., return_dict: bool = ...,
    ) -> Any: ...  # fmt: skip

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
        return_dict = true_or_false("return_dict", return_dict)
        logs = _model.inference.test_on_batch(self._network, (x, y, sample_weight))
        return _results(self, logs, return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Verbosity = "auto",
        steps: int | None = None,
        callbacks: Callbacks = None,
    ) -> Any:
        """Return the outputs of the model for some inputs.

        Args:
            x: Inputs, (rows, inputs), or what gives batches, as in `fit`; of several
                inputs, a list, or a dictionary by name. A row with NaN gives NaN; the
                others do not suffer.
            batch_size: Rows of a batch, as callbacks see them. Default 32, or, with
                `steps`, what makes that many of all rows. Where no callback looks at
                each, rows are worked on as suits the caches, whatever it is. What
                comes out of a row is the same whichever rows are beside it; on the
                NumPy backend, but for roundings.
            verbose: As in `fit`.
            steps: How many batches to work on. Default: all.
            callbacks: Objects of `fastmlp.callbacks.Callback`, in a list.

        Returns:
            The outputs, (rows, outputs), float32; several as the model was given them,
            in a list or in a dictionary.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: The shape of x does not fit.
        """
        settings = check_use(batch_size, steps, verbose)
        return _model.inference.predict(self, self._network, x, callbacks, settings)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for some inputs, (rows, outputs), as one batch."""
        return _model.inference.predict_on_batch(self._network, x)

    def __call__(self, x: Any, training: bool | None = None) -> Any:
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
        if symbolic_in(x):
            return self._connect(x, training)
        if as_in_training(self, training):
            return as_result(_model.inference.call_layers(self._network, x))
        return as_result(_model.inference.predict_on_batch(self._network, x))

    def __repr__(self) -> str:
        """Return class, name and whether the model is built."""
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it: its layers, as a table and drawn."""
        from fastmlp._model.html import as_html  # only in notebooks

        return as_html(self)

    # -- Describing it ------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return what makes this model again, without its weights.

        It is what JSON can hold, but for functions and classes of your own that are
        not registered, which it holds as they are.

        Example:
            >>> from fastmlp.layers import Dense
            >>> from fastmlp.models import Sequential
            >>> config = Sequential([Dense(3, input_shape=(4,))]).get_config()
            >>> Sequential.from_config(config).count_params()
            15
        """
        return _model.description.describe_model(self)

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Model:
        """Return a new model with fresh weights, made as `get_config` says.

        Args:
            config: What `get_config` returned, here or in Keras.
            custom_objects: Classes and functions of your own that it names, by name,
                beside those that are registered.

        Raises:
            ValueError: It does not describe such a model, or one that has what fastmlp
                has not.

        Example:
            >>> from fastmlp.layers import Dense, Input
            >>> inputs = Input((4,))
            >>> config = Model(inputs, Dense(3)(inputs)).get_config()
            >>> Model.from_config(config).count_params()
            15
        """
        with CustomObjectScope(custom_objects):
            return _model.reading.read_config("Functional", config)  # type: ignore[no-any-return]

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what `compile` was told, or None if it was not called.

        Example:
            >>> from fastmlp.models import Sequential
            >>> model = Sequential()
            >>> model.compile("sgd", "mse")
            >>> model.get_compile_config()["loss"]["class_name"]
            'MeanSquaredError'
        """
        training = self._network.training
        if training is None:
            return None
        structure = self.graph.output_structure
        return _model.description.describe_training(training, structure)

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile the model as `get_compile_config` says.

        Args:
            config: What `get_compile_config` returned, here or in Keras. If it has no
                loss, the model stays as it is, and a warning says so.

        Raises:
            ValueError: It is no such dictionary, or names something that fastmlp does
                not have.
            RuntimeError: The model is being trained.

        Example:
            >>> from fastmlp.models import Sequential
            >>> model = Sequential()
            >>> model.compile_from_config({"optimizer": "adam", "loss": "mse"})
            >>> model.optimizer.name
            'adam'
        """
        settings = _model.reading.read_compile_config(config)
        if settings is None:
            return
        try:
            self.compile(**settings)
        except TypeError as error:
            raise ValueError(f"The compile settings: {error}") from None

    def to_json(self, **options: Any) -> str:
        """Return all that is known of the model, but no weights, as JSON.

        Args:
            **options: What `json.dumps` takes, such as indent=2.

        Raises:
            ValueError: It has something of your own that is not registered (see
                `fastmlp.utils.register_keras_serializable`), which no JSON can hold.

        Example:
            >>> from fastmlp.layers import Dense
            >>> from fastmlp.models import Sequential
            >>> text = Sequential([Dense(3, input_shape=(4,))]).to_json()
            >>> from fastmlp.models import model_from_json
            >>> model_from_json(text).count_params()
            15
        """
        return as_json(_model.description.describe_whole(self), **options)

    # -- In files -----------------------------------------------------------------

    def save(
        self, filepath: Path, overwrite: bool = True, zipped: bool | None = None
    ) -> None:
        """Write the model to a file: layers, weights, and how training stands.

        Args:
            filepath: A name that ends in `.keras`, for a file that Keras reads as well,
                or in `.h5`, Keras's older format; this takes h5py. Or one that ends in
                `.npz`, which only fastmlp reads.
            overwrite: Whether a file of this name may be replaced. It is replaced at
                once and as a whole, or not at all. Default True.
            zipped: Accepted as None or True only: a model is one file.

        Raises:
            ValueError: The name ends in something else, `zipped` is False, or the model
                has something of your own that is not registered, which no file can
                hold: see `fastmlp.utils.register_keras_serializable`.
            FileExistsError: The file is there, and `overwrite` is False.
            ImportError: h5py is missing.
            RuntimeError: The model is being trained in another thread.

        Example:
            >>> import os, tempfile
            >>> from fastmlp.layers import Dense
            >>> from fastmlp.models import Sequential
            >>> model = Sequential([Dense(3, input_shape=(4,))])
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     model.save(os.path.join(folder, "m.npz"))
            ...     print(os.listdir(folder))
            ['m.npz']
        """
        overwrite = true_or_false("overwrite", overwrite)
        if zipped is not None and not true_or_false("zipped", zipped):
            raise ValueError(
                "fastmlp saves a model as one file, not as a folder: leave `zipped` "
                "out."
            )
        self._network.between_batches(self._save, filepath, overwrite)

    def _save(self, filepath: Path, overwrite: bool) -> None:
        _model.files.save_model(self._network, filepath, overwrite, self.to_json())

    def save_weights(self, filepath: Path, overwrite: bool = True) -> None:
        """Write weights and the state of the optimizer to a file.

        Args:
            filepath: A name that ends in `.weights.h5`, which Keras reads as well, or
                in `.npz`; or in `.h5`, Keras's older format, without the state of the
                optimizer.
            overwrite: As in `save`.

        Raises:
            ValueError: The name ends in something else, or the model is not built.
            FileExistsError: The file is there, and `overwrite` is False.
            ImportError: h5py is missing.
            RuntimeError: The model is being trained in another thread.

        Example:
            >>> import os, tempfile
            >>> from fastmlp.layers import Dense
            >>> from fastmlp.models import Sequential
            >>> model = Sequential([Dense(3, input_shape=(4,))])
            >>> other = Sequential([Dense(3, input_shape=(4,))])
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     model.save_weights(os.path.join(folder, "m.npz"))
            ...     other.load_weights(os.path.join(folder, "m.npz"))
            >>> bool((other.layers[0].kernel == model.layers[0].kernel).all())
            True
        """
        overwrite = true_or_false("overwrite", overwrite)
        _model.files.save_weights(self._network, filepath, overwrite)

    def load_weights(
        self, filepath: Path, skip_mismatch: bool = False, by_name: bool = False
    ) -> None:
        """Take weights, and the state of the optimizer, from a file.

        Args:
            filepath: A file that `save_weights` or `save` wrote, here, in Keras, or in
                Keras 2.
            skip_mismatch: Whether layers that do not fit keep their weights, with a
                warning. Default False: that is an error.
            by_name: Whether to take the weights of layers that have the same names,
                from a file that ends in `.h5`; the others keep theirs. Default False:
                the layers stand in the same order.

        Raises:
            ValueError: The file is none of these, or does not fit; then the model is
                as it was.
            FileNotFoundError: There is no such file.
            ImportError: h5py is missing.
            RuntimeError: The model is being trained in another thread.
        """
        skip_mismatch = true_or_false("skip_mismatch", skip_mismatch)
        by_name = true_or_false("by_name", by_name)
        _model.files.load_weights(self._network, filepath, skip_mismatch, by_name)

    # -- Copying ------------------------------------------------------------------

    def __copy__(self) -> Model:
        """Return a model of its own, whose layers are copies."""
        import copy  # Only here: it takes a while to load.

        return copy.deepcopy(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the model again; its history is about the copy."""
        self.__dict__.update(state)
        self.graph.belong_to(self)
        if self.history is not None:
            self.history.set_model(self)


def _results(model: Model, logs: dict[str, float], return_dict: bool) -> Any:
    """Return loss and metrics the way that Keras does."""
    if return_dict:
        from fastmlp.callbacks._list import in_order  # Only here: few ask for it.

        return in_order(logs, model)
    values = list(logs.values())
    return values if len(values) > 1 else values[0]
