"""Keras scripts as they are found: `install_as_keras` and `fastmlp run`."""

import importlib
import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

import fastmlp
from fastmlp import _as_keras
from fastmlp._as_keras import _modules, _scripts, _tensorflow


@pytest.fixture
def names_are_free():
    """Hide a Keras that other tests have imported, and give it back."""
    hidden = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name.partition(".")[0] in _modules.NAMES
    }
    yield
    _as_keras.uninstall()
    sys.modules.update(hidden)


@pytest.fixture
def as_keras(names_are_free):
    fastmlp.install_as_keras(shadow=True)


# -- Modules ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name", "found"),
    [
        ("keras", "Sequential", fastmlp.Sequential),
        ("keras.layers", "Dense", fastmlp.layers.Dense),
        ("keras.layers.core", "Dense", fastmlp.layers.Dense),
        ("keras.layers.advanced_activations", "LeakyReLU", fastmlp.layers.LeakyReLU),
        ("keras.layers.convolutional", "Conv2D", None),
        ("keras.layers.recurrent", "LSTM", None),
        ("keras.preprocessing", "image", None),
        ("keras.engine.topology", "Layer", fastmlp.layers.Layer),
        ("keras.engine.training", "Model", fastmlp.Model),
        ("keras.utils.np_utils", "to_categorical", fastmlp.utils.to_categorical),
        ("keras.optimizers.schedules", "ExponentialDecay", None),
        ("keras.optimizers.legacy", "SGD", fastmlp.optimizers.SGD),
        ("keras.datasets.mnist", "load_data", fastmlp.datasets.mnist.load_data),
        ("keras.preprocessing.sequence", "pad_sequences", fastmlp.utils.pad_sequences),
        ("keras.utils.vis_utils", "plot_model", fastmlp.utils.plot_model),
        ("tensorflow.keras", "Sequential", fastmlp.Sequential),
        ("tensorflow.keras.layers", "Dense", fastmlp.layers.Dense),
        ("tensorflow.python.keras.layers", "Dense", fastmlp.layers.Dense),
        ("tensorflow.keras.backend", "mean", fastmlp.backend.mean),
        ("tf_keras.models", "load_model", fastmlp.models.load_model),
        ("tensorflow.random", "set_seed", fastmlp.utils.set_random_seed),
        ("tensorflow.nn", "relu", fastmlp.activations.relu),
        ("tensorflow.math", "reduce_mean", None),
    ],
)
def test_modules_have_the_names_of_fastmlp(as_keras, module, name, found):
    has = getattr(importlib.import_module(module), name)
    assert has is not None
    assert found in (None, has)


def test_the_forms_of_import_agree(as_keras):
    code = (
        "import tensorflow as tf, keras, keras.layers as L\n"
        "from tensorflow import keras as tk\n"
        "from keras import layers, Sequential\n"
        "from keras.layers import *\n"
    )
    names = {}
    exec(code.replace("from keras.layers import *\n", ""), names)
    found = {
        names["tf"].keras.layers.Dense,
        names["keras"].layers.Dense,
        names["L"].Dense,
        names["tk"].layers.Dense,
        names["layers"].Dense,
    }
    assert found == {fastmlp.layers.Dense}


@pytest.mark.parametrize("module", ["keras", "tensorflow", "tensorflow.keras"])
def test_versions_are_those_whose_names_there_are(as_keras, module):
    version = importlib.import_module(module).__version__
    least, has = (2, 8), tuple(int(part) for part in version.split(".")[:2])
    assert has >= least
    assert "fastmlp" in version


@pytest.mark.parametrize(
    "module", ["keras.applications", "tensorflow.data", "keras.layers._dense"]
)
def test_a_module_that_nothing_stands_for_is_named(as_keras, module):
    with pytest.raises(ModuleNotFoundError, match=f"nothing for '{module}'"):
        importlib.import_module(module)


def test_a_name_that_is_never_used_can_be_imported(as_keras):
    names = {}
    exec("from keras.layers import Conv2D, LSTM, Dense", names)
    with pytest.raises(
        NotImplementedError, match=r"layers\.Conv2D: .* no convolutions"
    ):
        names["Conv2D"](32, 3)


def test_what_is_of_tensorflow_alone_is_named(as_keras):
    tensorflow = importlib.import_module("tensorflow")
    with pytest.raises(NotImplementedError, match=r"tensorflow\.data is TensorFlow's"):
        _ = tensorflow.data
    with pytest.raises(NotImplementedError, match=r"tensorflow\.math\.bessel_i0 is"):
        _ = tensorflow.math.bessel_i0
    assert not hasattr(tensorflow, "GradientTape")


def test_tensorboard_is_told_that_there_is_no_tensorflow():
    # It tries to import a module, which nobody has, to learn so.
    spec = _modules.Finder().find_spec("tensorboard.compat.notf")
    assert importlib.util.module_from_spec(spec) is not None


