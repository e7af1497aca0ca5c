"""Networks that are no row of layers, as scripts for Keras write them.

Each is a function of the library, `fastmlp` or `keras`, which is all that changes, and
returns a compiled model that starts from the same weights in either, with its data.
"""

from typing import Any, NamedTuple

import numpy as np

ROWS = 40

rng = np.random.default_rng(12)
WIDE = rng.normal(size=(ROWS, 3)).astype("float32")
DEEP = rng.normal(size=(ROWS, 5)).astype("float32")
LIKE_DEEP = rng.normal(size=(ROWS, 5)).astype("float32")
MOSTLY_ZEROS = np.where(
    rng.random((ROWS, 60)) < 0.1, rng.normal(size=(ROWS, 60)), 0
).astype("float32")
VALUE = np.sin(DEEP.sum(1, keepdims=True))
YES = (WIDE.sum(1, keepdims=True) > 0).astype("float32")
CLASS = DEEP[:, :3].argmax(1)
TAGS = (DEEP[:, :4] > 0.3).astype("float32")
SOME_ROWS = rng.uniform(0.2, 2, ROWS).astype("float32")
OTHER_ROWS = SOME_ROWS[::-1].copy()
WORDS = rng.integers(0, 30, (ROWS, 6))


TABLES = DEEP.repeat(3, axis=1).reshape(ROWS, 5, 3) * [1, 0.5, -0.7]
CLASS_OF_STEP = TABLES.argmax(-1)


class Task(NamedTuple):
    """A compiled model, and what it is fitted with."""

    model: Any
    x: Any
    y: Any
    sample_weight: Any = None
    validation_split: float = 0.0


NETWORKS = {}


def network(build):
    """Enter a function that makes a network with the given library."""
    NETWORKS[build.__name__] = build
    return build


def with_weights(model):
    """Give a model weights of its own, the same in either library."""
    draw = np.random.default_rng(3)
    model.set_weights(
        [
            draw.uniform(0.1, 0.6, array.shape) * draw.choice([-1, 1], array.shape)
            if array.ndim > 1
            else draw.uniform(0.5, 1.0, array.shape)
            for array in model.get_weights()
        ]
    )
    return model


@network
def wide_and_deep(library):
    layers = library.layers
    wide, deep = layers.Input((3,), name="wide"), layers.Input((5,), name="deep")
    hidden = layers.Dense(8, activation="relu")(deep)
    hidden = layers.Dense(6, activation="relu")(hidden)
    both = layers.Concatenate()([wide, hidden])
    outputs = layers.Dense(1, activation="sigmoid")(both)
    model = with_weights(library.Model([wide, deep], outputs))
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    return Task(model, [WIDE, DEEP], YES)


@network
def chain(library):
    layers = library.layers
    inputs = layers.Input((5,))
    hidden = layers.Dense(8, activation="tanh")(inputs)
    model = library.Model(inputs=inputs, outputs=layers.Dense(1)(hidden), name="chain")
    with_weights(model).compile(
        library.optimizers.SGD(0.05, momentum=0.9), "mse", metrics=["mae"]
    )
    return Task(model, DEEP, VALUE, validation_split=0.25)


