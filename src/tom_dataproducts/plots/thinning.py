"""Fewer points that look the same: of each pixel the least and the greatest value stay, exactly."""

from __future__ import annotations

from itertools import pairwise
from typing import Any


def extremes(x: Any, y: Any, *, low: float, high: float, bins: int) -> Any:
    """Places of the points that stay, in order.

    Parameters
    ----------
    x, y : ndarray
        Points, in any order; `y` finite.
    low, high : float
        Range of x that is divided into `bins` equal parts. In each part the points of least and of greatest y stay (at most two).

    Returns
    -------
    ndarray of int
        All places, if there are no more than two a part.
    """
    import numpy as np

    if len(x) <= 2 * bins or not high > low:
        return np.arange(len(x))
    part = np.clip(((x - low) / (high - low) * bins).astype(np.int64), 0, bins - 1)
    order = np.lexsort((y, part))
    sorted_part = part[order]
    starts = np.flatnonzero(np.concatenate(([True], sorted_part[1:] != sorted_part[:-1])))
    ends = np.concatenate((starts[1:], [len(order)])) - 1
    return np.unique(order[np.concatenate((starts, ends))])


def peaks_kept(x: Any, y: Any, *, bins: int) -> Any:
    """Places of the greatest y in each of `bins` runs of equal length, first and last point included: a line whose peaks are exact."""
    import numpy as np

    if len(y) <= bins:
        return np.arange(len(y))
    edges = np.linspace(0, len(y), bins + 1).astype(int)
    highest = [start + int(np.argmax(y[start:end])) for start, end in pairwise(edges) if end > start]
    return np.unique([0, *highest, len(y) - 1])
