"""keras.random: distributions, shapes, dtypes and seeds."""

import numpy as np
import pytest

from fastmlp import initializers, layers, ops, random, utils

N = 20000
# How each is drawn, its mean and its variance.
DRAWS = {
    "normal": (lambda **o: random.normal((N,), 2, 3, **o), 2, 9),
    "truncated_normal": (lambda **o: random.truncated_normal((N,), 1, **o), 1, 0.774),
    "uniform": (lambda **o: random.uniform((N,), -1, 3, **o), 1, 16 / 12),
    "randint": (lambda **o: random.randint((N,), 0, 3, **o), 1, 2 / 3),
    "gamma": (lambda **o: random.gamma((N,), 3, **o), 3, 3),
    "beta": (lambda **o: random.beta((N,), 2, 2, **o), 0.5, 0.05),
    "binomial": (lambda **o: random.binomial((N,), 10, 0.3, **o), 3, 2.1),
}


@pytest.mark.parametrize("name", DRAWS)
def test_mean_and_variance_are_those_of_the_distribution(name):
    draw, mean, variance = DRAWS[name]
    drawn = draw(seed=1)
    assert drawn.dtype == (np.int32 if name == "randint" else np.float32)
    assert drawn.mean() == pytest.approx(mean, abs=5 * (variance / N) ** 0.5)
    assert drawn.var() == pytest.approx(variance, rel=0.06)
    assert draw(seed=1, dtype="float64").dtype == np.float64


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_repeats_and_a_generator_of_seeds_goes_on(name):
    draw, *_ = DRAWS[name]
    np.testing.assert_array_equal(draw(seed=3), draw(seed=3))
    assert (draw(seed=3) != draw(seed=4)).any()
    seeds, same = random.SeedGenerator(5), random.SeedGenerator(5)
    first, second = draw(seed=seeds), draw(seed=seeds)
    assert (first != second).any()
    np.testing.assert_array_equal(first, draw(seed=same))
    np.testing.assert_array_equal(second, draw(seed=same))


def test_without_a_seed_the_seed_of_the_process_counts():
    utils.set_random_seed(1)
    first = random.normal((4,)), random.SeedGenerator().state
    utils.set_random_seed(1)
    again = random.normal((4,)), random.SeedGenerator().state
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]


def test_a_generator_of_seeds_is_made_again_from_its_description():
    seeds = random.SeedGenerator(5, name="mine")
    seeds.next()
    again = random.SeedGenerator.from_config(seeds.get_config())
    assert (again.name, again.state) == ("mine", [5, 0])


def test_classes_are_drawn_with_their_probabilities():
    shares = np.array([[0.1, 0.2, 0.7], [1.0, 1e-30, 1e-30]])
    drawn = random.categorical(np.log(shares), N, seed=1)
    assert drawn.shape == (2, N)
    found = np.bincount(drawn[0], minlength=3) / N
    np.testing.assert_allclose(found, shares[0], atol=0.02)
    assert not drawn[1].any()


def test_dropout_keeps_the_mean_and_shares_what_it_is_told_to():
    x = np.ones((200, 100), np.float32)
    dropped = random.dropout(x, 0.25, seed=1)
    assert set(np.unique(dropped)) == {0, np.float32(1 / 0.75)}
    assert dropped.mean() == pytest.approx(1, abs=0.02)
    rows = random.dropout(x, 0.5, (None, 1), seed=1)
    assert (rows == rows[:, :1]).all()
    np.testing.assert_array_equal(random.dropout(x, 0.0), x)


def test_dropout_in_an_equation_has_its_own_gradient():
    x = np.ones((5, 4), np.float32)
    dx = ops.gradient(lambda x: ops.sum(random.dropout(x, 0.5, seed=2)), x)
    np.testing.assert_array_equal(dx, random.dropout(x, 0.5, seed=2))


def test_a_shuffle_keeps_rows_or_columns_together():
    x = np.arange(20).reshape(5, 4)
    rows = random.shuffle(x, seed=1)
    assert sorted(rows[:, 0]) == sorted(x[:, 0])
    assert (rows - rows[:, :1] == np.arange(4)).all()
    columns = random.shuffle(x, axis=1, seed=1)
    assert sorted(columns[0]) == [0, 1, 2, 3]


def test_truncated_values_are_those_of_the_initializer():
    drawn = random.truncated_normal((3, 2), stddev=0.05, seed=7)
    initializer = initializers.TruncatedNormal(seed=7)
    assert abs(drawn).max() <= 0.1
    assert initializer((3, 2)).shape == drawn.shape


def test_a_layer_of_ones_own_may_draw():
    class Noise(layers.Layer):
        def __init__(self, **common):
            super().__init__(**common)
            self.seeds = random.SeedGenerator(1)

        def call(self, x, training=False):
            return x + random.normal(x.shape, seed=self.seeds) if training else x

    noise = Noise()
    x = np.zeros((2, 3), np.float32)
    assert (noise(x, training=True) != noise(x, training=True)).any()
    assert not np.any(noise(x))
