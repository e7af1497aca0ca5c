# Normalization: numbers that are moved and scaled, column by column.

cdef void affine(
    Matrix x, const float* center, const float* scale, const float* offset, Matrix y
) noexcept nogil:
    """y_j = (x_j - center_j) scale_j + offset_j, for each row"""
    cdef Py_ssize_t i, j
    cdef const float* x_row
    cdef float* y_row
    for i in range(x.rows):
        x_row = x.data + i * x.row_stride
        y_row = y.data + i * y.row_stride
        for j in range(x.columns):
            y_row[j] = (x_row[j] - center[j]) * scale[j] + offset[j]


cdef void affine_backward(Matrix dy, const float* scale, Matrix dx) noexcept nogil:
    """dx_j = dy_j scale_j, for each row"""
    cdef Py_ssize_t i, j
    cdef const float* dy_row
    cdef float* dx_row
    for i in range(dy.rows):
        dy_row = dy.data + i * dy.row_stride
        dx_row = dx.data + i * dx.row_stride
        for j in range(dy.columns):
            dx_row[j] = dy_row[j] * scale[j]


# Batch normalization: mean and variance are those of the batch, over its rows.


cdef void moments(Matrix x, float* mean, float* variance) noexcept nogil:
    """mean_j = sum_i x_ij / rows, variance_j = sum_i (x_ij - mean_j)^2 / rows"""
    cdef Py_ssize_t i, j
    cdef const float* x_row
    for j in range(x.columns):
        mean[j] = variance[j] = 0
    for i in range(x.rows):
        x_row = x.data + i * x.row_stride
        for j in range(x.columns):
            mean[j] += x_row[j]
    for j in range(x.columns):
        mean[j] /= x.rows
    for i in range(x.rows):
        x_row = x.data + i * x.row_stride
        for j in range(x.columns):
            variance[j] += (x_row[j] - mean[j]) * (x_row[j] - mean[j])
    for j in range(x.columns):
        variance[j] /= x.rows


cdef void move_towards(
    float* moving, const float* now, Py_ssize_t size, float momentum
) noexcept nogil:
    """moving <- momentum moving + (1 - momentum) now"""
    cdef Py_ssize_t j
    for j in range(size):
        moving[j] = moving[j] * momentum + now[j] * (<float> 1 - momentum)


cdef void normalize(
    Matrix x,
    const float* mean,
    const float* variance,
    const float* gamma,
    const float* beta,
    float epsilon,
    float* scratch,
    Matrix y,
) noexcept nogil:
    """y_j = gamma_j (x_j - mean_j) / sqrt(variance_j + epsilon) + beta_j

    gamma and beta are 1 and 0 if they are NULL. The scratch space is one number a
    column.

    Source: S. Ioffe and C. Szegedy, Batch Normalization, 2015.
    """
    cdef Py_ssize_t i, j
    cdef float* scale = scratch
    cdef const float* x_row
    cdef float* y_row
    for j in range(x.columns):
        scale[j] = 1 / sqrtf(variance[j] + epsilon)
    if gamma != NULL:
        for j in range(x.columns):
            scale[j] *= gamma[j]
    for i in range(x.rows):
        x_row = x.data + i * x.row_stride
        y_row = y.data + i * y.row_stride
        for j in range(x.columns):
            y_row[j] = (x_row[j] - mean[j]) * scale[j]
        if beta != NULL:
            for j in range(x.columns):
                y_row[j] += beta[j]


cdef void normalize_backward_parameters(
    Matrix x,
    Matrix dy,
    const float* mean,
    const float* variance,
    float epsilon,
    float* dgamma,
    float* dbeta,
) noexcept nogil:
    """dgamma_j = sum_i dy_ij n_ij, dbeta_j = sum_i dy_ij

    with n_j = (x_j - mean_j) / sqrt(variance_j + epsilon)
    """
    cdef Py_ssize_t i, j
    cdef const float* x_row
    cdef const float* dy_row
    for j in range(x.columns):
        dgamma[j] = dbeta[j] = 0
    for i in range(x.rows):
        x_row = x.data + i * x.row_stride
        dy_row = dy.data + i * dy.row_stride
        for j in range(x.columns):
            dgamma[j] += dy_row[j] * (x_row[j] - mean[j])
            dbeta[j] += dy_row[j]
    for j in range(x.columns):
        dgamma[j] /= sqrtf(variance[j] + epsilon)


