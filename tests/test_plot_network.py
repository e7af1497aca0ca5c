"""Drawings of models: valid SVG, where no box overlaps another and no arrow a box."""

import itertools
import os
import re
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import fastmlp
from fastmlp import Input, Model, Sequential, layers, plot
from fastmlp.plot._drawing import text_width
from fastmlp.plot._layered import lay_out
from fastmlp.utils import model_to_dot, plot_model

SVG = "{http://www.w3.org/2000/svg}"


def in_a_row():
    return Sequential(
        [
            layers.Dense(5, "relu", input_shape=(4,), name="hidden"),
            layers.Dropout(0.5),
            layers.Dense(3, "softmax", name="<classes>"),
        ],
        name="row",
    )


def wide_and_deep():
    wide, deep = Input((3,), name="wide"), Input((4,), name="deep")
    hidden = layers.Dense(8, "relu")(layers.Dense(8, "relu")(deep))
    joined = layers.Concatenate()([wide, hidden])
    return Model([wide, deep], [layers.Dense(1)(joined), layers.Dense(2)(hidden)])


def siamese():
    tower = layers.Dense(6, name="tower")
    left, right = Input((4,), name="left"), Input((4,), name="right")
    return Model([left, right], layers.Dot(1)([tower(left), tower(right)]))


def nested():
    encoder = Sequential([layers.Dense(3, input_shape=(4,))], name="encoder")
    inputs = Input((4,), name="outer")
    return Model(inputs, layers.Dense(2, name="head")(encoder(inputs)))


def residual():
    inputs = x = Input((4,))
    for _ in range(3):
        x = layers.Add()([x, layers.Dense(4)(layers.Dense(8)(x))])
    return Model(inputs, layers.Concatenate()([inputs, x, layers.Dense(2)(inputs)]))


MODELS = [in_a_row, wide_and_deep, siamese, nested, residual]


