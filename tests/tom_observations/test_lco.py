import json
from datetime import UTC, datetime, timedelta

import pytest
import responses
from django import forms
from django.core.exceptions import ValidationError

from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import ServiceError, forget_hosts
from tom_observations.facilities import lco, ocs
from tom_observations.facilities.blanco import BLANCOFacility, BLANCOSettings
from tom_observations.facilities.lco import LCOFacility, LCOSettings
from tom_observations.facilities.lco_redirect import LCORedirectFacility
from tom_observations.facilities.lt import LTFacility
from tom_observations.facilities.soar import SOARFacility, SOARSettings, SOARSpectroscopyObservationForm
from tom_observations.models import ObservationRecord
from tom_observations.tests.factories import ObservingRecordFactory
from tom_targets.tests.factories import NonSiderealTargetFactory

pytestmark = pytest.mark.django_db
PORTAL = "https://observe.lco.global"


@pytest.fixture(autouse=True)
def _lco(settings):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.lco.LCOFacility"]
    settings.FACILITIES = {"LCO": {"api_key": "testtoken"}}
    forget_hosts()
    yield
    forget_hosts()


@pytest.fixture
def portal():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{PORTAL}/api/profile/", json={"proposals": [{"id": "TOM2020A-008", "title": "TOM", "current": True}, {"id": "OLD", "current": False}]})
        yield mock


@pytest.fixture
def instruments(portal, shared_data):
    """The recorded part of the answer, and of what it leaves out the names of the configuration types."""
    found = json.loads((shared_data / "lco" / "instruments_coj_1m0.json").read_text())
    for item in found.values():
        item.setdefault("configuration_types", {"EXPOSE": {"name": "Exposure", "code": "EXPOSE", "schedulable": True}})
    portal.get(f"{PORTAL}/api/instruments/", json=found)
    return found


def recorded(shared_data, name):
    return json.loads((shared_data / "lco" / name).read_text())


def imaging(target, **values):
    start = datetime(2026, 3, 1, tzinfo=UTC)
    data = {
        "facility": "LCO", "target_id": target.pk, "observation_type": "IMAGING", "name": "a request", "proposal": "TOM2020A-008",
        "ipp_value": 1.05, "observation_mode": "NORMAL", "optimization_type": "TIME", "configuration_repeats": 1,
        "start": start.isoformat(), "end": (start + timedelta(days=7)).isoformat(),
        "c_1_instrument_type": "1M0-SCICAM-SINISTRO", "c_1_configuration_type": "EXPOSE", "c_1_max_airmass": 2, "c_1_min_lunar_distance": 30,
        "c_1_ic_1_exposure_count": 1, "c_1_ic_1_exposure_time": 300, "c_1_ic_1_filter": "gp",
        "c_1_ic_2_exposure_count": 2, "c_1_ic_2_exposure_time": 60, "c_1_ic_2_filter": "Y",
        **values,
    }  # fmt: skip
    return {key: value for key, value in data.items() if value is not None}


def form(data, kind="IMAGING", facility=None):
    return (facility or LCOFacility()).create_form_instance(kind, data=data)


@pytest.mark.recorded
def test_a_request_is_built_validated_and_submitted(portal, instruments, target, shared_data):
    portal.post(f"{PORTAL}/api/requestgroups/validate/", json=recorded(shared_data, "doc_examples/requestgroups__validate.json"))
    exchange = recorded(shared_data, "requestgroup_submit_201.http.json")
    portal.post(f"{PORTAL}/api/requestgroups/", status=201, body=exchange["response"]["body"])
    bound = form(imaging(target))
    assert bound.is_valid(), bound.errors
    assert bound.get_validation_message() == "This observation is valid with a duration of 178 seconds."
    payload = bound.observation_payload()
    sent = json.loads(exchange["request"]["body"])
    assert set(sent) == set(payload)
    (request,) = payload["requests"]
    assert request["location"] == {"telescope_class": "1m0"}
    assert request["windows"] == [{"start": "2026-03-01T00:00:00+00:00", "end": "2026-03-08T00:00:00+00:00"}]
    (configuration,) = request["configurations"]
    assert set(sent["requests"][0]["configurations"][0]) <= set(configuration)
    assert configuration["constraints"] == {"max_airmass": 2.0, "min_lunar_distance": 30.0}
    assert configuration["guiding_config"] == {"optional": True}
    assert configuration["instrument_configs"] == [
        {"exposure_count": 1, "exposure_time": 300.0, "optical_elements": {"filter": "gp"}},
        {"exposure_count": 2, "exposure_time": 60.0, "optical_elements": {"filter": "Y"}},
    ]
    assert configuration["target"]["ra"] == target.ra
    assert configuration["target"]["type"] == "ICRS"
    assert LCOFacility().submit_observation(payload) == [2452623]
    call = portal.calls[-1].request
    assert call.headers["Authorization"] == "Token testtoken"
    assert json.loads(call.body) == json.loads(json.dumps(payload))
    assert json.dumps(bound.serialize_parameters())


