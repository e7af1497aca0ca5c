"""Layers, and what `compile` was told, become a flat plan.

This is the one place where the words of Keras turn into the letters of the kernels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastmlp import _engine, activations, constraints, regularizers
from fastmlp._engine.masks import refuse_masks
from fastmlp._engine.training import HeadTraining, Training, metrics_of
from fastmlp.layers import Layer
from fastmlp.layers._dense import penalty_of
from fastmlp.layers._shapes import row_size
from fastmlp.losses._own import is_own as is_own_loss
from fastmlp.metrics._own import is_own as is_own_metric
from fastmlp.optimizers import Optimizer
from fastmlp.plan import (
    ACTIVATIONS,
    KINDS,
    L1L2,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    OWN_LOSS,
    REDUCTIONS,
    ArrayFunction,
    Float32,
    Head,
    LayerSettings,
    Op,
    Plan,
)
from fastmlp.tables import NEED_INPUT, NOISE


class Wiring(NamedTuple):
    """How layers hang together; k is the outputs of call k, -1 - j is input j."""

    # A layer, where its inputs lie, and False if it never behaves as in `fit`.
    calls: Sequence[tuple[Layer, tuple[int, ...], bool | None]]
    inputs: Sequence[int]  # how wide the inputs are
    outputs: Sequence[int]  # where the outputs lie
    steps: Sequence[int]  # of each output: how many rows of targets a sample has


def build_plan(
    wiring: Wiring,
    training: Training | None,
    learning: Mapping[Layer, bool],
    apart: bool = False,
) -> Plan:
    """Return the plan; without training, one that can only predict.

    Args:
        wiring: The layers, built; the plan points to their weights.
        training: What `compile` was told, or None.
        learning: For each layer, whether it learns.
        apart: Whether x w + b has a row of its own, before that of its activation, for
            who wants to look at it. The numbers are the same.
    """
    refuse_masks(wiring.calls, wiring.outputs, wiring.steps)
    rows = _Rows(wiring.inputs, apart)
    places = rows.add_calls(wiring, learning)
    outputs = [rows.computed(places[place]) for place in wiring.outputs]
    if training is None:
        return rows.plan(outputs)
    heads = []
    for at, head in enumerate(training.heads):
        outputs[at], planned = rows.add_head(head, outputs, at, wiring.steps[at])
        heads.append(planned)
    optimizer = training.optimizer
    return rows.plan(
        outputs,
        heads=tuple(heads),
        optimizer=OPTIMIZERS[optimizer.kernel],
        clipping=optimizer.clipping(),
        averaging=optimizer.averaging(),
        undecayed=rows.undecayed(optimizer),
        optimizer_settings=optimizer.settings(),
        memory_letters=tuple(optimizer.all_memory_names()),
        initial_memory=optimizer.initial_memory(),
    )


def spans_of_calls(wiring: Wiring, learning: Mapping[Layer, bool]) -> dict[int, range]:
    """Return which operations are those of each call, in a plan that is built apart."""
    rows = _Rows(wiring.inputs, apart=True)
    rows.add_calls(wiring, learning)
    return rows.spans


def _refuse_moments_at_rest(layer: Layer, learns: bool, said: bool | None) -> None:
    """Refuse batch normalization whose weights learn, but whose moments do not."""
    if said is False and learns and layer.kind == "batch_normalization":
        raise ValueError(
            f"Layer {layer.name!r} is called with training=False, but it learns. "
            "Freeze it as well, layer.trainable = False, or leave training=False out."
        )


def needed_calls(wiring: Wiring) -> set[int]:
    """Return the calls that an output needs: an inner model may have more."""
    needed, waiting = set[int](), list(wiring.outputs)
    while waiting:
        place = waiting.pop()
        if place >= 0 and place not in needed:
            needed.add(place)
            waiting += wiring.calls[place][1]
    return needed


def _first_of(places: Mapping[str, int], *names: str) -> int:
    """Return the place of the first array that there is; -1: there is none."""
    return next((places[name] for name in names if name in places), -1)


# Arrays with a number for each input, which are rows, whatever the shape of a sample.
_ROWS = ("gamma", "beta", "scale", "alpha")


class _Rows:
    """The rows of a plan, as they come together.

    Args:
        inputs: How wide the inputs are.
        apart: Whether activations of dense layers have rows of their own.
    """

    def __init__(self, inputs: Sequence[int], apart: bool) -> None:
        self._inputs = inputs
        self._apart = apart
        self._ops: list[Op] = []
        self._settings: list[LayerSettings] = []
        self._sources: list[tuple[int, ...]] = []
        self._arrays: list[Float32] = []
        # Of each layer where its arrays are, and how often it was called.
        self._places: dict[Layer, dict[str, int]] = {}
        self._uses: dict[Layer, int] = {}
        # What Python computes, and what it does with arrays, by their places.
        self._equations: list[Any] = []
        self.spans: dict[int, range] = {}  # Which operations are those of each call.
        self._own_layers: dict[Layer, _engine.own.LayerFunction] = {}
        self._array_functions: dict[int, ArrayFunction] = {}

    def add_calls(
        self, wiring: Wiring, learning: Mapping[Layer, bool]
    ) -> dict[int, int]:
        """Add the rows of all calls that an output needs; return where theirs lie."""
        needed = needed_calls(wiring)
        places = {-1 - j: -1 - j for j in range(len(wiring.inputs))}
        for number, (layer, sources, said) in enumerate(wiring.calls):
            if number in needed:
                given = [places[source] for source in sources]
                _refuse_moments_at_rest(layer, learning[layer], said)
                is_noise = said is False and layer.kind in NOISE
                begin = len(self._ops)
                places[number] = (
                    given[0]
                    if is_noise
                    else self.add_layer(layer, given, learning[layer])
                )
                self.spans[number] = range(begin, len(self._ops))
        return places

    def plan(self, outputs: Sequence[int], **training: Any) -> Plan:
        """Return the plan of all rows."""
        return Plan(
            tuple(self._ops),
            tuple(self._settings),
            tuple(self._arrays),
            tuple(self._sources),
            tuple(self._inputs),
            outputs=tuple(outputs),
            functions=tuple(self._equations),
            array_functions=self._array_functions,
            **training,
        )

    def add(
        self, op: Op, sources: Sequence[int], settings: LayerSettings | None = None
    ) -> int:
        """Add a row; return where its outputs lie."""
        last = self._ops[-1] if self._ops else None
        offset = last.offset + last.outputs if last else 0
        self._ops.append(op._replace(offset=offset))
        self._settings.append(settings or LayerSettings())
        self._sources.append(tuple(sources))
        return len(self._ops) - 1

    def computed(self, place: int) -> int:
        """Return where an output lies; if it is an input, copy it."""
        return place if place >= 0 else self._add_linear(place)

    def _add_linear(self, place: int, settings: LayerSettings | None = None) -> int:
        width = self._width(place)
        return self.add(Op(KINDS["activation"], width, width), [place], settings)

    def _width(self, place: int) -> int:
        return self._ops[place].outputs if place >= 0 else self._inputs[-1 - place]

    def add_layer(self, layer: Layer, sources: list[int], learns: bool) -> int:
        """Add the rows of a layer, none, one, or more; return where its outputs lie."""
        place = self._add_layer(layer, sources, learns)
        activity = penalty_of(layer.activity_regularizer)
        if any(activity) and layer.kind != "dense":  # Which has it in its own row.
            place = self._add_linear(place, LayerSettings(activity=activity))
        return place

    def _add_layer(self, layer: Any, sources: list[int], learns: bool) -> int:
        if layer.kind is None:
            return sources[0]
        if layer.merges:
            return self._add_merge(layer, sources)
        if layer.kind == "function":
            return self._add_own(layer, sources, learns)
        if layer.kind == "transpose":
            return self._add_turns(layer, sources[0])
        if layer.kind == "concatenate":
            return self._side_by_side(sources[0], layer.n)
        return self._add_compiled(layer, sources, learns)

    def _add_merge(self, layer: Any, sources: list[int]) -> int:
        """Add the rows of a layer that brings several inputs together."""
        if len(sources) == 1:
            return sources[0]
        if layer.kind == "dot" and layer.normalize:
            width = self._width(sources[0])
            op = Op(KINDS["unit_normalization"], width, width)
            sources = [self.add(op, [one]) for one in sources]
        widths = [self._width(one) for one in sources]
        outputs = {"concatenate": sum(widths), "dot": 1}.get(
            str(layer.kind), max(widths)
        )
        if layer.kind not in ("concatenate", "dot"):
            sources = [self._as_wide(one, outputs) for one in sources]
        inputs = sum(self._width(one) for one in sources)
        steps = layer.steps_within()
        return self.add(
            Op(KINDS[str(layer.kind)], inputs, outputs, steps=steps), sources
        )

    def _as_wide(self, place: int, width: int) -> int:
        """Repeat a single column side by side: one gate for all numbers of a row."""
        return (
            place if self._width(place) == width else self._side_by_side(place, width)
        )

    def _side_by_side(self, place: int, times: int) -> int:
        """Repeat a sample several times."""
        if times == 1:
            return place
        width = self._width(place) * times
        return self.add(Op(KINDS["concatenate"], width, width), [place] * times)

    def _add_turns(self, layer: Any, place: int) -> int:
        """Put the axes of a sample into another order, one turn after the other."""
        width = self._width(place)
        for tables, height in layer.turns():
            op = Op(KINDS["transpose"], width, width, state=height, steps=tables)
            place = self.add(op, [place])
        return place

    def _add_compiled(self, layer: Layer, sources: list[int], learns: bool) -> int:
        """Add the rows of a layer of one input.

        A dense layer has two where the derivative of its activation needs x w + b, or
        where they are to be looked at apart.
        """
        places = self._places_of(layer)
        kernel = layer.activation_kernel()
        own = kernel == activations.OWN
        kernel = activations.Kernel("linear") if own else kernel
        settings = layer.settings()
        if learns:
            self._note_own_arrays(layer, places)
        if not learns:
            # As in Keras, weights that do not learn add nothing to the loss.
            settings = settings._replace(kernel=L1L2(), bias=L1L2())
        outputs = row_size(layer.output_shape)
        op = Op(
            kind=KINDS[str(layer.kind)],
            inputs=self._width(sources[0]),
            outputs=outputs,
            kernel=_first_of(places, "kernel", "gamma", "scale", "alpha", "embeddings"),
            bias=_first_of(places, "bias", "beta"),
            state=_first_of(places, "moving_mean", "constants"),
            activation=ACTIVATIONS[kernel.name],
            trainable=int(learns),
            seed=self._seed_of(layer),
            steps=layer.steps_within(),
        )
        if own:
            return self._add_own_activation(layer, op, sources, settings)
        apart = self._apart and kernel.name != "linear"
        if layer.kind != "dense" or not (apart or kernel.name in NEED_INPUT):
            return self.add(op, sources, settings._replace(activation=kernel.settings))
        product = self.add(
            op._replace(activation=0), sources, settings._replace(activity=L1L2())
        )
        activation = Op(
            KINDS["activation"],
            outputs,
            outputs,
            activation=op.activation,
            steps=op.steps,
        )
        return self.add(
            activation,
            [product],
            LayerSettings(kernel.settings, activity=settings.activity),
        )

    def _add_own_activation(
        self, layer: Layer, op: Op, sources: list[int], settings: LayerSettings
    ) -> int:
        """Add a dense layer without its activation, which is a function behind it."""
        place = sources[0]
        if layer.kind == "dense":
            place = self.add(op, sources, settings._replace(activity=L1L2()))
        function = getattr(layer, "activation", None)
        equation = _engine.own.ActivationEquation(layer, function)
        place = self._add_equation(equation, [place], op.outputs)
        if any(settings.activity):
            place = self._add_linear(place, LayerSettings(activity=settings.activity))
        return place

    def _add_equation(
        self, equation: Any, sources: list[int], outputs: int, **learning: int
    ) -> int:
        """Add what Python computes, from what other operations computed."""
        computed = [self.computed(one) for one in sources]
        if equation not in self._equations:
            self._equations.append(equation)
        op = Op(
            KINDS["function"],
            sum(self._width(one) for one in computed),
            outputs,
            state=self._equations.index(equation),
            **learning,
        )
        return self.add(op, computed)

    def _add_own(self, layer: Layer, sources: list[int], learns: bool) -> int:
        """Add the row of a layer of the user's, and its weights if it learns."""
        count = layer.learnable if learns else 0
        if layer not in self._own_layers:
            self._own_layers[layer] = _engine.own.LayerFunction(layer, count > 0)
            names = layer.weight_names[:count]
            begin = len(self._arrays)
            self._places[layer] = {name: begin + k for k, name in enumerate(names)}
            self._arrays += layer._weights[:count]
            for name in names:
                self._note_own_array(layer, name, *layer._array_functions[name])
        learning = {}
        if count:
            first = min(self._places[layer].values())
            learning = {"kernel": first, "learns": count, "trainable": 1}
        equation, outputs = self._own_layers[layer], row_size(layer.output_shape)
        return self._add_equation(equation, sources, outputs, **learning)

    def undecayed(self, optimizer: Optimizer) -> frozenset[int]:
        """Return the places of arrays that weight decay leaves alone."""
        return frozenset(
            place
            for places in self._places.values()
            for name, place in places.items()
            if optimizer.excludes(name, self._arrays[place])
        )

    def _note_own_arrays(self, layer: Layer, places: Mapping[str, int]) -> None:
        """Take note of regularizers and constraints of the user's."""
        for name in places:
            regularizer = getattr(layer, f"{name}_regularizer", None)
            constraint = getattr(layer, f"{name}_constraint", None)
            self._note_own_array(
                layer,
                name,
                regularizer if regularizers.is_own(regularizer) else None,
                constraint if constraints.is_own(constraint) else None,
            )

    def _note_own_array(
        self, layer: Layer, name: str, regularizer: Any, constraint: Any
    ) -> None:
        """Note what Python does with an array, if it does anything."""
        if regularizer is None and constraint is None:
            return
        what = f"of the {name} of layer {layer.name!r}"
        self._array_functions[self._places[layer][name]] = _engine.own.array_function(
            what, regularizer, constraint
        )

    def _places_of(self, layer: Layer) -> dict[str, int]:
        """Return where the arrays of a layer are; a layer that comes again has them."""
        if layer not in self._places:
            named = dict(zip(layer.weight_names, layer._weights, strict=True))
            if layer._constants is not None:
                named = {"constants": layer._constants}
            begin = len(self._arrays)
            self._places[layer] = {name: begin + k for k, name in enumerate(named)}
            self._arrays += [
                array.reshape(-1) if name in _ROWS else array
                for name, array in named.items()
            ]
        return self._places[layer]

    def _seed_of(self, layer: Layer) -> int:
        """Return where its chance starts from: elsewhere, each time it is called."""
        if layer.kind not in NOISE:
            return 0
        use = self._uses[layer] = self._uses.get(layer, -1) + 1
        return layer.start ^ use

    def add_head(
        self, head: HeadTraining, outputs: Sequence[int], at: int, steps: int
    ) -> tuple[int, Head]:
        """Return where an output lies, and what is asked of it.

        Softmax and cross-entropy are computed in one, from the logits, whether the
        softmax is the layer's or, `from_logits`, the loss's own.
        """
        place = outputs[at]
        asked = self._metrics_of(head, self._width(place) // steps)
        asked = asked._replace(steps=steps)
        if head.loss is None:
            return place, asked
        loss = head.loss.for_outputs(self._width(place) // steps)
        if is_own_loss(loss):
            return place, asked._replace(
                loss=OWN_LOSS,
                own_loss=_engine.own.LossEquation(loss),
                reduction=REDUCTIONS[str(loss.reduction)],
                weight=head.weight,
            )
        if loss.from_logits and self._activation(place) == loss.activation:
            # Probabilities, and logits to the loss: the activation is applied twice.
            place = self._add_linear(place)
        alone = list(outputs).count(place) == 1 and not any(
            place in sources for sources in self._sources
        )
        kernel = loss.kernel(self._last_activation(place, steps) if alone else "")
        return place, asked._replace(
            loss=LOSSES[kernel],
            loss_settings=loss.settings(),
            reduction=REDUCTIONS[str(loss.batch_reduction)],
            weight=head.weight,
        )

    def _metrics_of(self, head: HeadTraining, outputs: int) -> Head:
        """Return a head with its metrics, compiled or of the user's."""
        compiled, own_ones = [], []
        found = metrics_of(head, outputs)
        for metric, named in zip(found, head.metrics, strict=True):
            if is_own_metric(metric):
                own_ones.append(_engine.own.MetricUpdate(metric, named.weighted))
            else:
                settings = metric.settings(outputs)
                number = METRICS[metric.kernel]
                compiled.append((number, settings, named.weighted, metric.cuts))
        return Head(metrics=tuple(compiled), own_metrics=tuple(own_ones))

    def _activation(self, place: int) -> str:
        code = self._ops[place].activation
        return next(name for name, known in ACTIVATIONS.items() if known == code)

    def _last_activation(self, place: int, steps: int) -> str:
        """Return what the loss may compute along with it: an activation, or nothing."""
        if any(self._settings[place].activity):
            return ""  # Its regularizer needs the gradient of what comes out of it.
        if self._ops[place].kind not in (KINDS["dense"], KINDS["activation"]):
            return ""
        found = self._activation(place)
        if found == "softmax" and self._ops[place].steps != steps:
            return ""  # It is one of other rows than the targets have.
        return found
