"""Models that are no row: graphs of layers, of several ends, shared and nested."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

from fastmlp import (
    Model,
    Sequential,
    activations,
    callbacks,
    config,
    kernels,
    layers,
    losses,
    ops,
    utils,
)
from fastmlp.layers import Add, Concatenate, Dense, Input

RNG = np.random.default_rng(0)
ROWS = 40
A, B = RNG.random((ROWS, 4), np.float32), RNG.random((ROWS, 4), np.float32)
PRICES = A.sum(axis=1, keepdims=True)
KINDS = (B.sum(axis=1) > 2).astype(int)


def trained(model, x, y, epochs=3, **options):
    return model.fit(x, y, 8, epochs, shuffle=False, verbose=0, **options)


def weights_equal(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(w, v) for w, v in pairs)


def two_ends(**options):
    """Return a model of inputs a and b and outputs price and kind."""
    a, b = Input((4,), name="a"), Input((4,), name="b")
    left, right = Dense(5, "relu", name="left")(a), Dense(5, "relu", name="right")(b)
    both = Concatenate(name="both")([left, right])
    price = Dense(1, name="price")(both)
    kind = Dense(2, "softmax", name="kind")(both)
    model = Model([a, b], [price, kind])
    settings = {
        "optimizer": "sgd",
        "loss": ["mse", "sparse_categorical_crossentropy"],
        "metrics": [["mae"], ["accuracy"]],
        **options,
    }
    model.compile(**settings)
    return model


# -- Putting a graph together -------------------------------------------------------


def test_a_chain_is_a_sequential_to_the_last_bit():
    def chain():
        inputs = Input((4,))
        hidden = Dense(6, "relu")(inputs)
        return Model(inputs, Dense(2, "softmax")(layers.Dropout(0.5, seed=3)(hidden)))

    def row():
        return Sequential(
            [
                Input((4,)),
                Dense(6, "relu"),
                layers.Dropout(0.5, seed=3),
                Dense(2, "softmax"),
            ]
        )

    found = []
    for make in (chain, row):
        utils.set_random_seed(1)
        model = make()
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(A, KINDS, 8, 3, verbose=0).history
        found.append((history, [one.tobytes() for one in model.get_weights()]))
    assert found[0] == found[1]


def test_a_shortcut_adds_what_came_before():
    inputs = Input((4,))
    hidden = Dense(4, "relu", name="hidden")(inputs)
    model = Model(inputs, Add()([inputs, hidden]))
    kernel, bias = model.get_layer("hidden").get_weights()
    expected = A + np.maximum(A @ kernel + bias, 0)
    np.testing.assert_allclose(model.predict(A, verbose=0), expected, rtol=1e-6)


def test_layers_come_in_the_order_of_keras():
    model = two_ends()
    names = [layer.name for layer in model.layers]
    assert names == ["a", "b", "left", "right", "both", "price", "kind"]
    assert [one.shape for one in model.weights] == [
        (4, 5), (5,), (4, 5), (5,), (10, 1), (1,), (10, 2), (2,),
    ]  # fmt: skip


def test_a_model_knows_its_ends():
    model = two_ends()
    assert model.input_names == ["a", "b"]
    assert model.output_names == ["price", "kind"]
    assert model.input_shape == [(None, 4), (None, 4)]
    assert model.output_shape == [(None, 1), (None, 2)]
    assert [one.name for one in model.inputs] == ["a", "b"]
    assert model.get_layer("both").output.shape == (None, 10)
    assert [one.shape for one in model.get_layer("both").input] == [(None, 5)] * 2


def test_a_part_of_a_model_is_a_model_with_the_same_weights():
    whole = two_ends()
    part = Model(whole.inputs, whole.get_layer("both").output)
    before = part.predict([A, B], verbose=0)
    assert before.shape == (ROWS, 10)
    trained(whole, [A, B], [PRICES, KINDS])
    after = part.predict([A, B], verbose=0)
    assert not np.array_equal(before, after)
    assert part.layers[2] is whole.layers[2]


def test_the_layers_of_a_sequential_have_tensors_too():
    row = Sequential([Input((4,)), Dense(5, "relu"), Dense(2)])
    features = Model(row.input, row.layers[0].output)
    kernel, bias = row.layers[0].get_weights()
    expected = np.maximum(A @ kernel + bias, 0)
    np.testing.assert_allclose(features.predict(A, verbose=0), expected, rtol=1e-6)


def test_a_model_may_begin_in_the_middle_of_another():
    whole = two_ends()
    both = whole.get_layer("both").output
    head = Model(both, whole.outputs[0])
    assert [type(one).__name__ for one in head.layers] == ["InputLayer", "Dense"]
    x = RNG.random((3, 10), np.float32)
    kernel, bias = whole.get_layer("price").get_weights()
    np.testing.assert_allclose(head.predict(x, verbose=0), x @ kernel + bias, rtol=1e-5)


def test_an_output_may_be_an_input_or_be_given_twice():
    inputs = Input((4,))
    hidden = Dense(3, "softmax")(inputs)
    model = Model(inputs, [inputs, hidden, hidden])
    same, one, other = model.predict(A, verbose=0)
    assert np.array_equal(same, A)
    assert np.array_equal(one, other)
    model.compile("sgd", ["mse", "categorical_crossentropy", "mse"])
    t = np.eye(3, dtype=np.float32)[np.arange(ROWS) % 3]
    loss = trained(model, A, [A, t, t]).history["loss"]
    assert loss[-1] < loss[0]


def test_what_no_output_needs_is_not_computed():
    inputs = Input((4,))
    inner = Model(
        inputs, [Dense(3, name="used")(inputs), Dense(2, name="idle")(inputs)]
    )
    outer_inputs = Input((4,))
    used, _ = inner(outer_inputs)
    outer = Model(outer_inputs, used)
    outer.compile("sgd", "mse")
    before = inner.get_layer("idle").get_weights()
    trained(outer, A, RNG.random((ROWS, 3)))
    for old, new in zip(before, inner.get_layer("idle").get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_a_gate_of_one_number_is_there_for_all_numbers_of_a_row():
    inputs = Input((4,))
    gate = Dense(1, "sigmoid", name="gate")(inputs)
    model = Model(inputs, layers.Multiply()([inputs, gate]))
    kernel, bias = model.get_layer("gate").get_weights()
    expected = A / (1 + np.exp(-(A @ kernel + bias)))
    np.testing.assert_allclose(model.predict(A, verbose=0), expected, rtol=1e-5)
    model.compile("sgd", "mse")
    history = trained(model, A, A / 2, epochs=10).history["loss"]
    assert history[-1] < history[0]


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        (layers.Add(), A + B),
        (layers.Subtract(), A - B),
        (layers.Multiply(), A * B),
        (layers.Average(), (A + B) / 2),
        (layers.Maximum(), np.maximum(A, B)),
        (layers.Minimum(), np.minimum(A, B)),
        (layers.Concatenate(), np.concatenate([A, B], axis=1)),
        (layers.Dot(axes=1), (A * B).sum(axis=1, keepdims=True)),
        (
            layers.Dot(axes=1, normalize=True),
            ((A * B).sum(axis=1) / np.sqrt((A**2).sum(1) * (B**2).sum(1)))[:, None],
        ),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_layers_bring_inputs_together_alone_and_in_a_model(merge, expected):
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], merge([a, b]))
    np.testing.assert_allclose(model.predict([A, B], verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(merge([A, B]), expected, rtol=1e-6)


# -- Shared and nested -------------------------------------------------------------


def test_a_layer_at_two_places_learns_from_both():
    a, b = Input((4,)), Input((4,))
    shared = Dense(3, name="shared", kernel_regularizer="l2")
    model = Model([a, b], layers.Subtract()([shared(a), shared(b)]))
    assert len(model.weights) == 2
    model.compile("sgd", "mse")
    kernel, bias = model.get_weights()
    y = RNG.random((ROWS, 3), np.float32)
    model.train_on_batch([A, B], y)
    delta = 2 * ((A - B) @ kernel - y) / y.size
    dw = A.T @ delta - B.T @ delta + 2 * 0.01 * kernel
    new_kernel, new_bias = model.get_weights()
    np.testing.assert_allclose(new_kernel, kernel - 0.01 * dw, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(new_bias, bias, atol=1e-7)


def test_two_models_train_one_layer_each_with_its_own_optimizer():
    inputs = Input((4,))
    code = Dense(2, name="code")(inputs)
    encoder, autoencoder = Model(inputs, code), Model(inputs, Dense(4)(code))
    encoder.compile("adam", "mse")
    autoencoder.compile("adam", "mse")
    trained(autoencoder, A, A, epochs=2)
    before = encoder.predict(A, verbose=0)
    trained(encoder, A, np.zeros((ROWS, 2)), epochs=1)
    assert not np.array_equal(before, encoder.predict(A, verbose=0))
    assert autoencoder.optimizer.iterations == 10
    assert encoder.optimizer.iterations == 5
    kernel = autoencoder.get_layer("code").kernel
    assert np.shares_memory(kernel, encoder.get_layer("code").kernel)


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_a_model_is_a_layer_of_another(kind):
    if kind == "sequential":
        trunk = Sequential([Dense(5, "relu"), Dense(3)], name="trunk")
    else:
        inputs = Input((4,))
        trunk = Model(inputs, Dense(3)(Dense(5, "relu")(inputs)), name="trunk")
    inputs = Input((4,))
    model = Model(inputs, Dense(1, name="head")(trunk(inputs)))
    assert [one.name for one in model.layers[1:]] == ["trunk", "head"]
    assert len(model.weights) == 6
    model.compile("sgd", "mse")
    before = trunk.predict(A, verbose=0)
    trained(model, A, PRICES)
    assert not np.array_equal(before, trunk.predict(A, verbose=0))


def test_a_frozen_model_stays_as_it_is_in_another():
    inputs = Input((4,))
    normalized = layers.BatchNormalization()(Dense(5, "relu")(inputs))
    trunk = Model(inputs, normalized, name="trunk")
    trunk.trainable = False
    inputs = Input((4,))
    model = Model(inputs, Dense(1)(trunk(inputs)))
    assert len(model.trainable_weights) == 2
    assert len(model.non_trainable_weights) == 6
    model.compile("sgd", "mse")
    before = trunk.get_weights()
    trained(model, A, PRICES)
    for old, new in zip(before, trunk.get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_weights_keep_their_order_when_a_model_within_is_frozen():
    def nested():
        trunk = Sequential(
            [Input((4,)), Dense(5), layers.BatchNormalization()], name="trunk"
        )
        inputs = Input((4,))
        return Model(inputs, Dense(1)(trunk(inputs)))

    free, frozen = nested(), nested()
    frozen.layers[1].trainable = False
    frozen.set_weights(free.get_weights())
    assert weights_equal(free, frozen)


def test_a_model_within_may_be_told_never_to_be_in_training():
    trunk = Sequential([Input((4,)), layers.Dropout(0.5)])
    found = []
    for options in ({}, {"training": False}):
        inputs = Input((4,))
        model = Model(
            inputs, Dense(1, kernel_initializer="ones")(trunk(inputs, **options))
        )
        model.compile("sgd", "mse")
        found.append(model.train_on_batch(A, PRICES))
    assert found[0] > 0.1
    assert found[1] == pytest.approx(0, abs=1e-10)


def test_a_row_goes_on_after_it_was_called():
    row = Sequential([Dense(3)])
    early = row(Input((4,)))
    row.add(Dense(2))
    assert early.shape == (None, 3)
    assert row(Input((4,))).shape == (None, 2)
    assert row.predict(A, verbose=0).shape == (ROWS, 2)


def test_models_in_a_row():
    encoder = Sequential([Input((4,)), Dense(2, "relu")])
    decoder = Sequential([Input((2,)), Dense(4)])
    both = Sequential([encoder, decoder])
    assert both.output_shape == (None, 4)
    expected = decoder.predict(encoder.predict(A, verbose=0), verbose=0)
    np.testing.assert_array_equal(both.predict(A, verbose=0), expected)
    both.compile("adam", "mse")
    history = trained(both, A, A, epochs=20).history["loss"]
    assert history[-1] < history[0]


# -- Several inputs and outputs ----------------------------------------------------


def test_a_dictionary_is_matched_by_name_whatever_its_order():
    model = two_ends()
    by_list = model.predict([A, B], verbose=0)
    for x in ({"a": A, "b": B}, {"b": B, "a": A}, (A, B)):
        for one, other in zip(model.predict(x, verbose=0), by_list, strict=True):
            assert np.array_equal(one, other)


def test_a_model_that_is_made_of_dictionaries_takes_and_gives_them():
    z, y = Input((4,), name="z"), Input((4,), name="y")
    first, last = Dense(1, name="first")(z), Dense(1, name="last")(y)
    model = Model({"z": z, "y": y}, {"u": first, "o": last})
    found = model.predict({"y": B, "z": A}, verbose=0)
    assert list(found) == ["u", "o"]
    for key, x, layer in (("u", A, "first"), ("o", B, "last")):
        kernel, bias = model.get_layer(layer).get_weights()
        np.testing.assert_allclose(found[key], x @ kernel + bias, atol=1e-6)
    # A list comes in the order in which the dictionary was written.
    in_order = model.predict([A, B], verbose=0)
    assert all(np.array_equal(in_order[key], found[key]) for key in found)
    model.compile("sgd", {"o": "mse", "u": "mae"}, metrics={"u": ["mse"]})
    history = trained(model, {"z": A, "y": B}, {"o": PRICES, "u": PRICES}).history
    assert list(history) == ["loss", "u_loss", "o_loss", "u_mse"]


def test_history_tells_the_loss_then_that_of_each_output_then_metrics():
    model = two_ends(weighted_metrics=[["mse"], []])
    y = [PRICES, KINDS]
    history = trained(model, [A, B], y, validation_data=([A, B], y)).history
    names = ["loss", "price_loss", "kind_loss", "price_mae", "kind_accuracy"]
    names.append("price_mse")
    assert list(history) == [*names, *(f"val_{name}" for name in names)]
    assert model.metrics_names == names
    values = model.evaluate([A, B], y, verbose=0)
    by_name = model.evaluate([A, B], y, verbose=0, return_dict=True)
    assert dict(zip(names, values, strict=True)) == by_name


def test_every_loss_and_metric_meets_its_own_output():
    model = two_ends(loss_weights=[0.5, 2])
    loss, price_loss, kind_loss, mae, accuracy = model.evaluate(
        [A, B], [PRICES, KINDS], verbose=0
    )
    prices, kinds = model.predict([A, B], verbose=0)
    assert price_loss == pytest.approx(np.square(prices - PRICES).mean(), rel=1e-5)
    cross_entropy = losses.SparseCategoricalCrossentropy()(KINDS, kinds)
    assert kind_loss == pytest.approx(cross_entropy, rel=1e-5)
    assert loss == pytest.approx(0.5 * price_loss + 2 * kind_loss, rel=1e-6)
    assert mae == pytest.approx(np.abs(prices - PRICES).mean(), rel=1e-5)
    assert accuracy == pytest.approx((kinds.argmax(1) == KINDS).mean())


def test_losses_and_targets_may_be_given_by_name():
    by_list, by_name = (
        two_ends(loss_weights=[0.5, 2]),
        two_ends(
            loss={"kind": "sparse_categorical_crossentropy", "price": "mse"},
            metrics={"kind": "accuracy", "price": ["mae"]},
            loss_weights={"kind": 2, "price": 0.5},
        ),
    )
    by_name.set_weights(by_list.get_weights())
    one = trained(by_list, [A, B], [PRICES, KINDS]).history
    other = trained(by_name, {"b": B, "a": A}, {"kind": KINDS, "price": PRICES}).history
    assert one == other
    assert weights_equal(by_list, by_name)


def test_nothing_is_learnt_of_an_output_without_a_loss():
    model = two_ends(loss=["mse", None], metrics=None)
    before = model.get_layer("kind").get_weights()
    history = trained(model, [A, B], [PRICES, None]).history
    assert list(history) == ["loss", "price_loss"]
    assert history["loss"] == history["price_loss"]
    trained(model, [A, B], {"price": PRICES})
    for old, new in zip(before, model.get_layer("kind").get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_an_output_without_a_loss_may_have_metrics():
    model = two_ends(loss=["mse", None], metrics=[None, ["accuracy"]])
    kinds = model.predict([A, B], verbose=0)[1].argmax(axis=1)
    _, _, accuracy = model.evaluate([A, B], [PRICES, KINDS], verbose=0)
    assert accuracy == pytest.approx((kinds == KINDS).mean())


def test_weights_of_rows_are_for_all_outputs_or_for_each():
    model = two_ends(metrics=None)
    weights = RNG.random(ROWS)
    ones = np.ones(ROWS)
    y = [PRICES, KINDS]
    plain = model.evaluate([A, B], y, verbose=0)
    both = model.evaluate([A, B], y, verbose=0, sample_weight=weights)
    for given in ([weights, None], {"kind": None, "price": weights}, [weights, ones]):
        found = model.evaluate([A, B], y, verbose=0, sample_weight=given)
        assert found[1] == both[1]
        assert found[2] == plain[2]
    assert both[2] != plain[2]


def test_rows_are_kept_for_validation_from_all_ends():
    model, other = two_ends(), two_ends()
    other.set_weights(model.get_weights())
    y = [PRICES, KINDS]
    one = trained(model, [A, B], y, validation_split=0.25).history
    few, kept = slice(0, 30), slice(30, None)
    two = trained(
        other,
        [A[few], B[few]],
        [PRICES[few], KINDS[few]],
        validation_data=([A[kept], B[kept]], [PRICES[kept], KINDS[kept]]),
    ).history
    assert one == two


def test_batches_come_from_a_generator():
    model, other = two_ends(), two_ends()
    other.set_weights(model.get_weights())

    def batches(pack):
        for _ in range(2):
            for at in range(0, ROWS, 8):
                part = slice(at, at + 8)
                yield pack(A[part], B[part], PRICES[part], KINDS[part])

    by_list = batches(lambda a, b, p, k: ((a, b), [p, k]))
    by_name = batches(lambda a, b, p, k: ({"b": b, "a": a}, {"kind": k, "price": p}))
    one = model.fit(by_list, epochs=2, steps_per_epoch=5, verbose=0).history
    two = other.fit(by_name, epochs=2, steps_per_epoch=5, verbose=0).history
    assert one == two
    parts = (((A[at : at + 8], B[at : at + 8]),) for at in range(0, ROWS, 8))
    found = model.predict(parts, verbose=0)
    for whole, pieces in zip(model.predict([A, B], verbose=0), found, strict=True):
        np.testing.assert_allclose(whole, pieces, rtol=1e-6)


def test_a_model_of_one_input_takes_it_alone_or_in_a_list():
    inputs = Input((4,), name="x")
    model = Model([inputs], [Dense(1, name="y")(inputs)])
    model.compile("sgd", ["mse"], metrics=[["mae"]])
    expected = model.predict([A], verbose=0)
    assert expected.shape == (ROWS, 1)
    for x in (A, {"x": A}, (A,)):
        assert np.array_equal(model.predict(x, verbose=0), expected)
    history = trained(model, {"x": A}, {"y": PRICES}).history
    assert list(history) == ["loss", "mae"]
    trained(model, A, [PRICES], sample_weight=[np.ones(ROWS)])


# -- As exact as a row -------------------------------------------------------------


def test_a_graph_has_the_same_bits_whatever_the_threads_and_zeros(monkeypatch):
    if kernels.backend == "numpy":
        pytest.skip("NumPy rounds by shape")
    wide = RNG.random((600, 300), np.float32) * (RNG.random((600, 300)) < 0.1)
    deep = RNG.random((600, 70), np.float32)
    y = [RNG.random((600, 1)), RNG.integers(0, 5, 600)]

    def fit(threads, zeros):
        monkeypatch.setenv("FASTMLP_NUM_THREADS", str(threads))
        config.set_zero_skipping(zeros)
        utils.set_random_seed(3)
        a, b = Input((300,)), Input((70,))
        shared = Dense(64, "relu")
        left, other = shared(a), Dense(64, "relu")(a)
        joined = Add()([left, other, Dense(64)(b), shared(a)])
        both = Concatenate()([joined, layers.Dropout(0.2)(left), b])
        both = layers.BatchNormalization()(both)
        model = Model([a, b], [Dense(1)(both), Dense(5, "softmax")(both)])
        model.compile("adam", ["mse", "sparse_categorical_crossentropy"])
        history = model.fit([wide, deep], y, 100, 2, verbose=0).history
        return list(history.values()), [one.tobytes() for one in model.get_weights()]

    before = config.get_zero_skipping()
    try:
        first = fit(1, "off")
        assert all(
            fit(threads, zeros) == first
            for threads, zeros in [(1, "on"), (2, "off"), (4, "on"), (8, "off")]
        )
    finally:
        config.set_zero_skipping(before)


def test_a_copy_is_a_model_of_its_own():
    model = two_ends(optimizer="adam")
    trained(model, [A, B], [PRICES, KINDS])
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert weights_equal(model, copied)
        assert copied.layers[2] is not model.layers[2]
        kept = model.get_weights()
        one = trained(copied, [A, B], [PRICES, KINDS]).history
        for old, new in zip(kept, model.get_weights(), strict=True):
            assert np.array_equal(old, new)
        twin = copy.deepcopy(model)
        assert trained(twin, [A, B], [PRICES, KINDS]).history == one
        assert copied.get_layer("both").output.shape == (None, 10)


def test_a_graph_is_freed_with_its_last_reference():
    gc.disable()
    try:
        model = two_ends()
        trained(model, [A, B], [PRICES, KINDS])
        part = Model(model.inputs, model.get_layer("both").output)
        known = [weakref.ref(one) for one in (model, part, model.layers[2])]
        del model, part
        assert not any(one() for one in known)
    finally:
        gc.enable()


# -- A `call` of one's own ----------------------------------------------------------


class Residual(Model):
    """Two layers and a shortcut."""

    def __init__(self):
        super().__init__()
        self.first = Dense(4, "relu")
        self.noise = layers.Dropout(0.5, seed=1)
        self.merge = Add()
        self.last = Dense(1)

    def call(self, x, training=False):
        hidden = self.first(x)
        if training:
            hidden = self.noise(hidden, training=training)
        return self.last(self.merge([x, hidden]))


def test_a_call_of_its_own_becomes_a_graph():
    utils.set_random_seed(1)
    own = Residual()
    own.compile("adam", "mse")
    history = trained(own, A, PRICES).history
    utils.set_random_seed(1)
    inputs = Input((4,))
    first, last = Dense(4, "relu"), Dense(1)
    hidden = layers.Dropout(0.5, seed=1)(first(inputs))
    model = Model(inputs, last(Add()([inputs, hidden])))
    model.compile("adam", "mse")
    assert trained(model, A, PRICES).history == history
    assert [type(one) for one in own.layers] == [Dense, layers.Dropout, Add, Dense]
    assert own.predict(A, verbose=0).shape == (ROWS, 1)
    assert own.count_params() == 25


def test_a_call_that_computes_something_else_in_training_is_refused():
    class Odd(Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = Dense(2), Dense(2)

        def call(self, x, training=False):
            return self.one(x) if training else self.other(x)

    model = Odd()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="does something else in training"):
        model.predict(A, verbose=0)


def test_a_layer_that_is_made_in_a_call_is_refused():
    class Forgetful(Model):
        def call(self, x):
            return Dense(2)(x)

    with pytest.raises(ValueError, match="make it in `__init__`"):
        Forgetful().predict(A, verbose=0)


def test_a_call_that_needs_numbers_is_refused():
    class Curious(Model):
        def call(self, x):
            return np.asarray(x) * 2

    with pytest.raises(TypeError, match="symbolic tensor, which has no numbers"):
        Curious().predict(A, verbose=0)


def test_a_model_with_a_call_of_its_own_may_have_several_ends():
    class Pair(Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = Dense(2), Dense(3)

        def call(self, inputs):
            return {"l": self.left(inputs["a"]), "r": self.right(inputs["b"])}

    model = Pair()
    found = model.predict({"b": B, "a": A}, verbose=0)
    assert {key: one.shape for key, one in found.items()} == {
        "l": (ROWS, 2),
        "r": (ROWS, 3),
    }


def test_operators_and_operations_note_what_they_compute():
    inputs = Input((4,))
    hidden = Dense(4, "tanh")(inputs)
    kernel, bias = hidden.node.operation.get_weights()
    h = np.tanh(A @ kernel + bias)
    pairs = [
        (hidden + inputs, h + A),
        (2 * hidden - 1, 2 * h - 1),
        (1 - hidden, 1 - h),
        (-hidden / 2, -h / 2),
        (hidden * inputs, h * A),
        (hidden**2, h**2),
        (hidden[:, :2], h[:, :2]),
        (hidden @ np.ones((4, 2), np.float32), h @ np.ones((4, 2))),
        (ops.relu(hidden), np.maximum(h, 0)),
        (np.exp(hidden), np.exp(h)),
        (activations.tanh(hidden), np.tanh(h)),
        (activations.leaky_relu(hidden, negative_slope=0.5), np.where(h > 0, h, h / 2)),
        (ops.concatenate([hidden, inputs], axis=-1), np.concatenate([h, A], axis=1)),
        (ops.mean(hidden, axis=-1, keepdims=True), h.mean(axis=1, keepdims=True)),
        (np.maximum(hidden, inputs), np.maximum(h, A)),
    ]
    model = Model(inputs, [tensor for tensor, _ in pairs])
    found = model.predict(A, verbose=0)
    for (_, expected), one in zip(pairs, found, strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-5, atol=1e-6)


def test_a_call_may_use_operators_and_operations():
    class Short(Model):
        def __init__(self):
            super().__init__()
            self.first, self.last = Dense(4), Dense(1)

        def call(self, x):
            return self.last(ops.relu(self.first(x)) + x)

    utils.set_random_seed(1)
    model = Short()
    model.compile("adam", "mse")
    history = trained(model, A, PRICES).history
    utils.set_random_seed(1)
    inputs = Input((4,))
    first, last = Dense(4, "relu"), Dense(1)
    twin = Model(inputs, last(Add()([first(inputs), inputs])))
    twin.compile("adam", "mse")
    expected = trained(twin, A, PRICES).history
    assert history["loss"] == pytest.approx(expected["loss"], rel=1e-6)


@pytest.mark.parametrize(
    "name", ["train_step", "test_step", "predict_step", "compute_loss", "call"]
)
def test_what_would_never_be_called_is_refused(name):
    kind = type("Mine", (Sequential,), {name: lambda self, data: data})
    with pytest.raises(TypeError, match=f"Mine has a `{name}` of its own"):
        kind([Input((4,)), Dense(2)])
    model = Sequential([Input((4,)), Dense(2)])
    setattr(model, name, lambda data: data)
    with pytest.raises(TypeError, match=f"Sequential has a `{name}` of its own"):
        model.compile("sgd", "mse")
    assert not model.compiled


@pytest.mark.parametrize("name", ["call", "__call__"])
def test_a_compiled_layer_keeps_what_it_computes(name):
    layer = layers.Dropout(0.5)
    with pytest.raises(AttributeError, match="would never be called"):
        setattr(layer, name, lambda x: x)
    kind = type("Odd", (layers.Dropout,), {name: lambda self, x: x})
    with pytest.raises(ValueError, match=f"has a `{name}` of its own"):
        Sequential([Input((4,)), kind(0.5)])


def test_what_a_row_returned_before_it_was_changed_makes_no_model():
    inputs = Input((4,))
    row = Sequential([Dense(3), Dense(2)])
    early = row(inputs)
    row.add(Dense(5))
    with pytest.raises(ValueError, match="got other layers since it was called"):
        Model(inputs, early)
    model = Model(inputs, row(inputs))
    assert model.predict(A, verbose=0).shape == (ROWS, 5)
    row.pop()
    for change in (model.to_json, lambda: model.compile("sgd", "mse")):
        with pytest.raises(ValueError, match="got other layers since it was called"):
            change()


def test_losses_may_be_part_of_a_loss_of_ones_own():
    smooth = losses.CategoricalCrossentropy(label_smoothing=0.1)

    def both(y_true, y_pred):
        plain = losses.categorical_crossentropy(y_true, y_pred)
        return (
            plain + smooth(y_true, y_pred) + losses.mean_squared_error(y_true, y_pred)
        )

    t = np.eye(3, dtype=np.float32)[np.arange(ROWS) % 3]
    y = RNG.uniform(0.1, 0.9, (ROWS, 3))
    report = utils.check_gradient(lambda x: ops.sum(both(t, x)), y)
    assert report.ok, report.message
    model = Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile("adam", both)
    history = trained(model, A, t, epochs=10).history["loss"]
    assert history[-1] < history[0]


def test_comparisons_and_whole_parts_are_noted():
    x = Input((4,))
    outputs = [
        ops.where(x > 0.5, x, 0.0),
        ops.where((x >= 0.25) == (x < 0.75), x, -x),
        (x <= 0.5) != (x < 0.5),
        abs(x - 0.5) % 0.3 + x // 0.25,
    ]
    low = (A >= 0.25) == (A < 0.75)
    found = Model(x, outputs).predict(A, verbose=0)
    expected = [
        np.where(A > 0.5, A, 0),
        np.where(low, A, -A),
        (A <= 0.5) != (A < 0.5),
        abs(A - np.float32(0.5)) % np.float32(0.3) + A // np.float32(0.25),
    ]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)
    assert {x: 1}[x] == 1


def test_two_models_of_one_input_train_at_once():
    inputs = Input((4,))
    models = [Model(inputs, Dense(1)(inputs)) for _ in range(2)]
    both = threading.Barrier(2, timeout=60)

    class Meets(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            both.wait()

    errors = []

    def train(model):
        try:
            model.compile("sgd", "mse")
            model.fit(A, PRICES, epochs=2, verbose=0, callbacks=[Meets()])
        except RuntimeError as error:
            errors.append(error)
            both.abort()

    threads = [threading.Thread(target=train, args=(one,)) for one in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_several_inputs_come_in_a_list():
    for one in (Dense(3), Residual()):
        with pytest.raises(TypeError, match=r"layer\(\[a, b\]\)"):
            one(Input((4,)), Input((4,)))
