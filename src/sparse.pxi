# Zero-skipping: the first layer on samples that are mostly zeros.
#
# What is left of them are pairs of columns: see pairs.pxi. Every sum still takes the
# same terms in the same order as in the dense product, so the result is the same to the
# last bit, as long as the weights and gradients that zeros would be multiplied by are
# finite: 0 times infinity is NaN.

cdef extern from *:
    """
    /* Rows of a batch whose entries are sorted by columns at a time. */
    #define TRANSPOSED_ROWS 4096
    /* Columns whose sums a strip keeps in registers: forward those of one sample,
       backward those of two inputs. */
    #if defined(__AVX512F__)
      #define WIDE_STRIP 128
      #define WIDE_STRIP_OF_TWO 64
    #elif defined(__AVX2__) || defined(__aarch64__) || defined(_M_ARM64)
      #define WIDE_STRIP 64
      #define WIDE_STRIP_OF_TWO 32
    #else
      #define WIDE_STRIP 32
      #define WIDE_STRIP_OF_TWO 16
    #endif
    """
    enum:
        TRANSPOSED_ROWS
        WIDE_STRIP
        WIDE_STRIP_OF_TWO


cdef struct WideStrip:
    float sums[WIDE_STRIP]


cdef struct HalfStrip:
    float sums[WIDE_STRIP / 2]


cdef struct NarrowStrip:
    float sums[NARROW_COLUMNS]


ctypedef fused Strip:
    WideStrip
    HalfStrip
    NarrowStrip


cdef void_not_inlined forward_strip(
    Strip* strip_kind,
    const float* values,
    const unsigned short* pairs,
    Py_ssize_t count,
    const Matrix* w,
    float* y,
) noexcept nogil:
    """y[j] += sum_e x[e] . w[pair e, j] for as many columns as one strip has"""
    cdef Strip s
    cdef Py_ssize_t columns = sizeof(s.sums) // sizeof(float), e, j
    cdef const float* left
    cdef const float* right
    # Without this, GCC takes the sums in and out of registers by way of the stack.
    if count < 1:
        return
    for j in range(columns):
        s.sums[j] = y[j]
    for e in range(count):
        left = w.data + 2 * pairs[e] * w.row_stride
        right = left + w.row_stride
        for j in range(columns):
            s.sums[j] = multiply_add(values[2 * e], left[j], s.sums[j])
        for j in range(columns):
            s.sums[j] = multiply_add(values[2 * e + 1], right[j], s.sums[j])
    for j in range(columns):
        y[j] = s.sums[j]


cdef void forward_rows(
    Strip* strip_kind,
    const Csr* x,
    Py_ssize_t first,
    Py_ssize_t block,
    const Matrix* w,
    const Matrix* y,
) noexcept nogil:
    """y += x w for one block of x, whose row first + i is row i of y, and one strip

    w must be readable for the strip's whole width.
    """
    cdef Strip apart
    cdef Py_ssize_t columns = sizeof(apart.sums) // sizeof(float), i, j, count
    cdef const Py_ssize_t* start
    cdef const float* values
    cdef const unsigned short* pairs
    cdef float* y_row
    cdef float* sums
    cdef bint odd
    for i in range(y.rows):
        start = row_starts(x[0], first + i) + block
        values, pairs = x.data + 2 * start[0], x.indices + start[0]
        count = start[1] - start[0]
        if i + 1 < y.rows:
            # The next row's entries are asked for: 4 % of the time of a prediction.
            start += x.blocks + 1
            prefetch(x.data + 2 * start[0])
            prefetch(x.indices + start[0])
        if count == 0:
            continue
        y_row = sums = y.data + i * y.row_stride
        if y.columns < columns:
            sums = apart.sums
            memset(sums, 0, sizeof(apart.sums))
            memcpy(sums, y_row, y.columns * sizeof(float))
        # The last one of an odd number of inputs has no neighbour.
        odd = 2 * pairs[count - 1] + 1 == w.rows
        forward_strip(strip_kind, values, pairs, count - odd, w, sums)
        if odd:
            for j in range(columns):
                sums[j] = multiply_add(
                    values[2 * count - 2],
                    w.data[(w.rows - 1) * w.row_stride + j],
                    sums[j],
                )
        if y.columns < columns:
            memcpy(y_row, sums, y.columns * sizeof(float))


