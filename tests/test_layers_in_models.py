"""Layers in a model that learns: shapes, what stays fixed, and what only `fit` does."""

import copy
import pickle

import numpy as np
import pytest

from fastmlp import layers, losses, models, optimizers, utils

ROWS, FEATURES, CLASSES = 12, 6, 3
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, FEATURES)).astype(np.float32)
LABELS = RNG.integers(0, CLASSES, ROWS)
Y = np.eye(CLASSES, dtype=np.float32)[LABELS]


def a_model(*first, loss="categorical_crossentropy", optimizer="rmsprop"):
    """Return a compiled model of some layers, and a softmax behind them."""
    utils.set_random_seed(1)
    model = models.Sequential([*first, layers.Dense(CLASSES, "softmax")])
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def learn(model, x=X, y=Y, **arguments):
    settings = {"batch_size": 4, "epochs": 3, "shuffle": False, "verbose": 0}
    return model.fit(x, y, **{**settings, **arguments})


def bits(model):
    return [weight.tobytes() for weight in model.get_weights()]


# -- Samples that are no rows -----------------------------------------------------

IMAGES = X.reshape(ROWS, 2, 3)


def test_flattened_images_are_rows():
    flat = a_model(layers.Input((FEATURES,)))
    images = a_model(layers.Input((2, 3)), layers.Flatten())
    expected = learn(flat, validation_split=0.25)
    assert learn(images, IMAGES, validation_split=0.25).history == expected.history
    assert bits(images) == bits(flat)
    assert images.input_shape == (None, 2, 3)
    for use in (
        lambda model, x: model.evaluate(x, Y, verbose=0),
        lambda model, x: model.test_on_batch(x, Y),
        lambda model, x: model.train_on_batch(x, Y),
        lambda model, x: model.predict(x, verbose=0).tolist(),
        lambda model, x: model.predict(iter([x]), verbose=0).tolist(),
        lambda model, x: model.predict_on_batch(x[:1]).tolist(),
        lambda model, x: model(x).tolist(),
        lambda model, x: model(x, training=True).tolist(),
    ):
        assert use(images, IMAGES) == use(flat, X)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.float32])
def test_images_may_be_of_any_dtype(dtype):
    images = (9 * IMAGES).astype(dtype)
    one = a_model(layers.Input((2, 3)), layers.Flatten())
    other = a_model(layers.Input((2, 3)), layers.Flatten())
    learn(one, images)
    learn(other, images.astype(np.float32))
    assert bits(one) == bits(other)


def test_the_first_images_build_the_model():
    model = a_model(layers.Flatten())
    learn(model, IMAGES)
    assert model.input_shape == (None, 2, 3)
    assert model.layers[0].output_shape == (None, 6)


def test_rescaled_pixels_teach_what_scaled_ones_do():
    pixels = RNG.integers(0, 256, (ROWS, 2, 3)).astype(np.uint8)
    rescaled = a_model(
        layers.Input((2, 3)), layers.Rescaling(2.0**-8, offset=-0.5), layers.Flatten()
    )
    scaled = a_model(layers.Input((FEATURES,)))
    learn(rescaled, pixels)
    learn(scaled, pixels.reshape(ROWS, -1) / 256 - 0.5)
    for ours, theirs in zip(rescaled.get_weights(), scaled.get_weights(), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    "first",
    [
        [layers.Flatten(), layers.Rescaling(1 / 255)],
        [layers.Flatten(), layers.Normalization(mean=128.0, variance=400.0)],
        [layers.Flatten(), layers.BatchNormalization()],
    ],
    ids=["Rescaling", "Normalization", "BatchNormalization"],
)
def test_pixels_need_no_division_where_the_first_layer_scales_them(first):
    pixels = RNG.integers(0, 256, (ROWS, 2, 3))
    model = a_model(layers.Input((2, 3)), *first)
    learn(model, pixels, validation_data=(pixels, Y))
    model.evaluate(pixels, Y, verbose=0)
    model.predict(pixels, verbose=0)
    model(pixels, training=True)


def test_pixels_are_noticed_where_another_layer_comes_before_the_scale():
    pixels = RNG.integers(0, 256, (ROWS, FEATURES))
    model = a_model(layers.Dense(4, "relu"), layers.BatchNormalization())
    with pytest.warns(UserWarning, match="divide by 255"):
        learn(model, pixels)


