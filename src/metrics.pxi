# Metrics: a number for each row, whose means are reported beside the loss. Those that
# are no means over rows are in totals.pxi. Some are a mean over columns, and written
# for one of them, as losses are.

cdef inline double weight_of(const float* weights, Py_ssize_t i) noexcept nogil:
    """How much row i counts; where there are no weights, each is one"""
    return 1 if weights == NULL else weights[i]


cdef void add_means(
    const float* values, const float* weights, Py_ssize_t rows, double* totals
) noexcept nogil:
    """totals <- totals + (sum_i weights_i values_i, sum_i weights_i)"""
    cdef Py_ssize_t i
    for i in range(rows):
        totals[0] += weight_of(weights, i) * values[i]
        totals[1] += weight_of(weights, i)


cdef inline float accuracy(float y, float t) noexcept nogil:
    """1 where y is t, else 0"""
    return y == t


cdef inline Py_ssize_t row_argmax(const float* x, Py_ssize_t size) noexcept nogil:
    """The first j whose x_j is the largest; as in NumPy, a NaN is larger than all"""
    cdef Py_ssize_t j, best = 0
    cdef bint found = False
    # Without a way out: a branch for each NaN takes 2 % of an epoch of MNIST.
    for j in range(size):
        found |= x[j] != x[j]
        best = j if x[j] > x[best] else best
    if found:
        for best in range(size):
            if x[best] != x[best]:
                break
    return best


cdef void categorical_accuracy(Matrix y, Matrix t, float* hits) noexcept nogil:
    """1 where the largest output is the largest target, else 0; the first one counts

    A row of zeros has no class, and is no hit.
    """
    cdef Py_ssize_t i, target
    for i in range(y.rows):
        target = row_argmax(t.data, y.columns)
        hits[i] = row_argmax(y.data, y.columns) == target and t.data[target] != 0
        y.data += y.columns
        t.data += t.columns


cdef inline float binary_accuracy(float y, float t, float threshold) noexcept nogil:
    """1 where (y > threshold) is t, else 0"""
    return (y > threshold) == t


cdef void top_k_accuracy(Matrix y, Matrix t, double k, float* hits) noexcept nogil:
    """1 where fewer than k outputs exceed that of the largest target, else 0"""
    cdef Py_ssize_t i, j, larger, target
    for i in range(y.rows):
        target = row_argmax(t.data, y.columns)
        larger = 0
        for j in range(y.columns):
            larger += y.data[j] > y.data[target]
        # A NaN is no answer: it is not among the largest.
        hits[i] = larger < k and y.data[target] == y.data[target]
        y.data += y.columns
        t.data += t.columns
