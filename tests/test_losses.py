"""Values of the losses. The numbers are those that Keras tests its own with."""

import functools
import json
import re
import warnings

import numpy as np
import pytest

from fastmlp import layers, losses, metrics, models

TARGETS = np.eye(3)
LABELS = [0, 1, 2]
OUTPUTS = np.array([[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]])
LOGITS = np.array([[8.0, 1, 1], [0, 9, 1], [2, 3, 5]])


def test_crossentropy_of_probabilities():
    # Rows are made to sum to one first, as in Keras.
    for loss, y in (
        (losses.CategoricalCrossentropy(), TARGETS),
        (losses.SparseCategoricalCrossentropy(), LABELS),
    ):
        assert loss(y, OUTPUTS) == pytest.approx(0.3239, abs=1e-4)


def test_crossentropy_of_logits():
    for loss, y in (
        (losses.CategoricalCrossentropy(from_logits=True), TARGETS),
        (losses.SparseCategoricalCrossentropy(from_logits=True), LABELS),
    ):
        assert loss(y, LOGITS) == pytest.approx(0.0573, abs=1e-4)


def test_crossentropy_row_by_row():
    expected = pytest.approx([0.001822, 0.000459, 0.169846], abs=1e-6)
    assert losses.categorical_crossentropy(TARGETS, LOGITS, True) == expected
    assert losses.sparse_categorical_crossentropy(LABELS, LOGITS, True) == expected


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (losses.categorical_crossentropy, [[0, 1]]),
        (losses.sparse_categorical_crossentropy, [1]),
        (losses.binary_crossentropy, [[0, 1]]),
    ],
)
def test_outputs_are_probabilities_unless_it_is_said(loss, y):
    assert loss(y, [[0.25, 0.75]]) == pytest.approx([-np.log(0.75)], rel=1e-6)


def test_labels_may_stand_in_a_column():
    column = np.array(LABELS)[:, None]
    loss = losses.SparseCategoricalCrossentropy()
    assert loss(column, OUTPUTS) == loss(LABELS, OUTPUTS)


def test_the_mean_squared_error():
    targets = [[1, 9, 2], [-5, -2, 6]]
    outputs = [[4, 8, 12], [8, 1, 3]]
    assert losses.MeanSquaredError()(targets, outputs) == 49.5
    expected = pytest.approx([36.6666, 62.3333], abs=1e-3)
    assert losses.mean_squared_error(targets, outputs) == expected


