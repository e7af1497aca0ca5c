"""Equations of one's own in models: losses, metrics, activations, layers, penalties.

Written anew, what fastmlp has built in trains to the same weights, whether it is
written in terms of `ops` or by hand.
"""

import copy
import pickle
import threading

import numpy as np
import pytest

from fastmlp import (
    Model,
    Sequential,
    activations,
    config,
    constraints,
    kernels,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
    regularizers,
)
from fastmlp.utils import check_gradient

ROWS = 40
rng = np.random.default_rng(5)
X = rng.normal(size=(ROWS, 5)).astype(np.float32)
Y = np.sin(X[:, :2])
LABELS = X[:, :3].argmax(axis=1)
WEIGHTS = rng.uniform(0.2, 2, ROWS).astype(np.float32)


def drawn(model):
    draw = np.random.default_rng(3)
    model.set_weights([draw.normal(0, 0.4, w.shape) for w in model.get_weights()])
    return model


def network(*between, units=2, **last):
    """Return a network with some layers in its middle."""
    first, final = layers.Dense(4, "tanh"), layers.Dense(units, **last)
    return drawn(Sequential([layers.Input((5,)), first, *between, final]))


def fit(model, y=Y, **settings):
    settings = {"batch_size": 16, "epochs": 3, "shuffle": False, **settings}
    return model.fit(X, y, verbose=0, **settings).history


def trained(model, loss="mse", y=Y, metrics=None, **settings):
    """Return history and weights after some steps."""
    model.compile(optimizers.SGD(0.1, momentum=0.9), loss, metrics=metrics)
    return fit(model, y, **settings), model.get_weights()


