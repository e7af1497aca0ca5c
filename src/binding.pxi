# The binding: how Python calls a kernel.
#
# Nothing is checked here: call these through fastmlp/kernels/, which checks the shapes
# that the chapters state.

from cpython.buffer cimport (
    PyBUF_ND, PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
)
from cpython.weakref cimport PyWeakref_NewRef
from numpy import ndarray


cdef struct Operand:
    # An array that a kernel gets; of one dimension, it is a single row.
    float* data
    Py_ssize_t size
    Py_ssize_t rows
    Py_ssize_t columns


cdef enum:
    # As many arrays, and as many numbers, as any kernel takes.
    MOST_OPERANDS = 12


cdef inline Matrix as_matrix(Operand a) noexcept nogil:
    """An array of two dimensions as a Matrix"""
    return matrix(a.data, a.rows, a.columns)


cdef class Operands:
    """Arrays that Python lends to a kernel, for as long as this lives

    For `array.resize(..., refcheck=False)` in another thread, NumPy would let go of
    their memory, unless there is a weak reference to its owner.
    """

    cdef Py_buffer[MOST_OPERANDS] buffers
    cdef Operand[MOST_OPERANDS] operands
    cdef Py_ssize_t count
    cdef list pins

    def __cinit__(self, tuple arrays):
        cdef Py_ssize_t i
        cdef Operand* operand
        cdef Py_buffer* buffer
        if len(arrays) > MOST_OPERANDS:
            raise ValueError("These are more arrays than any kernel takes.")
        self.count = len(arrays)
        self.pins = []
        for i in range(self.count):
            if arrays[i] is None:
                continue
            buffer, operand = &self.buffers[i], &self.operands[i]
            owner = arrays[i]
            while isinstance(owner.base, ndarray):
                owner = owner.base
            self.pins.append(PyWeakref_NewRef(owner, None))
            PyObject_GetBuffer(arrays[i], buffer, PyBUF_ND)
            operand.data = <float*> buffer.buf
            operand.size = buffer.len // <Py_ssize_t> sizeof(float)
            operand.rows, operand.columns = 1, operand.size
            if buffer.ndim == 2:
                operand.rows, operand.columns = buffer.shape[0], buffer.shape[1]

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.count):
            PyBuffer_Release(&self.buffers[i])


def any_overlap(tuple arrays) -> bool:
    """Whether any two arrays have a place in memory in common"""
    cdef Operands lent = Operands(arrays)
    cdef Operand* a = lent.operands
    cdef Py_ssize_t i, j
    for i in range(lent.count):
        for j in range(i):
            if a[i].data < a[j].data + a[j].size and a[j].data < a[i].data + a[i].size:
                return True
    return False


def call_kernel(int kernel, tuple arrays, list numbers, float[::1] scratch):
    """Call a kernel, by its number in KERNELS

    arrays: those that it reads, then those that it writes, in the order of its
        signature; None for one that it does without
    numbers: its other arguments, in that order
    scratch: room for what it computes on the way, or None
    """
    cdef Operands lent = Operands(arrays)
    cdef double[MOST_OPERANDS] reals
    cdef long long[MOST_OPERANDS] wholes
    cdef float* room = NULL if scratch is None else &scratch[0]
    cdef Py_ssize_t i
    if len(numbers) > MOST_OPERANDS:
        raise ValueError("These are more numbers than any kernel takes.")
    for i in range(len(numbers)):
        reals[i] = numbers[i]
        wholes[i] = numbers[i] if isinstance(numbers[i], int) else 0
    with nogil:
        run_kernel(kernel, lent.operands, reals, wholes, room)


# What several kernels do together, or one with other arguments.


cdef void bound_dense_backward(
    Matrix x, Matrix w, Matrix dy, Matrix dx, Matrix dw, float* db, float* scratch
) noexcept nogil:
    """All three gradients of the dense layer"""
    dense_backward_input(dy, w, dx, scratch)
    dense_backward_kernel(x, dy, dw, False, scratch)
    dense_backward_bias(dy, db, False)


