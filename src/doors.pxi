# The doors: each kernel as a Python function over typed arrays.
#
# The last arguments are the results; `panel` is the scratch space of a product. Nothing
# is checked here: call these through fastmlp/kernels/, which checks the shapes that the
# chapters state.

cdef Matrix view(const float[:, ::1] a) noexcept nogil:
    """A two-dimensional array as a Matrix"""
    return matrix(&a[0, 0], a.shape[0], a.shape[1])


def py_dense_forward(
    const float[:, ::1] x,
    const float[:, ::1] w,
    const float[::1] b,
    float[::1] panel,
    float[:, ::1] y,
):
    cdef const float* bias = NULL if b is None else &b[0]
    with nogil:
        dense_forward(view(x), view(w), bias, view(y), &panel[0])


def py_dense_backward(
    const float[:, ::1] x,
    const float[:, ::1] w,
    const float[:, ::1] dy,
    float[::1] panel,
    float[:, ::1] dx,
    float[:, ::1] dw,
    float[::1] db,
):
    with nogil:
        dense_backward_input(view(dy), view(w), view(dx), &panel[0])
        dense_backward_kernel(view(x), view(dy), view(dw), &panel[0])
        dense_backward_bias(view(dy), &db[0])


def py_activation(
    int activation,
    const float[:, ::1] x,
    double a,
    double b,
    double c,
    float[:, ::1] y,
):
    cdef Bend bend = Bend(a, b, c)
    with nogil:
        activation_forward(
            activation, bend, &x[0, 0], x.shape[0], x.shape[1], &y[0, 0]
        )


def py_activation_backward(
    int activation,
    const float[:, ::1] x_or_y,
    const float[:, ::1] dy,
    double a,
    double b,
    double c,
    float[:, ::1] dx,
):
    # Each derivative looks at one of them only.
    cdef const float* given = &x_or_y[0, 0]
    cdef Bend bend = Bend(a, b, c)
    with nogil:
        activation_backward(
            activation, bend, given, given, &dy[0, 0], dy.shape[0], dy.shape[1],
            &dx[0, 0],
        )


def py_loss(
    int loss,
    const float[:, ::1] y,
    const float[:, ::1] t,
    float setting,
    float[:, ::1] p,
    float[::1] losses,
):
    cdef float* activated = NULL if p is None else &p[0, 0]
    with nogil:
        loss_forward(
            loss, setting, &y[0, 0], &t[0, 0], y.shape[0], y.shape[1], activated,
            &losses[0],
        )


def py_loss_backward(
    int loss,
    const float[:, ::1] y,
    const float[:, ::1] t,
    float setting,
    float scale,
    float[:, ::1] dy,
):
    with nogil:
        loss_backward(
            loss, setting, &y[0, 0], &t[0, 0], y.shape[0], y.shape[1], scale, &dy[0, 0]
        )


def py_metric(
    int metric,
    const float[:, ::1] y,
    const float[:, ::1] t,
    float setting,
    float[::1] values,
    float[::1] counts,
):
    with nogil:
        metric_forward(
            metric, setting, &y[0, 0], &t[0, 0], y.shape[0], y.shape[1], &values[0],
            &counts[0],
        )


def py_dropout(
    const float[::1] x, double rate, unsigned long long seed, iteration, float[::1] y
):
    cdef unsigned int key = dropout_key(seed, iteration)
    with nogil:
        dropout(&x[0], x.shape[0], rate, key, 0, &y[0])


def py_affine(
    const float[:, ::1] x,
    const float[::1] center,
    const float[::1] scale,
    const float[::1] offset,
    float[:, ::1] y,
):
    with nogil:
        affine(view(x), &center[0], &scale[0], &offset[0], view(y))


def py_affine_backward(
    const float[:, ::1] dy, const float[::1] scale, float[:, ::1] dx
):
    with nogil:
        affine_backward(view(dy), &scale[0], view(dx))


def py_moments(const float[:, ::1] x, float[::1] mean, float[::1] variance):
    with nogil:
        moments(view(x), &mean[0], &variance[0])


def py_move_towards(float[::1] moving, const float[::1] now, float momentum):
    with nogil:
        move_towards(&moving[0], &now[0], moving.shape[0], momentum)


def py_normalize(
    const float[:, ::1] x,
    const float[::1] mean,
    const float[::1] variance,
    const float[::1] gamma,
    const float[::1] beta,
    float epsilon,
    float[::1] panel,
    float[:, ::1] y,
):
    cdef const float* factor = NULL if gamma is None else &gamma[0]
    cdef const float* addend = NULL if beta is None else &beta[0]
    with nogil:
        normalize(
            view(x), &mean[0], &variance[0], factor, addend, epsilon, &panel[0], view(y)
        )


