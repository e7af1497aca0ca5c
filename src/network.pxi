# The network: batches on their way through the layers, forward, backward, update.
#
# A network is a table, `steps`: one row a layer, y = f(x w + b). All parameters lie in
# one array, and `steps` says where each layer's w and b begin; so do the gradients and
# the optimizer's memory. A batch is worked on in two phases:
#
#   by rows         each thread takes some samples all the way forward and back;
#   by parameters   each thread takes some rows of every w, sums their gradient over
#                   the whole batch, and updates them.
#
# No sum is ever split between threads: the result does not depend on their number.

cdef struct Step:
    # One row of the table; the columns are named in fastmlp/plan.py too.
    Py_ssize_t inputs
    Py_ssize_t outputs
    Py_ssize_t kernel  # where w begins among the parameters, or -1: y = f(x)
    Py_ssize_t bias  # where b begins, or -1
    Py_ssize_t activation
    Py_ssize_t offset  # the sum of the outputs of the layers before


cdef enum:
    # Parameters of a dense layer that are updated at a time, while they are in a cache.
    UPDATE_BLOCK = 65536


cdef enum:
    PREDICT = 0
    EVALUATE = 1
    TRAIN = 2


cdef struct Network:
    const Step* steps
    Py_ssize_t depth
    float* parameters
    float* gradients
    float* memory  # as many arrays like `parameters` as the optimizer needs
    Py_ssize_t size
    int loss
    const int* metrics
    Py_ssize_t metric_count
    int optimizer
    const double* settings


cdef struct Samples:
    const float* x  # (count, inputs), or NULL if they are compressed
    Compressed compressed
    const float* t  # (count, columns), or NULL if there are labels or no targets
    const int* labels
    const Py_ssize_t* order  # the samples in the order of their use, or NULL
    Py_ssize_t count


cdef struct Workspace:
    # Room for one batch of `batch_size` rows.
    Py_ssize_t batch_size
    float* x
    Compressed compressed
    float* t
    float* outputs
    float* deltas
    float* row_values  # the loss of each row, then each metric of each row
    float* panels
    Py_ssize_t panel_size
    Meeting* meeting


cdef struct Batch:
    Py_ssize_t rows
    const float* x
    const float* t


cdef inline Matrix kernel_of(
    const Step* step, const float* parameters
) noexcept nogil:
    """A layer's w, or its gradient, in the flat array"""
    return matrix(parameters + step.kernel, step.inputs, step.outputs)


cdef inline Matrix part_of(
    const Step* step, const float* outputs, Py_ssize_t batch_size, Py_ssize_t rows
) noexcept nogil:
    """A layer's outputs, or their gradient, for the whole batch"""
    return matrix(outputs + step.offset * batch_size, rows, step.outputs)


cdef inline bint ends_in_fused_softmax(const Network* net) noexcept nogil:
    """Whether the loss computes the last layer's softmax too"""
    return (
        net.loss == SOFTMAX_CROSSENTROPY
        and net.steps[net.depth - 1].activation == SOFTMAX
    )


