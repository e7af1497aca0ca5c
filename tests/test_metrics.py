import numpy as np
import pytest

import fastmlp
from fastmlp import layers, losses, metrics


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, []),
        ([], []),
        ((), []),
        (["accuracy"], ["accuracy"]),
        (("acc", "MSE"), ["acc", "MSE"]),
        (["acc", "acc", "acc"], ["acc", "acc_1", "acc_2"]),
        (["mse", "mean_squared_error"], ["mse", "mean_squared_error"]),
        (["CategoricalAccuracy"], ["CategoricalAccuracy"]),
    ],
)
def test_history_gets_the_names_that_were_given(given, names):
    assert [one.name for one in metrics.check(given)] == names


def test_a_name_is_given_once():
    found = metrics.check(["mse", metrics.Recall(name="mse")], ["mse"])
    assert [(one.name, one.weighted) for one in found] == [
        ("mse", False),
        ("mse_1", False),
        ("weighted_mse", True),
    ]


def test_functions_of_losses_are_functions_of_metrics():
    assert metrics.mean_squared_error is losses.mean_squared_error
    (named,) = metrics.check([metrics.mean_squared_error])
    assert named.name == "mean_squared_error"


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize("given", ["accuracy", {"accuracy"}, metrics.Recall()])
def test_metrics_come_in_a_list(argument, given):
    with pytest.raises(ValueError, match=f"Expected `{argument}` to be a list"):
        fastmlp.Sequential().compile("sgd", "mse", **{argument: given})


@pytest.mark.parametrize(
    ("name", "outputs", "expected"),
    [
        ("accuracy", 1, metrics.BinaryAccuracy),
        ("accuracy", 2, metrics.CategoricalAccuracy),
        ("ACC", 10, metrics.CategoricalAccuracy),
        ("binary_accuracy", 3, metrics.BinaryAccuracy),
        ("categorical_accuracy", 1, metrics.CategoricalAccuracy),
        ("sparse_categorical_accuracy", 3, metrics.SparseCategoricalAccuracy),
        ("mse", 3, metrics.MeanSquaredError),
        ("mae", 3, metrics.MeanAbsoluteError),
    ],
)
def test_accuracy_depends_on_the_number_of_outputs(name, outputs, expected):
    (named,) = metrics.check([name])
    assert type(metrics.resolve(named.metric, outputs)) is expected


def values_of(names, outputs, y):
    """Return the metrics of a model that passes its inputs through."""
    outputs = np.asarray(outputs, np.float32)
    model = fastmlp.Sequential([layers.Activation("linear")])
    model.compile("sgd", "mse", metrics=names)
    return model.evaluate(outputs, y, verbose=0)[1:]


def test_categorical_accuracy_counts_the_rows_whose_largest_output_is_right():
    y = [[0, 0, 1], [0, 1, 0]]
    outputs = [[0.1, 0.1, 0.8], [0.05, 0, 0.95]]
    assert values_of(["accuracy", "categorical_accuracy"], outputs, y) == [0.5, 0.5]


def test_of_equal_outputs_the_first_counts():
    y = np.eye(3)
    outputs = np.full((3, 3), 0.5)
    assert values_of(["accuracy"], outputs, y) == [pytest.approx(1 / 3)]


def test_binary_accuracy_wants_more_than_one_half():
    y = [1, 1, 0, 0]
    outputs = [[0.98], [0.5], [0.5], [0.6]]
    assert values_of(["accuracy", "binary_accuracy"], outputs, y) == [0.5, 0.5]


def test_errors_are_means_over_rows_and_columns():
    y = [[0, 0], [0, 0], [0, 0]]
    outputs = [[1, 3], [2, 0], [0, 0]]
    mse, mae = values_of(["mse", "mae"], outputs, y)
    assert mse == pytest.approx((1 + 9 + 4) / 6)
    assert mae == pytest.approx((1 + 3 + 2) / 6)


def test_labels_and_one_hot_rows_are_measured_alike():
    x = np.random.default_rng(0).random((20, 4))
    labels = np.arange(20) % 3
    results = []
    for loss, y in (
        ("categorical_crossentropy", np.eye(3)[labels]),
        ("sparse_categorical_crossentropy", labels),
    ):
        fastmlp.utils.set_random_seed(1)
        model = fastmlp.Sequential([layers.Dense(3, "softmax")])
        model.compile("sgd", loss, metrics=["accuracy", "mse", "mae"])
        results.append(model.evaluate(x, y, verbose=0))
    assert results[0] == results[1]


