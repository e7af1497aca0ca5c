"""What a subclass of a model overrides, and compiled training would never call."""

from typing import Any

from fastmlp._model.traced import Traced

# What Keras lets a subclass override, and compiled training never calls.
_NEVER_CALLED = (
    "train_step",
    "test_step",
    "predict_step",
    "compute_loss",
    "compute_metrics",
    "make_train_function",
    "make_test_function",
    "make_predict_function",
)


def refuse_overridden(model: Any, base: type) -> None:
    """Refuse methods that would be ignored in silence.

    Args:
        model: The model.
        base: The class that it is a kind of.
    """
    kind = type(model).__name__
    for name in _NEVER_CALLED:
        if hasattr(model, name):
            raise TypeError(
                f"{kind} has a `{name}` of its own, which `fit` would never call: it "
                "trains in compiled code. Write the loop over batches yourself, with "
                "model.train_on_batch(x, y); or put what it does into a loss, a metric "
                "or a layer of your own."
            )
    if isinstance(model.graph, Traced):
        return
    for name in ("call", "__call__"):
        if getattr(type(model), name, None) is not getattr(base, name, None) or (
            name in vars(model)
        ):
            raise TypeError(
                f"{kind} has a `{name}` of its own, but what it computes is said by "
                "its layers. Make a subclass of Model with a `call`, and its layers "
                "in `__init__`."
            )
