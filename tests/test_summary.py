import copy
import io
import sys
from typing import NamedTuple

import pytest

from fastmlp import backend, layers, models
from fastmlp._model.summary import render_summary


class Layer:
    """What a summary asks of a layer."""

    counted_at_once = False

    def __init__(self, name, outputs=None, params=0, trainable=True):
        self.name = name
        self.built = outputs is not None
        self.output_shape = (None, outputs) if self.built else None
        self.params = params
        self.trainable = trainable

    def count_params(self):
        return self.params

    def _noted(self):
        return []


class Dense(Layer):
    pass


class Activation(Layer):
    pass


class Weights(NamedTuple):
    """What a summary asks of the weights of a layer."""

    size: int


class Model:
    """What a summary asks of a model."""

    graph = None

    def __init__(self, *layers, name="sequential"):
        self.layers = list(layers)
        self.name = name
        self.weights = [Weights(layer.params) for layer in layers]
        self.trainable_weights = [
            Weights(layer.params) for layer in layers if layer.trainable
        ]


def seed_network(trainable=True):
    return Model(
        Dense("dense", 128, 100_480, trainable), Dense("dense_1", 10, 1_290, trainable)
    )


@pytest.fixture(autouse=True)
def wide_window(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


# The tables below were printed by Keras 3.15.1.

AT_88 = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ dense (Dense)                        │ (None, 128)                 │         100,480 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dense_1 (Dense)                      │ (None, 10)                  │           1,290 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 101,770 (397.54 KB)
 Trainable params: 101,770 (397.54 KB)
 Non-trainable params: 0 (0.00 B)
"""

AT_40 = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃                 ┃ Output     ┃ Param ┃
┃ Layer (type)    ┃ Shape      ┃     # ┃
┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ dense (Dense)   │ (None,     │ 100,… │
│                 │ 128)       │       │
├─────────────────┼────────────┼───────┤
│ dense_1 (Dense) │ (None, 10) │ 1,290 │
└─────────────────┴────────────┴───────┘
 Total params: 101,770 (397.54 KB)
 Trainable params: 101,770 (397.54 KB)
 Non-trainable params: 0 (0.00 B)
"""

FROZEN_FIRST_LAYER = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ dense (Dense)               │ (None, 128)           │    100,480 │   N   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ activation (Activation)     │ (None, 128)           │          0 │   -   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dense_1 (Dense)             │ (None, 10)            │      1,290 │   Y   │
└─────────────────────────────┴───────────────────────┴────────────┴───────┘
 Total params: 101,770 (397.54 KB)
 Trainable params: 1,290 (5.04 KB)
 Non-trainable params: 100,480 (392.50 KB)
"""

LONG_NAMES = """\
Model: "sequential_2"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ a_very_long_layer_name_that_do… │ (None, 16)             │           336 │
│ (Dense)                         │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ hidden layer with spaces in its │ (None, 1600000)        │    27,200,000 │
│ long name here and there        │                        │               │
│ (Dense)                         │                        │               │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 27,200,336 (103.76 MB)
 Trainable params: 27,200,336 (103.76 MB)
 Non-trainable params: 0 (0.00 B)
"""

UNBUILT = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ ?                      │   0 (unbuilt) │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)
"""

EMPTY = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)
"""


EVERY_LAYER = """\
Model: "every"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ rescaling (Rescaling)       │ (None, 2, 3)          │          0 │   -   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ flatten (Flatten)           │ (None, 6)             │          0 │   -   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ normalization               │ (None, 6)             │         13 │   Y   │
│ (Normalization)             │                       │            │       │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dense (Dense)               │ (None, 5)             │         35 │   N   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ batch (BatchNormalization)  │ (None, 5)             │         20 │   Y   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ relu (ReLU)                 │ (None, 5)             │          0 │   -   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dropout (Dropout)           │ (None, 5)             │          0 │   -   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ outputs (Dense)             │ (None, 3)             │         18 │   Y   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ softmax (Softmax)           │ (None, 3)             │          0 │   -   │
└─────────────────────────────┴───────────────────────┴────────────┴───────┘
 Total params: 86 (344.00 B)
 Trainable params: 28 (112.00 B)
 Non-trainable params: 58 (232.00 B)
