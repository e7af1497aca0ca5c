"""What a notebook shows of models and histories."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from fastmlp import Input, Model, layers, models
from fastmlp.callbacks import History


def table_in(shown):
    """Return the cells of the table, row by row, of HTML that is well-formed."""
    root = ElementTree.fromstring(shown)
    rows = root.iter("tr")
    return [["".join(cell.itertext()) for cell in row] for row in rows]


def test_a_model_is_shown_as_the_table_of_its_layers_beside_their_drawing():
    model = models.Sequential(
        [layers.Dense(3, "relu", input_shape=(4,), name="hidden"), layers.Dropout(0.5)]
    )
    shown = model._repr_html_()
    assert table_in(shown) == [
        ["Layer (type)", "Output Shape", "Param #"],
        ["hidden (Dense)", "(None, 3)", "15"],
        [f"{model.layers[1].name} (Dropout)", "(None, 3)", "0"],
    ]
    assert "Total params: 15 (60.00 B)" in shown
    assert shown.count("<svg") == 1


def test_a_graph_says_what_its_layers_are_connected_to():
    inputs = Input((4,), name="measured")
    both = layers.Concatenate()([layers.Dense(2)(inputs), inputs])
    header, first, *_ = table_in(Model(inputs, both)._repr_html_())
    assert header[-1] == "Connected to"
    assert first[0] == "measured (InputLayer)"


def test_a_model_without_shapes_says_so_in_place_of_a_drawing():
    shown = models.Sequential([layers.Dense(3)])._repr_html_()
    assert "Not built yet" in shown
    assert "<svg" not in shown


def test_a_model_of_very_many_layers_is_not_drawn_by_the_way():
    deep = [layers.Dense(1, input_shape=(1,)), *[layers.Dense(1) for _ in range(60)]]
    shown = models.Sequential(deep)._repr_html_()
    assert "fastmlp.plot.network" in shown
    assert "<svg" not in shown


def test_names_are_text_and_never_markup():
    model = models.Sequential(
        [layers.Dense(2, input_shape=(1,), name="<script>")], name="a & <b>"
    )
    assert "<script>" not in model._repr_html_()
    assert table_in(model._repr_html_())[1][0] == "<script> (Dense)"
    history = History()
    history.on_epoch_end(0, {"<i>loss": 0.5})
    assert table_in(history._repr_html_())[1][0] == "<i>loss"


def test_nothing_is_fetched_and_nothing_is_run():
    model = models.Sequential([layers.Dense(2, input_shape=(1,))])
    model.compile("sgd", "mse")
    history = model.fit(np.ones((4, 1)), np.ones((4, 2)), epochs=2, verbose=0)
    for shown in (model._repr_html_(), history._repr_html_()):
        assert not re.search(r"<script|<link|<img|url\(|href|src=|\bon\w+=", shown)
        assert set(re.findall(r'https?://[^"]*', shown)) <= {
            "http://www.w3.org/2000/svg"
        }


@pytest.fixture
def history():
    history = History()
    losses, accuracies = [2.0, 5e-4, 0.5], [0.25, 0.5, 0.75]
    for epoch, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True)):
        history.on_epoch_end(epoch, {"accuracy": accuracy, "loss": loss})
    return history


def test_a_history_is_shown_as_the_table_of_its_curves(history):
    assert table_in(history._repr_html_()) == [
        ["", "first", "last", "best", "at epoch", "curve"],
        ["accuracy", "0.2500", "0.7500", "0.7500", "3", ""],
        ["loss", "2.0000", "0.5000", "5.0000e-04", "2", ""],
    ]
    assert history._repr_html_().count("<polyline") == 2
    assert repr(history) == "<History of 3 epochs: accuracy, loss>"


def test_a_history_leaves_open_what_it_cannot_know(history):
    history.history["score"] = [1.0, np.nan, 3.0]
    history.history["val_loss"] = [0.5, 0.25]
    history.history["note"] = ["a", "b", "c"]
    *_, score, val_loss, note = table_in(history._repr_html_())
    # Which way is better; in which epochs there was a validation; what a text is worth.
    assert score == ["score", "1.0000", "3.0000", "", "", ""]
    assert val_loss == ["val_loss", "0.5000", "0.2500", "0.2500", "", ""]
    assert note == ["note", "a", "c", "", "", ""]


def test_a_metric_says_which_way_is_better():
    model = models.Sequential([layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse", metrics=["r2_score"])
    x = np.arange(8.0)[:, None] / 8
    history = model.fit(x, x, epochs=3, verbose=0)
    r2 = next(row for row in table_in(history._repr_html_()) if row[0] == "r2_score")
    assert float(r2[3]) == pytest.approx(max(history.history["r2_score"]), abs=1e-4)


def test_a_history_of_nothing_is_an_empty_table():
    assert len(table_in(History()._repr_html_())) == 1
    assert repr(History()) == "<History of 0 epochs: nothing>"
