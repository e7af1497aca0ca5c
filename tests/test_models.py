import copy
import gc
import pickle
import random
import threading
import time
import weakref

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import (
    callbacks,
    initializers,
    kernels,
    layers,
    models,
    optimizers,
    utils,
)
from fastmlp._check import names
from fastmlp._engine import build, runs
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


def a_stack(**first):
    return models.Sequential(
        [layers.Dense(5, "relu", **first), layers.Dense(CLASSES, "softmax")]
    )


def a_model(optimizer="rmsprop", metrics=("accuracy",), seed=1):
    utils.set_random_seed(seed)
    model = a_stack(input_shape=(FEATURES,))
    model.compile(optimizer, "categorical_crossentropy", metrics=list(metrics))
    return model


def bits(model):
    return [weight.tobytes() for weight in model.get_weights()]


def fit(model, x=X, y=Y, **arguments):
    return model.fit(x, y, **{"verbose": 0, "batch_size": 4, **arguments})


# -- Putting a model together -----------------------------------------------------


def test_layers_come_in_a_list_or_one_by_one():
    listed = a_stack(input_shape=(FEATURES,))
    added = models.Sequential()
    added.add(layers.Input((FEATURES,)))
    added.add(layers.Dense(5, activation="relu"))
    added.add(layers.Dense(CLASSES, activation="softmax"))
    for model in (listed, added):
        assert [layer.units for layer in model.layers] == [5, CLASSES]
        assert model.input_shape == (None, FEATURES)
        assert model.output_shape == (None, CLASSES)
        assert model.count_params() == (4 * 5 + 5) + (5 * 3 + 3)
        assert [weight.shape for weight in model.weights] == [
            (4, 5),
            (5,),
            (5, 3),
            (3,),
        ]


def test_the_package_stands_in_for_keras():
    model = keras.Sequential(
        [keras.Input(shape=(784,)), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=0.01),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    assert keras.Sequential is keras.models.Sequential
    assert keras.Input is keras.layers.Input
    assert model.count_params() == 7850
    for module in ("activations", "callbacks", "datasets", "initializers", "utils"):
        assert module in keras.__all__


def test_input_is_not_one_of_the_layers():
    model = models.Sequential([layers.Input((4,)), layers.Dense(3)])
    assert [type(layer) for layer in model.layers] == [layers.Dense]


def test_without_an_input_shape_the_first_data_build_the_model():
    for use in (
        lambda model: model.fit(X, Y, verbose=0),
        lambda model: model.evaluate(X, Y, verbose=0),
        lambda model: model.predict(X, verbose=0),
        lambda model: model.train_on_batch(X, Y),
        lambda model: model.test_on_batch(X, Y),
        lambda model: model.predict_on_batch(X),
        lambda model: model(X),
        lambda model: model.build((None, FEATURES)),
        lambda model: model.build([7, FEATURES]),
    ):
        model = a_stack()
        model.compile("sgd", "categorical_crossentropy")
        assert not model.built
        assert model.get_weights() == []
        use(model)
        assert model.built
        assert model.input_shape == (None, FEATURES)
        assert len(model.get_weights()) == 4


def test_to_build_a_model_again_changes_nothing():
    model = a_model()
    before, arrays = bits(model), [id(weight) for weight in model.weights]
    model.build((None, FEATURES))
    assert bits(model) == before
    assert [id(weight) for weight in model.weights] == arrays


def test_a_layer_that_was_built_before_gives_the_model_its_inputs():
    layer = layers.Dense(3)
    outputs = layer(X)
    model = models.Sequential([layer])
    assert model.input_shape == (None, FEATURES)
    assert np.array_equal(model(X), outputs)


def test_a_layer_that_is_called_on_its_own_does_not_build_its_model():
    model = a_stack()
    hidden = model.layers[0](X)
    assert not model.built
    expected = model.layers[1](hidden)
    assert model.predict(X, verbose=0) == pytest.approx(expected, abs=1e-6)


def test_a_layer_that_is_added_keeps_the_weights_of_the_others():
    model = a_model()
    fit(model)
    before = bits(model)
    model.add(layers.Dense(2))
    assert bits(model)[:4] == before
    assert model.output_shape == (None, 2)
    assert model.predict(X, verbose=0).shape == (ROWS, 2)


def test_a_model_that_grew_learns_on():
    model = a_model()
    fit(model)
    model.add(layers.Dense(CLASSES, "softmax", name="more"))
    before = bits(model)
    fit(model)
    assert all(old != new for old, new in zip(before, bits(model), strict=True))


def test_the_last_layer_can_be_taken_off_and_used_elsewhere():
    model = a_model()
    kernel, bias = model.get_weights()[2:]
    layer = model.pop()
    assert layer.name not in [other.name for other in model.layers]
    assert model.output_shape == (None, 5)
    assert np.array_equal(layer.kernel, kernel)
    other = models.Sequential([layers.Input((5,)), layer])
    fit(other_compiled(other), RNG.random((ROWS, 5)), Y)
    assert not np.array_equal(layer.kernel, kernel)
    assert np.array_equal(layer.bias, other.get_weights()[1])
    assert not np.array_equal(layer.bias, bias)


def other_compiled(model):
    model.compile("sgd", "categorical_crossentropy")
    return model


def test_two_models_may_share_a_layer_and_what_it_learns():
    shared = layers.Dense(5, activation="relu", name="shared")
    first, second = (
        models.Sequential([layers.Input((FEATURES,)), shared, layers.Dense(CLASSES)])
        for _ in range(2)
    )
    first.compile("sgd", "mse")
    second.compile("adam", "mse")
    before = second.predict(X, verbose=0)
    kernel = shared.get_weights()[0]
    fit(first)
    assert not np.array_equal(shared.get_weights()[0], kernel)
    assert first.layers[0] is second.layers[0]
    expected = second.layers[1](shared(X))
    np.testing.assert_array_equal(second.predict(X, verbose=0), expected)
    assert not np.array_equal(expected, before)
    learnt = shared.get_weights()[0]
    fit(second)
    assert not np.array_equal(shared.get_weights()[0], learnt)
    np.testing.assert_array_equal(
        first.predict(X, verbose=0), first.layers[1](shared(X))
    )


def test_a_layer_that_was_taken_off_keeps_its_weights_in_the_other_model():
    shared = layers.Dense(3, name="shared", input_shape=(4,))
    first, second = models.Sequential([shared]), models.Sequential([shared])
    x = np.ones((1, 4), np.float32)
    before = second.predict(x, verbose=0)
    assert first.pop() is shared
    first.add(layers.Dense(2))
    first.predict(x, verbose=0)
    np.testing.assert_array_equal(second.predict(x, verbose=0), before)


def test_an_optimizer_that_has_learnt_belongs_to_one_model():
    optimizer = optimizers.Adam(name="shared")
    first = a_model(optimizer)
    first.name = "first"
    fit(first)
    second = a_model("sgd")
    with pytest.raises(ValueError, match="'shared' belongs to the model 'first'"):
        second.compile(optimizer, "mse")
    assert second.optimizer.name == "sgd"
    assert optimizer.iterations == 3
    first.compile("sgd", "mse")
    second.compile(optimizer, "mse")
    assert optimizer.iterations == 0
    first.compile(optimizer, "mse")
    assert first.optimizer is optimizer
    # The second has none of its own any more, and takes no steps with that.
    with pytest.raises(ValueError, match="'shared' was given to another model since"):
        fit(second)


@pytest.mark.parametrize("collects", [True, False])
def test_whether_a_model_is_still_there_makes_no_difference(collects):
    optimizer = optimizers.Adam()
    first = a_model(optimizer)
    fit(first)
    del first
    if collects:
        gc.collect()
    with pytest.raises(ValueError, match="belongs to the model"):
        a_model(optimizer)


@pytest.mark.parametrize("make_copy", [copy.deepcopy, lambda m: pickled(m)])
def test_the_optimizer_of_a_copy_belongs_to_the_copy(make_copy):
    model = a_model()
    fit(model)
    copied = make_copy(model)
    with pytest.raises(ValueError, match="belongs to the model"):
        model.compile(copied.optimizer, "mse")


def test_a_model_that_nobody_needs_is_forgotten():
    model = a_model()
    fit(model)
    remembered = weakref.ref(model)
    del model
    gc.collect()
    assert remembered() is None


def test_a_model_may_consist_of_activations_alone():
    model = models.Sequential([layers.Input((4,)), layers.Activation("tanh")])
    model.compile("rmsprop", "mse")
    fit(model, X, X)
    assert model.count_params() == 0
    assert model.predict(X, verbose=0) == pytest.approx(np.tanh(X), abs=1e-6)


def test_names_count_up_unless_they_are_given():
    names.forget_names()
    model = models.Sequential(
        [layers.Dense(3), layers.Dense(3), layers.Dense(3, name="x")]
    )
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "x"]
    assert model.name == "sequential"
    assert models.Sequential().name == "sequential_1"
    assert models.Sequential(name="mine").name == "mine"


