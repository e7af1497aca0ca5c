# The matrix product: one register tile, behind every dense layer.
#
# Forward, y = x w, and both gradients, dw = x^T dy and dx^T = w dy^T, are the same
# loop nest over matrices that are walked in another order. So a matrix is a start
# and two strides, its transpose is the same memory with the strides exchanged, and
# one product serves all three.

cdef extern from *:
    """
    /* Rows and columns of the sums that a tile keeps in vector registers. */
    #if defined(__AVX512F__)
      #define TILE_ROWS 6
      #define TILE_COLUMNS 64
    #elif defined(__AVX2__) || defined(__aarch64__) || defined(_M_ARM64)
      #define TILE_ROWS 6
      #define TILE_COLUMNS 16
    #else
      #define TILE_ROWS 3
      #define TILE_COLUMNS 16
    #endif
    #define NARROW_COLUMNS 16
    """
    enum:
        TILE_ROWS
        TILE_COLUMNS
        NARROW_COLUMNS


cdef struct Matrix:
    # Element (i, j) is start[i * row_step + j * column_step].
    float* start
    Py_ssize_t rows
    Py_ssize_t columns
    Py_ssize_t row_step
    Py_ssize_t column_step


cdef inline Matrix matrix(
    const float* start, Py_ssize_t rows, Py_ssize_t columns
) noexcept nogil:
    """A row-major matrix, (rows, columns), that begins at `start`."""
    cdef Matrix a
    a.start = <float*> start
    a.rows = rows
    a.columns = columns
    a.row_step = columns
    a.column_step = 1
    return a


cdef inline Matrix transposed(Matrix a) noexcept nogil:
    """a^T: the same memory, walked with rows and columns exchanged."""
    cdef Matrix b
    b.start = a.start
    b.rows = a.columns
    b.columns = a.rows
    b.row_step = a.column_step
    b.column_step = a.row_step
    return b


cdef inline Matrix some_rows(
    Matrix a, Py_ssize_t first, Py_ssize_t stop
) noexcept nogil:
    """a[first:stop, :]"""
    a.start += first * a.row_step
    a.rows = stop - first
    return a


cdef inline Matrix some_columns(
    Matrix a, Py_ssize_t first, Py_ssize_t stop
) noexcept nogil:
    """a[:, first:stop]"""
    return transposed(some_rows(transposed(a), first, stop))


cdef struct WideTile:
    float sums[TILE_ROWS][TILE_COLUMNS]


cdef struct NarrowTile:
    float sums[TILE_ROWS][NARROW_COLUMNS]


cdef struct WideRow:
    float sums[1][TILE_COLUMNS]


cdef struct NarrowRow:
    float sums[1][NARROW_COLUMNS]


ctypedef fused Tile:
    WideTile
    NarrowTile
    WideRow
    NarrowRow


cdef void tile(Tile* tile_kind, Matrix a, Matrix b, Matrix c) noexcept nogil:
    """c[r, j] = sum_k a[r, k] b[k, j] for the few rows and columns of one tile.

    The sums stay in registers while k runs, so that each step loads one row of b
    and a few numbers of a, and all else is multiply-add. Every sum has one
    accumulator and takes its terms in ascending k: this fixes the last bit of the
    result, whoever computes it. b must be readable for the tile's whole width.
    """
    cdef Tile t
    cdef Py_ssize_t rows = sizeof(t.sums) // sizeof(t.sums[0])
    cdef Py_ssize_t columns = sizeof(t.sums[0]) // sizeof(float)
    cdef const float* a_row[TILE_ROWS]
    cdef const float* b_row = b.start
    cdef float* c_row
    cdef float factor
    cdef Py_ssize_t r, j, k
    for r in range(rows):
        # A tile at the lower edge computes its last row again, and drops it.
        a_row[r] = a.start + min(r, a.rows - 1) * a.row_step
        for j in range(columns):
            t.sums[r][j] = 0
    for k in range(a.columns):
        for r in range(rows):
            factor = a_row[r][k * a.column_step]
            for j in range(columns):
                t.sums[r][j] += factor * b_row[j]
        b_row += b.row_step
    for r in range(c.rows):
        c_row = c.start + r * c.row_step
        if c.columns == columns and c.column_step == 1:
            for j in range(columns):
                c_row[j] = t.sums[r][j]
        else:
            for j in range(c.columns):
                c_row[j * c.column_step] = t.sums[r][j]


cdef Matrix packed(Matrix b, Py_ssize_t width, float* panel) noexcept nogil:
    """Copy b into `panel` as rows of `width` floats, with zeros behind its columns."""
    cdef Py_ssize_t i, j
    cdef const float* b_row
    cdef float* row
    for i in range(b.rows):
        b_row = b.start + i * b.row_step
        row = panel + i * width
        if b.column_step == 1 and b.columns == TILE_COLUMNS:
            for j in range(TILE_COLUMNS):
                row[j] = b_row[j]
        else:
            for j in range(b.columns):
                row[j] = b_row[j * b.column_step]
            for j in range(b.columns, width):
                row[j] = 0
    return matrix(panel, b.rows, width)


cdef void product(Matrix a, Matrix b, Matrix c, float* panel) noexcept nogil:
    """c = a b, with a (m, k), b (k, n) and c (m, n), tile by tile.

    Strips of b are copied into `panel` (k * TILE_COLUMNS floats) if their columns do
    not lie side by side in memory or do not fill a tile; and also if their rows lie far
    apart, since many tiles in turn would each wait for them: with 1024 columns the
    copy gains 5 % (AVX-512) to 30 % (SSE2).
    """
    cdef Py_ssize_t column = 0, width, stop, row
    cdef bint narrow
    cdef bint far_apart = b.row_step >= 256 and c.rows >= 4 * TILE_ROWS
    cdef Matrix strip, a_rows, c_tile
    while column < c.columns:
        narrow = c.columns - column <= TILE_COLUMNS - NARROW_COLUMNS
        width = NARROW_COLUMNS if narrow else TILE_COLUMNS
        stop = min(column + width, c.columns)
        strip = some_columns(b, column, stop)
        if b.column_step != 1 or stop - column < width or far_apart:
            strip = packed(strip, width, panel)
        row = 0
        while row < c.rows:
            a_rows = some_rows(a, row, min(row + TILE_ROWS, c.rows))
            c_tile = some_columns(some_rows(c, row, row + a_rows.rows), column, stop)
            if narrow and a_rows.rows == 1:
                tile(<NarrowRow*> NULL, a_rows, strip, c_tile)
            elif narrow:
                tile(<NarrowTile*> NULL, a_rows, strip, c_tile)
            elif a_rows.rows == 1:
                tile(<WideRow*> NULL, a_rows, strip, c_tile)
            else:
                tile(<WideTile*> NULL, a_rows, strip, c_tile)
            row += TILE_ROWS
        column = stop
