# Losses: one number a row. Each stands beside its gradient.
#
# t are the targets, (rows, columns). The gradients carry the factor `scale`, which is
# 1 / (rows of the batch) where the loss of a batch is the mean over its rows.
#
# `smoothing` mixes targets with what is likely without knowledge: of K classes
# t (1 - smoothing) + smoothing / K, of yes or no t (1 - smoothing) + smoothing / 2.

cdef inline float smoothed(float t, float smoothing, Py_ssize_t classes) noexcept nogil:
    """t (1 - smoothing) + smoothing / classes"""
    return t * (1 - smoothing) + smoothing / classes


cdef void softmax_crossentropy(
    const float* logits,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t classes,
    float smoothing,
    float* p,
    float* losses,
) noexcept nogil:
    """p = softmax(x);  loss = -sum_j t_j log p_j = sum_j t_j (log sum_k e^x_k - x_j)

    Softmax and cross-entropy in one: the logarithm never meets a probability that
    was rounded to zero. p may overwrite the logits.
    """
    cdef Py_ssize_t i, j
    cdef float largest, total, log_total, loss
    for i in range(rows):
        largest = row_maximum(logits, classes)
        loss = 0
        for j in range(classes):
            loss -= smoothed(t[j], smoothing, classes) * (logits[j] - largest)
        for j in range(classes):
            p[j] = exponential(logits[j] - largest)
        total = 0
        for j in range(classes):
            total += p[j]
        log_total = logf(total)
        for j in range(classes):
            loss += smoothed(t[j], smoothing, classes) * log_total
            p[j] /= total
        losses[i] = loss
        logits += classes
        t += classes
        p += classes


cdef void softmax_crossentropy_backward(
    const float* p,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t classes,
    float smoothing,
    float scale,
    float* dx,
) noexcept nogil:
    """dx_j = scale (p_j sum_k t_k - t_j), which is scale (p - t) for distributions t"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(classes):
            total += smoothed(t[j], smoothing, classes)
        for j in range(classes):
            dx[j] = (p[j] * total - smoothed(t[j], smoothing, classes)) * scale
        p += classes
        t += classes
        dx += classes


cdef void crossentropy(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t classes,
    float smoothing,
    float* losses,
) noexcept nogil:
    """loss = -sum_j t_j log q_j, with q = y / sum_k y_k, clipped to [1e-7, 1 - 1e-7]

    For outputs that are not a softmax, as Keras computes it.
    """
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(classes):
            total += y[j]
        losses[i] = 0
        for j in range(classes):
            losses[i] -= smoothed(t[j], smoothing, classes) * logf(
                clipped(y[j] / total)
            )
        y += classes
        t += classes


cdef void crossentropy_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t classes,
    float smoothing,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k

    where dq_j = -t_j / q_j, or 0 if q_j was clipped
    """
    cdef Py_ssize_t i, j
    cdef float total, q, mean
    for i in range(rows):
        total = 0
        for j in range(classes):
            total += y[j]
        mean = 0
        for j in range(classes):
            q = y[j] / total
            dy[j] = -smoothed(t[j], smoothing, classes) / q if q == clipped(q) else 0
            mean += dy[j] * q
        for j in range(classes):
            dy[j] = scale * (dy[j] - mean) / total
        y += classes
        t += classes
        dy += classes


cdef void sigmoid_crossentropy(
    const float* logits,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float* p,
    float* losses,
) noexcept nogil:
    """p = sigmoid(x);  loss = mean_j -t_j log p_j - (1 - t_j) log(1 - p_j)
                             = mean_j max(x_j, 0) - x_j t_j + log(1 + e^-|x_j|)

    Sigmoid and cross-entropy in one, for answers of yes or no; p may overwrite the
    logits.
    """
    cdef Py_ssize_t i, j
    cdef float total, x, rest
    for i in range(rows):
        total = 0
        for j in range(columns):
            x = logits[j]
            rest = log1pf(exponential(-fabsf(x)))
            total += (0 if x < 0 else x) - x * smoothed(t[j], smoothing, 2) + rest
            p[j] = 1 / (1 + exponential(-x))
        losses[i] = total / columns
        logits += columns
        t += columns
        p += columns


cdef void sigmoid_crossentropy_backward(
    const float* p,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float scale,
    float* dx,
) noexcept nogil:
    """dx_j = scale (p_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float factor = scale / columns
    for i in range(rows * columns):
        dx[i] = (p[i] - smoothed(t[i], smoothing, 2)) * factor


cdef void binary_crossentropy(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float* losses,
) noexcept nogil:
    """loss = mean_j -t_j log q_j - (1 - t_j) log(1 - q_j), q = y in [1e-7, 1 - 1e-7]

    For outputs that are not a sigmoid, as Keras computes it.
    """
    cdef Py_ssize_t i, j
    cdef float total, q, target
    for i in range(rows):
        total = 0
        for j in range(columns):
            q = clipped(y[j])
            target = smoothed(t[j], smoothing, 2)
            total -= target * logf(q) + (1 - target) * logf(1 - q)
        losses[i] = total / columns
        y += columns
        t += columns


cdef void binary_crossentropy_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float smoothing,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale ((1 - t_j) / (1 - y_j) - t_j / y_j) / columns, or 0 if clipped"""
    cdef Py_ssize_t i
    cdef float target, factor = scale / columns
    for i in range(rows * columns):
        target = smoothed(t[i], smoothing, 2)
        dy[i] = 0
        if y[i] == clipped(y[i]):
            dy[i] = ((1 - target) / (1 - y[i]) - target / y[i]) * factor


