# The plan: a network as plain tables, and what a batch is worked on with.
#
# A network is a table, `ops`: one row an operation, y = f(x). Weights lie with their
# layers; a second table, `arrays`, says where, and the operations name its rows. The
# gradients, and what the optimizer remembers, lie one after the other in an array of
# the network's own. fastmlp/plan/ makes these tables, and checks them.

cdef struct Op:
    # One row of the table; the columns are named in fastmlp/plan/ too.
    Py_ssize_t kind
    Py_ssize_t inputs
    Py_ssize_t outputs
    Py_ssize_t kernel  # which of the arrays is w, or gamma, or -1
    Py_ssize_t bias  # which is b, or beta, or -1
    Py_ssize_t state  # which is the first moving average, or an affine's constants
    Py_ssize_t activation
    Py_ssize_t learns  # whether the optimizer changes w and b
    Py_ssize_t seed  # of the chance by which outputs are left out
    Py_ssize_t offset  # the sum of the outputs of the operations before


cdef struct Array:
    # Weights of a layer, and where their gradient begins among all gradients, or -1.
    float* data
    Py_ssize_t start


cdef enum:
    DENSE = KIND_DENSE
    ACTIVATION = KIND_ACTIVATION
    AFFINE = KIND_AFFINE
    DROPOUT = KIND_DROPOUT
    BATCH_NORMALIZATION = KIND_BATCH_NORMALIZATION


cdef struct Shrinkage:
    # What a regularizer asks of an array.
    double l1
    double l2


cdef struct Constraint:
    # A constraint's code as a number, and what it is set to.
    double code
    Limits limits


cdef struct LayerSettings:
    # What an operation is set to: one row of a table beside `ops`.
    ActivationParams activation
    double rate  # of dropout
    double momentum
    double epsilon
    Shrinkage kernel
    Shrinkage bias
    Shrinkage activity
    Constraint kernel_constraint
    Constraint bias_constraint


cdef enum:
    PREDICT = MODE_PREDICT
    EVALUATE = MODE_EVALUATE
    TRAIN = MODE_TRAIN


cdef enum:
    # How the losses of the rows become the loss of a batch.
    MEAN_OF_ROWS = REDUCTION_SUM_OVER_BATCH_SIZE
    SUM_OF_ROWS = REDUCTION_SUM
    MEAN_OF_WEIGHTS = REDUCTION_MEAN_WITH_SAMPLE_WEIGHT


cdef struct Clipping:
    # What gradients are held to; 0 is no limit. The decay is that of the weights.
    double decay
    double value
    double norm
    double global_norm


cdef struct Metric:
    # A metric's code as a number, if rows count by their weight, and what it is set to.
    double code
    double weighted
    MetricParams params


cdef struct Network:
    const Op* ops
    const LayerSettings* settings
    Py_ssize_t depth
    Py_ssize_t first_to_learn  # of the operations; none before it needs a gradient
    const Array* arrays
    float* gradients
    float* memory  # as many arrays like `gradients` as the optimizer needs
    Py_ssize_t size  # of `gradients`
    int loss
    int reduction
    const LossParams* loss_params
    const Metric* metrics
    Py_ssize_t metric_count
    int optimizer
    Clipping clipping
    bint constrains  # whether there is any constraint
    const OptimizerParams* optimizer_params
    const Py_ssize_t* slots  # which array of memory is which of the optimizer's, or -1
    const double* rates  # of each batch: the learning rate, and the length of a step
    Py_ssize_t first_batch  # which of the rates are the first
    unsigned long long iteration  # how many batches were learnt from before that one


cdef struct Samples:
    const float* x  # (count, inputs), or NULL if they are compressed
    Csr csr
    const float* t  # (count, columns), or NULL if there are labels or no targets
    const int* labels
    const float* weights  # (count,), or NULL if all rows count the same
    const Py_ssize_t* order  # the samples in the order of their use, or NULL
    Py_ssize_t count


cdef struct Workspace:
    # Room for one batch of `batch_size` rows.
    Py_ssize_t batch_size
    float* x
    Csr csr
    float* t
    float* weights
    float* outputs
    float* deltas
    float* row_values  # of each row: the loss, a penalty, and two numbers a metric
    float* statistics  # of each output: mean, variance, and the sums behind a gradient
    double* penalty  # of all weights, for the whole batch
    float* panels
    Py_ssize_t panel_size
    Barrier* barrier


cdef struct Batch:
    Py_ssize_t number
    Py_ssize_t rows
    const float* x
    const float* t
    const float* weights


cdef struct ThreadRange:
    # What one thread works on: rows first to stop of the batch.
    int thread
    int threads
    Py_ssize_t first
    Py_ssize_t stop
    float* panel


cdef inline float* array_of(const Network* net, Py_ssize_t place) noexcept nogil:
    """One of the arrays, or NULL if place is -1: there is none"""
    return net.arrays[place].data if place >= 0 else NULL


cdef inline float* gradient_of(const Network* net, Py_ssize_t place) noexcept nogil:
    """The gradient of one of the arrays"""
    return net.gradients + net.arrays[place].start


cdef inline Matrix kernel_of(const Network* net, const Op* op) noexcept nogil:
    """A dense layer's w"""
    return matrix(array_of(net, op.kernel), op.inputs, op.outputs)


cdef inline Matrix part_of(
    const Op* op, const float* outputs, Py_ssize_t batch_size, Py_ssize_t rows
) noexcept nogil:
    """A layer's outputs, or their gradient, for the whole batch"""
    return matrix(outputs + op.offset * batch_size, rows, op.outputs)


cdef inline Matrix inputs_of(
    const Network* net, const Workspace* space, const Batch* batch, Py_ssize_t i
) noexcept nogil:
    """What layer i gets: the outputs of the one before, or the samples"""
    if i == 0:
        return matrix(batch.x, batch.rows, net.ops[0].inputs)
    return part_of(&net.ops[i - 1], space.outputs, space.batch_size, batch.rows)


cdef inline bint is_fused(const Network* net) noexcept nogil:
    """Whether the loss computes the last layer's activation too"""
    cdef Py_ssize_t activation = net.ops[net.depth - 1].activation
    if net.loss == LOSS_SOFTMAX_CROSSENTROPY:
        return activation == ACTIVATION_SOFTMAX
    return net.loss == LOSS_SIGMOID_CROSSENTROPY and activation == ACTIVATION_SIGMOID


cdef inline bint clips_norms(const Network* net) noexcept nogil:
    """Whether a gradient can be applied only when all of it is known"""
    return net.clipping.norm > 0 or net.clipping.global_norm > 0


cdef inline bint shrinks(Shrinkage shrinkage) noexcept nogil:
    """Whether there is a penalty"""
    return shrinkage.l1 != 0 or shrinkage.l2 != 0
