import io

import pytest
from django.core.management import CommandError, call_command

from tom_targets.checks import check_settings
from tom_targets.models import TargetExtra, TargetList
from tom_targets.services import seeding

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_defaults(make, settings):
    settings.EXTRA_FIELDS = []
    make("a", extras={"z": "1"})
    make("b")
    settings.EXTRA_FIELDS = [{"name": "z", "type": "number", "default": 0}, {"name": "n", "type": "number"}]
    call_command("setdefaultextras", targetextra=["z"], stdout=io.StringIO())
    assert sorted(TargetExtra.objects.filter(key="z").values_list("float_value", flat=True)) == [0.0, 1.0]
    with pytest.raises(CommandError):
        call_command("setdefaultextras", targetextra=["n"])


def test_extras_into_columns(make):
    a, b, c = make("a", extras={"e": "2000.5"}), make("b", extras={"e": "words"}), make("c", epoch=1950.0, extras={"e": "2000"})
    out, err = io.StringIO(), io.StringIO()
    call_command("converttargetextras", target_extra=["e"], model_field=["epoch"], confirm=True, stdout=out, stderr=err)
    for target in (a, b, c):
        target.refresh_from_db()
    assert (a.epoch, b.epoch, c.epoch) == (2000.5, None, 1950.0)
    assert TargetExtra.objects.count() == 2
    call_command("converttargetextras", target_extra=["e"], model_field=["epoch"], confirm=True, force=True, stdout=out, stderr=err)
    c.refresh_from_db()
    assert c.epoch == 2000.0
    with pytest.raises(CommandError):
        call_command("converttargetextras", target_extra=["e"], model_field=["none"], confirm=True)


def test_settings_are_checked(settings):
    assert check_settings(None) == []
    settings.MATCH_MANAGERS = {"Target": "nowhere.Manager"}
    settings.EXTRA_FIELDS = [{"name": "x", "type": "integer"}]
    settings.TARGET_DEFAULT_PERMISSION = "ALL"
    assert {e.id for e in check_settings(None)} == {"tom_targets.W002", "tom_targets.E001", "tom_targets.E002"}


def test_messier_needs_no_network(member, client):
    from tom_astro.sphere import separation_deg

    rows = {row.name: row for row in seeding.messier()}
    assert list(rows) == [f"M{i}" for i in range(1, 111)]
    for name, ra, dec in (("M1", 83.633, 22.0145), ("M31", 10.6847, 41.2688), ("M40", 185.552, 58.083), ("M83", 204.254, -29.866), ("M110", 10.092, 41.685)):
        assert float(separation_deg(rows[name].ra, rows[name].dec, ra, dec)) < 0.03, name
    client.force_login(member)
    client.get("/targets/seed/")
    assert not TargetList.objects.exists()
    page = client.post("/targets/seed/", follow=True)
    assert "110 targets of the Messier catalogue added." in [str(message) for message in page.context["messages"]]
    grouping = TargetList.objects.get()
    assert (grouping.name, grouping.targets.filter(permissions="PUBLIC").count()) == ("Messier Catalog", 110)
    assert member.has_perm("tom_targets.view_targetlist", grouping)
    assert seeding.seed_messier(actor=member) == 0


def test_messier_by_the_contract_path(db):
    from tom_targets.models import BaseTarget
    from tom_targets.seed import seed_messier_targets

    seed_messier_targets()
    seed_messier_targets()
    assert (BaseTarget.objects.count(), TargetList.objects.get().targets.count()) == (110, 110)
