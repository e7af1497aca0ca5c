"""The synthetic digits: MNIST's format, the seed's promises, and the pen."""

import numpy as np
import pytest

from fastmlp import kernels, reference
from fastmlp.datasets.synthetic_digits import DIGIT_SHARES, load_data


@pytest.fixture(scope="module")
def six_thousand():
    return load_data(seed=3, n_train=6000, n_test=6000)


def test_by_default_there_are_as_many_as_in_mnist():
    (x_train, y_train), (x_test, y_test) = load_data()
    assert x_train.shape == (60000, 28, 28)
    assert y_train.shape == (60000,)
    assert x_test.shape == (10000, 28, 28)
    assert y_test.shape == (10000,)
    assert {a.dtype.name for a in (x_train, y_train, x_test, y_test)} == {"uint8"}


def test_pixels_are_as_dark_as_those_of_mnist(six_thousand):
    for images, _ in six_thousand:
        assert 0.18 <= np.mean(images > 0) <= 0.20
        assert 31 <= np.mean(images) <= 35
        assert images.max() == 255


def test_every_image_shows_something_of_a_digits_size(six_thousand):
    for images, _ in six_thousand:
        tall = images.any(axis=2).sum(axis=1)
        wide = images.any(axis=1).sum(axis=1)
        larger = np.maximum(tall, wide)
        assert larger.min() >= 18
        assert larger.max() <= 24


def test_the_center_of_mass_is_in_the_middle_as_in_mnist(six_thousand):
    images = six_thousand[0][0].astype(float)
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        center = images.sum(axis=axis) @ np.arange(28) / mass
        # Ink that the move brings over the edge is lost; that is rare.
        assert np.mean(np.abs(center - 14) <= 0.5) > 0.999
        assert np.abs(center - 14).max() < 0.6


def test_each_digit_is_as_frequent_as_in_mnist(six_thousand):
    assert sum(DIGIT_SHARES) == pytest.approx(1)
    for _, labels in six_thousand:
        counts = np.bincount(labels, minlength=10)
        assert len(counts) == 10
        shares = np.array(DIGIT_SHARES)
        deviation = np.sqrt(len(labels) * shares * (1 - shares))
        assert np.all(np.abs(counts - len(labels) * shares) < 4 * deviation)


def test_the_images_of_a_digit_look_alike(six_thousand):
    (x_train, y_train), (x_test, y_test) = six_thousand
    means = np.stack([x_train[y_train == digit].mean(axis=0) for digit in range(10)])
    distances = ((x_test[:500, None] - means) ** 2).sum(axis=(2, 3))
    found = distances.argmin(axis=1)
    assert 0.6 < np.mean(found == y_test[:500]) < 0.95