def test_outputs_keep_the_shape_that_the_last_layer_gives_them():
    model = models.Sequential([layers.Input((2, 3)), layers.Rescaling(2.0)])
    for outputs in (model.predict(IMAGES, verbose=0), model(IMAGES)):
        assert np.array_equal(outputs, 2 * IMAGES)
    assert model.predict(IMAGES[:0], verbose=0).shape == (0, 2, 3)
    assert model.output_shape == (None, 2, 3)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (X, r"\(rows, 2, 3\), but it has shape \(12, 6\).*x.reshape\(len\(x\), 2, 3\)"),
        (RNG.random((ROWS, 3, 2)), r"samples of shape \(2, 3\).*\(12, 3, 2\)"),
        (IMAGES[0], r"\(rows, 2, 3\), but it has shape \(2, 3\)"),
    ],
)
def test_images_of_another_shape_are_refused(x, words):
    model = a_model(layers.Input((2, 3)), layers.Flatten())
    before = bits(model)
    for use in (
        lambda: learn(model, x, Y[: len(x)]),
        lambda: learn(model, IMAGES, Y, validation_data=(x, Y[: len(x)])),
        lambda: model.evaluate(x, Y[: len(x)], verbose=0),
        lambda: model.predict(x, verbose=0),
        lambda: model.train_on_batch(x, Y[: len(x)]),
        lambda: model(x),
    ):
        with pytest.raises(ValueError, match=words):
            use()
    assert bits(model) == before


# -- Layers that stay fixed -------------------------------------------------------


def what_changed(model):
    before = bits(model)
    learn(model)
    return [old != new for old, new in zip(before, bits(model), strict=True)]


def three_layers(optimizer="rmsprop"):
    return a_model(
        layers.Input((FEATURES,)),
        layers.Dense(5, "tanh"),
        layers.Dense(4, "relu"),
        optimizer=optimizer,
    )


@pytest.mark.parametrize("frozen", [[0], [1], [2], [0, 1], [0, 2], [0, 1, 2]])
@pytest.mark.parametrize(
    "make_optimizer",
    [
        lambda: optimizers.RMSprop(momentum=0.5),
        lambda: optimizers.AdamW(),
        lambda: optimizers.SGD(weight_decay=0.1, clipnorm=1.0),
    ],
    ids=["rmsprop", "adamw", "sgd"],
)
def test_a_layer_that_is_not_trainable_stays_as_it_is(frozen, make_optimizer):
    model = three_layers()
    for place in frozen:
        model.layers[place].trainable = False
    model.compile(make_optimizer(), "categorical_crossentropy")
    expected = [place not in frozen for place in (0, 0, 1, 1, 2, 2)]
    assert what_changed(model) == expected
    assert len(model.trainable_weights) == sum(expected)
    assert len(model.non_trainable_weights) == 6 - sum(expected)


def test_the_layers_behind_a_frozen_one_learn_from_its_outputs():
    model, top = three_layers(), a_model(layers.Input((4,)))
    for layer in model.layers[:2]:
        layer.trainable = False
    model.compile("rmsprop", "categorical_crossentropy")
    hidden = model.layers[1](model.layers[0](X))
    top.set_weights(model.layers[2].get_weights())
    learn(model)
    learn(top, hidden)
    for ours, theirs in zip(
        model.layers[2].get_weights(), top.get_weights(), strict=True
    ):
        assert ours == pytest.approx(theirs, abs=1e-6)


def test_a_frozen_model_learns_nothing_whatever_its_layers_say():
    model = three_layers()
    model.trainable = False
    model.layers[0].trainable = True
    model.compile("rmsprop", "categorical_crossentropy")
    assert not any(what_changed(model))
    assert model.trainable_weights == []
    model.trainable = True
    model.compile("rmsprop", "categorical_crossentropy")
    assert all(what_changed(model))


def test_a_model_may_be_frozen_from_the_start():
    layer = layers.Dense(CLASSES, "softmax", input_shape=(FEATURES,))
    model = models.Sequential([layer], trainable=False)
    model.compile("sgd", "categorical_crossentropy")
    assert not any(what_changed(model))


def test_the_weights_of_a_frozen_model_add_nothing_to_the_loss():
    def losses_of(**settings):
        utils.set_random_seed(1)
        dense = layers.Dense(
            CLASSES, "softmax", input_shape=(FEATURES,), kernel_regularizer="l2"
        )
        model = models.Sequential([dense], **settings)
        model.compile("sgd", "categorical_crossentropy")
        return model.evaluate(X, Y, verbose=0), dense

    frozen, dense = losses_of(trainable=False)
    learning, _ = losses_of()
    penalty = 0.01 * np.square(dense.weights[0]).sum()
    assert learning - frozen == pytest.approx(penalty, abs=1e-6)


