# Zero-skipping: the first layer on samples that are mostly zeros.
#
# 81 % of MNIST's pixels are zero, and a zero adds nothing to a sum. So the samples
# are compressed once: of each row only the nonzero values are kept, with their
# columns. Every sum still takes the same terms in the same order as in the dense
# product, so the result is the same to the last bit.
#
# The columns are cut into blocks of INPUT_BLOCK, so that the rows of w (forward) and
# of dw (backward) that are in use at a time stay in a near cache.

cdef extern from *:
    """
    #define INPUT_BLOCK 128
    /* Columns of the sums that a strip keeps in vector registers: eight of them. */
    #if defined(__AVX512F__)
      #define STRIP_COLUMNS 128
    #elif defined(__AVX2__) || defined(__aarch64__) || defined(_M_ARM64)
      #define STRIP_COLUMNS 64
    #else
      #define STRIP_COLUMNS 32
    #endif
    """
    enum:
        INPUT_BLOCK
        STRIP_COLUMNS


cdef struct Compressed:
    # Row i holds, of its block b of columns, entries starts[i, b] to starts[i, b + 1].
    float* values
    unsigned short* columns
    Py_ssize_t* starts
    Py_ssize_t blocks


cdef inline const Py_ssize_t* row_starts(
    Compressed x, Py_ssize_t row
) noexcept nogil:
    """starts[row, :]"""
    return x.starts + row * (x.blocks + 1)


ctypedef fused Number:
    unsigned char
    float
    double


cdef Py_ssize_t compress(
    const Number* x, Py_ssize_t rows, Py_ssize_t inputs, Compressed to
) noexcept nogil:
    """Keep the nonzero values of x, as float32; return how many there are

    It reads what the user has, so that no float32 copy of all the zeros is ever made.
    """
    cdef Py_ssize_t i, j, block, position = 0
    cdef float value
    for i in range(rows):
        for block in range(to.blocks):
            to.starts[block] = position
            for j in range(
                block * INPUT_BLOCK, min((block + 1) * INPUT_BLOCK, inputs)
            ):
                # Written always and kept if nonzero: no branch to mispredict.
                value = <float> x[j]
                to.values[position] = value
                to.columns[position] = <unsigned short> j
                position += value != 0
        to.starts[to.blocks] = position
        to.starts += to.blocks + 1
        x += inputs
    return position


cdef void prefetch_entries(Compressed samples, Py_ssize_t row) noexcept nogil:
    """Ask for the entries of a row that will be copied soon

    The rows of a batch lie anywhere in memory; asked for ahead, they come while others
    are copied.
    """
    cdef const Py_ssize_t* start = row_starts(samples, row)
    cdef Py_ssize_t e
    for e in range(start[0], start[samples.blocks], 16):
        prefetch(samples.values + e)
    for e in range(start[0], start[samples.blocks], 32):
        prefetch(samples.columns + e)


cdef void copy_entries(
    Compressed samples, Py_ssize_t row, Compressed batch, Py_ssize_t to_row,
    Py_ssize_t room,
) noexcept nogil:
    """Copy one row into a batch, which has `room` entries for each of its rows.

    Side by side, the rows of a batch stay in a near cache for all passes over them;
    read from where they lie, they would miss it once a row.
    """
    cdef const Py_ssize_t* start = row_starts(samples, row)
    cdef Py_ssize_t* to_start = batch.starts + to_row * (batch.blocks + 1)
    cdef Py_ssize_t to = to_row * room, size = start[samples.blocks] - start[0], b
    memcpy(batch.values + to, samples.values + start[0], size * sizeof(float))
    memcpy(
        batch.columns + to, samples.columns + start[0], size * sizeof(unsigned short)
    )
    for b in range(batch.blocks + 1):
        to_start[b] = start[b] - start[0] + to


cdef struct WideStrip:
    float sums[STRIP_COLUMNS]


cdef struct NarrowStrip:
    float sums[NARROW_COLUMNS]


