# Metrics that are no mean over rows: each adds a batch to `totals` of its own, from
# which Python computes what it comes to.

cdef inline Py_ssize_t thresholds_below(
    float p, const float* thresholds, Py_ssize_t count
) noexcept nogil:
    """How many thresholds p is above; they ascend. NaN is above none

    The search begins where the answer is if they are spread evenly from 0 to 1.
    """
    cdef float guess = (1 if p > 1 else p) * (count + 1) if p > 0 else 0
    cdef Py_ssize_t k = min(<Py_ssize_t> guess, count)
    while k < count and p > thresholds[k]:
        k += 1
    while k > 0 and not p > thresholds[k - 1]:
        k -= 1
    return k


cdef inline bint is_behind(
    const float* x, Py_ssize_t j, Py_ssize_t k
) noexcept nogil:
    """Whether x_j comes after x_k, the largest first; of equals, the first"""
    return x[j] < x[k] or (x[j] == x[k] and j > k)


cdef Py_ssize_t kth_largest(
    const float* x, Py_ssize_t size, Py_ssize_t k
) noexcept nogil:
    """The place of the k-th largest x; NaN is none of them. -1: there is none"""
    cdef Py_ssize_t place = -1, best, j, found
    for found in range(k):
        best = -1
        for j in range(size):
            if x[j] == x[j] and (place < 0 or is_behind(x, j, place)):
                if best < 0 or is_behind(x, best, j):
                    best = j
        if best < 0:
            break
        place = best
    return place


cdef void confusion(
    Matrix y,
    Matrix t,
    const float* thresholds,
    const float* weights,
    Py_ssize_t buckets,
    Py_ssize_t top_k,
    Py_ssize_t class_id,
    bint from_logits,
    double* totals,
) noexcept nogil:
    """Add weight_i to the bucket of y_ij: of its column's yes if t_ij is one, else no

    Bucket k is for outputs above k of the thresholds, so that what is above threshold k
    are the buckets behind k: the hits and mistakes of any number of rows at each of
    them. totals: (2, columns, buckets). top_k > 0: what is not among the k largest of
    its row is above none. class_id >= 0: that column alone counts.
    """
    cdef Py_ssize_t first = max(class_id, 0)
    cdef Py_ssize_t stop = class_id + 1 if class_id >= 0 else y.columns
    cdef Py_ssize_t i, j, bucket, last = -1
    cdef float p
    cdef double weight
    for i in range(y.rows):
        weight = weight_of(weights, i)
        if top_k > 0:
            last = kth_largest(y.data, y.columns, top_k)
        for j in range(first, stop):
            p = sigmoid(y.data[j]) if from_logits else y.data[j]
            bucket = thresholds_below(p, thresholds, buckets - 1)
            if top_k > 0 and (last < 0 or is_behind(y.data, j, last)):
                bucket = 0
            bucket += (j if t.data[j] != 0 else y.columns + j) * buckets
            totals[bucket] += weight
        y.data += y.columns
        t.data += t.columns


cdef void f_score(
    Matrix y, Matrix t, const float* weights, float threshold, double* totals
) noexcept nogil:
    """Of each column sum_i w_i c_ij t_ij, the hits, w_i c_ij and w_i t_ij, the yes

    c_ij is 1 where y_ij > threshold, else 0; with the threshold 0, where y_ij is the
    largest of its row and not 0. totals: (3, columns).
    """
    cdef Py_ssize_t i, j
    cdef bint chosen
    cdef float best
    cdef double weight
    for i in range(y.rows):
        weight = weight_of(weights, i)
        best = y.data[row_argmax(y.data, y.columns)]
        for j in range(y.columns):
            if threshold > 0:
                chosen = y.data[j] > threshold
            else:
                chosen = y.data[j] >= best and fabsf(y.data[j]) > <float> 1e-9
            totals[j] += weight * chosen * t.data[j]
            totals[y.columns + j] += weight * chosen
            totals[2 * y.columns + j] += weight * t.data[j]
        y.data += y.columns
        t.data += t.columns


