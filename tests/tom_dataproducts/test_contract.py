"""Names that outside code imports, and services as it calls them."""

import datetime as dt
import importlib

import pytest
import responses
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.urls import reverse

from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.django_db, pytest.mark.database]
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
NAMES = """
models.DataProduct models.ReducedDatum models.PhotometryReducedDatum models.SpectroscopyReducedDatum models.AstrometryReducedDatum
models.ObservationRecord models.data_product_path models.DataProductGroup models.REDUCED_DATUM_MODELS models.try_parse_reduced_datum
models.find_fits_img_size models.is_fits_image_file models.DATA_TYPE_CHOICES models.THUMBNAIL_DEFAULT_SIZE models.FloatArrayField
exceptions.InvalidFileFormatException processors.data_serializers.SpectrumSerializer data_processor.DataProcessor
data_processor.run_data_processor data_processor.DEFAULT_DATA_PROCESSOR_CLASS forms.DataShareForm forms.DataProductUploadForm
forms.AddProductToGroupForm processors.spectroscopy_processor.SpectroscopyProcessor processors.photometry_processor.PhotometryProcessor
processors.atlas_processor.AtlasProcessor processors.panstarrs_processor.PanstarrsProcessor api_views.DataProductViewSet
api_views.ReducedDatumViewSet serializers.DataProductSerializer serializers.ReducedDatumSerializer filters.DataProductFilter
templatetags.dataproduct_extras.dataproduct_list_for_target templatetags.dataproduct_extras.register utils.create_image_dataproduct
views.DataProductUploadView views.DataProductDeleteView views.DataProductListView views.DataShareView tasks.atlas_query
tasks.atlas_query.using alertstreams.hermes.HermesDataConverter alertstreams.hermes.publish_to_hermes
alertstreams.hermes.preload_to_hermes alertstreams.hermes.BuildHermesMessage alertstreams.hermes.get_hermes_topics
alertstreams.hermes.hermes_alert_handler alertstreams.hermes.create_new_hermes_target
single_target_data_service.atlas.AtlasForcedPhotometryService
single_target_data_service.panstarrs_service.panstarrs.PanstarrsSingleTargetDataService
single_target_data_service.single_target_data_service.BaseSingleTargetDataServiceQueryForm
single_target_data_service.single_target_data_service.get_service_classes hooks.data_product_post_upload hooks.data_product_post_save
hooks.multiple_data_products_post_save sharing.share_data_with_tom sharing.share_data_with_hermes sharing.share_target_list_with_hermes
sharing.get_destination_target sharing.get_sharing_destination_options sharing.sharing_feedback_handler sharing.download_data
sharing.process_spectro_data_for_download sharing.check_for_share_safe_datums sharing.check_for_save_safe_datums
""".split()


@pytest.mark.parametrize("name", NAMES)
def test_name_exists(name):
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module("tom_dataproducts." + ".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return
    raise AssertionError(name)


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN", type="SIDEREAL", ra=10.0, dec=20.0)


@pytest.fixture
def elsewhere(settings):
    settings.DATA_SHARING = {"other": {"DISPLAY_NAME": "Other", "BASE_URL": "https://other.example/", "USERNAME": "u", "PASSWORD": "p"}}
    with responses.RequestsMock() as mock:
        yield mock


def test_sharing_with_a_tom(target, elsewhere):
    from tom_dataproducts.sharing import share_data_with_tom

    for magnitude in (17.0, 18.0):
        ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"magnitude": magnitude, "filter": "r"})
    limit = ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"limit": 20.0})
    elsewhere.get("https://other.example/api/targets/", json={"results": [{"id": 7}]})
    elsewhere.post("https://other.example/api/reduceddatums/", json={"message": "ok"}, status=201)
    answer = share_data_with_tom("other", {"data_type": "photometry"}, target_id=target.pk)
    assert answer == {"message": "3 of 3 datums successfully saved."}
    bodies = [call.request.body for call in elsewhere.calls if call.request.method == "POST"]
    assert any(b'"limit": 20.0' in body for body in bodies)
    assert elsewhere.calls[0].request.headers["Authorization"].startswith("Basic ")
    assert share_data_with_tom("other", {}, selected_data=[limit.pk])["message"].startswith("1 of 1")
    assert share_data_with_tom("other", {}, selected_data=[])["message"] == "ERROR: No valid data to share."


def test_sharing_needs_complete_settings(settings):
    from tom_dataproducts.sharing import get_sharing_destination_options, share_data_with_tom

    settings.DATA_SHARING = {"half": {"BASE_URL": "https://x.example/"}, "h": {"DISPLAY_NAME": "H", "USER_TOPICS": ["a.b"]}}
    with pytest.raises(ImproperlyConfigured):
        share_data_with_tom("half", {})
    assert get_sharing_destination_options() == (("download", "download"), ("half", "half"), ("H", [("h:a.b", "a.b")]))


