# The story of a batch: forward, backward, update.
#
# A network is a table, `ops`: one row an operation, y = f(x). What x is say `links` and
# `edges`: what comes out of operations before it, or inputs of the samples. Most often
# it is a row, where each operation works on the one before. Weights lie with their
# layers; a table, `arrays`, says where, and the operations name its rows. The
# gradients, and what the optimizer remembers, lie one after the other in an array of
# the network's own. What comes out at the end is compared with targets by `heads`.
# fastmlp/plan/ makes these tables, and checks them.
#
# A batch is worked on in two phases:
#
#   by rows         each thread takes some samples all the way forward and back;
#   by parameters   each thread takes some rows of every w, sums their gradient over
#                   the whole batch, and updates them.
#
# At the end of each, the threads wait for each other at a barrier; so they do where
# batch normalization needs the moments of the whole batch, where norms are clipped,
# before constraints, and where Python is asked for an equation of the user's own, which
# own.pxi tells. fastmlp/ONE_BATCH.md has the numbers of a batch, and a picture.
#
# No sum is ever split between threads: no bit of the result depends on their number.

cdef extern from *:
    ctypedef struct Barrier:  # where threads wait for each other: threads.pxi
        pass


cdef enum:
    # What stands for the code of a loss where there is none, and for one in Python.
    NO_LOSS = -1
    OWN_LOSS = -2


cdef struct Array:
    # Weights of a layer, and where their gradient begins among all gradients, or -1.
    float* data
    Py_ssize_t begin
    Py_ssize_t size
    Py_ssize_t penalized  # whether Python has a penalty for it
    Py_ssize_t decays  # whether weight decay is for it, too


cdef struct Metric:
    # A metric's code as a number, if rows count by their weight, how many totals it
    # keeps, and what it is set to.
    double code
    double weighted
    double totals
    double first_threshold  # of those of all metrics
    MetricParams params


cdef struct Head:
    # What is asked of an output of the network: numbers, as all in the table.
    double op  # which operation's it is
    double loss  # its code, or NO_LOSS: nothing is learnt of this output, or OWN_LOSS
    double reduction
    double weight  # of its loss, in that of the network
    double adds  # whether its gradient is added to another head's
    double metric  # the first of its metrics
    double metrics
    double strip  # of row_values: the first of its own
    double asks  # whether Python has its loss, or a metric
    double steps  # how many rows of targets a sample has
    LossParams params


cdef struct Network:
    const Op* ops
    const Link* links  # of each operation
    const Edge* edges
    const LayerSettings* settings
    Py_ssize_t depth
    const Py_ssize_t* outputs  # operations: what comes out of them, comes out at all
    Py_ssize_t output_count
    const Array* arrays
    int mode  # predict, evaluate or train
    float* gradients
    # What the optimizer remembers: arrays like `gradients`, or NULL for one that it
    # does without. The last ones are those that any may have.
    float* memory[OPTIMIZER_MEMORY]
    const Head* heads
    Py_ssize_t head_count
    const Metric* metrics  # of all heads
    const float* thresholds  # of all metrics
    int optimizer
    Clipping clipping
    Averaging averaging
    bint constrains  # whether there is any constraint
    void* python  # what answers to `ask`, or NULL: no equation is the user's own
    bint reduces  # whether other processes add to each gradient before it is used
    bint has_own_penalties
    bint has_own_constraints
    const float* penalty_gradients  # what Python's add to `gradients`
    const OptimizerParams* optimizer_params
    const double* rates  # of each batch, RATES of them: the learning rate is the first
    Py_ssize_t first_batch  # of those to work on; its rates are the first
    Py_ssize_t last_batch  # the one after them
    unsigned long long iteration  # how many batches were learnt from before the first


cdef struct Csr:
    # Samples without their zeros; pairs.pxi says why.
    # Row i holds, of its block b of columns, entries indptr[i, b] to indptr[i, b + 1].
    # Entry e is about columns 2 indices[e] and 2 indices[e] + 1 of its block, whose
    # values are data[2 e] and data[2 e + 1].
    float* data
    unsigned short* indices
    Py_ssize_t* indptr
    Py_ssize_t blocks


cdef struct SparseRows:
    # Samples without their zeros as scipy.sparse has them: row i holds entries
    # indptr[i] to indptr[i + 1]; entry e is about column indices[e].
    const float* data
    const int* indices
    const Py_ssize_t* indptr


cdef enum:
    # The types of rows that are converted batch by batch.
    GIVEN_FLOAT32
    GIVEN_FLOAT64
    GIVEN_UINT8


cdef struct Input:
    # An input of the network: where its samples lie, and room to gather those of a
    # batch, or NULL if they are used where they lie.
    const float* x  # (count, columns), or NULL if their zeros are left out
    Csr csr  # in pairs; or, if its indptr is NULL,
    SparseRows rows  # or, if its indptr is NULL,
    const void* given  # of the type that `kind` says: converted batch by batch
    Py_ssize_t kind
    float* room
    Csr batch  # the rows of a batch in pairs, unless `room` is for them
    Py_ssize_t pairs  # how many there is room for, in each of its rows
    Py_ssize_t columns