REGRESSION = ([[1, 9, 2], [-5, -2, 6]], [[4, 8, 12], [8, 1, 3]])
REGRESSION_WEIGHTS = [1.2, 3.4]
CLASSES = (TARGETS, OUTPUTS)
CLASSES_OF_LOGITS = (TARGETS, LOGITS)
YES_OR_NO = ([[1, 0], [0, 1], [1, 1]], [[0.9, 0.2], [0.4, 0.6], [0.5, 0.0]])
YES_OR_NO_OF_LOGITS = (YES_OR_NO[0], [[3, -2], [1, 0.5], [-100, 100]])
MAGNITUDES = ([[1, 9, 2], [5, 0, 6]], [[4, 8, 12], [8, 1, 0.5]])
SHARES = (
    [[0.5, 0.5, 0], [0.1, 0.2, 0.7], [1, 0, 0]],
    [[0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [0, 1, 0.5]],
)
THREE_WEIGHTS = [1.2, 3.4, 5.6]
# Loss, settings, data, weights; the losses of the rows in Keras, and of all rows: the
# mean of the losses, that of the weighted ones, and their sum divided by the weights'.
VALUES = [
    (
        *(losses.MeanSquaredError, {}, REGRESSION, REGRESSION_WEIGHTS),
        *([36.666668, 62.333336], 49.5, 127.966675, 55.63768),
    ),
    (
        *(losses.MeanAbsoluteError, {}, REGRESSION, REGRESSION_WEIGHTS),
        *([4.666667, 6.3333335], 5.5, 13.566668, 5.8985505),
    ),
    (
        *(losses.Huber, {}, REGRESSION, REGRESSION_WEIGHTS),
        *([4.166667, 5.8333335], 5.0, 12.416667, 5.3985505),
    ),
    (
        *(losses.Huber, {"delta": 2.0}, REGRESSION, REGRESSION_WEIGHTS),
        *([7.5, 10.666667], 9.083334, 22.633335, 9.84058),
    ),
    (
        *(losses.LogCosh, {}, REGRESSION, REGRESSION_WEIGHTS),
        *([4.016654, 5.641836], 4.829245, 12.001114, 5.217875),
    ),
    (
        *(losses.CategoricalCrossentropy, {}, CLASSES, THREE_WEIGHTS),
        *([0.10536055, 0.8046684, 0.06187541], 0.32396814, 1.0696026, 0.31458896),
    ),
    (
        *(losses.CategoricalCrossentropy, {"label_smoothing": 0.1}, CLASSES),
        *(THREE_WEIGHTS, [0.298052, 0.83703196, 0.3111138]),
        *(0.48206592, 1.6486028, 0.48488313),
    ),
    (
        *(losses.CategoricalCrossentropy, {"from_logits": True}, CLASSES_OF_LOGITS),
        *(THREE_WEIGHTS, [0.001822, 0.00045873, 0.16984604]),
        *(0.05737559, 0.31829464, 0.09361607),
    ),
    (
        losses.CategoricalCrossentropy,
        {"from_logits": True, "label_smoothing": 0.1},
        *(CLASSES_OF_LOGITS, THREE_WEIGHTS, [0.4684887, 0.56712544, 0.33651274]),
        *(0.45737562, 1.4582949, 0.42891023),
    ),
    (
        *(losses.SparseCategoricalCrossentropy, {}, (LABELS, OUTPUTS), THREE_WEIGHTS),
        *([0.10536055, 0.8046684, 0.06187541], 0.32396814, 1.0696026, 0.31458896),
    ),
    (
        *(losses.SparseCategoricalCrossentropy, {"from_logits": True}),
        *((LABELS, LOGITS), THREE_WEIGHTS, [0.001822, 0.00045873, 0.16984604]),
        *(0.05737559, 0.31829464, 0.09361607),
    ),
    (
        *(losses.BinaryCrossentropy, {}, YES_OR_NO, THREE_WEIGHTS),
        *([0.16425204, 0.5108256, 8.405622], 3.0268996, 16.33513, 4.8044496),
    ),
    (
        *(losses.BinaryCrossentropy, {"label_smoothing": 0.2}, YES_OR_NO),
        *(THREE_WEIGHTS, [0.34342793, 0.55137205, 7.599717]),
        *(2.8315058, 14.948398, 4.396587),
    ),
    (
        *(losses.BinaryCrossentropy, {"from_logits": True}, YES_OR_NO_OF_LOGITS),
        *(THREE_WEIGHTS, [0.08775768, 0.89366937, 50.0]),
        *(16.993809, 94.38126, 27.759193),
    ),
    (
        losses.BinaryCrossentropy,
        {"from_logits": True, "label_smoothing": 0.2},
        *(YES_OR_NO_OF_LOGITS, THREE_WEIGHTS, [0.33775765, 0.86866933, 50.0]),
        *(17.06881, 94.452934, 27.780272),
    ),
    (
        *(losses.MeanAbsolutePercentageError, {}, REGRESSION, REGRESSION_WEIGHTS),
        *([270.37036, 153.33333], 211.85184, 422.8889, 183.86472),
    ),
    (
        *(losses.MeanSquaredLogarithmicError, {}, MAGNITUDES, REGRESSION_WEIGHTS),
        *([1.000278, 1.005942], 1.0031099, 2.3102684, 1.0044644),
    ),
    (
        *(losses.CosineSimilarity, {}, REGRESSION, REGRESSION_WEIGHTS),
        *([-0.720488, 0.3460499], -0.18721905, 0.15599203, 0.06782262),
    ),
    (
        *(losses.Hinge, {}, YES_OR_NO, THREE_WEIGHTS),
        *([0.65, 0.9, 0.75], 0.76666665, 2.68, 0.78823525),
    ),
    (
        *(losses.SquaredHinge, {}, YES_OR_NO, THREE_WEIGHTS),
        *([0.725, 1.06, 0.625], 0.8033333, 2.658, 0.7817646),
    ),
    (
        *(losses.CategoricalHinge, {}, CLASSES, THREE_WEIGHTS),
        *([0.15, 0.71, 0.11], 0.32333335, 1.0700002, 0.3147059),
    ),
    (
        *(losses.KLDivergence, {}, SHARES, THREE_WEIGHTS),
        *([0.8573979, 0.0, 16.118092], 5.6584964, 30.430063, 8.950018),
    ),
    (
        *(losses.Poisson, {}, MAGNITUDES, REGRESSION_WEIGHTS),
        *([-0.35702705, 1.0872248], 0.3650989, 1.6340661, 0.71046346),
    ),
    (
        *(losses.BinaryFocalCrossentropy, {}, YES_OR_NO, THREE_WEIGHTS),
        *([0.0049896734, 0.08173208, 8.145691], 2.7441375, 15.299915, 4.4999747),
    ),
    (
        losses.BinaryFocalCrossentropy,
        {
            "apply_class_balancing": True,
            "alpha": 0.4,
            "gamma": 1.5,
            "label_smoothing": 0.2,
        },
        *(YES_OR_NO, THREE_WEIGHTS, [0.01912236, 0.07503928, 2.6524575]),
        *(0.91553974, 5.043947, 1.4835138),
    ),
    (
        losses.BinaryFocalCrossentropy,
        {"from_logits": True},
        *((YES_OR_NO[0], [[3, -2], [1, 0.5], [-1, 10]]), THREE_WEIGHTS),
        *([0.0009564228, 0.38472092, 0.35093415], 0.24553716, 1.0914768, 0.32102254),
    ),
    (
        *(losses.CategoricalFocalCrossentropy, {}, CLASSES, THREE_WEIGHTS),
        *([0.00026340148, 0.061466172, 5.568787e-05], 0.020595087),
        *(0.06987097, 0.020550285),
    ),
    (
        losses.CategoricalFocalCrossentropy,
        {"alpha": 0.4, "gamma": 1.5, "label_smoothing": 0.2},
        *(CLASSES, THREE_WEIGHTS, [0.14909555, 0.1571695, 0.19525261]),
        *(0.16717255, 0.60223526, 0.177128),
    ),
]


@pytest.mark.parametrize(
    ("loss", "settings", "data", "weights", "of_rows", "mean", "weighted", "divided"),
    VALUES,
)
def test_losses_and_reductions_are_those_of_keras(
    loss, settings, data, weights, of_rows, mean, weighted, divided
):
    def reduced(reduction, sample_weight=None):
        made = loss(reduction=reduction, **settings)
        return made(*data, sample_weight=sample_weight)

    near = functools.partial(pytest.approx, rel=2e-5)
    rows = np.array(of_rows)
    assert reduced(None) == near(rows)
    assert reduced("none", weights) == near(rows * weights)
    assert reduced("sum_over_batch_size") == reduced("mean") == near(mean)
    assert reduced("sum_over_batch_size", weights) == near(weighted)
    assert reduced("sum_over_batch_size", 2.0) == near(2 * mean)
    assert reduced("sum") == near(rows.sum())
    assert reduced("sum", weights) == near(weighted * len(rows))
    assert reduced("mean_with_sample_weight") == near(mean)
    assert reduced("mean_with_sample_weight", weights) == near(divided)
    column = np.array(weights)[:, None]
    assert reduced("mean_with_sample_weight", column) == near(divided)


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [([0, 1], [[0.1], [0.2]]), ([[0], [1]], [0.1, 0.2]), ([[0], [1]], [[0.1], [0.2]])],
)
def test_rows_of_a_single_number_may_go_without_their_brackets(y_true, y_pred):
    expected = pytest.approx([0.01, 0.64])
    assert losses.mean_squared_error(y_true, y_pred) == expected