cdef void gather(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    Py_ssize_t begin,
    Py_ssize_t first,
    Py_ssize_t stop,
    Batch* batch,
) noexcept nogil:
    """Bring the samples of rows first to stop together; the batch starts at `begin`.

    Rows that lie in their order in memory already are used where they are. Compressed
    ones are asked for ahead, which takes 7 % off an epoch of MNIST.
    """
    cdef Py_ssize_t inputs = net.steps[0].inputs
    cdef Py_ssize_t columns = net.steps[net.depth - 1].outputs
    cdef bint move_x = samples.order != NULL and samples.x != NULL
    cdef bint move_t = samples.order != NULL and samples.t != NULL
    cdef Py_ssize_t row, sample
    batch.x = space.x if move_x else samples.x
    batch.t = space.t if move_t or samples.labels != NULL else samples.t
    if samples.x != NULL and not move_x:
        batch.x += begin * inputs
    if samples.t != NULL and not move_t:
        batch.t += begin * columns
    for row in range(first, stop):
        sample = begin + row
        if samples.order != NULL:
            sample = samples.order[sample]
        if samples.x == NULL:
            if samples.order != NULL and row + 8 < stop:
                prefetch(row_starts(samples.compressed, samples.order[begin + row + 8]))
            if samples.order != NULL and row + 4 < stop:
                prefetch_entries(samples.compressed, samples.order[begin + row + 4])
            copy_entries(
                samples.compressed, sample, space.compressed, row, (inputs + 1) // 2
            )
        elif move_x:
            memcpy(
                space.x + row * inputs,
                samples.x + sample * inputs,
                inputs * sizeof(float),
            )
        if samples.labels != NULL:
            memset(space.t + row * columns, 0, columns * sizeof(float))
            space.t[row * columns + samples.labels[sample]] = 1
        elif move_t:
            memcpy(
                space.t + row * columns,
                samples.t + sample * columns,
                columns * sizeof(float),
            )


cdef void forward(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    const Batch* batch,
    Py_ssize_t first,
    Py_ssize_t stop,
    int mode,
    float* panel,
) noexcept nogil:
    """y = f(x w + b), layer by layer, for rows first to stop of the batch

    A last softmax is left to the cross-entropy, which does both in one.
    """
    cdef Py_ssize_t i
    cdef const Step* step
    cdef const float* b
    cdef Matrix x, w, y
    cdef bint stop_at_logits = mode != PREDICT and ends_in_fused_softmax(net)
    x = matrix(batch.x, batch.rows, net.steps[0].inputs)
    for i in range(net.depth):
        step = &net.steps[i]
        w = kernel_of(step, net.parameters)
        b = net.parameters + step.bias if step.bias >= 0 else NULL
        y = part_of(step, space.outputs, space.batch_size, batch.rows)
        if step.kernel < 0:
            memcpy(
                y.start + first * y.columns,
                x.start + first * x.columns,
                (stop - first) * y.columns * sizeof(float),
            )
        elif i == 0 and samples.x == NULL:
            sparse_forward(space.compressed, first, stop, w, b, y)
        else:
            dense_forward(
                some_rows(x, first, stop), w, b, some_rows(y, first, stop), panel
            )
        if not (stop_at_logits and i == net.depth - 1):
            activation_forward(
                step.activation,
                y.start + first * y.columns,
                stop - first,
                y.columns,
                y.start + first * y.columns,
            )
        x = y


cdef void score(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    Py_ssize_t first,
    Py_ssize_t stop,
    int mode,
) noexcept nogil:
    """The loss and the metrics of rows first to stop, and the gradient of the loss

    The loss of a batch is the mean over its rows, so its gradient is divided by their
    number here, once, before anything is summed.
    """
    cdef const Step* step = &net.steps[net.depth - 1]
    cdef Py_ssize_t columns = step.outputs, rows = stop - first, i
    cdef float* y = (
        part_of(step, space.outputs, space.batch_size, rows).start + first * columns
    )
    cdef float* dy = (
        part_of(step, space.deltas, space.batch_size, rows).start + first * columns
    )
    cdef const float* t = batch.t + first * columns
    cdef float* losses = space.row_values + first
    cdef float scale = <float> 1 / batch.rows
    cdef float* p
    if net.loss == SOFTMAX_CROSSENTROPY:
        # Outputs that are to stay logits leave the probabilities to dy.
        p = y if ends_in_fused_softmax(net) else dy
        softmax_crossentropy(y, t, rows, columns, p, losses)
        if mode == TRAIN:
            softmax_crossentropy_backward(p, t, rows, columns, scale, dy)
    elif net.loss == CROSSENTROPY:
        crossentropy(y, t, rows, columns, losses)
        if mode == TRAIN:
            crossentropy_backward(y, t, rows, columns, scale, dy)
    else:
        mean_squared_error(y, t, rows, columns, losses)
        if mode == TRAIN:
            mean_squared_error_backward(y, t, rows, columns, scale, dy)
    for i in range(net.metric_count):
        metric_forward(
            net.metrics[i], y, t, rows, columns, losses + (i + 1) * space.batch_size
        )