def test_two_layers_of_a_model_have_two_names():
    model = models.Sequential([layers.Dense(3, name="a")])
    with pytest.raises(ValueError, match=r"unique names.*'a' is already the name"):
        model.add(layers.Dense(4, name="a"))
    assert len(model.layers) == 1


def test_layers_are_found_by_name_and_by_place():
    model = models.Sequential([layers.Dense(3, name="a"), layers.Dense(4, name="b")])
    assert model.get_layer("b") is model.layers[1]
    assert model.get_layer(index=0) is model.layers[0]
    assert model.get_layer(index=np.int64(-1)) is model.layers[1]


def test_the_list_of_layers_is_a_copy():
    model = a_model()
    model.layers.clear()
    assert len(model.layers) == 2


def test_repr_says_what_it_is():
    model = a_stack()
    model.name = "mine"
    assert repr(model) == "<Sequential name=mine, built=False>"


# -- Weights ----------------------------------------------------------------------


def test_weights_come_out_as_copies():
    model = a_model()
    before = bits(model)
    for weight in model.get_weights():
        weight[...] = 7
    assert bits(model) == before


def test_variables_are_keras_other_word_for_weights():
    model = a_model()
    model.layers[0].trainable = False
    assert [id(one) for one in model.variables] == [id(one) for one in model.weights]
    kernel, bias, *learning = model.weights
    for found, expected in [
        (model.trainable_variables, learning),
        (model.non_trainable_variables, [kernel, bias]),
    ]:
        assert [one.shape for one in found] == [one.shape for one in expected]
        assert all(map(np.shares_memory, found, expected))


def test_weights_are_set_and_cast():
    model = a_model()
    new = [np.full(weight.shape, 0.1) for weight in model.get_weights()]
    model.set_weights([new[0].tolist(), *new[1:]])
    for weight in model.weights:
        assert weight.dtype == np.float32
        assert (weight == np.float32(0.1)).all()


def test_weights_that_are_exchanged_among_layers_are_read_before_they_are_written():
    model = models.Sequential([layers.Input((3,)), layers.Dense(3), layers.Dense(3)])
    first, bias1, second, bias2 = model.get_weights()
    model.set_weights([model.weights[i] for i in (2, 3, 0, 1)])
    expected = [second, bias2, first, bias1]
    for weight, wanted in zip(model.get_weights(), expected, strict=True):
        assert np.array_equal(weight, wanted)


def test_weights_set_on_a_layer_are_those_of_the_model():
    model = a_model()
    model.predict(X, verbose=0)
    last = model.layers[-1]
    last.set_weights([np.zeros((5, CLASSES)), np.log([1, 2, 1])])
    expected = np.tile([0.25, 0.5, 0.25], (ROWS, 1))
    assert model.predict(X, verbose=0) == pytest.approx(expected, abs=1e-6)


def test_set_weights_keeps_the_memory_of_the_optimizer():
    model, twin = a_model(), a_model()
    fit(model, shuffle=False)
    fit(twin, shuffle=False)
    twin.set_weights(twin.get_weights())
    fit(model, shuffle=False)
    fit(twin, shuffle=False)
    assert bits(model) == bits(twin)


