# Forward: from samples to outputs, layer by layer, for some rows of a batch.

cdef inline float* array_of(const Network* net, Py_ssize_t place) noexcept nogil:
    """One of the arrays, or NULL if place is -1: there is none"""
    return net.arrays[place].data if place >= 0 else NULL


cdef inline Matrix kernel_of(const Network* net, const Op* op) noexcept nogil:
    """A dense layer's w"""
    return matrix(array_of(net, op.kernel), op.inputs, op.outputs)


cdef inline Matrix outputs_of(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The outputs of layer i, for the whole batch"""
    cdef const Op* op = &net.ops[i]
    return matrix(
        space.outputs + op.offset * space.batch_size, batch.rows, op.outputs
    )


cdef inline Matrix inputs_of(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """What layer i gets: the outputs of the one before, or the samples"""
    if i == 0:
        return matrix(batch.x, batch.rows, net.ops[0].inputs)
    return outputs_of(net, i - 1, space, batch)


cdef inline Matrix own_rows(Matrix a, const Batch* batch) noexcept nogil:
    """Those rows of the batch that the thread works on"""
    return some_rows(a, batch.first, batch.stop)


cdef inline bint is_fused(const Network* net) noexcept nogil:
    """Whether the loss computes the last layer's activation too"""
    cdef Py_ssize_t activation = net.ops[net.depth - 1].activation
    if net.loss == LOSS_SOFTMAX_CROSSENTROPY:
        return activation == ACTIVATION_SOFTMAX
    return net.loss == LOSS_SIGMOID_CROSSENTROPY and activation == ACTIVATION_SIGMOID


cdef inline void copy_row(
    const float* x, Py_ssize_t i, Py_ssize_t columns, float* y, Py_ssize_t to_row
) noexcept nogil:
    """Copy row i of x to another row of y"""
    memcpy(y + to_row * columns, x + i * columns, columns * sizeof(float))


cdef void gather(
    const Network* net, const Samples* samples, const Workspace* space, Batch* batch
) noexcept nogil:
    """Bring the samples of a batch together

    Rows that lie in their order in memory already are used where they are. Csr
    ones are asked for ahead, which takes 7 % off an epoch of MNIST.
    """
    cdef Py_ssize_t inputs = net.ops[0].inputs
    cdef Py_ssize_t columns = net.ops[net.depth - 1].outputs
    cdef Py_ssize_t begin = batch.number * space.batch_size
    cdef bint move_x = samples.order != NULL and samples.x != NULL
    cdef bint move_t = samples.order != NULL and samples.t != NULL
    cdef bint move_weights = samples.order != NULL and samples.weights != NULL
    cdef Py_ssize_t row, sample
    batch.rows = min(space.batch_size, samples.count - begin)
    batch.first = range_start(batch.rows, EDGE_ROWS, batch.thread, batch.threads)
    batch.stop = range_start(batch.rows, EDGE_ROWS, batch.thread + 1, batch.threads)
    batch.x = space.x if move_x else samples.x
    batch.t = space.t if move_t or samples.labels != NULL else samples.t
    batch.weights = space.weights if move_weights else samples.weights
    if samples.x != NULL and not move_x:
        batch.x += begin * inputs
    if samples.t != NULL and not move_t:
        batch.t += begin * columns
    if samples.weights != NULL and not move_weights:
        batch.weights += begin
    for row in range(batch.first, batch.stop):
        sample = begin + row
        if samples.order != NULL:
            sample = samples.order[sample]
        if samples.csr != NULL:
            if samples.order != NULL and row + 8 < batch.stop:
                prefetch(row_starts(samples.csr[0], samples.order[begin + row + 8]))
            if samples.order != NULL and row + 4 < batch.stop:
                prefetch_entries(samples.csr[0], samples.order[begin + row + 4])
            copy_entries(
                samples.csr[0], sample, space.csr[0], row, (inputs + 1) // 2
            )
        elif move_x:
            copy_row(samples.x, sample, inputs, space.x, row)
        if samples.labels != NULL:
            memset(space.t + row * columns, 0, columns * sizeof(float))
            space.t[row * columns + samples.labels[sample]] = 1
        elif move_t:
            copy_row(samples.t, sample, columns, space.t, row)
        if move_weights:
            space.weights[row] = samples.weights[sample]


cdef void forward_normalization(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Batch normalization, by the batch's own moments where it learns, or moving ones

    The moments of some columns are one thread's to sum: no sum is split.
    """
    cdef const Op* op = &net.ops[i]
    cdef const LayerSettings* settings = &net.settings[i]
    cdef Matrix x = inputs_of(net, i, space, batch)
    cdef float* mean = array_of(net, op.state)
    cdef float* variance = array_of(net, op.state + 1)
    cdef float* own_mean = statistics_of(space, op, 0)
    cdef float* own_variance = statistics_of(space, op, 1)
    cdef ThreadRange own
    if net.mode == MODE_TRAIN and op.trainable:
        own = thread_range(op.outputs, LANES, batch)
        mean, variance = mean + own.first, variance + own.first
        own_mean, own_variance = own_mean + own.first, own_variance + own.first
        wait(space.barrier, batch.threads)
        moments(some_columns(x, own.first, own.stop), own_mean, own_variance)
        move_towards(mean, own_mean, own.size, settings.momentum)
        move_towards(variance, own_variance, own.size, settings.momentum)
        wait(space.barrier, batch.threads)
        mean, variance = statistics_of(space, op, 0), statistics_of(space, op, 1)
    normalize(
        own_rows(x, batch),
        mean,
        variance,
        array_of(net, op.kernel),
        array_of(net, op.bias),
        settings.epsilon,
        batch.scratch,
        own_rows(outputs_of(net, i, space, batch), batch),
    )


cdef inline float* statistics_of(
    const Workspace* space, const Op* op, int which
) noexcept nogil:
    """One of the four numbers that batch normalization keeps for each output"""
    return space.statistics + 4 * op.offset + which * op.outputs


cdef void forward(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """y = f(x), layer by layer

    A last softmax or sigmoid is left to the cross-entropy, which does both in one.
    """
    cdef Py_ssize_t i
    cdef const Op* op
    cdef const LayerSettings* settings
    cdef const float* constants
    cdef Matrix x, y
    cdef int activation
    for i in range(net.depth):
        op = &net.ops[i]
        settings = &net.settings[i]
        activation = op.activation
        if net.mode != MODE_PREDICT and i == net.depth - 1 and is_fused(net):
            activation = ACTIVATION_LINEAR
        x = own_rows(inputs_of(net, i, space, batch), batch)
        y = own_rows(outputs_of(net, i, space, batch), batch)
        if op.kind == KIND_DENSE:
            if i == 0 and space.csr != NULL:
                sparse_forward(
                    space.csr[0],
                    batch.first,
                    batch.stop,
                    kernel_of(net, op),
                    array_of(net, op.bias),
                    outputs_of(net, i, space, batch),
                )
            else:
                dense_forward(
                    x, kernel_of(net, op), array_of(net, op.bias), y, batch.scratch
                )
            x = y  # Its activation works in place.
        if op.kind == KIND_AFFINE:
            constants = array_of(net, op.state)
            affine(
                x, constants, constants + y.columns, constants + 2 * y.columns, y
            )
        elif op.kind == KIND_BATCH_NORMALIZATION:
            forward_normalization(net, i, space, batch)
        elif op.kind == KIND_DROPOUT and net.mode == MODE_TRAIN:
            dropout(
                x.data,
                x.rows * x.columns,
                settings.rate,
                <unsigned long long> op.seed,
                iteration_of(net, batch),
                batch.first * x.columns,
                y.data,
            )
        elif op.kind == KIND_GAUSSIAN_NOISE and net.mode == MODE_TRAIN:
            gaussian_noise(
                x.data,
                x.rows * x.columns,
                settings.stddev,
                <unsigned long long> op.seed,
                iteration_of(net, batch),
                batch.first * x.columns,
                y.data,
            )
        else:
            activation_forward(activation, &settings.activation, x, y)


cdef inline unsigned long long iteration_of(
    const Network* net, const Batch* batch
) noexcept nogil:
    """How many batches the network has learnt from before this one"""
    return net.iteration + <unsigned long long> (batch.number - net.first_batch)
