# The dense layer: y = x w + b, and the gradients of its three ingredients.
#
# x (rows, inputs), w (inputs, units), b (units,), y (rows, units); d<name> is the
# gradient of the loss with respect to <name>. `scratch` is the scratch space of
# `product`. Each function serves any range of rows, so that threads can share one.

cdef void dense_forward(
    Matrix x, Matrix w, const float* b, Matrix y, float* scratch
) noexcept nogil:
    """y = x w + b, with b NULL for a layer without bias"""
    product(x, w, y, False, scratch)
    if b != NULL:
        add_bias(y, b)


cdef void add_bias(Matrix y, const float* b) noexcept nogil:
    """y <- y + b, for each row"""
    cdef Py_ssize_t i, j
    cdef float* y_row
    for i in range(y.rows):
        y_row = y.data + i * y.row_stride
        for j in range(y.columns):
            y_row[j] += b[j]


cdef void dense_backward_input(
    Matrix dy, Matrix w, Matrix dx, float* scratch
) noexcept nogil:
    """dx = dy w^T

    Computed as that or as dx^T = w dy^T, whichever has less to move: the product copies
    a second factor that is transposed, and stores such a result number by number.
    """
    if 2 * w.rows * w.columns < dx.rows * (dx.columns + dy.columns):
        product(dy, transposed(w), dx, False, scratch)
    else:
        product(w, transposed(dy), transposed(dx), False, scratch)


cdef void dense_backward_kernel(
    Matrix x, Matrix dy, Matrix dw, bint accumulate, float* scratch
) noexcept nogil:
    """dw = x^T dy, or dw <- dw + x^T dy: a layer may work at several places"""
    product(transposed(x), dy, dw, accumulate, scratch)


cdef void dense_backward_bias(
    Matrix dy, float* db, bint accumulate
) noexcept nogil:
    """db = sum over the rows of dy, or db <- db + that sum"""
    cdef Py_ssize_t i, j
    cdef const float* dy_row
    if not accumulate:
        memset(db, 0, dy.columns * sizeof(float))
    for i in range(dy.rows):
        dy_row = dy.data + i * dy.row_stride
        for j in range(dy.columns):
            db[j] += dy_row[j]