@network
def residual(library):
    layers = library.layers
    inputs = layers.Input((5,))
    x = layers.Dense(6, activation="tanh")(inputs)
    for _ in range(2):
        inner = layers.Dense(7, activation="relu")(x)
        x = layers.Add()([x, layers.Dense(6)(inner)])
    model = with_weights(library.Model(inputs, layers.Dense(3)(x)))
    model.compile(
        library.optimizers.SGD(0.02, momentum=0.9),
        library.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return Task(model, DEEP, CLASS)


@network
def two_inputs_by_name(library):
    layers = library.layers
    # In the order of their names, these two change places.
    left, right = layers.Input((5,), name="z"), layers.Input((5,), name="a")
    minus = layers.Subtract()([left, layers.Dense(5)(right)])
    model = with_weights(library.Model([left, right], layers.Dense(1)(minus)))
    model.compile("adam", "mae")
    return Task(model, {"a": LIKE_DEEP, "z": DEEP}, VALUE)


@network
def three_outputs(library):
    layers = library.layers
    inputs = layers.Input((5,))
    trunk = layers.Dense(8, activation="tanh", name="trunk")(inputs)
    outputs = [
        layers.Dense(1, name="value")(trunk),
        layers.Dense(3, activation="softmax", name="class")(trunk),
        layers.Dense(1, activation="sigmoid", name="answer")(
            layers.Dense(4, activation="relu")(trunk)
        ),
    ]
    model = with_weights(library.Model(inputs, outputs))
    model.compile(
        library.optimizers.Adam(0.002),
        loss=["mse", "sparse_categorical_crossentropy", "binary_crossentropy"],
        loss_weights=[0.5, 2.0, 1.0],
        metrics=[["mae"], ["accuracy"], ["accuracy", library.metrics.AUC(name="auc")]],
    )
    return Task(model, DEEP, [VALUE, CLASS, YES], validation_split=0.25)


@network
def outputs_by_the_names_of_their_layers(library):
    layers = library.layers
    inputs = layers.Input((5,))
    trunk = layers.Dense(8, activation="tanh")(inputs)
    outputs = [
        layers.Dense(1, name="value")(trunk),
        layers.Dense(3, activation="softmax", name="class")(trunk),
    ]
    model = with_weights(library.Model(inputs, outputs))
    model.compile(
        "sgd",
        loss={"class": "sparse_categorical_crossentropy", "value": "mse"},
        loss_weights={"class": 2.0, "value": 0.5},
        metrics={"class": ["accuracy"]},
    )
    return Task(model, DEEP, {"class": CLASS, "value": VALUE})


@network
def shared_layer(library):
    layers = library.layers
    inputs = layers.Input((5,))
    shared = layers.Dense(5, activation="tanh", kernel_regularizer="l2")
    once = shared(inputs)
    thrice = shared(shared(once))
    model = with_weights(
        library.Model(inputs, layers.Dense(1)(layers.Add()([once, thrice])))
    )
    model.compile(library.optimizers.Adam(0.002), "mse")
    return Task(model, DEEP, VALUE)


@network
def siamese_by_cosine(library):
    layers = library.layers
    left, right = layers.Input((5,)), layers.Input((5,))
    tower = library.Sequential(
        [layers.Dense(6, activation="tanh"), layers.Dense(4)], name="tower"
    )
    cosine = layers.Dot(axes=1, normalize=True)([tower(left), tower(right)])
    outputs = layers.Dense(1, activation="sigmoid")(cosine)
    model = with_weights(library.Model([left, right], outputs, name="siamese"))
    model.compile(
        library.optimizers.Adam(0.002), "binary_crossentropy", metrics=["accuracy"]
    )
    return Task(model, [DEEP, LIKE_DEEP], YES)


@network
def siamese_by_difference(library):
    layers = library.layers
    left, right = layers.Input((5,)), layers.Input((5,))
    tower = layers.Dense(6, activation="relu", name="tower")
    difference = layers.subtract([tower(left), tower(right)])
    squared = layers.multiply([difference, difference])
    product = layers.dot([tower(left), tower(right)], axes=-1)
    outputs = layers.Dense(1)(layers.concatenate([squared, product]))
    model = with_weights(library.Model([left, right], outputs))
    model.compile(library.optimizers.RMSprop(0.001), "mse")
    return Task(model, (DEEP, LIKE_DEEP), VALUE)


@network
def nested_sequential(library):
    layers = library.layers
    inner = library.Sequential(
        [
            layers.Input((5,)),
            layers.Dense(6, activation="tanh", kernel_regularizer="l1"),
            layers.Dense(4),
        ],
        name="inner",
    )
    inputs = layers.Input((5,))
    both = layers.Concatenate()([inputs, inner(inputs)])
    model = with_weights(library.Model(inputs, layers.Dense(1)(both), name="outer"))
    model.compile(library.optimizers.Adam(0.002), "mse")
    return Task(model, DEEP, VALUE)


@network
def nested_and_frozen(library):
    layers = library.layers
    inner = library.Sequential(
        [
            layers.Input((5,)),
            layers.Dense(6, activation="tanh", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dense(4),
        ],
        name="inner",
    )
    inner.trainable = False
    inputs = layers.Input((5,))
    hidden = layers.Dense(5, activation="relu")(inner(inputs))
    model = with_weights(library.Model(inputs, layers.Dense(1)(hidden), name="outer"))
    model.compile(library.optimizers.Adam(0.002), "mse")
    return Task(model, DEEP, VALUE)


@network
def nested_with_one_frozen_layer(library):
    layers = library.layers
    inner = library.Sequential(
        [
            layers.Input((5,)),
            layers.Dense(5, activation="tanh", trainable=False),
            layers.Dense(5),
        ],
        name="inner",
    )
    inputs = layers.Input((5,))
    outputs = layers.Dense(1)(inner(inputs))
    model = with_weights(library.Model(inputs, outputs, name="outer"))
    model.compile(library.optimizers.Adam(0.002), "mse")
    return Task(model, DEEP, VALUE)


@network
def nested_twice(library):
    layers = library.layers
    within = layers.Input((5,))
    hidden = layers.Dense(6, activation="tanh")(within)
    inner = library.Model(within, [layers.Dense(3)(hidden), hidden], name="inner")
    left, right = layers.Input((5,)), layers.Input((5,))
    (narrow, _), (also_narrow, broad) = inner(left), inner(right)
    both = layers.Concatenate()([narrow, also_narrow, broad])
    model = with_weights(library.Model([left, right], layers.Dense(1)(both)))
    model.compile(library.optimizers.Adam(0.002), "mse")
    return Task(model, [DEEP, LIKE_DEEP], VALUE)


@network
def model_in_a_model_in_a_model(library):
    layers = library.layers
    core = library.Sequential(
        [layers.Input((4,)), layers.Dense(4, activation="tanh")], name="core"
    )
    within = layers.Input((5,))
    shell = library.Model(within, core(layers.Dense(4)(within)), name="shell")
    inputs = layers.Input((5,))
    outputs = layers.Dense(1)(shell(inputs))
    model = with_weights(library.Model(inputs, outputs, name="whole"))
    model.compile(library.optimizers.Adam(0.002), "mse")
    return Task(model, DEEP, VALUE)


@network
def a_graph_and_a_row_in_a_row(library):
    layers = library.layers
    within = layers.Input((5,))
    branches = [layers.Dense(4, activation=name)(within) for name in ("tanh", "relu")]
    graph = library.Model(within, layers.Add()(branches), name="graph")
    row = library.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(4, activation="tanh"),
            layers.BatchNormalization(),
        ],
        name="row",
    )
    model = library.Sequential([graph, row, layers.Dense(1)], name="whole")
    with_weights(model).compile(library.optimizers.SGD(0.05), "mse")
    return Task(model, DEEP, VALUE)


