# Pairs: samples without their zeros, and how rows of them become a batch.
#
# 81 % of MNIST's pixels are zero, and a zero adds nothing to a sum. So the samples
# are compressed once: of each row only those pairs of neighbouring columns are kept in
# which something is not zero. Pairs, because ink comes in strokes: MNIST has 1.7
# nonzero pixels in each pair that has any, and what is loaded for a pair serves two (an
# epoch takes 10 % less than with single pixels).
#
# The columns are cut into blocks of INPUT_BLOCK, so that the rows of w (forward) and of
# dw (backward) that are in use at a time stay in a near cache.

cdef extern from *:
    """
    #define INPUT_BLOCK 128
    #define BLOCK_PAIRS (INPUT_BLOCK / 2)
    /* What brings the lowest bits of eight bytes together in the highest byte. */
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
      #define GATHER_BITS 0x8040201008040201ULL
    #else
      #define GATHER_BITS 0x0102040810204080ULL
    #endif
    /* Where the lowest bit is that is set. */
    #if defined(__GNUC__)
      #define lowest_bit(bits) __builtin_ctzll(bits)
    #else
      #include <intrin.h>
      static inline int lowest_bit(unsigned long long bits) {
        unsigned long place;
        _BitScanForward64(&place, bits);
        return (int) place;
      }
    #endif
    """
    enum:
        INPUT_BLOCK
        BLOCK_PAIRS
    unsigned long long GATHER_BITS
    int lowest_bit(unsigned long long bits) nogil


cdef inline const Py_ssize_t* row_starts(
    Csr x, Py_ssize_t row
) noexcept nogil:
    """indptr[row, :]"""
    return x.indptr + row * (x.blocks + 1)


ctypedef fused Number:
    unsigned char
    float
    double


cdef bint are_finite(const float* x, Py_ssize_t size) noexcept nogil:
    """Whether no number is NaN or infinite: x - x is zero for all others"""
    cdef bint found = False
    cdef Py_ssize_t i
    for i in range(size):
        found |= x[i] - x[i] != 0
    return not found