cdef void sparse_forward(
    Csr x,
    Py_ssize_t first,
    Py_ssize_t stop,
    Matrix w,
    const float* b,
    Matrix y,
    float* panel,
) noexcept nogil:
    """y = x w + b, for rows first to stop; b is NULL for a layer without bias

    Many rows share a copy of each strip of w, whose rows lie side by side: as far apart
    as they are in w, they push each other out of the nearest cache (512 units: a
    quarter of the time).
    """
    cdef Py_ssize_t i, block, begin, column, width, rest
    # The fewest columns that a wide strip, and half of one, is worth.
    cdef Py_ssize_t wide = WIDE_STRIP, half = WIDE_STRIP // 2
    cdef bint is_shared = stop - first >= 64
    cdef Matrix w_block, strip, y_strip
    if is_shared:
        # Zeros that fill a strip cost less than several narrow ones (100 units on
        # AVX-512: a quarter of the time).
        wide, half = WIDE_STRIP // 2 + 1, NARROW_COLUMNS + 1
    y = some_rows(y, first, stop)
    for i in range(y.rows):
        memset(y.data + i * y.row_stride, 0, y.columns * sizeof(float))
    for block in range(x.blocks):
        begin = block * INPUT_BLOCK
        w_block = some_rows(w, begin, min(begin + INPUT_BLOCK, w.rows))
        column = 0
        while column < w.columns:
            rest, width = w.columns - column, NARROW_COLUMNS
            if rest >= wide:
                width = WIDE_STRIP
            elif rest >= half:
                width = WIDE_STRIP // 2
            strip = some_columns(w_block, column, min(column + width, w.columns))
            y_strip = some_columns(y, column, min(column + width, w.columns))
            if strip.columns < width or (w.columns > width and is_shared):
                strip = packed(strip, width, panel)
            if width == WIDE_STRIP:
                forward_rows(<WideStrip*> NULL, &x, first, block, &strip, &y_strip)
            elif width == WIDE_STRIP // 2:
                forward_rows(<HalfStrip*> NULL, &x, first, block, &strip, &y_strip)
            else:
                forward_rows(<NarrowStrip*> NULL, &x, first, block, &strip, &y_strip)
            column += width
    if b != NULL:
        add_bias(y, b)


cdef struct Transposed:
    # One block of columns of `rows` rows of a batch: pair p of the block has counts[p]
    # entries, those of the rows `first` + samples[p * rows] and on, with their values
    # from values[2 * p * rows] on.
    float* values
    unsigned short* samples
    Py_ssize_t first
    Py_ssize_t rows
    Py_ssize_t counts[BLOCK_PAIRS]


cdef void transpose_block(
    Csr x, Py_ssize_t block, Transposed* to
) noexcept nogil:
    """Sort the entries of one block by pair and, for each pair, by sample

    Those of the next rows are asked for ahead: where another thread has gathered them,
    they lie in a cache of its core (two threads: a third of the time of this).
    """
    cdef Py_ssize_t i, e, pair, slot
    cdef const Py_ssize_t* start
    for pair in range(BLOCK_PAIRS):
        to.counts[pair] = 0
    for i in range(to.rows):
        start = row_starts(x, to.first + i) + block
        if i + 8 < to.rows:
            prefetch(start + 8 * (x.blocks + 1))
        if i + 4 < to.rows:
            e = start[4 * (x.blocks + 1)]
            prefetch(x.data + 2 * e)
            prefetch(x.data + 2 * e + 16)
            prefetch(x.data + 2 * e + 32)
            prefetch(x.indices + e)
        for e in range(start[0], start[1]):
            pair = x.indices[e]
            slot = pair * to.rows + to.counts[pair]
            to.values[2 * slot] = x.data[2 * e]
            to.values[2 * slot + 1] = x.data[2 * e + 1]
            to.samples[slot] = <unsigned short> i
            to.counts[pair] += 1


