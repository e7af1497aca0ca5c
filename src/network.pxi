# The network: batches on their way through the layers, forward, backward, update.
#
# A batch is worked on in two phases:
#
#   by rows         each thread takes some samples all the way forward and back;
#   by parameters   each thread takes some rows of every w, sums their gradient over
#                   the whole batch, and updates them.
#
# No sum is ever split between threads: on one instruction set, no bit of the result
# depends on their number.

cdef void add_up(
    const Network* net, const Workspace* space, const Batch* batch, double* totals
) noexcept nogil:
    """Add a batch to the totals: of the loss and each metric, a sum and what it counts

    The loss counts for each row; a metric for each row, for its weight, or for what the
    metric itself counts.
    """
    cdef Py_ssize_t k, row
    cdef const float* values = space.row_values
    cdef const float* counts = space.row_values + space.batch_size
    cdef double loss = 0, penalties = 0, weight
    for row in range(batch.rows):
        weight = 1 if batch.weights == NULL else batch.weights[row]
        loss += weight * values[row]
        penalties += counts[row]
    loss *= loss_scale(net, batch)
    totals[0] += batch.rows * (loss + space.penalty[0]) + penalties
    totals[1] += batch.rows
    for k in range(1, net.metric_count + 1):
        values += 2 * space.batch_size
        counts += 2 * space.batch_size
        for row in range(batch.rows):
            weight = 1
            if net.metrics[k - 1].weighted != 0 and batch.weights != NULL:
                weight = batch.weights[row]
            totals[2 * k] += weight * values[row]
            totals[2 * k + 1] += weight * counts[row]


cdef void run_batches(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    int mode,
    Py_ssize_t first_batch,
    Py_ssize_t last_batch,
    double* totals,
    float* predictions,
    int thread,
    int threads,
) noexcept nogil:
    """One thread's part in the work on batches first_batch to last_batch"""
    cdef const Op* last_op = &net.ops[net.depth - 1]
    cdef Py_ssize_t columns = last_op.outputs, rows
    cdef Batch batch
    cdef ThreadRange part
    part.thread, part.threads = thread, threads
    part.panel = space.panels + thread * space.panel_size
    for batch.number in range(first_batch, last_batch):
        rows = min(
            space.batch_size, samples.count - batch.number * space.batch_size
        )
        part.first = range_start(rows, EDGE_ROWS, thread, threads)
        part.stop = range_start(rows, EDGE_ROWS, thread + 1, threads)
        gather(net, samples, space, &part, &batch)
        if net.reduction == MEAN_OF_WEIGHTS:
            # Each thread is about to add up the weights of all rows.
            wait(space.barrier, threads)
        forward(net, samples, space, &batch, mode, &part)
        if mode == PREDICT:
            memcpy(
                predictions
                + (batch.number * space.batch_size + part.first) * columns,
                space.outputs
                + last_op.offset * space.batch_size
                + part.first * columns,
                (part.stop - part.first) * columns * sizeof(float),
            )
        else:
            score(net, space, &batch, mode, &part)
            penalize(net, space, &batch, &part)
        if mode == TRAIN:
            backward(net, space, &batch, &part)
        wait(space.barrier, threads)
        if mode != PREDICT and thread == 0:
            add_up(net, space, &batch, totals)
        if mode == TRAIN:
            update(net, samples, space, &batch, &part)
        wait(space.barrier, threads)
