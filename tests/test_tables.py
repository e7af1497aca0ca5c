"""Samples that are tables: what goes through layers vector by vector."""

import numpy as np
import pytest

from fastmlp import layers, losses, models, optimizers, utils

rng = np.random.default_rng(4)
STEPS, WIDTH, CLASSES = 5, 4, 3
X = rng.normal(size=(60, STEPS, WIDTH)).astype("float32")
LABELS = rng.integers(0, CLASSES, (60, STEPS))
ONE_HOT = utils.to_categorical(LABELS, CLASSES)


def a_model(activation="softmax", loss="categorical_crossentropy", **compiled):
    utils.set_random_seed(1)
    model = models.Sequential(
        [
            layers.Input((STEPS, WIDTH)),
            layers.Dense(6, "tanh"),
            layers.BatchNormalization(),
            layers.Dense(CLASSES, activation),
        ]
    )
    model.compile("adam", loss, **compiled)
    return model


def as_rows(model):
    """Return a model of single vectors with the weights of one of tables."""
    rows = models.Sequential(
        [layers.Input((WIDTH,))]
        + [type(one).from_config(one.get_config()) for one in model.layers]
    )
    rows.set_weights(model.get_weights())
    rows.compile(model.optimizer.from_config(model.optimizer.get_config()), model.loss)
    return rows


def fit(model, x=X, y=ONE_HOT, **settings):
    settings = {"batch_size": 20, "epochs": 2, "shuffle": False, **settings}
    return model.fit(x, y, verbose=0, **settings).history


@pytest.mark.parametrize(
    ("make", "weights"),
    [
        (lambda: layers.Dense(2, "relu"), [(4, 2), (2,)]),
        (layers.BatchNormalization, [(4,)] * 4),
        (layers.Softmax, []),
        (lambda: layers.Activation("softmax"), []),
    ],
)
def test_a_layer_works_on_each_vector_of_a_table_as_on_a_row(make, weights):
    layer = make()
    y = layer(X)
    assert [one.shape for one in layer.weights] == weights
    assert layer.compute_output_shape((None, STEPS, WIDTH)) == (None, *y.shape[1:])
    alone = make()
    alone.build((None, WIDTH))
    alone.set_weights(layer.get_weights())
    np.testing.assert_array_equal(y, alone(X.reshape(-1, WIDTH)).reshape(y.shape))


def test_a_model_of_tables_learns_what_one_of_their_vectors_does():
    model = a_model()
    rows = as_rows(model)
    fit(rows, X.reshape(-1, WIDTH), ONE_HOT.reshape(-1, CLASSES), batch_size=100)
    fit(model)
    for one, other in zip(model.get_weights(), rows.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    predicted = model.predict(X, verbose=0)
    assert predicted.shape == (60, STEPS, CLASSES)
    np.testing.assert_array_equal(model(X), predicted)


def test_layers_one_by_one_give_what_the_plan_does():
    model = a_model()
    found = X
    for layer in model.layers:
        found = layer(found)
    np.testing.assert_array_equal(found, model.predict(X, verbose=0))


def test_labels_of_steps_are_one_hot_targets():
    sparse = a_model(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    found = fit(sparse, y=LABELS)
    assert found == fit(a_model(metrics=["accuracy"]))
    with_axis = a_model(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    assert fit(with_axis, y=LABELS[..., None]) == found


def test_losses_of_a_model_are_those_of_arrays():
    model = a_model()
    expected = losses.CategoricalCrossentropy()(ONE_HOT, model.predict(X, verbose=0))
    assert model.evaluate(X, ONE_HOT, verbose=0) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "reduction", ["sum", "sum_over_batch_size", "mean_with_sample_weight"]
)
def test_weights_of_samples_count_for_all_of_their_steps(reduction):
    loss = losses.MeanSquaredError(reduction=reduction)
    weights = rng.uniform(size=60)
    by_steps = np.repeat(weights[:, None], STEPS, axis=1)
    found = [
        fit(
            a_model(None, loss, metrics=["mae"], weighted_metrics=["mse"]),
            sample_weight=one,
            batch_size=7,
            shuffle=True,
        )
        for one in (weights, by_steps, by_steps[..., None])
    ]
    assert found[0] == found[1] == found[2]
    # Steps may count by themselves.
    some = by_steps * (np.arange(STEPS) == 2)
    model = a_model(None, loss)
    y = model.predict(X, verbose=0)
    np.testing.assert_allclose(
        model.evaluate(X, ONE_HOT, batch_size=60, sample_weight=some, verbose=0),
        loss(ONE_HOT, y, some),
        rtol=1e-6,
    )


def test_a_sigmoid_in_another_shape_is_still_left_to_its_loss():
    def made(*end):
        utils.set_random_seed(1)
        model = models.Sequential([layers.Input((6,)), layers.Dense(6, "sigmoid")])
        for layer in end:
            model.add(layer)
        model.compile("sgd", "binary_crossentropy")
        return model

    x = np.full((4, 6), 99.5)
    y = (rng.uniform(size=(4, 6)) < 0.5) * 1.0
    flat = made()
    table = made(layers.Reshape((2, 3)))
    assert flat.evaluate(x, y, verbose=0) == pytest.approx(
        table.evaluate(x, y.reshape(4, 2, 3), verbose=0)
    )
    assert len(table.predict(x, verbose=0).shape) == 3


def test_only_rows_skip_zeros():
    model = models.Sequential([layers.Input((70, 70)), layers.Dense(64)])
    x = np.zeros((300, 70, 70), np.float32)
    assert model.predict(x, verbose=0).shape == (300, 70, 64)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (LABELS[:, 0], r"y has shape \(60,\), .* shape \(5, 3\).*layers.Flatten"),
        (ONE_HOT[:, 0], r"Give y the shape \(60, 5, 3\)"),
        (ONE_HOT[:, :, :2], r"Give y the shape \(60, 5, 3\)\.$"),
    ],
)
def test_targets_of_another_shape_are_refused_with_the_right_one(y, words):
    model = a_model()
    before = model.get_weights()
    with pytest.raises(ValueError, match=words):
        fit(model, y=y)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_knows_rows_only_says_so():
    own = a_model(None, lambda y_true, y_pred: ((y_true - y_pred) ** 2).mean(-1))
    with pytest.raises(ValueError, match=r"is of your own, and gets rows.*Flatten"):
        fit(own)
    with pytest.raises(ValueError, match=r"outputs that are rows.*\(60, 5\)"):
        fit(a_model(), class_weight={0: 2.0})
    with pytest.raises(ValueError, match=r"axis must be -1, the last one"):
        layers.BatchNormalization(axis=1)(X)


