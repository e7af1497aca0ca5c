# Scoring: the heads of a network, which compare what comes out with targets.

cdef inline float* strip_of(const Workspace* space, Py_ssize_t which) noexcept nogil:
    """One of the numbers that rows keep, for the whole batch"""
    return space.row_values + which * space.batch_size


cdef inline Matrix targets_of(Py_ssize_t k, const Batch* batch) noexcept nogil:
    """What the outputs of head k should be, for the whole batch: a row a step"""
    cdef const Target* target = &batch.samples.targets[k]
    cdef Matrix t = matrix(target.room, batch.rows, target.columns)
    if target.room == NULL and target.t != NULL:
        t = matrix(
            target.t + batch.begin * target.columns, batch.rows, target.columns
        )
    return by_steps(t, target.steps)


cdef inline Matrix own_targets(Py_ssize_t k, const Batch* batch) noexcept nogil:
    """Those of the rows that the thread works on"""
    cdef Py_ssize_t steps = batch.samples.targets[k].steps
    return some_rows(targets_of(k, batch), batch.first * steps, batch.stop * steps)


cdef inline const float* row_weights(Py_ssize_t k, const Batch* batch) noexcept nogil:
    """How much each row of targets counts for head k; NULL: all the same"""
    cdef const Target* target = &batch.samples.targets[k]
    if target.weights_room != NULL or target.weights == NULL:
        return target.weights_room
    return target.weights + batch.begin * target.steps


cdef bint weighs_rows(const Network* net) noexcept nogil:
    """Whether the weights of all rows are added up"""
    cdef Py_ssize_t k
    for k in range(net.head_count):
        if net.heads[k].reduction == REDUCTION_MEAN_WITH_SAMPLE_WEIGHT:
            return True
    return False


cdef double loss_scale(
    const Head* head, Py_ssize_t rows, double weights
) noexcept nogil:
    """What the sum of the losses of a batch is multiplied by

    `weights` is the sum of the weights of its rows of targets.
    """
    if head.reduction == REDUCTION_SUM:
        return 1
    if head.reduction == REDUCTION_SUM_OVER_BATCH_SIZE:
        return 1. / (rows * <Py_ssize_t> head.steps)
    return 1. / weights if weights != 0 else 0


cdef double weights_of_batch(
    const Head* head, Py_ssize_t k, const Batch* batch
) noexcept nogil:
    """The sum of the weights of its rows of targets, where somebody asks for it"""
    cdef Py_ssize_t row, rows = batch.rows * <Py_ssize_t> head.steps
    cdef const float* weights = row_weights(k, batch)
    cdef double total = 0
    if weights == NULL or head.reduction != REDUCTION_MEAN_WITH_SAMPLE_WEIGHT:
        return rows
    for row in range(rows):
        total += weights[row]
    return total