# -- Objects by themselves --------------------------------------------------------

COLUMN = [
    ([[1], [0], [1]], [[0.98], [0.5], [0.4]], [1.0, 2.0, 3.0]),
    ([[0], [1]], [[0.7], [0.6]], [2.0, 2.0]),
]
TABLE = [
    ([[1, 0], [0, 1]], [[0.9, 0.8], [0.3, 0.4]], [1.0, 3.0]),
    ([[1, 1], [0, 0]], [[0.2, 0.51], [0.5, 0.7]], [2.0, 2.0]),
]
COUNTS = [
    ([[1], [2], [3], [4]], [[0], [2], [3], [4]], [2.0, 1.0, 1.0, 0.0]),
    ([[5], [6]], [[5], [7]], [3.0, 1.0]),
]
# What Keras makes of the first rows, and of all; then the same with the weights.
RESULTS = [
    (metrics.Accuracy, {}, COUNTS, [0.75, 0.6666667], [0.5, 0.625]),
    (metrics.BinaryAccuracy, {}, COLUMN, [0.6666667, 0.6], [0.5, 0.5]),
    (
        *(metrics.BinaryAccuracy, {"threshold": 0.45}, COLUMN),
        *([0.3333333, 0.4], [0.1666667, 0.3]),
    ),
    (metrics.Precision, {}, TABLE, [0.5, 0.5], [0.5, 0.5]),
    (metrics.Recall, {}, TABLE, [0.5, 0.5], [0.25, 0.375]),
    (metrics.Precision, {"thresholds": 0.45}, TABLE, [0.5, 0.4], [0.5, 0.375]),
    (metrics.Recall, {"thresholds": 0.35}, TABLE, [1.0, 0.75], [1.0, 0.75]),
    (metrics.MeanSquaredError, {}, TABLE, [0.275, 0.3400125], [0.25, 0.3275125]),
    (metrics.MeanAbsoluteError, {}, TABLE, [0.45, 0.53625], [0.45, 0.53625]),
    (
        *(metrics.RootMeanSquaredError, {}, TABLE),
        *([0.5244044, 0.5831059], [0.5, 0.5722871]),
    ),
    (metrics.AUC, {}, TABLE, [0.75, 0.4375], [0.8125, 0.421875]),
    (metrics.AUC, {"from_logits": True}, COLUMN, [0.5, 0.5], [0.25, 0.3333333]),
    (
        *(metrics.AUC, {"num_thresholds": 4, "summation_method": "minoring"}, TABLE),
        *([0.5, 0.25], [0.75, 0.3125]),
    ),
    (
        *(metrics.AUC, {"num_thresholds": 5, "curve": "PR"}, TABLE),
        *([0.5, 0.4808916], [0.5, 0.4743814]),
    ),
    (
        metrics.AUC,
        {"num_thresholds": 4, "curve": "pr", "summation_method": "Majoring"},
        *(TABLE, [0.5833334, 0.4583333], [0.725, 0.5085227]),
    ),
]


@pytest.mark.parametrize(
    ("metric", "settings", "batches", "plain", "weighted"), RESULTS
)
def test_results_add_up_as_in_keras(metric, settings, batches, plain, weighted):
    one, other = metric(**settings), metric(**settings)
    assert one.result() == 0
    for (y, outputs, weights), expected, expected_weighted in zip(
        batches, plain, weighted, strict=True
    ):
        one.update_state(y, outputs)
        assert one.result() == pytest.approx(expected, abs=1e-6)
        result = other(y, outputs, sample_weight=weights)
        assert result == pytest.approx(expected_weighted, abs=1e-6)
    one.reset_state()
    assert one.result() == 0


