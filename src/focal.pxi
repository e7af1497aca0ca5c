# Focal cross-entropy: what is guessed well already counts less. Each form stands beside
# its gradient; t, `scale` and `smoothing` are those of crossentropy.pxi.
#
# Source: T.-Y. Lin et al., Focal Loss for Dense Object Detection, 2017.

cdef inline float focus(float miss, float gamma) noexcept nogil:
    """miss^gamma: how much a guess counts that is wrong by `miss`, at least 1e-7"""
    return power(at_least_epsilon(miss), gamma)


cdef inline float focus_slope(float miss, float gamma) noexcept nogil:
    """gamma miss^(gamma - 1)"""
    return gamma * power(at_least_epsilon(miss), gamma - <float> 1)


cdef inline float focal_slope(float q, float t, float gamma) noexcept nogil:
    """q_j times the slope of -t_j (1 - q_j)^gamma log q_j"""
    cdef float inner = q * focus_slope(<float> 1 - q, gamma)
    return t * (inner * logarithm(at_least_epsilon(q)) - focus(<float> 1 - q, gamma))


cdef void softmax_focal_crossentropy(
    Matrix x,
    Matrix t,
    float alpha,
    float gamma,
    float smoothing,
    Matrix p,
    float* losses,
) noexcept nogil:
    """p = softmax(x);  loss = -alpha sum_j t_j (1 - p_j)^gamma log p_j

    Softmax and loss in one; p may overwrite the logits.
    """
    cdef Py_ssize_t i, j
    cdef float largest, total, target, q, logarithm_of_q, loss
    for i in range(x.rows):
        largest = row_maximum(x.data, x.columns)
        total = 0
        for j in range(x.columns):
            total += exponential(x.data[j] - largest)
        total = logarithm(total)
        loss = 0
        for j in range(x.columns):
            target = smoothed(t.data[j], smoothing, x.columns)
            logarithm_of_q = x.data[j] - largest - total
            q = exponential(logarithm_of_q)
            loss -= target * focus(<float> 1 - q, gamma) * logarithm_of_q
            p.data[j] = q
        losses[i] = alpha * loss
        x.data += x.columns
        t.data += t.columns
        p.data += p.columns


cdef void softmax_focal_crossentropy_backward(
    Matrix p,
    Matrix t,
    float alpha,
    float gamma,
    float smoothing,
    float scale,
    Matrix dx,
) noexcept nogil:
    """dx_j = scale alpha (d_j - p_j sum_k d_k)

    where d_j is p_j times the slope of -t_j (1 - p_j)^gamma log p_j.
    """
    cdef Py_ssize_t i, j
    cdef float total, target
    for i in range(p.rows):
        total = 0
        for j in range(p.columns):
            target = smoothed(t.data[j], smoothing, p.columns)
            total += focal_slope(p.data[j], target, gamma)
        for j in range(p.columns):
            target = smoothed(t.data[j], smoothing, p.columns)
            dx.data[j] = scale * alpha * (
                focal_slope(p.data[j], target, gamma) - p.data[j] * total
            )
        p.data += p.columns
        t.data += t.columns
        dx.data += dx.columns


cdef void focal_crossentropy(
    Matrix y, Matrix t, float alpha, float gamma, float smoothing, float* losses
) noexcept nogil:
    """loss = -alpha sum_j t_j (1 - q_j)^gamma log q_j, q = y / sum_k y_k, clipped

    to [1e-7, 1 - 1e-7]: for outputs that are not a softmax, as Keras computes it.
    """
    cdef Py_ssize_t i, j
    cdef float total, loss, target, q
    for i in range(y.rows):
        total = row_sum(y.data, y.columns)
        loss = 0
        for j in range(y.columns):
            target = smoothed(t.data[j], smoothing, y.columns)
            q = clipped(y.data[j] / total)
            loss -= target * focus(<float> 1 - q, gamma) * logarithm(q)
        losses[i] = alpha * loss
        y.data += y.columns
        t.data += t.columns


cdef void focal_crossentropy_backward(
    Matrix y,
    Matrix t,
    float alpha,
    float gamma,
    float smoothing,
    float scale,
    Matrix dy,
) noexcept nogil:
    """dy_j = scale alpha (dq_j - sum_k dq_k q_k) / sum_k y_k

    where dq_j is the slope of -t_j (1 - q_j)^gamma log q_j, or 0 if q_j was clipped.
    """
    cdef Py_ssize_t i, j
    cdef float total, q, mean, target
    for i in range(y.rows):
        total = row_sum(y.data, y.columns)
        mean = 0
        for j in range(y.columns):
            q = y.data[j] / total
            target = smoothed(t.data[j], smoothing, y.columns)
            dy.data[j] = 0
            if q == clipped(q):
                dy.data[j] = focal_slope(q, target, gamma) / q
            mean += dy.data[j] * q
        for j in range(y.columns):
            dy.data[j] = scale * alpha * (dy.data[j] - mean) / total
        y.data += y.columns
        t.data += t.columns
        dy.data += dy.columns