def test_hermes_message(target, settings):
    from tom_dataproducts.alertstreams.hermes import BuildHermesMessage, create_hermes_alert

    ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"limit": 20.0, "filter": "r"})
    ReducedDatum.objects.create(target=target, data_type="spectroscopy", timestamp=T0, value={"flux": [1.0], "wavelength": [2.0]})
    message = create_hermes_alert(BuildHermesMessage("t", "s", "a", "m", "hermes.test"), ReducedDatum.objects.all())
    assert message["data"]["targets"] == [{"name": "SN", "aliases": [], "ra": 10.0, "dec": 20.0, **({"epoch": 2000.0} if target.epoch else {})}]
    assert message["data"]["photometry"][0]["limiting_brightness"] == 20.0
    assert message["data"]["spectroscopy"][0]["wavelength_units"] == "Å"


def test_atlas_query(target, settings, shared_data):
    from tom_dataproducts import tasks
    from tom_dataproducts.single_target_data_service import atlas

    settings.SINGLE_TARGET_DATA_SERVICES = {
        "ATLAS": {"class": "tom_dataproducts.single_target_data_service.atlas.AtlasForcedPhotometryService", "api_key": "k"}
    }
    settings.DATA_PROCESSORS = {"atlas_photometry": "tom_dataproducts.processors.atlas_processor.AtlasProcessor"}
    settings.DATA_PRODUCT_TYPES = {"atlas_photometry": ("atlas_photometry", "ATLAS")}
    base = atlas.DEFAULT_URL
    with responses.RequestsMock() as mock:
        mock.post(f"{base}/queue/", json={"url": f"{base}/queue/5/"}, status=201)
        mock.get(f"{base}/queue/5/", json={"finishtimestamp": "x", "result_url": f"{base}/static/results/job5.txt"})
        mock.get(f"{base}/static/results/job5.txt", body=(shared_data / "atlas/AT2020wol_job01088.txt").read_bytes())
        assert tasks.atlas_query(59000.0, None, target.pk, "atlas_photometry") is True
        assert mock.calls[0].request.headers["Authorization"] == "Token k"
    assert DataProduct.objects.get().product_id.startswith("atlas_2020_05_31_job5.txt")
    assert ReducedDatum.objects.filter(source_name="ATLAS").count() == 147


def test_panstarrs_query(target, client, django_user_model, settings, shared_data):
    import json

    settings.SINGLE_TARGET_DATA_SERVICES = {
        "PS": {"class": "tom_dataproducts.single_target_data_service.panstarrs_service.panstarrs.PanstarrsSingleTargetDataService"}
    }
    settings.DATA_PROCESSORS = {"panstarrs_photometry": "tom_dataproducts.processors.panstarrs_processor.PanstarrsProcessor"}
    settings.DATA_PRODUCT_TYPES = {"panstarrs_photometry": ("panstarrs_photometry", "PS")}
    body = json.loads((shared_data / "panstarrs/dr2_mean_cone.http.json").read_text())["response"]["body"].strip().splitlines()
    client.force_login(django_user_model.objects.create_superuser("boss"))
    url = reverse("dataproducts:single-target-data-service-query", args=["PanSTARRS"])
    assert client.get(f"{url}?target_id={target.pk}").status_code == 200
    form = {"service": "PanSTARRS", "target_id": target.pk, "min_detections": 2, "data_release": "dr2", "catalog": "mean"}
    with responses.RequestsMock() as mock:
        mock.get("https://catalogs.mast.stsci.edu/api/v0.1/panstarrs/dr2/mean.csv", body="")
        assert b"no object here" in client.post(url, form).content
    with responses.RequestsMock() as mock:
        mock.get("https://catalogs.mast.stsci.edu/api/v0.1/panstarrs/dr2/mean.csv", body=f"{body[0]},epochMean\r\n{body[1]},56000.5\r\n")
        assert client.post(url, form).status_code == 302
    assert ReducedDatum.objects.filter(source_name="PanSTARRS").count() == 5


def test_commands(target):
    assert call_command("updatereduceddata", target_id=target.pk) == "Update completed successfully"
    assert call_command("downloaddata") == "completed command"
    call_command("migrate_reduced_datums", dry_run=True)


def test_serializer_round_trip():
    from astropy import units

    from tom_dataproducts.processors.data_serializers import SpectrumSerializer
    from tom_dataproducts.processors.spectroscopy_processor import PlainSpectrum

    spectrum = PlainSpectrum(flux=[1.0, 2.0] * units.mJy, spectral_axis=[4000.0, 5000.0] * units.AA)
    assert SpectrumSerializer().serialize(spectrum) == {
        "flux": [1.0, 2.0], "flux_units": "mJy", "wavelength": [4000.0, 5000.0], "wavelength_units": "Angstrom"
    }


def test_files_of_observations_come_through_the_port(target):
    from tom_observations.models import ObservationRecord
    from tom_observations.ports import data_sink

    record = ObservationRecord.objects.create(target=target, facility="LCO", parameters={}, observation_id="1", status="COMPLETED")
    product = data_sink.store(record, product_id="frame-1", filename="frame.fits", content=b"x")
    assert product.data.name == "sn/lco/frame.fits"
    assert data_sink.store(record, product_id="frame-1", filename="frame.fits", content=b"x") == product
