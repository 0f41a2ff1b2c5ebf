"""Plugins published for the TOM Toolkit run on OpenTOM unchanged.

They are installed from `requirements/plugins.txt` without their dependency on the toolkit, which OpenTOM stands in for.
"""

import importlib.util
import json

import pytest

from tests.projects.test_projects import run

needs = pytest.mark.skipif(
    importlib.util.find_spec("tom_fink") is None or importlib.util.find_spec("tom_lt") is None,
    reason="the published plugins are not installed: pip install --no-deps -r requirements/plugins.txt",
)
pytestmark = needs


@pytest.fixture(scope="module", params=["kind232", "kind31"])
def tom(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"plugins_{request.param}")
    apps = "tom_fink,tom_lt" if request.param == "kind31" else "tom_dataservices,tom_fink,tom_lt"
    extra = {
        "OPENTOM_PROJECT_APPS": apps,
        "OPENTOM_PROJECT_FACILITIES": "tom_lt.lt.LTFacility",
    }

    def python(*command):
        return run(request.param, folder, *command, extra=extra)

    python("-m", "django", "migrate", "--verbosity", "0")
    return python


def test_they_pass_the_checks(tom):
    tom("-m", "django", "check")


def test_they_are_listed(tom):
    listing = tom("-m", "django", "tomplugins").stdout
    assert "tom_fink" in listing
    assert "tom_lt" in listing


def test_every_page_is_served_with_them(tom):
    report = json.loads(tom("-m", "tests.projects.crawl").stdout)
    assert not [row for row in report["opened"] if row["anonymous"] >= 500 or row["owner"] >= 500]


def test_their_own_pages(tom):
    code = (
        "import json; from django.contrib.auth import get_user_model as m; from django.test import Client\n"
        "from django.urls import reverse\n"
        "from tom_targets.models import Target\n"
        "from tom_dataservices.dataservices import get_data_service_classes\n"
        "from tom_observations.facility import get_service_classes\n"
        "user, _ = m().objects.get_or_create(username='admin', defaults={'is_superuser': True, 'is_staff': True})\n"
        "c = Client(raise_request_exception=False)\n"
        "from django.conf import settings; c.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])\n"
        "t, _ = Target.objects.get_or_create(name='P 1', defaults={'type': 'SIDEREAL', 'ra': 1.0, 'dec': 2.0})\n"
        "fink = [n for n, k in get_data_service_classes().items() if k.__module__.startswith('tom_fink')]\n"
        "lt = [n for n, k in get_service_classes().items() if k.__module__.startswith('tom_lt')]\n"
        "out = {'fink': fink, 'lt': lt}\n"
        "for n in fink:\n"
        "    out[n] = c.get(reverse('dataservices:create') + '?data_service=' + n).status_code\n"
        "for n in lt:\n"
        "    answer = c.get(reverse('observations:create', args=[n]) + f'?target_id={t.pk}')\n"
        "    out[n] = answer.status_code\n"
        "out['detail'] = c.get(t.get_absolute_url()).status_code\n"
        "print(json.dumps(out))"
    )
    found = json.loads(tom("-m", "django", "shell", "--verbosity", "0", "-c", code).stdout)
    assert found["fink"], "the data service of tom_fink is not registered"
    assert found["lt"], "the facility of tom_lt is not registered"
    assert {value for key, value in found.items() if key not in ("fink", "lt")} == {200}, found
