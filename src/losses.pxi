# Losses: one number a row. Each stands beside its gradient.
#
# t are the targets, (rows, columns); the gradients carry the factor `scale`, as those
# of crossentropy.pxi do.

cdef void mean_squared_error(Matrix y, Matrix t, float* losses) noexcept nogil:
    """loss = sum_j (y_j - t_j)^2 / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            total += (y.data[j] - t.data[j]) * (y.data[j] - t.data[j])
        losses[i] = total / y.columns
        y.data += y.columns
        t.data += t.columns


cdef void mean_squared_error_backward(
    Matrix y, Matrix t, float scale, Matrix dy
) noexcept nogil:
    """dy_j = scale 2 (y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float factor = scale * <float> 2 / y.columns
    for i in range(y.rows * y.columns):
        dy.data[i] = (y.data[i] - t.data[i]) * factor


cdef void mean_absolute_error(Matrix y, Matrix t, float* losses) noexcept nogil:
    """loss = sum_j |y_j - t_j| / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            total += fabsf(y.data[j] - t.data[j])
        losses[i] = total / y.columns
        y.data += y.columns
        t.data += t.columns


cdef void mean_absolute_error_backward(
    Matrix y, Matrix t, float scale, Matrix dy
) noexcept nogil:
    """dy_j = scale sign(y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float e, factor = scale / y.columns
    for i in range(y.rows * y.columns):
        e = y.data[i] - t.data[i]
        # A NaN has no sign; what made it must show in the gradient as well.
        dy.data[i] = e if e != e else factor * ((e > 0) - (e < 0))


cdef void huber(Matrix y, Matrix t, float delta, float* losses) noexcept nogil:
    """loss = mean_j e_j^2 / 2 where e_j <= delta, else delta (e_j - delta / 2)

    with e_j = |y_j - t_j|.
    Source: P. J. Huber, Robust Estimation of a Location Parameter, 1964.
    """
    cdef Py_ssize_t i, j
    cdef float total, e
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            e = fabsf(y.data[j] - t.data[j])
            total += <float> 0.5 * e * e if e <= delta else delta * (
                e - <float> 0.5 * delta
            )
        losses[i] = total / y.columns
        y.data += y.columns
        t.data += t.columns


cdef void huber_backward(
    Matrix y, Matrix t, float delta, float scale, Matrix dy
) noexcept nogil:
    """dy_j = scale e_j / columns, with e_j = y_j - t_j held to [-delta, delta]"""
    cdef Py_ssize_t i
    cdef float e, factor = scale / y.columns
    for i in range(y.rows * y.columns):
        e = y.data[i] - t.data[i]
        e = delta if e > delta else e
        e = -delta if e < -delta else e
        dy.data[i] = e * factor


cdef void log_cosh(Matrix y, Matrix t, float* losses) noexcept nogil:
    """loss = mean_j log cosh e_j = mean_j e_j + log(1 + (e^(-2 e_j) - 1) / 2)

    with e_j = |y_j - t_j|.
    """
    cdef Py_ssize_t i, j
    cdef float total, e, half
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            e = fabsf(y.data[j] - t.data[j])
            half = <float> 0.5 * exponential_minus_one(-2 * e)
            # Unlike e + log(1 + e^(-2 e)) - log 2, this is 0 where e is.
            total += e + logarithm_of_one_plus(half)
        losses[i] = total / y.columns
        y.data += y.columns
        t.data += t.columns


cdef void log_cosh_backward(Matrix y, Matrix t, float scale, Matrix dy) noexcept nogil:
    """dy_j = scale tanh(y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float e, factor = scale / y.columns
    for i in range(y.rows * y.columns):
        e = exponential_minus_one(2 * (y.data[i] - t.data[i]))
        dy.data[i] = factor * (e / (e + <float> 2))
