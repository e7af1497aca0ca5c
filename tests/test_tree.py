"""keras.tree: structures beside those of real Keras."""

from collections import namedtuple

import pytest

import fastmlp
from fastmlp import saving, tree

Pair = namedtuple("Pair", "x y")
STRUCTURES = [
    5,
    [],
    [1, (2, [3])],
    {"b": 1, "a": [2, 3]},
    Pair(1, {"z": 2}),
    ({"k": ()}, [None]),
]


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_what_is_flattened_is_packed_again(structure):
    flat = tree.flatten(structure)
    assert tree.pack_sequence_as(structure, flat) == structure
    assert type(tree.map_structure(str, structure)) is type(
        str(structure) if structure == 5 else structure
    )
    tree.assert_same_structure(structure, structure)


def test_structures_are_gone_through_together():
    found = tree.map_structure(lambda *them: sum(them), [1, (2,)], [3, (4,)], [5, (6,)])
    assert found == [9, (12,)]


@pytest.mark.parametrize(
    ("one", "other"), [([1], (1,)), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ([1], 1)]
)
def test_structures_that_differ_are_told_apart(one, other):
    with pytest.raises(ValueError, match="not alike"):
        tree.assert_same_structure(one, other)


@pytest.mark.parametrize("structure", [*STRUCTURES[:4], [1, {"b": {"y": 1, "x": 2}}]])
def test_the_order_is_that_of_keras(structure):
    keras = pytest.importorskip("keras")
    assert tree.flatten(structure) == keras.tree.flatten(structure)
    assert tree.is_nested(structure) == keras.tree.is_nested(structure)


# Other names at the top, and descriptions


def test_the_names_of_keras_3_are_at_the_top():
    for name, family in [
        ("Layer", "layers"),
        ("Loss", "losses"),
        ("Metric", "metrics"),
        ("Optimizer", "optimizers"),
        ("Initializer", "initializers"),
        ("Regularizer", "regularizers"),
    ]:
        assert getattr(fastmlp, name) is getattr(getattr(fastmlp, family), name)
    assert isinstance(fastmlp.Input((3,)), fastmlp.KerasTensor)
    assert fastmlp.version() == fastmlp.__version__


DESCRIBED = [
    fastmlp.layers.Dense(3, "relu", kernel_regularizer="l2"),
    fastmlp.losses.Huber(2.0),
    fastmlp.metrics.AUC(),
    fastmlp.optimizers.Adam(0.1),
    fastmlp.optimizers.schedules.CosineDecay(0.1, 10),
    fastmlp.regularizers.L2(0.1),
    fastmlp.constraints.MaxNorm(3),
    fastmlp.initializers.HeNormal(),
    fastmlp.Sequential([fastmlp.layers.Dense(2, input_shape=(3,))]),
]


@pytest.mark.parametrize("thing", DESCRIBED, ids=lambda thing: type(thing).__name__)
def test_what_is_described_is_made_again(thing):
    description = saving.serialize_keras_object(thing)
    again = saving.deserialize_keras_object(description)
    assert type(again) is type(thing)
    assert again.get_config() == thing.get_config()


def test_what_is_your_own_is_made_again_by_its_name():
    @saving.register_keras_serializable("mine")
    class Twice(fastmlp.layers.Layer):
        def call(self, x):
            return 2 * x

    description = saving.serialize_keras_object(Twice(name="two"))
    assert saving.deserialize_keras_object(description).name == "two"


def test_weights_are_saved_and_loaded_by_functions(tmp_path):
    pytest.importorskip("h5py")
    model, other = (
        fastmlp.Sequential([fastmlp.layers.Dense(2, input_shape=(3,))])
        for _ in range(2)
    )
    saving.save_weights(model, tmp_path / "m.weights.h5")
    saving.load_weights(other, tmp_path / "m.weights.h5")
    assert (model.get_weights()[0] == other.get_weights()[0]).all()
