# Backward: the loss, and from its gradient to that of every layer's output.

cdef inline float* strip_of(const Workspace* space, Py_ssize_t which) noexcept nogil:
    """One of the numbers that rows keep, for the whole batch"""
    return space.row_values + which * space.batch_size


cdef inline Matrix targets_of(Py_ssize_t k, const Batch* batch) noexcept nogil:
    """What the outputs of head k should be, for the whole batch"""
    cdef const Target* target = &batch.samples.targets[k]
    if target.room != NULL or target.t == NULL:
        return matrix(target.room, batch.rows, target.columns)
    return matrix(
        target.t + batch.begin * target.columns, batch.rows, target.columns
    )


cdef inline const float* row_weights(Py_ssize_t k, const Batch* batch) noexcept nogil:
    """How much each row of the batch counts for head k; NULL: all the same"""
    cdef const Target* target = &batch.samples.targets[k]
    if target.weights_room != NULL or target.weights == NULL:
        return target.weights_room
    return target.weights + batch.begin


cdef bint weighs_rows(const Network* net) noexcept nogil:
    """Whether the weights of all rows are added up"""
    cdef Py_ssize_t k
    for k in range(net.head_count):
        if net.heads[k].reduction == REDUCTION_MEAN_WITH_SAMPLE_WEIGHT:
            return True
    return False


cdef double loss_scale(
    const Head* head, const float* weights, const Batch* batch
) noexcept nogil:
    """What the losses of the rows are multiplied by before they are summed"""
    cdef double total = 0
    cdef Py_ssize_t row
    if head.reduction == REDUCTION_SUM:
        return 1
    if head.reduction == REDUCTION_SUM_OVER_BATCH_SIZE or weights == NULL:
        return 1. / batch.rows
    for row in range(batch.rows):
        total += weights[row]
    return 1. / total if total != 0 else 0


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


