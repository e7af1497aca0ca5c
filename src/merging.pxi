# Merging: one output of several, where ways of a network meet.
#
# Of more than two, the first two are merged, then that with the third, and so on, as
# Keras does it.

cdef void add(
    const float* x, const float* z, Py_ssize_t size, float* y
) noexcept nogil:
    """y = x + z; dx and dz are dy"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] + z[i]


cdef void subtract(
    const float* x, const float* z, Py_ssize_t size, float* y
) noexcept nogil:
    """y = x - z; dx is dy"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] - z[i]


cdef void subtract_backward(
    const float* dy, Py_ssize_t size, float* dz
) noexcept nogil:
    """dz = -dy"""
    cdef Py_ssize_t i
    for i in range(size):
        dz[i] = -dy[i]


cdef void multiply(
    const float* x, const float* z, Py_ssize_t size, float* y
) noexcept nogil:
    """y = x z; dx of dy and z is the same"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] * z[i]


cdef void average(
    const float* x, Py_ssize_t size, Py_ssize_t count, float* y
) noexcept nogil:
    """y = x / count, with x the sum of so many; dx of dy is the same"""
    cdef float divisor = <float> count
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] / divisor


cdef void maximum(
    const float* x, const float* z, Py_ssize_t size, float* y
) noexcept nogil:
    """y = max(x, z); NaN if one of them is"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] if x[i] > z[i] or x[i] != x[i] else z[i]


cdef void maximum_backward(
    const float* x,
    const float* z,
    const float* dy,
    Py_ssize_t size,
    float* dx,
    float* dz,
) noexcept nogil:
    """dx = dy where x > z, dy / 2 where they are equal, and 0 elsewhere; dz the rest"""
    cdef Py_ssize_t i
    cdef float share, gradient
    for i in range(size):
        gradient = dy[i]
        share = 1 if x[i] > z[i] else <float> 0.5 if x[i] == z[i] else 0
        dx[i] = gradient * share
        dz[i] = gradient * (1 - share)


cdef void minimum(
    const float* x, const float* z, Py_ssize_t size, float* y
) noexcept nogil:
    """y = min(x, z); NaN if one of them is"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] if x[i] < z[i] or x[i] != x[i] else z[i]


cdef void minimum_backward(
    const float* x,
    const float* z,
    const float* dy,
    Py_ssize_t size,
    float* dx,
    float* dz,
) noexcept nogil:
    """dx = dy where x < z, dy / 2 where they are equal, and 0 elsewhere; dz the rest"""
    maximum_backward(z, x, dy, size, dx, dz)


cdef void combine(
    Py_ssize_t kind, const float* x, const float* z, Py_ssize_t size, float* y
) noexcept nogil:
    """Two sources, number by number: all kinds but concatenate and dot"""
    if kind == KIND_SUBTRACT:
        subtract(x, z, size, y)
    elif kind == KIND_MULTIPLY:
        multiply(x, z, size, y)
    elif kind == KIND_MAXIMUM:
        maximum(x, z, size, y)
    elif kind == KIND_MINIMUM:
        minimum(x, z, size, y)
    else:
        add(x, z, size, y)


cdef void concatenate(Matrix x, Matrix y, Py_ssize_t begin) noexcept nogil:
    """y_ij = x_i(j - begin): one of those that lie side by side in y"""
    cdef Py_ssize_t i
    for i in range(x.rows):
        memcpy(
            y.data + i * y.columns + begin,
            x.data + i * x.columns,
            x.columns * sizeof(float),
        )


cdef void concatenate_backward(
    Matrix dy, Py_ssize_t begin, Py_ssize_t width, Matrix dx
) noexcept nogil:
    """dx_ij = dy_i(begin + j), for so many columns"""
    cdef Py_ssize_t i
    for i in range(dx.rows):
        memcpy(
            dx.data + i * width,
            dy.data + i * dy.columns + begin,
            width * sizeof(float),
        )


cdef void dot(Matrix x, Matrix z, float* y) noexcept nogil:
    """y_i = sum_j x_ij z_ij: of two rows, a number"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(x.rows):
        total = 0
        for j in range(x.columns):
            total = multiply_add(
                x.data[i * x.columns + j], z.data[i * z.columns + j], total
            )
        y[i] = total


cdef void dot_backward(const float* dy, Matrix z, Matrix dx) noexcept nogil:
    """dx_ij = dy_i z_ij; dz of x is the same"""
    cdef Py_ssize_t i, j
    for i in range(z.rows):
        for j in range(z.columns):
            dx.data[i * dx.columns + j] = dy[i] * z.data[i * z.columns + j]


cdef inline float squares_of(const float* x, Py_ssize_t size) noexcept nogil:
    """The sum of the squares of a row"""
    cdef float total = 0
    cdef Py_ssize_t j
    for j in range(size):
        total = multiply_add(x[j], x[j], total)
    return total


cdef void unit_normalization(Matrix x, Matrix y) noexcept nogil:
    """y_i = x_i / |x_i|, with |x_i| = sqrt(max(sum_j x_ij^2, 1e-12))"""
    cdef Py_ssize_t i, j
    cdef float squares, norm
    for i in range(x.rows):
        squares = squares_of(x.data + i * x.columns, x.columns)
        norm = sqrtf(max(squares, <float> 1e-12))
        for j in range(x.columns):
            y.data[i * y.columns + j] = x.data[i * x.columns + j] / norm


cdef void unit_normalization_backward(
    Matrix x, Matrix dy, Matrix dx
) noexcept nogil:
    """dx_i = (dy_i - u_i (u_i . dy_i)) / |x_i|, with u_i = x_i / |x_i|

    What lies along x_i does not change y_i; but where x_i is so short that its length
    counts as 1e-6, dx_i = dy_i / 1e-6.
    """
    cdef Py_ssize_t i, j
    cdef const float* x_row
    cdef const float* dy_row
    cdef float* dx_row
    cdef float squares, norm, along
    for i in range(x.rows):
        x_row = x.data + i * x.columns
        dy_row = dy.data + i * dy.columns
        dx_row = dx.data + i * dx.columns
        squares = squares_of(x_row, x.columns)
        norm = sqrtf(max(squares, <float> 1e-12))
        along = 0
        if squares > <float> 1e-12:
            for j in range(x.columns):
                along = multiply_add(x_row[j] / norm, dy_row[j], along)
        for j in range(x.columns):
            dx_row[j] = (dy_row[j] - x_row[j] / norm * along) / norm
