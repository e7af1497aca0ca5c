"""Numbers of 64 bits that stand for texts, on every machine the same: FarmHash.

`layers.Hashing` puts words into buckets by them, as TensorFlow does.
Source: G. Pike, FarmHash, Fingerprint64 (farmhashna::Hash64), 2014.
"""

import struct

_BITS = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def fingerprint64(text: bytes) -> int:
    """Return the number that stands for some bytes.

    Example:
        >>> fingerprint64(b"") == _K2
        True
    """
    size = len(text)
    if size <= 16:
        return _up_to_16(text, size)
    if size <= 32:
        return _up_to_32(text, size)
    if size <= 64:
        return _up_to_64(text, size)
    return _longer(text, size)


def _word(text: bytes, at: int) -> int:
    return int(struct.unpack_from("<Q", text, at)[0])


def _half_word(text: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", text, at)[0])


def _rotated(value: int, bits: int) -> int:
    value &= _BITS
    return ((value >> bits) | (value << (64 - bits))) & _BITS


def _mixed(value: int) -> int:
    value &= _BITS
    return value ^ (value >> 47)


def _joined(u: int, v: int, factor: int) -> int:
    a = _mixed((u ^ v) * factor)
    b = _mixed((v ^ a) * factor)
    return (b * factor) & _BITS


def _up_to_16(text: bytes, size: int) -> int:
    if size >= 8:
        factor = _K2 + size * 2
        a = (_word(text, 0) + _K2) & _BITS
        b = _word(text, size - 8)
        c = (_rotated(b, 37) * factor + a) & _BITS
        d = ((_rotated(a, 25) + b) * factor) & _BITS
        return _joined(c, d, factor & _BITS)
    if size >= 4:
        factor = _K2 + size * 2
        a = _half_word(text, 0)
        return _joined(size + (a << 3), _half_word(text, size - 4), factor & _BITS)
    if size > 0:
        a, b, c = text[0], text[size >> 1], text[size - 1]
        y, z = a + (b << 8), size + (c << 2)
        return (_mixed((y * _K2) ^ (z * _K0)) * _K2) & _BITS
    return _K2


def _up_to_32(text: bytes, size: int) -> int:
    factor = (_K2 + size * 2) & _BITS
    a = (_word(text, 0) * _K1) & _BITS
    b = _word(text, 8)
    c = (_word(text, size - 8) * factor) & _BITS
    d = (_word(text, size - 16) * _K2) & _BITS
    return _joined(
        (_rotated(a + b, 43) + _rotated(c, 30) + d) & _BITS,
        (a + _rotated(b + _K2, 18) + c) & _BITS,
        factor,
    )


def _up_to_64(text: bytes, size: int) -> int:
    factor = (_K2 + size * 2) & _BITS
    a = (_word(text, 0) * _K2) & _BITS
    b = _word(text, 8)
    c = (_word(text, size - 8) * factor) & _BITS
    d = (_word(text, size - 16) * _K2) & _BITS
    y = (_rotated(a + b, 43) + _rotated(c, 30) + d) & _BITS
    z = _joined(y, (a + _rotated(b + _K2, 18) + c) & _BITS, factor)
    e = (_word(text, 16) * factor) & _BITS
    f = _word(text, 24)
    g = ((y + _word(text, size - 32)) * factor) & _BITS
    h = ((z + _word(text, size - 24)) * factor) & _BITS
    return _joined(
        (_rotated(e + f, 43) + _rotated(g, 30) + h) & _BITS,
        (e + _rotated(f + a, 18) + g) & _BITS,
        factor,
    )


def _weak(text: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = struct.unpack_from("<4Q", text, at)
    a = (a + w) & _BITS
    b = _rotated(b + a + z, 21)
    c = a
    a = (a + x + y) & _BITS
    b = (b + _rotated(a, 44)) & _BITS
    return (a + z) & _BITS, (b + c) & _BITS


def _longer(text: bytes, size: int) -> int:
    x = 81
    y = (81 * _K1 + 113) & _BITS
    z = (_mixed(y * _K2 + 113) * _K2) & _BITS
    v, w = (0, 0), (0, 0)
    x = (x * _K2 + _word(text, 0)) & _BITS
    for at in range(0, (size - 1) // 64 * 64, 64):
        x, y, z, v, w = _round(text, at, _K1, (x, y, z, v, w), 1)
    factor = (_K1 + ((z & 0xFF) << 1)) & _BITS
    w = ((w[0] + ((size - 1) & 63)) & _BITS, w[1])
    v = ((v[0] + w[0]) & _BITS, v[1])
    w = ((w[0] + v[0]) & _BITS, w[1])
    x, y, z, v, w = _round(text, size - 64, factor, (x, y, z, v, w), 9)
    return _joined(
        (_joined(v[0], w[0], factor) + _mixed(y) * _K0 + z) & _BITS,
        (_joined(v[1], w[1], factor) + x) & _BITS,
        factor,
    )


_State = tuple[int, int, int, tuple[int, int], tuple[int, int]]


def _round(text: bytes, at: int, factor: int, state: _State, times: int) -> _State:
    """Take 64 bytes in."""
    x, y, z, v, w = state
    x = (_rotated(x + y + v[0] + _word(text, at + 8), 37) * factor) & _BITS
    y = (_rotated(y + v[1] + _word(text, at + 48), 42) * factor) & _BITS
    x ^= (w[1] * times) & _BITS
    y = (y + v[0] * times + _word(text, at + 40)) & _BITS
    z = (_rotated(z + w[0], 33) * factor) & _BITS
    v = _weak(text, at, v[1] * factor, x + w[0])
    w = _weak(text, at + 32, z + w[1], y + _word(text, at + 16))
    return z, y, x, v, w


_KEY, _FACTOR = 0xDECAFCAFFE, 0xC6A4A7935BD1E995


def crossed(prints: list[int]) -> int:
    """Return the number that stands for several together, in their order.

    Source: TensorFlow's FingerprintCat64, which `sparse.cross_hashed` uses.

    Example:
        >>> crossed([1, 2]) == crossed([2, 1])
        False
    """
    found = _KEY
    for one in prints:
        found ^= _FACTOR ^ ((_mixed(one * _FACTOR) * _FACTOR) & _BITS)
        found = (_mixed(found * _FACTOR) * _FACTOR) & _BITS
        found = _mixed(found)
    return found