"""

EVERY_LAYER_UNBUILT = """\
Model: "unbuilt"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┓
┃ Layer (type)              ┃ Output Shape        ┃    Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━┩
│ rescaling (Rescaling)     │ ?                   │          0 │
│                           │                     │  (unbuilt) │
├───────────────────────────┼─────────────────────┼────────────┤
│ flatten (Flatten)         │ ?                   │          0 │
│                           │                     │  (unbuilt) │
├───────────────────────────┼─────────────────────┼────────────┤
│ normalization             │ ?                   │          0 │
│ (Normalization)           │                     │  (unbuilt) │
├───────────────────────────┼─────────────────────┼────────────┤
│ dense (Dense)             │ ?                   │          0 │
│                           │                     │  (unbuilt) │
├───────────────────────────┼─────────────────────┼────────────┤
│ batch                     │ ?                   │          0 │
│ (BatchNormalization)      │                     │  (unbuilt) │
├───────────────────────────┼─────────────────────┼────────────┤
│ relu (ReLU)               │ ?                   │          0 │
├───────────────────────────┼─────────────────────┼────────────┤
│ dropout (Dropout)         │ ?                   │          0 │
├───────────────────────────┼─────────────────────┼────────────┤
│ outputs (Dense)           │ ?                   │          0 │
│                           │                     │  (unbuilt) │
├───────────────────────────┼─────────────────────┼────────────┤
│ softmax (Softmax)         │ ?                   │          0 │
└───────────────────────────┴─────────────────────┴────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)
"""


def every_layer():
    return [
        layers.Rescaling(0.5, name="rescaling"),
        layers.Flatten(name="flatten"),
        layers.Normalization(name="normalization"),
        layers.Dense(5, name="dense", trainable=False),
        layers.BatchNormalization(name="batch"),
        layers.ReLU(name="relu"),
        layers.Dropout(0.5, name="dropout"),
        layers.Dense(3, name="outputs"),
        layers.Softmax(name="softmax"),
    ]


def test_what_no_layer_learns_is_counted_apart():
    model = models.Sequential([layers.Input((2, 3)), *every_layer()], name="every")
    text = render_summary(model, line_length=76, show_trainable=True)
    assert text == EVERY_LAYER


def test_layers_that_apply_a_function_are_ready_before_they_are_built():
    model = models.Sequential(every_layer(), name="unbuilt")
    assert render_summary(model, line_length=64) == EVERY_LAYER_UNBUILT


def test_training_adds_no_parameters():
    model = models.Sequential([layers.Input((2,)), layers.Dense(3)])
    model.compile("adam", "mse")
    before = render_summary(model)
    model.fit([[1.0, 2.0]], [[1.0, 2.0, 3.0]], verbose=0)
    assert render_summary(model) == before


def test_a_frozen_model_learns_nothing_though_a_layer_would():
    model = models.Sequential([layers.Input((2,)), layers.Dense(3, name="free")])
    model.trainable = False
    model.layers[0].trainable = True
    text = render_summary(model, 76, show_trainable=True)
    assert " Trainable params: 0 (0.00 B)\n" in text
    assert " Non-trainable params: 9 (36.00 B)\n" in text
    assert "│   Y   │" in text


def test_the_table_of_a_real_model_is_keras_table():
    network = models.Sequential(name="sequential")
    network.add(layers.Dense(128, activation="relu", input_shape=(784,), name="dense"))
    network.add(layers.Dense(10, activation="softmax", name="dense_1"))
    assert render_summary(network) == AT_88


@pytest.mark.parametrize(
    ("model", "settings", "expected"),
    [
        (seed_network(), {}, AT_88),
        (seed_network(), {"line_length": 40}, AT_40),
        (
            Model(
                Dense("dense", 128, 100_480, trainable=False),
                Activation("activation", 128),
                Dense("dense_1", 10, 1_290),
            ),
            {"line_length": 76, "show_trainable": True},
            FROZEN_FIRST_LAYER,
        ),
        (
            Model(
                Dense("a_very_long_layer_name_that_does_not_fit_its_column", 16, 336),
                Dense(
                    "hidden layer with spaces in its long name here and there",
                    1_600_000,
                    27_200_000,
                ),
                name="sequential_2",
            ),
            {"line_length": 76},
            LONG_NAMES,
        ),
        (Model(Dense("dense")), {"line_length": 76}, UNBUILT),
        (Model(), {"line_length": 76}, EMPTY),
    ],
)
def test_a_summary_is_keras_summary(model, settings, expected):
    assert render_summary(model, **settings) == expected


WIDE_AND_DEEP = """\
Model: "outer"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ deep (InputLayer)   │ (None, 5)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense (Dense)       │ (None, 8)         │         48 │ deep[0][0]        │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ wide (InputLayer)   │ (None, 3)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_1 (Dense)     │ (None, 8)         │         72 │ dense[0][0]       │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ concatenate         │ (None, 11)        │          0 │ wide[0][0],       │
│ (Concatenate)       │                   │            │ dense_1[0][0]     │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_2 (Dense)     │ (None, 1)         │         12 │ concatenate[0][0] │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 132 (528.00 B)
 Trainable params: 132 (528.00 B)
 Non-trainable params: 0 (0.00 B)