ctypedef fused Strip:
    WideStrip
    NarrowStrip


cdef void add_strip(
    Strip* strip_kind,
    const float* factors,
    const unsigned short* rows,
    Py_ssize_t count,
    const float* w,
    Py_ssize_t row_step,
    float* y,
) noexcept nogil:
    """y[j] += sum_e factors[e] w[rows[e], j] for as many columns as one strip has"""
    cdef Strip s
    cdef Py_ssize_t columns = sizeof(s.sums) // sizeof(float), e, j
    cdef const float* w_row
    for j in range(columns):
        s.sums[j] = y[j]
    for e in range(count):
        w_row = w + rows[e] * row_step
        for j in range(columns):
            s.sums[j] += factors[e] * w_row[j]
    for j in range(columns):
        y[j] = s.sums[j]


cdef void add_scaled_rows(
    const float* factors,
    const unsigned short* rows,
    Py_ssize_t count,
    const float* w,
    Py_ssize_t columns,
    float* y,
) noexcept nogil:
    """y[j] += sum_e factors[e] w[rows[e], j]"""
    cdef Py_ssize_t j = 0, e, rest
    while j + STRIP_COLUMNS <= columns:
        add_strip(<WideStrip*> NULL, factors, rows, count, w + j, columns, y + j)
        j += STRIP_COLUMNS
    while j + NARROW_COLUMNS <= columns:
        add_strip(<NarrowStrip*> NULL, factors, rows, count, w + j, columns, y + j)
        j += NARROW_COLUMNS
    if j < columns:
        for e in range(count):
            for rest in range(j, columns):
                y[rest] += factors[e] * w[rows[e] * columns + rest]


cdef void sparse_forward(
    Compressed x, Py_ssize_t first, Py_ssize_t stop, Matrix w, const float* b, Matrix y
) noexcept nogil:
    """y = x w + b, for rows first to stop; b is NULL for a layer without bias"""
    cdef Py_ssize_t i, block
    cdef const Py_ssize_t* start
    memset(y.start + first * y.columns, 0, (stop - first) * y.columns * sizeof(float))
    for block in range(x.blocks):
        for i in range(first, stop):
            start = row_starts(x, i) + block
            add_scaled_rows(
                x.values + start[0],
                x.columns + start[0],
                start[1] - start[0],
                w.start,
                w.columns,
                y.start + i * y.columns,
            )
    if b != NULL:
        add_bias(some_rows(y, first, stop), b)


cdef struct Transposed:
    # One block of columns of a batch of `rows`: the block's input i has counts[i]
    # nonzero values, from values[i * rows] on, of the samples in samples[i * rows] on.
    float* values
    unsigned short* samples
    Py_ssize_t counts[INPUT_BLOCK]


cdef void transpose_block(
    Compressed x, Py_ssize_t rows, Py_ssize_t block, Transposed* to
) noexcept nogil:
    """Sort the entries of one block by input and, for each input, by sample"""
    cdef Py_ssize_t i, e, input, slot
    cdef const Py_ssize_t* start
    for input in range(INPUT_BLOCK):
        to.counts[input] = 0
    for i in range(rows):
        start = row_starts(x, i) + block
        for e in range(start[0], start[1]):
            input = x.columns[e] - block * INPUT_BLOCK
            slot = input * rows + to.counts[input]
            to.values[slot] = x.values[e]
            to.samples[slot] = <unsigned short> i
            to.counts[input] += 1


cdef void sparse_backward_kernel(
    const Transposed* x, Py_ssize_t input, Matrix dy, float* dw
) noexcept nogil:
    """dw = x^T dy, for the row of dw that belongs to one input of a transposed block"""
    memset(dw, 0, dy.columns * sizeof(float))
    add_scaled_rows(
        x.values + input * dy.rows,
        x.samples + input * dy.rows,
        x.counts[input],
        dy.start,
        dy.columns,
        dw,
    )
