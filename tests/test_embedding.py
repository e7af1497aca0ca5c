"""Embeddings: ids become vectors, which are learnt."""

import numpy as np
import pytest

from fastmlp import kernels, layers, models, optimizers, utils
from fastmlp.constraints import MaxNorm
from fastmlp.initializers import Constant
from fastmlp.plan import PREDICT, Samples, make_workspace

rng = np.random.default_rng(7)
VOCABULARY, STEPS, WIDTH = 300, 8, 5
IDS = rng.integers(0, VOCABULARY, (70, STEPS))
YES = (IDS.mean(axis=1) > VOCABULARY / 2) * 1.0


def bag_of_words(*between, optimizer="adam", **embedding):
    utils.set_random_seed(3)
    model = models.Sequential(
        [
            layers.Input((STEPS,), dtype="int32"),
            layers.Embedding(VOCABULARY, WIDTH, **embedding),
            *between,
            layers.GlobalAveragePooling1D(),
            layers.Dense(4, "relu"),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(optimizer, "binary_crossentropy")
    return model


def learn(model, x=IDS, **settings):
    model.fit(x, YES, verbose=0, batch_size=16, epochs=3, **settings)
    return model.get_weights()


def assert_same(weights, expected):
    for one, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", [float, int, np.uint16, np.int64, np.float32])
def test_ids_of_any_type_look_up_the_same_vectors(make):
    layer = layers.Embedding(VOCABULARY, WIDTH)
    found = layer(IDS.astype(make))
    assert found.shape == (70, STEPS, WIDTH)
    np.testing.assert_array_equal(found, layer.embeddings[IDS])
    assert layer.compute_output_shape((None, STEPS)) == (None, STEPS, WIDTH)
    assert layer.count_params() == VOCABULARY * WIDTH
    assert layer.embeddings.max() <= 0.05


def test_a_bag_of_words_learns_which_words_say_yes():
    model = bag_of_words(optimizer=optimizers.Adam(0.05))
    model.fit(IDS, YES, verbose=0, epochs=30)
    assert model.evaluate(IDS, YES, verbose=0) < 0.2


def test_sums_where_vectors_lie_are_those_of_copies_to_the_last_bit():
    fused, plain = bag_of_words(), bag_of_words(layers.Activation("linear"))
    assert_same(learn(fused, shuffle=False), learn(plain, shuffle=False))
    links = fused._network._pool.plan.graph.links
    assert [one.mean for one in links] == [1, -1, -1, -1]
    assert all(one.mean == -1 for one in plain._network._pool.plan.graph.links)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_the_number_of_threads_changes_no_bit(monkeypatch, threads_for_all, optimizer):
    found = []
    for threads in (1, 2, 3, 4):
        monkeypatch.setattr(kernels, "threads_for", lambda _, n=threads: n)
        found.append(learn(bag_of_words(optimizer=optimizer)))
    for one in found[1:]:
        assert_same(one, found[0])


def test_rows_of_ids_that_never_came_move_with_what_is_remembered_alone():
    model = bag_of_words(optimizer=optimizers.SGD(0.1, momentum=0.9))
    ids = np.zeros((16, STEPS))
    ids[:8] = 1
    before = model.get_weights()[0]
    model.train_on_batch(ids, np.arange(16) < 8)
    after = model.get_weights()[0]
    assert_same([before[2:]], [after[2:]])
    model.train_on_batch(ids + 2, np.arange(16) < 8)
    last = model.get_weights()[0]
    assert (last[:2] != after[:2]).any()


def test_vectors_of_others_are_taken_and_may_stay():
    given = rng.normal(size=(VOCABULARY, WIDTH)).astype("float32")
    for weights in (given, [given], given.tolist()):
        model = bag_of_words(weights=weights, trainable=False)
        np.testing.assert_array_equal(model.layers[0].embeddings, given)
        np.testing.assert_array_equal(learn(model)[0], given)
    config = model.layers[0].get_config()
    assert config["mask_zero"] is False
    assert "weights" not in config


def test_regularizer_constraint_and_initializer_are_those_of_a_kernel():
    layer = layers.Embedding(
        4,
        2,
        Constant(2.0),
        embeddings_regularizer="l2",
        embeddings_constraint="non_neg",
    )
    layer(np.zeros((1, 1)))
    assert layer.losses == pytest.approx([0.01 * 4 * 8])
    model = bag_of_words(embeddings_constraint=MaxNorm(0.1))
    vectors = learn(model)[0]
    assert np.linalg.norm(vectors, axis=0).max() <= 0.1 + 1e-6


def test_the_input_may_be_a_column_or_a_table_or_unknown_at_first():
    model = models.Sequential(
        [layers.Embedding(9, 2), layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.fit(IDS % 9, YES, verbose=0)
    assert model.layers[0].output_shape == (None, STEPS, 2)
    with pytest.warns(UserWarning, match="`input_length` .* older word"):
        first = layers.Embedding(9, 2, input_length=4)
    assert models.Sequential([first, layers.Flatten()]).output_shape == (None, 8)
    assert layers.Embedding(9, 2)(np.zeros((3, 4, 5))).shape == (3, 4, 5, 2)


def test_embeddings_of_several_columns_meet_other_inputs():
    user = layers.Input((1,), dtype="int64", name="user")
    film = layers.Input((1,), name="film")
    numbers = layers.Input((3,), name="numbers")
    assert user.dtype == "int64"
    parts = [layers.Flatten()(layers.Embedding(20, 3)(one)) for one in (user, film)]
    both = layers.Concatenate()([*parts, numbers])
    model = models.Model([user, film, numbers], layers.Dense(1)(both))
    model.compile("adam", "mse")
    x = {"user": IDS[:, :1] % 20, "film": IDS[:, 1] % 20, "numbers": IDS[:, :3] / 300}
    x["film"] = x["film"][:, None]
    model.fit(x, YES, verbose=0)
    assert model.predict(x, verbose=0).shape == (70, 1)
    x["film"] = x["film"] + 1
    with pytest.raises(
        ValueError, match=r"input 'film': x\[\d+, 0\] is no id .*input_"
    ):
        model.fit(x, YES, verbose=0)


def test_one_embedding_may_look_up_several_inputs():
    a, b = layers.Input((1,)), layers.Input((1,))
    shared = layers.Embedding(20, 3)
    out = layers.Flatten()(layers.Subtract()([shared(a), shared(b)]))
    model = models.Model([a, b], layers.Dense(1)(out))
    model.compile("sgd", "mse")
    before = shared.embeddings.copy()
    model.fit([IDS[:, :1] % 10, IDS[:, 1:2] % 10 + 10], YES, verbose=0)
    assert (shared.embeddings != before).any(axis=1).sum() > 15


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            VOCABULARY,
            r"x\[5, 3\] is no id that layer 'e.*' knows.*input_dim=301",
        ),
        (-1, r"x\[5, 3\] .* from 0 to 299. Count them from 0"),
        (1.5, r"x\[5, 3\] is no whole number"),
        (np.nan, r"x\[5, 3\] is no id"),
    ],
)
@pytest.mark.parametrize("use", ["fit", "predict", "call", "stream"])
def test_what_is_no_id_is_refused_before_anything_changes(wrong, words, use):
    model = bag_of_words()
    before = model.get_weights()
    x = IDS.astype("float32")
    x[5, 3] = wrong
    uses = {
        "fit": lambda: learn(model, x),
        "predict": lambda: model.predict(x, verbose=0),
        "call": lambda: model.layers[0](x),
        "stream": lambda: model.fit(((one, YES) for one in [x]), verbose=0),
    }
    with pytest.raises(ValueError, match=words):
        uses[use]()
    assert_same(model.get_weights(), before)


def test_ids_that_change_later_reach_no_memory_but_their_own(variant):
    model = bag_of_words()
    plan = model._network.pool_for((STEPS,)).plan
    x = np.full((4, STEPS), 1e30, np.float32)
    samples = Samples(4, (x,))
    found = np.zeros((4, 1), np.float32)
    space = make_workspace(plan, samples, 4, 1)
    kernels.run(plan, samples, space, PREDICT, 0, 1, None, (found,))
    assert np.isnan(found).all()


def test_a_mask_that_nobody_looks_at_makes_no_difference():
    found = []
    for mask_zero in (False, True):
        utils.set_random_seed(1)
        model = models.Sequential(
            [
                layers.Input((STEPS,)),
                layers.Embedding(9, 2, mask_zero=mask_zero),
                layers.Dense(3),
                layers.Flatten(),
                layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        model.fit(IDS % 9, YES, verbose=0, shuffle=False)
        found.append(model.get_weights())
    assert_same(*found)
    assert model.layers[0].get_config()["mask_zero"] is True


def test_what_would_look_at_a_mask_is_refused():
    with pytest.raises(ValueError, match=r"'embedding' .* mean of .*'global.*no masks"):
        learn(bag_of_words(layers.Dropout(0.1), mask_zero=True, name="embedding"))
    model = models.Sequential([layers.Embedding(9, 2, mask_zero=True), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(
        ValueError, match=r"mask_zero=True, so that the loss .*no masks"
    ):
        model.fit(IDS % 9, IDS, verbose=0)


def test_what_an_embedding_cannot_be_is_said():
    for settings, words in [
        ({"input_dim": 2**24 + 1}, "at most 16,777,216"),
        ({"weights": np.ones((2, 2))}, r"weights must have shape \(9, 2\)"),
        ({"output_dim": 0}, "`output_dim`, expected a positive integer"),
        ({"lora_rank": 3}, "lora_rank"),
    ]:
        with pytest.raises(ValueError, match=words):
            layers.Embedding(**{"input_dim": 9, "output_dim": 2, **settings})