cdef void bound_normalize_backward(
    Matrix x,
    Matrix dy,
    const float* mean,
    const float* variance,
    const float* gamma,
    float epsilon,
    Matrix dx,
    float* dgamma,
    float* dbeta,
    float* scratch,
) noexcept nogil:
    """All three gradients of batch normalization"""
    normalize_backward_parameters(x, dy, mean, variance, epsilon, dgamma, dbeta)
    normalize_backward_input(
        x, dy, x.rows, mean, variance, gamma, epsilon, dgamma, dbeta, scratch, dx
    )


cdef void bound_embedding_backward(
    const float* ids, Matrix dy, Py_ssize_t vocabulary, Matrix dw
) noexcept nogil:
    """The gradient of all vectors by itself"""
    memset(dw.data, 0, vocabulary * dw.columns * sizeof(float))
    add_vectors(ids, dy, 0, 1, dw)


cdef void bound_layer_normalization_backward(
    Matrix x,
    Matrix dy,
    const float* gamma,
    float epsilon,
    bint centered,
    Matrix dx,
    float* dgamma,
    float* dbeta,
) noexcept nogil:
    """All three gradients of layer normalization"""
    layer_normalization_backward_gamma(x, dy, epsilon, centered, False, dgamma)
    dense_backward_bias(dy, dbeta, False)
    layer_normalization_backward_input(x, dy, gamma, epsilon, centered, dx)


cdef void bound_prelu_backward(
    Matrix x, Matrix dy, const float* alpha, Matrix dx, float* dalpha
) noexcept nogil:
    """Both gradients of a learnt ramp"""
    prelu_backward_alpha(x, dy, False, dalpha)
    prelu_backward_input(x, dy, alpha, dx)


cdef void bound_penalty_backward(
    const float* w, Py_ssize_t size, float l1, float l2, float* dw
) noexcept nogil:
    """The gradient of a penalty by itself"""
    memset(dw, 0, size * sizeof(float))
    penalty_backward(w, size, l1, l2, dw)


def py_penalty(const float[::1] w, double l1, double l2) -> float:
    """l1 sum_i |w_i| + l2 sum_i w_i^2: a number, not an array"""
    with nogil:
        total = penalty(&w[0], w.shape[0], l1, l2)
    return total


def py_convert(const Number[::1] x, float[::1] y):
    """y = x as float32; return the first index where y is NaN or infinite, or -1"""
    cdef Py_ssize_t i, size = x.shape[0]
    cdef bint clean = True
    with nogil:
        for i in range(size):
            y[i] = <float> x[i]
            # x - x is zero unless x is NaN or infinite.
            clean = clean & (y[i] - y[i] == 0)
    if clean:
        return -1
    for i in range(size):
        if y[i] - y[i] != 0:
            return i


def py_count_pairs(const Number[:, ::1] x) -> int:
    """How many pairs of neighbouring columns have something that is not zero"""
    cdef Py_ssize_t i, j, count = 0
    cdef Py_ssize_t last = x.shape[1] - 1
    with nogil:
        for i in range(x.shape[0]):
            for j in range((last + 1) // 2):
                count += (x[i, 2 * j] != 0) | (x[i, 2 * j + 1] != 0)
            if last % 2 == 0:
                count += x[i, last] != 0
    return count


def py_compress(
    const Number[:, ::1] x,
    float[::1] data,
    unsigned short[::1] indices,
    Py_ssize_t[:, ::1] indptr,
    Py_ssize_t position,
):
    """Write entries from `position` on; return their end and if all are finite"""
    cdef bint finite
    cdef Csr to
    if x.shape[0] == 0:
        return position, True
    to.data, to.indices, to.indptr = &data[0], &indices[0], &indptr[0, 0]
    to.blocks = indptr.shape[1] - 1
    with nogil:
        position = compress(&x[0, 0], x.shape[0], x.shape[1], to, position, &finite)
    return position, finite
