"""Pictures by matplotlib: what is in them, in each style, into any axes."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastmlp
from fastmlp import layers, losses, models, plot
from fastmlp.callbacks import History
from fastmlp.models import Model, Sequential
from fastmlp.plot._axes import ink_on, paper_of
from fastmlp.plot._images import in_color
from fastmlp.plot._panels import Grid, fitted

matplotlib = pytest.importorskip("matplotlib")
plt = pytest.importorskip("matplotlib.pyplot")

CURVES = {
    "accuracy": [0.5, 0.7, 0.8, 0.85],
    "loss": [1.0, 0.6, 0.4, 0.3],
    "val_accuracy": [0.5, 0.65, 0.7, 0.7],
    "val_loss": [0.9, 0.7, 0.6, 0.65],
}
NAMES = ["zero", "one", "two"]
# What is above the middle is what a model of `sure_of` says.
IMAGES = np.eye(3).repeat(2, axis=0).reshape(6, 3)


def sure_of(scale=3.0, activation="softmax"):
    """Return a model that says which of three inputs is largest."""
    last = layers.Dense(3, activation, input_shape=(3,), name="last")
    model = Sequential([last], name="sure")
    model.set_weights([scale * np.eye(3), np.zeros(3)])
    return model


def reader():
    """Return a model of 16 pixels with hidden units, and inputs for it."""
    model = Sequential(
        [
            layers.Dense(40, "relu", input_shape=(16,), name="hidden"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(3, "softmax", name="answer"),
        ],
        name="reader",
    )
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    x = rng.uniform(0, 1, (60, 16))
    return model, x, rng.integers(0, 3, 60)


def planar():
    """Return a model of two inputs that is right about three of four samples."""
    last = layers.Dense(2, "softmax", input_shape=(2,))
    model = Sequential([last])
    model.set_weights([[[-3, 3], [0, 0]], [0, 0]])
    x = np.array([[-1.0, 0], [-1, 1], [1, 0], [2, 1]])
    return model, x, np.array([0, 0, 1, 0])


def all_pictures(ax=None):
    """Return a function that draws, for each picture."""
    model, x, y = reader()
    plane = planar()
    return {
        "history": lambda: plot.history(CURVES, ax=ax),
        "loss": lambda: plot.history(CURVES, "loss", ax=ax),
        "confusion_matrix": lambda: plot.confusion_matrix(model, x, y, NAMES, ax=ax),
        "mistakes": lambda: plot.mistakes(model, x, y, 12, NAMES, ax=ax),
        "weights": lambda: plot.weights(model, ax=ax),
        "activations": lambda: plot.activations(model, x[0], NAMES, ax=ax),
        "decision_boundary": lambda: plot.decision_boundary(*plane, ax=ax),
        "network": lambda: plot.network(model, ax=ax or plt.subplots()[1]),
    }


PICTURES = list(all_pictures())


@pytest.fixture
def texts_drawn(monkeypatch):
    """Return a function that draws a figure, and returns the texts that are seen."""

    def draw(figure):
        found, draw_text = [], matplotlib.text.Text.draw

        def remember(text, renderer):
            if text.get_text().strip() and text.get_visible():
                found.append(text)
            draw_text(text, renderer)

        monkeypatch.setattr(matplotlib.text.Text, "draw", remember)
        figure.canvas.draw()
        return found

    return draw


# Every picture


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_cut_off(name, style, texts_drawn):
    with plt.style.context(style):
        figure = all_pictures()[name]().figure
        texts = texts_drawn(figure)
    assert texts or name == "network"  # whose letters are shapes
    for text in texts:
        extent = text.get_window_extent()
        assert figure.bbox.padded(1).containsx(extent.x0), text
        assert figure.bbox.padded(1).containsx(extent.x1), text
        assert figure.bbox.padded(1).containsy(extent.y0), text
        assert figure.bbox.padded(1).containsy(extent.y1), text


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_drawn_into_the_axes_that_are_given_and_nowhere_else(name):
    figure, (left, right) = plt.subplots(1, 2)
    assert all_pictures(left)[name]() is left
    assert plt.get_fignums() == [figure.number]
    assert not right.has_data()
    assert not right.texts


@pytest.mark.parametrize("name", PICTURES)
def test_settings_of_matplotlib_stay_as_they_are(name):
    before = dict(matplotlib.rcParams)
    all_pictures()[name]()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", PICTURES)
def test_it_fits_into_a_part_of_a_figure(name, tmp_path):
    figure = plt.figure()
    ax = figure.subfigures(1, 2)[1].subplots()
    all_pictures(ax)[name]()
    figure.savefig(tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").stat().st_size > 1000


@pytest.mark.parametrize("name", set(PICTURES) - {"network"})
def test_axes_that_are_none_are_refused(name):
    with pytest.raises(TypeError, match=r"one Axes of matplotlib's, .* type Figure"):
        all_pictures(plt.figure())[name]()
    with pytest.raises(TypeError, match=r"one Axes .* type ndarray"):
        all_pictures(plt.subplots(2)[1])[name]()


def test_pictures_are_loaded_when_they_are_named_and_matplotlib_when_they_are_drawn():
    program = (
        "import sys, fastmlp\n"
        "before = 'fastmlp.plot' in sys.modules\n"
        "fastmlp.plot.history\n"
        "print(before, 'matplotlib' in sys.modules)\n"
    )
    home = Path(fastmlp.__file__).parents[1]
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("name", PICTURES)
def test_without_matplotlib_a_sentence_names_the_extra(name, monkeypatch):
    pictures = all_pictures(plt.subplots()[1])
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'fastmlp\[plot\]'"):
        pictures[name]()


# Colors


def contrast(one, other):
    """Return the contrast of two colors, after WCAG 2.1."""
    luminances = []
    for color in (one, other):
        rgb = np.array(matplotlib.colors.to_rgb(color))
        rgb = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        luminances.append(rgb @ [0.2126, 0.7152, 0.0722] + 0.05)
    return max(luminances) / min(luminances)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_numbers_in_cells_are_told_from_their_cells(style):
    model, x, y = reader()
    with plt.style.context(style):
        ax = plot.confusion_matrix(model, x, y)
        cells = ax.images[0].get_array()
        assert len(ax.texts) == 8
        for text in ax.texts:
            column, row = map(int, text.get_position())
            assert contrast(text.get_color(), cells[row, column]) >= 4.5


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_lines_are_told_from_the_page_and_not_by_color_alone(style):
    with plt.style.context(style):
        ax = plot.history(CURVES, "loss")
        for line in ax.lines:
            assert contrast(line.get_color(), paper_of(ax)) >= 3
        assert len({line.get_linestyle() for line in ax.lines}) == 2
        assert len({line.get_marker() for line in ax.lines}) == 2


def test_ink_is_what_has_more_contrast():
    for grey in np.linspace(0, 1, 21):
        color = (grey, grey, grey)
        other = {"black": "white", "white": "black"}[ink_on(color)]
        assert contrast(ink_on(color), color) >= contrast(other, color)


# history


def test_each_quantity_has_a_panel_with_training_and_validation():
    ax = plot.history(CURVES)
    loss, accuracy = ax.child_axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    labels = [text.get_text() for text in loss.get_legend().get_texts()]
    assert labels == ["training", "validation"]
    for line, name in zip(loss.lines, ("loss", "val_loss"), strict=True):
        assert list(line.get_xdata()) == [1, 2, 3, 4]
        assert list(line.get_ydata()) == CURVES[name]


def test_one_quantity_is_drawn_into_the_axes_themselves():
    ax = plot.history(CURVES, "accuracy")
    assert ax.child_axes == []
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "accuracy")


def test_what_fit_returns_is_drawn_over_the_epochs_that_it_counted():
    model = sure_of()
    model.compile("sgd", "sparse_categorical_crossentropy")
    past = model.fit(IMAGES, [0, 0, 1, 1, 2, 2], initial_epoch=3, epochs=5, verbose=0)
    ax = plot.history(past, "loss")
    assert list(ax.lines[0].get_xdata()) == [4, 5]


def test_validation_after_each_second_epoch_stands_at_those():
    ax = plot.history({"loss": [4.0, 3, 2, 1, 0], "val_loss": [3.5, 1.5]})
    assert list(ax.lines[1].get_xdata()) == [2, 4]


def test_of_epochs_that_went_wrong_the_first_is_named():
    ax = plot.history({"loss": [1.0, np.nan, np.nan]})
    label = ax.get_legend().get_texts()[0].get_text()
    assert label == "training (not finite from epoch 2 on)"


def test_a_history_that_lost_its_epochs_counts_from_1():
    history = History()
    history.history.update(loss=[3.0, 2.0])
    assert list(plot.history(history).lines[0].get_xdata()) == [1, 2]


def test_many_epochs_have_few_markers():
    line = plot.history({"loss": list(range(1000))}).lines[0]
    assert 1000 / line.get_markevery() <= 20


@pytest.mark.parametrize(("width", "columns"), [(9, 2), (3.5, 1)])
def test_panels_stand_side_by_side_where_there_is_room(width, columns):
    figure, ax = plt.subplots(figsize=(width, 4))
    plot.history(CURVES, ax=ax)
    figure.canvas.draw()
    boxes = [panel.get_window_extent() for panel in ax.child_axes]
    assert len({round(box.x0) for box in boxes}) == columns
    assert not boxes[0].overlaps(boxes[1])


def test_a_panel_is_never_of_no_size():
    ax = plt.subplots(figsize=(0.5, 0.5))[1]
    grid = fitted(Grid(6, 3, across=50, down=50), ax)
    assert min(grid.panel_size(10, 10)) > 0


# confusion_matrix


def test_the_matrix_counts_what_is_taken_for_what():
    y = [0, 0, 1, 2, 2, 2]
    ax = plot.confusion_matrix(sure_of(), IMAGES, y, NAMES)
    # The model says 0, 0, 1, 1, 2, 2.
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {(0, 0): "2", (1, 1): "1", (1, 2): "1", (2, 2): "2"}
    assert ax.get_title() == "83.3% of 6 right"
    ticks = [label.get_text() for label in ax.get_xticklabels()]
    assert ticks == [label.get_text() for label in ax.get_yticklabels()] == NAMES
    (beside,) = ax.child_axes
    shares = [label.get_text() for label in beside.get_yticklabels()]
    assert shares == ["100%", "100%", "66.7%"]


@pytest.mark.parametrize(
    "y", [np.eye(3)[[0, 0, 1, 2, 2, 2]], [[0], [0], [1], [2], [2], [2]]]
)
def test_labels_may_be_one_hot_or_a_column(y):
    ax = plot.confusion_matrix(sure_of(), IMAGES, y)
    assert ax.get_title() == "83.3% of 6 right"


def test_a_class_without_samples_has_no_share():
    ax = plot.confusion_matrix(sure_of(), IMAGES[:4], [0, 0, 1, 1])
    labels = [label.get_text() for label in ax.child_axes[0].get_yticklabels()]
    assert labels == ["100%", "100%", "none"]


def test_all_but_all_is_not_called_all():
    y = np.zeros(5000, int)
    x = np.repeat(IMAGES[:1], 5000, axis=0)
    x[-1] = IMAGES[-1]
    ax = plot.confusion_matrix(sure_of(), x, y)
    assert ax.get_title() == ">99.9% of 5,000 right"


def test_a_single_epoch_is_counted_in_whole_numbers():
    ax = plot.history({"loss": [0.5]})
    ax.figure.canvas.draw()
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks == [1]


@pytest.mark.parametrize("size", [2, 12])
def test_of_many_classes_as_many_are_named_as_have_room(size):
    model = Sequential([layers.Dense(100, "softmax", input_shape=(3,))])
    ax = plt.subplots(figsize=(size, size))[1]
    plot.confusion_matrix(model, np.eye(3), [0, 1, 2], ax=ax)
    assert_labels_are_apart(ax)
    answer = plot.activations(model, [1, 0, 0]).child_axes[-1]
    assert_labels_are_apart(answer)
    bold = [one for one in answer.get_yticklabels() if one.get_fontweight() == "bold"]
    said = model.predict(np.eye(3)[:1], verbose=0).argmax()
    assert [one.get_text() for one in bold] == [str(said)]


def assert_labels_are_apart(ax):
    ax.figure.canvas.draw()
    for labels, axis in ((ax.get_xticklabels(), 0), (ax.get_yticklabels(), 1)):
        boxes = [one.get_window_extent() for one in labels if one.get_text()]
        ends = sorted((box.min[axis], box.max[axis]) for box in boxes)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
        assert len(boxes) > 1


def test_of_many_classes_the_numbers_are_left_out():
    model = Sequential([layers.Dense(46, "softmax", input_shape=(46,))])
    ax = plot.confusion_matrix(model, np.eye(46), np.arange(46))
    assert len(ax.texts) == 0
    assert len(ax.get_xticks()) <= 30


@pytest.mark.parametrize(
    ("activation", "loss", "outputs", "y"),
    [
        ("sigmoid", "binary_crossentropy", [-2.0, 3.0, 4.0], [0, 1, 0]),
        (None, losses.BinaryCrossentropy(from_logits=True), [-2, 0.3, 4], [0, 1, 0]),
        ("tanh", "hinge", [-2.0, 0.3, 4.0], [-1, 1, -1]),
    ],
)
def test_one_output_says_yes_or_no(activation, loss, outputs, y):
    model = Sequential([layers.Dense(1, activation, input_shape=(1,))])
    model.set_weights([[[1.0]], [0.0]])
    model.compile("sgd", loss)
    ax = plot.confusion_matrix(model, np.array(outputs)[:, None], y, ["no", "yes"])
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {(0, 0): "1", (1, 1): "1", (1, 0): "1"}


def test_a_model_of_several_outputs_is_refused():
    inputs = layers.Input((3,))
    both = [layers.Dense(3)(inputs), layers.Dense(3)(inputs)]
    with pytest.raises(ValueError, match="gives 2 outputs"):
        plot.confusion_matrix(Model(inputs, both), IMAGES, [0] * 6)


# mistakes


def titles_of(ax):
    return [text.get_text() for text in ax.texts]


def test_mistakes_are_those_it_was_surest_of_first():
    x = np.zeros((5, 4))
    x[:, 0] = [1.0, 3.0, 2.0, 0.5, 2.5]
    model = Sequential([layers.Dense(2, "softmax", input_shape=(4,))])
    model.set_weights([[[1, 0], [0, 1], [0, 0], [0, 0]], [0, 0]])
    ax = plot.mistakes(model, x, [1, 1, 1, 0, 0], class_names=["cat", "dog"])
    assert titles_of(ax) == [
        "said cat, 95.3%\nis dog, x[1]",
        "said cat, 88.1%\nis dog, x[2]",
        "said cat, 73.1%\nis dog, x[0]",
    ]
    assert ax.get_title() == "3 mistakes in 5 samples"


def test_no_more_mistakes_are_shown_than_are_asked_for():
    model, x, y = reader()
    wrong = int((model.predict(x, verbose=0).argmax(1) != y).sum())
    ax = plot.mistakes(model, x, y, count=7)
    assert len(ax.texts) == 7
    assert ax.get_title() == f"The 7 surest of\n{wrong} mistakes in 60 samples"


def test_without_a_mistake_that_is_said():
    model, x, _ = reader()
    y = model.predict(x, verbose=0).argmax(axis=1)
    ax = plot.mistakes(model, x, y)
    assert ax.get_title() == "No mistake in 60 samples"
    assert not ax.images


def test_each_image_stands_in_the_picture_as_it_is():
    model = Sequential([layers.Flatten(input_shape=(2, 3)), layers.Dense(2, "softmax")])
    x = np.random.default_rng(0).uniform(size=(1, 2, 3))
    y = 1 - model.predict(x, verbose=0).argmax(axis=1)
    pixels = plot.mistakes(model, x, y).images[0].get_array()
    assert np.array_equal(pixels[-2:, :3], x[0])


def test_outputs_that_are_no_shares_are_numbers():
    model = sure_of(activation=None)
    ax = plot.mistakes(model, IMAGES, [1] * 6, image_shape=(1, 3))
    assert titles_of(ax)[0] == "said 0, 3\nis 1, x[0]"


def test_logits_become_shares():
    model = sure_of(activation=None)
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
    ax = plot.mistakes(model, IMAGES, [1] * 6, image_shape=(1, 3))
    assert titles_of(ax)[0] == "said 0, 90.9%\nis 1, x[0]"


@pytest.mark.parametrize("top", [1, 255])
def test_images_with_colors_are_shown_in_color(top):
    model = Sequential(
        [
            layers.Rescaling(1 / top, input_shape=(4, 4, 3)),
            layers.Flatten(),
            layers.Dense(2, "softmax"),
        ]
    )
    x = np.zeros((3, 4, 4, 3))
    x[..., 0] = top
    y = 1 - model.predict(x, verbose=0).argmax(axis=1)
    pixels = plot.mistakes(model, x, y).images[0].get_array()
    assert pixels.shape[2] == 4
    assert list(pixels[-1, 0]) == [1, 0, 0, 1]
    assert pixels[0, 0, 3] == 0  # Behind the label is the page.


def test_colors_that_were_standardized_are_drawn_together():
    pixels = np.linspace(-2, 3, 12).reshape(2, 2, 3)
    shown = in_color(pixels)
    assert np.allclose(shown[..., :3], (pixels + 2) / 5)
    assert np.allclose(in_color(pixels / 100)[..., 0].min(), 0)


@pytest.mark.parametrize("kind", ["csr_matrix", "coo_matrix", "csc_array"])
def test_sparse_rows_are_shown_as_images(kind):
    sparse = pytest.importorskip("scipy.sparse")
    model, x, y = reader()
    x = np.round(x)
    rows = getattr(sparse, kind)(x)
    dense, shown = (plot.mistakes(model, one, y) for one in (x, rows))
    assert titles_of(dense) == titles_of(shown)
    pixels = [ax.images[0].get_array().filled(-1) for ax in (dense, shown)]
    assert np.array_equal(*pixels)
    first = sparse.csr_matrix(x[:1])
    sample = plot.activations(model, first).child_axes[0].images[0].get_array()
    assert np.array_equal(sample, np.float32(x[0].reshape(4, 4)))


def test_mistakes_of_a_model_of_several_inputs_have_no_image():
    inputs = [layers.Input((4,)), layers.Input((4,))]
    answer = layers.Dense(2, "softmax")(layers.Concatenate()(inputs))
    model = models.Model(inputs, answer)
    with pytest.raises(ValueError, match=r"has several\. plot\.confusion_matrix shows"):
        plot.mistakes(model, [np.zeros((3, 4))] * 2, [0, 1, 0])


# weights


def test_each_unit_has_its_weights_in_the_shape_of_an_input():
    model, _, _ = reader()
    ax = plot.weights(model, count=9)
    picture = ax.images[0]
    pixels = picture.get_array()
    kernel = np.asarray(model.layers[0].kernel)
    assert np.allclose(pixels[:4, :4], kernel[:, 0].reshape(4, 4))
    assert np.allclose(pixels[5:9, 5:9], kernel[:, 4].reshape(4, 4))
    assert picture.norm.vmin == -picture.norm.vmax
    assert ax.get_title() == "hidden: the first 9 of 40 units"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "3", "6"]


def test_a_layer_is_chosen_by_name_or_itself():
    model, _, _ = reader()
    shape = {"image_shape": (5, 8)}
    for chosen in ("answer", model.layers[-1]):
        assert plot.weights(model, chosen, **shape).get_title() == "answer: 3 units"


def test_behind_flatten_weights_have_the_shape_of_the_inputs():
    flat = layers.Flatten(input_shape=(2, 5))
    ax = plot.weights(Sequential([flat, layers.Dense(1)]))
    assert ax.images[0].get_array().shape == (2, 5)


def test_weights_of_colors_are_colors_around_grey():
    model = Sequential([layers.Flatten(input_shape=(2, 2, 3)), layers.Dense(1)])
    model.set_weights([np.zeros((12, 1)), [0]])
    pixels = plot.weights(model).images[0].get_array()
    assert np.array_equal(pixels, np.broadcast_to([0.5, 0.5, 0.5, 1], (2, 2, 4)))


def test_the_largest_weights_of_colors_leave_the_others_their_color():
    model = Sequential([layers.Flatten(input_shape=(8, 8, 3)), layers.Dense(9)])
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=(192, 9)), np.zeros(9)])
    pixels = np.asarray(plot.weights(model).images[0].get_array())
    assert np.median(pixels[pixels[..., 3] == 1][:, :3]) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_a_weight_of_0_is_as_the_page_one_above_is_blue_one_below_orange(style):
    with plt.style.context(style):
        ax = plot.weights(reader()[0])
        below, zero, above = ax.images[0].cmap([0.25, 0.5, 0.75])[:, :3]
        assert np.allclose(zero, paper_of(ax), atol=0.01)
        assert above[2] > above[0] and below[0] > below[2]


# activations


def test_a_sample_is_seen_behind_each_layer_that_changes_it():
    model, x, _ = reader()
    ax = plot.activations(model, x[0], NAMES)
    sample, hidden, answer = ax.child_axes
    outputs = model.predict(x[:1], verbose=0)[0]
    above = int((fastmlp.inspect.trace(model, x[:1])["hidden"].output > 0).sum())
    assert sample.get_title() == "the sample"
    assert hidden.get_title() == f"hidden\n40 units, {above} above 0"
    said = NAMES[outputs.argmax()]
    assert answer.get_title() == f"answer\nsays {said}, {outputs.max():.1%}"
    assert np.array_equal(sample.images[0].get_array(), np.float32(x[0].reshape(4, 4)))
    assert np.allclose([bar.get_width() for bar in answer.patches], outputs)
    bold = [one for one in answer.get_yticklabels() if one.get_fontweight() == "bold"]
    assert [one.get_text() for one in bold] == [said]


@pytest.mark.parametrize("shape", [(16,), (1, 16), (4, 4)])
def test_a_sample_may_have_any_shape_of_its_size(shape):
    model, x, _ = reader()
    assert len(plot.activations(model, x[0].reshape(shape)).child_axes) == 3


def test_a_few_features_are_bars():
    ax = plot.activations(sure_of(), IMAGES[0])
    assert [bar.get_width() for bar in ax.child_axes[0].patches] == [1, 0, 0]


def test_a_model_of_several_inputs_is_refused():
    two = [layers.Input((3,)), layers.Input((3,))]
    model = Model(two, layers.Add()(two), name="sum")
    with pytest.raises(ValueError, match=r"'sum' has several\. .*inspect\.trace"):
        plot.activations(model, IMAGES[0])


# decision_boundary


def test_samples_stand_where_they_are_each_class_with_a_marker():
    model, x, y = planar()
    ax = plot.decision_boundary(model, x, y, ["left", "right"])
    groups = {one.get_label(): one for one in ax.collections if len(one.get_offsets())}
    assert np.array_equal(groups["left"].get_offsets(), x[:2])
    assert np.array_equal(groups["right"].get_offsets(), x[2:3])
    assert ax.get_title() == "75.0% of 4 right"
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["left", "right", "wrong"]
    assert {text.get_text() for text in ax.texts} == {"left", "right"}


def test_the_plane_is_colored_as_the_model_sees_it():
    model, x, y = planar()
    ax = plot.decision_boundary(model, x, y)
    pixels = ax.images[0].get_array()
    middle = pixels.shape[1] // 3  # x is from -1 to 2: 0 is there
    blue, orange = pixels[0, 0], pixels[0, -1]
    assert blue[2] > blue[0]
    assert orange[0] > orange[2]
    assert pixels[0, middle].min() > blue.min()  # It is paler where it is unsure.


def test_columns_of_a_table_name_the_axes():
    pandas = pytest.importorskip("pandas")
    model, x, y = planar()
    table = pandas.DataFrame(x, columns=["width", "height"])
    ax = plot.decision_boundary(model, table, y)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width", "height")
    ax = plot.decision_boundary(model, x, y, feature_names=["a", "b"])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")


def test_points_in_one_line_have_a_plane():
    model, x, y = planar()
    x[:, 1] = 0
    ax = plot.decision_boundary(model, x, y)
    bottom, top = ax.get_ylim()
    assert top > bottom


def test_points_that_are_nowhere_are_refused():
    model, x, y = planar()
    x[1, 0] = np.nan
    with pytest.raises(ValueError, match=r"x\[1, 0\] is NaN"):
        plot.decision_boundary(model, x, y)


# network


def test_a_network_is_drawn_into_axes_as_large_as_they_let():
    model, _, _ = reader()
    ax = plt.subplots()[1]
    plot.network(model, ax)
    drawing = plot.network(model)
    assert len(ax.patches) == len(drawing.picture.shapes)
    assert ax.get_xlim() == (0, drawing.picture.width)
    assert "parameters" in drawing.svg
