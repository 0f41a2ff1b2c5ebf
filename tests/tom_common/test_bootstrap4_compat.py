"""Templates with the names of Bootstrap 4: look and buttons where the app is installed, nothing where it is not."""

import os

import pytest
from django.http import HttpResponse
from django.template import engines
from django.test import override_settings
from django.urls import include, path

CHROMIUM = os.environ.get("OPENTOM_CHROMIUM", "/usr/bin/chromium")
PAGE = """{% extends "tom_common/base.html" %}{% block content %}
<button class="btn btn-primary" id="opens" data-toggle="collapse" data-target="#part">More</button><div class="collapse" id="part">Inside</div>
<span class="sr-only" id="spoken">spoken</span><span class="badge badge-primary ml-3" id="badge">new</span>
<a id="foreign" data-toggle="lightbox" data-target="#x">a lightbox's own</a>
<div class="alert alert-info alert-dismissible" id="note">Note <button type="button" class="close" data-dismiss="alert" aria-label="Close">&times;</button></div>
{% endblock %}"""


def page(request):
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


urlpatterns = [path("four/", page), path("", include("tom_common.urls"))]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_only_where_it_is_asked_for(client, settings):
    assert b"bootstrap4" not in client.get("/four/").content
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "tom_common.bootstrap4_compat"]):
        found = client.get("/four/").content
    assert b"css/bootstrap4.css" in found
    assert b"js/bootstrap4.js" in found


@pytest.mark.browser
@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
def test_it_looks_and_works(live_server, settings, monkeypatch):
    sync_api = pytest.importorskip("playwright.sync_api")
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"Chromium is not at {CHROMIUM} (set OPENTOM_CHROMIUM)")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "tom_common.bootstrap4_compat"]), sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        complaints = []
        tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        tab.goto(live_server.url + "/four/")
        tab.click("#opens")
        tab.wait_for_selector("#part.show")
        tab.click("#note .close")
        tab.wait_for_selector("#note", state="detached")
        assert tab.locator("#spoken").bounding_box()["width"] <= 1
        assert tab.evaluate("getComputedStyle(document.getElementById('badge')).marginLeft") == "15px"
        assert tab.locator("#foreign").get_attribute("data-bs-toggle") is None
        tab.evaluate("document.getElementById('content').insertAdjacentHTML('beforeend', '<i id=later data-toggle=tooltip data-placement=left></i>')")
        tab.wait_for_selector("#later[data-bs-placement=left]", state="attached")
        browser.close()
    assert complaints == []
