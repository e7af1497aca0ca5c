"""What the Draw tab asks: which digit it is, and what happens inside the network."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastmlp import layers, models
from fastmlp._draw import strokes
from fastmlp.datasets import synthetic_digits


def default_model() -> models.Sequential:
    """Return a network of 784, 128 and 10 units that has learned the drawn digits."""
    (images, labels), _ = synthetic_digits.load_data(n_train=20_000, n_test=0)
    network = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(128, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    network.fit(
        images.reshape(-1, 784) / np.float32(255),
        labels,
        epochs=3,
        batch_size=128,
        verbose=0,
    )
    return network


class Reader:
    """A model that reads what is drawn.

    Args:
        model: It takes 784 numbers from 0 to 1 and has ten outputs.
    """

    def __init__(self, model: models.Model) -> None:
        self.model = model

    def read(self, asked: Any) -> dict[str, Any]:
        """Answer `{"strokes": [[[x, y], ...], ...]}` with what the network makes of it.

        Raises:
            ValueError: These are no strokes.
        """
        if not isinstance(asked, dict) or "strokes" not in asked:
            raise ValueError('Expected {"strokes": [...]}.')
        image = strokes.render(strokes.checked(asked["strokes"]))
        outputs = self.model.predict(
            image.reshape(1, 784) / np.float32(255), verbose=0
        )[0]
        return {
            "pixels": image.ravel().tolist(),
            "probabilities": [round(float(output), 4) for output in outputs],
        }
