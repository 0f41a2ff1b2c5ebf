"""Brokers, asked through the service client, against recorded answers."""

import json

import pytest
import responses
from django.core.exceptions import ValidationError

from tests.tom_clients.recorded import replay
from tom_alerts.alerts import GenericAlert, GenericBroker, GenericQueryForm, get_service_class, get_service_classes
from tom_alerts.brokers.alerce import ALERCE_URL, ALeRCEBroker, ALeRCEQueryForm
from tom_alerts.brokers.antares import ANTARESBroker, build_query
from tom_alerts.brokers.gaia import BASE_BROKER_URL, GaiaBroker, GaiaQueryForm, light_curve_rows
from tom_alerts.brokers.lasair import LasairBroker, LasairBrokerForm, get_lasair_object
from tom_alerts.brokers.mars import MARS_URL, MARSBroker, MARSQueryForm
from tom_alerts.brokers.scout import ScoutBroker, orbit_fields
from tom_alerts.brokers.tns import TNSBroker, TNSForm
from tom_alerts.models import BrokerQuery
from tom_common.exceptions import ImproperCredentialsException
from tom_common.http import forget_hosts
from tom_dataproducts.models import ReducedDatum
from tom_targets.models import Target


@pytest.fixture(autouse=True)
def _calm():
    forget_hosts()
    yield
    forget_hosts()


@pytest.fixture
def web():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def target(db):
    return Target.objects.create(name="ZTF18abcgqmz", type="SIDEREAL", ra=1.0, dec=2.0)


def test_the_brokers_on_offer(settings):
    assert {"ALeRCE", "Lasair", "Gaia", "Scout", "Fink", "Hermes"} <= set(get_service_classes())
    settings.TOM_ALERT_CLASSES = ["tom_alerts.brokers.mars.MARSBroker"]
    assert list(get_service_classes()) == ["MARS"]
    assert get_service_class("MARS") is MARSBroker
    with pytest.raises(ImportError, match="Gaia"):
        get_service_class("Gaia")
    settings.TOM_ALERT_CLASSES = ["tom_alerts.brokers.nowhere.Broker"]
    with pytest.raises(ImportError, match="nowhere"):
        get_service_classes()


@pytest.mark.parametrize(
    "path",
    [
        "fink.FinkBroker",
        "hermes.HermesBroker",
        "scimma.SCIMMABroker",
    ],
)
def test_some_brokers_name_the_package_that_they_need(settings, path):
    settings.TOM_ALERT_CLASSES = [f"tom_alerts.brokers.{path}"]
    (broker,) = get_service_classes().values()
    alerts, feedback = broker().fetch_alerts({})
    assert list(alerts) == []
    assert "package" in feedback
    assert broker.form(initial={"broker": broker.name})


@pytest.mark.django_db
def test_a_query_with_a_date_and_a_target_can_be_saved(target):
    from datetime import date

    from django import forms

    class Form(GenericQueryForm):
        since = forms.DateField()
        about = forms.ModelChoiceField(queryset=Target.objects.all())

    form = Form({"query_name": "Q", "broker": "B", "since": "2024-02-01", "about": target.pk})
    assert form.is_valid()
    query = form.save()
    assert query.parameters["since"] == str(date(2024, 2, 1))
    assert query.parameters["about"] == target.pk
    form.cleaned_data["query_name"] = "R"
    assert form.save(query_id=query.pk).pk == query.pk
    assert BrokerQuery.objects.get().name == "R"


@pytest.mark.django_db
def test_all_alerts_of_a_broker_that_returns_feedback_become_targets():
    class Broker(GenericBroker):
        name = "Two"

        def fetch_alerts(self, parameters):
            return iter([{"id": 1}, {"id": 2}]), "feedback"

        def to_generic_alert(self, alert):
            return GenericAlert(None, alert["id"], f"T{alert['id']}", 10.0 * alert["id"], 0.0, None, None, "")

        def to_target(self, alert):
            target, extras, aliases = self.to_generic_alert(alert).to_target()
            target.save(extras=extras, names=aliases)
            return target

    assert [target.name for target in Broker().fetch_and_save_all({})] == ["T1", "T2"]