def py_normalize_backward(
    const float[:, ::1] x,
    const float[:, ::1] dy,
    const float[::1] mean,
    const float[::1] variance,
    const float[::1] gamma,
    float epsilon,
    float[::1] panel,
    float[:, ::1] dx,
    float[::1] dgamma,
    float[::1] dbeta,
):
    cdef const float* factor = NULL if gamma is None else &gamma[0]
    with nogil:
        normalize_backward_parameters(
            view(x), view(dy), &mean[0], &variance[0], epsilon, &dgamma[0], &dbeta[0]
        )
        normalize_backward_input(
            view(x), view(dy), x.shape[0], &mean[0], &variance[0], factor, epsilon,
            &dgamma[0], &dbeta[0], &panel[0], view(dx),
        )


def py_sgd(
    float[::1] w,
    const float[::1] dw,
    float[::1] m,
    float learning_rate,
    float momentum,
    bint nesterov,
):
    cdef float* mean_step = NULL if m is None else &m[0]
    with nogil:
        sgd(&w[0], &dw[0], mean_step, w.shape[0], learning_rate, momentum, nesterov)


def py_rmsprop(
    float[::1] w,
    const float[::1] dw,
    float[::1] v,
    float[::1] m,
    float[::1] a,
    float learning_rate,
    double rho,
    float epsilon,
    float momentum,
):
    cdef float* mean_step = NULL if m is None else &m[0]
    cdef float* mean_gradient = NULL if a is None else &a[0]
    with nogil:
        rmsprop(
            &w[0], &dw[0], &v[0], mean_step, mean_gradient, w.shape[0],
            learning_rate, rho, 1 - rho, epsilon, momentum,
        )


def py_adam(
    float[::1] w,
    const float[::1] dw,
    float[::1] m,
    float[::1] v,
    float[::1] highest,
    float step,
    double beta_1,
    double beta_2,
    float epsilon,
):
    cdef float* largest = NULL if highest is None else &highest[0]
    with nogil:
        adam(
            &w[0], &dw[0], &m[0], &v[0], largest, w.shape[0],
            step, 1 - beta_1, 1 - beta_2, epsilon,
        )


def py_penalty(const float[::1] w, double l1, double l2) -> float:
    with nogil:
        total = penalty(&w[0], w.shape[0], l1, l2)
    return total


def py_penalty_backward(const float[::1] w, float l1, float l2, float[::1] dw):
    with nogil:
        memset(&dw[0], 0, dw.shape[0] * sizeof(float))
        penalty_backward(&w[0], w.shape[0], l1, l2, &dw[0])


def py_decay_weights(float[::1] w, float share):
    with nogil:
        decay_weights(&w[0], w.shape[0], share)


def py_clip_values(float[::1] dw, float most):
    with nogil:
        clip_values(&dw[0], dw.shape[0], most)


def py_clip_norm(float[::1] dw, float norm, float most):
    with nogil:
        clip_norm(&dw[0], dw.shape[0], norm, most)


def py_keep_non_negative(float[:, ::1] w):
    with nogil:
        keep_non_negative(view(w))


def py_limit_norms(
    float[:, ::1] w, double least, double most, double rate, float[::1] panel
):
    cdef Limits limits
    limits.least, limits.most, limits.rate = least, most, rate
    with nogil:
        limit_norms(view(w), limits, &panel[0])


def py_convert(const Number[::1] x, float[::1] y):
    """y = x as float32; return the first index where y is NaN or infinite, or -1"""
    cdef Py_ssize_t i, size = x.shape[0]
    cdef bint clean = True
    with nogil:
        for i in range(size):
            y[i] = <float> x[i]
            # x - x is zero unless x is NaN or infinite.
            clean = clean & (y[i] - y[i] == 0)
    if clean:
        return -1
    for i in range(size):
        if y[i] - y[i] != 0:
            return i


def py_compress(
    const Number[:, ::1] x,
    float[::1] data,
    unsigned short[::1] indices,
    Py_ssize_t[:, ::1] indptr,
    Py_ssize_t position,
):
    """Write entries from `position` on; return their end and if all are finite"""
    cdef bint finite
    cdef Csr to
    to.data, to.indices, to.indptr = &data[0], &indices[0], &indptr[0, 0]
    to.blocks = indptr.shape[1] - 1
    with nogil:
        position = compress(&x[0, 0], x.shape[0], x.shape[1], to, position, &finite)
    return position, finite
