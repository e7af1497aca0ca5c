import json
import math

import numpy as np
import pytest

from fastmlp import initializers
from fastmlp.utils import set_random_seed

NAMES = {
    "constant": "Constant",
    "glorot_normal": "GlorotNormal",
    "glorot_uniform": "GlorotUniform",
    "he_normal": "HeNormal",
    "he_uniform": "HeUniform",
    "identity": "Identity",
    "lecun_normal": "LecunNormal",
    "lecun_uniform": "LecunUniform",
    "ones": "Ones",
    "orthogonal": "Orthogonal",
    "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform",
    "truncated_normal": "TruncatedNormal",
    "variance_scaling": "VarianceScaling",
    "zeros": "Zeros",
}
RANDOM = [
    initializers.GlorotNormal,
    initializers.GlorotUniform,
    initializers.HeNormal,
    initializers.HeUniform,
    initializers.LecunNormal,
    initializers.LecunUniform,
    initializers.Orthogonal,
    initializers.RandomNormal,
    initializers.RandomUniform,
    initializers.TruncatedNormal,
    initializers.VarianceScaling,
]


@pytest.mark.parametrize(("snake", "camel"), NAMES.items())
def test_both_spellings_name_the_same_class(snake, camel):
    expected = getattr(initializers, camel)
    assert type(initializers.get(snake)) is expected
    assert type(initializers.get(camel)) is expected
    assert getattr(initializers, snake) is expected


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("normal", "RandomNormal"),
        ("uniform", "RandomUniform"),
        ("one", "Ones"),
        ("zero", "Zeros"),
        ("IdentityInitializer", "Identity"),
        ("OrthogonalInitializer", "Orthogonal"),
    ],
)
def test_the_older_names_of_keras_are_known(alias, name):
    assert type(initializers.get(alias)) is getattr(initializers, name)


@pytest.mark.parametrize("name", NAMES)
def test_every_initializer_returns_float32_of_the_shape(name):
    values = initializers.get(name)((4, 3))
    assert values.shape == (4, 3)
    assert values.dtype == np.float32
    assert initializers.get(name)((4, 3), dtype="float64").dtype == np.float64


@pytest.mark.parametrize("name", NAMES)
def test_every_initializer_comes_back_from_its_config(name):
    made = initializers.get(name)
    config = json.loads(json.dumps(made.get_config()))
    again = type(made).from_config(config)
    assert again.get_config() == made.get_config()
    from_dict = initializers.get({"class_name": NAMES[name], "config": config})
    assert type(from_dict) is type(made)


def test_a_config_keeps_the_settings():
    made = initializers.VarianceScaling(0.5, "fan_out", "uniform", seed=7)
    assert made.get_config() == {
        "scale": 0.5,
        "mode": "fan_out",
        "distribution": "uniform",
        "seed": 7,
        "input_axes": None,
        "output_axes": None,
    }
    again = initializers.get(
        {"class_name": "VarianceScaling", "config": made.get_config()}
    )
    np.testing.assert_array_equal(again((3, 4)), made((3, 4)))


@pytest.mark.parametrize("kind", RANDOM)
def test_a_seeded_initializer_repeats_its_values(kind):
    made = kind(seed=1337)
    first = made((5, 4))
    np.testing.assert_array_equal(made((5, 4)), first)
    np.testing.assert_array_equal(kind(seed=1337)((5, 4)), first)
    assert not np.array_equal(kind(seed=1338)((5, 4)), first)


@pytest.mark.parametrize("kind", RANDOM)
def test_an_initializer_without_a_seed_follows_the_library(kind):
    set_random_seed(3)
    first, second = kind()((5, 4)), kind()((5, 4))
    set_random_seed(3)
    np.testing.assert_array_equal(kind()((5, 4)), first)
    assert not np.array_equal(first, second)


def test_numpys_own_random_state_stays_where_it_is():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    for kind in RANDOM:
        kind()((3, 3))
        kind(seed=1)((3, 3))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("glorot_uniform", math.sqrt(6 / (784 + 128))),
        ("he_uniform", math.sqrt(6 / 784)),
        ("lecun_uniform", math.sqrt(3 / 784)),
        ("random_uniform", 0.05),
    ],
)
def test_uniform_values_fill_their_interval(name, limit):
    set_random_seed(0)
    values = initializers.get(name)((784, 128))
    assert np.abs(values).max() <= np.float32(limit)
    assert np.abs(values).max() > 0.999 * limit
    # 100,352 draws: six standard errors of the mean and of the standard deviation
    assert abs(values.mean()) < 0.011 * limit
    assert values.std() == pytest.approx(limit / math.sqrt(3), rel=0.01)


@pytest.mark.parametrize(
    ("name", "stddev"),
    [
        ("glorot_normal", math.sqrt(2 / (784 + 128))),
        ("he_normal", math.sqrt(2 / 784)),
        ("lecun_normal", math.sqrt(1 / 784)),
        ("variance_scaling", math.sqrt(1 / 784)),
    ],
)
def test_scaled_normals_keep_their_deviation_after_the_cut(name, stddev):
    set_random_seed(0)
    values = initializers.get(name)((784, 128))
    cut = 2 * stddev / 0.87962566103423978
    assert values.std() == pytest.approx(stddev, rel=0.02)
    assert abs(values.mean()) < 0.02 * stddev
    assert np.abs(values).max() <= np.float32(cut)
    assert np.abs(values).max() > 0.99 * cut


def test_a_truncated_normal_is_cut_at_two_deviations():
    values = initializers.TruncatedNormal(mean=1.0, stddev=0.5, seed=0)((300, 300))
    assert values.min() >= 0.0
    assert values.max() <= 2.0
    assert values.mean() == pytest.approx(1.0, abs=0.01)
    assert values.std() == pytest.approx(0.5 * 0.87962566, rel=0.02)


