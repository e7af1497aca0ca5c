"""`fit` and `train_on_batch`: the loop that trains a model."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from fastmlp._check.arguments import FitSettings, batch_size_for, parts_of_validation
from fastmlp._engine.runs import Run, Work, WorkspacePool
from fastmlp._engine.training import Training
from fastmlp._model.inference import run_tests
from fastmlp._model.network import Network
from fastmlp._model.samples import Given, split, to_samples, weigh_classes
from fastmlp._model.streams import AnyRun, Stream, make_run, to_stream
from fastmlp._util.batches import is_stream
from fastmlp._util.warn import warn
from fastmlp.callbacks import CallbackList, History
from fastmlp.plan import EVALUATE, TRAIN

if TYPE_CHECKING:
    from fastmlp._engine.ranks import Ranks, SharedRun

# x, y, sample_weight and class_weight, as the user gave them.
Data = tuple[Any, Any, Any, Any]


def fit(
    model: Any, network: Network, data: Data, callbacks: Any, settings: FitSettings
) -> History:
    """Train a network.

    Args:
        model: What callbacks get to see, and whose `stop_training` ends the training.
        network: What is trained.
        data: What it is trained on.
        callbacks: The user's callbacks.
        settings: The other arguments.
    """
    ranks = None
    if settings.comm is not None:
        from fastmlp._engine.ranks import ranks_of  # Few have several processes.

        ranks = ranks_of(settings.comm)
    try:
        settings = settings.checked()
        return network.alone(_fit, model, network, data, callbacks, settings, ranks)
    except BaseException:
        if ranks is not None:
            ranks.end_all()
        raise


def _fit(
    model: Any,
    network: Network,
    data: Data,
    callbacks: Any,
    settings: FitSettings,
    ranks: Ranks | None,
) -> History:
    training = network.require_training()
    verbose, epochs = settings.verbose, settings.epochs
    if ranks is not None and ranks.rank > 0:
        callbacks, verbose = None, 0
    called = CallbackList(callbacks, add_history=True, add_progbar=verbose != 0)
    run, tests = _prepare(network, training, data, settings, ranks)
    called.set_model(model)
    called.set_params({"verbose": verbose, "epochs": epochs, "steps": run.batches})
    model.stop_training = False
    model.zero_skipping = isinstance(run, Run) and run.skips_zeros()
    logs: dict[str, float] = {}
    # Keras's name: a callback may have the training go on elsewhere.
    model._initial_epoch = settings.initial_epoch
    called.on_train_begin()
    _follow(ranks, model)
    try:
        for epoch in range(model._initial_epoch, epochs):
            called.on_epoch_begin(epoch)
            _run_epoch(
                model, run, called, settings.shuffle, training.steps_per_execution
            )
            if not math.isfinite(run.totals[0]) and (ranks is None or ranks.rank == 0):
                _warn_of_no_loss()
            if not run.rows_done:
                _warn_of_early_end(epoch, epochs)
                break
            logs = run.loss_and_metrics()
            if tests is not None and settings.validates_after(epoch):
                tests.rewind()
                results = run_tests(model, tests, called, training.steps_per_execution)
                if not results:
                    _warn_of_no_validation(epoch)
                logs |= {f"val_{name}": value for name, value in results.items()}
            called.on_epoch_end(epoch, logs)
            _follow(ranks, model)
            if model.stop_training:
                break
    except BaseException:
        called.show_progress()
        raise
    finally:
        # As in Keras, however the training ends.
        training.optimizer.finalize_variable_values(network.learnt())
    called.on_train_end(logs)
    if ranks is not None:
        ranks.share_training(run.pool)
    assert called.history is not None
    return called.history


def _follow(ranks: Ranks | None, model: Any) -> None:
    """Do what rank 0 does, whose callbacks may have changed its mind."""
    if ranks is not None:
        stop, epoch = ranks.agree(model.stop_training, model._initial_epoch)
        model.stop_training, model._initial_epoch = bool(stop), int(epoch)


def _warn_of_no_loss() -> None:
    """Warn that the loss is no number any more."""
    warn(
        "The loss has become NaN or infinite. A smaller learning rate often helps; "
        "the callback TerminateOnNaN ends the training when it happens.",
        RuntimeWarning,
    )


def _warn_of_early_end(epoch: int, epochs: int) -> None:
    """Warn that there was no batch for an epoch, which therefore never was."""
    warn(
        f"x ran out of data, so that training ends before epoch {epoch + 1} of "
        f"{epochs}: a generator gives its batches once. Pass one without an end and "
        "steps_per_epoch, or what begins anew in each epoch, such as a "
        "fastmlp.utils.PyDataset."
    )


def _warn_of_no_validation(epoch: int) -> None:
    """Warn that there was no batch to validate on."""
    warn(
        f"validation_data ran out of data, so that there are no `val_` results for "
        f"epoch {epoch + 1}: a generator gives its batches once. Pass one without an "
        "end and validation_steps, or what begins anew each time, such as arrays."
    )


def _run_epoch(
    model: Any, run: AnyRun, called: CallbackList, shuffle: bool | str, steps: int
) -> None:
    """Train on the batches of an epoch."""
    begins, ends, every_batch = called.batch_hooks("train")
    every_batch = every_batch or model.optimizer.asks_before_each_batch

    def after(batch: int) -> bool:
        if ends:
            called.on_train_batch_end(batch, run.loss_and_metrics())
        return bool(model.stop_training)

    run.reset()
    run.work(
        # Asked to stop before the first batch, it takes that one, as Keras does.
        every=steps if every_batch or model.stop_training else None,
        before=called.on_train_batch_begin if begins else None,
        after=after,
        shuffle=shuffle,
    )


def _prepare(
    network: Network,
    training: Training,
    data: Data,
    settings: FitSettings,
    ranks: Ranks | None,
) -> tuple[AnyRun, AnyRun | None]:
    """Return what is to be trained on and validated on; all of it is checked first."""
    x, y, sample_weight, class_weight = data
    if ranks is not None:
        _check_sharing(ranks, data, settings)
    batch_size, steps, share = settings[:3]
    read = partial(to_samples, network.graph, training=training, learns=True)
    given: Given | Stream
    validation: Given | Stream | None = None
    if is_stream(x):
        weighing = partial(read, class_weight=class_weight)
        given = to_stream(
            x, y, sample_weight, weighing, batch_size=batch_size, share=share,
            shuffle=bool(settings.shuffle),
        )  # fmt: skip
    else:
        given = read(
            x, y, sample_weight, batch_size=batch_size, steps=steps, once=False
        )
    if settings.validation_data is not None:
        validation = _to_validate(read, settings)
        if validation.shapes != given.shapes:
            raise ValueError(
                "In validation_data, samples of x have shape "
                f"{_shown(validation.shapes)}, but those of the x to learn from have "
                f"{_shown(given.shapes)}: they differ."
            )
    elif share and isinstance(given, Given):
        given, validation = _split(given, settings, ranks)
    if class_weight is not None and isinstance(given, Given):
        # Where rows are kept for validation, all classes count the same.
        shape = network.graph.shapes_for(given.shapes)[0]
        weighed = weigh_classes(given.samples, class_weight, training, shape)
        given = given._replace(samples=weighed)
    pool = network.pool_to_learn(*given.shapes)
    if ranks is not None:
        return _share(pool, given, validation, settings, ranks)
    run = make_run(pool, given, TRAIN, steps)
    if validation is None:
        return run, None
    return run, make_run(pool, validation, EVALUATE, settings.validation_steps)


def _check_sharing(ranks: Ranks, data: Data, settings: FitSettings) -> None:
    """Refuse what several processes cannot share, or were told differently."""
    from fastmlp._engine.ranks import refuse_other_settings

    if is_stream(data[0]) or is_stream(settings.validation_data):
        raise ValueError(
            "With comm, x and validation_data have to be arrays, of which each process "
            "has its share: what gives batches is for one process."
        )
    if settings.steps is not None or settings.validation_steps is not None:
        raise ValueError(
            "With comm, an epoch has all rows, and so has a validation: leave "
            "steps_per_epoch and validation_steps out, and say the rows of a batch, "
            "those of all processes together, by batch_size."
        )
    told = settings._asdict()
    del told["verbose"], told["comm"]
    told["validation_data"] = _is_given(settings.validation_data)
    told["sample_weight"], told["class_weight"] = map(_is_given, data[2:])
    refuse_other_settings(ranks, told)


def _is_given(thing: Any) -> str:
    return "left out" if thing is None else "given"


def _share(
    pool: WorkspacePool,
    given: Any,
    validation: Any,
    settings: FitSettings,
    ranks: Ranks,
) -> tuple[SharedRun, SharedRun | None]:
    """Return the same, where each of several processes has some of the rows."""
    from fastmlp._engine.ranks import SharedRun, refuse_comm

    refuse_comm(pool, ranks)
    run = SharedRun(pool, given.samples, given.batch_size, TRAIN, ranks)
    if validation is None:
        return run, None
    # What is kept for validation begins where the other rows end, on any rank.
    first = run.whole_count if settings.validation_data is None else 0
    samples, size = validation.samples, validation.batch_size
    return run, SharedRun(pool, samples, size, EVALUATE, ranks, first)


def _shown(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ", ".join(map(str, shapes))


def _split(
    given: Given, settings: FitSettings, ranks: Ranks | None
) -> tuple[Given, Given]:
    """Keep a share of the rows, the last ones, for validation.

    All were converted together: a message may name a row of them.
    """
    batch_size, steps, share = settings[:3]
    where = None if ranks is None else ranks.place_of_split(given.samples.count, share)
    samples, kept = split(given.samples, share, where)
    tests = batch_size_for(
        settings.validation_batch_size, kept.count, settings.validation_steps
    )
    return (
        Given(samples, given.shapes, batch_size_for(batch_size, samples.count, steps)),
        Given(kept, given.shapes, tests),
    )


def _to_validate(read: Any, settings: FitSettings) -> Given | Stream:
    """Return what to validate on, as `read` makes samples of it."""
    data = settings.validation_data
    if is_stream(data):
        return Stream(data, read, "validation_data")
    parts = parts_of_validation(data)
    size, steps = settings.validation_batch_size, settings.validation_steps
    try:
        validation: Given = read(*parts, batch_size=size, steps=steps, once=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"In validation_data: {error}") from None
    return validation


def train_on_batch(network: Network, data: Data) -> dict[str, float]:
    """Take one step of the optimizer; return loss and metrics before it."""
    return network.alone(_train_on_batch, network, data)


def _train_on_batch(network: Network, data: Data) -> dict[str, float]:
    training = network.require_training()
    given = to_samples(network.graph, *data, training=training, learns=True)
    work = Work(network.pool_to_learn(*given.shapes), TRAIN)
    work.run_batch(given.samples)
    return work.loss_and_metrics()