@network
def shared_at_different_depths(library):
    layers = library.layers
    left, right = layers.Input((5,)), layers.Input((5,))
    shared = layers.Dense(5, activation="tanh", name="shared")
    near = shared(left)
    far = layers.Dense(5, name="between")(shared(layers.Dense(5)(right)))
    twice = layers.Add(name="twice")([far, far])
    outputs = [
        layers.Dense(1, name="last")(layers.Maximum()([near, twice])),
        layers.Dense(1, name="first")(shared(twice)),
    ]
    model = with_weights(library.Model([right, left], outputs))
    model.compile(library.optimizers.RMSprop(0.001), "mse")
    return Task(model, [LIKE_DEEP, DEEP], [VALUE, VALUE])


@network
def gate(library):
    layers = library.layers
    inputs = layers.Input((5,))
    opened = layers.Dense(6, activation="sigmoid", name="gate")(inputs)
    passed = layers.Multiply()([layers.Dense(6, activation="relu")(inputs), opened])
    model = with_weights(library.Model(inputs, layers.Dense(1)(passed)))
    model.compile(library.optimizers.SGD(0.05, nesterov=True, momentum=0.5), "mse")
    return Task(model, DEEP, VALUE)


@network
def average_of_an_ensemble(library):
    layers = library.layers
    inputs = layers.Input((5,))
    members = [
        layers.Dense(1)(layers.Dense(width, activation=activation)(inputs))
        for width, activation in [(4, "tanh"), (5, "relu"), (6, "elu")]
    ]
    model = with_weights(library.Model(inputs, layers.Average()(members)))
    model.compile(library.optimizers.Adam(0.002), library.losses.Huber())
    return Task(model, DEEP, VALUE)