cdef void normalize_backward_input(
    Matrix x,
    Matrix dy,
    Py_ssize_t batch_rows,
    const float* mean,
    const float* variance,
    const float* gamma,
    float epsilon,
    const float* dgamma,
    const float* dbeta,
    float* scratch,
    Matrix dx,
) noexcept nogil:
    """dx_j = gamma_j (dy_j - (dbeta_j + n_j dgamma_j) / rows) / root_j

    with root_j = sqrt(variance_j + epsilon) and n_j = (x_j - mean_j) / root_j:
    mean and variance of the batch depend on x as well: that is what is subtracted.
    The scratch space is two numbers a column.
    """
    cdef Py_ssize_t i, j
    cdef float root
    cdef float* scale = scratch
    cdef float* slope = scratch + x.columns
    cdef const float* x_row
    cdef const float* dy_row
    cdef float* dx_row
    for j in range(x.columns):
        root = sqrtf(variance[j] + epsilon)
        scale[j] = (1 if gamma == NULL else gamma[j]) / root
        slope[j] = dgamma[j] / (root * batch_rows)
    for i in range(x.rows):
        x_row = x.data + i * x.row_stride
        dy_row = dy.data + i * dy.row_stride
        dx_row = dx.data + i * dx.row_stride
        for j in range(x.columns):
            dx_row[j] = scale[j] * (
                dy_row[j] - dbeta[j] / batch_rows - (x_row[j] - mean[j]) * slope[j]
            )


# Layer normalization: mean and variance are those of each row.


cdef inline float row_scale(
    const float* x, Py_ssize_t size, float mean, float epsilon
) noexcept nogil:
    """1 / sqrt(sum_j (x_j - mean)^2 / size + epsilon)"""
    cdef float total = 0
    cdef Py_ssize_t j
    for j in range(size):
        total += (x[j] - mean) * (x[j] - mean)
    return 1 / sqrtf(total / size + epsilon)


cdef void layer_normalization(
    Matrix x,
    const float* gamma,
    const float* beta,
    float epsilon,
    bint centered,
    Matrix y,
) noexcept nogil:
    """y_j = gamma_j (x_j - mean) / sqrt(variance + epsilon) + beta_j, for each row

    gamma and beta are 1 and 0 if they are NULL. If it is not centered, the mean counts
    as 0: that is RMS normalization. Sources: J. L. Ba et al., Layer Normalization,
    2016; B. Zhang and R. Sennrich, Root Mean Square Layer Normalization, 2019.
    """
    cdef Py_ssize_t i, j
    cdef float mean = 0, scale
    cdef const float* x_row
    cdef float* y_row
    for i in range(x.rows):
        x_row = x.data + i * x.columns
        y_row = y.data + i * y.columns
        if centered:
            mean = row_sum(x_row, x.columns) / x.columns
        scale = row_scale(x_row, x.columns, mean, epsilon)
        for j in range(x.columns):
            y_row[j] = (x_row[j] - mean) * scale
        if gamma != NULL:
            for j in range(x.columns):
                y_row[j] *= gamma[j]
        if beta != NULL:
            for j in range(x.columns):
                y_row[j] += beta[j]


