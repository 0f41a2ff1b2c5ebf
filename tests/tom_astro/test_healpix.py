import os

import astropy.units as u
import astropy_healpix
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from tom_astro.healpix import (
    N_CELLS_29,
    ang2pix,
    cone_ranges,
    cover_radius_deg,
    healpix29,
    in_polygon,
    in_ranges,
    intersect_ranges,
    join_ranges,
    moc_ranges,
    neighbours,
    pix2ang,
    polygon_ranges,
    ranges_to_moc,
    ranges_to_moc_text,
    read_moc_fits,
    uniq_ranges,
    write_moc_fits,
)
from tom_astro.sphere import from_vectors, offset, separation_deg, to_vectors

RAS = st.floats(0, 360, exclude_max=True)
DECS = st.floats(-90, 90)


def points(n=20000):
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    dec[:500] = 90 - 10.0 ** rng.uniform(-12, 1, 500)
    dec[500:1000] = -90 + 10.0 ** rng.uniform(-12, 1, 500)
    dec[1000:1010], dec[1010:1020] = 90, -90
    ra[1100:1200] = 10.0 ** rng.uniform(-12, 0, 100)
    return ra, dec


@pytest.mark.parametrize("order", [0, 1, 5, 13, 29])
def test_indices_and_centres_are_those_of_astropy_healpix(order):
    ra, dec = points()
    ours = ang2pix(ra, dec, order)
    theirs = astropy_healpix.lonlat_to_healpix(ra * u.deg, dec * u.deg, 1 << order, order="nested")
    assert ours.dtype == np.int64
    assert (ours == theirs).all()
    lon, lat = astropy_healpix.healpix_to_lonlat(ours, 1 << order, order="nested")
    assert separation_deg(*pix2ang(ours, order), lon.deg, lat.deg).max() < 1e-12


def test_scalars_equal_arrays():
    ra, dec = points(2000)
    whole = healpix29(ra, dec)
    assert [healpix29(a, d) for a, d in zip(ra.tolist(), dec.tolist(), strict=True)] == whole.tolist()
    assert type(healpix29(1.0, 2.0)) is int
    assert healpix29(np.float64(1.0), np.float64(2.0)) == healpix29(1.0, 2.0)


@pytest.mark.parametrize("order", [1, 2, 5, 29])
def test_neighbours_are_those_of_astropy_healpix(order):
    rng = np.random.default_rng(order)
    for pixel in rng.integers(0, 12 << (2 * order), 100).tolist():
        with np.errstate(invalid="ignore"):
            theirs = astropy_healpix.neighbours(pixel, 1 << order, order="nested")
        assert neighbours(pixel, order) == sorted({int(p) for p in theirs if p >= 0})


@given(RAS, DECS, st.integers(0, 29))
def test_the_centre_of_a_cell_is_near_and_in_it(ra, dec, order):
    pixel = ang2pix(ra, dec, order)
    centre = pix2ang(pixel, order)
    assert ang2pix(*centre, order) == pixel
    assert separation_deg(ra, dec, *centre) <= cover_radius_deg(order) * (1 + 1e-6) + 1e-13
    assert healpix29(ra, dec) >> (2 * (29 - order)) == pixel


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 91.0), (0.0, float("nan")), (float("inf"), 0.0)])
def test_positions_that_are_not_on_the_sky_are_refused(ra, dec):
    for call in (lambda: healpix29(ra, dec), lambda: healpix29([ra], [dec]), lambda: cone_ranges(ra, dec, 1.0)):
        with pytest.raises(ValueError, match="not on the sky"):
            call()


def check_cones(cones, rng, n=40):
    """No point of the cones lies outside their ranges: half of the points on the rim, half within."""
    ra, dec, radius = np.array(cones).T[..., None]
    distance = radius * np.where(np.arange(n) % 2, 1.0, np.sqrt(rng.random((len(cones), n))))
    pra, pdec = offset(ra, dec, rng.uniform(0, 360, distance.shape), distance)
    inside = separation_deg(ra, dec, pra, pdec) <= radius
    pixels = healpix29(pra, pdec)
    for cone, pixel, within in zip(cones, pixels, inside, strict=True):
        edges = np.array(cone_ranges(*cone)).ravel()
        assert edges[0] >= 0, cone
        assert edges[-1] <= N_CELLS_29, cone
        assert (np.diff(edges) > 0).all(), cone
        found = np.searchsorted(edges, pixel, side="right") % 2 == 1
        assert found[within].all(), cone


