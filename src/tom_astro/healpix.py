"""Nested HEALPix of order 29, and regions of the sky as ranges of its integers.

A region becomes a few half-open ranges ``[low, high)`` of order-29 indices that together cover it: a b-tree finds the rows, an exact test
afterwards takes away what lies in a cell but not in the region. No point of the region is ever outside the ranges.

Indices follow Gorski et al. 2005, ApJ 622, 759 (nested scheme), so they agree with healpy, astropy-healpix and the MOC standard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from tom_astro._kinds import Number, all_plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "N_CELLS_29",
    "ORDER",
    "ang2pix",
    "cone_ranges",
    "cover_radius_deg",
    "healpix29",
    "in_polygon",
    "in_ranges",
    "intersect_ranges",
    "join_ranges",
    "moc_ranges",
    "neighbours",
    "pix2ang",
    "polygon_ranges",
    "ranges_to_moc",
    "ranges_to_moc_text",
    "read_moc_fits",
    "uniq_ranges",
    "write_moc_fits",
]

Ranges = list[tuple[int, int]]

ORDER = 29
N_CELLS_29 = 12 << (2 * ORDER)
_NSIDE_29 = 1 << ORDER
_HALF_PI = math.pi / 2.0
# A point on the rim and the walk may round differently; a tenth of a microarcsecond is far above that and far below an order-29 cell.
_SLACK = 5e-13
# Ring number of the southernmost corner, and longitude, of each base cell, in units of nside.
_JRLL = (2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4)
_JPLL = (1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7)


def _spread(v: Any) -> Any:
    """Put a zero after every bit (Python ints or int64 arrays, below 2**32)."""
    v = (v | (v << 16)) & 0x0000FFFF0000FFFF
    v = (v | (v << 8)) & 0x00FF00FF00FF00FF
    v = (v | (v << 4)) & 0x0F0F0F0F0F0F0F0F
    v = (v | (v << 2)) & 0x3333333333333333
    return (v | (v << 1)) & 0x5555555555555555


def _squeeze(v: Any) -> Any:
    v = v & 0x5555555555555555
    v = (v | (v >> 1)) & 0x3333333333333333
    v = (v | (v >> 2)) & 0x0F0F0F0F0F0F0F0F
    v = (v | (v >> 4)) & 0x00FF00FF00FF00FF
    v = (v | (v >> 8)) & 0x0000FFFF0000FFFF
    return (v | (v >> 16)) & 0x00000000FFFFFFFF


def _check_order(order: int) -> None:
    if not 0 <= order <= ORDER:
        raise ValueError(f"HEALPix order {order} must lie between 0 and {ORDER}")


def _face_xy(ra_deg: float, dec_deg: float, order: int) -> tuple[int, int, int]:
    """Base cell and place within it of one point."""
    if not -90.0 <= dec_deg <= 90.0 or not math.isfinite(ra_deg):
        raise ValueError(f"position ({ra_deg}, {dec_deg}) is not on the sky: dec must lie between -90 and 90 degrees")
    nside = 1 << order
    dec = math.radians(dec_deg)
    z = math.sin(dec)
    za = abs(z)
    tt = (ra_deg % 360.0) / 90.0
    if tt >= 4.0:
        tt = 0.0
    if za <= 2.0 / 3.0:
        mid = nside * (0.5 + tt)
        up = nside * (z * 0.75)
        jp, jm = int(mid - up), int(mid + up)
        fp, fm = jp >> order, jm >> order
        face = (fp | 4) if fp == fm else (fp if fp < fm else fm + 8)
        return face, jm & (nside - 1), nside - (jp & (nside - 1)) - 1
    quarter = min(3, int(tt))
    tp = tt - quarter
    # cos(dec) keeps the digits near the pole that 1 - sin(dec) loses.
    reach = nside * math.cos(dec) * math.sqrt(3.0 / (1.0 + za))
    jp, jm = min(nside - 1, int(tp * reach)), min(nside - 1, int((1.0 - tp) * reach))
    return (quarter, nside - jm - 1, nside - jp - 1) if z >= 0 else (quarter + 8, jp, jm)


def ang2pix(ra_deg: Number, dec_deg: Number, order: int = ORDER) -> Any:
    """Nested HEALPix index of positions.

    Parameters
    ----------
    ra_deg, dec_deg : float or array_like
        Degrees; arrays broadcast. Any turn of right ascension is taken.
    order : int
        0 to 29.

    Returns
    -------
    int or ndarray of int64

    Raises
    ------
    ValueError
        A declination outside -90 to 90, or not a number.
    """
    _check_order(order)
    if all_plain(ra_deg, dec_deg):
        face, ix, iy = _face_xy(ra_deg, dec_deg, order)
        return (face << (2 * order)) + int(_spread(ix)) + (int(_spread(iy)) << 1)
    import numpy as np

    ra, dec = np.broadcast_arrays(np.asarray(ra_deg, dtype=float), np.asarray(dec_deg, dtype=float))
    if ra.ndim == 0:
        return ang2pix(float(ra), float(dec), order)
    if not (np.isfinite(ra).all() and (np.abs(dec) <= 90.0).all()):
        raise ValueError("some position is not on the sky: ra must be finite and dec lie between -90 and 90 degrees")
    nside = 1 << order
    mask = nside - 1
    dec = np.radians(dec)
    z = np.sin(dec)
    za = np.abs(z)
    tt = (ra % 360.0) / 90.0
    tt = np.where(tt >= 4.0, 0.0, tt)

    mid = nside * (0.5 + tt)
    up = nside * (z * 0.75)
    jp, jm = (mid - up).astype(np.int64), (mid + up).astype(np.int64)
    fp, fm = jp >> order, jm >> order
    face = np.where(fp == fm, fp | 4, np.where(fp < fm, fp, fm + 8))
    ix = jm & mask
    iy = mask - (jp & mask)

    polar = za > 2.0 / 3.0
    if polar.any():
        tt, zp = tt[polar], z[polar]
        quarter = np.minimum(3, tt.astype(np.int64))
        tp = tt - quarter
        reach = nside * np.cos(dec[polar]) * np.sqrt(3.0 / (1.0 + za[polar]))
        jp = np.minimum(mask, (tp * reach).astype(np.int64))
        jm = np.minimum(mask, ((1.0 - tp) * reach).astype(np.int64))
        north = zp >= 0
        face[polar] = np.where(north, quarter, quarter + 8)
        ix[polar] = np.where(north, mask - jm, jp)
        iy[polar] = np.where(north, mask - jp, jm)
    return (face << (2 * order)) + _spread(ix) + (_spread(iy) << 1)


def healpix29(ra_deg: Number, dec_deg: Number) -> Any:
    """Nested HEALPix index of order 29 (cells of 0.4 mas): an int for a point, an int64 array for arrays. See `ang2pix`."""
    return ang2pix(ra_deg, dec_deg, ORDER)


def _centres(face: NDArray[np.int64], ix: NDArray[np.int64], iy: NDArray[np.int64], order: int) -> tuple[Any, Any, Any]:
    """z, cos(dec) and longitude (rad) of cell centres."""
    import numpy as np

    nside = 1 << order
    jr = (_tables()[0][face] << order) - ix - iy - 1
    equatorial = (jr >= nside) & (jr <= 3 * nside)
    if equatorial.all():
        z = (2 * nside - jr) * (2.0 / (3.0 * nside))
        phi = (_tables()[1][face] + (ix - iy) * (1.0 / nside)) * (math.pi / 4.0)
        return z, np.sqrt((1.0 - z) * (1.0 + z)), phi
    south = jr > 3 * nside
    nr = np.where(jr < nside, jr, np.where(south, 4 * nside - jr, nside)).astype(float)
    cap = nr * nr / (3.0 * nside * nside)
    z = np.where(equatorial, (2 * nside - jr) * (2.0 / (3.0 * nside)), np.where(south, cap - 1.0, 1.0 - cap))
    cos_dec = np.where(equatorial, np.sqrt((1.0 - z) * (1.0 + z)), np.sqrt(cap * (2.0 - cap)))
    phi = (_tables()[1][face] * nr + (ix - iy)) * (math.pi / 4.0) / nr
    return z, cos_dec, phi


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    import numpy as np

    return np.array(_JRLL), np.array(_JPLL), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])


def _decode(pixels: Any, order: int) -> tuple[Any, Any, Any]:
    inside = pixels & ((1 << (2 * order)) - 1)
    return pixels >> (2 * order), _squeeze(inside), _squeeze(inside >> 1)


def pix2ang(pixel: Number, order: int = ORDER) -> tuple[Any, Any]:
    """Centre of nested HEALPix cells.

    Returns
    -------
    ra_deg, dec_deg : float or ndarray
        ``0 <= ra < 360``.

    Raises
    ------
    ValueError
        An index that the order does not have.
    """
    import numpy as np

    _check_order(order)
    pixels = np.asarray(pixel, dtype=np.int64)
    if ((pixels < 0) | (pixels >= 12 << (2 * order))).any():
        raise ValueError(f"some HEALPix index does not exist in order {order}")
    z, cos_dec, phi = _centres(*_decode(np.atleast_1d(pixels), order), order)
    ra, dec = np.degrees(phi) % 360.0, np.degrees(np.arctan2(z, cos_dec))
    if pixels.ndim == 0:
        return float(ra[0]), float(dec[0])
    return ra.reshape(pixels.shape), dec.reshape(pixels.shape)


# Neighbouring base cell for a step over the edge, by direction (row: south, south-east, east, south-west, itself, north-east, west,
# north-west, north) and base cell; and how x and y change there (1: mirror x, 2: mirror y, 4: swap).
_FACES = (
    (8, 9, 10, 11, -1, -1, -1, -1, 10, 11, 8, 9),
    (5, 6, 7, 4, 8, 9, 10, 11, 9, 10, 11, 8),
    (-1, -1, -1, -1, 5, 6, 7, 4, -1, -1, -1, -1),
    (4, 5, 6, 7, 11, 8, 9, 10, 11, 8, 9, 10),
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    (1, 2, 3, 0, 0, 1, 2, 3, 5, 6, 7, 4),
    (-1, -1, -1, -1, 7, 4, 5, 6, -1, -1, -1, -1),
    (3, 0, 1, 2, 3, 0, 1, 2, 4, 5, 6, 7),
    (2, 3, 0, 1, -1, -1, -1, -1, 0, 1, 2, 3),
)
_TURNS = ((0, 0, 3), (0, 0, 6), (0, 0, 0), (0, 0, 5), (0, 0, 0), (5, 0, 0), (0, 0, 0), (6, 0, 0), (3, 0, 0))
_STEPS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def _block(face: int, x: int, y: int, order: int) -> list[tuple[int, int, int]]:
    """The cell and the seven or eight (at order 0: six) that touch it."""
    nside = 1 << order
    cells = {(face, x, y)}
    for dx, dy in _STEPS:
        nx, ny = x + dx, y + dy
        direction = 4
        if nx < 0:
            nx, direction = nx + nside, direction - 1
        elif nx >= nside:
            nx, direction = nx - nside, direction + 1
        if ny < 0:
            ny, direction = ny + nside, direction - 3
        elif ny >= nside:
            ny, direction = ny - nside, direction + 3
        other = _FACES[direction][face]
        if other < 0:
            continue
        turn = _TURNS[direction][face >> 2]
        if turn & 1:
            nx = nside - nx - 1
        if turn & 2:
            ny = nside - ny - 1
        cells.add((other, ny, nx) if turn & 4 else (other, nx, ny))
    return sorted(cells)


def neighbours(pixel: int, order: int = ORDER) -> list[int]:
    """The cells that touch a cell along an edge or in a corner, sorted: eight, or seven at the corners where three base cells meet."""
    _check_order(order)
    if not 0 <= pixel < 12 << (2 * order):
        raise ValueError(f"HEALPix index {pixel} does not exist in order {order}")
    face, x, y = _decode(int(pixel), order)
    found = (((f << (2 * order)) + int(_spread(a)) + (int(_spread(b)) << 1)) for f, a, b in _block(face, x, y, order))
    return sorted(p for p in found if p != pixel)


@lru_cache(maxsize=ORDER + 1)
def _max_radius(order: int) -> float:
    """Largest distance (rad) from the centre of a cell to its corners, over the cells of an order."""
    nside = 1 << order
    phi_a, z_a = math.pi / (4.0 * nside), 2.0 / 3.0
    t = (1.0 - 1.0 / nside) ** 2
    z_b = 1.0 - t / 3.0
    ra, rb = math.sqrt(1.0 - z_a * z_a), math.sqrt(1.0 - z_b * z_b)
    chord = math.sqrt((ra * math.cos(phi_a) - rb) ** 2 + (ra * math.sin(phi_a)) ** 2 + (z_a - z_b) ** 2)
    return 2.0 * math.asin(chord / 2.0) * (1.0 + 1e-9)


def cover_radius_deg(order: int) -> float:
    """Largest distance in degrees from the centre of a cell of that order to any of its points."""
    _check_order(order)
    return math.degrees(_max_radius(order))


def _within(vectors: tuple[Any, Any, Any], centre: tuple[float, float, float], radius: float) -> Any:
    """Which unit vectors lie within `radius` (rad) of the centre: by the chord to it, or to its antipode for more than a quarter turn."""
    import numpy as np

    x, y, z = vectors
    if radius < 0.0:
        return np.zeros(x.shape, dtype=bool)
    if radius >= math.pi:
        return np.ones(x.shape, dtype=bool)
    a, b, c = centre
    if radius <= _HALF_PI:
        limit = 2.0 * math.sin(radius / 2.0)
        return (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2 <= limit * limit
    limit = 2.0 * math.sin((math.pi - radius) / 2.0)
    return (x + a) ** 2 + (y + b) ** 2 + (z + c) ** 2 >= limit * limit


def _start(ra_deg: float, dec_deg: float, radius: float) -> tuple[int, list[tuple[int, int, int]]]:
    """Order and cells of it that surely hold the cone: the centre's cell and its neighbours, their size at least radius / 0.3."""
    order = ORDER
    if radius > 0.0:
        # sqrt(pi / 3) / nside is the side of a square as large as a cell.
        order = min(ORDER, math.floor(math.log2(0.3 * math.sqrt(math.pi / 3.0) / radius)))
    if order < 1:
        return 0, [(face, 0, 0) for face in range(12)]
    return order, _block(*_face_xy(ra_deg, dec_deg, order), order)


