# Update: the gradient of every parameter, and one step of the optimizer with it.
#
# Each thread takes some rows of every w, sums their gradient over the whole batch, and
# updates them while they are in a near cache. Only where norms are clipped, all of the
# gradient has to be known first.

cdef enum:
    # Parameters of a dense layer that are updated at a time.
    UPDATE_BLOCK = 65536


cdef void prepare_to_learn(Network* net) noexcept nogil:
    """Find out which layers need a gradient, and whether there are constraints"""
    cdef Py_ssize_t i
    cdef const Numbers* numbers
    net.first_to_learn = net.depth
    net.constrains = False
    for i in range(net.depth - 1, -1, -1):
        numbers = &net.numbers[i]
        # Layers without w and b have nothing to learn, whatever they are set to.
        if net.steps[i].learns and (net.steps[i].kernel >= 0 or net.steps[i].bias >= 0):
            net.first_to_learn = i
            if numbers.kernel_constraint.code + numbers.bias_constraint.code > 0:
                net.constrains = True


cdef void optimize(
    const Network* net, const Batch* batch, Py_ssize_t offset, Py_ssize_t size
) noexcept nogil:
    """Let the optimizer update `size` parameters from `offset` on"""
    cdef float* w = net.parameters + offset
    cdef float* dw = net.gradients + offset
    cdef float* memory = net.memory + offset
    cdef float* second = memory + net.size
    cdef float* third = second + net.size
    cdef const double* settings = net.settings
    cdef double rate = net.rates[2 * (batch.number - net.first_batch)]
    cdef double step = net.rates[2 * (batch.number - net.first_batch) + 1]
    if net.clipping.value > 0:
        clip_values(dw, size, net.clipping.value)
    if net.clipping.decay != 0:
        decay_weights(w, size, net.clipping.decay * rate)
    if net.optimizer == SGD:
        sgd(w, dw, memory, size, rate, settings[0], settings[1] != 0)
    elif net.optimizer == RMSPROP:
        if settings[2] == 0:
            second, third = NULL, second
        rmsprop(
            w,
            dw,
            memory,
            second,
            third if settings[3] != 0 else NULL,
            size,
            rate,
            settings[0],
            1 - settings[0],
            settings[1],
            settings[2],
        )
    else:
        adam(
            w,
            dw,
            memory,
            second,
            third if settings[3] != 0 else NULL,
            size,
            step,
            1 - settings[0],
            1 - settings[1],
            settings[2],
        )


cdef inline bint forgets_only(
    const Network* net, const Numbers* numbers
) noexcept nogil:
    """Whether a gradient of zero changes nothing but RMSprop's mean square"""
    return (
        net.optimizer == RMSPROP
        and net.settings[2] == 0
        and net.settings[3] == 0
        and net.clipping.decay == 0
        and not shrinks(numbers.kernel)
        and not clips_norms(net)
    )


cdef void decay(const Network* net, Py_ssize_t offset, Py_ssize_t size) noexcept nogil:
    """What RMSprop does with gradients of zero: v <- rho v"""
    cdef float rho = net.settings[0]
    cdef float* v = net.memory + offset
    cdef Py_ssize_t i
    memset(net.gradients + offset, 0, size * sizeof(float))
    for i in range(size):
        v[i] *= rho


cdef void use_gradient(
    const Network* net,
    const Batch* batch,
    Shrinkage shrinkage,
    Py_ssize_t offset,
    Py_ssize_t size,
) noexcept nogil:
    """Add a penalty's gradient to that of the loss; optimize, if nothing is to come"""
    if shrinks(shrinkage):
        penalty_backward(
            net.parameters + offset,
            size,
            shrinkage.l1,
            shrinkage.l2,
            net.gradients + offset,
        )
    if not clips_norms(net):
        optimize(net, batch, offset, size)


cdef void update_sparse(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    Matrix dy,
    const Part* part,
) noexcept nogil:
    """The update of a first layer on compressed samples, block by block of its inputs

    The gradient of an input goes to the optimizer while it is in the nearest cache.
    """
    cdef const Step* step = &net.steps[0]
    cdef const Numbers* numbers = &net.numbers[0]
    cdef Matrix dw = kernel_of(step, net.gradients)
    cdef Py_ssize_t block = part.thread, pair, row, stop, offset, size
    cdef bint skips = forgets_only(net, numbers)
    cdef Transposed x
    x.rows = dy.rows
    x.values = part.panel
    x.samples = <unsigned short*> (part.panel + INPUT_BLOCK * dy.rows)
    while block < space.compressed.blocks:
        transpose_block(space.compressed, block, &x)
        for pair in range(BLOCK_PAIRS):
            row = block * INPUT_BLOCK + 2 * pair
            stop = min(row + 2, step.inputs)
            offset = step.kernel + row * step.outputs
            size = (stop - row) * step.outputs
            if row >= stop:
                break
            if x.counts[pair] == 0 and skips:
                decay(net, offset, size)
            else:
                sparse_backward_kernel(&x, pair, dy, some_rows(dw, row, stop))
                use_gradient(net, batch, numbers.kernel, offset, size)
        # Every second or third block: zeros gather at the edges of an image.
        block += part.threads