@pytest.mark.parametrize(
    ("metric", "sparse", "plain", "weighted"),
    [
        (metrics.CategoricalAccuracy(), False, 2 / 3, 0.7),
        (metrics.SparseCategoricalAccuracy(), True, 2 / 3, 0.7),
        (metrics.TopKCategoricalAccuracy(k=1), False, 2 / 3, 0.7),
        (metrics.TopKCategoricalAccuracy(k=2), False, 2 / 3, 0.7),
        (metrics.TopKCategoricalAccuracy(k=3), False, 1, 1),
        (metrics.SparseTopKCategoricalAccuracy(k=2), True, 2 / 3, 0.7),
        (metrics.SparseTopKCategoricalAccuracy(), True, 1, 1),
    ],
)
def test_accuracies_of_classes(metric, sparse, plain, weighted):
    labels = [2, 1, 0]
    outputs = [[0.1, 0.1, 0.8], [0.05, 0.95, 0], [0.2, 0.5, 0.3]]
    y = labels if sparse else np.eye(3)[labels]
    assert metric(y, outputs) == pytest.approx(plain)
    metric.reset_state()
    assert metric(y, outputs, [0.5, 0.2, 0.3]) == pytest.approx(weighted)
    if sparse:
        column = np.array(labels)[:, None]
        metric.reset_state()
        assert metric(column, outputs) == pytest.approx(plain)


def test_an_area_is_that_of_all_pairs_of_a_yes_and_a_no():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    # In the middles of a thousand buckets, so that no two of one kind share one.
    outputs = (rng.permutation(1000)[:500] + 0.5) / 1000
    right = (outputs[y == 1][:, None] > outputs[y == 0]).mean()
    assert metrics.AUC(1001)(y, outputs) == pytest.approx(right, rel=1e-12)


def test_an_area_takes_outputs_beyond_0_and_1_for_0_and_1():
    y, outputs = [0, 1, 0, 1], [-3.0, 0.5, 0.7, 8.0]
    assert metrics.AUC()(y, outputs) == metrics.AUC()(y, np.clip(outputs, 0, 1))


def test_an_area_where_all_targets_are_the_same_is_nothing():
    for y in ([0, 0], [1, 1]):
        assert metrics.AUC()(y, [0.2, 0.7]) == 0


def test_an_early_stop_waits_for_an_area_that_grows():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 4))
    y = (x[:, :1] + rng.normal(0, 0.5, (300, 1)) > 0).astype(float)
    model = fastmlp.Sequential([layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["AUC"])
    stop = fastmlp.callbacks.EarlyStopping("val_AUC", restore_best_weights=True)
    history = model.fit(x, y, 32, 10, 0, validation_split=0.3, callbacks=[stop])
    areas = history.history["val_AUC"]
    assert areas[0] < max(areas)
    area = metrics.AUC()(y[210:], model.predict(x[210:], verbose=0))
    assert area == pytest.approx(max(areas), rel=1e-12)


def test_an_output_as_large_as_the_best_is_among_the_best():
    assert metrics.SparseTopKCategoricalAccuracy(k=1)([1], [[0.5, 0.5, 0.5]]) == 1


def test_rows_of_a_single_number_may_go_without_their_brackets():
    y, outputs, weights = [1, 1, 0, 0], [0.98, 1, 0, 0.6], [1, 0, 0, 1]
    assert metrics.BinaryAccuracy()(y, outputs) == 0.75
    assert metrics.BinaryAccuracy()(y, outputs, sample_weight=weights) == 0.5
    assert metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1]) == pytest.approx(2 / 3)
    assert metrics.Recall()([0, 1, 1, 1], [1, 0, 1, 1], [0, 0, 1, 0]) == 1


def test_a_failed_update_leaves_the_state_as_it_was():
    metric = metrics.MeanSquaredError()
    metric.update_state([[1.0]], [[3.0]])
    with pytest.raises(ValueError, match="must have the same shape"):
        metric.update_state([[1.0, 2.0]], [[3.0]])
    with pytest.raises(ValueError, match="one weight a row"):
        metric.update_state([[1.0]], [[3.0]], sample_weight=[1, 2])
    assert metric.result() == 4


@pytest.mark.parametrize(
    ("metric", "settings", "batches"), [result[:3] for result in RESULTS]
)
def test_weights_count_in_proportion_to_each_other(metric, settings, batches):
    y, outputs, weights = map(np.concatenate, zip(*batches, strict=True))
    expected = metric(**settings)(y, outputs, weights)
    assert metric(**settings)(y, outputs, weights / 64) == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True], ids=["metrics", "weighted_metrics"])
