# The story of a batch: forward, backward, update.
#
# A network is a table, `ops`: one row an operation, y = f(x). Weights lie with their
# layers; a second table, `arrays`, says where, and the operations name its rows. The
# gradients, and what the optimizer remembers, lie one after the other in an array of
# the network's own. fastmlp/plan/ makes these tables, and checks them.
#
# A batch is worked on in two phases:
#
#   by rows         each thread takes some samples all the way forward and back;
#   by parameters   each thread takes some rows of every w, sums their gradient over
#                   the whole batch, and updates them.
#
# At the end of each, the threads wait for each other at a barrier; so they do where
# batch normalization needs the moments of the whole batch, where norms are clipped, and
# before constraints. fastmlp/ONE_BATCH.md has the numbers of a batch, and a picture.
#
# No sum is ever split between threads: no bit of the result depends on their number.

cdef struct Csr  # samples without their zeros: sparse.pxi

cdef extern from *:
    ctypedef struct Barrier:  # where threads wait for each other: threads.pxi
        pass


cdef struct Array:
    # Weights of a layer, and where their gradient begins among all gradients, or -1.
    float* data
    Py_ssize_t begin


cdef struct Metric:
    # A metric's code as a number, if rows count by their weight, how many totals it
    # keeps, and what it is set to.
    double code
    double weighted
    double totals
    MetricParams params


cdef struct Network:
    const Op* ops
    const LayerSettings* settings
    Py_ssize_t depth
    Py_ssize_t first_to_learn  # of the operations; none before it needs a gradient
    const Array* arrays
    int mode  # predict, evaluate or train
    float* gradients
    # What the optimizer remembers: arrays like `gradients`, or NULL for one that it
    # does without.
    float* memory[OPTIMIZER_MEMORY]
    int loss
    int reduction
    const LossParams* loss_params
    const Metric* metrics
    Py_ssize_t metric_count
    int optimizer
    Clipping clipping
    bint constrains  # whether there is any constraint
    const OptimizerParams* optimizer_params
    const double* rates  # of each batch: the learning rate, and the length of a step
    Py_ssize_t first_batch  # of those to work on; its rates are the first
    Py_ssize_t last_batch  # the one after them
    unsigned long long iteration  # how many batches were learnt from before the first


cdef struct Samples:
    const float* x  # (count, inputs), or NULL if their zeros are left out
    const Csr* csr  # or NULL
    const float* t  # (count, columns), or NULL if there are labels or no targets
    const int* labels
    const float* weights  # (count,), or NULL if all rows count the same
    const Py_ssize_t* order  # the samples in the order of their use, or NULL
    Py_ssize_t count


cdef struct Workspace:
    # Room for one batch of `batch_size` rows.
    Py_ssize_t batch_size
    float* x
    Csr* csr
    float* t
    float* weights
    float* outputs
    float* deltas
    float* row_values  # of each row: the loss, a penalty, and two numbers a metric
    float* statistics  # of each output: mean, variance, and the sums behind a gradient
    double* penalty  # of all weights, for the whole batch
    double* totals  # of loss and metrics: what all batches add to
    float* predictions  # the outputs of all samples
    float* scratch  # of each thread
    Py_ssize_t scratch_size
    Barrier* barrier


cdef struct Batch:
    # One batch, and what of it one thread works on: rows first to stop.
    int thread
    int threads
    Py_ssize_t first
    Py_ssize_t stop
    float* scratch
    Py_ssize_t number
    Py_ssize_t rows
    const float* x
    const float* t
    const float* weights


cdef void run_batches(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    int thread,
    int threads,
) noexcept nogil:
    """One thread's part in the work on all batches from the first to the last"""
    cdef Batch batch
    cdef Matrix outputs
    batch.thread, batch.threads = thread, threads
    batch.scratch = space.scratch + thread * space.scratch_size
    for batch.number in range(net.first_batch, net.last_batch):
        gather(net, samples, space, &batch)
        if net.reduction == REDUCTION_MEAN_WITH_SAMPLE_WEIGHT:
            # Each thread is about to add up the weights of all rows.
            wait(space.barrier, threads)
        forward(net, space, &batch)
        if net.mode == MODE_PREDICT:
            outputs = own_rows(outputs_of(net, net.depth - 1, space, &batch), &batch)
            memcpy(
                space.predictions
                + (batch.number * space.batch_size + batch.first) * outputs.columns,
                outputs.data,
                outputs.rows * outputs.columns * sizeof(float),
            )
        else:
            loss_and_metrics(net, space, &batch)
            penalize(net, space, &batch)
        if net.mode == MODE_TRAIN:
            backward(net, space, &batch)
        wait(space.barrier, threads)
        if net.mode != MODE_PREDICT and thread == 0:
            add_up(net, space, &batch)
        if net.mode == MODE_TRAIN:
            update(net, space, &batch)
        wait(space.barrier, threads)


cdef void add_up(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Add a batch to the totals: of the loss and of each metric, what it keeps

    One thread does it, row by row, so that the bits are always the same.
    """
    cdef Py_ssize_t k, row
    cdef Matrix outputs = outputs_of(net, net.depth - 1, space, batch)
    cdef const Metric* metric
    cdef const float* values = space.row_values
    cdef const float* counts = space.row_values + space.batch_size
    cdef double* totals = space.totals
    cdef double loss = 0, penalties = 0, weight
    for row in range(batch.rows):
        weight = 1 if batch.weights == NULL else batch.weights[row]
        loss += weight * values[row]
        penalties += counts[row]
    loss *= loss_scale(net, batch)
    totals[0] += batch.rows * (loss + space.penalty[0]) + penalties
    totals[1] += batch.rows
    totals += 2
    for k in range(net.metric_count):
        metric = &net.metrics[k]
        values += 2 * space.batch_size
        counts += 2 * space.batch_size
        metric_totals(
            <int> metric.code,
            &metric.params,
            outputs,
            targets_of(net, batch),
            batch.weights if metric.weighted != 0 else NULL,
            values,
            counts,
            totals,
        )
        totals += <Py_ssize_t> metric.totals
