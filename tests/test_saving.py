"""Models in files: what is kept, and that a file is whole or not there."""

import json
import os
import pickle
import sys
import threading
import zipfile

import numpy as np
import pytest

from fastmlp import (
    Sequential,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    tables,
    utils,
)
from fastmlp.callbacks import LambdaCallback

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


def make_model(units=5, seed=3):
    return Sequential(
        [
            layers.Input((4,)),
            layers.Normalization(),
            layers.Dense(units, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.2, seed=seed),
            layers.GaussianNoise(0.1, seed=seed),
            layers.Dense(4, trainable=False),
            layers.Dense(3, activation="softmax"),
        ],
        name="made",
    )


@pytest.fixture
def data():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30, 4))
    return x, np.eye(3)[rng.integers(0, 3, 30)]


@pytest.fixture
def model(data):
    model = make_model()
    model.layers[0].adapt(data[0])
    model.compile(
        optimizers.Adam(0.01, amsgrad=True),
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy"],
        weighted_metrics=["mse"],
    )
    train(model, data)
    return model


def train(model, data, epochs=2):
    return model.fit(*data, batch_size=8, epochs=epochs, shuffle=False, verbose=0)


def assert_same_weights(model, other):
    for array, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, wanted)


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_a_loaded_model_predicts_the_same_and_trains_on_to_the_same_bits(
    tmp_path, model, data, ending
):
    model.save(tmp_path / f"m{ending}")
    other = models.load_model(tmp_path / f"m{ending}")
    assert other.name == "made"
    assert other.metrics_names == model.metrics_names == ["loss", "accuracy", "mse"]
    assert other.optimizer.iterations == model.optimizer.iterations == 8
    np.testing.assert_array_equal(
        other.predict(data[0], verbose=0), model.predict(data[0], verbose=0)
    )
    assert train(other, data).history == train(model, data).history
    assert_same_weights(model, other)


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_a_model_may_be_loaded_without_its_compile_settings(tmp_path, model, ending):
    models.save_model(model, tmp_path / f"m{ending}")
    other = models.load_model(tmp_path / f"m{ending}", compile=False)
    assert not other.compiled
    assert_same_weights(model, other)


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
@pytest.mark.parametrize("built", [True, False])
def test_a_model_that_was_not_compiled_can_be_saved(tmp_path, ending, built):
    model = Sequential([layers.Flatten(), layers.Dense(3, name="last")])
    if built:
        model.build((None, 2, 2))
    model.save(tmp_path / f"m{ending}")
    other = models.load_model(tmp_path / f"m{ending}")
    assert other.built == built
    assert [layer.name for layer in other.layers] == [
        layer.name for layer in model.layers
    ]
    assert_same_weights(model, other)


@pytest.mark.parametrize("ending", WEIGHT_ENDINGS)
def test_weights_and_optimizer_come_back_from_a_weights_file(
    tmp_path, model, data, ending
):
    model.save_weights(tmp_path / f"m{ending}")
    saved = pickle.dumps(model)
    model.optimizer.learning_rate = 0.5
    train(model, data)
    model.load_weights(tmp_path / f"m{ending}")
    other = pickle.loads(saved)
    assert_same_weights(other, model)
    assert model.optimizer.learning_rate == pytest.approx(0.01)
    assert model.optimizer.iterations == 8
    assert train(model, data).history == train(other, data).history


@pytest.mark.parametrize("ending", WEIGHT_ENDINGS)
def test_weights_of_another_model_are_refused_and_nothing_changes(
    tmp_path, model, data, ending
):
    model.save_weights(tmp_path / f"m{ending}")
    other = make_model(units=6)
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"'dense.*shapes \[\(4, 6\), \(6,\)\], but"):
        other.load_weights(tmp_path / f"m{ending}")
    for array, wanted in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, wanted)


@pytest.mark.parametrize("ending", WEIGHT_ENDINGS)
def test_layers_that_do_not_fit_can_be_skipped(tmp_path, model, ending):
    model.save_weights(tmp_path / f"m{ending}")
    other = make_model(units=6)
    first = other.layers[1].get_weights()
    with pytest.warns(UserWarning, match="Skipped"):
        other.load_weights(tmp_path / f"m{ending}", skip_mismatch=True)
    np.testing.assert_array_equal(other.layers[1].get_weights()[0], first[0])
    np.testing.assert_array_equal(
        other.layers[-1].get_weights()[0], model.layers[-1].get_weights()[0]
    )


def test_the_state_of_another_optimizer_is_left_out_with_a_warning(tmp_path, model):
    model.save_weights(tmp_path / "m.npz")
    other = make_model()
    other.compile("sgd", "categorical_crossentropy")
    with pytest.warns(UserWarning, match="another one than the model's"):
        other.load_weights(tmp_path / "m.npz")
    assert_same_weights(model, other)
    assert other.optimizer.iterations == 0


