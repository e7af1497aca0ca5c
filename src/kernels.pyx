"""The numbers of fastmlp: every equation of the network, compiled.

The chapters, in the order in which one may read them: the matrix product and the dense
layer, activations, losses and metrics, optimizers and what keeps weights small, dropout
and normalization, zero-skipping, threads, and the network that puts them together; then
the binding by which Python calls each one, and the pen that draws synthetic digits.

float32 throughout. Nothing in the chapters checks, allocates or knows a Python object:
fastmlp/kernels/ does that, and fastmlp/reference.py says all of it again in NumPy.
"""

from libc.math cimport fabsf, log1pf, logf, sqrtf
from libc.string cimport memcpy, memset

include "families.pxi"
include "matrix.pxi"
include "product.pxi"
include "dense.pxi"
include "exponential.pxi"
include "activations.pxi"
include "crossentropy.pxi"
include "losses.pxi"
include "metrics.pxi"
include "optimizers.pxi"
include "clipping.pxi"
include "regularizers.pxi"
include "dropout.pxi"
include "normalization.pxi"
include "dispatch.pxi"
include "sparse.pxi"
include "threads.pxi"
include "plan.pxi"
include "forward.pxi"
include "backward.pxi"
include "update.pxi"
include "network.pxi"
include "doors.pxi"
include "bindings.pxi"
include "network_door.pxi"
include "digits.pxi"
include "processor.pxi"