cdef inline float balance(float t, float alpha, bint balanced) noexcept nogil:
    """What a target counts as: alpha for yes and 1 - alpha for no, if that is asked"""
    if not balanced:
        return 1
    return t * alpha + (<float> 1 - t) * (<float> 1 - alpha)


cdef inline float miss_of(float q, float t) noexcept nogil:
    """By how much q misses t: 1 - q for yes, q for no"""
    return t * (<float> 1 - q) + (<float> 1 - t) * q


cdef void sigmoid_focal_crossentropy(
    Matrix x,
    Matrix t,
    bint balanced,
    float alpha,
    float gamma,
    float smoothing,
    Matrix p,
    float* losses,
) noexcept nogil:
    """p = sigmoid(x);  loss = mean_j a_j m_j^gamma H_j, where H_j is cross-entropy,

    with the miss m_j = t_j (1 - p_j) + (1 - t_j) p_j and, if balanced, a_j = t_j alpha
    + (1 - t_j) (1 - alpha), else 1. In one; p may overwrite the logits.
    """
    cdef Py_ssize_t i, j
    cdef float total, z, q, target, loss
    for i in range(x.rows):
        total = 0
        for j in range(x.columns):
            z = x.data[j]
            q = sigmoid(z)
            target = smoothed(t.data[j], smoothing, 2)
            loss = logarithm_of_one_plus(exponential(-fabsf(z)))
            loss += (0 if z < 0 else z) - z * target
            loss *= focus(miss_of(q, target), gamma)
            total += balance(target, alpha, balanced) * loss
            p.data[j] = q
        losses[i] = total / x.columns
        x.data += x.columns
        t.data += t.columns
        p.data += p.columns


cdef void sigmoid_focal_crossentropy_backward(
    Matrix p,
    Matrix t,
    bint balanced,
    float alpha,
    float gamma,
    float smoothing,
    float scale,
    Matrix dx,
) noexcept nogil:
    """dx_j = scale a_j (m_j^gamma (p_j - t_j) + dm_j loss_j) / columns

    with dm_j = gamma m_j^(gamma - 1) (1 - 2 t_j) p_j (1 - p_j), and loss_j that of
    cross-entropy.
    """
    cdef Py_ssize_t i
    cdef float q, target, miss, slope, factor = scale / p.columns
    for i in range(p.rows * p.columns):
        q = p.data[i]
        target = smoothed(t.data[i], smoothing, 2)
        miss = miss_of(q, target)
        slope = (<float> 1 - 2 * target) * q * (<float> 1 - q)
        slope *= focus_slope(miss, gamma) * surprise(clipped(q), target)
        slope += focus(miss, gamma) * (q - target)
        dx.data[i] = factor * balance(target, alpha, balanced) * slope


cdef inline float binary_focal_crossentropy(
    float y, float t, bint balanced, float alpha, float gamma, float smoothing
) noexcept nogil:
    """loss = a m^gamma (-t log q - (1 - t) log(1 - q)), a and m as above

    with q = y held to [1e-7, 1 - 1e-7]: for outputs that are not a sigmoid.
    """
    cdef float q = clipped(y), target = smoothed(t, smoothing, 2)
    cdef float loss = focus(miss_of(q, target), gamma) * surprise(q, target)
    return balance(target, alpha, balanced) * loss


cdef inline float binary_focal_crossentropy_backward(
    float y,
    float t,
    bint balanced,
    float alpha,
    float gamma,
    float smoothing,
    float scale,
) noexcept nogil:
    """dy = scale a (m^gamma dloss + dm loss), or 0 if clipped

    with dm = gamma m^(gamma - 1) (1 - 2 t), and loss that of cross-entropy.
    """
    cdef float q = clipped(y), target = smoothed(t, smoothing, 2)
    cdef float miss = miss_of(q, target)
    cdef float slope = (<float> 1 - target) / (<float> 1 - q) - target / q
    slope *= focus(miss, gamma)
    slope += focus_slope(miss, gamma) * (
        (<float> 1 - 2 * target) * surprise(q, target)
    )
    slope *= scale * balance(target, alpha, balanced)
    # A NaN is on neither side, and must show.
    return 0 if y < q or y > q else slope