def test_alerce_parameters():
    broker = ALeRCEBroker()
    found = broker._clean_parameters(
        {
            "oid": "",
            "ndet": 5,
            "stamp_classifier": "SN",
            "p_stamp_classifier": 0.5,
            "ra": 0.0,
            "dec": 0.0,
            "radius": 5.0,
            "firstmjd__gt": 59000,
        }
    )
    assert found == {
        "ndet": 5,
        "classifier": "stamp_classifier",
        "class": "SN",
        "probability": 0.5,
        "ra": 0.0,
        "dec": 0.0,
        "radius": 5.0,
        "firstmjd": [59000, 100000],
        "page_size": 20,
    }


@pytest.mark.django_db
def test_alerce_form(monkeypatch):
    monkeypatch.setattr(
        ALeRCEQueryForm, "_get_classifiers", staticmethod(lambda: [{"classifier_name": "stamp_classifier", "classes": ["SN"]}])
    )
    base = {"query_name": "Q", "broker": "ALeRCE", "max_pages": 1}
    assert ALeRCEQueryForm({**base, "stamp_classifier": "SN"}).is_valid()
    assert not ALeRCEQueryForm({**base, "ra": 1}).is_valid()
    assert ALeRCEQueryForm({**base, "ra": 0, "dec": 0, "radius": 1}).is_valid()
    assert not ALeRCEQueryForm({**base, "firstmjd__gt": 2, "firstmjd__lt": 1}).is_valid()
    assert not ALeRCEQueryForm({**base, "stamp_classifier": "SN", "lc_classifier": "SNIa"}).is_valid()


@pytest.mark.recorded
def test_alerce_object_and_light_curve(shared_data, web, target):
    replay(web, shared_data / "alerce" / "ztf_v1_object_ZTF18abcgqmz.http.json")
    recorded = json.loads((shared_data / "alerce" / "ztf_v1_detections_ZTF18abcgqmz.http.json").read_text())
    detections = json.loads(recorded["response"]["body"])
    limits = json.loads((shared_data / "alerce" / "lightcurve_ZTF20aaelulu.json").read_text())["non_detections"]
    web.get("https://api.alerce.online/ztf/v1/objects/ZTF18abcgqmz/lightcurve", json={"detections": detections, "non_detections": limits})
    broker = ALeRCEBroker()
    alert = broker.fetch_alert("ZTF18abcgqmz")
    generic = broker.to_generic_alert(alert)
    assert (generic.name, generic.ra) == ("ZTF18abcgqmz", alert["meanra"])
    assert generic.url == f"{ALERCE_URL}/object/ZTF18abcgqmz"
    for _ in range(2):
        broker.process_reduced_data(target, alert)
    assert ReducedDatum.objects.count() == len(detections) + len(limits)
    faded = ReducedDatum.objects.get(source_id=detections[0]["candid"])
    assert detections[0]["isdiffpos"] == -1
    assert faded.brightness is None
    assert faded.value["difference_flux"] < 0