@network
def greatest_and_least(library):
    layers = library.layers
    inputs = layers.Input((5,))
    three = [layers.Dense(4, activation="tanh")(inputs) for _ in range(3)]
    # All three are equal where no ReLU is open.
    cut = [layers.ReLU()(one) for one in three]
    both = layers.Concatenate()(
        [layers.Maximum()(three), layers.Minimum()(three), layers.Minimum()(cut)]
    )
    model = with_weights(library.Model(inputs, layers.Dense(1)(both)))
    model.compile(library.optimizers.Adam(0.002), "mse")
    return Task(model, DEEP, VALUE)


@network
def normalized_branches(library):
    layers = library.layers
    inputs = layers.Input((5,))
    left = layers.Dense(6, use_bias=False)(inputs)
    left = layers.Activation("relu")(layers.BatchNormalization()(left))
    right = layers.Dropout(0.0)(layers.Dense(6, activation="tanh")(inputs))
    model = with_weights(
        library.Model(inputs, layers.Dense(1)(layers.Add()([left, right])))
    )
    model.compile(library.optimizers.SGD(0.05), "mse")
    return Task(model, DEEP, VALUE)


@network
def dictionaries(library):
    layers = library.layers
    # Keras sorts keys: written like this, they keep their order in both.
    inputs = {"b": layers.Input((3,), name="b"), "z": layers.Input((5,), name="z")}
    trunk = layers.Concatenate()([inputs["z"], inputs["b"]])
    trunk = layers.Dense(6, activation="tanh")(trunk)
    outputs = {
        "class": layers.Dense(3, activation="softmax", name="class")(trunk),
        "value": layers.Dense(1, name="value")(trunk),
    }
    model = with_weights(library.Model(inputs, outputs))
    model.compile(
        library.optimizers.Adam(0.002),
        loss={"class": "sparse_categorical_crossentropy", "value": "mse"},
        loss_weights={"value": 0.5, "class": 2.0},
        metrics={"value": ["mae"], "class": ["accuracy"]},
    )
    return Task(model, {"z": DEEP, "b": WIDE}, {"value": VALUE, "class": CLASS})


@network
def regularized_branches(library):
    layers, regularizers = library.layers, library.regularizers
    inputs = layers.Input((5,))
    left = layers.Dense(
        4, activation="tanh", kernel_regularizer="l2", bias_regularizer="l1"
    )(inputs)
    right = layers.Dense(
        4,
        kernel_regularizer=regularizers.L1L2(0.01, 0.02),
        kernel_constraint="max_norm",
        activity_regularizer=regularizers.L2(0.01),
    )(inputs)
    outputs = [
        layers.Dense(1, name="sum")(layers.Add()([left, right])),
        layers.Dense(1, name="product")(layers.Multiply()([left, right])),
    ]
    model = with_weights(library.Model(inputs, outputs))
    model.compile(library.optimizers.SGD(0.05), ["mse", "mae"], loss_weights=[2.0, 0.5])
    return Task(model, DEEP, [VALUE, VALUE])


@network
def transfer_of_a_trunk(library):
    layers = library.layers
    inputs = layers.Input((5,))
    trunk = layers.Dense(8, activation="tanh", name="trunk")(inputs)
    trained = with_weights(library.Model(inputs, layers.Dense(3, name="old")(trunk)))
    trained.compile("sgd", "mse")
    trained.fit(DEEP, DEEP[:, :3], epochs=2, shuffle=False, verbose=0)
    trained.get_layer("trunk").trainable = False
    outputs = layers.Dense(1, activation="sigmoid", name="new")(
        trained.get_layer("trunk").output
    )
    model = library.Model(trained.input, outputs)
    model.get_layer("new").set_weights([np.full((8, 1), 0.3), np.zeros(1)])
    model.compile(library.optimizers.Adam(0.002), "binary_crossentropy")
    return Task(model, DEEP, YES)


