"""Every page of a TOM with the demo in it, in Chromium: no complaint of the console or the policy, nothing sideways, no violation by axe.

The pages are those of the URL conf; LEFT_OUT says which addresses are none, or are looked at elsewhere.
"""

import re

import pytest
from django.urls import reverse

from tests.axe import COLOURS, RULES, violations
from tests.browser import SIDEWAYS, THEMES, dress, settle
from tests.projects.walk import addresses
from tests.safety.conftest import KINDS_OF_FILES, ask, client_for, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LEFT_OUT = {
    "posted to only": """dataservices:create-target dataservices:update-data targets:hermes-preload targets:finder-stars targets:group-hermes-preload
        alerts:create-target alerts:submit-alert observations:set-status dataproducts:share dataproducts:share_all dataproducts:save
        calendar:create-todo calendar:update-todo comments-post-comment comment-preview comment-mentions-read user-approve regenerate-api-token
        reveal-api-token user-state view-as-start view-as-stop group-members task-cancel task-retry periodic-switch periodic-run history-undo
        outbox-settle dataproducts:tags dataproducts:upload-preview""",
    "a part of a page, looked at in it": """targets:tab targets:render-observation-table targets:list-choice targets:persistent-share-manage-table
        dataproducts:target-measurements-part
        targets:target-persistent-share-manage-table observations:render-facility-status-list observations:panel home-panel task-progress""",
    "a file or data": """targets:export targets:tonight targets:persistent-share targets:persistent-share-detail targets:target-persistent-share
        dataproducts:file dataproducts:image dataproducts:image-info dataproducts:preview dataproducts:light-curve dataproducts:light-curve-image
        dataproducts:measurement-export dataproducts:measurement-export-kind dataproducts:target-measurement-export
        dataproducts:target-measurement-export-kind dataproducts:periodogram dataproducts:spectra dataproducts:download comment-people comment-attachment name-suggest
        history-export robots_txt favicon api-schema api-token-auth data-file""",
    "leads elsewhere": """targets:seed targets:add-remove-grouping targets:name-search name-search account_change_password observations:callback
        observations:redirect comments-url-redirect dataservices:run dataservices:run_saved
        dataproducts:single-target-data-service-query""",
    "looked at in tests/projects/accounts_on/checks_in_browser.py": """account_confirm_email account_reauthenticate account_confirm_login_code
        mfa_authenticate mfa_reauthenticate mfa_deactivate_totp mfa_view_recovery_codes mfa_download_recovery_codes""",
    "looked at in tests/tom_common/test_browser_home.py": "styleguide",
    "the page of a work done in the background, which answers only to whom it was begun by": "table-bulk-run",
    "of django_comments, for which no link is on a page": "comments-flag comments-delete comments-approve",
    "of a facility with templates; Example has none": "observations:template-create observations:template-update observations:template-detail",
}  # fmt: skip
ELSEWHERE = {name: reason for reason, names in LEFT_OUT.items() for name in names.split()}
PLUGINS = ("dummy:",)  # a plugin of the tests, whose style and script are not there
PARTS = {
    "targets": ("targets",),
    "observations and data": ("observations", "dataproducts"),
    "sources and calendar": ("alerts", "dataservices", "tom_catalogs", "calendar"),
    "common": ("", "api"),
}
WIDE, NARROW = 1280, 390


@pytest.fixture
def site(settings, tmp_path):
    """The demo, and one of each thing: `arguments` of the URL patterns, `people["superuser"]`."""
    from django.contrib.contenttypes.models import ContentType
    from django_comments.models import Comment

    from tom_dataproducts.models import DataProduct
    from tom_observations.models import ObservationRecord
    from tom_setup.demo.load import load
    from tom_targets.models import Target, TargetList

    settings.MEDIA_ROOT = tmp_path / "media"
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.manual.ExampleManualFacility"]
    settings.DATA_PRODUCT_TYPES = KINDS_OF_FILES
    settings.TOM_HIPS_SERVERS = []
    settings.FINDER_CATALOG_URL = ""
    settings.DATA_SHARING = {"other": {"DISPLAY_NAME": "Other TOM", "BASE_URL": "http://127.0.0.1:9/", "USERNAME": "us", "PASSWORD": "x"}}
    settings.TOM_CSP_ENFORCE = True
    world = make_world("OPEN")
    boss = world.people["superuser"]
    load(actor=boss, folder=tmp_path)
    target, other = Target.objects.get(name="AT2017gfo"), Target.objects.get(name="AT2020caa")
    record = ObservationRecord.objects.get(target_id=other.pk)
    product = DataProduct.objects.exclude(target__name__startswith="Crawled").first()
    comment = Comment.objects.create(
        content_type=ContentType.objects.get_for_model(Target), object_pk=str(target.pk), site=Comment.objects.get().site,
        user=boss, user_name="boss", comment="*Bright*, see https://example.org",
    )  # fmt: skip
    world.arguments["targets"] |= {"pk": target.pk, "target_pk": target.pk, "pk1": other.pk, "pk2": target.pk, "name": target.name}
    world.arguments["observations"] |= {"pk": record.pk}
    world.arguments["dataproducts"] |= {"pk": product.pk, "dp_pk": product.pk, "tg_pk": target.pk, "target_pk": target.pk}
    world.arguments["targets:group-detail"] = {"pk": TargetList.objects.order_by("-pk").first().pk}
    world.arguments["comment-thread"] |= {"object_pk": target.pk}
    world.arguments["comment-edit"] = {"pk": comment.pk}
    return world


