"""HEALPix follows the position under every write, and cones are right everywhere on the sky."""

import math

import numpy as np
import pytest
from django.core import serializers
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st

from tom_astro.healpix import healpix29
from tom_astro.sphere import separation_deg
from tom_targets.models import BaseTarget
from tom_targets.queries import cone
from tom_targets.services import repair
from tom_targets.services.match import cells_around
from tom_targets.utils import cone_search_filter

pytestmark = pytest.mark.database


def right(target):
    target.refresh_from_db()
    return target.healpix == int(healpix29(target.ra % 360.0, target.dec))


@pytest.mark.django_db
def test_every_write(make):
    target = make("a", ra=1.0, dec=2.0)
    assert right(target)
    target.ra = 3.0
    target.save()
    assert right(target)
    target.dec = -4.0
    target.save(update_fields=["dec"])
    assert right(target)
    BaseTarget.objects.update(ra=5.0, dec=6.0)
    assert right(target)
    BaseTarget.objects.filter(ra=5.0).update(ra=7.0)
    assert right(target)
    BaseTarget.objects.update(ra=F("ra") + 1.5, dec=F("dec") * 2)
    target.refresh_from_db()
    assert (target.ra, target.dec) == (8.5, 12.0)
    assert right(target)
    target.ra = 350.0
    BaseTarget.objects.bulk_update([target], ["ra"])
    assert right(target)
    target.ra = F("ra") - 1
    target.save()
    assert right(target)
    partly = BaseTarget.objects.only("name", "ra", "dec").get(pk=target.pk)
    partly.ra = 12.0
    partly.save()
    assert right(target)
    BaseTarget.objects.bulk_create([BaseTarget(name="b", type="SIDEREAL", ra=9.0, dec=-9.0)])
    assert right(BaseTarget.objects.get(name="b"))
    BaseTarget.objects.update_or_create(name="b", defaults={"ra": 10.0})
    assert right(BaseTarget.objects.get(name="b"))
    BaseTarget.objects.filter(name="b").update(ra=None)
    assert BaseTarget.objects.get(name="b").healpix is None


@pytest.mark.django_db
def test_fixture_without_the_column(make):
    make("a", ra=1.0, dec=2.0)
    text = serializers.serialize("json", BaseTarget.objects.all(), fields=["name", "type", "ra", "dec", "created", "modified"])
    BaseTarget.objects.all().delete()
    for item in serializers.deserialize("json", text):
        item.save()
    assert right(BaseTarget.objects.get())
    assert BaseTarget.matches.match_name("A").exists()


@pytest.mark.django_db
def test_stale_rows_are_found_and_mended(make):
    target = make("a b", ra=1.0, dec=2.0, names=["C D"])
    target.aliases.model._base_manager.filter(target=target)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE tom_targets_basetarget SET ra = 100, name = 'E F'")
        cursor.execute("UPDATE tom_targets_targetname SET name = 'G H'")
    assert repair.stale() == {"tom_targets.BaseTarget": 1, "tom_targets.TargetName": 1}
    assert [w.id for w in repair_check()] == ["tom_targets.W003"]
    repair.mend()
    assert right(target)
    assert repair.stale() == {"tom_targets.BaseTarget": 0, "tom_targets.TargetName": 0}
    assert list(BaseTarget.matches.match_name("gh")) == [target]
    assert repair_check() == []


def repair_check():
    from tom_targets.checks import check_derived_columns

    return check_derived_columns(None, databases=["default"])


RA = st.one_of(st.floats(0, 359.999999), st.sampled_from([0.0, 1e-9, 359.9999999, 45.0, 90.0, 180.0]))
DEC = st.one_of(st.floats(-90, 90), st.sampled_from([90.0, -90.0, 89.9999, -89.9999, 0.0, 41.8103]))


@settings(max_examples=40, deadline=None)
@given(ra=RA, dec=DEC, radius=st.floats(1e-5, 30.0), seed=st.integers(0, 1000))
@pytest.mark.django_db
def test_cone_is_what_brute_force_finds(ra, dec, radius, seed):
    from tom_astro.sphere import offset

    BaseTarget.objects.all().delete()
    rng = np.random.default_rng(seed)
    lon, lat = offset(ra, dec, rng.uniform(0, 360, 40), radius * rng.uniform(0, 2, 40))
    lon, lat = np.append(lon, rng.uniform(0, 360, 10)), np.append(lat, np.degrees(np.arcsin(rng.uniform(-1, 1, 10))))
    BaseTarget.objects.bulk_create(
        [BaseTarget(name=str(i), type="SIDEREAL", ra=float(a), dec=float(d)) for i, (a, d) in enumerate(zip(lon, lat, strict=True))]
    )
    away = separation_deg(ra, dec, lon, lat)
    certain = {str(i) for i in range(50) if away[i] <= radius - 1e-8}
    possible = {str(i) for i in range(50) if away[i] <= radius + 1e-8}
    found = {t.name: t for t in cone(BaseTarget.objects.all(), ra, dec, radius)}
    assert certain <= set(found) <= possible
    for name, target in found.items():
        assert math.isclose(target.separation, away[int(name)], abs_tol=1e-8)
    arcsec = {t.name for t in BaseTarget.matches.match_cone_search(ra, dec, radius * 3600)}
    assert certain <= arcsec <= possible


@settings(max_examples=200, deadline=None)
@given(ra=RA, dec=DEC, exponent=st.floats(-8, 0.3), seed=st.integers(0, 1000))
def test_cells_around_cover_the_circle(ra, dec, exponent, seed):
    from tom_astro.sphere import offset

    radius = 10.0**exponent
    (cells,), order = cells_around([ra], [dec], radius)
    rng = np.random.default_rng(seed)
    lon, lat = offset(ra, dec, rng.uniform(0, 360, 300), radius * np.sqrt(rng.uniform(0, 1, 300)))
    assert set((np.asarray(healpix29(lon, lat)) >> (2 * (29 - order))).tolist()) <= cells


@pytest.mark.django_db
def test_a_target_is_found_at_its_own_place(make):
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 300), np.degrees(np.arcsin(rng.uniform(-1, 1, 300)))
    BaseTarget.objects.bulk_create(
        [BaseTarget(name=str(i), type="SIDEREAL", ra=float(a), dec=float(d)) for i, (a, d) in enumerate(zip(ra, dec, strict=True))]
    )
    for target in BaseTarget.objects.all():
        assert list(cone_search_filter(BaseTarget.objects.all(), target.ra, target.dec, 0)) == [target]


@pytest.mark.django_db
@pytest.mark.parametrize("position", [(None, 1, 1), (1, None, 1), (1, 91, 1), ("x", 1, 1), (1, 1, None)])
def test_no_position_no_match(make, position):
    make("a")
    assert not BaseTarget.matches.match_cone_search(*position).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("position", [(1, 91, 1), (1, 1, -1), (math.nan, 1, 1)])
def test_cone_refuses_what_is_no_cone(position):
    with pytest.raises(ValueError):
        cone(BaseTarget.objects.all(), *position)