def test_a_keras_that_was_imported_is_left_alone(names_are_free, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", fastmlp)
    with pytest.raises(RuntimeError, match=r"keras was imported already.*at the top"):
        fastmlp.install_as_keras(shadow=True)
    assert not any(isinstance(one, _modules.Finder) for one in sys.meta_path)


def test_a_keras_that_is_installed_is_hidden_only_if_that_is_asked_for(
    names_are_free, monkeypatch
):
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: True if name == "keras" else None
    )
    with pytest.raises(RuntimeError, match=r"keras is installed.*shadow=True"):
        fastmlp.install_as_keras()
    fastmlp.install_as_keras(shadow=True)
    fastmlp.install_as_keras()  # It is done already.


# -- TensorFlow ---------------------------------------------------------------------


@pytest.mark.parametrize("name", _tensorflow._TABLE)
def test_every_name_of_the_table_stands_for_something(name):
    path, _, last = name.rpartition(".")
    assert _tensorflow.find(path, last) is not Ellipsis


def test_a_device_is_named_in_vain():
    with _tensorflow.find("", "device")("/GPU:0"):
        assert _tensorflow.find("config", "list_physical_devices")("GPU") == []


def test_numbers_have_tensorflows_types_and_axes():
    assert _tensorflow.constant([1, 2]).dtype == np.int32
    assert _tensorflow.constant([1.5]).dtype == np.float32
    assert _tensorflow.constant(3, shape=(2, 2)).tolist() == [[3, 3], [3, 3]]
    assert _tensorflow.argmax([[1, 9], [5, 2]]).tolist() == [1, 0]
    assert _tensorflow.argmin([[1, 9], [5, 2]], axis=1).tolist() == [0, 1]


def test_what_tensorflow_returns_has_numpy():
    mean = _tensorflow.find("", "reduce_mean")([[1.0, 2.0]])
    assert float(mean.numpy()) == float(mean) == 1.5
    assert (_tensorflow.find("nn", "softmax")([[1.0, 1.0]]) > 0.25).numpy().all()
    assert _tensorflow.find("", "split")(np.ones(4), 2)[0].numpy().tolist() == [1, 1]
    assert _tensorflow.find("version", "VERSION") == _tensorflow.VERSION


def test_operations_take_the_words_of_tensorflow():
    find = _tensorflow.find
    assert find("", "reduce_sum")(input_tensor=[[1.0, 2.0]], axis=1, name="sum") == 3
    assert find("", "concat")(values=[[1.0], [2.0]], axis=0).tolist() == [1, 2]
    assert find("", "one_hot")([1], depth=3).tolist() == [[0, 1, 0]]
    assert find("", "gather")(params=[5.0, 7.0], indices=[1]).tolist() == [7]
    first, second = find("", "split")(np.arange(5), [2, 3])
    assert (first.tolist(), second.tolist()) == ([0, 1], [2, 3, 4])
    with pytest.raises(TypeError, match="foo"):
        find("", "reduce_sum")([1.0], foo=2)


def test_a_confusion_matrix_has_a_row_for_each_class():
    table = _tensorflow.confusion_matrix([0, 2, 2], [0, 1, 2], weights=[1, 2, 3])
    assert table.tolist() == [[1, 0, 0], [0, 0, 0], [0, 2, 3]]


def test_random_numbers_repeat_with_a_seed():
    for draw in (_tensorflow.normal, _tensorflow.uniform):
        assert draw((3,), seed=1).dtype == np.float32
        assert np.array_equal(draw((3,), seed=1), draw((3,), seed=1))
        fastmlp.utils.set_random_seed(4)
        first = draw((3,))
        fastmlp.utils.set_random_seed(4)
        assert np.array_equal(draw((3,)), first)
    whole = _tensorflow.uniform((99,), 2, 4, np.int32)
    assert set(whole.tolist()) == {2, 3}
    assert sorted(_tensorflow.shuffle([3, 1, 2])) == [1, 2, 3]


# -- Names of Keras that are not here -------------------------------------------------


def _subclass_of(kind):
    class Own(kind):
        pass

    return Own