def more(site) -> dict[str, list[str]]:
    """Pages that are reached by a query, and things of another kind."""
    from tom_targets.models import Target

    pk = site.arguments["targets"]["pk"]
    detail = reverse("targets:detail", args=[pk])
    other = reverse("targets:detail", args=[site.arguments["targets"]["pk1"]])
    moving = Target.objects.filter(type="NON_SIDEREAL").first()
    said = client_for(site.people["superuser"]).get(detail).content.decode()
    tabs = dict.fromkeys(re.findall(rf'hx-get="{detail}tab/([\w-]+)/', said))
    assert {"visibility", "observe", "observations", "photometry", "spectroscopy", "manage-data", "groups"} <= tabs.keys()
    return {
        "targets": [
            *(f"{detail}?tab={tab}" for tab in tabs),
            f"{other}?tab=spectroscopy",
            f"{other}?tab=visibility&start_time=2026-07-01&end_time=2026-07-03&sites=Teide",
            f"{detail}ephemeris/?start=2026-07-01&stop=2026-07-02&step=1&unit=h&observatory=Teide",
            reverse("targets:detail", args=[moving.pk]),
            reverse("targets:update", args=[moving.pk]),
            f"{reverse('targets:create')}?type=NON_SIDEREAL",
            f"{reverse('targets:list')}?query=AT",
            *(f"{reverse('targets:list')}?_table={tool}" for tool in ("filters", "columns", "search")),
        ],
        "observations and data": [
            f"{reverse('observations:create', args=['Example'])}?target_id={pk}",
            f"{reverse('observations:list')}?status=PENDING",
        ],
        "sources and calendar": [
            f"{reverse('tom_alerts:create')}?broker=Scout",
            f"{reverse('tom_dataservices:create')}?data_service=TNS",
        ],
        "common": ["/api/", "/api/targets/"],
    }


def pages(site, part: str) -> list[str]:
    of_part = [
        address.url
        for address in addresses(site.arguments)
        if (address.name.split(":")[0] if ":" in address.name else "") in PARTS[part] and is_page(address.name)
    ]
    return list(dict.fromkeys([*of_part, *more(site)[part]]))


def is_page(name: str) -> bool:
    return name not in ELSEWHERE and not name.startswith(("api:", *PLUGINS))


def look(page, address: str, themes=THEMES) -> list[str]:
    """What is wrong with the page at this address: loaded once, then in every theme, then as narrow as a phone."""
    page.complaints.clear()
    page.set_viewport_size({"width": WIDE, "height": 850})
    status = page.goto(address).status
    settle(page)
    wrong = [f"{address}: {text}" for text in page.complaints]
    if status != 200 or not page.title().strip():
        return [*wrong, f"{address}: {status}, title {page.title()!r}"]
    for theme in themes:
        dress(page, theme)
        wrong += [f"{address} {theme}: {found}" for found in violations(page, rules=RULES if theme == themes[0] else COLOURS)]
    dress(page, themes[-1], NARROW)
    settle(page)
    if (over := page.evaluate(SIDEWAYS)) > 0:
        wrong.append(f"{address} {NARROW}: {over} px too wide")
    wrong += [f"{address} {NARROW}: {found}" for found in violations(page)]
    return wrong


def test_every_page_is_looked_at(site):
    unfilled: list[str] = []
    client = client_for(site.people["superuser"])
    found, wrong = set(), []
    for address in addresses(site.arguments, unfilled):
        found.add(address.name)
        if address.name.startswith(PLUGINS):
            continue
        namespace = address.name.split(":")[0] if ":" in address.name else ""
        if not any(namespace in namespaces for namespaces in PARTS.values()):
            wrong.append(f"{address.name}: say in which part it is looked at")
        if address.name.startswith("api:") or ELSEWHERE.get(address.name, "").startswith("looked at in"):
            continue
        answer = ask(client, address.url)
        is_there = answer.status_code == 200 and b"<html" in answer.body
        if is_there != (address.name not in ELSEWHERE):
            wrong.append(f"{address.name} answers {answer.status_code}: {ELSEWHERE.get(address.name, 'no page, say why in LEFT_OUT')}")
    wrong += [f"{name}: make one of it in tests/projects/walk.py, or say why not in LEFT_OUT" for name in unfilled if name not in ELSEWHERE]
    wrong += [f"{name}: is no longer there" for name in ELSEWHERE if name not in found and name not in unfilled]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("part", PARTS)
def test_pages_are_sound_in_the_browser(new_page, site, part):
    page = new_page(user=site.people["superuser"], reduced_motion="reduce")
    wrong = []
    for address in pages(site, part):
        wrong += look(page, address)
    assert not wrong, "\n".join(wrong)


def test_what_visitors_see_is_sound(new_page, site):
    page = new_page(reduced_motion="reduce")
    visitor = client_for(None)
    every = [address for part in PARTS for address in pages(site, part)]
    seen = [address for address in every if visitor.get(address, headers={"accept": "text/html"}).status_code == 200]
    detail = reverse("targets:detail", args=[site.arguments["targets"]["pk"]])
    assert {"/", "/targets/", "/accounts/login/", "/accounts/signup/", "/observations/list/", detail} <= set(seen)
    wrong = [text for address in seen if not address.startswith("/api/") for text in look(page, address, themes=("light",))]
    assert not wrong, "\n".join(wrong)
    assert page.goto("/targets/999999/").status in (200, 404)
    assert "Traceback" not in page.content()


def test_looking_as_a_visitor_is_sound(new_page, site):
    page = new_page("/users/", user=site.people["superuser"], reduced_motion="reduce")
    page.click("form[action$='/view-as/'] button")
    page.wait_for_selector("form[action$='/view-as/stop/']")
    wrong = [text for address in ("/", "/targets/") for text in look(page, address)]
    assert not wrong, "\n".join(wrong)
