# Metrics: numbers for each row, whose means are reported beside the loss.
#
# A metric is a sum of `values` over a sum of `counts`; where nothing else is said, each
# row counts as one. One that is no such mean adds rows to `totals` of its own.

cdef void add_means(
    const float* values,
    const float* counts,
    const float* weights,
    Py_ssize_t rows,
    double* totals,
) noexcept nogil:
    """totals <- totals + (sum_i weights_i values_i, sum_i weights_i counts_i)

    Without weights, each is one.
    """
    cdef Py_ssize_t i
    cdef double weight
    for i in range(rows):
        weight = 1 if weights == NULL else weights[i]
        totals[0] += weight * values[i]
        totals[1] += weight * counts[i]


cdef void accuracy(Matrix y, Matrix t, float* hits) noexcept nogil:
    """The share of columns in which y_j is t_j"""
    cdef Py_ssize_t i, j
    cdef float equal
    for i in range(y.rows):
        equal = 0
        for j in range(y.columns):
            equal += y.data[j] == t.data[j]
        hits[i] = equal / y.columns
        y.data += y.columns
        t.data += t.columns


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


cdef void binary_accuracy(
    Matrix y, Matrix t, float threshold, float* hits
) noexcept nogil:
    """The share of columns in which (y_j > threshold) is t_j"""
    cdef Py_ssize_t i, j
    cdef float right
    for i in range(y.rows):
        right = 0
        for j in range(y.columns):
            right += (y.data[j] > threshold) == t.data[j]
        hits[i] = right / y.columns
        y.data += y.columns
        t.data += t.columns


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


cdef void precision(
    Matrix y, Matrix t, float threshold, float* hits, float* counts
) noexcept nogil:
    """Of the outputs above the threshold (counts), those whose target is yes (hits)"""
    cdef Py_ssize_t i, j
    for i in range(y.rows):
        hits[i] = counts[i] = 0
        for j in range(y.columns):
            counts[i] += y.data[j] > threshold
            hits[i] += y.data[j] > threshold and t.data[j] != 0
        y.data += y.columns
        t.data += t.columns


cdef void recall(
    Matrix y, Matrix t, float threshold, float* hits, float* counts
) noexcept nogil:
    """Of the targets that are yes (counts), those with outputs above the threshold"""
    cdef Py_ssize_t i, j
    for i in range(y.rows):
        hits[i] = counts[i] = 0
        for j in range(y.columns):
            counts[i] += t.data[j] != 0
            hits[i] += y.data[j] > threshold and t.data[j] != 0
        y.data += y.columns
        t.data += t.columns


cdef void auc(
    Matrix y,
    Matrix t,
    const float* weights,
    double num_thresholds,
    bint from_logits,
    double* totals,
) noexcept nogil:
    """Add weight_i to the bucket of y_ij: of the first buckets if t_ij is yes, else no

    Bucket k has the outputs above threshold k that are not above the next; thresholds
    are spread evenly from 0 to 1. So what is above a threshold are the buckets from its
    own on: a curve of any number of rows in 2 num_thresholds numbers.
    """
    cdef Py_ssize_t count = <Py_ssize_t> num_thresholds
    cdef Py_ssize_t i, j, bucket
    cdef float p, last = count - 1
    cdef double weight
    for i in range(y.rows):
        weight = 1 if weights == NULL else weights[i]
        for j in range(y.columns):
            p = y.data[j]
            if from_logits:
                p = logistic(p)
            # A NaN is above the first threshold alone, as all outputs are.
            p = (1 if p > 1 else p) * last if p > 0 else 0
            bucket = <Py_ssize_t> p
            bucket = max(min(bucket - (bucket == p), count - 2), 0)
            totals[bucket if t.data[j] != 0 else count + bucket] += weight
        y.data += y.columns
        t.data += t.columns
