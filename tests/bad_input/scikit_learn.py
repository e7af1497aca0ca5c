"""The same mistakes in scikit-learn, where it has a call for them.

Its perceptron has no layers: what a layer or an optimizer is told elsewhere, it is told
when it is made, and looks at it in `fit`.
"""

import numpy as np

from bad_input import data, running
from bad_input.values import LABELS, ONE_HOT, WORD, X, an_x

# It learns from any number of features, and from any labels.
_NO_MISTAKE_IN_X = {"one feature too many", "one feature too few"}
_MISTAKES_IN_Y = {
    *("no labels", "one label less", "those of the test data", "a number", "complex"),
    *("another axis", "images", "NaN one-hot", "infinite one-hot", "a masked array"),
    *("a dictionary", "an infinite label", "half a label", "a NaN label"),
    *("a NaN target", "an infinite target", "one row more", "a generator"),
}


def _network(**settings):
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(**{"max_iter": 2, "hidden_layer_sizes": (5,), **settings})


def _regression(**settings):
    from sklearn.neural_network import MLPRegressor

    return MLPRegressor(max_iter=2, hidden_layer_sizes=(5,), **settings)


def _fit(x, y=LABELS, **weights):
    return lambda: _network().fit(x(), y() if callable(y) else y, **weights)


def _set(**settings):
    return lambda: _network(**settings).fit(X, LABELS)


def _predict(x):
    return lambda: _network().fit(X, LABELS).predict(x())


def _scaled(x):
    def call():
        from sklearn.preprocessing import StandardScaler

        StandardScaler().fit(x)

    return call


def _scored(name, *arguments):
    def call():
        import sklearn.metrics

        getattr(sklearn.metrics, name)(*arguments)

    return call


def _rows_of_data():
    rows = {}
    for name, (make, *_) in data.X_MISTAKES.items():
        rows[f"Sequential.predict: x is {name}"] = _predict(make)
        if name not in _NO_MISTAKE_IN_X:
            rows[f"Sequential.fit: x is {name}"] = _fit(make)
    for name, (make, *_) in data.NOT_FINITE.items():
        rows[f"Sequential.fit: x has {name}"] = _fit(make)
    for name, (make, *_) in data.ODD_X.items():
        rows[f"Sequential.fit: x is {name}"] = _fit(make)
    for name, (loss, make, *_) in data.Y_MISTAKES.items():
        if name in _MISTAKES_IN_Y:
            numbers = loss == "mean_squared_error"
            kind = _regression if numbers else _network
            rows[f"Sequential.fit: y is {name}"] = lambda kind=kind, make=make: (
                kind().fit(X, make())
            )
    for name, (weight, *_) in running.NO_SAMPLE_WEIGHT.items():
        fit = _fit(lambda: X, sample_weight=weight)
        rows[f"Sequential.fit: sample_weight={name}"] = fit
    return rows


def _settings(row, argument, values, **others):
    return {
        f"{row}{name}": _set(**{argument: value}, **others)
        for name, value in values.items()
    }


def _values(table):
    return {name: value for name, (value, *_) in table.items()}


_COUNTS = _values(running.NO_COUNT)
_SHARES = _values(running.FIT["validation_split"])
_EPOCHS = _values(running.FIT["epochs"])
_UNITS = {"0": 0, "-3": -3, "2.5": 2.5, "'64'": "64", "None": None}