@pytest.mark.recorded
def test_the_portals_objections_stand_on_the_form(portal, instruments, target):
    errors = {"requests": [{"windows": [{"end": ["end must be in the future"]}], "non_field_errors": ["too long"]}]}
    portal.post(f"{PORTAL}/api/requestgroups/validate/", json={"request_durations": {}, "errors": errors})
    bound = form(imaging(target))
    assert not bound.is_valid()
    assert sorted(bound.non_field_errors()) == ["requests[1].windows[1].end: end must be in the future", "too long"]


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"end": "2026-02-01T00:00:00"}, "end"),
        ({"c_1_ic_1_exposure_time": None, "c_1_ic_2_exposure_time": None}, "__all__"),
        ({"c_1_instrument_type": None}, "c_1_instrument_type"),
        ({"c_1_ic_1_filter": "nofilter"}, "c_1_ic_1_filter"),
        ({"ipp_value": 3}, "ipp_value"),
        ({"period": 24}, "jitter"),
        ({"c_1_max_lunar_phase": 1.5}, "c_1_max_lunar_phase"),
        ({"proposal": "OTHERS"}, "proposal"),
    ],
)
def test_what_is_wrong_is_said_without_asking(portal, instruments, target, change, field):
    bound = form(imaging(target, **change))
    assert not bound.is_valid()
    assert field in bound.errors
    assert not any("validate" in call.request.url for call in portal.calls)


@pytest.mark.recorded
def test_instruments_are_asked_for_once(portal, instruments, target):
    form({})
    form({})
    assert sum("instruments" in call.request.url for call in portal.calls) == 1
    choices = [code for code, _ in LCOFacility().create_form_instance("IMAGING").instrument_choices()]
    assert choices == ["1M0-SCICAM-SINISTRO"]
    filters = dict(LCOFacility().create_form_instance("IMAGING").filter_choices())
    assert "gp" in filters
    assert "B*ND" not in filters


def test_an_unreachable_portal_leaves_an_empty_form_and_says_so(target):
    facility = LCOFacility()
    with responses.RequestsMock() as mock:
        mock.get(f"{PORTAL}/api/instruments/", status=500)
        mock.get(f"{PORTAL}/api/profile/", status=500)
        made = facility.create_form_instance("IMAGING", initial={"target_id": target.pk})
    assert made.instrument_choices() == []
    assert "could not be asked for" in facility.problems[0]
    again = LCOFacility()
    again.create_form_instance("IMAGING")
    assert again.problems


@pytest.mark.recorded
def test_stored_parameters_of_old_records_are_understood(portal, instruments, target):
    portal.post(f"{PORTAL}/api/requestgroups/validate/", json={"errors": {}})
    old = {key: value for key, value in imaging(target).items() if not key.startswith("c_1")}
    old.update(instrument_type="1M0-SCICAM-SINISTRO", configuration_type="EXPOSE", exposure_time=30, exposure_count=2, filter="rp", max_airmass=1.5)
    bound = form(old)
    assert bound.is_valid(), bound.errors
    assert bound.observation_payload()["requests"][0]["configurations"][0]["instrument_configs"][0]["exposure_time"] == 30


