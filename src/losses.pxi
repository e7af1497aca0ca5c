# Losses and metrics: one number a row. Each loss stands beside its gradient.
#
# t are the targets, (rows, columns). The gradients carry the factor `scale`, which is
# 1 / (rows of the batch): the loss of a batch is the mean over its rows.

cdef void softmax_crossentropy(
    const float* logits,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t classes,
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
        largest = row_maximum(logits, classes)
        loss = 0
        for j in range(classes):
            loss -= t[j] * (logits[j] - largest)
        for j in range(classes):
            p[j] = exponential(logits[j] - largest)
        total = 0
        for j in range(classes):
            total += p[j]
        log_total = logf(total)
        for j in range(classes):
            loss += t[j] * log_total
            p[j] /= total
        losses[i] = loss
        logits += classes
        t += classes
        p += classes


cdef void softmax_crossentropy_backward(
    const float* p,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t classes,
    float scale,
    float* dx,
) noexcept nogil:
    """dx_j = scale (p_j sum_k t_k - t_j), which is scale (p - t) for distributions t"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(classes):
            total += t[j]
        for j in range(classes):
            dx[j] = (p[j] * total - t[j]) * scale
        p += classes
        t += classes
        dx += classes


cdef void crossentropy(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t classes, float* losses
) noexcept nogil:
    """loss = -sum_j t_j log q_j, with q = y / sum_k y_k, clipped to [1e-7, 1 - 1e-7]

    For outputs that are not a softmax, as Keras computes it.
    """
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(classes):
            total += y[j]
        losses[i] = 0
        for j in range(classes):
            losses[i] -= t[j] * logf(clipped(y[j] / total))
        y += classes
        t += classes


cdef void crossentropy_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t classes,
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
        for j in range(classes):
            total += y[j]
        mean = 0
        for j in range(classes):
            q = y[j] / total
            dy[j] = -t[j] / q if q == clipped(q) else 0
            mean += dy[j] * q
        for j in range(classes):
            dy[j] = scale * (dy[j] - mean) / total
        y += classes
        t += classes
        dy += classes


cdef inline float clipped(float q) noexcept nogil:
    """q, but at least 1e-7 and at most 1 - 1e-7"""
    cdef float least = 1e-7, most = 1 - 1e-7
    if q < least:
        return least
    return most if q > most else q


cdef void mean_squared_error(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* losses
) noexcept nogil:
    """loss = sum_j (y_j - t_j)^2 / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += (y[j] - t[j]) * (y[j] - t[j])
        losses[i] = total / columns
        y += columns
        t += columns


cdef void mean_squared_error_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale 2 (y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float factor = scale * 2 / columns
    for i in range(rows * columns):
        dy[i] = (y[i] - t[i]) * factor


cdef void mean_absolute_error(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* errors
) noexcept nogil:
    """error = sum_j |y_j - t_j| / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += fabsf(y[j] - t[j])
        errors[i] = total / columns
        y += columns
        t += columns


cdef void categorical_accuracy(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* hits
) noexcept nogil:
    """1 where the largest output is the largest target, else 0; the first one counts"""
    cdef Py_ssize_t i
    for i in range(rows):
        hits[i] = row_argmax(y, columns) == row_argmax(t, columns)
        y += columns
        t += columns


cdef inline Py_ssize_t row_argmax(const float* x, Py_ssize_t size) noexcept nogil:
    """The first j whose x_j is the largest"""
    cdef Py_ssize_t j, best = 0
    for j in range(1, size):
        if x[j] > x[best]:
            best = j
    return best


cdef void binary_accuracy(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* hits
) noexcept nogil:
    """The share of columns in which (y_j > 0.5) is t_j"""
    cdef Py_ssize_t i, j
    cdef float right
    for i in range(rows):
        right = 0
        for j in range(columns):
            right += (y[j] > <float> 0.5) == t[j]
        hits[i] = right / columns
        y += columns
        t += columns


cdef enum:
    SOFTMAX_CROSSENTROPY = 0
    CROSSENTROPY = 1
    MEAN_SQUARED_ERROR = 2


cdef enum:
    CATEGORICAL_ACCURACY = 0
    BINARY_ACCURACY = 1
    SQUARED_ERROR = 2
    ABSOLUTE_ERROR = 3


cdef void metric_forward(
    int metric,
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float* values,
) noexcept nogil:
    """One number a row, of the metric that is named by its code"""
    if metric == CATEGORICAL_ACCURACY:
        categorical_accuracy(y, t, rows, columns, values)
    elif metric == BINARY_ACCURACY:
        binary_accuracy(y, t, rows, columns, values)
    elif metric == SQUARED_ERROR:
        mean_squared_error(y, t, rows, columns, values)
    elif metric == ABSOLUTE_ERROR:
        mean_absolute_error(y, t, rows, columns, values)