def random_cone(rng):
    kind = rng.integers(0, 5)
    ra, dec = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
    radius = min(180.0, 0.1 / 3600 * 10 ** rng.uniform(0, 6.82))
    if kind == 0:
        dec = np.copysign(90 - radius * rng.uniform(0, 1.5) % 90, rng.uniform(-1, 1))
    elif kind == 1:
        ra = (rng.choice([0.0, 90.0, 180.0, 270.0, 45.0]) + radius * rng.uniform(-1, 1)) % 360
    elif kind == 2:
        ra, dec = 45.0 * rng.integers(0, 8), np.degrees(np.arcsin(rng.choice([-2 / 3, 0, 2 / 3])))
    elif kind == 3:
        radius = 180 * rng.random()
    return float(ra), float(np.clip(dec, -90, 90)), float(radius)


def random_polygon(rng):
    """A star of three to eight corners round a centre; its edges cross now and then."""
    ra, dec, radius = random_cone(rng)
    radius = min(radius, 89.0)
    n = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 360, n))
    return list(zip(*(v.tolist() for v in offset(ra, dec, angles, radius * rng.uniform(0.2, 1.0, n))), strict=True)), (ra, dec, radius)


def on_paper(ra, dec, vertices, middle):
    """An independent test: gnomonic projection, in which great circles are straight lines, and the even-odd rule on paper.

    `middle` is a position less than 90 degrees from every corner. Gives what is inside, and the distance on paper to the nearest edge.
    """
    corners = to_vectors(*np.array(vertices).T)
    centre = to_vectors(*middle)
    axis = np.cross(centre, [0, 0, 1.0] if abs(centre[2]) < 0.9 else [1.0, 0, 0])
    axis /= np.linalg.norm(axis)
    other = np.cross(centre, axis)
    points = to_vectors(ra, dec)
    front = points @ centre > 1e-3
    x, y = (points @ axis) / (points @ centre), (points @ other) / (points @ centre)
    cx, cy = (corners @ axis) / (corners @ centre), (corners @ other) / (corners @ centre)
    inside = np.zeros(len(x), dtype=bool)
    nearest = np.full(len(x), np.inf)
    for i in range(len(cx)):
        ax, ay, bx, by = cx[i], cy[i], cx[i - 1], cy[i - 1]
        crosses = (ay > y) != (by > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
        t = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)))
    return inside & front, nearest, front


def check_polygon(rng):
    vertices, (ra, dec, radius) = random_polygon(rng)
    ranges = polygon_ranges(vertices)
    pra, pdec = offset(ra, dec, rng.uniform(0, 360, 40), min(radius * 1.2, 89.5) * np.sqrt(rng.random(40)))
    truth, margin, front = on_paper(pra, pdec, vertices, (ra, dec))
    clear = front & (margin > 1e-9 * max(radius, 1e-3))
    assert (in_polygon(pra, pdec, vertices) == truth)[clear].all(), vertices
    assert in_ranges(healpix29(pra, pdec), ranges)[truth].all(), vertices
    # the corners and points of the edges belong to it
    assert in_ranges(healpix29(*np.array(vertices).T), ranges).all(), vertices
    first, second = to_vectors(*np.array(vertices[:2]).T)
    edge = from_vectors(first + np.outer(rng.random(5), second - first))
    assert in_ranges(healpix29(*edge), ranges).all(), vertices


def test_no_point_of_a_cone_is_missed():
    rng = np.random.default_rng(11)
    check_cones([random_cone(rng) for _ in range(400)], rng)


def test_no_point_of_a_polygon_is_missed():
    rng = np.random.default_rng(12)
    for _ in range(150):
        check_polygon(rng)


SEED = int(os.environ.get("OPENTOM_TEST_SEED", "29"))


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(100))
def test_a_million_cones_and_polygons_miss_no_point(chunk):
    """900,000 cones and 100,000 polygons, each against 40 points or more; OPENTOM_TEST_SEED gives others, `-n 2` shares them out."""
    rng = np.random.default_rng([SEED, chunk])
    for _ in range(9):
        check_cones([random_cone(rng) for _ in range(1000)], rng)
    for _ in range(1000):
        check_polygon(rng)