def test_a_frozen_model_has_no_memory_in_its_files(tmp_path):
    def saved(trainable):
        layer = layers.Dense(CLASSES, "softmax", input_shape=(FEATURES,))
        model = models.Sequential([layer], trainable=trainable)
        model.compile("rmsprop", "categorical_crossentropy")
        learn(model)
        model.save_weights(tmp_path / "m.npz")
        with np.load(tmp_path / "m.npz") as file:
            return [file[name].shape for name in file if "optimizer" in name]

    steps_and_rate = [(), ()]
    assert saved(trainable=False) == steps_and_rate
    assert saved(trainable=True) == [*steps_and_rate, (FEATURES, CLASSES), (CLASSES,)]


def test_a_change_of_what_learns_asks_for_compile():
    model = three_layers()
    learn(model)
    model.layers[0].trainable = False
    before = bits(model)
    for use in (lambda: learn(model), lambda: model.train_on_batch(X, Y)):
        with pytest.raises(ValueError, match="Call `compile` again"):
            use()
    assert bits(model) == before
    model.evaluate(X, Y, verbose=0)
    model.compile("rmsprop", "categorical_crossentropy")
    assert what_changed(model) == [False, False, True, True, True, True]


def the_same(model):
    return model


def after_predict(model):
    model.predict(X, verbose=0)
    return model


