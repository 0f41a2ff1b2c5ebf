"""What code written for the TOM Toolkit does with data: methods it replaces, forms it changes, functions it calls by themselves."""

import datetime as dt
import io
import tempfile

import pytest
from django import forms
from django.db import connection, models
from django.test.utils import isolate_apps
from django.urls import reverse
from django.utils import timezone

from tom_dataproducts.data_processor import DataProcessor, run_data_processor
from tom_dataproducts.models import DataProduct, ReducedDatum, ReducedDatumCommon
from tom_dataproducts.processors.spectroscopy_processor import SpectroscopyProcessor
from tom_dataproducts.services import store_product
from tom_dataproducts.single_target_data_service.single_target_data_service import (
    BaseSingleTargetDataService,
    BaseSingleTargetDataServiceQueryForm,
)
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
SPECTRUM = "# FACILITY: LCO\nwavelength,flux\n4000,1\n4001,2\n"


@pytest.fixture
def target():
    return BaseTarget.objects.create(name="SN", type="SIDEREAL", ra=10.0, dec=20.0)


class ForcedProcessor(DataProcessor):
    def process_data(self, data_product):
        return [(T0, {"magnitude": 17.0, "filter": "r"}, "me")]

    def data_type_override(self):
        return "photometry"


class ScaledProcessor(SpectroscopyProcessor):
    def __init__(self):
        from astropy import units

        self.DEFAULT_FLUX_CONSTANT = 1e-15 * units.erg / units.cm**2 / units.s / units.angstrom


def test_a_processor_chosen_by_another_type_says_the_type_of_its_data(target, settings):
    settings.DATA_PRODUCT_TYPES = {"file": ("file", "File"), "forced": ("forced", "Forced")}
    settings.DATA_PROCESSORS = {"forced": f"{__name__}.ForcedProcessor"}
    product = store_product(target=target, filename="a.txt", content=b"x", data_product_type="file")
    assert [datum.data_type for datum in run_data_processor(product, dp_type_override="forced")] == ["photometry"]


def test_a_spectrum_is_one_of_specutils_where_that_is_asked(target):
    from specutils import Spectrum

    product = store_product(target=target, filename="s.csv", content=SPECTRUM, data_product_type="spectroscopy")
    spectrum, _, source = SpectroscopyProcessor()._process_spectrum_from_plaintext(product)
    assert isinstance(spectrum, Spectrum)
    assert source == "LCO"
    assert spectrum.wavelength.mean().value == 4000.5


@pytest.mark.parametrize(("processor", "text"), [(SpectroscopyProcessor, SPECTRUM), (ScaledProcessor, SPECTRUM.partition("\n")[2])])
def test_a_constant_of_flux_leaves_no_dust(target, processor, text):
    product = store_product(target=target, filename="s.csv", content=text, data_product_type="spectroscopy")
    assert processor().process_data(product)[0][1]["flux"] == [1e-15, 2e-15]


def test_a_preview_is_drawn_by_the_thumbnail_of_the_product(target, monkeypatch):
    from PIL import Image

    drawn = tempfile.NamedTemporaryFile(suffix=".jpg")  # noqa: SIM115  (closed by who asked for it)
    Image.new("L", (200, 200)).save(drawn, format="JPEG")
    drawn.seek(0)
    monkeypatch.setattr(DataProduct, "create_thumbnail", lambda self, width=None, height=None: drawn)
    assert store_product(target=target, filename="a.fits", content=b"x").get_preview().endswith("a_tb.jpg")


class OwnForm(BaseSingleTargetDataServiceQueryForm):
    radius = forms.FloatField(initial=3)
    depth = forms.FloatField(initial=2)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.form_id = "own-form"
        self.helper.layout.append("depth")

    def layout(self):
        from crispy_forms.layout import HTML, Layout

        return Layout(HTML("<p>Near {{ target.name }}</p>"), "radius")


class OwnService(BaseSingleTargetDataService):
    name = "Own"

    def get_form(self):
        return OwnForm

    def query_service(self, query_parameters):
        assert query_parameters["radius"] == 3

    def validate_form(self, query_parameters):
        pass

    def get_success_message(self):
        return "Asked."

    def get_data_product_type(self):
        return "photometry"


def test_the_form_of_a_service_stands_as_its_layout_says(target, client, boss, settings):
    settings.SINGLE_TARGET_DATA_SERVICES = {"OWN": {"class": f"{__name__}.OwnService"}}
    client.force_login(boss)
    url = reverse("tom_dataproducts:single-target-data-service-query", args=["Own"])
    page = client.get(url, {"target_id": target.pk}).content.decode()
    assert page.count('id="own-form"') == page.count('<input type="number" name="depth"') == page.count("<p>Near SN</p>") == 1
    assert page.count('value="Query"') == 1
    sent = client.post(url, {"service": "Own", "target_id": target.pk, "radius": 3, "depth": 2})
    assert sent.status_code == 302
    assert sent["Location"] == f"{reverse('targets:detail', args=[target.pk])}?tab=photometry"


