# Optimizers: one step of gradient descent on a stretch of parameters.
#
# w are the parameters, dw their gradient, all else is the optimizer's memory of
# earlier steps; every array has `size` elements and w and the memory change in place.

cdef void sgd(
    float* w,
    const float* dw,
    float* m,
    Py_ssize_t size,
    float learning_rate,
    float momentum,
    bint nesterov,
) noexcept nogil:
    """w <- w - learning_rate dw, or with momentum:

    m <- momentum m - learning_rate dw
    w <- w + m, or with Nesterov's look ahead: w <- w + momentum m - learning_rate dw
    """
    cdef Py_ssize_t i
    if momentum == 0:
        for i in range(size):
            w[i] -= learning_rate * dw[i]
    elif nesterov:
        for i in range(size):
            m[i] = momentum * m[i] - learning_rate * dw[i]
            w[i] += momentum * m[i] - learning_rate * dw[i]
    else:
        for i in range(size):
            m[i] = momentum * m[i] - learning_rate * dw[i]
            w[i] += m[i]


cdef void rmsprop(
    float* w,
    const float* dw,
    float* v,
    float* m,
    float* a,
    Py_ssize_t size,
    float learning_rate,
    float rho,
    float one_minus_rho,
    float epsilon,
    float momentum,
) noexcept nogil:
    """Divide each gradient by the root of the running mean of its square.

    v <- rho v + (1 - rho) dw^2
    w <- w - learning_rate dw / sqrt(v + epsilon)

    Source: G. Hinton, Neural Networks for Machine Learning, lecture 6e; epsilon stands
    inside the root, as in Keras 3. If a is not NULL, the variance takes the place of
    the mean square, and if m is not NULL, the step has momentum:

    a <- rho a + (1 - rho) dw
    m <- momentum m + learning_rate dw / sqrt(v - a^2 + epsilon)
    w <- w - m
    """
    cdef Py_ssize_t i
    cdef float variance, step
    if m == NULL and a == NULL:
        for i in range(size):
            v[i] = rho * v[i] + one_minus_rho * (dw[i] * dw[i])
            w[i] -= learning_rate * dw[i] / sqrtf(v[i] + epsilon)
        return
    for i in range(size):
        v[i] = rho * v[i] + one_minus_rho * (dw[i] * dw[i])
        variance = v[i]
        if a != NULL:
            a[i] = rho * a[i] + one_minus_rho * dw[i]
            # Of a gradient that stays the same, rounding can make it negative.
            variance = v[i] - a[i] * a[i] if v[i] > a[i] * a[i] else 0
        step = learning_rate * dw[i] / sqrtf(variance + epsilon)
        if m != NULL:
            m[i] = momentum * m[i] + step
            step = m[i]
        w[i] -= step


cdef void adam(
    float* w,
    const float* dw,
    float* m,
    float* v,
    float* highest,
    Py_ssize_t size,
    float step,
    float one_minus_beta_1,
    float one_minus_beta_2,
    float epsilon,
) noexcept nogil:
    """Step along the running mean of the gradient, divided by its size.

    m <- m + (1 - beta_1) (dw - m)
    v <- v + (1 - beta_2) (dw^2 - v)
    w <- w - step m / (sqrt(v) + epsilon)

    At iteration n, step = learning_rate sqrt(1 - beta_2^n) / (1 - beta_1^n), since both
    means started from zero. If `highest` is not NULL, it keeps the largest v so far,
    which then takes its place (AMSGrad).

    Sources: D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2014;
    S. Reddi et al., On the Convergence of Adam and Beyond, 2018.
    """
    cdef Py_ssize_t i
    if highest == NULL:
        for i in range(size):
            m[i] += one_minus_beta_1 * (dw[i] - m[i])
            v[i] += one_minus_beta_2 * (dw[i] * dw[i] - v[i])
            w[i] -= step * m[i] / (sqrtf(v[i]) + epsilon)
        return
    for i in range(size):
        m[i] += one_minus_beta_1 * (dw[i] - m[i])
        v[i] += one_minus_beta_2 * (dw[i] * dw[i] - v[i])
        highest[i] = v[i] if v[i] > highest[i] else highest[i]
        w[i] -= step * m[i] / (sqrtf(highest[i]) + epsilon)


cdef void decay_weights(float* w, Py_ssize_t size, float share) noexcept nogil:
    """w <- w - share w: decoupled weight decay, with share = learning_rate decay

    Source: I. Loshchilov and F. Hutter, Decoupled Weight Decay Regularization, 2017.
    """
    cdef Py_ssize_t i
    for i in range(size):
        w[i] -= w[i] * share


cdef void clip_values(float* dw, Py_ssize_t size, float most) noexcept nogil:
    """dw <- dw, but at least -most and at most most"""
    cdef Py_ssize_t i
    for i in range(size):
        dw[i] = most if dw[i] > most else dw[i]
        dw[i] = -most if dw[i] < -most else dw[i]


cdef void clip_norm(
    float* dw, Py_ssize_t size, float norm, float most
) noexcept nogil:
    """dw <- dw most / norm, if its norm is larger than `most`"""
    cdef float factor = most / norm
    cdef Py_ssize_t i
    if norm > most:
        for i in range(size):
            dw[i] *= factor


cdef enum:
    SGD = 0
    RMSPROP = 1
    ADAM = 2
