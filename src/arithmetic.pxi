# Arithmetic that gives the same bits on every processor.
#
# Processors round sums, products, quotients and square roots alike. What differs is
# what compilers and C libraries choose, so neither has a choice here:
#
# - A compiler may fuse a product with a sum, so that they are rounded once and not
#   twice, and of a b + c d it may fuse either product. setup.py forbids that; where it
#   is worth it, `multiply_add` asks for it: in products, optimizers, and below.
# - A C library's e^x and ln x have errors of their own, and take one number at a time.
#   Those below run for a whole register of numbers at once, and err by less than 2
#   units in the last place.
#
# A whole number counts as a double: `1 / (1 + x)` would be computed in twice the bits,
# at half the speed. So it is `<float> 1` where more than one operation comes of it.

cdef extern from *:
    """
    /* a b + c, rounded once. Twice where no instruction does it: the same bits would
       take ten times as long. MSVC fuses by itself, as /fp:contract allows it to. */
    #if defined(__FMA__) || defined(__aarch64__) || defined(__FP_FAST_FMAF)
      #define multiply_add(a, b, c) __builtin_fmaf(a, b, c)
    #else
      #define multiply_add(a, b, c) ((a) * (b) + (c))
    #endif
    """
    float multiply_add(float a, float b, float c) nogil


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
    shifted.number = multiply_add(x, <float> 1.44269504, <float> 12582912)
    n = shifted.number - <float> 12582912
    # ln 2 in two parts: the first has few bits, so that n times it is exact.
    r = multiply_add(n, <float> -0.693359375, x)
    r = multiply_add(n, <float> 2.12194440e-4, r)
    small = <float> (1 / 5040.)
    small = multiply_add(small, r, <float> (1 / 720.))
    small = multiply_add(small, r, <float> (1 / 120.))
    small = multiply_add(small, r, <float> (1 / 24.))
    small = multiply_add(small, r, <float> (1 / 6.))
    small = multiply_add(small, r, <float> 0.5)
    small = multiply_add(small, r * r, r)
    # The exponent of a float, plus 127, stands in its bits from the 23rd on.
    scale.bits = (shifted.bits << 23) + (<unsigned int> 127 << 23)
    power[0] = scale.number
    return small


cdef inline float exponential(float x) noexcept nogil:
    """e^x = 2^n + 2^n (e^r - 1)"""
    cdef float power
    cdef float small = reduced_exponential(x, &power)
    return multiply_add(power, small, power)


cdef inline float exponential_minus_one(float x) noexcept nogil:
    """e^x - 1 = (2^n - 1) + 2^n (e^r - 1): nothing cancels near x = 0"""
    cdef float power
    cdef float small = reduced_exponential(x, &power)
    return multiply_add(power, small, power - <float> 1)


cdef inline float logarithm_of_one_plus(float x) noexcept nogil:
    """ln(1 + x) = 2 (s + s^3 / 3 + s^5 / 5 + ...), s = x / (2 + x), for -1/2 <= x <= 1

    2 s is written as x - s x, which is exact where x is small.
    """
    cdef float s = x / (<float> 2 + x)
    cdef float square = s * s
    cdef float terms = <float> (2 / 15.)
    terms = multiply_add(terms, square, <float> (2 / 13.))
    terms = multiply_add(terms, square, <float> (2 / 11.))
    terms = multiply_add(terms, square, <float> (2 / 9.))
    terms = multiply_add(terms, square, <float> (2 / 7.))
    terms = multiply_add(terms, square, <float> (2 / 5.))
    terms = multiply_add(terms, square, <float> (2 / 3.))
    return multiply_add(s, multiply_add(terms, square, -x), x)


cdef inline float logarithm(float x) noexcept nogil:
    """ln x = n ln 2 + ln m with x = 2^n m, for a normal x above 0

    m is within [sqrt(1/2), sqrt(2)], so that nothing cancels near x = 1.
    """
    cdef FloatBits of_x, m
    cdef unsigned int shifted
    cdef float n, small
    of_x.number = x
    # The bits of sqrt(1/2): from there on, the exponent says how often 2 fits.
    shifted = of_x.bits - <unsigned int> 0x3F3504F3
    n = <float> ((<int> shifted) >> 23)
    m.bits = (shifted & <unsigned int> 0x007FFFFF) + <unsigned int> 0x3F3504F3
    small = logarithm_of_one_plus(m.number - <float> 1)
    # The two parts of ln 2, as above.
    small = multiply_add(n, <float> -2.12194440e-4, small)
    small = multiply_add(n, <float> 0.693359375, small)
    # A NaN has bits like a number's.
    return x if x != x else small


cdef inline float any_logarithm(float x) noexcept nogil:
    """ln x, where x may be any number: -infinity of 0, and NaN of what is below"""
    cdef FloatBits infinity, nothing
    infinity.bits, nothing.bits = 0x7F800000, 0x7FC00000
    if x <= 0:
        return nothing.number if x < 0 else -infinity.number
    return x if x == infinity.number else logarithm(x)


cdef inline float power(float x, float exponent) noexcept nogil:
    """x^exponent = e^(exponent ln x), for a normal x above 0; NaN of what is below"""
    return exponential(exponent * any_logarithm(x))


cdef inline float normal_cdf(float x) noexcept nogil:
    """The part of a normal distribution that is below x: (1 + erf(x / sqrt 2)) / 2

    With z = |x| / sqrt 2 and t = 1 / (1 + z / 2), half of erfc(z) = t e^(-z^2 + P(t));
    the polynomial P errs by less than 1.2e-7 of the result. Source: W. H. Press et al.,
    Numerical Recipes, section 6.2.
    """
    cdef float z = fabsf(x) * <float> 0.70710678
    cdef float t = <float> 1 / (<float> 1 + <float> 0.5 * z)
    cdef float p = <float> 0.17087277
    p = multiply_add(p, t, <float> -0.82215223)
    p = multiply_add(p, t, <float> 1.48851587)
    p = multiply_add(p, t, <float> -1.13520398)
    p = multiply_add(p, t, <float> 0.27886807)
    p = multiply_add(p, t, <float> -0.18628806)
    p = multiply_add(p, t, <float> 0.09678418)
    p = multiply_add(p, t, <float> 0.37409196)
    p = multiply_add(p, t, <float> 1.00002368)
    p = multiply_add(p, t, <float> -1.26551223)
    p = <float> 0.5 * t * exponential(multiply_add(-z, z, p))
    return p if x < 0 else <float> 1 - p
