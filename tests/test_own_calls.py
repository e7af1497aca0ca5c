"""Models with a `call` of their own: looked at once, built whole, changed no more."""

import copy
import pickle

import numpy as np
import pytest

from fastmlp import Model, Sequential, callbacks, layers
from fastmlp.layers import Dense, Input

RNG = np.random.default_rng(0)
X = RNG.random((24, 4), np.float32)
Y = RNG.random((24, 3), np.float32)


class Net(Model):
    def __init__(self):
        super().__init__()
        self.hidden = Dense(5, "relu")
        self.out = Dense(3)

    def call(self, x):
        return self.out(self.hidden(x))


class TwoOutputs(Net):
    def call(self, x):
        return self.out(x), self.hidden(x)


class ByName(Model):
    def __init__(self):
        super().__init__()
        self.left, self.right = Dense(3), Dense(3)

    def call(self, x):
        return self.left(x["left"]) - self.right(x["right"])


class Unbuildable(layers.Layer):
    def build(self, input_shape):
        raise ValueError("never")

    def call(self, x):
        return x


def compiled(model, loss="mse"):
    model.compile("sgd", loss)
    return model


def predicted(model, x=X):
    return model.predict(x, verbose=0)


class WithGraph(Net):
    def __init__(self):
        self.graph = {"edges": []}
        super().__init__()


def test_an_attribute_named_graph_does_no_harm_before_there_is_a_model():
    assert predicted(WithGraph()).shape == (24, 3)


# -- Copies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
@pytest.mark.parametrize("is_used", [False, True])
def test_a_copy_has_layers_of_its_own(copied, is_used):
    model = compiled(Net())
    if is_used:
        model.fit(X, Y, verbose=0)
    other = copied(model)
    before = predicted(model)
    assert other.layers == [other.hidden, other.out]
    assert other.hidden is not model.hidden
    if is_used:
        np.testing.assert_array_equal(predicted(other), before)
    other.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(predicted(model), before)
    assert not np.array_equal(predicted(other), before)


# -- Shapes before data ---------------------------------------------------------------


def test_build_takes_one_shape_a_list_or_names():
    model = Net()
    model.build((None, 4))
    assert model.count_params() == 43
    model = ByName()
    model.build({"left": (None, 4), "right": (None, 2)})
    assert model.count_params() == 24
    assert model.input_names == ["left", "right"]


def test_build_refuses_other_shapes_than_the_model_has():
    model = Net()
    model.build((None, 4))
    model.build((None, 4))
    with pytest.raises(ValueError, match="takes shape"):
        model.build((None, 5))
    assert model.count_params() == 43


def test_a_model_that_never_saw_data_can_be_a_layer():
    inputs = Input((4,))
    model = Model(inputs, Dense(2)(Net()(inputs)))
    assert predicted(model).shape == (24, 2)
    assert predicted(Sequential([Net(), Dense(2)])).shape == (24, 2)
    ends = Input((4,)), Input((4,))
    model = Model(ends, ByName()({"right": ends[1], "left": ends[0]}))
    assert predicted(model, (X, X)).shape == (24, 3)


@pytest.mark.parametrize("loss", ["mse", ["mse", "mae"]])
def test_several_outputs_are_compiled_once_they_are_known(loss):
    model = TwoOutputs()
    with pytest.raises(ValueError, match=r"model\.build\(\(None, inputs\)\)"):
        compiled(model, loss).fit(X, (Y, X @ np.ones((4, 5), np.float32)), verbose=0)
    model = TwoOutputs()
    model.build((None, 4))
    history = (
        compiled(model, loss)
        .fit(X, (Y, X @ np.ones((4, 5), np.float32)), verbose=0)
        .history
    )
    assert len(history) == 3


# -- What fails leaves no trace -------------------------------------------------------


def rows_that_cannot_be_built():
    inner = Net(), Sequential([Dense(3)]), Dense(3)
    return [(Sequential([one, Unbuildable()]), one) for one in inner]


