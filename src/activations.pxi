# Activations: each function beside its derivative.
#
# Most take a number; generate.py writes the loop over all numbers of an array. Where it
# can be, a derivative is written in terms of the output y, so that the inputs need not
# be kept. The functions may work in place: y may be x, and dx may be dy.

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


cdef inline float relu(float x) noexcept nogil:
    """y = max(x, 0)"""
    # In this order of the test a NaN stays a NaN.
    return 0 if x < 0 else x


cdef inline float relu_backward(float y, float dy) noexcept nogil:
    """dx = dy where y > 0, else 0"""
    return dy if y > 0 else 0


cdef inline float sigmoid(float x) noexcept nogil:
    """y = 1 / (1 + e^-x)"""
    return <float> 1 / (<float> 1 + exponential(-x))


cdef inline float sigmoid_backward(float y, float dy) noexcept nogil:
    """dx = dy y (1 - y)"""
    return dy * (y * (<float> 1 - y))


cdef inline float tanh(float x) noexcept nogil:
    """y = (e^2x - 1) / (e^2x + 1)"""
    cdef float e = exponential_minus_one(2 * x)
    # Where e^2x would be beyond the largest number, y is 1 to the last bit.
    return e / (e + <float> 2)


cdef inline float tanh_backward(float y, float dy) noexcept nogil:
    """dx = dy (1 - y^2)"""
    return dy * (<float> 1 - y * y)


cdef inline float row_maximum(const float* x, Py_ssize_t size) noexcept nogil:
    """max_j x_j"""
    cdef float largest = x[0]
    cdef Py_ssize_t j
    for j in range(1, size):
        if x[j] > largest:
            largest = x[j]
    return largest


cdef inline float row_sum(const float* x, Py_ssize_t size) noexcept nogil:
    """sum_j x_j"""
    cdef float total = 0
    cdef Py_ssize_t j
    for j in range(size):
        total += x[j]
    return total


cdef void softmax(Matrix x, Matrix y) noexcept nogil:
    """y_j = e^(x_j - max x) / sum_k e^(x_k - max x), for each row"""
    cdef Py_ssize_t i, j
    cdef float largest, total
    for i in range(x.rows):
        largest = row_maximum(x.data, x.columns)
        for j in range(x.columns):
            y.data[j] = exponential(x.data[j] - largest)
        total = row_sum(y.data, x.columns)
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


cdef inline float leaky_relu(float x, float slope) noexcept nogil:
    """y = x where x > 0, else slope x"""
    return x if x > 0 else slope * x


cdef inline float leaky_relu_backward(float y, float dy, float slope) noexcept nogil:
    """dx = dy where y > 0, else slope dy"""
    return dy if y > 0 else slope * dy


cdef inline float elu(float x, float alpha) noexcept nogil:
    """y = x where x > 0, else alpha (e^x - 1)"""
    return x if x > 0 else alpha * exponential_minus_one(x)


cdef inline float elu_backward(float y, float dy, float alpha) noexcept nogil:
    """dx = dy where y > 0, else dy (y + alpha)"""
    return dy * (<float> 1 if y > 0 else y + alpha)


cdef extern from *:
    """
    /* Those of selu: outputs then keep mean 0 and variance 1 from layer to layer.
       Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017. */
    #define SELU_ALPHA 1.67326324f
    #define SELU_SCALE 1.05070098f
    """
    float SELU_ALPHA
    float SELU_SCALE


cdef inline float selu(float x) noexcept nogil:
    """y = SELU_SCALE elu(x), with alpha = SELU_ALPHA"""
    return SELU_SCALE * elu(x, SELU_ALPHA)


cdef inline float selu_backward(float y, float dy) noexcept nogil:
    """dx = SELU_SCALE dy where y > 0, else dy (y + SELU_SCALE SELU_ALPHA)"""
    return dy * (SELU_SCALE if y > 0 else y + SELU_SCALE * SELU_ALPHA)


cdef inline float softplus(float x) noexcept nogil:
    """y = log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)"""
    cdef float rest = logarithm_of_one_plus(exponential(-fabsf(x)))
    return (0 if x < 0 else x) + rest


cdef inline float softplus_backward(float y, float dy) noexcept nogil:
    """dx = dy (1 - e^-y), which is dy sigmoid(x)"""
    return dy * -exponential_minus_one(-y)


cdef inline float clipped_linear(
    float x, float slope, float offset, float min_value, float max_value
) noexcept nogil:
    """y = slope (x + offset), but at least min_value and at most max_value

    With slope 1/6 and offset 3, between 0 and 1, it is the hard sigmoid. Source:
    A. Howard et al., Searching for MobileNetV3, 2019.
    """
    return held(slope * (x + offset), min_value, max_value)


