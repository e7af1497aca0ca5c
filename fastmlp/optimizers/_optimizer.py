"""What all optimizers have in common: what they remember, and a step by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np  # noqa: F401, for the example

from fastmlp._check.names import as_text
from fastmlp.layers._weight import Weight
from fastmlp.optimizers._rates import Iterations
from fastmlp.optimizers._settings import OptimizerSettings
from fastmlp.optimizers._state import Key, State, array_of, key_of, name_of
from fastmlp.plan import Float32


class Optimizer(OptimizerSettings):
    """What all optimizers have in common.

    Each takes, beside its own, these arguments by name:

    Args:
        weight_decay: The share of each weight, times the learning rate, that is taken
            off before each step. Default None: nothing.
        clipnorm: The largest norm that the gradient of an array may have; a larger one
            is scaled down. Default None: no limit.
        clipvalue: The largest size that an element of a gradient may have.
            Default None: no limit.
        global_clipnorm: As `clipnorm`, for all gradients together. Default None.
        use_ema: Whether to keep a running average of the weights, which they become
            when `fit` ends. Default False.
        ema_momentum: How slowly it forgets, from 0 to 1. Default 0.99.
        ema_overwrite_frequency: After how many steps, again and again, the weights
            become their average while they are trained. Default None: not before the
            end.
        gradient_accumulation_steps: From how many batches the mean gradient of a step
            is taken, at least 2. Default None: a step for each batch.
        name: Its name.

    Attributes:
        learning_rate: The length of a step; it may be changed at any time.
        iterations: How many steps it has taken since `compile`.
        batches_done: How many batches it has been used for.
        state: The weights that it changes, and what it remembers of them; None before
            there are any.
        owner: What stands for the model that it was compiled with, or None.
        decay: How fast the learning rate falls, for older scripts: it is divided by
            1 + decay batches_done. 0 if that was not asked for.
    """

    batches_done: int
    state: State | None = None
    owner: Any = None
    _undecayed: tuple[frozenset[Key], str] = frozenset(), ""

    @property
    def built(self) -> bool:
        """Whether it knows the weights that it changes."""
        return self.state is not None

    def build(self, var_list: Sequence[Any]) -> None:
        """Begin to remember something of some weights: `apply` does so by itself.

        Args:
            var_list: Weights of a model, variables, or NumPy arrays of float32.

        Raises:
            TypeError: One of them is none of these.
            ValueError: It remembers something of others already.
        """
        self.state, _ = self._state_for(list(var_list))

    def _state_for(self, variables: Sequence[Any] | None) -> tuple[State, list[int]]:
        """Return what it remembers, or begins with, and which weights these are."""
        state = self.state
        if state is None and variables is None:
            raise ValueError(
                "apply needs the weights, too, when it is first called: "
                "optimizer.apply(gradients, model.trainable_variables)."
            )
        if state is None:
            names, initial = self.all_memory_names(), self.initial_memory()
            state = State.anew(variables or (), names, initial)
        if variables is None:
            variables = state.variables
        return state, [state.place_of(one) for one in variables]

    def attach(self, state: State) -> None:
        """Remember in a plan's arrays, and what it knows of these weights already."""
        if self.state is not None:
            state.take(self.state)
        self.state = state

    def forget(self) -> None:
        """Begin anew, as for other weights."""
        self.state, self.batches_done = None, 0

    def memory(self) -> list[Float32]:
        """Return the arrays that it remembers, in the order of Keras's files."""
        if self.state is None:
            return []
        order = self.state.in_order(self.kinds_together)
        return [self.state.memory[letter][at] for at, letter in order]

    @property
    def variables(self) -> list[Any]:
        """Its iterations, its learning rate, and what it remembers of each weight."""
        found: list[Any] = [self._count()]
        if not self.has_schedule:
            found.append(self.learning_rate)
        if self.state is not None:
            names = self.all_memory_names()
            for at, letter in self.state.in_order(self.kinds_together):
                of = name_of(self.state.variables[at]).replace("/", "_")
                slot = self.state.memory[letter][at].view(Weight)
                slot.name = f"{of}_{names[letter]}"
                slot._path = f"{self.name}/{slot.name}"
                found.append(slot)
        return found

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> Iterations:
        """Take one step, with a gradient for each weight: `zip(gradients, weights)`.

        Returns:
            How many times it was called.

        Raises:
            TypeError: A weight is none of a model, no variable, and no array of
                float32; or a gradient does not hold numbers.
            ValueError: A gradient does not fit its weight, there is none, or a weight
                is not among those of the first call.

        Example:
            >>> from fastmlp.optimizers import SGD
            >>> optimizer, w = SGD(0.5), np.ones(2, np.float32)
            >>> optimizer.apply_gradients([([1.0, 2.0], w)])
            1
            >>> w
            array([0.5, 0. ], dtype=float32)
        """
        pairs = list(grads_and_vars)
        if not all(isinstance(one, (tuple, list)) and len(one) == 2 for one in pairs):
            raise ValueError(
                "apply_gradients takes pairs of a gradient and its weight, such as "
                "zip(gradients, model.trainable_variables)."
            )
        self.apply([dw for dw, _ in pairs], [one for _, one in pairs])
        return self._count()

    def _count(self) -> Iterations:
        """Return how many batches it has been used for, which is in files."""
        return Iterations(self, self.batches_done, "batches_done")

    def apply(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None
    ) -> None:
        """Take one step, with a gradient for each weight.

        Args:
            grads: The gradients; None for a weight that has none.
            trainable_variables: The weights: of a model, variables, or NumPy arrays of
                float32, which change in their places. Default: those of `build`.

        Raises:
            TypeError: As `apply_gradients`.
            ValueError: As `apply_gradients`; or nobody has said which weights.
        """
        from fastmlp.optimizers import _apply

        grads = list(grads)
        if not grads:
            return
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
        state, places = self._state_for(trainable_variables)
        gradients = _apply.checked(state, places, grads)
        _apply.take_step(self, state, gradients)
        self.state = state
        self.batches_done += 1

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Let weights become their averages, if it keeps some; `fit` ends with that.

        Raises:
            ValueError: It does not know one of these weights.
        """
        if self.use_ema and self.state is not None and self.batches_done:
            self.state.finalize([self.state.place_of(one) for one in var_list])

    def show_averages(self, wanted: bool) -> None:
        """See to it that the averages are where the weights are, or were, or not.

        Before the first step, there are none.

        Raises:
            ValueError: It keeps no averages.
        """
        if not self.use_ema:
            raise ValueError(
                f"This {type(self).__name__} keeps no averages of the weights: make it "
                "with use_ema=True, and compile the model with that."
            )
        state = self.state
        if state is not None and self.batches_done:
            if state.averages_in_place != wanted:
                state.swap()

    def exclude_from_weight_decay(
        self,
        var_list: Sequence[Any] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        """Let some weights be as large as they like.

        Args:
            var_list: These weights.
            var_names: All weights whose names have one of these words in them, which
                may be regular expressions, such as ["bias"].

        Raises:
            TypeError: A weight is none, or a word is no text.
            ValueError: It has begun to change weights already.

        Example:
            >>> from fastmlp.optimizers import AdamW
            >>> optimizer = AdamW()
            >>> optimizer.exclude_from_weight_decay(var_names=["bias", "beta"])
        """
        if self.state is not None:
            raise ValueError(
                "exclude_from_weight_decay comes before the first step: make a new "
                f"{type(self).__name__}, exclude, and compile the model again."
            )
        words = [as_text("A name", word) for word in var_names or ()]
        keys = frozenset(key_of(array_of(one)) for one in var_list or ())
        self._undecayed = keys, "|".join(words)

    def excludes(self, name: str, array: Float32) -> bool:
        """Tell whether weight decay leaves a weight alone."""
        keys, words = self._undecayed
        return key_of(array) in keys or bool(words and re.search(words, name))

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is to have: no weights, which are those of a model."""
        kept = {**vars(self), "owner": None}
        if self.owner is not None:
            kept["state"] = None
        return kept