@pytest.mark.parametrize("number", range(3))
def test_what_was_built_before_a_failure_is_not_built_afterwards(number):
    model, first = rows_that_cannot_be_built()[number]
    for _ in range(2):
        with pytest.raises(ValueError, match="never"):
            predicted(model)
        assert not model.built
        assert not first.built
    assert predicted(Sequential([first]), X[:, :2]).shape == (24, 3)


def test_a_call_that_fails_leaves_its_layers_unbuilt():
    class Fails(Net):
        def call(self, x):
            return Unbuildable()(self.hidden(x))

    model = Fails()
    with pytest.raises(ValueError, match="never"):
        predicted(model)
    assert not model.built
    assert not model.hidden.built


def test_a_list_of_layers_may_have_itself_within():
    class Circular(Net):
        def __init__(self):
            super().__init__()
            self.all = [self.out, {"more": []}]
            self.all[1]["more"].append(self.all)

    model = Circular()
    assert model(X).shape == Net()(X).shape
    assert model.layers == [model.hidden, model.out]


# -- Changes that would be ignored ----------------------------------------------------


def test_a_layer_that_comes_after_the_call_was_looked_at_is_refused():
    model = compiled(Net())
    model.fit(X, Y, verbose=0)
    before = predicted(model)
    with pytest.raises(AttributeError, match="looked at already"):
        model.out = Dense(3)
    np.testing.assert_array_equal(predicted(model), before)


def test_so_is_one_in_a_list():
    class InList(Net):
        def __init__(self):
            super().__init__()
            self.row = [Dense(4)]

        def call(self, x):
            for layer in self.row:
                x = layer(x)
            return super().call(x)

    model = compiled(InList())
    model.fit(X, Y, verbose=0)
    model.row.append(Dense(4))
    with pytest.raises(ValueError, match="others than when"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("deep", [False, True])
def test_a_row_within_that_got_other_layers_is_refused(deep):
    inner = Sequential([Input((4,)), Dense(4)])
    model = compiled(Sequential([Sequential([inner]) if deep else inner, Dense(3)]))
    model.fit(X, Y, verbose=0)
    inner.add(Dense(4))
    with pytest.raises(ValueError, match="got other layers"):
        model.fit(X, Y, verbose=0)


def test_inputs_by_name_do_not_become_inputs_by_order():
    model = ByName()
    predicted(model, {"right": X, "left": X})
    with pytest.raises(ValueError, match="dictionary with right, left"):
        predicted(model, [X, X])


@pytest.mark.parametrize("name", ["__call__", "build"])
def test_what_no_fit_calls_is_refused(name):
    kind = type("Other", (Net,), {name: lambda self, x: x})
    with pytest.raises(TypeError, match=f"`{name}` of its own"):
        kind()


# -- In files -------------------------------------------------------------------------


def test_a_checkpoint_refuses_a_model_that_no_file_can_hold_before_it_is_trained(
    tmp_path,
):
    model = compiled(Net())
    model.build((None, 4))
    before = predicted(model)
    saves = callbacks.ModelCheckpoint(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="description holds no code"):
        model.fit(X, Y, verbose=0, callbacks=[saves])
    np.testing.assert_array_equal(predicted(model), before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["assign", "kind", "put_in", "weight_names"])
def test_a_name_that_the_library_asks_layers_by_is_refused(name):
    with pytest.raises(TypeError, match=f"has '{name}', a name by which fastmlp"):
        type("Mine", (layers.Layer,), {name: None, "call": lambda self, x: x})

    class Mine(layers.Layer):
        def call(self, x):
            return x

    with pytest.raises(AttributeError, match=f"such as my_{name}"):
        setattr(Mine(), name, 1)


@pytest.mark.parametrize(
    "name", ["lock", "constants", "declared_shape", "fill", "start"]
)
def test_other_attributes_are_the_layers_own(name):
    class Mine(layers.Layer):
        def __init__(self):
            super().__init__()
            setattr(self, name, 3)

        def call(self, x):
            return getattr(self, name) * x

    model = Sequential([Input((2,)), Mine(), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    assert getattr(model.layers[0], name) == 3
