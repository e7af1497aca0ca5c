# Optimizers: one step of gradient descent on a stretch of parameters.
#
# w are the parameters, dw their gradient, all else is the optimizer's memory of
# earlier steps; every array has `size` elements and w and the memory change in place.
# Memory that an optimizer does without is NULL. What fades towards 0 ends in numbers
# that some processors multiply slowly, except where product and sum are fused: an
# epoch of small batches takes 15 % less.

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
            m[i] = multiply_add(momentum, m[i], -learning_rate * dw[i])
            w[i] += multiply_add(momentum, m[i], -learning_rate * dw[i])
    else:
        for i in range(size):
            m[i] = multiply_add(momentum, m[i], -learning_rate * dw[i])
            w[i] += m[i]


cdef void rmsprop(
    float* w,
    const float* dw,
    float* v,
    float* m,
    float* a,
    Py_ssize_t size,
    float learning_rate,
    double rho,
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

    If dw is NULL, it is all zeros, and there is nothing but v.
    """
    cdef Py_ssize_t i
    cdef float variance, step
    cdef float kept = rho, taken = 1 - rho
    if dw == NULL:
        for i in range(size):
            v[i] *= kept
        return
    if m == NULL and a == NULL:
        for i in range(size):
            v[i] = multiply_add(kept, v[i], taken * (dw[i] * dw[i]))
            w[i] -= learning_rate * dw[i] / sqrtf(v[i] + epsilon)
        return
    for i in range(size):
        v[i] = multiply_add(kept, v[i], taken * (dw[i] * dw[i]))
        variance = v[i]
        if a != NULL:
            # Behind a condition, GCC does not vectorise a multiply_add.
            a[i] = kept * a[i] + taken * dw[i]
            # Of a gradient that stays the same, rounding can make it negative.
            variance = v[i] - a[i] * a[i] if v[i] > a[i] * a[i] else 0
        step = learning_rate * dw[i] / sqrtf(variance + epsilon)
        if m != NULL:
            m[i] = momentum * m[i] + step
            step = m[i]
        w[i] -= step


cdef void adagrad(
    float* w,
    const float* dw,
    float* v,
    Py_ssize_t size,
    float learning_rate,
    float epsilon,
) noexcept nogil:
    """Divide each gradient by the root of the sum of all its squares so far.

    v <- v + dw^2
    w <- w - learning_rate dw / sqrt(v + epsilon)

    Source: J. Duchi et al., Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization, 2011.
    """
    cdef Py_ssize_t i
    for i in range(size):
        v[i] = multiply_add(dw[i], dw[i], v[i])
        w[i] -= learning_rate * dw[i] / sqrtf(v[i] + epsilon)


cdef void adam(
    float* w,
    const float* dw,
    float* m,
    float* v,
    float* v_max,
    Py_ssize_t size,
    float step,
    double beta_1,
    double beta_2,
    float epsilon,
) noexcept nogil:
    """Step along the running mean of the gradient, divided by its size.

    m <- m + (1 - beta_1) (dw - m)
    v <- v + (1 - beta_2) (dw^2 - v)
    w <- w - step m / (sqrt(v) + epsilon)

    At iteration n, step = learning_rate sqrt(1 - beta_2^n) / (1 - beta_1^n), since both
    means started from zero. If `v_max` is not NULL, it keeps the largest v so far,
    which then takes its place (AMSGrad).

    Sources: D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2014;
    S. Reddi et al., On the Convergence of Adam and Beyond, 2018.
    """
    cdef Py_ssize_t i
    cdef float taken_1 = 1 - beta_1, taken_2 = 1 - beta_2
    if v_max == NULL:
        for i in range(size):
            m[i] = multiply_add(taken_1, dw[i] - m[i], m[i])
            v[i] = multiply_add(taken_2, dw[i] * dw[i] - v[i], v[i])
            w[i] -= step * m[i] / (sqrtf(v[i]) + epsilon)
        return
    for i in range(size):
        m[i] = multiply_add(taken_1, dw[i] - m[i], m[i])
        v[i] = multiply_add(taken_2, dw[i] * dw[i] - v[i], v[i])
        v_max[i] = v[i] if v[i] > v_max[i] else v_max[i]
        w[i] -= step * m[i] / (sqrtf(v_max[i]) + epsilon)
