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


cdef void accuracy(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* hits
) noexcept nogil:
    """The share of columns in which y_j is t_j"""
    cdef Py_ssize_t i, j
    cdef float equal
    for i in range(rows):
        equal = 0
        for j in range(columns):
            equal += y[j] == t[j]
        hits[i] = equal / columns
        y += columns
        t += columns


cdef inline Py_ssize_t row_argmax(const float* x, Py_ssize_t size) noexcept nogil:
    """The first j whose x_j is the largest; as in NumPy, a NaN is larger than all"""
    cdef Py_ssize_t j, best = 0
    for j in range(size):
        if x[j] != x[j]:
            return j
        if x[j] > x[best]:
            best = j
    return best


cdef void categorical_accuracy(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* hits
) noexcept nogil:
    """1 where the largest output is the largest target, else 0; the first one counts"""
    cdef Py_ssize_t i
    for i in range(rows):
        hits[i] = row_argmax(y, columns) == row_argmax(t, columns)
        y += columns
        t += columns


cdef void binary_accuracy(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float threshold,
    float* hits,
) noexcept nogil:
    """The share of columns in which (y_j > threshold) is t_j"""
    cdef Py_ssize_t i, j
    cdef float right
    for i in range(rows):
        right = 0
        for j in range(columns):
            right += (y[j] > threshold) == t[j]
        hits[i] = right / columns
        y += columns
        t += columns


cdef void top_k_accuracy(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    double k,
    float* hits,
) noexcept nogil:
    """1 where fewer than k outputs exceed that of the largest target, else 0"""
    cdef Py_ssize_t i, j, larger, target
    for i in range(rows):
        target = row_argmax(t, columns)
        larger = 0
        for j in range(columns):
            larger += y[j] > y[target]
        # A NaN is no answer: it is not among the largest.
        hits[i] = larger < k and y[target] == y[target]
        y += columns
        t += columns


cdef void precision(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float threshold,
    float* hits,
    float* counts,
) noexcept nogil:
    """Of the outputs above the threshold (counts), those whose target is yes (hits)"""
    cdef Py_ssize_t i, j
    for i in range(rows):
        hits[i] = counts[i] = 0
        for j in range(columns):
            counts[i] += y[j] > threshold
            hits[i] += y[j] > threshold and t[j] != 0
        y += columns
        t += columns


cdef void recall(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float threshold,
    float* hits,
    float* counts,
) noexcept nogil:
    """Of the targets that are yes (counts), those with outputs above the threshold"""
    cdef Py_ssize_t i, j
    for i in range(rows):
        hits[i] = counts[i] = 0
        for j in range(columns):
            counts[i] += t[j] != 0
            hits[i] += y[j] > threshold and t[j] != 0
        y += columns
        t += columns


cdef void auc(
    const float* y,
    const float* t,
    const float* weights,
    Py_ssize_t rows,
    Py_ssize_t columns,
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
    for i in range(rows):
        weight = 1 if weights == NULL else weights[i]
        for j in range(columns):
            p = y[j]
            if from_logits:
                p = 1 / (1 + exponential(-p))
            # A NaN is above the first threshold alone, as all outputs are.
            p = (1 if p > 1 else p) * last if p > 0 else 0
            bucket = <Py_ssize_t> p
            bucket = max(min(bucket - (bucket == p), count - 2), 0)
            totals[bucket if t[j] != 0 else count + bucket] += weight
        y += columns
        t += columns