@network
def an_output_that_is_used_inside(library):
    layers = library.layers
    inputs = layers.Input((5,))
    hidden = layers.Dense(6, activation="tanh")(inputs)
    guess = layers.Dense(1, name="guess")(hidden)
    refined = layers.Dense(1, name="refined")(layers.Concatenate()([hidden, guess]))
    model = with_weights(library.Model(inputs, [guess, refined]))
    model.compile(library.optimizers.Adam(0.002), "mse", loss_weights=None)
    return Task(model, DEEP, [VALUE, VALUE])


@network
def heads_with_weights_for_rows(library):
    layers = library.layers
    inputs = layers.Input((5,))
    trunk = layers.Dense(8, activation="tanh")(inputs)
    outputs = [
        layers.Dense(4, activation="sigmoid", name="tags")(trunk),
        layers.Dense(1, name="value")(trunk),
        layers.Dense(3, activation="softmax", name="class")(trunk),
    ]
    model = with_weights(library.Model(inputs, outputs))
    model.compile(
        library.optimizers.Adam(0.002),
        ["binary_crossentropy", "mse", "sparse_categorical_crossentropy"],
        weighted_metrics=[["mse"], ["mae"], ["accuracy"]],
        metrics=[["binary_accuracy"], ["mae"], None],
    )
    weights = [SOME_ROWS, OTHER_ROWS, np.ones(ROWS, "float32")]
    return Task(model, DEEP, [TAGS, VALUE, CLASS], sample_weight=weights)


@network
def one_weight_a_row_for_all_heads(library):
    layers = library.layers
    inputs = layers.Input((5,))
    trunk = layers.Dense(8, activation="tanh")(inputs)
    outputs = [layers.Dense(1)(trunk), layers.Dense(1, activation="sigmoid")(trunk)]
    model = with_weights(library.Model(inputs, outputs))
    model.compile(library.optimizers.Adam(0.002), ["mse", "binary_crossentropy"])
    return Task(model, DEEP, [VALUE, YES], sample_weight=SOME_ROWS)


@network
def an_output_without_a_loss(library):
    layers = library.layers
    inputs = layers.Input((5,))
    trunk = layers.Dense(8, activation="tanh")(inputs)
    outputs = [
        layers.Dense(1, name="learnt")(trunk),
        layers.Dense(3, activation="softmax", name="watched")(trunk),
        layers.Dense(1, activation="sigmoid", name="also_learnt")(trunk),
    ]
    model = with_weights(library.Model(inputs, outputs))
    model.compile(
        library.optimizers.Adam(0.002),
        ["mse", None, "binary_crossentropy"],
        metrics=[["mae"], ["accuracy"], None],
    )
    one_hot = np.eye(3, dtype="float32")[CLASS]
    return Task(model, DEEP, [VALUE, one_hot, YES])


@network
def inputs_that_are_mostly_zeros(library):
    layers = library.layers
    counts, rest = layers.Input((60,), name="counts"), layers.Input((5,), name="rest")
    left = layers.Dense(6, activation="tanh")(counts)
    right = layers.Dense(6, activation="tanh")(layers.Concatenate()([counts, rest]))
    also = layers.Dense(6, use_bias=False)(counts)
    outputs = layers.Dense(1)(layers.Add()([left, right, also]))
    model = with_weights(library.Model([counts, rest], outputs))
    model.compile(library.optimizers.RMSprop(0.001), "mse")
    return Task(model, [MOSTLY_ZEROS, DEEP], VALUE)


def autoencoder_and_encoder(library):
    layers = library.layers
    inputs = layers.Input((5,))
    code = layers.Dense(2, activation="tanh")(inputs)
    autoencoder = with_weights(library.Model(inputs, layers.Dense(5)(code)))
    autoencoder.compile(library.optimizers.Adam(0.002), "mse")
    encoder = library.Model(inputs, code)
    encoder.compile(library.optimizers.RMSprop(0.001), "mse")
    return Task(autoencoder, DEEP, DEEP), Task(encoder, DEEP, DEEP[:, :2])


