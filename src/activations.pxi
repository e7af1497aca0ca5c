# Activations: each function beside its derivative.
#
# Where it can be, a derivative is written in terms of the output y, so that the inputs
# need not be kept. The functions may work in place: y may be x, and dx may be dy.

cdef inline float held(float x, float least, float most) noexcept nogil:
    """x, but at least `least` and at most `most`; a NaN stays one"""
    x = least if x < least else x
    return most if x > most else x


cdef void linear(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x"""
    if x != y:
        memcpy(y, x, size * sizeof(float))


cdef void linear_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy"""
    if dy != dx:
        memcpy(dx, dy, size * sizeof(float))


cdef void relu(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = max(x, 0)"""
    cdef Py_ssize_t i
    for i in range(size):
        # In this order of the test a NaN stays a NaN.
        y[i] = 0 if x[i] < 0 else x[i]


cdef void relu_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy where y > 0, else 0"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if y[i] > 0 else 0


cdef void sigmoid(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = 1 / (1 + e^-x)"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = logistic(x[i])


cdef void sigmoid_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy y (1 - y)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (y[i] * (<float> 1 - y[i]))


cdef void tanh(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = (e^2x - 1) / (e^2x + 1)"""
    cdef Py_ssize_t i
    cdef float e
    for i in range(size):
        e = exponential_minus_one(2 * x[i])
        # Where e^2x would be beyond the largest number, y is 1 to the last bit.
        y[i] = e / (e + <float> 2)


cdef void tanh_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (1 - y^2)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (<float> 1 - y[i] * y[i])


cdef inline float row_maximum(const float* x, Py_ssize_t size) noexcept nogil:
    """max_j x_j"""
    cdef float largest = x[0]
    cdef Py_ssize_t j
    for j in range(1, size):
        if x[j] > largest:
            largest = x[j]
    return largest


cdef void softmax(Matrix x, Matrix y) noexcept nogil:
    """y_j = e^(x_j - max x) / sum_k e^(x_k - max x), for each row"""
    cdef Py_ssize_t i, j
    cdef float largest, total
    for i in range(x.rows):
        largest = row_maximum(x.data, x.columns)
        for j in range(x.columns):
            y.data[j] = exponential(x.data[j] - largest)
        total = 0
        for j in range(x.columns):
            total += y.data[j]
        for j in range(x.columns):
            y.data[j] /= total
        x.data += x.columns
        y.data += y.columns


cdef void softmax_backward(Matrix y, Matrix dy, Matrix dx) noexcept nogil:
    """dx_j = y_j (dy_j - sum_k dy_k y_k), for each row"""
    cdef Py_ssize_t i, j
    cdef float mean
    for i in range(y.rows):
        mean = 0
        for j in range(y.columns):
            mean += dy.data[j] * y.data[j]
        for j in range(y.columns):
            dx.data[j] = y.data[j] * (dy.data[j] - mean)
        y.data += y.columns
        dy.data += dy.columns
        dx.data += dx.columns


cdef void leaky_relu(
    const float* x, Py_ssize_t size, float slope, float* y
) noexcept nogil:
    """y = x where x > 0, else slope x"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] if x[i] > 0 else slope * x[i]


cdef void leaky_relu_backward(
    const float* y, const float* dy, Py_ssize_t size, float slope, float* dx
) noexcept nogil:
    """dx = dy where y > 0, else slope dy"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if y[i] > 0 else slope * dy[i]


cdef extern from *:
    """
    /* Those of selu: outputs then keep mean 0 and variance 1 from layer to layer.
       Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017. */
    #define SELU_ALPHA 1.67326324f
    #define SELU_SCALE 1.05070098f
    """
    float SELU_ALPHA
    float SELU_SCALE


cdef void scaled_elu(
    const float* x, Py_ssize_t size, float alpha, float scale, float* y
) noexcept nogil:
    """y = scale x where x > 0, else scale alpha (e^x - 1)"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = scale * (x[i] if x[i] > 0 else alpha * exponential_minus_one(x[i]))


cdef void scaled_elu_backward(
    const float* y,
    const float* dy,
    Py_ssize_t size,
    float alpha,
    float scale,
    float* dx,
) noexcept nogil:
    """dx = scale dy where y > 0, else dy (y + scale alpha)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (scale if y[i] > 0 else y[i] + scale * alpha)


cdef void elu(
    const float* x, Py_ssize_t size, float alpha, float* y
) noexcept nogil:
    """y = x where x > 0, else alpha (e^x - 1)"""
    scaled_elu(x, size, alpha, 1, y)


cdef void elu_backward(
    const float* y, const float* dy, Py_ssize_t size, float alpha, float* dx
) noexcept nogil:
    """dx = dy where y > 0, else dy (y + alpha)"""
    scaled_elu_backward(y, dy, size, alpha, 1, dx)


cdef void selu(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = SELU_SCALE elu(x), with alpha = SELU_ALPHA"""
    scaled_elu(x, size, SELU_ALPHA, SELU_SCALE, y)


cdef void selu_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = SELU_SCALE dy where y > 0, else dy (y + SELU_SCALE SELU_ALPHA)"""
    scaled_elu_backward(y, dy, size, SELU_ALPHA, SELU_SCALE, dx)


cdef void softplus(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)"""
    cdef Py_ssize_t i
    cdef float rest
    for i in range(size):
        rest = logarithm_of_one_plus(exponential(-fabsf(x[i])))
        y[i] = (0 if x[i] < 0 else x[i]) + rest


cdef void softplus_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (1 - e^-y), which is dy sigmoid(x)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * -exponential_minus_one(-y[i])


cdef void clipped_linear(
    const float* x,
    Py_ssize_t size,
    float slope,
    float offset,
    float min_value,
    float max_value,
    float* y,
) noexcept nogil:
    """y = slope (x + offset), but at least min_value and at most max_value

    With slope 1/6 and offset 3, between 0 and 1, it is the hard sigmoid. Source:
    A. Howard et al., Searching for MobileNetV3, 2019.
    """
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = held(slope * (x[i] + offset), min_value, max_value)


cdef void clipped_linear_backward(
    const float* y,
    const float* dy,
    Py_ssize_t size,
    float slope,
    float offset,
    float min_value,
    float max_value,
    float* dx,
) noexcept nogil:
    """dx = slope dy where min_value < y < max_value, else 0"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = slope * dy[i] if y[i] > min_value and y[i] < max_value else 0


cdef void softsign(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x / (1 + |x|)"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] / (<float> 1 + fabsf(x[i]))


cdef void softsign_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (1 - |y|)^2"""
    cdef Py_ssize_t i
    cdef float rest
    for i in range(size):
        rest = <float> 1 - fabsf(y[i])
        dx[i] = dy[i] * (rest * rest)


cdef void exp(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = e^x"""
    cdef Py_ssize_t i
    for i in range(size):
        # `exponential` stops at -87 and 88: what is beyond comes on top.
        y[i] = exponential(x[i]) * exponential(x[i] - held(x[i], -87, 88))


cdef void exp_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy y"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * y[i]


cdef void log_sigmoid(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = log(1 / (1 + e^-x)) = min(x, 0) - log(1 + e^-|x|)"""
    cdef Py_ssize_t i
    cdef float rest
    for i in range(size):
        rest = logarithm_of_one_plus(exponential(-fabsf(x[i])))
        y[i] = (0 if x[i] > 0 else x[i]) - rest


cdef void log_sigmoid_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (1 - e^y), which is dy sigmoid(-x)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * -exponential_minus_one(y[i])


cdef void celu(
    const float* x, Py_ssize_t size, float alpha, float* y
) noexcept nogil:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1)

    Source: J. T. Barron, Continuously Differentiable Exponential Linear Units, 2017.
    """
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] if x[i] > 0 else alpha * exponential_minus_one(x[i] / alpha)


cdef void celu_backward(
    const float* y, const float* dy, Py_ssize_t size, float alpha, float* dx
) noexcept nogil:
    """dx = dy where y > 0, else dy (y / alpha + 1)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if y[i] > 0 else dy[i] * (y[i] / alpha + <float> 1)


cdef void soft_shrink(
    const float* x, Py_ssize_t size, float threshold, float* y
) noexcept nogil:
    """y = x moved towards 0 by the threshold, and 0 where it would go beyond"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] - held(x[i], -threshold, threshold)


cdef void soft_shrink_backward(
    const float* y, const float* dy, Py_ssize_t size, float threshold, float* dx
) noexcept nogil:
    """dx = dy where y is not 0, else 0"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if y[i] != 0 else 0


cdef void hard_shrink(
    const float* x, Py_ssize_t size, float threshold, float* y
) noexcept nogil:
    """y = x where |x| > threshold, else 0"""
    cdef Py_ssize_t i
    for i in range(size):
        # In this order of the test a NaN stays a NaN.
        y[i] = 0 if fabsf(x[i]) <= threshold else x[i]


cdef void hard_shrink_backward(
    const float* y, const float* dy, Py_ssize_t size, float threshold, float* dx
) noexcept nogil:
    """dx = dy where y is not 0, else 0"""
    soft_shrink_backward(y, dy, size, threshold, dx)


cdef void sparse_plus(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x from 1 on, 0 up to -1, and (x + 1)^2 / 4 between: the two meet smoothly

    Source: M. Blondel et al., Learning with Fenchel-Young Losses, 2019.
    """
    cdef Py_ssize_t i
    cdef float near
    for i in range(size):
        near = held(x[i], -1, 1) + <float> 1
        y[i] = x[i] if x[i] >= 1 else <float> 0.25 * near * near


cdef void sparse_plus_backward(
    const float* y, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy min(sqrt y, 1), which is dy (x + 1) / 2 between -1 and 1"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if y[i] >= 1 else dy[i] * sqrtf(y[i])


cdef void squareplus(
    const float* x, Py_ssize_t size, float b, float* y
) noexcept nogil:
    """y = (x + sqrt(x^2 + b)) / 2

    Source: J. T. Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021.
    """
    cdef Py_ssize_t i
    cdef float larger
    for i in range(size):
        # Below 0 the sum would cancel: there it is written as b / 4 over its partner.
        larger = <float> 0.5 * (fabsf(x[i]) + sqrtf(x[i] * x[i] + b))
        y[i] = <float> 0.25 * b / larger if x[i] < 0 else larger


cdef void squareplus_backward(
    const float* y, const float* dy, Py_ssize_t size, float b, float* dx
) noexcept nogil:
    """dx = dy y / (y + b / (4 y)), which is dy y / sqrt(x^2 + b)"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] * (y[i] / (y[i] + <float> 0.25 * b / y[i]))


# These two work row by row, as softmax does.


cdef void log_softmax(Matrix x, Matrix y) noexcept nogil:
    """y_j = x_j - max x - log(sum_k e^(x_k - max x)), for each row"""
    cdef Py_ssize_t i, j
    cdef float largest, total
    for i in range(x.rows):
        largest = row_maximum(x.data, x.columns)
        total = 0
        for j in range(x.columns):
            total += exponential(x.data[j] - largest)
        total = logarithm(total)
        for j in range(x.columns):
            y.data[j] = (x.data[j] - largest) - total
        x.data += x.columns
        y.data += y.columns


cdef void log_softmax_backward(Matrix y, Matrix dy, Matrix dx) noexcept nogil:
    """dx_j = dy_j - e^y_j sum_k dy_k, for each row"""
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            total += dy.data[j]
        for j in range(y.columns):
            dx.data[j] = dy.data[j] - exponential(y.data[j]) * total
        y.data += y.columns
        dy.data += dy.columns
        dx.data += dx.columns


cdef inline float sparsemax_threshold(
    const float* x, Py_ssize_t size, float largest
) noexcept nogil:
    """t with sum_j max(x_j - largest - t, 0) = 1

    Those above t decide: t = (their sum - 1) / their number. It begins with too many of
    them, and those that are not above the t that follows are left out, until all are.
    Source: C. Michelot, A Finite Algorithm for Finding the Projection of a Point onto
    the Canonical Simplex, 1986.
    """
    cdef Py_ssize_t j, count, before = size + 1
    cdef float total, threshold = -1
    while True:
        total, count = 0, 0
        for j in range(size):
            if x[j] - largest > threshold:
                total += x[j] - largest
                count += 1
        if count == before or count == 0:
            return threshold
        before = count
        threshold = (total - 1) / <float> count


cdef void sparsemax(Matrix x, Matrix y) noexcept nogil:
    """y_j = max(x_j - t, 0), for each row, with t such that y sums to 1

    Source: A. Martins and R. Astudillo, From Softmax to Sparsemax, 2016.
    """
    cdef Py_ssize_t i, j
    cdef float largest, threshold, above
    for i in range(x.rows):
        largest = row_maximum(x.data, x.columns)
        threshold = sparsemax_threshold(x.data, x.columns, largest)
        for j in range(x.columns):
            above = (x.data[j] - largest) - threshold
            y.data[j] = 0 if above < 0 else above
        x.data += x.columns
        y.data += y.columns


cdef void sparsemax_backward(Matrix y, Matrix dy, Matrix dx) noexcept nogil:
    """dx_j = dy_j - the mean of dy where y > 0, and 0 elsewhere, for each row"""
    cdef Py_ssize_t i, j
    cdef float total, count
    for i in range(y.rows):
        total = count = 0
        for j in range(y.columns):
            if y.data[j] > 0:
                total += dy.data[j]
                count += 1
        for j in range(y.columns):
            dx.data[j] = dy.data[j] - total / count if y.data[j] > 0 else 0
        y.data += y.columns
        dy.data += dy.columns
        dx.data += dx.columns


# The derivatives of these are written in terms of the input x.


# Far out, the factors of x below are nearly 0 but never 0, since e^x stays at e^-87: a
# huge x would make something of them. So x is held where that changes nothing.


cdef void silu(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x sigmoid(x)"""
    cdef Py_ssize_t i
    cdef float near
    for i in range(size):
        near = <float> -88 if x[i] < -88 else x[i]
        y[i] = near / (<float> 1 + exponential(-x[i]))


cdef void silu_backward(
    const float* x, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy s (1 + x (1 - s)), s = sigmoid(x)"""
    cdef Py_ssize_t i
    cdef float e, s
    for i in range(size):
        e = exponential(-x[i])
        s = <float> 1 / (<float> 1 + e)
        # 1 - s = e s, with nothing lost where s is nearly 1.
        dx[i] = dy[i] * (s * (<float> 1 + held(x[i], -88, 88) * (e * s)))


cdef void mish(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x tanh(log(1 + e^x)) = x n / (n + 2), n = e^x (e^x + 2)

    Source: D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
    """
    cdef Py_ssize_t i
    cdef float e, n
    for i in range(size):
        # From 20 on, the quotient is 1 to the last bit.
        e = exponential(<float> 20 if x[i] > 20 else x[i])
        n = e * (e + <float> 2)
        y[i] = (<float> -87 if x[i] < -87 else x[i]) * (n / (n + <float> 2))


cdef void mish_backward(
    const float* x, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (n / d + 4 x e^x (1 + e^x) / d^2), n = e^x (e^x + 2), d = n + 2"""
    cdef Py_ssize_t i
    cdef float near, e, n, d, rest
    for i in range(size):
        # Beyond, the slope is 0 or 1 to the last bit.
        near = held(x[i], -87, 20)
        e = exponential(near)
        n = e * (e + <float> 2)
        d = n + <float> 2
        rest = <float> 4 * near * e * (<float> 1 + e)
        dx[i] = dy[i] * ((n + rest / d) / d)


cdef void gelu(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x F(x), F(x) = the part of a normal distribution that is below x"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = x[i] * normal_cdf(x[i])


cdef void gelu_backward(
    const float* x, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (F(x) + x e^(-x^2 / 2) / sqrt(2 pi))"""
    cdef Py_ssize_t i
    cdef float density
    for i in range(size):
        density = <float> 0.39894228 * exponential(<float> -0.5 * x[i] * x[i])
        dx[i] = dy[i] * (normal_cdf(x[i]) + held(x[i], -14, 14) * density)


cdef inline float twice_u(float x) noexcept nogil:
    """2 u = 2 sqrt(2 / pi) (x + 0.044715 x^3)"""
    return <float> 1.59576912 * (x + <float> 0.044715 * x * x * x)


cdef void approximate_gelu(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)"""
    cdef Py_ssize_t i
    cdef float near
    for i in range(size):
        near = <float> -14 if x[i] < -14 else x[i]
        # (1 + tanh u) / 2 = sigmoid(2 u)
        y[i] = near / (<float> 1 + exponential(-twice_u(x[i])))


cdef void approximate_gelu_backward(
    const float* x, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy (s + x s (1 - s) d(2 u)/dx), s = sigmoid(2 u)"""
    cdef Py_ssize_t i
    cdef float near, e, s, slope
    for i in range(size):
        near = held(x[i], -14, 14)
        e = exponential(-twice_u(near))
        s = <float> 1 / (<float> 1 + e)
        slope = <float> 1.59576912 * (<float> 1 + <float> 0.134145 * near * near)
        dx[i] = dy[i] * (s + near * (s * (e * s)) * slope)


cdef void clipped_relu(
    const float* x,
    Py_ssize_t size,
    float slope,
    float max_value,
    float threshold,
    float* y,
) noexcept nogil:
    """y = min(x, max_value) above the threshold, else slope (x - threshold)"""
    cdef Py_ssize_t i
    cdef float bent
    for i in range(size):
        # The sum makes 0 of -0, which looks odd in print.
        bent = x[i] if x[i] > threshold else slope * (x[i] - threshold) + 0
        y[i] = max_value if x[i] >= max_value else bent


cdef void clipped_relu_backward(
    const float* x,
    const float* dy,
    Py_ssize_t size,
    float slope,
    float max_value,
    float threshold,
    float* dx,
) noexcept nogil:
    """dx = 0 where x >= max_value, dy above the threshold, else slope dy"""
    cdef Py_ssize_t i
    cdef float bent
    for i in range(size):
        bent = dy[i] if x[i] > threshold else slope * dy[i]
        dx[i] = 0 if x[i] >= max_value else bent


cdef void hard_silu(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x from 3 on, 0 up to -3, and x (x + 3) / 6 between

    Source: A. Howard et al., Searching for MobileNetV3, 2019.
    """
    cdef Py_ssize_t i
    cdef float near
    for i in range(size):
        near = held(x[i], -3, 3)
        # The sum makes 0 of -0, which looks odd in print.
        near = near * (near + <float> 3) * <float> (1 / 6.) + 0
        y[i] = x[i] if x[i] >= 3 else near


cdef void hard_silu_backward(
    const float* x, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy from 3 on, 0 up to -3, and dy (x / 3 + 1 / 2) between"""
    cdef Py_ssize_t i
    cdef float slope
    for i in range(size):
        slope = x[i] * <float> (1 / 3.) + <float> 0.5
        slope = 0 if x[i] <= -3 else slope
        dx[i] = dy[i] * (1 if x[i] >= 3 else slope)


cdef void tanh_shrink(const float* x, Py_ssize_t size, float* y) noexcept nogil:
    """y = x - tanh(x)"""
    cdef Py_ssize_t i
    cdef float e
    for i in range(size):
        e = exponential_minus_one(2 * x[i])
        y[i] = x[i] - e / (e + <float> 2)


cdef void tanh_shrink_backward(
    const float* x, const float* dy, Py_ssize_t size, float* dx
) noexcept nogil:
    """dx = dy tanh(x)^2"""
    cdef Py_ssize_t i
    cdef float e
    for i in range(size):
        e = exponential_minus_one(2 * x[i])
        e = e / (e + <float> 2)
        dx[i] = dy[i] * (e * e)


cdef void threshold(
    const float* x, Py_ssize_t size, float threshold, float default_value, float* y
) noexcept nogil:
    """y = x above the threshold, else default_value"""
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = default_value if x[i] <= threshold else x[i]


cdef void threshold_backward(
    const float* x,
    const float* dy,
    Py_ssize_t size,
    float threshold,
    float default_value,
    float* dx,
) noexcept nogil:
    """dx = dy above the threshold, else 0"""
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = dy[i] if x[i] > threshold else 0