@pytest.mark.recorded
@pytest.mark.django_db
def test_lasair_cone(shared_data, web, settings):
    settings.LASAIR_TOKEN = "token"
    recorded = json.loads((shared_data / "lasair" / "ztf_cone_280_-5_600arcsec.http.json").read_text())
    web.get("https://lasair-ztf.lsst.ac.uk/api/cone/", body=recorded["response"]["body"], content_type="application/json")
    (candidates,) = json.loads((shared_data / "lasair" / "ztf_candidates_ZTF22aaaozss.json").read_text())
    document = {"objectId": "ZTF22aaaozss", "objectData": {"ramean": 255.566, "decmean": 34.753}, "candidates": candidates}
    web.get("https://lasair-ztf.lsst.ac.uk/api/objects/", json=[document])
    broker = LasairBroker()
    alerts, feedback = broker.fetch_alerts({"cone_ra": 280.0, "cone_dec": -5.0, "cone_radius": 600.0})
    assert "734 objects" in feedback
    alert = next(alerts)
    newest = max((item for item in candidates if item.get("candid")), key=lambda item: item["jd"])
    assert get_lasair_object(alert)["mag"] == newest["magpsf"]
    assert broker.to_generic_alert(alert).timestamp.year == 2022
    assert web.calls[0].request.headers["Authorization"] == "Token token"
    target = broker.to_target(alert)
    broker.process_reduced_data(target, alert)
    broker.process_reduced_data(target, alert)
    assert ReducedDatum.objects.count() == len(candidates)
    limits = [item for item in candidates if not item.get("candid")]
    assert ReducedDatum.objects.filter(limit__isnull=False).count() == len(limits)


def test_lasair_needs_a_token(settings):
    settings.LASAIR_TOKEN = None
    with pytest.raises(ImproperCredentialsException, match="LASAIR_TOKEN"):
        LasairBroker().fetch_alerts({"sqlquery": "gmag < 16"})


def test_lasair_form():
    base = {"query_name": "Q", "broker": "Lasair"}
    assert LasairBrokerForm({**base, "cone_ra": 0, "cone_dec": 0}).is_valid()
    assert LasairBrokerForm({**base, "sqlquery": "gmag < 16"}).is_valid()
    for wrong in ({}, {"cone_ra": 0}, {"cone_ra": 0, "cone_dec": 0, "sqlquery": "x"}):
        assert not LasairBrokerForm({**base, **wrong}).is_valid()


@pytest.mark.recorded
@pytest.mark.django_db
def test_gaia(shared_data, web):
    alerts = [
        {
            "name": "Gaia23dka",
            "obstime": "2023-11-25 21:36:23",
            "ra": "10.5",
            "dec": "-3.25",
            "alertMag": "18.10",
            "per_alert": {"link": "/alerts/alert/Gaia23dka/"},
        },
        {"name": "Gaia23cnu", "obstime": "2023-08-14 16:27:22", "ra": "200.0", "dec": "89.9", "alertMag": "15.40"},
    ]
    web.get(f"{BASE_BROKER_URL}/alerts/alertsindex", body=f"<html><script>\nvar alerts = {json.dumps(alerts)};\n</script></html>")
    text = (shared_data / "gaia_alerts" / "lightcurve_Gaia23dka.csv").read_text()
    web.get(f"{BASE_BROKER_URL}/alerts/alert/Gaia23dka/lightcurve.csv", body=text)
    broker = GaiaBroker()
    assert [alert["name"] for alert in broker.fetch_alerts({"target_name": "gaia23d", "cone": ""})[0]] == ["Gaia23dka"]
    assert [alert["name"] for alert in broker.fetch_alerts({"target_name": "", "cone": "20.0,89.9,0.5"})[0]] == ["Gaia23cnu"]
    alert = broker.fetch_alert("Gaia23dka")
    generic = broker.to_generic_alert(alert)
    assert (generic.mag, generic.ra) == (18.10, 10.5)
    target = broker.to_target(alert)
    for _ in range(2):
        broker.process_reduced_data(target, alert)
    assert ReducedDatum.objects.count() == len(text.strip().splitlines()) - 2
    first = ReducedDatum.objects.order_by("timestamp").first()
    assert first.brightness == 18.10
    assert (first.bandpass, first.unit) == ("G", "Vega")


@pytest.mark.recorded
def test_gaia_points_without_a_value_are_left_out(shared_data):
    text = (shared_data / "gaia_alerts" / "lightcurve_Gaia23cnu.csv").read_text()
    rows = light_curve_rows(text, source_location="")
    assert len(rows) == sum(line.rsplit(",", 1)[-1].replace(".", "").isdigit() for line in text.splitlines()[2:])


