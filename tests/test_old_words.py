"""Words of Keras 1 and 2: taken with one warning, or refused by a sentence."""

import warnings

import pytest

from fastmlp import (
    activations,
    callbacks,
    constraints,
    layers,
    models,
    optimizers,
    regularizers,
    utils,
)
from fastmlp._util.old_words import OLD_WORDS, in_words_of_today

# What is made, what it is called today, and what it then has.
TAKEN = {
    "output_dim": (lambda: layers.Dense(output_dim=3), "units", 3),
    "init": (
        lambda: layers.Dense(3, init="uniform"),
        "kernel_initializer",
        "RandomUniform(minval=-0.05, maxval=0.05, seed=None)",
    ),
    "W_regularizer": (
        lambda: layers.Dense(3, W_regularizer="l2"),
        "kernel_regularizer",
        "L2(l2=0.01)",
    ),
    "b_constraint": (
        lambda: layers.Dense(3, b_constraint="nonneg"),
        "bias_constraint",
        "NonNeg()",
    ),
    "bias": (lambda: layers.Dense(3, bias=False), "use_bias", False),
    "p": (lambda: layers.Dropout(p=0.25), "rate", 0.25),
    "sigma": (lambda: layers.GaussianNoise(sigma=0.5), "stddev", 0.5),
    "alpha": (lambda: layers.LeakyReLU(alpha=0.5), "negative_slope", 0.5),
    "beta_init": (
        lambda: layers.BatchNormalization(beta_init="one"),
        "beta_initializer",
        "Ones()",
    ),
    "m": (lambda: constraints.maxnorm(m=3), "max_value", 3.0),
    "l": (lambda: regularizers.l2(l=0.5), "l2", 0.5),
    "lr": (lambda: optimizers.Adam(lr=0.5), "learning_rate", 0.5),
}


@pytest.mark.parametrize("word", TAKEN)
def test_an_old_word_is_taken_and_todays_is_said(word):
    make, today, value = TAKEN[word]
    with pytest.warns(UserWarning, match=f"`{word}` of .* is called `{today}` now"):
        made = make()
    found = getattr(made, today)
    assert found == value or repr(found) == value


def test_several_old_words_are_said_in_one_warning_at_the_users_line():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        layer = layers.Dense(output_dim=3, init="normal", input_dim=4)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert "`init`" in str(said[0].message)
    assert "`output_dim`" in str(said[0].message)
    assert layer._declared_shape == (4,)


def test_a_function_takes_old_words_too():
    with pytest.warns(UserWarning, match="`alpha` of relu"):
        assert activations.relu([-2.0], alpha=0.5) == [-1]
    with pytest.warns(UserWarning, match="`nb_classes` of to_categorical"):
        assert utils.to_categorical([0], nb_classes=2).tolist() == [[1, 0]]


@pytest.mark.parametrize("named", [{"save_format": "h5"}, {"include_optimizer": False}])
def test_a_model_is_saved_in_the_words_of_keras_2(named, tmp_path):
    model = models.Sequential([layers.Dense(1, input_shape=(2,))])
    with pytest.warns(UserWarning, match=f"`{next(iter(named))}` .* changes nothing"):
        model.save(tmp_path / "model.npz", **named)
    with pytest.raises(ValueError, match=r"`save_format='tf'`.* ending of the name"):
        models.save_model(model, tmp_path / "model.npz", save_format="tf")


def test_labels_take_the_words_of_keras_1_and_2():
    with pytest.warns(UserWarning, match="`dtype` of .* changes nothing.*`y` of"):
        one_hot = utils.to_categorical(y=[1, 0], dtype="float32")
    assert one_hot.tolist() == [[0, 1], [1, 0]]
    with pytest.raises(ValueError, match=r"`dtype='int32'`.*astype"):
        utils.to_categorical([1, 0], dtype="int32")


def test_both_words_at_once_are_refused():
    with pytest.raises(ValueError, match=r"`p` of Dropout .* `rate` now.*leave"):
        layers.Dropout(rate=0.5, p=0.4)


