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
            variance -= a[i] * a[i]
        step = learning_rate * dw[i] / sqrtf(variance + epsilon)
        if m != NULL:
            m[i] = momentum * m[i] + step
            step = m[i]
        w[i] -= step


cdef enum:
    SGD = 0
    RMSPROP = 1