def cone_ranges(ra_deg: float, dec_deg: float, radius_deg: float, depth: int = 4) -> Ranges:
    """Ranges of order-29 indices that cover a cone.

    Parameters
    ----------
    ra_deg, dec_deg : float
        Centre, degrees.
    radius_deg : float
        0 to 180 degrees; more than 180 is the whole sky.
    depth : int
        Orders walked below cells of the cone's size: more ranges that fit closer (4: 11 to 50 ranges of 1.5 times the area).

    Returns
    -------
    list of (int, int)
        Sorted, disjoint, half-open.

    Raises
    ------
    ValueError
        A centre that is not on the sky, or a radius that is negative or not a number.

    Notes
    -----
    Starts from the cell of the centre and its neighbours and walks down, leaving out cells that lie wholly outside and setting aside those
    wholly inside. Every point within `radius_deg` lies in the ranges (shown on a million random cones against brute force).
    """
    ra_deg, dec_deg, radius_deg = float(ra_deg), float(dec_deg), float(radius_deg)
    if not radius_deg >= 0.0:
        raise ValueError(f"radius {radius_deg} must be 0 or more degrees")
    if not -90.0 <= dec_deg <= 90.0 or not math.isfinite(ra_deg):
        raise ValueError(f"position ({ra_deg}, {dec_deg}) is not on the sky: dec must lie between -90 and 90 degrees")
    if radius_deg >= 180.0:
        return [(0, N_CELLS_29)]
    import numpy as np

    radius = math.radians(radius_deg) + _SLACK
    ra, dec = math.radians(ra_deg), math.radians(dec_deg)
    centre = (math.cos(dec) * math.cos(ra), math.cos(dec) * math.sin(ra), math.sin(dec))
    order, block = _start(ra_deg, dec_deg, radius)
    last = min(ORDER, order + depth)
    face, ix, iy = np.array(block, dtype=np.int64).T
    pixel = _encode(face, ix, iy, order)
    found: list[tuple[Any, int]] = []
    while True:
        z, cos_dec, phi = _centres(face, ix, iy, order)
        vectors = (cos_dec * np.cos(phi), cos_dec * np.sin(phi), z)
        reach = _max_radius(order)
        keep = _within(vectors, centre, radius + reach)
        if order == last:
            found.append((pixel[keep], order))
            break
        if radius > reach:
            whole = _within(vectors, centre, radius - reach)
            if whole.any():
                found.append((pixel[whole], order))
                keep &= ~whole
        if not keep.any():
            break
        pixel, face, ix, iy = _quarters(pixel[keep], face[keep], ix[keep], iy[keep])
        order += 1
    return _to_ranges(found)


