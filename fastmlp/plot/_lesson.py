"""The pictures of a trained network that reads digits, for its report."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import layers, models
from fastmlp.plot import (
    activations,
    confusion_matrix,
    decision_boundary,
    history,
    mistakes,
    network,
    weights,
)
from fastmlp.plot._axes import pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The dark one has the color of the page behind it.
_CARD = "#171d24"
_DARK = ["dark_background", {f"{one}.facecolor": _CARD for one in ("axes", "figure")}]
_STYLES: dict[str, list[Any]] = {"light": ["default"], "dark": ["default", *_DARK]}

_POINTS = 400  # in the plane: more would hide what is below them
_UNITS = 36  # Images of weights are what takes most room in a file.
_IMAGES_TO_COMPARE = 5_000


class Trained(NamedTuple):
    """A network, how it was trained, and digits that it has not seen.

    Attributes:
        network: What was trained.
        history: What `fit` returned.
        train: Inputs, (rows, pixels), and labels that it has seen.
        test: Those that it has not.
    """

    network: models.Sequential
    history: Any
    train: tuple[NDArray[Any], NDArray[Any]]
    test: tuple[NDArray[Any], NDArray[Any]]


class Figure(NamedTuple):
    """A picture of a report.

    Attributes:
        name: That of its file, without ending.
        title: What it shows.
        caption: How it is read.
        alt: What is seen, for those who hear it read.
        svg: It as SVG, by "light" and "dark".
    """

    name: str
    title: str
    caption: str
    alt: str
    svg: dict[str, bytes]


def draw_lesson(trained: Trained) -> list[Figure]:
    """Return all pictures of a trained network, in the order in which one reads them.

    Raises:
        ImportError: matplotlib is missing.
    """
    model, (x, y) = trained.network, trained.test
    said = model.predict(x, verbose=0).argmax(axis=1)
    right = said == y
    shown = int(right.argmax())  # the first that is right
    drawing = network(model, rankdir="LR")
    sizes = " to ".join(str(layer.output_shape[-1]) for layer in model.layers)
    first = model.layers[0]
    plane, points, labels = _plane(trained)
    return [
        Figure(
            "network",
            "The network",
            "Each box is a layer: what comes in, what goes out, and how many numbers "
            "it has learnt.",
            f"Boxes from the left to the right: {model.input_shape[-1]} inputs, then "
            f"layers of {sizes} units.",
            dict.fromkeys(_STYLES, drawing.svg.encode()),
        ),
        Figure(
            "history",
            "How it learnt",
            "An epoch is one pass over the training images. Where the curve of the "
            "test images (validation) no longer follows that of training, the network "
            "begins to learn by heart.",
            _curves_in_words(trained.history.history),
            _drawn(lambda: history(trained.history)),
        ),
        Figure(
            "confusion_matrix",
            "What it takes for what",
            "A row is the digit that was written, a column what the network said: blue "
            "is right, orange is wrong, the stronger the more often.",
            _confusion_in_words(y, said),
            _drawn(lambda: confusion_matrix(model, x, y)),
        ),
        Figure(
            "mistakes",
            "Where it is wrong, and sure",
            "The mistakes that it was surest of, among the test images. Some of these "
            "are hard for people, too.",
            f"Test images that are read wrong, out of {int((~right).sum()):,}, each "
            "with what the network said and what it is.",
            _drawn(lambda: mistakes(model, x, y)),
        ),
        Figure(
            "activations",
            "One digit on its way",
            "What each layer makes of one image: the stronger the blue, the more a "
            "unit says; all others are silent.",
            f"An image of a {y[shown]}, the {first.output_shape[-1]} hidden units as "
            f"squares, and bars for the ten digits, the longest at {said[shown]}.",
            _drawn(lambda: activations(model, x[shown])),
        ),
        Figure(
            "weights",
            "What its units look for",
            "A square is one hidden unit, in the shape of an image: ink on blue "
            "wakes it, ink on orange calms it.",
            f"The weights of hidden units as images of blue and orange pixels, "
            f"{first.output_shape[-1]} units in all.",
            _drawn(lambda: weights(model, count=_UNITS)),
        ),
        Figure(
            "decision_boundary",
            "Two numbers are not enough",
            "Another, small network sees only two numbers of each image: how far it "
            "goes in the two directions in which images differ most (their principal "
            "components). The plane shows what it says where, the marks are "
            f"{len(points)} of the test images.",
            "A plane of ten colored regions, one for each digit, with test images as "
            "marks that overlap.",
            _drawn(
                lambda: decision_boundary(
                    plane,
                    points,
                    labels,
                    feature_names=["first component", "second component"],
                )
            ),
        ),
    ]


def _drawn(draw: Callable[[], Axes]) -> dict[str, bytes]:
    """Return a picture as SVG in each style, the same bytes each time."""
    plt = pyplot()
    found = {}
    for name, style in _STYLES.items():
        # Without a salt, the names within an SVG would be random.
        with plt.style.context([*style, {"svg.hashsalt": "fastmlp"}]):
            figure: Any = draw().figure
            file = io.BytesIO()
            made_by = {"Creator": "fastmlp", "Date": None}
            figure.savefig(file, format="svg", metadata=made_by)
            plt.close(figure)
        found[name] = file.getvalue()
    return found


def _plane(
    trained: Trained,
) -> tuple[models.Sequential, NDArray[Any], NDArray[Any]]:
    """Return a network that sees two numbers of each image, and what it is shown."""
    x, y = trained.train
    some = x[:_IMAGES_TO_COMPARE].astype(np.float32)
    mean = some.mean(axis=0)
    # eigh sorts from the least to the largest.
    spread, directions = np.linalg.eigh(np.cov(some, rowvar=False))
    two = (directions[:, :-3:-1] / np.sqrt(spread[:-3:-1])).astype(np.float32)
    model = models.Sequential(
        [
            layers.Dense(32, "relu", input_shape=(2,)),
            layers.Dense(int(y.max()) + 1, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    origin = mean @ two
    model.fit(x @ two - origin, y, epochs=3, batch_size=128, verbose=0)
    points, labels = trained.test
    return model, points[:_POINTS] @ two - origin, labels[:_POINTS]


def _curves_in_words(curves: dict[str, list[float]]) -> str:
    parts = [
        f"{name} from {values[0]:.3f} to {values[-1]:.3f}"
        for name, values in curves.items()
    ]
    words = ", ".join(parts).replace("val_", "validation ")
    return f"Curves over {len(curves['loss'])} epochs: {words}."


def _confusion_in_words(y: NDArray[Any], said: NDArray[Any]) -> str:
    wrong = said != y
    words = f"A table of {len(y):,} test images, {np.mean(~wrong):.1%} of them right."
    if wrong.any():
        pairs, counts = np.unique(
            np.stack([y[wrong], said[wrong]]), axis=1, return_counts=True
        )
        true, taken = pairs[:, counts.argmax()]
        words += (
            f" The commonest mistake: {true} is taken for {taken}, "
            f"{counts.max()} times."
        )
    return words
