"""Twelve scripts in the style of Keras's examples for multilayer perceptrons.

Each is a function of the library, `fastmlp` or `keras`, which is all that changes. They
draw their data, set the weights to start from, print what scripts print, and return
what is to be compared. `chance=True` shuffles the rows and turns dropout on.
"""

import numpy as np

from fastmlp.datasets import synthetic_digits


def start_from(model, seed):
    """Give every kernel drawn numbers, so that both libraries start from the same."""
    rng = np.random.default_rng(seed)
    model.set_weights(
        [
            rng.normal(0, len(array) ** -0.5, array.shape) if array.ndim == 2 else array
            for array in model.get_weights()
        ]
    )


def results(model, history, x, **more):
    """Return what every script is compared by."""
    return {
        "history": history.history,
        "epochs": history.epoch,
        "weights": model.get_weights(),
        "predictions": np.asarray(model.predict(x, verbose=0)),
        **more,
    }


def draw_classes(rng, rows, inputs, classes):
    """Draw inputs, and the class that a hidden matrix gives each of them."""
    x = rng.normal(size=(rows, inputs)).astype("float32")
    return x, (x @ rng.normal(size=(inputs, classes))).argmax(axis=1)


def draw_bags_of_words(rng, rows, words, topics):
    """Draw texts as multi-hot rows; each topic has words of its own."""
    y = rng.integers(topics, size=rows)
    likely = rng.random((topics, words)) < 0.1
    x = rng.random((rows, words)) < np.where(likely[y], 0.3, 0.02)
    return x.astype("float32"), y


def draw_curve(rng, rows, inputs=4):
    """Draw inputs, and a smooth function of them with some noise."""
    x = rng.normal(size=(rows, inputs)).astype("float32")
    y = np.sin(x[:, 0]) + 0.5 * x[:, 1] + 0.1 * rng.normal(size=rows)
    return x, y.astype("float32")


def classification_of_digits(keras, seed=0, chance=False):
    """The notebook: 784 pixels, ten digits, RMSprop."""
    (x_train, y_train), (x_test, y_test) = synthetic_digits.load_data(
        n_train=640, n_test=100
    )
    x_train = x_train.reshape((640, 784)).astype("float32") / 255
    x_test = x_test.reshape((100, 784)).astype("float32") / 255
    y_train = keras.utils.to_categorical(y_train)
    y_test = keras.utils.to_categorical(y_test)

    network = keras.models.Sequential()
    network.add(keras.layers.Input(shape=(784,)))
    network.add(keras.layers.Dense(128, activation="relu"))
    network.add(keras.layers.Dense(10, activation="softmax"))
    start_from(network, seed)
    network.summary()
    network.compile(
        optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"]
    )
    history = network.fit(
        x_train, y_train, epochs=3, batch_size=128, shuffle=chance, verbose=2
    )
    scores = network.evaluate(x_test, y_test, verbose=2)
    return results(network, history, x_test, scores=scores)