def test_sure_and_wrong_costs_a_finite_loss():
    # Probabilities are kept 1e-7 away from 0 and 1, as in Keras.
    wrong = losses.categorical_crossentropy([[1, 0]], [[0, 1]])
    assert wrong == pytest.approx([16.118095])
    right = losses.categorical_crossentropy([[1, 0]], [[1, 0]])
    assert right == pytest.approx([1.1920929e-07])
    assert losses.binary_crossentropy([[1]], [[0]]) == pytest.approx([16.118096])


def test_categorical_crossentropy_with_one_class_is_a_mistake():
    with pytest.warns(SyntaxWarning, match="'binary_crossentropy'"):
        losses.CategoricalCrossentropy()([[1], [1]], [[0.5], [0.5]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.get("foo"), "Could not interpret loss identifier: 'foo'"),
        (lambda: losses.get(len), "One of your own is a function"),
        (lambda: losses.MeanSquaredError(reduction="foo"), "reduction must be"),
        (lambda: losses.MeanSquaredError(dtype="float64"), "computes in float32"),
        (lambda: losses.CategoricalCrossentropy(label_smoothing=2), "from 0 to 1"),
        (lambda: losses.CategoricalCrossentropy(axis=1), "axis must be -1"),
        (lambda: losses.Huber(delta=0), "delta must be positive"),
        (
            lambda: losses.CategoricalCrossentropy()(TARGETS[:, :2], OUTPUTS),
            r"must have the same shape, but they have \(3, 2\) and \(3, 3\)",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()(TARGETS, OUTPUTS),
            "looks one-hot",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, 1, 3], OUTPUTS),
            r"Labels must be 0\.\.2.*found 3 at index 2",
        ),
        (
            lambda: losses.MeanSquaredError()(TARGETS, OUTPUTS, sample_weight=[1, 2]),
            r"sample_weight must have shape \(3,\), one weight a row, not \(2,\)",
        ),
    ],
)
def test_what_a_loss_cannot_do_is_said_at_once(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_nothing_is_lost_on_the_right_answer():
    assert losses.MeanSquaredError()(OUTPUTS, OUTPUTS) == 0
    assert losses.LogCosh()(OUTPUTS, OUTPUTS) == 0
    assert losses.CategoricalCrossentropy(from_logits=True)(TARGETS, TARGETS * 200) == 0


def test_huge_logits_cost_a_finite_loss():
    loss = losses.categorical_crossentropy([[1, 0]], [[-1e4, 1e4]], from_logits=True)
    assert loss == pytest.approx([2e4])


def test_a_loss_is_one_number_a_row_in_float32():
    for function, y in (
        (losses.categorical_crossentropy, TARGETS),
        (losses.sparse_categorical_crossentropy, LABELS),
        (losses.mean_squared_error, TARGETS),
    ):
        values = function(y, OUTPUTS)
        assert values.shape == (3,)
        assert values.dtype == np.float32
    assert isinstance(losses.MeanSquaredError()(TARGETS, OUTPUTS), float)


def test_losses_give_themselves_as_numbers_of_numpy_too():
    rows = losses.mean_squared_error(TARGETS, OUTPUTS)
    mean = losses.MeanSquaredError()(TARGETS, OUTPUTS)
    assert type(rows.numpy()) is np.ndarray
    assert mean.numpy() == np.float32(mean) == pytest.approx(rows.numpy().mean())


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("mse", losses.MeanSquaredError),
        ("MSE", losses.MeanSquaredError),
        ("mean_squared_error", losses.MeanSquaredError),
        ("MeanSquaredError", losses.MeanSquaredError),
        (losses.mean_squared_error, losses.MeanSquaredError),
        ("categorical_crossentropy", losses.CategoricalCrossentropy),
        ("CategoricalCrossentropy", losses.CategoricalCrossentropy),
        (losses.categorical_crossentropy, losses.CategoricalCrossentropy),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
        ("SparseCategoricalCrossentropy", losses.SparseCategoricalCrossentropy),
        (losses.sparse_categorical_crossentropy, losses.SparseCategoricalCrossentropy),
        ("binary_crossentropy", losses.BinaryCrossentropy),
        ("bce", losses.BinaryCrossentropy),
        ("mae", losses.MeanAbsoluteError),
        ("mean_absolute_error", losses.MeanAbsoluteError),
        ("huber", losses.Huber),
        (losses.Huber, losses.Huber),
        ("log_cosh", losses.LogCosh),
        ("logcosh", losses.LogCosh),
        (losses.log_cosh, losses.LogCosh),
        ("mape", losses.MeanAbsolutePercentageError),
        ("MSLE", losses.MeanSquaredLogarithmicError),
        ("cosine_similarity", losses.CosineSimilarity),
        ("cosine_proximity", losses.CosineSimilarity),
        ("hinge", losses.Hinge),
        ("squared_hinge", losses.SquaredHinge),
        ("categorical_hinge", losses.CategoricalHinge),
        (losses.hinge, losses.Hinge),
        ("KLD", losses.KLDivergence),
        ("kl_divergence", losses.KLDivergence),
        ("kullback_leibler_divergence", losses.KLDivergence),
        ("poisson", losses.Poisson),
        ("binary_focal_crossentropy", losses.BinaryFocalCrossentropy),
        ("categorical_focal_crossentropy", losses.CategoricalFocalCrossentropy),
        (losses.mse, losses.MeanSquaredError),
        (losses.KLD, losses.KLDivergence),
        ({"class_name": "Huber", "config": {"delta": 2.0}}, losses.Huber),
        # How Keras's files have a function.
        (
            {"class_name": "function", "config": "mean_squared_error"},
            losses.MeanSquaredError,
        ),
    ],
)
def test_losses_are_known_by_the_names_of_keras(identifier, expected):
    assert type(losses.get(identifier)) is expected


