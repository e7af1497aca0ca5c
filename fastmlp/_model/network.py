"""A stack at work: what `compile` said, its plan, and who may change it."""

import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn

from fastmlp._engine.build import (
    Training,
    build_plan,
    warn_of_odd_loss,
    warn_of_odd_metrics,
)
from fastmlp._engine.runs import WorkspacePool
from fastmlp._model.stack import Stack, while_building
from fastmlp._util.locks import Lock, Result, hold
from fastmlp._util.random import salt
from fastmlp.layers import Layer
from fastmlp.optimizers import Optimizer
from fastmlp.plan import Float32


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

    def alone(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Return work(*arguments), and keep others from changing the model meanwhile.

        Raises:
            RuntimeError: The model, or one that it shares a layer with, is being
                trained.
        """
        if self._lock.is_held_here():
            self._refuse(self._lock)
        return self.between_batches(work, *arguments)

    def between_batches(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Do the same, but let a callback in, which is called between two batches."""
        return hold(self._locks(), self._refuse, work, *arguments)

    def _locks(self) -> Iterator[Lock]:
        """Go through the lock of the model, and then those of its layers."""
        yield self._lock
        for layer in self.stack.layers:
            yield layer.lock

    def _refuse(self, lock: Lock) -> NoReturn:
        """Refuse to wait for a lock that is held."""
        if lock is self._lock:
            raise RuntimeError(
                f"Model {self.stack.name!r} is being trained. Wait for its `fit` to "
                "end, or use another model."
            )
        layer = next(one for one in self.stack.layers if one.lock is lock)
        raise RuntimeError(
            f"Layer {layer.name!r} of model {self.stack.name!r} is being trained as "
            "part of another model. Wait for that `fit` to end, or give each model a "
            "layer of its own: copy.deepcopy(model)."
        )

    def _change(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Return work(*arguments), which changes what the plan is made of."""
        # Another thread may be about to build a layer of this model, or its plan.
        whole = partial(self.as_a_whole, [], work)
        result: Result = self.alone(while_building, whole, *arguments)
        return result

    def as_a_whole(
        self, arrays: list[Float32], work: Callable[..., Result], *arguments: Any
    ) -> Result:
        """Return work(*arguments); if that fails, by Ctrl-C or else, undo it.

        Args:
            arrays: Whose numbers it changes.
            work: What changes the network.
            *arguments: Its arguments.
        """
        changed: list[Any] = [self, self.stack]
        if self.training is not None:
            changed.append(self.training.optimizer)
        attributes = [vars(one).copy() for one in changed]
        numbers = [array.copy() for array in arrays]
        try:
            return work(*arguments)
        except BaseException:
            for one, before in zip(changed, attributes, strict=True):
                vars(one).update(before)
            for array, old in zip(arrays, numbers, strict=True):
                array[...] = old
            for layer in self.stack.layers:
                layer.refresh()
            raise

    # -- What it is made of -------------------------------------------------------

    def extend(self, layers: Sequence[Layer]) -> None:
        """Put layers behind the others."""
        self._change(self._extend, layers)

    def _extend(self, layers: Sequence[Layer]) -> None:
        self.stack.extend(layers)
        self._layers_changed()

    def pop(self) -> Layer:
        """Take the last layer off and return it."""
        return self._change(self._pop)

    def _pop(self) -> Layer:
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
            warn_of_odd_metrics(training, self.stack.layers)
        owner = _owners.get(optimizer, lambda: None)() or self
        if owner is not self and owner.optimizer is optimizer:
            raise ValueError(
                f"The optimizer {optimizer.name!r} belongs to the model "
                f"{owner.stack.name!r} already, whose steps it counts. Make a new "
                f"{type(optimizer).__name__}(...)."
            )
        self._change(self._compile, training)

    def _compile(self, training: Training) -> None:
        pool = None
        self._learning = self._who_learns()
        if training.optimizer is self.optimizer and self._pool is not None:
            pool = self._make_pool(training, self._pool.plan.memory)
        else:
            training.optimizer.iterations = 0
        _owners[training.optimizer] = weakref.ref(self)
        self.training = training
        self._pool = pool

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer, once `compile` gave it one."""
        return None if self.training is None else self.training.optimizer

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
        pool = self._pool
        return while_building(self._build, sample) if pool is None else pool

    def _build(self, sample: tuple[int, ...]) -> WorkspacePool:
        """Build the layers and make the plan, unless another thread has done so."""
        if not self.stack.built:
            self.stack.build((None, *sample))
        pool = self._pool
        if pool is None:
            pool = self._pool = self._make_pool(self.training)
        return pool

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
        pool = self.pool_for(sample)
        if pool.salt != salt():
            # The plan is that of the process before a fork, whose chance it has.
            pool = self._pool = self._make_pool(self.training, pool.plan.memory)
        return pool

    def _make_pool(
        self, training: Training | None, memory: Float32 | None = None
    ) -> WorkspacePool:
        # By what learnt when `compile` was called, whatever has been changed since.
        plan = build_plan(self.stack.layers, training, self._learning)
        if memory is not None:
            plan.memory[...] = memory
        return WorkspacePool(plan, training)

    # -- Copying ------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and deepcopy are to keep: no scratch space.

        Raises:
            RuntimeError: The model is being trained in another thread.
        """
        state = self.between_batches(self.__dict__.copy)
        del state["_pool"]
        state["memory"] = None if self._pool is None else self._pool.plan.memory
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it again; the optimizer becomes that of this network."""
        memory = state.pop("memory")
        self.__dict__.update(state, _pool=None)
        if self.training is not None:
            _owners[self.training.optimizer] = weakref.ref(self)
        if memory is not None:
            self._pool = self._make_pool(self.training, memory)


# Which network an optimizer serves, whose steps it counts; one that is gone frees it.
_owners: "weakref.WeakKeyDictionary[Optimizer, weakref.ref[Network]]"
_owners = weakref.WeakKeyDictionary()