# -- compile ----------------------------------------------------------------------


def test_to_compile_again_keeps_the_weights_and_forgets_the_memory():
    model = a_model(optimizers.RMSprop(momentum=0.9))
    fit(model)
    fresh = a_model(optimizers.RMSprop(momentum=0.9))
    fresh.set_weights(model.get_weights())
    before = bits(model)
    model.compile(optimizers.RMSprop(momentum=0.9), "categorical_crossentropy")
    assert bits(model) == before
    assert model.optimizer.iterations == 0
    assert model.metrics_names == ["loss"]
    model.train_on_batch(X, Y)
    fresh.train_on_batch(X, Y)
    assert bits(model) == bits(fresh)


def test_to_compile_with_the_optimizer_of_the_model_keeps_its_memory():
    model, twin = a_model("adam"), a_model("adam")
    for one in (model, twin):
        fit(one, shuffle=False)
    model.compile(model.optimizer, "categorical_crossentropy")
    for one in (model, twin):
        fit(one, shuffle=False)
    assert model.optimizer.iterations == twin.optimizer.iterations == 6
    assert bits(model) == bits(twin)


def test_a_compile_that_fails_leaves_the_optimizer_as_it_is():
    model = a_model("adam")
    fit(model)
    with pytest.raises(ValueError, match="Could not interpret loss"):
        model.compile(model.optimizer, "nonsense")
    assert model.optimizer.iterations == 3
    assert model.loss == "categorical_crossentropy"


@pytest.mark.filterwarnings("ignore:.* is a softmax, but other layers follow it")
@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.add(layers.Dense(CLASSES, "softmax", name="new")),
        lambda model: model.pop(),
    ],
    ids=["add", "pop"],
)
def test_the_optimizer_of_other_layers_begins_anew(change):
    model = a_model("adam")
    model.compile("adam", "mse")
    fit(model)
    change(model)
    assert model.optimizer.iterations == 0
    fresh = copy.deepcopy(model)
    fresh.compile("adam", "mse")
    targets = np.eye(ROWS, model.output_shape[1], dtype=np.float32)
    for one in (model, fresh):
        one.train_on_batch(X, targets)
    assert bits(model) == bits(fresh)


def test_what_was_compiled_can_be_looked_at():
    model = a_model("sgd", ["acc", "mse"])
    assert model.compiled
    assert isinstance(model.optimizer, optimizers.SGD)
    assert model.loss == "categorical_crossentropy"
    assert model.metrics_names == ["loss", "acc", "mse"]
    assert a_stack().metrics_names == []
    assert not a_stack().compiled
    assert not hasattr(a_stack(), "optimizer")
    assert not hasattr(a_stack(), "loss")


def test_compile_takes_its_arguments_in_the_order_of_keras():
    model = a_stack()
    model.compile("sgd", "categorical_crossentropy", None, ["mae"])
    assert model.metrics_names == ["loss", "mae"]


# -- Random numbers ---------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits():
    first, second = a_model(), a_model()
    utils.set_random_seed(5)
    one = fit(first, epochs=3)
    utils.set_random_seed(5)
    two = fit(second, epochs=3)
    assert one.history == two.history
    assert bits(first) == bits(second)


def test_another_seed_gives_other_weights_and_another_order():
    assert bits(a_model(seed=1)) != bits(a_model(seed=2))
    first, second = a_model(), a_model()
    utils.set_random_seed(5)
    fit(first)
    utils.set_random_seed(6)
    fit(second)
    assert bits(first) != bits(second)


def test_random_numbers_of_others_are_neither_read_nor_moved():
    def run(seed):
        utils.set_random_seed(5)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        before = np.random.get_state()[1].tobytes(), random.getstate()  # noqa: NPY002
        model = a_stack()
        model.compile("rmsprop", "categorical_crossentropy")
        fit(model, epochs=2, validation_split=0.2)
        after = np.random.get_state()[1].tobytes(), random.getstate()  # noqa: NPY002
        assert after == before
        return bits(model)

    assert run(1) == run(2)


# -- Callbacks --------------------------------------------------------------------


class Diary(callbacks.Callback):
    """Writes down every hook: its name, the number it got, and the names in logs."""

    def __init__(self):
        self.lines = []

    def set_model(self, model):
        super().set_model(model)
        self.lines.append("set_model")

    def set_params(self, params):
        super().set_params(params)
        self.lines.append(f"set_params {params}")


def _writing(hook):
    if "batch" in hook or "epoch" in hook:

        def write(self, number, logs=None):
            self.lines.append(f"{hook} {number} {' '.join(logs)}".strip())

    else:

        def write(self, logs=None):
            self.lines.append(f"{hook} {' '.join(logs)}".strip())

    return write


for _kind in ("train", "test", "predict"):
    for _when in ("begin", "end", "batch_begin", "batch_end"):
        setattr(Diary, f"on_{_kind}_{_when}", _writing(f"on_{_kind}_{_when}"))
for _when in ("begin", "end"):
    setattr(Diary, f"on_epoch_{_when}", _writing(f"on_epoch_{_when}"))


def test_the_hooks_of_fit_are_those_of_keras():
    diary = Diary()
    fit(
        a_model(),
        epochs=2,
        batch_size=5,
        validation_data=(X[:3], Y[:3]),
        callbacks=[diary],
    )
    values = "accuracy loss"
    epoch = [
        f"on_train_batch_begin 0|on_train_batch_end 0 {values}",
        f"on_train_batch_begin 1|on_train_batch_end 1 {values}",
        "on_test_begin",
        f"on_test_batch_begin 0|on_test_batch_end 0 {values}",
        f"on_test_end {values}",
    ]
    everything = f"{values} val_accuracy val_loss"
    expected = [
        "set_model",
        "set_params {'verbose': 0, 'epochs': 2, 'steps': 2}",
        "on_train_begin",
        *("on_epoch_begin 0", *epoch, f"on_epoch_end 0 {everything}"),
        *("on_epoch_begin 1", *epoch, f"on_epoch_end 1 {everything}"),
        f"on_train_end {everything}",
    ]
    assert diary.lines == "|".join(expected).split("|")