cdef inline float clipped_linear_backward(
    float y, float dy, float slope, float offset, float min_value, float max_value
) noexcept nogil:
    """dx = slope dy where min_value < y < max_value, else 0"""
    return slope * dy if y > min_value and y < max_value else 0


cdef inline float softsign(float x) noexcept nogil:
    """y = x / (1 + |x|)"""
    return x / (<float> 1 + fabsf(x))


cdef inline float softsign_backward(float y, float dy) noexcept nogil:
    """dx = dy (1 - |y|)^2"""
    cdef float rest = <float> 1 - fabsf(y)
    return dy * (rest * rest)


cdef inline float exp(float x) noexcept nogil:
    """y = e^x"""
    # `exponential` stops at -87 and 88: what is beyond comes on top.
    return exponential(x) * exponential(x - held(x, -87, 88))


cdef inline float exp_backward(float y, float dy) noexcept nogil:
    """dx = dy y"""
    return dy * y


cdef inline float log_sigmoid(float x) noexcept nogil:
    """y = log(1 / (1 + e^-x)) = min(x, 0) - log(1 + e^-|x|)"""
    cdef float rest = logarithm_of_one_plus(exponential(-fabsf(x)))
    return (0 if x > 0 else x) - rest


cdef inline float log_sigmoid_backward(float y, float dy) noexcept nogil:
    """dx = dy (1 - e^y), which is dy sigmoid(-x)"""
    return dy * -exponential_minus_one(y)