@pytest.mark.parametrize(
    ("owner", "name", "sentence"),
    [
        (fastmlp.layers, "Conv2D", "no convolutions"),
        (fastmlp.layers, "LSTM", "no recurrences"),
        (fastmlp.layers, "MultiHeadAttention", "no attention"),
        (fastmlp.layers, "RandomFlip", "changes no images"),
        (fastmlp.models, "model_from_yaml", "model_from_json"),
        (fastmlp.losses, "Dice", "BinaryFocalCrossentropy"),
        (fastmlp.preprocessing, "image", "changes no images"),
        (fastmlp, "estimator", "`fit`"),
        (fastmlp, "mixed_precision", "float32"),
        (fastmlp, "distribution", "cores of one machine"),
        (fastmlp, "applications", "convolutions"),
    ],
)
def test_a_name_of_keras_answers_with_the_way_to_go(owner, name, sentence):
    with pytest.raises(NotImplementedError, match=f"{name}: .*{sentence}"):
        getattr(owner, name)()
    with pytest.raises(NotImplementedError, match=sentence):
        _ = getattr(owner, name).anything
    with pytest.raises(NotImplementedError, match=sentence):
        _subclass_of(getattr(owner, name))
    assert not isinstance(3, getattr(owner, name))
    assert name not in dir(owner)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("predict_classes", "argmax"),
        ("fit_generator", "take generators"),
        ("export", "Keras exports it"),
        ("train_step", "train_on_batch"),
        ("to_yaml", "to_json"),
    ],
)
def test_a_method_of_keras_answers_with_the_way_to_go(name, sentence):
    model = fastmlp.Sequential([fastmlp.layers.Dense(1)])
    with pytest.raises(NotImplementedError, match=f"Model.{name}: .*{sentence}"):
        getattr(model, name)
    assert not hasattr(model, name)


@pytest.mark.parametrize("owner", [fastmlp, fastmlp.layers, fastmlp.Sequential()])
def test_a_name_that_nobody_has_is_an_ordinary_error(owner):
    with pytest.raises(AttributeError, match="has no attribute 'Dens'") as caught:
        _ = owner.Dens
    assert not isinstance(caught.value, NotImplementedError)


# -- Scripts and notebooks ----------------------------------------------------------

SCRIPT = """
import sys
import tensorflow as tf
from tensorflow import keras
from keras.layers import Conv2D, Dense

tf.random.set_seed(1)
model = keras.Sequential([Dense(3, activation=tf.nn.relu), Dense(1)])
model.compile("sgd", "mse")
history = model.fit([[1.0], [2.0]], [1.0, 2.0], epochs=2, verbose=0)
print(__name__, sys.argv[1:], len(history.history["loss"]))
"""


def run(path, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "fastmlp", "run", "--shadow", str(path), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def notebook(path, *cells):
    path.write_text(
        json.dumps(
            {
                "cells": [
                    {"cell_type": "markdown", "source": ["# Title"]},
                    *({"cell_type": "code", "source": [one]} for one in cells),
                ]
            }
        ),
        encoding="utf-8",
    )
    return path


def test_a_script_runs_as_it_is_found(tmp_path):
    (tmp_path / "helper.py").write_text("", encoding="utf-8")
    path = tmp_path / "script.py"
    path.write_text("import helper\n" + SCRIPT, encoding="utf-8")
    done = run(path, "--epochs", "3")
    assert done.stdout == "__main__ ['--epochs', '3'] 2\n"
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_notebook_runs_cell_by_cell_and_shows_last_values(tmp_path):
    path = notebook(
        tmp_path / "lesson.ipynb",
        "%matplotlib inline\n!pip install keras\nimport keras\nx = '100%'\nx",
        "%%bash\nls",
        "display(keras.layers.Dense(3).units)\nx;",
        "None",
    )
    done = run(path)
    assert done.stdout == "'100%'\n3\n"
    assert "cell 1: left out %matplotlib inline, !pip install keras" in done.stderr
    assert "cell 2: left out %%bash" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("kind", ["script", "notebook"])
def test_an_error_is_shown_with_the_lines_of_the_program_alone(tmp_path, kind):
    code = "import keras\nkeras.layers.LSTM(3)\n"
    if kind == "notebook":
        path = notebook(tmp_path / "lesson.ipynb", code)
        place = f'"{path}: cell 1", line 2'
    else:
        path = tmp_path / "script.py"
        path.write_text(code, encoding="utf-8")
        place = f'"{path}", line 2'
    done = run(path)
    assert done.returncode == 1
    assert place in done.stderr
    assert "    keras.layers.LSTM(3)" in done.stderr
    assert "runpy" not in done.stderr
    assert "layers.LSTM: fastmlp has dense networks, no recurrences" in done.stderr


@pytest.mark.parametrize(
    ("code", "status"), [("3", 3), ("'no'", 1), ("", 0), ("None", 0)]
)
def test_the_exit_status_is_that_of_the_script(tmp_path, code, status):
    path = tmp_path / "script.py"
    path.write_text(f"import sys\nsys.exit({code})\n", encoding="utf-8")
    assert run(path).returncode == status


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = run(tmp_path / "nowhere.py")
    assert done.returncode == 1
    assert "nowhere.py" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_what_is_no_notebook_is_refused(tmp_path, text):
    path = tmp_path / "lesson.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"lesson\.ipynb is no notebook"):
        _scripts.read_cells(str(path))
