"""What all layers have in common: a name, shapes, weights and a description."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, overload

from numpy.typing import ArrayLike

from fastmlp._check.inputs import checked_inputs
from fastmlp._check.lookup import nearest
from fastmlp._check.names import name_of
from fastmlp._check.numbers import (
    as_float32,
    describe,
    real_numbers,
    refuse_other_dtypes,
    true_or_false,
)
from fastmlp._util.described import Described, describe_object
from fastmlp._util.locks import Lock, Result, hold
from fastmlp._util.random import draws_weights
from fastmlp._util.result import ResultArray, as_result
from fastmlp.activations import Kernel
from fastmlp.initializers import GlorotUniform
from fastmlp.layers._checks import (
    aligned_copy,
    checked_weights,
    output_shape_of,
    penalty_on_outputs,
    refuse_own_call,
    weight_shapes_of,
)
from fastmlp.layers._shapes import (
    Shape,
    batch_shape,
    declared_shape,
    row_size,
    sizes_of,
    steps_of,
    with_rows_of,
)
from fastmlp.layers._tensor import (
    KerasTensor,
    Node,
    Operation,
    as_in_training,
    symbolic_in,
    training_of,
)
from fastmlp.layers._weight import Weight, weight_of
from fastmlp.plan import Float32, LayerSettings, aligned_zeros

if TYPE_CHECKING:
    from fastmlp.layers._variable import Variable
    from fastmlp.regularizers import Regularizer
    from fastmlp.typing import ConstraintLike, DType, InitializerLike, RegularizerLike

Self = TypeVar("Self", bound="Layer")

# What a layer gets when it is built; as with its arguments, it gets them once.
_LASTING = frozenset({"input_shape", "output_shape"})

# What a layer of one's own is asked for, too, by names that Keras's layers have not.
_TAKEN = frozenset(
    [
        "activation_kernel", "assign", "kind", "learnable", "put_in", "refresh",
        "weight_names",
    ]
)  # fmt: skip

# What Keras writes for any layer, and what it then means nothing by.
_BESIDE = {"quantization_config": None, "activity_regularizer": None, "autocast": True}

# More float64 numbers than any memory can have addresses for.
_MOST_WEIGHTS = sys.maxsize // 8


def _taken(kind: type, name: str) -> str:
    """Return why a layer of one's own cannot have an attribute of that name."""
    return (
        f"{kind.__name__} has {name!r}, a name by which fastmlp asks its layers for "
        f"something else: give yours another, such as my_{name}."
    )


