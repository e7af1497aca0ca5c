# Clipping, weight decay, means: what is done to gradients and weights before a step.

cdef void decay_weights(float* w, Py_ssize_t size, float rate) noexcept nogil:
    """w <- w - rate w: decoupled weight decay, with rate = learning_rate weight_decay

    Source: I. Loshchilov and F. Hutter, Decoupled Weight Decay Regularization, 2017.
    """
    cdef Py_ssize_t i
    for i in range(size):
        w[i] -= w[i] * rate


cdef void clip_value(float* dw, Py_ssize_t size, float clipvalue) noexcept nogil:
    """dw <- dw, but at least -clipvalue and at most clipvalue"""
    cdef Py_ssize_t i
    for i in range(size):
        dw[i] = held(dw[i], -clipvalue, clipvalue)


cdef void clip_norm(
    float* dw, Py_ssize_t size, float norm, float clipnorm
) noexcept nogil:
    """dw <- dw clipnorm / norm, if its norm is larger than clipnorm"""
    cdef float factor = clipnorm / norm
    cdef Py_ssize_t i
    if norm > clipnorm:
        for i in range(size):
            dw[i] *= factor


cdef void mean_gradient(
    float* dw, float* total, Py_ssize_t size, float steps
) noexcept nogil:
    """dw <- (dw + total) / steps, where total is that of the batches before; total <- 0
    """
    cdef Py_ssize_t i
    for i in range(size):
        dw[i] = (dw[i] + total[i]) / steps
        total[i] = 0
