"""What a subclass of a model overrides, and compiled training would never call."""

from typing import Any

# What a subclass says of its own, and what to do instead.
_INSTEAD = {
    "call": "what it computes is said by its layers. Make a subclass of Model with a "
    "`call`, and its layers in `__init__`.",
    "__call__": "`fit` and `predict` would never call it. Make a subclass of Model "
    "with a `call`, and its layers in `__init__`.",
    "build": "`fit` and `predict` would never call it. Make the layers in `__init__`.",
}

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


def refuse_overridden(model: Any) -> None:
    """Refuse methods of a model that would be ignored in silence."""
    kind = type(model).__name__
    for name in _NEVER_CALLED:
        if _has_its_own(model, name):
            raise TypeError(
                f"{kind} has a `{name}` of its own, which `fit` would never call: it "
                "trains in compiled code. Write the loop over batches yourself, with "
                "model.train_on_batch(x, y); or put what it does into a loss, a metric "
                "or a layer of your own."
            )
    for name, instead in _INSTEAD.items():
        may_have_it = name == "call" and model.graph.is_traced
        if not may_have_it and _has_its_own(model, name):
            raise TypeError(f"{kind} has a `{name}` of its own, but {instead}")


def _has_its_own(model: Any, name: str) -> bool:
    """Tell whether a method is not that of fastmlp's classes."""
    classes = [one for one in type(model).__mro__ if name in vars(one)]
    own = bool(classes) and not classes[0].__module__.startswith("fastmlp.")
    return own or name in vars(model)
