# Forward: from samples to outputs, layer by layer, for some rows of a batch.

cdef inline float* array_of(const Network* net, Py_ssize_t place) noexcept nogil:
    """One of the arrays, or NULL if place is -1: there is none"""
    return net.arrays[place].data if place >= 0 else NULL


cdef inline Matrix kernel_of(const Network* net, const Op* op) noexcept nogil:
    """The w of a dense layer, or of an embedding, which is that of all steps"""
    cdef Py_ssize_t columns = op.outputs // op.steps
    return matrix(
        array_of(net, op.kernel), net.arrays[op.kernel].size // columns, columns
    )


cdef inline Matrix outputs_of(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The outputs of layer i, for the whole batch"""
    cdef const Op* op = &net.ops[i]
    return matrix(
        space.outputs + op.offset * space.batch_size, batch.rows, op.outputs
    )


cdef inline Matrix source_of(
    const Network* net,
    const Edge* edge,
    const Workspace* space,
    const Batch* batch,
) noexcept nogil:
    """What an edge leads to: the outputs of an operation, or an input of the samples"""
    cdef const Input* input
    if edge.source >= 0:
        return outputs_of(net, edge.source, space, batch)
    input = &batch.samples.inputs[-1 - edge.source]
    if input.room != NULL or input.x == NULL:
        return matrix(input.room, batch.rows, input.columns)
    return matrix(
        input.x + batch.begin * input.columns, batch.rows, input.columns
    )


cdef inline Matrix inputs_of(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """What layer i gets, where that comes from a single place"""
    return source_of(net, &net.edges[net.links[i].edge], space, batch)


cdef inline const Csr* csr_of(
    const Network* net, Py_ssize_t i, const Batch* batch
) noexcept nogil:
    """The samples without their zeros, if that is what layer i gets, or NULL"""
    cdef Py_ssize_t source = net.edges[net.links[i].edge].source
    cdef const Input* input
    if source >= 0:
        return NULL
    input = &batch.samples.inputs[-1 - source]
    return &input.batch if input.x == NULL and input.room == NULL else NULL


cdef inline Matrix own_rows(Matrix a, const Batch* batch) noexcept nogil:
    """Those rows of the batch that the thread works on"""
    return some_rows(a, batch.first, batch.stop)


cdef inline Matrix own_steps(
    Matrix a, const Op* op, const Batch* batch
) noexcept nogil:
    """The same, as an operation gets to see them: step by step"""
    return by_steps(own_rows(a, batch), op.steps)


cdef inline void copy_row(
    const float* x, Py_ssize_t i, Py_ssize_t columns, float* y, Py_ssize_t to_row
) noexcept nogil:
    """Copy row i of x to another row of y"""
    memcpy(y + to_row * columns, x + i * columns, columns * sizeof(float))


cdef void gather(
    const Samples* samples, const Workspace* space, Batch* batch
) noexcept nogil:
    """Bring the samples of a batch together

    Rows that lie in their order in memory already are used where they are.
    """
    cdef Py_ssize_t k
    batch.begin = batch.number * space.batch_size
    batch.rows = min(space.batch_size, samples.count - batch.begin)
    batch.all_rows = batch.rows
    if samples.begins != NULL:
        batch.begin = samples.begins[batch.number]
        batch.rows = samples.begins[batch.number + 1] - batch.begin
        batch.all_rows = samples.all_rows[batch.number]
    batch.first = range_start(batch.rows, EDGE_ROWS, batch.thread, batch.threads)
    batch.stop = range_start(batch.rows, EDGE_ROWS, batch.thread + 1, batch.threads)
    for k in range(samples.input_count):
        gather_input(&samples.inputs[k], samples.order, batch)
    for k in range(samples.target_count):
        gather_target(&samples.targets[k], samples.order, batch)


cdef void gather_input(
    const Input* input, const Py_ssize_t* order, const Batch* batch
) noexcept nogil:
    """Copy some rows of an input

    As they lie anywhere in memory, they are asked for ahead: 3 % off an epoch of dense
    rows of 784 numbers, 7 % off one of MNIST without its zeros.
    """
    cdef Py_ssize_t row, sample, column
    cdef const float* ahead
    if input.x != NULL and input.room == NULL:
        return
    for row in range(batch.first, batch.stop):
        sample = batch.begin + row
        if order != NULL:
            sample = order[sample]
        if input.x != NULL:
            if row + 2 < batch.stop:
                ahead = input.x + order[batch.begin + row + 2] * input.columns
                for column in range(0, input.columns, 16):
                    prefetch_many(ahead + column)
            copy_row(input.x, sample, input.columns, input.room, row)
            continue
        if input.given != NULL:
            convert_row(input, sample, row)
            continue
        if input.csr.indptr == NULL:
            if input.room != NULL:
                scatter_entries(input.rows, sample, input.columns, input.room, row)
            else:
                pair_entries(input.rows, sample, input.batch, row, input.pairs)
            continue
        if order != NULL and row + 8 < batch.stop:
            prefetch(row_starts(input.csr, order[batch.begin + row + 8]))
        if order != NULL and row + 4 < batch.stop:
            prefetch_entries(input.csr, order[batch.begin + row + 4])
        copy_entries(input.csr, sample, input.batch, row, input.pairs)


cdef void gather_target(
    const Target* target, const Py_ssize_t* order, const Batch* batch
) noexcept nogil:
    """Copy some rows of what an output should be; labels become a 1 among zeros"""
    cdef Py_ssize_t row, sample, step, columns = target.columns, steps = target.steps
    cdef float* one_hot
    if target.room == NULL and target.weights_room == NULL:
        return
    for row in range(batch.first, batch.stop):
        sample = batch.begin + row
        if order != NULL:
            sample = order[sample]
        if target.labels != NULL:
            one_hot = target.room + row * columns
            memset(one_hot, 0, columns * sizeof(float))
            for step in range(steps):
                one_hot[target.labels[sample * steps + step]] = 1
                one_hot += columns // steps
        elif target.room != NULL:
            copy_row(target.t, sample, columns, target.room, row)
        if target.weights_room != NULL:
            copy_row(target.weights, sample, steps, target.weights_room, row)


cdef void forward_normalization(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Batch normalization, by the batch's own moments where it learns, or moving ones

    The moments of some columns are one thread's to sum: no sum is split.
    """
    cdef const Op* op = &net.ops[i]
    cdef const LayerSettings* settings = &net.settings[i]
    cdef Matrix x = by_steps(inputs_of(net, i, space, batch), op.steps)
    cdef float* mean = array_of(net, op.state)
    cdef float* variance = array_of(net, op.state + 1)
    cdef ThreadRange own
    if net.mode == MODE_TRAIN and op.trainable:
        own = thread_range(x.columns, LANES, batch)
        mean, variance = statistics_of(space, op, 0), statistics_of(space, op, 1)
        wait(space.barrier, batch.threads)
        moments(
            some_columns(x, own.first, own.stop),
            mean + own.first,
            variance + own.first,
        )
        wait(space.barrier, batch.threads)
    normalize(
        own_steps(inputs_of(net, i, space, batch), op, batch),
        mean,
        variance,
        array_of(net, op.kernel),
        array_of(net, op.bias),
        settings.epsilon,
        batch.scratch,
        own_steps(outputs_of(net, i, space, batch), op, batch),
    )


cdef inline float* statistics_of(
    const Workspace* space, const Op* op, int which
) noexcept nogil:
    """One of the four numbers that batch normalization keeps for each output"""
    return space.statistics + 4 * op.offset + which * op.outputs


cdef void forward_dense(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """y = x w + b"""
    cdef const Op* op = &net.ops[i]
    cdef const Csr* csr = csr_of(net, i, batch)
    cdef Matrix y = outputs_of(net, i, space, batch)
    cdef const float* b = array_of(net, op.bias)
    if csr != NULL:
        sparse_forward(
            csr[0], batch.first, batch.stop, kernel_of(net, op), b, y, batch.scratch
        )
    else:
        dense_forward(
            own_steps(inputs_of(net, i, space, batch), op, batch),
            kernel_of(net, op),
            b,
            own_steps(y, op, batch),
            batch.scratch,
        )


cdef inline Py_ssize_t embedding_behind(
    const Network* net, Py_ssize_t i
) noexcept nogil:
    """The embedding whose vectors layer i takes the mean of where they lie, or -1"""
    cdef Py_ssize_t source = net.edges[net.links[i].edge].source
    return source if source >= 0 and net.links[source].mean >= 0 else -1


cdef void forward_mean(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The mean of vectors, or of those of ids"""
    cdef const Op* op = &net.ops[i]
    cdef Py_ssize_t source = embedding_behind(net, i)
    cdef Matrix x, y = own_steps(outputs_of(net, i, space, batch), op, batch)
    if source >= 0:
        x = own_rows(inputs_of(net, source, space, batch), batch)
        mean_embedding(x, kernel_of(net, &net.ops[source]), y)
    else:
        x = own_steps(inputs_of(net, i, space, batch), op, batch)
        global_average_pooling(x, y.columns, y)


cdef inline bint is_row_normalization(const Op* op) noexcept nogil:
    """Whether an operation normalizes each row by moments of its own"""
    return op.kind == KIND_LAYER_NORMALIZATION or op.kind == KIND_RMS_NORMALIZATION


cdef inline bint is_noise(const Op* op) noexcept nogil:
    """Whether chance has a part in what an operation gives"""
    return (
        op.kind == KIND_DROPOUT
        or op.kind == KIND_GAUSSIAN_NOISE
        or op.kind == KIND_GAUSSIAN_DROPOUT
        or op.kind == KIND_ALPHA_DROPOUT
    )


cdef void forward_noise(
    const Network* net, Py_ssize_t i, const Batch* batch, Matrix x, float* y
) noexcept nogil:
    """What chance makes of x: by the layer's seed, the batch, and the place in it"""
    cdef const Op* op = &net.ops[i]
    cdef double rate = net.settings[i].rate, stddev = net.settings[i].stddev
    cdef unsigned long long seed = <unsigned long long> op.seed
    cdef unsigned long long iteration = iteration_of(net, batch)
    cdef Py_ssize_t size = x.rows * x.columns, place = batch.first * op.inputs
    place += batch.samples.noise_begin
    if op.kind == KIND_DROPOUT:
        each_dropout(x.data, size, rate, seed, iteration, place, y)
    elif op.kind == KIND_GAUSSIAN_NOISE:
        each_gaussian_noise(x.data, size, stddev, seed, iteration, place, y)
    elif op.kind == KIND_GAUSSIAN_DROPOUT:
        each_gaussian_dropout(x.data, size, rate, seed, iteration, place, y)
    else:
        each_alpha_dropout(x.data, size, rate, seed, iteration, place, y)


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
        if net.links[i].mean >= 0:
            continue
        if net.mode != MODE_PREDICT and net.links[i].is_fused:
            activation = ACTIVATION_LINEAR
        x = own_steps(inputs_of(net, i, space, batch), op, batch)
        y = own_steps(outputs_of(net, i, space, batch), op, batch)
        if op.kind == KIND_DENSE:
            forward_dense(net, i, space, batch)
            x = y  # Its activation works in place.
        if op.kind == KIND_AFFINE:
            constants = array_of(net, op.state)
            affine(
                x, constants, constants + y.columns, constants + 2 * y.columns, y
            )
        elif op.kind == KIND_BATCH_NORMALIZATION:
            forward_normalization(net, i, space, batch)
        elif op.kind == KIND_UNIT_NORMALIZATION:
            unit_normalization(x, y)
        elif op.kind == KIND_EMBEDDING:
            embedding(x.data, kernel_of(net, op), y)
        elif op.kind == KIND_GLOBAL_AVERAGE_POOLING:
            forward_mean(net, i, space, batch)
        elif op.kind == KIND_GLOBAL_MAX_POOLING:
            global_max_pooling(x, y.columns, y)
        elif op.kind == KIND_TRANSPOSE:
            transpose(x, op.state, y)
        elif is_row_normalization(op):
            layer_normalization(
                x,
                array_of(net, op.kernel),
                array_of(net, op.bias),
                settings.epsilon,
                op.kind == KIND_LAYER_NORMALIZATION,
                y,
            )
        elif op.kind == KIND_PRELU:
            prelu(x, array_of(net, op.kernel), y)
        elif op.kind == KIND_FUNCTION:
            ask(net, space, batch, ASK_FORWARD, i)
        elif net.links[i].edges > 1:
            forward_merging(net, i, space, batch)
        elif is_noise(op) and net.mode == MODE_TRAIN:
            forward_noise(net, i, batch, x, y.data)
        else:
            activation_forward(activation, &settings.activation, x, y)


cdef inline unsigned long long iteration_of(
    const Network* net, const Batch* batch
) noexcept nogil:
    """How many batches the network has learnt from before this one"""
    return net.iteration + <unsigned long long> (batch.number - net.first_batch)