def test_the_hooks_of_evaluate_are_those_of_keras():
    diary = Diary()
    a_model().evaluate(X, Y, batch_size=5, verbose=0, callbacks=[diary])
    values = "accuracy loss"
    assert diary.lines == [
        "set_model",
        "set_params {'verbose': 0, 'epochs': 1, 'steps': 2}",
        "on_test_begin",
        "on_test_batch_begin 0",
        f"on_test_batch_end 0 {values}",
        "on_test_batch_begin 1",
        f"on_test_batch_end 1 {values}",
        f"on_test_end {values}",
    ]


def test_the_hooks_of_predict_are_those_of_keras():
    diary = Diary()
    a_model().predict(X, batch_size=5, verbose=0, callbacks=diary)
    assert diary.lines == [
        "set_model",
        "set_params {'verbose': 0, 'epochs': 1, 'steps': 2}",
        "on_predict_begin",
        "on_predict_batch_begin 0",
        "on_predict_batch_end 0 outputs",
        "on_predict_batch_begin 1",
        "on_predict_batch_end 1 outputs",
        "on_predict_end",
    ]


def test_no_epochs_still_begin_and_end():
    diary = Diary()
    fit(a_model(), epochs=0, callbacks=[diary])
    assert diary.lines[2:] == ["on_train_begin", "on_train_end"]


def test_the_outputs_of_every_batch_make_up_the_prediction():
    seen = []

    class Watch(callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append(logs["outputs"].copy())

    outputs = a_model().predict(X, batch_size=3, verbose=0, callbacks=[Watch()])
    assert [len(part) for part in seen] == [3, 3, 3, 1]
    assert np.array_equal(np.concatenate(seen), outputs)


def test_who_watches_every_batch_changes_nothing():
    watched, unwatched = a_model(), a_model()
    seen = fit(watched, epochs=3, shuffle=False, callbacks=[Diary()])
    unseen = fit(unwatched, epochs=3, shuffle=False)
    assert seen.history == unseen.history
    assert bits(watched) == bits(unwatched)


class BatchDiary(callbacks.Callback):
    """Writes down which batches it hears of, and may end the run after one."""

    def __init__(self, last=None, flag=None):
        self.heard, self.last, self.flag = [], last, flag

    def note(self, what, batch, logs):
        self.heard.append((what, batch))
        if logs and "outputs" in logs:
            self.heard[-1] += (len(logs["outputs"]),)
        if batch == self.last and what == "end":
            setattr(self.model, self.flag, True)

    def on_train_batch_begin(self, batch, logs=None):
        self.note("begin", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self.note("end", batch, logs)

    on_test_batch_begin = on_predict_batch_begin = on_train_batch_begin
    on_test_batch_end = on_predict_batch_end = on_train_batch_end


def in_batches(x, y=None, size=2):
    for begin in range(0, len(x), size):
        part = slice(begin, begin + size)
        yield x[part] if y is None else (x[part], y[part])


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_steps_per_execution_are_one_for_who_looks_at_each_batch(method, streams):
    model, diary = a_model(), BatchDiary()
    model.compile("sgd", "categorical_crossentropy", steps_per_execution=2)
    data = [X] if method == "predict" else [X, Y]
    settings = {"verbose": 0, "callbacks": [diary]}
    if streams:
        getattr(model, method)(in_batches(*data), **settings)
    else:
        getattr(model, method)(*data, batch_size=2, **settings)
    rows = [(4,), (4,), (2,)] if method == "predict" else [()] * 3
    expected = []
    for (first, last), row in zip([(0, 1), (2, 3), (4, 4)], rows, strict=True):
        expected += [("begin", first), ("end", last, *row)]
    assert diary.heard == expected


def test_steps_per_execution_change_no_bit_and_are_saved():
    one, several = a_model(), a_model()
    several.compile_from_config({**one.get_compile_config(), "steps_per_execution": 4})
    assert several.get_compile_config()["steps_per_execution"] == 4
    for model in (one, several):
        fit(model, shuffle=False, callbacks=[BatchDiary()])
    assert bits(one) == bits(several)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("method", "flag"),
    [("evaluate", "stop_evaluating"), ("predict", "stop_predicting")],
)
def test_a_callback_may_end_evaluating_and_predicting(method, flag, streams):
    model, diary = a_model(), BatchDiary(last=1, flag=flag)
    data = [X] if method == "predict" else [X, Y]
    settings = {"verbose": 0, "callbacks": [diary]}
    given = [in_batches(*data)] if streams else data
    size = {} if streams else {"batch_size": 2}
    found = getattr(model, method)(*given, **size, **settings)
    assert diary.heard[-1][:2] == ("end", 1)
    first = [part[:4] for part in data]
    expected = getattr(model, method)(*first, batch_size=2, verbose=0)
    assert np.array_equal(found, expected)


def stopping_at(hook, epoch=0):
    """Return a callback that ends the training in some hook."""

    def stop(self, *args, **kwargs):
        if len(self.model.history.epoch) == epoch:
            self.model.stop_training = True

    return type("Stop", (callbacks.Callback,), {hook: stop})()


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_epoch_end"])
def test_a_callback_may_end_the_training_after_an_epoch(hook):
    history = fit(a_model(), epochs=5, callbacks=[stopping_at(hook, epoch=1)])
    assert history.epoch == [0, 1]


def test_a_callback_may_end_the_training_after_a_batch():
    model, diary = a_model(), Diary()
    history = fit(
        model,
        epochs=3,
        validation_data=(X, Y),
        callbacks=[stopping_at("on_train_batch_end"), diary],
    )
    assert model.optimizer.iterations == 1
    assert [line for line in diary.lines if "train_batch_end" in line] == [
        "on_train_batch_end 0 accuracy loss"
    ]
    # As in Keras, the epoch is then brought to its end.
    assert history.epoch == [0]
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]


