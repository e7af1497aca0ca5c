# The matrix product: register tiles, behind every dense layer.
#
# From the inside out: a tile of sums stays in registers while the terms run past; a
# strip is as wide as a tile and serves tile after tile; blocks of terms and of rows
# keep what is in use in a near cache.

cdef extern from *:
    """
    /* Rows and columns of the sums that a tile keeps in vector registers, and the rows
       of the smaller tile at the lower edge, 1 or 2. */
    #if defined(__AVX512F__)
      #define TILE_ROWS 6
      #define TILE_COLUMNS 64
      #define EDGE_ROWS 2
    #elif defined(__AVX2__) || defined(__aarch64__) || defined(_M_ARM64)
      #define TILE_ROWS 6
      #define TILE_COLUMNS 16
      #define EDGE_ROWS 2
    #else
      #define TILE_ROWS 3
      #define TILE_COLUMNS 16
      #define EDGE_ROWS 1
    #endif
    #define NARROW_COLUMNS 16
    /* Terms of each sum, and rows, that are worked on at a time. */
    #define DEPTH_BLOCK 1024
    #define ROW_BLOCK 192
    /* Room for both, with the widest tile of all instruction sets. */
    #define PANEL_SIZE (DEPTH_BLOCK * (64 + ROW_BLOCK))
    #if defined(__GNUC__)
      #define prefetch(address) __builtin_prefetch(address)
      #define prefetch_many(address) __builtin_prefetch(address, 0, 2)
      #define VOID_NOT_INLINED __attribute__((noinline)) void
    #else
      #define prefetch(address)
      #define prefetch_many(address)
      #define VOID_NOT_INLINED void
    #endif
    """
    enum:
        TILE_ROWS
        TILE_COLUMNS
        EDGE_ROWS
        NARROW_COLUMNS
        DEPTH_BLOCK
        ROW_BLOCK
        PANEL_SIZE
    # Ask for a cache line that will be needed soon.
    void prefetch(const void* address) nogil
    # The same for the second cache, which can wait for more of them at a time.
    void prefetch_many(const void* address) nogil
    # What a function returns that the compiler is to keep apart from its caller.
    ctypedef void void_not_inlined "VOID_NOT_INLINED"


cdef struct WideTile:
    float sums[TILE_ROWS][TILE_COLUMNS]


cdef struct NarrowTile:
    float sums[TILE_ROWS][NARROW_COLUMNS]


cdef struct WideEdge:
    float sums[EDGE_ROWS][TILE_COLUMNS]


cdef struct NarrowEdge:
    float sums[EDGE_ROWS][NARROW_COLUMNS]


ctypedef fused Tile:
    WideTile
    NarrowTile
    WideEdge
    NarrowEdge