def test_a_loss_object_is_taken_as_it_is():
    loss = losses.CategoricalCrossentropy(from_logits=True, name="mine")
    assert losses.get(loss) is loss
    assert loss.name == "mine"


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(),
        losses.CategoricalCrossentropy(from_logits=True),
        losses.SparseCategoricalCrossentropy(name="mine"),
        losses.BinaryCrossentropy(label_smoothing=0.1, reduction=None),
        losses.MeanAbsoluteError(reduction="sum"),
        losses.Huber(delta=2.0),
        losses.LogCosh(reduction="sum"),
        losses.CosineSimilarity(name="mine"),
        losses.Poisson(reduction="sum"),
        losses.BinaryFocalCrossentropy(True, 0.4, 1.5, label_smoothing=0.1),
        losses.CategoricalFocalCrossentropy(0.4, 1.5, name="mine"),
    ],
)
def test_the_config_makes_the_loss_again(loss):
    twin = type(loss).from_config(loss.get_config())
    assert vars(twin) == vars(loss)


def test_configs_are_those_of_keras():
    assert losses.MeanSquaredError().get_config() == {
        "name": "mean_squared_error",
        "reduction": "sum_over_batch_size",
    }
    assert losses.LogCosh().get_config() == {
        "name": "log_cosh",
        "reduction": "sum_over_batch_size",
    }
    assert losses.SparseCategoricalCrossentropy().get_config() == {
        "name": "sparse_categorical_crossentropy",
        "reduction": "sum_over_batch_size",
        "from_logits": False,
        "ignore_class": None,
    }
    for loss in (losses.CategoricalCrossentropy, losses.BinaryCrossentropy):
        config = loss().get_config()
        settings = {"from_logits": False, "label_smoothing": 0.0, "axis": -1}
        assert {name: config[name] for name in settings} == settings


