# Losses: one number a row. Each stands beside its gradient.
#
# t are the targets, (rows, columns); the gradients carry the factor `scale`, as those
# of crossentropy.pxi do.

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
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* losses
) noexcept nogil:
    """loss = sum_j |y_j - t_j| / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += fabsf(y[j] - t[j])
        losses[i] = total / columns
        y += columns
        t += columns


cdef void mean_absolute_error_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale sign(y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float e, factor = scale / columns
    for i in range(rows * columns):
        e = y[i] - t[i]
        # A NaN has no sign; what made it must show in the gradient as well.
        dy[i] = e if e != e else factor * ((e > 0) - (e < 0))


cdef void huber(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float delta,
    float* losses,
) noexcept nogil:
    """loss = mean_j e_j^2 / 2 where e_j <= delta, else delta (e_j - delta / 2)

    with e_j = |y_j - t_j|.
    Source: P. J. Huber, Robust Estimation of a Location Parameter, 1964.
    """
    cdef Py_ssize_t i, j
    cdef float total, e
    for i in range(rows):
        total = 0
        for j in range(columns):
            e = fabsf(y[j] - t[j])
            total += <float> 0.5 * e * e if e <= delta else delta * (
                e - <float> 0.5 * delta
            )
        losses[i] = total / columns
        y += columns
        t += columns


cdef void huber_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float delta,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale e_j / columns, with e_j = y_j - t_j held to [-delta, delta]"""
    cdef Py_ssize_t i
    cdef float e, factor = scale / columns
    for i in range(rows * columns):
        e = y[i] - t[i]
        e = delta if e > delta else e
        e = -delta if e < -delta else e
        dy[i] = e * factor


cdef void log_cosh(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* losses
) noexcept nogil:
    """loss = mean_j log cosh e_j = mean_j e_j + log(1 + (e^(-2 e_j) - 1) / 2)

    with e_j = |y_j - t_j|.
    """
    cdef Py_ssize_t i, j
    cdef float total, e
    for i in range(rows):
        total = 0
        for j in range(columns):
            e = fabsf(y[j] - t[j])
            # Unlike e + log(1 + e^(-2 e)) - log 2, this is 0 where e is.
            total += e + log1pf(<float> 0.5 * exponential_minus_one(-2 * e))
        losses[i] = total / columns
        y += columns
        t += columns


cdef void log_cosh_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale tanh(y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float e, factor = scale / columns
    for i in range(rows * columns):
        e = exponential_minus_one(2 * (y[i] - t[i]))
        dy[i] = factor * (e / (e + 2))
