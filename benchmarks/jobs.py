"""The whole jobs of compare.py and floor.py: a network, and what it is trained on."""

from typing import NamedTuple

INPUTS, CLASSES = 784, 10
ALL_ROWS = 60_000


class Job(NamedTuple):
    """What is trained."""

    hidden: tuple[int, ...] = (128,)
    batch_size: int = 128
    epochs: int = 5
    standardized: bool = False  # pixels with mean 0 and deviation 1: hardly any zeros
    rows: int = ALL_ROWS
    test_rows: int = 10_000  # for evaluate and predict
    tolerance: float = 0.006  # how far apart two accuracies are by chance

    @property
    def sizes(self):
        """Inputs, units of the hidden layers, classes."""
        return (INPUTS, *self.hidden, CLASSES)

    @property
    def parameters(self):
        """How many numbers are learnt."""
        return sum(
            (inputs + 1) * units
            for inputs, units in zip(self.sizes, self.sizes[1:], strict=False)
        )

    @property
    def network(self):
        """The network and its batches in words.

        Example:
            >>> Job(batch_size=16).network
            '784-128-10, batch 16'
        """
        sizes = "-".join(map(str, self.sizes))
        pixels = " on standardized pixels" if self.standardized else ""
        return f"{sizes}{pixels}, batch {self.batch_size}"

    @property
    def title(self):
        """The whole job in words.

        Example:
            >>> Job().title
            '784-128-10, batch 128, 5 epochs'
            >>> Job().quick().title
            '784-128-10, batch 128, 1 epoch of 2,048 rows'
        """
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        rows = "" if self.rows == ALL_ROWS else f" of {self.rows:,} rows"
        return f"{self.network}, {epochs}{rows}"

    def quick(self):
        """Return the same in small, to try it out; what it learns is not judged."""
        return self._replace(rows=2048, epochs=1, test_rows=1024, tolerance=1.0)


JOBS = {
    "seed": Job(),
    "standardized": Job(standardized=True),
    "wide": Job(hidden=(512, 512)),
    "small-batch": Job(batch_size=16),
    "large": Job(
        hidden=(4096, 4096),
        batch_size=512,
        epochs=4,
        rows=10_240,
        test_rows=2_048,
        tolerance=0.1,
    ),
}