cdef inline float clipped(float q) noexcept nogil:
    """q, but at least 1e-7 and at most 1 - 1e-7"""
    cdef float least = 1e-7, most = 1 - 1e-7
    if q < least:
        return least
    return most if q > most else q


cdef void mean_squared_error(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* losses
) noexcept nogil:
    """loss = sum_j (y_j - t_j)^2 / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += (y[j] - t[j]) * (y[j] - t[j])
        losses[i] = total / columns
        y += columns
        t += columns


cdef void mean_squared_error_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale 2 (y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float factor = scale * 2 / columns
    for i in range(rows * columns):
        dy[i] = (y[i] - t[i]) * factor


cdef void mean_absolute_error(
    const float* y, const float* t, Py_ssize_t rows, Py_ssize_t columns, float* errors
) noexcept nogil:
    """error = sum_j |y_j - t_j| / columns"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(rows):
        total = 0
        for j in range(columns):
            total += fabsf(y[j] - t[j])
        errors[i] = total / columns
        y += columns
        t += columns


cdef void mean_absolute_error_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale sign(y_j - t_j) / columns"""
    cdef Py_ssize_t i
    cdef float factor = scale / columns
    for i in range(rows * columns):
        dy[i] = factor * ((y[i] > t[i]) - (y[i] < t[i]))


cdef void huber(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float delta,
    float* losses,
) noexcept nogil:
    """loss = mean_j e_j^2 / 2 where e_j <= delta, else delta (e_j - delta / 2)

    with e_j = |y_j - t_j|.
    Source: P. J. Huber, Robust Estimation of a Location Parameter, 1964.
    """
    cdef Py_ssize_t i, j
    cdef float total, e
    for i in range(rows):
        total = 0
        for j in range(columns):
            e = fabsf(y[j] - t[j])
            total += <float> 0.5 * e * e if e <= delta else delta * (
                e - <float> 0.5 * delta
            )
        losses[i] = total / columns
        y += columns
        t += columns


cdef void huber_backward(
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float delta,
    float scale,
    float* dy,
) noexcept nogil:
    """dy_j = scale e_j / columns, with e_j = y_j - t_j held to [-delta, delta]"""
    cdef Py_ssize_t i
    cdef float e, factor = scale / columns
    for i in range(rows * columns):
        e = y[i] - t[i]
        e = delta if e > delta else e
        e = -delta if e < -delta else e
        dy[i] = e * factor


cdef enum:
    SOFTMAX_CROSSENTROPY = 0
    CROSSENTROPY = 1
    SIGMOID_CROSSENTROPY = 2
    BINARY_CROSSENTROPY = 3
    MEAN_SQUARED_ERROR = 4
    MEAN_ABSOLUTE_ERROR = 5
    HUBER = 6


cdef void loss_forward(
    int loss,
    float setting,
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float* p,
    float* losses,
) noexcept nogil:
    """One number a row, of the loss that is named by its code

    `setting` is smoothing or delta. Losses that compute an activation leave it in p.
    """
    if loss == SOFTMAX_CROSSENTROPY:
        softmax_crossentropy(y, t, rows, columns, setting, p, losses)
    elif loss == CROSSENTROPY:
        crossentropy(y, t, rows, columns, setting, losses)
    elif loss == SIGMOID_CROSSENTROPY:
        sigmoid_crossentropy(y, t, rows, columns, setting, p, losses)
    elif loss == BINARY_CROSSENTROPY:
        binary_crossentropy(y, t, rows, columns, setting, losses)
    elif loss == MEAN_SQUARED_ERROR:
        mean_squared_error(y, t, rows, columns, losses)
    elif loss == MEAN_ABSOLUTE_ERROR:
        mean_absolute_error(y, t, rows, columns, losses)
    elif loss == HUBER:
        huber(y, t, rows, columns, setting, losses)


cdef void loss_backward(
    int loss,
    float setting,
    const float* y,
    const float* t,
    Py_ssize_t rows,
    Py_ssize_t columns,
    float scale,
    float* dy,
) noexcept nogil:
    """dy of the loss that is named by its code; y is p where that was computed"""
    if loss == SOFTMAX_CROSSENTROPY:
        softmax_crossentropy_backward(y, t, rows, columns, setting, scale, dy)
    elif loss == CROSSENTROPY:
        crossentropy_backward(y, t, rows, columns, setting, scale, dy)
    elif loss == SIGMOID_CROSSENTROPY:
        sigmoid_crossentropy_backward(y, t, rows, columns, setting, scale, dy)
    elif loss == BINARY_CROSSENTROPY:
        binary_crossentropy_backward(y, t, rows, columns, setting, scale, dy)
    elif loss == MEAN_SQUARED_ERROR:
        mean_squared_error_backward(y, t, rows, columns, scale, dy)
    elif loss == MEAN_ABSOLUTE_ERROR:
        mean_absolute_error_backward(y, t, rows, columns, scale, dy)
    elif loss == HUBER:
        huber_backward(y, t, rows, columns, setting, scale, dy)
