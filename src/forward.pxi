# Forward: from samples to outputs, layer by layer, for some rows of a batch.

cdef inline float* array_of(const Network* net, Py_ssize_t place) noexcept nogil:
    """One of the arrays, or NULL if place is -1: there is none"""
    return net.arrays[place].data if place >= 0 else NULL


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


cdef void gather(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    const ThreadRange* part,
    Batch* batch,
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
    batch.x = space.x if move_x else samples.x
    batch.t = space.t if move_t or samples.labels != NULL else samples.t
    batch.weights = space.weights if move_weights else samples.weights
    if samples.x != NULL and not move_x:
        batch.x += begin * inputs
    if samples.t != NULL and not move_t:
        batch.t += begin * columns
    if samples.weights != NULL and not move_weights:
        batch.weights += begin
    for row in range(part.first, part.stop):
        sample = begin + row
        if samples.order != NULL:
            sample = samples.order[sample]
        if samples.csr != NULL:
            if samples.order != NULL and row + 8 < part.stop:
                prefetch(row_starts(samples.csr[0], samples.order[begin + row + 8]))
            if samples.order != NULL and row + 4 < part.stop:
                prefetch_entries(samples.csr[0], samples.order[begin + row + 4])
            copy_entries(
                samples.csr[0], sample, space.csr[0], row, (inputs + 1) // 2
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
        if move_weights:
            space.weights[row] = samples.weights[sample]


cdef void forward_normalization(
    const Network* net,
    const Workspace* space,
    const Op* op,
    const LayerSettings* settings,
    Matrix x,
    Matrix y,
    int mode,
    const ThreadRange* part,
) noexcept nogil:
    """Batch normalization, by the batch's own moments where it learns, or moving ones

    The moments of some columns are one thread's to sum: no sum is split.
    """
    cdef const float* mean = array_of(net, op.state)
    cdef const float* variance = array_of(net, op.state + 1)
    cdef float* own_mean = statistics_of(space, op, 0)
    cdef float* own_variance = statistics_of(space, op, 1)
    cdef Py_ssize_t first, stop
    if mode == MODE_TRAIN and op.trainable:
        first = range_start(op.outputs, LANES, part.thread, part.threads)
        stop = range_start(op.outputs, LANES, part.thread + 1, part.threads)
        wait(space.barrier, part.threads)
        moments(some_columns(x, first, stop), own_mean + first, own_variance + first)
        move_towards(
            <float*> mean + first, own_mean + first, stop - first, settings.momentum
        )
        move_towards(
            <float*> variance + first,
            own_variance + first,
            stop - first,
            settings.momentum,
        )
        wait(space.barrier, part.threads)
        mean, variance = own_mean, own_variance
    normalize(
        some_rows(x, part.first, part.stop),
        mean,
        variance,
        array_of(net, op.kernel),
        array_of(net, op.bias),
        settings.epsilon,
        part.scratch,
        some_rows(y, part.first, part.stop),
    )


cdef inline float* statistics_of(
    const Workspace* space, const Op* op, int which
) noexcept nogil:
    """One of the four numbers that batch normalization keeps for each output"""
    return space.statistics + 4 * op.offset + which * op.outputs


cdef void forward(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    const Batch* batch,
    int mode,
    const ThreadRange* part,
) noexcept nogil:
    """y = f(x), layer by layer

    A last softmax or sigmoid is left to the cross-entropy, which does both in one.
    """
    cdef Py_ssize_t i, rows = part.stop - part.first
    cdef const Op* op
    cdef const LayerSettings* settings
    cdef const float* constants
    cdef Matrix x, y, x_rows, y_rows, w
    cdef int activation
    for i in range(net.depth):
        op = &net.ops[i]
        settings = &net.settings[i]
        activation = op.activation
        if mode != MODE_PREDICT and i == net.depth - 1 and is_fused(net):
            activation = ACTIVATION_LINEAR
        x = inputs_of(net, space, batch, i)
        y = part_of(op, space.outputs, space.batch_size, batch.rows)
        x_rows = some_rows(x, part.first, part.stop)
        y_rows = some_rows(y, part.first, part.stop)
        if op.kind == KIND_DENSE:
            w = kernel_of(net, op)
            if i == 0 and samples.csr != NULL:
                sparse_forward(
                    space.csr[0],
                    part.first,
                    part.stop,
                    w,
                    array_of(net, op.bias),
                    y,
                )
            else:
                dense_forward(
                    x_rows, w, array_of(net, op.bias), y_rows, part.scratch
                )
            activation_forward(
                activation,
                &settings.activation,
                y_rows.data,
                rows,
                y.columns,
                y_rows.data,
            )
        elif op.kind == KIND_AFFINE:
            constants = array_of(net, op.state)
            affine(
                x_rows,
                constants,
                constants + y.columns,
                constants + 2 * y.columns,
                y_rows,
            )
        elif op.kind == KIND_BATCH_NORMALIZATION:
            forward_normalization(net, space, op, settings, x, y, mode, part)
        elif op.kind == KIND_DROPOUT and mode == MODE_TRAIN:
            dropout(
                x_rows.data,
                rows * y.columns,
                settings.rate,
                <unsigned long long> op.seed,
                iteration_of(net, batch),
                part.first * y.columns,
                y_rows.data,
            )
        elif op.kind == KIND_GAUSSIAN_NOISE and mode == MODE_TRAIN:
            gaussian_noise(
                x_rows.data,
                rows * y.columns,
                settings.stddev,
                <unsigned long long> op.seed,
                iteration_of(net, batch),
                part.first * y.columns,
                y_rows.data,
            )
        else:
            activation_forward(
                activation,
                &settings.activation,
                x_rows.data,
                rows,
                y.columns,
                y_rows.data,
            )


cdef inline unsigned long long iteration_of(
    const Network* net, const Batch* batch
) noexcept nogil:
    """How many batches the network has learnt from before this one"""
    return net.iteration + <unsigned long long> (batch.number - net.first_batch)
