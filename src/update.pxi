# Update: the gradient of every parameter, and one step of the optimizer with it.
#
# Each thread takes some rows of every w, sums their gradient over the whole batch, and
# updates them while they are in a near cache. Only where norms are clipped, all of the
# gradient has to be known first.

cdef enum:
    # Parameters of a dense layer that are updated at a time.
    UPDATE_BLOCK = 65536


cdef inline bint learns_first(const Network* net, Py_ssize_t i) noexcept nogil:
    """Whether a layer learns, and no layer before it has the same weights"""
    cdef const Op* op = &net.ops[i]
    # Layers without w and b have nothing to learn, whatever they are set to.
    return (
        op.trainable
        and (op.kernel >= 0 or op.bias >= 0)
        and net.links[i].is_first_use
    )


cdef inline Py_ssize_t learnt_count(const Network* net, Py_ssize_t i) noexcept nogil:
    """How many arrays a layer learns that no layer before it does"""
    return weights_count(&net.ops[i]) if learns_first(net, i) else 0


cdef void prepare_to_learn(Network* net) noexcept nogil:
    """Find out whether there are constraints"""
    cdef Py_ssize_t i
    net.constrains = False
    for i in range(net.depth):
        if learns_first(net, i) and (
            net.settings[i].kernel_constraint.kind > 0
            or net.settings[i].bias_constraint.kind > 0
        ):
            net.constrains = True


cdef void claim(Matrix w, const Batch* batch) noexcept nogil:
    """Have the other cores, which have read w, give up its cache lines

    Each gets a number that it holds already. The cores agree on that while products go
    on, so that the update, which comes next, does not wait for it: by two threads, an
    epoch of MNIST takes 4 % less, in batches of 16 10 %.
    """
    cdef Py_ssize_t j
    if batch.threads == 1:
        return
    for j in range(0, w.rows * w.columns, 16):
        rewrite(w.data + j)


