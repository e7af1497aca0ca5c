"""What each kernel takes and gives, in the manner of NumPy's generalized ufuncs.

    x(rows,inputs) w(inputs,units) b?(units) -> y(rows,units) ; scratch

Equal names are equal sizes; `columns` are at least one. Without sizes, all arrays have
one shape, whatever it is. A size of a result may be written out, or one of the kernel's
numbers. Marks behind a name:

    ?   the kernel can do without it: None
    !   changed in place
    ~   a result of the same sizes may be written over it: each number depends on those
        at its own place or in its own row, which are read before it is written
    *   of float64, and the kernel adds to what is there

`; scratch` stands behind those that need room for what they compute on the way.
"""

from fastmlp import tables

_ROWS = "(rows,columns)"

# Those of no family, and those that differ from the others of theirs.
_WRITTEN = {
    "dense_forward": "x(rows,inputs) w(inputs,units) b?(units) -> y(rows,units)"
    " ; scratch",
    "dense_backward": "x(rows,inputs) w(inputs,units) dy(rows,units)"
    " -> dx(rows,inputs) dw(inputs,units) db(units) ; scratch",
    "decay_weights": "w!(size)",
    "clip_value": "dw!(size)",
    "clip_norm": "dw!(size)",
    "mean_gradient": "dw!(size) total!(size)",
    "penalty_backward": "w -> dw",
    "limit_norms": f"w!{_ROWS} ; scratch",
    "keep_non_negative": f"w!{_ROWS}",
    "dropout": "x~ -> y",
    "gaussian_noise": "x~ -> y",
    "gaussian_dropout": "x~ -> y",
    "alpha_dropout": "x~ -> y",
    "alpha_dropout_backward": "dy~ -> dx",
    "affine": f"x~{_ROWS} center(columns) scale(columns) offset(columns) -> y{_ROWS}",
    "affine_backward": f"dy~{_ROWS} scale(columns) -> dx{_ROWS}",
    "subtract_backward": "dy~ -> dz",
    "average": "x~ -> y",
    "concatenate": f"x(rows,width) y!{_ROWS}",
    "concatenate_backward": f"dy{_ROWS} -> dx(rows,width)",
    "dot": f"x{_ROWS} z{_ROWS} -> y(rows)",
    "dot_backward": f"dy(rows) z~{_ROWS} -> dx{_ROWS}",
    "unit_normalization": f"x~{_ROWS} -> y{_ROWS}",
    "unit_normalization_backward": f"x~{_ROWS} dy~{_ROWS} -> dx{_ROWS}",
    "global_average_pooling": "x(rows,inputs) -> y(rows,width)",
    "global_average_pooling_backward": "dy(rows,width) -> dx(rows,table)",
    "global_max_pooling": "x(rows,inputs) -> y(rows,width)",
    "global_max_pooling_backward": "x(rows,inputs) y(rows,width) dy(rows,width)"
    " -> dx(rows,inputs)",
    "transpose": f"x{_ROWS} -> y{_ROWS}",
    "embedding": "ids(rows) w(inputs,units) -> y(rows,units)",
    "embedding_backward": "ids(rows) dy(rows,units) -> dw(vocabulary,units)",
    "layer_normalization": f"x~{_ROWS} gamma?(columns) beta?(columns) -> y{_ROWS}",
    "layer_normalization_backward": f"x{_ROWS} dy~{_ROWS} gamma?(columns)"
    f" -> dx{_ROWS} dgamma(columns) dbeta(columns)",
    "prelu": f"x~{_ROWS} alpha(columns) -> y{_ROWS}",
    "prelu_backward": f"x~{_ROWS} dy~{_ROWS} alpha(columns)"
    f" -> dx{_ROWS} dalpha(columns)",
    **dict.fromkeys(
        ("add", "subtract", "multiply", "maximum", "minimum"), "x~ z~ -> y"
    ),
    **dict.fromkeys(("maximum_backward", "minimum_backward"), "x~ z~ dy~ -> dx dz"),
    "moments": f"x{_ROWS} -> mean(columns) variance(columns)",
    "move_towards": "moving!(columns) now(columns)",
    "normalize": f"x~{_ROWS} mean(columns) variance(columns) gamma?(columns)"
    f" beta?(columns) -> y{_ROWS} ; scratch",
    "normalize_backward": f"x~{_ROWS} dy~{_ROWS} mean(columns) variance(columns)"
    f" gamma?(columns) -> dx{_ROWS} dgamma(columns) dbeta(columns) ; scratch",
}


def _texts() -> dict[str, str]:
    """Return all signatures, by the names of the kernels."""
    texts = {}
    for name in tables.ACTIVATIONS:
        given = "x" if name in tables.NEED_INPUT else "y"
        size = _ROWS if name in tables.ROW_WISE else ""
        texts[name] = f"x~{size} -> y{size}"
        texts[f"{name}_backward"] = f"{given}~{size} dy~{size} -> dx{size}"
    for name in tables.METRICS:
        texts[name] = f"y{_ROWS} t{_ROWS} -> hits(rows)"
    for name, shape in tables.TOTALS.items():
        thresholds = " thresholds(cuts)" if name == "confusion" else ""
        given = f"y{_ROWS} t{_ROWS}{thresholds} weights?(rows)"
        texts[name] = f"{given} -> totals*({','.join(shape)})"
    for name in tables.LOSSES:
        is_fused = name in tables.FUSED
        if is_fused:  # From the inputs x of its activation, it computes its outputs p.
            texts[name] = f"x~{_ROWS} t~{_ROWS} -> p{_ROWS} losses(rows)"
        else:
            texts[name] = f"y{_ROWS} t{_ROWS} -> losses(rows)"
        y, dy = ("p", "dx") if is_fused else ("y", "dy")
        texts[f"{name}_backward"] = f"{y}~{_ROWS} t~{_ROWS} -> {dy}{_ROWS}"
    for name in tables.OPTIMIZERS:
        memory = [f"{letter}!(size)" for letter in tables.MEMORY[name]]
        texts[name] = " ".join(["w!(size) dw(size)", *memory])
    return {**texts, **_WRITTEN}


TEXTS = _texts()