@given(RAS, DECS, st.floats(1e-5, 180))
def test_cones_hold_their_points(ra, dec, radius):
    check_cones([(ra, dec, radius)], np.random.default_rng(1), 20)


def test_cones_are_not_much_larger_than_they_must_be():
    rng = np.random.default_rng(3)
    for radius in (1 / 3600, 1 / 60, 1.0, 10.0, 60.0, 120.0):
        ratios, counts = [], []
        for _ in range(30):
            ra, dec = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
            ranges = cone_ranges(ra, dec, radius)
            area = sum(high - low for low, high in ranges) / N_CELLS_29
            ratios.append(area / ((1 - np.cos(np.radians(radius))) / 2))
            counts.append(len(ranges))
        assert np.mean(ratios) < 2.2
        assert np.mean(counts) < 60


def test_the_start_of_the_walk_holds_the_cone():
    """The block round the centre is wide enough: no point at the largest radius that an order serves lies outside it."""
    rng = np.random.default_rng(8)
    order = 7
    size = np.degrees(np.sqrt(np.pi / 3) / (1 << order))
    for _ in range(1500):
        ra, dec = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
        pixel = ang2pix(ra, dec, order)
        block = {pixel, *neighbours(pixel, order)}
        rim = ang2pix(*offset(ra, dec, np.arange(0, 360, 3.0), 0.3 * size), order)
        assert set(rim.tolist()) <= block


def test_special_cones():
    assert cone_ranges(0, 0, 180) == [(0, N_CELLS_29)]
    assert cone_ranges(0, 0, 500) == [(0, N_CELLS_29)]
    point = cone_ranges(12.3, -45.6, 0)
    assert in_ranges(healpix29(12.3, -45.6), point)
    for bad in (-1, float("nan")):
        with pytest.raises(ValueError, match="radius"):
            cone_ranges(0, 0, bad)
    almost = cone_ranges(10, 20, 179.9999)
    ra, dec = points(5000)
    inside = separation_deg(10, 20, ra, dec) <= 179.9999
    assert in_ranges(healpix29(ra, dec), almost)[inside].all()


def test_polygon_refuses_what_is_none():
    for bad in ([(0, 0), (1, 1)], [(0, 0), (1, 1), (0, 0)], [(0, 0), (1, 95), (2, 2)], [(0, 0), (120, 0), (240, 0)]):
        with pytest.raises(ValueError, match=r"polygon|corner"):
            polygon_ranges(bad)


def test_polygon_over_the_pole_and_across_zero():
    cap = [(0, 80), (90, 80), (180, 80), (270, 80)]
    assert in_polygon(123.0, 90.0, cap)
    assert not in_polygon(123.0, -90.0, cap)
    assert in_ranges(healpix29(123.0, 90.0), polygon_ranges(cap))
    seam = [(359, -1), (1, -1), (1, 1), (359, 1)]
    assert in_polygon(np.array([0.0, 359.5, 0.5, 2.0, 180.0]), np.zeros(5), seam).tolist() == [True, True, True, False, False]
    assert in_polygon(0.0, 0.0, seam[::-1])


RANGES = st.lists(st.tuples(st.integers(0, N_CELLS_29 - 1), st.integers(1, 1 << 50)), max_size=8).map(
    lambda pairs: join_ranges((low, min(low + size, N_CELLS_29)) for low, size in pairs)
)


@given(RANGES)
def test_moc_comes_back(ranges):
    cells = ranges_to_moc(ranges)
    assert moc_ranges(cells) == ranges
    assert moc_ranges(" ".join(f"{order}/{','.join(map(str, pixels))}" for order, pixels in cells.items())) == ranges
    assert moc_ranges(ranges_to_moc_text(ranges)) == ranges
    assert uniq_ranges((4 << (2 * order)) + pixel for order, pixels in cells.items() for pixel in pixels) == ranges