def state_file(path, model, number, value):
    """Save weights, with another value for one of the optimizer's."""
    model.save_weights(path)
    with h5py.File(path, "r+") as h5:
        place = h5["optimizer/vars"]
        del place[number]
        place.create_dataset(number, data=np.float32(value))


@needs_h5py
@pytest.mark.parametrize(
    ("number", "value", "message"),
    [
        ("0", np.inf, "steps in the file must be finite"),
        ("0", 2.0**63, "steps in the file must be from 0 to 2,147,483,647"),
        ("0", -1, "steps in the file must be from 0 to"),
        ("1", np.nan, "learning rate in the file must be finite"),
    ],
)
def test_state_of_an_optimizer_that_is_no_number_is_refused_and_nothing_changes(
    tmp_path, model, data, number, value, message
):
    state_file(tmp_path / "m.weights.h5", model, number, value)
    train(model, data)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.load_weights(tmp_path / "m.weights.h5")
    assert model.optimizer.iterations == 16
    for array, wanted in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, wanted)


@needs_h5py
@pytest.mark.parametrize("optimizer", tables.OPTIMIZERS)
def test_an_optimizer_that_had_not_been_used_forgets_what_it_remembers(
    tmp_path, model, data, optimizer
):
    model.compile(optimizer, model.loss)
    train(model, data)
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5", "r+") as h5:
        place = h5["optimizer/vars"]
        for number in range(2, len(place)):
            del place[str(number)]
    model.load_weights(tmp_path / "m.weights.h5")
    fresh = make_model()
    fresh.compile(optimizer, model.loss)
    fresh.set_weights(model.get_weights())
    fresh.optimizer.iterations = model.optimizer.iterations
    train(fresh, data)
    train(model, data)
    assert_same_weights(fresh, model)


def test_a_callback_may_save_and_load_and_another_thread_may_not(tmp_path, model, data):
    refused = []

    def from_elsewhere():
        for attempt in (
            lambda: model.load_weights(tmp_path / "m.npz"),
            lambda: model.save(tmp_path / "whole.npz"),
            lambda: pickle.dumps(model),
        ):
            try:
                attempt()
            except RuntimeError as error:
                refused.append(str(error))

    def after_an_epoch(epoch, logs):
        model.save_weights(tmp_path / "m.npz")
        model.load_weights(tmp_path / "m.npz")
        pickle.dumps(model)
        other = threading.Thread(target=from_elsewhere)
        other.start()
        other.join()

    model.fit(*data, verbose=0, callbacks=[LambdaCallback(on_epoch_end=after_an_epoch)])
    assert len(refused) == 3
    assert all("is being trained" in message for message in refused)