def topics_of_newswires(keras, seed=0, chance=False):
    """The Reuters example: 46 topics of texts, each a bag of 1000 words."""
    x, y = draw_bags_of_words(np.random.default_rng(1), 400, words=1000, topics=46)
    x_val, x_train = x[:100], x[100:]
    y_val, y_train = y[:100], y[100:]

    model = keras.Sequential(
        [
            keras.Input((1000,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(46, activation="softmax"),
        ]
    )
    start_from(model, seed)
    model.summary()
    model.compile(
        optimizer="rmsprop",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = model.fit(
        x_train,
        y_train,
        epochs=5,
        batch_size=100,
        validation_data=(x_val, y_val),
        shuffle=chance,
        verbose=2,
    )
    scores = model.evaluate(x_val, y_val, verbose=0, return_dict=True)
    return results(model, history, x_val, scores=scores)


def sentiment_of_reviews(keras, seed=0, chance=False):
    """The IMDB example: one sigmoid says whether a review is positive."""
    x, y = draw_bags_of_words(np.random.default_rng(2), 320, words=500, topics=2)
    y = y.astype("float32")

    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.build((None, 500))
    start_from(model, seed)
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=0.001),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=[keras.metrics.BinaryAccuracy(), keras.metrics.Precision()],
    )
    history = model.fit(
        x,
        y,
        epochs=4,
        batch_size=64,
        validation_split=0.25,
        shuffle=chance,
        verbose=2,
    )
    return results(model, history, x)


def prices_of_houses(keras, seed=0, chance=False):
    """The housing example: a regression, and its validation curves."""
    x, y = draw_curve(np.random.default_rng(3), 200)
    x = 20 + 5 * x

    normalize = keras.layers.Normalization()
    normalize.adapt(x[:150])
    model = keras.Sequential(
        [
            keras.Input((4,)),
            normalize,
            keras.layers.Dense(32, activation="tanh"),
            keras.layers.Dense(32, activation="gelu"),
            keras.layers.Dense(1),
        ]
    )
    start_from(model, seed)
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    history = model.fit(
        x[:150],
        y[:150],
        epochs=6,
        batch_size=50,
        validation_data=(x[150:], y[150:]),
        validation_freq=2,
        shuffle=chance,
        verbose=2,
    )
    scores = model.evaluate(x[150:], y[150:], verbose=0)
    return results(model, history, x, scores=scores)


def dropout_and_l2(keras, seed=0, chance=False):
    """Against overfitting: penalties of the weights, limits, and dropout."""
    x, y = draw_classes(np.random.default_rng(4), 240, inputs=20, classes=3)
    y = np.eye(3)[y]

    dropout = 0.3 if chance else 0.0
    model = keras.Sequential(name="regularized")
    model.add(keras.Input((20,)))
    model.add(
        keras.layers.Dense(
            32, activation="elu", kernel_regularizer=keras.regularizers.L2(0.01)
        )
    )
    model.add(keras.layers.Dropout(dropout, seed=seed))
    model.add(
        keras.layers.Dense(
            16,
            activation="softplus",
            kernel_regularizer=keras.regularizers.L1L2(0.001, 0.001),
            kernel_constraint=keras.constraints.MaxNorm(2.0),
        )
    )
    model.add(keras.layers.BatchNormalization(momentum=0.9))
    model.add(keras.layers.Dropout(dropout, seed=seed + 1))
    model.add(keras.layers.Dense(3))
    model.add(keras.layers.Softmax())
    start_from(model, seed)
    model.summary()
    model.compile(
        optimizer=keras.optimizers.AdamW(weight_decay=0.01, clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2)],
    )
    history = model.fit(
        x,
        y,
        epochs=5,
        batch_size=60,
        validation_split=0.25,
        shuffle=chance,
        verbose=2,
    )
    return results(model, history, x)


