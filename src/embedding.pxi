# Embedding: ids become vectors, which are learnt; w has one for each id.
#
# An id is a whole number from 0, written as a float32, which is exact up to 2^24.

cdef enum:
    # Neighbouring rows of w whose gradient is summed, and applied, by one thread.
    EMBEDDING_ROWS = 64


cdef inline Py_ssize_t row_of(float id, Py_ssize_t rows) noexcept nogil:
    """The row of an id; -1 if there is none, as of NaN"""
    return <Py_ssize_t> id if id > -1 and id < <float> rows else -1


cdef void embedding(const float* ids, Matrix w, Matrix y) noexcept nogil:
    """y_i = w_k with k = ids_i; NaN where w has no such row"""
    cdef Py_ssize_t i, j, k
    for i in range(y.rows):
        k = row_of(ids[i], w.rows)
        if k >= 0:
            copy_row(w.data, k, w.columns, y.data, i)
            continue
        for j in range(y.columns):
            y.data[i * y.columns + j] = NAN


cdef void mean_embedding(Matrix ids, Matrix w, Matrix y) noexcept nogil:
    """y_i = sum_s w_k / steps with k = ids_is: a bag of words

    The same as an embedding and the mean of its vectors, to the last bit, but no vector
    is copied.
    """
    cdef Py_ssize_t i, j, s, k
    cdef float steps = <float> ids.columns
    cdef const float* vector
    cdef float* y_row
    for i in range(y.rows):
        y_row = y.data + i * y.columns
        memset(y_row, 0, y.columns * sizeof(float))
        for s in range(ids.columns):
            k = row_of(ids.data[i * ids.columns + s], w.rows)
            vector = w.data + k * w.columns
            for j in range(y.columns):
                y_row[j] += vector[j] if k >= 0 else NAN
        for j in range(y.columns):
            y_row[j] /= steps


cdef inline bint is_own(Py_ssize_t k, int thread, int threads) noexcept nogil:
    """Whether row k of w, if there is one, is of a thread's own blocks"""
    return k >= 0 and (threads == 1 or k // EMBEDDING_ROWS % threads == thread)


cdef void add_vectors(
    const float* ids, Matrix dy, int thread, int threads, Matrix dw
) noexcept nogil:
    """dw_k <- dw_k + dy_i with k = ids_i, for ascending i

    Of several threads, each adds to blocks of rows of its own.
    """
    cdef Py_ssize_t i, k
    for i in range(dy.rows):
        k = row_of(ids[i], dw.rows)
        if is_own(k, thread, threads):
            add_row(dy.data + i * dy.columns, dy.columns, dw.data + k * dw.columns)


cdef inline void add_row(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y <- y + x"""
    cdef Py_ssize_t j
    for j in range(size):
        y[j] += x[j]


cdef void add_shares(
    Matrix ids, Matrix dy, int thread, int threads, float* scratch, Matrix dw
) noexcept nogil:
    """dw_k <- dw_k + dy_i / steps with k = ids_is, for ascending i and s

    What comes back to a mean, as `add_vectors` has it.
    """
    cdef Py_ssize_t i, j, s, k
    cdef float steps = <float> ids.columns
    for i in range(dy.rows):
        for j in range(dy.columns):
            scratch[j] = dy.data[i * dy.columns + j] / steps
        for s in range(ids.columns):
            k = row_of(ids.data[i * ids.columns + s], dw.rows)
            if is_own(k, thread, threads):
                add_row(scratch, dy.columns, dw.data + k * dw.columns)
