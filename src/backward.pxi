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


cdef void loss_and_metrics(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    int mode,
    const ThreadRange* part,
) noexcept nogil:
    """The loss and the metrics of some rows, and the gradient of the loss

    Where the loss of a batch is a mean over its rows, its gradient is divided by their
    number here, once, before anything is summed.
    """
    cdef const Op* op = &net.ops[net.depth - 1]
    cdef Py_ssize_t columns = op.outputs, rows = part.stop - part.first, i, j, row
    cdef Py_ssize_t place = op.offset * space.batch_size + part.first * columns
    cdef float* y = space.outputs + place
    cdef float* dy = space.deltas + place
    cdef const float* t = batch.t + part.first * columns
    cdef float* values = space.row_values + part.first
    cdef const Metric* metric
    # Outputs that are to stay logits leave the probabilities to dy.
    cdef float* p = y if is_fused(net) else dy
    cdef bint computes_p = (
        net.loss == LOSS_SOFTMAX_CROSSENTROPY
        or net.loss == LOSS_SIGMOID_CROSSENTROPY
    )
    loss_forward(net.loss, net.loss_params, y, t, rows, columns, p, values)
    if mode == MODE_TRAIN:
        loss_backward(
            net.loss,
            net.loss_params,
            p if computes_p else y,
            t,
            rows,
            columns,
            loss_scale(net, batch),
            dy,
        )
        if batch.weights != NULL:
            for row in range(rows):
                for j in range(columns):
                    dy[row * columns + j] *= batch.weights[part.first + row]
    for i in range(net.metric_count):
        values += 2 * space.batch_size
        metric = &net.metrics[i]
        metric_forward(
            <int> metric.code,
            &metric.params,
            y,
            t,
            rows,
            columns,
            values,
            values + space.batch_size,
        )


cdef void penalize(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    const ThreadRange* part,
) noexcept nogil:
    """The penalties of the regularizers: of some rows' outputs, and of all weights

    One thread alone adds up the weights' penalty, so that its bits are always the same.
    """
    cdef Py_ssize_t i, row
    cdef const Op* op
    cdef const LayerSettings* settings
    cdef float* penalties = space.row_values + space.batch_size
    cdef Matrix y
    cdef double total = 0
    for row in range(part.first, part.stop):
        penalties[row] = 0
    for i in range(net.depth):
        op = &net.ops[i]
        settings = &net.settings[i]
        if is_regularized(settings.activity):
            y = part_of(op, space.outputs, space.batch_size, batch.rows)
            for row in range(part.first, part.stop):
                penalties[row] += penalty(
                    y.data + row * y.columns,
                    y.columns,
                    settings.activity.l1,
                    settings.activity.l2,
                )
        if part.thread == 0 and op.kernel >= 0:
            total += penalty(
                array_of(net, op.kernel),
                kernel_size(op),
                settings.kernel.l1,
                settings.kernel.l2,
            ) if is_regularized(settings.kernel) else 0
        if part.thread == 0 and op.bias >= 0:
            total += penalty(
                array_of(net, op.bias),
                op.outputs,
                settings.bias.l1,
                settings.bias.l2,
            ) if is_regularized(settings.bias) else 0
    if part.thread == 0:
        space.penalty[0] = total


cdef inline Py_ssize_t kernel_size(const Op* op) noexcept nogil:
    """How many numbers w, or gamma, is"""
    return op.inputs * op.outputs if op.kind == KIND_DENSE else op.outputs