cdef void update_dense(
    const Network* net,
    const Batch* batch,
    Py_ssize_t i,
    Matrix x,
    Matrix dy,
    const Part* part,
) noexcept nogil:
    """dw = x^T dy of a dense layer, some rows at a time"""
    cdef const Step* step = &net.steps[i]
    cdef Matrix dw = kernel_of(step, net.gradients)
    cdef Py_ssize_t row = share(dw.rows, TILE_ROWS, part.thread, part.threads)
    cdef Py_ssize_t stop = share(dw.rows, TILE_ROWS, part.thread + 1, part.threads)
    cdef Py_ssize_t end, rows
    rows = max(ROW_BLOCK, UPDATE_BLOCK // dw.columns // TILE_ROWS * TILE_ROWS)
    while row < stop:
        end = min(row + rows, stop)
        dense_backward_kernel(
            some_columns(x, row, end), dy, some_rows(dw, row, end), part.panel
        )
        use_gradient(
            net,
            batch,
            net.numbers[i].kernel,
            step.kernel + row * dw.columns,
            (end - row) * dw.columns,
        )
        row = end


cdef void clip_and_optimize(
    const Network* net, const Workspace* space, const Batch* batch, const Part* part
) noexcept nogil:
    """Hold the norms of the gradients to their limits, then let the optimizer work

    Every thread finds all norms, before any thread changes its share of the gradients.
    """
    cdef const Step* step
    cdef float* norms = part.panel
    cdef Py_ssize_t i, k, offset, size, first, stop
    cdef double squares, total = 0
    cdef float norm, most = net.clipping.norm
    meet(space.meeting, part.threads)
    for i in range(net.first_to_learn, net.depth):
        step = &net.steps[i]
        for k in range(2):
            offset = step.kernel if k == 0 else step.bias
            size = kernel_size(step) if k == 0 else step.outputs
            if step.learns and offset >= 0:
                squares = penalty(net.gradients + offset, size, 0, 1)
                norms[2 * i + k] = sqrtf(squares)
                total += squares
    meet(space.meeting, part.threads)
    for i in range(net.first_to_learn, net.depth):
        step = &net.steps[i]
        for k in range(2):
            offset = step.kernel if k == 0 else step.bias
            size = kernel_size(step) if k == 0 else step.outputs
            if step.learns and offset >= 0:
                norm = norms[2 * i + k]
                if most == 0:
                    norm = sqrtf(total)
                first = share(size, LANES, part.thread, part.threads)
                stop = share(size, LANES, part.thread + 1, part.threads)
                clip_norm(
                    net.gradients + offset + first,
                    stop - first,
                    norm,
                    most if most > 0 else net.clipping.global_norm,
                )
                optimize(net, batch, offset + first, stop - first)


cdef void constrain(
    Constraint constraint, Matrix w, const Part* part
) noexcept nogil:
    """Move weights back to where they may be: of some columns, one thread"""
    cdef Py_ssize_t first = share(w.columns, LANES, part.thread, part.threads)
    cdef Py_ssize_t stop = share(w.columns, LANES, part.thread + 1, part.threads)
    w = some_columns(w, first, stop)
    if constraint.code == LIMITED_NORM:
        limit_norms(w, constraint.limits, part.panel)
    elif constraint.code == NON_NEGATIVE:
        keep_non_negative(w)


cdef void constrain_all(
    const Network* net, const Workspace* space, const Part* part
) noexcept nogil:
    """Apply the constraints, once all threads have updated their weights"""
    cdef Py_ssize_t i
    cdef const Step* step
    cdef const Numbers* numbers
    cdef Matrix w
    meet(space.meeting, part.threads)
    for i in range(net.first_to_learn, net.depth):
        step = &net.steps[i]
        numbers = &net.numbers[i]
        if step.learns and step.kernel >= 0:
            w = kernel_of(step, net.parameters)
            if step.kind != DENSE:
                w = matrix(w.start, step.outputs, 1)
            constrain(numbers.kernel_constraint, w, part)
        if step.learns and step.bias >= 0:
            w = matrix(net.parameters + step.bias, step.outputs, 1)
            constrain(numbers.bias_constraint, w, part)


cdef void update(
    const Network* net,
    const Samples* samples,
    const Workspace* space,
    const Batch* batch,
    const Part* part,
) noexcept nogil:
    """dw = x^T dy, db = sum of dy, and a step of the optimizer, for a thread's share"""
    cdef Py_ssize_t i
    cdef const Step* step
    cdef const Numbers* numbers
    cdef Matrix dy
    cdef bint last = part.thread == part.threads - 1
    for i in range(net.first_to_learn, net.depth):
        step = &net.steps[i]
        numbers = &net.numbers[i]
        if not step.learns:
            continue
        dy = part_of(step, space.deltas, space.batch_size, batch.rows)
        if step.kind == BATCH_NORMALIZATION and step.kernel >= 0 and last:
            use_gradient(net, batch, numbers.kernel, step.kernel, step.outputs)
        elif step.kind == DENSE and i == 0 and samples.x == NULL:
            update_sparse(net, space, batch, dy, part)
        elif step.kind == DENSE:
            update_dense(net, batch, i, inputs_of(net, space, batch, i), dy, part)
        if step.bias >= 0 and last:
            if step.kind == DENSE:
                dense_backward_bias(dy, net.gradients + step.bias)
            use_gradient(net, batch, numbers.bias, step.bias, step.outputs)
    if clips_norms(net):
        clip_and_optimize(net, space, batch, part)
    if net.constrains:
        constrain_all(net, space, part)
