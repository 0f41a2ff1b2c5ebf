"""The home page, the style guide and comments in Chromium: accessible in three themes, by keyboard, under the policy."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.axe import violations
from tests.browser import CHANGE_THEME, SIDEWAYS, THEMES, dress

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_page(new_page, settings):
    from django.contrib.sites.models import Site

    from tom_targets.models import Target

    settings.TOM_CSP_ENFORCE = True
    Site.objects.get_or_create(pk=1, defaults={"domain": "example.com", "name": "example.com"})
    target = Target.objects.create(name="AT2020caa", type="SIDEREAL", ra=10.0, dec=-20.0, permissions="PUBLIC")
    boss = User.objects.create_superuser("boss", "b@example.org", "a-long-phrase-1")
    User.objects.create_user("colleague")

    def make(address, **options):
        page = new_page(address, user=boss, reduced_motion="reduce", **options)
        page.wait_for_load_state("networkidle")
        page.target = target
        return page

    return make


def thread_address():
    from tom_targets.models import Target

    return reverse("comment-thread", args=[Target._meta.app_label, Target._meta.model_name, Target.objects.get(name="AT2020caa").pk])


def test_home_arranging_and_comments_are_accessible_and_fit(open_page):
    page = open_page("/", bypass_csp=True)
    wrong = []
    for address in ("/", reverse("home-layout"), thread_address(), "/nowhere/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        for theme in THEMES:
            for width in (1280, 390):
                dress(page, theme, width)
                wrong += [f"{address} {theme} {width}: {found}" for found in violations(page)]
                if page.evaluate(SIDEWAYS) > 0:
                    wrong.append(f"{address} {width}: too wide")
    assert not wrong, "\n".join(wrong)


def test_the_style_guide_is_accessible_and_within_the_policy(open_page, settings):
    settings.DEBUG = True
    page = open_page(reverse("styleguide"))
    page.wait_for_selector(".js-plotly-plot, [data-drawn]")
    page.wait_for_selector(".ts-control")
    assert [text for text in page.complaints if "CSP" in text or "Security" in text] == []
    page = open_page(reverse("styleguide"), bypass_csp=True)
    page.wait_for_selector(".ts-control")
    wrong = []
    for theme in THEMES:
        page.evaluate(CHANGE_THEME, theme)
        page.reload()
        page.wait_for_selector(".ts-control")
        page.wait_for_load_state("networkidle")
        wrong += [f"{theme}: {found}" for found in violations(page)]
    assert not wrong, "\n".join(wrong)


def test_the_search_field_leads_to_a_target_by_keyboard(open_page):
    page = open_page("/users/")
    page.keyboard.press("/")
    page.keyboard.type("at2020", delay=30)
    page.wait_for_selector("#name-suggestions [role=option]")
    assert page.get_attribute("[data-suggest]", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("[data-suggest]", "aria-activedescendant") == "name-suggestions-0"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{page.target.get_absolute_url()}")


def test_a_comment_mentions_previews_and_is_posted(open_page):
    page = open_page("/")
    page.goto(page.url.rstrip("/") + thread_address())
    page.click("textarea[name=comment]")
    page.keyboard.type("Look, @coll", delay=30)
    page.wait_for_selector(".suggestions-place [role=option]:has-text('@colleague')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("**bright**")
    assert page.input_value("textarea[name=comment]") == "Look, @colleague **bright**"
    page.click("button[name=preview]")
    page.wait_for_selector(".comment-preview strong:has-text('bright')")
    page.click("button[name=post]")
    page.wait_for_selector(".comment-text strong:has-text('bright')")
    assert page.complaints == []


def test_a_panel_that_does_not_come_says_so_and_can_be_asked_again(open_page):
    page = open_page("/robots.txt")
    page.route("**/home/panel/tonight/", lambda route: route.fulfill(status=500, body="no"))
    page.goto(page.url.replace("/robots.txt", "/"))
    page.wait_for_selector("#panel-tonight [role=alert]")
    page.unroute("**/home/panel/tonight/")
    page.click("#panel-tonight button:has-text('Try again')")
    page.wait_for_selector("#panel-tonight .tonight")
