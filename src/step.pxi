# Step: what becomes of a gradient, once it is known.
#
# A penalty's gradient is added, gradients of several batches are averaged, values are
# clipped, weights decay, and the optimizer takes its step; averages of weights follow.

cdef inline float* gradient_of(const Network* net, Py_ssize_t place) noexcept nogil:
    """The gradient of one of the arrays"""
    return net.gradients + net.arrays[place].begin


cdef inline bint clips_norms(const Network* net) noexcept nogil:
    """Whether a gradient can be applied only when all of it is known"""
    return net.clipping.clipnorm > 0 or net.clipping.global_clipnorm > 0


cdef inline bint keeps_gradients(const Network* net) noexcept nogil:
    """Whether gradients are looked at again, once all of them are known"""
    return clips_norms(net) or net.reduces


cdef inline Weights some_weights(
    const Network* net,
    const Weights* weights,
    Py_ssize_t own,
    Py_ssize_t first,
    Py_ssize_t stop,
) noexcept nogil:
    """Rows `first` to `stop` of w, and where their gradient is computed

    If nobody looks at it again, that is where a thread's `own` rows begin, for all of
    them: what is written there stays in a near cache (an epoch in batches of 1 takes 16
    % less, of 16 5 %).
    """
    cdef Weights part = weights[0]
    part.w = some_rows(weights.w, first, stop)
    if keeps_gradients(net):
        own = first
    part.dw = gradient_of(net, weights.place) + own * weights.w.columns
    return part


cdef inline Py_ssize_t begin_of(const Network* net, const Weights* part) noexcept nogil:
    """Where some weights lie among all that has a gradient"""
    cdef const Array* array = &net.arrays[part.place]
    return array.begin + (part.w.data - array.data)


cdef inline void find_memory(
    const Network* net, const Weights* part, float** memory
) noexcept nogil:
    """Where the optimizer's memory of some weights lies"""
    cdef int k
    for k in range(OPTIMIZER_MEMORY):
        memory[k] = net.memory[k]
        if memory[k] != NULL:
            memory[k] += begin_of(net, part)


cdef inline Py_ssize_t batches_before(
    const Network* net, const Batch* batch
) noexcept nogil:
    """How many batches the optimizer has been used for"""
    return <Py_ssize_t> net.iteration + (batch.number - net.first_batch)


cdef inline bint takes_step(const Network* net, const Batch* batch) noexcept nogil:
    """Whether a step follows on this batch, or there are others to come before it"""
    cdef Py_ssize_t steps = <Py_ssize_t> net.averaging.gradient_steps
    return steps == 0 or (batches_before(net, batch) + 1) % steps == 0


cdef void average_weights(
    const Network* net,
    const Batch* batch,
    float* w,
    float* average,
    Py_ssize_t size,
) noexcept nogil:
    """average <- momentum average + (1 - momentum) w, which is w at first

    Every so many steps, the weights become their average. Batches that are added up
    for a step count as that step, each of them, as in Keras.
    """
    cdef Py_ssize_t steps = <Py_ssize_t> net.averaging.gradient_steps
    cdef Py_ssize_t every = <Py_ssize_t> net.averaging.ema_overwrite_frequency
    cdef Py_ssize_t done = batches_before(net, batch) // max(steps, 1)
    cdef float momentum = net.averaging.ema_momentum if done > 0 else 0
    move_towards(average, w, size, momentum)
    if every > 0 and (done + 1) % every == 0:
        memcpy(w, average, size * sizeof(float))


cdef void optimize(
    const Network* net, const Batch* batch, const Weights* part
) noexcept nogil:
    """Let the optimizer update some weights"""
    cdef Py_ssize_t size = part.w.rows * part.w.columns
    cdef float* w = part.w.data
    cdef float* memory[OPTIMIZER_MEMORY]
    cdef const double* rates = net.rates + RATES * (batch.number - net.first_batch)
    find_memory(net, part, memory)
    if takes_step(net, batch):
        if net.clipping.clipvalue > 0:
            clip_value(part.dw, size, net.clipping.clipvalue)
        if net.clipping.weight_decay != 0 and net.arrays[part.place].decays:
            decay_weights(w, size, net.clipping.weight_decay * rates[0])
        optimizer_step(
            net.optimizer, net.optimizer_params, w, part.dw, memory, size, rates
        )
    if memory[MEMORY_AVERAGE] != NULL:
        average_weights(net, batch, w, memory[MEMORY_AVERAGE], size)


cdef void use_gradient(
    const Network* net, const Batch* batch, const Weights* part
) noexcept nogil:
    """Add a penalty's gradient to that of the loss; optimize, if nothing is to come

    If a step has several batches, their gradients are added up until it is there.
    """
    cdef Py_ssize_t size = part.w.rows * part.w.columns, begin = begin_of(net, part)
    cdef float* dw = part.dw
    cdef float* total
    if is_regularized(part.regularizer):
        penalty_backward(
            part.w.data, size, part.regularizer.l1, part.regularizer.l2, dw
        )
    if net.arrays[part.place].penalized:
        add(dw, net.penalty_gradients + begin, size, dw)
    if net.memory[MEMORY_GRADIENT_SUM] != NULL:
        total = net.memory[MEMORY_GRADIENT_SUM] + begin
        if takes_step(net, batch):
            mean_gradient(dw, total, size, net.averaging.gradient_steps)
        else:
            add(total, dw, size, total)
    if not clips_norms(net):
        optimize(net, batch, part)


cdef void apply_gradient(
    const Network* net, const Batch* batch, const Weights* part
) noexcept nogil:
    """Use the gradient of the loss, unless other processes are to add theirs first"""
    if not net.reduces:
        use_gradient(net, batch, part)


cdef inline bint rests_without_gradient(
    const Network* net, const Weights* weights
) noexcept nogil:
    """Whether a gradient of zero changes nothing, or RMSprop's mean square alone"""
    cdef float* const* memory = net.memory
    return (
        (
            net.optimizer == OPTIMIZER_ADAGRAD
            or (net.optimizer == OPTIMIZER_SGD and memory[0] == NULL)
            or (
                net.optimizer == OPTIMIZER_RMSPROP
                and memory[1] == NULL
                and memory[2] == NULL
            )
        )
        and memory[MEMORY_AVERAGE] == NULL
        and memory[MEMORY_GRADIENT_SUM] == NULL
        and net.clipping.weight_decay == 0
        and not is_regularized(weights.regularizer)
        and not net.arrays[weights.place].penalized
        and not clips_norms(net)
        and not net.reduces
    )


cdef void decay_mean_square(const Network* net, const Weights* part) noexcept nogil:
    """What RMSprop does with gradients of zero: v <- rho v"""
    cdef float* memory[OPTIMIZER_MEMORY]
    cdef Py_ssize_t size = part.w.rows * part.w.columns
    find_memory(net, part, memory)
    # No rate is looked at: w stays as it is.
    optimizer_step(
        net.optimizer,
        net.optimizer_params,
        part.w.data,
        NULL,
        memory,
        size,
        net.rates,
    )
