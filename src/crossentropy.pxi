# Cross-entropy: how badly probabilities guess. Each form stands beside its gradient.
#
# t are the targets, (rows, columns), and each loss is one number a row. The gradients
# carry the factor `scale`, which is 1 / (rows of the batch) where the loss of a batch
# is the mean over its rows.
#
# `smoothing` mixes targets with what is likely without knowledge: of K classes
# t (1 - smoothing) + smoothing / K, of yes or no t (1 - smoothing) + smoothing / 2.

cdef inline float smoothed(float t, float smoothing, Py_ssize_t classes) noexcept nogil:
    """t (1 - smoothing) + smoothing / classes"""
    return t * (1 - smoothing) + smoothing / classes


cdef inline float clipped(float q) noexcept nogil:
    """q, but at least 1e-7 and at most 1 - 1e-7"""
    cdef float least = 1e-7, most = 1 - 1e-7
    if q < least:
        return least
    return most if q > most else q


cdef void softmax_crossentropy(
    const float* x,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float* p,
    float* losses,
) noexcept nogil:
    """p = softmax(x);  loss = -sum_j t_j log p_j = sum_j t_j (log sum_k e^x_k - x_j)

    Softmax and cross-entropy in one: the logarithm never meets a probability that
    was rounded to zero. p may overwrite the logits.
    """
    cdef Py_ssize_t i, j
    cdef float largest, total, log_total, loss
    for i in range(rows):
        largest = row_maximum(x, columns)
        loss = 0
        for j in range(columns):
            loss -= smoothed(t[j], smoothing, columns) * (x[j] - largest)
        for j in range(columns):
            p[j] = exponential(x[j] - largest)
        total = 0
        for j in range(columns):
            total += p[j]
        log_total = logf(total)
        for j in range(columns):
            loss += smoothed(t[j], smoothing, columns) * log_total
            p[j] /= total
        losses[i] = loss
        x += columns
        t += columns
        p += columns


cdef void softmax_crossentropy_backward(
    const float* p,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float scale,
    float* dx,
) noexcept nogil:
    """dx_j = scale (p_j sum_k t_k - t_j), which is scale (p - t) for distributions t"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += smoothed(t[j], smoothing, columns)
        for j in range(columns):
            dx[j] = (p[j] * total - smoothed(t[j], smoothing, columns)) * scale
        p += columns
        t += columns
        dx += columns


cdef void crossentropy(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float* losses,
) noexcept nogil:
    """loss = -sum_j t_j log q_j, with q = y / sum_k y_k, clipped to [1e-7, 1 - 1e-7]

    For outputs that are not a softmax, as Keras computes it.
    """
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += y[j]
        losses[i] = 0
        for j in range(columns):
            losses[i] -= smoothed(t[j], smoothing, columns) * logf(
                clipped(y[j] / total)
            )
        y += columns
        t += columns


cdef void crossentropy_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k

    where dq_j = -t_j / q_j, or 0 if q_j was clipped
    """
    cdef Py_ssize_t i, j
    cdef float total, q, mean
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += y[j]
        mean = 0
        for j in range(columns):
            q = y[j] / total
            dy[j] = -smoothed(t[j], smoothing, columns) / q if q == clipped(q) else 0
            mean += dy[j] * q
        for j in range(columns):
            dy[j] = scale * (dy[j] - mean) / total
        y += columns
        t += columns
        dy += columns


cdef void sigmoid_crossentropy(
    const float* x,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float* p,
    float* losses,
) noexcept nogil:
    """p = sigmoid(x);  loss = mean_j -t_j log p_j - (1 - t_j) log(1 - p_j)
                             = mean_j max(x_j, 0) - x_j t_j + log(1 + e^-|x_j|)

    Sigmoid and cross-entropy in one, for answers of yes or no; p may overwrite the
    logits.
    """
    cdef Py_ssize_t i, j
    cdef float total, z, rest
    for i in range(rows):
        total = 0
        for j in range(columns):
            z = x[j]
            rest = log1pf(exponential(-fabsf(z)))
            total += (0 if z < 0 else z) - z * smoothed(t[j], smoothing, 2) + rest
            p[j] = 1 / (1 + exponential(-z))
        losses[i] = total / columns
        x += columns
        t += columns
        p += columns


cdef void sigmoid_crossentropy_backward(
    const float* p,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float scale,
    float* dx,
) noexcept nogil:
    """dx_j = scale (p_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float factor = scale / columns
    for i in range(rows * columns):
        dx[i] = (p[i] - smoothed(t[i], smoothing, 2)) * factor


cdef void binary_crossentropy(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float* losses,
) noexcept nogil:
    """loss = mean_j -t_j log q_j - (1 - t_j) log(1 - q_j), q = y in [1e-7, 1 - 1e-7]

    For outputs that are not a sigmoid, as Keras computes it.
    """
    cdef Py_ssize_t i, j
    cdef float total, q, target
    for i in range(rows):
        total = 0
        for j in range(columns):
            q = clipped(y[j])
            target = smoothed(t[j], smoothing, 2)
            total -= target * logf(q) + (1 - target) * logf(1 - q)
        losses[i] = total / columns
        y += columns
        t += columns


cdef void binary_crossentropy_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale ((1 - t_j) / (1 - y_j) - t_j / y_j) / columns, or 0 if clipped"""
    cdef Py_ssize_t i
    cdef float q, target, slope, factor = scale / columns
    for i in range(rows * columns):
        q = clipped(y[i])
        target = smoothed(t[i], smoothing, 2)
        slope = ((1 - target) / (1 - q) - target / q) * factor
        # A NaN is neither, and must show.
        dy[i] = 0 if y[i] < q or y[i] > q else slope
