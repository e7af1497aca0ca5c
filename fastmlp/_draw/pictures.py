"""What a network looks like while it learns, in numbers that the page paints.

Arrays travel as base64 of bytes: a picture is a few kilobytes, many times a second.
"""

from __future__ import annotations

import base64
import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._draw.data import EXTENT, Data
from fastmlp.inspect import trace
from fastmlp.layers import Dense
from fastmlp.models import Sequential
from fastmlp.plan import Float32

SIDE = 100  # points across the picture of the plane
UNIT_SIDE = 20  # across the small one of a unit
MOST_UNITS = 8  # of a layer that are shown as such
MOST_IMAGES = 64  # units of the first layer, as images of their weights


def packed(array: NDArray[Any]) -> str:
    """Return bytes as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def shares(probabilities: Float32) -> NDArray[np.uint8]:
    """Return probabilities as 0 to 255."""
    return np.rint(255 * np.nan_to_num(probabilities)).astype(np.uint8)


def signed(array: Float32) -> NDArray[np.int8]:
    """Return pictures in rows as -127 to 127, the largest of each as one of them.

    Example:
        >>> signed(np.array([[0.5, -2.0], [0.0, 0.0]])).tolist()
        [[32, -127], [0, 0]]
    """
    known = np.nan_to_num(array)
    largest = np.abs(known).max(axis=1, keepdims=True)
    largest[largest == 0] = 1
    rounded: NDArray[np.int8] = np.rint(127 / largest * known).astype(np.int8)
    return rounded


class Plane:
    """The plane of two columns: where its points are, and a grid over it.

    Other columns, if there are any, stay at their mean, which is 0.

    Args:
        data: What is learnt from.
        axes: The two columns.
    """

    _MOST_POINTS = 2000  # that are painted, of either kind

    def __init__(self, data: Data, axes: tuple[int, int]) -> None:
        self._data, self._axes = data, list(axes)
        self._points = [
            (x[: self._MOST_POINTS], y[: self._MOST_POINTS])
            for x, y in [(data.x_train, data.y_train), (data.x_val, data.y_val)]
        ]
        self._low, self._high = np.full(2, -EXTENT), np.full(2, EXTENT)
        if data.table is not None:
            rows = np.concatenate([data.x_train, data.x_val])[:, self._axes]
            margin = 0.08 * np.maximum(np.ptp(rows, axis=0), 1e-3)
            self._low, self._high = rows.min(axis=0) - margin, rows.max(axis=0) + margin
        self._fine = self._grid(SIDE)
        self._coarse = self._grid(UNIT_SIDE)

    def _grid(self, side: int) -> Float32:
        """Return points all over the plane, row by row from the top."""
        places = (np.arange(side) + 0.5) / side
        extent = self._high - self._low
        grid = np.zeros((side * side, self._data.x_train.shape[1]), np.float32)
        grid[:, self._axes[0]] = np.tile(self._low[0] + places * extent[0], side)
        grid[:, self._axes[1]] = np.repeat(self._high[1] - places * extent[1], side)
        return grid

    def about(self) -> dict[str, Any]:
        """Return the points, and what the axes are called and marked with."""
        data = self._data
        unit, origin = data.unit[self._axes], data.origin[self._axes]
        return {
            "kind": "plane",
            "side": SIDE,
            "unit_side": UNIT_SIDE,
            "low": self._low.tolist(),
            "high": self._high.tolist(),
            "first": (self._low * unit + origin).tolist(),
            "last": (self._high * unit + origin).tolist(),
            "axes": self._axes,
            "columns": data.columns,
            "label": None if data.table is None else data.table.label_name,
            "labels": None if data.table is None else data.table.columns,
            "left_out": [] if data.table is None else data.table.left_out,
            "points": [
                {"x": packed(x[:, self._axes]), "y": packed(y.astype(np.uint8))}
                for x, y in self._points
            ],
        }

    def picture(self, model: Sequential) -> dict[str, Any]:
        """Return probabilities over the plane, and what each unit makes of it."""
        found = np.asarray(model(self._fine))
        return {
            "shares": packed(shares(found.T)),
            "said": [
                packed(np.asarray(model(x)).argmax(axis=1).astype(np.uint8))
                for x, _ in self._points
            ],
            **self._inside(model),
        }

    def _inside(self, model: Sequential) -> dict[str, Any]:
        """Return what each unit makes of the plane, and the weights between them."""
        units: list[str] = []
        links: list[list[list[float]]] = []
        traced = trace(model, self._coarse)
        for layer in model.layers:
            if not isinstance(layer, Dense):
                continue
            kernel = np.asarray(layer.kernel)
            # Of the inputs, those two that are seen.
            links.append(_links(kernel if links else kernel[self._axes]))
            shown = traced[layer.name].output.T[:MOST_UNITS]
            if layer is model.layers[-1]:
                shown = 2 * shown - 1  # a probability of 1/2 is neither
            units.append(packed(signed(shown)))
        return {"units": units, "links": links}


def _links(kernel: Float32) -> list[list[float]]:
    seen = np.nan_to_num(kernel[:MOST_UNITS, :MOST_UNITS]).astype(float)
    rounded: list[list[float]] = np.round(seen, 3).tolist()
    return rounded


class Images:
    """The weights of the first layer as images, and digits that are read wrong.

    Args:
        data: What is learnt from.
    """

    _LOOKED_AT = 1000
    _SHOWN = 24

    def __init__(self, data: Data) -> None:
        self._x = data.x_val[: self._LOOKED_AT]
        self._y = data.y_val[: self._LOOKED_AT]

    def about(self) -> dict[str, Any]:
        """Return what it is."""
        return {"kind": "images"}

    def picture(self, model: Sequential) -> dict[str, Any]:
        """Return what there is to see."""
        first = next(one for one in model.layers if isinstance(one, Dense))
        kernel = np.asarray(first.kernel)
        weights = kernel[:, :MOST_IMAGES].T
        found = np.asarray(model.predict(self._x, batch_size=1000, verbose=0))
        said = found.argmax(axis=1)
        wrong = np.flatnonzero(said != self._y)
        return {
            "weights": packed(signed(weights)),
            "mistakes": [
                {
                    "image": packed(shares(self._x[at])),
                    "said": int(said[at]),
                    "is": int(self._y[at]),
                }
                for at in itertools.islice(wrong, self._SHOWN)
            ],
            "wrong": len(wrong),
            "looked_at": len(self._x),
        }
