"""The numbers of fastmlp: every equation of the network, compiled.

The chapters, in the order in which one reads them: the story of a batch, which all
others tell in full; the dense layer, activations, losses, metrics, optimizers, what
keeps weights and gradients small, noise, normalization, what merges several outputs,
pooling, embedding; and then the whole network forward, backward and in its update. Who
stops there has read a network that is right.

The appendix says how it is made fast, and how Python gets at it: the matrix product and
its tiles, zero-skipping, threads, what Python is asked for, the binding, and the pen
that draws synthetic digits.

float32 throughout. Nothing in the chapters checks, allocates or knows a Python object:
fastmlp/kernels/ does that, and fastmlp/reference/ says all of it again in NumPy. Three
files are written by generate.py when this is built: the rows of fastmlp/tables.py as
enums and structs (families), the choice of a kernel by its number (dispatch), and the
call of any kernel from Python (bindings).
"""

from libc.math cimport NAN, fabsf, sqrt, sqrtf
from libc.string cimport memcpy, memset

include "families.pxi"
include "network.pxi"
include "matrix.pxi"
include "dense.pxi"
include "arithmetic.pxi"
include "activations.pxi"
include "crossentropy.pxi"
include "losses.pxi"
include "focal.pxi"
include "hinge.pxi"
include "likelihood.pxi"
include "metrics.pxi"
include "totals.pxi"
include "optimizers.pxi"
include "regularizers.pxi"
include "clipping.pxi"
include "noise.pxi"
include "normalization.pxi"
include "merging.pxi"
include "pooling.pxi"
include "embedding.pxi"
include "dispatch.pxi"
include "forward.pxi"
include "scoring.pxi"
include "backward.pxi"
include "branches.pxi"
include "step.pxi"
include "update.pxi"

include "product.pxi"
include "pairs.pxi"
include "sparse.pxi"
include "threads.pxi"
include "own.pxi"
include "binding.pxi"
include "bindings.pxi"
include "network_binding.pxi"
include "digits.pxi"
include "processor.pxi"