cdef void_not_inlined strip_product(
    Tile* tile_kind, const Matrix* a, const Matrix* b, const Matrix* c, bint accumulate
) noexcept nogil:
    """c = a b, tile by tile, for a b and c that are at most as wide as a tile

    If the sum `accumulate`, it starts from what c holds instead of zero.

    Each step of k loads one row of b and one number of a for each row of the tile; all
    else is multiply-add. Every sum has one accumulator and takes its terms in ascending
    k: this fixes the last bit of the result, whoever computes it. b must be readable
    for the tile's whole width.

    In a function of its own, whose matrices stay in memory, the loop over k keeps all
    that it needs in registers: 98 % of the peak instead of 75 % (AVX2) or 94 %
    (AVX-512).
    """
    cdef Tile t
    cdef Py_ssize_t rows = sizeof(t.sums) // sizeof(t.sums[0])
    cdef Py_ssize_t columns = sizeof(t.sums[0]) // sizeof(float)
    cdef Py_ssize_t a_stride = a.row_stride, c_stride = c.row_stride
    cdef bint whole = c.columns == columns and c.column_stride == 1
    cdef const float* a_column
    cdef const float* b_row
    cdef float* c_row
    cdef float factor
    cdef Py_ssize_t r, j, k, row = 0
    while row < c.rows:
        a_column = a.data + row * a_stride
        b_row = b.data
        c_row = c.data + row * c_stride
        if row + rows > c.rows:
            # One row is left for a tile of two, which computes it twice.
            a_stride = c_stride = 0
        for r in range(rows):
            for j in range(columns):
                t.sums[r][j] = 0
        if accumulate:
            for r in range(rows):
                if whole:
                    for j in range(columns):
                        t.sums[r][j] = c_row[r * c_stride + j]
                else:
                    for j in range(c.columns):
                        t.sums[r][j] = c_row[r * c_stride + j * c.column_stride]
        for k in range(a.columns):
            for r in range(rows):
                factor = a_column[r * a_stride]
                for j in range(columns):
                    t.sums[r][j] = multiply_add(factor, b_row[j], t.sums[r][j])
            a_column += a.column_stride
            b_row += b.row_stride
        if c_stride == 1:
            # c is a transpose: what lies side by side is a column.
            for j in range(c.columns):
                for r in range(rows):
                    c_row[r + j * c.column_stride] = t.sums[r][j]
        else:
            for r in range(rows):
                if whole:
                    for j in range(columns):
                        c_row[r * c_stride + j] = t.sums[r][j]
                else:
                    for j in range(c.columns):
                        c_row[r * c_stride + j * c.column_stride] = t.sums[r][j]
        row += rows


cdef Matrix packed(Matrix b, Py_ssize_t width, float* panel) noexcept nogil:
    """Copy b into `panel` as rows of `width` floats, with zeros behind its columns

    A transpose is copied eight columns at a time, since each lies in memory of its own.
    """
    cdef Py_ssize_t group = b.columns if b.column_stride == 1 else 8
    cdef Py_ssize_t i, j, column = 0, stop
    cdef const float* b_row
    cdef float* row
    if b.columns < width:
        memset(panel, 0, b.rows * width * sizeof(float))
    while column < b.columns:
        stop = min(column + group, b.columns)
        for i in range(b.rows):
            b_row = b.data + i * b.row_stride
            row = panel + i * width
            # Rows that lie far apart do not come by themselves: 7 % of x^T dy, 1024^3.
            prefetch(b_row + 12 * b.row_stride)
            if b.column_stride == 1 and b.columns == TILE_COLUMNS:
                for j in range(TILE_COLUMNS):
                    row[j] = b_row[j]
            elif stop - column == 8:
                for j in range(8):
                    row[column + j] = b_row[(column + j) * b.column_stride]
            else:
                for j in range(column, stop):
                    row[j] = b_row[j * b.column_stride]
        column = stop
    return matrix(panel, b.rows, width)


cdef void block_product(
    Matrix a, Matrix b, Matrix c, bint accumulate, float* panel
) noexcept nogil:
    """c = a b, or c <- c + a b if the sum `accumulate`, strip by strip

    A strip of b is copied into `panel` if it is not as wide as a tile or its columns do
    not lie side by side; and also if its rows lie far apart and many tiles share it:
    they would all wait for memory (x^T dy with 128 columns: 55 % to 61 % of the peak on
    SSE2, with 1024 columns a third).
    """
    cdef Py_ssize_t column = 0, stop, width, whole = c.rows - c.rows % TILE_ROWS
    cdef bint far_apart = b.row_stride >= 4 * TILE_COLUMNS and c.rows >= 4 * TILE_ROWS
    cdef Matrix strip, c_strip, c_whole, c_edge
    cdef Matrix a_whole = some_rows(a, 0, whole), a_edge = some_rows(a, whole, a.rows)
    while column < c.columns:
        width = TILE_COLUMNS
        if c.columns - column <= TILE_COLUMNS - NARROW_COLUMNS:
            width = NARROW_COLUMNS
        stop = min(column + width, c.columns)
        strip = some_columns(b, column, stop)
        if b.column_stride != 1 or stop - column < width or far_apart:
            strip = packed(strip, width, panel)
        c_strip = some_columns(c, column, stop)
        c_whole = some_rows(c_strip, 0, whole)
        c_edge = some_rows(c_strip, whole, c.rows)
        if width == NARROW_COLUMNS:
            strip_product(<NarrowTile*> NULL, &a_whole, &strip, &c_whole, accumulate)
            strip_product(<NarrowEdge*> NULL, &a_edge, &strip, &c_edge, accumulate)
        else:
            strip_product(<WideTile*> NULL, &a_whole, &strip, &c_whole, accumulate)
            strip_product(<WideEdge*> NULL, &a_edge, &strip, &c_edge, accumulate)
        column = stop


