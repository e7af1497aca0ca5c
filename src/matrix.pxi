# Matrices: a start in memory and two strides.
#
# Forward, y = x w, and both gradients, dw = x^T dy and dx = dy w^T, are the same loop
# nest over matrices that are walked in another order. A transpose is the same memory
# with the strides exchanged, so that one product (product.pxi) serves all three.

cdef struct Matrix:
    # Element (i, j) is start[i * row_step + j * column_step].
    float* start
    Py_ssize_t rows
    Py_ssize_t columns
    Py_ssize_t row_step
    Py_ssize_t column_step


cdef inline Matrix matrix(
    const float* start, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    """A row-major matrix, (rows, columns), that begins at `start`."""
    cdef Matrix a
    a.start = <float*> start
    a.rows = rows
    a.columns = columns
    a.row_step = columns
    a.column_step = 1
    return a


cdef inline Matrix transposed(Matrix a) noexcept nogil:
    """a^T: the same memory, walked with rows and columns exchanged."""
    cdef Matrix b
    b.start = a.start
    b.rows = a.columns
    b.columns = a.rows
    b.row_step = a.column_step
    b.column_step = a.row_step
    return b


cdef inline Matrix some_rows(
    Matrix a, Py_ssize_t first, Py_ssize_t stop
) noexcept nogil:
    """a[first:stop, :]"""
    a.start += first * a.row_step
    a.rows = stop - first
    return a


cdef inline Matrix some_columns(
    Matrix a, Py_ssize_t first, Py_ssize_t stop
) noexcept nogil:
    """a[:, first:stop]"""
    return transposed(some_rows(transposed(a), first, stop))
