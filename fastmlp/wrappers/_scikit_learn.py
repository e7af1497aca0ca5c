"""What the wrappers take from scikit-learn, or stand-ins where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

HAS_SCIKIT_LEARN = True

if not TYPE_CHECKING:
    try:
        from sklearn.base import (
            BaseEstimator,
            ClassifierMixin,
            RegressorMixin,
            TransformerMixin,
        )
        from sklearn.utils.validation import validate_data
    except ImportError:
        HAS_SCIKIT_LEARN = False

if TYPE_CHECKING or not HAS_SCIKIT_LEARN:
    # The names are there, so that help and editors know them; using one says why not.

    class BaseEstimator:
        """The stand-in of scikit-learn's."""

        def __sklearn_tags__(self) -> Any:
            """Return what scikit-learn is to know of it."""

    class ClassifierMixin:
        """The stand-in of scikit-learn's."""

    class RegressorMixin:
        """The stand-in of scikit-learn's."""

    class TransformerMixin:
        """The stand-in of scikit-learn's."""

    def validate_data(estimator: Any, *data: Any, **options: Any) -> Any:
        """Return data that scikit-learn has checked."""


def require(wrapper: Any) -> None:
    """Say how to get scikit-learn where it is missing."""
    if not HAS_SCIKIT_LEARN:
        raise ImportError(
            f"{type(wrapper).__name__} is for scikit-learn 1.6 or later, which is not "
            "installed here. Install it with: pip install 'fastmlp[sklearn]'."
        )
