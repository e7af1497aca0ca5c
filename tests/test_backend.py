"""`fastmlp.backend`: what older scripts write `K.` before, with the older arguments."""

import inspect

import numpy as np
import pytest

import fastmlp
from fastmlp import backend as K
from fastmlp import ops

X = np.float32([[3, 1, 2], [-1, 5, 0]])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: K.argmax(X), [0, 1]),
        (lambda: K.argmax(X, 0), [0, 1, 0]),
        (lambda: K.argmax(X, axis=0), [0, 1, 0]),
        (lambda: K.argmin(X), [1, 0]),
        (lambda: K.arange(2.0), [0, 1]),
        (lambda: K.clip(X, min_value=0, max_value=2), [[2, 1, 2], [0, 2, 0]]),
        (lambda: K.clip(X, 0, 2), [[2, 1, 2], [0, 2, 0]]),
        (lambda: K.concatenate([X, X]), np.concatenate([X, X], -1)),
        (lambda: K.concatenate(tensors=[X, X], axis=0), np.concatenate([X, X])),
        (lambda: K.constant([1, 2], dtype="float32", name="c"), [1, 2]),
        (lambda: K.cumsum(X), np.cumsum(X, 0)),
        (lambda: K.dot(X, y=X.T), X @ X.T),
        (lambda: K.equal(X, y=1.0), X == 1),
        (lambda: K.expand_dims(X), X[..., None]),
        (lambda: K.expand_dims(X, 0), X[None]),
        (lambda: K.eye(2), np.eye(2)),
        (lambda: K.flatten(X), X.ravel()),
        (lambda: K.gather(X, [1, 0]), X[::-1]),
        (lambda: K.l2_normalize(X), X / np.sqrt(40)),
        (lambda: K.l2_normalize(X[:1], axis=1), X[:1] / np.sqrt(14)),
        (lambda: K.l2_normalize(np.zeros(2)), [0, 0]),
        (lambda: K.maximum(X, y=1.0), np.maximum(X, 1)),
        (lambda: K.one_hot(indices=[1, 0], num_classes=2), [[0, 1], [1, 0]]),
        (lambda: K.ones_like(X, dtype="int32", name="ones"), np.ones((2, 3))),
        (lambda: K.permute_dimensions(X, pattern=(1, 0)), X.T),
        (lambda: K.pow(X, a=2.0), X**2),
        (lambda: K.repeat_elements(X, rep=2, axis=0), np.repeat(X, 2, 0)),
        (lambda: K.reshape(X, shape=(3, 2)), X.reshape(3, 2)),
        (lambda: K.reverse(X, axes=1), X[:, ::-1]),
        (lambda: K.tile(X, n=(1, 2)), np.tile(X, (1, 2))),
        (lambda: K.zeros((2, 3), name="zeros"), np.zeros((2, 3))),
        (lambda: K.batch_flatten(X[:, None]), X),
        (lambda: K.batch_dot(X, X), (X * X).sum(1, keepdims=True)),
        (lambda: K.batch_dot(X, X, axes=1), (X * X).sum(1, keepdims=True)),
        (lambda: K.batch_dot(X[:, None], X), (X * X).sum(1, keepdims=True)),
        (lambda: K.batch_dot(X, X[..., None]), (X * X).sum(1, keepdims=True)),
        (lambda: K.batch_dot(X[..., None], X[..., None], 2), X[..., None] * X[:, None]),
        (lambda: K.cast_to_floatx([1, 2]), [1, 2]),
        (lambda: K.hard_sigmoid([-3.0, 0.0, 1.0]), [0, 0.5, 0.7]),
        (lambda: K.in_top_k(X, [2, 0], 2), [True, False]),
        (lambda: K.relu(X), np.maximum(X, 0)),
        (lambda: K.relu(X, alpha=0.5), [[3, 1, 2], [-0.5, 5, 0]]),
        (lambda: K.relu(X, max_value=2.0, threshold=1.5), [[2, 0, 2], [0, 2, 0]]),
        (lambda: K.switch(True, X, lambda: 1 / 0), X),
        (lambda: K.switch(X.sum() < 0, X, lambda: -X), -X),
        (lambda: K.switch(X > 0, X, X * 2), np.where(X > 0, X, X * 2)),
        (lambda: K.switch([True, False], lambda: X, -X), [X[0], -X[1]]),
        (lambda: K.get_value(0.25), 0.25),
    ],
)  # fmt: skip
def test_older_names_take_older_arguments(found, expected):
    result = found()
    assert np.shape(result) == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_gradients_pass():
    def loss(y):
        e = K.abs(y - K.constant(X))
        near = K.switch(e < 1.0, lambda: 0.5 * K.square(e), lambda: e - 0.5)
        return K.mean(K.batch_dot(near, K.relu(y, alpha=0.1)), axis=-1)

    y = X + np.float32([[0.5, -3, 2], [-0.25, 0.75, 4]])
    step = np.zeros_like(y)
    step[1, 2] = 1e-2
    slope = (float(ops.sum(loss(y + step))) - float(ops.sum(loss(y - step)))) / 2e-2
    assert ops.gradient(loss, y)[1, 2] == pytest.approx(slope, rel=1e-3)


