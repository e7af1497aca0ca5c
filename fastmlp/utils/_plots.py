"""Pictures of models."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from fastmlp._check.numbers import describe, positive_number, true_or_false
from fastmlp._util.files import path_of
from fastmlp._util.keywords import suggesting
from fastmlp._util.warn import warn

if TYPE_CHECKING:
    from fastmlp.plot._drawing import Drawing

__all__ = ["model_to_dot", "plot_model"]

# Keras's unit: of so many dots to the inch a drawing has its own size.
_USUAL_DPI = 200
_LINES = {"curved": True, "spline": True, "polyline": False, "line": False}


@suggesting
def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: Literal["TB", "LR"] = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: Literal["curved", "spline", "polyline", "line"] = "curved",
) -> Drawing:
    """Draw a model: a box for each call of a layer, an arrow for what it gets.

    It takes neither Graphviz nor any other program. Blue boxes have weights, orange
    ones have none, green ones are models, grey ones are inputs. A layer that is called
    again has a box for each call.

    Args:
        model: The model; it has to be built.
        to_file: Where to write the drawing, as SVG: "model.png", the default, becomes
            model.svg, with a warning. None writes nothing.
        show_shapes: Whether to show the shapes of inputs and outputs. Default False.
        show_dtype: Whether to show dtypes. Default False.
        show_layer_names: Whether to show names. Default False.
        rankdir: "TB", the default, from the top to the bottom; "LR" from the left.
        expand_nested: Whether to draw what models within are made of. Default False.
        dpi: How large it is shown: 100 is half as large as 200, the default.
        show_layer_activations: Whether to show activations. Default False.
        show_trainable: Whether to show which layers learn. Default False.
        splines: "curved", the default, or "spline", which is the same; "polyline" or
            "line" for straight lines.

    Returns:
        The drawing, which a notebook shows; `svg` is its text.

    Raises:
        TypeError: It is no model, or an option is of a wrong type.
        ValueError: The model is not built, or an option has no such value.
        OSError: The file cannot be written.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> model = Sequential([layers.Dense(3, input_shape=(4,))], name="small")
        >>> plot_model(model, to_file=None, show_shapes=True)
        <drawing of Sequential 'small'>
    """
    drawing = _draw(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
    )
    if to_file is not None:
        path = path_of("to_file", to_file)
        name, ending = os.path.splitext(path)
        if ending != ".svg":
            warn(
                f"plot_model draws SVG, so {path!r} becomes {name + '.svg'!r}, which "
                f"browsers and notebooks show. Write to_file={name + '.svg'!r}."
            )
        drawing.write(f"{name}.svg")
    return drawing


@suggesting
def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: Literal["TB", "LR"] = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: Literal["curved", "spline", "polyline", "line"] = "curved",
) -> Drawing:
    """Return the drawing of a model, for scripts that ask Graphviz for one.

    What `create(prog="dot", format="svg")` of pydot's returns, it returns, too; and
    `write(path)` writes it.

    Args:
        model: The model; it has to be built.
        show_shapes: As in `plot_model`, and so is all else but what follows.
        show_dtype: The same.
        show_layer_names: The same, but True by default.
        rankdir: The same.
        expand_nested: The same.
        dpi: The same.
        subgraph: There are no drawings within drawings here: False.
        show_layer_activations: The same.
        show_trainable: The same.
        splines: The same.

    Raises:
        TypeError: It is no model, or an option is of a wrong type.
        ValueError: The model is not built, or an option has no such value.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> model = Sequential([layers.Dense(3, "relu", input_shape=(4,))])
        >>> model_to_dot(model).create(prog="dot", format="svg")[:4]
        b'<svg'
    """
    if true_or_false("subgraph", subgraph):
        raise ValueError(
            "A drawing is no part of another here: leave `subgraph` out, and draw the "
            "outer model with expand_nested=True."
        )
    return _draw(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
    )


def _draw(model: Any, *, rankdir: Any, dpi: Any, splines: Any, **shown: Any) -> Drawing:
    # Only here: few programs draw.
    from fastmlp.plot._boxes import Options, draw_network

    if not isinstance(splines, str) or splines not in _LINES:
        raise ValueError(
            f"splines must be one of {', '.join(map(repr, _LINES))}, not "
            f"{describe(splines)}."
        )
    scale = positive_number("dpi", dpi) / _USUAL_DPI
    shown = {name: true_or_false(name, value) for name, value in shown.items()}
    options = Options(
        shapes=shown["show_shapes"],
        dtype=shown["show_dtype"],
        names=shown["show_layer_names"],
        activations=shown["show_layer_activations"],
        parameters=False,
        trainable=shown["show_trainable"],
        expand_nested=shown["expand_nested"],
        rankdir=rankdir,
        curved=_LINES[splines],
    )
    return draw_network(model, options, scale)