cdef void update_sparse(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The update of a dense layer on samples without their zeros, block by block

    Of a layer that works at several places, a place may have samples with their zeros;
    of a large batch, some rows at a time are sorted by columns.
    """
    cdef Weights weights = weights_of(net, i, 0), part
    cdef Py_ssize_t own = batch.thread * INPUT_BLOCK, begin = own, end, pair, stop, use
    cdef Py_ssize_t entries[BLOCK_PAIRS]
    cdef bint is_last
    cdef const Csr* csr
    cdef Matrix dy, dy_rest, dw
    cdef Transposed x
    while begin < weights.w.rows:
        end = min(begin + INPUT_BLOCK, weights.w.rows)
        part = some_weights(net, &weights, own, begin, end)
        dw = matrix(part.dw, part.w.rows, part.w.columns)
        memset(entries, 0, sizeof(entries))
        use, x.first = i, 0
        while use >= 0:
            csr = csr_of(net, use, batch)
            dy = deltas_of(net, use, space, batch)
            x.rows = batch.rows
            if csr != NULL:
                x.rows = min(x.rows - x.first, TRANSPOSED_ROWS)
                dy = some_rows(dy, x.first, x.first + x.rows)
            x.values = batch.scratch
            x.samples = <unsigned short*> (batch.scratch + INPUT_BLOCK * x.rows)
            is_last = net.links[use].next_use < 0 and x.first + x.rows == batch.rows
            if csr != NULL:
                transpose_block(csr[0], begin // INPUT_BLOCK, &x)
                dy_rest = some_columns(
                    dy, dy.columns - dy.columns % NARROW_COLUMNS, dy.columns
                )
                if dy_rest.columns > 0:
                    dy_rest = packed(
                        dy_rest,
                        NARROW_COLUMNS,
                        batch.scratch + (INPUT_BLOCK + BLOCK_PAIRS // 2) * x.rows,
                    )
            else:
                dense_backward_kernel(
                    some_columns(inputs_of(net, use, space, batch), begin, end),
                    dy,
                    dw,
                    use != i,
                    batch.scratch,
                )
            for pair in range((dw.rows + 1) // 2):
                entries[pair] += x.counts[pair] if csr != NULL else 1
                stop = min(2 * pair + 2, dw.rows)
                if is_last and entries[pair] > 0:
                    claim(some_rows(part.w, 2 * pair, stop), batch)
                if csr != NULL and (entries[pair] > 0 or not is_last):
                    sparse_backward_kernel(
                        &x,
                        pair,
                        dy,
                        &dy_rest,
                        some_rows(dw, 2 * pair, stop),
                        use != i or x.first > 0,
                    )
            x.first += x.rows
            if x.first == batch.rows:
                use, x.first = net.links[use].next_use, 0
        update_pairs(net, batch, &part, entries)
        # Every second or third block: zeros gather at the edges of an image.
        begin += batch.threads * INPUT_BLOCK


cdef void update_pairs(
    const Network* net,
    const Batch* batch,
    const Weights* block,
    const Py_ssize_t* entries,
) noexcept nogil:
    """The update of a block of w

    Pairs of inputs of which the batch has only zeros have no gradient; as many as lie
    side by side are updated at a time, and so are the others (batches of 1 take 0.4 of
    the time, of 4 half).
    """
    cdef Py_ssize_t pair = 0, stop, pairs = (block.w.rows + 1) // 2
    cdef bint has_entries, rests = rests_without_gradient(net, block)
    cdef Weights part = block[0]
    while pair < pairs:
        has_entries, stop = entries[pair] > 0, pair + 1
        while stop < pairs and (entries[stop] > 0) == has_entries:
            stop += 1
        part.w = some_rows(block.w, 2 * pair, min(2 * stop, block.w.rows))
        part.dw = block.dw + 2 * pair * block.w.columns
        if not (has_entries or rests):
            memset(part.dw, 0, part.w.rows * part.w.columns * sizeof(float))
        if has_entries or not rests:
            apply_gradient(net, batch, &part)
        elif net.optimizer == OPTIMIZER_RMSPROP:
            decay_mean_square(net, &part)
        pair = stop


cdef bint any_use_is_sparse(
    const Network* net, Py_ssize_t i, const Batch* batch
) noexcept nogil:
    """Whether a dense layer gets samples without their zeros, at any of its places"""
    while i >= 0:
        if csr_of(net, i, batch) != NULL:
            return True
        i = net.links[i].next_use
    return False


cdef void update_dense(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """dw = x^T dy of a dense layer, some rows at a time

    Of a layer that works at several places, dw is the sum, from the first to the last.
    """
    cdef Weights weights = weights_of(net, i, 0), part
    cdef Py_ssize_t columns = weights.w.columns
    cdef ThreadRange own = thread_range(weights.w.rows, TILE_ROWS, batch)
    cdef Py_ssize_t row = own.first, end, rows, use, steps
    cdef Matrix x
    rows = max(ROW_BLOCK, UPDATE_BLOCK // columns // TILE_ROWS * TILE_ROWS)
    while row < own.stop:
        end = min(row + rows, own.stop)
        part = some_weights(net, &weights, own.first, row, end)
        claim(part.w, batch)
        use = i
        while use >= 0:
            steps = net.ops[use].steps
            x = by_steps(inputs_of(net, use, space, batch), steps)
            dense_backward_kernel(
                some_columns(x, row, end),
                by_steps(deltas_of(net, use, space, batch), steps),
                matrix(part.dw, end - row, columns),
                use != i,
                batch.scratch,
            )
            use = net.links[use].next_use
        apply_gradient(net, batch, &part)
        row = end


cdef void update_embedding(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """dw_k = sum of dy of id k, for some blocks of rows: every second or third

    All vectors take a step, those of ids that did not occur as well: the optimizer
    remembers.
    """
    cdef Weights weights = weights_of(net, i, 0), part
    cdef Py_ssize_t units = weights.w.columns, row, size, use = i
    cdef Matrix ids, dy
    cdef Matrix dw = matrix(gradient_of(net, weights.place), weights.w.rows, units)
    row = batch.thread * EMBEDDING_ROWS
    while row < dw.rows:
        size = min(EMBEDDING_ROWS, dw.rows - row) * units
        memset(dw.data + row * units, 0, size * sizeof(float))
        row += batch.threads * EMBEDDING_ROWS
    while use >= 0:
        ids = inputs_of(net, use, space, batch)
        if net.links[use].mean >= 0:
            dy = deltas_of(net, net.links[use].mean, space, batch)
            add_shares(ids, dy, batch.thread, batch.threads, batch.scratch, dw)
        else:
            dy = by_steps(deltas_of(net, use, space, batch), ids.columns)
            add_vectors(ids.data, dy, batch.thread, batch.threads, dw)
        use = net.links[use].next_use
    row = batch.thread * EMBEDDING_ROWS
    while row < dw.rows:
        part = weights
        part.w = some_rows(weights.w, row, min(row + EMBEDDING_ROWS, dw.rows))
        part.dw = dw.data + row * units
        apply_gradient(net, batch, &part)
        row += batch.threads * EMBEDDING_ROWS


cdef void update_vector(
    const Network* net,
    Py_ssize_t i,
    int which,
    const Workspace* space,
    const Batch* batch,
) noexcept nogil:
    """The update of b, or of gamma or alpha, or of beta: by one thread"""
    cdef Weights weights = weights_of(net, i, which)
    cdef float* gradient
    cdef const float* own
    cdef const Op* op = &net.ops[i]
    cdef Py_ssize_t use = i, size = op.outputs // op.steps
    cdef Matrix x, dy
    if weights.place < 0:
        return
    gradient = gradient_of(net, weights.place)
    while use >= 0:
        x = by_steps(inputs_of(net, use, space, batch), op.steps)
        dy = by_steps(deltas_of(net, use, space, batch), op.steps)
        if op.kind == KIND_PRELU:
            prelu_backward_alpha(x, dy, use != i, gradient)
        elif is_row_normalization(op) and which == 0:
            layer_normalization_backward_gamma(
                x,
                dy,
                net.settings[i].epsilon,
                op.kind == KIND_LAYER_NORMALIZATION,
                use != i,
                gradient,
            )
        elif op.kind == KIND_DENSE or is_row_normalization(op):
            dense_backward_bias(dy, gradient, use != i)
        else:
            own = statistics_of(space, &net.ops[use], 2 + which)
            if use == i:
                memcpy(gradient, own, size * sizeof(float))
            else:
                add(gradient, own, size, gradient)
        use = net.links[use].next_use
    weights.dw = gradient
    apply_gradient(net, batch, &weights)


cdef void update_function(
    const Network* net, Py_ssize_t i, const Batch* batch
) noexcept nogil:
    """The update of what a function learns, whose gradient Python has found already"""
    cdef Py_ssize_t which
    cdef Weights part
    for which in range(net.ops[i].learns):
        part = own_weights(net, i, which, batch)
        apply_gradient(net, batch, &part)


cdef Weights own_weights(
    const Network* net, Py_ssize_t i, Py_ssize_t which, const Batch* batch
) noexcept nogil:
    """A thread's range of an array all of whose gradient is known"""
    cdef Weights part = weights_of(net, i, which)
    cdef Py_ssize_t size = part.w.rows * part.w.columns
    cdef ThreadRange own = thread_range(size, LANES, batch)
    if part.place >= 0:
        part.w = some_rows(matrix(part.w.data, size, 1), own.first, own.stop)
        part.dw = gradient_of(net, part.place) + own.first
    return part


cdef void move_averages(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """The moving averages of batch normalization take a step to the batch's moments"""
    cdef const Op* op = &net.ops[i]
    cdef double momentum = net.settings[i].momentum
    cdef ThreadRange own = thread_range(op.outputs // op.steps, LANES, batch)
    cdef Py_ssize_t k
    for k in range(2):
        move_towards(
            array_of(net, op.state + k) + own.first,
            statistics_of(space, op, k) + own.first,
            own.size,
            momentum,
        )


cdef void reduce_gradients(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Let Python add the gradients of all processes; then each thread uses a range"""
    cdef Py_ssize_t i, which
    cdef Weights part
    ask(net, space, batch, ASK_REDUCE, 0)
    if space.failed[0]:
        return
    for i in range(net.depth):
        for which in range(learnt_count(net, i)):
            part = own_weights(net, i, which, batch)
            if part.place >= 0:
                use_gradient(net, batch, &part)


cdef void clip_and_optimize(
    const Network* net, const Workspace* space, const Batch* batch
) noexcept nogil:
    """Hold the norms of the gradients to their limits, then let the optimizer work

    Every thread finds all norms, before any thread changes its range of the gradients.
    """
    cdef float* norms = batch.scratch
    cdef Py_ssize_t i, which, size
    cdef Weights weights, part
    cdef double squares, total = 0
    cdef float norm, limit, most = net.clipping.clipnorm
    wait(space.barrier, batch.threads)
    for i in range(net.depth):
        for which in range(learnt_count(net, i)):
            weights = weights_of(net, i, which)
            if weights.place >= 0:
                size = net.arrays[weights.place].size
                squares = penalty(gradient_of(net, weights.place), size, 0, 1)
                norms[weights.place] = sqrtf(squares)
                total += squares
    wait(space.barrier, batch.threads)
    for i in range(net.depth):
        for which in range(learnt_count(net, i)):
            part = own_weights(net, i, which, batch)
            if part.place >= 0:
                norm = norms[part.place] if most > 0 else sqrtf(total)
                limit = most if most > 0 else net.clipping.global_clipnorm
                clip_norm(part.dw, part.w.rows, norm, limit)
                optimize(net, batch, &part)


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
    cdef Py_ssize_t i, which
    cdef Weights weights
    for i in range(net.depth):
        if net.ops[i].kind == KIND_BATCH_NORMALIZATION and net.ops[i].trainable:
            move_averages(net, i, space, batch)
        if not learns_first(net, i):
            continue
        if net.ops[i].kind == KIND_FUNCTION:
            update_function(net, i, batch)
            continue
        if net.ops[i].kind == KIND_DENSE and any_use_is_sparse(net, i, batch):
            update_sparse(net, i, space, batch)
        elif net.ops[i].kind == KIND_DENSE:
            update_dense(net, i, space, batch)
        elif net.ops[i].kind == KIND_EMBEDDING:
            update_embedding(net, i, space, batch)
        elif batch.thread == batch.threads - 1:
            update_vector(net, i, 0, space, batch)
        if batch.thread == batch.threads - 1:
            update_vector(net, i, 1, space, batch)
    if net.reduces:
        reduce_gradients(net, space, batch)
        if space.failed[0]:
            return
    if clips_norms(net):
        clip_and_optimize(net, space, batch)
    if net.constrains:
        wait(space.barrier, batch.threads)
        for i in range(net.depth):
            for which in range(learnt_count(net, i)):
                weights = weights_of(net, i, which)
                if weights.place >= 0:
                    constrain(weights.constraint, weights.w, batch)
    if net.has_own_constraints:
        ask(net, space, batch, ASK_CONSTRAIN, 0)