def test_gaia_form():
    base = {"query_name": "Q", "broker": "Gaia"}
    assert GaiaQueryForm({**base, "cone": "10, -3, 0.1"}).is_valid()
    for wrong in ({}, {"cone": "10,-3"}, {"cone": "text"}, {"cone": "10,-3,1", "target_name": "x"}, {"cone": "10,-300,1"}):
        assert not GaiaQueryForm({**base, **wrong}).is_valid()


@pytest.mark.recorded
@pytest.mark.django_db
def test_scout(shared_data, web):
    document = json.loads((shared_data / "scout" / "object_ZTF10BL_orbits.json").read_text())
    summary = {key: value for key, value in document.items() if key not in ("orbits", "signature")}
    web.get(
        "https://ssd-api.jpl.nasa.gov/scout.api",
        json=document,
        match=[responses.matchers.query_param_matcher({"tdes": "ZTF10BL", "orbits": "1"})],
    )
    web.get(
        "https://ssd-api.jpl.nasa.gov/scout.api", json={"count": "1", "data": [summary]}, match=[responses.matchers.query_param_matcher({})]
    )
    broker = ScoutBroker()
    (alert,) = broker.fetch_alerts({})[0]
    generic = broker.to_generic_alert(alert)
    assert generic.ra == pytest.approx(15 * (8 + 54 / 60))
    assert generic.dec == pytest.approx(28.0)
    target = broker.to_target(alert)
    assert target.type == "NON_SIDEREAL"
    assert target.eccentricity == pytest.approx(0.8855752093403347)
    assert target.inclination == pytest.approx(14.692644033445657)
    assert target.epoch_of_elements == pytest.approx(2461079.712931752 - 2400000.5)
    assert target.semimajor_axis == pytest.approx(0.4998861947435592 / (1 - 0.8855752093403347))
    assert generic.to_target()[0].scheme == "MPC_MINOR_PLANET"


def test_scout_without_an_orbit_makes_no_target():
    from tom_common.http import ServiceAnswerError

    with pytest.raises(ServiceAnswerError, match="no orbit"):
        orbit_fields({"objectName": "P1"})


@pytest.fixture
def tns(settings):
    settings.BROKERS = {"TNS": {"api_key": "secret", "bot_id": "1", "bot_name": "bot"}}
    return TNSBroker()


@pytest.mark.recorded
@pytest.mark.django_db
@pytest.mark.parametrize("wrapped", [True, False])
def test_tns_in_both_formats(shared_data, web, tns, wrapped):
    document = json.loads((shared_data / "tns" / "get_object_1999gy_photometry.json").read_text())
    if not wrapped:
        document["data"] = document["data"]["reply"]
    web.post("https://www.wis-tns.org/api/get/search", json={"id_code": 200, "data": [{"objname": "1999gy", "prefix": "AT", "objid": 1}]})
    web.post("https://www.wis-tns.org/api/get/object", json=document)
    (alert,) = tns.fetch_alerts({"target_name": "AT 1999gy"})[0]
    assert '"objname": "1999gy"' in responses_text(web.calls[0].request)
    assert web.calls[0].request.headers["User-Agent"].startswith("tns_marker{")
    generic = tns.to_generic_alert(alert)
    assert (generic.name, generic.mag) == ("AT1999gy", 17.88)
    target = tns.to_target(alert)
    for _ in range(2):
        tns.process_reduced_data(target, alert)
    datum = ReducedDatum.objects.get()
    assert (datum.brightness, datum.bandpass, datum.telescope, datum.unit) == (17.88, "r", "Sloan", "AB")


def responses_text(request):
    from urllib.parse import parse_qs

    return parse_qs(request.body)["data"][0]


def test_tns_says_who_is_refused(web, tns, settings):
    web.post("https://www.wis-tns.org/api/get/search", status=401, json={"id_code": 401, "id_message": "Unauthorized"})
    with pytest.raises(ImproperCredentialsException, match="TNS"):
        tns.fetch_alerts({"target_name": "x"})
    settings.BROKERS = {}
    with pytest.raises(ImproperCredentialsException, match="BROKERS"):
        TNSBroker().fetch_alerts({"target_name": "x"})


