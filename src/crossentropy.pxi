# Cross-entropy: how badly probabilities guess. Each form stands beside its gradient.
#
# t are the targets, (rows, columns), and each loss is one number a row. The gradients
# carry the factor `scale`, which is 1 / (rows of the batch) where the loss of a batch
# is the mean over its rows. Of yes or no, a loss is the mean over columns too: see
# losses.pxi.
#
# `smoothing` mixes targets with what is likely without knowledge: of K classes
# t (1 - smoothing) + smoothing / K, of yes or no t (1 - smoothing) + smoothing / 2.

cdef inline float smoothed(float t, float smoothing, Py_ssize_t classes) noexcept nogil:
    """t (1 - smoothing) + smoothing / classes"""
    return t * (<float> 1 - smoothing) + smoothing / classes


cdef inline float clipped(float q) noexcept nogil:
    """q, but at least 1e-7 and at most 1 - 1e-7"""
    return held(q, 1e-7, 1 - 1e-7)


cdef void softmax_crossentropy(
    Matrix x, Matrix t, float smoothing, Matrix p, float* losses
) noexcept nogil:
    """p = softmax(x);  loss = -sum_j t_j log p_j
                            = (sum_j t_j) log sum_k e^x_k - sum_j t_j x_j

    Softmax and cross-entropy in one: the logarithm never meets a probability that
    was rounded to zero. p may overwrite the logits, or be one row for all of them.
    """
    cdef Py_ssize_t i, j
    cdef float largest, total, target, target_total, loss
    for i in range(x.rows):
        largest = row_maximum(x.data, x.columns)
        loss = target_total = 0
        for j in range(x.columns):
            target = smoothed(t.data[j], smoothing, x.columns)
            target_total += target
            loss -= target * (x.data[j] - largest)
        for j in range(x.columns):
            p.data[j] = exponential(x.data[j] - largest)
        total = row_sum(p.data, x.columns)
        for j in range(x.columns):
            p.data[j] /= total
        losses[i] = loss + target_total * logarithm(total)
        x.data += x.columns
        t.data += t.columns
        p.data += p.columns


cdef void softmax_crossentropy_backward(
    Matrix p, Matrix t, float smoothing, float scale, Matrix dx
) noexcept nogil:
    """dx_j = scale (p_j sum_k t_k - t_j), which is scale (p - t) for distributions t"""
    cdef Py_ssize_t i, j
    cdef float total, target
    for i in range(p.rows):
        total = 0
        for j in range(p.columns):
            total += smoothed(t.data[j], smoothing, p.columns)
        for j in range(p.columns):
            target = smoothed(t.data[j], smoothing, p.columns)
            dx.data[j] = (p.data[j] * total - target) * scale
        p.data += p.columns
        t.data += t.columns
        dx.data += dx.columns


cdef void crossentropy(
    Matrix y, Matrix t, float smoothing, float* losses
) noexcept nogil:
    """loss = -sum_j t_j log q_j, with q = y / sum_k y_k, clipped to [1e-7, 1 - 1e-7]

    For outputs that are not a softmax, as Keras computes it.
    """
    cdef Py_ssize_t i, j
    cdef float total, loss, target
    for i in range(y.rows):
        total = row_sum(y.data, y.columns)
        loss = 0
        for j in range(y.columns):
            target = smoothed(t.data[j], smoothing, y.columns)
            loss -= target * logarithm(clipped(y.data[j] / total))
        losses[i] = loss
        y.data += y.columns
        t.data += t.columns


cdef void crossentropy_backward(
    Matrix y, Matrix t, float smoothing, float scale, Matrix dy
) noexcept nogil:
    """dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k

    where dq_j = -t_j / q_j, or 0 if q_j was clipped
    """
    cdef Py_ssize_t i, j
    cdef float total, q, mean, target
    for i in range(y.rows):
        total = row_sum(y.data, y.columns)
        mean = 0
        for j in range(y.columns):
            q = y.data[j] / total
            target = smoothed(t.data[j], smoothing, y.columns)
            dy.data[j] = -target / q if q == clipped(q) else 0
            mean += dy.data[j] * q
        for j in range(y.columns):
            dy.data[j] = scale * (dy.data[j] - mean) / total
        y.data += y.columns
        t.data += t.columns
        dy.data += dy.columns


cdef void sigmoid_crossentropy(
    Matrix x, Matrix t, float smoothing, Matrix p, float* losses
) noexcept nogil:
    """p = sigmoid(x);  loss = mean_j -t_j log p_j - (1 - t_j) log(1 - p_j)
                             = mean_j max(x_j, 0) - x_j t_j + log(1 + e^-|x_j|)

    Sigmoid and cross-entropy in one, for answers of yes or no; p may overwrite the
    logits.
    """
    cdef Py_ssize_t i, j
    cdef float total, z, rest
    for i in range(x.rows):
        total = 0
        for j in range(x.columns):
            z = x.data[j]
            rest = logarithm_of_one_plus(exponential(-fabsf(z)))
            total += (0 if z < 0 else z) - z * smoothed(t.data[j], smoothing, 2) + rest
            p.data[j] = sigmoid(z)
        losses[i] = total / x.columns
        x.data += x.columns
        t.data += t.columns
        p.data += p.columns


cdef void sigmoid_crossentropy_backward(
    Matrix p, Matrix t, float smoothing, float scale, Matrix dx
) noexcept nogil:
    """dx_j = scale (p_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float factor = scale / p.columns
    for i in range(p.rows * p.columns):
        dx.data[i] = (p.data[i] - smoothed(t.data[i], smoothing, 2)) * factor


cdef inline float surprise(float q, float t) noexcept nogil:
    """-t log q - (1 - t) log(1 - q), for q within (0, 1)"""
    return -t * logarithm(q) - (<float> 1 - t) * logarithm(<float> 1 - q)


cdef inline float binary_crossentropy(float y, float t, float smoothing) noexcept nogil:
    """loss = -t log q - (1 - t) log(1 - q), q = y in [1e-7, 1 - 1e-7]

    For outputs that are not a sigmoid, as Keras computes it.
    """
    return surprise(clipped(y), smoothed(t, smoothing, 2))


cdef inline float binary_crossentropy_backward(
    float y, float t, float smoothing, float scale
) noexcept nogil:
    """dy = scale ((1 - t) / (1 - y) - t / y), or 0 if clipped"""
    cdef float q = clipped(y), target = smoothed(t, smoothing, 2)
    cdef float slope = (<float> 1 - target) / (<float> 1 - q) - target / q
    # A NaN is neither, and must show.
    return 0 if y < q or y > q else slope * scale