cdef inline float celu(float x, float alpha) noexcept nogil:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1)

    Source: J. T. Barron, Continuously Differentiable Exponential Linear Units, 2017.
    """
    return x if x > 0 else alpha * exponential_minus_one(x / alpha)


cdef inline float celu_backward(float y, float dy, float alpha) noexcept nogil:
    """dx = dy where y > 0, else dy (y / alpha + 1)"""
    return dy if y > 0 else dy * (y / alpha + <float> 1)


cdef inline float soft_shrink(float x, float threshold) noexcept nogil:
    """y = x moved towards 0 by the threshold, and 0 where it would go beyond"""
    return x - held(x, -threshold, threshold)


cdef inline float soft_shrink_backward(
    float y, float dy, float threshold
) noexcept nogil:
    """dx = dy where y is not 0, else 0"""
    return dy if y != 0 else 0


cdef inline float hard_shrink(float x, float threshold) noexcept nogil:
    """y = x where |x| > threshold, else 0"""
    # In this order of the test a NaN stays a NaN.
    return 0 if fabsf(x) <= threshold else x


cdef inline float hard_shrink_backward(
    float y, float dy, float threshold
) noexcept nogil:
    """dx = dy where y is not 0, else 0"""
    return dy if y != 0 else 0


cdef inline float sparse_plus(float x) noexcept nogil:
    """y = x from 1 on, 0 up to -1, and (x + 1)^2 / 4 between: the two meet smoothly

    Source: M. Blondel et al., Learning with Fenchel-Young Losses, 2019.
    """
    cdef float near = held(x, -1, 1) + <float> 1
    return x if x >= 1 else <float> 0.25 * near * near


cdef inline float sparse_plus_backward(float y, float dy) noexcept nogil:
    """dx = dy min(sqrt y, 1), which is dy (x + 1) / 2 between -1 and 1"""
    return dy if y >= 1 else dy * sqrtf(y)


cdef inline float squareplus(float x, float b) noexcept nogil:
    """y = (x + sqrt(x^2 + b)) / 2

    Source: J. T. Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021.
    """
    # Below 0 the sum would cancel: there it is written as b / 4 over its partner.
    cdef float larger = <float> 0.5 * (fabsf(x) + sqrtf(x * x + b))
    return <float> 0.25 * b / larger if x < 0 else larger


cdef inline float squareplus_backward(float y, float dy, float b) noexcept nogil:
    """dx = dy y / (y + b / (4 y)), which is dy y / sqrt(x^2 + b)"""
    return dy * (y / (y + <float> 0.25 * b / y))


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
        total = row_sum(dy.data, dy.columns)
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


cdef inline float silu(float x) noexcept nogil:
    """y = x sigmoid(x)"""
    cdef float near = <float> -88 if x < -88 else x
    return near / (<float> 1 + exponential(-x))


cdef inline float silu_backward(float x, float dy) noexcept nogil:
    """dx = dy s (1 + x (1 - s)), s = sigmoid(x)"""
    cdef float e = exponential(-x), s = <float> 1 / (<float> 1 + e)
    # 1 - s = e s, with nothing lost where s is nearly 1.
    return dy * (s * (<float> 1 + held(x, -88, 88) * (e * s)))


cdef inline float mish(float x) noexcept nogil:
    """y = x tanh(log(1 + e^x)) = x n / (n + 2), n = e^x (e^x + 2)

    Source: D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
    """
    # From 20 on, the quotient is 1 to the last bit.
    cdef float e = exponential(<float> 20 if x > 20 else x)
    cdef float n = e * (e + <float> 2)
    return (<float> -87 if x < -87 else x) * (n / (n + <float> 2))


cdef inline float mish_backward(float x, float dy) noexcept nogil:
    """dx = dy (n / d + 4 x e^x (1 + e^x) / d^2), n = e^x (e^x + 2), d = n + 2"""
    # Beyond, the slope is 0 or 1 to the last bit.
    cdef float near = held(x, -87, 20)
    cdef float e = exponential(near)
    cdef float n = e * (e + <float> 2), d = n + <float> 2
    cdef float rest = <float> 4 * near * e * (<float> 1 + e)
    return dy * ((n + rest / d) / d)


cdef inline float gelu(float x) noexcept nogil:
    """y = x F(x), F(x) = the part of a normal distribution that is below x"""
    return x * normal_cdf(x)


cdef inline float gelu_backward(float x, float dy) noexcept nogil:
    """dx = dy (F(x) + x e^(-x^2 / 2) / sqrt(2 pi))"""
    cdef float density = <float> 0.39894228 * exponential(<float> -0.5 * x * x)
    return dy * (normal_cdf(x) + held(x, -14, 14) * density)


cdef inline float twice_u(float x) noexcept nogil:
    """2 u = 2 sqrt(2 / pi) (x + 0.044715 x^3)"""
    return <float> 1.59576912 * (x + <float> 0.044715 * x * x * x)


cdef inline float approximate_gelu(float x) noexcept nogil:
    """y = x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)"""
    cdef float near = <float> -14 if x < -14 else x
    # (1 + tanh u) / 2 = sigmoid(2 u)
    return near / (<float> 1 + exponential(-twice_u(x)))


cdef inline float approximate_gelu_backward(float x, float dy) noexcept nogil:
    """dx = dy (s + x s (1 - s) d(2 u)/dx), s = sigmoid(2 u)"""
    cdef float near = held(x, -14, 14)
    cdef float e = exponential(-twice_u(near)), s = <float> 1 / (<float> 1 + e)
    cdef float slope = <float> 1.59576912 * (<float> 1 + <float> 0.134145 * near * near)
    return dy * (s + near * (s * (e * s)) * slope)


cdef inline float clipped_relu(
    float x, float slope, float max_value, float threshold
) noexcept nogil:
    """y = min(x, max_value) above the threshold, else slope (x - threshold)"""
    # The sum makes 0 of -0, which looks odd in print.
    cdef float bent = x if x > threshold else slope * (x - threshold) + 0
    return max_value if x >= max_value else bent


cdef inline float clipped_relu_backward(
    float x, float dy, float slope, float max_value, float threshold
) noexcept nogil:
    """dx = 0 where x >= max_value, dy above the threshold, else slope dy"""
    cdef float bent = dy if x > threshold else slope * dy
    return 0 if x >= max_value else bent


cdef inline float hard_silu(float x) noexcept nogil:
    """y = x from 3 on, 0 up to -3, and x (x + 3) / 6 between

    Source: A. Howard et al., Searching for MobileNetV3, 2019.
    """
    cdef float near = held(x, -3, 3)
    # The sum makes 0 of -0, which looks odd in print.
    near = near * (near + <float> 3) * <float> (1 / 6.) + 0
    return x if x >= 3 else near


cdef inline float hard_silu_backward(float x, float dy) noexcept nogil:
    """dx = dy from 3 on, 0 up to -3, and dy (x / 3 + 1 / 2) between"""
    cdef float slope = x * <float> (1 / 3.) + <float> 0.5
    slope = 0 if x <= -3 else slope
    return dy * (1 if x >= 3 else slope)


cdef inline float tanh_shrink(float x) noexcept nogil:
    """y = x - tanh(x)"""
    return x - tanh(x)


cdef inline float tanh_shrink_backward(float x, float dy) noexcept nogil:
    """dx = dy tanh(x)^2"""
    cdef float y = tanh(x)
    return dy * (y * y)


cdef void threshold(
    const float* x, Py_ssize_t size, float threshold, float default_value, float* y
) noexcept nogil:
    """y = x above the threshold, else default_value"""
    cdef Py_ssize_t i
    # Written out: in a loop from generate.py the setting would hide the function.
    for i in range(size):
        y[i] = default_value if x[i] <= threshold else x[i]


cdef inline float threshold_backward(
    float x, float dy, float threshold, float default_value
) noexcept nogil:
    """dx = dy above the threshold, else 0"""
    return dy if x > threshold else 0
