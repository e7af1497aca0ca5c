"""Every kernel once more, in a few lines of NumPy.

Read this beside src/: the names and the equations are the same. Here each function
returns its result instead of writing it somewhere, and computes in the dtype of its
inputs, so that float64 in gives float64 out: the tests check gradients that way. With
`FASTMLP_BACKEND=numpy` the whole library runs on this module.
"""

from fastmlp.reference._array import Array as Array
from fastmlp.reference.activations import *
from fastmlp.reference.clipping import *
from fastmlp.reference.data import *
from fastmlp.reference.dense import *
from fastmlp.reference.digits import *
from fastmlp.reference.embedding import *
from fastmlp.reference.focal import *
from fastmlp.reference.hinge import *
from fastmlp.reference.likelihood import *
from fastmlp.reference.losses import *
from fastmlp.reference.merging import *
from fastmlp.reference.metrics import *
from fastmlp.reference.noise import *
from fastmlp.reference.normalization import *
from fastmlp.reference.optimizers import *
from fastmlp.reference.pooling import *
from fastmlp.reference.regularizers import *
from fastmlp.reference.totals import *
