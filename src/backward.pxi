# Backward: the loss, and from its gradient to that of every layer's output.

cdef double loss_scale(const Network* net, const Batch* batch) noexcept nogil:
    """What the losses of the rows are multiplied by before they are summed"""
    cdef double total = 0
    cdef Py_ssize_t row
    if net.reduction == REDUCTION_SUM:
        return 1
    if net.reduction == REDUCTION_SUM_OVER_BATCH_SIZE or batch.weights == NULL:
        return 1. / batch.rows
    for row in range(batch.rows):
        total += batch.weights[row]
    return 1. / total if total != 0 else 0


cdef inline Matrix targets_of(const Network* net, const Batch* batch) noexcept nogil:
    """What the outputs should be, for the whole batch"""
    return matrix(batch.t, batch.rows, net.ops[net.depth - 1].outputs)


cdef inline Matrix deltas_of(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The gradient of the loss with respect to the outputs of layer i"""
    cdef const Op* op = &net.ops[i]
    return matrix(
        space.deltas + op.offset * space.batch_size, batch.rows, op.outputs
    )


cdef void loss_and_metrics(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The loss and the metrics of some rows, and the gradient of the loss

    Where the loss of a batch is a mean over its rows, its gradient is divided by their
    number here, once, before anything is summed.
    """
    cdef Py_ssize_t last = net.depth - 1, i, j, row
    cdef Matrix y = own_rows(outputs_of(net, last, space, batch), batch)
    cdef Matrix dy = own_rows(deltas_of(net, last, space, batch), batch)
    cdef Matrix t = own_rows(targets_of(net, batch), batch)
    cdef float* values = space.row_values + batch.first
    cdef const Metric* metric
    # Outputs that are to stay logits leave the probabilities to dy.
    cdef Matrix p = y if is_fused(net) else dy
    cdef bint computes_p = (
        net.loss == LOSS_SOFTMAX_CROSSENTROPY
        or net.loss == LOSS_SIGMOID_CROSSENTROPY
    )
    loss_forward(net.loss, net.loss_params, y, t, p, values)
    if net.mode == MODE_TRAIN:
        loss_backward(
            net.loss,
            net.loss_params,
            p if computes_p else y,
            t,
            loss_scale(net, batch),
            dy,
        )
        if batch.weights != NULL:
            for row in range(y.rows):
                for j in range(y.columns):
                    dy.data[row * y.columns + j] *= batch.weights[batch.first + row]
    for i in range(net.metric_count):
        values += 2 * space.batch_size
        metric = &net.metrics[i]
        metric_forward(
            <int> metric.code, &metric.params, y, t, values, values + space.batch_size
        )


cdef struct Weights:
    # One of the two arrays that a layer can learn: w or gamma, b or beta.
    Py_ssize_t place  # which of the arrays; -1: there is none
    Matrix w
    L1L2 regularizer
    Constraint constraint


cdef inline Weights weights_of(
    const Network* net, Py_ssize_t i, int which
) noexcept nogil:
    """Of layer i, w or gamma if which is 0, b or beta if it is 1"""
    cdef const Op* op = &net.ops[i]
    cdef const LayerSettings* settings = &net.settings[i]
    cdef Weights found
    if which == 0:
        found.place = op.kernel
        found.regularizer = settings.kernel
        found.constraint = settings.kernel_constraint
    else:
        found.place = op.bias
        found.regularizer = settings.bias
        found.constraint = settings.bias_constraint
    found.w = matrix(array_of(net, found.place), op.outputs, 1)
    if which == 0 and op.kind == KIND_DENSE:
        found.w = kernel_of(net, op)
    return found


cdef void penalize(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The penalties of the regularizers: of some rows' outputs, and of all weights

    One thread alone adds up the weights' penalty, so that its bits are always the same.
    """
    cdef Py_ssize_t i, row
    cdef int which
    cdef L1L2 activity
    cdef float* penalties = space.row_values + space.batch_size
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
        for which in range(2):
            weights = weights_of(net, i, which)
            if weights.place >= 0 and is_regularized(weights.regularizer):
                total += penalty(
                    weights.w.data,
                    weights.w.rows * weights.w.columns,
                    weights.regularizer.l1,
                    weights.regularizer.l2,
                ) if batch.thread == 0 else 0
    if batch.thread == 0:
        space.penalty[0] = total


cdef inline void keep_gradient(
    const Network* net, Py_ssize_t place, const float* dw, ThreadRange own
) noexcept nogil:
    """Keep a thread's part of the gradient of an array, if there is one"""
    cdef Py_ssize_t size = own.size * sizeof(float)
    if place >= 0:
        memcpy(gradient_of(net, place) + own.first, dw + own.first, size)


cdef void backward_normalization(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The gradients of batch normalization; each column's sums are one thread's"""
    cdef const Op* op = &net.ops[i]
    cdef double epsilon = net.settings[i].epsilon
    cdef const float* gamma = array_of(net, op.kernel)
    cdef const float* mean = statistics_of(space, op, 0)
    cdef const float* variance = statistics_of(space, op, 1)
    cdef float* dgamma = statistics_of(space, op, 2)
    cdef float* dbeta = statistics_of(space, op, 3)
    cdef Matrix x = inputs_of(net, i, space, batch)
    cdef Matrix dy = deltas_of(net, i, space, batch)
    cdef Matrix dx
    cdef ThreadRange own = thread_range(op.outputs, LANES, batch)
    dx.data = NULL
    if i > net.first_to_learn:
        dx = own_rows(deltas_of(net, i - 1, space, batch), batch)
    if not op.trainable:
        # With moving moments it is no more than a scale: the mean is 0 here.
        memset(batch.scratch, 0, op.outputs * sizeof(float))
        normalize(
            own_rows(dy, batch),
            batch.scratch,
            array_of(net, op.state + 1),
            gamma,
            NULL,
            epsilon,
            batch.scratch + op.outputs,
            dx,
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
    keep_gradient(net, op.kernel, dgamma, own)
    keep_gradient(net, op.bias, dbeta, own)
    wait(space.barrier, batch.threads)
    if dx.data != NULL:
        normalize_backward_input(
            own_rows(x, batch),
            own_rows(dy, batch),
            x.rows,
            mean,
            variance,
            gamma,
            epsilon,
            dgamma,
            dbeta,
            batch.scratch,
            dx,
        )


cdef void backward(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """From dy to dx, layer by layer; of a dense layer, to the gradient of x w + b

    What `loss_and_metrics` left in the last layer's delta is the gradient of its
    output, or, where loss and activation are one, of x w + b already. It ends at the
    first layer that learns.
    """
    cdef Py_ssize_t i
    cdef const Op* op
    cdef const LayerSettings* settings
    cdef Matrix x, y, dy, dx
    cdef bint fused
    for i in range(net.depth - 1, net.first_to_learn - 1, -1):
        op = &net.ops[i]
        settings = &net.settings[i]
        fused = i == net.depth - 1 and is_fused(net)
        x = own_rows(inputs_of(net, i, space, batch), batch)
        y = own_rows(outputs_of(net, i, space, batch), batch)
        dy = own_rows(deltas_of(net, i, space, batch), batch)
        if is_regularized(settings.activity):
            penalty_backward(
                y.data,
                y.rows * y.columns,
                settings.activity.l1 / batch.rows,
                settings.activity.l2 / batch.rows,
                dy.data,
            )
        if op.kind == KIND_DENSE and not fused:
            # None that a dense layer has needs its input.
            activation_backward(op.activation, &settings.activation, y, y, dy, dy)
        if op.kind == KIND_BATCH_NORMALIZATION:
            backward_normalization(net, i, space, batch)
        if i == net.first_to_learn:
            return
        dx = own_rows(deltas_of(net, i - 1, space, batch), batch)
        if op.kind == KIND_DENSE:
            dense_backward_input(dy, kernel_of(net, op), dx, batch.scratch)
        elif op.kind == KIND_AFFINE:
            affine_backward(dy, array_of(net, op.state) + op.outputs, dx)
        elif op.kind == KIND_DROPOUT:
            dropout(
                dy.data,
                dy.rows * dy.columns,
                settings.rate,
                <unsigned long long> op.seed,
                iteration_of(net, batch),
                batch.first * dy.columns,
                dx.data,
            )
        elif op.kind != KIND_BATCH_NORMALIZATION:
            activation_backward(
                ACTIVATION_LINEAR if fused else op.activation,
                &settings.activation,
                x,
                y,
                dy,
                dx,
            )