cdef void loss_of_rows(
    const Network* net, Py_ssize_t k, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The loss of some rows at head k, and its gradient

    Where the loss of a batch is a mean over its rows, its gradient is divided by their
    number here, once, before anything is summed.
    """
    cdef const Head* head = &net.heads[k]
    cdef Py_ssize_t op = <Py_ssize_t> head.op, row, j
    cdef int loss = <int> head.loss
    cdef bint adds = head.adds != 0
    cdef const float* weights = row_weights(k, batch)
    cdef Matrix y = own_rows(outputs_of(net, op, space, batch), batch)
    cdef Matrix t = own_rows(targets_of(k, batch), batch)
    cdef Matrix dy = gradient_room(net, op, adds, space, batch)
    cdef float* values = strip_of(space, <Py_ssize_t> head.strip) + batch.first
    # Outputs that are to stay logits leave the probabilities to dy.
    cdef Matrix p = y if net.links[op].is_fused else dy
    cdef bint computes_p = (
        loss == LOSS_SOFTMAX_CROSSENTROPY or loss == LOSS_SIGMOID_CROSSENTROPY
    )
    loss_forward(loss, &head.params, y, t, p, values)
    if net.mode != MODE_TRAIN:
        return
    loss_backward(
        loss,
        &head.params,
        p if computes_p else y,
        t,
        head.weight * loss_scale(head, weights, batch),
        dy,
    )
    if weights != NULL:
        for row in range(y.rows):
            for j in range(y.columns):
                dy.data[row * y.columns + j] *= weights[batch.first + row]
    hand_on(net, op, adds, dy, space, batch)


cdef void losses_and_metrics(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The losses and the metrics of some rows, and the gradients of the losses"""
    cdef Py_ssize_t k, i
    cdef const Head* head
    cdef const Metric* metric
    cdef Matrix y, t
    cdef float* values
    for k in range(net.head_count):
        head = &net.heads[k]
        if head.loss >= 0:
            loss_of_rows(net, k, space, batch)
        y = own_rows(outputs_of(net, <Py_ssize_t> head.op, space, batch), batch)
        t = own_rows(targets_of(k, batch), batch)
        values = strip_of(space, <Py_ssize_t> head.strip + 1) + batch.first
        for i in range(<Py_ssize_t> head.metrics):
            metric = &net.metrics[<Py_ssize_t> head.metric + i]
            metric_forward(
                <int> metric.code,
                &metric.params,
                y,
                t,
                values,
                values + space.batch_size,
            )
            values += 2 * space.batch_size


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
        for which in range(2):
            weights = weights_of(net, i, which)
            if weights.place >= 0 and is_regularized(weights.regularizer):
                total += penalty(
                    weights.w.data,
                    weights.w.rows * weights.w.columns,
                    weights.regularizer.l1,
                    weights.regularizer.l2,
                )
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
    cdef Matrix x = inputs_of(net, i, space, batch)
    cdef Matrix dy = deltas_of(net, i, space, batch)
    cdef ThreadRange own = thread_range(op.outputs, LANES, batch)
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
    cdef Matrix x = own_rows(inputs_of(net, i, space, batch), batch)
    cdef Matrix y = own_rows(outputs_of(net, i, space, batch), batch)
    cdef Matrix dy = own_rows(deltas_of(net, i, space, batch), batch)
    if op.kind == KIND_DENSE:
        dense_backward_input(dy, kernel_of(net, op), dx, batch.scratch)
    elif op.kind == KIND_AFFINE:
        affine_backward(dy, array_of(net, op.state) + op.outputs, dx)
    elif op.kind == KIND_UNIT_NORMALIZATION:
        unit_normalization_backward(x, dy, dx)
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
    else:
        activation_backward(
            ACTIVATION_LINEAR if net.links[i].is_fused else op.activation,
            &settings.activation,
            x,
            y,
            dy,
            dx,
        )


cdef void backward_merging(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """From dy to dx of each of several sources"""
    cdef Py_ssize_t kind = net.ops[i].kind, k, size
    cdef const Edge* edges = &net.edges[net.links[i].edge]
    cdef const Edge* edge
    cdef Matrix dy = own_rows(deltas_of(net, i, space, batch), batch)
    cdef Matrix dx, other
    for k in range(net.links[i].edges):
        edge = &edges[k]
        if not edge.learns:
            continue
        dx = gradient_room(net, edge.source, edge.adds, space, batch)
        size = dx.rows * dx.columns
        if kind == KIND_CONCATENATE:
            concatenate_backward(dy, edge.begin, edge.columns, dx)
        elif kind == KIND_DOT:
            other = own_rows(source_of(net, &edges[1 - k], space, batch), batch)
            dot_backward(dy.data, other, dx)
        elif kind == KIND_AVERAGE:
            average(dy.data, size, net.links[i].edges, dx.data)
        elif kind == KIND_MULTIPLY:
            backward_factor(net, i, k, space, batch, dx)
        elif kind == KIND_MAXIMUM or kind == KIND_MINIMUM:
            backward_extremum(net, i, k, space, batch, dx)
        elif kind == KIND_SUBTRACT and k == 1:
            subtract_backward(dy.data, size, dx.data)
        else:
            memcpy(dx.data, dy.data, size * sizeof(float))
        hand_on(net, edge.source, edge.adds, dx, space, batch)


cdef void backward_factor(
    const Network* net,
    Py_ssize_t i,
    Py_ssize_t k,
    const Workspace* space,
    const Batch* batch,
    Matrix dx,
) noexcept nogil:
    """dx of factor k: dy times all the others, from the last to the first"""
    cdef const Edge* edges = &net.edges[net.links[i].edge]
    cdef Matrix left = own_rows(deltas_of(net, i, space, batch), batch)
    cdef Matrix x
    cdef Py_ssize_t j
    for j in range(net.links[i].edges - 1, -1, -1):
        if j != k:
            x = own_rows(source_of(net, &edges[j], space, batch), batch)
            multiply(left.data, x.data, dx.rows * dx.columns, dx.data)
            left = dx


cdef void backward_extremum(
    const Network* net,
    Py_ssize_t i,
    Py_ssize_t k,
    const Workspace* space,
    const Batch* batch,
    Matrix dx,
) noexcept nogil:
    """dx of source k of a maximum or minimum, row by row

    Each source from the last on takes its share, and leaves the rest to the maximum of
    those before it.
    """
    cdef const Edge* edges = &net.edges[net.links[i].edge]
    cdef Py_ssize_t kind = net.ops[i].kind, columns = dx.columns, row, j, before
    cdef Matrix x, dy = own_rows(deltas_of(net, i, space, batch), batch)
    cdef float* rest = batch.scratch
    cdef float* best = rest + columns
    cdef float* dx_row
    for row in range(dx.rows):
        dx_row = dx.data + row * columns
        memcpy(rest, dy.data + row * columns, columns * sizeof(float))
        for j in range(net.links[i].edges - 1, max(k, 1) - 1, -1):
            for before in range(j):
                x = own_rows(source_of(net, &edges[before], space, batch), batch)
                if before == 0:
                    memcpy(best, x.data + row * columns, columns * sizeof(float))
                else:
                    combine(kind, best, x.data + row * columns, columns, best)
            x = own_rows(source_of(net, &edges[j], space, batch), batch)
            if kind == KIND_MAXIMUM:
                maximum_backward(
                    best, x.data + row * columns, rest, columns, rest, dx_row
                )
            else:
                minimum_backward(
                    best, x.data + row * columns, rest, columns, rest, dx_row
                )
        if k == 0:
            memcpy(dx_row, rest, columns * sizeof(float))


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
        if not net.links[i].learns:
            continue
        op = &net.ops[i]
        edge = &net.edges[net.links[i].edge]
        settings = &net.settings[i]
        y = own_rows(outputs_of(net, i, space, batch), batch)
        dy = own_rows(deltas_of(net, i, space, batch), batch)
        if not net.links[i].is_scored:
            memset(dy.data, 0, dy.rows * dy.columns * sizeof(float))
        if is_regularized(settings.activity):
            penalty_backward(
                y.data,
                y.rows * y.columns,
                settings.activity.l1 / batch.rows,
                settings.activity.l2 / batch.rows,
                dy.data,
            )
        if op.kind == KIND_DENSE and not net.links[i].is_fused:
            # None that a dense layer has needs its input.
            activation_backward(op.activation, &settings.activation, y, y, dy, dy)
        if net.links[i].edges > 1:
            backward_merging(net, i, space, batch)
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
