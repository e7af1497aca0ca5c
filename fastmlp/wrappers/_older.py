"""The wrappers of older scripts: parameters by name, for a function that makes a model.

They take what `tf.keras.wrappers.scikit_learn` and SciKeras took: arguments of the
function, of `fit`, `predict` and `compile` stand side by side, and a search sets any.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import losses, optimizers
from fastmlp._check.lookup import nearest
from fastmlp._util.old_words import in_words_of_today
from fastmlp._util.random import seeded
from fastmlp.models import Model, clone_model
from fastmlp.wrappers._scikit_learn import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    require,
    validate_data,
)
from fastmlp.wrappers._targets import Classes, refuse_uncompiled, wants_one_hot

__all__ = ["KerasClassifier", "KerasRegressor"]

# What a parameter is for may stand before it: model__units=64.
_FOR = ("model", "fit", "predict", "compile", "optimizer", "loss")
_OF_COMPILE = ("optimizer", "loss", "metrics")
_OF_FIT = {
    name
    for name in inspect.signature(Model.fit).parameters
    if name not in ("self", "x", "y", "sample_weight", "class_weight")
}
_OF_PREDICT = {"batch_size", "verbose", "steps"}


class _Wrapped(BaseEstimator):
    """What both have in common."""

    model_: Model
    history_: dict[str, list[Any]]
    X_shape_: tuple[int, ...]
    X_dtype_: np.dtype[Any]
    y_shape_: tuple[int, ...]
    y_dtype_: np.dtype[Any]
    n_outputs_: int
    n_outputs_expected_: int

    def __init__(
        self,
        model: Model | Callable[..., Model] | None = None,
        *,
        build_fn: Model | Callable[..., Model] | None = None,
        optimizer: Any = None,
        loss: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: Any = True,
        warm_start: bool = False,
        random_state: int | None = None,
        **parameters: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        parameters = self._in_words_of_today(parameters)
        self.epochs: Any = parameters.pop("epochs", epochs)
        self.verbose = verbose
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.random_state = random_state
        self._set(parameters)
        require(self)

    @classmethod
    def _named(cls) -> dict[str, Any]:
        """Return the parameters that every one has, and their defaults."""
        found: dict[str, Any] = {}
        for kind in cls.__mro__:
            if "__init__" in vars(kind) and kind.__module__ == __name__:
                signature = inspect.signature(vars(kind)["__init__"])
                for name, one in signature.parameters.items():
                    if name != "self" and one.kind is not one.VAR_KEYWORD:
                        found.setdefault(name, one.default)
        return found

    @property
    def _maker(self) -> Any:
        return self.build_fn if self.model is None else self.model

    def _in_words_of_today(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return parameters by today's names, but those that the function has so."""
        own = parameters.keys() & (_arguments(self._maker) or ())
        others = {name: parameters[name] for name in parameters if name not in own}
        named = in_words_of_today("wrappers", others)
        return {**named, **{name: parameters[name] for name in own}}

    def _set(self, parameters: dict[str, Any]) -> None:
        """Keep further parameters, or say which one nobody takes."""
        taken = _arguments(self._maker)
        known = {*self._named(), *_OF_FIT, *_OF_PREDICT, *(taken or ())}
        for name in parameters:
            of, routed, _ = name.partition("__")
            if name in known or taken is None or (routed and of in _FOR):
                continue
            advice = nearest(name, known) or (
                "Arguments of the function are found by their names, those of `fit` "
                "and `predict`, too."
            )
            raise ValueError(
                f"{type(self).__name__} has no parameter {name!r}, and neither has the "
                f"function that makes the model. {advice}"
            )
        self._own = {**getattr(self, "_own", {}), **parameters}
        for name, value in parameters.items():
            setattr(self, name, value)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters by name."""
        names = [*self._named(), *self._own]
        return {name: getattr(self, name) for name in names}

    def set_params(self, **parameters: Any) -> Any:
        """Set parameters by name; returns itself."""
        named = self._named()
        for name in ("model", "build_fn"):
            if name in parameters:
                setattr(self, name, parameters[name])
        parameters = self._in_words_of_today(parameters)
        self._set({name: parameters[name] for name in parameters if name not in named})
        for name in parameters:
            setattr(self, name, parameters[name])
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    @property
    def history(self) -> dict[str, list[Any]]:
        """The curves of the training: `fit` returns this object, as a `History` is."""
        return self.history_

    @property
    def current_epoch(self) -> int:
        """How many epochs the model has had."""
        return len(self.history_["loss"]) if hasattr(self, "history_") else 0

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        """Make the model and train it.

        Args:
            X: Inputs, (rows, columns), or of more dimensions.
            y: Targets.
            sample_weight: A weight for each row. Default None.
            kwargs: Further arguments of `Model.fit`, which go before the parameters.

        Returns:
            Itself.
        """
        begun = self.warm_start and hasattr(self, "model_")
        return self._fit(X, y, sample_weight, kwargs, anew=not begun)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train one epoch more; the first makes the model."""
        anew = not hasattr(self, "model_")
        first = 0 if anew else self.current_epoch
        only_one = {"epochs": first + 1, "initial_epoch": first}
        return self._fit(X, y, sample_weight, only_one, anew=anew)

    def _fit(
        self, X: Any, y: Any, weights: Any, given: dict[str, Any], *, anew: bool
    ) -> Any:
        X, y = self._checked(X, y, reset=anew)
        if anew:
            self._learn_form(X, y)
        with nullcontext() if self.random_state is None else seeded(self.random_state):
            if anew:
                self.model_ = self._made()
                if not self.model_.built:
                    self.model_.build((None, *X.shape[1:]))
                self.history_ = {}
            chosen = {**self._chosen("fit", _OF_FIT), **given}
            chosen["callbacks"] = _made_of_classes(chosen.get("callbacks"))
            weights = self._weights(y, weights)
            targets = self._targets(y)
            done = self.model_.fit(X, targets, sample_weight=weights, **chosen)
        for name, values in done.history.items():
            self.history_[name] = [*self.history_.get(name, []), *values]
        return self

    def predict(self, X: Any, **kwargs: Any) -> NDArray[Any]:
        """Return what the model predicts, in the form of the targets."""
        return self._answers(self._outputs(X, kwargs))

    def _made(self) -> Model:
        """Return a compiled model, made with the parameters that are for it."""
        maker = self._maker
        if maker is None:
            raise ValueError(
                f"{type(self).__name__} has no model: pass it a compiled one, or a "
                "function that returns one, as `model`."
            )
        if isinstance(maker, Model):
            made = clone_model(maker)
        else:
            made = maker(**self._arguments_for(maker))
        if isinstance(made, Model) and not made.compiled and self.loss is not None:
            made.compile(**self._compile_arguments())
        refuse_uncompiled(made)
        return made

    def _arguments_for(self, maker: Callable[..., Model]) -> dict[str, Any]:
        taken = _arguments(maker)
        chosen = {
            name: value
            for name, value in self._own.items()
            if "__" not in name and (taken is None or name in taken)
        }
        for name, default in self._named().items():
            value = getattr(self, name)
            if name in (taken or ()) and value is not default:
                chosen[name] = value
        chosen |= self._routed("model")
        # SciKeras offers these to functions that ask for them.
        offered: dict[str, Callable[[], Any]] = {
            "meta": self._form,
            "compile_kwargs": self._compile_arguments,
            "params": self.get_params,
        }
        for name, value in offered.items():
            if name in (taken or ()):
                chosen[name] = value()
        return chosen

    def _compile_arguments(self) -> dict[str, Any]:
        optimizer = "rmsprop" if self.optimizer is None else self.optimizer
        metrics = [self.metrics] if isinstance(self.metrics, str) else self.metrics
        return {
            "optimizer": _configured(optimizers, optimizer, self._routed("optimizer")),
            "loss": _configured(losses, self.loss, self._routed("loss")),
            "metrics": metrics,
            **self._routed("compile"),
        }

    def _chosen(self, purpose: str, names: set[str]) -> dict[str, Any]:
        """Return the parameters that are for `fit` or for `predict`."""
        every = self.get_params()
        chosen = {name: every[name] for name in every if name in names}
        return {**chosen, **self._routed(purpose)}

    def _routed(self, purpose: str) -> dict[str, Any]:
        """Return the parameters that name their purpose, by what comes after it."""
        start = f"{purpose}__"
        return {
            name[len(start) :]: value
            for name, value in self._own.items()
            if name.startswith(start)
        }

    def _checked(self, X: Any, y: Any, *, reset: bool) -> Any:
        return validate_data(self, X, y, reset=reset, multi_output=True, allow_nd=True)

    def _learn_form(self, X: NDArray[Any], y: NDArray[Any]) -> None:
        self.X_shape_, self.X_dtype_ = X.shape, X.dtype
        self.y_shape_, self.y_dtype_ = y.shape, y.dtype
        self.n_outputs_, self.n_outputs_expected_ = (*y.shape[1:], 1)[0], 1

    def _form(self) -> dict[str, Any]:
        """Return what was learned of the data, by SciKeras's names for it."""
        return {
            name: value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_")
        }

    def _outputs(self, X: Any, given: dict[str, Any]) -> NDArray[Any]:
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        X = validate_data(self, X, reset=False, allow_nd=True)
        chosen = {**self._chosen("predict", _OF_PREDICT), **given}
        outputs: NDArray[Any] = self.model_.predict(X, **chosen)
        return outputs

    def _weights(self, y: NDArray[Any], weights: Any) -> Any:
        return weights

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return y

    def _answers(self, outputs: NDArray[Any]) -> NDArray[Any]:
        return outputs.reshape(len(outputs), *self.y_shape_[1:])


