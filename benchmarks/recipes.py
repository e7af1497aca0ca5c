"""The recipes of speedrun.py, and how each library follows one.

What makes them short: images of 14 x 14, in which every pixel is the mean of four, cost
a third of the arithmetic; moved by a pixel, and differently in each epoch, they hardly
come twice, so that few epochs do not overfit; batch normalization bears a learning rate
that is high, and OneCycle takes it up and down once; label smoothing keeps the last few
rows from being all that the loss is about.

A trainer takes a recipe, images, labels and a seed, and returns a function from images
to classes. It imports its library itself, so that a process holds one.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jobs import CLASSES

SIDE = 28
PIXELS = (SIDE // 2) ** 2

# How far images are moved, in pixels: down, right.
MOVES = (
    *((0, 0), (0, 1), (1, 0), (1, 1), (0, -1)),
    *((-1, 0), (-1, -1), (1, -1), (-1, 1)),
)


class Recipe(NamedTuple):
    """A network, and how it is trained."""

    hidden: tuple[int, ...]
    epochs: int
    learning_rate: float = 1.6  # the highest of OneCycle
    warmup_fraction: float = 0.2
    momentum: float = 0.9
    weight_decay: float = 0.001
    label_smoothing: float = 0.1
    batch_size: int = 256

    @property
    def title(self):
        """The recipe in words.

        Example:
            >>> Recipe((256, 64), epochs=4).title
            '196-256-64-10, 4 epochs'
        """
        sizes = "-".join(map(str, (PIXELS, *self.hidden, CLASSES)))
        return f"{sizes}, {self.epochs} epochs"

    def steps(self, rows):
        """Return how many batches all epochs have together."""
        return self.epochs * math.ceil(rows / self.batch_size)


# For each mark, in percent, the cheapest that was found with a mean above it, by more
# than the mean's error, on the last 10,000 training rows, trained on the others.
RECIPES = {
    "98.0": Recipe(hidden=(256,), epochs=2),
    "98.5": Recipe(hidden=(256, 64), epochs=4),
    "98.8": Recipe(hidden=(256, 64), epochs=8),
}


def halve(quarters, out=None):
    """Return float32 rows of 14 x 14 pixels from 0 to 1, each the mean of four.

    Args:
        quarters: uint8, (rows, 28, 28), at most 63, so that four of them fit into it.
        out: Where to write them; as a rule they are a new array.

    Example:
        >>> white = np.full((1, 28, 28), 255, np.uint8)
        >>> halve(white // 4).shape, float(halve(white // 4).max())
        ((1, 196), 1.0)
    """
    lines = quarters[:, 0::2] + quarters[:, 1::2]
    pixels = lines[:, :, 0::2] + lines[:, :, 1::2]
    return np.divide(pixels.reshape(-1, PIXELS), np.float32(252), out=out)


def move_and_halve(quarters, epoch, x):
    """Write images into the rows of x, halved, each part of them moved its own way.

    In another epoch a part goes another way. What leaves an image comes in at its other
    side, or that of the next image: MNIST's margins are empty.
    """
    # In parts that fit into a near cache, and into the same memory in each epoch: 18 ms
    # for 50,000 images, where new arrays of all of them take 55.
    count = 4 * len(MOVES)
    parts = zip(np.array_split(quarters, count), np.array_split(x, count), strict=True)
    for number, (images, rows) in enumerate(parts):
        down, right = MOVES[(number + 2 * epoch) % len(MOVES)]
        halve(np.roll(images, SIDE * down + right), out=rows)


def train_fastmlp(recipe, images, labels, seed):
    import fastmlp

    rate = fastmlp.optimizers.schedules.OneCycle(
        recipe.learning_rate,
        recipe.steps(len(images)),
        warmup_fraction=recipe.warmup_fraction,
    )
    return _train_keras_like(fastmlp, rate, recipe, images, labels, seed)


def train_keras(recipe, images, labels, seed):
    import keras

    rate = keras_one_cycle(keras, recipe, recipe.steps(len(images)))
    return _train_keras_like(keras, rate, recipe, images, labels, seed)


def keras_one_cycle(keras, recipe, steps):
    """Return fastmlp's OneCycle, which Keras has not."""
    high = recipe.learning_rate
    rising = recipe.warmup_fraction * steps

    class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            step = keras.ops.cast(step, "float32")
            falls = (step - rising) / (steps - rising)
            over = keras.ops.where(step < rising, 1 - step / rising, falls)
            low = keras.ops.where(step < rising, high / 25, high / 250_000)
            return low + (high - low) * 0.5 * (1 + keras.ops.cos(math.pi * over))

    return OneCycle()


def _train_keras_like(library, rate, recipe, images, labels, seed):
    """Train by fastmlp or Keras."""
    layers = library.layers
    library.utils.set_random_seed(seed)
    model = library.Sequential([layers.Input((PIXELS,))])
    for units in recipe.hidden:
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
    model.add(layers.Dense(CLASSES, activation="softmax"))
    model.compile(
        library.optimizers.SGD(
            rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        ),
        library.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
    )
    quarters, y = images // 4, library.utils.to_categorical(labels, CLASSES)
    x = np.empty((len(images), PIXELS), np.float32)
    for epoch in range(recipe.epochs):
        move_and_halve(quarters, epoch, x)
        model.fit(x, y, batch_size=recipe.batch_size, epochs=1, verbose=0)
    return lambda images: model.predict(halve(images // 4), verbose=0).argmax(axis=1)


def train_torch(recipe, images, labels, seed):
    import torch
    from torch import nn

    torch.manual_seed(seed)
    parts, inputs = [], PIXELS
    for units in recipe.hidden:
        # Keras's settings of BatchNormalization.
        norm = nn.BatchNorm1d(units, eps=1e-3, momentum=0.1)
        parts += [nn.Linear(inputs, units, bias=False), norm, nn.ReLU()]
        inputs = units
    model = nn.Sequential(*parts, nn.Linear(inputs, CLASSES))
    loss_function = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        # It goes through the momentum here, which multiplies it by 1 / (1 - momentum).
        weight_decay=recipe.weight_decay * (1 - recipe.momentum),
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        recipe.learning_rate,
        recipe.steps(len(images)),
        pct_start=recipe.warmup_fraction,
        cycle_momentum=False,
    )
    quarters, y = images // 4, torch.from_numpy(labels.astype(np.int64))
    x = torch.empty((len(images), PIXELS))
    for epoch in range(recipe.epochs):
        move_and_halve(quarters, epoch, x.numpy())
        for rows in torch.randperm(len(x)).split(recipe.batch_size):
            optimizer.zero_grad(set_to_none=True)
            loss_function(model(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
    model.eval()

    def classify(images):
        with torch.no_grad():
            return model(torch.from_numpy(halve(images // 4))).argmax(1).numpy()

    return classify


Trainer = Callable[[Recipe, np.ndarray, np.ndarray, int], Callable[..., Any]]

# By the names of peers.py.
TRAINERS: dict[str, Trainer] = {
    "fastmlp": train_fastmlp,
    "torch": train_torch,
    "keras-jax": train_keras,
}
