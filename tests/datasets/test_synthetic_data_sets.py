"""Data sets that are drawn: the shapes of the real ones, and something to learn."""

import hashlib

import numpy as np
import pytest

import fastmlp
from fastmlp import datasets, kernels, layers

# Drawn in small: what to ask for, the shapes of what comes, and its dtypes.
SMALL = {
    "fashion_mnist": (
        {"n_train": 1500, "n_test": 500},
        [(1500, 28, 28), (1500,), (500, 28, 28), (500,)],
        ["uint8"] * 4,
    ),
    "cifar10": (
        {"n_train": 1500, "n_test": 500},
        [(1500, 32, 32, 3), (1500, 1), (500, 32, 32, 3), (500, 1)],
        ["uint8"] * 4,
    ),
    "cifar100": (
        {"n_train": 1500, "n_test": 500},
        [(1500, 32, 32, 3), (1500, 1), (500, 32, 32, 3), (500, 1)],
        ["uint8", "int64"] * 2,
    ),
    "imdb": (
        {"num_words": 2000, "n_train": 1500, "n_test": 500},
        [(1500,), (1500,), (500,), (500,)],
        ["object", "int64"] * 2,
    ),
    "reuters": (
        {"num_words": 2000, "n": 2000, "test_split": 0.25},
        [(1500,), (1500,), (500,), (500,)],
        ["object", "int64"] * 2,
    ),
    "boston_housing": ({}, [(404, 13), (404,), (102, 13), (102,)], ["float64"] * 4),
    "california_housing": (
        {"version": "small"},
        [(480, 8), (480,), (120, 8), (120,)],
        ["float32"] * 4,
    ),
}


def load(name, **arguments):
    chosen = {**SMALL[name][0], **arguments}
    train, test = getattr(datasets, f"synthetic_{name}").load_data(**chosen)
    return [*train, *test]


def content(arrays):
    digest = hashlib.sha256()
    for array in arrays:
        if array.dtype == object:
            array = np.concatenate([*array, [0]])
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("name", SMALL)
def test_shapes_and_dtypes_are_those_of_the_real_one(name):
    _, shapes, dtypes = SMALL[name]
    arrays = load(name)
    assert [array.shape for array in arrays] == shapes
    assert [str(array.dtype) for array in arrays] == dtypes
    if arrays[0].dtype == object:
        assert type(arrays[0][0]) is list


@pytest.mark.parametrize("name", SMALL)
def test_a_seed_gives_the_same_data_and_another_seed_others(name):
    assert content(load(name, seed=3)) == content(load(name, seed=3))
    assert content(load(name, seed=3)) != content(load(name, seed=4))


@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10", "imdb"])
def test_the_first_do_not_depend_on_how_many_are_asked_for(name):
    few, many = (load(name, n_train=n, n_test=n // 2) for n in (30, 1200))
    assert content([few[0]]) == content([many[0][:30]])
    assert content([few[1]]) == content([many[1][:30]])
    assert content([few[2]]) != content([many[0][:15]])


@pytest.mark.parametrize("name", SMALL)
def test_it_says_that_it_is_drawn(name):
    module = getattr(datasets, f"synthetic_{name}")
    assert "drawn by the package itself" in module.__doc__
    assert "not results on" in " ".join(module.__doc__.split())


# What is there to learn does not depend on who learns it, and NumPy takes minutes.
compiled = pytest.mark.skipif(kernels.backend == "numpy", reason="it takes minutes")


@compiled
@pytest.mark.parametrize(
    ("name", "chance", "classes"),
    [
        ("fashion_mnist", 0.1, 10),
        ("cifar10", 0.1, 10),
        ("imdb", 0.5, 1),
        ("reuters", 0.22, 46),
    ],
)
def test_a_network_learns_more_than_chance_and_then_by_heart(name, chance, classes):
    x_train, y_train, x_test, y_test = load(name)
    x_train, x_test = (as_numbers(x) for x in (x_train, x_test))
    fastmlp.utils.set_random_seed(0)
    last = layers.Dense(classes, "sigmoid" if classes == 1 else "softmax")
    model = fastmlp.Sequential([layers.Dense(64, "relu"), last])
    loss = "binary" if classes == 1 else "sparse_categorical"
    model.compile("adam", f"{loss}_crossentropy", metrics=["accuracy"])
    history = model.fit(x_train, y_train, 64, epochs=20, verbose=0).history
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    assert chance + 0.1 < accuracy < 0.97
    assert history["accuracy"][-1] > accuracy + 0.02


@compiled
@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_a_network_explains_prices_better_than_a_line(name):
    x_train, y_train, x_test, y_test = load(name)
    mean, spread = x_train.mean(axis=0), x_train.std(axis=0)
    x_train, x_test = (x_train - mean) / spread, (x_test - mean) / spread
    y_test = (y_test - y_train.mean()) / y_train.std()
    y_train = (y_train - y_train.mean()) / y_train.std()
    line = np.linalg.lstsq(np.c_[x_train, np.ones(len(x_train))], y_train, rcond=None)
    of_line = np.c_[x_test, np.ones(len(x_test))] @ line[0]
    fastmlp.utils.set_random_seed(0)
    model = fastmlp.Sequential([layers.Dense(32, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x_train, y_train, epochs=60, batch_size=16, verbose=0)
    error = model.evaluate(x_test, y_test, verbose=0)
    assert 0.05 < error < np.mean((of_line - y_test) ** 2) < np.var(y_test)


def test_words_that_are_made_up_are_as_many_as_the_real_ones():
    for module, count in (
        (datasets.synthetic_imdb, 88584),
        (datasets.synthetic_reuters, 30980),
    ):
        index = module.get_word_index()
        assert list(index.values()) == list(range(1, count + 1))
    assert len(datasets.synthetic_reuters.get_label_names()) == 46


def as_numbers(x):
    """Return pictures as rows from 0 to 1, and texts as bags of words."""
    if x.dtype != object:
        return (x.reshape(len(x), -1) / 255).astype(np.float32)
    bags = np.zeros((len(x), 2000), np.float32)
    for bag, text in zip(bags, x, strict=True):
        bag[text] = 1
    return bags