@given(RANGES, RANGES, st.integers(0, N_CELLS_29 - 1))
def test_intersection_is_and(first, second, pixel):
    both = intersect_ranges(first, second)
    assert in_ranges(pixel, both) == (in_ranges(pixel, first) and in_ranges(pixel, second))


def test_moc_notations():
    assert moc_ranges("0/0-11") == [(0, N_CELLS_29)]
    assert moc_ranges({"29": [3, 4, 9]}) == [(3, 5), (9, 10)]
    assert moc_ranges("29/3-4 9") == [(3, 5), (9, 10)]
    assert moc_ranges("") == []
    for bad in ("3", "0/12", "30/1", "a/1", "0/5-3"):
        with pytest.raises(ValueError, match=r"MOC|order"):
            moc_ranges(bad)
    with pytest.raises(ValueError, match="NUNIQ"):
        uniq_ranges([3])


def test_a_polygon_that_fits_is_never_refused():
    """The smallest cone is found, not approached: corners on a rim of 89.5 degrees fit, on one of 89.95 degrees they do not."""
    rng = np.random.default_rng(6)
    for _ in range(200):
        ra, dec = rng.uniform(0, 360), rng.uniform(-90, 90)
        angles = (rng.uniform(0, 360) + np.array([0, 100, 200, 300]) + rng.uniform(-20, 20, 4)) % 360
        assert polygon_ranges(list(zip(*offset(ra, dec, angles, 89.5), strict=True)))
        with pytest.raises(ValueError, match="does not fit"):
            polygon_ranges(list(zip(*offset(ra, dec, angles, 89.95), strict=True)))


def test_a_point_next_to_the_edge_of_a_tiny_polygon_is_on_its_side():
    """0.1 arcsec across: a point a nanoarcsecond from an edge is on the right side of it."""
    rng = np.random.default_rng(7)
    for _ in range(50):
        ra, dec = rng.uniform(0, 360), rng.uniform(-80, 80)
        corners = offset(ra, dec, np.array([0.0, 120.0, 240.0]) + rng.uniform(0, 90), 0.05 / 3600)
        start, end = to_vectors(*corners)[:2]
        middle, inward = (start + end) / 2, to_vectors(ra, dec) - (start + end) / 2
        for sign in (1, -1):
            point = from_vectors(middle + sign * 1e-4 * inward)
            assert in_polygon(*point, list(zip(*corners, strict=True))) == (sign > 0)


@pytest.mark.parametrize("region", [[(0, N_CELLS_29)], [], [(5, 9), (1 << 40, (1 << 40) + 12345)], cone_ranges(10.0, 89.9, 3.0)])
def test_moc_files_come_back(region, tmp_path):
    path = tmp_path / "moc.fits"
    write_moc_fits(region, path)
    assert read_moc_fits(path) == region
    with fits.open(path) as parts:
        assert parts[1].header["ORDERING"] == "NUNIQ"


def test_cells_that_are_no_whole_numbers():
    for cells in ({"0": [1.5]}, {"0": [float("inf")]}, {"0": [None]}, {"0": ["x"]}):
        with pytest.raises(ValueError, match="whole number"):
            moc_ranges(cells)


def test_moc_files_of_others(tmp_path):
    ranges = fits.BinTableHDU.from_columns([fits.Column(name="RANGE", format="K", array=np.array([5, 9, 100, 200]))])
    ranges.header["ORDERING"] = "RANGE"
    ranges.writeto(tmp_path / "ranges.fits")
    assert read_moc_fits(tmp_path / "ranges.fits") == [(5, 9), (100, 200)]
    ranges.header["COORDSYS"] = "G"
    ranges.writeto(tmp_path / "galactic.fits")
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    (tmp_path / "text.fits").write_text("no")
    # astropy would go on counting axes, and the memory with it
    cards = b"".join(card.ljust(80) for card in (b"SIMPLE  = T", b"BITPIX  = 8", b"NAXIS   = 2000000000", b"END"))
    (tmp_path / "axes.fits").write_bytes(cards.ljust(2880))
    for name, problem in (("galactic.fits", "coordinates"), ("empty.fits", "MOC"), ("text.fits", "MOC"), ("axes.fits", "NAXIS")):
        with pytest.raises(ValueError, match=problem):
            read_moc_fits(tmp_path / name)