def whole_and_its_second_half(library):
    layers = library.layers
    inputs = layers.Input((3,))
    middle = layers.Dense(5, activation="tanh")(inputs)
    outputs = layers.Dense(1)(layers.Dense(4, activation="relu")(middle))
    whole = with_weights(library.Model(inputs, outputs))
    whole.compile(library.optimizers.SGD(0.05), "mse")
    half = library.Model(middle, outputs)
    half.compile(library.optimizers.Adam(0.002), "mse")
    return Task(whole, WIDE, VALUE), Task(half, DEEP, VALUE)


PAIRS = [autoencoder_and_encoder, whole_and_its_second_half]


@network
def dense_on_tables(library):
    layers = library.layers
    inputs = layers.Input((5, 3))
    hidden = layers.Dense(4, activation="tanh")(inputs)
    hidden = layers.BatchNormalization()(hidden)
    hidden = layers.Dense(6, activation="gelu", activity_regularizer="l2")(hidden)
    hidden = layers.Flatten()(layers.Softmax()(hidden))
    model = library.Model(inputs, layers.Dense(1)(hidden))
    with_weights(model).compile("adam", "mse", metrics=["mae"])
    return Task(model, TABLES, VALUE, SOME_ROWS)


@network
def label_of_each_step(library):
    layers = library.layers
    inputs = layers.Input((5, 3))
    hidden = layers.Dense(8, activation="relu")(inputs)
    outputs = layers.Dense(3, activation="softmax")(hidden)
    model = with_weights(library.Model(inputs, outputs))
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Task(model, TABLES, CLASS_OF_STEP)


@network
def autoencoder_of_images(library):
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((5, 3)),
            layers.Flatten(),
            layers.Dense(4, activation="relu"),
            layers.Dense(15, activation="sigmoid"),
            layers.Reshape((5, -1)),
        ]
    )
    with_weights(model).compile("adam", "binary_crossentropy", metrics=["mse"])
    return Task(model, TABLES, (TABLES > 0) * 1.0, validation_split=0.25)


@network
def bag_of_words(library):
    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((6,), dtype="int32"),
            layers.Embedding(30, 4, embeddings_regularizer="l2"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(5, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    with_weights(model).compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Task(model, WORDS, YES)


@network
def embedded_categories_beside_numbers(library):
    layers = library.layers
    numbers = layers.Input((3,), name="numbers")
    shared = layers.Embedding(30, 3, name="shared")
    columns = [layers.Input((1,), name=name) for name in ("first", "second")]
    other = layers.Input((6,), name="other")
    parts = [layers.Flatten()(shared(column)) for column in columns]
    constrained = layers.Embedding(30, 2, embeddings_constraint="unit_norm")
    words = layers.GlobalMaxPooling1D()(constrained(other))
    both = layers.Concatenate()([numbers, *parts, words])
    outputs = layers.Dense(1)(layers.Dense(6, activation="tanh")(both))
    model = with_weights(library.Model([numbers, *columns, other], outputs))
    optimizer = library.optimizers.SGD(0.05, momentum=0.9, clipnorm=0.5)
    model.compile(optimizer, "mse", metrics=["mae"])
    return Task(model, [WIDE, WORDS[:, :1], WORDS[:, 1:2], WORDS], VALUE)


@network
def tables_turned_around(library):
    layers = library.layers
    inputs = layers.Input((5, 3))
    hidden = layers.Dense(4, activation="relu")(inputs)
    turned = layers.Permute((2, 1))(hidden)
    mixed = layers.Permute((2, 1))(layers.Dense(5, activation="gelu")(turned))
    repeated = layers.RepeatVector(5)(layers.GlobalAveragePooling1D()(mixed))
    wide = layers.Concatenate(axis=2)([hidden, mixed, repeated])
    long = layers.Concatenate(axis=1)([wide, wide])
    images = layers.Reshape((2, 5, -1))(long)
    best = layers.GlobalMaxPooling2D(keepdims=True)(images)
    model = with_weights(library.Model(inputs, layers.Dense(1)(layers.Flatten()(best))))
    model.compile("rmsprop", "mse", metrics=["mae"])
    return Task(model, TABLES, VALUE)