def class_weights(keras, seed=0, chance=False):
    """The imbalanced example: one row in ten counts nine times as much."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 8)).astype("float32")
    y = (x[:, 0] + x[:, 1] + rng.normal(0, 0.5, 400) > 1.9).astype("int64")
    share = y.mean()

    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    start_from(model, seed)
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss="binary_crossentropy",
        metrics=[
            "accuracy",
            keras.metrics.Precision(),
            keras.metrics.Recall(),
            keras.metrics.AUC(),
        ],
        weighted_metrics=["accuracy", keras.metrics.AUC(curve="PR")],
    )
    history = model.fit(
        x,
        y,
        epochs=4,
        batch_size=100,
        class_weight={0: 1 / (1 - share), 1: 1 / share},
        shuffle=chance,
        verbose=2,
    )
    scores = model.evaluate(
        x, y, sample_weight=1.0 + 8 * y, verbose=0, return_dict=True
    )
    return results(model, history, x, scores=scores)


def callbacks(keras, seed=0, chance=False):
    """Training that stops by itself, writes a log and makes its steps smaller."""
    x, y = draw_curve(np.random.default_rng(6), 120)

    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, activation="selu"),
            keras.layers.Dense(1),
        ]
    )
    start_from(model, seed)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mae", metrics=["mse"])
    history = model.fit(
        x,
        y,
        epochs=20,
        batch_size=90,
        validation_split=0.25,
        callbacks=[
            keras.callbacks.ReduceLROnPlateau(
                monitor="loss", factor=0.5, patience=2, min_delta=1.0, verbose=1
            ),
            keras.callbacks.EarlyStopping(
                monitor="val_mse",
                baseline=0.0,
                patience=6,
                restore_best_weights=True,
                verbose=1,
            ),
            keras.callbacks.CSVLogger("log.csv"),
            keras.callbacks.TerminateOnNaN(),
        ],
        shuffle=chance,
        verbose=2,
    )
    log = np.genfromtxt("log.csv", delimiter=",", names=True)
    return results(model, history, x, columns=log.dtype.names, log=log.tolist())


def learning_rate_schedules(keras, seed=0, chance=False):
    """A rate that falls with every step, and one that is set before every epoch."""
    x, y = draw_classes(np.random.default_rng(7), 200, inputs=10, classes=4)

    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(16)])
    model.add(keras.layers.LeakyReLU(negative_slope=0.2))
    model.add(keras.layers.Dense(4))
    start_from(model, seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    falling = keras.optimizers.schedules.ExponentialDecay(
        0.1, decay_steps=4, decay_rate=0.5, staircase=True
    )
    model.compile(
        optimizer=keras.optimizers.SGD(falling, momentum=0.9, nesterov=True),
        loss=loss,
        metrics=["accuracy"],
    )
    settings = {"batch_size": 50, "shuffle": chance, "verbose": 2}
    first = model.fit(x, y, epochs=2, **settings)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, metrics=["accuracy"])
    history = model.fit(
        x,
        y,
        initial_epoch=2,
        epochs=4,
        callbacks=[
            keras.callbacks.LearningRateScheduler(
                lambda epoch, rate: rate / (1 + epoch), verbose=1
            )
        ],
        **settings,
    )
    return results(
        model,
        history,
        x,
        first=first.history,
        rate=float(model.optimizer.learning_rate),
    )


def resume_from_checkpoint(keras, seed=0, chance=False):
    """Train, keep the best model in a file, open it, and go on where it was."""
    x, y = draw_classes(np.random.default_rng(8), 200, inputs=10, classes=4)
    y = keras.utils.to_categorical(y, 4)

    model = keras.Sequential(
        [
            keras.Input((10,)),
            keras.layers.Dense(16, activation="silu"),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    start_from(model, seed)
    model.compile(
        optimizer=keras.optimizers.Adam(amsgrad=True),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    settings = {"batch_size": 50, "shuffle": chance, "verbose": 2}
    first = model.fit(
        x,
        y,
        epochs=2,
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                "best.keras", monitor="loss", save_best_only=True, verbose=1
            )
        ],
        **settings,
    )
    resumed = keras.models.load_model("best.keras")
    history = resumed.fit(x, y, initial_epoch=2, epochs=4, **settings)
    resumed.save_weights("last.weights.h5")
    model.load_weights("last.weights.h5")
    return results(model, history, x, first=first.history)


def generators(keras, seed=0, chance=False):
    """Batches that come one by one, without end."""

    def batches(seed):
        rng = np.random.default_rng(seed)
        while True:
            x, y = draw_curve(rng, 40)
            yield x, y[:, np.newaxis]

    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(24, activation="sigmoid"),
            keras.layers.Dense(1),
        ]
    )
    start_from(model, seed)
    model.compile(optimizer="adam", loss=keras.losses.Huber(), metrics=["mae", "mse"])
    history = model.fit(
        batches(seed if chance else 9),
        steps_per_epoch=5,
        epochs=4,
        validation_data=next(batches(10)),
        shuffle=False,
        verbose=2,
    )
    scores = model.evaluate(batches(11), steps=2, verbose=2)
    return results(model, history, next(batches(12))[0], scores=scores)


def custom_callback(keras, seed=0, chance=False):
    """A callback that writes down what it sees, and one made of functions."""

    class Diary(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.lines = []

        def write(self, hook, number=None, logs=None):
            self.lines.append((hook, number, sorted(logs or {})))

        def on_train_begin(self, logs=None):
            self.write("train begin", logs=logs)

        def on_train_end(self, logs=None):
            self.write("train end", logs=logs)

        def on_epoch_begin(self, epoch, logs=None):
            self.write("epoch begin", epoch, logs)

        def on_epoch_end(self, epoch, logs=None):
            self.write("epoch end", epoch, logs)
            self.model.stop_training = epoch == 2

        def on_train_batch_begin(self, batch, logs=None):
            self.write("train batch begin", batch, logs)

        def on_train_batch_end(self, batch, logs=None):
            self.write("train batch end", batch, logs)

        def on_test_begin(self, logs=None):
            self.write("test begin", logs=logs)

        def on_test_end(self, logs=None):
            self.write("test end", logs=logs)

        def on_test_batch_begin(self, batch, logs=None):
            self.write("test batch begin", batch, logs)

        def on_test_batch_end(self, batch, logs=None):
            self.write("test batch end", batch, logs)

        def on_predict_begin(self, logs=None):
            self.write("predict begin", logs=logs)

        def on_predict_end(self, logs=None):
            self.write("predict end", logs=logs)

        def on_predict_batch_begin(self, batch, logs=None):
            self.write("predict batch begin", batch, logs)

        def on_predict_batch_end(self, batch, logs=None):
            self.write("predict batch end", batch, logs)

    x, y = draw_classes(np.random.default_rng(13), 100, inputs=6, classes=2)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    start_from(model, seed)
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
    diary = Diary()
    losses = []
    keeps_losses = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: losses.append(float(logs["loss"]))
    )
    history = model.fit(
        x,
        y,
        epochs=5,
        steps_per_epoch=4,
        validation_split=0.2,
        callbacks=[diary, keeps_losses],
        shuffle=chance,
        verbose=2,
    )
    model.evaluate(x, y, callbacks=[diary], verbose=0)
    model.predict(x, callbacks=[diary], verbose=0)
    return results(
        model,
        history,
        x,
        diary=diary.lines,
        losses=losses,
        params=history.params,
    )


def transfer_by_set_weights(keras, seed=0, chance=False):
    """Learn one task, and take the first layer, frozen, along to the next."""
    rng = np.random.default_rng(14)
    x, y = draw_classes(rng, 160, inputs=12, classes=5)
    settings = {"batch_size": 40, "shuffle": chance, "verbose": 2}

    base = keras.Sequential(
        [
            keras.Input((3, 4)),
            keras.layers.Rescaling(0.5, offset=0.1),
            keras.layers.Flatten(),
            keras.layers.Dense(
                20, activation="relu", kernel_regularizer="l2", name="features"
            ),
            keras.layers.Dense(5, activation="softmax", name="head"),
        ]
    )
    start_from(base, seed)
    base.compile(
        optimizer=keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    x = x.reshape((160, 3, 4))
    base.fit(x, y, epochs=2, **settings)

    model = keras.models.clone_model(base)
    model.set_weights(base.get_weights())
    model.pop()
    model.add(keras.layers.Dense(1, activation="tanh", name="new_head"))
    features = model.get_layer("features")
    features.trainable = False
    start_from(model, seed + 1)
    features.set_weights(base.get_layer("features").get_weights())
    model.summary(show_trainable=True)
    model.compile(
        optimizer="sgd", loss="mean_squared_error", metrics=["mean_absolute_error"]
    )
    history = model.fit(x, (y > 2) - 0.5, epochs=2, **settings)
    return results(model, history, x, counts=model.count_params())


SCRIPTS = (
    classification_of_digits,
    topics_of_newswires,
    sentiment_of_reviews,
    prices_of_houses,
    dropout_and_l2,
    class_weights,
    callbacks,
    learning_rate_schedules,
    resume_from_checkpoint,
    generators,
    custom_callback,
    transfer_by_set_weights,
)