@pytest.mark.parametrize(
    ("metric", "settings", "batches"), [result[:3] for result in RESULTS]
)
def test_a_model_reports_what_the_object_says(metric, settings, batches, weighted):
    y, outputs, weights = map(np.concatenate, zip(*batches, strict=True))
    model = fastmlp.Sequential([layers.Activation("linear")])
    argument = "weighted_metrics" if weighted else "metrics"
    model.compile("sgd", "mse", **{argument: [metric(**settings)]})
    reported = model.evaluate(
        outputs, y, batch_size=2, sample_weight=weights, verbose=0
    )
    alone = metric(**settings)(y, outputs, weights if weighted else None)
    assert reported[1] == pytest.approx(alone, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MSE", metrics.MeanSquaredError),
        ("MeanSquaredError", metrics.MeanSquaredError),
        ("mae", metrics.MeanAbsoluteError),
        ("root_mean_squared_error", metrics.RootMeanSquaredError),
        ("BinaryAccuracy", metrics.BinaryAccuracy),
        ("top_k_categorical_accuracy", metrics.TopKCategoricalAccuracy),
        ("sparse_top_k_categorical_accuracy", metrics.SparseTopKCategoricalAccuracy),
        ("Precision", metrics.Precision),
        ("recall", metrics.Recall),
        ("AUC", metrics.AUC),
        ("auc", metrics.AUC),
        (metrics.Recall, metrics.Recall),
        ({"class_name": "Recall", "config": {"thresholds": 0.3}}, metrics.Recall),
    ],
)
def test_metrics_are_known_by_the_names_of_keras(name, expected):
    assert type(metrics.get(name)) is expected


@pytest.mark.parametrize(
    ("metric", "settings"),
    [
        (metrics.MeanSquaredError(name="one"), {}),
        (metrics.BinaryAccuracy("one", threshold=0.3), {"threshold": 0.3}),
        (metrics.TopKCategoricalAccuracy(3, "one"), {"k": 3}),
        (
            metrics.Precision(0.3, name="one"),
            {"thresholds": 0.3, "top_k": None, "class_id": None},
        ),
        (
            metrics.AUC(50, "pr", "minoring", "one", from_logits=True),
            {
                "num_thresholds": 50,
                "curve": "PR",
                "summation_method": "minoring",
                "multi_label": False,
                "num_labels": None,
                "label_weights": None,
                "from_logits": True,
            },
        ),
    ],
)
def test_the_config_is_that_of_keras_and_makes_the_metric_again(metric, settings):
    config = metric.get_config()
    assert config == {"name": "one", "dtype": "float32", **settings}
    assert type(metric).from_config(config).get_config() == config


def test_names_of_precision_and_recall_count_up():
    fastmlp.utils.clear_session()
    made = [metrics.Precision(), metrics.Recall(), metrics.Precision()]
    assert [metric.name for metric in made] == ["precision", "recall", "precision_1"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: metrics.get("foo"), ValueError, "Could not interpret metric"),
        (lambda: metrics.get(len), ValueError, "Or a function of your own"),
        (lambda: metrics.Precision([]), ValueError, "is empty"),
        (lambda: metrics.Precision([0.3, 2.0]), ValueError, "from 0 to 1"),
        (lambda: metrics.Recall(top_k=0), ValueError, "top_k must be at least 1"),
        (lambda: metrics.Recall(class_id=-1), ValueError, "class_id must be at least"),
        (lambda: metrics.AUC(1), ValueError, "num_thresholds must be at least 2"),
        (lambda: metrics.AUC(2.5), TypeError, "whole number"),
        (lambda: metrics.AUC(curve="R"), ValueError, "'ROC' or 'PR' or 'PRGAIN', not"),
        (lambda: metrics.AUC(summation_method=1), ValueError, "or 'majoring', not"),
        (lambda: metrics.AUC(thresholds=[0.5, 2]), ValueError, "from 0 to 1"),
        (lambda: metrics.AUC(num_labels=2), ValueError, "multi_label=True"),
        (lambda: metrics.AUC(label_weights=[-1]), ValueError, "at least 0 for each"),
        (lambda: metrics.get("io_u"), ValueError, r"IoU\(num_classes=...\)"),
        (lambda: metrics.TopKCategoricalAccuracy(k=0), ValueError, "k must be at"),
        (lambda: metrics.TopKCategoricalAccuracy(k=1.5), TypeError, "whole number"),
        (lambda: metrics.BinaryAccuracy(threshold="a"), TypeError, "threshold must"),
        (lambda: metrics.MeanSquaredError(dtype="float64"), ValueError, "float32"),
    ],
)
def test_what_a_metric_cannot_be_is_said_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("name", sorted(losses._BY_NAME))
def test_every_loss_is_a_metric_by_its_name(name):
    assert isinstance(metrics.get(name), metrics.Metric)
    (named,) = metrics.check([name])
    assert named.name == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (losses.Huber, "huber_loss"),
        (losses.Huber(0.5, name="far"), "far"),
        (losses.huber, "huber"),
        (losses.get(losses.huber), "huber_loss"),
        (losses.CategoricalCrossentropy(from_logits=True), "categorical_crossentropy"),
        (
            losses.CategoricalFocalCrossentropy(from_logits=True),
            "categorical_focal_crossentropy",
        ),
        (losses.BinaryCrossentropy(from_logits=True), "binary_crossentropy"),
    ],
)
def test_losses_are_metrics_as_objects_classes_and_functions(given, name):
    y, outputs = [[1, 0], [0, 1]], [[0.5, 0.5], [2.0, 1.0]]
    metric = metrics.get(given)
    assert metric.name == name
    assert metrics.get(metric) is metric
    assert metric(y, outputs) == pytest.approx(losses.get(given)(y, outputs))
    assert values_of([given], outputs, y) == [metric.result()]