cdef void backward(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    Py_ssize_t first,
    Py_ssize_t stop,
    float* panel,
) noexcept nogil:
    """From dy to the gradient of x w + b, layer by layer, for rows first to stop

    What `score` left in the last layer's delta is the gradient of its output, or,
    where softmax and cross-entropy are one, of x w + b already.
    """
    cdef Py_ssize_t i
    cdef const Step* step
    cdef Matrix y, dy, dx
    for i in range(net.depth - 1, -1, -1):
        step = &net.steps[i]
        y = some_rows(
            part_of(step, space.outputs, space.batch_size, batch.rows), first, stop
        )
        dy = some_rows(
            part_of(step, space.deltas, space.batch_size, batch.rows), first, stop
        )
        if not (i == net.depth - 1 and ends_in_fused_softmax(net)):
            activation_backward(
                step.activation, y.start, dy.start, dy.rows, dy.columns, dy.start
            )
        if i == 0:
            return
        dx = some_rows(
            part_of(&net.steps[i - 1], space.deltas, space.batch_size, batch.rows),
            first,
            stop,
        )
        if step.kernel < 0:
            memcpy(dx.start, dy.start, dy.rows * dy.columns * sizeof(float))
        else:
            dense_backward_input(dy, kernel_of(step, net.parameters), dx, panel)


cdef void apply_gradient(
    const Network* net, Py_ssize_t offset, Py_ssize_t size
) noexcept nogil:
    """Let the optimizer update `size` parameters from `offset` on"""
    cdef float* w = net.parameters + offset
    cdef const float* dw = net.gradients + offset
    cdef float* memory = net.memory + offset
    cdef const double* settings = net.settings
    cdef float* m = NULL
    cdef float* a = NULL
    cdef double rho
    if net.optimizer == SGD:
        sgd(w, dw, memory, size, settings[0], settings[1], settings[2] != 0)
        return
    rho = settings[1]
    if settings[3] > 0:
        m = memory + net.size
    if settings[4] != 0:
        a = memory + (2 if m != NULL else 1) * net.size
    rmsprop(
        w, dw, memory, m, a, size,
        settings[0], rho, 1 - rho, settings[2], settings[3],
    )


cdef inline bint forgets_only(const Network* net) noexcept nogil:
    """Whether a gradient of zero changes nothing but RMSprop's mean square"""
    return net.optimizer == RMSPROP and net.settings[3] == 0 and net.settings[4] == 0


cdef void decay(const Network* net, Py_ssize_t offset, Py_ssize_t size) noexcept nogil:
    """What RMSprop does with gradients of zero: v <- rho v"""
    cdef float rho = net.settings[1]
    cdef float* v = net.memory + offset
    cdef Py_ssize_t i
    memset(net.gradients + offset, 0, size * sizeof(float))
    for i in range(size):
        v[i] *= rho


cdef void update_sparse(
    const Network* net,
    const Workspace* space,
    Matrix dy,
    int thread,
    int threads,
    float* panel,
) noexcept nogil:
    """The update of a first layer on compressed samples, block by block of its inputs

    The gradient of an input goes to the optimizer while it is in the nearest cache.
    """
    cdef const Step* step = &net.steps[0]
    cdef Matrix dw = kernel_of(step, net.gradients)
    cdef Py_ssize_t block = thread, pair, row, stop, offset, size
    cdef Transposed x
    x.rows = dy.rows
    x.values = panel
    x.samples = <unsigned short*> (panel + INPUT_BLOCK * dy.rows)
    while block < space.compressed.blocks:
        transpose_block(space.compressed, block, &x)
        for pair in range(BLOCK_PAIRS):
            row = block * INPUT_BLOCK + 2 * pair
            stop = min(row + 2, step.inputs)
            offset = step.kernel + row * step.outputs
            size = (stop - row) * step.outputs
            if row >= stop:
                break
            if x.counts[pair] == 0 and forgets_only(net):
                decay(net, offset, size)
            else:
                sparse_backward_kernel(&x, pair, dy, some_rows(dw, row, stop))
                apply_gradient(net, offset, size)
        # Every second or third block: zeros gather at the edges of an image.
        block += threads