cdef void layer_normalization_backward_input(
    Matrix x,
    Matrix dy,
    const float* gamma,
    float epsilon,
    bint centered,
    Matrix dx,
) noexcept nogil:
    """dx_j = (g_j - m - n_j sum_k g_k n_k / columns) scale, for each row

    with g_j = dy_j gamma_j, n_j = (x_j - mean) scale, and m the mean of g, or 0 if it
    is not centered: mean and scale depend on x as well.
    """
    cdef Py_ssize_t i, j
    cdef float mean = 0, scale, g_mean, along
    cdef const float* x_row
    cdef const float* dy_row
    cdef float* dx_row
    for i in range(x.rows):
        x_row = x.data + i * x.columns
        dy_row = dy.data + i * dy.columns
        dx_row = dx.data + i * dx.columns
        if centered:
            mean = row_sum(x_row, x.columns) / x.columns
        scale = row_scale(x_row, x.columns, mean, epsilon)
        for j in range(x.columns):
            dx_row[j] = dy_row[j] if gamma == NULL else dy_row[j] * gamma[j]
        g_mean = row_sum(dx_row, x.columns) / x.columns if centered else 0
        along = 0
        for j in range(x.columns):
            along += dx_row[j] * ((x_row[j] - mean) * scale)
        along /= x.columns
        for j in range(x.columns):
            dx_row[j] = scale * (
                dx_row[j] - g_mean - (x_row[j] - mean) * scale * along
            )


cdef void layer_normalization_backward_gamma(
    Matrix x,
    Matrix dy,
    float epsilon,
    bint centered,
    bint accumulate,
    float* dgamma,
) noexcept nogil:
    """dgamma_j = sum_i dy_ij n_ij, added to what is there if `accumulate`"""
    cdef Py_ssize_t i, j
    cdef float mean = 0, scale
    cdef const float* x_row
    cdef const float* dy_row
    if not accumulate:
        memset(dgamma, 0, x.columns * sizeof(float))
    for i in range(x.rows):
        x_row = x.data + i * x.columns
        dy_row = dy.data + i * dy.columns
        if centered:
            mean = row_sum(x_row, x.columns) / x.columns
        scale = row_scale(x_row, x.columns, mean, epsilon)
        for j in range(x.columns):
            dgamma[j] += dy_row[j] * ((x_row[j] - mean) * scale)


# A ramp whose slope below 0 is learnt, each column by itself.


cdef void prelu(Matrix x, const float* alpha, Matrix y) noexcept nogil:
    """y_j = x_j where x_j > 0, else alpha_j x_j, for each row

    Source: K. He et al., Delving Deep into Rectifiers, 2015.
    """
    cdef Py_ssize_t i, j
    cdef const float* x_row
    cdef float* y_row
    for i in range(x.rows):
        x_row = x.data + i * x.columns
        y_row = y.data + i * y.columns
        for j in range(x.columns):
            y_row[j] = x_row[j] if x_row[j] > 0 else alpha[j] * x_row[j]


cdef void prelu_backward_input(
    Matrix x, Matrix dy, const float* alpha, Matrix dx
) noexcept nogil:
    """dx_j = dy_j where x_j > 0, alpha_j dy_j where x_j < 0, and 0 at 0"""
    cdef Py_ssize_t i, j
    cdef float below
    cdef const float* x_row
    cdef const float* dy_row
    cdef float* dx_row
    for i in range(x.rows):
        x_row = x.data + i * x.columns
        dy_row = dy.data + i * dy.columns
        dx_row = dx.data + i * dx.columns
        for j in range(x.columns):
            below = 0 if x_row[j] == 0 else alpha[j] * dy_row[j]
            dx_row[j] = dy_row[j] if x_row[j] > 0 else below


cdef void prelu_backward_alpha(
    Matrix x, Matrix dy, bint accumulate, float* dalpha
) noexcept nogil:
    """dalpha_j = sum_i dy_ij min(x_ij, 0), added to what is there if `accumulate`"""
    cdef Py_ssize_t i, j
    cdef const float* x_row
    cdef const float* dy_row
    if not accumulate:
        memset(dalpha, 0, x.columns * sizeof(float))
    for i in range(x.rows):
        x_row = x.data + i * x.columns
        dy_row = dy.data + i * dy.columns
        for j in range(x.columns):
            # In this order of the test a NaN stays a NaN.
            dalpha[j] += 0 if x_row[j] > 0 else dy_row[j] * x_row[j]
