"""Settings: which one wins, and that none changes a result."""

import os

import numpy as np
import pytest

from fastmlp import backend, config, layers, models, utils
from fastmlp._util import cores as cores_module


@pytest.fixture(autouse=True)
def defaults(monkeypatch):
    for variable in ("FASTMLP_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(variable, raising=False)
    yield
    config.set_num_threads(None)
    config.set_zero_skipping("auto")


def test_by_default_all_usable_cores_work():
    assert config.get_num_threads() == cores_module.usable_cores()


def test_the_setting_comes_before_the_variables(monkeypatch):
    monkeypatch.setattr(config, "usable_processors", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert config.get_num_threads() == 5
    monkeypatch.setenv("FASTMLP_NUM_THREADS", "6")
    assert config.get_num_threads() == 6
    config.set_num_threads(7)
    assert config.get_num_threads() == 7
    config.set_num_threads(None)
    assert config.get_num_threads() == 6


@pytest.mark.parametrize("nonsense", ["0", "-2", "many", "2.5"])
def test_a_variable_that_is_no_number_of_threads_is_ignored(monkeypatch, nonsense):
    monkeypatch.setenv("FASTMLP_NUM_THREADS", nonsense)
    with pytest.warns(
        RuntimeWarning, match=f"FASTMLP_NUM_THREADS={nonsense} is ignored"
    ):
        assert config.get_num_threads() == cores_module.usable_cores()


@pytest.mark.parametrize("nonsense", ["", "0", "-2", "many"])
def test_a_nonsense_variable_of_openmp_is_left_to_openmp(monkeypatch, nonsense):
    monkeypatch.setenv("OMP_NUM_THREADS", nonsense)
    assert config.get_num_threads() == cores_module.usable_cores()


def test_of_a_list_for_nested_regions_the_first_number_counts(monkeypatch):
    monkeypatch.setattr(config, "usable_processors", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert config.get_num_threads() == 3


@pytest.mark.parametrize("variable", ["FASTMLP_NUM_THREADS", "OMP_NUM_THREADS"])
@pytest.mark.parametrize("many", ["1000", "100000000000000000000"])
def test_a_variable_asks_for_no_more_threads_than_processors(
    monkeypatch, variable, many
):
    monkeypatch.setattr(config, "usable_processors", lambda: 8)
    monkeypatch.setenv(variable, many)
    assert config.get_num_threads() == 8


@pytest.mark.parametrize(
    ("threads", "error"),
    [
        (0, ValueError),
        (-1, ValueError),
        (513, ValueError),
        (10**20, ValueError),
        ("2", TypeError),
    ],
)
def test_a_number_of_threads_is_a_positive_whole_number(threads, error):
    with pytest.raises(error, match="threads must be"):
        config.set_num_threads(threads)


def test_keras_older_address_for_settings_is_there():
    assert backend.floatx() == config.floatx() == "float32"
    backend.set_floatx("float32")
    with pytest.raises(ValueError, match="computes in float32"):
        backend.set_floatx("float16")
    backend.clear_session()
    assert layers.Dense(1).name == "dense"


def test_an_unknown_mode_of_zero_skipping_is_refused():
    with pytest.raises(ValueError, match="'auto', 'on' or 'off'"):
        config.set_zero_skipping("yes")
    assert config.get_zero_skipping() == "auto"


@pytest.mark.parametrize("batch_size", [7, 64])
def test_weights_are_the_same_bits_whatever_the_settings(threads_for_all, batch_size):
    rng = np.random.default_rng(0)
    x = rng.random((300, 200), np.float32) * (rng.random((300, 200)) < 0.2)
    y = rng.integers(0, 5, 300)

    def weights(threads, skipping):
        config.set_num_threads(threads)
        config.set_zero_skipping(skipping)
        utils.set_random_seed(1)
        model = models.Sequential(
            [
                layers.Dense(150, "relu", input_shape=(200,)),
                layers.Dense(33, "tanh"),
                layers.Dense(5, "softmax"),
            ]
        )
        model.compile("rmsprop", "sparse_categorical_crossentropy")
        history = model.fit(x, y, batch_size, epochs=2, verbose=0).history
        return history["loss"], [w.tobytes() for w in model.get_weights()]

    first = weights(1, "off")
    for threads in (1, 2, 4, 8):
        for skipping in ("auto", "on", "off"):
            assert weights(threads, skipping) == first, (threads, skipping)


def test_two_threads_of_one_core_count_once(tmp_path, monkeypatch):
    monkeypatch.setattr(cores_module, "_CPUS", tmp_path)
    for cpu, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings)
    assert cores_module.physical_cores({0, 1, 2, 3}) == 2
    assert cores_module.physical_cores({0, 2}) == 1
    assert cores_module.physical_cores({0, 1}) == 2


def test_without_a_word_on_siblings_every_processor_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(cores_module, "_CPUS", tmp_path)
    assert cores_module.physical_cores({0, 1, 5}) == 3


@pytest.mark.parametrize(("count", "cores"), [(6, 6), (None, 1)])
def test_without_affinity_every_processor_counts(monkeypatch, count, cores):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    monkeypatch.setattr(cores_module, "container_quota", lambda: 8)
    assert cores_module.usable_cores.__wrapped__() == cores
    assert cores_module.usable_processors() == cores


@pytest.mark.parametrize(
    ("text", "cores"),
    [("150000 100000\n", 2), ("50000 100000\n", 1), ("400000 100000\n", 4)],
)
def test_a_container_quota_is_rounded_up(tmp_path, monkeypatch, text, cores):
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    monkeypatch.setattr(cores_module, "_QUOTA", quota)
    assert cores_module.container_quota() == cores


@pytest.mark.parametrize("text", ["max 100000\n", "", "0 0\n"])
def test_no_quota_is_no_limit(tmp_path, monkeypatch, text):
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    monkeypatch.setattr(cores_module, "_QUOTA", quota)
    assert cores_module.container_quota() > 1000


def test_the_quota_of_older_systems_counts_too(tmp_path, monkeypatch):
    monkeypatch.setattr(cores_module, "_QUOTA", tmp_path / "none")
    for name, text in (("_OLD_QUOTA", "300000"), ("_OLD_PERIOD", "100000")):
        file = tmp_path / name
        file.write_text(text)
        monkeypatch.setattr(cores_module, name, file)
    assert cores_module.container_quota() == 3
