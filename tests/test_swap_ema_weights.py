"""Averages that change places with the weights while a model is evaluated."""

import pytest

import fastmlp
from fastmlp import callbacks, layers, optimizers

X, Y = [[1.0]] * 3, [[0.0]] * 3
# The weight begins at 10, and each step takes 1/2 off: 9.5, 9, 8.5.
AVERAGE = 0.75 * (0.75 * 9.5 + 0.25 * 9) + 0.25 * 8.5


def a_model(**averages):
    model = fastmlp.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(0.5, **averages), "mae")
    model.set_weights([[[10.0]]])
    return model


def averaging():
    return a_model(use_ema=True, ema_momentum=0.75)


def weight(model):
    return model.get_weights()[0].item()


def fit(model, *more, epochs=1):
    return model.fit(
        X, Y, batch_size=1, verbose=0, epochs=epochs, callbacks=[*more],
        validation_data=([[1.0]], [[0.0]]),
    ).history  # fmt: skip


class Seeing(callbacks.Callback):
    """Notes the weight at each point."""

    def __init__(self):
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(("begin", weight(self.model)))

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(("end", weight(self.model)))


def test_validation_is_that_of_the_averages_and_training_goes_on_with_the_weights():
    model, seeing = averaging(), Seeing()
    history = fit(model, callbacks.SwapEMAWeights(), seeing)
    assert history["val_loss"] == [AVERAGE]
    assert seeing.seen == [("begin", 10), ("end", 8.5)]
    assert weight(model) == AVERAGE


def test_callbacks_behind_it_find_the_averages_where_they_are_to():
    model, seeing = averaging(), Seeing()
    fit(model, callbacks.SwapEMAWeights(swap_on_epoch=True), seeing, epochs=2)
    assert seeing.seen[:3] == [("begin", 10), ("end", AVERAGE), ("begin", 8.5)]
    assert weight(model) == seeing.seen[3][1]


def test_a_training_that_is_stopped_ends_with_the_averages_too():
    # Keras then takes the weights, which were where the averages belong.
    model = averaging()
    stop = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", True)
    )
    fit(model, callbacks.SwapEMAWeights(swap_on_epoch=True), stop, epochs=5)
    assert weight(model) == AVERAGE


def test_evaluate_and_predict_take_it_and_leave_the_weights_where_they_were():
    model, swap = averaging(), callbacks.SwapEMAWeights()
    for _ in range(3):
        model.train_on_batch([[1.0]], [[0.0]])
    assert model.evaluate([[1.0]], [[0.0]], verbose=0, callbacks=[swap]) == AVERAGE
    assert weight(model) == 8.5
    found = model.predict([[1.0]], verbose=0, callbacks=[swap])
    assert found.item() == AVERAGE
    assert weight(model) == 8.5


def test_before_the_first_step_there_are_no_averages():
    model = averaging()
    swap = callbacks.SwapEMAWeights()
    assert model.evaluate([[1.0]], [[0.0]], verbose=0, callbacks=[swap]) == 10


def test_an_optimizer_without_averages_is_refused():
    with pytest.raises(ValueError, match=r"keeps no averages.*use_ema=True"):
        fit(a_model(), callbacks.SwapEMAWeights())