@pytest.mark.parametrize("seed", [3, None])
def test_loading_draws_nothing_from_the_library_s_chance(tmp_path, seed):
    make_model(seed=seed).save(tmp_path / "m.npz")
    utils.set_random_seed(1)
    expected = make_model().get_weights()
    utils.set_random_seed(1)
    models.load_model(tmp_path / "m.npz")
    for array, wanted in zip(make_model().get_weights(), expected, strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_steps_beyond_what_files_can_count_are_kept_as_the_most(tmp_path):
    model = make_model()
    model.compile("sgd", "mse")
    model.optimizer.iterations = 2**40
    model.save(tmp_path / "m.npz")
    assert models.load_model(tmp_path / "m.npz").optimizer.iterations == 2**31 - 1


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_loading_asks_no_initializer(tmp_path, monkeypatch, ending):
    model = Sequential([layers.Dense(3, None, True, "orthogonal", input_shape=(4,))])
    model.save(tmp_path / f"m{ending}")
    before = initializers.Orthogonal.__call__
    monkeypatch.setattr(initializers.Orthogonal, "__call__", lambda *_, **__: 1 / 0)
    assert_same_weights(model, models.load_model(tmp_path / f"m{ending}"))
    monkeypatch.setattr(initializers.Orthogonal, "__call__", before)
    assert models.clone_model(model).layers[0].kernel.any()


def test_without_h5py_an_npz_is_offered(tmp_path, model, monkeypatch):
    with zipfile.ZipFile(tmp_path / "there.keras", "w") as archive:
        whole = {"class_name": "Sequential", "config": {"layers": []}}
        archive.writestr("config.json", json.dumps(whole))
        archive.writestr("model.weights.h5", b"")
    monkeypatch.setitem(sys.modules, "h5py", None)
    for attempt in (
        lambda: model.save(tmp_path / "m.keras"),
        lambda: model.save_weights(tmp_path / "m.weights.h5"),
        lambda: models.load_model(tmp_path / "there.keras"),
    ):
        with pytest.raises(ImportError, match=r"fastmlp\[keras\].*\.npz"):
            attempt()
    assert os.listdir(tmp_path) == ["there.keras"]
    model.save(tmp_path / "m.npz")
    assert_same_weights(model, models.load_model(tmp_path / "m.npz"))


@pytest.mark.parametrize("name", ["m", "m.pkl", "model.ckpt"])
def test_a_model_s_file_has_a_known_ending(tmp_path, model, name):
    expected = rf"must end in `\.keras`, .* Write '.*{name}\.keras'"
    with pytest.raises(ValueError, match=expected):
        model.save(tmp_path / name)
    with pytest.raises(ValueError, match=expected):
        models.load_model(tmp_path / name)


@pytest.mark.parametrize("name", ["m", "model.ckpt"])
def test_a_weights_file_has_a_known_ending(tmp_path, model, name):
    expected = rf"must end in `\.weights\.h5`, .* Write '.*{name}\.weights\.h5'"
    with pytest.raises(ValueError, match=expected):
        model.save_weights(tmp_path / name)
    with pytest.raises(ValueError, match=expected):
        model.load_weights(tmp_path / name)


def test_weights_alone_are_no_keras_file(tmp_path, model):
    with pytest.raises(ValueError, match=r"for weights must end in `\.weights\.h5`"):
        model.save_weights(tmp_path / "m.keras")


def test_a_folder_of_tensorflow_s_is_refused(tmp_path, model):
    (tmp_path / "saved").mkdir()
    with pytest.raises(ValueError, match=r"is a folder, .* ends in `\.keras`"):
        models.load_model(tmp_path / "saved")
    with pytest.raises(ValueError, match="is a folder"):
        model.load_weights(tmp_path / "saved")


def test_a_missing_file_is_named(tmp_path, model):
    with pytest.raises(FileNotFoundError, match=r"no file .*gone\.keras"):
        models.load_model(tmp_path / "gone.keras")
    with pytest.raises(FileNotFoundError, match=r"no file .*gone\.npz"):
        model.load_weights(tmp_path / "gone.npz")


@pytest.mark.parametrize("ending", MODEL_ENDINGS)
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, model, monkeypatch, ending):
    path = tmp_path / f"m{ending}"
    model.save(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(path, overwrite=False)
    monkeypatch.setattr(os, "fsync", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda model: model.save_weights("m.npz"), "`save_weights` needs"),
        (lambda model: model.load_weights("m.npz"), "`load_weights` needs"),
    ],
)
def test_weights_need_a_model_that_is_built(build, message):
    with pytest.raises(ValueError, match=message):
        build(Sequential([layers.Dense(3)]))


def test_a_model_is_saved_as_one_file(tmp_path, model):
    model.save(tmp_path / "m.npz", zipped=True)
    models.save_model(model, tmp_path / "n.npz", zipped=None)
    with pytest.raises(ValueError, match="one file, not as a folder"):
        model.save(tmp_path / "o.npz", zipped=False)
    assert sorted(os.listdir(tmp_path)) == ["m.npz", "n.npz"]


# -- Descriptions and copies ---------------------------------------------------------


def test_from_config_makes_the_same_layers_with_fresh_weights(model):
    other = Sequential.from_config(model.get_config())
    assert other.get_config() == model.get_config()
    assert not other.compiled
    assert not np.array_equal(other.layers[1].kernel, model.layers[1].kernel)


def test_a_clone_is_compiled_but_fresh(model, data):
    other = models.clone_model(model)
    assert other.get_compile_config() == model.get_compile_config()
    assert other.optimizer is not model.optimizer
    assert other.optimizer.iterations == 0
    train(other, data)


def all_twos(shape, dtype=None):
    return np.full(shape, 2, dtype)


def test_an_initializer_of_one_s_own_goes_into_clones_but_not_into_files(tmp_path):
    model = Sequential([layers.Dense(3, None, True, all_twos, input_shape=(4,))])
    model.set_weights([np.zeros((4, 3)), np.zeros(3)])
    np.testing.assert_array_equal(models.clone_model(model).layers[0].kernel, 2)
    for attempt in (model.to_json, lambda: model.save(tmp_path / "m.npz")):
        with pytest.raises(ValueError, match="'all_twos' is not of fastmlp"):
            attempt()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["acc", "accuracy", "ACC", "Accuracy"])
