"""How far each instance reaches in a frame of ids: one pass over the pixels, compiled."""

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.kernels import allocating_kernel

PIXELS, COLUMNS, ROWS, FIRST, LAST = range(5)
"""What the columns of `extents` hold: pixels, sums of the column and row numbers, first and last column."""


@allocating_kernel
def extents(instance: NDArray[np.int32], number: int) -> NDArray[np.int64]:
    """For every id below `number` in `instance` [H, W], the five numbers named above: [number, 5]."""
    found = np.zeros((number, 5), np.int64)
    found[:, FIRST] = instance.shape[1]
    for row in range(instance.shape[0]):
        for column in range(instance.shape[1]):
            entry = found[instance[row, column]]
            entry[PIXELS] += 1
            entry[COLUMNS] += column
            entry[ROWS] += row
            entry[FIRST] = min(entry[FIRST], column)
            entry[LAST] = max(entry[LAST], column)
    return found
