"""What the Draw tab asks: strokes become a digit, and a network reads it."""

from pathlib import Path

import numpy as np
import pytest

from fastmlp import layers, models, utils
from fastmlp.__main__ import main
from fastmlp._draw import reader, strokes
from fastmlp._draw.reader import Reader
from fastmlp.datasets import mnist, synthetic_digits

SEVEN = [[[0.3, 0.2], [0.7, 0.2], [0.45, 0.85]]]


def drawings():
    """Return the digit, the way it was written and the strokes of each drawing."""
    found = []
    for line in (Path(__file__).parent / "drawings.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        name, _, written = line.partition(":")
        points = [[p.split(",") for p in s.split()] for s in written.split(";")]
        found.append((int(name[0]), name, [np.array(s, float) / 100 for s in points]))
    return found


def moved(lines, by=(0.0, 0.0), scale=1.0):
    return [scale * np.array(line) + by for line in lines]


def center(image):
    ink = image / image.sum()
    rows, columns = np.indices(image.shape)
    return (ink * rows).sum(), (ink * columns).sum()


@pytest.fixture(scope="module")
def quick():
    """A reader that has learned fewer digits than the default one."""
    utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as fewer:
        fewer.setattr(reader, "DIGITS", 5000)
        return Reader(*reader.trained())


def digits_read(model):
    read = Reader(model, "").read
    asked = [[line.tolist() for line in lines] for _, _, lines in drawings()]
    return [int(np.argmax(read({"strokes": a})["probabilities"])) for a in asked]


def the_wrong_ones(model):
    return [
        f"{name}: {found}"
        for (digit, name, _), found in zip(drawings(), digits_read(model), strict=True)
        if found != digit
    ]


# Thirty drawings from different hands


def test_there_are_three_drawings_of_each_digit():
    assert sorted(digit for digit, _, _ in drawings()) == sorted(3 * [*range(10)])


@pytest.mark.slow
def test_a_network_that_learned_drawn_digits_alone_reads_28_of_30():
    utils.set_random_seed(1)
    model, _ = reader.trained()
    wrong = the_wrong_ones(model)
    assert len(wrong) <= 2, wrong


@pytest.mark.slow
def test_a_network_that_learned_mnist_reads_29_of_30(real_mnist_path):
    utils.set_random_seed(1)
    (images, labels), _ = mnist.load_data(real_mnist_path)
    model = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    pixels = images.reshape(-1, 784) / np.float32(255)
    model.fit(pixels, labels, epochs=5, batch_size=128, verbose=0)
    wrong = the_wrong_ones(model)
    assert len(wrong) <= 1, wrong


# Rendering


@pytest.mark.parametrize(("digit", "name", "lines"), drawings())
def test_a_drawing_fits_20_by_20_pixels_in_the_middle_of_28_by_28(digit, name, lines):
    image = strokes.render(lines)
    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    rows, columns = np.nonzero(image >= 128)
    sides = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert 19 <= max(sides) <= 21
    # Whole pixels: half of one is left.
    assert center(image) == pytest.approx((14, 14), abs=0.51)
    assert image.max() == 255


def test_place_and_size_make_no_difference():
    there = strokes.render(moved(SEVEN, by=(-0.2, 0.1)))
    small = strokes.render(moved(SEVEN, by=(0.5, 0.7), scale=0.2))
    image = strokes.render(moved(SEVEN)).astype(int)
    # Rounding to 1/256 pixel may.
    assert abs(there - image).max() <= 4
    assert abs(small - image).max() <= 4


def test_few_points_make_the_same_line_as_many():
    x, y = np.array(SEVEN[0]).T
    fine = np.linspace(0, 2, 301)
    many = np.stack([np.interp(fine, range(3), x), np.interp(fine, range(3), y)], 1)
    few, many = strokes.render(moved(SEVEN)), strokes.render([many])
    assert abs(few.astype(int) - many).max() <= 16


def test_the_direction_and_order_of_strokes_make_no_difference():
    lines = [np.array([[0.2, 0.2], [0.2, 0.8]]), np.array([[0.1, 0.5], [0.6, 0.5]])]
    other = [line[::-1] for line in lines[::-1]]
    difference = strokes.render(lines).astype(int) - strokes.render(other)
    assert abs(difference).max() <= 8


def test_the_pen_is_lifted_between_strokes():
    apart = [np.array([[0.2, y], [0.8, y]]) for y in (0.2, 0.8)]
    image = strokes.render(apart)
    assert image[14].max() == 0
    assert image[5].max() == 255 == image[23].max()


def test_a_dot_is_no_line_over_all_the_paper():
    image = strokes.render([np.array([[0.9, 0.1]])])
    assert 0 < np.count_nonzero(image) < 20
    assert center(image) == pytest.approx((14, 14), abs=0.51)


def test_a_trembling_dot_stays_small():
    image = strokes.render([np.array([[0.5, 0.5], [0.503, 0.5], [0.5, 0.504]])])
    assert np.count_nonzero(image) < 40


@pytest.mark.parametrize(
    "line", [[[0.5, 0], [0.5, 1]], [[0, 0.5], [1, 0.5]], [[-100, -100], [100, 100]]]
)
def test_straight_lines_of_any_length_are_drawn(line):
    assert strokes.render([np.array(line, float)]).max() == 255


def test_an_empty_sheet_is_paper():
    assert not strokes.render([]).any()
    assert strokes.checked([[], []]) == []


def test_the_line_is_as_thick_as_in_the_digits_that_were_learned(quick):
    drawn = [strokes.render(lines) for _, _, lines in drawings()]
    learned, _ = synthetic_digits.load_data(n_train=1000, n_test=0)
    ink = np.mean(learned[0]) / 255
    assert np.mean(drawn) / 255 == pytest.approx(ink, rel=0.2)


# Answers


def test_an_answer_has_pixels_layers_and_probabilities(quick):
    answer = quick.read({"strokes": SEVEN})
    assert len(answer["pixels"]) == 784
    (hidden,) = answer["layers"]
    assert (hidden["name"], len(hidden["outputs"])) == ("hidden", 128)
    assert np.argmax(answer["probabilities"]) == 7
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_an_empty_sheet_has_an_answer_too(quick):
    answer = quick.read({"strokes": []})
    assert not any(answer["pixels"])
    assert len(answer["probabilities"]) == 10


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([], "has 'strokes'"),
        ({}, "has 'strokes'"),
        ({"strokes": None}, "list of strokes"),
        ({"strokes": [None]}, "list of strokes"),
        ({"strokes": [[1, 2]]}, "[x, y]"),
        ({"strokes": [[[1, 2, 3]]]}, "[x, y]"),
        ({"strokes": [[[1, "2"]]]}, "numbers"),
        ({"strokes": [[[1, True]]]}, "numbers"),
        ({"strokes": [[[1, 1e999]]]}, "within the sheet"),
        ({"strokes": [[[1, 10**400]]]}, "within the sheet"),
        ({"strokes": [[[0.5, 0.5]] * 20_001]}, "clear the sheet"),
    ],
)
def test_what_is_no_strokes_is_refused_by_a_sentence(asked, words, quick):
    with pytest.raises(ValueError) as refused:
        quick.read(asked)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("digit", range(10))
