"""Which targets are the same object: names of the TNS, proper motion, a project's own rule, and what is told before a target is made."""

import numpy as np
import pytest
from django.core.management import call_command

from tom_astro.sphere import propagate, separation_deg
from tom_targets import matching, queries
from tom_targets.base_models import TargetMatchManager
from tom_targets.duplicates import possible_duplicates
from tom_targets.models import BaseTarget, TargetName
from tom_targets.rows import TargetRow
from tom_targets.services.match import create_or_match_targets

pytestmark = [pytest.mark.django_db, pytest.mark.database]

# Barnard's star: ICRS at J2000, proper motion as SIMBAD gives it
BARNARD = {"ra": 269.452075, "dec": 4.693391, "pm_ra": -801.551, "pm_dec": 10362.394, "epoch": 2000.0}


@pytest.mark.parametrize(("one", "other", "same"), [
    ("AT 2020abc", "SN 2020abc", True), ("at2020abc", "SN2020ABC", True), ("AT1987A", "SN 1987A", True), ("SN-2020abc", "AT_2020abc", True),
    ("AT 2020abc", "2020abc", False), ("AT 2020", "SN 2020", False), ("AT Lyr", "SN Lyr", False), ("AT2020abc1", "SN2020abc1", False),
    ("CAT2020abc", "CSN2020abc", False), ("AT 20abc", "SN 20abc", False),
])  # fmt: skip
def test_at_and_sn_are_the_same_before_a_year_only(make, one, other, same):
    target = make(one)
    assert list(BaseTarget.matches.match_name(other)) == ([target] if same else [])
    assert list(queries.match_names(BaseTarget.objects.all(), ["nobody", other])) == ([target] if same else [])
    assert BaseTarget.matches.is_unique(BaseTarget(name=other, type="SIDEREAL")) is not same
    (row,) = create_or_match_targets(actor=None, rows=[TargetRow(name=other, ra=200.0, dec=-60.0)])
    assert row.created is not same


def test_two_rows_of_one_transient_are_one_target():
    first, second = create_or_match_targets(
        actor=None, rows=[TargetRow(name="AT 2021xyz", ra=10.0, dec=1.0), TargetRow(name="SN 2021xyz", ra=50.0, dec=1.0)]
    )
    assert (first.created, second.created, first.target.pk) == (True, False, second.target.pk)


def test_the_classified_name_may_be_an_alias_of_the_first(make):
    target = make("AT 2020abc")
    alias = TargetName(target=target, name="SN 2020abc")
    alias.full_clean()
    alias.save()
    assert BaseTarget.matches.simplify_name("SN 2020-abc") == "sn2020abc", "what outside code calls is as it was"


class NoColons(TargetMatchManager):
    def simplify_name(self, name):
        return super().simplify_name(name).replace(":", "")


def test_a_projects_own_rule_is_stored_by_a_command(make, monkeypatch, capsys):
    target, at = make("a:b", names=["c:d"]), make("AT 2020abc")
    monkeypatch.setattr(BaseTarget._meta.managers_map["matches"], "__class__", NoColons)
    monkeypatch.setattr(BaseTarget.matches, "__class__", NoColons, raising=False)
    assert matching.simplify("A:B") == "ab"
    call_command("repairtargets")
    assert "1 rows mended" in capsys.readouterr().out
    target.refresh_from_db()
    assert (target.simplified_name, target.aliases.get().simplified_name) == ("ab", "cd")
    assert list(BaseTarget.matches.match_name("C D")) == [target]
    assert list(BaseTarget.matches.match_name("SN 2020abc")) == [], "a rule of one's own says all there is to say"
    assert list(BaseTarget.matches.match_name("at2020ABC")) == [at]


# --- places
def test_a_fast_star_is_found_where_it_is_today_and_where_the_catalogue_has_it(make):
    star = make("Barnard", **BARNARD)
    year = queries.julian_year_today()
    ra, dec = propagate(star.ra, star.dec, star.pm_ra, star.pm_dec, 2000.0, year)
    assert separation_deg(ra, dec, star.ra, star.dec) * 3600 > 200
    for place in ((ra, dec), (star.ra, star.dec)):
        (found,) = BaseTarget.matches.match_cone_search(*place, 1.0)
        assert found.separation * 3600 < 0.01
    assert not BaseTarget.matches.match_cone_search(ra, dec + 0.02, 10.0).exists()


def test_with_an_epoch_only_the_place_of_that_year_counts(make):
    star = make("Barnard", **BARNARD)
    ra, dec = propagate(star.ra, star.dec, star.pm_ra, star.pm_dec, 2000.0, 1950.0)
    assert list(BaseTarget.matches.match_cone_search(ra, dec, 1.0, epoch=1950.0)) == [star]
    assert not BaseTarget.matches.match_cone_search(star.ra, star.dec, 1.0, epoch=1950.0).exists()
    assert not BaseTarget.matches.match_cone_search(ra, dec, 1.0, epoch=1500.0).exists()


