# Metrics: numbers for each row, whose means are reported beside the loss.
#
# A metric is a sum of `values` over a sum of `counts`; where nothing else is said, each
# row counts as one.

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


cdef void categorical_accuracy(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* hits
) noexcept nogil:
    """1 where the largest output is the largest target, else 0; the first one counts"""
    cdef Py_ssize_t i
    for i in range(rows):
        hits[i] = row_argmax(y, columns) == row_argmax(t, columns)
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
    Py_ssize_t k,
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


cdef enum:
    CATEGORICAL_ACCURACY = 0
    BINARY_ACCURACY = 1
    SQUARED_ERROR = 2
    ABSOLUTE_ERROR = 3
    TOP_K_ACCURACY = 4
    PRECISION = 5
    RECALL = 6
    ACCURACY = 7


cdef void metric_forward(
    int metric,
    float setting,
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float* values,
    float* counts,
) noexcept nogil:
    """Numbers for each row, of the metric that is named by its code

    `setting` is a threshold or k.
    """
    cdef Py_ssize_t i
    for i in range(rows):
        counts[i] = 1
    if metric == CATEGORICAL_ACCURACY:
        categorical_accuracy(y, t, rows, columns, values)
    elif metric == BINARY_ACCURACY:
        binary_accuracy(y, t, rows, columns, setting, values)
    elif metric == SQUARED_ERROR:
        mean_squared_error(y, t, rows, columns, values)
    elif metric == ABSOLUTE_ERROR:
        mean_absolute_error(y, t, rows, columns, values)
    elif metric == TOP_K_ACCURACY:
        top_k_accuracy(y, t, rows, columns, <Py_ssize_t> setting, values)
    elif metric == PRECISION:
        precision(y, t, rows, columns, setting, values, counts)
    elif metric == RECALL:
        recall(y, t, rows, columns, setting, values, counts)
    elif metric == ACCURACY:
        accuracy(y, t, rows, columns, values)