def test_weighted_numbers_are_those_that_evaluate_reports(variant):
    rng = np.random.default_rng(0)
    y, outputs = rng.normal(size=(2, 300, 3)).astype(np.float32)
    weights = rng.uniform(size=300).astype(np.float32)
    model = models.Sequential([layers.Activation("linear")])
    model.compile("sgd", "mse", weighted_metrics=["mae"])
    reported = model.evaluate(outputs, y, 300, sample_weight=weights, verbose=0)
    # Products and sums are in double precision; only the order of the sums differs.
    loss = losses.MeanSquaredError()(y, outputs, weights)
    assert reported[0] == pytest.approx(loss, rel=1e-13)
    error = metrics.MeanAbsoluteError()(y, outputs, weights)
    assert reported[1] == pytest.approx(error, rel=1e-13)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (
            "hinge",
            [[0], [1], [-1]],
            "or 0 and 1, but not both nor other numbers",
        ),
        ("squared_hinge", [[0], [1], [2]], "row 2 of y. If there are several classes"),
        ("hinge", [[0.5], [1], [1]], "takes -1 for no and 1 for yes"),
        ("poisson", [[0], [3], [-1]], "takes targets of at least 0, but row 2 of y"),
        ("msle", [[0], [-3], [1]], "takes targets of at least 0, but row 1 of y"),
        ("kld", [[0], [1], [1.5]], "takes targets from 0 to 1, but row 2 of y"),
        ("categorical_hinge", [[0], [1], [1]], "chooses between classes. Use"),
    ],
)
def test_targets_that_a_loss_would_misread_are_refused(loss, y, message):
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.compile("sgd", loss)
        with pytest.raises(ValueError, match=message):
            model.fit(np.ones((3, 2)), y, verbose=0)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_no_is_minus_1_or_0(loss):
    yes_or_no = np.array([[0], [1], [1], [0]])
    outputs = np.array([[0.5], [2.0], [-1.0], [-3.0]])
    function = getattr(losses, loss)
    assert function(yes_or_no, outputs).tolist() == (
        function(2 * yes_or_no - 1, outputs).tolist()
    )


