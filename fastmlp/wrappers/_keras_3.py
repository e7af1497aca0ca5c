"""Keras 3's wrappers: a compiled model, or a function of X and y that makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from fastmlp._util.keywords import suggesting
from fastmlp.callbacks import History
from fastmlp.models import Model, clone_model
from fastmlp.wrappers._scikit_learn import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    TransformerMixin,
    require,
    validate_data,
)
from fastmlp.wrappers._targets import Classes, refuse_uncompiled

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


class _Wrapped(BaseEstimator):
    """What the three have in common."""

    model_: Model
    history_: History

    @suggesting
    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        require(self)
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    @property
    def epoch_(self) -> int:
        """How many epochs the last fit had."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Make the model and train it.

        Args:
            X: Inputs, (rows, columns).
            y: Targets, (rows,).
            kwargs: Arguments of `Model.fit`, which go before those of `fit_kwargs`.

        Returns:
            Itself.
        """
        X, y = validate_data(self, X, y)
        targets = self._targets(y)
        if self.warm_start and hasattr(self, "model_"):
            model = self.model_
        elif isinstance(self.model, Model):
            model = self.model if self.warm_start else clone_model(self.model)
        else:
            model = self.model(X=X, y=targets, **(self.model_kwargs or {}))
        refuse_uncompiled(model)
        self.history_ = model.fit(X, targets, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return what the model predicts, in the form of the targets."""
        return self._answers(self._outputs(X))

    def set_fit_request(self, **requests: Any) -> Any:
        """Ask scikit-learn to hand on arguments of `fit`, by its metadata routing."""
        import sklearn
        from sklearn.utils.metadata_routing import MetadataRequest

        if not sklearn.get_config()["enable_metadata_routing"]:
            raise RuntimeError(
                "This is for scikit-learn's metadata routing, which is off. Call "
                "sklearn.set_config(enable_metadata_routing=True) first."
            )
        self._metadata_request = MetadataRequest(owner=type(self).__name__)
        for name, alias in requests.items():
            self._metadata_request.fit.add_request(param=name, alias=alias)
        return self

    def _outputs(self, X: Any) -> NDArray[Any]:
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        outputs: NDArray[Any] = self.model_.predict(X, verbose=0)
        return outputs

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return y.reshape(-1, 1)

    def _answers(self, outputs: NDArray[Any]) -> NDArray[Any]:
        return outputs[:, 0] if outputs.shape[1:] == (1,) else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags


class SKLearnClassifier(ClassifierMixin, _Wrapped):
    """A model as a classifier of scikit-learn.

    Args:
        model: A compiled model, of which each fit trains a fresh clone; or a function
            `model(X, y, **model_kwargs)` that returns one, where y are one-hot rows.
        warm_start: Whether a fit goes on with the weights of the one before; a model
            that was given is then trained itself. Default False.
        model_kwargs: Further arguments of the function. Default None.
        fit_kwargs: Arguments of `Model.fit`. Default None.

    Attributes:
        model_: The trained model.
        history_: The `History` of its training.
        classes_: The labels that there are.

    Raises:
        ImportError: scikit-learn 1.6 or later is not installed.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> def make_model(X, y, units=8):
        ...     model = Sequential(
        ...         [layers.Dense(units, "relu"), layers.Dense(y.shape[1], "softmax")]
        ...     )
        ...     model.compile("adam", "categorical_crossentropy")
        ...     return model
        >>> wrapped = SKLearnClassifier(  # doctest: +SKIP
        ...     make_model, model_kwargs={"units": 16}, fit_kwargs={"epochs": 5}
        ... )
        >>> cross_val_score(wrapped, X, y)  # doctest: +SKIP
    """

    classes_: NDArray[Any]

    def decision_function(self, X: Any) -> NDArray[Any]:
        """Return the outputs of the model, a column a class."""
        return self._outputs(X)

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        self._classes = Classes(y)
        self.classes_ = self._classes.classes
        return self._classes.encode(y, one_hot=True)

    def _answers(self, outputs: NDArray[Any]) -> NDArray[Any]:
        return self._classes.decode(outputs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, _Wrapped):
    """A model as a regressor of scikit-learn.

    Args:
        model: A compiled model, of which each fit trains a fresh clone; or a function
            `model(X, y, **model_kwargs)` that returns one, where y is (rows, 1).
        warm_start: Whether a fit goes on with the weights of the one before; a model
            that was given is then trained itself. Default False.
        model_kwargs: Further arguments of the function. Default None.
        fit_kwargs: Arguments of `Model.fit`. Default None.

    Attributes:
        model_: The trained model.
        history_: The `History` of its training.

    Raises:
        ImportError: scikit-learn 1.6 or later is not installed.

    Example:
        >>> wrapped = SKLearnRegressor(  # doctest: +SKIP
        ...     model, fit_kwargs={"epochs": 50, "verbose": 0}
        ... )
        >>> make_pipeline(StandardScaler(), wrapped).fit(X, y)  # doctest: +SKIP
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Wrapped):
    """A model as a transformer of scikit-learn: its outputs are the next step's inputs.

    Args:
        model: A compiled model, of which each fit trains a fresh clone; or a function
            `model(X, y, **model_kwargs)` that returns one, where y is (rows, 1).
        warm_start: Whether a fit goes on with the weights of the one before; a model
            that was given is then trained itself. Default False.
        model_kwargs: Further arguments of the function. Default None.
        fit_kwargs: Arguments of `Model.fit`. Default None.

    Attributes:
        model_: The trained model.
        history_: The `History` of its training.

    Raises:
        ImportError: scikit-learn 1.6 or later is not installed.

    Example:
        >>> encoder = SKLearnTransformer(model)  # doctest: +SKIP
        >>> make_pipeline(encoder, LogisticRegression()).fit(X, y)  # doctest: +SKIP
    """

    def transform(self, X: Any) -> NDArray[Any]:
        """Return the outputs of the model, (rows, outputs)."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