cdef struct Target:
    # What an output should be, with room in the same way.
    const float* t  # (count, columns), or NULL if there are labels or no targets
    const int* labels  # (count, steps)
    const float* weights  # (count, steps), or NULL if all rows count the same
    float* room
    float* weights_room
    Py_ssize_t columns
    Py_ssize_t steps  # of a table, each step is a row of targets; else it is 1


cdef struct Samples:
    const Input* inputs
    Py_ssize_t input_count
    const Target* targets
    Py_ssize_t target_count
    const Py_ssize_t* order  # the samples in the order of their use, or NULL
    Py_ssize_t count
    # Where other processes have the other rows of each batch: which of these is the
    # first of it, and how many rows it has in all; else NULL.
    const Py_ssize_t* begins
    const Py_ssize_t* all_rows
    Py_ssize_t noise_begin  # which numbers of chance are this process's


cdef struct Workspace:
    # Room for one batch of `batch_size` rows.
    Py_ssize_t batch_size
    float* outputs
    float* deltas
    float* spare  # for a gradient that is to be added to another
    Py_ssize_t spare_columns
    # Of each row: a penalty, and for each head, step by step, the loss, and a number a
    # metric.
    float* row_values
    float* statistics  # of each output: mean, variance, and the sums behind a gradient
    double* penalty  # of all weights, for the whole batch
    double* totals  # of losses and metrics: what all batches add to
    # Rows that are one batch to the loss: where nothing is learnt, more or fewer may be
    # worked on at a time. Of one that has not ended yet, the sums of the penalties and,
    # for each head, of its losses and of the weights of its rows.
    Py_ssize_t loss_rows
    double* unfinished
    float** predictions  # of each output: that of all samples
    float* scratch  # of each thread
    Py_ssize_t scratch_size
    Barrier* barrier
    int* failed  # whether Python raised an exception


cdef struct Batch:
    # One batch, and what of it one thread works on: rows first to stop.
    int thread
    int threads
    Py_ssize_t first
    Py_ssize_t stop
    float* scratch
    const Samples* samples
    Py_ssize_t number
    Py_ssize_t begin  # which sample, in their order, is its first
    Py_ssize_t rows
    Py_ssize_t all_rows  # with those that other processes have


cdef void run_batches(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    int thread,
    int threads,
) noexcept nogil:
    """One thread's part in the work on all batches from the first to the last"""
    cdef Batch batch
    batch.thread, batch.threads = thread, threads
    batch.scratch = space.scratch + thread * space.scratch_size
    batch.samples = samples
    for batch.number in range(net.first_batch, net.last_batch):
        gather(samples, space, &batch)
        if weighs_rows(net):
            # Each thread is about to add up the weights of all rows.
            wait(space.barrier, threads)
        forward(net, space, &batch)
        if net.mode != MODE_PREDICT:
            losses_and_metrics(net, space, &batch)
            penalize(net, space, &batch)
        if net.mode == MODE_TRAIN:
            backward(net, space, &batch)
        wait(space.barrier, threads)
        if space.failed[0]:
            return
        if net.mode == MODE_PREDICT:
            keep_predictions(net, space, &batch)
        elif thread == 0:
            add_up(net, space, &batch)
        if net.mode == MODE_TRAIN:
            update(net, space, &batch)
        wait(space.barrier, threads)
        if space.failed[0]:
            return


cdef inline void keep_predictions(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Copy what came out to where the outputs of all samples are kept"""
    cdef Py_ssize_t k
    cdef Matrix y
    for k in range(net.output_count):
        y = own_rows(outputs_of(net, net.outputs[k], space, batch), batch)
        memcpy(
            space.predictions[k] + (batch.begin + batch.first) * y.columns,
            y.data,
            y.rows * y.columns * sizeof(float),
        )


cdef void add_up(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Add a batch to the totals: of the losses and of each metric, what it keeps

    One thread does it, row by row, so that the bits are always the same.
    """
    cdef Py_ssize_t k, row = 0, stop, done
    cdef double* totals = space.totals + 2
    if batch.samples.begins != NULL:
        add_losses(net, space, batch, 0, batch.rows)
        finish_losses(net, space, batch.rows, batch.all_rows)
        row = batch.rows
    while row < batch.rows:
        done = (batch.begin + row) % space.loss_rows
        stop = min(batch.rows, row + space.loss_rows - done)
        add_losses(net, space, batch, row, stop)
        done += stop - row
        if done == space.loss_rows or batch.begin + stop == batch.samples.count:
            finish_losses(net, space, done, done)
        row = stop
    for k in range(net.head_count):
        if net.head_count > 1 and net.heads[k].loss != NO_LOSS:
            totals += 2
    for k in range(net.head_count):
        totals = add_up_metrics(net, k, space, batch, totals)
