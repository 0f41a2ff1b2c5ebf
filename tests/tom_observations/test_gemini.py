import json
import logging

import pytest
import responses
from django.core.exceptions import ImproperlyConfigured

from tom_common.http import ServiceError, forget_hosts
from tom_observations.facilities.gemini import GEMINI_DEFAULT_SETTINGS, SITES, TERMINAL_OBSERVING_STATES, GEMFacility, get_site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _gem(settings):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.gemini.GEMFacility"]
    settings.FACILITIES = {
        "GEM": {
            "portal_url": {"GN": "https://gnodb.gemini.edu:8443", "GS": "https://gsodb.gemini.edu:8443"},
            "api_key": {"GN": "verysecretkey", "GS": ""},
            "user_email": "pi@example.org",
            "programs": {"GN-2026A-Q-102": {"21": "Std: imaging", "22": "Rap: imaging"}, "GS-2026A-T-1": {"1": "Std"}},
        }
    }
    forget_hosts()
    yield
    forget_hosts()


def data(target, **values):
    return {
        "facility": "GEM", "target_id": target.pk, "observation_type": "OBSERVATION", "obsid": ["GN-2026A-Q-102-21", "GN-2026A-Q-102-22"],
        "ready": "true", "posangle": 90, "exptimes": "30, 60", "note": "test", "notetitle": "Finding chart", "brightness": 17.0, "brightness_band": "r",
        "brightness_system": "AB", "eltype": "airmass", "elmin": 1.0, "elmax": 1.6, "gstarg": "TEST-GS", "gsra": "8:13:48", "gsdec": "-5:52:12",
        "gsbrightness": 15.0, "gsbrightness_band": "UC", "gsbrightness_system": "Vega", "gsprobe": "OIWFS", "window_start_0": "2026-05-08",
        "window_start_1": "04:00:00", "window_duration": 1, "group": "TEST", **values,
    }  # fmt: skip


def bound(target, **values):
    return GEMFacility().create_form_instance("OBSERVATION", data=data(target, **values))


@pytest.mark.recorded
def test_a_trigger_is_what_the_service_expects(target, shared_data, caplog):
    target.ra, target.dec, target.name = 123.813909, -5.867007, "TEST"
    target.save()
    form = bound(target)
    assert form.is_valid(), form.errors
    exchange = json.loads((shared_data / "gemini" / "too_trigger_200.http.json").read_text())
    caplog.set_level(logging.DEBUG)
    with responses.RequestsMock() as mock:
        mock.post("https://gnodb.gemini.edu:8443/too", body=exchange["response"]["body"])
        assert GEMFacility().submit_observation(form.observation_payload()) == ["GN-2026A-Q-102-40", "GN-2026A-Q-102-40"]
        sent = mock.calls[0].request.params
        assert mock.calls[0].request.req_kwargs["verify"] is not False
    assert sent["password"] == "verysecretkey"
    assert (sent["prog"], sent["obsnum"], sent["exptime"], sent["email"]) == ("GN-2026A-Q-102", "21", "30", "pi@example.org")
    assert sent["ra"].startswith("08:15:15.3")
    assert sent["dec"].startswith("-05:52:01.2")
    assert (sent["windowDate"], sent["windowTime"], sent["windowDuration"]) == ("2026-05-08", "04:00", "1")
    assert (sent["mags"], sent["gsmags"]) == ("17.0/r/AB", "15.0/UC/Vega")
    assert (sent["elevationType"], sent["elevationMin"], sent["elevationMax"]) == ("airmass", "1.0", "1.6")
    assert "verysecretkey" not in caplog.text
    assert json.dumps(form.serialize_parameters())


def test_the_key_is_in_no_error(target):
    with responses.RequestsMock() as mock:
        mock.post("https://gnodb.gemini.edu:8443/too", status=500, body="password=verysecretkey is wrong")
        with pytest.raises(ServiceError) as caught:
            GEMFacility().submit_observation([{"prog": "GN-1-T-1", "obsnum": "1"}])
    assert "verysecretkey" not in str(caught.value) + caught.value.body + caught.value.url


def test_a_site_without_a_key_is_said_so():
    with pytest.raises(ImproperlyConfigured, match="GS"):
        GEMFacility().submit_observation([{"prog": "GS-2026A-T-1", "obsnum": "1"}])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"exptimes": "30"}, "exptimes"), ({"exptimes": "30,2000"}, "exptimes"), ({"exptimes": "a,b"}, "exptimes"), ({"elmin": 0.5}, "elmin"),
        ({"elmax": 3}, "elmin"), ({"elmin": ""}, "elmin"), ({"posangle": 400}, "posangle"), ({"obsid": ["GN-X-1"]}, "obsid"), ({"elmin": 1.7}, "elmin"),
        ({"window_duration": ""}, "window_duration"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(target, change, field):
    assert field in bound(target, **change).errors


def test_facts():
    facility = GEMFacility()
    assert facility.get_terminal_observing_states() == TERMINAL_OBSERVING_STATES == ["TRIGGERED", "ON_HOLD"]
    assert facility.get_observing_sites() is SITES
    assert facility.get_start_end_keywords() == ("window_start", "window_end")
    assert get_site("GS-2026A-T-1") == "GS"
    assert GEMINI_DEFAULT_SETTINGS["portal_url"]["GN"].startswith("https://")
    assert facility.data_products("x") == []
    assert facility.validate_observation([{"prog": "P", "obsnum": "1", "exptime": 5000}]) == {"P-1": ["The exposure time must be 1 to 1200 s."]}
