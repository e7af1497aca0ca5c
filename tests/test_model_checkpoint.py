import numpy as np
import pytest

import fastmlp
from fastmlp.callbacks import Callback, LambdaCallback, ModelCheckpoint


class Files:
    """What a checkpoint sees of a model; what saves writes down its calls."""

    def __init__(self):
        self.saved = []

    def to_json(self):
        return "{}"

    def save(self, filepath, overwrite):
        self.saved.append(("model", filepath, overwrite))

    def save_weights(self, filepath, overwrite):
        self.saved.append(("weights", filepath, overwrite))


def fit(checkpoint, epoch_logs, batches=1):
    """Drive a checkpoint through the hooks of `fit`; return the names of its files."""
    model = Files()
    checkpoint.set_model(model)
    checkpoint.on_train_begin()
    for epoch, logs in enumerate(epoch_logs):
        checkpoint.on_epoch_begin(epoch)
        for batch in range(batches):
            checkpoint.on_train_batch_end(batch, logs)
        checkpoint.on_epoch_end(epoch, logs)
    checkpoint.on_train_end()
    assert all(overwrite for _, _, overwrite in model.saved)
    return [path for _, path, _ in model.saved]


def losses(*values):
    return [{"val_loss": value} for value in values]


# -- When it saves, and where -----------------------------------------------------


def test_the_model_is_saved_after_every_epoch():
    assert fit(ModelCheckpoint("m.keras"), losses(1, 2, 3)) == ["m.keras"] * 3


@pytest.mark.parametrize(
    ("filepath", "names"),
    [
        ("{epoch}.keras", ["1.keras", "2.keras"]),
        ("m-{epoch:02d}-{val_loss:.2f}.npz", ["m-01-0.33.npz", "m-02-1.50.npz"]),
        ("{val_loss}.keras", ["0.333.keras", "1.5.keras"]),
    ],
)
def test_placeholders_are_the_epoch_from_1_and_the_values_of_the_logs(filepath, names):
    assert fit(ModelCheckpoint(filepath), losses(0.333, 1.5)) == names


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"filepath": "a.keras"}, "model"),
        ({"filepath": "a.npz"}, "model"),
        ({"filepath": "a.weights.h5", "save_weights_only": True}, "weights"),
        ({"filepath": "a.npz", "save_weights_only": True}, "weights"),
    ],
)
def test_the_whole_model_is_saved_or_its_weights(settings, kind):
    checkpoint = ModelCheckpoint(**settings)
    fit(checkpoint, losses(1))
    assert checkpoint.model.saved == [(kind, settings["filepath"], True)]


@pytest.mark.parametrize(
    ("settings", "values", "saved"),
    [
        ({}, [3, 2, 2, 2.5, 1], [1, 2, 5]),
        ({"mode": "max"}, [3, 2, 4, 4, 5], [1, 3, 5]),
        ({"initial_value_threshold": 2.5}, [3, 2.5, 2, 1], [3, 4]),
        ({"initial_value_threshold": 0}, [3, 2, 1], []),
        ({"initial_value_threshold": float("inf")}, [3, 2, 2.5], [1, 2]),
    ],
)
def test_only_what_is_better_is_saved(settings, values, saved):
    checkpoint = ModelCheckpoint("{epoch}.keras", save_best_only=True, **settings)
    assert fit(checkpoint, losses(*values)) == [f"{epoch}.keras" for epoch in saved]


def test_the_best_value_is_remembered_from_one_fit_to_the_next():
    checkpoint = ModelCheckpoint("{epoch}.keras", save_best_only=True)
    fit(checkpoint, losses(3, 2))
    assert fit(checkpoint, losses(2.5, 1)) == ["2.keras"]
    assert checkpoint.best == 1


def test_a_number_of_batches_is_counted_on_through_the_epochs():
    checkpoint = ModelCheckpoint("{epoch}-{batch}.keras", save_freq=3)
    names = fit(checkpoint, losses(1, 1, 1), batches=4)
    assert names == ["1-3.keras", "2-2.keras", "3-1.keras", "3-4.keras"]


def test_only_the_best_of_a_number_of_batches_is_saved():
    checkpoint = ModelCheckpoint(
        "{epoch}-{batch}.npz", save_freq=1, save_best_only=True
    )
    names = fit(checkpoint, losses(3, 4, 2), batches=2)
    assert names == ["1-1.npz", "3-1.npz"]