cdef struct WideStripOfTwo:
    float sums[2][WIDE_STRIP_OF_TWO]


cdef struct NarrowStripOfTwo:
    float sums[2][NARROW_COLUMNS]


ctypedef fused StripOfTwo:
    WideStripOfTwo
    NarrowStripOfTwo


cdef void_not_inlined backward_strip(
    StripOfTwo* strip_kind,
    const Transposed* x,
    Py_ssize_t pair,
    const Matrix* dy,
    const Matrix* dw,
    bint accumulate,
) noexcept nogil:
    """dw[r, j] = sum_e x[e, r] dy[sample e, j] for as many columns as one strip has

    If the sum `accumulate`, it starts from what dw holds instead of zero.
    """
    cdef StripOfTwo s
    cdef Py_ssize_t columns = sizeof(s.sums[0]) // sizeof(float), r, e, j
    cdef Py_ssize_t count = x.counts[pair]
    cdef const float* values = x.values + 2 * pair * x.rows
    cdef const unsigned short* samples = x.samples + pair * x.rows
    cdef const float* dy_row
    for r in range(2):
        for j in range(columns):
            s.sums[r][j] = 0
    if count < 1:
        for r in range(0 if accumulate else dw.rows):
            memset(dw.data + r * dw.row_stride, 0, sizeof(s.sums[0]))
        return
    if accumulate:
        for r in range(dw.rows):
            for j in range(columns):
                s.sums[r][j] = dw.data[r * dw.row_stride + j]
    for e in range(count):
        dy_row = dy.data + samples[e] * dy.row_stride
        for r in range(2):
            for j in range(columns):
                s.sums[r][j] = multiply_add(values[2 * e + r], dy_row[j], s.sums[r][j])
    for r in range(dw.rows):
        for j in range(columns):
            dw.data[r * dw.row_stride + j] = s.sums[r][j]


cdef void sparse_backward_kernel(
    const Transposed* x,
    Py_ssize_t pair,
    Matrix dy,
    const Matrix* dy_rest,
    Matrix dw,
    bint accumulate,
) noexcept nogil:
    """dw = x^T dy, for the one or two rows of dw that belong to a pair of a block

    Or dw <- dw + x^T dy, if the sum `accumulate`. `dy_rest` has those last columns of
    dy that fill no strip, with zeros behind.
    """
    cdef Py_ssize_t j = 0, r, size
    cdef float sums[2][NARROW_COLUMNS]
    cdef Matrix dy_strip, dw_strip, apart
    while j < dw.columns:
        dy_strip = some_columns(dy, j, dy.columns)
        dw_strip = some_columns(dw, j, dw.columns)
        if dw_strip.columns >= WIDE_STRIP_OF_TWO:
            backward_strip(
                <WideStripOfTwo*> NULL, x, pair, &dy_strip, &dw_strip, accumulate
            )
            j += WIDE_STRIP_OF_TWO
        elif dw_strip.columns >= NARROW_COLUMNS:
            backward_strip(
                <NarrowStripOfTwo*> NULL, x, pair, &dy_strip, &dw_strip, accumulate
            )
            j += NARROW_COLUMNS
        else:
            # The last columns, fewer than a strip has (784-30-10: half of an epoch).
            apart = matrix(&sums[0][0], dw.rows, NARROW_COLUMNS)
            size = dw_strip.columns * sizeof(float)
            memset(sums, 0, sizeof(sums))
            for r in range(dw.rows if accumulate else 0):
                memcpy(sums[r], dw_strip.data + r * dw.row_stride, size)
            backward_strip(
                <NarrowStripOfTwo*> NULL, x, pair, dy_rest, &apart, accumulate
            )
            for r in range(dw.rows):
                memcpy(dw_strip.data + r * dw.row_stride, sums[r], size)
            return
