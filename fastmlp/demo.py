"""The notebook from class as a program: what `fastmlp mnist` runs."""

import json
import platform
import time
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fastmlp import __version__, config, kernels, layers, models, utils
from fastmlp.datasets import mnist, synthetic_digits


def environment() -> dict[str, Any]:
    """Return what a run's speed and last digits depend on."""
    return {
        "version": __version__,
        "backend": kernels.backend,
        "instruction_set": kernels.instruction_set,
        "threads": kernels.num_threads(),
        "zero_skipping": config.get_zero_skipping(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def choose_digits(wanted: str | None) -> tuple[mnist.Digits, dict[str, Any]]:
    """Return the digits to train on, and what they are and where they are from.

    Args:
        wanted: "mnist" or "synthetic" in any case, or the path of an `.npz` file in
            MNIST's format; None takes MNIST, and the synthetic digits where it
            cannot be had.

    Raises:
        OSError: The file cannot be read, or MNIST cannot be downloaded.
        ValueError: The file is not in MNIST's format.
    """
    word = wanted and wanted.lower()
    if word == "synthetic":
        return _synthetic()
    if wanted is None:
        try:
            digits, source = mnist.load_with_source("mnist.npz")
        except ConnectionError as error:
            print(f"MNIST is not here and cannot be downloaded ({error.__cause__}).")
            print(
                "So these are digits that fastmlp draws itself: they are not MNIST.\n"
            )
            return _synthetic()
    elif word == "mnist":
        digits, source = mnist.load_with_source("mnist.npz")
    else:
        path = Path(wanted).expanduser().absolute()
        if not path.exists():
            raise FileNotFoundError(
                f"There is no file {path}. --data takes mnist, synthetic, or the path "
                "of an .npz file."
            )
        digits, source = mnist.load_with_source(path)
    genuine = mnist.is_mnist(digits)
    name = "MNIST" if genuine else "digits in MNIST's format (not MNIST)"
    return digits, {"name": name, "source": source, "is_mnist": genuine}


def _synthetic() -> tuple[mnist.Digits, dict[str, Any]]:
    return synthetic_digits.load_data(), {
        "name": "synthetic digits (not MNIST)",
        "source": "drawn by fastmlp.datasets.synthetic_digits",
        "is_mnist": False,
    }


def run(
    wanted: str | None,
    epochs: int,
    batch_size: int,
    seed: int | None,
    plots: str | None = None,
) -> dict[str, Any]:
    """Train the network of the notebook, print how it goes, and return the results.

    Args:
        wanted: Which digits, as in `choose_digits`.
        epochs: How many times the training images are gone through.
        batch_size: Images per step.
        seed: Makes the run repeat; None draws fresh initial weights.
        plots: The folder that pictures and a report of the run go to, which
            `check_folder` has returned; None, the default, for none.

    Raises:
        OSError: The digits cannot be read or downloaded, or the report not written.
        ValueError: The file is not in MNIST's format.
    """
    digits, data = choose_digits(wanted)
    (train_images, train_labels), (test_images, test_labels) = digits
    print(f"Data: {data['name']}")
    print(f"      {data['source']}")
    print(
        f"      {len(train_images):,} images to train, {len(test_images):,} to test\n"
    )
    if seed is not None:
        utils.set_random_seed(seed)

    train_inputs = train_images.reshape((60000, 784)) / 255.0
    test_inputs = test_images.reshape((10000, 784)) / 255.0
    train_targets = utils.to_categorical(train_labels)
    test_targets = utils.to_categorical(test_labels)

    network = models.Sequential()
    network.add(layers.Dense(128, activation="relu", input_shape=(784,)))
    network.add(layers.Dense(10, activation="softmax"))
    network.summary()
    network.compile(
        optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"]
    )
    start = time.perf_counter()
    history = network.fit(
        train_inputs,
        train_targets,
        epochs=epochs,
        batch_size=batch_size,
        # A curve beside that of training.
        validation_data=None if plots is None else (test_inputs, test_targets),
    )
    seconds = time.perf_counter() - start
    test_loss, test_accuracy = network.evaluate(test_inputs, test_targets, verbose=0)

    zeros = "skipped" if network.zero_skipping else "not skipped"
    print(f"\nTraining time: {seconds:.2f} seconds (zeros: {zeros})")
    print(f"Test loss:     {test_loss:.4f}")
    print(f"Test accuracy: {test_accuracy:.4f}")
    if not data["is_mnist"]:
        print("\nThese digits are not MNIST; figures for MNIST differ.")
    results = {
        "data": data,
        "training_images": len(train_images),
        "test_images": len(test_images),
        "seed": seed,
        "epochs": epochs,
        "batch_size": batch_size,
        "parameters": network.count_params(),
        "history": history.history,
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
        "training_seconds": seconds,
        **environment(),
        "zero_skipping": network.zero_skipping,
    }
    if plots is not None:
        # Only here: it takes a while to load, and matplotlib.
        from fastmlp.plot._lesson import Trained
        from fastmlp.plot._report import write_report

        train, test = (train_inputs, train_labels), (test_inputs, test_labels)
        page = write_report(plots, results, Trained(network, history, train, test))
        print(f"Report:        {page}")
    return results


def write_json(results: dict[str, Any], file: BinaryIO) -> None:
    """Write the results of `run` as JSON."""
    file.write(json.dumps(results, indent=2).encode() + b"\n")
