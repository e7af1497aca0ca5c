# Losses: one number a row. Each stands beside its gradient.
#
# t are the targets, (rows, columns); the gradients carry the factor `scale`, as those
# of crossentropy.pxi do.

cdef inline float at_least_epsilon(float x) noexcept nogil:
    """max(x, 1e-7), and NaN of NaN"""
    return <float> 1e-7 if x < <float> 1e-7 else x


cdef inline float logarithmic_error(float y, float t) noexcept nogil:
    """log(1 + y) - log(1 + t), with both at least 1e-7"""
    return any_logarithm(at_least_epsilon(y) + <float> 1) - any_logarithm(
        at_least_epsilon(t) + <float> 1
    )


cdef inline float length(const float* x, Py_ssize_t size) noexcept nogil:
    """max(sqrt(sum_j x_j^2), 1e-7)"""
    return at_least_epsilon(sqrtf(squares_of(x, size)))


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


cdef void mean_absolute_percentage_error(
    Matrix y, Matrix t, float* losses
) noexcept nogil:
    """loss = 100 sum_j |y_j - t_j| / max(|t_j|, 1e-7) / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            total += fabsf(y.data[j] - t.data[j]) / at_least_epsilon(fabsf(t.data[j]))
        losses[i] = <float> 100 * total / y.columns
        y.data += y.columns
        t.data += t.columns


cdef void mean_absolute_percentage_error_backward(
    Matrix y, Matrix t, float scale, Matrix dy
) noexcept nogil:
    """dy_j = 100 scale sign(y_j - t_j) / max(|t_j|, 1e-7) / columns"""
    cdef Py_ssize_t i
    cdef float e, factor = <float> 100 * scale / y.columns
    for i in range(y.rows * y.columns):
        e = y.data[i] - t.data[i]
        e = e if e != e else factor * ((e > 0) - (e < 0))
        dy.data[i] = e / at_least_epsilon(fabsf(t.data[i]))


cdef void mean_squared_logarithmic_error(
    Matrix y, Matrix t, float* losses
) noexcept nogil:
    """loss = sum_j (log(1 + y_j) - log(1 + t_j))^2 / columns

    where y_j and t_j count as at least 1e-7.
    """
    cdef Py_ssize_t i, j
    cdef float total, e
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            e = logarithmic_error(y.data[j], t.data[j])
            total += e * e
        losses[i] = total / y.columns
        y.data += y.columns
        t.data += t.columns


cdef void mean_squared_logarithmic_error_backward(
    Matrix y, Matrix t, float scale, Matrix dy
) noexcept nogil:
    """dy_j = scale 2 (log(1 + y_j) - log(1 + t_j)) / (1 + y_j) / columns

    or 0 where y_j is below 1e-7.
    """
    cdef Py_ssize_t i
    cdef float e, slope, factor = scale * <float> 2 / y.columns
    for i in range(y.rows * y.columns):
        e = logarithmic_error(y.data[i], t.data[i])
        slope = <float> 1 / (<float> 1 + y.data[i])
        dy.data[i] = 0 if y.data[i] < <float> 1e-7 else factor * e * slope


cdef void cosine_similarity(Matrix y, Matrix t, float* losses) noexcept nogil:
    """loss = -sum_j t_j y_j / (|t| |y|), with |y| = max(sqrt(sum_j y_j^2), 1e-7)"""
    cdef Py_ssize_t i, j
    cdef float total, y_length, t_length
    for i in range(y.rows):
        y_length, t_length = length(y.data, y.columns), length(t.data, y.columns)
        total = 0
        for j in range(y.columns):
            total -= t.data[j] / t_length * (y.data[j] / y_length)
        losses[i] = total
        y.data += y.columns
        t.data += t.columns


cdef void cosine_similarity_backward(
    Matrix y, Matrix t, float scale, Matrix dy
) noexcept nogil:
    """dy = scale (u (u . v) - v) / |y|, with u = y / |y| and v = t / |t|

    What lies along y does not turn it; but where y is so short that its length counts
    as 1e-7, dy = -scale v / 1e-7.
    """
    cdef Py_ssize_t i, j
    cdef float along, y_length, t_length
    for i in range(y.rows):
        y_length, t_length = length(y.data, y.columns), length(t.data, y.columns)
        along = 0
        # Not `>`: a NaN must show.
        if not y_length <= <float> 1e-7:
            for j in range(y.columns):
                along += t.data[j] / t_length * (y.data[j] / y_length)
        for j in range(y.columns):
            dy.data[j] = scale / y_length * (
                y.data[j] / y_length * along - t.data[j] / t_length
            )
        y.data += y.columns
        t.data += t.columns
        dy.data += dy.columns
