# Update: the gradient of every parameter, and one step of the optimizer with it.
#
# Each thread takes some rows of every w, sums their gradient over the whole batch, and
# updates them while they are in a near cache. Only where norms are clipped, all of the
# gradient has to be known first.

cdef enum:
    # Parameters of a dense layer that are updated at a time.
    UPDATE_BLOCK = 65536


cdef inline float* gradient_of(const Network* net, Py_ssize_t place) noexcept nogil:
    """The gradient of one of the arrays"""
    return net.gradients + net.arrays[place].begin


cdef inline bint clips_norms(const Network* net) noexcept nogil:
    """Whether a gradient can be applied only when all of it is known"""
    return net.clipping.clipnorm > 0 or net.clipping.global_clipnorm > 0


cdef void prepare_to_learn(Network* net) noexcept nogil:
    """Find out which layers need a gradient, and whether there are constraints"""
    cdef Py_ssize_t i
    cdef const LayerSettings* settings
    net.first_to_learn = net.depth
    net.constrains = False
    for i in range(net.depth - 1, -1, -1):
        settings = &net.settings[i]
        # Layers without w and b have nothing to learn, whatever they are set to.
        if net.ops[i].trainable and (net.ops[i].kernel >= 0 or net.ops[i].bias >= 0):
            net.first_to_learn = i
            if settings.kernel_constraint.kind + settings.bias_constraint.kind > 0:
                net.constrains = True


cdef void optimize(
    const Network* net,
    const Batch* batch,
    Py_ssize_t place,
    Py_ssize_t first,
    Py_ssize_t size,
) noexcept nogil:
    """Let the optimizer update `size` numbers of an array, from the `first` on"""
    cdef float* w = array_of(net, place) + first
    cdef float* dw = gradient_of(net, place) + first
    cdef float* memory[OPTIMIZER_MEMORY]
    cdef double rate = net.rates[2 * (batch.number - net.first_batch)]
    cdef double step = net.rates[2 * (batch.number - net.first_batch) + 1]
    find_memory(net, place, first, memory)
    if net.clipping.clipvalue > 0:
        clip_value(dw, size, net.clipping.clipvalue)
    if net.clipping.weight_decay != 0:
        decay_weights(w, size, net.clipping.weight_decay * rate)
    optimizer_step(
        net.optimizer, net.optimizer_params, w, dw, memory, size, rate, step
    )


cdef inline void find_memory(
    const Network* net, Py_ssize_t place, Py_ssize_t first, float** memory
) noexcept nogil:
    """Where the optimizer's memory of an array lies, from its number `first` on"""
    cdef int k
    for k in range(OPTIMIZER_MEMORY):
        memory[k] = net.memory[k]
        if memory[k] != NULL:
            memory[k] += net.arrays[place].begin + first


cdef inline bint is_pure_decay(
    const Network* net, const Weights* weights
) noexcept nogil:
    """Whether a gradient of zero changes nothing but RMSprop's mean square"""
    return (
        net.optimizer == OPTIMIZER_RMSPROP
        and net.memory[1] == NULL
        and net.memory[2] == NULL
        and net.clipping.weight_decay == 0
        and not is_regularized(weights.regularizer)
        and not clips_norms(net)
    )


cdef void decay_mean_square(
    const Network* net, Py_ssize_t place, Py_ssize_t first, Py_ssize_t size
) noexcept nogil:
    """What RMSprop does with gradients of zero: v <- rho v"""
    cdef float* memory[OPTIMIZER_MEMORY]
    cdef float* w = array_of(net, place) + first
    memset(gradient_of(net, place) + first, 0, size * sizeof(float))
    find_memory(net, place, first, memory)
    optimizer_step(
        net.optimizer, net.optimizer_params, w, NULL, memory, size, 0, 0
    )


cdef void apply_gradient(
    const Network* net,
    const Batch* batch,
    const Weights* weights,
    Py_ssize_t first,
    Py_ssize_t size,
) noexcept nogil:
    """Add a penalty's gradient to that of the loss; optimize, if nothing is to come"""
    if is_regularized(weights.regularizer):
        penalty_backward(
            weights.w.data + first,
            size,
            weights.regularizer.l1,
            weights.regularizer.l2,
            gradient_of(net, weights.place) + first,
        )
    if not clips_norms(net):
        optimize(net, batch, weights.place, first, size)