def test_accuracy_keeps_the_name_that_it_was_given(name):
    model = make_model()
    model.compile("sgd", "mse", metrics=[name], weighted_metrics=[name])
    other = models.clone_model(model)
    names = ["loss", name, f"weighted_{name}"]
    assert other.metrics_names == model.metrics_names == names


def test_a_pickle_has_every_weight_once():
    model = Sequential([layers.Dense(300, input_shape=(300,))])
    weights = 4 * model.count_params()
    assert len(pickle.dumps(model)) < weights + 10_000
    model.compile("rmsprop", "mse")
    model.train_on_batch(np.zeros((2, 300)), np.zeros((2, 300)))
    assert len(pickle.dumps(model)) < 2 * weights + 10_000


def test_json_makes_the_model_again(model):
    other = models.model_from_json(model.to_json(indent=2))
    assert json.loads(other.to_json()) == json.loads(model.to_json())


def test_a_schedule_is_described_and_comes_back():
    model = make_model()
    rate = optimizers.schedules.PiecewiseConstantDecay([3, 5], [0.1, 0.01, 0.001])
    model.compile(optimizers.SGD(rate), "categorical_crossentropy")
    other = models.clone_model(model)
    other.optimizer.iterations = 4
    assert other.optimizer.learning_rate == pytest.approx(0.01)
    assert other.get_compile_config() == model.get_compile_config()


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"layers": 3},
        {"layers": [3]},
        {"layers": [{}]},
        {"layers": [], "dtype": {"config": None}},
        {"layers": [], "build_input_shape": 3},
    ],
)
def test_what_describes_no_model_is_refused(config):
    with pytest.raises(
        ValueError, match=r"configuration|described|cannot be made|float32|inputs"
    ):
        Sequential.from_config(config)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError])
def test_ctrl_c_while_a_file_is_packed_stays_ctrl_c(monkeypatch, tmp_path, kind):
    def leave_half_way(*_, **__):
        try:
            raise kind
        finally:
            raise ValueError("The zip is not closed.")

    monkeypatch.setattr(np, "savez", leave_half_way)
    with pytest.raises(kind):
        make_model().save(tmp_path / "m.npz")


def test_a_model_that_is_saved_after_ctrl_c_has_errors_of_its_own(
    monkeypatch, tmp_path
):
    def fail(*_, **__):
        raise ValueError("The zip is not closed.")

    monkeypatch.setattr(np, "savez", fail)
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        with pytest.raises(ValueError, match="is not closed"):
            make_model().save(tmp_path / "m.npz")


def test_numpy_arguments_are_saved_as_plain_numbers(tmp_path):
    """The bias of rare classes, log(positive / negative), is in many tutorials."""
    model = models.Sequential(
        [
            layers.Input((np.int64(4),)),
            layers.Rescaling(np.array([1.0, 2, 3, 4]), offset=np.float32(0.5)),
            layers.Dense(
                np.int32(1),
                bias_initializer=initializers.Constant(np.log([3 / 97])),
                kernel_regularizer=regularizers.L2(np.float64(0.25)),
                kernel_constraint=constraints.MaxNorm(np.float32(2.0)),
            ),
            layers.Dropout(np.float64(0.5), seed=np.int64(3)),
            layers.ReLU(np.float32(6)),
        ]
    )
    model.compile(
        optimizers.Adam(np.float32(0.5), epsilon=np.float64(1e-3)),
        losses.Huber(np.float32(2)),
        metrics=[metrics.BinaryAccuracy(threshold=np.float64(0.25))],
    )
    model.save(tmp_path / "m.npz")
    loaded = models.load_model(tmp_path / "m.npz")
    np.testing.assert_allclose(loaded.layers[1].bias, np.log([3 / 97]), rtol=1e-6)
    assert loaded.to_json() == model.to_json()


@pytest.mark.parametrize("kind", ["__numpy__", "__tensor__"])
def test_arrays_in_descriptions_of_keras_are_read(kind):
    array = {"class_name": kind, "config": {"value": [1.0, 2.0], "dtype": "float64"}}
    constant = {"class_name": "Constant", "config": {"value": array}}
    dense = {"units": 2, "bias_initializer": constant}
    layer = layers.deserialize({"class_name": "Dense", "config": dense})
    layer.build((None, 3))
    assert layer.bias.tolist() == [1, 2]
    scale = {"class_name": "Rescaling", "config": {"scale": array}}
    assert layers.deserialize(scale).scale == [1, 2]


def test_sources_of_chance_in_descriptions_of_keras_are_seeds():
    chance = {
        "module": "keras.random",
        "class_name": "SeedGenerator",
        "config": {"seed": 3, "name": "seed_generator"},
        "registered_name": None,
    }
    described = {"class_name": "HeNormal", "config": {"seed": chance}}
    assert initializers.get(described).seed == 3