def test_a_direction_is_only_needed_to_find_the_best():
    assert fit(ModelCheckpoint("m.keras", monitor="score"), [{}]) == ["m.keras"]
    checkpoint = ModelCheckpoint("m.keras", monitor="score", save_best_only=True)
    with pytest.raises(ValueError, match=r"ModelCheckpoint cannot tell.*'score'"):
        fit(checkpoint, [{"score": 1}])


def test_a_value_that_is_missing_saves_every_epoch_and_warns_once():
    checkpoint = ModelCheckpoint("{epoch}.keras", save_best_only=True)
    with pytest.warns(
        UserWarning, match=r"'val_loss', .* saves the model each"
    ) as found:
        names = fit(checkpoint, [{"loss": 1.0}] * 2)
    assert names == ["1.keras", "2.keras"]
    assert len(found) == 1


def test_a_value_that_is_an_array_saves_every_epoch():
    checkpoint = ModelCheckpoint("{epoch}.keras", save_best_only=True)
    with pytest.warns(UserWarning, match="'val_loss' is an array"):
        names = fit(checkpoint, losses(np.ones(2)))
    assert names == ["1.keras"]


# -- What it prints ---------------------------------------------------------------


def test_every_file_is_announced_in_keras_words(capsys):
    fit(ModelCheckpoint("m{epoch}.keras", verbose=1), losses(2, 1))
    assert capsys.readouterr().out == (
        "\nEpoch 1: saving model to m1.keras\n"
        "\nEpoch 1: finished saving model to m1.keras\n"
        "\nEpoch 2: saving model to m2.keras\n"
        "\nEpoch 2: finished saving model to m2.keras\n"
    )


def test_what_was_better_is_told_in_keras_words(capsys):
    fit(ModelCheckpoint("m.npz", save_best_only=True, verbose=1), losses(2, 1, 1.5))
    assert capsys.readouterr().out == (
        "\nEpoch 1: val_loss improved from None to 2.00000, saving model to m.npz\n"
        "\nEpoch 1: finished saving model to m.npz\n"
        "\nEpoch 2: val_loss improved from 2.00000 to 1.00000, saving model to m.npz\n"
        "\nEpoch 2: finished saving model to m.npz\n"
        "\nEpoch 3: val_loss did not improve from 1.00000\n"
    )


def test_without_verbose_it_is_silent(capsys):
    fit(ModelCheckpoint("m.keras"), losses(2, 1))
    assert capsys.readouterr().out == ""


# -- What it refuses --------------------------------------------------------------


@pytest.mark.parametrize(
    ("filepath", "weights", "endings"),
    [
        ("m", False, r"`\.keras`, `\.npz`, `\.h5` or `\.hdf5`"),
        ("m.ckpt", True, r"`\.weights\.h5`, `\.npz`, `\.h5` or `\.hdf5`"),
        ("m.keras", True, r"`\.weights\.h5`, `\.npz`, `\.h5` or `\.hdf5`"),
    ],
)
def test_another_ending_is_refused_at_once(filepath, weights, endings):
    with pytest.raises(ValueError, match=f"{endings}.* Received: '{filepath}'"):
        ModelCheckpoint(filepath, save_weights_only=weights)


@pytest.mark.parametrize(
    ("filepath", "weights"),
    [
        ("best_model.hdf5", False),
        ("best.h5", False),
        ("weights.{epoch:02d}.hdf5", True),
        ("w.h5", True),
    ],
)
def test_the_endings_of_keras_2_are_taken(filepath, weights):
    assert ModelCheckpoint(filepath, save_weights_only=weights).filepath == filepath


@pytest.mark.parametrize("save_freq", ["batch", 0, -1, 2.0, None])
def test_save_freq_is_an_epoch_or_a_number_of_batches(save_freq):
    with pytest.raises(ValueError, match=f"Received: save_freq={save_freq!r}"):
        ModelCheckpoint("m.keras", save_freq=save_freq)


def test_a_threshold_is_a_number():
    with pytest.raises(TypeError, match="threshold must be a number, not '3'"):
        ModelCheckpoint("m.keras", initial_value_threshold="3")


@pytest.mark.parametrize(
    ("filepath", "error"),
    [
        ("{accuracy}.keras", KeyError),
        ("{batch}.keras", KeyError),
        ("{}.keras", ValueError),
        ("{epoch:x%}.keras", ValueError),
    ],
)
def test_a_placeholder_that_cannot_be_filled_in_names_those_that_can(filepath, error):
    with pytest.raises(error, match=r"placeholders of .*There are val_loss, epoch\."):
        fit(ModelCheckpoint(filepath), losses(1))


