# Backward: from the gradient of the loss to that of every layer's output.

cdef inline Matrix deltas_of(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The gradient of the loss with respect to the outputs of layer i"""
    cdef const Op* op = &net.ops[i]
    return matrix(
        space.deltas + op.offset * space.batch_size, batch.rows, op.outputs
    )


cdef inline Matrix gradient_room(
    const Network* net,
    Py_ssize_t i,
    bint adds,
    const Workspace* space,
    const Batch* batch,
) noexcept nogil:
    """Where a gradient of layer i's outputs is computed: apart, if it is to be added"""
    cdef Matrix dy = own_rows(deltas_of(net, i, space, batch), batch)
    if adds:
        dy.data = space.spare + batch.first * space.spare_columns
    return dy


cdef inline void hand_on(
    const Network* net,
    Py_ssize_t i,
    bint adds,
    Matrix gradient,
    const Workspace* space,
    const Batch* batch,
) noexcept nogil:
    """Add a gradient that was computed apart to the others of layer i's outputs"""
    cdef Matrix dy
    if adds:
        dy = own_rows(deltas_of(net, i, space, batch), batch)
        add(dy.data, gradient.data, dy.rows * dy.columns, dy.data)


cdef struct Weights:
    # One of the arrays that a layer can learn: w or gamma, b or beta; or a function's.
    Py_ssize_t place  # which of the arrays; -1: there is none
    Matrix w
    float* dw  # where the update finds the gradient
    L1L2 regularizer
    Constraint constraint


cdef inline Py_ssize_t weights_count(const Op* op) noexcept nogil:
    """How many arrays a layer can learn, those that it does without among them"""
    return op.learns if op.kind == KIND_FUNCTION else 2


cdef inline Weights weights_of(
    const Network* net, Py_ssize_t i, Py_ssize_t which
) noexcept nogil:
    """Of layer i, w or gamma if which is 0, b or beta if it is 1

    A function has no b, but as many as it likes, one after the other.
    """
    cdef const Op* op = &net.ops[i]
    cdef const LayerSettings* settings = &net.settings[i]
    cdef Weights found
    found.dw = NULL
    if which == 0 or op.kind == KIND_FUNCTION:
        found.place = op.kernel + which
        found.regularizer = settings.kernel
        found.constraint = settings.kernel_constraint
    else:
        found.place = op.bias
        found.regularizer = settings.bias
        found.constraint = settings.bias_constraint
    found.w = matrix(array_of(net, found.place), op.outputs // op.steps, 1)
    if op.kind == KIND_FUNCTION:
        found.w.rows = net.arrays[found.place].size
    if which == 0 and (op.kind == KIND_DENSE or op.kind == KIND_EMBEDDING):
        found.w = kernel_of(net, op)
    return found


cdef void penalize(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The penalties of the regularizers: of some rows' outputs, and of all weights

    One thread alone adds up the weights' penalty, so that its bits are always the same.
    """
    cdef Py_ssize_t i, row, which
    cdef L1L2 activity
    cdef float* penalties = space.row_values
    cdef Matrix y
    cdef Weights weights
    cdef double total = 0
    for row in range(batch.first, batch.stop):
        penalties[row] = 0
    for i in range(net.depth):
        activity = net.settings[i].activity
        if is_regularized(activity):
            y = outputs_of(net, i, space, batch)
            for row in range(batch.first, batch.stop):
                penalties[row] += penalty(
                    y.data + row * y.columns, y.columns, activity.l1, activity.l2
                )
        if batch.thread != 0 or not net.links[i].is_first_use:
            continue
        for which in range(weights_count(&net.ops[i])):
            weights = weights_of(net, i, which)
            if weights.place >= 0 and is_regularized(weights.regularizer):
                total += penalty(
                    weights.w.data,
                    weights.w.rows * weights.w.columns,
                    weights.regularizer.l1,
                    weights.regularizer.l2,
                )
    if net.has_own_penalties:
        total += ask(net, space, batch, ASK_PENALIZE, 0)
    if batch.thread == 0:
        space.penalty[0] = total


cdef void backward_normalization(
    const Network* net,
    Py_ssize_t i,
    const Workspace* space,
    const Batch* batch,
    Matrix dx,
) noexcept nogil:
    """The gradients of batch normalization; each column's sums are one thread's

    Where nothing before it learns, the data of dx is NULL.
    """
    cdef const Op* op = &net.ops[i]
    cdef double epsilon = net.settings[i].epsilon
    cdef const float* gamma = array_of(net, op.kernel)
    cdef const float* mean = statistics_of(space, op, 0)
    cdef const float* variance = statistics_of(space, op, 1)
    cdef float* dgamma = statistics_of(space, op, 2)
    cdef float* dbeta = statistics_of(space, op, 3)
    cdef Matrix x = by_steps(inputs_of(net, i, space, batch), op.steps)
    cdef Matrix dy = by_steps(deltas_of(net, i, space, batch), op.steps)
    cdef Matrix own_x = own_steps(inputs_of(net, i, space, batch), op, batch)
    cdef Matrix own_dy = own_steps(deltas_of(net, i, space, batch), op, batch)
    cdef ThreadRange own = thread_range(x.columns, LANES, batch)
    if not op.trainable:
        # With moving moments it is no more than a scale: the mean is 0 here.
        memset(batch.scratch, 0, x.columns * sizeof(float))
        normalize(
            own_dy,
            batch.scratch,
            array_of(net, op.state + 1),
            gamma,
            NULL,
            epsilon,
            batch.scratch + x.columns,
            by_steps(dx, op.steps),
        )
        return
    wait(space.barrier, batch.threads)
    normalize_backward_parameters(
        some_columns(x, own.first, own.stop),
        some_columns(dy, own.first, own.stop),
        mean + own.first,
        variance + own.first,
        epsilon,
        dgamma + own.first,
        dbeta + own.first,
    )
    wait(space.barrier, batch.threads)
    if dx.data != NULL:
        normalize_backward_input(
            own_x,
            own_dy,
            x.rows,
            mean,
            variance,
            gamma,
            epsilon,
            dgamma,
            dbeta,
            batch.scratch,
            by_steps(dx, op.steps),
        )


cdef void backward_input(
    const Network* net,
    Py_ssize_t i,
    const Workspace* space,
    const Batch* batch,
    Matrix dx,
) noexcept nogil:
    """dx of a layer that has a single source"""
    cdef const Op* op = &net.ops[i]
    cdef const LayerSettings* settings = &net.settings[i]
    cdef Matrix x = own_steps(inputs_of(net, i, space, batch), op, batch)
    cdef Matrix y = own_steps(outputs_of(net, i, space, batch), op, batch)
    cdef Matrix dy = own_steps(deltas_of(net, i, space, batch), op, batch)
    dx = by_steps(dx, op.steps)
    if op.kind == KIND_DENSE:
        dense_backward_input(dy, kernel_of(net, op), dx, batch.scratch)
    elif op.kind == KIND_AFFINE:
        affine_backward(dy, array_of(net, op.state) + dy.columns, dx)
    elif op.kind == KIND_UNIT_NORMALIZATION:
        unit_normalization_backward(x, dy, dx)
    elif op.kind == KIND_GLOBAL_AVERAGE_POOLING:
        global_average_pooling_backward(dy, x.columns, dx)
    elif op.kind == KIND_GLOBAL_MAX_POOLING:
        global_max_pooling_backward(x, y, dy, dx)
    elif op.kind == KIND_TRANSPOSE:
        transpose(dy, x.columns // op.state, dx)
    elif is_row_normalization(op):
        layer_normalization_backward_input(
            x,
            dy,
            array_of(net, op.kernel),
            settings.epsilon,
            op.kind == KIND_LAYER_NORMALIZATION,
            dx,
        )
    elif op.kind == KIND_PRELU:
        prelu_backward_input(x, dy, array_of(net, op.kernel), dx)
    elif op.kind == KIND_ALPHA_DROPOUT:
        each_alpha_dropout_backward(
            dy.data,
            dy.rows * dy.columns,
            settings.rate,
            <unsigned long long> op.seed,
            iteration_of(net, batch),
            batch.first * op.outputs + batch.samples.noise_begin,
            dx.data,
        )
    elif op.kind == KIND_DROPOUT or op.kind == KIND_GAUSSIAN_DROPOUT:
        # Each number is multiplied by one that chance drew, on both ways.
        forward_noise(net, i, batch, dy, dx.data)
    else:
        activation_backward(
            ACTIVATION_LINEAR if net.links[i].is_fused else op.activation,
            &settings.activation,
            x,
            y,
            dy,
            dx,
        )


cdef void backward(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """From dy to dx, layer by layer; of a dense layer, to the gradient of x w + b

    What `losses_and_metrics` left in the delta of an output is its gradient, or, where
    loss and activation are one, that of x w + b already. What is used at several places
    gets the sum of what comes back from there: a layer's turn comes after all that use
    what it gives. Nothing goes where nothing learns.
    """
    cdef Py_ssize_t i
    cdef const Op* op
    cdef const Edge* edge
    cdef const LayerSettings* settings
    cdef Matrix y, dy, dx
    for i in range(net.depth - 1, -1, -1):
        if not net.links[i].learns or net.links[i].mean >= 0:
            continue
        op = &net.ops[i]
        edge = &net.edges[net.links[i].edge]
        settings = &net.settings[i]
        y = own_steps(outputs_of(net, i, space, batch), op, batch)
        dy = own_steps(deltas_of(net, i, space, batch), op, batch)
        if not net.links[i].is_scored:
            memset(dy.data, 0, dy.rows * dy.columns * sizeof(float))
        if is_regularized(settings.activity):
            penalty_backward(
                y.data,
                y.rows * y.columns,
                settings.activity.l1 / batch.all_rows,
                settings.activity.l2 / batch.all_rows,
                dy.data,
            )
        if op.kind == KIND_DENSE and not net.links[i].is_fused:
            # None that a dense layer has needs its input.
            activation_backward(op.activation, &settings.activation, y, y, dy, dy)
        if op.kind == KIND_FUNCTION:
            ask(net, space, batch, ASK_BACKWARD, i)
            continue
        if net.links[i].edges > 1:
            backward_merging(net, i, space, batch)
            continue
        if embedding_behind(net, i) >= 0:
            continue
        dx.data = NULL
        if edge.learns:
            dx = gradient_room(net, edge.source, edge.adds, space, batch)
        if op.kind == KIND_BATCH_NORMALIZATION:
            backward_normalization(net, i, space, batch, dx)
        elif edge.learns:
            backward_input(net, i, space, batch, dx)
        if edge.learns:
            hand_on(net, edge.source, edge.adds, dx, space, batch)
