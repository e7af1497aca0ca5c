"""Graphs in words and in files: what layers get of each other is kept with the rest."""

import copy
import json

import numpy as np
import pytest

from fastmlp import Model, Sequential, layers, losses, models, optimizers
from fastmlp.layers import Add, Concatenate, Dense, Dropout, Input, Subtract

try:
    import h5py
except ImportError:
    h5py = None

needs_h5py = pytest.mark.skipif(
    h5py is None, reason="h5py is not installed: pip install h5py"
)
MODEL_ENDINGS = [
    pytest.param(".keras", marks=needs_h5py),
    pytest.param(".h5", marks=needs_h5py),
    ".npz",
]
WEIGHT_ENDINGS = [pytest.param(".weights.h5", marks=needs_h5py), ".npz"]

ROWS = 24
RNG = np.random.default_rng(4)
X = {name: RNG.normal(size=(ROWS, 4)) for name in ("old", "new")}
Y = {
    "gap": RNG.normal(size=(ROWS, 1)),
    "sort": RNG.integers(0, 3, ROWS),
    "none": np.zeros((ROWS, 5)),
}


def trunk(trainable=True):
    """Return layers in a row, one of which has moments of its own."""
    return Sequential(
        [
            Input((4,)),
            Dense(5, "relu", trainable=trainable),
            layers.BatchNormalization(),
        ],
        name="trunk",
    )


def comparing(row=None):
    """Return a model that has all there is: names, ends, shared and inner layers."""
    row = trunk() if row is None else row
    old, new = Input((4,), name="before"), Input((4,), name="after")
    shared = Dense(5, "tanh", name="shared")
    hidden = Add()([row(new), shared(old)])
    apart = Subtract()([shared(new), hidden])
    both = Dropout(0.25, seed=3)(Concatenate(name="both")([old, hidden, apart]))
    gap, sort = Dense(1, name="price")(both), Dense(3, "softmax", name="kind")(both)
    outputs = {"gap": gap, "sort": sort, "none": apart}
    return Model({"old": old, "new": new}, outputs, name="comparing")


def compiled(model):
    model.compile(
        optimizers.Adam(0.01),
        {
            "gap": losses.Huber(0.5),
            "sort": "sparse_categorical_crossentropy",
            "none": None,
        },
        loss_weights={"gap": 2.0, "sort": 0.5, "none": 1.0},
        metrics={"sort": ["accuracy"], "none": ["mae"]},
        weighted_metrics={"gap": ["mse"]},
    )
    return model


def train(model, epochs=2):
    return model.fit(X, Y, 8, epochs, shuffle=False, verbose=0).history


@pytest.fixture
def model():
    model = compiled(comparing())
    train(model)
    return model


def assert_same_arrays(found, wanted):
    for array, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_a_loaded_graph_predicts_the_same_and_trains_on_to_the_same_bits(
    tmp_path, model, ending
):
    model.save(tmp_path / f"m{ending}")
    other = models.load_model(tmp_path / f"m{ending}")
    assert type(other) is type(model)
    assert other.get_config() == model.get_config()
    assert other.get_compile_config() == model.get_compile_config()
    assert other.metrics_names == model.metrics_names
    assert other.optimizer.iterations == 6
    found, wanted = other.predict(X, verbose=0), model.predict(X, verbose=0)
    assert list(found) == list(wanted) == ["gap", "sort", "none"]
    assert_same_arrays(found.values(), wanted.values())
    assert train(other) == train(model)
    assert_same_arrays(other.get_weights(), model.get_weights())


@pytest.mark.parametrize("ending", WEIGHT_ENDINGS)
def test_weights_and_optimizer_of_a_graph_come_back_from_a_weights_file(
    tmp_path, model, ending
):
    model.save_weights(tmp_path / f"m{ending}")
    other = compiled(comparing())
    train(other, 5)
    other.load_weights(tmp_path / f"m{ending}")
    assert other.optimizer.iterations == 6
    assert train(other) == train(model)
    assert_same_arrays(other.get_weights(), model.get_weights())