"""

SIAMESE = """\
Model: "outer"
┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)      ┃ Output Shape    ┃   Param # ┃ Connected to   ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━┩
│ input_layer       │ (None, 3)       │         0 │ -              │   -   │
│ (InputLayer)      │                 │           │                │       │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ input_layer_1     │ (None, 3)       │         0 │ -              │   -   │
│ (InputLayer)      │                 │           │                │       │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ dense (Dense)     │ (None, 4)       │        16 │ input_layer[0… │   Y   │
│                   │                 │           │ input_layer_1… │       │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ subtract          │ (None, 4)       │         0 │ dense[0][0],   │   -   │
│ (Subtract)        │                 │           │ dense[1][0]    │       │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ dense_1 (Dense)   │ (None, 1)       │         5 │ subtract[0][0] │   Y   │
└───────────────────┴─────────────────┴───────────┴────────────────┴───────┘
 Total params: 21 (84.00 B)
 Trainable params: 21 (84.00 B)
 Non-trainable params: 0 (0.00 B)
"""

CHAIN = """\
Model: "outer"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)             ┃ Output Shape      ┃   Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ input_layer (InputLayer) │ (None, 4)         │         0 │
├──────────────────────────┼───────────────────┼───────────┤
│ h (Dense)                │ (None, 8)         │        40 │
├──────────────────────────┼───────────────────┼───────────┤
│ dense (Dense)            │ (None, 1)         │         9 │
└──────────────────────────┴───────────────────┴───────────┘
 Total params: 49 (196.00 B)
 Trainable params: 49 (196.00 B)
 Non-trainable params: 0 (0.00 B)
"""

FROZEN_ROW_INSIDE = """\
Model: "outer"
┏━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━┓
┃ Layer (type)           ┃ Output Shape       ┃ Param # ┃ Tra… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━┩
│ input_layer_1          │ (None, 4)          │       0 │  -   │
│ (InputLayer)           │                    │         │      │
├────────────────────────┼────────────────────┼─────────┼──────┤
│ sequential             │ (None, 3)          │      43 │  N   │
│ (Sequential)           │                    │         │      │
├────────────────────────┼────────────────────┼─────────┼──────┤
│    └ dense (Dense)     │ (None, 5)          │      25 │  N   │
├────────────────────────┼────────────────────┼─────────┼──────┤
│    └ dense_1 (Dense)   │ (None, 3)          │      18 │  N   │
├────────────────────────┼────────────────────┼─────────┼──────┤
│ dense_2 (Dense)        │ (None, 1)          │       4 │  Y   │
└────────────────────────┴────────────────────┴─────────┴──────┘
 Total params: 47 (188.00 B)
 Trainable params: 4 (16.00 B)
 Non-trainable params: 43 (172.00 B)
