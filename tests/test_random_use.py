"""Calls in an order that nobody thought of, and what has to hold after each.

A state machine of Hypothesis's builds, trains, reads, saves, copies and changes one
model, with mistakes in between. What has to hold is simple: outputs have their shape,
whoever has the same seed has the same bits, a call that only reads or that is refused
changes nothing, and what was saved or copied is the same to the last bit. A long run is
the command in CONTRIBUTING.
"""

import copy
import io
import pickle
import tempfile
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from fastmlp import layers, models, optimizers, utils
from fastmlp.models import Sequential

pytest.importorskip("hypothesis", reason="Hypothesis is not installed")
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

INPUTS = 5
SEEDS = st.integers(0, 2**32 - 1)
ROWS = st.integers(1, 20)
OPTIMIZERS = st.sampled_from(
    [
        lambda: optimizers.SGD(0.01, momentum=0.9),
        lambda: optimizers.RMSprop(centered=True, clipnorm=1.0),
        lambda: optimizers.Adam(amsgrad=True),
        lambda: optimizers.AdamW(global_clipnorm=0.5),
        lambda: optimizers.Adagrad(weight_decay=0.01),
    ]
)
SUFFIXES = [".npz"]
try:
    import h5py  # noqa: F401
except ImportError:
    pass
else:
    SUFFIXES.append(".keras")

executed: Counter[str] = Counter()


def new_layer():
    """Draw a function that makes a layer, and how many outputs it has, if any."""
    units = st.sampled_from([1, 3, 16, 17])
    activation = st.sampled_from([None, "relu", "tanh", "softmax", "gelu"])
    return st.one_of(
        st.tuples(units, activation).map(
            lambda one: (lambda: layers.Dense(*one), one[0])
        ),
        st.sampled_from(
            [
                (lambda: layers.Dropout(0.3, seed=1), None),
                (lambda: layers.GaussianNoise(0.1, seed=2), None),
                (lambda: layers.BatchNormalization(momentum=0.9), None),
                (lambda: layers.Activation("elu"), None),
                (lambda: layers.Rescaling(0.5), None),
            ]
        ),
    )


def state_of(model):
    """Return all that a model is, as text and bits."""
    optimizer = None
    if model._network.training is not None:
        told = model._network.training.optimizer
        pool = model._network._pool
        memory = None if pool is None else pool.plan.memory
        # What a plan begins with is the same before it is made.
        if memory is not None and (memory == pool.plan._replace().memory).all():
            memory = None
        optimizer = (
            told.iterations,
            told.learning_rate,
            None if memory is None else memory.tobytes(),
        )
    weights = [weight.tobytes() for weight in model.get_weights()]
    learns = [layer.trainable for layer in model.layers]
    return model.to_json(), weights, learns, optimizer