def test_a_word_of_today_may_have_had_more_values():
    with pytest.warns(UserWarning, match="`epsilon=None` of Adam changes nothing"):
        assert optimizers.Adam(epsilon=None).epsilon == 1e-7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert optimizers.Adam(epsilon=0.5).epsilon == 0.5


@pytest.mark.parametrize(
    "options",
    [{"mode": 0}, {"fused": True}, {"virtual_batch_size": None, "adjustment": None}],
)
def test_what_changes_nothing_today_is_said_to(options):
    with pytest.warns(UserWarning, match="changes nothing today"):
        layers.BatchNormalization(**options)


def test_a_model_and_its_methods_take_old_words():
    inputs = layers.Input((2,))
    with pytest.warns(UserWarning, match="`input` of Model is called `inputs` now"):
        model = models.Model(input=inputs, output=layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="`nb_epoch` of Model.fit is called `epochs`"):
        history = model.fit([[1, 2]], [3], nb_epoch=2, verbose=0)
    assert history.epoch == [0, 1]
    with pytest.warns(UserWarning, match="`workers` of Model.evaluate changes nothing"):
        model.evaluate([[1, 2]], [3], verbose=0, workers=4)


def test_callbacks_take_old_words():
    with pytest.warns(UserWarning, match="`epsilon` of .* is called `min_delta` now"):
        assert callbacks.ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5
    with pytest.warns(UserWarning, match="`period` of .* changes nothing"):
        callbacks.ModelCheckpoint("best.keras", period=1)
    with pytest.raises(ValueError, match="`save_freq` batches"):
        callbacks.ModelCheckpoint("best.keras", period=5)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: layers.BatchNormalization(mode=1), "`mode=1`.*by itself"),
        (lambda: layers.BatchNormalization(virtual_batch_size=8), "a whole batch"),
        (lambda: layers.Dense(3, weights=[[[1.0]]]), "set_weights"),
    ],
)
def test_what_has_no_meaning_today_is_refused_by_a_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_old_and_new_words_are_told_from_one_another():
    for owner, words in OLD_WORDS.items():
        today = {word for word in words.values() if isinstance(word, str)}
        assert not today & words.keys(), owner


def test_other_arguments_are_left_as_they_are():
    with pytest.warns(UserWarning):
        assert in_words_of_today("Dropout", {"p": 1, "q": 2}) == {"rate": 1, "q": 2}


# -- The shape of a sample, in the words of each Keras ------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Dense(3, input_shape=(4,)),
        lambda: layers.Dense(3, input_dim=4),
        lambda: layers.Dense(3, batch_input_shape=(None, 4)),
        lambda: layers.Dense(3, batch_input_shape=(32, 4)),
        lambda: layers.InputLayer((4,)),
        lambda: layers.InputLayer(batch_shape=(None, 4)),
    ],
)
def test_a_layer_is_told_the_shape_of_a_sample(make):
    assert make()._declared_shape == (4,)


@pytest.mark.parametrize("word", ["input_shape", "batch_input_shape"])
def test_an_input_layer_takes_the_words_of_keras_2(word):
    shape = (4,) if word == "input_shape" else (None, 4)
    with pytest.warns(UserWarning, match=f"`{word}` of InputLayer is called"):
        assert layers.InputLayer(**{word: shape}).batch_shape == (None, 4)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: layers.Dense(3, input_dim=4, batch_input_shape=(None, 4)),
            "input_dim and batch_input_shape",
        ),
        (lambda: layers.Input((3,), batch_shape=(None, 4)), "shape and batch_shape"),
        (
            lambda: layers.Input(batch_size=3, batch_shape=(None, 4)),
            "batch_size and batch_shape",
        ),
    ],
)
def test_to_say_it_twice_is_refused(make, said):
    with pytest.raises(ValueError, match=f"{said} say the same"):
        make()
