# Noise: what chance does to outputs while a network learns.
#
# Chance is a hash of where a number stands: the layer's key, and the number's place in
# the batch. So what was drawn need not be kept for the way back, and is the same for
# any number of threads. A kernel gets the layer's seed, the number of the batch (its
# iteration), and the place in the batch where x begins; its function, a number and 32
# bits of chance: generate.py writes the loops.

cdef inline unsigned int mixed(unsigned int h) noexcept nogil:
    """A hash of 32 bits: each bit of the result depends on each bit of h

    Source: C. Wellons, Prospecting for Hash Functions (lowbias32), 2018.
    """
    h ^= h >> 16
    h *= <unsigned int> 0x7FEB352D
    h ^= h >> 15
    h *= <unsigned int> 0x846CA68B
    h ^= h >> 16
    return h


cdef inline unsigned int noise_key(
    unsigned long long seed, unsigned long long iteration
) noexcept nogil:
    """Another key for each layer, by its seed, and for each batch"""
    cdef unsigned int key = mixed(<unsigned int> seed)
    key = mixed(key ^ <unsigned int> (seed >> 32))
    key = mixed(key ^ <unsigned int> iteration)
    return mixed(key ^ <unsigned int> (iteration >> 32))


cdef inline unsigned int noise_bits(
    unsigned int key, unsigned int place
) noexcept nogil:
    """32 bits of chance for one place"""
    # By "or else", not by adding: else all masks were parts of one long row.
    return mixed(key ^ place * <unsigned int> 0x9E3779B9)


cdef inline bint is_left_out(unsigned int bits, double rate) noexcept nogil:
    """True with probability `rate`"""
    return bits < <unsigned int> (rate * 4294967296.)


cdef inline float dropout(float x, double rate, unsigned int bits) noexcept nogil:
    """y = x / (1 - rate), or 0 with probability `rate`; dx of dy is the same

    Source: N. Srivastava et al., Dropout, 2014.
    """
    cdef float scale = 1 / (1 - rate)
    return 0 if is_left_out(bits, rate) else x * scale


cdef inline float quarter_sine(float x) noexcept nogil:
    """sin(x pi / 2) for 0 <= x <= 1, by its Taylor series"""
    cdef float angle = x * <float> 1.57079633
    cdef float square = angle * angle
    cdef float terms = <float> (-1 / 39916800.)
    terms = multiply_add(terms, square, <float> (1 / 362880.))
    terms = multiply_add(terms, square, <float> (-1 / 5040.))
    terms = multiply_add(terms, square, <float> (1 / 120.))
    terms = multiply_add(terms, square, <float> (-1 / 6.))
    return multiply_add(angle * square, terms, angle)


cdef inline float unit_interval(unsigned int bits) noexcept nogil:
    """One of 2^23 numbers between 0 and 1, which are both left out"""
    return (<float> <int> (bits >> 9) + <float> 0.5) * <float> (1 / 8388608.)


cdef inline float standard_normal(unsigned int bits) noexcept nogil:
    """A number of the normal distribution, +- sqrt(-2 ln u) sin(v pi / 2)

    u, v and the sign are drawn by the bits. Source: G. E. P. Box, M. E. Muller, A Note
    on the Generation of Random Normal Deviates, 1958.
    """
    cdef unsigned int other = mixed(~bits)
    cdef float u = unit_interval(mixed(bits))
    cdef float v = unit_interval(other)
    cdef float sign = <float> (1 - 2 * <int> (other & 1))
    return sign * sqrtf(-2 * logarithm(u)) * quarter_sine(v)


cdef inline float gaussian_noise(
    float x, float stddev, unsigned int bits
) noexcept nogil:
    """y = x + stddev n, with n of the normal distribution; dx = dy"""
    return x + stddev * standard_normal(bits)


cdef inline float gaussian_dropout(
    float x, double rate, unsigned int bits
) noexcept nogil:
    """y = x (1 + sqrt(rate / (1 - rate)) n), n as above; dx of dy is the same

    Source: N. Srivastava et al., Dropout, 2014, section 10.
    """
    cdef float stddev = sqrt(rate / (1 - rate))
    return x * (<float> 1 + stddev * standard_normal(bits))


cdef inline double alpha_dropout_scale(double rate) noexcept nogil:
    """a = 1 / sqrt((1 - rate) (1 + rate c^2)), c the least that selu gives"""
    cdef double c = <double> SELU_ALPHA * SELU_SCALE
    return 1 / sqrt((1 - rate) * (1 + rate * c * c))


cdef inline float alpha_dropout(
    float x, double rate, unsigned int bits
) noexcept nogil:
    """y = a x + b, or a c + b with probability `rate`: mean and variance stay

    c is the least that selu gives, a = 1 / sqrt((1 - rate) (1 + rate c^2)), and
    b = -a c rate. Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """
    cdef double c = -<double> SELU_ALPHA * SELU_SCALE
    cdef float a = alpha_dropout_scale(rate), b = -a * c * rate
    cdef float left_out = a * c + b
    return left_out if is_left_out(bits, rate) else a * x + b


cdef inline float alpha_dropout_backward(
    float dy, double rate, unsigned int bits
) noexcept nogil:
    """dx = a dy, or 0 where x was left out"""
    cdef float a = alpha_dropout_scale(rate)
    return 0 if is_left_out(bits, rate) else a * dy