cdef inline Py_ssize_t as_class(float label, Py_ssize_t classes) noexcept nogil:
    """A label without its fraction; -1: it is none of the classes"""
    return <Py_ssize_t> label if label > -1 and label < classes else -1


cdef void class_pairs(
    Matrix y,
    Matrix t,
    const float* weights,
    Py_ssize_t classes,
    Py_ssize_t ignored,
    bint entries,
    double* totals,
) noexcept nogil:
    """The confusion matrix: add weight_i to the place (class of t_i, class of y_i)

    The class of a row is the place of its largest number; with `entries`, each entry is
    a class. What is no class, and the class `ignored`, counts nowhere.
    totals: (classes, classes).
    """
    cdef Py_ssize_t i, j, target, guess
    for i in range(y.rows):
        for j in range(y.columns if entries else 1):
            if entries:
                target = as_class(t.data[j], classes)
                guess = as_class(y.data[j], classes)
            else:
                target = row_argmax(t.data, t.columns)
                guess = row_argmax(y.data, y.columns)
            if target < 0 or guess < 0 or max(target, guess) >= classes:
                continue
            if target != ignored:
                totals[target * classes + guess] += weight_of(weights, i)
        y.data += y.columns
        t.data += t.columns


cdef void r2_score(
    Matrix y, Matrix t, const float* weights, double* totals
) noexcept nogil:
    """Of each column sum_i w_i t_ij, w_i t_ij^2, w_i (t_ij - y_ij)^2, w_i, and the rows

    totals: (5, columns).
    """
    cdef Py_ssize_t i, j
    cdef double weight, target, e
    for i in range(y.rows):
        weight = weight_of(weights, i)
        for j in range(y.columns):
            target = t.data[j]
            e = target - y.data[j]
            totals[j] += weight * target
            totals[y.columns + j] += weight * target * target
            totals[2 * y.columns + j] += weight * e * e
            totals[3 * y.columns + j] += weight
            totals[4 * y.columns + j] += 1
        y.data += y.columns
        t.data += t.columns


cdef double correlation_of(
    const float* y, const float* t, Py_ssize_t size, Py_ssize_t step, bint concordance
) noexcept nogil:
    """r = cov(t, y) / sqrt(var(t) var(y)); NaN where one of them is constant

    The concordance is 2 cov(t, y) / (var(t) + var(y) + (mean(t) - mean(y))^2).
    Sources: K. Pearson, 1895; L. I-K. Lin, A Concordance Correlation Coefficient to
    Evaluate Reproducibility, 1989.
    """
    cdef double mean_t = 0, mean_y = 0, var_t = 0, var_y = 0, cov = 0
    cdef Py_ssize_t i
    for i in range(size):
        mean_t += t[i * step]
        mean_y += y[i * step]
    mean_t, mean_y = mean_t / size, mean_y / size
    for i in range(size):
        cov += (t[i * step] - mean_t) * (y[i * step] - mean_y)
        var_t += (t[i * step] - mean_t) * (t[i * step] - mean_t)
        var_y += (y[i * step] - mean_y) * (y[i * step] - mean_y)
    if concordance:
        mean_t -= mean_y
        return 2 * cov / (var_t + var_y + size * mean_t * mean_t)
    return cov / (sqrt(var_t) * sqrt(var_y))


cdef void correlation(
    Matrix y,
    Matrix t,
    const float* weights,
    bint by_columns,
    bint concordance,
    double* totals,
) noexcept nogil:
    """totals <- totals + (sum_i w_i r_i, sum_i w_i), r_i the correlation of row i

    With `by_columns`, it is that of each column of the batch, and each counts as one.
    """
    cdef Py_ssize_t i
    cdef double r
    if y.rows == 0:
        return
    for i in range(y.columns if by_columns else y.rows):
        if by_columns:
            r = correlation_of(y.data + i, t.data + i, y.rows, y.columns, concordance)
            totals[0] += r
            totals[1] += 1
        else:
            r = correlation_of(y.data, t.data, y.columns, 1, concordance)
            totals[0] += weight_of(weights, i) * r
            totals[1] += weight_of(weights, i)
            y.data += y.columns
            t.data += t.columns