def test_an_example_is_read_as_what_it_is(digit, quick, monkeypatch):
    read = []
    for hand in [np.random.default_rng(seed) for seed in range(5)]:
        monkeypatch.setattr(np.random, "default_rng", lambda hand=hand: hand)
        written = reader.example({"digit": digit})["strokes"]
        assert all(0 <= at <= 1 for line in written for point in line for at in point)
        read.append(np.argmax(quick.read({"strokes": written})["probabilities"]))
    assert read.count(digit) >= 3


def test_a_path_is_parted_where_the_pen_was_lifted():
    across, down = np.linspace(0, 1, 40), np.linspace(0, 0.5, 15)
    lines = [np.stack([across, 0 * across], 1), np.stack([0 * down + 0.5, down], 1)]
    found = strokes.parted(np.concatenate(lines))
    assert [line.tolist() for line in found] == [line.tolist() for line in lines]


@pytest.mark.parametrize("digit", [10, -1, 1.0, "7", None, True])
def test_no_digit_has_no_example(digit):
    with pytest.raises(ValueError, match="from 0 to 9"):
        reader.example({"digit": digit})


# Models of one's own


def built(*stack):
    return models.Sequential(stack)


def test_a_model_may_take_pixels_in_any_shape_and_give_logits():
    model = built(
        layers.Input((28, 28)),
        layers.Rescaling(1 / 255),
        layers.Flatten(),
        layers.Dense(16, activation="tanh", name="first"),
        layers.Dropout(0.5),
        layers.Dense(8, activation="relu", name="second"),
        layers.Dense(10),
    )
    answer = Reader(model, "").read({"strokes": SEVEN})
    assert [layer["name"] for layer in answer["layers"]] == ["first", "second"]
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-3)
    pixels = np.array(answer["pixels"], np.float32).reshape(1, 28, 28)
    assert answer["probabilities"] == pytest.approx(
        softmax_of(model.predict(pixels, verbose=0)[0]), abs=1e-3
    )


def softmax_of(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


@pytest.mark.parametrize(
    "model",
    [
        built(layers.Input((4,)), layers.Dense(10)),
        built(layers.Input((784,)), layers.Dense(3)),
        built(layers.Dense(10)),
        models.Model(
            [a := layers.Input((784,)), b := layers.Input((784,))],
            layers.Dense(10)(layers.Add()([a, b])),
        ),
    ],
    ids=["inputs", "outputs", "not built", "two inputs"],
)
def test_a_model_that_reads_no_digits_is_refused(model):
    with pytest.raises(ValueError, match=r"784 pixels.*\(None, 10\)"):
        Reader(model, "")


def test_a_model_whose_outputs_are_not_finite_is_told_so():
    model = built(layers.Input((784,)), layers.Dense(10, activation="softmax"))
    kernel, bias = model.get_weights()
    with pytest.warns(RuntimeWarning, match="NaN"):
        model.set_weights([np.full_like(kernel, np.nan), bias])
    with pytest.raises(ValueError, match="not finite"):
        Reader(model, "").read({"strokes": SEVEN})


@pytest.mark.parametrize("name", ["missing.keras", "model.txt", "small.npz"])
def test_a_file_that_is_no_model_of_digits_is_one_sentence(name, tmp_path, capsys):
    (tmp_path / "model.txt").write_text("no model")
    model = built(layers.Input((4,)), layers.Dense(10))
    model.save(tmp_path / "small.npz")
    assert main(["draw", "--no-browser", "--model", str(tmp_path / name)]) == 1
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1, complaint
    assert complaint.startswith("fastmlp: ")
