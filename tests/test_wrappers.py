"""Models in scikit-learn: its searches, pipelines and cross-validations."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastmlp
from fastmlp import Model, Sequential, layers

pytest.importorskip("sklearn", "1.6")

from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastmlp.wrappers import (
    KerasClassifier,
    KerasRegressor,
    SKLearnClassifier,
    SKLearnRegressor,
    SKLearnTransformer,
)

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
PRICES = X @ [1.0, -2.0, 0.5, 3.0] + 7

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")


@pytest.fixture(autouse=True)
def seed():
    fastmlp.utils.set_random_seed(0)


def dynamic_model(X, y, loss, hidden=(10,)):
    """Return a model as wide as the data, whose training repeats."""
    fastmlp.utils.set_random_seed(1)
    inputs = layers.Input((X.shape[1],))
    at = inputs
    for units in hidden:
        at = layers.Dense(units, "relu")(at)
    outputs = y.shape[1] if y.ndim > 1 else 1
    last = "softmax" if loss == "categorical_crossentropy" else None
    model = Model(inputs, layers.Dense(outputs, last)(at))
    model.compile("rmsprop", loss)
    return model


def make_model(units=16, loss="sparse_categorical_crossentropy", optimizer="adam"):
    """Return a classifier of irises, as older scripts make them."""
    model = Sequential([layers.Dense(units, "relu", input_shape=(4,))])
    model.add(layers.Dense(3, "softmax"))
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def make_regressor(units=16):
    model = Sequential([layers.Dense(units, "relu", input_shape=(4,)), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


# Keras 3's

WRAPPED = [
    SKLearnClassifier(
        dynamic_model,
        model_kwargs={"loss": "categorical_crossentropy", "hidden": [20, 20, 20]},
        fit_kwargs={"epochs": 5, "verbose": 0},
    ),
    SKLearnRegressor(
        dynamic_model, model_kwargs={"loss": "mse"}, fit_kwargs={"verbose": 0}
    ),
    SKLearnTransformer(
        dynamic_model, model_kwargs={"loss": "mse"}, fit_kwargs={"verbose": 0}
    ),
]
FAILING = {
    "check_classifiers_classes": "Five epochs do not always find all classes.",
    "check_classifiers_train": "decision_function has two columns for two classes.",
}


@parametrize_with_checks(
    WRAPPED,
    expected_failed_checks=lambda one: (
        FAILING if isinstance(one, SKLearnClassifier) else {}
    ),
)
def test_scikit_learn_finds_nothing_wrong(estimator, check):
    check(estimator)


def classifier(**fit):
    return SKLearnClassifier(
        dynamic_model,
        model_kwargs={"loss": "categorical_crossentropy"},
        fit_kwargs={"epochs": 60, "batch_size": 8, "verbose": 0, **fit},
    )


def test_a_classifier_learns_labels_of_any_type():
    wrapped = make_pipeline(StandardScaler(), classifier()).fit(X, NAMES)
    assert wrapped.predict(X[:1]).tolist() == ["setosa"]
    assert wrapped.score(X, NAMES) > 0.9
    assert wrapped[-1].classes_.tolist() == sorted(set(NAMES))
    assert wrapped[-1].epoch_ == 60
    assert wrapped[-1].decision_function(X).shape == (150, 3)


def test_a_regressor_is_cross_validated():
    wrapped = SKLearnRegressor(
        dynamic_model,
        model_kwargs={"loss": "mse"},
        fit_kwargs={"epochs": 200, "batch_size": 8, "verbose": 0},
    )
    pipeline = make_pipeline(StandardScaler(), wrapped)
    shuffled = np.random.default_rng(0).permutation(len(X))
    assert cross_val_score(pipeline, X[shuffled], PRICES[shuffled], cv=3).min() > 0.8


def test_a_transformer_hands_its_outputs_on():
    model = Sequential([layers.Dense(7, input_shape=(4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    wrapped = SKLearnTransformer(model, fit_kwargs={"verbose": 0})
    assert wrapped.fit_transform(X, PRICES).shape == (150, 1)


def test_a_model_that_was_given_is_cloned_and_stays_as_it_was():
    model = dynamic_model(X, np.eye(3)[Y], "categorical_crossentropy")
    before = model.get_weights()
    wrapped = SKLearnClassifier(model, fit_kwargs={"verbose": 0}).fit(X, Y)
    assert wrapped.model_ is not model
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_warm_start_goes_on_with_the_weights():
    model = dynamic_model(X, np.eye(3)[Y], "categorical_crossentropy")
    wrapped = SKLearnClassifier(model, warm_start=True, fit_kwargs={"verbose": 0})
    assert wrapped.fit(X, Y).model_ is model
    assert wrapped.fit(X, Y).model_ is model
    assert model.optimizer.iterations == 10


def test_a_clone_keeps_the_arguments_of_fit_and_a_fit_leaves_them_alone():
    wrapped = classifier()
    wrapped.fit(X, Y, epochs=1)
    assert wrapped.epoch_ == 1
    assert wrapped.fit_kwargs["epochs"] == clone(wrapped).fit_kwargs["epochs"] == 60


def test_a_model_without_a_loss_is_refused():
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    with pytest.raises(RuntimeError, match="needs to be compiled"):
        SKLearnClassifier(model).fit(X, Y)
    with pytest.raises(TypeError, match="return model"):
        SKLearnClassifier(lambda X, y: None).fit(X, Y)


def test_arguments_of_fit_are_routed_when_scikit_learn_routes():
    import sklearn

    with pytest.raises(RuntimeError, match="enable_metadata_routing"):
        classifier().set_fit_request(epochs=True)
    with sklearn.config_context(enable_metadata_routing=True):
        wrapped = classifier().set_fit_request(epochs=True)
        make_pipeline(StandardScaler(), wrapped).fit(X, Y, epochs=2)
    assert wrapped.epoch_ == 2


# Those of older scripts


def test_parameters_go_to_the_function_and_to_fit_by_their_names():
    wrapped = KerasClassifier(
        build_fn=make_model, units=5, epochs=3, batch_size=50, verbose=0
    )
    assert wrapped.fit(X, Y) is wrapped
    assert wrapped.model_.layers[0].units == 5
    assert wrapped.model_.optimizer.iterations == 9
    assert len(wrapped.history["loss"]) == len(wrapped.history_["accuracy"]) == 3


def test_a_parameter_may_say_what_it_is_for():
    wrapped = KerasClassifier(
        make_model, model__units=6, fit__epochs=2, predict__batch_size=1000, verbose=0
    )
    wrapped.fit(X, Y)
    assert wrapped.model_.layers[0].units == 6
    assert wrapped.current_epoch == 2
    assert wrapped.predict(X).shape == (150,)


def test_epochs_go_by_their_name_of_keras_1():
    with pytest.warns(UserWarning, match="`nb_epoch` of wrappers is called `epochs`"):
        wrapped = KerasRegressor(lambda: None, nb_epoch=3)
    with pytest.warns(UserWarning, match="`nb_epoch`"):
        assert wrapped.set_params(nb_epoch=2).epochs == clone(wrapped).epochs == 2
    assert KerasRegressor(lambda nb_epoch: None, nb_epoch=3).epochs == 1


def test_a_grid_search_sets_what_the_constructor_did_not_name():
    search = GridSearchCV(
        KerasClassifier(make_model, verbose=0, random_state=1),
        {"units": [2, 32], "epochs": [1, 60], "batch_size": [8]},
        cv=3,
    )
    search.fit((X - X.mean(0)) / X.std(0), NAMES)
    assert search.best_params_ == {"units": 32, "epochs": 60, "batch_size": 8}
    assert search.best_score_ > 0.85


def test_a_random_search_in_a_pipeline_reaches_the_model():
    pipeline = make_pipeline(StandardScaler(), KerasClassifier(make_model, verbose=0))
    name = "kerasclassifier__model__units"
    search = RandomizedSearchCV(pipeline, {name: [3, 4]}, n_iter=2, cv=2)
    search.fit(X, Y)
    assert search.best_estimator_[-1].model_.layers[0].units in (3, 4)


def test_processes_of_joblib_give_the_same_scores():
    wrapped = KerasClassifier(make_model, epochs=5, verbose=0, random_state=3)
    alone = cross_val_score(wrapped, X, Y, cv=2)
    np.testing.assert_array_equal(cross_val_score(wrapped, X, Y, cv=2, n_jobs=2), alone)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "mse"])
def test_targets_are_one_hot_where_the_loss_asks_for_it(loss):
    wrapped = KerasClassifier(make_model, loss=loss, epochs=60, batch_size=8, verbose=0)
    wrapped.fit((X - X.mean(0)) / X.std(0), NAMES)
    assert wrapped.model_.loss == loss
    assert wrapped.score((X - X.mean(0)) / X.std(0), NAMES) > 0.85
    assert wrapped.predict_proba(X).shape == (150, 3)


def test_one_hot_rows_stay_one_hot():
    rows = np.eye(3)[Y]
    wrapped = KerasClassifier(
        make_model, loss="categorical_crossentropy", epochs=60, batch_size=8, verbose=0
    )
    scaled = (X - X.mean(0)) / X.std(0)
    scores = cross_val_score(wrapped, scaled, rows, cv=3, scoring="accuracy")
    assert scores.shape == (3,)
    wrapped.fit(scaled, rows)
    assert set(wrapped.predict(scaled).sum(axis=1)) == {1}
    assert wrapped.target_type_ == "multiclass-onehot"
    assert wrapped.score(scaled, rows) > 0.85


def test_one_sigmoid_has_two_probabilities():
    def binary():
        model = Sequential([layers.Dense(1, "sigmoid", input_shape=(4,))])
        model.compile("adam", "binary_crossentropy")
        return model

    words = np.where(Y == 0, "setosa", "other")
    wrapped = KerasClassifier(binary, epochs=60, batch_size=8, verbose=0).fit(X, words)
    probabilities = wrapped.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    expected = wrapped.classes_[(probabilities[:, 1] > 0.5).astype(int)]
    assert wrapped.predict(X).tolist() == expected.tolist()
    assert cross_val_score(wrapped, X, words, scoring="roc_auc").min() > 0.9


def test_several_labels_a_row_are_columns():
    def several():
        model = Sequential([layers.Dense(3, "sigmoid", input_shape=(4,))])
        model.compile("adam", "binary_crossentropy")
        return model

    columns = (X[:, :3] > X[:, :3].mean(axis=0)).astype(int)
    wrapped = KerasClassifier(several, epochs=2, verbose=0).fit(X, columns)
    assert wrapped.predict(X).shape == (150, 3)
    assert set(np.unique(wrapped.predict(X))) <= {0, 1}


@pytest.mark.parametrize("columns", [(), (1,), (2,)])
def test_a_regressor_answers_in_the_form_of_its_targets(columns):
    def regressor(meta):
        outputs = meta["n_outputs_"]
        model = Sequential(
            [layers.Dense(outputs, input_shape=(meta["n_features_in_"],))]
        )
        model.compile("adam", "mse")
        return model

    y = np.broadcast_to(PRICES.reshape(150, *[1] * len(columns)), (150, *columns))
    wrapped = KerasRegressor(regressor, verbose=0).fit(X, y)
    assert wrapped.predict(X).shape == y.shape


def test_a_regressor_scores_as_scikit_learn_does():
    wrapped = KerasRegressor(make_regressor, epochs=200, batch_size=8, verbose=0)
    wrapped.fit(X, PRICES)
    assert 0.9 < wrapped.score(X, PRICES) <= 1


def test_an_uncompiled_model_is_compiled_with_the_parameters():
    def uncompiled(units):
        return Sequential([layers.Dense(units, "softmax", input_shape=(4,))])

    wrapped = KerasClassifier(
        uncompiled,
        units=3,
        loss="sparse_categorical_crossentropy",
        metrics="accuracy",
        optimizer="sgd",
        optimizer__learning_rate=0.5,
        verbose=0,
    ).fit(X, Y)
    assert wrapped.model_.optimizer.learning_rate == 0.5
    assert "accuracy" in wrapped.history_
    wrapped.set_params(optimizer=fastmlp.optimizers.SGD())
    with pytest.raises(ValueError, match="is made already, so learning_rate"):
        wrapped.fit(X, Y)


def test_a_function_may_ask_for_what_it_is_compiled_with():
    def asking(compile_kwargs, params):
        assert params["epochs"] == 1
        model = Sequential([layers.Dense(3, "softmax", input_shape=(4,))])
        model.compile(**compile_kwargs)
        return model

    loss = "sparse_categorical_crossentropy"
    wrapped = KerasClassifier(asking, loss=loss, optimizer="adam", verbose=0).fit(X, Y)
    assert type(wrapped.model_.optimizer).__name__ == "Adam"


def test_a_seed_repeats_a_fit_and_changes_nothing_else():
    fits = [
        KerasClassifier(make_model, epochs=2, verbose=0, random_state=7).fit(X, Y)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*[one.predict_proba(X) for one in fits])
    fastmlp.utils.set_random_seed(0)
    draw = fastmlp.initializers.GlorotUniform()
    expected = draw((3, 2))
    fastmlp.utils.set_random_seed(0)
    KerasClassifier(make_model, verbose=0, random_state=7).fit(X, Y)
    np.testing.assert_array_equal(draw((3, 2)), expected)


def test_a_partial_fit_is_one_epoch_more():
    wrapped = KerasClassifier(make_model, epochs=9, verbose=0)
    for epochs in (1, 2, 3):
        wrapped.partial_fit(X, Y)
        assert wrapped.current_epoch == epochs
    assert wrapped.model_.optimizer.iterations == 15


def test_a_warm_start_of_an_older_wrapper_goes_on():
    wrapped = KerasClassifier(make_model, warm_start=True, verbose=0).fit(X, Y)
    model = wrapped.model_
    assert wrapped.fit(X, Y).model_ is model
    assert wrapped.current_epoch == 2


def test_weights_of_classes_are_those_of_labels():
    weights = {"setosa": 1.0, "versicolor": 0.0, "virginica": 0.0}
    wrapped = KerasClassifier(
        make_model, epochs=60, batch_size=8, class_weight=weights, verbose=0
    ).fit(X, NAMES)
    assert set(wrapped.predict(X)) == {"setosa"}
    KerasClassifier(make_model, class_weight="balanced", verbose=0).fit(X, NAMES)


def test_callbacks_that_are_classes_are_made_for_each_fit():
    from fastmlp.callbacks import Callback, TerminateOnNaN

    class Counting(Callback):
        made = 0

        def __init__(self):
            Counting.made += 1

    wrapped = KerasClassifier(
        make_model, callbacks=[Counting, TerminateOnNaN()], verbose=0
    )
    wrapped.fit(X, Y)
    wrapped.fit(X, Y)
    assert Counting.made == 2


@pytest.mark.parametrize(
    "wrapped",
    [
        KerasClassifier(make_model, units=4, epochs=1, verbose=0),
        SKLearnClassifier(
            dynamic_model,
            model_kwargs={"loss": "categorical_crossentropy"},
            fit_kwargs={"verbose": 0},
        ),
    ],
    ids=["older", "Keras 3"],
)
def test_a_trained_wrapper_is_pickled_and_cloned(wrapped):
    fitted = clone(wrapped).fit(X, NAMES)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    assert not hasattr(clone(fitted), "model_")
    assert clone(fitted).get_params() == wrapped.get_params()


def test_a_parameter_that_nobody_takes_is_refused():
    wrapped = KerasClassifier(make_model)
    for act in (
        lambda: KerasClassifier(make_model, unit=4),
        lambda: wrapped.set_params(unit=4),
    ):
        with pytest.raises(ValueError, match=r"no parameter 'unit'.*'units'"):
            act()
    with pytest.raises(ValueError, match="found by their names"):
        KerasRegressor(make_regressor, zzzzzz=1)
    with pytest.raises(ValueError, match="has no model"):
        KerasRegressor().fit(X, PRICES)


def test_labels_that_are_none_are_refused():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        KerasClassifier(make_model).fit(X, PRICES)
    wrapped = KerasClassifier(make_model, warm_start=True, verbose=0).fit(X, NAMES)
    with pytest.raises(ValueError, match="'rose' is not among those"):
        wrapped.fit(X[:2], ["rose", "setosa"])


def test_the_address_of_keras_2_has_the_same_classes():
    assert fastmlp.wrappers.scikit_learn.KerasRegressor is KerasRegressor
    from fastmlp.wrappers import scikit_learn

    assert scikit_learn.KerasClassifier is KerasClassifier
    assert scikit_learn.KerasRegressor is KerasRegressor


def test_scikit_learn_is_imported_when_a_wrapper_is_named():
    program = (
        "import sys, fastmlp; dir(fastmlp.wrappers)\n"
        "assert 'sklearn' not in sys.modules\n"
        "fastmlp.wrappers.KerasClassifier\n"
        "assert 'sklearn' in sys.modules\n"
    )
    home = Path(fastmlp.__file__).parents[1]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=home)