# fmt: off
CALLS = {
    **_rows_of_data(),
    **_settings("Sequential.fit: epochs=", "max_iter", _EPOCHS),
    **_settings("Sequential.fit: batch_size=", "batch_size", _COUNTS),
    **_settings("Sequential.fit: validation_split=", "validation_fraction", _SHARES, early_stopping=True),
    **_settings("Sequential.fit: shuffle=", "shuffle", {"'yes'": "yes", "2": 2, "None": None}),
    **_settings("Sequential.fit: verbose=", "verbose", {"'loud'": "loud", "None": None, "an array": X}),
    **{f"layers.Dense: {name} units": _set(hidden_layer_sizes=(units,)) for name, units in _UNITS.items()},
    **_settings("Sequential.compile: optimizer=", "solver", {"'rmspropp'": "rmspropp", "'xyz'": "xyz", "None": None, "3": 3}),
    "layers.Dense: rleu": _set(activation="rleu"),
    "layers.Dense: an array as activation": _set(activation=X),
    "layers.Activation: foo": _set(activation="foo"),
    "layers.Activation: 3": _set(activation=3),
    "optimizers.SGD: a negative learning rate": _set(learning_rate_init=-0.1),
    "optimizers.SGD: a NaN learning rate": _set(learning_rate_init=np.nan),
    "optimizers.SGD: '0.1'": _set(learning_rate_init="0.1"),
    "optimizers.SGD: None": _set(learning_rate_init=None),
    "optimizers.SGD: momentum 2": _set(solver="sgd", momentum=2),
    "optimizers.SGD: nesterov='no'": _set(solver="sgd", nesterovs_momentum="no"),
    "optimizers.SGD: momentun": _set(momentun=0.9),
    "optimizers.Adam: beta_1 1": _set(beta_1=1),
    "optimizers.Adam: beta_2 -1": _set(beta_2=-1),
    "optimizers.Adam: beta1": _set(beta1=0.9),
    "optimizers.RMSprop: epsilon 0": _set(epsilon=0),
    "optimizers.RMSprop: epsilon -1": _set(epsilon=-1),
    "regularizers.L2: '0.01'": _set(alpha="0.01"),
    "regularizers.L1: -1": _set(alpha=-1),
    "regularizers.L1L2: NaN": _set(alpha=np.nan),
    "callbacks.EarlyStopping: patience -1": _set(n_iter_no_change=-1, early_stopping=True),
    "callbacks.EarlyStopping: patience '3'": _set(n_iter_no_change="3", early_stopping=True),
    "utils.set_random_seed: -1": _set(random_state=-1),
    "utils.set_random_seed: 0.5": _set(random_state=0.5),
    "utils.set_random_seed: 'a'": _set(random_state="a"),
    "utils.set_random_seed: 2**32": _set(random_state=2**32),
    "Sequential.fit: no data": lambda: _network().fit(),
    "Sequential.fit: no rows": _fit(lambda: X[:0], LABELS[:0]),
    "Sequential.fit: epoch=5": _set(max_iters=5),
    "layers.Normalization: adapt to one row": _scaled(an_x(4)),
    "layers.Normalization: adapt to words": _scaled([[WORD]]),
    "layers.Normalization: adapt to NaN": _scaled([[np.nan]]),
    "metrics.Accuracy: two shapes": _scored("accuracy_score", [1, 2], [1]),
    "metrics.AUC: words": _scored("roc_auc_score", [0, 1], [0.5, WORD]),
    "metrics.TopKCategoricalAccuracy: k=0": lambda: _top_k(0),
    "metrics.SparseTopKCategoricalAccuracy: k=1.5": lambda: _top_k(1.5),
    "metrics.MeanSquaredError: two shapes": _scored("mean_squared_error", X, an_x(5, 4)),
    "metrics.MeanAbsoluteError: complex": _scored("mean_absolute_error", X * 1j, X),
    "metrics.Recall: negative weights": lambda: _recall(),
    "losses.SparseCategoricalCrossentropy: a label too large": _scored("log_loss", [2], [[1, 0]]),
    "losses.categorical_crossentropy: words": _scored("log_loss", [[WORD]], [[1]]),
    "losses.mean_squared_error: two shapes": _scored("mean_squared_error", X, an_x(6, 3)),
    "losses.mean_absolute_error: two shapes": _scored("mean_absolute_error", X, an_x(5, 4)),
}
# fmt: on


def _top_k(k):
    from sklearn.metrics import top_k_accuracy_score

    top_k_accuracy_score(LABELS, ONE_HOT, k=k)


def _recall():
    from sklearn.metrics import recall_score

    recall_score([1, 0], [1, 0], sample_weight=[-1.0, 1.0])