def assert_close(actual, expected):
    assert list(actual[0]) == list(expected[0])
    for one, other in zip(actual[0].values(), expected[0].values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    for one, other in zip(actual[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-6)


def assert_same_bits(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(one, other)


class Called:
    """An object that is called as a function is, of a class that is nothing else."""

    __hash__ = None  # As that of a dataclass.

    def __init__(self, function):
        self.function = function

    def __call__(self, *arguments):
        return self.function(*arguments)


# -- Losses -----------------------------------------------------------------------


def squares(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def table_of_squares(y_true, y_pred):
    return ops.square(y_true - y_pred)


def squares_by_numpy(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2, axis=-1)


class Squares(losses.Loss):
    def call(self, y_true, y_pred):
        return squares(y_true, y_pred)


class SquaresByHand(losses.Loss):
    def forward(self, y_true, y_pred):
        return ((y_pred - y_true) ** 2).mean(axis=1)

    def backward(self, y_true, y_pred):
        return 2 / y_pred.shape[1] * (y_pred - y_true)


OWN_SQUARES = [
    squares, table_of_squares, squares_by_numpy, Squares(), SquaresByHand(),
    Called(squares), Called(squares).__call__,
]  # fmt: skip


@pytest.mark.parametrize("own", OWN_SQUARES, ids=repr)
@pytest.mark.parametrize(
    "settings",
    [{}, {"sample_weight": WEIGHTS}, {"validation_split": 0.3}],
    ids=["plain", "weighted", "validated"],
)
def test_an_own_mean_squared_error_trains_as_the_built_in_one(own, settings):
    expected = trained(network(), "mse", **settings)
    assert_close(trained(network(), own, **settings), expected)


@pytest.mark.parametrize("kind", [Squares, SquaresByHand])
@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
def test_an_own_loss_is_reduced_as_a_built_in_one(kind, reduction):
    built_in = losses.MeanSquaredError(reduction=reduction)
    expected = trained(network(), built_in, sample_weight=WEIGHTS / 20)
    own = kind(reduction=reduction)
    assert_close(trained(network(), own, sample_weight=WEIGHTS / 20), expected)


def test_a_loss_that_is_one_number_for_the_batch_trains_as_its_mean():
    def one_number(y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred))

    expected = trained(network(), "mse", batch_size=20)
    assert_close(trained(network(), one_number, batch_size=20), expected)


def test_an_own_loss_of_labels_goes_with_weights_for_classes():
    def own(y_true, y_pred):
        return ops.sparse_categorical_crossentropy(y_true, y_pred)

    settings = {"y": LABELS, "class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}
    results = [
        trained(network(units=3, activation="softmax"), loss, **settings)
        for loss in (own, "sparse_categorical_crossentropy")
    ]
    assert_close(*results)


@pytest.mark.parametrize("own", [squares, SquaresByHand()], ids=repr)
def test_each_output_may_have_an_own_loss(own):
    def two_outputs():
        inputs = layers.Input((5,))
        trunk = layers.Dense(4, "tanh")(inputs)
        outputs = [layers.Dense(2, name="a")(trunk), layers.Dense(1, name="b")(trunk)]
        return drawn(Model(inputs, outputs))

    y = [Y, Y[:, :1]]
    expected = trained(two_outputs(), ["mse", "mae"], y)
    assert_close(trained(two_outputs(), [own, "mae"], y), expected)


def test_targets_without_a_last_axis_meet_outputs_of_one_column():
    seen = []

    def own(y_true, y_pred):
        seen.append((y_true.shape, y_pred.shape))
        return squares(y_true, y_pred)

    expected = trained(network(units=1), "mse", Y[:, 0])
    assert_close(trained(network(units=1), own, Y[:, 0]), expected)
    assert {one == other for one, other in seen} == {True}


# -- Metrics ----------------------------------------------------------------------


class OwnError(metrics.Metric):
    def __init__(self, name="own"):
        super().__init__(name)
        self.total = self.add_weight(name="total")
        self.rows = self.add_weight(name="rows")

    def update_state(self, y_true, y_pred, sample_weight=None):
        errors = ops.mean(ops.abs(y_true - y_pred), axis=-1)
        counts = np.ones(len(y_pred)) if sample_weight is None else sample_weight
        self.total.assign_add(ops.sum(errors * counts))
        self.rows.assign_add(ops.sum(counts))

    def result(self):
        return self.total / self.rows


class ResetsItself(OwnError):
    def reset_state(self):
        self.total.assign(0)
        self.rows.assign(0)


def own_error(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def called(metric):
    if isinstance(metric, metrics.Metric):
        return metric.name
    return getattr(metric, "__name__", "called")


@pytest.mark.parametrize(
    "own", [OwnError, ResetsItself, lambda: own_error, lambda: Called(own_error)]
)
def test_an_own_metric_is_reported_wherever_a_built_in_one_is(own):
    model = network()
    model.compile("sgd", "mse", metrics=["mae", own()], weighted_metrics=["mae", own()])
    history = fit(model, sample_weight=WEIGHTS, validation_split=0.3)
    assert len(history) == 10
    reports = [
        {name: values[-1] for name, values in history.items()},
        model.evaluate(X, Y, sample_weight=WEIGHTS, verbose=0, return_dict=True),
        model.train_on_batch(X, Y, sample_weight=WEIGHTS, return_dict=True),
        model.test_on_batch(X, Y, sample_weight=WEIGHTS, return_dict=True),
    ]
    for report in reports:
        for name in [name for name in report if "mae" in name]:
            other = name.replace("mae", called(own()))
            np.testing.assert_allclose(report[other], report[name], rtol=1e-5)


# -- Activations ------------------------------------------------------------------


class TanhByHand:
    def forward(self, x):
        return np.tanh(x)

    def backward(self, x, y, dy):
        return dy * (1 - y**2)


OWN_TANH = {
    "ops": lambda x: ops.tanh(x),
    "numpy": np.tanh,
    "by hand": TanhByHand(),
    "object": Called(lambda x: ops.tanh(x)),
    "method": Called(lambda x: ops.tanh(x)).__call__,
}


@pytest.mark.parametrize("own", OWN_TANH.values(), ids=OWN_TANH)
def test_an_own_activation_trains_as_the_built_in_one(own):
    expected = trained(network(layers.Dense(6, "tanh"), layers.Activation("tanh")))
    found = trained(network(layers.Dense(6, own), layers.Activation(own)))
    assert_close(found, expected)


# -- Layers -----------------------------------------------------------------------


class OwnDense(layers.Layer):
    """y = x w + b, by ops."""

    def __init__(self, units=4, **arrays):
        super().__init__()
        self.units, self.arrays = units, arrays

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.w = self.add_weight(shape, name="w", **self.arrays)
        self.b = self.add_weight((self.units,), name="b")

    def call(self, x):
        return x @ self.w + self.b


class BuiltByItself(OwnDense):
    def build(self, input_shape):
        super().build(input_shape)
        self.built = True


class BaseFirst(OwnDense):
    def build(self, input_shape):
        layers.Layer.build(self, input_shape)
        OwnDense.build(self, input_shape)

    def call(self, x, training=None):
        return super().call(x)


class InInit(OwnDense):
    def __init__(self):
        super().__init__()
        self.w = self.add_weight((4, 4), name="w")
        self.b = self.add_weight((4,), name="b")

    def build(self, input_shape):
        pass


class DenseByHand(OwnDense):
    def call(self, x):
        raise AssertionError("`forward` comes first")

    def forward(self, x):
        return x @ self.w.value + self.b.value

    def backward(self, x, y, dy):
        self.gradients["w"] = x.T @ dy
        self.gradients["b"] = dy.sum(axis=0)
        return dy @ self.w.value.T


DENSE = [OwnDense, BuiltByItself, BaseFirst, InInit, DenseByHand]


@pytest.mark.parametrize("kind", DENSE)
def test_an_own_dense_layer_trains_as_the_built_in_one(kind):
    assert_close(trained(network(kind())), trained(network(layers.Dense(4))))


@pytest.mark.parametrize("kind", [OwnDense, DenseByHand])
def test_the_gradient_of_a_layer_can_be_checked_before_it_is_built(kind):
    assert check_gradient(kind(), X)


def test_a_wrong_gradient_of_a_weight_of_a_layer_is_found():
    class Wrong(DenseByHand):
        def backward(self, x, y, dy):
            dx = super().backward(x, y, dy)
            self.gradients["b"] = dy.mean(axis=0)
            return dx

    layer = Wrong()
    layer.build((None, 5))
    before = layer.get_weights()
    report = check_gradient(layer, X)
    assert not report
    assert "gradient of b is wrong" in report.message
    assert_same_bits(layer.get_weights(), before)


@pytest.mark.parametrize("kind", [OwnDense, DenseByHand])
def test_an_own_layer_may_be_shared_and_lie_in_a_model_in_a_model(kind):
    def shared(layer):
        inputs = layers.Input((5,))
        inner = Sequential([layers.Input((4,)), layer])
        x = layers.Dense(4, "tanh")(inputs)
        x = inner(inner(x))
        return drawn(Model(inputs, layers.Dense(2)(layer(x))))

    assert_close(trained(shared(kind())), trained(shared(layers.Dense(4))))


@pytest.mark.parametrize("kind", [OwnDense, DenseByHand])
def test_a_frozen_own_layer_keeps_its_weights(kind):
    model = network(kind())
    model.layers[1].trainable = False
    before = model.layers[1].get_weights()
    trained(model)
    assert_same_bits(model.layers[1].get_weights(), before)


@pytest.mark.parametrize("kind", [OwnDense, DenseByHand])
@pytest.mark.parametrize(
    "own",
    [
        {"regularizer": "l2"},
        {"regularizer": lambda w: 0.01 * ops.sum(w**2)},
        {"constraint": constraints.MaxNorm(0.5)},
        {"regularizer": "l1", "constraint": lambda w: ops.maximum(w, 0)},
    ],
    ids=["l2", "own l2", "max_norm", "l1 and own non_neg"],
)
def test_weights_of_an_own_layer_may_be_regularized_and_constrained(kind, own):
    given = {f"kernel_{name}": value for name, value in own.items()}
    if "l1" in own.values():
        given["kernel_constraint"] = "non_neg"
    expected = trained(network(layers.Dense(4, **given)))
    assert_close(trained(network(kind(**own))), expected)


@pytest.mark.parametrize("name", [None, "relu", "elu", "mish", "gelu"])
def test_an_own_layer_may_call_a_built_in_activation(name):
    class Activating(OwnDense):
        def call(self, x):
            return activations.get(name)(super().call(x))

    expected = trained(network(layers.Dense(4, name)))
    assert_close(trained(network(Activating())), expected)


def test_an_own_layer_may_have_several_inputs():
    class Product(layers.Layer):
        def call(self, inputs):
            left, right = inputs
            return left * right

    def gated(merge):
        inputs = layers.Input((5,))
        both = [layers.Dense(4, name)(inputs) for name in ("tanh", "sigmoid")]
        return drawn(Model(inputs, layers.Dense(2)(merge(both))))

    assert_close(trained(gated(Product())), trained(gated(layers.Multiply())))


def test_what_a_layer_counts_in_training_is_neither_learnt_nor_counted_elsewhere():
    class Counting(layers.Layer):
        def build(self, input_shape):
            self.batches = self.add_weight(trainable=False, name="batches")

        def call(self, x, training=False):
            if training:
                self.batches.assign_add(1)
            return x

    layer = Counting()
    model = network(layer)
    layer.batches.assign(0)
    trained(model)
    model.predict(X, verbose=0)
    model.evaluate(X, Y, verbose=0)
    assert layer.batches.numpy() == 9


@pytest.mark.parametrize("kind", [OwnDense, DenseByHand])
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_a_copy_of_an_own_layer_has_weights_of_its_own(kind, copied):
    model = network(kind())
    trained(model)
    other, before = copied(model), model.get_weights()
    fit(other)
    assert_same_bits(model.get_weights(), before)
    fit(model)
    assert_same_bits(model.get_weights(), other.get_weights())


def test_weights_of_own_layers_go_through_a_file(tmp_path):
    model, other = network(OwnDense()), network(OwnDense())
    trained(model)
    model.save_weights(tmp_path / "m.weights.npz")
    other.load_weights(tmp_path / "m.weights.npz")
    assert_same_bits(other.get_weights(), model.get_weights())


# -- Penalties and rates ----------------------------------------------------------


class OwnL2(regularizers.Regularizer):
    def __call__(self, w):
        return 0.01 * ops.sum(ops.square(w))


class L2ByHand:
    def forward(self, w):
        return 0.01 * (w**2).sum()

    def backward(self, w):
        return 0.02 * w


class OwnNonNeg(constraints.Constraint):
    def __call__(self, w):
        return ops.maximum(w, 0)


OWN_L2 = {"ops": OwnL2(), "by hand": L2ByHand(), "object": Called(OwnL2())}
OWN_LIMITS = [OwnNonNeg(), Called(OwnNonNeg())]


@pytest.mark.parametrize("limit", OWN_LIMITS, ids=["constraint", "object"])
@pytest.mark.parametrize("own", OWN_L2.values(), ids=OWN_L2)
def test_own_penalties_and_constraints_train_as_the_built_in_ones(own, limit):
    def penalized(regularizer, constraint):
        settings = {"bias_regularizer": regularizer, "kernel_constraint": constraint}
        return network(layers.Dense(4, kernel_regularizer=regularizer, **settings))

    expected = trained(penalized("l2", "non_neg"))
    assert_close(trained(penalized(own, limit)), expected)


def test_an_own_schedule_gives_the_rate_of_each_step():
    class Halving(optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 * 0.5**step

    known = optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    results = []
    for schedule in (Halving(), known):
        model = network()
        model.compile(optimizers.SGD(schedule), "mse")
        results.append((fit(model), model.get_weights()))
    assert_close(*results)


# -- What holds for all -----------------------------------------------------------


def everything(break_in=lambda part: None):
    """Return a compiled model with one of each; each part tells before it computes."""

    def said(part, function):
        def own(*arguments):
            break_in(part)
            return function(*arguments)

        return own

    def error(y_true, y_pred):
        break_in("metric")
        return own_error(y_true, y_pred)

    class Broken(OwnDense):
        def call(self, x):
            break_in("layer")
            return super().call(x)

    model = network(
        Broken(),
        layers.Dense(
            4,
            said("activation", ops.tanh),
            kernel_regularizer=said("regularizer", lambda w: 0.01 * ops.sum(w**2)),
            kernel_constraint=said("constraint", lambda w: ops.maximum(w, 0)),
        ),
    )
    model.compile("adam", said("loss", squares), metrics=[error])
    return model


PARTS = ["layer", "activation", "regularizer", "constraint", "loss", "metric"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_in_one_leaves_the_model_as_before_that_batch(part, error):
    broken = False

    def break_in(where):
        if broken and where == part:
            raise error("broken")

    model = everything(break_in)
    fit(model)
    before = model.get_weights()
    broken = True
    with pytest.raises(error, match="broken"):
        fit(model)
    broken = False
    assert_same_bits(model.get_weights(), before)
    other = everything()
    fit(other)
    assert fit(model) == fit(other)
    assert_same_bits(model.get_weights(), other.get_weights())


@pytest.mark.skipif(kernels.backend == "numpy", reason="it has one thread")
@pytest.mark.parametrize("count", [2, 4, 8])
def test_threads_change_no_bit(threads_for_all, count):
    results = []
    for threads in (1, count):
        config.set_num_threads(threads)
        try:
            model = everything()
            results.append((fit(model), model.get_weights()))
        finally:
            config.set_num_threads(None)
    assert results[0][0] == results[1][0]
    assert_same_bits(results[0][1], results[1][1])


def test_a_callback_at_every_batch_changes_no_bit():
    from fastmlp.callbacks import LambdaCallback

    seen, results = [], []
    watching = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs))
    for callbacks in ([], [watching]):
        model = everything()
        results.append((fit(model, callbacks=callbacks), model.get_weights()))
    assert results[0][0] == results[1][0]
    assert_same_bits(results[0][1], results[1][1])
    assert len(seen) == 9
    assert all(logs.keys() == {"loss", "error"} for logs in seen)


def test_two_threads_predict_with_one_model():
    model = everything()
    expected, found = model.predict(X, verbose=0), [[], []]

    def work(mine):
        mine += [model.predict(X, verbose=0) for _ in range(20)]

    workers = [threading.Thread(target=work, args=(mine,)) for mine in found]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [len(mine) for mine in found] == [20, 20]
    for mine in found:
        assert_same_bits(mine, [expected] * 20)


def test_a_model_may_be_compiled_again_with_another_own_loss():
    model, other = network(), network()
    trained(model, SquaresByHand())
    trained(other, "mse")
    assert_close(trained(model, own_error), trained(other, "mae"))


def test_a_layer_alone_does_not_write_to_what_it_is_given():
    class Doubles(layers.Layer):
        def forward(self, x):
            x *= 2
            return x

        def backward(self, x, y, dy):
            return 2 * dy

    given = X.copy()
    with pytest.raises(ValueError, match="read-only"):
        Doubles()(given)
    np.testing.assert_array_equal(given, X)


def test_an_own_layer_says_what_it_computes_in_its_call():
    class Twice(layers.Layer):
        def call(self, x):
            return x

        def __call__(self, x, training=None):
            return 2 * super().__call__(x, training)

    with pytest.raises(ValueError, match="belongs into its `call`"):
        Sequential([layers.Input((5,)), Twice()])
    with pytest.raises(ValueError, match="belongs into its `call`"):
        Twice()(layers.Input((5,)))


class Unbuildable(layers.Layer):
    def build(self, input_shape):
        raise ValueError("never")

    def call(self, x):
        return x


def test_a_layer_keeps_the_weights_of_its_init_when_another_cannot_be_built():
    class Scale(layers.Layer):
        def __init__(self):
            super().__init__()
            self.factor = self.add_weight((5,), "ones", name="factor")

        def call(self, x):
            return x * self.factor

    scale = Scale()
    with pytest.raises(ValueError, match="never"):
        Sequential([layers.Input((5,)), scale, Unbuildable()])
    trained(Sequential([scale]), y=X + 1)
    assert scale.weight_names == ["factor"]
    assert (scale.get_weights()[0] != 1).all()


def test_a_build_that_fails_half_way_may_be_tried_again():
    class Twice(layers.Layer):
        fails = True

        def build(self, input_shape):
            self.factor = self.add_weight(input_shape[1:], "ones", name="factor")
            if Twice.fails:
                raise ValueError("not yet")

        def call(self, x):
            return x * self.factor

    layer = Twice()
    with pytest.raises(ValueError, match="not yet"):
        layer(X)
    Twice.fails = False
    np.testing.assert_array_equal(layer(X), X)
    assert layer.count_params() == 5


class Largest(metrics.Metric):
    def __init__(self, name):
        super().__init__(name)
        self.top = self.add_weight(name="top")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.top.assign(max(float(self.top), float(np.max(y_pred))))

    def result(self):
        return self.top


def test_a_metric_that_counts_in_itself_has_one_place():
    inputs = layers.Input((5,))
    model = Model(inputs, [layers.Dense(3)(inputs), layers.Dense(3)(inputs)])
    one = Largest("top")
    with pytest.raises(ValueError, match="'top' stands in two places"):
        model.compile("sgd", "mse", metrics=[[one], [one]])
    with pytest.raises(ValueError, match="'top' stands in two places"):
        model.compile("sgd", "mse", metrics=[[one], []], weighted_metrics=[[one], []])
    model.compile("sgd", "mse", metrics=[[one], [Largest("top")]])
    logs = model.evaluate(X, [X[:, :3]] * 2, verbose=0, return_dict=True)
    tops = [float(y.max()) for y in model.predict(X, verbose=0)]
    assert list(logs.values())[-2:] == pytest.approx([max(top, 0) for top in tops])