cdef void row_product(Matrix a, Matrix b, Matrix c, bint accumulate) noexcept nogil:
    """The same for a single row: c stays in a near cache while b passes by once

    Four rows of b at a time, so that c is loaded and stored a fourth as often. A tile
    would jump from row to row of b: of 4096 x 4096, twice as long as from memory.
    """
    cdef Py_ssize_t k = 0, j, stride = b.row_stride
    cdef const float* b_row = b.data
    cdef const float* x = a.data
    cdef float* y = c.data
    cdef float x0, x1, x2, x3, total
    if not accumulate:
        memset(y, 0, c.columns * sizeof(float))
    while k + 4 <= a.columns:
        x0, x1 = x[0], x[a.column_stride]
        x2, x3 = x[2 * a.column_stride], x[3 * a.column_stride]
        for j in range(c.columns):
            total = multiply_add(x0, b_row[j], y[j])
            total = multiply_add(x1, b_row[j + stride], total)
            total = multiply_add(x2, b_row[j + 2 * stride], total)
            y[j] = multiply_add(x3, b_row[j + 3 * stride], total)
        x += 4 * a.column_stride
        b_row += 4 * stride
        k += 4
    while k < a.columns:
        x0 = x[0]
        for j in range(c.columns):
            y[j] = multiply_add(x0, b_row[j], y[j])
        x += a.column_stride
        b_row += stride
        k += 1


cdef void product(
    Matrix a, Matrix b, Matrix c, bint accumulate, float* panel
) noexcept nogil:
    """c = a b, with a (m, k), b (k, n) and c (m, n), block by block

    Or c <- c + a b, if the sum `accumulate`.

    Sums of more than DEPTH_BLOCK terms are continued block by block. `panel`, scratch
    space of PANEL_SIZE floats, holds the strip of b and, where the columns of a lie so
    far apart that a cache cannot hold them all, ROW_BLOCK rows of a (1024^3: +10 %).
    """
    cdef bint far_apart = a.column_stride >= 256 and a.columns > 256
    cdef Py_ssize_t rows = ROW_BLOCK if far_apart else c.rows
    cdef Py_ssize_t row = 0, depth, stop
    cdef Matrix a_rows, a_block, c_rows
    if c.rows == 1 and b.column_stride == 1 and c.column_stride == 1:
        row_product(a, b, c, accumulate)
        return
    while row < c.rows:
        a_rows = some_rows(a, row, min(row + rows, c.rows))
        c_rows = some_rows(c, row, min(row + rows, c.rows))
        depth = 0
        while True:
            stop = min(depth + DEPTH_BLOCK, a.columns)
            a_block = some_columns(a_rows, depth, stop)
            if far_apart:
                a_block = transposed(
                    packed(
                        transposed(a_block),
                        a_block.rows,
                        panel + DEPTH_BLOCK * TILE_COLUMNS,
                    )
                )
            block_product(
                a_block,
                some_rows(b, depth, stop),
                c_rows,
                accumulate or depth > 0,
                panel,
            )
            depth = stop
            if depth == a.columns:
                break
        row += rows
