# Hinges: losses of scores, which are to be right by a margin of 1. Each stands beside
# its gradient; t and `scale` are those of losses.pxi.

cdef inline float as_sign(float t) noexcept nogil:
    """t, but -1 for 0: no, where yes is 1"""
    return <float> -1 if t == 0 else t


cdef inline float missing_margin(
    const float* y, const float* t, Py_ssize_t columns, Py_ssize_t* best
) noexcept nogil:
    """1 + max_j (1 - t_j) y_j - sum_j t_j y_j; set the j of the maximum, the first"""
    cdef Py_ssize_t j
    cdef float other, largest = (<float> 1 - t[0]) * y[0], total = t[0] * y[0]
    best[0] = 0
    for j in range(1, columns):
        total += t[j] * y[j]
        other = (<float> 1 - t[j]) * y[j]
        # A NaN is the largest of all.
        if other > largest or other != other:
            largest = other
            best[0] = j
    return largest - total + <float> 1


cdef inline float hinge(float y, float t) noexcept nogil:
    """loss = max(1 - t y, 0), where a t of 0 counts as -1; NaN of NaN"""
    cdef float e = <float> 1 - as_sign(t) * y
    return 0 if e < 0 else e


cdef inline float hinge_backward(float y, float t, float scale) noexcept nogil:
    """dy = -scale t where t y < 1, else 0"""
    cdef float e = hinge(y, t)
    e = e if e != e else <float> (e > 0)
    return -scale * e * as_sign(t)


cdef inline float squared_hinge(float y, float t) noexcept nogil:
    """loss = max(1 - t y, 0)^2, where a t of 0 counts as -1"""
    cdef float e = hinge(y, t)
    return e * e


cdef inline float squared_hinge_backward(float y, float t, float scale) noexcept nogil:
    """dy = -scale 2 t max(1 - t y, 0)"""
    return <float> -2 * scale * as_sign(t) * hinge(y, t)


cdef void categorical_hinge(Matrix y, Matrix t, float* losses) noexcept nogil:
    """loss = max(1 + max_j (1 - t_j) y_j - sum_j t_j y_j, 0)

    The score of the right class has to exceed the best of the others by 1.
    Source: K. Crammer, Y. Singer, On the Algorithmic Implementation of Multiclass
    Kernel-based Vector Machines, 2001.
    """
    cdef Py_ssize_t i, best
    cdef float margin
    for i in range(y.rows):
        margin = missing_margin(y.data, t.data, y.columns, &best)
        losses[i] = 0 if margin < 0 else margin
        y.data += y.columns
        t.data += t.columns


cdef void categorical_hinge_backward(
    Matrix y, Matrix t, float scale, Matrix dy
) noexcept nogil:
    """dy_j = scale ((1 - t_j) (j is the best of the others) - t_j), 0 if loss is"""
    cdef Py_ssize_t i, j, best
    cdef float margin, factor
    for i in range(y.rows):
        margin = missing_margin(y.data, t.data, y.columns, &best)
        factor = margin if margin != margin else scale * (margin > 0)
        for j in range(y.columns):
            dy.data[j] = factor * ((j == best) * (<float> 1 - t.data[j]) - t.data[j])
        y.data += y.columns
        t.data += t.columns
        dy.data += dy.columns
