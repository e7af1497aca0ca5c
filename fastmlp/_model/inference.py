"""`evaluate`, `predict` and their kin: what uses a model and leaves it as it is."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from fastmlp._check.arguments import UseSettings
from fastmlp._engine.runs import BLOCK_ROWS, Work
from fastmlp._model.network import Network
from fastmlp._model.samples import Given, to_samples
from fastmlp._model.streams import AnyRun, Stream, make_run, to_stream
from fastmlp._util.batches import is_stream
from fastmlp.callbacks import CallbackList
from fastmlp.plan import EVALUATE, PREDICT, Float32

# x, y and sample_weight, as the user gave them.
Data = tuple[Any, Any, Any]


def evaluate(
    model: Any, network: Network, data: Data, callbacks: Any, settings: UseSettings
) -> dict[str, float]:
    """Return loss and metrics on some data.

    Args:
        model: What callbacks get to see.
        network: What is evaluated.
        data: What it is evaluated on.
        callbacks: The user's callbacks.
        settings: The other arguments.
    """
    batch_size, steps, _ = settings
    read = partial(to_samples, network.graph, training=network.require_training())
    given: Given | Stream
    if is_stream(data[0]):
        given = to_stream(*data, read, batch_size=batch_size)
    else:
        given = read(*data, batch_size=batch_size, steps=steps)
    run = make_run(network.pool_for(*given.shapes), given, EVALUATE, steps)
    called = _callbacks_of(model, run, callbacks, settings)
    return run_tests(model, run, called, network.steps_per_execution)


def run_tests(
    model: Any, run: AnyRun, called: CallbackList, steps: int
) -> dict[str, float]:
    """Go through all batches once; return loss and metrics.

    Args:
        model: Its `stop_evaluating` ends it.
        run: What is done with a batch.
        called: The callbacks.
        steps: How many batches are one for those who look at each.
    """
    begins, ends, every_batch = called.batch_hooks("test")

    def after(batch: int) -> bool:
        called.on_test_batch_end(batch, run.loss_and_metrics())
        return bool(model.stop_evaluating)

    run.reset()
    _forget_stop(model, "stop_evaluating")
    called.on_test_begin()
    run.work(
        every=steps if every_batch else None,
        before=called.on_test_batch_begin if begins else None,
        after=after if ends else None,
    )
    logs = run.loss_and_metrics()
    called.on_test_end(logs)
    return logs


def predict(
    model: Any, network: Network, x: Any, callbacks: Any, settings: UseSettings
) -> Any:
    """Return the outputs for some inputs; the arguments are those of `evaluate`."""
    batch_size, steps, verbose = settings
    quiet = not verbose and not callbacks
    graph = network.graph
    given: Given | Stream
    if is_stream(x):
        read = partial(to_samples, graph, training=None)
        given = to_stream(x, None, None, read, batch_size=batch_size)
    else:
        given = to_samples(graph, x, training=None, batch_size=batch_size, steps=steps)
        if quiet and given.samples.count <= min(given.batch_size, BLOCK_ROWS):
            return _predict_at_once(network, given)
    run = make_run(network.pool_for(*given.shapes), given, PREDICT, steps)
    if quiet:
        run.work()
    else:
        called = _callbacks_of(model, run, callbacks, settings)
        _run_predictions(model, network, run, called)
    return _in_shape(network, run.all_outputs())


def _run_predictions(
    model: Any, network: Network, run: AnyRun, called: CallbackList
) -> None:
    """Go through all batches once, and show callbacks what comes out."""
    begins, ends, every_batch = called.batch_hooks("predict")

    def after(batch: int) -> bool:
        outputs = network.graph.output_structure.results(run.latest_outputs())
        called.on_predict_batch_end(batch, {"outputs": outputs})
        return bool(model.stop_predicting)

    _forget_stop(model, "stop_predicting")
    called.on_predict_begin()
    run.work(
        every=network.steps_per_execution if every_batch else None,
        before=called.on_predict_batch_begin if begins else None,
        after=after if ends else None,
    )
    called.on_predict_end()


def _forget_stop(model: Any, flag: str) -> None:
    """Forget that a callback ended the run before; else the model stays as it is."""
    if getattr(model, flag):
        setattr(model, flag, False)


def predict_on_batch(network: Network, x: Any) -> Any:
    """Return the outputs for some inputs as one batch."""
    return _predict_at_once(network, to_samples(network.graph, x, training=None))


def test_on_batch(network: Network, data: Data) -> dict[str, float]:
    """Return loss and metrics of one batch."""
    training = network.require_training()
    given = to_samples(network.graph, *data, training=training)
    work = Work(network.pool_for(*given.shapes), EVALUATE)
    work.run_batch(given.samples)
    return work.loss_and_metrics()


def call_layers(network: Network, x: Any) -> Any:
    """Return what the layers make of some inputs one by one, as they do in `fit`.

    The plan has such outputs on its way to gradients only.
    """
    # Only here: where the kernels are compiled, few programs need the reference.
    from fastmlp.reference import dense_rows

    given = to_samples(network.graph, x, training=None, skipping=False)
    network.pool_for(*given.shapes)
    count = given.samples.count
    inputs = [
        (one if isinstance(one, np.ndarray) else dense_rows(one, np.arange(count)))
        .reshape(count, *shape)
        for one, shape in zip(given.samples.inputs, given.shapes, strict=True)
    ]  # fmt: skip
    return network.between_batches(_call_one_by_one, network, inputs)


def _call_one_by_one(network: Network, inputs: list[Float32]) -> Any:
    graph = network.graph
    learns = graph.who_learns(network.trainable)
    found: dict[int, Float32] = {-1 - j: array for j, array in enumerate(inputs)}
    for number, (layer, sources, said) in enumerate(graph.calls):
        # A frozen model keeps its moments, whatever its layers say.
        keeps = layer.kind == "batch_normalization" and not learns[layer]
        given = [found[source] for source in sources]
        x = given if layer.merges else given[0]
        found[number] = layer(x, training=said is None and not keeps)
    return graph.output_structure.results([found[port.place] for port in graph.outputs])


def _predict_at_once(network: Network, given: Given) -> Any:
    """Return the outputs for samples as one batch."""
    pool = network.pool_for(*given.shapes)
    if given.samples.count <= BLOCK_ROWS:
        return _in_shape(network, pool.predict(given.samples))
    run = make_run(pool, given, PREDICT, None)
    run.work()
    return _in_shape(network, run.all_outputs())


def _in_shape(network: Network, outputs: Sequence[Float32]) -> Any:
    """Return outputs in the shapes that samples have, as the user gets them."""
    graph = network.graph
    if len(outputs) == 1 and len(graph.outputs[0].shape) == 1:
        return graph.output_structure.results(outputs)
    shaped = [
        array if len(port.shape) == 1 else array.reshape(len(array), *port.shape)
        for array, port in zip(outputs, graph.outputs, strict=True)
    ]
    return graph.output_structure.results(shaped)


def _callbacks_of(
    model: Any, run: AnyRun, callbacks: Any, settings: UseSettings
) -> CallbackList:
    """Return the callbacks of `evaluate` or `predict`, ready to be called."""
    verbose = settings[2]
    called = CallbackList(callbacks, add_progbar=verbose != 0, model=model)
    called.set_params({"verbose": verbose, "epochs": 1, "steps": run.batches})
    return called
