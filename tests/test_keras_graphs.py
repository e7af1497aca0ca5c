"""Graphs of layers: the same networks in fastmlp and in real Keras, side by side.

`keras_graphs.py` has the networks. Both libraries start from the same weights, get the
same data, and take twenty steps.
"""

import json
from typing import Any, NamedTuple

import numpy as np
import pytest
from keras_graphs import NETWORKS, PAIRS, ROWS, Task

import fastmlp

keras = pytest.importorskip(
    "keras", reason="Keras is not installed: pip install keras jax"
)
pytest.importorskip("h5py", reason="h5py is not installed: pip install h5py")

# Keras compiles its step anew for every model.
pytestmark = [
    pytest.mark.slow,
    # Keras converts its variables the way that NumPy 1 wanted it.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

BATCH, STEPS = 20, 20

WEIGHT_TOLERANCE = 1e-6
# An output adds up several weights, each of which may be off by as much.
OUTPUT_TOLERANCE = 5e-6


def made(library, build):
    """Return a network of a library in which nothing has a name yet."""
    library.utils.clear_session()
    return build(library)


def fit(task, steps=STEPS):
    return task.model.fit(
        task.x,
        task.y,
        batch_size=BATCH,
        epochs=steps // (ROWS // BATCH),
        shuffle=False,
        verbose=0,
        sample_weight=task.sample_weight,
        validation_split=task.validation_split,
    ).history


def evaluate(task, **settings):
    return task.model.evaluate(
        task.x, task.y, sample_weight=task.sample_weight, verbose=0, **settings
    )


def predict(task):
    return task.model.predict(task.x, verbose=0)


class Answers(NamedTuple):
    """What a library makes of a network in twenty steps."""

    task: Task
    history: dict[str, list[float]]
    weights: list[np.ndarray]
    scores: list[float] | float
    named: dict[str, float]
    predictions: Any


def answers_of(library, build):
    task = made(library, build)
    return Answers(
        task,
        fit(task),
        task.model.get_weights(),
        evaluate(task),
        evaluate(task, return_dict=True),
        predict(task),
    )


@pytest.fixture(scope="module", params=NETWORKS.values(), ids=NETWORKS)
def answers(request):
    """Return what fastmlp, and what Keras, makes of one network."""
    return answers_of(fastmlp, request.param), answers_of(keras, request.param)


def assert_alike(actual, expected):
    assert actual.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(
            actual[name], values, rtol=1e-5, atol=2e-6, err_msg=name
        )


def assert_same_predictions(actual, expected):
    assert type(actual) is type(expected)
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        actual, expected = [*map(actual.get, expected)], list(expected.values())
    elif not isinstance(expected, list):
        actual, expected = [actual], [expected]
    for one, other in zip(actual, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=0, atol=OUTPUT_TOLERANCE)


def assert_same_weights(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=WEIGHT_TOLERANCE)


def test_twenty_steps_lead_to_the_weights_of_keras(answers):
    here, there = answers
    assert_same_weights(here.weights, there.weights)


def test_history_has_the_names_and_numbers_of_keras(answers):
    here, there = answers
    assert_alike(here.history, there.history)


def test_evaluate_returns_the_names_and_numbers_of_keras(answers):
    here, there = answers
    assert_alike(here.named, there.named)


def test_names_and_scores_are_in_the_order_of_keras_or_of_the_outputs(answers):
    here, there = answers
    names, scores = list(here.named), here.scores
    if not isinstance(there.predictions, list | dict):
        assert list(here.history) == list(there.history)
        np.testing.assert_allclose(scores, there.scores, rtol=1e-5, atol=2e-6)
        return
    # Keras sorts the names of several outputs. Here the losses come first.
    outputs = here.task.model.output_names
    losses = [f"{name}_loss" for name in outputs if f"{name}_loss" in names]
    assert names[: 1 + len(losses)] == ["loss", *losses]
    assert list(here.history)[: len(names)] == names
    assert scores == list(here.named.values())


def test_predict_returns_what_keras_returns(answers):
    here, there = answers
    assert_same_predictions(here.predictions, there.predictions)


def test_layers_and_outputs_have_the_names_and_order_of_keras(answers):
    here, there = (one.task.model for one in answers)
    assert here.name == there.name
    assert [layer.name for layer in here.layers] == [
        layer.name for layer in there.layers
    ]
    for what in ("input_shape", "output_shape", "output_names"):
        # A Sequential has no `output_names` in Keras.
        if hasattr(there, what):
            assert getattr(here, what) == getattr(there, what)
    assert here.count_params() == there.count_params()


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"expand_nested": True},
        {"show_trainable": True, "line_length": 100},
        {"expand_nested": True, "show_trainable": True, "line_length": 88},
    ],
    ids=lambda settings: " ".join(settings) or "as it is",
)
def test_a_summary_is_that_of_keras_line_for_line(build, settings, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    texts = []
    for library in (fastmlp, keras):
        lines = []
        made(library, build).model.summary(print_fn=lines.append, **settings)
        texts.append("\n".join(lines).rstrip("\n").splitlines())
    assert texts[0] == texts[1]


def connections(description):
    """Return what of a model's JSON says how its layers hang together."""
    config = description["config"]
    kept = {k: config.get(k) for k in ("name", "input_layers", "output_layers")}
    kept["layers"] = [
        {
            "name": layer["config"]["name"],
            "module": layer["module"],
            "class": layer["class_name"],
            "registered": layer["registered_name"],
            "calls": [call["args"] for call in layer.get("inbound_nodes", [])],
            "inside": connections(layer) if "layers" in layer["config"] else None,
        }
        for layer in config["layers"]
    ]
    return kept


def test_a_description_in_json_says_what_that_of_keras_says(answers):
    here, there = (json.loads(one.task.model.to_json()) for one in answers)
    assert connections(here) == connections(there)


def assert_go_on_alike(task, other):
    assert_same_predictions(predict(task), predict(other))
    assert int(task.model.optimizer.iterations) == int(other.model.optimizer.iterations)
    assert_alike(fit(task), fit(other))
    assert_same_weights(task.model.get_weights(), other.model.get_weights())
    assert_same_predictions(predict(task), predict(other))


def test_keras_loads_what_fastmlp_saved_and_trains_on(answers, tmp_path):
    task = answers[0].task
    task.model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert_go_on_alike(task, task._replace(model=loaded))


def test_fastmlp_loads_what_keras_saved_and_trains_on(answers, tmp_path):
    task = answers[1].task
    task.model.save(tmp_path / "m.keras")
    loaded = fastmlp.models.load_model(tmp_path / "m.keras")
    assert_go_on_alike(task._replace(model=loaded), task)


@pytest.mark.parametrize("writer", [fastmlp, keras], ids=lambda one: one.__name__)
def test_weights_and_optimizer_go_through_a_weights_file(answers, tmp_path, writer):
    here, there = (one.task for one in answers)
    wrote, read = (here, there) if writer is fastmlp else (there, here)
    fit(wrote, 6)
    wrote.model.save_weights(tmp_path / "m.weights.h5")
    read.model.load_weights(tmp_path / "m.weights.h5")
    assert_go_on_alike(here, there)


@pytest.mark.parametrize("build", PAIRS, ids=lambda build: build.__name__)
def test_two_models_that_share_layers_train_the_same_weights(build):
    here, there = build(fastmlp), build(keras)
    for _ in range(3):
        for one, other in zip(here, there, strict=True):
            assert_alike(fit(one, 6), fit(other, 6))
            assert_same_predictions(predict(one), predict(other))
    for one, other in zip(here, there, strict=True):
        assert_same_weights(one.model.get_weights(), other.model.get_weights())
        assert int(one.model.optimizer.iterations) == 18