def test_a_random_normal_is_not_cut():
    values = initializers.RandomNormal(mean=1.0, stddev=0.5, seed=0)((300, 300))
    assert values.mean() == pytest.approx(1.0, abs=0.01)
    assert values.std() == pytest.approx(0.5, rel=0.02)
    assert values.max() > 2.5


def test_constant_values():
    np.testing.assert_array_equal(initializers.Zeros()((2, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(initializers.Ones()((2, 3)), np.ones((2, 3)))
    np.testing.assert_array_equal(
        initializers.Constant(2.5)((2, 3)), np.full((2, 3), 2.5)
    )
    np.testing.assert_array_equal(
        initializers.Identity(gain=3.0)((2, 3)), [[3, 0, 0], [0, 3, 0]]
    )


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_an_orthogonal_matrix_has_orthonormal_columns_or_rows(shape):
    q = initializers.Orthogonal(gain=2.0, seed=3)(shape) / 2.0
    gram = q.T @ q if shape[0] >= shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-6)


def test_an_orthogonal_matrix_may_turn_either_way():
    signs = {initializers.Orthogonal(seed=seed)((1, 1)).item() for seed in range(20)}
    assert signs == {-1.0, 1.0}


def test_orthogonal_takes_more_dimensions_as_a_matrix():
    q = initializers.Orthogonal(seed=3)((2, 3, 4)).reshape(6, 4)
    np.testing.assert_allclose(q.T @ q, np.eye(4), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "axes", "fans"),
    [
        ((), (None, None), (1, 1)),
        ((7,), (None, None), (7, 7)),
        ((784, 128), (None, None), (784, 128)),
        ((3, 5, 2, 4), (None, None), (30, 60)),
        ((3, 5, 2), ([0, 1], [2]), (15, 2)),
    ],
)
def test_fans_are_those_of_keras(shape, axes, fans):
    assert initializers.compute_fans(shape, *axes) == fans


def test_the_axes_change_the_scale():
    wide = initializers.LecunUniform(seed=1, input_axes=[1], output_axes=[0])
    plain = initializers.LecunUniform(seed=1)
    np.testing.assert_allclose(wide((25, 100)) * 2.0, plain((25, 100)), rtol=1e-6)


def test_an_empty_shape_gives_a_single_number():
    for name in NAMES:
        if name not in ("identity", "orthogonal"):
            assert initializers.get(name)(()).shape == ()


def test_get_returns_none_objects_and_functions_as_they_are():
    made = initializers.HeNormal()

    def ramp(shape, dtype=None):
        return np.arange(math.prod(shape)).reshape(shape)

    assert initializers.get(None) is None
    assert initializers.get(made) is made
    assert initializers.get(ramp) is ramp
    assert type(initializers.get(initializers.HeNormal)) is initializers.HeNormal


def test_a_misspelled_name_gets_a_suggestion():
    with pytest.raises(ValueError, match="Did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")
    with pytest.raises(ValueError, match="initializer identifier: 'foo'"):
        initializers.get("foo")


def test_a_thing_that_is_no_initializer_is_named_by_its_type():
    with pytest.raises(TypeError, match="this one is of type int"):
        initializers.get(3)
    with pytest.raises(ValueError, match="needs the keys 'class_name' and 'config'"):
        initializers.get({"name": "zeros"})


@pytest.mark.parametrize("seed", ["abc", 1.5, [1, 2]])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(TypeError, match="seed must be a whole number"):
        initializers.GlorotUniform(seed=seed)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed must be at least 0, not -1"):
        initializers.GlorotUniform(seed=-1)


def test_a_seed_may_be_a_numpy_integer():
    made = initializers.GlorotUniform(seed=np.int64(5))
    np.testing.assert_array_equal(
        made((2, 2)), initializers.GlorotUniform(seed=5)((2, 2))
    )
    assert json.dumps(made.get_config())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": 0.0}, "scale must be positive, not 0"),
        ({"scale": -1.0}, "scale must be positive, not -1"),
        ({"scale": math.nan}, "scale must be finite, not nan"),
        ({"mode": "fan_up"}, "mode must be one of fan_in, fan_out, fan_avg"),
        ({"distribution": "beta"}, "distribution must be one of uniform"),
    ],
)
def test_bad_settings_of_variance_scaling_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        initializers.VarianceScaling(**settings)


def test_normal_is_another_word_for_truncated_normal():
    made = initializers.VarianceScaling(distribution="normal")
    assert made.distribution == "truncated_normal"


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2)])
def test_an_identity_needs_two_dimensions(shape):
    with pytest.raises(ValueError, match="two dimensions"):
        initializers.Identity()(shape)


def test_an_orthogonal_matrix_needs_two_dimensions():
    with pytest.raises(ValueError, match="at least two dimensions, but it is"):
        initializers.Orthogonal()((3,))


def test_a_subclass_without_call_says_what_is_missing():
    class Nothing(initializers.Initializer):
        pass

    with pytest.raises(NotImplementedError, match="Nothing must define __call__"):
        Nothing()((2, 2))


def test_constant_takes_an_array_that_fits():
    found = initializers.Constant(np.log([0.5, 2.0]))((3, 2))
    np.testing.assert_array_equal(found, np.log([[0.5, 2.0]] * 3).astype(np.float32))
    assert initializers.Constant(np.array([2.0]))((2,)).tolist() == [2, 2]
    assert initializers.Constant(np.array([2.0])).get_config() == {"value": [2.0]}


def test_constant_refuses_an_array_that_does_not_fit():
    with pytest.raises(ValueError, match=r"shape \(3,\), which does not fit .* \(2,\)"):
        initializers.Constant([1, 2, 3])((2,))