def _quarters(pixel: Any, face: Any, ix: Any, iy: Any) -> tuple[Any, Any, Any, Any]:
    """The four cells of the next order in each of some cells."""
    import numpy as np

    _, _, step_x, step_y = _tables()
    parts = [((v[:, None] << bits) + step).ravel() for v, bits, step in ((pixel, 2, step_x + 2 * step_y), (ix, 1, step_x), (iy, 1, step_y))]
    return parts[0], np.repeat(face, 4), parts[1], parts[2]


def _encode(face: Any, ix: Any, iy: Any, order: int) -> Any:
    return (face << (2 * order)) + _spread(ix) + (_spread(iy) << 1)


def _to_ranges(cells: Iterable[tuple[Any, int]]) -> Ranges:
    pairs: Ranges = []
    for pixels, order in cells:
        shift = 2 * (ORDER - order)
        pairs.extend((p << shift, (p + 1) << shift) for p in pixels.tolist())
    return join_ranges(pairs)


def join_ranges(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sort half-open ranges and join those that overlap or touch: the union of regions."""
    joined: Ranges = []
    for low, high in sorted(ranges):
        if low >= high:
            continue
        if joined and low <= joined[-1][1]:
            if high > joined[-1][1]:
                joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def intersect_ranges(first: Iterable[tuple[int, int]], second: Iterable[tuple[int, int]]) -> Ranges:
    """Ranges common to two regions."""
    a, b = join_ranges(first), join_ranges(second)
    common: Ranges = []
    i = j = 0
    while i < len(a) and j < len(b):
        low, high = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if low < high:
            common.append((low, high))
        if a[i][1] <= b[j][1]:
            i += 1
        else:
            j += 1
    return common


def in_ranges(pixel: Number, ranges: Sequence[tuple[int, int]]) -> Any:
    """Does each order-29 index lie in the ranges (sorted and disjoint)? A bool, or an array of them."""
    import numpy as np

    pixels = np.asarray(pixel, dtype=np.int64)
    if not ranges:
        inside = np.zeros(pixels.shape, dtype=bool)
    else:
        edges = np.array(ranges, dtype=np.int64).ravel()
        inside = np.searchsorted(edges, pixels, side="right") % 2 == 1
    return bool(inside) if pixels.ndim == 0 else inside


# --- polygons


def _polygon(vertices: Iterable[tuple[float, float]]) -> tuple[Any, Any, float]:
    """Corners as vectors, a centre and the radius (rad) of a cone round them."""
    import numpy as np

    from tom_astro.sphere import to_vectors

    points = [(float(ra), float(dec)) for ra, dec in vertices]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) < 3:
        raise ValueError("a polygon needs three corners or more")
    for ra, dec in points:
        if not -90.0 <= dec <= 90.0 or not math.isfinite(ra):
            raise ValueError(f"corner ({ra}, {dec}) is not on the sky: dec must lie between -90 and 90 degrees")
    corners = to_vectors(*np.array(points).T)
    centre = _smallest_cone(corners)
    radius = 2.0 * math.asin(min(1.0, float(np.linalg.norm(corners - centre, axis=1).max()) / 2.0))
    if radius > math.radians(89.9):
        raise ValueError("the polygon does not fit into a cone of 89.9 degrees radius; split it into smaller ones")
    return corners, centre, radius + _SLACK


def _smallest_cone(corners: Any) -> Any:
    """Axis of the smallest cone that holds unit vectors which lie within a hemisphere.

    Two or three of them carry it. From the cone of a few, take in the farthest that is left out, find which of those few carry now, go on.
    """
    import numpy as np

    carriers, centre, reach = [0], corners[0], 0.0
    for _ in range(8 * len(corners)):
        apart = corners - centre
        chords = np.sqrt((apart * apart).sum(axis=1))
        farthest = int(np.argmax(chords))
        if chords[farthest] <= reach * (1.0 + 1e-12):
            break
        few = [*carriers, farthest]
        points = [tuple(corners[i].tolist()) for i in few]
        best = math.inf
        for chosen in (*combinations(range(len(few)), 2), *combinations(range(len(few)), 3)):
            axis = _axis([points[i] for i in chosen])
            if axis is None:
                continue
            wide = max(math.dist(point, axis) for point in points)
            if wide < best:
                best, centre, carriers = wide, np.array(axis), [few[i] for i in chosen]
        reach = best
    return centre


def _axis(points: list[tuple[float, ...]]) -> tuple[float, ...] | None:
    """Axis of the cone on whose rim two or three unit vectors lie, that of two being the narrowest; None for points that are one."""
    (ax, ay, az), (bx, by, bz) = points[:2]
    if len(points) == 2:
        x, y, z = ax + bx, ay + by, az + bz
    else:
        cx, cy, cz = points[2]
        bx, by, bz, cx, cy, cz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
        x, y, z = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-300:
        return None
    length = math.copysign(length, x * ax + y * ay + z * az)
    return x / length, y / length, z / length


class _Edges(NamedTuple):
    """The great-circle edges of a polygon, each in a row: ends, cross product of the ends, normal, the normals of the upright half planes on them."""

    start: Any
    end: Any
    product: Any
    normal: Any
    after_start: Any
    before_end: Any


def _edges(corners: Any) -> _Edges:
    import numpy as np

    end = np.roll(corners, -1, axis=0)
    # The cross product of the chords is that of the corners, without the loss for corners close together.
    product = _cross(corners, end - corners)
    length = np.sqrt((product * product).sum(axis=1))[:, None]
    # An edge of no length has no normal: only its ends count.
    normal = np.where(length < 1e-15, 0.0, product / np.where(length < 1e-15, 1.0, length))
    return _Edges(corners, end, product, normal, _cross(normal, corners), _cross(end, normal))


def _cross(a: Any, b: Any) -> Any:
    """Cross products of rows; numpy's own spends most of its time on looking which axes it has."""
    import numpy as np

    (ax, ay, az), (bx, by, bz) = a.T, b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def _portions(edges: _Edges, points: int) -> list[_Edges]:
    """Edges in portions, so that a polygon of a thousand corners does not fill the memory."""
    size = max(1, 200_000 // max(1, points))
    return [_Edges(*(part[i : i + size] for part in edges)) for i in range(0, len(edges.start), size)]


def _inside_polygon(vectors: Any, edges: _Edges, centre: Any) -> Any:
    """Is each vector inside? The bearings of the corners, seen from it, turn round it or they do not."""
    import numpy as np

    turn = np.zeros(len(vectors))
    for some in _portions(edges, len(vectors)):
        # In differences, of which the small ones keep their digits: right to 1e-15 of the sky next to an edge of any length.
        to_start, to_end = some.start - vectors[:, None, :], some.end - vectors[:, None, :]
        across = -np.einsum("vek,ek->ve", to_start, some.product)
        along = np.einsum("vek,vek->ve", to_start, to_end)
        along -= np.einsum("vek,vek->ve", to_start, to_start) * np.einsum("vek,vek->ve", to_end, to_end) / 4.0
        turn += np.arctan2(across, along).sum(axis=1)
    # Odd number of turns: as for a polygon that crosses itself on paper. The far half of the sky sees the antipode of the polygon.
    return (np.round(turn / (2.0 * math.pi)).astype(int) % 2 == 1) & (vectors @ centre > 0.0)


def _edge_distance(vectors: Any, edges: _Edges) -> Any:
    """Distance (rad) of each vector to the nearest edge."""
    import numpy as np

    nearest = np.full(len(vectors), 4.0)
    for some in _portions(edges, len(vectors)):
        from_start = vectors[:, None, :] - some.start
        chord = np.sqrt(np.einsum("vek,vek->ve", from_start, from_start))
        distance = 2.0 * np.arcsin(np.minimum(1.0, chord / 2.0))
        height = np.abs(np.arcsin(np.clip(np.einsum("vek,ek->ve", from_start, some.normal), -1.0, 1.0)))
        beside = (vectors @ some.after_start.T >= 0.0) & (vectors @ some.before_end.T >= 0.0) & some.normal.any(axis=1)
        nearest = np.minimum(nearest, np.where(beside, np.minimum(distance, height), distance).min(axis=1))
    return nearest


def in_polygon(ra_deg: Number, dec_deg: Number, vertices: Iterable[tuple[float, float]]) -> Any:
    """Do positions lie in a polygon whose edges are great circles? The exact test that follows `polygon_ranges`.

    Parameters
    ----------
    ra_deg, dec_deg : float or array_like
        Degrees.
    vertices : iterable of (ra_deg, dec_deg)
        Three or more corners in either sense of turning, within a cone of 89.9 degrees radius. Edges may cross (even-odd rule).

    Returns
    -------
    bool or ndarray of bool
    """
    import numpy as np

    from tom_astro.sphere import to_vectors

    corners, centre, _ = _polygon(vertices)
    vectors = to_vectors(ra_deg, dec_deg)
    inside = _inside_polygon(vectors.reshape(-1, 3), _edges(corners), centre).reshape(vectors.shape[:-1])
    return bool(inside) if np.ndim(inside) == 0 else inside


def polygon_ranges(vertices: Iterable[tuple[float, float]], depth: int = 5) -> Ranges:
    """Ranges of order-29 indices that cover a polygon whose edges are great circles.

    Parameters
    ----------
    vertices : iterable of (ra_deg, dec_deg)
        As for `in_polygon`.
    depth : int
        Orders walked below cells of the size of the cone round the polygon.

    Returns
    -------
    list of (int, int)
        Sorted, disjoint, half-open.

    Raises
    ------
    ValueError
        Fewer than three corners, a corner not on the sky, or corners that do not fit into a cone of 89.9 degrees radius.
    """
    whole, crossed = polygon_cover(vertices, depth)
    return join_ranges([*whole, *crossed])


def polygon_cover(vertices: Iterable[tuple[float, float]], depth: int = 5) -> tuple[Ranges, Ranges]:
    """As `polygon_ranges`, in two: ranges that lie in the polygon wholly, and those that an edge may cross (test these by `in_polygon`)."""
    import numpy as np

    from tom_astro.sphere import from_vectors

    corners, centre, radius = _polygon(vertices)
    edges = _edges(corners)
    middle_ra, middle_dec = from_vectors(centre)
    order, block = _start(middle_ra, middle_dec, radius)
    last = min(ORDER, order + depth)
    face, ix, iy = np.array(block, dtype=np.int64).T
    pixel = _encode(face, ix, iy, order)
    inside: list[tuple[Any, int]] = []
    at_edge: list[tuple[Any, int]] = []
    while True:
        z, cos_dec, phi = _centres(face, ix, iy, order)
        vectors = np.stack([cos_dec * np.cos(phi), cos_dec * np.sin(phi), z], axis=-1)
        crossed = _edge_distance(vectors, edges) <= _max_radius(order) + _SLACK
        clear = np.flatnonzero(~crossed)
        if clear.size:
            inside.append((pixel[clear[_inside_polygon(vectors[clear], edges, centre)]], order))
        if order == last:
            at_edge.append((pixel[crossed], order))
            break
        if not crossed.any():
            break
        pixel, face, ix, iy = _quarters(pixel[crossed], face[crossed], ix[crossed], iy[crossed])
        order += 1
    return _to_ranges(inside), _to_ranges(at_edge)


# --- MOC (multi-order coverage maps, IVOA recommendation 2.0)


def moc_ranges(moc: str | Mapping[Any, Iterable[int]]) -> Ranges:
    """Ranges of a MOC in its ASCII form (``1/3,5 4/12-15``) or JSON form (``{"1": [3, 5], "4": [12, 13, 14, 15]}``).

    Raises
    ------
    ValueError
        Not a MOC, or a cell that its order does not have.
    """
    pairs: Ranges = []

    def add(order: int, low: int, high: int) -> None:
        _check_order(order)
        if not 0 <= low <= high < 12 << (2 * order):
            raise ValueError(f"MOC cells {low}-{high} do not exist in order {order}")
        shift = 2 * (ORDER - order)
        pairs.append((low << shift, (high + 1) << shift))

    if isinstance(moc, str):
        order = -1
        for word in moc.replace(",", " ").split():
            if "/" in word:
                head, word = word.split("/", 1)
                order = _whole(head)
            if not word:
                continue
            if order < 0:
                raise ValueError(f"MOC {word!r} stands before any order; write order/cells, such as 4/12-15")
            low, _, high = word.partition("-")
            add(order, _whole(low), _whole(high or low))
    else:
        for key, cells in moc.items():
            for cell in cells:
                add(_whole(key), _whole(cell), _whole(cell))
    return join_ranges(pairs)


def _whole(text: Any) -> int:
    try:
        found = int(text)
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or (isinstance(text, float) and found != text):
        raise ValueError(f"{text!r} in a MOC is not a whole number")
    return found


def uniq_ranges(uniq: Iterable[int]) -> Ranges:
    """Ranges of cells in NUNIQ form, ``4 * 4**order + index``, as in FITS MOCs and multi-order sky maps."""
    pairs: Ranges = []
    for value in uniq:
        number = int(value)
        order = (number.bit_length() - 3) // 2
        if number < 4 or order > ORDER:
            raise ValueError(f"{number} is not a NUNIQ cell number")
        shift = 2 * (ORDER - order)
        pixel = number - (4 << (2 * order))
        pairs.append((pixel << shift, (pixel + 1) << shift))
    return join_ranges(pairs)


def ranges_to_moc_text(ranges: Iterable[tuple[int, int]]) -> str:
    """ASCII form of a MOC (IVOA MOC 2.0, 4.3.2): ``1/3 5 4/12-15``; `moc_ranges` reads it back."""
    words: list[str] = []
    for order, cells in ranges_to_moc(ranges).items():
        runs = join_ranges((cell, cell + 1) for cell in cells)
        words.append(f"{order}/" + " ".join(str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in runs))
    return " ".join(words)


def read_moc_fits(file: Any) -> Ranges:
    """Ranges of a MOC in a FITS file: NUNIQ cells, or ranges of MOC 2.0 in space.

    Parameters
    ----------
    file : str, path or binary file

    Raises
    ------
    ValueError
        Not a MOC of the sky, or in galactic coordinates.
    """
    import io
    from pathlib import Path

    import numpy as np
    from astropy.io import fits

    from tom_astro.fits_layout import FitsLayoutError, extensions

    try:
        content = Path(file).read_bytes() if isinstance(file, str | Path) else file.read()
        extensions(io.BytesIO(content))
        with fits.open(io.BytesIO(content)) as parts:
            header, table = parts[1].header, np.asarray(parts[1].data)
            ordering, columns = str(header.get("ORDERING", "NUNIQ")).strip().upper(), table.dtype.names or ()
            numbers = [int(n) for n in table[columns[0]].ravel()] if columns else []
    except (OSError, IndexError, TypeError, FitsLayoutError) as error:
        raise ValueError(f"not a FITS file with a MOC: {error}") from None
    if str(header.get("COORDSYS", "C")).strip().upper() not in ("C", ""):
        raise ValueError(f"the MOC is in coordinates {header['COORDSYS']!r}; only equatorial ones (C) are read")
    if str(header.get("MOCDIM", "SPACE")).strip().upper() != "SPACE":
        raise ValueError(f"the MOC has dimension {header['MOCDIM']!r}; only SPACE is read")
    if not numbers and not columns:
        raise ValueError("the FITS file holds no column of cells")
    if ordering == "RANGE":
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if any(not 0 <= low <= high <= N_CELLS_29 for low, high in pairs):
            raise ValueError(f"some range of the MOC is not within order {ORDER}")
        return join_ranges(pairs)
    return uniq_ranges(n for n in numbers if n)


def write_moc_fits(ranges: Iterable[tuple[int, int]], file: Any) -> None:
    """Write order-29 ranges as a FITS MOC (NUNIQ cells, 64 bit), which every version of the standard reads; `read_moc_fits` reads it back."""
    import numpy as np
    from astropy.io import fits

    cells = ranges_to_moc(ranges)
    uniq = np.array(sorted((4 << (2 * order)) + cell for order, row in cells.items() for cell in row), dtype=np.int64)
    table = fits.BinTableHDU.from_columns([fits.Column(name="UNIQ", format="K", array=uniq)])
    deepest = max(cells, default=0)
    for key, value in (
        ("MOCVERS", "2.0"), ("MOCDIM", "SPACE"), ("PIXTYPE", "HEALPIX"), ("ORDERING", "NUNIQ"), ("COORDSYS", "C"), ("MOCORD_S", deepest),
        ("MOCORDER", deepest), ("MOCTOOL", "OpenTOM"),
    ):  # fmt: skip
        table.header[key] = value
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)


def ranges_to_moc(ranges: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    """Largest cells that make up order-29 ranges, by order: the JSON form of a MOC, the inverse of `moc_ranges`."""
    cells: dict[int, list[int]] = {}
    for low, high in join_ranges(ranges):
        if low < 0 or high > N_CELLS_29:
            raise ValueError(f"range [{low}, {high}) is not within order {ORDER}")
        while low < high:
            level = 0
            while level < ORDER and low % (4 << (2 * level)) == 0 and low + (4 << (2 * level)) <= high:
                level += 1
            cells.setdefault(ORDER - level, []).append(low >> (2 * level))
            low += 1 << (2 * level)
    return dict(sorted(cells.items()))