cdef void backward_normalization(
    const Network* net,
    const Workspace* space,
    const Op* op,
    const LayerSettings* settings,
    Matrix x,
    Matrix dy,
    Matrix dx,
    const ThreadRange* part,
) noexcept nogil:
    """The gradients of batch normalization; each column's sums are one thread's"""
    cdef const float* mean = statistics_of(space, op, 0)
    cdef const float* variance = statistics_of(space, op, 1)
    cdef float* dgamma = statistics_of(space, op, 2)
    cdef float* dbeta = statistics_of(space, op, 3)
    cdef Py_ssize_t first = range_start(op.outputs, LANES, part.thread, part.threads)
    cdef Py_ssize_t stop = range_start(op.outputs, LANES, part.thread + 1, part.threads)
    if not op.trainable:
        # With moving moments it is no more than a scale.
        normalize(
            some_rows(dy, part.first, part.stop),
            zeros_of(part.scratch, op.outputs),
            array_of(net, op.state + 1),
            array_of(net, op.kernel),
            NULL,
            settings.epsilon,
            part.scratch + op.outputs,
            some_rows(dx, part.first, part.stop),
        )
        return
    wait(space.barrier, part.threads)
    normalize_backward_parameters(
        some_columns(x, first, stop),
        some_columns(dy, first, stop),
        mean + first,
        variance + first,
        settings.epsilon,
        dgamma + first,
        dbeta + first,
    )
    if op.kernel >= 0:
        memcpy(
            gradient_of(net, op.kernel) + first,
            dgamma + first,
            (stop - first) * sizeof(float),
        )
    if op.bias >= 0:
        memcpy(
            gradient_of(net, op.bias) + first,
            dbeta + first,
            (stop - first) * sizeof(float),
        )
    wait(space.barrier, part.threads)
    if dx.data != NULL:
        normalize_backward_input(
            some_rows(x, part.first, part.stop),
            some_rows(dy, part.first, part.stop),
            x.rows,
            mean,
            variance,
            array_of(net, op.kernel),
            settings.epsilon,
            dgamma,
            dbeta,
            part.scratch,
            some_rows(dx, part.first, part.stop),
        )


cdef inline const float* zeros_of(float* room, Py_ssize_t size) noexcept nogil:
    """Zeros, in some scratch space"""
    memset(room, 0, size * sizeof(float))
    return room


cdef void backward(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    const ThreadRange* part,
) noexcept nogil:
    """From dy to dx, layer by layer; of a dense layer, to the gradient of x w + b

    What `loss_and_metrics` left in the last layer's delta is the gradient of its
    output, or, where loss and activation are one, of x w + b already. It ends at the
    first layer that learns.
    """
    cdef Py_ssize_t i, rows = part.stop - part.first
    cdef const Op* op
    cdef const LayerSettings* settings
    cdef Matrix x, x_rows, y, dy, dy_rows, dx, dx_rows
    cdef bint fused
    for i in range(net.depth - 1, net.first_to_learn - 1, -1):
        op = &net.ops[i]
        settings = &net.settings[i]
        fused = i == net.depth - 1 and is_fused(net)
        x = inputs_of(net, space, batch, i)
        x_rows = some_rows(x, part.first, part.stop)
        y = some_rows(
            part_of(op, space.outputs, space.batch_size, batch.rows),
            part.first,
            part.stop,
        )
        dy = part_of(op, space.deltas, space.batch_size, batch.rows)
        dy_rows = some_rows(dy, part.first, part.stop)
        if is_regularized(settings.activity):
            penalty_backward(
                y.data,
                rows * y.columns,
                settings.activity.l1 / batch.rows,
                settings.activity.l2 / batch.rows,
                dy_rows.data,
            )
        if op.kind == KIND_DENSE and not fused:
            activation_backward(
                op.activation,
                &settings.activation,
                NULL,
                y.data,
                dy_rows.data,
                rows,
                y.columns,
                dy_rows.data,
            )
        dx.data = NULL
        if i > net.first_to_learn:
            dx = part_of(
                &net.ops[i - 1], space.deltas, space.batch_size, batch.rows
            )
            dx_rows = some_rows(dx, part.first, part.stop)
        if op.kind == KIND_BATCH_NORMALIZATION:
            backward_normalization(net, space, op, settings, x, dy, dx, part)
        elif dx.data == NULL:
            return
        elif op.kind == KIND_DENSE:
            dense_backward_input(
                dy_rows, kernel_of(net, op), dx_rows, part.scratch
            )
        elif op.kind == KIND_AFFINE:
            affine_backward(
                dy_rows, array_of(net, op.state) + op.outputs, dx_rows
            )
        elif op.kind == KIND_DROPOUT:
            dropout(
                dy_rows.data,
                rows * y.columns,
                settings.rate,
                <unsigned long long> op.seed,
                iteration_of(net, batch),
                part.first * y.columns,
                dx_rows.data,
            )
        else:
            activation_backward(
                ACTIVATION_LINEAR if fused else op.activation,
                &settings.activation,
                x_rows.data,
                y.data,
                dy_rows.data,
                rows,
                y.columns,
                dx_rows.data,
            )
