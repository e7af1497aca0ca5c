"""Files of older Keras, in `tests/golden`; and the older format, written anew."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fastmlp import layers, models
from fastmlp.models import Model, Sequential

pytest.importorskip("h5py", reason="h5py is not installed: pip install h5py")

GOLDEN = Path(__file__).parent / "golden" / "keras_files.zip"
X = ((np.arange(60).reshape(12, 5) * 7 % 31 - 15) / 16).astype(np.float32)
Y = np.eye(3, dtype=np.float32)[np.arange(12) * 5 % 3]
DATA = {"row": (X, Y), "graph": ([X[:, :2], X[:, 2:]], Y[:, :1])}

with zipfile.ZipFile(GOLDEN) as files:
    NAMES = sorted(files.namelist())
VERSIONS = sorted({name.partition("/")[0] for name in NAMES})
MODELS = [
    name for name in NAMES if name.endswith((".h5", ".keras")) and "weights" not in name
]

# What is left where a version rounded its settings, or computed in another order.
_TOLERANCE = {"2.2.4-tf": 2e-4, "3.0.5": 1e-5}

# It has numbers for names in the optimizer's memory, so that nobody knows their order.
_WITHOUT_MEMORY = "2.2.4"


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    with zipfile.ZipFile(GOLDEN) as archive:
        archive.extractall(folder)
    return folder


def answers(golden, name):
    version, _, rest = name.partition("/")
    kind = "row" if rest.startswith("row") else "graph"
    every = json.loads((golden / version / "answers.json").read_text())
    return version, kind, every[kind]


def test_there_are_files_of_each_time():
    assert VERSIONS == [
        "2.13.1", "2.15.0", "2.2.4", "2.2.4-tf", "2.4.0",
        "3.0.5", "3.15.1", "3.3.3", "3.6.0", "3.9.2",
    ]  # fmt: skip
    assert GOLDEN.stat().st_size < 300_000


@pytest.mark.filterwarnings("ignore:The optimizer in the file is another one")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_predicts_and_learns_on_as_it_did(golden, name):
    version, kind, expected = answers(golden, name)
    x, y = DATA[kind]
    model = models.load_model(golden / name)
    outputs = model.predict(x, verbose=0)
    np.testing.assert_allclose(outputs, expected["predictions"], atol=1e-6)
    for found, weight in zip(model.get_weights(), expected["weights"], strict=True):
        np.testing.assert_array_equal(found, np.float32(weight))
    metrics = ["loss", "accuracy"] if kind == "row" else ["loss"]
    assert model.metrics_names == metrics
    model.train_on_batch(x, y)
    outputs = model.predict(x, verbose=0)
    if version != _WITHOUT_MEMORY:
        atol = _TOLERANCE.get(version, 1e-6)
        np.testing.assert_allclose(outputs, expected["afterwards"], atol=atol)


def test_a_memory_in_no_known_order_is_not_taken(golden):
    with pytest.warns(UserWarning, match="training starts without memory"):
        models.load_model(golden / "2.2.4" / "row.h5")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", DATA)
def test_a_description_and_weights_make_the_model(golden, version, kind):
    folder = golden / version
    *_, expected = answers(golden, f"{version}/{kind}")
    model = models.model_from_json((folder / f"{kind}.json").read_text())
    (weights,) = folder.glob(f"{kind}_weights*")
    model.load_weights(weights)
    outputs = model.predict(DATA[kind][0], verbose=0)
    np.testing.assert_allclose(outputs, expected["predictions"], atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_weights_are_taken_from_the_file_of_a_model(golden, name):
    version, kind, expected = answers(golden, name)
    model = models.model_from_json((golden / version / f"{kind}.json").read_text())
    model.load_weights(golden / name)
    outputs = model.predict(DATA[kind][0], verbose=0)
    np.testing.assert_allclose(outputs, expected["predictions"], atol=1e-6)


@pytest.mark.parametrize("version", ["2.4.0", "2.15.0", "3.15.1"])
def test_weights_are_taken_by_name(golden, version):
    other = Sequential(
        [
            layers.Input((5,)),
            layers.Dense(2, name="new"),
            layers.Dense(4, name="between"),
            layers.Dense(3, name="dense"),
        ]
    )
    before = other.get_weights()
    other.load_weights(golden / version / "row.h5", by_name=True)
    *_, expected = answers(golden, f"{version}/row")
    np.testing.assert_array_equal(other.weights[4], expected["weights"][6])
    for found, kept in zip(other.get_weights()[:4], before, strict=False):
        np.testing.assert_array_equal(found, kept)


def test_by_name_what_does_not_fit_is_an_error_or_skipped(golden):
    other = Sequential([layers.Input((5,)), layers.Dense(7, name="hidden")])
    path = golden / "2.15.0" / "row_weights.h5"
    with pytest.raises(ValueError, match=r"'hidden' has weights of the shapes"):
        other.load_weights(path, by_name=True)
    before = other.get_weights()
    with pytest.warns(UserWarning, match="Skipped"):
        other.load_weights(path, by_name=True, skip_mismatch=True)
    np.testing.assert_array_equal(other.get_weights()[0], before[0])


def test_by_name_at_least_one_is_found(golden):
    other = Sequential([layers.Input((5,)), layers.Dense(7, name="another")])
    with pytest.raises(ValueError, match="No layer of model"):
        other.load_weights(golden / "2.15.0" / "row_weights.h5", by_name=True)


def test_in_order_the_number_of_layers_must_fit(golden):
    other = Sequential([layers.Input((5,)), layers.Dense(4)])
    with pytest.raises(ValueError, match=r"weights of 3 layers, but the model has 1"):
        other.load_weights(golden / "2.15.0" / "row_weights.h5")


def test_files_by_class_have_no_names(golden, tmp_path):
    model = Sequential([layers.Input((5,)), layers.Dense(4)])
    model.save_weights(tmp_path / "m.npz")
    for path in (golden / "3.9.2" / "row.keras", tmp_path / "m.npz"):
        with pytest.raises(ValueError, match="by their order, not by their names"):
            model.load_weights(path, by_name=True)


def test_weights_alone_are_no_model(golden):
    for name in ("2.15.0/row_weights.h5", "3.9.2/row_weights.weights.h5"):
        with pytest.raises(ValueError, match=r"model\.load_weights"):
            models.load_model(golden / name)


def test_any_name_will_do_for_a_file_that_is_read(golden, tmp_path):
    for name, other in [("2.15.0/row.h5", "a"), ("3.9.2/row.keras", "b.hdf5")]:
        (tmp_path / other).write_bytes((golden / name).read_bytes())
        assert models.load_model(tmp_path / other).count_params() > 0


# -- Written here ----------------------------------------------------------------------


def a_row():
    model = Sequential(
        [
            layers.Input((5,)),
            layers.Dense(4, "relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Dense(3, "softmax", name="out"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def a_graph():
    left, right = layers.Input((2,), name="left"), layers.Input((3,), name="right")
    inner = Sequential(
        [layers.Input((3,)), layers.BatchNormalization(), layers.Dense(3)]
    )
    inner.layers[0].trainable = False
    both = layers.Concatenate()([left, inner(right)])
    model = Model([left, right], layers.Dense(1)(both))
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
@pytest.mark.parametrize(("kind", "make"), [("row", a_row), ("graph", a_graph)])
def test_a_model_is_saved_with_its_training(tmp_path, ending, kind, make):
    model, (x, y) = make(), DATA[kind]
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / f"m{ending}")
    loaded = models.load_model(tmp_path / f"m{ending}")
    assert loaded.to_json() == model.to_json()
    for one in (model, loaded):
        one.train_on_batch(x, y)
    for found, weight in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, weight)


@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
@pytest.mark.parametrize(("kind", "make"), [("row", a_row), ("graph", a_graph)])
def test_weights_are_saved(tmp_path, ending, kind, make):
    model, other = make(), make()
    model.fit(*DATA[kind], verbose=0)
    model.save_weights(tmp_path / f"w{ending}")
    other.load_weights(tmp_path / f"w{ending}")
    for found, weight in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, weight)


def test_a_model_that_knows_no_inputs_is_saved(tmp_path):
    Sequential([layers.Dense(3)]).save(tmp_path / "m.h5")
    assert not models.load_model(tmp_path / "m.h5").built


def test_compile_settings_can_be_left_out(golden):
    assert not models.load_model(golden / "2.15.0" / "row.h5", compile=False).compiled


# -- Descriptions ----------------------------------------------------------------------


def a_description(**compiled):
    layer = {"class_name": "Dense", "config": {"units": 3, "name": "one"}}
    config = {"name": "m", "layers": [layer], "build_input_shape": [None, 4]}
    return {"class_name": "Sequential", "config": config, "compile_config": compiled}


def read(description):
    return models.model_from_json(json.dumps(description))


def test_layers_in_a_row_were_a_list_once():
    dense = {"units": 3, "batch_input_shape": [None, 4]}
    layer = {"class_name": "Dense", "config": dense}
    model = read({"class_name": "Sequential", "config": [layer]})
    assert model.count_params() == 15


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        (True, "in `predict`, no layer"),
        (False, None),
    ],
)
def test_calls_with_training_are_not_taken_for_others(training, expected):
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["drop", 0, 0]]}
    inputs = {"batch_input_shape": [None, 4], "name": "x"}
    call = [[["x", 0, 0, {"training": training}]]]
    described = [
        {
            "name": "x",
            "class_name": "InputLayer",
            "config": inputs,
            "inbound_nodes": [],
        },
        {
            "name": "drop",
            "class_name": "Dropout",
            "config": {"rate": 0.5, "name": "drop"},
            "inbound_nodes": call,
        },
    ]
    config = {"name": "m", "layers": described, **ends}
    description = {"class_name": "Model", "config": config}
    if expected:
        with pytest.raises(ValueError, match=expected):
            read(description)
        return
    model = read(description)
    model.compile("sgd", "mse")
    assert model.train_on_batch(np.ones((3, 4)), np.ones((3, 4))) == 0


def test_a_decay_is_a_schedule():
    sgd = {"class_name": "SGD", "config": {"lr": 0.5, "decay": 0.25, "name": "SGD"}}
    model = read(a_description(loss="mse", optimizer_config=sgd))
    schedule = model.optimizer.get_config()["learning_rate"]
    assert schedule["class_name"] == "InverseTimeDecay"


@pytest.mark.parametrize(
    ("function", "name", "expected"),
    [
        ("categorical_accuracy", "accuracy", "accuracy"),
        ("sparse_categorical_accuracy", "acc", "acc"),
        ("mean_absolute_error", "mae", "mae"),
    ],
)
def test_metrics_that_wrap_a_function_are_that_metric(function, name, expected):
    wrapped = {
        "class_name": "MeanMetricWrapper",
        "config": {"name": name, "fn": function, "dtype": "float32"},
    }
    model = read(a_description(loss="mse", optimizer="sgd", metrics=[[wrapped]]))
    assert model.metrics_names == ["loss", expected]


def test_a_loss_reduces_automatically():
    loss = {"class_name": "Huber", "config": {"reduction": "auto", "delta": 2.0}}
    model = read(a_description(loss=loss, optimizer="sgd"))
    assert (model.loss.reduction, model.loss.delta) == ("sum_over_batch_size", 2)
