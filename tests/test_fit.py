"""`fit`: what it reports, which rows it takes, how they count, how fast it learns.

Most networks here are a single weight w, so that every number can be found by hand.
"""

import numpy as np
import pytest

from fastmlp import (
    callbacks,
    config,
    kernels,
    layers,
    losses,
    models,
    optimizers,
    utils,
)
from fastmlp._engine.runs import Run
from fastmlp.plan import TRAIN, Samples, Target

ROWS, FEATURES, CLASSES = 10, 4, 3
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, FEATURES)).astype(np.float32)
LABELS = RNG.integers(0, CLASSES, ROWS)
Y = np.eye(CLASSES, dtype=np.float32)[LABELS]


same_bits_for_any_batch_size = pytest.mark.skipif(
    kernels.backend == "numpy", reason="NumPy rounds other shapes in another way"
)


def a_model(optimizer="rmsprop", metrics=("accuracy",), seed=1):
    utils.set_random_seed(seed)
    model = models.Sequential(
        [
            layers.Input((FEATURES,)),
            layers.Dense(5, "relu"),
            layers.Dense(CLASSES, "softmax"),
        ]
    )
    model.compile(optimizer, "categorical_crossentropy", metrics=list(metrics))
    return model


def bits(model):
    return [weight.tobytes() for weight in model.get_weights()]


def fit(model, x=X, y=Y, **arguments):
    return model.fit(x, y, **{"verbose": 0, "batch_size": 4, **arguments})


# -- fit: what it reports ---------------------------------------------------------


def test_fit_returns_its_history():
    model = a_model()
    history = fit(model, epochs=3, validation_data=(X, Y))
    assert model.history is history
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history.epoch == [0, 1, 2]
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 3}
    for values in history.history.values():
        assert [type(value) for value in values] == [float] * 3


def test_history_uses_the_names_that_were_given():
    model = a_model(metrics=["MSE", "acc", "mse", "acc"])
    assert list(fit(model).history) == ["MSE", "acc", "acc_1", "loss", "mse"]


def a_number(start=1.0, learning_rate=0.25):
    """Return a model of a single weight w: y = w x, with loss (w x - t)^2."""
    model = models.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(learning_rate), "mse", metrics=["mae"])
    model.set_weights([[[start]]])
    return model


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows_while_the_model_learns():
    # Batch 1: x = 1, 1; t = 0, 0; w = 1: losses 1 and 1, gradient 2, w becomes 0.5.
    # Batch 2: x = 1; t = 0; w = 0.5: loss 0.25, gradient 1, w becomes 0.25.
    model = a_number()
    history = model.fit(
        np.ones((3, 1)), np.zeros(3), batch_size=2, shuffle=False, verbose=0
    )
    assert history.history["loss"] == [(1 + 1 + 0.25) / 3]
    assert history.history["mae"] == [pytest.approx((1 + 1 + 0.5) / 3, rel=1e-15)]
    assert model.get_weights()[0].item() == 0.25