class KerasClassifier(ClassifierMixin, _Wrapped):
    """A classifier of scikit-learn, out of a function that makes a compiled model.

    Args:
        model: The function, or a compiled model, of which each fit trains a clone.
        build_fn: The older name of `model`.
        optimizer, loss, metrics: What a model is compiled with that the function
            returns uncompiled; a parameter of the function's own gets it instead.
            `optimizer__learning_rate` and `loss__label_smoothing` set one of theirs.
        batch_size, epochs, verbose, callbacks, validation_split, shuffle: Those of
            `Model.fit`; classes of callbacks are made anew for each fit.
        warm_start: Whether a fit goes on with the model of the one before.
        random_state: A seed for the weights and the order of the rows. Default None.
        class_weight: Weights of classes, by label, or "balanced". Default None.
        parameters: Arguments of the function, by their names or as `model__units`; of
            `fit` and `predict`, too, as `fit__batch_size`.

    Attributes:
        model_: The trained model.
        history_: A list for each curve of its training, by name.
        classes_: The labels that there are.

    Raises:
        ValueError: Nobody takes a parameter.
        ImportError: scikit-learn 1.6 or later is not installed.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> def make_model(units=8):
        ...     model = Sequential([layers.Dense(units, "relu", input_shape=(4,))])
        ...     model.add(layers.Dense(3, "softmax"))
        ...     model.compile("adam", "sparse_categorical_crossentropy")
        ...     return model
        >>> wrapped = KerasClassifier(make_model, epochs=20)  # doctest: +SKIP
        >>> GridSearchCV(wrapped, {"units": [8, 16]}).fit(X, y)  # doctest: +SKIP
    """

    classes_: NDArray[Any]
    n_classes_: int
    target_type_: str

    def __init__(
        self,
        model: Model | Callable[..., Model] | None = None,
        *,
        class_weight: dict[Any, float] | str | None = None,
        **parameters: Any,
    ) -> None:
        self.class_weight = class_weight
        super().__init__(model, **parameters)

    def predict_proba(self, X: Any, **kwargs: Any) -> NDArray[Any]:
        """Return the probability of each class, (rows, classes)."""
        return self._classes.probabilities(self._outputs(X, kwargs))

    def _learn_form(self, X: NDArray[Any], y: NDArray[Any]) -> None:
        super()._learn_form(X, y)
        self._classes = Classes(y)
        self.classes_ = self._classes.classes
        self.n_classes_ = len(self.classes_)
        self.target_type_ = self._classes.kind
        self.n_outputs_ = 1

    def _weights(self, y: NDArray[Any], weights: Any) -> Any:
        if self.class_weight is None:
            return weights
        from sklearn.utils.class_weight import compute_sample_weight

        of_class = compute_sample_weight(self.class_weight, y)
        return of_class if weights is None else of_class * np.asarray(weights)

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return self._classes.encode(y, one_hot=wants_one_hot(self.model_))

    def _answers(self, outputs: NDArray[Any]) -> NDArray[Any]:
        return self._classes.decode(outputs)