def test_a_loss_that_sums_is_no_metric():
    with pytest.raises(ValueError, match="reduction='sum', but a metric is the mean"):
        metrics.get(losses.Huber(reduction="sum"))


def test_a_loss_of_ones_own_is_a_metric():
    class Cubed(losses.Loss):
        def call(self, y_true, y_pred):
            return ((y_pred - y_true) ** 3).mean(axis=-1)

    y, outputs = np.float32([[0], [0]]), [[1.0], [2.0]]
    assert values_of([Cubed()], outputs, y) == [4.5]


def test_the_cosine_is_1_as_a_metric_and_minus_1_as_a_loss():
    y, outputs = [[0.0, 2.0]], [[0.0, 3.0]]
    assert metrics.CosineSimilarity()(y, outputs) == 1
    assert losses.CosineSimilarity()(y, outputs) == -1


@pytest.mark.parametrize("metric", [
    metrics.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
    metrics.CategoricalCrossentropy(name="mine"),
    metrics.SparseCategoricalCrossentropy(from_logits=True),
    metrics.CosineSimilarity(),
    metrics.LogCoshError(),
    metrics.KLDivergence(),
])  # fmt: skip
def test_the_config_makes_the_metric_again(metric):
    config = metric.get_config()
    assert type(metric).from_config(config).get_config() == config


# -- Counts, curves, scores -------------------------------------------------------


def test_several_thresholds_give_a_number_for_each_in_their_order():
    y, outputs = [0, 1, 1, 0], [0.1, 0.4, 0.9, 0.7]
    together = metrics.Precision([0.8, 0.2, 0.5])(y, outputs)
    alone = [metrics.Precision(one)(y, outputs) for one in (0.8, 0.2, 0.5)]
    assert together.tolist() == alone
    assert metrics.TruePositives([0.5])(y, outputs) == 1.0


def test_counts_add_up_to_all_that_there_is():
    y, outputs = [0, 1, 1, 0, 1], [0.1, 0.4, 0.9, 0.7, 0.5]
    kinds = [
        metrics.TruePositives, metrics.FalsePositives, metrics.TrueNegatives,
        metrics.FalseNegatives,
    ]  # fmt: skip
    counts = [kind()(y, outputs) for kind in kinds]
    assert counts == [1, 1, 1, 2]
    assert [kind()(y, outputs, [0, 0, 2, 3, 0]) for kind in kinds] == [2, 3, 0, 0]


def test_an_area_of_own_thresholds_is_exact_where_they_part_the_outputs():
    y, outputs = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    assert metrics.AUC(thresholds=[0.2, 0.38, 0.6])(y, outputs) == 0.75


def test_a_score_of_classes_is_the_harmonic_mean_of_precision_and_recall():
    y = np.eye(3)[[0, 1, 2, 2, 1, 0]]
    outputs = np.eye(3)[[0, 2, 2, 2, 1, 1]]
    score = metrics.F1Score()(y, outputs)
    for one in range(3):
        precision = metrics.Precision(class_id=one)(y, outputs)
        recall = metrics.Recall(class_id=one)(y, outputs)
        wanted = 2 * precision * recall / (precision + recall)
        assert score[one] == pytest.approx(wanted, abs=1e-6)
    assert metrics.F1Score("macro")(y, outputs) == pytest.approx(score.mean())


