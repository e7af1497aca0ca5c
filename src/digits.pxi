# The pen of the synthetic digits: from points on a sheet of paper to grey pixels.
#
# Integers only, so that every processor and the reference draw the same bytes.

cdef enum:
    PAPER = 28        # pixels along each side
    MIDDLE = 14       # where the center of mass goes
    UNIT = 256        # units of length in a pixel
    REACH = 8         # a point inks at most REACH x REACH pixels
    FAR = 1 << 22     # a square that is beyond the reach of every pen
    # Blank pixels around the paper: points at its edge reach into them, and a digit
    # is moved by at most as many.
    MARGIN = 14
    SHEET = PAPER + 2 * MARGIN


cdef void measure(const short[:, ::1] points, int* squares) noexcept nogil:
    """squares[row, column] = d^2, d = distance from the pixel to the nearest point"""
    cdef Py_ssize_t i, row, column
    cdef int x, y, dx, dy
    cdef int[REACH] dx_squared
    cdef int* corner
    cdef int* line
    for i in range(SHEET * SHEET):
        squares[i] = FAR
    for i in range(points.shape[0]):
        x = min(max(points[i, 0], 0), PAPER * UNIT - 1)
        y = min(max(points[i, 1], 0), PAPER * UNIT - 1)
        # The pixels from 3 before the point's own to 4 after it.
        corner = squares + (y // UNIT - 3 + MARGIN) * SHEET + x // UNIT - 3 + MARGIN
        for column in range(REACH):
            dx = x % UNIT + (3 - <int> column) * UNIT
            dx_squared[column] = dx * dx
        for row in range(REACH):
            line = corner + row * SHEET
            dy = y % UNIT + (3 - <int> row) * UNIT
            for column in range(REACH):
                line[column] = min(line[column], dx_squared[column] + dy * dy)


cdef void ink_paper(
    const int* squares, int outer, int gain, unsigned char* ink
) noexcept nogil:
    """ink = min(255, max(0, outer - d^2) gain / 2^16) on the paper, not the margin"""
    cdef Py_ssize_t row, column, i
    for row in range(MARGIN, MARGIN + PAPER):
        for column in range(MARGIN, MARGIN + PAPER):
            i = row * SHEET + column
            ink[i] = <unsigned char> min(255, max(0, outer - squares[i]) * gain >> 16)


cdef void move_to_middle(
    const unsigned char* ink, unsigned char[:, ::1] image
) noexcept nogil:
    """image[row, column] = ink[row - down, column - right], with whole numbers

    down = 14 - round(sum(row ink) / sum(ink)), and right alike from the columns.
    """
    cdef Py_ssize_t row, column
    cdef int mass = 0, moment_x = 0, moment_y = 0, shade, line_mass, right, down
    cdef const unsigned char* line
    for row in range(PAPER):
        line = ink + (row + MARGIN) * SHEET + MARGIN
        line_mass = 0
        for column in range(PAPER):
            shade = line[column]
            line_mass += shade
            moment_x += shade * <int> column
        mass += line_mass
        moment_y += line_mass * <int> row
    # Without ink any move will do.
    mass = max(mass, 1)
    right = MIDDLE - (2 * moment_x + mass) // (2 * mass)
    down = MIDDLE - (2 * moment_y + mass) // (2 * mass)
    for row in range(PAPER):
        line = ink + (row - down + MARGIN) * SHEET - right + MARGIN
        for column in range(PAPER):
            image[row, column] = line[column]


def py_draw_digits(
    const short[:, :, ::1] points,
    const int[:, ::1] pens,
    unsigned char[:, :, ::1] images,
):
    """Draw each row of points with its pen and move the ink to the middle.

    ink = min(255, max(0, outer - d^2) gain / 2^16), where d is the distance of the
    pixel's center to the nearest point: full ink in the middle of a line, none
    beyond the pen's outer edge, and a straight ramp in d^2 between the two. Then
    the digit is moved by whole pixels, which brings its center of mass to within
    half a pixel of row and column 14.

    points: (n, p, 2) int16, x and y in 1/256 pixel, from 0 at the center of the
        pixel at the top left; points outside the paper count as on its edge
    pens: (n, 2) int32, the square of the outer radius in (1/256 pixel)^2, at most
        2^20, which is 4 pixels; and the gain, with outer * gain below 2^31
    images: (n, 28, 28) uint8, the result
    """
    cdef Py_ssize_t i
    cdef int[SHEET * SHEET] squares
    cdef unsigned char[SHEET * SHEET] ink
    with nogil:
        # Only the margin stays as it is here: blank.
        for i in range(SHEET * SHEET):
            ink[i] = 0
        for i in range(points.shape[0]):
            measure(points[i], squares)
            ink_paper(squares, pens[i, 0], pens[i, 1], ink)
            move_to_middle(ink, images[i])