cdef void loss_of_rows(
    const Network* net, Py_ssize_t k, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The loss of some rows at head k, and its gradient

    Where the loss of a batch is a mean over its rows, its gradient is divided by their
    number here, once, before anything is summed.
    """
    cdef const Head* head = &net.heads[k]
    cdef Py_ssize_t op = <Py_ssize_t> head.op, steps = <Py_ssize_t> head.steps, row, j
    cdef int loss = <int> head.loss
    cdef double total
    cdef bint adds = head.adds != 0
    cdef const float* weights = row_weights(k, batch)
    cdef Matrix y = by_steps(
        own_rows(outputs_of(net, op, space, batch), batch), steps
    )
    cdef Matrix t = own_targets(k, batch)
    cdef Matrix dy = by_steps(gradient_room(net, op, adds, space, batch), steps)
    cdef float* values = strip_of(space, <Py_ssize_t> head.strip) + batch.first * steps
    # Outputs that are to stay logits leave the probabilities to dy.
    cdef Matrix p = y if net.links[op].is_fused else dy
    loss_forward(loss, &head.params, y, t, p, values)
    if net.mode != MODE_TRAIN:
        return
    total = weights_of_batch(head, k, batch)
    loss_backward(
        loss,
        &head.params,
        p if computes_activation(loss) else y,
        t,
        head.weight * loss_scale(head, batch.all_rows, total),
        dy,
    )
    if weights != NULL:
        for row in range(y.rows):
            for j in range(y.columns):
                dy.data[row * y.columns + j] *= weights[batch.first * steps + row]
    hand_on(net, op, adds, dy, space, batch)


cdef void losses_and_metrics(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The losses and the metrics of some rows, and the gradients of the losses"""
    cdef Py_ssize_t k, i, steps
    cdef const Head* head
    cdef const Metric* metric
    cdef Matrix y, t, p
    cdef float* values
    for k in range(net.head_count):
        head = &net.heads[k]
        if head.loss >= 0:
            loss_of_rows(net, k, space, batch)
        if head.asks != 0:
            ask(net, space, batch, ASK_SCORE, k)
        if head.metrics == 0:
            continue
        steps = <Py_ssize_t> head.steps
        y = own_rows(outputs_of(net, <Py_ssize_t> head.op, space, batch), batch)
        y = by_steps(y, steps)
        t = own_targets(k, batch)
        # Nobody looks at the probabilities of a metric of logits: without a stride,
        # all rows of p are one.
        p = matrix(batch.scratch, y.rows, 0)
        values = strip_of(space, <Py_ssize_t> head.strip + steps)
        values += batch.first * steps
        for i in range(<Py_ssize_t> head.metrics):
            metric = &net.metrics[<Py_ssize_t> head.metric + i]
            metric_forward(
                <int> metric.code,
                &metric.params,
                p,
                y,
                t,
                values,
            )
            values += steps * space.batch_size


cdef void add_losses(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    Py_ssize_t first,
    Py_ssize_t stop,
) noexcept nogil:
    """Add the losses of some rows to those of their batch"""
    cdef double* sums = space.unfinished + 1
    cdef const float* values = space.row_values
    cdef const float* weights
    cdef Py_ssize_t k, row, steps
    for row in range(first, stop):
        space.unfinished[0] += values[row]
    for k in range(net.head_count):
        steps = <Py_ssize_t> net.heads[k].steps
        values = strip_of(space, <Py_ssize_t> net.heads[k].strip)
        weights = row_weights(k, batch)
        for row in range(first * steps, stop * steps):
            sums[0] += weight_of(weights, row) * values[row]
            sums[1] += weight_of(weights, row)
        sums += 2


cdef void finish_losses(
    const Network* net, const Workspace* space, Py_ssize_t rows, Py_ssize_t all_rows
) noexcept nogil:
    """Add a batch of so many rows, which has ended, to the totals of the losses

    Other processes may have the rest of its rows, and add theirs.
    """
    cdef double* sums = space.unfinished + 1
    cdef double* totals = space.totals + 2
    cdef double loss = 0, own
    cdef const Head* head
    cdef Py_ssize_t k
    for k in range(net.head_count):
        head = &net.heads[k]
        if head.loss != NO_LOSS:
            own = sums[0] * loss_scale(head, all_rows, sums[1])
            loss += head.weight * own
            if net.head_count > 1:
                totals[0] += all_rows * own
                totals[1] += rows
                totals += 2
        sums[0] = sums[1] = 0
        sums += 2
    # A penalty of the weights counts once a row, whoever has it.
    loss += space.penalty[0] * (<double> rows / all_rows)
    space.totals[0] += all_rows * loss + space.unfinished[0]
    space.totals[1] += rows
    space.unfinished[0] = 0


cdef double* add_up_metrics(
    const Network* net,
    Py_ssize_t k,
    const Workspace* space,
    const Batch* batch,
    double* totals,
) noexcept nogil:
    """Add the metrics of head k to `totals`; return where those of the next begin"""
    cdef const Head* head = &net.heads[k]
    cdef const Metric* metric = net.metrics + <Py_ssize_t> head.metric
    cdef Py_ssize_t steps = <Py_ssize_t> head.steps
    cdef Py_ssize_t i, strip = <Py_ssize_t> head.strip + steps
    cdef Matrix y = by_steps(
        outputs_of(net, <Py_ssize_t> head.op, space, batch), steps
    )
    cdef Matrix t = targets_of(k, batch)
    cdef const float* weights = row_weights(k, batch)
    for i in range(<Py_ssize_t> head.metrics):
        metric_totals(
            <int> metric.code,
            &metric.params,
            y,
            t,
            net.thresholds + <Py_ssize_t> metric.first_threshold,
            weights if metric.weighted != 0 else NULL,
            strip_of(space, strip),
            totals,
        )
        totals += <Py_ssize_t> metric.totals
        metric += 1
        strip += steps
    return totals