def test_the_means_run_on_from_batch_to_batch():
    model = a_number()
    seen = []

    class Watch(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((batch, logs))

    model.fit(
        np.ones((3, 1)),
        np.zeros(3),
        batch_size=2,
        shuffle=False,
        verbose=0,
        callbacks=[Watch()],
    )
    assert seen == [
        (0, {"loss": 1.0, "mae": 1.0}),
        (1, {"loss": 0.75, "mae": pytest.approx(2.5 / 3)}),
    ]


def test_validation_is_measured_after_the_epoch():
    model = a_number()
    history = model.fit(
        np.ones((3, 1)),
        np.zeros(3),
        batch_size=2,
        shuffle=False,
        verbose=0,
        validation_data=([[2.0]], [0.0]),
    )
    assert history.history["val_loss"] == [0.25]  # (0.25 * 2)^2


# -- fit: rows and their order ----------------------------------------------------


class Order(callbacks.Callback):
    """Finds out which rows were learnt from, batch by batch.

    Row i of the identity matrix has but one input, so it moves but one weight.
    """

    def __init__(self):
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append([])

    def on_train_batch_begin(self, batch, logs=None):
        self.before = self.model.get_weights()[0]

    def on_train_batch_end(self, batch, logs=None):
        moved = self.model.get_weights()[0] != self.before
        self.epochs[-1].append(np.flatnonzero(moved).tolist())


def rows_in_order(rows=8, epochs=3, batch_size=1, **arguments):
    """Return the rows of each batch of each epoch."""
    order = Order()
    model = models.Sequential([layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(0.01), "mse")
    model.fit(
        np.eye(rows),
        np.full(rows, 9.0),
        batch_size,
        epochs,
        verbose=0,
        callbacks=[order],
        **arguments,
    )
    return order.epochs


def test_without_shuffling_rows_come_as_they_lie():
    assert rows_in_order(shuffle=False) == [[[row] for row in range(8)]] * 3


def test_the_last_batch_has_the_rows_that_are_left():
    batches = [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert rows_in_order(shuffle=False, batch_size=3) == [batches] * 3


@pytest.mark.parametrize("batch_size", [1, 3])
def test_shuffling_takes_every_row_once_an_epoch_in_another_order(batch_size):
    utils.set_random_seed(1)
    epochs = [
        [row for batch in epoch for row in batch]
        for epoch in rows_in_order(batch_size=batch_size)
    ]
    assert all(sorted(epoch) == list(range(8)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_rows_that_are_shuffled_by_the_batch_stay_in_their_batches():
    batches = [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert rows_in_order(shuffle="batch", batch_size=3) == [batches] * 3


def test_rows_that_are_shuffled_by_the_batch_change_places_there():
    utils.set_random_seed(1)
    model = a_model()
    samples = Samples(len(X), (X,), (Target(Y),))
    run = Run(model._network.pool_for(X.shape[1:]), samples, 5, TRAIN)
    orders = []
    for _ in range(3):
        run.work(shuffle="batch")
        orders.append(run.samples.order.tolist())
    assert len(set(map(tuple, orders))) == 3
    assert all(sorted(order[:5]) == list(range(5)) for order in orders)


@pytest.mark.parametrize("shuffle", ["batches", "True", ""])
def test_another_word_for_shuffling_is_refused(shuffle):
    with pytest.raises(ValueError, match="shuffle must be True, False or 'batch'"):
        fit(a_model(), shuffle=shuffle)


def test_validation_split_keeps_the_last_rows_before_it_shuffles():
    for epoch in rows_in_order(validation_split=0.25):
        assert sorted(epoch) == [[row] for row in range(6)]


def test_validation_split_measures_the_rows_it_kept():
    model, twin = a_model(), a_model()
    split = fit(model, validation_split=0.25, shuffle=False)
    parts = fit(twin, X[:7], Y[:7], validation_data=(X[7:], Y[7:]), shuffle=False)
    assert split.history == parts.history
    assert bits(model) == bits(twin)


def test_samples_without_their_zeros_are_split_like_all_others(monkeypatch):
    x = np.where(X < np.median(X), 0, X)
    results = []
    for mode in ("off", "on"):
        monkeypatch.setattr(config, "_zero_skipping", mode)
        model = a_model()
        history = fit(
            model, x, validation_split=0.25, class_weight={0: 2.0}, shuffle=False
        )
        assert model.zero_skipping is (mode == "on")
        results.append((history.history, bits(model)))
    assert results[0] == results[1]


def test_validation_data_win_over_validation_split():
    model, twin = a_model(), a_model()
    some = (X[:2], Y[:2])
    with pytest.warns(UserWarning, match="validation_split is not used"):
        both = fit(model, validation_split=0.5, validation_data=some, shuffle=False)
    data = fit(twin, validation_data=list(some), shuffle=False)
    assert both.history == data.history


@pytest.mark.parametrize(
    ("frequency", "lengths"), [(1, 4), (2, 2), (3, 1), ([1, 4], 2), ({2}, 1), ((), 0)]
)
def test_validation_freq_says_after_which_epochs(frequency, lengths):
    history = fit(
        a_model(), epochs=4, validation_data=(X, Y), validation_freq=frequency
    )
    assert len(history.history["loss"]) == 4
    assert len(dict(history.history).get("val_loss", [])) == lengths


@same_bits_for_any_batch_size
def test_the_size_of_validation_batches_does_not_change_the_result():
    results = {
        repr(fit(a_model(), validation_data=(X, Y), validation_batch_size=size).history)
        for size in (None, 1, 3, ROWS, 1000)
    }
    assert len(results) == 1


def test_a_batch_larger_than_the_data_is_all_of_them():
    history = fit(a_model(), batch_size=10**30)
    assert history.params["steps"] == 1


def test_batches_have_32_rows_unless_it_is_said():
    x, y = np.tile(X, (10, 1)), np.tile(Y, (10, 1))
    history = a_model().fit(x, y, verbose=0)
    assert history.params["steps"] == 4


# -- fit: epochs ------------------------------------------------------------------


def test_epochs_begin_where_it_is_said():
    history = fit(a_model(), epochs=5, initial_epoch=3)
    assert history.epoch == [3, 4]
    assert len(history.history["loss"]) == 2


@pytest.mark.filterwarnings("ignore:Nothing is trained")
@pytest.mark.parametrize(
    "arguments", [{"epochs": 0}, {"epochs": 2, "initial_epoch": 3}]
)
def test_no_epochs_leave_the_model_and_an_empty_history(arguments):
    model = a_model()
    before = bits(model)
    history = fit(model, **arguments)
    assert history.history == {}
    assert history.epoch == []
    assert bits(model) == before


def test_two_fits_are_one_long_fit():
    long, short = a_model(), a_model()
    whole = fit(long, epochs=4, shuffle=False)
    first = fit(short, epochs=2, shuffle=False)
    second = fit(short, epochs=4, initial_epoch=2, shuffle=False)
    assert bits(short) == bits(long)
    joined = first.history["loss"] + second.history["loss"]
    assert joined == whole.history["loss"]
    assert short.history is second
    assert first.epoch == [0, 1]


def test_iterations_count_batches():
    model = a_model()
    fit(model, epochs=2)
    model.train_on_batch(X, Y)
    assert model.optimizer.iterations == 2 * 3 + 1


# -- fit: how much a row counts ---------------------------------------------------


def a_still_number(loss="mse", **compiled):
    """Return a model that stays y = x: its learning rate is 0."""
    model = models.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(0.0), loss, **compiled)
    model.set_weights([[[1.0]]])
    return model


# Three rows with losses 1, 4 and 9, in batches of two, and how much each counts.
ONE_TO_THREE = np.array([[1.0], [2.0], [3.0]])
WEIGHTS = np.array([1.0, 0.5, 4.0])


def learn_weighted(model, sample_weight=WEIGHTS, **arguments):
    history = model.fit(
        ONE_TO_THREE,
        np.zeros(3),
        sample_weight=sample_weight,
        **{"batch_size": 2, "shuffle": False, "verbose": 0, **arguments},
    )
    return {name: values[-1] for name, values in history.history.items()}


def test_weighted_losses_are_divided_by_the_number_of_rows_not_of_weights():
    loss = learn_weighted(a_still_number())["loss"]
    assert loss == (1 * 1 + 4 * 0.5 + 9 * 4) / 3


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        # The loss of a batch of two rows counts twice, that of one row once.
        ("sum", (2 * (1 + 2) + 36) / 3),
        ("mean_with_sample_weight", (2 * (1 + 2) / 1.5 + 36 / 4) / 3),
    ],
)
def test_other_reductions_are_averaged_over_the_rows_of_their_batches(
    reduction, expected
):
    loss = losses.MeanSquaredError(reduction=reduction)
    assert learn_weighted(a_still_number(loss))["loss"] == pytest.approx(expected)


def test_metrics_count_every_row_alike_and_weighted_metrics_by_its_weight():
    model = a_still_number(metrics=["mse", "mae"], weighted_metrics=["mse"])
    logs = learn_weighted(model)
    assert logs["mse"] == pytest.approx((1 + 4 + 9) / 3)
    assert logs["mae"] == pytest.approx((1 + 2 + 3) / 3)
    assert logs["weighted_mse"] == pytest.approx((1 + 2 + 36) / 5.5)
    assert model.metrics_names == ["loss", "mse", "mae", "weighted_mse"]


def test_without_weights_weighted_metrics_are_those_that_are_not():
    logs = learn_weighted(
        a_still_number(metrics=["mse"], weighted_metrics=["mse"]), sample_weight=None
    )
    assert logs["mse"] == logs["weighted_mse"]


def test_a_weight_scales_the_step_that_its_row_makes():
    # x = 1, t = 0, w = 1: the gradient is 2; counted half, and stepped by a quarter.
    model = a_number()
    model.fit([[1.0]], [0.0], sample_weight=[0.5], verbose=0)
    assert model.get_weights()[0].item() == 1 - 0.25 * 2 * 0.5


def test_a_row_of_weight_zero_teaches_nothing():
    model, twin = a_model("sgd"), a_model("sgd")
    weights = np.ones(ROWS)
    weights[3] = 0
    fit(model, sample_weight=weights, shuffle=False)
    other = Y.copy()
    other[3] = np.roll(other[3], 1)
    fit(twin, y=other, sample_weight=weights, shuffle=False)
    assert bits(model) == bits(twin)


@pytest.mark.parametrize("form", [list, lambda one: one[:, None], np.float64])
def test_weights_may_come_in_any_form(form):
    weights = np.linspace(0, 2, ROWS, dtype=np.float32)
    model, twin = a_model(), a_model()
    fit(model, sample_weight=weights, shuffle=False)
    fit(twin, sample_weight=form(weights), shuffle=False)
    assert bits(model) == bits(twin)


def test_shuffling_takes_the_weights_along():
    order = np.arange(ROWS)
    model = models.Sequential([layers.Input((ROWS,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(1.0), "mse")
    before = model.get_weights()[0]
    model.set_weights([np.zeros_like(before)])
    model.fit(np.eye(ROWS), np.ones(ROWS), 1, sample_weight=order, verbose=0)
    # Row i moves weight i alone, by 2 t and its own weight.
    assert model.get_weights()[0][:, 0].tolist() == (2.0 * order).tolist()


def test_validation_split_keeps_the_weights_of_its_rows():
    model, twin = a_model(), a_model()
    weights = np.linspace(0, 2, ROWS)
    split = fit(model, validation_split=0.25, sample_weight=weights, shuffle=False)
    parts = fit(
        twin,
        X[:7],
        Y[:7],
        sample_weight=weights[:7],
        validation_data=(X[7:], Y[7:], weights[7:]),
        shuffle=False,
    )
    assert split.history == parts.history
    assert bits(model) == bits(twin)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        ("categorical_crossentropy", Y),
        ("sparse_categorical_crossentropy", LABELS),
        ("sparse_categorical_crossentropy", LABELS[:, None].astype(float)),
    ],
)
def test_class_weight_counts_rows_by_class_and_a_missing_class_once(loss, targets):
    model, twin = a_model(), a_model()
    for one in (model, twin):
        one.compile("sgd", loss)
    weights = np.select([LABELS == 0, LABELS == 2], [3.0, 0.25], 1.0)
    by_class = fit(model, y=targets, class_weight={0: 3, 2: 0.25}, shuffle=False)
    by_row = fit(twin, y=targets, sample_weight=weights, shuffle=False)
    assert by_class.history == by_row.history
    assert bits(model) == bits(twin)


@pytest.mark.parametrize("kind", [bool, np.bool_, float, np.float32, np.int64])
def test_classes_may_be_of_the_type_of_the_labels(kind):
    weights = {0: 3.0, 1: 0.25}
    model, twin = a_number(), a_number()
    x, y = np.ones((4, 1)), np.array([0, 1, 1, 0])
    as_labels = {kind(one): weight for one, weight in weights.items()}
    fit(model, x, y.astype(kind), class_weight=as_labels, shuffle=False)
    fit(twin, x, y, class_weight=weights, shuffle=False)
    assert bits(model) == bits(twin)


def test_the_classes_of_a_single_output_are_its_rounded_targets():
    targets = np.array([0.0, 0.3, 0.7, 1.0, -1.0])
    model, twin = a_number(), a_number()
    x = np.ones((5, 1))
    fit(model, x, targets, class_weight={0: 3, 1: 0.5}, shuffle=False)
    fit(twin, x, targets, sample_weight=[3, 3, 0.5, 0.5, 1], shuffle=False)
    assert bits(model) == bits(twin)


@pytest.mark.parametrize(
    "validation", [{"validation_data": (X[7:], Y[7:])}, {"validation_split": 0.25}]
)
def test_class_weight_does_not_count_in_validation(validation):
    model = a_model(optimizers.SGD(0.0))
    history = fit(model, class_weight={0: 5.0, 1: 7.0, 2: 9.0}, **validation)
    loss, accuracy = model.evaluate(X[7:], Y[7:], batch_size=4, verbose=0)
    assert history.history["val_loss"] == [loss]
    assert history.history["val_accuracy"] == [accuracy]


@pytest.mark.parametrize("call", ["evaluate", "test_on_batch", "train_on_batch"])
def test_every_measure_takes_weights(call):
    model = a_still_number(weighted_metrics=["mse"])
    arguments = {"verbose": 0} if call == "evaluate" else {}
    loss, metric = getattr(model, call)(
        ONE_TO_THREE, np.zeros(3), sample_weight=WEIGHTS, **arguments
    )
    assert loss == pytest.approx((1 + 2 + 36) / 3)
    assert metric == pytest.approx((1 + 2 + 36) / 5.5)


def test_train_on_batch_takes_weights_of_classes():
    model, twin = a_model("sgd"), a_model("sgd")
    weights = np.where(LABELS == 1, 4.0, 1.0)
    assert model.train_on_batch(X, Y, class_weight={1: 4.0}) == twin.train_on_batch(
        X, Y, sample_weight=weights
    )
    assert bits(model) == bits(twin)


# -- fit: steps -------------------------------------------------------------------


def test_an_epoch_of_some_steps_goes_on_where_the_last_one_ended():
    epochs = rows_in_order(shuffle=False, epochs=4, batch_size=2, steps_per_epoch=2)
    first, second = [[0, 1], [2, 3]], [[4, 5], [6, 7]]
    assert epochs == [first, second, first, second]


def test_shuffled_rows_come_all_before_one_comes_again():
    utils.set_random_seed(1)
    epochs = rows_in_order(epochs=4, batch_size=2, steps_per_epoch=2)
    for first, second in (epochs[:2], epochs[2:]):
        rows = [row for batch in (*first, *second) for row in batch]
        assert sorted(rows) == list(range(8))
    assert epochs[:2] != epochs[2:]


def test_too_many_steps_get_a_warning_and_the_epoch_the_rows_that_are_left():
    with pytest.warns(UserWarning, match="ran out of data after 1 of 3 steps"):
        epochs = rows_in_order(shuffle=False, epochs=3, batch_size=2, steps_per_epoch=3)
    whole = [[0, 1], [2, 3], [4, 5]]
    assert epochs == [whole, [[6, 7]], whole]


def test_the_loss_of_some_steps_is_about_their_rows():
    model = a_still_number()
    x = np.arange(1.0, 5.0)[:, None]
    history = model.fit(
        x, np.zeros(4), 1, epochs=2, steps_per_epoch=2, shuffle=False, verbose=0
    )
    assert history.history["loss"] == [(1 + 4) / 2, (9 + 16) / 2]
    assert history.params["steps"] == 2


def test_validation_steps_measure_the_first_batches_after_each_epoch():
    model = a_still_number()
    history = model.fit(
        [[0.0]],
        [0.0],
        epochs=2,
        verbose=0,
        validation_data=(ONE_TO_THREE, np.zeros(3)),
        validation_batch_size=1,
        validation_steps=2,
    )
    assert history.history["val_loss"] == [2.5, 2.5]


def test_evaluate_and_predict_can_take_some_steps():
    model = a_still_number()
    assert model.evaluate(ONE_TO_THREE, np.zeros(3), 1, verbose=0, steps=2) == 2.5
    outputs = model.predict(ONE_TO_THREE, 1, verbose=0, steps=2)
    assert outputs.tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.evaluate(X, Y, 5, verbose=0, steps=3),
        lambda model: model.predict(X, 5, verbose=0, steps=3),
        lambda model: fit(model, validation_data=(X, Y), validation_steps=4),
    ],
)
def test_more_steps_than_there_are_get_a_warning(use):
    with pytest.warns(UserWarning, match="ran out of data after") as caught:
        use(a_model())
    assert len(caught) == 1


# -- fit: the learning rate -------------------------------------------------------


@pytest.mark.parametrize("hook", ["on_train_batch_begin", "on_epoch_begin"])
def test_a_learning_rate_that_a_callback_changes_counts_from_the_next_batch(hook):
    def change(self, number, logs=None):
        self.model.optimizer.learning_rate = 0.0

    still = type("Still", (callbacks.Callback,), {hook: change})()
    model = a_model("sgd")
    before = bits(model)
    fit(model, epochs=2, callbacks=[still])
    assert bits(model) == before


def test_a_learning_rate_that_is_changed_between_batches_counts_for_each():
    # The steps of w are lr * 2 for x = 1, t = w - 1; here lr halves every batch.
    steps = []

    class Halve(callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.before = self.model.get_weights()[0].item()

        def on_train_batch_end(self, batch, logs=None):
            steps.append(self.model.get_weights()[0].item() - self.before)
            self.model.optimizer.learning_rate /= 2

    model = a_number(start=0.0, learning_rate=2.0**-20)
    model.fit(np.ones((3, 1)), np.ones(3), batch_size=1, verbose=0, callbacks=[Halve()])
    ratios = np.array(steps) / (2 * 2.0**-20)
    assert ratios == pytest.approx([1, 0.5, 0.25], rel=1e-4)


def test_a_learning_rate_that_is_set_between_two_fits_counts_in_the_second():
    # x = 1, t = 0: each step takes 2 lr of w away.
    model = a_number(start=1.0, learning_rate=0.25)
    model.fit([[1.0]], [0.0], verbose=0)
    assert model.get_weights()[0].item() == 0.5
    model.optimizer.learning_rate = 0.125
    model.fit([[1.0]], [0.0], verbose=0)
    assert model.get_weights()[0].item() == 0.5 - 0.125 * 2 * 0.5


def test_a_schedule_sets_the_rate_of_every_batch():
    schedule = optimizers.schedules.PiecewiseConstantDecay([0, 2], [0.25, 0.125, 0.5])
    model = a_number(start=1.0, learning_rate=schedule)
    expected = 1.0
    for rate in (0.25, 0.125, 0.125, 0.5):
        expected -= rate * 2 * expected
    model.fit(np.ones((2, 1)), np.zeros(2), batch_size=1, epochs=2, verbose=0)
    assert model.get_weights()[0].item() == expected
    assert model.optimizer.learning_rate == 0.5


def test_a_schedule_goes_on_in_the_next_fit():
    def rates(*epochs):
        schedule = optimizers.schedules.ExponentialDecay(0.25, 1, 0.5)
        model = a_number(start=1.0, learning_rate=schedule)
        for count in epochs:
            model.fit([[1.0]], [0.0], epochs=count, verbose=0)
        return model.get_weights()[0].item(), model.optimizer.learning_rate

    weight = (1 - 2 * 0.25) * (1 - 2 * 0.125) * (1 - 2 * 0.0625)
    assert rates(1, 2) == rates(3) == (weight, 0.25 / 8)


def test_a_rate_that_a_schedule_sets_cannot_be_set_by_hand():
    schedule = optimizers.schedules.ExponentialDecay(0.25, 1, 0.5)
    model = a_number(learning_rate=schedule)
    with pytest.raises(TypeError, match="learning-rate schedule"):
        model.optimizer.learning_rate = 0.1
    assert model.optimizer.learning_rate == 0.25
