# Matrices: a place in memory and two strides.
#
# Forward, y = x w, and both gradients, dw = x^T dy and dx = dy w^T, are the same loop
# nest over matrices that are walked in another order. A transpose is the same memory
# with the strides exchanged, so that one product (product.pxi) serves all three.

cdef struct Matrix:
    # Element (i, j) is data[i * row_stride + j * column_stride].
    float* data
    Py_ssize_t rows
    Py_ssize_t columns
    Py_ssize_t row_stride
    Py_ssize_t column_stride


cdef inline Matrix matrix(
    const float* data, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    """A row-major matrix, (rows, columns), that begins at `data`."""
    cdef Matrix a
    a.data = <float*> data
    a.rows = rows
    a.columns = columns
    a.row_stride = columns
    a.column_stride = 1
    return a


cdef inline Matrix transposed(Matrix a) noexcept nogil:
    """a^T: the same memory, walked with rows and columns exchanged."""
    cdef Matrix b
    b.data = a.data
    b.rows = a.columns
    b.columns = a.rows
    b.row_stride = a.column_stride
    b.column_stride = a.row_stride
    return b


cdef inline Matrix some_rows(
    Matrix a, Py_ssize_t first, Py_ssize_t stop
) noexcept nogil:
    """a[first:stop, :]"""
    a.data += first * a.row_stride
    a.rows = stop - first
    return a


cdef inline Matrix by_steps(Matrix a, Py_ssize_t steps) noexcept nogil:
    """Each step of a sample as a row: the same memory, (rows steps, columns / steps)"""
    return matrix(a.data, a.rows * steps, a.columns // steps)


cdef inline Matrix some_columns(
    Matrix a, Py_ssize_t first, Py_ssize_t stop
) noexcept nogil:
    """a[:, first:stop]"""
    return transposed(some_rows(transposed(a), first, stop))
