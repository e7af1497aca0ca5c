"""Mistakes in the arguments of compile, fit, evaluate, predict and their kin."""

import numpy as np

from bad_input.values import (
    CATEGORICAL,
    CLASSES,
    LABELS,
    MSE,
    ONE_HOT,
    ROWS,
    SECRET,
    SPARSE,
    WORD,
    X,
    an_x,
    labels_with,
    x_with,
)  # fmt: skip

# fmt: off
NO_COUNT = {
    "0": (0, ValueError, "at least 1|0"),
    "-4": (-4, ValueError, "at least 1|-4"),
    "2.5": (2.5, TypeError, "whole number|2.5"),
    "nan": (np.nan, TypeError, "whole number|nan"),
    "'32'": ("32", TypeError, "whole number|'32'"),
    "True": (True, TypeError, "whole number|True"),
    "an array": (X, TypeError, "whole number|ndarray"),
}
NO_VERBOSITY = {
    "'loud'": ("loud", ValueError, "verbose must be 'auto', 0, 1, 2 or 3|'loud'"),
    "7": (7, ValueError, "verbose must be 'auto', 0, 1, 2 or 3|7"),
    "-1": (-1, ValueError, "verbose must be 'auto', 0, 1, 2 or 3|-1"),
    "None": (None, ValueError, "verbose must be 'auto', 0, 1, 2 or 3|None"),
    "an array": (X, ValueError, "verbose must be 'auto', 0, 1, 2 or 3|ndarray"),
}
NO_CALLBACKS = {
    "3": (lambda k: 3, TypeError, "callbacks|Callback|int"),
    "'early'": (lambda k: "early", TypeError, "callbacks|Callback|str"),
    "a callback and 3": (lambda k: [k.callbacks.History(), 3], TypeError, "callbacks|Callback|int"),
    "a class": (lambda k: [k.callbacks.TerminateOnNaN], TypeError, "class TerminateOnNaN|TerminateOnNaN()"),
    "a function": (lambda k: [lambda epoch, logs: None], TypeError, "callbacks|Callback|function"),
}
NO_SAMPLE_WEIGHT = {
    "a number": (SECRET, ValueError, "sample_weight|(6,)|()"),
    "one too many": (an_x(ROWS + 1), ValueError, "sample_weight|(6,)|(7,)"),
    "two columns": (an_x(ROWS, 2), ValueError, "sample_weight|(6,)|(6, 2)"),
    "a row": (an_x(1, ROWS), ValueError, "sample_weight|(6,)|(1, 6)"),
    "words": ([WORD] * ROWS, TypeError, "sample_weight holds text|np.asarray(sample_weight, float)"),
    "a dictionary": ({0: SECRET}, TypeError, "sample_weight must be an array|dict"),
    "complex": (an_x(ROWS) * 1j, TypeError, "sample_weight|complex128|np.abs"),
    "masked": (np.ma.masked_equal(LABELS, 2), ValueError, "sample_weight is a masked array|filled(0)"),
    "NaN": (labels_with(np.nan), ValueError, "sample_weight[2] is NaN|replace"),
    "1e300": (labels_with(1e300), ValueError, "sample_weight[2] is infinite|replace"),
    "negative": (labels_with(-1), ValueError, "sample_weight[2] is negative|at least 0"),
}
NO_CLASS_WEIGHT = {
    "a list": ([1.0, SECRET], TypeError, "class_weight|{0: 1.0, 1: 5.0}|list"),
    "'balanced'": ("balanced", TypeError, "class_weight|dictionary|'balanced'"),
    "a number": (5.0, TypeError, "class_weight|dictionary|5.0"),
    "a word for a class": ({"cat": 1.0}, TypeError, "class in class_weight|whole number|'cat'"),
    "half a class": ({0.5: 1.0}, TypeError, "class in class_weight|whole number|0.5"),
    "class -1": ({-1: 1.0}, ValueError, "class in class_weight|at least 0|-1"),
    "class 3 of 3": ({3: 1.0}, ValueError, "class_weight|class 3|0..2|count the classes from 0"),
    "a word for a weight": ({1: "high"}, TypeError, "weight of class 1|number|'high'"),
    "None for a weight": ({1: None}, TypeError, "weight of class 1|number|None"),
    "NaN for a weight": ({1: np.nan}, ValueError, "weight of class 1|finite|nan"),
    "a negative weight": ({1: -1.0}, ValueError, "weight of class 1|at least 0|-1"),
    "1e300 for a weight": ({1: 1e300}, ValueError, "weight of class 1|finite in float32"),
}
FIT = {
    "epochs": {
        "-1": (-1, ValueError, "epochs must be at least 0|-1"),
        "2.5": (2.5, TypeError, "epochs must be a whole number|2.5"),
        "None": (None, TypeError, "epochs must be a whole number|None"),
        "'5'": ("5", TypeError, "epochs must be a whole number|'5'"),
        "True": (True, TypeError, "epochs must be a whole number|True"),
        "a list": ([5], TypeError, "epochs must be a whole number|list"),
    },
    "initial_epoch": {
        "-1": (-1, ValueError, "initial_epoch must be at least 0|-1"),
        "0.5": (0.5, TypeError, "initial_epoch must be a whole number|0.5"),
        "beyond epochs": (7, UserWarning, "Nothing is trained|initial_epoch=7|not how many are added"),
    },
    "batch_size": NO_COUNT,
    "steps_per_epoch": NO_COUNT,
    "validation_steps": NO_COUNT,
    "validation_batch_size": NO_COUNT,
    "verbose": NO_VERBOSITY,
    "sample_weight": NO_SAMPLE_WEIGHT,
    "class_weight": NO_CLASS_WEIGHT,
    "shuffle": {
        "'yes'": ("yes", ValueError, "shuffle must be True, False or 'batch'|'yes'"),
        "2": (2, TypeError, "shuffle must be True or False|2"),
        "None": (None, TypeError, "shuffle must be True or False|None"),
    },
    "validation_split": {
        "1.0": (1.0, ValueError, "validation_split|below 1|1.0"),
        "20": (20, ValueError, "validation_split|below 1|20"),
        "-0.1": (-0.1, ValueError, "validation_split|at least 0|-0.1"),
        "nan": (np.nan, ValueError, "validation_split|at least 0|nan"),
        "'0.2'": ("0.2", ValueError, "validation_split|at least 0|'0.2'"),
        "an array": (X, ValueError, "validation_split|at least 0|ndarray"),
        "0.99 of 6": (0.99, ValueError, "6 samples|0.99|empty"),
    },
    "validation_data": {
        "x alone": (X, ValueError, "validation_data|(x, y)|ndarray"),
        "a tuple of x": ((X,), ValueError, "(x, y)|tuple of 1"),
        "four arrays": ((X, ONE_HOT, LABELS, LABELS), ValueError, "(x, y)|tuple of 4"),
        "3": (3, ValueError, "validation_data|(x, y)|int"),
        "'test'": ("test", ValueError, "validation_data|(x, y)|str"),
        "a share": (0.2, ValueError, "validation_data|(x, y)|float|validation_split"),
        "weights that are a number": ((X, ONE_HOT, 1), ValueError, "In validation_data|sample_weight|(6,)"),
        "x of 3 features": ((an_x(ROWS, 3), ONE_HOT), ValueError, "In validation_data|4 features|Give x 4 columns"),
        "labels": ((X, LABELS), ValueError, "In validation_data|integer|to_categorical"),
        "x and y swapped": ((ONE_HOT, X), ValueError, "In validation_data|4 features|x has 3"),
        "y of other rows": ((X, ONE_HOT[:2]), ValueError, "In validation_data|6 rows|2 rows"),
        "NaN": ((x_with(np.nan), ONE_HOT), ValueError, "In validation_data|x[2, 1] is NaN|replace"),
        "no rows": ((X[:0], ONE_HOT[:0]), ValueError, "In validation_data|x has 0 samples|at least one"),
    },
    "validation_freq": {
        "0": (0, ValueError, "validation_freq|at least 1|0"),
        "1.5": (1.5, TypeError, "validation_freq|whole number|1.5"),
        "['2']": (["2"], TypeError, "validation_freq|whole number|'2'"),
        "[0]": ([0], ValueError, "validation_freq|at least 1|0"),
    },
}
EVALUATE = {
    "batch_size": NO_COUNT,
    "steps": NO_COUNT,
    "verbose": NO_VERBOSITY,
    "sample_weight": NO_SAMPLE_WEIGHT,
    "return_dict": {"'no'": ("no", TypeError, "return_dict must be True or False|'no'")},
}
PREDICT = {"batch_size": NO_COUNT, "steps": NO_COUNT, "verbose": NO_VERBOSITY}
COMPILE = {
    "optimizer": {
        "'rmspropp'": (lambda k: "rmspropp", ValueError, "rmspropp|mean 'rmsprop'?|sgd"),
        "'xyz'": (lambda k: "xyz", ValueError, "optimizer|'xyz'|rmsprop|sgd"),
        "None": (lambda k: None, ValueError, "optimizer|NoneType|rmsprop"),
        "3": (lambda k: 3, ValueError, "optimizer|int|rmsprop"),
        "a learning rate": (lambda k: 0.01, ValueError, "optimizer|float|Adam()"),
        "a dictionary": (lambda k: {"lr": 1}, ValueError, "optimizer|class_name|config"),
        "a loss": (lambda k: k.losses.MeanSquaredError(), ValueError, "optimizer|MeanSquaredError|rmsprop"),
    },
    "loss": {
        "None": (lambda k: None, ValueError, "needs a loss|categorical_crossentropy"),
        "'categorical'": (lambda k: "categorical", ValueError, "loss|'categorical'|mean 'categorical_crossentropy'?|mse"),
        "'categorical_crosentropy'": (lambda k: "categorical_crosentropy", ValueError, "'categorical_crosentropy'|Did you mean 'categorical_crossentropy'?"),
        "'MeanSquaredEror'": (lambda k: "MeanSquaredEror", ValueError, "MeanSquaredEror|Did you mean 'mean_squared_error'?"),
        "'accuracy'": (lambda k: "accuracy", ValueError, "loss|'accuracy'|mse"),
        "3": (lambda k: 3, ValueError, "loss|int|categorical_crossentropy"),
        "an array": (lambda k: X, ValueError, "loss|ndarray|with a `call`"),
        "one for each row": (lambda k: k.losses.MeanSquaredError(reduction=None), ValueError, "'mean_squared_error'|reduction=None|Leave `reduction` out"),
        "softmax twice": (lambda k: k.losses.CategoricalCrossentropy(from_logits=True), UserWarning, "from_logits=True|softmax|Leave one out"),
    },
    "metrics": {
        "'accuracy'": (lambda k: "accuracy", ValueError, "list|['accuracy']|str"),
        "a dictionary": (lambda k: {"out": "acc"}, ValueError, "metrics|'out'|['accuracy']"),
        "'acuracy'": (lambda k: ["acuracy"], ValueError, "'acuracy'|mean 'accuracy'?"),
        "None among them": (lambda k: ["accuracy", None], ValueError, "metric|NoneType|accuracy"),
        "len": (lambda k: [len], ValueError, "metric|builtin|accuracy"),
        "binary_accuracy for classes": (lambda k: ["binary_accuracy"], UserWarning, "'binary_accuracy'|each output by itself|'accuracy'"),
        "the best 5 of 3 classes": (lambda k: [k.metrics.TopKCategoricalAccuracy()], UserWarning, "always 1|3 outputs|'accuracy'"),
        "an ignored class": (lambda k: [k.losses.SparseCategoricalCrossentropy(ignore_class=0)], ValueError, "ignore_class|mean over all rows"),
        "a sum": (lambda k: [k.losses.Huber(reduction="sum")], ValueError, "huber_loss|reduction='sum'|mean over the rows"),
    },
    "weighted_metrics": {
        "'acc'": (lambda k: "acc", ValueError, "weighted_metrics|list|str"),
        "'acuracy'": (lambda k: ["acuracy"], ValueError, "'acuracy'|mean 'accuracy'?"),
    },
    "loss_weights": {
        "metrics, as third argument": (lambda k: ["accuracy"], ValueError, "loss_weights|third argument|metrics=[...]"),
    },
}
# Whole calls, where arguments do not go together.
CALLS = {
    "Sequential.fit: two kinds of weights": (lambda k, m: m.fit(X, ONE_HOT, sample_weight=np.ones(ROWS), class_weight={0: 2.0}), ValueError, "`class_weight` and `sample_weight`|multiply"),
    "Sequential.fit: data for validation, and a share": (lambda k, m: m.fit(X, ONE_HOT, verbose=0, validation_split=0.5, validation_data=(X, ONE_HOT)), UserWarning, "validation_split is not used|leave one of them out"),
    "Sequential.fit: a generator and y": (lambda k, m: m.fit(iter([(X, ONE_HOT)]), ONE_HOT, verbose=0), ValueError, "x gives batches|leave y"),
    "Sequential.fit: a generator and a share to validate on": (lambda k, m: m.fit(iter([(X, ONE_HOT)]), validation_split=0.5, verbose=0), ValueError, "validation_split|x gives batches|validation_data"),
    "Sequential.fit: an empty generator": (lambda k, m: m.fit(iter([]), verbose=0), ValueError, "x gives no batches|empty"),
    "Sequential.fit: a generator of four": (lambda k, m: m.fit(iter([(X,) * 4]), verbose=0), ValueError, "(x, y)|of 4"),
    "Sequential.fit: a generator of rows": (lambda k, m: m.fit((row for row in zip(X, ONE_HOT, strict=True)), verbose=0), ValueError, "In batch 0|(4,)|x[None]"),
    "Sequential.fit: no data": (lambda k, m: m.fit(), TypeError, "no inputs|pass x"),
    "Sequential.fit: no rows": (lambda k, m: m.fit(X[:0], ONE_HOT[:0], verbose=0), ValueError, "x has 0 samples|at least one"),
    "Sequential.fit: y and x swapped": (lambda k, m: m.fit(ONE_HOT, X, verbose=0), ValueError, "4 features|x has 3"),
    "Sequential.fit: epoch=5": (lambda k, m: m.fit(X, ONE_HOT, epoch=5), TypeError, "'epoch'|Did you mean 'epochs'?"),
    "Sequential.compile: optimiser=": (lambda k, m: m.compile(optimiser="sgd"), TypeError, "'optimiser'|Did you mean 'optimizer'?"),
    "Sequential.evaluate: no rows": (lambda k, m: m.evaluate(X[:0], ONE_HOT[:0], verbose=0), ValueError, "x has 0 samples|at least one"),
    "Sequential.evaluate: not compiled": (lambda k, m: k.Sequential([k.layers.Dense(3)]).evaluate(X, ONE_HOT), ValueError, "compile()|model.compile("),
    "Sequential.fit: not compiled": (lambda k, m: k.Sequential([k.layers.Dense(3)]).fit(X, ONE_HOT), ValueError, "compile()|model.compile("),
    "Sequential.train_on_batch: not compiled": (lambda k, m: k.Sequential([k.layers.Dense(3)]).train_on_batch(X, ONE_HOT), ValueError, "compile()|model.compile("),
    "Sequential.test_on_batch: not compiled": (lambda k, m: k.Sequential([k.layers.Dense(3)]).test_on_batch(X, ONE_HOT), ValueError, "compile()|model.compile("),
    "Sequential.predict: no layers": (lambda k, m: k.Sequential().predict(X, verbose=0), ValueError, "no layers|model.add(layer)"),
    "Sequential.train_on_batch: negative weights": (lambda k, m: m.train_on_batch(X, ONE_HOT, sample_weight=-np.ones(ROWS)), ValueError, "sample_weight[0] is negative|at least 0"),
    "Sequential.train_on_batch: a class that is not there": (lambda k, m: m.train_on_batch(X, ONE_HOT, class_weight={7: 1.0}), ValueError, "class 7|0..2"),
    "Sequential.train_on_batch: return_dict='no'": (lambda k, m: m.train_on_batch(X, ONE_HOT, return_dict="no"), TypeError, "return_dict must be True or False|'no'"),
    "Sequential.train_on_batch: a generator": (lambda k, m: m.train_on_batch((row for row in X), ONE_HOT), TypeError, "array of numbers|generator"),
    "Sequential.test_on_batch: return_dict='no'": (lambda k, m: m.test_on_batch(X, ONE_HOT, return_dict="no"), TypeError, "return_dict must be True or False|'no'"),
    "Sequential.test_on_batch: a generator": (lambda k, m: m.test_on_batch((row for row in X), ONE_HOT), TypeError, "array of numbers|generator"),
    "Sequential.predict_on_batch: one row of three": (lambda k, m: m.predict_on_batch(an_x(1, 3)), ValueError, "4 features|x has 3"),
    "Sequential.__call__: training='no'": (lambda k, m: m(X, training="no"), TypeError, "training must be True or False|'no'"),
    "Sequential.compile: one unit and a categorical loss": (lambda k, m: _compile(k, 1, "softmax", CATEGORICAL), UserWarning, "softmax over one unit|always 1|'sigmoid'"),
    "Sequential.compile: softmax over one unit": (lambda k, m: _compile(k, 1, "softmax", MSE), UserWarning, "softmax over one unit|always 1|one unit a class"),
    "Sequential.compile: one unit for classes": (lambda k, m: _compile(k, 1, None, SPARSE), UserWarning, "activation|softmax|from_logits"),
    "Sequential.compile: no softmax before a cross-entropy": (lambda k, m: _compile(k, CLASSES, None, CATEGORICAL), UserWarning, "expects probabilities|softmax|from_logits"),
    "Sequential.compile: relu before a cross-entropy": (lambda k, m: _compile(k, CLASSES, "relu", CATEGORICAL), UserWarning, "'relu'|'softmax'|from_logits"),
    "Sequential.compile: a cell of add run twice": (lambda k, m: _compile(k, CLASSES, "softmax", CATEGORICAL, times=2), UserWarning, "is a softmax|run twice"),
    "Sequential.compile: the optimizer of another model": (lambda k, m: _compile(k, CLASSES, "softmax", CATEGORICAL, optimizer=m.optimizer), ValueError, "belongs to the model|Make a new RMSprop"),
}
# fmt: on


def _compile(library, units, activation, loss, times=1, optimizer="sgd"):
    model = library.Sequential()
    for _ in range(times):
        model.add(library.layers.Dense(5, "relu"))
        model.add(library.layers.Dense(units, activation))
    model.compile(optimizer, loss)
    if units == CLASSES:
        model.fit(X, ONE_HOT, verbose=0)
