"""The flat plan: a network, its data and its scratch space as plain arrays.

Layers, and what `compile` was told, become a `Plan`; `fit`, `evaluate` and `predict`
add `Samples` and a `Workspace` and hand all three to `kernels.run`, which works on many
batches in one call. Each of them is checked once, when it is made, and stays as it is:
compiled code trusts what it finds there. Kernels know these and nothing of
`fastmlp.models`.

The words of Keras become the letters of mathematics here: a layer's kernel is w, its
bias b, its units are the columns of y.
"""

from fastmlp.plan._arrays import *
from fastmlp.plan._csr import *
from fastmlp.plan._given import *
from fastmlp.plan._heads import *
from fastmlp.plan._metrics import *
from fastmlp.plan._ops import *
from fastmlp.plan._own import *
from fastmlp.plan._plan import *
from fastmlp.plan._rows import *
from fastmlp.plan._samples import *
from fastmlp.plan._workspace import *