def test_tns_form():
    base = {"query_name": "Q", "broker": "TNS"}
    assert TNSForm({**base, "days_ago": 3}).is_valid()
    for wrong in ({}, {"ra": 1, "dec": 2}, {"min_date": "nonsense"}, {"days_ago": 1, "min_date": "2024-01-01"}):
        assert not TNSForm({**base, **wrong}).is_valid()


@pytest.mark.recorded
@pytest.mark.django_db
def test_mars(shared_data, web):
    alert = json.loads((shared_data / "mars" / "alert_11296149_partial.json").read_text())
    web.get(f"{MARS_URL}/", json={"has_next": False, "results": [alert]})
    earlier = {"candid": None, "candidate": {"jd": 2458370.5, "fid": 2, "diffmaglim": 20.0}}
    web.get(f"{MARS_URL}/11296149/", json={**alert, "prv_candidate": [earlier]})
    broker = MARSBroker()
    (found,) = broker.fetch_alerts({"objectId": "ZTF18abbkloa", "cone": "", "query_name": "Q", "broker": "MARS"})[0]
    assert "cone" not in web.calls[0].request.url
    generic = broker.to_generic_alert(found)
    assert (generic.id, generic.name, generic.mag) == (11296149, "ZTF18abbkloa", 16.321626663208)
    assert generic.timestamp.tzinfo is not None
    target = broker.to_target(found)
    for _ in range(2):
        broker.process_reduced_data(target, found)
    assert {datum.source_location for datum in ReducedDatum.objects.all()} == {"11296149"}
    assert ReducedDatum.objects.get(limit=20.0).bandpass == "r"
    assert ReducedDatum.objects.get(source_id="617122521615015023").brightness == 16.321626663208


def test_mars_form():
    base = {"query_name": "Q", "broker": "MARS"}
    assert MARSQueryForm({**base, "cone": "1,2,0.1", "objectcone": "M31,0.1"}).is_valid()
    assert not MARSQueryForm({**base, "cone": "1,2"}).is_valid()
    assert not MARSQueryForm({**base, "objectcone": "M31"}).is_valid()


@pytest.mark.recorded
@pytest.mark.django_db
def test_antares(shared_data, web):
    replay(web, shared_data / "antares" / "loci_search_ZTF26abeuijw.http.json", anything_asked=True)
    replay(web, shared_data / "antares" / "locus_alerts_ANT2026b78o35eau2gs.http.json")
    broker = ANTARESBroker()
    (locus,) = broker.fetch_alerts({"ztfid": "ZTF26abeuijw"})[0]
    generic = broker.to_generic_alert(locus)
    assert (generic.name, generic.id) == ("ZTF26abeuijw", "ANT2026b78o35eau2gs")
    target, _, aliases = broker.to_target(locus)
    assert [alias.name for alias in aliases] == ["ANT2026b78o35eau2gs"]
    for _ in range(2):
        broker.process_reduced_data(target, locus)
    assert ReducedDatum.objects.filter(brightness__isnull=False).count() == 1
    assert ReducedDatum.objects.filter(limit__isnull=False).count() >= 1


def test_antares_query():
    query = build_query({"ztfid": "Z", "tag": "a, b", "nobs__gt": 3, "ra": 0.0, "dec": 0.0, "sr": 0.1})
    filters = query["query"]["bool"]["filter"]
    assert {"terms": {"tags": ["a", "b"]}} in filters
    assert {"range": {"properties.num_mag_values": {"gte": 3}}} in filters
    assert filters[-1]["sky_distance"]["htm16"] == {"center": "0.0 0.0"}
    assert build_query({"esquery": {"query": {}}}) == {"query": {}}


def test_a_hostile_name_is_not_valid(db):
    target, _, _ = GenericAlert(None, 1, "x" * 200, 1.0, 2.0, None, None, "").to_target()
    with pytest.raises(ValidationError):
        target.full_clean()