def focal(y_true, y_pred, gamma=2.0, alpha=0.25):
    y_pred = K.clip(y_pred, K.epsilon(), 1.0 - K.epsilon())
    p = K.switch(K.equal(y_true, 1), y_pred, 1 - y_pred)
    return -K.mean(alpha * K.pow(1.0 - p, gamma) * K.log(p), axis=-1)


def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1))


def dice(y_true, y_pred, smooth=1):
    overlap = K.sum(y_true * y_pred, axis=-1)
    both = K.sum(y_true, -1) + K.sum(y_pred, -1)
    return 1 - (2.0 * overlap + smooth) / (both + smooth)


def contrastive(y_true, y_pred, margin=0.55):
    near = y_true * K.square(y_pred)
    far = (1 - y_true) * K.square(K.maximum(margin - y_pred, 0))
    return K.mean(near + far, axis=-1)


def quantile(y_true, y_pred, q=0.9):
    e = y_true - y_pred
    return K.mean(K.maximum(q * e, (q - 1) * e), axis=-1)


def weighted(y_true, y_pred):
    y_pred /= K.sum(y_pred, axis=-1, keepdims=True)
    losses = y_true * K.log(K.clip(y_pred, K.epsilon(), 1 - K.epsilon()))
    return -K.sum(losses * K.constant([1, 2, 3], dtype="float32"), -1)


def log_cosh_of_numpy(y_true, y_pred):
    return np.mean(np.log(np.cosh(y_pred - y_true)), axis=-1)


@pytest.mark.parametrize(
    "loss", [focal, rmse, dice, contrastive, quantile, weighted, log_cosh_of_numpy]
)
def test_losses_as_scripts_write_them_have_their_gradients(loss):
    y_true = np.eye(3)[[0, 2, 1, 1, 0]]
    y_pred = np.random.default_rng(1).uniform(0.1, 0.9, (5, 3))
    assert np.shape(loss(y_true, y_pred)) == (5,)
    assert fastmlp.utils.check_gradient(lambda y: loss(y_true, y), y_pred)


def test_what_is_drawn_follows_the_seed():
    fastmlp.utils.set_random_seed(3)
    first = K.random_normal((200, 50), mean=2.0, stddev=0.5)
    fastmlp.utils.set_random_seed(3)
    assert (K.random_normal((200, 50), 2.0, 0.5) == first).all()
    assert first.dtype == np.float32
    assert abs(first.mean() - 2) < 0.02 and abs(first.std() - 0.5) < 0.02
    drawn = K.random_uniform((1000,), minval=-1.0, seed=7)
    assert drawn.min() < -0.9 and drawn.max() > 0.9 and abs(drawn).max() <= 1
    assert (drawn == K.random_uniform((1000,), -1.0, seed=7)).all()


def test_a_value_is_written_into_an_array():
    x = K.variable([1.0, 2.0])
    K.set_value(x, 5)
    assert x.tolist() == [5, 5]


def test_settings_are_those_of_the_library():
    assert K.epsilon() == fastmlp.config.epsilon() == 1e-7
    assert K.floatx() == K.dtype([1.0]) == "float32"
    assert K.image_data_format() == "channels_last"
    assert K.backend() == fastmlp.config.backend() == "numpy"
    K.set_epsilon(1e-7)


def test_help_shows_the_older_arguments():
    assert list(inspect.signature(K.clip).parameters) == ["x", "min_value", "max_value"]
    assert inspect.signature(K.argmax).parameters["axis"].default == -1
    assert K.clip.__name__ == "clip"
    assert "fastmlp.ops.clip" in K.clip.__doc__
