# Regularizers and constraints: what keeps weights small.
#
# A regularizer adds a penalty to the loss, and its gradient to dw. A constraint moves
# the weights back to where they may be, after each step of the optimizer.

cdef enum:
    LANES = 16


cdef inline bint is_regularized(L1L2 regularizer) noexcept nogil:
    """Whether there is a penalty"""
    return regularizer.l1 != 0 or regularizer.l2 != 0


cdef double penalty(
    const float* w, Py_ssize_t size, double l1, double l2
) noexcept nogil:
    """l1 sum_i |w_i| + l2 sum_i w_i^2

    In LANES sums side by side, for the sake of vector registers.
    """
    cdef float absolute[LANES]
    cdef float square[LANES]
    cdef Py_ssize_t i, lane, whole = size - size % LANES
    cdef double total = 0
    for lane in range(LANES):
        absolute[lane] = square[lane] = 0
    for i in range(0, whole, 16):
        for lane in range(LANES):
            absolute[lane] += fabsf(w[i + lane])
            square[lane] += w[i + lane] * w[i + lane]
    for i in range(whole, size):
        absolute[i - whole] += fabsf(w[i])
        square[i - whole] += w[i] * w[i]
    for lane in range(LANES):
        total += l1 * absolute[lane] + l2 * square[lane]
    return total


cdef void penalty_backward(
    const float* w, Py_ssize_t size, float l1, float l2, float* dw
) noexcept nogil:
    """dw <- dw + l1 sign(w) + 2 l2 w"""
    cdef Py_ssize_t i
    for i in range(size):
        dw[i] += l1 * ((w[i] > 0) - (w[i] < 0)) + <float> 2 * l2 * w[i]


cdef void limit_norms(
    Matrix w, float min_value, float max_value, float rate, float* scratch
) noexcept nogil:
    """w_j <- w_j (rate n_j + (1 - rate) |w_j|) / (1e-7 + |w_j|), for each column w_j

    with n_j = |w_j|, but at least min_value and at most max_value. The scratch space
    is one number a column.
    """
    cdef Py_ssize_t i, j
    cdef float norm, wanted
    cdef float* factors = scratch
    cdef float* w_row
    for j in range(w.columns):
        factors[j] = 0
    for i in range(w.rows):
        w_row = w.data + i * w.row_stride
        for j in range(w.columns):
            factors[j] += w_row[j] * w_row[j]
    for j in range(w.columns):
        norm = sqrtf(factors[j])
        wanted = held(norm, min_value, max_value)
        factors[j] = (rate * wanted + (<float> 1 - rate) * norm) / (<float> 1e-7 + norm)
    for i in range(w.rows):
        w_row = w.data + i * w.row_stride
        for j in range(w.columns):
            w_row[j] *= factors[j]


cdef void keep_non_negative(Matrix w) noexcept nogil:
    """w <- max(w, 0)"""
    cdef Py_ssize_t i, j
    cdef float* w_row
    for i in range(w.rows):
        w_row = w.data + i * w.row_stride
        for j in range(w.columns):
            w_row[j] = 0 if w_row[j] < 0 else w_row[j]