"""

GRAPH_INSIDE = """\
Model: "outer"
┏━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)            ┃ Output Shape         ┃      Param # ┃ Connected to         ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━┩
│ input_layer_3           │ (None, 4)            │            0 │ -                    │
│ (InputLayer)            │                      │              │                      │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│ input_layer_2           │ (None, 4)            │            0 │ -                    │
│ (InputLayer)            │                      │              │                      │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│ inn (Functional)        │ [(None, 2), (None,   │           35 │ input_layer_3[0][0], │
│                         │ 5)]                  │              │ input_layer_2[0][0]  │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│    └ input_layer        │ (None, 4)            │            0 │ -                    │
│ (InputLayer)            │                      │              │                      │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│    └ input_layer_1      │ (None, 4)            │            0 │ -                    │
│ (InputLayer)            │                      │              │                      │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│    └ multiply           │ (None, 4)            │            0 │ -                    │
│ (Multiply)              │                      │              │                      │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│    └ b (Dense)          │ (None, 2)            │           10 │ -                    │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│    └ z (Dense)          │ (None, 5)            │           25 │ -                    │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│ concatenate             │ (None, 7)            │            0 │ inn[0][1], inn[0][0] │
│ (Concatenate)           │                      │              │                      │
├─────────────────────────┼──────────────────────┼──────────────┼──────────────────────┤
│ dense (Dense)           │ (None, 1)            │            8 │ concatenate[0][0]    │
└─────────────────────────┴──────────────────────┴──────────────┴──────────────────────┘
 Total params: 43 (172.00 B)
 Trainable params: 43 (172.00 B)
 Non-trainable params: 0 (0.00 B)