@pytest.mark.recorded
def test_a_moving_target_is_given_by_its_elements(portal, instruments):
    portal.post(f"{PORTAL}/api/requestgroups/validate/", json={"errors": {}})
    moving = NonSiderealTargetFactory.create(scheme="MPC_MINOR_PLANET")
    bound = form(imaging(moving, c_1_fractional_ephemeris_rate=1))
    assert bound.is_valid(), bound.errors
    sent = bound.observation_payload()["requests"][0]["configurations"][0]["target"]
    assert sent["type"] == "ORBITAL_ELEMENTS"
    assert (sent["orbinc"], sent["meandist"], sent["meananom"]) == (moving.inclination, moving.semimajor_axis, moving.mean_anomaly)
    assert sent["extra_params"] == {"fractional_ephemeris_rate": 1.0}


@pytest.mark.recorded
def test_dither_and_cadence_are_expanded_by_the_portal(portal, instruments, target, shared_data):
    dithered = recorded(shared_data, "doc_examples/requestgroups__dither.json")
    portal.post(f"{PORTAL}/api/configurations/dither/", json=dithered)
    portal.post(f"{PORTAL}/api/requestgroups/cadence/", json={"requests": ["expanded"]})
    portal.post(f"{PORTAL}/api/requestgroups/validate/", json={"errors": {}})
    bound = form(imaging(target, dither_pattern="line", dither_num_points=3, dither_point_spacing=5))
    assert bound.is_valid(), bound.errors
    assert bound.observation_payload()["requests"][0]["configurations"] == [dithered]
    asked = json.loads(next(call for call in portal.calls if "dither" in call.request.url).request.body)
    assert (asked["pattern"], asked["num_points"], asked["point_spacing"], asked["center"]) == ("line", 3, 5.0, True)
    bound = form(imaging(target, period=24, jitter=6))
    assert bound.is_valid(), bound.errors
    assert bound.observation_payload() == {"requests": ["expanded"]}


@pytest.mark.recorded
def test_cancel_asks_for_the_group_of_the_request(portal, shared_data):
    exchange = recorded(shared_data, "requestgroup_cancel_200.http.json")
    portal.get(f"{PORTAL}/api/requestgroups/", json={"count": 1, "results": [{"id": 1191249}]})
    portal.post(f"{PORTAL}/api/requestgroups/1191249/cancel/", body=exchange["response"]["body"])
    assert LCOFacility().cancel_observation(2452623) is True
    assert portal.calls[0].request.params == {"request_id": "2452623"}


def test_status_and_schedule(portal, target):
    portal.get(f"{PORTAL}/api/requests/5", json={"state": "COMPLETED"})
    portal.get(
        f"{PORTAL}/api/requests/5/observations/",
        json=[
            {"state": "CANCELED", "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"},
            {"state": "COMPLETED", "start": "2026-01-02T00:00:00Z", "end": "2026-01-02T01:00:00Z"},
        ],
    )
    record = ObservingRecordFactory.create(target_id=target.pk, observation_id="5")
    LCOFacility().update_observation_status("5")
    record.refresh_from_db()
    assert record.status == "COMPLETED"
    assert record.scheduled_start == datetime(2026, 1, 2, tzinfo=UTC)
    assert record.terminal
    assert not record.failed
    assert record.url == f"{PORTAL}/requests/5"


def test_trouble_with_one_does_not_stop_the_update_of_the_others(portal, target):
    for observation_id in ("5", "6"):
        ObservingRecordFactory.create(target_id=target.pk, observation_id=observation_id)
    ObservingRecordFactory.create(target_id=target.pk, observation_id="7", status="COMPLETED")
    portal.get(f"{PORTAL}/api/requests/5", status=404)
    portal.get(f"{PORTAL}/api/requests/6", json={"state": "CANCELED"})
    portal.get(f"{PORTAL}/api/requests/6/observations/", json=[])
    failed = LCOFacility().update_all_observation_statuses(target=target)
    assert [name for name, _ in failed] == ["5"]
    assert ObservationRecord.objects.get(observation_id="6").failed


