"""Metrics beside those of real Keras, batch by batch, with weights and without."""

from itertools import product

import numpy as np
import pytest

import fastmlp

keras = pytest.importorskip(
    "keras", reason="Keras is not installed: pip install keras jax"
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:More independent",
    "ignore:.*regressors needs more",
    "ignore:Explicitly requested dtype",
    "ignore:__array__ implementation",
)

RNG = np.random.default_rng(0)
ROWS = 60
LABELS = RNG.integers(0, 4, ROWS)
WEIGHTS = RNG.uniform(0, 2, ROWS).astype(np.float32)
DATA = {
    "column": (
        RNG.integers(0, 2, (ROWS, 1)).astype(np.float32),
        RNG.uniform(0, 1, (ROWS, 1)).astype(np.float32),
    ),
    "table": (
        RNG.integers(0, 2, (ROWS, 4)).astype(np.float32),
        RNG.uniform(0, 1, (ROWS, 4)).astype(np.float32),
    ),
    "classes": (
        np.eye(4, dtype=np.float32)[LABELS],
        RNG.dirichlet(np.ones(4), ROWS).astype(np.float32),
    ),
    "numbers": (
        RNG.normal(0, 1, (ROWS, 3)).astype(np.float32),
        RNG.normal(0, 1, (ROWS, 3)).astype(np.float32),
    ),
}
DATA["labels"] = (LABELS, RNG.integers(0, 4, ROWS))
DATA["labels and rows"] = (LABELS, DATA["classes"][1])
DATA["rows and labels"] = (DATA["classes"][0], DATA["labels"][1])

COUNTS = ["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"]
POINTS = {
    "SensitivityAtSpecificity": "specificity",
    "SpecificityAtSensitivity": "sensitivity",
    "PrecisionAtRecall": "recall",
    "RecallAtPrecision": "precision",
}
CURVES = ["ROC", "PR", "PRGAIN"]
METHODS = ["interpolation", "minoring", "majoring"]
LABEL_WEIGHTS = [0.2, 1, 0, 3.0]
# The name of a metric, what it is set to, and the data that it gets.
CASES = [
    *product(
        COUNTS,
        [{}, {"thresholds": [0.8, 0.2]}, {"thresholds": [0.0, 0.5, 1.0]}],
        ["table"],
    ),
    *product(
        ["Precision", "Recall"],
        [{}, {"thresholds": [0.8, 0.2]}, {"top_k": 2}, {"class_id": 1},
         {"top_k": 2, "class_id": 3}, {"top_k": 3, "thresholds": 0.4}],
        ["table", "classes"],
    ),
    *(
        (name, {argument: value, **rest}, data)
        for (name, argument), value, (rest, data) in product(
            POINTS.items(),
            [0.3, 0.7],
            [({}, "column"), ({"num_thresholds": 7}, "table"),
             ({"class_id": 2}, "classes"), ({"num_thresholds": 1}, "table")],
        )
    ),
    *(
        ("AUC", {"curve": curve, "summation_method": method, **rest}, data)
        for curve, method, (rest, data) in product(
            CURVES,
            METHODS,
            [({"num_thresholds": 7}, "classes"),
             ({"thresholds": [0.7, 0.1, 0.4]}, "table"),
             ({"multi_label": True, "label_weights": LABEL_WEIGHTS}, "classes")],
        )
    ),
    *product(
        ["AUC"],
        [{}, {"multi_label": True}, {"label_weights": LABEL_WEIGHTS},
         {"from_logits": True}, {"multi_label": True, "num_labels": 4}],
        ["table"],
    ),
    *product(
        ["F1Score"],
        [{"average": average, "threshold": threshold}
         for average in (None, "micro", "macro", "weighted")
         for threshold in (None, 0.3)],
        ["table", "classes"],
    ),
    ("FBetaScore", {"beta": 2.0}, "classes"),
    *product(
        ["R2Score"],
        [{"class_aggregation": how, "num_regressors": count}
         for how in (None, "uniform_average", "variance_weighted_average")
         for count in (0, 2, 500)],
        ["numbers"],
    ),
    *product(["PearsonCorrelation", "ConcordanceCorrelation"], [{}], ["numbers"]),
    ("MeanIoU", {"num_classes": 4}, "labels"),
    ("MeanIoU", {"num_classes": 3}, "labels"),
    ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False}, "labels and rows"),
    (
        "IoU",
        {"num_classes": 4, "target_class_ids": [0, 2], "ignore_class": 1},
        "labels",
    ),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [1, 3]}, "classes"),
    ("OneHotMeanIoU", {"num_classes": 4}, "classes"),
    ("OneHotMeanIoU", {"num_classes": 4, "sparse_y_pred": True}, "rows and labels"),
    ("BinaryIoU", {}, "column"),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, "column"),
]  # fmt: skip


