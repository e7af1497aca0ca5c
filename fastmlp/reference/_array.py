"""The arrays of the reference: of any floating-point dtype."""

from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

# What the parameters of a kernel that are arrays are annotated with.
ARRAYS = (Array, Array | None)
