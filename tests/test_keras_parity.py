"""fastmlp and Keras train the same networks and must get the same numbers.

The networks are the table in `golden/recipe.py`, Keras's answers are in
`golden/keras.npz`.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import fastmlp

GOLDEN = Path(__file__).parent / "golden"

spec = importlib.util.spec_from_file_location("recipe", GOLDEN / "recipe.py")
recipe = importlib.util.module_from_spec(spec)
spec.loader.exec_module(recipe)

# One of the networks ends in a sigmoid on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:.*expects probabilities")

# Two backends of Keras differ by up to 2e-7 after these 20 steps.
WEIGHT_TOLERANCE = 1e-6
MEAN_TOLERANCE = 1e-7  # of hundreds of weights, whose errors cancel
LOSS_TOLERANCE = 2e-6
OUTPUT_TOLERANCE = 2e-6
ACCURACY_TOLERANCE = 1e-6  # one row more or less is 2e-3


@pytest.fixture(scope="module", params=recipe.CASES, ids=lambda case: case.name)
def answers(request):
    """Return what fastmlp and what Keras answers, for one case."""
    prefix = request.param.name + "/"
    with np.load(GOLDEN / "keras.npz") as golden:
        expected = {
            key.removeprefix(prefix): golden[key]
            for key in golden.files
            if key.startswith(prefix)
        }
    return recipe.run(fastmlp, request.param), expected


def assert_close(answers, prefix, tolerance):
    actual, expected = answers
    keys = [key for key in expected if key.startswith(prefix)]
    assert keys
    for key in keys:
        np.testing.assert_allclose(
            actual[key], expected[key], rtol=0, atol=tolerance(key), err_msg=key
        )


def test_the_answers_have_the_names_shapes_and_types_of_keras(answers):
    actual, expected = answers

    def description(answer):
        return {key: (values.shape, values.dtype) for key, values in answer.items()}

    assert description(actual) == description(expected)


def test_history_lists_its_keys_in_the_order_of_keras(answers):
    actual, expected = answers
    assert [k for k in actual if "history" in k] == [
        k for k in expected if "history" in k
    ]


def test_twenty_steps_lead_to_the_weights_of_keras(answers):
    def tolerance(key):
        return MEAN_TOLERANCE if key.endswith("means") else WEIGHT_TOLERANCE

    assert_close(answers, "weights/", tolerance)


def test_every_epoch_reports_the_losses_and_metrics_of_keras(answers):
    def tolerance(key):
        return ACCURACY_TOLERANCE if key.endswith("accuracy") else LOSS_TOLERANCE

    assert_close(answers, "history/", tolerance)


def test_evaluate_returns_what_keras_returns(answers):
    assert_close(answers, "evaluate", lambda key: LOSS_TOLERANCE)


def test_predict_returns_what_keras_returns(answers):
    assert_close(answers, "predict", lambda key: OUTPUT_TOLERANCE)