def test_a_class_weight_of_0_is_that_of_minus_1():
    def weights(y):
        model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
        model.compile("sgd", "hinge")
        model.set_weights([np.ones((2, 1)), np.zeros(1)])
        x = np.arange(8.0).reshape(4, 2)
        model.fit(x, y, class_weight={0: 2.0, 1: 0.5}, verbose=0)
        return model.get_weights()[0]

    y = np.array([0, 1, 1, 0])
    np.testing.assert_array_equal(weights(y), weights(2 * y - 1))


def test_what_has_no_direction_has_no_similarity_and_a_finite_gradient():
    assert losses.cosine_similarity([[0, 1]], [[0, 0]]) == 0
    model = models.Sequential([layers.Input((2,)), layers.Dense(2)])
    model.compile("sgd", "cosine_similarity")
    model.set_weights([np.zeros((2, 2)), np.zeros(2)])
    model.fit(np.ones((1, 2)), [[0, 1]], verbose=0)
    assert np.isfinite(model.get_weights()[0]).all()


def test_negative_expectations_have_a_poisson_loss_of_nan():
    assert np.isnan(losses.poisson([[1]], [[-0.5]])).all()
    assert losses.poisson([[0]], [[0]]) == 0


def test_cross_entropy_is_of_yes_or_no_with_one_output_and_of_classes_with_more():
    loss = losses.get("crossentropy")
    yes = [[0.25], [0.5]]
    assert loss([1, 0], yes) == losses.BinaryCrossentropy()([[1], [0]], yes)
    expected = losses.CategoricalCrossentropy()(TARGETS, OUTPUTS)
    assert loss(LABELS, OUTPUTS) == loss(TARGETS, OUTPUTS) == expected
    assert losses.get("CE")(LABELS, OUTPUTS) == expected


@pytest.mark.parametrize(("units", "y"), [(1, [0, 1, 1]), (3, LABELS), (3, TARGETS)])
def test_a_model_learns_by_the_cross_entropy_that_fits_it(units, y, tmp_path):
    def trained(loss):
        activation = "sigmoid" if units == 1 else "softmax"
        model = models.Sequential([layers.Input((2,)), layers.Dense(units, activation)])
        model.compile("sgd", loss, metrics=[loss])
        model.set_weights([np.ones((2, units)), np.arange(units)])
        history = model.fit(np.eye(3)[:, :2], y, verbose=0, class_weight={1: 2.0})
        return model, history.history["loss"], history.history[loss]

    shaped = "sparse_categorical_crossentropy"
    shaped = shaped if np.ndim(y) == 1 else "categorical_crossentropy"
    expected = trained("binary_crossentropy" if units == 1 else shaped)[1:]
    model, *found = trained("crossentropy")
    assert tuple(found) == expected
    assert model.get_compile_config()["loss"] == "crossentropy"
    model.save(tmp_path / "model.keras")
    again = models.load_model(tmp_path / "model.keras")
    assert again.get_compile_config() == model.get_compile_config()


def test_focus_0_is_cross_entropy():
    focal = losses.categorical_focal_crossentropy(TARGETS, LOGITS, 1.0, 0.0, True)
    plain = losses.categorical_crossentropy(TARGETS, LOGITS, True)
    np.testing.assert_allclose(focal, plain, rtol=1e-5)
    focal = losses.binary_focal_crossentropy(*YES_OR_NO, gamma=0)
    plain = losses.binary_crossentropy(*YES_OR_NO)
    np.testing.assert_allclose(focal, plain, rtol=1e-6)


@pytest.mark.parametrize(
    "loss", [losses.Huber(2.0), losses.huber, losses.Poisson(name="mine"), "mape"]
)
def test_descriptions_make_the_loss_again(loss):
    made = losses.deserialize(json.loads(json.dumps(losses.serialize(loss))))
    assert vars(made) == vars(losses.get(loss))