def test_a_column_that_does_not_vary_has_no_share_of_variance_explained():
    y = np.full((7, 2), 0.1)
    y[:, 1] = np.arange(7)
    assert metrics.R2Score(None)(y, y + 1.0).tolist() == [0.0, 0.75]


def test_a_correlation_that_nobody_can_compute_is_not_a_number():
    assert np.isnan(metrics.PearsonCorrelation()([[1, 2]], [[3, 3]]))
    assert metrics.ConcordanceCorrelation()([[1, 2]], [[3, 3]]) == 0


def test_a_class_that_never_comes_up_counts_in_no_mean():
    assert metrics.MeanIoU(5)([0, 1], [0, 1]) == pytest.approx(1, abs=1e-6)


def test_images_of_classes_count_number_by_number():
    y, outputs = [[0, 1], [1, 1]], [[0, 1], [0, 1]]
    plain = metrics.MeanIoU(2)(y, outputs)
    assert plain == pytest.approx((1 / 2 + 2 / 3) / 2, abs=1e-6)
    without = metrics.MeanIoU(2)(y, outputs, [[1, 1], [0, 1]])
    assert without == pytest.approx(1, abs=1e-6)
    assert metrics.MeanIoU(2)(y, outputs, [1, 0]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_rows_of_another_length_than_before_are_refused(classes):
    metric = metrics.F1Score()
    metric.update_state(np.eye(4), np.eye(4))
    with pytest.raises(ValueError, match=r"another length.*reset_state\(\)"):
        metric.update_state(np.eye(classes), np.eye(classes))
    assert metric.result().shape == (4,)
    metric.reset_states()
    assert metric(np.eye(classes), np.eye(classes)).shape == (classes,)


def test_weights_are_for_the_first_axes_of_the_outputs():
    y, outputs = np.zeros((2, 3, 4)), np.ones((2, 3, 4))
    outputs[0] = 2
    metric = metrics.MeanSquaredError
    assert metric()(y, outputs, [1, 0]) == 4
    assert metric()(y, outputs, [[1, 1, 1], [3, 0, 0]]) == 2.5
    assert metrics.RootMeanSquaredError()(y, outputs, outputs - 1) == 2


def test_what_a_metric_came_to_is_a_number_as_others_are():
    result = metrics.MeanSquaredError()([[0.0]], [[3.0]])
    assert (result, repr(result), result.numpy()) == (9.0, "9.0", np.float32(9))
    assert type(result.numpy()) is np.float32


# -- Values, functions ------------------------------------------------------------


def test_values_are_counted_in_loops_of_ones_own():
    mean, total, arrays = metrics.Mean(), metrics.Sum(), metrics.MeanTensor()
    for value in (1.0, 3.0):
        mean.update_state(value)
        total.update_state([value, value])
        arrays.update_state([value, 2 * value], sample_weight=[1, value])
    assert (mean.result(), total.result()) == (2, 8)
    assert arrays.result().tolist() == [2, 5]
    assert [one.name for one in mean.variables] == ["total", "count"]
    for one in (mean, total, arrays):
        one.reset_state()
    assert (mean.result(), total.result(), arrays.result().tolist()) == (0, 0, [0, 0])


@pytest.mark.parametrize("name", ["mean", "Sum", metrics.MeanTensor()])
def test_a_metric_of_values_knows_nothing_of_targets(name):
    with pytest.raises(ValueError, match="loop of your own"):
        fastmlp.Sequential().compile("sgd", "mse", metrics=[name])


def test_a_subclass_of_mean_that_takes_targets_is_a_metric_of_ones_own():
    class Largest(metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state(np.abs(np.subtract(y_true, y_pred)).max(axis=1))

    y, outputs = [[0, 0], [0, 0]], [[1, 3], [2, 0]]
    assert values_of([Largest(name="largest")], outputs, y) == [2.5]


def absolute(y_true, y_pred, power=1):
    return abs(y_true - y_pred) ** power


def test_a_function_with_options_is_a_metric_and_its_config_makes_it_again():
    metric = metrics.MeanMetricWrapper(absolute, name="cubed", power=3)
    assert metric([[1.0], [0.0]], [[3.0], [0.0]]) == 4
    assert values_of([metric], [[3.0], [0.0]], [[1.0], [0.0]]) == [4]
    with fastmlp.utils.custom_object_scope({"absolute": absolute}):
        config = metric.get_config()
        again = metrics.MeanMetricWrapper.from_config(config)
    assert again([[1.0], [0.0]], [[3.0], [0.0]]) == 4
    known = metrics.MeanMetricWrapper(losses.mean_squared_error).get_config()
    assert known["fn"] == "mean_squared_error"
    again = metrics.MeanMetricWrapper.from_config(known)
    assert again([[1.0]], [[3.0]]) == 4


@pytest.mark.parametrize(
    "name",
    [
        "binary_accuracy",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
        "top_k_categorical_accuracy",
        "sparse_top_k_categorical_accuracy",
        "pearson_correlation",
        "concordance_correlation",
    ],
)
def test_a_function_gives_the_numbers_of_which_the_metric_is_the_mean(name):
    rng = np.random.default_rng(0)
    labels, outputs = rng.integers(0, 7, 20), rng.uniform(0, 1, (20, 7))
    y = labels if name.startswith("sparse") else np.eye(7)[labels]
    function = getattr(metrics, name)
    metric = metrics.get(function)
    assert type(metric) is type(metrics.get(name))
    assert function(y, outputs).mean() == pytest.approx(metric(y, outputs))


# -- In a model -------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        [["mae"]],
        [["mae", "mse"]],
        [["mae"], "mse"],
        [["mae"], ["mse"]],
        {"out": "mae"},
        {"out": ["mae", "mse"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
def test_metrics_of_one_output_may_lie_in_lists_and_by_its_name(given, argument):
    model = fastmlp.Sequential([layers.Input((3,)), layers.Dense(1, name="out")])
    model.compile("sgd", "mse", **{argument: given})
    names = ["loss", "mae", "mse"]
    assert model.metrics_names == names[: 2 + ("mse" in str(given))]


@pytest.mark.parametrize(
    ("given", "lost"),
    [
        ([metrics.MeanSquaredError("loss")], "loss"),
        ([metrics.MeanSquaredError("val_mae"), "mae"], "val_mae"),
        ([metrics.MeanSquaredError("val_loss")], "val_loss"),
    ],
)
def test_a_metric_under_whose_name_something_else_is_reported_is_refused(given, lost):
    with pytest.raises(ValueError, match=f"reported as '{lost}'.*another name"):
        fastmlp.Sequential().compile("sgd", "mse", metrics=given)


def test_names_of_metrics_of_two_outputs_may_not_meet():
    x = fastmlp.Input((3,))
    ends = [layers.Dense(1, name=name)(x) for name in ("a", "a_b")]
    model = fastmlp.Model(x, ends)
    mine = metrics.MeanSquaredError("b_mae")
    with pytest.raises(ValueError, match="reported as 'a_b_mae'"):
        model.compile("sgd", "mse", metrics=[[mine], ["mae"]])


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("categorical_accuracy", [[1], [0]]),
        ("sparse_categorical_accuracy", [1, 0]),
        ("top_k_categorical_accuracy", [[1], [0]]),
    ],
)
def test_accuracies_of_classes_are_none_of_a_single_output(name, y):
    with pytest.raises(ValueError, match=r"there is one output only.*'accuracy'"):
        metrics.get(name)([[0], [0]] if name[0] == "s" else y, [[0.1], [0.2]])
    model = fastmlp.Sequential([layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[name])
    with pytest.raises(ValueError, match="there is one output only"):
        model.fit([[1.0], [2.0]], y, verbose=0)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    assert model.evaluate([[1.0], [2.0]], y, verbose=0)[1] <= 1


def test_a_model_has_its_metrics_the_mean_of_the_loss_first():
    model = fastmlp.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
    assert model.metrics == []
    score = metrics.F1Score()
    model.compile("sgd", "mse", metrics=["accuracy", score], weighted_metrics=["mse"])
    kinds = [type(one).__name__ for one in model.metrics]
    assert kinds == ["Mean", "CategoricalAccuracy", "F1Score", "MeanSquaredError"]
    assert model.metrics[0].name == "loss"
    assert model.metrics[2] is score


def test_several_numbers_are_an_array_in_history_and_in_what_evaluate_returns():
    model = fastmlp.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "mse", metrics=[metrics.F1Score(name="f")])
    x, y = np.random.default_rng(0).random((20, 2)), np.eye(3)[np.arange(20) % 3]
    history = model.fit(x, y, epochs=2, verbose=0, validation_split=0.5).history
    assert np.shape(history["f"]) == np.shape(history["val_f"]) == (2, 3)
    _, score = model.evaluate(x, y, verbose=0)
    expected = metrics.F1Score()(y, model.predict(x, verbose=0))
    np.testing.assert_allclose(score, expected, rtol=1e-6)


def test_a_metric_of_ones_own_may_give_numbers_with_names_of_their_own():
    class Ends(metrics.Metric):
        def __init__(self):
            super().__init__("ends")
            self.low, self.high = self.add_weight(), self.add_weight()

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.low.assign(min(self.low.numpy(), y_pred.min()))
            self.high.assign(max(self.high.numpy(), y_pred.max()))

        def result(self):
            return {"lowest": self.low, "highest": self.high}

    model = fastmlp.Sequential([layers.Activation("linear")])
    model.compile("sgd", "mse", metrics=[Ends()])
    found = model.evaluate([[-2.0], [3.0]], [[0], [0]], verbose=0, return_dict=True)
    assert (found["lowest"], found["highest"]) == (-2, 3)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_union_of_classes_takes_labels_with_a_softmax(sparse):
    labels = np.arange(20) % 3
    model = fastmlp.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
    name = "sparse_categorical_crossentropy" if sparse else "categorical_crossentropy"
    metric = metrics.MeanIoU(3, sparse_y_true=sparse, sparse_y_pred=False)
    model.compile("sgd", name, metrics=[metric])
    x = np.random.default_rng(0).random((20, 2))
    y = labels if sparse else np.eye(3)[labels]
    found = model.evaluate(x, y, verbose=0)[1]
    guesses = model.predict(x, verbose=0).argmax(axis=1)
    assert found == pytest.approx(metrics.MeanIoU(3)(labels, guesses), rel=1e-6)


def test_a_model_with_every_metric_is_saved_and_loaded(tmp_path):
    chosen = [
        metrics.AUC(thresholds=[0.3, 0.6], multi_label=True, label_weights=[1, 2, 0.5]),
        metrics.Precision([0.2, 0.5], top_k=2), metrics.Recall(class_id=1),
        metrics.TruePositives(), metrics.FalseNegatives([0.1, 0.4]),
        metrics.SensitivityAtSpecificity(0.3), metrics.RecallAtPrecision(0.4, 50),
        metrics.FBetaScore("weighted", 0.5), metrics.F1Score(threshold=0.3),
        metrics.R2Score(None), metrics.PearsonCorrelation(),
        metrics.ConcordanceCorrelation(axis=0), metrics.OneHotMeanIoU(3),
        metrics.MeanMetricWrapper(losses.mean_squared_error, name="wrapped"),
    ]  # fmt: skip
    model = fastmlp.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "mse", metrics=chosen)
    x, y = np.random.default_rng(0).random((20, 2)), np.eye(3)[np.arange(20) % 3]
    before = model.evaluate(x, y, verbose=0)
    model.save(tmp_path / "model.npz")
    other = fastmlp.models.load_model(tmp_path / "model.npz")
    assert other.metrics_names == model.metrics_names
    for one, two in zip(before, other.evaluate(x, y, verbose=0), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("threads", [2, 4])
def test_any_number_of_threads_counts_alike(threads_for_all, threads):
    chosen = [metrics.AUC(), metrics.F1Score(), metrics.R2Score(), metrics.Recall()]
    model = fastmlp.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "mse", metrics=chosen)
    x, y = np.random.default_rng(0).random((500, 2)), np.eye(3)[np.arange(500) % 3]
    found = []
    for count in (1, threads):
        fastmlp.config.set_num_threads(count)
        found.append(np.hstack(model.evaluate(x, y, 64, 0)).tolist())
    fastmlp.config.set_num_threads(None)
    assert found[0] == found[1]


@pytest.mark.parametrize("dtype", [None, "float32", "int32", np.int64])
def test_what_a_metric_keeps_may_be_whole_numbers(dtype):
    count = metrics.Metric("rows").add_weight(name="count", dtype=dtype)
    count.assign_add(2**24 + 1)
    assert count.numpy() == 2**24 + 1
    with pytest.raises(ValueError, match=r"float32.*'float16'"):
        metrics.Metric("rows").add_weight(name="count", dtype="float16")