class Use(RuleBasedStateMachine):
    """One model, and what is known of it."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self):
        """Remove the files."""
        executed["models"] += 1
        self.folder.cleanup()

    @initialize(seed=SEEDS)
    def begin(self, seed):
        utils.set_random_seed(seed)
        self.model = Sequential([layers.Input((INPUTS,)), layers.Dense(3)])
        self.outputs = [3]
        self.learning = None  # Which layers learn, since `compile`.

    def data(self, seed, rows):
        """Return x and y for the model."""
        rng = np.random.default_rng(seed)
        return rng.normal(size=(rows, INPUTS)), rng.normal(size=(rows, self.last))

    @property
    def last(self):
        return self.outputs[-1]

    def can_train(self):
        learning = [layer.trainable for layer in self.model.layers]
        return self.learning == learning

    # -- What changes it ----------------------------------------------------------

    @rule(made=new_layer(), learns=st.booleans())
    @precondition(lambda self: len(self.outputs) < 6)
    def add(self, made, learns):
        before = self.model.get_weights()
        make, units = made
        layer = make()
        layer.trainable = learns
        self.model.add(layer)
        self.outputs.append(units or self.last)
        if self.learning is not None:
            self.learning.append(learns)
        for one, same in zip(before, self.model.get_weights(), strict=False):
            assert one.tobytes() == same.tobytes()
        self.model.build((None, INPUTS))

    @rule()
    @precondition(lambda self: len(self.outputs) > 1)
    def pop(self):
        last = self.model.layers[-1]
        assert self.model.pop() is last
        self.outputs.pop()
        if self.learning is not None:
            self.learning.pop()

    @rule(optimizer=OPTIMIZERS, loss=st.sampled_from(["mse", "mae", "huber"]))
    def compile(self, optimizer, loss):
        before = self.model.get_weights()
        self.model.compile(optimizer(), loss, metrics=["mae"], weighted_metrics=["mse"])
        self.learning = [layer.trainable for layer in self.model.layers]
        assert self.model.optimizer.iterations == 0
        for one, same in zip(before, self.model.get_weights(), strict=True):
            assert one.tobytes() == same.tobytes()

    @rule(seed=SEEDS, rows=ROWS, batch_size=st.integers(1, 8), epochs=st.integers(0, 3))
    def fit(self, seed, rows, batch_size, epochs):
        x, y = self.data(seed, rows)
        if not self.can_train():
            self.require_refusal(lambda: self.model.fit(x, y, verbose=0))
            return
        twin = copy.deepcopy(self.model)
        frozen = self.frozen_weights()
        done = self.model.optimizer.iterations
        for one in (self.model, twin):
            utils.set_random_seed(seed)
            history = one.fit(x, y, batch_size, epochs, verbose=0)
        assert history.epoch == list(range(epochs))
        steps = epochs * -(-rows // batch_size)
        assert self.model.optimizer.iterations == done + steps
        assert state_of(twin) == state_of(self.model)
        assert self.frozen_weights() == frozen

    @rule(seed=SEEDS, rows=ROWS)
    def train_on_batch(self, seed, rows):
        x, y = self.data(seed, rows)
        weights = np.random.default_rng(seed).uniform(size=rows)
        if not self.can_train():
            self.require_refusal(lambda: self.model.train_on_batch(x, y, weights))
            return
        twin = copy.deepcopy(self.model)
        found = self.model.train_on_batch(x, y, weights)
        expected = twin.test_on_batch(x, y, weights)
        if not any("Noise" in repr(layer) for layer in twin.layers):
            assert np.shape(found) == np.shape(expected)
        twin.fit(x, y, rows, 1, 0, sample_weight=weights, shuffle=False)
        assert state_of(twin) == state_of(self.model)

    @rule(seed=SEEDS)
    def set_weights(self, seed):
        rng = np.random.default_rng(seed)
        weights = [
            rng.uniform(0.1, 1, one.shape).astype(np.float32)
            for one in self.model.get_weights()
        ]
        self.model.set_weights(weights)
        for one, same in zip(weights, self.model.get_weights(), strict=True):
            assert one.tobytes() == same.tobytes()

    @rule(rate=st.sampled_from([0.0, 1e-3, 0.1]))
    @precondition(lambda self: self.learning is not None)
    def change_the_learning_rate(self, rate):
        self.model.optimizer.learning_rate = rate
        assert self.model.optimizer.learning_rate == np.float32(rate)

    @rule(place=st.integers(0, 5))
    def freeze_or_thaw(self, place):
        layer = self.model.layers[place % len(self.outputs)]
        layer.trainable = not layer.trainable

    # -- What only reads ----------------------------------------------------------

    @rule(seed=SEEDS, rows=ROWS, batch_size=st.integers(1, 8))
    def predict(self, seed, rows, batch_size):
        before = state_of(self.model)
        x, _ = self.data(seed, rows)
        outputs = self.model.predict(x, batch_size, verbose=0)
        assert outputs.shape == (rows, self.last)
        assert np.isfinite(outputs).all()
        # On NumPy, a product is rounded by its shape.
        np.testing.assert_allclose(outputs, self.model(x), rtol=1e-4, atol=1e-5)
        assert state_of(self.model) == before

    @rule(seed=SEEDS, rows=ROWS)
    @precondition(lambda self: self.learning is not None)
    def evaluate(self, seed, rows):
        before = state_of(self.model)
        x, y = self.data(seed, rows)
        found = self.model.evaluate(x, y, verbose=0)
        assert self.model.evaluate(x, y, verbose=0) == found
        assert list(self.model.test_on_batch(x, y, return_dict=True)) == sorted(
            ["loss", *self.model.metrics_names[1:]]
        )
        assert state_of(self.model) == before

    @rule()
    def describe(self):
        before = state_of(self.model)
        with redirect_stdout(io.StringIO()) as text:
            self.model.summary()
        assert self.model.name in text.getvalue()
        again = models.model_from_json(self.model.to_json())
        assert again.to_json() == self.model.to_json()
        assert state_of(self.model) == before

    # -- What is saved or copied, and goes on -------------------------------------

    @rule(how=st.sampled_from([copy.copy, copy.deepcopy, "pickle", models.clone_model]))
    def copy(self, how):
        before = state_of(self.model)
        if how == "pickle":
            other = pickle.loads(pickle.dumps(self.model))
        else:
            other = how(self.model)
        assert state_of(self.model) == before
        if how is models.clone_model:
            assert other.get_config() == self.model.get_config()
            return
        assert state_of(other) == before
        self.model = other

    # As in Keras, files have no place for the memory of what froze since `compile`.
    @precondition(lambda self: self.learning is None or self.can_train())
    @rule(suffix=st.sampled_from(SUFFIXES))
    def save_and_load(self, suffix):
        path = Path(self.folder.name, f"model{suffix}")
        before = state_of(self.model)
        self.model.save(path)
        assert state_of(self.model) == before
        other = models.load_model(path)
        assert state_of(other) == before
        self.model = other

    @rule()
    def save_and_load_weights(self):
        path = Path(self.folder.name, "weights.npz")
        before = state_of(self.model)
        self.model.save_weights(path)
        self.model.set_weights([one + 1 for one in self.model.get_weights()])
        self.model.load_weights(path)
        assert state_of(self.model) == before

    # -- What is refused ----------------------------------------------------------

    @rule(seed=SEEDS, number=st.integers(0, 7))
    def make_a_mistake(self, seed, number):
        model = self.model
        x, y = self.data(seed, 4)
        spoilt = x.copy()
        spoilt[2, 1] = np.nan
        self.require_refusal(
            [
                lambda: model.fit(x[:, :-1], y, verbose=0),
                lambda: model.fit(spoilt, y, verbose=0),
                lambda: model.fit(x, y[:-1], verbose=0),
                lambda: model.fit(x, y, 0),
                lambda: model.compile("adamm", "mse"),
                lambda: model.set_weights([*model.get_weights(), np.zeros(3)]),
                lambda: model.add(3),
                lambda: model.load_weights(Path(self.folder.name, "none.npz")),
            ][number]
        )

    def require_refusal(self, call):
        """Call something that is a mistake: it says so, and nothing changes."""
        executed["refusals"] += 1
        before = state_of(self.model)
        with pytest.raises((ValueError, TypeError, FileNotFoundError)) as refusal:
            call()
        assert len(str(refusal.value)) > 20
        assert state_of(self.model) == before

    def frozen_weights(self):
        """Return the bits of the weights that must not change."""
        return [
            weight.tobytes()
            for layer in self.model.layers
            if not layer.trainable
            for weight in layer.get_weights()
        ]

    # -- What always holds --------------------------------------------------------

    @invariant()
    def sizes_are_those_of_the_layers(self):
        executed["calls"] += 1
        model = self.model
        assert [one.output_shape for one in model.layers] == [
            (None, outputs) for outputs in self.outputs
        ]
        assert model.count_params() == sum(one.size for one in model.get_weights())
        assert all(np.isfinite(weight).all() for weight in model.get_weights())


# Networks that nobody would make get warnings, and have to work all the same.
TestUse = pytest.mark.filterwarnings("ignore::UserWarning")(Use.TestCase)
