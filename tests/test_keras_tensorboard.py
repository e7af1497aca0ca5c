"""What TensorBoard reads of a training: run in CI, where the package is."""

import pytest

pytest.importorskip("tensorboard")

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from fastmlp import Sequential, layers
from fastmlp.callbacks import CallbackList, TensorBoard

X = np.random.default_rng(0).random((12, 4), np.float32)
Y = X.sum(axis=1)


@pytest.fixture
def model():
    model = Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(1)], name="net")
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def events(folder):
    """Return the steps and values of each tag that was written to a folder."""
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    found.Reload()
    return {
        tag: [
            (event.step, make_ndarray(event.tensor_proto))
            for event in found.Tensors(tag)
        ]
        for tag in found.Tags()["tensors"]
    }


def fit(model, board, **settings):
    return model.fit(
        X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[board], **settings
    ).history


def test_the_curves_of_training_and_validation_are_in_two_folders(model, tmp_path):
    history = fit(model, TensorBoard(tmp_path), validation_data=(X, Y))
    train, validation = events(tmp_path / "train"), events(tmp_path / "validation")
    for name in ("loss", "mae"):
        for found, curve in [(train, name), (validation, f"val_{name}")]:
            steps, values = zip(*found[f"epoch_{name}"], strict=True)
            assert steps == (0, 1)
            assert np.array_equal(values, np.float32(history[curve]))
    rate = np.float32(0.01)
    assert train["epoch_learning_rate"] == [(0, rate), (1, rate)]
    assert [step for step, _ in validation["evaluation_loss_vs_iterations"]] == [3, 6]


def test_weights_are_histograms_under_their_paths(model, tmp_path):
    fit(model, TensorBoard(tmp_path, histogram_freq=2))
    train = events(tmp_path / "train")
    names = [tag for tag in train if tag.endswith("/histogram")]
    assert names == [f"{weight.path}/histogram" for weight in model.weights]
    [(step, table)] = train[names[0]]
    assert step == 0
    assert table[:, 2].sum() == model.layers[0].kernel.size


@pytest.mark.parametrize(
    ("frequency", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (2, [2, 4, 6])]
)
def test_batches_are_written_as_often_as_asked(model, tmp_path, frequency, steps):
    fit(model, TensorBoard(tmp_path, update_freq=frequency))
    train = events(tmp_path / "train")
    assert [step for step, _ in train["batch_loss"]] == steps


def test_by_default_nobody_looks_at_batches(tmp_path):
    assert not CallbackList(TensorBoard(tmp_path)).every_batch("train")


def test_the_layers_are_written_for_the_drawing(model, tmp_path):
    fit(model, TensorBoard(tmp_path))
    [(step, text)] = events(tmp_path / "train")["keras"]
    assert (step, text.item().decode()) == (0, model.to_json())


def test_steps_per_second_are_written_if_asked_for(model, tmp_path):
    fit(model, TensorBoard(tmp_path, write_graph=False, write_steps_per_second=True))
    train = events(tmp_path / "train")
    assert "keras" not in train
    assert all(value > 0 for _, value in train["epoch_steps_per_second"])


def test_what_is_not_written_gets_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="nothing of write_images, profile_batch"):
        TensorBoard(tmp_path, write_images=True, profile_batch=(2, 4))


@pytest.mark.parametrize("frequency", ["epochs", 0, -1])
def test_a_frequency_that_is_none_is_refused(frequency):
    with pytest.raises(ValueError, match="update_freq"):
        TensorBoard("logs", update_freq=frequency)
