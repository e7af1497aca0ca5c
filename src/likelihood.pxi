# How unlikely the targets are to outputs that are shares, or expected counts. Each loss
# stands beside its gradient; t and `scale` are those of losses.pxi.

cdef inline float as_share(float x) noexcept nogil:
    """x, but at least 1e-7 and at most 1"""
    return held(x, 1e-7, 1)


cdef void kl_divergence(Matrix y, Matrix t, float* losses) noexcept nogil:
    """loss = sum_j t_j log(t_j / y_j), with both held to [1e-7, 1]

    How many nats a code made for y wastes on what comes as often as t says.
    Source: S. Kullback, R. A. Leibler, On Information and Sufficiency, 1951.
    """
    cdef Py_ssize_t i, j
    cdef float total, target
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            target = as_share(t.data[j])
            total += target * logarithm(target / as_share(y.data[j]))
        losses[i] = total
        y.data += y.columns
        t.data += t.columns


cdef void kl_divergence_backward(
    Matrix y, Matrix t, float scale, Matrix dy
) noexcept nogil:
    """dy_j = -scale t_j / y_j, or 0 where y_j is beyond [1e-7, 1]"""
    cdef Py_ssize_t i
    cdef float share, slope
    for i in range(y.rows * y.columns):
        share = as_share(y.data[i])
        slope = as_share(t.data[i]) / share
        # A NaN is on neither side, and must show.
        dy.data[i] = 0 if y.data[i] < share or y.data[i] > share else -scale * slope


cdef inline float poisson(float y, float t) noexcept nogil:
    """loss = y - t log(y + 1e-7)

    -log of the chance of counts t where y are expected, but for what only depends on t.
    """
    return y - t * any_logarithm(y + <float> 1e-7)


cdef inline float poisson_backward(float y, float t, float scale) noexcept nogil:
    """dy = scale (1 - t / (y + 1e-7))"""
    return scale * (<float> 1 - t / (y + <float> 1e-7))
