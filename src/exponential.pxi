# e^x for the activations, in arithmetic that the compiler can vectorise.
#
# The C library's expf is called for one number at a time; this one runs for a whole
# register of numbers at once and errs by less than 2 units in the last place.

cdef union FloatBits:
    float number
    unsigned int bits


cdef inline float reduced_exponential(float x, float* power) noexcept nogil:
    """Return e^r - 1 and set power = 2^n, where n = round(x / ln 2), r = x - n ln 2.

    So e^x = 2^n e^r with |r| <= ln 2 / 2, and seven terms of the Taylor series
    reach float32's precision. x is held to [-87, 88], where 2^n is a normal float32.
    """
    cdef FloatBits shifted, scale
    cdef float n, r, small
    # Both tests are false for a NaN, which therefore stays one.
    x = <float> 88 if x > <float> 88 else x
    x = <float> -87 if x < <float> -87 else x
    # Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
    shifted.number = x * <float> 1.44269504 + <float> 12582912
    n = shifted.number - <float> 12582912
    # ln 2 in two parts: the first has few bits, so that n times it is exact.
    r = (x - n * <float> 0.693359375) - n * <float> -2.12194440e-4
    small = <float> (1 / 5040.)
    small = small * r + <float> (1 / 720.)
    small = small * r + <float> (1 / 120.)
    small = small * r + <float> (1 / 24.)
    small = small * r + <float> (1 / 6.)
    small = small * r + <float> 0.5
    small = small * (r * r) + r
    # The exponent of a float, plus 127, stands in its bits from the 23rd on.
    scale.bits = (shifted.bits << 23) + (<unsigned int> 127 << 23)
    power[0] = scale.number
    return small


cdef inline float exponential(float x) noexcept nogil:
    """e^x = 2^n + 2^n (e^r - 1)"""
    cdef float power
    cdef float small = reduced_exponential(x, &power)
    return power + power * small


cdef inline float exponential_minus_one(float x) noexcept nogil:
    """e^x - 1 = (2^n - 1) + 2^n (e^r - 1): nothing cancels near x = 0"""
    cdef float power
    cdef float small = reduced_exponential(x, &power)
    return (power - 1) + power * small


cdef inline float normal_cdf(float x) noexcept nogil:
    """The part of a normal distribution that is below x: (1 + erf(x / sqrt 2)) / 2

    With z = |x| / sqrt 2 and t = 1 / (1 + z / 2), half of erfc(z) = t e^(-z^2 + P(t));
    the polynomial P errs by less than 1.2e-7 of the result. Source: W. H. Press et al.,
    Numerical Recipes, section 6.2.
    """
    cdef float z = fabsf(x) * <float> 0.70710678
    cdef float t = 1 / (1 + <float> 0.5 * z)
    cdef float p = <float> 0.17087277
    p = p * t - <float> 0.82215223
    p = p * t + <float> 1.48851587
    p = p * t - <float> 1.13520398
    p = p * t + <float> 0.27886807
    p = p * t - <float> 0.18628806
    p = p * t + <float> 0.09678418
    p = p * t + <float> 0.37409196
    p = p * t + <float> 1.00002368
    p = p * t - <float> 1.26551223
    p = <float> 0.5 * t * exponential(p - z * z)
    return p if x < 0 else 1 - p