def test_the_next_fit_begins_anew_after_a_stop():
    model = a_model()
    fit(model, epochs=3, callbacks=[stopping_at("on_epoch_end")])
    assert fit(model, epochs=2).epoch == [0, 1]


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()])
@pytest.mark.parametrize(
    "hook", ["on_train_batch_end", "on_epoch_begin", "on_test_end"]
)
def test_an_error_in_a_callback_leaves_a_model_that_can_be_used(hook, error):
    def fail(self, *args, **kwargs):
        if self.model.history.epoch == [0]:
            raise error

    failing = type("Failing", (callbacks.Callback,), {hook: fail})()
    model = a_model()
    with pytest.raises(type(error)):
        fit(model, epochs=3, validation_data=(X, Y), callbacks=[failing])
    assert model.history.epoch == [0]
    assert list(model.history.history) == [
        "accuracy",
        "loss",
        "val_accuracy",
        "val_loss",
    ]
    assert np.isfinite(model.predict(X, verbose=0)).all()
    assert fit(model, epochs=2).epoch == [0, 1]


def test_an_interrupted_model_is_in_the_state_after_its_last_batch():
    class Interrupt(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise KeyboardInterrupt

    model, twin = a_model(), a_model()
    with pytest.raises(KeyboardInterrupt):
        fit(model, shuffle=False, callbacks=[Interrupt()])
    for first in (0, 4):
        twin.train_on_batch(X[first : first + 4], Y[first : first + 4])
    assert bits(model) == bits(twin)
    assert model.optimizer.iterations == 2
    # The memory of the optimizer, too.
    model.train_on_batch(X, Y)
    twin.train_on_batch(X, Y)
    assert bits(model) == bits(twin)


def test_a_callback_may_use_the_model():
    results = []

    class Use(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            results.append(self.model.evaluate(X, Y, verbose=0))
            results.append(self.model.predict(X, verbose=0).tolist())
            results.append(self.model(X).tolist())
            results.append(self.model.test_on_batch(X, Y))
            results.append(bits(copy.deepcopy(self.model)) == bits(self.model))

    model, twin = a_model(), a_model()
    history = fit(model, epochs=2, shuffle=False, callbacks=[Use()])
    assert history.history == fit(twin, epochs=2, shuffle=False).history
    assert bits(model) == bits(twin)
    assert results[-5] == model.evaluate(X, Y, verbose=0)
    assert results[-4] == results[-3] == model.predict(X, verbose=0).tolist()
    assert results[-1] is True
    assert model.history is history


CHANGES = {
    "fit": lambda model: fit(model),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "compile": lambda model: model.compile("sgd", "mse"),
    "add": lambda model: model.add(layers.Dense(2, name="new")),
    "pop": lambda model: model.pop(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_model_that_is_trained_cannot_be_changed_meanwhile(change):
    class Meddle(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            with pytest.raises(RuntimeError, match="'busy' is being trained"):
                change(self.model)

    model, twin = a_model(), a_model()
    model.name = "busy"
    history = fit(model, epochs=2, shuffle=False, callbacks=[Meddle()])
    assert history.history == fit(twin, epochs=2, shuffle=False).history
    assert bits(model) == bits(twin)
    change(model)


def test_a_second_fit_from_another_thread_is_refused():
    model = a_model()
    errors = []

    def second_fit():
        try:
            fit(model)
        except RuntimeError as error:
            errors.append(str(error))

    class Wait(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            thread = threading.Thread(target=second_fit)
            thread.start()
            thread.join()

    history = fit(model, callbacks=[Wait()])
    assert history.epoch == [0]
    assert len(errors) == 1
    assert "is being trained" in errors[0]


def zeros_like(layer_or_model):
    return [np.zeros_like(weight) for weight in layer_or_model.weights]


def model_that_shares(layer):
    other = models.Sequential([layer], name="other")
    other.compile("sgd", "mse")
    return other


# What changes weights of a model, though it may be called on something else.
MEDDLERS = {
    "model.set_weights": lambda model: model.set_weights(zeros_like(model)),
    "layer.set_weights": lambda model: model.layers[0].set_weights(
        zeros_like(model.layers[0])
    ),
    "fit of another model with its layer": lambda model: model_that_shares(
        model.layers[0]
    ).fit(X, np.zeros((len(X), model.layers[0].units)), verbose=0),
    "set_weights of another model with its layer": lambda model: model_that_shares(
        model.layers[0]
    ).set_weights(zeros_like(model.layers[0])),
}


@pytest.mark.parametrize("meddle", MEDDLERS.values(), ids=MEDDLERS)
def test_weights_are_not_set_while_another_thread_trains_the_model(meddle):
    model = a_model()
    errors = []

    def meddle_in_vain():
        try:
            meddle(model)
        except RuntimeError as error:
            errors.append(str(error))

    class Wait(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            before = bits(model)
            thread = threading.Thread(target=meddle_in_vain)
            thread.start()
            thread.join()
            assert bits(model) == before
            # A callback is called between two batches.
            meddle(model)
            assert bits(model) != before

    fit(model, callbacks=[Wait()])
    assert len(errors) == 1
    assert "is being trained" in errors[0]
    meddle(model)


def test_moments_are_not_moved_while_another_thread_trains_the_model():
    scaled, normalized = layers.Normalization(), layers.BatchNormalization()
    model = models.Sequential([scaled, normalized, layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    changes = [lambda: scaled.adapt(X), lambda: normalized(X, training=True)]
    errors = []

    def meddle():
        for change in changes:
            try:
                change()
            except RuntimeError as error:
                errors.append(str(error))

    class Wait(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            before = bits(model)
            thread = threading.Thread(target=meddle)
            thread.start()
            thread.join()
            assert bits(model) == before

    fit(model, callbacks=[Wait()])
    assert len(errors) == 2
    assert all("is being trained" in error for error in errors)


def test_threads_whose_data_come_first_build_the_model_once():
    class Slow(initializers.Initializer):
        """Draws so slowly that the other thread comes in between."""

        def __call__(self, shape, dtype=None):
            drawn.append(shape)
            time.sleep(0.02)
            return np.full(shape, float(len(drawn)), np.float32)

    drawn, results = [], []
    model = models.Sequential([layers.Dense(2, kernel_initializer=Slow())])
    threads = [
        threading.Thread(target=lambda: results.append(model.predict(X, verbose=0)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == [(FEATURES, 2)]
    assert np.array_equal(*results)


def test_threads_may_predict_at_the_same_time():
    model = a_model()
    x = RNG.random((2000, FEATURES))
    expected = model.predict(x, verbose=0)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(model.predict(x, verbose=0)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.array_equal(result, expected) for result in results)


def test_a_model_predicts_while_another_thread_trains_it():
    model, twin = a_model(), a_model()
    x = RNG.random((500, FEATURES))
    predictions, predicted = [], threading.Event()

    class WaitForOne(callbacks.Callback):
        """The training may be over before this thread comes to its turn."""

        def on_epoch_end(self, epoch, logs=None):
            assert predicted.wait(60)

    fit(twin, epochs=300, shuffle=False)
    thread = threading.Thread(
        target=fit,
        args=(model,),
        kwargs={"epochs": 300, "shuffle": False, "callbacks": [WaitForOne()]},
    )
    thread.start()
    while thread.is_alive():
        predictions.append(model.predict(x, verbose=0))
        predicted.set()
    np.testing.assert_allclose(np.sum(predictions, axis=2), 1, rtol=1e-5)
    assert bits(model) == bits(twin)


def test_data_that_change_during_the_training_do_no_harm():
    x, labels = X.copy(), LABELS.copy()

    class Spoil(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            x[...] = 0.5
            labels[...] = 10**6

    utils.set_random_seed(1)
    model = a_stack()
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = fit(model, x, labels, epochs=3, callbacks=[Spoil()])
    assert np.isfinite(history.history["loss"]).all()


class Resize(callbacks.Callback):
    """Tries to let go of the memory of arrays, and of what they are views of."""

    def __init__(self, arrays):
        self.arrays = arrays

    def resize(self, arrays):
        for array in arrays:
            with pytest.raises(ValueError, match="cannot resize"):
                array.resize(1, refcheck=False)

    def on_train_batch_end(self, batch, logs=None):
        self.resize([*self.arrays, *(one.base for one in self.model.weights)])

    def on_test_batch_end(self, batch, logs=None):
        self.resize(self.arrays)

    def on_predict_batch_end(self, batch, logs=None):
        self.resize([*self.arrays, logs["outputs"].base])


def test_memory_that_is_worked_with_stays_in_its_place():
    arrays = {
        "x": X.astype(np.float32),
        "y": Y.astype(np.float32),
        "sample_weight": np.ones(ROWS, np.float32),
    }
    tests = tuple(array.copy() for array in arrays.values())
    model = a_model()
    meddler = Resize([*arrays.values(), *tests])
    model.fit(
        **arrays,
        validation_data=(tests[0], tests[1], tests[2]),
        batch_size=4,
        callbacks=[meddler],
        verbose=0,
    )
    # A view of what the user has is no other memory.
    x = arrays["x"]
    meddler = Resize([x])
    model.evaluate(x[1:], Y[1:], batch_size=4, callbacks=[meddler], verbose=0)
    model.predict(x[1:], batch_size=4, callbacks=[meddler], verbose=0)
    x.resize(1, refcheck=False)


# -- evaluate, predict and single batches -----------------------------------------


def test_evaluate_returns_numbers_in_the_order_of_compile():
    model = a_model(metrics=["mse", "accuracy"])
    values = model.evaluate(X, Y, verbose=0)
    assert [type(value) for value in values] == [float] * 3
    p = model.predict(X, verbose=0).astype(float)
    loss = -np.log(p[np.arange(ROWS), LABELS]).mean()
    squared_error = ((p - Y) ** 2).mean()
    accuracy = (p.argmax(axis=1) == LABELS).mean()
    assert values == pytest.approx([loss, squared_error, accuracy], abs=1e-6)


@pytest.mark.parametrize("call", ["evaluate", "test_on_batch", "train_on_batch"])
def test_results_come_as_a_number_a_list_or_a_dictionary(call):
    several = getattr(a_model(metrics=["mse", "acc"]), call)
    assert [type(value) for value in several(X, Y)] == [float] * 3
    assert list(several(X, Y, return_dict=True)) == ["acc", "loss", "mse"]
    alone = getattr(a_model(metrics=[]), call)
    assert type(alone(X, Y)) is float
    assert list(alone(X, Y, return_dict=True)) == ["loss"]


def test_test_on_batch_works_in_blocks_and_measures_one_batch(monkeypatch):
    x, y = np.tile(X, (300, 1)), np.tile(Y, (300, 1))
    model = a_model()
    expected = model.evaluate(x, y, batch_size=len(x), verbose=0)
    sizes, borrow = [], runs.WorkspacePool.borrow

    def noting(pool, samples, size, threads):
        sizes.append(size)
        return borrow(pool, samples, size, threads)

    monkeypatch.setattr(runs.WorkspacePool, "borrow", noting)
    assert model.test_on_batch(x, y) == expected
    if kernels.backend == "compiled":
        assert max(sizes) <= runs.BLOCK_ROWS * kernels.num_threads() < len(x)


def test_evaluate_predict_and_test_on_batch_leave_the_model_as_it_is():
    model = a_model()
    fit(model)
    before = pickle.dumps(model)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    model.test_on_batch(X, Y)
    model(X)
    assert pickle.dumps(model) == before


@same_bits_for_any_batch_size
def test_the_batch_size_of_evaluate_and_predict_changes_nothing():
    model = a_model()
    sizes = (None, 1, 3, ROWS, 1000)
    assert len({repr(model.evaluate(X, Y, size, verbose=0)) for size in sizes}) == 1
    assert len({model.predict(X, size, verbose=0).tobytes() for size in sizes}) == 1


def test_predictions_are_new_float32_arrays():
    model = a_model()
    for predict in (
        lambda x: model.predict(x, verbose=0),
        model.predict_on_batch,
        model,
        lambda x: model(x, training=True),
    ):
        outputs = predict(X)
        assert isinstance(outputs, np.ndarray)
        assert outputs.dtype == np.float32
        assert outputs.shape == (ROWS, CLASSES)
        assert outputs.flags.writeable
        assert outputs.tobytes() == model.predict(X, verbose=0).tobytes()
        outputs[...] = 7
        assert predict(X).max() <= 1


def test_no_rows_give_no_predictions():
    model = a_model()
    for outputs in (model.predict(X[:0], verbose=0), model(X[:0])):
        assert outputs.shape == (0, CLASSES)
        assert outputs.dtype == np.float32


def test_predict_needs_no_compile():
    model = a_stack(input_shape=(FEATURES,))
    assert model.predict(X, verbose=0).shape == (ROWS, CLASSES)


@pytest.mark.parametrize(
    "optimizer", [optimizers.RMSprop, optimizers.SGD], ids=["rmsprop", "sgd"]
)
def test_train_on_batch_is_one_step_of_fit(optimizer):
    fitted = a_model(optimizer(0.01, momentum=0.9))
    stepped = a_model(optimizer(0.01, momentum=0.9))
    history = fit(fitted, epochs=2, batch_size=ROWS, shuffle=False)
    results = [stepped.train_on_batch(X, Y, return_dict=True) for _ in range(2)]
    assert bits(fitted) == bits(stepped)
    for name, values in history.history.items():
        assert values == [result[name] for result in results]


def test_every_call_counts_its_metrics_anew():
    model = a_model(optimizers.SGD(0.0))
    once = model.train_on_batch(X, Y)
    model.train_on_batch(X[:2], Y[:2])
    model.reset_metrics()
    assert model.train_on_batch(X, Y) == once


def test_train_on_batch_measures_before_it_learns():
    model = a_model()
    expected = model.test_on_batch(X, Y)
    assert model.train_on_batch(X, Y) == expected
    assert model.test_on_batch(X, Y) != expected


# -- Copies -----------------------------------------------------------------------


def pickled(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("make_copy", [pickled, copy.deepcopy, copy.copy])
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: optimizers.RMSprop(momentum=0.5, centered=True),
        lambda: optimizers.SGD(momentum=0.9, nesterov=True),
    ],
    ids=["rmsprop", "sgd"],
)
def test_a_copy_goes_on_bit_for_bit_and_on_its_own(make_copy, optimizer):
    model = a_model(optimizer())
    fit(model, epochs=2)
    model.optimizer.learning_rate = 0.125
    twin = make_copy(model)
    assert twin.name == model.name
    assert twin.history.history == model.history.history
    assert twin.optimizer is not model.optimizer
    assert twin.optimizer.iterations == model.optimizer.iterations
    assert twin.predict(X, verbose=0).tobytes() == model.predict(X, verbose=0).tobytes()
    before = bits(twin)
    fit(model, epochs=2, shuffle=False)
    assert bits(twin) == before
    fit(twin, epochs=2, shuffle=False)
    assert bits(twin) == bits(model)
    assert twin.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert np.array_equal(twin.layers[0].kernel, twin.get_weights()[0])


@pytest.mark.parametrize("make_copy", [pickled, copy.deepcopy, copy.copy])
def test_models_can_be_copied_at_any_stage(make_copy):
    empty = make_copy(models.Sequential())
    assert empty.layers == []
    unbuilt = make_copy(a_stack())
    assert not unbuilt.built
    uncompiled = make_copy(a_stack(input_shape=(FEATURES,)))
    assert uncompiled.built
    assert not uncompiled.compiled
    unbuilt.compile("sgd", "categorical_crossentropy")
    waiting = make_copy(unbuilt)
    fit(waiting)
    assert waiting.built
    assert not unbuilt.built


def test_a_copy_has_layers_of_its_own():
    model = a_model()
    twin = copy.deepcopy(model)
    before = bits(twin)
    fit(model)
    assert bits(twin) == before
    twin.add(layers.Dense(2, name="more"))
    assert len(model.layers) == 2


def test_a_layer_with_a_call_of_its_own_is_refused():
    class Doubled(layers.Dense):
        def call(self, x):
            return 2 * super().call(x)

    with pytest.raises(ValueError, match="Dense is compiled"):
        models.Sequential([doubled := Doubled(3, input_shape=(4,))])
    assert not doubled.built


@pytest.mark.parametrize(
    "answer", [None, 5, (5,), (None, 0), (None, "5"), [None, 2.5], (None, -1)]
)
def test_a_layer_that_gives_no_shape_is_named_and_leaves_the_model_as_it_was(answer):
    class Odd(layers.Dense):
        def compute_output_shape(self, input_shape):
            return answer

    model = models.Sequential([layers.Input((4,))])
    odd = Odd(3, name="odd")
    with pytest.raises(ValueError, match=r"`compute_output_shape` of layer 'odd' must"):
        model.add(odd)
    assert not odd.built
    assert model.layers == []


@pytest.mark.parametrize(
    "answer", [None, [(4, 3)], {"kernel": 12}, {0: (4, 3)}, {"kernel": (4, -3)}]
)
def test_a_layer_that_gives_no_shapes_of_weights_is_named(answer):
    class Odd(layers.Dense):
        def weight_shapes(self, input_shape):
            return answer

    model = models.Sequential([Odd(3, name="odd")])
    with pytest.raises(ValueError, match=r"`weight_shapes` of layer 'odd' must return"):
        model.predict(X, verbose=0)
    assert not model.built


def test_a_layer_whose_build_builds_nothing_is_named():
    class Lazy(layers.Dense):
        def build(self, input_shape):
            pass

    with pytest.raises(ValueError, match="Layer 'lazy' has a `build` of its own"):
        models.Sequential([layers.Input((4,)), Lazy(3, name="lazy")])


def test_what_a_layer_says_of_itself_later_does_not_matter_to_predictions():
    class Turncoat(layers.Dense):
        says = True

        def compute_output_shape(self, input_shape):
            return super().compute_output_shape(input_shape) if self.says else None

        def weight_shapes(self, input_shape):
            return super().weight_shapes(input_shape) if self.says else None

    model = models.Sequential([Turncoat(CLASSES, "softmax", input_shape=(FEATURES,))])
    model.compile("sgd", "categorical_crossentropy")
    before = model.predict(X, verbose=0)
    Turncoat.says = False
    assert model.predict(X, verbose=0).tobytes() == before.tobytes()
    fit(model)
    assert model.predict(X, verbose=0).shape == (ROWS, CLASSES)


def test_a_layer_of_a_subclass_with_other_defaults_is_a_layer():
    class Hidden(layers.Dense):
        def __init__(self, units=7):
            super().__init__(units, activation="relu")

    model = models.Sequential([layers.Input((4,)), Hidden()])
    assert model.output_shape == (None, 7)


def test_a_plan_and_samples_that_do_not_fit_never_meet():
    model = a_model()
    samples = Samples(len(X), (X,), (Target(Y),))
    pool = model._network.pool_for(X.shape[1:])
    for wrong in (
        samples._replace(inputs=(X[:, :-1].copy(),)),
        samples._replace(targets=(Target(Y[:, :-1].copy()),)),
        samples._replace(targets=(Target(labels=np.full(len(X), 99, np.intc)),)),
    ):
        with pytest.raises(RuntimeError, match="was changed while it was being used"):
            Run(pool, wrong, 8, TRAIN)


def test_scratch_space_does_not_pile_up():
    model = a_model()
    for rows in range(1, 40):
        model.predict_on_batch(np.ones((rows, X.shape[1]), np.float32))
    spares = model._network.pool_for(X.shape[1:])._free
    assert 1 < len(spares) < 30
    assert sum(space.size for _, space in spares) <= runs._MOST_SPARE


def test_scratch_space_of_each_kind_of_call_is_used_again():
    model = a_model()
    pool = model._network.pool_for(X.shape[1:])
    for _ in range(20):
        model.train_on_batch(X[:4], Y[:4])
        model.predict_on_batch(X[:4])
        model.evaluate(X, Y, verbose=0)
    assert len(pool._free) == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_a_bad_value_among_zeros_is_found_before_anything_is_built(bad):
    x = np.zeros((50, 100))
    x[:, ::10] = 1
    x[31, 70] = bad
    model = models.Sequential([layers.Dense(32), layers.Dense(CLASSES, "softmax")])
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=r"x\[31, 70\] is"):
        model.fit(x, np.zeros(50), verbose=0)
    assert not model.built


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.int32])
def test_sparse_inputs_train_to_the_same_bits_in_any_dtype(dtype):
    x = (RNG.random((60, 100)) < 0.2) * RNG.integers(0, 90, (60, 100))
    y = RNG.integers(0, CLASSES, 60)

    def weights(inputs):
        utils.set_random_seed(3)
        model = models.Sequential([layers.Dense(32), layers.Dense(CLASSES, "softmax")])
        model.compile("rmsprop", "sparse_categorical_crossentropy")
        model.fit(inputs, y, verbose=0)
        return [weight.tobytes() for weight in model.get_weights()]

    assert weights(x.astype(dtype)) == weights(x.astype(np.float32))


def test_what_learns_is_decided_when_compile_is_called():
    model = a_model()
    model.layers[0].trainable = False
    model.predict(X, verbose=0)  # makes the plan
    model.layers[0].trainable = True
    before = bits(model)
    fit(model)
    assert bits(model)[0] != before[0]


def test_a_plan_that_is_made_while_another_thread_compiles_is_not_kept(monkeypatch):
    model = a_model()
    begun, go_on = threading.Event(), threading.Event()
    build_plan = build.build_plan

    def slow(*arguments):
        begun.set()
        go_on.wait(10)
        return build_plan(*arguments)

    monkeypatch.setattr(build, "build_plan", slow)
    predicting = threading.Thread(target=lambda: model.predict(X, verbose=0))
    predicting.start()
    begun.wait(10)
    compiling = threading.Thread(target=lambda: model.compile("sgd", "mse"))
    compiling.start()
    compiling.join(0.1)
    go_on.set()
    for thread in (predicting, compiling):
        thread.join(10)
    error = np.square(model.predict(X, verbose=0) - Y).mean()
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(error, rel=1e-5)


def test_steps_are_counted_even_if_ctrl_c_comes_right_after_them(monkeypatch):
    model = a_model()
    run = kernels.run

    def interrupted(*arguments, **rest):
        run(*arguments, **rest)
        raise KeyboardInterrupt

    monkeypatch.setattr(kernels, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.train_on_batch(X, Y)
    assert model.optimizer.iterations == 1


@pytest.mark.parametrize("skipping", ["off", "on"])
def test_the_batch_size_changes_no_bit_of_a_prediction_nor_a_metric(skipping):
    rng = np.random.default_rng(0)
    x = rng.random((700, 70)) * (rng.random((700, 70)) < 0.2)
    y = rng.integers(0, 3, 700)
    model = models.Sequential(
        [layers.Input((70,)), layers.Dense(90, "relu"), layers.Dense(3, "softmax")]
    )
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    exact = 0 if kernels.backend == "compiled" else 1e-5
    keras.config.set_zero_skipping(skipping)
    try:
        wanted = model.predict(x, verbose=0)
        scores = model.evaluate(x, y, verbose=0)
        for batch_size in (1, 100, 700, 5000):
            found = model.predict(x, batch_size=batch_size, verbose=0)
            np.testing.assert_allclose(found, wanted, rtol=exact)
            found = model.evaluate(x, y, batch_size=batch_size, verbose=0)
            assert found == pytest.approx(scores, rel=exact or 1e-12)
        np.testing.assert_allclose(model.predict_on_batch(x), wanted, rtol=exact)
    finally:
        keras.config.set_zero_skipping("auto")