def test_a_loss_of_ones_own_is_found_by_its_name():
    def cubed(y_true, y_pred):
        return ((y_pred - y_true) ** 3).mean(axis=-1)

    found = losses.deserialize("cubed", {"cubed": cubed})
    assert found([[0.0]], [[2.0]]) == 8


def test_reductions_have_the_names_of_older_scripts():
    of_old = losses.MeanSquaredError(reduction=losses.Reduction.AUTO)
    assert of_old.reduction == "sum_over_batch_size"
    assert losses.MeanSquaredError(losses.Reduction.NONE).reduction is None


@pytest.mark.parametrize("y", [[0, 1, 1], [[0], [1], [1]]])
@pytest.mark.parametrize(
    "loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"]
)
def test_one_softmax_unit_gets_advice_that_works(loss, y):
    def fit(units, activation, loss):
        model = models.Sequential([layers.Input((2,)), layers.Dense(units, activation)])
        model.compile("sgd", loss)
        model.fit(np.ones((3, 2)), y, verbose=0)

    advice = (
        "Use activation='sigmoid' and the loss 'binary_crossentropy' for yes and no, "
        "or one unit a class and 'sparse_categorical_crossentropy'."
    )
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match=re.escape(advice)):
            fit(1, "softmax", loss)
    assert len(warned) == 2
    assert all(advice in str(one.message) for one in warned)
    fit(1, "sigmoid", "binary_crossentropy")
    fit(2, "softmax", "sparse_categorical_crossentropy")


@pytest.mark.parametrize("ignored", [-1, 0, 255])
@pytest.mark.parametrize("from_logits", [False, True])
def test_rows_of_the_ignored_class_count_in_no_mean(ignored, from_logits):
    y_true, outputs = (
        np.array([ignored, 1, 2, ignored]),
        np.vstack([OUTPUTS, [9, 9, 1]]),
    )
    known = y_true != ignored

    def made(**settings):
        return losses.SparseCategoricalCrossentropy(from_logits, **settings)

    plain = made(reduction=None)(y_true[known], outputs[known])
    rows = made(ignore_class=ignored, reduction=None)(y_true, outputs)
    np.testing.assert_array_equal(rows[known], plain)
    assert (rows[~known] == 0).all()
    assert made(ignore_class=ignored)(y_true, outputs) == pytest.approx(plain.mean())
    of_sums = made(ignore_class=ignored, reduction="sum")(y_true, outputs)
    assert of_sums == pytest.approx(plain.sum())


@pytest.mark.parametrize("ignored", [-1, 0, 255])
def test_rows_of_the_ignored_class_teach_nothing(ignored):
    y_true = np.array([ignored, 1, 2, ignored, 1, 2])
    x = np.random.default_rng(0).normal(size=(6, 2))
    known = y_true != ignored

    def trained(rows, loss):
        model = models.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
        model.compile("sgd", loss, metrics=["accuracy"])
        model.set_weights([np.ones((2, 3)), np.arange(3)])
        history = model.fit(x[rows], y_true[rows], shuffle=False, verbose=0)
        return model.get_weights(), history.history["loss"]

    plain = trained(known, "sparse_categorical_crossentropy")
    loss = losses.SparseCategoricalCrossentropy(ignore_class=ignored)
    found = trained(slice(None), loss)
    assert found[1] == pytest.approx(plain[1])
    for one, other in zip(found[0], plain[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("given", ["sample_weight", "class_weight"])
def test_weights_beside_an_ignored_class_have_to_be_clear(given):
    model = models.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
    model.compile("sgd", losses.SparseCategoricalCrossentropy(ignore_class=-1))
    weights = {"sample_weight": np.ones(3), "class_weight": {1: 2.0}}
    with pytest.raises(ValueError, match="ignore_class"):
        model.fit(np.ones((3, 2)), [0, -1, 2], verbose=0, **{given: weights[given]})


@pytest.mark.parametrize("total", [0.95, 1.05])
def test_targets_may_be_a_twentieth_off_by_rounding(total):
    found = losses.CategoricalCrossentropy()([[total, 0, 0]], OUTPUTS[:1])
    assert found == pytest.approx(-total * np.log(0.9), rel=1e-5)