def test_the_same_seed_gives_the_same_digits():
    first, again = (load_data(seed=5, n_train=50, n_test=20) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


# How dark each sixteenth of an image is, row by row.
DIGITS_OF_SEED_3 = {
    1: [0, 33, 0, 0, 0, 82, 13, 0, 0, 9, 84, 0, 0, 0, 45, 0],
    2: [0, 27, 67, 0, 0, 52, 82, 0, 0, 61, 62, 1, 0, 67, 47, 4],
    7: [0, 5, 3, 0, 0, 76, 120, 16, 0, 32, 66, 0, 0, 76, 0, 0],
    3: [0, 0, 0, 0, 0, 33, 110, 42, 50, 88, 121, 4, 0, 0, 0, 0],
}


def test_a_seed_gives_the_digits_that_it_always_gave():
    (images, labels), _ = load_data(seed=3, n_train=4, n_test=0)
    assert labels.tolist() == list(DIGITS_OF_SEED_3)
    found = images.reshape(4, 4, 7, 4, 7).mean(axis=(2, 4)).reshape(4, 16)
    np.testing.assert_allclose(found, list(DIGITS_OF_SEED_3.values()), atol=0.6)


def test_another_seed_gives_other_digits():
    (first, _), _ = load_data(seed=0, n_train=50, n_test=0)
    (other, _), _ = load_data(seed=1, n_train=50, n_test=0)
    assert np.all(np.any(first != other, axis=(1, 2)))


def test_no_image_occurs_twice(six_thousand):
    images = np.concatenate([images for images, _ in six_thousand])
    assert len({image.tobytes() for image in images}) == len(images)


def test_the_first_images_do_not_depend_on_how_many_are_asked_for(six_thousand):
    # 2,048 images are made at a time: 2,500 end in the middle of a second chunk.
    fewer = load_data(seed=3, n_train=2500, n_test=100)
    for (few_x, few_y), (many_x, many_y) in zip(fewer, six_thousand, strict=True):
        np.testing.assert_array_equal(few_x, many_x[: len(few_x)])
        np.testing.assert_array_equal(few_y, many_y[: len(few_y)])


def test_none_may_be_asked_for():
    (x_train, y_train), (x_test, y_test) = load_data(n_train=0, n_test=0)
    assert x_train.shape == x_test.shape == (0, 28, 28)
    assert y_train.shape == y_test.shape == (0,)


def test_whole_numbers_of_any_kind_are_seeds():
    (small, _), _ = load_data(seed=7, n_train=5, n_test=0)
    (same, _), _ = load_data(seed=np.int64(7), n_train=np.uint8(5), n_test=0)
    np.testing.assert_array_equal(small, same)
    (huge, _), _ = load_data(seed=2**100 + 7, n_train=5, n_test=0)
    assert np.any(huge != small)


def test_numpys_random_state_is_left_alone():
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    load_data(n_train=10, n_test=10)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert str(before) == str(after)


@pytest.mark.parametrize("name", ["seed", "n_train", "n_test"])
@pytest.mark.parametrize("value", [1.0, "3", None, True, np.bool_(True), [1]])
def test_what_is_no_whole_number_is_named(name, value):
    with pytest.raises(TypeError, match=f"{name} must be a whole number, not ."):
        load_data(**{name: value})


@pytest.mark.parametrize("name", ["seed", "n_train", "n_test"])
def test_a_negative_number_is_named(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 0, not -2"):
        load_data(**{name: -2})


@pytest.mark.parametrize("n", [0, 1, 127, 128, 300])
@pytest.mark.parametrize("p", [1, 2, 96])
def test_kernel_and_reference_draw_the_same_bytes(n, p):
    rng = np.random.default_rng([n, p])
    # Some points lie outside the paper, and pens are as wild as they may be.
    points = rng.integers(-8 * 256, 36 * 256, (n, p, 2)).astype(np.int16)
    outer = rng.integers(1, 2**20 + 1, n)
    gain = rng.integers(0, (2**31 - 1) // outer + 1)
    pens = np.stack([outer, gain], axis=1).astype(np.int32)
    # Filled with a pattern, so that a pixel that is not written shows.
    drawn = np.full((n, 28, 28), 77, np.uint8)
    kernels.draw_digits(points, pens, out=drawn)
    np.testing.assert_array_equal(drawn, reference.draw_digits(points, pens))


# A pen that reaches 4 pixels and is 16 shades darker for each square pixel less.
SOFT_PEN = np.array([[16 * 2**16, 16]], np.int32)


@pytest.mark.parametrize("module", [kernels, reference])
def test_ink_fades_with_the_square_of_the_distance(module):
    points = np.array([[[14 * 256, 14 * 256]]], np.int16)
    y, x = np.indices((28, 28)) - 14
    expected = np.minimum(255, np.maximum(0, 16 - x**2 - y**2) * 16)
    np.testing.assert_array_equal(module.draw_digits(points, SOFT_PEN)[0], expected)


@pytest.mark.parametrize("module", [kernels, reference])
@pytest.mark.parametrize("x", [-5, 4, 23, 40])
@pytest.mark.parametrize("y", [-5, 4, 23, 40])
def test_the_ink_is_moved_to_the_middle_by_whole_pixels(module, x, y):
    # Off the paper counts as on its edge, where a part of the ink is cut off.
    points = np.array([[[x * 256 + 100, y * 256 - 70]]], np.int16)
    image = module.draw_digits(points, SOFT_PEN)[0].astype(int)
    for axis in (0, 1):
        center = image.sum(axis=axis) @ np.arange(28) / image.sum()
        assert abs(center - 14) <= 0.5


@pytest.mark.parametrize("module", [kernels, reference])
def test_a_pen_without_ink_leaves_the_paper_blank(module):
    points = np.zeros((1, 1, 2), np.int16)
    dry = np.array([[16 * 2**16, 0]], np.int32)
    assert not module.draw_digits(points, dry).any()


@pytest.mark.parametrize(
    ("points", "pens", "message"),
    [
        (
            np.zeros((2, 5), np.int16),
            np.zeros((2, 2), np.int32),
            "points must be int16",
        ),
        (np.zeros((2, 5, 2), np.int16), np.zeros((2, 2)), "pens must be int32"),
    ],
)
def test_points_and_pens_have_their_shapes_and_types(points, pens, message):
    with pytest.raises(ValueError, match=message):
        kernels.draw_digits(points, pens)