def both(name, settings):
    """Return the metric of Keras's, and fastmlp's."""
    # By default, Keras counts the weights of IoU in whole numbers.
    dtype = {"dtype": "float32"} if "IoU" in name else {}
    theirs = getattr(keras.metrics, name)(**settings, **dtype)
    return theirs, getattr(fastmlp.metrics, name)(**settings)


def assert_equal(found, wanted):
    wanted = np.asarray(wanted)
    assert np.shape(found) == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=3e-5)


@pytest.mark.parametrize(("name", "settings", "data"), CASES)
def test_a_metric_says_what_that_of_keras_says_after_each_batch(name, settings, data):
    theirs, ours = both(name, settings)
    t, y = DATA[data]
    for part, weights in [
        (slice(0, 30), None),
        (slice(30, ROWS), WEIGHTS[30:]),
    ]:
        theirs.update_state(t[part], y[part], weights)
        ours.update_state(t[part], y[part], weights)
        assert_equal(ours.result(), theirs.result())
    config = {key: value for key, value in theirs.get_config().items() if key != "name"}
    own = {key: value for key, value in ours.get_config().items() if key != "name"}
    assert own.keys() == config.keys()
    if "label_weights" not in settings:
        assert own == config
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()


@pytest.mark.parametrize("name", ["PearsonCorrelation", "ConcordanceCorrelation"])
def test_a_correlation_of_columns_is_that_of_each_batch(name):
    theirs, ours = both(name, {"axis": 0})
    t, y = DATA["numbers"]
    for part in (slice(0, 30), slice(25, ROWS)):
        assert_equal(ours(t[part], y[part]), theirs(t[part], y[part]))


@pytest.mark.parametrize(
    ("name", "settings", "data"),
    [
        ("BinaryAccuracy", {}, "table"),
        ("Accuracy", {}, "rounded"),
        ("RootMeanSquaredError", {}, "numbers"),
        ("R2Score", {}, "numbers"),
        ("AUC", {}, "table"),
        ("AUC", {"multi_label": True}, "table"),
        ("Precision", {}, "table"),
        ("Precision", {"top_k": 2}, "table"),
        ("Recall", {"class_id": 1}, "table"),
        ("TruePositives", {"thresholds": [0.2, 0.6]}, "table"),
    ],
)
def test_each_number_may_have_a_weight_of_its_own(name, settings, data):
    theirs, ours = both(name, settings)
    t, y = DATA.get(data, (DATA["table"][0], DATA["table"][1].round()))
    weights = RNG.uniform(0, 2, t.shape).astype(np.float32)
    if settings.get("class_id"):  # Keras takes those of that column.
        theirs.update_state(t, y, weights[:, 1])
    else:
        theirs.update_state(t, y, weights)
    assert_equal(ours(t, y, weights), theirs.result())


@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_values_add_up_as_in_keras(name):
    theirs, ours = both(name, {})
    table = RNG.normal(0, 1, (6, 4))
    for values, weights in [
        (3.0, None),
        ([1, 3, 5, 7], None),
        ([1, 3, 5, 7], [1, 1, 0, 0.5]),
        (table, None),
        (table, [0.5, 1, 2, 0, 1, 1]),
        (table, RNG.uniform(0, 1, (6, 4))),
    ]:
        theirs.update_state(values, weights)
        ours.update_state(values, weights)
        assert_equal(ours.result(), theirs.result())
    assert [one.name for one in ours.variables] == [
        one.name for one in theirs.variables
    ]


def a_model(K, weights=None):
    model = K.Sequential([K.layers.Input((5,)), K.layers.Dense(4, "softmax")])
    if weights is not None:
        model.set_weights(weights)
    return model


def test_a_training_reports_what_keras_reports_several_numbers_too():
    x = RNG.normal(0, 1, (ROWS, 5)).astype(np.float32)
    t = DATA["classes"][0]
    start, histories, results = None, [], []
    for K in (keras, fastmlp):
        model = a_model(K, start)
        start = model.get_weights()
        chosen = [
            K.metrics.Precision(thresholds=[0.2, 0.4]),
            K.metrics.F1Score(),
            K.metrics.AUC(multi_label=True, name="area"),
            "TruePositives",
            K.metrics.categorical_accuracy,
        ]
        model.compile(
            K.optimizers.SGD(0.5), "categorical_crossentropy", metrics=[[chosen]],
            weighted_metrics=[K.metrics.Recall(class_id=1, name="found")],
        )  # fmt: skip
        history = model.fit(
            x, t, 16, 3, 0, shuffle=False, sample_weight=WEIGHTS,
            validation_data=(x[:20], t[:20]),
        )  # fmt: skip
        histories.append(history.history)
        results.append(model.evaluate(x, t, 16, 0))
    assert sorted(histories[0]) == sorted(histories[1])
    pairs = [
        *((histories[1][name], values) for name, values in histories[0].items()),
        *zip(results[1], results[0], strict=True),
    ]
    for found, wanted in pairs:
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