@pytest.mark.recorded
def test_frames_of_the_archive(portal, shared_data):
    page = recorded(shared_data, "archive_frames_0.json")
    archive = "https://archive-api.lco.global/frames/"
    portal.get(archive, json={**page, "next": f"{archive}?page=2"}, match=[responses.matchers.query_param_matcher({"REQNUM": "1391169", "limit": "1000"})])
    portal.get(archive, json={"results": [{"id": 1, "filename": "b.fits", "url": "u", "DATE_OBS": "2026-01-01T00:00:00Z"}], "next": None},
               match=[responses.matchers.query_param_matcher({"page": "2"})])  # fmt: skip
    products = LCOFacility().data_products("1391169")
    assert [product["id"] for product in products] == [7783593, 7780755, 1]
    assert products[2]["created"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert products[0]["filename"] == "LCOEngineering_0001391169_ftn_20180111_58130.tar.gz"


def test_the_portals_answers_become_the_toolkits_errors(portal):
    portal.get(f"{PORTAL}/a", status=401, json={"detail": "Invalid token."})
    portal.get(f"{PORTAL}/b", status=400, json={"errors": {"name": ["too long"]}})
    portal.get(f"{PORTAL}/c", status=404)
    with pytest.raises(ImproperCredentialsException, match="OCS"):
        ocs.make_request("GET", f"{PORTAL}/a", headers={"Authorization": "Token testtoken"})
    with pytest.raises(ValidationError, match="errors.name: too long"):
        ocs.make_request("GET", f"{PORTAL}/b")
    with pytest.raises(ServiceError):
        ocs.make_request("GET", f"{PORTAL}/c")


def test_a_bad_key_is_in_no_error(portal):
    portal.get(f"{PORTAL}/a", status=403, body="key testtoken refused")
    with pytest.raises(ImproperCredentialsException) as caught:
        ocs.make_request("GET", f"{PORTAL}/a", headers={"Authorization": "Token testtoken"})
    assert "testtoken" not in str(caught.value)


def test_facility_status(portal):
    portal.get(f"{PORTAL}/api/telescope_states/", json={"coj.doma.1m0a": [{"event_type": "AVAILABLE"}], "coj.domb.1m0a": []})
    (site,) = LCOFacility().get_facility_status()["sites"]
    assert site["code"] == "coj"
    assert [row["status"] for row in site["telescopes"]] == ["AVAILABLE", "UNKNOWN"]


@pytest.mark.recorded
def test_files_know_where_they_are_from(shared_data):
    from astropy.io import fits

    header = fits.getheader(shared_data / "lco" / "cpt1m010-kb70-20151219-0075-s10.fits")
    facility = LCOFacility()
    assert facility.is_fits_facility(header)
    assert facility.get_date_obs_from_fits_header(header) == header["DATE-OBS"]
    assert not facility.is_fits_facility({})
    assert str(facility.get_wavelength_units()) == "Angstrom"
    assert facility.get_flux_constant() is not None


@pytest.mark.recorded
def test_sites_are_where_the_telescopes_are(shared_data):
    telescopes = recorded(shared_data, "telescopes.json")
    sites = {site["sitecode"]: site for site in LCOFacility().get_observing_sites().values()}
    compared = 0
    for name, telescope in telescopes.items():
        site = sites.get(name.rpartition(".")[2])
        if site:
            compared += 1
            assert abs(site["latitude"] - telescope["latitude"]) < 0.02
            assert abs(site["longitude"] - telescope["longitude"]) < 0.02
    assert compared >= 5


def test_settings_are_not_shared_and_defaults_hold(settings):
    assert LCOFacility().facility_settings is not LCOFacility().facility_settings
    assert LCOSettings().get_setting("portal_url") == PORTAL
    assert LCOSettings().get_unconfigured_settings() == []
    settings.FACILITIES = {}
    assert LCOSettings().get_unconfigured_settings() == ["api_key"]
    assert ocs.OCSSettings().get_unconfigured_settings() == ["portal_url", "archive_url", "api_key"]


def test_partners_use_the_portal_and_key_of_lco(settings):
    settings.FACILITIES = {"LCO": {"api_key": "k"}, "BLANCO": {"api_key": "own"}}
    assert SOARSettings().get_setting("api_key") == "k"
    assert BLANCOSettings().get_setting("api_key") == "own"
    assert BLANCOSettings().get_setting("portal_url") == PORTAL
    for facility, code in ((SOARFacility(), "sor"), (BLANCOFacility(), "bco")):
        (site,) = facility.get_observing_sites().values()
        assert site["sitecode"] == code
        url = facility.get_facility_weather_urls()["sites"][0]["weather_url"]
        assert url.startswith("https://")
        assert not set(url) & set("'\" \n")


INSTRUMENTS = {
    code: {
        "type": kind, "class": "x", "name": code,
        "optical_elements": {group: [{"name": element, "code": element, "schedulable": True}] for group, element in elements.items()},
        "modes": {"rotator": {"modes": [{"name": "Sky", "code": "SKY"}]}, "exposure": {"modes": [{"name": "Sync", "code": "SYNCHRONOUS"}]}},
        "configuration_types": {},
    }
    for code, kind, elements in [
        ("2M0-SCICAM-MUSCAT", "IMAGE", {"diffuser_g_positions": "out"}), ("2M0-FLOYDS-SCICAM", "SPECTRA", {"slits": "slit_1.6as"}),
        ("1M0-NRES-SCICAM", "SPECTRA", {}), ("SOAR_GHTS_REDCAM", "SPECTRA", {"slits": "slit_1.0as", "gratings": "SYZY_400"}),
        ("SOAR_GHTS_BLUECAM", "SPECTRA", {"slits": "slit_1.0as"}), ("SOAR_GHTS_REDCAM_IMAGER", "IMAGE", {"filters": "g-SDSS"}),
        ("BLANCO_NEWFIRM", "IMAGE", {"filters": "JX"}), ("1M0-SCICAM-SINISTRO", "IMAGE", {"filters": "V"}),
    ]
}  # fmt: skip


@pytest.fixture
def all_instruments(portal):
    portal.get(f"{PORTAL}/api/instruments/", json=INSTRUMENTS)
    portal.post(f"{PORTAL}/api/requestgroups/validate/", json={"errors": {}})


@pytest.mark.parametrize(
    ("facility", "kind", "expected"),
    [
        (LCOFacility, "IMAGING", {"1M0-SCICAM-SINISTRO"}), (LCOFacility, "MUSCAT_IMAGING", {"2M0-SCICAM-MUSCAT"}),
        (LCOFacility, "SPECTRA", {"2M0-FLOYDS-SCICAM", "1M0-NRES-SCICAM"}), (SOARFacility, "IMAGING", {"SOAR_GHTS_REDCAM_IMAGER"}),
        (SOARFacility, "Goodman_BLUE_Spectra", {"SOAR_GHTS_BLUECAM"}), (SOARFacility, "Goodman_RED_Spectra", {"SOAR_GHTS_REDCAM"}),
        (SOARFacility, "SPECTRA_Advanced", {"SOAR_GHTS_BLUECAM", "SOAR_GHTS_REDCAM"}), (BLANCOFacility, "IMAGING", {"BLANCO_NEWFIRM"}),
        (LCOFacility, "PHOTOMETRIC_SEQUENCE", {"1M0-SCICAM-SINISTRO"}), (LCOFacility, "SPECTROSCOPIC_SEQUENCE", {"2M0-FLOYDS-SCICAM"}),
    ],
)  # fmt: skip
def test_each_form_offers_its_instruments_and_renders(all_instruments, facility, kind, expected, target):
    from crispy_forms.utils import render_crispy_form

    made = facility().create_form_instance(kind, initial={"target_id": target.pk, "facility": facility.name, "observation_type": kind})
    assert {code for code, _ in made.instrument_choices()} == expected
    html = render_crispy_form(made)
    assert f"/targets/{target.pk}/?tab=observe" in html
    for name, field in made.fields.items():
        if not isinstance(field.widget, forms.HiddenInput | forms.MultiWidget):
            assert f'name="{name}"' in html, name


def test_muscat_takes_the_longest_exposure_and_tells_each(all_instruments, target):
    bands = {f"c_1_ic_1_exposure_time_{band}": seconds for band, seconds in zip("griz", (10, 20, 30, 40), strict=True)}
    data = imaging(target, c_1_instrument_type="2M0-SCICAM-MUSCAT", c_1_ic_1_exposure_time=None, c_1_ic_2_exposure_time=None, c_1_ic_1_filter=None,
                   c_1_ic_2_filter=None, c_1_ic_1_diffuser_g_position="out", c_1_ic_1_exposure_mode="SYNCHRONOUS", **bands)  # fmt: skip
    bound = form(data, "MUSCAT_IMAGING")
    assert bound.is_valid(), bound.errors
    (config,) = bound.observation_payload()["requests"][0]["configurations"][0]["instrument_configs"]
    assert config["exposure_time"] == 40
    assert config["extra_params"] == {**{f"exposure_time_{b}": s for b, s in zip("griz", (10, 20, 30, 40), strict=True)}, "exposure_mode": "SYNCHRONOUS"}
    assert config["optical_elements"] == {"diffuser_g_position": "out"}
    del data["c_1_ic_1_exposure_time_z"]
    assert "c_1_ic_1_exposure_time_z" in form(data, "MUSCAT_IMAGING").errors


def test_spectra(all_instruments, target):
    spectrum = {"c_1_configuration_type": "SPECTRUM", "c_1_ic_1_filter": None, "c_1_ic_2_filter": None, "c_1_ic_2_exposure_time": None}
    nres = form(imaging(target, c_1_instrument_type="1M0-NRES-SCICAM", **spectrum), "SPECTRA")
    assert nres.is_valid(), nres.errors
    (configuration,) = nres.observation_payload()["requests"][0]["configurations"]
    assert configuration["type"] == "NRES_SPECTRUM"
    assert configuration["instrument_configs"][0]["optical_elements"] == {}
    floyds = imaging(target, c_1_instrument_type="2M0-FLOYDS-SCICAM", c_1_ic_1_slit="slit_1.6as", c_1_ic_1_rotator_mode="SKY", **spectrum)
    assert "c_1_ic_1_rotator_angle" in form(floyds, "SPECTRA").errors
    bound = form({**floyds, "c_1_ic_1_rotator_angle": 0}, "SPECTRA")
    assert bound.is_valid(), bound.errors
    config = bound.observation_payload()["requests"][0]["configurations"][0]["instrument_configs"][0]
    assert (config["rotator_mode"], config["extra_params"], config["optical_elements"]) == ("SKY", {"rotator_angle": 0.0}, {"slit": "slit_1.6as"})


def test_goodman_adds_arc_and_flat(all_instruments, target):
    data = imaging(target, facility="SOAR", c_1_instrument_type="SOAR_GHTS_REDCAM", c_1_configuration_type="SPECTRUM", c_1_ic_1_filter=None,
                   c_1_ic_2_exposure_time=None, c_1_ic_2_filter=None, c_1_ic_1_slit="slit_1.0as", c_1_ic_1_grating="SYZY_400")  # fmt: skip
    bound = form(data, "Goodman_RED_Spectra", SOARFacility())
    assert bound.is_valid(), bound.errors
    configurations = bound.observation_payload()["requests"][0]["configurations"]
    assert [configuration["type"] for configuration in configurations] == ["SPECTRUM", "ARC", "LAMP_FLAT"]


def test_blanco_gives_its_dither_with_the_configuration(all_instruments, target):
    data = imaging(target, facility="BLANCO", c_1_instrument_type="BLANCO_NEWFIRM", c_1_ic_1_filter="JX", c_1_ic_2_exposure_time=None, c_1_ic_2_filter=None,
                   c_1_dither_value=100, c_1_dither_sequence="2x2", c_1_detector_centering="det_2", c_1_ic_1_coadds=3)  # fmt: skip
    bound = form(data, "IMAGING", BLANCOFacility())
    assert bound.is_valid(), bound.errors
    (configuration,) = bound.observation_payload()["requests"][0]["configurations"]
    assert configuration["extra_params"] == {
        "dither_value": 100, "dither_sequence": "2x2", "detector_centering": "det_2", "dither_sequence_random_offset": False,
    }  # fmt: skip
    assert configuration["instrument_configs"][0]["extra_params"] == {"coadds": 3, "sequence_repeats": 1}


def sequence(target, **values):
    return {
        "facility": "LCO", "target_id": target.pk, "observation_type": "PHOTOMETRIC_SEQUENCE", "name": "sequence", "proposal": "TOM2020A-008",
        "ipp_value": 1, "observation_mode": "NORMAL", "cadence_strategy": "ResumeCadenceAfterFailureStrategy", "cadence_frequency": 24,
        "max_airmass": 1.6, "instrument_type": "1M0-SCICAM-SINISTRO", "V_0": 30, "V_1": 2, "V_2": 2, "B_0": 60, "B_1": 1, "B_2": 1, **values,
    }  # fmt: skip


def test_a_photometric_sequence_can_be_asked_for_and_asked_for_again(all_instruments, target):
    bound = form(sequence(target), "PHOTOMETRIC_SEQUENCE")
    assert bound.is_valid(), bound.errors
    payload = bound.observation_payload()
    (configuration,) = payload["requests"][0]["configurations"]
    assert [c["optical_elements"]["filter"] for c in configuration["instrument_configs"]] == ["B", "V"]
    stored = json.loads(json.dumps(bound.serialize_parameters()))
    window = datetime.fromisoformat(stored["end"]) - datetime.fromisoformat(stored["start"])
    assert window == timedelta(hours=24)
    from tom_observations.cadences.common import form_for
    from tom_observations.tests.factories import ObservingRecordFactory

    record = ObservingRecordFactory.build(target_id=target.pk)
    again = form_for(LCOFacility(), record, {**stored, "start": "2026-05-01T00:00:00+00:00", "end": "2026-05-02T00:00:00+00:00"})
    assert again.observation_payload()["requests"][0]["windows"] == [{"start": "2026-05-01T00:00:00+00:00", "end": "2026-05-02T00:00:00+00:00"}]
    nothing = sequence(target)
    for name in ("V_0", "B_0"):
        del nothing[name]
    assert not form(nothing, "PHOTOMETRIC_SEQUENCE").is_valid()


def test_a_spectroscopic_sequence(all_instruments, target):
    data = sequence(target, observation_type="SPECTROSCOPIC_SEQUENCE", instrument_type="2M0-FLOYDS-SCICAM", filter="slit_1.6as", exposure_count=1,
                    exposure_time=1800, site="ogg", acquisition_radius=5, guider_mode="optional")  # fmt: skip
    bound = form(data, "SPECTROSCOPIC_SEQUENCE")
    assert bound.is_valid(), bound.errors
    (request,) = bound.observation_payload()["requests"]
    assert request["location"] == {"telescope_class": "x", "site": "ogg"}
    (configuration,) = request["configurations"]
    assert configuration["acquisition_config"] == {"mode": "BRIGHTEST", "extra_params": {"acquire_radius": 5.0}}
    assert configuration["guiding_config"]["optional"] is True


@pytest.mark.recorded
def test_the_redirect_takes_over_each_request_of_the_group_once(portal, target, people, shared_data, settings):
    settings.TOM_FACILITY_CLASSES = ["tom_observations.facilities.lco_redirect.LCORedirectFacility"]
    detail = recorded(shared_data, "requestgroup_detail_completed.json")
    portal.get(f"{PORTAL}/api/requestgroups/{detail['id']}/", json=detail)
    facility = LCORedirectFacility()
    group = facility.request_id_to_group(str(detail["id"]), people["owner"], target, {})
    assert group.name == detail["name"][:50]
    assert {record.observation_id for record in group.observation_records.all()} == {str(request["id"]) for request in detail["requests"]}
    assert facility.request_id_to_group(str(detail["id"]), people["owner"], target, {}) == group
    assert ObservationRecord.objects.count() == len(detail["requests"])
    record = group.observation_records.first()
    assert isinstance(record.failed, bool)
    assert record.url.startswith(PORTAL)
    url = facility.redirect_url(target.pk, "http://tom/observations/callback/?facility=LCORedirect")
    assert url.startswith(f"{PORTAL}/create?target_")
    assert "redirect_uri=http%3A%2F%2Ftom%2F" in url
    with pytest.raises(TypeError):
        facility.submit_observation({})


def test_lt_names_its_package(target):
    facility = LTFacility()
    bound = facility.create_form_instance("ALL", data={"facility": "LT", "target_id": target.pk})
    assert not bound.is_valid()
    assert "tom-lt" in str(bound.errors)


def test_names_that_projects_import():
    assert lco.LCOBaseObservationForm
    assert lco.PORTAL_URL == PORTAL
    assert lco.make_request is ocs.make_request
    assert issubclass(SOARSpectroscopyObservationForm, lco.LCOSpectroscopyObservationForm)
