# Losses: one number a row. Each stands beside its gradient.
#
# t are the targets, (rows, columns); the gradients carry the factor `scale`, as those
# of crossentropy.pxi do. Most losses are a mean over columns, and are written for one
# of them: generate.py writes the loops, and divides `scale` by the number of columns.

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


cdef inline float mean_squared_error(float y, float t) noexcept nogil:
    """loss = (y - t)^2, of which a row has the mean"""
    return (y - t) * (y - t)


cdef inline float mean_squared_error_backward(
    float y, float t, float scale
) noexcept nogil:
    """dy = scale 2 (y - t)"""
    return <float> 2 * scale * (y - t)


cdef inline float mean_absolute_error(float y, float t) noexcept nogil:
    """loss = |y - t|"""
    return fabsf(y - t)


cdef inline float mean_absolute_error_backward(
    float y, float t, float scale
) noexcept nogil:
    """dy = scale sign(y - t)"""
    cdef float e = y - t
    # A NaN has no sign; what made it must show in the gradient as well.
    return e if e != e else scale * ((e > 0) - (e < 0))


cdef inline float huber(float y, float t, float delta) noexcept nogil:
    """loss = e^2 / 2 where e <= delta, else delta (e - delta / 2), with e = |y - t|

    Source: P. J. Huber, Robust Estimation of a Location Parameter, 1964.
    """
    cdef float e = fabsf(y - t)
    if e <= delta:
        return <float> 0.5 * e * e
    return delta * (e - <float> 0.5 * delta)


cdef inline float huber_backward(
    float y, float t, float delta, float scale
) noexcept nogil:
    """dy = scale e, with e = y - t held to [-delta, delta]"""
    return held(y - t, -delta, delta) * scale


cdef inline float log_cosh(float y, float t) noexcept nogil:
    """loss = log cosh e = e + log(1 + (e^(-2 e) - 1) / 2), with e = |y - t|"""
    cdef float e = fabsf(y - t)
    # Unlike e + log(1 + e^(-2 e)) - log 2, this is 0 where e is.
    return e + logarithm_of_one_plus(<float> 0.5 * exponential_minus_one(-2 * e))


cdef inline float log_cosh_backward(float y, float t, float scale) noexcept nogil:
    """dy = scale tanh(y - t)"""
    return scale * tanh(y - t)


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


cdef inline float mean_squared_logarithmic_error(float y, float t) noexcept nogil:
    """loss = (log(1 + y) - log(1 + t))^2, where y and t count as at least 1e-7"""
    cdef float e = logarithmic_error(y, t)
    return e * e


cdef inline float mean_squared_logarithmic_error_backward(
    float y, float t, float scale
) noexcept nogil:
    """dy = scale 2 (log(1 + y) - log(1 + t)) / (1 + y), or 0 where y is below 1e-7"""
    cdef float e = logarithmic_error(y, t), slope = <float> 1 / (<float> 1 + y)
    return 0 if y < <float> 1e-7 else <float> 2 * scale * e * slope


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