def words_of(drawing):
    return [one.text for one in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


# The layout


def random_graph(seed):
    """Return boxes and arrows, each from a box to a later one."""
    rng = np.random.default_rng(seed)
    boxes = int(rng.integers(2, 14))
    arrows = [
        (start, end)
        for start, end in itertools.combinations(range(boxes), 2)
        if end == start + 1 or rng.random() < 0.15
    ]
    sizes = [tuple(map(float, rng.integers(20, 160, 2))) for _ in range(boxes)]
    return sizes, arrows


def corners(center, size):
    (x, y), (width, height) = center, size
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


@pytest.mark.parametrize("seed", range(40))
def test_no_box_overlaps_another_and_no_arrow_passes_a_box(seed):
    sizes, arrows = random_graph(seed)
    layout = lay_out(sizes, arrows)
    boxes = [corners(*one) for one in zip(layout.centers, sizes, strict=True)]
    for first, second in itertools.combinations(boxes, 2):
        apart = first[2] < second[0] or second[2] < first[0]
        assert apart or first[3] < second[1] or second[3] < first[1]
    for (start, end), route in zip(arrows, layout.routes, strict=True):
        # It begins and ends at its boxes, and goes down all the way.
        assert route[0][1] == pytest.approx(boxes[start][3])
        assert route[-1][1] == pytest.approx(boxes[end][1])
        assert boxes[start][0] <= route[0][0] <= boxes[start][2]
        assert boxes[end][0] <= route[-1][0] <= boxes[end][2]
        for (x, top), (other, bottom) in itertools.pairwise(route):
            assert top <= bottom + 1e-9
            for left, upper, right, lower in boxes:
                if top < lower - 1e-9 and bottom > upper + 1e-9:
                    # Beside a box it goes straight down, not into it.
                    assert x == other
                    assert x <= left or x >= right
    assert all(
        -1e-6 <= left and right <= layout.width + 1e-6 for left, _, right, _ in boxes
    )


def test_boxes_in_a_row_lie_in_a_straight_line():
    layout = lay_out([(40, 20), (90, 30), (50, 20)], [(0, 1), (1, 2)])
    assert {x for x, _ in layout.centers} == {45.0}
    assert layout.height == 70 + 2 * 40


def test_arrows_that_need_not_cross_do_not():
    # Two chains that are given the wrong way round.
    arrows = [(0, 3), (1, 2), (2, 5), (3, 4)]
    centers = lay_out([(30, 20)] * 6, arrows).centers
    assert (centers[0][0] < centers[1][0]) == (centers[3][0] < centers[2][0])
    assert (centers[3][0] < centers[2][0]) == (centers[4][0] < centers[5][0])


def test_arrows_of_one_box_end_side_by_side():
    routes = lay_out([(100, 20)] * 2, [(0, 1), (0, 1)]).routes
    assert routes[0][-1] != routes[1][-1]
    assert routes[0][0] != routes[1][0]


def test_nothing_takes_no_room():
    assert lay_out([], []) == ([], [], 0.0, 0.0)


# The drawing


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("splines", ["curved", "line"])
def test_every_drawing_is_svg_that_holds_all_layers(make, rankdir, splines):
    model = make()
    drawing = model_to_dot(
        model,
        show_shapes=True,
        show_dtype=True,
        show_layer_activations=True,
        show_trainable=True,
        rankdir=rankdir,
        splines=splines,
    )
    words = words_of(drawing)
    for layer in model.layers:
        assert layer.name in words
    root = ElementTree.fromstring(drawing.svg)
    assert root.get("role") == "img"
    assert model.name in root.find(f"{SVG}title").text
    width, height = map(float, root.get("viewBox").split()[2:])
    assert (width > height) == (rankdir == "LR") or make is nested


def test_a_box_says_what_it_was_asked_for():
    model = in_a_row()
    assert words_of(plot_model(model, to_file=None)) == [
        "InputLayer",
        "Dense",
        "Dropout",
        "Dense",
    ]
    words = words_of(plot_model(model, None, show_shapes=True, show_layer_names=True))
    assert words[3:7] == ["Dense", "hidden", "input: (None, 4)", "output: (None, 5)"]
    assert words[-3:] == ["<classes>", "input: (None, 5)", "output: (None, 3)"]
    words = words_of(plot_model(model, None, show_layer_activations=True))
    assert [one for one in words if one.startswith("activation")] == [
        "activation: relu",
        "activation: softmax",
    ]
    model.layers[0].trainable = False
    words = words_of(plot_model(model, None, show_trainable=True, show_dtype=True))
    assert words.count("not trainable") == words.count("trainable") == 1
    assert words.count("dtype: float32") == 4


def test_several_inputs_have_their_shapes_in_one_line():
    words = words_of(plot_model(wide_and_deep(), None, show_shapes=True))
    assert "input: (None, 3), (None, 8)" in words


def test_a_shared_layer_has_a_box_for_each_call():
    words = words_of(model_to_dot(siamese()))
    assert words.count("tower") == 2
    assert words.count("shared: the same weights") == 1


def test_inputs_stand_in_the_order_of_the_model():
    words = words_of(model_to_dot(siamese()))
    assert words.index("left") < words.index("right")


def test_a_model_within_is_one_box_or_all_of_its_own():
    model = nested()
    assert words_of(model_to_dot(model)).count("InputLayer") == 1
    words = words_of(model_to_dot(model, expand_nested=True))
    assert words.count("InputLayer") == 2
    assert "encoder" in words


def test_a_model_with_a_call_of_its_own_is_drawn_once_it_is_built():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(3)

        def call(self, x):
            return self.hidden(x) + x

    model = Own()
    with pytest.raises(ValueError, match="is not built"):
        plot_model(model, to_file=None)
    model.build((None, 3))
    assert "Add" in words_of(plot_model(model, to_file=None))


def test_a_part_of_a_model_begins_at_its_own_inputs():
    whole = in_a_row()
    part = Model(whole.layers[0].output, whole.outputs)
    assert words_of(model_to_dot(part)).count("hidden") == 0


def test_text_fits_into_its_box():
    # In thousandths of an em, as DejaVu Sans, the widest of the usual fonts, has them.
    for words, width in (("BatchNormalization", 9824), ("dense_1", 4156)):
        assert width / 1000 < text_width(words, 1) < 1.4 * width / 1000


def test_dpi_scales_and_changes_nothing_else():
    usual, half = (plot_model(in_a_row(), None, dpi=dpi).svg for dpi in (200, 100))
    widths = [float(re.search(r'width="(\d+)"', svg)[1]) for svg in (usual, half)]
    assert widths[0] == pytest.approx(2 * widths[1], abs=1)
    assert usual.partition("viewBox")[2] == half.partition("viewBox")[2]


# Where it goes


def test_a_drawing_is_shown_by_a_notebook_and_named_by_a_terminal():
    drawing = plot_model(in_a_row(), to_file=None)
    assert drawing._repr_svg_() == drawing.svg
    assert repr(drawing) == "<drawing of Sequential 'row'>"


def test_a_drawing_is_saved_as_svg_and_as_nothing_else(tmp_path):
    drawing = plot.network(in_a_row())
    drawing.save(tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text() == drawing.svg
    for name in ("net.png", "net"):
        with pytest.raises(ValueError, match=rf"saved as SVG, .*{name}'.* \.svg"):
            drawing.save(str(tmp_path / name))
    assert os.listdir(tmp_path) == ["net.svg"]


def test_a_network_is_drawn_with_its_sizes():
    words = words_of(plot.network(in_a_row(), rankdir="LR"))
    assert words[3:8] == [
        "Dense",
        "hidden",
        "activation: relu",
        "input: (None, 4)",
        "output: (None, 5)",
    ]
    assert words[8] == "25 parameters"


def test_an_svg_is_written_as_it_is_named(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing = plot_model(in_a_row(), tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text() == drawing.svg


def test_a_png_becomes_an_svg_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match=r"'model.png' becomes 'model.svg'"):
        fastmlp.utils.plot_model(in_a_row())
    assert [file.name for file in tmp_path.iterdir()] == ["model.svg"]


def test_scripts_that_ask_pydot_get_the_same(tmp_path):
    drawing = model_to_dot(in_a_row())
    assert drawing.create(prog="dot", format="svg") == drawing.svg.encode()
    assert drawing.write(tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_bytes() == drawing.create()
    with pytest.raises(ValueError, match="draws SVG, not 'png'"):
        drawing.write(tmp_path / "net.png", format="png")
