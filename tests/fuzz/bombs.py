"""Small files that declare much: how long they take, and how much memory.

    python tests/fuzz/bombs.py                    for fastmlp
    python tests/fuzz/bombs.py --library keras    the same files, for Keras

Each is a .keras file of some kilobytes, which is loaded by a process of its own, in
16 GiB at most and 60 seconds of a core.
"""

import argparse
import io
import json
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from libraries import LIBRARIES

INPUTS, UNITS = 4, 3
_MOST_SECONDS = 60
_MOST_BYTES = 16 << 30


# -- The files -------------------------------------------------------------------------


def layer(kind: str, **config: Any) -> dict[str, Any]:
    return _named("keras.layers", kind, config)


def described(*layers: Any, inputs: int = INPUTS) -> bytes:
    given = layer("InputLayer", batch_shape=[None, inputs], dtype="float32")
    config = {"name": "m", "trainable": True, "layers": [given, *layers]}
    return json.dumps(_named("keras", "Sequential", config)).encode()


def _named(module: str, kind: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": module,
        "class_name": kind,
        "config": config,
        "registered_name": None,
    }


def graph(*layers: Any, outputs: Any) -> dict[str, Any]:
    """Return the description of a graph; the first of its layers is its input."""
    name = layers[0]["name"]
    config = {"layers": list(layers), "input_layers": [name, 0, 0]}
    return _named("keras", "Functional", {**config, "output_layers": outputs})


def called(description: dict[str, Any], name: str, *inputs: Any) -> dict[str, Any]:
    """Return the description of a layer that is called on each of these inputs."""
    nodes = [{"args": [_tensor(one)], "kwargs": {}} for one in inputs]
    return {**description, "name": name, "inbound_nodes": nodes}


def _tensor(given: Any) -> Any:
    if isinstance(given[0], list):
        return [_tensor(one) for one in given]
    return {"class_name": "__keras_tensor__", "config": {"keras_history": given}}


def models_in_models(levels: int) -> dict[str, Any]:
    """Return a model that calls another twice, which calls another twice, ..."""
    x = called(layer("InputLayer", batch_shape=[None, INPUTS], name="x"), "x")
    inner = graph(x, called(layer("ReLU"), "a", ["x", 0, 0]), outputs=["a", 0, 0])
    for _ in range(levels):
        twice = called(inner, "m", ["x", 0, 0], ["m", 0, 0])
        inner = graph(x, twice, outputs=["m", 2, 0])
    return inner


def doubled(levels: int) -> dict[str, Any]:
    """Return a model that puts what it has beside itself, again and again."""
    x = called(layer("InputLayer", batch_shape=[None, INPUTS], name="x"), "x")
    before, steps = ["x", 0, 0], []
    for level in range(levels):
        name = f"c{level}"
        steps.append(called(layer("Concatenate", name=name), name, [before, before]))
        before = [name, 0, 0]
    return graph(x, *steps, outputs=before)


def many_ends(count: int) -> dict[str, Any]:
    """Return a model that has as many inputs, and one output as often."""
    inputs = [
        called(layer("InputLayer", batch_shape=[None, 1], name=f"x{i}"), f"x{i}")
        for i in range(count)
    ]
    ends = [[one["name"], 0, 0] for one in inputs]
    added = called(layer("Add", name="add"), "add", ends)
    found = graph(*inputs, added, outputs=[["add", 0, 0]] * count)
    found["config"]["input_layers"] = ends
    return found


def weights(kernel: Callable[[Any], Any] | None = None) -> bytes:
    """Return weights in HDF5: those of a dense layer, but for its kernel."""
    file = io.BytesIO()
    with h5py.File(file, "w") as h5:
        place = h5.create_group("layers/dense/vars")
        if kernel is None:
            place.create_dataset("0", data=np.zeros((INPUTS, UNITS), np.float32))
        else:
            kernel(place)
        place.create_dataset("1", data=np.zeros(UNITS, np.float32))
        h5.create_group("vars")
    return file.getvalue()


def archive(config: bytes, inside: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        whole.writestr("config.json", config)
        whole.writestr("model.weights.h5", inside)
    return file.getvalue()


def large_chunk(place: Any) -> None:
    shape, chunk = (INPUTS, UNITS), (1 << 14, 1 << 14)
    kernel = place.create_dataset(
        "0", shape, "f4", maxshape=(None, None), chunks=chunk, compression="gzip"
    )
    kernel[0, 0] = 1


def bombs() -> dict[str, bytes]:
    dense, plain = layer("Dense", units=UNITS, name="dense"), weights()
    scaling = [
        layer("Rescaling", scale=2.0, offset=0.0, name=f"r{i}") for i in range(5)
    ]
    many = [layer("ReLU", name=f"relu_{i}") for i in range(2000)]
    zeros = np.zeros((1 << 13, 1 << 13), np.float32)
    graphs = {
        "30 models in models, each called twice": models_in_models(30),
        "40 layers that double what they get": doubled(40),
        "2,500 inputs, and an output 2,500 times": many_ends(2500),
    }
    return {
        "an input of 60 million, rescaled five times": archive(
            described(*scaling, inputs=60_000_000), plain
        ),
        "2,000 layers": archive(described(*many), plain),
        "100,000,000 units, without their weights": archive(
            described(layer("Dense", units=10**8, name="dense")), plain
        ),
        "a chunk of 1 GiB for 12 numbers": archive(
            described(dense), weights(large_chunk)
        ),
        "a description with 200 MB of blanks": archive(
            b" " * 200_000_000 + described(dense), plain
        ),
        "a description of 5 million objects": archive(
            described(dense)[:-1] + b', "more": [' + b"{}," * 5_000_000 + b"{}]}", plain
        ),
        "weights with 1 GB of zeros behind them": archive(
            described(dense), plain + bytes(10**9)
        ),
        "268 MB of zeros for weights": archive(
            described(layer("Dense", units=1 << 13, name="dense"), inputs=1 << 13),
            weights(lambda place: place.create_dataset("0", data=zeros)),
        ),
        **{
            name: archive(json.dumps(whole).encode(), plain)
            for name, whole in graphs.items()
        },
    }


# -- Loading them ----------------------------------------------------------------------


def load(library: str, path: str) -> None:
    """Load a file, and print what came of it, how many seconds of a core, and GB."""
    known = LIBRARIES[library]()
    before = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    # Whoever takes longer is ended by the system.
    seconds = int(before.ru_utime + before.ru_stime) + _MOST_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        known.load(Path(path))
        outcome = "loaded"
    except Exception as error:
        outcome = type(error).__name__
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{seconds:8.2f} s {(after.ru_maxrss - before.ru_maxrss) / 1e6:5.2f} GB",
        outcome,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=("fastmlp", "keras"), default="fastmlp")
    parser.add_argument("--load", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load(options.library, options.load)
        return
    command = [sys.executable, __file__, f"--library={options.library}"]
    print(f"{'':44}     file       time   memory")
    for name, content in bombs().items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "m.keras")
            path.write_bytes(content)
            run = subprocess.run(
                [*command, f"--load={path}"], capture_output=True, text=True
            )
        printed = run.stdout.splitlines()[-1] if not run.returncode else "did not end"
        print(f"{name:44} {len(content) / 1e3:5,.0f} kB {printed}", flush=True)


if __name__ == "__main__":
    main()