cdef inline unsigned long long marked_pairs(
    const Number* x, Py_ssize_t columns
) noexcept nogil:
    """A bit for each pair of a block that is not both zero, the first one lowest

    Each is a byte first, which vectors can find. A multiplication brings the lowest
    bits of eight bytes together in the highest one. (Predictions for MNIST take 15 %
    less time than with a look at each pair.)
    """
    cdef unsigned char marks[BLOCK_PAIRS]
    cdef unsigned long long eight, found = 0
    cdef Py_ssize_t pair
    memset(marks, 0, BLOCK_PAIRS)
    for pair in range(columns // 2):
        marks[pair] = (<float> x[2 * pair] != 0) | (<float> x[2 * pair + 1] != 0)
    if columns % 2:
        marks[columns // 2] = <float> x[columns - 1] != 0
    for pair in range(0, BLOCK_PAIRS, 8):
        memcpy(&eight, marks + pair, 8)
        found |= (eight * GATHER_BITS >> 56) << pair
    return found


cdef Py_ssize_t compress(
    const Number* x,
    Py_ssize_t rows,
    Py_ssize_t inputs,
    Csr to,
    Py_ssize_t position,
    bint* finite,
) noexcept nogil:
    """Keep the pairs of x that are not both zero, as float32, from entry `position` on

    Return where the entries end; `finite` becomes false if a value is NaN or infinite.
    It reads what the user has, once, and no float32 copy of all the zeros is ever made.
    """
    cdef Py_ssize_t i, block, width, pair, begin
    cdef unsigned long long marks
    cdef const Number* columns
    finite[0] = True
    for i in range(rows):
        begin = position
        for block in range(to.blocks):
            columns = x + i * inputs + block * INPUT_BLOCK
            width = min(INPUT_BLOCK, inputs - block * INPUT_BLOCK)
            to.indptr[block] = position
            marks = marked_pairs(columns, width)
            while marks:
                pair = lowest_bit(marks)
                marks &= marks - 1
                to.data[2 * position] = <float> columns[2 * pair]
                to.data[2 * position + 1] = 0
                if 2 * pair + 1 < width:
                    to.data[2 * position + 1] = <float> columns[2 * pair + 1]
                to.indices[position] = <unsigned short> pair
                position += 1
        to.indptr[to.blocks] = position
        to.indptr += to.blocks + 1
        if not are_finite(to.data + 2 * begin, 2 * (position - begin)):
            finite[0] = False
    return position


cdef void convert_row(
    const Input* input, Py_ssize_t sample, Py_ssize_t row
) noexcept nogil:
    """Convert a row of an input as the user has it to that of a batch"""
    cdef Py_ssize_t begin = sample * input.columns
    if input.kind == GIVEN_FLOAT32:
        bring_row((<const float*> input.given) + begin, input, row)
    elif input.kind == GIVEN_FLOAT64:
        bring_row((<const double*> input.given) + begin, input, row)
    else:
        bring_row((<const unsigned char*> input.given) + begin, input, row)


cdef void bring_row(
    const Number* x, const Input* input, Py_ssize_t row
) noexcept nogil:
    """The same, of any type: as float32, or without its zeros"""
    cdef Csr to = input.batch
    cdef float* y
    cdef bint finite
    cdef Py_ssize_t j
    if input.room == NULL:
        to.indptr += row * (to.blocks + 1)
        compress(x, 1, input.columns, to, row * input.pairs, &finite)
    else:
        y = input.room + row * input.columns
        for j in range(input.columns):
            y[j] = <float> x[j]


cdef void prefetch_entries(Csr samples, Py_ssize_t row) noexcept nogil:
    """Ask for the entries of a row that will be copied soon"""
    cdef const Py_ssize_t* start = row_starts(samples, row)
    cdef Py_ssize_t e
    for e in range(start[0], start[samples.blocks], 8):
        prefetch(samples.data + 2 * e)
    for e in range(start[0], start[samples.blocks], 32):
        prefetch(samples.indices + e)


cdef void copy_entries(
    Csr samples, Py_ssize_t row, Csr batch, Py_ssize_t to_row, Py_ssize_t room
) noexcept nogil:
    """Copy one row into a batch, which has `room` entries for each of its rows

    Side by side, the rows of a batch stay in a near cache for all passes over them;
    read from where they lie, they would miss it once a row.
    """
    cdef const Py_ssize_t* start = row_starts(samples, row)
    cdef Py_ssize_t* to_start = batch.indptr + to_row * (batch.blocks + 1)
    cdef Py_ssize_t to = to_row * room, size = start[samples.blocks] - start[0], b
    memcpy(
        batch.data + 2 * to, samples.data + 2 * start[0], size * 2 * sizeof(float)
    )
    memcpy(
        batch.indices + to, samples.indices + start[0], size * sizeof(unsigned short)
    )
    for b in range(batch.blocks + 1):
        to_start[b] = start[b] - start[0] + to


cdef void pair_entries(
    SparseRows samples, Py_ssize_t row, Csr batch, Py_ssize_t to_row, Py_ssize_t room
) noexcept nogil:
    """Write one row into a batch as pairs of columns, block by block

    The batch has `room` entries for each of its rows.
    """
    cdef Py_ssize_t* to_start = batch.indptr + to_row * (batch.blocks + 1)
    cdef Py_ssize_t e = samples.indptr[row], stop = samples.indptr[row + 1]
    cdef Py_ssize_t to = to_row * room, block, begin, column
    for block in range(batch.blocks):
        to_start[block] = to
        begin = block * INPUT_BLOCK
        while e < stop and samples.indices[e] < begin + INPUT_BLOCK:
            column = (samples.indices[e] - begin) & ~1
            batch.indices[to] = <unsigned short> (column // 2)
            batch.data[2 * to] = batch.data[2 * to + 1] = 0
            while e < stop and samples.indices[e] <= begin + column + 1:
                batch.data[2 * to + samples.indices[e] % 2] = samples.data[e]
                e += 1
            to += 1
    to_start[batch.blocks] = to


cdef void scatter_entries(
    SparseRows samples,
    Py_ssize_t row,
    Py_ssize_t columns,
    float* y,
    Py_ssize_t to_row,
) noexcept nogil:
    """Write one row with its zeros, for a layer that takes no pairs"""
    cdef float* to = y + to_row * columns
    cdef Py_ssize_t e
    memset(to, 0, columns * sizeof(float))
    for e in range(samples.indptr[row], samples.indptr[row + 1]):
        to[samples.indices[e]] = samples.data[e]
