"""A stack at work: what `compile` said, its plan, and who may change it."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastmlp._engine.build import Training, build_plan, warn_of_odd_loss
from fastmlp._engine.runs import WorkspacePool
from fastmlp._model.stack import Stack, building
from fastmlp._util.locks import Lock
from fastmlp.layers import Layer
from fastmlp.optimizers import Optimizer


class Network:
    """A stack of layers, and all that it takes to train and use it.

    Args:
        name: The name of the model.
        trainable: Whether the layers learn.

    Attributes:
        stack: The layers.
        trainable: Whether they learn.
        training: What `compile` was told, or None.
    """

    def __init__(self, name: str, trainable: bool) -> None:
        self.stack = Stack(name)
        self.trainable = trainable
        self.training: Training | None = None
        # Which layers learn, since `compile` or, if they came later, from the start.
        self._learning: list[bool] = []
        # The flat plan, with room to work on it; made when it is needed.
        self._pool: WorkspacePool | None = None
        # Held by who changes layers, weights or the optimizer: `fit` and its kin.
        self._lock = Lock()

    # -- Who may change it --------------------------------------------------------

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep the model from being changed by two at a time."""
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(
                f"Model {self.stack.name!r} is being trained. Wait for its `fit` to "
                "end, or use another model."
            )
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def between_batches(self) -> Iterator[None]:
        """Do the same, but let a callback in, which is called between two batches."""
        if self._lock.is_held_here():
            yield
            return
        with self.alone():
            yield

    # -- What it is made of -------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Put a layer behind the others."""
        # Another model may be about to build a layer that both share.
        with self.alone(), building:
            self.stack.add(layer)
            self._layers_changed()

    def pop(self) -> Layer:
        """Take the last layer off and return it."""
        with self.alone():
            layer = self.stack.pop()
            self._layers_changed()
        return layer

    def _layers_changed(self) -> None:
        """Begin without plan and memory, which were those of the layers before."""
        self._pool = None
        if self.training is not None:
            self.training.optimizer.iterations = 0
        known = self._learning[: len(self.stack.layers)]
        self._learning = known + self._who_learns()[len(known) :]

    def compile(self, training: Training) -> None:
        """Say how it is to be trained; a known optimizer keeps what it remembers."""
        optimizer = training.optimizer
        if self.stack.layers:
            warn_of_odd_loss(training.loss, self.stack.layers)
        known = _owners.get(optimizer)
        owner = None if known is None else known()
        if owner not in (None, self):
            raise ValueError(
                f"The optimizer {optimizer.name!r} belongs to the model "
                f"{owner.stack.name!r} already, whose steps it counts. Make a new "
                f"{type(optimizer).__name__}(...)."
            )
        # A prediction in another thread must not make a plan of what was told before.
        with self.alone(), building:
            pool = None
            self._learning = self._who_learns()
            if owner is self and self._pool is not None:
                pool = self._make_pool(training)
                pool.plan.memory[...] = self._pool.plan.memory
            else:
                optimizer.iterations = 0
            if self.training is not None:
                _owners.pop(self.training.optimizer, None)
            _owners[optimizer] = weakref.ref(self)
            self.training = training
            self._pool = pool

    def require_training(self) -> Training:
        """Return what `compile` was told, or refuse to go on."""
        if self.training is None:
            raise ValueError(
                "You must call `compile()` before using the model: "
                "model.compile(optimizer='rmsprop', loss='categorical_crossentropy')."
            )
        return self.training

    def told(self, what: str) -> Training:
        """Return it for what has its optimizer, or its loss, as an attribute."""
        if self.training is None:
            raise AttributeError(
                f"The model has no {what} yet: `compile` gives it one."
            )
        return self.training

    def _who_learns(self) -> list[bool]:
        return [self.trainable and layer.trainable for layer in self.stack.layers]

    # -- Its plan -----------------------------------------------------------------

    def pool_for(self, sample: tuple[int, ...]) -> WorkspacePool:
        """Return the plan, for samples of that shape, ready to be worked on.

        The layers are built first, if they are not yet.
        """
        if self._pool is None:
            with building:
                if not self.stack.built:
                    self.stack.build((None, *sample))
                if self._pool is None:
                    self._pool = self._make_pool(self.training)
        return self._pool

    def pool_to_learn(self, sample: tuple[int, ...]) -> WorkspacePool:
        """Return it, if the layers that learn are still those of `compile`.

        Raises:
            ValueError: `trainable` of a layer was changed since.
        """
        if self._learning != self._who_learns():
            raise ValueError(
                "`trainable` of a layer was changed since `compile`. Call `compile` "
                "again, so that the change counts."
            )
        return self.pool_for(sample)

    def _make_pool(self, training: Training | None) -> WorkspacePool:
        # By what learnt when `compile` was called, whatever has been changed since.
        plan = build_plan(self.stack.layers, training, self._learning)
        return WorkspacePool(plan, training)

    # -- Copying ------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and deepcopy are to keep: no lock, no scratch space.

        Raises:
            RuntimeError: The model is being trained in another thread.
        """
        with self.between_batches():
            state = self.__dict__.copy()
        del state["_lock"], state["_pool"]
        state["memory"] = None if self._pool is None else self._pool.plan.memory
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it again; the optimizer becomes that of this network."""
        memory = state.pop("memory")
        self.__dict__.update(state, _pool=None, _lock=Lock())
        if self.training is not None:
            _owners[self.training.optimizer] = weakref.ref(self)
        if memory is not None:
            self._pool = self._make_pool(self.training)
            self._pool.plan.memory[...] = memory


# Which network an optimizer serves, whose steps it counts; one that is gone frees it.
_owners: "weakref.WeakKeyDictionary[Optimizer, weakref.ref[Network]]"
_owners = weakref.WeakKeyDictionary()