@pytest.mark.parametrize("ending", WEIGHT_ENDINGS)
@pytest.mark.parametrize("saved_frozen", [True, False])
def test_weights_meet_their_layers_whatever_is_frozen(tmp_path, ending, saved_frozen):
    model, other = comparing(trunk(not saved_frozen)), comparing(trunk(saved_frozen))
    model.set_weights([RNG.normal(size=w.shape) for w in model.get_weights()])
    (other if saved_frozen else model).get_layer("trunk").trainable = True
    (model if saved_frozen else other).get_layer("trunk").trainable = False
    expected = model.predict(X, verbose=0)["gap"]
    model.save_weights(tmp_path / f"m{ending}")
    other.load_weights(tmp_path / f"m{ending}")
    np.testing.assert_array_equal(other.predict(X, verbose=0)["gap"], expected)
    other.set_weights(comparing().get_weights())
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(other.predict(X, verbose=0)["gap"], expected)


def test_a_row_and_the_graph_of_its_layers_have_the_same_weights_file(tmp_path):
    row = Sequential([Input((4,)), Dense(3), Dense(2)])
    inputs = Input((4,))
    graph = Model(inputs, Dense(2)(Dense(3)(inputs)))
    row.save_weights(tmp_path / "m.npz")
    graph.load_weights(tmp_path / "m.npz")
    assert_same_arrays(graph.get_weights(), row.get_weights())


