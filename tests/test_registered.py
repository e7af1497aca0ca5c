"""What is the user's own goes into files by name, and comes out of them again."""

import json
import re

import numpy as np
import pytest

from fastmlp import (
    activations,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    regularizers,
    saving,
    utils,
)

X = np.random.default_rng(3).uniform(-0.5, 0.5, (12, 3)).astype("float32")
Y = X[:, :2]

registered = utils.register_keras_serializable("tests")


@registered
class Scale(layers.Layer):
    def __init__(self, power=2, **common):
        super().__init__(**common)
        self.power = power

    def build(self, input_shape):
        self.factor = self.add_weight(input_shape[1:], "ones", name="factor")

    def call(self, x):
        return self.factor * x**self.power


@registered
def bend(x):
    return x * ops.sigmoid(x)


@registered
class Square:
    def forward(self, x):
        return x * x

    def backward(self, x, y, dy):
        return 2 * x * dy

    def get_config(self):
        return {}


@registered
class Size(regularizers.Regularizer):
    def __init__(self, weight=0.1):
        self.weight = weight

    def __call__(self, w):
        return self.weight * ops.sum(ops.abs(w))


@registered
class Shrunk(constraints.Constraint):
    def __call__(self, w):
        return 0.9 * w


@registered
class Ramp(initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return np.linspace(0, 1, int(np.prod(shape))).reshape(shape)


@registered
class Falling(optimizers.schedules.LearningRateSchedule):
    def __init__(self, begin):
        self.begin = begin

    def __call__(self, step):
        return self.begin / (1 + step)


@registered
class Cubic(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)


@registered
def quartic(y_true, y_pred):
    return ops.mean((y_true - y_pred) ** 4, axis=-1)


@registered
class Rows(metrics.Metric):
    def __init__(self, name="rows", **common):
        super().__init__(name, **common)
        self.total = self.add_weight(name="total")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(len(y_pred))

    def result(self):
        return self.total


def make_model(loss):
    model = models.Sequential(
        [
            layers.Input((3,)),
            Scale(power=3),
            layers.Dense(
                4,
                activation=bend,
                kernel_regularizer=Size(0.25),
                kernel_constraint=Shrunk(),
                bias_initializer=Ramp(),
            ),
            layers.Activation(Square()),
            layers.Dense(2),
            layers.Lambda(bend),
        ]
    )
    model.compile(optimizers.SGD(Falling(0.001)), loss, metrics=[Rows(), quartic])
    return model


@pytest.fixture(params=["class", "function"])
def model(request):
    model = make_model(Cubic() if request.param == "class" else quartic)
    model.fit(X, Y, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("ending", ["npz", "keras"])
def test_a_file_gives_all_that_is_registered_back(tmp_path, model, ending):
    if ending == "keras":
        pytest.importorskip("h5py")
    path = tmp_path / f"m.{ending}"
    model.save(path)
    other = models.load_model(path)
    assert other.to_json() == model.to_json()
    assert other.layers[0].power == 3
    assert other.layers[1].kernel_regularizer.weight == 0.25
    np.testing.assert_array_equal(
        other.predict(X, verbose=0), model.predict(X, verbose=0)
    )
    assert other.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    for one in (model, other):
        one.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    for mine, saved in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, saved)


def test_json_and_clones_have_it_too(model):
    for other in (models.model_from_json(model.to_json()), models.clone_model(model)):
        assert other.to_json() == model.to_json()
        assert other.layers[0] is not model.layers[0]
        assert other.metrics_names == model.metrics_names


def test_names_are_written_as_keras_writes_them(model):
    described = json.loads(model.to_json())["config"]["layers"]
    assert described[1]["module"] == __name__
    assert described[1]["class_name"] == "Scale"
    assert described[1]["registered_name"] == "tests>Scale"
    assert described[2]["config"]["activation"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "tests>bend",
        "registered_name": "function",
    }


class Unnamed(layers.Layer):
    def call(self, x):
        return 3 * x


def triple(x):
    return 3 * x


@pytest.mark.parametrize(
    "layer", [Unnamed, lambda: layers.Dense(3, triple), lambda: layers.Lambda(triple)]
)
def test_what_is_not_registered_is_cloned_but_not_saved(tmp_path, layer):
    model = models.Sequential([layers.Input((3,)), layer()])
    clone = models.clone_model(model)
    assert type(clone.layers[0]) is type(model.layers[0])
    assert clone.layers[0] is not model.layers[0]
    for attempt in (model.to_json, lambda: model.save(tmp_path / "m.npz")):
        with pytest.raises(ValueError, match=r"@fastmlp\.utils\.register_keras"):
            attempt()
    assert list(tmp_path.iterdir()) == []


def test_custom_objects_stand_for_what_was_registered_elsewhere(tmp_path):
    model = models.Sequential([layers.Input((3,)), Unnamed(), layers.Dense(2, triple)])
    objects = {"Unnamed": Unnamed, "triple": triple}
    with utils.custom_object_scope(objects):
        model.save(tmp_path / "m.npz")
        text = model.to_json()
    for read in (
        lambda **given: models.load_model(tmp_path / "m.npz", **given),
        lambda **given: models.model_from_json(text, **given),
        lambda **given: models.Sequential.from_config(
            json.loads(text)["config"], **given
        ),
    ):
        assert read(custom_objects=objects).count_params() == model.count_params()
        with pytest.raises(ValueError, match=r"'Unnamed'.*custom_objects=\{'Unnamed'"):
            read()


def test_a_scope_ends_also_after_an_error():
    with pytest.raises(KeyError), saving.CustomObjectScope({"triple": triple}):
        assert activations.get("triple") is triple
        raise KeyError
    with pytest.raises(ValueError, match="'triple'"):
        activations.get("triple")


@pytest.mark.parametrize(
    ("get", "own"),
    [
        (activations.get, bend),
        (initializers.get, Ramp),
        (regularizers.get, Size),
        (constraints.get, Shrunk),
        (losses.get, Cubic),
        (metrics.get, Rows),
    ],
)
def test_a_registered_name_is_a_name_everywhere(get, own):
    found = get(utils.get_registered_name(own))
    assert found is own or type(found) is own


def test_a_class_that_cannot_be_made_again_is_named():
    @registered
    class Narrow(layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units = units

        def call(self, x):
            return x

    text = models.Sequential([layers.Input((3,)), Narrow(2)]).to_json()
    with pytest.raises(ValueError, match=r"'Narrow', one of your own.*\*\*kwargs"):
        models.model_from_json(text)


def test_what_stands_in_another_s_place_is_refused():
    model = models.Sequential([layers.Input((3,)), Scale()])
    text = model.to_json().replace("tests>Scale", "tests>Size")
    text = re.sub('"config": {"name": "scale.*?}', '"config": {}', text)
    with pytest.raises(ValueError, match="should be a layer, but what is"):
        models.model_from_json(text)


def test_code_in_a_file_is_never_run():
    description = {
        "class_name": "Lambda",
        "config": {
            "function": {"class_name": "__lambda__", "config": {"code": "4wEA"}}
        },
    }
    with pytest.raises(ValueError, match="__lambda__"):
        models.Sequential.from_config({"layers": [description]})
