"""Masks: steps that an `Embedding(mask_zero=True)` says to leave out.

There are none here. Where nothing in a network would look at them, as behind a
`Flatten`, that makes no difference; where something would, it is refused.
"""

from collections.abc import Sequence

from fastmlp import layers
from fastmlp.layers import Layer

# What hands masks on, beside layers that work on each vector by itself.
_NOISE = ("dropout", "gaussian_noise")

_REMEDY = (
    "fastmlp has no masks. Leave mask_zero out; then the vector of id 0 is learnt and "
    "counted as all others are."
)


def refuse_masks(
    calls: Sequence[tuple[Layer, tuple[int, ...], bool | None]],
    outputs: Sequence[int],
    shapes: Sequence[int],
) -> None:
    """Refuse a network in which something would look at a mask.

    Args:
        calls: Layers, and where their inputs lie: k is the outputs of call k.
        outputs: Where the outputs of the network lie.
        shapes: How many rows of targets a sample has in each of them.

    Raises:
        ValueError: It is a mean over steps, or the loss of each step.
    """
    origins: dict[int, str] = {}
    for number, (layer, sources, _) in enumerate(calls):
        masked = [origins[source] for source in sources if source in origins]
        if getattr(layer, "mask_zero", False):
            origins[number] = layer.name
        elif masked and isinstance(layer, layers.GlobalAveragePooling1D):
            raise ValueError(
                f"Layer {masked[0]!r} has mask_zero=True, so that the mean of layer "
                f"{layer.name!r} should leave out steps of id 0, but {_REMEDY}"
            )
        elif masked and _hands_on(layer):
            origins[number] = masked[0]
    for place, steps in zip(outputs, shapes, strict=True):
        if place in origins and steps > 1:
            raise ValueError(
                f"Layer {origins[place]!r} has mask_zero=True, so that the loss should "
                f"leave out steps of id 0, but {_REMEDY}"
            )


def _hands_on(layer: Layer) -> bool:
    return layer.by_steps or layer.kind in (*_NOISE, "function") or layer.merges
