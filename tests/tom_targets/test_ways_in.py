"""By whichever way a target comes in or changes: HEALPix, simplified names and the grant index are right, and the hook runs once."""

import json

import pytest
from django.core.management import call_command
from django.db.models import F, Value
from django.db.models.functions import Concat

from tom_astro.healpix import healpix29
from tom_targets.constants import HOLDERS_OF_PERMISSION
from tom_targets.matching import simplify
from tom_targets.models import BaseTarget, Grant, TargetName
from tom_targets.rows import TargetRow
from tom_targets.services import create_or_match_targets, create_target, repair, update_target
from tom_targets.services.grants import differences
from tom_targets.utils import import_targets

pytestmark = [pytest.mark.django_db, pytest.mark.database]

calls = []


def note(target, created):
    calls.append((target.name, created))


@pytest.fixture(autouse=True)
def hook(settings):
    calls.clear()
    settings.HOOKS = {**getattr(settings, "HOOKS", {}), "target_post_save": f"{__name__}.note"}


def check(name, ra, dec, permissions="PRIVATE"):
    target = BaseTarget.objects.get(name=name)
    assert (target.ra, target.dec, target.permissions) == (ra, dec, permissions)
    assert target.healpix == int(healpix29(ra, dec))
    assert target.simplified_name == simplify(name)
    assert list(BaseTarget.matches.match_name(f" {name.upper()} ")) == [target]
    wanted = set(HOLDERS_OF_PERMISSION.get(permissions, ()))
    assert wanted <= set(Grant.objects.filter(target=target).values_list("holder", flat=True))
    for alias in target.aliases.all():
        assert alias.simplified_name == simplify(alias.name)
    assert not any(repair.stale().values())
    assert differences() == (set(), set())
    return target


def form(**changes):
    return {"name": "New One", "type": "SIDEREAL", "ra": "10", "dec": "20", "permissions": "PUBLIC", **changes}


def test_form(client, member):
    client.force_login(member)
    client.post("/targets/create/", {**form(), "aliases-TOTAL_FORMS": 1, "aliases-INITIAL_FORMS": 0, "aliases-0-name": "An Alias"})
    target = check("New One", 10.0, 20.0, "PUBLIC")
    assert calls == [("New One", True)], "once, with a page that creates too (C18)"
    client.post(f"/targets/{target.pk}/update/", form(name="Other One", ra="11", permissions="OPEN"))
    check("Other One", 11.0, 20.0, "OPEN")
    assert calls[1:] == [("Other One", False)]


def test_rest(client, boss):
    client.force_login(boss)
    sent = {"name": "New One", "type": "SIDEREAL", "ra": 10, "dec": 20, "permissions": "PUBLIC", "aliases": [{"name": "An Alias"}]}
    answer = client.post("/api/targets/", json.dumps(sent), content_type="application/json")
    assert answer.status_code == 201, answer.content
    target = check("New One", 10.0, 20.0, "PUBLIC")
    assert calls == [("New One", True)]
    change = json.dumps({"name": "Other One", "dec": -20, "permissions": "PRIVATE"})
    assert client.patch(f"/api/targets/{target.pk}/", change, content_type="application/json").status_code == 200
    check("Other One", 10.0, -20.0)
    assert calls[1:] == [("Other One", False)]


