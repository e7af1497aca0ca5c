"""The scripts of `keras_scripts.py` do the same in fastmlp and in Keras.

Both libraries run in this process, whichever backend Keras has. Tolerances are those
that Keras's own backends keep among each other, up to 20 steps.
"""

import contextlib
import io
import re
from typing import Any, NamedTuple

import keras_scripts
import numpy as np
import pytest

import fastmlp

keras = pytest.importorskip("keras", reason="Keras is not installed")

# Keras's own variables, when NumPy reads them; nothing of fastmlp has such a method.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)

WEIGHT_TOLERANCE = 1e-6
LOSS_TOLERANCE = 2e-6
OUTPUT_TOLERANCE = 2e-6
LAST_DIGIT = 1.5e-4  # of what is printed; rounding may turn it over
SEEDS = range(5)

TIMES = re.compile(r"- \d+\w+ - \d+\w+/step")
DECIMALS = re.compile(r"\d+\.\d{4,}(?:e-\d+)?")
NUMBERS = re.compile(r"\d[\d.]*(?:e-\d+)?")


class Ran(NamedTuple):
    """What a script returned, and what it printed."""

    results: dict[str, Any]
    printed: str


def run(library, script, folder, seed=0, chance=False):
    """Run a script in a folder of its own, in a window of 100 columns."""
    library.utils.clear_session()
    library.utils.set_random_seed(seed)
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setenv("COLUMNS", "100")
        patch.chdir(folder)
        results = script(library, seed=seed, chance=chance)
    return Ran(results, printed.getvalue())


@pytest.fixture(scope="module", params=keras_scripts.SCRIPTS, ids=lambda s: s.__name__)
def script(request):
    return request.param


@pytest.fixture(scope="module")
def both(script, tmp_path_factory):
    """Return what comes of a script, without chance: here, and in Keras."""
    return [
        run(library, script, tmp_path_factory.mktemp(library.__name__))
        for library in (fastmlp, keras)
    ]


@pytest.fixture(scope="module")
def both_by_chance(script, tmp_path_factory):
    """Return the same for several seeds, with shuffled rows and dropout."""
    return [
        [
            run(library, script, tmp_path_factory.mktemp("run"), seed, chance=True)
            for seed in SEEDS
        ]
        for library in (fastmlp, keras)
    ]


def assert_same(actual, expected, tolerance, where):
    """Compare numbers, arrays and texts, in lists and dictionaries of any depth."""
    if isinstance(expected, dict):
        assert list(actual) == list(expected), where
        for key in expected:
            assert_same(actual[key], expected[key], tolerance, f"{where}/{key}")
    elif isinstance(expected, (list, tuple)):
        assert len(actual) == len(expected), where
        for number, pair in enumerate(zip(actual, expected, strict=True)):
            assert_same(*pair, tolerance, f"{where}/{number}")
    elif expected is None or isinstance(expected, str):
        assert actual == expected, where
    else:
        assert np.shape(actual) == np.shape(expected), where
        # Some numbers are far from 1, such as the means that Normalization has.
        np.testing.assert_allclose(
            actual, expected, rtol=1e-6, atol=tolerance, err_msg=where
        )


def lines_of(printed):
    """Return what was printed, without the times and what Keras's optimizer holds."""
    lines = TIMES.sub("- time", printed).splitlines()
    return [
        line for line in lines if not line.startswith((" Total", " Optimizer params"))
    ]


# -- Without chance -----------------------------------------------------------------


def test_history_has_the_keys_lengths_and_values_of_keras(both):
    ours, theirs = (ran.results["history"] for ran in both)
    assert_same(ours, theirs, LOSS_TOLERANCE, "history")
    assert all(type(value) is float for values in ours.values() for value in values)


def test_the_weights_end_where_those_of_keras_do(both):
    ours, theirs = (ran.results["weights"] for ran in both)
    assert_same(ours, theirs, WEIGHT_TOLERANCE, "weights")


def test_predictions_are_those_of_keras(both):
    ours, theirs = (ran.results["predictions"] for ran in both)
    assert ours.dtype == theirs.dtype
    assert_same(ours, theirs, OUTPUT_TOLERANCE, "predictions")


def test_all_else_that_the_script_keeps_is_that_of_keras(both):
    ours, theirs = (
        {
            name: value
            for name, value in ran.results.items()
            if name not in ("history", "weights", "predictions")
        }
        for ran in both
    )
    assert_same(ours, theirs, LOSS_TOLERANCE, "results")


def test_it_prints_what_keras_prints(both):
    ours, theirs = ("\n".join(lines_of(ran.printed)) for ran in both)
    assert DECIMALS.sub("#", ours) == DECIMALS.sub("#", theirs)
    np.testing.assert_allclose(
        [float(number) for number in DECIMALS.findall(ours)],
        [float(number) for number in DECIMALS.findall(theirs)],
        rtol=0,
        atol=LAST_DIGIT,
    )


def test_summary_counts_the_parameters_that_keras_counts(both):
    ours, theirs = (ran.printed for ran in both)
    if "Optimizer params" not in theirs:
        totals = [re.findall(r" Total params.*", printed) for printed in (ours, theirs)]
        assert totals[0] == totals[1]


# -- With chance --------------------------------------------------------------------


@pytest.mark.slow
def test_with_chance_history_has_the_keys_and_lengths_of_keras(both_by_chance):
    ours, theirs = (
        [
            [(key, len(values)) for key, values in ran.results["history"].items()]
            for ran in rans
        ]
        for rans in both_by_chance
    )
    assert ours == theirs


@pytest.mark.slow
def test_with_chance_it_prints_what_keras_prints_but_for_the_numbers(both_by_chance):
    ours, theirs = (
        [[NUMBERS.sub("#", line) for line in lines_of(ran.printed)] for ran in rans]
        for rans in both_by_chance
    )
    assert ours == theirs


@pytest.mark.slow
def test_with_chance_final_metrics_are_within_three_standard_errors(both_by_chance):
    for key in both_by_chance[1][0].results["history"]:
        finals = [
            np.array([ran.results["history"][key][-1] for ran in rans])
            for rans in both_by_chance
        ]
        gap = abs(finals[0].mean() - finals[1].mean())
        error = np.sqrt(sum(final.var(ddof=1) / len(final) for final in finals))
        assert gap <= 3 * error + LOSS_TOLERANCE, (key, finals)


# -- Step by step -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("RMSprop", {}),
        ("RMSprop", {"momentum": 0.9, "centered": True, "clipvalue": 0.01}),
        ("SGD", {"momentum": 0.9, "nesterov": True, "clipnorm": 0.1}),
        ("Adam", {"global_clipnorm": 0.1, "weight_decay": 0.01}),
        ("Adam", {"amsgrad": True}),
        ("AdamW", {}),
    ],
)
def test_each_of_twenty_steps_leads_to_the_weights_of_keras(name, settings):
    rng = np.random.default_rng(0)
    x, y = keras_scripts.draw_classes(rng, 32, inputs=12, classes=3)
    models = []
    for library in (fastmlp, keras):
        model = library.Sequential(
            [
                library.Input((12,)),
                library.layers.Dense(16, activation="relu"),
                library.layers.Dense(3, activation="softmax"),
            ]
        )
        keras_scripts.start_from(model, seed=1)
        model.compile(
            optimizer=getattr(library.optimizers, name)(**settings),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        models.append(model)
    for step in range(20):
        ours, theirs = (
            {
                "loss and accuracy": model.train_on_batch(x, y),
                "weights": model.get_weights(),
            }
            for model in models
        )
        assert_same(ours, theirs, WEIGHT_TOLERANCE, f"step {step}")
