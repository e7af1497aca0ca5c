"""The arrays of the reference: of any floating-point dtype."""

from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