def test_the_file_of_a_graph_names_layers_and_those_inside_them(tmp_path, model):
    model.save_weights(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as file:
        places = {name.partition("/vars/")[0] for name in file.files}
    assert places == {
        "layers/sequential/layers/dense",
        "layers/sequential/layers/batch_normalization",
        "layers/dense",
        "layers/dense_1",
        "layers/dense_2",
        "optimizer",
    }


def test_json_makes_the_graph_again(model):
    other = models.model_from_json(model.to_json(indent=2))
    assert json.loads(other.to_json()) == json.loads(model.to_json())
    assert type(model).from_config(model.get_config()).get_config() == (
        model.get_config()
    )


def test_a_clone_of_a_graph_is_compiled_but_fresh(model):
    other = models.clone_model(model)
    assert other.get_compile_config() == model.get_compile_config()
    assert other.optimizer.iterations == 0
    assert other.get_layer("shared") is not model.get_layer("shared")
    assert not np.array_equal(
        other.get_layer("shared").kernel, model.get_layer("shared").kernel
    )
    train(other)


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("count", [1, 2])
def test_ends_come_back_in_what_held_them(kind, count):
    inputs = [Input((4,), name=name) for name in "ab"[:count]]
    model = Model(kind(inputs), kind([Dense(2)(one) for one in inputs]))
    other = Model.from_config(model.get_config())
    assert type(other.input) is type(other.output) is kind
    # JSON has no tuples.
    other = models.model_from_json(model.to_json())
    assert type(other.input) is type(other.output) is list


def test_a_shared_layer_is_described_once_with_each_of_its_calls(model):
    described = {one["name"]: one for one in model.get_config()["layers"]}
    assert len(described) == len(model.layers)
    given = [node["args"][0] for node in described["shared"]["inbound_nodes"]]
    histories = [one["config"]["keras_history"] for one in given]
    assert histories == [["before", 0, 0], ["after", 0, 0]]


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_a_layer_of_a_model_and_of_one_inside_it_comes_back_as_one(tmp_path, ending):
    inputs, shared = Input((4,)), Dense(4, name="shared")
    inner = Model(inputs, shared(inputs), name="inner")
    model = Model(inputs, Add()([shared(inputs), inner(inputs)]))
    model.save(tmp_path / f"m{ending}")
    other = models.load_model(tmp_path / f"m{ending}")
    assert other.get_layer("inner").get_layer("shared") is other.get_layer("shared")
    assert_same_arrays(other.get_weights(), model.get_weights())


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_a_model_inside_another_is_compiled_as_it_was(tmp_path, ending):
    row = trunk()
    row.compile("sgd", "mse")
    model = comparing(row)
    model.save(tmp_path / f"m{ending}")
    other = models.load_model(tmp_path / f"m{ending}")
    assert not other.compiled
    assert other.get_layer("trunk").get_compile_config() == row.get_compile_config()
    other = models.load_model(tmp_path / f"m{ending}", compile=False)
    assert not other.get_layer("trunk").compiled


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_what_no_output_needs_is_kept_with_its_place_in_the_optimizer(tmp_path, ending):
    inputs = Input((4,))
    inner = Model(inputs, [Dense(2)(inputs), Dense(3, name="idle")(inputs)])
    used, _ = inner(inputs)
    model = Model(inputs, used)
    model.compile("adam", "mse")
    model.fit(X["old"], np.zeros((ROWS, 2)), epochs=1, verbose=0)
    model.save(tmp_path / f"m{ending}")
    other = models.load_model(tmp_path / f"m{ending}")
    assert_same_arrays(other.get_weights(), model.get_weights())
    for one in (model, other):
        one.fit(X["old"], np.zeros((ROWS, 2)), epochs=1, verbose=0, shuffle=False)
    assert_same_arrays(other.get_weights(), model.get_weights())


def test_a_call_that_never_behaves_as_in_fit_stays_one():
    inputs = Input((4,))
    model = Model(inputs, Dropout(0.5)(inputs, training=False))
    other = models.model_from_json(model.to_json())
    other.compile("sgd", "mse")
    assert other.train_on_batch(X["old"], X["old"]) == 0


def test_a_graph_that_begins_in_the_middle_of_another_has_an_input_of_its_own():
    inputs = Input((4,))
    hidden = Dense(3)(inputs)
    model = Model(hidden, Dense(2)(hidden))
    other = models.model_from_json(model.to_json())
    other.set_weights(model.get_weights())
    x = RNG.normal(size=(5, 3))
    np.testing.assert_array_equal(
        other.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_a_row_may_begin_with_a_graph(tmp_path):
    inputs = Input((4,))
    base = Model(inputs, Add()([Dense(4)(inputs), inputs]))
    model = Sequential([base, Dense(2)])
    model.save(tmp_path / "m.npz")
    other = models.load_model(tmp_path / "m.npz")
    assert_same_arrays(other.get_weights(), model.get_weights())


def test_a_row_of_rows_that_is_not_built_yet_can_be_saved(tmp_path):
    model = Sequential([Sequential([Dense(3)], name="inner"), Dense(2)])
    model.save(tmp_path / "m.npz")
    other = models.load_model(tmp_path / "m.npz")
    assert not other.built
    assert other.layers[0].layers[0].units == 3


def test_a_copy_of_a_graph_is_described_as_the_graph(model):
    assert copy.deepcopy(model).get_config() == model.get_config()


def test_the_inputs_of_keras_2_are_read_too():
    inputs, other = Input((4,), name="a"), Input((4,), name="b")
    config = Model([inputs, other], Dense(2)(Add()([inputs, other]))).get_config()

    def as_in_keras_2(given):
        if isinstance(given, list):
            return [as_in_keras_2(one) for one in given]
        return [*given["config"]["keras_history"], {}]

    for layer in config["layers"]:
        layer["inbound_nodes"] = [
            found if isinstance(found[0], list) else [found]
            for found in (as_in_keras_2(n["args"][0]) for n in layer["inbound_nodes"])
        ]
    assert Model.from_config(config).count_params() == 10


# -- What is wrong in a description ----------------------------------------------------


def described():
    """Return the configuration of a graph of a, b, and what is added to a."""
    a = Input((4,), name="a")
    b = Dense(4, name="b")(a)
    return Model(a, Add(name="c")([a, b])).get_config()


def layer_of(config, name):
    return next(one for one in config["layers"] if one["name"] == name)


def set_history(config, history):
    node = layer_of(config, "b")["inbound_nodes"][0]
    node["args"][0]["config"]["keras_history"] = history


def circle(config):
    set_history(config, ["c", 0, 0])


def two_names(config):
    layer_of(config, "b")["name"] = "a"


def no_name(config):
    layer_of(config, "b")["name"] = 3


def no_nodes(config):
    del layer_of(config, "b")["inbound_nodes"]


def called_on_nothing(config):
    layer_of(config, "b")["inbound_nodes"][0]["args"] = [[]]


def called_on_two(config):
    layer_of(config, "b")["inbound_nodes"][0]["args"] *= 2


def called_on_a_number(config):
    layer_of(config, "c")["inbound_nodes"][0]["args"] = [[1.0]]


def called_on_a_tensor_alone(config):
    node = layer_of(config, "c")["inbound_nodes"][0]
    node["args"] = node["args"][0][:1]


def called_as_in_fit(config):
    layer_of(config, "b")["inbound_nodes"][0]["kwargs"] = {"training": True}


def an_input_that_is_called(config):
    nodes = layer_of(config, "b")["inbound_nodes"]
    layer_of(config, "a")["inbound_nodes"] = nodes


def a_layer_on_the_side(config):
    config["output_layers"] = ["b", 0, 0]


def another_class(config):
    layer_of(config, "b")["class_name"] = "LSTM"


def another_width(config):
    layer_of(config, "b")["config"]["units"] = 3


def a_model_that_is_none(config):
    layer_of(config, "b").update(class_name="Functional", config={"layers": 3})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (circle, "lie in a circle, so that none can be first: '[bc]', '[bc]'"),
        (two_names, "needs a name of its own; 'a' is none"),
        (no_name, "needs a name of its own; 3 is none"),
        (no_nodes, "'b' has no list of 'inbound_nodes'"),
        (called_on_nothing, "'b' is called on nothing"),
        (called_on_two, "'b' must be called on one thing"),
        (called_on_a_number, "the configuration has 1.0"),
        (called_on_a_tensor_alone, "'c' cannot be called so. Layer 'c' takes a list"),
        (called_as_in_fit, "'b' is called with training=True"),
        (an_input_that_is_called, "'a' is an Input, and gets no outputs"),
        (a_layer_on_the_side, "Nothing leads from layer 'c' to an output"),
        (another_class, "Layer 'b' of class 'LSTM' cannot be made"),
        (another_width, "'c' cannot be called so. .* must have one shape"),
        (a_model_that_is_none, "'b' of class 'Functional' cannot be made"),
        (lambda one: set_history(one, ["d", 0, 0]), "call 0 of layer 'd', which"),
        (lambda one: set_history(one, ["a", 1, 0]), "call 1 of layer 'a', which"),
        (lambda one: set_history(one, ["a", 0, 1]), "output 1 of call 0 of layer 'a'"),
        (lambda one: set_history(one, ["a", -1, 0]), r"not \['a', -1, 0\]"),
        (lambda one: set_history(one, ["a", True, 0]), r"not \['a', True, 0\]"),
        (lambda one: set_history(one, "a"), "not 'a'"),
        (lambda one: one.update(input_layers=None), "the configuration has None"),
        (lambda one: one.update(output_layers=["a"]), r"not \['a'\]"),
        (lambda one: one.update(output_layers=["d", 0, 0]), "output 0 of call 0 of"),
        (lambda one: one.update(input_layers=["b", 0, 0]), "need the input 'a'"),
        (lambda one: one.update(input_layers=[]), "A model needs inputs, but there ar"),
        (lambda one: one.update(layers=3), "dictionary with a list of 'layers'"),
        (lambda one: one.update(trainable=3), "trainable"),
        (lambda one: one.update(name=3), "name"),
    ],
)
def test_what_is_wrong_in_the_description_of_a_graph_is_said(change, message):
    config = described()
    change(config)
    with pytest.raises(ValueError, match=message):
        Model.from_config(config)


