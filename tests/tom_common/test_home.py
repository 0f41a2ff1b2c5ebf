"""The home page: panels of apps and plugins, in the order that each user wants, within what each may see."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tom_common import home, panels
from tom_common.models import HomeLayout, SavedFilter, TaskRun
from tom_common.panels import Panel, register_panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def some(monkeypatch):
    """Four panels instead of all."""
    panels.discover()
    monkeypatch.setattr(panels, "_panels", {})
    for number, name in enumerate("abcd"):
        register_panel(
            "home",
            Panel(
                name,
                f"Panel {name}",
                "tom_common/ui/empty_state.html",
                lambda request, obj, n=name: {"title": f"In {n}"},
                order=number,
                lazy=False,
            ),
        )


def shown(client):
    page = client.get("/").content.decode()
    return [
        name
        for name in page.split('id="panel-')[1:]
        for name in [name.split('"')[0]]
        if not name.endswith("-title") and not name.startswith("dummy")
    ]


def arrange(client, order, shown, **button):
    return client.post(reverse("home-layout"), {"order": order, "shown": shown, **button})


def test_a_user_hides_and_moves_panels_for_themselves_alone(some, client_of, member, stranger):
    client, other = client_of(member), client_of(stranger)
    assert shown(client) == ["a", "b", "c", "d"]
    assert arrange(client, ["d", "a", "b", "c"], ["d", "a", "c"])["Location"] == "/"
    assert shown(client) == ["d", "a", "c"]
    assert shown(other) == shown(client_of(None)) == ["a", "b", "c", "d"]
    page = client.get(reverse("home-layout")).content.decode()
    assert page.index("Panel d") < page.index("Panel a") < page.index("Panel b")
    assert 'value="b" id="shown-b">' in page
    assert arrange(client, ["d", "a", "b", "c"], ["d", "a", "c"], up="c").status_code == 302
    assert HomeLayout.objects.get(user=member).order[:4] == ["d", "a", "c", "b"]
    arrange(client, ["d", "a", "c", "b"], ["d", "a", "c", "b"], up="d", down="b")
    assert shown(client) == ["d", "a", "c", "b"], "what stands at an end stays there"
    arrange(client, [], [], reset="1")
    assert shown(client) == ["a", "b", "c", "d"]


def test_a_new_panel_comes_where_its_app_put_it(some, client_of, member):
    client = client_of(member)
    arrange(client, ["d", "c", "b", "a"], ["d", "c", "b", "a"])
    register_panel(
        "home", Panel("new", "New", "tom_common/ui/empty_state.html", lambda request, obj: {"title": "New"}, order=2.5, lazy=False)
    )
    assert shown(client) == ["d", "c", "new", "b", "a"]


def test_nonsense_is_not_kept(some, client_of, member):
    client = client_of(member)
    arrange(client, ["nothing", "b", "b", "<script>"], ["x"])
    layout = HomeLayout.objects.get(user=member)
    assert set(layout.order) >= {"a", "b", "c", "d"}
    assert "nothing" not in layout.order
    assert layout.order.count("b") == 1


def test_arranging_is_for_the_logged_in(client_of):
    answer = client_of(None).get(reverse("home-layout"))
    assert "/accounts/login/" in answer["Location"]
    assert "/accounts/login/" in arrange(client_of(None), ["a"], ["a"])["Location"]


def test_a_panel_with_nothing_to_show_takes_its_card_away(some, client_of, member):
    register_panel("home", Panel("none", "Nothing", "x.html", lambda request, obj: None, lazy=False))
    register_panel("home", Panel("later", "Later", "x.html", lambda request, obj: None))
    client = client_of(member)
    assert "none" not in shown(client)
    answer = client.get(reverse("home-panel", args=["later"]))
    assert (answer.content, answer["HX-Retarget"], answer["HX-Reswap"]) == (b"", "#panel-later", "delete")
    assert client.get(reverse("home-panel", args=["unknown"])).status_code == 404


def test_an_app_adds_a_card_by_its_dashboard(client_of, member, monkeypatch):
    from django.apps import apps

    config = apps.get_app_config("dummy")
    items = [
        {"partial": "dummy/nav_plain.html", "label": "Of the plugin"},
        {"partial": "dummy/never.html", "label": "Broken"},
        {"partial": "dummy/nav.html", "context": "tests.plugins.dummy.contexts.gone", "label": "Away"},
    ]
    monkeypatch.setattr(config, "dashboard", lambda: items, raising=False)
    page = client_of(member).get("/")
    body = page.content.decode()
    assert page.status_code == 200
    assert 'id="panel-tests-plugins-dummy-of-the-plugin"' in body
    assert "“Broken” could not be shown" in body
    assert "Away" not in body


def test_a_broken_item_of_the_navigation_is_left_out(client_of, member, monkeypatch):
    from django.apps import apps

    config = apps.get_app_config("dummy")
    monkeypatch.setattr(
        config, "nav_items", lambda: [{"partial": "dummy/never.html"}, {"partial": "dummy/nav.html", "context": "no.such.thing"}]
    )
    assert client_of(member).get("/").status_code == 200


def test_a_projects_own_page_of_the_older_kind(client_of, member, settings, tmp_path):
    (tmp_path / "tom_common").mkdir()
    (tmp_path / "tom_common/index.html").write_text(
        "{% extends 'tom_common/base.html' %}{% load tom_common_extras targets_extras %}{% block title %}Mine{% endblock %}"
        "{% block content %}<h1>Mine {{ version }}</h1>{% recent_comments %}{% recent_targets %}{% endblock %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = client_of(member).get("/").content.decode()
    assert "<title>Mine</title>" in page
    assert "No comments yet" in page
    assert "panel-" not in page


# --- the panels that come with the apps ----------------------------------------------------------------------------------
def panel(client, slug):
    answer = client.get(reverse("home-panel", args=[slug]))
    assert answer.status_code in (200, 404)
    return answer.content.decode() if answer.status_code == 200 else None


def test_an_empty_tom_says_where_to_begin(client_of, member, boss):
    from tom_targets.models import Target

    page = panel(client_of(member), "getting-started")
    assert reverse("targets:create") in page
    assert "Invite people" not in page
    assert "Invite people" in panel(client_of(boss), "getting-started")
    assert panel(client_of(None), "getting-started") is None
    Target.objects.create(name="First", type="SIDEREAL", ra=1, dec=2, permissions="PRIVATE")
    assert panel(client_of(member), "getting-started") == ""


def test_tonight_tells_sun_and_moon_at_each_site(client_of, settings, monkeypatch):
    settings.VISIBILITY_SITES = [
        {"name": "Tenerife", "latitude_deg": 28.3, "longitude_deg": -16.51, "elevation_m": 2390.0},
        {"name": "Tromso", "latitude_deg": 69.65, "longitude_deg": 18.96, "elevation_m": 0.0},
    ]
    monkeypatch.setattr(timezone, "now", lambda: datetime(2025, 6, 21, 22, 0, tzinfo=UTC))
    page = panel(client_of(None), "tonight")
    tenerife, tromso = page.split("<li>")[1:]
    assert "20:0" in tenerife  # sunset at 20:05 UTC
    assert "Astronomical twilight" in tenerife or "Night" in tenerife
    assert "not dark" in tromso
    assert "Day" in tromso
    assert "Times in UTC" in page


def test_my_observations_are_mine_and_within_what_i_see(client_of, member, stranger):
    from tom_observations.models import ObservationRecord
    from tom_targets.models import Target

    target = Target.objects.create(name="Mine", type="SIDEREAL", ra=1, dec=2, permissions="PUBLIC")
    now = timezone.now()
    made = {"target": target, "facility": "Example", "parameters": {}}
    ObservationRecord.objects.create(user=member, observation_id="1", status="PENDING", scheduled_start=now - timedelta(hours=1),
                                     scheduled_end=now + timedelta(hours=1), **made)  # fmt: skip
    ObservationRecord.objects.create(user=member, observation_id="2", status="COMPLETED", **made)
    ObservationRecord.objects.create(user=stranger, observation_id="3", status="CANCELED", **made)
    page = panel(client_of(member), "observations")
    assert "Pending" in page
    assert "Completed" in page
    assert "Canceled" not in page
    assert "Running" in page
    assert panel(client_of(None), "observations") is None


def test_latest_data_are_those_that_one_sees(client_of, member, members, stranger):
    from guardian.shortcuts import assign_perm

    from tom_dataproducts.models import ReducedDatum
    from tom_targets.models import Target

    target = Target.objects.create(name="With data", type="SIDEREAL", ra=1, dec=2, permissions="PRIVATE")
    assign_perm("tom_targets.view_target", members, target)
    for day in (1, 2):
        ReducedDatum.objects.create(
            target=target, data_type="photometry", timestamp=datetime(2025, 1, day, tzinfo=UTC), value={"magnitude": 17.0, "filter": "r"}
        )
    page = panel(client_of(member), "latest-data")
    assert "With data" in page
    assert "2025-01-02" in page
    assert panel(client_of(stranger), "latest-data") == panel(client_of(None), "latest-data") == ""


def test_what_failed_is_told_to_who_asked_for_it_and_to_superusers(client_of, member, stranger, boss):
    TaskRun.objects.create(
        name="tom_x.tasks.sync_everything", actor=member, state=TaskRun.State.FAILED, finished_at=timezone.now(), error="secret trace"
    )
    for user, told in ((member, True), (boss, True), (stranger, False)):
        page = panel(client_of(user), "failed-tasks")
        assert bool(page) is told
        assert "secret trace" not in page
    TaskRun.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert panel(client_of(boss), "failed-tasks") == ""


def test_saved_filters_lead_to_their_lists(client_of, member, members, stranger):
    SavedFilter.objects.create(owner=member, page="targets:list", name="Bright ones", query="type=SIDEREAL")
    SavedFilter.objects.create(owner=member, page="gone:list", name="Of an app that is gone", query="x=1")
    page = panel(client_of(member), "saved-filters")
    assert f'href="{reverse("targets:list")}?type=SIDEREAL"' in page
    assert "gone" not in page
    assert panel(client_of(stranger), "saved-filters") == ""


def test_all_panels_of_the_apps_are_there(rf, boss):
    request = rf.get("/")
    request.user = boss
    slugs = {one.slug for one in home.offered(request)}
    wanted = {
        "mentions",
        "failed-tasks",
        "saved-filters",
        "latest-comments",
        "getting-started",
        "latest-targets",
        "tonight",
        "observations",
    }
    assert wanted | {"latest-data", "target-lists"} <= slugs