@pytest.mark.parametrize("dec", [0.0, -45.0, 89.99, -89.9999])
@pytest.mark.parametrize("motion", [(0.0, 0.0), (30.0, -20.0), (400.0, 499.0), (5000.0, -9000.0), (None, 600.0)])
def test_separation_is_that_of_the_straight_line_everywhere(make, dec, motion):
    """Against `propagate` at random places around, at the poles and across RA 0."""
    pm_ra, pm_dec = motion
    target = make("T", ra=359.9999, dec=dec, pm_ra=pm_ra, pm_dec=pm_dec, epoch=1991.25)
    rng = np.random.default_rng(5)
    at = propagate(target.ra, target.dec, pm_ra or 0.0, pm_dec or 0.0, 1991.25, 2040.0)
    for _ in range(4):
        ra, near = (at[0] + rng.normal(0, 0.002)) % 360.0, float(np.clip(at[1] + rng.normal(0, 0.002), -90, 90))
        true = float(separation_deg(*at, ra, near))
        (found,) = queries.cone(BaseTarget.objects.all(), ra, near, true + 1e-7, epoch=2040.0)
        assert found.separation == pytest.approx(true, abs=3e-8)
        assert not queries.cone(BaseTarget.objects.all(), ra, near, max(true - 1e-6, 0.0), epoch=2040.0).exists()


def test_motion_from_another_age_is_not_carried(make):
    star = make("Old", ra=10.0, dec=10.0, pm_ra=5000.0, pm_dec=0.0, epoch=150.0)
    assert list(queries.cone(BaseTarget.objects.all(), 10.0, 10.0, 1 / 3600)) == [star]


# --- before a target is made
def test_possible_duplicates_name_those_seen_and_only_refuse_hidden_names(make, member, members, boss):
    from guardian.shortcuts import assign_perm

    mine = make("SN 2020abc", ra=10.0, dec=10.0, names=["ZTF20xyz"])
    assign_perm("tom_targets.view_target", members, mine)
    make("Secret thing", ra=50.0, dec=-5.0)
    seen = possible_duplicates(actor=member, name="AT2020abc", ra=200.0, dec=0.0)
    assert ([d.target for d in seen.found], seen.not_available) == ([mine], [])
    near = possible_duplicates(actor=member, name="New", ra=10.0, dec=10.0 + 1 / 3600)
    assert near.sentences() == ['The target "SN 2020abc" is 1.00" away.']
    hidden = possible_duplicates(actor=member, name="secret-THING", aliases=["new", "ztf 20 xyz"], ra=50.0, dec=-5.0)
    assert hidden.not_available == ["secret-THING"]
    assert [d.given for d in hidden.found] == ["ztf 20 xyz"]
    assert "Secret" not in " ".join(hidden.sentences())
    assert not possible_duplicates(actor=member, name="Really new", ra=50.0, dec=-5.0), "a hidden one nearby is not told of"
    assert len(possible_duplicates(actor=boss, name="x", ra=50.0, dec=-5.0).found) == 1
    assert not possible_duplicates(actor=member, name="SN 2020abc", ra=10.0, dec=10.0, besides=mine.pk)


def test_a_duplicate_of_a_fast_star_is_known_by_the_place_at_its_epoch(make, boss):
    star = make("Barnard", **BARNARD)
    ra, dec = propagate(star.ra, star.dec, star.pm_ra, star.pm_dec, 2000.0, 2016.0)
    assert [d.target for d in possible_duplicates(actor=boss, ra=ra, dec=dec, epoch=2016.0).found] == [star]
    assert not possible_duplicates(actor=boss, ra=ra, dec=dec, epoch=1990.0)


class ByPlace(TargetMatchManager):
    def match_target(self, target, *args, **kwargs):
        return super().match_target(target) | self.get_queryset().filter(ra=target.ra, dec=target.dec)


def test_a_projects_own_rule_holds_on_every_way_in(make, member, client, monkeypatch):
    import io

    from tom_common.errors import InvalidInputError
    from tom_targets.services import create_target
    from tom_targets.utils import import_targets

    make("There", ra=50.0, dec=5.0, permissions="PUBLIC")
    here = TargetRow(name="Other", ra=50.0, dec=5.0)
    create_target(actor=member, row=TargetRow(name="Before", ra=50.0, dec=5.0)).delete()
    monkeypatch.setattr(BaseTarget._meta.managers_map["matches"], "__class__", ByPlace)
    monkeypatch.setattr(BaseTarget.matches, "__class__", ByPlace, raising=False)
    with pytest.raises(InvalidInputError) as refused:
        create_target(actor=member, row=here)
    assert refused.value.errors[0].problem == 'By the rule of this TOM it is the same object as the target "There".'
    client.force_login(member)
    sent = {"name": "Other", "type": "SIDEREAL", "ra": 50.0, "dec": 5.0}
    for address, body in (("/api/targets/", sent), ("/api/targets/bulk/", [sent])):
        answer = client.post(address, body, content_type="application/json")
        assert answer.status_code == 400, address
        assert "same object" in answer.content.decode()
    found = import_targets(io.StringIO("name,ra,dec\nOther,50,5\nNew,60,5\n"))
    assert [target.name for target in found["targets"]] == ["New"]
    assert found["errors"][0].startswith("Error on line 2: name 'Other': This name is not available")
    assert BaseTarget.objects.count() == 2