def pickled(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize(
    "stage", [the_same, after_predict, pickled, copy.deepcopy], ids=lambda s: s.__name__
)
def test_what_learns_is_decided_by_compile_whatever_comes_before_fit(stage):
    model = three_layers()
    model.layers[0].trainable = False
    model = stage(model)
    with pytest.raises(ValueError, match="Call `compile` again"):
        learn(model)


def test_what_learns_of_an_unbuilt_model_is_decided_by_compile():
    model = a_model(layers.Dense(5, "tanh"))
    model.layers[0].trainable = False
    with pytest.raises(ValueError, match="Call `compile` again"):
        learn(model)
    assert not model.built


def test_a_layer_that_comes_after_compile_learns_as_it_says_when_it_comes():
    model = three_layers()
    model.pop()
    model.add(layers.Dense(CLASSES, "softmax", trainable=False))
    assert what_changed(model) == [True, True, True, True, False, False]
    model.layers[-1].trainable = True
    with pytest.raises(ValueError, match="Call `compile` again"):
        learn(model)


def test_a_layer_that_comes_after_compile_does_not_hide_a_change():
    model = three_layers()
    model.layers[0].trainable = False
    model.add(layers.Dense(CLASSES, "softmax"))
    with pytest.raises(ValueError, match="Call `compile` again"):
        learn(model)


# -- Layers called as in training -------------------------------------------------


def test_a_model_called_as_in_training_is_built_by_its_first_data():
    model = models.Sequential([layers.Dense(4), layers.Dense(CLASSES)])
    outputs = model(X, training=True)
    assert model.built
    assert model.input_shape == (None, FEATURES)
    assert np.array_equal(model(X, training=True), outputs)
    assert model.predict(X, verbose=0) == pytest.approx(outputs, abs=1e-6)


def test_an_empty_model_cannot_be_called_as_in_training():
    with pytest.raises(ValueError, match="has no layers yet"):
        models.Sequential()(X, training=True)


def test_a_frozen_model_called_as_in_training_keeps_its_moments():
    model = models.Sequential([layers.BatchNormalization()], trainable=False)
    model.build((None, FEATURES))
    before = bits(model)
    assert model(X, training=True) == pytest.approx(model(X), abs=1e-6)
    assert bits(model) == before
    dropping = models.Sequential([layers.Dropout(0.5, seed=1)], trainable=False)
    assert not dropping(X, training=True).all()


# -- Batch normalization ----------------------------------------------------------


def test_the_moving_moments_follow_those_of_the_batches():
    layer = layers.BatchNormalization(momentum=0.75)
    model = a_model(layers.Input((FEATURES,)), layer)
    learn(model, epochs=1)
    mean, variance = np.zeros(FEATURES), np.ones(FEATURES)
    for batch in np.split(X.astype(float), 3):
        mean = 0.75 * mean + 0.25 * batch.mean(axis=0)
        variance = 0.75 * variance + 0.25 * batch.var(axis=0)
    assert layer.get_weights()[2] == pytest.approx(mean, abs=1e-6)
    assert layer.get_weights()[3] == pytest.approx(variance, abs=1e-6)


def test_a_call_as_in_training_moves_the_moments_to_the_bits_of_fit(variant):
    called, fitted = (
        a_model(
            layers.Input((FEATURES,)),
            layers.BatchNormalization(momentum=0.9),
            optimizer=optimizers.SGD(0.0),
        )
        for _ in range(2)
    )
    learn(fitted, epochs=1)
    for batch in np.split(X, 3):
        called(batch, training=True)
    for found, expected in zip(
        called.get_weights()[2:4], fitted.get_weights()[2:4], strict=True
    ):
        assert (expected != 0).all()
        np.testing.assert_array_equal(found, expected)


def test_batches_are_normalized_by_their_own_moments_in_training_only():
    layer = layers.BatchNormalization(epsilon=1e-9, momentum=0.5)
    model = models.Sequential([layers.Input((1,)), layer])
    model.compile(optimizers.SGD(0.0), "mse")
    # A batch of 1 and 3 is normalized to -1 and 1; then mean 1, variance 1.
    loss = model.train_on_batch([[1.0], [3.0]], [[-1.0], [1.0]])
    assert loss == pytest.approx(0, abs=1e-12)
    assert model.predict([[1.0], [3.0]], verbose=0)[:, 0] == pytest.approx([0.0, 2.0])
    assert model.evaluate([[1.0]], [[0.0]], verbose=0) == pytest.approx(0, abs=1e-12)


def test_only_training_moves_the_moments():
    model = a_model(layers.Input((FEATURES,)), layers.BatchNormalization())
    learn(model)
    before = bits(model)
    model.evaluate(X, Y, verbose=0)
    model.test_on_batch(X, Y)
    model.predict(X, verbose=0)
    model(X)
    assert bits(model) == before


def test_gamma_and_beta_learn_and_the_moments_are_no_business_of_the_optimizer():
    layer = layers.BatchNormalization()
    still = a_model(layers.Input((FEATURES,)), layer, optimizer=optimizers.SGD(0.0))
    assert what_changed(still)[:4] == [False, False, True, True]
    assert len(still.trainable_weights) == 4
    learning = a_model(layers.Input((FEATURES,)), layers.BatchNormalization())
    assert what_changed(learning)[:4] == [True] * 4


def test_a_frozen_batch_normalization_uses_and_keeps_its_moments():
    layer = layers.BatchNormalization(trainable=False)
    model = a_model(layers.Input((FEATURES,)), layer)
    twin = a_model(layers.Input((FEATURES,)))
    twin.set_weights(model.get_weights()[4:])
    layer.set_weights([np.ones(6), np.zeros(6), np.zeros(6), np.full(6, 0.999)])
    assert what_changed(model)[:4] == [False] * 4
    learn(twin)
    for ours, theirs in zip(model.get_weights()[4:], twin.get_weights(), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


# -- Normalization ----------------------------------------------------------------


def test_an_adapted_model_learns_from_normalized_samples():
    x = 5 + 3 * X
    layer = layers.Normalization()
    layer.adapt(x)
    adapted = a_model(layers.Input((FEATURES,)), layer)
    plain = a_model(layers.Input((FEATURES,)))
    expected = (x - x.mean(axis=0)) / x.std(axis=0)
    learn(adapted, x)
    learn(plain, expected)
    for ours, theirs in zip(
        adapted.layers[1].get_weights(), plain.get_weights(), strict=True
    ):
        assert ours == pytest.approx(theirs, abs=1e-5)
    assert layer(x) == pytest.approx(expected, abs=1e-5)


def test_to_adapt_a_layer_of_a_model_counts_at_once():
    layer = layers.Normalization()
    model = models.Sequential([layers.Input((FEATURES,)), layer])
    assert np.array_equal(model.predict(X, verbose=0), X)
    layer.adapt(X)
    assert np.array_equal(model.predict(X, verbose=0), layer(X))
    assert model.predict(X, verbose=0).mean(axis=0) == pytest.approx(0, abs=1e-6)


def test_training_leaves_the_moments_of_a_normalization():
    layer = layers.Normalization()
    layer.adapt(X)
    before = [weight.tobytes() for weight in layer.weights]
    learn(a_model(layers.Input((FEATURES,)), layer))
    assert [weight.tobytes() for weight in layer.weights] == before


@pytest.mark.parametrize(
    ("data", "exception", "words"),
    [
        (X[:, :5], ValueError, r"\(None, 6\), but data has shape \(12, 5\)"),
        (X[0], ValueError, r"\(rows, inputs\), but it has shape \(6,\)"),
        (X[:0], ValueError, r"\(rows, inputs\), but it has shape \(0, 6\)"),
        (np.where(X == X[2, 1], np.nan, X), ValueError, r"data\[2, 1\] is NaN"),
        ([["a"] * 6], TypeError, "data holds text"),
        (None, TypeError, "data must be an array"),
    ],
)
def test_data_that_cannot_be_adapted_to_change_nothing(data, exception, words):
    layer = layers.Normalization()
    model = models.Sequential([layers.Input((FEATURES,)), layer])
    layer.adapt(X)
    before = bits(model)
    outputs = model.predict(X, verbose=0)
    with pytest.raises(exception, match=words):
        layer.adapt(data)
    assert bits(model) == before
    assert np.array_equal(model.predict(X, verbose=0), outputs)


# -- Dropout ----------------------------------------------------------------------


def dropping(rate=0.5, seed=7):
    """Return a model that passes on what dropout leaves, and learns nothing."""
    model = models.Sequential([layers.Input((100,)), layers.Dropout(rate, seed=seed)])
    model.compile(optimizers.SGD(0.0), losses.MeanSquaredError())
    return model


ONES = np.ones((50, 100), np.float32)


def test_dropout_leaves_out_its_share_in_training():
    # What stays of 1 is 2, and what goes is 0: either way, (y - 1)^2 is 1.
    assert dropping().train_on_batch(ONES, ONES) == 1.0
    # Against 0, the loss is 4 for what stays: twice the share of 0.5 and its square.
    assert dropping().train_on_batch(ONES, 0 * ONES) == pytest.approx(2, abs=0.15)


def test_dropout_is_active_in_training_only():
    model = dropping()
    assert model.evaluate(ONES, ONES, verbose=0) == 0
    assert model.test_on_batch(ONES, ONES) == 0
    for outputs in (model.predict(ONES, verbose=0), model(ONES)):
        assert np.array_equal(outputs, ONES)
    outputs = model(ONES, training=True)
    assert set(outputs.ravel().tolist()) == {0.0, 2.0}


def test_gaussian_noise_is_added_in_training_only():
    model = models.Sequential([layers.Input((100,)), layers.GaussianNoise(0.5, seed=7)])
    model.compile(optimizers.SGD(0.0), losses.MeanSquaredError())
    assert model.evaluate(ONES, ONES, verbose=0) == 0
    for outputs in (model.predict(ONES, verbose=0), model(ONES)):
        assert np.array_equal(outputs, ONES)
    # The loss is the mean of 5000 squares: five of its standard errors.
    bound = 5 * 0.25 * (2 / 5000) ** 0.5
    drawn = [model.train_on_batch(ONES, ONES) for _ in range(3)]
    drawn.append(np.mean((model(ONES, training=True) - ONES) ** 2))
    assert np.abs(np.array(drawn) - 0.25).max() < bound
    assert len(set(drawn)) == 4


def test_every_batch_leaves_out_others():
    model = dropping()
    x = np.arange(5000.0).reshape(50, 100) / 5000
    history = model.fit(x, 0 * x, 10, epochs=3, shuffle=False, verbose=0)
    assert len(set(history.history["loss"])) == 3


def test_the_same_seed_leaves_out_the_same():
    x = np.arange(5000.0).reshape(50, 100) / 5000

    def losses_of(seed):
        model = dropping(seed=seed)
        return model.fit(x, 0 * x, 10, 3, 0, shuffle=False).history["loss"]

    assert losses_of(7) == losses_of(7)
    assert losses_of(7) != losses_of(8)


def test_the_seed_of_the_library_seeds_dropout():
    def loss_of(seed):
        utils.set_random_seed(seed)
        return dropping(seed=None).train_on_batch(ONES, 0 * ONES)

    assert loss_of(1) == loss_of(1)
    assert loss_of(1) != loss_of(2)


def test_nothing_left_out_changes_nothing():
    def weights(*more):
        model = a_model(layers.Input((FEATURES,)), layers.Dense(5, "relu"), *more)
        learn(model)
        return bits(model)

    assert weights(layers.Dropout(0.0)) == weights()
