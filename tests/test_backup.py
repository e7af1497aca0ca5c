import json
import os

import numpy as np
import pytest

from fastmlp import Sequential, callbacks, layers, utils
from fastmlp.callbacks import BackupAndRestore

X = np.random.default_rng(0).random((20, 4), np.float32)
Y = X.sum(axis=1)


def a_model(optimizer="adam"):
    utils.set_random_seed(3)
    model = Sequential(
        [
            layers.Dense(5, "relu", input_shape=(4,)),
            layers.Dropout(0.25),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer, "mse")
    return model


class Interrupting(callbacks.Callback):
    def __init__(self, epoch, batch=0):
        self.epoch, self.batch, self.now = epoch, batch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.now, batch) == (self.epoch, self.batch):
            raise KeyboardInterrupt


def fit(model, *extra, epochs=5):
    return model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=extra)


def interrupted(backup, epoch, batch=0, optimizer="adam"):
    with pytest.raises(KeyboardInterrupt):
        fit(a_model(optimizer), backup, Interrupting(epoch, batch))


def bits(model):
    return [weight.tobytes() for weight in model.get_weights()]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("batch", [0, 3])
def test_a_training_that_goes_on_has_the_bits_of_one_that_nobody_interrupted(
    tmp_path, optimizer, batch
):
    whole = a_model(optimizer)
    fit(whole)
    interrupted(BackupAndRestore(tmp_path), 3, batch, optimizer)
    model = a_model(optimizer)
    assert fit(model, BackupAndRestore(tmp_path)).epoch == [3, 4]
    assert bits(model) == bits(whole)
    assert model.optimizer.iterations == whole.optimizer.iterations


def test_it_goes_on_without_h5py_too(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    interrupted(BackupAndRestore(tmp_path), 2)
    assert {name.split(".")[-1] for name in os.listdir(tmp_path)} == {"json", "npz"}
    assert fit(a_model(), BackupAndRestore(tmp_path)).epoch == [2, 3, 4]


def test_a_training_that_ends_deletes_what_it_kept_and_nothing_else(tmp_path):
    folder = tmp_path / "backup"
    fit(a_model(), BackupAndRestore(folder))
    assert not folder.exists()
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    fit(a_model(), BackupAndRestore(folder))
    assert os.listdir(folder) == ["mine.txt"]


def test_what_is_to_stay_stays_so_that_more_epochs_go_on(tmp_path):
    backup = BackupAndRestore(tmp_path, delete_checkpoint=False)
    model = a_model()
    fit(model, backup, epochs=2)
    assert fit(model, backup, epochs=2).epoch == []
    assert fit(model, backup, epochs=3).epoch == [2]


def test_batches_count_where_save_freq_is_a_number(tmp_path):
    interrupted(BackupAndRestore(tmp_path, save_freq=3), 1, batch=4)
    model = a_model()
    seen = []

    class Looks(callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append(int(self.model.optimizer.iterations))

    # Five batches of epoch 0, and the sixth and ninth batch were saved.
    history = fit(model, BackupAndRestore(tmp_path), Looks())
    assert history.epoch == [1, 2, 3, 4]
    assert seen == [9]


def test_a_damaged_state_gives_way_to_the_one_before(tmp_path):
    interrupted(BackupAndRestore(tmp_path, double_checkpoint=True), 3)
    states = json.loads((tmp_path / "training_metadata.json").read_text())
    assert [state["epoch"] for state in states] == [3, 2]
    (tmp_path / states[0]["weights"]).write_bytes(b"damaged")
    with pytest.warns(UserWarning, match="the one before is"):
        history = fit(a_model(), BackupAndRestore(tmp_path, double_checkpoint=True))
    assert history.epoch == [2, 3, 4]


def test_what_is_kept_of_another_model_is_refused_and_names_the_folder(tmp_path):
    interrupted(BackupAndRestore(tmp_path), 2)
    other = Sequential([layers.Dense(1, input_shape=(4,))])
    other.compile("adam", "mse")
    before = bits(other)
    with pytest.raises(ValueError, match="delete this folder to begin anew"):
        fit(other, BackupAndRestore(tmp_path))
    assert bits(other) == before


@pytest.mark.parametrize("text", ["", "3", "[3]", '[{"epoch": 1}]'])
def test_a_list_of_states_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "training_metadata.json").write_text(text)
    with pytest.raises(ValueError, match="none that BackupAndRestore has written"):
        fit(a_model(), BackupAndRestore(tmp_path))


def test_only_who_counts_batches_looks_at_them(tmp_path):
    by_epoch = callbacks.CallbackList(BackupAndRestore(tmp_path))
    by_batch = callbacks.CallbackList(BackupAndRestore(tmp_path, save_freq=2))
    assert not by_epoch.every_batch("train")
    assert by_batch.every_batch("train")


@pytest.mark.parametrize("save_freq", [0, -1, True, "batch", 2.5, None])
def test_a_frequency_that_is_none_is_refused(save_freq):
    with pytest.raises(ValueError, match='save_freq must be "epoch" or a number'):
        BackupAndRestore("backup", save_freq)