cdef void update_sparse(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The update of a first layer on compressed samples, block by block of its inputs

    The gradient of an input goes to the optimizer while it is in the nearest cache.
    """
    cdef Weights weights = weights_of(net, 0, 0)
    cdef Matrix dy = deltas_of(net, 0, space, batch)
    cdef Py_ssize_t inputs = weights.w.rows, outputs = weights.w.columns
    cdef Matrix dw = matrix(gradient_of(net, weights.place), inputs, outputs)
    cdef Py_ssize_t block = batch.thread, pair, row, stop, first, size
    cdef bint skips = is_pure_decay(net, &weights)
    cdef Transposed x
    x.rows = dy.rows
    x.values = batch.scratch
    x.samples = <unsigned short*> (batch.scratch + INPUT_BLOCK * dy.rows)
    while block < space.csr.blocks:
        transpose_block(space.csr[0], block, &x)
        for pair in range(BLOCK_PAIRS):
            row = block * INPUT_BLOCK + 2 * pair
            stop = min(row + 2, inputs)
            first = row * outputs
            size = (stop - row) * outputs
            if row >= stop:
                break
            if x.counts[pair] == 0 and skips:
                decay_mean_square(net, weights.place, first, size)
            else:
                sparse_backward_kernel(&x, pair, dy, some_rows(dw, row, stop))
                apply_gradient(net, batch, &weights, first, size)
        # Every second or third block: zeros gather at the edges of an image.
        block += batch.threads


cdef void update_dense(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """dw = x^T dy of a dense layer, some rows at a time"""
    cdef Weights weights = weights_of(net, i, 0)
    cdef Matrix x = inputs_of(net, i, space, batch)
    cdef Matrix dy = deltas_of(net, i, space, batch)
    cdef Matrix dw = matrix(gradient_of(net, weights.place), x.columns, dy.columns)
    cdef ThreadRange own = thread_range(dw.rows, TILE_ROWS, batch)
    cdef Py_ssize_t row = own.first, end, rows
    rows = max(ROW_BLOCK, UPDATE_BLOCK // dw.columns // TILE_ROWS * TILE_ROWS)
    while row < own.stop:
        end = min(row + rows, own.stop)
        dense_backward_kernel(
            some_columns(x, row, end), dy, some_rows(dw, row, end), batch.scratch
        )
        apply_gradient(
            net, batch, &weights, row * dw.columns, (end - row) * dw.columns
        )
        row = end


cdef void clip_and_optimize(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Hold the norms of the gradients to their limits, then let the optimizer work

    Every thread finds all norms, before any thread changes its range of the gradients.
    """
    cdef float* norms = batch.scratch
    cdef Py_ssize_t i, k, size
    cdef ThreadRange own
    cdef Weights weights
    cdef double squares, total = 0
    cdef float norm, most = net.clipping.clipnorm
    wait(space.barrier, batch.threads)
    for k in range(2 * net.first_to_learn, 2 * net.depth):
        weights = weights_of(net, k // 2, k % 2)
        if net.ops[k // 2].trainable and weights.place >= 0:
            size = weights.w.rows * weights.w.columns
            squares = penalty(gradient_of(net, weights.place), size, 0, 1)
            norms[k] = sqrtf(squares)
            total += squares
    wait(space.barrier, batch.threads)
    for k in range(2 * net.first_to_learn, 2 * net.depth):
        weights = weights_of(net, k // 2, k % 2)
        if net.ops[k // 2].trainable and weights.place >= 0:
            norm = norms[k]
            if most == 0:
                norm = sqrtf(total)
            own = thread_range(weights.w.rows * weights.w.columns, LANES, batch)
            clip_norm(
                gradient_of(net, weights.place) + own.first,
                own.size,
                norm,
                most if most > 0 else net.clipping.global_clipnorm,
            )
            optimize(net, batch, weights.place, own.first, own.size)


cdef void constrain(
    Constraint constraint, Matrix w, const Batch* batch
) noexcept nogil:
    """Move weights back to where they may be: of some columns, one thread"""
    cdef ThreadRange own = thread_range(w.columns, LANES, batch)
    w = some_columns(w, own.first, own.stop)
    if constraint.kind == CONSTRAINT_LIMITED_NORM:
        limit_norms(
            w,
            constraint.min_value,
            constraint.max_value,
            constraint.rate,
            batch.scratch,
        )
    elif constraint.kind == CONSTRAINT_NON_NEGATIVE:
        keep_non_negative(w)


cdef void update(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """dw = x^T dy, db = sum of dy, and a step of the optimizer, for a thread's range

    Constraints come last, once all threads have updated their weights.
    """
    cdef Py_ssize_t i, k
    cdef const Op* op
    cdef Weights weights
    cdef bint last = batch.thread == batch.threads - 1
    for i in range(net.first_to_learn, net.depth):
        op = &net.ops[i]
        if not op.trainable:
            continue
        if op.kind == KIND_BATCH_NORMALIZATION and op.kernel >= 0 and last:
            weights = weights_of(net, i, 0)
            apply_gradient(net, batch, &weights, 0, op.outputs)
        elif op.kind == KIND_DENSE and i == 0 and space.csr != NULL:
            update_sparse(net, space, batch)
        elif op.kind == KIND_DENSE:
            update_dense(net, i, space, batch)
        if op.bias >= 0 and last:
            if op.kind == KIND_DENSE:
                dense_backward_bias(
                    deltas_of(net, i, space, batch), gradient_of(net, op.bias)
                )
            weights = weights_of(net, i, 1)
            apply_gradient(net, batch, &weights, 0, op.outputs)
    if clips_norms(net):
        clip_and_optimize(net, space, batch)
    if net.constrains:
        wait(space.barrier, batch.threads)
        for k in range(2 * net.first_to_learn, 2 * net.depth):
            weights = weights_of(net, k // 2, k % 2)
            if net.ops[k // 2].trainable and weights.place >= 0:
                constrain(weights.constraint, weights.w, batch)
