"""The playground of `fastmlp draw` without a browser: what it trains and says."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastmlp import kernels
from fastmlp._draw import data, settings, shapes
from fastmlp._draw.playground import Playground, Session
from fastmlp._draw.settings import DEFAULTS, settings_of
from fastmlp._draw.table import read_table
from fastmlp._util.random import generator

FLOWERS = "width;height;kind\n" + "".join(
    f"{k + 0.1 * (i % 7)};{-k + 0.2 * (i % 5)};{'abc'[k]}\n".replace(".", ",")
    for i in range(30)
    for k in range(3)
)
POINTS = [[0.1 * k, -0.07 * k, k % 2] for k in range(-9, 10)]
compiled = pytest.mark.skipif(
    kernels.backend == "numpy", reason="digits take NumPy half a minute"
)


def session(**chosen):
    return Session(settings_of({**DEFAULTS, **chosen}))


def bytes_of(text, dtype=np.uint8):
    return np.frombuffer(base64.b64decode(text), dtype)


# -- Training ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        {"dropout": 0.3, "l2": 0.001},
        {"data": "moons", "optimizer": "momentum", "hidden": []},
        {"data": "clusters", "batch_size": 1, "optimizer": "nadam"},
        {"data": "points", "points": POINTS},
        {"data": "csv", "table": {"name": "own.csv", "text": FLOWERS}},
    ],
    ids=lambda chosen: chosen.get("data", "spirals"),
)
def test_its_code_trains_the_same_weights(chosen, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(FLOWERS)
    trained = session(**chosen)
    while trained.batches < 2 * trained.per_epoch:  # in small steps
        trained.step(min(3, 2 * trained.per_epoch - trained.batches))
    names = {}
    exec(trained.code(), names)
    capsys.readouterr()
    pairs = zip(names["model"].get_weights(), trained.model.get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert names["keras"].__name__ == "fastmlp"


@pytest.mark.slow
@compiled
def test_its_code_for_drawn_digits_trains_the_same_weights(capsys):
    trained = session(data="drawn", hidden=[16], batch_size=128)
    trained.step(trained.per_epoch)
    names = {}
    exec(trained.code(), names)
    capsys.readouterr()
    pairs = zip(names["model"].get_weights(), trained.model.get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_a_step_takes_as_many_batches_as_it_is_told():
    trained = session()
    assert [trained.step(1), trained.step(30), trained.batches] == [1, 30, 31]
    assert trained.state()["epoch"] == 31 / trained.per_epoch


def test_a_step_ends_when_its_time_is_over_but_takes_a_batch():
    assert session().step(10**9, 0.0) == 1
    assert 1 < session().step(10**9, 0.01) < 10**9


@pytest.mark.parametrize("kind", data.SHAPES)
def test_the_network_to_begin_with_learns_every_shape(kind):
    trained = session(data=kind)
    before = trained.state()
    trained.step(60 * trained.per_epoch)
    after = trained.state()
    assert after["train"]["loss"] < before["train"]["loss"]
    assert after["train"]["accuracy"] > 0.9 and after["val"]["accuracy"] > 0.85


def test_other_chance_than_its_own_stays_as_it_is():
    before = generator().bit_generator.state
    session(dropout=0.5).step(100)
    assert generator().bit_generator.state == before


def test_two_sessions_do_not_disturb_each_other():
    alone, one, other = session(), session(), session(seed=2, data="moons")
    alone.step(60)
    for _ in range(6):
        one.step(10)
        other.step(10)
    pairs = zip(alone.model.get_weights(), one.model.get_weights(), strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


def test_a_loss_that_is_no_number_is_null():
    trained = session(learning_rate=10.0, activation="linear", optimizer="momentum")
    trained.step(2000)
    state = trained.state()
    assert state["train"]["loss"] is None
    json.dumps(state, allow_nan=False)


# -- What there is to see ------------------------------------------------------------


def test_the_plane_has_a_probability_of_each_class_that_sum_to_1():
    shown = session(data="clusters").state()["picture"]
    found = bytes_of(shown["shares"]).reshape(3, -1)
    assert np.abs(found.sum(axis=0, dtype=int) - 255).max() <= 2


def test_the_picture_is_what_predict_says():
    trained = session()
    trained.step(2000)
    about = trained.about()["scene"]
    side = about["side"]
    found = bytes_of(trained.state()["picture"]["shares"]).reshape(2, side, side)
    step = 2 * data.EXTENT / side
    right_top = [[data.EXTENT - step / 2, data.EXTENT - step / 2]]
    expected = trained.model.predict(np.array(right_top), verbose=0)[0]
    np.testing.assert_allclose(found[:, 0, -1] / 255, expected, atol=0.003)


def test_units_and_links_of_every_layer_are_shown():
    shown = session(hidden=[20, 3]).state()["picture"]
    assert [len(bytes_of(one)) // 400 for one in shown["units"]] == [8, 3, 2]
    assert [np.shape(one) for one in shown["links"]] == [(2, 8), (8, 3), (3, 2)]


def test_every_point_is_there_with_what_the_network_says_of_it():
    trained = session()
    train, rest = trained.about()["scene"]["points"]
    places = bytes_of(train["x"], np.float32).reshape(-1, 2)
    said = bytes_of(trained.state()["picture"]["said"][0])
    assert len(places) == len(bytes_of(train["y"])) == len(said) == 375
    assert len(bytes_of(rest["y"])) == 125
    np.testing.assert_array_equal(
        said, trained.model.predict(places, verbose=0).argmax(axis=1)
    )


@compiled
def test_digits_show_the_first_weights_and_what_is_read_wrong():
    shown = session(data="drawn", hidden=[5]).state()["picture"]
    assert len(bytes_of(shown["weights"])) == 5 * 784
    assert len(shown["mistakes"]) == 24 and shown["looked_at"] == 1000
    assert shown["mistakes"][0]["said"] != shown["mistakes"][0]["is"]


def test_axes_of_an_own_table_are_marked_in_its_own_numbers():
    text = "a,b,c,kind\n" + "".join(
        f"{100 + i},{i * i},{i % 3},{'xy'[i % 2]}\n" for i in range(40)
    )
    chosen = settings_of(
        {**DEFAULTS, "data": "csv", "table": {"name": "t.csv", "text": text}}
    )
    about = Session(chosen, axes=(1, 0)).about()["scene"]
    assert about["columns"] == ["a", "b", "c"] and about["label"] == "kind"
    assert about["first"][1] == pytest.approx(100 - 0.08 * 39, abs=0.01)
    assert about["last"][0] == pytest.approx(39**2 * 1.08, abs=0.01)


# -- Own tables ----------------------------------------------------------------------


def test_a_table_without_names_gets_some():
    table = read_table("a.csv", "1,2,cat\n3,4,dog\n")
    assert table.columns == ["column 1", "column 2", "column 3"]
    assert table.x.tolist() == [[1, 2], [3, 4]]


def test_a_decimal_comma_is_read_where_cells_end_elsewhere():
    table = read_table("a.csv", "a;b;c\n1,5;2;x\n3;4,25;y\n")
    assert table.x.tolist() == [[1.5, 2], [3, 4.25]]


def test_words_that_are_no_label_are_left_out_and_named():
    table = read_table("a.csv", "who,a,b,kind\nAnn,1,2,x\nBob,3,4,y\n")
    assert table.left_out == ["who"] and table.classes == ["x", "y"]


def test_another_column_may_be_the_label():
    table = read_table("a.csv", "kind,a,b\n1,5,2\n0,3,4\n", label="kind")
    assert table.classes == ["0", "1"] and table.x.tolist() == [[5, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "t.csv is empty"),
        ("\n \n", "t.csv is empty"),
        ("a,b\n1,2\n", "Line 1 of t.csv has 2 cells, and at least 3 are needed"),
        ("a,b,k\n1,2,x\n3,y\n", "Line 3 of t.csv has 2 cells, but line 1 has 3"),
        ("a,b,k\n1,2,x\n\n3,,y\n", "Line 4 of t.csv has nothing in the column 'b'"),
        ("a,b,k\n1,2,x\n3,4,y\n5,6,\n", "Line 4 of t.csv has no class in the column"),
        ("a,b,k\n1,2,x\n3,NA,y\n", "Line 3 of t.csv has 'NA' in the column 'b'"),
        ("a,b,k\n1,inf,x\n3,2,y\n", "Line 2 of t.csv has 'inf' in the column 'b'"),
        ("a,b,k\n1,w,x\n3,z,y\n", "t.csv has 1 column of numbers besides its label"),
        ("a,b,k\n1,2,x\n1,2,x\n", "No column of t.csv can be the class"),
        ('a,b,k\n1,2,"x\n', "No column of t.csv can be the class"),
        ("a,b,k\n" + "1,2,x\n" * 20_001, "t.csv has 20,001 rows"),
        ("1," * 101 + "a\n" + "2," * 101 + "b\n", "t.csv has 101 columns of numbers"),
        ("a,b,k\n1,2," + "x" * 200_000, "Line 2 of t.csv: field larger than"),
    ],
)
def test_a_mistake_in_a_table_is_said_with_its_line(text, sentence):
    with pytest.raises(ValueError) as error:
        read_table("t.csv", text)
    assert str(error.value).startswith(sentence)


def test_a_label_that_has_too_many_values_is_refused():
    text = "a,b,k\n" + "".join(f"{i},{i},{i % 2}\n" for i in range(9))
    with pytest.raises(ValueError, match="'a' of t\\.csv has 9 different values"):
        read_table("t.csv", text, label="a")
    with pytest.raises(ValueError, match="has no column 'q': a, b, k"):
        read_table("t.csv", text, label="q")


# -- Settings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"data": "iris"}, "Data must be one of spirals, moons"),
        ({"samples": 3}, "Points must be at least 20, not 3"),
        ({"noise": 2}, "`Noise` must be a number from 0 to 0.5"),
        ({"seed": -1}, "Seed must be at least 0"),
        ({"hidden": "8"}, "Hidden layers must be a list, not '8'"),
        ({"hidden": [1] * 7}, "Hidden layers may be 6, not 7"),
        ({"hidden": [4, 0]}, "Units of hidden layer 2 must be at least 1, not 0"),
        ({"activation": "step"}, "Activation must be one of relu"),
        ({"optimizer": None}, "Optimizer must be one of sgd"),
        ({"learning_rate": 0}, "Learning rate must be positive, not 0"),
        ({"learning_rate": "1"}, "Learning rate must be a number, not '1'"),
        ({"batch_size": 1.5}, "Batch size must be a whole number, not 1.5"),
        ({"l2": -1}, "`L2` must be a number from 0 to 1"),
        ({"dropout": 1}, "`Dropout` must be a number from 0 to 0.9"),
        ({"points": [[0, 0]]}, "Point 1 must be x1, x2 and its class"),
        ({"points": [[9, 0, 1]]}, "`A place of point 1` must be a number from -1.25"),
        ({"points": [[0, 0, 8]]}, "The class of point 1 must be from 0 to 7, not 8"),
        ({"points": {}}, "Own points must be a list"),
        ({"data": "points"}, "Set points of two classes at least"),
        ({"data": "csv"}, "Choose a CSV file first"),
        ({"table": {"name": "a"}}, "Choose a CSV file first"),
        ({"table": {"name": "a", "text": 1}}, "The name and the text of a CSV file"),
        ({"data": "mnist"}, "MNIST is not on this computer"),
        ({"epochs": 3}, "The settings have unknown names: epochs"),
    ],
)
def test_settings_that_make_no_sense_get_a_sentence(chosen, sentence):
    with pytest.raises(ValueError) as error:
        Playground().begin({"settings": {**DEFAULTS, **chosen}})
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (None, "The request must be a JSON object that has 'settings'"),
        ({"settings": []}, "The settings must be a JSON object"),
        ({"settings": {}}, "The settings have missing names: activation, "),
        ({"settings": DEFAULTS, "axes": [1]}, "The picture needs two columns"),
        ({"settings": DEFAULTS, "axes": [0, 0]}, "The picture needs two different"),
        ({"settings": DEFAULTS, "axes": [0, 2]}, "The picture needs two different"),
        ({"settings": DEFAULTS, "axes": [0, "a"]}, "A column must be a whole number"),
    ],
)
def test_a_request_that_makes_no_sense_gets_a_sentence(asked, sentence):
    with pytest.raises(ValueError) as error:
        Playground().begin(asked)
    assert str(error.value).startswith(sentence)


def test_mnist_is_offered_where_it_is_at_hand(monkeypatch, tmp_path):
    assert "mnist" not in Playground().options(None)["data"]
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").touch()
    assert "mnist" in Playground().options(None)["data"]


def test_mnist_is_learnt_from_a_file_that_was_named(real_mnist_path):
    playground = Playground(real_mnist_path)
    chosen = {**DEFAULTS, "data": "mnist", "hidden": [16], "batch_size": 128}
    answer = playground.begin({"settings": chosen})
    assert answer["rows"] == [60000, 10000]
    code = playground.code(answer)["code"]
    assert f'keras.datasets.mnist.load_data("{real_mnist_path}")' in code


# -- Tabs of a browser ---------------------------------------------------------------


def test_each_tab_has_a_training_of_its_own():
    playground = Playground()
    one = playground.begin({"settings": DEFAULTS})
    other = playground.begin({"settings": {**DEFAULTS, "data": "moons"}})
    assert playground.step({"id": one["id"], "batches": 5})["batches"] == 5
    assert playground.step({"id": other["id"], "batches": 2})["batches"] == 2
    assert "two_moons" in playground.code({"id": other["id"]})["code"]


def test_requests_that_come_at_once_are_answered_one_by_one():
    playground = Playground()
    tabs = [playground.begin({"settings": {**DEFAULTS, "seed": k}}) for k in range(2)]
    asked = [{"id": tabs[k % 2]["id"], "batches": 7} for k in range(40)]
    with ThreadPoolExecutor(8) as threads:
        assert len(list(threads.map(playground.step, asked))) == 40
    for k, tab in enumerate(tabs):
        alone = session(seed=k)
        alone.step(20 * 7)
        answer = playground.step({"id": tab["id"], "batches": 1})
        alone.step(1)
        assert answer["batches"] == alone.batches
        assert answer["picture"] == alone.state()["picture"]


def test_the_training_that_was_left_longest_is_given_up_for_a_fifth():
    playground = Playground()
    tabs = [playground.begin({"settings": DEFAULTS})["id"] for _ in range(4)]
    playground.step({"id": tabs[0], "batches": 1})
    playground.begin({"settings": DEFAULTS})
    assert playground.step({"id": tabs[0], "batches": 1})["batches"] == 2
    with pytest.raises(ValueError, match="Press Reset to begin anew"):
        playground.step({"id": tabs[1], "batches": 1})


def test_a_tab_that_begins_anew_takes_no_other_place():
    playground = Playground()
    first = playground.begin({"settings": DEFAULTS})["id"]
    again = first
    for _ in range(6):
        again = playground.begin({"settings": DEFAULTS, "instead_of": again})["id"]
    kept = playground.begin({"settings": DEFAULTS})["id"]
    for name in (again, kept):
        assert playground.step({"id": name, "batches": 1})["batches"] == 1


def test_a_step_says_how_many_batches():
    playground = Playground()
    name = playground.begin({"settings": DEFAULTS})["id"]
    with pytest.raises(ValueError, match="JSON object that has 'batches'"):
        playground.step({"id": name})


@pytest.mark.parametrize("batches", [0, 1.5, "all", None])
def test_a_step_of_no_number_of_batches_is_refused(batches):
    playground = Playground()
    name = playground.begin({"settings": DEFAULTS})["id"]
    with pytest.raises(ValueError, match="batches must be"):
        playground.step({"id": name, "batches": batches})


def test_every_answer_is_json():
    playground = Playground()
    answer = playground.begin({"settings": DEFAULTS})
    for found in (
        answer,
        playground.options(None),
        playground.step({"id": answer["id"], "batches": 1}),
        playground.code(answer),
    ):
        json.dumps(found, allow_nan=False)


# -- Shapes --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", data.SHAPES)
def test_shapes_without_noise_lie_within_the_picture(kind):
    x, y = data.SHAPES[kind](400, 0.0, np.random.default_rng(0))
    assert x.shape == (400, 2) and y.shape == (400,)
    assert np.abs(x).max() < data.EXTENT
    assert np.bincount(y).min() > 60


def test_a_split_keeps_every_row_once():
    x = np.arange(10).reshape(10, 1)
    (x_train, y_train), (x_val, y_val) = shapes.split(
        x, x[:, 0], np.random.default_rng(3)
    )
    assert len(x_val) == 2
    assert sorted([*y_train, *y_val]) == list(range(10))
    assert (x_train[:, 0] == y_train).all()


def test_every_optimizer_and_activation_trains():
    for name in settings.OPTIMIZERS:
        session(optimizer=name).step(2)
    for name in settings.ACTIVATIONS:
        session(activation=name).step(2)