class KerasRegressor(RegressorMixin, _Wrapped):
    """A regressor of scikit-learn, out of a function that makes a compiled model.

    `score` is R2, as that of every regressor of scikit-learn; older wrappers returned
    the loss, or minus the loss: `scoring="neg_mean_squared_error"` says that.

    Args:
        model: The function, or a compiled model, of which each fit trains a clone.
        parameters: All that `KerasClassifier` takes but `class_weight`.

    Attributes:
        model_: The trained model.
        history_: A list for each curve of its training, by name.

    Raises:
        ValueError: Nobody takes a parameter.
        ImportError: scikit-learn 1.6 or later is not installed.

    Example:
        >>> wrapped = KerasRegressor(  # doctest: +SKIP
        ...     make_model, epochs=100, batch_size=5, verbose=0
        ... )
        >>> cross_val_score(make_pipeline(StandardScaler(), wrapped), X, y)
        ... # doctest: +SKIP
    """

    def __init__(
        self, model: Model | Callable[..., Model] | None = None, **parameters: Any
    ) -> None:
        super().__init__(model, **parameters)


def _arguments(maker: Any) -> set[str] | None:
    """Return the names that a function takes, or None where it takes any."""
    if maker is None or isinstance(maker, Model):
        return set()
    parameters = inspect.signature(maker).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return None
    return {one.name for one in parameters}


def _configured(family: Any, thing: Any, settings: dict[str, Any]) -> Any:
    """Return what a name or a class stands for, set to what was given for it."""
    if settings and isinstance(thing, str):
        thing = type(family.get(thing))
    if settings and not isinstance(thing, type):
        raise ValueError(
            f"{thing!r} is made already, so {', '.join(settings)} cannot be set. Give "
            "its name or its class, and it is made with them."
        )
    return thing(**settings) if isinstance(thing, type) else thing


def _made_of_classes(callbacks: Any) -> Any:
    """Return callbacks, those that are classes made anew."""
    if isinstance(callbacks, (list, tuple)):
        return [_made_of_classes(one) for one in callbacks]
    return callbacks() if isinstance(callbacks, type) else callbacks