class Layer(Described, Operation):
    """What all layers have in common, and what a layer of your own is a subclass of.

    One of your own has a `call(self, x)` in terms of `fastmlp.ops`; or, by hand, a
    `forward(self, x)` that returns y, and a `backward(self, x, y, dy)` that returns dx
    and leaves the gradient of each weight in `self.gradients`, by its name. Weights are
    made by `add_weight`, in `__init__` or in `build(self, input_shape)`, where the
    sizes are known. `fastmlp.utils.check_gradient(layer, x)` says if it is right.

    Each takes, beside its own, these arguments by name:

    Args:
        name: Its name. Default: that of the class in small letters, with a number.
        trainable: Whether the optimizer changes its weights. Default True.
        dtype: Accepted as "float32" only.
        input_shape: The shape of one sample, for a model's first layer: (inputs,).
        input_dim: The same as a number.
        batch_input_shape: The same with the rows before it: (None, inputs).
        activity_regularizer: What the loss adds for large outputs; it is divided by the
            rows of the batch. Default None.

    Attributes:
        name: Its name, unique in a model.
        trainable: Whether the optimizer changes its weights; a change counts from the
            next `compile`.
        dtype: "float32", that of all numbers; `compute_dtype` and `variable_dtype`
            are the same.
        built: Whether its sizes are known, so that it has its weights.
        input_shape: (None, inputs) once it is built.
        output_shape: (None, outputs) once it is built.
        gradients: What `backward` of one by hand leaves: arrays by names of weights.

    Example:
        >>> from fastmlp import layers
        >>> class Scale(layers.Layer):
        ...     def build(self, input_shape):
        ...         self.w = self.add_weight(input_shape[1:], "ones", name="w")
        ...
        ...     def forward(self, x):
        ...         return x * self.w
        ...
        ...     def backward(self, x, y, dy):
        ...         self.gradients["w"] = (dy * x).sum(axis=0)
        ...         return dy * self.w
        >>> from fastmlp.utils import check_gradient
        >>> check_gradient(Scale(), [[1.0, 2.0], [3.0, 4.0]]).ok
        True
    """

    # What its step in the plan is; None if it needs none.
    kind: ClassVar[str | None] = "activation"
    # How many of its weights, the first ones, the optimizer learns.
    learnable: int = 0
    # Where its chance starts from, if there is any.
    start: int = 0
    # The attributes that stay as they were made.
    _arguments: frozenset[str] = frozenset()
    # Whether it works on each vector along the last axis by itself.
    by_steps: ClassVar[bool] = False

    # All is computed in this.
    dtype: str = "float32"
    compute_dtype: str = "float32"
    variable_dtype: str = "float32"

    # The model that built it, with those around that one.
    _scope: str = ""

    # Of a layer of one's own: its weights as variables, and whether `build` runs.
    _is_building: bool = False
    # Of a layer of one's own: its attributes as they were.
    _before_build: dict[str, Any] | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Know a layer of one's own by its `call`, or by its `forward`."""
        super().__init_subclass__(**options)
        if cls.__module__.partition(".")[0] != "fastmlp":
            for name in _TAKEN & vars(cls).keys():
                raise TypeError(_taken(cls, name))
        # The classes of this package say their kind where they have a `call`.
        own = {"call", "forward"} & vars(cls).keys() and "kind" not in vars(cls)
        if own and cls.__mro__[1] is Layer:
            cls.kind = "function"
        begins = "build" in vars(cls) or cls.__mro__[1] is Layer
        if cls.kind == "function" and begins:
            from fastmlp.layers._own import complete

            build = vars(cls).get("build", Layer.build)
            cls.build = complete(build)  # type: ignore[method-assign, assignment]

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: DType = None,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
        batch_input_shape: Sequence[int | None] | None = None,
        activity_regularizer: RegularizerLike = None,
        **extra: Any,
    ) -> None:
        if extra:
            import inspect  # Only here: most programs make no such mistake.

            names = [*inspect.signature(type(self)).parameters, "name", "trainable"]
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: "
                f"{', '.join(extra)}. {nearest(next(iter(extra)), names)} Beside its "
                "own, a layer takes name, trainable and input_shape."
            )
        refuse_other_dtypes(dtype)
        self.activity_regularizer: Regularizer | None = penalty_on_outputs(
            activity_regularizer
        )
        # What a class has set before it comes here are its own arguments.
        own = frozenset(one for one in self.__dict__ if not one.startswith("_"))
        self.name: str = name  # type: ignore[assignment]  # None becomes a name.
        self.trainable: bool = trainable
        self._declared_shape: tuple[int, ...] | None = declared_shape(
            input_shape, input_dim, batch_input_shape
        )
        self.built: bool = False
        self._weights: list[Float32] = []
        # The same as users see them, once they were asked for.
        self._shown: list[Weight] = []
        self._weight_names: list[str] = []
        self._variables: list[Variable] = []
        self.gradients: dict[str, Any] = {}
        self._array_functions: dict[str, tuple[Any, Any]] = {}
        self._constants: Float32 | None = None
        # Held by who changes the weights: a layer may be in several models.
        self._lock: Lock = Lock()
        self._arguments = own

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, unless it was checked and compiled code relies on it."""
        if name in self.__dict__ and name in (_LASTING | self._arguments):
            raise AttributeError(
                f"A layer keeps its {name}: make a new {type(self).__name__} instead."
            )
        if name in _TAKEN and self.kind == "function" and name != "learnable":
            raise AttributeError(_taken(type(self), name))
        if name in ("call", "__call__") and self.kind != "function":
            raise AttributeError(
                f"Layer {self.name!r} is compiled, so that another `{name}` would "
                "never be called. Make a subclass of layers.Layer with your `call`."
            )
        if name == "trainable":
            value = true_or_false("trainable", value)
        elif name == "name":
            value = name_of(self, value)
        super().__setattr__(name, value)

    # -- Shapes ---------------------------------------------------------------------

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Shape:
        """Return the shape of a batch of outputs, for one of inputs.

        Args:
            input_shape: (rows, inputs); the number of rows, which may be None, is that
                of the outputs.

        Raises:
            ValueError: The layer cannot take inputs of that shape.
        """
        if self.kind == "function":
            from fastmlp.layers._own import checked_shape, tried_shape

            shape = tried_shape(self, checked_shape(input_shape))
            return with_rows_of(input_shape, shape)
        shape = batch_shape(input_shape)
        return with_rows_of(input_shape, self.output_shape_for(shape))

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return the shape of a batch of outputs, for a checked one of inputs."""
        return shape

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Give the layer its sizes and initial weights.

        Args:
            input_shape: (rows, inputs); the number of rows may be None.

        Raises:
            ValueError: The layer cannot take that shape, or is built already.
            MemoryError: There is no room for so many weights.
        """
        if self._is_building:  # That of a layer of one's own, which comes here last.
            return
        shape = batch_shape(input_shape)
        if self.built:
            raise ValueError(
                f"Layer {self.name!r} is built already, for inputs of shape "
                f"{self.input_shape}. Make a new layer, or give this one `set_weights`."
            )
        output_shape = output_shape_of(self, shape)
        self._weight_names = list(weight_shapes_of(self, shape))
        self.input_shape: Shape = shape
        self.output_shape: Shape = output_shape
        self.built = True
        if draws_weights():
            try:
                self.fill()
            except BaseException:
                self.unbuild()
                raise

    def fill(self) -> None:
        """Make the weights of a layer that knows its shapes."""
        if self.kind == "function":  # Its `build` made them.
            return
        self._weights = self.initial_weights(self.input_shape)
        self._shown = []
        self.refresh()

    def unbuild(self) -> None:
        """Forget sizes and weights, when another layer could not be built."""
        if self._before_build is not None:  # It has weights of its `__init__`, too.
            before = self._before_build
            vars(self).clear()
            vars(self).update(before)
            return
        self._weights, self._weight_names, self._constants = [], [], None
        self._shown = []
        self.built = False
        self.__dict__.pop("input_shape", None)
        self.__dict__.pop("output_shape", None)

    # -- Weights --------------------------------------------------------------------

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shapes of its weights by name; what it can learn comes first."""
        # A layer of one's own has what it was given; others say what they will have.
        named = zip(self._weight_names, self._weights, strict=True)
        return {name: array.shape for name, array in named}

    @property
    def weight_names(self) -> list[str]:
        """The names of the layer's weights, once it is built."""
        return list(self._weight_names)

    def initial_weights(self, input_shape: Shape) -> list[Float32]:
        """Return the layer's arrays as they start, for inputs of that shape."""
        return [
            self._initial_array(name, getattr(self, f"{name}_initializer"), shape)
            for name, shape in weight_shapes_of(self, input_shape).items()
        ]

    def _initial_array(
        self, name: str, initializer: Any, shape: tuple[int, ...]
    ) -> Float32:
        """Return initial weights, checked: an initializer may be anyone's code."""
        if initializer is None:  # As in Keras.
            initializer = GlorotUniform()
        try:
            if math.prod(shape) > _MOST_WEIGHTS:
                raise MemoryError
            weights = aligned_zeros(*shape)
            if not draws_weights():
                return weights
            values = initializer(shape, dtype="float32")
        except MemoryError:
            raise MemoryError(
                f"There is no room for the {name} of layer {self.name!r}, of shape "
                f"{shape}. Use fewer units."
            ) from None
        what = f"The initial {name} of layer {self.name!r}"
        array = as_float32(what, real_numbers(what, values), finite=False)
        if array.shape != shape:
            raise ValueError(
                f"{what} has shape {array.shape}, but it must have shape {shape}. "
                "Mend its initializer."
            )
        weights[...] = array
        return weights

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: InitializerLike = None,
        dtype: DType = None,
        trainable: bool = True,
        regularizer: RegularizerLike = None,
        constraint: ConstraintLike = None,
        name: str | None = None,
    ) -> Any:
        """Give a layer of your own a weight, in its `__init__` or its `build`.

        Args:
            shape: Its shape. Default (), a single number.
            initializer: What it begins with. Default: "glorot_uniform" for tables,
                else "zeros".
            dtype: Accepted as "float32" only.
            trainable: Whether the optimizer changes it.
            regularizer: What is added to the loss.
            constraint: Where it may be.
            name: Its name. Default "variable", "variable_1" and so on.

        Returns:
            The weight, for `call`: `fastmlp.ops` computes with it. It has `assign`,
            `assign_add` and `numpy`.

        Raises:
            TypeError: The layer is not of your own, or an argument is of the wrong
                kind.
            ValueError: The layer has a weight of this name.

        Example:
            >>> from fastmlp import layers
            >>> class Scale(layers.Layer):
            ...     def build(self, input_shape):
            ...         shape = input_shape[1:]
            ...         self.factor = self.add_weight(shape, "ones", name="factor")
            ...
            ...     def call(self, x):
            ...         return x * self.factor
            >>> Scale()([[1, 2]])
            array([[1., 2.]], dtype=float32)
        """
        from fastmlp.layers._own import add_weight

        refuse_other_dtypes(dtype)
        if self.kind != "function":
            raise TypeError(
                f"Layer {self.name!r} is compiled and has the weights that it has. "
                "Make a subclass of layers.Layer with a `call` of its own."
            )
        return add_weight(
            self, shape, initializer, trainable, regularizer, constraint, name
        )

    if TYPE_CHECKING:
        # `model.layers` are of many classes, which no checker can tell apart by their
        # place. Of a layer that is not dense, `layer.kernel` is an AttributeError.
        @property
        def kernel(self) -> Weight:
            """The kernel, (inputs, units), of a dense layer."""

        @property
        def bias(self) -> Weight | None:
            """The bias, (units,), of a dense layer, or None."""

    @property
    def path(self) -> str:
        """Its name, behind that of the model that built it, if one did."""
        return f"{self._scope}/{self.name}" if self._scope else self.name

    def put_in(self, model: str) -> None:
        """Take note of the name of a model that built the layer."""
        self._scope = f"{model}/{self._scope}" if self._scope else model

    @property
    def weights(self) -> list[Weight]:
        """The layer's arrays, as they are: no copies."""
        if len(self._shown) != len(self._weights):
            named = zip(self._weight_names, self._weights, strict=True)
            self._shown = [weight_of(self, name, array) for name, array in named]
        return list(self._shown)

    @property
    def trainable_weights(self) -> list[Weight]:
        """The arrays that the optimizer changes."""
        return self.weights[: self.learnable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The arrays that the optimizer leaves alone."""
        return self.weights[self.learnable :] if self.trainable else self.weights

    # Keras counts the seeds of layers among them, which are no arrays here.
    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def _weight(self, name: str) -> Weight | None:
        """Return a weight by its name; None while, or if, the layer has none such."""
        return next((one for one in self.weights if one.name == name), None)

    @property
    def losses(self) -> list[float]:
        """What regularizers add to the loss for the weights that learn."""
        return [
            float(penalty)
            for weight in self.trainable_weights
            if (penalty := self._penalty(weight)) is not None
        ]

    def _penalty(self, weight: Weight) -> Any:
        """Return what the regularizer of a weight makes of it; None without one."""
        found, _ = self._array_functions.get(weight.name, (None, None))
        found = getattr(self, f"{weight.name}_regularizer", found)
        if found is None:
            return None
        by_hand = hasattr(found, "forward")
        return (found.forward if by_hand else found)(weight.value)

    def refresh(self) -> None:
        """Compute what follows from the weights, after they have changed."""

    def get_weights(self) -> list[Float32]:
        """Return copies of the layer's weights: [kernel, bias] for `Dense`."""
        return [array.copy() for array in self._weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Give the layer other weights, as `get_weights` returns them.

        Raises:
            ValueError: Number or shape of the arrays do not fit; then none is set.
            RuntimeError: A model that it is in is being trained by another thread.
        """
        self.alone(self._set_weights, weights)

    def _set_weights(self, weights: Sequence[ArrayLike]) -> None:
        before = self.get_weights()
        try:
            self.assign(checked_weights(self.name, self._weights, weights))
        except BaseException:
            self.assign(before)
            raise

    def assign(self, weights: list[Float32]) -> None:
        """Take other weights, which are checked already."""
        for array, value in zip(self._weights, weights, strict=True):
            array[...] = value
        self.refresh()

    def alone(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Return work(*arguments), which changes weights that nobody else changes."""
        return hold([self._lock], self._refuse, work, *arguments)

    def _refuse(self, lock: Lock) -> NoReturn:
        raise RuntimeError(
            f"Layer {self.name!r} is being trained by another thread. Wait for the "
            "`fit` of its model to end."
        )

    def count_params(self) -> int:
        """Return how many numbers the layer's weights are.

        Raises:
            ValueError: The layer is not built yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer {self.name!r}, but the "
                "layer isn't built: it does not know its number of inputs yet."
            )
        return sum(array.size for array in self._weights)

    # -- Its step in the plan -------------------------------------------------------

    def steps_within(self) -> int:
        """Return in how many steps of a sample it works, on each by itself."""
        return steps_of(self.output_shape) if self.by_steps else 1

    def activation_kernel(self) -> Kernel:
        """Return the kernel of what the layer applies last."""
        return Kernel("linear")

    def settings(self) -> LayerSettings:
        """Return the layer's settings, the activation's left out."""
        return LayerSettings()

    # -- Using it alone -------------------------------------------------------------

    @overload
    def __call__(  # type: ignore[overload-overlap]  # It is no array, it says it is.
        self, inputs: KerasTensor, training: bool | None = ...
    ) -> KerasTensor: ...
    @overload
    def __call__(
        self, inputs: ArrayLike, training: bool | None = ...
    ) -> ResultArray: ...

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the outputs of this layer alone, (rows, outputs).

        Args:
            inputs: Inputs, (rows, inputs). Or a symbolic tensor: then the call is a
                piece of a network, and the symbolic tensor of its outputs is returned.
            training: Whether it is to behave as in `fit`: some layers do otherwise
                then. In a network, False says that it never does. Default None: not
                here, and in a network where that is trained.

        Raises:
            TypeError: The inputs are of the wrong kind.
            ValueError: Their shape does not fit.
        """
        if symbolic_in(inputs):
            return self._connect(inputs, training)
        if hasattr(inputs, "parents"):
            raise TypeError(
                f"Layer {self.name!r} is called within the `call` of a layer of your "
                "own. Make that a subclass of Model, whose `call` may call layers, and "
                "which can be a layer of another model."
            )
        told = as_in_training(self, training)
        if self.kind == "function":
            from fastmlp.layers._own import evaluate

            return as_result(evaluate(self, inputs, told))
        expected = sizes_of(self.input_shape) if self.built else None
        owner = f"Layer {self.name!r}"
        given = checked_inputs(inputs, expected, owner=owner, of_any_size=True)
        x = as_float32("x", given, finite=False)
        if not self.built:
            self.build(x.shape)
        steps = self.steps_within()
        columns = row_size(self.input_shape) // steps
        y = self.call(x.reshape(len(x) * steps, columns), told)
        return as_result(y.reshape(len(x), *sizes_of(self.output_shape)))

    def call(self, x: Float32, training: bool) -> Float32:
        """Return the outputs for checked inputs, (rows, inputs)."""
        raise NotImplementedError

    def _connect(self, inputs: Any, training: Any = None) -> KerasTensor:
        """Take note of a call on a symbolic tensor; return that of the outputs."""
        refuse_own_call(self)
        tensors = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
        if (len(tensors) > 1 and self.kind != "function") or not all(
            isinstance(one, KerasTensor) for one in tensors
        ):
            raise ValueError(
                f"Layer {self.name!r} takes one symbolic tensor, not "
                f"{describe(type(inputs).__name__)} of {len(inputs)}. Bring several "
                "together with layers.Concatenate()([...]) first."
            )
        said = training_of(self, training)
        shapes = [one.shape for one in tensors]
        self.build_for(shapes[0] if len(shapes) == 1 else shapes)
        return KerasTensor(Node(self, tensors, (self.output_shape,), training=said))

    def build_for(self, shape: Any) -> None:
        """Build the layer for inputs of that shape, or see to it that it was.

        Raises:
            ValueError: It was built for others, or cannot take them.
        """
        if not self.built:
            self.build(shape)
        if self.input_shape != shape:
            raise ValueError(
                f"Layer {self.name!r} was built for inputs of shape "
                f"{self.input_shape}, but here it gets {shape}."
            )

    # -- Describing it --------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again, without its weights."""
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": "float32",
            **super().get_config(),
        }
        penalty = describe_object(self.activity_regularizer)
        config["activity_regularizer"] = penalty
        if penalty is None:  # As in Keras, it is there only where it is set.
            del config["activity_regularizer"]
        return config

    @classmethod
    def from_config(cls: type[Self], config: Mapping[str, Any]) -> Self:
        """Return a layer made with the arguments that `get_config` gave."""
        arguments = dict(config)
        # What Keras's files say beside the arguments of a layer, if it changes nothing.
        for name, default in _BESIDE.items():
            if arguments.get(name, ...) is default:
                del arguments[name]
        return cls(**arguments)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: it was never called."""
        state = self.__dict__.copy()
        state.pop("_nodes", None)
        state.pop("_before_build", None)
        state["_shown"] = []
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make a copy of the layer, whose weights are memory of its own."""
        self.__dict__.update(state, lock=Lock())
        self._weights = [aligned_copy(array) for array in self._weights]
        for variable, array in zip(self._variables, self._weights, strict=False):
            variable.value = array
        if self._constants is not None:
            self._constants = aligned_copy(self._constants)

    def __repr__(self) -> str:
        """Return class, name and whether the layer is built."""
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