def test_tags_that_need_no_page_are_called_as_functions(target):
    from tom_dataproducts.templatetags import dataproduct_extras as tags

    now = timezone.now()
    for days, value in ((1, {"limit": 19.0}), (2, {"magnitude": 17.0}), (3, {"magnitude": 18.0})):
        ReducedDatum.objects.create(
            target=target, data_type="photometry", timestamp=now - dt.timedelta(days=days), value={**value, "filter": "r"}
        )
    assert [(row["magnitude"], row["limit"]) for row in tags.recent_photometry(target, limit=2)["data"]] == [(19.0, True), (17.0, False)]
    assert len(tags.recent_photometry(target)["data"]) == 1
    drawn = tags.reduceddatum_sparkline(target, height=20, spacing=3, color_map={"r": (255, 0, 0)}, limit_y=False, days=10)
    assert drawn["sparkline"].startswith("data:image/png;base64,")


@pytest.mark.parametrize("format", ["multipart", "json"])
def test_typed_columns_come_by_form_as_by_json(target, boss, format):
    from rest_framework.test import APIClient

    api = APIClient()
    api.force_login(boss)
    body = {"target": target.pk, "data_type": "photometry", "timestamp": "2024-03-01T00:00:00Z", "brightness": "15.5", "filter": "r"}
    assert api.post("/api/reduceddatums/", body, format=format).status_code == 201
    stored = ReducedDatum.objects.get()
    assert (stored.brightness, stored.bandpass) == (15.5, "r")


def test_a_serializer_of_many_rows_stores_each(target):
    from tom_dataproducts.serializers import ReducedDatumSerializer

    rows = [{"target": target.pk, "data_type": "photometry", "timestamp": f"2024-03-0{day}T00:00:00Z"} for day in (1, 2, 3)]
    rows[0]["value"], rows[1]["brightness"] = {"magnitude": 17.0}, 18.0
    given = ReducedDatumSerializer(data=rows, many=True)
    assert not given.is_valid()
    assert given.errors[2] == {"value": ["This field is required."]}
    given = ReducedDatumSerializer(data=rows[:2], many=True)
    assert given.is_valid(), given.errors
    assert [row.brightness for row in given.save()] == [17.0, 18.0]


def test_several_targets_of_the_name_there_are_told(target, settings):
    import responses

    from tom_dataproducts.sharing import share_data_with_tom

    settings.DATA_SHARING = {"other": {"BASE_URL": "https://other.example/", "USERNAME": "u", "PASSWORD": "p"}}
    ReducedDatum.objects.create(target=target, data_type="photometry", timestamp=T0, value={"magnitude": 17.0})
    with responses.RequestsMock() as mock:
        mock.get("https://other.example/api/targets/", json={"results": [{"id": 7}, {"id": 8}]})
        told = share_data_with_tom("other", {}, target_id=target.pk)
    assert told == {"message": "ERROR: Multiple targets with matching name found in destination TOM."}


def test_the_answer_of_hermes_is_no_error():
    import requests

    from tom_dataproducts.sharing import sharing_feedback_converter

    answer = requests.Response()
    answer.status_code, answer._content = 200, b'{"uuid": "5-6"}'
    assert "ERROR" not in sharing_feedback_converter(answer)
    answer._content = b"{}"
    assert sharing_feedback_converter(answer).startswith("ERROR")


def test_listed_products_can_be_filtered_further(target, rf, boss):
    from tom_dataproducts.templatetags.dataproduct_extras import dataproduct_list_for_target

    kept = [
        store_product(target=target, filename=f"{kind}.csv", content=b"x", data_product_type=kind)
        for kind in ("photometry", "spectroscopy")
    ]
    request = rf.get("/")
    request.user = boss
    products = dataproduct_list_for_target({"request": request}, target)["products"]
    assert list(products) == kept[::-1]
    assert all(product.may_change for product in products)
    assert products.exclude(data_product_type="photometry").get() == kept[1]


@pytest.mark.django_db(transaction=True)
@isolate_apps("tom_dataproducts")
def test_a_model_of_a_project_takes_what_data_have_in_common(target):
    class Delay(ReducedDatumCommon):
        seconds = models.FloatField()

        class Meta(ReducedDatumCommon.Meta):
            app_label = "tom_dataproducts"

    with connection.schema_editor() as editor:
        editor.create_model(Delay)
    try:
        Delay.objects.create(target=target, seconds=3.5, timestamp=T0, value={"method": "javelin"}, source_name="me")
        row = Delay.objects.latest()
        row.full_clean()
        assert (row.seconds, row.value, row.telescope) == (3.5, {"method": "javelin"}, "")
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Delay)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("types", "made"), [({"image_file": ("image_file", "Image")}, 1), ({"photometry": ("photometry", "Photometry")}, 0)]
)
def test_a_fits_image_of_an_observation_becomes_an_image_product(target, settings, types, made):
    import numpy as np
    from astropy.io import fits

    from tom_observations.models import ObservationRecord
    from tom_observations.ports import data_sink

    settings.AUTO_THUMBNAILS, settings.DATA_PRODUCT_TYPES = True, types
    record = ObservationRecord.objects.create(target=target, facility="LCO", parameters={}, observation_id="1", status="COMPLETED")
    file = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.arange(600.0).reshape(20, 30), name="SCI")]).writeto(file)
    for _ in range(2):
        data_sink.store(record, product_id="frame-1", filename="frame.fits", content=file.getvalue())
    assert DataProduct.objects.get(product_id="frame-1").thumbnail
    images = DataProduct.objects.exclude(product_id="frame-1")
    assert [(image.product_id, image.data_product_type, image.observation_record) for image in images] == [
        ("frame-1_jpeg", "image_file", record)
    ] * made
