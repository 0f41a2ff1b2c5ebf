"""Every main page of a TOM with the demo in it, in Chromium: no complaint of the console, nothing sideways, readable in three themes."""

import os

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = os.environ.get("OPENTOM_CHROMIUM", "/usr/bin/chromium")
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`));"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def chromium():
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"Chromium is not at {CHROMIUM} (set OPENTOM_CHROMIUM)")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def demo(settings, tmp_path):
    from tom_setup.demo.load import load

    settings.MEDIA_ROOT = tmp_path / "media"
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.manual.ExampleManualFacility"]
    settings.TOM_HIPS_SERVERS = []
    settings.TOM_CSP_ENFORCE = True
    boss = User.objects.create_superuser("boss", "boss@example.org", "a-long-phrase-1")
    load(actor=boss, folder=tmp_path)
    return boss


@pytest.fixture
def page_of(chromium, live_server, client, demo):
    contexts = []

    def make(bypass_csp=False, login=True):
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=bypass_csp, reduced_motion="reduce")
        contexts.append(context)
        context.add_init_script(TELL_VIOLATIONS)
        if login:
            client.force_login(demo)
            context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()


def addresses():
    from tom_observations.models import ObservationRecord
    from tom_targets.models import Target, TargetList

    target = Target.objects.get(name="AT2020caa")
    other, moving = Target.objects.get(name="AT2017gfo"), Target.objects.filter(type="NON_SIDEREAL").first()
    record = ObservationRecord.objects.get(target_id=target.pk)
    detail = reverse("targets:detail", args=[other.pk])
    tabs = [f"{detail}?tab={tab}" for tab in ("visibility", "observe", "observations", "photometry", "spectroscopy", "manage-data", "groups")]
    named = [
        ("home",), ("targets:list",), ("targets:import",), ("targets:merge", target.pk, other.pk), ("targets:targetgrouping",),
        ("targets:create-group",), ("targets:delete-group", TargetList.objects.first().pk), ("targets:update", other.pk), ("targets:update", moving.pk),
        ("targets:delete", other.pk), ("targets:detail", moving.pk), ("targets:target-selection",), ("observations:list",),
        ("observations:detail", record.pk), ("observations:group-list",), ("observations:group-create",), ("observations:template-list",),
        ("observations:facility-status",), ("dataproducts:list",), ("dataproducts:group-list",),
        ("dataproducts:group-create",), ("tom_alerts:list",), ("tom_dataservices:query_list",), ("tom_catalogs:query",), ("tom_calendar:calendar",),
        ("tom_calendar:create-event",), ("user-list",), ("user-profile",), ("user-create",), ("group-create",), ("user-delete", User.objects.first().pk),
    ]  # fmt: skip
    return [
        *tabs,
        f"{reverse('targets:detail', args=[target.pk])}?tab=spectroscopy",
        f"{reverse('targets:create')}?type=SIDEREAL",
        f"{reverse('targets:create')}?type=NON_SIDEREAL",
        f"{reverse('observations:create', args=['Example'])}?target_id={target.pk}",
        f"{reverse('tom_alerts:create')}?broker=Scout",
        f"{reverse('tom_dataservices:create')}?data_service=TNS",
        *(reverse(name, args=args) for name, *args in named),
        "/api/docs/",
    ]


def settle(page):
    page.wait_for_load_state("networkidle")
    page.wait_for_function("document.querySelectorAll('.htmx-request').length === 0")


def test_no_page_complains_or_runs_sideways(page_of, live_server):
    page = page_of()
    wrong = []
    for address in addresses():
        page.complaints.clear()
        page.set_viewport_size({"width": 1280, "height": 900})
        status = page.goto(live_server.url + address).status
        settle(page)
        if status != 200 or page.complaints:
            wrong.append((address, status, list(page.complaints)))
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            over = page.evaluate(SIDEWAYS)
            if over > 0:
                wrong.append((address, width, f"{over} px too wide"))
        if not page.title().strip():
            wrong.append((address, "no title"))
    assert not wrong, "\n".join(map(str, wrong))


def test_what_visitors_see_does_not_complain(page_of, live_server):
    page = page_of(login=False)
    for address in ("/", "/targets/", "/accounts/login/", "/accounts/signup/", "/observations/list/"):
        page.goto(live_server.url + address)
        settle(page)
        assert page.complaints == [], address
    assert page.goto(live_server.url + "/targets/999999/").status in (200, 404)
    assert "Traceback" not in page.content()


def test_main_pages_are_accessible_in_every_theme_and_width(page_of, live_server):
    page = page_of(bypass_csp=True)
    wrong = []
    every = addresses()
    main = [a for a in every if any(part in a for part in ("tab=", "create/?", "/merge/", "/data/", "status/", "selection", "calendar/", "query/list"))]
    for address in ["/", "/targets/", "/observations/list/", "/observations/1/", "/users/", *dict.fromkeys(main)]:
        page.goto(live_server.url + address)
        settle(page)
        for theme in ("light", "dark", "night"):
            page.evaluate("theme => { localStorage.setItem('tom-theme', theme); document.dispatchEvent(new CustomEvent('tom:theme')) }", theme)
            for width in (1280, 390):
                if width == 390 and theme == "dark":
                    continue  # colours of the one and lay-out of the other are looked at elsewhere
                page.set_viewport_size({"width": width, "height": 844})
                page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 40)))")
                wrong += [f"{address} {theme} {width} {found}" for found in violations(page)]
    assert not wrong, "\n".join(map(str, wrong))