"""


def wide_and_deep():
    wide, deep = layers.Input((3,), name="wide"), layers.Input((5,), name="deep")
    hidden = layers.Dense(8)(deep)
    hidden = layers.Dense(8)(hidden)
    both = layers.Concatenate()([wide, hidden])
    return models.Model([wide, deep], layers.Dense(1)(both), name="outer")


def siamese():
    left, right, shared = layers.Input((3,)), layers.Input((3,)), layers.Dense(4)
    apart = layers.Subtract()([shared(left), shared(right)])
    return models.Model([left, right], layers.Dense(1)(apart), name="outer")


def chain():
    inputs = layers.Input((4,))
    hidden = layers.Dense(8, "relu", name="h")(inputs)
    return models.Model(inputs, layers.Dense(1)(hidden), name="outer")


def frozen_row_inside():
    row = models.Sequential([layers.Input((4,)), layers.Dense(5), layers.Dense(3)])
    row.trainable = False
    inputs = layers.Input((4,))
    return models.Model(inputs, layers.Dense(1)(row(inputs)), name="outer")


def graph_inside():
    q, p = layers.Input((4,)), layers.Input((4,))
    z = layers.Dense(5, name="z")(q)
    b = layers.Dense(2, name="b")(layers.Multiply()([q, p]))
    inner = models.Model({"q": q, "p": p}, {"z": z, "b": b}, name="inn")
    one, other = layers.Input((4,)), layers.Input((4,))
    found = inner({"q": one, "p": other})
    both = layers.Concatenate()([found["z"], found["b"]])
    return models.Model([one, other], layers.Dense(1)(both), name="outer")


@pytest.mark.parametrize(
    ("make", "settings", "expected"),
    [
        (wide_and_deep, {"line_length": 76}, WIDE_AND_DEEP),
        (siamese, {"line_length": 76, "show_trainable": True}, SIAMESE),
        (chain, {"line_length": 60}, CHAIN),
        (
            frozen_row_inside,
            {"line_length": 64, "show_trainable": True, "expand_nested": True},
            FROZEN_ROW_INSIDE,
        ),
        (graph_inside, {"line_length": 88, "expand_nested": True}, GRAPH_INSIDE),
    ],
)
def test_the_summary_of_a_graph_is_keras_summary(make, settings, expected):
    backend.clear_session()
    assert render_summary(make(), **settings) == expected


def test_the_layers_of_inner_models_are_listed_only_if_that_is_wanted():
    text = render_summary(graph_inside())
    assert "inn (Functional)" in text
    assert "└ " not in text


def test_calls_of_a_layer_are_counted_whatever_became_of_them():
    shared, inputs = layers.Dense(3, name="shared"), layers.Input((3,))
    shared(inputs)
    model = models.Model(inputs, layers.Add()([shared(inputs), inputs]))
    assert "shared[1][0]" in render_summary(model)
    assert "shared[1][0]" in render_summary(copy.deepcopy(model))


def test_a_layer_in_a_model_and_in_one_inside_it_is_counted_once():
    inputs, shared = layers.Input((3,)), layers.Dense(3)
    inner = models.Model(inputs, shared(inputs))
    outer = models.Model(inputs, layers.Add()([shared(inputs), inner(inputs)]))
    assert "Total params: 12 (48.00 B)" in render_summary(outer)


@pytest.mark.parametrize("columns", [60, 80, 112, 124, 200])
@pytest.mark.parametrize("show_trainable", [False, True])
def test_the_table_of_a_graph_has_room_for_what_is_connected(
    columns, show_trainable, monkeypatch
):
    monkeypatch.setenv("COLUMNS", str(columns))
    text = render_summary(wide_and_deep(), show_trainable=show_trainable)
    widths = {len(line) for line in text.splitlines()[1:-3]}
    assert widths == {min(120 if show_trainable else 108, columns - 4)}


@pytest.mark.parametrize(
    ("line_length", "widths"),
    [
        (88, [38, 29, 17]),
        (76, [33, 24, 15]),
        (65, [28, 21, 12]),
        (56, [24, 17, 11]),
        (40, [17, 12, 7]),
    ],
)
def test_the_columns_are_as_wide_as_in_keras(line_length, widths):
    top = render_summary(seed_network(), line_length=line_length).splitlines()[1]
    assert [len(part) for part in top.strip("┏┓").split("┳")] == widths


@pytest.mark.parametrize(
    ("columns", "show_trainable", "width"),
    [
        (60, False, 56),
        (80, False, 76),
        (92, False, 88),
        (200, False, 88),
        (80, True, 76),
        (104, True, 100),
        (200, True, 100),
    ],
)
def test_the_table_takes_the_room_that_the_window_has(
    columns, show_trainable, width, monkeypatch
):
    monkeypatch.setenv("COLUMNS", str(columns))
    text = render_summary(seed_network(), show_trainable=show_trainable)
    assert {len(line) for line in text.splitlines()[1:-3]} == {width}


@pytest.mark.parametrize("positions", [[0.5, 0.7, 1.0], [0.33, 0.55, 0.67, 1.0]])
@pytest.mark.parametrize("line_length", [50, 77, 120])
def test_positions_move_the_columns_but_not_the_border(positions, line_length):
    text = render_summary(seed_network(), line_length, positions)
    assert {len(line) for line in text.splitlines()[1:-3]} == {line_length}
    first = text.splitlines()[1].index("┳")
    assert abs(first - positions[0] * line_length) < 0.2 * line_length


@pytest.mark.parametrize("positions", [[0.1, 0.12, 1.0], [0.5, 0.4, 1.0], [0, 0, 1]])
def test_a_column_without_room_is_refused(positions):
    with pytest.raises(ValueError, match="has no room for 3 columns"):
        render_summary(seed_network(), positions=positions)


def test_too_few_positions_are_refused():
    with pytest.raises(ValueError, match="each of the 3 columns ends, but it has 2"):
        render_summary(seed_network(), positions=[0.5, 1.0])


def test_a_window_that_is_too_small_is_refused(monkeypatch):
    monkeypatch.setenv("COLUMNS", "12")
    with pytest.raises(ValueError, match="larger line_length"):
        render_summary(seed_network())


def test_a_frozen_model_has_nothing_to_train():
    text = render_summary(seed_network(trainable=False), 76, show_trainable=True)
    assert " Trainable params: 0 (0.00 B)\n" in text
    assert " Non-trainable params: 101,770 (397.54 KB)\n" in text
    assert text.count("│   N   │") == 2


@pytest.mark.parametrize(
    ("params", "size"),
    [
        (9, "36.00 B"),
        (255, "1020.00 B"),
        (256, "1.00 KB"),
        (4_002_000, "15.27 MB"),
        (10**10, "37.25 GB"),
        (10**19, "35527.14 PB"),
    ],
)
def test_sizes_are_shown_in_the_unit_that_fits(params, size):
    text = render_summary(Model(Dense("dense", 3, params)))
    assert f" Total params: {params:,} ({size})\n" in text


@pytest.mark.parametrize(
    ("layer_range", "shown"),
    [
        (["b", "c"], ["b", "c"]),
        (["c", "b"], ["b", "c"]),
        (("a", "a"), ["a"]),
        (["[ab]", "[bc]"], ["a", "b", "c"]),
    ],
)
def test_a_range_of_layers_is_shown_and_all_are_counted(layer_range, shown):
    model = Model(*(Dense(name, 2, 5) for name in "abcd"))
    text = render_summary(model, layer_range=layer_range)
    assert [name for name in "abcd" if f"│ {name} (Dense)" in text] == shown
    assert "Total params: 20 " in text


@pytest.mark.parametrize("layer_range", [["a"], "ab", [1, 2], ["a", "b", "c"]])
def test_a_range_that_is_no_pair_of_names_is_refused(layer_range):
    with pytest.raises(ValueError, match="a list of two names"):
        render_summary(seed_network(), layer_range=layer_range)


def test_a_range_with_an_unknown_layer_lists_the_known_ones():
    with pytest.raises(ValueError, match="Its layers are: dense, dense_1"):
        render_summary(seed_network(), layer_range=["dense", "softmax"])


def test_chinese_names_keep_the_border_straight():
    model = Model(
        Dense("隐藏层隐藏层隐藏层隐藏层", 4, 16), Dense("e\u0301t\u00e9", 4, 20)
    )
    lines = render_summary(model, line_length=50).splitlines()
    assert lines[4] == "│ 隐藏层隐藏层隐藏层… │ (None, 4)      │      16 │"
    assert lines[7] == "│ e\u0301t\u00e9 (Dense)         │ (None, 4)      │      20 │"
    # A sign of two cells that does not fit leaves a space.
    lines = render_summary(model, line_length=52).splitlines()
    assert lines[4] == "│ 隐藏层隐藏层隐藏层 … │ (None, 4)      │       16 │"


def test_an_encoding_without_the_boxs_signs_gets_a_plain_box(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    text = render_summary(seed_network(), line_length=40)
    assert text.isascii()
    assert text.splitlines()[1:9] == [
        "+--------------------------------------+",
        "|                 | Output     | Param |",
        "| Layer (type)    | Shape      |     # |",
        "|-----------------+------------+-------|",
        "| dense (Dense)   | (None,     | 100,~ |",
        "|                 | 128)       |       |",
        "|-----------------+------------+-------|",
        "| dense_1 (Dense) | (None, 10) | 1,290 |",
    ]


def test_the_text_has_no_colors_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert "\x1b" not in render_summary(seed_network())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"positions": 0.5}, TypeError, "positions must be a list of shares"),
        ({"layer_range": ("(", "dense")}, ValueError, "holds no names, nor patterns"),
        ({"print_fn": "stdout"}, TypeError, "print_fn must be a function of a text"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, error, message):
    model = models.Sequential([layers.Dense(3, input_shape=(4,))])
    with pytest.raises(error, match=message):
        model.summary(**options)
