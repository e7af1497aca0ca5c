"""An argument that is misspelled is told which one was meant, at no price elsewhere."""

import copy
import inspect
import pickle
import re
import sys

import pytest

import fastmlp
from fastmlp import (
    activations,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    utils,
)
from fastmlp._util import keywords
from fastmlp.datasets import mnist, synthetic_digits

MODULES = [
    *(activations, callbacks, config, constraints, initializers, layers, losses),
    *(metrics, models, optimizers, optimizers.schedules, regularizers, utils),
    *(mnist, synthetic_digits),
]
# Where a microsecond counts, it is left to Python, which does it from 3.13 on.
FAST = {"predict", "predict_on_batch", "test_on_batch", "train_on_batch"}


def public_callables():
    """Return what users call, by its name."""
    found = {}
    for module in MODULES:
        names = getattr(module, "__all__", None) or ["load_data"]
        found |= {f"{module.__name__}.{name}": getattr(module, name) for name in names}
    for name, one in inspect.getmembers(fastmlp.Sequential, inspect.isfunction):
        if name[0] != "_" and name not in FAST:
            found[f"Sequential.{name}"] = one
    return {name: one for name, one in found.items() if callable(one)}


def argument_of(function):
    """Return an argument that may be misspelled: the longest of several, or None."""
    arguments = inspect.signature(function).parameters.values()
    if any(one.kind == one.VAR_KEYWORD for one in arguments):
        return None  # It takes what its base takes, and has a message of its own.
    named = (one for one in arguments if one.kind != one.VAR_POSITIONAL)
    names = [one.name for one in named if one.name != "self"]
    longest = max(names, key=len, default="")
    return longest if len(names) > 1 and len(longest) > 4 else None


CALLABLES = {name: one for name, one in public_callables().items() if argument_of(one)}


@pytest.mark.parametrize("name", CALLABLES)
def test_a_misspelled_argument_is_told_which_one_was_meant(name):
    argument = argument_of(CALLABLES[name])
    misspelled = argument[:-2] + argument[-1]
    with pytest.raises((TypeError, ValueError), match=f"Did you mean '{argument}'?"):
        CALLABLES[name](**{misspelled: 1})


@pytest.mark.parametrize(
    ("make", "meant"),
    [
        (lambda: layers.Dense(3, actvation="relu"), "activation"),
        (lambda: layers.Dropout(0.5, traniable=True), "trainable"),
        (lambda: optimizers.Adam(beta1=0.9), "beta_1"),
        (lambda: optimizers.SGD(0.1, momentun=0.9), "momentum"),
        (lambda: optimizers.SGD(0.1, clip_norm=1.0), "clipnorm"),
    ],
)
def test_what_takes_the_arguments_of_its_base_knows_them_as_well(make, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'?"):
        make()


def test_what_is_like_no_argument_gets_no_guess():
    with pytest.raises(TypeError, match=r"fit\(\) got .* 'zzz'$"):
        fastmlp.Sequential().fit(zzz=1)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python does it")
def test_an_error_within_the_call_is_left_as_it_is():
    @keywords.suggesting
    def outer(number):
        return inner(nubmer=number)

    def inner(number):
        return number

    with pytest.raises(TypeError, match=r"inner\(\) got .* 'nubmer'$"):
        outer(3)


def test_signatures_and_documentation_stay_as_they_are():
    fit = fastmlp.Sequential.fit
    assert list(inspect.signature(fit).parameters)[:4] == [
        "self",
        "x",
        "y",
        "batch_size",
    ]
    assert fit.__qualname__ == "Model.fit"
    assert re.match("Train the model", fit.__doc__)
    assert next(iter(inspect.signature(losses.Huber).parameters)) == "delta"


@pytest.mark.parametrize("one", [activations.relu, losses.huber, utils.to_categorical])
def test_functions_can_be_pickled_and_copied(one):
    assert pickle.loads(pickle.dumps(one)) is one
    assert copy.deepcopy(one) is one
