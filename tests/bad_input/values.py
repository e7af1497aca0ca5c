"""What rows are made of: a model, data, and things that look like data."""

import numpy as np

ROWS, FEATURES, CLASSES = 6, 4, 3

# Data are full of this number, which no message may show, and text of this word.
SECRET = 0.123454321
WORD = "swordfish"

CATEGORICAL = "categorical_crossentropy"
SPARSE = "sparse_categorical_crossentropy"
BINARY = "binary_crossentropy"
MSE = "mean_squared_error"

LABELS = np.array([0, 1, 2, 0, 1, 2])
ONE_HOT = np.eye(CLASSES)[LABELS]


def an_x(*shape, dtype=np.float64):
    return np.full(shape or (ROWS, FEATURES), SECRET, dtype)


X = an_x()


def x_with(value, dtype=np.float64):
    """Return an x in which x[2, 1] is something special."""
    x = an_x(dtype=dtype)
    x[2, 1] = value
    return x


def y_with(value):
    """Return one-hot targets in which y[2, 1] is something special."""
    y = ONE_HOT.copy()
    y[2, 1] = value
    return y


def labels_with(value, dtype=np.float64):
    """Return labels of which the one at index 2 is something special."""
    labels = LABELS.astype(dtype)
    labels[2] = value
    return labels


def rows_with(row):
    """Return one-hot targets of which row 2 is something special."""
    y = ONE_HOT.copy()
    y[2] = row
    return y


def a_model(library, loss=CATEGORICAL, built=True):
    """Return a compiled model, trained a little unless it is to wait for its data."""
    layers = library.layers
    last = layers.Dense(CLASSES, "sigmoid" if loss == BINARY else "softmax")
    model = library.Sequential([layers.Dense(5, activation="relu"), last])
    optimizer = library.optimizers.RMSprop(momentum=0.5)
    # Keras on JAX would compile each of hundreds of models first.
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    if built:
        y = LABELS if loss == SPARSE else ONE_HOT
        model.fit(X, y, epochs=2, verbose=0)
    return model


class Sparse:
    """Looks like a matrix of scipy.sparse."""

    shape = (ROWS, FEATURES)

    def toarray(self):
        raise AssertionError("nobody asked for this much memory")


class OnAnotherDevice:
    """Looks like a tensor of PyTorch on a graphics card."""

    class device:
        type = "cuda"


class Liar:
    """Says that it has four features, and has five."""

    shape = (ROWS, FEATURES)

    def __len__(self):
        return ROWS

    def __array__(self, dtype=None, copy=None):
        return an_x(ROWS, 5)
