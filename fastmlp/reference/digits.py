"""The pen of the synthetic digits."""

import numpy as np
from numpy.typing import NDArray


def draw_digits(
    points: NDArray[np.int16], pens: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Draw points (n, p, 2) with pens (n, 2) and move the ink to the middle.

    ink = min(255, max(0, outer - d^2) gain / 2^16), d = distance to the nearest
    point; then by whole pixels, until the center of mass is at row and column 14.
    In integers: the same bytes as the compiled kernel.
    """
    images = np.empty((len(points), 28, 28), np.uint8)
    pixels = np.arange(28, dtype=np.int32)
    # Few images at a time, so that their distances stay in the processor's cache.
    for start in range(0, len(points), 128):
        part = slice(start, start + 128)
        held = np.clip(points[part].astype(np.int32), 0, 28 * 256 - 1)
        nearest = np.full(images[part].shape, 1 << 22, np.int32)
        for point in held.transpose(1, 2, 0):
            dx, dy = point[:, :, None] - 256 * pixels
            squares = (dx * dx)[:, None, :] + (dy * dy)[:, :, None]
            np.minimum(nearest, squares, out=nearest)
        outer, gain = pens[part].T[:, :, None, None]
        ink = np.minimum(255, np.maximum(0, outer - nearest) * gain >> 16)
        mass = np.maximum(1, ink.sum(axis=(1, 2)))
        right = 14 - (2 * ink.sum(axis=1) @ pixels + mass) // (2 * mass)
        down = 14 - (2 * ink.sum(axis=2) @ pixels + mass) // (2 * mass)
        sheet = np.pad(ink, [(0, 0), (14, 14), (14, 14)])
        image = np.arange(len(ink))[:, None, None]
        rows = 14 + pixels[:, None] - down[:, None, None]
        columns = 14 + pixels - right[:, None, None]
        images[part] = sheet[image, rows, columns]
    return images
