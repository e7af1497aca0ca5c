# Pooling: a table of vectors becomes one; and tables that are turned around.
#
# A row holds the vectors of a table, each `width` long, one after the other.

cdef void global_average_pooling(Matrix x, Py_ssize_t width, Matrix y) noexcept nogil:
    """y_j = sum_k x_(k width + j) / vectors, for each row"""
    cdef Py_ssize_t i, j, k
    cdef float vectors = <float> (x.columns // width)
    cdef const float* vector
    cdef float* y_row
    for i in range(x.rows):
        vector = x.data + i * x.columns
        y_row = y.data + i * width
        memset(y_row, 0, width * sizeof(float))
        for k in range(x.columns // width):
            for j in range(width):
                y_row[j] += vector[j]
            vector += width
        for j in range(width):
            y_row[j] /= vectors


cdef void global_average_pooling_backward(
    Matrix dy, Py_ssize_t table, Matrix dx
) noexcept nogil:
    """dx_(k width + j) = dy_j / vectors"""
    cdef Py_ssize_t i, j, k, width = dy.columns
    cdef float vectors = <float> (table // width)
    cdef const float* dy_row
    cdef float* vector
    for i in range(dy.rows):
        dy_row = dy.data + i * width
        vector = dx.data + i * table
        for k in range(table // width):
            for j in range(width):
                vector[j] = dy_row[j] / vectors
            vector += width


cdef void global_max_pooling(Matrix x, Py_ssize_t width, Matrix y) noexcept nogil:
    """y_j = max_k x_(k width + j), for each row; NaN if one of them is"""
    cdef Py_ssize_t i, k
    cdef const float* vector
    cdef float* y_row
    for i in range(x.rows):
        vector = x.data + i * x.columns
        y_row = y.data + i * width
        memcpy(y_row, vector, width * sizeof(float))
        for k in range(1, x.columns // width):
            maximum(y_row, vector + k * width, width, y_row)


cdef void global_max_pooling_backward(
    Matrix x, Matrix y, Matrix dy, Matrix dx
) noexcept nogil:
    """dx_(k width + j) = dy_j where that is y_j, and 0 elsewhere; of equals, shares"""
    cdef Py_ssize_t i, j, k, width = y.columns
    cdef const float* vector
    cdef const float* y_row
    cdef const float* dy_row
    cdef float* dx_row
    cdef float* equals
    for i in range(x.rows):
        vector = x.data + i * x.columns
        y_row = y.data + i * width
        dy_row = dy.data + i * width
        # How many are equal is counted where the first of the results will be.
        equals = dx_row = dx.data + i * x.columns
        memset(equals, 0, width * sizeof(float))
        for k in range(x.columns // width):
            for j in range(width):
                equals[j] += vector[k * width + j] == y_row[j]
        for k in range(x.columns // width - 1, -1, -1):
            for j in range(width):
                dx_row[k * width + j] = (
                    dy_row[j] / equals[j] if vector[k * width + j] == y_row[j] else 0
                )


cdef void transpose(Matrix x, Py_ssize_t height, Matrix y) noexcept nogil:
    """y_(j height + i) = x_(i width + j), for each row: a table, (height, width)

    The way back is that of a table of (width, height).
    """
    cdef Py_ssize_t row, i, j, width = x.columns // height
    cdef const float* table
    cdef float* turned
    for row in range(x.rows):
        table = x.data + row * x.columns
        turned = y.data + row * x.columns
        for i in range(height):
            for j in range(width):
                turned[j * height + i] = table[i * width + j]
