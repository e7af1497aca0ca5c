"""Mistakes in drawing: fastmlp.plot. matplotlib is asked for when all is checked."""

from bad_input.values import CLASSES, LABELS, ONE_HOT, ROWS, X, an_x

# fmt: off
# What all that draw answers are given: a model, inputs, and what they are.
_ANSWERS = {
    "no model": (lambda k, m, draw: draw(k.layers.Dense(3), X, LABELS), TypeError, "a model that was trained|Dense"),
    "3 features": (lambda k, m, draw: draw(m, X[:, :3], LABELS), ValueError, "expects 4 features|Give x 4 columns"),
    "no samples": (lambda k, m, draw: draw(m, X[:0], LABELS[:0]), ValueError, "no samples|give some"),
    "too few labels": (lambda k, m, draw: draw(m, X, LABELS[:4]), ValueError, "x has 6 rows, but y has 4|as many"),
    "a label too high": (lambda k, m, draw: draw(m, X, LABELS + 1), ValueError, "found 3 at index 2|y - 1"),
    "two classes of three": (lambda k, m, draw: draw(m, X, ONE_HOT[:, :2]), ValueError, "y has shape (6, 2)|one-hot rows of 3"),
    "rows that are not one-hot": (lambda k, m, draw: draw(m, X, ONE_HOT * 2), ValueError, "row 0 is not one-hot|one label a row"),
    "words": (lambda k, m, draw: draw(m, X, ["a", "b", "c"] * 2), TypeError, "y holds text|np.unique"),
    "two names": (lambda k, m, draw: draw(m, X, LABELS, class_names=["a", "b"]), ValueError, "3 classes, but class_names has 2|one name a class"),
    "one name": (lambda k, m, draw: draw(m, X, LABELS, class_names="abc"), TypeError, "class_names must be a list|'abc'"),
}


def _answers(name):
    return {
        f"plot.{name}: {what}": (
            lambda k, m, call=call: call(k, m, getattr(k.plot, name)),
            *rest,
        )
        for what, (call, *rest) in _ANSWERS.items()
    }


def six(k):
    """Return a model of 6 inputs, which are no square image."""
    last = k.layers.Dense(CLASSES, "softmax", kernel_initializer="zeros", input_shape=(6,))
    return k.Sequential([last])


