"""All rows by their names."""

import inspect
from typing import Any, NamedTuple

from bad_input import (
    data,
    equations,
    graphs,
    inspecting,
    learning,
    models,
    operations,
    parts,
    pictures,
    running,
)
from bad_input.values import CATEGORICAL, ONE_HOT, X


class Row(NamedTuple):
    """A mistake, and the sentence that it gets."""

    call: Any  # of the library, and of a model of it
    error: type[Exception]  # or a warning
    words: str  # parts of the sentence, between bars
    loss: str = CATEGORICAL  # that of the model
    own: bool = False  # whether it is no mistake elsewhere

    def needs_model(self):
        """Tell whether the call is about a model."""
        return len(_required(self.call)) == 2

    def mistake(self, library, model):
        """Return what is done wrong, as a function without arguments."""
        two = self.needs_model()
        return lambda: self.call(library, model) if two else self.call(library)


def _required(call):
    given = inspect.signature(call).parameters.values()
    return [one for one in given if one.default is inspect.Parameter.empty]


def _fitted(make):
    return lambda k, m: m.fit(make(), ONE_HOT, verbose=0)


def _predicted(make):
    return lambda k, m: m.predict(make(), verbose=0)


def _taught(make):
    return lambda k, m: m.fit(X, make(), verbose=0)


def _with_argument(method, data, argument, value):
    """Return a call with one argument; of some, the library makes the value."""
    made = callable(value) and getattr(value, "__name__", "") == "<lambda>"

    def call(k, m):
        given = {"verbose": 0, argument: value(k) if made else value}
        return getattr(m, method)(*data, **given)

    return call


def _arguments(method, data, table):
    return {
        f"Sequential.{method}: {argument}={name}": Row(
            _with_argument(method, data, argument, value), error, words
        )
        for argument, values in table.items()
        for name, (value, error, words) in values.items()
    }


def _compiled(argument, make):
    def call(k, m):
        m.compile(**{"optimizer": "sgd", "loss": CATEGORICAL, argument: make(k)})
        m.fit(X, ONE_HOT, verbose=0)  # There, Keras looks at it.

    return call


def _compile_rows():
    return {
        f"Sequential.compile: {argument}={name}": Row(
            _compiled(argument, make), error, words
        )
        for argument, values in running.COMPILE.items()
        for name, (make, error, words) in values.items()
    }


def _rows_of_x():
    rows = {}
    for name, (make, *rest) in data.X_MISTAKES.items():
        rows[f"Sequential.fit: x is {name}"] = Row(_fitted(make), *rest)
        rows[f"Sequential.predict: x is {name}"] = Row(_predicted(make), *rest)
    for name, (make, *rest) in data.NOT_FINITE.items():
        rows[f"Sequential.fit: x has {name}"] = Row(_fitted(make), *rest)
    for name, (make, *rest) in data.ODD_X.items():
        rows[f"Sequential.fit: x is {name}"] = Row(_fitted(make), *rest)
    return rows


def _rows_of_y():
    return {
        f"Sequential.fit: y is {name}": Row(_taught(make), error, words, loss)
        for name, (loss, make, error, words) in data.Y_MISTAKES.items()
    }


CALLBACKS = {"callbacks": running.NO_CALLBACKS}

CATALOGUE = {
    **_rows_of_x(),
    **_rows_of_y(),
    **_arguments("fit", (X, ONE_HOT), {**running.FIT, **CALLBACKS}),
    **_arguments("evaluate", (X, ONE_HOT), {**running.EVALUATE, **CALLBACKS}),
    **_arguments("predict", (X,), {**running.PREDICT, **CALLBACKS}),
    **_compile_rows(),
}
for _table in (
    running.CALLS,
    *(parts.LAYERS, parts.INITIALIZERS, parts.OTHERS),
    *(learning.LOSSES, learning.METRICS, learning.OPTIMIZERS),
    *(learning.SCHEDULES, learning.CALLBACKS),
    operations.OPERATIONS,
    *(models.MAKING, models.DESCRIBING, models.FILES, models.UTILS),
    graphs.GRAPHS,
    equations.EQUATIONS,
):
    CATALOGUE |= {name: Row(*row) for name, row in _table.items()}
CATALOGUE |= {
    name: Row(*row, own=True)
    for name, row in (
        models.OWN | operations.OWN | inspecting.OWN | pictures.OWN
    ).items()
}

# What another library can do, or what is a matter of taste: nobody else is asked.
for _name in CATALOGUE:
    if _name in models.NO_MISTAKE_ELSEWHERE or _name.endswith(
        ("=True", ": True units")
    ):
        CATALOGUE[_name] = CATALOGUE[_name]._replace(own=True)
