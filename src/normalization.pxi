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
