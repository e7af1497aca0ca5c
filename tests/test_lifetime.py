"""Models, histories, runs and plans die with their last reference.

The garbage collector is off: what stands in a circle of references would stay.
"""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

from fastmlp import callbacks, layers, models
from fastmlp._engine.runs import Run, WorkspacePool

ROWS, FEATURES, CLASSES = 12, 4, 3
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, FEATURES)).astype(np.float32)
Y = np.eye(CLASSES, dtype=np.float32)[RNG.integers(0, CLASSES, ROWS)]


def a_model(**first):
    model = models.Sequential(
        [layers.Dense(5, "relu", **first), layers.Dense(CLASSES, "softmax")]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def batches():
    for first in range(0, ROWS, 4):
        yield X[first : first + 4], Y[first : first + 4]


def fit(model, *data, **arguments):
    return model.fit(*(data or (X, Y)), **{"verbose": 0, "epochs": 2, **arguments})


def fit_with_early_stopping(model):
    stopping = callbacks.EarlyStopping("loss", restore_best_weights=True)
    fit(model, callbacks=[stopping])


def fit_with_a_callback_of_ones_own(model):
    class Watches(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            assert self.model.history is not None

    fit(model, callbacks=[Watches(), callbacks.TerminateOnNaN()])


def fit_on_too_few_targets(model):
    with pytest.raises(ValueError, match="as many"):
        fit(model, X, Y[:3])


USES = {
    "nothing": lambda m: None,
    "fit": fit,
    "fit with a progress bar": lambda m: fit(m, verbose=1),
    "fit with a validation split": lambda m: fit(m, validation_split=0.5),
    "fit with validation data": lambda m: fit(m, validation_data=(X, Y)),
    "fit with class weights": lambda m: fit(m, class_weight={0: 2.0}),
    "fit a generator": lambda m: fit(m, batches(), epochs=1),
    "fit a list of batches": lambda m: fit(m, iter(list(batches())), epochs=1),
    "validate on a generator": lambda m: fit(m, epochs=1, validation_data=batches()),
    "early stopping": fit_with_early_stopping,
    "a callback of one's own": fit_with_a_callback_of_ones_own,
    "evaluate": lambda m: m.evaluate(X, Y, verbose=1),
    "evaluate a generator": lambda m: m.evaluate(batches(), verbose=0),
    "predict": lambda m: m.predict(X, 4, verbose=1),
    "predict a row": lambda m: m.predict(X[:1], verbose=0),
    "predict a generator": lambda m: m.predict(batches(), verbose=0),
    "call": lambda m: m(X, training=True),
    "train_on_batch": lambda m: m.train_on_batch(X, Y),
    "test_on_batch": lambda m: m.test_on_batch(X, Y),
    "compile again": lambda m: m.compile(m.optimizer, "mse"),
    "pickle": lambda m: pickle.loads(pickle.dumps(m)),
    "deepcopy": lambda m: copy.deepcopy(m),
    "pop": lambda m: m.pop(),
    "a call that fails": fit_on_too_few_targets,
}


@pytest.fixture(autouse=True)
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def remembered(monkeypatch):
    """Return weak references to all plans and runs that a test makes."""
    references = []

    def remember(kind):
        make = kind.__init__

        def remembering(self, *args, **named):
            references.append(weakref.ref(self))
            make(self, *args, **named)

        monkeypatch.setattr(kind, "__init__", remembering)

    remember(WorkspacePool)
    remember(Run)
    return references


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_model_dies_with_its_last_reference(use, built, remembered):
    model = a_model(**({"input_shape": (FEATURES,)} if built else {}))
    use(model)
    remembered += map(weakref.ref, [model, *model.layers, model.optimizer])
    if model.history is not None:
        remembered.append(weakref.ref(model.history))
    del model
    assert [one for one in remembered if one() is not None] == []


@pytest.mark.parametrize("name", ["m.npz", "m.keras"])
def test_a_model_from_a_file_dies_with_its_last_reference(name, tmp_path, remembered):
    if name.endswith(".keras"):
        pytest.importorskip("h5py")
    model = a_model(input_shape=(FEATURES,))
    fit(model)
    model.save(tmp_path / name)
    loaded = models.load_model(tmp_path / name)
    fit(loaded)
    remembered += map(weakref.ref, [model, loaded])
    del model, loaded
    assert [one for one in remembered if one() is not None] == []


def test_a_history_that_is_kept_keeps_no_model():
    model = a_model()
    history = fit(model)
    remembered = weakref.ref(model)
    assert history.model is model
    assert model.history is history
    del model
    assert remembered() is None
    assert history.model is None
    assert len(history.history["loss"]) == 2


def test_callbacks_see_the_model_during_fit_and_after_it():
    seen = []

    class Sees(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((self.model, self.model.history.model))

    model, sees = a_model(), Sees()
    fit(model, epochs=1, callbacks=[sees])
    assert seen == [(model, model)]
    assert sees.model is model


@pytest.mark.parametrize(
    "make_copy", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_the_history_of_a_copy_is_about_the_copy(make_copy):
    model = a_model()
    fit(model)
    twin = make_copy(model)
    assert twin.history.model is twin
    assert model.history.model is model
    assert pickle.loads(pickle.dumps(model.history)).model is None