cdef void update(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    const Batch* batch,
    int thread,
    int threads,
    float* panel,
) noexcept nogil:
    """dw = x^T dy, db = sum of dy, and one step of the optimizer, for a thread's share

    A stretch of dw goes to the optimizer while it is still in a near cache.
    """
    cdef Py_ssize_t i, row, end, stop, rows
    cdef const Step* step
    cdef Matrix x, dy, dw
    x = matrix(batch.x, batch.rows, net.steps[0].inputs)
    for i in range(net.depth):
        step = &net.steps[i]
        dy = part_of(step, space.deltas, space.batch_size, batch.rows)
        if i == 0 and samples.x == NULL:
            update_sparse(net, space, dy, thread, threads, panel)
        elif step.kernel >= 0:
            dw = kernel_of(step, net.gradients)
            row = share(dw.rows, TILE_ROWS, thread, threads)
            stop = share(dw.rows, TILE_ROWS, thread + 1, threads)
            rows = max(ROW_BLOCK, UPDATE_BLOCK // dw.columns // TILE_ROWS * TILE_ROWS)
            while row < stop:
                end = min(row + rows, stop)
                dense_backward_kernel(
                    some_columns(x, row, end), dy, some_rows(dw, row, end), panel
                )
                apply_gradient(
                    net, step.kernel + row * dw.columns, (end - row) * dw.columns
                )
                row = end
        if step.bias >= 0 and thread == threads - 1:
            dense_backward_bias(dy, net.gradients + step.bias)
            apply_gradient(net, step.bias, step.outputs)
        x = part_of(step, space.outputs, space.batch_size, batch.rows)


cdef void add_up(
    const Network* net, const Workspace* space, Py_ssize_t rows, double* totals
) noexcept nogil:
    """totals[k] += the sum over the rows of the loss (k = 0) and of each metric"""
    cdef Py_ssize_t k, row
    for k in range(1 + net.metric_count):
        for row in range(rows):
            totals[k] += space.row_values[k * space.batch_size + row]


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
    cdef Py_ssize_t number, begin, first, stop, columns
    cdef const Step* last_step = &net.steps[net.depth - 1]
    cdef float* panel = space.panels + thread * space.panel_size
    cdef Batch batch
    columns = last_step.outputs
    for number in range(first_batch, last_batch):
        begin = number * space.batch_size
        batch.rows = min(space.batch_size, samples.count - begin)
        first = share(batch.rows, EDGE_ROWS, thread, threads)
        stop = share(batch.rows, EDGE_ROWS, thread + 1, threads)
        gather(net, samples, space, begin, first, stop, &batch)
        forward(net, samples, space, &batch, first, stop, mode, panel)
        if mode == PREDICT:
            memcpy(
                predictions + (begin + first) * columns,
                space.outputs
                + last_step.offset * space.batch_size
                + first * columns,
                (stop - first) * columns * sizeof(float),
            )
        else:
            score(net, space, &batch, first, stop, mode)
        if mode == TRAIN:
            backward(net, space, &batch, first, stop, panel)
        meet(space.meeting, threads)
        if mode != PREDICT and thread == 0:
            add_up(net, space, batch.rows, totals)
        if mode == TRAIN:
            update(net, samples, space, &batch, thread, threads, panel)
        meet(space.meeting, threads)