def test_batches_that_were_run_together_count_one_by_one():
    checkpoint, model = ModelCheckpoint("{batch}.keras", save_freq=3), Files()
    checkpoint.set_model(model)
    checkpoint.on_train_begin()
    for epoch in range(2):
        checkpoint.on_epoch_begin(epoch)
        for batch in (1, 3, 4):
            checkpoint.on_train_batch_end(batch, {})
    assert [path for _, path, _ in model.saved] == ["4.keras", "2.keras", "5.keras"]


def test_nan_is_never_the_best():
    checkpoint = ModelCheckpoint("best.keras", save_best_only=True, verbose=1)
    assert fit(checkpoint, losses(np.nan)) == []
    assert fit(checkpoint, losses(2.0)) == ["best.keras"]


# -- With a model -----------------------------------------------------------------


def make_model():
    model = fastmlp.Sequential([fastmlp.layers.Dense(1, input_shape=(2,))])
    model.compile(fastmlp.optimizers.RMSprop(0.01), "mse")
    return model


ROWS = np.linspace(-1, 1, 24, dtype=np.float32).reshape(12, 2)


@pytest.mark.parametrize("ending", ["npz", "keras"])
def test_the_file_has_the_model_as_it_was_after_its_epoch(ending, tmp_path):
    if ending == "keras":
        pytest.importorskip("h5py", reason="h5py is not installed: pip install h5py")
    seen = []
    model = make_model()
    model.fit(
        ROWS,
        ROWS[:, 0],
        epochs=3,
        batch_size=4,
        verbose=0,
        callbacks=[
            LambdaCallback(on_epoch_end=lambda *_: seen.append(model.get_weights())),
            ModelCheckpoint(tmp_path / "new" / f"{{epoch}}.{ending}"),
        ],
    )
    for epoch, weights in enumerate(seen):
        path = tmp_path / "new" / f"{epoch + 1}.{ending}"
        loaded = fastmlp.models.load_model(path)
        for found, expected in zip(loaded.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(found, expected)
        assert loaded.optimizer.iterations == 3 * (epoch + 1)


def test_training_goes_on_from_a_checkpoint_as_if_it_had_not_ended(tmp_path):
    settings = {"batch_size": 5, "verbose": 0, "shuffle": False}
    whole = make_model()
    start = whole.get_weights()
    whole.fit(ROWS, ROWS[:, 0], epochs=4, **settings)

    first = make_model()
    first.set_weights(start)
    path = tmp_path / "last.npz"
    first.fit(
        ROWS, ROWS[:, 0], epochs=2, callbacks=ModelCheckpoint(path), **settings
    )  # fmt: skip
    second = fastmlp.models.load_model(path)
    second.fit(ROWS, ROWS[:, 0], epochs=4, initial_epoch=2, **settings)
    for found, expected in zip(second.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_callback_may_give_the_model_the_best_weights_back(tmp_path):
    path = tmp_path / "best.npz"

    class Restores(Callback):
        def on_train_end(self, logs=None):
            self.model.load_weights(path)

    seen = []
    model = make_model()
    model.fit(
        ROWS,
        ROWS[:, 0],
        epochs=3,
        verbose=0,
        callbacks=[
            LambdaCallback(
                on_epoch_end=lambda epoch, logs: (
                    logs.update(val_loss=[2, 1, 3][epoch]),
                    seen.append(model.get_weights()),
                )
            ),
            ModelCheckpoint(path, save_weights_only=True, save_best_only=True),
            Restores(),
        ],
    )
    for found, expected in zip(model.get_weights(), seen[1], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_value_whose_file_could_not_be_written_is_not_the_best():
    class Full(Files):
        def save(self, filepath, overwrite):
            raise OSError("No space left on device")

    checkpoint = ModelCheckpoint("m.keras", save_best_only=True)
    checkpoint.set_model(Full())
    checkpoint.on_train_begin()
    with pytest.raises(OSError, match="No space"):
        checkpoint.on_epoch_end(0, {"val_loss": 1.0})
    assert checkpoint.best is None
    assert fit(checkpoint, losses(2.0)) == ["m.keras"]


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path):
    (tmp_path / "m.npz").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder"):
        make_model().fit(
            ROWS, ROWS[:, 0], verbose=0, callbacks=ModelCheckpoint(tmp_path / "m.npz")
        )
