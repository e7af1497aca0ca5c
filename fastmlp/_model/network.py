"""A graph at work: what `compile` said, its plan, and who may change it."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn

from fastmlp import _engine
from fastmlp._engine.runs import WorkspacePool
from fastmlp._engine.training import Training
from fastmlp._model.stack import Stack, while_building
from fastmlp._model.topology import (
    Topology,
)
from fastmlp._util.locks import Lock, Result, hold
from fastmlp._util.random import salt
from fastmlp.layers import Layer
from fastmlp.layers._weight import Weight
from fastmlp.optimizers import Optimizer
from fastmlp.optimizers._state import State
from fastmlp.plan import Float32


class Network:
    """A graph of layers, and all that it takes to train and use it.

    Args:
        graph: The layers.
        trainable: Whether they learn.

    Attributes:
        graph: The layers.
        trainable: Whether they learn.
        training: What `compile` was told, or None.
    """

    def __init__(self, graph: Topology, trainable: bool) -> None:
        self.graph = graph
        self.trainable = trainable
        self.training: Training | None = None
        # Which layers learn, since `compile` or, if they came later, from the start.
        self._learning = self._who_learns()
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
        """Go through the lock of the model, and then those of its layers.

        Only once the model's is held is it certain which layers it has.
        """
        yield self._lock
        for layer in self.graph.leaves:
            if layer.kind is not None:  # Others, such as an Input, may be anyone's.
                yield layer._lock

    def _refuse(self, lock: Lock) -> NoReturn:
        """Refuse to wait for a lock that is held."""
        if lock is self._lock:
            raise RuntimeError(
                f"Model {self.graph.name!r} is being trained. Wait for its `fit` to "
                "end, or use another model."
            )
        layer = next(one for one in self.graph.leaves if one._lock is lock)
        raise RuntimeError(
            f"Layer {layer.name!r} of model {self.graph.name!r} is being trained as "
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
        changed: list[Any] = [self, self.graph]
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
            for layer in self.graph.leaves:
                layer.refresh()
            raise

    # -- What it is made of -------------------------------------------------------

    def extend(self, layers: Sequence[Any]) -> None:
        """Put layers behind the others, in a row."""
        self._change(self._extend, layers)

    def _extend(self, layers: Sequence[Any]) -> None:
        assert isinstance(self.graph, Stack)
        self.graph.extend(layers)
        self._layers_changed()

    def pop(self) -> Any:
        """Take the last layer off and return it."""
        return self._change(self._pop)

    def _pop(self) -> Any:
        assert isinstance(self.graph, Stack)
        layer = self.graph.pop()
        self._layers_changed()
        return layer

    def _layers_changed(self) -> None:
        """Begin without plan and memory, which were those of the layers before."""
        self._pool = None
        if self.training is not None:
            self.training.optimizer.forget()
        self._learning = self.who_learnt()

    def compile(self, training: Training) -> None:
        """Say how it is to be trained; a known optimizer keeps what it remembers."""
        optimizer = training.optimizer
        self.graph.refuse_changed()
        self._warn_of_oddities(training)
        owner = optimizer.owner
        # Whether that model is still there must not matter: nobody knows when it goes.
        if owner not in (None, self.graph) and optimizer.batches_done:
            raise ValueError(
                f"The optimizer {optimizer.name!r} belongs to the model "
                f"{owner.name!r} already, whose steps it counts. Make a new "
                f"{type(optimizer).__name__}(...)."
            )
        self._change(self._compile, training)

    def _warn_of_oddities(self, training: Training) -> None:
        graph = self.graph
        if not graph.outlined:
            return
        for at, head in enumerate(training.heads):
            last = graph.last_layer(at)
            row = graph.leaves if isinstance(graph, Stack) else [last]
            _engine.oddities.warn_of_odd_softmax(last, row)
            _engine.oddities.warn_of_oddities(head, last)

    def _compile(self, training: Training) -> None:
        pool = None
        self._learning = self._who_learns()
        before, optimizer = self.optimizer, training.optimizer
        if optimizer is before and self._pool is not None:
            pool = self._make_pool(training, self._pool.plan.memory)
        else:
            optimizer.forget()
        if before not in (None, optimizer) and before.owner is self.graph:
            before.owner = before.state = None
        optimizer.owner = self.graph
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

    @property
    def steps_per_execution(self) -> int:
        """How many batches are one for callbacks that look at each."""
        return 1 if self.training is None else self.training.steps_per_execution

    def learnt(self) -> list[Weight]:
        """Return the weights that the optimizer may change, since `compile`."""
        return [
            weight
            for layer, learns in self.who_learnt().items()
            if learns
            for weight in layer.weights[: layer.learnable]
        ]

    def who_learnt(self) -> dict[Layer, bool]:
        """Return who learnt when `compile` was called, whatever was changed since."""
        now = self._who_learns()
        return {layer: self._learning.get(layer, now[layer]) for layer in now}

    def _who_learns(self) -> dict[Layer, bool]:
        return self.graph.who_learns(self.trainable)

    # -- Its plan -----------------------------------------------------------------

    def pool_for(self, *samples: tuple[int, ...]) -> WorkspacePool:
        """Return the plan, for samples of these shapes, ready to be worked on.

        The layers are built first, if they are not yet.
        """
        pool = self._pool
        return while_building(self._build, samples) if pool is None else pool

    def _build(self, samples: tuple[tuple[int, ...], ...]) -> WorkspacePool:
        """Build the layers and make the plan, unless another thread has done so."""
        if not self.graph.built:
            self.graph.build_for([(None, *sample) for sample in samples])
        pool = self._pool
        if pool is None:
            pool = self._pool = self._make_pool(self.training)
        return pool

    def pool_to_learn(self, *samples: tuple[int, ...]) -> WorkspacePool:
        """Return it, if the layers that learn are still those of `compile`.

        Raises:
            ValueError: `trainable` of a layer was changed since, or the optimizer was
                given to another model.
        """
        self.graph.refuse_changed()
        optimizer = self.require_training().optimizer
        if optimizer.owner is not self.graph:
            raise ValueError(
                f"The optimizer {optimizer.name!r} was given to another model since "
                f"{self.graph.name!r} was compiled with it. Compile this one again, "
                f"with a new {type(optimizer).__name__}(...)."
            )
        now = self._who_learns()
        # Layers that the `call` of a model makes are known only once it is called.
        if self._learning != now and any(
            learns != now.get(layer) for layer, learns in self._learning.items()
        ):
            raise ValueError(
                "`trainable` of a layer was changed since `compile`. Call `compile` "
                "again, so that the change counts."
            )
        pool = self.pool_for(*samples)
        if pool.salt != salt():
            # The plan is that of the process before a fork, whose chance it has.
            pool = self._pool = self._make_pool(self.training, pool.plan.memory)
        return pool

    def wiring(self) -> "_engine.build.Wiring":
        """Return how the layers, which are built, hang together."""
        graph = self.graph
        return _engine.build.Wiring(
            graph.calls,
            [math.prod(port.shape or ()) for port in graph.inputs],
            [port.place for port in graph.outputs],
            [math.prod(port.shape[:-1]) for port in graph.outputs],
        )

    def _make_pool(
        self, training: Training | None, memory: Float32 | None = None
    ) -> WorkspacePool:
        graph = self.graph
        if training is not None:
            training.refuse_other_outputs(graph.name, len(graph.outputs))
        wiring = self.wiring()
        plan = _engine.build.build_plan(wiring, training, self.who_learnt())
        if memory is not None:
            plan.memory[...] = memory
        if training is not None:
            training.optimizer.attach(State.of_plan(plan, self.learnt()))
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
            self.training.optimizer.owner = self.graph
        if memory is not None:
            self._pool = self._make_pool(self.training, memory)
