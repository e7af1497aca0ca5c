"""Any graph of layers between inputs and outputs."""

from __future__ import annotations

from fastmlp.models._model import Model


class Functional(Model):
    """What `Model(inputs, outputs)` makes: see `Model`."""