def inside(config, calls=2):
    """Return the description of a graph that calls another, again and again."""
    x = {"class_name": "InputLayer", "config": {"batch_shape": [None, 4]}}
    names = ["x", *["m"] * calls]
    nodes = [[["x", 0, 0]], *[[["m", number, 0]] for number in range(calls - 1)]]
    inner = {"class_name": "Functional", "config": config}
    return {
        "layers": [
            {**x, "name": "x", "inbound_nodes": []},
            {**inner, "name": "m", "inbound_nodes": nodes},
        ],
        "input_layers": ["x", 0, 0],
        "output_layers": [names[-1], calls, 0],
    }


def test_models_in_models_that_call_each_other_too_often_are_refused():
    config = described()
    for _ in range(40):
        config = inside(config)
    with pytest.raises(ValueError, match="calls its layers"):
        Model.from_config(config)


def test_too_many_models_in_models_are_refused():
    config = described()
    for _ in range(2000):
        config = inside(config, calls=1)
    with pytest.raises(ValueError, match="too many models in models"):
        Model.from_config(config)


def test_a_model_of_another_class_is_refused_with_its_name(model):
    whole = json.loads(model.to_json())
    whole["class_name"] = "Mine"
    with pytest.raises(ValueError, match="class 'Mine', but fastmlp has Sequential"):
        models.model_from_json(json.dumps(whole))


def test_the_graph_of_a_call_of_one_s_own_is_described_once_it_is_a_model():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.hidden = Dense(3)

        def call(self, x):
            return self.hidden(x)

    own = Own()
    own.predict(X["old"], verbose=0)
    with pytest.raises(ValueError, match=r"Model\(model\.inputs, model\.outputs\)"):
        own.to_json()
    models.model_from_json(Model(own.inputs, own.outputs).to_json())
