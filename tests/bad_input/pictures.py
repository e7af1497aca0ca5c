"""Mistakes in drawing: fastmlp.plot."""

# fmt: off
OWN = {
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
}