def test_admin(client, boss):
    client.force_login(boss)
    empty = {
        f"{prefix}-{name}": value
        for prefix in ("aliases", "targetextra_set")
        for name, value in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0), ("MIN_NUM_FORMS", 0), ("MAX_NUM_FORMS", 1000))
    }
    alias = {"aliases-TOTAL_FORMS": 1, "aliases-0-name": "An Alias"}
    page = client.post("/admin/tom_targets/basetarget/add/", {**form(), **empty, **alias})
    assert page.status_code == 302, page.context["adminform"].form.errors
    target = check("New One", 10.0, 20.0, "PUBLIC")
    assert target.names == ["New One", "An Alias"]
    assert calls == [("New One", True)]
    page = client.post(f"/admin/tom_targets/basetarget/{target.pk}/change/", {**form(ra="12", permissions="PRIVATE"), **empty})
    assert page.status_code == 302, page.context["adminform"].form.errors
    check("New One", 12.0, 20.0)
    sent = {"action": "delete_selected", "_selected_action": [target.pk], "post": "yes"}
    assert client.post("/admin/tom_targets/basetarget/", sent).status_code == 302
    assert not BaseTarget.objects.exists()
    assert not Grant.objects.exists()


def test_services(member):
    target = create_target(actor=member, row=TargetRow(name="New One", ra="00:40:00", dec="20", aliases=("An Alias",)))
    check("New One", 10.0, 20.0)
    update_target(actor=member, target=target, columns={"ra": 13, "name": "Other One", "permissions": "OPEN"})
    check("Other One", 13.0, 20.0, "OPEN")
    assert calls == [("New One", True), ("Other One", False)]


def test_many_at_once(member):
    rows = [
        TargetRow(name=f"Row {i}", ra=10.0 + i, dec=20.0, aliases=(f"An Alias {i}",), fields={"permissions": "PUBLIC"}) for i in range(3)
    ]
    create_or_match_targets(actor=member, rows=rows)
    for i in range(3):
        check(f"Row {i}", 10.0 + i, 20.0, "PUBLIC")
    assert sorted(calls) == [(f"Row {i}", True) for i in range(3)]


def test_file(member):
    import io

    found = import_targets(io.StringIO("name,type,ra,dec,name2,permissions\nNew One,SIDEREAL,10,20,An Alias,PUBLIC\n"))
    assert found["errors"] == []
    check("New One", 10.0, 20.0, "PUBLIC")
    assert calls == [("New One", True)]


def test_bulk_writes():
    BaseTarget.objects.bulk_create(
        [BaseTarget(name=f"Row {i}", type="SIDEREAL", ra=10.0 + i, dec=20.0, permissions="PUBLIC") for i in range(3)]
    )
    check("Row 1", 11.0, 20.0, "PUBLIC")
    rows = list(BaseTarget.objects.order_by("name"))
    for row in rows:
        row.ra, row.name, row.permissions = row.ra + 5, f"Other {row.name}", "OPEN"
    BaseTarget.objects.bulk_update(rows, ["ra", "name", "permissions"])
    check("Other Row 1", 16.0, 20.0, "OPEN")
    BaseTarget.objects.filter(ra=16.0).update(ra=F("ra") * 2, name=Concat("name", Value(" B")), permissions="PRIVATE")
    check("Other Row 1 B", 32.0, 20.0)
    target = BaseTarget.objects.get(name="Other Row 1 B")
    TargetName.objects.bulk_create([TargetName(target=target, name="An Alias")])
    TargetName.objects.update(name=Concat("name", Value("-C")))
    check("Other Row 1 B", 32.0, 20.0)


def test_a_fixture_of_another_toolkit(tmp_path):
    """Without the columns that are ours, as `dumpdata` of the TOM Toolkit writes it."""
    when = "2024-01-01T00:00:00Z"
    fields = {"name": "New One", "type": "SIDEREAL", "ra": 10.0, "dec": 20.0, "permissions": "PUBLIC", "created": when, "modified": when}
    alias = {"target": 7, "name": "An Alias", "created": when, "modified": when}
    rows = [{"model": "tom_targets.basetarget", "pk": 7, "fields": fields}, {"model": "tom_targets.targetname", "pk": 3, "fields": alias}]
    path = tmp_path / "targets.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    call_command("loaddata", str(path), verbosity=0)
    check("New One", 10.0, 20.0, "PUBLIC")
    assert list(BaseTarget.matches.match_name("an alias").values_list("pk", flat=True)) == [7]
