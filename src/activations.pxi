# Activations: each function beside its derivative.
#
# Every derivative is written in terms of the output y, so that the inputs need not
# be kept. The functions may work in place: out may be the input.

cdef void relu(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = max(x, 0)"""
    cdef Py_ssize_t i
    for i in range(size):
        # In this order of the test a NaN stays a NaN.
        y[i] = 0 if x[i] < 0 else x[i]


cdef void relu_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy where y > 0, else 0"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if y[i] > 0 else 0


cdef void sigmoid(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = 1 / (1 + e^-x)"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = 1 / (1 + exponential(-x[i]))


cdef void sigmoid_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy y (1 - y)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (y[i] * (1 - y[i]))


cdef void tanh(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = (e^2x - 1) / (e^2x + 1)"""
    cdef Py_ssize_t i
    cdef float e
    for i in range(size):
        e = exponential_minus_one(2 * x[i])
        # Where e^2x would be beyond the largest number, y is 1 to the last bit.
        y[i] = e / (e + 2)


cdef void tanh_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (1 - y^2)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (1 - y[i] * y[i])


cdef void softmax(
    const float* x, Py_ssize_t rows, Py_ssize_t classes, float* y
) noexcept nogil:
    """y_j = e^(x_j - max x) / sum_k e^(x_k - max x), for each row"""
    cdef Py_ssize_t i, j
    cdef float largest, total
    for i in range(rows):
        largest = row_maximum(x, classes)
        for j in range(classes):
            y[j] = exponential(x[j] - largest)
        total = 0
        for j in range(classes):
            total += y[j]
        for j in range(classes):
            y[j] /= total
        x += classes
        y += classes


cdef void softmax_backward(
    const float* y, const float* dy, Py_ssize_t rows, Py_ssize_t classes, float* dx
) noexcept nogil:
    """dx_j = y_j (dy_j - sum_k dy_k y_k), for each row"""
    cdef Py_ssize_t i, j
    cdef float mean
    for i in range(rows):
        mean = 0
        for j in range(classes):
            mean += dy[j] * y[j]
        for j in range(classes):
            dx[j] = y[j] * (dy[j] - mean)
        y += classes
        dy += classes
        dx += classes


cdef inline float row_maximum(const float* x, Py_ssize_t size) noexcept nogil:
    """max_j x_j"""
    cdef float largest = x[0]
    cdef Py_ssize_t j
    for j in range(1, size):
        if x[j] > largest:
            largest = x[j]
    return largest


cdef enum:
    LINEAR = 0
    RELU = 1
    SIGMOID = 2
    TANH = 3
    SOFTMAX = 4


cdef void activation_forward(
    int activation, const float* x, Py_ssize_t rows, Py_ssize_t columns, float* y
) noexcept nogil:
    """y = f(x), with f named by its code"""
    if activation == RELU:
        relu(x, rows * columns, y)
    elif activation == SIGMOID:
        sigmoid(x, rows * columns, y)
    elif activation == TANH:
        tanh(x, rows * columns, y)
    elif activation == SOFTMAX:
        softmax(x, rows, columns, y)
    elif x != y:
        memcpy(y, x, rows * columns * sizeof(float))


cdef void activation_backward(
    int activation,
    const float* y,
    const float* dy,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float* dx,
) noexcept nogil:
    """dx = dy f'(x), with f named by its code"""
    if activation == RELU:
        relu_backward(y, dy, rows * columns, dx)
    elif activation == SIGMOID:
        sigmoid_backward(y, dy, rows * columns, dx)
    elif activation == TANH:
        tanh_backward(y, dy, rows * columns, dx)
    elif activation == SOFTMAX:
        softmax_backward(y, dy, rows, columns, dx)
    elif dy != dx:
        memcpy(dx, dy, rows * columns * sizeof(float))