OWN = {
    **_answers("confusion_matrix"),
    **_answers("mistakes"),
    "plot.history: a list": (lambda k: k.plot.history([0.5, 0.4]), TypeError, "dictionary of lists|list"),
    "plot.history: a model": (lambda k, m: k.plot.history(m), TypeError, "what `fit` returns|Sequential"),
    "plot.history: nothing": (lambda k: k.plot.history({}), ValueError, "is empty|`fit`"),
    "plot.history: no epoch": (lambda k: k.plot.history({"loss": []}), ValueError, "is empty|`fit`"),
    "plot.history: a metric that is not there": (lambda k: k.plot.history({"loss": [1.0]}, "accuracy"), ValueError, "'accuracy'|It has loss"),
    "plot.history: a metric misspelled": (lambda k: k.plot.history({"loss": [1.0]}, "los"), ValueError, "'los'|mean 'loss'?"),
    "plot.history: one of validation": (lambda k: k.plot.history({"loss": [1.0], "val_loss": [1.0]}, "val_loss"), ValueError, "'val_loss'|beside 'loss': name that"),
    "plot.history: no metrics": (lambda k: k.plot.history({"loss": [1.0]}, []), ValueError, "metrics is empty|leave it out"),
    "plot.history: a word for a number": (lambda k: k.plot.history({"loss": ["low"]}), TypeError, "loss holds text|leave it out"),
    "plot.history: epochs unknown": (lambda k: k.plot.history({"loss": [1.0] * 10, "val_loss": [1.0] * 4}), ValueError, "val_loss has 4 values for 10 epochs|Leave it out"),
    "plot.network: a layer": (lambda k: k.plot.network(k.layers.Dense(3)), TypeError, "can be drawn is a model|Dense"),
    "plot.network: not built": (lambda k: k.plot.network(k.Sequential([k.layers.Dense(3)])), ValueError, "not built|model.build"),
    "plot.network: rankdir": (lambda k, m: k.plot.network(m, rankdir="top"), ValueError, "'TB'|'LR'|'top'"),
    "plot.network: expand_nested": (lambda k, m: k.plot.network(m, expand_nested="yes"), TypeError, "expand_nested must be True or False|'yes'"),
    "plot.mistakes: count": (lambda k, m: k.plot.mistakes(m, X, LABELS, 0), ValueError, "count must be at least 1|0"),
    "plot.mistakes: no images": (lambda k, m: k.plot.mistakes(six(k), an_x(ROWS, 6), LABELS), ValueError, "6 numbers|image_shape=(rows, columns)"),
    "plot.mistakes: an image of another size": (lambda k, m: k.plot.mistakes(m, X, LABELS, image_shape=(3, 3)), ValueError, "image_shape=(3, 3) has 9 numbers|a sample has 4"),
    "plot.mistakes: an image of one side": (lambda k, m: k.plot.mistakes(m, X, LABELS, image_shape=4), TypeError, "image_shape must be (rows, columns)|4"),
    "plot.decision_boundary: four features": (lambda k, m: k.plot.decision_boundary(m, X, LABELS), ValueError, "x has shape (6, 4)|two columns"),
    "plot.decision_boundary: one name": (lambda k, m: k.plot.decision_boundary(m, X[:, :2], LABELS, feature_names=["a"]), ValueError, "feature_names must be two texts|one for each column"),
    "plot.weights: no model": (lambda k: k.plot.weights(X), TypeError, "those of a model|ndarray"),
    "plot.weights: not built": (lambda k: k.plot.weights(k.Sequential([k.layers.Dense(3)])), ValueError, "is not built|input shape"),
    "plot.weights: nothing to show": (lambda k: k.plot.weights(k.Sequential([k.layers.Activation("relu", input_shape=(4,))])), ValueError, "no layer with weights|as Dense has"),
    "plot.weights: no such layer": (lambda k, m: k.plot.weights(m, "hidden"), ValueError, "no layer 'hidden'|Layers with such weights: dense"),
    "plot.weights: another model's": (lambda k, m: k.plot.weights(m, k.layers.Dense(3, name="other")), ValueError, "no layer 'other'|Layers with such weights"),
    "plot.weights: a number": (lambda k, m: k.plot.weights(m, 0), TypeError, "a layer or its name|0"),
    "plot.weights: count": (lambda k, m: k.plot.weights(m, count=2.5), TypeError, "count must be a whole number|2.5"),
    "plot.weights: no images": (lambda k: k.plot.weights(six(k)), ValueError, "6 numbers|image_shape=(rows, columns)"),
    "plot.activations: no model": (lambda k: k.plot.activations(X, X), TypeError, "those of a model|ndarray"),
    "plot.activations: six samples": (lambda k, m: k.plot.activations(m, X), ValueError, "x has 6 samples|x[0]"),
    "plot.activations: half a sample": (lambda k, m: k.plot.activations(m, X[0, :2]), ValueError, "x has shape (2,)|has shape (4,)"),
    "plot.activations: not built": (lambda k: k.plot.activations(k.Sequential([k.layers.Dense(3)]), X[0]), ValueError, "is not built|inspect.trace"),
    "plot.activations: two names": (lambda k, m: k.plot.activations(m, X[0], ["a", "b"]), ValueError, "3 classes, but class_names has 2|one name a class"),
    "plot.activations: image_shape": (lambda k, m: k.plot.activations(m, X[0], image_shape=(3, 3)), ValueError, "image_shape=(3, 3) has 9 numbers|a sample has 4"),
}
