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
    cdef float largest, taken_1 = 1 - beta_1, taken_2 = 1 - beta_2
    for i in range(size):
        m[i] = multiply_add(taken_1, dw[i] - m[i], m[i])
        v[i] = multiply_add(taken_2, dw[i] * dw[i] - v[i], v[i])
        largest = v[i]
        if v_max != NULL:
            v_max[i] = v[i] if v[i] > v_max[i] else v_max[i]
            largest = v_max[i]
        w[i] -= step * m[i] / (sqrtf(largest) + epsilon)


cdef void adadelta(
    float* w,
    const float* dw,
    float* v,
    float* u,
    Py_ssize_t size,
    float learning_rate,
    double rho,
    float epsilon,
) noexcept nogil:
    """Step by as much as earlier steps were long, along the gradient by its usual size.

    v <- rho v + (1 - rho) dw^2
    d = -sqrt(u + epsilon) / sqrt(v + epsilon) dw
    u <- rho u + (1 - rho) d^2
    w <- w + learning_rate d

    Source: M. Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012.
    """
    cdef Py_ssize_t i
    cdef float d, kept = rho, taken = 1 - rho
    for i in range(size):
        v[i] = multiply_add(kept, v[i], taken * (dw[i] * dw[i]))
        d = -sqrtf(u[i] + epsilon) * dw[i] / sqrtf(v[i] + epsilon)
        u[i] = multiply_add(kept, u[i], taken * (d * d))
        w[i] = multiply_add(learning_rate, d, w[i])


cdef void adamax(
    float* w,
    const float* dw,
    float* m,
    float* u,
    Py_ssize_t size,
    float step,
    double beta_1,
    double beta_2,
    float epsilon,
) noexcept nogil:
    """Step along the running mean of the gradient, divided by its largest size.

    m <- m + (1 - beta_1) (dw - m)
    u <- max(beta_2 u, |dw|)
    w <- w - step m / (u + epsilon)

    At iteration n, step = learning_rate / (1 - beta_1^n), since m started from zero.

    Source: D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2014,
    section 7.1.
    """
    cdef Py_ssize_t i
    cdef float before, now, taken = 1 - beta_1, kept = beta_2
    for i in range(size):
        m[i] = multiply_add(taken, dw[i] - m[i], m[i])
        before, now = kept * u[i], fabsf(dw[i])
        # Of a NaN, either way, a NaN comes.
        before = now if now > before else before
        u[i] = before if now == now else now
        w[i] -= step * m[i] / (u[i] + epsilon)


cdef void nadam(
    float* w,
    const float* dw,
    float* m,
    float* v,
    Py_ssize_t size,
    float step,
    float gradient_step,
    float correction,
    double beta_1,
    double beta_2,
    float epsilon,
) noexcept nogil:
    """Step as Adam does, with Nesterov's look ahead.

    m <- m + (1 - beta_1) (dw - m)
    v <- v + (1 - beta_2) (dw^2 - v)
    w <- w - (step m + gradient_step dw) / (correction sqrt(v) + epsilon)

    At iteration n, with u_n = beta_1 (1 - 0.96^n / 2) and U_n = u_1 u_2 ... u_n,
    step = learning_rate u_{n+1} / (1 - U_{n+1}),
    gradient_step = learning_rate (1 - u_n) / (1 - U_n), and
    correction = 1 / sqrt(1 - beta_2^n).

    Source: T. Dozat, Incorporating Nesterov Momentum into Adam, 2016.
    """
    cdef Py_ssize_t i
    cdef float ahead, taken_1 = 1 - beta_1, taken_2 = 1 - beta_2
    for i in range(size):
        m[i] = multiply_add(taken_1, dw[i] - m[i], m[i])
        v[i] = multiply_add(taken_2, dw[i] * dw[i] - v[i], v[i])
        ahead = multiply_add(step, m[i], gradient_step * dw[i])
        w[i] -= ahead / multiply_add(correction, sqrtf(v[i]), epsilon)


cdef void lion(
    float* w,
    const float* dw,
    float* m,
    Py_ssize_t size,
    float learning_rate,
    double beta_1,
    double beta_2,
) noexcept nogil:
    """Step by the learning rate, up or down, as a mean of the gradients says.

    c = beta_1 m + (1 - beta_1) dw
    w <- w - learning_rate sign(c)
    m <- beta_2 m + (1 - beta_2) dw

    Source: X. Chen et al., Symbolic Discovery of Optimization Algorithms, 2023.
    """
    cdef Py_ssize_t i
    cdef float c, kept_1 = beta_1, taken_1 = 1 - beta_1
    cdef float kept_2 = beta_2, taken_2 = 1 - beta_2
    for i in range(size):
        c = multiply_add(kept_1, m[i], taken_1 * dw[i])
        # What is left as it is, is 0 or NaN.
        c = <float> 1 if c > 0 else c
        c = <float> -1 if c < 0 else c
        w[i] -= learning_rate * c
        m[i] = multiply_add(kept_2, m[i], taken_2 * dw[i])


cdef inline float raised(float x, float power) noexcept nogil:
    """x^power, of an x from 0 on, with power from 0 on: e^(power ln x)"""
    cdef float of_zero = <float> 1 if power == 0 else <float> 0
    cdef float found = exponential(power * logarithm(x))
    # The smallest normal number: what is below counts as 0.
    return of_zero if x < <float> 1.1754944e-38 else found


cdef inline float follow(
    float z, float after, float rate, float l1, float l2, float beta
) noexcept nogil:
    """(clip(z, -l1, l1) - z) / ((after + beta) / rate + 2 l2)"""
    return (held(z, -l1, l1) - z) / ((after + beta) / rate + <float> 2 * l2)


cdef void ftrl(
    float* w,
    const float* dw,
    float* v,
    float* z,
    Py_ssize_t size,
    float learning_rate,
    float power,
    float l1,
    float l2,
    float shrinkage,
    float beta,
) noexcept nogil:
    """Follow the leader: the weights that were best for all gradients so far.

    v' = v + dw^2
    z <- z + dw + 2 shrinkage w - (v'^power - v^power) / learning_rate w
    w <- (clip(z, -l1, l1) - z) / ((v'^power + beta) / learning_rate + 2 l2)
    v <- v'

    An l1 above 0 makes weights exactly 0. With a learning rate of 0, nothing changes.

    Source: H. B. McMahan et al., Ad Click Prediction: a View from the Trenches, 2013.
    """
    cdef Py_ssize_t i
    cdef float before, after, sigma
    cdef float shrinks = <float> 2 * shrinkage
    if learning_rate == 0:
        return
    if power == <float> 0.5:  # A square root is several times as fast.
        for i in range(size):
            before = sqrtf(v[i])
            v[i] = multiply_add(dw[i], dw[i], v[i])
            after = sqrtf(v[i])
            sigma = (after - before) / learning_rate
            z[i] += dw[i] + shrinks * w[i] - sigma * w[i]
            w[i] = follow(z[i], after, learning_rate, l1, l2, beta)
        return
    for i in range(size):
        before = raised(v[i], power)
        v[i] = multiply_add(dw[i], dw[i], v[i])
        after = raised(v[i], power)
        sigma = (after - before) / learning_rate
        z[i] += dw[i] + shrinks * w[i] - sigma * w[i]
        w[i] = follow(z[i], after, learning_rate, l1, l2, beta)