# -- Layers that give samples another shape ------------------------------------------

IMAGES = rng.normal(size=(6, 3, 4, 2)).astype("float32")


def of_model(layer, x):
    """Return what a layer makes of samples, alone and in a model."""
    inputs = layers.Input(x.shape[1:])
    model = models.Model(inputs, layer(inputs))
    found = model.predict(x, verbose=0)
    np.testing.assert_array_equal(layer(x), found)
    assert layer.output_shape == (None, *found.shape[1:])
    assert layer.compute_output_shape((None, *x.shape[1:])) == layer.output_shape
    again = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(again(x), found)
    return found


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Reshape((4, 6)), lambda x: x.reshape(6, 4, 6)),
        (layers.Reshape((-1, 8)), lambda x: x.reshape(6, 3, 8)),
        (layers.Permute((1, 2, 3)), lambda x: x),
        (layers.Permute((2, 1, 3)), lambda x: x.transpose(0, 2, 1, 3)),
        (layers.Permute((3, 1, 2)), lambda x: x.transpose(0, 3, 1, 2)),
        (layers.Permute((2, 3, 1)), lambda x: x.transpose(0, 2, 3, 1)),
        (layers.Permute((3, 2, 1)), lambda x: x.transpose(0, 3, 2, 1)),
        (layers.Permute((1, 3, 2)), lambda x: x.transpose(0, 1, 3, 2)),
        (layers.GlobalAvgPool2D(), lambda x: x.mean((1, 2))),
        (layers.GlobalMaxPool2D(), lambda x: x.max((1, 2))),
        (layers.GlobalAvgPool2D("channels_first"), lambda x: x.mean((2, 3))),
        (layers.GlobalMaxPool2D("channels_first"), lambda x: x.max((2, 3))),
        (
            layers.GlobalAvgPool2D(keepdims=True),
            lambda x: x.mean((1, 2), keepdims=True),
        ),
        (
            layers.GlobalMaxPool2D("channels_first", keepdims=True),
            lambda x: x.max((2, 3), keepdims=True),
        ),
    ],
)
def test_images_get_other_shapes(layer, expected):
    np.testing.assert_allclose(
        of_model(layer, IMAGES), expected(IMAGES), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Permute((2, 1)), lambda x: x.transpose(0, 2, 1)),
        (layers.GlobalAvgPool1D(), lambda x: x.mean(1)),
        (layers.GlobalMaxPool1D(), lambda x: x.max(1)),
        (layers.GlobalAvgPool1D("channels_first"), lambda x: x.mean(2)),
        (layers.GlobalMaxPool1D(keepdims=True), lambda x: x.max(1, keepdims=True)),
    ],
)
def test_tables_get_other_shapes(layer, expected):
    np.testing.assert_allclose(of_model(layer, X), expected(X), rtol=1e-5, atol=1e-6)


def test_a_vector_is_repeated_as_often_as_it_is_said():
    x = X[:, 0]
    np.testing.assert_array_equal(
        of_model(layers.RepeatVector(3), x), np.repeat(x[:, None], 3, axis=1)
    )


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2, -3])
def test_images_are_put_side_by_side_along_any_axis(axis):
    some = np.take(IMAGES, [0], axis=axis)
    a, b = layers.Input(IMAGES.shape[1:]), layers.Input(some.shape[1:])
    layer = layers.Concatenate(axis)
    model = models.Model([a, b], layer([a, b]))
    expected = np.concatenate([IMAGES, some], axis=axis)
    np.testing.assert_array_equal(layer([IMAGES, some]), expected)
    np.testing.assert_array_equal(model.predict([IMAGES, some], verbose=0), expected)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Permute((2, 1)),
        layers.GlobalAvgPool1D(),
        layers.GlobalMaxPool1D(),
        layers.GlobalMaxPool1D("channels_first"),
        layers.Reshape((2, 10)),
    ],
)
def test_gradients_find_their_way_back_through_another_shape(layer):
    inputs = layers.Input((STEPS, WIDTH))
    hidden = layers.Flatten()(layer(layers.Dense(WIDTH)(inputs)))
    model = models.Model(inputs, layers.Dense(1)(hidden))
    model.compile(optimizers.Adam(0.02), "mse")
    y = X.sum((1, 2))
    losses = fit(model, X, y, epochs=40)["loss"]
    assert losses[-1] < 0.8 * losses[0]
